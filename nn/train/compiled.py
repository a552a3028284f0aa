"""How a compiled model learns: with whole batches, on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import no_grad
from autograd.compile import Step, compile
from autograd.numbers import is_sequence

from ..data import one_hot
from ..evaluation import Samples, accuracy, fraction_right
from ..losses import cross_entropy, cross_entropy_with_logits
from .learner import Learner, Metric
from .optimizers import Optimizer


@dataclass
class Compiled(Learner):
    """A learner that computes whole batches at once, with an engine of `autograd.compile`.

    Samples are checked before anything is learnt: ValueError if the loss does not accept a
    target, or if inputs or targets differ in length.
    """

    engine: str

    def __post_init__(self) -> None:
        self._step: Step = compile(
            lambda x, t: self.loss(self.model(x), t),
            self.optimizer.params,
            penalty=self.penalty,
            reduction=self.reduction,
            engine=self.engine,
            predict=self.model,
        )
        self._training = self._arrays(*self.training)
        if self.validation is not None:
            self._validation = self._arrays(*self.validation)

    def epoch(self, batches: Iterable[Sequence[int]]) -> float:
        """Make an update from each batch of indices; return the summed errors of all samples.

        Parameters and the state of the optimiser are in arrays meanwhile, if its rule works on
        them. On leaving, also by an exception, they are written back.
        """
        if not self.optimizer.works_on_arrays:
            return super().epoch(batches)
        arrays = _Arrays(self.optimizer, self._step)
        try:
            return sum([self._update_arrays(batch, arrays) for batch in batches])
        finally:
            arrays.write_back()

    def validation_loss(self) -> float:
        loss, *_ = self._step.parts(self._step.vector(), *self._validation)
        return float(loss) / (1 if self.reduction == "mean" else len(self._validation[0]))

    def measure(self, metric: Metric, inputs: Samples, targets: Samples) -> Any:
        """Return what a metric says of the model; `accuracy` has all samples computed at once."""
        if getattr(metric, "func", metric) is not accuracy:
            return super().measure(metric, inputs, targets)
        return fraction_right(self.model, self._step.predict(inputs).tolist(), targets)

    def _update(self, batch: Sequence[int]) -> float:
        errors, slopes = self._evaluate(batch, self._step.vector())
        _write_gradient(self._step, slopes)
        self.optimizer.step()
        return errors

    def _update_arrays(self, batch: Sequence[int], arrays: _Arrays) -> float:
        errors, slopes = self._evaluate(batch, arrays.numbers)
        arrays.update(slopes)
        return errors

    def _evaluate(self, batch: Sequence[int], numbers: Any) -> tuple[float, Any]:
        """Return the summed errors of a batch, and the gradient of what is to be minimised."""
        chosen = list(batch)
        inputs, targets = self._training
        loss, *_, slopes = self._step.parts(numbers, inputs[chosen], targets[chosen])
        return float(loss) * (len(chosen) if self.reduction == "mean" else 1), slopes

    def _arrays(self, inputs: Samples, targets: Samples) -> tuple[Any, Any]:
        """Return samples as arrays; indices of classes become 1-of-K vectors."""
        import numpy as np

        with no_grad():
            y = self.model(inputs[0])
            for t in targets:
                self.loss(y, t)
        if self.loss in (cross_entropy, cross_entropy_with_logits):
            targets = [t if is_sequence(t) else one_hot(int(t), len(y)) for t in targets]
        try:
            return np.array(inputs, float), np.array(targets, float)
        except ValueError as error:
            raise ValueError(f"samples must all have the same length: {error}") from None


class _Arrays:
    """Parameters, gradient and state of an optimiser in arrays."""

    def __init__(self, optimizer: Optimizer, step: Step) -> None:
        import numpy as np

        self.optimizer, self.step = optimizer, step
        self.numbers = np.array(step.vector())
        self.slopes: Any = None
        self.states = [np.array(state, float) for state in zip(*optimizer.states)]
        self.counts = np.array(optimizer.steps)

    def update(self, slopes: Any) -> None:
        """Make a step of the optimiser for all parameters that have influence."""
        import numpy as np

        self.slopes, at = slopes, self.step.reached
        counts, states = self.counts[at] + 1, [state[at] for state in self.states]
        with np.errstate(all="ignore"):  # what diverges ends in inf, not in warnings
            w, states = self.optimizer.advance(self.numbers[at], slopes[at], states, counts)
        self.numbers[at], self.counts[at] = w, counts
        for state, changed in zip(self.states, states):
            state[at] = changed

    def write_back(self) -> None:
        """Bring the parameters, their gradients and the optimiser up to date."""
        if self.slopes is not None:
            _write_gradient(self.step, self.slopes)
        for parameter, number in zip(self.optimizer.params, self.numbers.tolist()):
            parameter.data = number
        if self.states:
            self.optimizer.states = list(zip(*[state.tolist() for state in self.states]))
        self.optimizer.steps = self.counts.tolist()


def _write_gradient(step: Step, slopes: Any) -> None:
    """Write the gradient to the parameters that have influence, and to no others."""
    for i in step.reached.tolist():
        step.params[i].grad = float(slopes[i])
