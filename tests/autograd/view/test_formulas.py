"""The formulas of backpropagation, each of them found in the graph.

The left-hand side of every formula comes out of `backward()`. The right-hand side is the closed
form of the textbook (C. M. Bishop, PRML, chapters 4 and 5; M. Nielsen, Neural Networks and Deep
Learning, chapter 2), computed here on plain floats that never meet the engine. The engine knows
the chain rule and the local gradients of its operations; it knows none of these closed forms.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

import autograd
from autograd import Place, Value, dot, jacobian, operation, topological_order, vjp
from nn import (
    ACTIVATIONS,
    MLP,
    SGD,
    Adam,
    Layer,
    Module,
    Neuron,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    deltas,
    find_activation,
    fit,
    half_squared_error,
    l2_penalty,
    predict,
    total,
)
from nn.data import load

Row = list[float]
Matrix = list[list[float]]

X = [0.7, -1.3]
POINTS = [-7.0, -2.5, -1.0, -0.3, 1e-9, 0.2, 0.9, 3.0, 8.0]


# --- closed forms on plain floats ---------------------------------------------------------------


def sigma(a: float) -> float:
    return 1.0 / (1.0 + math.exp(-a))


def softmaxed(a: Sequence[float]) -> Row:
    e = [math.exp(a_k) for a_k in a]
    return [e_k / sum(e) for e_k in e]


class Hidden(NamedTuple):
    """An activation function and its derivative, both as functions of a."""

    h: Callable[[float], float]
    slope: Callable[[float], float]


HIDDEN = {
    "logistic": Hidden(sigma, lambda a: sigma(a) * sigma(-a)),
    "sigmoid": Hidden(sigma, lambda a: math.exp(-a) / (1.0 + math.exp(-a)) ** 2),
    "tanh": Hidden(math.tanh, lambda a: 1.0 / math.cosh(a) ** 2),
    "relu": Hidden(lambda a: max(a, 0.0), lambda a: 1.0 if a > 0 else 0.0),
    "identity": Hidden(lambda a: a, lambda a: 1.0),
    "gudermannian": Hidden(
        lambda a: 2.0 * math.atan(math.tanh(a / 2.0)), lambda a: 1.0 / math.cosh(a)
    ),
}


def times(w: Matrix, z: Row) -> Row:
    """W z"""
    return [sum(w_ji * z_i for w_ji, z_i in zip(w_j, z)) for w_j in w]


def transposed(w: Sequence[Sequence[float]]) -> Matrix:
    return [list(column) for column in zip(*w)]


def product(a: Matrix, b: Matrix) -> Matrix:
    return [times(transposed(b), row) for row in a]


class ByHand:
    """Forward and backward pass of a layered network in matrix notation: BP1 to BP4.

    δ at the output is left to the caller, who knows the error function.
    """

    def __init__(self, model: MLP, x: Row, hidden: str, output: str = "identity") -> None:
        self.w = [[[w.data for w in n.w] for n in layer.neurons] for layer in model.layers]
        self.b = [[n.b.data for n in layer.neurons] for layer in model.layers]
        self.hidden = HIDDEN[hidden]
        self.a: Matrix = []
        self.z: Matrix = [list(x)]
        for i, (w, b) in enumerate(zip(self.w, self.b), start=1):
            self.a.append([s + b_j for s, b_j in zip(times(w, self.z[-1]), b)])
            h = HIDDEN[output if i == len(self.w) else hidden].h
            self.z.append([h(a_j) for a_j in self.a[-1]])
        self.y = self.z[-1]

    def deltas(self, at_output: Row) -> Matrix:
        """BP2 from layer to layer: δ^l = (W^{l+1})ᵀ δ^{l+1} ⊙ h'(a^l)."""
        delta = [at_output]
        for w, a in zip(self.w[:0:-1], self.a[-2::-1]):
            back = times(transposed(w), delta[0])
            delta.insert(0, [s * self.hidden.slope(a_j) for s, a_j in zip(back, a)])
        return delta

    def gradients(self, at_output: Row) -> Row:
        """BP3 and BP4, in the order of `MLP.parameters`: weights of a unit, then its bias."""
        return [
            gradient
            for delta, z in zip(self.deltas(at_output), self.z)
            for delta_j in delta
            for gradient in [*[delta_j * z_i for z_i in z], delta_j]
        ]


# --- what the graph says ------------------------------------------------------------------------


def flat(x: Any) -> list[float]:
    if isinstance(x, (list, tuple)):
        return [number for item in x for number in flat(item)]
    return [x.data if isinstance(x, Value) else x]


def agree(found: Any, expected: Any, rel: float = 1e-12) -> None:
    """Assert that nested lists of numbers agree, number by number."""
    assert flat(found) == pytest.approx(flat(expected), rel=rel, abs=1e-15)


def network(sizes: list[int], seed: int = 1, **options: Any) -> MLP:
    """A network whose biases are not 0, so that no test overlooks them."""
    model = MLP(sizes[0], sizes[1:], rng=seed, **options)
    rng = random.Random(seed + 1000)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = rng.uniform(-0.5, 0.5)
    return model


def gradients_of(model: Module) -> Row:
    return [p.grad for p in model.parameters()]


def a_nodes(loss: Value) -> dict[tuple[int, int], Value]:
    """The pre-activation nodes of one sample, by layer and unit."""
    return {
        (node.place.layer, node.place.unit): node
        for node in topological_order(loss)
        if node.place is not None and node.place.quantity == "a"
    }


ELEMENTARY = pytest.mark.parametrize("elementary", [False, True], ids=["dot", "elementary"])
ACTIVATION = pytest.mark.parametrize("activation", list(HIDDEN))


# --- 1. Forward ---------------------------------------------------------------------------------


