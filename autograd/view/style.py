"""How pictures look: their style, their colours, and the style sheet that brings these.

The colours are M. Okabe and K. Ito's, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .text import Format

SIZES: Final = {"name": 15.0, "value": 13.0, "grad": 13.0, "label": 12.0, "legend": 12.0}
LINE_WIDTH: Final = 1.5  # of an edge

# outline and fill in the light, and in the dark; fill in DOT, lightened for black text
COLOURS: Final = {
    "input": ("#3a94cb", "#dff0fb", "#56b4e9", "#123349", "#cfe8f7"),
    "parameter": ("#c98500", "#fdf0d2", "#e69f00", "#44320a", "#fde2a7"),
    "leaf": ("#b3588b", "#f8e6f0", "#cc79a7", "#44213a", "#f3d3e4"),
    "constant": ("#767676", "#f3f3f3", "#9a9a9a", "#2b2e31", "#eeeeee"),
    "operation": ("#333333", "#ffffff", "#d0d0d0", "#1f2327", "#ffffff"),
    "output": ("#009e73", "#d3f0e6", "#1fc796", "#06402f", "#bfe3d5"),
    "unit": ("#8f8600", "#fcf9d0", "#d8cc3b", "#3a3710", "#fcf9d0"),
    "layer": ("#333333", "#ededed", "#d0d0d0", "#2f343a", "#ededed"),
}
# background, text, faint text, lines, positive, negative
LIGHT_INK: Final = ("#ffffff", "#111111", "#555555", "#8a8a8a", "#0072b2", "#d55e00")
DARK_INK: Final = ("#16191d", "#f2f2f2", "#b4b4b4", "#8b9096", "#56b4e9", "#f08a3c")


@dataclass(frozen=True)
class Style:
    """How a picture is drawn; fields without a comment are parameters of `draw`."""

    number: Format  # writes a number
    edges: str = "none"
    listed: str = "none"  # what is written on edges in text
    gradients: bool = False
    theme: str = "auto"
    rankdir: str = "LR"
    is_compact: bool = False  # whether units are flat, because there are many in a layer


def css(theme: str) -> str:
    """Return rules that touch nothing outside the picture, also when it is part of a page."""
    scope = f"svg.deltarule.{theme}"
    light, dark = _rules(scope, 0, LIGHT_INK), _rules(scope, 2, DARK_INK)
    pens = [f"{scope} .edge path{{stroke-width:{LINE_WIDTH:g}}}{scope} .shape{{stroke-width:2}}"]
    pens += [f"{scope} .name tspan:first-child{{font-weight:bold}}"]
    pens += [f"{scope} .{kind}{{font-size:{size:g}px}}" for kind, size in SIZES.items()]
    fit = f"{''.join(pens)}@media screen{{{scope}{{max-width:100%;height:auto}}}}"
    if theme == "auto":
        return f"{light}@media (prefers-color-scheme: dark){{{dark}}}{fit}"
    return (dark if theme == "dark" else light) + fit


def _rules(scope: str, first: int, ink: Sequence[str]) -> str:
    background, text, faint, line, positive, negative = ink
    rules = {
        ".background": f"fill:{background}",
        "text": f"fill:{text}",
        ".faint": f"fill:{faint}",
        ".edge path": f"stroke:{line};fill:none",
        ".edge polygon": f"fill:{line}",
        ".positive path": f"stroke:{positive}",
        ".negative path": f"stroke:{negative}",
        ".positive polygon,SCOPE .bar.positive,SCOPE text .positive": f"fill:{positive}",
        ".negative polygon,SCOPE .bar.negative,SCOPE text .negative": f"fill:{negative}",
        ".axis": f"stroke:{line}",
    }
    for kind, colours in COLOURS.items():
        rules[f".{kind} .shape"] = f"stroke:{colours[first]};fill:{colours[first + 1]}"
    rows = [f"{scope} {where}{{{what}}}" for where, what in rules.items()]
    return "".join(rows).replace("SCOPE", scope)
