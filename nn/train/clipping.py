"""Gradients that are too large, made smaller: by their norm, or each by itself.

The names and numbers are those of `torch.nn.utils`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import Value, clamp, where
from autograd.leaves import gradients
from autograd.writing import at_once

from .arguments import in_range

SMALLEST_P = 0.01  # of a p-norm; below, its root overflows


def clip_grad_norm_(
    parameters: Iterable[Value],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Scale all gradients by one factor, so that their total norm is at most `max_norm`.

    The factor is max_norm / (norm + 1e-6) where that is below 1, as in PyTorch. Call it between
    `backward` and the optimiser's `step`.

    Parameters
    ----------
    parameters : iterable of Value
        Those without a gradient are left alone.
    max_norm : float
        At least 0; inf changes nothing.
    norm_type : float
        p of the p-norm, at least 0.01; inf for the largest |g|.
    error_if_nonfinite : bool
        Raise ValueError, and change nothing, if the norm is inf or nan. Otherwise such gradients
        become nan, and all others 0 or nan.

    Returns
    -------
    float
        The total norm before.

    Examples
    --------
    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> ((x * x + y * y) / 2).backward()
    >>> clip_grad_norm_([x, y], 1.0), round(x.grad, 6), round(y.grad, 6)
    (5.0, 0.6, 0.8)
    """
    _check_limit("max_norm", max_norm)
    with_grad = _with_gradient(parameters)
    norm = total_norm([p.grad for p in with_grad], norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise ValueError(f"the norm of the gradients is {norm}: nothing has been clipped")
    factor = _factor(norm, max_norm)
    at_once(gradients(with_grad, [p.grad * factor for p in with_grad]))
    return norm


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> None:
    """Clip every gradient to the range from -clip_value to clip_value; nan stays nan.

    Examples
    --------
    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(-0.5)
    >>> (x * x + y * y).backward()
    >>> clip_grad_value_([x, y], 2.0)
    >>> x.grad, y.grad
    (2.0, -1.0)
    """
    _check_limit("clip_value", clip_value)
    with_grad = _with_gradient(parameters)
    old = [p.grad for p in with_grad]
    clipped = [max(-clip_value, min(g, clip_value)) if g == g else g for g in old]
    at_once(gradients(with_grad, clipped))


def total_norm(gradients: Sequence[float], norm_type: float = 2.0) -> float:
    """Return the p-norm of all gradients together, without overflow on the way."""
    if norm_type == 2.0:
        return math.hypot(*gradients)
    p = norm_type if norm_type == math.inf else in_range("norm_type", norm_type, low=SMALLEST_P)
    if any(g != g for g in gradients):
        return math.nan
    largest = max(map(abs, gradients), default=0.0)
    if p == math.inf or largest in (0.0, math.inf):
        return largest
    return float(largest * math.fsum([abs(g / largest) ** p for g in gradients]) ** (1.0 / p))


@dataclass(frozen=True)
class Clipping:
    """What `fit` does to the gradient before each step: first each value, then the norm."""

    norm: float | None = None
    value: float | None = None

    def __post_init__(self) -> None:
        for name, limit in (("clip_norm", self.norm), ("clip_value", self.value)):
            if limit is not None:
                _check_limit(name, limit)

    def of_parameters(self, parameters: Sequence[Value]) -> None:
        """Clip the gradients that parameters have."""
        if self.value is not None:
            clip_grad_value_(parameters, self.value)
        if self.norm is not None:
            clip_grad_norm_(parameters, self.norm)

    def of_array(self, slopes: Any) -> Any:
        """Return an array of gradients clipped, in the same way."""
        if self.value is not None:
            slopes = self.clip(slopes)
        if self.norm is not None:
            slopes = slopes * self.factor(_norm_of_array(slopes))
        return slopes

    def clip(self, slope: Any) -> Any:
        """Return a number of any type, clipped to the largest size."""
        assert self.value is not None
        return clamp(slope, -self.value, self.value)

    def factor(self, norm: Any) -> Any:
        """Return by what gradients of such a norm, of any number type, are multiplied."""
        assert self.norm is not None
        return _factor(norm, self.norm)


def _norm_of_array(slopes: Any) -> Any:
    """Return the norm as an array of one number, without overflow on the way."""
    largest = abs(slopes).max(keepdims=True)
    scale = where((largest > 0.0) & (largest < math.inf), largest, 1.0)
    return scale * ((slopes / scale) ** 2).sum(keepdims=True) ** 0.5


def _factor(norm: Any, max_norm: float) -> Any:
    if max_norm == math.inf:
        return 1.0
    factor = max_norm / (norm + 1e-6)
    return where(factor > 1.0, 1.0, factor)  # nan stays nan


def _with_gradient(parameters: Iterable[Value]) -> list[Value]:
    listed = [parameters] if isinstance(parameters, Value) else parameters
    return [p for p in listed if p.has_grad]


def _check_limit(name: str, limit: float) -> None:
    if limit != math.inf:
        in_range(name, limit)
