"""When training stops: each rule is asked after every epoch."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from autograd import Value
from autograd.leaves import numbers
from autograd.writing import at_once

from .checkpoint import Checkpoint, Training
from .history import History

GROWN: Final = 1e6  # times the first train loss, where nobody would say that something was learnt


class Rule(Protocol):
    """What `fit` asks after every epoch.

    Every rule is asked, also where another has said stop, so that a rule may count.
    """

    reason: ClassVar[str]  # for `History.stopped`

    def stops(self, history: History) -> bool:
        """Return whether training stops after the last epoch of the history."""
        ...


@dataclass(frozen=True)
class Tolerance:
    """Stop when the train loss changes by less than a limit from one epoch to the next."""

    limit: float
    reason: ClassVar[str] = "tolerance"

    def stops(self, history: History) -> bool:
        losses = [record["train_loss"] for record in history.epochs[-2:]]
        return len(losses) == 2 and abs(losses[1] - losses[0]) < self.limit


@dataclass(frozen=True)
class Target:
    """Stop when the train loss is at most a target."""

    loss: float
    reason: ClassVar[str] = "target"

    def stops(self, history: History) -> bool:
        return history[-1]["train_loss"] <= self.loss


class Divergence:
    """Stop when the train loss is not finite, or a parameter that was.

    A loss that is only huge may come down again: it is asked for at the end, by `is_left`. Then
    `restore` goes back, once it knows the training, to numbers that are known to give a finite
    loss: those from before the last epoch that had one.
    """

    reason: ClassVar[str] = "diverged"

    def __init__(self, parameters: Iterable[Value]) -> None:
        # One that is infinite from the start, as the mask of an attention, is meant to be.
        self.parameters = [p for p in parameters if not math.isinf(p.data)]
        self.is_seen = False
        self.training: Training | None = None
        self.proven: Checkpoint | None = None

    def stops(self, history: History) -> bool:
        is_finite = math.isfinite(history[-1]["train_loss"])
        if is_finite:
            self.proven = history.checkpoints[len(history) - 1]
        self.is_seen = not (is_finite and self.are_finite())
        return self.is_seen

    def are_finite(self) -> bool:
        """Return whether the parameters are that were when training began."""
        return all(map(math.isfinite, [parameter.data for parameter in self.parameters]))

    def restore(self, history: History) -> None:
        """Put everything back, also where an epoch that diverges was interrupted."""
        if self.training is None or (self.are_finite() and not self.is_seen):
            return
        last = self.proven or history.checkpoints[max(history.checkpoints)]
        self.training.go_back(last)
        history.checkpoints[last.epoch] = last
        for epoch in [epoch for epoch in history.checkpoints if epoch > last.epoch]:
            del history.checkpoints[epoch]

    def is_left(self, history: History) -> bool:
        """Return whether the last train loss is more than `GROWN` times the first."""
        first, last = history[0]["train_loss"], history[-1]["train_loss"]
        return last > GROWN * abs(first) > 0.0


@dataclass(frozen=True)
class Callbacks:
    """Call functions with the history, and stop when one returns True."""

    functions: list[Callable[[History], Any]]
    reason: ClassVar[str] = "callback"

    def stops(self, history: History) -> bool:
        results = [function(history) for function in self.functions]
        return any(result is True for result in results)


def enter(functions: Iterable[Callable[[History], Any]], stack: ExitStack) -> None:
    """Enter those of some callbacks that are context managers, to be left with a stack."""
    for function in functions:
        if isinstance(function, AbstractContextManager):
            stack.enter_context(function)


class Patience:
    """Stop when the validation loss has not improved for so many epochs.

    The numbers that the parameters had after the best epoch are kept for `restore`.
    """

    reason: ClassVar[str] = "patience"

    def __init__(self, epochs: int, parameters: Iterable[Value]) -> None:
        self.epochs, self.parameters = epochs, list(parameters)
        self.best, self.waited = math.inf, 0
        self.numbers = array("d")

    def stops(self, history: History) -> bool:
        loss = history[-1]["validation_loss"]
        self.waited += 1
        if loss < self.best:
            present = array("d", [parameter.data for parameter in self.parameters])
            self.best, self.waited, self.numbers = loss, 0, present
        return self.waited >= self.epochs

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes from epoch to epoch."""
        return {"best": self.best, "waited": self.waited, "numbers": self.numbers}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where the rule that returned `state_dict` stopped."""
        kept = array("d", state_dict["numbers"])
        if len(kept) not in (0, len(self.parameters)):
            raise ValueError("the history is damaged: its best parameters are incomplete")
        best, waited = float(state_dict["best"]), int(state_dict["waited"])
        self.best, self.waited, self.numbers = best, waited, kept

    def restore(self) -> None:
        """Set the parameters to their numbers of the best epoch, if there was one."""
        if self.numbers:
            at_once(numbers(self.parameters, self.numbers))
