"""Which numbers of a graph are targets: what outputs of a network are compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from autograd import operations as op
from autograd.layers import Layers, quantity
from autograd.value import Value

from .difference import difference, outputs_of

SIZES: Final = (op.square, op.power, op.absolute)
HINGES: Final = (op.relu, op.maximum)
MOST_OUTPUTS: Final = 12  # of one sample, whose δ are taken apart


def targets(order: Sequence[Value], feeds: Collection[Value]) -> dict[tuple[Value, int], Value]:
    """Return for each y - t the output y, under the node and which of its operands t is.

    An output is a marked node that is not among those that `feeds` a unit; t is a number, or a
    node without a name that was not computed. In t - y it is only where the size of that counts,
    and there may be 1 - t y in place of it if a hinge follows: in 1 - y, as in a cross-entropy,
    the 1 is no target.

    Examples
    --------
    >>> from autograd import topological_order
    >>> from nn import MLP, half_squared_error
    >>> y = MLP(1, [1], rng=0)([1.0])
    >>> order = topological_order(half_squared_error(y, 3.0))
    >>> [(node.operands[i], x is y) for (node, i), x in targets(order, ()).items()]
    [(3.0, True)]
    """
    found = {}
    after: dict[Value, set[Any]] = defaultdict(set)  # which operations take a difference
    for node in order:
        if node.operation is op.mul and node.operands[0] is node.operands[1]:
            after[node.operands[0]].add(op.square)
        for x in node.parents:
            after[x].add(node.operation)
    for node in order:
        if node.operation is not op.sub or node.place is not None:
            continue
        first, second = node.operands
        places = [(node, 1), (node, 0)] if after[node] & {*SIZES} else [(node, 1)]
        if first == 1.0 and isinstance(second, Value) and second.operation is op.mul:
            places = [(second, 0), (second, 1)] if after[node] & {*HINGES} else []
        for product, i in places:
            t, y = product.operands[i], product.operands[1 - i]
            is_given = not isinstance(t, Value) or not (t.parents or t.label or t.place)
            if is_given and isinstance(y, Value) and quantity(y) in ("a", "z") and y not in feeds:
                found[product, i] = y
    return found


def targets_of_error(
    order: Sequence[Value], layers: Layers, found: Mapping[tuple[Value, int], Value]
) -> list[tuple[list[Value], list[float]]]:
    """Return the outputs of each unit, and the targets that they have in the error as numbers.

    Those are the ones `found` by `targets`. Of a single sample they are found as well where δ
    turns out to be a difference y - t.
    """
    by_unit: dict[Any, dict[Value, float]] = defaultdict(dict)
    is_node = False
    for (node, i), y in found.items():
        t, place, use = node.operands[i], layers.places[y], layers.use_of.get(y)
        is_node = is_node or (isinstance(t, Value) and t.operation is None)
        if not isinstance(t, Value) or t.operation is not None:
            step = use.step if use is not None else 1
            by_unit[place.layer, place.unit, step][y] = t.data if isinstance(t, Value) else t
    outputs = outputs_of(order)
    if not by_unit and not is_node and layers.samples == 1 and len(outputs) <= MOST_OUTPUTS:
        for a in outputs:
            at_a = difference(a, order[-1], order)
            if at_a is not None:
                by_unit[a][a] = at_a.target
    return [([*numbers], [*numbers.values()]) for numbers in by_unit.values()]
