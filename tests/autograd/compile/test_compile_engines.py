"""The engines behind `compile` give the same numbers: NumPy, Numba and JAX.

All of them are held against eager mode in the same way, see test_compile.py. Numba compiles
for seconds, so that most tests run its loops as they are, in Python ("loops").
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_compile import (
    EDGES,
    OUTPUT,
    TAME,
    Shared,
    Skip,
    agree,
    agree_at_edges,
    cases_of,
    error_of,
    is_close,
    random_error,
    samples,
    targets_for,
)

import autograd
from autograd import Value, dot, logsumexp, softmax
from autograd.compile import compile, loops
from autograd.table import BUILT_IN
from nn import ACTIVATIONS, LOSSES, MLP, l2_penalty

PACKAGES = {"numpy": "numpy", "numba": "numba", "loops": "numba", "jax": "jax"}
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax", "linear", "logistic"})
ALL = pytest.mark.parametrize("engine", ["numpy", "numba", "jax"], indirect=True)
LOOPS_ONLY = pytest.mark.parametrize("engine", ["loops"], indirect=True)
LOOPS = pytest.mark.parametrize("engine", ["numpy", "loops", "jax"], indirect=True)


def _slow(*names: str) -> Any:
    """Numba and JAX compile for a second or more."""
    slow = [pytest.param(name, marks=pytest.mark.slow) for name in names]
    return pytest.mark.parametrize("engine", ["numpy", "loops", *slow], indirect=True)


SLOW = _slow("numba", "jax")
MANY = _slow("jax")


@pytest.fixture
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The name of an engine, with 64 bits in JAX and a folder of its own for Numba."""
    name = request.param
    package = pytest.importorskip(PACKAGES[name])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if name == "loops":
        monkeypatch.setattr(package.config, "DISABLE_JIT", True)
        monkeypatch.setattr(loops, "MOST_LOOPS", 10_000)
    with x64(name == "jax"):
        yield "numba" if name == "loops" else name


class x64:
    """JAX with 64 bits, within a `with` block."""

    def __init__(self, is_wanted: bool) -> None:
        self.is_wanted = is_wanted

    def __enter__(self) -> None:
        if self.is_wanted:
            import jax

            self.before = jax.config.jax_enable_x64
            jax.config.update("jax_enable_x64", True)

    def __exit__(self, *_: Any) -> None:
        if self.is_wanted:
            import jax

            jax.config.update("jax_enable_x64", self.before)


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


@SLOW
@pytest.mark.parametrize("activation", HIDDEN)
def test_all_activations(engine: str, activation: str) -> None:
    model = MLP(3, [4, 3, 2], activation=activation, rng=0)
    agree(error_of(model), model.parameters(), *samples(6, 3, 2), engine=engine)


@MANY
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_all_errors(engine: str, loss: str) -> None:
    model = MLP(3, [4, 3], activation="tanh", output=OUTPUT.get(loss, "identity"), rng=0)
    X, T = samples(8, 3, 3)[0], targets_for(loss, 3, 8)
    agree(error_of(model, LOSSES[loss]), model.parameters(), X, T, engine=engine)


@MANY
@pytest.mark.parametrize("model", [Skip(), Shared()], ids=["skip", "shared"])
def test_other_wirings(engine: str, model: Any) -> None:
    agree(error_of(model), model.parameters(), *samples(7, 3, 2), engine=engine)


@MANY
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
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
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
        (np.zeros((2, 2, 2)), [1.0, 2.0], r"\(2, 2, 2\)"),
        (["a"], [1.0], "X must be an array of numbers"),
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


@LOOPS_ONLY
def test_few_loops(engine: str) -> None:
    """The gradient is stored in the order of the parameters, and copied by one loop."""
    model = MLP(3, [9, 3], activation="tanh", rng=0)
    penalty = partial(l2_penalty, model.parameters(), 0.1)
    step = agree(error_of(model), model.parameters(), *samples(5, 3, 3), engine=engine)
    with_penalty = agree(
        error_of(model), model.parameters(), *samples(5, 3, 3), engine=engine, penalty=penalty
    )
    for traced in (step._last, with_penalty._last):
        assert traced is not None
        program = traced.program.source.partition("def step")[2]
        assert program.count("g[") == 1
        assert re.search(r"\[k\d", program) is None


