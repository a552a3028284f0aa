r"""Graphviz: a graph in the DOT language, and layouts computed by the program `dot`.

Labels may hold any text. Graphviz gives a meaning to backslashes, &, and, at the start of a
label, to <; all of that is escaped here, so that it shows as it was written.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from autograd.quoting import visible
from autograd.value import Value

from .geometry import Point, Size
from .layout import Layout
from .picture import Detail, Edge, Node, Picture, picture
from .routing import bows
from .scale import Scale, flowed, is_folded, sign_of
from .style import COLOURS, LIGHT
from .text import Format, number_format

if TYPE_CHECKING:
    import graphviz

FONT: Final = "Helvetica,Arial,sans-serif"
LARGEST: Final = 2000  # nodes and edges; beyond it the layout takes minutes and nobody can read it
PATIENCE: Final = 20.0  # seconds that `dot` may take
POINTS: Final = 72.0  # Graphviz measures nodes in inches and positions in points
SHAPES: Final[dict[str, dict[str, str]]] = {  # of nodes, where Graphviz has one like ours
    "input": {"shape": "cds"},
    "parameter": {"shape": "octagon"},
    "leaf": {},
    "constant": {"style": "filled,dashed"},
    "operation": {"style": "filled,rounded"},
    "output": {"style": "filled,rounded", "peripheries": "2"},
    "unit": {"shape": "ellipse"},
    "layer": {"shape": "box3d"},
}


def to_dot(
    root: Value,
    *,
    detail: Detail = "scalar",
    notation: str = "prml",
    strongest: int | None = None,
    digits: int | Format = 4,
    rankdir: str = "LR",
) -> graphviz.Digraph:
    """Return the graph of `root` as a `graphviz.Digraph`, to style and to render yourself.

    Before ``backward()`` no gradients are shown. Afterwards every node shows its gradient, and
    edges show what flowed back along them: blue is positive, orange negative, wide is much; grey
    stands for several, whose norm it shows. Dashed is what is not finite.

    Parameters
    ----------
    root, detail, notation, digits, rankdir
        As for `draw`.
    strongest : int, optional
        Draw only so many edges, those along which the most gradient flowed.

    Returns
    -------
    graphviz.Digraph
        Its `source` is the DOT text; rendering it needs the program `dot` of Graphviz.

    Raises
    ------
    ImportError
        If the package `graphviz` is missing.
    ValueError
        If the picture would have more than 2000 nodes and edges.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> to_dot(a * a).source.count("n0 -> n1")
    2
    """
    shown = picture(root, detail, notation)
    note = ""
    if strongest is not None and len(shown.edges) > strongest:
        note = f"the {strongest} of {len(shown.edges)} edges with the largest gradient flow"
        shown = shown.strongest(strongest)
    return digraph(shown, number_format(digits), rankdir, note)


def digraph(shown: Picture, number: Format, rankdir: str, note: str = "") -> graphviz.Digraph:
    """Return a picture as a `graphviz.Digraph`; see `to_dot`."""
    try:
        import graphviz
    except ImportError:
        raise ImportError("pictures in DOT need a package: pip install graphviz") from None
    size = len(shown.nodes) + len(shown.edges)
    if size > LARGEST:
        raise ValueError(
            f"the picture would have {size} nodes and edges, more than {LARGEST}; draw a part of "
            "the graph, or a smaller network"
        )
    graph = graphviz.Digraph()
    out, into = ("e", "w") if rankdir == "LR" else ("s", "n")
    spread, lines = ("2", "line") if len(shown.edges) > 60 else ("0.6", "true")
    graph.attr("graph", rankdir=rankdir, splines=lines, ranksep=spread, nodesep="0.15")
    graph.attr("graph", fontname=FONT, label=note, labelloc="t")
    graph.attr("node", fontname=FONT, fontsize="12", style="filled", shape="box")
    graph.attr("edge", arrowsize="0.6", tailport=out, headport=into)
    for node in shown.nodes:
        label = graphviz.nohtml(_label(node, number))
        graph.node(f"n{node.key}", label, **_outline(node))
    scale = Scale(shown)
    for edge in shown.edges:
        graph.edge(f"n{edge.source}", f"n{edge.target}", **_pen(edge, scale, number))
    return graph


def _outline(node: Node) -> dict[str, str]:
    """Return the shape of a kind; dashed and thick is what holds a number that is not finite."""
    line, fill, *_ = COLOURS[node.kind]
    found = {"color": line, "fillcolor": fill, **SHAPES[node.kind]}
    if not node.is_finite:
        found |= {"style": f"{found.get('style', 'filled')},dashed", "penwidth": "3"}
    if node.culprit:
        passes = " and the ".join(node.culprit)
        found["tooltip"] = f"the first number that is not finite in the {passes} pass"
    return found


def _pen(edge: Edge, scale: Scale, number: Format) -> dict[str, str]:
    """Return colour and width after sign and size of the gradient that flowed along the edge."""
    flow = flowed(edge)
    if flow is None:
        return {"color": LIGHT.line}
    text = f"gradient flow {number(flow)}"
    if is_folded(edge):
        text = f"norm of {edge.count} gradients {number(flow)}"
    if edge.weight_grad is not None and edge.local is not None:
        text = f"w = {number(edge.local)}, ∂E/∂w = {number(edge.weight_grad)}; {text}"
    elif edge.local is not None:
        text = f"local {number(edge.local)}, {text}"
    colours = {"positive": LIGHT.positive, "negative": LIGHT.negative, "": LIGHT.line}
    found = {
        "color": colours[sign_of(edge.flow)],
        "penwidth": f"{scale.width(edge) / 2:.2f}",
        "edgetooltip": escaped(text),
    }
    return found if edge.is_finite else found | {"color": LIGHT.text, "style": "dashed"}


def _label(node: Node, number: Format) -> str:
    name = " = ".join([text for text in (escaped(node.title), escaped(node.symbol)) if text])
    facts = [escaped(f"{what} {number(value)}".strip()) for what, value in node.facts]
    facts += [f"first in the {culprit} pass" for culprit in node.culprit]
    return "\\n".join([line for line in (name, *facts) if line])


def escaped(text: str) -> str:
    """Return text so that Graphviz shows it as it is, on one line."""
    return visible(text).replace("\\", "\\\\").replace("&", "&amp;")


# -- layouts --------------------------------------------------------------------------------------


def dot_layout(
    program: str, shown: Picture, sizes: Mapping[int, Size], *, rankdir: str, gap: float
) -> Layout | None:
    """Return the layout that Graphviz finds, or None if the program fails or takes too long.

    Graphviz sees sizes and numbers of nodes only, no labels.
    """
    out, into = ("e", "w") if rankdir == "LR" else ("s", "n")
    ends = Counter([("out", edge.source) for edge in shown.edges])
    ends.update([("into", edge.target) for edge in shown.edges])
    gap += 8 * min(max(ends.values(), default=0), 20)  # room for edges that fan out
    lines = [
        f"digraph {{ rankdir={rankdir}; nodesep=0.25; ranksep={gap / POINTS:.3f};",
        f"splines={'line' if shown.detail == 'neuron' else 'true'};",
        *(["ordering=in;"] if shown.detail == "neuron" else []),
        'node [shape=box, fixedsize=true, label=""];',
        f"edge [dir=none, tailport={out}, headport={into}];",
    ]
    for node in shown.nodes:
        width, height = sizes[node.key]
        lines.append(f"{node.key} [width={width / POINTS:.4f}, height={height / POINTS:.4f}];")
    for i, edge in enumerate(shown.edges):
        lines.append(f"{edge.source} -> {edge.target} [id={i}];")
    try:
        done = subprocess.run(
            [program, "-Tjson"],
            input="\n".join([*lines, "}"]),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=True,
        )
        answer = json.loads(done.stdout)
        nodes = {int(node["name"]): _point(node["pos"]) for node in answer["objects"]}
        routes = {int(edge["id"]): edge["pos"].split() for edge in answer.get("edges", ())}
        edges = [list(map(_point, routes[i])) for i in range(len(shown.edges))]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError):
        return None
    if len(nodes) < len(shown.nodes):
        return None
    first: dict[tuple[int, int], list[Point]] = {}
    for i, (edge, bow) in enumerate(zip(shown.edges, bows(shown))):
        if bow:  # Graphviz leaves no room for labels between parallel edges
            start, *inner, end = first.setdefault((edge.source, edge.target), edges[i])
            dx, dy = (0.0, bow) if rankdir == "LR" else (bow, 0.0)
            edges[i] = [start, *[(x + dx, y + dy) for x, y in inner], end]
    return Layout(nodes, tuple(map(tuple, edges)))


def _point(text: str) -> Point:
    x, y = text.split(",")[-2:]
    return float(x), -float(y)
