"""`compile` against eager mode: a loop over the samples, with `backward()` on their total.

How close is close enough? Array programs add up in another order, so that a result can be off by
the rounding of its largest summand, however small it is itself. `eager` therefore also returns a
size for each result: what it would be if nothing in it cancelled, the sum of |products| along all
paths, plus how much it changes when the inputs do. The difference must stay below 1e-12 of that.
"""

from __future__ import annotations

import itertools
import json
import linecache
import math
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Operation, Place, Value, dot, logsumexp, softmax, topological_order
from autograd.compile import Step, TraceError, compile
from autograd.compile import step as step_module
from autograd.compile import terms as terms_module
from autograd.operations import sigmoid
from autograd.table import BUILT_IN, TABLE
from nn import ACTIVATIONS, LOSSES, MLP, Layer, Module, Neuron, half_squared_error, l2_penalty

pytestmark = pytest.mark.filterwarnings("error")

Error = Callable[[Any, Any], Any]
TOLERANCE = 1e-12
INF, NAN = math.inf, math.nan


# -- eager mode, and how to compare ----------------------------------------------------------------


class Outcome(NamedTuple):
    """Loss and gradient; the last two are what 1e-12 is relative to."""

    loss: float
    gradient: list[float]
    loss_size: float
    sizes: list[float]


def eager(
    error: Error,
    params: Sequence[Value],
    X: Any,
    T: Any,
    penalty: Callable[[], Any] | None = None,
    reduction: str = "mean",
) -> Outcome:
    """What a compiled step must give, by the engine itself."""
    found = _eager(error, params, X, T, penalty, reduction)
    kept = [p.data for p in params]
    change = 1e-8  # too much for rounding to matter
    for k, p in enumerate(params):
        p.data = kept[k] * (1.0 + change * (-1) ** k)
    moved = _eager(error, params, np.asarray(X) * (1.0 + change), T, penalty, reduction)
    for p, x in zip(params, kept):
        p.data = x
    loss_size = found.loss_size + abs(moved.loss - found.loss) / change
    sizes = [
        size + abs(b - a) / change
        for size, a, b in zip(found.sizes, found.gradient, moved.gradient)
    ]
    return Outcome(found.loss, found.gradient, loss_size, sizes)


def _eager(error: Error, params: Any, X: Any, T: Any, penalty: Any, reduction: str) -> Outcome:
    total = nn.total([error(_leaves(x), _leaves(t)) for x, t in zip(X, T)], reduction)
    total = total if penalty is None else total + penalty()
    leaves = {*params, *topological_order(total)}
    before = {leaf: leaf.grad if leaf.has_grad else None for leaf in leaves}
    for leaf in leaves:
        leaf.grad = None
    total.backward()
    gradient = [p.grad for p in params]
    for leaf, grad in before.items():
        leaf.grad = grad
    size = dict.fromkeys(topological_order(total), 0.0)
    size[total] = 1.0
    for node in reversed(size):
        if node.operation is not None:
            for operand, local in zip(node.operands, node.local_gradients()):
                if isinstance(operand, Value):
                    size[operand] += abs(local) * size[node]
    loss_size = sum([abs(node.data) * size[node] for node in size])
    return Outcome(total.data, gradient, loss_size, [size.get(p, 0.0) for p in params])


def _leaves(x: Any) -> Any:
    return [Value(float(v)) for v in x] if np.ndim(x) else Value(float(x))


def is_close(found: float, wanted: float, size: float, tolerance: float = TOLERANCE) -> bool:
    """Whether two results agree; nan and inf only with themselves."""
    if not math.isfinite(wanted):
        return repr(float(found)) == repr(float(wanted))
    limit = tolerance * size if math.isfinite(size) else tolerance * abs(wanted)
    return abs(found - wanted) <= limit


def agree(
    error: Error,
    params: Sequence[Value],
    X: Any,
    T: Any,
    *,
    tolerance: float = TOLERANCE,
    **options: Any,
) -> Step:
    """Hold loss, gradient and p.grad of a compiled step against eager mode; return the step."""
    eagerly = {k: v for k, v in options.items() if k in ("penalty", "reduction")}
    wanted = eager(error, params, X, T, **eagerly)
    step = compile(error, params, **options)
    loss, gradient = step(X, T)
    assert isinstance(loss, float)
    assert is_close(loss, wanted.loss, wanted.loss_size, tolerance), (loss, wanted.loss)
    assert gradient.shape == (len(params),)
    for k, (p, slope) in enumerate(zip(params, gradient.tolist(), strict=True)):
        assert is_close(slope, wanted.gradient[k], wanted.sizes[k], tolerance), (
            k,
            slope,
            wanted.gradient[k],
        )
        assert p.grad == slope or math.isnan(slope)
    return step


def samples(count: int, inputs: int, targets: int | None, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    T = rng.normal(size=count if targets is None else (count, targets))
    return rng.normal(size=(count, inputs)), T


def error_of(model: Any, loss: Any = half_squared_error) -> Error:
    return lambda x, t: loss(model(x), t)


def squeezed(source: str) -> list[str]:
    """The lines of a program without indentation, comments, and blank lines."""
    lines = [re.sub(r"\s+", " ", line.split("#")[0]).strip() for line in source.splitlines()]
    return [line for line in lines if line]


# -- what a step is --------------------------------------------------------------------------------


def test_loss_and_gradient_of_a_worked_example() -> None:
    w, b = Value(2.0), Value(1.0)
    step = compile(lambda x, t: (w * x + b - t) ** 2, [b, w])
    loss, gradient = step([1.0, 2.0], [2.0, 2.0])  # residuals 1 and 3
    assert (loss, gradient.tolist()) == (5.0, [4.0, 7.0])  # mean 2r, mean 2rx
    assert (b.grad, w.grad) == (4.0, 7.0)
    loss, gradient = compile(lambda x, t: (w * x + b - t) ** 2, [b, w], reduction="sum")(
        [1.0, 2.0], [2.0, 2.0]
    )
    assert (loss, gradient.tolist()) == (10.0, [8.0, 14.0])


def test_gradient_is_replaced_and_follows_the_numbers() -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * w * x, [w])
    w.grad = 100.0
    step([1.0], [0.0])
    assert w.grad == 4.0
    w.data = 5.0
    assert step([1.0], [0.0])[0] == 25.0
    assert w.grad == 10.0


def test_any_order_of_parameters() -> None:
    model = MLP(3, [4, 2], activation="tanh", rng=0)
    X, T = samples(5, 3, 2)
    params = model.parameters()
    _, gradient = compile(error_of(model), params)(X, T)
    random.Random(1).shuffle(params)
    _, shuffled = compile(error_of(model), params)(X, T)
    position = {p: i for i, p in enumerate(model.parameters())}
    assert np.allclose(shuffled, gradient[[position[p] for p in params]], rtol=1e-13, atol=1e-15)
    agree(error_of(model), params, X, T)


def test_parameters_without_influence_keep_their_grad() -> None:
    w, idle, fresh = Value(2.0), Value(3.0), Value(4.0)
    idle.grad = 7.0
    step = compile(lambda x, t: w * x, [idle, w, fresh])
    _, gradient = step([1.0, 2.0], [0.0, 0.0])
    assert gradient.tolist() == [0.0, 1.5, 0.0]
    assert (idle.grad, w.grad) == (7.0, 1.5)
    assert not fresh.has_grad


def test_an_error_that_no_parameter_reaches() -> None:
    w = Value(2.0)
    loss, gradient = compile(lambda x, t: x * t, [w])([1.0, 2.0], [3.0, 5.0])
    assert (loss, gradient.tolist(), w.has_grad) == (6.5, [0.0], False)


