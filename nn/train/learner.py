"""How a model learns: sample by sample, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat

from autograd.numbers import number_of

from ..evaluation import Samples, mean_loss
from ..losses import Loss, total
from ..module import Module
from .optimizers import Optimizer

Metric = Callable[[Any, Any, Any], SupportsFloat]  # of a model, inputs and targets


@dataclass
class Learner:
    """A model that learns, with all it learns from.

    `fit` makes the loop over the epochs and asks a learner for three things: to go through the
    data once, the loss on the validation data, and a metric. `Compiled` answers the same
    questions with whole batches at once. Its fields are arguments of `fit`.
    """

    model: Module
    loss: Loss
    optimizer: Optimizer
    penalty: Callable[[], Any] | None
    reduction: str
    training: tuple[Samples, Samples]
    validation: tuple[Samples, Samples] | None

    def epoch(self, batches: Iterable[Sequence[int]]) -> float:
        """Make an update from each batch of indices; return the summed errors of all samples."""
        return sum([self._update(batch) for batch in batches])

    def validation_loss(self) -> float:
        """Return the mean error, without the penalty, of the validation data."""
        assert self.validation is not None
        return mean_loss(self.model, *self.validation, self.loss)

    def measure(self, metric: Metric, inputs: Samples, targets: Samples) -> Any:
        """Return what a metric says of the model on some samples."""
        return metric(self.model, inputs, targets)

    def _update(self, batch: Sequence[int]) -> float:
        """Make one update; return the summed errors of its samples."""
        inputs, targets = self.training
        errors = [self.loss(self.model(inputs[i]), targets[i]) for i in batch]
        error = total(errors, self.reduction)
        if self.penalty is not None:
            error = error + self.penalty()
        self.optimizer.zero_grad()
        error.backward()
        self.optimizer.step()
        return math.fsum(map(number_of, errors))
