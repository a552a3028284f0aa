"""Learning-rate schedules: the learning rate as a function of the epoch.

A schedule is made from an optimiser and writes its `lr`. Call `step()` at the end of every epoch.
The names, defaults and numbers are those of `torch.optim.lr_scheduler`, in closed form.
"""

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from autograd.choices import one_of
from autograd.quoting import short
from autograd.writing import at_once, attributes

from .arguments import check_counts, in_range
from .docstrings import documented
from .optimizers import Optimizer


def check_schedulable(schedule: Any, optimizer: Any) -> None:
    """Raise TypeError unless a schedule is made from something with a learning rate."""
    if not hasattr(optimizer, "lr") or isinstance(optimizer, type):
        name = type(schedule).__name__
        raise TypeError(
            f"{name} is made from an optimiser, such as SGD(...), not {short(optimizer)}"
        )


def new_rate(optimizer: Any, lr: float) -> Iterator[None]:
    """Set the learning rate of an optimiser, by `at_once`; where schedules start stays."""
    if getattr(type(optimizer), "lr", None) is Optimizer.lr:
        return attributes(optimizer, _lr=lr)
    return attributes(optimizer, lr=lr, initial_lr=getattr(optimizer, "initial_lr", optimizer.lr))


class Schedule(ABC):
    """Base of all schedules: counts the epochs and writes the learning rate of each.

    A subclass writes its formula in `learning_rate`; nothing else is needed.

    Parameters
    ----------
    optimizer : Optimizer
        Its learning rate is written. The one to start from, `initial_lr`, is what you have set
        it to last; so several schedules of one optimiser start from the same.

    Raises
    ------
    ValueError
        If a number is out of its range, or if the formula gives a learning rate that is
        negative, infinite or nan; the epoch and the learning rate then stay as they were.

    References
    ----------
    PyTorch documentation, page "torch.optim", section "How to adjust learning rate".
    CosineAnnealingLR, CosineAnnealingWarmRestarts: I. Loshchilov, F. Hutter, "SGDR: Stochastic
    Gradient Descent with Warm Restarts", ICLR 2017.
    OneCycleLR: L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks
    Using Large Learning Rates", 2018.

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD, CosineAnnealingLR, ExponentialLR, LambdaLR, StepLR
    >>> from nn import LinearLR, MultiStepLR
    >>> def rates(kind, **options):
    ...     schedule = kind(SGD([Value(3.0)], lr=0.5), **options)
    ...     return [round(schedule.learning_rate(epoch), 12) for epoch in range(4)]
    >>> rates(StepLR, step_size=2, gamma=0.5)
    [0.5, 0.5, 0.25, 0.25]
    >>> rates(ExponentialLR, gamma=0.5)
    [0.5, 0.25, 0.125, 0.0625]
    >>> rates(CosineAnnealingLR, T_max=2)
    [0.5, 0.25, 0.0, 0.25]
    >>> rates(LambdaLR, lr_lambda=lambda epoch: min(1.0, (epoch + 1) / 4))  # a linear warm-up
    [0.125, 0.25, 0.375, 0.5]
    >>> rates(LinearLR, start_factor=0.25, total_iters=3)  # another
    [0.125, 0.25, 0.375, 0.5]
    >>> rates(MultiStepLR, milestones=[1, 3], gamma=0.5)
    [0.5, 0.25, 0.25, 0.125]

    A schedule of your own:

    >>> from nn.train import Schedule
    >>> class HarmonicLR(Schedule):
    ...     def learning_rate(self, epoch):
    ...         return self.initial_lr / (1 + epoch)
    >>> schedule = HarmonicLR(SGD([Value(3.0)], lr=0.5))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    0.25
    """

    epoch: int  # counted from 0
    _last_lr: float

    def __init__(self, optimizer: Optimizer) -> None:
        check_schedulable(self, optimizer)
        self.optimizer = optimizer
        self.initial_lr: float = getattr(optimizer, "initial_lr", optimizer.lr)
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
        lr = in_range("lr", self.learning_rate(epoch))
        at_once(chain(new_rate(self.optimizer, lr), attributes(self, _last_lr=lr, epoch=epoch)))


