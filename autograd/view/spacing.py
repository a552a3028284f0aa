"""Fourth phase of the layout: where blocks stand across and along the ranks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from .ranks import (
    BESIDE,
    BETWEEN_COLUMNS,
    BETWEEN_DUMMIES,
    BETWEEN_NODES,
    Graph,
    size_across,
    size_along,
)

SWEEPS: Final = 16
CROOKED: Final = 6.0  # edges that climb less are made straight, where that is possible
NARROW: Final = 28.0  # gap between ranks
STEEP: Final = 0.2  # of the height that edges climb in a gap, which makes it wider …
USUAL: Final = 44.0  # … up to this …
AMPLE: Final = 130.0  # … or this, where the page is wide enough
SPARE: Final = 70.0  # that gaps with labels grow by there
ROOMY: Final = 1000.0  # wider pictures are shown smaller or in part: no gap grows for looks


def offsets(graph: Graph, rank: Sequence[int]) -> list[float]:
    """Return how far each block of a rank is from the first, if they stand close.

    Blocks in two columns stand by turns, so that the edges of one pass between those of the other.
    """
    offset = [0.0]
    for j in range(1, len(rank)):
        here = rank[j]
        least = -math.inf
        for i in range(j - 1, -1, -1):
            there = rank[i]
            tall, other = size_across(graph, here), size_across(graph, there)
            is_beside = (here in graph.second) != (there in graph.second) and min(here, there) >= 0
            if is_beside:
                least = max(least, offset[i] + max(tall, other) / 2 + BESIDE)
                continue
            gap = BETWEEN_NODES if min(here, there) >= 0 else BETWEEN_DUMMIES
            least = max(least, offset[i] + (tall + other) / 2 + gap)
            break
        offset.append(least)
    return offset


def across(graph: Graph, height: float) -> dict[int, float]:
    """Return positions across: near the neighbours' mean, in order, and never too close.

    All stay within this height, or that of the tallest rank.
    """
    close = [offsets(graph, rank) for rank in graph.ranks]
    tops = [size_across(graph, rank[0]) / 2 for rank in graph.ranks]
    bottoms = [
        offset[-1] + size_across(graph, rank[-1]) / 2 for rank, offset in zip(graph.ranks, close)
    ]
    half = max([height, *[top + bottom for top, bottom in zip(tops, bottoms)]]) / 2
    place: dict[int, float] = {}
    for rank, offset in zip(graph.ranks, close):
        place.update({b: x - offset[-1] / 2 for b, x in zip(rank, offset)})
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for r in range(len(close))[:: 1 if forward else -1]:
            rank, offset = graph.ranks[r], close[r]
            wanted, weights = [], []
            for b in rank:
                near = [*graph.up.get(b, ()), *graph.down.get(b, ())]
                if 2 * sweep < SWEEPS:
                    near = list((graph.up if forward else graph.down).get(b, ())) or near
                goals = [place[n] + there - here for n, here, there in near]
                wanted.append(sum(goals) / len(goals) if goals else place[b])
                weights.append(1.0 if b >= 0 else 8.0)
            for b, x, off in zip(rank, spaced(wanted, weights, offset), offset):
                place[b] = min(max(x, tops[r] - half + off), half - bottoms[r] + off)
    for rank, offset in zip(graph.ranks, close):  # what is a little off, after so many sweeps
        wanted = []
        for b in rank:
            goal = place[b]
            if len(graph.up.get(b, ())) == 1:
                a, here, there = graph.up[b][0]
                goal = place[a] + there - here
            wanted.append(goal if abs(goal - place[b]) < CROOKED else place[b])
        place.update(zip(rank, spaced(wanted, [1.0] * len(rank), offset)))
    return place


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


def bands(
    graph: Graph,
    place: Mapping[int, float],
    labelled: Sequence[float],
    more: Sequence[float],
    width: float,
) -> list[tuple[float, float]]:
    """Return where each rank begins and ends along the ranks.

    A gap is as wide as the label in it needs, and grows where edges climb: narrow, usual or ample,
    as `width` allows. `more` is what labels need on top of that.
    """
    widths = [_width(graph, rank) for rank in graph.ranks]
    narrow, usual, ample = [], [], []
    for rank, label in zip(graph.ranks, labelled):
        climbs = [
            abs(place[a] + here - place[b] - there)
            for a in rank
            for b, here, there in graph.down.get(a, ())
        ]
        steep = STEEP * max(climbs, default=0.0)
        narrow.append(max(label, NARROW))
        usual.append(max(narrow[-1], min(steep, USUAL)))
        ample.append(max(usual[-1], label and label + SPARE, min(steep, AMPLE)))
    free = min(width, ROOMY) - sum(widths) - sum(more)
    least, most = (narrow, usual) if sum(narrow) <= free < sum(usual) else (usual, ample)
    wanted = sum(most) - sum(least)
    share = min(max(free - sum(least), 0.0) / wanted, 1.0) if wanted else 0.0
    gaps = [a + share * (b - a) + c for a, b, c in zip(least, most, more)]
    found, start = [], 0.0
    for wide, gap in zip(widths, [*gaps, 0.0]):
        found.append((start, start + wide))
        start += wide + gap
    return found


def _width(graph: Graph, rank: Sequence[int]) -> float:
    first = max([size_along(graph, b) for b in rank if b not in graph.second], default=0.0)
    second = max([size_along(graph, b) for b in rank if b in graph.second], default=0.0)
    return first + second + (BETWEEN_COLUMNS if first and second else 0.0)
