"""The cells of a CSV file: separated, named, and written so that they come back."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from unicodedata import is_normalized, normalize

from autograd.quoting import short

from .files import read_text
from .notation import MISSING_NUMBER, looks_numeric, plain_number
from .words import count, listing, resolved

MOST_CELLS: Final = 5_000_000  # which take a few seconds to read, and 400 to 800 MB of memory
SAMPLE: Final = 1_000_000  # characters that tell how cells are separated
MOST_LOOKED_AT: Final = 200  # rows that tell it, and whether the first of them has names
SEPARATORS: Final = "\t;|,"  # a comma may be a decimal mark, the others are less likely to be
BEGIN: Final = r"(?:^|(?<=[;\t\r\n]))"  # of a cell, whatever separates them
FORMULA: Final = re.compile(BEGIN + r"(?=[' \"]*[=+\-@\t\r\n＝＋－＠])")
GUARDED: Final = re.compile(BEGIN + r"'(?=[' \"]*[=+\-@\t\r\n＝＋－＠])")


@dataclass
class Table:
    """The cells of a CSV file as text, and for each row the line of the file it ends on.

    Parameters
    ----------
    path : str or path-like
        The file.
    header : list of str
        A name for each column, all different; numbers from 1 where the file has no names.
    columns : list of tuple of str
        The cells of each column, with the blanks around them.
    lines : list of int
        One for each row.
    named : bool
        Whether the names stand in the file.
    index : int or None
        Place of the column that has no name and counts the rows.
    separator : str
        What stands between cells.
    notes, faults : list of str
        What was done, and what must be mended in the file, a sentence for each.
    """

    path: str | os.PathLike[str]
    header: list[str]
    columns: list[tuple[str, ...]]
    lines: list[int]
    named: bool = True
    index: int | None = None
    separator: str = ","
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        header: bool | None = None,
        known: Collection[str] = (),
    ) -> Table:
        """Read a file.

        Whether its first line has names is as `header` says; where that is None, it has if one of
        the `known` names is there, or if it does not look like the lines below.
        """
        text, notes = read_text(path)
        separator, text = _separator(text)
        cells = text.count(separator) + text.count("\n")
        if cells > MOST_CELLS:
            raise ValueError(
                f"{short(path)} has about {cells:,} cells, and a table at most {MOST_CELLS:,}: "
                "leave out rows or columns"
            )
        source = Lines(text, skipping=_has_comments(text))
        rows, lines = source.filled(separator, path)
        if marked := _marked_rows(source.comments, rows, lines, separator):
            source = Lines(text, skipping=True, above=True)
            rows, lines = source.filled(separator, path)
            notes.append(
                f"{count(len(marked), 'line')} with # before {'it' if len(marked) == 1 else 'them'}"
                f" read as rows, such as line {marked[0]}: remove what is a comment"
            )
        if not rows:
            raise ValueError(
                f"{short(path)} has nothing but comments: write a line of column names, then a "
                "line per row"
            )
        named = _put_names(rows, lines, source.comments, header, known, separator, notes)
        table = cls(path, [], [], [], named, None, separator, notes)
        table._fill(rows, lines)
        return table

    def columns_named(self) -> str:
        """Return the names of all columns, as the end of a sentence."""
        names = f"its columns are {listing(map(short, self.header))}"
        if len(self.header) == 1:
            names = f"its only column is {short(self.header[0])}"
        return names if self.named else f"it has no line of names, and {names}"

    def _fill(self, rows: list[list[str]], lines: list[int]) -> None:
        """Take the columns from rows of cells, the first of which are names."""
        names, width = rows[0], len(rows[0])
        widths = Counter(map(len, rows[1:]))
        commonest = widths.most_common(1)[0][0] if widths else width
        if commonest == width + 1 and widths[commonest] == len(rows) - 1:
            if all(not row[-1].strip() for row in rows[1:]):
                names.append("")  # each row ends with a separator, the header does not
            elif self.separator != ",":
                names.insert(0, "")  # as R writes the names of rows
            width = len(names)
        wrong = [n for n in range(1, len(rows)) if len(rows[n]) != width]
        if wrong:
            self.faults.append(self._ragged(rows, lines, wrong))
        repeats = self.named and not all(map(looks_numeric, names))
        full = [n for n in range(1, len(rows)) if len(rows[n]) == width]
        kept = [n for n in full if not (repeats and rows[n] == names)]
        if len(kept) < len(full):
            times = len(full) - len(kept) + 1
            self.notes.append(f"the line of names stands there {times} times: read once")
        self.lines = [lines[n] for n in kept]
        self.columns = list(zip(*(rows[n] for n in kept), strict=True)) or [()] * width
        self._name([of_cell(name.strip()) for name in names])

    def _name(self, names: list[str]) -> None:
        """Give each column a name of its own; leave out what is empty to the right."""
        width = len(names)
        while len(names) > 1 and not names[-1] and not any(map(str.strip, self.columns[-1])):
            names.pop()
            self.columns.pop()
        empty = [str(j + 1) for j in range(len(names), width)]
        if len(empty) == 1:
            self.notes.append(f"column {empty[0]} has neither name nor cells: left out")
        elif empty:
            self.notes.append(f"columns {listing(empty)} have neither names nor cells: left out")
        if self.named and _is_unnamed(names[0]) and _counts(self.columns[0]):
            self.index = 0
            self.notes.append("column 1 has no name and numbers the rows: left out")
        times = Counter(names)
        for name, n in times.items():
            if name and n > 1:
                self.notes.append(
                    f"{n} columns are named {short(name)}: they are told apart by their places, "
                    f"as {short(f'{name} (column {names.index(name) + 1})')}"
                )
        for j, name in enumerate(names):
            if not name:
                name = str(j + 1)
                if j != self.index:
                    self.notes.append(f"column {j + 1} has no name and is called {short(name)}")
            if name in times and (not names[j] or times[name] > 1):
                name = f"{name} (column {j + 1})".lstrip()
            self.header.append(name)

    def _ragged(self, rows: list[list[str]], lines: list[int], wrong: list[int]) -> str:
        n = wrong[0]
        more = f" (and {count(len(wrong) - 1, 'more such line')})" if len(wrong) > 1 else ""
        first = f"line {lines[0]}" if lines[0] else "the first line"
        width = len(rows[0])
        if self.separator == "," and all(
            width < len(rows[m]) <= 2 * width and looks_numeric(rows[m][-1]) for m in wrong
        ):
            advice = (
                "if the comma is a decimal mark, save the table with semicolons between the cells"
            )
        elif len(wrong) == len(rows) - 1 > 1 and self.named:
            advice = f"if {first} has no names of columns, begin it with #"
        else:
            advice = (
                "add or remove cells, or put text that contains the separator in quotation marks"
            )
        header = "the header" if self.named else first
        return (
            f"line {lines[n]} has {count(len(rows[n]), 'cell')} where {header} has "
            f"{len(rows[0])}{more}: {advice}"
        )


class Lines:
    """The lines of a text, without the comments between its rows, or above them only."""

    def __init__(self, text: str, *, skipping: bool, above: bool = False) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._is_composed = is_normalized("NFC", text)
        self._skipping, self._above = skipping, above
        self._between = True  # rows; what begins with # in a cell of several lines is no comment
        self.number = 0
        self.comments: list[tuple[int, str]] = []

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            self.number += 1
            if self._skipping and self._between and line.lstrip(" ").startswith("#"):
                self.comments.append((self.number, line))
                continue
            self._between = False
            return line
        raise StopIteration

    def rows(self, separator: str) -> Iterator[list[str]]:
        lines: Iterator[str] = self
        if separator == " ":  # of a run of blanks
            lines = (line.rstrip().replace("\t", " ") for line in self)
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True):
            # One by one: a Greek question mark becomes a semicolon, which separates cells.
            yield row if self._is_composed else [normalize("NFC", cell) for cell in row]
            self._between = not (self._above and row)

    def filled(
        self, separator: str, path: str | os.PathLike[str]
    ) -> tuple[list[list[str]], list[int]]:
        """Return all rows that are not empty, and the lines that they end on."""
        rows, lines = [], []
        try:
            for row in self.rows(separator):
                if len(row) > 1 or "".join(row).strip():
                    rows.append(row)
                    lines.append(self.number)
        except csv.Error as error:
            raise ValueError(
                f"line {self.number} of {short(path)} is not valid CSV ({error}): "
                "check its quotation marks"
            ) from error
        return rows, lines


def _has_comments(text: str) -> bool:
    """Return whether lines that begin with # are comments: not if most of them do."""
    marked = text.count("\n#") + text.startswith("#")
    return 0 < 2 * marked <= text.count("\n") + 1


