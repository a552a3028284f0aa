"""Names of activations in compiled programs, whatever the activation is written as."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Operation, Value
from autograd.table import TABLE
from nn import MLP

X, T = [[0.5, -1.0], [0.25, 0.75]], [[1.0, 0.0], [0.0, 1.0]]


def own_tanh() -> Operation:
    return Operation("tanh of my own", math.tanh, lambda z, a: (1.0 - z * z,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: "tanh",
        lambda: Value.tanh,
        lambda: lambda a: a.tanh(),
        own_tanh,
        lambda: lambda a: a.tanh() * a.sigmoid(),
        lambda: lambda a: ((2.0 * a).exp() - 1.0) / ((2.0 * a).exp() + 1.0),
    ],
)
def test_activations_and_deltas_have_their_names(make: Callable[[], Any]) -> None:
    model = MLP(2, [3, 2], activation=make(), output=make(), rng=0)
    step = model.compile("half_squared_error")
    try:
        _, gradient = step(X, T)
        assert gradient.any()
    finally:
        TABLE.pop("tanh of my own", None)
    names = [line.split(" = ")[0].strip() for line in step.source.splitlines()]
    assert {"A1", "Z1", "A2", "Z2", "δ1", "δ2"} <= set(names)
    assert any(line.strip().startswith("A2 = W2 @ Z1 + b2") for line in step.source.splitlines())
    assert any("dW2 = δ2 @ Z1.T" in line for line in step.source.splitlines())
