"""`ReduceLROnPlateau`: a learning rate that looks at the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain
from typing import Any

from autograd.choices import one_of
from autograd.numbers import real
from autograd.writing import at_once, attributes

from .arguments import in_range
from .optimizers import Optimizer
from .schedules import check_schedulable, new_rate


class ReduceLROnPlateau:
    """Multiply the learning rate by `factor` where a loss has stopped improving.

    Call `step(loss)` at the end of every epoch; `fit` hands it the validation loss, or without
    validation data the train loss. Names, defaults and numbers are those of
    `torch.optim.lr_scheduler`.

    Parameters
    ----------
    optimizer : Optimizer
        Its learning rate is written.
    mode : {"min", "max"}
        Whether smaller is better, or larger.
    factor : float
        0 <= factor < 1.
    patience : int
        Epochs without an improvement that are put up with; one more, and the rate is reduced.
    threshold : float
        How much better counts as an improvement, 0 <= threshold < inf.
    threshold_mode : {"rel", "abs"}
        As a part of the best so far, or as a difference to it.
    cooldown : int
        Epochs after a reduction in which none is counted.
    min_lr : float
        The smallest learning rate, 0 <= min_lr < inf.
    eps : float
        A smaller change of the learning rate is not made, 0 <= eps < inf.

    Raises
    ------
    ValueError
        If a number is out of its range, or a word none of those allowed.

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(3.0)], lr=0.5)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (1.0, 0.8, 0.8, 0.8):
    ...     schedule.step(loss)
    ...     print(optimizer.lr)
    0.5
    0.5
    0.5
    0.05
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        check_schedulable(self, optimizer)
        one_of("mode", mode, ("min", "max"))
        one_of("threshold_mode", threshold_mode, ("rel", "abs"))
        self.optimizer, self.mode, self.threshold_mode = optimizer, mode, threshold_mode
        self.factor = in_range("factor", factor, below=1.0)
        self.patience = in_range("patience", patience)
        self.threshold = in_range("threshold", threshold)
        self.cooldown = in_range("cooldown", cooldown)
        self.min_lr = in_range("min_lr", min_lr)
        self.eps = in_range("eps", eps)
        self.best: float | None = None  # before the first number
        self.bad_epochs, self.cooling = 0, 0.0

    def step(self, metrics: float) -> None:
        """Go on to the next epoch, with the loss of the one that has ended."""
        number = real(metrics)
        best, bad_epochs, cooling, lr = self.best, self.bad_epochs + 1, self.cooling, None
        if self._is_better(number):
            best, bad_epochs = number, 0
        if cooling > 0:
            cooling, bad_epochs = cooling - 1, 0
        if bad_epochs > self.patience:
            lr = max(self.optimizer.lr * self.factor, self.min_lr)
            cooling, bad_epochs = self.cooldown, 0
        counts = attributes(self, best=best, bad_epochs=bad_epochs, cooling=cooling)
        if lr is not None and self.optimizer.lr - lr > self.eps:
            counts = chain(counts, new_rate(self.optimizer, lr))
        at_once(counts)

    def get_last_lr(self) -> float:
        """Return the learning rate of the optimiser."""
        return self.optimizer.lr

    def state_dict(self) -> dict[str, Any]:
        """Return what changes from step to step, ready for JSON."""
        return {
            "best": self.best,
            "bad_epochs": self.bad_epochs,
            "cooling": self.cooling,
            "lr": self.optimizer.lr,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where the schedule that returned `state_dict` stopped."""
        lr = in_range("lr", state_dict["lr"])
        state = {name: state_dict[name] for name in ("best", "bad_epochs", "cooling")}
        at_once(chain(attributes(self, **state), new_rate(self.optimizer, lr)))

    def _is_better(self, number: float) -> bool:
        sign = 1.0 if self.mode == "min" else -1.0
        if self.best is None:
            return sign * number < math.inf
        margin = sign * self.threshold
        limit = self.best * (1.0 - margin) if self.threshold_mode == "rel" else self.best - margin
        return sign * number < sign * limit