@ELEMENTARY
@ACTIVATION
def test_pre_activation_and_activation_of_a_unit(activation: str, elementary: bool) -> None:
    """1.1: a = Σ w_i x_i + w_0, z = h(a)."""
    neuron = Neuron(2, activation=activation, rng=3, elementary=elementary)
    neuron.b.data = 0.4
    w = [0.5, -0.25]
    for weight, number in zip(neuron.w, w):
        weight.data = number
    a = 0.5 * 0.7 + (-0.25) * (-1.3) + 0.4
    agree(neuron.pre_activation(X), a)
    agree(neuron(X), HIDDEN[activation].h(a))


def test_bias_is_a_weight_on_a_dummy_input_of_1() -> None:
    """1.1: the bias has the value and the gradient of a weight w_0 on x_0 = 1."""
    with_bias = Neuron(2, activation="tanh", rng=3)
    with_bias.b.data = -0.6
    w = [Value(-0.6), *[Value(weight.data) for weight in with_bias.w]]
    z, z_dummy = with_bias(X), dot(w, [1.0, *X]).tanh()
    z.backward()
    z_dummy.backward()
    agree(z, z_dummy)
    agree([with_bias.b.grad, *[weight.grad for weight in with_bias.w]], [v.grad for v in w])


@ELEMENTARY
@pytest.mark.parametrize("output", ["identity", "sigmoid"])
@ACTIVATION
def test_two_layer_network(activation: str, output: str, elementary: bool) -> None:
    """1.2: y_k = σ_out(Σ_j w_kj h(Σ_i w_ji x_i + w_j0) + w_k0), written out unit by unit."""
    model = network([2, 3, 2], activation=activation, output=output, elementary=elementary)
    w = {name: value.data for name, value in model.named_parameters()}
    h, out = HIDDEN[activation].h, HIDDEN[output].h
    y = [
        out(
            sum(
                w[f"layers.1.neurons.{k}.w.{j}"]
                * h(
                    w[f"layers.0.neurons.{j}.w.0"] * 0.7
                    + w[f"layers.0.neurons.{j}.w.1"] * -1.3
                    + w[f"layers.0.neurons.{j}.b"]
                )
                for j in range(3)
            )
            + w[f"layers.1.neurons.{k}.b"]
        )
        for k in range(2)
    ]
    agree(model(X), y)


@ELEMENTARY
def test_vector_form_of_a_deep_network(elementary: bool) -> None:
    """1.2: z^l = W^l a^(l-1) + b^l, a^l = σ(z^l), in Nielsen's letters."""
    model = network([2, 4, 3, 2], activation="tanh", output="sigmoid", elementary=elementary)
    agree(model(X), ByHand(model, X, "tanh", "sigmoid").y)


class Skipping(Module):
    """x -> h -> y with a skip connection x -> y, and one hidden unit that feeds another."""

    def __init__(self) -> None:
        rng = random.Random(5)
        self.first, self.second = [[Value(rng.uniform(-1, 1)) for _ in range(n)] for n in (2, 3)]
        self.out = [Value(rng.uniform(-1, 1)) for _ in range(4)]  # of z1, z2, x1, x2
        self.b = [Value(rng.uniform(-1, 1)) for _ in range(3)]

    def __call__(self, x: Sequence[Any]) -> Value:
        a1 = dot(self.first, x, self.b[0])
        z1 = a1.tanh()
        a2 = dot(self.second, [*x, z1], self.b[1])
        z2 = a2.tanh()
        y = dot(self.out, [z1, z2, *x], self.b[2])
        for unit, a in enumerate((a1, a2, y), start=1):
            a.place = Place("a", unit, 1)
        return y


def test_skip_connections_forward() -> None:
    """1.3: any acyclic wiring is computed, not only layers."""
    net = Skipping()
    (v1, v2), (u1, u2, u3), (p, q, r, s), (b1, b2, b3) = [
        [w.data for w in ws] for ws in (net.first, net.second, net.out, net.b)
    ]
    x1, x2 = X
    z1 = math.tanh(v1 * x1 + v2 * x2 + b1)
    z2 = math.tanh(u1 * x1 + u2 * x2 + u3 * z1 + b2)
    agree(net(X), p * z1 + q * z2 + r * x1 + s * x2 + b3)


def test_skip_connections_backward() -> None:
    """1.3 and 3.3: δ_j sums over every unit k that j feeds, wherever k stands."""
    net = Skipping()
    y = net(X)
    half_squared_error(y, 0.3).backward()
    (v1, v2), (u1, u2, u3), (p, q, r, s), (b1, b2, b3) = [
        [w.data for w in ws] for ws in (net.first, net.second, net.out, net.b)
    ]
    x1, x2 = X
    a1 = v1 * x1 + v2 * x2 + b1
    a2 = u1 * x1 + u2 * x2 + u3 * math.tanh(a1) + b2
    z1, z2 = math.tanh(a1), math.tanh(a2)
    delta_y = p * z1 + q * z2 + r * x1 + s * x2 + b3 - 0.3
    delta_2 = (1 - z2**2) * q * delta_y
    delta_1 = (1 - z1**2) * (p * delta_y + u3 * delta_2)  # unit 1 feeds unit 2 and the output
    agree([b.grad for b in net.b], [delta_1, delta_2, delta_y])
    agree([w.grad for w in net.first], [delta_1 * x1, delta_1 * x2])
    agree([w.grad for w in net.second], [delta_2 * x1, delta_2 * x2, delta_2 * z1])
    agree([w.grad for w in net.out], [delta_y * z1, delta_y * z2, delta_y * x1, delta_y * x2])


def test_deltas_are_read_off_units_that_are_wired_by_hand() -> None:
    """3.3: nodes marked with a place are found by `deltas`, whatever module made them."""
    net = Skipping()
    loss = half_squared_error(net(X), 0.3)
    loss.backward()
    agree([deltas(loss)[i] for i in (1, 2, 3)], [b.grad for b in net.b])


