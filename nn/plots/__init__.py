"""Figures: learning curves, decision boundaries, confusion matrices and fitted functions.

Every function returns a Matplotlib `Figure` and leaves the global state of Matplotlib alone: no
window opens and no style or backend changes; only `course_style` does that, which is what it is
for. Save a figure with `figure.savefig("name.png")`; a notebook shows it at the end of a cell once
`%matplotlib inline` has been run. To draw into a figure of your own, pass its `Axes` as `ax`; the
default, None, makes a new figure. Every function raises ImportError if Matplotlib is not
installed, and ValueError, which says what does not fit, if its arguments do not fit together.

Blue and orange are the sign of a number and nothing else, violet is what the backward pass finds.
Classes differ in shape as well as in colour, and lines in their dashes.
"""

from .classes import confusion_matrix, decision_boundary
from .curves import learning_curves, regression_fit
from .style import (
    BLUE,
    CLASS_COLOURS,
    CLASS_MARKERS,
    FAINT,
    GOLD,
    GREEN,
    GREY,
    INK,
    ORANGE,
    ROSE,
    VIOLET,
    course_style,
    text_on,
)

__all__ = [
    "BLUE",
    "CLASS_COLOURS",
    "CLASS_MARKERS",
    "FAINT",
    "GOLD",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "ROSE",
    "VIOLET",
    "confusion_matrix",
    "course_style",
    "decision_boundary",
    "learning_curves",
    "regression_fit",
    "text_on",
]
