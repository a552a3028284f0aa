"""One training step of micrograd's demo, in this engine and in others.

Two moons, 100 points; a 2-16-16-1 network with ReLU, which has 337 parameters; full batch:

    L = mean_n max(0, 1 - t_n score_n) + 1e-4 Σ w²

and all of its gradients. Everybody starts from the same numbers and must first agree with the
others on L and every ∂L/∂w to 1e-9. Then all take turns, so that a busy moment of the machine
hits everybody alike. Array libraries compute in one thread.

    python benchmarks/demo_step.py --rounds 15
    python benchmarks/demo_step.py --only engine,xad
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import math
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # NumPy, imported later, reads it once
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

SIZES = (2, 16, 16, 1)
DECAY = 1e-4
TOLERANCE = 1e-9
SHORTEST_TURN = 0.02  # seconds: quick systems repeat the step within one turn


# -- the task --------------------------------------------------------------------------------


def two_moons(n: int = 100) -> tuple[list[list[float]], list[float]]:
    """Return n points on two interleaving half circles, with noise, and their classes ±1."""
    rng = random.Random(1)
    points, classes = [], []
    for i in range(n):
        angle = math.pi * (i // 2) / (n // 2 - 1)
        x, y = math.cos(angle), math.sin(angle)
        x, y = (1.0 - x, 0.5 - y) if i % 2 else (x, y)
        points.append([x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1)])
        classes.append(1.0 if i % 2 else -1.0)
    return points, classes


def initial_layers() -> list[list[list[float]]]:
    """Return for each layer its units, each a list of weights followed by the bias."""
    rng = random.Random(2)
    return [
        [[rng.uniform(-1.0, 1.0) for _ in range(inputs)] + [0.1] for _ in range(units)]
        for inputs, units in pairwise(SIZES)
    ]


POINTS, CLASSES = two_moons()
LAYERS = initial_layers()
WEIGHTS = [w for layer in LAYERS for unit in layer for w in unit]

Step = Callable[[], Any]  # the work to be timed
Read = Callable[[Any], tuple[float, list[float]]]  # from its result: loss, all ∂L/∂w in order


def arrays(np: Any) -> list[Any]:
    """Return W1, b1, W2, b2, ... as arrays; biases are columns."""
    pairs = [(np.array([u[:-1] for u in a]), np.array([u[-1:] for u in a])) for a in LAYERS]
    return [array for pair in pairs for array in pair]


def in_order(np: Any, gradients: Sequence[Any]) -> list[float]:
    """Return the entries of gradients shaped as `arrays`, unit after unit."""
    pairs = zip(gradients[::2], gradients[1::2])
    flat = np.concatenate([np.hstack([np.asarray(w), np.asarray(b)]).ravel() for w, b in pairs])
    return list(map(float, flat))


# -- this engine and its scalar peers --------------------------------------------------------


def started(model: Any) -> tuple[Any, list[Any]]:
    """Return a network that has been given the common weights, and its parameters."""
    parameters = model.parameters()
    for p, w in zip(parameters, WEIGHTS, strict=True):
        p.data = w
    return model, parameters


def engine_dot() -> tuple[Step, Read]:
    from nn import MLP, hinge, l2_penalty, total

    model, parameters = started(MLP(SIZES[0], SIZES[1:]))

    def step() -> Any:
        losses = [hinge(model(x), t) for x, t in zip(POINTS, CLASSES)]
        loss = total(losses, "mean") + l2_penalty(parameters, DECAY)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        return loss

    return step, lambda loss: (loss.data, [p.grad for p in parameters])


def engine_elementary() -> tuple[Step, Read]:
    from nn import MLP

    model, parameters = started(MLP(SIZES[0], SIZES[1:], elementary=True))

    def step() -> Any:
        losses = [(1 + -t * model(x)).relu() for x, t in zip(POINTS, CLASSES)]
        loss = sum(losses) * (1.0 / len(losses)) + DECAY * sum([p * p for p in parameters])
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        return loss

    return step, lambda loss: (loss.data, [p.grad for p in parameters])


def compiled(engine: str) -> tuple[Any, Any, Any]:
    """Return the compiled step, and the batch as arrays."""
    import numpy as np

    from autograd.compile import compile
    from nn import MLP, l2_penalty

    model, parameters = started(MLP(SIZES[0], SIZES[1:]))
    step = compile(
        lambda x, t: (1.0 - t * model(x)).relu(),
        parameters,
        penalty=lambda: l2_penalty(parameters, DECAY),
        engine=engine,
    )
    return step, np.array(POINTS), np.array(CLASSES)


def compiled_alone(engine: str) -> tuple[Step, Read]:
    step, points, classes = compiled(engine)
    numbers = step.vector()
    return lambda: step.evaluate(numbers, points, classes), flat_result


def c_program() -> tuple[Step, Read]:
    """Return the machine code alone, called as that which is written by hand."""
    import numpy as np

    step, points, classes = compiled("c")
    n = len(points)
    run, weights = step.traced(points, classes).function.machine_code(n), np.array(WEIGHTS)
    scratch, results = np.empty(1000 * n), np.empty(2 + len(WEIGHTS))
    given = [weights, points, classes, scratch, results]  # kept alive by the function below
    w, x, t, v, g = [each.ctypes.data for each in given]
    offset = 8 * 2000  # of what differs from sample to sample

    def step_alone() -> Any:
        run(w, x, t, 1.0 / n, 1.0, n, v + offset, v, g + 16)
        return given[-1]

    return step_alone, lambda found: (float(sum(found[:2])), found[2:].tolist())


def compiled_into_grad(engine: str) -> tuple[Step, Read]:
    step, points, classes = compiled(engine)
    return (
        lambda: step(points, classes),
        lambda result: (result[0], [p.grad for p in step.params]),
    )


def compiled_jax() -> tuple[Step, Read]:
    import jax

    jax.config.update("jax_enable_x64", True)
    step, points, classes = compiled("jax")
    numbers, points, classes = step.vector(), jax.numpy.array(points), jax.numpy.array(classes)
    jitted = jax.jit(step.evaluate)
    return lambda: jax.block_until_ready(jitted(numbers, points, classes)), flat_result


def flat_result(result: Any) -> tuple[float, list[float]]:
    return float(result[0]), result[1].tolist()


def micrograd() -> tuple[Step, Read]:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    model, parameters = started(MLP(SIZES[0], list(SIZES[1:])))

    def step() -> Any:
        scores = [model(list(map(Value, x))) for x in POINTS]
        losses = [(1 + -t * score).relu() for t, score in zip(CLASSES, scores)]
        loss = sum(losses) * (1.0 / len(losses)) + DECAY * sum(p * p for p in parameters)
        model.zero_grad()
        loss.backward()
        return loss

    return step, lambda loss: (loss.data, [p.grad for p in parameters])


def xad() -> tuple[Step, Read]:
    from xad.adj_1st import Real, Tape

    tape = Tape()
    tape.activate()
    layers = [[[Real(w) for w in unit] for unit in layer] for layer in LAYERS]
    parameters = [p for layer in layers for unit in layer for p in unit]

    def relu(x: Any) -> Any:
        return x if x > 0.0 else 0.0

    def unit_output(unit: Any, x: Any) -> Any:
        return sum([w * x_i for w, x_i in zip(unit, x)], unit[-1])

    def score(x: Sequence[Any]) -> Any:
        for layer in layers[:-1]:
            x = [relu(unit_output(unit, x)) for unit in layer]
        return unit_output(layers[-1][0], x)

    def step() -> tuple[float, list[float]]:
        tape.registerInputs(parameters)
        tape.newRecording()
        losses = [relu(1.0 - t * score(x)) for x, t in zip(POINTS, CLASSES)]
        loss = sum(losses) * (1.0 / len(losses)) + DECAY * sum([p * p for p in parameters])
        tape.registerOutput(loss)
        loss.setDerivative(1.0)
        tape.computeAdjoints()
        return loss.getValue(), [p.getDerivative() for p in parameters]

    return step, lambda result: result


def casadi() -> tuple[Step, Read]:
    import casadi as ca

    w, x, t = ca.SX.sym("w", len(WEIGHTS)), ca.SX.sym("x", SIZES[0]), ca.SX.sym("t")
    z, start = x, 0
    for inputs, units in pairwise(SIZES):
        layer = ca.reshape(w[start : start + units * (inputs + 1)], inputs + 1, units).T
        a = layer @ ca.vertcat(z, 1.0)
        z, start = ca.fmax(a, 0.0), start + units * (inputs + 1)
    loss = ca.fmax(1.0 - t * a, 0.0) / len(POINTS)
    one = ca.Function("one", [w, x, t], [loss, ca.gradient(loss, w)])
    batch = one.map("batch", "serial", len(POINTS), [0], [0, 1])  # the outputs are summed
    weights, points, classes = ca.DM(WEIGHTS), ca.DM(POINTS).T, ca.DM(CLASSES).T

    def step() -> tuple[Any, Any]:
        data_loss, gradient = batch(weights, points, classes)
        loss = data_loss + DECAY * ca.sumsqr(weights)
        return loss, gradient + 2.0 * DECAY * weights

    return step, lambda result: (float(result[0]), result[1].full().ravel().tolist())


# -- array libraries -------------------------------------------------------------------------


def array_loss(weights: Sequence[Any], points: Any, classes: Any, relu: Any) -> Any:
    """Return L with the operators of any array library; points are columns."""
    z = points
    for w, b in zip(weights[::2], weights[1::2]):
        a = w @ z + b
        z = relu(a)
    penalty = sum((w * w).sum() for w in weights)
    return relu(1.0 - classes * a).mean() + DECAY * penalty


def pytorch() -> tuple[Step, Read]:
    import numpy as np
    import torch

    torch.set_num_threads(1)
    weights = [torch.tensor(a, requires_grad=True) for a in arrays(np)]
    points, classes = torch.tensor(np.array(POINTS).T), torch.tensor(np.array(CLASSES))

    def step() -> Any:
        loss = array_loss(weights, points, classes, torch.relu)
        return loss, torch.autograd.grad(loss, weights)

    return step, lambda result: (result[0].item(), in_order(np, result[1]))


def jax() -> tuple[Step, Read]:
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    weights = [jax.numpy.array(a) for a in arrays(np)]
    points, classes = jax.numpy.array(POINTS).T, jax.numpy.array(CLASSES)
    compiled = jax.jit(jax.value_and_grad(lambda w: array_loss(w, points, classes, jax.nn.relu)))

    def step() -> Any:
        return jax.block_until_ready(compiled(weights))

    return step, lambda result: (float(result[0]), in_order(np, result[1]))


def mygrad() -> tuple[Step, Read]:
    import mygrad as mg
    import numpy as np

    weights = [mg.tensor(a) for a in arrays(np)]
    points, classes = np.array(POINTS).T.copy(), np.array(CLASSES)

    def step() -> Any:
        loss = array_loss(weights, points, classes, lambda a: mg.maximum(a, 0.0))
        loss.backward()
        return loss

    return step, lambda loss: (loss.item(), in_order(np, [w.grad for w in weights]))


def numpy_by_hand() -> tuple[Step, Read]:
    import numpy as np

    w1, b1, w2, b2, w3, b3 = weights = arrays(np)
    points, classes = np.array(POINTS).T.copy(), np.array(CLASSES)

    def step() -> tuple[Any, list[Any]]:
        z1 = np.maximum(w1 @ points + b1, 0.0)
        z2 = np.maximum(w2 @ z1 + b2, 0.0)
        slack = np.maximum(1.0 - classes * (w3 @ z2 + b3), 0.0)
        loss = slack.mean() + DECAY * sum(np.vdot(w, w) for w in weights)
        delta3 = np.where(slack > 0.0, classes * (-1.0 / classes.size), 0.0)
        delta2 = np.where(z2 > 0.0, w3.T @ delta3, 0.0)
        delta1 = np.where(z1 > 0.0, w2.T @ delta2, 0.0)
        slopes = []
        for delta, z in ((delta1, points), (delta2, z1), (delta3, z2)):
            slopes += [delta @ z.T, delta.sum(axis=1, keepdims=True)]
        return loss, [slope + 2.0 * DECAY * w for slope, w in zip(slopes, weights)]

    return step, lambda result: (float(result[0]), in_order(np, result[1]))


# -- machine code, written by hand -------------------------------------------------------------

C_SOURCE = """
#include <math.h>
enum {INPUTS = 2, H1 = 16, H2 = 16};