def _marked_rows(
    comments: list[tuple[int, str]], rows: list[list[str]], lines: list[int], separator: str
) -> list[int]:
    """Return the lines with # that are rows such as the others, if there are any.

    They have as many cells, and the others begin with words, too: colours, say, or hashtags.
    """
    below = [(line, text) for line, text in comments if lines and line > lines[0]]
    if not below or any(looks_numeric(row[0]) for row in rows[1:MOST_LOOKED_AT]):
        return []
    width = len(rows[0])
    same = width > 1 and all(len(_names_in(text, separator)) == width for _, text in below)
    return [line for line, _ in below] if same else []


def _separator(text: str) -> tuple[str, str]:
    """Return what stands between cells, and the text without a line such as sep=; before it."""
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?\s*', first)
    if told:
        return told[1], f"\n{rest}"  # the numbers of lines stay what they are
    head = text[:SAMPLE]
    skipping = _has_comments(text)

    def score(separator: str) -> float:
        widths = []
        try:
            for row in islice(Lines(head, skipping=skipping).rows(separator), MOST_LOOKED_AT):
                if len(row) > 1 or "".join(row).strip():
                    widths.append(len(row))
        except csv.Error:
            # The end of the sample may be in the middle of a cell.
            if len(head) == len(text) or len(widths) < 2:
                return 0.0
        if not widths or widths[0] < 2:
            return 0.0
        return widths.count(Counter(widths).most_common(1)[0][0]) / len(widths)

    best = max(SEPARATORS, key=score)
    # Blanks separate as well where a tab stands among runs of them.
    runs = best == "\t" and re.search(r"[^\s\"] {2,}[^\s\"]", head.partition("\n")[0])
    if score(" ") == 1.0 and (score(best) == 0.0 or runs):
        return " ", text
    return (best if score(best) > 0.0 else ","), text


