"""A picture as one self-contained SVG: no script, no font and no link from elsewhere.

Every node is a group with the id ``n<key>`` and every edge one with the id ``e<index>``, so that a
page around the picture can find them; what is not finite has the class ``nonfinite``, and where
that began ``culprit``. What differs where a picture goes elsewhere is in subclasses of `Svg`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final
from xml.sax.saxutils import escape, quoteattr

from autograd.quoting import visible

from .geometry import Box, Point, Size, box_of, direction_back, is_straight
from .labels import left_out
from .layout import Layout
from .legend import GAP, SWATCH, Entry, broken, entries
from .measure import (
    BAR,
    FLAG,
    FLAGS,
    HATCHED,
    LINE,
    Line,
    edge_label,
    flag_width,
    is_circle,
    label_lines,
    node_lines,
    symbol_of,
)
from .picture import Edge, Node, Picture
from .scale import Scale, flowed, is_folded, sign_of
from .style import LEAST, LINE_WIDTH, SIZES, Style, css, hatch
from .text import caption, shortened

MARGIN: Final = 12.0
ROW: Final = 1.5 * SIZES["legend"]  # height of a line of the legend


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
        self._scale = Scale(shown)
        bars = [sizes[node.key][0] for node in shown.nodes if node.grad is not None]
        self._longest = 0.42 * min(bars, default=0.0) - 6  # bar
        missing = len(left_out(shown, layout.labels, style))
        arrows = {
            direction_back(points, style.rankdir, box)
            for edge, points, box in zip(shown.edges, layout.edges, layout.labels)
            if box is not None and flowed(edge) is not None
        }
        back = " ".join(sorted(arrows, key="←→↑↓".index)) or "←"
        self._entries = entries(shown, style, self._scale, missing, back)

    @cached_property
    def box(self) -> Box:
        """Left, top, right and bottom of the picture, margins and legend included."""
        boxes = [box_of(self.layout.nodes[key], self.sizes[key]) for key in self.layout.nodes]
        boxes += [(x, y, x, y) for points in self.layout.edges for x, y in points]
        boxes += [box for box in self.layout.labels if box is not None]
        lefts, tops, rights, bottoms = zip(*boxes)
        left, top = min(lefts) - MARGIN, min(tops) - MARGIN
        right, bottom = max(rights) + MARGIN, max(bottoms) + MARGIN
        lines = broken(self._entries, right - left - 2 * MARGIN)
        widths = [sum([entry.width + GAP for entry in line]) - GAP for line in lines]
        right = max(right, left + max(widths, default=0.0) + 2 * MARGIN)
        return left, top, right, bottom + ROW * len(lines)

    @property
    def least(self) -> int:
        """The width below which the smallest text would be too small to read."""
        left, _, right, _ = self.box
        return round((right - left) * LEAST / min(SIZES.values()))

    @cached_property
    def text(self) -> str:
        """The picture as SVG."""
        shown, theme = self.shown, self.style.theme
        left, top, right, bottom = self.box
        width, height = right - left, bottom - top
        count = f"{len(shown.nodes)} nodes and {len(shown.edges)} edges"
        last = self._names[shown.nodes[-1].key]
        description = f"Graph with {count}, from the leaves to {last}."
        edges = sorted(enumerate(shown.edges), key=lambda x: self._scale.width(x[1]))
        place = " ".join(map(self.px, (left, top, width, height)))
        return self.between.join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="deltarule {theme}" role="group" '
                f'aria-label={quoteattr(visible(description))} viewBox="{place}" '
                f'width="{width:.0f}" height="{height:.0f}" '
                f'style="--least:{self.least}px" '
                f'font-family="{self.font}" text-anchor="middle">',
                self.tag("title", "Computation graph") + self.tag("desc", escaped(description)),
                f"<style>{css(theme)}</style>",
                self._rect(self.box, class_="background", rx=8),
                self._hatch(),
                '<g class="edges">',
                *[self._edge(i, edge) for i, edge in edges],
                '</g><g class="labels">',
                *[self._label(i, box) for i, box in enumerate(self.layout.labels) if box],
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

    def pieces(self, index: int, box: Box) -> list[tuple[str, str]]:
        back = direction_back(self.layout.edges[index], self.style.rankdir, box)
        return edge_label(self.shown.edges[index], self.style, back)

    def head(self, title: str, symbol: str) -> str:
        """Return the first line of a node: its name, which is bold, and its operation."""
        rest = f" <tspan>{symbol}</tspan>" if title and symbol else ""
        return f"<tspan>{title or symbol}</tspan>{rest}"

    def row(self, pieces: list[tuple[str, str]], x: float, y: float) -> str:
        """Return pieces of text, each with its class, in one line."""
        inside = [self.tag("tspan", escaped(text), class_=kind) for kind, text in pieces]
        return self.words("".join(inside), x, y)

    def _rect(self, box: Box, **attributes: object) -> str:
        left, top, right, bottom = box
        place = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        kind = attributes.pop("class_", "shape")
        return self.tag("rect", class_=kind, **place, **attributes)

    def words(self, inside: str, x: float, y: float, **attributes: object) -> str:
        return self.tag("text", inside, **attributes, x=x, y=y, **{"xml:space": "preserve"})

    # -- nodes -----------------------------------------------------------------------------

    def _node(self, node: Node) -> str:
        x, y = self.layout.nodes[node.key]
        lines = self.lines(node)
        has_bar = self.style.gradients and node.grad is not None
        height = LINE * sum([SIZES[line.kind] for line in lines])
        top = y - (height + BAR * has_bar + FLAG * bool(node.culprit)) / 2
        baseline = top + FLAG * bool(node.culprit)
        texts = []
        for line in lines:
            baseline += LINE * SIZES[line.kind]
            at = baseline - 0.32 * SIZES[line.kind]
            if line.kind == "name":
                name = shortened(node.title, 18)
                inside = self.head(escaped(name), escaped(symbol_of(node)))
                texts.append(self.words(inside, x, at, class_=line.kind))
            else:
                texts.append(self.words(escaped(line.text), x, at, class_=line.kind))
        marks = [*["nonfinite"] * (not node.is_finite), *["culprit"] * bool(node.culprit)]
        return self.tag(
            "g",
            self.tag("title", "\n".join(map(escaped, _facts(node)))),
            self._shape(node),
            *texts,
            self._bar(node.grad, x, baseline + 2) if has_bar else "",
            *self._flags(node, x, top),
            id=f"n{node.key}",
            class_=" ".join(["node", node.kind, *marks]),
            role="img",
        )

    def _shape(self, node: Node) -> str:
        """Return the outline; it touches the middles of all sides of its box."""
        (x, y), (w, h) = self.layout.nodes[node.key], self.sizes[node.key]
        if not node.is_finite:  # with its wide outline it is within its size
            w, h = w - HATCHED, h - HATCHED
        left, top, right, bottom = box = box_of((x, y), (w, h))
        if is_circle(node, self.style):
            radii = [w / 2, w / 2 - 5] if node.kind == "output" else [w / 2]
            kinds = ("shape", "shape inner")
            return "".join(
                [self.tag("circle", class_=kind, cx=x, cy=y, r=r) for kind, r in zip(kinds, radii)]
            )
        if node.kind == "output":
            inside = left + 4, top + 4, right - 4, bottom - 4
            return self._rect(box, rx=10) + self._rect(inside, class_="shape inner", rx=7)
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
            pen["rx"] = min(h / 2, 12.0)
        return self._rect(box, **pen)

    def _polygon(self, corners: Sequence[Point], **attributes: object) -> str:
        points = " ".join([f"{self.px(x)},{self.px(y)}" for x, y in corners])
        return self.tag("polygon", **attributes, points=points)

    def _bar(self, grad: float | None, x: float, y: float) -> str:
        """Return the bar of a gradient: to the right if positive, to the left if negative."""
        length = max(self._scale.share(grad) * self._longest, 1.0 if sign_of(grad) else 0.0)
        start = x - length if sign_of(grad) == "negative" else x
        pen = f"bar {sign_of(grad)}".rstrip()
        bar = self.tag("rect", class_=pen, x=start, y=y, width=length, height="5")
        return bar + self.tag("line", class_="axis", x1=x, x2=x, y1=y - 1, y2=y + 6)

    def _flags(self, node: Node, x: float, top: float) -> list[str]:
        """Return the marks of the first number that is not finite in each pass, in a row."""
        size, flags = SIZES["legend"], []
        left = x - sum([flag_width(culprit) for culprit in node.culprit]) / 2
        for culprit in node.culprit:
            right = left + flag_width(culprit)
            words = {"font_size": f"{size:g}", "x": (left + right) / 2, "y": top + 7 + 0.35 * size}
            flags.append(
                self.tag(
                    "g",
                    self.tag("title", f"the first number that is not finite in the {culprit} pass"),
                    self._rect((left + 2, top, right - 2, top + 14), class_="banner", rx=3),
                    self.tag("text", FLAGS[culprit], **words),
                    class_="flag back" if culprit == "backward" else "flag",
                )
            )
            left = right
        return flags

    def _hatch(self) -> str:
        """Return the pattern of what is not finite, also for a page where that can come later."""
        side = {"width": 6, "height": 6}
        inside = self.tag("rect", class_="background", **side)
        inside += self.tag("path", class_="hatching", d="M0 0V6")
        turn = {"patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
        return self.tag("pattern", inside, id=hatch(self.style.theme), **side, **turn)

    # -- edges -----------------------------------------------------------------------------

    def _edge(self, index: int, edge: Edge) -> str:
        shows = self.style.gradients and flowed(edge) is not None
        width = self._scale.width(edge) if shows else LINE_WIDTH
        pen = {"style": f"stroke-width:{width:.1f}"} if shows else {}
        sign = sign_of(edge.flow) if shows else ""
        mark = sign if edge.is_finite else "nonfinite"
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
            self._polygon(corners, class_="arrow"),
            id=f"e{index}",
            class_=f"edge {mark}".rstrip(),
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
        if is_folded(edge):
            lines.append(f"stands for {edge.count} edges between numbers")
            named["norm ‖·‖ of the gradients that flowed back"] = edge.norm
        return [*lines, *[f"{name} = {x!r}" for name, x in named.items() if x is not None]]

    def _label(self, index: int, box: Box) -> str:
        pieces = self.pieces(index, box)
        covered = label_lines(self.shown.edges[index], self.style, box)
        rows = [pieces]
        if len(covered) > 1:  # a line for each piece
            rows = [[(kind, text.strip())] for kind, text in pieces]
        inside = []
        for row, line in zip(rows, covered):
            left, top, right, bottom = line
            baseline = (top + bottom) / 2 + 0.36 * SIZES["label"]
            inside.append(self._rect(line, class_="background", rx=4))
            inside.append(self.row(row, (left + right) / 2, baseline))
        return self.tag("g", *inside, class_="label", data_edge=index)

    # -- legend ----------------------------------------------------------------------------

    def _legend(self) -> list[str]:
        """Return the lines below the picture."""
        left, _, right, bottom = self.box
        lines = broken(self._entries, right - left - 2 * MARGIN)
        if not lines:
            return []
        pieces = []
        for i, line in enumerate(lines):
            x, y = left + MARGIN, bottom - ROW * (len(lines) - i - 0.4)
            for entry in line:
                pieces.append(self._entry(entry, x, y))
                x += entry.width + GAP
        return [f'<g class="legend" data-height="{ROW * len(lines):.0f}">', *pieces, "</g>"]

    def _entry(self, entry: Entry, x: float, y: float) -> str:
        swatch = ""
        if entry.pen:
            at = f"M{self.px(x)} {self.px(y - 0.35 * SIZES['legend'])}h22"
            path = self.tag("path", style="stroke-width:5", d=at)
            swatch, x = self.tag("g", path, class_=f"edge {entry.pen}"), x + SWATCH
        pen = {"class_": "flow" if entry.is_back else "faint", "text_anchor": "start"}
        return swatch + self.tag("text", escaped(entry.text), **pen, x=x, y=y)


def escaped(text: str) -> str:
    return escape(visible(text))


def _facts(node: Node) -> list[str]:
    """Return everything about a node, with all digits."""
    head = f"{node.kind} {visible(node.title)}".rstrip()
    head = f"{head}, {node.symbol}" if node.symbol else head
    return [head, *[f"{name or 'value'} = {number!r}" for name, number in node.facts]]
