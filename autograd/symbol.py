"""`Symbol`: a number type whose numbers are expressions, so that rows of the table can be read.

A row run on symbols gives a picture of itself: `autograd.view` prints it as formulas and
JavaScript, `autograd.compile` rewrites whole graphs of such expressions.
"""

from __future__ import annotations

from typing import Any

from . import operations as op
from .numbers import real
from .operators import Operators
from .table import Operation, selected, where


class Symbol(Operators):
    """An expression.

    Attributes
    ----------
    head : str or Operation
        The name of an unknown; or a row of the table; or one of < <= > >= && ? guard. Printers
        may know others.
    operands : tuple of Symbol and float
        None for an unknown.
    """

    __slots__ = ("head", "operands")
    head: Any
    operands: tuple[Any, ...]

    def __init__(self, head: Any, *operands: Any) -> None:
        self.head = head
        self.operands = operands

    @classmethod
    def make(cls, head: Any, *operands: Any) -> Any:
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
        def side(x: Any, i: int) -> Any:  # of a choice by the same condition
            is_same = isinstance(x, Symbol) and x.head == "?" and x.operands[0] is condition
            return x.operands[i] if is_same else x

        a, b = side(a, 1), side(b, 2)
        return a if a is b else cls.make("guard" if is_guard else "?", condition, a, b)

    __lt__, __le__ = lambda a, b: a.make("<", a, b), lambda a, b: a.make("<=", a, b)
    __gt__, __ge__ = lambda a, b: a.make(">", a, b), lambda a, b: a.make(">=", a, b)

    @classmethod
    def __selected__(cls, local: Any, upstream: Any) -> Any:
        """Return local · upstream, in each branch of a choice among numbers on its own."""
        if local.__class__ is cls and local.head == "?":
            condition, a, b = local.operands
            return where(condition, selected(a, upstream), selected(b, upstream))
        return where((local <= 0.0) & (local >= 0.0), 0.0, local * upstream)

    def __and__(self, other: Any) -> Any:
        return self.make("&&", self, other) if isinstance(other, Symbol) else other and self

    __rand__ = __and__

    def __bool__(self) -> bool:
        raise TypeError("a formula is neither true nor false; choose with where(condition, a, b)")