def test_linear_hidden_units_collapse() -> None:
    """1.4: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2): one layer does the same."""
    deep = network([2, 3, 2], activation="identity")
    hand = ByHand(deep, X, "identity")
    w, b = product(hand.w[1], hand.w[0]), times(hand.w[1], hand.b[0])
    shallow = MLP(2, [2])
    for neuron, w_k, b_k, b2_k in zip(shallow.layers[0].neurons, w, b, hand.b[1]):
        for weight, number in zip(neuron.w, w_k):
            weight.data = number
        neuron.b.data = b_k + b2_k
    for x in ([0.0, 0.0], X, [100.0, -3.0]):
        agree(deep(x), shallow(x))
    agree(jacobian(deep)(X), w)


@ACTIVATION
@pytest.mark.parametrize("a", POINTS)
def test_activation_functions_and_their_derivatives(activation: str, a: float) -> None:
    """1.5: values and slopes."""
    x = Value(a)
    z = find_activation(activation)(x)
    z.backward()
    agree(z, HIDDEN[activation].h(a))
    agree(x.grad, HIDDEN[activation].slope(a))


@pytest.mark.parametrize("a", POINTS)
def test_slopes_in_terms_of_the_activation_itself(a: float) -> None:
    """1.5: σ' = σ(1-σ) and tanh' = 1 - tanh². (Near saturation 1 - z² itself loses digits.)"""
    x, u = Value(a), Value(a)
    z, v = x.sigmoid(), u.tanh()
    z.backward()
    v.backward()
    assert x.grad == pytest.approx(z.data * (1 - z.data), rel=1e-12)
    assert u.grad == pytest.approx(1 - v.data**2, rel=1e-12, abs=1e-15)


def test_heaviside_is_a_target_and_no_activation() -> None:
    """1.5: the step can be learnt, but not learnt with."""
    data = load("heaviside")
    assert set(data.targets) == {0.0, 1.0}
    assert all((x >= 0) == (t == 1.0) for (x,), t in zip(data.inputs, data.targets))
    assert "heaviside" not in ACTIVATIONS
    with pytest.raises(ValueError, match="heaviside"):
        find_activation("heaviside")


# --- 2. Errors and their output activations -----------------------------------------------------


class Pairing(NamedTuple):
    """An output activation with an error, and E and δ in closed form from a and t."""

    output: str
    loss: Callable[[Any, Any], Any]
    targets: Any
    error: Callable[[Row], float]
    delta: Callable[[Row], Row]


def bernoulli(y: float, t: float) -> float:
    return -(t * math.log(y) + (1 - t) * math.log(1 - y))


T2, T3 = [1.5, -0.25], [1, 0, 1]
PAIRINGS = {
    "regression": Pairing(
        "identity",
        half_squared_error,
        T2,
        lambda a: 0.5 * ((a[0] - 1.5) ** 2 + (a[1] + 0.25) ** 2),
        lambda a: [a[0] - 1.5, a[1] + 0.25],
    ),
    "binary, t = 1": Pairing(
        "sigmoid",
        binary_cross_entropy,
        1,
        lambda a: -math.log(sigma(a[0])),
        lambda a: [sigma(a[0]) - 1],
    ),
    "binary, t = 0": Pairing(
        "sigmoid",
        binary_cross_entropy,
        0,
        lambda a: -math.log(sigma(-a[0])),
        lambda a: [sigma(a[0])],
    ),
    "K labels": Pairing(
        "sigmoid",
        binary_cross_entropy,
        T3,
        lambda a: sum(bernoulli(sigma(a_k), t_k) for a_k, t_k in zip(a, T3)),
        lambda a: [sigma(a_k) - t_k for a_k, t_k in zip(a, T3)],
    ),
    "K labels on logits": Pairing(
        "identity",
        binary_cross_entropy_with_logits,
        T3,
        lambda a: sum(bernoulli(sigma(a_k), t_k) for a_k, t_k in zip(a, T3)),
        lambda a: [sigma(a_k) - t_k for a_k, t_k in zip(a, T3)],
    ),
    "softmax, class 2": Pairing(
        "softmax",
        cross_entropy,
        2,
        lambda a: -math.log(softmaxed(a)[2]),
        lambda a: [y - t for y, t in zip(softmaxed(a), [0, 0, 1])],
    ),
    "softmax, 1-of-K": Pairing(
        "softmax",
        cross_entropy,
        [0, 1, 0],
        lambda a: -math.log(softmaxed(a)[1]),
        lambda a: [y - t for y, t in zip(softmaxed(a), [0, 1, 0])],
    ),
    "softmax on logits": Pairing(
        "identity",
        cross_entropy_with_logits,
        [0, 1, 0],
        lambda a: -math.log(softmaxed(a)[1]),
        lambda a: [y - t for y, t in zip(softmaxed(a), [0, 1, 0])],
    ),
    "the classic delta rule": Pairing(
        "sigmoid",
        half_squared_error,
        T3,
        lambda a: 0.5 * sum((sigma(a_k) - t_k) ** 2 for a_k, t_k in zip(a, T3)),
        lambda a: [(sigma(a_k) - t) * sigma(a_k) * (1 - sigma(a_k)) for a_k, t in zip(a, T3)],
    ),
}


def outputs_of(pairing: Pairing) -> int:
    return 2 if pairing.targets is T2 else 1 if pairing.targets in (0, 1) else 3


@ELEMENTARY
@pytest.mark.parametrize("task", list(PAIRINGS))
def test_error_and_delta_at_the_output(task: str, elementary: bool) -> None:
    """2 and 3.2: the table of errors; with the output activation that belongs to it, δ = y - t."""
    pairing = PAIRINGS[task]
    sizes = [2, 3, outputs_of(pairing)]
    model = network(sizes, activation="tanh", output=pairing.output, elementary=elementary)
    loss = pairing.loss(model(X), pairing.targets)
    loss.backward()
    a = ByHand(model, X, "tanh").a[-1]
    agree(loss, pairing.error(a))
    agree(deltas(loss)[2], [pairing.delta(a)])
    agree([n.b.grad for n in model.layers[1].neurons], pairing.delta(a))


