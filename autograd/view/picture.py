"""A graph as plain data: what a picture of it shows, before anybody draws it.

`picture` takes a snapshot: it reads numbers and never changes data or gradients, and what it
returns stays as it is when the graph is used on. Renderers turn it into SVG, DOT or text.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Literal, get_args

from autograd.choices import one_of
from autograd.core import topological_order
from autograd.operations import dot, mul, softmax
from autograd.value import Value

from .notation import Notation, find_notation
from .units import quantity, sums, units

Detail = Literal["scalar", "neuron", "layer"]


@dataclass(frozen=True)
class Node:
    """One thing drawn: a number, a unit or a layer.

    Attributes
    ----------
    key : int
        Names the node in edges.
    kind : str
        "input", "parameter", "leaf", "constant", "operation", "output"; "unit" and "layer" stand
        for several numbers.
    title : str
        Name in the chosen notation, or the user's label; may be empty.
    symbol : str
        Sign of the operation, name of the activation function of a unit, or "frozen" for a leaf
        that is; may be empty.
    facts : tuple of (name, number)
        What is known about it, most important first. Gradients are there after a backward pass.
    grad : float or None
        ∂root/∂node, δ for a unit; None before a backward pass, and for layers.
    layer, unit : int
        Where a unit, an input or a layer stands in the network; units count from 1, and 0 means
        that the node is none of these.
    """

    key: int
    kind: str
    title: str
    symbol: str
    facts: tuple[tuple[str, float], ...]
    grad: float | None = None
    layer: int = 0
    unit: int = 0

    @property
    def is_unit(self) -> bool:
        """Whether the node stands for a unit, so that edges into it carry weights."""
        return self.unit > 0 and self.kind != "input"


@dataclass(frozen=True)
class Edge:
    """What one node gives another.

    Attributes
    ----------
    source, target : int
        Keys of nodes.
    local : float or None
        ∂target/∂source, which is the weight between units; None between layers.
    flow : float or None
        What flowed back along the edge, local · upstream, summed over all that is folded into it;
        None before a backward pass.
    weight_grad : float or None
        ∂root/∂w where the edge stands for a weight w.
    count : int
        How many edges between numbers it stands for.
    """

    source: int
    target: int
    local: float | None
    flow: float | None
    weight_grad: float | None = None
    count: int = 1


@dataclass(frozen=True)
class Picture:
    """Nodes in topological order, and edges."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    detail: str = "scalar"

    def strongest(self, count: int) -> Picture:
        """Return the picture with only the edges of largest |flow|, and the nodes they join."""
        by_flow = sorted(self.edges, key=lambda edge: abs(edge.flow or 0.0), reverse=True)
        kept = set(by_flow[:count])
        joined = {key for edge in kept for key in (edge.source, edge.target)}
        nodes = tuple([node for node in self.nodes if node.key in joined])
        return replace(self, nodes=nodes, edges=tuple([e for e in self.edges if e in kept]))


def picture(root: Value, detail: Detail = "scalar", notation: str = "prml") -> Picture:
    """Return what a picture of the graph of `root` shows.

    Parameters
    ----------
    root : Value
    detail : {"scalar", "neuron", "layer"}
        "scalar" shows every number. "neuron" shows each unit of a network as one node, with its
        weights on the edges, and "layer" each layer, from the marks that `nn` leaves on nodes.
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have.

    Raises
    ------
    ValueError
        If `detail` or `notation` is none of these.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> shown = picture(a * a)
    >>> [node.kind for node in shown.nodes], [edge.local for edge in shown.edges]
    (['leaf', 'output'], [2.0, 2.0])
    """
    one_of("detail", detail, get_args(Detail))
    names = find_notation(notation)
    order = topological_order(root)
    return _fold(order, names, detail)


# -- which nodes belong together ----------------------------------------------------------------


def groups(order: list[Value], detail: str) -> dict[Hashable, list[Value]]:
    """Return the numbers in each node of a picture, by the number or what they are folded into."""
    owner: dict[Value, Hashable] = {} if detail == "scalar" else _units(order)
    owner = _layers(order, owner) if detail == "layer" else owner
    inside: dict[Hashable, list[Value]] = defaultdict(list)
    for node in order:
        inside[owner.get(node, node)].append(node)
    last = {owner.get(node, node): i for i, node in enumerate(order)}
    return {group: inside[group] for group in sorted(inside, key=last.__getitem__)}


