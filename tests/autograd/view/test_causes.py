"""Broken networks of every kind: the doctor's first finding names the cause."""

import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from autograd import GraphCutWarning, Value, log, maximum, no_grad, softmax
from autograd.view import Finding, Report, diagnose
from nn import (
    LOSSES,
    MLP,
    SGD,
    Adam,
    History,
    Module,
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_with_logits,
    fit,
    half_squared_error,
    total,
)

X = [[i / 10 - 1, (i * 7 % 20) / 10 - 1] for i in range(20)]
T = [math.sin(3 * x) * y for x, y in X]
BINARY = [float(t > 0) for t in T]
CLASSES = [(t > 0) + (t > 0.3) for t in T]
BCE_LOGITS = LOSSES["binary_cross_entropy_with_logits"]

Case = tuple[Any, ...]  # what is examined


def clamped(y: Any, t: Any) -> Any:
    """A cross-entropy that someone has written, which those of nn are not: it takes any outputs."""
    if isinstance(y, Value):
        return -log(maximum(y if t else 1.0 - y, 1e-300))
    return -log(maximum(y[t], 1e-300))


def loss_of(
    model: Any, targets: Any = T, error: Any = half_squared_error, inputs: Any = X
) -> Value:
    errors = [error(model(x), t) for x, t in zip(inputs, targets)]
    return total(errors, "mean")  # type: ignore[no-any-return]


def after_backward(model: Any, *args: Any) -> Case:
    loss = loss_of(model, *args)
    loss.backward()
    return model, loss


def network(*sizes: int, **options: Any) -> MLP:
    return MLP(2, [*sizes] or [8, 1], **{"activation": "tanh", "rng": 0, **options})


def scaled(model: MLP, factor: float) -> MLP:
    for parameter in model.parameters():
        parameter.data *= factor
    return model


def biased(model: MLP, bias: float) -> MLP:
    for neuron in model.layers[0].neurons:
        neuron.b.data = bias
    return model


def first(report: Report) -> Finding:
    assert not report
    return report.findings[0]


# ---- the ten


def forgot_zero_grad() -> Case:
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        loss = loss_of(model)
        loss.backward()
        optimizer.step()
    return model, loss


def forgot_zero_grad_before_the_step() -> Case:
    return after_backward(forgot_zero_grad()[0])


def forgot_backward() -> Case:
    model = network()
    return model, loss_of(model)


def zeros(activation: str) -> Case:
    return after_backward(network(8, 4, 1, activation=activation, init=lambda *_: 0.0))


def dead(activation: str, samples: int = 20) -> Case:
    model = biased(network(8, 4, 1, activation=activation), -100.0)
    return after_backward(model, T, half_squared_error, X[:samples])


def died_of_a_huge_step() -> Case:
    model = network(8, 1, activation="relu", init=lambda rng, *_: rng.uniform(0.1, 1.0))
    loss = loss_of(model, [t - 3 for t in T])
    loss.backward()
    SGD(model.parameters(), lr=100.0).step()
    model.zero_grad()
    return after_backward(model)


def unscaled(activation: str, **options: Any) -> Case:
    inputs = [[500 * x + 1000, 300 * y - 700] for x, y in X]
    model = network(activation=activation, **options)
    return after_backward(model, T, half_squared_error, inputs)


class Cut(Module):
    """A network whose hidden activations are passed on by some function."""

    def __init__(self, how: Callable[[Value], Any]) -> None:
        self.model, self.how = network(6, 1), how

    def __call__(self, x: Any) -> Any:
        below, above = self.model.layers
        hidden: Any = below(x)
        return above([self.how(z) for z in hidden])


def cut(how: Callable[[Value], Any]) -> Case:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return after_backward(Cut(how))


def within_no_grad(loss_too: bool) -> Case:
    model = network()
    with no_grad():
        outputs = [model(x) for x in X]
        loss = loss_of(model)
    if not loss_too:
        loss = total([half_squared_error(y, t) for y, t in zip(outputs, T)])
        loss.backward()
    return model, loss


def trained(rate: float, epochs: int = 30) -> History:
    model = network()
    optimizer = SGD(model.parameters(), lr=rate)
    return fit(model, X, T, half_squared_error, optimizer=optimizer, epochs=epochs, progress=False)


def stepped_before_backward() -> Case:
    model = network()
    loss_of(model).backward()
    loss = loss_of(model)
    SGD(model.parameters(), lr=0.1).step()
    return model, loss


def with_a_nan_in_the_data() -> Case:
    inputs = [[*x] for x in X]
    inputs[3][1] = math.nan
    return after_backward(network(), T, half_squared_error, inputs)


