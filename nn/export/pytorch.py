"""Networks for PyTorch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from ..module import Module
from .layers import (
    NAMES,
    Block,
    Shape,
    blocks_of,
    forward_of,
    is_known_by_name,
    package,
    plain_layers,
    shape_of,
)


def to_torch(model: Module, inputs: Shape | None = None) -> Any:
    """Return an equivalent module of PyTorch, in float64.

    Of an `MLP` or a `Layer` with activations of `ACTIVATIONS` it is a `torch.nn.Sequential` of
    `torch.nn.Linear` layers, each followed by its activation (none for "identity").

    Any other model is traced as by `compile`: run once on unknown numbers. The module does what
    was found then, in operations on whole tensors; each row of the table, also one of your own,
    has the derivative that it declares, and may be differentiated again. Numbers that are no
    parameters stay what they are now. The parameters have the names of `named_parameters`, where
    a list of parameters, or of such lists of one length, is one tensor: `self.W[2][3]` is an entry
    of "W". The weights of a `Layer` are ``neurons.w``, its biases ``neurons.b``.

    Outputs and gradients are the same to rounding. What is shared here is shared there, and what
    is frozen here is frozen there.

    Where `nn` takes one sample and gives a list of K numbers, or a single number for K = 1,
    PyTorch takes an array of shape (N, D) for N samples of D inputs and always gives (N, K):
    (N, 1) for one output. Index ``[:, 0]`` before comparing it with targets of shape (N,).

    Parameters
    ----------
    model : Module
        It is left alone, and shares nothing with the result.
    inputs : int or tuple of int, optional
        What it is called with: 3 for a list of 3 numbers, (4, 3) for a list of 4 such lists, ()
        for a single number. Of an `MLP`, a `Layer` and a `Neuron` it is known.

    Returns
    -------
    torch.nn.Module
        Call ``.float()`` on it for PyTorch's usual float32.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    TypeError
        If the model is no `Module`, if what it is called with is not known, or if an operation of
        your own is not written for arrays.
    TraceError
        If the model asks for a number, as ``if x > 0`` does, or draws random numbers, as in
        training.
    ValueError
        If the model cannot be called with so many inputs.

    Examples
    --------
    The same number from both::

        import torch
        from nn import MLP
        from nn.export import to_torch

        model = MLP(2, [3, 1], activation="tanh", rng=0)
        network = to_torch(model)
        x = torch.tensor([[0.5, -1.0]], dtype=torch.float64)
        assert abs(network(x)[0, 0].item() - model([0.5, -1.0]).data) < 1e-12
    """
    shape = shape_of(model, inputs, "to_torch")
    blocks = blocks_of(model)
    layers = plain_layers(model, blocks)
    is_known = layers is not None and all(
        layer.activation in NAMES and is_known_by_name(layer) for layer in layers
    )
    forward = None if is_known else forward_of(model, blocks, shape)
    torch = package("torch", "to_torch", "pip install torch")
    if forward is not None:
        return importlib.import_module(".torch_arrays", __package__).TracedModule(blocks, forward)
    activations = _torch_activations()
    modules = []
    for layer, weights, biases in zip(layers or [], blocks[::2], blocks[1::2]):
        modules.append(_linear(torch, weights, biases))
        if layer.activation != "identity":
            kind, settings = activations[layer.activation]
            modules.append(kind(**{name: accepted[0] for name, accepted in settings.items()}))
    return torch.nn.Sequential(*modules)


def _linear(torch: Any, weights: Block, biases: Block) -> Any:
    # a plain Linear(...) would draw from PyTorch's global generator, only to be overwritten
    height, width = weights.shape
    linear = torch.nn.utils.skip_init(torch.nn.Linear, width, height, dtype=torch.float64)
    with torch.no_grad():
        for parameter, block in ((linear.weight, weights), (linear.bias, biases)):
            numbers = torch.tensor(block.numbers, dtype=torch.float64)
            parameter.copy_(numbers.reshape(block.shape)).requires_grad_(block.requires_grad)
    return linear


def _torch_activations() -> dict[str, tuple[Any, dict[str, tuple[Any, ...]]]]:
    """Return PyTorch's activations and which settings are ours; the first is what we set."""
    nn = importlib.import_module("torch.nn")
    return {
        "sigmoid": (nn.Sigmoid, {}),
        "tanh": (nn.Tanh, {}),
        "relu": (nn.ReLU, {}),
        "leaky_relu": (nn.LeakyReLU, {"negative_slope": (0.01,)}),
        "elu": (nn.ELU, {"alpha": (1.0,)}),
        "silu": (nn.SiLU, {}),
        "gelu": (nn.GELU, {"approximate": ("none",)}),
        "softplus": (nn.Softplus, {"beta": (1.0,), "threshold": (40.0, 20.0)}),
        "gudermannian": (_gudermannian_class(), {}),
        "softmax": (nn.Softmax, {"dim": (-1, 1)}),
    }


@cache
def _gudermannian_class() -> Any:
    """Return the module that PyTorch lacks; its base class exists only once PyTorch is loaded."""
    torch: Any = importlib.import_module("torch")
    base: Any = torch.nn.Module

    class Gudermannian(base):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return 2.0 * torch.atan(torch.tanh(0.5 * x))

        def __reduce__(self) -> tuple[Callable[[], Any], tuple[()], dict[str, Any]]:
            return _gudermannian, (), self.__dict__  # pickle finds no class inside a function

    return Gudermannian


def _gudermannian() -> Any:
    return _gudermannian_class()()
