r"""What a `tex` form of a row says: read once, then filled in by every kind of print.

A form is LaTeX with #1, #2, ... for operands, such as ``\frac{#1}{\sqrt{1 + #2^2}}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple, TypeAlias

from ..printer import CALL, NAME, PRODUCT, SIGN, SUM

_TOKEN: Final = re.compile(
    r"\\(?:left|right)(?![A-Za-z])\s*(?:\\[A-Za-z]+ ?|\\?.)|\\sqrt\[3\]|\\partial\\,|#\d"
    r"|\\[A-Za-z]+ ?|\\.|\s+|.",
    re.DOTALL,
)
NAMES: Final = ("_", r"\mathrm", r"\operatorname", r"\text")  # parts of a name
_ARGUMENTS: Final = {r"\frac": 2, r"\tfrac": 2} | dict.fromkeys(
    ("^", r"\sqrt", r"\sqrt[3]", r"\begin", r"\end", *NAMES), 1
)
_STARTS: Final = ("", "(", "[", "|", ",", "&", "=")  # what may precede a minus
_ENDS: Final = ("", "+", "-", ",", "|", ")", "]", "&", "=")  # what may follow a sum


class Place(NamedTuple):
    """Where an operand stands: its number, from 0, and what it needs to stand there bare.

    It must hold together as tightly as `needed`, and may begin with a minus if it `leads`.
    """

    number: int
    needed: int
    leads: bool


class Group(NamedTuple):
    r"""A form, or a part of one: within braces or brackets, or a command with its arguments.

    Attributes
    ----------
    opening, closing : str
        "{" and "}"; ``\left(`` and ``\right)`` or the like; a command or one of ^ _, and
        nothing; nothing at all for the whole.
    parts : tuple of str, Place and Group
        A str is a token of LaTeX.
    level : int
        How tightly it holds together, if its parts do not hold together more loosely.
    """

    opening: str
    parts: tuple[Part, ...]
    closing: str
    level: int


Part: TypeAlias = "str | Place | Group"


@cache
def read(tex: str) -> Group:
    r"""Return a form that is given as LaTeX; brackets around the whole are left out.

    Examples
    --------
    >>> read("#1^2").parts
    (Place(number=0, needed=8, leads=True), Group(opening='^', parts=('2',), closing='', level=8))
    """
    waiting: list[tuple[str, list[Part]]] = [("", [])]

    def close(closing: str) -> None:
        opening, parts = waiting.pop()
        add(_group(opening, parts, closing))

    def add(part: Part) -> None:
        opening, parts = waiting[-1]
        parts.append(part)
        if len(parts) == _ARGUMENTS.get(opening):
            close("")

    for token in _TOKEN.findall(tex):
        opening = waiting[-1][0]
        if token in _ARGUMENTS or token == "{" or re.match(r"\\left(?![A-Za-z])", token):
            waiting.append((token, []))
        elif opening and (token == "}" or re.match(r"\\right(?![A-Za-z])", token)):
            close(token)
        elif opening not in _ARGUMENTS or token.strip():
            add(token)
    while len(waiting) > 1:  # what was never closed
        close("" if waiting[-1][0] in ("{", *_ARGUMENTS) else r"\right.")
    whole = _group("", waiting[0][1], "")
    inner = whole.parts[0] if len(whole.parts) == 1 else ""
    if isinstance(inner, Group) and inner.opening[5:].strip() == "(":
        return inner._replace(opening="", closing="")
    return whole


def _group(opening: str, parts: Sequence[Part], closing: str) -> Group:
    at = [i for i, x in enumerate(parts) if not isinstance(x, str) or x.strip()]
    signs = ["", *[_sign(parts[i]) for i in at], "^" if opening in _ARGUMENTS else ""]
    placed = [*parts]
    for i, before, sign, after in zip(at, signs, signs[1:], signs[2:]):
        if re.fullmatch(r"#\d", sign):
            placed[i] = _place(int(sign[1]) - 1, before, after)
    return Group(opening, tuple(placed), closing, _level([placed[i] for i in at], signs[1:-1]))


def _sign(part: Part) -> str:
    return (
        part.opening if isinstance(part, Group) else part.strip() if isinstance(part, str) else ""
    )


def _place(number: int, before: str, after: str) -> Place:
    needed, leads = NAME, before in _STARTS
    if before.startswith(r"\partial"):
        needed = SIGN
    elif after != "^" and (before in ("-", r"\cdot") or after == r"\cdot"):
        needed = PRODUCT
    elif (leads or before == "+") and after in _ENDS:
        needed = SUM
    return Place(number, needed, leads)


def _level(parts: Sequence[Part], signs: Sequence[str]) -> int:
    """Return how tightly a form holds together, by what stands outside of its groups."""
    if r"\begin" in signs or not {"+", "-"}.isdisjoint(signs[1:]):
        return SUM
    if r"\cdot" in signs:
        return PRODUCT
    if signs[:1] == ["-"]:
        return SIGN
    if len(parts) == 1:
        return CALL if signs[0] in _ARGUMENTS and signs[0] not in NAMES else NAME
    is_name = all(sign in NAMES or isinstance(x, str) for x, sign in zip(parts, signs))
    return NAME if is_name else CALL
