"""Data sets from tables in CSV files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from autograd.choices import one_of
from autograd.collector import paused
from autograd.quoting import short

from .cells import Table, numbers_among
from .dataset import FEWEST_ROWS, Dataset
from .words import count

MOST_INTEGER_CLASSES: Final = 10  # integers with more distinct values are regression targets


@paused()
def read_csv(
    path: str | os.PathLike[str],
    target: str,
    *,
    task: Literal["classification", "regression"] | None = None,
) -> Dataset:
    r"""Read a data set from a CSV file.

    The file is UTF-8 text with a header row; its cells are separated by commas, semicolons or
    tabs. The target column is the one named `target`; every other column is an input and holds
    decimal numbers with a point. Blank lines are skipped. An apostrophe before what a spreadsheet
    would take for a formula, as `deltarule predict` writes it, is no part of the cell.

    Parameters
    ----------
    path : str or path-like
        The file.
    target : str
        Name of the column to predict.
    task : "classification", "regression" or None
        What the target is. None decides: text is a class, and so are integers with at most 10
        distinct values that occur at least twice on average; other numbers are regression
        targets, and text among numbers is an error.

    Returns
    -------
    Dataset
        Named after the file. Class names are sorted, as numbers if all of them are numbers.

    Raises
    ------
    ValueError
        With one sentence that names the file, the place in it and the remedy: if the file is
        missing, empty, not UTF-8 text, shorter than 4 rows, or has more than 5 million cells or
        200 MB; if there is no column `target`, no other column, or two columns of the same name;
        if a row has too few or too many cells; if a cell is empty (or NA, N/A, null, ?), nan, inf,
        or not a number; if an input column is categorical; if there is only one class.

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
    ...     _ = path.write_text("grams,fruit\n150,apple\n7.5,cherry\n170,apple\n6,cherry\n")
    ...     data = read_csv(path, target="fruit")
    >>> data
    <Dataset fruit: 4 rows, 1 feature, 2 classes (apple 2, cherry 2)>
    >>> data.inputs, data.targets
    ([[150.0], [7.5], [170.0], [6.0]], [0, 1, 0, 1])
    """
    one_of("task", task, ("classification", "regression", None))
    table = Table.read(path)
    cells = table.column(target)
    feature_names = [name for name in table.header if name != target]
    if not feature_names:
        raise ValueError(
            f"{short(path)} has no column besides the target {short(target)}: add columns to "
            "predict it from"
        )
    if len(cells) < FEWEST_ROWS:
        raise ValueError(
            f"{short(path)} has {count(len(cells), 'row')} below the header: "
            f"training needs at least {FEWEST_ROWS}"
        )
    table.check_filled(table.header)
    inputs = table.rows_of_numbers(feature_names)
    name = Path(path).stem
    if (task or _likely_task(cells)) == "regression":
        targets = table.numbers(target, "pass task='classification'")
        return Dataset(inputs, targets, feature_names, None, name)
    indices, class_names = _classes(cells)
    if len(class_names) < 2:
        raise ValueError(
            f"the target column {short(target)} of {short(path)} has only one class, "
            f"{short(class_names[0])}: add rows of another class or choose another target"
        )
    return Dataset(inputs, indices, feature_names, class_names, name)


@paused()
def read_rows(path: str | os.PathLike[str], feature_names: Sequence[str]) -> list[list[float]]:
    r"""Read the inputs to predict from out of a CSV file such as `read_csv` takes.

    The columns are found by name: their order in the file does not matter, and other columns, the
    target for one, may be there or not.

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
        As `read_csv`, but only the columns asked for must be filled with numbers.

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
    table = Table.read(path)
    if not table.rows:
        raise ValueError(f"{short(path)} has 0 rows below the header: add the rows to predict")
    table.check_filled(feature_names)
    return table.rows_of_numbers(feature_names)


def _likely_task(cells: list[str]) -> str:
    numbers = numbers_among(cells)
    if not numbers:
        return "classification"
    distinct = set(numbers)
    few = len(distinct) <= min(MOST_INTEGER_CLASSES, len(cells) / 2)
    # Text among numbers goes the way of regression, where it is reported with its place.
    if len(numbers) == len(cells) and few and all(number.is_integer() for number in distinct):
        return "classification"
    return "regression"


def _classes(cells: list[str]) -> tuple[list[int], list[str]]:
    """Return the class index of each cell, and the sorted names of the classes."""
    numbers = numbers_among(cells)
    if len(numbers) == len(cells):
        values = sorted(set(numbers))
        names = [str(int(value)) if value.is_integer() else repr(value) for value in values]
        index = {value: k for k, value in enumerate(values)}
        return [index[number] for number in numbers], names
    names = sorted(set(cells))
    place = {name: k for k, name in enumerate(names)}
    return [place[cell] for cell in cells], names