@documented
class StepLR(Schedule):
    """Multiply the learning rate by `gamma` once every `step_size` epochs.

    Parameters
    ----------
    step_size : int
        Number of epochs between two changes, at least 1.
    gamma : float
        The factor, 0 <= gamma < inf.
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
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr * self.lr_lambda(epoch)


@documented
class MultiStepLR(Schedule):
    """Multiply the learning rate by `gamma` at each milestone.

    Parameters
    ----------
    milestones : iterable of int
        Epochs, increasing; one that is listed twice counts twice.
    gamma : float
        The factor, 0 <= gamma < inf.
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones = sorted(milestones)
        self.gamma = in_range("gamma", gamma)
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr * self.gamma ** bisect_right(self.milestones, epoch)


@documented
class ConstantLR(Schedule):
    """Multiply the learning rate by `factor` in the first `total_iters` epochs.

    Parameters
    ----------
    factor : float
        0 <= factor <= 1.
    total_iters : int
        Number of epochs with the smaller learning rate, at least 1.
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5) -> None:
        self.factor = _share("factor", factor)
        check_counts(total_iters=total_iters)
        self.total_iters = total_iters
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr * (self.factor if epoch < self.total_iters else 1.0)


@documented
class LinearLR(Schedule):
    """Change the learning rate linearly for `total_iters` epochs: a warm-up.

    Parameters
    ----------
    start_factor : float
        What the learning rate of the first epoch is multiplied by, 0 < start_factor <= 1.
    end_factor : float
        The same after `total_iters` epochs, 0 <= end_factor <= 1.
    total_iters : int
        Number of epochs from one to the other, at least 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        self.start_factor = _share("start_factor", start_factor)
        if start_factor == 0.0:
            raise ValueError("start_factor is 0: choose a number above, up to 1")
        self.end_factor = _share("end_factor", end_factor)
        check_counts(total_iters=total_iters)
        self.total_iters = total_iters
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        done = min(epoch, self.total_iters) / self.total_iters
        return self.initial_lr * (self.start_factor + (self.end_factor - self.start_factor) * done)


@documented
class PolynomialLR(Schedule):
    """Bring the learning rate down to 0 in `total_iters` epochs, as a power of what is left.

    Parameters
    ----------
    total_iters : int
        Number of epochs until it is 0, at least 1.
    power : float
        0 <= power < inf; 1 is a straight line.
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0) -> None:
        check_counts(total_iters=total_iters)
        self.total_iters = total_iters
        self.power = in_range("power", power)
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        left = 1.0 - min(epoch, self.total_iters) / self.total_iters
        return self.initial_lr * math.pow(left, self.power)


@documented
class CosineAnnealingWarmRestarts(Schedule):
    """Half cosine waves down to `eta_min`, one after the other, each from the initial rate.

    Parameters
    ----------
    T_0 : int
        Number of epochs of the first wave, at least 1.
    T_mult : int
        How many times as long each wave is as the one before, at least 1.
    eta_min : float
        The smallest learning rate, 0 <= eta_min < inf.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0
    ) -> None:
        check_counts(T_0=T_0, T_mult=T_mult)
        self.T_0, self.T_mult = T_0, T_mult
        self.eta_min = in_range("eta_min", eta_min)
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        length = self.T_0
        if self.T_mult == 1:
            epoch %= length
        while epoch >= length:
            epoch, length = epoch - length, length * self.T_mult
        height = (1.0 + math.cos(math.pi * epoch / length)) / 2.0
        return self.eta_min + (self.initial_lr - self.eta_min) * height


