"""Many writes as one: all of them happen or none, wherever Ctrl-C or an exception strikes.

Python calls a handler of signals only between instructions of its own, never within one call of C.
So what is to be written is first said, as iterators that write when they are gone through, and then
written by C in one call, `at_once(chain(numbers(...), attributes(...)))`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any, Final

from .modes import clock
from .numbers import same
from .value import Value

# Goes through an iterator, and keeps nothing.
at_once: Final[Callable[[Iterable[Any]], Any]] = partial(deque, maxlen=0)


def numbers(leaves: Sequence[Any], new: Iterable[float]) -> Iterator[None]:
    """Give leaves their numbers, as writing `data` does.

    Examples
    --------
    >>> a, b = Value(1.0), Value(2.0)
    >>> _ = at_once(numbers([a, b], [3.0, 4.0]))
    >>> a.data, b.data
    (3.0, 4.0)
    """
    if not _are_plain(leaves, "data"):
        return _written("data", leaves, new)
    edits = [(x, number) for x, number in zip(leaves, new) if not same(number, x._data)]
    edited, changed = zip(*edits) if edits else ((), ())
    now = repeat(clock.tick())
    return chain(_written("_data", edited, changed), _written("_stamp", edited, now))


def gradients(leaves: Sequence[Any], new: Iterable[float | None]) -> Iterator[None]:
    """Give leaves their gradients, as writing `grad` does; None stands for none."""
    return _written("_grad" if _are_plain(leaves, "grad") else "grad", leaves, new)


def freezing(leaves: Sequence[Value], is_frozen: bool) -> Iterator[None]:
    """Freeze leaves, or set them free, as `Value.requires_grad_` does."""
    kept = [None if is_frozen else x._grad for x in leaves]
    return chain(
        _written("_locals", leaves, repeat(() if is_frozen else None)),
        _written("_grad", leaves, kept),
        attributes(clock, freezings=clock.freezings + bool(leaves)),
    )


def attributes(x: Any, **new: Any) -> Iterator[None]:
    """Give attributes of an object new values."""
    return map(setattr, repeat(x), new.keys(), new.values())


def _written(name: str, nodes: Iterable[Any], new: Iterable[Any]) -> Iterator[None]:
    return map(setattr, nodes, repeat(name), new)


def _are_plain(leaves: Sequence[Any], name: str) -> bool:
    """Return whether leaves have an attribute as `Value` has it, and not in a way of their own."""
    own = vars(Value)[name]
    return all(getattr(kind, name, None) is own for kind in {*map(type, leaves)})
