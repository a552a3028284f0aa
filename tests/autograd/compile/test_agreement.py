"""A program is held against its function, one sample at a time, while it is used."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from itertools import count
from typing import Any

import numpy as np
import pytest

from autograd import Value, exp, no_grad
from autograd.compile import TraceError, agreement, compile
from autograd.compile import step as step_module
from autograd.compile.agreement import by_itself, difference
from eager import samples
from nn import MLP, cross_entropy, fit

pytestmark = pytest.mark.filterwarnings("error")


FACTOR = ContextVar("factor", default=1.0)


def factor() -> float:
    """A number that stands in no variable of the user."""
    return FACTOR.get()


@pytest.fixture(autouse=True)
def _first() -> None:
    FACTOR.set(1.0)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A clock that is one second later whenever it is asked: a step takes 1 s, a check 1 s."""
    clock = count()
    for module in (agreement, step_module):
        monkeypatch.setattr(module, "perf_counter", lambda: float(next(clock)))
    return clock


@pytest.mark.usefixtures("ticks")
def test_what_nobody_watches_is_seen_by_a_sample() -> None:
    w, calls = Value(2.0), count()

    def error(x: Any, t: Any) -> Any:
        next(calls)
        return (w * x * factor() - t) ** 2

    program = compile(error, [w])
    assert program([1.0, 2.0], [0.0, 0.0])[0] == 10.0
    assert next(calls) == 2 + 2  # two traces; a sample drawn at random, and the first target
    FACTOR.set(3.0)
    for _ in range(99):
        assert program([1.0, 2.0], [0.0, 0.0])[0] == 10.0
    with pytest.warns(UserWarning, match=r"itself \d+.*There is now 3.0 instead of 1.0") as said:
        loss, gradient = program([1.0, 2.0], [0.0, 0.0])
    assert (loss, gradient.tolist(), w.grad) == (90.0, [90.0], 90.0)
    assert said[0].filename == __file__
    assert program([1.0, 2.0], [0.0, 0.0])[0] == 90.0


@pytest.mark.usefixtures("ticks")
def test_nothing_is_compared_on_request() -> None:
    w, calls = Value(2.0), count()

    def error(x: Any, t: Any) -> Any:
        next(calls)
        return w * x

    program = compile(error, [w], check_trace=False)
    for _ in range(200):
        program([1.0], [0.0])
    assert next(calls) == 2


def test_another_branch_for_nodes_than_for_numbers() -> None:
    w = Value(2.0)
    program = compile(lambda x, t: w * x * (5.0 if isinstance(t, float) else 1.0), [w])
    for _ in range(2):
        with pytest.raises(TraceError, match=r"error 6\.0, and the function itself 30\.0"):
            program([3.0], [0.0])
    assert not w.has_grad


def test_a_difference_of_slopes() -> None:
    w = Value(2.0)
    itself = by_itself(lambda: w * 3.0, [w])
    assert (itself.number, itself.slopes, w.has_grad) == (6.0, [3.0], False)

    def told(slope: float, error: float = 6.0) -> str:
        def run(numbers: Any) -> Any:
            return error, np.array([slope])

        return difference(run, np.array([2.0]), itself, False)

    assert told(3.0 + 1e-14) == told(3.0, 6.0 - 1e-14) == ""
    assert told(3.1) == "the slope 3.1 of params[0], and the function itself 3.0"
    assert told(3.0, 6.1) == "the error 6.1, and the function itself 6.0"
    assert told(3.0, math.nan) == "the error nan, and the function itself 6.0"


CONDITIONED: list[Callable[[Any, Any], Any]] = [
    lambda w, x: (1e9 + w * x) - 1e9,
    lambda w, x: (0.1 * w + 0.2 * w - 0.3 * w * x).relu(),  # rounding decides
    lambda w, x: -(1.0 / (1.0 + exp(-40.0 * w * x))).log(),  # nearly 0
    lambda w, x: exp(800.0 * w * x) - exp(800.0 * w * x),  # nan
    lambda w, x: exp(w * x * 1e-300) * 1e-300,
    lambda w, x: (w * x).maximum(w),  # equal
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("function", CONDITIONED)
def test_rounding_is_no_difference(function: Any, dtype: str) -> None:
    w = Value(1.0)
    program = compile(lambda x, t: function(w, x) - t, [w], dtype=dtype)
    for number in (1.0, 1.1, 0.7, -0.3):
        w.data = number
        program([1.0, 1.0], [0.0, 0.0])


def test_nothing_is_left_behind_by_a_check() -> None:
    w, calls = Value(2.0), count()
    w.grad = 7.0
    states = random.getstate(), repr(np.random.get_state())

    def error(x: Any, t: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return w * x

    program = compile(error, [w])
    with pytest.raises(KeyboardInterrupt):
        program([1.0, 3.0], [0.0, 0.0])
    assert (type(w), w.data, w.grad) == (Value, 2.0, 7.0)
    with no_grad():
        assert program([1.0, 3.0], [0.0, 0.0])[0] == 4.0
    assert (w.grad, next(calls)) == (2.0, 5)
    assert states == (random.getstate(), repr(np.random.get_state()))


def test_impossible_targets_are_refused_by_the_loss() -> None:
    network = MLP(2, [3], output="softmax", rng=0)
    X, T = np.ones((50, 2)), np.eye(3)[np.arange(50) % 3]
    T[17] = [2.0, 0.0, -1.0]
    program = compile(lambda x, t: cross_entropy(network(x), t), network.parameters())
    with pytest.raises(ValueError, match="between 0 and 1, got 2"):
        program(X, T)


class Scaled(MLP):
    def __call__(self, x: Any) -> Any:
        return super().__call__(x) * factor()  # type: ignore[operator]


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 3.0, 4.0]])
def test_fit_follows_what_a_callback_changes(weights: Any) -> None:
    X, T = samples(4, 2, None)

    def trained(compiled: bool) -> Any:
        FACTOR.set(1.0)
        network = Scaled(2, [3, 1], activation="tanh", rng=0)

        def change(history: Any) -> None:
            FACTOR.set(2.0)

        return fit(network, X.tolist(), T.tolist(), "half_squared_error", epochs=6,
            sample_weight=weights, callbacks=[change], compiled=compiled, progress=False,
            validation=(X, T)).column("train_loss")[-1]  # fmt: skip

    with pytest.warns(UserWarning, match="2.0 instead of 1.0"):
        found = trained(True)
    assert found == pytest.approx(trained(False), rel=1e-9)
