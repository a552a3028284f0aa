"""How nodes are made now: the clock that stamps them, and modes such as `no_grad`."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

OVERWRITTEN: Final = -1  # stamp of a computed node whose number was set by hand
OUTDATED: Final = -2  # as it comes out of a pickle, whose stamps have no meaning here

# One pass at a time: graphs of different threads may share leaves, and their sums would mix.
one_pass = threading.RLock()

if hasattr(os, "register_at_fork"):
    # A child process has a copy of the graphs, and none of the threads that are at work on them:
    # fork waits for the end of a pass, or gradients would be half done, and the lock never free.
    os.register_at_fork(
        before=one_pass.acquire, after_in_parent=one_pass.release, after_in_child=one_pass.release
    )


class Clock:
    """What every node looks at when it is made.

    Attributes
    ----------
    time : int
        Counts the edits of leaves. A node is stamped with the time it was computed at.
    special_modes : int
        How many `with` blocks of any thread have changed how nodes are made: usually none, and
        then no node has to ask for the mode.
    freezings : int
        Counts how often a leaf was frozen or set free, which outdates compiled programs.
    """

    __slots__ = ("freezings", "special_modes", "time")

    def __init__(self) -> None:
        self.time = self.special_modes = self.freezings = 0

    def tick(self) -> int:
        """Return the stamp of an edit, which is later than all there are."""
        self.time += 1
        return self.time


clock: Final = Clock()


class Mode(NamedTuple):
    """How nodes are made and used in a thread or task.

    Attributes
    ----------
    recording : bool
        Whether nodes record their parents.
    watch : optional
        Told of every node: ``forward(node)``, ``backward(nodes)``, and ``quiet()`` for another
        watch that does not judge.
    variables : frozenset of Value
        What is being differentiated: no node that depends on one of them may become a number.
    """

    recording: bool = True
    watch: Any = None
    variables: frozenset[Any] = frozenset()


_NORMAL: Final = Mode()
_mode: ContextVar[Mode] = ContextVar("mode", default=_NORMAL)


def current() -> Mode:
    """Return the mode of this thread or task."""
    return _mode.get()


@contextmanager
def mode(**changes: Any) -> Iterator[None]:
    """Change the mode of this thread or task within a `with` block."""
    concerns_making = not changes.keys().isdisjoint(("recording", "watch"))
    token = _mode.set(_mode.get()._replace(**changes))
    with one_pass:
        clock.special_modes += concerns_making
    try:
        yield
    finally:
        with one_pass:
            clock.special_modes -= concerns_making
        _mode.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording graphs, in a `with` block or as a decorator.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (4.0, ())
    """
    with mode(recording=False):
        yield


@contextmanager
def enable_grad() -> Iterator[None]:
    """Record graphs, also within `no_grad`, in a `with` block or as a decorator.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> len(y.parents)
    2
    """
    with mode(recording=True):
        yield


def settled(node: Any) -> Any:
    """Return a new node as the special mode wants it."""
    now = _mode.get()
    if now.watch is not None:
        now.watch.forward(node)
    if not now.recording:
        node.operation = node._locals = None
        node.operands = ()
    return node
