"""`detect_anomaly` finds where the first nan or inf comes from."""

import gc
import math
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd import AnomalyError, Value, detect_anomaly, no_grad
from calls import SHORT, calls


def line_of(words: str) -> int:
    """Return the number of the line of this file that ends in the comment `words`."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (number,) = [i for i, line in enumerate(lines, start=1) if line.endswith(f"  # {words}")]
    return number


# ---- forward


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda: Value(0.0).log(), "log(0.0) = -inf"),
        (lambda: Value(0.0) / Value(0.0), "div(0.0, 0.0) = nan"),
        (lambda: 1 / Value(0.0), "div(1.0, 0.0) = inf"),
        (lambda: Value(1000.0).exp(), "exp(1000.0) = inf"),
        (lambda: Value(-1.0) ** 0.5, "power(-1.0, 0.5) = nan"),
        (lambda: Value(-1.0).sqrt(), "sqrt(-1.0) = nan"),
        (lambda: Value(1e200) * Value(1e200), "mul(1e+200, 1e+200) = inf"),
        (lambda: ag.dot([Value(1e200)], [1e200]), "dot(1e+200, 1e+200) = inf"),
        (lambda: ag.affine([[Value(1e200)]], [1e200], [Value(0.0)]), "dot(1e+200, 1e+200, 0.0)"),
    ],
)
def test_the_first_nan_or_inf_is_reported(compute: Callable[[], Any], expected: str) -> None:
    """With the operation and its numbers; it is a FloatingPointError."""
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        compute()
    assert str(caught.value).startswith(f"forward pass: {expected}")
    assert isinstance(caught.value, FloatingPointError)


def test_the_users_own_line_is_named() -> None:
    """File, line number and text, as in a traceback; not a line of the engine."""
    x = Value(2.0) * 3

    def compute() -> Value:
        y = ag.log(x - 6)  # here is the log of zero
        return y.exp()

    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        compute()
    number = line_of("here is the log of zero")
    assert str(caught.value) == (
        "forward pass: log(0.0) = -inf\n"
        f'  File "{__file__}", line {number}\n'
        "    y = ag.log(x - 6)  # here is the log of zero"
    )


def test_a_users_file_beside_the_packages_is_the_users() -> None:
    """A script called autograd_demo.py or nn_demo.py is no part of autograd or nn."""
    folder = Path(ag.__file__).parent.parent
    for name in ("autograd_demo.py", "nn_demo.py"):
        code = compile("\n\nx.log()", str(folder / name), "exec")
        with pytest.raises(AnomalyError, match=rf'{name}", line 3\n'), detect_anomaly():
            exec(code, {"x": Value(0.0)})


def test_an_operation_that_was_given_nan_or_inf_is_not_blamed() -> None:
    """It did not make what it passes on."""
    nan, inf, x = Value(math.nan), Value(math.inf), Value(2.0)
    with detect_anomaly():
        results = [nan * x, inf + x, inf * inf, nan.exp(), ag.sum([x, nan, inf]), (inf * x) ** 2]
        for result in results:
            result.backward()
    assert all(not math.isfinite(result.data) for result in results)
    assert math.isnan(x.grad)


def test_an_infinity_that_becomes_nan_is_reported() -> None:
    """inf - inf is where the nan begins."""
    inf = Value(math.inf)
    with pytest.raises(AnomalyError, match=r"sub\(inf, inf\) = nan"), detect_anomaly():
        inf - inf


def test_a_label_is_part_of_the_report() -> None:
    """In the backward pass, where nodes have had time to get one."""
    x = Value(0.0, label="x")
    with detect_anomaly():
        y = x.sqrt()
        y.label = "root"
        with pytest.raises(AnomalyError, match=r"root = sqrt passed .*label='x'"):
            y.backward()


# ---- backward


def test_a_gradient_that_overflows_is_reported() -> None:
    """The slope of sqrt at 0, with the line of the forward pass."""
    x = Value(0.0, label="x")
    with detect_anomaly():
        y = x.sqrt()  # here is the root of zero
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    first, second, third = str(caught.value).splitlines()
    assert first.startswith("backward pass: sqrt passed local · upstream = inf · 1.0 = inf")
    assert "to operand 1, Value(data=0.0" in first
    assert second == f'  File "{__file__}", line {line_of("here is the root of zero")}'
    assert third == "    y = x.sqrt()  # here is the root of zero"


@pytest.mark.parametrize("flip", [False, True])
def test_the_operation_that_made_it_is_blamed_not_its_neighbour(flip: bool) -> None:
    """Whoever else adds to the same gradient, before or after."""
    x = Value(0.0)
    root, triple = x.sqrt(), 3 * x
    y = triple + root if flip else root + triple
    with pytest.raises(AnomalyError, match="backward pass: sqrt passed"), detect_anomaly():
        y.backward()


def test_a_sum_that_overflows_is_reported() -> None:
    """Finite contributions may add up to infinity, and infinities to nan."""
    x = Value(0.0)
    y = 1e308 * x + 1e308 * x
    with pytest.raises(AnomalyError, match=r"mul passed local .* = 1e\+308"), detect_anomaly():
        y.backward()
    assert not x.has_grad


def test_gradients_are_left_as_they_were() -> None:
    """A failed pass changes nothing, neither leaves nor computed nodes."""
    x, w = Value(0.0), Value(2.0)
    inner = w * x
    y = inner.sqrt() * w
    for gradient, node in enumerate((x, w, inner, y), start=1):
        node.grad = gradient
    with pytest.raises(AnomalyError), detect_anomaly():
        y.backward()
    assert [node.grad for node in (x, w, inner, y)] == [1.0, 2.0, 3.0, 4.0]


def test_a_graph_from_outside_of_the_block() -> None:
    """Its backward pass is watched, only the line is not known."""
    y = Value(0.0).sqrt()
    with (
        pytest.raises(AnomalyError, match=r"sqrt passed .*\n  \(computed outside"),
        detect_anomaly(),
    ):
        y.backward()


@pytest.mark.parametrize(
    "derive",
    [
        lambda x: ag.gradients(x.sqrt(), [x]),
        lambda x: ag.grad(lambda v: v.sqrt())(0.0),
        lambda x: ag.jacobian(lambda v: [v, v.sqrt()])(0.0),
    ],
)
def test_other_derivatives_are_watched_too(derive: Callable[[Value], Any]) -> None:
    """They are backward passes as well."""
    x = Value(0.0)
    with pytest.raises(AnomalyError, match="sqrt passed"), detect_anomaly():
        derive(x)
    assert not x.has_grad


def test_what_a_rule_computes_on_the_way_is_not_reported() -> None:
    """The third derivative of x² at 0 is 0, though its rule looks at 0 · 0^-1."""
    f = lambda x: x**2  # noqa: E731
    with detect_anomaly():
        assert ag.grad(ag.grad(ag.grad(f)))(0.0) == 0.0


# ---- cost and scope


def test_finite_programs_run_as_without() -> None:
    """Same numbers, same gradients."""
    x = Value(0.5)
    with detect_anomaly():
        y = (x * x).tanh() + x.exp() / 3
        y.backward()
    assert y.data == math.tanh(0.25) + math.exp(0.5) / 3
    assert x.grad == pytest.approx(1 / math.cosh(0.25) ** 2 + math.exp(0.5) / 3, rel=1e-15)


def test_nothing_is_left_behind() -> None:
    """After the block no node is watched, and the watcher's records are gone."""
    with detect_anomaly():
        node = Value(2.0) * 3.0
        watched = weakref.ref(node)
        with pytest.raises(AnomalyError):
            Value(0.0).log()
    del node
    gc.collect()  # the exception holds on to the frames
    assert watched() is None
    x = Value(2.0)
    assert calls(lambda: x * x) == SHORT
    assert (Value(2.0) * 3.0).parents
    assert Value(0.0).log().data == -math.inf


