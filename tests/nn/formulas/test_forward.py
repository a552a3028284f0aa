"""The formulas of the forward pass, each of them found in the graph."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

from autograd import Place, Value, dot, jacobian
from closed_forms import (
    ACTIVATION,
    ELEMENTARY,
    HIDDEN,
    POINTS,
    ByHand,
    X,
    agree,
    network,
    product,
    times,
)
from nn import ACTIVATIONS, MLP, Module, Neuron, deltas, find_activation, half_squared_error
from nn.data import load


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
