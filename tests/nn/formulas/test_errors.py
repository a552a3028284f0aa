"""Errors, and the δ that each leaves at the output activation that belongs to it."""

from __future__ import annotations

import math
import random

import pytest

import autograd
from autograd import Value
from closed_forms import (
    ELEMENTARY,
    PAIRINGS,
    SAMPLES,
    ByHand,
    X,
    agree,
    by_hand_per_sample,
    flat,
    gradients_of,
    network,
    outputs_of,
    sigma,
)
from nn import (
    SGD,
    Neuron,
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_with_logits,
    deltas,
    fit,
    half_squared_error,
    predict,
    total,
)


@ELEMENTARY
@pytest.mark.parametrize("task", list(PAIRINGS))
def test_error_and_delta_at_the_output(task: str, elementary: bool) -> None:
    """2 and 3.2: the table of errors; with the output activation that belongs to it, δ = y - t."""
    pairing = PAIRINGS[task]
    sizes = [2, 3, outputs_of(pairing)]
    model = network(sizes, activation="tanh", output=pairing.output, elementary=elementary)
    loss = pairing.loss(model(X), pairing.targets)
    loss.backward()
    a = ByHand(model, X, "tanh").a[-1]
    agree(loss, pairing.error(a))
    agree(deltas(loss)[2], [pairing.delta(a)])
    agree([n.b.grad for n in model.layers[1].neurons], pairing.delta(a))


def test_worked_table_of_cross_entropies() -> None:
    """2: with a one-hot target the categorical cross-entropy is -ln p of the true class."""
    predictions = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.6, 0.2, 0.2]]
    classes = [0, 1, 2, 0]
    expected = [0.2231435513142097, 0.35667494393873245, 0.35667494393873245, 0.5108256237659907]
    one_hot = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    agree([cross_entropy(y, c) for y, c in zip(predictions, classes)], expected)
    agree([cross_entropy(y, t) for y, t in zip(predictions, one_hot)], expected)
    logits = [[math.log(p) for p in y] for y in predictions]
    agree([cross_entropy_with_logits(a, c) for a, c in zip(logits, classes)], expected)
    nodes = [[Value(p) for p in y] for y in predictions]
    agree(total([cross_entropy(y, c) for y, c in zip(nodes, classes)]), 1.4473190629576655)


def test_softmax_gives_a_probability_for_each_class() -> None:
    """2: outputs in [0, 1] that sum to 1."""
    rng = random.Random(0)
    for scale in (0.1, 1.0, 30.0, 1000.0):
        y = flat(autograd.softmax([Value(scale * rng.uniform(-1, 1)) for _ in range(7)]))
        assert min(y) >= 0.0
        assert max(y) <= 1.0
        assert math.fsum(y) == pytest.approx(1.0, rel=1e-14)


def test_two_classes_of_softmax_are_one_logistic_unit() -> None:
    """2: the categorical distribution with K = 2 is the Bernoulli distribution."""
    a1, a2 = Value(0.8), Value(-0.5)
    error = cross_entropy(autograd.softmax([a1, a2]), 0)
    error.backward()
    y = sigma(0.8 + 0.5)
    agree(error, -math.log(y))
    agree([a1.grad, a2.grad], [y - 1, 1 - y])


def test_binomial_error_is_a_sum_of_bernoulli_errors() -> None:
    """2: of n = 5 trials with one y, m = 3 hit; E = -[m ln y + (n-m) ln(1-y)], δ = n y - m."""
    a = Value(0.4)
    y = a.sigmoid()
    error = total([binary_cross_entropy(y, t) for t in (1, 0, 1, 1, 0)])
    error.backward()
    agree(error, -(3 * math.log(sigma(0.4)) + 2 * math.log(1 - sigma(0.4))))
    agree(a.grad, 5 * sigma(0.4) - 3)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_total_error_adds_up_errors_and_gradients(reduction: str) -> None:
    """2: E = Σ_n E_n and ∇E = Σ_n ∇E_n; Nielsen's cost is the mean."""
    model = network([2, 3, 2], activation="tanh")
    error = total([half_squared_error(model(x), t) for x, t in SAMPLES], reduction)
    error.backward()
    errors = []
    for x, t in SAMPLES:
        y = ByHand(model, x, "tanh").y
        errors.append(0.5 * sum((y_k - t_k) ** 2 for y_k, t_k in zip(y, t)))
    n = 3 if reduction == "mean" else 1
    agree(error, sum(errors) / n)
    agree(gradients_of(model), [sum(g) / n for g in zip(*by_hand_per_sample(model))])


def test_cross_entropy_learns_faster_from_a_badly_wrong_unit() -> None:
    """2: with squared error a saturated unit hardly moves; Nielsen's w = b = 2, x = 1, t = 0."""
    ends = {}
    for loss in ("half_squared_error", "binary_cross_entropy"):
        neuron = Neuron(1, activation="sigmoid")
        neuron.w[0].data = neuron.b.data = 2.0
        fit(
            neuron, [[1.0]], [0], loss,
            optimizer=SGD(neuron.parameters(), lr=0.15), epochs=300, progress=False,
        )  # fmt: skip
        ends[loss] = predict(neuron, [[1.0]])[0]
    assert ends["half_squared_error"] == pytest.approx(0.20, abs=0.005)  # as in Nielsen's figure
    assert ends["binary_cross_entropy"] < 0.03