def test_evaluate_changes_nothing() -> None:
    w, b = Value(2.0), Value(1.0)
    step = compile(lambda x, t: (w * x + b - t) ** 2, [w, b])
    vector = step.vector()
    loss, gradient = step.evaluate(np.array([3.0, -1.0]), [1.0, 2.0], [1.0, 1.0])
    assert (float(loss), gradient.tolist()) == (8.5, [9.0, 5.0])  # residuals 1 and 4
    assert (w.data, b.data, w.has_grad, b.has_grad) == (2.0, 1.0, False, False)
    assert vector.tolist() == step.vector().tolist() == [2.0, 1.0]


def test_evaluate_takes_numbers_in_the_order_of_params() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    X, T = samples(4, 2, None)
    step = compile(error_of(model), model.parameters())
    wanted = step(X, T)
    numbers = [p.data for p in model.parameters()]
    for p in model.parameters():
        p.data = 0.5
    loss, gradient = step.evaluate(np.array(numbers), X, T)
    assert loss == wanted[0]
    assert gradient.tolist() == wanted[1].tolist()


def test_predict() -> None:
    one, two = MLP(2, [3, 1], activation="tanh", rng=0), MLP(2, [3, 2], output="softmax", rng=1)
    X, _ = samples(5, 2, 1)
    for model, shape in ((one, (5,)), (two, (5, 2))):
        before = [(p.data, p.has_grad) for p in model.parameters()]
        y = compile(error_of(model), model.parameters(), predict=model).predict(X)
        assert y.shape == shape
        for row, x in zip(y, X):
            wanted = model(list(x))
            wanted = [wanted] if isinstance(wanted, Value) else wanted
            assert np.allclose(row, [z.data for z in wanted], rtol=1e-13, atol=1e-15)
        assert before == [(p.data, p.has_grad) for p in model.parameters()]


def test_the_parts_of_a_loss() -> None:
    w, idle = Value(2.0), Value(1.0)
    step = compile(lambda x, t: w * x, [idle, w], penalty=lambda: w * w)
    with pytest.raises(ValueError, match=r"step\(X, T\)"):
        _ = step.reached
    loss, penalty, gradient = step.parts(np.array([0.0, 3.0]), [1.0, 3.0], [0.0, 0.0])
    assert (float(loss), float(penalty), gradient.tolist()) == (6.0, 9.0, [0.0, 8.0])
    assert (step.reached.tolist(), w.has_grad) == ([1], False)
    loss, gradient = compile(lambda x, t: w * x, [w]).parts([3.0], [1.0, 3.0], [0.0, 0.0])
    assert (float(loss), gradient.tolist()) == (6.0, [2.0])


def test_predict_of_constants_inputs_and_parameters() -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * x, [w], predict=lambda x: (w * x, x, w, 1.0))
    assert step.predict([1.0, 3.0]).tolist() == [[2, 1, 2, 1], [6, 3, 2, 1]]


def test_predict_follows_edits_of_parameters() -> None:
    idle, w = Value(9.0), Value(2.0)
    step = compile(lambda x, t: w * x, [idle, w], predict=lambda x: w * x)
    assert step.predict([1.0, 3.0]).tolist() == [2.0, 6.0]
    w.data = -1.0
    assert step.predict([1.0, 3.0]).tolist() == [-1.0, -3.0]


def test_batches_and_samples_of_other_sizes() -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * (autograd.sum(x) if isinstance(x, list) else x), [w])
    for X, wanted in (([[1.0, 2.0]], 3.0), ([[1.0, 2.0], [3.0, 4.0]], 5.0), ([[4.0]], 4.0)):
        assert step(X, np.zeros(len(X)))[1].tolist() == [wanted]
    assert step([1.0, 6.0], [0.0, 0.0])[1].tolist() == [3.5]
    assert step([[1.0, 2.0]], [0.0])[1].tolist() == [3.0]


@pytest.mark.parametrize("kind", [list, tuple, np.array, partial(np.array, dtype=np.float32)])
def test_samples_of_any_array_type(kind: Any) -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * x[1] * t, [w])
    assert step(kind([[1, 2], [3, 4]]), kind([5, 6]))[1].tolist() == [17.0]


def test_integers_and_booleans() -> None:
    w = Value(0.5)
    step = compile(lambda x, t: (w * x[0] - t) ** 2, [w])
    X, T = np.array([[3], [1]], dtype=np.uint8), np.array([True, False])
    assert step(X, T)[1].tolist() == [(2 * 0.5 * 3 + 2 * 0.5 * 1) / 2]


def test_float32_on_request() -> None:
    model = MLP(3, [4, 2], activation="gelu", rng=0)
    X, T = samples(6, 3, 2)
    step = agree(error_of(model), model.parameters(), X, T)
    single = compile(error_of(model), model.parameters(), dtype="float32", predict=model)
    loss, gradient = single(X, T)
    assert gradient.dtype == np.float32
    assert single.predict(X).dtype == np.float32
    assert loss == pytest.approx(step(X, T)[0], rel=1e-5)
    assert gradient == pytest.approx(step(X, T)[1], rel=1e-4, abs=1e-5)


def cases_in_single_precision() -> Iterator[tuple[str, Error, list[Value]]]:
    for name in sorted(set(ACTIVATIONS) - {"softmax"}):
        model = MLP(2, [3, 1], activation=name, rng=0)
        yield name, error_of(model), model.parameters()
    hinge = lambda x, t: (1.0 - t * model(x)).relu()  # noqa: E731
    yield "hinge", hinge, model.parameters()
    for name in sorted(BUILT_IN):
        low, high = ORDINARY.get(name, (0.6, 0.9) if name in POSITIVE else (0.6, -0.9))
        for count, apply in cases_of(name):
            w = [Value(x) for x in [low, 0.5 * (low + high), high][:count]]
            error = lambda x, t, w=w, f=apply: f(*[p * x[0] for p in w]) * t + f(*w)  # noqa: E731
            yield name, error, w


def test_single_precision_stays_single() -> None:
    X, T = np.ones((4, 2)), np.ones(4)
    for name, error, params in cases_in_single_precision():
        step = compile(error, params, dtype="float32")
        _, gradient = step.evaluate(step.vector(), X, T)
        assert gradient.dtype == np.float32, (name, step.source)
        space: dict[str, Any] = {}
        exec(step.source, space)
        with np.errstate(all="ignore"):
            alone = space["step"](step.vector(), np.float32(X), np.float32(T[:, None]), 0.25, 1.0)
        assert alone[-1].dtype == np.float32, (name, step.source)


def test_predictions_are_the_callers_own() -> None:
    w, X = [Value(1.0), Value(2.0)], np.array([[1.0, 2.0], [3.0, 4.0]])
    for predict in (lambda x: [x[0], x[1]], lambda x: w):
        step = compile(lambda x, t: w[0] * x[0] + w[1], w, predict=predict)
        first = step.predict(X)
        kept = first.copy()
        first[:] = 7.0
        assert step.predict(X).tolist() == kept.tolist()
        assert X.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_repr() -> None:
    assert "2 parameters" in repr(compile(lambda x, t: x, [Value(1.0), Value(2.0)]))


# -- any graph -------------------------------------------------------------------------------------


class Skip(Module):
    """A network whose input is added to what the second layer gives."""

    def __init__(self) -> None:
        self.first = Layer(3, 3, activation="tanh", rng=1)
        self.second = Layer(3, 3, activation="sigmoid", index=2, rng=2)
        self.last = Layer(6, 2, activation="identity", index=3, rng=3)

    def __call__(self, x: Any) -> Any:
        z = self.first(x)
        y = [a + b for a, b in zip(self.second(z), x)]  # type: ignore[arg-type]
        return self.last([*y, *z])  # type: ignore[misc]


