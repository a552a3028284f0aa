"""When training stops: rules that are asked after every epoch.

Every rule is asked, also where another has said stop, so that a rule may count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value

from .history import History

Rule = Callable[[History], bool]  # whether training stops after the last epoch of the history


def tolerance(limit: float) -> Rule:
    """Stop when the train loss changes by less than a limit from one epoch to the next."""

    def stops(history: History) -> bool:
        losses = [record["train_loss"] for record in history.epochs[-2:]]
        return len(losses) == 2 and abs(losses[1] - losses[0]) < limit

    return stops


def target(loss: float) -> Rule:
    """Stop when the train loss is at most a target."""
    return lambda history: history[-1]["train_loss"] <= loss


def diverged(history: History) -> bool:
    """Stop when the train loss is not finite."""
    return not math.isfinite(history[-1]["train_loss"])


def callbacks(functions: Iterable[Callable[[History], Any]]) -> Rule:
    """Call functions with the history, and stop when one returns True."""
    functions = list(functions)

    def stops(history: History) -> bool:
        results = [function(history) for function in functions]
        return any(result is True for result in results)

    return stops


class Patience:
    """Stop when the validation loss has not improved for so many epochs.

    The numbers that the parameters had after the best epoch are kept for `restore`.
    """

    def __init__(self, epochs: int, parameters: Iterable[Value]) -> None:
        self.epochs, self.parameters = epochs, list(parameters)
        self.best, self.waited = math.inf, 0
        self.numbers: list[float] = []

    def __call__(self, history: History) -> bool:
        loss = history[-1]["validation_loss"]
        self.waited += 1
        if loss < self.best:
            self.best, self.waited = loss, 0
            self.numbers = [parameter.data for parameter in self.parameters]
        return self.waited >= self.epochs

    def restore(self) -> None:
        """Set the parameters to their numbers of the best epoch, if there was one."""
        for parameter, number in zip(self.parameters, self.numbers):
            parameter.data = number
