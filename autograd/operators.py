"""The table by name, and Python's operators as rows of it."""

from __future__ import annotations

from typing import Any, Final

TABLE: Final[dict[str, Any]] = {}  # every `Operation`, by its name


class Operators:
    """Python's operators, for a number type that says how a row of the table is applied to it.

    A subclass has a method ``__operation__(row, operands)``, and gets all the operators; `Value`,
    which programs spend their time with, does the same in faster ways of its own.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return TABLE["add"].apply((self, other))

    def __radd__(self, other: Any) -> Any:
        return TABLE["add"].apply((other, self))

    def __sub__(self, other: Any) -> Any:
        return TABLE["sub"].apply((self, other))

    def __rsub__(self, other: Any) -> Any:
        return TABLE["sub"].apply((other, self))

    def __mul__(self, other: Any) -> Any:
        return TABLE["mul"].apply((self, other))

    def __rmul__(self, other: Any) -> Any:
        return TABLE["mul"].apply((other, self))

    def __truediv__(self, other: Any) -> Any:
        return TABLE["div"].apply((self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return TABLE["div"].apply((other, self))

    def __pow__(self, other: Any) -> Any:
        return TABLE["pow"].apply((self, other))

    def __rpow__(self, other: Any) -> Any:
        return TABLE["pow"].apply((other, self))

    def __neg__(self) -> Any:
        return TABLE["neg"].apply((self,))

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return TABLE["abs"].apply((self,))
