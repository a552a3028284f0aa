"""Expressions, explanations and the wrong-order lab, held against the graph itself."""

import math
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Layers, Operation, Place, StaleGraphError, Value, topological_order
from autograd.quoting import visible
from autograd.table import BUILT_IN, TABLE
from autograd.view.explain import explain
from autograd.view.explanation import Explanation
from autograd.view.expression import expression
from autograd.view.formula import Formula
from autograd.view.latex import latex
from autograd.view.names import Names, label_name
from autograd.view.notation import find_notation
from autograd.view.orders import compare_orders
from autograd.view.plain import plain
from nn import (
    MLP,
    Layer,
    Module,
    Neuron,
    cross_entropy,
    cross_entropy_with_logits,
    half_squared_error,
    total,
)

NASTY = [
    "<script>alert(1)</script>",
    "a b",
    "100 %",
    "x_1^2",
    "}{",
    "\\end{aligned}",
    "lambda",
    "sum",
    "1st",
    "é",
    "'quoted\"",
    "a\nb",
    "\u202eevil",
    "#1",
    "$x$",
    "&",
    "~",
    "[2]",
    "_",
    "Σ",
    "print",
]


def snapshot(root: Value) -> list[tuple[float, Any]]:
    return [(node.data, node.grad if node.has_grad else None) for node in topological_order(root)]


def lab() -> dict[str, Value]:
    a = Value(1.0, label="a")
    b = 2 * a
    b.label = "b"
    c = b + a
    c.label = "c"
    d = c * b + a
    d.label = "d"
    return {"a": a, "b": b, "c": c, "d": d}


def random_graph(seed: int, size: int = 14) -> Value:
    rng = random.Random(seed)
    nodes = [
        Value(rng.uniform(-1.5, 1.5), label=f"x{i}" if rng.random() < 0.6 else "") for i in range(3)
    ]
    unary: list[Callable[[Value], Value]] = [
        Value.tanh,
        Value.sigmoid,
        Value.relu,
        Value.sin,
        Value.__neg__,
        Value.exp,
        lambda x: x**2,
        lambda x: 2.0**x,
        lambda x: -3 * x,
        lambda x: x - 0.5,
        lambda x: 1.0 / (x * x + 1.0),
        lambda x: x.leaky_relu(0.1),
        lambda x: x.clamp(-1, 1),
        ag.gelu,
        ag.normal_cdf if hasattr(ag, "normal_cdf") else Value.erf,
    ]
    binary: list[Callable[[Value, Value], Value]] = [
        lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y,
        lambda x, y: x / (y * y + 2.0), lambda x, y: (x * x + 0.1) ** y, Value.maximum,
        lambda x, y: ag.dot([x, y], [y, 0.5], x), lambda x, y: ag.softmax([x, y, 0.3])[1],
        lambda x, y: ag.logsumexp([x, y]), lambda x, y: ag.mean([x, y, x]),
        lambda x, y: ag.prod([x, y, 1.5]), lambda x, y: ag.sum([x, -y]), Value.atan2,
    ]  # fmt: skip
    for i in range(size):
        if rng.random() < 0.4:
            node = rng.choice(unary)(rng.choice(nodes))
        else:
            node = rng.choice(binary)(rng.choice(nodes), rng.choice(nodes[-4:]))
        if rng.random() < 0.2:
            node.label = f"n{i}"
        nodes.append(Value.tanh(node) if abs(node.data) > 50 else node)
    return nodes[-1] + nodes[-2]


def run(program: str) -> Value:
    space: dict[str, Any] = {}
    exec(program, space)
    last = program.splitlines()[-1].split(" = ")[0]
    assert isinstance(space[last], Value)
    return space[last]


def check_latex(text: str) -> None:
    """Braces, \\left and \\right, and environments must pair up."""
    depth = 0
    for token in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(token, 0)
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") - text.count(r"\leq") == text.count(r"\right")
    assert text.count(r"\begin") == text.count(r"\end")


# ---- expressions


