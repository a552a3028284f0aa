"""An epoch in one call: JAX makes all its updates, where data and parameters stay meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from autograd.compile import Step

from .arrays import Arrays, Moment, Table
from .clipping import Clipping
from .optimizers import Optimizer


class Scan:
    """The updates of an epoch as one `jax.lax.scan`, on whatever device JAX has.

    Program, optimiser and clipping are compiled together, with the learning rate left open. When
    one of them changes, that is done anew.
    """

    def __init__(self, clipping: Clipping | None, reduction: str, dtype: str) -> None:
        self._clipping, self._reduction, self._dtype = clipping, reduction, dtype
        self._samples: tuple[Any, Any] = None, None  # on the host, and on the device
        self._compiled: tuple[Any, Any] = None, None  # what for, and the function

    def epoch(self, arrays: Arrays, table: Table, batches: Sequence[Sequence[int]]) -> float | None:
        """Make all updates; return the sum of the errors of all samples, times their weights.

        If that is not finite, nothing is done, and None is returned.
        """
        import jax
        import numpy as np

        optimizer, step = arrays.optimizer, arrays.step
        if self._samples[0] is not table:
            self._samples = table, jax.tree.map(self._there, table)
        on_device = self._samples[1]
        first = [on_device.batch(np.array(batches[0][:1]), self._reduction)[i] for i in (0, 1)]
        key = step.traced(*first), type(optimizer), optimizer.settings()
        if self._compiled[0] != key:
            self._compiled = key, self._together(optimizer, step, arrays.reached())
        now = arrays.now._replace(slopes=np.zeros(len(step.params)))
        moment = jax.tree.map(self._there, now)
        errors: list[float] = []
        for _, same in groupby(batches, len):
            moment, found = self._compiled[1](
                moment, optimizer.lr, on_device, np.array([list(batch) for batch in same])
            )
            errors += found.tolist()
        summed = sum(errors)
        if not math.isfinite(summed):
            return None
        arrays.now = moment
        return summed

    def _there(self, array: Any) -> Any:
        import jax

        return jax.numpy.asarray(array, self._dtype if array.dtype.kind == "f" else None)

    def _together(self, optimizer: Optimizer, step: Step, reached: Any) -> Callable[..., Any]:
        """Return a function that makes the updates of batches of the same size."""
        import jax

        clipping, reduction = self._clipping, self._reduction
        reached = reached if reached is True else self._there(reached)

        def run(moment: Moment, rate: Any, table: Table, batches: Any) -> Any:
            changing = optimizer.at_rate(rate)

            def update(before: Moment, chosen: Any) -> tuple[Moment, Any]:
                inputs, targets, factor = table.batch(chosen, reduction)
                error, *_, slopes = step.parts(before.numbers, inputs, targets)
                if clipping is not None:
                    slopes = clipping.of_array(slopes)
                return before.after(changing, slopes, reached), error * factor

            return jax.lax.scan(update, moment, batches)

        return jax.jit(run)
