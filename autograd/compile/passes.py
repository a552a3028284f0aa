"""The passes of a traced graph as expressions, by the engine's own chain rule."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import reduce
from itertools import repeat
from typing import Any, NamedTuple

from autograd import operations as op
from autograd.core import Node, chain_rule, sort
from autograd.layers import Layers
from autograd.symbol import Symbol
from autograd.table import Operation, selected, where
from autograd.value import Value
from autograd.writing import at_once, written

from .terms import CHOSEN, Name, Term, is_batch, new_terms
from .totals import Totals


class Passes(NamedTuple):
    """Both passes over a batch of samples, as terms."""

    losses: list[Any]  # the weighted sum of the errors and the penalty, where there are such
    outputs: list[Any]  # of a sample
    gradients: list[Any]  # ∂(sum of the losses)/∂parameter for each; None if it has none
    names: list[Name | None]  # of the parameters


def passes(
    error: Value | None,
    penalty: Value | None,
    outputs: Sequence[Any],
    unknown: dict[Value, tuple[str, int]],
    parameters: Sequence[Value],
) -> Passes:
    """Run both passes of traced graphs on terms.

    The error of a sample is weighted with s in the sum over the batch, the penalty with r.
    `unknown` has for each leaf that is not a parameter the array it comes from, and its row.
    """
    cls = new_terms()
    roots = [root for root in (error, penalty, *outputs) if isinstance(root, Value)]
    wanted = {p for p in parameters if p.requires_grad}
    shadow = _shadows(roots, unknown, {p: i for i, p in enumerate(parameters)}, wanted, cls)
    losses: list[Any] = []
    slopes: list[list[Any]] = [[] for _ in parameters]
    for root, weight in ((error, "weight"), (penalty, "penalty_weight")):
        if root is None:
            continue
        seed = cls.make(weight)
        number = shadow[root].number
        given = _chain_rule(shadow[root], seed)
        flowing = [given.get(shadow.get(p), []) if p in wanted else [] for p in parameters]
        chosen, pairs = zip(*[_chosen(flows, cls) for flows in flowing])
        if weight == "weight":
            totals = Totals(cls, pairs)
            losses.append(seed * totals.whole(number))
            found = [[totals.of_products(products)] if products else [] for products in pairs]
        else:
            losses.append(seed * number)
            found = [[a * b for a, b in products] for products in pairs]
        slopes = [a + b + c for a, b, c in zip(slopes, chosen, found)]
    gradients = [reduce(op.add, parts) if parts else None for parts in slopes]
    numbers = [shadow[y].number if isinstance(y, Value) else float(y) for y in outputs]
    names = [shadow[p].number.name if p in shadow else None for p in parameters]
    cls.known.clear()  # so that terms, which know their class, are freed without the collector
    cls.sums.clear()
    return Passes(losses, numbers, gradients, names)


class _Shadow(Node):
    """A node of a traced graph whose number and gradient are terms.

    Of its edges it has those that lead to parameters that are not frozen.
    """

    __slots__ = ()

    def __init__(
        self, number: Any, name: Name | None, row: Operation | None = None, edges: Any = ()
    ) -> None:
        self._data, self._grad = number, 0.0
        self._name: Any = name
        self.operation = self._first = self._second = None
        self._locals: Any = ()
        if edges:
            self.operation = row
            self.operands, self._locals = zip(*edges)

    @property
    def number(self) -> Any:
        return self._data

    @property
    def name(self) -> Name | None:
        return self._name  # type: ignore[no-any-return]

    @property
    def gradient(self) -> Any:
        return self._grad


def _shadows(
    roots: Iterable[Value],
    unknown: dict[Value, tuple[str, int]],
    position: dict[Value, int],
    wanted: Container[Value],
    cls: type[Term],
) -> dict[Value, _Shadow]:
    """Return a copy of the graphs in which the numbers are terms."""
    shadow: dict[Value, _Shadow] = {}
    graphs = [sort(root) for root in roots]
    names = _names(dict.fromkeys([node for parts in graphs for nodes in parts for node in nodes]))
    for leaves, computed in graphs:
        for leaf in leaves:
            if leaf in shadow:
                continue
            name = names.get(leaf)
            if leaf in position or leaf in unknown:
                array, row = ("p", position[leaf]) if leaf in position else unknown[leaf]
                number = cls.given(array, row)
                number.name = name
            else:
                number = leaf.data
            shadow[leaf] = _Shadow(number, name)
        for node in computed:
            if node not in shadow:
                shadow[node] = _computed(node, shadow, wanted, names.get(node))
    return shadow


def _names(order: Iterable[Value]) -> dict[Value, Name]:
    """Return what the marked nodes of a network are called."""
    layers = Layers([*order])
    names = {
        node: Name(place.quantity, place.layer, place.unit)
        for node, place in layers.places.items()
        if place.quantity in (("w", "b") if node.operation is None else ("a", "z"))
        and type(place.unit) is int
        and place.layer > 0 < place.unit
    }
    times = {use: time for uses in layers.uses.values() for time, use in enumerate(uses, start=1)}
    for node, use in layers.use_of.items():
        if node in names and len(layers.uses[names[node].layer]) > 1:
            names[node] = names[node]._replace(time=times[use])
    return names


def _computed(
    node: Value,
    shadow: dict[Value, _Shadow],
    wanted: Container[Value],
    name: Name | None,
) -> _Shadow:
    row: Operation = node.operation  # type: ignore[assignment]
    numbers = [shadow[x].number if isinstance(x, Value) else x for x in node.operands]
    if not any(isinstance(x, Symbol) for x in numbers):
        is_known = node.__class__ is Value  # or traced, but the same for all numbers, as x**0 is
        return _Shadow(node.data if is_known else row.apply(tuple(numbers)), name)
    if row is op.mean:
        number = op.sum.apply(tuple(numbers)) / len(numbers)
    elif _is_kept(row, numbers):
        number = row.apply(tuple(numbers))
    else:
        number = row.formula(numbers)
    _call(number, name)
    operands = node.operands
    local: Sequence[Any]
    is_pick = isinstance(number, Term) and number.head is op.pick
    if is_pick and (vector := _softmaxed(operands[:-1])):
        row, operands = op.softmax, vector
        local = _softmax_rule(number, [shadow[x].number for x in vector], numbers[-1])
        is_pick = False
    else:
        local = row.counted(row.local_gradients(number, numbers), operands)
    edges: list[tuple[_Shadow, Any]] = []
    for i, (operand, slope) in enumerate(zip(operands, local)):
        if not isinstance(operand, Value):
            continue
        below = shadow[operand]
        if below.operation is not None:
            edges.append((below, slope))
        elif operand in wanted:
            place = _Place(numbers[-1], i, len(numbers) - 1) if is_pick else _Local(slope)
            edges.append((below, place))
    return _Shadow(number, name, row, edges)


def _softmaxed(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return what nodes are the softmax of, if they are all of it in their order."""
    if not all(isinstance(x, Value) and x.operation is op.softmax for x in values):
        return ()
    *vector, _ = values[0].operands
    wanted = [(*vector, float(k)) for k in range(len(vector))]
    is_all = all(isinstance(x, Value) for x in vector) and [x.operands for x in values] == wanted
    return tuple(vector) if is_all else ()


