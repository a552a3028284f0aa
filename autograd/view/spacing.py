"""Fourth phase of the layout: where blocks stand across and along the ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from .ranks import BETWEEN_DUMMIES, BETWEEN_NODES, Graph, size_across, size_along

SWEEPS: Final = 16
NARROWEST: Final = 28.0  # gap between ranks
STEEP: Final = 0.2  # of the height that edges climb in a gap, as its width …
WIDEST: Final = 44.0  # … up to this


def offsets(graph: Graph, rank: Sequence[int]) -> list[float]:
    """Return how far each block of a rank is from the first, if they stand close."""
    offset = [0.0]
    for a, b in pairwise(rank):
        gap = BETWEEN_NODES if a >= 0 and b >= 0 else BETWEEN_DUMMIES
        offset.append(offset[-1] + (size_across(graph, a) + size_across(graph, b)) / 2 + gap)
    return offset


def across(graph: Graph, height: float) -> dict[int, float]:
    """Return positions across: near the neighbours' mean, in order, and never too close.

    All stay within this height, or that of the tallest rank.
    """
    close = [offsets(graph, rank) for rank in graph.ranks]
    place: dict[int, float] = {}
    for rank, offset in zip(graph.ranks, close):
        place.update({b: x - offset[-1] / 2 for b, x in zip(rank, offset)})
    ends = [(size_across(graph, rank[0]) / 2, size_across(graph, rank[-1]) / 2) for rank in graph.ranks]
    half = max([height, *[sum(end) + offset[-1] for end, offset in zip(ends, close)]]) / 2
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for rank, offset, (top, bottom) in list(zip(graph.ranks, close, ends))[:: 1 if forward else -1]:
            wanted, weights = [], []
            for b in rank:
                near = [*graph.up.get(b, ()), *graph.down.get(b, ())]
                if 2 * sweep < SWEEPS:
                    near = list((graph.up if forward else graph.down).get(b, ())) or near
                goals = [place[n] + there - here for n, here, there in near]
                wanted.append(sum(goals) / len(goals) if goals else place[b])
                weights.append(1.0 if b >= 0 else 8.0)
            for b, x, off in zip(rank, spaced(wanted, weights, offset), offset):
                place[b] = min(max(x, top - half + off), half - bottom - offset[-1] + off)
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
    graph: Graph, place: Mapping[int, float], gaps: Sequence[float]
) -> list[tuple[float, float]]:
    """Return where each rank begins and ends along the ranks."""
    found, start = [], 0.0
    for rank, least in zip(graph.ranks, [*gaps, 0.0]):
        width = max([size_along(graph, b) for b in rank], default=0.0)
        found.append((start, start + width))
        climbs = [
            abs(place[a] + here - place[b] - there)
            for a in rank
            for b, here, there in graph.down.get(a, ())
        ]
        start += width + max(least, gap_for(max(climbs, default=0.0)))
    return found


def gap_for(climb: float) -> float:
    return min(max(NARROWEST, STEEP * climb), WIDEST)
