"""Any graph a program can build, compiled: shared, wide, deep, frozen, and at random."""

from __future__ import annotations

import inspect
import math
import random
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Operation, Value, dot, softmax
from autograd.compile import TraceError, compile
from autograd.operations import clamp, relu, sigmoid
from autograd.table import BUILT_IN, TABLE
from eager import Shared, Skip, agree, error_of, samples, squeezed
from nn import ACTIVATIONS, MLP, half_squared_error
from rows import TAME, random_error

pytestmark = pytest.mark.filterwarnings("error")


# -- any graph -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_networks_of_all_activations(activation: str) -> None:
    model = MLP(3, [4, 3, 2], activation=activation, rng=0)
    agree(error_of(model), model.parameters(), *samples(6, 3, 2))


@pytest.mark.parametrize("outputs", [1, 2, 5])
@pytest.mark.parametrize("output", ["identity", "sigmoid", "softmax"])
def test_networks_of_all_sizes(outputs: int, output: str) -> None:
    for hidden in ([], [1], [7, 2], [3, 3, 3, 3]):
        model = MLP(4, [*hidden, outputs], activation="tanh", output=output, rng=0)
        targets = None if outputs == 1 and output != "softmax" else outputs
        X, T = samples(5, 4, targets)
        loss = (lambda y, t: half_squared_error(y, [t])) if targets is None else half_squared_error
        agree(error_of(model, loss), model.parameters(), X, T)


@pytest.mark.parametrize("model", [Skip(), Shared()], ids=["skip", "shared"])
def test_skip_connections_and_shared_weights(model: Any) -> None:
    agree(error_of(model), model.parameters(), *samples(7, 3, 2))


def test_neurons_of_plus_and_times_give_the_same_program() -> None:
    X, T = samples(5, 2, 2)
    sources = []
    for elementary in (False, True):
        model = MLP(2, [3, 2], activation="tanh", rng=0, elementary=elementary)
        step = agree(error_of(model), model.parameters(), X, T)
        sources.append(squeezed(step.source))
    assert "A1 = W1 @ X + b1" in sources[1]
    assert "A2 = W2 @ Z1 + b2" in sources[1]
    assert sources[0] == sources[1]


def test_neurons_written_by_hand() -> None:
    W = [[Value(0.1 * i - 0.2 * j) for i in range(3)] for j in range(4)]
    b, v = [Value(0.1 * j) for j in range(4)], [Value(0.3 - 0.2 * j) for j in range(4)]

    def error(x: Any, t: Any) -> Any:
        z = [(w[0] * x[0] + x[1] * w[1] + b_j + w[2] * x[2]).tanh() for w, b_j in zip(W, b)]
        y = v[0] * z[0]
        for k in range(1, 4):
            y = y + z[k] * v[k]
        return (y - t) ** 2

    params = [*(w for row in W for w in row), *b, *v]
    step = agree(error, params, *samples(6, 3, None))
    products = [line for line in squeezed(step.source) if "@" in line]
    assert len(products) == 5  # W @ x, v @ z, and what flows back to z, v and W
    assert len(squeezed(step.source)) < 35


def test_operations_of_ones_own() -> None:
    swish = Operation(
        "compile_swish",
        lambda x, beta: x * sigmoid(beta * x),
        lambda y, x, beta: (sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x)),),
        parameters={"beta": 1.5},
    )
    three = Operation(
        "compile_three",
        lambda a, b, c: a * b + c * c,
        lambda y, a, b, c: (b, a, 2.0 * c),
    )
    w = [Value(x) for x in (0.3, -1.2, 2.0)]
    error = lambda x, t: three(swish(w[0] * x[0]), swish(w[1], beta=-0.5), w[2] * x[1]) * t  # noqa: E731
    try:
        agree(error, w, *samples(5, 2, None))
        model = MLP(2, [3, 1], activation=partial(swish, beta=2.0), rng=0)
        agree(lambda x, t: (model(x) - t) ** 2, model.parameters(), *samples(5, 2, None))
    finally:
        for name in ("compile_swish", "compile_three"):
            TABLE.pop(name)


def test_two_operations_of_the_same_name() -> None:
    first = Operation("compile_twin", lambda x: x * x, lambda y, x: (2.0 * x,))
    second = Operation("compile_twin", lambda x: 3.0 * x, lambda y, x: (3.0,))
    w = Value(5.0)
    try:
        loss, gradient = compile(lambda x, t: first(w * x) + second(w * x), [w])([1.0], [0.0])
    finally:
        TABLE.pop("compile_twin")
    assert (loss, gradient.tolist()) == (40.0, [13.0])


