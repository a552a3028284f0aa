"""Gradients of what a choice does not take: there are none, where 0 · inf would be nan.

On the scalar engine the side of a `where` that is not taken is no part of the graph. In a traced
graph both sides are, so a pass has to know where a gradient exists at all. That is a mask: 1.0
there and 0.0 elsewhere, itself a choice among these numbers.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from autograd import operations as op
from autograd.core import sort
from autograd.value import Value

from .comparison import GATE, Choice, if_one

MOST_CASES: Final = 8  # of a mask; what is used in more counts as used everywhere


class Mask(NamedTuple):
    """Where a gradient exists; there is none of what exists everywhere."""

    number: Any
    cases: int = 1


def _within(outer: Mask | None, number: Any) -> Mask:
    """Return where a choice within another one is made."""
    return Mask(number) if outer is None else Mask(if_one(number, outer.number, 0.0), outer.cases)


class _Either:
    """The union of masks, each made once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, Any], Any] = {}

    def __call__(self, a: Mask | None, b: Mask | None) -> Mask | None:
        if a is None or b is None or a.cases + b.cases > MOST_CASES:
            return a if a is b or (a and b and a.number is b.number) else None
        if a.number is b.number:
            return a
        key = a.number, b.number
        if key not in self._known:
            self._known[key] = if_one(a.number, 1.0, b.number)
        return Mask(self._known[key], a.cases + b.cases)


class Pass:
    """Keeps the masks of the gradients of a pass that makes nodes."""

    def __init__(self) -> None:
        self._masks: dict[Value, Mask] = {}
        self._either = _Either()
        self._is_busy = False

    def chosen(self, gradient: Any, mask: Any) -> Any:
        """Take note that a gradient exists where a choice is made; return it."""
        if isinstance(gradient, Value) and isinstance(mask, Value):
            self._masks[gradient] = _within(self._masks.get(gradient), mask)
        return gradient

    def made(self, node: Value) -> None:
        """Give what is computed from gradients their mask, and nothing where that is 0."""
        if self._is_busy or not self._masks:
            return
        operands = [x for x in node.operands if isinstance(x, Value)]
        masks = [self._masks.get(x) for x in operands]
        found = [mask for mask in masks if mask is not None]
        if not found:
            return
        mask: Mask | None = found[0]
        if node.operation is op.add:
            mask = self._either(*masks) if len(masks) == 2 else None
        if mask is None:
            return
        if node.operation is op.mul and len(operands) == 2 and operands[0].operation is not None:
            self._is_busy = True
            chosen = if_one(mask.number, op.mul.apply(node.operands), 0.0)
            self._is_busy = False
            node.operation, node.operands = chosen.operation, chosen.operands
        self._masks[node] = mask


def guarded(root: Value) -> Value:
    """Return a graph with gates, on which gradients are as if what is not taken were not there."""
    _, computed = sort(root)
    if not any(isinstance(node.operation, Choice) for node in computed):
        return root
    either = _Either()
    masks: dict[Any, Mask | None] = {root: None}
    for node in reversed(computed):
        if node not in masks:  # used in comparisons only
            continue
        for x, mask in _reached(node, masks[node]):
            masks[x] = either(masks[x], mask) if x in masks else mask
    copies: dict[Any, Any] = {}
    for node in computed:
        mask = masks.get(node)
        operands = [copies.get(x, x) if isinstance(x, Value) else x for x in node.operands]
        if mask is not None and not _is_finite(node, masks):
            operands = [
                GATE.apply((x, mask.number)) if isinstance(x, Value) else x for x in operands
            ]
        if isinstance(node.operation, Choice):  # of which the masks may be made: no gates there
            operands[2:] = node.operands[2:]
        if any(x is not y for x, y in zip(operands, node.operands)):
            copies[node] = node.operation.apply(tuple(operands))
            copies[node].place = node.place
    return copies.get(root, root)  # type: ignore[no-any-return]


def _reached(node: Value, mask: Mask | None) -> list[tuple[Value, Mask | None]]:
    """Return to which operands gradients flow, and where."""
    if not isinstance(node.operation, Choice):
        return [(x, mask) for x in node.parents]
    pairs = zip(node.operands, node.operation.local(None, *node.operands))
    return [(x, _within(mask, number)) for x, number in pairs if isinstance(x, Value)]


def _is_finite(node: Value, masks: dict[Any, Mask | None]) -> bool:
    """Return whether local gradients are finite where a choice is not made, as far as is known."""
    if isinstance(node.operation, Choice):
        return True
    inside = [x for x in node.parents if x.operation is not None and masks.get(x) is masks[node]]
    return node.operation.finite and not inside  # type: ignore[union-attr]
