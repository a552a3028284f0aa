"""How a compiled model learns: with whole batches, on arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from autograd import Value, no_grad
from autograd.compile import Step, TraceError, compile
from autograd.leaves import gradients, numbers
from autograd.numbers import flatten, is_sequence
from autograd.writing import at_once, attributes

from ..data import one_hot
from ..evaluation import Metric, Samples, accuracy, fraction_right, in_mode
from ..losses import cross_entropy, cross_entropy_with_logits
from .checkpoint import Generators
from .learner import Learner, Update, parameters_of
from .optimizers import Optimizer

OF_THE_LOOP: Final = {name: vars(Optimizer)[name] for name in ("step", "zero_grad", "advance")}


class CannotCompileError(Exception):
    """A program would not do what the model does sample by sample; the message says why."""


@dataclass
class Compiled(Learner):
    """A learner that computes whole batches at once, with an engine of `autograd.compile`.

    Everything is traced, and samples are checked, before anything is learnt: ValueError if the
    loss does not accept a target, or if inputs or targets differ in length; `CannotCompileError`
    if samples have to go one by one.
    """

    engine: str

    def __post_init__(self) -> None:
        self._step = self._compile()
        self._judge = self._compile()  # the other one would be traced anew at a change of the mode
        with in_mode(self.model, training=False):
            self._training = self._arrays(*self.training)
            if self.validation is not None:
                self._validation = self._arrays(*self.validation)
        if not self._is_traced():
            with in_mode(self.model, training=False):
                self._evaluate([0], self._step.vector())  # is it the mode that is in the way?
            raise CannotCompileError("in training mode the model draws random numbers")

    def epoch(self, updates: Iterable[Update]) -> float:
        """Make all updates; return the summed errors of all samples.

        Parameters and the state of the optimiser are in arrays meanwhile, if that is what its
        `step` does. On leaving, also by an exception, they are written back.
        """
        if [*map(id, self._parameters())] != [*map(id, self._step.params)]:
            self._step = self._compile()
        if not works_on_arrays(self.optimizer):
            return super().epoch(updates)
        arrays = _Arrays(self.optimizer, self._step)
        try:
            return sum([self._update_arrays(batches, arrays) for batches in updates])
        finally:
            arrays.write_back()

    def validation_loss(self) -> float:
        loss, *_ = self._judge.parts(self._judge.vector(), *self._validation)
        return float(loss) / (1 if self.reduction == "mean" else len(self._validation[0]))

    def measure(self, metric: Metric, inputs: Samples, targets: Samples) -> Any:
        """Return what a metric says of the model; `accuracy` has all samples computed at once."""
        if getattr(metric, "func", metric) is not accuracy:
            return super().measure(metric, inputs, targets)
        return fraction_right(self.model, inputs, self._judge.predict(inputs).tolist(), targets)

    def _update(self, batches: Update) -> float:
        errors, slopes = self._evaluate(_together(batches), self._step.vector())
        self.optimizer.zero_grad()
        _add_gradient(self._step, slopes)
        self._step_of_optimizer()
        return errors

    def _update_arrays(self, batches: Update, arrays: _Arrays) -> float:
        errors, slopes = self._evaluate(_together(batches), arrays.now.numbers)
        arrays.update(slopes if self.clipping is None else self.clipping.of_array(slopes))
        return errors

    def _is_traced(self) -> bool:
        """Trace the model in training mode; return whether that was possible.

        If not, nothing has been drawn from the model's generators of random numbers.
        """
        generators = Generators(self.model)
        before = generators.state_dict()
        try:
            with in_mode(self.model, training=True):
                self._evaluate([0], self._step.vector())
        except BaseException as error:
            generators.load_state_dict(before)
            if isinstance(error, TraceError):
                return False
            raise
        return True

    def _evaluate(self, chosen: list[int], numbers: Any) -> tuple[float, Any]:
        """Return the summed errors of samples, and the gradient of what is to be minimised."""
        inputs, targets = self._training
        loss, *_, slopes = self._step.parts(numbers, inputs[chosen], targets[chosen])
        return float(loss) * (len(chosen) if self.reduction == "mean" else 1), slopes

    def _parameters(self) -> list[Value]:
        """Return what is differentiated: a `step` of your own may look at all of the model."""
        listed = parameters_of(self.optimizer, self.model)
        if works_on_arrays(self.optimizer):
            return listed
        return list(dict.fromkeys([*listed, *self.model.parameters()]))

    def _compile(self) -> Step:
        loss, model = self.loss, self.model
        return compile(
            lambda x, t: loss(model(x), t),
            self._parameters(),
            penalty=self.penalty,
            reduction=self.reduction,
            engine=self.engine,
            predict=model,
        )

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
            arrays = np.array(inputs), np.array(targets)
            if any(array.dtype == object for array in arrays):
                if any(isinstance(x, Value) for x in flatten([inputs, targets])):
                    raise CannotCompileError("there are nodes among the inputs or targets")
            return arrays[0].astype(float), arrays[1].astype(float)
        except ValueError as error:
            raise ValueError(f"samples must all have the same length: {error}") from None


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


class _Moment(NamedTuple):
    """Parameters, gradient, and state and steps of an optimiser, in arrays that stay as they are.

    The gradient is that of the update, which has been made; None before the first.
    """

    numbers: Any
    slopes: Any
    states: list[Any]
    counts: Any


class _Arrays:
    """What an optimiser does, on arrays; `now` is always what a whole update has left."""

    def __init__(self, optimizer: Optimizer, step: Step) -> None:
        import numpy as np

        self.optimizer, self.step = optimizer, step
        states = [np.array(state, float) for state in zip(*optimizer.states)]
        self.now = _Moment(np.array(step.vector()), None, states, np.array(optimizer.steps))

    def update(self, slopes: Any) -> None:
        """Make a step of the optimiser for all parameters that have influence."""
        import numpy as np

        old, at = self.now, self.step.reached
        counts, states = old.counts[at] + 1, [state[at] for state in old.states]
        with np.errstate(all="ignore"):  # what diverges ends in inf, not in warnings
            w, states = self.optimizer.advance(old.numbers[at], slopes[at], states, counts)
        new_states = [_with(state, at, new) for state, new in zip(old.states, states)]
        new_numbers, new_counts = _with(old.numbers, at, w), _with(old.counts, at, counts)
        self.now = _Moment(new_numbers, slopes, new_states, new_counts)

    def write_back(self) -> None:
        """Bring the parameters, their gradients and the optimiser up to date, all at once."""
        optimizer, now = self.optimizer, self.now
        if now.slopes is None:
            return
        slopes: list[float | None] = [None] * len(optimizer.params)
        for i in self.step.reached.tolist():
            slopes[i] = float(now.slopes[i])
        states = list(zip(*[state.tolist() for state in now.states])) or optimizer.states
        at_once(
            chain(
                numbers(optimizer.params, now.numbers.tolist()),
                gradients(optimizer.params, slopes),
                attributes(optimizer, states=states, steps=now.counts.tolist()),
            )
        )


def _with(array: Any, at: Any, new: Any) -> Any:
    """Return a copy of an array with new numbers at some places."""
    changed = array.copy()
    changed[at] = new
    return changed


def _together(batches: Update) -> list[int]:
    """Return one batch of all: a gradient that is accumulated is that of all samples."""
    return [i for batch in batches for i in batch]


def _add_gradient(step: Step, slopes: Any) -> None:
    """Add the gradient to the parameters that have influence, and to no others."""
    reached = [step.params[i] for i in step.reached.tolist()]
    added = slopes[step.reached].tolist()
    at_once(gradients(reached, [p.grad + slope for p, slope in zip(reached, added)]))
