"""Training a network: `fit`, and what to do with it afterwards."""

from __future__ import annotations

import gc
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from autograd import Value, no_grad

from .compiled import Compiled
from .losses import Loss, find_loss, total
from .module import Module
from .optim import SGD, Optimizer

Samples = Sequence[Any]


@dataclass
class History:
    """What happened in each epoch of `fit`.

    Attributes
    ----------
    epochs : list of dict
        For each epoch: "epoch" (from 1), "learning_rate", "train_loss" (mean over the samples,
        as they were seen), and with validation data "validation_loss"; with a metric also
        "train_<metric>" and "validation_<metric>".
    stopped : str
        Why training ended: "epochs", "tolerance", "target", "patience", "callback", "diverged"
        or "interrupted".
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "epochs"

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def __getitem__(self, i: int) -> dict[str, float]:
        return self.epochs[i]

    def column(self, name: str) -> list[float]:
        """Return one quantity of all epochs, such as ``column("train_loss")``."""
        return [epoch[name] for epoch in self.epochs if name in epoch]


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
    metric: Callable[[Module, Samples, Samples], float] | None = None,
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
        A learning-rate schedule of `nn.schedules`, stepped after each epoch.
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
    Python's cyclic garbage collector is paused meanwhile: graphs have no cycles and are freed
    by reference counting, while the collector would visit every node again and again.
    """
    n = len(inputs)
    loss_of = find_loss(loss)
    _check_lengths(inputs, targets)
    _check(epochs, batch_size, reduction, patience, validation)
    callbacks = list(callbacks)
    optimizer = SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    rng = random.Random(seed)
    order = list(range(n))
    size = n if batch_size is None else min(batch_size, n)
    history = History()
    learner: Any = None
    best, best_epoch, best_parameters = math.inf, 0, [p.data for p in model.parameters()]

    def learn(batch: Sequence[int]) -> float:
        """Make one update; return the summed errors of its samples."""
        errors = [loss_of(model(inputs[i]), targets[i]) for i in batch]
        error = total(errors, reduction)
        if penalty is not None:
            error = error + penalty()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        return math.fsum(float(e) for e in errors)

    with _no_cyclic_collector(), _progress_bar(epochs, progress) as bar:
        try:
            if compiled:
                engine = compiled if isinstance(compiled, str) else "numpy"
                learner = Compiled(
                    model, inputs, targets, loss_of, optimizer, penalty, reduction, engine
                )
                if validation is not None:
                    validation_arrays = learner.arrays(*validation)
            for epoch in range(1, epochs + 1):
                if shuffle:
                    rng.shuffle(order)
                record: dict[str, float] = {"epoch": epoch, "learning_rate": optimizer.lr}
                with learner.epoch() if learner else nullcontext(learn) as update:
                    train_loss = sum([update(order[k : k + size]) for k in range(0, n, size)]) / n
                record["train_loss"] = train_loss
                if validation is not None:
                    record["validation_loss"] = (
                        learner.mean_loss(*validation_arrays)
                        if learner
                        else mean_loss(model, *validation, loss_of)
                    )
                if metric is not None:
                    is_accuracy = getattr(metric, "func", metric) is accuracy
                    name, judged = _name(metric), learner if learner and is_accuracy else model
                    record[f"train_{name}"] = float(metric(judged, inputs, targets))
                    if validation is not None:
                        record[f"validation_{name}"] = float(metric(judged, *validation))
                history.epochs.append(record)
                if schedule is not None:
                    schedule.step()
                bar(record)
                if patience is not None and record["validation_loss"] < best:
                    best, best_epoch = record["validation_loss"], epoch
                    best_parameters = [p.data for p in model.parameters()]
                stop = [callback(history) for callback in callbacks]
                if any(result is True for result in stop):
                    history.stopped = "callback"
                elif not math.isfinite(train_loss):
                    history.stopped = "diverged"
                elif target_loss is not None and train_loss <= target_loss:
                    history.stopped = "target"
                elif tolerance is not None and _change(history) < tolerance:
                    history.stopped = "tolerance"
                elif patience is not None and epoch - best_epoch >= patience:
                    history.stopped = "patience"
                if history.stopped != "epochs":
                    break
        except KeyboardInterrupt:
            history.stopped = "interrupted"
    if patience is not None and best_epoch:
        for parameter, data in zip(model.parameters(), best_parameters):
            parameter.data = data
    return history


def predict(model: Module, inputs: Samples) -> list[Any]:
    """Return the outputs for each sample as plain numbers, or lists of them.

    Examples
    --------
    >>> from nn import MLP
    >>> len(predict(MLP(2, [3], rng=0), [[0.0, 1.0], [2.0, 3.0]])[0])
    3
    """
    if isinstance(model, Compiled):
        return model.predict(inputs)
    with no_grad():
        outputs = [model(x) for x in inputs]
    return [y.data if isinstance(y, Value) else [y_k.data for y_k in y] for y in outputs]