def _softmax_rule(y: Any, a: Sequence[Any], k: Any) -> list[Any]:
    """Return the slopes of softmax by its own rule, for an index that differs between samples."""
    count = len(a)
    rules = [op.softmax.rule(y, (*a, float(j))) for j in range(count)]
    return [
        where((k <= j) & (k >= j), rules[j][j], rules[j - 1 if j else -1][j]) for j in range(count)
    ]


def _is_kept(row: Operation, operands: Sequence[Any]) -> bool:
    """Return whether an operation is a term, rather than what it computes."""
    if row is op.pick:  # if all that data choose from is stored together
        *values, index = operands
        return is_batch(index) and len({(isinstance(x, Term), is_batch(x)) for x in values}) == 1
    return row in (op.dot, op.sum) or (row.vectors is None and not row.written_out)


def _call(term: Any, name: Name | None) -> None:
    """Give a term a name; those that have one keep it."""
    if isinstance(term, Term) and term.name is None:
        term.name = name


class _Local:
    """A local gradient by a leaf: what flows along it is a list of one pair, not a product yet.

    Over the samples, products can be added up without being computed one by one.
    """

    __slots__ = ("local",)

    def __init__(self, local: Any) -> None:
        self.local = local

    def __mul__(self, upstream: Any) -> list[tuple[Any, Any]]:
        return [(self.local, upstream)]

    @classmethod
    def __selected__(cls, local: _Local, upstream: Any) -> list[tuple[Any, Any]]:
        return [(1.0, selected(local.local, upstream))]


class _Place:
    """A place among those that data choose from, which are leaves: what flows there is one pair."""

    __slots__ = ("count", "index", "number")

    def __init__(self, index: Term, number: int, count: int) -> None:
        self.index, self.number, self.count = index, number, count

    @classmethod
    def __selected__(cls, place: _Place, upstream: Any) -> list[tuple[Any, Any]]:
        return [(place, upstream)]


def _chain_rule(root: _Shadow, seed: Term) -> dict[_Shadow | None, list[tuple[Any, Any]]]:
    """Return ∂root/∂leaf for each leaf, as pairs of terms whose products add up to it."""
    leaves, computed = sort(root)
    at_once(written("_grad", computed, repeat(0.0)))
    at_once(written("_grad", leaves, iter(list, None)))
    root._grad = seed if computed else [(1.0, seed)]
    chain_rule(computed)
    for node in computed:
        if node.name is not None and node.name.letter == "a":
            _call(node.gradient, node.name._replace(letter="δ"))
    return {leaf: leaf.gradient for leaf in leaves}


def _chosen(
    pairs: Iterable[tuple[Any, Any]], cls: type[Term]
) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """Return the sums of what flows to a leaf where data have chosen it, and the other pairs."""
    pairs = [*pairs]
    if _Place not in [local.__class__ for local, _ in pairs]:
        return [], pairs
    uses: dict[tuple[int, int], list[tuple[Term, Term]]] = {}
    others = []
    for local, upstream in pairs:
        if not isinstance(local, _Place):
            others.append((local, upstream))
        elif is_batch(upstream):
            place = local.number, local.count
            uses.setdefault(place, []).append((local.index, upstream))
        else:
            k, i = local.index, local.number
            others.append((where((k <= i) & (k >= i), 1.0, 0.0), upstream))
    chosen = []
    for place, found in uses.items():
        found.sort(key=lambda use: use[0].index)
        chosen.append(cls.make(CHOSEN, *[x for use in found for x in use], *place))
    return chosen, others
