"""Text of the user, such as a label, a column or a file's name, as messages and terminals show it.

It may hold anything: what moves the cursor, turns the direction of reading, or does not end.
"""

from __future__ import annotations

import os
from reprlib import Repr
from typing import Any, Final

LONGEST: Final = 200  # characters of a name that a message quotes
TAIL: Final = 60  # of them from its end, which tells long paths apart
MOST: Final = 50  # entries of a list that are looked at, of millions perhaps
BLANK: Final = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # drawn as nothing, yet printable


_bounded: Final = Repr()
_bounded.maxlist = _bounded.maxtuple = _bounded.maxset = _bounded.maxdict = MOST
_bounded.maxstring = _bounded.maxlong = _bounded.maxother = 2 * LONGEST


def visible(text: str) -> str:
    r"""Return text in which control, direction and other invisible characters show as escapes.

    Examples
    --------
    >>> visible("tab\t, right-to-left override \u202e")
    'tab\\t, right-to-left override \\u202e'
    """
    if text.isprintable() and text.isascii():
        return text
    return "".join([c if c.isprintable() and c not in BLANK else ascii(c)[1:-1] for c in text])


def clipped(text: str) -> str:
    r"""Return `visible` text, without its middle if that is too long for a message.

    Examples
    --------
    >>> clipped("col\x1b[31m"), len(clipped(10_000 * "x"))
    ('col\\x1b[31m', 200)
    """
    text = visible(text)
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - TAIL - 3]}...{text[-TAIL:]}"


def short(x: Any) -> str:
    r"""Return how a message quotes anything: `repr`, of a path that of its text, and `clipped`.

    Examples
    --------
    >>> short("col\x1b[31m"), short(2.5), len(short(10_000 * "x"))
    ("'col\\x1b[31m'", '2.5', 200)
    """
    try:
        return clipped(_bounded.repr(os.fspath(x) if isinstance(x, os.PathLike) else x))
    except RecursionError:  # of an object that writes what it holds itself
        return f"a nested {type(x).__name__}"
    except ValueError:  # Python writes no integer of thousands of digits
        return f"a huge {type(x).__name__}"
