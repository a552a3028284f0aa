"""`with` blocks that end whatever happens, at whatever moment Ctrl-C is pressed.

Python handles signals between any two of its own instructions, and so also before the first one of
an `__exit__` written in Python, which then never runs. But it looks `__exit__` up before a block
begins, and the `with` statement alone holds what it was given, until the block has ended in
whatever way. So that is an object whose death is the end: what there is to do is done when it is
freed, by C in one call. (A method of C for `__exit__` would not do: from Python 3.14 on a signal
may come between `__enter__` and the block.) Nothing else may hold it in the end, not even as a name
in a frame that is over: a traceback would keep that, as of an exception in what another library has
the collector call meanwhile.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import chain
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar
from weakref import ref

P = ParamSpec("P")
T = TypeVar("T")
Ending: TypeAlias = "list[Iterator[Any]]"


class _Hold:
    """What a `with` statement holds on to."""

    __slots__ = ("__weakref__", "ending", "freed")
    __call__ = staticmethod("".format)  # for the statement: takes anything and does nothing, in C

    def __init__(self) -> None:
        self.ending: Ending = []
        everything = filter(None, chain.from_iterable(self.ending))  # which finds nothing true
        self.freed = ref(self, partial(next, everything))
        del self  # as a name in this frame


class _Exit:
    """The attribute `__exit__` of blocks."""

    def __get__(self, block: Block | None, owner: type[Block]) -> Callable[..., object]:
        if block is None:
            return _leave  # as `contextlib.ExitStack` takes it
        if block._held:
            return partial(_leave, block)
        hold = _Hold()
        block._looked_up[id(sys._getframe(1))] = hold.freed
        try:
            return hold
        finally:
            del hold


def _leave(block: Block, *error: object) -> None:
    block._held.pop()


class Block:
    """A `with` block, or decorator, that ends whatever happens.

    A subclass says in `begin` how what it does is undone, and then does it. A block can be used
    again, within itself, and by several threads at once.

    Where `__enter__` is called by other means than a `with` statement, the block lasts until
    `__exit__` is called, or it is freed itself.

    Examples
    --------
    >>> with Block() as ending:
    ...     ending.append(map(print, ["in the end"]))
    ...     print("at first")
    at first
    in the end
    """

    def __init__(self) -> None:
        self._looked_up: dict[int, ref[_Hold]] = {}  # by the frame of the statement, which is next
        self._held: list[_Hold] = []  # those that no `with` statement holds

    def begin(self, ending: Ending) -> Any:
        """Begin; return what stands after `as`.

        Parameters
        ----------
        ending : list of iterators
            They are run through in the end, from first to last. Only functions of C, as in
            ``map(setattr, …)``, cannot be interrupted then; the results are nothing true.
        """
        return ending

    def __enter__(self) -> Any:
        hold = self._looked_up.pop(id(sys._getframe(1)), None)
        if hold is None or hold() is None:
            self._held.append(_Hold())
            hold = self._held[-1].freed
        return self.begin(hold().ending)  # type: ignore[union-attr]

    if TYPE_CHECKING:

        def __exit__(self, *error: object) -> None: ...

    else:
        __exit__ = _Exit()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return a function that runs in the block."""
        kinds: dict[str, Callable[[Any], bool]] = {
            "generator": inspect.isgeneratorfunction,
            "asynchronous": inspect.iscoroutinefunction,
            "asynchronous generator": inspect.isasyncgenfunction,
        }
        own = getattr(function, "__call__", None)  # noqa: B004 of an object
        for kind, is_that in kinds.items():
            if is_that(function) or is_that(own):
                name = getattr(function, "__name__", repr(function))
                raise TypeError(
                    f"{name} is a{'n' if kind[0] == 'a' else ''} {kind} function, which runs "
                    "piece by piece, after the call that is decorated: write the `with` statement "
                    "inside it, around what shall run in the block"
                    f"{', but no yield' if 'generator' in kind else ''}"
                )

        @wraps(function)
        def within(*args: P.args, **kwargs: P.kwargs) -> T:
            with self:
                return function(*args, **kwargs)

        return within
