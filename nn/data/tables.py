"""Data sets from tables in CSV files."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from statistics import fmean
from typing import Any, Final, Literal

from autograd.choices import one_of
from autograd.collector import paused
from autograd.quoting import short

from .cells import Table
from .coding import Coding, refuse
from .columns import MOST_INPUTS, Column, text_of
from .dataset import FEWEST_ROWS, Dataset
from .kinds import Finding, Judge, Spelled
from .targets import Targets, is_missing, notation_of, targets
from .words import count, listing, resolved, suggestion

ENOUGH_TO_TELL: Final = 20  # rows in which two columns do not agree by chance


@dataclass(frozen=True)
class Reading:
    """What was read from a table, and how.

    Parameters
    ----------
    dataset : Dataset
        Numbers only; nan where a cell is missing, unless such rows were dropped.
    coding : Coding
        From columns of the file to inputs, for other tables as well.
    notes : list of str
        A line for each thing that was done or chosen, ready to be printed.
    columns : list of str
        All columns of the file.
    """

    dataset: Dataset
    coding: Coding
    notes: list[str]
    columns: list[str]


def as_argument(option: str, value: Any) -> str:
    """Return an option with its value as one writes it in Python.

    Examples
    --------
    >>> as_argument("drop", ["id"])
    "drop=['id']"
    """
    return f"{option}={short(value)}"


@paused()
def read_table(
    path: str | os.PathLike[str],
    target: str | None,
    *,
    task: Literal["classification", "regression"] | None = None,
    header: bool | None = None,
    decimal: Literal[".", ","] | None = None,
    missing: Literal["mean", "drop"] = "mean",
    drop: Iterable[str] = (),
    features: Iterable[str] | None = None,
    spelled: Spelled = as_argument,
) -> Reading:
    r"""Read a table as it lies, and say what was done.

    Cells are separated by commas, semicolons, tabs, vertical bars or blanks; the text is UTF-8 (or
    UTF-16 with its mark; otherwise it is taken as Windows-1252), and may be packed by gzip. Lines
    that begin with # are comments. Every column but the target is an input:

    - numbers, also with thousands separators, a currency, a unit or % (the number stays as it is
      written: 12% is 12);
    - two words such as no and yes, which become 0 and 1;
    - dates, which become days since 1970-01-01; the year is the first in them, or else the day
      where points separate or a number above 12 shows it in some row, or the month where one does;
    - text with at most 20 values that occur twice on average, which becomes an input of 0 and 1
      for each of them; numbers with zeros before them, such as 007, are text.

    Left out are a column without a name that numbers the rows, columns with the same cell in all
    rows, with more than half of their cells missing, with a name such as "id" and a different
    integer in each row, and other text.

    Parameters
    ----------
    path : str or path-like
        The file.
    target : str or None
        Name of the column to predict. None is an error that names the columns.
    task : "classification", "regression" or None
        What the target is. None decides: text is a class, and so are integers with at most 10
        distinct values that occur at least twice on average; other numbers are regression
        targets, and text among numbers is an error. What is not the usual spelling of a number,
        such as 007 or 1e5, is text, and classes are called what is written in the file.
    header : bool or None
        Whether the first line has the names of the columns. None decides: it has none if it has
        numbers above numbers, or only words that occur below; columns are then called "1", "2", ...
    decimal : ".", "," or None
        The decimal mark. None decides for each column, by what its cells and those of the others
        show; where nothing does, 1,234 has a decimal mark if semicolons separate the cells, and
        a thousands separator otherwise.
    missing : "mean" or "drop"
        What becomes of rows with a missing cell (empty, NA, N/A, nan, null, ?; among numbers also
        none, -, .): "mean" keeps them, with nan for `Standardizer(fills_missing=True)`, "drop"
        leaves them out. Rows without a target are always left out.
    drop : iterable of str
        Columns to leave out.
    features : iterable of str or None
        The only columns to use, which are used even if they were left out otherwise.
    spelled : function
        How messages write an option with its value, of which it gets both.

    Returns
    -------
    Reading
        Its data set is named after the file. Class names are sorted, as numbers if all are numbers.

    Raises
    ------
    ValueError
        With all that must be mended, a line for each column, its place and the remedy: cells that
        are no numbers among numbers, or infinite; rows with too few or too many cells; a target
        that is not there, has one class or as many as rows, or is text to be predicted as
        numbers; no column to predict from; fewer than 4 rows. Or if the file is missing, empty,
        binary, of more than 5 million cells or 200 MB, or its quotation marks do not close.

    References
    ----------
    Y. Shafranovich, "Common Format and MIME Type for Comma-Separated Values (CSV) Files",
    RFC 4180, 2005.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("hue;grams;fruit\nred;150;apple\nred;7,5;cherry\n"
    ...                         "green;170;apple\nred;;cherry\n", encoding="utf-8")
    ...     reading = read_table(path, target="fruit")
    >>> reading.dataset
    <Dataset fruit: 4 rows, 2 features, 2 classes (apple 2, cherry 2)>
    >>> reading.dataset.inputs
    [[1.0, 150.0], [1.0, 7.5], [0.0, 170.0], [1.0, nan]]
    >>> for note in reading.notes:
    ...     print(note)
    'hue': 0 for 'green', 1 for 'red'
    'grams': '7,5' is read as 7.5
    'grams' (1): missing cells get the mean
    """
    one_of("task", task, ("classification", "regression", None))
    one_of("header", header, (True, False, None))
    one_of("decimal", decimal, (".", ",", None))
    one_of("missing", missing, ("mean", "drop"))
    left_out, asked = _names(drop), None if features is None else _names(features)
    known = [name for name in (target, *left_out, *(asked or ())) if name is not None]
    table = Table.read(path, header, known)
    if not table.lines:
        refuse(path, table.faults)
    target = None if target is None else resolved(target, table.header)
    left_out = [resolved(name, table.header) for name in left_out]
    asked = None if asked is None else [resolved(name, table.header) for name in asked]
    faults = [*table.faults, *_unknown(table, target, left_out, asked, spelled)]
    found, notes = Targets(), list(table.notes)
    if target in table.header:
        table, texts = _with_target(table, target, notes, faults)
        if len(texts) >= FEWEST_ROWS:
            notation = notation_of(texts, decimal, table.separator)
            found = targets(target, texts, table.lines, task, spelled, notation)
    used = asked
    if used is None:
        used = [name for j, name in enumerate(table.header) if j != table.index]
    columns = dict(zip(table.header, table.columns, strict=True))
    chosen = {
        name: columns[name] for name in used if name in columns and name not in (target, *left_out)
    }
    findings = []
    if table.lines:
        findings = Judge(table, asked is not None, decimal, spelled).findings(chosen)
    if found.another or target is None:
        usable = [f.name for f in findings if f.column]
        other = _proposal(
            Judge(table, False, decimal, spelled), usable, {target, *left_out, *(asked or ())}
        )
        if found.another:
            found.fault += f", such as {short(other)}" if other else ""
        else:
            example = spelled("target", other or "NAME")
            how = f", such as {example}" if other else f" by {example}"
            faults.append(f"name the column to predict{how}: {table.columns_named()}")
    faults += [fault for fault in (found.fault, *(f.fault for f in findings)) if fault]
    parts = tuple(f.column for f in findings if f.column is not None)
    coding = Coding(parts, table.named, len(table.header), missing == "mean")
    width = len(coding.feature_names)
    if not parts and not faults:
        faults.append(_nothing_left(str(target), findings, left_out, spelled))
    if len(table.lines) * width > MOST_INPUTS:
        widest = max(parts, key=lambda part: len(part.values)).name
        drop = f"leave out {short(widest)}, by {spelled('drop', [widest])}"
        faults.append(
            f"{count(len(table.lines), 'row')} and {width} inputs are more than "
            f"{MOST_INPUTS:,} numbers: {drop if len(parts) > 1 else 'use fewer rows'}"
        )
    refuse(path, faults)
    notes += found.notes + _remarks(findings)
    if found.class_names is not None:
        notes += _tells(table, chosen, parts, str(target), spelled)
    if asked is None and (optional := [f.name for f in findings if f.optional]):
        use = spelled("features", [*coding.columns[:1], optional[0]])
        notes.append(f"to use a column left out, name it and all others you want, as by {use}")
    inputs = [x for f in findings if f.column for x in f.inputs]
    rows, values = list(map(list, zip(*inputs, strict=True))), found.values
    missed = {f.name: n for f in findings if f.column and (n := sum(map(math.isnan, f.inputs[0])))}
    full = [not any(map(math.isnan, row)) for row in rows] if missed else []
    if missed and missing == "drop":
        rows, values = [*compress(rows, full)], [*compress(values, full)]
        fewer = count(len(full) - len(rows), "row")
        notes.append(f"{_counted(missed)}: {fewer} with missing cells left out")
        if len(rows) < FEWEST_ROWS:
            refuse(path, [f"{count(len(rows), 'row')} without missing cells: training needs at "
                          f"least {FEWEST_ROWS}; {spelled('missing', 'mean')} keeps the "
                          "others"])  # fmt: skip
    elif missed:
        lines = _filled(missed, {f.name for f in findings if f.column and f.column.is_words})
        if sum(full) >= FEWEST_ROWS and len({*compress(values, full)}) > 1:
            all_of = "all rows with missing cells" if len(lines) > 1 else "their rows"
            lines[-1] += f" ({spelled('missing', 'drop')} leaves out {all_of})"
        notes += lines
    name = re.sub(r"(?i)\.gz$", "", Path(path).name)
    dataset = Dataset(rows, values, coding.feature_names, found.class_names, Path(name).stem)
    return Reading(dataset, coding, notes, table.header)


@paused()
def read_csv(path: str | os.PathLike[str], target: str, **options: Any) -> Dataset:
    r"""Return the data set of `read_table`, with the means in the place of missing cells.

    What was done to the table is said in a warning, where there is anything to say.

    Parameters
    ----------
    path, target, **options
        As for `read_table`, whose errors it has.

    Returns
    -------
    Dataset
        Finite numbers only. A mean is that of all rows; to leave the test rows out of it, use
        `read_table` and `Standardizer(fills_missing=True)`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("grams,fruit\n150,apple\n7.5,cherry\n170,apple\n6,cherry\n")
    ...     data = read_csv(path, target="fruit")
    >>> data
    <Dataset fruit: 4 rows, 1 feature, 2 classes (apple 2, cherry 2)>
    >>> data.inputs, data.targets
    ([[150.0], [7.5], [170.0], [6.0]], [0, 1, 0, 1])
    """
    reading = read_table(path, target, **options)
    if reading.notes:
        lines = "".join(f"\n  {note}" for note in reading.notes)
        warnings.warn(f"{short(path)} was read so:{lines}", stacklevel=3)
    data = reading.dataset
    means = []
    for column in zip(*data.inputs, strict=True):
        known = [x for x in column if not math.isnan(x)]
        means.append(fmean(known) if len(known) < len(column) else 0.0)
    return replace(data, inputs=[
        [mean if math.isnan(x) else x for x, mean in zip(row, means, strict=True)]
        for row in data.inputs
    ])  # fmt: skip


def read_rows(path: str | os.PathLike[str], feature_names: Sequence[str]) -> list[list[float]]:
    r"""Read columns of plain numbers, such as the inputs to predict from.

    The columns are found by name: their order in the file does not matter, and other columns, the
    target for one, may be there or not. `Coding.read` does it for tables with text or missing
    cells.

    Parameters
    ----------
    path : str or path-like
        The file, with at least one row below the header.
    feature_names : sequence of str
        The columns to read, such as the `feature_names` of the training set.

    Returns
    -------
    list of list of float
        One row for each row of the file, its numbers in the order of `feature_names`.

    Raises
    ------
    ValueError
        As `Coding.read`; a missing cell is an error.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "new.csv")
    ...     _ = path.write_text("b;a;note\n2;1.5;ripe\n")
    ...     read_rows(path, ["a", "b"])
    [[1.5, 2.0]]
    """
    return Coding(tuple(map(Column, feature_names))).read(path)


def _unknown(
    table: Table,
    target: str | None,
    drop: Sequence[str],
    features: Sequence[str] | None,
    spelled: Spelled,
) -> list[str]:
    """Return what is wrong with the names of columns that were given."""
    there = table.columns_named()
    faults = []
    given = [(name, "") for name in ([] if target is None else [target])]
    given += [(name, f" for {spelled('drop', [name])}") for name in drop]
    given += [(name, f" for {spelled('features', [name])}") for name in features or []]
    for name, use in given:
        if name not in table.header:
            twins = [other for other in table.header if other.startswith(f"{name} (column ")]
            close = suggestion(twins[0] if twins else name, table.header)
            faults.append(f"it has no column {short(name)}{use}{close}: {there}")
    if target is not None and target in table.header:
        if target in drop:
            faults.append(f"{short(target)} is the target, and cannot be left out")
        if target in (features or []):
            faults.append(f"{short(target)} is the target, and cannot be a feature")
    return faults


def _with_target(
    table: Table, target: str, notes: list[str], faults: list[str]
) -> tuple[Table, list[str]]:
    """Return the rows that have a target, and these targets; say how many have none."""
    texts = [text_of(cell) for cell in table.columns[table.header.index(target)]]
    gone = is_missing(texts)
    if any(gone):
        line = table.lines[gone.index(True)]
        notes.append(
            f"{count(sum(gone), 'row')} without {short(target)} left out "
            f"({'the first on ' * (sum(gone) > 1)}line {line})"
        )
        kept = [not missing for missing in gone]
        texts, table = [*compress(texts, kept)], _kept(table, kept)
    if len(texts) < FEWEST_ROWS:
        faults.append(
            f"{count(len(texts), 'row')} below the header{' with a target' * any(gone)}: "
            f"training needs at least {FEWEST_ROWS}"
        )
    return table, texts


def _counted(missed: Mapping[str, int]) -> str:
    return listing(f"{short(name)} ({n})" for name, n in missed.items())


def _filled(missed: Mapping[str, int], words: Container[str]) -> list[str]:
    """Return what missing cells get, in columns of numbers and of words."""
    numbers = {name: n for name, n in missed.items() if name not in words}
    others = {name: n for name, n in missed.items() if name in words}
    lines = []
    if numbers:
        lines.append(f"{_counted(numbers)}: missing cells get the mean")
    if others:
        lines.append(
            f"{_counted(others)}: a missing cell counts in part as each value, by its share of the "
            "other rows"
        )
    return lines


def _proposal(judge: Judge, usable: Sequence[str], without: Container[str | None]) -> str | None:
    """Return the last column that can be predicted from those that are usable, if there is one."""
    table = judge.table
    for j in reversed(range(len(table.header))):
        name, cells = table.header[j], table.columns[j]
        if j == table.index or name in without or not set(usable) - {name}:
            continue
        (finding,) = judge.findings({name: cells})
        if finding.column is None or finding.column.kind == "date":
            continue
        texts = [text_of(cell) for cell in cells]
        kept = [not missing for missing in is_missing(texts)]
        texts, lines = [*compress(texts, kept)], [*compress(table.lines, kept)]
        notation = notation_of(texts, judge.decimal, table.separator)
        if (
            len(texts) >= FEWEST_ROWS
            and not targets(name, texts, lines, None, judge.spelled, notation).fault
        ):
            return name
    return None


def _nothing_left(
    target: str, findings: Sequence[Finding], drop: Sequence[str], spelled: Spelled
) -> str:
    if not findings and drop:
        return f"no column besides the target {short(target)} is left by {spelled('drop', drop)}"
    if not findings:
        return f"no column besides the target {short(target)}: add columns to predict it from"
    reasons = "; ".join(_remarks(findings))
    optional = [f.name for f in findings if f.optional]
    remedy = "add other columns to predict it from"
    if optional:
        use = f"uses {'it' if len(optional) == 1 else 'them'}"
        remedy = f"{spelled('features', optional)} {use} nevertheless"
    return f"no column is left to predict {short(target)} from: {reasons}; {remedy}"


def _tells(
    table: Table,
    chosen: Mapping[str, Sequence[str]],
    parts: Sequence[Column],
    target: str,
    spelled: Spelled,
) -> list[str]:
    """Return a line for each column whose words stand for the classes one by one."""
    classes = table.columns[table.header.index(target)]
    notes = []
    for part in parts:
        if part.values and len(classes) >= ENOUGH_TO_TELL:
            cells = set(zip(chosen[part.name], classes, strict=True))
            pairs = {(text_of(word), text_of(name)) for word, name in cells}
            words, names = map(set, zip(*pairs, strict=True))
            if len(pairs) == len(words) == len(names) > 1:
                drop = spelled("drop", [part.name])
                advice = f"leave it out by {drop} if it is not known beforehand"
                notes.append(
                    f"{short(part.name)} goes with {short(target)} one to one: "
                    + (advice if len(parts) > 1 else "is it known beforehand?")
                )
    return notes


def _remarks(findings: Sequence[Finding]) -> list[str]:
    """Return a line for all columns of which the same is to be said, those left out last."""
    names: dict[tuple[bool, str], list[str]] = {}
    for f in findings:
        if f.remark:
            names.setdefault((f.column is None, f.remark), []).append(short(f.name))
    return [
        f"{listing(columns)}{' left out' * gone}: {remark}"
        for (gone, remark), columns in sorted(names.items(), key=lambda item: item[0][0])
    ]


def _kept(table: Table, kept: Sequence[bool]) -> Table:
    """Return a table without some of its rows."""
    return replace(
        table,
        columns=[tuple(compress(column, kept)) for column in table.columns],
        lines=[*compress(table.lines, kept)],
    )


def _names(names: Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
