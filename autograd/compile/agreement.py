"""One sample by the function itself, on the scalar engine: does the program say the same?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from math import isfinite
from random import Random
from time import perf_counter
from typing import Any, Final, NamedTuple

from autograd.collector import paused
from autograd.core import sort
from autograd.modes import current, enable_grad, one_pass
from autograd.numbers import map_numbers, real
from autograd.quoting import clipped, short
from autograd.sweep import traceless_pass
from autograd.value import Value

SHARE: Final = 0.01  # of the time that programs take; with what is around it less than 2 %
ROUNDINGS: Final = 2**12  # of every number on the way, which sums of thousands of terms may have
MOVE: Final = 2**6  # roundings, by which parameters are moved to see whether they are at an edge
MOVES: Final = 6
MOST: Final = 3  # of what has changed, in a message
WHY: Final = (
    ". These are of one sample, drawn at random to check the program, which was traced anew: the "
    "function must not change by itself, as by the time, nor do something else with a node than "
    "with its number, as isinstance(t, float) does. With check_trace=False nothing is compared"
)

Run = Callable[[Any], tuple[float, Any]]  # a program for this sample: parameters → error, gradient


class Pace:
    """When to check: at first, and then whenever the time since the last check has paid for one."""

    def __init__(self) -> None:
        self.worked = self.cost = 0.0
        self._rounds = 0
        self._draw = Random(0)

    def is_due(self) -> bool:
        """Say whether it is time for a check."""
        return self.worked * SHARE >= self.cost

    def is_due_in_round(self) -> bool:
        """Say whether it is time, of long rounds: it is in the first, second, fourth, eighth, …"""
        self._rounds += 1
        return self._rounds & (self._rounds - 1) == 0 or self.is_due()

    def samples(self, T: Any, is_first: bool) -> list[int]:
        """Draw a sample to check; at first also those of the smallest and the largest target.

        For a loss refuses targets that are out of its range.
        """
        chosen = [self._draw.randrange(len(T))]
        if is_first:
            columns = T.size // len(T)
            chosen += [int(T.argmin()) // columns, int(T.argmax()) // columns]
        return [*dict.fromkeys(chosen)]

    def work(self, start: float) -> None:
        """Take note of what was done with programs since a moment."""
        self.worked += perf_counter() - start

    def check(self, start: float) -> None:
        """Take note of a check that was begun at a moment, and has ended now."""
        self.worked, self.cost = 0.0, perf_counter() - start


class Itself(NamedTuple):
    """What the function itself gives."""

    number: float
    slopes: list[float]
    size: float  # Σ |v ∂E/∂v| over the graph: what is small beside it is rounding
    steepest: float  # the same for slopes: the largest |∂E/∂v|


def on_numbers(function: Callable[[Any, Any], Any], x: Any, t: Any) -> Callable[[], Any]:
    """Return what calls a function of one sample with plain numbers; if it raises, with leaves."""
    x, t = x.tolist(), t.tolist()

    def call() -> Any:
        try:
            return function(x, t)
        except Exception:  # of a function that needs nodes, or for the reason it has then, too
            return function(*[map_numbers(Value, numbers) for numbers in (x, t)])

    return call


def by_itself(function: Callable[[], Any], params: Sequence[Value]) -> Itself:
    """Return what a function gives, and leave the gradients that there are as they were."""
    recorded = nullcontext() if current().recording else enable_grad()
    with one_pass, paused(), recorded:  # other threads may trace, with unknown parameters
        root = function()
        if not isinstance(root, Value):
            number = real(root)
            return Itself(number, [0.0] * len(params), abs(number), 0.0)
        found = {x: float(slope) for x, slope in traceless_pass(*sort(root)).items()}
    size = sum([abs(x.data * slope) for x, slope in found.items()])
    steepest = max(map(abs, found.values()))
    slopes = [found.get(p, 0.0) if p.requires_grad else 0.0 for p in params]
    return Itself(root.data, slopes, size, steepest)


def difference(run: Run, numbers: Any, wanted: Itself, is_loose: bool) -> str:
    """Return in words how a program differs beyond rounding from the function; "" if it does not.

    Where a number is not finite the two may differ, see the notes of `compile`; and where it
    takes a few roundings of the parameters to change the result, as at the kink of `relu`.
    Slopes are not compared in single precision: of a saturated unit it may keep none.

    Parameters
    ----------
    is_loose : bool
        Whether the program has another range of numbers than the function.
    """
    np = import_module("numpy")
    with np.errstate(all="ignore"):
        return _difference(np, run, numbers, wanted, is_loose)


def _difference(np: Any, run: Run, numbers: Any, wanted: Itself, is_loose: bool) -> str:
    kind = np.finfo(str(numbers.dtype))
    rounding = float(kind.eps)
    if not (isfinite(wanted.number) and isfinite(wanted.size)):
        return ""
    limit = ROUNDINGS * rounding * wanted.size + float(kind.tiny)
    steep = ROUNDINGS * rounding * wanted.steepest + float(kind.tiny)
    slopes = np.array(wanted.slopes)

    def apart(a: tuple[float, Any], b: tuple[float, Any]) -> tuple[bool, Any]:
        is_other = not np.isclose(a[0], b[0], 0.0, limit, equal_nan=True)
        return is_other, ~np.isclose(a[1], b[1], 0.0, steep, equal_nan=True)

    here = run(numbers)
    is_other, at = apart(here, (wanted.number, slopes))
    at &= np.isfinite(slopes) & (kind.bits > 32)
    is_finite = isfinite(here[0]) and bool(np.isfinite(here[1]).all())
    if not (is_other or at.any()) or (is_loose and not is_finite):
        return ""
    draw = Random(0)
    for _ in range(MOVES):
        signs = np.array([draw.choice((-1.0, 1.0)) for _ in wanted.slopes])
        moved = run((numbers * (1.0 + MOVE * rounding * signs)).astype(numbers.dtype))
        has_moved, moving = apart(here, moved)
        if has_moved or (moving & at).any():
            return ""
    if is_other:
        return f"the error {here[0]!r}, and the function itself {wanted.number!r}"
    i = int(at.argmax())
    slope = float(here[1][i])
    return f"the slope {slope!r} of params[{i}], and the function itself {wanted.slopes[i]!r}"


def what_changed(before: Counter[Any], now: Counter[Any]) -> str:
    """Return in words how the numbers and operations of two traces differ."""
    gone, new = [_listed(a - b) for a, b in ((before, now), (now, before))]
    if not gone and not new:
        return "the same operations in another order"
    if not gone or not new:
        return f"{new} more than there was" if new else f"{gone} less than there was"
    return f"{new} instead of {gone}"


def _listed(parts: Counter[Any]) -> str:
    named = [short(x) if isinstance(x, float) else clipped(x.name) for x in parts]
    return ", ".join(named[:MOST]) + (", …" if len(named) > MOST else "")
