"""Derivatives of functions: known answers, nesting, structure, `no_grad` and errors."""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import (
    Value,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    no_grad,
    value_and_grad,
    vjp,
)


def nested(f: Callable[[Any], Any], order: int) -> Callable[[Any], Any]:
    for _ in range(order):
        f = grad(f)
    return f


def close(actual: Any, expected: Any) -> bool:
    return bool(actual == pytest.approx(expected, rel=1e-13, abs=1e-13))


def number(x: Any) -> float:
    return x.data if isinstance(x, Value) else x  # type: ignore[no-any-return]


# ---- known answers


def test_grad_of_one_argument() -> None:
    """A float in gives a float out."""
    slope = grad(lambda x: x * x * x)(2)
    assert slope == 12.0
    assert type(slope) is float


def test_value_and_grad() -> None:
    """Both from one forward pass."""
    calls = []

    def f(x: Sequence[Any]) -> Any:
        calls.append(x)
        return x[0] * x[1]

    assert value_and_grad(f)([3.0, 4.0]) == (12.0, [4.0, 3.0])
    assert len(calls) == 1
    assert [type(x) for x in value_and_grad(lambda x: x + 1)(2)] == [float, float]


def test_argnums() -> None:
    """One position gives its gradient, several a tuple, negative ones count from the end."""

    def f(x: Any, y: Any, z: Any = 1.0) -> Any:
        return x * y * y * z

    assert grad(f)(2.0, 3.0) == 9.0
    assert grad(f, argnums=1)(2.0, 3.0) == 12.0
    assert grad(f, argnums=-1)(2.0, 3.0) == 12.0
    assert grad(f, argnums=(1, 0))(2.0, 3.0) == (12.0, 9.0)
    assert grad(f, argnums=[0])(2.0, 3.0) == (9.0,)
    assert grad(f, argnums=())(2.0, 3.0) == ()
    assert grad(f, argnums=(0, 2))(2.0, 3.0, 5.0) == (45.0, 18.0)
    assert grad(lambda v, x: v[0] * v[1] * x, argnums=(1, 0))([2.0, 3.0], 5.0) == (
        6.0,
        [15.0, 10.0],
    )


def test_keyword_arguments_are_passed_on() -> None:
    """They are constants of the function."""
    assert grad(lambda x, *, power: x**power)(3.0, power=3) == 27.0


def test_jacobian_rows_are_outputs() -> None:
    """J[i][j] = ∂f_i/∂x_j, for polar coordinates by hand."""

    def polar(v: Sequence[Any]) -> list[Any]:
        r, phi = v
        return [r * phi.cos(), r * phi.sin()]

    (a, b), (c, d) = jacobian(polar)([2.0, math.pi / 6])
    assert close([a, b, c, d], [math.sqrt(0.75), -1.0, 0.5, math.sqrt(3.0)])


def test_hessian() -> None:
    """H[i][j] = ∂²f/∂x_i∂x_j of x²y + z³."""
    assert hessian(lambda v: v[0] ** 2 * v[1] + v[2] ** 3)([3.0, 4.0, 5.0]) == [
        [8.0, 6.0, 0.0],
        [6.0, 0.0, 0.0],
        [0.0, 0.0, 30.0],
    ]


def test_hvp_is_the_hessian_times_the_vector() -> None:
    """For one number, a list and nested arguments."""
    assert hvp(lambda x: x**3, 2.0, 10.0) == 120.0
    assert hvp(lambda v: v[0] ** 2 * v[1], [3.0, 4.0], [1.0, 10.0]) == [68.0, 6.0]
    assert hvp(lambda v: v[0][0] * v[0][1] * v[1], ((2.0, 3.0), 5.0), ((1.0, 0.0), 1.0)) == (
        (3.0, 7.0),
        3.0,
    )


def test_vjp_gives_one_row_of_the_jacobian_per_pass() -> None:
    """f(x) and v ↦ vᵀJ, as often as wanted."""
    y, pull_back = vjp(lambda x: [x[0] * x[1], x[0] + x[1], x[1]], [3.0, 4.0])
    assert y == [12.0, 7.0, 4.0]
    assert [type(number) for number in y] == [float] * 3
    assert pull_back([1.0, 0.0, 0.0]) == [4.0, 3.0]
    assert pull_back([0.0, 1.0, 0.0]) == [1.0, 1.0]
    assert pull_back((1, 10, -2)) == [14.0, 11.0]
    assert pull_back([1.0, 0.0, 0.0]) == [4.0, 3.0]


