"""What a guess that looks at no input gets right: the measure of every result."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from autograd.quoting import short
from nn.data import Dataset
from nn.data.words import number


@dataclass(frozen=True)
class Baseline:
    """One answer for every row: the commonest class, or the mean, of the training rows.

    It is judged, as the network is, on the rows held out for testing.

    Attributes
    ----------
    guess : str or float
        The name of the class that occurs most often in the training rows, of several the first;
        for regression, the mean of their targets.
    accuracy : float or None
        Share of the test rows that are of this class, from 0 to 1; None for regression.
    rmse : float or None
        Root of the mean squared deviation of the test targets from the mean; None for classes.

    Examples
    --------
    >>> rows = [[0.0], [1.0], [2.0]]
    >>> training = Dataset(rows, [0, 1, 1], ["x"], ["benign", "malignant"])
    >>> test = Dataset(rows[:2], [1, 0], ["x"], ["benign", "malignant"])
    >>> print(Baseline.of(training, test).sentence)
    always 'malignant': 0.500
    >>> numbers = Dataset(rows, [1.0, 2.0, 6.0], ["x"])
    >>> print(Baseline.of(numbers, Dataset([[0.0]], [7.0], ["x"])).sentence)
    always 3, the mean of the training targets: RMSE 4

    References
    ----------
    R. C. Holte, "Very Simple Classification Rules Perform Well on Most Commonly Used Datasets",
    Machine Learning 11, 1993 (there it is the rule 0R).
    """

    guess: str | float
    accuracy: float | None = None
    rmse: float | None = None

    @classmethod
    def of(cls, training: Dataset, test: Dataset) -> Baseline:
        """Return the best such guess from the training rows, and how good it is on the others."""
        if training.class_names is None:
            mean = math.fsum([t / len(training) for t in training.targets])
            # Neither a sum of squares nor of targets, which could overflow on the way.
            rmse = math.hypot(*[t - mean for t in test.targets]) / math.sqrt(len(test))
            return cls(mean, rmse=rmse)
        rows = Counter(int(t) for t in training.targets)
        commonest = min(rows, key=lambda k: (-rows[k], k))
        share = [int(t) for t in test.targets].count(commonest) / len(test)
        return cls(training.class_names[commonest], accuracy=share)

    @property
    def sentence(self) -> str:
        """The guess and how good it is, in words."""
        if self.rmse is None:
            return f"always {short(self.guess)}: {self.accuracy:.3f}"
        mean = number(float(self.guess))
        return f"always {mean}, the mean of the training targets: RMSE {number(self.rmse)}"
