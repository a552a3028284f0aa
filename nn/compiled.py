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

    To metrics it is the model: callable, with its attributes; `predict` answers for many samples.

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
        self.model, self.optimizer = model, optimizer
        self.reduction = reduction
        self.classes = _check_targets(model, inputs[0], targets, loss)
        self.step: Step = compile(
            lambda x, t: loss(model(x), t),
            optimizer.params,  # type: ignore[arg-type]
            penalty=penalty,
            reduction=reduction,
            engine=engine,
            predict=model,
        )
        self.inputs, self.targets = self.arrays(inputs, targets)

    def __call__(self, x: Any) -> Any:
        return self.model(x)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def arrays(self, inputs: Sequence[Any], targets: Sequence[Any]) -> tuple[Any, Any]:
        """Return samples as arrays; indices of classes become 1-of-K vectors."""
        import numpy as np

        if self.classes:
            targets = one_hot([int(t) for t in targets], self.classes)
        return np.array(inputs, float), np.array(targets, float)

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
        numbers = step.vector().copy()
        slopes: Any = None
        states = [np.array(state) for state in zip(*optimizer.states)]
        steps = np.array(optimizer.steps)

        def learn(batch: Sequence[int]) -> float:
            nonlocal numbers, slopes
            chosen = list(batch)
            loss, *_, slopes = step.parts(numbers, self.inputs[chosen], self.targets[chosen])
            at = step.reached
            old = [state[at] for state in states]
            with np.errstate(all="ignore"):  # training that diverges ends in inf, not in warnings
                w, new = optimizer.advance(numbers[at], slopes[at], old, steps[at] + 1)
            numbers[at] = w
            steps[at] += 1
            for state, changed in zip(states, new):
                state[at] = changed
            return float(loss) * (len(chosen) if self.reduction == "mean" else 1)

        try:
            yield learn
        finally:
            for parameter, number in zip(optimizer.params, numbers.tolist()):
                parameter.data = number
            for i in [] if slopes is None else step.reached.tolist():
                optimizer.params[i].grad = float(slopes[i])
            if states:
                optimizer.states = list(zip(*[state.tolist() for state in states]))
            optimizer.steps = steps.tolist()


def _check_targets(model: Module, x: Any, targets: Sequence[Any], loss: Loss) -> int:
    """Let the loss look at every target; return how many classes their indices are of, or 0."""
    with no_grad():
        y = model(x)
        for t in targets:
            loss(y, t)
    is_index = loss in (cross_entropy, cross_entropy_with_logits) and not hasattr(
        targets[0], "__len__"
    )
    return len(y) if is_index else 0
