"""`fit`: the loop over the epochs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from autograd.choices import one_of
from autograd.collector import paused
from autograd.numbers import number_of
from autograd.quoting import short

from ..data import Dataset
from ..evaluation import Metric, Samples, find_metric, in_mode
from ..losses import REDUCTIONS, Loss, find_loss
from ..module import Module
from ..rng import Rng, generator
from .arguments import check_counts
from .belonging import (
    check_optimizer,
    check_penalty,
    find_optimizer,
    find_schedule,
    warn_of_kept_leaves,
)
from .checkpoint import Order, Training
from .clipping import Clipping
from .compiled import CannotCompileError, Compiled
from .history import History
from .interruption import Interruption
from .learner import Learner, Steps, Update, parameters_of
from .plateau import ReduceLROnPlateau
from .progress import progress_bar
from .samples import held_out, training_data
from .stopping import Callbacks, Divergence, Patience, Rule, Target, Tolerance, enter


def fit(
    model: Module,
    inputs: Samples | Dataset,
    targets: Samples | None = None,
    loss: str | Loss | None = None,
    *,
    sample_weight: Samples | None = None,
    optimizer: str | Steps | None = None,
    lr: float | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    accumulate: int = 1,
    reduction: str = "mean",
    penalty: Callable[[], Any] | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    shuffle: bool = True,
    seed: Rng = 0,
    schedule: Any = None,
    validation: Dataset | tuple[Samples, ...] | None = None,
    metric: str | Metric | None = None,
    tolerance: float | None = None,
    target_loss: float | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[History], Any]] = (),
    progress: bool | None = None,
    compiled: bool | str = False,
    dtype: str = "float64",
    check_trace: bool = True,
    keep: int | None = None,
    resume: History | None = None,
) -> History:
    """Minimise the error of a network by gradient descent.

    Parameters
    ----------
    model : Module
        Called with one sample; its parameters are changed in place.
    inputs, targets : sequences of the same length N
        One entry for each sample; or a `nn.data.Dataset`, which has both, in place of inputs.
        Lists, tuples, arrays, tensors, Series and DataFrames, whose rows are taken by position:
        labels and names have no say.
    loss : str or callable
        ``loss(output, target)`` of one sample, or its name in `nn.LOSSES`. It has no default.
    sample_weight : sequence of N numbers from 0, optional
        What the error of each sample counts. Of a batch, Σ w_n E_n is minimised with the reduction
        "sum", and Σ w_n E_n / Σ w_n, as PyTorch does with weights, with "mean", so that only their
        ratios matter; so are the losses of the history. A sample of weight 0 is left out.
    optimizer : str or Optimizer, optional
        One that was made from parameters of this model; to freeze some, leave them out or use
        ``requires_grad_(False)``. Or "sgd", "adagrad", "rmsprop", "adam", "adamw", of all
        parameters. Default: ``SGD(model.parameters(), lr=0.1)``. One of your own needs `step` and
        `zero_grad`, which are called once for each update.
    lr : float, optional
        Learning rate of an optimiser that is given by its name, or not at all; default: that of
        its class.
    epochs : int
        Most passes through the data.
    batch_size : int, optional
        Samples in each update: 1 is online (stochastic) learning, None is batch learning with
        all N samples; anything between, mini-batches.
    accumulate : int
        Batches whose gradients are added up for one update. The numbers are those of one batch of
        all their samples; the last update of an epoch has what batches are left.
    reduction : {"mean", "sum"}
        Whether the errors of a batch are averaged or summed.
    penalty : callable, optional
        Returns a term added to the error of every update, e.g. an `l2_penalty`. It is called
        twice before, to see that it reaches the parameters.
    clip_norm, clip_value : float, optional
        Largest norm of the gradient of the optimiser's parameters, and largest size of each of
        its numbers, which is clipped first; see `clip_grad_norm_` and `clip_grad_value_`.
    shuffle : bool
        Whether each epoch goes through the samples in a new order, drawn from `seed`.
    seed : int, random.Random, numpy.random.Generator or None
    schedule : optional
        A learning-rate schedule of `nn.train.schedules` that was made from the optimiser, stepped
        after each epoch; "cosine" or "linear", which go down to 0 within `epochs`, or "plateau";
        or a function that makes one, such as
        ``lambda optimizer: StepLR(optimizer, 10)``. `ReduceLROnPlateau` is given the validation
        loss, or the train loss where there is none.
    validation : (inputs, targets), (inputs, targets, weights) or Dataset, optional
        Data on which the loss is measured after each epoch.
    metric : str or callable, optional
        ``metric(model, inputs, targets)``, recorded under its name, or "accuracy"; without weights.
    tolerance : float, optional
        Stop when the train loss changes by less than this from one epoch to the next.
    target_loss : float, optional
        Stop when the train loss is at most this.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs, and return to the
        parameters of the best one.
    callbacks : iterable of callables
        Called with the history after each epoch; stop by returning True. Those that are context
        managers, as `watch` makes them, are entered before the first epoch and left at the end.
    progress : bool, optional
        Show a progress bar (tqdm). Default: where tqdm is installed.
    compiled : bool or str
        Trace the network once and compute whole batches with NumPy, or with the engine of that
        name; see `autograd.compile`. The same numbers, up to rounding, many times faster; only
        parameters of the optimiser get a `grad`. One that no sample of an update reaches, as a row
        of a table that is not looked up, has the gradient 0, as in PyTorch: momentum and weight
        decay go on moving it, whereas samples one by one leave it alone. Where there can be no
        program, because there are nodes among the inputs or the model draws random numbers in
        training mode, a warning says so, and samples go one by one. As long as the rule of the
        optimiser is one of this package, an epoch is one call with "jax", data, parameters and
        optimiser being on JAX's device meanwhile; and with "c" and "numba" machine code makes the
        updates of 0.05 s in a call, after which Ctrl-C is heard.
    dtype : {"float64", "float32"}
        Of `compiled`: the precision in which it computes.
    check_trace : bool
        Of `compiled`: whether epochs 1, 2, 4, 8, … and others as far as that takes 2 % of the time
        begin with one sample, drawn at random, that also goes through the model itself. Where its
        error or gradient differs from the program's, the model is traced anew, with a warning; if
        it still does, that is a `TraceError` with both numbers.
    keep : int, optional
        Keep all that training depends on after every `keep`-th epoch, and at the start, for
        `History.rewind`. Default: only after the last whole one.
    resume : History, optional
        Of an earlier call, to be continued bit for bit as if it had not stopped; it is left as it
        is. Model, optimiser, schedule, patience, the order of the samples and generators of random
        numbers that the model holds are first put back to the end of its last whole epoch.
        `epochs` are those to come, and `seed` has no say.

    Returns
    -------
    History
        Also when interrupted (Ctrl-C), which ends training after the update that is being made,
        with what was learnt so far in the model. With `resume`, of the earlier epochs, too.

    Raises
    ------
    ValueError
        If the data are empty, of different lengths, or hold nan or inf, with the place; if an
        option makes no sense, or an output is none that the loss has a meaning for; if no parameter
        of the optimiser belongs to the model, the schedule to another optimiser, or the penalty
        reaches no parameter; if `resume` was made with another kind of model, optimiser or
        schedule, or another number of samples. Nothing has been changed then.
    TypeError
        If an argument is something else than described, such as a class. The same holds.
    KeyboardInterrupt
        At a second Ctrl-C before that update is complete; it is given up.

    Examples
    --------
    >>> from nn import MLP, SGD
    >>> model = MLP(2, [4, 1], activation="tanh", output="sigmoid", rng=1)
    >>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> optimizer = SGD(model.parameters(), lr=1.0)
    >>> history = fit(model, x, t, "binary_cross_entropy", optimizer=optimizer, epochs=500,
    ...               progress=False)
    >>> [round(model(x_n).data) for x_n in x]
    [0, 1, 1, 0]

    With names, and the same program for whole batches:

    >>> history = fit(model, x, t, "binary_cross_entropy", optimizer="adam", lr=0.01, epochs=5,
    ...               metric="accuracy", clip_norm=1.0, compiled=True, progress=False)
    >>> history[-1]["train_accuracy"]
    1.0

    Classes that are rare count as much as the others with weights from their counts:

    >>> from collections import Counter
    >>> t = [0, 0, 0, 1]
    >>> counts = Counter(t)
    >>> weights = [len(t) / (len(counts) * counts[k]) for k in t]
    >>> [round(w, 2) for w in weights]
    [0.67, 0.67, 0.67, 2.0]
    >>> history = fit(model, x, t, "binary_cross_entropy", sample_weight=weights, progress=False)

    Notes
    -----
    Updates are made with the model in training mode (``model.train()``), validation loss and metric
    are computed in evaluation mode (``model.eval()``), and callbacks find it as it was before.

    Wherever an exception strikes, be it in a callback or a loss of yours, the parameters, and what
    the optimiser remembers, are those after a whole update. A history has whole epochs only; what
    was learnt since the last one is in the model, and is learnt again with `resume`. In another
    thread than the main one, and where the program handles SIGINT itself, as `asyncio.run` does,
    Ctrl-C is left alone.

    Python's cyclic garbage collector is paused meanwhile; see `autograd.collector.paused`.
    """
    if loss is None:
        raise TypeError("loss is missing: pass its name or a function of output and target")
    loss_of = find_loss(loss)
    data = training_data(inputs, targets, sample_weight, loss_of)
    check_counts(epochs=epochs, accumulate=accumulate)
    check_counts(
        batch_size=1 if batch_size is None else batch_size,
        patience=1 if patience is None else patience,
        keep=1 if keep is None else keep,
    )
    one_of("reduction", reduction, REDUCTIONS)
    one_of("dtype", dtype, ("float64", "float32"))
    if not compiled and dtype != "float64":
        raise ValueError(
            f"dtype is {short(dtype)}, but nodes compute in float64: pass compiled=True, too"
        )
    validated = held_out(validation, loss_of)
    if validated is None and patience is not None:
        raise ValueError("patience needs validation data to watch")
    if isinstance(model, type) or not hasattr(model, "parameters"):
        raise TypeError(f"model is {short(model)}: pass a module, such as MLP(2, [4, 1])")
    no_clipping = clip_norm is None and clip_value is None
    clipping = None if no_clipping else Clipping(clip_norm, clip_value)
    rng = generator(seed) if shuffle else None
    measure = find_metric(metric)
    updates: Any = find_optimizer(optimizer, model.parameters, lr)
    check_optimizer(model, updates, loss_of, data.inputs[0], data.targets[0])
    if penalty is not None:
        check_penalty(penalty, model, updates)
    known = {*model.parameters()}
    best = None if patience is None else Patience(patience, model.parameters())
    divergence = Divergence(model.parameters())
    rules: list[Rule] = []  # of several that stop, the last one is the reason
    if best is not None:
        rules.append(best)
    if tolerance is not None:
        rules.append(Tolerance(tolerance))
    if target_loss is not None:
        rules.append(Target(target_loss))
    order = Order(len(data.inputs), rng)
    if not isinstance(resume, History | None):
        raise TypeError(
            f"resume is {short(resume)}: pass the history of fit, or History.load(path)"
        )
    history = History() if resume is None else resume.rewind()
    start = len(history)

    def take(history: History) -> None:
        epoch = len(history)
        if divergence.is_seen:
            return
        history.checkpoints[epoch] = training.checkpoint(epoch)
        if keep is None or (epoch - 1) % keep:
            history.checkpoints.pop(epoch - 1, None)

    called = list(callbacks)  # which find the checkpoint of their epoch, and may change the state
    rules += [divergence, Callbacks([take, *called, take] if called else [take])]
    task = Learner(model, loss_of, updates, penalty, reduction, clipping, data, validated)
    showing, stack = progress_bar(epochs, progress), ExitStack()
    # The stack twice: if the end of the inner block is interrupted, the outer one leaves the rest.
    with Interruption() as wish, paused(), showing as show, stack, stack:
        enter(called, stack)
        try:
            learner = _learner(task, compiled, dtype, check_trace)
            schedule = find_schedule(schedule, updates, epochs)
            training = Training(model, updates, schedule=schedule, patience=best, order=order)
            divergence.training = training
            if resume is None:
                take(history)
            else:
                training.restore(history.checkpoints[start])
            for epoch in range(start + 1, start + epochs + 1):
                batches = order.batches(batch_size)
                record: dict[str, float] = {"epoch": epoch}
                if hasattr(updates, "lr"):
                    record["learning_rate"] = updates.lr
                if called:
                    learner.look_again()
                with in_mode(model, training=True):
                    summed = learner.epoch(_updates(batches, accumulate, wish))
                record["train_loss"] = summed / data.weight()
                is_finite = math.isfinite(record["train_loss"]) and divergence.are_finite()
                record |= _judge(learner, measure, is_finite)
                history.epochs.append(record)
                _step(schedule, record)
                show(record)
                reasons = [rule.reason for rule in rules if rule.stops(history)]
                if reasons:
                    history.stopped = divergence.reason if divergence.is_seen else reasons[-1]
                    break
            else:
                if divergence.is_left(history) and not getattr(updates, "maximize", False):
                    history.stopped = divergence.reason
        except KeyboardInterrupt:
            if wish.is_urgent:
                raise
            history.stopped = "interrupted"
        divergence.restore(history)
    if wish.is_wanted:  # perhaps when all was done
        history.stopped = "interrupted"
    if best is not None:
        best.restore()
    warn_of_kept_leaves(model, known.union(parameters_of(updates, model)))
    return history


def _learner(task: Learner, compiled: bool | str, dtype: str, check_trace: bool) -> Learner:
    """Return a learner of the kind that is wanted, or say why it is another."""
    if not compiled:
        return task
    try:
        engine = compiled if isinstance(compiled, str) else "numpy"
        return Compiled(**vars(task), engine=engine, dtype=dtype, check_trace=check_trace)
    except CannotCompileError as reason:
        warnings.warn(
            f"fit(compiled={short(compiled)}) goes through the samples one by one: {reason}",
            stacklevel=3,
        )
        return task


def _step(schedule: Any, record: dict[str, float]) -> None:
    """Bring a schedule, if there is one, to the next epoch."""
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(record.get("validation_loss", record["train_loss"]))
    elif schedule is not None:
        schedule.step()


def _updates(batches: list[list[int]], accumulate: int, wish: Interruption) -> Iterator[Update]:
    """Yield the batches of each update; before each, when all is whole, an interruption ends it."""
    for k in range(0, len(batches), accumulate):
        wish.grant()
        yield batches[k : k + accumulate]


def _judge(learner: Learner, metric: Metric | None, is_finite: bool) -> dict[str, float]:
    """Return validation loss and metric, as far as there are any, as columns of the history.

    Where training has diverged they are nan; a metric might not know what to say of that.
    """
    columns = {}
    with in_mode(learner.model, training=False):
        if learner.validation is not None:
            columns["validation_loss"] = learner.validation_loss() if is_finite else math.nan
        if metric is not None:
            function = getattr(metric, "func", metric)  # which `functools.partial` has wrapped
            name = getattr(function, "__name__", type(metric).__name__)
            for kind, data in (("train", learner.training), ("validation", learner.validation)):
                if data is not None:
                    measured = number_of(learner.measure(metric, data)) if is_finite else math.nan
                    columns[f"{kind}_{name}"] = measured
    return columns
