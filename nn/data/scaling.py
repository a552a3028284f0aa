"""Columns with mean 0 and standard deviation 1."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.samples import by_position, not_finite

from .words import count, listing


@dataclass
class Standardizer:
    """Shift and scale every column to mean 0 and standard deviation 1.

    Fit it on the training rows only, then transform training, test and new rows with the same
    numbers: a test set that has a say in its own scaling is no longer unseen.

    Rows are sequences of numbers, all with the same columns; a ValueError says where they are not.
    They may also be an array or a DataFrame, whose columns count by position.

    Parameters
    ----------
    mean, std : list of float
        Mean and standard deviation of each column (PRML, section 9.1), set by `fit`. The
        deviation is divided by N, not N - 1, and 1.0 for a constant column, which becomes all
        zeros; as `sklearn.preprocessing.StandardScaler` does.
    fills_missing : bool
        Whether nan stands for a number that is missing: `fit` leaves it out, and `transform` puts
        the mean of its column there, which is 0 after scaling. Otherwise nan is an error.

    Examples
    --------
    >>> standardizer = Standardizer().fit([[1.0, 7.0], [3.0, 7.0]])
    >>> standardizer
    Standardizer(mean=[2.0, 7.0], std=[1.0, 1.0], fills_missing=False)
    >>> standardizer.transform([[3.0, 7.0], [5.0, 8.0]])
    [[1.0, 0.0], [3.0, 1.0]]
    >>> standardizer.inverse_transform([[1.0, 0.0]])
    [[3.0, 7.0]]
    >>> Standardizer.from_dict(standardizer.to_dict()) == standardizer
    True

    Where numbers are missing:

    >>> nan = float("nan")
    >>> Standardizer(fills_missing=True).fit([[1.0], [nan], [3.0]]).transform([[nan], [5.0]])
    [[0.0], [3.0]]
    """

    mean: list[float] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    fills_missing: bool = False

    def fit(self, rows: Sequence[Sequence[float]]) -> Standardizer:
        """Take the mean and standard deviation of every column; return itself.

        Raise ValueError unless there is a row, every column has a number, and all are finite,
        except for nan where missing numbers are filled in. Nothing has been changed then.
        """
        rows = _rows(rows)
        if not rows:
            raise ValueError("there are 0 rows to fit: pass the rows of the training set")
        _check_widths(rows, len(rows[0]), "rows[0] has")
        _check_finite(rows, self.fills_missing)
        fitted = [self._fitted(j, column) for j, column in enumerate(zip(*rows, strict=True))]
        self.mean, self.std = [mean for mean, _ in fitted], [std for _, std in fitted]
        return self

    def transform(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return (x - mean) / std for every number x, column by column.

        Raise ValueError if nothing has been fitted yet, or where `fit` would refuse a number.
        """
        rows = _rows(rows)
        if self.mean:
            _check_finite(rows, self.fills_missing)
        scaled = self._each(rows, lambda x, mean, std: (x - mean) / std)
        if self.fills_missing:
            scaled = [[0.0 if math.isnan(x) else x for x in row] for row in scaled]
        return scaled

    def inverse_transform(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return x * std + mean for every number x: undo `transform`, whose errors it has."""
        return self._each(_rows(rows), lambda x, mean, std: x * std + mean)

    def to_dict(self) -> dict[str, Any]:
        """Return ``mean``, ``std``, and ``fills_missing`` if it is set, ready for JSON."""
        flag = {"fills_missing": True} if self.fills_missing else {}
        return {"mean": [*self.mean], "std": [*self.std], **flag}

    @classmethod
    def from_dict(cls, numbers: Mapping[str, Any]) -> Standardizer:
        """Return the standardizer whose `to_dict` gave `numbers`; without the flag, it is False.

        Raise ValueError if a list is missing, the lengths differ, a number is not finite or a std
        not above 0, or the flag is neither true nor false.
        """
        for key in ("mean", "std"):
            if key not in numbers:
                raise ValueError(
                    f'"{key}" is missing among {listing(numbers)}: pass what to_dict gave'
                )
        mean = [float(x) for x in numbers["mean"]]
        std = [float(x) for x in numbers["std"]]
        if len(mean) != len(std):
            raise ValueError(
                f"mean has {count(len(mean), 'number')} and std {len(std)}: "
                "pass as many of one as of the other"
            )
        for j, (m, s) in enumerate(zip(mean, std, strict=True)):
            if not (math.isfinite(m) and 0 < s < math.inf):
                raise ValueError(
                    f"column {j} has mean {m} and std {s}: both must be finite and std above 0"
                )
        fills_missing = numbers.get("fills_missing", False)
        if not isinstance(fills_missing, bool):
            raise ValueError('"fills_missing" must be true or false: pass what to_dict gave')
        return cls(mean, std, fills_missing)

    def _fitted(self, j: int, column: Sequence[float]) -> tuple[float, float]:
        """Return mean and standard deviation of one column."""
        known = [x for x in column if not math.isnan(x)] if self.fills_missing else column
        if not known:
            raise ValueError(f"column {j} of the rows has no number at all: leave it out")
        # A rounded mean would leave a constant column a tiny deviation to be divided by.
        if min(known) == max(known):
            return float(known[0]), 1.0
        mean = statistics.fmean(known)
        # hypot, unlike the sum of squares, can neither overflow nor vanish on the way.
        return mean, math.hypot(*(x - mean for x in known)) / math.sqrt(len(known))

    def _each(
        self, rows: Sequence[Sequence[float]], change: Callable[[float, float, float], float]
    ) -> list[list[float]]:
        if not self.mean:
            raise ValueError("this Standardizer is not fitted: call fit(training_rows) first")
        _check_widths(rows, len(self.mean), "the fitted rows had")
        columns = list(zip(self.mean, self.std, strict=True))
        return [[change(x, *column) for x, column in zip(row, columns)] for row in rows]


def _rows(rows: Any) -> list[Any]:
    rows = by_position(rows, "rows")
    return rows.tolist() if hasattr(rows, "tolist") else list(rows)


def _check_finite(rows: Sequence[Sequence[float]], fills_missing: bool) -> None:
    found = not_finite(rows, allows_nan=fills_missing)
    if found is not None:
        place, x = found
        advice = "replace it by a finite number or leave out the row"
        if math.isnan(x):
            advice += "; Standardizer(fills_missing=True) puts the mean of the column there"
        raise ValueError(f"rows{place} is {x}: {advice}")


def _check_widths(rows: Sequence[Sequence[float]], width: int, because: str) -> None:
    for n, row in enumerate(rows):
        if len(row) != width:
            raise ValueError(
                f"rows[{n}] has {count(len(row), 'number')}, and {because} {width}: "
                "pass rows with the same columns"
            )
