"""How nodes are made now: the clock that stamps them, and modes such as `no_grad`."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from itertools import compress
from operator import call
from typing import Any, Final

from .blocks import Block, Ending

OVERWRITTEN: Final = -1  # stamp of a computed node whose number was set by hand
OUTDATED: Final = -2  # as it comes out of a pickle, whose stamps have no meaning here
UNRECORDED: Final = -3  # of a node that was computed while nothing was recorded, and so is a leaf


class OnePass(Block):
    """A lock that is free again whatever happens; a thread that has it can take it again."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()

    def begin(self, ending: Ending) -> Ending:
        # acquired, and its release noted, in one call of C
        ending.extend(compress([map(call, [self.lock.release])], map(call, [self.lock.acquire])))
        return ending


# One pass at a time: graphs of different threads may share leaves, and their sums would mix.
one_pass: Final = OnePass()

if hasattr(os, "register_at_fork"):
    # A child process has a copy of the graphs, and none of the threads that are at work on them:
    # fork waits for the end of a pass, or gradients would be half done, and the lock never free.
    lock = one_pass.lock
    os.register_at_fork(
        before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
    )


class Clock:
    """What every node looks at when it is made.

    Attributes
    ----------
    time : int
        Counts the edits of leaves. A node is stamped with the time it was computed at.
    special_modes : set of Mode
        Those of all threads that change how nodes are made: usually there are none, and then no
        node has to ask for the mode.
    freezings : int
        Counts how often a leaf was frozen or set free, which outdates compiled programs.
    """

    __slots__ = ("freezings", "special_modes", "time")

    def __init__(self) -> None:
        self.time = self.freezings = 0
        self.special_modes: set[Mode] = set()

    def tick(self) -> int:
        """Return the stamp of an edit, which is later than all there are."""
        self.time += 1
        return self.time


class Mode:
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
    outer : Mode
        The mode around its block; None for the usual one.
    is_over : bool
        Whether the block has ended. Nobody puts the mode of before back: who asks looks further
        out, and a mode that is over keeps nothing alive.
    """

    recording: bool = True
    watch: Any = None
    variables: frozenset[Any] = frozenset()
    outer: Any = None
    is_over: bool = False

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


clock: Final = Clock()
_NORMAL: Final = Mode()
_OVER: Final[dict[str, Any]] = {"is_over": True, "watch": None, "variables": frozenset()}
_mode: Final = ContextVar("mode", default=_NORMAL)


def current() -> Mode:
    """Return the mode of this thread or task."""
    now = _mode.get()
    while now.is_over:
        now = now.outer
    return now


class mode(Block):
    """Change the mode of this thread or task within a `with` block.

    A task that is started in the block has the mode, too, for as long as the block lasts; a thread
    only where threads take over such contexts, as in builds of Python without a global lock.
    """

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self._changes = changes

    def begin(self, ending: Ending) -> None:
        outer = current()
        new = Mode(**{**vars(outer), "outer": outer, **self._changes})
        ending.append(map(vars(new).update, [_OVER]))
        if not self._changes.keys().isdisjoint(("recording", "watch")):
            ending.append(map(clock.special_modes.discard, [new]))
            clock.special_modes.add(new)
        _mode.set(new)


def no_grad() -> mode:
    """Compute without recording graphs, in a `with` block or as a decorator.

    Nothing can be differentiated afterwards: `backward` on a result raises an error.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (4.0, ())
    """
    return mode(recording=False)


def enable_grad() -> mode:
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
    return mode(recording=True)


def settled(node: Any) -> Any:
    """Return a new node as the special mode wants it."""
    now = current()
    if now.watch is not None:
        now.watch.forward(node)
    if not now.recording:
        node.operation = node._locals = None
        node.operands = ()
        node._stamp = UNRECORDED
    return node