@pytest.mark.parametrize("task", list(PAIRINGS))
def test_weight_gradients_of_the_whole_network(task: str) -> None:
    """2 with 3.1 and 3.3: each pairing, propagated to the first layer."""
    pairing = PAIRINGS[task]
    model = network([2, 3, outputs_of(pairing)], activation="tanh", output=pairing.output)
    pairing.loss(model(X), pairing.targets).backward()
    hand = ByHand(model, X, "tanh")
    agree(gradients_of(model), hand.gradients(pairing.delta(hand.a[-1])))


def test_worked_table_of_cross_entropies() -> None:
    """2: with a one-hot target the categorical cross-entropy is -ln p of the true class."""
    predictions = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.6, 0.2, 0.2]]
    classes = [0, 1, 2, 0]
    expected = [0.2231435513142097, 0.35667494393873245, 0.35667494393873245, 0.5108256237659907]
    one_hot = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    agree([cross_entropy(y, c) for y, c in zip(predictions, classes)], expected)
    agree([cross_entropy(y, t) for y, t in zip(predictions, one_hot)], expected)
    logits = [[math.log(p) for p in y] for y in predictions]
    agree([cross_entropy_with_logits(a, c) for a, c in zip(logits, classes)], expected)
    nodes = [[Value(p) for p in y] for y in predictions]
    agree(total([cross_entropy(y, c) for y, c in zip(nodes, classes)]), 1.4473190629576655)


def test_softmax_gives_a_probability_for_each_class() -> None:
    """2: outputs in [0, 1] that sum to 1."""
    rng = random.Random(0)
    for scale in (0.1, 1.0, 30.0, 1000.0):
        y = flat(autograd.softmax([Value(scale * rng.uniform(-1, 1)) for _ in range(7)]))
        assert min(y) >= 0.0
        assert max(y) <= 1.0
        assert math.fsum(y) == pytest.approx(1.0, rel=1e-14)


def test_two_classes_of_softmax_are_one_logistic_unit() -> None:
    """2: the categorical distribution with K = 2 is the Bernoulli distribution."""
    a1, a2 = Value(0.8), Value(-0.5)
    error = cross_entropy(autograd.softmax([a1, a2]), 0)
    error.backward()
    y = sigma(0.8 + 0.5)
    agree(error, -math.log(y))
    agree([a1.grad, a2.grad], [y - 1, 1 - y])


def test_binomial_error_is_a_sum_of_bernoulli_errors() -> None:
    """2: of n = 5 trials with one y, m = 3 hit; E = -[m ln y + (n-m) ln(1-y)], δ = n y - m."""
    a = Value(0.4)
    y = a.sigmoid()
    error = total([binary_cross_entropy(y, t) for t in (1, 0, 1, 1, 0)])
    error.backward()
    agree(error, -(3 * math.log(sigma(0.4)) + 2 * math.log(1 - sigma(0.4))))
    agree(a.grad, 5 * sigma(0.4) - 3)


SAMPLES = [([0.7, -1.3], [0.5, 0.1]), ([-0.2, 0.4], [-1.0, 2.0]), ([1.1, 0.9], [0.0, 0.3])]


def by_hand_per_sample(model: MLP) -> list[Row]:
    """The gradient of every sample alone, for tanh units with ½SSE."""
    rows = []
    for x, t in SAMPLES:
        hand = ByHand(model, x, "tanh")
        rows.append(hand.gradients([y_k - t_k for y_k, t_k in zip(hand.y, t)]))
    return rows


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_total_error_adds_up_errors_and_gradients(reduction: str) -> None:
    """2: E = Σ_n E_n and ∇E = Σ_n ∇E_n; Nielsen's cost is the mean."""
    model = network([2, 3, 2], activation="tanh")
    error = total([half_squared_error(model(x), t) for x, t in SAMPLES], reduction)
    error.backward()
    errors = []
    for x, t in SAMPLES:
        y = ByHand(model, x, "tanh").y
        errors.append(0.5 * sum((y_k - t_k) ** 2 for y_k, t_k in zip(y, t)))
    n = 3 if reduction == "mean" else 1
    agree(error, sum(errors) / n)
    agree(gradients_of(model), [sum(g) / n for g in zip(*by_hand_per_sample(model))])


def test_cross_entropy_learns_faster_from_a_badly_wrong_unit() -> None:
    """2: with squared error a saturated unit hardly moves; Nielsen's w = b = 2, x = 1, t = 0."""
    ends = {}
    for loss in ("half_squared_error", "binary_cross_entropy"):
        neuron = Neuron(1, activation="sigmoid")
        neuron.w[0].data = neuron.b.data = 2.0
        fit(
            neuron, [[1.0]], [0], loss,
            optimizer=SGD(neuron.parameters(), lr=0.15), epochs=300, progress=False,
        )  # fmt: skip
        ends[loss] = predict(neuron, [[1.0]])[0]
    assert ends["half_squared_error"] == pytest.approx(0.20, abs=0.005)  # as in Nielsen's figure
    assert ends["binary_cross_entropy"] < 0.03


# --- 3. Backpropagation -------------------------------------------------------------------------

NETWORKS = pytest.mark.parametrize(
    "sizes", [[2, 3, 2], [2, 4, 3, 3, 2]], ids=["2-3-2", "2-4-3-3-2"]
)


def backpropagated(
    sizes: list[int], activation: str, elementary: bool = False
) -> tuple[MLP, Value, ByHand, Row]:
    """A network after backward() of ½SSE; the same by hand; and δ at its output by hand."""
    model = network(sizes, activation=activation, elementary=elementary)
    t = [0.5, -0.25]
    loss = half_squared_error(model(X), t)
    loss.backward()
    hand = ByHand(model, X, activation)
    return model, loss, hand, [y_k - t_k for y_k, t_k in zip(hand.y, t)]


@ELEMENTARY
@ACTIVATION
@NETWORKS
def test_backpropagation_equations(sizes: list[int], activation: str, elementary: bool) -> None:
    """3.1 to 3.4, BP1 to BP4: every δ and every gradient of a shallow and of a deep network."""
    model, loss, hand, at_output = backpropagated(sizes, activation, elementary)
    expected = hand.deltas(at_output)
    agree([deltas(loss)[i] for i in range(1, len(sizes))], expected)
    nodes = a_nodes(loss)
    assert len(nodes) == sum(sizes[1:])
    for (layer, unit), a in nodes.items():
        agree(a, hand.a[layer - 1][unit - 1])
        agree(a.grad, expected[layer - 1][unit - 1])
    agree(gradients_of(model), hand.gradients(at_output))