def test_gradients_of_leaves_and_intermediates() -> None:
    """Like torch.autograd.grad: any nodes, a node out of reach has derivative 0."""
    x, y, other = Value(3.0), Value(4.0), Value(1.0)
    inner = x * x
    out = inner * y
    assert gradients(out, [x, inner, y, out, other]) == [24.0, 4.0, 9.0, 1.0, 0.0]
    assert gradients(7.0, [x, y]) == [0.0, 0.0]
    assert gradients(out, []) == []
    assert gradients(x, [x]) == [1.0]


def test_gradients_as_nodes_can_be_differentiated_again() -> None:
    """create_graph=True, three times."""
    x = Value(2.0)
    (first,) = gradients(x**4, [x], create_graph=True)
    (second,) = gradients(first, [x], create_graph=True)
    (third,) = gradients(second, [x])
    assert (first.data, second.data, third) == (32.0, 48.0, 48.0)
    second.backward()
    assert x.grad == 48.0


def test_the_gradient_of_an_mlp_written_as_a_function() -> None:
    """A list of lists of weights goes in, its gradient comes out in the same shape."""

    def loss(w: Any, x: Sequence[float]) -> Any:
        hidden = [ag.relu(ag.dot(row, x)) for row in w[0]]
        return ag.dot(w[1], hidden)

    assert grad(loss)(([[1.0, 2.0], [-1.0, 0.0]], [3.0, 4.0]), [5.0, 6.0]) == (
        [[15.0, 18.0], [0.0, 0.0]],
        [17.0, 0.0],
    )


# ---- nesting


@pytest.mark.parametrize(
    ("f", "at", "derivatives"),
    [
        (lambda x: x**5, 2.0, [80.0, 160.0, 240.0, 240.0, 120.0]),
        (lambda x: x**5, 0.0, [0.0, 0.0, 0.0, 0.0, 120.0]),
        (lambda x: x * x * x, -1.0, [3.0, -6.0, 6.0, 0.0, 0.0]),
        (lambda x: x.exp(), 1.0, [math.e] * 5),
        (lambda x: x.sin(), 0.0, [1.0, 0.0, -1.0, 0.0, 1.0]),
        (lambda x: x.log(), 0.5, [2.0, -4.0, 16.0, -96.0, 768.0]),
        (lambda x: 1 / x, 2.0, [-0.25, 0.25, -0.375, 0.75, -1.875]),
        (lambda x: x.tanh(), 0.0, [1.0, 0.0, -2.0, 0.0, 16.0]),
        (lambda x: x.sigmoid(), 0.0, [0.25, 0.0, -0.125, 0.0, 0.25]),
        (lambda x: 2**x, 0.0, [math.log(2.0) ** n for n in range(1, 6)]),
        (lambda x: x.sqrt(), 1.0, [0.5, -0.25, 0.375, -0.9375, 3.28125]),
        (lambda x: ag.prod([x, x, x]), 2.0, [12.0, 12.0, 6.0, 0.0, 0.0]),
        (lambda x: ag.dot([x, x], [x, 2.0]), 3.0, [8.0, 2.0, 0.0, 0.0, 0.0]),
        (lambda x: ag.logsumexp([x, 0.0]), 0.0, [0.5, 0.25, 0.0, -0.125, 0.0]),
    ],
)
def test_derivatives_up_to_order_five(
    f: Callable[[Any], Any], at: float, derivatives: list[float]
) -> None:
    """grad of grad of grad of grad of grad."""
    results = [nested(f, order)(at) for order in range(1, 6)]
    assert close(results, derivatives)
    assert [type(x) for x in results] == [float] * 5


