"""Networks, samples and what `nn` gives, to hold PyTorch, JAX and ONNX Runtime against."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nn import ACTIVATIONS, MLP, Layer

SIZES = [(3, [1]), (1, [4, 1]), (2, [5, 3]), (3, [4, 4, 2])]


def package(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed")


def network(nin: int, nouts: list[int], activation: Any, output: Any = None) -> MLP:
    """A network whose biases are not 0, as after training."""
    model = MLP(nin, nouts, activation=activation, output=output or activation, rng=1)
    generator = random.Random(2)
    for parameter in model.parameters():
        parameter.data += generator.uniform(-1.0, 1.0)
    return model


def samples(nin: int) -> list[list[float]]:
    """Small and large numbers: activations bend, and saturate."""
    generator = random.Random(3)
    scales = [0.0, 0.1, 1.0, 3.0, 30.0]
    return [[scale * generator.gauss(0.0, 1.0) for _ in range(nin)] for scale in scales]


def outputs(model: MLP | Layer, inputs: list[list[float]]) -> list[list[float]]:
    """What `nn` gives, always as lists."""
    results = [model(x) for x in inputs]
    return [[z.data for z in (y if isinstance(y, list) else [y])] for y in results]


def every_case(test: Callable[..., None]) -> Callable[..., None]:
    test = pytest.mark.parametrize(("nin", "nouts"), SIZES)(test)
    return pytest.mark.parametrize("activation", list(ACTIVATIONS))(test)


def unit_layer(activation: Any) -> Layer:
    """A layer that computes the activation of its input, and nothing else."""
    layer = Layer(1, 1, activation=activation)
    layer.neurons[0].w[0].data = 1.0
    return layer


def run_onnx(onnxruntime: Any, path: Path, inputs: Any, dtype: str) -> Any:
    """What ONNX Runtime computes; a file that breaks the standard fails before."""
    numpy, onnx = package("numpy"), package("onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (y,) = session.run(["y"], {"x": numpy.array(inputs, dtype=dtype)})
    assert y.dtype == dtype
    return y