def test_nodes_take_the_short_way_when_nothing_is_on() -> None:
    """Outside of the blocks not even a question is asked for each node."""
    x = Value(2.0)
    assert calls(lambda: x * x) == SHORT
    with detect_anomaly():
        assert calls(lambda: x * x) > SHORT


def test_blocks_nest_and_work_as_decorators() -> None:
    """The outer block goes on after the inner one."""

    @detect_anomaly()
    def logarithm(x: float) -> Value:
        return Value(x).log()

    with pytest.raises(AnomalyError):
        logarithm(0.0)
    with detect_anomaly():
        with detect_anomaly():
            pass
        with pytest.raises(AnomalyError):
            Value(0.0).log()
        with no_grad(), pytest.raises(AnomalyError):
            Value(0.0).log()
    assert logarithm(1.0).data == 0.0


def test_deep_stacks_are_no_problem() -> None:
    """The user's line is searched upwards, whatever is below it."""
    depth = sys.getrecursionlimit() // 4

    def down(n: int) -> Value:
        return Value(0.0).log() if n == 0 else down(n - 1)

    with pytest.raises(AnomalyError, match=r"return Value\(0\.0\)\.log\(\)"), detect_anomaly():
        down(depth)


def test_anomaly_in_a_second_derivative_names_the_users_line() -> None:
    """Nodes that a derivative makes belong to the line that asked for it."""
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        ag.grad(ag.grad(lambda x: x**1.5))(0.0)  # the line in question
    assert "the line in question" in str(caught.value)
