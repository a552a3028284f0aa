"""The network at one sample, as a panel of a film: what its units say, and what flows back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from autograd.view import Edge, Node, Picture
from autograd.view.measure import symbol_of
from autograd.view.scale import THINNEST, WIDEST, sign_of

from .look import label, picture, words, written
from .panel import Panel, Shot

SIZE: Final = (500.0, 498.0)
WIDTH: Final = 74.0  # of a node with numbers in it
TOP, BOTTOM = 58.0, 446.0  # of the nodes
LEFT, RIGHT = 8.0, 492.0
GAP: Final = 30.0  # least space between columns
MOST: Final = 100  # nodes in a column; of more, nothing could be seen
SCALE: Final = "width: ∛ of what flowed back, full at "
CUT: Final = " and above"  # where more flows into the error, whose own gradient is 1
END: Final = -1  # the key of the error, which is drawn as a single node


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

    def __init__(self, shown: Picture, title: str) -> None:
        self.title, self.form = title, _form(shown)
        self.is_of_layers = shown.detail == "layer"
        kept = _leading_to_units(shown)
        self.nodes = [node for node in shown.nodes if node.key in kept]
        self.edges: list[int] = []
        self.ends: list[int] = []  # the nodes that the error is computed from
        for i, edge in enumerate(shown.edges):
            if edge.source in kept and edge.target in kept:
                self.edges.append(i)
            elif edge.source in kept and edge.source not in self.ends:
                self.ends.append(edge.source)
        self.has_local = [shown.edges[i].local is not None for i in self.edges]
        pairs = [(shown.edges[i].source, shown.edges[i].target) for i in self.edges]
        self.pairs = [*pairs, *[(key, END) for key in self.ends]]
        self.scaled = len(self.edges) or len(self.ends)  # edges that set the scale of widths
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
            grad = dict(node.facts).get("‖δ‖") if node.kind == "layer" else node.grad
            numbers += [node.facts[0][1] if node.facts else None, grad]
        if self.is_of_layers:  # a sum of what flows between them would say nothing
            return Shot(exact=[*numbers, *[None] * len(self.pairs), None])
        numbers += [edge.flow if edge.local is None else edge.local for edge in edges]
        into_end: dict[int, float] = dict.fromkeys(self.ends, 0.0)
        for edge in shown.edges:
            if edge.source in into_end and edge not in edges:
                into_end[edge.source] += edge.flow or 0.0
        numbers += into_end.values()
        inner = [abs(x) for x in self._flows(numbers)[: self.scaled] if math.isfinite(x)]
        return Shot(exact=[*numbers, max(inner, default=0.0)])  # the last one sets the scale

    @property
    def facts(self) -> dict[str, Any]:
        """The names of nodes; the ends of each edge, and whether its number is a weight."""
        index = {node.key: k for k, node in enumerate(self.nodes)} | {END: END}
        are_weights = [*self.has_local, *[False] * len(self.ends)]
        return {
            "edges": [[index[a], index[b], x] for (a, b), x in zip(self.pairs, are_weights)],
            "names": [_name(node) for node in self.nodes],
            "signs": [_prefix(node) for node in self.nodes],
            "widths": [THINNEST, WIDEST],
            "scaled": self.scaled,
            "said": [SCALE, CUT],
        }

    def svg(self, shot: Shot) -> str:
        flows, full = self._flows(shot.exact), shot.exact[-1] or 0.0
        is_cut = any(full < abs(x) < math.inf for x in flows[self.scaled :])
        parts = []
        for i, ((source, target), flow) in enumerate(zip(self.pairs, flows)):
            half = self._half(source)[0], self._half(target)[0]
            (a, b), (c, d) = self.places[source], self.places[target]
            pen = f"stroke-width:{thickness(flow, full):.2f}"
            line = f"M{a + half[0]:.1f} {b:.1f}L{c - half[1]:.1f} {d:.1f}"
            parts.append(
                f'<g id="e{i}" class="edge {sign_of(flow)}"><title/>'
                f'<path style="{pen}" d="{line}"/></g>'
            )
        for k, node in enumerate(self.nodes):
            value, grad = shot.exact[1 + 2 * k : 3 + 2 * k]
            text = "" if value is None else f"{_prefix(node)}{written(value)}"
            parts.append(self._node(node.key, node.kind, _name(node), text, grad))
        parts.append(self._node(END, "output", "E", written(shot.exact[0] or 0.0), None))
        for column in self.columns:
            parts.append(label(self._head(column), self.places[column[0]][0], 46, anchor="middle"))
        is_lost = not all(math.isfinite(x) for x in shot.exact if x is not None)
        return picture(
            self.kind,
            f"The network at {self.title}",
            *self.size,
            label(self.title, 12, 18, kind="title"),
            *parts,
            self._legend(f"{SCALE}{written(full)}{CUT if is_cut else ''}"),
            is_lost=is_lost,
        )

    def _legend(self, scale: str) -> str:
        """Return what numbers and lines mean, in two lines below the picture."""
        x, y = 12.0, SIZE[1] - 30
        value, grad = "value", "and gradient (of a unit, δ)"
        if self.is_of_layers:
            value, grad = "number of units", "and ‖δ‖"
        grad = f'<tspan class="back">{grad}</tspan>' if self.lines == 2 else ""
        texts = f'<text x="{x}" y="{y}">{value if self.lines else ""} {grad}</text>'
        if self.is_of_layers:
            return texts
        for shift, kind, text in ((0, "positive", "+"), (50, "negative", "−")):
            line = f'<path style="stroke-width:4" d="M{x + shift} {y + 15}h20"/>'
            texts += f'<g class="edge {kind}">{line}</g>{label(text, x + shift + 24, y + 20)}'
        return f"{texts}{label(scale, x + 96, y + 20, 'scale')}"

    def _flows(self, numbers: Sequence[float | None]) -> list[float]:
        """Return what flowed back on each edge; nan where that is not known."""
        at, flows = 1 + 2 * len(self.nodes), []
        for number, (_, target, is_weight) in zip(numbers[at:], self.facts["edges"]):
            grad = numbers[2 + 2 * target] if is_weight else 1.0
            flows.append(math.nan if number is None or grad is None else number * grad)
        return flows

    def _half(self, key: int) -> tuple[float, float]:
        """Return half the width and height of a node."""
        if not self.lines and key != END:
            r = min(0.4 * self.spacing, 8.0)
            return r, r
        return WIDTH / 2, 20.0 if self.lines == 2 or key == END else 0.5 * self.spacing - 1.5

    def _node(self, key: int, kind: str, name: str, value: str, grad: float | None) -> str:
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
            texts += label(value, x, y + (-3 if two else 5), "value", "middle")
            if self.lines == 2 and key != END:
                text = "" if grad is None else written(grad)
                texts += label(text, x, y + 14, "grad", "middle")
        ident = "end" if key == END else f"n{key}"
        return f'<g id="{ident}" class="node {kind}"><title>{words(name)}</title>{shape}{texts}</g>'

    def _head(self, column: list[int]) -> str:
        if column == [END]:
            return "E"
        node_of = {node.key: node for node in self.nodes}
        if self.is_of_layers:
            return node_of[column[0]].title if len(column) == 1 else ""
        kinds = {(node_of[key].kind == "input", node_of[key].layer) for key in column if key >= 0}
        if len(kinds) > 1:
            return ""
        (is_input, layer) = kinds.pop()
        return "inputs" if is_input else f"layer {layer}" if layer else ""

    def _columns(self) -> list[list[int]]:
        """Return the nodes in columns: after what they are computed from."""
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


def thickness(flow: float, full: float) -> float:
    """Return the width of an edge, as `autograd.view.draw` has it: small ones show, too."""
    if not math.isfinite(flow) or not full:
        return THINNEST
    return max(WIDEST * math.cbrt(min(abs(flow) / full, 1.0)), THINNEST)


def _name(node: Node) -> str:
    return " ".join([text for text in (node.title, node.symbol) if text]) or node.kind


def _prefix(node: Node) -> str:
    """Return what tells nodes apart that are neither units nor inputs, where it is short."""
    text = node.title or symbol_of(node)
    return f"{text} " if node.kind not in ("unit", "input", "layer") and len(text) < 4 else ""


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
