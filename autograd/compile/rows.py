"""Texts of rows of one array: all, a part, what a loop has come to, or some gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, ClassVar, Final

from autograd.printer import CALL, PRECEDENCE, Printer, Text

from .passes import Passes
from .program import Run, Writer, in_single
from .statements import Array, Input, Moved, Stack
from .tables import moving, slice_of
from .terms import Term

MOST_BELOW: Final = 8  # tables that are put below one another


class RowWriter(Writer, Printer):
    """Writes what is in one array, or in one stack of arrays."""

    operators: ClassVar = {sign: sign for sign in PRECEDENCE if sign != "**"}
    infinity, nan = "np.inf", "np.nan"

    def __init__(self, passes: Passes, sizes: dict[str, int], *options: str) -> None:
        Writer.__init__(self, passes, sizes, *options)
        Printer.__init__(self, shares="t")
        self._used: set[str] = set()
        self._names: dict[Array, str] = {}
        self._texts: dict[Array, Text] = {}  # of those written where they are used
        self._pool: dict[bool, dict[Array, int]] = {True: {}, False: {}}

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
        source, by = _resolved(array)
        if isinstance(source, Stack) and by % source.height == 0:
            part, row = divmod(first, source.height)
            if row + end - first <= source.height:
                text = f"{self._names[source]}[{moving(part, by // source.height)}]"
                is_whole = end - first == source.height
                return text if is_whole else f"{text}[{row}:{row + end - first}]"
        if isinstance(array, Stack) and end - first == array.rows:
            return self._column(array)
        rows = f"{moving(first, by)}:{moving(end, by)}"
        return (
            f"parameters[{rows}, None]"
            if source is self._theta
            else f"{self._column(source)}[{rows}]"
        )

    def _parameters(self, first: int, step: int, count: int) -> str:
        if step == 0:
            return f"parameters[{first}]"
        if step == 1 and count == self._count:
            return "parameters[:, None]"
        stop, by = first + step * (count - 1) + 1, f":{step}" if step > 1 else ""
        return f"parameters[{first}:{stop}{by}, None]"

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
            return f"{'table' if array.is_batch else 'column'}[{start}:{start + array.rows}]"
        name = self._names[array]
        return f"{name}.reshape(-1, 1)" if array.shape is not None else name

    def _gathered(self, array: Array, at: list[int]) -> str:
        """Return the text of some rows of an array."""
        source, by = _resolved(array)
        column = "" if source is self._theta else self._column(source)
        if isinstance(source, Stack) and by % source.height == 0:
            (part, *others) = {row // source.height for row in at}
            if not others:
                column = f"{self._names[source]}[{moving(part, by // source.height)}]"
                at, by = [row % source.height for row in at], 0
        times = next((i for i, row in enumerate(at) if row != at[0]), 1)
        if times > 1 and at == [row for row in at[::times] for _ in range(times)]:
            rows = slice_of(at[::times], by)
            if rows is not None and column:
                is_all = at[::times] == [*range(source.rows)]
                return f"np.repeat({column if is_all else f'{column}[{rows}]'}, {times}, axis=0)"
        rows = slice_of(at, by) or self._constant(at) + (f" + {moving(0, by)}" if by else "")
        return f"{column}[{rows}]" if column else f"parameters[{rows}, None]"

    def _beside(self, terms: Sequence[Any], copies: int) -> str | None:
        """Return the text of tables, of so many samples each, that lie side by side.

        None if they are not those of a stack, or others that can be told as simply.
        """
        columns = [self._runs(terms[column::copies]) for column in range(copies)]
        runs = [column[0] for column in columns]
        count = len(terms) // copies
        if any(step != 1 for column in columns for _, _, step, _ in column):
            return None
        ends = {end for column in columns for end in accumulate([size for *_, size in column])}
        if len(ends) > 1:  # one below the other
            pairs = pairwise([0, *sorted(ends)])
            below = [self._beside(terms[a * copies : b * copies], copies) for a, b in pairs]
            texts = [text for text in below if text is not None]
            is_short = len(texts) == len(below) <= MOST_BELOW
            return f"np.concatenate(({', '.join(texts)}))" if is_short else None
        spans = [*self._spans(runs)]
        if any(isinstance(array, Stack) for array, *_ in runs):
            lone = [self._run(*span[0], alone=False) for span in spans]
            parts = [
                self._span(span) if len(span) > 1 else f"{self.within(one, CALL)}[None]"
                for span, one in zip(spans, lone)
            ]
            tables: str | None = ", ".join(parts)
            tables = parts[0] if len(parts) == 1 else f"np.concatenate(({tables}))"
        else:
            tables = self._cut(runs, count)
        swapped = ".swapaxes(0, 1)" if count > 1 else ""
        return f"{tables}{swapped}.reshape({count}, -1)" if tables is not None else None

    def _cut(self, runs: Sequence[Run], count: int) -> str | None:
        """Return the text of an array as tables, if rows that follow one another are its parts."""
        array, first = min([run[:2] for run in runs], key=lambda run: run[1])
        in_order = [(array, first + count * i, 1, count) for i in range(len(runs))]
        backwards = runs == in_order[::-1]
        if not (backwards or runs == in_order) or not isinstance(array, Array):
            return None
        if array is self._theta:
            return None
        text = self._run(array, first, 1, count * len(runs), alone=False)
        tables = self.within(text, CALL)
        if count > 1:
            tables = f"{tables}.reshape({len(runs)}, {count}, -1)"
        return f"{tables}[::-1]" if backwards else tables

    def _spans(self, runs: Sequence[Run]) -> Iterator[list[Run]]:
        """Yield runs that are the same rows of parts of a stack that follow one another."""
        span: list[Run] = []
        for run in runs:
            array, first, step, count = run
            if span:
                last, row, _, size = span[-1]
                move = row - span[-2][1] if len(span) > 1 else first - row
                is_same = array is last and count == size and step == 1 and first - row == move
                is_part = isinstance(array, Stack) and first % array.height + count <= array.height
                if is_same and is_part and move and not move % array.height:
                    span.append(run)
                    continue
                yield span
            span = [run]
        yield span

    def _span(self, runs: Sequence[Run]) -> str:
        """Return the text of what `_spans` found, a table for each part."""
        stack, first, _, count = runs[0]
        numbers = [row // stack.height for _, row, *_ in runs]
        everything = [*range(stack.rows // stack.height)]
        backwards = "::-1" if numbers == everything[::-1] else None
        parts = ":" if numbers == everything else backwards or slice_of(numbers)
        row = first % stack.height
        rows = f", {row}:{row + count}" if count < stack.height else ""
        return self._names[stack] + (f"[{parts}{rows}]" if parts != ":" or rows else "")

    def number(self, x: float) -> Text:
        return super().number(in_single(x) if self._is_single else x)

    def _use(self, name: str) -> str:
        """Return a name that is not always there, and take note that it must be."""
        self._used.add(name)
        return name


def _resolved(array: Array) -> tuple[Array, int]:
    """Return an array, and by how many rows it moves."""
    return (array.source, array.by) if isinstance(array, Moved) else (array, 0)


def _filled(text: Text, count: int) -> Text:
    """Return a column of one number."""
    return Text(f"np.full(({count}, 1), {text.text}, parameters.dtype)")


def is_scalar(array: Array) -> bool:
    return not isinstance(array, (Input, Moved)) and not array.members[0].is_array
