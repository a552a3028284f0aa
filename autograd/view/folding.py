"""First phase of the layout: what stands together moves as one block.

A block is a single node with the constants that only it uses, or a chain of operations, folded: one
below the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .geometry import Box, Point, Size, box_of, line
from .picture import Picture

PLAIN, CHAINS, LEAVES, PAIRS = range(4)  # how much is folded: see `followers`
ARROW: Final = 16.0  # the arrow of a constant
STEP: Final = 28.0  # from one node of a chain to the next
MOST_CONSTANTS: Final = 2  # of one node; more are leaves like others


class Room(NamedTuple):
    """What the label of an edge takes."""

    along: float = 0.0  # in the gap between ranks
    across: float = 0.0  # in a step of a chain
    beside: float = 0.0  # from the middle of such a step
    more: float = 0.0  # in every gap that the edge passes


@dataclass(frozen=True)
class Block:
    """Nodes that stand together.

    Edges from elsewhere may lead to each of its members; only the last gives to others.
    """

    members: tuple[int, ...]
    at: Mapping[int, Point]  # centres, constants included, from the middle of the block
    size: Size
    routes: Mapping[int, list[Point]]  # of the edges inside, by their indices, likewise


def constants_of(shown: Picture) -> dict[int, list[int]]:
    """Return the indices of the edges by which a node gets constants that nobody else uses."""
    kinds = {node.key: node.kind for node in shown.nodes}
    used: dict[int, int] = defaultdict(int)
    for edge in shown.edges:
        used[edge.source] += 1
    found: dict[int, list[int]] = defaultdict(list)
    for i, edge in enumerate(shown.edges):
        if kinds[edge.source] == "constant" and used[edge.source] == 1:
            found[edge.target].append(i)
    return {key: edges for key, edges in found.items() if len(edges) <= MOST_CONSTANTS}


def followers(shown: Picture, constants: Mapping[int, Sequence[int]], fold: int) -> dict[int, int]:
    """Return for nodes the edge to the one that is put below it.

    Nothing else uses such a node. With CHAINS its follower has no other input, with LEAVES no
    other that was computed, with PAIRS it may have one. Units stay in columns, one for each layer.
    As all but the last of a chain give to nothing outside, blocks never form a cycle.
    """
    position = {node.key: i for i, node in enumerate(shown.nodes)}
    if not fold or any(position[e.source] > position[e.target] for e in shown.edges):
        return {}
    tucked = {i for edges in constants.values() for i in edges}
    into, out = defaultdict(list), defaultdict(list)
    for i, edge in enumerate(shown.edges):
        if i not in tucked:
            into[edge.target].append(i)
            out[edge.source].append(i)
    depth: dict[int, int] = {}
    found = {}
    for node in shown.nodes:
        edges = into[node.key]
        sources = [shown.edges[i].source for i in edges]
        depth[node.key] = 1 + max([depth[source] for source in sources], default=-1)
        if node.is_unit or not edges:
            continue
        computed = [i for i in edges if into[shown.edges[i].source]]
        if len(edges) == 1:
            computed = edges
        elif fold == CHAINS or (len(computed) > 1 and (fold == LEAVES or len(edges) > 2)):
            continue
        alone = [i for i in computed if len(out[shown.edges[i].source]) == 1]
        if alone:
            first = max(alone, key=lambda i: depth[shown.edges[i].source])
            found[shown.edges[first].source] = first
    return found


def blocks(
    shown: Picture,
    sizes: Mapping[int, Size],
    rooms: Sequence[Room],
    constants: Mapping[int, Sequence[int]],
    follow: Mapping[int, int],
) -> list[Block]:
    """Return the blocks, each after those that give it something."""
    edges = shown.edges
    position = {node.key: i for i, node in enumerate(shown.nodes)}
    inside = {edges[i].source for found in constants.values() for i in found}
    inside |= {edges[i].target for i in follow.values()}
    found = []
    for node in shown.nodes:
        if node.key in inside:
            continue
        chain = [node.key]
        while chain[-1] in follow:
            chain.append(edges[follow[chain[-1]]].target)
        steps = [follow[key] for key in chain[:-1]]
        found.append(_block(chain, steps, shown, sizes, rooms, constants))
    return sorted(found, key=lambda block: position[block.members[-1]])


def _block(
    chain: Sequence[int],
    steps: Sequence[int],
    shown: Picture,
    sizes: Mapping[int, Size],
    rooms: Sequence[Room],
    constants: Mapping[int, Sequence[int]],
) -> Block:
    """Return the block of a chain of nodes, joined by the edges `steps`."""
    at: dict[int, Point] = {}
    routes: dict[int, list[Point]] = {}
    bottom = 0.0
    for key, step in zip(chain, (None, *steps)):
        small = constants.get(key, ())
        room = max([sizes[shown.edges[i].source][1] + ARROW for i in small], default=0.0)
        if step is not None:
            room = max(room + 6, STEP, rooms[step].across)
        at[key] = 0.0, bottom + room + sizes[key][1] / 2
        _tuck(key, step is not None, shown, sizes, constants, at, routes)
        if step is not None:
            start = 0.0, bottom
            routes[step] = [start, *line(start, (0.0, bottom + room))]
        bottom += room + sizes[key][1]
    return _centred(tuple(chain), at, routes, sizes)


def _tuck(
    key: int,
    is_below: bool,
    shown: Picture,
    sizes: Mapping[int, Size],
    constants: Mapping[int, Sequence[int]],
    at: dict[int, Point],
    routes: dict[int, list[Point]],
) -> None:
    """Put the constants of a node in a row above it, left of what arrives from above."""
    edges = constants.get(key, ())
    if not edges:
        return
    x, y = at[key]
    width, height = sizes[key]
    widths = [sizes[shown.edges[i].source][0] for i in edges]
    whole = sum(widths) + 6 * (len(widths) - 1)
    left = x - whole - 8 if is_below else x - whole / 2
    for i, wide in zip(edges, widths):
        constant = shown.edges[i].source
        tall = sizes[constant][1]
        at[constant] = centre = (left + wide / 2, y - height / 2 - ARROW - tall / 2)
        reach = max(width / 2 - 14, 0.0)
        goal = (min(max(centre[0], x - reach), x + reach), y - height / 2)
        start = centre[0], centre[1] + tall / 2
        routes[i] = [start, *line(start, goal)]
        left += wide + 6


def _centred(
    chain: tuple[int, ...],
    at: Mapping[int, Point],
    routes: Mapping[int, list[Point]],
    sizes: Mapping[int, Size],
) -> Block:
    boxes: list[Box] = [box_of(centre, sizes[key]) for key, centre in at.items()]
    lefts, tops, rights, bottoms = zip(*boxes)
    x, y = (min(lefts) + max(rights)) / 2, (min(tops) + max(bottoms)) / 2
    return Block(
        chain,
        {key: (u - x, v - y) for key, (u, v) in at.items()},
        (max(rights) - min(lefts), max(bottoms) - min(tops)),
        {i: [(u - x, v - y) for u, v in points] for i, points in routes.items()},
    )
