"""A graph as plain data: what a picture of it shows, before anybody draws it.

`picture` takes a snapshot: it reads numbers and never changes data or gradients, and what it
returns stays as it is when the graph is used on. Renderers turn it into SVG, DOT or text.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Final, Literal, TypeAlias, get_args

from autograd.choices import one_of
from autograd.core import data_of, topological_order
from autograd.layers import Layers, quantity
from autograd.operations import softmax
from autograd.sweep import traceless_pass
from autograd.value import Value

from .formula import Formula
from .given import Given, plain_inputs, weight_at
from .groups import ERROR, count_inputs, groups, is_softmax
from .names import Names
from .not_finite import firsts, is_finite
from .notation import find_notation
from .plain import plain
from .targets import targets_of_error
from .units import units

MOST_OUTPUTS: Final = 10  # of a softmax layer, unless they are part of the graph

Detail = Literal["scalar", "neuron", "layer"]
Fact: TypeAlias = tuple[str, float]


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
        Its name, as in formulas; a constant that is no target, and a group of operations, have
        none.
    symbol : str
        Sign of the operation, name of the activation function of a unit, or "frozen" for a leaf
        that is; may be empty.
    facts : tuple of (name, number)
        What is known about it, most important first. Gradients are there after a backward pass.
    grad : float or None
        ∂root/∂node, δ for a unit; None before a backward pass, and where the node stands for
        several samples or for a layer.
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
        ∂target/∂source: the weight between units, and ∂E/∂y along all paths into the error. None
        where the edge stands for several that differ, and between layers.
    flow : float or None
        What flowed back along the edge, local · upstream; None before a backward pass, where the
        edge stands for several, and between layers: their sum may cancel.
    weight_grad : float or None
        ∂root/∂w where the edge stands for a weight w.
    count : int
        How many edges between numbers it stands for.
    norm : float or None
        The Euclidean norm of what flowed back along all of these edges, |flow| of one; None before
        a backward pass.
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
        """Return the picture with only the edges of most gradient, and the nodes they join."""
        by_flow = sorted(self.edges, key=lambda edge: edge.norm or 0.0, reverse=True)
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
    return _Folding(order, Names(order, find_notation(notation), layers), detail).picture()


# -- nodes and edges ----------------------------------------------------------------------------


class _Edges:
    """The edges of a picture, each from one or several edges between numbers."""

    def __init__(self, detail: str) -> None:
        self._is_layer = detail == "layer"
        self._parts: dict[Any, list[tuple[float | None, float | None]]] = defaultdict(list)

    def add(
        self,
        source: int,
        target: int,
        local: float | None = None,
        flow: float | None = None,
        which: Value | int = 0,
    ) -> None:
        """Fold an edge into that of its weight, or into that of this number between two nodes."""
        self._parts[source, target, 0 if self._is_layer else which].append((local, flow))

    def folded(self) -> tuple[Edge, ...]:
        edges = []
        for (source, target, which), parts in self._parts.items():
            local, flow = parts[0]
            if self._is_layer or any(other != local for other, _ in parts[1:]):
                local = None
            flows = [x for _, x in parts if x is not None]
            norm = math.hypot(*flows) if len(flows) == len(parts) else None
            if self._is_layer or len(parts) > 1:
                flow = None
            grad = which.grad if isinstance(which, Value) and which.has_grad else None
            edges.append(Edge(source, target, local, flow, grad, len(parts), norm))
        return tuple(edges)


class _Folding:
    """A graph on its way to a picture, in which all numbers of a group are one node."""

    def __init__(self, order: list[Value], names: Names, detail: str) -> None:
        self.order, self.names, self.detail = order, names, detail
        self.members = groups(order, names.layers, detail)
        self.given = [] if detail == "scalar" else plain_inputs(order, names.layers)
        self.key = {x: i for i, inside in enumerate(self.members.values()) for x in inside}
        self.nodes = [
            _number(group, i, order[-1], names)
            if isinstance(group, Value)
            else self._of_given(self.given[group[1]], i)
            if isinstance(group, tuple) and group[0] == "given"
            else _group(group, inside, i, order[-1], names, detail)
            for i, (group, inside) in enumerate(self.members.items())
        ]
        self.edges = _Edges(detail)
        self.before: dict[int, list[Node]] = defaultdict(list)  # what stands before a node
        self.free = len(self.nodes)

    def picture(self) -> Picture:
        error = self.members.get(ERROR, []) if self.detail == "neuron" else []
        if self.detail == "layer":
            self._inputs_of_layers()
        elif self.detail == "neuron":
            self._inputs_of_units()
        self._numbers({*error})
        if error:
            self._error(error)
        first, inside = firsts(self.order), self.members.values()
        nodes = [_marked(node, within, first) for node, within in zip(self.nodes, inside)]
        placed = [one for node in nodes for one in (*self.before[node.key], node)]
        return Picture(tuple(placed), self.edges.folded(), self.detail)

    def _of_given(self, given: Given, key: int) -> Node:
        (node, *others), kind = given.nodes, "input" if given.unit else "constant"
        grad = node.grad if not others and node.has_grad else None
        facts = [given.fact, *([("grad", grad)] if grad is not None else [])]
        return Node(key, kind, given.name, "", tuple(facts), grad, unit=given.unit)

    def _put(self, target: int, kind: str, title: str, fact: Fact, unit: int = 0) -> int:
        """Put a node for a number that is none in the graph before another; return its key."""
        self.before[target].append(Node(self.free, kind, title, "", (fact,), unit=unit))
        self.free += 1
        return self.free - 1

    def _numbers(self, error: Collection[Value]) -> None:
        """Add what goes into every number, apart from those of the error."""
        key = self.key
        for node in self.order:
            if node in error:
                continue
            row, upstream = node.operation, node.grad if node.has_grad else None
            seen: dict[Value, int] = {}
            for i, (x, local) in enumerate(zip_longest(node.operands, node.local_gradients())):
                if not isinstance(x, Value):
                    if node in self.members and _is_shown(node, i):
                        title = self.names.target_title(node, i)
                        self.edges.add(self._put(key[node], "constant", title, ("", x)), key[node])
                    continue
                if key[x] == key[node] or self._is_parameter(x):
                    continue
                seen[x] = seen.get(x, -1) + 1  # both edges of a * a
                weight = weight_at(node, i) if self.detail == "neuron" else None
                flow = None  # nothing flows into what is frozen
                if upstream is not None and row is not None and x.has_grad:
                    flow = row.passed_on(local, upstream)
                place = seen[x] if weight is None else weight
                self.edges.add(key[x], key[node], local, flow, place)

    def _is_parameter(self, x: Value) -> bool:
        return self.detail != "scalar" and quantity(x) in ("w", "b")

    def _inputs_of_units(self) -> None:
        """Add the plain numbers that units are given, with their weights."""
        for given in self.given:
            kind, free = "input" if given.unit else "constant", -1
            for node, i in given.uses:
                weight = weight_at(node, i)
                if weight is None or isinstance(node.operands[i], Value):
                    continue  # a node of the graph
                if free < 0:
                    free = self._put(self.key[node], kind, given.name, given.fact, given.unit)
                flow = weight.data * node.grad if node.has_grad else None
                self.edges.add(free, self.key[node], weight.data, flow, weight)

    def _inputs_of_layers(self) -> None:
        """Add a node for plain numbers that layers are given, unless there is one of inputs."""
        given = [x for x in self.given if x.unit]
        if not given or ("layer", 0, 1) in self.members:
            return
        count = ("inputs", float(len({x.unit for x in given})))
        free = self._put(self.key[given[0].uses[0][0]], "input", "inputs", count)
        for node, i in [use for x in given for use in x.uses]:
            weight = weight_at(node, i)
            if weight is not None:
                flow = weight.data * node.grad if node.has_grad else None
                self.edges.add(free, self.key[node], None, flow)

    def _error(self, error: list[Value]) -> None:
        """Add what goes into the error: outputs, with ∂E/∂y along all paths, and targets."""
        key, root = self.key, self.order[-1]
        inside = {*error}
        given = {x for node in error for x in node.parents if x not in inside or not x.parents}
        leaves = [x for x in self.order if x in given]
        computed = [x for x in error if x.parents]
        slopes = traceless_pass(leaves, computed, fresh=False)
        for x in leaves:
            if x not in inside and not self._is_parameter(x):
                flow = root.grad * slopes[x] if root.has_grad else None
                self.edges.add(key[x], key[root], slopes[x], flow)
        for ys, numbers in targets_of_error(self.order, self.names.layers, self.names.targets):
            fact = ("", numbers[0]) if len(numbers) == 1 else ("samples", float(len(numbers)))
            title = plain(self.names.target(*ys))
            self.edges.add(self._put(key[root], "constant", title, fact), key[root])


def _marked(node: Node, inside: Collection[Value], first: Mapping[str, Value]) -> Node:
    """Return the node with what is to be said about numbers in it that are not finite."""
    culprit = tuple([where for where, value in first.items() if value in inside])
    return replace(node, is_finite=all(map(is_finite, inside)), culprit=culprit)


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


def _is_shown(node: Value, i: int) -> bool:
    """Return whether the constant among the operands is a number, not an index as in softmax."""
    has_index = node.operation is not None and node.operation.index
    return bool(node.parents) and not (has_index and i == len(node.operands) - 1)


def _group(
    group: Any, inside: list[Value], key: int, root: Value, names: Names, detail: str
) -> Node:
    """Return the node for an input, a unit, a layer or the error, of one sample or several."""
    kind: str = group[0]
    computed = [node for node in inside if node.operation is not None and node.parents]
    symbols = {node.operation.symbol for node in computed if node.operation is not None}
    facts: list[Fact]
    if group == ERROR and detail == "layer":
        facts = [("", root.data), ("operations", float(len(inside)))]
        return Node(key, "output", names.text(root), "", tuple(facts))
    if group == ERROR:
        grad = root.grad if root.has_grad else None
        facts = [("", root.data), *([("grad", grad)] if grad is not None else [])]
        if names.layers.samples > 1:
            facts.append(("samples", float(names.layers.samples)))
        is_one = len(computed) == 1 and len({*root.parents}) == len(root.operands)
        symbol = symbols.pop() if is_one else ""
        return Node(key, "output", names.title(root), symbol, tuple(facts), grad)
    if kind == "between":
        symbol = symbols.pop() if len(symbols) == 1 else ""
        title = names.title(computed[0]) if len(computed) == 1 else ""
        return Node(key, "operation", title, symbol, (("operations", float(len(inside))),))
    if kind == "softmax":
        return _softmax(inside, key, root, names)
    if kind == "layer":
        _, number, step = group
        return _layer(number, step, inside, key, names)
    if kind == "input":
        facts = [("", inside[0].data)] if len(inside) == 1 else [("samples", float(len(inside)))]
        grad = inside[0].grad if len(inside) == 1 and inside[0].has_grad else None
        facts += [("grad", grad)] if grad is not None else []
        return Node(key, "input", names.title(*inside), "", tuple(facts), grad, *group[1:3])
    pre = [node for node in inside if quantity(node) == "a"]
    if not pre:  # parameters of a unit that the root does not depend on otherwise
        return Node(key, "parameter", "", "", (("parameters", float(len(inside))),))
    found = units(inside)
    unit = found.get(pre[0])
    outputs = [found[a].z for a in pre] if unit is not None else pre
    delta = pre[0].grad if len(pre) == 1 and pre[0].has_grad else None
    biases = [node for node in inside if quantity(node) == "b"]
    if len(pre) == 1:
        facts = [(names.notation.activation, outputs[0].data)] if unit is not None else []
        facts.append((names.notation.pre_activation, pre[0].data))
    else:
        facts = [("samples", float(len(pre)))]
    if delta is not None:
        facts.insert(1, ("δ", delta))
    elif pre[0].has_grad:
        facts.append(("‖δ‖", math.hypot(*[a.grad for a in pre])))
    facts += [("b", bias.data) for bias in biases]
    if len(pre) > 1:  # the sum of δ over the samples
        slope = f"∂{names.text(root)}/∂b"
        facts += [(slope, bias.grad) for bias in biases if bias.has_grad]
    role = "output" if root in (*pre, *outputs) else "unit"
    symbol = "" if unit is None else unit.symbol or plain(Formula(names.notation.function))
    return Node(key, role, names.title(*outputs), symbol, tuple(facts), delta, *group[1:3])


def _softmax(inside: list[Value], key: int, root: Value, names: Names) -> Node:
    """Return the node for all outputs of a softmax layer, also those that nothing depends on."""
    kind, grad = "output" if root in inside else "operation", None
    first = inside[0]
    if len({node.operands[:-1] for node in inside}) > 1:
        facts = [("samples", float(len({node.operands[:-1] for node in inside})))]
    else:
        known = {int(y.operands[-1]): y for y in inside}
        count = len(first.operands) - 1
        shown = range(count) if count <= MOST_OUTPUTS else sorted(known)[:MOST_OUTPUTS]
        numbers = data_of(first.operands[:-1])
        facts = [
            (names.of_unit(first, k + 1), softmax.evaluate([*numbers, float(k)])) for k in shown
        ]
        grad = first.grad if len(inside) == 1 and first.has_grad else None
    return Node(key, kind, "softmax", "", tuple(facts), grad)


def _layer(number: int, step: int, inside: list[Value], key: int, names: Names) -> Node:
    layers = names.layers
    places = [layers.places[node] for node in inside if node in layers.places]
    pre = [node for node in inside if quantity(node) == "a"]
    width = len({place.unit for place in places})
    if number == 0:
        count = width or count_inputs(layers, inside)
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
        if any(map(is_softmax, inside)):
            activation = softmax.name
        if pre[0].has_grad:
            facts.append(("‖δ‖", math.hypot(*[a.grad for a in pre])))
    title = f"layer {number}"
    if layers.steps(number) > 1:
        title += f", {layers.times.split()[-1]} {step}"
    return Node(key, "layer", title, activation, tuple(facts))
