"""The pictures of the player's page, and what their parts stand for."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from autograd.layers import Layers, quantity
from autograd.operations import dot
from autograd.value import Value

from .draw import MOST_LABELS, Drawing
from .geometry import Box
from .given import plain_inputs, weight_at
from .groups import ERROR, groups
from .measure import SLOPE, Line, is_compact, measure, node_lines
from .notation import Notation
from .picture import Node, Picture
from .style import Style
from .svg import Svg
from .text import number_format

STAGE: Final = (1226.0, 466.0)  # of the page on a screen of 1280 × 720, without margins
UNUSED: Final = ("role", "xml:space")
STEP: Final = "‖Δw‖"  # how far the parameters of a layer go


class _PageSvg(Svg):
    """The picture in whole pixels, without tooltips and what only other pages look for."""

    decimals = 0
    between = ""

    def tag(self, name: str, *inside: str, **attributes: object) -> str:
        if name in ("title", "desc"):
            return ""
        used = {key: value for key, value in attributes.items() if key not in UNUSED}
        return super().tag(name, *inside, **used)

    def head(self, title: str, symbol: str) -> str:
        rest = f" {symbol}" if title and symbol else ""
        return super().head(title or symbol, "") + rest


class _QuizSvg(_PageSvg):
    """The picture without what is to be predicted."""

    asked: ClassVar[tuple[str, ...]] = ("grad",)

    def lines(self, node: Node) -> list[Line]:
        lines = super().lines(node)
        asked = self.asked if node.kind != "constant" else ()
        is_asked = [line.kind in asked or line.words.startswith(STEP) for line in lines]
        return [line._replace(number="?") if ask else line for ask, line in zip(is_asked, lines)]

    def pieces(self, index: int, box: Box) -> list[tuple[str, str]]:
        is_asked = self.shown.detail == "scalar"
        pieces = super().pieces(index, box)
        return [(kind, "?" if is_asked or kind == "flow" else text) for kind, text in pieces]


class _VoteSvg(_QuizSvg):
    """The picture without numbers."""

    asked = ("grad", "value")


def level(
    shown: Picture,
    order: list[Value],
    nodes: Sequence[dict[str, Any]],
    notation: Notation,
    digits: int,
    mode: str,
    update: dict[str, Any] | None = None,
) -> tuple[Svg, dict[str, Any]]:
    """Return a picture, and what its nodes, lines of text and edges stand for.

    `members` are the numbers in each node, `titles` the names of nodes. `facts` have for each line
    of a node the words before the number, and which value ("v"), sum of gradients ("g"), norm of
    gradients ("n") or norm of the steps of an `update` ("s") that is. `edges` name an edge for
    every += in the order of the backward pass; `weights`, between units, a number for every edge;
    `slopes` the edges into the error, which show the sum of what flows back along them, ∂E/∂y;
    `constants` the edge of each number that is no node of the graph, with the node that it goes
    into.
    """
    labels = "gradient" if len(shown.edges) <= MOST_LABELS and shown.detail != "layer" else "none"
    style = Style(number_format(digits), labels)
    index = {node: i for i, node in enumerate(order)}
    layers = Layers(order)
    parts = groups(order, layers, shown.detail)
    fuller = _with_biases(shown, list(parts.values()))
    if not (is_compact(shown) or _is_high(fuller, style)):
        shown = fuller
    style = replace(style, is_compact=is_compact(shown) or _is_high(shown, style))
    key_of = {node: key for key, inside in enumerate(parts.values()) for node in inside}
    members = [[index[node] for node in inside] for inside in parts.values()]
    facts: list[list[Any]] = [[] for _ in members]
    drawn, titles = [], [""] * len(members)
    for part in shown.nodes:
        if part.key < len(members):  # else a constant
            inside = members[part.key]
            slots = [_slot(name, inside, order, nodes, notation) for name, _ in part.facts]
            if part.title == "softmax":  # outputs that the graph does not have follow no edit
                pairs = [pair for pair in zip(part.facts, slots) if pair[1]]
                part = replace(part, facts=tuple([fact for fact, _ in pairs]))
                slots = [slot for _, slot in pairs]
            if update and shown.detail == "layer":
                more = _steps(members[part.key], order, update)
                part = replace(part, facts=(*part.facts, *[fact for fact, _ in more]))
                slots += [slot for _, slot in more]
            lines = [line for line in node_lines(part, style) if line.kind != "name"]
            facts[part.key] = [slot and [line.words, *slot] for slot, line in zip(slots, lines)]
            titles[part.key] = part.title
        drawn.append(replace(part, culprit=()))  # the page hangs flags, and takes them away
    carried = _carried(shown, order, layers, len(members)) if shown.detail == "neuron" else {}
    edges, weights = _edges(shown, index, key_of, carried)
    error = key_of[order[-1]] if shown.detail == "neuron" and ERROR in parts else None
    drawing = Drawing(replace(shown, nodes=tuple(drawn)), style, page=STAGE)
    svg = drawing.rendered({"": _PageSvg, "vote": _VoteSvg}.get(mode, _QuizSvg))
    return svg, {
        "svg": svg.text,
        "members": members,
        "titles": titles,
        "facts": facts,
        "edges": edges,
        "weights": weights if shown.detail == "neuron" else None,
        "constants": [
            (e, members[x.target][-1])
            for e, x in enumerate(shown.edges)
            if x.source >= len(members) and e not in edges
        ],
        "slopes": [e for e, x in enumerate(shown.edges) if x.target == error and x.count == 1],
    }


def _steps(
    inside: Sequence[int], order: Sequence[Value], update: dict[str, Any]
) -> list[tuple[tuple[str, float], list[Any]]]:
    """Return the gradient of a layer's parameters, how far they go, and where that is had from."""
    moved = [i for i in update["nodes"] if i in inside]
    if not moved or len(inside) == 1:  # a number of its own shows what it becomes
        return []
    norm = math.hypot(*[order[i].grad for i in moved])
    return [
        (("‖∂w‖", norm), ["n", *moved]),
        ((STEP, update["rate"] * norm), ["s", *moved]),
    ]


