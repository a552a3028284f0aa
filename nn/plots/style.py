"""The look of all figures: what a colour means, sizes, and the style of the course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from autograd.extras import install

from .words import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK: Final = "#111111"  # what is given, the forward pass, the error of training
GREEN: Final = "#00755a"
ROSE: Final = "#b8336a"
GOLD: Final = "#967900"
GREY: Final = "#6b6b6b"
FAINT: Final = "#8a8a8a"  # of contour lines
VIOLET: Final = "#7036b0"  # what the backward pass finds: gradients, δ
BLUE: Final = "#0062a3"  # positive
ORANGE: Final = "#d55e00"  # negative

# Neither blue, nor orange, nor violet, and each shade lighter or darker than the one before.
CLASS_COLOURS: Final = (
    *(GREEN, "#e3b505", ROSE, "#b3b3b3", "#333333"),
    *("#f2a7c3", "#6d1638", "#8fd3b8", "#7d8f00", "#f1e29a"),
)
CLASS_MARKERS: Final = ("o", "^", "s", "D", "v", "P", "X", "*", "<", ">")

LABEL_SIZE: Final = 14
TICK_SIZE: Final = 12
LINE_WIDTH: Final = 2.25
LEGEND: Final[dict[str, Any]] = {"frameon": False, "fontsize": TICK_SIZE}
LONGEST_LEGEND: Final = 14  # more entries go into a further column
HIGHEST: Final = 1e305  # an axis goes not much further
MOST_ENTRIES: Final = 2 * LONGEST_LEGEND  # the last one then says how many more there are

COURSE: Final[dict[str, Any]] = {
    # At 80 dpi a figure of 10 inches fills a cell of JupyterLab, and 12 points are 13 pixels.
    "figure.dpi": 80,
    "figure.figsize": (8, 4.5),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # opaque: readable in a dark notebook, too
    "axes.facecolor": "white",
    "font.size": TICK_SIZE,
    "axes.labelsize": 13,
    "axes.titlesize": 13,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": LINE_WIDTH,
    "lines.markersize": 7,
    "lines.markeredgewidth": 1.5,
    "hatch.linewidth": 1.5,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "image.interpolation": "nearest",
}


def course_style() -> None:
    """Give all figures of a notebook the look of the course, at twice the pixels of a screen.

    It sets Matplotlib's defaults, and adds the colour maps "signed" (orange below 0, white, blue
    above it) and "height" (white to grey, for numbers without a sign).

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     course_style()
    ...     matplotlib.rcParams["lines.linewidth"]
    2.25
    """
    import matplotlib
    from cycler import cycler
    from matplotlib import style

    lines = cycler(color=[INK, GREEN, ROSE, GOLD, GREY]) + cycler(
        linestyle=["-", "--", "-.", ":", (0, (7, 2))]
    )
    style.use(COURSE | {"axes.prop_cycle": lines})
    for colours in (ramp("signed", ORANGE, "white", BLUE), ramp("height", "white", "#b0b0b0")):
        matplotlib.colormaps.register(colours, force=True)
    try:
        from IPython import get_ipython
        from matplotlib_inline.config import InlineBackend
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        InlineBackend.instance(parent=shell).figure_formats = {"retina"}


def ramp(name: str, *colours: str) -> Colormap:
    """Return a colour map that runs through these colours."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, colours)


def text_on(background: Any) -> str:
    """Return black or white, whichever can be read better on a colour.

    Examples
    --------
    >>> text_on("white"), text_on(BLUE), text_on(ORANGE)
    ('black', 'white', 'black')
    """
    from matplotlib.colors import to_rgb

    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)

    red, green, blue = map(linear, to_rgb(background))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # The contrasts 1.05/(L + 0.05) of white and (L + 0.05)/0.05 of black are equal here.
    return "black" if luminance > 0.179 else "white"


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, in inches, whose labels always find room."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ImportError(
            f"figures are drawn by Matplotlib, which cannot be imported: run {install('demo')}"
        ) from error
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(width, height), layout=layout, facecolor="white")


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure, of an axes in a subfigure as well."""
    return ax.figure.figure


def label(ax: Axes, x: str, y: str) -> None:
    """Name both axes, and draw them as in all figures."""
    ax.set_xlabel(x, fontsize=LABEL_SIZE)
    ax.set_ylabel(y, fontsize=LABEL_SIZE)
    ax.tick_params(labelsize=TICK_SIZE)
    ax.spines[["top", "right"]].set_visible(False)


def legend_beside(ax: Axes, names: Mapping[str, str] | None = None) -> None:
    """Add the legend to the right of the data.

    Parameters
    ----------
    ax : Axes
    names : mapping or None
        From labels to what stands for them in the legend, text of the user.
    """
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) > MOST_ENTRIES:
        left = len(labels) - MOST_ENTRIES + 1
        (nothing,) = ax.plot([], [], linestyle="none", label="_")
        handles = [*handles[: MOST_ENTRIES - 1], nothing]
        labels = [*labels[: MOST_ENTRIES - 1], f"and {left} more"]
    columns = legend_columns(len(labels))
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "ncols": columns}
    for text in ax.legend(handles, labels, **place, **LEGEND).get_texts():
        if names and text.get_text() in names:
            plain(text, names[text.get_text()])


def legend_columns(n_entries: int) -> int:
    """Return in how many columns a legend is set."""
    return 1 + (min(n_entries, MOST_ENTRIES) - 1) // LONGEST_LEGEND


def tell_left_out(ax: Axes, count: int, total: int) -> None:
    """Say in the title how many points have no place."""
    if count:
        title = f"{count} of {total} points are not drawn: a number is missing or not finite"
        ax.set_title(title, fontsize=TICK_SIZE, pad=10)
