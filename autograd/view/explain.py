r"""How a gradient came about: the chain rule in symbols, and then in the numbers of this run.

`explain` reads the graph. Nothing in it knows about layers: if a hidden unit reads as
δ_j = h′(a_j) Σ_k w_kj δ_k, then because the paths that leave it in this graph say so; with skip
connections, shared weights or a wiring of your own the sum is another one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from inspect import signature
from typing import Any, Final, overload

from autograd import operations as op
from autograd.core import sort
from autograd.numbers import close
from autograd.operators import TABLE
from autograd.quoting import short
from autograd.sweep import traceless_pass
from autograd.table import Operation
from autograd.value import Value

from .difference import Difference, difference
from .explanation import LEFT_OUT, MOST_SHOWN, Explanation, Rule, Term
from .formula import Formula, rule
from .markup import EQUAL, Constant, Note, Quantity, partial
from .names import DIGITS, Names, is_constant, node_formula
from .notation import Notation, find_notation
from .plain import plain
from .units import Unit, units

MOST_PARTS: Final = 12  # operands that are printed
LONGEST: Final = 60  # characters of a formula within a line


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
            f"explain() takes a node and its result, or an operation such as tanh, got "
            f"{short(what)}"
        )
    return TABLE[name]  # type: ignore[no-any-return]


def _explain_operation(row: Operation) -> Rule:
    y, gradients = rule(row, _operands(row))
    names = [x for x in y.operands if isinstance(x, Formula)]
    result = next(iter(signature(row.local).parameters))
    return Rule(
        row.name,
        Formula(rf"\{result}" if len(result) > 1 else result),
        y,
        tuple(zip(names, gradients)),
        _exponentials(gradients) if row.vectors is not None else (),
    )


def _operands(row: Operation) -> list[str | float] | None:
    """Return operands to show a row with: two or three in each vector, and a bias or an index."""
    if row.vectors is None:
        return None
    _, *names = signature(row.local).parameters
    count, first = (3 if row.lists == 1 else 2), (0 if row.index else 1)
    indices = range(first, first + count)
    vectors = [f"{name[0]}_{i}" for name in names[: row.lists] for i in indices]
    return [*vectors, 0.0] if row.index else [*vectors, *names[row.lists :]]


def _exponentials(formulas: Sequence[Any]) -> tuple[tuple[Formula, Formula], ...]:
    """Return a name for every e^(a_1 - c), with the index of a_1."""
    found = {}
    for node in _parts(formulas):
        if node.head is op.exp and node.operands[0].head is op.sub:
            start = node.operands[0].operands[0]
            found[f"s{start.head[1:]}"] = node
    return tuple((Formula(name), found[name]) for name in sorted(found))


def _parts(formulas: Sequence[Any]) -> Iterator[Formula]:
    """Yield the formulas with all of their parts, as often as they are printed."""
    waiting = [*formulas]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Formula):
            yield node
            waiting += node.operands[-1:] if node.head == "guard" else node.operands


def _is_short(formula: Any) -> bool:
    """Return whether a formula fits in a line."""
    for count, _ in enumerate(_parts([formula])):
        if count > LONGEST:
            return False
    return len(plain(formula, DIGITS)) <= LONGEST


def _is_delta(symbol: Any) -> bool:
    return isinstance(symbol.head, Quantity) and symbol.head.letter == "δ"


class _Reader:
    """One graph, with the gradients of one backward pass, which leaves no trace in it."""

    def __init__(self, root: Value, notation: Notation, digits: int) -> None:
        if not isinstance(root, Value):
            raise TypeError(
                f"`of` must be the node that backward() was called on, got {short(root)}"
            )
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

    def explain(self, node: Value) -> Explanation:
        if node not in self.gradients:
            raise ValueError(
                f"the result was not computed from {short(node)}, so it has no gradient there; "
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
            if not node.requires_grad:
                before = math.nan
                remarks.append("(The leaf is frozen: backward() leaves its grad alone.)")
            elif not node.has_grad:
                before = math.nan
                remarks.append("(grad itself has been cleared since.)")
            elif not close(node.grad, gradient, relative=0.0):
                before = node.grad - gradient
                now, held = (plain(x, self.digits) for x in (gradient, node.grad))
                remarks.append(
                    f"The gradient of this pass is {now}, but grad holds {held}: gradients of "
                    "leaves add up over passes until they are set to None, as zero_grad() does."
                )
        notes = {part.head for part in _parts([term.local_symbol for term in terms])}
        if Note("direct") in notes:
            remarks.append(
                "“direct” means along this edge alone, with the other operands held fixed."
            )
        if any(isinstance(note, Note) and note.text.startswith("operand") for note in notes):
            remarks.append(
                "“operand n” means with respect to that one of the equal operands alone."
            )
        found = difference(node, self.root, self.order, gradient, self.root.grad)
        rows = [consumer.operation for consumer, _ in uses[:MOST_SHOWN]]
        for row in dict.fromkeys([*rows, found and found.row]):
            if row is not None and row.index:
                remarks.append(f"The index of a {row.name} counts from 0, as in Python.")
        if any(getattr(part.head, "number", 0) for part in _parts([x.equation for x in terms])):
            times = self.names.layers.times
            remarks.append(f"[n] is the n-th of its name in this graph: one for each {times}.")
        factor, factor_symbol, factor_rule = None, None, None
        if unit is not None:
            factor = unit.slope
            slope = rf"{self.notation.function}'\left(#1\right)"
            factor_symbol = Formula(slope, self.names.symbol(node))
            factor_rule = self._slope_rule(unit)
        elif node is self.root:
            remarks.append("This is where the backward pass begins, with the seed.")
        elif not terms:
            remarks.append("Nothing on the way to the result depends on it.")
        if found is not None:
            remarks.append(
                "The difference holds for other outputs as well: activation and error belong "
                "together."
            )
        return Explanation(
            gradient=gradient,
            factor=factor,
            terms=terms,
            before=before,
            name=self._symbol(node),
            factor_symbol=factor_symbol,
            factor_rule=factor_rule,
            general=self._general(node, unit, terms),
            difference=found and self._difference(node, found),
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

    def _slope_rule(self, unit: Unit) -> Any:
        """Return h′(a) in symbols: the rule of one operation, else ∂z/∂a."""
        uses = self.consumers[unit.a]
        if len(uses) == len(unit.steps) == 1:
            return self._local_rule(*uses[0])
        return self._partial(unit.z, unit.a)

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
            return Term(local, upstream, product)
        symbol = self._local_rule(consumer, i) if self._only_adds(consumer, end) else None
        is_delta = end.place is not None and end.place.quantity == "a"
        if not is_delta or symbol is None:
            symbol = self._partial(end, x)
            operands = end.operands if hops == 1 else ()
            if sum([operand is x for operand in operands]) > 1:
                symbol = Formula(Note(f"operand {i + 1}"), symbol)
            elif end is self.root:
                symbol = Formula(Note("direct"), symbol)
        equation = Formula(EQUAL, self.names.symbol(end), self._written(end))
        return Term(local, upstream, product, symbol, self._symbol(end), equation)

    def _written(self, node: Value) -> Any:
        """Return what a node is computed from, with an ellipsis if that is long."""
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
        written = reduce(lambda a, b: Formula(op.add, a, b), formulas)
        return written if _is_short(written) else self._abridged(node)

    def _abridged(self, node: Value) -> Any:
        """Return the first and the last of many equal operands, or an ellipsis alone."""
        row: Operation = node.operation  # type: ignore[assignment]
        if not row.ellipsis:
            return LEFT_OUT
        last = len(node.operands) - (2 if row.index else 1)
        first, *ends = map(self._operand, [node.operands[0], *node.operands[last:]])
        written = node_formula(node, [first, LEFT_OUT, *ends])
        return written if _is_short(written) else LEFT_OUT

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

    def _local_rule(self, node: Value, i: int) -> Any:
        """Return the local gradient of operand i in symbols, or None if it is long."""
        row: Operation = node.operation  # type: ignore[assignment]
        try:
            y, operands = self.names.symbol(node), list(map(self._operand, node.operands))
            symbol = row.rule(y, operands)[i]
        except (ArithmeticError, TypeError, ValueError):
            return None
        return symbol if _is_short(symbol) else None

    def _difference(self, node: Value, found: Difference) -> Formula:
        """Return δ = y - t in symbols and numbers."""
        target = self.names.quantity(node, self.notation.target)
        target = Formula(target.head._replace(layer=0))
        operands = [*map(self._operand, found.operands)]
        if len(operands) > MOST_PARTS:
            operands = [operands[0], LEFT_OUT, *operands[-2:]]
        numbers = [Formula(Constant(x, self.digits)) for x in (found.y, found.target)]
        sides = [Formula(op.sub, Formula(found.row, *operands), target), Formula(op.sub, *numbers)]
        samples = round(1.0 / found.factor)
        if samples > 1 and close(samples * found.factor, 1.0):
            sides = [Formula(op.div, side, float(samples)) for side in sides]
        elif not close(found.factor, 1.0):
            factor = Formula(Constant(found.factor, self.digits))
            sides = [Formula(op.mul, factor, side) for side in sides]
        result = Formula(Constant(self.gradients[node], self.digits))
        return Formula(EQUAL, self._symbol(node), *sides, result)

    # -- in symbols ------------------------------------------------------------------------

    def _partial(self, above: Value, below: Value) -> Any:
        names = [
            Formula(Constant(x.data)) if is_constant(x) else self.names.symbol(x)
            for x in (above, below)
        ]
        return partial(*names)

    def _symbol(self, node: Value) -> Any:
        """Return δ_j for a pre-activation, else ∂E/∂x."""
        if node.place is not None and node.place.quantity == "a":
            return self.names.quantity(node, "δ")
        return self._partial(self.root, node)

    def _general(self, node: Value, unit: Unit | None, terms: Sequence[Term]) -> Any:
        """Return the rule of the textbook that the graph turned out to follow, if there is one."""
        if node.place is None or not terms:
            return None
        names, error = self.notation, self.names.symbol(self.root)
        shown = terms[:MOST_SHOWN]
        by_weights = all(_is_delta(term.upstream_symbol) for term in shown)
        pre, h = names.pre_activation, names.function
        pre = pre if len(pre) == 1 else rf"\mathrm{{{pre}}}"
        quantity = node.place.quantity
        weights = [self.names.symbol(x) for x in self.order if x.place and x.place.quantity == "w"]
        if quantity == "a" and unit is not None:
            if by_weights and {*weights}.issuperset([term.local_symbol for term in shown]):
                weight = "w_{jk}" if names.source_first else "w_{kj}"
                return Formula(
                    rf"\delta_j = {h}'\left({pre}_j\right) \sum_k {weight} \cdot \delta_k"
                )
            if self.names.is_output(unit.z):
                out = "y" if names.activation == "z" else names.activation
                slope = partial(error, Formula(f"{out}_k"))
                return Formula(rf"\delta_k = {h}'\left({pre}_k\right) \cdot #1", slope)
        if quantity in ("w", "b") and by_weights:
            sign = r"\sum_n " if len(terms) > 1 else ""
            if quantity == "b":
                return Formula(rf"#1 = {sign}\delta_j", partial(error, Formula("b_j")))
            slope = partial(error, Formula("w_{ij}" if names.source_first else "w_{ji}"))
            return Formula(rf"#1 = {sign}\delta_j \cdot {names.activation}_i", slope)
        return None


def _is_inner(x: Any, row: Operation) -> bool:
    """Return whether x is an unmarked node of an operation."""
    return isinstance(x, Value) and x.place is None and x.operation is row
