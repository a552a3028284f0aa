"""Operands for every row of the table, and graphs of random rows, to hold engines against."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import autograd
from autograd import Value
from autograd.compile import compile
from autograd.table import BUILT_IN, TABLE
from eager import Error, is_close

INF, NAN = math.inf, math.nan
ORDINARY = {"acosh": (1.5, 2.75), "log1p": (0.5, -0.25), "pow": (1.25, 0.75), "clamp": (0.5, -0.7)}
POSITIVE = ("log", "log2", "log10", "sqrt", "power", "exponential", "share")
CONSTANTS: dict[str, list[list[float]]] = {
    "power": [[c] for c in (2.0, 0.5, -1.0, 0.0, 1.0, 3.0, -INF)],
    "exponential": [[c] for c in (2.0, 0.5, 1.0, 0.0, -1.0, INF)],
    "clamp": [[], [-0.5, 0.5], [0.0, 0.25]],
    "leaky_relu": [[], [0.2]],
    "elu": [[], [0.3]],
    "softmax": [[0.0], [1.0]],
    "pick": [[0.0], [1.0]],
}
EDGES = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 5e-324, 1e308, -1e308, 800.0, -800.0, 0.5, 1e-10]


def cases_of(name: str) -> Iterator[tuple[int, Callable[..., Any]]]:
    """Yield for an operation its number of operands, and what applies it to them."""
    row = TABLE[name]
    count = 3
    if row.vectors is None:
        count = row.local.__code__.co_argcount - 1 - len(row.parameters)  # type: ignore[attr-defined]
    count -= name in ("power", "exponential", "softmax", "pick")
    for constants in CONSTANTS.get(name, [[]]):
        yield count, lambda *x, constants=constants: row(*x, *constants)


def agree_at_edges(
    apply: Callable[..., Any],
    count: int,
    edges: Sequence[float],
    form: str = "products",
    most: int | None = None,
    tiny: float = 0.0,
    engine: str = "numpy",
) -> None:
    """Compare an operation with eager mode at all (or `most`) combinations of edges."""
    params = [Value(1.0) for _ in range(count)]

    def error(x: Any, t: Any) -> Any:
        if form == "shared":
            return apply(*params) * x[0]
        return apply(*[p * x_k for p, x_k in zip(params, x)])

    step = compile(error, params, engine=engine)
    points = list(itertools.product(edges, repeat=count))
    for point in points[:: len(points) // (most or len(points)) or 1]:
        for p, x in zip(params, point):
            p.data = x
        loss, gradient = step([[1.0] * count], [0.0])
        for p in params:
            p.grad = None
        wanted = error([Value(1.0)] * count, Value(0.0))
        wanted.backward()
        numbers = [wanted.data, *[p.grad for p in params]]
        for a, b in zip([loss, *gradient.tolist()], numbers, strict=True):
            assert is_close(a, b, abs(b) + tiny), (point, a, b)


def random_error(seed: int, size: int, names: Sequence[str]) -> tuple[Error, list[Value], Any, Any]:
    """A graph of random operations on six parameters, three inputs and constants."""
    rng = random.Random(seed)
    plan = []
    for k in range(9, 9 + size):
        row = TABLE[rng.choice(names)]
        if row.vectors is not None:
            which = [rng.randrange(k) for _ in range(rng.choice([2, 3, 5, 8]))]
        else:
            count = row.local.__code__.co_argcount - 1 - len(row.parameters)  # type: ignore[attr-defined]
            which = [rng.randrange(max(0, k - 15), k) for _ in range(count)]
        plan.append((row, which, rng.choice([2.0, 3.0, 0.5]), rng.random() < 0.3))

    def error(x: Any, t: Any) -> Any:
        nodes = [*params, *x]
        for row, which, constant, has_constant in plan:
            operands = [nodes[i] for i in which]
            if row.name in ("power", "exponential"):
                operands[1] = constant
            elif row.name in ("softmax", "pick"):
                operands[-1] = 0.0
            elif row.name == "atan2":  # at the origin the sign of a zero decides
                operands[0] = operands[0] + 5.0
            elif has_constant and len(operands) > 1:
                operands[0] = constant
            nodes.append(row(*operands))
        return autograd.sum([node * 0.5 for node in nodes[-8:]]) * t

    params = [Value(rng.uniform(-2, 2)) for _ in range(6)]
    X = [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(5)]
    return error, params, X, [rng.uniform(0.5, 1.0) for _ in range(5)]


# Without infinite slopes and values that are no numbers, so that every random graph has a gradient.
TAME = [
    name
    for name in sorted(BUILT_IN)
    if name
    not in (
        *("acos", "asin", "acosh", "atanh", "cathetus", "sqrt", "cbrt", "log", "log2", "log10"),
        *("log1p", "div", "reciprocal", "share", "pow", "power", "exponential", "tan", "cosh"),
        *("sinh", "exp", "expm1", "cosine", "power_slope", "exponential_slope"),
    )
]