def with_a_logarithm_of_0() -> Case:
    model = network()
    loss = loss_of(model) - log(model.parameters()[0] * 0.0)
    loss.backward()
    return model, loss


def of_another_model() -> Case:
    return network(), after_backward(network())[1]


CASES: list[tuple[str, Callable[[], Case], str, str]] = [
    ("zero_grad", forgot_zero_grad, "stale-gradients", "several backward passes"),
    ("zero_grad 2", forgot_zero_grad_before_the_step, "stale-gradients", "several backward passes"),
    ("backward", forgot_backward, "not-run", "backward() has not been run"),
    *[
        (f"zeros {h}", lambda h=h: zeros(h), "zero-weights", "weights are all 0")
        for h in ("tanh", "relu", "sigmoid", "leaky_relu")
    ],
    *[
        (f"dead {h}", lambda h=h: dead(h), "dead-units", f"{h} units are dead")
        for h in ("relu", "gelu", "elu", "silu", "softplus", "leaky_relu")
    ],
    ("dead, 2 samples", lambda: dead("relu", 2), "dead-units", "relu units are dead"),
    ("died", died_of_a_huge_step, "dead-units", "relu units are dead"),
    ("unscaled", lambda: unscaled("sigmoid"), "saturated", "inputs are too large, up to 1.45e+03"),
    ("unscaled 2", lambda: unscaled("tanh", elementary=True), "saturated", "inputs are too large"),
    (
        "biases",
        lambda: after_backward(biased(network(), 30.0)),
        "saturated",
        "biases are too large, up to 30",
    ),
    (
        "vanishing",
        lambda: after_backward(network(*[6] * 10, 1, activation="sigmoid")),
        "vanishing",
        "slope of sigmoid",
    ),
    (
        "small",
        lambda: after_backward(scaled(network(*[6] * 8, 1), 0.05)),
        "vanishing",
        "weights are too small",
    ),
    *[
        (
            f"large {h} {c}",
            lambda h=h, c=c: after_backward(scaled(network(*[6] * 6, 1, activation=h), c)),
            kind,
            "weights are too large",
        )
        for h, kind in (("identity", "exploding"), ("relu", "exploding"), ("tanh", "saturated"))
        for c in (10.0, 100.0)
    ],
    (
        "overflow",
        lambda: after_backward(scaled(network(*[6] * 6, 1, activation="relu"), 1e60)),
        "not-finite",
        "overflow",
    ),
    *[
        (f"cut {name}", lambda how=how: cut(how), "not-reached", "some parameters of the model")
        for name, how in (
            ("detach", Value.detach),
            ("data", lambda z: z.data),
            ("float", float),
            ("math", lambda z: math.tanh(z)),
            ("Value", lambda z: Value(z.data)),
        )
    ],
    ("no_grad", lambda: within_no_grad(True), "no-graph", "is a leaf"),
    ("no_grad 2", lambda: within_no_grad(False), "not-reached", "is not recorded"),
    ("rate", lambda: (trained(20.0),), "rate-too-large", "learning rate is too large"),
    # further ones
    (
        "double softmax",
        lambda: after_backward(network(8, 3, output="softmax"), CLASSES, cross_entropy_with_logits),
        "double-activation",
        "softmax is applied twice",
    ),
    (
        "double softmax 2",
        lambda: after_backward(
            network(8, 3), CLASSES, lambda a, t: cross_entropy_with_logits(softmax(a), t)
        ),
        "double-activation",
        "softmax is applied twice",
    ),
    (
        "double sigmoid",
        lambda: after_backward(network(output="sigmoid"), BINARY, BCE_LOGITS),
        "double-activation",
        "sigmoid is applied twice",
    ),
    *[
        (
            f"raw {name}",
            lambda args=args: after_backward(*args),
            "raw-outputs",
            "outputs are none",
        )
        for name, args in (
            ("classes", (network(8, 3), CLASSES, clamped)),
            ("binary", (network(), BINARY, clamped)),
            ("tanh", (network(output="tanh"), BINARY, clamped)),
        )
    ],
    (
        "constant",
        lambda: after_backward(network(8, 4, 1, init=lambda *_: 0.3)),
        "symmetric",
        "same weights",
    ),
    ("log 0", with_a_logarithm_of_0, "not-finite", "log gives -inf"),
    ("nan", with_a_nan_in_the_data, "not-finite", "data are not finite"),
    ("diverged", lambda: after_backward(scaled(network(), math.nan)), "not-finite", "parameters"),
    ("step first", stepped_before_backward, "edited", "before backward()"),
    ("other model", of_another_model, "not-reached", "depends on no parameter"),
    ("constant loss", lambda: (network(), Value(2.0) * 3.0), "not-reached", "no parameter"),
]


