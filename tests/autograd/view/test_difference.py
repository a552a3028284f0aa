"""At the output `explain` says y - t where activation and error belong together, and only there."""

from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value, log, softmax, topological_order
from autograd.view import explain
from nn import LOSSES, MLP, half_squared_error, l2_penalty, total

PAIRS = [  # output activation, error, target, y in print
    ("identity", "half_squared_error", [0.7, -2.0], "a₁⁽²⁾"),
    ("identity", "half_squared_error", [0.0, 1.0], "a₁⁽²⁾"),
    ("identity", "mean_squared_error", [0.7, -2.0], "a₁⁽²⁾"),
    ("sigmoid", "binary_cross_entropy", [1, 0], "y₁⁽²⁾"),
    ("sigmoid", "binary_cross_entropy", [0.3, 0], "y₁⁽²⁾"),
    ("identity", "binary_cross_entropy_with_logits", [1, 0], "σ(a₁⁽²⁾)"),
    ("identity", "binary_cross_entropy_with_logits", [0.3, 0], "σ(a₁⁽²⁾)"),
    ("softmax", "cross_entropy", [1.0, 0.0], "y₁⁽²⁾"),
    ("softmax", "cross_entropy", [0.25, 0.75], "y₁⁽²⁾"),
    ("softmax", "cross_entropy", [0.0, 1.0], "softmax(a₁⁽²⁾, a₂⁽²⁾)₀"),
    ("identity", "cross_entropy_with_logits", [1.0, 0.0], "softmax(a₁⁽²⁾, a₂⁽²⁾)₀"),
    ("identity", "cross_entropy_with_logits", [0.25, 0.75], "softmax(a₁⁽²⁾, a₂⁽²⁾)₀"),
]
NO_PAIRS = [
    ("sigmoid", "half_squared_error", [0.3, 0.0]),
    ("tanh", "half_squared_error", [1.0, 0.0]),
    ("relu", "half_squared_error", [1.0, 0.0]),
    ("softmax", "half_squared_error", [1.0, 0.0]),
    ("sigmoid", "binary_cross_entropy_with_logits", [1, 0]),
    ("softmax", "cross_entropy_with_logits", [1.0, 0.0]),
    ("identity", "hinge", [1, -1]),
    ("tanh", "hinge", [1, -1]),
]


def output(loss: Value, number: int = 0) -> Value:
    """Return the first pre-activation of the last layer, of a sample, after a backward pass."""
    loss.backward()
    places = [(x, x.place) for x in topological_order(loss) if x.place is not None]
    last = max(place.layer for _, place in places)
    return [x for x, place in places if (*place[:3],) == ("a", last, 1)][number]


def line(a: Value, loss: Value, **options: Any) -> str:
    """Return the equation of the difference, if there is one."""
    explanation = explain(a, of=loss, **options)
    found = [text for text in str(explanation).splitlines() if text.startswith("  δ")]
    assert len(found) == (explanation.difference is not None)
    assert ("belong together" in str(explanation)) == bool(found)
    return found[0].strip() if found else ""


def network(activation: Any, outputs: int = 2) -> MLP:
    return MLP(2, [3, outputs], activation="tanh", output=activation, rng=0)


@pytest.mark.parametrize(("activation", "error", "target", "y"), PAIRS)
def test_pairs(activation: str, error: str, target: list[float], y: str) -> None:
    """The numbers add up to δ, which the backward pass found."""
    loss = LOSSES[error](network(activation)([0.5, -1.0]), target)
    a = output(loss)
    name, symbols, numbers, delta = line(a, loss, digits=12).split(" = ")
    assert (name, symbols) == ("δ₁⁽²⁾", f"{y} − t₁")
    left, right = [float(x.replace("−", "-")) for x in numbers.split(" − ")]
    assert right == target[0]
    assert left - right == pytest.approx(a.grad, rel=1e-9)
    assert float(delta.replace("−", "-")) == pytest.approx(a.grad, rel=1e-9)


@pytest.mark.parametrize(("activation", "error", "target"), NO_PAIRS)
def test_no_pairs(activation: str, error: str, target: list[float]) -> None:
    loss = LOSSES[error](network(activation)([0.5, -1.0]), target)
    assert line(output(loss), loss) == ""


def test_a_coincidence_at_one_point_is_none() -> None:
    """δ is y - t here, as relu′ is 1, but not where the unit is silent: at none of many outputs."""
    model = network("relu", 100)
    for neuron in model.layers[1].neurons:
        neuron.b.data = 5.0
    y: Any = model([0.5, -1.0])
    loss = half_squared_error(y, [1.0] * 100)
    assert output(loss).grad == y[0].data - 1.0
    assert {line(y_k.parents[0], loss) for y_k in y} == {""}


