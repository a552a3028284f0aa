"""No graph is cut in silence: what turns a node into a plain number is refused, or said."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Callable
from math import sin as sine
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import GraphCutError, GraphCutWarning, Operation, Value
from autograd.view import diagnose

CUTS: dict[str, Callable[[Any], Any]] = {
    "a function of math": lambda x: x * math.sin(x),
    "by another name": lambda x: x * sine(x),
    "of what was computed": lambda x: x * math.exp(x * x),
    "float": lambda x: x * float(x),
    "statistics": lambda x: x * statistics.fmean([x, 2.0]),
    "an array of floats": lambda x: x * np.asarray([x, 1.0], float)[0],
    "a function of NumPy": lambda x: x * float(np.float64(x)),
}


@pytest.mark.parametrize("cut", CUTS)
def test_derivatives_of_functions_refuse(cut: str) -> None:
    """`grad` and the others cannot know what was lost, so they give nothing."""
    f = CUTS[cut]
    for derive in (
        lambda: ag.grad(f)(1.0),
        lambda: ag.value_and_grad(f)(1.0),
        lambda: ag.grad(lambda v: f(v[0]))([1.0]),
        lambda: ag.jacobian(f)(1.0),
        lambda: ag.hessian(lambda v: f(v[0]))([1.0]),
        lambda: ag.vjp(f, 1.0),
        lambda: ag.hvp(lambda v: f(v[0]), [1.0], [1.0]),
        lambda: ag.gradcheck(f, 1.0),
    ):
        with pytest.raises(GraphCutError, match="on which the derivative depends"):
            derive()


def test_the_message_names_the_line_and_the_cure() -> None:
    with pytest.raises(GraphCutError) as caught:
        ag.grad(lambda x: x * math.sin(x))(1.0)  # the line
    message = str(caught.value)
    assert message.startswith("math.sin(...) makes a plain number of Value(data=1.0")
    assert "use autograd.sin or x.sin(), or x.data where the number is meant" in message
    assert f'File "{__file__}"' in message
    assert "ag.grad(lambda x: x * math.sin(x))(1.0)  # the line" in message
    assert ag.grad(lambda x: x * x.sin())(1.0) == pytest.approx(math.sin(1) + math.cos(1))


def test_a_node_of_an_outer_derivative_is_refused_within_an_inner_one() -> None:
    with pytest.raises(GraphCutError):
        ag.grad(lambda x: ag.grad(lambda y: y * math.sin(x))(2.0))(1.0)


def test_what_the_derivative_does_not_depend_on_may_become_a_number() -> None:
    """A leaf from outside, and the number where it is meant."""
    scale = Value(3.0)
    assert ag.grad(lambda x: x * float(scale))(1.0) == 3.0
    assert ag.grad(lambda x: x * x.data)(2.0) == 2.0
    assert ag.grad(lambda x: x * 2 if x > 0 else -x)(2.0) == 2.0


def test_rules_with_functions_of_math_are_refused_where_they_build_a_graph() -> None:
    """Their second derivative came out as 0."""
    row = Operation("sine_of_a_test", math.sin, lambda y, x: (math.cos(x),))
    assert ag.grad(row)(1.0) == math.cos(1.0)
    with pytest.raises(GraphCutError, match=r"math.cos.*use autograd.cos"):
        ag.grad(ag.grad(row))(1.0)
    x = Value(1.0)
    with pytest.raises(GraphCutError):
        ag.gradients(row(x), [x], create_graph=True)


def test_ordinary_code_is_warned_once_per_line() -> None:
    x = Value(2.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for k in range(3):
            float(x * k)
        math.sqrt(x * x)
    assert [w.category for w in caught] == [GraphCutWarning] * 2
    assert caught[0].filename == __file__
    assert "from what is computed with that no gradient comes back" in str(caught[0].message)


def test_a_function_of_the_table_is_warned_of_for_leaves_too() -> None:
    """float(w) of a parameter is for printing; math.sin(w) is a mistake."""
    w = Value(2.0, label="w")
    with pytest.warns(GraphCutWarning, match=r"math.sin\(...\) makes a plain number of a node"):
        y = w * math.sin(w)
    y.backward()


@pytest.mark.parametrize(
    "use",
    [
        lambda y: y.data,
        lambda y: y.item(),
        lambda y: f"{y:.3f} {y}",
        lambda y: y > 1.0,
        lambda y: bool(y),
        lambda y: y.detach(),
        lambda y: repr(y),
        lambda y: y.grad,
        lambda y: float(y.detach()),
        lambda y: sorted([y, y + 1]),
        lambda y: max(y, 3.0),
    ],
)
def test_what_stays_silent(use: Callable[[Value], Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = Value(2.0)
        y = x * x
        y.backward()
        use(y)


def test_constants_and_numbers_computed_without_recording_stay_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = Value(2.0)
        with ag.no_grad():
            assert math.sqrt((x * 8).data) == 4.0
            assert float(x * 8) == 16.0


def test_diagnose_reports_it() -> None:
    x = Value(0.5, label="x")
    y = x * x
    with pytest.warns(GraphCutWarning):
        loss = y * math.exp(y)
    loss.backward()
    findings = str(diagnose(loss))
    assert "became a plain number" in findings
    assert "math.exp(y)" in findings


def test_a_line_is_warned_of_once_whatever_its_nodes_are_called() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for k in range(5):
            y = Value(1.0) * k if k % 2 else Value(1.0) + k
            y.label = f"y{k}"
            math.sqrt(y)
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        (lambda x: np.zeros(2).__setitem__(0, x), "this line makes"),
        (lambda x: math.pow(x, 2.0), r"math.pow\(...\) makes"),
        (lambda x: math.hypot(x, x, x), "use autograd.hypot or x.hypot"),
    ],
)
def test_messages_do_not_guess(cut: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(GraphCutError, match=says):
        ag.grad(cut)(1.0)


def test_text_that_is_formatted_is_no_cut() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = Value(2.0) * 3
        assert "loss (%s) %.1f" % ("a", y) == "loss (a) 6.0"  # noqa: UP031

        def printing(x: Any) -> Any:
            return x * len("%.1f" % x) + len(f"{x:.1f}")  # noqa: UP031

        assert ag.grad(printing)(2.0) == 3.0


def test_a_rule_may_use_the_number_of_what_the_derivative_does_not_depend_on() -> None:
    scale = Value(2.0)
    row = Operation("scaled_in_a_test", lambda x: 2 * x, lambda y, x: (float(scale),))
    assert ag.grad(ag.grad(row))(3.0) == 0.0
