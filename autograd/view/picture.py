"""A graph as plain data: what a picture of it shows, before anybody draws it.

`picture` takes a snapshot: it reads numbers and never changes data or gradients, and what it
returns stays as it is when the graph is used on. Renderers such as `autograd.view.dot` turn it
into DOT, SVG or text.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograd.chain import topological_order
from autograd.operations import dot_
from autograd.value import Value


@dataclass(frozen=True)
class Node:
    """One thing drawn: a number with its name.

    Attributes
    ----------
    key : int
        Names the node in edges.
    kind : {"input", "parameter", "leaf", "constant", "operation", "output"}
    title : str
        Label given by the user or by `nn`; may be empty.
    symbol : str
        Sign of the operation; empty for leaves.
    data : float
    grad : float or None
        ∂root/∂node; None before a backward pass.
    """

    key: int
    kind: str
    title: str
    symbol: str
    data: float
    grad: float | None


@dataclass(frozen=True)
class Edge:
    """What one node gives another.

    Attributes
    ----------
    source, target : int
        Keys of nodes.
    local : float
        ∂target/∂source.
    flow : float or None
        What flowed back along the edge, local · upstream; None before a backward pass.
    weight_grad : float or None
        ∂root/∂w where the edge stands for a weight w, which is then `local`.
    """

    source: int
    target: int
    local: float
    flow: float | None
    weight_grad: float | None = None


@dataclass(frozen=True)
class Picture:
    """Nodes in topological order, and edges."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def strongest(self, count: int) -> Picture:
        """Return the picture with only the edges of largest |flow|, and the nodes they join."""
        by_flow = sorted(self.edges, key=lambda edge: abs(edge.flow or 0.0), reverse=True)
        kept = set(by_flow[:count])
        joined = {key for edge in kept for key in (edge.source, edge.target)}
        return Picture(
            tuple([node for node in self.nodes if node.key in joined]),
            tuple([edge for edge in self.edges if edge in kept]),
        )


def picture(root: Value, *, weights_on_edges: bool = False) -> Picture:
    """Return what a picture of the graph of `root` shows.

    Parameters
    ----------
    root : Value
    weights_on_edges : bool
        Draw the leaves w_i of a `dot` node as edges from its inputs, as in textbooks, and its
        bias as part of it.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> shown = picture(a * a)
    >>> [node.kind for node in shown.nodes], [edge.local for edge in shown.edges]
    (['leaf', 'output'], [2.0, 2.0])
    """
    order = topological_order(root)
    key = {node: i for i, node in enumerate(order)}
    nodes: dict[int, Node] = {}
    edges: list[Edge] = []
    for node in order:
        nodes[key[node]] = _node(node, key[node], root)
        if weights_on_edges and node.operation is dot_ and _weights_are_leaves(node):
            w, x, b = dot_.vectors(node.operands)  # type: ignore[misc]
            for w_i, x_i in zip(w, x):
                edges.append(_edge(key[x_i], key[node], w_i.data, node, _grad(w_i)))
            for leaf in (*w, *b):
                nodes.pop(key[leaf], None)
            continue
        edges += [_edge(key[parent], key[node], local, node) for parent, local in node.edges()]
        if node.parents:
            for i, operand in enumerate(node.operands):
                if not isinstance(operand, Value):
                    constant = len(order) + len(nodes) + i
                    nodes[constant] = Node(constant, "constant", "", "", operand, None)
                    edges.append(Edge(constant, key[node], 0.0, None))
    return Picture(tuple(nodes.values()), tuple(edges))


def _node(node: Value, key: int, root: Value) -> Node:
    symbol = node.operation.symbol if node.operation is not None else ""
    return Node(key, _kind(node, root), node.label, symbol, node.data, _grad(node))


def _grad(node: Value) -> float | None:
    return node.grad if node.has_grad else None


def _kind(node: Value, root: Value) -> str:
    if node is root:
        return "output"
    if node.operation is not None:
        return "operation" if node.parents else "constant"
    if node.place is None:
        return "leaf"
    return "input" if node.place.quantity == "x" else "parameter"


def _edge(
    source: int, target: int, local: float, node: Value, weight_grad: float | None = None
) -> Edge:
    flow = local * node.grad if node.has_grad else None
    return Edge(source, target, local, flow, weight_grad)


def _weights_are_leaves(node: Value) -> bool:
    w, _, b = dot_.vectors(node.operands)  # type: ignore[misc]
    return all(leaf.operation is None for leaf in (*w, *b))