@ACTIVATION
@pytest.mark.parametrize("unit", [0, 1, 2])
def test_delta_of_a_hidden_unit(activation: str, unit: int) -> None:
    """3.3: δ_j = h'(a_j) Σ_k w_kj δ_k, written out for each hidden unit of a 2-3-2 network."""
    model, loss, hand, (d1, d2) = backpropagated([2, 3, 2], activation)
    w1, w2 = [neuron.w[unit].data for neuron in model.layers[1].neurons]
    delta = HIDDEN[activation].slope(hand.a[0][unit]) * (w1 * d1 + w2 * d2)
    agree(deltas(loss)[1][0][unit], delta)
    neuron = model.layers[0].neurons[unit]
    agree(neuron.b.grad, delta)
    agree([weight.grad for weight in neuron.w], [delta * 0.7, delta * -1.3])


@ELEMENTARY
def test_weights_act_through_the_pre_activation_only(elementary: bool) -> None:
    """3.1: ∂E/∂w_ji = δ_j z_i and ∂E/∂w_j0 = δ_j, with δ and z as the graph has them."""
    model, loss, hand, _ = backpropagated([2, 4, 3, 3, 2], "tanh", elementary)
    delta = deltas(loss)
    for i, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            agree([w.grad for w in neuron.w], [delta[i + 1][0][j] * z for z in hand.z[i]])
            agree(neuron.b.grad, delta[i + 1][0][j])


def test_pre_activations_of_the_next_layer_depend_on_those_of_this_one() -> None:
    """3.3: ∂a_k/∂a_j = w_kj h'(a_j), with a_j nudged through the bias of unit j."""
    model = network([2, 3, 2], activation="tanh")
    for k in (1, 2):
        model.zero_grad()
        y = model(X)
        y[k - 1].backward()
        hand = ByHand(model, X, "tanh")
        slopes = [1 - z**2 for z in hand.z[1]]
        expected = [w_kj * slope for w_kj, slope in zip(hand.w[1][k - 1], slopes)]
        agree([n.b.grad for n in model.layers[0].neurons], expected)


def test_output_delta_is_slope_of_the_error_times_slope_of_the_activation() -> None:
    """3.2: δ_k = ∂E/∂y_k · h'(a_k), for an activation and an error that do not belong together."""
    model = network([2, 3, 2], activation="tanh", output="gudermannian")
    y = model(X)
    loss = y[0] ** 3 + 2 * y[0] * y[1]
    loss.backward()
    a1, a2 = ByHand(model, X, "tanh").a[-1]
    y1, y2 = [2 * math.atan(math.tanh(a / 2)) for a in (a1, a2)]
    delta = [(3 * y1**2 + 2 * y2) / math.cosh(a1), 2 * y1 / math.cosh(a2)]
    agree(deltas(loss)[2], [delta])
    agree([y_k.grad for y_k in y], [3 * y1**2 + 2 * y2, 2 * y1])


def test_logistic_units_with_squared_error() -> None:
    """3.5: δ_j = (o_j - t_j) o_j (1 - o_j) outside, (Σ_l w_jl δ_l) o_j (1 - o_j) inside."""
    model = network([2, 3, 2], activation="logistic", output="logistic")
    t = [1.0, 0.0]
    loss = half_squared_error(model(X), t)
    loss.backward()
    hand = ByHand(model, X, "logistic", "logistic")
    o, inner = hand.y, hand.z[1]
    outer_delta = [(o_j - t_j) * o_j * (1 - o_j) for o_j, t_j in zip(o, t)]
    inner_delta = [
        sum(hand.w[1][k][j] * outer_delta[k] for k in range(2)) * inner[j] * (1 - inner[j])
        for j in range(3)
    ]
    agree([deltas(loss)[1], deltas(loss)[2]], [inner_delta, outer_delta])


def test_both_sign_conventions_make_the_same_update() -> None:
    """3.5: w += -η o δ with δ = (o-t) o (1-o), or w += η o δ with δ = o (1-o) (t-o)."""
    model = network([2, 3, 2], activation="logistic", output="logistic")
    hand = ByHand(model, X, "logistic", "logistic")
    t, eta = [1.0, 0.0], 0.7
    before = [[w.data for w in neuron.w] for neuron in model.layers[1].neurons]
    half_squared_error(model(X), t).backward()
    SGD(model.parameters(), lr=eta).step()
    after = [[w.data for w in neuron.w] for neuron in model.layers[1].neurons]
    wikipedia, other_books = [], []
    for w_k, o_k, t_k in zip(before, hand.y, t):
        delta = (o_k - t_k) * o_k * (1 - o_k)
        wikipedia.append([w - eta * o_j * delta for w, o_j in zip(w_k, hand.z[1])])
        delta = o_k * (1 - o_k) * (t_k - o_k)
        other_books.append([w + eta * o_j * delta for w, o_j in zip(w_k, hand.z[1])])
    agree(after, wikipedia)
    agree(after, other_books)


def test_gradient_of_a_linear_model() -> None:
    """3.6: for y_k = Σ_i w_ki x_i with ½SSE, ∂E_n/∂w_ji = (y_nj - t_nj) x_ni."""
    w = [[Value(0.3), Value(-0.8)], [Value(1.2), Value(0.4)]]
    half_squared_error([dot(w_k, X) for w_k in w], [0.5, -0.25]).backward()
    y1, y2 = 0.3 * 0.7 + 0.8 * 1.3, 1.2 * 0.7 - 0.4 * 1.3
    expected = [
        [(y1 - 0.5) * 0.7, (y1 - 0.5) * -1.3],
        [(y2 + 0.25) * 0.7, (y2 + 0.25) * -1.3],
    ]
    agree([[weight.grad for weight in w_k] for w_k in w], expected)


