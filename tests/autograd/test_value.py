"""`Value` as a number: what may enter, what comes out, and how it behaves in Python."""

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Place, Value, topological_order
from autograd.operations import mul, power

NUMBERS = [
    4,
    4.0,
    True,
    Fraction(5, 4),
    Decimal("0.75"),
    np.float64(4.0),
    np.float32(4.0),
    np.int64(4),
    np.bool_(True),
    np.array(4.0),
    np.array(4),
]
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
METHODS: dict[str, Callable[[float, float], float]] = {
    "maximum": max,
    "minimum": min,
    "atan2": math.atan2,
    "hypot": math.hypot,
}
REFUSED = [
    ("3", TypeError, r"got str '3'; convert it first, e\.g\. float\(x\)"),
    (b"3", TypeError, r"got bytes b'3'; convert it first, e\.g\. float\(x\)"),
    ([1], TypeError, r"expected a real number, got list \[1\]"),
    ((), TypeError, r"expected a real number, got tuple \(\)"),
    (1j, TypeError, r"expected a real number, got complex 1j"),
    (np.complex128(1.0), TypeError, r"expected a real number, got complex128"),
    (np.array([1.0, 2.0]), TypeError, r"shape \(2,\); make one Value for each element"),
    (np.array([3.0]), TypeError, r"shape \(1,\); make one Value for each element"),
    (10**400, OverflowError, r"int is too large for a float \(largest: 1\.8e308\); scale it"),
    (-(10**400), OverflowError, r"int is too large for a float"),
    (Value(7.0), TypeError, r"got Value\(data=7\.0.*use its \.data, or \.detach\(\)"),
]
REFUSED_IDS = [type(x).__name__ + str(i) for i, (x, _, _) in enumerate(REFUSED)]


def kind(x: object) -> str:
    return f"{type(x).__name__}-{np.ndim(x)}d" if isinstance(x, np.ndarray) else type(x).__name__


def set_data(x: Any) -> None:
    Value(1.0).data = x


def set_grad(x: Any) -> None:
    Value(1.0).grad = x


# ---- data, grad, parents, operands, label


def test_a_leaf_has_a_number_and_nothing_else() -> None:
    """A new leaf has its number, gradient 0.0, no history and no label."""
    x = Value(3)
    assert (x.data, x.grad, x.label, x.parents, x.operands) == (3.0, 0.0, "", (), ())
    assert x.operation is None
    assert x.place is None
    assert type(x.data) is float
    assert type(x.grad) is float


def test_a_computed_node_knows_its_operation_and_parents_in_order() -> None:
    """Parents are ordered, and one used twice is there twice."""
    a, b = Value(2.0), Value(3.0)
    difference, product = a - b, a * a
    assert difference.parents == (a, b)
    assert (b - a).parents == (b, a)
    assert product.parents == (a, a)
    assert product.operation is mul


def test_constants_are_operands_but_not_parents() -> None:
    """The constants of an operation are floats among the operands, no nodes."""
    x = Value(2.0)
    assert (x**3).operands == (x, 3.0)
    assert (x**3).parents == (x,)
    assert (x**3).operation is power
    assert (5 - x).operands == (5.0, x)
    assert (5 - x).parents == (x,)
    assert [type(operand) for operand in (5 * x).operands] == [float, Value]


def test_labels_are_set_when_made_and_later() -> None:
    """A label is given by keyword or assigned; computed nodes start without."""
    x = Value(2.0, label="x")
    y = x * x
    assert (x.label, y.label) == ("x", "")
    y.label = "y"
    assert y.label == "y"


def test_the_label_of_a_placed_node_follows_from_its_place_unless_given() -> None:
    """A node of a network is named after its place; the user's own label wins."""
    w = Value(0.5)
    w.place = Place("w", 2, 1, source=3)
    assert w.label == "w2[1,3]"
    w.label = "slope"
    assert w.label == "slope"
    assert w.place == Place("w", 2, 1, source=3, label="slope")
    assert str(Place("x", 0, 2)) == "x2"
    assert str(Place("z", 1, 4)) == "z1[4]"


