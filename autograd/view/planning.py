"""How a picture is folded: the first of a few ways that fits the page, plain ones first.

Ways differ in what is folded into chains, and in the columns into which leaves are split where
they would stand higher than the page. If none fits, the one that needs the least of a page is
taken, where too wide counts more than too tall: pages scroll downwards.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Final, NamedTuple

from .folding import (
    CHAINS,
    LEAVES,
    PAIRS,
    PLAIN,
    STEP,
    Block,
    Room,
    blocks,
    constants_of,
    followers,
)
from .geometry import Size
from .picture import Picture
from .ranks import Link, extent, links_between, ranked, split
from .spacing import NARROW

AIR: Final = 16.0  # beside a label in a gap: a piece of the edge, and its arrowhead
MOST_COLUMNS: Final = 4  # of leaves
SCROLLED: Final = 5.0  # pages that are as good downwards as one is sideways


class Plan(NamedTuple):
    """One way to lay a picture out, before anything is placed."""

    blocks: Sequence[Block]
    links: Sequence[Link]
    rank: Sequence[int]
    second: Set[int]  # blocks that stand in a second column of their rank
    gaps: Sequence[float]  # that labels need, after each rank, …
    more: Sequence[float]  # … and what they had too little
    aside: float  # how far labels reach beyond the last rank
    size: Size  # what it will take, about


def planned(
    shown: Picture, sizes: Mapping[int, Size], rooms: Sequence[Room], page: Size, is_down: bool
) -> Plan:
    """Return the way in which a picture is laid out, ranks from left to right.

    `is_down` says that the picture will be turned, so that its height is along the ranks.
    """
    constants = constants_of(shown)
    best, least = None, math.inf
    for fold in (PLAIN, CHAINS, LEAVES, PAIRS):
        follow = followers(shown, constants, fold)
        if fold and not follow:
            continue
        found = blocks(shown, sizes, rooms, constants, follow, {})
        plan = _plan(found, links_between(shown, found), rooms, math.inf, 1)
        columns = _columns(plan, rooms, page)
        if columns:
            found = blocks(shown, sizes, rooms, constants, follow, columns)
            plan = _plan(found, links_between(shown, found), rooms, math.inf, 1)
        ways = [plan]
        if plan.size[1] > page[1]:
            ways += [
                _plan(found, plan.links, rooms, page[1], count)
                for count in range(1, MOST_COLUMNS + 1)
            ]
            second = _second(shown, plan, rooms, page[1])
            ways += [_plan(found, plan.links, rooms, math.inf, 1, second)] * bool(second)
        for plan in ways:
            wide, tall = [max(size / room, 1.0) for size, room in zip(plan.size, page)]
            wide, tall = (tall, wide) if is_down else (wide, tall)
            cost = wide * tall * max(wide, tall / SCROLLED)
            if cost < least:
                best, least = plan, cost
        if least == 1.0:
            break
    assert best is not None  # the plain way is always there
    return best


def _plan(
    found: Sequence[Block],
    links: Sequence[Link],
    rooms: Sequence[Room],
    most: float,
    count: int,
    second: Set[int] = frozenset(),
) -> Plan:
    """Return the plan in which ranks of leaves higher than `most` are split into columns."""
    rank = split(found, links, ranked(found, links), most, count)
    widths, heights = extent(found, links, rank, second)
    gaps = [0.0] * max(len(widths) - 1, 0)
    more = [*gaps]
    for link in links:
        first, last = rank[link.source], rank[link.target] - 1
        room = rooms[link.edge]
        for gap in {last, first if room.more else last} if room.along else ():
            gaps[gap] = max(gaps[gap], room.along + AIR)
            more[gap] = max(more[gap], room.more)
    tallest = max(heights, default=0.0)
    aside = [
        rooms[i].beside - block.size[0] / 2
        for block, r in zip(found, rank)
        for i in block.routes
        if r == len(widths) - 1
    ]
    beyond = max([0.0, *aside])
    size = sum(widths) + sum([max(NARROW, gap) for gap in gaps]) + sum(more) + beyond, tallest
    return Plan(found, links, rank, second, gaps, more, beyond, size)


def _columns(plan: Plan, rooms: Sequence[Room], page: Size) -> dict[int, int]:
    """Return how many nodes stand in a line of a chain that is too tall, by its first node.

    Its nodes get nothing from elsewhere, and its last line runs forwards if others follow.
    """
    found = {}
    fed = {(link.target, link.enters_at) for link in plan.links}
    giving = {link.source for link in plan.links}
    for b, block in enumerate(plan.blocks):
        width, height = block.size
        first, *rest = block.members
        if len(rest) < 2 or height <= page[1] or any((b, block.at[key][1]) in fed for key in rest):
            continue
        beside = STEP + max([rooms[i].along for i in block.routes])
        free = max(page[0] - plan.size[0], 0.0) // (width + beside)
        count = int(min(math.ceil(height / page[1]), 1 + free))
        while b in giving and math.ceil(len(block.members) / count) % 2 == 0 and count > 1:
            count -= 1
        found[first] = count
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