class Shared(Module):
    """The same layer three times, with gates from scalars of its own."""

    def __init__(self) -> None:
        self.layer = Layer(3, 3, activation="tanh", rng=1)
        self.gate = Value(0.3)

    def __call__(self, x: Any) -> Any:
        for _ in range(3):
            x = [self.gate * a + (1 - self.gate) * b for a, b in zip(self.layer(x), x)]
        return x[:2]


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
    w = Value(0.999)

    def error(x: Any, t: Any) -> Any:
        for _ in range(1100):
            x = (w * x).sin()
        return x

    agree(error, [w], [0.5, 1.0], [0.0, 0.0])


def test_both_passes_of_one_node_used_often() -> None:
    w = Value(0.9)

    def error(x: Any, t: Any) -> Any:
        y = w * x
        for _ in range(12):
            y = y * y - y + 0.1  # 2 ** 12 paths
        return y

    agree(error, [w], [0.5, 0.3], [0.0, 0.0])


# -- every operation of the table ------------------------------------------------------------------

ORDINARY = {"acosh": (1.5, 2.75), "log1p": (0.5, -0.25), "pow": (1.25, 0.75), "clamp": (0.5, -0.7)}
POSITIVE = ("log", "log2", "log10", "sqrt", "power", "exponential", "share")
CONSTANTS: dict[str, list[list[float]]] = {
    "power": [[c] for c in (2.0, 0.5, -1.0, 0.0, 1.0, 3.0, -INF)],
    "exponential": [[c] for c in (2.0, 0.5, 1.0, 0.0, -1.0, INF)],
    "clamp": [[], [-0.5, 0.5], [0.0, 0.25]],
    "leaky_relu": [[], [0.2]],
    "elu": [[], [0.3]],
    "softmax": [[0.0], [1.0]],
}
EDGES = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 5e-324, 1e308, -1e308, 800.0, -800.0, 0.5, 1e-10]


def cases_of(name: str) -> Iterator[tuple[int, Callable[..., Any]]]:
    """Yield for an operation its number of operands, and what applies it to them."""
    row = TABLE[name]
    count = 3
    if row.vectors is None:
        count = row.local.__code__.co_argcount - 1 - len(row.parameters)  # type: ignore[attr-defined]
    count -= name in ("power", "exponential", "softmax")
    for constants in CONSTANTS.get(name, [[]]):
        yield count, lambda *x, constants=constants: row(*x, *constants)


def agree_at(apply: Callable[..., Any], at: Sequence[float]) -> None:
    """Compare an operation on products, on what all samples share, and with constants."""
    w = [Value(x) for x in at]
    first, T = w[:1], [1.0, 2.0, 0.5, 1.5]
    X = [[1.0 + 0.01 * (k + j) for k in range(len(w))] for j in range(4)]
    agree(lambda x, t: apply(*[a * b for a, b in zip(w, x)]) * t, w, X, T)
    agree(lambda x, t: apply(*w) * t, w, X, T)
    agree(lambda x, t: apply(w[0], *x[1:]) * t, first, X, T)
    agree(lambda x, t: apply(*x[1:], w[0]) * t, first, X, T)
    agree(lambda x, t: apply(w[0] * x[0], *at[1:]) * t, first, X, T)
    agree(lambda x, t: apply(*at[1:], w[0] * x[0]) * t, first, X, T)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_operations_at_ordinary_points(name: str) -> None:
    low, high = ORDINARY.get(name, (0.6, 0.9) if name in POSITIVE else (0.6, -0.9))
    for count, apply in cases_of(name):
        agree_at(apply, [low, 0.5 * (low + high), high][:count])


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_operations_at_the_edges(name: str) -> None:
    """nan and inf are where eager mode has them."""
    for count, apply in cases_of(name):
        for form in ("products", "shared"):
            agree_at_edges(apply, count, EDGES if count < 3 else EDGES[:7], form)


def agree_at_edges(
    apply: Callable[..., Any],
    count: int,
    edges: Sequence[float],
    form: str = "products",
    most: int | None = None,
    tiny: float = 0.0,
    engine: str = "numpy",
) -> None:
    """Compare an operation with eager mode at all (or `most`) combinations of edges."""
    params = [Value(1.0) for _ in range(count)]

    def error(x: Any, t: Any) -> Any:
        if form == "shared":
            return apply(*params) * x[0]
        return apply(*[p * x_k for p, x_k in zip(params, x)])

    step = compile(error, params, engine=engine)
    points = list(itertools.product(edges, repeat=count))
    for point in points[:: len(points) // (most or len(points)) or 1]:
        for p, x in zip(params, point):
            p.data = x
        loss, gradient = step([[1.0] * count], [0.0])
        for p in params:
            p.grad = None
        wanted = error([Value(1.0)] * count, Value(0.0))
        wanted.backward()
        numbers = [wanted.data, *[p.grad for p in params]]
        for a, b in zip([loss, *gradient.tolist()], numbers, strict=True):
            assert is_close(a, b, abs(b) + tiny), (point, a, b)


# -- random graphs ---------------------------------------------------------------------------------


def random_error(seed: int, size: int, names: Sequence[str]) -> tuple[Error, list[Value], Any, Any]:
    """A graph of random operations on six parameters, three inputs and constants."""
    rng = random.Random(seed)
    plan = []
    for k in range(9, 9 + size):
        row = TABLE[rng.choice(names)]
        if row.vectors is not None:
            which = [rng.randrange(k) for _ in range(rng.choice([2, 3, 5, 8]))]
        else:
            count = row.local.__code__.co_argcount - 1 - len(row.parameters)  # type: ignore[attr-defined]
            which = [rng.randrange(max(0, k - 15), k) for _ in range(count)]
        plan.append((row, which, rng.choice([2.0, 3.0, 0.5]), rng.random() < 0.3))

    def error(x: Any, t: Any) -> Any:
        nodes = [*params, *x]
        for row, which, constant, has_constant in plan:
            operands = [nodes[i] for i in which]
            if row.name in ("power", "exponential"):
                operands[1] = constant
            elif row.name == "softmax":
                operands[-1] = 0.0
            elif has_constant and len(operands) > 1:
                operands[0] = constant
            nodes.append(row(*operands))
        return autograd.sum([node * 0.5 for node in nodes[-8:]]) * t

    params = [Value(rng.uniform(-2, 2)) for _ in range(6)]
    X = [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(5)]
    return error, params, X, [rng.uniform(0.5, 1.0) for _ in range(5)]


# Without infinite slopes and values that are no numbers, so that every random graph has a gradient.
TAME = [
    name
    for name in sorted(BUILT_IN)
    if name
    not in (
        *("acos", "asin", "acosh", "atanh", "cathetus", "sqrt", "cbrt", "log", "log2", "log10"),
        *("log1p", "div", "reciprocal", "share", "pow", "power", "exponential", "tan", "cosh"),
        *("sinh", "exp", "expm1", "cosine"),
    )
]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_random_graphs(seed: int, size: int) -> None:
    error, params, X, T = random_error(seed, size, TAME)
    agree(error, params, X, T)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 80))
def test_many_random_graphs(seed: int, size: int) -> None:
    error, params, X, T = random_error(seed, size, TAME)
    agree(error, params, X, T)


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_of_all_operations(seed: int) -> None:
    error, params, X, T = random_error(seed, 3 + seed, sorted(BUILT_IN))
    agree(error, params, X[:1], T[:1])


# -- networks and errors of nn ---------------------------------------------------------------------


def targets_for(loss: str, outputs: int, count: int) -> Any:
    rng = np.random.default_rng(1)
    if loss.startswith("cross_entropy"):
        return np.eye(outputs)[rng.integers(outputs, size=count)]
    if loss.startswith("binary"):
        return rng.integers(2, size=(count, outputs)).astype(float)
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], size=(count, outputs))
    return rng.normal(size=(count, outputs))


