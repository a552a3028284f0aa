"""Start values of weights: how they are distributed, and which generator they come from."""

from __future__ import annotations

import math
import random
import statistics
from typing import Any

import pytest

from nn import MLP, Layer
from nn.initializers import INITIALIZERS, find_initializer, normal, uniform


def test_seeds_make_networks_repeatable() -> None:
    """The same seed, the same numbers; a generator goes on from where it is."""
    state = MLP(3, [4, 2], rng=42).state_dict()
    assert MLP(3, [4, 2], rng=42).state_dict() == state
    assert MLP(3, [4, 2], rng=random.Random(42)).state_dict() == state
    assert MLP(3, [4, 2], rng=43).state_dict() != state
    generator = random.Random(42)
    assert MLP(3, [4, 2], rng=generator).state_dict() == state
    assert MLP(3, [4, 2], rng=generator).state_dict() != state
    random.seed(42)
    assert MLP(3, [4, 2]).state_dict() == state


def test_a_seed_leaves_the_global_generator_alone() -> None:
    """Only rng=None draws from it."""
    random.seed(1)
    expected = random.random()
    random.seed(1)
    MLP(2, [3], rng=42)
    assert random.random() == expected


def test_a_seed_may_come_from_numpy() -> None:
    """np.int64(42) is 42; a generator of NumPy is repeatable, and goes on from where it is."""
    np = pytest.importorskip("numpy")
    assert MLP(2, [3], rng=np.int64(42)).state_dict() == MLP(2, [3], rng=42).state_dict()
    first, second = np.random.default_rng(0), np.random.default_rng(0)
    state = MLP(2, [3], rng=first).state_dict()
    assert MLP(2, [3], rng=second).state_dict() == state
    assert MLP(2, [3], rng=second).state_dict() != state
    for rng in ("42", 4.2, np.random):
        with pytest.raises(TypeError, match=r"rng.*random\.Random"):
            MLP(2, [3], rng=rng)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        ("uniform", 1 / 3),
        ("normal", 0.1**2),
        ("glorot_uniform", 2 / (50 + 150)),
        ("xavier_uniform", 2 / (50 + 150)),
        ("glorot_normal", 2 / (50 + 150)),
        ("xavier_normal", 2 / (50 + 150)),
        ("he_uniform", 2 / 50),
        ("kaiming_uniform", 2 / 50),
        ("he_normal", 2 / 50),
        ("kaiming_normal", 2 / 50),
        (uniform(0.3), 0.3**2 / 3),
        (normal(2.0), 2.0**2),
    ],
)
def test_distribution_of_initial_weights(init: Any, variance: float) -> None:
    """Mean 0 and the variance of the formula, for 7500 weights of a layer from 50 to 150 units."""
    layer = Layer(50, 150, init=init, rng=7)
    weights = [w.data for neuron in layer.neurons for w in neuron.w]
    n = len(weights)
    # Four standard errors; the variance of a sample variance is at most that of a normal's.
    assert abs(statistics.fmean(weights)) < 4 * math.sqrt(variance / n)
    assert statistics.pvariance(weights) == pytest.approx(variance, rel=4 * math.sqrt(2 / n))
    largest = max(map(abs, weights)) / math.sqrt(3 * variance)
    is_uniform = "uniform" in init if isinstance(init, str) else variance < 1
    assert (largest <= 1) == is_uniform
    assert all(neuron.b.data == 0.0 for neuron in layer.neurons)


def test_initialisers_know_fan_in_and_fan_out() -> None:
    """They are called with the number of inputs and of units of the layer."""
    calls = []

    def spy(rng: random.Random, fan_in: int, fan_out: int) -> float:
        calls.append((fan_in, fan_out))
        return 0.25

    model = MLP(2, [3, 1], init=spy, rng=0)
    assert calls == [(2, 3)] * 6 + [(3, 1)] * 3
    assert {w.data for layer in model.layers for n in layer.neurons for w in n.w} == {0.25}


def test_unknown_initialisers() -> None:
    """The message makes a suggestion; all names work."""
    with pytest.raises(ValueError, match="no initialiser 'he_norm'; did you mean 'he_normal'"):
        MLP(2, [1], init="he_norm")
    with pytest.raises(ValueError, match="did you mean 'he_normal'"):
        MLP(2, [1], init="He_Normal")
    with pytest.raises(ValueError, match="choose from uniform"):
        find_initializer("zzz")
    with pytest.raises(TypeError, match="initialiser"):
        MLP(2, [1], init=0.1)  # type: ignore[arg-type]
    for name in INITIALIZERS:
        assert math.isfinite(find_initializer(name)(random.Random(0), 3, 4))
