"""Units of a network look alike, whatever their activation function is written as."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from autograd import (
    Layers,
    Operation,
    Place,
    Value,
    cosh,
    log,
    maximum,
    relu,
    sqrt,
    topological_order,
)
from autograd.layers import sums
from autograd.table import TABLE
from autograd.view import Node, diagnose, explain, expression, picture, play
from autograd.view.units import units
from nn import MLP, Layer, Module, Neuron, cross_entropy, half_squared_error, total

X, TARGET = [0.5, -1.0], [1.0, 0.0]


def composite(a: Value) -> Value:
    """tanh, in several nodes of which one is used twice."""
    e = (2.0 * a).exp()
    return (e - 1.0) / (e + 1.0)


WRITTEN: dict[str, Any] = {
    "function": Value.tanh,
    "lambda": lambda a: a.tanh(),
    "operation": "tanh of my own",
    "composite": composite,
    "composite lambda": lambda a: a.tanh() * a.cosh() / a.cosh(),
}


@pytest.fixture(params=WRITTEN)
def tanh(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The same activation function in the ways that a reader may write it."""
    name = "tanh of my own"
    own = Operation(name, math.tanh, lambda z, a: (1.0 - z * z,), symbol="tanh")
    activation = WRITTEN[request.param]
    yield own if activation == name else activation
    TABLE.pop(name)


def loss_of(activation: Any, samples: int = 1, output: Any = "sigmoid", **options: Any) -> Value:
    model = MLP(2, [3, 2], activation=activation, output=output, rng=0, **options)
    points = [[0.5 + n, -1.0 + 0.3 * n] for n in range(samples)]
    loss: Value = total([half_squared_error(model(x), TARGET) for x in points])
    loss.backward()
    return loss


def pre_activation(root: Value, layer: int, unit: int) -> Value:
    return Layers(topological_order(root)).uses[layer][0].units[unit]


def shape(node: Node) -> Any:
    rounded = [(name, round(number, 9)) for name, number in node.facts if name != "operations"]
    return node.kind, node.title, rounded, node.layer, node.unit


@pytest.mark.parametrize("elementary", [False, True])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_pictures_show_the_same_units(
    tanh: Any, detail: Any, samples: int, elementary: bool
) -> None:
    wanted = picture(loss_of("tanh", samples, "tanh", elementary=elementary), detail)
    found = picture(loss_of(tanh, samples, tanh, elementary=elementary), detail)
    assert [shape(node) for node in found.nodes] == [shape(node) for node in wanted.nodes]
    ends = [[(edge.source, edge.target, edge.count) for edge in p.edges] for p in (found, wanted)]
    assert ends[0] == ends[1]
    flows = [sorted(edge.flow or 0.0 for edge in p.edges) for p in (found, wanted)]
    assert flows[0] == pytest.approx(flows[1], abs=1e-12)


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_the_sign_of_a_unit(detail: Any) -> None:
    """Of one operation its own sign, of several the name of the function; a lambda has none."""
    sign = {
        name: next(n.symbol for n in picture(loss_of(h), detail).nodes if n.symbol)
        for name, h in WRITTEN.items()
        if callable(h)
    }
    assert sign == {
        "function": "tanh",
        "lambda": "tanh",
        "composite": "composite",
        "composite lambda": "h",
    }


@pytest.mark.parametrize("elementary", [False, True])
def test_the_delta_rule(tanh: Any, elementary: bool) -> None:
    """δ_j = h′(a_j) Σ_k w_kj δ_k, and h′ is that of central differences."""
    loss = loss_of(tanh, output=tanh, elementary=elementary)
    wanted = loss_of("tanh", output="tanh", elementary=elementary)
    for layer, unit, general in [
        (1, 2, "δ_j = h′(a_j) Σ_k w_kj · δ_k"),
        (2, 1, "δ_k = h′(a_k) · ∂E/∂y_k"),
    ]:
        a = pre_activation(loss, layer, unit)
        explanation = explain(a, of=loss)
        h = 1e-6
        slope = (math.tanh(a.data + h) - math.tanh(a.data - h)) / (2 * h)
        assert explanation.factor == pytest.approx(slope, rel=1e-8)
        assert explanation.gradient == a.grad
        products = [term.product for term in explanation.terms]
        assert slope * math.fsum(products) == pytest.approx(a.grad, rel=1e-8)
        as_row = explain(pre_activation(wanted, layer, unit), of=wanted)
        lines, wanted_lines = [
            re.sub("v[₀-₉]+", "v", str(e)).splitlines()[:5] for e in (explanation, as_row)
        ]
        assert lines[0] == general
        assert lines == wanted_lines
        assert re.search(rf"^  h′.* {explanation.factor:.4g}$", str(explanation), re.MULTILINE)


