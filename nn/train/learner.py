"""How a model learns: sample by sample, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from autograd import Value
from autograd.cut import check_recorded
from autograd.numbers import number_of

from ..evaluation import Metric, Samples, accuracy, fraction_right, mean_loss, predict
from ..losses import Loss, total
from ..module import Module
from .clipping import Clipping
from .samples import Data


class Steps(Protocol):
    """What an optimiser must be able to do."""

    def step(self) -> Any:
        """Update the parameters from their gradients."""

    def zero_grad(self) -> Any:
        """Forget their gradients."""


Update = Sequence[Sequence[int]]  # the batches of one update; a batch has indices of samples


@dataclass
class Learner:
    """A model that learns, with all it learns from.

    `fit` makes the loop over the epochs and asks a learner for three things: to go through the
    data once, the loss on the validation data, and a metric. `Compiled` answers the same
    questions with whole batches at once. Its fields are arguments of `fit`.
    """

    model: Module
    loss: Loss
    optimizer: Any  # a `Steps`
    penalty: Callable[[], Any] | None
    reduction: str
    clipping: Clipping | None
    training: Data
    validation: Data | None

    def epoch(self, updates: Iterable[Update]) -> float:
        """Make all updates; return the sum of all errors, times their weights."""
        return sum([self._update(batches) for batches in updates])

    def look_again(self) -> None:
        """Take note of samples that a callback has edited in place; here they are always read."""

    def validation_loss(self) -> float:
        """Return the mean error, without the penalty, of the validation data."""
        assert self.validation is not None
        inputs, targets, weights = self.validation
        return mean_loss(self.model, inputs, targets, self.loss, sample_weight=weights)

    def measure(self, metric: Metric, data: Data) -> Any:
        """Return what a metric says of the model on some samples; `accuracy` knows the loss."""
        if getattr(metric, "func", metric) is not accuracy:
            return metric(self.model, data.inputs, data.targets)
        options = getattr(metric, "keywords", {})
        outputs = self.outputs(data.inputs)
        return fraction_right(
            self.model, data.inputs, outputs, data.targets, loss=self.loss, **options
        )

    def outputs(self, inputs: Samples) -> list[Any]:
        """Return what the model gives for samples, as plain numbers."""
        return predict(self.model, inputs)

    def _update(self, batches: Update) -> float:
        """Make one update; return the sum of the errors of its samples, times their weights."""
        weights = self.training.weights
        whole = sum(map(self.training.weight, batches))
        summed: list[float] = []
        for k, batch in enumerate(batches):
            errors = [self._error(i) for i in batch]
            for one in errors:  # of which the sum has a graph in any case
                check_recorded(one)
            if weights is not None:
                errors = [weights[i] * one for i, one in zip(batch, errors)]
            error = total(errors, self.reduction)
            if self.reduction == "mean" and len(batch) != whole:
                error = error * (len(batch) / whole)
            if k == 0:
                error = error if self.penalty is None else error + self.penalty()
                self.optimizer.zero_grad()
            error.backward()
            summed.append(math.fsum(map(number_of, errors)))
        self._step_of_optimizer()
        return sum(summed)

    def _error(self, i: int) -> Any:
        """Return the error of a sample."""
        try:
            return self.loss(self.model(self.training.inputs[i]), self.training.targets[i])
        except Exception as error:
            error.add_note(f"This is sample {i} of the training data.")
            raise

    def _step_of_optimizer(self) -> None:
        if self.clipping is not None:
            self.clipping.of_parameters(parameters_of(self.optimizer, self.model))
        self.optimizer.step()


def parameters_of(optimizer: Any, model: Module) -> list[Value]:
    """Return the parameters of an optimiser; of one that does not list them, those of the model."""
    listed = getattr(optimizer, "params", None)
    return model.parameters() if listed is None else listed
