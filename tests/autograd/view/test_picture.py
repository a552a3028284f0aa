"""What pictures of networks hold, compared with closed forms."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import Value, topological_order
from autograd.view import Edge, Node, Picture, draw, picture
from nn import (
    MLP,
    Layer,
    Neuron,
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_with_logits,
    half_squared_error,
    hinge,
    huber,
    kl_divergence,
    l2_penalty,
    mean_squared_error,
    total,
)


def at(shown: Picture, title: str) -> Node:
    (node,) = [node for node in shown.nodes if node.title == title]
    return node


def edge(shown: Picture, source: str, target: str) -> Edge:
    """Return the one edge between two nodes."""
    ends = at(shown, source).key, at(shown, target).key
    (found,) = [x for x in shown.edges if (x.source, x.target) == ends]
    return found


def kinds(shown: Picture) -> list[tuple[str, str]]:
    return [(node.kind, node.title) for node in shown.nodes]


# ---- inputs


@pytest.mark.parametrize("elementary", [False, True])
def test_a_neuron_alone_shows_its_inputs_and_weights(elementary: bool) -> None:
    neuron = Neuron(2, activation="tanh", elementary=elementary, rng=0)
    z = neuron([1.5, -2.0])
    z.backward()
    shown = picture(z, "neuron")
    assert kinds(shown) == [("input", "x₁"), ("input", "x₂"), ("output", "y₁⁽¹⁾")]
    assert [node.facts for node in shown.nodes[:2]] == [(("", 1.5),), (("", -2.0),)]
    delta = 1.0 - z.data**2
    for title, x, w in zip(("x₁", "x₂"), (1.5, -2.0), neuron.w):
        found = edge(shown, title, "y₁⁽¹⁾")
        assert (found.local, found.weight_grad) == (w.data, w.grad)
        assert w.grad == pytest.approx(delta * x)
        assert found.flow == pytest.approx(w.data * delta)


@pytest.mark.parametrize("elementary", [False, True])
def test_a_layer_alone_shares_its_inputs(elementary: bool) -> None:
    layer = Layer(2, 3, activation="tanh", elementary=elementary, rng=0)
    z = layer([1.5, -2.0])
    shown = picture(z[0] + z[1] + z[2], "neuron")
    assert [node.title for node in shown.nodes if node.kind == "input"] == ["x₁", "x₂"]
    for j, neuron in enumerate(layer.neurons):
        for i, w in enumerate(neuron.w):
            name = f"y{'₁₂₃'[j]}⁽¹⁾"
            assert edge(shown, f"x{'₁₂'[i]}", name).local == w.data
    by_layer = picture(z[0] + z[1], "layer")
    assert by_layer.nodes[0].facts == (("inputs", 2.0),)


def test_neurons_of_ones_own_wiring() -> None:
    """Two neurons with the same inputs, and one with others."""
    x = [1.5, -2.0]
    a, b = (Neuron(2, activation="tanh", rng=seed)(x) for seed in (0, 1))
    other = Neuron(1, activation="tanh", rng=2)([0.25])
    shown = picture(a + b + other, "neuron")
    inputs = [(node.title, node.facts) for node in shown.nodes if node.kind == "input"]
    assert inputs == [
        ("x₁", (("", 1.5),)),
        ("x₂", (("", -2.0),)),
        ("x₃", (("", 0.25),)),
    ]


def test_samples_of_plain_numbers_fold_into_one_input() -> None:
    neuron = Neuron(1, activation="tanh", rng=0)
    shown = picture(neuron([0.5]) + neuron([1.5]) + neuron([2.5]), "neuron")
    assert [n.facts for n in shown.nodes if n.kind == "input"] == [(("samples", 3.0),)]


def test_a_bias_as_the_weight_of_a_one() -> None:
    """The 1 that a second layer is given is no input of the network."""
    hidden = Layer(2, 2, activation="tanh", rng=0)([0.5, -1.0])
    second = Layer(3, 1, activation="tanh", rng=1)
    shown = picture(second([1.0, *hidden]), "neuron")
    assert [node.title for node in shown.nodes if node.kind == "input"] == ["x₁", "x₂"]
    (one,) = [node for node in shown.nodes if node.kind == "constant"]
    assert (one.title, one.facts) == ("", (("", 1.0),))
    (weight,) = [x for x in shown.edges if x.source == one.key]
    assert weight.local == second.neurons[0].w[0].data


def test_the_steps_of_a_recurrent_layer() -> None:
    layer = Layer(2, 1, activation="tanh", rng=0)
    h: Any = 0.0
    for x in (0.5, -1.0):
        h = layer([x, h])
    shown = picture(h, "neuron")
    inputs = [(node.title, node.facts[0][1]) for node in shown.nodes if node.kind == "input"]
    assert sorted(inputs) == [("x₁[1]", 0.5), ("x₁[2]", -1.0)]
    (start,) = [node for node in shown.nodes if node.kind == "constant"]
    assert start.facts == (("", 0.0),)


def test_a_weight_of_zero_is_a_weight() -> None:
    model = MLP(1, [1], rng=0)
    model.layers[0].neurons[0].w[0].data = 0.0
    E = half_squared_error(model([1.5]), 2.0)
    E.backward()
    found = edge(picture(E, "neuron"), "x₁", "a₁⁽¹⁾")
    assert (found.local, found.weight_grad) == (0.0, -3.0)


# ---- the error


X = [0.5, -1.0]


def outputs(*widths: int, **options: Any) -> Any:
    return MLP(2, list(widths), activation="tanh", rng=0, **options)(X)


@pytest.mark.parametrize("elementary", [False, True])
def test_half_a_squared_error_is_one_box(elementary: bool) -> None:
    y = outputs(3, 1, elementary=elementary)
    E = half_squared_error(y, 1.5)
    E.backward()
    shown = picture(E, "neuron")
    assert kinds(shown)[-2:] == [("constant", "t₁"), ("output", "E")]
    assert at(shown, "E").facts == (("", 0.5 * (y.data - 1.5) ** 2), ("grad", 1.0))
    assert at(shown, "t₁").facts == (("", 1.5),)
    found = edge(shown, "a₁⁽²⁾", "E")
    assert found.local == found.flow == pytest.approx(y.data - 1.5)
    assert found.norm == pytest.approx(abs(y.data - 1.5))
    given = edge(shown, "t₁", "E")
    assert (given.local, given.flow, given.norm) == (None, None, None)


def slopes(E: Value, names: str) -> list[float | None]:
    shown = picture(E, "neuron")
    return [edge(shown, name, "E").local for name in names.split()]


def targets(E: Value) -> dict[str, float]:
    found = [node for node in picture(E, "neuron").nodes if node.title.startswith("t")]
    return {node.title: node.facts[0][1] for node in found}


def test_slopes_of_the_error_are_those_of_the_closed_forms() -> None:
    """∂E/∂y along all paths, and the targets, for each of the errors of nn."""
    y = outputs(3, 2)
    a, b = (x.data for x in y)
    names = "a₁⁽²⁾ a₂⁽²⁾"
    t = {"t₁": 1.0, "t₂": -1.0}
    E = mean_squared_error(y, [1.0, -1.0])
    assert slopes(E, names) == pytest.approx([a - 1.0, b + 1.0])
    assert targets(E) == t
    E = huber(y, [1.0, -1.0], delta=0.1)
    assert slopes(E, names) == pytest.approx([0.05 * math.copysign(1, x) for x in (a - 1, b + 1)])
    assert targets(E) == t
    E = hinge(y, [1, -1])
    assert slopes(E, names) == pytest.approx([-1.0 * (a < 1.0), 1.0 * (b > -1.0)])
    assert targets(E) == t
    p = outputs(3, 2, output="sigmoid")
    c, d = (x.data for x in p)
    E = binary_cross_entropy(p, [1.0, 0.25])
    wanted = [-1.0 / c, -0.25 / d + 0.75 / (1.0 - d)]
    assert slopes(E, "y₁⁽²⁾ y₂⁽²⁾") == pytest.approx(wanted)
    assert targets(E) == {"t₁": 1.0, "t₂": 0.25}
    E = half_squared_error(p, [1.0, 0.25])
    assert slopes(E, "y₁⁽²⁾ y₂⁽²⁾") == pytest.approx([c - 1.0, d - 0.25])
    E = cross_entropy_with_logits(y, 1)
    total_ = math.exp(a) + math.exp(b)
    assert slopes(E, names) == pytest.approx([math.exp(a) / total_, math.exp(b) / total_ - 1.0])
    assert targets(E) == {"t₁": 0.0, "t₂": 1.0}
    E = kl_divergence(outputs(3, 2, output="softmax"), [0.25, 0.75])
    assert targets(E) == {"t₁": 0.25, "t₂": 0.75}


def test_the_mean_over_samples_is_one_box() -> None:
    """Nothing signed is said of several samples at once, and the gradient of b is their sum."""
    model = MLP(1, [1], rng=0)
    xs, ts = [0.5, -1.0, 2.0], [1.0, 1.0, -2.0]
    E = total([half_squared_error(model([x]), t) for x, t in zip(xs, ts)], "mean")
    E.backward()
    shown = picture(E, "neuron")
    deltas = [(model.layers[0].neurons[0].w[0].data * x - t) / 3.0 for x, t in zip(xs, ts)]
    assert dict(at(shown, "E").facts) == {"": E.data, "grad": 1.0, "samples": 3.0}
    assert at(shown, "t₁").facts == (("samples", 3.0),)
    found = edge(shown, "a₁⁽¹⁾", "E")
    assert (found.local, found.flow, found.count) == (None, None, 3)
    assert found.norm == pytest.approx(math.hypot(*deltas))
    unit = dict(at(shown, "a₁⁽¹⁾").facts)
    assert unit["‖δ‖"] == pytest.approx(math.hypot(*deltas))
    assert unit["∂E/∂b"] == pytest.approx(sum(deltas))
    assert at(shown, "a₁⁽¹⁾").grad is None
    weight = edge(shown, "x₁", "a₁⁽¹⁾")
    assert weight.weight_grad == pytest.approx(sum(d * x for d, x in zip(deltas, xs)))


def test_what_the_user_gives_the_error_stays_in_sight() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    strength = Value(0.1, label="λ")
    goal = Value(1.5, label="goal")
    y = model(X)
    E = half_squared_error(y, goal) + strength * l2_penalty(model.parameters(), 1.0)
    E.backward()
    shown = picture(E, "neuron")
    assert [node.title for node in shown.nodes if node.kind in ("leaf", "output")] == [
        "goal",
        "λ",
        "E",
    ]
    squares = math.fsum([w.data**2 for w in model.parameters()])
    assert edge(shown, "λ", "E").local == pytest.approx(squares)
    assert edge(shown, "goal", "E").local == pytest.approx(1.5 - y.data)
    assert edge(shown, "a₁⁽²⁾", "E").local == pytest.approx(y.data - 1.5)


def test_an_output_alone_has_no_error() -> None:
    shown = picture(outputs(3, 1, output="sigmoid"), "neuron")
    assert kinds(shown)[-1] == ("output", "y₁⁽²⁾")
    assert shown.nodes[-1].is_unit


def test_what_one_operation_does_is_said() -> None:
    y = outputs(2)
    assert picture(y[0] * y[1], "neuron").nodes[-1].symbol == "*"
    assert "\nE = a₁⁽¹⁾ - a₂⁽¹⁾ " in str(draw(y[0] - y[1], "neuron"))
    assert "\nE ← a₁⁽¹⁾ " in str(draw(2.0 - y[0], "neuron"))


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (lambda y: (y - 0.5) ** 2, {"t₁": 0.5}),
        (lambda y: (0.5 - y) ** 2, {"t₁": 0.5}),
        (lambda y: (0.5 - y) * (y - 0.5), {"t₁": 0.5}),
        (lambda y: abs(0.5 - y), {"t₁": 0.5}),
        (lambda y: -(1.0 - y).log(), {"t₁": 0.0}),  # a cross-entropy
        (lambda y: 1.0 - (1.0 - y).log(), {"t₁": 0.0}),
        (lambda y: 1.0 - 0.5 * y, {}),
        (lambda y: y * y, {}),
    ],
)
def test_which_numbers_are_targets(error: Any, wanted: dict[str, float]) -> None:
    """Those that an output is compared with, not every number near one."""
    y = MLP(1, [1], activation="tanh", output="sigmoid", rng=0)([0.5])
    assert targets(error(y)) == wanted


def test_reading_the_error_leaves_no_trace() -> None:
    E = half_squared_error(outputs(3, 2), [1.0, 0.0])
    E.backward(seed=2.0)
    order = topological_order(E)
    before = [(node.data, node.grad) for node in order]
    shown = picture(E, "neuron")
    assert [(node.data, node.grad) for node in order] == before
    y = E.parents[0].parents[0].parents[0].parents[0]
    found = edge(shown, "a₁⁽²⁾", "E")
    assert (found.local, found.flow) == (y.data - 1.0, 2.0 * (y.data - 1.0))


# ---- softmax


def test_a_softmax_layer() -> None:
    """All of its outputs, one of which goes into the error: E = -ln y₂."""
    y = outputs(3, 3, output="softmax")
    E = cross_entropy(y, 1)
    E.backward()
    shown = picture(E, "neuron")
    values = [x.data for x in y]
    assert at(shown, "softmax").facts == tuple(zip(("y₁⁽²⁾", "y₂⁽²⁾", "y₃⁽²⁾"), values))
    assert targets(E) == {"t₁": 0.0, "t₂": 1.0, "t₃": 0.0}
    assert not {"max", "log"} & {node.symbol for node in shown.nodes}
    found = edge(shown, "softmax", "E")
    assert found.local == found.flow == pytest.approx(-1.0 / values[1])
    for k, title in enumerate(("a₁⁽²⁾", "a₂⁽²⁾", "a₃⁽²⁾")):
        into = edge(shown, title, "softmax")
        assert into.local == pytest.approx(values[1] * ((k == 1) - values[k]))
        assert into.flow == pytest.approx(values[k] - (k == 1))  # y - t


def test_a_softmax_layer_all_of_whose_outputs_are_used() -> None:
    y = outputs(3, 3, output="softmax")
    E = half_squared_error(y, [0.0, 1.0, 0.0])
    E.backward()
    shown = picture(E, "neuron")
    p = [x.data for x in y]
    into = [x - t for x, t in zip(p, (0.0, 1.0, 0.0))]
    found = edge(shown, "softmax", "E")
    assert (found.local, found.flow, found.count) == (None, None, 3)
    assert found.norm == pytest.approx(math.hypot(*into))
    flows = [p[j] * ((j == 0) - p[0]) * into[j] for j in range(3)]
    assert edge(shown, "a₁⁽²⁾", "softmax").norm == pytest.approx(math.hypot(*flows))
    assert at(shown, "a₁⁽²⁾").grad == pytest.approx(math.fsum(flows))


def test_layers_say_softmax_and_do_not_cancel() -> None:
    """The δ of a softmax layer add up to 0, and so does what flows into its biases."""
    y = outputs(3, 3, output="softmax")
    E = cross_entropy(y, 1)
    E.backward()
    shown = picture(E, "layer")
    inputs, hidden, last, error = shown.nodes
    assert (hidden.symbol, last.symbol) == ("tanh", "softmax")
    delta = [x.data - t for x, t in zip(y, (0.0, 1.0, 0.0))]
    assert math.fsum(delta) == pytest.approx(0.0, abs=1e-15)
    assert dict(last.facts)["‖δ‖"] == pytest.approx(math.hypot(*delta))
    assert all(x.flow is None and x.local is None for x in shown.edges)
    assert [x.norm for x in shown.edges if x.target == error.key] == pytest.approx(
        [1.0 / y[1].data]
    )
    weights = [w for w in topological_order(E) if w.place and w.place[:2] == ("w", 2)]
    flows = [w.data * delta[w.place.unit - 1] for w in weights if w.place]
    (between,) = [x for x in shown.edges if (x.source, x.target) == (hidden.key, last.key)]
    assert (between.count, between.norm) == (9, pytest.approx(math.hypot(*flows)))
    assert "‖flow‖" in str(draw(E, "layer", edges="flow"))
    assert inputs.title == "inputs"


def test_outputs_of_a_wide_softmax_layer() -> None:
    """Those that the error is computed from."""
    y = outputs(20, output="softmax")
    (fact,) = at(picture(cross_entropy(y, 7), "neuron"), "softmax").facts
    assert fact == ("y₈⁽¹⁾", y[7].data)


def test_the_error_at_the_level_of_layers_has_its_label() -> None:
    E = half_squared_error(outputs(2, 1), 1.0)
    for notation, name in (("prml", "E"), ("nielsen", "C")):
        node = picture(E, "layer", notation).nodes[-1]
        assert (node.title, node.facts[0]) == (name, ("", E.data))
    E.label = "loss"
    assert picture(E, "layer", "nielsen").nodes[-1].title == "loss"
