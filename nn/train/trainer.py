"""`fit`: the loop over the epochs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograd.choices import one_of
from autograd.collector import paused

from ..evaluation import Samples, check_lengths, number
from ..losses import REDUCTIONS, Loss, find_loss
from ..module import Module
from .compiled import Compiled
from .history import History
from .learner import Learner, Metric
from .optimizers import SGD, Optimizer
from .progress import progress_bar
from .stopping import Callbacks, Divergence, Patience, Rule, Target, Tolerance


def fit(
    model: Module,
    inputs: Samples,
    targets: Samples,
    loss: str | Loss,
    *,
    optimizer: Optimizer | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    reduction: str = "mean",
    penalty: Callable[[], Any] | None = None,
    shuffle: bool = True,
    seed: int = 0,
    schedule: Any = None,
    validation: tuple[Samples, Samples] | None = None,
    metric: Metric | None = None,
    tolerance: float | None = None,
    target_loss: float | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[History], Any]] = (),
    progress: bool | None = None,
    compiled: bool | str = False,
) -> History:
    """Minimise the error of a network by gradient descent.

    Parameters
    ----------
    model : Module
        Called with one sample; its parameters are changed in place.
    inputs, targets : sequences of the same length N
        One entry for each sample.
    loss : str or callable
        ``loss(output, target)`` of one sample, or its name in `nn.LOSSES`.
    optimizer : Optimizer, optional
        Default: ``SGD(model.parameters(), lr=0.1)``.
    epochs : int
        Most passes through the data.
    batch_size : int, optional
        Samples in each update: 1 is online (stochastic) learning, None is batch learning with
        all N samples; anything between, mini-batches.
    reduction : {"mean", "sum"}
        Whether the errors of a batch are averaged or summed.
    penalty : callable, optional
        Returns a term added to the error of every batch, e.g. an `l2_penalty`.
    shuffle : bool
        Whether each epoch goes through the samples in a new order, drawn from `seed`.
    schedule : optional
        A learning-rate schedule of `nn.train.schedules`, stepped after each epoch.
    validation : (inputs, targets), optional
        Data on which the loss is measured after each epoch.
    metric : callable, optional
        ``metric(model, inputs, targets)``, such as `accuracy`, recorded under its name.
    tolerance : float, optional
        Stop when the train loss changes by less than this from one epoch to the next.
    target_loss : float, optional
        Stop when the train loss is at most this.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs, and return to the
        parameters of the best one.
    callbacks : iterable of callables
        Called with the history after each epoch; stop by returning True.
    progress : bool, optional
        Show a progress bar (tqdm). Default: where tqdm is installed.
    compiled : bool or str
        Trace the network once and compute whole batches with NumPy, or with the engine of that
        name; see `autograd.compile`. The same numbers, up to rounding, many times faster; only
        parameters of the optimiser get a `grad`.

    Returns
    -------
    History
        Also when interrupted (Ctrl-C), with what was learnt so far in the model.

    Raises
    ------
    ValueError
        If the data are empty, of different lengths, or an option makes no sense. Nothing has
        been changed then.

    Examples
    --------
    >>> from nn import MLP
    >>> model = MLP(2, [4, 1], activation="tanh", output="sigmoid", rng=1)
    >>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> optimizer = SGD(model.parameters(), lr=1.0)
    >>> history = fit(model, x, t, "binary_cross_entropy", optimizer=optimizer, epochs=500,
    ...               progress=False)
    >>> [round(model(x_n).data) for x_n in x]
    [0, 1, 1, 0]

    Notes
    -----
    Python's cyclic garbage collector is paused meanwhile; see `autograd.collector.paused`.
    """
    loss_of = find_loss(loss)
    check_lengths(inputs, targets)
    _check(epochs, batch_size, reduction, patience, validation)
    optimizer = SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    best = None if patience is None else Patience(patience, model.parameters())
    rules: list[Rule] = []  # of several that stop, the last one is the reason
    if best is not None:
        rules.append(best)
    if tolerance is not None:
        rules.append(Tolerance(tolerance))
    if target_loss is not None:
        rules.append(Target(target_loss))
    rules += [Divergence(), Callbacks(list(callbacks))]
    task = (model, loss_of, optimizer, penalty, reduction, (inputs, targets), validation)
    history = History()
    with paused(), progress_bar(epochs, progress) as show:
        try:
            engine = compiled if isinstance(compiled, str) else "numpy"
            learner = Compiled(*task, engine) if compiled else Learner(*task)
            orders = _batches(len(inputs), batch_size, random.Random(seed) if shuffle else None)
            for epoch, batches in zip(range(1, epochs + 1), orders):
                record: dict[str, float] = {"epoch": epoch, "learning_rate": optimizer.lr}
                record["train_loss"] = learner.epoch(batches) / len(inputs)
                record |= _judge(learner, metric)
                history.epochs.append(record)
                if schedule is not None:
                    schedule.step()
                show(record)
                reasons = [rule.reason for rule in rules if rule.stops(history)]
                if reasons:
                    history.stopped = reasons[-1]
                    break
        except KeyboardInterrupt:
            history.stopped = "interrupted"
    if best is not None:
        best.restore()
    return history


def _batches(n: int, size: int | None, rng: random.Random | None) -> Iterator[list[list[int]]]:
    """Yield for each epoch the indices of n samples in batches, with `rng` in a new order."""
    order = list(range(n))
    size = n if size is None else min(size, n)
    while True:
        if rng is not None:
            rng.shuffle(order)
        yield [order[k : k + size] for k in range(0, n, size)]


def _judge(learner: Learner, metric: Metric | None) -> dict[str, float]:
    """Return validation loss and metric, as far as there are any, as columns of the history."""
    columns = {}
    if learner.validation is not None:
        columns["validation_loss"] = learner.validation_loss()
    if metric is not None:
        name = _name(metric)
        columns[f"train_{name}"] = number(learner.measure(metric, *learner.training))
        if learner.validation is not None:
            columns[f"validation_{name}"] = number(learner.measure(metric, *learner.validation))
    return columns


def _name(metric: Any) -> str:
    """Return the name of a function, also of one that `functools.partial` has wrapped."""
    return str(getattr(getattr(metric, "func", metric), "__name__", type(metric).__name__))


def _check(
    epochs: int,
    batch_size: int | None,
    reduction: str,
    patience: int | None,
    validation: tuple[Samples, Samples] | None,
) -> None:
    for name, count in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
        if count is None and name != "epochs":
            continue
        if not hasattr(count, "__index__"):
            raise TypeError(f"{name} must be an integer, got {count!r}")
        if count < 1:  # type: ignore[operator]
            raise ValueError(f"{name} must be at least 1, got {count}")
    one_of("reduction", reduction, REDUCTIONS)
    if validation is not None:
        check_lengths(*validation, "validation ")
    elif patience is not None:
        raise ValueError("patience needs validation data to watch")
