"""Training with a compiled step: what `fit` does with whole batches at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import no_grad
from autograd.compile import Step, compile

from .data import one_hot
from .losses import Loss, cross_entropy, cross_entropy_with_logits
from .module import Module
from .optim import Optimizer


class Compiled:
    """A model, its loss and its optimiser, working on arrays.

    `predict` answers for many samples at once, which makes `nn.accuracy` quick.

    Parameters
    ----------
    model, loss, optimizer, penalty, reduction
        As for `fit`.
    inputs, targets : sequences
        The samples; they become arrays.
    engine : str
        As for `autograd.compile.compile`.
    """

    def __init__(
        self,
        model: Module,
        inputs: Sequence[Any],
        targets: Sequence[Any],
        loss: Loss,
        optimizer: Optimizer,
        penalty: Callable[[], Any] | None,
        reduction: str,
        engine: str,
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.reduction = reduction
        self.output = getattr(model, "output", None) or getattr(model, "activation", None)
        self.step: Step = compile(
            lambda x, t: loss(model(x), t),
            optimizer.params,  # type: ignore[arg-type]
            penalty=penalty,
            reduction=reduction,
            engine=engine,
            predict=model,
        )
        self.inputs, self.targets = self.arrays(inputs, targets)

    def arrays(self, inputs: Sequence[Any], targets: Sequence[Any]) -> tuple[Any, Any]:
        """Return samples as arrays; indices of classes become 1-of-K vectors.

        Raises
        ------
        ValueError
            If the loss does not accept a target, or samples differ in length.
        """
        import numpy as np

        with no_grad():
            y = self.model(inputs[0])
            for t in targets:
                self.loss(y, t)
        if self.loss in (cross_entropy, cross_entropy_with_logits):
            targets = [t if hasattr(t, "__len__") else one_hot(int(t), len(y)) for t in targets]
        try:
            return np.array(inputs, float), np.array(targets, float)
        except ValueError as error:
            raise ValueError(f"samples must all have the same length: {error}") from None

    def mean_loss(self, inputs: Any, targets: Any) -> float:
        """Return the mean error, without the penalty, of samples given as arrays."""
        loss, *_ = self.step.parts(self.step.vector(), inputs, targets)
        return float(loss) / (1 if self.reduction == "mean" else len(inputs))

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the outputs for each sample, as `nn.predict`."""
        return self.step.predict(inputs).tolist()  # type: ignore[no-any-return]

    @contextmanager
    def epoch(self) -> Iterator[Callable[[Sequence[int]], float]]:
        """Yield a function that makes an update from the samples with these indices.

        Parameters and the state of the optimiser are in arrays meanwhile. On leaving, also by an
        exception, they are written back.
        """
        import numpy as np

        optimizer, step = self.optimizer, self.step
        params = optimizer.params
        numbers = np.array(step.vector())
        slopes: Any = None
        states = [np.array(state, float) for state in zip(*optimizer.states)]
        steps = np.array(optimizer.steps)

        def learn(batch: Sequence[int]) -> float:
            nonlocal numbers, slopes
            chosen = list(batch)
            loss, *_, slopes = step.parts(numbers, self.inputs[chosen], self.targets[chosen])
            at = step.reached
            if optimizer.works_on_arrays:
                old = [state[at] for state in states]
                with np.errstate(all="ignore"):  # what diverges ends in inf, not in warnings
                    w, new = optimizer.advance(numbers[at], slopes[at], old, steps[at] + 1)
                numbers[at] = w
                steps[at] += 1
                for state, changed in zip(states, new):
                    state[at] = changed
            else:
                land()
                optimizer.step()
                numbers = np.array(step.vector())
            return float(loss) * (len(chosen) if self.reduction == "mean" else 1)

        def land() -> None:
            for i in [] if slopes is None else step.reached.tolist():
                params[i].grad = float(slopes[i])

        try:
            yield learn
        finally:
            land()
            if optimizer.works_on_arrays:
                for parameter, number in zip(params, numbers.tolist()):
                    parameter.data = number
                if states:
                    optimizer.states = list(zip(*[state.tolist() for state in states]))
                optimizer.steps = steps.tolist()
