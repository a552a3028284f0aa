"""Many updates in one call: machine code makes them, until it is time to look for Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from time import perf_counter
from typing import Any, Final

from autograd.compile import Update, Updates, updates

from .arrays import Arrays, Moment, Table
from .clipping import Clipping
from .optimizers import Optimizer

SECONDS: Final = 0.05  # that a call may take, in which Ctrl-C is not heard
MOST_NUMBERS: Final = 2**20  # of samples, gathered for a call


class Chunks:
    """The updates of an epoch by the engines "c" and "numba".

    The update, which is the optimiser's own rule, is compiled when its settings are new.
    """

    def __init__(self, clipping: Clipping | None, reduction: str) -> None:
        self._clipping, self._reduction = clipping, reduction
        self._count = 1  # of updates in a call
        self._compiled: tuple[Any, Updates | None] = None, None  # what for, and the code

    def epoch(
        self,
        arrays: Arrays,
        table: Table,
        batches: Iterable[Sequence[int]],
        alone: Callable[[Sequence[int]], float],
    ) -> Iterator[float]:
        """Make all updates; yield the errors of each, times their weights.

        Where machine code does not do, `alone` makes an update.
        """
        for size, same in groupby(batches, len):
            numbers = size * (table.inputs[0].size + table.targets[0].size)
            most = max(MOST_NUMBERS // numbers, 1)
            while chunk := [*islice(same, min(self._count, most))]:
                start = perf_counter()
                errors = self._made(arrays, table, chunk)
                if errors is None:
                    yield from map(alone, chunk)
                    continue
                seconds = perf_counter() - start
                self._count = max(int(len(chunk) * SECONDS / seconds), 1)
                yield from errors

    def _made(
        self, arrays: Arrays, table: Table, batches: Sequence[Sequence[int]]
    ) -> list[float] | None:
        """Make the updates of some batches, all or none; return the errors, or None.

        None are made where an error is not finite, where a batch is so large that it goes in
        pieces, or where parameters have seen different numbers of steps.
        """
        import numpy as np

        now, optimizer, size = arrays.now, arrays.optimizer, len(batches[0])
        X, T, whole = table.batch(np.array(batches), self._reduction)
        made = self._code(optimizer, arrays.step.traced(X[0], T[0]))
        counts = now.counts[arrays.step.reached]
        if made is None or size > made.most_samples or len({*counts.tolist()}) != 1:
            return None
        theta, states = now.numbers.copy(), np.array(now.states)
        weight = 1.0 / size if self._reduction == "mean" else 1.0
        rates = np.full(len(batches), optimizer.lr)
        errors, slopes = made(theta, states, X, T, weight, rates, counts[0])
        errors = errors * whole
        if not np.isfinite(errors).all():
            return None
        counts = now.counts + len(batches) * arrays.reached()
        arrays.now = Moment(theta, slopes, tuple(states), counts)
        return errors.tolist()  # type: ignore[no-any-return]

    def _code(self, optimizer: Optimizer, finding: Any) -> Updates | None:
        key = finding, type(optimizer), optimizer.settings()
        if self._compiled[0] != key:
            clipping = self._clipping or Clipping()
            update = Update(
                rule=lambda w, g, states, t, lr: optimizer.at_rate(lr).advance(w, g, states, t),
                states=len(optimizer.states[0]),
                clip=None if clipping.value is None else clipping.clip,
                factor=None if clipping.norm is None else clipping.factor,
            )
            self._compiled = key, updates(update, finding)
        return self._compiled[1]
