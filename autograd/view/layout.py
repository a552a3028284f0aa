"""Where nodes and edges go: a layered layout in plain Python.

The phases, each in a file of its own:

1. `folding`: constants stand on the node that they are given to; chains are folded.
2. `ranks`: every block gets a rank, and long edges pass the ranks between through *dummies*.
   How much is folded, in how many ranks leaves stand, and where the ranks are broken into `rows`
   is found by `planning`.
3. `ordering`: each rank is ordered so that few edges cross.
4. `spacing`: blocks are moved so that edges run straight.
5. `routing`: edges get their curves.

Phases 2 to 5 are those of K. Sugiyama, S. Tagawa and M. Toda, Methods for visual understanding of
hierarchical system structures, IEEE Trans. SMC 11, 1981. Nothing is random: equal pictures give
equal layouts. `labels` then finds places for what is written on edges.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .folding import Room
from .geometry import Box, Point, Size
from .ordering import order
from .picture import Picture
from .planning import Plan, planned
from .ranks import with_dummies
from .routing import bows, entries, route
from .rows import stacked

PAGE: Final = (804.0, 620.0)  # a cell of a notebook, without margins and legend
HEAD: Final = 13.0  # of an arrow
MORE: Final = 14.0  # by which a gap grows where labels have found no room


@dataclass(frozen=True)
class Layout:
    """Positions, with y pointing down.

    Edges have the order of the picture's. Each is a chain of cubic Bézier curves: a start, and
    three points more for each curve.
    """

    nodes: dict[int, Point]  # the centre of each node, by its key
    edges: tuple[tuple[Point, ...], ...]
    labels: tuple[Box | None, ...] = ()  # of edges; see `labels`


def layered(
    shown: Picture,
    sizes: Mapping[int, Size],
    *,
    rankdir: str = "LR",
    labels: Mapping[int, Sequence[Size]] | None = None,
    page: Size = PAGE,
    wider: Mapping[int, int] | None = None,
    circles: Collection[int] = (),
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
    circles : collection of int
        The keys of nodes that are round.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> shown = picture(Value(2.0) * Value(3.0))
    >>> layered(shown, {0: (60, 40), 1: (60, 40), 2: (60, 40)}).nodes
    {0: (30.0, 20.0), 1: (30.0, 67.0), 2: (118.0, 43.5)}
    """
    is_down = rankdir == "TB"
    if is_down:
        sizes = {key: (height, width) for key, (width, height) in sizes.items()}
        page = page[1], page[0]
    rooms = [Room()] * len(shown.edges)
    for i, shapes in (labels or {}).items():
        width, tall = shapes[0]
        more = MORE * (wider or {}).get(i, 0)
        if is_down:
            rooms[i] = Room(tall, width + 2 * HEAD, 0.0, more)
        else:
            rooms[i] = Room(width, tall + HEAD, width + HEAD, more)
    plan = planned(shown, sizes, rooms, page, is_down)
    nodes, edges = _placed(shown, plan, sizes, page, circles)
    if is_down:
        nodes = {key: (x, y) for key, (y, x) in nodes.items()}
        edges = [[(x, y) for y, x in points] for points in edges]
    return Layout(nodes, tuple([tuple(points) for points in edges]))


def _placed(
    shown: Picture,
    plan: Plan,
    sizes: Mapping[int, Size],
    page: Size,
    circles: Collection[int],
) -> tuple[dict[int, Point], list[list[Point]]]:
    """Return the centres of nodes and the curves of edges, ranks from left to right."""
    graph = with_dummies(plan.blocks, plan.links, plan.rank, plan.second, plan.rows)
    numbers = {node.key: (node.layer, node.unit) for node in shown.nodes if node.unit}
    first = [block.members[0] for block in plan.blocks]
    order(graph, {b: numbers[key] for b, key in enumerate(first) if key in numbers})
    room = page[0], max(plan.size[1], page[1])
    place, band, detours = stacked(graph, plan.rows, plan.around, plan.gaps, plan.more, room)
    nodes: dict[int, Point] = {}
    edges: list[list[Point]] = [[] for _ in shown.edges]
    doubled = {plan.rank[b] for b in plan.second}
    for b, block in enumerate(plan.blocks):
        x, y = sum(band[b]) / 2, place[b]
        if b in plan.second:
            x = band[b][1] - block.size[0] / 2
        elif plan.rank[b] in doubled:
            x = band[b][0] + block.size[0] / 2
        nodes.update({key: (x + dx, y + dy) for key, (dx, dy) in block.at.items()})
        for i, points in block.routes.items():
            edges[i] = [(x + dx, y + dy) for dx, dy in points]
    bent = bows(shown)
    enters = entries(shown, plan.links, graph.chains, place, nodes, sizes, circles)
    units = {node.key for node in shown.nodes if node.unit}
    for link, chain, lanes in zip(plan.links, graph.chains, detours):
        edge = shown.edges[link.edge]
        a, b = (edge.source, edge.target)[:: -1 if link.is_turned else 1]
        (x, y), (u, v) = nodes[a], nodes[b]
        v += enters[link.edge]
        inside = _inset(sizes[b], enters[link.edge]) if b in circles else 0.0
        ends = (x + sizes[a][0] / 2, y), (u - sizes[b][0] / 2 + inside, v)
        is_straight = len(chain) == 2 and {a, b} <= units
        points = route(chain, ends, place, band, bent[link.edge], is_straight, lanes)
        edges[link.edge] = points[::-1] if link.is_turned else points
    return nodes, edges


def _inset(size: Size, off: float) -> float:
    """Return how far a circle is from the side of its box, so far off the middle of the side."""
    radius = size[0] / 2
    return radius - math.sqrt(max(radius**2 - off**2, 0.0))
