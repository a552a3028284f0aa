"""Modules of all kinds that are not lists of layers, and what they take."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from autograd import (
    Operation,
    Value,
    atan2,
    clamp,
    exp,
    hypot,
    log1p,
    logsumexp,
    maximum,
    mean,
    minimum,
    prod,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)
from autograd.table import TABLE
from nn import MLP, Layer, Module, Neuron


def own(name: str, forward: Any, local: Any, **options: Any) -> Operation:
    """An operation that tests of the whole table do not find."""
    row = Operation(name, forward, local, **options)
    del TABLE[name]
    return row


# Slopes that are not those of the formulas show which of both are used.
step_through = own("step through", lambda x: where(x > 0.0, 1.0, 0.0), lambda y, x: (2.0 * x,))
blend = own(
    "blend", lambda a, b: a / (1.0 + b * b), lambda y, a, b: (1.0 / (1.0 + b * b), a * b - 7.0)
)
loudest = own(
    "loudest",
    lambda xs, k: xs[int(k)] * sum(xs),
    lambda y, xs, k: [xs[int(k)] * (i + 1.0) for i in range(len(xs))],
    vectors=lambda operands: (operands[:-1], operands[-1]),
    index=True,
)


def numbers(*shape: int, rng: random.Random) -> Any:
    """New parameters, in lists within lists."""
    if not shape:
        return Value(rng.uniform(-1.0, 1.0))
    return [numbers(*shape[1:], rng=rng) for _ in range(shape[0])]


class Skip(Module):
    """A residual block between two layers."""

    def __init__(self, rng: random.Random) -> None:
        self.first, self.inner = Layer(3, 4, rng=rng), Layer(4, 4, activation="tanh", rng=rng)
        self.last = Layer(4, 2, activation="identity", rng=rng)

    def __call__(self, x: Any) -> Any:
        z = self.first(x)
        return self.last([a + b for a, b in zip(z, self.inner(z))])


class Tied(Module):
    """A layer that is used twice, and a decoder with the transposed weights of the encoder."""

    def __init__(self, rng: random.Random) -> None:
        self.encoder, self.twice = Layer(3, 2, rng=rng), Layer(2, 2, activation="tanh", rng=rng)
        self.decoder = Layer(2, 3, activation="sigmoid", rng=rng)
        for j, neuron in enumerate(self.decoder.neurons):
            neuron.w = tuple([encoding.w[j] for encoding in self.encoder.neurons])

    def __call__(self, x: Any) -> Any:
        return self.decoder(self.twice(self.twice(self.encoder(x))))


def tied_mlp(rng: random.Random) -> MLP:
    """Two layers of a network that share a weight matrix."""
    model = MLP(3, [3, 3, 1], activation="tanh", rng=rng)
    for one, other in zip(model.layers[0].neurons, model.layers[1].neurons):
        other.w = one.w
    return model


class Branches(Module):
    """Two branches that meet in a product, a mean, the larger of several, and a share."""

    def __init__(self, rng: random.Random) -> None:
        self.left, self.right = MLP(2, [3, 3], rng=rng), Neuron(2, activation="gelu", rng=rng)
        self.scale = numbers(rng=rng)

    def __call__(self, x: Any) -> Any:
        a, b = self.left(x[:2]), self.right(x[1:])
        products = [self.scale * a_i * b for a_i in a]
        largest = maximum(maximum(products[0], products[1]), maximum(products[2], 0.0))
        return [mean(products), largest, minimum(b, prod(a)), b / (1.0 + self.scale**2), 2.5]


class ByHand(Module):
    """Sums and products only, with a matrix in a nested list."""

    def __init__(self, rng: random.Random) -> None:
        self.W, self.b, self.out = numbers(2, 3, rng=rng), numbers(2, rng=rng), numbers(2, rng=rng)

    def __call__(self, x: Any) -> Any:
        y = 0.0
        for row, b, out in zip(self.W, self.b, self.out):
            y = y + out * (row[0] * x[0] + row[1] * x[1] + row[2] * x[2] + b) * x[0]
        return y


class Own(Module):
    """Operations of one's own, with one operand, with two and with a list of them."""

    def __init__(self, rng: random.Random) -> None:
        self.layer = Layer(3, 3, activation=step_through, rng=rng)
        self.b = numbers(rng=rng)

    def __call__(self, x: Any) -> Any:
        z = self.layer(x)
        mixed = [blend(z_i, x_i) for z_i, x_i in zip(z, x)]
        return [*mixed, blend(x[0], self.b), *[loudest(*x, float(k)) for k in (2, 0)]]