def test_names_of_the_activations(tanh: Any) -> None:
    """z inside, y at the output, in every notation."""
    loss = loss_of(tanh, output=tanh)
    w = next(
        node
        for node in topological_order(loss)
        if node.place is not None and node.place[:4] == ("w", 2, 1, 3)
    )
    assert "∂E/∂w₁₃⁽²⁾ = δ₁⁽²⁾ · z₃⁽¹⁾" in str(explain(w, of=loss))
    assert "∂C/∂w₁₃⁽²⁾ = δ₁⁽²⁾ · a₃⁽¹⁾" in str(explain(w, of=loss, notation="nielsen"))
    assert "/∂y₁⁽²⁾" in str(explain(pre_activation(loss, 2, 1), of=loss))
    assert "y_{1}^{(2)}" in expression(loss).latex


def test_the_doctor_sees_the_units(tanh: Any) -> None:
    """Saturated ones, for example."""
    models = [MLP(1, [3, 1], activation=h, init=lambda *_: 12.0, rng=0) for h in (tanh, "tanh")]
    models[0].layers[0].neurons[1].w[0].data = models[1].layers[0].neurons[1].w[0].data = 0.5
    reports = []
    for model in models:
        loss = half_squared_error(model([1.0]), 0.0)
        loss.backward()
        reports.append(diagnose(loss))
    found, wanted = ([f for f in r.findings if f.kind == "saturated"] for r in reports)
    assert len(found) == len(wanted) == 1
    assert found[0].evidence.startswith("2 of 3: z₁⁽¹⁾, z₃⁽¹⁾;")
    assert found[0].evidence.split(";")[0] == wanted[0].evidence.split(";")[0]
    assert found[0].evidence.split("|a|")[1] == wanted[0].evidence.split("|a|")[1]


def test_silent_units_of_a_relu_of_ones_own() -> None:
    """Dead, not saturated, also where max(0, a) is written out."""
    for h in (relu, lambda a: a.relu(), lambda a: maximum(a, 0.0), lambda a: maximum(0.0, a)):
        model = MLP(1, [2, 1], activation=h, init=lambda *_: 1.0, rng=0)
        model.layers[0].neurons[1].w[0].data = -1.0
        loss = total([half_squared_error(model([x / 4]), 0.0) for x in range(1, 12)])
        loss.backward()
        report = diagnose(loss)
        assert [f.kind for f in report.findings if f.severity != "note"] == ["dead-units"]
        assert "1 of 2: z₂⁽¹⁾, in 11 samples" in str(report)
        assert "largest pre-activation is -0.25" in str(report)


def test_the_slope_goes_by_the_chain_rule_of_the_engine() -> None:
    """What a ReLU does not select contributes nothing, be the slope behind it infinite."""
    a = Value(0.7)
    a.place = Place("a", 1, 1)
    z = sqrt(relu(a)) + log(cosh(a))
    z.place = Place("z", 1, 1)
    z.backward()
    (unit,) = units(topological_order(z)).values()
    assert unit.slope == a.grad
    assert unit.z is z
    assert len(unit.steps) == 5


def test_reading_a_unit_leaves_no_trace() -> None:
    loss = loss_of(composite)
    before = [(node.data, node.grad, node.place) for node in topological_order(loss)]
    for unit in units(topological_order(loss)).values():
        assert math.isfinite(unit.slope)
    assert [(node.data, node.grad, node.place) for node in topological_order(loss)] == before


def test_an_activation_with_a_parameter_of_its_own() -> None:
    """The parameter stays outside of the unit, which it gives a number."""
    beta = Value(1.5, label="beta")
    loss = loss_of(lambda a: a * (2.0 * beta * a).sigmoid(), output="identity")
    shown = picture(loss, "neuron")
    assert len([node for node in shown.nodes if node.is_unit]) == 5
    assert "beta" in [node.title for node in shown.nodes]
    a = pre_activation(loss, 1, 1)
    s = 1.0 / (1.0 + math.exp(-3.0 * a.data))
    slope = s + a.data * 3.0 * s * (1.0 - s)
    assert explain(a, of=loss).factor == pytest.approx(slope, rel=1e-12)


