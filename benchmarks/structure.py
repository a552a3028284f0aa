"""Models whose structure `compile` has to find in their scalars, against `jax.jit`.

Each is written twice. Once with this engine's words, for one sample: numbers, lists and loops, in
which nobody says convolution or time. And once by hand for JAX, for all samples: arrays, `lax.conv`
and `lax.scan`, which are quicker here than sums and loops that are unrolled, and `jax.jit` of
`jax.value_and_grad`. Both must agree on the loss and all gradients to 1e-9. Then they take turns,
on one processor: where JAX's threads have several, they wait by spinning, which costs time.

    python benchmarks/structure.py
    python benchmarks/structure.py --only RNN,LSTM --rounds 25
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from demo_step import (  # first of all, since it sets the number of threads
    CLOCKS,
    Read,
    Step,
    System,
    available,
    flat_result,
    measure,
    prepared,
)

from autograd import (
    Value,
    dot,
    exp,
    logsumexp,
    maximum,
    pick,
    relu,
    sigmoid,
    sum,
    tanh,
)
from autograd.compile import compile
from nn import cross_entropy_with_logits

SAMPLES = 64
HIDDEN, STEPS = 8, 16  # of recurrent networks
STATES, SYMBOLS, SEEN = 4, 5, 12  # of the hidden Markov model
TIMES, STRIDE = 60, 0.05  # of the differential equation
WANTED = {"numpy": 1.5, "c": 0.5}  # times of engines, relative to JAX


# -- for one sample, with this engine's words --------------------------------------------------


def cnn(kernels: Any, biases: Any, weights: Any, offsets: Any, x: Any, t: Any) -> Any:
    """Four kernels of 3×3 on a picture of 8×8, the largest of each four, and ten scores."""
    pooled = []
    for kernel, bias in zip(kernels, biases):
        z = [
            [
                relu(dot(kernel, [x[i + p][j + q] for p in range(3) for q in range(3)], bias))
                for j in range(6)
            ]
            for i in range(6)
        ]
        for above, below in zip(z[::2], z[1::2]):
            rows = [maximum(a, b) for a, b in zip(above, below)]
            pooled += [maximum(a, b) for a, b in zip(rows[::2], rows[1::2])]
    return cross_entropy_with_logits([dot(w, pooled, b) for w, b in zip(weights, offsets)], t)


def rnn(inner: Any, outer: Any, recurrent: Any, biases: Any, x: Any, t: Any) -> Any:
    """A hidden state of eight numbers, and an answer from the last one."""
    h: list[Any] = [0.0] * HIDDEN
    for x_k in x:
        h = [tanh(dot([*u, *w], [*x_k, *h], b)) for u, w, b in zip(inner, recurrent, biases)]
    return (dot(outer, h) - t) ** 2


def lstm(inner: Any, outer: Any, recurrent: Any, biases: Any, x: Any, t: Any) -> Any:
    """The same with a cell, and with gates for what it is given, keeps and shows."""
    h: list[Any] = [0.0] * HIDDEN
    c: list[Any] = [0.0] * HIDDEN
    for x_k in x:
        a = [dot([*u, *w], [*x_k, *h], b) for u, w, b in zip(inner, recurrent, biases)]
        given, kept, shown, new = (a[i : i + HIDDEN] for i in range(0, 4 * HIDDEN, HIDDEN))
        c = [sigmoid(f) * c_j + sigmoid(i) * tanh(g) for f, c_j, i, g in zip(kept, c, given, new)]
        h = [sigmoid(o) * tanh(c_j) for o, c_j in zip(shown, c)]
    return (dot(outer, h) - t) ** 2


def log_softmax(a: Sequence[Any]) -> list[Any]:
    total = logsumexp(a)
    return [a_i - total for a_i in a]


def gmm(shares: Any, centres: Any, widths: Any, x: Any, t: Any) -> Any:
    """Minus the logarithm of the density of a mixture of Gaussians, but for a constant."""
    fits = []
    for share, centre, width in zip(log_softmax(shares), centres, widths):
        squares = sum([((x_i - m) / exp(w)) ** 2 for x_i, m, w in zip(x, centre, width)])
        fits.append(share - 0.5 * squares - sum(width))
    return -logsumexp(fits)


def hmm(first: Any, moves: Any, emissions: Any, x: Any, t: Any) -> Any:
    """Minus the logarithm of the probability of what is seen, whatever the states were."""
    start, seen = log_softmax(first), [log_softmax(row) for row in emissions]
    into = [*zip(*[log_softmax(row) for row in moves])]
    now = [a + pick(row, x[0]) for a, row in zip(start, seen)]
    for symbol in x[1:]:
        now = [
            logsumexp([a + b for a, b in zip(now, column)]) + pick(row, symbol)
            for column, row in zip(into, seen)
        ]
    return -logsumexp(now)


def rk4(rates: Any, x: Any, t: Any) -> Any:
    """Hares and lynxes by the method of Runge and Kutta, from where they begin."""

    def slopes(y: Any) -> Any:
        born, eaten, starved, fed = rates
        hares, lynxes = y
        return [(born - eaten * lynxes) * hares, (fed * hares - starved) * lynxes]

    def further(y: Any, step: float, slope: Any) -> Any:
        return [y_i + step * s for y_i, s in zip(y, slope)]

    for _ in range(TIMES):
        a = slopes(x)
        b = slopes(further(x, STRIDE / 2, a))
        c = slopes(further(x, STRIDE / 2, b))
        d = slopes(further(x, STRIDE, c))
        mean = [(p + 2.0 * q + 2.0 * r + s) / 6.0 for p, q, r, s in zip(a, b, c, d)]
        x = further(x, STRIDE, mean)
    return sum([(x_i - t_i) ** 2 for x_i, t_i in zip(x, t)])


# -- for all samples, by hand for JAX ----------------------------------------------------------


def cnn_by_hand(kernels: Any, biases: Any, weights: Any, offsets: Any, X: Any, T: Any) -> Any:
    import jax

    kernels = kernels.reshape(4, 1, 3, 3)
    a = jax.lax.conv_general_dilated(X[:, None], kernels, (1, 1), "VALID")
    z = jax.nn.relu(a + biases[:, None, None])
    pooled = z.reshape(len(X), 4, 3, 2, 3, 2).max(axis=(3, 5)).reshape(len(X), -1)
    scores = pooled @ weights.T + offsets
    right = jax.numpy.take_along_axis(scores, T[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(scores, axis=1) - right).mean()


def rnn_by_hand(inner: Any, outer: Any, recurrent: Any, biases: Any, X: Any, T: Any) -> Any:
    import jax

    def step(h: Any, x: Any) -> tuple[Any, None]:
        return jax.numpy.tanh(inner @ x + recurrent @ h + biases[:, None]), None

    h, _ = jax.lax.scan(step, jax.numpy.zeros((HIDDEN, len(X))), X.transpose(1, 2, 0))
    return ((outer @ h - T) ** 2).mean()


def lstm_by_hand(inner: Any, outer: Any, recurrent: Any, biases: Any, X: Any, T: Any) -> Any:
    import jax

    def step(before: Any, x: Any) -> tuple[Any, None]:
        h, c = before
        a = inner @ x + recurrent @ h + biases[:, None]
        given, kept, shown, new = jax.numpy.split(a, 4)
        c = jax.nn.sigmoid(kept) * c + jax.nn.sigmoid(given) * jax.numpy.tanh(new)
        return (jax.nn.sigmoid(shown) * jax.numpy.tanh(c), c), None

    nothing = jax.numpy.zeros((HIDDEN, len(X)))
    (h, _), _ = jax.lax.scan(step, (nothing, nothing), X.transpose(1, 2, 0))
    return ((outer @ h - T) ** 2).mean()


def gmm_by_hand(shares: Any, centres: Any, widths: Any, X: Any, T: Any) -> Any:
    import jax

    squares = (((X[:, None] - centres) / jax.numpy.exp(widths)) ** 2).sum(axis=2)
    fits = jax.nn.log_softmax(shares) - 0.5 * squares - widths.sum(axis=1)
    return -jax.nn.logsumexp(fits, axis=1).mean()


def hmm_by_hand(first: Any, moves: Any, emissions: Any, X: Any, T: Any) -> Any:
    import jax

    into = jax.nn.log_softmax(moves)[:, :, None]
    seen = jax.nn.log_softmax(emissions)[:, X].transpose(2, 0, 1)

    def step(now: Any, fits: Any) -> tuple[Any, None]:
        return jax.nn.logsumexp(now[:, None] + into, axis=0) + fits, None

    start = jax.nn.log_softmax(first)[:, None] + seen[0]
    now, _ = jax.lax.scan(step, start, seen[1:])
    return -jax.nn.logsumexp(now, axis=0).mean()


def rk4_by_hand(rates: Any, X: Any, T: Any) -> Any:
    import jax

    born, eaten, starved, fed = rates

    def slopes(y: Any) -> Any:
        hares, lynxes = y
        return jax.numpy.stack([(born - eaten * lynxes) * hares, (fed * hares - starved) * lynxes])

    def step(y: Any, _: None) -> tuple[Any, None]:
        a = slopes(y)
        b = slopes(y + STRIDE / 2 * a)
        c = slopes(y + STRIDE / 2 * b)
        d = slopes(y + STRIDE * c)
        return y + STRIDE * ((a + 2.0 * b + 2.0 * c + d) / 6.0), None

    y, _ = jax.lax.scan(step, X.T, None, TIMES)
    return ((y - T.T) ** 2).sum(axis=0).mean()


# -- what they are given -----------------------------------------------------------------------


class Model(NamedTuple):
    """A model as it is written twice, the shapes of its parameters, and of its samples."""

    error: Callable[..., Any]
    by_hand: Callable[..., Any]
    shapes: Sequence[tuple[int, ...]]
    inputs: tuple[int, ...]
    targets: tuple[int, ...] = ()
    seen: int = 0  # symbols, if inputs are such
    classes: int = 0  # if targets are such


MODELS = {
    "CNN": Model(cnn, cnn_by_hand, [(4, 9), (4,), (10, 36), (10,)], (8, 8), classes=10),
    "RNN": Model(rnn, rnn_by_hand, [(8, 2), (8,), (8, 8), (8,)], (STEPS, 2)),
    "LSTM": Model(lstm, lstm_by_hand, [(32, 2), (8,), (32, 8), (32,)], (STEPS, 2)),
    "GMM": Model(gmm, gmm_by_hand, [(4,), (4, 2), (4, 2)], (2,)),
    "HMM": Model(
        hmm, hmm_by_hand, [(STATES,), (STATES, STATES), (STATES, SYMBOLS)], (SEEN,), seen=SYMBOLS
    ),
    "RK4": Model(rk4, rk4_by_hand, [(4,)], (2,), (2,)),
}


class Task(NamedTuple):
    """Parameters and samples: the same for all systems."""

    parameters: list[Any]
    X: Any
    T: Any


def task(model: Model) -> Task:
    import numpy as np

    rng = np.random.default_rng(1)
    parameters = [rng.normal(0.0, 0.5, shape) for shape in model.shapes]

    def numbers(shape: tuple[int, ...], below: int) -> Any:
        shape = (SAMPLES, *shape)
        return rng.integers(below, size=shape) if below else rng.uniform(0.5, 1.5, shape)

    return Task(
        parameters, numbers(model.inputs, model.seen), numbers(model.targets, model.classes)
    )


def as_values(numbers: Any) -> Any:
    """Return nested lists of numbers as parameters."""
    return [*map(as_values, numbers)] if isinstance(numbers, list) else Value(numbers)


def flat(parameters: Any) -> list[Value]:
    """Return nested lists of parameters as one list."""
    return (
        [p for part in parameters for p in flat(part)]
        if isinstance(parameters, list)
        else [parameters]
    )


def compiled(model: Model, given: Task, engine: str) -> tuple[Step, Read]:
    tables = as_values([array.tolist() for array in given.parameters])
    step = compile(lambda x, t: model.error(*tables, x, t), flat(tables), engine=engine)
    numbers = step.vector()
    return lambda: step.evaluate(numbers, given.X, given.T), flat_result


def jax(model: Model, given: Task) -> tuple[Step, Read]:
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    X, T = jax.numpy.array(given.X), jax.numpy.array(given.T)
    parameters = [jax.numpy.array(array) for array in given.parameters]
    jitted = jax.jit(jax.value_and_grad(lambda tables, X, T: model.by_hand(*tables, X, T)))

    def read(result: Any) -> tuple[float, list[float]]:
        loss, gradients = result
        return float(loss), np.concatenate([np.ravel(g) for g in gradients]).tolist()

    return lambda: jax.block_until_ready(jitted(parameters, X, T)), read


def systems(model: Model) -> list[System]:
    given = task(model)
    numpy, c = (partial(compiled, model, given, engine) for engine in WANTED)
    return [
        System("jax", "jax", "jax", partial(jax, model, given)),
        System("numpy", "numpy", "deltarule", numpy),
        System("c", "numpy", "deltarule", c, program="cc"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="turns of each system (%(default)s)")
    parser.add_argument("--only", default=",".join(MODELS), help="comma-separated (%(default)s)")
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="cpu",
        help="cpu counts the time of all threads, without waiting for other programs (%(default)s)",
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if hasattr(os, "sched_setaffinity"):  # on Linux; of JAX's threads, too
        os.sched_setaffinity(0, [*os.sched_getaffinity(0)][:1])
    print(
        f"{'':6} {'jax ms':>8}" + "".join([f" {f'{e} ms':>9} {'/ jax':>6} {'':7}" for e in WANTED])
    )
    for name in options.only.split(","):
        here = available(systems(MODELS[name]))
        times = measure(here, prepared(here), options.rounds, CLOCKS[options.clock])
        best = {system: 1e3 * min(seconds) for system, seconds in times.items()}
        line = f"{name:6} {best['jax']:8.3f}"
        for engine, wanted in WANTED.items():
            ratio = best[engine] / best["jax"]
            word = "met" if ratio <= wanted else "MISSED"
            line += f" {best[engine]:9.3f} {ratio:6.2f} {word:7}"
        print(line)
    print(f"wanted: {', '.join([f'{engine} ≤ {most:g}' for engine, most in WANTED.items()])}")


if __name__ == "__main__":
    main()
