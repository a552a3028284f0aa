"""The training itself, and before it the choice of a weight decay."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import replace
from typing import Any, Final

from nn import LOSSES, OPTIMIZERS, History, accuracy, fit, predict
from nn.data import Dataset, split
from nn.train.progress import progress_bar

from .task import Task

SET_ASIDE: Final = 0.25  # of the samples to train on, while a weight decay is chosen
MOST_SET_ASIDE: Final = 1000


def learn(task: Task) -> tuple[History, float]:
    """Train the network of a task; return also how many seconds it took.

    Where the settings have several weight decays, each is tried first: the network learns with it
    from three quarters of the samples to train on, and the loss on the others is put into
    `task.tried`. With the one that is chosen it then starts anew, from all of them. The samples
    that are held out for testing have no say.

    Chosen is the strongest whose loss is at most one standard error above the lowest; the error is
    that of the mean difference between the two.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted before anything was learnt.

    References
    ----------
    The rule of one standard error: L. Breiman, J. Friedman, R. Olshen, C. Stone, "Classification
    and Regression Trees", 1984, section 3.4.3.
    """
    model, start = task.pipeline.model, time.perf_counter()
    before = model.state_dict()
    history = _choose(task) if task.settings.decays else None
    if history is None:
        with progress_bar(task.settings.epochs, _wanted(task), "test") as show:
            history = _trained(
                task,
                task.training,
                task.settings.weight_decay,
                validation=task.seen(task.test),
                metric=None if task.is_regression else accuracy,
                callbacks=[lambda history: show(history[-1])],
            )
    if not history.epochs and model.state_dict() == before:
        raise KeyboardInterrupt  # and there is nothing to be saved
    return history, time.perf_counter() - start


def _wanted(task: Task) -> bool | None:
    """Return whether there is to be a progress bar; None for where there can be one."""
    return False if task.options.quiet else None


def _choose(task: Task) -> History | None:
    """Settle on a weight decay, the network being as before; if interrupted, tell how far it is."""
    model, settings = task.pipeline.model, task.settings
    before = model.state_dict()
    share = min(SET_ASIDE, MOST_SET_ASIDE / len(task.training))
    rest, aside = split(task.training, share, task.options.seed)
    errors, unseen = {}, task.seen(aside)
    epochs = len(settings.decays) * settings.epochs
    with progress_bar(epochs, _wanted(task), "set-aside") as show:
        for decay in settings.decays:
            model.load_state_dict(before)
            callbacks = [lambda history: show(history[-1])]
            history = _trained(task, rest, decay, validation=unseen, callbacks=callbacks)
            if history.stopped == "interrupted":
                return history
            if math.isfinite(history[-1]["validation_loss"]):
                errors[decay] = _errors(task, *unseen)
                task.tried[decay] = statistics.fmean(errors[decay])
    model.load_state_dict(before)
    chosen = strongest(errors) if errors else None
    task.settings = replace(settings, weight_decay=chosen, decays=())
    return None


def chosen_decay(task: Task) -> str:
    """Return the weight decay, among which it was chosen, and why, in words."""
    tried = ", ".join([f"{decay:.2g}" for decay in task.tried])
    return (
        f"{task.settings.weight_decay:.2g}, chosen from {tried}: the strongest that was about as "
        "good as the best on training samples set aside"
    )


def _errors(task: Task, inputs: list[list[float]], targets: list[Any]) -> list[float]:
    loss = LOSSES[task.loss]
    return [float(loss(y, t)) for y, t in zip(predict(task.pipeline.model, inputs), targets)]


def strongest(errors: dict[float, list[float]]) -> float:
    """Return the largest key whose errors are not clearly above those of the best, on average.

    Examples
    --------
    >>> strongest({0.1: [1.0, 2.0], 1.0: [0.9, 2.2], 10.0: [3.1, 4.0]})
    1.0
    """
    lowest = min(errors.values(), key=statistics.fmean)

    def is_near(others: list[float]) -> bool:
        more = [a - b for a, b in zip(others, lowest, strict=True)]
        spread = statistics.stdev(more) if len(more) > 1 else 0.0
        return statistics.fmean(more) <= spread / math.sqrt(len(more))

    return max(key for key, others in errors.items() if is_near(others))


def _trained(task: Task, rows: Dataset, decay: float | None, **others: Any) -> History:
    options, settings, parameters = task.options, task.settings, task.pipeline.model.parameters()
    optimizer = OPTIMIZERS[options.optimizer]
    decays = {} if decay is None else {"weight_decay": decay}
    return fit(
        task.pipeline.model,
        *task.seen(rows),
        task.loss,
        optimizer=optimizer(parameters, lr=settings.learning_rate, **decays),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        seed=options.seed,
        schedule=settings.schedule,
        progress=False,
        compiled=True,
        **others,
    )
