"""Third phase of the layout: the order within ranks, by barycentres, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from .ranks import Graph, Ranks
from .spacing import offsets

SWEEPS: Final = 8


def order(graph: Graph, units: Mapping[int, tuple[int, int]]) -> None:
    """Order each rank by the means of neighbours, forth and back; keep the best order.

    `units` has layer and number of the blocks whose order is given.
    """
    ranks = graph.ranks
    best, fewest = [list(rank) for rank in ranks], None
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        ends = graph.up if forward else graph.down
        before: dict[int, float] = {}
        for rank in ranks if forward else reversed(ranks):
            own = _places(graph, rank)
            wanted = {}
            for b in rank:
                near = [before[n] + there - here for n, here, there in ends.get(b, ())]
                wanted[b] = sum(near) / len(near) if near else own[b]
            rank.sort(key=wanted.__getitem__)
            slots = [i for i, b in enumerate(rank) if b in units]
            for i, b in zip(slots, sorted([rank[i] for i in slots], key=units.__getitem__)):
                rank[i] = b
            before = _places(graph, rank)
        crossings = count_crossings(ranks, graph)
        if fewest is None or crossings < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
        if not fewest:
            break
    ranks[:] = best


def _places(graph: Graph, rank: list[int]) -> dict[int, float]:
    offset = offsets(graph, rank)
    return {b: x - offset[-1] / 2 for b, x in zip(rank, offset)}


def count_crossings(ranks: Ranks, graph: Graph) -> int:
    count = 0
    for rank, after in pairwise(ranks):
        position = {b: i for i, b in enumerate(after)}
        ends: list[tuple[int, float]] = []
        for b in rank:
            leaving = sorted(
                [(here, position[n], there) for n, here, there in graph.down.get(b, ())]
            )
            for _, at, there in leaving:
                count += len(ends) - bisect_right(ends, (at, there))
            for _, at, there in leaving:
                insort(ends, (at, there))
    return count
