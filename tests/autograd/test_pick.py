"""`take` and `pick` in eager mode: what data choose."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, grad, gradients, pick, take, topological_order
from autograd.numbers import number_of

INDICES = [2, 2.0, True + 1, np.int64(2), np.float32(2.0), np.array(2)]


@pytest.mark.parametrize("index", INDICES)
def test_a_number_chooses_the_values_themselves(index: Any) -> None:
    rows = [[Value(float(3 * i + j)) for j in range(3)] for i in range(4)]
    assert [x is y for x, y in zip(take(rows, index), rows[2], strict=True)] == [True] * 3
    assert pick(rows[0], index) is rows[0][2]
    assert pick((1.0, 2.0, 3.0), index) == 3.0


def test_rows_may_be_nested() -> None:
    images = [[[1.0, 2.0]], [[3.0, 4.0]]]
    assert take(images, 1) == [[3.0, 4.0]]
    assert [[x.data for x in row] for row in take(images, Value(1.0))] == [[3.0, 4.0]]


def test_a_leaf_chooses_and_is_followed() -> None:
    index = Value(1.0)
    values = [Value(math.inf), Value(3.0), Value(5.0)]
    y = pick(values, index) ** 2
    y.backward()
    assert (y.data, [v.grad for v in values], index.grad) == (9.0, [0.0, 6.0, 0.0], 0.0)
    index.data = 2.0
    y.refresh()
    y.backward()
    assert (y.data, values[2].grad) == (25.0, 10.0)
    index.data = 3.0
    y.refresh()
    assert math.isnan(y.data)


@pytest.mark.parametrize("make", [float, Value])
def test_derivatives_of_any_order(make: Callable[[float], Any]) -> None:
    def f(v: Any) -> Any:
        return pick([v**2, v**3], make(1.0)) * v

    slopes = [grad(f)(2.0), grad(grad(f))(2.0), grad(grad(grad(f)))(2.0)]
    assert [*map(number_of, slopes)] == [32.0, 48.0, 48.0]


def test_a_choice_by_data_is_one_node_for_each_column() -> None:
    rows = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    a, b = take(rows, Value(0.0))
    assert len(topological_order(a * b)) == 4 + 1 + 2 + 1
    assert gradients(a * b, [*rows[0], *rows[1]]) == [2.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("index", [1.5, math.nan, -1, 3, 3.0, np.int64(-1), Value(3.0), math.inf])
@pytest.mark.parametrize("look_up", [lambda k: pick([1.0] * 3, k), lambda k: take([[1.0]] * 3, k)])
def test_what_is_no_index_is_refused(look_up: Callable[[Any], Any], index: Any) -> None:
    with pytest.raises(ValueError, match=rf"of 3 .* 0 to 2 as index, got {number_of(index)}$"):
        look_up(index)


@pytest.mark.parametrize(
    ("look_up", "words"),
    [
        (lambda: pick([], 0), "at least one"),
        (lambda: pick([1.0], "0"), "str '0'"),
        (lambda: pick([1.0, 2.0], [0, 1]), "list"),
        (lambda: take([1.0, 2.0], 0), r"rows, not numbers, got 1\.0; use pick"),
        (lambda: take([[1.0], [1.0, 2.0]], Value(0.0)), r"rows\[0\] has 1 and rows\[1\] 2"),
    ],
)
def test_other_mistakes(look_up: Callable[[], Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        look_up()
