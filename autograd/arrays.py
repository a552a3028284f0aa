"""Rows of the table on arrays, through the Python array API that NumPy and JAX share."""

from __future__ import annotations

import math
from typing import Any


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
    function = getattr(namespace, operation.name, None) or getattr(
        namespace, operation.forward.__name__, None
    )
    if function is not None:
        return function(*operands)
    return namespace.vectorize(getattr(math, operation.forward.__name__))(*operands)
