"""`Place`: where a node stands in a network."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any, Final, NamedTuple

_births: Final = count()


class LayerMark:
    """What tells the nodes of one layer from those of all others: its identity.

    A copy of a layer gets a mark of its own, with its nodes.

    Attributes
    ----------
    is_neuron : bool
        Whether it stands for a neuron on its own; those with the same inputs form a layer.
    birth : int
        Later marks have larger ones.
    """

    __slots__ = ("birth", "is_neuron")

    def __init__(self, is_neuron: bool = False) -> None:
        self.is_neuron, self.birth = is_neuron, next(_births)

    def __reduce__(self) -> tuple[Any, ...]:
        return LayerMark, (self.is_neuron,)


class Place(NamedTuple):
    """Where a node stands in a network; `nn` marks its nodes with it.

    Attributes
    ----------
    quantity : str
        "x" input, "w" weight, "b" bias, "a" pre-activation or "z" activation.
    layer, unit : int
        Both count from 1; inputs are layer 0, and so is a layer that does not know where it
        stands: `Layers` finds its number in each graph.
    source : int
        For a weight, the unit of the layer below that it comes from; else 0.
    activation : str
        For a pre-activation, the operation that makes z of it.
    label : str
        The user's own label; empty if there is none.
    mark : LayerMark, optional
        Which layer it is, or for an input, which layer it goes into.
    """

    quantity: str
    layer: int
    unit: int
    source: int = 0
    activation: str = ""
    label: str = ""
    mark: LayerMark | None = None

    @property
    def unit_of(self) -> tuple[Any, int]:
        """Which unit it belongs to: the layer, or its number where it has no mark, and the unit."""
        return self.mark or self.layer, self.unit

    def __str__(self) -> str:
        if self.label:
            return self.label
        if self.quantity == "x":
            return f"x{self.unit}"
        unit = f"{self.unit},{self.source}" if self.source else f"{self.unit}"
        return f"{self.quantity}{self.layer or ''}[{unit}]"


def mark(nodes: Iterable[Any], places: Iterable[Place | None]) -> None:
    """Mark many nodes with their places, as ``node.place = place`` does with one."""
    for node, place in zip(nodes, places):
        node._name = place
