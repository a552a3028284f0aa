"""Where nodes and edges go: a layered layout in plain Python.

The phases, each in a file of its own:

1. `folding`: constants stand on the node that they are given to; chains are folded.
2. `ranks`: every block gets a rank, and long edges pass the ranks between through *dummies*.
3. `ordering`: each rank is ordered so that few edges cross.
4. `spacing`: blocks are moved so that edges run straight.
5. `routing`: edges get their curves.

Phases 2 to 5 are those of K. Sugiyama, S. Tagawa and M. Toda, Methods for visual understanding of
hierarchical system structures, IEEE Trans. SMC 11, 1981. How much is folded is decided by the page
that the picture is for: the first of a few ways that fits is taken, plain ones before folded ones.
Nothing is random: equal pictures give equal layouts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .folding import ALL, CHAINS, LEAVES, PLAIN, STEP, Block, blocks, constants_of, followers
from .geometry import Point, Size
from .ordering import order
from .picture import Picture
from .ranks import Link, extent, links_between, ranked, with_dummies
from .routing import bows, route
from .spacing import across, bands, gap_for

PAGE: Final = (790.0, 620.0)  # a cell of a notebook, without margins and legend
AIR: Final = 28.0  # beside a label in a gap: a piece of the edge, and its arrowhead
MORE: Final = 36.0  # by which a gap grows where labels have found no room
WAYS: Final = [(fold, split) for fold in (PLAIN, CHAINS, LEAVES, ALL) for split in (False, True)]


@dataclass(frozen=True)
class Layout:
    """Positions, with y pointing down.

    Edges have the order of the picture's. Each is a chain of cubic Bézier curves: a start, and
    three points more for each curve.
    """

    nodes: dict[int, Point]  # the centre of each node, by its key
    edges: tuple[tuple[Point, ...], ...]


class _Plan(NamedTuple):
    """One way to lay a picture out, before anything is placed."""

    blocks: Sequence[Block]
    links: Sequence[Link]
    rank: Sequence[int]
    gaps: Sequence[float]
    size: Size  # what it will take, about


def layered(
    shown: Picture,
    sizes: Mapping[int, Size],
    *,
    rankdir: str = "LR",
    labels: Mapping[int, Sequence[Size]] | None = None,
    page: Size = PAGE,
    wider: Mapping[int, int] | None = None,
) -> Layout:
    """Return a layout in which every edge leads to a higher rank, or on within a folded chain.

    Parameters
    ----------
    shown : Picture
    sizes : mapping
        Width and height of each node, by its key.
    rankdir : {"LR", "TB"}
        Ranks from left to right, or from top to bottom.
    labels : mapping
        Sizes that what is written on edges may take, by their indices: narrowest first.
    page : (width, height)
        What the picture should fit into.
    wider : mapping
        How often the gaps that an edge passes are to grow, as its label had no room in them.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> shown = picture(Value(2.0) * Value(3.0))
    >>> layered(shown, {0: (60, 40), 1: (60, 40), 2: (60, 40)}).nodes
    {0: (30.0, 0.0), 1: (30.0, 50.0), 2: (118.0, 25.0)}
    """
    wider = wider or {}
    words = [(0.0, 0.0)] * len(shown.edges)
    for i, shapes in (labels or {}).items():
        (width, tall), low = shapes[0], shapes[-1][1]
        if rankdir == "TB":
            words[i] = tall, width
        else:  # a step of a chain needs but one line, unless that had no room
            words[i] = width, tall if wider.get(i) else low
    if rankdir == "TB":
        sizes = {key: (height, width) for key, (width, height) in sizes.items()}
        page = page[1], page[0]
    plan = _plan(shown, sizes, words, wider, page, rankdir)
    nodes, edges = _placed(shown, plan, sizes, page)
    if rankdir == "TB":
        nodes = {key: (x, y) for key, (y, x) in nodes.items()}
        edges = [[(x, y) for y, x in points] for points in edges]
    return Layout(nodes, tuple([tuple(points) for points in edges]))


# -- how much is folded ---------------------------------------------------------------------------


def _plan(
    shown: Picture,
    sizes: Mapping[int, Size],
    words: Sequence[Size],
    wider: Mapping[int, int],
    page: Size,
    rankdir: str,
) -> _Plan:
    """Return the first way that fits the page, or else the one that fits it best.

    Too wide counts more than too tall: pages scroll downwards.
    """
    constants = constants_of(shown)
    best, least = None, math.inf
    for fold, split in WAYS:
        follow = followers(shown, constants, fold)
        if fold and not follow:
            continue
        most = page[1] if split else math.inf
        columns: dict[int, int] = {}
        plan = _tried(shown, sizes, words, wider, constants, follow, columns, most)
        columns = _columns(plan, words, page)
        if columns:
            plan = _tried(shown, sizes, words, wider, constants, follow, columns, most)
        wide, tall = [max(size / room, 1.0) for size, room in zip(plan.size, page)]
        cost = wide * wide * tall if rankdir == "LR" else wide * tall * tall
        if cost < least:
            best, least = plan, cost
        if cost == 1.0:
            break
    assert best is not None  # the plain way is always there
    labelled = sum([gap > 0 for gap in best.gaps])
    spare = min(max(page[0] - best.size[0], 0.0) / max(labelled, 1), MORE)
    return best._replace(gaps=[gap and gap + spare for gap in best.gaps])


def _tried(
    shown: Picture,
    sizes: Mapping[int, Size],
    words: Sequence[Size],
    wider: Mapping[int, int],
    constants: Mapping[int, Sequence[int]],
    follow: Mapping[int, int],
    columns: Mapping[int, int],
    most: float,
) -> _Plan:
    found = blocks(shown, sizes, words, constants, follow, columns)
    links = links_between(shown, found)
    rank = ranked(found, links, most)
    widths, heights = extent(found, links, rank)
    gaps = [0.0] * max(len(widths) - 1, 0)
    for link in links:
        first, last = rank[link.source], rank[link.target] - 1
        wide = words[link.edge][0]
        times = wider.get(link.edge, 0)
        if wide:
            gaps[last] = max(gaps[last], wide + AIR + max(times - 1, 0) * MORE)
        if times:
            gaps[first] = max(gaps[first], wide + AIR + (times - 1) * MORE)
    tallest = max(heights, default=0.0)
    usual = gap_for(tallest / 2)
    size = sum(widths) + sum([max(usual, gap) for gap in gaps]), tallest
    return _Plan(found, links, rank, gaps, size)


def _columns(plan: _Plan, words: Sequence[Size], page: Size) -> dict[int, int]:
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
        beside = STEP + max([words[i][0] for i in block.routes])
        free = max(page[0] - plan.size[0], 0.0) // (width + beside)
        count = int(min(math.ceil(height / page[1]), 1 + free))
        while b in giving and math.ceil(len(block.members) / count) % 2 == 0 and count > 1:
            count -= 1
        found[first] = count
    return found


# -- where things go ------------------------------------------------------------------------------


def _placed(
    shown: Picture, plan: _Plan, sizes: Mapping[int, Size], page: Size
) -> tuple[dict[int, Point], list[list[Point]]]:
    """Return the centres of nodes and the curves of edges, ranks from left to right."""
    graph = with_dummies(plan.blocks, plan.links, plan.rank)
    numbers = {node.key: (node.layer, node.unit) for node in shown.nodes if node.unit}
    first = [block.members[0] for block in plan.blocks]
    order(graph, {b: numbers[key] for b, key in enumerate(first) if key in numbers})
    place = across(graph, max(plan.size[1], page[1]))
    found = bands(graph, place, plan.gaps)
    band = {b: interval for rank, interval in zip(graph.ranks, found) for b in rank}
    nodes: dict[int, Point] = {}
    edges: list[list[Point]] = [[] for _ in shown.edges]
    tops = [place[b] + y for b, block in enumerate(plan.blocks) for _, y in block.at.values()]
    place = {b: y - min(tops) for b, y in place.items()}
    for b, block in enumerate(plan.blocks):
        x, y = sum(band[b]) / 2, place[b]
        nodes.update({key: (x + dx, y + dy) for key, (dx, dy) in block.at.items()})
        for i, points in block.routes.items():
            edges[i] = [(x + dx, y + dy) for dx, dy in points]
    bent = bows(shown)
    units = {node.key for node in shown.nodes if node.unit}
    for link, chain in zip(plan.links, graph.chains):
        edge = shown.edges[link.edge]
        a, b = (edge.source, edge.target)[:: -1 if link.is_turned else 1]
        (x, y), (u, v) = nodes[a], nodes[b]
        ends = (x + sizes[a][0] / 2, y), (u - sizes[b][0] / 2, v)
        is_straight = len(chain) == 2 and {a, b} <= units
        points = route(chain, ends, place, band, bent[link.edge], is_straight)
        edges[link.edge] = points[::-1] if link.is_turned else points
    return nodes, edges
