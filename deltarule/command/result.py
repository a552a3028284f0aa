"""How good a trained network is: on rows that it has learnt, on rows held out, beside a guess."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

from nn.data import Dataset
from nn.data.words import number

from ..pipeline import Pipeline
from .baseline import Baseline
from .task import Task


@dataclass(frozen=True)
class Result:
    """The accuracy of a network, or the root of its mean squared error, and what a guess has.

    Attributes
    ----------
    train, test : float
        On the rows to train on and on those held out; nan where what the network answers is.
    baseline : Baseline
        The guess, on the rows held out.
    advice : str
        What to try where the network is no better than the guess; else empty.
    """

    train: float
    test: float
    baseline: Baseline
    advice: str = ""

    @classmethod
    def of(cls, task: Task, has_diverged: bool = False) -> Result:
        """Return the result of a network that has been trained.

        Where that has diverged, there is other advice than this.
        """
        train, test = [_quality(task.pipeline, part) for part in (task.training, task.test)]
        baseline = Baseline.of(task.training, task.test)
        if has_diverged or _is_better(test, baseline):
            return cls(train, test, baseline)
        has_learnt = _is_better(train, Baseline.of(task.training, task.training))
        layers = task.settings.layers
        columns = "other columns (--features), " if task.reading is not None else ""
        advice = (
            "no better than that guess on samples it has not seen, though better on those it has: "
            f"try {columns}a larger --weight-decay, {'smaller --layers, ' * bool(layers)}fewer "
            "--epochs, more samples"
            if has_learnt
            else f"no better than that guess: try {columns}more --epochs, another --learning-rate, "
            f"{'larger --layers' if layers else '--layers 16'}, a smaller --weight-decay"
        )
        return cls(train, test, baseline, advice)

    @property
    def is_finite(self) -> bool:
        """Whether the answers of the network are numbers that can be judged."""
        return math.isfinite(self.train) and math.isfinite(self.test)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The result in words, and what each line is about."""
        if not self.is_finite:
            return [("result", "none: the answers of the network are not finite")]
        if self.baseline.accuracy is None:
            first = ("RMSE", f"train {number(self.train)}, test {number(self.test)}")
        else:
            first = ("accuracy", f"train {self.train:.3f}, test {self.test:.3f}")
        lines = [first, ("baseline", self.baseline.sentence)]
        return [*lines, ("", self.advice)] if self.advice else lines


def _quality(pipeline: Pipeline, part: Dataset) -> float:
    if pipeline.classes is None:
        return math.dist(pipeline.numbers(part.inputs), part.targets) / math.sqrt(len(part))
    try:
        predicted = pipeline.class_indices(part.inputs)
    except ValueError:  # nan is of no class
        return math.nan
    return [*map(operator.eq, predicted, part.targets)].count(True) / len(part)


def _is_better(quality: float, baseline: Baseline) -> bool:
    """Return whether a network is better than a guess, or has no chance to be, or is not known."""
    if baseline.accuracy is not None:
        return not quality <= baseline.accuracy or baseline.accuracy == 1.0
    return baseline.rmse is None or not quality >= baseline.rmse or baseline.rmse == 0.0
