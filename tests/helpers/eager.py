"""`compile` against eager mode: a loop over the samples, with `backward()` on their total.

How close is close enough? Array programs add up in another order, so that a result can be off by
the rounding of its largest summand, however small it is itself. `eager` therefore also returns a
size for each result: what it would be if nothing in it cancelled, the sum of |products| along all
paths, plus how much it changes when the inputs do. The difference must stay below 1e-12 of that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import nn
from autograd import Value, topological_order
from autograd.compile import Step, compile
from nn import Layer, Module, half_squared_error

Error = Callable[[Any, Any], Any]
TOLERANCE = 1e-12


class Outcome(NamedTuple):
    """Loss and gradient; the last two are what 1e-12 is relative to."""

    loss: float
    gradient: list[float]
    loss_size: float
    sizes: list[float]


def eager(
    error: Error,
    params: Sequence[Value],
    X: Any,
    T: Any,
    penalty: Callable[[], Any] | None = None,
    reduction: str = "mean",
) -> Outcome:
    """What a compiled step must give, by the engine itself."""
    found = _eager(error, params, X, T, penalty, reduction)
    kept = [p.data for p in params]
    change = 1e-8  # too much for rounding to matter
    for k, p in enumerate(params):
        p.data = kept[k] * (1.0 + change * (-1) ** k)
    moved = _eager(error, params, np.asarray(X) * (1.0 + change), T, penalty, reduction)
    for p, x in zip(params, kept):
        p.data = x
    loss_size = found.loss_size + abs(moved.loss - found.loss) / change
    sizes = [
        size + abs(b - a) / change
        for size, a, b in zip(found.sizes, found.gradient, moved.gradient)
    ]
    return Outcome(found.loss, found.gradient, loss_size, sizes)


def _eager(error: Error, params: Any, X: Any, T: Any, penalty: Any, reduction: str) -> Outcome:
    total = nn.total([error(_leaves(x), _leaves(t)) for x, t in zip(X, T)], reduction)
    total = total if penalty is None else total + penalty()
    leaves = {*params, *topological_order(total)}
    before = {leaf: leaf.grad if leaf.has_grad else None for leaf in leaves}
    for leaf in leaves:
        leaf.grad = None
    total.backward()
    gradient = [p.grad for p in params]
    for leaf, grad in before.items():
        leaf.grad = grad
    size = dict.fromkeys(topological_order(total), 0.0)
    size[total] = 1.0
    for node in reversed(size):
        if node.operation is not None:
            for operand, local in zip(node.operands, node.local_gradients()):
                if isinstance(operand, Value):
                    size[operand] += abs(local) * size[node]
    loss_size = sum([abs(node.data) * size[node] for node in size])
    return Outcome(total.data, gradient, loss_size, [size.get(p, 0.0) for p in params])


def _leaves(x: Any) -> Any:
    return [Value(float(v)) for v in x] if np.ndim(x) else Value(float(x))


def is_close(found: float, wanted: float, size: float, tolerance: float = TOLERANCE) -> bool:
    """Whether two results agree; nan and inf only with themselves."""
    if not math.isfinite(wanted):
        return repr(float(found)) == repr(float(wanted))
    limit = tolerance * size if math.isfinite(size) else tolerance * abs(wanted)
    return abs(found - wanted) <= limit


def agree(
    error: Error,
    params: Sequence[Value],
    X: Any,
    T: Any,
    *,
    tolerance: float = TOLERANCE,
    **options: Any,
) -> Step:
    """Hold loss, gradient and p.grad of a compiled step against eager mode; return the step."""
    eagerly = {k: v for k, v in options.items() if k in ("penalty", "reduction")}
    wanted = eager(error, params, X, T, **eagerly)
    step = compile(error, params, **options)
    loss, gradient = step(X, T)
    assert isinstance(loss, float)
    assert is_close(loss, wanted.loss, wanted.loss_size, tolerance), (loss, wanted.loss)
    assert gradient.shape == (len(params),)
    for k, (p, slope) in enumerate(zip(params, gradient.tolist(), strict=True)):
        assert is_close(slope, wanted.gradient[k], wanted.sizes[k], tolerance), (
            k,
            slope,
            wanted.gradient[k],
        )
        assert p.grad == slope or math.isnan(slope)
    return step


def samples(count: int, inputs: int, targets: int | None, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    T = rng.normal(size=count if targets is None else (count, targets))
    return rng.normal(size=(count, inputs)), T


def error_of(model: Any, loss: Any = half_squared_error) -> Error:
    return lambda x, t: loss(model(x), t)


def squeezed(source: str) -> list[str]:
    """The lines of a program without indentation, comments, and blank lines."""
    lines = [re.sub(r"\s+", " ", line.split("#")[0]).strip() for line in source.splitlines()]
    return [line for line in lines if line]


# -- networks and targets to compare at ------------------------------------------------------------


class Skip(Module):
    """A network whose input is added to what the second layer gives."""

    def __init__(self) -> None:
        self.first = Layer(3, 3, activation="tanh", rng=1)
        self.second = Layer(3, 3, activation="sigmoid", rng=2)
        self.last = Layer(6, 2, activation="identity", rng=3)

    def __call__(self, x: Any) -> Any:
        z = self.first(x)
        y = [a + b for a, b in zip(self.second(z), x)]  # type: ignore[arg-type]
        return self.last([*y, *z])  # type: ignore[misc]


class Shared(Module):
    """The same layer three times, with gates from scalars of its own."""

    def __init__(self) -> None:
        self.layer = Layer(3, 3, activation="tanh", rng=1)
        self.gate = Value(0.3)

    def __call__(self, x: Any) -> Any:
        for _ in range(3):
            x = [self.gate * a + (1 - self.gate) * b for a, b in zip(self.layer(x), x)]
        return x[:2]


def targets_for(loss: str, outputs: int, count: int) -> Any:
    rng = np.random.default_rng(1)
    if loss.startswith("cross_entropy"):
        return np.eye(outputs)[rng.integers(outputs, size=count)]
    if loss.startswith("binary"):
        return rng.integers(2, size=(count, outputs)).astype(float)
    if loss == "kl_divergence":
        return rng.dirichlet(np.ones(outputs), size=count)
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], size=(count, outputs))
    return rng.normal(size=(count, outputs))


OUTPUT = {
    "binary_cross_entropy": "sigmoid",
    "cross_entropy": "softmax",
    "kl_divergence": "softmax",
}
