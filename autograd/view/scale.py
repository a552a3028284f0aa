"""How wide and how long gradients are drawn: one scale for all of a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from .picture import Edge, Picture

WIDEST: Final = 7.0  # an edge
THINNEST: Final = 1.0


def flowed(edge: Edge) -> float | None:
    """Return how much gradient flowed back: with its sign, or the norm of what is folded."""
    return edge.norm if edge.flow is None else edge.flow


def is_folded(edge: Edge) -> bool:
    """Return whether only the norm is known of the gradients that flowed back."""
    return edge.flow is None and edge.norm is not None


def sign_of(number: float | None) -> str:
    """Return the class of a gradient after its sign; 0, what is not finite, and none have none."""
    if not number or not math.isfinite(number):
        return ""
    return "positive" if number > 0 else "negative"


class Scale:
    """The cube root of the magnitude, full at the largest that there is beside the root's own 1.

    Larger ones are drawn larger at every size, and a ten-thousandth still shows. After training
    all is smaller than that but a few numbers next to the root: what is more than a hundred times
    as large as four fifths of all is cut off at full size.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> a = Value(2.0)
    >>> y = 8 * a
    >>> y.backward()
    >>> scale = Scale(picture(y))
    >>> scale.full, round(scale.share(-1.0), 9), scale.share(99.0)
    (8.0, 0.5, 1.0)
    """

    def __init__(self, shown: Picture) -> None:
        *grads, root = [node.grad for node in shown.nodes]
        ends = _sizes([root]) or [0.0]
        found = _sizes([*grads, *[flowed(edge) for edge in shown.edges]]) or ends
        most = 100 * found[4 * len(found) // 5]
        self.full = max([x for x in found if x <= most])
        self.is_cut = max(*found, *ends) > self.full

    def share(self, number: float | None) -> float:
        """Return which part of the full size a number is drawn with; what is not finite, none."""
        if not number or not math.isfinite(number) or not self.full:
            return 0.0
        return math.cbrt(min(abs(number) / self.full, 1.0))

    def width(self, edge: Edge) -> float:
        """Return the width of an edge."""
        flow = flowed(edge)
        if flow is not None and not math.isfinite(flow):
            return WIDEST
        return max(WIDEST * self.share(flow), THINNEST)


def _sizes(numbers: Iterable[float | None]) -> list[float]:
    """Return the magnitudes in order, without 0 and what is not finite."""
    return sorted([abs(x) for x in numbers if x and math.isfinite(x)])
