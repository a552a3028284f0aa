"""What is written in pictures, and how much room it takes."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from typing import Final, NamedTuple

from .layout import Size
from .picture import Edge, Node, Picture
from .scale import flowed, is_folded
from .style import SIZES, Style
from .text import shortened

LINE: Final = 1.25  # height of a line, in font sizes
BAR: Final = 9.0  # height kept for the bar of the gradient
SIGNS: Final = {"*": "×", "-": "−", "**": "xʸ", "/": "÷"}


class Line(NamedTuple):
    """What a node shows in one line: words, and the number after them, which may be missing.

    In `back` is what follows of the backward pass.
    """

    kind: str
    words: str
    number: str = ""
    back: str = ""

    @property
    def text(self) -> str:
        text = f"{self.words}{self.number}{self.back}".strip()
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


def label_width(shown: Picture, style: Style) -> float:
    """Return the width of the widest label of an edge; 0.0 if there is none."""
    labels = ["".join([text for _, text in edge_label(edge, style)]) for edge in shown.edges]
    return max([text_width(label, SIZES["label"]) for label in labels], default=0.0)


def edge_label(edge: Edge, style: Style) -> list[tuple[str, str]]:
    """Return the pieces of the label of an edge, with their classes."""
    pieces = []
    if style.edges in ("local", "both", "gradient") and edge.local is not None:
        pieces.append(("local", style.number(edge.local).replace("-", "−")))
    if style.edges == "gradient" and edge.weight_grad is not None:
        pieces.append(("flow", f" ∂ {style.number(edge.weight_grad)}".replace("-", "−")))
    flow = flowed(edge)
    if style.edges in ("flow", "both") and flow is not None:
        gap, norm = " " if pieces else "", "‖·‖ " if is_folded(edge) else ""
        pieces.append(("flow", f"{gap}← {norm}{style.number(flow)}".replace("-", "−")))
    return pieces


def node_lines(node: Node, style: Style) -> list[Line]:
    """Return the lines that a node shows."""
    head = " ".join([text for text in (shortened(node.title, 18), symbol_of(node)) if text])
    lines = [Line("name", head)] if head else []
    facts = node.facts
    if node.unit:  # there is room for the value and δ; the other numbers are in the title
        facts = facts[: 2 if any(_is_gradient(name) for name, _ in facts[1:2]) else 1]
    for i, (name, number) in enumerate(facts):
        is_gradient = _is_gradient(name)
        name = "" if i == 0 and node.unit and len(name) < 4 else name
        written = style.number(number).replace("-", "−")
        lines.append(Line("grad" if is_gradient else "value", f"{name} " if name else "", written))
    if style.is_compact and node.is_unit:
        value, *back = lines[1:]
        lines[1:] = [value._replace(back="".join([f"  {line.text}" for line in back]))]
    return lines


def _is_gradient(name: str) -> bool:
    return name.startswith(("grad", "δ", "‖δ‖"))


def symbol_of(node: Node) -> str:
    return SIGNS.get(node.symbol, shortened(node.symbol, 16))


def _size(node: Node, style: Style) -> Size:
    lines = node_lines(node, style)
    width = max([text_width(line.text, SIZES[line.kind]) for line in lines])
    height = LINE * sum([SIZES[line.kind] for line in lines])
    least = 46.0
    if style.gradients and node.grad is not None:
        height += BAR
        least = 60.0
    if is_circle(node, style):
        diameter = max(math.hypot(width, 0.75 * height) + 10, height + 24)
        return diameter, diameter
    return max(width + 34, least), height + 16


def is_circle(node: Node, style: Style) -> bool:
    return node.is_unit and not style.is_compact


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of text in a sans-serif font."""
    return size * sum([_character_width(c) for c in text])


def _character_width(c: str) -> float:
    if c in "ijlI.,:;'|!()[] ":
        return 0.38
    if c in "mwMW@%…←":
        return 1.0
    if unicodedata.combining(c):
        return 0.0
    if c in "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⁽⁾":
        return 0.45
    if unicodedata.east_asian_width(c) in "WF":
        return 1.05
    return 0.74 if c.isupper() else 0.62
