"""The program as source: it runs alone, and no text of a user is in it."""

from __future__ import annotations

import json
import linecache
import math
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Operation, Place, Value, dot, logsumexp
from autograd.compile import Step, compile
from autograd.table import TABLE
from eager import agree, error_of, samples
from nn import MLP, half_squared_error, l2_penalty
from rows import INF, TAME, random_error

pytestmark = pytest.mark.filterwarnings("error")


ALONE = """
import json, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("autograd", "nn", "numba", "jax"):
            raise ImportError(name + " is not to be used")

sys.meta_path.insert(0, Refused())
given = json.load(sys.stdin)
for source, theta, X, T, s, r in given:
    space = {}
    exec(source, space)
    array = space["np"].array
    *losses, gradient = space["step"](array(theta), array(X), array(T), s, r)
    print(json.dumps([float(sum(losses)), gradient.tolist()]))
try:
    import autograd
except ImportError:
    pass
else:
    raise SystemExit("autograd can be imported here")
"""


def test_the_source_needs_numpy_alone() -> None:
    X, T = samples(5, 3, 2)
    cases: list[tuple[Step, Any, Any, float]] = []
    for activation in ("tanh", "gelu", "softplus", "elu"):
        model = MLP(3, [4, 2], activation=activation, rng=0)
        step = compile(
            error_of(model),
            model.parameters(),
            penalty=partial(l2_penalty, model.parameters(), 0.1),
        )
        cases.append((step, X, T, 0.2))
    tangled = random_error(5, 60, TAME)
    cases.append((compile(*tangled[:2], reduction="sum"), *tangled[2:], 1.0))
    w = [Value(0.1 * k - 1.0) for k in range(7)]  # with inf among the constants, and segments

    def constants(x: Any, t: Any) -> Any:
        return autograd.clamp(dot(w, w) * x[0], min=-INF) + logsumexp([w[0] * x[1], -INF])

    cases.append((compile(constants, w), X, T, 0.2))
    given, wanted = [], []
    for step, X, T, s in cases:
        loss, gradient = step(X, T)
        theta = step.vector().tolist()
        T = np.asarray(T)[:, None] if np.ndim(T) == 1 else T
        given.append([step.source, theta, np.asarray(X).tolist(), np.asarray(T).tolist(), s, 1.0])
        wanted.append([loss, gradient.tolist()])
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert [json.loads(line) for line in run.stdout.splitlines()] == wanted


HOSTILE = [
    '"); import os; os.abort() #',
    "'''\nraise SystemExit\n'''",
    '"""',
    "\\",
    "x\n    raise SystemExit",
    "np",
    "table",
    "W1",
    "lambda",
    "δ1",
    "{0.__class__}",
    "",
    "\x00",
    "__import__('os').abort()",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_users_never_reach_the_source(name: str) -> None:
    row = Operation(name or " ", lambda x: x * x, lambda y, x: (2.0 * x,), symbol=name)
    w, frozen = Value(3.0, label=name), Value(2.0, label=name)
    v = Value(1.0)
    v.place = Place("w", 1, 1, 1, label=name)

    def error(x: Any, t: Any) -> Any:
        a = w * x + v * frozen
        a.label = name
        a.place = Place("a", 1, 1, activation=name, label=name)
        y = row(a)
        y.place = Place(name, 2, 1, label=name)  # a quantity that does not exist
        return y * t

    try:
        step = agree(error, [w, v], [1.0, 2.0], [1.0, 3.0])
    finally:
        TABLE.pop(row.name)
    assert step.source.isprintable() or "\x00" not in step.source
    if len(name) > 5:
        assert name not in step.source
    assert "import os" not in step.source
    assert "abort" not in step.source


@pytest.mark.parametrize("layer", ["1); import os #", "1 = X; import os #", 1.5, -1, None])
def test_places_that_are_no_places(layer: Any) -> None:
    w = Value(3.0)
    w.place = Place("w", layer, 1, 1)

    def error(x: Any, t: Any) -> Any:
        a = w * x
        a.place = Place("a", layer, 1)
        return a.tanh()

    step = compile(error, [w])
    loss, _ = step([1.0], [0.0])
    assert loss == math.tanh(3.0)
    assert "import os" not in step.source


def test_places_of_two_networks_do_not_mix() -> None:
    first, second = MLP(2, [3, 2], activation="tanh", rng=0), MLP(2, [3, 2], rng=1)

    def error(x: Any, t: Any) -> Any:
        return half_squared_error(first(x), second(x))

    agree(error, [*first.parameters(), *second.parameters()], *samples(4, 2, 1))


def test_lines_of_the_program_are_known_to_tracebacks() -> None:
    w = Value(3.0)
    step = compile(lambda x, t: w * x[0], [w])
    step([[1.0]], [0.0])
    assert any(name.startswith("<compiled") for name in linecache.cache)


def test_squares_and_first_powers_are_written_as_such() -> None:
    w, X, T = Value(0.5), [1.0, -2.0, 0.0], [0.25, 0.3, 0.0]
    for power, text in ((1, "return"), (2, "np.square(")):
        step = agree(lambda x, t: (w * x - t) ** power, [w], X, T)  # noqa: B023
        assert text in step.source
        assert "np.pow" not in step.source
