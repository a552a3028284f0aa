r"""How a gradient came about: the chain rule in symbols, and then in the numbers of this run.

`explain` reads the graph. Nothing in it knows about layers: if a hidden unit reads as
δ_j = h′(a_j) Σ_k w_kj δ_k, then because the paths that leave it in this graph say so; with skip
connections, shared weights or a wiring of your own the sum is another one.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, overload

from autograd import operations as op
from autograd.core import sort
from autograd.operators import TABLE
from autograd.sweep import traceless_pass
from autograd.table import Operation
from autograd.value import Value

from .expression import Names, aligned, node_formula, number, plain
from .formula import Formula, latex, rule
from .notation import Notation, find_notation
from .units import Unit, units

_NUMBERED: Final = re.compile(r"[^{]\[\d+\]")  # not the brackets of a label
MOST_SHOWN: Final = 8  # terms of a sum that are printed
MOST_PARTS: Final = 12  # operands that are printed
LONGEST: Final = 60  # characters of a formula within a line
_OF_EQUALS: Final = (op.sum, op.prod, op.softmax, op.logsumexp)
_DIRECT: Final = r"\right|_{\mathrm{direct}}"


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
    local_latex, upstream_latex : str
        The same in symbols, such as w_{11}^{(2)} and \delta_{1}^{(2)}.
    step : str
        LaTeX of the operation at the end of the path, such as c = a \cdot b.
    """

    local: float
    upstream: float
    product: float
    local_latex: str
    upstream_latex: str
    step: str


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
    symbol : str
        LaTeX of the gradient.
    factor_latex : str
    remarks : tuple of str
        Sentences for the reader.
    """

    gradient: float
    factor: float | None
    terms: tuple[Term, ...]
    before: float
    symbol: str
    factor_latex: str = ""
    general: str = ""
    factor_rule: str = ""
    remarks: tuple[str, ...] = ()
    upstream_first: bool = False
    is_root: bool = False
    digits: int = 4

    @property
    def latex(self) -> str:
        """The explanation as LaTeX, without dollar signs."""
        groups = [[self.general]] if self.general else []
        first, *others = self._equations()
        groups.append([f"{self.symbol} &= {first}", *[f"&= {right}" for right in others]])
        paths = self._paths()
        if self.factor is not None:
            groups.append([" = ".join(paths.pop(0))])
        if paths:
            groups.append(
                [rf"&\text{{through }} {end}\colon &&\quad {right}" for end, right in paths]
            )
        return _apart(groups)

    def __str__(self) -> str:
        name = plain(self.symbol)
        lines = [plain(self.general), ""] if self.general else []
        for i, right in enumerate(self._equations()):
            lines.append(f"{'' if i else name:{len(name)}} = {plain(right)}")
        paths = [(plain(left), plain(right)) for left, right in self._paths()]
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

    def _equations(self) -> list[str]:
        """Return the right-hand sides: in symbols, in numbers, and the result."""
        result = number(self.gradient, self.digits)
        if self.is_root:
            return [result]
        if not self.terms:
            return ["0"]
        shown = self.terms[:MOST_SHOWN]
        symbols = [self._product(term.local_latex, term.upstream_latex) for term in shown]
        numbers = [
            self._number(term.upstream) if term.local_latex == "1" else self._numbers(term)
            for term in shown
        ]
        if len(self.terms) > len(shown):
            symbols.append(r"\ldots")
            numbers.append(self._number(math.fsum([t.product for t in self.terms[MOST_SHOWN:]])))
        factor = "" if self.factor is None else self._number(self.factor)
        lines = [self._whole(self.factor_latex, symbols), self._whole(factor, numbers)]
        return lines if lines[-1] == result else [*lines, result]

    def _numbers(self, term: Term) -> str:
        pair = (term.upstream, term.local) if self.upstream_first else (term.local, term.upstream)
        return r" \cdot ".join([_bracketed(self._number(x)) for x in pair])

    def _product(self, local: str, upstream: str) -> str:
        if local in ("", "1"):
            return upstream
        if local == "-1":
            return f"-{upstream}" if upstream[0] != "-" else rf"-\left({upstream}\right)"
        pair = (upstream, local) if self.upstream_first else (local, upstream)
        return r" \cdot ".join([_bracketed(x) for x in pair])

    def _whole(self, factor: str, terms: Sequence[str]) -> str:
        total = " + ".join(
            [rf"\left({t}\right)" if i and t[0] == "-" else t for i, t in enumerate(terms)]
        )
        if not factor:
            return total
        return rf"{_bracketed(factor)} \cdot " + (
            rf"\left({total}\right)" if len(terms) > 1 else _bracketed(total, product=True)
        )

    def _number(self, x: float) -> str:
        return number(x, self.digits)

    def _paths(self) -> list[tuple[str, str]]:
        """Return for the factor and every path what it is, and its numbers."""
        lines = []
        if self.factor is not None:
            value = self._number(self.factor)
            lines.append((self.factor_latex, f"{self.factor_rule} = {value}".lstrip(" =")))
        for term in self.terms[:MOST_SHOWN]:
            symbols = self._product(term.local_latex, term.upstream_latex)
            product = self._number(term.product)
            numbers = "" if term.local_latex == "1" else f"{self._numbers(term)} = "
            lines.append((term.step, f"{symbols} = {numbers}{product}"))
        more = self.terms[MOST_SHOWN:]
        if more:
            total = self._number(math.fsum([term.product for term in more]))
            lines.append((r"\ldots", rf"{len(more)}\ \mathrm{{more\ terms}} = {total}"))
        return lines


def _bracketed(text: str, product: bool = False) -> str:
    """Return a factor of a product, in brackets if it is a sum or has a sign."""
    bare = text.replace(r"\left(", "(").replace(r"\right)", ")")
    depth, loose = 0, text.startswith("-")
    for i, c in enumerate(bare):
        depth += (c in "({") - (c in ")}")
        loose = loose or (i > 0 and not depth and c in "+-")
    loose = loose or (r"\begin" in text)
    return rf"\left({text}\right)" if loose else text


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
    value : str
        LaTeX of what is computed.
    gradients : tuple of (operand, LaTeX)
        The local gradients.
    result : str
        Name of the result in them.
    parts : tuple of (name, LaTeX)
        What the other names in them stand for.
    """

    name: str
    value: str
    gradients: tuple[tuple[str, str], ...]
    result: str = "y"
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def latex(self) -> str:
        """The rule as LaTeX, without dollar signs."""
        rows = [rf"{self.result} &= {self.value}"]
        rows += [rf"{_partial(self.result, x)} &= {gradient}" for x, gradient in self.gradients]
        parts = [f"{name} &= {part}" for name, part in self.parts]
        return _apart([rows, parts]) if parts else aligned(rows)

    def __str__(self) -> str:
        y = plain(self.result)
        lines = [f"{self.name}: {y} = {plain(self.value)}"]
        for x, gradient in self.gradients:
            lines.append(f"  ∂{y}/∂{plain(x)} = {plain(gradient)}")
        for name, part in self.parts:
            lines.append(f"  {plain(name)} = {plain(part)}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


@overload
def explain(what: Operation | str | Callable[..., Any]) -> Rule: ...
@overload
def explain(
    what: Value, of: Value | None = None, *, notation: str = "prml", digits: int = 4
) -> Explanation: ...
def explain(
    what: Value | Operation | str | Callable[..., Any],
    of: Value | None = None,
    *,
    notation: str = "prml",
    digits: int = 4,
) -> Explanation | Rule:
    """Explain how the gradient of a node came about, or the rule of an operation.

    Parameters
    ----------
    what : Value or Operation
        A leaf or computed node; or a row of the table, its name, or the function that applies it.
    of : Value
        The result that was differentiated: the node on which ``backward()`` was called.
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have.
    digits : int
        Significant digits of numbers.

    Returns
    -------
    Explanation or Rule
        Jupyter shows it as LaTeX, `print` and the prompt as text.

    Raises
    ------
    ValueError
        If `of` is missing, was not computed from the node, or has not seen ``backward()``.
    StaleGraphError
        If a leaf was edited after the graph had been computed.

    Examples
    --------
    >>> a = Value(1.0, label="a")
    >>> b = 2 * a; b.label = "b"
    >>> c = b + a; c.label = "c"
    >>> c.backward()
    >>> explain(a, of=c)
    ∂c/∂a = ∂b/∂a · ∂c/∂b + ∂c/∂a|direct · ∂c/∂c
          = 2 · 1 + 1 · 1
          = 3
    <BLANKLINE>
      b = 2 · a   ∂b/∂a · ∂c/∂b = 2 · 1 = 2
      c = b + a   ∂c/∂a|direct · ∂c/∂c = 1 · 1 = 1
    <BLANKLINE>
    “direct” means along this edge alone, with the other operands held fixed.

    >>> from autograd import mul
    >>> explain(mul)
    mul: y = a · b
      ∂y/∂a = b
      ∂y/∂b = a
    """
    if not isinstance(what, Value):
        return _explain_operation(_row(what))
    if of is None:
        raise ValueError(
            "a gradient is that of some result: say of which, e.g. explain(w, of=loss)"
        )
    return _Reader(of, find_notation(notation), digits).explain(what)


def _row(what: Any) -> Operation:
    """Return the row of the table for an operation, its name or the function that applies it."""
    if isinstance(what, Operation):
        return what
    name = what if isinstance(what, str) else getattr(what, "__name__", "")
    if name not in TABLE:
        raise TypeError(
            f"explain() takes a node and its result, or an operation such as tanh, got {what!r}"
        )
    return TABLE[name]  # type: ignore[no-any-return]


def _without_brackets(text: str) -> str:
    """Return LaTeX without a pair of brackets around the whole."""
    depth = 0
    for bracket in re.finditer(r"\\(left|right)\b", text):
        depth += 1 if bracket[1] == "left" else -1
        if not depth:
            is_whole = text.startswith(r"\left(") and bracket.end() == len(text) - 1
            return text.removeprefix(r"\left(").removesuffix(r"\right)") if is_whole else text
    return text


def _is_inner(x: Any, row: Operation) -> bool:
    """Return whether x is an unmarked node of an operation."""
    return isinstance(x, Value) and x.place is None and x.operation is row


def _explain_operation(row: Operation) -> Rule:
    operands: Any = None
    if row is op.dot:
        operands = ["w_1", "w_2", "x_1", "x_2", "b"]
    elif row is op.softmax:
        operands = ["a_0", "a_1", "a_2", 0.0]
    elif row.vectors is not None:
        operands = 3
    y, gradients = rule(row, operands)
    names = [x.head for x in y.operands if isinstance(x, Formula)]
    parts = _exponentials(gradients) if row in (op.softmax, op.logsumexp) else {}
    pairs = [(name, latex(gradient, parts)) for name, gradient in zip(names, gradients)]
    result = row.local.__code__.co_varnames[0]
    return Rule(
        row.name,
        latex(y),
        tuple(pairs),
        rf"\{result}" if len(result) > 1 else result,
        tuple([(name, latex(part)) for part, name in parts.items()]),
    )


def _exponentials(formulas: Sequence[Any]) -> dict[Any, str]:
    """Return a name for every power of e, with the index of what it is a power of: e^{a_1 - c}."""
    found = {}
    stack = list(formulas)
    while stack:
        node = stack.pop()
        if isinstance(node, Formula):
            stack += node.operands
            if node.head is op.exp:
                found[node] = latex(node).removeprefix("e^{").partition(" ")[0]
    by_index = sorted(found.items(), key=lambda item: item[1])
    return {node: f"s{operand[1:]}" for node, operand in by_index}


def _partial(above: str, below: str) -> str:
    r"""Return the derivative; a name of several letters keeps some distance from \partial."""
    fraction = rf"\frac{{\partial {above}}}{{\partial {below}}}"
    return fraction.replace(r"\partial \mathrm", r"\partial\,\mathrm")


class _Reader:
    """One graph, with the gradients of one backward pass, which leaves no trace in it."""

    def __init__(self, root: Value, notation: Notation, digits: int) -> None:
        if not isinstance(root, Value):
            raise TypeError(f"`of` must be the node that backward() was called on, got {root!r}")
        if not root.has_grad:
            raise ValueError(
                "backward() has not been run on this result, so there is no gradient to explain "
                "yet; call it first, e.g. loss.backward()"
            )
        leaves, computed = sort(root)
        self.root, self.notation, self.digits = root, notation, digits
        self.order = [*leaves, *computed]
        self.computed = computed
        self.gradients = traceless_pass(leaves, computed, root.grad)
        self.consumers: dict[Value, list[tuple[Value, int]]] = {}
        for node in computed:
            for i, operand in enumerate(node.operands):
                if operand.__class__ is not float:
                    self.consumers.setdefault(operand, []).append((node, i))
        self.names = Names(self.order, notation)
        self.units = units(self.order)
        if root.parents and not self.names.has_name(root):
            self.names.call(root, notation.error)

    def explain(self, node: Value) -> Explanation:
        if node not in self.gradients:
            raise ValueError(
                f"the result was not computed from {node!r}, so it has no gradient there; "
                "pass the result of the graph that the node belongs to"
            )
        unit = self._unit(node)
        summed = unit.z if unit is not None else node
        quantity = node.place.quantity if node.place is not None else ""
        uses = self.consumers.get(summed, [])
        terms = tuple([self._term(summed, *use, n < MOST_SHOWN) for n, use in enumerate(uses)])
        gradient = self.gradients[node]
        remarks: list[str] = []
        before = 0.0
        if node.operation is None and node is not self.root:
            if not node.has_grad:
                before = math.nan
                remarks.append("(grad itself has been cleared since.)")
            elif not _same(node.grad, gradient):
                before = node.grad - gradient
                remarks.append(
                    f"The gradient of this pass is {gradient:.{self.digits}g}, but grad holds "
                    f"{node.grad:.{self.digits}g}: gradients of leaves add up over passes until "
                    "they are set to None, as zero_grad() does."
                )
        if any(term.local_latex.endswith(_DIRECT) for term in terms):
            remarks.append(
                "“direct” means along this edge alone, with the other operands held fixed."
            )
        if any(r"\right|_{\mathrm{operand" in term.local_latex for term in terms):
            remarks.append(
                "“operand n” means with respect to that one of the equal operands alone."
            )
        if any(consumer.operation is op.softmax for consumer, _ in uses[:MOST_SHOWN]):
            remarks.append("The index of a softmax counts from 0, as in Python.")
        if any(_NUMBERED.search(term.step) for term in terms[:MOST_SHOWN]):
            remarks.append("[n] is the n-th of its name in this graph: one for each sample.")
        factor, factor_latex, factor_rule = None, "", ""
        if unit is not None:
            factor = unit.slope
            factor_latex = rf"h'\left({self.names.latex(node)}\right)"
            factor_rule = self._slope_rule(unit)
        elif node is self.root:
            remarks.append("This is where the backward pass begins, with the seed.")
        elif not terms:
            remarks.append("Nothing on the way to the result depends on it.")
        return Explanation(
            gradient=gradient,
            factor=factor,
            terms=terms,
            before=before,
            symbol=self._symbol(node),
            factor_latex=factor_latex,
            general=self._general(node, unit, terms),
            factor_rule=factor_rule,
            remarks=tuple(remarks),
            upstream_first=quantity in ("w", "b"),
            is_root=node is self.root,
            digits=self.digits,
        )

    # -- what the graph says ---------------------------------------------------------------

    def _unit(self, node: Value) -> Unit | None:
        """Return the unit of a pre-activation that goes nowhere but into its activation."""
        unit = self.units.get(node)
        if unit is None or unit.z is self.root:
            return None
        inside = [node, *unit.steps[:-1]]
        ends = {consumer for x in inside for consumer, _ in self.consumers[x]}
        return unit if ends <= {*unit.steps} else None

    def _slope_rule(self, unit: Unit) -> str:
        """Return LaTeX of h′(a): the rule of one operation, else ∂z/∂a."""
        uses = self.consumers[unit.a]
        if len(uses) == len(unit.steps) == 1:
            return self._local_rule(*uses[0])
        return _partial(self.names.latex(unit.z), self.names.latex(unit.a))

    def _term(self, x: Value, consumer: Value, i: int, is_shown: bool) -> Term:
        """Return what came back to x through operand i of a consumer.

        A pre-activation of elementary + and × nodes is taken as the one sum that it is.
        """
        local = consumer.local_gradients()[i]
        end = consumer
        hops = 1
        while end.place is None and end.operation in (op.add, op.mul) and end is not self.root:
            uses = self.consumers[end]
            if len(uses) != 1:
                break
            end_next, j = uses[0]
            if end_next.place is None and end_next.operation not in (op.add, op.mul):
                break
            local *= end_next.local_gradients()[j]
            end = end_next
            hops += 1
        if end.place is None or end.place.quantity != "a":
            end, local, hops = consumer, consumer.local_gradients()[i], 1
        upstream = self.gradients[end]
        row: Operation = end.operation  # type: ignore[assignment]
        product = row.passed_on(local, upstream)  # as in the backward pass
        if not is_shown:
            return Term(local, upstream, product, "", "", "")
        if hops == 1:
            symbol = self._local_rule(end, i)
        else:
            symbol = self._local_rule(consumer, i) if self._only_adds(consumer, end) else ""
        is_delta = end.place is not None and end.place.quantity == "a"
        if not is_delta or not symbol:
            symbol = _partial(self.names.latex(end), self.names.latex(x))
            operands = end.operands if hops == 1 else ()
            if sum([operand is x for operand in operands]) > 1:
                symbol = rf"\left.{symbol}\right|_{{\mathrm{{operand\ {i + 1}}}}}"
            elif end is self.root:
                symbol = rf"\left.{symbol}{_DIRECT}"
        step = f"{self.names.latex(end)} = {self._written(end)}"
        return Term(local, upstream, product, symbol, self._symbol(end), step)

    def _written(self, node: Value) -> str:
        """Return LaTeX of what a node is computed from, with an ellipsis if that is long."""
        parts: list[Any] = [node]
        if node.place is not None and node.operation is op.add:  # elementary + and × nodes
            parts = list(node.operands)
            while len(parts) < MOST_PARTS and _is_inner(parts[0], op.add):
                parts[:1] = parts[0].operands
        if len(node.operands) > MOST_PARTS or len(parts) >= MOST_PARTS:
            return self._abridged(node)
        formulas = [
            self._formula(x) if x is node or _is_inner(x, op.mul) else self._operand(x)
            for x in parts
        ]
        written = latex(reduce(lambda a, b: Formula(op.add, a, b), formulas))
        return written if len(plain(written)) <= LONGEST else self._abridged(node)

    def _abridged(self, node: Value) -> str:
        """Return LaTeX with the first and the last of many equal operands, or an ellipsis alone."""
        if node.operation not in _OF_EQUALS:
            return r"\ldots"
        last = len(node.operands) - (2 if node.operation is op.softmax else 1)
        ends = map(self._operand, [node.operands[0], *node.operands[last:]])
        written = latex(node_formula(node, [next(ends), Formula(r"\ldots"), *ends]))
        return written if len(plain(written)) <= LONGEST else r"\ldots"

    def _formula(self, node: Value) -> Formula:
        return node_formula(node, list(map(self._operand, node.operands)))

    def _operand(self, x: Value | float) -> Any:
        return self.names.symbol(x) if isinstance(x, Value) else x

    def _only_adds(self, start: Value, end: Value) -> bool:
        node = start
        while node is not end:
            ((node, _),) = self.consumers[node]
            if node.operation is not op.add:
                return False
        return True

    def _local_rule(self, node: Value, i: int) -> str:
        """Return LaTeX of the local gradient of operand i, or nothing if it is long."""
        row: Operation = node.operation  # type: ignore[assignment]
        if row is op.dot:  # the partner, without writing down the whole rule
            n = len(node.operands) // 2
            if i == 2 * n:
                return "1"
            partner = node.operands[i - n if i >= n else i + n]
            return latex(self._operand(partner))
        if len(node.operands) > MOST_PARTS:
            return ""
        operands = list(map(self._operand, node.operands))
        try:
            y = Formula(self.names.latex(node))
            written = latex(row.rule(y, operands)[i])
        except (ArithmeticError, TypeError, ValueError):
            return ""
        written = _without_brackets(written)
        return written if len(plain(written)) <= LONGEST else ""

    # -- in symbols ------------------------------------------------------------------------

    def _symbol(self, node: Value) -> str:
        r"""Return \delta_j for a pre-activation, else \partial E/\partial x."""
        if node.place is not None and node.place.quantity == "a":
            return self.names.quantity(node, r"\delta")
        return _partial(self.names.latex(self.root), self.names.latex(node))

    def _general(self, node: Value, unit: Unit | None, terms: Sequence[Term]) -> str:
        """Return the rule of the textbook that the graph turned out to follow, if there is one."""
        if node.place is None or not terms:
            return ""
        names, error = self.notation, self.names.latex(self.root)
        ends = [consumer for consumer, _ in self.consumers[unit.z if unit is not None else node]]
        by_weights = all(term.upstream_latex.startswith(r"\delta") for term in terms[:MOST_SHOWN])
        pre = names.pre_activation
        pre = pre if len(pre) == 1 else rf"\mathrm{{{pre}}}"
        quantity = node.place.quantity
        weights = {self.names.latex(x) for x in self.order if x.place and x.place.quantity == "w"}
        is_weighted = all(term.local_latex in weights for term in terms[:MOST_SHOWN])
        if quantity == "a" and unit is not None and by_weights and is_weighted:
            weight = "w_{jk}" if names.source_first else "w_{kj}"
            return rf"\delta_j = h'\left({pre}_j\right) \sum_k {weight} \cdot \delta_k"
        if quantity == "a" and unit is not None and self.names.is_output(unit.z):
            out = "y" if names.activation == "z" else names.activation
            return rf"\delta_k = h'\left({pre}_k\right) \cdot {_partial(error, out + '_k')}"
        if quantity in ("w", "b") and by_weights and ends:
            sign = r"\sum_n " if len(terms) > 1 else ""
            if quantity == "b":
                return rf"{_partial(error, 'b_j')} = {sign}\delta_j"
            weight = "w_{ij}" if names.source_first else "w_{ji}"
            return rf"{_partial(error, weight)} = {sign}\delta_j \cdot {names.activation}_i"
        return ""


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)
