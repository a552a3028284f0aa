"""Networks for PyTorch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from ..layers import MLP, Layer
from .layers import Dense, dense_layers, package


def to_torch(model: MLP | Layer) -> Any:
    """Return an equivalent `torch.nn.Sequential` in float64.

    Its modules are `torch.nn.Linear` layers, each followed by its activation (none for
    "identity"). Outputs and gradients are the same to rounding.

    Where `nn` takes one sample and gives a list of K numbers, or a single number for K = 1,
    PyTorch takes an array of shape (N, D) for N samples of D inputs and always gives (N, K):
    (N, 1) for one output. Index ``[:, 0]`` before comparing it with targets of shape (N,).

    Parameters
    ----------
    model : MLP or Layer
        With activations of `ACTIVATIONS`. It is left alone, and shares nothing with the result.

    Returns
    -------
    torch.nn.Sequential
        Call ``.float()`` on it for PyTorch's usual float32.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    TypeError
        If the model is neither an `MLP` nor a `Layer`.
    ValueError
        If an activation is not of `ACTIVATIONS`, such as a function of your own.

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
    layers = dense_layers(model, "to_torch")
    torch = package("torch", "to_torch", "torch")
    activations = _torch_activations()
    modules = []
    for layer in layers:
        modules.append(_linear(torch, layer))
        if layer.activation != "identity":
            kind, settings = activations[layer.activation]
            modules.append(kind(**{name: accepted[0] for name, accepted in settings.items()}))
    return torch.nn.Sequential(*modules)


def _linear(torch: Any, layer: Dense) -> Any:
    # a plain Linear(...) would draw from PyTorch's global generator, only to be overwritten
    linear = torch.nn.utils.skip_init(
        torch.nn.Linear, len(layer.weights[0]), len(layer.weights), dtype=torch.float64
    )
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(layer.weights, dtype=torch.float64))
        linear.bias.copy_(torch.tensor(layer.biases, dtype=torch.float64))
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
