"""Numbers and names as messages write them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
from unicodedata import normalize

from autograd.choices import closest
from autograd.quoting import short

LONGEST_LISTING: Final = 12  # messages name at most this many columns, classes or values


def count(n: int, noun: str) -> str:
    """Return "1 row", "2 rows", "3 classes"."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{n} {noun}" if n == 1 else f"{n} {noun}{plural}"


def number(x: float, digits: int = 4) -> str:
    """Return a number of which a few digits say enough, without an exponent if it is not huge.

    Examples
    --------
    >>> number(23456.7), number(0.000123456), number(1e300)
    ('23457', '0.0001235', '1e+300')
    """
    return f"{x:.0f}" if 10**digits <= abs(x) < 1e9 else f"{x:.{digits}g}"


def listing(words: Iterable[str]) -> str:
    """Return the words with commas between them, and how many more there are."""
    listed = list(words)
    more = len(listed) - LONGEST_LISTING
    return ", ".join(listed[:LONGEST_LISTING]) + (f" and {more} more" if more > 0 else "")


def resolved(name: str, known: Collection[str]) -> str:
    """Return the known name that is the same in other code points, or else the name as it is.

    Examples
    --------
    >>> len("e\u0301"), len(resolved("e\u0301", ["\u00e9"]))
    (2, 1)
    """
    if name in known or name.isascii():
        return name
    same = normalize("NFC", name)
    return next((other for other in known if normalize("NFC", other) == same), name)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean 'iris'?)", or nothing if no known name is close."""
    word = closest(name, known)
    return f" (did you mean {short(word)}?)" if word else ""
