"""Comparisons of numbers that are not known yet, in the slopes of relu, maximum and clamp.

A slope that is a constant on either side of a kink is a node like others: it is computed anew for
each sample, and its own derivative is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from autograd.table import Operation, selected, where
from autograd.value import Value


class _Hidden(Operation):
    """An operation that is not in the table, and written as what it computes."""

    def __init__(self, name: str, forward: Any, local: Any) -> None:
        super().__init__(name, forward, local, selects=True, written_out=True)

    def __post_init__(self) -> None:
        self.symbol = self.name


def _flat(z: Any, *operands: Any) -> tuple[float, ...]:
    return (0.0,) * len(operands)


LESS: Final = _Hidden("if_less", lambda x, y, a, b: where(x < y, a, b), _flat)
AT_MOST: Final = _Hidden("if_at_most", lambda x, y, a, b: where(x <= y, a, b), _flat)
SELECTED: Final = _Hidden("selected", selected, lambda z, local, upstream: (0.0, local))


class Comparison:
    """Whether x < y, or x <= y, and whatever else must hold.

    `refuse` raises the error for what asks for its truth, or chooses more than a constant by it.
    """

    __slots__ = ("_operands", "_refuse", "_rest", "_row")

    def __init__(
        self, row: Operation, x: Any, y: Any, refuse: Callable[[], NoReturn], rest: Any = True
    ) -> None:
        self._row, self._operands, self._refuse, self._rest = row, (x, y), refuse, rest

    def __bool__(self) -> NoReturn:
        self._refuse()

    def __and__(self, other: Any) -> Any:
        return Comparison(self._row, *self._operands, self._refuse, self._rest & other)

    def __rand__(self, other: Any) -> Any:
        return self & other

    @classmethod
    def __where__(cls, condition: Comparison, a: Any, b: Any, is_guard: bool = False) -> Any:
        if not (is_constant(a) and is_constant(b)):
            condition._refuse()
        return condition._row(*condition._operands, where(condition._rest, a, b), b)


def is_constant(x: Any) -> bool:
    """Return whether x is a number, or chosen among numbers."""
    return isinstance(x, (int, float)) or (isinstance(x, Value) and x.operation in (LESS, AT_MOST))
