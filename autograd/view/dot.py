r"""Pictures through Graphviz: a graph in the DOT language.

Labels may hold any text. Graphviz gives a meaning to backslashes, quotes, and, at the start of
a label, to <; all of that is escaped here, so that it shows as it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from autograd.value import Value

from .picture import Detail, Edge, Node, picture

if TYPE_CHECKING:
    import graphviz

# Okabe and Ito's palette, which colour-blind readers can tell apart, lightened for black text
FILL: Final = {
    "input": "#cfe8f7",
    "parameter": "#fde2a7",
    "leaf": "#fde2a7",
    "constant": "#eeeeee",
    "operation": "#ffffff",
    "output": "#bfe3d5",
    "unit": "#ffffff",
    "layer": "#ffffff",
}
FONT: Final = "Helvetica,Arial,sans-serif"
LARGEST: Final = 2000  # nodes and edges; beyond it the layout takes minutes and nobody can read it


def to_dot(
    root: Value,
    *,
    detail: Detail = "scalar",
    notation: str = "prml",
    strongest: int | None = None,
    digits: int = 4,
    rankdir: str = "LR",
) -> graphviz.Digraph:
    """Return the graph of `root` as a `graphviz.Digraph`.

    Before ``backward()`` no gradients are shown. Afterwards every node shows its gradient, and
    edges show what flowed back along them: blue is positive, orange negative, wide is much.

    Parameters
    ----------
    root : Value
    detail : {"scalar", "neuron", "layer"}
    notation : {"prml", "nielsen", "wikipedia"}
        See `picture`.
    strongest : int, optional
        Draw only so many edges, those along which the most gradient flowed.
    digits : int
        Significant digits of numbers.
    rankdir : {"LR", "TB"}
        From left to right, or from top to bottom.

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
    try:
        import graphviz
    except ImportError:
        raise ImportError("pictures in DOT need a package: pip install graphviz") from None
    shown = picture(root, detail, notation)
    caption = ""
    if strongest is not None and len(shown.edges) > strongest:
        caption = f"the {strongest} of {len(shown.edges)} edges with the largest gradient flow"
        shown = shown.strongest(strongest)
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
    graph.attr("graph", fontname=FONT, label=caption, labelloc="t")
    graph.attr("node", fontname=FONT, fontsize="12", style="filled,rounded", shape="box")
    graph.attr("edge", arrowsize="0.6", tailport=out, headport=into)
    for node in shown.nodes:
        graph.node(f"n{node.key}", _label(node, digits), fillcolor=FILL[node.kind])
    most = max([abs(edge.flow or 0.0) for edge in shown.edges], default=0.0)
    for edge in shown.edges:
        graph.edge(f"n{edge.source}", f"n{edge.target}", **_style(edge, most, digits))
    return graph


def _style(edge: Edge, most: float, digits: int) -> dict[str, str]:
    """Return colour and width after sign and size of the gradient that flowed along the edge."""
    if not edge.flow:
        return {"color": "#999999"}
    share = min(abs(edge.flow) / most, 1.0)
    text = f"gradient flow {edge.flow:.{digits}g}"
    if edge.weight_grad is not None:
        text = f"w = {edge.local:.{digits}g}, ∂E/∂w = {edge.weight_grad:.{digits}g}; {text}"
    elif edge.local is not None:
        text = f"local {edge.local:.{digits}g}, {text}"
    return {
        "color": "#0072B2" if edge.flow > 0 else "#D55E00",
        "penwidth": f"{0.3 + 3.0 * share:.2f}",
        "edgetooltip": text,
    }


def _label(node: Node, digits: int) -> str:
    name = " = ".join([text for text in (escaped(node.title), escaped(node.symbol)) if text])
    facts = [f"{what} {number:.{digits}g}".strip() for what, number in node.facts]
    return "\\n".join([line for line in (name, *facts) if line])


def escaped(text: str) -> str:
    """Return text so that Graphviz shows it as it is, on one line."""
    visible = "".join([c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text])
    return visible.replace("\\", "\\\\")
