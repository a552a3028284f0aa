"""Comparisons of numbers that are not known yet, and choices by them.

A choice is a node like others. It computes both sides for each sample, takes one, and lets the
gradient flow to that one alone; what is compared gets none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from autograd.modes import current
from autograd.table import Operation, where
from autograd.value import Value


class _Hidden(Operation):
    """An operation that is not in the table, and written as what it computes.

    Only its first operands have local gradients.
    """

    def __init__(self, name: str, forward: Any, local: Any) -> None:
        super().__init__(name, forward, local, selects=True, written_out=True)

    def __post_init__(self) -> None:
        self.symbol = self.name

    def counted(self, local: Sequence[Any], operands: Sequence[Any]) -> Sequence[Any]:
        return local


class Choice(_Hidden):
    """Of a, b, x and y: a where x and y compare in some way, else b."""

    def __init__(self, name: str, compare: Callable[[Any, Any], Any]) -> None:
        def forward(a: Any, b: Any, x: Any, y: Any) -> Any:
            return where(compare(x, y), a, b)

        def local(z: Any, a: Any, b: Any, x: Any, y: Any) -> tuple[Any, Any]:
            return forward(1.0, 0.0, x, y), forward(0.0, 1.0, x, y)

        super().__init__(name, forward, local)

    def passed_on(self, local: Any, upstream: Any) -> Any:
        passed = super().passed_on(local, upstream)
        watch = current().watch
        return watch.chosen(passed, local) if hasattr(watch, "chosen") else passed


LESS: Final = Choice("if_less", operator.lt)
AT_MOST: Final = Choice("if_at_most", operator.le)
# The number of its first operand, to which nothing flows but where the second one, 1 or 0, says so.
GATE: Final = _Hidden("gate", lambda x, mask: x, lambda z, x, mask: (mask,))


def if_one(number: Any, a: Any, b: Any) -> Any:
    """Return a where a number is 1, and b where it is 0, as a choice that uses each once."""
    if not isinstance(number, Value):
        return a if number else b
    x, y, *compared = number.operands
    if isinstance(x, Value) or isinstance(y, Value):
        return LESS.apply((a, b, 0.0, number))
    return number.operation.apply((a if x else b, a if y else b, *compared))  # type: ignore[union-attr]


class Comparison:
    """Whether x < y, or x <= y, and whatever else must hold.

    `choose` makes the node of a choice between two; `refuse` raises the error for what asks for
    the truth.
    """

    __slots__ = ("_choose", "_refuse")

    def __init__(self, choose: Callable[[Any, Any], Any], refuse: Callable[[], NoReturn]) -> None:
        self._choose, self._refuse = choose, refuse

    @classmethod
    def __where__(cls, condition: Comparison, a: Any, b: Any, is_guard: bool = False) -> Any:
        return a if a is b else condition._choose(a, b)

    def __and__(self, other: Any) -> Comparison:
        return self._of(where(self, where(other, 1.0, 0.0), 0.0))

    def __or__(self, other: Any) -> Comparison:
        return self._of(where(self, 1.0, where(other, 1.0, 0.0)))

    def _of(self, number: Any) -> Comparison:
        return Comparison(lambda a, b: if_one(number, a, b), self._refuse)

    __rand__, __ror__ = __and__, __or__

    def __bool__(self) -> NoReturn:
        self._refuse()

    __float__ = __index__ = __bool__

    def __eq__(self, other: object) -> NoReturn:
        self._refuse()

    __hash__ = None  # type: ignore[assignment]
