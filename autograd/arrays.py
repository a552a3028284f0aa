"""Rows of the table on arrays, through the Python array API that NumPy and JAX share."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

SPECIAL: Final = ("erf", "erfc")  # of `math`; other functions have the same name for arrays


def apply(operation: Any, operands: tuple[Any, ...], namespace: Any) -> Any:
    """Apply an operation elementwise: a formula as it stands, a function of `math` by its name.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import tanh
    >>> tanh(np.array([0.0, 1000.0])).tolist()
    [0.0, 1.0]
    """
    if not operation.is_primitive:
        return operation.formula(operands)
    return function(operation.forward.__name__, namespace)(*operands)


def function(name: str, namespace: Any) -> Callable[..., Any]:
    """Return what computes a function of `math` elementwise, for the arrays of NumPy or JAX."""
    if name not in SPECIAL:
        found: Callable[..., Any] = getattr(namespace, name)
        return found
    if namespace.__name__ == "jax.numpy":
        found = getattr(import_module("jax.scipy.special"), name)
        return found
    one = namespace.vectorize(getattr(math, name), otypes=[float])
    return lambda x: one(x).astype(x.dtype if x.dtype.kind == "f" else float)
