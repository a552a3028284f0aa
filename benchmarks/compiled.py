"""The array programs that `compile` writes, against the same task written for array libraries.

Three parts, which `--only` selects:

networks    loss and gradient of a batch of 256 for classifiers 64-32-10 and 784-128-10 (softmax
            cross-entropy on logits), against NumPy by hand, PyTorch and JAX
tracing     seconds and memory until a program is there, as networks and random graphs grow
irregular   a random graph of 10,000 scalar nodes, 1,000 samples: against this engine without
            compiling, and against CasADi

Systems must first agree on the loss and all gradients to 1e-9, and then take turns. Array
libraries compute in one thread. The samples are random: how fast a dense network is does not
depend on what is in the picture.

    python benchmarks/compiled.py
    python benchmarks/compiled.py --only irregular --rounds 5
"""

from __future__ import annotations

import argparse
import gc
import random
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from demo_step import (  # first of all, since it sets the number of threads
    CLOCKS,
    SIZES,
    Clock,
    Read,
    Step,
    System,
    Target,
    available,
    flat_result,
    measure,
    prepared,
    report,
)

from autograd import Value, dot, logsumexp, relu, sin, tanh
from autograd.compile import compile
from nn import MLP

BATCH = 256
NETWORKS = ((64, 32, 10), (784, 128, 10))
WIDTHS = (16, 32, 64, 128)  # of the hidden layer of a growing network
NODES = (1_250, 2_500, 5_000, 10_000)  # of a growing random graph
GRAPH = 10_000
INPUTS, PARAMETERS = 10, 50
SAMPLES, EAGER_SAMPLES = 1_000, 20


# -- networks --------------------------------------------------------------------------------


class Task(NamedTuple):
    """A classifier with one hidden layer, and a batch: the same for all systems."""

    sizes: tuple[int, int, int]
    activation: str
    layers: list[Any]  # a matrix of each layer; the last column has the biases
    X: Any
    classes: Any
    T: Any  # the classes as 1-of-K rows


def task(sizes: tuple[int, int, int], activation: str) -> Task:
    import numpy as np

    rng = np.random.default_rng(1)
    layers = [
        rng.normal(0.0, inputs**-0.5, (units, inputs + 1)) for inputs, units in pairwise(sizes)
    ]
    classes = rng.integers(sizes[-1], size=BATCH)
    X = rng.random((BATCH, sizes[0]))
    return Task(sizes, activation, layers, X, classes, np.eye(sizes[-1])[classes])


def weights_and_biases(task: Task) -> list[Any]:
    """Return W1, b1, W2, b2 as arrays of their own."""
    return [part.copy() for layer in task.layers for part in (layer[:, :-1], layer[:, -1])]


def read_arrays(result: Any) -> tuple[float, list[float]]:
    """Return loss and gradient, unit after unit, the bias last."""
    import numpy as np

    loss, gradients = result
    gradients = [np.asarray(gradient) for gradient in gradients]
    layers = [np.column_stack(pair).ravel() for pair in zip(gradients[::2], gradients[1::2])]
    return float(loss), np.concatenate(layers).tolist()


def network(task: Task) -> tuple[Any, Callable[[Any, Any], Any]]:
    """Return a model with the weights of the task, and the error of a sample."""
    model = MLP(task.sizes[0], task.sizes[1:], activation=task.activation)
    numbers = [number for layer in task.layers for number in layer.ravel().tolist()]
    for p, number in zip(model.parameters(), numbers, strict=True):
        p.data = number

    def error(x: Any, t: Any) -> Any:
        scores = model(x)
        return logsumexp(scores) - dot(t, scores)

    return model, error


def compiled_network(task: Task, engine: str) -> tuple[Step, Read]:
    model, error = network(task)
    step = compile(error, model.parameters(), engine=engine)
    numbers = step.vector()
    return lambda: step.evaluate(numbers, task.X, task.T), flat_result


