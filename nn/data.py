"""Data sets: built-in ones, the reader's own CSV files, and what they need before training.

    load, names             the built-in data sets
    read_csv, read_rows     tables from CSV files, to train on and to predict from
    split, Standardizer     a training and a test set; columns with mean 0 and deviation 1
    one_hot                 1-of-K coding of class indices

Everything is plain Python numbers in lists. Only the built-in sets that scikit-learn makes or
ships need it, and it is imported when one of them is loaded.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import operator
import os
import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, SupportsIndex, overload

__all__ = [
    "Dataset",
    "Standardizer",
    "load",
    "names",
    "one_hot",
    "read_csv",
    "read_rows",
    "split",
]

FEWEST_ROWS: Final = 4
"""The smallest table to train on: the four rows of a truth table."""

MOST_INTEGER_CLASSES: Final = 10
"""A column of integers with more distinct values than this is read as regression targets."""

LONGEST_LISTING: Final = 12
"""Messages name at most this many columns, classes or values."""


@dataclass(frozen=True, repr=False)
class Dataset:
    """Examples to learn from: a row of inputs and a target for each.

    Parameters
    ----------
    inputs : list of list of float
        N rows of D inputs each.
    targets : list of int or list of float
        N targets: class indices 0 .. K-1 for classification, real numbers for regression.
    feature_names : list of str
        D names, one for each input column.
    class_names : list of str or None
        K names, one for each class index; None for regression.
    name : str
        What to call the data set in titles and messages.

    Raises
    ------
    ValueError
        If the numbers of rows, targets, columns and names do not fit together, or a class index
        has no name.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning" (PRML), 2006: the inputs are its x_n,
    the targets its t_n.

    Examples
    --------
    >>> data = Dataset([[0.0], [1.0], [2.0]], [0, 1, 1], ["x"], ["small", "large"], "sizes")
    >>> data
    <Dataset sizes: 3 rows, 1 feature, 2 classes (small 1, large 2)>
    >>> len(data)
    3
    """

    inputs: list[list[float]]
    targets: list[int] | list[float]
    feature_names: list[str]
    class_names: list[str] | None = None
    name: str = "data"

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise ValueError(
                f"{self.name} has {_count(len(self.inputs), 'row')} of inputs and "
                f"{_count(len(self.targets), 'target')}: give one target for each row"
            )
        for n, row in enumerate(self.inputs):
            if len(row) != len(self.feature_names):
                raise ValueError(
                    f"inputs[{n}] of {self.name} has {_count(len(row), 'number')}, and "
                    f"there are {_count(len(self.feature_names), 'feature name')}: "
                    "give one name for each column"
                )
        if self.class_names is not None:
            indices = range(len(self.class_names))
            for n, target in enumerate(self.targets):
                if target not in indices:
                    raise ValueError(
                        f"targets[{n}] of {self.name} is {target!r}: with "
                        f"{_count(len(indices), 'class name')} a target is an index from 0 to "
                        f"{len(indices) - 1}; for regression leave class_names out"
                    )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.inputs)

    def __repr__(self) -> str:
        if self.class_names is not None:
            count = Counter(self.targets)
            sizes = [f"{name} {count[k]}" for k, name in enumerate(self.class_names)]
            task = f"{_count(len(sizes), 'class')} ({_listing(sizes)})"
        elif self.targets:
            task = f"regression targets {min(self.targets):.3g} to {max(self.targets):.3g}"
        else:
            task = "regression"
        features = _count(len(self.feature_names), "feature")
        return f"<Dataset {self.name}: {_count(len(self), 'row')}, {features}, {task}>"


def split(
    dataset: Dataset, test_size: float = 0.25, seed: int = 0, *, stratify: bool = True
) -> tuple[Dataset, Dataset]:
    """Divide a data set at random into a training set and a test set.

    Parameters
    ----------
    dataset : Dataset
        At least 2 rows.
    test_size : float
        Share of the rows that goes into the test set, 0 < test_size < 1. Each of the two sets
        gets at least one row.
    seed : int
        The same seed gives the same division.
    stratify : bool
        Give every class its share of both sets, to the nearest row. Has no effect on regression.

    Returns
    -------
    train, test : Dataset
        Together all rows, each row once, in random order.

    Raises
    ------
    ValueError
        If `test_size` is out of its range or there is only one row.

    References
    ----------
    Stratified sampling: W. G. Cochran, "Sampling Techniques", 3rd edition, 1977, chapter 5.

    Examples
    --------
    >>> rows = [[float(n)] for n in range(8)]
    >>> data = Dataset(rows, [0, 0, 0, 0, 0, 0, 1, 1], ["x"], ["common", "rare"], "demo")
    >>> train, test = split(data, test_size=0.5)
    >>> train
    <Dataset demo (train): 4 rows, 1 feature, 2 classes (common 3, rare 1)>
    >>> test
    <Dataset demo (test): 4 rows, 1 feature, 2 classes (common 3, rare 1)>
    """
    if not 0 < test_size < 1:
        raise ValueError(
            f"test_size is {test_size}: choose a share with 0 < test_size < 1, such as 0.25"
        )
    if len(dataset) < 2:
        raise ValueError(
            f"{dataset.name} has {_count(len(dataset), 'row')}: a training set and a test set "
            "need at least 2"
        )
    shuffled = list(range(len(dataset)))
    random.Random(seed).shuffle(shuffled)
    n_test = min(max(round(test_size * len(dataset)), 1), len(dataset) - 1)
    candidates = shuffled
    if stratify and dataset.class_names is not None:
        # The rows of each class are spread evenly over (0, 1). Whatever leading part is then
        # cut off holds the same share of every class.
        size, seen = Counter(dataset.targets), Counter[float]()
        place: dict[int, float] = {}
        for n in shuffled:
            target = dataset.targets[n]
            place[n] = (seen[target] + 0.5) / size[target]
            seen[target] += 1
        candidates = sorted(shuffled, key=place.__getitem__)
    test_rows = set(candidates[:n_test])

    def part(name: str, rows: list[int]) -> Dataset:
        return Dataset(
            [dataset.inputs[n] for n in rows],
            [dataset.targets[n] for n in rows],
            dataset.feature_names,
            dataset.class_names,
            f"{dataset.name} ({name})",
        )

    train = part("train", [n for n in shuffled if n not in test_rows])
    test = part("test", [n for n in shuffled if n in test_rows])
    return train, test


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
        """Take the mean and standard deviation of every column.

        Parameters
        ----------
        rows : sequence of sequence of float
            At least one row; all rows of the same length, all numbers finite.

        Returns
        -------
        Standardizer
            Itself, so that `Standardizer().fit(rows)` can be assigned.

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

        Returns
        -------
        list of list of float
            New rows, in units of one standard deviation.

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
        """Return x * std + mean for every number x: undo `transform`.

        Parameters
        ----------
        rows : sequence of sequence of float
            Any number of standardised rows.

        Returns
        -------
        list of list of float
            New rows, in the units of the data.

        Raises
        ------
        ValueError
            If nothing has been fitted yet, or a row has another number of columns.

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

        Returns
        -------
        dict
            `{"mean": [...], "std": [...]}`.

        Examples
        --------
        >>> Standardizer(mean=[2.0], std=[4.0]).to_dict()
        {'mean': [2.0], 'std': [4.0]}
        """
        return {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, numbers: Mapping[str, Sequence[float]]) -> Standardizer:
        """Return the standardizer whose `to_dict` gave `numbers`.

        Parameters
        ----------
        numbers : mapping
            Has "mean" and "std", of equal length; every std is above 0.

        Returns
        -------
        Standardizer
            Ready to transform.

        Raises
        ------
        ValueError
            If a list is missing, the lengths differ, or a number cannot be used.

        Examples
        --------
        >>> Standardizer.from_dict({"mean": [2.0], "std": [4.0]})
        Standardizer(mean=[2.0], std=[4.0])
        """
        for key in ("mean", "std"):
            if key not in numbers:
                raise ValueError(
                    f'"{key}" is missing among {_listing(list(numbers))}: pass what to_dict gave'
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
                f"rows[{n}] has {_count(len(row), 'number')}, and {because} {width}: "
                "pass rows with the same columns"
            )