def test_edges_and_local_gradients() -> None:
    """Every parent has its local gradient; constants have none."""
    a, b = Value(2.0), Value(5.0)
    assert (a / b).edges() == [(a, 0.2), (b, -0.08)]
    assert (a**3).edges() == [(a, 12.0)]
    assert (4 - a).edges() == [(a, -1.0)]
    assert a.edges() == []
    assert list(a.local_gradients()) == []


def test_item_and_float_give_the_number() -> None:
    """`item()` is PyTorch's word for the number; `float()` is Python's, of a leaf."""
    y = Value(1.5) + 1
    assert (y.item(), float(Value(9.0))) == (2.5, 9.0)


def test_detach_gives_an_independent_leaf() -> None:
    """A detached node has the number and the label, but no history."""
    x = Value(2.0)
    y = x * x
    y.label = "y"
    leaf = y.detach()
    (3 * leaf).backward()
    assert (leaf.data, leaf.label, leaf.parents, leaf.grad) == (4.0, "y", (), 3.0)
    assert (x.grad, y.grad) == (0.0, 0.0)
    leaf.data = 9.0
    assert y.data == 4.0


def test_zero_grad_clears_the_whole_graph() -> None:
    """Every node below the root loses its gradient, leaves and computed ones."""
    a, b = Value(2.0), Value(3.0)
    c = a * b
    d = c + a
    d.backward()
    assert [node.grad for node in (a, b, c, d)] == [4.0, 2.0, 1.0, 1.0]
    d.zero_grad()
    assert [node.grad for node in (a, b, c, d)] == [0.0, 0.0, 0.0, 0.0]
    assert not any(node.has_grad for node in (a, b, c, d))


def test_a_gradient_can_be_set_and_cleared() -> None:
    """`grad` takes a number, or None to start anew."""
    x = Value(1.0)
    x.grad = Fraction(1, 4)
    assert (x.grad, type(x.grad), x.has_grad) == (0.25, float, True)
    x.grad = None
    assert (x.grad, x.has_grad) == (0.0, False)
    x.grad = 0
    assert (x.grad, type(x.grad), x.has_grad) == (0.0, float, True)


def test_topological_order_puts_parents_first() -> None:
    """Every node comes once, after all of its parents; the root comes last."""
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c + a
    e = d * c
    order = topological_order(e)
    assert set(order) == {a, b, c, d, e}
    assert len(order) == 5
    assert order[2:] == [c, d, e]
    assert topological_order(a) == [a]


# ---- Python's protocols


def test_equality_and_hash_go_by_identity() -> None:
    """Nodes are keys: two with the same number stay two."""
    a, b = Value(1.0), Value(1.0)
    x = a
    assert a == x
    assert a != b
    assert a != 1.0
    assert len({a, b, x}) == 2
    assert {a: "a", b: "b"}[x] == "a"


def test_comparisons_go_by_data() -> None:
    """<, <=, > and >= compare numbers, with numbers of any kind on either side."""
    two, three = Value(2.0), Value(3.0)
    assert two < three
    assert not three < two
    assert not two < Value(2.0)
    assert three > two
    assert not two > three
    assert not two > Value(2.0)
    assert two <= Value(2.0)
    assert not three <= two
    assert two >= Value(2.0)
    assert not two >= three
    for two_and_a_half in (2.5, Fraction(5, 2), Decimal("2.5"), np.float64(2.5), np.array(2.5)):
        assert two < two_and_a_half
        assert two_and_a_half < three
        assert three >= two_and_a_half
        assert two_and_a_half >= two
    with pytest.raises(TypeError, match="expected a real number, got str 'a'"):
        two < "a"  # noqa: B015


def test_nan_compares_as_floats_do() -> None:
    """nan is neither smaller nor larger than anything."""
    nan = Value(math.nan)
    assert not nan < 1.0
    assert not nan > 1.0
    assert not nan <= nan
    assert not nan >= nan