@pytest.mark.parametrize("size", [1, 2, 3, 9])
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "logsumexp", "softmax", "dot"])
def test_nodes_with_many_parents(name: str, size: int) -> None:
    w = [Value(0.3 * k - 1.0) for k in range(size)]

    def error(x: Any, t: Any) -> Any:
        mixed = [*[a * b for a, b in zip(w, x)], 0.5, w[0], x[-1], -1.25]
        if name == "softmax":
            return dot(softmax(mixed), [*x, *range(4)]) * t
        if name == "dot":
            return dot(mixed, [*x, w[-1], 2.0, 0.25, x[0]], t) + dot(w, w) * dot(x, x)
        return getattr(autograd, name)(mixed) * t + getattr(autograd, name)([*w, 2.0])

    agree(error, w, *samples(5, size, None))


@pytest.mark.parametrize("row", ["maximum", "minimum"])
def test_the_largest_of_many(row: str) -> None:
    choose = TABLE[row]
    w = [Value(x) for x in (0.5, -0.5, 0.25, 0.75)]

    def error(x: Any, t: Any) -> Any:
        y = x[0] * w[0]
        for a, b in zip(x[1:], w[1:]):
            y = choose(y, a * b)
        return y * t + choose(choose(w[0], w[1]), w[2])

    agree(error, w, *samples(9, 4, None))
    agree(error, w, [[2.0, -2.0, 4.0, 4 / 3]] * 2, [1.0, 2.0])  # ties


def test_derivatives_inside_of_the_function() -> None:
    w = Value(0.7)
    slope = autograd.grad(lambda z: (w * z).sin())  # w cos(w z)
    loss, gradient = compile(lambda x, t: slope(x), [w])([1.0, 2.0], [0.0, 0.0])
    assert loss == pytest.approx(np.mean([0.7 * math.cos(0.7 * x) for x in (1, 2)]), rel=1e-14)
    wanted = np.mean([math.cos(0.7 * x) - 0.7 * x * math.sin(0.7 * x) for x in (1, 2)])
    assert gradient[0] == pytest.approx(wanted, rel=1e-13)


POWERS = [lambda z: z**3, lambda z: (z * z + 1.0) ** -0.5, lambda z: 2.0**z, lambda z: abs(z) ** 3]
KINKS = [
    lambda z: relu(z) ** 3,
    lambda z: clamp(z, -0.5, 1.0) ** 2 * z,
    lambda z: autograd.leaky_relu(z) * z * z,
    lambda z: TABLE["maximum"](z * z, z) * TABLE["minimum"](z, 0.5) * z,
]


@pytest.mark.parametrize("u", [*POWERS, *KINKS])
def test_equations_of_second_order(u: Any) -> None:
    w = [Value(0.5), Value(-1.0)]
    slope = autograd.grad(autograd.grad(lambda z: u(w[0] * z + w[1])))
    X = [0.5, -1.5, 2.0, 4.0, 6.0]  # with a kink among them
    agree(lambda x, t: (slope(x) + w[0] * x + w[1] - t) ** 2, w, X, [1.0, 0.0, 0.5, 2.0, 1.0])


own = Operation(
    "own power",
    lambda x: autograd.where(x > 0.0, x * x * x, 0.0),
    lambda y, x: (autograd.where(x > 0.0, 3.0 * x * x, 0.0),),
)


def test_where_takes_one_side_and_its_gradient() -> None:
    w = [Value(0.7), Value(-1.5)]

    def error(x: Any, t: Any) -> Any:
        slope = autograd.grad(own)(w[0] * x)
        inside = autograd.where((w[0] * x > 0.0) & (x < 2.0), w[1] * (w[0] * x).log(), 0.0)
        return slope * t + inside + autograd.where((x < -1.0) | (x > 3.0), w[1] * x, w[0])

    agree(error, w, [-2.0, 0.0, 1.0, 2.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0])


