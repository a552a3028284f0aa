"""`gradcheck` finds wrong derivatives and only those; `detect_anomaly` finds the first nan, inf."""

import gc
import math
import random
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd import AnomalyError, Operation, Value, check, detect_anomaly, gradcheck, no_grad
from autograd.table import TABLE
from calls import SHORT, calls


@pytest.fixture(autouse=True)
def _table_unchanged() -> Iterator[None]:
    """Forget the operations that a test declares."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


@pytest.fixture
def wrong_cube() -> Operation:
    """x³ with the derivative 2x², as a typing error would have it."""
    return Operation("check_test_cube", lambda x: x * x * x, lambda y, x: (2 * x * x,))


def verdicts(report: check.GradientReport) -> dict[str, str]:
    return {row.name: row.verdict for row in report.rows}


def line_of(words: str) -> int:
    """Return the number of the line of this file that ends in the comment `words`."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (number,) = [i for i, line in enumerate(lines, start=1) if line.endswith(f"  # {words}")]
    return number


# ---- gradcheck: right functions pass

RIGHT: list[tuple[str, Callable[..., Any], Any]] = [
    ("polynomial", lambda x: 3 * x**4 - x * x + 7, 1.3),
    ("exp", lambda x: x.exp(), -20.0),
    ("large exp", lambda x: x.exp(), 300.0),
    ("log close to 0", lambda x: x.log(), 1e-8),
    ("log very close to 0", lambda x: x.log(), 1e-200),
    ("asin close to 1", lambda x: x.asin(), 0.999),
    ("acos close to -1", lambda x: x.acos(), -0.9999),
    ("atanh close to 1", lambda x: x.atanh(), 0.999),
    ("acosh close to 1", lambda x: x.acosh(), 1.001),
    ("small sqrt", lambda x: x.sqrt(), 1e-12),
    ("small cbrt", lambda x: x.cbrt(), -1e-9),
    ("reciprocal", lambda x: 1 / x, 1e-5),
    ("tan close to its pole", lambda x: x.tan(), 1.57),
    ("log1p close to -1", lambda x: ag.log1p(x), -0.9999),
    ("slope 0", lambda x: x * x, 0.0),
    ("slope 0 of a cosine", lambda x: x.cos(), 0.0),
    ("saturated", lambda x: x.sigmoid(), 30.0),
    ("steep", lambda x: (1000 * x).sin(), 0.3),
    ("large numbers", lambda x: x * x, 1e8),
    ("small numbers", lambda x: x * x * x, 1e-8),
    ("relu beside its kink", lambda x: x.relu(), 0.01),
    ("abs beside its kink", lambda x: abs(x), -0.01),
    ("max of distinct numbers", lambda v: ag.maximum(v[0], v[1]), [1.0, 1.01]),
    ("clamp inside", lambda x: x.clamp(-1.0, 1.0), 0.9),
    ("softmax", lambda v: ag.softmax(v)[1] + ag.logsumexp(v), [1.0, 2.0, -30.0]),
    ("product with a zero", lambda v: ag.prod(v), [0.0, 2.0, 3.0]),
    ("constant", lambda x: 5, 1.0),
    ("identity", lambda x: x, 2.0),
]


