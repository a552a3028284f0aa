"""What a compiled step is: losses, gradients, predictions; batches of any size and precision."""

from __future__ import annotations

import gc
import linecache
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compile import compile
from autograd.table import BUILT_IN
from eager import Error, agree, error_of, samples
from interrupting import at_every_line
from nn import ACTIVATIONS, MLP
from rows import ORDINARY, POSITIVE, cases_of

pytestmark = pytest.mark.filterwarnings("error")


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


def test_texts_of_forty_lengths_are_traced_once_each() -> None:
    w = Value(2.0)
    step = compile(lambda x, t: sum([w * x_i for x_i in x]) - t, [w])
    known = []
    for _ in range(2):
        for length in range(1, 41):
            assert step([[1.0] * length], [0.0])[0] == 2.0 * length
        known.append([program for program, *_ in step._known.values()])
    assert len(known[0]) == 40
    assert {*known[0]} == {*known[1]}


def test_programs_of_many_widths_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step keeps those that were used last, and gives the right numbers with all of them."""
    monkeypatch.setattr("autograd.compile.step.MOST_SIZES", 8)
    w = Value(2.0)
    step = compile(lambda x, t: sum([w * x_i for x_i in x]) - t, [w])
    for width in [*range(1, 12), 1, 5]:
        assert step([[1.0] * width], [0.0])[0] == 2.0 * width
    kept = [X[0] for X, _ in step._known]
    assert kept == [6, 7, 8, 9, 10, 11, 1, 5]


def test_programs_are_forgotten_with_their_step() -> None:
    """What tracebacks know of them, too."""
    gc.collect()
    before = len(linecache.cache)
    for number in range(20):
        w = Value(2.0)
        step = compile(lambda x, t, w=w, n=number: (w * x - t) * n, [w])
        assert step([1.0], [0.0])[0] == 2.0 * number
    assert len(linecache.cache) > before
    del step
    gc.collect()
    assert len(linecache.cache) == before


def test_all_gradients_are_written_or_none() -> None:
    params = [Value(1.0), Value(2.0), Value(3.0)]
    step = compile(lambda x, t: x * sum(params), params, check_trace=False)
    step([1.0], [0.0])
    for strike in at_every_line("autograd/leaves.py", "compile/step.py"):
        for p in params:
            p.grad = 7.0
        strike(lambda: step([1.0], [0.0]))
        assert {p.grad for p in params} in ({7.0}, {1.0}), strike