@overload
def one_hot(indices: SupportsIndex, n_classes: int) -> list[float]: ...
@overload
def one_hot(indices: Iterable[SupportsIndex], n_classes: int) -> list[list[float]]: ...
def one_hot(
    indices: SupportsIndex | Iterable[SupportsIndex], n_classes: int
) -> list[float] | list[list[float]]:
    """Code class indices as 1-of-K targets: 1 at the class, 0 elsewhere.

    Parameters
    ----------
    indices : int or iterable of int
        One class index, or several; each from 0 to n_classes - 1.
    n_classes : int
        The number of classes K, at least 1.

    Returns
    -------
    list of float or list of list of float
        K numbers for one index; a list of such rows for several.

    Raises
    ------
    ValueError
        If an index is not that of one of the classes.

    References
    ----------
    PRML, section 4.3.4: the 1-of-K coding scheme.

    Examples
    --------
    >>> one_hot(2, 3)
    [0.0, 0.0, 1.0]
    >>> one_hot([0, 1], 2)
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if isinstance(indices, Iterable):
        return [one_hot(index, n_classes) for index in indices]
    index = operator.index(indices)
    if not 0 <= index < n_classes:
        raise ValueError(
            f"class index {index} is not one of {_count(n_classes, 'class')}: "
            f"use 0 to {n_classes - 1}, or a larger n_classes"
        )
    return [float(k == index) for k in range(n_classes)]


# --- built-in data sets ---------------------------------------------------------------------------


def _sklearn_datasets(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            f"the data set {name} comes from scikit-learn, which cannot be imported: "
            'run pip install "deltarule[demo]"'
        ) from error
    return datasets


def _truth_table(targets: tuple[int, ...], name: str) -> Dataset:
    inputs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    return Dataset(inputs, list(targets), ["x1", "x2"], ["0", "1"], name)


def _measured(name: str) -> Dataset:
    bunch = getattr(_sklearn_datasets(name), f"load_{name}")()
    return Dataset(
        bunch.data.tolist(),
        bunch.target.tolist(),
        [str(feature) for feature in bunch.feature_names],
        [str(class_name) for class_name in bunch.target_names],
        name,
    )


def _digits(name: str) -> Dataset:
    grey = _measured(name)
    inputs = [[level / 16 for level in row] for row in grey.inputs]
    return Dataset(inputs, grey.targets, grey.feature_names, grey.class_names, name)


def _moons(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    inputs, targets = _sklearn_datasets(name).make_moons(n_samples, noise=noise, random_state=seed)
    class_names = ["upper moon", "lower moon"]
    return Dataset(inputs.tolist(), targets.tolist(), ["x1", "x2"], class_names, name)


def _circles(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    inputs, targets = _sklearn_datasets(name).make_circles(
        n_samples, noise=noise, random_state=seed, factor=0.5
    )
    class_names = ["outer circle", "inner circle"]
    return Dataset(inputs.tolist(), targets.tolist(), ["x1", "x2"], class_names, name)


def _blobs(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    inputs, targets = _sklearn_datasets(name).make_blobs(
        n_samples,
        centers=[[0.0, 1.0], [-1.0, -0.75], [1.0, -0.75]],
        cluster_std=noise,
        random_state=seed,
    )
    class_names = ["top", "left", "right"]
    return Dataset(inputs.tolist(), targets.tolist(), ["x1", "x2"], class_names, name)


def _spirals(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    rng = random.Random(seed)
    inputs, targets = [], []
    for n in range(n_samples):
        arm = n % 2
        radius = 0.1 + 0.9 * n / n_samples
        angle = (3 * radius + arm) * math.pi
        x1 = radius * math.cos(angle) + rng.gauss(0.0, noise)
        x2 = radius * math.sin(angle) + rng.gauss(0.0, noise)
        inputs.append([x1, x2])
        targets.append(arm)
    return Dataset(inputs, targets, ["x1", "x2"], ["first arm", "second arm"], name)


def _function(
    f: Callable[[float], float], name: str, n_samples: int, noise: float, seed: int
) -> Dataset:
    rng = random.Random(seed)
    # The centres of n_samples equal cells: evenly spaced, and short of -1 and 1 themselves.
    xs = [(2 * n + 1) / n_samples - 1 for n in range(n_samples)]
    targets = [f(x) + rng.gauss(0.0, noise) for x in xs]
    return Dataset([[x] for x in xs], targets, ["x"], None, name)


class _Fixed(NamedTuple):
    """A data set whose rows are what they are."""

    description: str
    make: Callable[[str], Dataset]


class _Generated(NamedTuple):
    """A data set drawn anew for every number of rows, noise and seed."""

    description: str
    n_samples: int
    noise: float
    make: Callable[[str, int, float, int], Dataset]


_SOURCES: Final[dict[str, _Fixed | _Generated]] = {
    "xor": _Fixed(
        "truth table, 4 rows: 1 where exactly one input is 1; needs a hidden layer",
        partial(_truth_table, (0, 1, 1, 0)),
    ),
    "and": _Fixed("truth table, 4 rows: 1 where both are 1", partial(_truth_table, (0, 0, 0, 1))),
    "or": _Fixed("truth table, 4 rows: 1 where any is 1", partial(_truth_table, (0, 1, 1, 1))),
    "moons": _Generated("2 interleaved half circles in the plane", 100, 0.1, _moons),
    "circles": _Generated("2 concentric circles in the plane", 100, 0.1, _circles),
    "blobs": _Generated("3 round clouds in the plane, almost separable", 150, 0.4, _blobs),
    "spirals": _Generated("2 interleaved spirals in the plane; hard", 200, 0.02, _spirals),
    "iris": _Fixed("150 flowers, 4 lengths in cm, 3 species", _measured),
    "wine": _Fixed("178 wines, 13 chemical measurements, 3 growers", _measured),
    "breast_cancer": _Fixed("569 tumours, 30 measurements, malignant or benign", _measured),
    "digits": _Fixed("1797 handwritten digits, 8x8 grey levels in [0, 1], 10 classes", _digits),
    "square": _Generated(
        "regression: x^2 for x in (-1, 1)", 50, 0.0, partial(_function, lambda x: x * x)
    ),
    "sin": _Generated(
        "regression: sin(pi x), one whole period, for x in (-1, 1)",
        50,
        0.0,
        partial(_function, lambda x: math.sin(math.pi * x)),
    ),
    "abs": _Generated("regression: |x| for x in (-1, 1)", 50, 0.0, partial(_function, abs)),
    "heaviside": _Generated(
        "regression: 0 for x < 0, else 1, for x in (-1, 1)",
        50,
        0.0,
        partial(_function, lambda x: float(x >= 0)),
    ),
}


def names() -> dict[str, str]:
    """Return the built-in data sets: what `load` accepts, and a line about each.

    Returns
    -------
    dict
        Name to description.

    References
    ----------
    See `load`.

    Examples
    --------
    >>> names()["iris"]
    '150 flowers, 4 lengths in cm, 3 species'
    """
    return {name: source.description for name, source in _SOURCES.items()}


def load(
    name: str, *, n_samples: int | None = None, noise: float | None = None, seed: int = 0
) -> Dataset:
    """Return a built-in data set.

    Parameters
    ----------
    name : str
        One of `names()`.
    n_samples : int or None
        Number of rows of a generated data set, at least 4. The default, None, gives 100 for moons
        and circles, 150 for blobs, 200 for spirals and 50 for square, sin, abs and heaviside.
    noise : float or None
        Standard deviation, at least 0, of the Gaussian noise that is added to each input of moons,
        circles, blobs and spirals, and to each target of square, sin, abs and heaviside. The
        default, None, gives 0.1 for moons and circles, 0.4 for blobs, 0.02 for spirals and 0 for
        the functions.
    seed : int
        The same seed gives the same data. Has no effect on truth tables and measured data.

    Returns
    -------
    Dataset
        The inputs of digits lie in [0, 1]; those of iris, wine and breast_cancer are as measured,
        so standardise them. The x of the functions are equally spaced in (-1, 1), in rising order.

    Raises
    ------
    ValueError
        If the name is unknown, a number is out of its range, or `n_samples` or `noise` is given
        for a data set whose rows are fixed.
    ImportError
        If the data set needs scikit-learn (moons, circles, blobs, iris, wine, breast_cancer,
        digits) and it is not installed.

    Notes
    -----
    The caption of PRML figure 5.3 says sin(x), but its picture shows one whole period in (-1, 1);
    "sin" is that picture, sin(pi x).

    The spirals have radius r from 0.1 to 1 at angle 3 pi r; the second arm is turned by pi.

    References
    ----------
    xor: M. Minsky and S. Papert, "Perceptrons", 1969. spirals: K. Lang and M. Witbrock, "Learning
    to tell two spirals apart", 1988. square, sin, abs, heaviside: PRML, figure 5.3. iris:
    R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936. wine: M. Forina
    et al.; breast_cancer: W. Street, W. Wolberg and O. Mangasarian, 1993; digits: E. Alpaydin and
    C. Kaynak, 1998; all three from the UCI Machine Learning Repository. moons, circles, blobs and
    the copies of the measured data: scikit-learn, `sklearn.datasets`.

    Examples
    --------
    >>> load("xor")
    <Dataset xor: 4 rows, 2 features, 2 classes (0 2, 1 2)>
    >>> load("sin", n_samples=4).inputs
    [[-0.75], [-0.25], [0.25], [0.75]]
    """
    source = _SOURCES.get(name)
    if source is None:
        raise ValueError(
            f"there is no data set {name!r}{_closest(name, _SOURCES)}: "
            f"choose one of {', '.join(_SOURCES)}"
        )
    if isinstance(source, _Fixed):
        for option, value in (("n_samples", n_samples), ("noise", noise)):
            if value is not None:
                raise ValueError(
                    f"{option} is {value}, but the rows of {name} are fixed: leave {option} out"
                )
        return source.make(name)
    if n_samples is None:
        n_samples = source.n_samples
    if noise is None:
        noise = source.noise
    if not isinstance(n_samples, int) or n_samples < FEWEST_ROWS:
        raise ValueError(
            f"n_samples is {n_samples}: choose an integer with n_samples >= {FEWEST_ROWS}"
        )
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise is {noise}: choose a number with 0 <= noise < inf")
    return source.make(name, n_samples, noise, seed)


# --- CSV files ------------------------------------------------------------------------------------


def read_csv(
    path: str | os.PathLike[str],
    target: str,
    *,
    task: Literal["classification", "regression"] | None = None,
) -> Dataset:
    r"""Read a data set from a CSV file.

    The file is UTF-8 text with a header row; its cells are separated by commas, semicolons or
    tabs. The target column is the one named `target`; every other column is an input and holds
    decimal numbers with a point. Blank lines are skipped.

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
        missing, empty, not UTF-8 text or shorter than 4 rows; if there is no column `target`, no
        other column, or two columns of the same name; if a row has too few or too many cells; if
        a cell is empty (or NA, N/A, null, ?), nan, inf, or not a number; if an input column is
        categorical; if there is only one class.

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
    if task not in (None, "classification", "regression"):
        raise ValueError(f"task is {task!r}: choose 'classification', 'regression' or None")
    table = _Table.read(path)
    cells = table.column(target)
    feature_names = [name for name in table.header if name != target]
    if not feature_names:
        raise ValueError(
            f"'{path}' has no column besides the target '{target}': add columns to predict it from"
        )
    if len(cells) < FEWEST_ROWS:
        raise ValueError(
            f"'{path}' has {_count(len(cells), 'row')} below the header: "
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
            f"the target column '{target}' of '{path}' has only one class, '{class_names[0]}': "
            "add rows of another class or choose another target"
        )
    return Dataset(inputs, indices, feature_names, class_names, name)


