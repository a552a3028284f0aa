"""Where nodes and edges go: a layered layout in plain Python.

The steps are those of K. Sugiyama, S. Tagawa and M. Toda, Methods for visual understanding of
hierarchical system structures, IEEE Trans. SMC 11, 1981: give every node a rank, let long edges
pass the ranks between through *dummies*, order each rank so that few edges cross, then move the
nodes so that edges run straight. Nothing is random: equal pictures give equal layouts.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .picture import Picture

Point = tuple[float, float]
Size = tuple[float, float]
Ranks = list[list[int]]
Neighbours = Mapping[int, Sequence[int]]

BETWEEN_NODES: Final = 18.0
BETWEEN_DUMMIES: Final = 12.0
SHORT: Final = 15.0  # straight pieces of edges below this are left out
BOW: Final = 34.0  # how far parallel edges bend apart
SWEEPS: Final = 8


@dataclass(frozen=True)
class Layout:
    """Positions, with y pointing down.

    Edges have the order of the picture's. Each is a chain of cubic Bézier curves: a start, and
    three points more for each curve.
    """

    nodes: dict[int, Point]  # the centre of each node, by its key
    edges: tuple[tuple[Point, ...], ...]


def layered(
    shown: Picture, sizes: Mapping[int, Size], *, rankdir: str = "LR", gap: float = 60.0
) -> Layout:
    """Return a layout in which every edge leads to a higher rank.

    `sizes` has width and height of each node, by its key. `rankdir` is "LR", ranks from left to
    right, or "TB", from top to bottom. The gap between ranks grows where edges
    run steeply.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> shown = picture(Value(2.0) * Value(3.0))
    >>> layered(shown, {0: (60, 40), 1: (60, 40), 2: (60, 40)}).nodes
    {0: (30.0, 0.0), 1: (30.0, 58.0), 2: (150.0, 29.0)}
    """
    if rankdir == "TB":
        sizes = {key: (height, width) for key, (width, height) in sizes.items()}
    ranks, chains, up, down = _ranks(shown)
    _order(ranks, up, down, shown)
    across = _straighten(ranks, up, down, sizes)
    bands = _bands(ranks, down, across, sizes, gap)
    along = {key: (left + right) / 2 for rank, (left, right) in zip(ranks, bands) for key in rank}
    band = {key: interval for rank, interval in zip(ranks, bands) for key in rank}
    top = min([across[node.key] for node in shown.nodes], default=0.0)
    place = {key: (along[key], across[key] - top) for key in along}
    units = {node.key for node in shown.nodes if node.unit}
    routes = []
    for edge, chain, bow in zip(shown.edges, chains, bows(shown)):
        route = _route(chain, place, band, sizes, bow, units.issuperset(chain))
        routes.append(route[::-1] if chain[0] != edge.source else route)
    nodes = {node.key: place[node.key] for node in shown.nodes}
    if rankdir == "TB":
        nodes = {key: (x, y) for key, (y, x) in nodes.items()}
        routes = [[(x, y) for y, x in route] for route in routes]
    return Layout(nodes, tuple([tuple(route) for route in routes]))


def bows(shown: Picture) -> list[float]:
    """Return how far each edge is bent aside; 0.0 unless others join the same nodes."""
    total = Counter([(edge.source, edge.target) for edge in shown.edges])
    used: Counter[Point] = Counter()
    bent = []
    for edge in shown.edges:
        ends = edge.source, edge.target
        bent.append(BOW * (used[ends] - (total[ends] - 1) / 2))
        used[ends] += 1
    return bent


def _ranks(shown: Picture) -> tuple[Ranks, list[list[int]], Neighbours, Neighbours]:
    """Return the nodes and dummies of every rank, the chain of each edge, and the neighbours.

    A node's rank is the longest path to it; leaves stand right before what uses them.
    """
    position = {node.key: i for i, node in enumerate(shown.nodes)}
    pairs = [(edge.source, edge.target) for edge in shown.edges]
    pairs = [pair if position[pair[0]] < position[pair[1]] else pair[::-1] for pair in pairs]
    above, below = defaultdict(list), defaultdict(list)
    for a, b in pairs:
        above[b].append(a)
        below[a].append(b)
    rank: dict[int, int] = {}
    for key in position:
        rank[key] = 1 + max([rank[a] for a in above[key]], default=-1)
    for key in position:
        if not above[key] and below[key]:
            rank[key] = min([rank[b] for b in below[key]]) - 1
    ranks: Ranks = [[] for _ in range(1 + max(rank.values(), default=-1))]
    for key in position:
        ranks[rank[key]].append(key)
    up, down, chains = defaultdict(list), defaultdict(list), []
    dummy = -1
    for a, b in pairs:
        chain = [a]
        for r in range(rank[a] + 1, rank[b]):
            chain.append(dummy)
            ranks[r].append(dummy)
            dummy -= 1
        chain.append(b)
        chains.append(chain)
        for i, j in pairwise(chain):
            down[i].append(j)
            up[j].append(i)
    return ranks, chains, up, down


def _order(ranks: Ranks, up: Neighbours, down: Neighbours, shown: Picture) -> None:
    """Order each rank by the barycentres of neighbours, forth and back; keep the best order."""
    units = {node.key: (node.layer, node.unit) for node in shown.nodes if node.unit}
    best, fewest = [list(rank) for rank in ranks], None
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        before: dict[int, float] = {}
        for rank in ranks if forward else reversed(ranks):
            own = {key: (i + 0.5) / len(rank) for i, key in enumerate(rank)}
            wanted = {}
            for key in rank:
                near = [before[n] for n in (up if forward else down).get(key, ())]
                wanted[key] = sum(near) / len(near) if near else own[key]
            rank.sort(key=wanted.__getitem__)
            slots = [i for i, key in enumerate(rank) if key in units]
            for i, key in zip(slots, sorted([rank[i] for i in slots], key=units.__getitem__)):
                rank[i] = key
            before = {key: (i + 0.5) / len(rank) for i, key in enumerate(rank)}
        crossings = _crossings(ranks, down)
        if fewest is None or crossings < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
    ranks[:] = best


def _crossings(ranks: Ranks, down: Neighbours) -> int:
    count = 0
    for rank, after in pairwise(ranks):
        position = {key: i for i, key in enumerate(after)}
        ends: list[int] = []
        for key in rank:
            new = sorted([position[n] for n in down.get(key, ())])
            for end in new:
                count += len(ends) - bisect_right(ends, end)
            for end in new:
                insort(ends, end)
    return count


def _straighten(
    ranks: Ranks, up: Neighbours, down: Neighbours, sizes: Mapping[int, Size]
) -> dict[int, float]:
    """Return positions across: near the neighbours' mean, in order, and never too close."""
    half = {key: sizes[key][1] / 2 if key >= 0 else 0.0 for rank in ranks for key in rank}
    offsets: list[list[float]] = []
    across: dict[int, float] = {}
    for rank in ranks:
        offset = [0.0]
        for a, b in pairwise(rank):
            gap = BETWEEN_NODES if a >= 0 and b >= 0 else BETWEEN_DUMMIES
            offset.append(offset[-1] + half[a] + half[b] + gap)
        offsets.append(offset)
        across.update({key: x - offset[-1] / 2 for key, x in zip(rank, offset)})
    for sweep in range(2 * SWEEPS):
        forward = sweep % 2 == 0
        for rank, offset in list(zip(ranks, offsets))[:: 1 if forward else -1]:
            wanted, weights = [], []
            for key in rank:
                near = [*up.get(key, ()), *down.get(key, ())]
                if sweep < SWEEPS:
                    near = list((up if forward else down).get(key, ())) or near
                wanted.append(sum([across[n] for n in near]) / len(near) if near else across[key])
                weights.append(1.0 if key >= 0 else 8.0)
            across.update(zip(rank, spaced(wanted, weights, offset)))
    return across


