r"""The whole expression that a node stands for, as LaTeX, as a Python program and as text.

What is used more than once, or has a name, gets a line of its own::

    >>> a = Value(1.0, label="a")
    >>> b = 2 * a
    >>> b.label = "b"
    >>> print(expression((b + a) * b))
    b = 2 * a
    v2 = (b + a) * b
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from autograd.core import topological_order
from autograd.quoting import short
from autograd.value import Value

from ..printer import Term, Text
from .formula import Formula
from .latex import LaTeX, Typeset, aligned
from .markup import Constant
from .names import DIGITS, Names, is_constant, node_formula
from .notation import Notation, find_notation
from .python import Identifiers, Python

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
    v4 = tanh(w * x + 1.0) ** 2.0
    """
    if not isinstance(root, Value):
        raise TypeError(
            f"expression() prints a Value, the result of a computation; got {short(root)}"
        )
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
    formulas : tuple of Formula and float
        What the lines say, to be printed in other ways.
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
        lines = _lines(root, order, named, names)
        self.formulas = tuple(lines.values())
        has_names = len(lines) > 1 or (bool(root.parents) and names.has_name(root))
        signs = {node: names.symbol(node) for node in lines if has_names}
        self.lines = _written(LaTeX(digits=DIGITS), signs.values(), self.formulas)
        typeset = _written(Typeset(digits=DIGITS), signs.values(), self.formulas)
        if len(lines) == 1:
            self.latex = " = ".join([text for text in typeset[0] if text])
        else:
            self.latex = aligned([f"{name} &= {formula}" for name, formula in typeset])
        self.python, self._text = _programs(order, lines, signs, names)

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def _written(
    printer: LaTeX, names: Iterable[Formula], formulas: Iterable[Term]
) -> tuple[tuple[str, str], ...]:
    """Return the name, if there is one, and the formula of each line."""
    left = [x.text for x in printer.print(*names)] or [""]
    return tuple(zip(left, [x.text for x in printer.print(*formulas)]))


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
            for parent in sorted(dict.fromkeys(parents), key=size.__getitem__, reverse=True):
                if size[node] > max_inline and size[parent]:
                    named.add(parent)
                    size[node] -= size[parent]
        if uses[node] > 1 or node.label:
            named.add(node)
    return named


def _lines(
    root: Value, order: Sequence[Value], named: set[Value], names: Names
) -> dict[Value, Term]:
    """Return the nodes that get a line of their own, with their formulas."""
    lines: dict[Value, Term] = {}
    formulas: dict[Value, Any] = {}
    for node in order:
        formulas[node] = names.symbol(node)
        if node.parents:
            operands = [formulas[x] if isinstance(x, Value) else x for x in node.operands]
            if all(is_constant(x) for x in node.parents):  # a node all the same
                at = next(i for i, x in enumerate(node.operands) if isinstance(x, Value))
                operands[at] = Formula(Constant(operands[at]))
            formula = node_formula(node, operands)
            if node in named:
                lines[node] = formula
            else:
                formulas[node] = formula
    return lines or {root: Formula(Constant(root.data)) if is_constant(root) else formulas[root]}


def _programs(
    order: Sequence[Value],
    lines: Mapping[Value, Term],
    signs: Mapping[Value, Formula],
    names: Names,
) -> tuple[str, str]:
    """Return a program with all digits, and a short one for readers."""
    identifiers = Identifiers()
    variables: dict[Any, Text] = {}
    leaves: list[str] = []
    for node in order:
        if node.operation is None or node in signs:
            name = identifiers.fresh(_variable(node, names))
            variables[names.symbol(node)] = Text(name)
            if node.operation is None:
                label = f", label={node.label!r}" if node.label and node.place is None else ""
                leaves.append(f"{name} = Value({node.data!r}{label})")
    printer = Python(variables, identifiers)
    exact = [x.text for x in printer.print(*lines.values())]
    head = printer.head
    printer.digits = DIGITS
    short = [x.text for x in printer.print(*lines.values())]
    if not signs:
        is_leaf = any(node.operation is None for node in lines)
        name = _variable(order[-1], names) if order[-1].parents else "v1"
        named = [] if is_leaf else [f"{identifiers.fresh(name)} = {exact[0]}"]
        return "\n".join([*head, *leaves, *named]), short[0]
    left = [variables[sign].text for sign in signs.values()]
    exact, short = ([f"{a} = {b}" for a, b in zip(left, texts)] for texts in (exact, short))
    return "\n".join([*head, *leaves, *exact]), "\n".join(short)


def _variable(node: Value, names: Names) -> str:
    """Return what a variable for a node should be called."""
    place = node.place
    if place is None or place.label:
        return node.label or names.text(node)
    place = names.layers.places[node]
    if not place.layer:
        return f"x{place.unit}"
    indices = [place.unit, place.source] if place.source else [place.unit]
    if names.notation.source_first:
        indices.reverse()
    return "_".join([f"{names.symbol(node).head.letter}{place.layer}", *map(str, indices)])