def test_shared_parts_are_named_once() -> None:
    text = expression(lab()["d"])
    assert str(text) == "b = 2 * a\nc = b + a\nd = c * b + a"
    assert text.lines == (("b", r"2 \cdot a"), ("c", "b + a"), ("d", r"c \cdot b + a"))
    assert text.python == (
        "from autograd import Value\n\na = Value(1.0, label='a')\n"
        "b = 2.0 * a\nc = b + a\nd = c * b + a"
    )
    assert text._repr_latex_() == f"$$\n{text.latex}\n$$"


@pytest.mark.parametrize(
    ("build", "python", "latex"),
    [
        (lambda a, b, c: a + b + c, "a + b + c", "a + b + c"),
        (lambda a, b, c: a - (b - c), "a - (b - c)", r"a - (b - c)"),
        (lambda a, b, c: a - b - c, "a - b - c", "a - b - c"),
        (lambda a, b, c: (a + b) * c, "(a + b) * c", r"(a + b) \cdot c"),
        (lambda a, b, c: a * b + c, "a * b + c", r"a \cdot b + c"),
        (lambda a, b, c: a / (b * c), "a / (b * c)", r"\frac{a}{b \cdot c}"),
        (lambda a, b, c: a / b * c, "a / b * c", r"\frac{a}{b} \cdot c"),
        (lambda a, b, c: (-a) ** 2, "(-a) ** 2", r"(-a)^{2}"),
        (lambda a, b, c: -(a**2), "-a ** 2", "-a^{2}"),
        (lambda a, b, c: (a**b) ** c, "(a ** b) ** c", r"(a^{b})^{c}"),
        (lambda a, b, c: a ** (b**c), "a ** b ** c", "a^{b^{c}}"),
        (lambda a, b, c: -(a + b), "-(a + b)", r"-(a + b)"),
        (lambda a, b, c: (-2.0) ** a, "(-2) ** a", r"(-2)^{a}"),
        (lambda a, b, c: a * -2.0, "a * -2", r"a \cdot (-2)"),
        (lambda a, b, c: (a + b).tanh(), "tanh(a + b)", r"\tanh(a + b)"),
    ],
)
def test_brackets_are_minimal_and_right(build: Any, python: str, latex: str) -> None:
    y = build(Value(2.0, label="a"), Value(3.0, label="b"), Value(0.5, label="c"))
    text = expression(y)
    assert str(text) == python
    assert text.latex == latex
    got = run(text.python).data
    assert got == y.data or (math.isnan(got) and math.isnan(y.data))


@given(seed=st.integers(0, 10**6), max_inline=st.integers(1, 20))
def test_the_program_computes_the_same_number(seed: int, max_inline: int) -> None:
    y = random_graph(seed)
    before = snapshot(y)
    text = expression(y, max_inline=max_inline)
    again = run(text.python)
    assert again.data == y.data or (math.isnan(again.data) and math.isnan(y.data))
    assert snapshot(y) == before or any(x != x for x, _ in before)
    check_latex(text.latex)


def test_the_program_keeps_to_ieee_754() -> None:
    x = Value(0.0, label="x")
    assert run(expression(1.0 / x).python).data == math.inf
    zero = ag.Value(1.0)
    y = zero * math.inf
    assert run(expression(y).python).data == math.inf
    constants = ag.affine([[Value(2.0)]], [0.5], [Value(0.0)])[0].parents[1]  # a constant node
    assert run(expression(constants / 0.0).python).data == math.inf


@pytest.mark.parametrize("label", NASTY)
def test_any_label(label: str) -> None:
    x, other = Value(2.0, label=label), Value(3.0, label="b")
    y = x * other + x
    text = expression(y)
    assert run(text.python).data == 8.0
    check_latex(text.latex)
    assert "<script" not in text.latex
    shown = visible(label)
    name = Formula(label_name(label))
    assert plain(name) == shown
    assert not re.search(r"\\(wedge|sim)\b", latex(name))  # they look different
    y.backward()
    explanation = explain(x, of=y)
    check_latex(explanation.latex)
    assert "<script" not in explanation._repr_mimebundle_()["text/latex"]
    assert explanation.gradient == 4.0


