"""Samples, options and functions that are refused, and what the messages say."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.compile import compile
from eager import error_of
from nn import MLP

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("X", "T", "words"),
    [
        ([1.0, 2.0], [1.0], ["2 inputs", "1 targets"]),
        ([[1.0]] * 3, [[1.0]] * 5, ["3 inputs", "5 targets"]),
        ([], [], ["X", "(0,)"]),
        (np.zeros((0, 2)), [], ["X", "(0, 2)"]),
        ([1.0], [], ["T", "(0,)"]),
        (np.zeros((2, 3, 0)), [1.0, 2.0], ["X", "(2, 3, 0)"]),
        ([1.0, 2.0], np.zeros((2, 0, 4)), ["T", "(2, 0, 4)"]),
        (3.0, [1.0], ["X", "float"]),
        (None, [1.0], ["X"]),
        (["a", "b"], [1.0, 2.0], ["X", "'a'"]),
        ([1.0, 2.0], ["yes", "no"], ["T", "'yes'"]),
        ([[1.0, 2.0], [3.0]], [1.0, 2.0], ["X[0] has (2,), X[1] (1,)"]),
        ([1.0, 2.0], [[1.0, 2.0], [3.0]], ["T[0] has (2,), T[1] (1,)"]),
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


@pytest.mark.parametrize("X", [[], np.zeros((2, 0, 2)), ["a"], [[1.0], [1.0, 2.0]]])
def test_bad_samples_to_predict(X: Any) -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * x, [w], predict=lambda x: w)
    with pytest.raises((TypeError, ValueError), match=r"^X(\[0\]:| must)"):
        step.predict(X)


W = Value(2.0)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([1.0, None], r"X\[1\]: .*NoneType"),
        ([1, "2"], r"X\[1\]: .*str '2'"),
        (np.array(["1", "2"]), r"X\[0\]: .*convert it first"),
        (np.array([1.0, 2j]), r"X\[0\]: .*complex"),
        (np.array(["2020-01-01", "2020-01-02"], "datetime64[D]"), r"X\[0\]: .*datetime64"),
        (np.ma.masked_greater([1.0, 2.0], 1.5), "X has masked numbers, 1 of them"),
        ([1.0, W], r"X\[1\] is the node .* parameter"),
        ([1.0, 2 * W], r"X\[1\] is the node .* computed"),
    ],
)
def test_what_is_no_number_is_refused_as_in_eager_mode(X: Any, words: str) -> None:
    step = compile(lambda x, t: W * x, [W])
    with pytest.raises((TypeError, ValueError), match=words):
        step(X, [0.0, 0.0])


def test_other_numbers_are_fine() -> None:
    step = compile(lambda x, t: W * x, [W])
    numbers = [Fraction(1, 2), Value(2), 2**70, True]
    assert step(numbers, [0] * 4)[0] == 2.0 * (0.5 + 2.0 + 2.0**70 + 1.0) / 4
    assert step(np.ma.masked_greater([0.5, 2.0], 9.0), [0, 0])[0] == 2.5


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
