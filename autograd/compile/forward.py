"""The forward pass of a traced function, to be run on the arrays of any library."""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Self

from autograd import operations as op
from autograd.collector import paused
from autograd.core import sort
from autograd.modes import one_pass
from autograd.operators import Operators
from autograd.table import Operation, where
from autograd.value import Value

from .groups import Groups
from .program import is_all_one
from .statements import Array, Elementwise, Input, MatMul, Segments, Sum
from .surroundings import Entropy, Surroundings
from .terms import Term, new_terms
from .trace import check_rows, check_same, several, shaped, trace, unknowns

SIGNS: Final[dict[str, Callable[..., Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "&": operator.and_,
}
Places = slice | list[int]


class Lifted(Operators, ABC):
    """An array of some library, on which rows of the table and a `Forward` can be run.

    The last axis has a place for each scalar; the axes before it, if there are any, are those of
    the samples.

    Attributes
    ----------
    array : Any
    """

    __slots__ = ("array",)
    parents = ()  # as of a node: rows that have a form for constants take the other

    def __init__(self, array: Any) -> None:
        self.array = array

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        """Apply a row: an operator, a function of `math` by its name, or else its formula."""
        given = next(x for x in operands if isinstance(x, cls))
        if row.infix in SIGNS:
            operate = operator.neg if len(operands) == 1 else SIGNS[row.infix]
            return given.like(operate(*[x.array if isinstance(x, cls) else x for x in operands]))
        if row.is_primitive or row.forward is abs:
            return given.function(row.forward.__name__, operands)
        return row.formula(operands)

    @classmethod
    def __where__(cls, condition: Self, a: Any, b: Any, is_guard: bool = False) -> Any:
        return condition.choice(a, b)

    def __lt__(self, other: Any) -> Any:
        return self.compare("<", other)

    def __le__(self, other: Any) -> Any:
        return self.compare("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self.compare(">", other)

    def __ge__(self, other: Any) -> Any:
        return self.compare(">=", other)

    def __eq__(self, other: object) -> Any:
        return self.compare("==", other)

    def __bool__(self) -> bool:
        raise TypeError("an array is neither true nor false; choose with where(condition, a, b)")

    def __and__(self, other: Any) -> Any:
        return self.compare("&", other) if isinstance(other, Lifted) else other and self

    __rand__ = __and__

    def compare(self, sign: str, other: Any) -> Any:
        return self.like(
            SIGNS[sign](self.array, other.array if isinstance(other, Lifted) else other)
        )

    def like(self, array: Any) -> Self:
        """Return another array of this number type."""
        return type(self)(array)

    # -- what a library says ---------------------------------------------------------------

    @abstractmethod
    def constant(self, numbers: Sequence[float]) -> Self:
        """Return an array of one axis, of the same precision as this one."""

    @abstractmethod
    def function(self, name: str, operands: Sequence[Any]) -> Self:
        """Return a function of `math`, or `abs`, of arrays and numbers."""

    @abstractmethod
    def choice(self, a: Any, b: Any) -> Self:
        """Return `a` where this condition holds, else `b`."""

    @abstractmethod
    def take(self, places: Places) -> Self:
        """Return some places of the last axis."""

    @abstractmethod
    def join(self, others: Sequence[Self]) -> Self:
        """Put others behind this one along the last axis; those without samples are repeated."""

    @abstractmethod
    def sums(self, width: int) -> Self:
        """Return the sum of each `width` places that follow one another."""

    @abstractmethod
    def softmax(self, width: int) -> Self:
        """Return the softmax of each `width` places that follow one another."""

    @abstractmethod
    def linear(self, weights: Self, bias: Self | None = None) -> Self:
        """Return W x + b, where weights are the rows of W one after the other."""


@dataclass(frozen=True)
class Slot:
    """Where an operand is: in places of arrays, joined; or it is numbers, or one for all rows."""

    parts: tuple[int | tuple[float, ...], ...] = ()
    places: Places | None = None  # all of them in their order
    number: float | None = None

    def read(self, arrays: Sequence[Lifted]) -> Any:
        if self.number is not None:
            return self.number
        first, *rest = [
            arrays[part] if isinstance(part, int) else arrays[0].constant(part)
            for part in self.parts
        ]
        joined = first.join(rest) if rest else first
        return joined if self.places is None else joined.take(self.places)


@dataclass(frozen=True)
class Statement:
    """What is computed at once: "op", "sum", "segments", "matmul" or "softmax" by its kind."""

    kind: str
    slots: tuple[Slot, ...]
    head: str | Operation = ""  # of an op: a row of the table, a comparison or a choice
    width: int = 0  # of segments; how many classes there are, or products in a sum
    places: Places | None = None  # of a softmax: the classes that are asked for

    def run(self, arrays: Sequence[Lifted]) -> Any:
        given = [slot.read(arrays) for slot in self.slots]
        if self.kind == "op":
            return _applied(self.head, given)
        if self.kind == "matmul":
            return given[0].linear(*given[1:])
        if self.kind == "segments":
            return reduce(operator.mul, given).sums(self.width)
        if self.kind == "softmax":
            z = given[0].softmax(self.width)
            return z if self.places is None else z.take(self.places)
        products = [given[2 * k] * given[2 * k + 1] for k in range(self.width)]
        return reduce(operator.add, products + given[2 * self.width :])


class Forward:
    """A function of one sample, traced once, to be run on arrays of many samples.

    Called with the numbers of the parameters and with samples, both `Lifted`, it gives their
    outputs.

    Parameters
    ----------
    function : callable
        ``function(x) -> Value or sequence of them``.
    params : sequence of Value
        Other leaves keep their numbers.
    shape : tuple of int
        Of a sample: (3,) for a list of three numbers, (4, 3) for a list of four such lists, ()
        for a single number.

    Attributes
    ----------
    shape : tuple of int
    inputs, outputs : int
        How many numbers a sample has, and how many are computed from it.

    Raises
    ------
    TraceError
        If the function asks for a number, or computes something else when it is called again.
    TypeError
        If it returns something else, or an operation cannot be computed on arrays.
    """

    def __init__(
        self, function: Callable[[Any], Any], params: Sequence[Value], shape: tuple[int, ...]
    ) -> None:
        self.shape, self.inputs = shape, math.prod(shape)
        leaves = unknowns(self.inputs)
        surroundings = Surroundings([function], params)
        before, traces = surroundings.random_states(), []
        with paused():
            try:
                with one_pass, Entropy() as entropy:
                    for _ in range(2):
                        result = trace(function, (shaped(leaves, shape),), params)
                        traces.append([result] if isinstance(result, Value) else several(result))
                is_random = entropy.draws > 0 or before != surroundings.random_states()
            finally:
                surroundings.put_back()
            check_same(traces, {*leaves, *params}, is_random)
            outputs = _terms(traces[0], {"X": leaves, "p": params})
            self._plan(_Groups([], outputs, [], {"X": len(leaves), "p": len(params)}), outputs)
        self.outputs = len(outputs)

    def samples(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return how many samples an array of this shape has: () of a single one.

        Raises
        ------
        ValueError
            If the last axes of the array are not those of a sample.
        """
        shape, count = tuple(shape), len(shape) - len(self.shape)
        if count < 0 or shape[count:] != self.shape:
            raise ValueError(
                f"x has the shape {shape}, but a sample has {self.shape}: pass one sample, or "
                f"(N, {', '.join(map(str, self.shape))}) for N of them"
            )
        return shape[:count]

    def __call__(self, parameters: Lifted, samples: Lifted) -> Any:
        arrays = [samples, parameters]
        for statement in self._statements:
            arrays.append(statement.run(arrays))
        return self._outputs.read(arrays)

    def _plan(self, groups: Groups, outputs: Sequence[Any]) -> None:
        self._statements = [
            _statement(array, groups) for array in groups.arrays if not isinstance(array, Input)
        ]
        is_batch = any(isinstance(y, Term) and y.is_batch for y in outputs)
        self._outputs = _slot(outputs, groups, [] if is_batch else [groups.inputs["X"]])


def _statement(array: Array, groups: Groups) -> Statement:
    if isinstance(array, MatMul):
        return Statement("matmul", tuple([_slot(terms, groups) for terms in array.slots()]))
    if isinstance(array, Segments):
        return _segments(array, groups)
    slots = [_one(terms) or _slot(terms, groups) for terms in array.slots()]
    if isinstance(array, Sum):
        return Statement("sum", tuple(slots), width=len(array.pairs))
    assert isinstance(array, Elementwise)
    if array.head is op.softmax:
        return _softmax(array, groups)
    return Statement("op", tuple(slots), array.head)


def _applied(head: str | Operation, operands: Sequence[Any]) -> Any:
    if isinstance(head, Operation):
        return head.apply(tuple(operands))
    if head in ("?", "guard"):
        return where(*operands)
    return SIGNS["&" if head == "&&" else head](*operands)


def _segments(array: Segments, groups: Groups) -> Statement:
    """Return the sums of segments, made equally long by zeros."""
    width = max([end - start for start, end in zip(array.starts, array.ends)])
    factors = [array.rights] if is_all_one(array.lefts) else [array.lefts, array.rights]
    slots = []
    for terms in factors:
        segments = [terms[start:end] for start, end in zip(array.starts, array.ends)]
        padded = [x for part in segments for x in (*part, *[0.0] * (width - len(part)))]
        slots.append(_slot(padded, groups))
    return Statement("segments", tuple(slots), width=width)


def _softmax(array: Elementwise, groups: Groups) -> Statement:
    """Return what computes each softmax once, and takes the classes that are asked for."""
    width = len(array.operands) - 1
    starts: dict[Any, int] = {}
    a: list[Any] = []
    places = []
    for *vector, k in zip(*array.operands):
        key = tuple([x if isinstance(x, Term) else repr(x) for x in vector])
        if key not in starts:
            starts[key] = len(a)
            a += vector
        places.append(starts[key] + int(k))
    return Statement("softmax", (_slot(a, groups),), width=width, places=_short(places, len(a)))


def _one(terms: Sequence[Any]) -> Slot | None:
    """Return a number that stands for all rows, if there is one."""
    is_one = len({x if isinstance(x, Term) else repr(x) for x in terms}) == 1
    return Slot(number=terms[0]) if is_one and not isinstance(terms[0], Term) else None


def _slot(terms: Sequence[Any], groups: Groups, beside: Sequence[Array] = ()) -> Slot:
    """Return where terms are; what is beside them tells for which samples they are wanted."""
    numbers = [float(x) for x in terms if not isinstance(x, Term)]
    places = [groups.position[x] if isinstance(x, Term) else (None, 0) for x in terms]
    start: dict[Array | None, int] = {}
    size = 0
    for part in dict.fromkeys([*[array for array, _ in places], *beside]):
        start[part] = size
        size += len(numbers) if part is None else part.rows
    count = iter(range(size))
    rows = [start[part] + (next(count) if part is None else row) for part, row in places]
    parts = [tuple(numbers) if part is None else part.number for part in start]
    return Slot(tuple(parts), _short(rows, size))


def _short(places: list[int], size: int) -> Places | None:
    """Return places among so many as a slice, if they follow one another; None if all do."""
    if places != [*range(places[0], places[0] + len(places))]:
        return places
    return None if len(places) == size else slice(places[0], places[-1] + 1)


class _Groups(Groups):
    """Groups whose gradients another library finds by the same chain rule."""

    has_chains = False  # of several, ties have their shares pair by pair

    def _merge(self, buckets: dict[Any, list[Term]]) -> None:
        """Leave products as they are: here samples have several axes."""

    def _key(self, term: Term, allow_matrix: bool = True) -> Any:
        key = super()._key(term, allow_matrix)
        is_one_of_several = isinstance(term.head, Operation) and term.head.index
        if is_one_of_several and term.head is not op.softmax:
            return (*key, term.operands[-1])
        return key


def _terms(outputs: Sequence[Any], given: dict[str, Sequence[Value]]) -> list[Any]:
    """Return outputs as terms, in which operations on many operands are left as they are."""
    cls = new_terms()
    terms = {x: cls.given(name, i) for name, xs in given.items() for i, x in enumerate(xs)}
    for root in [y for y in outputs if isinstance(y, Value)]:
        leaves, computed = sort(root)
        terms.update({leaf: leaf.data for leaf in leaves if leaf not in terms})
        check_rows(computed)
        for node in [node for node in computed if node not in terms]:
            row: Operation = node.operation
            operands = tuple([terms[x] if isinstance(x, Value) else x for x in node.operands])
            if row is op.mean:
                terms[node] = op.sum.apply(operands) / len(operands)
            elif row is op.pick:
                terms[node] = row.formula(operands)
            else:
                terms[node] = row.apply(operands)
    return [terms[y] if isinstance(y, Value) else float(y) for y in outputs]
