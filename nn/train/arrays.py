"""What is learnt, and learnt from, as arrays: those of NumPy, or of another library."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final, NamedTuple

from autograd import where
from autograd.compile import Step
from autograd.leaves import gradients, numbers
from autograd.writing import at_once, attributes

from .optimizers import Optimizer

OF_THE_LOOP: Final = {name: vars(Optimizer)[name] for name in ("step", "zero_grad", "advance")}


def works_on_arrays(optimizer: Any) -> bool:
    """Return whether one call of `advance` does what `zero_grad` and `step` do.

    They must be those of `Optimizer`, and the class that says so must be the one that has `update`
    and `decay`, or be derived from it.
    """
    order = type(optimizer).__mro__

    def depth(name: str) -> int:
        return next((i for i, cls in enumerate(order) if name in vars(cls)), len(order))

    return (
        isinstance(optimizer, Optimizer)
        and optimizer.works_on_arrays
        and all(getattr(type(optimizer), name) is own for name, own in OF_THE_LOOP.items())
        and not vars(optimizer).keys() & {*OF_THE_LOOP, "update", "decay"}
        and depth("works_on_arrays") <= min(depth("update"), depth("decay"))
    )


def does_the_same(optimizer: Optimizer) -> bool:
    """Return whether an optimiser has a rule of this package, which is the same at each step."""
    kind = type(optimizer)
    return {kind.update.__module__, kind.decay.__module__} == {Optimizer.__module__}


class Table(NamedTuple):
    """Samples; the weights are None where they have none."""

    inputs: Any
    targets: Any
    weights: Any

    def batch(self, chosen: Any, reduction: str) -> tuple[Any, Any, Any]:
        """Return some samples, and by what their error, as a program gives it, is multiplied.

        The product is the sum of their errors, times their weights. If `chosen` is a table, its
        rows are batches, and so are those of what is returned.
        """
        inputs, targets = self.inputs[chosen], self.targets[chosen]
        whole: Any = inputs.shape[inputs.ndim - self.inputs.ndim]
        if self.weights is not None:
            weights = self.weights[chosen]
            count, whole = whole, weights.sum(axis=-1)
            share = (count / whole)[..., None] if reduction == "mean" else 1.0
            targets = with_column(targets, share * weights)
        return inputs, targets, whole if reduction == "mean" else 1.0


def with_column(targets: Any, weights: Any) -> Any:
    """Return targets with the weights as their last numbers."""
    np = weights.__array_namespace__()
    columns = targets.reshape(*weights.shape, -1)
    return np.concat([columns, weights[..., None]], axis=-1)


class Moment(NamedTuple):
    """Parameters, gradient, and state and steps of an optimiser, in arrays that stay as they are.

    The gradient is that of the update, which has been made; None before the first.
    """

    numbers: Any
    slopes: Any
    states: Any  # a tuple of arrays
    counts: Any

    def after(self, optimizer: Optimizer, slopes: Any, reached: Any) -> Moment:
        """Return what a step of the optimiser makes of it, where `reached` holds."""
        counts = self.counts + reached
        t = counts.astype(self.numbers.dtype)
        w, states = optimizer.advance(self.numbers, slopes, self.states, t)
        kept = tuple([where(reached, new, old) for new, old in zip(states, self.states)])
        return Moment(where(reached, w, self.numbers), slopes, kept, counts)


class Arrays:
    """What an optimiser does, on arrays; `now` is always what a whole update has left."""

    def __init__(self, optimizer: Optimizer, step: Step) -> None:
        import numpy as np

        self.optimizer, self.step = optimizer, step
        w = np.array(step.vector())
        states = tuple([np.array(state, w.dtype) for state in zip(*optimizer.states)])
        self.now = Moment(w, None, states, np.array(optimizer.steps))

    def update(self, slopes: Any) -> None:
        """Make a step of the optimiser for all parameters that have influence."""
        import numpy as np

        with np.errstate(all="ignore"):  # what diverges ends in inf, not in warnings
            self.now = self.now.after(self.optimizer, slopes, self.reached())

    def reached(self) -> Any:
        """Return which parameters have influence, a mask; True if all have."""
        import numpy as np

        reached, count = self.step.reached, len(self.step.params)
        return len(reached) == count or np.isin(np.arange(count), reached)

    def write_back(self) -> None:
        """Bring the parameters, their gradients and the optimiser up to date, all at once."""
        optimizer, now = self.optimizer, self.now
        if now.slopes is None:
            return
        slopes: list[float | None] = now.slopes.tolist()
        for i in {*range(len(slopes))}.difference(self.step.reached.tolist()):
            slopes[i] = None
        states = list(zip(*[state.tolist() for state in now.states])) or optimizer.states
        at_once(
            chain(
                numbers(optimizer.params, now.numbers.tolist()),
                gradients(optimizer.params, slopes),
                attributes(optimizer, states=states, steps=now.counts.tolist()),
            )
        )