def _with_biases(shown: Picture, parts: Sequence[Sequence[Value]]) -> Picture:
    """Return the picture with the bias in each unit of a single sample, and ∂root/∂b."""
    nodes = []
    for node in shown.nodes:
        inside = parts[node.key] if node.is_unit else []
        biases = [x for x in inside if quantity(x) == "b" and x.has_grad]
        if len(biases) == 1 and node.grad is not None:
            (bias,) = biases
            more = (("b", bias.data), (SLOPE, bias.grad))
            node = replace(node, facts=(*node.facts[:2], *more))
        nodes.append(node)
    return replace(shown, nodes=tuple(nodes))


def _is_high(shown: Picture, style: Style) -> bool:
    """Return whether circles of a layer would not stand in one column of the stage."""
    heights: Counter[int] = Counter()
    sizes = measure(shown, style)
    for node in shown.nodes:
        if node.is_unit:
            heights[node.layer] += math.ceil(sizes[node.key][1])
    return max(heights.values(), default=0) > STAGE[1]


def _carried(
    shown: Picture, order: list[Value], layers: Layers, first: int
) -> dict[tuple[Value, int], int]:
    """Return the edges of operands that are no nodes of the graph; their keys are from `first`."""
    free = iter([e for e, x in enumerate(shown.edges) if x.source >= first and x.local is not None])
    found: dict[tuple[Value, int], int] = {}
    for given in plain_inputs(order, layers):
        edge_of: dict[Value | None, int] = {}  # by weight
        for use in given.uses if not given.nodes else ():
            weight = weight_at(*use)
            if weight not in edge_of:
                edge_of[weight] = next(free, -1)
            found[use] = edge_of[weight]
    return found


def _edges(
    shown: Picture,
    index: dict[Value, int],
    key_of: dict[Value, int],
    carried: dict[tuple[Value, int], int],
) -> tuple[list[int], list[int]]:
    """Return the edge (or -1) that each += flows along, and the weight (or -1) on each edge.

    The += of a weight is at the edge that carries the weight, where it is no node of its own.
    """
    parallel: dict[tuple[int, int], list[int]] = defaultdict(list)
    for e, edge in enumerate(shown.edges):
        parallel[edge.source, edge.target].append(e)
    used: Counter[tuple[int, int]] = Counter()
    by_node: list[list[int]] = []
    weights = [-1] * len(shown.edges)
    for node in index:
        edge_of: dict[int, int] = {}  # by the place of the operand
        for place, operand in enumerate(node.operands):
            if not isinstance(operand, Value):
                edge_of[place] = carried.get((node, place), -1)
                continue
            ends = key_of[operand], key_of[node]
            same = parallel[ends]
            edge_of[place] = same[used[ends] % len(same)] if same else -1
            used[ends] += 1
        for place, e in [*edge_of.items()]:
            weight = weight_at(node, place)
            if e >= 0 and weight is not None and shown.detail != "scalar":
                weights[e] = index[weight]
                partner = place - len(node.operands) // 2 if node.operation is dot else 1 - place
                edge_of[partner] = e  # where ∂root/∂w = δ · z arrives
        by_node.append([e for i, e in edge_of.items() if isinstance(node.operands[i], Value)])
    return [e for edges in reversed(by_node) for e in edges], weights


def _slot(
    name: str,
    inside: Sequence[int],
    order: list[Value],
    nodes: Sequence[dict[str, Any]],
    notation: Notation,
) -> Any:
    """Return which numbers of the graph a line of text shows; None if it is always the same."""
    sums = [i for i in inside if quantity(order[i]) == "a"]
    biases = [i for i in inside if quantity(order[i]) == "b"]
    outputs = [i for i in inside if quantity(order[i]) == "z"]
    one = inside[-1:] if len(order) - 1 in inside else inside[:1] if len(inside) == 1 else []
    if name == notation.activation and sums:
        return ["v", (outputs or sums)[0]]
    if name == notation.pre_activation and sums:
        return ["v", sums[0]]
    if name == "b":
        return ["v", biases[0]] if len(biases) == 1 else None
    if name == "‖δ‖":
        return ["n", *sums]
    if name.startswith("∂") and biases:
        return ["g", biases[0]]
    if name in ("grad", "δ"):
        return ["g", *(sums or one)]
    if not name or name == nodes[-1]["t"]:
        return ["v", *one] if one else None
    return next((["v", i] for i in outputs if nodes[i]["t"] == name), None)
