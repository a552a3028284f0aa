"""Where the error of an output is the difference y - t of output and target: found, not assumed.

The pre-activations of the outputs are moved, what follows them is computed anew, and its
derivatives are taken there. Only where δ is c (y - t) at all of these points, with one factor c and
one target t that stands in the graph, is it said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from autograd import operations as op
from autograd.core import sort
from autograd.functional import grad
from autograd.numbers import close
from autograd.table import Operation
from autograd.value import Value

from .units import feeding, quantity

POINTS: Final = 6  # besides that of the graph; two of them would do for a factor and a target
FARTHEST: Final = 3.0  # from 0


class Difference(NamedTuple):
    """δ = factor · (y - target) at the pre-activation of an output, with y = row(*operands)."""

    factor: float
    row: Operation
    operands: tuple[Any, ...]
    y: float
    target: float


def difference(a: Value, root: Value, order: Sequence[Value], delta: float) -> Difference | None:
    """Return how δ, the gradient of a pre-activation in a graph, is a difference; None if not.

    Examples
    --------
    >>> from autograd import topological_order
    >>> from nn import MLP, half_squared_error
    >>> y = MLP(1, [1], rng=0)([1.0])
    >>> E = half_squared_error(y, 3.0)
    >>> E.backward()
    >>> found = difference(y, E, topological_order(E), y.grad)
    >>> round(found.factor, 9), found.y == y.data, found.target
    (1.0, True, 3.0)
    """
    fed = feeding(order)
    outputs = [x for x in order if quantity(x) == "a" and x not in fed]
    if a not in outputs or a is root:
        return None
    above = sort(root, until={*outputs})[1]
    k, rng = outputs.index(a), Random(0)

    def follow(point: Sequence[Any]) -> dict[Value, Any]:
        numbers: dict[Value, Any] = dict(zip(outputs, point))
        for node in above:
            if not numbers.keys().isdisjoint(node.parents):
                numbers[node] = node.operation.apply(_numbers(node.operands, numbers))
        return numbers

    slopes = grad(lambda point: follow(point)[root])
    signs = [1.0, -1.0] * (POINTS // 2)  # for functions that are 0 on one side
    points = [[sign * rng.uniform(0.0, FARTHEST) for _ in outputs] for sign in signs]
    try:
        deltas = [delta, *[root.grad * slopes(point)[k] for point in points]]
        runs = [follow(point) for point in ([x.data for x in outputs], *points)]
    except (ArithmeticError, TypeError, ValueError):  # as of nodes that were made by hand
        return None
    for row, operands, targets in _candidates(a, outputs, above):
        ys = [row.evaluate(_numbers(operands, run)) for run in runs]
        factor = (deltas[1] - deltas[2]) / (ys[1] - ys[2]) if ys[1] != ys[2] else 0.0
        if not factor > 1e-9:  # less may be rounding
            continue
        zero = ys[1] - deltas[1] / factor
        for t in targets:
            pairs = [(factor * (y - t), d) for y, d in zip(ys, deltas)]
            if close(t, zero, 1e-9, 1e-9) and all(close(*x, 1e-9, 1e-9 * factor) for x in pairs):
                return Difference(factor, row, operands, ys[0], t)
    return None


def _numbers(operands: Sequence[Any], numbers: dict[Value, Any]) -> tuple[Any, ...]:
    return tuple([numbers.get(x, x.data) if isinstance(x, Value) else x for x in operands])


def _candidates(
    a: Value, outputs: Sequence[Value], above: Sequence[Value]
) -> Iterator[tuple[Operation, tuple[Any, ...], list[float]]]:
    """Yield what y may be, and the numbers that may be its target.

    That is the activation, if there is one; else y is a itself, or an error "with logits" has the
    function in it. Targets stand in the graph, with either sign, unless they are 0 or 1.
    """
    following = {a: None}
    for node in above:
        if not following.keys().isdisjoint(node.parents):
            following[node] = None
    users = [node for node in following if a in node.parents]
    z = [x for x in following if x.place and x.place[:3] == ("z", *a.place[1:3])]  # type: ignore[index]
    targets = [0.0, 1.0, *_constants([*following][1:], following)]
    if z:
        yield op.identity, (z[-1],), targets
        return
    sums = [node for node in users if node.operation in (op.add, op.sub)]
    yield op.identity, (a,), _constants(sums, following)
    yield op.sigmoid, (a,), targets
    for node in users:
        if {*node.parents} <= {*outputs}:
            yield op.softmax, (*node.parents, float(node.parents.index(a))), targets


def _constants(nodes: Sequence[Value], following: Any) -> list[float]:
    """Return the other operands of nodes that follow a pre-activation, with both signs."""
    others = [x for node in nodes for x in node.operands if x not in following]
    numbers = [x.data if isinstance(x, Value) else x for x in others]
    return [sign * x for x in numbers for sign in (1.0, -1.0)]
