"""The backward pass: sums over paths, repeated passes, and what it refuses to do."""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Operation, StaleGraphError, Value
from autograd.table import TABLE


@pytest.fixture(autouse=True)
def _table_unchanged() -> Iterator[None]:
    """Forget the operations that a test declares."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


def grads(*nodes: Value) -> list[float]:
    return [node.grad for node in nodes]


def diamonds(x: Value, levels: int) -> Value:
    """Return x · 2^levels, where every level doubles the number of paths to x."""
    for _ in range(levels):
        x = x + x
    return x


# ---- repeated passes


def test_gradients_of_leaves_add_up_over_passes() -> None:
    """d(x^4)/dx at 3 is 108; a second pass adds another 108."""
    x = Value(3.0)
    y = x**4
    y.backward()
    assert x.grad == 108.0
    y.backward()
    assert x.grad == 216.0
    assert y.grad == 1.0


def test_intermediate_gradients_are_of_the_last_pass_alone() -> None:
    """Nothing that computed nodes hold leaks into the next pass."""
    x = Value(3.0)
    square = x * x
    y = square * square
    for total in (108.0, 216.0, 324.0):
        y.backward()
        assert grads(x, square, y) == [total, 18.0, 1.0]


def test_zeroing_the_leaf_alone_is_enough() -> None:
    """A new pass after clearing only the leaf gives the gradient, not more."""
    x = Value(3.0)
    square = x * x
    y = square * square
    y.backward()
    for nothing in (0.0, None, 0):
        x.grad = nothing  # type: ignore[assignment]
        y.backward()
        assert grads(x, square) == [108.0, 18.0]


def test_two_roots_that_share_a_part_add_up_at_the_leaves_only() -> None:
    """The second root starts the shared node from zero."""
    x = Value(2.0)
    shared = x * x
    first, second = 3 * shared, 5 * shared
    first.backward()
    assert grads(x, shared, first) == [12.0, 3.0, 1.0]
    second.backward()
    assert grads(x, shared, second) == [32.0, 5.0, 1.0]
    assert first.grad == 1.0


def test_a_root_inside_of_another_graph() -> None:
    """An intermediate node can be the root of its own pass."""
    x = Value(3.0)
    inner = x * x
    outer = 10 * inner
    inner.backward()
    assert grads(x, inner, outer) == [6.0, 1.0, 0.0]
    outer.backward()
    assert grads(x, inner, outer) == [66.0, 10.0, 1.0]


def test_seeds() -> None:
    """The pass is linear in its seed: ∂L/∂root of some L."""
    x = Value(3.0)
    y = x * x
    y.backward(seed=-2)
    assert grads(x, y) == [-12.0, -2.0]
    y.backward(seed=0.5)
    assert grads(x, y) == [-9.0, 0.5]
    y.backward(0.0)
    assert grads(x, y) == [-9.0, 0.0]


def test_backward_from_a_leaf() -> None:
    """∂x/∂x = 1, and it adds up like any gradient of a leaf."""
    x = Value(5.0)
    x.backward()
    x.backward(seed=2.0)
    assert x.grad == 3.0


def test_a_gradient_set_by_hand_is_added_to() -> None:
    """Whatever the leaf had before the pass stays in the sum."""
    x = Value(3.0)
    x.grad = 0.25
    (x * x).backward()
    assert x.grad == 6.25


# ---- every path counts once


def test_a_node_used_twice_by_one_operation() -> None:
    """a*a and a+a have two edges to a."""
    a = Value(3.0)
    (a * a).backward()
    assert a.grad == 6.0
    a.grad = None
    (a + a).backward()
    assert a.grad == 2.0
    a.grad = None
    (a - a).backward()
    assert a.grad == 0.0
    a.grad = None
    (a / a).backward()
    assert a.grad == 0.0
    a.grad = None
    ag.dot([a, a], [a, a], a).backward()
    assert a.grad == 13.0


def test_the_order_of_nodes_matters() -> None:
    """b=2a, c=b+a, d=c*b+a: naive recursion gives 19 or 23, the chain rule 13 at a=1."""
    a = Value(1.0)
    b = 2 * a
    c = b + a
    d = c * b + a
    d.backward()
    assert d.data == 7.0
    assert grads(a, b, c, d) == [13.0, 5.0, 2.0, 1.0]


@pytest.mark.parametrize("flip", [False, True])
def test_a_short_and_a_long_path_to_the_same_node(flip: bool) -> None:
    """A node waits for its farthest consumer, wherever that stands among the operands."""
    x = Value(2.0)
    near = x * x
    far = near
    for _ in range(50):
        far = far + 1
    y = near * far if flip else far * near
    y.backward()
    assert near.grad == 58.0
    assert x.grad == 232.0


def test_a_diamond_of_sixty_levels() -> None:
    """2^60 paths, summed exactly in 60 steps."""
    x = Value(1.0)
    y = diamonds(x, 60)
    y.backward()
    assert y.data == x.grad == 1152921504606846976.0


@pytest.mark.parametrize("fold", [ag.sum, sum, lambda xs: reduce(lambda a, b: a + b, xs)])
def test_a_fan_in_of_a_hundred_thousand(fold: Callable[[Sequence[Value]], Any]) -> None:
    """As one n-ary node and as a chain of additions; every operand gets its own gradient."""
    xs = [Value(float(i)) for i in range(100_000)]
    y = fold(xs) * 3
    y.backward()
    assert y.data == 14999850000.0
    assert {x.grad for x in xs} == {3.0}


def test_a_fan_out_of_a_hundred_thousand() -> None:
    """One leaf with 10^5 consumers sums all of their contributions."""
    x = Value(2.0)
    y = ag.sum([x * float(i) for i in range(100_000)])
    y.backward()
    assert x.grad == 4999950000.0


def test_dot_and_mean_and_product_as_one_node() -> None:
    """The n-ary operations against their elementary graphs, by hand."""
    w, x, b = [Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)], Value(11.0)
    y = ag.dot(w, x, b)
    y.backward()
    assert y.data == 42.0
    assert grads(*w, *x, b) == [5.0, 7.0, 2.0, 3.0, 1.0]
    xs = [Value(0.0), Value(3.0), Value(4.0)]
    ag.prod(xs).backward()
    assert grads(*xs) == [12.0, 0.0, 0.0]
    xs = [Value(1.0), Value(3.0), Value(4.0), Value(8.0)]
    ag.mean(xs).backward(seed=2.0)
    assert grads(*xs) == [0.5, 0.5, 0.5, 0.5]


def test_affine_is_a_layer_of_dots() -> None:
    """Gradients of weights, inputs and biases of two units that share their inputs."""
    w = [[Value(2.0), Value(3.0)], [Value(-1.0), Value(4.0)]]
    x, b = [Value(5.0), Value(7.0)], [Value(1.0), Value(2.0)]
    a = ag.affine(w, x, b)
    assert [node.data for node in a] == [32.0, 25.0]
    (a[0] + 10 * a[1]).backward()
    assert grads(*w[0], *w[1]) == [5.0, 7.0, 50.0, 70.0]
    assert grads(*x, *b) == [-8.0, 43.0, 1.0, 10.0]


@pytest.mark.parametrize("layer", [lambda w, x: ag.affine([[w]], [x], [Value(0.0)])[0], ag.mul])
def test_zero_times_infinity_is_nan_in_a_backward_pass(layer: Callable[..., Value]) -> None:
    """IEEE 754, whether the local gradients are kept or not."""
    w, x = Value(math.inf), Value(1.0)
    (0 * layer(w, x)).backward()
    assert math.isnan(x.grad)
    assert w.grad == 0.0


@pytest.mark.parametrize("pole", [Value.sqrt, Value.cbrt, lambda x: x**0.5])
def test_zero_times_an_infinite_slope_is_nan(pole: Callable[[Value], Value]) -> None:
    """As in PyTorch: an upstream gradient of 0 does not hide a pole, though its value is finite."""
    x = Value(0.0)
    (0 * pole(x)).backward()
    assert math.isnan(x.grad)


@pytest.mark.parametrize("name", sorted(row.name for row in TABLE.values() if row.finite))
def test_rows_that_may_be_skipped_have_finite_slopes(name: str) -> None:
    """Wherever y is finite; only then is 0 · local nothing to add."""
    nasty = [0.0, -0.0, 5e-324, 1.0, -1e308, math.inf, -math.inf, math.nan]
    row = TABLE[name]
    counts = (3, 5) if row.vectors is not None else (1, 2)
    for count in counts:
        if row.vectors is None and count != row.local.__code__.co_argcount - 1:
            continue
        for operands in product(nasty, repeat=count):
            y = row.evaluate(operands)
            if math.isfinite(y):
                assert all(map(math.isfinite, row.local_gradients(y, operands))), operands


# ---- random graphs, exactly

LEAVES = st.lists(st.integers(-2, 2), min_size=1, max_size=3)
STEPS = st.lists(
    st.tuples(st.sampled_from("+-*2nc"), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=7,
)


def grow(numbers: Sequence[Any], steps: Sequence[tuple[str, int, int]]) -> list[Any]:
    """Return all nodes of a random graph: each step combines two of the nodes before it."""
    nodes = list(numbers)
    for name, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        if name == "+":
            nodes.append(a + b)
        elif name == "-":
            nodes.append(a - b)
        elif name == "*":
            nodes.append(a * b)
        elif name == "2":
            nodes.append(a**2)
        elif name == "n":
            nodes.append(-a)
        else:
            nodes.append(3 * a - 2)
    return nodes


class Naive:
    """A number that knows the exact slopes towards its parents, and nothing of backward()."""

    def __init__(self, number: Any, *edges: tuple["Naive", Fraction]) -> None:
        self.number = Fraction(number)
        self.edges = edges

    def __add__(self, other: "Naive") -> "Naive":
        one = Fraction(1)
        return Naive(self.number + other.number, (self, one), (other, one))

    def __sub__(self, other: Any) -> "Naive":
        if isinstance(other, int):
            return Naive(self.number - other, (self, Fraction(1)))
        return Naive(self.number - other.number, (self, Fraction(1)), (other, Fraction(-1)))

    def __mul__(self, other: "Naive") -> "Naive":
        return Naive(self.number * other.number, (self, other.number), (other, self.number))

    def __rmul__(self, other: int) -> "Naive":
        return Naive(other * self.number, (self, Fraction(other)))

    def __pow__(self, exponent: int) -> "Naive":
        return Naive(self.number**exponent, (self, exponent * self.number ** (exponent - 1)))

    def __neg__(self) -> "Naive":
        return Naive(-self.number, (self, Fraction(-1)))

    def slope(self, target: "Naive") -> Fraction:
        """Return the sum over all paths to `target` of the products of slopes along them."""
        if self is target:
            return Fraction(1)
        return sum((local * parent.slope(target) for parent, local in self.edges), Fraction(0))


@settings(deadline=None, max_examples=300)
@given(LEAVES, STEPS)
def test_random_graphs_sum_over_all_paths_exactly(
    numbers: list[int], steps: list[tuple[str, int, int]]
) -> None:
    """backward() gives every node the sum over paths, to the last bit."""
    nodes = grow([Value(x) for x in numbers], steps)
    naive = grow([Naive(x) for x in numbers], steps)
    root, naive_root = nodes[-1], naive[-1]
    below = set(ag.topological_order(root))
    exact = [naive_root.slope(node) for node in naive]
    if max(abs(x) for x in [*exact, *(node.number for node in naive)]) >= 2**24:
        return  # sums of products of such numbers might round
    root.backward()
    for node, twin, slope in zip(nodes, naive, exact):
        assert node.data == twin.number
        assert node.grad == slope
        assert node in below or slope == 0


# ---- stale graphs


def test_a_leaf_edited_after_the_forward_pass_is_noticed() -> None:
    """Old and new numbers are never mixed; the error names the leaf and says what to do."""
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    y = w * x * x
    y.backward()
    before = grads(x, w, y)
    w.data = 5.0
    with pytest.raises(StaleGraphError, match=r"label='w'.*call refresh\(\)"):
        y.backward()
    assert grads(x, w, y) == before == [12.0, 9.0, 1.0]


def test_refresh_repairs() -> None:
    """After refresh() the graph is as if computed from the new number."""
    x = Value(3.0)
    square = x * x
    y = square * 10
    x.data = 5.0
    assert y.refresh() is y
    assert (square.data, y.data) == (25.0, 250.0)
    y.backward()
    assert x.grad == 100.0


def test_refresh_also_renews_what_a_layer_keeps() -> None:
    """`affine` keeps its local gradients; they follow the edit."""
    w, x, b = Value(2.0), Value(3.0), Value(1.0)
    (a,) = ag.affine([[w]], [x], [b])
    x.data = 7.0
    with pytest.raises(StaleGraphError):
        a.backward()
    a.refresh().backward()
    assert (a.data, w.grad, x.grad, b.grad) == (15.0, 7.0, 2.0, 1.0)


@pytest.mark.parametrize("number", [3.0, 0.0, -0.0, float("inf"), float("nan")])
def test_writing_the_same_number_is_no_edit(number: float) -> None:
    """Nothing is out of date if nothing changed."""
    x = Value(number)
    y = x + 1
    x.data = number
    y.backward()
    assert x.grad == 1.0


def test_the_sign_of_zero_is_part_of_the_number() -> None:
    """1/0.0 and 1/-0.0 differ, so writing -0.0 over 0.0 is an edit."""
    x = Value(0.0)
    y = 1 / x
    x.data = -0.0
    with pytest.raises(StaleGraphError):
        y.backward()
    assert y.refresh().data == -float("inf")


def test_editing_before_building_is_fine() -> None:
    """Graphs computed after the edit use the new number, as in every training loop."""
    x, other = Value(3.0), Value(1.0)
    x.data = 4.0
    y = x * x + other
    y.backward()
    assert x.grad == 8.0
    x.data -= 1.0
    z = x * x + other
    z.backward()
    assert x.grad == 14.0


def test_editing_a_leaf_of_another_graph_is_fine() -> None:
    """Only graphs that were computed from the leaf are out of date."""
    x, other = Value(3.0), Value(1.0)
    y = x * x
    other.data = 2.0
    y.backward()
    late = Value(10.0)
    (y * late).backward()
    assert x.grad == 66.0


def test_partly_stale_graphs_are_refused() -> None:
    """A result built after the edit from an intermediate that was computed before it."""
    x = Value(3.0, label="x")
    old = x * x
    x.data = 5.0
    y = old + x
    with pytest.raises(StaleGraphError, match="label='x'"):
        y.backward()
    assert grads(x, old, y) == [0.0, 0.0, 0.0]
    y.refresh().backward()
    assert (y.data, x.grad) == (30.0, 11.0)


def test_refreshing_a_part_leaves_the_rest_stale() -> None:
    """A consumer of a refreshed node still has its old number."""
    x = Value(3.0)
    part = x * x
    part.label = "part"
    whole = part * 2
    x.data = 5.0
    part.refresh().backward()
    assert x.grad == 10.0
    with pytest.raises(StaleGraphError, match="label='part'"):
        whole.backward()
    whole.refresh().backward()
    assert (whole.data, x.grad) == (50.0, 30.0)


def test_overwriting_a_computed_node_is_refused() -> None:
    """Its number would no longer follow from its parents; refresh() restores it."""
    x = Value(3.0)
    y = x * x
    y.label = "y"
    y.data = 100.0
    z = y * 2
    for root in (y, z):
        with pytest.raises(StaleGraphError, match=r"label='y'.*overwritten by hand.*edit leaves"):
            root.backward()
    assert grads(x, y, z) == [0.0, 0.0, 0.0]
    z.refresh().backward()
    assert (z.data, x.grad) == (18.0, 12.0)


def test_other_derivatives_refuse_stale_graphs_too() -> None:
    """`gradients` is a backward pass as well."""
    x = Value(3.0, label="x")
    y = x * x
    x.data = 4.0
    with pytest.raises(StaleGraphError, match="label='x'"):
        ag.gradients(y, [x])


# ---- rules that go wrong


class Interrupt:
    """A rule that raises, the first time or always."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.calls = 0

    def __call__(self, y: Any, x: Any) -> tuple[Any, ...]:
        self.calls += 1
        raise self.error


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), ValueError("boom"), ZeroDivisionError(), KeyboardInterrupt()]
)
@pytest.mark.parametrize("derive", [Value.backward, lambda z: ag.gradients(z, z.parents)])
def test_an_exception_in_the_middle_changes_no_gradient(
    error: BaseException, derive: Callable[[Value], Any]
) -> None:
    """Even Ctrl-C leaves every gradient of the graph as it was before the pass."""
    rule = Interrupt(error)
    fragile = Operation("backward_test_fragile", lambda x: x + 1, rule)
    x, w, late = Value(3.0), Value(2.0), Value(1.0)
    inner = w * x
    y = fragile(inner)
    z = y * late * w
    for gradient, node in enumerate((x, w, inner, y), start=1):
        node.grad = gradient
    with pytest.raises(type(error)):
        derive(z)
    assert rule.calls > 0
    assert grads(x, w, inner, y, late, z) == [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]
    assert [node.has_grad for node in (x, w, inner, y, late, z)] == [True] * 4 + [False] * 2