def test_perturbations_are_not_confused() -> None:
    """An inner derivative keeps its variable apart from the outer one."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y)(x))(2.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(2.0) == 8.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: grad(lambda x: x * x)(x) * x)(3.0) == 12.0
    assert grad(lambda x: grad(lambda y: x)(1.0))(3.0) == 0.0
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z)(y))(x))(5.0) == 1.0


def test_values_pass_through_derivatives() -> None:
    """Also where the derivative itself is a constant: value_and_grad and vjp."""
    assert grad(lambda w: value_and_grad(lambda x: x + w)(1.0)[0])(2.0) == 1.0
    assert grad(lambda w: value_and_grad(lambda x: w)(1.0)[0])(2.0) == 1.0
    assert grad(lambda w: vjp(lambda x: x * w * w, 3.0)[0])(2.0) == 12.0
    assert grad(lambda w: vjp(lambda x: [x * w * w, x], 3.0)[1]([1.0, 1.0]))(2.0) == 4.0
    assert grad(lambda w: jacobian(lambda x: [x, x * w * w])(3.0)[1])(2.0) == 4.0
    assert grad(lambda w: hvp(lambda x: x**3 * w, 2.0, w))(5.0) == 120.0


def test_closures_over_nodes() -> None:
    """A result that depends on a node is a node; one that does not is a float."""
    w = Value(3.0)
    slope = grad(lambda x: w * x * x)(2.0)
    assert isinstance(slope, Value)
    assert slope.data == 12.0
    slope.backward()
    assert w.grad == 4.0
    assert type(grad(lambda x: w.data * x)(2.0)) is float
    value, slope = value_and_grad(lambda x: w + x)(1.0)
    assert (value.data, slope) == (4.0, 1.0)
    matrix = jacobian(lambda x: [x[0], w * w * x[1]])([1.0, 1.0])
    assert gradients(matrix[1][1], [w]) == [6.0]


def test_nodes_as_arguments() -> None:
    """The derivative at a node is a node computed from it."""
    x = Value(3.0)
    slope = grad(lambda x: x**3)(x)
    assert slope.data == 27.0
    slope.backward()
    assert x.grad == 18.0
    first, second = grad(lambda v: v[0] * v[1])((x, 5.0))
    assert (number(first), number(second)) == (5.0, 3.0)
    assert gradients(second, [x]) == [1.0]


def test_a_derivative_at_a_node_does_not_go_below_it() -> None:
    """What the argument was computed from is not differentiated, and costs nothing."""
    calls = []
    name = "functional_test_counted"
    counted = ag.Operation(name, lambda x: x + 1, lambda y, x: (calls.append(y) or 1.0,))
    try:
        x = counted(Value(2.0))
        assert grad(lambda v: v * v)(x).data == 6.0
        assert hessian(lambda v: v[0] * v[1])([x, 1.0])[0][1] == 1.0
        assert calls == []
        grad(lambda v: v * v)(x).backward()
        assert calls == [3.0]
    finally:
        del ag.operations.TABLE[name]


def test_the_result_does_not_depend_on_a_point_given_as_numbers() -> None:
    """The variable of a finished derivative is a constant for all that follows."""
    w = Value(3.0)
    slope = grad(lambda x: w * x * x)(2.0)
    slope.backward()
    leaves = [node for node in ag.topological_order(slope) if node.operation is None]
    assert leaves == [w]


def test_a_rule_that_divides_two_constants() -> None:
    """IEEE 754 holds in higher derivatives, too: no ZeroDivisionError."""
    assert grad(grad(lambda x: x / 0.0))(1.0) == 0.0
    assert math.isinf(grad(lambda x: x / 0.0)(1.0))
    x = Value(1.0)
    (slope,) = gradients(x / 0.0, [x], create_graph=True)
    assert math.isinf(slope)
    assert type(slope) is float


# ---- structure


def test_the_gradient_has_the_structure_of_the_argument() -> None:
    """Numbers, lists and tuples, nested; arrays become lists."""

    def total(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return sum((total(item) for item in x), start=0.0)
        return x * x

    assert grad(total)(3) == 6.0
    assert grad(total)([1.0, 2.0]) == [2.0, 4.0]
    assert grad(total)((1.0, 2.0)) == (2.0, 4.0)
    assert grad(total)([1, (2, [3]), ()]) == [2.0, (4.0, [6.0]), ()]
    assert grad(total)(np.array([1.0, 2.0])) == [2.0, 4.0]
    assert grad(total)(np.float64(4.0)) == 8.0
    assert grad(total)(np.array([[1.0], [2.0]])) == [[2.0], [4.0]]
    assert type(grad(total)([1])[0]) is float


def test_jacobians_nest_the_structures() -> None:
    """The structure of f(x) outside, that of x inside."""
    assert jacobian(lambda x: x * x)(3.0) == 6.0
    assert jacobian(lambda x: (x, [x * x]))(3.0) == (1.0, [6.0])
    assert jacobian(lambda v: v[0] * v[1])((3.0, 4.0)) == (4.0, 3.0)
    assert jacobian(lambda v: [v[0], v[1]])((3.0, 4.0)) == [(1.0, 0.0), (0.0, 1.0)]
    assert hessian(lambda v: v[0] * v[1])((3.0, 4.0)) == ((0.0, 1.0), (1.0, 0.0))
    assert hessian(lambda x: x**3)(2.0) == 12.0


def test_functions_that_do_not_depend_on_their_argument() -> None:
    """Their derivatives are zeros in the right structure."""
    assert grad(lambda x: 7)(2.0) == 0.0
    assert grad(lambda x: 7.5)([1.0, (2.0,)]) == [0.0, (0.0,)]
    assert value_and_grad(lambda x: 7)(2.0) == (7.0, 0.0)
    assert jacobian(lambda x: [1.0, x[0]])([2.0, 3.0]) == [[0.0, 0.0], [1.0, 0.0]]
    assert hessian(lambda x: 3 * x[0])([2.0, 3.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hvp(lambda x: 3 * x[0], [2.0, 3.0], [1.0, 1.0]) == [0.0, 0.0]
    y, pull_back = vjp(lambda x: [5.0, x], 1.0)
    assert (y, pull_back([1.0, 0.0]), pull_back([1.0, 2.0])) == ([5.0, 1.0], 0.0, 2.0)
    assert grad(lambda x: 0.0)([]) == []


def test_the_identity() -> None:
    """The variable itself as result."""
    assert value_and_grad(lambda x: x)(2.0) == (2.0, 1.0)
    assert jacobian(lambda x: x)([1.0, 2.0]) == [[1.0, 0.0], [0.0, 1.0]]
    assert grad(grad(lambda x: x))(2.0) == 0.0


# ---- what is left alone


def test_gradients_of_the_user_are_untouched() -> None:
    """Nothing but backward() writes to `grad`."""
    w, x = Value(3.0), Value(2.0)
    inner = w * x
    out = inner * w
    out.backward()
    before = [node.grad for node in (w, x, inner, out)]
    gradients(out, [w, x])
    gradients(out, [w], create_graph=True)
    grad(lambda v: v * w * inner)(x)
    hessian(lambda v: v[0] * out * v[1])([x, w])
    jacobian(lambda v: [v * w, out])(x)
    hvp(lambda v: v * v * out, x, w)
    vjp(lambda v: [v * w, out], x)[1]([1.0, w])
    assert [node.grad for node in (w, x, inner, out)] == before == [12.0, 9.0, 3.0, 1.0]


def test_an_error_in_the_function_leaves_no_trace() -> None:
    """Afterwards the same derivative works."""
    w = Value(3.0)

    def fails(x: Any) -> Any:
        if number(x) < 0:
            raise RuntimeError("negative")
        return w * x

    with pytest.raises(RuntimeError, match="negative"):
        grad(fails)(-1.0)
    assert grad(fails)(1.0).data == 3.0
    assert not w.has_grad


# ---- no_grad


def test_no_grad_records_nothing() -> None:
    """Numbers are computed, graphs are not."""
    x = Value(2.0)
    with no_grad():
        results = [x * x, 3 * x, -x, x.tanh(), x**2, ag.dot([x], [x]), ag.sum([x, x])]
        results += ag.affine([[x]], [x], [x])
    assert [node.data for node in results[:3]] == [4.0, 6.0, -2.0]
    assert all(node.operation is None and node.operands == () for node in results)
    y = results[0] * x
    y.backward()
    assert x.grad == 4.0


def test_no_grad_as_a_decorator() -> None:
    """Each call of the function runs without recording."""
    x = Value(2.0)

    @no_grad()
    def predict(x: Value) -> Value:
        return x * x

    for _ in range(2):
        assert predict(x).parents == ()
    assert (x * x).parents == (x, x)


def test_no_grad_nests_and_survives_exceptions() -> None:
    """Recording resumes at the end of the outermost block, however it is left."""
    x = Value(2.0)
    with no_grad():
        with no_grad():
            assert (x * x).parents == ()
        assert (x * x).parents == ()
    with pytest.raises(RuntimeError), no_grad():
        raise RuntimeError
    assert (x * x).parents == (x, x)


def test_no_grad_is_of_one_thread() -> None:
    """Another thread goes on recording."""
    x = Value(2.0)
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * x).parents))
        thread.start()
        thread.join()
        assert (x * x).parents == ()
    assert seen == [(x, x)]


def test_backward_works_within_no_grad() -> None:
    """It needs the graph of before, not a new one."""
    x = Value(3.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6.0


def test_derivatives_within_no_grad_are_right_but_not_recorded() -> None:
    """They record for themselves; what they return is cut off."""
    w = Value(3.0)
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert jacobian(lambda x: [x * x])(3.0) == [6.0]
        assert hessian(lambda v: v[0] ** 2 * v[1])([3.0, 4.0]) == [[8.0, 6.0], [6.0, 0.0]]
        assert hvp(lambda x: x**3, 2.0, 1.0) == 12.0
        y, pull_back = vjp(lambda x: [x * w], 2.0)
        results = [grad(lambda x: w * x)(w), y[0], pull_back([1.0])]
        assert (w * w).parents == ()
    assert [node.data for node in results] == [3.0, 6.0, 3.0]
    assert all(node.parents == () for node in results)
    assert (w * w).parents == (w, w)


def test_no_grad_within_a_function_is_respected() -> None:
    """What is computed there is a constant of the function."""

    def f(x: Any) -> Any:
        with no_grad():
            scale = x * x
        return scale * x

    assert number(grad(f)(3.0)) == 9.0


# ---- errors


@pytest.mark.parametrize("result", [None, "1", [1.0], (), 1j, np.array([1.0, 2.0])])
def test_the_function_must_return_one_number(result: Any) -> None:
    """The error points to jacobian for several."""
    message = r"must return one number \(for several, see jacobian\): expected "
    for derive in (grad, value_and_grad, hessian):
        with pytest.raises(TypeError, match=message):
            derive(lambda x: result)(1.0)
    with pytest.raises(TypeError, match=message):
        grad(lambda x: [x, x])(1.0)


@pytest.mark.parametrize("argnums", [1, -2, 7, (0, 1), [-2]])
def test_argnums_out_of_range(argnums: Any) -> None:
    """The error tells how many arguments there are."""
    with pytest.raises(ValueError, match=r"^argnums=-?\d, but there are 1 positional arguments$"):
        grad(lambda x: x, argnums=argnums)(1.0)


def test_only_numbers_are_differentiated() -> None:
    """Other arguments belong to positions outside of argnums."""
    with pytest.raises(TypeError, match="expected a real number, got str 'mean'"):
        grad(lambda mode, x: x)("mean", 1.0)
    assert grad(lambda mode, x: x, argnums=1)("mean", 1.0) == 1.0
    with pytest.raises(TypeError, match="expected a real number, got dict"):
        grad(lambda x: 1.0)({"w": 1.0})


def test_a_vector_of_the_wrong_length() -> None:
    """v has one number per output in vjp, one per input in hvp."""
    _, pull_back = vjp(lambda x: [x, x], 1.0)
    with pytest.raises(ValueError, match=r"^v needs 2 numbers, one per output; got 1$"):
        pull_back([1.0])
    with pytest.raises(ValueError, match=r"^v needs 2 numbers, one per output; got 3$"):
        pull_back([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"^v needs 2 numbers, like x; got 1$"):
        hvp(lambda v: v[0] * v[1], [1.0, 2.0], [1.0])


def test_gradients_of_what_is_no_number() -> None:
    """The output must be a node or a number."""
    with pytest.raises(TypeError, match="expected a real number, got NoneType"):
        gradients(None, [Value(1.0)])


# ---- properties

OPERATIONS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (1 + b * b),
    lambda a, b: ag.sin(a) * b,
    lambda a, b: ag.tanh(a + b),
    lambda a, b: ag.exp(-a * a),
    lambda a, b: ag.softplus(a) - b,
    lambda a, b: ag.sigmoid(a * b),
    lambda a, b: (a * a + 1) ** 1.5,
    lambda a, b: (1 + a * a).log(),
    lambda a, b: ag.hypot(a, b + 3),
    lambda a, b: ag.atan2(a, 2 + b * b),
    lambda a, b: ag.logsumexp([a, b, a * b]),
    lambda a, b: ag.softmax([a, b])[0],
    lambda a, b: ag.prod([a, b, a]),
    lambda a, b: ag.dot([a, b], [b, b], a),
]
POINT = st.lists(st.floats(-2.0, 2.0).map(lambda x: round(x, 3)), min_size=2, max_size=3)
PROGRAM = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=4,
)


def run(program: Sequence[tuple[Any, int, int]]) -> Callable[[Sequence[Any]], Any]:
    def f(v: Sequence[Any]) -> Any:
        nodes = [ag.identity(x) for x in v]
        for operation, i, j in program:
            nodes.append(operation(nodes[-1 - i % len(nodes)], nodes[j % len(nodes)]))
        return nodes[-1]

    return f


@settings(deadline=None, max_examples=150)
@given(PROGRAM, POINT)
def test_second_derivatives_are_symmetric(program: Any, point: list[float]) -> None:
    """Schwarz's theorem, and the Hessian-vector product agrees with the Hessian."""
    f = run(program)
    matrix = hessian(f)(point)
    scale = max(1.0, *(abs(x) for row in matrix for x in row))
    for i in range(len(point)):
        unit = [float(i == j) for j in range(len(point))]
        column = [row[i] for row in matrix]
        assert matrix[i] == pytest.approx(column, rel=1e-9, abs=1e-11 * scale)
        assert hvp(f, point, unit) == pytest.approx(column, rel=1e-9, abs=1e-11 * scale)


