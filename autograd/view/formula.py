r"""Rows of the table as formulas: run on symbols, to be printed.

What is printed is the row's own declaration; no derivative is typed in a second time::

    >>> from autograd import operations as op
    >>> y, (slope,) = rule(op.tanh)
    >>> print(latex(y), latex(slope), sep="   ")
    \tanh\left(x\right)   1 - \tanh^2 x
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TypeAlias

from autograd.quoting import clipped

from ..symbol import Symbol
from ..table import Operation
from .latex import latex

Term: TypeAlias = "Formula | float"


class Formula(Symbol):
    """An expression to be printed.

    Parameters
    ----------
    head : str, Operation, Quantity, Label or Constant
        The name of an unknown as LaTeX; or a row of the table, or a form as in its `tex`.
    *operands : Formula or float
        None for an unknown.

    Examples
    --------
    >>> a, b = Formula("a"), Formula("b")
    >>> print(latex(a * (b + 1) ** 2))
    a \\cdot \\left(b + 1\\right)^{2}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Formula({latex(self)})"


def rule(
    row: Operation, operands: int | Sequence[str | Term] | None = None
) -> tuple[Formula, list[Term]]:
    """Return y = row(operands) and the local gradients ∂y/∂operand, as the table declares them.

    Parameters
    ----------
    row : Operation
        Built-in or your own.
    operands : int or sequence of str, Formula and float, optional
        Names of the operands, or formulas to put in; n stands for x_1, ..., x_n. By default the
        names in the declaration of `local`, and for parameters such as a slope their defaults.

    Examples
    --------
    >>> from autograd import operations as op
    >>> print(*map(latex, rule(op.div)[1]), latex(rule(op.prod, 3)[1][1]))
    \\frac{1}{b} \\frac{-y}{b} x_1 \\cdot x_3
    """
    y, *names = signature(row.local).parameters  # y has this name in the gradients
    if operands is None:
        if row.vectors is not None:
            raise ValueError(
                f"{clipped(row.name)} takes any number of operands: say which, or how many"
            )
        operands = [*names[: len(names) - len(row.parameters)], *row.parameters.values()]
    elif isinstance(operands, int):
        operands = [f"x_{i}" for i in range(1, operands + 1)]
    terms = [Formula(x) if isinstance(x, str) else x for x in operands]
    return Formula(row, *terms), list(row.rule(Formula(y), terms))
