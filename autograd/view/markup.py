r"""Formulas for readers: what LaTeX and plain text have in common.

Both print the same expressions by the `tex` forms of the rows. What explanations and expressions
speak of besides, names with indices, labels, derivatives, are unknowns and forms of their own::

    >>> from autograd.view.formula import Formula
    >>> from autograd.view.latex import latex
    >>> from autograd.view.plain import plain
    >>> w = Formula(Quantity("w", "21", layer=1))
    >>> print(latex(w), plain(w), plain(partial(Formula(Label("my loss")), w)))
    w_{21}^{(1)} w₂₁⁽¹⁾ ∂my loss/∂w₂₁⁽¹⁾
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple

from .. import operations as op
from ..printer import CALL, CHOICE, NAME, PRODUCT, SIGN, SUM, Printer, Text
from ..symbol import Symbol
from ..table import Operation
from .tex import Group, Part, Place, read

SUMS, PRODUCTS, EQUAL = "sum", "product", "equal"  # heads of what is put in a row
JOINED: Final = {SUMS: SUM, PRODUCTS: PRODUCT, EQUAL: CHOICE}


class Quantity(NamedTuple):
    """A name such as δ₂₁⁽¹⁾; with a number if it is one of several nodes that have it."""

    letter: str
    indices: str = ""
    layer: int = 0
    number: int = 0


class Label(NamedTuple):
    """A text of the user, printed as it is."""

    text: str
    number: int = 0


class Constant(NamedTuple):
    """A number that is a node, or one that has digits of its own."""

    value: float
    digits: int | None = None


class Note(NamedTuple):
    """The head of a derivative that says what is held fixed."""

    text: str


class Markup(Printer):
    """Prints for readers.

    Parameters
    ----------
    named : mapping, optional
        Names of parts, to be printed in place of them.
    digits : int, optional
        Significant digits of numbers; by default all.
    """

    dot: ClassVar[str]
    minus: ClassVar[str] = "-"

    def __init__(
        self, named: Mapping[Any, Text] = MappingProxyType({}), digits: int | None = None
    ) -> None:
        super().__init__(named)
        self.digits = digits

    # -- expressions -----------------------------------------------------------------------

    def rewritten(self, node: Symbol) -> Any:
        head, operands = node.head, node.operands
        if head == "guard":
            return operands[-1]
        if head == "?" or (isinstance(head, Operation) and head.nests):
            return self._flattened(node)
        if head == "&&" and [x.head for x in operands] == ["<=", ">="]:
            a, b = [x.operands for x in operands]
            return node.make(EQUAL, *a) if a == b else node
        if not isinstance(head, Operation):
            return node
        if head.written_out:
            return head.formula(operands)
        if head is op.add and 0.0 in operands:  # as Python's sum() begins
            return operands[operands[0] == 0.0]
        if head is op.mul and -1.0 in operands:
            return node.make(op.neg, operands[operands[0] == -1.0])
        return node

    def _flattened(self, node: Symbol) -> Any:
        """Return max(max(a, b), c), or a choice within a choice, as one with more operands."""
        at = -1 if node.head == "?" else 0
        parts, inner = [node.operands], node.operands[at]
        while isinstance(inner, Symbol) and inner not in self.named:
            if inner.head == "guard":
                inner = inner.operands[-1]
            elif inner.head is not node.head:
                break
            else:
                parts.append(inner.operands)
                inner = inner.operands[at]
        if len(parts) == 1:
            return node
        if at:
            operands = [x for part in parts for x in part[:-1]] + [inner]
        else:
            operands = [inner] + [x for part in reversed(parts) for x in part[1:]]
        if at:
            operands[::2] = [*map(_narrowed, operands[::2], [None, *operands[:-1:2]])]
        return node.make(node.head, *operands)

    def apply(self, head: Any, operands: Sequence[Text]) -> Text:
        if isinstance(head, Operation) or head in ("?", *self.operators):
            return super().apply(head, operands)
        if isinstance(head, Note):
            return self.noted(operands[0], head.text)
        if head in JOINED:
            return self._joined(head, operands)
        return self.filled(read(head), operands)

    def _joined(self, head: str, operands: Sequence[Text]) -> Text:
        level, first = JOINED[head], {SUMS: 1, PRODUCTS: 0, EQUAL: len(operands)}[head]
        texts = [
            self.bracketed(x) if x.level < level or (x.is_signed and i >= first) else x
            for i, x in enumerate(operands)
        ]
        sign = {SUMS: " + ", PRODUCTS: f" {self.dot} ", EQUAL: " = "}[head]
        is_tall = any(x.is_tall for x in texts)
        return Text(sign.join([x.text for x in texts]), level, texts[0].is_signed, is_tall)

    def call(self, row: Operation, operands: Sequence[Text]) -> Text:
        if "#" in row.tex:
            return self.filled(read(row.tex), operands)
        arguments = operands[:-1] if row.index else operands
        name = (
            self.filled(read(row.tex), ())
            if row.tex
            else Text(self.upright(row.name, "operatorname"))
        )
        inside = ", ".join([argument.text for argument in arguments])
        brackets = self.bracketed(Text(inside, is_tall=any(x.is_tall for x in arguments)))
        index = self.script("_", operands[-1]) if row.index else ""
        is_tall = name.is_tall or brackets.is_tall
        return Text(name.text + brackets.text + index, NAME if index else CALL, is_tall=is_tall)

    def within(self, text: Text, needed: int) -> str:
        return text.text if text.level >= needed else self.bracketed(text).text

    def filled(self, form: Group, operands: Sequence[Text]) -> Text:
        """Return a form with operands in its places."""
        texts = [self._part(part, operands) for part in form.parts]
        level = min([form.level, *[x.level for x in texts]])
        is_tall = any(x.is_tall for x in texts)
        return Text(
            "".join([x.text for x in texts]), level, bool(texts) and texts[0].is_signed, is_tall
        )

    def _part(self, part: Part, operands: Sequence[Text]) -> Text:
        if isinstance(part, str):
            return self.token(part)
        if isinstance(part, Group):
            return self.group(part, operands)
        return self.placed(part, operands)

    def placed(self, place: Place, operands: Sequence[Text]) -> Text:
        """Return an operand for its place in a form, in brackets if need be."""
        x = operands[place.number]
        is_loose = x.level < place.needed or (x.is_signed and not place.leads)
        return self.bracketed(x) if is_loose else x

    def number(self, x: float, digits: int | None = None) -> Text:
        digits = digits or self.digits
        written = repr(float(x)) if digits is None else f"{x:.{digits}g}"
        sign = self.minus if written[0] == "-" else ""
        if x != x or abs(x) == float("inf"):
            text, level = self.nan if x != x else self.infinity, NAME
        else:
            mantissa, _, exponent = written.removeprefix("-").removesuffix(".0").partition("e")
            text, level = mantissa, NAME
            if exponent:
                text = f"10{self.script('^', Text(str(int(exponent))))}"
                level = CALL if mantissa == "1" else PRODUCT
                text = text if mantissa == "1" else f"{mantissa} {self.dot} {text}"
        return Text(sign + text, min(level, SIGN) if sign else level, bool(sign))

    def unknown(self, head: str | Quantity | Label | Constant) -> Text:
        if isinstance(head, str):
            return self.filled(read(head), ())
        if isinstance(head, Constant):
            return self.number(*head)
        if isinstance(head, Label):
            is_broken = not {*" /·"}.isdisjoint(head.text)
            level = SIGN if is_broken else NAME if head.text.isalnum() else CALL
            text = self.upright(head.text)
        else:
            text, level = self.quantity(head), CALL if head.layer else NAME
        return Text(text + (f"[{head.number}]" if head.number else ""), level)

    # -- what the two differ in --------------------------------------------------------------

    @abstractmethod
    def token(self, token: str) -> Text:
        """Return a token of LaTeX."""

    @abstractmethod
    def group(self, group: Group, operands: Sequence[Text]) -> Text:
        """Return a part of a form that has parts."""

    @abstractmethod
    def bracketed(self, text: Text) -> Text:
        """Return a text in brackets."""

    @abstractmethod
    def script(self, sign: str, text: Text) -> str:
        """Return a superscript or subscript, whose sign is ^ or _."""

    @abstractmethod
    def upright(self, text: str, command: str = "mathrm") -> str:
        """Return a text of the user, or the name of a row that has no `tex`."""

    @abstractmethod
    def noted(self, x: Text, note: str) -> Text:
        """Return a derivative with what is held fixed."""

    @abstractmethod
    def quantity(self, quantity: Quantity) -> str:
        """Return a name without its number."""


def _narrowed(condition: Any, before: Any) -> Any:
    """Return a condition, which is a = b if it is a ≤ b, and a < b has been asked before."""
    if not isinstance(condition, Symbol) or not isinstance(before, Symbol):
        return condition
    is_left = condition.head == f"{before.head}=" and condition.operands == before.operands
    return condition.make(EQUAL, *condition.operands) if is_left else condition


def partial(above: Symbol, below: Symbol) -> Any:
    r"""Return a derivative; a name of several letters keeps some distance from \partial."""
    up, down = (r"\partial\," if _is_upright(x.head) else r"\partial " for x in (above, below))
    return above.make(rf"\frac{{{up}#1}}{{{down}#2}}", above, below)


def _is_upright(head: Any) -> bool:
    return isinstance(head, Label) or (isinstance(head, Quantity) and len(head.letter) > 1)