def test_same_labels_are_told_apart() -> None:
    x, y = Value(2.0, label="x"), Value(3.0, label="x")
    text = expression(x * y)
    assert str(text) == "x * x_2"
    assert text.latex == r"x[1] \cdot x[2]"
    assert run(text.python).data == 6.0


def test_own_operations_and_networks() -> None:
    Operation("a cube", lambda x: x * x * x, lambda y, x: (3 * x * x,), tex="#1^3")
    y = TABLE["a cube"](Value(2.0, label="x") + 1)
    assert expression(y).latex == "(x + 1)^3"
    assert run(expression(y).python).data == 27.0
    for elementary in (False, True):
        model = MLP(2, [3, 2], activation="tanh", output="softmax", rng=0, elementary=elementary)
        loss = -ag.log(model([0.5, -1.0])[0])
        assert run(expression(loss).python).data == loss.data
    del TABLE["a cube"]


def test_brackets_grow_with_what_is_inside() -> None:
    a, b, c = Value(2.0, label="a"), Value(3.0, label="b"), Value(0.5, label="c")
    y = ((a / b).tanh() + (a + b) * c) ** 2
    assert expression(y).latex == (
        r"\mathopen{}\left(\tanh\mathopen{}\left(\frac{a}{b}\right) + (a + b) \cdot c\right)^{2}"
    )


def test_the_last_of_several_lines_has_a_name() -> None:
    x = Value(2.0, label="x")
    text = expression(x.sin() * x.sin().tanh())
    assert text.lines == (("", r"\sin\left(x\right) \cdot \tanh\left(\sin\left(x\right)\right)"),)
    shared = x.sin()
    y = shared * shared
    assert expression(y).lines[1] == ("v_{2}", r"v_{1} \cdot v_{1}")
    assert str(expression(y, notation="nielsen")) == "v1 = sin(x)\nv2 = v1 * v1"
    shared.label = "E"
    assert str(expression(y)) == "E = sin(x)\nv1 = E * E"
    assert run(expression(y).python).data == y.data


def test_cross_entropy_reads_as_in_print() -> None:
    x = [Value(float(i), label=f"x{i}") for i in range(3)]
    loss = cross_entropy(ag.softmax(x), 2)
    assert expression(loss).latex == (
        r"-\ln(\max(\operatorname{softmax}(x_{0}, x_{1}, x_{2})_{2}, 10^{-300}))"
    )
    assert expression(x[1] * -1.0 - -1e-5).latex == r"-x_{1} - (-10^{-5})"
    assert expression(ag.maximum(ag.maximum(x[0], x[1]), ag.minimum(x[1], x[2]))).latex == (
        r"\max(x_{0}, x_{1}, \min(x_{1}, x_{2}))"
    )
    loss.backward()
    text = str(explain(x[0], of=loss))
    assert "v₁ = softmax(x₀, x₁, x₂)₂  " in text
    assert "The index of a softmax counts from 0" in text
    loss = cross_entropy(ag.softmax([x[0] * i for i in range(20)]), 7)
    softmax = next(n for n in topological_order(loss) if len(n.parents) == 20)
    loss.backward()
    assert "softmax(v₁, …, v₂₀)₇" in str(explain(softmax.parents[0], of=loss))


def test_only_what_is_alike_is_left_out() -> None:
    long = Value(1.0, label="a name that is longer than one would like to read")
    other = Value(1.0, label="another name of that kind")
    for y, written in (
        (
            ag.sum([other, *[long * i for i in range(20)]]),
            "v₂₁ = another name of that kind + … + v₂₀",
        ),
        (ag.mean([other, *[long * i for i in range(20)]]), "v₂₁ = …"),  # not a third of three
        (ag.sum([other, long]), "v₁ = …"),
        (ag.sum([long, other, long]), "v₁ = …"),
    ):
        y.backward()
        assert f"  {written}  " in str(explain(other, of=y))


