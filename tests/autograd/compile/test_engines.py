"""The engines behind `compile` give the same numbers: NumPy, Numba and JAX.

All of them are held against eager mode in the same way, see tests/helpers/eager.py. Numba compiles
for seconds, so that most tests run its loops as they are, in Python ("loops").
"""

from __future__ import annotations

import itertools
import math
import random
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, dot, logsumexp, softmax
from autograd.compile import compile
from autograd.table import BUILT_IN
from eager import OUTPUT, Shared, Skip, agree, error_of, is_close, samples, targets_for
from engines import ALL, HIDDEN, LOOPS, LOOPS_ONLY, MANY, PACKAGES, SLOW, C, in_python
from nn import LOSSES, MLP, Neuron, l2_penalty
from rows import EDGES, TAME, agree_at_edges, cases_of, random_error

# -- the same numbers ------------------------------------------------------------------------------


@ALL
def test_a_network_with_everything(engine: str) -> None:
    model = MLP(3, [4, 3], activation="tanh", rng=0)
    penalty = partial(l2_penalty, model.parameters(), 0.1)
    error = error_of(model, lambda a, t: logsumexp(a) - dot(t, a) + softmax(a)[0])
    X, T = samples(6, 3, 3)
    step = agree(error, model.parameters(), X, T, engine=engine, penalty=penalty)
    loss, gradient = step(X, T)
    expected = compile(error, model.parameters(), penalty=penalty)(X, T)
    assert loss == pytest.approx(expected[0], rel=1e-14)
    assert np.asarray(gradient) == pytest.approx(expected[1], rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("engine", ["numpy", "loops"], indirect=True)
@pytest.mark.parametrize("activation", HIDDEN)
def test_all_activations(engine: str, activation: str) -> None:
    model = MLP(3, [4, 3, 2], activation=activation, rng=0)
    agree(error_of(model), model.parameters(), *samples(6, 3, 2), engine=engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["c", "numba", "jax"], indirect=True)
def test_all_activations_in_one_program(engine: str) -> None:
    units = [Neuron(2, activation=activation, rng=0) for activation in HIDDEN]
    params = [p for unit in units for p in unit.parameters()]
    error = error_of(lambda x: [unit(x) for unit in units])
    agree(error, params, *samples(6, 2, len(units)), engine=engine)


@pytest.mark.parametrize("engine", ["numpy", "loops"], indirect=True)
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_all_errors(engine: str, loss: str) -> None:
    model = MLP(3, [4, 3], activation="tanh", output=OUTPUT.get(loss, "identity"), rng=0)
    X, T = samples(8, 3, 3)[0], targets_for(loss, 3, 8)
    agree(error_of(model, LOSSES[loss]), model.parameters(), X, T, engine=engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["c", "jax"], indirect=True)
def test_all_errors_in_one_program(engine: str) -> None:
    names = sorted(LOSSES)
    models = [MLP(2, [3], output=OUTPUT.get(name, "identity"), rng=0) for name in names]
    params = [p for model in models for p in model.parameters()]
    T = np.concatenate([targets_for(name, 3, 6) for name in names], axis=1)

    def error(x: Any, t: Any) -> Any:
        each = enumerate(zip(names, models))
        return autograd.sum([LOSSES[n](model(x), t[3 * k : 3 * k + 3]) for k, (n, model) in each])

    agree(error, params, samples(6, 2, 1)[0], T, engine=engine)


@MANY
@pytest.mark.parametrize("model", [Skip(), Shared()], ids=["skip", "shared"])
def test_other_wirings(engine: str, model: Any) -> None:
    agree(error_of(model), model.parameters(), *samples(7, 3, 2), engine=engine)


@C
@pytest.mark.parametrize("seed", range(4))
def test_random_graphs(engine: str, seed: int) -> None:
    error, params, X, T = random_error(seed, 6 + 4 * seed, TAME)
    agree(error, params, X, T, engine=engine)


@pytest.mark.slow
@LOOPS
@pytest.mark.parametrize("seed", range(100, 112))
def test_more_random_graphs(engine: str, seed: int) -> None:
    error, params, X, T = random_error(seed, 30, TAME)
    agree(error, params, X, T, engine=engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numpy", "jax"], indirect=True)
@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_operations_at_the_edges(engine: str, name: str) -> None:
    """nan and inf as in eager mode; JAX computes with 0 in place of subnormal numbers."""
    tiny = sys.float_info.min if engine == "jax" else 0.0
    edges = [x for x in EDGES if x == 0.0 or tiny <= abs(x) <= 1e300 or not math.isfinite(x)]
    for count, apply in cases_of(name):
        some = edges if count < 2 else edges[:7]
        agree_at_edges(apply, count, some, most=60, tiny=tiny / 1e-12, engine=engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["c", "numba"], indirect=True)
@pytest.mark.parametrize("part", range(4))
def test_all_operations_at_the_edges_in_machine_code(engine: str, part: int) -> None:
    """Many operations in one program, each with parameters of its own."""
    cases = [case for name in sorted(BUILT_IN)[part::4] for case in cases_of(name)]
    w = [[Value(0.5) for _ in range(count)] for count, _ in cases]
    params = [x for own in w for x in own]

    def error(x: Any, t: Any) -> Value:
        return autograd.sum([apply(*own) for own, (_, apply) in zip(w, cases)]) * t

    step = compile(error, params, engine=engine)
    for point in itertools.chain(zip(EDGES, EDGES, EDGES), itertools.permutations(EDGES[:7], 3)):
        for own in w:
            for parameter, x in zip(own, point):
                parameter.data = x
        _, gradient = step([1.0], [1.0])
        slopes = iter(gradient.tolist())
        for own, (_, apply) in zip(w, cases):
            copies = [Value(x.data) for x in own]
            apply(*copies).backward()
            for copy in copies:
                slope = next(slopes)
                assert is_close(slope, copy.grad, abs(copy.grad)), (apply, point)


@SLOW
def test_predict(engine: str) -> None:
    model = MLP(3, [4, 2], activation="tanh", output="softmax", rng=0)
    step = compile(error_of(model), model.parameters(), predict=model, engine=engine)
    X, _ = samples(5, 3, 1)
    wanted = [[z.data for z in model(list(x))] for x in X]  # type: ignore[union-attr]
    assert np.asarray(step.predict(X)) == pytest.approx(np.array(wanted), rel=1e-13)


@SLOW
def test_single_precision_on_request(engine: str) -> None:
    model = MLP(3, [4, 2], activation="tanh", rng=0)
    X, T = samples(6, 3, 2)
    step = compile(error_of(model), model.parameters(), engine=engine, dtype="float32")
    loss, gradient = step(X, T)
    assert np.asarray(gradient).dtype == np.float32
    exact = compile(error_of(model), model.parameters())(X, T)
    assert loss == pytest.approx(exact[0], rel=1e-5)
    assert np.asarray(gradient) == pytest.approx(exact[1], rel=1e-4, abs=1e-5)
    assert np.abs(np.asarray(gradient) - exact[1]).max() > 1e-12  # it was not double after all


@MANY
@pytest.mark.parametrize("count", [1, 31, 700])
def test_batches_of_other_sizes(engine: str, count: int) -> None:
    model = MLP(2, [3, 1], activation="sigmoid", rng=0)
    step = compile(error_of(model), model.parameters(), engine=engine)
    step(*samples(5, 2, None))
    X, T = samples(count, 2, None, seed=1)
    expected = compile(error_of(model), model.parameters())(X, T)
    loss, gradient = step(X, T)
    assert loss == pytest.approx(expected[0], rel=1e-12)
    assert np.asarray(gradient) == pytest.approx(expected[1], rel=1e-10, abs=1e-13)


@SLOW
def test_never_stale(engine: str) -> None:
    w, frozen = Value(2.0), Value(1.0)
    step = compile(lambda x, t: w * x * frozen, [w], engine=engine)
    assert step([5.0], [0.0])[0] == 10.0
    frozen.data = 3.0
    assert step([5.0], [0.0])[0] == 30.0
    w.data = 1.0
    assert step([5.0], [0.0])[0] == 15.0


@ALL
def test_bad_samples(engine: str) -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * x, [w], engine=engine)
    for X, T, words in (
        ([1.0, 2.0], [1.0], "2 inputs, but 1 targets"),
        ([], [], r"\(0,\)"),
        (np.zeros((2, 0, 2)), [1.0, 2.0], r"\(2, 0, 2\)"),
        (["a"], [1.0], r"X(\[0\]: expected a real number| must be an array of numbers)"),
        ([[1.0], [1.0, 2.0]], [1.0, 2.0], "X must be an array of numbers"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            step(X, T)
    assert not w.has_grad


# -- parameters in any order -----------------------------------------------------------------------


def _weights(model: MLP) -> list[Value]:
    return [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]


def _columns(model: MLP) -> list[Value]:
    tables = [[neuron.w for neuron in layer.neurons] for layer in model.layers]
    return [w for table in tables for column in zip(*table) for w in column]


def _biases(model: MLP) -> list[Value]:
    return [neuron.b for layer in model.layers for neuron in layer.neurons]


ORDERS: dict[str, Callable[[MLP], list[Value]]] = {
    "unit after unit": lambda model: model.parameters(),
    "biases first": lambda model: [
        p for layer in model.layers for neuron in layer.neurons for p in (neuron.b, *neuron.w)
    ],
    "matrices": lambda model: _weights(model) + _biases(model),
    "columns": lambda model: _biases(model) + _columns(model),
    "weights alone": _weights,
    "backwards": lambda model: model.parameters()[::-1],
    "shuffled": lambda model: random.Random(3).sample(model.parameters(), 60),
    "beside some without influence": lambda model: [
        p for parameter in model.parameters() for p in (parameter, Value(1.0))
    ],
    "after some without influence": lambda model: [Value(1.0), Value(2.0), *model.parameters()],
}

# JAX runs NumPy's programs, and Numba those of "loops": each also one that gathers by indices
IN_ANY_ORDER = pytest.mark.parametrize(
    ("engine", "order"),
    [
        *[(engine, order) for engine in ("numpy", "loops") for order in ORDERS],
        *[pytest.param("c", order, marks=pytest.mark.slow) for order in ORDERS],
        *[pytest.param("jax", x, marks=pytest.mark.slow) for x in ("columns", "shuffled")],
        pytest.param("numba", "backwards", marks=pytest.mark.slow),
    ],
    indirect=["engine"],
)


@LOOPS_ONLY
def test_few_loops(engine: str, tmp_path: Path) -> None:
    """The gradient is stored in the order of the parameters, and copied by one loop."""
    model = MLP(3, [9, 3], activation="tanh", rng=0)
    penalty = partial(l2_penalty, model.parameters(), 0.1)
    agree(error_of(model), model.parameters(), *samples(5, 3, 3), engine=engine)
    agree(error_of(model), model.parameters(), *samples(5, 3, 3), engine=engine, penalty=penalty)
    files = list(tmp_path.rglob("*.py"))  # where Numba compiles from
    assert len(files) == 2
    for file in files:
        program = file.read_text(encoding="utf-8").partition("def step")[2]
        assert program.count("gradient[") == 1
        assert re.search(r"\[(index|numbers)\d", program) is None


@IN_ANY_ORDER
def test_parameters_in_any_order(engine: str, order: str) -> None:
    model = MLP(3, [9, 3], activation="tanh", rng=0)  # sums of 9 products: more than one turn
    params = ORDERS[order](model)
    has_penalty = list(ORDERS).index(order) % 2
    penalty = {"penalty": partial(l2_penalty, model.parameters(), 0.1)} if has_penalty else {}
    step = agree(error_of(model), params, *samples(5, 3, 3), engine=engine, **penalty)
    is_regular = order not in ("shuffled", "backwards", "beside some without influence")
    if is_regular and engine == "numpy":
        # Nothing is gathered by indices.
        assert re.search(r"\[(index|numbers)\d", step.source) is None


@LOOPS_ONLY
@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_the_source_of_loops_runs_alone(engine: str, activation: str) -> None:
    model = MLP(3, [4, 2], activation=activation, rng=0)
    X, T = samples(5, 3, 2)
    step = agree(error_of(model), model.parameters(), X, T, engine=engine)
    space: dict[str, Any] = {}
    exec(step.source, space)
    loss, gradient = step(X, T)
    alone = space["step"](step.vector(), np.array(X), np.array(T), 0.2, 1.0)
    assert (alone[0], alone[1].tolist()) == (loss, gradient.tolist())


# -- without the package ---------------------------------------------------------------------------


WITHOUT = """
import sys
sys.modules[{package!r}] = None
from autograd import Value
from autograd.compile import compile
w = Value(2.0)
try:
    step = compile(lambda x, t: w * x, [w], engine={engine!r})
    step([1.0], [0.0])
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize(("engine", "extra"), [("numpy", "demo"), ("jax", "jax"), ("numba", "jit")])
def test_packages_that_are_missing(engine: str, extra: str) -> None:
    run = in_python(WITHOUT.format(package=PACKAGES[engine], engine=engine))
    assert run.returncode == 0, run.stderr
    assert f'pip install "deltarule[{extra}]"' in run.stdout
    pyproject = Path(__file__).parents[3] / "pyproject.toml"
    assert f"\n{extra} = [" in pyproject.read_text(encoding="utf-8")


def test_the_engine_itself_imports_no_package() -> None:
    run = in_python(
        "import sys, autograd.compile\n"
        "print([name for name in ('numpy', 'numba', 'jax') if name in sys.modules])"
    )
    assert run.stdout.strip() == "[]"


def test_a_wrong_number_would_be_noticed() -> None:
    w = Value(2.0)
    step = compile(lambda x, t: w * w * x, [w])
    loss, gradient = step([1.0], [0.0])
    assert is_close(loss, 4.0, 4.0)
    assert is_close(gradient[0] * (1 + 1e-13), 4.0, 4.0)
    assert not is_close(gradient[0] * (1 + 1e-11), 4.0, 4.0)
    assert not is_close(math.nan, 4.0, 4.0)
    assert not is_close(4.0, math.nan, math.nan)
    assert not is_close(-math.inf, math.inf, math.inf)
