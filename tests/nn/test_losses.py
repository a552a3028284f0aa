"""Errors and penalties: values, gradients, extreme outputs, kinds of targets, misuse."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value, softmax, topological_order
from nn import (
    LOSSES,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    half_squared_error,
    hinge,
    huber,
    kl_divergence,
    l1_penalty,
    l2_penalty,
    mean_absolute_error,
    mean_squared_error,
    total,
)

LN2 = math.log(2.0)


def differentiated(loss: Callable[[Any, Any], Any], y: Any, t: Any) -> tuple[float, list[float]]:
    """The error and its gradient with respect to the outputs."""
    single = not isinstance(y, list)
    nodes = [Value(y_k) for y_k in ([y] if single else y)]
    error = loss(nodes[0] if single else nodes, t)
    error.backward()
    return error.data, [node.grad for node in nodes]


# Errors and gradients worked out by hand.
CASES = [
    (half_squared_error, 2.0, 0.5, 1.125, [1.5]),
    (half_squared_error, [1.0, 2.0, -1.0], [1.0, 4.0, 2.0], 6.5, [0.0, -2.0, -3.0]),
    (mean_squared_error, 2.0, 0.5, 2.25, [3.0]),
    (mean_squared_error, [1.0, 2.0, -1.0, 0.0], [1.0, 4.0, 2.0, 0.0], 3.25, [0, -1, -1.5, 0]),
    (mean_absolute_error, 2.0, 0.5, 1.5, [1.0]),
    (mean_absolute_error, [1.0, 2.0, -1.0, 0.0], [1.0, 4.0, 2.0, 0.0], 1.25, [0, -0.25, -0.25, 0]),
    (huber, 2.0, 0.5, 1.0, [1.0]),
    (huber, [0.5, 2.0, -3.0, 1.0], [0.0, 2.0, 0.0, 0.0], 0.78125, [0.125, 0.0, -0.25, 0.25]),
    (binary_cross_entropy, 0.8, 1, -math.log(0.8), [-1.25]),
    (binary_cross_entropy, 0.8, 0, -math.log(0.2), [5.0]),
    (binary_cross_entropy, [0.5, 0.25], [1, 0], LN2 - math.log(0.75), [-2.0, 1 / 0.75]),
    (binary_cross_entropy, 0.5, 0.75, LN2, [-1.0]),  # -t/y + (1-t)/(1-y)
    (binary_cross_entropy_with_logits, 0.0, 1, LN2, [-0.5]),
    (binary_cross_entropy_with_logits, 0.0, 0, LN2, [0.5]),
    (binary_cross_entropy_with_logits, 0.0, 0.3, LN2, [0.2]),
    (binary_cross_entropy_with_logits, [0.0, math.log(3.0)], [1, 0], 3 * LN2, [-0.5, 0.75]),
    (cross_entropy, [0.2, 0.7, 0.1], 1, -math.log(0.7), [0.0, -1 / 0.7, 0.0]),
    (cross_entropy, [0.2, 0.7, 0.1], [0, 1, 0], -math.log(0.7), [0.0, -1 / 0.7, 0.0]),
    (cross_entropy, [0.5, 0.5], [0.25, 0.75], LN2, [-0.5, -1.5]),
    (cross_entropy_with_logits, [0.0, 0.0], 1, LN2, [0.5, -0.5]),
    (cross_entropy_with_logits, [0.0, 0.0], [0, 1], LN2, [0.5, -0.5]),
    (cross_entropy_with_logits, [0.0, 0.0], [0.25, 0.75], LN2, [0.25, -0.25]),
    (cross_entropy_with_logits, [0.0, math.log(3.0)], [1, 0], 2 * LN2, [-0.75, 0.75]),
    (kl_divergence, [0.5, 0.5], [0.5, 0.5], 0.0, [-1.0, -1.0]),
    (kl_divergence, [0.25, 0.5, 0.25], [0.5, 0.5, 0.0], 0.5 * LN2, [-2.0, -1.0, 0.0]),
    (hinge, 0.25, 1, 0.75, [-1.0]),
    (hinge, 0.25, -1, 1.25, [1.0]),
    (hinge, [3.0, -0.5], [1, 1], 1.5, [0.0, -1.0]),
]


@pytest.mark.parametrize(("loss", "y", "t", "error", "gradient"), CASES)
def test_values_and_gradients(
    loss: Callable[[Any, Any], Any], y: Any, t: Any, error: float, gradient: list[float]
) -> None:
    """Of every loss, for one output and for several."""
    found = differentiated(loss, y, t)
    assert found[0] == pytest.approx(error, rel=1e-14)
    assert found[1] == pytest.approx(gradient, rel=1e-14, abs=1e-16)


@pytest.mark.parametrize(("loss", "y", "t", "error", "gradient"), CASES)
def test_losses_of_plain_numbers(
    loss: Callable[[Any, Any], Any], y: Any, t: Any, error: float, gradient: list[float]
) -> None:
    """Without nodes the result is a plain float."""
    assert loss(y, t) == pytest.approx(error, rel=1e-14)
    assert type(loss(y, t)) is float


@pytest.mark.parametrize(("loss", "y", "t", "error", "gradient"), CASES)
def test_targets_from_numpy(
    loss: Callable[[Any, Any], Any], y: Any, t: Any, error: float, gradient: list[float]
) -> None:
    """Rows and elements of arrays count as what they equal; uint8 and bool have odd minuses."""
    np = pytest.importorskip("numpy")
    for dtype in ("float64", "float32", "int64", "uint8", "bool"):
        targets = np.array(t).astype(dtype)
        if np.allclose(targets, t, rtol=0, atol=1e-7):  # if the type can hold the numbers
            found = differentiated(loss, y, targets if targets.ndim else targets[()])
            rel = 1e-6 if dtype == "float32" else 1e-14
            assert found[0] == pytest.approx(error, rel=rel)
            assert found[1] == pytest.approx(gradient, rel=rel, abs=1e-16)


def test_every_loss_has_its_name() -> None:
    """LOSSES maps names to the functions that `nn` exports."""
    assert {loss for loss, *_ in CASES} == set(LOSSES.values())
    for name, loss in LOSSES.items():
        assert getattr(nn, name) is loss


def test_index_and_one_hot_targets_are_the_same_error() -> None:
    """For both kinds of cross-entropy and every class."""
    y = [0.2, 0.7, 0.1]
    for loss in (cross_entropy, cross_entropy_with_logits):
        for k in range(3):
            one_hot = [float(j == k) for j in range(3)]
            assert differentiated(loss, y, k) == differentiated(loss, y, one_hot)
            assert differentiated(loss, y, float(k)) == differentiated(loss, y, k)


def test_a_single_output_may_come_with_a_target_in_a_list() -> None:
    """As rows of an N × 1 array do."""
    assert differentiated(half_squared_error, 2.0, [0.5]) == (1.125, [1.5])
    assert differentiated(half_squared_error, [2.0], 0.5) == (1.125, [1.5])


def test_targets_may_be_nodes() -> None:
    """A target that is computed gets a gradient, too."""
    t = Value(0.5)
    half_squared_error(2.0, t).backward()
    assert t.grad == -1.5
    cross_entropy([0.25, 0.75], [t, 0.5]).backward()
    assert t.grad == pytest.approx(-1.5 - math.log(0.25))


# --- extreme outputs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "t", "error", "gradient"),
    [
        (1000.0, 1, 0.0, 0.0),
        (1000.0, 0, 1000.0, 1.0),
        (-1000.0, 1, 1000.0, -1.0),
        (-1000.0, 0, 0.0, 0.0),
        (1000.0, 0.25, 750.0, 0.75),
        (-1000.0, 0.25, 250.0, -0.25),
        (1e308, 0, 1e308, 1.0),
    ],
)
def test_extreme_logits_of_binary_labels(a: float, t: float, error: float, gradient: float) -> None:
    """The error grows like |a|, the gradient stays within [-1, 1]."""
    assert differentiated(binary_cross_entropy_with_logits, a, t) == (error, [gradient])


@pytest.mark.parametrize(
    ("a", "t", "error", "gradient"),
    [
        ([1000.0, -1000.0, 0.0], 0, 0.0, [0.0, 0.0, 0.0]),
        ([1000.0, -1000.0, 0.0], 1, 2000.0, [1.0, -1.0, 0.0]),
        ([1000.0, -1000.0, 0.0], [0.5, 0.5, 0.0], 1000.0, [0.5, -0.5, 0.0]),
        ([-1000.0, -1000.0], 0, LN2, [-0.5, 0.5]),
    ],
)
def test_extreme_logits_of_classes(
    a: list[float], t: Any, error: float, gradient: list[float]
) -> None:
    """No overflow on the way."""
    assert differentiated(cross_entropy_with_logits, a, t) == (pytest.approx(error), gradient)


@pytest.mark.parametrize("weight", [1.0, 1e-3, 1e6])
@pytest.mark.parametrize("t", [0, 1, 0.25])
@pytest.mark.parametrize("a", [-1e4, -1000.0, -745.0, 745.0, 1000.0, 1e4])
def test_saturated_logistic_units_give_no_nan(a: float, t: float, weight: float) -> None:
    """A probability of exactly 0 or 1 has a large finite error and a gradient of 0."""
    node = Value(a)
    error = weight * binary_cross_entropy(node.sigmoid(), t)
    error.backward()
    assert math.isfinite(error.data)
    assert math.isfinite(node.grad)
    wrong = t if a < 0 else 1 - t  # the share of the target on the other side
    assert error.data == pytest.approx(weight * wrong * 691, rel=0.1)


@pytest.mark.parametrize(
    ("t", "wrong"), [(0, 0.0), (1, 1.0), (2, 1.0), ([0.2, 0.5, 0.3], 0.8), ([0, 0.5, 0.5], 1.0)]
)
def test_saturated_softmax_gives_no_nan(t: Any, wrong: float) -> None:
    """The same for classes, of which the first has probability 1."""
    nodes = [Value(a) for a in (1000.0, -1000.0, 0.0)]
    error = cross_entropy(softmax(nodes), t)
    error.backward()
    assert error.data == pytest.approx(wrong * 691, rel=0.01)
    assert all(math.isfinite(node.grad) for node in nodes)


def test_a_tiny_probability_still_learns() -> None:
    """Down to where the clamp begins, δ = y - t holds."""
    node = Value(-600.0)
    error = binary_cross_entropy(node.sigmoid(), 1)
    error.backward()
    assert error.data == pytest.approx(600.0, rel=1e-12)
    assert node.grad == pytest.approx(-1.0, rel=1e-12)


@pytest.mark.parametrize(("a", "t"), [(40.0, 1), (-40.0, 0)])
def test_small_errors_of_logits_keep_their_digits(a: float, t: int) -> None:
    """E = ln(1 + e^-40) is about e^-40, which 1 - y has long lost."""
    error, (gradient,) = differentiated(binary_cross_entropy_with_logits, a, t)
    assert error == pytest.approx(math.exp(-40.0), rel=1e-14)
    assert abs(gradient) == pytest.approx(math.exp(-40.0), rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "y", "t", "operations"),
    [
        (half_squared_error, 0.5, 1.0, ["mul", "square", "sub"]),
        (binary_cross_entropy, 0.5, 1, ["log", "mul", "probability"]),
        (binary_cross_entropy_with_logits, 0.5, 1, ["neg", "softplus"]),
        (binary_cross_entropy_with_logits, 0.5, 0, ["softplus"]),
        (cross_entropy, [0.2, 0.8], 1, ["log", "mul", "probability"]),
        (cross_entropy, [0.2, 0.8], [0, 1], ["log", "mul", "probability"]),
        (cross_entropy_with_logits, [0.2, 0.8], 1, ["logsumexp", "sub"]),
        (hinge, 0.5, 1, ["mul", "relu", "sub"]),
    ],
)
def test_hard_targets_make_small_graphs(
    loss: Callable[[Any, Any], Any], y: Any, t: Any, operations: list[str]
) -> None:
    """No nodes for classes with t_k = 0, nor for sums of one term."""
    error = loss(list(map(Value, y)) if isinstance(y, list) else Value(y), t)
    found = [node.operation.name for node in topological_order(error) if node.operation]
    assert sorted(found) == operations


def test_saturated_units_do_not_break_training() -> None:
    """A network that starts saturated on the wrong side ends with finite weights."""
    neuron = nn.Neuron(1, activation="sigmoid")
    neuron.w[0].data = -1e4
    nn.fit(
        neuron, [[1.0], [0.0]], [1, 0], "binary_cross_entropy", epochs=3, reduction="sum",
        progress=False,
    )  # fmt: skip
    assert all(math.isfinite(p.data) for p in neuron.parameters())


# --- misuse -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        half_squared_error,
        mean_squared_error,
        mean_absolute_error,
        huber,
        binary_cross_entropy,
        binary_cross_entropy_with_logits,
        hinge,
    ],
)
def test_numbers_of_outputs_and_targets_differ(loss: Callable[[Any, Any], Any]) -> None:
    """The message names both; nothing is cut off silently."""
    for y, t, message in [
        ([0.1, 0.2, 0.3], [1, 1], "3 outputs, but 2 targets"),
        (0.1, [1, 1], "1 outputs?, but 2 targets"),
        ([0.1, 0.2], 1, "2 outputs, but 1 target"),
    ]:
        with pytest.raises(ValueError, match=message):
            loss(y, t)


@pytest.mark.parametrize("loss", [cross_entropy, cross_entropy_with_logits])
@pytest.mark.parametrize(
    ("y", "t", "message"),
    [
        ([0.5, 0.5], 2, "class 2 is not one of the 2 classes 0 to 1"),
        ([0.5, 0.5], -1, "class -1"),
        ([0.5, 0.5], 0.5, r"class 0\.5"),
        ([0.5, 0.5], math.nan, "class nan"),
        ([0.5, 0.5], math.inf, "class inf"),
        ([0.5, 0.5], "a", "class a"),
        ([0.5, 0.5], None, "class None"),
        ([0.5, 0.5], [0, 1, 0], "2 outputs, but a target vector of length 3"),
        ([0.5, 0.5], [1], "2 outputs, but a target vector of length 1"),
        ([0.5, 0.5], [-1, 1], "between 0 and 1, got -1"),
        ([0.5, 0.5], [0, 2], "between 0 and 1, got 2"),
        ([0.5, 0.5], [0, math.nan], "between 0 and 1, got nan"),
        ([0.5, 0.5], [0, 0], "all zeros"),
        (0.5, 0, "one output for each class"),
        (Value(0.5), 0, "one output for each class"),
    ],
)
def test_wrong_classes(loss: Callable[[Any, Any], Any], y: Any, t: Any, message: str) -> None:
    """A class that does not exist, a vector of another length, something that is no 1-of-K."""
    with pytest.raises(ValueError, match=message):
        loss(y, t)


@pytest.mark.parametrize("y", [-0.3, 1.5, -1e-5, 1.0 + 1e-5, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("loss", "t", "advice"),
    [
        (binary_cross_entropy, 1, "output=\"sigmoid\", or loss='binary_cross_entropy_with_logits'"),
        (binary_cross_entropy, 0, 'output="sigmoid"'),
        (binary_cross_entropy, 0.5, 'output="sigmoid"'),
        (cross_entropy, 1, "output=\"softmax\", or loss='cross_entropy_with_logits'"),
        (cross_entropy, 0, 'output="softmax"'),
        (cross_entropy, [0.5, 0.5], 'output="softmax"'),
        (kl_divergence, [0.5, 0.5], 'output="softmax"'),
    ],
)
def test_outputs_that_are_no_probabilities(
    loss: Callable[[Any, Any], Any], t: Any, advice: str, y: float
) -> None:
    """Also of a class that the target leaves out; of nodes and of plain numbers."""
    words = f"an output is {y}, and {loss.__name__} needs probabilities, from 0 to 1: give the mod"
    for number in (y, Value(y)):
        with pytest.raises(ValueError, match=re.escape(words)) as caught:
            loss(number if loss is binary_cross_entropy else [0.5, number], t)
        assert advice in str(caught.value)


@pytest.mark.parametrize("excess", [2e-7, 1e-10, 2e-16])
def test_rounding_is_no_mistake(excess: float) -> None:
    """Sums of probabilities may be beyond 1, and differences below 0, by that."""
    assert binary_cross_entropy(1.0 + excess, 1) == -math.log(1.0 + excess)
    assert binary_cross_entropy(-excess, 0) == -math.log(1.0 + excess)
    assert binary_cross_entropy(-excess, 1) == -math.log(1e-300)


def test_an_output_of_nan_has_an_error_of_nan() -> None:
    """As training that diverges has; it is no exception."""
    assert math.isnan(binary_cross_entropy(math.nan, 1))
    assert math.isnan(cross_entropy([Value(math.nan), Value(0.5)], 0).data)
    y = Value(math.nan)
    binary_cross_entropy(y, 0).backward()
    assert math.isnan(y.grad)


def test_targets_that_are_nodes_are_probabilities_too() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, got 2\.0"):
        binary_cross_entropy(0.5, Value(2.0))


@pytest.mark.parametrize("loss", [binary_cross_entropy, binary_cross_entropy_with_logits])
@pytest.mark.parametrize("t", [-1, 2, 1.0001, math.nan])
def test_targets_of_binary_labels_lie_between_0_and_1(
    loss: Callable[[Any, Any], Any], t: float
) -> None:
    """Labels of -1 and +1 belong to the hinge error."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        loss(0.5, t)
    with pytest.raises(ValueError, match="between 0 and 1"):
        loss([0.5, 0.5], [1, t])


