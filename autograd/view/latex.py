r"""Expressions as LaTeX.

>>> from autograd.operations import where
>>> from autograd.view.formula import Formula
>>> print(latex(where(Formula("x") > 0, Formula("x"), 0.0)))
\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from ..printer import SUM, Term, Text
from .markup import Markup, Quantity, printable
from .tex import Group, Place

_TALL: Final = (r"\frac", r"\sum", r"\prod", r"\sqrt", r"\begin")
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

    def filled(self, form: Group, operands: Sequence[Text]) -> Text:
        texts: list[str] = []
        level, is_signed, is_tall = form.level, form.parts[:1] == ("-",), False
        for part in form.parts:
            if isinstance(part, Place):
                x = self.placed(part, operands)
                level = min(level, x.level)
                is_signed = is_signed or (x.is_signed and not texts)
            elif isinstance(part, Group):
                x = self.filled(part, operands)
                if part.opening.endswith("("):
                    x = self.bracketed(x)
                else:
                    is_open = part.opening == "{"
                    x = Text(part.opening + x.text + part.closing, is_tall=x.is_tall or not is_open)
            else:
                x = Text(part, is_tall=part.rstrip() in _TALL)
            texts.append(x.text)
            is_tall = is_tall or x.is_tall
        return Text("".join(texts), level, is_signed, is_tall)

    def bracketed(self, text: Text) -> Text:
        return Text(rf"\left({text.text}\right)", is_tall=text.is_tall)

    def choice(self, *operands: Text) -> Text:
        *chosen, otherwise = [x.text for x in operands]
        cases = [f"{a} & {condition}" for condition, a in zip(chosen[::2], chosen[1::2])]
        rows = r" \\ ".join([*cases, rf"{otherwise} & \text{{otherwise}}"])
        return Text(rf"\begin{{cases}} {rows} \end{{cases}}", SUM, is_tall=True)

    def script(self, sign: str, text: Text) -> str:
        return f"{sign}{{{text.text}}}"

    def function_name(self, name: str) -> str:
        return rf"\operatorname{{{escaped(name)}}}"

    def label(self, text: str) -> str:
        return rf"\mathrm{{{escaped(text)}}}"

    def quantity(self, quantity: Quantity) -> str:
        letter, indices, layer, _ = quantity
        text = rf"\mathrm{{{letter}}}" if len(letter) > 1 else _GREEK.get(letter, letter)
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
    return "".join([_SPECIAL.get(c, c) for c in printable(text)])


def aligned(rows: Iterable[str]) -> str:
    """Return LaTeX of lines that are aligned at their &, with room for fractions."""
    return "\\begin{aligned}\n" + " \\\\[3pt]\n".join(rows) + "\n\\end{aligned}"
