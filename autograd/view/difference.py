"""Where the error of an output is the difference y - t of output and target: found, not assumed.

The pre-activations of the outputs are moved, what follows them is computed anew, and its
derivatives are taken there. Only where δ is c (y - t) at all of these points, with one factor c and
one target t that stands in the graph, is it said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from autograd import operations as op
from autograd.core import sort
from autograd.functional import grad
from autograd.layers import quantity
from autograd.numbers import close
from autograd.table import Operation
from autograd.value import Value

from .units import feeding, follow, numbers_of

POINTS: Final = 6  # besides that of the graph; two of them would do for a factor and a target
FARTHEST: Final = 3.0  # from 0

Candidate: TypeAlias = tuple[Operation, tuple[Any, ...], list[float]]


class Difference(NamedTuple):
    """δ = factor · (y - target) at the pre-activation of an output, with y = row(*operands)."""

    factor: float
    row: Operation
    operands: tuple[Any, ...]
    y: float
    target: float


def difference(
    a: Value,
    root: Value,
    order: Sequence[Value],
    delta: float | None = None,
    seed: float = 1.0,
) -> Difference | None:
    """Return how δ, the gradient of a pre-activation in a graph, is a difference; None if not.

    δ, if it is known, is that of a backward pass with this seed.

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
    outputs = outputs_of(order)
    if a not in outputs or a is root:
        return None
    return _fitted(a, outputs, root, _candidates, seed=seed, delta=delta)


def applied_again(z: Sequence[Value], root: Value) -> Operation | None:
    """Return the activation that the error applies to outputs z by itself, if there is one."""
    found = _fitted(z[0], z, root, _within)
    return found.row if found is not None else None


def fits_probabilities(z: Sequence[Value], root: Value) -> bool:
    """Return whether the error would belong together with outputs σ(z) in place of z."""

    def itself(end: Value, *graph: Any) -> Iterator[Candidate]:
        yield op.identity, (end,), _targets(end, *graph)

    return _fitted(z[0], z, root, itself, through=op.sigmoid) is not None


def outputs_of(order: Sequence[Value]) -> list[Value]:
    """Return the pre-activations from which no other is computed."""
    fed = feeding(order)
    return [x for x in order if quantity(x) == "a" and x not in fed]


def _fitted(
    end: Value,
    ends: Sequence[Value],
    root: Value,
    candidates: Callable[..., Iterator[Candidate]],
    *,
    through: Operation = op.identity,
    seed: float = 1.0,
    delta: float | None = None,
) -> Difference | None:
    """Return the candidate y for which ∂root/∂end is factor · (y - target) at all points.

    The error is applied to `through` of the ends; with δ also at the point of the graph.
    """
    above = sort(root, until={*ends})[1]
    k, rng = ends.index(end), Random(0)

    def run(point: Sequence[Any]) -> dict[Value, Any]:
        return follow(above, dict(zip(ends, map(through, point))))

    slopes = grad(lambda point: run(point).get(root, 0.0))
    signs = [1.0, -1.0] * (POINTS // 2)  # for functions that are 0 on one side
    points = [[sign * rng.uniform(0.0, FARTHEST) for _ in ends] for sign in signs]
    try:
        deltas = [seed * slopes(point)[k] for point in points]
        if delta is not None:
            points.append([x.data for x in ends])
            deltas.append(delta)
        runs = [run(point) for point in points]
    except (ArithmeticError, TypeError, ValueError):  # as of nodes that were made by hand
        return None
    for row, operands, targets in candidates(end, ends, above):
        ys = [row.evaluate(numbers_of(operands, numbers)) for numbers in runs]
        factor = (deltas[0] - deltas[1]) / (ys[0] - ys[1]) if ys[0] != ys[1] else 0.0
        if not factor > 1e-9:  # less may be rounding
            continue
        zero = ys[0] - deltas[0] / factor
        for t in targets:
            pairs = [(factor * (y - t), d) for y, d in zip(ys, deltas)]
            if close(t, zero, 1e-9, 1e-9) and all(close(*x, 1e-9, 1e-9 * factor) for x in pairs):
                return Difference(factor, row, operands, ys[-1], t)
    return None


def _candidates(a: Value, outputs: Sequence[Value], above: Sequence[Value]) -> Iterator[Candidate]:
    """Yield what y may be, and the numbers that may be its target.

    That is the activation, if there is one; else y is a itself, or an error "with logits" has the
    function in it.
    """
    following = _following(a, above)
    unit = a.place and a.place.unit_of
    z = [x for x in following if quantity(x) == "z" and x.place and x.place.unit_of == unit]
    if z:
        yield op.identity, (z[-1],), _targets(a, outputs, above)
    else:
        sums = [x for x in following if a in x.parents and x.operation in (op.add, op.sub)]
        yield op.identity, (a,), _constants(sums, following)
        yield from _within(a, outputs, above)


def _within(end: Value, ends: Sequence[Value], above: Sequence[Value]) -> Iterator[Candidate]:
    targets = _targets(end, ends, above)
    yield op.sigmoid, (end,), targets
    for node in _following(end, above):
        if end in node.parents and {*node.parents} <= {*ends}:
            yield op.softmax, (*node.parents, float(node.parents.index(end))), targets


def _targets(end: Value, ends: Sequence[Value], above: Sequence[Value]) -> list[float]:
    """Return the numbers that stand in the graph above, and 0 and 1, which may not."""
    following = _following(end, above)
    return [0.0, 1.0, *_constants([*following][1:], following)]


def _constants(nodes: Sequence[Value], following: Mapping[Value, None]) -> list[float]:
    """Return the other operands of nodes that follow an output, with both signs."""
    others = [x for node in nodes for x in node.operands if x not in following]
    numbers = [x.data if isinstance(x, Value) else x for x in others]
    return [sign * x for x in numbers for sign in (1.0, -1.0)]


def _following(end: Value, above: Sequence[Value]) -> dict[Value, None]:
    following = {end: None}
    for node in above:
        if not following.keys().isdisjoint(node.parents):
            following[node] = None
    return following
