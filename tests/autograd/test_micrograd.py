"""Programs written for Karpathy's micrograd run unchanged.

The stored numbers are PyTorch's (2.13, float64) for the expressions of micrograd's own tests.
"""

import copy
import math
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd import (
    AnomalyError,
    StaleGraphError,
    Value,
    detect_anomaly,
    gradients,
    no_grad,
    topological_order,
)
from autograd.compile import compile
from autograd.view import draw, explain, expression


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """Return nodes and edges, as the notebook of micrograd collects them: recursively."""
    nodes: set[Value] = set()
    edges: set[tuple[Value, Value]] = set()

    def build(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def backward_by_hand(root: Value) -> None:
    """The backward pass of the lecture: a recursive sort, then `_backward()` of every node."""
    topo: list[Value] = []
    visited: set[Value] = set()

    def build_topo(v: Value) -> None:
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(root)
    root.grad = 1
    for v in reversed(topo):
        v._backward()


# ---- its own tests


def test_sanity_check() -> None:
    """The first of micrograd's two tests."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert y.data == -20.0
    assert x.grad == 46.0


def test_more_ops() -> None:
    """The second, which is also the example of its README."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert g.data == pytest.approx(24.70408163265306, rel=1e-15)
    assert a.grad == pytest.approx(138.83381924198252, rel=1e-15)
    assert b.grad == pytest.approx(645.5772594752186, rel=1e-15)
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


def test_the_neuron_of_the_lecture() -> None:
    """tanh of a weighted sum, once as one node and once out of exponentials."""
    for use_exponentials in (False, True):
        x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
        w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
        b = Value(6.8813735870195432, label="b")
        n = x1 * w1 + x2 * w2 + b
        if use_exponentials:
            e = (2 * n).exp()
            o = (e - 1) / (e + 1)
        else:
            o = n.tanh()
        o.backward()
        assert o.data == pytest.approx(0.7071067811865476, rel=1e-15)
        expected = [-1.4999999999999998, 0.9999999999999999, 0.49999999999999994, 0.0]
        assert [v.grad for v in (x1, w1, x2, w2)] == pytest.approx(expected, rel=1e-14)
        assert b.grad == pytest.approx(0.49999999999999994, rel=1e-14)


# ---- its interface


def test_the_constructor_takes_children_and_operation() -> None:
    """Value(data, _children, _op, label), by position and by name."""
    a, b = Value(2.0, label="a"), Value(-3.0, (), "", "b")
    c = Value(-6.0, (a, b), "*", label="c")
    assert (c.data, c._prev, c._op, c.label, b.label) == (-6.0, {a, b}, "*", "c", "b")
    c.backward()
    assert (a.grad, b.grad) == (-3.0, 2.0)
    d = Value(data=0.5, _children=(c,), _op="tanh")
    assert (d.parents, d._op) == ((c,), "tanh")
    assert Value(1.0)._prev == set()
    assert Value(1.0)._op == ""


@pytest.mark.parametrize(
    ("name", "children", "expected"),
    [
        ("+", 2, [1.0, 1.0]),
        ("-", 2, [1.0, -1.0]),
        ("-", 1, [-1.0]),
        ("*", 2, [3.0, 2.0]),
        ("/", 2, [1 / 3, -2 / 9]),
        ("ReLU", 1, [1.0]),
        ("exp", 1, [7.38905609893065]),
    ],
)
def test_operations_are_known_by_the_names_of_micrograd(
    name: str, children: int, expected: list[float]
) -> None:
    """A node made by hand differentiates by the rule of that name."""
    parents = [Value(2.0), Value(3.0)][:children]
    compute: dict[str, Callable[..., float]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b=None: -a if b is None else a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "ReLU": lambda a: max(a, 0.0),
        "exp": lambda a: 7.38905609893065,
    }
    node = Value(compute[name](*[p.data for p in parents]), tuple(parents), name)
    node.backward()
    assert [p.grad for p in parents] == pytest.approx(expected, rel=1e-15)


def by_hand() -> tuple[Value, Value, Value]:
    """Return a · b and its parents, made as microgpt makes its nodes."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    return a, b, Value(a.data * b.data, (a, b), (b.data, a.data))


def test_the_constructor_of_microgpt() -> None:
    """Value(data, children, local_gradients), by position and by its names."""
    a, b, c = by_hand()
    assert (c._children, c._local_grads, c.parents) == ((a, b), (-3.0, 2.0), (a, b))
    d = c * c + Value(math.sin(a.data), children=(a,), local_grads=(math.cos(a.data),))
    d.backward()
    assert a.grad == pytest.approx(2 * c.data * b.data + math.cos(2.0), rel=1e-15)
    assert b.grad == pytest.approx(2 * c.data * a.data, rel=1e-15)
    e = Value(5.0, (a, 1.0), (2.0, 7.0))  # a number among the parents
    a.grad = None
    e.backward()
    assert (a.grad, e.parents, e._local_grads) == (2.0, (a,), (2.0,))
    assert (a * b)._local_grads == (-3.0, 2.0)
    assert (a._children, a._local_grads) == ((), ())
    assert (a**2)._local_grads == (4.0,)


def test_nodes_made_by_hand_are_drawn_explained_copied_and_pickled() -> None:
    a, _b, c = by_hand()
    c.backward()
    assert "made by hand" in draw(c).svg
    assert explain(a, of=c).gradient == -3.0
    assert "made_by_hand(a, b)" in str(expression(c))
    for twin in (copy.deepcopy(c), pickle.loads(pickle.dumps(c))):
        twin.zero_grad()
        twin.backward()
        assert [parent.grad for parent in twin.parents] == [-3.0, 2.0]


@pytest.mark.parametrize(
    "use",
    [
        lambda a, c: c.refresh(),
        lambda a, c: gradients(c, [a], create_graph=True),
        lambda a, c: compile(lambda x, t: Value(6.0, (a,), (1.0,)) * x, [a])([1.0], [0.0]),
    ],
    ids=["refresh", "second derivatives", "compile"],
)
def test_what_needs_a_rule_refuses_nodes_made_by_hand(use: Callable[[Value, Value], Any]) -> None:
    a, _, c = by_hand()
    with pytest.raises((ValueError, TypeError), match=r"made by hand|changes from run"):
        use(a, c)


def test_wrong_arguments_of_the_constructor() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"for a name write Value\(3\.0, label='x'\)"):
        Value(3.0, "x")
    with pytest.raises(ValueError, match="2 parents needs as many local gradients, got"):
        Value(3.0, (x, x), (1.0,))
    with pytest.raises(TypeError, match="expected a number"):
        Value(3.0, (x,), (x,))


def test_what_programs_for_other_engines_set_is_answered_with_what_to_write() -> None:
    x = Value(2.0)
    with pytest.raises(AttributeError, match=r"Operation\(name, forward, local\)"):
        x._backward = lambda: None
    for name in ("m", "v"):
        with pytest.raises(AttributeError, match=r"keep what belongs to it in a dict"):
            setattr(x, name, 0.0)
        assert not hasattr(x, name)
    with pytest.raises(AttributeError, match=r"node\.label = "):
        x.name = "x"


def test_a_name_that_no_rule_has() -> None:
    """The node can be looked at, but not differentiated; the error says how to declare it."""
    x = Value(2.0)
    y = Value(5.0, (x,), "mystery")
    assert y._op == "mystery"
    assert y._prev == {x}
    with pytest.raises(ValueError, match=r"no rule for operation 'mystery'; declare it: Operation"):
        y.backward()
    assert x.grad == 0.0


def test_prev_is_a_set_of_parents() -> None:
    """a + a has one child in `_prev`, as in micrograd; constants are no children."""
    a, b = Value(1.0), Value(2.0)
    assert (a + b)._prev == {a, b}
    assert (a + a)._prev == {a}
    assert (a + 1)._prev == {a}
    assert isinstance((a * b)._prev, set)


def test_op_strings() -> None:
    """What the nodes of the drawings are labelled with."""
    x, y = Value(2.0), Value(3.0)
    nodes = [x + y, x * y, x.relu(), x.tanh(), x.exp(), x**2, x**-1, x**0.5, 1 + x, 2 * x]
    assert [node._op for node in nodes] == [
        "+",
        "*",
        "ReLU",
        "tanh",
        "exp",
        "**2",
        "**-1",
        "**0.5",
        "+",
        "*",
    ]
    assert [node._op for node in (x - y, -x, x / y, x**y, 2**x)] == ["-", "-", "/", "**", "**"]


def test_repr_is_that_of_micrograd() -> None:
    """For the leaves, of which users print lists."""
    assert repr([Value(2.0), Value(-0.5)]) == (
        "[Value(data=2.0, grad=0.0), Value(data=-0.5, grad=0.0)]"
    )


def test_the_recursive_trace_of_the_notebook() -> None:
    """Nodes and edges of (a*b + c) * f, the lecture's drawing."""
    a, b, c, f = (Value(x) for x in (2.0, -3.0, 10.0, -2.0))
    e = a * b
    d = e + c
    out = d * f
    nodes, edges = trace(out)
    assert nodes == {a, b, c, f, e, d, out}
    assert edges == {(a, e), (b, e), (e, d), (c, d), (d, out), (f, out)}
    assert nodes == set(topological_order(out))


def test_walking_back_by_hand() -> None:
    """z.grad = 1.0; z._backward(), one node after another."""
    x, y = Value(3.0), Value(4.0)
    p = x * y
    z = p + x
    z.grad = 1.0
    z._backward()
    assert (p.grad, x.grad, y.grad) == (1.0, 1.0, 0.0)
    p._backward()
    assert (p.grad, x.grad, y.grad) == (1.0, 5.0, 3.0)
    x._backward()
    y._backward()
    assert (x.grad, y.grad) == (5.0, 3.0)
    p._backward()
    assert (x.grad, y.grad) == (9.0, 6.0)


def test_backward_of_a_node_whose_gradient_is_not_set() -> None:
    """It is 0, so nothing flows."""
    x = Value(3.0)
    y = x * x
    y._backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


BUILD: list[Callable[[Value, Value], Any]] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b,
    lambda a, b: (a * 0.1).tanh() * b,
    lambda a, b: (a * 0.01).exp() + b,
    lambda a, b: a.relu() - b * b * 0.01,
    lambda a, b: a**2 * 0.01 + 3 / (b * b + 1),
    lambda a, b: 2 - a + a * b,
]