def read_rows(path: str | os.PathLike[str], feature_names: Sequence[str]) -> list[list[float]]:
    r"""Read the inputs to predict from out of a CSV file.

    The columns are found by name: their order in the file does not matter, and other columns, the
    target for one, may be there or not.

    Parameters
    ----------
    path : str or path-like
        A file as for `read_csv`, with at least one row below the header.
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

    References
    ----------
    See `read_csv`.

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
    table = _Table.read(path)
    if not table.rows:
        raise ValueError(f"'{path}' has 0 rows below the header: add the rows to predict")
    table.check_filled(feature_names)
    return table.rows_of_numbers(feature_names)


@dataclass(frozen=True)
class _Table:
    """The cells of a CSV file as text, and for each row the line of the file it ends on."""

    path: str | os.PathLike[str]
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> _Table:
        text = _read_text(path)
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=_delimiter(text),
            skipinitialspace=True,
            strict=True,
        )
        rows, lines = [], []
        try:
            for row in reader:
                if len(row) > 1 or "".join(row).strip():
                    rows.append([cell.strip() for cell in row])
                    lines.append(reader.line_num)
        except csv.Error as error:
            raise ValueError(
                f"line {reader.line_num} of '{path}' is not valid CSV ({error}): "
                "check its quotation marks"
            ) from error
        header = rows[0]
        for j, name in enumerate(header, start=1):
            if not name:
                raise ValueError(
                    f"column {j} of '{path}' has no name: the first line must name every column"
                )
        for name, count in Counter(header).items():
            if count > 1:
                raise ValueError(
                    f"{count} columns of '{path}' are named '{name}': the first line must give "
                    "every column a name of its own"
                )
        for row, line in zip(rows, lines, strict=True):
            if len(row) != len(header):
                raise ValueError(
                    f"line {line} of '{path}' has {_count(len(row), 'cell')} where the header has "
                    f"{len(header)}: add or remove cells, or put text that contains the separator "
                    "in quotation marks"
                )
        return cls(path, header, rows[1:], lines[1:])

    def column(self, name: str) -> list[str]:
        if name not in self.header:
            raise ValueError(
                f"'{self.path}' has no column '{name}'{_closest(name, self.header)}: "
                f"its columns are {_listing(map(repr, self.header))}"
            )
        j = self.header.index(name)
        return [row[j] for row in self.rows]

    def check_filled(self, names: Sequence[str]) -> None:
        """Raise ValueError if one of these columns has a cell that is missing, nan or inf."""
        columns = {name: self.column(name) for name in names}
        missing = [
            (line, name)
            for name, cells in columns.items()
            for line, cell in zip(self.lines, cells, strict=True)
            if cell.lower() in _MISSING
        ]
        if missing:
            line, name = min(missing, key=lambda place: place[0])
            raise ValueError(
                f"{_count(len(missing), 'value')} missing in '{self.path}', the first on line "
                f"{line} in column '{name}': fill in the missing values or remove their rows"
            )
        for name, cells in columns.items():
            for line, cell in zip(self.lines, cells, strict=True):
                if not math.isfinite(_number(cell) or 0.0):
                    raise ValueError(
                        f"line {line} of '{self.path}' has '{cell}' in column '{name}': "
                        "replace it by a finite number or remove the row"
                    )

    def numbers(self, name: str, remedy: str) -> list[float]:
        """Return a column as numbers; `remedy` says what else can be done about text in it."""
        cells = self.column(name)
        numbers = []
        for cell, line in zip(cells, self.lines, strict=True):
            number = _number(cell)
            if number is None:
                if all(_number(other) is None for other in cells):
                    values = _listing(map(repr, sorted(set(cells))))
                    raise ValueError(
                        f"column '{name}' of '{self.path}' holds text ({values}) instead of "
                        f"numbers: {remedy}"
                    )
                raise ValueError(
                    f"line {line} of '{self.path}' has '{cell}' in column '{name}', which is not "
                    f"a number: write a decimal number such as 1.5, or {remedy}"
                )
            numbers.append(number)
        return numbers

    def rows_of_numbers(self, names: Sequence[str]) -> list[list[float]]:
        remedy = "replace the column by one column of 0 and 1 for each value, or remove it"
        columns = [self.numbers(name, remedy) for name in names]
        return [list(row) for row in zip(*columns, strict=True)]


_MISSING: Final = {"", "na", "n/a", "null", "?"}


def _read_text(path: str | os.PathLike[str]) -> str:
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ValueError(f"there is no file '{path}': check its name and folder") from error
    except OSError as error:
        raise ValueError(
            f"'{path}' cannot be read ({error.strerror}): pass the path of a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ValueError(
            f"line {line} of '{path}' is not UTF-8 text (byte {error.object[error.start]:#04x}): "
            "save the table as 'CSV UTF-8'"
        ) from error
    if "\0" in text:
        raise ValueError(f"'{path}' is not text but binary data: save the table as 'CSV UTF-8'")
    if not text.strip():
        raise ValueError(f"'{path}' is empty: write a line of column names, then a line per row")
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


def _likely_task(cells: list[str]) -> str:
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
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
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
    if len(numbers) == len(cells):
        values = sorted(set(numbers))
        names = [str(int(value)) if value.is_integer() else repr(value) for value in values]
        return [values.index(number) for number in numbers], names
    names = sorted(set(cells))
    return [names.index(cell) for cell in cells], names


# --- words for messages ---------------------------------------------------------------------------


def _count(n: int, noun: str) -> str:
    plural = "es" if noun.endswith("s") else "s"
    return f"{n} {noun}" if n == 1 else f"{n} {noun}{plural}"


def _listing(words: Iterable[str]) -> str:
    listed = list(words)
    more = len(listed) - LONGEST_LISTING
    return ", ".join(listed[:LONGEST_LISTING]) + (f" and {more} more" if more > 0 else "")


def _closest(name: str, known: Iterable[str]) -> str:
    by_lower = {word.lower(): word for word in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f" (did you mean '{by_lower[close[0]]}'?)" if close else ""
