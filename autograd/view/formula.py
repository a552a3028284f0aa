r"""Rows of the table as formulas: run on symbols, printed as LaTeX and as JavaScript.

What is printed is the row's own declaration; no derivative is typed in a second time::

    >>> y, (slope,) = rule(op.tanh)
    >>> print(latex(y), latex(slope), javascript(y), sep="   ")
    \tanh\left(x\right)   \left(1 - \tanh^2 x\right)   Math.tanh(x)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from types import MappingProxyType
from typing import Any, TypeAlias

from .. import operations as op
from ..symbol import Symbol
from ..table import Operation

Term: TypeAlias = "Formula | float"


class Formula(Symbol):
    """An expression to be printed.

    Parameters
    ----------
    head : str or Operation
        The name of an unknown; or a row of the table.
    *operands : Formula or float
        None for an unknown.

    Examples
    --------
    >>> a, b = Formula("a"), Formula("b")
    >>> print(latex(a * (b + 1) ** 2), "or", javascript(a * (b + 1) ** 2))
    a \\cdot \\left(b + 1\\right)^{2} or a * pow(b + 1.0, 2.0)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Formula({latex(self)})"


def rule(
    row: Operation, operands: int | Sequence[str | Term] | None = None
) -> tuple[Formula, list[Term]]:
    """Return y = row(operands) and the local gradients ∂y/∂operand, as the table declares them.

    Parameters
    ----------
    row : Operation
        Built-in or your own.
    operands : int or sequence of str, Formula and float, optional
        Names of the operands, or formulas to put in; n stands for x_1, ..., x_n. By default the
        names in the declaration of `local`, and for parameters such as a slope their defaults.

    Examples
    --------
    >>> print(*map(latex, rule(op.div)[1]), latex(rule(op.prod, 3)[1][1]))
    \\frac{1}{b} \\frac{-y}{b} x_1 \\cdot x_3
    """
    y, *names = signature(row.local).parameters  # y has this name in the gradients
    if operands is None:
        if row.vectors is not None:
            raise ValueError(f"{row.name} takes any number of operands: say which, or how many")
        operands = [*names[: len(names) - len(row.parameters)], *row.parameters.values()]
    elif isinstance(operands, int):
        operands = [f"x_{i}" for i in range(1, operands + 1)]
    terms = [Formula(x) if isinstance(x, str) else x for x in operands]
    return Formula(row, *terms), list(row.rule(Formula(y), terms))


def _sorted(
    roots: Sequence[Term], is_expanded: Callable[[Operation], bool]
) -> dict[Formula, tuple[Term, ...]]:
    """Return all formulas with their parts, each after its parts.

    The one part of an operation that is expanded is what its `forward` gives.
    """
    parts: dict[Formula, tuple[Term, ...]] = {}
    order: dict[Formula, tuple[Term, ...]] = {}
    stack: list[Any] = [*roots]
    while stack:
        node = stack.pop()
        if node is None:
            node = stack.pop()
            order[node] = parts[node]
        elif isinstance(node, Formula) and node not in parts:
            expand = isinstance(node.head, Operation) and is_expanded(node.head)
            parts[node] = (node.head.formula(node.operands),) if expand else node.operands
            stack += (node, None, *parts[node])
    return order


# -- LaTeX -----------------------------------------------------------------------------------------

SUM, PRODUCT, FUNCTION, ATOM = range(4)  # how tightly a text holds together
_WRITTEN_OUT = {op.dot, op.sum, op.mean, op.prod}
_CLOSE = r"\right)"
_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "&&": r"\text{ and }"}


def latex(formula: Term, named: Mapping[Term, str] = MappingProxyType({})) -> str:
    r"""Return LaTeX: operations by their row's `tex`, with no more brackets than needed.

    Parameters
    ----------
    formula : Formula or float
    named : mapping, optional
        Names of parts, to be printed in place of them.

    Examples
    --------
    >>> print(latex(op.where(Formula("x") > 0, Formula("x"), 0.0)))
    \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}
    """
    texts: dict[Term, str] = {}
    for node, parts in _sorted([formula], _WRITTEN_OUT.__contains__).items():
        written = [texts[x] if isinstance(x, Formula) else _latex_number(x) for x in parts]
        if node in named:
            texts[node] = named[node]
        elif not parts:
            texts[node] = node.head
        elif node.head == "?":
            rest = written[2].removeprefix(r"\begin{cases} ")
            end = r" & \text{otherwise} \end{cases}" if rest == written[2] else ""
            texts[node] = rf"\begin{{cases}} {written[1]} & {written[0]} \\ {rest}{end}"
        elif node.head in _RELATIONS:
            texts[node] = f"{written[0]} {_RELATIONS[node.head]} {written[1]}"
        elif parts is not node.operands or node.head == "guard" or _begins_sum(node):
            texts[node] = written[-1]
        elif node.head is op.add and parts[1] == 0.0:
            texts[node] = written[0]
        elif node.head is op.mul and "-1" in written:
            texts[node] = _fill(op.neg, [written[written[0] == "-1"]])
        elif _is_nested_extremum(node) and parts[0] not in named:
            texts[node] = rf"{written[0].removesuffix(_CLOSE)}, {written[1]}{_CLOSE}"
        elif node.head is op.softmax:
            texts[node] = rf"{_fill(op.softmax, written[:-1])}_{{{written[-1]}}}"
        else:
            texts[node] = _fill(node.head, written)
    return texts[formula] if isinstance(formula, Formula) else _latex_number(formula)


