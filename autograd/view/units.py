"""Which nodes of a graph make up a unit z = h(a), read from the marks that `nn` leaves.

`nn` marks the pre-activation a and the activation z. What lies between them, the steps of h, has
no mark and belongs to the unit, as do the sums and products that an elementary a is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd.layers import quantity
from autograd.sweep import traceless_pass
from autograd.table import Operation
from autograd.value import Value


class Unit(NamedTuple):
    """A unit whose activation is computed from its pre-activation, and from no other."""

    a: Value
    z: Value
    steps: tuple[Value, ...]  # the nodes of h in topological order; the last is z

    @property
    def slope(self) -> float:
        """h′(a) = ∂z/∂a along all paths between them."""
        inside = {*self.steps}
        below = {x: None for node in self.steps for x in node.parents if x not in inside}
        return traceless_pass([*below], self.steps, fresh=False)[self.a]  # type: ignore[no-any-return]

    @property
    def symbol(self) -> str:
        """Short sign of h: that of its operation, or the name of a function of several, if any."""
        return self._operation.symbol if self._operation else self._function

    @property
    def name(self) -> str:
        """Name of h: that of its operation, or of a function of several; else h."""
        return self._operation.name if self._operation else self._function or "h"

    def at(self, x: Any) -> Any:
        """Return h of another number or node."""
        return follow(self.steps, {self.a: x})[self.z]

    @property
    def _operation(self) -> Operation | None:
        return self.z.operation if self.z.parents == (self.a,) else None

    @property
    def _function(self) -> str:
        place = self.z.place
        return place.activation if place is not None and place.activation.isidentifier() else ""


def units(order: Iterable[Value]) -> dict[Value, Unit]:
    """Return the units among nodes in topological order, each under its pre-activation.

    Those whose z is a itself are not among them, nor those of a softmax, whose z depend on the a
    of the whole layer.

    Examples
    --------
    >>> from autograd import topological_order
    >>> from nn import Neuron
    >>> z = Neuron(1, activation=lambda a: a.tanh() ** 2, rng=0)([0.5])
    >>> ((a, unit),) = units(topological_order(z)).items()
    >>> str(a.place), str(unit.z.place), len(unit.steps)
    ('a[1]', 'z[1]', 2)
    """
    found: dict[Value, Unit] = {}
    source: dict[Value, Value | None] = {}  # the a a node is computed from; None: from several
    made_from: dict[Value, list[Value]] = {}
    for node in order:
        place = node.place
        if quantity(node) == "a":
            source[node], made_from[node] = node, []
            continue
        sources = {source[x] for x in node.parents if x in source}
        if not sources or (place is not None and place.quantity != "z"):
            continue
        a = sources.pop() if len(sources) == 1 else None
        if place is None:
            source[node] = a
            if a is not None:
                made_from[a].append(node)
        elif a is not None and a.place is not None and a.place.unit_of == place.unit_of:
            found.setdefault(a, Unit(a, node, _leading_to(node, made_from[a])))
    return found


def _leading_to(z: Value, nodes: Sequence[Value]) -> tuple[Value, ...]:
    """Return z, and before it those of the nodes that it is computed from."""
    steps, needed = [z], {*z.parents}
    for node in reversed(nodes):
        if node in needed:
            steps.append(node)
            needed.update(node.parents)
    return tuple(reversed(steps))


def follow(nodes: Sequence[Value], numbers: Mapping[Value, Any]) -> dict[Value, Any]:
    """Return other numbers of some nodes, and of those among `nodes` that follow from them."""
    found = dict(numbers)
    for node in nodes:
        if node.operation is not None and not found.keys().isdisjoint(node.parents):
            found[node] = node.operation.apply(numbers_of(node.operands, found))
    return found


def numbers_of(operands: Sequence[Any], found: Mapping[Value, Any]) -> tuple[Any, ...]:
    """Return operands with the numbers that were found for them; of the others their own."""
    return tuple([found.get(x, x.data) if isinstance(x, Value) else x for x in operands])


def feeding(order: Sequence[Value]) -> set[Value]:
    """Return those of the nodes in topological order that a pre-activation is computed from."""
    found: set[Value] = set()
    for node in reversed(order):
        if node in found or quantity(node) == "a":
            found.update(node.parents)
    return found
