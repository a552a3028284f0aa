"""What trains a model must have to do with it: otherwise nothing would be learnt, unnoticed.

A model that was made anew, as by running the cell of a notebook again, has other parameters.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from typing import Any, Final

from autograd import Value, topological_order
from autograd.choices import look_up
from autograd.quoting import clipped, short

from ..losses import Loss
from ..module import Module
from .learner import parameters_of
from .optimizers import OPTIMIZERS, SGD
from .plateau import ReduceLROnPlateau
from .schedules import CosineAnnealingLR, LinearLR


def check_optimizer(model: Module, optimizer: Any, loss: Loss, x: Any, t: Any) -> None:
    """Raise ValueError unless some parameter of the optimiser is one of the model, or of the loss.

    Those that the model does not list are looked for in the graph of one sample.
    """
    name, listed = type(optimizer).__name__, parameters_of(optimizer, model)
    if not {*listed} & {*model.parameters()} and not {*listed} & _leaves(loss(model(x), t)):
        raise ValueError(
            f"none of the {len(listed)} parameters of the optimiser {name} belongs to this "
            f"{type(model).__name__}, as after it was made anew: make the optimiser anew, too, "
            f"{name}(model.parameters())"
        )
    if not any(p.requires_grad for p in listed):
        raise ValueError(
            f"all {len(listed)} parameters of the optimiser {name} are frozen: set some free, "
            "model.requires_grad_()"
        )


# What a name stands for, given an optimiser and the number of epochs.
SCHEDULES: Final[dict[str, Callable[[Any, int], Any]]] = {
    "cosine": CosineAnnealingLR,
    "linear": lambda optimizer, epochs: LinearLR(optimizer, 1.0, 0.0, epochs),
    "plateau": lambda optimizer, epochs: ReduceLROnPlateau(optimizer),
}


def find_optimizer(optimizer: Any, params: Callable[[], list[Value]], lr: float | None) -> Any:
    """Return the optimiser of that name for some parameters; an optimiser is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name, or an optimiser and a learning rate are given.
    TypeError
        If it is neither a name nor an optimiser, which has `step` and `zero_grad`.
    """
    if optimizer is None:
        return SGD(params(), lr=0.1 if lr is None else lr)
    if isinstance(optimizer, str):
        kind = look_up("optimizer", optimizer, OPTIMIZERS)
        return kind(params()) if lr is None else kind(params(), lr=lr)
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise TypeError(
            f"optimizer is the class {name}: make one, {name}(model.parameters(), lr=...)"
        )
    if not all(callable(getattr(optimizer, name, None)) for name in ("step", "zero_grad")):
        raise TypeError(
            f"optimizer is {short(optimizer)}: pass a name, such as 'adam', or an optimiser, "
            "such as Adam(model.parameters())"
        )
    if lr is not None:
        raise ValueError(
            f"lr is {lr}, but the optimiser has its own, {getattr(optimizer, 'lr', None)}: set it "
            "there"
        )
    return optimizer


def find_schedule(schedule: Any, optimizer: Any, epochs: int) -> Any:
    """Return a schedule, the one of that name, what a function makes of the optimiser, or None.

    Raise unless it writes the learning rate of this optimiser, or of one inside it.
    """
    if isinstance(schedule, str):
        schedule = look_up("schedule", schedule, SCHEDULES)(optimizer, epochs)
    elif callable(schedule) and not hasattr(schedule, "step"):
        schedule = schedule(optimizer)
    elif schedule is None:
        return None
    if not callable(getattr(schedule, "step", None)) or isinstance(schedule, type):
        raise TypeError(
            f"schedule is {short(schedule)}: pass one that was made from the optimiser, such as "
            "StepLR(optimizer, step_size=10), or a function that makes one from it"
        )
    own, inside = getattr(schedule, "optimizer", optimizer), getattr(optimizer, "__dict__", {})
    if own is not optimizer and not any(own is x for x in inside.values()):
        raise ValueError(
            f"the schedule {type(schedule).__name__} was made from another optimiser, "
            f"{_named(own)}, than the one that trains, {_named(optimizer)}: make the schedule "
            "from that one, and pass both"
        )
    return schedule


def check_penalty(penalty: Callable[[], Any], model: Module, optimizer: Any) -> None:
    """Raise ValueError unless a penalty reaches a parameter, also when it is called again."""
    penalty()
    if not _leaves(penalty()) & {*model.parameters(), *parameters_of(optimizer, model)}:
        raise ValueError(
            f"the penalty reaches none of the parameters of this {type(model).__name__}: write a "
            "function that asks for them each time, lambda: l2_penalty(model.parameters(), 0.01)"
        )


def _leaves(x: Any) -> set[Value]:
    nodes = topological_order(x) if isinstance(x, Value) else []
    return {node for node in nodes if node.operation is None}


def warn_of_kept_leaves(model: Module, known: Collection[Value]) -> None:
    """Warn of leaves that a call has left in the model, such as an input: they are parameters."""
    kept = [name for name, p in model.named_parameters() if p not in known]
    if kept:
        warnings.warn(
            f"calls of {type(model).__name__} have left {len(kept)} leaves in it that now count as "
            f"parameters, {', '.join(map(clipped, kept[:3]))}: keep their numbers, .data, instead",
            stacklevel=3,
        )


def _named(optimizer: Any) -> str:
    return f"{type(optimizer).__name__}(lr={getattr(optimizer, 'lr', None)})"
