"""The cells of a CSV file, checked and read as numbers."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from autograd.quoting import short

from .words import count, listing, suggestion

MOST_CELLS: Final = 5_000_000  # which take a few seconds to read, and 400 to 800 MB of memory
LARGEST_FILE: Final = 200_000_000  # bytes
MISSING: Final = {"", "na", "n/a", "null", "?"}
BEGIN: Final = r"(?:^|(?<=[;\t\r\n]))"  # of a cell, whatever separates them
FORMULA: Final = re.compile(BEGIN + r"(?=[' \"]*[=+\-@\t\r\n＝＋－＠])")
GUARDED: Final = re.compile(BEGIN + r"'(?=[' \"]*[=+\-@\t\r\n＝＋－＠])")


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file as text, and for each row the line of the file it ends on."""

    path: str | os.PathLike[str]
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Table:
        text = _read_text(path)
        delimiter = _delimiter(text)
        cells = text.count(delimiter) + text.count("\n")
        if cells > MOST_CELLS:
            raise ValueError(
                f"{short(path)} has about {cells:,} cells, and a table at most {MOST_CELLS:,}: "
                "leave out rows or columns"
            )
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            skipinitialspace=True,
            strict=True,
        )
        rows, lines = [], []
        try:
            for row in reader:
                if len(row) > 1 or "".join(row).strip():
                    rows.append([of_cell(cell.strip()) for cell in row])
                    lines.append(reader.line_num)
        except csv.Error as error:
            raise ValueError(
                f"line {reader.line_num} of {short(path)} is not valid CSV ({error}): "
                "check its quotation marks"
            ) from error
        header = rows[0]
        if "" in header:
            raise ValueError(
                f"column {header.index('') + 1} of {short(path)} has no name: "
                "the first line must name every column"
            )
        for name, times in Counter(header).items():
            if times > 1:
                raise ValueError(
                    f"{times} columns of {short(path)} are named {short(name)}: the first line "
                    "must give every column a name of its own"
                )
        for row, line in zip(rows, lines, strict=True):
            if len(row) != len(header):
                raise ValueError(
                    f"line {line} of {short(path)} has {count(len(row), 'cell')} where the "
                    "header has "
                    f"{len(header)}: add or remove cells, or put text that contains the separator "
                    "in quotation marks"
                )
        return cls(path, header, rows[1:], lines[1:])

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: j for j, name in enumerate(self.header)}

    def column(self, name: str) -> list[str]:
        if name not in self._index:
            raise ValueError(
                f"{short(self.path)} has no column {short(name)}{suggestion(name, self.header)}: "
                f"its columns are {listing(map(short, self.header))}"
            )
        j = self._index[name]
        return [row[j] for row in self.rows]

    def check_filled(self, names: Sequence[str]) -> None:
        """Raise ValueError if one of these columns has a cell that is missing, nan or inf."""
        missing = [place for place in self._cells(names) if place[2].lower() in MISSING]
        if missing:
            line, name, _ = min(missing, key=lambda place: place[0])
            raise ValueError(
                f"{count(len(missing), 'value')} missing in {short(self.path)}, the first on line "
                f"{line} in column {short(name)}: fill in the missing values or remove their rows"
            )
        for line, name, cell in self._cells(names):
            if not math.isfinite(_number(cell) or 0.0):
                raise ValueError(
                    f"line {line} of {short(self.path)} has {short(cell)} in column {short(name)}: "
                    "replace it by a finite number or remove the row"
                )

    def numbers(self, name: str, remedy: str) -> list[float]:
        """Return a column as numbers; `remedy` says what else can be done about text in it."""
        numbers = []
        for line, _, cell in self._cells([name]):
            number = _number(cell)
            if number is None:
                cells = self.column(name)
                if not numbers_among(cells):
                    values = listing(map(short, sorted(set(cells))))
                    raise ValueError(
                        f"column {short(name)} of {short(self.path)} holds text ({values}) "
                        f"instead of numbers: {remedy}"
                    )
                raise ValueError(
                    f"line {line} of {short(self.path)} has {short(cell)} in column "
                    f"{short(name)}, which is not "
                    f"a number: write a decimal number such as 1.5, or {remedy}"
                )
            numbers.append(number)
        return numbers

    def rows_of_numbers(self, names: Sequence[str]) -> list[list[float]]:
        remedy = "replace the column by one column of 0 and 1 for each value, or remove it"
        columns = [self.numbers(name, remedy) for name in names]
        return [list(row) for row in zip(*columns, strict=True)]

    def _cells(self, names: Sequence[str]) -> Iterator[tuple[int, str, str]]:
        """Yield line, column and text of every cell, column by column."""
        for name in names:
            for line, cell in zip(self.lines, self.column(name), strict=True):
                yield line, name, cell


def as_cell(text: str) -> str:
    """Return text as a cell of a CSV file in which no spreadsheet finds a formula.

    An apostrophe sees to that, also behind what another program takes for the end of the cell;
    `of_cell` takes it away, as reading a table does. Numbers are what they are.

    References
    ----------
    OWASP, "CSV Injection".

    Examples
    --------
    >>> as_cell("=1+1"), as_cell("-1.5"), of_cell(as_cell("=1+1"))
    ("'=1+1", '-1.5', '=1+1')
    >>> print(as_cell("a;=1+1"))
    "a;'=1+1"
    """
    if not _is_number(text):
        text = FORMULA.sub("'", text)
    if any(c in text for c in '",;\t\r\n'):
        text = '"{}"'.format(text.replace('"', '""'))
    return text


def of_cell(text: str) -> str:
    """Return the text of a cell, out of its quotation marks, that `as_cell` has written."""
    return text if _is_number(text) else GUARDED.sub("", text)


def _is_number(text: str) -> bool:
    """Return whether a text, apart from apostrophes before it, is a number and nothing else."""
    text = text.lstrip("' ")
    return text == text.strip() and _number(text) is not None


def _read_text(path: str | os.PathLike[str]) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)  # a device may have no end
        if len(content) > LARGEST_FILE:
            raise ValueError(
                f"{short(path)} has more than {LARGEST_FILE:,} bytes: leave out rows or columns"
            )
        text = content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ValueError(f"there is no file {short(path)}: check its name and folder") from error
    except OSError as error:
        raise ValueError(
            f"{short(path)} cannot be read ({error.strerror}): pass the path of a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ValueError(
            f"line {line} of {short(path)} is not UTF-8 text (byte "
            f"{error.object[error.start]:#04x}): save the table as 'CSV UTF-8'"
        ) from error
    if "\0" in text:
        raise ValueError(
            f"{short(path)} is not text but binary data: save the table as 'CSV UTF-8'"
        )
    if not text.strip():
        raise ValueError(
            f"{short(path)} is empty: write a line of column names, then a line per row"
        )
    return text


def _delimiter(text: str) -> str:
    """Return the separator that occurs most often in the header, outside quotation marks."""
    header = next(line for line in text.splitlines() if line.strip())
    return max(",;\t", key=re.sub('"[^"]*"', "", header).count)


def _number(cell: str) -> float | None:
    # float() would also take 1_000, which in a table is more likely a code than a number.
    if "_" in cell:
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def numbers_among(cells: list[str]) -> list[float]:
    """Return those of the cells that are numbers, as numbers."""
    return [number for number in map(_number, cells) if number is not None]