static void forward(int units, int inputs, long n, const double *w, const double *z, double *a)
{
    for (int j = 0; j < units; j++, w += inputs + 1, a += n) {
        for (long s = 0; s < n; s++) a[s] = w[inputs];
        for (int i = 0; i < inputs; i++) {
            const double *zi = z + i * n;
            for (long s = 0; s < n; s++) a[s] += w[i] * zi[s];
        }
    }
}

static void slopes(int units, int inputs, long n, const double *w, const double *z,
                   const double *delta, double decay, double *g)
{
    for (int j = 0; j < units; j++, w += inputs + 1, g += inputs + 1, delta += n) {
        for (int i = 0; i < inputs; i++) {
            const double *zi = z + i * n;
            double sum = 0.0;
            for (long s = 0; s < n; s++) sum += delta[s] * zi[s];
            g[i] = sum + 2.0 * decay * w[i];
        }
        double sum = 0.0;
        for (long s = 0; s < n; s++) sum += delta[s];
        g[inputs] = sum + 2.0 * decay * w[inputs];
    }
}

static void backward(int units, int inputs, long n, const double *w, const double *delta,
                     const double *z, double *below)
{
    for (int i = 0; i < inputs; i++, below += n, z += n) {
        for (long s = 0; s < n; s++) below[s] = 0.0;
        for (int j = 0; j < units; j++) {
            double wji = w[j * (inputs + 1) + i];
            const double *dj = delta + j * n;
            for (long s = 0; s < n; s++) below[s] += wji * dj[s];
        }
        for (long s = 0; s < n; s++) below[s] = z[s] > 0.0 ? below[s] : 0.0;
    }
}

