"""The idea, in one file: a number remembers how it was computed, and the chain rule runs back.

A `Node` holds a number, the operation that gave it and what that was applied to. `sort` puts the
nodes below a result in order, and `chain_rule` goes through them from last to first. Everything
else in this package is built on these: the operations (`operations`), nodes with operators
(`value`), the same pass faster and guarded (`sweep`), derivatives of functions (`functional`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from .place import Place
    from .table import Operation

Graph: TypeAlias = "tuple[list[Any], list[Any]]"  # leaves, and computed nodes in order

MANY: Final[Any] = ("more than two operands",)  # stands in the second slot; the first has them all


class Node:
    """A number, and how it was computed."""

    __slots__ = ("__weakref__", "_data", "_first", "_grad", "_locals", "_name", "_second", "_stamp",
                 "operation")  # fmt: skip

    _data: float
    _grad: Any  # ∂root/∂self: None before any backward pass; a node where that is wanted
    operation: Operation | None  # which has the rule for the local gradients; None for a leaf
    _first: Any  # The operands, nodes and plain floats, are in two slots: a tuple for each node
    _second: Any  # would be one more object for Python's garbage collector to visit.
    _locals: Sequence[float] | None  # local gradients known from the start; of a frozen leaf ()
    _name: str | Place | None
    _stamp: int  # when it was computed or edited, see `modes`

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the operation was applied to: nodes, and constants as floats."""
        first, second = self._first, self._second
        if second is MANY:
            return first  # type: ignore[no-any-return]
        return (first, second) if second is not None else () if first is None else (first,)

    @operands.setter
    def operands(self, operands: tuple[Any, ...]) -> None:
        if len(operands) > 2:
            self._first, self._second = operands, MANY
        else:
            self._first, self._second = (*operands, None, None)[:2]

    @property
    def parents(self) -> tuple[Any, ...]:
        """The nodes this one was computed from, in order; one used twice is there twice."""
        return tuple([operand for operand in self.operands if isinstance(operand, Node)])

    def local_gradients(self, as_nodes: bool = False) -> Sequence[Any]:
        """Return ∂self/∂operand for each operand: the node's local-gradient closure.

        They have the order of `operands`; constants at the end, as the 2 in ``x**2``, have none.
        `as_nodes` gives nodes computed from the operands, to be differentiated again.

        Examples
        --------
        >>> from autograd import Value
        >>> (Value(2.0) * Value(5.0)).local_gradients()
        (5.0, 2.0)
        """
        if self.operation is None:
            return ()
        row, operands = self.operation, self.operands
        if as_nodes:
            return row.counted(row.local_gradients(self, operands), operands)
        known = self._locals or row.local_gradients(self._data, data_of(operands))
        return row.counted(known, operands)

    def edges(self) -> list[tuple[Any, float]]:
        """Return the pairs (parent, ∂self/∂parent), one for each of `parents`."""
        pairs = zip(self.operands, self.local_gradients())
        return [(parent, local) for parent, local in pairs if isinstance(parent, Node)]


def data_of(operands: Sequence[Any]) -> list[float]:
    return [x if x.__class__ is float else x._data for x in operands]


def chain_rule(nodes: Sequence[Any], as_nodes: bool = False) -> None:
    """Let each node, from last to first, add local · upstream to the gradient of each operand.

    local = ∂node/∂operand, and upstream = ∂root/∂node, which has 1 to begin with at the root, the
    last node, and 0 elsewhere, and is complete when its turn comes.
    """
    for node in reversed(nodes):
        for operand, local in zip(node.operands, node.local_gradients(as_nodes)):
            if isinstance(operand, Node):
                operand._grad += node.operation.passed_on(local, node._grad)


def sort(root: Any, until: Collection[Any] = ()) -> Graph:
    """Return the leaves below `root`, and the computed nodes, each after all of its parents.

    A depth-first search without recursion, so that a chain of a million nodes needs memory, not
    stack. The parents of nodes in `until` are not followed: these count as leaves.
    """
    if root.operation is None or root in until:
        return [root], []
    leaves: list[Any] = []
    computed: list[Any] = []
    seen = {root}
    node, unvisited = root, iter(root.operands)
    path: list[Any] = []  # from the root down to the node, without it
    postponed: list[Iterator[Any]] = []  # what these have still to visit
    while True:
        for operand in unvisited:
            if operand in seen or operand.__class__ is float:
                continue
            seen.add(operand)
            if operand.operation is None or operand in until:
                leaves.append(operand)
                continue
            a, b = operand._first, operand._second  # as `operands`, which would take a call
            if seen.issuperset(a) if b is MANY else a in seen and (b is None or b in seen):
                computed.append(operand)  # as all but the first unit of a layer
            else:
                path.append(node)
                postponed.append(unvisited)
                node, unvisited = operand, iter(a if b is MANY else (a,) if b is None else (a, b))
                break
        else:  # all parents of the node are in the order
            computed.append(node)
            if not path:
                return leaves, computed
            node, unvisited = path.pop(), postponed.pop()


def topological_order(root: Any) -> list[Any]:
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
