"""What many leaves are given as one: their numbers, their gradients, and whether they are frozen.

The functions return iterators for `writing.at_once`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

from .modes import clock
from .numbers import same
from .value import Value
from .writing import at_once, attributes, written


def numbers(leaves: Sequence[Any], new: Iterable[float]) -> Iterator[None]:
    """Give leaves their numbers, as writing `data` does.

    Examples
    --------
    >>> from autograd.writing import at_once
    >>> a, b = Value(1.0), Value(2.0)
    >>> _ = at_once(numbers([a, b], [3.0, 4.0]))
    >>> a.data, b.data
    (3.0, 4.0)
    """
    if not _are_plain(leaves, "data"):
        return written("data", leaves, new)
    edits = [(x, number) for x, number in zip(leaves, new) if not same(number, x._data)]
    edited, changed = zip(*edits) if edits else ((), ())
    now = repeat(clock.tick())
    return chain(written("_data", edited, changed), written("_stamp", edited, now))


def gradients(leaves: Sequence[Any], new: Iterable[float | None]) -> Iterator[None]:
    """Give leaves their gradients, as writing `grad` does; None stands for none."""
    if not _are_plain(leaves, "grad"):
        return written("grad", leaves, new)
    return written("_grad", leaves, new)


def give_gradients(leaves: Sequence[Value], new: Sequence[float]) -> None:
    """Give plain leaves their gradients: what `at_once` does, in half the time.

    A loop can be interrupted; then it is gone through once more, at once.
    """
    try:
        for leaf, slope in zip(leaves, new):
            leaf._grad = slope
    except BaseException:
        at_once(written("_grad", leaves, new))
        raise


def freezing(leaves: Sequence[Value], is_frozen: bool) -> Iterator[None]:
    """Freeze leaves, or set them free, as `Value.requires_grad_` does."""
    kept = [None if is_frozen else x._grad for x in leaves]
    return chain(
        written("_locals", leaves, repeat(() if is_frozen else None)),
        written("_grad", leaves, kept),
        attributes(clock, freezings=clock.freezings + bool(leaves)),
    )


def _are_plain(leaves: Sequence[Any], name: str) -> bool:
    """Return whether leaves have an attribute as `Value` has it, and not in a way of their own."""
    own = vars(Value)[name]
    return all(getattr(kind, name, None) is own for kind in {*map(type, leaves)})
