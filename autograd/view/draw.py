"""`draw`: the picture of a graph, in a notebook, in a file and in a terminal."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autograd.choices import one_of
from autograd.core import topological_order
from autograd.files import write
from autograd.quoting import short
from autograd.value import Value

from .dot import digraph, dot_layout
from .embed import embedded
from .geometry import Size
from .labels import arranged, labelled
from .layout import PAGE, Layout
from .measure import is_compact, label_sizes, measure, text_width
from .picture import Detail, Picture, picture
from .style import SIZES, Style
from .svg import Svg, escaped
from .text import Format, number_format, rows

if TYPE_CHECKING:
    import graphviz

FORMATS: Final = (".svg", ".png", ".pdf", ".dot")
CONVERTERS: Final = {"png": "resvg_py", "pdf": "cairosvg"}
MOST_NODES: Final = 1000  # more fit on no screen
MOST_EDGES: Final = 4000
MOST_LABELS: Final = 40  # on edges, unless asked for


def draw(
    root: Value,
    detail: Detail = "scalar",
    *,
    notation: str = "prml",
    edges: str = "auto",
    gradients: bool = False,
    digits: int | Format = 4,
    rankdir: str = "LR",
    theme: str = "auto",
    layout: str = "builtin",
) -> Drawing:
    """Draw the graph of `root`: end a notebook cell with it, save it, or print it.

    The drawing is a snapshot. It changes neither data nor gradients, and a later ``backward()``
    does not change it. Before ``backward()`` it shows no gradients, which differs from 0.

    Numbers of the backward pass are violet. What a node is shows in its shape: inputs of a network
    are tags, parameters octagons, other leaves rectangles, constants dashed, units circles, layers
    stacks; the result has a double outline. Numbers that are not finite are hatched, and a flag
    marks where that began in each pass.

    Parameters
    ----------
    root : Value
    detail : {"scalar", "neuron", "layer"}
        "scalar" shows every number. "neuron" shows a network as textbooks do, with units as
        circles, δ in them and weights on the connections; "layer" shows a box for each layer,
        with the norm of the gradients that flowed back between them.
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have.
    edges : {"auto", "none", "local", "flow", "both"}
        What is written on edges: the local derivative (between units that is the weight); after
        ``backward()`` the gradient that flowed back, which is local · upstream; or both. "auto"
        is "local" where up to 40 edges leave room for it.
    gradients : bool
        Show sign and magnitude of gradients at a glance, in the lines and in a bar in each node:
        blue is positive, orange negative, wide is much (the cube root of the magnitude). Lines
        that stand for several gradients are grey, and as wide as the norm of these.
    digits : int or function
        Significant digits of numbers, or a function from a number to text. Tooltips have all
        digits.
    rankdir : {"LR", "TB"}
        From left to right, or from top to bottom.
    theme : {"auto", "light", "dark"}
        "auto" follows the reader's system.
    layout : {"builtin", "dot"}
        What computes positions: this package, or the program `dot` of Graphviz.

    Returns
    -------
    Drawing

    Raises
    ------
    ValueError
        If an option is none of these, or the picture would have more than 1000 nodes or 4000
        edges; the message says which level of detail to use.
    TypeError
        If `root` is not a `Value`.
    RuntimeError
        If `layout` is "dot" and Graphviz is missing or fails.

    Examples
    --------
    >>> a = Value(1.5, label="a")
    >>> b = Value(-2.2, label="b")
    >>> loss = (a * b + a**2).tanh()
    >>> loss.backward()
    >>> drawing = draw(loss, edges="both", gradients=True)
    >>> drawing
    Drawing(7 nodes, 7 edges)
    >>> print(draw(loss))
    a              1.5      grad 0.311
    b              -2.2     grad 0.5832
    v₁ = a * b     -3.3     grad 0.3888
    v₂ = a ** 2    2.25     grad 0.3888
    v₃ = v₁ + v₂   -1.05    grad 0.3888
    v₄ = tanh(v₃)  -0.7818  grad 1
    """
    if not isinstance(root, Value):
        raise TypeError(f"draw() takes one Value, got {type(root).__name__}; draw one of them")
    one_of("edges", edges, ("auto", "none", "local", "flow", "both"))
    one_of("rankdir", rankdir, ("LR", "TB"))
    one_of("theme", theme, ("auto", "light", "dark"))
    one_of("layout", layout, ("builtin", "dot"))
    number = number_format(digits)
    if detail == "scalar":
        _check_size(len(topological_order(root)), MOST_NODES, "nodes", detail)
    shown = picture(root, detail, notation)
    _check_size(len(shown.nodes), MOST_NODES, "nodes", detail)
    _check_size(len(shown.edges), MOST_EDGES, "edges", detail)
    listed = edges
    if edges == "auto":
        edges = "local" if len(shown.edges) <= MOST_LABELS else "none"
        listed = edges if detail == "neuron" else "none"
    style = Style(number, edges, listed, gradients, theme, rankdir, is_compact(shown))
    return Drawing(shown, style, layout)


def _check_size(count: int, limit: int, what: str, detail: str) -> None:
    if count <= limit:
        return
    advice = {
        "scalar": 'use detail="neuron" or detail="layer" if it comes from a network of nn, or '
        "draw a part of it",
        "neuron": 'use detail="layer", or fewer samples',
        "layer": "draw a part of it",
    }
    raise ValueError(
        f'at detail="{detail}" the picture would have {count} {what}, more than {limit}; '
        f"{advice[detail]}"
    )


class Drawing:
    """A picture of a graph as it was when `draw` was called.

    Attributes
    ----------
    picture : Picture
        What it shows, as plain data.
    style : Style
        How it shows it.
    """

    def __init__(
        self, shown: Picture, style: Style, layout: str = "builtin", page: Size = PAGE
    ) -> None:
        self.picture = shown
        self.style = style
        self._page = page  # that the built-in layout fits the picture into, if it can
        self._sizes = measure(shown, style)
        self._program = shutil.which("dot") if layout == "dot" else None
        if layout == "dot" and self._program is None:
            raise RuntimeError(
                "the program `dot` of Graphviz is not installed (https://graphviz.org/download); "
                'layout="builtin" draws without it'
            )

    @cached_property
    def layout(self) -> Layout:
        """Positions of nodes, edges and labels."""
        if self._program is None:
            return arranged(self.picture, self._sizes, self.style, self._page)
        sizes = [size for edge in self.picture.edges for size in label_sizes(edge, self.style)]
        widest = max([width for width, _ in sizes], default=0.0)
        rankdir = self.style.rankdir
        gap = 50.0 + (widest if rankdir == "LR" else 40.0 * bool(widest))
        found = dot_layout(self._program, self.picture, self._sizes, rankdir=rankdir, gap=gap)
        if found is None:
            raise RuntimeError('`dot` failed to lay the graph out; use layout="builtin"')
        return labelled(self.picture, found, self._sizes, self.style)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return self.rendered().text

    def rendered(self, renderer: type[Svg] = Svg, **style: Any) -> Svg:
        """Return the picture as SVG of some kind, with other entries of its style."""
        return renderer(self.picture, self.layout, self._sizes, replace(self.style, **style))

    def to_dot(self) -> graphviz.Digraph:
        """Return the picture as a `graphviz.Digraph`."""
        return digraph(self.picture, self.style.number, self.style.rankdir)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file; a file that is there is replaced at once or not at all.

        Parameters
        ----------
        path : path
            Ends in .svg, .png, .pdf or .dot.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If it ends in something else.
        ImportError
            If a PNG or PDF is asked for, and neither Graphviz nor the package for it is there:
            resvg_py or cairosvg.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in FORMATS:
            raise ValueError(f"pictures end in one of {', '.join(FORMATS)}, got {short(path.name)}")
        if suffix == ".svg":
            content = f"{self.svg}\n".encode()
        elif suffix == ".dot":
            content = self.to_dot().source.encode()
        else:
            content = self._converted(suffix[1:])
        write(path, content)
        return path

    def _converted(self, suffix: str) -> bytes:
        """Return the picture as PNG or PDF."""
        package = CONVERTERS[suffix]
        if find_spec(package) is None:
            if shutil.which("dot") is None:
                raise ImportError(
                    f"a picture as {suffix.upper()} needs a package: pip install {package} "
                    "(or the program `dot` of Graphviz); .svg needs neither"
                )
            return bytes(self.to_dot().pipe(suffix))
        theme = "dark" if self.style.theme == "dark" else "light"
        if suffix == "png":
            svg = self.rendered(theme=theme).text
            return bytes(import_module(package).svg_to_bytes(svg_string=svg, zoom=2.0))
        svg = self.rendered(_PaperSvg, theme=theme).text
        return bytes(import_module(package).svg2pdf(bytestring=svg.encode()))

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        drawn = self.rendered()
        html = embedded(drawn.text, repr(self), drawn.least)
        return {"text/html": html, "image/svg+xml": drawn.text, "text/plain": str(self)}

    def __str__(self) -> str:
        return rows(self.picture, self.style.number, self.style.listed)

    def __repr__(self) -> str:
        return f"Drawing({len(self.picture.nodes)} nodes, {len(self.picture.edges)} edges)"


class _PaperSvg(Svg):
    """SVG for cairosvg: it looks for a character in one font, and centres lines of one piece."""

    font = "DejaVu Sans"

    def head(self, title: str, symbol: str) -> str:
        return f"<tspan>{' '.join(filter(None, (title, symbol)))}</tspan>"

    def row(self, pieces: list[tuple[str, str]], x: float, y: float) -> str:
        widths = [text_width(text, SIZES["label"]) for _, text in pieces]
        left, texts = x - sum(widths) / 2, []
        for (kind, text), width in zip(pieces, widths):
            texts.append(self.words(escaped(text), left + width / 2, y, class_=kind))
            left += width
        return "".join(texts)
