"""The gradient doctor finds what is wrong, only that, and changes nothing."""

import math
from typing import Any

import pytest

from autograd import Value, topological_order
from autograd import sum as sum_of
from autograd.view import Report, diagnose
from autograd.view.unit_findings import ENOUGH_SAMPLES
from nn import MLP, SGD, Module, half_squared_error, total


def kinds(report: Report) -> list[str]:
    return [finding.kind for finding in report.findings]


def finding(report: Report, kind: str) -> Any:
    return next(f for f in report.findings if f.kind == kind)


def loss_of(model: MLP, samples: int = 10) -> Value:
    xs = [(i / samples - 0.5, 0.3 - i / samples) for i in range(samples)]
    return total([half_squared_error(model(x), 0.5) for x in xs])  # type: ignore[no-any-return]


def test_a_healthy_network() -> None:
    model = MLP(2, [4, 1], activation="tanh", rng=0)
    loss = loss_of(model)
    loss.backward()
    report = diagnose(loss)
    assert report
    assert report.findings == ()
    assert str(report).startswith("Gradient doctor: healthy. Examined: ")
    assert "5 units in 10 samples" in str(report)
    assert diagnose(model).findings == ()


def test_nothing_is_changed() -> None:
    model = MLP(2, [4, 1], activation="relu", rng=0)
    loss = loss_of(model)
    for _ in range(3):
        before = [(x.data, x.grad, x.has_grad) for x in topological_order(loss)]
        diagnose(loss)
        diagnose(model)
        assert [(x.data, x.grad, x.has_grad) for x in topological_order(loss)] == before
        loss.backward()  # nothing counts as edited


def test_backward_not_run() -> None:
    model = MLP(2, [4, 1], activation="tanh", rng=0)
    assert kinds(diagnose(loss_of(model))) == ["not-run"]
    assert kinds(diagnose(model)) == ["not-run"]
    assert not diagnose(model)


def test_gradients_of_earlier_passes() -> None:
    model = MLP(2, [4, 1], activation="tanh", rng=0)
    loss_of(model, 3).backward()
    loss = loss_of(model)
    assert kinds(diagnose(loss)) == ["stale-gradients"]
    loss.backward()
    report = diagnose(loss)
    assert kinds(report) == ["stale-gradients"]
    assert "times less" not in str(report)
    model.zero_grad()
    loss = loss_of(model)
    for _ in range(3):
        loss.backward()
    assert "exactly 3 times less for each" in finding(diagnose(loss), "stale-gradients").evidence


def test_another_seed_is_not_stale() -> None:
    x = Value(3.0)
    y = x * x
    y.backward(seed=0.5)
    assert diagnose(y)


def test_edited_leaves_are_named() -> None:
    a, b = Value(2.0, label="alpha"), Value(3.0, label="beta")
    y = a * b
    y.backward()
    a.data = 5.0
    report = diagnose(y)
    assert kinds(report) == ["edited"]
    assert "1 node: alpha." in report.findings[0].evidence
    y.refresh()
    assert "edited" not in kinds(diagnose(y))
    product = a * b
    product.label = "product"
    z = product + 1.0
    product.data = 0.0
    assert "product" in finding(diagnose(z), "edited").evidence


def test_after_a_step_of_the_optimizer() -> None:
    model = MLP(2, [2, 1], activation="tanh", rng=0)
    loss = loss_of(model)
    loss.backward()
    SGD(model.parameters(), lr=0.1).step()
    assert kinds(diagnose(loss)) == ["edited"]  # and nothing is claimed about the gradients


def test_dead_units() -> None:
    model = MLP(2, [3, 1], activation="relu", rng=0)
    for neuron, bias in zip(model.layers[0].neurons, (5.0, -100.0, 5.0)):
        neuron.b.data = bias
    loss = loss_of(model)
    loss.backward()
    dead = finding(diagnose(loss), "dead-units")
    assert dead.severity == "warning"
    assert dead.evidence.startswith("1 of 3: z₂⁽¹⁾, in 10 samples")
    model.zero_grad()
    loss = loss_of(model, ENOUGH_SAMPLES - 1)
    loss.backward()
    assert finding(diagnose(loss), "dead-units").severity == "note"
    assert diagnose(loss)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "logistic", "gudermannian"])
