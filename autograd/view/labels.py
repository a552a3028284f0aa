"""Where the labels of edges go: on their edge, where they cover least of what is there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .layout import Layout, Point, Size
from .measure import LINE, edge_label, text_width
from .picture import Picture
from .style import SIZES, Style

Box = tuple[float, float, float, float]  # left, top, right, bottom


def box_of(centre: Point, size: Size) -> Box:
    x, y, w, h = *centre, *size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def place_labels(
    shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style
) -> list[Box | None]:
    """Return the box of each label, where on its edge it covers least of what is there."""
    taken = [box_of(layout.nodes[key], sizes[key]) for key in layout.nodes]
    labels: list[Box | None] = []
    for edge, points in zip(shown.edges, layout.edges):
        pieces = edge_label(edge, style)
        if not pieces:
            labels.append(None)
            continue
        width = text_width("".join([text for _, text in pieces]), SIZES["label"])
        size = (width + 4, LINE * SIZES["label"])
        spots = [box_of(point, size) for point in _along(points)]
        box = min(spots, key=lambda spot: sum([_overlap(spot, other) for other in taken]))
        taken.append(box)
        labels.append(box)
    return labels


def _along(points: Sequence[Point]) -> list[Point]:
    """Return points on an edge, those in the middle first."""
    curves = [points[i : i + 4] for i in range(0, len(points) - 1, 3)]
    middle = sorted(range(len(curves)), key=lambda c: abs(c - (len(curves) - 1) / 2))[:5]
    longest = sorted([curves[c] for c in middle], key=lambda curve: -math.dist(curve[0], curve[3]))
    shares = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85)
    return [_bezier(curve, t) for t in shares for curve in longest]


def _bezier(curve: Sequence[Point], t: float) -> Point:
    s = 1.0 - t
    factors = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    return (
        sum([f * x for f, (x, _) in zip(factors, curve)]),
        sum([f * y for f, (_, y) in zip(factors, curve)]),
    )


def _overlap(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0
