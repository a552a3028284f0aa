"""Learning-rate schedules: the learning rate as a function of the epoch.

A schedule is made from an optimiser and writes its `lr`. Call `step()` at the end of every epoch.
The names, defaults and numbers are those of `torch.optim.lr_scheduler`, in closed form.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from .docstrings import documented
from .optimizers import Optimizer, in_range


class Schedule(ABC):
    """Base of all schedules: counts the epochs and writes the learning rate of each.

    A subclass writes its formula in `learning_rate`; nothing else is needed.

    Parameters
    ----------
    optimizer : Optimizer
        Its learning rate is written; the one at this moment becomes `initial_lr`, to start from.

    Raises
    ------
    ValueError
        If a number is out of its range, or if the formula gives a learning rate that is
        negative, infinite or nan; the epoch and the learning rate then stay as they were.

    References
    ----------
    PyTorch documentation, page "torch.optim", section "How to adjust learning rate".

    Examples
    --------
    A schedule of your own:

    >>> from autograd import Value
    >>> from nn import SGD
    >>> class HarmonicLR(Schedule):
    ...     def learning_rate(self, epoch):
    ...         return self.initial_lr / (1 + epoch)
    >>> schedule = HarmonicLR(SGD([Value(3.0)], lr=0.5))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    0.25
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.initial_lr = optimizer.lr
        self._go_to(epoch=0)

    @abstractmethod
    def learning_rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""

    def step(self) -> None:
        """Go on to the next epoch."""
        self._go_to(self.epoch + 1)

    def get_last_lr(self) -> float:
        """Return the learning rate that this schedule wrote last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return the epoch and the initial learning rate, ready for JSON."""
        return {"epoch": self.epoch, "initial_lr": self.initial_lr}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where the schedule that returned `state_dict` stopped."""
        self.initial_lr = in_range("initial_lr", state_dict["initial_lr"])
        self._go_to(int(state_dict["epoch"]))

    def _go_to(self, epoch: int) -> None:
        self.optimizer.lr = self.learning_rate(epoch)
        self._last_lr = self.optimizer.lr
        self.epoch = epoch


@documented
class StepLR(Schedule):
    """Multiply the learning rate by `gamma` once every `step_size` epochs.

    Parameters
    ----------
    step_size : int
        Number of epochs between two changes, at least 1.
    gamma : float
        The factor, 0 <= gamma < inf.

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = StepLR(SGD([Value(3.0)], lr=0.5), step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     print(schedule.get_last_lr())
    ...     schedule.step()
    0.5
    0.5
    0.25
    0.25
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        in_range("step_size", step_size, low=1)
        self.step_size = step_size
        self.gamma = in_range("gamma", gamma)
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr * self.gamma ** (epoch // self.step_size)


@documented
class ExponentialLR(Schedule):
    """Multiply the learning rate by `gamma` every epoch.

    Parameters
    ----------
    gamma : float
        The factor, 0 <= gamma < inf.

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = ExponentialLR(SGD([Value(3.0)], lr=0.5), gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    0.25
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = in_range("gamma", gamma)
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr * self.gamma**epoch


@documented
class CosineAnnealingLR(Schedule):
    """Half a cosine wave from the initial learning rate down to `eta_min` in `T_max` epochs.

    After `T_max` epochs the wave goes on, and the learning rate rises again.

    Parameters
    ----------
    T_max : int
        Number of epochs from the largest to the smallest learning rate, at least 1.
    eta_min : float
        The smallest learning rate, 0 <= eta_min < inf.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017
    (only the annealing, not the restarts). PyTorch documentation, page "CosineAnnealingLR".

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(3.0)], lr=0.5), T_max=2)
    >>> for _ in range(3):
    ...     print(round(schedule.get_last_lr(), 12))
    ...     schedule.step()
    0.5
    0.25
    0.0
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        in_range("T_max", T_max, low=1)
        self.T_max = T_max
        self.eta_min = in_range("eta_min", eta_min)
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        height = (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0
        return self.eta_min + (self.initial_lr - self.eta_min) * height


@documented
class LambdaLR(Schedule):
    """Multiply the initial learning rate by any function of the epoch.

    Parameters
    ----------
    lr_lambda : callable
        From the epoch, an int counted from 0, to the factor, 0 <= factor < inf.

    Examples
    --------
    A linear warm-up over the first four epochs:

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(3.0)], lr=0.5)
    >>> schedule = LambdaLR(optimizer, lambda epoch: min(1.0, (epoch + 1) / 4))
    >>> for _ in range(5):
    ...     print(optimizer.lr)
    ...     schedule.step()
    0.125
    0.25
    0.375
    0.5
    0.5
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr * self.lr_lambda(epoch)
