"""The training itself, and before it the choice of a weight decay."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any, Final

from nn import OPTIMIZERS, History, accuracy, fit
from nn.data import Dataset, split

from .task import Task

SET_ASIDE: Final = 0.2  # of the samples to train on, while a weight decay is chosen


def learn(task: Task) -> tuple[History, float]:
    """Train the network of a task; return also how many seconds it took.

    Where the settings have several weight decays, each is tried first: the network learns with it
    from four fifths of the samples to train on, and the loss on the others is put into
    `task.tried`. With the best one it then starts anew, from all of them. The samples that are
    held out for testing have no say.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted before anything was learnt.
    """
    model, start = task.pipeline.model, time.perf_counter()
    before = model.state_dict()
    history = _choose(task) if task.settings.decays else None
    if history is None:
        history = _trained(
            task,
            task.training,
            task.settings.weight_decay,
            validation=task.seen(task.test),
            metric=None if task.is_regression else accuracy,
            progress=False if task.options.quiet else None,
        )
    if not history.epochs and model.state_dict() == before:
        raise KeyboardInterrupt  # and there is nothing to be saved
    return history, time.perf_counter() - start


def _choose(task: Task) -> History | None:
    """Settle on a weight decay, the network being as before; if interrupted, tell how far it is."""
    model, settings = task.pipeline.model, task.settings
    before = model.state_dict()
    rest, aside = split(task.training, SET_ASIDE, task.options.seed)
    unseen = task.seen(aside)
    for decay in settings.decays:
        model.load_state_dict(before)
        history = _trained(task, rest, decay, validation=unseen, progress=False)
        if history.stopped == "interrupted":
            return history
        loss = history[-1]["validation_loss"]
        task.tried[decay] = loss if math.isfinite(loss) else math.inf
    model.load_state_dict(before)
    best = min(task.tried, key=task.tried.__getitem__)
    task.settings = replace(settings, weight_decay=best, decays=())
    return None


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
        compiled=True,
        **others,
    )
