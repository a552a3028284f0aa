"""The program as loops over rows and samples, to be printed in several languages."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import singledispatchmethod
from itertools import groupby
from typing import Any

from autograd.symbol import Symbol

from .groups import SCALARS
from .loop_program import (
    GIVEN,
    AddTo,
    Assign,
    Choose,
    Comment,
    Expression,
    For,
    Let,
    LookUp,
    LoopProgram,
    OuterProduct,
    Place,
    Product,
    Row,
    Statement,
    added,
    samples,
    several,
)
from .places import PlacedWriter, steps_of
from .program import is_all_one
from .rolling import Loop
from .statements import (
    Array,
    Elementwise,
    Extreme,
    Inner,
    Input,
    MatMul,
    Outer,
    Pick,
    Scatter,
    Segments,
    Sum,
    Total,
)
from .terms import Term


class LoopWriter(PlacedWriter):
    """Writes loops instead of array operations.

    What differs from sample to sample is in the rows of a table, samples side by side; the rest,
    parameters first, is in a column.
    """

    def program(self) -> LoopProgram:
        self._plan()
        self._copies: dict[tuple[int, ...], int] = {}  # where slots are that were put in order
        copied = Assign(Place("column", Row(i=1)), Symbol(Place("parameters", Row(i=1))))
        statements: list[Statement] = [For("i", 0, self._count, [copied])]
        for name, row in self._scalar_rows.items():
            statements.append(Assign(Place("column", Row(row)), Symbol(name)))
        for item in self._items:
            if isinstance(item, Loop):
                self._times, outside = item.times, {**self._copies}
                body = [line for array in item.block for line in self._stored(array)]
                self._copies = outside  # those of what moves are the last ones of this loop
                statements.append(For("t", 0, item.times, body))
            else:
                statements += self._stored(item)
        statements += self._copied(self._passes.outputs if self._wants_outputs else self._gradient)
        return LoopProgram(
            self._name_of_program,
            self._is_single,
            statements,
            [self._element([loss]) for loss in self._passes.losses],
            len(self._passes.outputs),
            self.constants,
            self.reached,
            self._size[True],
            self._size[False],
            {GIVEN[letter]: array.rows for letter, array in self._groups.inputs.items()},
        )

    def _stored(self, array: Array) -> Iterator[Statement]:
        """Yield the loops that compute an array, if it is stored and not given."""
        if array in self._rows and array is not self._theta:
            if array.name is not None:
                yield Comment(self._quantity(array.name))
            yield from self._written(array)

    # -- elements --------------------------------------------------------------------------

    def _element(self, slot: Sequence[Any], **shape: int) -> Any:
        """Return one element of a slot that is a table of some shape, by its counters."""
        first = slot[0]
        if not isinstance(first, Term):
            if all(x is first or repr(x) == repr(first) for x in slot):
                return float(first)
            return Symbol(Place(self._constant([float(x) for x in slot]), steps_of(shape)))
        if first.head in SCALARS and len({self._place_of(x) for x in slot}) == 1:
            return Symbol(first.head)
        array, _ = self._where(first)
        if isinstance(array, (Elementwise, Sum)) and array not in self._rows:
            return self._scalar(array, **shape)
        return Symbol(Place("table" if first.is_batch else "column", self._row(slot, **shape)))

    def _scalar(self, array: Elementwise | Sum, **shape: int) -> Any:
        """Return the expression for one row of an array."""
        if isinstance(array, Elementwise):
            return Symbol(array.head, *[self._element(x, **shape) for x in array.operands])
        pairs = [[self._element(x, **shape) for x in pair] for pair in array.pairs]
        return added(
            [*[a * b for a, b in pairs], *[self._element(x, **shape) for x in array.singles]]
        )

    # -- loops -----------------------------------------------------------------------------

    @singledispatchmethod
    def _written(self, array: Array) -> Iterator[Statement]:
        """Yield the loops that compute an array."""
        raise NotImplementedError(type(array).__name__)

    @_written.register
    def _input(self, array: Input) -> Iterator[Statement]:
        source = Symbol(Place(GIVEN[array.letter], Row(i=1)))
        yield For("i", 0, array.rows, [samples(Assign(self._target(array), source))])

    @_written.register(Elementwise)
    @_written.register(Sum)
    def _single(self, array: Elementwise | Sum) -> Iterator[Statement]:
        computed = Assign(self._target(array), self._scalar(array, i=array.rows))
        yield For("i", 0, array.rows, _each(array, computed))

    @_written.register
    def _pick(self, array: Pick) -> Iterator[Statement]:
        index = self._element(array.index, i=array.rows)
        entry = self._element(array.entries, i=array.rows, k=len(array.tables[0]))
        chosen = samples(Choose("k", index), Assign(self._target(array), entry))
        yield For("i", 0, array.rows, [chosen])

    @_written.register
    def _scatter(self, array: Scatter) -> Iterator[Statement]:
        (count, width), uses = array.shape, len(array.index)
        target = self._target(array, k=count, i=width)
        index = self._element(array.index, q=uses)
        value = self._element(array.operands, i=width, q=uses)
        added_up = several("q", uses, [samples(Choose("k", index), AddTo(target, value))])
        yield For("i", 0, array.rows, [Assign(self._target(array), 0.0)])
        yield For("i", 0, width, added_up)

    @_written.register
    def _matmul(self, array: MatMul) -> Iterator[Statement]:
        rows, width, copies = len(array.coefficients), len(array.coefficients[0]), array.copies
        coefficients: Place
        if isinstance(array.weights[0], Term):
            row = self._row(array.weights, i=rows, k=width)
            coefficients = Place("column", row)
            if isinstance(row, LookUp):
                at = Row(self._reserve(False, rows * width), i=width, k=1)
                copy = Assign(Place("column", at), Symbol(coefficients))
                yield For("i", 0, rows, [For("k", 0, width, [copy])])
                coefficients = Place("column", at)
        else:
            numbers = [float(x) for x in array.weights]
            coefficients = Place(self._constant(numbers), Row(i=width, k=1))
        inputs = yield from self._side_by_side(array.inputs, "k", width, copies)
        target = self._target(array, i=rows, q=copies)
        assert isinstance(target.row, Row)
        bias = None if array.bias is None else self._element(array.bias, i=rows, q=copies)
        start = bias.head if isinstance(bias, Symbol) and not bias.operands else None
        if not (isinstance(start, Place) and isinstance(start.row, Row) and not start.row.q):
            start = None
        yield Product(rows, width, copies, target.row, coefficients, inputs, start)
        if bias is not None and start is None:
            add = samples(AddTo(target, bias))
            yield For("i", 0, rows, several("q", copies, [add]))

    def _side_by_side(
        self, slot: Sequence[Any], counter: str, count: int, copies: int
    ) -> Generator[Statement, None, Row]:
        """Return the row of a slot by a counter and q, copied if the copies are not in order."""
        shape = {counter: count, "q": copies}
        row = self._row(slot, **shape)
        if isinstance(row, Row) and (row.q == 1 or copies == 1):
            return row
        key = copies, *map(id, slot)
        is_new = key not in self._copies
        if is_new:
            self._copies[key] = self._reserve(True, len(slot))
        at = Row(self._copies[key], **{counter: copies}, q=int(copies > 1))
        if is_new:
            copy = samples(Assign(Place("table", at), Symbol(Place("table", row))))
            yield For(counter, 0, count, several("q", copies, [copy]))
        return at

    @_written.register
    def _outer(self, array: Outer) -> Iterator[Statement]:
        rows, columns = array.shape
        lefts, rights = array.lefts, array.rights
        target = self._target(array, i=rows, k=columns)
        row = target.row
        if isinstance(row, Row) and columns > 1 and row.k != 1 and (row.i == 1 or rows == 1):
            rows, columns, lefts, rights = columns, rows, rights, lefts
            target = Place("column", Row(row.offset, i=row.k, k=1, t=row.t))
        is_table = isinstance(target.row, Row) and (columns == 1 or target.row.k == 1)
        at = (
            target
            if is_table
            else Place("column", Row(self._reserve(False, rows * columns), columns, 1))
        )
        left = yield from self._side_by_side(lefts, "i", rows, array.copies)
        right = yield from self._side_by_side(rights, "k", columns, array.copies)
        yield OuterProduct(rows, columns, array.copies, at, left, right)
        if not is_table:
            yield For("i", 0, rows, [For("k", 0, columns, [Assign(target, Symbol(at))])])

    @_written.register
    def _inner(self, array: Inner) -> Iterator[Statement]:
        shape = {"i": array.rows, "q": array.copies}
        left, right = (self._element(slot, **shape) for slot in array.slots())
        yield self._summed(array, array.copies, left * right)

    @_written.register
    def _total(self, array: Total) -> Iterator[Statement]:
        value = self._element(array.operands, i=array.rows, q=array.copies)
        yield self._summed(array, array.copies, value)

    def _summed(self, array: Array, copies: int, value: Expression) -> Statement:
        summed = several("q", copies, [samples(AddTo("total", value))])
        end = Assign(self._target(array), Symbol("total"))
        return For("i", 0, array.rows, [Let("total", 0.0), *summed, end])

    @_written.register
    def _segments(self, array: Segments) -> Iterator[Statement]:
        counted, shape = self._segment(array)
        right = self._element(array.rights, **shape)
        value = right if is_all_one(array.lefts) else self._element(array.lefts, **shape) * right
        target = self._target(array)
        if array.is_batch:
            add = For("k", *counted, [samples(AddTo(target, value))])
            yield For("i", 0, array.rows, [samples(Assign(target, 0.0)), add])
        else:
            add, end = For("k", *counted, [AddTo("total", value)]), Assign(target, Symbol("total"))
            yield For("i", 0, array.rows, [Let("total", 0.0), add, end])

    def _segment(self, array: Segments | Extreme) -> tuple[tuple[Any, Any], dict[str, int]]:
        """Return what k counts in segment i, and the shape of the operands."""
        if array.width:
            return (0, array.width), {"i": array.rows, "k": array.width}
        begin, end = (LookUp(self._constant(list(x)), Row(i=1)) for x in (array.starts, array.ends))
        return (begin, end), {"k": array.ends[-1]}

    @_written.register
    def _extreme(self, array: Extreme) -> Iterator[Statement]:
        counted, shape = self._segment(array)
        value = self._element(array.operands, **shape)
        first = self._element([array.operands[start] for start in array.starts], i=array.rows)
        target = self._target(array)
        better = Symbol(array.head, Symbol(target), value)
        yield For(
            "i",
            0,
            array.rows,
            [
                *_each(array, Assign(target, first)),
                For("k", *counted, _each(array, Assign(target, better))),
            ],
        )

    def _copied(self, terms: Sequence[Any]) -> Iterator[Statement]:
        """Yield the loops that copy outputs or the gradient."""
        at = 0
        for run in [[*same] for _, same in groupby(terms, self._kind)]:
            value, row = self._element(run, i=len(run)), Row(at, i=1)
            if self._wants_outputs:
                yield For("i", 0, len(run), [samples(Assign(Place("outputs", row), value))])
            else:
                yield For("i", 0, len(run), [Assign(Place("gradient", row), value)])
            at += len(run)

    def _kind(self, term: Any) -> Any:
        """Return something that is equal for terms that can be one slot."""
        array, _ = self._where(term)
        if not isinstance(array, Array):
            return id(term)
        return array.is_batch if array in self._rows else array  # which table they are in


def _each(array: Array, statement: Statement) -> Sequence[Statement]:
    """Return what is done for each sample, or once if they have the array in common."""
    return [samples(statement)] if array.is_batch else [statement]