def test_the_error_of_a_rule_reaches_the_user_as_it_is() -> None:
    """A ValueError out of a rule is not mistaken for a wrong number of results."""
    fragile = Operation("backward_test_error", lambda x: x, Interrupt(ValueError("my own words")))
    with pytest.raises(ValueError, match=r"^my own words$"):
        fragile(Value(1.0)).backward()


@pytest.mark.parametrize(
    ("operands", "answer"),
    [
        (1, ()),
        (1, (1.0, 1.0)),
        (1, 1.0),
        (1, None),
        (2, (1.0,)),
        (2, (1.0, 1.0, 1.0)),
        (3, (1.0, 1.0)),
        (3, [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_a_rule_with_a_wrong_number_of_local_gradients(operands: int, answer: Any) -> None:
    """The error names the operation, how many there should be, and what came."""
    name = "backward_test_wrong"
    wrong = Operation(name, lambda *xs: sum(xs), lambda y, *xs: answer)
    leaves = [Value(float(i)) for i in range(operands)]
    y = 2 * wrong(*leaves)
    message = f"'{name}' must return a tuple .* for each of its {operands} operands; it returned "
    with pytest.raises(TypeError, match=message):
        y.backward()
    with pytest.raises(TypeError, match=message):
        ag.gradients(y, leaves, create_graph=True)
    assert grads(*leaves, y) == [0.0] * (operands + 1)


def test_a_missing_local_gradient_beside_a_constant() -> None:
    """One local gradient cannot stand for the second operand if that is the node."""
    wrong = Operation("backward_test_short", lambda a, b: a * b, lambda y, a, b: (b,))
    x = Value(3.0)
    with pytest.raises(TypeError, match="backward_test_short"):
        wrong(2.0, x).backward()
    wrong(x, 2.0).backward()
    assert x.grad == 2.0


def test_a_rule_may_answer_with_any_sequence() -> None:
    """A list does as well as a tuple."""
    product = Operation("backward_test_list", lambda a, b: a * b, lambda y, a, b: [b, a])
    a, b = Value(2.0), Value(3.0)
    product(a, b).backward()
    assert grads(a, b) == [3.0, 2.0]


@pytest.mark.parametrize("slopes", [(), (1.0, None), (1.0, 2.0, 3.0)])
def test_rules_that_return_something_else_are_named(slopes: Any) -> None:
    row = Operation("odd_rule_of_a_test", lambda x, c: x * c, lambda y, x, c: slopes)
    with pytest.raises(TypeError):
        row(Value(2.0), 2.0 if len(slopes) != 2 else Value(3.0)).backward()


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: 1 - x, -1.0),
        (lambda x: 2.0 * x, 2.0),
        (lambda x: 1 / x, -0.25),
        (lambda x: x.maximum(3.0), 0.0),
        (lambda x: 3.0**x, 9 * 1.0986122886681098),
    ],
)
def test_constants_on_either_side(f: Callable[[Value], Value], slope: float) -> None:
    x = Value(2.0)
    f(x).backward()
    assert x.grad == pytest.approx(slope, rel=1e-15)