def _units(order: list[Value]) -> dict[Value, Any]:
    """Return for every node of a unit its ("unit", layer, unit), for inputs ("input", i).

    A unit is its pre-activation a, the weights and bias below it with the sums and products in
    between, its activation z, and the steps from a to z.
    """
    owner: dict[Value, Hashable] = {}
    for node in order:
        place = node.place
        if place is not None and place.quantity != "z":
            owner[node] = ("input" if place.quantity == "x" else "unit", place.layer, place.unit)
            if place.quantity == "a":
                owner.update(dict.fromkeys(sums(node), owner[node]))
    for unit in units(order).values():
        owner.update(dict.fromkeys(unit.steps, owner[unit.a]))
    return owner


def _layers(order: list[Value], unit_of: dict[Value, Any]) -> dict[Value, Hashable]:
    """Return for every node its ("layer", l), layer 0 being the inputs, or ("error",)."""
    owner: dict[Value, Hashable] = {}
    for node in order:
        if node.place is not None:
            owner[node] = ("layer", node.place.layer)
        elif node in unit_of:
            owner[node] = ("layer", unit_of[node][1])
        else:
            is_input = all(owner[parent] == ("layer", 0) for parent in node.parents)
            owner[node] = ("layer", 0) if is_input else ("error",)
    owner[order[-1]] = ("error",) if order[-1] not in unit_of else owner[order[-1]]
    if len(set(owner.values())) > 2:  # there are layers: what feeds none of them is no input
        feeding: set[Value] = set()
        for node in reversed(order):
            if owner[node] == ("layer", 0) and node.place is None and node not in feeding:
                owner[node] = ("error",)
            if owner[node] != ("error",):
                feeding.update(node.parents)
    return owner


# -- nodes and edges ----------------------------------------------------------------------------


def _fold(order: list[Value], names: Notation, detail: str) -> Picture:
    """Return the picture in which all numbers of a group are one node."""
    members = groups(order, detail)
    key = {node: i for i, inside in enumerate(members.values()) for node in inside}
    nodes = [
        _number(group, i, order[-1], names)
        if isinstance(group, Value)
        else _group(group, inside, i, order[-1], names)
        for i, (group, inside) in enumerate(members.items())
    ]
    tally: dict[Hashable, list[Any]] = {}  # the fields of each edge
    constants: dict[int, list[Node]] = defaultdict(list)  # by the node that they are given to
    free = len(nodes)
    for node in order:
        row, upstream = node.operation, node.grad if node.has_grad else None
        seen: dict[Value, int] = {}
        for i, (operand, local) in enumerate(zip_longest(node.operands, node.local_gradients())):
            if not isinstance(operand, Value):
                if node in members and _is_shown(node, i):
                    constant = Node(free, "constant", "", "", (("", operand),))
                    constants[key[node]].append(constant)
                    tally[free] = [free, key[node], None, None, None, 1]
                    free += 1
                continue
            ends = key[operand], key[node]
            if ends[0] == ends[1]:
                continue
            weight = weight_at(node, i) if detail == "neuron" else None
            place: Hashable = ends
            flow = None if upstream is None or row is None else row.passed_on(local, upstream)
            if detail == "layer":
                local = None
            else:  # both edges of a * a, and one edge for each weight
                seen[operand] = seen.get(operand, -1) + 1
                place = (*ends, weight if weight is not None else seen[operand])
            fields = tally.get(place)
            if fields is None:
                grad = weight.grad if weight is not None and weight.has_grad else None
                tally[place] = [*ends, local, flow, grad, 1]
                continue
            if fields[2] != local:
                fields[2] = None
            fields[3] = None if fields[3] is None or flow is None else fields[3] + flow
            fields[5] += 1
    placed = [one for node in nodes for one in (*constants[node.key], node)]
    return Picture(tuple(placed), tuple([Edge(*fields) for fields in tally.values()]), detail)