class Bewitched(Neuron):
    """A neuron whose demon adds something to its weighted input."""

    mischief = 0.0

    def pre_activation(self, x: Sequence[Any]) -> Value:
        return super().pre_activation(x) + self.mischief


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_demon(unit: int) -> None:
    """3.7: Δz at the weighted input of neuron j changes the cost by about δ_j Δz."""
    neurons = [Bewitched(2, activation="tanh", rng=j, unit=j + 1) for j in range(3)]
    out = Neuron(3, activation="sigmoid", rng=9, layer=2)

    def cost() -> Value:
        return half_squared_error(out([neuron(X) for neuron in neurons]), 1.0)  # type: ignore

    calm = cost()
    calm.backward()
    delta = neurons[unit].b.grad
    assert abs(delta) > 1e-3
    previous = math.inf
    for step in (1e-2, 1e-3, 1e-4):
        neurons[unit].mischief = step
        error = abs(cost().data - calm.data - delta * step)
        assert error < min(step**2, previous / 50)  # what is left is of second order
        previous = error


@ELEMENTARY
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_bias_gradient_of_a_batch(reduction: str, elementary: bool) -> None:
    """3.8: it equals δ for one sample, Σ_n δ for a batch, or the mean of the samples' own δ."""
    model = network([2, 3, 2], activation="tanh", elementary=elementary)
    loss = total([half_squared_error(model(x), t) for x, t in SAMPLES], reduction)
    loss.backward()
    n = 3 if reduction == "mean" else 1
    by_layer: list[list[Row]] = [[], []]
    for x, t in SAMPLES:
        hand = ByHand(model, x, "tanh")
        for rows, delta in zip(by_layer, hand.deltas([y - t_k for y, t_k in zip(hand.y, t)])):
            rows.append([d / n for d in delta])
    agree([deltas(loss)[1], deltas(loss)[2]], by_layer)  # a row for each sample, in order
    biases = [[neuron.b.grad for neuron in layer.neurons] for layer in model.layers]
    agree(biases, [[sum(column) for column in zip(*rows)] for rows in by_layer])


def test_deltas_computes_nothing() -> None:
    """`deltas` reads: what is written into the node is what it gives back."""
    _, loss, _, _ = backpropagated([2, 3, 2], "tanh")
    a_nodes(loss)[1, 2].grad = 42.0
    assert deltas(loss)[1][0][1] == 42.0


def test_deltas_needs_units_and_a_backward_pass() -> None:
    """Without marks or before backward() there is no δ, and the message says so."""
    loss = half_squared_error(network([2, 3, 1])(X), 1.0)
    with pytest.raises(ValueError, match=r"run backward\(\)"):
        deltas(loss)
    with pytest.raises(ValueError, match="no marked units"):
        deltas(Value(1.0) * 2)


def test_deltas_of_a_unit_that_enters_more_often_than_its_neighbour() -> None:
    """Rows of samples cannot be made then; an error is better than a crooked matrix."""
    layer = Layer(1, 2, activation="tanh", rng=0)
    loss = layer([1.0])[0] + layer([2.0])[0] + layer([2.0])[1]
    loss.backward()
    with pytest.raises(ValueError, match="layer 1"):
        deltas(loss)


# --- 4. Learning --------------------------------------------------------------------------------


def test_gradient_descent_step_by_step() -> None:
    """4.1: on E = ½ (w - 3)² the k-th iterate is 3 + (1 - η)^k (w_0 - 3)."""
    w = Value(-2.0)
    optimizer = SGD([w], lr=0.3)
    for k in range(1, 8):
        optimizer.zero_grad()
        half_squared_error(w, 3.0).backward()  # evaluated anew after every update
        optimizer.step()
        agree(w, 3.0 + 0.7**k * -5.0)


def line_by_hand(batch_size: int, reduction: str, eta: float) -> tuple[float, float]:
    """Two epochs on y = w x + b with ½SSE, from w = 0.5, b = -0.25, without shuffling."""
    w, b = 0.5, -0.25
    data = [(1.0, 2.0), (2.0, -1.0), (-1.5, 0.5), (0.5, 0.0), (3.0, 1.0)]
    for _ in range(2):
        for start in range(0, 5, batch_size):
            batch = data[start : start + batch_size]
            m = len(batch) if reduction == "mean" else 1
            slope = [(w * x + b - t) * x / m for x, t in batch]
            offset = [(w * x + b - t) / m for x, t in batch]
            w, b = w - eta * sum(slope), b - eta * sum(offset)
    return w, b


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_online_mini_batch_and_batch_learning(batch_size: int, reduction: str) -> None:
    """4.2: w -= η ∇E_n after each sample; η Σ or η/m Σ over a mini-batch; over all of them."""
    neuron = Neuron(1, activation="identity")
    neuron.w[0].data, neuron.b.data = 0.5, -0.25
    fit(
        neuron, [[1.0], [2.0], [-1.5], [0.5], [3.0]], [2.0, -1.0, 0.5, 0.0, 1.0],
        "half_squared_error", optimizer=SGD(neuron.parameters(), lr=0.05), epochs=2,
        batch_size=batch_size, reduction=reduction, shuffle=False, progress=False,
    )  # fmt: skip
    agree([neuron.w[0], neuron.b], line_by_hand(batch_size, reduction, 0.05))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_the_five_steps_of_backpropagation(reduction: str) -> None:
    """3, procedure: forward, δ at the outputs, δ inside, ∂E/∂w = δ z, update."""
    model = network([2, 3, 2], activation="tanh")
    before = [p.data for p in model.parameters()]
    slope = [sum(g) / (3 if reduction == "mean" else 1) for g in zip(*by_hand_per_sample(model))]
    fit(
        model, [x for x, _ in SAMPLES], [t for _, t in SAMPLES], "half_squared_error",
        optimizer=SGD(model.parameters(), lr=0.1), epochs=1, reduction=reduction, progress=False,
    )  # fmt: skip
    agree([p.data for p in model.parameters()], [w - 0.1 * g for w, g in zip(before, slope)])


