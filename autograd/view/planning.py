"""How a picture is folded and broken: the first of a few ways that fits the page, plain ones first.

Ways differ in what is folded into chains, in the columns into which leaves are split where they
would stand higher than the page, and, if none of these fits, in the rows into which each of them
can be broken. If none fits at all, the one that needs the least of a page is taken, where too wide
counts more than too tall: pages scroll downwards.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Final, NamedTuple

from .folding import CHAINS, LEAVES, PAIRS, PLAIN, Block, Room, blocks, constants_of, followers
from .geometry import Size
from .picture import Picture
from .ranks import ONE_ROW, Link, Rows, extent, links_between, ranked, split
from .rows import Margins, broken, margins
from .spacing import NARROW

AIR: Final = 16.0  # beside a label in a gap: a piece of the edge, and its arrowhead
MOST_COLUMNS: Final = 4  # of leaves
TRIES: Final = 3  # until rows are short enough
MOST_SCREENS: Final = 6  # downwards, in one column of a picture that runs so
SIDEWAYS: Final = 1.5  # so much taller is as good as having to be scrolled sideways at all
SCROLLED: Final = 5.0  # pages downwards, from which on taller counts twice


class Plan(NamedTuple):
    """One way to lay a picture out, before anything is placed."""

    blocks: Sequence[Block]
    links: Sequence[Link]
    rank: Sequence[int]
    second: Set[int]  # blocks that stand in a second column of their rank
    rows: Rows
    around: Margins
    gaps: Sequence[float]  # that labels need, after each rank, …
    more: Sequence[float]  # … and what they had too little
    size: Size  # what it will take, about


def planned(
    shown: Picture, sizes: Mapping[int, Size], rooms: Sequence[Room], page: Size, is_down: bool
) -> Plan:
    """Return the way in which a picture is laid out, ranks from left to right.

    `is_down` says that the picture will be turned, so that its height is along the ranks.
    """
    best, least, ways = None, math.inf, []
    for way in _ways(shown, sizes, rooms, page):
        ways.append(way)
        cost = _cost(way, page, is_down)
        if cost < least:
            best, least = way, cost
        if cost == 1.0:
            break
    lengths = [page[0] * k for k in range(1, MOST_SCREENS + 1 if is_down else 2)]
    for way in ways if least > 1.0 else ():
        for length in lengths:
            wrapped = _wrapped(way, rooms, length)
            cost = _cost(wrapped, page, is_down)
            if cost < least:
                best, least = wrapped, cost
    assert best is not None  # the plain way is always there
    return best


def _cost(plan: Plan, page: Size, is_down: bool) -> float:
    """Return what a plan needs of a page; 1.0 if it fits."""
    wide, tall = [max(size / room, 1.0) for size, room in zip(plan.size, page)]
    wide, tall = (tall, wide) if is_down else (wide, tall)
    sideways = SIDEWAYS * wide**2 if wide > 1.0 else 1.0
    return sideways * tall * max(1.0, tall / SCROLLED)


def _ways(
    shown: Picture, sizes: Mapping[int, Size], rooms: Sequence[Room], page: Size
) -> Iterator[Plan]:
    """Yield plans in one row, plain ones first."""
    constants = constants_of(shown)
    for fold in (PLAIN, CHAINS, LEAVES, PAIRS):
        follow = followers(shown, constants, fold)
        if fold and not follow:
            continue
        found = blocks(shown, sizes, rooms, constants, follow)
        links = links_between(shown, found)
        rank = ranked(found, links)
        plan = _plan(found, links, rooms, rank)
        yield plan
        if plan.size[1] > page[1]:
            for count in range(1, MOST_COLUMNS + 1):
                yield _plan(found, links, rooms, split(found, links, rank, page[1], count))
            second = _second(shown, plan, rooms, page[1])
            if second:
                yield _plan(found, links, rooms, rank, second)


def _plan(
    found: Sequence[Block],
    links: Sequence[Link],
    rooms: Sequence[Room],
    rank: Sequence[int],
    second: Set[int] = frozenset(),
    rows: Rows = ONE_ROW,
) -> Plan:
    widths, heights = extent(found, links, rank, second, rows)
    gaps = [0.0] * len(widths)
    more = [*gaps]
    between = {start - 1 for start in rows.starts}  # rows
    for link in links:
        passed, room = rows.passed(link, rank), rooms[link.edge]
        first, last = passed.start - 1, passed.stop - 1
        for gap in {last, first if room.more else last} - between if room.along else ():
            gaps[gap] = max(gaps[gap], room.along + AIR)
            more[gap] = max(more[gap], room.more)
    ends = {end - 1 for end in (*rows.starts[1:], len(widths))}
    reach = [
        rooms[i].beside - block.size[0] / 2
        for block, r in zip(found, rank)
        for i in block.routes
        if r in ends
    ]
    labels = [(room.along and room.along + AIR, room.across) for room in rooms]
    around = margins(found, links, rank, rows, labels)
    around = around._replace(right=max([around.right, *reach]))
    long, tall = 0.0, 0.0
    for a, b in pairwise([*rows.starts, len(widths)]):
        inside = sum([max(NARROW, gap) + wider for gap, wider in zip(gaps[a : b - 1], more[a:b])])
        long = max(long, sum(widths[a:b]) + inside)
        tall += max(heights[a:b], default=0.0)
    size = around.left + long + around.right, tall + sum(around.below)
    return Plan(found, links, rank, second, rows, around, gaps, more, size)


def _wrapped(plan: Plan, rooms: Sequence[Room], length: float) -> Plan:
    """Return the plan in rows that are no longer than this with all that stands around them."""
    widths, _ = extent(plan.blocks, plan.links, plan.rank, plan.second, plan.rows)
    gaps = [max(NARROW, gap) + more for gap, more in zip(plan.gaps, plan.more)]
    found, room = plan, length
    for _ in range(TRIES):
        if plan.second or found.size[0] <= length:
            break
        rank, rows = broken(plan.links, plan.rank, widths, gaps, room)
        if rows == ONE_ROW:
            break
        found = _plan(plan.blocks, plan.links, rooms, rank, plan.second, rows)
        room = min(room, length - found.around.left - found.around.right)
    return found


def _second(shown: Picture, plan: Plan, rooms: Sequence[Room], most: float) -> set[int]:
    """Return the units that stand in a second column, as their layer is higher than `most`.

    Edges without labels only: those of a unit run together where they pass the other column.
    """
    heights: Counter[int] = Counter()
    for block, r in zip(plan.blocks, plan.rank):
        heights[r] += int(block.size[1])
    written = {b for x in plan.links if rooms[x.edge].along for b in (x.source, x.target)}
    units = {node.key: node.unit for node in shown.nodes if node.is_unit}
    return {
        b
        for b, (block, r) in enumerate(zip(plan.blocks, plan.rank))
        if heights[r] > most and b not in written and units.get(block.members[0], 1) % 2 == 0
    }
