"""Points, sizes and boxes of pictures, with y pointing down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
Size = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def box_of(centre: Point, size: Size) -> Box:
    x, y, w, h = *centre, *size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def moved(box: Box, by: Point) -> Box:
    return box[0] + by[0], box[1] + by[1], box[2] + by[0], box[3] + by[1]


def bezier(curve: Sequence[Point], t: float) -> Point:
    """Return the point at t, from 0 to 1, on a cubic Bézier curve."""
    s = 1.0 - t
    (a, b), (c, d), (e, f), (g, h) = curve
    i, j, k, m = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return i * a + j * c + k * e + m * g, i * b + j * d + k * f + m * h


def line(start: Point, end: Point) -> list[Point]:
    """Return the three points that a straight line adds to a chain of curves."""
    (x, y), (u, v) = start, end
    dx, dy = (u - x) / 3, (v - y) / 3
    return [(x + dx, y + dy), (x + 2 * dx, y + 2 * dy), end]


def direction_back(points: Sequence[Point], rankdir: str, label: Box) -> str:
    """Return the arrow that points against a chain of curves, as it runs behind its label.

    It is that along the ranks, if they run so about as much.
    """
    left, top, right, bottom = label
    centre = (left + right) / 2, (top + bottom) / 2
    curves = [points[k : k + 4] for k in range(0, len(points) - 1, 3)]
    pieces = pairwise([bezier(curve, t / 8) for curve in curves for t in range(9)])
    (u, v), (x, y) = min(
        [(a, b) for a, b in pieces if a != b],
        key=lambda piece: math.dist(piece[0], centre) + math.dist(piece[1], centre),
    )
    if abs(x - u) >= abs(y - v) * (0.5 if rankdir == "LR" else 2.0):
        return "←" if x > u else "→"
    return "↑" if y > v else "↓"


def is_straight(curve: Sequence[Point]) -> bool:
    """Return whether a cubic Bézier curve is a line, as from `line`."""
    whole = sum([math.dist(a, b) for a, b in pairwise(curve)])
    return whole <= math.dist(curve[0], curve[-1]) + 1e-6