static void relu(long n, double *a)
{
    for (long s = 0; s < n; s++) a[s] = a[s] > 0.0 ? a[s] : 0.0;
}

double step(long n, const double *w, const double *x, const double *t, double decay,
            double *buffer, double *g)
{
    double *z1 = buffer, *z2 = z1 + H1 * n, *a3 = z2 + H2 * n;
    double *d1 = a3 + n, *d2 = d1 + H1 * n, *d3 = d2 + H2 * n;
    const double *w2 = w + H1 * (INPUTS + 1), *w3 = w2 + H2 * (H1 + 1);
    double *g2 = g + (w2 - w), *g3 = g + (w3 - w);
    forward(H1, INPUTS, n, w, x, z1);
    relu(H1 * n, z1);
    forward(H2, H1, n, w2, z1, z2);
    relu(H2 * n, z2);
    forward(1, H2, n, w3, z2, a3);
    double loss = 0.0, squares = 0.0;
    for (long s = 0; s < n; s++) {
        double slack = 1.0 - t[s] * a3[s];
        loss += slack > 0.0 ? slack : 0.0;
        d3[s] = slack > 0.0 ? -t[s] / n : 0.0;
    }
    for (const double *p = w; p < w3 + H2 + 1; p++) squares += *p * *p;
    backward(1, H2, n, w3, d3, z2, d2);
    backward(H2, H1, n, w2, d2, z1, d1);
    slopes(1, H2, n, w3, z2, d3, decay, g3);
    slopes(H2, H1, n, w2, z1, d2, decay, g2);
    slopes(H1, INPUTS, n, w, x, d1, decay, g);
    return loss / n + decay * squares;
}
"""


def c_by_hand() -> tuple[Step, Read]:
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "step.c"), Path(folder, "step.so")
        source.write_text(C_SOURCE)
        options = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
        subprocess.run(["cc", *options, "-o", str(library), str(source)], check=True)
        function = ctypes.CDLL(str(library)).step
    number, array = ctypes.c_double, ctypes.c_void_p
    function.restype = number
    function.argtypes = [ctypes.c_long, array, array, array, number, array, array]
    n = len(POINTS)
    buffer, gradient = np.empty(2 * n * sum(SIZES[1:])), np.empty(len(WEIGHTS))
    weights, points, classes = np.array(WEIGHTS), np.array(POINTS).T.copy(), np.array(CLASSES)
    given = [weights, points, classes, buffer, gradient]  # kept alive by the function below
    w, x, t, b, g = [ctypes.c_void_p(each.ctypes.data) for each in given]

    def step() -> Any:
        return function(n, w, x, t, DECAY, b, g), given[-1]

    return step, flat_result


# -- taking turns ----------------------------------------------------------------------------


class System(NamedTuple):
    name: str
    package: str  # to be imported
    distribution: str  # to be installed
    prepare: Callable[[], tuple[Step, Read]]
    collector: bool = True  # whether Python's cyclic garbage collector runs, as by default
    program: str = ""  # to be found on the PATH


SYSTEMS = (
    System("engine: dot nodes", "autograd", "deltarule", engine_dot, collector=False),
    System("engine: dot nodes (gc on)", "autograd", "deltarule", engine_dot),
    System("engine: + and × nodes", "autograd", "deltarule", engine_elementary, collector=False),
    System("engine: + and × nodes (gc on)", "autograd", "deltarule", engine_elementary),
    System("micrograd", "micrograd", "micrograd", micrograd),
    System("xad", "xad", "xad", xad),
    System("casadi map", "casadi", "casadi", casadi),
    System("mygrad", "mygrad", "mygrad", mygrad),
    System("pytorch eager (1 thread)", "torch", "torch", pytorch),
    System("jax jit", "jax", "jax", jax),
    System("numpy by hand", "numpy", "numpy", numpy_by_hand),
    System("C by hand", "numpy", "numpy", c_by_hand, program="cc"),
    System("compiled: numpy", "numpy", "deltarule", partial(compiled_alone, "numpy")),
    System(
        "compiled: numpy, into p.grad", "numpy", "deltarule", partial(compiled_into_grad, "numpy")
    ),
    System("compiled: numba", "numba", "numba", partial(compiled_alone, "numba")),
    System("compiled: c, program", "numpy", "deltarule", c_program, program="cc"),
    System("compiled: c", "numpy", "deltarule", partial(compiled_alone, "c"), program="cc"),
    System(
        "compiled: c, into p.grad",
        "numpy",
        "deltarule",
        partial(compiled_into_grad, "c"),
        program="cc",
    ),
    System("compiled: numba, into p.grad", "numba", "numba", partial(compiled_into_grad, "numba")),
    System("compiled: jax jit", "jax", "jax", compiled_jax),
)

Target = tuple[str, str, float, bool]  # larger, smaller, wanted ratio, whether more is better
TARGETS: Sequence[Target] = (
    ("micrograd", "engine: dot nodes", 60.0, True),
    ("xad", "engine: dot nodes", 3.0, True),
    ("engine: + and × nodes", "xad", 1.5, False),
    ("compiled: numpy", "numpy by hand", 1.2, False),
    ("compiled: numpy", "jax jit", 1.0, False),
    ("pytorch eager (1 thread)", "compiled: numpy", 4.0, True),
    ("jax jit", "compiled: numba", 4.0, True),
    ("pytorch eager (1 thread)", "compiled: numba", 15.0, True),
    ("compiled: numba", "C by hand", 2.0, False),
    ("compiled: c, program", "C by hand", 1.1, False),
    ("compiled: c, into p.grad", "C by hand", 2.0, False),
)


Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}


def installed_version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "source tree"


def prepared(systems: Sequence[System]) -> dict[str, Step]:
    """Set every system up and return its step, once all agree on the loss and its gradient."""
    steps: dict[str, Step] = {}
    first: tuple[str, list[float]] | None = None
    for system in systems:
        step, read = system.prepare()
        for _ in range(2):  # twice, to notice gradients that add up from step to step
            loss, gradient = read(step())
        numbers = [loss, *gradient]
        first = first or (system.name, numbers)
        errors = [abs(a - b) for a, b in zip(numbers, first[1], strict=True)]
        wrong = sum(not error <= TOLERANCE for error in errors)  # nan is wrong too
        if wrong:
            sys.exit(
                f"{system.name} and {first[0]} disagree by more than {TOLERANCE:.0e} on {wrong} of "
                f"{len(errors)} numbers (the loss and its gradient), so that comparing their times "
                f"would mean nothing; the losses are {loss!r} and {first[1][0]!r}"
            )
        steps[system.name] = step
    return steps


def one_turn(system: System, step: Step, repeats: int, clock: Clock) -> float:
    """Return the seconds that one step took, freeing of its graph included.

    The first step is not timed: after it the collector, if on, has the work of every further one.
    """
    gc.collect()
    if not system.collector:
        gc.disable()
    try:
        step()
        start = clock()
        for _ in range(repeats):
            step()
        return (clock() - start) / repeats
    finally:
        gc.enable()


def available(systems: Iterable[System]) -> list[System]:
    """Return the systems that can run here, and say what the others need."""
    here = []
    for system in systems:
        if not find_spec(system.package):
            what = system.distribution
            print(f"{system.name} is not installed; to include it: pip install {what}")
        elif system.program and not shutil.which(system.program):
            print(f"{system.name} needs the program {system.program}; to include it: install gcc")
        else:
            here.append(system)
    return here


def measure(
    systems: Sequence[System], steps: dict[str, Step], rounds: int, clock: Clock
) -> dict[str, list[float]]:
    """Return for each system the seconds per step of each round."""
    gc.freeze()  # nobody's collector has to walk over the imports of the others
    trial = {s.name: one_turn(s, steps[s.name], 1, clock) for s in systems}
    repeats = {name: max(3, math.ceil(SHORTEST_TURN / t)) for name, t in trial.items()}
    times: dict[str, list[float]] = {system.name: [] for system in systems}
    for done in range(rounds):
        for system in systems:
            show(f"round {done + 1} of {rounds}: {system.name}")
            seconds = one_turn(system, steps[system.name], repeats[system.name], clock)
            times[system.name].append(seconds)
    show("")
    return times


def show(progress: str) -> None:
    """Write over the last line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r{progress:<70}\r", end="", file=sys.stderr, flush=True)


