"""Neural networks built from the nodes of `autograd`.

PRML is C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006.
"""

from .activations import ACTIVATIONS, find_activation
from .blocks import Dropout, Embedding, LayerNorm, RMSNorm, Sequential
from .deltas import deltas
from .evaluation import accuracy, mean_loss, predict, predict_class, predict_proba
from .export import ModelFileError, load, save
from .layers import MLP, Layer, Neuron
from .losses import (
    LOSSES,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    half_squared_error,
    hinge,
    l1_penalty,
    l2_penalty,
    mean_squared_error,
    total,
)
from .module import Module
from .train import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    History,
    LambdaLR,
    Optimizer,
    RMSprop,
    StepLR,
    fit,
)

__all__ = [
    "ACTIVATIONS",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "Dropout",
    "Embedding",
    "ExponentialLR",
    "History",
    "LOSSES",
    "LambdaLR",
    "Layer",
    "LayerNorm",
    "MLP",
    "ModelFileError",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSNorm",
    "RMSprop",
    "SGD",
    "Sequential",
    "StepLR",
    "accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_with_logits",
    "deltas",
    "find_activation",
    "fit",
    "half_squared_error",
    "hinge",
    "l1_penalty",
    "l2_penalty",
    "load",
    "mean_loss",
    "mean_squared_error",
    "predict",
    "predict_class",
    "predict_proba",
    "save",
    "total",
]
