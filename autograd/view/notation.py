"""Names of quantities in the notations of three courses.

They name the same things differently, and students trip over it:

=================== ============ ============== =============
quantity            PRML         Nielsen        Wikipedia
=================== ============ ============== =============
weighted input      a_j          z_j            net_j
output of the unit  z_j          a_j            o_j
weight from i to j  w_ji         w_ji           w_ij
slope of the unit   h′(a_j)      σ′(z_j)        φ′(net_j)
error of the unit   δ_j          δ_j            δ_j
target              t_j          y_j            t_j
cost                E            C              E
=================== ============ ============== =============
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autograd.choices import one_of
from autograd.place import Place

from .formula import Formula
from .markup import Quantity
from .plain import plain


@dataclass(frozen=True)
class Notation:
    """The letters of one course.

    Attributes
    ----------
    pre_activation, activation, error : str
        a, z and E in PRML.
    source_first : bool
        Whether the weight from i to j has the indices ij instead of ji.
    target, function : str
        t and h in PRML; the function, as LaTeX, is what makes an activation of a pre-activation.
    """

    pre_activation: str
    activation: str
    error: str
    source_first: bool = False
    target: str = "t"
    function: str = "h"

    def letter(self, quantity: str) -> str:
        """Return the letter for a `Place.quantity`."""
        return {"a": self.pre_activation, "z": self.activation}.get(quantity, quantity)

    def name(self, place: Place, quantity: str | None = None) -> str:
        """Return the name of what stands at a place, such as z₂⁽¹⁾ or w₂₁⁽¹⁾.

        Examples
        --------
        >>> NOTATIONS["prml"].name(Place("w", 1, 2, 3))
        'w₂₃⁽¹⁾'
        >>> NOTATIONS["wikipedia"].name(Place("a", 1, 2))
        'net₂⁽¹⁾'
        """
        if place.label and quantity is None:
            return place.label
        return plain(Formula(self.quantity(place, self.letter(quantity or place.quantity))))

    def quantity(self, place: Place, letter: str) -> Quantity:
        """Return a quantity of the unit or weight at a place, such as δ."""
        indices = [place.unit, place.source] if place.source else [place.unit]
        if self.source_first:
            indices.reverse()
        joined = ("," if max(indices) > 9 else "").join(map(str, indices))
        return Quantity(letter, joined, place.layer)


NOTATIONS: Final = {
    "prml": Notation("a", "z", "E"),
    "nielsen": Notation("z", "a", "C", target="y", function=r"\sigma"),
    "wikipedia": Notation("net", "o", "E", source_first=True, function=r"\varphi"),
}


def find_notation(name: str) -> Notation:
    """Return the notation of that name.

    Raises
    ------
    ValueError
        If it is none of "prml", "nielsen" and "wikipedia".
    """
    one_of("notation", name, NOTATIONS)
    return NOTATIONS[name]