@SLOW
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("has_penalty", [False, True])
def test_parameters_in_any_order(engine: str, order: str, has_penalty: bool) -> None:
    model = MLP(3, [9, 3], activation="tanh", rng=0)  # sums of 9 products: more than one turn
    params = ORDERS[order](model)
    penalty = {"penalty": partial(l2_penalty, model.parameters(), 0.1)} if has_penalty else {}
    step = agree(error_of(model), params, *samples(5, 3, 3), engine=engine, **penalty)
    is_regular = order not in ("shuffled", "backwards", "beside some without influence")
    if is_regular and engine == "numpy":
        assert re.search(r"\[k\d", step.source) is None  # nothing is gathered by indices


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


# -- JAX -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["jax"], indirect=True)
@pytest.mark.parametrize("activation", ["tanh", pytest.param("gelu", marks=pytest.mark.slow)])
def test_jit(engine: str, activation: str) -> None:
    import jax

    model = MLP(3, [4, 2], activation=activation, rng=0)
    penalty = partial(l2_penalty, model.parameters(), 0.1)
    X, T = samples(6, 3, 2)
    step = compile(error_of(model), model.parameters(), engine=engine, penalty=penalty)
    numbers = [p.data for p in model.parameters()]
    loss, gradient = jax.jit(step.evaluate)(np.array(numbers), X, T)
    expected = compile(error_of(model), model.parameters(), penalty=penalty)(X, T)
    assert float(loss) == pytest.approx(expected[0], rel=1e-13)
    assert np.asarray(gradient) == pytest.approx(expected[1], rel=1e-10, abs=1e-14)
    assert not any(type(p) is not Value for p in model.parameters())


@pytest.mark.parametrize("engine", ["jax"], indirect=True)
def test_jit_compiles_once_for_all_numbers(engine: str) -> None:
    import jax

    w = Value(2.0)
    calls = itertools.count()
    step = compile(lambda x, t: w * w * x, [w], engine=engine)

    def counted(numbers: Any, X: Any, T: Any) -> Any:
        next(calls)
        return step.evaluate(numbers, X, T)

    run = jax.jit(counted)
    for number in (2.0, 3.0, -1.0):
        loss, gradient = run(np.array([number]), np.array([1.0]), np.array([0.0]))
        assert (float(loss), gradient.tolist()) == (number**2, [2 * number])
    assert next(calls) == 1
    assert (w.data, w.has_grad) == (2.0, False)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["jax"], indirect=True)
def test_vmap_over_numbers_and_derivatives_by_jax(engine: str) -> None:
    import jax

    model = MLP(2, [3, 1], activation="tanh", rng=0)
    X, T = samples(5, 2, None)
    step = compile(error_of(model), model.parameters(), engine=engine)
    numbers = np.array([p.data for p in model.parameters()])
    many = np.stack([numbers, 0.5 * numbers, numbers + 1.0])
    losses, gradients = jax.vmap(lambda theta: step.evaluate(theta, X, T))(many)
    for theta, loss, gradient in zip(many, losses, gradients):
        expected = compile(error_of(model), model.parameters()).evaluate(theta, X, T)
        assert float(loss) == pytest.approx(float(expected[0]), rel=1e-12)
        assert np.asarray(gradient) == pytest.approx(expected[1], rel=1e-9, abs=1e-13)
    by_jax = jax.grad(lambda theta: step.evaluate(theta, X, T)[0])(numbers)
    assert np.asarray(by_jax) == pytest.approx(np.asarray(gradients[0]), rel=1e-9, abs=1e-13)


def test_without_64_bits() -> None:
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    w = Value(2.0)
    try:
        with (
            warnings.catch_warnings(action="error"),
            pytest.raises(ValueError, match=r"jax_enable_x64.*dtype=\"float32\""),
        ):
            compile(lambda x, t: w * x, [w], engine="jax")([1.0], [0.0])
        single = compile(lambda x, t: w * x, [w], engine="jax", dtype="float32")
        assert single([1.0, 2.0], [0.0, 0.0])[1].tolist() == [1.5]
    finally:
        jax.config.update("jax_enable_x64", before)