def test_sorted_max_min_and_sum() -> None:
    """The built-ins that compare or add work on nodes."""
    a, b, c = Value(2.0), Value(-1.0), Value(5.0)
    assert sorted([a, b, c]) == [b, a, c]
    assert max(a, b, c) is c
    assert min([a, b, c]) is b
    total = sum([a, b, c])
    total.backward()
    assert (total.data, a.grad, b.grad, c.grad) == (6.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("apply", "data"),
    [
        (operator.iadd, 5.0),
        (operator.isub, 1.0),
        (operator.imul, 6.0),
        (operator.itruediv, 1.5),
        (operator.ipow, 9.0),
    ],
)
def test_in_place_operators_make_a_new_node(apply: Callable[[Any, Any], Any], data: float) -> None:
    """`x += y` rebinds the name; the node it had before is unchanged."""
    x = before = Value(3.0)
    x = apply(x, 2)
    assert x is not before
    assert x.data == data
    assert (before.data, before.parents) == (3.0, ())
    assert x.parents == (before,)


def test_truth_is_being_different_from_zero() -> None:
    """As for floats."""
    assert not Value(0.0)
    assert not Value(-0.0)
    assert Value(-2.0)
    assert Value(math.nan)


def test_repr_of_a_leaf_is_that_of_micrograd() -> None:
    """The exact strings."""
    x = Value(2)
    assert repr(x) == "Value(data=2.0, grad=0.0)"
    x.grad = -0.5
    assert repr(x) == "Value(data=2.0, grad=-0.5)"


def test_repr_shows_operation_and_label() -> None:
    """A computed node also shows its operation, and its label if it has one."""
    a = Value(2.0, label="a")
    b = (a**2).relu()
    b.label = "b"
    b.backward()
    assert repr(a) == "Value(data=2.0, grad=4.0, label='a')"
    assert repr(b) == "Value(data=4.0, grad=1.0, op='ReLU', label='b')"
    assert repr(b.parents[0]) == "Value(data=4.0, grad=1.0, op='**2')"
    assert str(a) == "Value(data=2.0, grad=4.0, label='a')"


def test_format_specs_are_those_of_floats() -> None:
    """A format spec formats the number; without one it is the repr."""
    x = Value(math.pi)
    assert f"{x:.3f}" == "3.142"
    assert f"{x:>8.1e}" == " 3.1e+00"
    assert f"{Value(2.0)}" == "Value(data=2.0, grad=0.0)"
    assert f"{Value(-1.5):06.2f}" == "-01.50"


# ---- numbers of other types beside a Value


@pytest.mark.parametrize("number", NUMBERS, ids=kind)
@pytest.mark.parametrize("apply", OPERATORS)
def test_real_numbers_of_any_type_on_either_side(
    apply: Callable[[Any, Any], Any], number: Any
) -> None:
    """The result is a node whose number is a plain float, and its gradient flows."""
    for left in (False, True):
        x = Value(3.0)
        result = apply(number, x) if left else apply(x, number)
        result.backward()
        plain = float(number)
        assert type(result) is Value
        assert type(result.data) is float
        assert type(x.grad) is float
        assert result.data == (apply(plain, 3.0) if left else apply(3.0, plain))
        assert result.parents == (x,)


@pytest.mark.parametrize("number", NUMBERS, ids=kind)
def test_real_numbers_of_any_type_enter_as_plain_floats(number: Any) -> None:
    """Whatever is given as data, grad or seed is kept as a float."""
    x = Value(number)
    x.data = number
    x.grad = number
    y = x * 1.0
    y.backward(seed=number)
    for kept in (x.data, x.grad, y.data, y.grad):
        assert type(kept) is float
    assert x.data == float(number)
    assert x.grad == 2 * float(number)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("number", NUMBERS, ids=kind)
def test_methods_of_two_operands_take_any_real_number(name: str, number: Any) -> None:
    """So do the methods that have no operator."""
    result = getattr(Value(3.0), name)(number)
    assert type(result.data) is float
    assert result.data == METHODS[name](3.0, float(number))


