"""Examples to learn from, their division into two sets, and 1-of-K coding of their classes."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, SupportsIndex, overload

from autograd.quoting import clipped, short
from autograd.samples import by_position, column_names

from ..rng import Rng, generator
from .words import count, listing, number

FEWEST_ROWS: Final = 4  # the smallest table to train on: the four rows of a truth table


@dataclass(frozen=True, repr=False)
class Dataset:
    """Examples to learn from: a row of inputs and a target for each (PRML's x_n and t_n).

    Parameters
    ----------
    inputs : list of list of float
        N rows of D inputs each. An array or a DataFrame becomes one, row by row.
    targets : list of int or list of float
        N targets: class indices 0 .. K-1 for classification, real numbers for regression. An
        array or a Series becomes a list in its order, whatever labels it has.
    feature_names : list of str, optional
        D names, one for each input column. Default: those of the DataFrame, or x1 .. xD.
    class_names : list of str or None
        K names, one for each class index; None for regression.
    name : str
        What to call the data set in titles and messages.

    Raises
    ------
    ValueError
        If the numbers of rows, targets, columns and names do not fit together, a class index has
        no name, or a target is text.

    Examples
    --------
    >>> data = Dataset([[0.0], [1.0], [2.0]], [0, 1, 1], ["x"], ["small", "large"], "sizes")
    >>> data
    <Dataset sizes: 3 rows, 1 feature, 2 classes (small 1, large 2)>
    >>> len(data)
    3
    >>> Dataset([[0.0, 5.0]], [1.5]).feature_names
    ['x1', 'x2']
    """

    inputs: list[list[float]]
    targets: list[int] | list[float]
    feature_names: list[str] = field(default_factory=list)
    class_names: list[str] | None = None
    name: str = "data"

    def __post_init__(self) -> None:
        names = [*self.feature_names] or column_names(self.inputs)
        for kind in ("inputs", "targets"):  # of a frozen class
            object.__setattr__(self, kind, _listed(getattr(self, kind), kind))
        if names is None:
            width = len(self.inputs[0]) if self.inputs else 0
            names = [f"x{j}" for j in range(1, width + 1)]
        object.__setattr__(self, "feature_names", names)
        if len(self.inputs) != len(self.targets):
            raise ValueError(
                f"{clipped(self.name)} has {count(len(self.inputs), 'row')} of inputs and "
                f"{count(len(self.targets), 'target')}: give one target for each row"
            )
        for n, row in enumerate(self.inputs):
            if len(row) != len(self.feature_names):
                raise ValueError(
                    f"inputs[{n}] of {clipped(self.name)} has {count(len(row), 'number')}, and "
                    f"there are {count(len(self.feature_names), 'feature name')}: "
                    "give one name for each column"
                )
        text = next((n for n, t in enumerate(self.targets) if isinstance(t, str)), None)
        if text is not None:
            raise ValueError(
                f"targets[{text}] of {clipped(self.name)} is the text {short(self.targets[text])}: "
                "give each class its index, 0 to K-1, and pass the words as class_names, as in "
                "names = sorted(set(words)), targets = [names.index(word) for word in words]; "
                "nn.data.read_table does it for files"
            )
        if self.class_names is not None:
            indices = {*range(len(self.class_names))}  # a range looks through itself for a 1.0
            for n, target in enumerate(self.targets):
                if not isinstance(target, Hashable) or target not in indices:
                    raise ValueError(
                        f"targets[{n}] of {clipped(self.name)} is {short(target)}: with "
                        f"{count(len(indices), 'class name')} a target is an index from 0 to "
                        f"{len(indices) - 1}; for regression leave class_names out"
                    )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.inputs)

    def __repr__(self) -> str:
        if self.class_names is not None:
            rows = Counter(self.targets)
            sizes = [f"{clipped(name)} {rows[k]}" for k, name in enumerate(self.class_names)]
            task = f"{count(len(sizes), 'class')} ({listing(sizes)})"
        elif self.targets:
            low, high = [number(extreme(self.targets), 3) for extreme in (min, max)]
            task = f"regression targets {low} to {high}"
        else:
            task = "regression"
        features = count(len(self.feature_names), "feature")
        return f"<Dataset {clipped(self.name)}: {count(len(self), 'row')}, {features}, {task}>"


def _listed(samples: Any, name: str) -> Any:
    """Return samples, of whatever kind, as a list."""
    found = by_position(samples, name)
    found = found.tolist() if hasattr(found, "tolist") else found
    return found if isinstance(found, list) else list(found)


def split(
    dataset: Dataset, test_size: float = 0.25, seed: Rng = 0, *, stratify: bool = True
) -> tuple[Dataset, Dataset]:
    """Divide a data set at random into a training set and a test set.

    Parameters
    ----------
    dataset : Dataset
        At least 2 rows.
    test_size : float
        Share of the rows that goes into the test set, 0 < test_size < 1. Each of the two sets
        gets at least one row.
    seed : int, random.Random, numpy.random.Generator or None
        The same seed gives the same division; see `nn.rng.generator`.
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
            f"{clipped(dataset.name)} has {count(len(dataset), 'row')}: a training set and a "
            "test set need at least 2"
        )
    shuffled = list(range(len(dataset)))
    generator(seed).shuffle(shuffled)
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


@overload
def one_hot(indices: SupportsIndex, n_classes: int) -> list[float]: ...
@overload
def one_hot(indices: Iterable[SupportsIndex], n_classes: int) -> list[list[float]]: ...
def one_hot(
    indices: SupportsIndex | Iterable[SupportsIndex], n_classes: int
) -> list[float] | list[list[float]]:
    """Code class indices as 1-of-K targets: 1 at the class, 0 elsewhere (PRML, section 4.3.4).

    Parameters
    ----------
    indices : int or iterable of int
        One class index, or several, by position; each from 0 to n_classes - 1.
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

    Examples
    --------
    >>> one_hot(2, 3)
    [0.0, 0.0, 1.0]
    >>> one_hot([0, 1], 2)
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if isinstance(indices, Iterable) and getattr(indices, "ndim", 1) > 0:
        listed = [*indices] if isinstance(indices, Iterator) else by_position(indices, "indices")
        return [one_hot(index, n_classes) for index in listed]
    index = operator.index(indices)  # type: ignore[arg-type]
    if not 0 <= index < n_classes:
        raise ValueError(
            f"class index {index} is not one of {count(n_classes, 'class')}: "
            f"use 0 to {n_classes - 1}, or a larger n_classes"
        )
    row = [0.0] * n_classes
    row[index] = 1.0
    return row
