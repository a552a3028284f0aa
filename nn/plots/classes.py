"""Classes: decision regions and confusion matrices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd.quoting import short
from autograd.samples import by_position

from ..evaluation import predict_proba
from ..module import Module
from .style import (
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREEN,
    GREY,
    HIGHEST,
    INK,
    LABEL_SIZE,
    LINE_WIDTH,
    MOST_ENTRIES,
    TICK_SIZE,
    figure_of,
    label,
    legend_beside,
    legend_columns,
    new_figure,
    ramp,
    tell_left_out,
)
from .words import LINES, WIDTH, letters, plain, wrapped

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array: TypeAlias = NDArray[np.float64]
    Predictor: TypeAlias = Module | Callable[[list[list[float]]], ArrayLike]

LETTER: Final = 0.1  # about the width of a letter of a tick, in inches
MOST_NUMBERED: Final = 30  # classes of a confusion matrix with numbers in its cells
MOST_WRAPPED: Final = 10  # of a matrix with more there is a single line for a name
MOST_NAMED: Final = 20  # of a larger one so many have their name at its side, at most
SIDE: Final = 6.0  # inches that such a matrix is wide and high


def decision_boundary(
    model: Predictor,
    inputs: ArrayLike,
    targets: ArrayLike,
    ax: Axes | None = None,
    class_names: Sequence[str] | None = None,
    resolution: int = 60,
    feature_names: Sequence[str] | None = None,
) -> Figure:
    """Colour the plane by what a classifier with two inputs predicts there, and add the data.

    Decision regions are in light colours, boundaries as black lines (PRML, section 1.5), the data
    as markers.

    Parameters
    ----------
    model : Module or callable
        A network, whose outputs are read as by `predict_proba`. Or what takes a list of rows of 2
        floats and answers with a class index (an integer) for each row, or the probability of
        class 1, or the probabilities of all K classes. Probabilities make the colour fade where
        the classifier is undecided.
    inputs : array-like, shape (N, 2)
        The data points. Those with a number that is not finite, as missing ones are, have no place:
        the title says how many there are.
    targets : array-like, shape (N,) or (N, K)
        Their classes: indices 0 .. K-1; or -1 and 1, as for the hinge error; or 1-of-K vectors.
    ax : Axes or None
        Where to draw; None makes a new figure.
    class_names : sequence of str or None
        Names for the legend, one for each class, shown as they are; None numbers them.
    resolution : int
        The model is asked at resolution x resolution points, at least 2 x 2.
    feature_names : sequence of str or None
        Labels of the two axes, shown as they are; None writes x₁ and x₂.

    Examples
    --------
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], output="sigmoid", rng=0)
    >>> figure = decision_boundary(model, [[-1, 0], [1, 0], [2, 1]], [0, 1, 1])
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    alone = ax is None
    ax = ax or new_figure(7.5, 5.8).add_subplot()
    import numpy as np
    from contourpy import contour_generator
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgb

    points = np.asarray(by_position(inputs, "inputs"), dtype=float)
    classes = _class_indices(targets, "targets")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"inputs has shape {points.shape}: pass rows of the 2 inputs to draw, and a model of "
            "these two, or a function of them that fills in what else its model needs"
        )
    if classes.shape != points.shape[:1] or classes.dtype.kind not in "iu" or classes.min() < 0:
        raise ValueError(
            f"targets does not hold a class index for each of {len(points)} rows: "
            f"pass {len(points)} integers from 0"
        )
    if not callable(model):
        raise TypeError(
            f"decision_boundary asks a network, or a function of rows, not {short(model)}"
        )
    if resolution < 2:
        raise ValueError(f"resolution is {resolution}: choose an integer of at least 2")
    n_classes = int(classes.max()) + 1
    if class_names is None:
        class_names = [f"class {k}" for k in range(n_classes)]
    if len(class_names) < n_classes:
        raise ValueError(
            f"targets go up to class {n_classes - 1} and class_names has {len(class_names)}: "
            f"pass at least {n_classes} names"
        )

    has_place = (abs(points) <= HIGHEST).all(axis=1)
    if not has_place.any():
        raise ValueError(
            f"none of the {len(points)} rows of inputs has two numbers that are finite and at most "
            f"{HIGHEST:g}: leave out or scale what is not"
        )
    n_rows = len(points)
    points, classes = points[has_place], classes[has_place]
    low, high = points.min(axis=0), points.max(axis=0)
    # Of numbers that are almost the same, as far as an axis can tell them apart.
    tiny = high - low <= 1e-9 * np.maximum(abs(low), abs(high))
    border = np.where(tiny, np.maximum(1.0, 0.1 * abs(low)), 0.1 * (high - low))
    low, high = low - border, high + border
    x1s, x2s = np.linspace(low, high, resolution).T
    rows = [[x1, x2] for x2 in x2s.tolist() for x1 in x1s.tolist()]
    answers = predict_proba(model, rows) if isinstance(model, Module) else model(rows)
    p = _probabilities(answers, len(rows), len(class_names))

    winner, n_predicted = p.argmax(axis=1), p.shape[1]
    colours = np.array([to_rgb(CLASS_COLOURS[k % len(CLASS_COLOURS)]) for k in range(n_predicted)])
    certainty = (p.max(axis=1) - 1 / n_predicted) / (1 - 1 / n_predicted)
    image = 1 - 0.5 * certainty[:, None] * (1 - colours[winner])
    width, height = high - low
    comparable = 1 / 3 * height < width < 3 * height
    names = {int(k): wrapped(class_names[int(k)]) for k in np.unique(classes)}
    # Matplotlib leaves out of a legend what begins so.
    labels = {k: f"class {k}" if name.startswith("_") else name for k, name in names.items()}
    if alone and comparable:
        # The longer side of the plane takes 5 inches; the rest is for labels and legend.
        scale = 5 / max(width, height)
        shown = [*names.values()][:MOST_ENTRIES]
        widest = max(map(letters, [*shown, "and 99 more"] if len(shown) < len(names) else shown))
        legend = legend_columns(len(names)) * (0.7 + LETTER * widest)
        figure_of(ax).set_size_inches(scale * width + 1.1 + legend, scale * height + 0.9)
    half = (high - low) / (resolution - 1) / 2
    ax.imshow(
        image.reshape(resolution, resolution, 3),
        extent=(low[0] - half[0], high[0] + half[0], low[1] - half[1], high[1] + half[1]),
        origin="lower",
        interpolation="bilinear",
        zorder=0,
    )
    second, first = np.partition(p, -2, axis=1)[:, -2:].T
    lines: list[Any] = []
    # Every boundary has a region other than the last on one of its sides.
    for k in np.unique(winner)[:-1].tolist():
        lead = p[:, k] - np.where(winner == k, second, first)
        lines += contour_generator(x1s, x2s, lead.reshape(resolution, resolution)).lines(0.0)
    # All at once: of each `ax.contour`, some 10 ms are not for its lines.
    ax.add_collection(LineCollection(lines, colors=INK, linewidths=LINE_WIDTH, zorder=1))
    for k in np.unique(classes).tolist():
        ax.scatter(
            points[classes == k, 0],
            points[classes == k, 1],
            s=50,
            color=CLASS_COLOURS[k % len(CLASS_COLOURS)],
            # A second round of the colours meets other shapes.
            marker=CLASS_MARKERS[(k + k // len(CLASS_COLOURS)) % len(CLASS_MARKERS)],
            edgecolors=INK,
            linewidths=1.2,
            label=labels[k],
            zorder=2,
        )
    ax.set_aspect("equal" if comparable else "auto")
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    label(ax, "$x_1$", "$x_2$")
    if feature_names is not None:
        for text, name in zip((ax.xaxis.label, ax.yaxis.label), feature_names):
            plain(text, wrapped(name, 2 * WIDTH, 2))
    legend_beside(ax, {labels[k]: name for k, name in names.items()})
    tell_left_out(ax, n_rows - len(points), n_rows)
    return figure_of(ax)


def _probabilities(predicted: ArrayLike, n_rows: int, n_classes: int) -> Array:
    """Return what a classifier answered as a probability for each row and class."""
    import numpy as np

    answers = np.asarray(predicted)
    if answers.ndim not in (1, 2) or len(answers) != n_rows:
        raise ValueError(
            f"the model answered {n_rows} rows with shape {answers.shape}: return a class index, "
            "the probability of class 1, or a row of probabilities for each"
        )
    if answers.ndim == 1 and answers.dtype.kind in "iub":
        if answers.min() < 0:
            raise ValueError(
                f"the model returned class {answers.min()}: class indices start from 0"
            )
        certain: Array = np.eye(max(n_classes, int(answers.max()) + 1, 2))
        return certain.take(answers.astype(int), axis=0)
    p = answers.astype(float)
    if p.ndim == 1 or p.shape[1] == 1:
        p = np.column_stack([1 - p, p])
    wrong = ~((p >= 0) & (p <= 1)).all(axis=1) | ~(abs(p.sum(axis=1) - 1) < 1e-3)
    if wrong.any():
        raise ValueError(
            f"the model returned {answers[wrong][0]}, which is neither an integer nor made of "
            "probabilities that lie in [0, 1] and sum to 1: return class indices as int"
        )
    return p


def _class_indices(targets: ArrayLike, name: str) -> NDArray[Any]:
    """Return classes, given as for `decision_boundary`, as integers; what is none as it is."""
    import numpy as np

    classes = np.asarray(by_position(targets, name))
    if classes.ndim == 2 and classes.size:
        classes = classes.argmax(axis=1) if classes.shape[1] > 1 else classes[:, 0]
    if np.isin(classes, (-1, 1)).all():
        classes = classes > 0
    if classes.dtype.kind in "bf" and all(float(k).is_integer() for k in classes.ravel()):
        classes = classes.astype(int)
    return classes


def confusion_matrix(
    true: ArrayLike,
    predicted: ArrayLike,
    class_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Count how often each class was predicted for each true class.

    There is a row for each true class, a column for each predicted class. The number in a cell is
    a count; its shade is the share of the row, so that small classes show as well. With more than
    30 classes there are shades only, and some of the names. The title has the accuracy.
    (R. Kohavi and F. Provost, "Glossary of terms", Machine Learning 30, 1998.)

    Parameters
    ----------
    true, predicted : array-like
        N classes each, N at least 1, as the targets of `decision_boundary`.
    class_names : sequence of str or None
        K names, shown as they are; None numbers the classes.
    ax : Axes or None
        Where to draw; None makes a new figure.

    Examples
    --------
    >>> figure = confusion_matrix([0, 0, 1], [0, 1, 1], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '1', '0', '1']
    """
    alone = ax is None
    ax = ax or new_figure(5, 5).add_subplot()
    ts: list[Any] = _class_indices(true, "true").tolist()
    ys: list[Any] = _class_indices(predicted, "predicted").tolist()
    if len(ts) != len(ys) or len(ts) == 0:
        raise ValueError(
            f"there are {len(ts)} true and {len(ys)} predicted classes: pass one of each "
            "for every row, and at least one row"
        )
    for which, classes in (("true", ts), ("predicted", ys)):
        for n, k in enumerate(classes):
            if not isinstance(k, int):
                raise ValueError(f"{which}[{n}] is {short(k)}: pass class indices, integers from 0")
    if class_names is None:
        class_names = [f"class {k}" for k in range(max(*ts, *ys) + 1)]
    n_classes = len(class_names)
    counts = [[0] * n_classes for _ in range(n_classes)]
    for n, (t, y) in enumerate(zip(ts, ys, strict=True)):
        for which, k in (("true", t), ("predicted", y)):
            if not 0 <= k < n_classes:
                raise ValueError(
                    f"{which}[{n}] is {k} and class_names has {n_classes}: use 0 to "
                    f"{n_classes - 1}, or pass more names"
                )
        counts[t][y] += 1

    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    image = ax.imshow(
        shares,
        cmap=ramp("shares", "white", "#8fd3b8" if n_classes <= MOST_NUMBERED else GREEN),
        vmin=0,
        vmax=1,
    )
    if n_classes <= MOST_NUMBERED:
        _fill(ax, counts, class_names, alone)
    else:
        _name_some(ax, class_names, alone)
        bar = figure_of(ax).colorbar(image, ax=ax, shrink=0.6)
        bar.set_label("share of the true class", fontsize=LABEL_SIZE)
        bar.ax.tick_params(labelsize=TICK_SIZE)
    right = sum(counts[k][k] for k in range(n_classes))
    ax.set_title(
        f"accuracy {right / len(ts):.1%} ({right} of {len(ts)})", fontsize=LABEL_SIZE, pad=10
    )
    return figure_of(ax)


def _fill(ax: Axes, counts: list[list[int]], names: Sequence[str], alone: bool) -> None:
    """Write every number and every name."""
    n_classes = len(names)
    labels = [wrapped(name, lines=LINES if n_classes <= MOST_WRAPPED else 1) for name in names]
    longest = max(map(letters, labels))
    side = min(max(0.5, 5 / n_classes), 1.2)
    crowded = longest * LETTER > side
    if alone:
        width = side * n_classes + longest * LETTER + 0.8
        height = side * n_classes + (longest * LETTER * 0.8 if crowded else 0.3) + 1.0
        figure_of(ax).set_size_inches(width, height)
    size = LABEL_SIZE if n_classes <= MOST_WRAPPED else TICK_SIZE
    for t, row in enumerate(counts):
        for y, count in enumerate(row):
            colour = INK if count else GREY
            cell = ax.text(y, t, str(count), color=colour, ha="center", va="center", fontsize=size)
            cell.set_in_layout(False)  # it lies within the axes, and there are many
    below = [wrapped(name, lines=1) for name in names] if crowded else labels
    _name(ax, range(n_classes), below, labels, crowded)
    ax.spines[:].set_visible(False)


def _name_some(ax: Axes, names: Sequence[str], alone: bool) -> None:
    """Write as many names as there is room for, at equal distances."""
    some = range(0, len(names), math.ceil(len(names) / MOST_NAMED))
    labels = [wrapped(names[k], lines=1) for k in some]
    if alone:
        beside = max(map(letters, labels)) * LETTER
        figure_of(ax).set_size_inches(SIDE + beside + 2, SIDE + 0.8 * beside + 1)
    _name(ax, some, labels, labels, True)
    ax.spines[:].set_visible(True)


def _name(
    ax: Axes, places: Sequence[int], below: list[str], beside: list[str], turned: bool
) -> None:
    """Write names at two sides of a matrix."""
    turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    label(ax, "predicted class", "true class")
    for axis, labels, look in ((ax.xaxis, below, turn if turned else {}), (ax.yaxis, beside, {})):
        axis.set_ticks(places, labels, **look)
        ticks = axis.get_major_ticks()
        for tick, name in zip(ticks, labels):
            plain(tick.label1, name)
        axis.set_ticklabels([tick.label1.get_text() for tick in ticks])  # which are kept
    ax.tick_params(length=0)
