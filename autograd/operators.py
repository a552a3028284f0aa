"""The table by name, and Python's operators as rows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self, overload

from .numbers import Array, Real

if TYPE_CHECKING:
    from .value import Value

TABLE: Final[dict[str, Any]] = {}  # every `Operation`, by its name


class Operator(Protocol):
    """What an operator of `Value` gives: a node for a number or node, an array for an array."""

    @overload
    def __call__(self, other: Array) -> Any: ...
    @overload
    def __call__(self, other: Real) -> Value: ...


def _operator(name: str) -> Any:
    return lambda *operands: TABLE[name].apply(operands)


def _reflected(name: str) -> Any:
    return lambda *operands: TABLE[name].apply(operands[::-1])


class Operators:
    """Python's operators, for a number type that says how a row of the table is applied to it.

    A subclass has a method ``__operation__(row, operands)``, and gets all the operators; `Value`,
    which programs spend their time with, does the same in faster ways of its own.
    """

    __slots__ = ()

    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("sub"), _reflected("sub")
    __mul__, __rmul__ = _operator("mul"), _reflected("mul")
    __truediv__, __rtruediv__ = _operator("div"), _reflected("div")
    __pow__, __rpow__ = _operator("pow"), _reflected("pow")
    __neg__, __abs__ = _operator("neg"), _operator("abs")

    def __pos__(self) -> Self:
        return self