OUTPUT = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}


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


# -- nan and inf -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "number", "x"),
    [
        (lambda w, x: w * x, 0.0, INF),
        (lambda w, x: (w * x).log(), 0.0, 1.0),
        (lambda w, x: (w * x).log(), -1.0, 1.0),
        (lambda w, x: (w * x).exp(), 1000.0, 1.0),
        (lambda w, x: x / w, 0.0, 1.0),
        (lambda w, x: x / w, 0.0, 0.0),
        (lambda w, x: (w * x).relu().sqrt(), -1.0, 1.0),
        (lambda w, x: (w * x).relu() * x.log(), -1.0, 0.0),
        (lambda w, x: logsumexp([w * x, w, 0.0]), INF, 1.0),
        (lambda w, x: logsumexp([w * x, -w, 5.0]), 1e308, 1.0),
        (lambda w, x: softmax([w * x, w, 0.0])[1], 1e300, 1.0),
        (lambda w, x: (w * x).tanh() + (w * x).sigmoid(), 1e5, -1.0),
        (lambda w, x: -(w * x).sigmoid().log(), -800.0, 1.0),
        (lambda w, x: w**x + x**w, 0.0, 0.0),
        (lambda w, x: autograd.prod([w, x, w * x]), 0.0, INF),
        (lambda w, x: w * w * x, 1e200, 1e200),
        (lambda w, x: w * x - w * x, INF, 1.0),
        (lambda w, x: w * x, NAN, 1.0),
    ],
)  # fmt: skip
def test_nan_and_inf_as_in_eager_mode(error: Any, number: float, x: float) -> None:
    w = Value(number)
    step = compile(lambda x, t: error(w, x), [w])
    loss, gradient = step([x], [0.0])
    w.grad = None
    wanted = error(w, Value(x))
    wanted.backward()
    assert is_close(loss, wanted.data, abs(wanted.data))
    assert is_close(gradient[0], w.grad, abs(w.grad))


def test_an_infinite_slope_times_a_sum() -> None:
    """Upstream gradients are added up first: ∞ · (0.5 - 0.1) is ∞, and not ∞ - ∞."""
    w = Value(0.0)

    def error(x: Any, t: Any) -> Any:
        root = autograd.sqrt(w)
        return 0.5 * root - 0.1 * x * root

    assert compile(error, [w])([1.0], [0.0])[1].tolist() == [INF]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "silu", "softplus"])
@pytest.mark.parametrize("scale", [1e3, 1e200, INF])
def test_saturated_networks(activation: str, scale: float) -> None:
    model = MLP(2, [3, 2], activation=activation, output="sigmoid", rng=1)
    for p in model.parameters():
        p.data *= scale
    X, T = samples(1, 2, 2)
    step = compile(error_of(model), model.parameters())
    loss, gradient = step(X, T)
    for p in model.parameters():
        p.grad = None
    wanted = half_squared_error(model(X[0]), list(T[0]))
    wanted.backward()
    assert is_close(loss, wanted.data, abs(wanted.data))
    for slope, p in zip(gradient.tolist(), model.parameters()):
        assert is_close(slope, p.grad, abs(p.grad) + 1e-300)


def test_one_bad_sample_does_not_spoil_predictions() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    step = compile(error_of(model), model.parameters(), predict=model)
    y = step.predict([[NAN, 1.0], [0.5, 0.5], [INF, -INF]])
    assert [math.isnan(v) for v in y] == [
        math.isnan(model([a, b]).data)  # type: ignore[union-attr]
        for a, b in ((NAN, 1.0), (0.5, 0.5), (INF, -INF))
    ]
    assert y[1] == pytest.approx(model([0.5, 0.5]).data, rel=1e-14)  # type: ignore[union-attr]


# -- the matrix form emerges -----------------------------------------------------------------------

LETTERS = {"prml": ("A", "Z"), "nielsen": ("Z", "A"), "wikipedia": ("net", "O")}


@pytest.mark.parametrize("notation", LETTERS)
@pytest.mark.parametrize("sizes", [[3, 2], [4, 3, 2]])
def test_matrix_form_of_backpropagation(notation: str, sizes: list[int]) -> None:
    model = MLP(2, sizes, activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 2, 2), notation=notation)
    lines = squeezed(step.source)
    a, z = LETTERS[notation]
    last = len(sizes)
    below = {1: "X", **{k: f"{z}{k - 1}" for k in range(2, last + 1)}}
    wanted = []
    for k in range(1, last + 1):
        wanted += [
            f"{a}{k} = W{k} @ {below[k]} + b{k}",
            f"dW{k} = δ{k} @ {below[k]}.T",  # BP4
            f"db{k} = δ{k}.sum(axis=1, keepdims=True)",  # BP3
        ]
        if k < last:
            wanted.append(f"{z}{k} = np.tanh({a}{k})")
            wanted.append(f"δ{k} = tanh_prime({a}{k}) * (W{k + 1}.T @ δ{k + 1})")  # BP2
    for line in wanted:
        assert line in lines, f"{line}\n\n{step.source}"
    assert any(line.startswith(f"δ{last} = ") for line in lines)  # BP1
    order = {line.split(" = ")[0]: k for k, line in enumerate(lines)}
    assert order[f"{a}1"] < order[f"{a}{last}"] < order[f"δ{last}"] < order["δ1"]
    program = lines[lines.index("def step(theta, X, T, s, r):") :]
    assert len(program) <= 25 + 7 * (last - 2)


def test_a_network_of_three_layers_fits_on_a_page() -> None:
    model = MLP(5, [8, 3], activation="sigmoid", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 5, 3))
    lines = squeezed(step.source)
    assert len(lines[lines.index("def step(theta, X, T, s, r):") :]) <= 25
    wide = MLP(5, [80, 30], activation="sigmoid", rng=0)
    wider = compile(error_of(wide), wide.parameters())
    wider(*samples(2, 5, 30))
    assert len(squeezed(wider.source)) == len(lines)


def test_weights_that_are_stored_by_columns() -> None:
    """As in Y = X W: the gradient of W comes out as W lies."""
    w = [[Value(0.1 * (3 * i + j)) for j in range(3)] for i in range(4)]
    error = lambda x, t: autograd.sum(  # noqa: E731
        [(dot([row[j] for row in w], x) - t[j]).tanh() for j in range(3)]
    )
    step = agree(error, [p for row in w for p in row], *samples(5, 4, 3))
    source = "\n".join(squeezed(step.source))
    assert "W = theta[0:12].reshape(4, 3)" in source
    assert re.search(r"^return loss, \w+\.ravel\(\)$", source, re.MULTILINE)  # as it is


def test_gradients_side_by_side() -> None:
    """A table of units whose last column, a constant, has no gradient."""
    layer = Layer(2, 4, activation="tanh", index=1, rng=random.Random(0))
    params = [p for n in layer.neurons for p in (*n.w, n.b, Value(1.0))]
    error = lambda x, t: autograd.sum(layer(x)) * t  # noqa: E731
    X, T = samples(5, 2, None)
    source = agree(error, params, X, T).source.partition("def step")[2]
    assert source.count("join(dW1, db1, np.full((4, 1), 0.0, theta.dtype))") == 1
    assert source.count("theta[") == 2  # a matrix and its biases


def test_what_is_gone_through_row_by_row_lies_so() -> None:
    model = MLP(3, [4, 2], activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 3, 2))
    assert "X, T = X.T, T.T.copy()" in step.source
    w = Value(0.5)
    step = agree(lambda x, t: w * x[0] * x[1] - t[0], [w], *samples(5, 2, 1))
    assert "X, T = X.T.copy(), T.T" in step.source


