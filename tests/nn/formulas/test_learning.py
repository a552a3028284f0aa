"""The formulas of learning: steps down the gradient, batches, surfaces."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from autograd import Value
from closed_forms import SAMPLES, agree, by_hand_per_sample, network
from nn import MLP, SGD, Adam, Neuron, fit, half_squared_error
from nn.data import load


def test_gradient_descent_step_by_step() -> None:
    """4.1: on E = ½ (w - 3)² the k-th iterate is 3 + (1 - η)^k (w_0 - 3)."""
    w = Value(-2.0)
    optimizer = SGD([w], lr=0.3)
    for k in range(1, 8):
        optimizer.zero_grad()
        half_squared_error(w, 3.0).backward()  # evaluated anew after every update
        optimizer.step()
        agree(w, 3.0 + 0.7**k * -5.0)


def line_by_hand(batch_size: int, reduction: str, eta: float) -> tuple[float, float]:
    """Two epochs on y = w x + b with ½SSE, from w = 0.5, b = -0.25, without shuffling."""
    w, b = 0.5, -0.25
    data = [(1.0, 2.0), (2.0, -1.0), (-1.5, 0.5), (0.5, 0.0), (3.0, 1.0)]
    for _ in range(2):
        for start in range(0, 5, batch_size):
            batch = data[start : start + batch_size]
            m = len(batch) if reduction == "mean" else 1
            slope = [(w * x + b - t) * x / m for x, t in batch]
            offset = [(w * x + b - t) / m for x, t in batch]
            w, b = w - eta * sum(slope), b - eta * sum(offset)
    return w, b


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_online_mini_batch_and_batch_learning(batch_size: int, reduction: str) -> None:
    """4.2: w -= η ∇E_n after each sample; η Σ or η/m Σ over a mini-batch; over all of them."""
    neuron = Neuron(1, activation="identity")
    neuron.w[0].data, neuron.b.data = 0.5, -0.25
    fit(
        neuron, [[1.0], [2.0], [-1.5], [0.5], [3.0]], [2.0, -1.0, 0.5, 0.0, 1.0],
        "half_squared_error", optimizer=SGD(neuron.parameters(), lr=0.05), epochs=2,
        batch_size=batch_size, reduction=reduction, shuffle=False, progress=False,
    )  # fmt: skip
    agree([neuron.w[0], neuron.b], line_by_hand(batch_size, reduction, 0.05))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_the_five_steps_of_backpropagation(reduction: str) -> None:
    """3, procedure: forward, δ at the outputs, δ inside, ∂E/∂w = δ z, update."""
    model = network([2, 3, 2], activation="tanh")
    before = [p.data for p in model.parameters()]
    slope = [sum(g) / (3 if reduction == "mean" else 1) for g in zip(*by_hand_per_sample(model))]
    fit(
        model, [x for x, _ in SAMPLES], [t for _, t in SAMPLES], "half_squared_error",
        optimizer=SGD(model.parameters(), lr=0.1), epochs=1, reduction=reduction, progress=False,
    )  # fmt: skip
    agree([p.data for p in model.parameters()], [w - 0.1 * g for w, g in zip(before, slope)])


def test_weights_start_small_and_different() -> None:
    """4.3: units that start alike get the same δ and stay alike; random numbers break the tie."""
    x, t = [[0.7, -1.3], [0.2, 0.4]], [1.0, -1.0]
    alike = MLP(2, [2, 1], activation="tanh", init=lambda rng, fan_in, fan_out: 0.5)
    random_start = MLP(2, [2, 1], activation="tanh", rng=0)
    for model in (alike, random_start):
        fit(model, x, t, "half_squared_error", epochs=20, progress=False)
    first, second = [[p.data for p in n.parameters()] for n in alike.layers[0].neurons]
    assert first == second
    assert first != [0.5, 0.5, 0.0]
    first, second = [[p.data for p in n.parameters()] for n in random_start.layers[0].neurons]
    assert first != second
    weights = [w.data for n in MLP(5, [20], rng=0).layers[0].neurons for w in n.w]
    assert all(abs(w) <= 1.0 for w in weights)
    assert len(set(weights)) == 100


def surface(w: Value) -> Value:
    """Local minimum at w = 1 with E = -5/12, global one at w = -2 with E = -8/3."""
    return w**4 / 4 + w**3 / 3 - w**2


@pytest.mark.parametrize(("start", "end", "height"), [(0.4, 1.0, -5 / 12), (-0.4, -2.0, -8 / 3)])
def test_error_surface_with_two_minima(start: float, end: float, height: float) -> None:
    """4.4: descent ends in the minimum of the valley it starts in, where the gradient is 0."""
    w = Value(start)
    surface(w).backward()
    agree(w.grad, start**3 + start**2 - 2 * start)
    optimizer = SGD([w], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        error = surface(w)
        error.backward()
        optimizer.step()
    assert w.data == pytest.approx(end, abs=1e-9)
    assert error.data == pytest.approx(height, abs=1e-12)
    assert w.grad == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("square", lambda x: x * x),
        ("sin", lambda x: math.sin(math.pi * x)),
        ("abs", abs),
        ("heaviside", lambda x: 1.0 if x >= 0 else 0.0),
    ],
)
def test_data_of_the_universal_approximation_demo(name: str, f: Callable[[float], float]) -> None:
    """4.5: 50 points of each function in (-1, 1)."""
    data = load(name)
    xs = [x for (x,) in data.inputs]
    assert len(xs) == 50
    assert -1 < min(xs) < -0.9
    assert 0.9 < max(xs) < 1
    agree(data.targets, [f(x) for x in xs])


def test_three_tanh_units_approximate_a_parabola() -> None:
    """4.5: a two-layer network with 3 hidden units; no straight line comes below 1/90."""
    data = load("square")
    model = MLP(1, [3, 1], activation="tanh", rng=0)
    history = fit(
        model, data.inputs, data.targets, "half_squared_error", epochs=300, progress=False,
        optimizer=Adam(model.parameters(), lr=0.05),
    )  # fmt: skip
    # ½ mean (x² - 1/3)² = ½ · 4/45 for the best line, y = 1/3
    assert history[0]["train_loss"] > 2 / 45
    assert history[-1]["train_loss"] < 2 / 45 / 50
