"""Where the labels of edges go: on their edge or beside it, and never over anything.

Each label has candidates along its edge, in two lines or in one. Those that would cover a node, an
arrowhead or another label are out of the question; of the others the one is taken that hides least
of its own edge and of others. Labels with the fewest candidates choose first, and one that is
left without may push another aside. If that does not help, the gaps that its edge passes grow.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from .geometry import Box, Point, Size, bezier, box_of, overlap
from .layout import PAGE, Layout, layered
from .measure import label_sizes
from .picture import Picture
from .style import Style

CELL: Final = 48.0  # of the grid by which neighbours are found
PACE: Final = 6.0  # between the points of an edge
HEAD: Final = 16.0  # room kept for an arrowhead
SEEN: Final = 40.0  # this much of an edge should not be hidden by its label
ROUNDS: Final = 6
MANY: Final = 150  # labels; for more, gaps do not grow


def arranged(shown: Picture, sizes: Mapping[int, Size], style: Style, page: Size = PAGE) -> Layout:
    """Return the layout in which the labels find room; gaps grow for those that do not."""
    words = {i: found for i, edge in enumerate(shown.edges) if (found := label_sizes(edge, style))}
    wider: Counter[int] = Counter()
    for _ in range(ROUNDS):
        layout = layered(
            shown, sizes, rankdir=style.rankdir, labels=words, page=page, wider=wider
        )
        missing = left_out(shown, place_labels(shown, layout, sizes, style), style)
        if not missing or len(words) > MANY:
            break
        wider.update(missing)
    return layout


def left_out(shown: Picture, boxes: Sequence[Box | None], style: Style) -> list[int]:
    """Return the edges whose label has no room."""
    pairs = enumerate(zip(shown.edges, boxes))
    return [i for i, (edge, box) in pairs if box is None and label_sizes(edge, style)]


def place_labels(
    shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style
) -> list[Box | None]:
    """Return the box of each label; None for an edge without one, or where it has no room."""
    wanted = {i: found for i, edge in enumerate(shown.edges) if (found := label_sizes(edge, style))}
    labels: list[Box | None] = [None] * len(shown.edges)
    if not wanted:
        return labels
    paths = [_walked(points) for points in layout.edges]
    lines = _Lines(paths)
    solid = _Boxes()
    for key, centre in layout.nodes.items():
        solid.add(box_of(centre, (sizes[key][0] + 4, sizes[key][1] + 4)), -1)
    for points in layout.edges:
        solid.add(_head(points), -1)
    spots = {i: _spots(i, paths[i], found, solid, lines) for i, found in wanted.items()}
    taken = _Boxes()
    last = []
    for i in sorted(spots, key=lambda i: len(spots[i])):
        box = next((spot for spot in spots[i] if not taken.hit(spot)), None)
        if box is None:
            last.append(i)
            continue
        labels[i] = box
        taken.add(box, i)
    for i in last:
        _pushed(i, spots, labels, taken)
    return labels


def _pushed(
    i: int, spots: Mapping[int, Sequence[Box]], labels: list[Box | None], taken: _Boxes
) -> None:
    """Give a label a place by moving the one label that is there, if that has another."""
    for box in spots[i]:
        there = taken.hit(box)
        if len(there) != 1:
            continue
        (j,) = there
        for other in spots[j]:
            if not overlap(other, box) and taken.hit(other) <= {j}:
                old = labels[j]
                assert old is not None
                taken.remove(old, j)
                labels[i], labels[j] = box, other
                taken.add(box, i)
                taken.add(other, j)
                return


def _spots(
    own: int, path: Sequence[Point], sizes: Sequence[Size], solid: _Boxes, lines: _Lines
) -> list[Box]:
    """Return the free places for a label, best first."""
    length = PACE * len(path)
    found = []
    for lines_more, (width, height) in enumerate(sizes):
        for n, (x, y) in enumerate(path):
            before, after = path[max(n - 1, 0)], path[min(n + 1, len(path) - 1)]
            dx, dy = abs(after[0] - before[0]), abs(after[1] - before[1])
            reach = math.hypot(dx, dy) or 1.0
            dx, dy = dx / reach, dy / reach
            off = 0.5 * (width * dy + height * dx) + 3  # how far beside the edge is clear of it
            middle = abs(n - (len(path) - 1) / 2) / len(path)
            offers = [(x, y, 0.0)]
            if dx > dy:
                offers += [(x, y - off, 3.0), (x, y + off, 3.2)]
            else:
                offers += [(x + off, y, 3.0), (x - off, y, 3.2)]
            for u, v, cost in offers:
                box = box_of((u, v), (width, height))
                if not solid.hit(box):
                    crossed = lines.inside(box)
                    hides = 6.0 if length - PACE * crossed.pop(own, 0) < SEEN else 0.0
                    cost += hides + 2.0 * middle + 1.5 * len(crossed) + 0.5 * lines_more
                    found.append((cost, len(found), box))
    return [box for _, _, box in sorted(found)]


def _walked(points: Sequence[Point]) -> list[Point]:
    """Return points along an edge, evenly apart, without its very ends."""
    fine = []
    for i in range(0, len(points) - 1, 3):
        curve = points[i : i + 4]
        steps = 2 + int(sum(math.dist(a, b) for a, b in zip(curve, curve[1:])) / PACE)
        fine += [bezier(curve, k / steps) for k in range(steps)]
    fine.append(points[-1])
    found, walked = [], 0.0
    for a, b in zip(fine, fine[1:]):
        walked += math.dist(a, b)
        if walked >= PACE:
            found.append(b)
            walked = 0.0
    return found or [fine[len(fine) // 2]]


def _head(points: Sequence[Point]) -> Box:
    """Return the box of an arrowhead."""
    *_, near, (x, y) = points
    length = math.dist(near, (x, y)) or 1.0
    share = HEAD / 2 / length
    return box_of((x + (near[0] - x) * share, y + (near[1] - y) * share), (HEAD, HEAD))


def _cells(box: Box) -> Iterable[tuple[int, int]]:
    left, top, right, bottom = [int(x // CELL) for x in box]
    return [(i, j) for i in range(left, right + 1) for j in range(top, bottom + 1)]


class _Boxes:
    """Boxes, each of somebody, in a grid."""

    def __init__(self) -> None:
        self._grid: dict[tuple[int, int], list[tuple[Box, int]]] = defaultdict(list)

    def add(self, box: Box, owner: int) -> None:
        for cell in _cells(box):
            self._grid[cell].append((box, owner))

    def remove(self, box: Box, owner: int) -> None:
        for cell in _cells(box):
            self._grid[cell].remove((box, owner))

    def hit(self, box: Box) -> set[int]:
        """Return the owners of what a box overlaps."""
        near = [found for cell in _cells(box) for found in self._grid.get(cell, ())]
        return {owner for other, owner in near if overlap(box, other)}


class _Lines:
    """Points of edges in a grid."""

    def __init__(self, paths: Sequence[Sequence[Point]]) -> None:
        self._grid: dict[tuple[int, int], list[tuple[float, float, int]]] = defaultdict(list)
        for i, path in enumerate(paths):
            for x, y in path:
                self._grid[int(x // CELL), int(y // CELL)].append((x, y, i))

    def inside(self, box: Box) -> Counter[int]:
        """Return how many points of each edge are in a box."""
        left, top, right, bottom = box
        near = [point for cell in _cells(box) for point in self._grid.get(cell, ())]
        return Counter([i for x, y, i in near if left <= x <= right and top <= y <= bottom])
