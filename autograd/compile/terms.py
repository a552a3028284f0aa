"""The passes of a traced graph as expressions, by the engine's own chain rule."""

from __future__ import annotations

import random
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import count, repeat
from typing import Any, ClassVar, NamedTuple

from autograd import operations as op
from autograd.core import Node, chain_rule, sort
from autograd.layers import Layers
from autograd.symbol import Symbol
from autograd.table import Operation, selected, where
from autograd.value import Value
from autograd.writing import at_once, written

INNER, TOTAL = "inner", "total"  # Σ_n a_n b_n and Σ_n a_n over the samples of a batch
CHOSEN = "chosen"  # Σ_n of those of several a_n whose index k_n, of so many, is j: k, a, …, j, many


class Name(NamedTuple):
    """What a term stands for in a network: a letter, and where.

    `time` counts the times that a layer is used for a sample, from 1; 0 if that is only once.
    """

    letter: str
    layer: int
    unit: int
    time: int = 0


class Term(Symbol):
    """An expression of which equal ones are one object."""

    __slots__ = ("index", "is_array", "is_batch", "mark", "name")
    known: ClassVar[dict[Any, Any]]
    sums: ClassVar[dict[int, Any]]
    numbers: ClassVar[Iterator[int]]
    marks: ClassVar[random.Random]
    index: int  # terms are numbered as they are made, each after its operands
    is_array: bool  # whether it depends on parameters or data; else it is a single number
    is_batch: bool  # whether it differs from sample to sample
    name: Name | None
    mark: int  # of a sum those of its summands added up; of others a random number, or 0 as yet

    def __init__(self, head: str | Operation, *operands: Any) -> None:
        self.head = head
        self.operands = operands
        self.index = next(self.numbers)
        self.is_array = self.is_batch = False
        self.name = None
        self.mark = 0

    @classmethod
    def make(cls, head: str | Operation, *operands: Any) -> Any:
        key = (head, *[id(x) if x.__class__ is cls else repr(x) for x in operands])
        term = cls.known.get(key)
        if term is None:
            term = cls.known[key] = cls(head, *operands)
            for x in operands:
                if x.__class__ is cls:
                    term.is_array = term.is_array or x.is_array
                    term.is_batch = term.is_batch or x.is_batch
            if head in (INNER, TOTAL, CHOSEN):
                term.is_batch = False
        return term

    @classmethod
    def given(cls, array: str, row: int) -> Any:
        """Return a new term for a row of what is given to the program."""
        term = cls(array, float(row))
        term.is_array, term.is_batch = True, array != "p"
        return term

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        if row is op.add:
            a, b = operands
            if a == 0.0 or b == 0.0:
                return b if a == 0.0 else a
            if a.__class__ is cls and b.__class__ is cls:
                return cls._sum(a, b)
        if row is op.power and operands[1] in (0.0, 1.0, 2.0):
            x, c = operands
            return op.square.apply((x,)) if c == 2.0 else x if c == 1.0 else 1.0
        if row is op.share:  # whose parts add up to the same sum for all
            return operands[0] / (operands[0] + operands[1])
        return super().__operation__(row, operands)

    @classmethod
    def _sum(cls, a: Term, b: Term) -> Any:
        """Return a + b, the same term for the same summands in whatever order they are added."""
        for term in (a, b):
            term.mark = term.mark or cls.marks.getrandbits(64)
        mark = a.mark + b.mark
        if mark not in cls.sums:
            cls.sums[mark] = cls.make(op.add, a, b)
            cls.sums[mark].mark = mark
        return cls.sums[mark]

    def __repr__(self) -> str:
        return f"Term({self.index}: {self.head} {self.name or ''})"


def is_batch(x: Any) -> bool:
    return isinstance(x, Term) and x.is_batch


def _is_array(x: Any) -> bool:
    return isinstance(x, Term) and x.is_array


