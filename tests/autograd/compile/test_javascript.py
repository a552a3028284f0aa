"""The program as JavaScript, run by node, gives the numbers of NumPy."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Operation, Value, dot, erf, logsumexp
from autograd.compile import compile
from autograd.table import TABLE
from eager import error_of, samples
from nn import MLP, l2_penalty
from rows import TAME, random_error

RUN = """
const [theta, X, T, s] = JSON.parse(require("fs").readFileSync(0)).map(
  x => Array.isArray(x) ? Float64Array.from(x) : x);
step(theta, X.slice(0, X.length / 2), T.slice(0, T.length / 2), s, 1);  // fewer before
const results = [...step(theta, X, T, s, 1), typeof predict == "function" ? predict(theta, X) : []];
console.log(JSON.stringify(results.map(x => x.length === undefined ? x : Array.from(x))));
"""


def in_node(program: str, *given: Any) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    done = subprocess.run(
        [node, "-e", f'"use strict";\n{program}{RUN}'],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_same_numbers() -> None:
    model = MLP(3, [9, 4], activation="tanh", rng=0)
    gelu = MLP(3, [4, 2], activation="gelu", output="softmax", rng=0)
    penalty = partial(l2_penalty, model.parameters(), 0.1)
    w = [Value(0.1 * k - 0.3) for k in range(7)]
    error = error_of(model, lambda a, t: logsumexp(a) - dot(t, a))

    def own(x: Any, t: Any) -> Any:
        return erf(w[0] * x[0]) ** 3 + abs(dot(w, w) * x[1]) + autograd.clamp(w[1] * t[0], min=0.0)

    tangled = random_error(5, 60, TAME)
    for step, X, T in (
        (compile(error, model.parameters(), predict=model, penalty=penalty), *samples(6, 3, 4)),
        (compile(error_of(gelu), gelu.parameters(), predict=gelu), *samples(6, 3, 2)),
        (compile(own, w), *samples(6, 3, 1)),
        (compile(*tangled[:2]), *[x[:6] for x in tangled[2:]]),
    ):
        theta = step.vector()
        *losses, gradient = step.parts(theta, X, T)
        given = [x.ravel().tolist() for x in (theta, np.array(X), np.array(T))]
        *found, slopes, outputs = in_node(step.javascript, *given, 1.0 / len(X))
        assert found == pytest.approx(losses, rel=1e-12, abs=1e-14)
        assert slopes == pytest.approx(gradient.tolist(), rel=1e-12, abs=1e-13)
        if outputs:
            assert outputs == pytest.approx(step.predict(X).ravel().tolist(), rel=1e-12)


def test_what_javascript_lacks() -> None:
    row = Operation("remainder of a division", math.fmod, lambda y, a, b: (1.0, 0.0))
    w = Value(3.0)
    step = compile(lambda x, t: row(w * x, t), [w])
    try:
        with pytest.raises(ValueError, match="nothing is traced yet"):
            _ = step.javascript
        step([1.0], [2.0])
        with pytest.raises(ValueError, match=r"calls math.fmod, which JavaScript's Math lacks"):
            _ = step.javascript
    finally:
        TABLE.pop(row.name)
