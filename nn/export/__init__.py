"""Graduation: models as JSON files, and for PyTorch, JAX and ONNX.

    save, load              JSON files, from which the same model comes back
    trace                   the graph of a model as a module, to be saved without its class
    to_torch, from_torch    an equivalent module of PyTorch, and the way back; with an input, any
                            PyTorch module as a graph of scalars
    to_jax                  a pure function and its parameters
    to_onnx                 a file that ONNX Runtime and many other programs run

The weights are taken over exactly. Any `Module` can be taken to the other libraries: it is traced,
and the rows of the table run on their arrays. Each is imported when its function is called.
"""

from ..documents import ModelFileError
from .from_torch import from_torch
from .graph_module import GraphModule, trace
from .jax_function import to_jax
from .json_file import load, save
from .onnx_file import to_onnx
from .pytorch import to_torch
from .unrolled import Comparison, Unrolled

__all__ = [
    "Comparison",
    "GraphModule",
    "ModelFileError",
    "Unrolled",
    "from_torch",
    "load",
    "save",
    "to_jax",
    "to_onnx",
    "to_torch",
    "trace",
]
