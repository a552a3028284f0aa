"""Class indices as 1-of-K targets."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import SupportsIndex, overload

from .words import count


@overload
def one_hot(indices: SupportsIndex, n_classes: int) -> list[float]: ...
@overload
def one_hot(indices: Iterable[SupportsIndex], n_classes: int) -> list[list[float]]: ...
def one_hot(
    indices: SupportsIndex | Iterable[SupportsIndex], n_classes: int
) -> list[float] | list[list[float]]:
    """Code class indices as 1-of-K targets: 1 at the class, 0 elsewhere (PRML, section 4.3.4).

    Parameters
    ----------
    indices : int or iterable of int
        One class index, or several; each from 0 to n_classes - 1.
    n_classes : int
        The number of classes K, at least 1.

    Returns
    -------
    list of float or list of list of float
        K numbers for one index; a list of such rows for several.

    Raises
    ------
    ValueError
        If an index is not that of one of the classes.

    Examples
    --------
    >>> one_hot(2, 3)
    [0.0, 0.0, 1.0]
    >>> one_hot([0, 1], 2)
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if isinstance(indices, Iterable):
        return [one_hot(index, n_classes) for index in indices]
    index = operator.index(indices)
    if not 0 <= index < n_classes:
        raise ValueError(
            f"class index {index} is not one of {count(n_classes, 'class')}: "
            f"use 0 to {n_classes - 1}, or a larger n_classes"
        )
    return [float(k == index) for k in range(n_classes)]
