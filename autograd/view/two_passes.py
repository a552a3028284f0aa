"""What `play` shows of two passes: one before and one after, or the update between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.core import sort, topological_order
from autograd.layers import Layers, quantity
from autograd.numbers import real, same
from autograd.sweep import StaleGraphError, check_fresh
from autograd.table import Operation
from autograd.value import Value

from .rules import number


def two_passes(
    order: Sequence[Value],
    nodes: Sequence[Mapping[str, Any]],
    *,
    before: Value | None,
    update: Any,
    fixed: bool,
) -> dict[str, Any]:
    """Return what the page knows of an earlier pass, and of an update; nothing if there is none.

    Parameters
    ----------
    order : sequence of Value
        The graph in topological order, with the gradients of a pass of its own.
    nodes : sequence of dict
        As the page has them.
    before : Value or None
        The root of the earlier pass.
    update : float or None
        The learning rate.
    fixed : bool
        Whether the page cannot compute the graph anew.
    """
    found: dict[str, Any] = {}
    if fixed and (before is not None or update is not None):
        raise ValueError(
            "an operation of this graph runs in Python only, so the page cannot compute a second "
            "pass; play() without `after` and `update` shows this one"
        )
    if before is not None:
        names = [node["t"] for node in nodes]
        found["before"] = changed_leaves(topological_order(before), order, names)
    if update is not None:
        found["update"] = update_of(order, update)
    return found


def changed_leaves(
    before: Sequence[Value], after: Sequence[Value], names: Sequence[str]
) -> dict[int, float | str]:
    """Return the numbers that leaves had before, by their places, of those that have changed.

    Parameters
    ----------
    before, after : sequence of Value
        Two graphs in topological order.
    names : sequence of str
        Those of the nodes of `after`.

    Raises
    ------
    ValueError
        If the graphs are not made of the same operations in the same order.
    StaleGraphError
        If a leaf of `before` was edited after that had been computed.

    Examples
    --------
    >>> from autograd import topological_order
    >>> before, after = (topological_order(Value(x, label="x") * 3.0) for x in (1.0, 2.0))
    >>> changed_leaves(before, after, ["x", "y"])
    {0: 1.0}
    """
    rule = "play(before, after) needs the same operations in the same order"
    places: list[dict[Value, int]] = [
        {node: i for i, node in enumerate(x)} for x in (before, after)
    ]
    for i, pair in enumerate(zip(before, after)):
        earlier, later = [(x.operation, _operands(x, at)) for x, at in zip(pair, places)]
        if earlier != later:
            raise ValueError(
                f"{rule}; {names[i]} is the first that differs: {_told(*earlier, names)} before, "
                f"{_told(*later, names)} after"
            )
    if len(before) != len(after):
        raise ValueError(f"{rule}; there are {len(before)} numbers before, {len(after)} after")
    try:
        check_fresh(*sort(before[-1]))
    except StaleGraphError as error:
        raise StaleGraphError(
            f"the pass before is out of date: {error}. Training edits the leaves that both passes "
            "share, so keep a copy: before = copy.deepcopy(loss)"
        ) from None
    return {
        i: number(x.data)
        for i, (x, y) in enumerate(zip(before, after))
        if not x.parents and not same(x.data, y.data)
    }


def _operands(node: Value, places: Mapping[Value, int]) -> list[int | tuple[float]]:
    """Return the places of the operands; a constant is in a tuple."""
    if not node.parents:
        return []
    return [places[x] if isinstance(x, Value) else (x,) for x in node.operands]


def _told(
    row: Operation | None, operands: Sequence[int | tuple[float]], names: Sequence[str]
) -> str:
    texts = [f"{x[0]:g}" if isinstance(x, tuple) else names[x] for x in operands]
    return f"{row.name}({', '.join(texts)})" if row is not None and operands else "a leaf"


def update_of(order: Sequence[Value], rate: Any) -> dict[str, Any]:
    """Return the learning rate of an update, and the places of what it changes, unit by unit.

    Raises
    ------
    TypeError, ValueError
        If the rate is not a positive finite number, or if nothing can be changed.

    Examples
    --------
    >>> from autograd import topological_order
    >>> y = Value(2.0) * Value(3.0)
    >>> y.backward()
    >>> update_of(topological_order(y), 0.1)
    {'rate': 0.1, 'nodes': [0, 1]}
    """
    if isinstance(rate, bool):
        raise TypeError(f"update is {rate}, but it is a learning rate: choose a number, e.g. 0.1")
    try:
        eta = real(rate)
    except TypeError as error:
        raise TypeError(f"update: {error}") from None
    if not 0.0 < eta < math.inf:
        raise ValueError(
            f"update is {rate}, but it is a learning rate: choose a number with 0 < update < inf"
        )
    places = Layers(order).places
    at = {i: places.get(order[i]) for i in trained(order)}
    moved = sorted(at, key=lambda i: (p.layer, p.unit) if (p := at[i]) else (0, 0))
    if not moved:
        raise ValueError(f"update={rate} has nothing to change: all leaves of the graph are frozen")
    return {"rate": eta, "nodes": moved}


def trained(order: Sequence[Value]) -> list[int]:
    """Return the places of the leaves that training changes; frozen ones have no gradient.

    These are the weights and biases of a network; if there are none, all leaves.
    """
    leaves = [i for i, node in enumerate(order) if node.operation is None]
    marked = [i for i in leaves if quantity(order[i]) in ("w", "b")]
    return [i for i in marked or leaves if order[i].has_grad]
