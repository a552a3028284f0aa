"""The training itself, and before it the choice of hidden layers and a weight decay."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any, Final, NamedTuple

from nn import LOSSES, OPTIMIZERS, History, accuracy, fit, predict
from nn.data import Dataset, split
from nn.train.interruption import Interruption
from nn.train.progress import progress_bar

from .choice import Candidate, best
from .task import Task

SET_ASIDE: Final = 0.25  # of the samples to train on, while there is a choice
MOST_SET_ASIDE: Final = 1000


def learn(task: Task) -> tuple[History, float]:
    """Train the network of a task; return also how many seconds it took.

    Where there are several candidates, each is tried first: it learns from three quarters of the
    samples to train on, and its loss on the others is put into `task.choice`. The one that is
    chosen then starts anew, from all of them. The samples that are held out for testing have no
    say.

    An interruption meanwhile leaves the network of the best trial that is complete, or else of the
    one that is not.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted before anything was learnt.
    """
    start = time.perf_counter()
    history = History()
    with Interruption() as wish:  # also between two trials
        trial = _choose(task, wish) if task.choice.candidates else None
        if not wish.is_wanted:
            with progress_bar(task.settings.epochs, _wanted(task), "test") as show:
                history = _trained(
                    task,
                    task.training,
                    task.settings.weight_decay,
                    validation=task.seen(task.test),
                    metric=None if task.is_regression else accuracy,
                    callbacks=[lambda history: show(history[-1])],
                )
    if not history.epochs and trial is not None:
        task.choice.is_interrupted = True
        history = trial.history
        history.stopped = "interrupted"
        task.pipeline.model.load_state_dict(trial.numbers)
    if not history.epochs and task.is_untrained:
        raise KeyboardInterrupt  # and there is nothing to be saved
    task.pipeline = replace(task.pipeline, layers_because=task.choice.of_layers)
    return history, time.perf_counter() - start


def _wanted(task: Task) -> bool | None:
    """Return whether there is to be a progress bar; None for where there can be one."""
    return False if task.options.quiet else None


class _Trial(NamedTuple):
    history: History
    numbers: dict[str, float]


def _choose(task: Task, wish: Interruption) -> _Trial | None:
    """Settle on a candidate, not yet trained; return its trial, or that of an interruption."""
    settings, choice = task.settings, task.choice
    share = min(SET_ASIDE, MOST_SET_ASIDE / len(task.training))
    rest, aside = split(task.training, share, task.options.seed)
    unseen, trial = task.seen(aside), None
    trials: dict[Candidate, _Trial] = {}
    with progress_bar(len(choice.candidates) * settings.epochs, _wanted(task), "set-aside") as show:
        for candidate in choice.candidates:
            _take(task, candidate)
            history = _trained(
                task,
                rest,
                candidate.weight_decay,
                validation=unseen,
                callbacks=[lambda history: show(history[-1])],
            )
            trial = _Trial(history, task.pipeline.model.state_dict())
            is_whole = len(history) == settings.epochs
            if is_whole and math.isfinite(history[-1]["validation_loss"]):
                choice.errors[candidate] = _errors(task, *unseen)
                trials[candidate] = trial
            if history.stopped == "interrupted" or wish.is_wanted:
                break
    if not choice.errors:
        return trial
    chosen = best(choice.errors)
    _take(task, chosen)
    return trials[chosen]


def _take(task: Task, candidate: Candidate) -> None:
    """Let a candidate be the network of a task, at its start."""
    task.choice.taken = candidate
    task.settings = replace(task.settings, **candidate._asdict())
    task.build(candidate.layers)


def _errors(task: Task, inputs: list[list[float]], targets: list[Any]) -> list[float]:
    loss = LOSSES[task.loss]
    return [float(loss(y, t)) for y, t in zip(predict(task.pipeline.model, inputs), targets)]


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