def test_a_node_within_the_activation_that_is_used_elsewhere() -> None:
    """δ is then no longer h′(a) Σ_k w_kj δ_k, and is not said to be."""
    kept: list[Value] = []

    def leaking(a: Value) -> Value:
        kept.append(a.tanh())
        return kept[-1] * 2.0

    z = Neuron(1, activation=leaking, rng=0)([0.5])
    loss = Neuron(1, activation="identity", rng=1)([z]) ** 2 + kept[0]
    loss.backward()
    a = pre_activation(loss, 1, 1)
    explanation = explain(a, of=loss)
    assert explanation.factor is None
    assert "h′" not in str(explanation)
    assert explanation.gradient == a.grad
    assert math.fsum([t.product for t in explanation.terms]) == pytest.approx(a.grad, rel=1e-12)


@pytest.mark.parametrize("h", ["tanh", composite])
def test_a_unit_that_is_the_result_itself(h: Any) -> None:
    z = Neuron(1, activation=h, rng=0)([0.5])
    z.backward()
    a = pre_activation(z, 1, 1)
    explanation = explain(a, of=z)
    assert explanation.gradient == a.grad == pytest.approx(1.0 - z.data**2)
    assert math.fsum([t.product for t in explanation.terms]) == pytest.approx(a.grad)
    shown = picture(z, "neuron").nodes[-1]
    assert (shown.kind, shown.title) == ("output", "y₁⁽¹⁾")


def test_labels_of_the_user() -> None:
    """On z they are the title; on a they are its name."""
    neuron = Neuron(1, activation=composite, rng=0)
    a = neuron.pre_activation([0.5])
    a.label = "sum"
    z = neuron.activate(a)
    z.label = "answer"
    loss = z * z
    loss.backward()
    assert picture(loss, "neuron").nodes[-2].title == "answer"
    assert "answer" in str(expression(loss))
    assert "h′(sum)" in str(explain(a, of=loss))


def test_a_sum_that_is_used_twice_at_every_step() -> None:
    """Reading it takes a step for each node, not for each path."""
    a = Value(1.0) + 0.0
    for _ in range(60):
        a = a + a
    a.place = Place("a", 1, 1)
    assert len(sums(a)) == 60


def test_softmax_is_no_unit_of_its_own() -> None:
    """Each z depends on all a of the layer."""
    model = MLP(2, [3, 2], activation=composite, output="softmax", rng=0)
    loss = cross_entropy(model(X), 1)
    loss.backward()
    found = units(topological_order(loss))
    assert [unit.a.place[1:3] for unit in found.values() if unit.a.place] == [
        (1, j) for j in (1, 2, 3)
    ]
    titles = [node.title for node in picture(loss, "neuron").nodes]
    assert {"a₁⁽²⁾", "a₂⁽²⁾", "softmax"} <= set(titles)
    assert explain(pre_activation(loss, 2, 1), of=loss).factor is None


class Recurrent(Module):
    """One layer, applied again to what it gave."""

    def __init__(self, activation: Any) -> None:
        self.layer = Layer(2, 2, activation=activation, rng=0)

    def __call__(self, x: Any) -> Any:
        return self.layer(self.layer(x))


def test_a_layer_applied_twice(tanh: Any) -> None:
    """Each a has the z that was made of it."""
    losses = []
    for h in (tanh, "tanh"):
        z = Recurrent(h)(X)
        loss = z[0] * z[1]
        loss.backward()
        losses.append(loss)
    found = units(topological_order(losses[0]))
    assert len(found) == 4
    assert all(unit.z.data == pytest.approx(math.tanh(a.data)) for a, unit in found.items())
    for detail in ("neuron", "layer"):
        shown, wanted = (picture(loss, detail) for loss in losses)  # type: ignore[arg-type]
        assert [shape(n) for n in shown.nodes] == [shape(n) for n in wanted.nodes]


def test_copies_and_the_player(tanh: Any) -> None:
    """The marks are copied with the graph."""
    loss = copy.deepcopy(loss_of(tanh))
    assert len(units(topological_order(loss))) == 5
    data = play(loss, detail="neuron").data
    order = topological_order(loss)
    slots = [slot for facts in data["levels"]["neuron"]["facts"] for slot in facts]
    activations = {i for i, x in enumerate(order) if x.place is not None and x.place[0] == "z"}
    assert activations <= {slot[2] for slot in slots if slot is not None and slot[1] == "v"}