def numpy_by_hand(task: Task) -> tuple[Step, Read]:
    import numpy as np

    W1, b1, W2, b2 = weights_and_biases(task)
    X, rows, is_tanh = task.X, np.arange(BATCH), task.activation == "tanh"

    def step() -> tuple[Any, list[Any]]:
        a1 = X @ W1.T + b1
        z1 = np.tanh(a1) if is_tanh else np.maximum(a1, 0.0)
        a2 = z1 @ W2.T + b2
        a2 -= a2.max(axis=1, keepdims=True)
        delta2 = np.exp(a2)
        totals = delta2.sum(axis=1, keepdims=True)
        loss = (np.log(totals).sum() - a2[rows, task.classes].sum()) / BATCH
        delta2 /= totals
        delta2[rows, task.classes] -= 1.0
        delta2 /= BATCH
        delta1 = delta2 @ W2
        delta1 *= 1.0 - z1 * z1 if is_tanh else z1 > 0.0
        return loss, [delta1.T @ X, delta1.sum(axis=0), delta2.T @ z1, delta2.sum(axis=0)]

    return step, read_arrays


def pytorch(task: Task) -> tuple[Step, Read]:
    import torch
    from torch.nn.functional import cross_entropy, linear

    torch.set_num_threads(1)
    weights = [torch.tensor(a, requires_grad=True) for a in weights_and_biases(task)]
    W1, b1, W2, b2 = weights
    X, classes = torch.tensor(task.X), torch.tensor(task.classes)
    activation = torch.tanh if task.activation == "tanh" else torch.relu

    def step() -> Any:
        loss = cross_entropy(linear(activation(linear(X, W1, b1)), W2, b2), classes)
        return loss.detach(), torch.autograd.grad(loss, weights)

    return step, read_arrays


def jax(task: Task) -> tuple[Step, Read]:
    import jax

    np = jax.numpy
    jax.config.update("jax_enable_x64", True)
    X, classes = np.array(task.X), np.array(task.classes)
    activation = np.tanh if task.activation == "tanh" else jax.nn.relu

    def loss(weights: Sequence[Any], X: Any, classes: Any) -> Any:
        W1, b1, W2, b2 = weights
        scores = activation(X @ W1.T + b1) @ W2.T + b2
        right = np.take_along_axis(scores, classes[:, None], axis=1)[:, 0]
        return (jax.nn.logsumexp(scores, axis=1) - right).mean()

    jitted = jax.jit(jax.value_and_grad(loss))
    weights = [np.array(a) for a in weights_and_biases(task)]
    return lambda: jax.block_until_ready(jitted(weights, X, classes)), read_arrays


NETWORK_TARGETS: Sequence[Target] = (
    ("compiled: numpy", "numpy by hand", 1.2, False),
    ("compiled: numpy", "pytorch eager (1 thread)", 1.0, False),
    ("compiled: c", "numpy by hand", 1.2, False),
)


def networks(rounds: int, clock: Clock) -> None:
    for sizes in NETWORKS:
        for activation in ("tanh", "relu"):
            print(f"\n{'-'.join(map(str, sizes))}, {activation}, batch of {BATCH}")
            given = task(sizes, activation)
            systems = available(
                (
                    System("numpy by hand", "numpy", "numpy", partial(numpy_by_hand, given)),
                    System(
                        "compiled: numpy",
                        "numpy",
                        "deltarule",
                        partial(compiled_network, given, "numpy"),
                    ),
                    System(
                        "compiled: numba",
                        "numba",
                        "numba",
                        partial(compiled_network, given, "numba"),
                    ),
                    System(
                        "compiled: c",
                        "numpy",
                        "deltarule",
                        partial(compiled_network, given, "c"),
                        program="cc",
                    ),
                    System("pytorch eager (1 thread)", "torch", "torch", partial(pytorch, given)),
                    System("jax jit", "jax", "jax", partial(jax, given)),
                )
            )
            times = measure(systems, prepared(systems), rounds, clock)
            report(systems, times, NETWORK_TARGETS)


# -- tracing ---------------------------------------------------------------------------------


class Problem(NamedTuple):
    """Something to be traced: an error, its parameters, and the numbers of a sample."""

    name: str
    size: int  # weights, or nodes
    error: Callable[[Any, Any], Any]
    parameters: list[Value]
    inputs: int
    targets: int


