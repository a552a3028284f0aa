"""A graph as plain data: what a picture of it shows, before anybody draws it.

`picture` takes a snapshot: it reads numbers and never changes data or gradients, and what it
returns stays as it is when the graph is used on. Renderers turn it into SVG, DOT or text.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from itertools import repeat, zip_longest
from typing import Any, Literal, get_args

from autograd.choices import one_of
from autograd.core import topological_order
from autograd.layers import Layers, quantity, sums
from autograd.operations import dot, mul, softmax
from autograd.value import Value

from .names import Names
from .not_finite import firsts, is_finite
from .notation import find_notation
from .units import units

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
    is_finite : bool
        Whether all numbers in it, and their gradients, are.
    culprit : tuple of str
        "forward" and "backward", for the passes in which the first number that is not finite
        stands here.
    """

    key: int
    kind: str
    title: str
    symbol: str
    facts: tuple[tuple[str, float], ...]
    grad: float | None = None
    layer: int = 0
    unit: int = 0
    is_finite: bool = True
    culprit: tuple[str, ...] = ()

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
    norm : float or None
        ‖flow‖₂ over all edges between numbers that are folded into it: |flow| of a single one.
    """

    source: int
    target: int
    local: float | None
    flow: float | None
    weight_grad: float | None = None
    count: int = 1
    norm: float | None = None

    @property
    def is_finite(self) -> bool:
        """Whether all its numbers are."""
        numbers = (self.local, self.flow, self.weight_grad, self.norm)
        return all(math.isfinite(x) for x in numbers if x is not None)


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
    order = topological_order(root)
    layers = Layers(order)
    named = [] if detail == "layer" else order
    return _fold(order, Names(named, find_notation(notation), layers), detail)


# -- which nodes belong together ----------------------------------------------------------------


def groups(order: list[Value], layers: Layers, detail: str) -> dict[Hashable, list[Value]]:
    """Return the numbers in each node of a picture, by the number or what they are folded into."""
    owner: dict[Value, Hashable] = {} if detail == "scalar" else _units(order, layers)
    owner = _layers(order, layers, owner) if detail == "layer" else owner
    inside: dict[Hashable, list[Value]] = defaultdict(list)
    for node in order:
        inside[owner.get(node, node)].append(node)
    last = {owner.get(node, node): i for i, node in enumerate(order)} | {("layer", 0, 1): -1}
    before = {
        group: {owner.get(x, x) for node in nodes for x in node.parents} - {group}
        for group, nodes in inside.items()
    }
    sorter = TopologicalSorter(before)
    try:
        sorter.prepare()
    except CycleError:  # of units that were marked by hand
        return {group: inside[group] for group in sorted(inside, key=last.__getitem__)}
    groups: list[Hashable] = []
    ready: list[tuple[int, Hashable]] = []  # in the order of the last number in each
    while sorter.is_active():
        for group in sorter.get_ready():
            heappush(ready, (last[group], group))
        groups.append(heappop(ready)[1])
        sorter.done(groups[-1])
    return {group: inside[group] for group in groups}


def _units(order: list[Value], layers: Layers) -> dict[Value, Any]:
    """Return for each node of a unit its ("unit", layer, unit, step), ("input", 0, i, step) for x.

    A unit is its pre-activation a, the weights and bias below it with the sums and products in
    between, its activation z, and the steps from a to z. Samples are folded into one; the time
    steps within a sample, or the uses of a shared layer, are not. Parameters are in the first.
    """
    owner: dict[Value, Hashable] = {}
    for node, place in layers.places.items():
        use = layers.use_of.get(node)
        step = use.step if use is not None else 1
        if place.quantity == "x":
            owner[node] = ("input", 0, place.unit, step)
        elif place.quantity != "z":
            owner[node] = ("unit", place.layer, place.unit, step)
            if place.quantity == "a":
                owner.update(dict.fromkeys(sums(node), owner[node]))
    for unit in units(order).values():
        owner.update(dict.fromkeys(unit.steps, owner[unit.a]))
    return owner


def _layers(order: list[Value], layers: Layers, unit_of: dict[Value, Any]) -> dict[Value, Hashable]:
    """Return for each node its ("layer", l, step), ("between", depth), or ("error",).

    Layer 0 are the inputs. What is between layers, at a depth of so many, is computed from some
    and goes into others; the error is what goes into none.
    """
    owner: dict[Value, Hashable] = {}
    feeding: set[Value] = set()
    for node in reversed(order):
        place = layers.places.get(node)
        if node in unit_of and unit_of[node][0] == "unit":
            _, layer, _, step = unit_of[node]
            owner[node] = ("layer", layer, step)
        elif place is not None:
            use = layers.use_of.get(node)
            is_used = place.layer > 0 and use is not None
            owner[node] = ("layer", place.layer, use.step if use is not None and is_used else 1)
        elif node not in feeding:
            owner[node] = ("error",)
        else:
            depth = layers.depths[node]
            owner[node] = ("between", depth) if depth else ("layer", 0, 1)
        if owner[node] != ("error",):
            feeding.update(node.parents)
    return owner


# -- nodes and edges ----------------------------------------------------------------------------


def _fold(order: list[Value], names: Names, detail: str) -> Picture:
    """Return the picture in which all numbers of a group are one node."""
    members = groups(order, names.layers, detail)
    parameters = {
        node
        for node, place in names.layers.places.items()
        if detail != "scalar" and place.quantity in ("w", "b")
    }
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
            if ends[0] == ends[1] or operand in parameters:
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
                norm = None if flow is None else abs(flow)
                tally[place] = [*ends, local, flow, grad, 1, norm]
                continue
            if fields[2] != local:
                fields[2] = None
            fields[3] = None if fields[3] is None or flow is None else fields[3] + flow
            fields[5] += 1
            fields[6] = None if fields[6] is None or flow is None else math.hypot(fields[6], flow)
    nodes = list(map(_marked, nodes, members.values(), repeat(firsts(order))))
    placed = [one for node in nodes for one in (*constants[node.key], node)]
    return Picture(tuple(placed), tuple([Edge(*fields) for fields in tally.values()]), detail)


def _marked(node: Node, inside: list[Value], first: Mapping[str, Value]) -> Node:
    """Return the node with what is to be said about numbers in it that are not finite."""
    culprit = tuple([where for where, value in first.items() if value in inside])
    return replace(node, is_finite=all(map(is_finite, inside)), culprit=culprit)


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


def _number(node: Value, key: int, root: Value, names: Names) -> Node:
    """Return the node for a single number."""
    if node is root:
        kind = "output"
    elif node.operation is not None:
        kind = "operation" if node.parents else "constant"
    elif node.place is None:
        kind = "leaf"
    else:
        kind = "input" if node.place.quantity == "x" else "parameter"
    symbol = node.operation.symbol if node.operation is not None and node.parents else ""
    symbol = "frozen" if node.operation is None and not node.requires_grad else symbol
    grad = node.grad if node.has_grad else None
    facts = [("", node.data)]
    if grad is not None:
        facts.append(("δ" if quantity(node) == "a" else "grad", grad))
    return Node(key, kind, names.title(node), symbol, tuple(facts), grad)


def _group(group: Any, inside: list[Value], key: int, root: Value, names: Names) -> Node:
    """Return the node for an input, a unit or a layer, of one sample or several."""
    kind: str = group[0]
    if kind == "error":
        facts = [(names.notation.error, root.data), ("operations", float(len(inside)))]
        return Node(key, "output", "error", "", tuple(facts))
    if kind == "between":
        symbols = {node.operation.symbol for node in inside if node.operation and node.parents}
        symbol = symbols.pop() if len(symbols) == 1 else ""
        return Node(key, "operation", "", symbol, (("operations", float(len(inside))),))
    if kind == "layer":
        _, number, step = group
        return _layer(number, step, inside, key, names)
    if kind == "input":
        facts = [("", inside[0].data)] if len(inside) == 1 else [("samples", float(len(inside)))]
        grad = inside[0].grad if len(inside) == 1 and inside[0].has_grad else None
        return Node(key, "input", names.title(*inside), "", tuple(facts), grad, *group[1:3])
    pre = [node for node in inside if quantity(node) == "a"]
    if not pre:  # parameters of a unit that the root does not depend on otherwise
        return Node(key, "parameter", "", "", (("parameters", float(len(inside))),))
    found = units(inside)
    unit = found.get(pre[0])
    outputs = [found[a].z for a in pre] if unit is not None else pre
    delta = math.fsum([a.grad for a in pre]) if pre[0].has_grad else None
    if len(pre) == 1:
        facts = [(names.notation.activation, outputs[0].data)] if unit is not None else []
        facts.append((names.notation.pre_activation, pre[0].data))
    else:
        facts = [("samples", float(len(pre)))]
    if delta is not None:
        facts.insert(1, ("δ" if len(pre) == 1 else "Σδ", delta))
    facts += [("b", node.data) for node in inside if quantity(node) == "b"]
    role = "output" if root in (*pre, *outputs) else "unit"
    symbol = "" if unit is None else unit.symbol
    return Node(key, role, names.title(*outputs), symbol, tuple(facts), delta, *group[1:3])


def _layer(number: int, step: int, inside: list[Value], key: int, names: Names) -> Node:
    layers = names.layers
    places = [layers.places[node] for node in inside if node in layers.places]
    pre = [node for node in inside if quantity(node) == "a"]
    width = len({place.unit for place in places})
    if number == 0:
        count = width or _inputs(layers, inside)
        facts = [("inputs", float(count))] if count else []
        return Node(key, "input", "inputs", "", tuple(facts))
    facts = [("units", float(width))]
    samples = len({layers.use_of[a].sample for a in pre})
    if samples > 1:
        facts.append(("samples", float(samples)))
    parameters = len([place for place in places if place.quantity in ("w", "b")])
    if parameters or step == 1:
        facts.append(("parameters", float(parameters)))
    activation = ""
    if pre:
        unit = units(inside).get(pre[0])
        activation = unit.name if unit is not None else layers.places[pre[0]].activation
        if pre[0].has_grad:
            facts.append(("‖δ‖", math.sqrt(math.fsum([a.grad**2 for a in pre]))))
    title = f"layer {number}"
    if layers.steps(number) > 1:
        title += f", {layers.times.split()[-1]} {step}"
    return Node(key, "layer", title, activation, tuple(facts))


def _inputs(layers: Layers, inside: list[Value]) -> int:
    """Return the number of inputs that have no marks; 0 where it cannot be known.

    A plain number is a node of its own in each layer that it is given to.
    """
    if all(node.operation is None for node in inside):
        return len(inside)
    known = {*inside}
    takers = [
        use
        for uses in layers.uses.values()
        for use in uses
        if not known.isdisjoint(next(iter(use.units.values())).parents)
    ]
    is_one = len({(use.layer, use.step) for use in takers}) == 1
    return len(inside) // len(takers) if is_one else 0