@pytest.mark.parametrize("seed", range(8))
def test_random_functions_with_derivatives_inside(seed: int) -> None:
    rng = random.Random(seed)
    w = [Value(rng.uniform(-1.5, 1.5)) for _ in range(4)]
    names = ("relu", "elu", "gelu", "silu", "softplus", "leaky_relu", "tanh", "abs", "sin")
    plan = [(rng.choice(names), rng.random(), rng.randrange(4)) for _ in range(4)]

    def u(z: Any) -> Any:
        y = z
        for name, c, i in plan:
            y = TABLE[name](w[i] * y + c)
            y = autograd.where(y > c, (y * y + 1.0) ** (0.5 + w[i] * w[i]), w[i] * z + y)
        return y

    slope = autograd.grad(u)
    curvature = autograd.grad(slope)
    X = [rng.uniform(-2.0, 2.0) for _ in range(4)]
    agree(lambda x, t: (curvature(x) * t + u(x)) ** 2 + slope(x) ** 2, w, X, X, tolerance=1e-10)


undecided = Operation("undecided", lambda x: x, lambda y, x: (1.0 if x > 0.0 else 0.0,))


@pytest.mark.parametrize("function", [undecided, autograd.grad(undecided)])
def test_a_rule_that_asks_is_named_with_its_line(function: Any) -> None:
    w = Value(0.7)
    with pytest.raises((TypeError, TraceError)) as caught:
        compile(lambda x, t: function(w * x), [w])([1.0], [0.0])
    assert "'undecided'" in str(caught.value)
    line = undecided.local.__code__.co_firstlineno  # type: ignore[attr-defined]
    assert f'{__file__}", line {line}' in str(caught.value)


def test_frozen_leaves_and_constants() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    scale = Value(1.5)
    last = model.layers[1].parameters()
    error = lambda x, t: (scale * model(x) - 3 * t + 0.5) ** 2  # noqa: E731
    agree(error, last, *samples(4, 2, None))
    assert not scale.has_grad
    assert not any(p.has_grad for p in model.layers[0].parameters())


@pytest.mark.parametrize(("inputs", "targets"), [(None, None), (None, 2), (2, None), (1, 1)])
def test_samples_that_are_single_numbers(inputs: int | None, targets: int | None) -> None:
    w = [Value(0.5), Value(-0.25)]

    def error(x: Any, t: Any) -> Any:
        assert isinstance(x, Value) is (inputs is None)
        assert isinstance(t, Value) is (targets is None)
        x, t = (x, x) if inputs is None else (x[0], x[-1]), [t] if targets is None else t
        return autograd.sum([(w[0] * x[0] + w[1] * x[1] - t_k) ** 2 for t_k in t])

    rng = np.random.default_rng(0)
    X = rng.normal(size=4 if inputs is None else (4, inputs))
    T = rng.normal(size=4 if targets is None else (4, targets))
    agree(error, w, X, T)


def test_targets_may_be_left_out_of_the_error() -> None:
    w = Value(0.5)
    agree(lambda x, t: w * x[0], [w], *samples(3, 1, 2))


def test_a_long_chain_needs_no_recursion() -> None:
    w, X, T = Value(0.999), [0.5, 1.0], [0.0, 0.0]

    def error(x: Any, t: Any) -> Any:
        for _ in range(length):
            x = (w * x).sin()
        return x

    length = 2
    agree(error, [w], X, T)  # imports what it needs
    length = 400
    kept, depth = sys.getrecursionlimit(), len(inspect.stack(0))
    sys.setrecursionlimit(depth + 200)
    try:
        agree(error, [w], X, T)
    finally:
        sys.setrecursionlimit(kept)


def test_both_passes_of_one_node_used_often() -> None:
    w = Value(0.9)

    def error(x: Any, t: Any) -> Any:
        y = w * x
        for _ in range(12):
            y = y * y - y + 0.1  # 2 ** 12 paths
        return y

    agree(error, [w], [0.5, 0.3], [0.0, 0.0])


# -- random graphs ---------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
@example(413, 27)  # rows that are numbers times the weight of a sample, used in part
def test_random_graphs(seed: int, size: int) -> None:
    error, params, X, T = random_error(seed, size, TAME)
    agree(error, params, X, T)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 80))
@example(465, 77)  # atan2 where both operands may be 0
def test_many_random_graphs(seed: int, size: int) -> None:
    error, params, X, T = random_error(seed, size, TAME)
    agree(error, params, X, T)


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_of_all_operations(seed: int) -> None:
    error, params, X, T = random_error(seed, 3 + seed, sorted(BUILT_IN))
    agree(error, params, X[:1], T[:1])
