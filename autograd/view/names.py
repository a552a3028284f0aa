"""What the nodes of a graph are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from autograd import operations as op
from autograd.layers import Layers
from autograd.table import Operation
from autograd.value import Value

from .formula import Formula
from .latex import latex
from .markup import Label, Quantity
from .notation import Notation
from .plain import plain
from .targets import targets
from .units import feeding

DIGITS: Final = 6  # of numbers in formulas
PRODUCTS: Final = (op.mul, op.dot)
SIGNS: Final = {"*": "×", "-": "−", "/": "÷"}  # of operations, where pictures have others


class Names:
    """The names of nodes: by label, by their place in a network, or v1, v2, ...

    Nodes of the same name, such as a unit that several samples pass through, are numbered in
    the order of the graph: a[1], a[2], ... The result has a name like any other node; that of a
    network is its error, E, unless it is an output itself or a derivative. A number that an
    output is compared with is its target t.

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
        self._own = {*self._symbols}
        self.targets = targets(order, self._feeds)
        self._target_of: dict[Value, Value] = {}
        taken = {*same}
        for (node, i), y in self.targets.items():
            t, name = node.operands[i], self.target(y).head
            if isinstance(t, Value) and t not in self._target_of and name not in taken:
                self._target_of[t] = y
                taken.add(name)
                self._symbols.setdefault(t, Formula(name))
        indexed = {x.letter for x in same if isinstance(x, Quantity) and x.indices}
        letter = next((c for c in "vurs" if c not in indexed), "v")
        self._symbols.update({node: node.data for node in order if is_constant(node)})
        if order and order[-1] not in self._symbols and self._is_error(order):
            error = Quantity(notation.error)
            if error not in taken:
                self._symbols[order[-1]] = Formula(error)
        unnamed = [node for node in order if node not in self._symbols]
        for i, node in enumerate(unnamed, start=1):
            self._symbols[node] = Formula(Quantity(letter, str(i)))

    def _is_error(self, order: Sequence[Value]) -> bool:
        """Return whether a nameless result is the error of a network.

        A derivative is none: in it what is within the network is a factor once more.
        """
        if not self.layers.uses or not order[-1].parents:
            return False
        inside = {
            node
            for node, place in self.layers.places.items()
            if place.quantity in ("x", "w") or node in self._feeds
        }
        for node in order:
            if node.place is None and node not in self._feeds and node.operation in PRODUCTS:
                factors = {*node.parents}
                others = factors - inside
                if others < factors and any(x.parents or x.place is not None for x in others):
                    return False
        return True

    def has_name(self, node: Value) -> bool:
        """Return whether the node has a label or a place of its own."""
        return node in self._own

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
        """Return what nodes that differ in the sample alone are called in pictures.

        A constant is called nothing, unless it has a place or is a target.
        """
        node = nodes[0]
        if len(nodes) == 1 and not is_constant(node):
            return self.text(node)
        if node in self._target_of:
            return plain(self.target(self._target_of[node]))
        place = self.layers.places.get(node)
        if place is None or place.label:
            return node.label
        return plain(Formula(self._quantity(node)._replace(number=self._step(node))))

    def target_title(self, node: Value, i: int) -> str:
        """Return what the constant is called that is an operand of a node; nothing if no target."""
        y = self.targets.get((node, i))
        return "" if y is None else plain(self.target(y))

    def of_unit(self, z: Value, unit: int) -> str:
        """Return the name that an activation has in another unit of the layer."""
        return plain(
            Formula(
                self._quantity(z)._replace(indices=str(unit), number=self._symbols[z].head.number)
            )
        )

    def target(self, *y: Value) -> Formula:
        """Return t for an output, or for outputs that differ in the sample alone."""
        if len(y) == 1:
            return Formula(self.quantity(y[0], self.notation.target).head._replace(layer=0))
        place = self.layers.places[y[0]]._replace(layer=0)
        target = self.notation.quantity(place, self.notation.target)
        return Formula(target._replace(number=self._step(y[0])))

    def _step(self, node: Value) -> int:
        """Return which of several uses of its layer within a sample a node is in; else 0."""
        use = self.layers.use_of.get(node)
        return use.step if use is not None and self.layers.steps(use.layer) > 1 else 0

    def quantity(self, node: Value, letter: str) -> Formula:
        """Return another quantity of a marked node, such as δ of its unit."""
        name = self.notation.quantity(self.layers.places[node], letter)
        return Formula(name._replace(number=self._symbols[node].head.number))

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


def sign_of(row: Operation) -> str:
    """Return what pictures call an operation: its sign, or its name."""
    return SIGNS.get(row.symbol, row.symbol)
