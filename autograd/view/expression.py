r"""The whole expression that a node stands for, as LaTeX, as a Python program and as text.

What is used more than once, or has a name, gets a line of its own::

    >>> a = Value(1.0, label="a")
    >>> b = 2 * a
    >>> b.label = "b"
    >>> print(expression((b + a) * b))
    b = 2 * a
    E = (b + a) * b

LaTeX comes from `autograd.view.formula`, so from the rows of the table. The names of nodes and the
way back from LaTeX to text are here too, for all printers that need them.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import autograd
from autograd import operations as op
from autograd.core import topological_order
from autograd.place import Place
from autograd.table import Operation
from autograd.value import Value

from .formula import Formula, decimal, escaped, latex, typeset
from .notation import SUBSCRIPT, SUPERSCRIPT, Notation, find_notation
from .units import feeding

LARGEST: Final = 2000  # operations; more than that nobody reads
LONGEST: Final = 12  # operations in one line


def expression(
    root: Value,
    *,
    max_inline: int = LONGEST,
    notation: str = "prml",
    limit: int = LARGEST,
) -> Expression:
    """Return the expression that `root` was computed by.

    Parameters
    ----------
    root : Value
    max_inline : int
        Most operations in one line; longer expressions are cut into named parts.
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have.
    limit : int
        Most operations in all.

    Returns
    -------
    Expression
        Jupyter shows it as LaTeX and `print` as text; `.python` is a program that runs.

    Raises
    ------
    ValueError
        If the expression has more operations than `limit`, or `max_inline` is below 1.

    Examples
    --------
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> y = (w * x + 1).tanh() ** 2
    >>> print(expression(y))
    tanh(w * x + 1) ** 2
    >>> print(expression(y).latex)
    (\\tanh(w \\cdot x + 1))^{2}
    >>> print(expression(y).python)
    from autograd import Value, tanh
    <BLANKLINE>
    w = Value(0.5, label='w')
    x = Value(2.0, label='x')
    y = tanh(w * x + 1.0) ** 2.0
    """
    if not isinstance(root, Value):
        raise TypeError(f"expression() prints a Value, the result of a computation; got {root!r}")
    if max_inline < 1:
        raise ValueError(f"max_inline must be at least 1, got {max_inline}")
    return Expression(root, max_inline, find_notation(notation), limit)


class Expression:
    """An expression in print; see `expression`.

    Attributes
    ----------
    latex : str
        Without dollar signs. Several lines are in an ``aligned`` environment.
    lines : tuple of (name, formula)
        The same line by line; a single line has no name if the root has none.
    python : str
        A program that computes the same number, and can be differentiated.
    """

    def __init__(self, root: Value, max_inline: int, notation: Notation, limit: int) -> None:
        order = topological_order(root)
        operations = sum([node.operation is not None and bool(node.parents) for node in order])
        if operations > limit:
            raise ValueError(
                f"the expression has {operations} operations, more than {limit}; print a part of "
                "it, expression(node) for an intermediate node, or raise limit"
            )
        named = _named(root, order, max_inline)
        names = Names(order, notation)
        if len(named) > 1 and not names.has_name(root):
            names.call(root, notation.error)
        self.lines = _latex_lines(root, order, named, names)
        self.latex = _aligned(self.lines)
        self._program = _Program(root, order, named, names)

    @property
    def python(self) -> str:
        return self._program.text

    def __str__(self) -> str:
        return "\n".join(self._program.short)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def _named(root: Value, order: Sequence[Value], max_inline: int) -> set[Value]:
    """Return the computed nodes that get a line of their own."""
    uses = Counter([parent for node in order for parent in node.parents])
    size: dict[Value, int] = {}  # operations in the line of a node
    named = {root}
    for node in order:
        if not node.parents:
            size[node] = 0
            continue
        parents = [parent for parent in node.parents if parent not in named]
        size[node] = 1 + sum([size[parent] for parent in parents])
        if size[node] > max_inline:
            for parent in sorted({*parents}, key=size.__getitem__, reverse=True):
                if size[node] > max_inline and size[parent]:
                    named.add(parent)
                    size[node] -= size[parent]
        if uses[node] > 1 or node.label:
            named.add(node)
    return named


def _aligned(lines: Sequence[tuple[str, str]]) -> str:
    if len(lines) == 1:
        name, formula = lines[0]
        return typeset(f"{name} = {formula}" if name else formula)
    return aligned([f"{name} &= {formula}" for name, formula in lines])


def _latex_lines(
    root: Value, order: Iterable[Value], named: set[Value], names: Names
) -> tuple[tuple[str, str], ...]:
    lines = []
    formulas: dict[Value, Any] = {}
    for node in order:
        if not node.parents:
            formulas[node] = names.symbol(node)
            continue
        formula = node_formula(node, [formulas.get(x, x) for x in node.operands])
        if node in named:
            is_nameless = len(named) == 1 and not names.has_name(node)
            lines.append(("" if is_nameless else names.latex(node), latex(formula)))
            formula = names.symbol(node)
        formulas[node] = formula
    if not root.parents:
        lines.append(("", latex(formulas[root])))
    return tuple(lines)


def node_formula(node: Value, operands: Sequence[Any]) -> Formula:
    """Return the formula of a computed node, with numbers rounded as for readers."""
    row = node.operation
    assert row is not None
    return Formula(row, *[_rounded(x) if x.__class__ is float else x for x in operands])


def _rounded(x: float) -> float:
    return float(f"{x:.6g}")


# -- names -----------------------------------------------------------------------------------------


class Names:
    """What the nodes of a graph are called: by label, by their place in a network, or v1, v2, ...

    Nodes of the same name, such as a unit that several samples pass through, are numbered in
    the order of the graph: a[1], a[2], ...

    Parameters
    ----------
    order : sequence of Value
        The graph in topological order.
    notation : Notation

    Examples
    --------
    >>> a = Value(2.0, label="alpha")
    >>> b = a * a
    >>> names = Names(topological_order(b), find_notation("prml"))
    >>> names.text(a), names.latex(a), names.text(b)
    ('alpha', '\\\\mathrm{alpha}', 'v₁')
    """

    def __init__(self, order: Sequence[Value], notation: Notation) -> None:
        self.notation = notation
        self._bases: dict[Value, str] = {}
        self._feeds = feeding(order)
        same: dict[str, list[Value]] = {}
        for node in order:
            base = self._base(node)
            if base:
                same.setdefault(base, []).append(node)
        for base, nodes in same.items():
            for i, node in enumerate(nodes, start=1):
                self._bases[node] = base if len(nodes) == 1 else f"{base}[{i}]"
        self._taken = set(same)
        self._own = frozenset(self._bases)
        unnamed = [node for node in order if node not in self._bases and not _is_constant(node)]
        self._numbers = {node: i for i, node in enumerate(unnamed, start=1)}
        self._letter = next(
            (c for c in "vurs" if not any(base.startswith(c + "_") for base in same)), "v"
        )

    def has_name(self, node: Value) -> bool:
        """Return whether the node has a label or a place of its own."""
        return node in self._own

    def call(self, node: Value, name: str) -> None:
        """Give a name, as LaTeX, to a node that has none of its own."""
        if name in self._taken:
            return
        self._bases[node] = name
        self._taken.add(name)

    def is_output(self, z: Value) -> bool:
        """Return whether an activation does not go into another unit."""
        return z not in self._feeds

    def latex(self, node: Value) -> str:
        """Return the name as LaTeX; of a constant, the number."""
        if _is_constant(node):
            return number(node.data)
        return self._bases.get(node) or f"{self._letter}_{{{self._numbers[node]}}}"

    def text(self, node: Value) -> str:
        """Return the name as text."""
        return plain(self.latex(node))

    def symbol(self, node: Value) -> Any:
        """Return the node as a symbol of a formula; a constant as a number."""
        if _is_constant(node):
            return _rounded(node.data)
        return Formula(self.latex(node))

    def quantity(self, node: Value, letter: str) -> str:
        r"""Return LaTeX of another quantity of a marked node, such as \delta of its unit."""
        place = node.place
        assert place is not None
        suffix = re.search(r"\[\d+\]$", self.latex(node))
        return self._placed(place, letter) + (suffix[0] if suffix else "")

    def _base(self, node: Value) -> str:
        place = node.place
        if place is None or place.label:
            return latex_label(node.label)
        letter = self.notation.letter(place.quantity)
        if place.quantity == "z" and letter == "z" and node not in self._feeds:
            letter = "y"  # PRML's name for the output of the network
        return self._placed(place, letter if len(letter) == 1 else rf"\mathrm{{{letter}}}")

    def _placed(self, place: Place, letter: str) -> str:
        indices = [place.unit, place.source] if place.source else [place.unit]
        if self.notation.source_first:
            indices.reverse()
        joined = ("," if max(indices) > 9 else "").join(map(str, indices))
        layer = f"^{{({place.layer})}}" if place.layer else ""
        return f"{letter}_{{{joined}}}{layer}"


def _is_constant(node: Value) -> bool:
    return node.operation is not None and not node.parents


# -- LaTeX and text --------------------------------------------------------------------------------


def latex_label(label: str) -> str:
    r"""Return a label of the user as LaTeX, upright unless it is one letter.

    Examples
    --------
    >>> print(latex_label("x"), latex_label("w2"), latex_label("100 %"))
    x w_{2} \mathrm{100\ \%}
    """
    if not label or re.fullmatch(r"[A-Za-z]", label):
        return label
    numbered = re.fullmatch(r"([A-Za-z])_?(\d+)", label)
    if numbered:
        return f"{numbered[1]}_{{{numbered[2]}}}"
    return rf"\mathrm{{{escaped(label)}}}"


def number(x: float, digits: int = 6) -> str:
    r"""Return a number as LaTeX.

    Examples
    --------
    >>> print(number(0.5), number(-1.25e-7), number(math.inf))
    0.5 -1.25 \cdot 10^{-7} \infty
    """
    if not math.isfinite(x):
        return r"\mathrm{NaN}" if math.isnan(x) else r"\infty" if x > 0 else r"-\infty"
    return decimal(f"{x:.{digits}g}")


def aligned(rows: Iterable[str]) -> str:
    """Return LaTeX of lines that are aligned at their &, with room for fractions."""
    return "\\begin{aligned}\n" + typeset(" \\\\[3pt]\n".join(rows)) + "\n\\end{aligned}"


_GREEK: Final = {
    **dict(zip(["delta", "sigma", "Phi", "varphi", "partial", "infty"], "δσΦφ∂∞")),
    **{
        "cdot": "·",
        "sum": "Σ",
        "prod": "Π",
        "theta": "θ",
        "le": "≤",
        "ge": "≥",
        "eta": "η",
        "ldots": "…",
    },
    **{"quad": "  ", "backslash": "\\", "enspace": "", "prime": "′", "cdots": "⋯"},
}
_TOKEN: Final = re.compile(r"\\[A-Za-z]+ ?|\\.|[{}^_&]|\s+|.", re.DOTALL)
_UP: Final[dict[int, Any]] = {**str.maketrans("+-=", "⁺⁻⁼"), **SUPERSCRIPT}
_DOWN: Final[dict[int, Any]] = {**str.maketrans("+-=", "₊₋₌"), **SUBSCRIPT}


def plain(formula: str) -> str:
    r"""Return text for a formula in LaTeX, of the kind that is printed here.

    Examples
    --------
    >>> plain(r"\frac{\partial E}{\partial a_{1}^{(2)}} = \left(1 - \tanh^2 x\right) \cdot y")
    '∂E/∂a₁⁽²⁾ = (1 - tanh² x) · y'
    """
    formula = formula.replace("|_", "|").replace(r"\partial\,", r"\partial ")
    return _plain(_TOKEN.findall(formula)[::-1], "")


def _plain(tokens: list[str], end: str) -> str:
    """Return text for the tokens (a stack) up to the one that ends the group."""
    parts: list[str] = []
    while tokens and tokens[-1] != end:
        token = tokens.pop()
        name = token[1:].rstrip() if token[0] == "\\" else ""
        if token == "\\ ":
            parts.append(" ")
        elif token == "{" and tokens[-1:] == ["'"]:  # of a label, not a prime
            parts.append(tokens.pop())
            tokens.pop()
        elif token == "{":
            parts.append(_plain(tokens, "}"))
            tokens.pop()
        elif token in "^_":
            parts.append(_script(_argument(tokens), token))
        elif name in ("mathrm", "operatorname", "text"):
            parts.append(_argument(tokens))
        elif name in ("hat", "tilde"):
            parts.append(_argument(tokens) + ("^" if name == "hat" else "~"))
        elif name in ("frac", "tfrac"):
            above, below = _argument(tokens), _argument(tokens)
            parts.append(f"{_factor(above)}/{_factor(below, '/·')}")
        elif name == "sqrt":
            root = "√"
            if tokens and tokens[-1] == "[":
                root = "∛"
                del tokens[-3:]
            inside = _argument(tokens)
            parts.append(f"{root}{inside}" if inside.isalnum() else f"{root}({inside})")
        elif name in ("begin", "end"):
            environment = _argument(tokens)
            if environment == "cases" and name == "begin":
                parts.append(_cases(tokens))
        elif name in ("left", "right"):
            if tokens and tokens[-1] == ".":
                tokens.pop()
        elif token == "'":
            parts.append("′")
        elif token == "\\,":
            parts.append(" ")
        elif name in _GREEK:
            is_spaced = name in ("cdot", "le", "ge", "cdots") or token == "\\ldots "
            parts.append(_GREEK[name] + (" " if is_spaced else ""))
        elif name:
            letters = name.isalpha()
            follows = tokens[-1] if tokens else ""
            parts.append(name + (" " if letters and token.endswith(" ") and follows else ""))
        else:
            parts.append("\n" if token == "\\\\" else re.sub(r"\s+", " ", token))
    return "".join(parts)


def _argument(tokens: list[str]) -> str:
    while tokens and tokens[-1].isspace():
        tokens.pop()
    if tokens and tokens[-1] == "{":
        tokens.pop()
        inside = _plain(tokens, "}")
        tokens.pop()
        return inside
    return _plain([tokens.pop()], "") if tokens else ""


def _script(text: str, sign: str) -> str:
    raised = text.translate(_UP if sign == "^" else _DOWN)
    if all(a != b or a == "," for a, b in zip(raised, text)):
        return raised
    return f"{sign}{text}" if text.isalnum() else f"{sign}({text})"


def _factor(text: str, more: str = "") -> str:
    """Return text with brackets if it is more than one factor."""
    outside, before = text, ""
    while before != outside:
        before, outside = outside, re.sub(r"\([^()]*\)", "", outside)
    loose = re.search(rf"[ {more}]", outside.replace("′", "")) or (outside.startswith("-") and more)
    return f"({text})" if loose else text


def _cases(tokens: list[str]) -> str:
    depth, inside = 1, []
    while tokens:
        token = tokens.pop()
        if token.rstrip() in ("\\begin", "\\end"):
            depth += 1 if token.rstrip() == "\\begin" else -1
            if not depth:
                break
        inside.append(token)
    _argument(tokens)
    cases = []
    for case in "".join(inside).split("\\\\"):
        what, _, when = case.partition("&")
        condition = re.sub(r"\s+", " ", plain(when.strip()))
        cases.append(
            f"{plain(what.strip())} {'' if condition == 'otherwise' else 'if '}{condition}"
        )
    return f"{{{', '.join(cases)}}}"


# -- Python ----------------------------------------------------------------------------------------

ADD, MULTIPLY, SIGN, POWER, CALL = range(5)  # how tightly Python binds
_INFIX: Final = {
    op.add: (ADD, "+", ADD, MULTIPLY),  # its level, its sign, the levels its operands need
    op.sub: (ADD, "-", ADD, MULTIPLY),
    op.mul: (MULTIPLY, "*", MULTIPLY, SIGN),
    op.div: (MULTIPLY, "/", MULTIPLY, SIGN),
    op.power: (POWER, "**", CALL, SIGN),
    op.general_power: (POWER, "**", CALL, SIGN),
}
_LISTS: Final = {op.sum: "sum", op.mean: "mean", op.prod: "prod", op.logsumexp: "logsumexp"}


class _Program:
    """An expression as a Python program of one statement for each name."""

    def __init__(
        self, root: Value, order: Sequence[Value], named: set[Value], names: Names
    ) -> None:
        self._imports = {"Value"}
        self._own: dict[str, str] = {}  # operations that have no public name
        self._identifiers: dict[Value, str] = {}
        self._reserved = {*keyword.kwlist, *dir(builtins), *autograd.__all__, "inf", "nan"}
        leaves: list[str] = []
        lines: list[str] = []
        short: list[str] = []
        texts: dict[Value, tuple[str, int]] = {}
        brief: dict[Value, tuple[str, int]] = {}
        for node in order:
            if not node.parents:
                if node.operation is None:
                    name = self._identifier(node, names)
                    label = f", label={node.label!r}" if node.label and node.place is None else ""
                    leaves.append(f"{name} = Value({_literal(node.data)[0]}{label})")
                    texts[node] = brief[node] = name, CALL
                else:
                    texts[node], brief[node] = _literal(node.data), _short(node.data)
                continue
            text, level = self._written(node, texts, exact=True)
            shortened, short_level = self._written(node, brief, exact=False)
            if node is root:
                has_name = len(named) > 1 or names.has_name(node)
                name = self._identifier(node, names) if has_name else ""
                lines.append(f"{name or self._fresh('y')} = {text}")
                short.append(f"{name} = {shortened}" if name else shortened)
            elif node in named:
                name = self._identifier(node, names)
                lines.append(f"{name} = {text}")
                short.append(f"{name} = {shortened}")
                texts[node] = brief[node] = name, CALL
            else:
                texts[node], brief[node] = (text, level), (shortened, short_level)
        if not root.parents:
            short.append(brief[root][0])
            if not leaves:
                lines.append(f"y = Value({texts[root][0]})")
        head = [f"from autograd import {', '.join(sorted(self._imports, key=_import_order))}"]
        program = "\n".join([*leaves, *lines])
        constants = [c for c in ("inf", "nan") if re.search(rf"\b{c}\b", program)]
        if constants:
            head.insert(0, f"from math import {', '.join(constants)}")
        own = [f"{name} = operation({row!r})" for name, row in self._own.items()]
        self.text = "\n".join([*head, "", *own, program])
        self.short = short

    def _written(
        self, node: Value, texts: dict[Value, tuple[str, int]], exact: bool
    ) -> tuple[str, int]:
        """Return a node as Python, and how tightly the text binds."""
        row: Operation = node.operation  # type: ignore[assignment]
        literal = _literal if exact else _short
        parts = [texts[x] if isinstance(x, Value) else literal(x) for x in node.operands]
        if exact and not any(x.operation is None or x.parents for x in node.parents):
            # numbers only: a node among them keeps to IEEE 754
            at = node.operands.index(node.parents[0])
            parts[at] = f"Value({parts[at][0]})", CALL

        def bracketed(i: int, needed: int) -> str:
            text, level = parts[i]
            return text if level >= needed else f"({text})"

        if row in _INFIX and len(parts) == 2:
            level, sign, left, right = _INFIX[row]
            return f"{bracketed(0, left)} {sign} {bracketed(1, right)}", level
        if row is op.exponential:
            return f"{bracketed(1, CALL)} ** {bracketed(0, SIGN)}", POWER
        if row is op.neg:
            return f"-{bracketed(0, SIGN)}", SIGN
        plain_parts = [text for text, _ in parts]
        if row is op.dot:
            n = len(parts) // 2
            lists = [f"[{', '.join(part)}]" for part in (plain_parts[:n], plain_parts[n : 2 * n])]
            return f"{self._called(row)}({', '.join([*lists, *plain_parts[2 * n :]])})", CALL
        if row in _LISTS:
            return f"{self._called(row)}([{', '.join(plain_parts)}])", CALL
        if row is op.softmax:
            k = int(float(node.operands[-1]))
            return f"{self._called(row)}([{', '.join(plain_parts[:-1])}])[{k}]", CALL
        return f"{self._called(row)}({', '.join(plain_parts)})", CALL

    def _called(self, row: Operation) -> str:
        name = row.name
        function = getattr(autograd, name, None)
        if function is row or row in (*_LISTS, op.dot, op.softmax):
            self._imports.add(name)
            return name
        self._imports.add("operation")
        for known, own in self._own.items():
            if own == name:
                return known
        identifier = self._fresh(_as_identifier(name))
        self._own[identifier] = name
        return identifier

    def _identifier(self, node: Value, names: Names) -> str:
        if node not in self._identifiers:
            place = node.place
            if place is not None and not place.label:
                indices = [place.unit, place.source] if place.source else [place.unit]
                is_y = place.quantity == "z" and names.is_output(node)
                start = f"{'y' if is_y else place.quantity}{place.layer or ''}"
                wanted = "_".join([start, *map(str, indices)]) if place.layer else f"x{place.unit}"
            else:
                wanted = _as_identifier(node.label or names.text(node))
            self._identifiers[node] = self._fresh(wanted)
        return self._identifiers[node]

    def _fresh(self, wanted: str) -> str:
        """Return an identifier that nothing else has."""
        name, i = wanted, 1
        while name in self._reserved:
            i += 1
            name = f"{wanted}_{i}"
        self._reserved.add(name)
        return name


def _as_identifier(text: str) -> str:
    """Return the text with everything replaced that may not stand in a name of Python."""
    simple = unicodedata.normalize("NFKC", text)
    name = re.sub(r"\W+", "_", simple).strip("_") or "v"
    return name if name.isidentifier() else f"v_{name}" if f"v_{name}".isidentifier() else "v"


def _literal(x: float) -> tuple[str, int]:
    return repr(x), SIGN if repr(x).startswith("-") else CALL


def _short(x: float) -> tuple[str, int]:
    text = f"{x:.6g}"
    return text, SIGN if text.startswith("-") else CALL


def _import_order(name: str) -> tuple[bool, str]:
    return not name[0].isupper(), name