def network_problem(sizes: tuple[int, ...]) -> Problem:
    model = MLP(sizes[0], sizes[1:])
    parameters = model.parameters()

    def error(x: Any, t: Any) -> Any:
        scores = model(x)
        return logsumexp(scores) - dot(t, scores)

    name = "-".join(map(str, sizes))
    return Problem(name, len(parameters), error, parameters, sizes[0], sizes[-1])


def demo_problem() -> Problem:
    model = MLP(SIZES[0], SIZES[1:])
    parameters = model.parameters()
    name = "-".join(map(str, SIZES)) + ", hinge"
    return Problem(
        name,
        len(parameters),
        lambda x, t: (1.0 - t[0] * model(x)).relu(),
        parameters,
        SIZES[0],
        1,
    )


def graph_problem(nodes: int) -> Problem:
    graph, parameters = Graph(nodes), [Value(p) for p in parameter_values()]
    return Problem(
        f"random graph, depth {graph.depth()}",
        nodes,
        lambda x, t: graph([*parameters, *x], (tanh, sin, relu)),
        parameters,
        INPUTS,
        1,
    )


def trace(problem: Problem) -> None:
    """Trace and generate, by the first call of a step, which has one sample only."""
    import numpy as np

    step = compile(problem.error, problem.parameters)
    step(np.full((1, problem.inputs), 0.5), np.full((1, problem.targets), 1.0 / problem.targets))


def tracing(rounds: int, clock: Clock) -> None:
    print(f"\n{'traced':<26} {'size':>7} {'min ms':>9} {'µs / size':>10} {'peak bytes / size':>18}")
    demo = demo_problem()
    trace(demo)  # imports
    problems = (
        demo,
        network_problem((64, 32, 10)),
        *[network_problem((784, width, 10)) for width in WIDTHS],
        *[graph_problem(nodes) for nodes in NODES],
    )
    best = {}
    for problem in problems:
        seconds = []
        for _ in range(rounds if problem.size < 1_000 else 2):
            gc.collect()
            start = clock()
            trace(problem)
            seconds.append(clock() - start)
        best[problem.name] = min(seconds)
        gc.collect()
        tracemalloc.start()
        trace(problem)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"{problem.name:<26} {problem.size:>7} {1e3 * min(seconds):>9.1f}"
            f" {1e6 * min(seconds) / problem.size:>10.1f} {peak / problem.size:>18.0f}"
        )
    print("size: weights of a network, nodes of a random graph; 1 sample")
    for name, most in ((demo.name, 0.05), ("784-128-10", 3.0)):
        met = "met" if best[name] < most else "MISSED"
        print(f"target: {name} < {most:g} s: {best[name]:.3g} {met}")


# -- an irregular graph ----------------------------------------------------------------------

UNARY = ("tanh", "sin", "relu")
BINARY = ("+", "-", "*")


class Graph:
    """Random operations, each on any earlier nodes; the result is the mean of unused nodes.

    The first nodes are the leaves. That every earlier node is equally likely keeps the depth
    near a multiple of the logarithm of the number of nodes. The first operand is no parameter,
    so that all nodes differ from sample to sample.
    """

    def __init__(self, nodes: int) -> None:
        rng = random.Random(1)
        leaves = PARAMETERS + INPUTS
        self.nodes = [
            (rng.choice(UNARY + BINARY), rng.randrange(PARAMETERS, i), rng.randrange(i))
            for i in range(leaves, leaves + nodes)
        ]
        used = {i for _, i, _ in self.nodes} | {j for name, _, j in self.nodes if name in BINARY}
        self.ends = [i for i in range(leaves, leaves + nodes) if i not in used]

    def __call__(self, leaves: Sequence[Any], unary: Sequence[Callable[[Any], Any]]) -> Any:
        """Return the result for leaves of any number type, with its functions named in `UNARY`."""
        functions = dict(zip(UNARY, unary))
        values = list(leaves)
        for name, i, j in self.nodes:
            if name in functions:
                values.append(functions[name](values[i]))
            elif name == "*":
                values.append(values[i] * values[j])
            else:
                values.append(values[i] + values[j] if name == "+" else values[i] - values[j])
        return sum([values[i] for i in self.ends]) * (1.0 / len(self.ends))

    def depth(self) -> int:
        """Return the number of nodes on the longest way."""
        depth = [0] * (PARAMETERS + INPUTS)
        for name, i, j in self.nodes:
            depth.append(1 + max(depth[i], depth[j] if name in BINARY else 0))
        return max(depth)


