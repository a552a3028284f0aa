"""Copies and pickles of graphs, of any depth, that keep what the graph shares.

Python's own machinery would recurse from every node into its parents. Here a whole graph is
written down flat, as a list of records in topological order.
"""

from __future__ import annotations

import copy
from typing import Any
from weakref import WeakValueDictionary

from .core import Node, topological_order
from .modes import OUTDATED, OVERWRITTEN, UNRECORDED, clock, one_pass


def shallow(node: Any) -> Any:
    """Return a second node with the same number, gradient and parents."""
    with one_pass:  # not while a pass of another thread uses the gradient
        return _twin(node)


def _twin(node: Any) -> Any:
    twin = _blank(type(node))
    for name, content in _attributes(node).items():
        setattr(twin, name, content)
    return twin


def deep(root: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of the whole graph of `root`; `memo` is that of `copy.deepcopy`."""
    with one_pass:
        new = [node for node in topological_order(root) if id(node) not in memo]
        for node in new:
            memo[id(node)] = twin = _twin(node)
            twin._name = copy.deepcopy(node._name, memo)
            twin.operands = tuple(
                [memo[id(x)] if isinstance(x, Node) else x for x in node.operands]
            )
        for node in new:
            for name, content in _added(node).items():
                setattr(memo[id(node)], name, copy.deepcopy(content, memo))
    return memo[id(root)]


def flat(root: Any) -> tuple[Any, ...]:
    """Return what `pickle` writes for `root`: its place in a flat `_Graph`.

    Nodes pickled together, such as a loss and the model it was computed with, must meet again
    in the same graph. Every node therefore remembers its `_Graph` for as long as a pickler
    holds on to it.
    """
    with one_pass:
        graph = _graph_of.get(id(root))
        if graph is None:
            members: list[Any] = []
            others: dict[int, _Graph] = {}
            for node in topological_order(root):
                other = _graph_of.get(id(node))
                if other is None:
                    members.append(node)
                else:
                    others[id(node)] = other
            graph = _Graph(members, others)
            for node in members:
                _graph_of[id(node)] = graph
    return _Graph.member, (graph, graph.position[root])


class _Graph:
    """Some nodes of a graph, as they go through a pickle: a list of plain records."""

    def __init__(self, nodes: list[Any], others: dict[int, _Graph] | None = None) -> None:
        self.nodes = nodes
        self.others = others or {}  # of nodes below these that are written down elsewhere
        self.position = {node: i for i, node in enumerate(nodes)}

    def member(self, position: int) -> Any:
        return self.nodes[position]

    def __reduce__(self) -> tuple[Any, ...]:
        with one_pass:
            records = [
                (
                    type(node),
                    node._data,
                    node._grad,
                    node._name,
                    _staleness(node),
                    node.operation,
                    [self._reference(x) if isinstance(x, Node) else x for x in node.operands],
                    node._locals,
                )
                for node in self.nodes
            ]
        # What subclasses have added comes last: it may refer to nodes of this graph.
        added = {i: own for i, node in enumerate(self.nodes) if (own := _added(node))}
        return _Graph.read, (records,), added or None

    def _reference(self, node: Any) -> int | tuple[_Graph, int]:
        """Return where the node is: its position here, or in another graph of the pickle."""
        if node in self.position:
            return self.position[node]
        graph = self.others[id(node)]
        return graph, graph.position[node]

    @staticmethod
    def read(records: list[tuple[Any, ...]]) -> _Graph:
        nodes: list[Any] = []
        for kind, data, grad, name, staleness, operation, operands, local in records:
            node = _blank(kind)
            node._data, node._grad, node._name, node.operation = data, grad, name, operation
            node._stamp = staleness or clock.time
            node.operands = tuple(
                [x if isinstance(x, float) else _found(x, nodes) for x in operands]
            )
            node._locals = local
            nodes.append(node)
        return _Graph(nodes)

    def __setstate__(self, added: dict[int, dict[str, Any]]) -> None:
        for i, attributes in added.items():
            for name, content in attributes.items():
                setattr(self.nodes[i], name, content)


def _found(reference: int | tuple[_Graph, int], nodes: list[Any]) -> Any:
    if isinstance(reference, int):
        return nodes[reference]
    graph, position = reference
    return graph.nodes[position]


def _attributes(node: Any) -> dict[str, Any]:
    state: Any = object.__getstate__(node)  # the dict, or None, and the slots
    return {**(state[0] or {}), **state[1]}


def _added(node: Any) -> dict[str, Any]:
    """Return the attributes that a subclass of `Value` has beside those of all nodes."""
    return {name: x for name, x in _attributes(node).items() if name not in Node.__slots__}


def _staleness(node: Node) -> int:
    """Return the stamp of a node that cannot be differentiated as it is, else 0."""
    if node._stamp in (OVERWRITTEN, UNRECORDED):
        return node._stamp
    return OUTDATED if any(parent._stamp > node._stamp for parent in node.parents) else 0


_graph_of: WeakValueDictionary[int, _Graph] = WeakValueDictionary()


def _blank(kind: type[Any]) -> Any:
    return object.__new__(kind)
