"""A picture as one self-contained SVG: no script, no font and no link from elsewhere.

What something is shows in its shape and in its colour. The colours are M. Okabe and K. Ito's,
which colour-blind readers can tell apart. Every node is a group with the id ``n<key>`` and
every edge one with the id ``e<index>``, so that a page around the picture can find them.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from .layout import Layout, Point, Size
from .picture import Edge, Node, Picture
from .text import Format, caption, shortened, visible

EDGES: Final = ("auto", "none", "local", "flow", "both")
THEMES: Final = ("auto", "light", "dark")
FONT: Final = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
SIZES: Final = {"name": 18.0, "value": 16.0, "grad": 16.0, "label": 14.0, "legend": 13.0}
LINE: Final = 1.25  # height of a line, in font sizes
LINE_WIDTH: Final = 1.5  # of an edge
MARGIN: Final = 16.0
BAR: Final = 9.0  # height kept for the bar of the gradient
SIGNS: Final = {"*": "×", "-": "−", "**": "xʸ", "/": "÷"}

# outline, fill
LIGHT: Final = {
    "input": ("#3a94cb", "#dff0fb"),
    "parameter": ("#c98500", "#fdf0d2"),
    "leaf": ("#b3588b", "#f8e6f0"),
    "constant": ("#767676", "#f3f3f3"),
    "operation": ("#333333", "#ffffff"),
    "output": ("#009e73", "#d3f0e6"),
    "unit": ("#8f8600", "#fcf9d0"),
    "layer": ("#333333", "#ededed"),
}
DARK: Final = {
    "input": ("#56b4e9", "#123349"),
    "parameter": ("#e69f00", "#44320a"),
    "leaf": ("#cc79a7", "#44213a"),
    "constant": ("#9a9a9a", "#2b2e31"),
    "operation": ("#d0d0d0", "#1f2327"),
    "output": ("#1fc796", "#06402f"),
    "unit": ("#d8cc3b", "#3a3710"),
    "layer": ("#d0d0d0", "#2f343a"),
}
# background, text, faint text, lines, positive, negative
LIGHT_INK: Final = ("#ffffff", "#111111", "#555555", "#8a8a8a", "#0072b2", "#d55e00")
DARK_INK: Final = ("#16191d", "#f2f2f2", "#b4b4b4", "#8b9096", "#56b4e9", "#f08a3c")


@dataclass(frozen=True)
class Style:
    """How a picture is drawn, whatever it shows; see `draw` for most of the fields.

    Attributes
    ----------
    number : function
        Writes a number.
    edges, listed : str
        What is written on edges in the picture, and in text.
    gradients : bool
    theme, rankdir : str
    is_compact : bool
        Whether units are flat, because there are many in a layer.
    """

    number: Format
    edges: str = "none"
    listed: str = "none"
    gradients: bool = False
    theme: str = "auto"
    rankdir: str = "LR"
    is_compact: bool = False


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
    labels = ["".join([text for _, text in _edge_label(edge, style)]) for edge in shown.edges]
    return max([_text_width(label, SIZES["label"]) for label in labels], default=0.0)


def render(shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style) -> str:
    """Return the picture as SVG.

    Parameters
    ----------
    shown : Picture
    layout : Layout
        Made with the sizes that `measure` gave.
    sizes : mapping
    style : Style

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> from autograd.view.layout import layered
    >>> shown, style = picture(Value(2.0, label="a")), Style(str)
    >>> sizes = measure(shown, style)
    >>> print(render(shown, layered(shown, sizes), sizes, style)[:48])
    <svg xmlns="http://www.w3.org/2000/svg" class="d
    """
    labels = _place_labels(shown, layout, sizes, style)
    most_flow = _largest(edge.flow for edge in shown.edges)
    most_grad = _largest(node.grad for node in shown.nodes)
    names = {node.key: caption(node, style.number) for node in shown.nodes}
    units = {node.key for node in shown.nodes if node.is_unit}
    edges = [
        _edge(i, edge, layout.edges[i], names, edge.target in units, most_flow, style)
        for i, edge in sorted(
            enumerate(shown.edges), key=lambda pair: _share(pair[1].flow, most_flow)
        )
    ]
    nodes = [
        _node(node, layout.nodes[node.key], sizes[node.key], most_grad, style)
        for node in shown.nodes
    ]
    boxes = [_box(layout.nodes[key], sizes[key]) for key in layout.nodes]
    boxes += [(x, y, x, y) for points in layout.edges for x, y in points]
    boxes += [box for box, _ in filter(None, labels)]
    left = min([box[0] for box in boxes], default=0.0) - MARGIN
    top = min([box[1] for box in boxes], default=0.0) - MARGIN
    right = max([box[2] for box in boxes], default=0.0) + MARGIN
    bottom = max([box[3] for box in boxes], default=0.0) + MARGIN
    legend, legend_width = _legend(shown, style, left + MARGIN, bottom + 4, most_flow)
    if legend:
        right = max(right, left + legend_width + 2 * MARGIN)
        bottom += 2 * SIZES["legend"]
    width, height = right - left, bottom - top
    count = f"{len(shown.nodes)} nodes and {len(shown.edges)} edges"
    description = f"Graph with {count}, from the leaves to {names[shown.nodes[-1].key]}."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="deltarule {style.theme}" '
            f'role="group" aria-label={_attribute(description)} '
            f'viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="{FONT}" '
            'text-anchor="middle">',
            f"<title>Computation graph</title><desc>{_text(description)}</desc>",
            f"<style>{_css(style.theme)}</style>",
            f'<rect class="background" x="{left:.1f}" y="{top:.1f}" '
            f'width="{width:.1f}" height="{height:.1f}" rx="8"/>',
            '<g class="edges">',
            *edges,
            '</g><g class="labels">',
            *[text for _, text in filter(None, labels)],
            '</g><g class="nodes">',
            *nodes,
            "</g>",
            *legend,
            "</svg>",
        ]
    )


# -- colours --------------------------------------------------------------------------------------


def _css(theme: str) -> str:
    """Return rules that touch nothing outside the picture, also when it is part of a page."""
    scope = f"svg.deltarule.{theme}"
    light, dark = _rules(scope, LIGHT, LIGHT_INK), _rules(scope, DARK, DARK_INK)
    pens = [f"{scope} .edge path{{stroke-width:{LINE_WIDTH:g}}}{scope} .shape{{stroke-width:2}}"]
    pens += [f"{scope} .name tspan:first-child{{font-weight:bold}}"]
    pens += [f"{scope} .{kind}{{font-size:{size:g}px}}" for kind, size in SIZES.items()]
    fit = f"{''.join(pens)}@media screen{{{scope}{{max-width:100%;height:auto}}}}"
    if theme == "auto":
        return f"{light}@media (prefers-color-scheme: dark){{{dark}}}{fit}"
    return (dark if theme == "dark" else light) + fit


def _rules(scope: str, kinds: Mapping[str, tuple[str, str]], ink: Sequence[str]) -> str:
    background, text, faint, line, positive, negative = ink
    rules = {
        ".background": f"fill:{background}",
        "text": f"fill:{text}",
        ".faint": f"fill:{faint}",
        ".edge path": f"stroke:{line};fill:none",
        ".edge polygon": f"fill:{line}",
        ".positive path": f"stroke:{positive}",
        ".negative path": f"stroke:{negative}",
        ".positive polygon,SCOPE .bar.positive,SCOPE text .positive": f"fill:{positive}",
        ".negative polygon,SCOPE .bar.negative,SCOPE text .negative": f"fill:{negative}",
        ".axis": f"stroke:{line}",
    }
    rules |= {
        f".{kind} .shape": f"stroke:{outline};fill:{fill}"
        for kind, (outline, fill) in kinds.items()
    }
    rows = [f"{scope} {where}{{{what}}}" for where, what in rules.items()]
    return "".join(rows).replace("SCOPE", scope)


def _sign(number: float | None) -> str:
    """Return the class of a gradient after its sign; 0, nan and no gradient have none."""
    return "positive" if number and number > 0 else "negative" if number and number < 0 else ""


def _largest(numbers: Iterable[float | None]) -> float:
    """Return the largest finite magnitude; 0.0 if there is none."""
    return max([abs(x) for x in numbers if x is not None and math.isfinite(x)], default=0.0)


def _share(number: float | None, most: float) -> float:
    """Return the share that is drawn of a magnitude: its root, so that small ones show, too."""
    if not number or math.isnan(number):
        return 0.0
    return math.sqrt(min(abs(number) / most, 1.0)) if most else 1.0


# -- text -----------------------------------------------------------------------------------------


def _text(text: str) -> str:
    return escape(visible(text))


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


def _text_width(text: str, size: float) -> float:
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


def _lines(node: Node, style: Style) -> list[tuple[str, str]]:
    """Return the lines that a node shows, each with its class."""
    head = " ".join([text for text in (shortened(node.title, 18), _symbol(node)) if text])
    lines = [("name", head)] if head else []
    facts = node.facts
    if node.unit:  # there is room for the value and δ; the other numbers are in the title
        facts = facts[: 1 if node.grad is None else 2]
    for i, (name, number) in enumerate(facts):
        is_gradient = name.startswith(("grad", "δ", "Σδ", "‖δ‖"))
        name = "" if i == 0 and node.unit and len(name) < 4 else name
        text = f"{name} {style.number(number)}".strip().replace("-", "−")
        lines.append(("grad" if is_gradient else "value", shortened(text, 30)))
    if style.is_compact and node.is_unit:
        lines[1:] = [("value", "  ".join([text for _, text in lines[1:]]))]
    return lines


def _symbol(node: Node) -> str:
    return SIGNS.get(node.symbol, shortened(node.symbol, 16))


def _size(node: Node, style: Style) -> Size:
    lines = _lines(node, style)
    width = max([_text_width(text, SIZES[kind]) for kind, text in lines])
    height = LINE * sum([SIZES[kind] for kind, _ in lines])
    if style.gradients and node.grad is not None:
        height += BAR
    if _is_circle(node, style):
        diameter = max(math.hypot(width, 0.75 * height) + 10, height + 24)
        return diameter, diameter
    return max(width + 34, 46.0), height + 16


def _is_circle(node: Node, style: Style) -> bool:
    return node.is_unit and not style.is_compact


# -- nodes ----------------------------------------------------------------------------------------


def _node(node: Node, centre: Point, size: Size, most: float, style: Style) -> str:
    x, y = centre
    lines = _lines(node, style)
    has_bar = style.gradients and node.grad is not None
    height = LINE * sum([SIZES[kind] for kind, _ in lines])
    baseline = y - (height + (BAR if has_bar else 0.0)) / 2
    texts = []
    for kind, text in lines:
        baseline += LINE * SIZES[kind]
        inside = _text(text)
        if kind == "name":
            title, symbol = _text(shortened(node.title, 18)), _text(_symbol(node))
            inside = f"<tspan>{title or symbol}</tspan>"
            inside += f" <tspan>{symbol}</tspan>" if title and symbol else ""
        texts.append(
            f'<text class="{kind}" x="{x:.1f}" y="{baseline - 0.32 * SIZES[kind]:.1f}" '
            f'xml:space="preserve">{inside}</text>'
        )
    bar = _bar(node.grad, x, baseline + 2, size[0], most) if has_bar else ""
    return (
        f'<g id="n{node.key}" class="node {node.kind}" data-key="{node.key}" role="img">'
        f"<title>{_text_lines(_facts(node))}</title>{_shape(node, centre, size, style)}"
        f"{''.join(texts)}{bar}</g>"
    )


def _shape(node: Node, centre: Point, size: Size, style: Style) -> str:
    """Return the outline; it touches the middles of all sides of its box."""
    x, y, w, h = *centre, *size
    left, top, right, bottom = _box(centre, size)
    pen = 'class="shape"'
    rect = f'<rect {pen} x="{left:.1f}" y="{top:.1f}" width="{w:.1f}" height="{h:.1f}"'
    if _is_circle(node, style):
        ring = f'<circle {pen} cx="{x:.1f}" cy="{y:.1f}" r="{w / 2:.1f}"/>'
        inner = f'<circle {pen} cx="{x:.1f}" cy="{y:.1f}" r="{w / 2 - 5:.1f}"/>'
        return ring + inner if node.kind == "output" else ring
    if node.kind == "output":
        inner = (
            f'<rect {pen} x="{left + 4:.1f}" y="{top + 4:.1f}" width="{w - 8:.1f}" '
            f'height="{h - 8:.1f}" rx="7"/>'
        )
        return f'{rect} rx="10"/>{inner}'
    if node.kind == "input":  # a tag that points at what it is given to
        c = 12.0
        corners = [(left, top), (right - c, top), (right, y), (right - c, bottom), (left, bottom)]
        if style.rankdir == "TB":
            top_corners = [(left, top), (right, top)]
            corners = [*top_corners, (right, bottom - c), (x, bottom), (left, bottom - c)]
    elif node.kind == "parameter":  # the corners cut off
        c = 10.0
        corners = [
            *[(left + c, top), (right - c, top), (right, top + c), (right, bottom - c)],
            *[(right - c, bottom), (left + c, bottom), (left, bottom - c), (left, top + c)],
        ]
    elif node.kind == "layer":  # a stack
        behind = rect.replace(f'x="{left:.1f}" y="{top:.1f}"', f'x="{left + 5:.1f}" y="{top:.1f}"')
        behind = behind.replace(f'width="{w:.1f}"', f'width="{w - 5:.1f}"')
        front = behind.replace(f'x="{left + 5:.1f}" y="{top:.1f}"', f'x="{left:.1f}" y="{top:.1f}"')
        return f'{behind} rx="3"/>{front} rx="3"/>'
    else:
        dashes = ' stroke-dasharray="5 4"' if node.kind == "constant" else ""
        is_round = node.kind in ("operation", "unit")
        corners_of = f' rx="{min(h / 2, 22.0):.1f}"' if is_round else ""
        return f"{rect}{corners_of}{dashes}/>"
    return f'<polygon {pen} points="{" ".join([f"{a:.1f},{b:.1f}" for a, b in corners])}"/>'


def _bar(grad: float | None, x: float, y: float, width: float, most: float) -> str:
    """Return the bar of a gradient: to the right if positive, to the left if negative."""
    length = _share(grad, most) * (0.36 * width - 4)
    start = x - length if _sign(grad) == "negative" else x
    return (
        f'<rect class="bar {_sign(grad)}" x="{start:.1f}" y="{y:.1f}" '
        f'width="{length:.1f}" height="5"/>'
        f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 1:.1f}" y2="{y + 6:.1f}"/>'
    )


def _facts(node: Node) -> list[str]:
    """Return everything about a node, with all digits."""
    name = visible(node.title) or ("" if node.symbol else f"v{node.key}")
    kind = f"{node.kind} {name}" if name else node.kind
    head = f"{kind}, {node.symbol}" if node.symbol else kind
    return [head, *[f"{name or 'value'} = {number!r}" for name, number in node.facts]]


def _text_lines(lines: Iterable[str]) -> str:
    return "\n".join([_text(line) for line in lines])


# -- edges ----------------------------------------------------------------------------------------


def _edge(
    index: int,
    edge: Edge,
    points: Sequence[Point],
    names: Mapping[int, str],
    is_weight: bool,
    most: float,
    style: Style,
) -> str:
    shows = style.gradients and edge.flow is not None
    share = _share(edge.flow, most) if shows else 0.0
    width = 1.0 + 6.0 * share if shows else LINE_WIDTH
    pen = f' style="stroke-width:{width:.1f}"' if shows else ""
    sign = f" {_sign(edge.flow)}".rstrip() if shows else ""
    title = [f"{names[edge.source]} → {names[edge.target]}"]
    if edge.local is not None:
        title.append(f"{'weight' if is_weight else 'local derivative'} = {edge.local!r}")
    if edge.weight_grad is not None:
        title.append(f"∂root/∂weight = {edge.weight_grad!r}")
    if edge.flow is not None:
        title.append(f"gradient that flowed back = {edge.flow!r}")
    if edge.count > 1:
        title.append(f"stands for {edge.count} edges")
    *curve, (x, y) = points
    (a, b) = next(point for point in reversed(curve) if point != (x, y))
    length = math.hypot(x - a, y - b)
    dx, dy = (x - a) / length, (y - b) / length
    tip, wing = 8.0 + width, 3.0 + 0.7 * width
    base = (x - tip * dx, y - tip * dy)
    corners = [
        (x, y),
        (base[0] - wing * dy, base[1] + wing * dx),
        (base[0] + wing * dy, base[1] - wing * dx),
    ]
    end = (x - 0.8 * tip * dx, y - 0.8 * tip * dy)  # the line ends inside the arrowhead
    first, *rest = [f"{px:.1f} {py:.1f}" for px, py in [*curve, end]]
    return (
        f'<g id="e{index}" class="edge{sign}" data-key="{index}" data-source="{edge.source}" '
        f'data-target="{edge.target}" role="img"><title>{_text_lines(title)}</title>'
        f'<path{pen} d="M{first}C{" ".join(rest)}"/>'
        f'<polygon points="{" ".join([f"{px:.1f},{py:.1f}" for px, py in corners])}"/></g>'
    )


Box = tuple[float, float, float, float]  # left, top, right, bottom


def _box(centre: Point, size: Size) -> Box:
    x, y, w, h = *centre, *size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _edge_label(edge: Edge, style: Style) -> list[tuple[str, str]]:
    """Return the pieces of the label of an edge, with their classes."""
    pieces = []
    if style.edges in ("local", "both") and edge.local is not None:
        pieces.append(("local", style.number(edge.local).replace("-", "−")))
    if style.edges in ("flow", "both") and edge.flow is not None:
        gap = " " if pieces else ""
        text = style.number(edge.flow).replace("-", "−")
        pieces.append((_sign(edge.flow) or "flow", f"{gap}← {text}"))
    return pieces


def _place_labels(
    shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style
) -> list[tuple[Box, str] | None]:
    """Return box and text of each label, where on its edge it covers least of what is there."""
    taken = [_box(layout.nodes[key], sizes[key]) for key in layout.nodes]
    labels: list[tuple[Box, str] | None] = []
    for i, (edge, points) in enumerate(zip(shown.edges, layout.edges)):
        pieces = _edge_label(edge, style)
        if not pieces:
            labels.append(None)
            continue
        width = _text_width("".join([text for _, text in pieces]), SIZES["label"])
        size = (width + 4, LINE * SIZES["label"])
        spots = [_box(point, size) for point in _along(points)]
        box = min(spots, key=lambda spot: sum([_overlap(spot, other) for other in taken]))
        taken.append(box)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2 + 0.35 * SIZES["label"]
        inside = "".join([f'<tspan class="{kind}">{_text(text)}</tspan>' for kind, text in pieces])
        text = (
            f'<g class="label" data-edge="{i}"><rect class="background" x="{box[0]:.1f}" '
            f'y="{box[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" rx="4"/>'
            f'<text x="{x:.1f}" y="{y:.1f}" xml:space="preserve">{inside}</text></g>'
        )
        labels.append((box, text))
    return labels


def _along(points: Sequence[Point]) -> list[Point]:
    """Return points on an edge, those in the middle first."""
    curves = len(points) // 3
    middle = sorted(range(curves), key=lambda c: abs(c - (curves - 1) / 2))
    shares = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85)
    return [
        _bezier(points[3 * c : 3 * c + 4], t)
        for t in shares
        for c in sorted(middle[:5], key=lambda c: -_length(points[3 * c : 3 * c + 4]))
    ]


def _length(curve: Sequence[Point]) -> float:
    return math.hypot(curve[3][0] - curve[0][0], curve[3][1] - curve[0][1])


def _bezier(curve: Sequence[Point], t: float) -> Point:
    s = 1.0 - t
    factors = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    return (
        sum([f * x for f, (x, _) in zip(factors, curve)]),
        sum([f * y for f, (_, y) in zip(factors, curve)]),
    )


def _overlap(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


# -- legend ---------------------------------------------------------------------------------------


def _legend(
    shown: Picture, style: Style, x: float, y: float, most: float
) -> tuple[list[str], float]:
    """Return what the marks on the picture mean, as one line below it, and its width."""
    has_flow = any(edge.flow is not None for edge in shown.edges)
    parts: list[tuple[str, str]] = []
    if style.edges in ("local", "both") and any(edge.local is not None for edge in shown.edges):
        what = "weight" if shown.detail == "neuron" else "local derivative"
        parts.append(("", f"on edges: {what}"))
    if style.edges in ("flow", "both") and has_flow:
        parts.append(("", "←: gradient that flowed back"))
    if style.gradients and has_flow:
        parts.append(("positive", "positive"))
        parts.append(("negative", "negative gradient"))
        parts.append(("", f"widest: {style.number(most)}".replace("-", "−")))
    size, start, pieces = SIZES["legend"], x, []
    for sign, text in parts:
        if sign:
            pieces.append(
                f'<g class="edge {sign}"><path style="stroke-width:5" d="M{x:.1f} {y:.1f}h22"/></g>'
            )
            x += 28
        pieces.append(
            f'<text class="faint" text-anchor="start" x="{x:.1f}" y="{y + 0.35 * size:.1f}">'
            f"{_text(text)}</text>"
        )
        x += _text_width(text, size) + 18
    return (['<g class="legend">', *pieces, "</g>"] if pieces else []), x - start - 18
