"""Activation functions by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from autograd import Value, operation, softmax
from autograd.choices import hint
from autograd.quoting import short

Activation = str | Callable[[Any], Any]

ACTIVATIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "identity": Value.__pos__,
    "linear": Value.__pos__,
    "sigmoid": Value.sigmoid,
    "logistic": Value.sigmoid,
    "tanh": Value.tanh,
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "elu": Value.elu,
    "silu": Value.silu,
    "gelu": Value.gelu,
    "softplus": Value.softplus,
    "gudermannian": Value.gudermannian,
    "softmax": softmax,  # of a whole layer
}

SYNONYMS: Final = {"linear": "identity", "logistic": "sigmoid"}


def find_activation(activation: Activation) -> Callable[[Any], Any]:
    """Return the function of that name; a function is returned as it is.

    Names are those of `ACTIVATIONS`, and of operations of your own with one operand. Another name
    raises ValueError, which has the closest one; what is neither a name nor callable, TypeError.

    Examples
    --------
    >>> find_activation("tanh")(Value(0.0)).data
    0.0
    """
    if callable(activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(f"an activation is a name or a function, not {short(activation)}")
    if activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    try:
        row = operation(activation)
    except ValueError:
        known = hint(activation, ACTIVATIONS)
        raise ValueError(f"no activation function {short(activation)}; {known}") from None
    try:
        row(0.5)
    except TypeError:
        raise ValueError(f"an activation has one operand; {short(activation)} takes more") from None
    return row


def activation_name(activation: Activation) -> str:
    """Return the name of an activation function, of two names that of its operation."""
    find_activation(activation)
    if isinstance(activation, str):
        return SYNONYMS.get(activation, activation)
    return str(getattr(activation, "name", None) or getattr(activation, "__name__", "custom"))