@pytest.mark.parametrize(
    ("build", "kind", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_first_finding_is_the_cause(build: Any, kind: str, words: str) -> None:
    found = first(diagnose(*build()))
    assert found.kind == kind
    assert words in found.title


def test_a_model_alone_tells_of_zeros() -> None:
    assert first(diagnose(zeros("tanh")[0])).kind == "zero-weights"


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "leaky_relu", "gelu"])
def test_nobody_is_advised_what_they_do(activation: str) -> None:
    """Whatever their weights are."""
    for factor in (0.0, 0.01, 1.0, 10.0, 1000.0):
        for bias in (0.0, -100.0):
            model = scaled(network(*[6] * 8, 1, activation=activation), factor)
            examined = after_backward(biased(model, bias), T, half_squared_error, X[:8])
            for finding in diagnose(*examined).findings:
                advice = finding.advice.replace(f"the slope of {activation}", "")
                assert activation not in re.findall(r"\w+", advice)


HEALTHY = [
    ("tanh", "identity", T, half_squared_error),
    ("gelu", "identity", T, half_squared_error),
    ("tanh", "sigmoid", BINARY, binary_cross_entropy),
    ("sigmoid", "identity", BINARY, BCE_LOGITS),
    ("tanh", "softmax", CLASSES, cross_entropy),
    ("tanh", "identity", CLASSES, cross_entropy_with_logits),
]


@pytest.mark.parametrize(("activation", "output", "targets", "error"), HEALTHY)
def test_healthy_networks(activation: str, output: str, targets: Any, error: Any) -> None:
    """Before training, after it, and after a step of the optimiser."""
    outputs = 3 if targets is CLASSES else 1
    model = network(8, outputs, activation=activation, output=output)
    assert diagnose(*after_backward(model, targets, error))
    optimizer = Adam(model.parameters(), lr=0.05)
    history = fit(model, X, targets, error, optimizer=optimizer, epochs=60, progress=False)
    model.zero_grad()
    examined = after_backward(model, targets, error)
    report = diagnose(*examined, history)
    assert report, report
    optimizer.step()
    report = diagnose(*examined)
    assert report, report
    assert [f.kind for f in report.findings if f.kind != "zero-gradient"] == ["edited"]


def test_outputs_may_saturate_where_they_are_right() -> None:
    """δ is y - t there, whatever σ′ is; a wrong one that is out of reach is found."""
    model = network(8, 1, output="sigmoid")
    model.layers[1].neurons[0].b.data = 20.0
    right = after_backward(model, [1.0] * 20, binary_cross_entropy)
    assert "saturated" not in [f.kind for f in diagnose(*right).findings]
    model.zero_grad()
    assert first(diagnose(*after_backward(model, [1.0] * 20))).kind == "saturated"


def test_softmax_regression_may_start_from_zeros() -> None:
    """Without hidden units there is nothing to be told apart."""
    model = network(3, output="softmax", init=lambda *_: 0.0)
    assert diagnose(*after_backward(model, CLASSES, cross_entropy))


def test_weights_of_0_in_the_last_layer_are_a_note() -> None:
    """They move in the first step."""
    model = network(8, 1)
    for weight in model.layers[1].neurons[0].w:
        weight.data = 0.0
    report = diagnose(*after_backward(model))
    (found,) = [finding for finding in report.findings if finding.kind == "zero-weights"]
    assert found.severity == "note"
    assert found.evidence == "8 of 24 weights, in 1 layer."


@pytest.mark.parametrize(
    ("examined", "why"),
    [
        (lambda: zeros("tanh"), "a factor on the way is 0"),
        (lambda: dead("relu"), "a factor on the way is 0"),
        (lambda: dead("leaky_relu"), "a layer is off"),
        (lambda: dead("elu"), "a layer is off"),
        (lambda: unscaled("sigmoid"), "inputs are too large, up to 1.45e+03"),
    ],
)
def test_what_follows_is_not_given_another_cause(examined: Any, why: str) -> None:
    (found,) = [f for f in diagnose(*examined()).findings if f.kind == "vanishing"]
    assert found.title.endswith(f": {why}")


