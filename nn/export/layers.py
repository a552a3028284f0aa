"""What all exports share: layers as plain numbers, activations by name, packages that may lack."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import autograd
from autograd import Value, softmax

from ..activations import ACTIVATIONS, SYNONYMS, find_activation
from ..layers import MLP, Layer

NAMES: Final = [name for name in ACTIVATIONS if name not in SYNONYMS]


class Dense(NamedTuple):
    """What a layer computes, in plain numbers: z = h(W x + b)."""

    weights: list[list[float]]  # a row for each of the M units, of D numbers
    biases: list[float]
    activation: str


def dense_layers(model: MLP | Layer, function: str) -> list[Dense]:
    """Return the layers of a network for the function that translates it; see `to_torch`."""
    dense = []
    for i, layer in enumerate(model.layers if type(model) is MLP else [model], start=1):
        if type(layer) is not Layer:
            raise TypeError(
                f"{function}() translates an MLP or a Layer, not {type(layer).__name__}, whose "
                "wiring it cannot know; rebuild it there and copy the numbers of state_dict()"
            )
        if layer.activation not in NAMES or not is_known_by_name(layer):
            raise ValueError(
                f"{function}() cannot translate the activation {layer.activation!r} of layer {i}; "
                f"use one of {', '.join(NAMES)}, or rebuild the network there by hand"
            )
        weights = [[weight.data for weight in neuron.w] for neuron in layer.neurons]
        biases = [neuron.b.data for neuron in layer.neurons]
        dense.append(Dense(weights, biases, layer.activation))
    return dense


def is_known_by_name(layer: Layer) -> bool:
    """Return whether the activation is what its name says: anyone can call a function "tanh".

    Raises ValueError if nothing is known by this name.
    """
    known = known_by(layer.activation)
    if layer.acts_on_layer:
        return softmax in known
    return all(neuron._function in known for neuron in layer.neurons)


def known_by(name: str) -> tuple[Any, ...]:
    """Return the functions of one number that are known by a name; ValueError if there is none."""
    return find_activation(name), getattr(Value, name, None), getattr(autograd, name, None)


def network(sizes: Sequence[int], numbers: Iterable[float], **settings: Any) -> MLP:
    """Return an `MLP` with these parameters, in the order of `parameters()`; none is drawn."""
    model = MLP(sizes[0], sizes[1:], init=lambda rng, fan_in, fan_out: 0.0, **settings)
    for parameter, number in zip(model.parameters(), numbers, strict=True):
        parameter.data = number
    return model


def package(name: str, function: str, install: str) -> Any:
    """Import a package for a function, or say how to install it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{function}() needs the package {name}; install it with: pip install {install}"
        ) from error
