"""Whether the figures of a lesson have the look of the course."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.text import Text

from nn.plots import (
    BLUE,
    CLASS_COLOURS,
    FAINT,
    GOLD,
    GREEN,
    GREY,
    INK,
    ORANGE,
    ROSE,
    VIOLET,
)

CELL = 830  # pixels that JupyterLab has for an output
SMALLEST_TEXT, THINNEST_LINE = 12, 1.5  # pixels as shown
WITHOUT_SIGN = {INK, GREEN, ROSE, GOLD, GREY, FAINT, VIOLET, "#ffffff", *CLASS_COLOURS}
MAPS = {"signed", "height", "shares", "gray_r", "Greys"}


def faults(figure: Figure) -> Iterator[str]:
    """Yield what is against the rules; figures are shown at 1 inch = `dpi` pixels, or smaller."""
    width = figure.get_figwidth() * figure.dpi
    pixels = figure.dpi / 72 * min(1, CELL / width)  # of a point
    if figure.get_facecolor()[3] < 1:
        yield "the background is not opaque"
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text() and text.get_fontsize() * pixels < SMALLEST_TEXT:
            yield f"{text.get_text()!r} has {text.get_fontsize() * pixels:.1f} px"
    for ax in figure.axes:
        for line in ax.lines:
            if to_hex(line.get_color()) not in WITHOUT_SIGN:
                yield f"the line {line.get_label()!r} has the colour {line.get_color()}"
            if line.get_linestyle() != "None" and line.get_linewidth() * pixels < THINNEST_LINE:
                yield f"the line {line.get_label()!r} has {line.get_linewidth() * pixels:.1f} px"
        for patch in ax.patches:
            yield from _of_bar(patch)
        for image in ax.images:
            if image.get_array().ndim == 2 and image.get_cmap().name not in MAPS:
                yield f"a picture has the colours {image.get_cmap().name}"
        for drawn in ax.collections:
            thin = drawn.get_linewidths() * pixels < THINNEST_LINE
            if isinstance(drawn, ContourSet) and not drawn.filled and thin.any():
                yield "a contour line is thin"


def _of_bar(patch: Any) -> Iterator[str]:
    """Blue and orange bars are above and below 0, and other bars have no colour of a sign."""
    colour, height = to_hex(patch.get_facecolor()), getattr(patch, "get_height", lambda: 0)()
    if (colour == BLUE and height < 0) or (colour == ORANGE and height >= 0):
        yield f"a bar of {height} has the colour {colour}"
    if colour not in WITHOUT_SIGN | {BLUE, ORANGE}:
        yield f"a bar has the colour {colour}"


def watch() -> list[str]:
    """Return a list that grows by the faults of every figure that is shown from now on."""
    found: list[str] = []
    original = FigureCanvasBase.print_figure

    def print_figure(canvas: Any, *arguments: Any, **options: Any) -> Any:
        result = original(canvas, *arguments, **options)
        found.extend(faults(canvas.figure))
        return result

    FigureCanvasBase.print_figure = print_figure  # type: ignore[method-assign]
    return found
