"""The same program as loops over rows and samples, for Numba to compile to machine code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from autograd import operations as op

from .groups import SCALARS, Array, matrix_rows
from .source import CALL, CHOICE, INFIX, Program, Text, Writer, number, wrapped
from .terms import Term

MATH: Final = """acos acosh asin asinh atan atan2 atanh cos cosh erf erfc exp expm1 hypot log log10
log1p log2 pow sin sinh sqrt tan tanh"""
MOST_STATEMENTS: Final = 400  # more would take Numba minutes


class LoopWriter(Writer):
    """Writes loops instead of array operations.

    What differs from sample to sample is in the rows of a table V, samples side by side; the
    rest, parameters first, is in a list v.
    """

    def program(self) -> Program:
        self._start: dict[Array, int] = {}
        count = len(self.order)
        scalars = [] if self._wants_outputs else list(SCALARS)
        self._scalar_rows = {name: count + i for i, name in enumerate(scalars)}
        size = {True: 0, False: count + len(scalars)}
        for array in self._arrays:
            if array.head == "p" and array.kind == "input":
                self._start[array] = 0
            elif self._is_stored(array):
                self._start[array] = size[array.is_batch]
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
        if len(lines) > MOST_STATEMENTS:
            raise ValueError(
                f'the program has {len(lines)} lines, too many for engine="numba", which would '
                'compile for minutes; use engine="numpy"'
            )
        arguments = "theta, X" if self._wants_outputs else "theta, X, T, s, r"
        body = "\n".join([f"    {line}" for line in lines])
        step = f"def {self._name_of_program}({arguments}):\n{body}\n"
        source = "\n\n\n".join([*self.helpers.values(), step])
        rows = size[True]
        return Program(self._name_of_program, source, self.constants, self.order, rows)

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

    def _element(self, slot: Sequence[Any], row: str = "i") -> Text:
        """Return the text of one element of a slot, for a row that a loop counts."""
        places = [self._place_of(x) for x in slot]
        first = slot[0]
        if not isinstance(first, Term):
            if all(x is first or repr(x) == repr(first) for x in slot):
                return number(first)
            return f"{self._constant([float(x) for x in slot])}[{row}]", CALL
        if first.head in SCALARS and len(set(places)) == 1:
            return str(first.head), CALL
        array, _ = self._where(first)
        if isinstance(array, Array) and array not in self._start:
            return self._scalar(array, row)
        table, at = ("V", ", j") if first.is_batch else ("v", "")
        return f"{table}[{self._index(places, row)}{at}]", CALL

    def _place_of(self, x: Any) -> int | None:
        array, row = self._where(x)
        if not isinstance(array, Array):
            return self._scalar_rows.get(x.head) if isinstance(x, Term) else None
        return self._start[array] + row if array in self._start else row

    def _index(self, places: Sequence[Any], row: str) -> str:
        first, step = places[0], (places[1] - places[0]) if len(places) > 1 else 0
        if list(places) == [first + step * i for i in range(len(places))]:
            return _affine(first, (step, row))
        return f"{self._constant(list(places))}[{row}]"

    def _scalar(self, array: Array, row: str) -> Text:
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
        if array not in self._start or (array.kind == "input" and array.head == "p"):
            return []
        start = self._start[array]
        target = (
            f"V[{_affine(start, (1, 'i'))}, j]"
            if array.is_batch
            else f"v[{_affine(start, (1, 'i'))}]"
        )
        rows = f"for i in range({array.rows}):"
        samples = "    for j in range(n):"
        comment = []
        if array.name is not None:
            letter = self._letters.get(array.name.letter, array.name.letter)
            comment = [f"# {letter}{array.name.layer}"]
        if array.kind == "input":
            return [rows, samples, f"        {target} = {array.head}[j, i]"]
        if array.kind in ("op", "sum"):
            text, _ = self._scalar(array, "i")
            if array.is_batch:
                return [*comment, rows, samples, f"        {target} = {text}"]
            return [*comment, rows, f"    {target} = {text}"]
        return [*comment, *getattr(self, f"_{array.kind}")(array, target)]

    def _matmul(self, array: Array, target: str) -> list[str]:
        bias = array.slots[array.rows + 1 :]
        first = self._element(bias[0])[0] if bias else "0.0"
        coefficients = matrix_rows(array)
        weight = self._coefficient(coefficients)
        value = self._element(array.slots[0], "k")[0]
        return [
            f"for i in range({array.rows}):",
            "    for j in range(n):",
            f"        {target} = {first}",
            f"    for k in range({len(coefficients[0])}):",
            f"        w = {weight}",
            "        for j in range(n):",
            f"            {target} += w * {value}",
        ]

    def _coefficient(self, rows: Sequence[Sequence[Any]]) -> str:
        flat = [x for row in rows for x in row]
        width = len(rows[0])
        if not isinstance(flat[0], Term):
            return self._element(flat, f"i * {width} + k")[0]
        places = [self._place_of(x) for x in flat]
        if None in places:
            return self._element(flat, "0")[0]
        table = [places[i * width : (i + 1) * width] for i in range(len(rows))]
        first: Any = table[0][0]
        down = (table[1][0] or 0) - first if len(rows) > 1 else 0
        right = (table[0][1] or 0) - first if width > 1 else 0
        if all(
            table[i][k] == first + down * i + right * k
            for i in range(len(rows))
            for k in range(width)
        ):
            return f"v[{_affine(first, (down, 'i'), (right, 'k'))}]"
        return f"v[{self._constant(places)}[i * {width} + k]]"

    def _outer(self, array: Array, target: str) -> list[str]:
        assert array.shape is not None
        rows, columns = array.shape
        left, right = self._element(array.slots[0])[0], self._element(array.slots[1], "k")[0]
        at = _affine(self._start[array], (columns, "i"), (1, "k"))
        return [
            f"for i in range({rows}):",
            f"    for k in range({columns}):",
            "        total = 0.0",
            "        for j in range(n):",
            f"            total += {left} * {right}",
            f"        v[{at}] = total",
        ]

    def _inner(self, array: Array, target: str) -> list[str]:
        factors = [wrapped(self._element(slot), CALL) for slot in array.slots]
        return self._accumulated(array, target, " * ".join(factors))

    def _total(self, array: Array, target: str) -> list[str]:
        return self._accumulated(array, target, self._element(array.slots[0])[0])

    def _accumulated(self, array: Array, target: str, text: str) -> list[str]:
        return [
            f"for i in range({array.rows}):",
            "    total = 0.0",
            "    for j in range(n):",
            f"        total += {text}",
            f"    {target} = total",
        ]

    def _segments(self, array: Array, target: str) -> list[str]:
        ends = [*array.starts[1:], len(array.slots[0])]
        begin, end = self._constant(array.starts), self._constant(ends)
        left, right = (wrapped(self._element(slot, "k"), CALL) for slot in array.slots)
        text = right if left == "1.0" else f"{left} * {right}"
        if not array.is_batch:
            return [
                f"for i in range({array.rows}):",
                "    total = 0.0",
                f"    for k in range({begin}[i], {end}[i]):",
                f"        total += {text}",
                f"    {target} = total",
            ]
        return [
            f"for i in range({array.rows}):",
            "    for j in range(n):",
            f"        {target} = 0.0",
            f"    for k in range({begin}[i], {end}[i]):",
            "        for j in range(n):",
            f"            {target} += {text}",
        ]

    def _extreme(self, array: Array, target: str) -> list[str]:
        width = len(array.slots[0]) // array.rows
        value = self._element(array.slots[0], f"i * {width} + k")[0]
        first = self._element(array.slots[0], f"i * {width}")[0]
        better = self._helper(array.head)
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
                column = _affine(at, (1, "i"))
                lines += [f"for i in range({len(run)}):", "    for j in range(n):"]
                lines += [f"        Y[j, {column}] = {self._element(run)[0]}"]
                at += len(run)
            return [*lines, "return Y"]
        lines = [f"g = np.empty({len(self.order)}, theta.dtype)"]
        at = 0
        slopes = [self._passes.gradients[i] for i in self.order]
        for run in self._kinds(slopes):
            text, _ = self._element(run)
            lines += [f"for i in range({len(run)}):", f"    g[{_affine(at, (1, 'i'))}] = {text}"]
            at += len(run)
        losses = [self._element([loss], "0")[0] for loss in self._passes.losses]
        return [*lines, f"return {', '.join(losses)}, g"]

    def _kinds(self, terms: Iterable[Any]) -> Iterable[list[Any]]:
        """Yield runs of terms that can be one slot."""
        run: list[Any] = []
        kind: Any = None
        for term in terms:
            array, _ = self._where(term)
            new = array if isinstance(array, Array) else id(term)
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
        if head in INFIX or head is op.neg:
            return super()._apply(head, operands)
        texts = [text for text, _ in operands]
        if head is op.abs_:
            return f"abs({texts[0]})", CALL
        if head.is_primitive:
            name = head.forward.__name__
            return f"{'math' if name in MATH.split() else 'np'}.{name}({', '.join(texts)})", CALL
        return f"{self._helper(head)}({', '.join(texts)})", CALL


def _affine(first: int, *steps: tuple[int, str]) -> str:
    """Return first + step · name + ... without zeros and ones."""
    parts = [str(first)] if first else []
    for step, name in steps:
        counter = f"({name})" if " " in name else name
        parts += [] if not step else [counter if step == 1 else f"{step} * {counter}"]
    return " + ".join(parts) or "0"
