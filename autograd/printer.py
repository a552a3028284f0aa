"""One walk over expressions, and one table of precedence, for every language that prints them.

A printer turns a `Symbol` into text. It visits the parts of an expression before the whole; each
part becomes a `Text` that knows how tightly it holds together, so that whoever puts it into
something else sees whether it needs brackets. Nothing is found out by reading what was printed.

A language is a class that says how it writes numbers, calls and choices. The languages are LaTeX
and plain text (`autograd.view.latex`, `autograd.view.plain`), Python (`autograd.view.python`),
JavaScript (`autograd.view.javascript`), and the programs of `autograd.compile`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from .numbers import real
from .symbol import Symbol
from .table import Operation

Term: TypeAlias = "Symbol | float"

# how tightly a text holds together: a ? b : c < a && b < a > b < a + b < a * b < -a < a ** b
CHOICE, AND, COMPARISON, SUM, PRODUCT, SIGN, POWER, CALL, NAME = range(9)

# the level of each operator, and what its left and its right operand need to stand bare
PRECEDENCE: Final = {
    "+": (SUM, SUM, PRODUCT),
    "-": (SUM, SUM, PRODUCT),
    "*": (PRODUCT, PRODUCT, SIGN),
    "/": (PRODUCT, PRODUCT, SIGN),
    "**": (POWER, CALL, SIGN),
    "&&": (AND, AND, COMPARISON),
    **dict.fromkeys(("<", "<=", ">", ">="), (COMPARISON, SUM, SUM)),
}


class Text(NamedTuple):
    """A piece of print.

    Attributes
    ----------
    text : str
    level : int
        How tightly it holds together.
    is_signed : bool
        Whether it begins with a minus that only typeset formulas put in brackets.
    is_tall : bool
        Whether typeset brackets around it have to grow.
    """

    text: str
    level: int = NAME
    is_signed: bool = False
    is_tall: bool = False


class Printer(ABC):
    """What prints expressions in one language.

    Parameters
    ----------
    named : mapping, optional
        Names of parts, to be printed in place of them.
    shares : str
        The letter of the names of what is used more than once. Without it every use is written
        out in full.

    Attributes
    ----------
    operators : mapping
        How the language writes the operators of `PRECEDENCE` that it has.
    infinity, nan : str
    shared : list of (name, text)
        What was given a name, in the order of computation.
    """

    operators: ClassVar[Mapping[str, str]] = {sign: sign for sign in PRECEDENCE}
    infinity: ClassVar[str] = "inf"
    nan: ClassVar[str] = "nan"

    def __init__(
        self, named: Mapping[Any, Text] = MappingProxyType({}), *, shares: str = ""
    ) -> None:
        self.named = named
        self.shares = shares
        self.shared: list[tuple[str, str]] = []

    def print(self, *results: Term) -> list[Text]:
        """Return the text of each expression."""
        parts = self._sorted(results)
        uses = Counter([*results, *(part for each in parts.values() for part in each)])
        texts: dict[Any, Text] = dict(self.named)
        for node, operands in parts.items():
            given = [texts[x] if isinstance(x, Symbol) else self.number(x) for x in operands]
            if operands is not node.operands:  # another expression stands for it
                text = given[0]
            elif operands or isinstance(node.head, Operation):
                text = self.apply(node.head, given)
            else:
                text = self.unknown(node.head)
            if self.shares and uses[node] > 1 and text.level < NAME:
                self.shared.append((f"{self.shares}{len(self.shared) + 1}", text.text))
                text = Text(self.shared[-1][0])
            texts[node] = text
        return [texts[x] if isinstance(x, Symbol) else self.number(x) for x in results]

    def _sorted(self, results: Sequence[Term]) -> dict[Symbol, tuple[Term, ...]]:
        """Return what is to be printed with its parts, each after its parts."""
        parts: dict[Symbol, tuple[Term, ...]] = {}
        order: dict[Symbol, tuple[Term, ...]] = {}
        waiting: list[Any] = [*reversed(results)]
        while waiting:
            node = waiting.pop()
            if node is None:  # all parts of the next one are in order
                node = waiting.pop()
                order[node] = parts[node]
            elif isinstance(node, Symbol) and node not in parts and node not in self.named:
                other = self.rewritten(node)
                parts[node] = node.operands if other is node else (other,)
                waiting += (node, None, *reversed(parts[node]))
        return order

    def apply(self, head: str | Operation, operands: Sequence[Text]) -> Text:
        """Return the text of an operation, a comparison or a choice."""
        sign = head.infix if isinstance(head, Operation) else head
        if sign in self.operators:
            if len(operands) == 1:
                return self.negative(operands[0])
            is_swapped = isinstance(head, Operation) and head.swapped
            left, right = reversed(operands) if is_swapped else operands
            return self.infix(sign, left, right)
        if isinstance(head, Operation):
            return self.call(head, operands)
        return self.choice(*operands)

    def within(self, text: Text, needed: int) -> str:
        """Return a text as part of something, in brackets if it holds together too loosely."""
        return text.text if text.level >= needed else f"({text.text})"

    # -- what a language says --------------------------------------------------------------

    def rewritten(self, node: Symbol) -> Term:
        """Return the expression to be printed in place of one; as a rule, that is itself."""
        return node

    def number(self, x: float) -> Text:
        """Return a number, by default with all of its digits."""
        x = real(x)
        if x != x:
            return Text(self.nan)
        digits = self.infinity if abs(x) == math.inf else repr(abs(x))
        return Text(f"-{digits}", SIGN) if math.copysign(1.0, x) < 0.0 else Text(digits)

    def unknown(self, head: Any) -> Text:
        """Return an unknown, by default its name."""
        return Text(head)

    def negative(self, x: Text) -> Text:
        return Text(f"-{self.within(x, SIGN)}", SIGN)

    def infix(self, sign: str, a: Text, b: Text) -> Text:
        """Return an operator between its operands."""
        level, left, right = PRECEDENCE[sign]
        return Text(f"{self.within(a, left)} {self.operators[sign]} {self.within(b, right)}", level)

    @abstractmethod
    def call(self, row: Operation, operands: Sequence[Text]) -> Text:
        """Return an operation that is no operator of the language."""

    @abstractmethod
    def choice(self, *operands: Text) -> Text:
        """Return a choice: a condition, what holds if it is true, and what holds otherwise.

        The heads "?" and "guard" are such choices.
        """