def test_one_row_many_times_is_gathered() -> None:
    w = [Value(0.01 * k) for k in range(400)]
    error = lambda x, t: dot(w[::2], [x] * 200) + dot(w[1::2], [x * x] * 200) - t  # noqa: E731
    penalty = lambda: autograd.sum([p * p for p in w[::3]])  # noqa: E731
    step = agree(error, w, *(z[:, 0] for z in samples(5, 1, 1)), penalty=penalty)
    assert max(map(len, step.source.partition("def step")[2].splitlines())) < 300


def test_factors_of_one_are_not_written() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 2, 1))
    assert "1.0 *" not in step.source.partition("def step")[2]


def test_weights_of_errors_and_penalties_are_plain_numbers() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    params = model.parameters()
    penalty = lambda: l2_penalty(params, 0.1)  # noqa: E731
    step = agree(error_of(model), params, *samples(5, 2, 1), penalty=penalty)
    assert "0.5 * s" in step.source
    assert "np.full" not in step.source


def test_equal_sums_are_one_term() -> None:
    term = terms_module.new_terms()
    a, b, c = (term.make(name) for name in "abc")
    assert a + (b + c) is (c + a) + b
    assert a + (a + b) is (a + b) + a
    assert a + b is not a + a
    assert a + (b + c) is not (a + b) + b


def test_shapes_are_in_the_comments() -> None:
    model = MLP(2, [3, 2], activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 2, 2))
    for line in (
        "    A1 = W1 @ X + b1  # (3, n)",
        "    dW2 = δ2 @ Z1.T  # (2, 3)",
        "    db1 = δ1.sum(axis=1, keepdims=True)  # (3, 1)",
    ):
        assert line in step.source.splitlines()


def test_the_source_without_a_call() -> None:
    step = compile(lambda x, t: x, [Value(1.0)])
    with pytest.raises(ValueError, match=r"step\(X, T\)"):
        _ = step.source


# -- the source alone ------------------------------------------------------------------------------

ALONE = """
import json, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("autograd", "nn", "numba", "jax"):
            raise ImportError(name + " is not to be used")

sys.meta_path.insert(0, Refused())
given = json.load(sys.stdin)
for source, theta, X, T, s, r in given:
    space = {}
    exec(source, space)
    array = space["np"].array
    *losses, gradient = space["step"](array(theta), array(X), array(T), s, r)
    print(json.dumps([float(sum(losses)), gradient.tolist()]))
try:
    import autograd
except ImportError:
    pass
else:
    raise SystemExit("autograd can be imported here")
"""


def test_the_source_needs_numpy_alone() -> None:
    X, T = samples(5, 3, 2)
    cases: list[tuple[Step, Any, Any, float]] = []
    for activation in ("tanh", "gelu", "softplus", "elu"):
        model = MLP(3, [4, 2], activation=activation, rng=0)
        step = compile(
            error_of(model),
            model.parameters(),
            penalty=partial(l2_penalty, model.parameters(), 0.1),
        )
        cases.append((step, X, T, 0.2))
    tangled = random_error(5, 60, TAME)
    cases.append((compile(*tangled[:2], reduction="sum"), *tangled[2:], 1.0))
    w = [Value(0.1 * k - 1.0) for k in range(7)]  # with inf among the constants, and segments

    def constants(x: Any, t: Any) -> Any:
        return autograd.clamp(dot(w, w) * x[0], min=-INF) + logsumexp([w[0] * x[1], -INF])

    cases.append((compile(constants, w), X, T, 0.2))
    given, wanted = [], []
    for step, X, T, s in cases:
        loss, gradient = step(X, T)
        theta = step.vector().tolist()
        T = np.asarray(T)[:, None] if np.ndim(T) == 1 else T
        given.append([step.source, theta, np.asarray(X).tolist(), np.asarray(T).tolist(), s, 1.0])
        wanted.append([loss, gradient.tolist()])
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert [json.loads(line) for line in run.stdout.splitlines()] == wanted


