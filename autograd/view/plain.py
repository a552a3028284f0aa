"""Expressions as plain text, with the signs that Unicode has for them.

>>> from autograd.view.formula import Formula
>>> a, b = Formula("a_1"), Formula("b")
>>> print(plain((1 - a**2) / b ** (a + 1)))
(1 − a₁²)/b^(a₁ + 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from ..printer import NAME, POWER, SIGN, Term, Text
from ..quoting import visible
from .markup import Markup, Quantity
from .tex import NAMES, Group

MINUS: Final = "−"
_SIGNS: Final = {
    **{r"\delta": "δ", r"\sigma": "σ", r"\Phi": "Φ", r"\varphi": "φ", r"\theta": "θ"},
    **{r"\eta": "η", r"\partial": "∂", r"\partial\,": "∂", r"\infty": "∞", r"\sum": "Σ"},
    **{r"\prod": "Π", r"\quad": "  ", r"\prime": "′", "'": "′", r"\,": " ", "\\ ": " "},
    "-": MINUS,
}
_SPACED: Final = {
    **{r"\cdot": "·", r"\cdots": "⋯", r"\ldots": "…", r"\le": "≤", r"\ge": "≥"},
    **{"&": "if", r"\\": ","},
}
_DELIMITERS: Final = {".": "", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉"}
_UP: Final = str.maketrans("+−-=0123456789()", "⁺⁻⁻⁼⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_DOWN: Final = str.maketrans("+−-=0123456789", "₊₋₋₌₀₁₂₃₄₅₆₇₈₉")


class Plain(Markup):
    """Prints plain text."""

    operators: ClassVar = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "&&": "and"}
    infinity, nan, dot, minus = "∞", "NaN", "·", MINUS

    def token(self, token: str) -> Text:
        name = token.rstrip()
        sign = _SIGNS.get(token) or _SIGNS.get(name)
        if sign is not None:
            return Text(sign, is_signed=token == "-")
        written = _SPACED.get(name) or name.removeprefix("\\")
        return Text(written + " " * (token != name))

    def group(self, group: Group, operands: Sequence[Text]) -> Text:
        opening = group.opening
        if opening in (r"\frac", r"\tfrac"):
            above, below = [self._part(part, operands) for part in group.parts]
            return Text(f"{self.within(above, SIGN)}/{self.within(below, POWER)}", SIGN)
        inside = self.filled(group, operands)
        if opening in ("^", "_"):
            return Text(self.script(opening, inside))
        if opening.startswith(r"\sqrt"):
            return Text(("∛" if "3" in opening else "√") + self.within(inside, NAME))
        if opening.startswith(r"\left"):
            if opening.endswith("("):
                return self.bracketed(inside)
            left, right = opening.removeprefix(r"\left"), group.closing.removeprefix(r"\right")
            return Text(_delimiter(left) + inside.text + _delimiter(right))
        return inside if opening[0] != "\\" or opening in NAMES else Text("")

    def bracketed(self, text: Text) -> Text:
        return Text(f"({text.text})")

    def choice(self, *operands: Text) -> Text:
        *chosen, otherwise = [x.text for x in operands]
        cases = [f"{a} if {condition}" for condition, a in zip(chosen[::2], chosen[1::2])]
        return Text(f"{{{', '.join([*cases, otherwise])} otherwise}}")

    def script(self, sign: str, text: Text) -> str:
        raised = text.text.translate(_UP if sign == "^" else _DOWN)
        if all(a != b or a == "," for a, b in zip(raised, text.text)):
            return raised
        return sign + self.within(text, NAME)

    def upright(self, text: str, command: str = "mathrm") -> str:
        return visible(text)

    def noted(self, x: Text, note: str) -> Text:
        return Text(f"{x.text}|{note}", x.level)

    def quantity(self, quantity: Quantity) -> str:
        letter, indices, layer, _ = quantity
        text = letter + (self.script("_", Text(indices)) if indices else "")
        return text + (self.script("^", Text(f"({layer})")) if layer else "")


def _delimiter(tex: str) -> str:
    sign = tex.strip().removeprefix("\\")
    return _DELIMITERS.get(sign, sign)


def plain(formula: Term, digits: int | None = None) -> str:
    """Return an expression as plain text, with all digits or so many.

    Examples
    --------
    >>> from autograd.view.formula import Formula
    >>> plain(Formula("w_{12}") ** 2 / -1e-7)
    'w₁₂²/(−10⁻⁷)'
    """
    return Plain(digits=digits).print(formula)[0].text
