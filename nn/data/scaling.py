"""Columns with mean 0 and standard deviation 1."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .words import count, listing


@dataclass
class Standardizer:
    """Shift and scale every column to mean 0 and standard deviation 1.

    Fit it on the training rows only, then transform training, test and new rows with the same
    numbers: a test set that has a say in its own scaling is no longer unseen.

    Parameters
    ----------
    mean : list of float
        Mean of each column; set by `fit`.
    std : list of float
        Standard deviation of each column, divided by N, not N - 1; 1.0 for a constant column,
        which becomes all zeros. Set by `fit`.

    References
    ----------
    PRML, section 9.1 (standardising); the divisor N and the 1.0 for constant columns are those of
    `sklearn.preprocessing.StandardScaler`.

    Examples
    --------
    >>> standardizer = Standardizer().fit([[1.0, 7.0], [3.0, 7.0]])
    >>> standardizer
    Standardizer(mean=[2.0, 7.0], std=[1.0, 1.0])
    >>> standardizer.transform([[3.0, 7.0], [5.0, 8.0]])
    [[1.0, 0.0], [3.0, 1.0]]
    """

    mean: list[float] = field(default_factory=list)
    std: list[float] = field(default_factory=list)

    def fit(self, rows: Sequence[Sequence[float]]) -> Standardizer:
        """Take the mean and standard deviation of every column; return itself.

        Parameters
        ----------
        rows : sequence of sequence of float
            At least one row; all rows of the same length, all numbers finite.

        Raises
        ------
        ValueError
            If there are no rows, rows of different lengths, or a nan or inf.

        Examples
        --------
        >>> Standardizer().fit([[0.0], [10.0]]).std
        [5.0]
        """
        if not rows:
            raise ValueError("there are 0 rows to fit: pass the rows of the training set")
        _check_widths(rows, len(rows[0]), "rows[0] has")
        self.mean, self.std = [], []
        for j, column in enumerate(zip(*rows, strict=True)):
            for n, value in enumerate(column):
                if not math.isfinite(value):
                    raise ValueError(
                        f"rows[{n}][{j}] is {value}: replace it by a finite number or leave out "
                        "the row"
                    )
            # A rounded mean would leave a constant column a tiny deviation to be divided by.
            constant = min(column) == max(column)
            mean = float(column[0]) if constant else statistics.fmean(column)
            # hypot, unlike the sum of squares, can neither overflow nor vanish on the way.
            std = math.hypot(*(x - mean for x in column)) / math.sqrt(len(column))
            self.mean.append(mean)
            self.std.append(1.0 if constant else std)
        return self

    def transform(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return (x - mean) / std for every number x, column by column.

        Parameters
        ----------
        rows : sequence of sequence of float
            Any number of rows, with the columns of the rows that were fitted.

        Raises
        ------
        ValueError
            If nothing has been fitted yet, or a row has another number of columns.

        Examples
        --------
        >>> Standardizer(mean=[2.0], std=[4.0]).transform([[10.0]])
        [[2.0]]
        """
        self._check(rows)
        return [
            [(x - mean) / std for x, mean, std in zip(row, self.mean, self.std, strict=True)]
            for row in rows
        ]

    def inverse_transform(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return x * std + mean for every number x: undo `transform`, whose errors it has.

        Examples
        --------
        >>> Standardizer(mean=[2.0], std=[4.0]).inverse_transform([[2.0]])
        [[10.0]]
        """
        self._check(rows)
        return [
            [x * std + mean for x, mean, std in zip(row, self.mean, self.std, strict=True)]
            for row in rows
        ]

    def to_dict(self) -> dict[str, list[float]]:
        """Return the numbers that make up this standardizer, ready for JSON.

        Examples
        --------
        >>> Standardizer(mean=[2.0], std=[4.0]).to_dict()
        {'mean': [2.0], 'std': [4.0]}
        """
        return {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, numbers: Mapping[str, Sequence[float]]) -> Standardizer:
        """Return the standardizer whose `to_dict` gave `numbers`.

        Raises
        ------
        ValueError
            If a list is missing, the lengths differ, a number is not finite or a std not above 0.

        Examples
        --------
        >>> Standardizer.from_dict({"mean": [2.0], "std": [4.0]})
        Standardizer(mean=[2.0], std=[4.0])
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
                f"there are {len(mean)} means and {len(std)} standard deviations: "
                "pass as many of one as of the other"
            )
        for j, (m, s) in enumerate(zip(mean, std, strict=True)):
            if not (math.isfinite(m) and 0 < s < math.inf):
                raise ValueError(
                    f"column {j} has mean {m} and std {s}: both must be finite and std above 0"
                )
        return cls(mean, std)

    def _check(self, rows: Sequence[Sequence[float]]) -> None:
        if not self.mean:
            raise ValueError("this Standardizer is not fitted: call fit(training_rows) first")
        _check_widths(rows, len(self.mean), "the fitted rows had")


def _check_widths(rows: Sequence[Sequence[float]], width: int, because: str) -> None:
    for n, row in enumerate(rows):
        if len(row) != width:
            raise ValueError(
                f"rows[{n}] has {count(len(row), 'number')}, and {because} {width}: "
                "pass rows with the same columns"
            )