HOSTILE = [
    '"); import os; os.abort() #',
    "'''\nraise SystemExit\n'''",
    '"""',
    "\\",
    "x\n    raise SystemExit",
    "np",
    "theta",
    "W1",
    "lambda",
    "δ1",
    "{0.__class__}",
    "",
    "\x00",
    "__import__('os').abort()",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_users_never_reach_the_source(name: str) -> None:
    row = Operation(name, lambda x: x * x, lambda y, x: (2.0 * x,), tex=name, symbol=name)
    w, frozen = Value(3.0, label=name), Value(2.0, label=name)
    v = Value(1.0)
    v.place = Place("w", 1, 1, 1, label=name)

    def error(x: Any, t: Any) -> Any:
        a = w * x + v * frozen
        a.label = name
        a.place = Place("a", 1, 1, activation=name, label=name)
        y = row(a)
        y.place = Place(name, 2, 1, label=name)  # a quantity that does not exist
        return y * t

    try:
        step = agree(error, [w, v], [1.0, 2.0], [1.0, 3.0])
    finally:
        TABLE.pop(name)
    assert step.source.isprintable() or "\x00" not in step.source
    if len(name) > 5:
        assert name not in step.source
    assert "import os" not in step.source
    assert "abort" not in step.source


@pytest.mark.parametrize("layer", ["1); import os #", "1 = X; import os #", 1.5, -1, None])
def test_places_that_are_no_places(layer: Any) -> None:
    w = Value(3.0)
    w.place = Place("w", layer, 1, 1)

    def error(x: Any, t: Any) -> Any:
        a = w * x
        a.place = Place("a", layer, 1)
        return a.tanh()

    step = compile(error, [w])
    loss, _ = step([1.0], [0.0])
    assert loss == math.tanh(3.0)
    assert "import os" not in step.source


def test_places_of_two_networks_do_not_mix() -> None:
    first, second = MLP(2, [3, 2], activation="tanh", rng=0), MLP(2, [3, 2], rng=1)

    def error(x: Any, t: Any) -> Any:
        return half_squared_error(first(x), second(x))

    agree(error, [*first.parameters(), *second.parameters()], *samples(4, 2, 1))


def test_lines_of_the_program_are_known_to_tracebacks() -> None:
    w = Value(3.0)
    step = compile(lambda x, t: w * x[0], [w])
    step([[1.0]], [0.0])
    assert any(name.startswith("<compiled") for name in linecache.cache)


# -- control flow ----------------------------------------------------------------------------------


def _if(x: Any, w: Any) -> Any:
    if x > 0:
        return w * x
    return w


def _while(x: Any, w: Any) -> Any:
    while x < 1:
        x = x * w
    return x


CONTROL: list[tuple[Callable[[Any, Any], Any], str, str]] = [
    (_if, "if x > 0:", "relu"),
    (_while, "while x < 1:", "maximum"),
    (lambda x, w: w * x if w > 0 else w, "if w > 0 else w", "maximum"),
    (lambda x, w: w * x if w else x, "w * x if w else x", "maximum"),
    (lambda x, w: w if not (w * x) else x, "not (w * x)", "maximum"),
    (lambda x, w: w if x >= w and x <= 3 else x, "x >= w and x <= 3", "clamp"),
    (lambda x, w: w * float(x), "w * float(x)", "autograd"),
    (lambda x, w: x * float(w), "x * float(w)", "autograd"),
    (lambda x, w: w * int(x), "w * int(x)", "autograd"),
    (lambda x, w: w * round(x), "w * round(x)", "autograd"),
    (lambda x, w: w * math.exp(x), "w * math.exp(x)", "autograd.exp(x)"),
    (lambda x, w: x * math.sqrt(w), "x * math.sqrt(w)", "autograd.sqrt(x)"),
    (lambda x, w: w * math.fabs(x), "w * math.fabs(x)", "autograd.abs(x)"),
    (lambda x, w: w * math.floor(x), "w * math.floor(x)", "autograd"),
    (lambda x, w: w * x.data, "w * x.data", "the node itself"),
    (lambda x, w: x * w.data, "x * w.data", "the node itself"),
    (lambda x, w: (w * x).data * w, "(w * x).data * w", "the node itself"),
    (lambda x, w: w * x.item(), "w * x.item()", "the node itself"),
    (lambda x, w: max(x, w), "max(x, w)", "maximum"),
    (lambda x, w: min(x, w), "min(x, w)", "minimum"),
    (lambda x, w: sorted([x, w])[0], "sorted([x, w])[0]", "minimum"),
    (lambda x, w: w * sum(range(x)), "w * sum(range(x))", "autograd"),
    (lambda x, w: w * [1.0, 2.0][x], "[1.0, 2.0][x]", "autograd"),
    (lambda x, w: w * np.array([x], float).sum(), "np.array([x], float)", "autograd"),
    (lambda x, w: setattr(w, "data", 1.0) or w, 'setattr(w, "data", 1.0)', "optimiser"),
    (lambda x, w: w if x == 1.0 else x, "if x == 1.0 else x", "maximum"),
    (lambda x, w: w if w != 1.0 else x, "if w != 1.0 else x", "maximum"),
    (lambda x, w: w if x in (0.0, 1.0) else x, "x in (0.0, 1.0)", "maximum"),
    (lambda x, w: w if x in {0.0, 1.0} else x, "x in {0.0, 1.0}", "id(node)"),
    (lambda x, w: w if x * x in {0.0} else x, "x * x in {0.0}", "id(node)"),
    (lambda x, w: w * len(Counter([x, x])), "len(Counter([x, x]))", "id(node)"),
    (lambda x, w: {0.0: w}.get(x, x), "{0.0: w}.get(x, x)", "id(node)"),
    (lambda x, w: w * x.detach(), "w * x.detach()", ""),
    (lambda x, w: w * w.grad, "w * w.grad", ""),
    (lambda x, w: (w * x).backward() or w, "(w * x).backward()", ""),
]


@pytest.mark.parametrize(("function", "line", "instead"), CONTROL, ids=[c[1] for c in CONTROL])
def test_control_flow_on_unknown_numbers(function: Any, line: str, instead: str) -> None:
    w, grad = Value(2.0), 5.0
    w.grad = grad
    step = compile(lambda x, t: function(x, w), [w])
    for _ in range(2):
        with pytest.raises(TraceError) as caught:
            step([0.5, 2.0], [0.0, 0.0])
        message = str(caught.value)
        assert line in message
        assert instead in message
        assert __file__ in message
        assert type(w) is Value
        assert (w.data, w.grad, w > 1, float(w)) == (2.0, grad, True, 2.0)


def test_parameters_in_sets_and_dicts_are_fine() -> None:
    """Nodes are found by what they are, not by their numbers, traced or not."""
    w = [Value(1.0), Value(2.0)]
    decayed, strength = {w[0]}, {w[0]: 0.5, w[1]: 0.25}

    def error(x: Any, t: Any) -> Any:
        seen = {w[0] * x, w[1]}
        return sum([strength[p] * p * x for p in w if p in decayed], w[1]) + len(seen) - t

    agree(error, w, [1.0, 2.0], [1.0, 2.0])


def test_control_flow_on_what_is_known_is_fine() -> None:
    w, frozen, k = Value(2.0), Value(-1.0), 3

    def error(x: Any, t: Any) -> Any:
        for _ in range(k):
            x = x * w if frozen > 0 or len("ab") > 2 else x + w
        return x * frozen.data

    assert agree(error, [w], [1.0], [0.0])


def test_no_grad_inside_of_the_function() -> None:
    w = Value(2.0)

    def error(x: Any, t: Any) -> Any:
        with autograd.no_grad():
            y = w * x
        return w * y

    with pytest.raises(TraceError):
        compile(error, [w])([1.0], [0.0])


def test_parameters_are_values_again_afterwards() -> None:
    model = MLP(2, [3, 1], rng=0)
    step = compile(error_of(model), model.parameters(), predict=model)
    step([[1.0, 2.0]], [1.0])
    step.predict([[1.0, 2.0]])
    assert {type(p) for p in model.parameters()} == {Value}
    assert type(model([1.0, 2.0])) is Value
    assert model.parameters()[0] < 10
    y = model([1.0, 2.0])
    y.backward()  # type: ignore[union-attr]
    assert type(y.data) is float  # type: ignore[union-attr]


def test_an_error_in_the_function_leaves_the_parameters_alone() -> None:
    w = Value(2.0)
    fails = [True]

    def error(x: Any, t: Any) -> Any:
        y = w * x
        if fails[0]:
            raise KeyError("mine")
        return y

    step = compile(error, [w], predict=lambda x: w * x)
    with pytest.raises(KeyError, match="mine"):
        step([1.0], [0.0])
    assert type(w) is Value
    assert w > 1
    assert not w.has_grad
    fails[0] = False
    assert step([1.0], [0.0])[0] == 2.0


def test_an_error_in_the_second_trace() -> None:
    w = Value(2.0)
    calls = []

    def error(x: Any, t: Any) -> Any:
        calls.append(1)
        return w * x / (2 - len(calls))

    with pytest.raises((ZeroDivisionError, TraceError)):
        compile(error, [w])([1.0], [0.0])
    assert type(w) is Value


# -- never stale -----------------------------------------------------------------------------------

FACTOR = 1.0
HELPER: Callable[[Any], Any] = autograd.tanh


def helper(x: Any) -> Any:
    return x * FACTOR


class Config:
    factor = 1.0


class Slotted:
    __slots__ = ("factor",)

    def __init__(self) -> None:
        self.factor = 1.0


class Scaled(Module):
    """Everything a trace can depend on, in one module."""

    def __init__(self) -> None:
        self.w = Value(2.0)
        self.factor = 1.0
        self.function: Callable[[Any], Any] = autograd.identity
        self.items = [1.0, 2.0]
        self.table = {"a": {"b": 1.0}}
        self.frozen = Value(1.0)
        self.slotted = Slotted()
        self.array = np.ones(3)
        self.child = Config()

    def __call__(self, x: Any) -> Any:
        return self.scaled(self.function(self.w * x))

    def scaled(self, x: Any) -> Any:
        y = x * self.factor * self.items[0] * self.table["a"]["b"] * self.frozen * FACTOR
        return y * self.slotted.factor * self.array[1] * self.child.factor * Config.factor


def stale_cases() -> dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]]:
    """What a function of x computes, and an edit that must show in the next call."""
    w, m = Value(2.0), Scaled()
    factor = 1.0
    frozen, items, table, tupled = Value(1.0), [1.0], {"k": 1.0}, ([1.0],)
    space, array, slotted = SimpleNamespace(k=1.0), np.ones(2), Slotted()
    settings_module = type(sys)("settings")
    settings_module.k = 1.0  # type: ignore[attr-defined]
    chosen = {1.0}

    def closure(x: Any) -> Any:
        return w * x * factor

    def change_closure() -> None:
        nonlocal factor
        factor = 3.0

    def default(x: Any, k: Any = [1.0]) -> Any:  # noqa: B006
        return w * x * k[0]

    def other_default(x: Any, k: Any = 1.0) -> Any:
        return w * x * k

    def keyword(x: Any, *, k: float = 1.0) -> Any:
        return w * x * k

    def body(x: Any) -> Any:
        return w * x

    def inner(x: Any) -> Any:
        def nested() -> Any:
            return w * x * FACTOR

        return nested()

    def generator(x: Any) -> Any:
        return autograd.sum(w * x * FACTOR for _ in range(1))

    def set_global() -> None:
        globals()["FACTOR"] = 3.0

    def set_config() -> None:
        Config.factor = 3.0

    def set_helper() -> None:
        globals()["helper"] = lambda x: 3.0 * x

    def set_kwdefaults() -> None:
        keyword.__kwdefaults__["k"] = 3.0

    def set_defaults() -> None:
        other_default.__defaults__ = (3.0,)

    def set_body() -> None:
        body.__code__ = (lambda x: w * x * 3.0).__code__

    def slot() -> None:
        slotted.factor = 3.0

    return {
        "closure": (closure, change_closure),
        "global": (lambda x: w * x * FACTOR, set_global),
        "global in a helper": (lambda x: helper(w * x), set_global),
        "helper replaced": (lambda x: helper(w * x), set_helper),
        "global in an inner function": (inner, set_global),
        "global in a generator": (generator, set_global),
        "global in a method": (m, set_global),
        "class attribute": (lambda x: w * x * Config.factor, set_config),
        "class attribute by the object": (lambda x: w * x * m.child.factor, set_config),
        "attribute of a module file": (
            lambda x: w * x * settings_module.k,
            lambda: setattr(settings_module, "k", 3.0),
        ),
        "namespace": (lambda x: w * x * space.k, lambda: setattr(space, "k", 3.0)),
        "default mutated": (default, lambda: default.__defaults__[0].__setitem__(0, 3.0)),
        "default replaced": (other_default, set_defaults),
        "keyword default": (keyword, set_kwdefaults),
        "code replaced": (body, set_body),
        "partial": (partial(lambda k, x: w * x * k[0], items), lambda: items.__setitem__(0, 3.0)),
        "list": (lambda x: w * x * items[0], lambda: items.__setitem__(0, 3.0)),
        "dict": (lambda x: w * x * table["k"], lambda: table.update(k=3.0)),
        "set": (lambda x: w * x * sum(chosen), lambda: chosen.add(2.0)),
        "list in a tuple": (lambda x: w * x * tupled[0][0], lambda: tupled[0].insert(0, 3.0)),
        "array": (lambda x: w * x * array[1], lambda: array.__setitem__(1, 3.0)),
        "slots": (lambda x: w * x * slotted.factor, slot),
        "frozen leaf": (lambda x: w * x * frozen, lambda: setattr(frozen, "data", 3.0)),
        "frozen leaf of a module": (m, lambda: setattr(m.frozen, "data", 3.0)),
        "attribute": (m, lambda: setattr(m, "factor", 3.0)),
        "function": (m, lambda: setattr(m, "function", lambda y: 3.0 * y)),
        "element of a list": (m, lambda: m.items.__setitem__(0, 3.0)),
        "list replaced": (m, lambda: setattr(m, "items", [3.0])),
        "nested dict": (m, lambda: m.table["a"].update(b=3.0)),
        "slots of a child": (m, lambda: setattr(m.slotted, "factor", 3.0)),
        "array of a module": (m, lambda: m.array.__setitem__(1, 3.0)),
        "attribute of a child": (m, lambda: setattr(m.child, "factor", 3.0)),
        "method of the object": (m, lambda: setattr(m, "scaled", lambda y: 3.0 * y)),
        "method of the class": (m, lambda: setattr(Scaled, "scaled", lambda self, y: 3.0 * y)),
    }  # fmt: skip