def test_deep_and_huge_expressions() -> None:
    y = x = Value(0.5, label="x")
    for _ in range(20_000):
        y = (y + x).sin()
    with pytest.raises(ValueError, match="40000 operations, more than 2000"):
        expression(y)
    text = expression(y, limit=10**6)
    assert run(text.python).data == y.data


def test_refusals() -> None:
    with pytest.raises(TypeError, match="prints a Value"):
        expression(2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_inline must be at least 1"):
        expression(Value(1.0), max_inline=0)
    with pytest.raises(ValueError, match="notation must be one of"):
        expression(Value(1.0), notation="bishop")
    assert expression(Value(1.5, label="x")).latex == "x"
    assert run(expression(Value(1.5)).python).data == 1.5


# ---- explanations


def check(explanation: Explanation, gradient: float) -> None:
    """The terms are products, and add up to the gradient."""
    factor = 1.0 if explanation.factor is None else explanation.factor
    for term in explanation.terms:
        expected = term.local * term.upstream
        is_selected = math.isfinite(term.upstream) or term.local != 0.0
        assert term.product == (expected if is_selected else 0.0) or math.isnan(term.product)
    if not explanation.is_root:
        total = factor * math.fsum([term.product for term in explanation.terms])
        scale = abs(factor) * math.fsum([abs(term.product) for term in explanation.terms])
        assert abs(total - gradient) <= 1e-12 * scale
    assert explanation.gradient == gradient
    check_latex(explanation.latex)


def test_the_sum_over_paths() -> None:
    graph = lab()
    graph["d"].backward()
    explanation = explain(graph["a"], of=graph["d"])
    assert [(t.local, t.upstream, t.product) for t in explanation.terms] == [
        (2.0, 5.0, 10.0),
        (1.0, 2.0, 2.0),
        (1.0, 1.0, 1.0),
    ]
    assert str(explanation).splitlines()[:3] == [
        "∂d/∂a = ∂b/∂a · ∂d/∂b + ∂c/∂a · ∂d/∂c + ∂d/∂a|direct · ∂d/∂d",
        "      = 2 · 5 + 1 · 2 + 1 · 1",
        "      = 13",
    ]


def test_the_groups_of_an_explanation_stand_apart() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="US$")
    y = (a / b).tanh()
    y.label = "y"
    y.backward()
    quotient = explain(y.parents[0], of=y)
    assert quotient.latex == (
        "\\begin{array}{l}\n\\begin{aligned}\n"
        r"\frac{\partial y}{\partial v_{1}} &= "
        r"\left.\frac{\partial y}{\partial v_{1}}\right|_{\mathrm{direct}} \cdot "
        r"\frac{\partial y}{\partial y} \\[3pt]"
        "\n&= 0.6604 \\cdot 1 \\\\[3pt]\n&= 0.6604\n"
        "\\end{aligned} \\\\[6pt]\n\\begin{aligned}\n"
        r"&\text{through } y = \tanh(v_{1})\colon &&\quad "
        r"\left.\frac{\partial y}{\partial v_{1}}\right|_{\mathrm{direct}} \cdot "
        r"\frac{\partial y}{\partial y} = 0.6604 \cdot 1 = 0.6604"
        "\n\\end{aligned}\n\\end{array}"
    )
    assert quotient.remarks == (
        "“direct” means along this edge alone, with the other operands held fixed.",
    )
    assert r"\frac{\partial y}{\partial\,\mathrm{US\$}} &=" in explain(b, of=y).latex
    assert str(explain(b, of=y)).startswith("∂y/∂US$ = ∂v₁/∂US$ · ∂y/∂v₁\n")
    unit = MLP(2, [2, 1], activation="tanh", rng=0)
    loss = half_squared_error(unit([0.5, -1.0]), 1.0)
    loss.backward()
    groups = explain(places(loss)["a1[1]"], of=loss).latex.split(r"\\[6pt]")
    assert [group.count(" = ") + group.count("&= ") for group in groups] == [1, 3, 2, 3]
    assert r"h'(a_{1}^{(1)}) = 1 - \tanh^2 (a_{1}^{(1)}) = " in groups[2]


