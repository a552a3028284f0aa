"""Activations in ONNX: its own operators, and formulas made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

OPERATORS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "identity": ("Identity", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {}),
    "softplus": ("Softplus", {}),
    "softmax": ("Softmax", {"axis": -1}),
}


@dataclass(frozen=True)
class Term:
    """A name in an ONNX function; what is done with it becomes a line of ONNX's textual syntax."""

    name: str
    lines: list[str]
    kind: str  # of its numbers: "double" or "float"

    def define(self, text: str) -> Term:
        """Give a name to what the text says."""
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return Term(name, self.lines, self.kind)

    def constant(self, kind: str, *numbers: float) -> Term:
        values = ", ".join(map(repr, numbers))
        return self.define(f"Constant <value = {kind}[{len(numbers)}] {{{values}}}> ()")

    def column(self) -> Term:
        """Add a dimension after the last, along which a list of numbers can lie."""
        return call("Unsqueeze", self, self.constant("int64", -1))

    def __add__(self, other: Operand) -> Term:
        return call("Add", self, other)

    def __mul__(self, other: Operand) -> Term:
        return call("Mul", self, other)

    def __truediv__(self, other: Operand) -> Term:
        return call("Div", self, other)

    __radd__, __rmul__ = __add__, __mul__


Operand = Term | float | list[float]
Formula = Callable[[Term], Term]


def call(operator: str, x: Term, *others: Operand) -> Term:
    """Apply an operator of ONNX to terms, numbers and lists of numbers."""
    names = [x.name]
    for y in others:
        if not isinstance(y, Term):
            y = x.constant(x.kind, *(y if isinstance(y, list) else [y]))
        names.append(y.name)
    return x.define(f"{operator} ({', '.join(names)})")


def silu(x: Term) -> Term:
    return call("Max", x, -800.0) * call("Sigmoid", x)  # below -800 σ is 0


def gelu(x: Term) -> Term:
    return x * (0.5 * (1.0 + call("Erf", math.sqrt(0.5) * x)))


def gudermannian(x: Term) -> Term:
    return 2.0 * call("Atan", call("Tanh", 0.5 * x))


# In double precision ONNX Runtime has no Elu, Softplus, Erf and Atan, and rounds the slope of
# LeakyRelu to float32. What follows needs none of them.


def leaky_relu_in_double(x: Term) -> Term:
    return call("Max", x, 0.01 * x)


def elu_in_double(x: Term) -> Term:
    n = call("Min", x, 0.0)
    # e^n - 1 = tanh(n/2) (e^n + 1), which keeps its digits near 0
    return call("Relu", x) + call("Tanh", 0.5 * n) * (call("Exp", n) + 1.0)


def softplus_in_double(x: Term) -> Term:
    return call("Relu", x) + call("Log", 1.0 + call("Exp", call("Neg", call("Abs", x))))


# Φ(x) - 1/2 is a step smoothed by the normal density. Repeated with period 34 and alternating
# sign, it is a square wave smoothed, whose Fourier series is that of the square wave times the
# transform of the density, exp(-ω²/2). For |x| ≤ 8.5 the repetition is not felt, and beyond
# the 24th term nothing is left, both in 16 digits.
STEP: Final = 8.5
WAVES: Final = [math.pi * n / (2.0 * STEP) for n in range(1, 48, 2)]
AMPLITUDES: Final = [math.exp(-0.5 * w * w) / (STEP * w) for w in WAVES]


def gelu_in_double(x: Term) -> Term:
    inside = call("Min", call("Max", x, -STEP), STEP)
    cdf = 0.5 + call("MatMul", call("Sin", inside.column() * WAVES), AMPLITUDES)
    return call("Max", x, -40.0) * cdf  # below -40 Φ is 0


# atan(t) = 4 atan(s) where s comes from t by halving the angle twice. |s| < 0.2 then, so that
# eleven terms of Gregory's series give 16 digits.
ODD: Final = [float(n) for n in range(1, 23, 2)]
SERIES: Final = [8.0 * (-1.0) ** i / n for i, n in enumerate(ODD)]


def gudermannian_in_double(x: Term) -> Term:
    s = call("Tanh", 0.5 * x)
    for _ in range(2):
        s = s / (1.0 + call("Sqrt", 1.0 + s * s))
    return call("MatMul", call("Pow", s.column(), ODD), SERIES)


FORMULAS: Final[dict[str, dict[str, Formula]]] = {
    "float": {"silu": silu, "gelu": gelu, "gudermannian": gudermannian},
    "double": {
        "silu": silu,
        "leaky_relu": leaky_relu_in_double,
        "elu": elu_in_double,
        "softplus": softplus_in_double,
        "gelu": gelu_in_double,
        "gudermannian": gudermannian_in_double,
    },
}
"""What there is no operator for, or none in double precision."""
