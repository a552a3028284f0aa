"""The same program as loops over rows and samples, for Numba to compile to machine code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import groupby
from typing import Any, Final

from autograd import operations as op
from autograd.printer import CALL, CHOICE, SUM, Text
from autograd.table import Operation

from .groups import SCALARS, Array, matrix_rows
from .program import Program, Writer, is_all_one, picked_from
from .terms import Term, is_batch

MATH: Final = """acos acosh asin asinh atan atan2 atanh cos cosh erf erfc exp expm1 hypot log log10
log1p log2 pow sin sinh sqrt tan tanh"""
MOST_LOOPS: Final = 240  # more would take Numba minutes
TOGETHER: Final = 8  # so many products are added up in one go, in the registers of a processor


@dataclass(frozen=True)
class Row:
    """The number of a row while loops count `i` and `k`: an offset and multiples of both."""

    offset: int = 0
    i: int = 0
    k: int = 0

    def __add__(self, other: Row) -> Row:
        return Row(self.offset + other.offset, self.i + other.i, self.k + other.k)

    def __mul__(self, step: int) -> Row:
        return Row(self.offset * step, self.i * step, self.k * step)

    def __str__(self) -> str:
        parts = [str(self.offset)] if self.offset else []
        for step, counter in ((self.i, "i"), (self.k, "k")):
            parts += [] if not step else [counter if step == 1 else f"{step} * {counter}"]
        return " + ".join(parts) or "0"


ROW: Final = Row(i=1)
COLUMN: Final = Row(k=1)


class LoopWriter(Writer):
    """Writes loops instead of array operations.

    What differs from sample to sample is in the rows of a table V, samples side by side; the
    rest, parameters first, is in a list v.
    """

    def program(self) -> Program:
        self._rows: dict[Array, Sequence[int]] = {}  # where the rows of an array are stored
        self._loops = 0  # written so far
        count = self._count
        scalars = [] if self._wants_outputs else list(SCALARS)
        self._scalar_rows = {name: count + i for i, name in enumerate(scalars)}
        slopes = self._slope_rows()
        start = count + len(scalars)
        size = {True: 0, False: start + (count if slopes else 0)}
        for array in self._arrays:
            if array.head == "p" and array.kind == "input":
                self._rows[array] = range(count)
            elif array in slopes:
                self._rows[array] = [start + i for i in slopes[array]]
            elif self._is_stored(array):
                at = size[array.is_batch]
                self._rows[array] = range(at, at + array.rows)
                size[array.is_batch] += array.rows
        lines = [
            "n = len(X)",
            f"V = np.empty(({size[True]}, n), theta.dtype)",
            f"v = np.empty({size[False]}, theta.dtype)",
            f"v[:{count}] = theta",
            *[f"v[{row}] = {name}" for name, row in self._scalar_rows.items()],
        ]
        for array in self._arrays:
            lines += self._written(array)
        lines += self._end()
        if self._loops > MOST_LOOPS:
            raise ValueError(
                f'the program has {self._loops} loops, too many for engine="numba", which would '
                'compile for minutes; use engine="numpy"'
            )
        return self._program(lines, size[True])

    def _slope_rows(self) -> dict[Array, list[int]]:
        """Return the sums over samples that are derivatives, each with its parameters.

        They are stored in the order of the parameters, and so is what is added to them.
        """
        parameter = {self._position[x]: i for x, i in self._groups.parameter.items()}
        found: dict[Array, list[int]] = {}
        taken: set[int] = set()
        for array in self._arrays:
            if array.kind in ("outer", "inner", "total"):
                rows = [parameter.get((array, row), -1) for row in range(array.rows)]
                if -1 not in rows and len({*rows}) == len(rows) and taken.isdisjoint(rows):
                    found[array] = rows
                    taken.update(rows)
        return found

    def _is_stored(self, array: Array) -> bool:
        """Return whether an array is written down; others are computed where they are used."""
        is_simple = array.kind in ("op", "sum") and array.name is None
        return not (is_simple and self._uses[array] == 1 and self._is_aligned(array))

    def _is_aligned(self, array: Array) -> bool:
        """Return whether the only use of an array is row by row, in one of as many rows."""
        for other in self._arrays:
            if other.kind in ("op", "sum") and other.rows == array.rows:
                for slot in other.slots:
                    runs = self._runs(slot)
                    if len(runs) == 1 and runs[0][0] is array and (runs[0][2] or array.rows == 1):
                        return bool(other.is_batch == array.is_batch)
        return False

    # -- elements --------------------------------------------------------------------------

    def _element(self, slot: Sequence[Any], row: Row = ROW) -> Text:
        """Return the text of one element of a slot."""
        places = [self._place_of(x) for x in slot]
        first = slot[0]
        if not isinstance(first, Term):
            if all(x is first or repr(x) == repr(first) for x in slot):
                return self.number(first)
            return Text(f"{self._constant([float(x) for x in slot])}[{row}]")
        if first.head in SCALARS and len(set(places)) == 1:
            return Text(first.head)
        array, _ = self._where(first)
        if isinstance(array, Array) and array not in self._rows:
            return self._scalar(array, row)
        table, sample = ("V", ", j") if first.is_batch else ("v", "")
        return Text(f"{table}[{self._index(places, row)}{sample}]")

    def _place_of(self, x: Any) -> int | None:
        array, row = self._where(x)
        if not isinstance(array, Array):
            return self._scalar_rows.get(x.head) if isinstance(x, Term) else None
        return self._rows[array][row] if array in self._rows else row

    def _index(self, places: Sequence[Any], column: Row, table: int = 0) -> str:
        """Return the text of one of the places; if they are a table of that width, in row i."""
        first, width = places[0], table or len(places)
        down = places[width] - first if len(places) > width else 0
        right = places[1] - first if width > 1 else 0
        if all(
            place == first + down * (at // width) + right * (at % width)
            for at, place in enumerate(places)
        ):
            return str(Row(first) + ROW * down + column * right)
        return f"{self._constant(list(places))}[{ROW * table + column}]"

    def _target(self, array: Array) -> str:
        index = self._index(self._rows[array], ROW)
        return f"V[{index}, j]" if array.is_batch else f"v[{index}]"

    def _scalar(self, array: Array, row: Row) -> Text:
        """Return the expression for one row of an array."""
        slots = [self._element(slot, row) for slot in array.slots]
        if array.kind == "op":
            return self.apply(array.head, slots)
        pairs = [slots[2 * k : 2 * k + 2] for k in range(array.pairs)]
        texts = [self.apply(op.mul, pair) for pair in pairs] + slots[2 * array.pairs :]
        return reduce(partial(self.infix, "+"), texts)

    # -- loops -----------------------------------------------------------------------------

    def _loop(self, counted: str, *lines: str) -> list[str]:
        self._loops += 1
        return [f"for {counted}:", *[f"    {line}" for line in lines]]

    def _samples(self, *lines: str) -> list[str]:
        return self._loop("j in range(n)", *lines)

    def _each(self, array: Array, *lines: str) -> list[str]:
        """Return what is done for each sample, or once if they have the array in common."""
        return self._samples(*lines) if array.is_batch else [*lines]

    def _written(self, array: Array) -> list[str]:
        """Return the loop over the rows of an array; each kind has a method for what is in it."""
        if array not in self._rows or (array.kind == "input" and array.head == "p"):
            return []
        if array.kind == "scatter":
            return self._scatter(array)
        rows, _ = array.shape or (array.rows, 1)
        lines = self._loop(f"i in range({rows})", *getattr(self, f"_{array.kind}")(array))
        return lines if array.name is None else [f"# {self._quantity(array.name)}", *lines]

    def _input(self, array: Array) -> list[str]:
        return self._samples(f"{self._target(array)} = {array.head}[j, i]")

    def _op(self, array: Array) -> list[str]:
        return self._each(array, f"{self._target(array)} = {self._scalar(array, ROW).text}")

    _sum = _op

    def _matmul(self, array: Array) -> list[str]:
        bias = array.slots[array.rows + 1 :]
        width = len(array.slots[0])
        first = width % TOGETHER or TOGETHER  # and then as many as are added together
        lines = [f"b = {self._element(bias[0]).text}"] if bias else []
        lines += self._products(array, ["b"] if bias else [], "=", Row(), first)
        if width > first:
            more = self._products(array, [], "+=", COLUMN, TOGETHER)
            lines += self._loop(f"k in range({first}, {width}, {TOGETHER})", *more)
        return lines

    def _products(
        self, array: Array, texts: list[str], sign: str, start: Row, count: int
    ) -> list[str]:
        """Return the lines that add up some columns of a matrix product in row i."""
        weights = []
        for k in range(count):
            column = start + Row(k)
            texts = [*texts, f"w{k} * {self._element(array.slots[0], column).text}"]
            weights.append(f"w{k} = {self._coefficient(matrix_rows(array), column)}")
        return [*weights, *self._samples(f"{self._target(array)} {sign} {' + '.join(texts)}")]

    def _coefficient(self, rows: Sequence[Sequence[Any]], column: Row) -> str:
        flat, width = [x for row in rows for x in row], len(rows[0])
        places = [self._place_of(x) for x in flat]
        if not isinstance(flat[0], Term) or None in places:
            return self._element(flat, ROW * width + column).text
        return f"v[{self._index(places, column, width)}]"

    def _outer(self, array: Array) -> list[str]:
        assert array.shape is not None
        _, columns = array.shape
        rest = columns % TOGETHER
        lines = []
        if columns > rest:
            many = self._columns(array, COLUMN, TOGETHER)
            lines += self._loop(f"k in range({rest}, {columns}, {TOGETHER})", *many)
        return lines + self._columns(array, Row(), rest) if rest else lines

    def _columns(self, array: Array, start: Row, count: int) -> list[str]:
        """Return the lines that compute some columns of row i of an outer product."""
        assert array.shape is not None
        columns = [start + Row(k) for k in range(count)]
        names = [f"s{k}" for k in range(count)]
        left = self._element(array.slots[0]).text
        right = [self._element(array.slots[1], column).text for column in columns]
        at = [self._index(self._rows[array], column, array.shape[1]) for column in columns]
        return [
            f"{' = '.join(names)} = 0.0",
            *self._samples(*[f"{name} += {left} * {text}" for name, text in zip(names, right)]),
            *[f"v[{index}] = {name}" for name, index in zip(names, at)],
        ]

    def _inner(self, array: Array) -> list[str]:
        factors = [self.within(self._element(slot), CALL) for slot in array.slots]
        return self._added_up(array, " * ".join(factors))

    def _total(self, array: Array) -> list[str]:
        return self._added_up(array, self._element(array.slots[0]).text)

    def _added_up(self, array: Array, text: str) -> list[str]:
        summed = self._samples(f"total += {text}")
        return ["total = 0.0", *summed, f"{self._target(array)} = total"]

    def _segments(self, array: Array) -> list[str]:
        ends = [*array.starts[1:], len(array.slots[0])]
        begin, end = self._constant(array.starts), self._constant(ends)
        left, right = (self.within(self._element(slot, COLUMN), CALL) for slot in array.slots)
        text = right if is_all_one(array.slots[0]) else f"{left} * {right}"
        target = self._target(array)
        total = target if array.is_batch else "total"
        added = self._loop(
            f"k in range({begin}[i], {end}[i])", *self._each(array, f"{total} += {text}")
        )
        lines = [*self._each(array, f"{total} = 0.0"), *added]
        return lines if array.is_batch else [*lines, f"{target} = total"]

    def _pick(self, array: Array) -> list[str]:
        tables = picked_from(array)
        index, target = self._element(array.slots[-1]).text, self._target(array)
        if is_batch(tables[0][0]):
            places = [self._place_of(x) for row in tables for x in row]
            chosen = f"V[{self._index(places, COLUMN, len(tables[0]))}, j]"
        else:
            chosen = self._coefficient(tables, COLUMN)
        return self._samples(f"k = int({index})", f"{target} = {chosen}")

    def _scatter(self, array: Array) -> list[str]:
        assert array.shape is not None
        count, width = array.shape
        rows, (indices, terms) = self._rows[array], array.slots
        table = [rows[j * width + i] for i in range(width) for j in range(count)]
        target = f"v[{self._index(table, COLUMN, count)}]"
        lines = []
        for use, index in enumerate(indices):
            text = self.within(self._element(terms[use :: len(indices)]), SUM)
            k = f"k = int({self._element([index]).text})"
            lines += self._samples(k, f"{target} += {text}")
        zeros = self._loop(f"i in range({array.rows})", f"{self._target(array)} = 0.0")
        return [*zeros, *self._loop(f"i in range({width})", *lines)]

    def _extreme(self, array: Array) -> list[str]:
        width = len(array.slots[0]) // array.rows
        value = self._element(array.slots[0], ROW * width + COLUMN).text
        first = self._element(array.slots[0], ROW * width).text
        better, target = self._helper(array.head), self._target(array)
        compared = self._each(array, f"{target} = {better}({target}, {value})")
        return [
            *self._each(array, f"{target} = {first}"),
            *self._loop(f"k in range(1, {width})", *compared),
        ]

    def _end(self) -> list[str]:
        if self._wants_outputs:
            outputs = self._passes.outputs
            lines = [f"Y = np.empty((n, {len(outputs)}), theta.dtype)"]
            return [*lines, *self._copied(outputs), "return Y"]
        losses = [self._element([loss], Row()).text for loss in self._passes.losses]
        lines = [f"g = np.empty({self._count}, theta.dtype)", *self._copied(self._gradient)]
        return [*lines, f"return {', '.join(losses)}, g"]

    def _copied(self, terms: Sequence[Any]) -> list[str]:
        """Return the loops that copy outputs or the gradient."""
        lines: list[str] = []
        at = 0
        for run in [[*same] for _, same in groupby(terms, self._kind)]:
            row, text = ROW + Row(at), self._element(run).text
            is_output = self._wants_outputs
            copy = self._samples(f"Y[j, {row}] = {text}") if is_output else [f"g[{row}] = {text}"]
            lines += self._loop(f"i in range({len(run)})", *copy)
            at += len(run)
        return lines

    def _kind(self, term: Any) -> Any:
        """Return something that is equal for terms that can be one slot."""
        array, _ = self._where(term)
        if not isinstance(array, Array):
            return id(term)
        return array.is_batch if array in self._rows else array  # which table they are in

    # -- the language ----------------------------------------------------------------------

    def infix(self, sign: str, a: Text, b: Text) -> Text:
        if sign == "&&":
            return Text(f"({a.text}) and ({b.text})", CHOICE)
        return super().infix(sign, a, b)

    def choice(self, *operands: Text) -> Text:
        condition, a, b = (self.within(operand, CHOICE + 1) for operand in operands)
        return Text(f"{a} if {condition} else {b}", CHOICE)

    def function(self, row: Operation) -> str | None:
        if not row.is_primitive:
            return "abs" if row is op.absolute else None
        name = row.forward.__name__
        return f"{self._use('math') if name in MATH.split() else 'np'}.{name}"
