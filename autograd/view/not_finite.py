"""Where nan and infinity come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from autograd.core import data_of
from autograd.layers import quantity
from autograd.value import Value

from .names import Names, sign_of
from .report import Finding, Words, counted, listed

HUGE: Final = 1e100  # an operand beyond it makes an overflow
DIVERGED: Final = Words(
    "parameters are not finite",
    "{count}; the first is {origin}, a leaf.",
    "Training has diverged: begin anew with a lower learning rate.",
)


def is_finite(node: Value) -> bool:
    """Return whether the number and the gradient of a node are finite."""
    return math.isfinite(node.data) and math.isfinite(node.grad)


def firsts(order: Sequence[Value]) -> dict[str, Value]:
    """Return the node where the first number that is not finite arose, for each pass that has any.

    Examples
    --------
    >>> from autograd import topological_order
    >>> a = Value(0.0)
    >>> y = a**0.5 * 2
    >>> y.backward()
    >>> [(where, node is a) for where, node in firsts(topological_order(y)).items()]
    [('backward', True)]
    """
    forward = not_finite(order, lambda node: node.data)
    backward = not_finite(reversed(order), lambda node: node.grad)
    found = {"forward": forward, "backward": backward}
    return {where: nodes[0] for where, nodes in found.items() if nodes}


def not_finite(order: Iterable[Value], number: Callable[[Value], float]) -> list[Value]:
    """Return the nodes with such a number, in the order of a pass: where it arose comes first."""
    return [node for node in order if not math.isfinite(number(node))]


def findings_not_finite(
    order: Sequence[Value], own: Mapping[Value, float], names: Names
) -> Iterator[Finding]:
    """Find the first numbers, and the first gradients on the way back, that are not finite.

    Parameters
    ----------
    order : sequence of Value
        The graph in topological order.
    own : mapping
        The gradients of a pass of its own.
    names : Names
    """
    yield from _data(order, names)
    yield from _gradients(order, own, names)


def _data(order: Sequence[Value], names: Names) -> Iterator[Finding]:
    bad = not_finite(order, lambda node: node.data)
    if not bad:
        return
    first = bad[0]
    operands = data_of(first.operands)
    origin = f"{names.text(first)} = {first.data:g}"
    count = counted(len(bad), "node")
    if quantity(first) in ("w", "b"):
        yield DIVERGED.finding("not-finite", "error", count=count, origin=origin)
        return
    if first.operation is not None:
        name, sign = first.operation.name, sign_of(first.operation)
        texts = [f"{x:.4g}".replace("-", "−") for x in operands]
        is_infix = sign != name and len(texts) == 2
        written = f" {sign} ".join(texts) if is_infix else f"{name}({listed(texts)})"
        origin += f", which is {written}"
        is_overflow = max(map(abs, operands), default=0.0) > HUGE
        title = (
            "numbers grow until they overflow" if is_overflow else f"{sign} gives {first.data:g}"
        )
        advice = "The logarithm of 0 or of less starts it, a division by 0, or numbers that grow: "
        advice += "take an error 'with_logits', smaller weights, a smaller learning rate."
    else:
        title = "the data are not finite"
        advice = "Look for missing values, and fill them in or leave these samples out."
    yield Finding(
        "not-finite",
        "error",
        title,
        f"{count}; the first is {origin}" + (", a leaf." if first.operation is None else "."),
        advice,
    )


def _gradients(
    order: Sequence[Value], own: Mapping[Value, float], names: Names
) -> Iterator[Finding]:
    stored = not_finite(order, lambda node: node.grad)
    bad = not_finite(reversed(order), own.__getitem__)
    if bad:
        first = bad[0]
        into = [x.operation for x in order if x.operation and first in x.parents]
        evidence = (
            f"{counted(len(bad), 'node')}; the first on the way back is "
            f"{names.text(first)} with {own[first]:g}"
        )
        if into:
            evidence += f", at the operation {sign_of(into[-1])}"
    elif stored:
        held = listed([names.text(x) for x in stored])
        evidence = f"held by {held}, from an earlier pass; this pass is finite"
    else:
        return
    yield Finding(
        "not-finite",
        "error",
        "gradients are not finite",
        f"{evidence}.",
        "Call zero_grad() and keep the operation away from the point where its slope is "
        "infinite, such as sqrt or log at 0; with detect_anomaly() the place is named.",
    )
