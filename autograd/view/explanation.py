"""What `explain` answers, in print."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd import operations as op

from ..printer import Term as Expression
from ..printer import Text
from .formula import Formula
from .latex import LaTeX, Typeset, aligned, latex
from .markup import Markup, partial
from .names import DIGITS
from .plain import Plain, plain

MOST_SHOWN: Final = 8  # terms of a sum that are printed
_MORE: Final = r"#1\ \mathrm{more\ terms}"
LEFT_OUT: Final = Formula(r"\ldots")


@dataclass(frozen=True)
class Term:
    r"""What came back along one path: local · upstream = product.

    Attributes
    ----------
    local : float
        Derivative of the end of the path with respect to its beginning.
    upstream : float
        ∂root/∂end.
    product : float
    local_symbol, upstream_symbol : Formula or float
        The same in symbols; None for terms that are not shown.
    end, value : Formula or float
        The name of the result at the end of the path, and what it is computed from.
    """

    local: float
    upstream: float
    product: float
    local_symbol: Any = None
    upstream_symbol: Any = None
    end: Any = None
    value: Any = None

    @property
    def local_latex(self) -> str:
        r"""LaTeX of the local derivative, such as w_{11}^{(2)}."""
        return "" if self.local_symbol is None else latex(self.local_symbol, DIGITS)

    @property
    def upstream_latex(self) -> str:
        r"""LaTeX of what comes from upstream, such as \delta_{1}^{(2)}."""
        return "" if self.upstream_symbol is None else latex(self.upstream_symbol, DIGITS)

    @property
    def step(self) -> str:
        r"""LaTeX of the operation at the end of the path, such as c = a \cdot b."""
        return "" if self.end is None else self.written_step(LaTeX(digits=DIGITS))

    def written_step(self, printer: Markup) -> str:
        """Return the operation at the end of the path."""
        return " = ".join([x.text for x in printer.print(self.end, self.value)])


@dataclass(frozen=True)
class Explanation:
    """How the gradient of a node came about; see `explain`.

    It is a snapshot: it stays as it is when the graph is used on. Jupyter shows it as LaTeX.

    Attributes
    ----------
    gradient : float
        ∂root/∂node of one backward pass, ``factor * sum(products)``.
    factor : float or None
        h′(a) of a pre-activation, before the sum; else None.
    terms : tuple of Term
        All of the sum, one for each path.
    before : float
        What a leaf's `grad` holds besides, from other passes; nan if it has been cleared.
    name : Formula
        The gradient in symbols.
    factor_symbol, factor_rule, general : Formula or None
        h′(a), what that is, and the rule of the textbook that the graph follows.
    remarks : tuple of str
        Sentences for the reader.
    """

    gradient: float
    factor: float | None
    terms: tuple[Term, ...]
    before: float
    name: Any
    factor_symbol: Any = None
    factor_rule: Any = None
    general: Any = None
    remarks: tuple[str, ...] = ()
    upstream_first: bool = False
    is_root: bool = False
    digits: int = 4

    @property
    def symbol(self) -> str:
        """LaTeX of the gradient."""
        return latex(self.name, DIGITS)

    @property
    def factor_latex(self) -> str:
        """LaTeX of h′(a), or nothing."""
        return "" if self.factor_symbol is None else latex(self.factor_symbol, DIGITS)

    @property
    def latex(self) -> str:
        """The explanation as LaTeX, without dollar signs."""
        page = _Page(self, Typeset)
        first, *others = page.equations()
        groups = [[page.symbols(self.general)]] if self.general is not None else []
        groups.append([f"{page.symbols(self.name)} &= {first}", *[f"&= {x}" for x in others]])
        paths = page.paths()
        if self.factor is not None:
            groups.append([" = ".join(paths.pop(0))])
        if paths:
            groups.append(
                [rf"&\text{{through }} {end}\colon &&\quad {right}" for end, right in paths]
            )
        return _apart(groups)

    def __str__(self) -> str:
        page = _Page(self, Plain)
        name = page.symbols(self.name)
        lines = [page.symbols(self.general), ""] if self.general is not None else []
        for i, right in enumerate(page.equations()):
            lines.append(f"{'' if i else name:{len(name)}} = {right}")
        paths = page.paths()
        if paths:
            width = max([len(left) for left, _ in paths])
            lines += ["", *[f"  {left:{width}}   {right}" for left, right in paths]]
        if self.remarks:
            lines += ["", *self.remarks]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        remarks = "\n\n".join([html.escape(remark) for remark in self.remarks])
        return {
            "text/plain": str(self),
            "text/latex": f"{self._repr_latex_()}\n\n{remarks}".rstrip(),
        }


class _Page:
    """The lines of an explanation in one kind of print."""

    def __init__(self, explanation: Explanation, kind: type[Markup]) -> None:
        self.about = explanation
        self.shown = explanation.terms[:MOST_SHOWN]
        self.more = explanation.terms[MOST_SHOWN:]
        self.rest = math.fsum([term.product for term in self.more])
        self.in_symbols = kind(digits=DIGITS)
        self.in_numbers = kind(digits=explanation.digits)

    def symbols(self, formula: Expression) -> str:
        return self.in_symbols.print(formula)[0].text

    def equations(self) -> list[str]:
        """Return the right-hand sides: in symbols, in numbers, and the result."""
        number = self.in_numbers.number
        result = number(self.about.gradient).text
        if self.about.is_root:
            return [result]
        if not self.shown:
            return ["0"]
        symbols, numbers = map(self._product, self.shown), map(self._numbers, self.shown)
        is_cut = bool(self.more)
        first = self.in_symbols.sum(*symbols, *self.in_symbols.print(LEFT_OUT) * is_cut)
        second = self.in_numbers.sum(*numbers, *[number(self.rest)] * is_cut)
        if self.about.factor is not None:
            factor = self.in_symbols.print(self.about.factor_symbol)[0]
            first = self.in_symbols.product(factor, first)
            second = self.in_numbers.product(number(self.about.factor), second)
        lines = [first.text, second.text]
        return lines if lines[-1] == result else [*lines, result]

    def paths(self) -> list[tuple[str, str]]:
        """Return for the factor and every path what it is, and its numbers."""
        number = self.in_numbers.number
        lines = []
        if self.about.factor is not None:
            value = number(self.about.factor).text
            rule = self.about.factor_rule
            right = value if rule is None else f"{self.symbols(rule)} = {value}"
            lines.append((self.symbols(self.about.factor_symbol), right))
        for term in self.shown:
            sides = [self._product(term), self._numbers(term), number(term.product)]
            if term.local_symbol == 1.0:
                del sides[1]
            right = " = ".join([side.text for side in sides])
            lines.append((term.written_step(self.in_symbols), right))
        if self.more:
            count = self.symbols(Formula(_MORE, float(len(self.more))))
            lines.append((self.symbols(LEFT_OUT), f"{count} = {number(self.rest).text}"))
        return lines

    def _product(self, term: Term) -> Text:
        """Return local · upstream in symbols."""
        local, upstream = self.in_symbols.print(term.local_symbol, term.upstream_symbol)
        if term.local_symbol == 1.0:
            return upstream
        if term.local_symbol == -1.0:
            return self.in_symbols.apply(op.neg, [upstream])
        return self.in_symbols.product(*self._in_order(local, upstream))

    def _numbers(self, term: Term) -> Text:
        """Return local · upstream in numbers."""
        local, upstream = self.in_numbers.print(term.local, term.upstream)
        if term.local_symbol == 1.0:
            return upstream
        return self.in_numbers.product(*self._in_order(local, upstream))

    def _in_order(self, local: Text, upstream: Text) -> tuple[Text, Text]:
        return (upstream, local) if self.about.upstream_first else (local, upstream)


def _apart(groups: Sequence[Sequence[str]]) -> str:
    """Return LaTeX of groups of lines, each aligned by itself, with some space between."""
    blocks = " \\\\[6pt]\n".join([aligned(rows) for rows in groups])
    return f"\\begin{{array}}{{l}}\n{blocks}\n\\end{{array}}"


@dataclass(frozen=True)
class Rule:
    """An operation's row in print; see `explain`.

    Attributes
    ----------
    name : str
    y, formula : Formula
        The result, and what is computed.
    slopes : tuple of (operand, local gradient)
        As formulas.
    shortened : tuple of (name, formula)
        Parts of the local gradients that have a name in them.
    """

    name: str
    y: Formula
    formula: Expression
    slopes: tuple[tuple[Formula, Expression], ...]
    shortened: tuple[tuple[Formula, Formula], ...] = ()

    @property
    def value(self) -> str:
        """LaTeX of what is computed."""
        return latex(self.formula)

    @property
    def result(self) -> str:
        """LaTeX of the result's name."""
        return latex(self.y)

    @property
    def gradients(self) -> tuple[tuple[str, str], ...]:
        """The local gradients: (operand, LaTeX)."""
        slopes = self._slopes(LaTeX)
        return tuple((latex(x), slope) for (x, _), slope in zip(self.slopes, slopes))

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """What the other names in them stand for: (name, LaTeX)."""
        return tuple((latex(name), latex(part)) for name, part in self.shortened)

    def _slopes(self, kind: type[Markup]) -> list[str]:
        """Return the local gradients, with the names of their parts."""
        names = {part: kind().print(name)[0] for name, part in self.shortened}
        return [x.text for x in kind(names).print(*[slope for _, slope in self.slopes])]

    @property
    def latex(self) -> str:
        """The rule as LaTeX, without dollar signs."""

        def written(formula: Expression) -> str:
            return Typeset().print(formula)[0].text

        rows = [f"{written(self.y)} &= {written(self.formula)}"]
        for (x, _), slope in zip(self.slopes, self._slopes(Typeset)):
            rows.append(f"{written(partial(self.y, x))} &= {slope}")
        parts = [f"{written(name)} &= {written(part)}" for name, part in self.shortened]
        return _apart([rows, parts]) if parts else aligned(rows)

    def __str__(self) -> str:
        lines = [f"{self.name}: {plain(self.y)} = {plain(self.formula)}"]
        for (x, _), slope in zip(self.slopes, self._slopes(Plain)):
            lines.append(f"  {plain(partial(self.y, x))} = {slope}")
        lines += [f"  {plain(name)} = {plain(part)}" for name, part in self.shortened]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"
