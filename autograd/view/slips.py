"""Typical slips of a backward pass, each declared once: as what it makes of one event.

A row says what becomes of the local derivative, of the contribution or of the total. It is
printed as JavaScript for the player, and run here on a graph's own numbers. So what is planted,
what is judged and what stands on a ballot are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from math import isfinite, nan
from typing import Any, Final, NamedTuple

from autograd.choices import one_of
from autograd.quoting import short
from autograd.table import Operation
from autograd.value import Value

from .formula import Formula
from .javascript import javascript


class Event(NamedTuple):
    """What is known where ``total = before + local · upstream``; what does not exist is nan.

    Attributes
    ----------
    before, term, local, upstream : number
        The total so far, the contribution, and its two factors.
    own : number
        The operand itself, where its slope is another factor of a product.
    early : number
        `upstream` before the last contributions to it came.
    final : number
        The gradient that the operand has in the end.
    """

    before: Any
    term: Any
    local: Any
    upstream: Any
    own: Any
    early: Any
    final: Any


class Slip(NamedTuple):
    """One slip: at most one of `local`, `term` and `total` is not as it should be.

    Attributes
    ----------
    title, says : str
        A few words for a ballot, and a sentence for the one who made it.
    local, term, total : callable, optional
        What stands there instead, of an `Event`.
    where : str
        Which events it is planted at: "any", those of operations on one "alone", or of a "leaf".
    """

    title: str
    says: str
    local: Callable[[Event], Any] | None = None
    term: Callable[[Event], Any] | None = None
    total: Callable[[Event], Any] | None = None
    where: str = "any"

    def number(self, event: Event) -> Any:
        """Return the total that it leads to."""
        if self.total:
            return self.total(event)
        if self.term:
            return event.before + self.term(event)
        assert self.local
        return event.before + self.local(event) * event.upstream


SLIPS: Final[dict[str, Slip]] = {
    "overwrite": Slip(
        "= in place of +=",
        "Overwritten: that is the last contribution alone. += adds it to what had arrived.",
        total=lambda e: e.term,
    ),
    "path": Slip(
        "forgot a path",
        "Forgot a path: that is the previous total, and this edge adds to it.",
        total=lambda e: e.before,
    ),
    "sign": Slip(
        "lost the sign",
        "The sign: the size is right, but a minus is lost or extra.",
        local=lambda e: -e.local,
    ),
    "slope": Slip(
        "passed on unchanged",
        "Passed on unchanged: upstream is multiplied by the local derivative.",
        local=lambda e: 1.0,
        where="alone",
    ),
    "upstream": Slip(
        "local derivative alone",
        "That is the local derivative: it is multiplied by the upstream gradient.",
        term=lambda e: e.local,
    ),
    "factor": Slip(
        "took its own factor",
        "Its own factor: the slope of a product with respect to one factor is the other one.",
        local=lambda e: e.own,
    ),
    "sum": Slip(
        "added local and upstream",
        "Added: local derivative and upstream gradient are multiplied.",
        term=lambda e: e.local + e.upstream,
    ),
    "twice": Slip(
        "two passes, not zeroed",
        "Doubled: what another pass had left is in it. Each pass starts from 0.",
        total=lambda e: e.final + (e.before + e.term),
        where="leaf",
    ),
    "order": Slip(
        "passed on too early",
        "Passed on too early: upstream had not yet received all of its contributions.",
        total=lambda e: e.before + e.local * e.early,
    ),
}


def javascript_of_slips() -> str:
    """Return the table as a JavaScript constant, with `number` in place of `Slip.number`."""
    event = Event(*map(Formula, Event._fields))

    def function(formula: Any) -> str:
        text = javascript(formula)
        used = [name for name in Event._fields if name in text]
        return f"({{{', '.join(used)}}}) => {text}"

    rows = []
    for name, slip in SLIPS.items():
        made = {"local": slip.local, "term": slip.term, "number": slip.number}
        parts = [f"{key}: {function(of(event))}" for key, of in made.items() if of]
        texts = {"title": slip.title, "says": slip.says, "where": slip.where}
        parts += [f"{key}: {json.dumps(text)}" for key, text in texts.items()]
        rows.append(f"{name}: {{{', '.join(parts)}}},\n")
    return f"const SLIPS = {{\n{''.join(rows)}}};\n"


def has_factors(row: Operation, count: int) -> bool:
    """Return whether each slope of a row is another of its operands, as in a product.

    Examples
    --------
    >>> from autograd import operations as op
    >>> has_factors(op.mul, 2), has_factors(op.dot, 6), has_factors(op.add, 2)
    (True, True, False)
    """
    operands = [Formula(f"x{i}") for i in range(count)]
    try:
        slopes = row.rule(Formula("y"), operands)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return False
    return any(any(slope is operand for operand in operands) for slope in slopes)


def check_room(slip: str, order: Sequence[Value], digits: int) -> None:
    """Refuse a slip that is unknown, or that no number of a graph would show.

    Parameters
    ----------
    slip : str
        A name, or "random".
    order : sequence of Value
        The graph in topological order, with its gradients.
    digits : int
        How many are shown.

    Raises
    ------
    ValueError
        With the slips that the graph has room for.
    """
    one_of("slip", slip, ("random", *SLIPS))
    found = room(order, digits)
    if not found:
        raise ValueError(
            "no slip would show in this graph: it has no operation whose gradients are finite and "
            "change; play another one"
        )
    if slip not in ("random", *found):
        raise ValueError(
            f"slip={short(slip)} would not show in this graph; it has room for "
            f"{', '.join(map(repr, found))}"
        )


def room(order: Sequence[Value], digits: int) -> list[str]:
    """Return the slips that make another number of a gradient, at the digits that are shown."""
    events = [*_events(order)]

    def shows(slip: Slip, where: dict[str, bool], event: Event) -> bool:
        number, right = slip.number(event), event.before + event.term
        is_other = isfinite(number) and f"{number:.{digits}g}" != f"{right:.{digits}g}"
        return is_other and isfinite(right) and where[slip.where]

    return [name for name, slip in SLIPS.items() if any(shows(slip, *event) for event in events)]


def _events(order: Sequence[Value]) -> Iterator[tuple[dict[str, bool], Event]]:
    """Yield each += of a backward pass, with the places it is one of."""
    so_far = dict.fromkeys(order, 0.0)
    early: dict[Value, float] = {}
    user: dict[Value, Value] = {}  # which has contributed last
    for node in reversed(order):
        row = node.operation
        if row is None:
            continue
        is_product = has_factors(row, len(node.operands))
        for parent, local in node.edges():
            if user.get(parent) is not node:
                early[parent] = so_far[parent] if parent in user else nan
                user[parent] = node
            term = row.passed_on(local, node.grad)
            where = {"any": True, "alone": len(node.parents) == 1, "leaf": not parent.parents}
            own, partial = parent.data if is_product else nan, early.get(node, nan)
            before = so_far[parent]
            so_far[parent] += term
            yield where, Event(before, term, local, node.grad, own, partial, parent.grad)
