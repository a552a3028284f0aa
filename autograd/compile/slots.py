"""Texts of operands: rows of one array, parts of several put together, or rows gathered."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from autograd.printer import CALL, Text
from autograd.table import BUILT_IN, Operation

from .passes import Passes
from .program import Program, Run
from .rows import RowWriter, is_scalar
from .statements import Array, Moved, Stack
from .tables import slice_of
from .terms import is_batch, new_terms

PIECES: Final = 16  # so many parts of arrays are put together; more are gathered from a pool
WIDEST: Final = 256  # parts that are put side by side


class SlotWriter(RowWriter):
    """Writes what operands are, as NumPy has it."""

    def __init__(self, passes: Passes, sizes: dict[str, int], *options: str) -> None:
        super().__init__(passes, sizes, *options)
        self.helpers: dict[str, str] = {}
        self._known: dict[Operation, str] = {}  # the names of those helpers
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
        tables = [*_tables(runs)]
        parts = [part for table in tables for part in _columns(*table)]
        return len(parts if kinds == {True} else tables) > PIECES

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

    def _parts(self, terms: Sequence[Any]) -> list[Text]:
        """Return texts that make up the rows one after the other."""
        if self._is_scattered(terms):
            where = [self._where(x) for x in terms]
            pool = self._pool[is_batch(terms[0])]
            at = [pool[array] + row for array, row in where]
            rows = slice_of(at) or self._constant(at)
            return [Text(f"{'table' if is_batch(terms[0]) else 'column'}[{rows}]")]
        runs = self._runs(terms)
        are_batch = [isinstance(array, Array) and array.is_batch for array, *_ in runs]
        stays = not any(isinstance(array, (Moved, Stack)) for array, *_ in runs)
        if not any(are_batch) or (all(are_batch) and stays):
            joined = self._joined_samples if all(are_batch) else self._joined
            tables = groupby(_tables(runs), lambda table: table[1] == 1)
            return [
                text
                for is_plain, found in tables
                for text in (
                    self._pieces([run for table, _ in found for run in table])
                    if is_plain
                    else [joined(table, rows) for table, rows in found]
                )
            ]
        parts = []
        for span in self._spans(runs):
            array, *_, count = span[0]
            pieces = self._pieces(span)
            if not (isinstance(array, Array) and array.is_batch):
                shape = f"{count}, {self._use('n')}"
                pieces = [Text(f"np.broadcast_to({text.text}, ({shape}))") for text in pieces]
            parts += pieces
        return parts

    def _pieces(self, runs: Sequence[Run]) -> list[Text]:
        """Return the texts of runs; those of a stack that follow one another are one."""
        return [
            Text(f"*{self._span(span)}") if len(span) > 1 else self._run(*span[0], alone=False)
            for span in self._spans(runs)
        ]

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
        for span in self._spans([(array, row, 1, rows * width) for array, row, _, width in table]):
            array, first, _, count = span[0]
            width = count // rows
            if isinstance(array, Array) and array.shape == (rows, width) and not first:
                parts.append(self._names[array])
            elif len(span) > 1 and width == 1:
                parts.append(f"*{self._span(span)}")
            else:
                texts = [self.within(self._run(*run, alone=False), CALL) for run in span]
                shape = "" if width == 1 else f".reshape({rows}, {width})"
                parts += [f"{text}{shape}" for text in texts]
        return Text(f"{self._use('join')}({', '.join(parts)})")

    def _joined_samples(self, table: list[Run], rows: int) -> Text:
        """Return the text of such a table of arrays that have a column for each sample."""
        parts = []
        for first, *others in _columns(table, rows):
            if others:
                parts.append(f"{self._cut([first, *others], rows)}.swapaxes(0, 1)")
            else:
                parts.append(self._run(*first, alone=False).text)
        return Text(f"{self._use('beside')}({rows}, {', '.join(parts)})")

    # -- the language ----------------------------------------------------------------------

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
        arguments = "parameters, inputs"
        if not self._wants_outputs:
            arguments += ", targets, weight, penalty_weight"
        body = "\n".join([f"    {line}" for line in lines])
        name = self._name_of_program
        functions = [*self.helpers.values(), f"def {name}({arguments}):\n{body}"]
        return Program(name, functions, self.constants, self._used, self.reached, rows)


def _tables(runs: Sequence[Run]) -> Iterator[tuple[list[Run], int]]:
    """Yield runs as the first row of a table, with the number of its rows; of other runs one.

    So the gradients of weights and biases lie, unit after unit: each row goes on where the one
    before it has ended.
    """
    places: dict[Any, list[int]] = defaultdict(list)
    for at, (array, *numbers) in enumerate(runs):
        places[id(array), *numbers].append(at)
    at = 0
    while at < len(runs):
        array, *numbers = _below(runs[at])
        widths = [x - at for x in places[id(array), *numbers] if at + 1 < x < at + WIDEST]
        width, rows = next(((w, r) for w in widths if (r := _rows(runs, at, w)) > 1), (1, 1))
        yield list(runs[at : at + width]), rows
        at += width * rows


def _rows(runs: Sequence[Run], at: int, width: int) -> int:
    """Return how many rows of so many runs a table has that begins at a run."""
    if any(step != 1 for _, _, step, _ in runs[at : at + width]):
        return 1
    end = at + width
    while end < len(runs) and _goes_on(runs[end - width], runs[end]):
        end += 1
    return (end - at) // width


def _columns(table: list[Run], rows: int) -> Iterator[list[Run]]:
    """Yield the columns of a table, each a run; those that are rows of one array are together."""
    columns: list[Run] = []
    for array, first, _, width in table:
        column = array, first, 1, rows * width
        if columns and not (width == 1 and _goes_on(columns[-1], column)):
            yield columns
            columns = []
        columns.append(column)
    yield columns


def _goes_on(above: Run, run: Run) -> bool:
    """Return whether a run goes on where another has ended, or is the same number again."""
    array, *numbers = _below(above)
    return run[0] is array and list(run[1:]) == numbers


def _below(run: Run) -> Run:
    """Return the run that goes on where another has ended, or is the same number again."""
    array, first, _, count = run
    return array, first + count if isinstance(array, Array) else first, 1, count
