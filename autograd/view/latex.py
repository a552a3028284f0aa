r"""Expressions as LaTeX.

>>> from autograd.operations import where
>>> from autograd.view.formula import Formula
>>> print(latex(where(Formula("x") > 0, Formula("x"), 0.0)))
\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from ..printer import CALL, SUM, Term, Text
from ..quoting import visible
from .markup import Markup, Quantity
from .tex import Group

_TALL: Final = (r"\frac", r"\sum", r"\prod", r"\sqrt", r"\sqrt[3]", r"\begin")
_GREEK: Final = {"δ": r"\delta"}
_SPECIAL: Final = {
    **{c: f"\\{c}" for c in "{}$#%_"},
    "&": r"\&{}",  # nor &lt; for a character
    "\\": r"\backslash{}",
    "^": r"\hat{\enspace}",  # the signs alone: \wedge and \sim look different
    "~": r"\tilde{\enspace}",
    "<": "{<}",  # so that no page takes it for a tag
    ">": "{>}",
    " ": r"\ ",
    "[": "{[}",  # not the optional argument of a \\
    "]": "{]}",
    "'": "{'}",
}


class LaTeX(Markup):
    """Prints LaTeX: operations by their row's `tex`, with no more brackets than needed."""

    operators: ClassVar = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "&&": r"\text{ and }"}
    infinity, nan, dot = r"\infty", r"\mathrm{NaN}", r"\cdot"

    def token(self, token: str) -> Text:
        return Text(token, is_signed=token == "-", is_tall=token.rstrip() in _TALL)

    def group(self, group: Group, operands: Sequence[Text]) -> Text:
        inside = self.filled(group, operands)
        if group.opening.endswith("("):
            return self.bracketed(inside)
        is_tall = inside.is_tall or group.opening in _TALL or group.opening.startswith(r"\left")
        return Text(group.opening + inside.text + group.closing, is_tall=is_tall)

    def bracketed(self, text: Text) -> Text:
        return Text(rf"\left({text.text}\right)", is_tall=text.is_tall)

    def choice(self, *operands: Text) -> Text:
        *chosen, otherwise = [x.text for x in operands]
        cases = [f"{a} & {condition}" for condition, a in zip(chosen[::2], chosen[1::2])]
        rows = r" \\ ".join([*cases, rf"{otherwise} & \text{{otherwise}}"])
        return Text(rf"\begin{{cases}} {rows} \end{{cases}}", SUM, is_tall=True)

    def script(self, sign: str, text: Text) -> str:
        return f"{sign}{{{text.text}}}"

    def upright(self, text: str, command: str = "mathrm") -> str:
        return rf"\{command}{{{escaped(text)}}}"

    def noted(self, x: Text, note: str) -> Text:
        return Text(rf"\left.{x.text}\right|_{{{self.upright(note)}}}", CALL, is_tall=True)

    def quantity(self, quantity: Quantity) -> str:
        letter, indices, layer, _ = quantity
        text = self.upright(letter) if len(letter) > 1 else _GREEK.get(letter, letter)
        text += f"_{{{indices}}}" if indices else ""
        return text + (f"^{{({layer})}}" if layer else "")


class Typeset(LaTeX):
    r"""Prints LaTeX whose brackets grow where something tall is inside, and keep no distance."""

    def bracketed(self, text: Text) -> Text:
        if text.is_tall:
            return Text(rf"\mathopen{{}}\left({text.text}\right)", is_tall=True)
        return Text(f"({text.text})")


def latex(formula: Term, digits: int | None = None) -> str:
    r"""Return LaTeX of an expression, with all digits or so many.

    Examples
    --------
    >>> from autograd.view.formula import Formula
    >>> x = Formula("x")
    >>> print(latex((x + 1) ** 2), latex(x * -1.25e-7), latex(1 / Formula("w_{12}")))
    \left(x + 1\right)^{2} x \cdot \left(-1.25 \cdot 10^{-7}\right) \frac{1}{w_{12}}
    """
    return LaTeX(digits=digits).print(formula)[0].text


def escaped(text: str) -> str:
    """Return text of the user as LaTeX that shows it as it is."""
    return "".join([_SPECIAL.get(c, c) for c in visible(text)])


def aligned(rows: Iterable[str]) -> str:
    """Return LaTeX of lines that are aligned at their &, with room for fractions."""
    return "\\begin{aligned}\n" + " \\\\[3pt]\n".join(rows) + "\n\\end{aligned}"