def test_a_label_makes_no_remark() -> None:
    x = Value(2.0, label="a|direct|softmax")
    inner = x.sin()
    inner.label = "softmax"
    y = inner.tanh()
    y.backward()
    assert explain(x, of=y).remarks == ()


@settings(deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_gradient_of_random_graphs(seed: int) -> None:
    y = random_graph(seed)
    if not all(math.isfinite(node.data) for node in topological_order(y)):
        return
    y.backward()
    before = snapshot(y)
    for node in topological_order(y):
        if node.parents or node.operation is None:
            check(explain(node, of=y), node.grad)
    assert snapshot(y) == before


def places(root: Value) -> dict[str, Value]:
    return {str(node.place): node for node in topological_order(root) if node.place is not None}


@pytest.mark.parametrize("elementary", [False, True])
@pytest.mark.parametrize(
    ("notation", "general", "symbols"),
    [
        ("prml", "δ_j = h′(a_j) Σ_k w_kj · δ_k", "w₁₂⁽²⁾ · δ₁⁽²⁾ + w₂₂⁽²⁾ · δ₂⁽²⁾"),
        ("nielsen", "δ_j = σ′(z_j) Σ_k w_kj · δ_k", "w₁₂⁽²⁾ · δ₁⁽²⁾ + w₂₂⁽²⁾ · δ₂⁽²⁾"),
        ("wikipedia", "δ_j = φ′(net_j) Σ_k w_jk · δ_k", "w₂₁⁽²⁾ · δ₁⁽²⁾ + w₂₂⁽²⁾ · δ₂⁽²⁾"),
    ],
)
def test_a_hidden_unit(notation: str, general: str, symbols: str, elementary: bool) -> None:
    model = MLP(2, [2, 2], activation="tanh", output="sigmoid", rng=0, elementary=elementary)
    loss = half_squared_error(model([0.5, -1.0]), [1.0, 0.0])
    loss.backward()
    at = places(loss)
    a = at["a1[2]"]
    explanation = explain(a, of=loss, notation=notation)
    check(explanation, a.grad)
    pre = Names(topological_order(loss), find_notation(notation)).text(a)
    lines = str(explanation).splitlines()
    assert lines[0] == general
    assert lines[2] == f"δ₂⁽¹⁾ = {general[6]}′({pre}) · ({symbols})"
    assert explanation.factor == pytest.approx(1 - math.tanh(a.data) ** 2, rel=1e-12)
    assert [term.local for term in explanation.terms] == [at["w2[1,2]"].data, at["w2[2,2]"].data]
    assert [term.upstream for term in explanation.terms] == [at["a2[1]"].grad, at["a2[2]"].grad]


def test_output_units_weights_and_biases() -> None:
    model = MLP(2, [2, 2], activation="tanh", output="sigmoid", rng=0)
    loss = half_squared_error(model([0.5, -1.0]), [1.0, 0.0])
    loss.backward()
    at = places(loss)
    first = {name: str(explain(at[name], of=loss)).splitlines() for name in at}
    assert first["a2[1]"][0] == "δ_k = h′(a_k) · ∂E/∂y_k"
    assert first["w2[1,2]"][:3] == ["∂E/∂w_ji = δ_j · z_i", "", "∂E/∂w₁₂⁽²⁾ = δ₁⁽²⁾ · z₂⁽¹⁾"]
    assert first["w1[1,2]"][2] == "∂E/∂w₁₂⁽¹⁾ = δ₁⁽¹⁾ · x₂"
    assert first["b1[2]"][:3] == ["∂E/∂b_j = δ_j", "", "∂E/∂b₂⁽¹⁾ = δ₂⁽¹⁾"]
    weight = explain(at["w2[1,2]"], of=loss)
    assert (weight.terms[0].local, weight.terms[0].upstream) == (
        math.tanh(at["a1[2]"].data),
        at["a2[1]"].grad,
    )
    for node in at.values():
        check(explain(node, of=loss), node.grad)


class Skipping(Module):
    """x → h → y with the hidden unit also feeding a second hidden unit and the output."""

    def __init__(self) -> None:
        self.first = Neuron(1, activation="tanh", rng=1)
        self.second = Neuron(1, activation="tanh", rng=2)
        self.out = Neuron(2, activation="identity", rng=3)

    def __call__(self, x: float) -> Value:
        z = self.first([x])
        return self.out([z, self.second([z])])


def test_skip_connections_come_from_the_graph() -> None:
    loss = half_squared_error(Skipping()(0.7), 1.0)
    loss.backward()
    a = Layers(topological_order(loss)).uses[1][0].units[1]
    explanation = explain(a, of=loss)
    check(explanation, a.grad)
    assert "(w₁₁⁽²⁾ · δ₁⁽²⁾ + w₁₁⁽³⁾ · δ₁⁽³⁾)" in str(explanation)


def test_a_penalty_on_an_activation_enters_the_sum() -> None:
    unit, out = (
        Neuron(1, activation="tanh", rng=0),
        Neuron(1, activation="identity", rng=1),
    )
    z = unit([0.5])
    loss = half_squared_error(out([z]), 1.0) + 0.1 * z * z
    loss.backward()
    explanation = explain(z.parents[0], of=loss)
    check(explanation, z.parents[0].grad)
    assert len(explanation.terms) == 3
    assert not str(explanation).startswith("δ_j")  # the textbook's sum would be wrong here


def test_samples_share_weights() -> None:
    model = MLP(1, [2, 1], activation="tanh", rng=0)
    loss = total([half_squared_error(model([x]), x * x) for x in (0.1, 0.5, 0.9)])
    loss.backward()
    weight = model.layers[0].neurons[0].w[0]
    explanation = explain(weight, of=loss)
    check(explanation, weight.grad)
    assert len(explanation.terms) == 3
    assert "δ₁⁽¹⁾[1] · x₁[1] + δ₁⁽¹⁾[2] · x₁[2] + δ₁⁽¹⁾[3] · x₁[3]" in str(explanation)
    assert "[n] is the n-th" in str(explanation)


def test_softmax_with_cross_entropy_is_fused() -> None:
    model = MLP(2, [3], rng=0)
    a = model([1.0, 2.0])
    loss = cross_entropy_with_logits(a, 1)
    loss.backward()
    for node in a:
        check(explain(node, of=loss), node.grad)
        assert explain(node, of=loss).factor is None
    layer = Layer(2, 3, activation="softmax", rng=0)
    y = layer([1.0, 2.0])
    loss = -ag.log(y[0])
    loss.backward()
    for name, node in places(loss).items():
        if name.startswith("a"):
            check(explain(node, of=loss), node.grad)


def test_long_sums_are_cut_but_complete() -> None:
    x = Value(2.0, label="x")
    y = ag.sum([x * i for i in range(1, 101)])
    y.backward()
    explanation = explain(x, of=y)
    check(explanation, 5050.0)
    assert len(explanation.terms) == 100
    assert "92 more terms" in str(explanation)


def test_accumulated_gradients_are_told() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    y.backward()
    explanation = explain(x, of=y)
    assert (explanation.gradient, explanation.before) == (6.0, 6.0)
    assert "grad holds 12" in str(explanation)
    assert "|operand 1" in str(explanation)
    assert "“operand n” means" in str(explanation)
    x.grad = None
    assert math.isnan(explain(x, of=y).before)


def test_explanations_are_snapshots() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    explanation = explain(x, of=y)
    text = str(explanation)
    x.data, x.grad = 100.0, 0.0
    assert str(explanation) == text


def test_what_cannot_be_explained() -> None:
    x = Value(3.0, label="x")
    y = x * x
    with pytest.raises(ValueError, match=r"explain\(w, of=loss\)"):
        explain(x)
    with pytest.raises(ValueError, match="has not been run"):
        explain(x, of=y)
    y.backward()
    with pytest.raises(ValueError, match="was not computed from"):
        explain(Value(1.0), of=y)
    with pytest.raises(TypeError, match="an operation such as tanh"):
        explain(3.0)  # type: ignore[call-overload]
    x.data = 4.0
    with pytest.raises(StaleGraphError):
        explain(x, of=y)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_rule_of_every_operation(name: str) -> None:
    rule = explain(TABLE[name])
    check_latex(rule.latex)
    assert rule.gradients
    assert "\\" not in str(rule)
    assert str(explain(name)) == str(rule)


def test_rules_read_well() -> None:
    assert str(explain(ag.div)) == "div: y = a/b\n  ∂y/∂a = 1/b\n  ∂y/∂b = −y/b"
    assert str(explain(ag.relu)) == "relu: y = ReLU(x)\n  ∂y/∂x = {0 if x ≤ 0, 1 otherwise}"
    assert explain(ag.dot).gradients[0] == ("w_1", "x_1")


@pytest.mark.parametrize("name", ["softmax", "logsumexp"])
def test_long_rules_are_shortened_and_true(name: str) -> None:
    """The printed lines, computed."""
    printed = str(explain(name))
    assert max(map(len, printed.splitlines())) < 60
    assert "+ 0" not in printed
    first, *lines = printed.translate(str.maketrans("₀₁₂₃·−", "0123*-")).splitlines()
    point = [0.3, -0.7, 1.1]
    row = TABLE[name]
    operands = (*point, 0.0) if name == "softmax" else tuple(point)
    y = row.apply(operands)
    names = [line.partition("/∂")[2].partition(" ")[0] for line in lines[:3]]
    space: dict[str, Any] = {"y": y, "max": max, "e": math.e} | dict(zip(names, point))
    for line in lines[3:]:
        part, _, formula = line.strip().partition(" = ")
        space[part] = eval(formula.replace("^", "**"), space)
    found = [eval(line.partition(" = ")[2], space) for line in lines[:3]]
    assert found == pytest.approx(list(row.local_gradients(y, operands)[:3]), rel=1e-12)
    assert first in ("softmax: y = softmax(a0, a1, a2)0", "logsumexp: y = lnΣexp(x1, x2, x3)")


def test_text_has_one_minus() -> None:
    """The sign of subtraction and of negative numbers; these stand in brackets as factors."""
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b - a).tanh()
    loss.backward()
    printed = str(explain(a, of=loss))
    assert "-" not in printed
    assert "(−2.2) · " in printed
    assert " · (−" not in printed.partition("(−2.2)")[0]
    b.label = "b-c"  # a name of the user is no formula
    assert "b-c" in str(explain(b, of=loss))


