"""Generators of random numbers, from whatever a user has."""

from __future__ import annotations

import operator
import random
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias

from autograd.quoting import short

if TYPE_CHECKING:
    import numpy as np

Rng: TypeAlias = "SupportsIndex | random.Random | np.random.Generator | None"


def generator(rng: Rng = None) -> random.Random:
    """Return the generator of random numbers that `rng` stands for.

    Parameters
    ----------
    rng : int, random.Random, numpy.random.Generator or None
        A seed; a generator, which goes on from where it is; one of NumPy, from which the seed of
        a new one is drawn; None for the global generator of the module `random`.

    Raises
    ------
    TypeError
        If it is none of these.

    Examples
    --------
    >>> generator(42).random() == generator(random.Random(42)).random()
    True
    """
    if rng in (None, random):  # type: ignore[comparison-overlap]
        return random  # type: ignore[return-value]
    if isinstance(rng, SupportsIndex):
        return random.Random(operator.index(rng))
    if isinstance(rng, random.Random):
        return rng
    if hasattr(rng, "integers"):
        return random.Random(int(rng.integers(2**63)))
    raise TypeError(
        f"rng must be an integer, a random.Random, a numpy.random.Generator or None, got "
        f"{short(rng)}"
    )