@settings(deadline=None, max_examples=100)
@given(PROGRAM, PROGRAM, POINT)
def test_rows_of_the_jacobian_are_gradients(p: Any, q: Any, point: list[float]) -> None:
    """jacobian, vjp, grad and backward() are one chain rule."""
    f, g = run(p), run(q)
    rows = [grad(f)(point), grad(g)(point)]
    assert jacobian(lambda v: [f(v), g(v)])(point) == rows
    leaves = [Value(x) for x in point]
    f(leaves).backward()
    assert [leaf.grad for leaf in leaves] == pytest.approx(rows[0], rel=1e-12, abs=1e-300)
    _, pull_back = vjp(lambda v: [f(v), g(v)], point)
    assert pull_back([1.0, 0.0]) == pytest.approx(rows[0], rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ([0.0, 1.0], [[0.0, math.nan], [math.nan, 0.0]]),  # ∂²/∂x∂y does not exist
        ([0.0, 2.0], [[2.0, 0.0], [0.0, 0.0]]),
        ([0.0, 0.0], [[0.0, math.nan], [math.nan, 0.0]]),
        ([2.0, 3.0], [[12.0, 4 + 12 * math.log(2)], [4 + 12 * math.log(2), 8 * math.log(2) ** 2]]),
    ],
)
def test_second_derivatives_of_a_power_are_honest(
    point: list[float], expected: list[list[float]]
) -> None:
    """A mixed derivative that does not exist is nan and not 0, also in products with it."""
    found = hessian(lambda v: v[0] ** v[1])(point)
    for row, wanted in zip(found, expected):
        assert row == pytest.approx(wanted, rel=1e-14, nan_ok=True)
    product = hvp(lambda v: v[0] ** v[1], point, [1.0, 1.0])
    assert product == pytest.approx([sum(row) for row in expected], rel=1e-14, nan_ok=True)


def test_an_argument_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="names an argument twice"):
        ag.grad(lambda a, b: a * b, argnums=(0, -2))(3.0, 4.0)
