"""The program as loops over rows and samples, to be printed in several languages."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import singledispatchmethod
from itertools import groupby, product
from typing import Any, Final

from autograd.symbol import Symbol

from .groups import SCALARS
from .loop_program import (
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
from .program import Writer, is_all_one
from .rolling import Loop
from .statements import (
    Array,
    Elementwise,
    Extreme,
    Inner,
    Input,
    MatMul,
    Moved,
    Outer,
    Pick,
    Scatter,
    Segments,
    Sum,
    Total,
)
from .terms import Term

DEEPEST: Final = 16  # operations that are written into one expression


class LoopWriter(Writer):
    """Writes loops instead of array operations.

    What differs from sample to sample is in the rows of a table V, samples side by side; the
    rest, parameters first, is in a list v.
    """

    def program(self) -> LoopProgram:
        self._rows: dict[Array, Sequence[int]] = {}  # where the rows of an array are stored
        count = self._count
        scalars = [] if self._wants_outputs else list(SCALARS)
        self._scalar_rows = {name: count + i for i, name in enumerate(scalars)}
        slopes = self._slope_rows()
        start = count + len(scalars)
        self._size = {True: 0, False: start + (count if slopes else 0)}
        inside = self._inside()
        for array in self._arrays:
            if array in self._stacked:
                stack, part, _ = self._stacked[array]
                if stack not in self._rows:
                    at = self._reserve(stack.is_batch, stack.rows)
                    self._rows[stack] = range(at, at + stack.rows)
                begin = part * stack.height
                self._rows[array] = self._rows[stack][begin : begin + stack.height]
            elif array is self._theta:
                self._rows[array] = range(count)
            elif array in slopes:
                self._rows[array] = [start + i for i in slopes[array]]
            elif array not in inside:
                at = self._reserve(array.is_batch, array.rows)
                self._rows[array] = range(at, at + array.rows)
        theta = Assign(Place("v", Row(i=1)), Symbol(Place("theta", Row(i=1))))
        statements: list[Statement] = [For("i", 0, count, [theta])]
        for name, row in self._scalar_rows.items():
            statements.append(Assign(Place("v", Row(row)), Symbol(name)))
        for item in self._items:
            if isinstance(item, Loop):
                self._times = item.times
                body = [line for array in item.block for line in self._stored(array)]
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
            {letter: array.rows for letter, array in self._groups.inputs.items()},
        )

    def _stored(self, array: Array) -> Iterator[Statement]:
        """Yield the loops that compute an array, if it is stored and not given."""
        if array in self._rows and array is not self._theta:
            if array.name is not None:
                yield Comment(self._quantity(array.name))
            yield from self._written(array)

    def _reserve(self, is_batch: bool, rows: int) -> int:
        """Return the first of some rows that nothing else is in."""
        self._size[is_batch] += rows
        return self._size[is_batch] - rows

    def _slope_rows(self) -> dict[Array, list[int]]:
        """Return the sums over samples that are derivatives, each with its parameters.

        They are stored in the order of the parameters, and so is what is added to them.
        """
        parameter = {self._position[x]: i for x, i in self._groups.parameter.items()}
        found: dict[Array, list[int]] = {}
        taken: set[int] = set()
        for array in self._arrays:
            if isinstance(array, (Outer, Inner, Total, Scatter)):
                rows = [parameter.get((array, row), -1) for row in range(array.rows)]
                if -1 not in rows and len({*rows}) == len(rows) and taken.isdisjoint(rows):
                    found[array] = rows
                    taken.update(rows)
        return found

    def _inside(self) -> set[Array]:
        """Return the arrays that are not stored, but computed where they are used.

        That is once, row by row, in an array of as many rows.
        """
        found: set[Array] = set()
        depths: dict[Array, int] = {}
        for array in self._arrays:
            if not isinstance(array, (Elementwise, Sum)):
                continue
            parts = []
            for slot in array.slots():
                runs = self._runs(slot)
                part, _, step, _ = runs[0]
                if len(runs) == 1 and part in depths and (step or part.rows == 1):
                    if part.rows == array.rows and part.is_batch == array.is_batch:
                        parts.append(part)
            depth = 1 + max([depths[part] for part in parts], default=0)
            if depth <= DEEPEST:
                found.update(parts)
            else:
                depth = 1
            if array.name is None and self._uses[array] == 1 and array not in self._stacked:
                depths[array] = depth
        return found

    # -- elements --------------------------------------------------------------------------

    def _element(self, slot: Sequence[Any], **shape: int) -> Any:
        """Return one element of a slot that is a table of some shape, by its counters."""
        first = slot[0]
        if not isinstance(first, Term):
            if all(x is first or repr(x) == repr(first) for x in slot):
                return float(first)
            return Symbol(Place(self._constant([float(x) for x in slot]), _steps(shape)))
        if first.head in SCALARS and len({self._place_of(x) for x in slot}) == 1:
            return Symbol(first.head)
        array, _ = self._where(first)
        if isinstance(array, (Elementwise, Sum)) and array not in self._rows:
            return self._scalar(array, **shape)
        return Symbol(Place("V" if first.is_batch else "v", self._row(slot, **shape)))

    def _place_of(self, x: Any) -> int:
        array, row = self._where(x)
        if not isinstance(array, Array):
            return self._scalar_rows[x.head]
        array = array.source if isinstance(array, Moved) else array
        return self._rows[array][row] if array in self._rows else row

    def _move_of(self, x: Any) -> int:
        """Return by how many rows a term moves as a loop goes round."""
        array, _ = self._where(x)
        return array.by if isinstance(array, Moved) else 0

    def _row(self, slot: Sequence[Any], **shape: int) -> Row | LookUp:
        """Return a row of a slot, by the counters."""
        places, moves = [self._place_of(x) for x in slot], [self._move_of(x) for x in slot]
        if len({*moves}) == 1:
            row = self._among(places, **shape)
            if isinstance(row, Row) or not moves[0]:
                return row if isinstance(row, LookUp) else replace(row, t=moves[0])
        table = [x + move * t for t in range(self._times) for x, move in zip(places, moves)]
        return LookUp(self._constant(table), replace(_steps(shape), t=len(places)))

    def _among(self, places: Sequence[int], **shape: int) -> Row | LookUp:
        """Return one of some rows, as a multiple of the counters if that is what they are."""
        first, width, steps = places[0], len(places), {}
        for counter, size in shape.items():
            width //= size
            steps[counter] = places[width] - first if size > 1 else 0
        counted = product(
            *[
                range(0, steps[x] * size, steps[x]) if steps[x] else [0] * size
                for x, size in shape.items()
            ]
        )
        if all(place == first + sum(moves) for place, moves in zip(places, counted)):
            return Row(first, **steps)
        return LookUp(self._constant(list(places)), _steps(shape))

    def _target(self, array: Array, **shape: int) -> Place:
        row = self._among(self._rows[array], **(shape or {"i": array.rows}))
        if array in self._stacked and isinstance(row, Row):
            stack, _, by = self._stacked[array]
            row = replace(row, t=by * stack.height)
        return Place("V" if array.is_batch else "v", row)

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
        source = Symbol(Place(array.letter, Row(i=1)))
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
        rows = self._rows[array]
        table = [rows[k * width + i] for i in range(width) for k in range(count)]
        target = Place("v", self._among(table, i=width, k=count))
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
            coefficients = Place("v", row)
            if isinstance(row, LookUp):
                at = Row(self._reserve(False, rows * width), i=width, k=1)
                copy = Assign(Place("v", at), Symbol(coefficients))
                yield For("i", 0, rows, [For("k", 0, width, [copy])])
                coefficients = Place("v", at)
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
        at = Row(self._reserve(True, len(slot)), **{counter: copies}, q=int(copies > 1))
        copy = samples(Assign(Place("V", at), Symbol(Place("V", row))))
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
            target = Place("v", Row(row.offset, i=row.k, k=1, t=row.t))
        is_table = isinstance(target.row, Row) and (columns == 1 or target.row.k == 1)
        at = (
            target
            if is_table
            else Place("v", Row(self._reserve(False, rows * columns), columns, 1))
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
                yield For("i", 0, len(run), [samples(Assign(Place("Y", row), value))])
            else:
                yield For("i", 0, len(run), [Assign(Place("g", row), value)])
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


def _steps(shape: dict[str, int]) -> Row:
    """Return the number of an entry of a table of some shape, by its counters."""
    steps, width = {}, 1
    for counter, size in reversed(shape.items()):
        steps[counter] = width if size > 1 else 0
        width *= size
    return Row(**steps)
