r"""What a row may say: looked at when it is declared, not when a picture or a program needs it.

>>> from autograd import Operation
>>> Operation("cube", lambda x: x**3, lambda y, x: (3 * x**2,), tex="#2^3")
Traceback (most recent call last):
    ...
ValueError: operation 'cube': its tex '#2^3' has #2, which is no operand; there are #1 for x
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from inspect import CO_VARARGS, Parameter, signature
from itertools import chain
from types import FunctionType
from typing import Any, Final

from .quoting import clipped, short

# a command that takes something along, or else any token of LaTeX
_TOKEN: Final = re.compile(
    r"(?=(\\(?:left|right|begin|end|sqrt)(?![A-Za-z]))?)"
    r"(\\(?:left|right)(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\?\S)|\\(?:begin|end)\s*\{[^{}]*\}"
    r"|\\sqrt\s*\[[^\]]*\]|\\[A-Za-z]+|\\.|#.?|\S)",
    re.DOTALL,
)
_PLACE: Final = re.compile("#.?")
_ARGUMENTS: Final = {r"\frac": 2, r"\tfrac": 2, r"\dfrac": 2, r"\binom": 2} | dict.fromkeys(
    ("^", "_", r"\sqrt", r"\mathrm", r"\mathbf", r"\operatorname", r"\text"), 1
)
_ENDS: Final = {"}": "{", r"\right": r"\left", r"\end": r"\begin"}


def check(row: Any, is_own: bool) -> None:
    """Refuse a row that cannot be used as it is declared.

    Parameters
    ----------
    row : Operation
    is_own : bool
        Whether it is one of the user's.

    Raises
    ------
    TypeError, ValueError
        With the name of the row, and what is wrong.
    """
    if not isinstance(row.name, str) or not row.name:
        raise ValueError(f"an operation needs a name, a text such as 'cube', not {short(row.name)}")
    for kind in ("forward", "local", "beyond", "vectors"):
        function = getattr(row, kind)
        if not callable(function) and (function is not None or kind in ("forward", "local")):
            raise TypeError(
                f"operation {short(row.name)}: {kind} must be a function, not {short(function)}"
            )
    for kind in ("tex", "symbol", "infix"):
        if not isinstance(getattr(row, kind), str):
            raise TypeError(
                f"operation {short(row.name)}: {kind} must be a text, not "
                f"{short(getattr(row, kind))}"
            )
    for wrong in chain(
        _wrong_in_functions(row), _wrong_in_options(row, is_own), _wrong_in_form(row)
    ):
        raise ValueError(f"operation {short(row.name)}: {wrong}")


def _wrong_in_functions(row: Any) -> Iterator[str]:
    taken, ruled = _names(row.forward), _names(row.local)
    spare = _optional(row.forward), _optional(row.local)  # as k of lambda x, k=k: k * x
    if ruled is not None and not ruled:
        yield "local takes nothing, but is called with the result and each operand"
    if (
        taken is not None
        and ruled is not None
        and not (-spare[0] <= len(ruled) - 1 - len(taken) <= spare[1])
    ):
        yield (
            f"forward takes {_listed(taken)}, so local must take the result and these, "
            f"but it takes {_listed(ruled)}"
        )
    count = len(row.parameters)
    if count and (taken is None or taken[-count:] != [*row.parameters]):
        yield (
            f"its parameters are {_listed(row.parameters)}, so forward must be a function of "
            f"Python that takes them last, but it takes {_listed(taken)}"
        )


def _wrong_in_options(row: Any, is_own: bool) -> Iterator[str]:
    if row.infix and is_own:
        yield (
            f"infix says that programs may write {row.infix} in place of forward, which is so for "
            f"the rows of Python's operators alone; for pictures, give it as the symbol"
        )
    if row.written_out and row.is_primitive:
        yield f"formulas cannot write out {row.forward.__name__} of math; leave written_out away"
    if row.vectors is None:
        for option in ("index", "ellipsis"):
            if getattr(row, option):
                yield f"{option} is for operations on any number of operands, which have vectors"
    if row.nests and "#" in row.tex:
        yield "nests writes f(a, b, c), so its tex must be a name, without places such as #1"


def _wrong_in_form(row: Any) -> Iterator[str]:
    its, used = f"its tex {short(row.tex)}", set()
    waiting: list[str] = []  # what is open, and commands for each argument still to come
    for command, token in _TOKEN.findall(row.tex):
        head = command or token
        opening = waiting[-1] if waiting else ""
        if head in _ENDS:
            if opening in _ARGUMENTS:
                yield f"{its} has {opening} without what it applies to"
            elif opening != _ENDS[head]:
                yield f"{its} has {clipped(token)}, and no {_ENDS[head]} before it"
            waiting.pop()
            continue
        if opening in _ARGUMENTS:
            waiting.pop()  # this is the argument
        if head in _ENDS.values():
            waiting.append(head)
        waiting += [head] * _ARGUMENTS.get(head, 0)
        if token in ("$", "%", "\\"):
            yield f"{its} has a bare {token}, which ends the formula; write \\{token}"
        if token[0] == "#" or head == r"\sqrt":
            used.update(_PLACE.findall(token))
    if waiting:
        lack = "what it applies to" if waiting[-1] in _ARGUMENTS else "its end"
        yield f"{its} has {waiting[-1]} without {lack}"
    if used and row.vectors is not None:
        yield f"{its} has places, but there may be any number of operands: give a name"
    names = _names(row.local)
    if used and names is not None:
        places = {f"#{k}": name for k, name in enumerate(names[1:], 1)}
        for place in sorted(used - places.keys()):
            there_are = ", ".join([f"{known} for {name}" for known, name in places.items()])
            yield f"{its} has {place}, which is no operand; there are {there_are}"
        needed = len(places) - max(len(row.parameters), _optional(row.local))
        for place in [*places][:needed]:
            if place not in used:
                yield f"{its} leaves {place} out, which stands for the operand {places[place]}"


def _names(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of what a function takes; None if that is any number, or not known."""
    if type(function) is FunctionType:  # in a hundredth of the time
        code = function.__code__
        return None if code.co_flags & CO_VARARGS else [*code.co_varnames[: code.co_argcount]]
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if function.__class__.__name__ == "builtin_function_or_method":
        return None  # as those of math, some of which take more than the row has
    if any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return [x.name for x in parameters if x.kind is not Parameter.KEYWORD_ONLY]


def _optional(function: Callable[..., Any]) -> int:
    """Return how many of its last arguments a function has defaults for."""
    return len(getattr(function, "__defaults__", None) or ())


def _listed(names: Iterable[str] | None) -> str:
    return f"({clipped(', '.join(names))})" if names is not None else "any number"