class Attention(Module):
    """One head, over three tokens of two numbers, as lists of lists."""

    def __init__(self, rng: random.Random) -> None:
        self.Q, self.K, self.V = (numbers(2, 2, rng=rng) for _ in range(3))

    def __call__(self, tokens: Any) -> Any:
        q, k, v = ([times(W, token) for token in tokens] for W in (self.Q, self.K, self.V))
        results = []
        for t, q_t in enumerate(q):
            scores = [sum(a * b for a, b in zip(q_t, k_s)) / 2.0**0.5 for k_s in k[: t + 1]]
            weights = softmax(scores)
            results += [sum(w * v_s[i] for w, v_s in zip(weights, v)) for i in range(2)]
        return results


def times(W: Any, x: Any) -> list[Any]:
    return [sum(w * x_i for w, x_i in zip(row, x)) for row in W]


class Recurrent(Module):
    """A network over four time steps, with a softmax at the end."""

    def __init__(self, rng: random.Random) -> None:
        self.inner, self.last = Layer(5, 3, activation="tanh", rng=rng), numbers(2, 3, rng=rng)

    def __call__(self, steps: Any) -> Any:
        h: list[Any] = [0.0, 0.0, 0.0]
        for x in steps:
            h = self.inner([*x, *h])
        return softmax(times(self.last, h))


class Normalised(Module):
    """A norm by hand, and the logarithm of a sum of exponentials."""

    def __init__(self, rng: random.Random) -> None:
        self.gain, self.bias = numbers(4, rng=rng), numbers(4, rng=rng)

    def __call__(self, x: Any) -> Any:
        centre = mean(x)
        spread = sqrt(mean([(x_i - centre) ** 2 for x_i in x]) + 1e-5)
        z = [g * ((x_i - centre) / spread) + b for x_i, g, b in zip(x, self.gain, self.bias)]
        return [*z, logsumexp(z), logsumexp([x[0], x[0], x[0]])]


class Functions(Module):
    """Many rows of the table, and outputs that depend on parameters only, or on nothing."""

    def __init__(self, rng: random.Random) -> None:
        self.a, self.b = numbers(rng=rng), numbers(2, rng=rng)

    def __call__(self, x: Any) -> Any:
        u, v = x
        return [
            hypot(u, v) + atan2(u, 1.5),
            log1p(exp(u)) * v.sin().cos(),
            u.expm1() + abs(v) ** 1.5 + abs(v) ** self.a + 2.0**u,
            clamp(u, -0.5, 0.5) + softplus(v) + u.sinh() - v.erf() + u.atan(),
            tanh(self.a) * self.b[1],
            softmax([self.a, *self.b])[1],
            3.0,
        ]


class Uneven(Module):
    """Sums of different lengths, a list of unequal lists, and a dict."""

    def __init__(self, rng: random.Random) -> None:
        self.rows = [numbers(7, rng=rng), numbers(5, rng=rng), [numbers(rng=rng)]]
        self.by_name = {"scale": numbers(rng=rng), 3: numbers(rng=rng)}

    def __call__(self, x: Any) -> Any:
        z = [a.tanh() for a in x]
        a, b = (sum(w * w * z_i * z_i for w, z_i in zip(row, z)) for row in self.rows[:2])
        c = sum(z_i * x_i for z_i, x_i in zip(z, reversed(x)))
        return [a * self.by_name["scale"], b * self.by_name[3], c, self.rows[2][0] * a]


class Constant(Module):
    """A parameter, whatever it is given."""

    def __init__(self, rng: random.Random) -> None:
        self.a = numbers(rng=rng)

    def __call__(self, x: Any) -> Any:
        return [self.a, 3.0]


class Number(Module):
    """A function of one number, not of a list."""

    def __init__(self, rng: random.Random) -> None:
        self.a = numbers(rng=rng)

    def __call__(self, x: Any) -> Any:
        return self.a * x.sigmoid() - x.relu()


MODELS: dict[str, tuple[Callable[[random.Random], Module], tuple[int, ...]]] = {
    "skip": (Skip, (3,)),
    "tied": (Tied, (3,)),
    "tied mlp": (tied_mlp, (3,)),
    "branches": (Branches, (3,)),
    "by hand": (ByHand, (3,)),
    "own": (Own, (3,)),
    "attention": (Attention, (3, 2)),
    "recurrent": (Recurrent, (4, 2)),
    "norm": (Normalised, (4,)),
    "functions": (Functions, (2,)),
    "uneven": (Uneven, (7,)),
    "constant": (Constant, (2,)),
    "number": (Number, ()),
}