def spaced(
    wanted: Sequence[float], weights: Sequence[float], offsets: Sequence[float]
) -> list[float]:
    """Return the positions closest to those wanted that keep their distances.

    Least squares under x[i+1] - x[i] ≥ offsets[i+1] - offsets[i]: an isotonic regression of
    wanted - offsets, by pooling adjacent violators.
    """
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets):
        mean, total, count = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, members = pools.pop()
            mean = (mean * total + other * more) / (total + more)
            total, count = total + more, count + members
        pools.append((mean, total, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(flat, offsets)]


def _bands(
    ranks: Ranks,
    down: Neighbours,
    across: Mapping[int, float],
    sizes: Mapping[int, Size],
    gap: float,
) -> list[Point]:
    """Return where each rank begins and ends along the ranks."""
    bands, start = [], 0.0
    for rank in ranks:
        width = max([sizes[key][0] for key in rank if key >= 0], default=0.0)
        bands.append((start, start + width))
        steepest = max([abs(across[a] - across[b]) for a in rank for b in down.get(a, ())] or [0])
        start += width + max(gap, min(0.3 * steepest, 4 * gap))
    return bands


def _route(
    chain: Sequence[int],
    place: Mapping[int, Point],
    band: Mapping[int, Point],
    sizes: Mapping[int, Size],
    bow: float,
    straight: bool,
) -> list[Point]:
    """Return an edge's curves: straight along the bands of its ranks, bent only between them."""
    first, last = chain[0], chain[-1]
    points = [(place[first][0] + sizes[first][0] / 2, place[first][1])]
    bow = bow if len(chain) == 2 else 0.0  # longer ones run apart already
    goal = (place[last][0] - sizes[last][0] / 2, place[last][1])
    for a, b in pairwise(chain):
        start, end = (band[a][1], place[a][1]), (band[b][0], place[b][1])
        if a == first and math.dist(start, points[0]) < SHORT:
            start = points[0]
        if b == last and math.dist(end, goal) < SHORT:
            end = goal
        _line(points, start)
        if straight and not bow:
            _line(points, end)
        else:
            middle = (start[0] + end[0]) / 2
            points += [(middle, start[1] + bow), (middle, end[1] + bow), end]
    _line(points, goal)
    return points


def _line(points: list[Point], end: Point) -> None:
    x, y = points[-1]
    if math.dist(end, (x, y)) > 1e-6:
        dx, dy = (end[0] - x) / 3, (end[1] - y) / 3
        points += [(x + dx, y + dy), (x + 2 * dx, y + 2 * dy), end]
