"""Arguments of optimisers, schedules and `fit`, checked before anything is changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd import Value
from autograd.numbers import real
from autograd.quoting import clipped, short


def in_range(name: str, value: Any, *, low: float = 0.0, below: float = math.inf) -> float:
    """Return `value` as a float; raise ValueError unless `low <= value < below`.

    Examples
    --------
    >>> in_range("lr", "0.1")
    Traceback (most recent call last):
        ...
    TypeError: lr: expected a real number, got str '0.1'; convert it first, e.g. float(x)
    """
    try:
        number = real(value)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    if not low <= number < below:
        raise ValueError(f"{name} is {value}: choose a number with {low} <= {name} < {below}")
    return number


def check_counts(**counts: Any) -> None:
    """Raise unless every count is an integer of at least 1."""
    for name, count in counts.items():
        if not hasattr(count, "__index__"):
            raise TypeError(f"{name} must be an integer, got {short(count)}")
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")


def parameters_for(maker: str, params: Any) -> list[Value]:
    """Return the parameters that an optimiser is to be made from, each listed once.

    Raise TypeError, which shows how `maker` is called, if they are something else.
    """
    if hasattr(params, "parameters"):
        raise TypeError(
            f"params is {short(params)}: pass its parameters, {maker}(model.parameters())"
        )
    if isinstance(params, Value):
        raise TypeError(f"params is a single parameter: pass a list, {maker}([w])")
    if not isinstance(params, Iterable) or isinstance(params, (str, Mapping)):
        raise TypeError(
            f"params is {short(params)}: pass a list of parameters first, "
            f"{maker}(model.parameters())"
        )
    listed = list(params)
    if not listed:
        used_up = "; what an iterator gives, it gives only once" * isinstance(params, Iterator)
        raise ValueError(f"params has 0 parameters: pass at least one{used_up}")
    first_position: dict[int, int] = {}
    for i, p in enumerate(listed):
        if isinstance(p, Mapping):
            raise TypeError(
                f"params[{i}] is a dict, but there are no groups of parameters: make an optimiser "
                f"of each group, such as {maker}(group, lr=0.01), and call step() of all of them"
            )
        if not hasattr(p, "has_grad"):
            raise TypeError(f"params[{i}] is {short(p)}, no parameter: pass model.parameters()")
        if getattr(p, "operation", None) is not None:
            raise TypeError(
                f"params[{i}] has been computed, by {clipped(p.operation.name)}: pass a leaf"
            )
        j = first_position.setdefault(id(p), i)
        if j != i:
            raise ValueError(f"params[{i}] is the same parameter as params[{j}]: list it only once")
    return listed
