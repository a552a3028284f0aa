"""Functions that take sequences or options, each of them one row of the table applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import operations as op
from .choices import one_of
from .numbers import Items
from .table import Number

if TYPE_CHECKING:
    from .value import Value

N = TypeVar("N", float, "Value")  # what type checkers can follow; other numbers are Any


@overload
def dot(w: Items[float], x: Items[float], b: float | None = None) -> float: ...
@overload
def dot(w: Items[Value], x: Items[Any], b: Any = None) -> Value: ...
@overload
def dot(w: Items[Any], x: Items[Value], b: Any = None) -> Value: ...
@overload
def dot(w: Items[Any], x: Items[Any], b: Any = None) -> Any: ...
def dot(w: Items[Number], x: Items[Number], b: Number | None = None) -> Number:
    """Return Σ_i w_i x_i + b as one node: the pre-activation a_j of a neuron.

    Parameters
    ----------
    w, x : sequences of the same length
    b : optional
        The bias.

    Raises
    ------
    ValueError
        If `w` and `x` differ in length.

    Examples
    --------
    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (5.2).
    """
    if len(w) != len(x):
        raise ValueError(f"dot() needs as many weights as inputs, got {len(w)} and {len(x)}")
    return op.dot.apply((*w, *x) if b is None else (*w, *x, b))


@overload
def sum(values: Iterable[N], start: N | float = 0.0) -> N: ...
@overload
def sum(values: Iterable[Any], start: Any = 0.0) -> Any: ...
def sum(values: Iterable[Number], start: Number = 0.0) -> Number:
    """Return Σ_i x_i + start as one node, as Python's `sum` that it stands for; 0.0 for no values.

    Examples
    --------
    >>> sum([1.0, 2.0, 3.0]), sum([1.0, 2.0], 10.0)
    (6.0, 13.0)
    """
    terms = tuple(values)
    return op.sum.apply(terms if start.__class__ in (int, float) and not start else (*terms, start))


@overload
def mean(values: Iterable[N]) -> N: ...
@overload
def mean(values: Iterable[Any]) -> Any: ...
def mean(values: Iterable[Number]) -> Number:
    """Return the arithmetic mean as one node.

    Raises
    ------
    ValueError
        If there are no values.

    Examples
    --------
    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return op.mean.apply(_some(values, "mean"))


@overload
def prod(values: Iterable[N]) -> N: ...
@overload
def prod(values: Iterable[Any]) -> Any: ...
def prod(values: Iterable[Number]) -> Number:
    """Return Π_i x_i as one node; 1.0 for no values. Zeros among them are differentiated too.

    Examples
    --------
    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return op.prod.apply(tuple(values))


@overload
def logsumexp(values: Iterable[N]) -> N: ...
@overload
def logsumexp(values: Iterable[Any]) -> Any: ...
def logsumexp(values: Iterable[Number]) -> Number:
    """Return ln Σ_i exp(x_i) as one node, without overflow. Its gradient is the softmax.

    Raises
    ------
    ValueError
        If there are no values.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return op.logsumexp.apply(_some(values, "logsumexp"))


@overload
def softmax(values: Iterable[N]) -> list[N]: ...
@overload
def softmax(values: Iterable[Any]) -> list[Any]: ...
def softmax(values: Iterable[Number]) -> list[Number]:
    """Return the list of y_k = exp(a_k) / Σ_j exp(a_j): positive numbers that sum to 1.

    Each y_k is one node. The largest a_j is subtracted first, so that nothing overflows.

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (4.104-4.106).
    """
    values = _some(values, "softmax")
    return [op.softmax.apply((*values, float(k))) for k in range(len(values))]


@overload
def gelu(x: N, approximate: str = "none") -> N: ...
@overload
def gelu(x: Any, approximate: str = "none") -> Any: ...
def gelu(x: Number, approximate: str = "none") -> Number:
    """Return x Φ(x), the Gaussian error linear unit.

    Parameters
    ----------
    x : number
    approximate : {"none", "tanh"}
        "tanh" replaces Φ by (1 + tanh(√(2/π)(x + 0.044715 x³)))/2.

    Examples
    --------
    >>> round(gelu(1.0), 6), round(gelu(1.0, "tanh"), 6)
    (0.841345, 0.841192)

    References
    ----------
    D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, arXiv:1606.08415, 2016.
    """
    one_of("approximate", approximate, ("none", "tanh"))
    return op.gelu_tanh(x) if approximate == "tanh" else op.gelu(x)


def _some(values: Iterable[Number], name: str) -> tuple[Number, ...]:
    values = tuple(values)
    if not values:
        raise ValueError(f"{name}() needs at least one value, got none")
    return values