@pytest.mark.parametrize("apply", OPERATORS)
def test_an_array_of_several_numbers_gives_an_array_of_nodes(
    apply: Callable[[Any, Any], Any],
) -> None:
    """On either side, element by element."""
    x, numbers = Value(2.0), np.array([1.0, 4.0, 0.5])
    for result, plain in (
        (apply(x, numbers), apply(2.0, numbers)),
        (apply(numbers, x), apply(numbers, 2.0)),
    ):
        assert result.shape == (3,)
        assert result.dtype == object
        assert [type(node) for node in result] == [Value] * 3
        assert [node.data for node in result] == plain.tolist()
        assert all(node.parents == (x,) for node in result)


def test_arrays_of_nodes_can_be_differentiated() -> None:
    """Sums and products of object arrays are graphs like any other."""
    w = np.array([Value(1.0), Value(2.0)])
    loss = (w * np.array([3.0, 4.0])).sum() + (w @ w)
    loss.backward()
    assert loss.data == 16.0
    assert [v.grad for v in w] == [5.0, 8.0]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_refuses_an_array_of_several_numbers(name: str) -> None:
    """There is no operator here that could do it element by element."""
    with pytest.raises(TypeError, match=r"shape \(2,\); make one Value for each element"):
        getattr(Value(1.0), name)(np.array([1.0, 2.0]))


def test_the_method_pow_is_the_operator() -> None:
    """Numbers, nodes and arrays as exponents."""
    x = Value(3.0)
    assert x.pow(2).operands == (x, 2.0)
    assert x.pow(Value(2.0)).data == 9.0
    assert [node.data for node in x.pow(np.array([1.0, 2.0]))] == [3.0, 9.0]


# ---- only real numbers enter


@pytest.mark.parametrize(("bad", "error", "message"), REFUSED, ids=REFUSED_IDS)
@pytest.mark.parametrize("enter", [Value, set_data, set_grad, Value(1.0).backward])
def test_only_one_real_number_can_enter(
    enter: Callable[[Any], Any], bad: Any, error: type[Exception], message: str
) -> None:
    """As data, by assignment to data or grad, or as seed; the message says what to do."""
    with pytest.raises(error, match=message):
        enter(bad)


@pytest.mark.parametrize("enter", [Value, set_data, Value(1.0).backward])
def test_none_is_no_number(enter: Callable[[Any], Any]) -> None:
    """None enters only as a gradient, which it clears."""
    with pytest.raises(TypeError, match="expected a real number, got NoneType None"):
        enter(None)


@pytest.mark.parametrize("bad", ["3", None, [1], 1j, 10**400])
@pytest.mark.parametrize("apply", OPERATORS)
def test_operators_refuse_what_is_no_number(apply: Callable[[Any, Any], Any], bad: Any) -> None:
    """On either side, with the same messages."""
    message = "too large for a float" if isinstance(bad, int) else "expected a real number, got"
    with pytest.raises((TypeError, OverflowError), match=message):
        apply(Value(2.0), bad)
    with pytest.raises((TypeError, OverflowError), match=message):
        apply(bad, Value(2.0))


def test_a_refused_number_changes_nothing() -> None:
    """After a refused assignment the node is what it was."""
    x = Value(2.0)
    x.grad = 3.0
    y = x * x
    with pytest.raises(TypeError):
        x.data = "5"
    with pytest.raises(TypeError):
        x.grad = "5"
    with pytest.raises(TypeError):
        y.backward(seed="1")  # type: ignore[arg-type]
    assert (x.data, x.grad, y.grad) == (2.0, 3.0, 0.0)
    y.backward()
    assert x.grad == 7.0


def test_an_update_with_a_node_is_refused() -> None:
    """`p.data -= lr * loss` would hang the graph of the loss on a parameter."""
    p = Value(2.0)
    loss = p * p
    with pytest.raises(TypeError, match=r"use its \.data"):
        p.data -= 0.1 * loss
    assert p.data == 2.0
    p.data -= 0.5 * loss.data
    assert p.data == 0.0