_SPECIAL = {
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


def escaped(text: str) -> str:
    """Return text of the user as LaTeX that shows it as it is."""
    visible = [c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text]
    return "".join([_SPECIAL.get(c, c) for c in visible])


def _begins_sum(node: Formula) -> bool:
    return node.head is op.add and node.operands[0] == 0.0  # as Python's sum() does


def _is_nested_extremum(node: Formula) -> bool:
    """Return whether it is max(max(a, b), c), which is printed as max(a, b, c)."""
    first = node.operands[0]
    is_same = isinstance(first, Formula) and first.head is node.head
    return is_same and node.head in (op.maximum, op.minimum)


def _fill(row: Operation, operands: Sequence[str]) -> str:
    """Put the operands in the places #1, #2, ... of a form, or after the name of a function."""
    tex = row.tex or rf"\operatorname{{{escaped(row.name)}}}"
    if "#" not in row.tex:
        return rf"{tex}\left({', '.join(operands)}\right)"

    def put(place: re.Match[str]) -> str:
        text = operands[int(place[1]) - 1]
        before, after = tex[: place.start()].rstrip(), tex[place.end() :].lstrip()
        leads = not before or before[-1] in "{([|,"
        needed = ATOM
        if before.endswith(("-", r"\cdot")) or after.startswith(r"\cdot"):
            needed = PRODUCT
        elif (leads or before.endswith("+")) and (not after or after[0] in "+-})]|,\\"):
            needed = SUM
        is_loose = _level(text) < (ATOM if after.startswith("^") else needed)
        return rf"\left({text}\right)" if is_loose or (text[0] == "-" and not leads) else text

    return re.sub(r"#(\d)", put, tex)


def _level(text: str) -> int:
    """Return how tightly a text holds together, by what stands outside of its groups."""
    outside, before = text, ""
    while before != outside:
        before = outside
        outside = re.sub(r"\{[^{}]*\}|\\left((?!\\left|\\right).)*\\right.", "", outside)
    if re.search(r".[+-]|\\begin", outside):
        return SUM
    if outside.startswith("-") or r"\cdot" in outside:
        return PRODUCT
    is_name = "^" not in outside and (outside == text or outside.endswith("_"))
    return ATOM if is_name or not outside else FUNCTION


def _latex_number(x: float) -> str:
    names = {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}"}
    digits = repr(float(x)).removesuffix(".0")
    return names.get(digits) or decimal(digits)


def decimal(digits: str) -> str:
    r"""Return LaTeX of a finite number that Python has printed.

    Examples
    --------
    >>> print(decimal("0.5"), decimal("-2.5e-07"), decimal("1e-300"))
    0.5 -2.5 \cdot 10^{-7} 10^{-300}
    """
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return mantissa[:-1] + power if mantissa in ("1", "-1") else rf"{mantissa} \cdot {power}"


_BRACKETS = re.compile(r"\\left\(((?:(?!\\left|\\right).)*)\\right\)")
_TALL = re.compile(r"\\(frac|sum|prod|sqrt|begin)")


def typeset(text: str) -> str:
    r"""Return LaTeX whose brackets grow where something tall is inside, and keep no distance.

    Examples
    --------
    >>> print(typeset(r"\sigma\left(x\right) + \sigma\left(\frac{x}{2}\right)"))
    \sigma(x) + \sigma\mathopen{}\left(\frac{x}{2}\right)
    """
    before = ""
    while before != text:
        before, text = text, _BRACKETS.sub(_unless_tall, text)
    return text.replace(r"\left(", r"\mathopen{}\left(")


def _unless_tall(brackets: re.Match[str]) -> str:
    return brackets[0] if _TALL.search(brackets[1]) else f"({brackets[1]})"


# -- JavaScript ------------------------------------------------------------------------------------

CHOICE, AND, COMPARISON, ADD, MULTIPLY, SIGN, CALL = range(7)  # levels of its grammar
_INFIX = {"add": (ADD, "+"), "sub": (ADD, "-"), "mul": (MULTIPLY, "*"), "truediv": (MULTIPLY, "/")}
_INFIX |= {"&&": (AND, "&&")} | {sign: (COMPARISON, sign) for sign in ("<", "<=", ">", ">=")}
_MATH = """abs acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10
log1p log2 sin sinh sqrt tan tanh"""
PRELUDE = """\
// What Math lacks. In e^(-x²), x² is split so that no digit is lost; pow is that of IEEE 754.
function gauss(x, h = Math.fround(x)) { return Math.exp(-h * h) * Math.exp((h - x) * (h + x)); }
function erf(x) {
  if (Math.abs(x) >= 0.75) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let sum = x, term = x;
  for (let n = 1; n < 20; n++) sum += term *= x * x / (n + 0.5);
  return 2 / Math.sqrt(Math.PI) * gauss(x) * sum;
}
function erfc(x) {
  if (x < 0.75) return 1 - erf(x);
  let f = x;
  for (let n = 500; n > 0; n--) f = x + n / 2 / f;  // Laplace's continued fraction
  return x > 28 ? 0 : gauss(x) / f / Math.sqrt(Math.PI);
}
function pow(a, b) { return a === 1 || (a === -1 && b * b === Infinity) ? 1 : Math.pow(a, b); }
"""


def javascript(formula: Term) -> str:
    """Return a JavaScript expression; what it calls besides `Math` is in `PRELUDE`.

    Rows that are formulas are written out, which can be long: `function` shares common parts.

    Examples
    --------
    >>> javascript(op.gudermannian(Formula("a") / 3))
    '2.0 * Math.atan(Math.tanh(0.5 * (a / 3.0)))'
    """
    return _javascript([formula], share=False)[1][0]


def function(name: str, arguments: Sequence[str], *results: Term) -> str:
    """Return a JavaScript function with a list as result; what is used twice is computed once.

    Examples
    --------
    >>> z = Formula("x") + 1
    >>> function("f", ["x"], z * z, -z)
    'function f(x) { const _1 = x + 1.0; return [_1 * _1, -_1]; }'
    """
    shared, texts = _javascript(results, share=True)
    body = f"const {', '.join(shared)}; " if shared else ""
    return f"function {name}({', '.join(arguments)}) {{ {body}return [{', '.join(texts)}]; }}"


def _javascript(results: Sequence[Term], share: bool) -> tuple[list[str], list[str]]:
    """Return definitions of the parts used more than once, and an expression for each result."""
    order = _sorted(results, _is_formula)
    uses = Counter([*results, *(part for parts in order.values() for part in parts)])
    texts: dict[Term, tuple[str, int]] = {}
    shared: list[str] = []

    def text(x: Term, needed: int = CHOICE) -> str:
        written, level = texts.get(x) or _javascript_number(x)
        return written if level >= needed else f"({written})"

    for node, parts in order.items():
        name = node.head if isinstance(node.head, str) else node.head.forward.__name__
        if not parts:
            texts[node] = name, CALL
        elif parts is not node.operands:
            texts[node] = texts.get(parts[0]) or _javascript_number(parts[0])
        elif name in ("?", "guard"):
            condition, a, b = parts
            texts[node] = f"{text(condition, AND)} ? {text(a, AND)} : {text(b)}", CHOICE
        elif name == "neg":
            texts[node] = f"-{text(parts[0], CALL)}", SIGN
        elif name in _INFIX:
            level, sign = _INFIX[name]
            texts[node] = f"{text(parts[0], level)} {sign} {text(parts[1], level + 1)}", level
        elif name in _MATH.split() or f"function {name}(" in PRELUDE:
            prefix = "Math." if name in _MATH.split() else ""
            texts[node] = f"{prefix}{name}({', '.join(map(text, parts))})", CALL
        else:
            raise ValueError(f"{node.head} calls {name}, which JavaScript's Math lacks")
        if share and parts and uses[node] > 1:
            shared.append(f"_{len(shared) + 1} = {texts[node][0]}")
            texts[node] = f"_{len(shared)}", CALL
    return shared, [text(result) for result in results]


def _is_formula(row: Operation) -> bool:
    is_primitive = row.forward.__module__ in ("math", "builtins", "_operator")
    return row.vectors is not None or not is_primitive


def _javascript_number(x: Any) -> tuple[str, int]:
    written = repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN")
    return written, SIGN if written.startswith("-") else CALL