def test_weights_start_small_and_different() -> None:
    """4.3: units that start alike get the same δ and stay alike; random numbers break the tie."""
    x, t = [[0.7, -1.3], [0.2, 0.4]], [1.0, -1.0]
    alike = MLP(2, [2, 1], activation="tanh", init=lambda rng, fan_in, fan_out: 0.5)
    random_start = MLP(2, [2, 1], activation="tanh", rng=0)
    for model in (alike, random_start):
        fit(model, x, t, "half_squared_error", epochs=20, progress=False)
    first, second = [[p.data for p in n.parameters()] for n in alike.layers[0].neurons]
    assert first == second
    assert first != [0.5, 0.5, 0.0]
    first, second = [[p.data for p in n.parameters()] for n in random_start.layers[0].neurons]
    assert first != second
    weights = [w.data for n in MLP(5, [20], rng=0).layers[0].neurons for w in n.w]
    assert all(abs(w) <= 1.0 for w in weights)
    assert len(set(weights)) == 100


def surface(w: Value) -> Value:
    """Local minimum at w = 1 with E = -5/12, global one at w = -2 with E = -8/3."""
    return w**4 / 4 + w**3 / 3 - w**2


@pytest.mark.parametrize(("start", "end", "height"), [(0.4, 1.0, -5 / 12), (-0.4, -2.0, -8 / 3)])
def test_error_surface_with_two_minima(start: float, end: float, height: float) -> None:
    """4.4: descent ends in the minimum of the valley it starts in, where the gradient is 0."""
    w = Value(start)
    surface(w).backward()
    agree(w.grad, start**3 + start**2 - 2 * start)
    optimizer = SGD([w], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        error = surface(w)
        error.backward()
        optimizer.step()
    assert w.data == pytest.approx(end, abs=1e-9)
    assert error.data == pytest.approx(height, abs=1e-12)
    assert w.grad == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("square", lambda x: x * x),
        ("sin", lambda x: math.sin(math.pi * x)),
        ("abs", abs),
        ("heaviside", lambda x: 1.0 if x >= 0 else 0.0),
    ],
)
def test_data_of_the_universal_approximation_demo(name: str, f: Callable[[float], float]) -> None:
    """4.5: 50 points of each function in (-1, 1)."""
    data = load(name)
    xs = [x for (x,) in data.inputs]
    assert len(xs) == 50
    assert -1 < min(xs) < -0.9
    assert 0.9 < max(xs) < 1
    agree(data.targets, [f(x) for x in xs])


def test_three_tanh_units_approximate_a_parabola() -> None:
    """4.5: a two-layer network with 3 hidden units; no straight line comes below 1/90."""
    data = load("square")
    model = MLP(1, [3, 1], activation="tanh", rng=0)
    history = fit(
        model, data.inputs, data.targets, "half_squared_error", epochs=300, progress=False,
        optimizer=Adam(model.parameters(), lr=0.05),
    )  # fmt: skip
    # ½ mean (x² - 1/3)² = ½ · 4/45 for the best line, y = 1/3
    assert history[0]["train_loss"] > 2 / 45
    assert history[-1]["train_loss"] < 2 / 45 / 50


# --- 5. Why not finite differences --------------------------------------------------------------


@ELEMENTARY
@pytest.mark.parametrize("task", list(PAIRINGS))
def test_finite_differences_agree(task: str, elementary: bool) -> None:
    """5: (E(w+ε) - E(w-ε)) / 2ε for every weight, each from two more forward passes."""
    pairing = PAIRINGS[task]
    sizes = [2, 3, outputs_of(pairing)]
    model = network(sizes, activation="tanh", output=pairing.output, elementary=elementary)
    pairing.loss(model(X), pairing.targets).backward()
    differences = []
    for p in model.parameters():
        start, ends = p.data, []
        for epsilon in (1e-5, -1e-5):
            p.data = start + epsilon
            ends.append(pairing.loss(model(X), pairing.targets).data)
        p.data = start
        differences.append((ends[0] - ends[1]) / 2e-5)
    assert gradients_of(model) == pytest.approx(differences, rel=1e-7, abs=1e-9)


def test_one_sided_differences_have_an_error_proportional_to_epsilon() -> None:
    """5: (E(w+ε) - E(w)) / ε is off by ½ ε E''(w); E = w³ at 2 has E'' = 12."""
    w = Value(2.0)
    (w**3).backward()
    for epsilon in (1e-2, 1e-3, 1e-4):
        difference = ((2.0 + epsilon) ** 3 - 8.0) / epsilon
        assert difference - w.grad == pytest.approx(6 * epsilon, rel=0.01)


def test_backward_visits_every_node_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """5: all W derivatives for the price of one pass: each local gradient is asked for once."""
    calls = []
    row = operation("mul")
    local = row.local

    def counted(y: Any, a: Any, b: Any) -> Any:
        calls.append(y)
        return local(y, a, b)

    monkeypatch.setattr(row, "local", counted)
    model = MLP(4, [5, 3, 1], activation="tanh", rng=0, elementary=True)
    model([0.1, 0.2, 0.3, 0.4]).backward()
    assert len(calls) == 4 * 5 + 5 * 3 + 3 * 1  # one product for each weight, none of them twice


# --- 6. Jacobians and matrices ------------------------------------------------------------------


@ACTIVATION
def test_jacobian_of_a_network(activation: str) -> None:
    """6.1: J_ij = ∂y_i/∂x_j = W2 diag(h'(a)) W1."""
    model = network([2, 3, 2], activation=activation)
    hand = ByHand(model, X, activation)
    slopes = [hand.hidden.slope(a_j) for a_j in hand.a[0]]
    scaled = [[s * w for w in row] for s, row in zip(slopes, hand.w[0])]
    agree(jacobian(model)(X), product(hand.w[1], scaled))