def test_a_parameter_of_an_operation_is_no_node() -> None:
    """Slopes and limits have no derivative; silently giving them none would mislead."""
    x, slope = Value(1.0), Value(0.1)
    message = (
        r"negative_slope of leaky_relu\(\) is a constant .*; pass a number, e\.g\. value\.data"
    )
    for refused in (
        lambda: x.leaky_relu(slope),
        lambda: x.leaky_relu(negative_slope=slope),
        lambda: ag.leaky_relu(x, slope),
        lambda: ag.leaky_relu(1.0, negative_slope=slope),
    ):
        with pytest.raises(TypeError, match=message):
            refused()
    with pytest.raises(TypeError, match=r"alpha of elu\(\) is a constant"):
        x.elu(slope)
    with pytest.raises(TypeError, match=r"min of clamp\(\) is a constant"):
        x.clamp(slope, 2.0)
    with pytest.raises(TypeError, match=r"max of clamp\(\) is a constant"):
        x.clamp(max=slope)


def test_a_rule_that_answers_in_another_type_still_leaves_floats() -> None:
    """`grad` is a plain float even where a user's rule gives NumPy numbers."""
    name = "value_test_numpy"
    square = ag.Operation(name, lambda x: np.float64(x) * x, lambda y, x: (np.float64(2.0) * x,))
    try:
        x = Value(3.0)
        y = square(x)
        y.backward()
        assert (y.data, x.grad) == (9.0, 6.0)
        assert [type(number) for number in (y.data, y.grad, x.grad)] == [float] * 3
        assert type(ag.gradients(square(x), [x])[0]) is float
    finally:
        del ag.operations.TABLE[name]


# ---- the operators themselves


def test_powers_with_constant_exponent_constant_base_or_neither() -> None:
    """x**c, c**x and x**y have their own derivatives."""
    x = Value(3.0)
    (x**2).backward()
    assert x.grad == 6.0
    x = Value(3.0)
    y = 2**x
    y.backward()
    assert (y.data, x.grad) == (8.0, pytest.approx(8.0 * 0.6931471805599453, rel=1e-15))
    x, n = Value(2.0), Value(3.0)
    y = x**n
    y.backward()
    assert (y.data, x.grad) == (8.0, 12.0)
    assert n.grad == pytest.approx(5.545177444479562, rel=1e-15)
    x = Value(4.0)
    (x**0.5).backward()
    assert x.grad == 0.25


def test_zero_to_the_zero() -> None:
    """x**0 is 1 with derivative 0, also at x = 0."""
    x = Value(0.0)
    y = x**0
    y.backward()
    assert (y.data, x.grad) == (1.0, 0.0)


def test_a_negative_base_is_fine_with_integer_exponents_only() -> None:
    """(-8)**3 is real; (-8)**0.5 is nan as in IEEE 754, never complex."""
    x = Value(-8.0)
    (x**3).backward()
    assert x.grad == 192.0
    assert math.isnan((x**0.5).data)
    assert math.isnan((x ** Value(0.5)).data)


def test_signs() -> None:
    """-x, +x and abs(x)."""
    x = Value(-3.0)
    (-x).backward()
    assert ((-x).data, x.grad) == (3.0, -1.0)
    assert +x is x
    x.grad = None
    y = abs(x)
    y.backward()
    assert (y.data, x.grad) == (3.0, -1.0)
    assert x.abs().data == 3.0


def test_division_by_zero_and_overflow_follow_ieee_754() -> None:
    """No ZeroDivisionError, no OverflowError."""
    x = Value(0.0)
    assert (1 / x).data == math.inf
    assert math.isnan((x / x).data)
    assert Value(1000.0).exp().data == math.inf
    assert (Value(1e200) ** 2).data == math.inf
    assert x.log().data == -math.inf
    y = x.sqrt()
    y.backward()
    assert x.grad == math.inf


@pytest.mark.parametrize("text", [np.str_("3"), np.array("3"), np.timedelta64(3), np.complex64(1)])
def test_numpy_scalars_that_are_no_numbers_are_refused(text: Any) -> None:
    """NumPy would convert some of them to a float."""
    with pytest.raises(TypeError, match="expected a real number"):
        Value(text)
