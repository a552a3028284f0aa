"""Plain numbers that units are given: inputs without a mark.

A neuron keeps them as operands; a layer makes nodes of them, constants that its units share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.layers import Layers, quantity, sums
from autograd.operations import dot, mul
from autograd.value import Value

from .formula import Formula
from .markup import Quantity
from .plain import plain


class Given(NamedTuple):
    """A number that is multiplied with weights, of one sample or several.

    Attributes
    ----------
    unit : int
        Which input it is, from 1; 0 if it stands for none, such as the 1 that a bias is the
        weight of.
    step : int
        Which use of the layer within a sample it is given to; 0 if there is but one.
    uses : list of (node, operand)
        The sums or products, and which of their operands it is.
    numbers : tuple of float
        That of each sample.
    """

    unit: int
    step: int
    uses: list[tuple[Value, int]]
    numbers: tuple[float, ...]

    @property
    def nodes(self) -> list[Value]:
        """The nodes that are this number."""
        operands = [node.operands[i] for node, i in self.uses]
        return list(dict.fromkeys([x for x in operands if isinstance(x, Value)]))

    @property
    def name(self) -> str:
        """Such as x₁; nothing if it is no input."""
        x = Quantity("x", str(self.unit), number=self.step)
        return plain(Formula(x)) if self.unit else ""

    @property
    def fact(self) -> tuple[str, float]:
        """What is shown of it: the number, or how many samples there are."""
        different = self.numbers if self.unit else tuple({*self.numbers})
        is_one = len(different) == 1
        return ("", different[0]) if is_one else ("samples", float(len(self.numbers)))


def plain_inputs(order: Sequence[Value], layers: Layers) -> list[Given]:
    """Return the plain numbers that are multiplied with weights, in the order of the graph.

    What a layer that comes first is given is an input, unless a node takes that place in other
    uses of the layer. Layers beside each other that are given the same numbers share them.

    Examples
    --------
    >>> from autograd import topological_order
    >>> from nn import Neuron
    >>> order = topological_order(Neuron(2, rng=0)([1.5, -2.0]))
    >>> [(x.unit, x.numbers) for x in plain_inputs(order, Layers(order))]
    [(1, (1.5,)), (2, (-2.0,))]
    """
    inner = {
        node: a
        for uses in layers.uses.values()
        for use in uses
        for a in use.units.values()
        for node in (a, *sums(a))
    }
    plain = {x for x in order if is_plain(x)}
    if not any(x.__class__ is float or x in plain for node in inner for x in node.operands):
        return []
    slots: dict[tuple[int, int, int], list[tuple[Value, int]]] = defaultdict(list)
    numbers: dict[tuple[int, int, int], dict[int, float]] = defaultdict(dict)  # by sample
    is_first: dict[int, bool] = {}
    has_nodes: set[tuple[int, int]] = set()
    for node in order:
        for i, operand in enumerate(node.operands if node in inner else ()):
            weight = weight_at(node, i)
            if weight is None:
                continue
            use, source = layers.use_of[inner[node]], layers.places[weight].source
            is_first.setdefault(use.layer, layers.depths[inner[node]] == 1)
            if isinstance(operand, Value) and operand not in plain:
                has_nodes.add((use.layer, source))
                continue
            slots[use.layer, source, use.step].append((node, i))
            number = operand.data if isinstance(operand, Value) else operand
            numbers[use.layer, source, use.step][use.sample] = number
    found: list[Given] = []
    shared: dict[Any, int] = {}  # places in `found`
    units: dict[tuple[int, int], int] = {}
    taken = {place.unit for place in layers.places.values() if place.quantity == "x"}
    for (layer, source, step), uses in slots.items():
        given = tuple(numbers[layer, source, step].values())
        step = step if layers.steps(layer) > 1 else 0
        if not is_first[layer] or (layer, source) in has_nodes:
            found.append(Given(0, step, uses, given))
            continue
        (node, i), *_ = uses
        is_node = isinstance(node.operands[i], Value)
        at = shared.setdefault((source, step, given, is_node), len(found))
        if at < len(found):
            found[at].uses.extend(uses)
            units.setdefault((layer, source), found[at].unit)
            continue
        free = source if source not in taken else max(taken) + 1
        unit = units.setdefault((layer, source), free)
        taken.add(unit)
        found.append(Given(unit, step, uses, given))
    return found


def is_plain(x: Value) -> bool:
    """Return whether a node is a number without a name."""
    is_given = x.operation is not None and not x.parents
    return is_given and x.place is None and not x.label


def weight_at(node: Value, i: int) -> Value | None:
    """Return the weight that the i-th operand of a node is multiplied with, if there is one."""
    operands = node.operands
    partner = None
    if node.operation is dot:
        n = len(operands) // 2
        partner = operands[i - n] if n <= i < 2 * n else None
    elif node.operation is mul:
        partner = operands[1 - i]
    return partner if isinstance(partner, Value) and quantity(partner) == "w" else None