@pytest.mark.parametrize("seed", range(20))
def test_the_pass_by_hand_agrees_with_backward(seed: int) -> None:
    """On random graphs, with the recursive sort of the lecture."""

    def graph() -> list[Value]:
        rng = random.Random(seed)
        nodes = [Value(rng.uniform(-2.0, 2.0)) for _ in range(3)]
        for _ in range(12):
            nodes.append(rng.choice(BUILD)(rng.choice(nodes), rng.choice(nodes[-4:])))
        return [*nodes, sum(nodes[3:], nodes[0])]

    ours, by_hand = graph(), graph()
    ours[-1].backward()
    backward_by_hand(by_hand[-1])
    assert [v.grad for v in by_hand] == pytest.approx([v.grad for v in ours], rel=1e-12)
    assert sum(v.grad != 0.0 for v in ours) > 6


def test_a_training_loop_of_the_lecture() -> None:
    """Four examples, a neuron made of elementary nodes, gradient descent by hand."""
    rng = random.Random(1337)
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    w = [Value(rng.uniform(-1, 1)) for _ in range(3)]
    b = Value(0.0)
    losses = []
    for _ in range(50):
        ypred = [sum((wi * xi for wi, xi in zip(w, x)), b).tanh() for x in xs]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
        for p in (*w, b):
            p.grad = 0.0
        loss.backward()
        for p in (*w, b):
            p.data += -0.05 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.2 < 1.0 < losses[0]


