"""Texts of the rows of arrays: one array, a part of it, parts put together, or rows gathered."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from autograd.printer import CALL, PRECEDENCE, Printer, Text
from autograd.table import BUILT_IN, Operation

from .passes import Passes
from .program import Program, Run, Writer, in_single
from .statements import Array, Input, Moved, Stack
from .tables import axes_of, moving, slice_of
from .terms import Term, is_batch, new_terms

PIECES: Final = 16  # so many parts of arrays are put together; more are gathered from a pool


class SlotWriter(Writer, Printer):
    """Writes what operands are, as NumPy has it."""

    operators: ClassVar = {sign: sign for sign in PRECEDENCE if sign != "**"}
    infinity, nan = "np.inf", "np.nan"

    def __init__(self, passes: Passes, sizes: dict[str, int], *options: str) -> None:
        Writer.__init__(self, passes, sizes, *options)
        Printer.__init__(self, shares="t")
        self.helpers: dict[str, str] = {}
        self._used: set[str] = set()
        self._known: dict[Operation, str] = {}  # the names of those helpers
        self._names: dict[Array, str] = {}
        self._texts: dict[Array, Text] = {}  # of those written where they are used
        self._pool: dict[bool, dict[Array, int]] = {True: {}, False: {}}
        self._find_pools()

    def _find_pools(self) -> None:
        """Find the arrays whose rows are gathered together with those of others."""
        mixed: set[Array] = set()
        for slot in self._all_slots():
            if self._is_scattered(slot):
                mixed |= {self._where(x)[0] for x in slot}
        for are_batch, pool in self._pool.items():
            start = 0
            for array in self._arrays:
                if array in mixed and array.is_batch == are_batch:
                    pool[array] = start
                    start += array.rows

    def _is_scattered(self, terms: Sequence[Any]) -> bool:
        """Return whether rows are to be gathered from a pool of several arrays."""
        runs = self._runs(terms)
        arrays = {array for array, *_ in runs}
        kinds = {array.is_batch if isinstance(array, Array) else None for array in arrays}
        if any(isinstance(array, (Moved, Stack)) for array in arrays):
            return False
        if len(runs) <= PIECES or len(arrays) == 1 or kinds not in ({True}, {False}):
            return False
        return kinds == {True} or len(list(_tables(runs))) > PIECES

    def _slot(self, terms: Sequence[Any], exact: bool = False) -> Text:
        """Return the text of rows: numbers, one array or a part of it, or rows gathered.

        Unless it must be exact, one row stands for several that are the same.
        """
        runs = self._runs(terms)
        arrays = {array for array, *_ in runs if isinstance(array, Array)}
        if not arrays and all(isinstance(x, (int, float)) for x in terms):
            if len(runs) == 1:
                return self.number(terms[0])
            return Text(self._constant([[float(x)] for x in terms]))
        if len(runs) == 1:
            return self._run(*runs[0], alone=not exact or len(terms) == 1)
        if len(arrays) == len({id(array) for array, *_ in runs}) == 1:
            (array,) = arrays
            return Text(self._gathered(array, [self._where(x)[1] for x in terms]))
        parts = self._parts(terms)
        if len(parts) == 1:
            return parts[0]
        return Text(f"np.concatenate(({', '.join([part.text for part in parts])}))")

    def _gathered(self, array: Array, at: list[int]) -> str:
        """Return the text of some rows of an array."""
        source, by = (array.source, array.by) if isinstance(array, Moved) else (array, 0)
        if isinstance(array, Stack) and (part := self._swapped(array, at)) is not None:
            return part
        rows = slice_of(at, by)
        if rows is None:
            rows = f"{self._constant(at)} + {moving(0, by)}" if by else self._constant(at)
        if source is self._theta:
            return f"theta[{rows}, None]"
        return f"{self._column(source)}[{rows}]"

    def _swapped(self, stack: Stack, at: list[int]) -> str | None:
        """Return the text of rows that are first those of all parts, then those of the next."""
        axes = axes_of(at)
        if axes is None or len(axes) != 2 or axes[0] != (stack.height, 1):
            return None
        (_, (count, step)), (part, row) = axes, divmod(at[0], stack.height)
        if row or abs(step) % stack.height:
            return None
        step //= stack.height
        parts = slice_of([part + step * i for i in range(count)])
        is_all = parts == f"0:{len(stack.members) // stack.height}"
        rows = "" if is_all else f"[{parts}]"
        return f"{self._names[stack]}{rows}.swapaxes(0, 1).reshape({len(at)}, -1)"

    def _parts(self, terms: Sequence[Any]) -> list[Text]:
        """Return texts that make up the rows one after the other."""
        if self._is_scattered(terms):
            where = [self._where(x) for x in terms]
            pool = self._pool[is_batch(terms[0])]
            at = [pool[array] + row for array, row in where]
            rows = slice_of(at) or self._constant(at)
            return [Text(f"{'V' if is_batch(terms[0]) else 'v'}[{rows}]")]
        runs = self._runs(terms)
        are_batch = [isinstance(array, Array) and array.is_batch for array, *_ in runs]
        if not any(are_batch):
            return [
                self._run(*table[0], alone=False) if rows == 1 else self._joined(table, rows)
                for table, rows in _tables(runs)
            ]
        parts = [self._run(*run, alone=False) for run in runs]
        for i, (*_, count) in enumerate(runs):
            if not are_batch[i]:
                shape = f"{count}, {self._use('n')}"
                parts[i] = Text(f"np.broadcast_to({parts[i].text}, ({shape}))")
        return parts

    def _names_of(self, terms: Sequence[Any]) -> list[str]:
        """Return the names of the arrays that the rows make up, if all of them are whole."""
        names = []
        for array, first, step, count in self._runs(terms):
            is_whole = array in self._names and not is_scalar(array)
            if not is_whole or first or not step or count != array.rows:
                return []
            names.append(self._names[array])
        return names

    def _joined(self, table: list[Run], rows: int) -> Text:
        """Return the text of a table whose parts are side by side in arrays of their own."""
        parts = []
        for array, first, _, width in table:
            if isinstance(array, Array) and array.shape == (rows, width) and not first:
                parts.append(self._names[array])
                continue
            count = rows * width
            text = self.within(self._run(array, first, 1, count, alone=False), CALL)
            parts.append(text if width == 1 else f"{text}.reshape({rows}, {width})")
        return Text(f"{self._use('join')}({', '.join(parts)})")

    def _run(self, array: Any, first: int, step: int, count: int, alone: bool) -> Text:
        """Return the text of a run; alone, one row stands for several that are the same."""
        if not isinstance(array, Array):
            is_name = isinstance(array, Term)
            text = Text(self._use(array.head)) if is_name else self.number(array)
            return text if alone else _filled(text, count)
        if array is self._theta:
            text = Text(self._parameters(first, step, count))
            return text if step or alone else _filled(text, count)
        if isinstance(array, (Moved, Stack)):
            part = self._part(array, first, first + (count if step else 1))
            return Text(part if alone or step else f"np.repeat({part}, {count}, axis=0)")
        if not alone and array.rows == 1 and is_scalar(array):
            return _filled(self._whole(array), count)
        if (first == 0 and count == array.rows and step) or (array.rows == 1 and alone):
            return self._whole(array)
        end = first + 1 if step == 0 else first + count
        part = f"{self._column(array)}[{first}:{end}]"
        return Text(part if alone or step else f"np.repeat({part}, {count}, axis=0)")

    def _part(self, array: Moved | Stack, first: int, end: int) -> str:
        """Return the text of rows that move, or of some of a stack."""
        source, by = (array.source, array.by) if isinstance(array, Moved) else (array, 0)
        if isinstance(source, Stack) and by % source.height == 0:
            name, height = self._names[source], source.height
            part, row = divmod(first, height)
            if row + end - first <= height:
                at = moving(part, by // height)
                return f"{name}[{at}]" + (f"[{row}:{row + end - first}]" if end - first < height else "")
        rows = f"{moving(first, by)}:{moving(end, by)}"
        return f"theta[{rows}, None]" if source is self._theta else f"{self._column(source)}[{rows}]"

    def _parameters(self, first: int, step: int, count: int) -> str:
        if step == 0:
            return f"theta[{first}]"
        if step == 1 and count == self._count:
            return "theta[:, None]"
        stop, by = first + step * (count - 1) + 1, f":{step}" if step > 1 else ""
        return f"theta[{first}:{stop}{by}, None]"

    def _whole(self, array: Array) -> Text:
        return self._texts[array] if array in self._texts else Text(self._column(array))

    def _column(self, array: Array) -> str:
        """Return the name of an array with a row for each scalar."""
        if isinstance(array, Input):
            return array.letter
        if isinstance(array, Stack):
            return f"{self._names[array]}.reshape({array.rows}, -1)"
        if array in self._texts:
            return self.within(self._texts[array], CALL)
        if array not in self._names:
            start = self._pool[array.is_batch][array]
            return f"{'V' if array.is_batch else 'v'}[{start}:{start + array.rows}]"
        name = self._names[array]
        return f"{name}.reshape(-1, 1)" if array.shape is not None else name

    # -- the language ----------------------------------------------------------------------

    def number(self, x: float) -> Text:
        return super().number(in_single(x) if self._is_single else x)

    def call(self, row: Operation, operands: Sequence[Text]) -> Text:
        name = self.function(row) or self._helper(row)
        return Text(f"{name}({', '.join([x.text for x in operands])})", CALL)

    @abstractmethod
    def function(self, row: Operation) -> str | None:
        """Return the name of what computes a row here, if it is not the row's own declaration."""

    def _helper(self, row: Operation) -> str:
        """Return the name of the function that computes a row, which is its own declaration."""
        if row in self._known:
            return self._known[row]
        name = row.name if row.name in BUILT_IN else self._free("f")
        self._taken.add(name)
        self._known[row] = name
        size = row.forward.__code__.co_argcount
        cls = new_terms()
        names = [f"x{i}" for i in range(1, size + 1)] if size > 1 else ["x"]
        result = row.formula([cls.make(name) for name in names])
        self.helpers[name] = self._function(name, names, result)
        return name

    def _function(self, name: str, arguments: Sequence[str], result: Any) -> str:
        around, self.shared = self.shared, []
        (end,) = self.print(result)
        lines = [f"    {part} = {text}" for part, text in self.shared]
        self.shared = around
        head = f"def {name}({', '.join(arguments)}):"
        return "\n".join([head, *lines, f"    return {end.text}"])

    def _program(self, lines: Sequence[str], rows: int) -> Program:
        arguments = "theta, X" if self._wants_outputs else "theta, X, T, s, r"
        body = "\n".join([f"    {line}" for line in lines])
        name = self._name_of_program
        functions = [*self.helpers.values(), f"def {name}({arguments}):\n{body}"]
        return Program(name, functions, self.constants, self._used, self.reached, rows)

    def _use(self, name: str) -> str:
        """Return a name that is not always there, and take note that it must be."""
        self._used.add(name)
        return name


