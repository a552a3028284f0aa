"""Words of the user in figures: names of classes and columns, which may hold anything."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

from autograd.quoting import visible

if TYPE_CHECKING:
    from matplotlib.text import Text

WIDTH: Final = 20  # longer names are broken into lines of so many letters
LINES: Final = 3  # of which there are about as many; of still longer names the middle is left out
# Asked, where they are installed, for letters that the figure's own font lacks.
FALLBACKS: Final = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei"),
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS", "Apple Symbols"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Segoe UI", "Segoe UI Symbol"),
    *("Segoe UI Emoji", "Noto Emoji", "Noto Sans Arabic", "Noto Sans Hebrew"),
    *("Noto Sans Devanagari", "Noto Sans Thai"),
)


def plain(text: Text, words: str) -> None:
    """Let a text of a figure show words as they are: no formula, though there be $ in it.

    Letters for which there is no font are shown as escapes, as are those that cannot be seen.
    """
    text.set_parse_math(False)
    text.set_usetex(False)
    if not words.isascii():
        text.set_fontfamily([*text.get_fontfamily(), *_installed()])
        words = "".join([c if c.isascii() or _has(text, c) else ascii(c)[1:-1] for c in words])
    text.set_text(words)


def wrapped(name: object, width: int = WIDTH, lines: int = LINES) -> str:
    r"""Return a name in lines of so many letters; of a long one the middle is left out.

    Examples
    --------
    >>> wrapped("Iris setosa, of the coast")
    'Iris setosa, of the\ncoast'
    >>> wrapped("a" * 40 + "b" * 40, lines=1)
    'aaaaaaaaaaaaaa…bbbbb'
    >>> wrapped("two\nlines")
    'two\\nlines'
    """
    text, most = visible(str(name)), width * lines
    if len(text) > most:
        text = f"{text[: most - most // 4 - 1]}…{text[-(most // 4) :]}"
    return textwrap.fill(text, width) or text


def letters(text: str) -> int:
    """Return how many letters wide the longest line of a text is; some count twice.

    Examples
    --------
    >>> letters("a\\nbcd"), letters("猫")
    (3, 2)
    """
    return max(sum(2 if east_asian_width(c) in "WF" else 1 for c in line)
               for line in text.split("\n"))  # fmt: skip


@cache
def _installed() -> list[str]:
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return [name for name in FALLBACKS if name in there]


def _has(text: Text, letter: str) -> bool:
    """Return whether one of the fonts of a text has a letter."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    for family in text.get_fontfamily():
        properties: Any = FontProperties(family=[family])  # a text alone would be a pattern
        if get_font(findfont(properties)).get_char_index(ord(letter)):
            return True
    return False
