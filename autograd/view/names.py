"""What the nodes of a graph are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from autograd.layers import Layers
from autograd.value import Value

from .formula import Formula
from .latex import latex
from .markup import Label, Quantity
from .notation import Notation
from .plain import plain
from .units import feeding

DIGITS: Final = 6  # of numbers in formulas


class Names:
    """The names of nodes: by label, by their place in a network, or v1, v2, ...

    Nodes of the same name, such as a unit that several samples pass through, are numbered in
    the order of the graph: a[1], a[2], ...

    Parameters
    ----------
    order : sequence of Value
        The graph in topological order.
    notation : Notation
    layers : Layers, optional
        Those of the graph, where they have been found already.

    Examples
    --------
    >>> from autograd import topological_order
    >>> from autograd.view.notation import find_notation
    >>> a = Value(2.0, label="alpha")
    >>> b = a * a
    >>> names = Names(topological_order(b), find_notation("prml"))
    >>> names.text(a), names.latex(a), names.text(b)
    ('alpha', '\\\\mathrm{alpha}', 'v₁')
    """

    def __init__(
        self, order: Sequence[Value], notation: Notation, layers: Layers | None = None
    ) -> None:
        self.notation = notation
        self.layers = layers or Layers(order)
        self._feeds = feeding(order)
        self._symbols: dict[Value, Any] = {}
        same: dict[Quantity | Label, list[Value]] = {}
        for node in order:
            name = self._name(node)
            if name is not None:
                same.setdefault(name, []).append(node)
        for name, nodes in same.items():
            for i, node in enumerate(nodes, start=1):
                numbered = name if len(nodes) == 1 else name._replace(number=i)
                self._symbols[node] = Formula(numbered)
        self._own = {node for nodes in same.values() for node in nodes}
        self._taken = {*same}
        indexed = {x.letter for x in same if isinstance(x, Quantity) and x.indices}
        letter = next((c for c in "vurs" if c not in indexed), "v")
        self._symbols.update({node: node.data for node in order if is_constant(node)})
        unnamed = [node for node in order if node not in self._symbols]
        for i, node in enumerate(unnamed, start=1):
            self._symbols[node] = Formula(Quantity(letter, str(i)))

    def has_name(self, node: Value) -> bool:
        """Return whether the node has a label or a place of its own."""
        return node in self._own

    def call(self, node: Value, letter: str) -> None:
        """Give a name to a node that has none of its own."""
        name = Quantity(letter)
        if name not in self._taken:
            self._symbols[node] = Formula(name)
            self._taken.add(name)

    def is_output(self, z: Value) -> bool:
        """Return whether an activation does not go into another unit."""
        return z not in self._feeds

    def symbol(self, node: Value) -> Any:
        """Return the node as a symbol of a formula; a constant as a number."""
        return self._symbols[node]

    def latex(self, node: Value) -> str:
        """Return the name as LaTeX; of a constant, the number."""
        return latex(self._symbols[node], DIGITS)

    def text(self, node: Value) -> str:
        """Return the name as text."""
        return plain(self._symbols[node], DIGITS)

    def title(self, *nodes: Value) -> str:
        """Return what nodes that differ in the sample alone are called in pictures, or nothing."""
        node, place = nodes[0], self.layers.places.get(nodes[0])
        if place is None or place.label:
            return node.label
        if len(nodes) == 1 and not is_constant(node):
            return plain(self._symbols[node])
        use = self.layers.use_of.get(node)
        step = use.step if use is not None and self.layers.steps(use.layer) > 1 else 0
        return plain(Formula(self._quantity(node)._replace(number=step)))

    def quantity(self, node: Value, letter: str) -> Formula:
        """Return another quantity of a marked node, such as δ of its unit."""
        quantity = self.notation.quantity(self.layers.places[node], letter)
        return Formula(quantity._replace(number=self._symbols[node].head.number))

    def _name(self, node: Value) -> Quantity | Label | None:
        place = node.place
        return label_name(node.label) if place is None or place.label else self._quantity(node)

    def _quantity(self, node: Value) -> Quantity:
        place = self.layers.places[node]
        letter = self.notation.letter(place.quantity)
        if place.quantity == "z" and letter == "z" and node not in self._feeds:
            letter = "y"  # PRML's name for the output of the network
        return self.notation.quantity(place, letter)


def label_name(label: str) -> Quantity | Label | None:
    """Return the name that a label of the user gives: upright text, unless it is one letter.

    Examples
    --------
    >>> label_name("x").letter, label_name("w2").indices, label_name("100 %").text
    ('x', '2', '100 %')
    """
    numbered = re.fullmatch(r"([A-Za-z])(?:_?([0-9]+))?", label)
    if numbered:
        return Quantity(numbered[1], numbered[2] or "")
    return Label(label) if label else None


def is_constant(node: Value) -> bool:
    """Return whether a node is a number that has a place in the graph but no gradient."""
    return node.operation is not None and not node.parents


def node_formula(node: Value, operands: Sequence[Any]) -> Formula:
    """Return the formula of a computed node."""
    assert node.operation is not None
    return Formula(node.operation, *operands)