def new_terms() -> type[Term]:
    """Return a class of terms that shares nothing with other classes."""
    shared = {"known": {}, "sums": {}, "numbers": count(), "marks": random.Random(0)}
    return type("Term", (Term,), {"__slots__": (), "__module__": __name__, **shared})


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
    losses, sums = [], _Sums(cls)
    gradients: list[Any] = [None] * len(parameters)
    for root, weight in ((error, "s"), (penalty, "r")):
        if root is None:
            continue
        seed = cls.make(weight)
        number = shadow[root].number
        total = _total(number, cls) if weight == "s" else number
        losses.append(seed * total)
        given = _chain_rule(shadow[root], seed)
        product = sums.of_product if weight == "s" else op.mul
        for i, parameter in enumerate(parameters):
            pairs = given.get(shadow.get(parameter), ()) if parameter in wanted else ()
            slopes, pairs = _chosen(pairs, cls)
            for slope in [*slopes, *[product(a, b) for a, b in pairs]]:
                gradients[i] = slope if gradients[i] is None else gradients[i] + slope
    numbers = [shadow[y].number if isinstance(y, Value) else float(y) for y in outputs]
    names = [shadow[p].number.name if p in shadow else None for p in parameters]
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
        self.operation = row if edges else None
        self.operands = tuple([operand for operand, _ in edges])
        self._locals = tuple([local for _, local in edges])

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
            if leaf in position or leaf in unknown:
                array, row = ("p", position[leaf]) if leaf in position else unknown[leaf]
                number = cls.given(array, row)
                _call(number, names.get(leaf))
            else:
                number = leaf.data
            shadow[leaf] = _Shadow(number, names.get(leaf))
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
        if place.quantity in (("a", "z") if node.parents else ("w", "b"))
        and type(place.unit) is int
        and min(place.layer, place.unit) > 0
    }
    times = {use: time for uses in layers.uses.values() for time, use in enumerate(uses, start=1)}
    for node, name in names.items():
        use = layers.use_of.get(node)
        if use is not None and len(layers.uses[name.layer]) > 1:
            names[node] = name._replace(time=times[use])
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
    local = row.counted(row.local_gradients(number, numbers), node.operands)
    if isinstance(number, Term) and number.head is op.pick:
        *values, index = numbers
        leaf_slopes: list[Any] = [_Place(index, i, len(values)) for i in range(len(numbers))]
    else:
        leaf_slopes = list(map(_Local, local))
    edges = [
        (shadow[operand], slope if shadow[operand].operands else leaf_slope)
        for operand, slope, leaf_slope in zip(node.operands, local, leaf_slopes)
        if isinstance(operand, Value) and (shadow[operand].operands or operand in wanted)
    ]
    return _Shadow(number, name, row, edges)


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
) -> tuple[list[Term], list[tuple[Any, Any]]]:
    """Return the sums of what flows to a leaf where data have chosen it, and the other pairs."""
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


def _total(term: Any, cls: type[Term]) -> Any:
    return cls.make(TOTAL, term) if is_batch(term) else cls.make("n") * term


class _Sums:
    """Sums of terms over the samples, of which each is made once.

    A sum is linear: that of a + b is made of two, and a factor that is the same for all samples
    stays outside. So terms that share a part share its sum.
    """

    def __init__(self, cls: type[Term]) -> None:
        self._cls = cls
        self._known: dict[Term, Any] = {}

    def of_product(self, a: Any, b: Any) -> Any:
        """Return Σ a·b."""
        if is_batch(a) and is_batch(b):
            return self._cls.make(INNER, a, b)
        factor, total = (a, self.of(b)) if is_batch(b) else (b, self.of(a))
        if not _is_array(factor) and isinstance(total, Term) and total.head is op.mul:
            inner, x = total.operands
            if not _is_array(inner):  # numbers are multiplied first
                return (factor * inner) * x
        return factor * total

    def of(self, term: Any) -> Any:
        """Return Σ term, without recursion."""
        if not is_batch(term):
            return _total(term, self._cls)
        waiting = [term]
        while term not in self._known:
            missing = [x for x in _parts(waiting[-1]) if x not in self._known]
            waiting += reversed(missing)
            if not missing:
                last = waiting.pop()
                self._known[last] = self._made(last)
        return self._known[term]

    def _made(self, term: Term) -> Any:
        """Return the sum of a term whose parts have theirs."""
        if term.name is not None or term.head not in (op.add, op.neg, op.mul):
            return _total(term, self._cls)
        if term.head is op.mul:
            return self.of_product(*term.operands)
        if term.head is op.neg:
            return self.of_product(-1.0, *term.operands)
        a, b = term.operands
        return self.of(a) + self.of(b)


def _parts(term: Term) -> list[Term]:
    """Return the terms whose sums over the samples make up that of a term."""
    batch = [x for x in term.operands if is_batch(x)]
    is_linear = term.head in (op.add, op.neg) or (term.head is op.mul and len(batch) == 1)
    return batch if is_linear and term.name is None else []
