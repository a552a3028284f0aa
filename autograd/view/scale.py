"""How wide and how long gradients are drawn: one scale for all of a picture."""

from __future__ import annotations

import math
from typing import Final

from .picture import Edge, Picture

WIDEST: Final = 7.0  # an edge
THINNEST: Final = 1.0


def flowed(edge: Edge) -> float | None:
    """Return how much gradient flowed back: with its sign, or the norm of several."""
    return edge.norm if edge.count > 1 else edge.flow


def sign_of(number: float | None) -> str:
    """Return the class of a gradient after its sign; 0, what is not finite, and none have none."""
    if not number or not math.isfinite(number):
        return ""
    return "positive" if number > 0 else "negative"


class Scale:
    """The cube root of the magnitude, full at the largest that there is beside the root's own 1.

    A ten-thousandth of the largest still shows, as it must after training, when all is small but
    what is next to the root; and of two numbers, the larger is drawn larger at every size.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> a = Value(2.0)
    >>> y = 4 * a
    >>> y.backward()
    >>> scale = Scale(picture(y))
    >>> scale.full, scale.share(-4.0), scale.share(0.5), scale.share(99.0)
    (4.0, 1.0, 0.5, 1.0)
    """

    def __init__(self, shown: Picture) -> None:
        numbers = [node.grad for node in shown.nodes[:-1]] + [flowed(edge) for edge in shown.edges]
        found = [abs(x) for x in numbers if x is not None and math.isfinite(x)]
        self.full = max(found, default=0.0)

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
