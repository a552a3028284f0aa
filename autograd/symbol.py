"""`Symbol`: a number type whose numbers are expressions, so that rows of the table can be read.

A row run on symbols gives a picture of itself: `autograd.view.formula` prints it as LaTeX and
JavaScript, `autograd.compile` rewrites whole graphs of such expressions.
"""

from __future__ import annotations

from typing import Any

from . import operations as op
from .numbers import real
from .table import Operation


class Symbol:
    """An expression.

    Attributes
    ----------
    head : str or Operation
        The name of an unknown; or a row of the table; or one of < <= > >= && ? guard.
    operands : tuple of Symbol and float
        None for an unknown.
    """

    __slots__ = ("head", "operands")

    def __init__(self, head: str | Operation, *operands: Any) -> None:
        self.head: Any = head
        self.operands = operands

    @classmethod
    def make(cls, head: str | Operation, *operands: Any) -> Any:
        """Return the expression with this head; types may share equal ones."""
        return cls(head, *operands)

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        terms = [x if isinstance(x, Symbol) else real(x) for x in operands]
        if row in (op.mul, op.div) and terms[1] == 1.0:  # a factor 1 changes no number
            return terms[0]
        return terms[1] if row is op.mul and terms[0] == 1.0 else cls.make(row, *terms)

    @classmethod
    def __where__(cls, condition: Symbol, a: Any, b: Any, is_guard: bool = False) -> Any:
        return a if a is b else cls.make("guard" if is_guard else "?", condition, a, b)

    __add__, __radd__ = lambda a, b: op.add(a, b), lambda a, b: op.add(b, a)
    __sub__, __rsub__ = lambda a, b: op.sub(a, b), lambda a, b: op.sub(b, a)
    __mul__, __rmul__ = lambda a, b: op.mul(a, b), lambda a, b: op.mul(b, a)
    __truediv__, __rtruediv__ = lambda a, b: op.div(a, b), lambda a, b: op.div(b, a)
    __pow__, __rpow__ = lambda a, b: op.general_power(a, b), lambda a, b: op.general_power(b, a)
    __neg__, __abs__ = lambda a: op.neg(a), lambda a: op.absolute(a)
    __lt__, __le__ = lambda a, b: a.make("<", a, b), lambda a, b: a.make("<=", a, b)
    __gt__, __ge__ = lambda a, b: a.make(">", a, b), lambda a, b: a.make(">=", a, b)

    def __and__(self, other: Any) -> Any:
        return self.make("&&", self, other) if isinstance(other, Symbol) else other and self

    __rand__ = __and__

    def __bool__(self) -> bool:
        raise TypeError("a formula is neither true nor false; choose with where(condition, a, b)")
