"""Epochs that JAX or machine code makes in one call are those of the loop."""

from __future__ import annotations

import math
import os
import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from autograd.compile import Updates
from engines import x64
from nn import SGD, Adagrad, Adam, AdamW, History, Optimizer, RMSprop, fit, l2_penalty
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
    if options.get("penalty") is True:
        options["penalty"] = lambda: l2_penalty(model.parameters(), 0.1)
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


RULES: dict[str, tuple[Callable[[list[Value]], Optimizer], dict[str, Any]]] = {
    "dampening": (
        lambda p: SGD(p, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01, maximize=True),
        {"epochs": 1, "reduction": "sum"},
    ),
    "adagrad": (lambda p: Adagrad(p, lr=0.1, lr_decay=0.1), {"batch_size": 1, "penalty": True}),
    "rmsprop": (
        lambda p: RMSprop(p, centered=True, momentum=0.5),
        {"clip_norm": 0.1, "clip_value": 0.02, "sample_weight": WEIGHTS},
    ),
}
QUICK = [("c", case) for case in ("adam", *RULES)]
LATER = [("c", "momentum"), ("c", "some parameters"), ("numba", "adam"), ("numba", "rmsprop")]
LATER += [("jax", case) for case in CASES]
SLOW = [pytest.param(*pair, marks=pytest.mark.slow) for pair in LATER]


@pytest.fixture(params=["c", pytest.param("jax", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Any:
    name: str = request.param
    if name == "c" and not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("needs a C compiler")
    pytest.importorskip({"c": "numpy"}.get(name, name), reason=f"needs the package {name}")
    with x64(name == "jax"):
        yield name


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many updates each call of machine code has made."""
    counts: list[int] = []
    run = Updates.__call__

    def counted(self: Updates, *given: Any) -> Any:
        counts.append(len(given[2]))
        return run(self, *given)

    monkeypatch.setattr(Updates, "__call__", counted)
    return counts


@pytest.mark.parametrize(("engine", "case"), [*QUICK, *SLOW], indirect=["engine"])
def test_an_epoch_in_one_call_is_that_of_the_loop(engine: str, case: str, made: list[int]) -> None:
    optimiser, options = (CASES | RULES)[case]
    found, history = trained(engine, optimiser, **options)
    expected, wanted = trained(True, optimiser, **options)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert history.column("train_loss") == pytest.approx(wanted.column("train_loss"), rel=1e-12)
    assert sum(made) == (0 if engine == "jax" else expected[-1])  # updates of one parameter


@pytest.mark.slow
def test_the_host_is_asked_once_an_epoch_and_size_of_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    jax = pytest.importorskip("jax", reason="needs the package jax")
    calls: list[Any] = []
    scan = jax.lax.scan

    def counted(*given: Any) -> Any:
        calls.append(given)
        return scan(*given)

    monkeypatch.setattr(jax.lax, "scan", counted)
    with x64(True):  # 4 batches of 5, and one of 3
        trained("jax", lambda p: Adam(p, lr=0.01), schedule="linear")
    assert len(calls) == 2


def test_machine_code_makes_as_many_updates_in_a_call_as_take_a_while(made: list[int]) -> None:
    trained("c", lambda p: Adam(p, lr=0.01), epochs=9)
    assert made[-2:] == [4, 1]


def test_machine_code_leaves_it_to_the_loss_to_say_what_is_wrong() -> None:
    model = MLP(1, [1], activation="linear", rng=0)
    for p in model.parameters():
        p.data = 0.25
    with pytest.raises(ValueError, match=r"0 to 1"):  # after one update it gives more than 1
        fit(model, [[1.0]], [1.0], "binary_cross_entropy", lr=1.0, compiled="c", progress=False,
            check_trace=False)  # fmt: skip
    assert [p.data for p in model.parameters()] == pytest.approx([2.25, 2.25])


@pytest.mark.parametrize("is_urgent", [False, True])
def test_an_interruption_leaves_what_whole_calls_have_made(
    made: list[int], is_urgent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 23 updates those of the calls that had come back when Ctrl-C was heard."""
    run = Updates.__call__

    def interrupted(self: Updates, *given: Any) -> Any:
        result = run(self, *given)
        if len(made) == 3:
            os.kill(os.getpid(), signal.SIGINT)
            if is_urgent:
                os.kill(os.getpid(), signal.SIGINT)
        return result

    monkeypatch.setattr(Updates, "__call__", interrupted)
    monkeypatch.setattr("nn.train.chunks.SECONDS", 0.0)  # one update in a call
    options: dict[str, Any] = {"batch_size": 1, "shuffle": False, "epochs": 1}
    optimizers: list[Adam] = []

    def optimiser(params: list[Value]) -> Adam:
        optimizers.append(Adam(params, lr=0.1))
        return optimizers[-1]

    if is_urgent:
        with pytest.raises(KeyboardInterrupt):
            trained("c", optimiser, **options)
    else:
        _, history = trained("c", optimiser, **options)
        assert history.stopped == "interrupted"
    count = 2 if is_urgent else 3
    assert optimizers[0].steps == [count] * len(optimizers[0].params)
    weights = [1.0] * count + [0.0] * (SAMPLES - count)
    trained(True, optimiser, sample_weight=weights, **options)
    for p, wanted in zip(optimizers[0].params, optimizers[1].params):
        assert (p.data, p.grad) == pytest.approx((wanted.data, wanted.grad), rel=1e-12)


def test_edits_between_epochs_are_followed(engine: str) -> None:
    def run(compiled: bool | str) -> list[float]:
        strength = [0.1]
        optimizers: list[SGD] = []
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

    assert run(engine) == pytest.approx(run(True), rel=1e-12, abs=1e-14)


def test_a_parameter_that_a_callback_freezes_stays(engine: str) -> None:
    def run(compiled: bool | str) -> list[float]:
        weights: list[Value] = []

        def optimiser(params: list[Value]) -> Optimizer:
            weights.extend(params)
            return AdamW(params, lr=0.1)  # whose corrections need each parameter's own steps

        def edit(history: History) -> None:
            weights[0].requires_grad_(len(history) != 2)

        found, history = trained(compiled, optimiser, callbacks=[edit], epochs=4)
        return [*found, *history.column("train_loss")]

    assert run(engine) == pytest.approx(run(True), rel=1e-12, abs=1e-14)


def test_a_training_that_diverges_ends_as_in_the_loop(engine: str) -> None:
    found, history = trained(engine, lambda p: SGD(p, lr=1e200))
    expected, wanted = trained(True, lambda p: SGD(p, lr=1e200))
    assert history.stopped == wanted.stopped is not None
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "engine",
    ["c", *[pytest.param(x, marks=pytest.mark.slow) for x in ("numba", "jax")]],
    indirect=True,
)
def test_single_precision(engine: str) -> None:
    found, history = trained(engine, lambda p: Adam(p, lr=0.01), dtype="float32")
    expected, wanted = trained(True, lambda p: Adam(p, lr=0.01))
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert found[0] != expected[0]
    assert history[-1]["train_loss"] == pytest.approx(wanted[-1]["train_loss"], rel=1e-5)
