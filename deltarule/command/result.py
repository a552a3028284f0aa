"""How good a trained network is: on rows that it has learnt, on rows held out, beside a guess."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nn import accuracy
from nn.data import Dataset

from .baseline import Baseline, number
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
    def of(cls, task: Task) -> Result:
        """Return the result of a network that has been trained."""
        train, test = [_quality(task, part) for part in (task.training, task.test)]
        baseline = Baseline.of(task.training, task.test)
        if _is_better(test, baseline) or not math.isfinite(test):
            return cls(train, test, baseline)
        has_learnt = _is_better(train, Baseline.of(task.training, task.training))
        others = ", other columns (--features)" if task.reading is not None else ""
        advice = (
            "no better than that guess on samples it has not seen, though better on those it has: "
            f"try fewer --epochs, smaller --layers, more samples{others}"
            if has_learnt
            else "no better than that guess: try more --epochs, another --learning-rate, larger "
            f"--layers{others}"
        )
        return cls(train, test, baseline, advice)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The result in words, and what each line is about."""
        if not (math.isfinite(self.train) and math.isfinite(self.test)):
            return [("result", "none: what the network answers are no finite numbers")]
        if self.baseline.accuracy is None:
            first = ("RMSE", f"train {number(self.train)}, test {number(self.test)}")
        else:
            first = ("accuracy", f"train {self.train:.3f}, test {self.test:.3f}")
        lines = [first, ("baseline", self.baseline.sentence)]
        return [*lines, ("", self.advice)] if self.advice else lines


def _quality(task: Task, part: Dataset) -> float:
    if task.is_regression:
        predicted = task.pipeline.numbers(part.inputs)
        return math.dist(predicted, part.targets) / math.sqrt(len(part))
    try:
        return accuracy(task.pipeline.model, *task.seen(part))
    except ValueError:  # nan is of no class
        return math.nan


def _is_better(quality: float, baseline: Baseline) -> bool:
    """Return whether a network is better than a guess, or a guess could not be worse."""
    if baseline.accuracy is not None:
        return quality > baseline.accuracy or baseline.accuracy == 1.0
    return baseline.rmse is None or quality < baseline.rmse or baseline.rmse == 0.0
