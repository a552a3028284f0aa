"""Last phase of the layout: edges run straight along the bands of ranks, and bend between them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final

from .geometry import Point, Size, line
from .picture import Picture
from .ranks import Link

SHORT: Final = 3.0  # straight pieces of edges below this are left out
LEVEL: Final = 2.0  # edges that would climb less, from rank to rank, run on
BOW: Final = 34.0  # how far parallel edges bend apart
APART: Final = 16.0  # between arrowheads
ROUND: Final = 14.0  # the radius where an edge turns into another row
CORNER: Final = 15.0  # of a node, where no edge enters


def bows(shown: Picture) -> list[float]:
    """Return how far each edge is bent aside; 0.0 unless others join the same nodes."""
    total = Counter([(edge.source, edge.target) for edge in shown.edges])
    used: Counter[tuple[int, int]] = Counter()
    bent = []
    for edge in shown.edges:
        ends = edge.source, edge.target
        bent.append(BOW * (used[ends] - (total[ends] - 1) / 2))
        used[ends] += 1
    return bent


def entries(
    shown: Picture,
    links: Sequence[Link],
    chains: Sequence[Sequence[int]],
    place: Mapping[int, float],
    nodes: Mapping[int, Point],
    sizes: Mapping[int, Size],
    circles: Collection[int],
) -> dict[int, float]:
    """Return how far from the middle of a side each edge enters, so that arrowheads stand apart."""
    into: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    for link, chain in zip(links, chains):
        edge = shown.edges[link.edge]
        source = nodes[edge.source][1] if len(chain) == 2 else place[chain[-2]]
        if not link.is_turned:
            into[edge.target].append((source, nodes[edge.source][1], link.edge))
    found = {link.edge: 0.0 for link in links}
    for key, arriving in into.items():
        tall = sizes[key][1]
        room = tall / 4 if key in circles else max(tall - 2 * CORNER, 0.0)
        apart = min(APART, room / max(len(arriving) - 1, 1))
        for i, (*_, entering) in enumerate(sorted(arriving)):
            found[entering] = apart * (i - (len(arriving) - 1) / 2)
    return found


def route(
    chain: Sequence[int],
    ends: tuple[Point, Point],
    place: Mapping[int, float],
    band: Mapping[int, tuple[float, float]],
    bow: float,
    straight: bool,
    detours: Mapping[int, Sequence[float]],
) -> list[Point]:
    """Return the curves of an edge from one of its ends to the other.

    `chain` are the block it leaves, the dummies between, and the block that it enters; `place` has
    their positions across, `band` where their ranks begin and end. Where the edge leads to another
    row, `detours` has the lanes that it takes there, along and across by turns, by the member of
    the chain that it leads to.
    """
    points = [ends[0]]
    heights = [ends[0][1]]
    for dummy in chain[1:-1]:
        climbs = abs(place[dummy] - heights[-1]) > LEVEL
        heights.append(place[dummy] if climbs else heights[-1])
    heights.append(ends[1][1])
    bow = bow if len(chain) == 2 else 0.0  # longer ones run apart already
    for (a, b), (y, v) in zip(pairwise(chain), pairwise(heights)):
        start, end = (band[a][1], y), (band[b][0], v)
        if math.dist(start, ends[0]) < SHORT:
            start = ends[0]
        if math.dist(end, ends[1]) < SHORT:
            end = ends[1]
        _straight(points, start)
        if b in detours:
            _around(points, start, detours[b], end)
        elif not bow and (straight or start[1] == end[1]):
            _straight(points, end)
        else:
            middle = (start[0] + end[0]) / 2
            points += [(middle, start[1] + bow), (middle, end[1] + bow), end]
    _straight(points, ends[1])
    return points


def _around(points: list[Point], start: Point, lanes: Sequence[float], end: Point) -> None:
    """Add straight pieces with round corners, by lanes along and across by turns."""
    corners = [start]
    for i, lane in enumerate(lanes):
        corners.append((corners[-1][0], lane) if i % 2 else (lane, corners[-1][1]))
    corners += [(corners[-1][0], end[1]), end]
    for before, corner, after in zip(corners, corners[1:], corners[2:]):
        radius = min(ROUND, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        if radius < 1e-6:
            continue
        first, last = _towards(corner, before, radius), _towards(corner, after, radius)
        _straight(points, first)
        points += [_towards(corner, before, radius / 2), _towards(corner, after, radius / 2), last]
    _straight(points, end)


def _towards(start: Point, end: Point, far: float) -> Point:
    share = far / math.dist(start, end)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _straight(points: list[Point], end: Point) -> None:
    """Add a straight piece, or lengthen the last one if that is as level."""
    if len(points) > 3 and points[-4][1] == points[-3][1] == points[-1][1] == end[1]:
        del points[-3:]
    if math.dist(points[-1], end) > 1e-6:
        points += line(points[-1], end)