def parameter_values() -> list[float]:
    rng = random.Random(2)
    return [rng.uniform(-1.0, 1.0) for _ in range(PARAMETERS)]


def points(samples: int) -> list[list[float]]:
    rng = random.Random(3)
    return [[rng.uniform(-1.0, 1.0) for _ in range(INPUTS)] for _ in range(samples)]


def compiled_graph(graph: Graph, samples: int) -> tuple[Step, Read]:
    import numpy as np

    parameters = [Value(p) for p in parameter_values()]
    step = compile(lambda x, t: graph([*parameters, *x], (tanh, sin, relu)), parameters)
    numbers, X, T = step.vector(), np.array(points(samples)), np.zeros(samples)
    return lambda: step.evaluate(numbers, X, T), flat_result


def eager_graph(graph: Graph, samples: int) -> tuple[Step, Read]:
    parameters = [Value(p) for p in parameter_values()]
    X = points(samples)

    def step() -> float:
        loss = 0.0
        for p in parameters:
            p.grad = 0.0
        for x in X:
            error = graph([*parameters, *x], (tanh, sin, relu)) * (1.0 / samples)
            error.backward()
            loss += error.data
        return loss

    return step, lambda loss: (loss, [p.grad for p in parameters])


def casadi_graph(graph: Graph, samples: int) -> tuple[Step, Read]:
    import casadi as ca

    w, x = ca.SX.sym("w", PARAMETERS), ca.SX.sym("x", INPUTS)
    leaves = [*ca.vertsplit(w), *ca.vertsplit(x)]
    error = graph(leaves, (ca.tanh, ca.sin, lambda a: ca.fmax(a, 0.0))) / samples
    one = ca.Function("one", [w, x], [error, ca.gradient(error, w)])
    batch = one.map("batch", "serial", samples, [0], [0, 1])  # the outputs are summed
    weights, X = ca.DM(parameter_values()), ca.DM(points(samples)).T
    return lambda: batch(weights, X), lambda result: (
        float(result[0]),
        result[1].full().ravel().tolist(),
    )


EAGER = "engine: a graph per sample"
IRREGULAR_TARGETS: Sequence[Target] = (
    (EAGER, "compiled: numpy", 100.0, True),
    ("casadi map", "compiled: numpy", 1.0, True),
)


def irregular(rounds: int, clock: Clock) -> None:
    graph = Graph(GRAPH)
    print(
        f"\nrandom graph of {GRAPH} nodes, {PARAMETERS} parameters, depth {graph.depth()},"
        f" {SAMPLES} samples"
    )

    def systems(samples: int) -> list[System]:
        return [
            System(
                "compiled: numpy", "numpy", "deltarule", partial(compiled_graph, graph, samples)
            ),
            System("casadi map", "casadi", "casadi", partial(casadi_graph, graph, samples)),
        ]

    eager = System(
        EAGER, "autograd", "deltarule", partial(eager_graph, graph, EAGER_SAMPLES), collector=False
    )
    here = available(systems(SAMPLES))
    few = prepared(
        [eager, *[s for s in systems(EAGER_SAMPLES) if s.name in {t.name for t in here}]]
    )
    steps = prepared(here) | {EAGER: few[EAGER]}
    times = measure([*here, eager], steps, rounds, clock)
    times[EAGER] = [seconds * SAMPLES / EAGER_SAMPLES for seconds in times[EAGER]]
    report([*here, eager], times, IRREGULAR_TARGETS)
    print(f"{EAGER}: measured on {EAGER_SAMPLES} samples and scaled to {SAMPLES}")


# -- all of it -------------------------------------------------------------------------------

PARTS = {"networks": networks, "tracing": tracing, "irregular": irregular}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="turns of each system (%(default)s)")
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="cpu",
        help="cpu counts the time of all threads, without waiting for other programs (%(default)s)",
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    for name, part in PARTS.items():
        if options.only in (None, name):
            part(options.rounds, CLOCKS[options.clock])


if __name__ == "__main__":
    main()
