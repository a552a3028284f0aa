"""Where a long graph is broken into rows, like a text into lines.

It is broken between two ranks where few edges cross, so that few are *carried over*: these run on
to the end of their row, and from the beginning of the next. Leaves that several rows use stand
beside all of them, from where a track leads to each such row; what they give crosses nothing. A
graph that is dense everywhere has no such place, and stays as it is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from typing import Final, NamedTuple

from .folding import Block
from .geometry import Size
from .ranks import BETWEEN_NODES, ONE_ROW, Graph, Link, Rows, size_across
from .spacing import across, bands

MOST_CARRIED: Final = 4  # edges from one row to the next
MOST_BESIDE: Final = 6  # leaves beside the rows
ROW: Final = 3.0  # what a row costs: as much as so many edges that are carried over
LEAF: Final = 4  # as much as a leaf counts that is carried over: it belongs to what uses it
LANE: Final = 9.0  # from one carried edge to the next, and between tracks
WRITTEN: Final = 19.0  # the same for carried edges with a line of text on them
TURN: Final = 20.0  # from a row to what turns around its end, and into a track
CLEAR: Final = 16.0  # between a row and what is carried below it


def broken(
    links: Sequence[Link],
    rank: Sequence[int],
    widths: Sequence[float],
    gaps: Sequence[float],
    length: float,
) -> tuple[Sequence[int], Rows]:
    """Return ranks and rows, no longer than `length` where possible.

    `widths` are those of ranks, `gaps` those after them. The ranks are as before, but for those
    that are empty without the leaves that stand beside.
    """
    users = defaultdict(set)
    for link in links:
        users[link.source].add(link.target)
    fed = {link.target for link in links}
    shared = {b for b, used in users.items() if b not in fed and len(used) > 1}
    starts = _starts(_costs(links, rank, shared, len(widths)), widths, gaps, length)
    row = Rows(starts).of
    beside = {b for b in shared if any(row(rank[b]) != row(rank[c]) for c in users[b])}
    used = sorted({r for b, r in enumerate(rank) if b not in beside})
    starts = sorted({bisect_left(used, start) for start in starts} - {len(used)})
    if len(starts) == 1 or len(beside) > MOST_BESIDE:
        return rank, ONE_ROW
    return [bisect_left(used, r) for r in rank], Rows(starts, beside)


def _costs(links: Sequence[Link], rank: Sequence[int], shared: Set[int], count: int) -> list[float]:
    """Return for each rank what a row costs that begins with it: edges and numbers carried over."""
    edges, numbers = [0] * (count + 1), [0] * (count + 1)
    last: dict[int, int] = {}
    for link in links:
        if link.source in shared:
            continue
        a, b = rank[link.source], rank[link.target]
        edges[a + 1] += 1
        edges[b + 1] -= 1
        last[link.source] = max(last.get(link.source, a), b)
    fed = {link.target for link in links}
    for source, b in last.items():
        weight = 1 if source in fed else LEAF
        numbers[rank[source] + 1] += weight
        numbers[b + 1] -= weight
    found, carried, of = [], 0, 0
    for r in range(count):
        carried += edges[r]
        of += numbers[r]
        found.append(carried + of if carried <= MOST_CARRIED else math.inf)
    return found


def _starts(
    costs: Sequence[float], widths: Sequence[float], gaps: Sequence[float], length: float
) -> list[int]:
    """Return the first ranks of those rows that cost least; being too long costs most."""
    best: list[tuple[float, float, int]] = [(0.0, 0.0, 0)]  # excess, cost and last start, before r
    for end in range(1, len(widths) + 1):
        found, long = (math.inf, math.inf, 0), 0.0
        for start in range(end - 1, -1, -1):
            long += widths[start] + (gaps[start] if start < end - 1 else 0.0)
            if long > length and found[0] < math.inf:
                break
            if costs[start] < math.inf or start == 0:
                excess, cost, _ = best[start]
                over, ragged = max(long - length, 0.0), max(1.0 - long / length, 0.0)
                cost += ROW + ragged**2 + costs[start] * bool(start)
                found = min(found, (excess + over, cost, start))
        best.append(found)
    starts = [len(widths)]
    while starts[-1]:
        starts.append(best[starts[-1]][2])
    return starts[:0:-1]


class Margins(NamedTuple):
    """What stands around rows."""

    left: float = 0.0  # where they begin
    right: float = 0.0
    below: Sequence[float] = ()  # each row but the last
    lane: float = LANE  # from one edge that is carried below a row to the next


def margins(
    blocks: Sequence[Block],
    links: Sequence[Link],
    rank: Sequence[int],
    rows: Rows,
    labels: Sequence[Size],
) -> Margins:
    """Return what stands around rows: leaves, tracks, and edges that are carried over.

    `labels` has for each edge what its label takes, along and across the ranks.
    """
    count, clear = [0] * (len(rows.starts) - 1), [CLEAR] * (len(rows.starts) - 1)
    entry, lane = 0.0, LANE
    for link in links:
        along, tall = labels[link.edge]
        a, b = rows.of(rank[link.source]), rows.of(rank[link.target])
        if link.source in rows.beside:
            if not rows.passed(link, rank):
                entry = max(entry, along)
            continue
        for k in range(a, b):
            count[k] += 1
            clear[k] = max(clear[k], tall / 2)
            lane = WRITTEN if tall else lane
    if not count:
        return Margins()
    turn = TURN + LANE * (max(count) - 1)
    widest = max([blocks[b].size[0] for b in rows.beside], default=0.0)
    tracks = widest + TURN + LANE * (len(rows.beside) - 1) if rows.beside else 0.0
    below = [2 * room + lane * (n - 1) for n, room in zip(count, clear)]
    return Margins(tracks + max(turn, entry) + TURN / 2, turn, below, lane)


class Stacked(NamedTuple):
    """Where all is placed."""

    place: Mapping[int, float]  # of blocks and dummies, across the ranks
    band: Mapping[int, tuple[float, float]]  # where their ranks begin and end
    detours: Sequence[Mapping[int, Sequence[float]]]  # of each link: see `route`


def stacked(
    graph: Graph,
    rows: Rows,
    around: Margins,
    gaps: Sequence[float],
    more: Sequence[float],
    page: Size,
) -> Stacked:
    """Return where blocks stand, row below row; a single row may use the height of the page."""
    place: dict[int, float] = {}
    band: dict[int, tuple[float, float]] = {}
    top, ends = 0.0, []
    for a, b in pairwise([*rows.starts, len(graph.ranks)]) if graph.ranks else ():
        part = graph.part(a, b)
        found = across(part, page[1] if len(rows.starts) == 1 else 0.0)
        first = min([x - size_across(graph, n) / 2 for n, x in found.items()])
        last = max([x + size_across(graph, n) / 2 for n, x in found.items()])
        place.update({n: x - first + top for n, x in found.items()})
        room = page[0] - around.left - around.right
        for rank, (start, end) in zip(
            part.ranks, bands(part, found, gaps[a : b - 1], more[a : b - 1], room)
        ):
            band.update(dict.fromkeys(rank, (start + around.left, end + around.left)))
        ends.append((band[part.ranks[-1][0]][1], top + last - first))
        top += last - first + sum(around.below[len(ends) - 1 : len(ends)])
    widest = max([graph.blocks[b].size[0] for b in rows.beside], default=0.0)
    heights = [graph.blocks[b].size[1] + BETWEEN_NODES for b in rows.beside]
    bottom = max((ends[0][1] - sum(heights)) / 2, 0.0) if heights else 0.0
    for b in sorted(rows.beside):
        tall = graph.blocks[b].size[1]
        place[b], band[b] = bottom + tall / 2, (0.0, widest)
        bottom += tall + BETWEEN_NODES
    return Stacked(place, band, _detours(graph, rows, around, place, widest, ends))


def _detours(
    graph: Graph,
    rows: Rows,
    around: Margins,
    place: Mapping[int, float],
    widest: float,
    ends: Sequence[Size],
) -> list[dict[int, Sequence[float]]]:
    """Return the lanes of edges from row to row, such that those of a row never cross."""
    row = {b: rows.of(r) for r, rank in enumerate(graph.ranks) for b in rank}
    found: list[dict[int, Sequence[float]]] = [{} for _ in graph.links]
    carried: list[list[tuple[float, int, int]]] = [[] for _ in ends]
    track = {b: widest + TURN + LANE * i for i, b in enumerate(sorted(rows.beside, reverse=True))}
    for n, (link, chain) in enumerate(zip(graph.links, graph.chains)):
        if link.source in rows.beside:
            found[n][chain[1]] = (track[link.source],)
            continue
        for a, b in pairwise(chain):
            if row[a] < row[b]:
                here = link.leaves_at if a == link.source else 0.0
                carried[row[a]].append((place[a] + here, n, b))
    for (end, bottom), edges, room in zip(ends, carried, around.below):
        clear = (room - around.lane * (len(edges) - 1)) / 2
        for i, (_, n, b) in enumerate(sorted(edges)):
            after = len(edges) - 1 - i
            out, back = end + TURN + LANE * after, around.left - TURN - LANE * i
            found[n][b] = out, bottom + clear + around.lane * after, back
    return found
