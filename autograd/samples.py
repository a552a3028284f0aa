"""Samples as people hold them, taken by position: as lists, tuples and arrays.

Labels of rows and names of columns have no say: a Series is paired by its order, a DataFrame is its
rows. Such objects are known by what they can do; no library is imported for them.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

from .numbers import is_sequence, number_of
from .quoting import clipped, short

MOST: Final = 12  # columns that a message names
_WITHOUT: Final[dict[Any, str]] = {  # what has no positions, and what to do about it
    Mapping: "it has keys, and no positions: pass a list of rows",
    Set: "it has no order: pass a list",
    Iterator: "it gives its samples only once: pass a list of them",
    (str, bytes, bytearray): "it is text: pass a list of rows",
}


def by_position(samples: Any, name: str) -> Any:
    """Return samples so that ``samples[i]`` is the one at position i.

    Lists, tuples and arrays are returned as they are, unless their entries are Series or tensors.
    A DataFrame becomes a list of its rows; a Series, an Index or a tensor a list; what is missing
    or masked, nan.

    Parameters
    ----------
    samples : list, tuple, array, tensor, Series, Index or DataFrame
        Of NumPy, pandas, Polars, PyTorch, or anything with a length and items.
    name : str
        What a message calls them.

    Raises
    ------
    TypeError
        If they have no positions, as a dict, a set or a generator; or if a column of a DataFrame,
        or a Series, holds something else than numbers. The message names all such columns.

    Examples
    --------
    >>> by_position([[1.0, 2.0], [3.0, 4.0]], "inputs")
    [[1.0, 2.0], [3.0, 4.0]]
    >>> by_position({"x": [1.0, 3.0]}, "inputs")
    Traceback (most recent call last):
        ...
    TypeError: inputs must be a sequence, such as a list, not dict: it has keys, and no \