@pytest.fixture
def untouched() -> Iterator[None]:
    """Put back what the edits of a test have changed for others."""
    kept = dict(globals())
    methods, factor = dict(vars(Scaled)), Config.factor
    yield
    globals().update(FACTOR=kept["FACTOR"], helper=kept["helper"])
    for name in ("scaled", "__call__"):
        setattr(Scaled, name, methods[name])
    Config.factor = factor


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", sorted(stale_cases()))
def test_never_stale(case: str) -> None:
    function, edit = stale_cases()[case]
    weights = [c.cell_contents for c in getattr(function, "__closure__", None) or ()]
    w = function.w if isinstance(function, Scaled) else None
    if isinstance(function, partial):
        weights = [c.cell_contents for c in function.func.__closure__]
    if w is None:
        (w,) = [x for x in weights if isinstance(x, Value) and x.data == 2.0]
    step = compile(lambda x, t: function(x), [w], predict=function)
    plain = compile(lambda x, t: x * w, [w], penalty=lambda: function(Value(1.0)))
    assert (step([5.0], [0.0])[0], step.predict([5.0]).tolist()) == (10.0, [10.0])
    assert plain([5.0], [0.0])[0] == 12.0
    edit()
    assert function(Value(5.0)).data == 30.0  # the edit itself
    assert step([5.0], [0.0])[0] == 30.0
    assert w.grad == 15.0
    assert step.predict([5.0]).tolist() == [30.0]
    assert plain([5.0], [0.0])[0] == 16.0


def test_a_default_of_the_other_sign() -> None:
    w = Value(2.0)

    def signed(x: Any, t: Any, zero: float = 0.0) -> Any:
        return w * x * math.copysign(1.0, zero)

    step = compile(signed, [w])
    assert step([5.0], [0.0])[0] == 10.0
    signed.__defaults__ = (-0.0,)
    assert step([5.0], [0.0])[0] == -10.0


def test_a_network_that_is_rebuilt() -> None:
    model = MLP(2, [3, 1], activation="relu", rng=0)
    X, T = samples(4, 2, None)
    params = model.parameters()
    error = error_of(model)
    step = compile(error, params, predict=model)

    def same() -> None:
        wanted = eager(error, params, X, T)
        loss, gradient = step(X, T)
        assert loss == pytest.approx(wanted.loss, rel=1e-13)
        assert gradient == pytest.approx(wanted.gradient, rel=1e-11, abs=1e-14)
        assert step.predict(X) == pytest.approx([model(x).data for x in X], rel=1e-13)  # type: ignore[union-attr]

    same()
    for neuron in model.layers[0].neurons:
        neuron._function = autograd.tanh
    same()
    model.layers[0] = Layer(2, 3, activation="gelu", rng=7)
    same()
    model.layers[0].neurons[1].b.data = 2.0  # frozen now: it is none of params
    same()
    model.layers[0].neurons[2] = Neuron(2, rng=3)
    same()
    model.layers.insert(1, Layer(3, 3, activation="sigmoid", index=2, rng=8))
    same()


def test_programs_are_kept_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    trace = step_module.trace

    def counted(*given: Any) -> Any:
        made.append(given)
        return trace(*given)

    monkeypatch.setattr(step_module, "trace", counted)
    w = Value(2.0)
    step = compile(lambda x, t: w * (x if isinstance(x, Value) else x[0]), [w])
    step([1.0], [0.0])
    first = len(made)
    assert first > 0
    for number in (3.0, 4.0):
        w.data = number
        assert step([1.0], [0.0])[0] == number
    step([1.0, 2.0], [0.0, 0.0])
    assert len(made) == first
    step([[1.0, 2.0]], [0.0])
    assert len(made) == 2 * first
    step([1.0], [0.0])  # both programs are kept
    assert len(made) == 2 * first


RNG = random.Random(0)