def _put_names(
    rows: list[list[str]],
    lines: list[int],
    comments: list[tuple[int, str]],
    header: bool | None,
    known: Collection[str],
    separator: str,
    notes: list[str],
) -> bool:
    """Make the first row one of names, wherever they are from; return whether they are there."""
    named = has_names = _has_names(rows, known)
    if header is not None:
        named = header
    above = [n for n, (line, _) in enumerate(comments) if line < lines[0]]
    if above and header is not False:
        names = _names_in(comments[above[-1]][1], separator)
        better = _are_known(names, known) and not _are_known(rows[0], known)
        if len(names) == len(rows[0]) > 1 and (better or not has_names):
            line, _ = comments.pop(above[-1])
            named = True
            rows.insert(0, names)
            lines.insert(0, line)
            notes.append(f"the comment on line {line} is read as the names of the columns")
    if comments:
        line, text = comments[0]
        first = ", is the first" if len(comments) > 1 else ""
        notes.append(
            f"{count(len(comments), 'comment')} left out: line {line}, {short(text.strip())}{first}"
        )
    if not named:
        names = [str(j + 1) for j in range(len(rows[0]))]
        if header is None:
            called = f"the columns are called {short(names[0])} to {short(names[-1])}"
            if len(names) == 1:
                called = f"the column is called {short(names[0])}"
            notes.append(f"no line of names: line {lines[0]} looks like those below, so {called}")
        rows.insert(0, names)
        lines.insert(0, 0)
    return named


def _names_in(comment: str, separator: str) -> list[str]:
    """Return the cells of a comment."""
    try:
        names = next(csv.reader([comment.strip(" \t#\r\n")], delimiter=separator), [])
        return [normalize("NFC", name) for name in names]
    except csv.Error:
        return []


def _are_known(row: list[str], known: Collection[str]) -> bool:
    """Return whether a name that was asked for is in a row, and not the number of a column."""
    cells = {cell.strip() for cell in row}
    return any(
        resolved(name, cells) in cells and not (name.isdecimal() and int(name) <= len(row))
        for name in known
    )


def _has_names(rows: list[list[str]], known: Collection[str]) -> bool:
    """Return whether the first row has names of columns and no values like those below it."""
    first = [cell.strip() for cell in rows[0]]
    if _are_known(first, known):
        return True
    names = first[1:] if _is_unnamed(first[0]) else first
    if len(names) > 3 and (
        names == [str(j) for j in range(len(names))]
        or names == [str(j + 1) for j in range(len(names))]
    ):
        return True
    below = rows[1 : MOST_LOOKED_AT + 1]
    numbers, again, filled = 0, 0, 0
    for j, name in enumerate(first):
        column = [row[j].strip() for row in below if j < len(row)]
        cells = [cell for cell in column if cell.lower() not in MISSING_NUMBER]
        if not cells or name.lower() in MISSING_NUMBER:
            continue
        filled += 1
        if 10 * sum(map(looks_numeric, cells)) >= 8 * len(cells):
            if not looks_numeric(name):
                return True
            numbers += 1
        elif name in cells:
            again += 1
    # Numbers above numbers; or words, half of which are among the words below.
    return not (numbers or 2 * again > filled)


def _is_unnamed(name: str) -> bool:
    return not name or re.fullmatch(r"Unnamed: \d+", name) is not None


def _counts(cells: tuple[str, ...]) -> bool:
    """Return whether cells are the numbers from 0 or 1 on."""
    return bool(cells) and any(
        all(cell.strip() == str(n) for n, cell in enumerate(cells, start)) for start in (0, 1)
    )


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
    return text == text.strip() and plain_number(text) is not None
