"""Convolution, tokens and time are found in the scalars: few statements, and the right numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, dot, maximum, softmax, tanh
from autograd.compile import levels as levels_module
from eager import Error, agree, samples, squeezed
from engines import LOOPS_ONLY
from models import numbers, times
from nn import Layer

pytestmark = pytest.mark.filterwarnings("error")


def kernels(rng: random.Random) -> tuple[Error, list[Value], int]:
    """Two kernels on all positions of a picture, the largest of each four, and a weighted sum."""
    K, b, out = numbers(2, 9, rng=rng), numbers(2, rng=rng), numbers(8, rng=rng)

    def error(x: Any, t: Any) -> Any:
        pooled = []
        for kernel, bias in zip(K, b):
            z = {}
            for i in range(4):
                for j in range(4):
                    window = [x[6 * (i + p) + j + q] for p in range(3) for q in range(3)]
                    z[i, j] = tanh(dot(kernel, window, bias))
            for i in (0, 2):
                for j in (0, 2):
                    above, below = (maximum(z[p, j], z[p, j + 1]) for p in (i, i + 1))
                    pooled.append(maximum(above, below))
        return (dot(out, pooled) - t) ** 2

    return error, [w for row in (*K, b, out) for w in row], 36


def tokens(rng: random.Random) -> tuple[Error, list[Value], int]:
    """Causal attention over six tokens of four numbers, and a matrix behind it."""
    Q, K, V, O = (numbers(4, 4, rng=rng) for _ in range(4))  # noqa: E741

    def error(x: Any, t: Any) -> Any:
        given = [x[i : i + 4] for i in range(0, 24, 4)]
        q, k, v = ([times(W, y) for y in given] for W in (Q, K, V))
        total = 0.0
        for i in range(6):
            share = softmax([0.5 * dot(q[i], k[j]) for j in range(i + 1)])
            mixed = [dot(share, [v[j][d] for j in range(i + 1)]) for d in range(4)]
            total = total + autograd.sum([(y - t) ** 2 for y in times(O, mixed)])
        return total

    return error, [w for M in (Q, K, V, O) for row in M for w in row], 24


def steps(rng: random.Random) -> tuple[Error, list[Value], int]:
    """A recurrent layer over eight steps, with an answer at each of them."""
    inner, out = Layer(6, 4, activation="tanh", rng=rng), numbers(3, 4, rng=rng)

    def error(x: Any, t: Any) -> Any:
        h: list[Any] = [0.0] * 4
        total = 0.0
        for k in range(0, 16, 2):
            h = inner([*x[k : k + 2], *h])
            total = total + autograd.sum([(y - t) ** 2 for y in times(out, h)])
        return total

    return error, [*inner.parameters(), *[w for row in out for w in row]], 16


# At most so many lines, and what is in them: products over all positions, tokens or steps.
MODELS: dict[str, tuple[Callable[..., Any], int, list[str]]] = {
    "kernels": (
        kernels,
        22,
        [
            "(W @ X[index1].reshape(9, -1)).reshape(32, -1)",
            "np.repeat(parameters[18:20, None], 16, axis=0)",
            ".reshape(2, -1) @ X[index1].reshape(9, -1).T",
        ],
    ),
    "tokens": (
        tokens,
        36,
        ["(W @ X.reshape(6, 4, -1).swapaxes(0, 1).reshape(4, -1)).reshape(72, -1)"],
    ),
    "steps": (
        steps,
        32,
        ["(W @ Z1.swapaxes(0, 1).reshape(4, -1)).reshape(24, -1)", "dW1 = ", "db1 = "],
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_equal_products_are_one(name: str) -> None:
    model, most, lines = MODELS[name]
    error, params, inputs = model(random.Random(0))
    X, T = samples(5, inputs, None)
    step = agree(error, params, X, T)
    source = step.source
    program = squeezed(source.partition("def step")[2])
    assert len(program) <= most, source
    for line in lines:
        assert any(line in one for one in program), f"{line}\n\n{source}"
    assert len(source) < 6400  # tables are told by rules
    space: dict[str, Any] = {}
    exec(source, space)
    alone = space["step"](step.vector(), np.array(X), np.array(T)[:, None], 0.2, 1.0)
    loss, gradient = step(X, T)
    assert (alone[0], alone[1].tolist()) == (loss, gradient.tolist())


@LOOPS_ONLY
@pytest.mark.parametrize("name", MODELS)
def test_equal_products_as_loops(name: str, engine: str) -> None:
    error, params, inputs = MODELS[name][0](random.Random(0))
    agree(error, params, *samples(2, inputs, None), engine=engine)


def test_more_positions_and_tokens_take_no_more_lines() -> None:
    W, X = numbers(3, 3, rng=random.Random(0)), samples(3, 60, None)
    counts = []
    for count in (4, 20):

        def error(x: Any, t: Any) -> Any:
            z = [tanh(y) for i in range(count) for y in times(W, x[3 * i : 3 * i + 3])]  # noqa: B023
            return (autograd.mean(z) - t) ** 2

        counts.append(len(squeezed(agree(error, [w for row in W for w in row], *X).source)))
    assert counts[0] == counts[1]


def test_weights_that_need_themselves_are_not_levelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two matrices that are used by turns, and a third for all results, which is one product."""
    rng = random.Random(0)
    A, B, C = (numbers(3, 3, rng=rng) for _ in range(3))

    def error(x: Any, t: Any) -> Any:
        z, results = x, []
        for M in (A, B, A, B, B):
            z = [tanh(y) for y in times(M, z)]
            results += [y * y for y in times(C, z)]
        return (autograd.sum(results) - t) ** 2

    params = [w for M in (A, B, C) for row in M for w in row]
    source = agree(error, params, *samples(4, 3, None)).source
    monkeypatch.setattr(levels_module, "MOST_ROLES", 0)  # of which nothing is levelled
    unlevelled = agree(error, params, *samples(4, 3, None)).source
    one = "(W_3 @ beside(3, "
    assert one in source
    assert one not in unlevelled
