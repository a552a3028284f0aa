"""Which numbers of a graph belong together in a picture: in a unit, a layer, the error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import Any, Final

from autograd.layers import Layers, quantity, sums
from autograd.operations import softmax
from autograd.value import Value

from .given import plain_inputs
from .units import units

ERROR: Final = ("error",)


def groups(order: list[Value], layers: Layers, detail: str) -> dict[Hashable, list[Value]]:
    """Return the numbers in each node of a picture, by the number or what they are folded into."""
    owner: dict[Value, Any] = {} if detail == "scalar" else _units(order, layers)
    if detail == "layer":
        owner = _layers(order, layers, owner)
    elif detail == "neuron":
        for k, given in enumerate(plain_inputs(order, layers)):
            owner.update(dict.fromkeys(given.nodes, ("given", k)))
        owner |= _softmaxes(layers) | dict.fromkeys(_error(order, layers, owner), ERROR)
    inside: dict[Hashable, list[Value]] = defaultdict(list)
    for node in order:
        inside[owner.get(node, node)].append(node)
    last = {owner.get(node, node): i for i, node in enumerate(order)} | {("layer", 0, 1): -1}
    before = {
        group: {owner.get(x, x) for node in nodes for x in node.parents} - {group}
        for group, nodes in inside.items()
    }
    sorter = TopologicalSorter(before)
    try:
        sorter.prepare()
    except CycleError:  # of units that were marked by hand
        return {group: inside[group] for group in sorted(inside, key=last.__getitem__)}
    groups: list[Hashable] = []
    ready: list[tuple[int, Hashable]] = []  # in the order of the last number in each
    while sorter.is_active():
        for group in sorter.get_ready():
            heappush(ready, (last[group], group))
        groups.append(heappop(ready)[1])
        sorter.done(groups[-1])
    return {group: inside[group] for group in groups}


def _units(order: list[Value], layers: Layers) -> dict[Value, Any]:
    """Return for each node of a unit its ("unit", layer, unit, step), ("input", 0, i, step) for x.

    A unit is its pre-activation a, the weights and bias below it with the sums and products in
    between, its activation z, and the steps from a to z. Samples are folded into one; the time
    steps within a sample, or the uses of a shared layer, are not. Parameters are in the first.
    """
    owner: dict[Value, Hashable] = {}
    for node, place in layers.places.items():
        use = layers.use_of.get(node)
        step = use.step if use is not None else 1
        if place.quantity == "x":
            owner[node] = ("input", 0, place.unit, step)
        elif place.quantity != "z":
            owner[node] = ("unit", place.layer, place.unit, step)
            if place.quantity == "a":
                owner.update(dict.fromkeys(sums(node), owner[node]))
    for unit in units(order).values():
        owner.update(dict.fromkeys(unit.steps, owner[unit.a]))
    return owner


def _softmaxes(layers: Layers) -> dict[Value, Any]:
    """Return for each output of a softmax layer its ("softmax", layer, step)."""
    uses = {z: use for z, use in layers.use_of.items() if is_softmax(z)}
    return {z: ("softmax", use.layer, use.step) for z, use in uses.items()}


def is_softmax(z: Value) -> bool:
    """Return whether a node is an output of a softmax layer."""
    return z.operation is softmax and quantity(z) == "z"


def _error(order: list[Value], layers: Layers, owner: Mapping[Value, Any]) -> list[Value]:
    """Return the nodes that lead from the outputs to the result, and into nothing marked."""
    if not layers.uses or order[-1].place is not None or order[-1] in owner:
        return []
    within: set[Value] = set()
    for node in reversed(order):
        if node.place is not None or node in owner or node in within:
            within.update(node.parents)
    return [
        node
        for node in order
        if node.operation is not None
        and node.place is None
        and node not in owner
        and node not in within
    ]


def _layers(order: list[Value], layers: Layers, unit_of: dict[Value, Any]) -> dict[Value, Hashable]:
    """Return for each node its ("layer", l, step), ("between", depth), or ERROR.

    Layer 0 are the inputs. What is between layers, at a depth of so many, is computed from some
    and goes into others; the error is what goes into none.
    """
    owner: dict[Value, Hashable] = {}
    feeding: set[Value] = set()
    for node in reversed(order):
        place = layers.places.get(node)
        if node in unit_of and unit_of[node][0] == "unit":
            _, layer, _, step = unit_of[node]
            owner[node] = ("layer", layer, step)
        elif place is not None:
            use = layers.use_of.get(node)
            is_used = place.layer > 0 and use is not None
            owner[node] = ("layer", place.layer, use.step if use is not None and is_used else 1)
        elif node not in feeding:
            owner[node] = ERROR
        else:
            depth = layers.depths[node]
            owner[node] = ("between", depth) if depth else ("layer", 0, 1)
        if owner[node] != ERROR:
            feeding.update(node.parents)
    return owner


def count_inputs(layers: Layers, inside: list[Value]) -> int:
    """Return the number of inputs that have no marks; 0 where it cannot be known.

    A plain number is a node of its own in each layer that it is given to.
    """
    if all(node.operation is None for node in inside):
        return len(inside)
    known = {*inside}
    takers = [
        use
        for uses in layers.uses.values()
        for use in uses
        if not known.isdisjoint(next(iter(use.units.values())).parents)
    ]
    is_one = len({(use.layer, use.step) for use in takers}) == 1
    return len(inside) // len(takers) if is_one else 0
