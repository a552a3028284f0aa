"""Where the labels of edges go: on their edge or beside it, and never over anything.

Each label has candidates along its edge, in two lines or in one. Those that would cover a node, an
arrowhead or another label are out of the question; of the others the one is taken that hides least
of its own edge and of others. A label that is left without a place may push others aside. If that
does not help, the gaps that its edge passes grow; and if that does not, it is left out, which the
legend says.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

from .geometry import Box, Point, Size, bezier, box_of, is_straight, moved
from .layout import PAGE, Layout, layered
from .measure import is_circle, label_lines, label_sizes
from .picture import Picture
from .style import Style

WIDE: Final = 48.0  # cells of the grids by which neighbours are found: boxes, …
FINE: Final = 12.0  # … and edges
FEWEST: Final = 9  # points along an edge
MOST_SPOTS: Final = 24  # on an edge that are tried
PACE: Final = 6.0  # between the points of an edge
HEAD: Final = (14.0, 12.0)  # length and width that are kept for an arrowhead
MOST_HIDDEN: Final = 0.4  # the part of an edge that its label should hide at most
HIDES: Final = 6.0  # what it costs to hide an edge, …
BEHIND: Final = 1.0  # … and to have another one behind
SIDE: Final = 7.0  # between an edge and a label beside it …
NEAR: Final = 8.0  # … and no more than this
PUSHES: Final = 3  # for each label
CROWDED: Final = 0.25  # the share of labels without a place from which none is pushed
ROUNDS: Final = 6
MANY: Final = 150  # labels; more are placed faster, and gaps do not grow for them


def arranged(shown: Picture, sizes: Mapping[int, Size], style: Style, page: Size = PAGE) -> Layout:
    """Return a layout with labels; gaps grow for those that find no room."""
    words = _words(shown, style)
    circles = {node.key for node in shown.nodes if is_circle(node, style)}
    wider: Counter[int] = Counter()
    tried: list[tuple[int, Layout, list[Box | None]]] = []
    for _ in range(ROUNDS):
        layout = layered(
            shown,
            sizes,
            rankdir=style.rankdir,
            labels=words,
            page=page,
            wider=wider,
            circles=circles,
        )
        boxes = _placed(shown, layout, sizes, style, words)
        missing = [i for i in words if boxes[i] is None]
        tried.append((len(missing), layout, boxes))
        if not missing or len(words) > MANY:
            break
        wider.update({i: 1 + max(len(missing) // 5, wider[i] // 2) for i in missing})
    _, layout, boxes = min(tried, key=lambda found: found[0])
    return replace(layout, labels=_whole(shown, boxes, words))


def labelled(shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style) -> Layout:
    """Return a layout with those labels that find room in it."""
    words = _words(shown, style)
    boxes = _placed(shown, layout, sizes, style, words)
    return replace(layout, labels=_whole(shown, boxes, words))


def left_out(shown: Picture, boxes: Sequence[Box | None], style: Style) -> list[int]:
    """Return the edges whose label has no room."""
    pairs = enumerate(zip(shown.edges, boxes))
    return [i for i, (edge, box) in pairs if box is None and label_sizes(edge, style)]


Words = Mapping[int, list[Size]]  # the sizes that labels may take, by the indices of edges


def _words(shown: Picture, style: Style) -> Words:
    return {i: found for i, edge in enumerate(shown.edges) if (found := label_sizes(edge, style))}


def _placed(
    shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style, words: Words
) -> list[Box | None]:
    """Return the box of each label; None for an edge without one, or where it has no room."""
    labels: list[Box | None] = [None] * len(shown.edges)
    if not words:
        return labels
    is_many = len(words) > MANY
    pace = 2 * PACE if is_many else PACE
    paths = [walked(points, pace) for points in layout.edges]
    lines = _Lines(paths)
    solid = _Boxes()
    for key, centre in layout.nodes.items():
        solid.add(box_of(centre, (sizes[key][0] + 4, sizes[key][1] + 4)), -1)
    for points in layout.edges:
        solid.add(_head(points), -1)
    often = MOST_SPOTS // 4 if is_many else MOST_SPOTS
    room = _room(layout, sizes, style.rankdir)
    covered = {
        i: [(size, label_lines(shown.edges[i], style, box_of((0.0, 0.0), size))) for size in found]
        for i, found in words.items()
    }
    spots = {i: _spots(i, paths[i], covered[i], solid, lines, often, room) for i in words}
    for i, box in _settled(spots, 0 if is_many else PUSHES * len(spots)).items():
        labels[i] = box
    return labels


def _whole(shown: Picture, boxes: Sequence[Box | None], words: Words) -> tuple[Box | None, ...]:
    """Return the boxes without those of a bundle that misses some.

    Of the edges between two layers all or none have their label: some would stand for nothing.
    """
    missing = {i for i in words if boxes[i] is None}
    broken = {i for bundle in _bundles(shown) if not missing.isdisjoint(bundle) for i in bundle}
    return tuple([None if i in broken else box for i, box in enumerate(boxes)])


def _bundles(shown: Picture) -> Collection[list[int]]:
    """Return the edges from one layer to another, for each such pair."""
    layer = {node.key: node.layer for node in shown.nodes if node.unit}
    bundles: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, edge in enumerate(shown.edges):
        if edge.source in layer and edge.target in layer:
            bundles[layer[edge.source], layer[edge.target]].append(i)
    return bundles.values()


def _room(layout: Layout, sizes: Mapping[int, Size], rankdir: str) -> tuple[float, float]:
    """Return where labels may begin and end from left to right, so that the page is kept."""
    boxes = [box_of(centre, sizes[key]) for key, centre in layout.nodes.items()]
    left, right = min([box[0] for box in boxes]), max([box[2] for box in boxes])
    free = PAGE[0] - (right - left)
    if free < 0.0:
        return left, math.inf
    return (left, right + free) if rankdir == "LR" else (left - free / 2, right + free / 2)


def _settled(spots: Mapping[int, Sequence[Box]], pushes: int) -> dict[int, Box]:
    """Return a box for each label that finds a place where no other label is.

    Those with few spots choose first. Then those without a place push away the labels that were
    pushed least so far, which look for another place.
    """
    chosen: dict[int, Box] = {}
    taken = _Boxes()
    waiting: deque[int] = deque()
    for i in sorted(spots, key=lambda i: len(spots[i])):
        box = next((spot for spot in spots[i] if taken.is_free(spot)), None)
        if box is None:
            waiting.append(i)
        else:
            chosen[i] = box
            taken.add(box, i)
    best = dict(chosen)
    pushed: Counter[int] = Counter()
    if len(waiting) > CROWDED * len(spots):  # there is no room, however they are placed
        pushes = 0
    for _ in range(pushes):
        if not waiting:
            break
        i = waiting.popleft()
        costs = [sum([1 + pushed[j] for j in taken.hit(box)]) for box in spots[i]]
        if not costs:
            continue
        box = spots[i][costs.index(min(costs))]
        for j in sorted(taken.hit(box)):
            taken.remove(chosen.pop(j), j)
            pushed[j] += 1
            waiting.append(j)
        chosen[i] = box
        taken.add(box, i)
        if len(chosen) > len(best):
            best = dict(chosen)
    return best


def _spots(
    own: int,
    path: Sequence[Point],
    shapes: Sequence[tuple[Size, Sequence[Box]]],
    solid: _Boxes,
    lines: _Lines,
    most: int,
    room: tuple[float, float],
) -> list[Box]:
    """Return the free places for a label, best first, at so many points of its edge.

    `shapes` are the sizes it may take, with what its lines cover around its middle; `room` is
    where it may begin and end from left to right.
    """
    pace = math.dist(path[0], path[1])
    often = max(1, len(path) // most)
    found: list[tuple[float, int, Box]] = []
    for in_one_line, ((width, height), covered) in enumerate(shapes):
        reach = 2 + int((width + height + SIDE) / pace)
        for n in range(often // 2, len(path), often):
            (x, y), before, after = path[n], path[max(n - 1, 0)], path[min(n + 1, len(path) - 1)]
            dx, dy = abs(after[0] - before[0]), abs(after[1] - before[1])
            off = 0.5 * (width * dy + height * dx) / (math.hypot(dx, dy) or 1.0) + SIDE
            middle = abs(n - (len(path) - 1) / 2) / len(path)
            aside = [(0.0, -off), (0.0, off)] if dx > dy else [(off, 0.0), (-off, 0.0)]
            for cost, (u, v) in zip((0.0, 3.0, 3.2), [(0.0, 0.0), *aside]):
                a, b = x + u, y + v
                box = box_of((a, b), (width, height))
                if box[0] < room[0] or box[2] > room[1] or not solid.is_free(box):
                    continue
                hidden = lines.hidden([moved(line, (a, b)) for line in covered])
                if u or v:  # beside the edge, and nearer to no other
                    left, top, right, bottom = box
                    around = left - NEAR, top - NEAR, right + NEAR, bottom + NEAR
                    if not _count(path[max(n - reach, 0) : n + reach], around):
                        continue
                    cost += BEHIND * len(lines.hidden([around]).keys() - {own, *hidden})
                cost += 2.0 * middle + 1.0 * in_one_line
                for share in hidden.values():
                    cost += HIDES * (share + (share > MOST_HIDDEN))
                cost += BEHIND * len(hidden.keys() - {own})
                found.append((cost, len(found), box))
    return [box for _, _, box in sorted(found)]


def _count(points: Sequence[Point], box: Box) -> int:
    left, top, right, bottom = box
    return sum([left <= x <= right and top <= y <= bottom for x, y in points])


def walked(points: Sequence[Point], pace: float = PACE) -> list[Point]:
    """Return points along an edge, as far apart from each other and from its ends."""
    fine = [points[0]]
    for i in range(0, len(points) - 1, 3):
        curve = points[i : i + 4]
        long = sum([math.dist(a, b) for a, b in pairwise(curve)])
        steps = 1 if is_straight(curve) else 2 + int(long / pace)
        fine += [bezier(curve, k / steps) for k in range(1, steps + 1)]
    reached = [0.0, *accumulate([math.dist(a, b) for a, b in pairwise(fine)])]
    count = max(FEWEST, int(reached[-1] / pace))
    found, i = [], 0
    for k in range(1, count + 1):
        at = reached[-1] * k / (count + 1)
        while reached[i + 1] < at:
            i += 1
        share = (at - reached[i]) / ((reached[i + 1] - reached[i]) or 1.0)
        (x, y), (u, v) = fine[i], fine[i + 1]
        found.append((x + share * (u - x), y + share * (v - y)))
    return found


def _head(points: Sequence[Point]) -> Box:
    """Return the box of an arrowhead."""
    *_, near, (x, y) = points
    length = math.dist(near, (x, y)) or 1.0
    dx, dy = (near[0] - x) / length, (near[1] - y) / length
    long, wide = HEAD
    size = abs(dx) * long + abs(dy) * wide, abs(dy) * long + abs(dx) * wide
    return box_of((x + dx * long / 2, y + dy * long / 2), size)


class _Boxes:
    """Boxes, each of somebody, in a grid."""

    def __init__(self) -> None:
        self._grid: dict[tuple[int, int], list[tuple[Box, int]]] = defaultdict(list)

    def add(self, box: Box, owner: int) -> None:
        for cell in _cells(box, WIDE):
            self._grid[cell].append((box, owner))

    def remove(self, box: Box, owner: int) -> None:
        for cell in _cells(box, WIDE):
            self._grid[cell].remove((box, owner))

    def hit(self, box: Box) -> set[int]:
        """Return the owners of what a box overlaps."""
        left, top, right, bottom = box
        return {
            owner
            for cell in _cells(box, WIDE)
            for (a, b, c, d), owner in self._grid.get(cell, ())
            if a < right and left < c and b < bottom and top < d
        }

    def is_free(self, box: Box) -> bool:
        left, top, right, bottom = box
        for cell in _cells(box, WIDE):
            for (a, b, c, d), _ in self._grid.get(cell, ()):
                if a < right and left < c and b < bottom and top < d:
                    return False
        return True


class _Lines:
    """Edges by the cells of a fine grid that they pass."""

    def __init__(self, paths: Sequence[Sequence[Point]]) -> None:
        self._grid: dict[tuple[int, int], list[tuple[float, float, int]]] = defaultdict(list)
        self._shares = [1 / len(path) for path in paths]
        for i, path in enumerate(paths):
            for x, y in path:
                self._grid[int(x // FINE), int(y // FINE)].append((x, y, i))

    def hidden(self, boxes: Sequence[Box]) -> dict[int, float]:
        """Return the part that boxes would hide of each edge behind them."""
        found: dict[int, float] = defaultdict(float)
        for box in boxes:
            left, top, right, bottom = box
            for cell in _cells(box, FINE):
                for x, y, i in self._grid.get(cell, ()):
                    if left <= x <= right and top <= y <= bottom:
                        found[i] += self._shares[i]
        return found


def _cells(box: Box, size: float) -> list[tuple[int, int]]:
    left, top, right, bottom = box
    rows = range(int(top // size), int(bottom // size) + 1)
    return [(i, j) for i in range(int(left // size), int(right // size) + 1) for j in rows]
