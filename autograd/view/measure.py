"""What is written in pictures, and how much room it takes."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from typing import Final, NamedTuple

from .geometry import Box, Size
from .names import SIGNS
from .picture import Edge, Node, Picture
from .scale import flowed, is_folded
from .style import HATCH_WIDTH, SIZES, Style
from .text import shortened

SLOPE: Final = "∂b"  # of the root, by the bias of a unit
LINE: Final = 1.15  # height of a line, in font sizes
MOST_CIRCLES: Final = 8  # in a layer; wider ones are drawn flatter
APART: Final = 3.0  # more between the two lines of a label than between others
BAR: Final = 7.0  # height kept for the bar of the gradient
FLAG: Final = 18.0  # height kept for flags
FLAGS: Final = {"forward": "first →", "backward": "← first"}
HATCHED: Final = HATCH_WIDTH - 2.0  # by which the outline of what is not finite is wider


class Line(NamedTuple):
    """What a node shows in one line: words, and the number after them, which may be missing."""

    kind: str
    words: str
    number: str = ""

    @property
    def text(self) -> str:
        text = f"{self.words}{self.number}".strip()
        return text if self.kind == "name" else shortened(text, 30)


def measure(shown: Picture, style: Style) -> dict[int, Size]:
    """Return width and height of every node, by its key."""
    sizes = {node.key: _size(node, style) for node in shown.nodes}
    layers: dict[int, list[int]] = defaultdict(list)
    for node in shown.nodes:
        if node.is_unit:
            layers[node.layer].append(node.key)
    for keys in layers.values():  # the units of a layer look alike
        largest = (max([sizes[key][0] for key in keys]), max([sizes[key][1] for key in keys]))
        sizes.update(dict.fromkeys(keys, largest))
    return sizes


def label_sizes(edge: Edge, style: Style) -> list[Size]:
    """Return the sizes that the label of an edge may take: in two lines, and in one."""
    texts = [text for _, text in edge_label(edge, style)]
    if not texts:
        return []
    whole = text_width("".join(texts), SIZES["label"]) + 2, LINE * SIZES["label"]
    if len(texts) == 1:
        return [whole]
    widest = max([text_width(text.strip(), SIZES["label"]) for text in texts])
    return [(widest + 2, 2 * whole[1] + APART), whole]


def label_lines(edge: Edge, style: Style, box: Box) -> list[Box]:
    """Return what the lines of a label cover in its box: each no more than it needs.

    An edge is seen between two lines.
    """
    left, top, right, bottom = box
    height = LINE * SIZES["label"]
    if bottom - top < 1.5 * height:
        return [box]
    middle, lines = (left + right) / 2, []
    for y, (_, text) in zip((top, bottom - height), edge_label(edge, style)):
        half = text_width(text.strip(), SIZES["label"]) / 2 + 1
        lines.append((middle - half, y + 0.07 * height, middle + half, y + 0.87 * height))
    return lines


def edge_label(edge: Edge, style: Style, back: str = "←") -> list[tuple[str, str]]:
    """Return the pieces of the label of an edge, with their classes; `back` points backwards."""
    pieces = []
    if style.edges in ("local", "both", "gradient") and edge.local is not None:
        pieces.append(("local", style.written(edge.local)))
    if style.edges == "gradient" and edge.weight_grad is not None:
        pieces.append(("flow", f" ∂w {style.written(edge.weight_grad)}"))
    flow = flowed(edge)
    if style.edges in ("flow", "both") and flow is not None:
        gap, norm = " " if pieces else "", "‖·‖ " if is_folded(edge) else ""
        pieces.append(("flow", f"{gap}{back} {norm}{style.written(flow)}"))
    return pieces


def node_lines(node: Node, style: Style) -> list[Line]:
    """Return the lines that a node shows."""
    head = " ".join([text for text in (shortened(node.title, 18), symbol_of(node)) if text])
    lines = [Line("name", head)] if head else []
    facts = node.facts
    if node.unit:  # there is room for the value and δ; the other numbers are in the title
        last = max([i for i, (name, _) in enumerate(facts) if _is_gradient(name)], default=0)
        facts = facts[: last + 1]
    for i, (name, number) in enumerate(facts):
        is_gradient = _is_gradient(name)
        name = "" if name == node.title or (i == 0 and node.unit and len(name) < 4) else name
        written = style.written(number)
        lines.append(Line("grad" if is_gradient else "value", f"{name} " if name else "", written))
    return lines


def _is_gradient(name: str) -> bool:
    return name == SLOPE or name.startswith(("grad", "δ", "‖δ‖", "‖∂"))


def symbol_of(node: Node) -> str:
    return SIGNS.get(node.symbol, shortened(node.symbol, 16))


def _size(node: Node, style: Style) -> Size:
    lines = node_lines(node, style)
    width = max([text_width(line.text, SIZES[line.kind]) for line in lines])
    height = LINE * sum([SIZES[line.kind] for line in lines])
    least = 24.0
    if style.gradients and node.grad is not None:
        height += BAR
        least = 48.0
    if node.culprit:
        width = max(width, sum([flag_width(culprit) for culprit in node.culprit]))
        height += FLAG
    around = 0.0 if node.is_finite else HATCHED
    if is_circle(node, style):
        diameter = max(math.hypot(width, 0.75 * height) + 10, height + 24) + around
        return diameter, diameter
    if node.kind == "input":  # its point
        width, height = (width, height + 8) if style.rankdir == "TB" else (width + 8, height)
    around += 6.0 if node.kind == "output" else 0.0  # the second outline
    return max(width + 12, least) + around, height + 7 + around


def flag_width(culprit: str) -> float:
    return text_width(FLAGS[culprit], SIZES["legend"]) + 12


def is_compact(shown: Picture) -> bool:
    """Return whether units are flat, because there are many in a layer."""
    widths = Counter([node.layer for node in shown.nodes if node.is_unit])
    return max(widths.values(), default=0) > MOST_CIRCLES


def is_circle(node: Node, style: Style) -> bool:
    return node.is_unit and not style.is_compact


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of text in a sans-serif font."""
    return size * sum([_character_width(c) for c in text])


def _character_width(c: str) -> float:
    if c in "ijlI.,:;'|!()[] ":
        return 0.38
    if c in "mwMW@%…←→↑↓":
        return 1.0
    if unicodedata.combining(c):
        return 0.0
    if c in "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⁽⁾":
        return 0.45
    if unicodedata.east_asian_width(c) in "WF":
        return 1.05
    return 0.74 if c.isupper() else 0.62
