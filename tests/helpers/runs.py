"""A model and what trains it, to be run in parts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from nn import (
    MLP,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    History,
    ReduceLROnPlateau,
    RMSprop,
    StepLR,
    fit,
)

X = [[math.sin(3.0 * n), math.cos(5.0 * n)] for n in range(13)]
T = [[x[0] * x[1], x[0]] for x in X]
HELD_OUT = [[0.3, -0.7], [-0.2, 0.9]], [[0.1, -0.4], [0.6, 0.2]]


class Run:
    """A model and what trains it, built anew as in another process."""

    def __init__(self, optimizer: str = "Adam", schedule: str = "StepLR", compiled: Any = False):
        self.model = MLP(2, [3, 2], activation="tanh", rng=4)
        kinds: dict[str, Callable[[Any], Any]] = {
            "SGD": lambda params: SGD(params, lr=0.1, momentum=0.9),
            "Adagrad": lambda params: Adagrad(params, lr=0.1),
            "RMSprop": lambda params: RMSprop(params, lr=0.01, centered=True, momentum=0.5),
            "Adam": lambda params: Adam(params, lr=0.05, amsgrad=True),
            "AdamW": lambda params: AdamW(params, lr=0.05),
        }
        self.optimizer = kinds[optimizer](self.model.parameters())
        schedules: dict[str, Callable[[Any], Any]] = {
            "StepLR": lambda optimizer: StepLR(optimizer, step_size=3, gamma=0.7),
            "ExponentialLR": lambda optimizer: ExponentialLR(optimizer, gamma=0.9),
            "CosineAnnealingLR": lambda optimizer: CosineAnnealingLR(optimizer, T_max=7),
            "ReduceLROnPlateau": lambda optimizer: ReduceLROnPlateau(optimizer, patience=1),
            "": lambda optimizer: None,
        }
        self.schedule = schedules[schedule](self.optimizer)
        self.compiled = compiled

    def fit(self, epochs: int = 5, **options: Any) -> History:
        defaults = {"loss": "mean_squared_error", "batch_size": 4, "seed": 3, "progress": False}
        options = {
            **defaults, "optimizer": self.optimizer, "schedule": self.schedule,
            "compiled": self.compiled, "inputs": X, "targets": T, **options,
        }  # fmt: skip
        return fit(self.model, epochs=epochs, **options)

    def state(self) -> list[Any]:
        """Everything, with the exact digits of each number."""
        schedule = self.schedule and self.schedule.state_dict()
        state = self.model.state_dict(), self.optimizer.state_dict(), schedule
        return [json.dumps(part) for part in state]
