"""What data choose in a compiled function, and samples of any shape."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from autograd import Value, exp, log, mean, pick, relu, softmax, sum, take, tanh
from autograd.compile import Forward, TraceError, compile
from eager import agree as by_itself
from engines import MANY as ENGINES
from engines import C

RNG = Random(0)
TABLE = [[Value(RNG.uniform(-1, 1)) for _ in range(3)] for _ in range(5)]
PARAMS = [w for row in TABLE for w in row]
FLIPPED = [list(column) for column in zip(*TABLE[::-1])]
X, T = [[0, 1], [4, 3], [2, 2], [1, 4]], [0, 1, 2, 1]


def tokens(x: Any, t: Any) -> Any:
    rows = [take(TABLE, k) for k in x]
    return -log(pick(softmax([tanh(a * b) for a, b in zip(*rows)]), t))


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "tokens": tokens,
    "one": lambda x, t: sum(take(TABLE, x[0])) * 2.0,
    "numbers": lambda x, t: pick([1.0, 4.0, 9.0, 16.0, 25.0], x[0]) * PARAMS[2],
    "numbers beside weights": lambda x, t: pick([1.0, 4.0, 9.0], t) * pick(PARAMS[:3], t),
    "of two kinds": lambda x, t: pick([2.0, PARAMS[0], PARAMS[1] * x[1]], t) * PARAMS[2],
    "computed index": lambda x, t: exp(pick(PARAMS, 3 * x[0] + t)) * x[1],
    "computed values": lambda x, t: pick([w * w for w in PARAMS], x[1]) * t,
    "columns": lambda x, t: sum([pick(row, x[0]) * pick(row, x[1]) for row in FLIPPED]),
    "not a grid": lambda x, t: pick(PARAMS[:5], x[0]) * pick(PARAMS[3:12:2], x[1]) + PARAMS[0],
    "selected": lambda x, t: relu(pick(PARAMS[4:9], x[0])) * pick(PARAMS[4:9], x[0]),
}


def agree(error: Callable[[Any, Any], Any], engine: str, X: Any = X, T: Any = T) -> None:
    """Hold a program against the function itself."""
    loss, gradient = compile(error, PARAMS, engine=engine)(X, T)
    total = mean([error(x, t) for x, t in zip(X, T)])
    for w in PARAMS:
        w.grad = None
    total.backward()
    wanted = [total.data, *[w.grad for w in PARAMS]]
    np.testing.assert_allclose([loss, *gradient], wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("engine", ["numpy", "loops"], indirect=True)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_programs_give_what_the_function_does(engine: str, name: str) -> None:
    agree(FUNCTIONS[name], engine)


@pytest.mark.parametrize("engine", ["numpy", "loops"], indirect=True)
def test_tables_of_their_own_for_each_step(engine: str) -> None:
    """Their gradients are added up as a loop goes round, each in its own part of a stack."""

    def error(x: Any, t: Any) -> Any:
        h = 0.1
        for step, k in enumerate(x):
            h = tanh(PARAMS[0] * h + pick(PARAMS[1 + 2 * step : 3 + 2 * step], k))
        return (h - t) ** 2

    agree(error, engine, [[0, 1, 1, 0, 1, 0, 0], [1, 1, 0, 0, 1, 1, 0]], [0.5, -0.5])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["jax"], indirect=True)
def test_programs_of_jax(engine: str) -> None:
    agree(tokens, engine)


@ENGINES
def test_what_is_not_chosen_contributes_nothing(engine: str) -> None:
    """Be it infinite; and an infinite slope goes to what was chosen alone."""
    table = [Value(math.inf), Value(1e200), Value(math.nan), Value(2.0), Value(1.0)]

    def error(x: Any, t: Any) -> Any:
        y = pick(table, x)
        return y * y * y

    step = compile(error, table, engine=engine)
    loss, gradient = step([1, 3, 3], [0, 0, 0])
    assert loss == math.inf
    assert gradient.tolist() == [0.0, math.inf, 0.0, 8.0, 0.0]


def test_a_class_that_data_choose_takes_no_slopes_of_all_by_all() -> None:
    W = [Value(w) for w in (0.5, -1.0, 300.0, 0.5, 2.0, -300.0, 0.0, 1.0, 1e-9, -2.0)]
    inputs, targets = [1.0, 0.0, 2.0, -0.5, 0.001], [2, 9, 5, 4, 0]  # in the second, all are ties
    error = lambda x, t: -log(pick(softmax([w * x for w in W]), t))  # noqa: E731
    step = by_itself(error, W, inputs, targets)
    assert step.traced(inputs, targets).program.rows < 20 * len(W)


@C
@pytest.mark.parametrize(
    ("x", "t", "words"),
    [
        ([0, 5], 0, r"X\[2\]\[1\] is 5\.0 .* from 0 to 4"),
        ([-1, 1], 0, r"X\[2\]\[0\] is -1\.0"),
        ([0, 1.5], 0, r"X\[2\]\[1\] is 1\.5"),
        ([math.nan, 0], 0, r"X\[2\]\[0\] is nan"),
        ([0, 0], 3, r"T\[2\] is 3\.0 .* from 0 to 2"),
    ],
)
def test_an_index_out_of_range_is_refused(engine: str, x: Any, t: Any, words: str) -> None:
    step = compile(tokens, PARAMS, engine=engine, predict=lambda x: take(TABLE, x[1]))
    step(X, T)
    for w in PARAMS:
        w.grad = 7.0
    with pytest.raises(ValueError, match=words):
        step([*X[:2], x, X[3]], [*T[:2], t, T[3]])
    assert {w.grad for w in PARAMS} == {7.0}
    if not 0 <= x[1] < 5 or x[1] % 1:
        with pytest.raises(ValueError, match=words):
            step.predict([*X[:2], x])
    np.testing.assert_array_equal(step.predict([[0, 3]]), [[w.data for w in TABLE[3]]])


def test_a_computed_index_out_of_range_is_refused() -> None:
    step = compile(FUNCTIONS["computed index"], PARAMS)
    with pytest.raises(ValueError, match=r"of sample 1, X and T give 15\.0 .* from 0 to 14"):
        step([[1, 2], [4, 0]], [0, 3])


def test_an_index_that_depends_on_parameters_is_refused() -> None:
    with pytest.raises(TraceError, match="depends on parameters"):
        compile(lambda x, t: pick(PARAMS, PARAMS[0] * x[0]), PARAMS)(X, T)


@pytest.mark.parametrize(
    "look_up",
    [
        lambda x: TABLE[x[0]][0],
        lambda x: TABLE[int(x[0])][0],
        lambda x: {0: TABLE[0][0]}[x[0]],
        lambda x: np.array([1.0, 2.0])[x[0]] * PARAMS[0],
    ],
)
def test_a_look_up_by_data_says_what_else_to_write(look_up: Callable[[Any], Any]) -> None:
    with pytest.raises(TraceError, match=r"(?s)take\(rows, index\).*look-up by data.*lambda x:"):
        compile(lambda x, t: look_up(x), PARAMS)(X, T)


def test_the_program_of_an_embedding() -> None:
    step = compile(lambda x, t: sum([w * t for k in x for w in take(TABLE, k)]), PARAMS)
    step(X, T)
    assert "W = parameters[0:15].reshape(5, 3)" in step.source
    assert "np.take(W.T, X.astype(int), axis=1)" in step.source
    assert "= scatter(X, " in step.source


def test_a_network_with_a_look_up_can_be_handed_on() -> None:
    forward = Forward(lambda x: take(TABLE, x[0]), PARAMS, (2,))
    assert forward.outputs == 3


# -- samples of any shape --------------------------------------------------------------------------


def convolved(x: Any, t: Any) -> Any:
    maps = []
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        patch = [x[i + a][j + b] for a in range(2) for b in range(3)]
        maps.append(tanh(sum([w * p for w, p in zip(PARAMS, patch)])))
    return (mean(maps) - t[0][1] + t[1][0]) ** 2


@ENGINES
def test_samples_of_any_shape(engine: str) -> None:
    images = np.array([[[RNG.gauss(0, 1) for _ in range(4)] for _ in range(3)] for _ in range(5)])
    targets = np.array([[[RNG.gauss(0, 1) for _ in range(2)] for _ in range(2)] for _ in range(5)])
    agree(convolved, engine, images, targets)
    outputs = np.stack([images[:, 2, 3] * PARAMS[0].data, images[:, 0, 1]], axis=1)
    predict = lambda x: [x[2][3] * PARAMS[0], x[0][1]]  # noqa: E731
    step = compile(convolved, PARAMS, engine=engine, predict=predict)
    np.testing.assert_allclose(step.predict(images.tolist()), outputs)


def test_messages_name_shapes() -> None:
    step = compile(convolved, PARAMS)
    with pytest.raises(ValueError, match=r"X\[0\] has \(2, 1\), X\[1\] \(2, 2\)"):
        step([[[1], [2]], [[1, 2], [3, 4]]], [0, 0])
    with pytest.raises(ValueError, match=r"rows within X\[0\] differ in length"):
        step([[[1, 2], [3]]], [0])
    with pytest.raises(IndexError) as caught:
        step(np.zeros((2, 1, 4)), np.zeros((2, 2, 2)))
    (note,) = caught.value.__notes__
    assert note.startswith("The function was given x of shape (1, 4) and t of shape (2, 2), as ")
    with pytest.raises(TypeError, match=r"^'number of a sample' object is not") as other:
        step(np.zeros((2, 4)), np.zeros((2, 2)))  # of rows that are no grids
    assert "reshape the array of samples" in other.value.__notes__[0]


def test_integers_stay_integers_for_the_function_itself() -> None:
    given: set[type] = set()

    def error(x: Any, t: Any) -> Any:
        given.update({type(x[0][0]), type(t)} - {type(PARAMS[0])})
        return PARAMS[0] * x[0][0] * t

    compile(error, PARAMS)(np.array([[[1, 2]], [[3, 4]]]), [1, 2])
    assert {kind for kind in given if not issubclass(kind, Value)} == {int}