# ---- the wrong-order lab


def test_the_orders_on_the_example() -> None:
    graph = lab()
    before = snapshot(graph["d"])
    orders = compare_orders(graph["d"])
    assert snapshot(graph["d"]) == before
    assert {order.name: order.gradients["a"] for order in orders.orders} == {
        "topological": 13.0,
        "recursion": 23.0,
        "recursion, last first": 19.0,
        "breadth first": 13.0,
        "forward": 1.0,
    }
    assert orders["recursion"].first_wrong == 4
    assert orders["recursion, last first"].first_wrong == 2
    assert orders["topological"].first_wrong is None
    assert "a   13           23 ✗       19 ✗" in str(orders)
    with pytest.raises(KeyError, match="topological"):
        orders["alphabetical"]


def test_orders_that_go_wrong_stand_beside_the_topological_one() -> None:
    """What the others find is the same; they are named below their verdict, and no more."""
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b + a**2).tanh()
    page = compare_orders(loss)._repr_html_()
    heads = [re.findall(r"<th [^>]*>([a-z][^<]*)", rows) for rows in page.split("<caption")[1:]]
    assert heads[0] == ["topological", "forward"]
    assert heads[1][:2] == ["topological", "forward"]
    alike = "= topological: recursion; recursion, last first; breadth first"
    assert f"Gradients (✗ wrong); {alike}" in page
    assert page.count("by luck") == 3
    assert "= topological: breadth first" in str(compare_orders(lab()["d"]))
    assert "= topological" in str(compare_orders(loss))


