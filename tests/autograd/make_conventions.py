"""Write conventions.json: what PyTorch answers, in float64, at kinks, poles, inf and nan.

test_conventions.py compares the table of operations with it.
Run with PyTorch 2.13.0 installed:  python tests/autograd/make_conventions.py
"""

import itertools
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

torch.set_default_dtype(torch.float64)
INF, NAN = math.inf, math.nan
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, INF, -INF, NAN]
EXPONENTS = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, INF, -INF, NAN]
VECTORS = [
    [3.0],
    [0.0, 0.0],
    [0.0, 2.0, 3.0],
    [0.0, 0.0, 3.0],
    [2.0, 2.0, -1.0],
    [INF, 0.0],
    [0.0, -INF],
    [-INF, -INF],
    [INF, INF],
    [INF, -INF],
    [NAN, 0.0],
    [NAN, 2.0, 0.0],
    [NAN, INF],
]

# Names and order of operands are those of autograd.operations.
UNARY: dict[str, Callable[[Tensor], Tensor]] = {
    "abs": torch.abs,
    "acos": torch.acos,
    "acosh": torch.acosh,
    "asin": torch.asin,
    "asinh": torch.asinh,
    "atan": torch.atan,
    "atanh": torch.atanh,
    "cos": torch.cos,
    "cosh": torch.cosh,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "identity": torch.clone,
    "log": torch.log,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log_sigmoid": F.logsigmoid,
    "neg": torch.neg,
    "normal_cdf": torch.special.ndtr,
    "reciprocal": torch.reciprocal,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "sign": torch.sign,
    "silu": F.silu,
    "sin": torch.sin,
    "sinh": torch.sinh,
    "softplus": F.softplus,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "tan": torch.tan,
    "tanh": torch.tanh,
}
BINARY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "atan2": torch.atan2,
    "div": torch.div,
    "hypot": torch.hypot,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mul": torch.mul,
    "pow": torch.pow,
    "sub": torch.sub,
}
# Functions of a number and constants.
PARAMETRIC: list[tuple[str, Callable[..., Tensor], list[float], list[list[float]]]] = [
    ("clamp", torch.clamp, [-2.0, *SPECIAL], [[-1.0, 1.0], [0.0, 2.5]]),
    ("elu", F.elu, SPECIAL, [[1.0], [0.3]]),
    ("leaky_relu", F.leaky_relu, SPECIAL, [[0.01], [0.3]]),
    ("power", torch.pow, SPECIAL, [[c] for c in EXPONENTS]),
    ("exponential", lambda x, c: torch.pow(c, x), EXPONENTS, [[c] for c in SPECIAL]),
]
REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "logsumexp": lambda x: torch.logsumexp(x, 0),
    "mean": torch.mean,
    "prod": torch.prod,
    "sum": torch.sum,
}


def number(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)  # JSON has no inf and nan


def case(
    name: str, f: Callable[..., Tensor], operands: Sequence[float], constants: Sequence[float] = ()
) -> list[object]:
    """Return name, operands, value and derivatives with respect to the operands."""
    tensors = [torch.tensor(x, requires_grad=True) for x in operands]
    y = f(*tensors, *constants)
    slopes = torch.autograd.grad(y, tensors)
    return [
        name,
        [number(x) for x in (*operands, *constants)],
        number(y.item()),
        [number(slope.item()) for slope in slopes],
    ]


def of_vector(f: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda *numbers: f(torch.stack(numbers))


def softmax(k: int) -> Callable[[Tensor], Tensor]:
    return lambda x: torch.softmax(x, 0)[k]


def main() -> None:
    cases = []
    for name, f in UNARY.items():
        cases += [case(name, f, [x]) for x in SPECIAL]
    for name, f in BINARY.items():
        cases += [case(name, f, pair) for pair in itertools.product(SPECIAL, SPECIAL)]
    for name, f, points, constants in PARAMETRIC:
        cases += [case(name, f, [x], c) for c in constants for x in points]
    for name, f in REDUCTIONS.items():
        cases += [case(name, of_vector(f), vector) for vector in VECTORS]
    for vector in VECTORS:
        for k in range(len(vector)):
            name, operands, value, slopes = case("softmax", of_vector(softmax(k)), vector)
            cases.append([name, [*operands, float(k)], value, slopes])  # type: ignore[misc]
    for vector in [[2.0, 0.0, INF], [0.0, INF, 1.0], [0.0, NAN, 1.0], [1.0, 2.0, 3.0]]:
        n = len(vector)
        dot = lambda *wx, n=n: torch.dot(torch.stack(wx[:n]), torch.stack(wx[n:]))  # noqa: E731
        cases.append(case("dot", dot, [*vector, 1.0, 0.0, -1.0]))
    lines = ",\n".join("  " + json.dumps(entry) for entry in cases)
    text = f'{{\n "torch": "{torch.__version__.split("+")[0]}",\n "cases": [\n{lines}\n ]\n}}\n'
    Path(__file__).with_name("conventions.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