@pytest.mark.parametrize(
    "error",
    [
        lambda y: 0.5 * (y[0] * y[1] - 1.0) ** 2,  # the factor and the target are those of others
        lambda y: 0.5 * (y[0] - 1.0) ** 2 + 0.1 * y[0] ** 2,  # 0 at 0.8333, which is no target
        lambda y: 0.5 * (y[0] - 1.0) ** 2 + 0.5 * y[0] ** 2,  # 0 at 0.5, which is a factor
        lambda y: 2.0 * y[0],
        lambda y: y[0],
        lambda y: Value(3.0, (y[0],), (2.0,)) * y[0],  # made by hand
    ],
)
def test_what_looks_like_a_difference(error: Callable[[Any], Value]) -> None:
    loss = error(network("identity")([0.5, -1.0]))
    assert line(output(loss), loss) == ""


def test_the_factor_of_a_mean_and_of_weights() -> None:
    model, samples = network("sigmoid", 1), [0.1, 0.2, 0.3]
    bce = LOSSES["binary_cross_entropy"]
    loss = total([bce(model([x, 1.0]), 1) for x in samples], "mean") + l2_penalty(
        model.parameters(), 0.1
    )
    a = output(loss, 1)
    assert line(a, loss).startswith("δ₁⁽²⁾[2] = (y₁⁽²⁾[2] − t₁[2])/3 = (")
    assert line(a, loss).endswith(f" − 1)/3 = −{-a.grad:.4g}")
    loss = total([w * bce(model([x, 1.0]), 1) for w, x in zip((1, 2.5, 1), samples)])
    a = output(loss, 1)
    assert line(a, loss).startswith("δ₁⁽²⁾[2] = 2.5 · (y₁⁽²⁾[2] − t₁[2]) = 2.5 · (")
    loss = LOSSES["mean_squared_error"](network("identity", 1)([0.5, -1.0]), 0.25)
    loss.backward(seed=0.5)
    (explained,) = [explain(x, of=loss) for x in topological_order(loss) if str(x.place) == "a2[1]"]
    assert "\n  δ₁⁽²⁾ = a₁⁽²⁾ − t₁ = " in str(explained)  # 2 · ½


def test_functions_of_ones_own() -> None:
    """Written out, with a target that is a node; with exp as for counts; softmax by the user."""
    t = Value(0.3, label="target")
    y: Any = network(lambda a: 1.0 / (1.0 + (-a).exp()), 1)([0.5, -1.0])
    loss = -(t * log(y) + (1.0 - t) * log(1.0 - y))
    assert line(output(loss), loss).startswith("δ₁⁽²⁾ = y₁⁽²⁾ − t₁ = ")
    y = network(lambda a: a.exp(), 1)([0.5, -1.0])
    loss = y - 3.0 * log(y)
    assert line(output(loss), loss).startswith("δ₁⁽²⁾ = y₁⁽²⁾ − t₁ = ")
    y = network("identity", 3)([0.5, -1.0])
    loss = -log(softmax(y)[0])
    assert "softmax(a₁⁽²⁾, a₂⁽²⁾, a₃⁽²⁾)₀ − t₁" in line(output(loss), loss)
    assert "counts from 0" in str(explain(output(loss), of=loss))
    loss = LOSSES["cross_entropy_with_logits"](network("identity", 20)([0.5, -1.0]), 0)
    assert "softmax(a₁⁽²⁾, …, a₂₀⁽²⁾)₀ − t₁" in line(output(loss), loss)


@pytest.mark.parametrize(
    ("notation", "start"),
    [
        ("prml", "δ₁⁽²⁾ = y₁⁽²⁾ − t₁ = "),
        ("nielsen", "δ₁⁽²⁾ = a₁⁽²⁾ − y₁ = "),
        ("wikipedia", "δ₁⁽²⁾ = o₁⁽²⁾ − t₁ = "),
    ],
)
def test_notations(notation: str, start: str) -> None:
    loss = LOSSES["binary_cross_entropy"](network("sigmoid")([0.5, -1.0]), [1, 0])
    a = output(loss)
    assert line(a, loss, notation=notation).startswith(start)
    wanted = {
        "prml": r"\delta_{1}^{(2)} = y_{1}^{(2)} - t_{1} = ",
        "nielsen": r"\delta_{1}^{(2)} = a_{1}^{(2)} - y_{1} = ",
        "wikipedia": r"\delta_{1}^{(2)} = o_{1}^{(2)} - t_{1} = ",
    }
    assert wanted[notation] in explain(a, of=loss, notation=notation).latex


def test_hidden_units_and_weights_have_none_and_nothing_is_changed() -> None:
    loss = half_squared_error(network("identity")([0.5, -1.0]), [1.0, 0.0])
    loss.backward()
    nodes = topological_order(loss)
    before = [(x.data, x.grad) for x in nodes]
    found = {str(x.place): explain(x, of=loss).difference for x in nodes if x.place}
    assert {name for name, equation in found.items() if equation is not None} == {"a2[1]", "a2[2]"}
    assert [(x.data, x.grad) for x in nodes] == before
    loss.backward()  # nothing counts as edited
