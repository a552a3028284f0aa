"""The chain rule, applied in one place.

All functions here are loops, not recursions: a chain of a million nodes needs memory, not stack.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from .table import Operation

if TYPE_CHECKING:
    from .value import Value

Graph: TypeAlias = "tuple[list[Value], list[Value]]"  # leaves, computed nodes in order

# One pass at a time: graphs of different threads may share leaves, and their sums would mix.
one_pass = threading.RLock()


def topological_order(root: Value) -> list[Value]:
    """Return every node of the graph of `root` after all of its parents; `root` comes last.

    Examples
    --------
    >>> from autograd import Value, topological_order
    >>> a = Value(1.0, label="a")
    >>> b = 2 * a; b.label = "b"
    >>> c = b + a; c.label = "c"
    >>> [node.label for node in topological_order(c)]
    ['a', 'b', 'c']
    """
    leaves, computed = sort(root)
    return leaves + computed


def sort(root: Value, until: Collection[Value] = ()) -> Graph:
    """Return the leaves below `root` and the computed nodes, each after all of its parents.

    A depth-first search. The parents of nodes in `until` are not followed: these count as leaves.
    """
    if root.operation is None or root in until:
        return [root], []
    leaves: list[Value] = []
    computed: list[Value] = []
    seen = {root}
    node, unvisited = root, iter(root.operands)
    path: list[Value] = []  # from the root down to the node, without it
    postponed: list[Iterator[Any]] = []  # what these have still to visit
    while True:
        for operand in unvisited:
            if operand in seen or operand.__class__ is float:
                continue
            seen.add(operand)
            if operand.operation is None or operand in until:
                leaves.append(operand)
            elif seen.issuperset(operand.operands):  # as for all but the first unit of a layer
                computed.append(operand)
            else:
                path.append(node)
                postponed.append(unvisited)
                node, unvisited = operand, iter(operand.operands)
                break
        else:  # all parents of the node are in the order
            computed.append(node)
            if not path:
                return leaves, computed
            node, unvisited = path.pop(), postponed.pop()


def propagate(
    leaves: Sequence[Value], computed: Sequence[Value], seed: float, as_nodes: bool = False
) -> list[Any]:
    """Fill every gradient slot with the sum of this pass alone; return what was there before.

    The slots follow the order leaves, computed nodes; the last node is the root. `as_nodes`
    makes the gradients nodes themselves, to be differentiated again. If anything goes wrong on
    the way, every slot is left as it was.
    """
    nodes = [*leaves, *computed]
    before = [node._grad for node in nodes]
    zero = Nothing() if as_nodes else 0.0
    try:
        for node in nodes:
            node._grad = zero
        nodes[-1]._grad = seed
        apply_chain_rule(computed, as_nodes)
    except BaseException:
        restore(nodes, before)
        raise
    return before


def apply_chain_rule(nodes: Sequence[Value], as_nodes: bool = False) -> None:
    """Let every node, from last to first, add local · upstream to the gradient of each parent.

    upstream = ∂root/∂node is complete by then, and local = ∂node/∂parent.
    """
    for node in reversed(nodes):
        upstream = node._grad
        operands = node.operands
        row: Operation = node.operation  # type: ignore[assignment]
        if not as_nodes and upstream == 0.0 and row.finite and isfinite(node._data):
            continue  # as behind a ReLU that is off: 0 · local is 0
        if node._locals is not None and not as_nodes:
            for parent, local in zip(operands, node._locals):
                parent._grad += local * upstream
            continue
        # Most nodes have one operand or two. Without the loop they take a third of the time.
        try:
            if as_nodes or row.vectors is not None:
                pass
            elif len(operands) == 2:
                a, b = operands
                if a.__class__ is not float and b.__class__ is not float:
                    local_a, local_b = row.local(node._data, a._data, b._data)
                    a._grad += local_a * upstream
                    b._grad += local_b * upstream
                    continue
            elif len(operands) == 1:
                (a,) = operands
                if a.__class__ is not float:
                    (local,) = row.local(node._data, a._data)
                    a._grad += local * upstream
                continue
        except (ArithmeticError, TypeError, ValueError):
            pass  # once more, the careful way
        for operand, local in zip(operands, node.local_gradients(as_nodes)):
            if operand.__class__ is not float:
                operand._grad += local * upstream


def restore(nodes: Iterable[Value], gradients: Iterable[Any]) -> None:
    """Put earlier gradients back."""
    for node, gradient in zip(nodes, gradients):
        node._grad = gradient


class Nothing:
    """The empty sum of nodes: Nothing + x is x itself."""

    def __add__(self, other: Any) -> Any:
        return other

    def __float__(self) -> float:
        return 0.0
