"""Epochs that JAX makes in one call are those of the loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from nn import SGD, Adam, AdamW, History, Optimizer, fit, l2_penalty
from nn.layers import MLP

SAMPLES = 23
X = [[math.sin(3.0 * i), math.cos(7.0 * i)] for i in range(SAMPLES)]
T = [i % 3 for i in range(SAMPLES)]
WEIGHTS = [0.5 + i % 4 for i in range(SAMPLES)]


def trained(
    compiled: bool | str, optimiser: Callable[[list[Value]], Any], **options: Any
) -> tuple[list[float], History]:
    """Return the parameters, gradients and states that training leaves, and its history."""
    model = MLP(2, [4, 3], activation="tanh", output="linear", rng=0)
    optimizer = optimiser(model.parameters())
    settings: dict[str, Any] = {"epochs": 3, "batch_size": 5, "progress": False, **options}
    history = fit(
        model, X, T, "cross_entropy_with_logits", optimizer=optimizer, compiled=compiled, **settings
    )
    numbers = [p.data for p in model.parameters()] + [p.grad for p in model.parameters()]
    return [*numbers, *[x for state in optimizer.states for x in state], *optimizer.steps], history


class Own(SGD):
    """A rule that asks for a number."""

    def update(self, w: Any, g: Any, state: Any, t: Any) -> Any:
        return (w - 0.1 * g if float(t.max()) > 1 else w), state

    works_on_arrays = True


CASES: dict[str, tuple[Callable[[list[Value]], Optimizer], dict[str, Any]]] = {
    "momentum": (lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True), {"accumulate": 2}),
    "adam": (
        lambda p: Adam(p, lr=0.01, amsgrad=True),
        {"sample_weight": WEIGHTS, "schedule": "cosine", "clip_norm": 0.1},
    ),
    "some parameters": (
        lambda p: AdamW(p[5:], lr=0.01),
        {"sample_weight": WEIGHTS, "reduction": "sum", "clip_value": 0.02},
    ),
    "rule of one's own": (lambda p: Own(p), {"batch_size": None}),
}


@pytest.fixture(autouse=True)
def doubles() -> Any:
    jax = pytest.importorskip("jax", reason="needs the package jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_an_epoch_in_one_call_is_that_of_the_loop(case: str) -> None:
    optimiser, options = CASES[case]
    found, history = trained("jax", optimiser, **options)
    expected, wanted = trained(True, optimiser, **options)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert history.column("train_loss") == pytest.approx(wanted.column("train_loss"), rel=1e-12)


@pytest.mark.slow
def test_the_host_is_asked_once_an_epoch_and_size_of_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    import jax

    made: list[Any] = []
    scan = jax.lax.scan
    monkeypatch.setattr(jax.lax, "scan", lambda *given: made.append(given) or scan(*given))
    trained("jax", lambda p: Adam(p, lr=0.01), schedule="linear")  # 4 batches of 5, and one of 3
    assert len(made) == 2


@pytest.mark.slow
def test_edits_between_epochs_are_followed() -> None:
    def run(compiled: bool | str) -> list[float]:
        strength = [0.1]
        optimizers: list[Any] = []
        weights: list[Value] = []

        def optimiser(params: list[Value]) -> Optimizer:
            weights.extend(params)
            optimizers.append(SGD(params, lr=0.1, momentum=0.5))
            return optimizers[0]

        def edit(history: History) -> None:
            optimizer = optimizers[0]
            strength[0] *= 3.0 if len(history) == 2 else 1.0
            optimizer.momentum, optimizer.lr = 0.2 * len(history), optimizer.lr / 2
            weights[0].data = 0.5

        def penalty() -> Value:
            return l2_penalty(weights, strength[0])

        return trained(compiled, optimiser, callbacks=[edit], penalty=penalty)[0]

    assert run("jax") == pytest.approx(run(True), rel=1e-12, abs=1e-14)


@pytest.mark.slow
def test_a_parameter_that_a_callback_freezes_stays() -> None:
    def run(compiled: bool | str) -> list[float]:
        weights: list[Value] = []

        def optimiser(params: list[Value]) -> Optimizer:
            weights.extend(params)
            return SGD(params, lr=0.1, momentum=0.9, weight_decay=0.1)

        def edit(history: History) -> None:
            weights[0].requires_grad_(len(history) != 2)

        found, history = trained(compiled, optimiser, callbacks=[edit], epochs=4)
        return [*found, *history.column("train_loss")]

    assert run("jax") == pytest.approx(run(True), rel=1e-12, abs=1e-14)


@pytest.mark.slow
def test_a_training_that_diverges_ends_as_in_the_loop() -> None:
    found, history = trained("jax", lambda p: SGD(p, lr=1e200))
    expected, wanted = trained(True, lambda p: SGD(p, lr=1e200))
    assert history.stopped == wanted.stopped is not None
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
def test_single_precision() -> None:
    found, history = trained("jax", lambda p: Adam(p, lr=0.01), dtype="float32")
    expected, wanted = trained(True, lambda p: Adam(p, lr=0.01))
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert found[0] != expected[0]
    assert history[-1]["train_loss"] == pytest.approx(wanted[-1]["train_loss"], rel=1e-5)
