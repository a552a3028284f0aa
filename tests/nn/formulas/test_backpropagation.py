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
from typing import Any

import pytest

from autograd import Value, dot, jacobian, operation, vjp
from closed_forms import (
    ACTIVATION,
    ELEMENTARY,
    HIDDEN,
    PAIRINGS,
    SAMPLES,
    ByHand,
    Row,
    X,
    a_nodes,
    agree,
    backpropagated,
    gradients_of,
    network,
    outputs_of,
    product,
    transposed,
)
from nn import MLP, SGD, Layer, Neuron, deltas, half_squared_error, l2_penalty, total

NETWORKS = pytest.mark.parametrize(
    "sizes", [[2, 3, 2], [2, 4, 3, 3, 2]], ids=["2-3-2", "2-4-3-3-2"]
)


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
    neurons = [Bewitched(2, activation="tanh", rng=j) for j in range(3)]
    out = Neuron(3, activation="sigmoid", rng=9)

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
    layer, x = Layer(1, 2, activation="tanh", rng=0), [Value(1.0)]
    loss = layer(x)[0] + layer(x)[0] + layer(x)[1]
    loss.backward()
    with pytest.raises(ValueError, match="layer 1"):
        deltas(loss)


@pytest.mark.parametrize("task", list(PAIRINGS))
def test_weight_gradients_of_the_whole_network(task: str) -> None:
    """2 with 3.1 and 3.3: each pairing, propagated to the first layer."""
    pairing = PAIRINGS[task]
    model = network([2, 3, outputs_of(pairing)], activation="tanh", output=pairing.output)
    pairing.loss(model(X), pairing.targets).backward()
    hand = ByHand(model, X, "tanh")
    agree(gradients_of(model), hand.gradients(pairing.delta(hand.a[-1])))


# -- why not finite differences --------------------------------------------------------------------


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


# -- Jacobians and matrices ------------------------------------------------------------------------


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


# -- negative control ------------------------------------------------------------------------------


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
