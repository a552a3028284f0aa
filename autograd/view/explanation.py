"""What `explain` answers, in print."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd import operations as op

from ..printer import Term as Expression
from .formula import Formula
from .latex import LaTeX, Typeset, aligned, latex
from .markup import EQUAL, PRODUCTS, SUMS, Constant, Markup, partial
from .names import DIGITS
from .plain import Plain, plain

MOST_SHOWN: Final = 8  # terms of a sum that are printed
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
    equation : Formula
        The operation at the end of the path.
    """

    local: float
    upstream: float
    product: float
    local_symbol: Any = None
    upstream_symbol: Any = None
    equation: Any = None

    @property
    def local_latex(self) -> str:
        r"""LaTeX of the local derivative, such as w_{11}^{(2)}."""
        return _latex(self.local_symbol)

    @property
    def upstream_latex(self) -> str:
        r"""LaTeX of what comes from upstream, such as \delta_{1}^{(2)}."""
        return _latex(self.upstream_symbol)

    @property
    def step(self) -> str:
        r"""LaTeX of the operation at the end of the path, such as c = a \cdot b."""
        return _latex(self.equation)


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
    difference : Formula or None
        δ = y - t with its numbers, at an output where activation and error belong together.
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
    difference: Any = None
    remarks: tuple[str, ...] = ()
    upstream_first: bool = False
    is_root: bool = False
    digits: int = 4

    @property
    def symbol(self) -> str:
        """LaTeX of the gradient."""
        return _latex(self.name)

    @property
    def factor_latex(self) -> str:
        """LaTeX of h′(a), or nothing."""
        return _latex(self.factor_symbol)

    @property
    def latex(self) -> str:
        """The explanation as LaTeX, without dollar signs."""
        written = _writer(Typeset)
        groups = [[written(self.general)]] if self.general is not None else []
        first, *others = map(written, self._equations())
        groups.append([f"{written(self.name)} &= {first}", *[f"&= {right}" for right in others]])
        paths = self._paths()
        if self.factor is not None:
            groups.append([written(Formula(EQUAL, *paths.pop(0)))])
        if paths:
            through = r"&\text{{through }} {}\colon &&\quad {}"
            groups.append([through.format(*map(written, path)) for path in paths])
        if self.difference is not None:
            groups.append([written(self.difference)])
        return _apart(groups)

    def __str__(self) -> str:
        written = _writer(Plain)
        name = written(self.name)
        lines = [written(self.general), ""] if self.general is not None else []
        for i, right in enumerate(self._equations()):
            lines.append(f"{'' if i else name:{len(name)}} = {written(right)}")
        paths = [(written(left), written(right)) for left, right in self._paths()]
        if paths:
            width = max([len(left) for left, _ in paths])
            lines += ["", *[f"  {left:{width}}   {right}" for left, right in paths]]
        if self.difference is not None:
            lines += ["", f"  {written(self.difference)}"]
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

    def _equations(self) -> list[Formula]:
        """Return the right-hand sides: in symbols, in numbers, and the result."""
        result = self._number(self.gradient)
        if self.is_root:
            return [result]
        if not self.terms:
            return [Formula("0")]
        shown, more = self.terms[:MOST_SHOWN], self.terms[MOST_SHOWN:]
        symbols, numbers = [*map(self._product, shown)], [*map(self._numbers, shown)]
        if more:
            symbols.append(LEFT_OUT)
            numbers.append(self._rest(more))
        lines = [
            terms[0] if len(terms) == 1 else Formula(SUMS, *terms) for terms in (symbols, numbers)
        ]
        if self.factor is not None:
            factors = self.factor_symbol, self._number(self.factor)
            lines = [Formula(PRODUCTS, *pair) for pair in zip(factors, lines)]
        return lines if plain(lines[-1]) == plain(result) else [*lines, result]

    def _paths(self) -> list[tuple[Formula, Formula]]:
        """Return for the factor and every path what it is, and its numbers."""
        lines = []
        if self.factor is not None:
            sides = [x for x in (self.factor_rule, self._number(self.factor)) if x is not None]
            lines.append((self.factor_symbol, Formula(EQUAL, *sides)))
        for term in self.terms[:MOST_SHOWN]:
            sides = [self._product(term), self._numbers(term), self._number(term.product)]
            if term.local_symbol == 1.0:
                del sides[1]
            lines.append((term.equation, Formula(EQUAL, *sides)))
        more = self.terms[MOST_SHOWN:]
        if more:
            count = Formula(r"#1\ \mathrm{more\ terms}", float(len(more)))
            lines.append((LEFT_OUT, Formula(EQUAL, count, self._rest(more))))
        return lines

    def _product(self, term: Term) -> Any:
        """Return local · upstream in symbols."""
        local, upstream = term.local_symbol, term.upstream_symbol
        if local == 1.0:
            return upstream
        return Formula(op.neg, upstream) if local == -1.0 else self._ordered(local, upstream)

    def _numbers(self, term: Term) -> Formula:
        """Return local · upstream in numbers."""
        local, upstream = self._number(term.local), self._number(term.upstream)
        return upstream if term.local_symbol == 1.0 else self._ordered(local, upstream)

    def _ordered(self, local: Any, upstream: Any) -> Formula:
        return Formula(PRODUCTS, *((upstream, local) if self.upstream_first else (local, upstream)))

    def _number(self, x: float) -> Formula:
        return Formula(Constant(x, self.digits))

    def _rest(self, terms: Sequence[Term]) -> Formula:
        return self._number(math.fsum([term.product for term in terms]))


def _writer(kind: type[Markup]) -> Callable[[Any], str]:
    """Return what prints a formula, or nothing for None."""
    printer = kind(digits=DIGITS)
    return lambda formula: "" if formula is None else printer.print(formula)[0].text


_latex: Final = _writer(LaTeX)


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
        operands = [latex(operand) for operand, _ in self.slopes]
        return tuple(zip(operands, [right for _, right in self._lines(LaTeX)[1:]]))

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """What the other names in them stand for: (name, LaTeX)."""
        return tuple((latex(name), latex(part)) for name, part in self.shortened)

    @property
    def latex(self) -> str:
        """The rule as LaTeX, without dollar signs."""
        rows = [f"{left} &= {right}" for left, right in self._lines(Typeset)]
        shortened = [Typeset().print(name, part) for name, part in self.shortened]
        parts = [f"{name.text} &= {part.text}" for name, part in shortened]
        return _apart([rows, parts]) if parts else aligned(rows)

    def _lines(self, kind: type[Markup]) -> list[tuple[str, str]]:
        """Return both sides of the equations for the result and for the local gradients."""
        names = {part: kind().print(name)[0] for name, part in self.shortened}
        left = [self.y, *[partial(self.y, operand) for operand, _ in self.slopes]]
        right = [self.formula, *[slope for _, slope in self.slopes]]
        texts = kind(names).print(*left, *right)
        return [(a.text, b.text) for a, b in zip(texts, texts[len(left) :])]

    def __str__(self) -> str:
        (y, value), *slopes = self._lines(Plain)
        lines = [f"{self.name}: {y} = {value}", *[f"  {a} = {b}" for a, b in slopes]]
        return "\n".join(
            [*lines, *[f"  {plain(name)} = {plain(part)}" for name, part in self.shortened]]
        )

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"
