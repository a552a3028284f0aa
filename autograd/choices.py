"""What the user chooses by name: from a few words, or from a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import TypeVar

from .quoting import short

T = TypeVar("T")
LONGEST, MOST = 100, 10_000  # characters and words that are compared


def one_of(name: str, value: object, allowed: Collection[object]) -> None:
    """Raise ValueError if an argument is none of the words that are allowed for it.

    Examples
    --------
    >>> one_of("reduction", "average", ("mean", "sum"))
    Traceback (most recent call last):
        ...
    ValueError: reduction must be one of 'mean', 'sum', got 'average'
    """
    if value not in allowed:
        words = ", ".join(map(repr, allowed))
        raise ValueError(f"{name} must be one of {words}, got {short(value)}")


def look_up(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return the entry of a table.

    Raises
    ------
    ValueError
        If there is none of that name; the message has the closest name, or all of them.

    Examples
    --------
    >>> look_up("loss", "hindge", {"hinge": 1, "half_squared_error": 2})
    Traceback (most recent call last):
        ...
    ValueError: no loss 'hindge'; did you mean 'hinge'?
    """
    if name in table:
        return table[name]
    raise ValueError(f"no {kind} {short(name)}; {hint(name, table)}")


def hint(name: str, known: Iterable[str]) -> str:
    """Return "did you mean …?", or what there is to choose from if nothing is close.

    Examples
    --------
    >>> hint("Iris", ["iris", "wine"]), hint("cars", ["iris", "wine"])
    ("did you mean 'iris'?", 'choose from iris, wine')
    """
    words = list(known)
    word = closest(name, words)
    return f"did you mean {short(word)}?" if word else f"choose from {', '.join(words)}"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the word that is most like `name`, capitals aside, or None if none is like it.

    Examples
    --------
    >>> closest("adam", ["SGD", "Adam"])
    'Adam'
    """
    by_lower = {word[:LONGEST].lower(): word for word in islice(known, MOST)}
    close = get_close_matches(name[:LONGEST].lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None