def test_saturated_units(activation: str) -> None:
    model = MLP(2, [3, 1], activation=activation, rng=0)
    model.layers[0].neurons[2].b.data = 30.0
    loss = loss_of(model)
    loss.backward()
    assert "z₃⁽¹⁾" in finding(diagnose(loss), "saturated").evidence


def test_vanishing_and_exploding() -> None:
    model = MLP(2, [3] * 8 + [1], activation="sigmoid", rng=0)
    loss = loss_of(model)
    loss.backward()
    assert "vanishing" in kinds(diagnose(loss))
    model = MLP(2, [3] * 8 + [1], activation="identity", rng=0)
    for parameter in model.parameters():
        parameter.data *= 10.0
    loss = loss_of(model)
    loss.backward()
    assert "exploding" in kinds(diagnose(loss))


def test_not_finite() -> None:
    x = Value(-1.0, label="x")
    y = x.log() * 2.0
    y.backward()
    report = diagnose(y)
    assert "nan, which is log(−1)" in finding(report, "not-finite").evidence
    zero = Value(0.0, label="zero")
    root = zero.sqrt()
    root.backward()
    report = diagnose(root)
    assert kinds(report) == ["not-finite"]
    assert "zero with inf, at the operation sqrt" in report.findings[0].evidence
    model = MLP(1, [1], rng=0)
    model.parameters()[0].data = math.nan
    assert "not-finite" in kinds(diagnose(model))


def test_zero_gradients_are_a_note() -> None:
    x, y = Value(0.0, label="x"), Value(2.0, label="y")
    product = x * y
    product.backward()
    report = diagnose(product)
    assert kinds(report) == ["zero-gradient"]
    assert report
    assert "1 of 2: y" in report.findings[0].evidence


def test_unused_parameters() -> None:
    class Forgetful(Module):
        def __init__(self) -> None:
            self.used, self.unused = Value(1.0), Value(2.0)

        def __call__(self, x: float) -> Value:
            return self.used * x

    model = Forgetful()
    model(2.0).backward()
    assert finding(diagnose(model), "no-gradient").evidence == "1 of 2: unused."
    assert kinds(diagnose(Module())) == ["no-gradient"]


def test_symmetric_units() -> None:
    model = MLP(2, [3, 1], activation="tanh", init=lambda rng, nin, nout: 0.5)
    loss = loss_of(model)
    loss.backward()
    assert "units 1, 2, 3 of layer 1" in finding(diagnose(loss), "symmetric").evidence
    assert kinds(diagnose(model)) == ["symmetric"]
    model.layers[0].neurons[0].b.data = 0.1
    assert "units 2, 3 of layer 1" in finding(diagnose(model), "symmetric").evidence


def test_html_is_escaped() -> None:
    x = Value(-1.0, label="<script>alert(1)</script>")
    page = diagnose(x.log())._repr_html_()
    assert "<script" not in page
    x = Value(3.0, label="<b>")
    y = x * x
    y.backward()
    y.backward()
    assert "<b>:" not in diagnose(y)._repr_html_()


def test_leaves_and_deep_graphs() -> None:
    assert kinds(diagnose(Value(1.0))) == ["no-graph"]
    y = x = Value(1.0)
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert diagnose(y)
    wide = sum_of([x * i for i in range(1, 1000)])
    assert kinds(diagnose(wide)) == ["stale-gradients"]


def test_what_cannot_be_examined() -> None:
    with pytest.raises(TypeError, match="a module with parameters"):
        diagnose(3.0)


def test_findings_speak_as_pictures_do() -> None:
    q = Value(0.0, label="q")
    broken = (q.exp() * 1e308 * 10).log()
    broken.backward()
    first = finding(diagnose(broken), "not-finite")
    assert "inf, which is 1e+308 × 10" in first.evidence
    y = q.sqrt() * 1e308 * 1e308
    y.backward()
    assert "with inf, at the operation ×" in str(diagnose(y))
    assert "double" not in diagnose(y)._repr_html_()  # borders that nothing explains
    model = MLP(2, [6, 6, 1], activation="relu", rng=1)
    for parameter in model.parameters():
        parameter.data = -abs(parameter.data)
    error = half_squared_error(model([0.5, 1.0]), 1.0)
    error.backward()
    found = finding(diagnose(error), "vanishing").evidence
    assert "δ in layer 1: 0, layer 2: 0, layer 3: " in found