def test_activations_made_by_hand_can_be_examined() -> None:
    """Nothing is known of them but the slope where they are."""
    by_hand = lambda a: Value(math.tanh(a.data), (a,), (1.0 - math.tanh(a.data) ** 2,))  # noqa: E731
    model = network(8, 1, activation=by_hand, output=by_hand)
    assert diagnose(*after_backward(model))
    assert first(diagnose(*after_backward(biased(network(activation=by_hand), 30.0)))).kind == (
        "saturated"
    )


def test_classes_that_are_not_in_a_batch_do_not_hide_raw_outputs() -> None:
    """The weights of their outputs are not reached, which is what follows from it."""
    report = diagnose(*after_backward(network(8, 3), [0] * 20, clamped))
    assert [finding.kind for finding in report.findings] == ["raw-outputs", "not-reached"]


def test_where_a_graph_was_cut_is_said_if_it_is_known() -> None:
    model = network()
    y: Any = model(X[0])
    with pytest.warns(GraphCutWarning, match=r"math\.sin"):
        loss = half_squared_error(math.sin(y), model.layers[0].neurons[0].b)
    loss.backward()
    evidence = first(diagnose(model, loss)).evidence
    assert evidence.startswith("32 of 33 parameters: layers.0.neurons.0.w.0")
    assert "half_squared_error(math.sin(y), model" in evidence
    assert evidence.count("test_causes.py") == 1


# ---- the course of a loss

CURVES = [
    ([1.0, 2.0, 3.0], "rate-too-large", "grows"),
    ([0.7, 0.67, 1.3, 0.8, 4.4, 7.8, 4.2, 8.2], "rate-too-large", "grows"),
    ([0.13, 0.12, 0.25, 0.14, 0.12, 0.126, 0.125], "rate-too-large", "jumps up"),
    ([2.0, 1.0, 0.4, 0.9, 0.4, 1.0, 0.3, 0.9, 0.4, 0.8], "rate-too-large", "swings"),
    ([1.0, 0.5, math.nan], "rate-too-large", "nan in epoch 3"),
    ([0.7, math.inf, math.nan], "rate-too-large", "inf in epoch 2"),
    ([math.nan, math.nan, math.nan], "not-finite", "from the first epoch"),
    ([1.0 - 1e-4 * i for i in range(50)], "rate-too-small", "falls by 0.49%"),
    ([-1.0 - 1e-4 * i for i in range(50)], "rate-too-small", "falls by 0.49%"),
    ([1.0] * 20, "no-progress", "does not change at all"),
    ([0.7, 0.694, *[0.693] * 20], "plateau", "from the beginning"),
]


@pytest.mark.parametrize(("losses", "kind", "words"), CURVES)
def test_the_course_of_a_loss(losses: list[float], kind: str, words: str) -> None:
    """As a list, of nodes, or of a history."""
    history = History([{"train_loss": x, "learning_rate": 0.5} for x in losses])
    for what in (losses, [Value(x) for x in losses], tuple(losses), history):
        found = first(diagnose(what))
        assert (found.kind, words in found.title) == (kind, True)
    assert "learning rate was 0.5." in found.evidence
    assert f"in {len(losses)} epochs" in found.evidence


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [3.0],
        [0.0, 0.0, 0.0],
        [1.0, 0.9, 0.5, 0.1, 0.01],
        [math.exp(-i / 10) for i in range(50)],
        [1.0, 3.0, *[0.9**i for i in range(50)]],  # a bump that is got over
        [1.0, 0.5, 0.1, *[0.001, 0.002] * 10],  # noise far below what it began with
        [1.0, 0.5, 0.4, 0.39, 0.39, 0.389],
        [-1.0, -2.0, -3.0],
    ],
)
def test_nothing_is_wrong_with_other_courses(losses: list[float]) -> None:
    assert diagnose(losses)


@pytest.mark.parametrize(
    ("rate", "kind"), [(1e-6, "rate-too-small"), (0.5, ""), (5.0, "rate-too-large")]
)
def test_learning_rates(rate: float, kind: str) -> None:
    """Of real training."""
    assert [finding.kind for finding in diagnose(trained(rate)).findings] == [kind][: bool(kind)]


def test_what_can_be_examined_together() -> None:
    model, loss = after_backward(network())
    report = diagnose(trained(20.0), loss, model)
    assert first(report).kind == "rate-too-large"
    assert str(report).startswith("Gradient doctor: not healthy. Examined: 401 operations and ")
    assert "; the course of the loss; 33 parameters.\n" in str(report)
    with pytest.raises(TypeError, match="nothing to examine"):
        diagnose()
    with pytest.raises(TypeError, match="losses of training, got 'loss'"):
        diagnose(model, "loss")
