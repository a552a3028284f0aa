"""`affine`: the pre-activations of a whole layer at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from . import operations as op
from .core import MANY
from .modes import clock, settled
from .numbers import Items, real
from .place import Place
from .value import Value, new_node


def affine(
    weights: Sequence[Sequence[Value]],
    inputs: Items[Any],
    biases: Sequence[Value],
    places: Iterable[Place | None] = repeat(None),
) -> list[Value]:
    """Return a_j = Σ_i w_ji x_i + b_j for every unit j of a layer, each one `dot` node.

    The same as ``[dot(w, inputs, b) for w, b in zip(weights, biases)]``, but faster: the units
    share the inputs, and the local gradients, which are weights and inputs, are kept.

    Parameters
    ----------
    weights : sequence of M sequences of D
    inputs : sequence of D
    biases : sequence of M
    places : iterable of M `Place`, optional
        Marks for the nodes.

    Raises
    ------
    ValueError
        If there are not as many inputs as weights in each row, or not as many biases as rows.

    Examples
    --------
    >>> from autograd import Value
    >>> [a.data for a in affine([[Value(1.0), Value(2.0)]], [Value(3.0), Value(4.0)], [Value(0.5)])]
    [11.5]

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (5.2).
    """
    inputs = tuple([x if isinstance(x, Value) else constant(x) for x in inputs])
    x_numbers = [x._data for x in inputs]
    if len(weights) != len(biases):
        raise ValueError(f"{len(weights)} rows of weights, but {len(biases)} biases")
    row, forward, local = op.dot, op.dot.forward, op.dot.local
    new, time = Value.__new__, clock.time
    layer: list[Value] = []
    for w, b, place in zip(weights, biases, places):
        if len(w) != len(inputs):
            raise ValueError(f"a unit has {len(w)} weights, but there are {len(inputs)} inputs")
        w_numbers, b_number = [v._data for v in w], (b._data,)
        data = forward(w_numbers, x_numbers, b_number)
        node = new(Value)  # as `new_node`, without the call
        node._data = data
        node._grad = None
        node._locals = local(data, w_numbers, x_numbers, b_number)
        node._name = place
        node._stamp = time
        node.operation = row
        node._first, node._second = (*w, *inputs, b), MANY
        layer.append(node)
    return [settled(node) for node in layer] if clock.special_modes else layer


def constant(x: Any) -> Value:
    """Return a node that stands for a number nothing depends on."""
    number = real(x)
    return new_node(number, op.identity, (number,))
