"""How a compiled model learns: with whole batches, on arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from random import Random
from time import perf_counter
from typing import Any

from autograd import Value, no_grad
from autograd.compile import Pace, Step, TraceError, array_of, compile, shaped
from autograd.leaves import gradients
from autograd.numbers import flatten, is_sequence
from autograd.writing import at_once

from ..data import one_hot
from ..evaluation import Samples, in_mode
from ..losses import cross_entropy, cross_entropy_with_logits
from .arrays import Arrays, Table, does_the_same, with_column, works_on_arrays
from .checkpoint import Generators
from .chunks import Chunks
from .learner import Learner, Update, parameters_of
from .samples import Data
from .scan import Scan


class CannotCompileError(Exception):
    """A program would not do what the model does sample by sample; the message says why."""


@dataclass
class Compiled(Learner):
    """A learner that computes whole batches at once, with an engine of `autograd.compile`.

    Everything is traced, and samples are checked, before anything is learnt: ValueError if the
    loss does not accept a target, or if inputs or targets differ in length; `CannotCompileError`
    if samples have to go one by one.

    With `check_trace` the first epoch, the second, fourth, eighth, … and others as far as that
    takes 2 % of the time begin with one sample, drawn at random, as `Learner` would treat it; so
    do looks at the validation data. Leaves have the numbers of the parameters then, see
    `Step.check`.
    """

    engine: str
    dtype: str
    check_trace: bool

    def __post_init__(self) -> None:
        self._is_explained = False
        self._scan = Scan(self.clipping, self.reduction, self.dtype)
        self._chunks = Chunks(self.clipping, self.reduction)
        self._kept = [_copied(_samples(data)) for data in (self.training, self.validation)]
        self._draw, self._pace, self._pace_held_out = Random(0), Pace(), Pace()
        held_out = self.training if self.validation is None else self.validation
        with in_mode(self.model, training=False):
            self._training, self._held_out = self._table(self.training), self._table(held_out)
        self._step = self._compile(self._training)
        # The other one would be traced anew at a change of the mode.
        self._judge = self._compile(self._held_out)
        if not self._is_traced():
            with in_mode(self.model, training=False):
                self._evaluate([0], self._step.vector())  # is it the mode that is in the way?
            raise CannotCompileError("in training mode the model draws random numbers")
        self._check_look_ups()

    def epoch(self, updates: Iterable[Update]) -> float:
        """Make all updates; return the sum of all errors, times their weights.

        Parameters and the state of the optimiser are in arrays meanwhile, if that is what its
        `step` does. On leaving, also by an exception, they are written back.
        """
        if [*map(id, self._parameters())] != [*map(id, self._step.params)]:
            self._step = self._compile(self._training)
        self._check(self._step, self.training, self._training, self._pace)
        start = perf_counter()
        try:
            return self._learnt(updates)
        finally:
            self._pace.work(start)

    def _learnt(self, updates: Iterable[Update]) -> float:
        if not works_on_arrays(self.optimizer):
            return super().epoch(updates)
        arrays = Arrays(self.optimizer, self._step)
        engine = self.engine if does_the_same(self.optimizer) else ""
        batches: Iterable[list[int]] = map(_together, updates)
        if engine == "jax":
            batches = [*batches]
            summed = self._scan.epoch(arrays, self._training, batches)
            if summed is not None:
                arrays.write_back()
                return summed
        alone = partial(self._update_arrays, arrays)
        try:
            if engine in ("c", "numba"):
                return sum([*self._chunks.epoch(arrays, self._training, batches, alone)])
            return sum([*map(alone, batches)])
        finally:
            arrays.write_back()

    def look_again(self) -> None:
        """Take over samples that have been edited in place since they were looked at."""
        if _are_same(self.training, self._kept[0]) and _are_same(self.validation, self._kept[1]):
            return
        self._kept = [_copied(_samples(data)) for data in (self.training, self.validation)]
        held_out = self.training if self.validation is None else self.validation
        with in_mode(self.model, training=False):
            self._training, self._held_out = self._table(self.training), self._table(held_out)
        self._check_look_ups()

    def _check_look_ups(self) -> None:
        """Refuse samples with an index out of range before anything is learnt from others."""
        for kind, table in (("", self._training), ("validation ", self._held_out)):
            samples = {f"{kind}inputs": table.inputs, f"{kind}targets": table.targets}
            self._step.check_look_ups(samples)

    def validation_loss(self) -> float:
        data = self.validation
        assert data is not None
        self._check(self._judge, data, self._held_out, self._pace_held_out)
        start = perf_counter()
        every = slice(None)
        summed, _ = self._errors(self._judge, self._held_out, every, self._judge.vector())
        self._pace_held_out.work(start)
        if not math.isfinite(summed):
            self._explain(data, range(len(data.inputs)))
        return summed / data.weight()

    def outputs(self, inputs: Samples) -> list[Any]:
        """Return what the model gives for samples, computed all at once."""
        found: list[Any] = self._judge.predict(inputs).tolist()
        return found

    def _update(self, batches: Update) -> float:
        errors, slopes = self._evaluate(_together(batches), self._step.vector())
        if not math.isfinite(errors):
            self._explain(self.training, _together(batches))
        self.optimizer.zero_grad()
        _add_gradient(self._step, slopes)
        self._step_of_optimizer()
        return errors

    def _update_arrays(self, arrays: Arrays, chosen: Sequence[int]) -> float:
        errors, slopes = self._evaluate(chosen, arrays.now.numbers)
        if not math.isfinite(errors):
            arrays.write_back()
            self._explain(self.training, chosen)
        arrays.update(slopes if self.clipping is None else self.clipping.of_array(slopes))
        return errors

    def _check(self, step: Step, data: Data, table: Table, pace: Pace) -> None:
        """Hold the program against the model, for one sample, if it is time to."""
        if not self.check_trace or not pace.is_due_in_round():
            return
        import numpy as np

        start = perf_counter()
        i = self._draw.randrange(len(data.inputs))
        inputs, targets = table.inputs[i : i + 1], table.targets[i : i + 1]
        if table.weights is not None:
            targets = with_column(targets, np.ones(1))
        step.check(inputs, targets, lambda: self.loss(self.model(data.inputs[i]), data.targets[i]))
        pace.check(start)

    def _explain(self, data: Data, chosen: Iterable[int]) -> None:
        """Compute errors that are not finite one by one, so that the loss says what is wrong.

        It says nothing where training diverges; then this is done only once.
        """
        if self._is_explained:
            return
        self._is_explained = True
        with no_grad():
            for i in chosen:
                self.loss(self.model(data.inputs[i]), data.targets[i])

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

    def _evaluate(self, chosen: Sequence[int], numbers: Any) -> tuple[float, Any]:
        """Return the sum of weighted errors, and the gradient of what is to be minimised."""
        return self._errors(self._step, self._training, chosen, numbers)

    def _errors(
        self, step: Step, table: Table, chosen: Sequence[int] | slice, numbers: Any
    ) -> tuple[float, Any]:
        inputs, targets, whole = table.batch(chosen, self.reduction)
        loss, *_, slopes = step.parts(numbers, inputs, targets)
        return float(loss * whole), slopes

    def _parameters(self) -> list[Value]:
        """Return what is differentiated: a `step` of your own may look at all of the model."""
        listed = parameters_of(self.optimizer, self.model)
        if works_on_arrays(self.optimizer):
            return listed
        return list(dict.fromkeys([*listed, *self.model.parameters()]))

    def _compile(self, table: Table) -> Step:
        loss, model, shape = self.loss, self.model, table.targets.shape[1:]

        def error(x: Any, t: Any) -> Any:
            return loss(model(x), t)

        def weighted(x: Any, t: Any) -> Any:  # whose last number is the weight
            return t[-1] * loss(model(x), shaped(t[:-1], shape))

        return compile(
            error if table.weights is None else weighted,
            self._parameters(),
            penalty=self.penalty,
            reduction=self.reduction,
            engine=self.engine,
            dtype=self.dtype,
            predict=model,
        )

    def _table(self, data: Data) -> Table:
        """Return samples as arrays; indices of classes become 1-of-K vectors."""
        import numpy as np

        inputs, targets, weights = data
        with no_grad():
            y = self.model(inputs[0])
            for t in targets:
                self.loss(y, t)
        if self.loss in (cross_entropy, cross_entropy_with_logits):
            targets = [t if is_sequence(t) else one_hot(int(t), len(y)) for t in targets]
        try:
            if any(np.array(samples).dtype == object for samples in (inputs, targets)):
                if any(isinstance(x, Value) for x in flatten([inputs, targets])):
                    raise CannotCompileError("there are nodes among the inputs or targets")
            x, t = array_of(inputs, "inputs", np, float), array_of(targets, "targets", np, float)
        except ValueError as error:
            raise ValueError(f"samples must all have the same length: {error}") from None
        return Table(x, t, None if weights is None else np.array(weights))


def _samples(data: Data | None) -> tuple[Any, ...]:
    return () if data is None else (data.inputs, data.targets)


def _copied(samples: Any) -> Any:
    """Return samples with copies of all that can be edited in place."""
    if isinstance(samples, (list, tuple)) and samples and hasattr(samples[0], "__len__"):
        rows = [*map(_copied, samples)]
        return rows if isinstance(samples, list) else tuple(rows)
    return copy(samples)


def _are_same(data: Data | None, kept: Any) -> bool:
    import numpy as np

    for now, then in zip(_samples(data), kept):
        try:
            is_same = bool(now == then)
        except ValueError:  # of arrays
            is_same = np.array_equal(now, then)
        if not is_same:
            return False
    return True


def _together(batches: Update) -> list[int]:
    """Return one batch of all: a gradient that is accumulated is that of all samples."""
    return [i for batch in batches for i in batch]


def _add_gradient(step: Step, slopes: Any) -> None:
    """Add the gradient to the parameters that have influence, and to no others."""
    reached = [step.params[i] for i in step.reached.tolist()]
    added = slopes[step.reached].tolist()
    at_once(gradients(reached, [p.grad + slope for p, slope in zip(reached, added)]))
