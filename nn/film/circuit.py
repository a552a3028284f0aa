"""The network at one sample, as a panel of a film: what its units say, and what flows back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from autograd.view import Edge, Picture

from .look import label, picture, words, written
from .panel import Panel, Shot

SIZE: Final = (500.0, 498.0)
WIDTH: Final = 66.0  # of a node with numbers in it
TOP, BOTTOM = 58.0, 446.0  # of the nodes
LEFT, RIGHT = 8.0, 492.0
GAP: Final = 38.0  # least space between columns
MOST: Final = 100  # nodes in a column; of more, nothing could be seen
END: Final = -1  # the key of the error, which is drawn as a single node
THICK: Final = 6.0  # of the edge with the largest flow


class Circuit(Panel):
    """The graph of the error of a sample, in columns, with the error as one node.

    Parameters
    ----------
    shown : Picture
        Of the error, at the level of neurons or layers, after a backward pass.
    title : str
        What to call the sample.
    """

    kind: ClassVar = "circuit"
    steps: ClassVar = 20_000

    def __init__(self, shown: Picture, title: str) -> None:
        self.title, self.form = title, _form(shown)
        kept = _leading_to_units(shown)
        self.nodes = [node for node in shown.nodes if node.key in kept]
        self.edges, self.ends = [], []
        for i, edge in enumerate(shown.edges):
            if edge.source in kept and edge.target in kept:
                self.edges.append(i)
            elif edge.source in kept and edge.source not in self.ends:
                self.ends.append(edge.source)
        self.has_local = [shown.edges[i].local is not None for i in self.edges]
        pairs = [(shown.edges[i].source, shown.edges[i].target) for i in self.edges]
        self.pairs = [*pairs, *[(key, END) for key in self.ends]]
        self.columns = self._columns()
        self.width = max(SIZE[0], 16 + len(self.columns) * (WIDTH + GAP) - GAP)
        self.size = self.width, SIZE[1]
        most = max(map(len, self.columns))
        self.spacing = min(66.0, (BOTTOM - TOP) / most)
        self.lines = 2 if self.spacing >= 44 else 1 if self.spacing >= 22 else 0
        self.places = self._places()

    @property
    def is_readable(self) -> bool:
        """Whether there is room for every node."""
        return max(map(len, self.columns)) <= MOST

    def shot(self, shown: Picture, error: float) -> Shot | None:
        """Return the numbers of a frame; None if the graph is another one there."""
        if _form(shown) != self.form:
            return None
        edges = [shown.edges[i] for i in self.edges]
        numbers: list[float | None] = [error]
        node_of = {node.key: node for node in shown.nodes}
        for node in [node_of[node.key] for node in self.nodes]:
            numbers += [node.facts[0][1] if node.facts else None, node.grad]
        numbers += [edge.flow for edge in edges if edge.local is None]
        into_end: dict[int, float] = dict.fromkeys(self.ends, 0.0)
        for edge in shown.edges:
            if edge.source in into_end and edge not in edges:
                into_end[edge.source] += edge.flow or 0.0
        return Shot([e.local for e in edges if e.local is not None], [*numbers, *into_end.values()])

    @property
    def facts(self) -> dict[str, Any]:
        """The names of nodes, and of each edge its ends, and where its weight or flow stands."""
        index = {node.key: k for k, node in enumerate(self.nodes)} | {END: END}
        at, weights, edges = 1 + 2 * len(self.nodes), 0, []
        for (source, target), has_local in zip(
            self.pairs, [*self.has_local, *[False] * len(self.ends)]
        ):
            edges.append([index[source], index[target], int(has_local), weights if has_local else at])
            weights, at = weights + has_local, at + (not has_local)
        return {"edges": edges, "names": [_name(node) for node in self.nodes], "thick": THICK}

    def svg(self, shot: Shot) -> str:
        flows = [self._flow(edge, shot) for edge in self.facts["edges"]]
        most = max([abs(flow) for flow in flows if math.isfinite(flow)], default=0.0)
        parts = []
        for i, ((source, target), flow) in enumerate(zip(self.pairs, flows)):
            half = self._half(source)[0], self._half(target)[0]
            (a, b), (c, d) = self.places[source], self.places[target]
            pen = f"stroke-width:{thickness(flow, most):.2f}"
            line = f"M{a + half[0]:.1f} {b:.1f}L{c - half[1]:.1f} {d:.1f}"
            parts.append(
                f'<g id="e{i}" class="edge {sign(flow)}"><title/><path style="{pen}" d="{line}"/>'
                "</g>"
            )
        for k, node in enumerate(self.nodes):
            value, grad = shot.exact[1 + 2 * k : 3 + 2 * k]
            parts.append(self._node(node.key, node.kind, _name(node), value, grad))
        parts.append(self._node(END, "output", "E", shot.exact[0], None))
        for column in self.columns:
            parts.append(label(self._head(column), self.places[column[0]][0], 46, anchor="middle"))
        x, y = 12.0, SIZE[1] - 30
        strokes = f'<g class="edge positive"><path style="stroke-width:4" d="M{x} {y + 15}h20"/></g>'
        strokes += (
            f'<g class="edge negative"><path style="stroke-width:4" d="M{x + 50} {y + 15}h20"/></g>'
        )
        is_lost = not all(map(math.isfinite, shot.smooth))
        return picture(
            self.kind,
            f"The network at {self.title}",
            *self.size,
            label(self.title, 12, 18, kind="title"),
            *parts,
            f'<text x="{x}" y="{y}">value of a unit, <tspan class="back">and δ</tspan></text>'
            if self.lines == 2
            else label("value of a unit" if self.lines else "", x, y),
            strokes,
            label("+", x + 24, y + 20),
            label("−", x + 74, y + 20),
            f'<text class="most" x="{x + 96}" y="{y + 20}">gradient that flowed back, widest: '
            f"{written(most)}</text>",
            is_lost=is_lost,
        )

    def _flow(self, edge: list[int], shot: Shot) -> float:
        _, target, has_local, at = edge
        flow = shot.smooth[at] if has_local else shot.exact[at]
        grad = shot.exact[2 + 2 * target] if has_local else 1.0
        return math.nan if flow is None or grad is None else flow * grad

    def _half(self, key: int) -> tuple[float, float]:
        """Return half the width and height of a node."""
        if not self.lines and key != END:
            r = min(0.4 * self.spacing, 8.0)
            return r, r
        return WIDTH / 2, 20.0 if self.lines == 2 or key == END else 0.5 * self.spacing - 1.5

    def _node(
        self, key: int, kind: str, name: str, value: float | None, grad: float | None
    ) -> str:
        (x, y), (w, h) = self.places[key], self._half(key)
        round_ = 4.0 if kind in ("input", "leaf", "parameter", "layer") else min(h, 16.0)
        box = f'x="{x - w:.1f}" y="{y - h:.1f}" width="{2 * w:.1f}" height="{2 * h:.1f}"'
        shape = f'<rect class="shape" {box} rx="{round_:.0f}"/>'
        if key == END:
            inner = (
                f'x="{x - w + 3.5:.1f}" y="{y - h + 3.5:.1f}" width="{2 * w - 7:.1f}" '
                f'height="{2 * h - 7:.1f}"'
            )
            shape += f'<rect class="shape" {inner} rx="12"/>'
        texts = ""
        if self.lines or key == END:
            two = self.lines == 2 and grad is not None and key != END
            texts += _number("value", x, y + (-3 if two else 5), value)
            if self.lines == 2 and key != END:
                texts += _number("grad", x, y + 14, grad)
        ident = "end" if key == END else f"n{key}"
        return f'<g id="{ident}" class="node {kind}"><title>{words(name)}</title>{shape}{texts}</g>'

    def _head(self, column: list[int]) -> str:
        if column == [END]:
            return "E"
        node_of = {node.key: node for node in self.nodes}
        kinds = {(node_of[key].kind == "input", node_of[key].layer) for key in column if key >= 0}
        if len(kinds) > 1:
            return ""
        (is_input, layer) = kinds.pop()
        return "inputs" if is_input else f"layer {layer}" if layer else ""

    def _columns(self) -> list[list[int]]:
        """Return the nodes in columns: after all they are computed from, and not long before use."""
        above: Mapping[int, list[int]] = defaultdict(list)
        below: Mapping[int, list[int]] = defaultdict(list)
        for source, target in self.pairs:
            above[target].append(source)
            below[source].append(target)
        rank: dict[int, int] = {}
        keys = [*[node.key for node in self.nodes], END]
        for key in keys:
            rank[key] = 1 + max([rank[x] for x in above[key]], default=-1)
        rank[END] = max(rank.values()) + (rank[END] < max(rank.values()))
        for key in keys:
            if not above[key] and below[key]:
                rank[key] = min([rank[x] for x in below[key]]) - 1
        columns: dict[int, list[int]] = defaultdict(list)
        for key in keys:
            columns[rank[key]].append(key)
        return [columns[k] for k in sorted(columns)]

    def _places(self) -> dict[int, tuple[float, float]]:
        left, right = LEFT + WIDTH / 2, self.width - (SIZE[0] - RIGHT) - WIDTH / 2
        step = (right - left) / max(len(self.columns) - 1, 1)
        middle = (TOP + BOTTOM) / 2
        return {
            key: (left + c * step, middle + (i - (len(column) - 1) / 2) * self.spacing)
            for c, column in enumerate(self.columns)
            for i, key in enumerate(column)
        }


def thickness(flow: float, most: float) -> float:
    """Return the width of an edge: the root of its share, so that small ones show, too."""
    if not math.isfinite(flow) or not most:
        return 1.0
    return 0.75 + THICK * math.sqrt(abs(flow) / most)


def sign(flow: float) -> str:
    return "positive" if flow > 0 else "negative" if flow < 0 else ""


def _number(kind: str, x: float, y: float, number: float | None) -> str:
    text = "" if number is None else written(number)
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{text}</text>'


def _name(node: Any) -> str:
    return " ".join([text for text in (node.title, node.symbol) if text]) or node.kind


def _form(shown: Picture) -> list[Any]:
    """Return all of a picture but its numbers."""
    nodes = [(node.key, node.kind, node.title, node.symbol) for node in shown.nodes]
    return [nodes, [(edge.source, edge.target, edge.local is None) for edge in shown.edges]]


def _leading_to_units(shown: Picture) -> set[int]:
    """Return the keys of units, and of all that units are computed from; else of all but the root.

    What comes after the last units is the error, with its targets.
    """
    units = {node.key for node in shown.nodes if node.is_unit or node.kind == "layer"}
    if not units:
        return {node.key for node in shown.nodes[:-1]}
    into: dict[int, list[Edge]] = defaultdict(list)
    for edge in shown.edges:
        into[edge.target].append(edge)
    found, waiting = set(units), list(units)
    while waiting:
        for edge in into[waiting.pop()]:
            if edge.source not in found:
                found.add(edge.source)
                waiting.append(edge.source)
    return found


