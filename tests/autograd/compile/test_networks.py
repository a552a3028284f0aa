"""Networks, errors and penalties of nn, compiled."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import autograd
import nn
from autograd import Value, dot, logsumexp
from autograd.compile import Step, compile
from eager import OUTPUT, agree, error_of, samples, targets_for
from nn import LOSSES, MLP, l2_penalty

pytestmark = pytest.mark.filterwarnings("error")


# -- networks and errors of nn ---------------------------------------------------------------------


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_errors_of_nn(loss: str) -> None:
    model = MLP(3, [4, 3], activation="tanh", output=OUTPUT.get(loss, "identity"), rng=0)
    X, _ = samples(8, 3, 3)
    agree(error_of(model, LOSSES[loss]), model.parameters(), X, targets_for(loss, 3, 8))


def test_softmax_and_cross_entropy_written_out() -> None:
    model = MLP(3, [4, 3], activation="tanh", output="softmax", rng=0)
    logits = MLP(3, [4, 3], activation="tanh", rng=0)
    X, T = samples(8, 3, 3)[0], targets_for("cross_entropy", 3, 8)
    crossed = lambda y, t: -dot(t, [y_k.log() for y_k in y])  # noqa: E731
    with_logits = lambda a, t: logsumexp(a) - dot(t, a)  # noqa: E731
    first = agree(error_of(model, crossed), model.parameters(), X, T)
    second = agree(error_of(logits, with_logits), logits.parameters(), X, T)
    assert first(X, T)[1] == pytest.approx(second(X, T)[1], rel=1e-10, abs=1e-12)


def test_training_takes_the_same_way_as_in_eager_mode() -> None:
    X, T = samples(12, 2, None)
    ways = []
    for is_compiled in (False, True):
        model = MLP(2, [4, 1], activation="tanh", rng=3)
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        error = error_of(model)
        step = compile(error, model.parameters())
        for _ in range(15):
            if is_compiled:
                step(X, T)
            else:
                optimizer.zero_grad()
                nn.total([error(list(x), float(t)) for x, t in zip(X, T)], "mean").backward()
            optimizer.step()
        ways.append([p.data for p in model.parameters()])
    assert ways[0] == pytest.approx(ways[1], rel=1e-10)


# -- penalties -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", ["l1", "l2"])
def test_a_penalty_is_counted_once(reduction: str, kind: str) -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    penalise = {"l1": nn.l1_penalty, "l2": l2_penalty}[kind]
    penalty = lambda: penalise(model.parameters(), 0.1)  # noqa: E731
    X, T = samples(7, 2, None)
    step = agree(error_of(model), model.parameters(), X, T, penalty=penalty, reduction=reduction)
    without = compile(error_of(model), model.parameters(), reduction=reduction)
    assert step(X, T)[0] - without(X, T)[0] == pytest.approx(penalty().data, rel=1e-12)


def test_a_penalty_may_reach_parameters_that_the_error_does_not() -> None:
    w, v = Value(2.0), Value(3.0)
    step = compile(lambda x, t: w * x, [v, w], penalty=lambda: v * v)
    loss, gradient = step([1.0, 3.0], [0.0, 0.0])
    assert (loss, gradient.tolist(), v.grad) == (13.0, [6.0, 2.0], 6.0)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_penalty_inside_of_the_error_is_counted_with_each_sample(reduction: str) -> None:
    w = [Value(2.0), Value(-3.0)]
    error = lambda x, t: dot(w, x) + 0.5 * dot(w, w)  # noqa: E731
    step = agree(error, w, *samples(5, 2, None), reduction=reduction)
    assert step([[0.0, 0.0]] * 4, [0.0] * 4)[0] == 6.5 * (1 if reduction == "mean" else 4)


def widths(step: Step, X: Any, T: Any) -> dict[int, list[int]]:
    """The last axis of all arrays that the lines of the program made, by number of rows."""
    source = step.source
    found: dict[int, list[int]] = {}

    def watch(frame: Any, event: str, _: Any) -> Any:
        if event == "return" and frame.f_code.co_name == "step":
            for name, x in frame.f_locals.items():
                if getattr(x, "ndim", 0) == 2 and name not in ("X", "T"):
                    found.setdefault(x.shape[1], []).append(x.shape[0])
        return watch

    space: dict[str, Any] = {}
    exec(source, space)
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        space["step"](step.vector(), X, T, 1.0, 1.0)  # type: ignore[union-attr]
    finally:
        sys.settrace(before)
    return found


@pytest.mark.parametrize("is_inside", [True, False])
def test_what_does_not_depend_on_the_sample_is_computed_once(is_inside: bool) -> None:
    w = [Value(0.1 * k) for k in range(20)]
    extra = lambda: 0.1 * autograd.sum([(w_k * w_k).exp() for w_k in w])  # noqa: E731
    error = lambda x, t: (w[0] * x[0] + (extra() if is_inside else 0.0) - t[0]) ** 2  # noqa: E731
    options = {} if is_inside else {"penalty": extra}
    X, T = samples(97, 1, 1)
    step = agree(error, w, X, T, **options)
    found = widths(step, X, T)
    assert sum(found.get(97, [])) < 10  # of the 20 squares and exponentials none
    assert max(found[1]) >= 20
