"""A picture as one self-contained SVG: no script, no font and no link from elsewhere.

What something is shows in its shape and in its colour. Every node is a group with the id
``n<key>`` and every edge one with the id ``e<index>``, so that a page around the picture can find
them. What differs where a picture goes elsewhere is in subclasses of `Svg`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final
from xml.sax.saxutils import escape, quoteattr

from .geometry import Box, Point, Size, box_of, is_straight
from .labels import left_out, place_labels
from .layout import Layout
from .measure import (
    BAR,
    LINE,
    Line,
    edge_label,
    is_circle,
    node_lines,
    sign_of,
    symbol_of,
    text_width,
)
from .picture import Edge, Node, Picture
from .style import LINE_WIDTH, SIZES, Style, css
from .text import caption, shortened, visible

MARGIN: Final = 12.0


class Svg:
    """A picture, laid out with the sizes that `measure` gave.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> from autograd.view.layout import layered
    >>> from autograd.view.measure import measure
    >>> shown, style = picture(Value(2.0, label="a")), Style(str)
    >>> sizes = measure(shown, style)
    >>> print(Svg(shown, layered(shown, sizes), sizes, style).text[:48])
    <svg xmlns="http://www.w3.org/2000/svg" class="d
    """

    font: ClassVar[str] = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
    decimals: ClassVar[int] = 1  # of coordinates
    between: ClassVar[str] = "\n"  # parts of the picture

    def __init__(
        self, shown: Picture, layout: Layout, sizes: Mapping[int, Size], style: Style
    ) -> None:
        self.shown, self.layout, self.sizes, self.style = shown, layout, sizes, style
        self._names = {node.key: caption(node, style.number) for node in shown.nodes}
        self._units = {node.key for node in shown.nodes if node.is_unit}
        self._most_flow = _largest(edge.flow for edge in shown.edges)
        self._most_grad = _largest(node.grad for node in shown.nodes)
        self._labels = place_labels(shown, layout, sizes, style)

    @cached_property
    def box(self) -> Box:
        """Left, top, right and bottom of the picture, margins and legend included."""
        boxes = [box_of(self.layout.nodes[key], self.sizes[key]) for key in self.layout.nodes]
        boxes += [(x, y, x, y) for points in self.layout.edges for x, y in points]
        boxes += [box for box in self._labels if box is not None]
        lefts, tops, rights, bottoms = zip(*boxes)
        left, top = min(lefts) - MARGIN, min(tops) - MARGIN
        right, bottom = max(rights) + MARGIN, max(bottoms) + MARGIN
        if self._meanings:
            widths = [_legend_width(sign, text) for sign, text in self._meanings]
            right = max(right, left + sum(widths) - 18 + 2 * MARGIN)
            bottom += 2 * SIZES["legend"]
        return left, top, right, bottom

    @cached_property
    def text(self) -> str:
        """The picture as SVG."""
        shown, theme = self.shown, self.style.theme
        left, top, right, bottom = self.box
        width, height = right - left, bottom - top
        count = f"{len(shown.nodes)} nodes and {len(shown.edges)} edges"
        last = self._names[shown.nodes[-1].key]
        description = f"Graph with {count}, from the leaves to {last}."
        edges = sorted(enumerate(shown.edges), key=lambda x: _share(x[1].flow, self._most_flow))
        place = " ".join(map(self.px, (left, top, width, height)))
        return self.between.join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="deltarule {theme}" role="group" '
                f'aria-label={quoteattr(visible(description))} viewBox="{place}" '
                f'width="{width:.0f}" height="{height:.0f}" '
                f'font-family="{self.font}" text-anchor="middle">',
                self.tag("title", "Computation graph") + self.tag("desc", escaped(description)),
                f"<style>{css(theme)}</style>",
                self._rect(self.box, class_="background", rx=8),
                '<g class="edges">',
                *[self._edge(i, edge) for i, edge in edges],
                '</g><g class="labels">',
                *[self._label(i, box) for i, box in enumerate(self._labels) if box is not None],
                '</g><g class="nodes">',
                *[self._node(node) for node in shown.nodes],
                "</g>",
                *self._legend(),
                "</svg>",
            ]
        )

    def px(self, x: float) -> str:
        """Return a coordinate."""
        return f"{x:.{self.decimals}f}"

    def tag(self, name: str, *inside: str, **attributes: object) -> str:
        """Return an element; floats are coordinates."""
        texts = [
            f" {key.rstrip('_').replace('_', '-')}="
            f'"{self.px(value) if isinstance(value, float) else value}"'
            for key, value in attributes.items()
        ]
        end = f">{''.join(inside)}</{name}>" if inside else "/>"
        return f"<{name}{''.join(texts)}{end}"

    def lines(self, node: Node) -> list[Line]:
        return node_lines(node, self.style)

    def pieces(self, edge: Edge) -> list[tuple[str, str]]:
        return edge_label(edge, self.style)

    def head(self, title: str, symbol: str) -> str:
        """Return the first line of a node: its name, which is bold, and its operation."""
        rest = f" <tspan>{symbol}</tspan>" if title and symbol else ""
        return f"<tspan>{title or symbol}</tspan>{rest}"

    def _rect(self, box: Box, **attributes: object) -> str:
        left, top, right, bottom = box
        place = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        kind = attributes.pop("class_", "shape")
        return self.tag("rect", class_=kind, **place, **attributes)

    def _words(self, inside: str, x: float, y: float, **attributes: object) -> str:
        return self.tag("text", inside, **attributes, x=x, y=y, **{"xml:space": "preserve"})

    # -- nodes -----------------------------------------------------------------------------

    def _node(self, node: Node) -> str:
        (x, y), (width, _) = self.layout.nodes[node.key], self.sizes[node.key]
        lines = self.lines(node)
        has_bar = self.style.gradients and node.grad is not None
        height = LINE * sum([SIZES[line.kind] for line in lines])
        baseline = y - (height + (BAR if has_bar else 0.0)) / 2
        texts = []
        for line in lines:
            baseline += LINE * SIZES[line.kind]
            at = baseline - 0.32 * SIZES[line.kind]
            inside = escaped(line.text)
            if line.kind == "name":
                name = shortened(node.title, 18)
                inside = self.head(escaped(name), escaped(symbol_of(node)))
            texts.append(self._words(inside, x, at, class_=line.kind))
        return self.tag(
            "g",
            self.tag("title", "\n".join(map(escaped, _facts(node)))),
            self._shape(node),
            *texts,
            self._bar(node.grad, x, baseline + 2, width) if has_bar else "",
            id=f"n{node.key}",
            class_=f"node {node.kind}",
            data_key=node.key,
            role="img",
        )

    def _shape(self, node: Node) -> str:
        """Return the outline; it touches the middles of all sides of its box."""
        (x, y), (w, h) = self.layout.nodes[node.key], self.sizes[node.key]
        left, top, right, bottom = box = box_of((x, y), (w, h))
        if is_circle(node, self.style):
            radii = [w / 2, w / 2 - 5] if node.kind == "output" else [w / 2]
            return "".join([self.tag("circle", class_="shape", cx=x, cy=y, r=r) for r in radii])
        if node.kind == "output":
            inside = left + 4, top + 4, right - 4, bottom - 4
            return self._rect(box, rx=10) + self._rect(inside, rx=7)
        if node.kind == "layer":  # a stack
            behind = self._rect((left + 5, top, right, bottom), rx=3)
            return behind + self._rect((left, top, right - 5, bottom), rx=3)
        if node.kind == "input":  # a tag that points at what it is given to
            c = 12.0
            corners = [(left, top), (right - c, top), (right, y), (right - c, bottom)]
            last = (left, bottom)
            if self.style.rankdir == "TB":
                corners = [(left, top), (right, top), (right, bottom - c), (x, bottom)]
                last = (left, bottom - c)
            return self._polygon([*corners, last], class_="shape")
        if node.kind == "parameter":  # the corners cut off
            c = 10.0
            corners = [
                *[(left + c, top), (right - c, top), (right, top + c), (right, bottom - c)],
                *[(right - c, bottom), (left + c, bottom), (left, bottom - c), (left, top + c)],
            ]
            return self._polygon(corners, class_="shape")
        pen: dict[str, object] = {"stroke_dasharray": "5 4"} if node.kind == "constant" else {}
        if node.kind in ("operation", "unit"):
            pen["rx"] = min(h / 2, 22.0)
        return self._rect(box, **pen)

    def _polygon(self, corners: Sequence[Point], **attributes: object) -> str:
        points = " ".join([f"{self.px(x)},{self.px(y)}" for x, y in corners])
        return self.tag("polygon", **attributes, points=points)

    def _bar(self, grad: float | None, x: float, y: float, width: float) -> str:
        """Return the bar of a gradient: to the right if positive, to the left if negative."""
        length = _share(grad, self._most_grad) * (0.36 * width - 4)
        start = x - length if sign_of(grad) == "negative" else x
        pen = f"bar {sign_of(grad)}"
        bar = self.tag("rect", class_=pen, x=start, y=y, width=length, height="5")
        return bar + self.tag("line", class_="axis", x1=x, x2=x, y1=y - 1, y2=y + 6)

    # -- edges -----------------------------------------------------------------------------

    def _edge(self, index: int, edge: Edge) -> str:
        shows = self.style.gradients and edge.flow is not None
        width = 1.0 + 6.0 * _share(edge.flow, self._most_flow) if shows else LINE_WIDTH
        pen = {"style": f"stroke-width:{width:.1f}"} if shows else {}
        sign = f" {sign_of(edge.flow)}".rstrip() if shows else ""
        *curve, (x, y) = self.layout.edges[index]
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
        return self.tag(
            "g",
            self.tag("title", "\n".join(map(escaped, self._about_edge(edge)))),
            self.tag("path", **pen, d=self._path([*curve, end])),
            self._polygon(corners),
            id=f"e{index}",
            class_=f"edge{sign}",
            data_key=index,
            data_source=edge.source,
            data_target=edge.target,
            role="img",
        )

    def _path(self, points: Sequence[Point]) -> str:
        """Return the curves of an edge in the language of SVG."""
        written = [f"{self.px(x)} {self.px(y)}" for x, y in points]
        parts = [f"M{written[0]}"]
        for i in range(0, len(points) - 1, 3):
            if is_straight(points[i : i + 4]):
                parts.append(f"L{written[i + 3]}")
            else:
                parts.append(f"C{' '.join(written[i + 1 : i + 4])}")
        return "".join(parts)

    def _about_edge(self, edge: Edge) -> list[str]:
        """Return everything about an edge, with all digits."""
        what = "weight" if edge.target in self._units else "local derivative"
        named = {
            what: edge.local,
            "∂root/∂weight": edge.weight_grad,
            "gradient that flowed back": edge.flow,
        }
        lines = [f"{self._names[edge.source]} → {self._names[edge.target]}"]
        lines += [f"{name} = {number!r}" for name, number in named.items() if number is not None]
        return [*lines, f"stands for {edge.count} edges"] if edge.count > 1 else lines

    def _label(self, index: int, box: Box) -> str:
        left, top, right, bottom = box
        pieces = self.pieces(self.shown.edges[index])
        height = LINE * SIZES["label"]
        if bottom - top > 1.5 * height:  # a line for each piece
            rows = [[(kind, text.strip())] for kind, text in pieces]
        else:
            rows = [pieces]
        x, y = (left + right) / 2, (top + bottom - len(rows) * height) / 2 - 0.22 * height
        lines = []
        for row in rows:
            y += height
            inside = [f'<tspan class="{kind}">{escaped(text)}</tspan>' for kind, text in row]
            lines.append(self._words("".join(inside), x, y))
        return self.tag(
            "g",
            self._rect(box, class_="background", rx=4),
            *lines,
            class_="label",
            data_edge=index,
        )

    # -- legend ----------------------------------------------------------------------------

    @cached_property
    def _meanings(self) -> list[tuple[str, str]]:
        """What the marks on the picture mean, each with the class of an edge to show, or none."""
        shown, style = self.shown, self.style
        has_flow = any(edge.flow is not None for edge in shown.edges)
        parts = []
        if style.edges in ("local", "both") and any(e.local is not None for e in shown.edges):
            what = "weight" if shown.detail == "neuron" else "local derivative"
            parts.append(("", f"on edges: {what}"))
        if style.edges in ("flow", "both") and has_flow:
            parts.append(("", "←: gradient that flowed back"))
        if style.gradients and has_flow:
            parts += [("positive", "positive"), ("negative", "negative gradient")]
            parts.append(("", f"widest: {style.number(self._most_flow)}".replace("-", "−")))
        missing = len(left_out(shown, self._labels, style))
        if missing:
            parts.append(("", f"{missing} label{'s' * (missing > 1)} left out: no room"))
        return parts

    def _legend(self) -> list[str]:
        """Return the legend as one line below the picture."""
        if not self._meanings:
            return []
        x, y = self.box[0] + MARGIN, self.box[3] - 2 * SIZES["legend"] + 4
        pieces = []
        for sign, text in self._meanings:
            at = x + _legend_width(sign, "") - 18
            if sign:
                line = f"M{self.px(x)} {self.px(y)}h22"
                path = self.tag("path", style="stroke-width:5", d=line)
                pieces.append(self.tag("g", path, class_=f"edge {sign}"))
            place = {"x": at, "y": y + 0.35 * SIZES["legend"]}
            pen = {"class_": "faint", "text_anchor": "start"}
            pieces.append(self.tag("text", escaped(text), **pen, **place))
            x += _legend_width(sign, text)
        return ['<g class="legend">', *pieces, "</g>"]


def _legend_width(sign: str, text: str) -> float:
    return (28.0 if sign else 0.0) + text_width(text, SIZES["legend"]) + 18


def _largest(numbers: Iterable[float | None]) -> float:
    """Return the largest finite magnitude; 0.0 if there is none."""
    return max([abs(x) for x in numbers if x is not None and math.isfinite(x)], default=0.0)


def _share(number: float | None, most: float) -> float:
    """Return the share that is drawn of a magnitude: its root, so that small ones show, too."""
    if not number or math.isnan(number):
        return 0.0
    return math.sqrt(min(abs(number) / most, 1.0)) if most else 1.0


def escaped(text: str) -> str:
    return escape(visible(text))


def _facts(node: Node) -> list[str]:
    """Return everything about a node, with all digits."""
    name = visible(node.title) or ("" if node.symbol else f"v{node.key}")
    kind = f"{node.kind} {name}" if name else node.kind
    head = f"{kind}, {node.symbol}" if node.symbol else kind
    return [head, *[f"{name or 'value'} = {number!r}" for name, number in node.facts]]
