"""The same program as loops over rows and samples, for Numba to compile to machine code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd import operations as op

from .groups import SCALARS, Array, matrix_rows
from .program import CALL, CHOICE, INFIX, Program, Text, Writer, number, wrapped
from .terms import Term

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
            lines += self._loops(array)
        lines += self._end()
        loops = len([line for line in lines if line.lstrip().startswith("for ")])
        if loops > MOST_LOOPS:
            raise ValueError(
                f'the program has {loops} loops, too many for engine="numba", which would '
                'compile for minutes; use engine="numpy"'
            )
        arguments = "theta, X" if self._wants_outputs else "theta, X, T, s, r"
        body = "\n".join([f"    {line}" for line in lines])
        step = f"def {self._name_of_program}({arguments}):\n{body}\n"
        source = "\n\n\n".join([*self.helpers.values(), step])
        rows = size[True]
        return Program(self._name_of_program, source, self.constants, self.reached, rows)

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
                return number(first)
            return f"{self._constant([float(x) for x in slot])}[{row}]", CALL
        if first.head in SCALARS and len(set(places)) == 1:
            return str(first.head), CALL
        array, _ = self._where(first)
        if isinstance(array, Array) and array not in self._rows:
            return self._scalar(array, row)
        table, sample = ("V", ", j") if first.is_batch else ("v", "")
        return f"{table}[{self._index(places, row)}{sample}]", CALL

    def _place_of(self, x: Any) -> int | None:
        array, row = self._where(x)
        if not isinstance(array, Array):
            return self._scalar_rows.get(x.head) if isinstance(x, Term) else None
        return self._rows[array][row] if array in self._rows else row

    def _index(self, places: Sequence[Any], row: Row) -> str:
        """Return the text of the place of a row."""
        first, step = places[0], (places[1] - places[0]) if len(places) > 1 else 0
        if all(place == first + step * i for i, place in enumerate(places)):
            return str(Row(first) + row * step)
        return f"{self._constant(list(places))}[{row}]"

    def _grid(self, places: Sequence[Any], width: int, column: Row) -> str:
        """Return the text of the place of a column in row i of a table of some width."""
        first = places[0]
        down = places[width] - first if len(places) > width else 0
        right = places[1] - first if width > 1 else 0
        if all(
            place == first + down * (at // width) + right * (at % width)
            for at, place in enumerate(places)
        ):
            return str(Row(first) + ROW * down + column * right)
        return f"{self._constant(list(places))}[{ROW * width + column}]"

    def _target(self, array: Array) -> str:
        index = self._index(self._rows[array], ROW)
        return f"V[{index}, j]" if array.is_batch else f"v[{index}]"

    def _scalar(self, array: Array, row: Row) -> Text:
        """Return the expression for one row of an array."""
        slots = [self._element(slot, row) for slot in array.slots]
        if array.kind == "op":
            return self._apply(array.head, slots)
        texts = []
        for k in range(array.pairs):
            texts.append(self._apply(op.mul, slots[2 * k : 2 * k + 2]))
        texts += slots[2 * array.pairs :]
        total = texts[0]
        for text in texts[1:]:
            total = self._apply(op.add, [total, text])
        return total

    # -- loops -----------------------------------------------------------------------------

    def _loops(self, array: Array) -> list[str]:
        if array not in self._rows or (array.kind == "input" and array.head == "p"):
            return []
        rows, samples = f"for i in range({array.rows}):", "    for j in range(n):"
        comment = []
        if array.name is not None:
            letter = self._letters.get(array.name.letter, array.name.letter)
            comment = [f"# {letter}{array.name.layer}"]
        if array.kind == "input":
            return [rows, samples, f"        {self._target(array)} = {array.head}[j, i]"]
        if array.kind in ("op", "sum"):
            text, _ = self._scalar(array, ROW)
            if array.is_batch:
                return [*comment, rows, samples, f"        {self._target(array)} = {text}"]
            return [*comment, rows, f"    {self._target(array)} = {text}"]
        return [*comment, *getattr(self, f"_{array.kind}")(array)]

    def _matmul(self, array: Array) -> list[str]:
        target = self._target(array)
        bias = array.slots[array.rows + 1 :]
        width = len(array.slots[0])
        first = width % TOGETHER or TOGETHER  # and then as many as are added together
        lines = [f"for i in range({array.rows}):"]
        lines += [f"    b = {self._element(bias[0])[0]}"] if bias else []
        lines += self._products(array, target, ["b"] if bias else [], "=", Row(), first)
        if width > first:
            lines.append(f"    for k in range({first}, {width}, {TOGETHER}):")
            more = self._products(array, target, [], "+=", COLUMN, TOGETHER)
            lines += [f"    {line}" for line in more]
        return lines

    def _products(
        self, array: Array, target: str, texts: list[str], sign: str, start: Row, count: int
    ) -> list[str]:
        """Return the lines that add up some columns of a matrix product in row i."""
        coefficients = matrix_rows(array)
        weights: list[str] = []
        for column in (start + Row(k) for k in range(count)):
            w, z = f"w{len(weights)}", self._element(array.slots[0], column)[0]
            weights.append(f"    {w} = {self._coefficient(coefficients, column)}")
            texts = [*texts, f"{w} * {z}"]
        return [*weights, "    for j in range(n):", f"        {target} {sign} {' + '.join(texts)}"]

    def _coefficient(self, rows: Sequence[Sequence[Any]], column: Row) -> str:
        flat, width = [x for row in rows for x in row], len(rows[0])
        places = [self._place_of(x) for x in flat]
        if not isinstance(flat[0], Term) or None in places:
            return self._element(flat, ROW * width + column)[0]
        return f"v[{self._grid(places, width, column)}]"

    def _outer(self, array: Array) -> list[str]:
        assert array.shape is not None
        rows, columns = array.shape
        rest = columns % TOGETHER
        lines = [f"for i in range({rows}):"]
        if columns > rest:
            lines.append(f"    for k in range({rest}, {columns}, {TOGETHER}):")
            lines += [f"    {line}" for line in self._sums(array, COLUMN, TOGETHER)]
        return lines + self._sums(array, Row(), rest) if rest else lines

    def _sums(self, array: Array, start: Row, count: int) -> list[str]:
        """Return the lines that compute some columns of row i of an outer product."""
        assert array.shape is not None
        columns = [start + Row(k) for k in range(count)]
        names = [f"s{k}" for k in range(count)]
        left = self._element(array.slots[0])[0]
        right = [self._element(array.slots[1], column)[0] for column in columns]
        at = [self._grid(self._rows[array], array.shape[1], column) for column in columns]
        return [
            f"    {' = '.join(names)} = 0.0",
            "    for j in range(n):",
            *[f"        {name} += {left} * {text}" for name, text in zip(names, right)],
            *[f"    v[{index}] = {name}" for name, index in zip(names, at)],
        ]

    def _inner(self, array: Array) -> list[str]:
        factors = [wrapped(self._element(slot), CALL) for slot in array.slots]
        return self._accumulated(array, " * ".join(factors))

    def _total(self, array: Array) -> list[str]:
        return self._accumulated(array, self._element(array.slots[0])[0])

    def _accumulated(self, array: Array, text: str) -> list[str]:
        return [
            f"for i in range({array.rows}):",
            "    total = 0.0",
            "    for j in range(n):",
            f"        total += {text}",
            f"    {self._target(array)} = total",
        ]

    def _segments(self, array: Array) -> list[str]:
        ends = [*array.starts[1:], len(array.slots[0])]
        begin, end = self._constant(array.starts), self._constant(ends)
        left, right = (wrapped(self._element(slot, COLUMN), CALL) for slot in array.slots)
        text = right if left == "1.0" else f"{left} * {right}"
        if not array.is_batch:
            return [
                f"for i in range({array.rows}):",
                "    total = 0.0",
                f"    for k in range({begin}[i], {end}[i]):",
                f"        total += {text}",
                f"    {self._target(array)} = total",
            ]
        return [
            f"for i in range({array.rows}):",
            "    for j in range(n):",
            f"        {self._target(array)} = 0.0",
            f"    for k in range({begin}[i], {end}[i]):",
            "        for j in range(n):",
            f"            {self._target(array)} += {text}",
        ]

    def _extreme(self, array: Array) -> list[str]:
        width = len(array.slots[0]) // array.rows
        value = self._element(array.slots[0], ROW * width + COLUMN)[0]
        first = self._element(array.slots[0], ROW * width)[0]
        better, target = self._helper(array.head), self._target(array)
        if not array.is_batch:
            return [
                f"for i in range({array.rows}):",
                f"    {target} = {first}",
                f"    for k in range(1, {width}):",
                f"        {target} = {better}({target}, {value})",
            ]
        return [
            f"for i in range({array.rows}):",
            "    for j in range(n):",
            f"        {target} = {first}",
            f"    for k in range(1, {width}):",
            "        for j in range(n):",
            f"            {target} = {better}({target}, {value})",
        ]

    def _end(self) -> list[str]:
        if self._wants_outputs:
            outputs = self._passes.outputs
            lines = [f"Y = np.empty((n, {len(outputs)}), theta.dtype)"]
            at = 0
            for run in self._kinds(outputs):
                lines += [f"for i in range({len(run)}):", "    for j in range(n):"]
                lines += [f"        Y[j, {ROW + Row(at)}] = {self._element(run)[0]}"]
                at += len(run)
            return [*lines, "return Y"]
        lines = [f"g = np.empty({self._count}, theta.dtype)"]
        at = 0
        for run in self._kinds(self._gradient):
            text, _ = self._element(run)
            lines += [f"for i in range({len(run)}):", f"    g[{ROW + Row(at)}] = {text}"]
            at += len(run)
        losses = [self._element([loss], Row())[0] for loss in self._passes.losses]
        return [*lines, f"return {', '.join(losses)}, g"]

    def _kinds(self, terms: Iterable[Any]) -> Iterable[list[Any]]:
        """Yield runs of terms that can be one slot."""
        run: list[Any] = []
        kind: Any = None
        for term in terms:
            array, _ = self._where(term)
            new: Any = array if isinstance(array, Array) else id(term)
            if isinstance(array, Array) and array in self._rows:
                new = array.is_batch  # which table they are in
            if run and new != kind:
                yield run
                run = []
            kind = new
            run.append(term)
        if run:
            yield run

    # -- the language ----------------------------------------------------------------------

    def _apply(self, head: Any, operands: Sequence[Text]) -> Text:
        if head in ("?", "guard"):
            condition, a, b = (wrapped(operand, CHOICE + 1) for operand in operands)
            return f"{a} if {condition} else {b}", CHOICE
        if head == "&&":
            return f"({operands[0][0]}) and ({operands[1][0]})", CHOICE
        texts = [text for text, _ in operands]
        if head is op.absolute:
            return f"abs({texts[0]})", CALL
        if head in INFIX or head is op.neg or not head.is_primitive:
            return super()._apply(head, operands)
        name = head.forward.__name__
        return f"{'math' if name in MATH.split() else 'np'}.{name}({', '.join(texts)})", CALL
