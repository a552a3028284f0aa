"""`gradcheck` finds wrong derivatives, and only those."""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd as ag
from autograd import Operation, Value, check, gradcheck, no_grad
from autograd.table import TABLE
from nn import MLP, half_squared_error


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


# ---- gradcheck: leaves that are no arguments


def product_wrong_in_the_first() -> Operation:
    return Operation("check_test_scaled", lambda w, x: w * x, lambda y, w, x: (2 * x, w))


def test_a_wrong_rule_for_a_weight_is_found() -> None:
    """A factor of 2 at the weight, which is no argument, while the argument is right."""
    w, product = Value(3.0, label="w"), product_wrong_in_the_first()
    report = gradcheck(lambda x: product(w, x).tanh(), 0.25)
    assert verdicts(report) == {"x": "ok", "w": "wrong", "check_test_scaled #1": "ok"}
    row = report.rows[1]
    assert row.analytic == pytest.approx(2 * row.numeric, rel=1e-6)


def test_every_parameter_of_a_network_has_a_row() -> None:
    """By its place; without arguments, too."""
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    report = gradcheck(lambda: half_squared_error(model([0.5, -1.0]), 0.25), ())
    names = {str(p.place): p for p in model.parameters()}
    assert len(names) == 13
    assert {row.name for row in report.rows[:13]} == {*names}
    assert set(verdicts(report).values()) == {"ok"}
    loss = half_squared_error(model([0.5, -1.0]), 0.25)
    loss.backward()
    assert {row.name: row.analytic for row in report.rows[:13]} == {
        name: p.grad for name, p in names.items()
    }
    a, b = Value(2.0), Value(3.0)
    assert {"leaf #1", "leaf #2"} < {*verdicts(gradcheck(lambda x: a * x + b, 5.0))}


def test_leaves_are_put_back_and_graphs_do_not_become_stale() -> None:
    w = Value(0.1, label="w")
    loss = (w * 3.0).tanh()
    w.grad = 7.0
    assert gradcheck(lambda x: w * x, 2.0)
    assert (w.data, w.grad) == (0.1, 7.0)
    loss.backward()

    def fails(x: Value) -> Value:
        if w.data != 0.1:
            raise KeyError("on the way")
        return w * x

    with pytest.raises(KeyError):
        gradcheck(fails, 2.0)
    assert w.data == 0.1


def test_a_function_may_use_what_was_computed_before() -> None:
    """A node from outside follows the leaf it was computed from."""
    w = Value(0.5, label="w")
    outside = w * w
    outside.label = "outside"
    report = gradcheck(lambda x: outside * x + w, 3.0)
    assert verdicts(report) == dict.fromkeys(["x", "w", "outside", "* #2"], "ok")
    assert report.rows[1].analytic == 4.0
    assert outside.data == 0.25
    outside.backward()


def test_a_function_whose_branch_depends_on_a_leaf() -> None:
    """It is called again, not only its graph computed anew: a kink at 1, a number unseen at 2."""
    w = Value(1.0, label="w")
    assert verdicts(gradcheck(lambda x: w * x if w > 1.0 else 3.0 * w * x, 2.0))["w"] == "kink"
    assert verdicts(gradcheck(lambda x: w * w.data * x, 2.0))["w"] == "wrong"
    with pytest.warns(ag.GraphCutWarning), pytest.raises(ag.GraphCutError):
        gradcheck(lambda x: w * x * math.sin(2.0 * w), 2.0)


def test_leaves_made_by_the_function_are_no_operands() -> None:
    """Nor are frozen ones."""

    w = Value(3.0).requires_grad_(False)
    assert list(verdicts(gradcheck(lambda x: Value(3.0) * x.tanh(), 2.0))) == ["x", "tanh #1"]
    assert list(verdicts(gradcheck(lambda x: w * x.tanh(), 2.0))) == ["x", "tanh #1"]


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