def report(
    systems: Sequence[System], times: dict[str, list[float]], targets: Iterable[Target] = TARGETS
) -> None:
    """Print the table and the targets; ratios are of the least disturbed rounds, the minima."""
    best = {name: min(seconds) for name, seconds in times.items()}
    reference = systems[0].name
    print(f"{'system':<30} {'version':<12} {'min ms':>9} {'median ms':>10} {'ratio':>8}")
    for name, _, distribution, *_ in systems:
        print(
            f"{name:<30} {installed_version(distribution):<12.12} {1e3 * best[name]:>9.3f}"
            f" {1e3 * statistics.median(times[name]):>10.3f} {best[name] / best[reference]:>8.3g}"
        )
    print(f"ratio: minimum relative to {reference!r}; Python {platform.python_version()}")
    for large, small, wanted, more in targets:
        if large in best and small in best:
            ratio = best[large] / best[small]
            met = ratio >= wanted if more else ratio <= wanted
            print(
                f"target: {large} / {small} {'≥' if more else '≤'} {wanted:g}:"
                f" {ratio:.3g} {'met' if met else 'MISSED'}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="turns of each system (%(default)s)")
    parser.add_argument("--only", help="comma-separated beginnings of names, e.g. engine,xad")
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="cpu counts the time of all threads, without waiting for other programs (%(default)s)",
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    beginnings = tuple(name.strip() for name in (options.only or "").split(","))
    wanted = [system for system in SYSTEMS if system.name.startswith(beginnings)]
    if not wanted:
        names = "\n  ".join(system.name for system in SYSTEMS)
        parser.error(f"no system begins with {options.only!r}; there are:\n  {names}")
    here = available(wanted)
    if here:
        report(here, measure(here, prepared(here), options.rounds, CLOCKS[options.clock]))


if __name__ == "__main__":
    main()
