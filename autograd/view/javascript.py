"""Rows of the table as JavaScript, for pages that compute without Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from ..javascript import MATH, PRELUDE
from ..printer import AND, CALL, CHOICE, PRECEDENCE, Printer, Term, Text
from ..symbol import Symbol
from ..table import Operation


def javascript(formula: Term) -> str:
    """Return a JavaScript expression; what it calls besides `Math` is in `PRELUDE`.

    Rows that are formulas are written out, which can be long: `function` shares common parts.

    Raises
    ------
    ValueError
        If a row calls a function of `math` that JavaScript lacks.

    Examples
    --------
    >>> from autograd import operations as op
    >>> from autograd.view.formula import Formula
    >>> javascript(op.gudermannian(Formula("a") / 3))
    '2.0 * Math.atan(Math.tanh(0.5 * (a / 3.0)))'
    """
    return JavaScript().print(formula)[0].text


def function(name: str, arguments: Sequence[str], *results: Term) -> str:
    """Return a JavaScript function with a list as result; what is used twice is computed once.

    Examples
    --------
    >>> from autograd.view.formula import Formula
    >>> z = Formula("x") + 1
    >>> function("f", ["x"], z * z, -z)
    'function f(x) { const _1 = x + 1.0; return [_1 * _1, -_1]; }'
    """
    return computed(*results).function(name, arguments)


class Computed(NamedTuple):
    """Results in JavaScript: names for what is used twice, each with its text, and the texts."""

    shared: list[tuple[str, str]]
    texts: list[str]

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a function with the results as a list."""
        shared = ", ".join([f"{part} = {text}" for part, text in self.shared])
        body = f"const {shared}; " if shared else ""
        head = f"function {name}({', '.join(arguments)})"
        return f"{head} {{ {body}return [{', '.join(self.texts)}]; }}"


def computed(*results: Term) -> Computed:
    """Return expressions in JavaScript; what is used twice is computed once.

    Examples
    --------
    >>> from autograd.view.formula import Formula
    >>> z = Formula("x") + 1
    >>> computed(z * z, -z)
    Computed(shared=[('_1', 'x + 1.0')], texts=['_1 * _1', '-_1'])
    """
    printer = JavaScript(shares="_")
    texts = [result.text for result in printer.print(*results)]
    return Computed(printer.shared, texts)


class JavaScript(Printer):
    """What prints JavaScript: all rows are written out, down to what `Math` and `PRELUDE` have."""

    operators: ClassVar = {sign: sign for sign in PRECEDENCE if sign != "**"}
    infinity, nan = "Infinity", "NaN"

    def rewritten(self, node: Symbol) -> Term:
        row = node.head
        if not isinstance(row, Operation):
            return node
        is_known = row.forward.__module__ in ("math", "builtins", "_operator")
        return node if is_known and row.vectors is None else row.formula(node.operands)

    def negative(self, x: Text) -> Text:
        return super().negative(Text(f"({x.text})") if x.level < CALL else x)  # not --x

    def call(self, row: Operation, operands: Sequence[Text]) -> Text:
        name = row.forward.__name__
        if name in MATH.split():
            name = f"Math.{name}"
        elif f"function {name}(" not in PRELUDE:
            raise ValueError(f"{row} calls {name}, which JavaScript's Math lacks")
        return Text(f"{name}({', '.join([x.text for x in operands])})", CALL)

    def choice(self, *operands: Text) -> Text:
        condition, a, b = operands
        tight = [self.within(x, AND) for x in (condition, a)]
        return Text(f"{' ? '.join(tight)} : {b.text}", CHOICE)