@pytest.mark.parametrize(
    "draw",
    [
        random.random,
        lambda: random.gauss(0.0, 1.0),
        lambda: RNG.random(),
        lambda: float(np.random.default_rng().normal()),
        lambda: Value(random.random()),
        lambda: [2.0, 3.0][random.random() < 0.5],  # two draws agree half of the time
        lambda: [2.0, 3.0][RNG.random() < 0.5],
    ],
    ids=["random", "gauss", "Random", "numpy", "Value", "choice", "choice of Random"],
)
def test_random_numbers_in_the_function(draw: Callable[[], Any]) -> None:
    w = Value(2.0)
    functions: list[Callable[[], Any]] = [
        lambda: compile(lambda x, t: w * x * draw(), [w])([1.0], [0.0]),
        lambda: compile(lambda x, t: w * x, [w], penalty=lambda: w * draw())([1.0], [0.0]),
        lambda: compile(lambda x, t: w * x, [w], predict=lambda x: w * draw()).predict([1.0]),
    ]
    for function in functions:
        for _ in range(6):
            with pytest.raises(TraceError, match="random"):
                function()
    assert type(w) is Value


# -- what is handed over ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "T", "words"),
    [
        ([1.0, 2.0], [1.0], ["2 inputs", "1 targets"]),
        ([[1.0]] * 3, [[1.0]] * 5, ["3 inputs", "5 targets"]),
        ([], [], ["X", "(0,)"]),
        (np.zeros((0, 2)), [], ["X", "(0, 2)"]),
        ([1.0], [], ["T", "(0,)"]),
        (np.zeros((2, 3, 4)), [1.0, 2.0], ["X", "(2, 3, 4)"]),
        ([1.0, 2.0], np.zeros((2, 3, 4)), ["T", "(2, 3, 4)"]),
        (3.0, [1.0], ["X", "()"]),
        (None, [1.0], ["X"]),
        (["a", "b"], [1.0, 2.0], ["X", "'a'"]),
        ([1.0, 2.0], ["yes", "no"], ["T", "'yes'"]),
        ([[1.0, 2.0], [3.0]], [1.0, 2.0], ["X", "row"]),
        ([1.0, 2.0], [[1.0, 2.0], [3.0]], ["T", "row"]),
        ([1j, 2.0], [1.0, 2.0], ["X"]),
        ((x for x in [1.0]), [1.0], ["X"]),
        ([{}], [1.0], ["X"]),
    ],
)
def test_bad_samples(X: Any, T: Any, words: list[str]) -> None:
    w = Value(2.0)
    w.grad = 7.0
    step = compile(lambda x, t: w * (x if isinstance(x, Value) else x[0]), [w])
    for is_traced in (False, True):
        if is_traced:
            step([1.0, 2.0], [0.0, 0.0])
            w.grad = 7.0
        with pytest.raises((ValueError, TypeError)) as caught:
            step(X, T)
        assert all(word in str(caught.value) for word in words), caught.value
        assert (w.data, w.grad, type(w)) == (2.0, 7.0, Value)


@pytest.mark.parametrize("X", [[], np.zeros((2, 2, 2)), ["a"], [[1.0], [1.0, 2.0]]])
def test_bad_samples_to_predict(X: Any) -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * x, [w], predict=lambda x: w)
    with pytest.raises(ValueError, match=r"^X must"):
        step.predict(X)


def test_nothing_to_predict() -> None:
    step = compile(lambda x, t: x, [Value(1.0)])
    with pytest.raises(ValueError, match="predict="):
        step.predict([1.0])


def test_networks_say_how_many_inputs_they_have() -> None:
    model = MLP(3, [2, 1], rng=0)
    with pytest.raises(ValueError, match=r"3 inputs.*2"):
        compile(error_of(model), model.parameters())([[1.0, 2.0]], [1.0])
    two = MLP(3, [2, 2], rng=0)
    with pytest.raises(ValueError, match=r"2 outputs.*3 targets"):
        compile(error_of(two), two.parameters())([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reduction": "max"}, ["reduction", "'mean', 'sum'", "'max'"]),
        ({"engine": "torch"}, ["engine", "numpy", "jax", "'torch'"]),
        ({"dtype": "float16"}, ["dtype", "'float64', 'float32'", "'float16'"]),
        ({"notation": "bishop"}, ["notation", "'prml', 'nielsen', 'wikipedia'", "'bishop'"]),
    ],
)
def test_unknown_options(options: dict[str, str], words: list[str]) -> None:
    with pytest.raises(ValueError, match=words[0]) as caught:
        compile(lambda x, t: x, [Value(1.0)], **options)  # type: ignore[arg-type]
    assert all(word in str(caught.value) for word in words)


def test_no_parameters() -> None:
    with pytest.raises(ValueError, match=r"params is empty.*model\.parameters\(\)"):
        compile(lambda x, t: x, [])


@pytest.mark.parametrize("bad", [2.0, "w", None, Value(2.0) * 2])
def test_parameters_that_are_no_leaves(bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="params"):
        compile(lambda x, t: x, [Value(1.0), bad])


@pytest.mark.parametrize("result", [3.0, None, [Value(1.0)], "w", np.ones(2)])
def test_functions_that_return_no_node(result: Any) -> None:
    w = Value(2.0)
    with pytest.raises(TypeError, match="return one Value, not "):
        compile(lambda x, t: result, [w])([1.0], [0.0])
    if not isinstance(result, float):
        with pytest.raises(TypeError, match="penalty"):
            compile(lambda x, t: w, [w], penalty=lambda: result)([1.0], [0.0])
    if not isinstance(result, (list, np.ndarray)):
        with pytest.raises(TypeError, match="predict"):
            compile(lambda x, t: w, [w], predict=lambda x: result).predict([1.0])
    assert type(w) is Value


@pytest.mark.parametrize("numbers", [[], [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_evaluate_at_a_vector_of_the_wrong_length(numbers: Any) -> None:
    w, b = Value(2.0), Value(1.0)
    step = compile(lambda x, t: w * x + b, [w, b])
    with pytest.raises(ValueError, match="2"):
        step.evaluate(np.array(numbers), [1.0], [0.0])


# -- in pieces, and how much it takes --------------------------------------------------------------


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
    traced = step._last
    assert traced is not None
    run = traced.function

    def counted(theta: Any, X: Any, *given: Any) -> Any:
        seen.append(len(X))
        return run(theta, X, *given)

    traced.function = counted
    monkeypatch.setattr(step_module, "LARGEST_TABLE", 1)
    monkeypatch.setattr(step_module, "LEAST_SAMPLES", 32)
    pieces_loss, pieces = step(X, T)
    assert sum(seen) == count
    assert max(seen) == min(32, count)  # no smaller pieces than that
    assert pieces_loss == pytest.approx(loss, rel=1e-13)
    assert pieces == pytest.approx(gradient, rel=1e-12, abs=1e-14)
    agree(error_of(model), model.parameters(), X, T, penalty=penalty, reduction=reduction)


def test_what_belongs_to_each_sample_is_counted_in_all_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(step_module, "LARGEST_TABLE", 1)
    monkeypatch.setattr(step_module, "LEAST_SAMPLES", 32)
    w = Value(3.0)
    for reduction in ("mean", "sum"):
        agree(lambda x, t: w * w + w * x, [w], np.arange(75.0), np.zeros(75), reduction=reduction)


def terms_for(error: Error, params: Sequence[Value], X: Any, T: Any) -> int:
    """How many terms it takes to compile a function."""
    made = []
    new = terms_module.new_terms

    def counted() -> Any:
        made.append(new())
        return made[-1]

    patch = pytest.MonkeyPatch()
    patch.setattr(terms_module, "new_terms", counted)
    try:
        compile(error, params)(X, T)
    finally:
        patch.undo()
    return sum([len(cls.known) for cls in made])


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


def test_the_program_does_not_depend_on_the_batch() -> None:
    model = MLP(2, [3, 1], rng=0)
    step = compile(error_of(model), model.parameters())
    step(*samples(2, 2, None))
    source = step.source
    step(*samples(200, 2, None))
    assert step.source == source
