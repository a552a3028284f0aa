"""What all panels of a film share: colours, marks, numbers in words, and elements of SVG."""

from __future__ import annotations

import math
from cmath import exp
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from autograd.quoting import visible
from autograd.view.style import DARK, LIGHT, Ink

from ..plots.style import CLASS_COLOURS, CLASS_MARKERS

TEXT: Final = 14.0  # size
DIGITS: Final = 3
TONES: Final = (0.36, 0.22, 0.1)  # how much of a sign's colour there is in its shades
REGION: Final = 0.3  # how much of a class's colour there is in its region
# Corners of a marker, which are turned so many times; the first axis is to the right, i is down.
PLUS: Final = (-0.4 - 1.2j, 0.4 - 1.2j, 0.4 - 0.4j)
MARKERS: Final[dict[str, tuple[int, tuple[complex, ...]]]] = {
    "^": (3, (-1.3j,)),
    "v": (3, (1.3j,)),
    "<": (3, (-1.3 + 0j,)),
    ">": (3, (1.3 + 0j,)),
    "s": (4, (0.9 - 0.9j,)),
    "D": (4, (-1.25j,)),
    "P": (4, PLUS),
    "X": (4, tuple([corner * exp(0.25j * math.pi) for corner in PLUS])),
    "*": (5, (-1.4j, 0.6 * exp(-0.3j * math.pi))),
}


def css() -> str:
    """Return the style sheet of a panel, in the theme of the reader's system.

    Its colours are variables of the whole document, which film.css uses, too. In a notebook the
    page gives them the theme of that.
    """
    rules = {
        "text": f"font-size:{TEXT:g}px;fill:var(--text)",
        "text.title": "font-weight:bold",
        "text.faint": "fill:var(--faint)",
        "text.grad,.back": "fill:var(--back)",
        "path": "vector-effect:non-scaling-stroke",
        ".paper": "fill:var(--paper)",
        ".ink": "stroke:var(--text);stroke-width:2;fill:none",
        ".dash": "stroke-dasharray:6 4",
        ".thin": "stroke:var(--line);fill:none",
        ".dot": "fill:var(--text)",
        ".cell": "fill:var(--line)",
        ".mark": "stroke:var(--text);stroke-width:1.4",
        ".edge path": "stroke:var(--line);fill:none",
        ".positive path": "stroke:var(--positive)",
        ".negative path": "stroke:var(--negative)",
        ".shape": "fill:var(--paper);stroke:var(--text);stroke-width:1.6",
        ".later": "opacity:.65",
        ".lost text": "stroke:var(--paper);stroke-width:5px;paint-order:stroke",
        **{f".tone{k}": f"fill:var(--tone{k})" for k in range(2 * len(TONES))},
        **{f".region{k}": f"fill:var(--region{k})" for k in range(len(CLASS_COLOURS))},
        **{f".class{k}": f"fill:{colour}" for k, colour in enumerate(CLASS_COLOURS)},
    }
    written_out = "".join([f"{where}{{{what}}}" for where, what in rules.items()])
    dark = _colours(DARK)
    return f"{_colours(LIGHT)}@media (prefers-color-scheme: dark){{{dark}}}{written_out}"


def _colours(ink: Ink) -> str:
    """Return the colours of one theme."""
    below = [_mixed(ink.negative, ink.paper, share) for share in TONES]
    above = [_mixed(ink.positive, ink.paper, share) for share in reversed(TONES)]
    colours = ink._asdict() | {f"tone{k}": tone for k, tone in enumerate([*below, *above])}
    for k, colour in enumerate(CLASS_COLOURS):
        colours[f"region{k}"] = _mixed(colour, ink.paper, REGION)
    return f":root{{{';'.join([f'--{name}:{colour}' for name, colour in colours.items()])}}}"


def _mixed(colour: str, paper: str, share: float) -> str:
    """Return a colour thinned with that of the paper."""
    pairs = [(int(colour[k : k + 2], 16), int(paper[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join([f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs])


def picture(
    kind: str, title: str, width: float, height: float, *inside: str, is_lost: bool = False
) -> str:
    """Return a panel as SVG; it is hatched if numbers in it are not finite."""
    lost = "visible" if is_lost else "hidden"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="film {kind}" role="img" '
        f'aria-label="{words(title)}" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" '
        "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">"
        f'<style>{css()}</style><defs><pattern id="hatch-{kind}" width="8" height="8" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path class="thin" d="M0 0V8"/></pattern></defs><rect class="paper" width="{width:g}" '
        f'height="{height:g}"/>{"".join(inside)}<g class="lost" visibility="{lost}">'
        f'<rect y="26" width="{width:g}" height="{height - 26:g}" fill="url(#hatch-{kind})"/>'
        f"{label('not finite', width / 2, height / 2, kind='title', anchor='middle')}</g></svg>"
    )


def words(text: str) -> str:
    """Return text of a user, safe in SVG."""
    return escape(visible(text), {'"': "&quot;"})


def label(text: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words(text)}</text>'
    )


def written(x: float) -> str:
    """Return a number with three digits, as film.js writes it.

    Examples
    --------
    >>> written(0.123456), written(-2.0), written(0.0000123), written(1234.6), written(2e6)
    ('0.123', '−2', '1.23e−5', '1235', '2e6')
    """
    if x and math.isfinite(x) and not 1e-3 <= abs(x) < 1e5:
        mantissa, _, size = f"{x:.{DIGITS - 1}e}".partition("e")
        text = f"{float(mantissa):g}e{int(size)}"
    else:
        text = f"{x + 0.0:.{DIGITS}g}" if abs(x) < 100 else f"{x:.0f}"
    return text.replace("-", "−")


def class_mark(k: int) -> tuple[int, str]:
    """Return the number of the colour of class k, and its marker, both as in `nn.plots`."""
    turn, colour = divmod(k, len(CLASS_COLOURS))
    return colour, CLASS_MARKERS[(k + turn) % len(CLASS_MARKERS)]


def mark(marker: str, x: float, y: float, r: float = 4.5) -> str:
    """Return a part of a path that draws a marker, by the names that Matplotlib has for them."""
    if marker == "o":
        return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
    turns, corners = MARKERS[marker]
    points = [
        r * corner * exp(2j * math.pi * k / turns) for k in range(turns) for corner in corners
    ]
    start, *lines = [b - a for a, b in zip([0j, *points], points)]
    path = "".join([f"l{line.real:.1f} {line.imag:.1f}" for line in lines])
    return f"M{x + start.real:.1f} {y + start.imag:.1f}{path}z"


def thinned(items: Sequence[Any], most: int) -> list[Any]:
    """Return at most so many, evenly, with the last one; `most` is at least 2.

    Examples
    --------
    >>> thinned(range(10), 4)
    [0, 3, 6, 9]
    """
    step = max(-(-(len(items) - 1) // (most - 1)), 1)
    return [*items[:-1:step], *items[-1:]]
