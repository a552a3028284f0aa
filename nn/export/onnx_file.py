"""Networks as ONNX files."""

from __future__ import annotations

import os
from typing import Any, Final, Literal

import autograd
from autograd.choices import one_of
from autograd.files import write

from ..module import MLP, Layer
from .layers import Dense, dense_layers, package
from .onnx_formulas import FORMULAS, OPERATORS, Formula, Term

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
    write(path, _onnx_model(onnx, layers, dtype).SerializeToString())


def _onnx_model(onnx: Any, layers: list[Dense], dtype: str) -> Any:
    helper = onnx.helper
    kind = "double" if dtype == "float64" else "float"
    formulas = FORMULAS[kind]
    used = sorted({layer.activation for layer in layers} & formulas.keys())
    return helper.make_model(
        _onnx_graph(onnx, layers, kind, used),
        functions=[_onnx_function(onnx, name, formulas[name], kind) for name in used],
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
        ir_version=8,  # the first with functions: older programs can read it, too
        producer_name=DOMAIN,
        producer_version=autograd.__version__,
    )


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
