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
    r"\\(?:left|right)(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\?.)|#\d"
    r"|\\partial\\,|\\[A-Za-z]+ ?|\\.|\s+|.",
    re.DOTALL,
)
_STARTS: Final = ("", "(", "[", "|", ",", "&", "=")  # what may precede a minus
_NAMES: Final = (
    "_",
    r"\mathrm",
    r"\operatorname",
    r"\text",
)  # a group after them is part of a name
_ENDS: Final = ("", "+", "-", ",", "|", ")", "]", "&", "=")  # what may follow a sum


class Place(NamedTuple):
    """Where an operand stands.

    Attributes
    ----------
    number : int
        Which operand, from 0.
    needed : int
        How tightly it must hold together to stand there without brackets.
    leads : bool
        Whether nothing is before it, so that it may begin with a minus.
    """

    number: int
    needed: int
    leads: bool


class Group(NamedTuple):
    r"""A form, or a part of one within braces or within \left and \right.

    Attributes
    ----------
    opening, closing : str
        "{" and "}", or ``\left(`` and ``\right)`` or the like; empty for the whole.
    parts : tuple of str, Place and Group
        A str is a token of LaTeX.
    level : int
        How tightly it holds together, if its operands do not hold together more loosely.
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
    (Place(number=0, needed=8, leads=True), '^', '2')
    """
    waiting: list[tuple[str, list[Part]]] = [("", [])]
    for token in _TOKEN.findall(tex):
        if token == "{" or (token.startswith(r"\left") and not token[5:6].isalpha()):
            waiting.append((token, []))
        elif len(waiting) > 1 and (token == "}" or token.startswith(r"\right")):
            opening, parts = waiting.pop()
            waiting[-1][1].append(_group(opening, parts, token))
        else:
            waiting[-1][1].append(token)
    while len(waiting) > 1:  # what was never closed
        opening, parts = waiting.pop()
        waiting[-1][1].append(_group(opening, parts, "" if opening == "{" else r"\right."))
    whole = _group("", waiting[0][1], "")
    inner = whole.parts[0] if len(whole.parts) == 1 else ""
    if isinstance(inner, Group) and inner.opening[5:].strip() == "(":
        return inner._replace(opening="", closing="")
    return whole


def _group(opening: str, parts: Sequence[Part], closing: str) -> Group:
    parts = [*parts]
    at = [i for i, x in enumerate(parts) if not isinstance(x, str) or x.strip()]
    beside = ["", *[x.strip() if isinstance(x := parts[i], str) else "{}" for i in at], ""]
    for before, i, after in zip(beside, at, beside[2:]):
        x = parts[i]
        if isinstance(x, str) and x[0] == "#" and x[1:]:
            parts[i] = _place(int(x[1]) - 1, before, after)
    return Group(opening, tuple(parts), closing, _level([parts[i] for i in at]))


def _place(number: int, before: str, after: str) -> Place:
    leads = before in _STARTS
    if after == "^":
        return Place(number, NAME, leads)
    if before.startswith(r"\partial"):
        return Place(number, SIGN, leads)
    if before in ("-", r"\cdot") or after == r"\cdot":
        return Place(number, PRODUCT, leads)
    is_summand = (leads or before == "+") and after in _ENDS
    return Place(number, SUM if is_summand else NAME, leads)


def _level(parts: Sequence[Part]) -> int:
    """Return how tightly a form holds together, by what stands outside of its groups."""
    tokens = [x.strip() if isinstance(x, str) else "" for x in parts]
    if r"\begin" in tokens or "+" in tokens[1:] or "-" in tokens[1:]:
        return SUM
    if r"\cdot" in tokens:
        return PRODUCT
    if tokens[:1] == ["-"]:
        return SIGN
    is_name = "^" not in tokens and all(
        tokens[i] or tokens[i - 1] in _NAMES for i in range(1, len(tokens))
    )
    is_name = is_name and (len(tokens) == 1 or tokens[0] != "")
    return NAME if is_name else CALL
