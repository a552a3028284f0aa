"""Which samples are shown: one for both passes, and those that are watched while training."""

from __future__ import annotations

from typing import Final

from autograd import Value
from autograd.view import Detail
from nn import LOSSES

from .task import Task

MOST_WEIGHTS_DRAWN: Final = 1000  # with more, a picture shows layers


def error(task: Task) -> Value:
    """Return E of the first sample of those held out, with its graph."""
    inputs, targets = task.seen(task.test)
    root: Value = LOSSES[task.loss](task.pipeline.model(inputs[0]), targets[0])
    root.label = "E"
    return root


def detail(task: Task) -> Detail:
    """Return as what the network is drawn that a picture has room for."""
    n_weights = len(task.pipeline.model.parameters())
    return "neuron" if n_weights <= MOST_WEIGHTS_DRAWN else "layer"


def watched(task: Task) -> str:
    """Return what the samples are that the learning curves show beside those trained on."""
    if task.choice.is_interrupted:
        return "set aside"
    return "test" if task.test != task.training else "after the epoch"
