"""Networks that people build, each with samples and the number of units in each layer."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd import Value
from nn import MLP, Dropout, Layer, LayerNorm, Module, Neuron, Sequential


class Wrong(Module):
    """Two layers, made in the wrong order."""

    def __init__(self, rng: random.Random) -> None:
        self.second = Layer(3, 2, activation="identity", rng=rng)
        self.first = Layer(2, 3, activation="tanh", rng=rng)

    def __call__(self, x: Any) -> Any:
        return self.second(self.first(x))


class Skip(Module):
    def __init__(self, rng: random.Random) -> None:
        self.inner = Layer(2, 2, activation="tanh", rng=rng)
        self.last = Layer(2, 2, activation="identity", rng=rng)

    def __call__(self, x: Any) -> Any:
        return self.last([z + x_i for z, x_i in zip(self.inner(x), x)])


class Shared(Module):
    """A layer that is used twice, one after the other."""

    def __init__(self, rng: random.Random) -> None:
        self.twice = Layer(2, 2, activation="tanh", rng=rng)
        self.last = Layer(2, 2, activation="identity", rng=rng)

    def __call__(self, x: Any) -> Any:
        return self.last(self.twice(self.twice(x)))


class Branches(Module):
    def __init__(self, rng: random.Random) -> None:
        self.left = Layer(2, 2, activation="tanh", rng=rng)
        self.right = Layer(2, 3, activation="sigmoid", rng=rng)
        self.last = Layer(5, 2, activation="identity", rng=rng)

    def __call__(self, x: Any) -> Any:
        return self.last([*self.left(x), *self.right(x)])


class Siamese(Module):
    """One encoder for both halves of the input, their distance, and a head."""

    def __init__(self, rng: random.Random) -> None:
        self.encoder = Layer(2, 3, activation="tanh", rng=rng)
        self.head = Layer(3, 2, activation="identity", rng=rng)

    def __call__(self, x: Any) -> Any:
        pairs = zip(self.encoder(x[:2]), self.encoder(x[2:]))
        return self.head([(one - other) ** 2 for one, other in pairs])


class Autoencoder(Module):
    def __init__(self, rng: random.Random) -> None:
        self.encoder = MLP(2, [3, 2], activation="tanh", rng=rng)
        self.decoder = MLP(2, [3, 2], activation="tanh", rng=rng)

    def __call__(self, x: Any) -> Any:
        return self.decoder(self.encoder(x))


class Recurrent(Module):
    """Three time steps of two numbers, one after the other in the input."""

    def __init__(self, rng: random.Random) -> None:
        self.step = Layer(4, 2, activation="tanh", rng=rng)
        self.last = Layer(2, 2, activation="identity", rng=rng)

    def __call__(self, x: Any) -> Any:
        h: list[Any] = [0.0, 0.0]
        for t in (0, 2, 4):
            h = self.step([x[t], x[t + 1], *h])
        return self.last(h)


class Tied(Module):
    """A decoder by hand, with the weights of the encoder, transposed."""

    def __init__(self, rng: random.Random) -> None:
        self.encoder = Layer(2, 3, activation="tanh", rng=rng)
        self.offsets = [Value(0.1), Value(-0.2)]

    def __call__(self, x: Any) -> Any:
        z = self.encoder(x)
        columns = zip(*[neuron.w for neuron in self.encoder.neurons])
        return [sum(w * z_j for w, z_j in zip(c, z)) + b for c, b in zip(columns, self.offsets)]


class Named(Module):
    """Layers in a dict."""

    def __init__(self, rng: random.Random) -> None:
        self.layers = {
            "out": Layer(3, 2, activation="identity", rng=rng),
            "in": Layer(2, 3, activation="tanh", rng=rng),
        }

    def __call__(self, x: Any) -> Any:
        return self.layers["out"](self.layers["in"](x))


class Neurons(Module):
    """Lone neurons in a list, and one that takes what they give."""

    def __init__(self, rng: random.Random) -> None:
        self.hidden = [Neuron(2, activation="tanh", rng=rng) for _ in range(3)]
        self.last = [Neuron(3, activation="identity", rng=rng) for _ in range(2)]

    def __call__(self, x: Any) -> Any:
        z = [neuron(x) for neuron in self.hidden]
        return [neuron(z) for neuron in self.last]


class ByHand(Module):
    """Sums and products of numbers: no layer is marked."""

    def __init__(self, rng: random.Random) -> None:
        self.w = [Value(rng.uniform(-1.0, 1.0)) for _ in range(4)]

    def __call__(self, x: Any) -> Any:
        hidden = (self.w[0] * x[0] + self.w[1] * x[1]).tanh()
        return [self.w[2] * hidden, self.w[3] * hidden + x[0]]


def frozen(rng: random.Random) -> Module:
    model = Wrong(rng)
    model.first.requires_grad_(False)
    return model


def normed(rng: random.Random) -> Module:
    first = Layer(2, 3, activation="tanh", rng=rng)
    last = Layer(3, 2, activation="identity", rng=rng)
    return Sequential(first, LayerNorm(3), Dropout(0.5, rng=0), last).eval()


class Case(NamedTuple):
    """A network: how it is built, its inputs, its units by layer, and uses for each sample."""

    build: Callable[[random.Random], Module]
    inputs: int
    units: dict[int, int]
    uses: dict[int, int]

    def model(self, seed: int = 1) -> Any:
        return self.build(random.Random(seed))

    @property
    def samples(self) -> tuple[list[list[float]], list[list[float]]]:
        rng = random.Random(7)
        X = [[rng.uniform(-1.0, 1.0) for _ in range(self.inputs)] for _ in range(4)]
        return X, [[0.3, -0.4], [0.8, 0.1], [-0.5, 0.2], [0.0, 0.9]]


CASES: dict[str, Case] = {
    "wrong order": Case(Wrong, 2, {1: 3, 2: 2}, {1: 1, 2: 1}),
    "skip": Case(Skip, 2, {1: 2, 2: 2}, {1: 1, 2: 1}),
    "shared": Case(Shared, 2, {1: 2, 2: 2}, {1: 2, 2: 1}),
    "branches": Case(Branches, 2, {1: 2, 2: 3, 3: 2}, {1: 1, 2: 1, 3: 1}),
    "siamese": Case(Siamese, 4, {1: 3, 2: 2}, {1: 2, 2: 1}),
    "autoencoder": Case(Autoencoder, 2, {1: 3, 2: 2, 3: 3, 4: 2}, dict.fromkeys(range(1, 5), 1)),
    "recurrent": Case(Recurrent, 6, {1: 2, 2: 2}, {1: 3, 2: 1}),
    "tied": Case(Tied, 2, {1: 3}, {1: 1}),
    "frozen": Case(frozen, 2, {1: 3, 2: 2}, {1: 1, 2: 1}),
    "dict": Case(Named, 2, {1: 3, 2: 2}, {1: 1, 2: 1}),
    "neurons": Case(Neurons, 2, {1: 3, 2: 2}, {1: 1, 2: 1}),
    "by hand": Case(ByHand, 2, {}, {}),
    "norm": Case(normed, 2, {1: 3, 2: 2}, {1: 1, 2: 1}),
}
