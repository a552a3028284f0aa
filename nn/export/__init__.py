"""Graduation: networks as JSON files, and models for PyTorch, JAX and ONNX.

    save, load              JSON files, from which the same network comes back
    to_torch, from_torch    an equivalent module of PyTorch, and the way back for a Sequential
    to_jax                  a pure function and its parameters
    to_onnx                 a file that ONNX Runtime and many other programs run

The weights are taken over exactly. Any `Module` can be taken to the other libraries: it is traced,
and the rows of the table run on their arrays. Each is imported when its function is called.
"""

from .jax_function import to_jax
from .json_file import ModelFileError, load, save
from .onnx_file import to_onnx
from .pytorch import from_torch, to_torch

__all__ = ["ModelFileError", "from_torch", "load", "save", "to_jax", "to_onnx", "to_torch"]
