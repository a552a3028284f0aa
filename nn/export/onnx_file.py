"""Networks as ONNX files; activations by ONNX's own operators, and by formulas made of them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import autograd
from autograd.choices import one_of
from autograd.files import write

from ..layers import MLP, Layer
from .layers import Dense, dense_layers, package

OPSET: Final = 17
DOMAIN: Final = "deltarule"


def to_onnx(
    model: MLP | Layer,
    path: str | os.PathLike[str],
    dtype: Literal["float64", "float32"] = "float64",
) -> None:
    """Write a network as an ONNX file, which ONNX Runtime and many other programs can run.

    The input ``x`` has shape (N, D) for any number N of samples, the output ``y`` (N, K); where
    `nn` gives a single number, K is 1. The file holds the architecture and the weights only:
    neither labels nor ``model.metadata``.

    Where ONNX has no operator for an activation, or ONNX Runtime none in double precision, the
    file brings a function of the same name, composed of operators that there are. An older file
    stays whole until the new one is complete.

    Parameters
    ----------
    model : MLP or Layer
        With activations of `ACTIVATIONS`.
    path : path
    dtype : {"float64", "float32"}
        The type of inputs, weights and outputs. In "float32" files are half as large and more
        programs can run them, but every weight is rounded to 7 digits.

    Raises
    ------
    ImportError
        If the package onnx is missing.
    TypeError, ValueError
        If the model or an activation cannot be translated, as in `to_torch`, or `dtype` is
        another one.
    OSError
        If the file cannot be written.

    Examples
    --------
    Written here, run elsewhere::

        import numpy as np
        import onnxruntime
        from nn import MLP
        from nn.export import to_onnx

        model = MLP(2, [3, 1], activation="tanh", rng=0)
        to_onnx(model, "model.onnx")
        session = onnxruntime.InferenceSession("model.onnx")
        (y,) = session.run(["y"], {"x": np.array([[0.5, -1.0]])})
        assert abs(y[0, 0] - model([0.5, -1.0]).data) < 1e-12
    """
    one_of("dtype", dtype, ("float64", "float32"))
    layers = dense_layers(model, "to_onnx")
    onnx = package("onnx", "to_onnx", "'deltarule[onnx]'")
    helper = onnx.helper
    kind = "double" if dtype == "float64" else "float"
    formulas = FORMULAS[kind]
    used = sorted({layer.activation for layer in layers} & formulas.keys())
    written = helper.make_model(
        _onnx_graph(onnx, layers, kind, used),
        functions=[_onnx_function(onnx, name, formulas[name], kind) for name in used],
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
        ir_version=8,  # the first with functions: older programs can read it, too
        producer_name=DOMAIN,
        producer_version=autograd.__version__,
    )
    write(path, written.SerializeToString())


def _onnx_graph(onnx: Any, layers: list[Dense], kind: str, functions: list[str]) -> Any:
    helper = onnx.helper
    element = getattr(onnx.TensorProto, kind.upper())
    nodes, numbers, z = [], [], "x"
    for i, (weights, biases, name) in enumerate(layers, start=1):
        shape, flat = [len(weights), len(weights[0])], [w for row in weights for w in row]
        numbers.append(helper.make_tensor(f"w{i}", element, shape, flat))
        numbers.append(helper.make_tensor(f"b{i}", element, shape[:1], biases))
        nodes.append(helper.make_node("Gemm", [z, f"w{i}", f"b{i}"], [f"a{i}"], transB=1))
        z = "y" if i == len(layers) else f"z{i}"
        operator, options = (name, {"domain": DOMAIN}) if name in functions else OPERATORS[name]
        nodes.append(helper.make_node(operator, [f"a{i}"], [z], **options))
    x = helper.make_tensor_value_info("x", element, ["N", len(layers[0].weights[0])])
    y = helper.make_tensor_value_info("y", element, ["N", len(layers[-1].weights)])
    return helper.make_graph(nodes, DOMAIN, [x], [y], numbers)


def _onnx_function(onnx: Any, name: str, formula: Formula, kind: str) -> Any:
    lines: list[str] = []
    y = formula(Term("x", lines, kind))
    return onnx.parser.parse_function(
        f'<opset_import: ["" : {OPSET}], domain: "{DOMAIN}"> {name} (x) => ({y.name}) '
        f"{{ {' '.join(lines)} }}"
    )


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


# What there is no operator for, or none in double precision.
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
