"""Training: `fit`, optimisers, schedules, and the history of what happened."""

from .history import History
from .optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from .schedules import CosineAnnealingLR, ExponentialLR, LambdaLR, Schedule, StepLR
from .trainer import fit

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "History",
    "LambdaLR",
    "Optimizer",
    "RMSprop",
    "SGD",
    "Schedule",
    "StepLR",
    "fit",
]