def _filled(text: Text, count: int) -> Text:
    """Return a column of one number."""
    return Text(f"np.full(({count}, 1), {text.text}, theta.dtype)")


def is_scalar(array: Array) -> bool:
    return not isinstance(array, (Input, Moved)) and not array.members[0].is_array


def _tables(runs: Sequence[Run]) -> Iterator[tuple[list[Run], int]]:
    """Yield runs as the first row of a table, with the number of its rows; of other runs one.

    So the gradients of weights and biases lie, unit after unit: each row goes on where the one
    before it has ended.
    """
    at = 0
    while at < len(runs):
        width, rows = next(
            ((w, r) for w in range(2, PIECES) if (r := _rows(runs, at, w)) > 1), (1, 1)
        )
        yield list(runs[at : at + width]), rows
        at += width * rows


def _rows(runs: Sequence[Run], at: int, width: int) -> int:
    """Return how many rows of so many runs a table has that begins at a run."""
    if any(step != 1 for _, _, step, _ in runs[at : at + width]):
        return 1
    end = at + width
    while end < len(runs):
        (array, first, step, count), (above, begin, _, size) = runs[end], runs[end - width]
        expected = begin + size if isinstance(array, Array) else begin
        if above is not array or (first, step, count) != (expected, 1, size):
            break
        end += 1
    return (end - at) // width
