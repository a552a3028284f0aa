"""Models as ONNX files."""

from __future__ import annotations

import os
from typing import Any, Literal

import autograd
from autograd.choices import one_of
from autograd.extras import install
from autograd.files import write

from ..module import Module
from .layers import Shape, blocks_of, forward_of, package, shape_of
from .onnx_terms import DOMAIN, OPSET, Graph, Term


def to_onnx(
    model: Module,
    path: str | os.PathLike[str],
    dtype: Literal["float64", "float32"] = "float64",
    inputs: Shape | None = None,
) -> None:
    """Write a model as an ONNX file, which ONNX Runtime and many other programs can run.

    The input ``x`` has shape (N, D) for any number N of samples, the output ``y`` (N, K); where
    `nn` gives a single number, K is 1. The file does what `to_torch` says of models that are
    traced, and holds nothing but that and the weights: neither labels nor ``model.metadata``.

    Where ONNX has no operator for a row of the table, or ONNX Runtime none in double precision,
    the file brings a function of the same name, composed of operators that there are; so of rows
    of your own. An older file stays whole until the new one is complete.

    Parameters
    ----------
    model : Module
    path : path
    dtype : {"float64", "float32"}
        The type of inputs, weights and outputs. In "float32" files are half as large and more
        programs can run them, but every weight is rounded to 7 digits.
    inputs : int or tuple of int, optional
        As for `to_torch`; ``x`` has shape (N, 4, 3) for (4, 3), and (N,) for ().

    Raises
    ------
    ImportError
        If the package onnx is missing.
    TypeError, TraceError, ValueError
        If the model cannot be translated, as in `to_torch`, an operation of your own is a function
        of `math` that ONNX has not, or `dtype` is another one.
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
    shape = shape_of(model, inputs, "to_onnx")
    blocks = blocks_of(model)
    forward = forward_of(model, blocks, shape)
    helper = package("onnx", "to_onnx", install("onnx")).helper
    functions: dict[str, Any] = {}
    graph = Graph("double" if dtype == "float64" else "float", functions)
    x: Any = "x"
    if len(forward.shape) != 1:
        x = graph.call("Flatten", ["x"], axis=1)
    theta = Term("", graph).constant([number for block in blocks for number in block.numbers])
    graph.result(forward(theta, Term(x, graph, forward.inputs, is_batch=True)))
    ends = [("x", forward.shape), ("y", (forward.outputs,))]
    given, wanted = (
        helper.make_tensor_value_info(name, graph.element, ["N", *shape]) for name, shape in ends
    )
    written = helper.make_model(
        helper.make_graph(graph.nodes, DOMAIN, [given], [wanted], graph.numbers),
        functions=[*functions.values()],
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
        ir_version=8,  # the first with functions: older programs can read it, too
        producer_name=DOMAIN,
        producer_version=autograd.__version__,
    )
    write(path, written.SerializeToString())