def predict_class(model: Module, inputs: Samples) -> list[int]:
    """Return the class index for each sample.

    With several outputs it is that of the largest. A single output means class 1 above a
    threshold: 0.5 if the output unit is logistic, else 0. A module of your own says that it is
    with an attribute ``output = "sigmoid"``.

    Examples
    --------
    >>> from nn import MLP
    >>> predict_class(MLP(2, [3], rng=0), [[0.0, 1.0]])[0] in (0, 1, 2)
    True
    """
    last = getattr(model, "output", None) or getattr(model, "activation", None)
    threshold = 0.5 if last in ("sigmoid", "logistic") else 0.0
    outputs = [y if isinstance(y, list) else [y] for y in predict(model, inputs)]
    return [y.index(max(y)) if len(y) > 1 else int(y[0] > threshold) for y in outputs]


def accuracy(model: Module, inputs: Samples, targets: Samples) -> float:
    """Return the fraction of samples whose class is predicted right, from 0 to 1.

    Parameters
    ----------
    targets : sequence
        Class indices; -1 counts as class 0, as for the hinge error; or 1-of-K vectors.

    Raises
    ------
    ValueError
        If there are no samples, or not as many targets as inputs.

    Examples
    --------
    >>> from nn import MLP
    >>> accuracy(MLP(1, [1], rng=0), [[1.0], [-1.0]], [1, 0]) in (0.0, 1.0)
    True
    """
    _check_lengths(inputs, targets)
    predicted = predict_class(model, inputs)
    return sum(map(int.__eq__, predicted, map(_class_index, targets))) / len(predicted)


def mean_loss(model: Module, inputs: Samples, targets: Samples, loss: str | Loss) -> float:
    """Return the mean error over some samples, without changing anything.

    Raises
    ------
    ValueError
        If there are no samples, or not as many targets as inputs.
    """
    loss_of = find_loss(loss)
    _check_lengths(inputs, targets)
    with no_grad():
        return math.fsum(float(loss_of(model(x), t)) for x, t in zip(inputs, targets)) / len(inputs)


def _class_index(target: Any) -> int:
    if isinstance(target, (list, tuple)) or getattr(target, "ndim", 0) > 0:
        row = list(target)
        if len(row) > 1:
            return row.index(max(row))
        (target,) = row
    return max(int(target), 0)


def _name(metric: Any) -> str:
    """Return the name of a function, also of one that `functools.partial` has wrapped."""
    return str(getattr(getattr(metric, "func", metric), "__name__", type(metric).__name__))


def _check_lengths(inputs: Samples, targets: Samples, kind: str = "") -> None:
    if len(inputs) != len(targets):
        raise ValueError(
            f"{len(inputs)} {kind}inputs, but {len(targets)} targets; there must be one for each"
        )
    if len(inputs) == 0:
        raise ValueError(f"there are no {kind}samples")


def _check(
    epochs: int,
    batch_size: int | None,
    reduction: str,
    patience: int | None,
    validation: tuple[Samples, Samples] | None,
) -> None:
    for name, number in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
        if number is None and name != "epochs":
            continue
        if not hasattr(number, "__index__"):
            raise TypeError(f"{name} must be an integer, got {number!r}")
        if number < 1:  # type: ignore[operator]
            raise ValueError(f"{name} must be at least 1, got {number}")
    total([0.0], reduction)  # which knows the reductions there are
    if validation is not None:
        _check_lengths(*validation, "validation ")
    elif patience is not None:
        raise ValueError("patience needs validation data to watch")


def _change(history: History) -> float:
    losses = history.column("train_loss")[-2:]
    return abs(losses[1] - losses[0]) if len(losses) == 2 else math.inf


@contextmanager
def _no_cyclic_collector() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _progress_bar(epochs: int, wanted: bool | None) -> Iterator[Callable[[dict[str, float]], None]]:
    """Yield a function that shows the record of each epoch."""
    if wanted is False:
        yield lambda record: None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if wanted:
            raise ImportError(
                'the progress bar needs tqdm: pip install "deltarule[demo]"'
            ) from None
        yield lambda record: None
        return
    with tqdm(total=epochs, unit="epoch", mininterval=0.5) as bar:

        def show(record: dict[str, float]) -> None:
            numbers = {
                key.replace("validation_", "val "): f"{number:.3g}"
                for key, number in record.items()
                if key == "train_loss" or key.startswith("validation_")
            }
            bar.set_postfix(numbers, refresh=False)
            bar.update()

        yield show