def test_reverse_mode_multiplies_with_the_jacobian_without_building_it() -> None:
    """6.1: ∂L/∂x = (∂L/∂y) J, for the whole network and from `backward` of L."""
    model = network([2, 3, 2], activation="tanh")
    hand = ByHand(model, X, "tanh")
    slopes = [1 - z**2 for z in hand.z[1]]
    j = product(hand.w[1], [[s * w for w in row] for s, row in zip(slopes, hand.w[0])])
    v = [0.4, -1.1]
    expected = [sum(v[k] * j[k][i] for k in range(2)) for i in range(2)]
    agree(vjp(model, X)[1](v), expected)
    x = [Value(x_i) for x_i in X]
    y = model(x)
    (0.4 * y[0] - 1.1 * y[1]).backward()
    agree([x_i.grad for x_i in x], expected)


def test_gradients_of_a_matrix_product() -> None:
    """6.2: Y = X W + B has ∂L/∂X = (∂L/∂Y) Wᵀ, ∂L/∂W = Xᵀ (∂L/∂Y), ∂L/∂B = Σ_n ∂L/∂Y."""
    rng = random.Random(2)
    x = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(4)]  # 4 samples of 3 inputs
    w = [[rng.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
    b = [rng.uniform(-1, 1) for _ in range(2)]
    c = [[rng.uniform(-1, 1) for _ in range(2)] for _ in range(4)]
    x_nodes, w_nodes = [[[Value(v) for v in row] for row in m] for m in (x, w)]
    b_nodes = [Value(v) for v in b]
    y_nodes = [
        [dot([w_i[k] for w_i in w_nodes], row, b_nodes[k]) for k in range(2)] for row in x_nodes
    ]
    y = [[s + b_k for s, b_k in zip(row, b)] for row in product(x, w)]
    agree(y_nodes, y)
    # L = Σ c y² / 2 with ∂L/∂Y = c ⊙ Y
    loss = total([c[n][k] * y_nodes[n][k] ** 2 / 2 for n in range(4) for k in range(2)])
    loss.backward()
    g = [[c_nk * y_nk for c_nk, y_nk in zip(*rows)] for rows in zip(c, y)]
    agree([[v.grad for v in row] for row in y_nodes], g)
    agree([[v.grad for v in row] for row in x_nodes], product(g, transposed(w)))
    agree([[v.grad for v in row] for row in w_nodes], product(transposed(x), g))
    agree([v.grad for v in b_nodes], [sum(column) for column in zip(*g)])


def test_matrix_form_of_a_layer() -> None:
    """6.2: the same through `Layer`, whose rows of weights are the columns of W."""
    layer = Layer(3, 2, activation="identity", rng=0)
    x = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
    t = [[1.0, 0.0], [0.0, 1.0]]
    total([half_squared_error(layer(x_n), t_n) for x_n, t_n in zip(x, t)]).backward()
    w = transposed([[v.data for v in neuron.w] for neuron in layer.neurons])
    g = [[y_k - t_k for y_k, t_k in zip(y, t_n)] for y, t_n in zip(product(x, w), t)]
    found = transposed([[v.grad for v in neuron.w] for neuron in layer.neurons])
    agree(found, product(transposed(x), g))
    agree([neuron.b.grad for neuron in layer.neurons], [sum(column) for column in zip(*g)])


def test_weight_decay_adds_to_the_gradient() -> None:
    """λ Σ w² on top of E adds 2 λ w to every ∂E/∂w."""
    model, _, hand, at_output = backpropagated([2, 3, 2], "tanh")
    l2_penalty(model.parameters(), 0.1).backward()
    expected = [g + 0.2 * p.data for g, p in zip(hand.gradients(at_output), model.parameters())]
    agree(gradients_of(model), expected)


# --- negative control ---------------------------------------------------------------------------


def scaled_rule(local: Callable[..., Any]) -> Callable[..., Any]:
    """The rule with an error of one part in ten thousand."""
    return lambda *operands: [1.0001 * gradient for gradient in local(*operands)]


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("tanh", "regression"),
        ("dot", "regression"),
        ("square", "regression"),
        ("sum", "regression"),
        ("sub", "regression"),
        ("sigmoid", "binary, t = 1"),
        ("log", "binary, t = 1"),
        ("softmax", "softmax, class 2"),
        ("logsumexp", "softmax on logits"),
        ("softplus", "K labels on logits"),
    ],
)
def test_a_wrong_local_gradient_is_noticed(
    name: str, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison above fails as soon as one row of the table is slightly wrong."""
    row = operation(name)
    test_weight_gradients_of_the_whole_network(task)
    monkeypatch.setattr(row, "local", scaled_rule(row.local))
    with pytest.raises(AssertionError):
        test_weight_gradients_of_the_whole_network(task)


@pytest.mark.parametrize("name", ["mul", "add", "gudermannian"])
def test_a_wrong_local_gradient_is_noticed_in_elementary_networks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, for neurons of + and × nodes."""
    row = operation(name)
    test_backpropagation_equations([2, 3, 2], "gudermannian", True)
    monkeypatch.setattr(row, "local", scaled_rule(row.local))
    with pytest.raises(AssertionError):
        test_backpropagation_equations([2, 3, 2], "gudermannian", True)


def test_layer_sizes_of_the_hand_calculation() -> None:
    """The calculation by hand has one δ for each unit; zip would hide a missing one."""
    _, _, hand, at_output = backpropagated([2, 4, 3, 3, 2], "tanh")
    assert [len(row) for row in hand.deltas(at_output)] == [4, 3, 3, 2]
    n = sum((i + 1) * j for i, j in pairwise([2, 4, 3, 3, 2]))
    assert len(hand.gradients(at_output)) == n


def test_units_that_the_error_does_not_depend_on_keep_their_column() -> None:
    """With E of the second output alone, δ of the first is 0 and stands first."""
    y = MLP(2, [3, 2], rng=0)([1.0, 2.0])[1]
    error = half_squared_error(y, 5.0)
    error.backward()
    assert deltas(error)[2] == [[0.0, y.data - 5.0]]
