"""Losses that PyTorch has, with their gradients, compared with it; what is said of misuse."""

import functools
import math
import random
from typing import Any

import pytest

from autograd import Value
from nn import MLP, fit, huber, kl_divergence, mean_absolute_error

DISTANCES = [-3.0, -2.0, -1.0, -0.5, 0.0, 1e-9, 0.5, 1.0, 2.0, 1e200]


def ours(loss: Any, y: list[float], t: list[float]) -> tuple[float, list[float]]:
    nodes = [Value(y_k) for y_k in y]
    error = loss(nodes, t)
    error.backward()
    return error.data, [node.grad for node in nodes]


def theirs(torch: Any, loss: Any, y: list[float], t: list[float]) -> tuple[float, list[float]]:
    outputs = torch.tensor(y, dtype=torch.float64, requires_grad=True)
    error = loss(outputs, torch.tensor(t, dtype=torch.float64))
    error.backward()
    return error.item(), outputs.grad.tolist()


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_huber_is_that_of_torch(delta: float) -> None:
    """At the joints, too, and one output after the other as well as all together."""
    torch = pytest.importorskip("torch")
    mine = functools.partial(huber, delta=delta)
    other = functools.partial(torch.nn.functional.huber_loss, delta=delta)
    for y in [[d] for d in DISTANCES] + [DISTANCES]:
        t = [0.25] * len(y)
        found, expected = ours(mine, y, t), theirs(torch, other, y, t)
        assert found[0] == pytest.approx(expected[0], rel=1e-14)
        assert found[1] == pytest.approx(expected[1], rel=1e-14)


def test_the_mean_absolute_error_is_the_l1_loss_of_torch() -> None:
    torch = pytest.importorskip("torch")
    for y in [[d] for d in DISTANCES] + [DISTANCES]:
        t = [0.5] * len(y)
        found = ours(mean_absolute_error, y, t)
        expected = theirs(torch, torch.nn.functional.l1_loss, y, t)
        assert found[0] == pytest.approx(expected[0], rel=1e-14)
        assert found[1] == expected[1]


def test_the_kl_divergence_is_that_of_torch() -> None:
    """Which is given logarithms."""
    torch = pytest.importorskip("torch")

    def other(y: Any, t: Any) -> Any:
        return torch.nn.functional.kl_div(y.log(), t, reduction="sum")

    rng = random.Random(0)
    for k in range(2, 6):
        y, t = ([rng.random() for _ in range(k)] for _ in range(2))
        t[0] = 0.0
        y, t = [y_k / sum(y) for y_k in y], [t_k / sum(t) for t_k in t]
        found, expected = ours(kl_divergence, y, t), theirs(torch, other, y, t)
        assert found[0] == pytest.approx(expected[0], rel=1e-12)
        assert found[1] == pytest.approx(expected[1], rel=1e-12)


@pytest.mark.parametrize("loss", ["huber", "mean_absolute_error", "kl_divergence"])
def test_compiled_training_learns_the_same(loss: str) -> None:
    """Also from targets of 0, whose logarithm is not finite."""
    pytest.importorskip("numpy")
    x = [[0.5, 1.0], [-1.0, 0.3], [2.0, -0.7]]
    t = [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]
    losses = []
    for compiled in (False, True):
        model = MLP(2, [3, 3], activation="tanh", output="softmax", rng=0)
        history = fit(model, x, t, loss, epochs=5, compiled=compiled, progress=False)
        losses.append(history.column("train_loss"))
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    assert losses[0][-1] < losses[0][0]


def test_extreme_outputs_have_finite_slopes() -> None:
    """A probability of 0 costs 691, as for the cross-entropy, and what is far away a slope of 1."""
    error, slopes = ours(kl_divergence, [0.0, 1.0], [1.0, 0.0])
    assert error == pytest.approx(691, abs=1)
    assert all(map(math.isfinite, slopes))
    assert ours(huber, [1e308], [0.0]) == (1e308, [1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: huber(1.0, 0.0, delta=0.0), "delta is 0.0: choose a number above 0"),
        (lambda: huber(1.0, 0.0, delta=math.nan), "delta is nan"),
        (lambda: kl_divergence([0.5, 0.5], 1), "a probability for each class, got 1"),
        (lambda: kl_divergence([0.5, 0.5], [0.5, 1.5]), "between 0 and 1, got 1.5"),
        (lambda: kl_divergence([0.5, 0.5], [1.0]), "2 outputs, but a target vector of length 1"),
        (lambda: kl_divergence([0.5, 0.5], [0.0, 0.0]), "all zeros"),
    ],
)
def test_misuse(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