@pytest.mark.parametrize("t", [0, 0.5, 2, math.nan])
def test_targets_of_hinge_are_signs(t: float) -> None:
    """Labels of 0 and 1 belong to the cross-entropy."""
    with pytest.raises(ValueError, match=r"-1 or \+1"):
        hinge(0.5, t)


@pytest.mark.parametrize(
    "loss",
    [
        half_squared_error,
        mean_squared_error,
        mean_absolute_error,
        huber,
        binary_cross_entropy,
        binary_cross_entropy_with_logits,
        hinge,
    ],
)
@pytest.mark.parametrize("t", ["1", None, 1j, [[1.0]]])
def test_targets_that_are_no_numbers(loss: Callable[[Any, Any], Any], t: Any) -> None:
    """TypeError, whatever the kind of node."""
    with pytest.raises(TypeError, match="real number"):
        loss(Value(0.5), t)


def test_a_matrix_of_targets_is_not_one_sample() -> None:
    """A 1 × 1 array would otherwise make an array of nodes."""
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="one number"):
        half_squared_error(Value(0.5), np.array([[1.0]]))


# --- penalties and totals -----------------------------------------------------------------------


def test_penalties() -> None:
    """λ Σ |w| and λ Σ w² with their gradients; |w| has slope 0 at 0."""
    ws = [Value(3.0), Value(-4.0), Value(0.0)]
    penalty = l1_penalty(ws, 0.5)
    penalty.backward()
    assert penalty.data == 3.5
    assert [w.grad for w in ws] == [0.5, -0.5, 0.0]
    ws = [Value(3.0), Value(-4.0), Value(0.0)]
    penalty = l2_penalty(iter(ws), 0.5)
    penalty.backward()
    assert penalty.data == 12.5
    assert [w.grad for w in ws] == [3.0, -4.0, 0.0]


