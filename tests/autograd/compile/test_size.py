"""Large batches in pieces, and how much tracing takes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.compile import compile
from autograd.compile import finding as finding_module
from autograd.compile import passes as passes_module
from autograd.compile import terms as terms_module
from eager import Error, agree, error_of, samples
from nn import MLP, l2_penalty

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("count", [31, 32, 33, 64, 100])
def test_large_batches_in_pieces(
    reduction: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MLP(2, [4, 2], activation="tanh", rng=0)
    penalty = lambda: l2_penalty(model.parameters(), 0.3)  # noqa: E731
    X, T = samples(count, 2, 2)
    step = compile(error_of(model), model.parameters(), penalty=penalty, reduction=reduction)
    loss, gradient = step(X, T)
    seen = []

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith("<compiled"):
            if frame.f_code.co_name == "step":
                seen.append(len(frame.f_locals["inputs"]))

    monkeypatch.setattr(finding_module, "LARGEST_TABLE", 1)
    monkeypatch.setattr(finding_module, "LEAST_SAMPLES", 32)
    sys.setprofile(watch)
    try:
        pieces_loss, pieces = step(X, T)
    finally:
        sys.setprofile(None)
    assert sum(seen) == count
    assert max(seen) == min(32, count)  # no smaller pieces than that
    assert pieces_loss == pytest.approx(loss, rel=1e-13)
    assert pieces == pytest.approx(gradient, rel=1e-12, abs=1e-14)
    agree(error_of(model), model.parameters(), X, T, penalty=penalty, reduction=reduction)


def test_what_belongs_to_each_sample_is_counted_in_all_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding_module, "LARGEST_TABLE", 1)
    monkeypatch.setattr(finding_module, "LEAST_SAMPLES", 32)
    w = Value(3.0)
    for reduction in ("mean", "sum"):
        agree(lambda x, t: w * w + w * x, [w], np.arange(75.0), np.zeros(75), reduction=reduction)


def terms_for(error: Error, params: Sequence[Value], X: Any, T: Any, *, asked: bool = False) -> int:
    """How many terms it takes to compile a function; or how often one is asked for."""
    made, calls = [], 0
    new, make = passes_module.new_terms, vars(terms_module.Term)["make"].__func__

    def counted() -> Any:
        made.append(new())
        return made[-1]

    def counting(*operands: Any) -> Any:
        nonlocal calls
        calls += 1
        return make(*operands)

    patch = pytest.MonkeyPatch()
    patch.setattr(passes_module, "new_terms", counted)
    patch.setattr(terms_module.Term, "make", classmethod(counting))
    try:
        compile(error, params)(X, T)
    finally:
        patch.undo()
    return calls if asked else sum([next(cls.numbers) for cls in made])


def test_tracing_grows_linearly() -> None:
    X, T = samples(2, 10, 2)
    for layers in (1, 2):
        count, parameters = [], []
        for hidden in (10, 20, 40, 80):
            model = MLP(10, [*[10] * (layers - 1), hidden, 2], activation="tanh", rng=0)
            parameters.append(len(model.parameters()))
            count.append(terms_for(error_of(model), model.parameters(), X, T))
        slopes = [
            (b - a) / (q - p) for a, b, p, q in zip(count, count[1:], parameters, parameters[1:])
        ]
        assert max(slopes) < 1.05 * min(slopes)
        assert max(slopes) < 8  # terms for each weight


def test_a_deep_graph_grows_linearly() -> None:
    w = Value(0.9)

    def deep(depth: int, x: Any) -> Any:
        for _ in range(depth):
            x = (w * x + x).tanh()  # 2 ** depth paths
        return x

    count = [
        terms_for(lambda x, t: deep(depth, x), [w], [1.0], [0.0])  # noqa: B023
        for depth in (10, 20, 40, 80)
    ]
    steps = [(b - a) / 10 for a, b in zip(count, (count[1], (count[1] + count[2]) / 2))]
    assert count[3] - count[2] == pytest.approx(2 * (count[2] - count[1]), rel=0.05)
    assert steps[0] < 40


def _filter(length: int) -> tuple[Error, list[Value], int]:
    """A Kalman filter of a random walk: the likelihood of what it sees."""
    w = [Value(0.9), Value(0.1), Value(0.5)]

    def error(x: Any, t: Any) -> Any:
        a, q, r = w
        mean, spread, loss = 0.0 * a, 1.0 + q, 0.0 * a
        for y in x:
            mean, spread = a * mean, a * a * spread + q
            whole, e = spread + r, y - mean
            gain = spread / whole
            loss = loss + whole.log() + e * e / whole
            mean, spread = mean + gain * e, (1.0 - gain) * spread
        return loss

    return error, w, length


def _elimination(size: int) -> tuple[Error, list[Value], int]:
    """The determinant of a matrix of parameters, with data beside it."""
    w = [[Value(4.0 if i == j else 1.0 / (i + 2 * j)) for j in range(size)] for i in range(size)]

    def error(x: Any, t: Any) -> Any:
        rows, result = [list(row) for row in w], Value(1.0)
        for k, pivot in enumerate(rows):
            result = result * pivot[k]
            for row in rows[k + 1 :]:
                factor = row[k] / pivot[k]
                for j in range(k + 1, size):
                    row[j] = row[j] - factor * pivot[j]
        return result * x[0]

    return error, [p for row in w for p in row], 1


@pytest.mark.parametrize(("graph", "size", "most"), [(_filter, 5, 2.3), (_elimination, 3, 9.0)])
def test_shared_parts_are_summed_over_the_samples_once(graph: Any, size: int, most: float) -> None:
    count = []
    for n in (size, 2 * size):
        error, w, length = graph(n)
        X, T = samples(3, length, None)
        count.append(terms_for(error, w, X, T, asked=True))
    agree(error, w, X, T)
    assert count[1] < most * count[0]


def test_thousands_of_shared_steps_need_no_recursion() -> None:
    a, q = Value(0.5), Value(0.499)

    def error(x: Any, t: Any) -> Any:
        for _ in range(1000):
            x = a * x + q * x  # 2 ** 1000 paths
        return x

    assert terms_for(error, [a, q], [1.0], [0.0], asked=True) < 14 * 1000


def test_the_program_does_not_depend_on_the_batch() -> None:
    model = MLP(2, [3, 1], rng=0)
    step = compile(error_of(model), model.parameters())
    step(*samples(2, 2, None))
    source = step.source
    step(*samples(200, 2, None))
    assert step.source == source
