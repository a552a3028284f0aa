"""Second phase of the layout: blocks and the edges between them get their ranks.

The rank of a block is the longest path to it (K. Sugiyama, S. Tagawa and M. Toda, Methods for
visual understanding of hierarchical system structures, IEEE Trans. SMC 11, 1981). Leaves stand
right before what uses them, in several ranks if one would be too tall.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

from .folding import Block
from .picture import Picture

BETWEEN_NODES: Final = 7.0
BETWEEN_DUMMIES: Final = 8.0
BETWEEN_COLUMNS: Final = 14.0  # of one rank
BESIDE: Final = 6.0  # between a block and an edge that passes it in the other column


@dataclass(frozen=True)
class Link:
    """An edge of the picture between blocks, from the lower rank to the higher."""

    edge: int
    source: int
    target: int
    leaves_at: float  # across, from the middle of the source
    enters_at: float
    is_turned: bool  # whether the edge leads backwards, in a cycle of folded nodes


class Rows(NamedTuple):
    """The first rank of each row, and the blocks that stand beside all rows, in no rank."""

    starts: Sequence[int] = (0,)
    beside: Set[int] = frozenset()

    def of(self, rank: int) -> int:
        return bisect_right(self.starts, rank) - 1

    def passed(self, link: Link, rank: Sequence[int]) -> range:
        """Return the ranks that an edge passes: from the beginning of a row, or from its source."""
        end = rank[link.target]
        is_beside = link.source in self.beside
        return range(self.starts[self.of(end)] if is_beside else rank[link.source] + 1, end)


ONE_ROW: Final = Rows()
Ranks = list[list[int]]
Ends = Mapping[int, Sequence[tuple[int, float, float]]]  # neighbour, own and its port


@dataclass(frozen=True)
class Graph:
    """Blocks in ranks, with a negative number, a *dummy*, where an edge passes a rank."""

    blocks: Sequence[Block]
    ranks: Ranks
    links: Sequence[Link]
    chains: Sequence[Sequence[int]]  # for every link its source, dummies and target
    up: Ends
    down: Ends
    second: Set[int]  # blocks in the second column of their rank

    def part(self, start: int, end: int) -> Graph:
        """Return the part in some of the ranks, without edges that lead elsewhere."""
        ranks = self.ranks[start:end]
        inside = {b for rank in ranks for b in rank}
        up, down = [
            {b: [x for x in ends[b] if x[0] in inside] for b in inside if b in ends}
            for ends in (self.up, self.down)
        ]
        return replace(self, ranks=ranks, up=up, down=down)


def links_between(shown: Picture, blocks: Sequence[Block]) -> list[Link]:
    block_of = {key: b for b, block in enumerate(blocks) for key in block.at}
    links = []
    for i, edge in enumerate(shown.edges):
        a, b = block_of[edge.source], block_of[edge.target]
        if a == b:
            continue
        here, there = blocks[a].at[edge.source][1], blocks[b].at[edge.target][1]
        ends = (a, b, here, there) if a < b else (b, a, there, here)
        links.append(Link(i, *ends, is_turned=a > b))
    return links


def ranked(blocks: Sequence[Block], links: Sequence[Link]) -> list[int]:
    """Return the rank of each block: leaves, and what takes more of these, stand late."""
    above, below = _neighbours(links)
    rank: list[int] = []
    for b in range(len(blocks)):
        rank.append(1 + max([rank[a] for a in above[b]], default=-1))
    for b in reversed(range(len(blocks))):
        own = [a for a in above[b] if not above[a] and len(below[a]) == 1]
        if below[b] and (not above[b] or (own and len(above[b]) - len(own) <= len(below[b]))):
            rank[b] = min([rank[c] for c in below[b]]) - 1
    lowest = min(rank, default=0)
    return [r - lowest for r in rank]


def _neighbours(links: Sequence[Link]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    above, below = defaultdict(list), defaultdict(list)
    for link in links:
        above[link.target].append(link.source)
        below[link.source].append(link.target)
    return above, below


def split(
    blocks: Sequence[Block], links: Sequence[Link], rank: Sequence[int], most: float, count: int
) -> list[int]:
    """Return ranks where leaves of a single node stand in ranks of their own, `count` of them.

    That is so in ranks taller than `most`. What is computed, and leaves that several nodes share,
    such as the inputs of a network, stand before them.
    """
    above, below = _neighbours(links)
    inside: Ranks = [[] for _ in range(1 + max(rank, default=-1))]
    for b, r in enumerate(rank):
        inside[r].append(b)
    new = [0] * len(rank)
    at = 0
    for members in inside:
        own = [b for b in members if not above.get(b) and len(below.get(b, ())) == 1]
        heights = [blocks[b].size[1] + BETWEEN_NODES for b in members]
        if len(own) < 2 or sum(heights) <= most:
            own = []
        others = [b for b in members if b not in {*own}]
        for b in others:
            new[b] = at
        at += bool(others)
        for i, b in enumerate(own):
            new[b] = at + i % count
        at += count if own else 0
    return new


def extent(
    blocks: Sequence[Block],
    links: Sequence[Link],
    rank: Sequence[int],
    second: Set[int],
    rows: Rows,
) -> tuple[list[float], list[float]]:
    """Return the width and the least height of every rank, with blocks in a second column."""
    count = 1 + max(rank, default=-1)
    widths, heights, passing = [0.0] * count, [-BETWEEN_NODES] * count, [0] * (count + 1)
    more = [0.0] * count
    for b, (block, r) in enumerate(zip(blocks, rank)):
        if b in rows.beside:
            continue
        widths[r] = max(widths[r], block.size[0])
        if b in second:
            more[r] = BETWEEN_COLUMNS + block.size[0]
            heights[r] += 2 * BESIDE
        else:
            heights[r] += block.size[1] + BETWEEN_NODES
    widths = [a + b for a, b in zip(widths, more)]
    for link in links:
        passed = rows.passed(link, rank)
        passing[passed.start] += 1
        passing[passed.stop] -= 1
    through = 0
    for r in range(count):
        through += passing[r]
        heights[r] += through * BETWEEN_DUMMIES
    return widths, heights


def with_dummies(
    blocks: Sequence[Block],
    links: Sequence[Link],
    rank: Sequence[int],
    second: Set[int],
    rows: Rows,
) -> Graph:
    ranks: Ranks = [[] for _ in range(1 + max(rank, default=-1))]
    for b, r in enumerate(rank):
        if b not in rows.beside:
            ranks[r].append(b)
    up, down, chains = defaultdict(list), defaultdict(list), []
    dummy = -1
    for link in links:
        chain = [link.source]
        for r in rows.passed(link, rank):
            chain.append(dummy)
            ranks[r].append(dummy)
            dummy -= 1
        chain.append(link.target)
        chains.append(chain)
        for i, j in pairwise(chain):
            if i in rows.beside:
                continue
            here = link.leaves_at if i == link.source else 0.0
            there = link.enters_at if j == link.target else 0.0
            down[i].append((j, here, there))
            up[j].append((i, there, here))
    return Graph(blocks, ranks, links, chains, up, down, second)


def size_across(graph: Graph, b: int) -> float:
    return graph.blocks[b].size[1] if b >= 0 else 0.0


def size_along(graph: Graph, b: int) -> float:
    return graph.blocks[b].size[0] if b >= 0 else 0.0
