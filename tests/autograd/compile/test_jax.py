"""What JAX does with a compiled step: jit, vmap, derivatives, shards."""

from __future__ import annotations

import itertools
import json
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.compile import compile
from eager import error_of, samples
from engines import in_python
from nn import MLP, l2_penalty


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
