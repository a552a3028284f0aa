"""Expressions as Python programs.

>>> from autograd import operations as op
>>> from autograd.view.formula import Formula
>>> a, b = Formula("a"), Formula("b")
>>> printer = Python()
>>> printer.print(op.tanh(a + b) ** 2 * b, op.softmax.apply((a, b, 1.0)))[0].text
'tanh(a + b) ** 2.0 * b'
>>> printer.head
['from autograd import Value, softmax, tanh', '']
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import autograd

from ..printer import CHOICE, SIGN, Printer, Term, Text
from ..symbol import Symbol
from ..table import BUILT_IN, Operation
from .markup import Constant


class Identifiers:
    """Names for what a program defines, each of which stands for one thing."""

    def __init__(self) -> None:
        self._taken = {*keyword.kwlist, *dir(builtins), *autograd.__all__, "inf", "nan"}

    def fresh(self, wanted: str) -> str:
        """Return an identifier that nothing else has, as near as may be to a text."""
        simple = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", wanted)).strip("_") or "v"
        start = next((x for x in (simple, f"v_{simple}") if x.isidentifier()), "v")
        name, i = start, 1
        while name in self._taken:
            i += 1
            name = f"{start}_{i}"
        self._taken.add(name)
        return name


class Python(Printer):
    """Prints Python that computes an expression by the functions of `autograd`.

    Parameters
    ----------
    named : mapping, optional
        The variables.
    identifiers : Identifiers, optional
        Those that are not free.
    digits : int, optional
        Significant digits of numbers, for readers. By default the program computes the same
        number to the last digit: where there is nothing but numbers, it makes a `Value` of one,
        which keeps to IEEE 754.
    """

    def __init__(
        self,
        named: Mapping[Any, Text] = MappingProxyType({}),
        identifiers: Identifiers | None = None,
        digits: int | None = None,
    ) -> None:
        super().__init__(named)
        self.digits = digits
        self._identifiers = identifiers or Identifiers()
        self._imports = {"Value"}
        self._constants: set[str] = set()
        self._own: dict[str, str] = {}  # operations that have no public name

    @property
    def head(self) -> list[str]:
        """The lines that a program with what has been printed begins with."""
        names = sorted(self._imports, key=lambda name: (not name[0].isupper(), name))
        lines = [f"from math import {', '.join(sorted(self._constants))}"] * bool(self._constants)
        lines += [f"from autograd import {', '.join(names)}"]
        own = [f"{identifier} = operation({name!r})" for name, identifier in self._own.items()]
        return [*lines, "", *own]

    def rewritten(self, node: Symbol) -> Term:
        """Return softmax or pick with an index that Python takes."""
        if isinstance(node.head, Operation) and node.head.index:
            *operands, k = node.operands
            if not isinstance(k, Symbol):
                index = node.make(str(int(k)))
                return node.make(node.head, *operands, index)  # type: ignore[no-any-return]
        return node

    def number(self, x: float) -> Text:
        if self.digits is not None:
            written = f"{x:.{self.digits}g}"
            return Text(written, SIGN) if written[0] == "-" else Text(written)
        if x != x or abs(x) == float("inf"):
            self._constants.add("nan" if x != x else "inf")
        return super().number(x)

    def unknown(self, head: Any) -> Text:
        if not isinstance(head, Constant):
            return super().unknown(head)
        number = self.number(head.value)
        return number if self.digits is not None else Text(f"Value({number.text})")

    def call(self, row: Operation, operands: Sequence[Text]) -> Text:
        arguments = [operand.text for operand in operands]
        index = arguments.pop() if row.index else ""
        if row.vectors is not None:
            n = len(arguments) // row.lists
            starts = range(0, n * row.lists, n or 1)
            lists = [f"[{', '.join(arguments[i : i + n])}]" for i in starts]
            arguments = lists + arguments[n * row.lists :]
        if index and row.selects:  # one of what it is applied to, not of its results
            return Text(f"{self._called(row)}({', '.join([*arguments, index])})")
        return Text(f"{self._called(row)}({', '.join(arguments)})" + f"[{index}]" * bool(index))

    def choice(self, *operands: Text) -> Text:
        condition, a, b = (self.within(x, CHOICE + 1) for x in operands)
        return Text(f"{a} if {condition} else {b}", CHOICE)

    def _called(self, row: Operation) -> str:
        is_built_in = row.vectors is not None and row.name in BUILT_IN
        if is_built_in or getattr(autograd, row.name, None) is row:
            self._imports.add(row.name)
            return row.name
        self._imports.add("operation")
        if row.name not in self._own:
            self._own[row.name] = self._identifiers.fresh(row.name)
        return self._own[row.name]
