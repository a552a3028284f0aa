"""The closed forms of the textbooks on plain floats, and networks to hold against them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from autograd import Value, topological_order
from nn import (
    MLP,
    Module,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    half_squared_error,
)

Row = list[float]
Matrix = list[list[float]]

X = [0.7, -1.3]
POINTS = [-7.0, -2.5, -1.0, -0.3, 1e-9, 0.2, 0.9, 3.0, 8.0]


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


# -- what the graph says ---------------------------------------------------------------------------


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


# -- errors, and samples to learn ------------------------------------------------------------------


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


SAMPLES = [([0.7, -1.3], [0.5, 0.1]), ([-0.2, 0.4], [-1.0, 2.0]), ([1.1, 0.9], [0.0, 0.3])]


def by_hand_per_sample(model: MLP) -> list[Row]:
    """The gradient of every sample alone, for tanh units with ½SSE."""
    rows = []
    for x, t in SAMPLES:
        hand = ByHand(model, x, "tanh")
        rows.append(hand.gradients([y_k - t_k for y_k, t_k in zip(hand.y, t)]))
    return rows
