"""Functions that take sequences or options, each of them one row of the table applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import operations as op
from .choices import one_of
from .core import Node, data_of
from .numbers import Items, is_sequence, number_of
from .quoting import short
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
    if not all(x.__class__ is float or isinstance(x, Node) for x in values):
        return [op.softmax.apply((*values, float(k))) for k in range(len(values))]
    shares = op.shares_of_exponentials(data_of(values))  # once for all, as the row has it for each
    node = next((x for x in values if isinstance(x, Node)), None)
    if node is None:
        return shares
    apply = node.__operation__  # type: ignore[attr-defined]
    return [apply(op.softmax, (*values, float(k)), y) for k, y in enumerate(shares)]


@overload
def pick(values: Items[N], index: Any) -> N: ...
@overload
def pick(values: Items[Any], index: Any) -> Any: ...
def pick(values: Items[Number], index: Number) -> Number:
    """Return ``values[index]``, the number that data choose, with the gradient to it alone.

    The others contribute nothing, be they infinite or nan. With a plain number as index this is
    the value itself, and no node is made; in a function for `compile` the index may be an entry of
    the sample, where ``values[index]`` is refused. All values are nodes of the graph there, as with
    a node as index: where a slope on the way to one that is not chosen is infinite, its gradient,
    0 · inf, is nan. So look up first: ``log(pick(p, t))``, not ``pick([log(x) for x in p], t)``.

    Parameters
    ----------
    values : sequence
    index : int, or a float such as 2.0
        From 0, as in Python, but not from the end: -1, which often marks what is missing, is
        refused. A node is followed when it is edited; it gets no gradient.

    Raises
    ------
    ValueError
        If the index is no integer from 0 to ``len(values) - 1``.

    Examples
    --------
    The error of a classifier, minus the logarithm of the probability of the right class:

    >>> from autograd import Value, log
    >>> a, t = [Value(1.0), Value(2.0)], 1
    >>> error = -log(pick(softmax(a), t))
    >>> error.backward()
    >>> [round(a_k.grad, 6) for a_k in a]
    [0.268941, -0.268941]

    See Also
    --------
    take : Whole rows, as of a table of embeddings.
    """
    k = _place(index, len(_some(values, "pick")), "pick")
    return op.pick.apply((*values, index)) if k is None else values[k]


@overload
def take(rows: Items[Items[N]], index: Any) -> list[N]: ...
@overload
def take(rows: Items[Any], index: Any) -> list[Any]: ...
def take(rows: Items[Any], index: Number) -> list[Any]:
    """Return ``rows[index]`` as a list, the row that data choose, with the gradient to it alone.

    So a table of embeddings is looked up, without 1-of-K vectors: `pick` for each column.

    Parameters
    ----------
    rows : sequence of sequences of one length
    index : int, or a float such as 2.0
        As for `pick`.

    Raises
    ------
    ValueError
        If the index is no integer from 0 to ``len(rows) - 1``, or rows differ in length.
    TypeError
        If the rows are numbers.

    Examples
    --------
    >>> from autograd import Value
    >>> table = [[Value(0.1), Value(0.2)], [Value(0.3), Value(0.4)]]
    >>> [x.data for x in take(table, 1)]
    [0.3, 0.4]

    References
    ----------
    `jax.numpy.take` with ``axis=0``, and `numpy.take`.
    """
    k = _place(index, len(_some(rows, "take")), "take")
    chosen = rows[0 if k is None else k]
    if not is_sequence(chosen):
        raise TypeError(f"take() chooses among rows, not numbers, got {short(chosen)}; use pick()")
    if k is not None:
        return list(chosen)
    lengths = list(map(len, rows))
    if len({*lengths}) > 1:
        i = next(i for i, length in enumerate(lengths) if length != lengths[0])
        raise ValueError(
            f"take() needs rows of one length, but rows[0] has {lengths[0]} and rows[{i}] "
            f"{lengths[i]}"
        )
    return [(take if is_sequence(column[0]) else pick)(column, index) for column in zip(*rows)]


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


def _place(index: Number, count: int, name: str) -> int | None:
    """Return which one of several an index means; None if it is a node or a symbol."""
    kind = index.__class__
    is_node = hasattr(kind, "__operation__")
    if is_node and (hasattr(kind, "is_unknown") or not hasattr(kind, "parents")):
        return None
    number = number_of(index)
    if not (0.0 <= number < count and number.is_integer()):
        raise ValueError(
            f"{name}() of {count} needs an integer from 0 to {count - 1} as index, got "
            f"{short(number)}"
        )
    return None if is_node else int(number)


def _some(values: Iterable[Number], name: str) -> tuple[Number, ...]:
    values = tuple(values)
    if not values:
        raise ValueError(f"{name}() needs at least one value, got none")
    return values
