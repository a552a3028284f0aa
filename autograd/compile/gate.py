"""Samples become arrays: what is no number is refused, as by the scalar engine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from autograd.numbers import is_sequence, number_of
from autograd.quoting import short
from autograd.samples import by_position
from autograd.value import Value

DOUBTFUL = "OUSMmc"  # kinds of arrays that have to be looked at: text, times, complex numbers


def array_of(
    data: Any, name: str, namespace: Any, dtype: Any, parameters: Collection[Value] = ()
) -> Any:
    """Return samples as an array of this type, or say what is wrong with them.

    Raises
    ------
    TypeError
        If something is no real number: None, text, a time, a complex number, a node that was
        computed or is a parameter, whose gradient would be lost. The message has the place.
    ValueError
        If the rows differ in length, or numbers are masked.

    Examples
    --------
    >>> import numpy
    >>> array_of([[1, 2], [3, "4"]], "X", numpy, float)
    Traceback (most recent call last):
        ...
    TypeError: X[1][1]: expected a real number, got str '4'; convert it first, e.g. float(x)
    """
    if type(data) is not namespace.ndarray:  # in each step of training
        if hasattr(data, "filled") and data.mask.any():
            count = int(data.mask.sum())
            raise ValueError(
                f"{name} has masked numbers, {count} of them: leave their samples out, or "
                f"put numbers there, {name}.filled(0.0)"
            )
        data = by_position(data, name)
    try:
        array = namespace.asarray(data)
        if array.dtype.kind in DOUBTFUL:
            array = _checked(data, name, parameters)
        return namespace.asarray(array, dtype)
    except (TypeError, ValueError) as error:
        if str(error).startswith(name):
            raise
        raise type(error)(
            f"{name} must be an array of numbers, with samples of one shape: "
            f"{_other_shape(data, name) or error}"
        ) from None


def _other_shape(data: Any, name: str) -> str:
    """Say which sample has another shape than the first, or has none; "" if all have the same."""
    shapes = [*map(_shape, data)]
    i = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), 0)
    if i:
        return f"{name}[0] has {shapes[0]}, {name}[{i}] {shapes[i]}"
    return f"the rows within {name}[0] differ in length" if "…" in shapes[0] else ""


def _shape(x: Any) -> tuple[Any, ...]:
    """Return the shape of nested sequences, with "…" where it is not the same for all."""
    if not is_sequence(x):
        return ()
    inner = {_shape(item) for item in x}
    return (len(x), *(inner.pop() if len(inner) == 1 else ["…"] * bool(inner)))


def _checked(x: Any, place: str, parameters: Collection[Value]) -> Any:
    """Return nested samples as lists of floats."""
    if is_sequence(x):
        return [_checked(item, f"{place}[{i}]", parameters) for i, item in enumerate(x)]
    if isinstance(x, Value) and (x.operation is not None or x in parameters):
        kind = "a parameter" if x.operation is None else "computed"
        raise TypeError(
            f"{place} is the node {short(x)}, which is {kind}: a program takes samples as numbers, "
            "and no gradient flows to them. Let the function use the node, or pass its .data"
        )
    try:
        return number_of(x)
    except TypeError as error:
        raise TypeError(f"{place}: {error}") from None
