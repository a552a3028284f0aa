"""How pictures look: their style, their colours, and the style sheet that brings these.

Blue and orange are the sign of a number, in marks; ink and violet are the pass that a number
belongs to, in text. What a node is shows in its shape; fills are pale and have none of these hues.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from .text import Format

SIZES: Final = {"name": 15.0, "value": 13.0, "grad": 13.0, "label": 12.0, "legend": 12.0}
LEAST: Final = 12.0  # pixels of the smallest text as shown
LINE_WIDTH: Final = 1.5  # of an edge
HATCH_WIDTH: Final = 7.0  # of the outline of a node that holds a number that is not finite

# outline and fill in the light, and in the dark
COLOURS: Final = {
    "input": ("#5f6368", "#eef1f4", "#a9b0b6", "#272d33"),
    "parameter": ("#00755a", "#e4f3ec", "#2fc79d", "#10362a"),
    "leaf": ("#766600", "#fbf6dc", "#cdb93f", "#36310f"),
    "constant": ("#767676", "#f3f3f3", "#9a9a9a", "#24272a"),
    "operation": ("#111111", "#ffffff", "#d8dce0", "#1f2327"),
    "output": ("#111111", "#ffffff", "#d8dce0", "#1f2327"),
    "unit": ("#111111", "#ffffff", "#d8dce0", "#1f2327"),
    "layer": ("#111111", "#ededed", "#d8dce0", "#2f343a"),
}


class Ink(NamedTuple):
    """The colours of all but nodes."""

    paper: str
    text: str  # also of the forward pass
    faint: str
    line: str
    positive: str
    negative: str
    back: str  # numbers of the backward pass


LIGHT: Final = Ink("#ffffff", "#111111", "#555555", "#767676", "#0062a3", "#d55e00", "#7036b0")
DARK: Final = Ink("#16191d", "#f2f2f2", "#b4b4b4", "#8b9096", "#6cc0ff", "#ff9a4d", "#c9a0ff")


def variables(scope: str) -> str:
    """Return rules that bring the colours to a page, as CSS variables of a scope.

    Examples
    --------
    >>> variables(".page")[:29]
    '.page{--paper:#ffffff;--ink:#'
    """
    light, dark = [_variables(scope, first, ink) for first, ink in ((0, LIGHT), (2, DARK))]
    return f"{light}@media (prefers-color-scheme: dark){{{dark}}}"


def _variables(scope: str, first: int, ink: Ink) -> str:
    colours = {
        "paper": ink.paper,
        "ink": ink.text,
        "faint": ink.faint,
        "back": ink.back,
        "good": COLOURS["parameter"][first],
    }
    return f"{scope}{{{';'.join([f'--{name}:{colour}' for name, colour in colours.items()])}}}"


@dataclass(frozen=True)
class Style:
    """How a picture is drawn; fields without a comment are parameters of `draw`."""

    number: Format  # writes a number
    edges: str = "none"  # as for `draw`, or "gradient": local, and ∂root/∂w of a weight
    listed: str = "none"  # what is written on edges in text
    gradients: bool = False
    theme: str = "auto"
    rankdir: str = "LR"
    is_compact: bool = False  # whether units are flat, because there are many in a layer

    def written(self, x: float) -> str:
        """Return a number with a true minus sign, and 0 without any."""
        return self.number(x + 0.0).replace("-", "−")  # not -0


def css(theme: str) -> str:
    """Return rules that touch nothing outside the picture, also when it is part of a page.

    On a screen, the picture shrinks to the room that it is given, but not to less than the
    property ``--least`` of its root.
    """
    scope = f"svg.deltarule.{theme}"
    light, dark = _rules(scope, 0, LIGHT), _rules(scope, 2, DARK)
    pens = {
        ".edge path": f"stroke-width:{LINE_WIDTH:g}",
        ".shape": "stroke-width:2",
        ".name tspan:first-child": "font-weight:bold",
        ".nonfinite .shape": f"stroke:url(#{hatch(theme)});stroke-width:{HATCH_WIDTH:g}",
        ".nonfinite .shape.inner": "stroke-width:2",
        ".nonfinite path": "stroke-dasharray:2.5 3.5",
        ".hatching": "stroke-width:2.5",
        **{f".{kind}": f"font-size:{size:g}px" for kind, size in SIZES.items()},
    }
    fit = f"@media screen{{{scope}{{max-width:100%;min-width:var(--least);height:auto}}}}"
    rest = _written(scope, pens) + fit
    if theme == "auto":
        return f"{light}@media (prefers-color-scheme: dark){{{dark}}}{rest}"
    return (dark if theme == "dark" else light) + rest


def hatch(theme: str) -> str:
    """Return the id of the pattern that hatches what is not finite."""
    return f"hatch-{theme}"


def _rules(scope: str, first: int, ink: Ink) -> str:
    rules = {
        ".background": f"fill:{ink.paper}",
        "text": f"fill:{ink.text}",
        ".faint": f"fill:{ink.faint}",
        "text.grad,.flow": f"fill:{ink.back}",
        ".edge path": f"stroke:{ink.line};fill:none",
        ".arrow": f"fill:{ink.line}",
        ".positive path": f"stroke:{ink.positive}",
        ".negative path": f"stroke:{ink.negative}",
        ".positive .arrow,.bar.positive": f"fill:{ink.positive}",
        ".negative .arrow,.bar.negative": f"fill:{ink.negative}",
        ".nonfinite path,.hatching": f"stroke:{ink.text}",
        ".nonfinite .arrow": f"fill:{ink.text}",
        ".nonfinite .shape.inner": f"stroke:{ink.text}",
        ".flag rect": f"fill:{ink.text}",
        ".flag.back rect": f"fill:{ink.back}",
        ".flag text": f"fill:{ink.paper}",
        ".axis": f"stroke:{ink.line}",
    }
    for kind, colours in COLOURS.items():
        rules[f".{kind} .shape"] = f"stroke:{colours[first]};fill:{colours[first + 1]}"
    return _written(scope, rules)


def _written(scope: str, rules: dict[str, str]) -> str:
    """Return a style sheet in which every selector begins with the scope."""
    return "".join(
        [
            f"{','.join([f'{scope} {part}' for part in where.split(',')])}{{{what}}}"
            for where, what in rules.items()
        ]
    )
