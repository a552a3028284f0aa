"""Axes of a panel: from numbers to pixels, with ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .look import label, written

Range = tuple[float, float]


class Axes:
    """A frame for points (x, y) within a panel of some size.

    Examples
    --------
    >>> axes = Axes((0.0, 10.0), (-1.0, 1.0), ("epoch", "loss"), (330.0, 240.0))
    >>> axes.x(0.0), axes.y(-1.0) > axes.y(1.0)
    (50.0, True)
    """

    def __init__(
        self,
        xs: Range,
        ys: Range,
        names: tuple[str, str],
        size: tuple[float, float],
        is_log: bool = False,
        is_counted: bool = False,
    ) -> None:
        self.xs, self.ys, self.names = xs, ys, names
        self.is_log, self.is_counted = is_log, is_counted  # the scale up, and whole numbers across
        width, height = size
        self.left, self.right = 50.0, width - 16.0
        self.top, self.bottom = 28.0, height - 42.0

    def x(self, x: float) -> float:
        low, high = self.xs
        return self.left + (self.right - self.left) * _share(x, low, high)

    def y(self, y: float) -> float:
        low, high = self.ys
        if self.is_log:
            low, high, y = math.log10(low), math.log10(high), math.log10(max(y, low))
        return self.bottom - (self.bottom - self.top) * _share(y, low, high)

    def line(self, points: Iterable[tuple[float, float]]) -> str:
        """Return a path through points; where a number is not finite it is interrupted."""
        parts, is_on = [], False
        for x, y in points:
            if not math.isfinite(y):
                is_on = False
                continue
            parts.append(f"{'L' if is_on else 'M'}{self.x(x):.1f} {self.y(y):.1f}")
            is_on = True
        return "".join(parts)

    def frame(self) -> str:
        """Return the frame with its ticks."""
        shape = (
            f'<path class="thin" d="M{self.left:g} {self.top:g}V{self.bottom:g}H{self.right:g}'
            f'V{self.top:g}z"/>'
        )
        across = [x for x in ticks(*self.xs) if x.is_integer() or not self.is_counted]
        for x in across:
            shape += label(written(x), self.x(x), self.bottom + 17, anchor="middle")
        for y in (powers if self.is_log else ticks)(*self.ys):
            shape += label(written(y), self.left - 6, self.y(y) + 5, anchor="end")
        shape += label(self.names[0], self.right, self.bottom + 35, anchor="end")
        return shape + label(self.names[1], self.left - 6, self.top - 10, anchor="end")


def powers(low: float, high: float) -> list[float]:
    """Return the powers of ten between two numbers above 0, at most five.

    Examples
    --------
    >>> powers(0.002, 30.0)
    [0.01, 0.1, 1.0, 10.0]
    """
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    step = -(-(last - first + 1) // 5)
    return [float(f"1e{k}") for k in range(first, last + 1, max(step, 1))]


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers between two, at most five.

    Examples
    --------
    >>> ticks(0.0, 1.0), ticks(-3.2, 2.1)
    ([0.0, 0.25, 0.5, 0.75, 1.0], [-2.0, 0.0, 2.0])
    """
    span = high - low
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(s for s in (1, 2, 2.5, 5, 10, 20) if span / (s * size) + 1 <= most) * size
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [(first + k) * step for k in range(count)]


def room(numbers: Iterable[float], share: float = 0.1) -> Range:
    """Return the range of numbers with some room on both sides."""
    finite = [x for x in numbers if math.isfinite(x)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    border = share * (high - low) or max(1.0, share * abs(high))
    return low - border, high + border


def _share(x: float, low: float, high: float) -> float:
    if math.isnan(x):
        return 0.0
    return min(max((x - low) / (high - low), 0.0), 1.0)
