"""What all panels of a film share: colours, numbers in words, and elements of SVG."""

from __future__ import annotations

import math
from typing import Any, Final
from xml.sax.saxutils import escape

from autograd.view.markup import visible

SIZE: Final = 14.0  # of text; panels are never shown smaller than 0.88 of their size
DIGITS: Final = 3

# paper, ink, faint ink, lines, backward; signs: strong and pale to full; classes
LIGHT: Final = {
    "paper": "#ffffff",
    "ink": "#111111",
    "faint": "#555555",
    "line": "#8a8a8a",
    "back": "#7036b0",
    "positive": "#0062a3",
    "negative": "#d55e00",
    "tones": ("#f0c6a0", "#f6dcc4", "#fbefe4", "#e4eff8", "#c6deef", "#a3c9e4"),
    "fills": ("#ffffff", "#111111", "#00755a", "#c9a400", "#8a8a8a", "#ffffff"),
    "regions": ("#f3f3f3", "#cfcfcf", "#cfe9de", "#f4e9b5", "#e2e2e2", "#ffffff"),
}
DARK: Final = {
    "paper": "#16191d",
    "ink": "#f2f2f2",
    "faint": "#b4b4b4",
    "line": "#8b9096",
    "back": "#c9a0ff",
    "positive": "#6cc0ff",
    "negative": "#ff9a4d",
    "tones": ("#6b3a12", "#4b2c13", "#2e2017", "#16242f", "#173a55", "#1a4f78"),
    "fills": ("#16191d", "#f2f2f2", "#1fc796", "#d8cc3b", "#8b9096", "#16191d"),
    "regions": ("#23272c", "#44494f", "#0d4535", "#4b4312", "#34383d", "#16191d"),
}
SHAPES: Final = ("up", "circle", "square", "diamond", "down", "cross")
HATCH: Final = (
    '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="thin" d="M0 0V8"/></pattern>'
)


def colours(scope: str, theme: dict[str, Any]) -> str:
    """Return the rules of a style sheet that bring the colours of one theme."""
    rules = {
        ".paper": f"fill:{theme['paper']}",
        "text": f"fill:{theme['ink']}",
        "text.faint": f"fill:{theme['faint']}",
        "text.grad,SCOPE .back": f"fill:{theme['back']}",
        ".ink": f"stroke:{theme['ink']};fill:none",
        ".thin": f"stroke:{theme['line']};fill:none",
        ".dot": f"fill:{theme['ink']}",
        ".edge path": f"stroke:{theme['line']};fill:none",
        ".positive path": f"stroke:{theme['positive']}",
        ".negative path": f"stroke:{theme['negative']}",
        ".shape": f"fill:{theme['paper']};stroke:{theme['ink']}",
        ".lost text": f"stroke:{theme['paper']}",
        ".cell": f"fill:{theme['line']}",
    }
    for k, tone in enumerate(theme["tones"]):
        rules[f".tone{k}"] = f"fill:{tone}"
    for k, (fill, region) in enumerate(zip(theme["fills"], theme["regions"])):
        rules[f".class{k}"] = f"fill:{fill};stroke:{theme['ink']}"
        rules[f".region{k}"] = f"fill:{region}"
    return "".join([f"{scope} {where}{{{what}}}" for where, what in rules.items()])


def css() -> str:
    """Return the style sheet of a panel, in the theme of the reader's system."""
    scope = "svg.film"
    pens = {
        "text": f"font-size:{SIZE:g}px",
        "text.title": "font-weight:bold",
        ".ink": "stroke-width:2",
        ".class0,SCOPE .class1,SCOPE .class2,SCOPE .class3,SCOPE .class4,SCOPE .class5": (
            "stroke-width:1.4"
        ),
        ".shape": "stroke-width:1.6",
        ".later": "opacity:.65",
        ".lost text": "stroke-width:5px;paint-order:stroke",
        ".dash": "stroke-dasharray:6 4",
        "path": "vector-effect:non-scaling-stroke",
    }
    fixed = "".join([f"{scope} {where}{{{what}}}" for where, what in pens.items()])
    dark = colours(scope, DARK)
    return (f"{colours(scope, LIGHT)}@media (prefers-color-scheme:dark){{{dark}}}{fixed}").replace(
        "SCOPE", scope
    )


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
        f'<style>{css()}</style><defs>{HATCH}</defs><rect class="paper" width="{width:g}" '
        f'height="{height:g}"/>{"".join(inside)}<g class="lost" visibility="{lost}">'
        f'<rect y="26" width="{width:g}" height="{height - 26:g}" fill="url(#hatch)"/>'
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


def mark(shape: str, x: float, y: float, r: float = 4.5) -> str:
    """Return a part of a path that draws the mark of a class."""
    at = f"M{x:.1f} {y:.1f}"
    paths = {
        "circle": f"m{-r} 0a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z",
        "up": f"m0 {-1.2 * r:.1f}l{1.1 * r:.1f} {2 * r}h{-2.2 * r:.1f}z",
        "down": f"m0 {1.2 * r:.1f}l{1.1 * r:.1f} {-2 * r}h{-2.2 * r:.1f}z",
        "square": f"m{-0.9 * r:.1f} {-0.9 * r:.1f}h{1.8 * r:.1f}v{1.8 * r:.1f}h{-1.8 * r:.1f}z",
        "diamond": f"m0 {-1.2 * r:.1f}l{1.2 * r:.1f} {1.2 * r:.1f}"
        f"l{-1.2 * r:.1f} {1.2 * r:.1f}l{-1.2 * r:.1f} {-1.2 * r:.1f}z",
        "cross": f"m{-r} {-r / 3:.1f}h{2 * r / 3:.1f}v{-2 * r / 3:.1f}h{2 * r / 3:.1f}"
        f"v{2 * r / 3:.1f}h{2 * r / 3:.1f}v{2 * r / 3:.1f}h{-2 * r / 3:.1f}v{2 * r / 3:.1f}"
        f"h{-2 * r / 3:.1f}v{-2 * r / 3:.1f}h{-2 * r / 3:.1f}z",
    }
    return at + paths[shape]
