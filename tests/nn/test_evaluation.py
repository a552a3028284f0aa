"""predict, predict_class, accuracy and mean_loss."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import pytest

from autograd import Value, no_grad
from interrupting import at_every_line, at_random
from nn import (
    MLP,
    Dropout,
    Layer,
    Module,
    Neuron,
    accuracy,
    fit,
    mean_loss,
    predict,
    predict_class,
    predict_proba,
)

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def test_predict_gives_plain_numbers() -> None:
    """A float for each sample, or a list of them; no graph is recorded."""
    one, three = MLP(2, [1], rng=0), MLP(2, [3], rng=0)
    ys = predict(one, XOR)
    assert ys == [one(x).data for x in XOR]  # type: ignore[union-attr]
    assert {type(y) for y in ys} == {float}
    assert predict(three, XOR) == [[y.data for y in three(x)] for x in XOR]  # type: ignore
    assert predict(one, []) == []
    np = pytest.importorskip("numpy")
    assert predict(one, np.array(XOR)) == ys


def constant(*outputs: float, kind: str = "identity") -> Layer:
    """A model of one input that is multiplied with each of these numbers."""
    layer = Layer(1, len(outputs), activation=kind)
    for neuron, w in zip(layer.neurons, outputs):
        neuron.w[0].data = w
    return layer


def test_predict_class_takes_the_largest_output() -> None:
    """Of several; the first of equals."""
    assert predict_class(constant(-1.0, 3.0, 2.0), [[1.0], [-1.0], [0.0]]) == [1, 0, 0]


@pytest.mark.parametrize("kind", ["sigmoid", "logistic"])
def test_predict_class_of_a_single_logistic_output(kind: str) -> None:
    """Class 1 above 0.5, for an MLP, a layer and a single neuron."""
    inputs = [[2.0], [-2.0], [0.1], [-0.1]]
    neuron = Neuron(1, activation=kind)
    mlp = MLP(1, [1], output=kind)
    mlp.layers[0].neurons[0].w[0].data = neuron.w[0].data = 1.0
    for model in (mlp, constant(1.0, kind=kind), neuron):
        assert predict_class(model, inputs) == [1, 0, 1, 0]
        assert accuracy(model, inputs, [1, 0, 1, 0]) == 1.0
        with no_grad():
            assert predict_class(model, inputs) == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("kind", "p_1"), [("sigmoid", 0.8), ("identity", 0.8), ("tanh", 16 / 17), ("relu", 0.8)]
)
def test_probabilities_of_a_single_output(kind: str, p_1: float) -> None:
    """σ(ln 4) = 4/5, given by the unit or taken of it as a logit; (1 + tanh(ln 4))/2 = 16/17."""
    model = constant(math.log(4.0), kind=kind)
    assert predict_proba(model, [[1.0]])[0] == pytest.approx([1 - p_1, p_1], rel=1e-14)


@pytest.mark.parametrize(
    ("kind", "outputs", "shares"),
    [
        ("softmax", [0.0, math.log(3.0)], [0.25, 0.75]),
        ("identity", [0.0, math.log(3.0)], [0.25, 0.75]),
        ("sigmoid", [0.0, math.log(3.0)], [0.4, 0.6]),
        ("sigmoid", [-1e4, -1e4], [0.5, 0.5]),
    ],
)
def test_probabilities_of_several_outputs(
    kind: str, outputs: list[float], shares: list[float]
) -> None:
    """σ(0) = 1/2 and σ(ln 3) = 3/4 are shares of 5/4; where all are 0, nothing is known."""
    assert predict_proba(constant(*outputs, kind=kind), [[1.0]])[0] == pytest.approx(shares)


@pytest.mark.parametrize("kind", ["identity", "tanh"])
def test_predict_class_of_a_single_other_output(kind: str) -> None:
    """Class 1 above 0: logits, and scores for the hinge error."""
    inputs = [[2.0], [-2.0], [0.1], [0.0]]
    assert predict_class(constant(1.0, kind=kind), inputs) == [1, 0, 1, 0]


def test_predict_class_of_a_module_of_ones_own() -> None:
    """It says with `output` that its output is a probability; a list of one is one output."""

    class Own(Module):
        output = "sigmoid"

        def __call__(self, x: Any) -> list[Value]:
            return [Value(x[0]).sigmoid()]

    assert predict_class(Own(), [[2.0], [-2.0]]) == [1, 0]


def test_accuracy_of_every_kind_of_target() -> None:
    """Class indices, signs, 1-of-K, columns; lists and arrays."""
    np = pytest.importorskip("numpy")
    inputs = [[2.0], [-2.0], [1.0], [-1.0]]
    one, two = constant(1.0), constant(-1.0, 1.0)
    for model in (one, two):  # both predict 1, 0, 1, 0
        for targets in (
            [1, 0, 0, 0],
            [1.0, 0.0, 0.0, 0.0],
            [True, False, False, False],
            [1, -1, -1, -1],
            [[1], [0], [0], [0]],
            [[1], [-1], [-1], [-1]],
            [[0, 1], [1, 0], [1, 0], [1, 0]],
            [(-1, 1), (1, -1), (1, -1), (1, -1)],
        ):
            assert accuracy(model, inputs, targets) == 0.75
            assert accuracy(model, np.array(inputs), np.array(targets)) == 0.75


@pytest.mark.parametrize(
    ("kind", "targets", "right"),
    [
        ("sigmoid", [0, 0, 1, 1], 0.75),  # σ(0.2) is above 0.5, whatever the targets
        ("sigmoid", [-1, -1, 1, 1], 0.75),
        ("tanh", [0, 0, 1, 1], 1.0),  # outputs -0.3, 0.2, 0.6, 0.8: above 0.5
        ("tanh", [0.0, False, 1.0, True], 1.0),
        ("tanh", [[0], [0], [1], [1]], 1.0),
        ("tanh", [-1, -1, 1, 1], 0.75),  # above 0
        ("tanh", [0, 1, 1, 1], 0.75),
        ("relu", [0, 0, 1, 1], 1.0),
        ("relu", [-1, -1, 1, 1], 0.75),
    ],
)
def test_the_threshold_follows_the_targets(kind: str, targets: list[Any], right: float) -> None:
    """Of an output that is bounded, or is no logit."""
    outputs = [-0.3, 0.2, 0.6, 0.8]
    inputs = [[math.atanh(y) if kind == "tanh" else y] for y in outputs]
    model = constant(1.0, kind=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert accuracy(model, inputs, targets) == right
    assert predict_class(model, inputs) == [0, 1, 1, 1]
    if kind != "sigmoid":
        assert predict_class(model, inputs, threshold=0.5) == [0, 0, 1, 1]


def test_a_threshold_that_makes_a_difference_is_said() -> None:
    """A plain output is taken for a logit; of outputs 0.1, 0.2, 0.9 two are below 0.5."""
    model, inputs = constant(1.0), [[0.1], [0.2], [0.9]]
    with pytest.warns(
        UserWarning, match=r"but the outputs lie near 0 and 1\. Above 0\.5 1 would be right"
    ) as said:
        assert accuracy(model, inputs, [0, 0, 1]) == pytest.approx(1 / 3)
    assert said[0].filename == __file__
    assert accuracy(model, inputs, [0, 0, 1], threshold=0.5) == 1.0
    with pytest.warns(UserWarning, match="all targets are 1, which says nothing about the other"):
        assert accuracy(constant(1.0, kind="tanh"), inputs, [1, 1, 1]) == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for logits in ([[0.1], [-3.0], [2.0]], [[0.1], [-0.2], [0.3]]):  # trained, and not yet
            assert accuracy(model, logits, [0, 0, 1]) == pytest.approx(2 / 3)
        assert accuracy(constant(1.0, kind="tanh"), [[2.0], [3.0]], [1, 1]) == 1.0


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("loss", "targets", "right"),
    [
        ("half_squared_error", [0, 0, 1], 1.0),
        ("huber", [0, 0, 1], 1.0),
        ("half_squared_error", [-1, -1, 1], 1 / 3),
        ("binary_cross_entropy_with_logits", [0, 0, 1], 1 / 3),
        ("hinge", [-1, -1, 1], 1 / 3),
    ],
)
def test_a_metric_of_fit_knows_the_loss(
    compiled: bool, loss: str, targets: list[int], right: float
) -> None:
    """One of y - t has its threshold between the targets, without a warning."""
    if compiled:
        pytest.importorskip("numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = fit(
            constant(1.0), [[0.1], [0.2], [0.9]], targets, loss, lr=1e-9, epochs=1,
            metric="accuracy", compiled=compiled, progress=False,
        )  # fmt: skip
    assert history[0]["train_accuracy"] == pytest.approx(right)


def test_outputs_that_are_nan_are_not_right() -> None:
    """Neither of class 0, nor of any other; which class they are is an error."""
    for outputs, targets in (([math.nan], [0, 1]), ([math.nan, 1.0], [0, 1])):
        model = constant(*outputs)
        assert accuracy(model, [[1.0], [2.0]], targets) == 0.0
        with pytest.raises(
            ValueError, match=r"the output for inputs\[0\] is nan, which is no class"
        ):
            predict_class(model, [[1.0], [2.0]])
    model = constant(1.0)
    assert accuracy(model, [[1.0], [math.nan], [-1.0]], [1, 0, 0]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match=r"inputs\[1\] is nan"):
        predict_class(model, [[1.0], [math.nan]])


@pytest.mark.parametrize(
    ("outputs", "target", "words"),
    [
        (1, "setosa", "targets[1] is 'setosa', which is no class: give each its index"),
        (1, "1", "targets[1] is '1', which is no class"),
        (1, 0.7, "targets[1] is 0.7, which is no class"),
        (1, math.nan, "targets[1] is nan, which is no class"),
        (1, -2, "targets[1] is -2, which is no class"),
        (1, None, "targets[1] is None, which is no class"),
        (1, 2, "targets[1] is class 2, and the model tells 2 classes apart: give each its index"),
        (3, 3, "targets[1] is class 3, and the model tells 3 classes apart"),
        (2, [0.0, math.nan], "targets[1] is [0.0, nan], which is no class"),
    ],
)
def test_targets_that_are_no_classes(outputs: int, target: Any, words: str) -> None:
    """They were counted as wrong, or rounded to a class."""
    with pytest.raises(ValueError, match=re.escape(words)):
        accuracy(constant(*[1.0] * outputs), [[1.0], [2.0]], [0, target])


def test_mean_loss_with_weights() -> None:
    """(3 · ½ + 1 · 4½)/4 for errors of 1 and 3; a sample of weight 0 may have any."""
    model = constant(2.0)
    weighted = mean_loss(
        model, [[1.0], [2.0]], [1.0, 1.0], "half_squared_error", sample_weight=[3, 1]
    )
    assert weighted == 1.5
    error = mean_loss(
        model, [[1.0], [1.0]], [1.0, math.inf], "half_squared_error", sample_weight=[2, 0]
    )
    assert error == 0.5


def test_accuracy_and_mean_loss_of_nothing_or_of_unequal_lengths() -> None:
    """An error, instead of a number for the part that fits."""
    model = constant(1.0)
    for measure in (accuracy, lambda *data: mean_loss(*data, "half_squared_error")):
        with pytest.raises(ValueError, match="no samples"):
            measure(model, [], [])
        with pytest.raises(ValueError, match="2 inputs, but 1 targets"):
            measure(model, [[1.0], [2.0]], [1])
        with pytest.raises(ValueError, match="1 inputs, but 2 targets"):
            measure(model, [[1.0]], [1, 0])


def test_mean_loss_changes_nothing() -> None:
    """Mean of the errors; no gradients are left behind."""
    model = constant(2.0)
    assert mean_loss(model, [[1.0], [2.0]], [1.0, 1.0], "half_squared_error") == 2.5
    assert mean_loss(model, [[1.0], [2.0]], [1.0, 1.0], lambda y, t: (y - t) ** 2) == 5.0
    assert not any(p.has_grad for p in model.parameters())


class OwnEnd(Module):
    """A layer that may be named `output`, within a module that names another activation."""

    activation = "tanh"  # of the hidden units, say

    def __init__(self, kind: str) -> None:
        self.output = constant(1.0, kind=kind)

    def __call__(self, x: Any) -> Any:
        return self.output(x)


def test_the_output_of_a_module_of_ones_own_is_seen_from_its_graph() -> None:
    """Neither attributes that are no names mislead, nor those of the hidden units; frozen or not,
    and where no graphs are wanted.
    """
    inputs, logits = [[1.558], [-1.558]], [[0.3], [-0.2]]
    for model in (OwnEnd("sigmoid"), OwnEnd("sigmoid").requires_grad_(False)):
        with no_grad():
            assert predict_class(model, inputs) == [1, 0]
        assert accuracy(model, inputs, [1, 0]) == 1.0
        assert predict_proba(model, inputs)[1][1] == pytest.approx(1.0 / (1.0 + math.exp(1.558)))
    assert predict_class(OwnEnd("identity"), logits) == [1, 0]
    assert predict_proba(OwnEnd("tanh"), [[0.0]]) == [[0.5, 0.5]]


# ---- evaluation mode, and Ctrl-C


class Mixed(Module):
    """A part is in training mode, the other in evaluation mode, one has it as attribute."""

    def __init__(self) -> None:
        self.first, self.second = Layer(2, 2, rng=0), Dropout(0.5, rng=1)
        self.last = MLP(2, [1], rng=2)
        self.last.eval()
        self.first.training = True

    def __call__(self, x: Any) -> Any:
        assert not self.second.training
        return self.last(self.second(self.first(x)))

    def modes(self) -> list[Any]:
        return [(name, part.training) for name, part in self.named_modules()]


FILES = "nn/evaluation.py", "nn/module.py", "autograd/blocks.py", "autograd/modes.py"


def test_interrupted_at_any_line_a_model_is_in_the_mode_of_before() -> None:
    for strike in at_every_line(*FILES):
        model = Mixed()
        before = model.modes()
        strike(lambda model=model: predict(model, [XOR[1]]))  # type: ignore[misc]
        assert model.modes() == before, strike
        assert model.first([1.0, 2.0])[0].parents, strike


@pytest.mark.slow
def test_after_real_signals_a_model_is_in_the_mode_of_before() -> None:
    model = Mixed()
    before = model.modes()
    struck = 0
    for strike in at_random(3000, 6e-4):
        struck += not strike(lambda: predict(model, [XOR[1]]))
        assert model.modes() == before, strike
    assert struck > 100


def test_the_mode_is_put_back_also_where_the_model_has_changed_it() -> None:
    class Stubborn(Module):
        def __call__(self, x: Any) -> Any:
            self.train()
            return Value(x[0])

    model = Stubborn().eval()
    predict(model, XOR)
    assert not model.training


def test_where_the_mode_is_right_nothing_is_written() -> None:
    """Which an object that cannot be changed would refuse."""

    class Evaluated(Module):
        training = False

        def __call__(self, x: Any) -> Any:
            return Value(x[0])

    model = Evaluated()
    predict(model, XOR)
    assert "training" not in vars(model)