def test_one_step_by_hand_is_refused_after_an_edit() -> None:
    """Old and new numbers never mix, not even one node at a time."""
    a = Value(2.0)
    b = a * a
    a.data = 5.0
    b.grad = 1.0
    with pytest.raises(StaleGraphError):
        b._backward()
    assert a.grad == 0.0


def test_a_refresh_that_is_refused_changes_nothing() -> None:
    x = Value(2.0)
    u = x * x
    total = Value(4.0, (u,), (1.0,)) + u
    x.data = 3.0
    with pytest.raises(ValueError, match="local gradients were given as numbers"):
        total.refresh()
    assert (u.data, total.data) == (4.0, 8.0)


def test_nodes_made_by_hand_obey_the_modes() -> None:
    a, b = Value(2.0), Value(0.0)
    with no_grad():
        assert Value(3.0, (a,), (1.0,)).parents == ()
    with pytest.raises(AnomalyError), detect_anomaly():
        Value(math.inf, (b,), (4.0,))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3.0, 1.0), TypeError, "tuple of its parents"),
        ((3.0, (), (1.0,)), ValueError, "there are none"),
        ((3.0, (Value(1.0),), 2.0), ValueError, "1 parents needs as many local gradients"),
    ],
)
def test_what_the_constructor_does_not_take(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Value(*arguments)


def test_a_name_with_other_numbers_of_operands_is_no_rule() -> None:
    a, b = Value(2.0), Value(3.0)
    with pytest.raises(ValueError, match="no rule for operation 'tanh'"):
        Value(1.0, (a, b), "tanh").backward()
    assert Value(5.0, [], "").parents == ()


def test_constant_nodes_made_by_hand_are_compiled_as_their_number() -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * x * Value(6.0, (Value(3.0),), (2.0,)), [w])
    assert step([1.0], [0.0])[0] == 12.0


def test_subclasses_may_have_attributes_of_their_own() -> None:
    class Parameter(Value):
        pass

    p = Parameter(1.0)
    p.m = 3.0  # type: ignore[assignment]
    assert p.m == 3.0
