"""Expressions as plain text, with the signs that Unicode has for them.

>>> from autograd.view.formula import Formula
>>> a, b = Formula("a_1"), Formula("b")
>>> print(plain((1 - a**2) / b ** (a + 1)))
(1 - a₁²)/b^(a₁ + 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from ..printer import NAME, POWER, SIGN, Term, Text
from .markup import Markup, Quantity, printable
from .tex import Group, Part, Place

_SIGNS: Final = {
    **{r"\delta": "δ", r"\sigma": "σ", r"\Phi": "Φ", r"\varphi": "φ", r"\theta": "θ"},
    **{r"\eta": "η", r"\partial": "∂", r"\partial\,": "∂", r"\infty": "∞", r"\sum": "Σ"},
    **{r"\prod": "Π", r"\quad": "  ", r"\prime": "′", "'": "′", r"\,": " ", "\\ ": " "},
    **{r"\begin": "", r"\end": "", "&": "if", r"\\": ","},
}
_OPERATORS: Final = {r"\cdot": "·", r"\cdots": "⋯", r"\ldots": "…", r"\le": "≤", r"\ge": "≥"}
_UPRIGHT: Final = (r"\mathrm", r"\operatorname", r"\text")
_UP: Final = str.maketrans("+-=0123456789()", "⁺⁻⁼⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_DOWN: Final = str.maketrans("+-=0123456789", "₊₋₌₀₁₂₃₄₅₆₇₈₉")


class Plain(Markup):
    """Prints plain text."""

    operators: ClassVar = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "&&": "and"}
    infinity, nan, dot = "∞", "NaN", "·"

    def filled(self, form: Group, operands: Sequence[Text]) -> Text:
        texts: list[str] = []
        level, is_signed = form.level, form.parts[:1] == ("-",)
        waiting = [*reversed(form.parts)]
        while waiting:
            part = waiting.pop()
            if part in ("^", "_"):
                script = self._part(waiting, operands)
                is_note = texts[-1:] == ["|"]  # as in ∂E/∂x|direct
                texts.append(script.text if is_note else self.script(part, script))
            elif part in (r"\frac", r"\tfrac"):
                above, below = self._part(waiting, operands), self._part(waiting, operands)
                texts.append(f"{self.within(above, SIGN)}/{self.within(below, POWER)}")
                level = min(level, SIGN)
            elif part == r"\sqrt":
                is_cubic = waiting[-3:] == ["]", "3", "["]
                del waiting[len(waiting) - 3 * is_cubic :]
                texts.append("√∛"[is_cubic] + self.within(self._part(waiting, operands), NAME))
            elif isinstance(part, Group) and part.opening != "{" and part.opening[-1] != "(":
                inside = self.filled(part, operands).text
                texts += [part.opening[-1].strip("."), inside, part.closing[-1].strip(".")]
            else:
                waiting.append(part)
                x = self._part(waiting, operands)
                if isinstance(part, Place):
                    level = min(level, x.level)
                    is_signed = is_signed or (x.is_signed and not texts)
                texts.append(x.text)
        return Text("".join(texts), level, is_signed)

    def _part(self, waiting: list[Part], operands: Sequence[Text]) -> Text:
        """Return the next part, which may be the argument of what is before it."""
        while len(waiting) > 1 and waiting[-1] in _UPRIGHT:
            waiting.pop()
        part = waiting.pop() if waiting else ""
        if isinstance(part, Place):
            return self.placed(part, operands)
        if isinstance(part, Group):
            text = self.filled(part, operands)
            return text if part.opening == "{" else self.bracketed(text)
        name = part if part == "\\ " else part.rstrip()
        if name in _OPERATORS:
            return Text(_OPERATORS[name] + " " * (part != name))
        if name in _SIGNS:
            return Text(_SIGNS[name])
        is_command = name[:1] == "\\"
        keeps_distance = (part != name and waiting) or not name
        return Text(name[is_command:] + " " * bool(keeps_distance))

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

    def function_name(self, name: str) -> str:
        return printable(name)

    def label(self, text: str) -> str:
        return printable(text)

    def quantity(self, quantity: Quantity) -> str:
        letter, indices, layer, _ = quantity
        text = letter + (self.script("_", Text(indices)) if indices else "")
        return text + (self.script("^", Text(f"({layer})")) if layer else "")


def plain(formula: Term, digits: int | None = None) -> str:
    """Return an expression as plain text, with all digits or so many.

    Examples
    --------
    >>> from autograd.view.formula import Formula
    >>> plain(Formula("w_{12}") ** 2 / -1e-7)
    'w₁₂²/(-10⁻⁷)'
    """
    return Plain(digits=digits).print(formula)[0].text
