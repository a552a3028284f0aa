"""Typical slips of a backward pass, each declared once: as the number that it gives.

A slip is a formula for the new total of a gradient, where the right one is before + term. It is
printed as JavaScript for the player, and run here on a graph's own numbers. So what is planted,
what is judged and what stands on a ballot come from one row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from math import isfinite, nan
from typing import Any, Final, NamedTuple

from autograd.choices import one_of
from autograd.table import Operation
from autograd.value import Value

from .formula import Formula
from .javascript import javascript

Total = Callable[[Any, Any, Any, Any, Any, Any, Any], Any]


class Slip(NamedTuple):
    """One slip; `total` is computed from what is known of an event.

    Attributes
    ----------
    total : callable
        Of before, term = local · upstream, local, upstream; own, the operand itself where its
        slope is another factor; early, upstream before its last contribution came; and final,
        the gradient that the operand has in the end. What does not exist is nan.
    title, says : str
        A few words for a ballot, and a sentence for the one who made it.
    where : str
        Which events it is planted at: "any", those of operations on one "alone", or of a "leaf".
    """

    total: Total
    title: str
    says: str
    where: str = "any"


SLIPS: Final[dict[str, Slip]] = {
    "overwrite": Slip(
        lambda before, term, local, upstream, own, early, final: term,
        "= in place of +=",
        "Overwritten: that is the last contribution alone. += adds it to what had arrived.",
    ),
    "path": Slip(
        lambda before, term, local, upstream, own, early, final: before,
        "forgot a path",
        "Forgot a path: that is the previous total, and this edge adds to it.",
    ),
    "sign": Slip(
        lambda before, term, local, upstream, own, early, final: before - term,
        "lost the sign",
        "The sign: the size is right, but a minus is lost or extra.",
    ),
    "slope": Slip(
        lambda before, term, local, upstream, own, early, final: before + upstream,
        "passed on unchanged",
        "Passed on unchanged: upstream is multiplied by the local derivative.",
        "alone",
    ),
    "upstream": Slip(
        lambda before, term, local, upstream, own, early, final: before + local,
        "local derivative alone",
        "That is the local derivative: it is multiplied by the upstream gradient.",
    ),
    "factor": Slip(
        lambda before, term, local, upstream, own, early, final: before + own * upstream,
        "took its own factor",
        "Its own factor: the slope of a product with respect to one factor is the other one.",
    ),
    "sum": Slip(
        lambda before, term, local, upstream, own, early, final: before + (local + upstream),
        "added local and upstream",
        "Added: local derivative and upstream gradient are multiplied.",
    ),
    "twice": Slip(
        lambda before, term, local, upstream, own, early, final: final + (before + term),
        "two passes, not zeroed",
        "Doubled: what another pass had left is in it. Each pass starts from 0.",
        "leaf",
    ),
    "order": Slip(
        lambda before, term, local, upstream, own, early, final: before + local * early,
        "passed on too early",
        "Passed on too early: upstream had not yet received all of its contributions.",
    ),
}
EVENT: Final = tuple(signature(SLIPS["path"].total).parameters)


def javascript_of_slips() -> str:
    """Return the table as a JavaScript constant."""
    rows = []
    for name, slip in SLIPS.items():
        total = javascript(slip.total(*map(Formula, EVENT)))
        used = ", ".join([number for number in EVENT if number in total])
        texts = ", ".join([f"{key}: {json.dumps(getattr(slip, key))}" for key in slip._fields[1:]])
        rows.append(f"{name}: {{total: ({{{used}}}) => {total}, {texts}}},\n")
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
            f"slip={slip!r} would not show in this graph; it has room for "
            f"{', '.join(map(repr, found))}"
        )


def room(order: Sequence[Value], digits: int) -> list[str]:
    """Return the slips that make another number of a gradient, at the digits that are shown."""
    events = [*_events(order)]

    def shows(slip: Slip, where: dict[str, bool], numbers: Sequence[float]) -> bool:
        total, right = slip.total(*numbers), numbers[0] + numbers[1]
        is_other = isfinite(total) and f"{total:.{digits}g}" != f"{right:.{digits}g}"
        return is_other and isfinite(right) and where[slip.where]

    return [name for name, slip in SLIPS.items() if any(shows(slip, *event) for event in events)]


def _events(order: Sequence[Value]) -> Iterator[tuple[dict[str, bool], list[float]]]:
    """Yield for each += of a backward pass where it happens, and the numbers of a `Slip`."""
    so_far = dict.fromkeys(order, 0.0)
    early: dict[Value, float] = {}
    user: dict[Value, Value] = {}  # which has contributed last
    for node in reversed(order):
        is_product = node.operation is not None and has_factors(node.operation, len(node.operands))
        for parent, local in node.edges():
            if user.get(parent) is not node:
                early[parent] = so_far[parent] if parent in user else nan
                user[parent] = node
            term = node.operation.passed_on(local, node.grad)
            where = {"any": True, "alone": len(node.parents) == 1, "leaf": not parent.parents}
            own = parent.data if is_product else nan
            before = so_far[parent]
            so_far[parent] += term
            partial = early.get(node, nan)
            yield where, [before, term, local, node.grad, own, partial, parent.grad]
