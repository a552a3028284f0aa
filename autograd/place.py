"""`Place`: where a node stands in a network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where a node stands in a network; `nn` marks its nodes with it.

    Attributes
    ----------
    quantity : str
        "x" input, "w" weight, "b" bias, "a" pre-activation or "z" activation.
    layer, unit : int
        Both count from 1; inputs are layer 0.
    source : int
        For a weight, the unit of the layer below that it comes from; else 0.
    activation : str
        For a pre-activation, the operation that makes z of it.
    label : str
        The user's own label; empty if there is none.
    """

    quantity: str
    layer: int
    unit: int
    source: int = 0
    activation: str = ""
    label: str = ""

    def __str__(self) -> str:
        if self.label:
            return self.label
        if not self.layer:
            return f"{self.quantity}{self.unit}"
        unit = f"{self.unit},{self.source}" if self.source else f"{self.unit}"
        return f"{self.quantity}{self.layer}[{unit}]"


def mark(nodes: Iterable[Any], places: Iterable[Place | None]) -> None:
    """Mark many nodes with their places, as ``node.place = place`` does with one."""
    for node, place in zip(nodes, places):
        node._name = place
