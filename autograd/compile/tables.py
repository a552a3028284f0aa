"""Tables of indices that follow a rule, as the rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import gcd
from typing import Final

LEAST: Final = 8  # indices; shorter tables are written as they are
MOST_AXES: Final = 5
Axes = list[tuple[int, int]]


def axes_of(numbers: Sequence[int]) -> Axes | None:
    """Return the axes (size, step) of numbers that are their first one plus multiples of steps.

    The last axis counts fastest. None if there is no such rule, or not one that is shorter.

    Examples
    --------
    >>> axes_of([0, 1, 2, 8, 9, 10, 16, 17, 18])
    [(3, 8), (3, 1)]
    >>> axes_of([4, 4, 5, 5])
    [(2, 1), (2, 0)]
    """
    axes: Axes = []
    while len(numbers) > 1:
        step = numbers[1] - numbers[0]
        steps = enumerate(pairwise(numbers), start=1)
        size = gcd(len(numbers), *[i for i, (a, b) in steps if b - a != step])
        if size == 1 or len(axes) == MOST_AXES:
            return None
        axes.insert(0, (size, step))
        numbers = numbers[::size]
    return axes


def moving(number: int, by: int) -> str:
    """Return the text of a number that becomes so much larger with each k.

    Examples
    --------
    >>> moving(3, 0), moving(3, 2), moving(0, 1), moving(9, -1), moving(-1, 1)
    ('3', '2 * k + 3', 'k', '9 - k', 'k - 1')
    """
    if not by:
        return str(number)
    multiple = "k" if abs(by) == 1 else f"{abs(by)} * k"
    if by < 0:
        return f"{number} - {multiple}"
    return multiple if not number else f"{multiple} {'+' if number > 0 else '-'} {abs(number)}"


def slice_of(numbers: Sequence[int], by: int = 0) -> str | None:
    """Return the text of a slice that has these indices, if there is one.

    Those may move by some with each k, as those of `moving` do.

    Examples
    --------
    >>> slice_of([2, 3, 4]), slice_of([7, 5, 3]), slice_of([2, 1, 0])
    ('2:5', '7:2:-2', '2::-1')
    >>> slice_of([2, 3, 4], 3)
    '3 * k + 2:3 * k + 5'
    """
    axes = axes_of(numbers)
    if axes is None or len(axes) != 1 or axes[0][1] == 0:
        return None
    (size, step), first = axes[0], numbers[0]
    last = first + step * (size - 1)
    if by and step < 0:  # might end at 0 once
        return None
    stop = moving(last + 1, by) if step > 0 else str(last - 1) if last else ""
    return f"{moving(first, by)}:{stop}" + (f":{step}" if step != 1 else "")


def text_of(numbers: Sequence[int]) -> str:
    """Return the text of a table of indices as NumPy makes it: by its axes, or of ranges.

    Examples
    --------
    >>> text_of([0, 1, 2, 8, 9, 10, 16, 17, 18])
    'rows(0, (3, 8), (3, 1))'
    >>> text_of([0, 1, 2, 3, 9, 7, 7, 7])
    'np.array([0, 1, 2, 3, 9, 7, 7, 7])'
    >>> text_of([5, 6, 7, 8, 9, 0, 2, 4, 6, 1])
    'np.r_[5:10, 0:7:2, 1]'
    """
    if len(numbers) >= LEAST:
        axes = axes_of(numbers)
        if axes is not None:
            return f"rows({', '.join([str(numbers[0]), *map(str, axes)])})"
        ranges = _ranges(numbers)
        if len(ranges) * 3 <= len(numbers):
            return f"np.r_[{', '.join(ranges)}]"
    return f"np.array([{', '.join(map(str, numbers))}])"


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Return numbers as ranges, and single ones between them."""
    ranges, at = [], 0
    while at < len(numbers):
        end = at + 1
        step = numbers[end] - numbers[at] if end < len(numbers) else 0
        while end < len(numbers) and numbers[end] - numbers[end - 1] == step > 0:
            end += 1
        text = slice_of(numbers[at:end]) if end - at > 2 else None
        end = end if text else at + 1
        ranges.append(text or str(numbers[at]))
        at = end
    return ranges
