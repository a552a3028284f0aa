"""Plain floats with the semantics of IEEE 754.

Python raises `ZeroDivisionError` and `OverflowError` where IEEE 754, and with it NumPy,
PyTorch, JAX and JavaScript, answers inf or nan. The engine follows IEEE 754: the formulas of
`autograd.operations` run on ordinary floats, and only where Python raises are they run again
on `Ieee` numbers, so that the common case costs nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final

from .operators import Operators

INF: Final = math.inf
NAN: Final = math.nan


def divide(a: float, b: float) -> float:
    """Return a / b, with a / 0 = ±inf and 0 / 0 = nan."""
    if b:
        return a / b
    return NAN if a == 0 or math.isnan(a) else math.copysign(INF, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """Return a ** b, never complex: a negative base with a fractional exponent gives nan."""
    try:
        return math.pow(a, b)
    except ArithmeticError:
        return math.copysign(INF, a) if b % 2 == 1 else INF
    except ValueError:
        if a != 0:
            return NAN
        return math.copysign(INF, a) if b % 2 == 1 else INF


class Ieee(Operators, float):
    """A float whose arithmetic stays in `Ieee` and never raises.

    Examples
    --------
    >>> Ieee(1.0) / 0.0
    Ieee(inf)
    >>> 2.0 * Ieee(1e200) ** 2
    Ieee(inf)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Ieee({float(self)!r})"

    @staticmethod
    def __operation__(row: Any, operands: tuple[Any, ...]) -> Any:
        for operand in operands:
            if not isinstance(operand, float) and hasattr(operand, "__operation__"):
                return operand.__operation__(row, operands)
        return Ieee(row.evaluate([*map(float, operands)]))
