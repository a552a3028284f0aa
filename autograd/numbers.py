"""Plain numbers: which are real, which are the same or close, and sequences of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Protocol, SupportsFloat, SupportsIndex, TypeVar

from .quoting import short

Real = SupportsFloat | SupportsIndex  # what `real` accepts, as far as a type can say it
T = TypeVar("T", covariant=True)


class Items(Protocol[T]):
    """A list, a tuple, an array: what has a length, and items that are found by their number."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T]: ...
    def __getitem__(self, i: int, /) -> T: ...


class Array(Items[Any], Protocol):
    """An array with elements, of NumPy or another library."""

    def __array_namespace__(self) -> Any: ...


def real(x: object) -> float:
    """Return the real number `x` as a plain float.

    Parameters
    ----------
    x : int, float, bool, Fraction, Decimal, NumPy scalar or array with no dimensions

    Raises
    ------
    TypeError
        If `x` is not one real number: a string, None, complex, a list, a longer array.
    OverflowError
        If `x` is an integer beyond the range of floats (about 1.8e308).

    Examples
    --------
    >>> from fractions import Fraction
    >>> real(Fraction(1, 4)), real(True)
    (0.25, 1.0)
    """
    if type(x) is float:
        return x
    if getattr(x, "ndim", 0):
        raise TypeError(
            f"expected one number, got an array of shape {x.shape}; "  # type: ignore[attr-defined]
            "make one Value for each element, e.g. [Value(v) for v in array]"
        )
    has_float = hasattr(x, "__float__") or hasattr(x, "__index__")
    kind = getattr(getattr(x, "dtype", None), "kind", "f")  # of a NumPy scalar
    if not has_float or isinstance(x, (complex, str, bytes)) or kind not in "biufO":
        hint = "pass an int or a float"
        if isinstance(x, (str, bytes)):
            hint = "convert it first, e.g. float(x)"
        elif isinstance(x, (list, tuple)):
            hint = "make one Value for each element, e.g. [Value(v) for v in x]"
        elif isinstance(x, complex):
            hint = "take its real or imaginary part, or its modulus"
        raise TypeError(f"expected a real number, got {type(x).__name__} {short(x)}; {hint}")
    try:
        return float(x)  # type: ignore[arg-type]
    except OverflowError:
        raise OverflowError(
            f"{type(x).__name__} is too large for a float (largest: 1.8e308); scale it first"
        ) from None


def number_of(x: Any) -> float:
    """Return the number of a node, or a plain number as it is, as a float.

    Examples
    --------
    >>> from autograd import Value
    >>> number_of(Value(2.0) * 3), number_of(6)
    (6.0, 6.0)
    """
    return x.data if hasattr(x.__class__, "parents") else real(x)


def same(a: float, b: float) -> bool:
    """Return whether two floats are one number; nan is itself, and 0.0 is not -0.0: 1/0 differs.

    Examples
    --------
    >>> same(math.nan, math.nan), same(0.0, -0.0)
    (True, False)
    """
    if a == b:
        return a != 0.0 or math.copysign(1.0, a) == math.copysign(1.0, b)
    return a != a and b != b


def close(a: float, b: float, relative: float = 1e-9, absolute: float = 0.0) -> bool:
    """Return whether two floats agree but for rounding; nan agrees with nan, inf with itself.

    Examples
    --------
    >>> close(0.1 + 0.2, 0.3), close(math.inf, math.inf), close(0.0, 1e-12)
    (True, True, False)
    """
    return (a != a and b != b) or math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def is_sequence(x: Any) -> bool:
    """Return whether x is a list, a tuple or an array that has elements, not one number."""
    return isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) > 0


def map_numbers(f: Callable[[Any], Any], x: Any) -> Any:
    """Apply f to every number of a nested sequence, keeping its structure.

    Examples
    --------
    >>> map_numbers(abs, [-1.0, (-2.0, 3.0)])
    [1.0, (2.0, 3.0)]
    """
    if not is_sequence(x):
        return f(x)
    mapped = [map_numbers(f, item) for item in x]
    return tuple(mapped) if isinstance(x, tuple) else mapped


def flatten(x: Any) -> list[Any]:
    """Return the numbers of a nested sequence in order.

    Examples
    --------
    >>> flatten([1.0, (2.0, [3.0])])
    [1.0, 2.0, 3.0]
    """
    return [number for item in x for number in flatten(item)] if is_sequence(x) else [x]
