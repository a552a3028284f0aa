"""Graduation: networks as JSON files, and for PyTorch, JAX and ONNX.

    save, load              JSON files, from which the same network comes back
    to_torch, from_torch    an equivalent `torch.nn.Sequential`, and the way back; with an input,
                            any PyTorch module as a graph of scalars
    to_jax                  a pure function and its parameters
    to_onnx                 a file that ONNX Runtime and many other programs run

The weights are taken over exactly. The other libraries get the architecture of an `MLP` or a
`Layer` with activations of `ACTIVATIONS`; each is imported when its function is called.
"""

from .from_torch import from_torch
from .jax_function import to_jax
from .json_file import ModelFileError, load, save
from .onnx_file import to_onnx
from .pytorch import to_torch
from .unrolled import Comparison, Unrolled

__all__ = [
    "Comparison",
    "ModelFileError",
    "Unrolled",
    "from_torch",
    "load",
    "save",
    "to_jax",
    "to_onnx",
    "to_torch",
]