def _is_shown(node: Value, i: int) -> bool:
    """Return whether the constant among the operands is a number, not an index as in softmax."""
    return bool(node.parents) and (node.operation is not softmax or i < len(node.operands) - 1)


def weight_at(node: Value, i: int) -> Value | None:
    """Return the weight that the i-th operand of a node is multiplied with, if there is one."""
    operands = node.operands
    partner = None
    if node.operation is dot:
        n = len(operands) // 2
        partner = operands[i - n] if n <= i < 2 * n else None
    elif node.operation is mul:
        partner = operands[1 - i]
    return partner if isinstance(partner, Value) and quantity(partner) == "w" else None


def _number(node: Value, key: int, root: Value, names: Notation) -> Node:
    """Return the node for a single number."""
    if node is root:
        kind = "output"
    elif node.operation is not None:
        kind = "operation" if node.parents else "constant"
    elif node.place is None:
        kind = "leaf"
    else:
        kind = "input" if node.place.quantity == "x" else "parameter"
    title = names.name(node.place) if node.place is not None else node.label
    symbol = node.operation.symbol if node.operation is not None and node.parents else ""
    symbol = "frozen" if node.operation is None and not node.requires_grad else symbol
    grad = node.grad if node.has_grad else None
    facts = [("", node.data)]
    if grad is not None:
        facts.append(("δ" if quantity(node) == "a" else "grad", grad))
    return Node(key, kind, title, symbol, tuple(facts), grad)


def _group(group: Any, inside: list[Value], key: int, root: Value, names: Notation) -> Node:
    """Return the node for an input, a unit or a layer, of one sample or several."""
    kind: str = group[0]
    if kind == "error":
        facts = [(names.error, root.data), ("operations", float(len(inside)))]
        return Node(key, "output", "error", "", tuple(facts))
    if kind == "layer":
        return _layer(group[1], inside, key, names)
    if kind == "input":
        facts = [("", inside[0].data)] if len(inside) == 1 else [("samples", float(len(inside)))]
        grad = inside[0].grad if len(inside) == 1 and inside[0].has_grad else None
        place = inside[0].place
        title = names.name(place) if place is not None else ""
        return Node(key, "input", title, "", tuple(facts), grad, *group[1:])
    pre = [node for node in inside if quantity(node) == "a"]
    if not pre:  # parameters of a unit that the root does not depend on otherwise
        return Node(key, "parameter", "", "", (("parameters", float(len(inside))),))
    a = pre[0]
    unit = units(inside).get(a)
    z = a if unit is None else unit.z
    assert z.place is not None
    delta = math.fsum([a.grad for a in pre]) if a.has_grad else None
    if len(pre) == 1:
        facts = [(names.activation, z.data)] if z is not a else []
        facts.append((names.pre_activation, a.data))
    else:
        facts = [("samples", float(len(pre)))]
    if delta is not None:
        facts.insert(1, ("δ" if len(pre) == 1 else "Σδ", delta))
    facts += [("b", node.data) for node in inside if quantity(node) == "b"]
    role = "output" if root in (a, z) else "unit"
    symbol = "" if unit is None else unit.symbol
    title = names.name(z.place, None if len(pre) == 1 else z.place.quantity)
    return Node(key, role, title, symbol, tuple(facts), delta, *group[1:])


def _layer(number: int, inside: list[Value], key: int, names: Notation) -> Node:
    places = [node.place for node in inside if node.place is not None]
    pre = [node for node in inside if quantity(node) == "a"]
    width = len({place.unit for place in places})
    if number == 0:
        facts = [("inputs", float(width or len(inside)))]
        return Node(key, "input", "inputs", "", tuple(facts))
    facts = [("units", float(width))]
    samples = len(pre) // width
    if samples > 1:
        facts.append(("samples", float(samples)))
    facts.append(("parameters", float(len([p for p in places if p.quantity in ("w", "b")]))))
    activation = ""
    if pre:
        a = pre[0]
        unit = units(inside).get(a)
        activation = unit.name if unit is not None else a.place.activation if a.place else ""
        if a.has_grad:
            facts.append(("‖δ‖", math.sqrt(math.fsum([a.grad**2 for a in pre]))))
    return Node(key, "layer", f"layer {number}", activation, tuple(facts))