@pytest.mark.parametrize(("f", "at"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_right_functions_pass(f: Callable[..., Any], at: Any) -> None:
    """Also near the edge of a domain, with steep, flat, large and small ones."""
    report = gradcheck(f, at)
    assert report, f"\n{report!r}"
    assert report.ok is True
    assert set(verdicts(report).values()) == {"ok"}


UNARY = [
    name
    for name, row in TABLE.items()
    if row.vectors is None and row.local.__code__.co_argcount == 2  # the result and one operand
]


@pytest.mark.parametrize("name", UNARY)
def test_no_built_in_function_is_called_wrong(name: str) -> None:
    """At an ordinary point of its domain."""
    row = TABLE[name]
    assert verdicts(gradcheck(row, 1.25 if math.isnan(row(0.25)) else 0.25)) == {"x": "ok"}


def test_numbers_lists_and_tuples_as_arguments() -> None:
    """A tuple stands for several arguments, a list for one; they nest."""
    assert list(verdicts(gradcheck(lambda x: x * x, 3))) == ["x"]
    assert list(verdicts(gradcheck(lambda v: v[0] * v[1], [3, 4.0]))) == ["x[0]", "x[1]"]
    assert list(verdicts(gradcheck(lambda x, y: x * y, (3, 4.0)))) == ["x0", "x1"]
    names = list(verdicts(gradcheck(lambda x, v: x * v[0] * v[1][0], (3.0, [4.0, [5.0]]))))
    assert names[:3] == ["x0", "x1[0]", "x1[1][0]"]
    assert list(verdicts(gradcheck(lambda x: x * x, (3.0,)))) == ["x"]


def test_the_numbers_of_a_report() -> None:
    """Operands first, intermediate nodes in order of computation, the root left out."""

    def f(x: Value, y: Value) -> Value:
        inner = x * y
        inner.label = "inner"
        return inner.exp() * 2 + 0 * y

    rows = gradcheck(f, (0.0, 3.0)).rows
    assert [row.name for row in rows][:3] == ["x0", "x1", "inner"]
    assert [row.analytic for row in rows[:4]] == [6.0, 0.0, 2.0, 2.0]
    assert [row.numeric for row in rows[:4]] == pytest.approx([6.0, 0.0, 2.0, 2.0], abs=1e-9)
    assert all(row.error < 1e-6 for row in rows)


# ---- gradcheck: wrong functions do not


def test_a_wrong_rule_is_found_at_the_operand(wrong_cube: Operation) -> None:
    """The report is false, and shows both numbers."""
    report = gradcheck(wrong_cube, 2.0)
    assert not report
    assert report.ok is False
    (row,) = report.rows
    assert (row.name, row.analytic, row.verdict) == ("x", 8.0, "wrong")
    assert row.numeric == pytest.approx(12.0, rel=1e-9)
    assert row.error == pytest.approx(1 / 3, rel=1e-6)


def test_a_wrong_rule_is_found_at_the_node_before_it(wrong_cube: Operation) -> None:
    """The nodes after the wrong rule are right: that is where to look."""
    report = gradcheck(lambda x: (wrong_cube(x.exp()) + 1).log(), 0.5)
    assert verdicts(report) == {
        "x": "wrong",
        "exp #1": "wrong",
        "check_test_cube #2": "ok",
        "+ #3": "ok",
    }


def test_only_the_wrong_operand_of_several_is_blamed() -> None:
    """A product rule with its two factors mixed up in one place."""
    wrong = Operation("check_test_mul", lambda a, b: a * b, lambda y, a, b: (b, b))
    assert verdicts(gradcheck(wrong, (2.0, 5.0))) == {"x0": "ok", "x1": "wrong"}


def test_small_errors_are_found_down_to_the_tolerance() -> None:
    """A relative error of 1e-5 is wrong, one of 1e-8 passes; the tolerance can be chosen."""

    def off_by(factor: float) -> Operation:
        return Operation("check_test_sin", ag.sin.forward, lambda y, x: (factor * ag.cos(x),))

    assert not gradcheck(off_by(1 + 1e-5), 1.0)
    assert gradcheck(off_by(1 + 1e-8), 1.0)
    assert gradcheck(off_by(1 + 1e-5), 1.0, tolerance=1e-4)


@pytest.mark.parametrize("derivative", [0.0, math.nan, math.inf, -12.0])
def test_any_wrong_number_is_wrong(derivative: float) -> None:
    """Zero, nan, infinity and the wrong sign."""
    wrong = Operation("check_test_any", lambda x: x * x * x, lambda y, x: (derivative + 0 * x,))
    assert verdicts(gradcheck(wrong, 2.0)) == {"x": "wrong"}


def test_a_finite_slope_is_wrong_where_the_differences_do_not_converge() -> None:
    """The uncertainty of the differences is no excuse for a number that they do not support."""
    wrong = Operation("check_test_cbrt", math.cbrt, lambda y, x: (0.0 * x,))
    assert verdicts(gradcheck(wrong, 0.0)) == {"x": "wrong"}


def test_nothing_is_found_where_two_errors_cancel_but_at_the_inner_node(
    wrong_cube: Operation,
) -> None:
    """Intermediate nodes are compared because operands may be right by chance."""
    undo = Operation("check_test_undo", lambda x: 1.0 * x, lambda y, x: (1.5,))
    assert verdicts(gradcheck(lambda x: undo(wrong_cube(x)) * 2, 2.0)) == {
        "x": "ok",
        "check_test_cube #1": "wrong",
        "check_test_undo #2": "ok",
    }


# ---- gradcheck: kinks


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda x: x.relu(), 0.0, ["kink"]),
        (lambda x: abs(x), 0.0, ["kink"]),
        (lambda x: x.leaky_relu(), 0.0, ["kink"]),
        (lambda x: abs(x - 1), 1.0, ["kink", "kink"]),
        (lambda x: 5 * abs(x) + x * x, 0.0, ["kink", "ok", "ok", "ok"]),
        (lambda x, y: ag.maximum(x, y), (2.0, 2.0), ["kink", "kink"]),
        (lambda x, y: ag.minimum(x, y), (-3.0, -3.0), ["kink", "kink"]),
        (lambda x: x.clamp(0.0, 1.0), 1.0, ["kink"]),
        (lambda x, y: x.relu() + y, (0.0, 0.0), ["kink", "ok", "ok"]),
    ],
)
def test_kinks_are_called_kinks(f: Callable[..., Any], at: Any, expected: list[str]) -> None:
    """There is no derivative to be right or wrong about: the report stays true."""
    report = gradcheck(f, at)
    assert report
    assert [row.verdict for row in report.rows] == expected