SHARDED = """
import json, sys
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

jax.config.update("jax_enable_x64", True)
from autograd.compile import compile
from nn import MLP, half_squared_error, l2_penalty

assert len(jax.devices()) == 8
model = MLP(3, [5, 2], activation="tanh", rng=0)
params = model.parameters()
step = compile(
    lambda x, t: half_squared_error(model(x), t),
    params,
    penalty=lambda: l2_penalty(params, 0.1),
    engine="jax",
)
rng = np.random.default_rng(0)
X, T = rng.normal(size=(64, 3)), rng.normal(size=(64, 2))
theta = np.array([p.data for p in params])
loss, gradient = step.evaluate(theta, X, T)

mesh = Mesh(np.array(jax.devices()), ("samples",))
rows = NamedSharding(mesh, PartitionSpec("samples"))
X8, T8 = jax.device_put(X, rows), jax.device_put(T, rows)
assert len(X8.sharding.device_set) == 8 and X8.addressable_shards[0].data.shape == (8, 3)
found = {}
for name, run in (("eager", step.evaluate), ("jit", jax.jit(step.evaluate))):
    l8, g8 = run(theta, X8, T8)
    assert len(g8.sharding.device_set) == 8
    found[name] = [float(l8), g8.tolist()]
text = jax.jit(step.evaluate).lower(theta, X8, T8).compile().as_text()
found["reduces"] = "all-reduce" in text
found["single"] = [float(loss), gradient.tolist()]
print(json.dumps(found))
"""


def in_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_batch_sharded_over_eight_devices() -> None:
    pytest.importorskip("jax")
    run = in_python(
        SHARDED, XLA_FLAGS="--xla_force_host_platform_device_count=8", JAX_PLATFORMS="cpu"
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["reduces"]  # the devices have added up their shares
    for name in ("eager", "jit"):
        assert found[name][0] == pytest.approx(found["single"][0], rel=1e-13)
        assert found[name][1] == pytest.approx(found["single"][1], rel=1e-11, abs=1e-14)


# -- Numba -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_machine_code_is_kept_between_runs(engine: str, tmp_path: Path) -> None:
    w = Value(2.0)
    for _ in range(2):
        assert compile(lambda x, t: w * x, [w], engine=engine)([3.0], [0.0])[0] == 6.0
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert folder.stat().st_mode & 0o077 == 0
    (file,) = folder.glob("*.py")
    assert "def step(" in file.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_a_foreign_file_in_the_cache_is_not_run(engine: str, tmp_path: Path) -> None:
    w = Value(2.0)
    make = lambda: compile(lambda x, t: w * x, [w], engine=engine)  # noqa: E731
    make()([3.0], [0.0])
    (file,) = tmp_path.rglob("*.py")
    file.write_text("raise SystemExit('foreign')", encoding="utf-8")
    assert make()([3.0], [0.0])[0] == 6.0
    file.parent.chmod(0o777)  # where everybody can write, nothing is read
    file.write_text("raise SystemExit('foreign')", encoding="utf-8")
    assert make()([3.0], [0.0])[0] == 6.0


@LOOPS_ONLY
def test_machine_code_that_is_not_used_any_more(engine: str, tmp_path: Path) -> None:
    first, second = tmp_path / "deltarule" / "step_1.py", tmp_path / "deltarule" / "step_2.py"
    code = tmp_path / "deltarule" / "__pycache__" / "step_1.step-1.py311.nbi"
    code.parent.mkdir(parents=True, mode=0o700)
    first.parent.chmod(0o700)
    for file, days in ((first, 70), (code, 70), (second, 50)):
        file.write_text("", encoding="utf-8")
        then = time.time() - days * 24 * 3600
        os.utime(file, (then, then))
    w = Value(2.0)
    make = lambda: compile(lambda x, t: w * x, [w], engine=engine)  # noqa: E731
    make()([3.0], [0.0])
    assert (first.exists(), code.exists(), second.exists()) == (False, False, True)
    (new,) = set(tmp_path.rglob("*.py")) - {second}
    os.utime(new, (0.0, 1e9))
    make()([3.0], [0.0])
    assert new.stat().st_atime > 1e9  # used just now, but
    assert new.stat().st_mtime == 1e9  # not changed, which Numba would compile anew


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_without_a_folder_to_write_to(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    w = Value(2.0)
    assert compile(lambda x, t: w * x, [w], engine=engine)([3.0], [0.0])[0] == 6.0


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
@pytest.mark.parametrize("name", ['"); import os #', "compiled", "njit", "n"])
def test_names_of_users_never_reach_the_source(engine: str, name: str) -> None:
    row = autograd.Operation(name, lambda x: x * x, lambda y, x: (2.0 * x,))
    w = Value(3.0, label=name)
    try:
        step = agree(lambda x, t: row(w * x) * t, [w], [1.0, 2.0], [1.0, 3.0], engine=engine)
    finally:
        autograd.table.TABLE.pop(name)
    assert "import os" not in step.source


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
