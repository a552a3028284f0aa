"""Exercises of the course in `notebooks/`, with checks that say what is off.

A lesson's exercises are in the module named after it. Each is a function that looks at an answer
and returns what is wrong with it, or None::

    @exercise("1.2")
    def slope(answer: Any) -> str | None:
        return number(answer, 12.0, {6.0: "That is f'(x)/2: the step is counted twice."})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from autograd.numbers import close, number_of
from autograd.quoting import short

Judge = Callable[[Any], str | None]

EXERCISES: Final[dict[str, Judge]] = {}
LESSONS: Final = 13


def exercise(name: str) -> Callable[[Judge], Judge]:
    """Register a function as the exercise of that name, such as "4.2"."""

    def register(judge: Judge) -> Judge:
        EXERCISES[name] = judge
        return judge

    return register


def verdict(name: str, answer: Any) -> str:
    """Return what `check` prints.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    lesson = name.partition(".")[0]
    if lesson.isdigit() and 1 <= int(lesson) <= LESSONS:
        import_module(f"{__name__}.lesson_{int(lesson):02}")
    if name not in EXERCISES:
        known = [other for other in EXERCISES if other.partition(".")[0] == lesson]
        has = f"lesson {lesson} has {', '.join(known)}" if known else f"there are {LESSONS} lessons"
        raise ValueError(f"no exercise {short(name)}; {has}")
    if answer is None or answer is ...:
        return f"✎ {name}: nothing to check yet. Put your answer in the place of the dots."
    try:
        fault = EXERCISES[name](answer)
    except Exception as error:
        fault = f"checking it raised {type(error).__name__}: {error}"
    return f"✗ {name}: {fault}" if fault else f"✓ {name}: right."


def check(name: str, answer: Any) -> None:
    """Say whether the answer to an exercise is right, or what is off.

    Parameters
    ----------
    name : str
        Number of the lesson and of the exercise, such as "1.2".
    answer
        What the exercise asks for: a number, a list, a function, ...

    Examples
    --------
    >>> check("1.1", ...)
    ✎ 1.1: nothing to check yet. Put your answer in the place of the dots.
    """
    print(verdict(name, answer))


# -- judging ----------------------------------------------------------------------------------


def number(
    answer: Any, right: float, mistakes: Mapping[float, str] | None = None, tolerance: float = 5e-3
) -> str | None:
    """Judge a number, right within a relative tolerance; known mistakes are explained."""
    if isinstance(answer, bool) or not hasattr(answer, "__float__"):
        return f"expected a number, got {type(answer).__name__}."
    x = number_of(answer)
    if _agree(x, right, tolerance):
        return None
    for wrong, explanation in (mistakes or {}).items():
        if _agree(x, wrong, tolerance):
            return explanation
    if _agree(x, -right, tolerance):
        return f"the size is right, but the sign is not: {x:g}."
    return f"{x:.6g} is too {'large' if x > right else 'small'}."


def numbers(
    answer: Any,
    right: Sequence[float],
    mistakes: Mapping[Any, str] | None = None,
    tolerance: float = 5e-3,
) -> str | None:
    """Judge several numbers; say which are off."""
    if not hasattr(answer, "__len__") or isinstance(answer, (str, dict)):
        return f"expected {len(right)} numbers, got {type(answer).__name__}."
    if len(answer) != len(right):
        return f"expected {len(right)} numbers, got {len(answer)}."
    for x in answer:
        if not hasattr(x, "__float__"):
            return f"expected {len(right)} numbers, but one of them is {short(x)}."
    given = [number_of(x) for x in answer]
    off = [i for i, (x, y) in enumerate(zip(given, right)) if not _agree(x, y, tolerance)]
    if not off:
        return None
    for wrong, explanation in (mistakes or {}).items():
        if all(_agree(x, y, tolerance) for x, y in zip(given, wrong)):
            return explanation
    if len(off) == len(right):
        return "none of the numbers is right yet."
    places = ", ".join(str(i) for i in off)
    return f"not all are right yet; look again at index {places}."


def function(
    answer: Any, right: Callable[..., Any], points: Iterable[Any], tolerance: float = 1e-6
) -> str | None:
    """Judge a function by its values at some points, each one argument or a tuple of them."""
    if not callable(answer):
        return f"expected a function, got {type(answer).__name__}."
    for point in points:
        arguments = point if isinstance(point, tuple) else (point,)
        shown = ", ".join(f"{x:g}" if isinstance(x, float) else repr(x) for x in arguments)
        try:
            given = answer(*arguments)
        except Exception as error:
            return f"called with ({shown}) it raised {type(error).__name__}: {error}"
        if given is ...:
            return f"called with ({shown}) it returns the dots; put your formula in their place."
        if given is None:
            return f"called with ({shown}) it returns None; is a return missing?"
        expected = number_of(right(*arguments))
        if not hasattr(given, "__float__"):
            return f"called with ({shown}) it returns {short(given)}, not a number."
        value = number_of(given)
        if not _agree(value, expected, tolerance):
            return f"called with ({shown}) it gives {value:.6g}, not {expected:.6g}."
    return None


def _agree(x: float, y: float, tolerance: float) -> bool:
    return close(x, y, tolerance, tolerance * 1e-3)