def test_numbers_of_orders_have_one_minus_and_brackets_as_factors() -> None:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    printed = str(compare_orders(a * b - 0.5))
    assert "a += (−2.2)·1 → −2.2" in printed
    assert "a += (−2.2)·0 → 0" in printed  # not -0
    assert "-" not in printed


@settings(deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_topological_order_is_backward(seed: int) -> None:
    y = random_graph(seed, 8)
    y.backward()
    if not all(math.isfinite(n.grad) for n in topological_order(y)):
        return
    before = snapshot(y)
    orders = compare_orders(y, most_steps=200)
    assert snapshot(y) == before
    names = Names(topological_order(y), find_notation("prml"))
    labelled = [n for n in topological_order(y) if n.label]
    for node in labelled:
        assert orders["topological"].gradients[names.text(node)] == pytest.approx(node.grad)
    for order in orders.orders[1:]:
        wrong = [name for name in order.gradients if not orders.is_right(order, name)]
        if wrong and order.is_finished:
            assert order.first_wrong is not None


def test_recursion_is_capped() -> None:
    y = Value(1.01, label="x")
    for _ in range(80):
        y = y + y
    orders = compare_orders(y, most_steps=100)
    assert not orders["recursion"].is_finished
    assert orders.recursion_steps == 2**80 - 1
    assert "Stopped after 100 steps" in str(orders)


def test_deep_graphs_and_escaped_labels() -> None:
    x = Value(1.0, label="<script>alert(1)</script>")
    y = x
    for _ in range(3000):
        y = y + 1.0
    page = compare_orders(y * x)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    with pytest.raises(ValueError, match="most_steps"):
        compare_orders(y, most_steps=0)
    with pytest.raises(TypeError, match="result of a computation"):
        compare_orders(1.0)  # type: ignore[arg-type]


def test_a_place_with_a_label_of_its_own() -> None:
    neuron = Neuron(1, activation="tanh", rng=0)
    neuron.w[0].label = "slope"
    z = neuron([0.5])
    z.backward()
    assert isinstance(neuron.w[0].place, Place)
    assert "slope" in str(explain(neuron.w[0], of=z))


def test_unnamed_nodes_have_the_same_name_everywhere() -> None:
    x = Value(3.0, label="x")
    inner = x * x
    root = (inner + 1.0).tanh() * inner
    root.backward()
    (first, second) = explain(inner, of=root).terms
    assert first.step == "v_{2} = v_{1} + 1"
    assert second.step.startswith(r"v_{4} = v_{3} \cdot v_{1}")
    assert "∂v₄/∂v₂" in str(explain(inner, of=root))
    assert str(expression(root)).startswith("v1 = x * x")
    assert "v₁: x += " in str(compare_orders(root))
    y = Value(1.0, label="v1") * 2.0 + 1.0
    assert Names(topological_order(y), find_notation("prml")).text(y) == "u₂"


def test_a_path_of_several_products_within_a_unit() -> None:
    w, x, b = Value(0.5, label="w"), Value(2.0, label="x"), Value(0.25, label="b")
    a = (w * x) * 3.0 + b
    a.place = Place("a", 1, 1, activation="tanh")
    z = a.tanh()
    z.backward()
    explanation = explain(w, of=z)
    check(explanation, w.grad)
    assert [(term.local, term.upstream) for term in explanation.terms] == [(6.0, a.grad)]
    assert "∂a₁⁽¹⁾/∂w · δ₁⁽¹⁾" in str(explanation)
