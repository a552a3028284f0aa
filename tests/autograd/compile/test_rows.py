"""Every operation of the table, compiled, at ordinary points and at the edges; nan and inf."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import autograd
from autograd import Value, logsumexp, softmax
from autograd.compile import compile
from autograd.table import BUILT_IN
from eager import agree, error_of, is_close, samples
from nn import MLP, half_squared_error
from rows import EDGES, INF, NAN, ORDINARY, POSITIVE, agree_at_edges, cases_of

pytestmark = pytest.mark.filterwarnings("error")


# -- every operation of the table ------------------------------------------------------------------


def agree_at(apply: Callable[..., Any], at: Sequence[float]) -> None:
    """Compare an operation on products, on what all samples share, and with constants."""
    w = [Value(x) for x in at]
    first, T = w[:1], [1.0, 2.0, 0.5, 1.5]
    X = [[1.0 + 0.01 * (k + j) for k in range(len(w))] for j in range(4)]
    agree(lambda x, t: apply(*[a * b for a, b in zip(w, x)]) * t, w, X, T)
    agree(lambda x, t: apply(*w) * t, w, X, T)
    agree(lambda x, t: apply(w[0], *x[1:]) * t, first, X, T)
    agree(lambda x, t: apply(*x[1:], w[0]) * t, first, X, T)
    agree(lambda x, t: apply(w[0] * x[0], *at[1:]) * t, first, X, T)
    agree(lambda x, t: apply(*at[1:], w[0] * x[0]) * t, first, X, T)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_operations_at_ordinary_points(name: str) -> None:
    low, high = ORDINARY.get(name, (0.6, 0.9) if name in POSITIVE else (0.6, -0.9))
    for count, apply in cases_of(name):
        agree_at(apply, [low, 0.5 * (low + high), high][:count])


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_operations_at_the_edges(name: str) -> None:
    """nan and inf are where eager mode has them."""
    for count, apply in cases_of(name):
        for form in ("products", "shared"):
            agree_at_edges(apply, count, EDGES if count < 3 else EDGES[:7], form)


# -- derivatives inside of the function ------------------------------------------------------------

SIDES = [-800.0, -2.3, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 45.0, 800.0]  # of all cases


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", sorted(BUILT_IN - {"power_slope"}))  # itself of higher order
def test_derivatives_inside(name: str, order: int) -> None:
    for count, apply in cases_of(name):
        derivative = apply
        for _ in range(order):
            derivative = autograd.grad(derivative)

        def node(*z: Any, d: Any = derivative) -> Any:
            return d(*z) + 0.0 * z[0]  # where d is a number

        agree_at_edges(node, count, SIDES, most=30, tiny=1e-280)


# -- nan and inf -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "number", "x"),
    [
        (lambda w, x: w * x, 0.0, INF),
        (lambda w, x: (w * x).log(), 0.0, 1.0),
        (lambda w, x: (w * x).log(), -1.0, 1.0),
        (lambda w, x: (w * x).exp(), 1000.0, 1.0),
        (lambda w, x: x / w, 0.0, 1.0),
        (lambda w, x: x / w, 0.0, 0.0),
        (lambda w, x: (w * x).relu().sqrt(), -1.0, 1.0),
        (lambda w, x: (w * x).relu() * x.log(), -1.0, 0.0),
        (lambda w, x: logsumexp([w * x, w, 0.0]), INF, 1.0),
        (lambda w, x: logsumexp([w * x, -w, 5.0]), 1e308, 1.0),
        (lambda w, x: softmax([w * x, w, 0.0])[1], 1e300, 1.0),
        (lambda w, x: (w * x).tanh() + (w * x).sigmoid(), 1e5, -1.0),
        (lambda w, x: -(w * x).sigmoid().log(), -800.0, 1.0),
        (lambda w, x: w**x + x**w, 0.0, 0.0),
        (lambda w, x: autograd.prod([w, x, w * x]), 0.0, INF),
        (lambda w, x: w * w * x, 1e200, 1e200),
        (lambda w, x: w * x - w * x, INF, 1.0),
        (lambda w, x: w * x, NAN, 1.0),
    ],
)  # fmt: skip
def test_nan_and_inf_as_in_eager_mode(error: Any, number: float, x: float) -> None:
    w = Value(number)
    step = compile(lambda x, t: error(w, x), [w])
    loss, gradient = step([x], [0.0])
    w.grad = None
    wanted = error(w, Value(x))
    wanted.backward()
    assert is_close(loss, wanted.data, abs(wanted.data))
    assert is_close(gradient[0], w.grad, abs(w.grad))


def test_an_infinite_slope_times_a_sum() -> None:
    """Upstream gradients are added up first: ∞ · (0.5 - 0.1) is ∞, and not ∞ - ∞."""
    w = Value(0.0)

    def error(x: Any, t: Any) -> Any:
        root = autograd.sqrt(w)
        return 0.5 * root - 0.1 * x * root

    assert compile(error, [w])([1.0], [0.0])[1].tolist() == [INF]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "silu", "softplus"])
@pytest.mark.parametrize("scale", [1e3, 1e200, INF])
def test_saturated_networks(activation: str, scale: float) -> None:
    model = MLP(2, [3, 2], activation=activation, output="sigmoid", rng=1)
    for p in model.parameters():
        p.data *= scale
    X, T = samples(1, 2, 2)
    step = compile(error_of(model), model.parameters())
    loss, gradient = step(X, T)
    for p in model.parameters():
        p.grad = None
    wanted = half_squared_error(model(X[0]), list(T[0]))
    wanted.backward()
    assert is_close(loss, wanted.data, abs(wanted.data))
    for slope, p in zip(gradient.tolist(), model.parameters()):
        assert is_close(slope, p.grad, abs(p.grad) + 1e-300)


def test_one_bad_sample_does_not_spoil_predictions() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    step = compile(error_of(model), model.parameters(), predict=model)
    y = step.predict([[NAN, 1.0], [0.5, 0.5], [INF, -INF]])
    assert [math.isnan(v) for v in y] == [
        math.isnan(model([a, b]).data)  # type: ignore[union-attr]
        for a, b in ((NAN, 1.0), (0.5, 0.5), (INF, -INF))
    ]
    assert y[1] == pytest.approx(model([0.5, 0.5]).data, rel=1e-14)  # type: ignore[union-attr]