@pytest.mark.parametrize("f", [ag.sqrt, ag.cbrt, ag.log, ag.acosh, lambda x: x**0.5])
def test_where_a_slope_grows_without_bound_there_is_no_derivative(
    f: Callable[..., Any],
) -> None:
    """Backpropagation answers inf there, which is not wrong."""
    report = gradcheck(f, 1.0 if f is ag.acosh else 0.0)
    assert report
    assert (report.rows[0].analytic, report.rows[0].verdict) == (math.inf, "kink")


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda x: x.relu(), 0.1),
        (lambda x: abs(x), -1e-3),
        (lambda x: x.relu() * x, 0.0),
        (lambda x: abs(x) ** 3, 0.0),
        (lambda x: x.elu(), 0.0),
        (lambda x: ag.gelu(x), 0.0),
        (lambda x: x.softplus(), 0.0),
        (lambda x: (1000 * x).tanh(), 0.0),
        (lambda x: (x * x + 1e-6).sqrt(), 0.0),
    ],
)
def test_smooth_points_are_not_called_kinks(f: Callable[..., Any], at: float) -> None:
    """However sharply they bend, and however close a kink is."""
    report = gradcheck(f, at)
    assert report.rows[0].verdict == "ok", f"\n{report!r}"


# ---- gradcheck: what it leaves alone


def test_the_report_prints_as_an_aligned_table(wrong_cube: Operation) -> None:
    """Exact strings."""
    assert repr(gradcheck(lambda x: 2 * x.relu(), 0.0)) == (
        "node           analytic         numeric  rel. error\n"
        "x                     0               1     1.0e+00  kink\n"
        "ReLU #1               2               2     0.0e+00  ok"
    )
    empty = repr(gradcheck(lambda v: 1.0, []))
    assert empty == "node        analytic         numeric  rel. error"
    report = gradcheck(lambda v, w: wrong_cube(v[0]) * (w * w), ([-2e-7], 1e9))
    lines = [line.split() for line in repr(report).splitlines()]
    assert [line[0] for line in lines[1:3]] == ["x0[0]", "x1"]
    assert [line[-1] for line in lines[1:]] == ["wrong", "ok", "ok", "ok"]
    edges = {
        len(line.removesuffix(row.verdict))
        for line, row in zip(repr(report).splitlines()[1:], report.rows, strict=True)
    }
    assert edges == {len(repr(report).splitlines()[0]) + 2}


def test_gradcheck_leaves_gradients_alone() -> None:
    """Nodes that the function uses from outside keep theirs."""
    w = Value(3.0)
    (w * w).backward()
    gradcheck(lambda x: w * x, 2.0)
    assert w.grad == 6.0


def test_gradcheck_works_within_no_grad() -> None:
    """It needs a graph, and records one."""
    with no_grad():
        report = gradcheck(lambda x: x.sin() * 2, 1.0)
    assert list(verdicts(report)) == ["x", "sin #1"]
    assert report


def test_gradcheck_of_what_is_no_number() -> None:
    """Like the other derivatives, it needs one number as result."""
    with pytest.raises(TypeError, match="expected a real number, got list"):
        gradcheck(lambda x: [x], 1.0)
    with pytest.raises(TypeError, match="expected a real number, got str"):
        gradcheck(lambda x: x, "1")


# ---- detect_anomaly: forward


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


# ---- detect_anomaly: backward


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


# ---- detect_anomaly: cost and scope


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


@pytest.mark.parametrize(
    ("f", "at"),
    [(lambda x: x**1.5, 0.0), (lambda y, x: ag.atan2(y, x), (0.0, 0.0))],
    ids=["end of the domain", "jump"],
)
def test_where_a_function_ends_or_jumps_there_is_a_kink(f: Any, at: Any) -> None:
    """x**1.5 is not real below 0; atan2 jumps at the origin."""
    assert {row.verdict for row in gradcheck(f, at).rows} == {"kink"}


# ---- gradcheck: functions that are none


def test_a_function_that_counts_its_calls_is_refused() -> None:
    calls = iter(range(100))
    with pytest.raises(ValueError, match=r"gives 0\.0 and then 2\.0 for the same arguments"):
        gradcheck(lambda x: x * next(calls), 2.0)


def test_a_function_that_draws_random_numbers_is_refused() -> None:
    """As dropout does, of which the differences would say "kink" at best."""
    for seed in range(20):
        rng = random.Random(seed)
        with pytest.raises(ValueError, match="random numbers"):
            gradcheck(lambda x, rng=rng: x.tanh() * (2.0 * (rng.random() < 0.5)), 0.5)