def test_penalties_of_no_parameters() -> None:
    """The empty sum."""
    assert float(l1_penalty([], 0.5)) == 0.0
    assert float(l2_penalty([], 0.5)) == 0.0


def test_totals() -> None:
    """Sum by default, mean on request; gradients 1 and 1/N."""
    for reduction, value, slope in [("sum", 10.0, 1.0), ("mean", 2.5, 0.25)]:
        errors = [Value(x) for x in (1.0, 2.0, 3.0, 4.0)]
        error = total(iter(errors), reduction)
        error.backward()
        assert error.data == value
        assert [e.grad for e in errors] == [slope] * 4
    assert total([1.0, 2.0]) == 3.0
    with pytest.raises(ValueError, match="avg"):
        total([1.0], "avg")
    with pytest.raises(ValueError, match="at least one"):
        total([], "mean")


@pytest.mark.parametrize(
    ("t", "errors"),
    [(0.0, [87.3365, 87.3365, 0.0, 0.6931]), (1.0, [0.0, 0.0, 87.3365, 0.6931])],
)
def test_what_is_rounded_or_saturated_in_single_precision(t: float, errors: list[float]) -> None:
    """A probability of 1 + 1.2e-7, 1 and 0 has a finite error, -ln 2^-126 on the wrong side."""
    np = pytest.importorskip("numpy")
    from autograd.compile import compile

    step = compile(
        lambda x, t: binary_cross_entropy(x[0] * w, t[0]), [w := Value(1.0)], dtype="float32"
    )
    found = [
        float(step(np.array([[y]], "float32"), np.array([[t]], "float32"))[0])
        for y in (1.0 + 2.0**-23, 1.0, 0.0, 0.5)
    ]
    assert found == pytest.approx(errors, abs=1e-4)