@documented
class OneCycleLR(Schedule):
    """Up to `max_lr` and down again, far below the start, once in all of training.

    The learning rate that the optimiser has is not used. Its momentum stays as it is: PyTorch's
    `OneCycleLR` with ``cycle_momentum=False``. PyTorch steps it after every batch, `fit` after
    every epoch, so `total_steps` is the number of epochs.

    Parameters
    ----------
    max_lr : float
        The largest learning rate, 0 <= max_lr < inf.
    total_steps : int
        Number of steps in all, at least 2. Further ones raise ValueError.
    pct_start : float
        Part of the steps that go up, 0 <= pct_start <= 1.
    anneal_strategy : {"cos", "linear"}
        Along half a cosine wave, or a straight line.
    div_factor : float
        The first learning rate is max_lr / div_factor, 0 < div_factor < inf.
    final_div_factor : float
        The last one is the first / final_div_factor, 0 < final_div_factor < inf.
    three_phase : bool
        Go down to the first learning rate as fast as up, and from there to the last.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        check_counts(total_steps=total_steps)
        one_of("anneal_strategy", anneal_strategy, ("cos", "linear"))
        up = _share("pct_start", pct_start) * total_steps
        top, least = in_range("max_lr", max_lr), math.ulp(0.0)
        first = top / in_range("div_factor", div_factor, low=least)
        last = first / in_range("final_div_factor", final_div_factor, low=least)
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        # Where each phase ends, and the learning rate there.
        self.phases = [(0.0, first), (up - 1, top), (total_steps - 1.0, last)]
        if three_phase:
            self.phases.insert(2, (2 * up - 2, first))
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        if epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR was made for {self.total_steps} steps, and this is step {epoch}: "
                "choose total_steps as large as the number of epochs"
            )
        ends = [end for end, _ in self.phases[1:-1]]
        i = sum([epoch > end for end in ends])
        (start, low), (end, high) = self.phases[i : i + 2]
        done = 1.0 if end == start else min((epoch - start) / (end - start), 1.0)
        if self.anneal_strategy == "linear":
            return (high - low) * done + low
        return high + (low - high) / 2.0 * (math.cos(math.pi * done) + 1.0)


@documented
class SequentialLR(Schedule):
    """One schedule after the other, such as a warm-up and what follows.

    Parameters
    ----------
    schedulers : sequence of Schedule
        Made from the same optimiser. Each counts its epochs from 0 when its turn comes.
    milestones : sequence of int
        The epochs, increasing, at which the second and each later one begins.

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD, ExponentialLR, LinearLR
    >>> optimizer = SGD([Value(3.0)], lr=0.5)
    >>> warm_up = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> schedule = SequentialLR(optimizer, [warm_up, ExponentialLR(optimizer, 0.5)], [3])
    >>> [round(schedule.learning_rate(epoch), 6) for epoch in range(6)]
    [0.125, 0.25, 0.375, 0.5, 0.25, 0.125]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int]
    ) -> None:
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        for i, schedule in enumerate(self.schedulers):
            if not isinstance(schedule, Schedule):
                raise TypeError(
                    f"schedulers[{i}] is {short(schedule)}: pass schedules whose learning rate "
                    "depends on the epoch alone"
                )
            if schedule.optimizer is not optimizer:
                raise ValueError(
                    f"schedulers[{i}], {type(schedule).__name__}, was made from another "
                    "optimiser: make all of them from the same one"
                )
        if len(self.milestones) != len(self.schedulers) - 1:
            raise ValueError(
                f"there are {len(self.schedulers)} schedules and {len(self.milestones)} "
                "milestones: give one milestone for each schedule but the first"
            )
        if self.milestones != sorted(set(self.milestones)):
            raise ValueError(f"milestones are {self.milestones}: list them in increasing order")
        super().__init__(optimizer)

    def learning_rate(self, epoch: int) -> float:
        i = bisect_right(self.milestones, epoch)
        return self.schedulers[i].learning_rate(epoch - [0, *self.milestones][i])

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with those of the schedules, ready for JSON."""
        return {**super().state_dict(), "schedulers": [s.state_dict() for s in self.schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where the schedule that returned `state_dict` stopped."""
        for schedule, state in zip(self.schedulers, state_dict["schedulers"], strict=True):
            schedule.load_state_dict(state)
        super().load_state_dict(state_dict)


def _share(name: str, value: float) -> float:
    """Return a number from 0 to 1."""
    return in_range(name, value, below=math.nextafter(1.0, 2.0)) if value != 1 else 1.0