positions: pass a list of rows
    """
    if getattr(samples, "is_nested", False) is True:  # a tensor of samples of different lengths
        samples = samples.unbind()
    kind = type(samples)
    if kind in (list, tuple):
        if any(map(_is_converted, {*map(type, samples)})):
            return [by_position(x, f"{name}[{i}]") for i, x in enumerate(samples)]
        return samples
    if column_names(samples) is not None:
        return _rows(samples, name)
    if _is_converted(kind):
        if hasattr(kind, "detach"):
            return samples.detach().tolist()
        entries, found = _numbers(samples)
        if found:
            raise TypeError(f"{name} has {found}{_advice([found])}")
        return entries
    if hasattr(kind, "filled") and hasattr(kind, "mask"):  # numpy.ma
        return samples.astype(float).filled(math.nan)
    if hasattr(kind, "A1"):  # numpy.matrix, whose rows are matrices
        return samples.tolist()
    if getattr(getattr(samples, "dtype", None), "names", None):
        raise TypeError(
            f"{name} has fields with names, {clipped(', '.join(samples.dtype.names))}: pass an "
            "array with a row of numbers for each sample, as numpy.column_stack makes it"
        )
    _check_sequence(samples, name)
    return samples


def column_names(samples: Any) -> list[str] | None:
    """Return the names of the columns of a DataFrame, in their order; None of anything else."""
    if hasattr(type(samples), "to_numpy") and hasattr(samples, "columns"):
        return [x if isinstance(x, str) else short(x) for x in samples.columns]
    return None


def not_finite(samples: Any, allows_nan: bool = False) -> tuple[str, float] | None:
    """Return where the first number is that is nan or infinite, and that number; else None.

    Nodes count by their numbers; what is no number is passed over.

    Examples
    --------
    >>> not_finite([[1.0, 2.0], [3.0, math.inf]])
    ('[1][1]', inf)
    >>> not_finite([1.0, math.nan], allows_nan=True) is None
    True
    """
    kind = getattr(getattr(samples, "dtype", None), "kind", "")
    if kind == "f" and hasattr(samples, "__array_namespace__"):
        if samples.__array_namespace__().isfinite(samples).all():
            return None
    elif kind in ("b", "i", "u"):
        return None
    if not hasattr(type(samples), "__iter__"):  # which may have a length, and no end
        samples = [samples[i] for i in range(len(samples))]
    if _has_finite_sum(samples):
        return None
    for i, x in enumerate(samples):
        if is_sequence(x):
            found = not_finite(x, allows_nan)
            if found is not None:
                return f"[{i}]{found[0]}", found[1]
            continue
        number = _number(x)
        if not (math.isfinite(number) or (allows_nan and math.isnan(number))):
            return f"[{i}]", number
    return None


def _has_finite_sum(samples: Any) -> bool:
    """Return whether all are finite numbers; False may also mean that it is not known."""
    try:
        return math.isfinite(math.fsum(samples))
    except (TypeError, ValueError, OverflowError):
        return False


def _number(x: Any) -> float:
    try:
        return number_of(x)
    except (TypeError, OverflowError):
        return 0.0


def _is_converted(kind: type) -> bool:
    """Return whether something is a Series or a DataFrame, or a tensor of PyTorch."""
    return hasattr(kind, "to_numpy") or (hasattr(kind, "detach") and hasattr(kind, "tolist"))


def _rows(frame: Any, name: str) -> list[list[Any]]:
    names = column_names(frame) or []
    at = getattr(frame, "iloc", frame)
    columns = [_numbers(at[:, j]) for j in range(len(names))]
    wrong = [f"column {short(x)} has {found}" for x, (_, found) in zip(names, columns) if found]
    if wrong:
        raise TypeError(f"{name}: {'; '.join(wrong[:MOST])}{_advice(wrong)}")
    rows = zip(*[entries for entries, _ in columns])
    return [list(row) for row in rows] if columns else [[] for _ in range(len(frame))]


def _numbers(column: Any) -> tuple[list[Any], str]:
    """Return the entries of a Series, missing ones as nan, and what is there that is no number."""
    entries = column.tolist() if hasattr(column, "tolist") else column.to_list()
    if hasattr(getattr(column, "dtype", None), "categories"):
        return [], f"categories, such as {short(entries[0] if entries else '')}"
    try:
        array("d", entries)
    except TypeError:
        missing = [x is None or type(x).__name__ == "NAType" for x in entries]
        entries = [math.nan if gone else x for x, gone in zip(entries, missing)]
        for x in entries:
            if not _may_be_numbers(x):
                kind = "text" if isinstance(x, str) else f"a {type(x).__name__}"
                return [], f"{kind}, such as {short(x)}"
    return entries, ""


def _may_be_numbers(x: Any) -> bool:
    is_number = hasattr(x, "__float__") or hasattr(x, "__index__")
    return is_sequence(x) or (is_number and not isinstance(x, str))


def _advice(wrong: list[str]) -> str:
    more = f"; and {len(wrong) - MOST} more" if len(wrong) > MOST else ""
    them = "them" if len(wrong) > 1 else "it"
    return (
        f"{more}. Leave {them} out, or make numbers of {them}: of classes their indices 0 to K-1, "
        "of other text a column of 0 and 1 for each value, as get_dummies does; "
        "nn.data.read_table does both for files"
    )


def _check_sequence(samples: Any, name: str) -> None:
    kind = type(samples)
    for others, advice in _WITHOUT.items():
        if isinstance(samples, others):
            raise TypeError(
                f"{name} must be a sequence, such as a list, not {kind.__name__}: {advice}"
            )
    if hasattr(kind, "toarray"):  # scipy.sparse
        raise TypeError(f"{name} is a sparse {kind.__name__}: pass it as {name}.toarray()")
    is_one = getattr(samples, "ndim", 1) == 0
    if is_one or not (hasattr(samples, "__len__") and hasattr(samples, "__getitem__")):
        what = "None" if samples is None else "one number" if is_one else kind.__name__
        raise TypeError(f"{name} must be a sequence, such as a list, not {what}")
