"""How pictures look: their style, their colours, and the style sheet that brings these.

The colours are M. Okabe and K. Ito's, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .text import Format

EDGES: Final = ("auto", "none", "local", "flow", "both")
THEMES: Final = ("auto", "light", "dark")
SIZES: Final = {"name": 18.0, "value": 16.0, "grad": 16.0, "label": 14.0, "legend": 13.0}
LINE_WIDTH: Final = 1.5  # of an edge

# outline, fill
LIGHT: Final = {
    "input": ("#3a94cb", "#dff0fb"),
    "parameter": ("#c98500", "#fdf0d2"),
    "leaf": ("#b3588b", "#f8e6f0"),
    "constant": ("#767676", "#f3f3f3"),
    "operation": ("#333333", "#ffffff"),
    "output": ("#009e73", "#d3f0e6"),
    "unit": ("#8f8600", "#fcf9d0"),
    "layer": ("#333333", "#ededed"),
}
DARK: Final = {
    "input": ("#56b4e9", "#123349"),
    "parameter": ("#e69f00", "#44320a"),
    "leaf": ("#cc79a7", "#44213a"),
    "constant": ("#9a9a9a", "#2b2e31"),
    "operation": ("#d0d0d0", "#1f2327"),
    "output": ("#1fc796", "#06402f"),
    "unit": ("#d8cc3b", "#3a3710"),
    "layer": ("#d0d0d0", "#2f343a"),
}
# background, text, faint text, lines, positive, negative
LIGHT_INK: Final = ("#ffffff", "#111111", "#555555", "#8a8a8a", "#0072b2", "#d55e00")
DARK_INK: Final = ("#16191d", "#f2f2f2", "#b4b4b4", "#8b9096", "#56b4e9", "#f08a3c")


@dataclass(frozen=True)
class Style:
    """How a picture is drawn, whatever it shows; see `draw` for most of the fields.

    Attributes
    ----------
    number : function
        Writes a number.
    edges, listed : str
        What is written on edges in the picture, and in text.
    gradients : bool
    theme, rankdir : str
    is_compact : bool
        Whether units are flat, because there are many in a layer.
    """

    number: Format
    edges: str = "none"
    listed: str = "none"
    gradients: bool = False
    theme: str = "auto"
    rankdir: str = "LR"
    is_compact: bool = False


def css(theme: str) -> str:
    """Return rules that touch nothing outside the picture, also when it is part of a page."""
    scope = f"svg.deltarule.{theme}"
    light, dark = _rules(scope, LIGHT, LIGHT_INK), _rules(scope, DARK, DARK_INK)
    pens = [f"{scope} .edge path{{stroke-width:{LINE_WIDTH:g}}}{scope} .shape{{stroke-width:2}}"]
    pens += [f"{scope} .name tspan:first-child{{font-weight:bold}}"]
    pens += [f"{scope} .{kind}{{font-size:{size:g}px}}" for kind, size in SIZES.items()]
    fit = f"{''.join(pens)}@media screen{{{scope}{{max-width:100%;height:auto}}}}"
    if theme == "auto":
        return f"{light}@media (prefers-color-scheme: dark){{{dark}}}{fit}"
    return (dark if theme == "dark" else light) + fit


def _rules(scope: str, kinds: Mapping[str, tuple[str, str]], ink: Sequence[str]) -> str:
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
    rules |= {
        f".{kind} .shape": f"stroke:{outline};fill:{fill}"
        for kind, (outline, fill) in kinds.items()
    }
    rows = [f"{scope} {where}{{{what}}}" for where, what in rules.items()]
    return "".join(rows).replace("SCOPE", scope)
