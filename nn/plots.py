"""Figures: learning curves, decision boundaries, confusion matrices and fitted functions.

Every function returns a Matplotlib `Figure` and leaves the global state of Matplotlib alone: no
window opens and no style or backend changes. Save a figure with `figure.savefig("name.png")`; a
notebook shows it at the end of a cell once `%matplotlib inline` has been run. To draw into a
figure of your own, pass its `Axes` as `ax`; the default, None, makes a new figure. Every function
raises ImportError if Matplotlib is not installed, and ValueError, which says what does not fit, if
its arguments do not fit together.

Classes differ in colour and in shape. The first eight colours are those of Okabe and Ito, which
people with any of the common kinds of colour blindness can tell apart.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .evaluation import predict, predict_proba
from .module import Module

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array: TypeAlias = NDArray[np.float64]
    Predictor: TypeAlias = Module | Callable[[list[list[float]]], ArrayLike]

__all__ = ["confusion_matrix", "decision_boundary", "learning_curves", "regression_fit"]

BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
PINK: Final = "#CC79A7"
SKY: Final = "#56B4E9"
VERMILION: Final = "#D55E00"
YELLOW: Final = "#F0E442"
BLACK: Final = "#000000"
GREY: Final = "#999999"
WINE: Final = "#882255"
DIM: Final = "#707070"
COLOURS: Final = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, YELLOW, BLACK, GREY, WINE)
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")

LINES: Final[dict[str, dict[str, Any]]] = {
    "training": {"color": BLUE, "linestyle": "-"},
    "validation": {"color": VERMILION, "linestyle": "--"},
}
# Validation is larger and hollow: where both are equal, one marker shows inside the other.
MARKED: Final[dict[str, dict[str, Any]]] = {
    "training": {"marker": "o", "markersize": 5},
    "validation": {"marker": "s", "markersize": 9, "markerfacecolor": "none"},
}
MOST_MARKERS: Final = 30  # curves of more epochs than this have no markers

LABEL_SIZE: Final = 14
TICK_SIZE: Final = 12
LETTER: Final = 0.1  # about the width of a letter of TICK_SIZE, in inches
LEGEND: Final[dict[str, Any]] = {"frameon": False, "fontsize": TICK_SIZE}
NAME_WIDTH: Final = 20  # longer class names are broken into lines of this many characters
LONGEST_LEGEND: Final = 14  # more entries go into a further column


def learning_curves(history: object, ax: Axes | Iterable[Axes] | None = None) -> Figure:
    """Draw loss and accuracy over the epochs of training (PRML, section 5.5.2, early stopping).

    Training is drawn as solid, validation as dashed lines.

    Parameters
    ----------
    history : iterable of mapping, or mapping or object with sequences
        Either one record for each epoch, with some of the keys (or attributes) "train_loss",
        "validation_loss", "train_accuracy" and "validation_accuracy", and "epoch" if the epochs
        are not 1, 2, 3, ...; or one object with sequences of these names, one number for each
        epoch. A key may be absent and a number None, in all epochs or in some. Accuracies are
        shares in [0, 1].
    ax : Axes, iterable of Axes or None
        Where to draw: the loss, then the accuracy, as far as the history has them. None makes a
        figure with a panel for each.

    Examples
    --------
    >>> history = [{"train_loss": 0.7, "validation_loss": 0.8}, {"train_loss": 0.4}]
    >>> figure = learning_curves(history)
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    """
    if isinstance(history, Iterable) and not isinstance(history, Mapping):
        history = list(history)
    curves: dict[str, list[tuple[str, list[tuple[float, float]]]]] = {}
    for quantity in ("loss", "accuracy"):
        for part, name in (("train", "training"), ("validation", "validation")):
            if points := _points(history, f"{part}_{quantity}"):
                curves.setdefault(quantity, []).append((name, points))
    if not curves:
        raise ValueError(
            "the history has no train_loss, validation_loss, train_accuracy or "
            "validation_accuracy: train for at least one epoch and record one of them"
        )
    if ax is None:
        axes = list(_new_figure(5.5 * len(curves), 4.5).subplots(1, len(curves), squeeze=False)[0])
    else:
        axes = list(ax) if isinstance(ax, Iterable) else [ax]
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    for panel, (quantity, lines) in zip(axes, curves.items(), strict=False):
        for name, points in lines:
            # Without markers a single epoch would be invisible; many of them would be a blur.
            markers = MARKED[name] if len(points) <= MOST_MARKERS else {}
            epochs, values = zip(*points, strict=True)
            panel.plot(epochs, values, label=name, linewidth=2, **LINES[name], **markers)
        drawn = [point for _, points in lines for point in points]
        if len({epoch for epoch, _ in drawn}) == 1:
            panel.set_xlim(drawn[0][0] - 1, drawn[0][0] + 1)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        finite = [value for _, value in drawn if math.isfinite(value)]
        if quantity == "accuracy":
            panel.set_ylim(0, 1.05)
            panel.yaxis.set_major_formatter(PercentFormatter(1.0))
        elif finite and min(finite) >= 0:
            panel.set_ylim(0, 1.05 * max(finite) or 1.0)
        panel.grid(axis="y", alpha=0.3)
        _label(panel, "epoch", quantity)
        panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, **LEGEND)
    return _figure(axes[0])


def _points(history: object, key: str) -> list[tuple[float, float]]:
    """Return (epoch, number) for every epoch that has a number of this name."""
    if isinstance(history, list):
        recorded = [(_entry(record, "epoch"), _entry(record, key)) for record in history]
    else:
        recorded = [(None, number) for number in _entry(history, key) or ()]
    return [
        (n if epoch is None else epoch, number)
        for n, (epoch, number) in enumerate(recorded, start=1)
        if number is not None
    ]


def _entry(record: object, key: str) -> Any:
    return record.get(key) if isinstance(record, Mapping) else getattr(record, key, None)


def decision_boundary(
    model: Predictor,
    inputs: ArrayLike,
    targets: ArrayLike,
    ax: Axes | None = None,
    class_names: Sequence[str] | None = None,
    resolution: int = 60,
    feature_names: Sequence[str] = ("$x_1$", "$x_2$"),
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
        The data points.
    targets : array-like, shape (N,) or (N, K)
        Their classes: indices 0 .. K-1; or -1 and 1, as for the hinge error; or 1-of-K vectors.
    ax : Axes or None
        Where to draw; None makes a new figure.
    class_names : sequence of str or None
        Names for the legend, one for each class; None numbers them.
    resolution : int
        The model is asked at resolution x resolution points, at least 2 x 2.
    feature_names : sequence of str
        Labels of the two axes.

    Examples
    --------
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], output="sigmoid", rng=0)
    >>> figure = decision_boundary(model, [[-1, 0], [1, 0], [2, 1]], [0, 1, 1])
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    alone = ax is None
    ax = ax or _new_figure(7.5, 5.8).add_subplot()
    import numpy as np
    from matplotlib.colors import to_rgb

    points, classes = np.asarray(inputs, dtype=float), _class_indices(targets)
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
        raise TypeError(f"decision_boundary asks a network, or a function of rows, not {model!r}")
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

    low, high = points.min(axis=0), points.max(axis=0)
    border = np.where(high > low, 0.1 * (high - low), 1.0)
    low, high = low - border, high + border
    x1s, x2s = np.linspace(low, high, resolution).T
    rows = [[x1, x2] for x2 in x2s.tolist() for x1 in x1s.tolist()]
    answers = predict_proba(model, rows) if isinstance(model, Module) else model(rows)
    p = _probabilities(answers, len(rows), len(class_names))

    winner, n_predicted = p.argmax(axis=1), p.shape[1]
    colours = np.array([to_rgb(COLOURS[k % len(COLOURS)]) for k in range(n_predicted)])
    certainty = (p.max(axis=1) - 1 / n_predicted) / (1 - 1 / n_predicted)
    image = 1 - 0.5 * certainty[:, None] * (1 - colours[winner])
    width, height = high - low
    comparable = 1 / 3 < width / height < 3
    if alone and comparable:
        # The longer side of the plane takes 5 inches; the rest is for labels and legend.
        scale = 5 / max(width, height)
        legend = _columns(n_classes) * (0.7 + LETTER * _longest(class_names))
        _figure(ax).set_size_inches(scale * width + 1.1 + legend, scale * height + 0.9)
    half = (high - low) / (resolution - 1) / 2
    ax.imshow(
        image.reshape(resolution, resolution, 3),
        extent=(low[0] - half[0], high[0] + half[0], low[1] - half[1], high[1] + half[1]),
        origin="lower",
        interpolation="bilinear",
        zorder=0,
    )
    # Every boundary has a class other than the last on one of its sides.
    for k in range(n_predicted - 1):
        lead = p[:, k] - np.delete(p, k, axis=1).max(axis=1)
        if lead.min() < 0 < lead.max():
            ax.contour(
                x1s, x2s, lead.reshape(resolution, resolution), levels=[0], colors=BLACK, zorder=1
            )
    for k in np.unique(classes).tolist():
        ax.scatter(
            points[classes == k, 0],
            points[classes == k, 1],
            s=45,
            color=COLOURS[k % len(COLOURS)],
            # A second round of the colours meets other shapes.
            marker=MARKERS[(k + k // len(COLOURS)) % len(MARKERS)],
            edgecolors=BLACK,
            linewidths=0.8,
            label=_wrapped(str(class_names[k])),
            zorder=2,
        )
    ax.set_aspect("equal" if comparable else "auto")
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    _label(ax, feature_names[0], feature_names[1])
    _legend_beside(ax)
    return _figure(ax)


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


def _class_indices(targets: ArrayLike) -> NDArray[Any]:
    """Return classes, given as for `decision_boundary`, as integers; what is none as it is."""
    import numpy as np

    classes = np.asarray(targets)
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
    a count; its shade is the share of the row, so that small classes show as well. The title has
    the accuracy. (R. Kohavi and F. Provost, "Glossary of terms", Machine Learning 30, 1998.)

    Parameters
    ----------
    true, predicted : array-like
        N classes each, N at least 1, as the targets of `decision_boundary`.
    class_names : sequence of str or None
        K names; None numbers the classes.
    ax : Axes or None
        Where to draw; None makes a new figure.

    Examples
    --------
    >>> figure = confusion_matrix([0, 0, 1], [0, 1, 1], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '1', '0', '1']
    """
    alone = ax is None
    ax = ax or _new_figure(5, 5).add_subplot()
    ts, ys = _class_indices(true).tolist(), _class_indices(predicted).tolist()
    if len(ts) != len(ys) or len(ts) == 0:
        raise ValueError(
            f"there are {len(ts)} true and {len(ys)} predicted classes: pass one of each "
            "for every row, and at least one row"
        )
    for which, classes in (("true", ts), ("predicted", ys)):
        for n, k in enumerate(classes):
            if not isinstance(k, int):
                raise ValueError(f"{which}[{n}] is {k!r}: pass class indices, integers from 0")
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

    labels = [_wrapped(name) for name in class_names]
    longest = _longest(class_names)
    cell = min(max(0.7, 5 / n_classes), 1.2)
    crowded = longest * LETTER > cell
    if alone:
        width = cell * n_classes + longest * LETTER + 0.8
        height = cell * n_classes + (longest * LETTER * 0.8 if crowded else 0.3) + 1.0
        _figure(ax).set_size_inches(width, height)
    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for t, row in enumerate(counts):
        for y, count in enumerate(row):
            colour = "white" if shares[t][y] > 0.5 else BLACK if count else DIM
            ax.text(y, t, str(count), color=colour, ha="center", va="center", fontsize=LABEL_SIZE)
    turned: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(n_classes), labels, **(turned if crowded else {}))
    ax.set_yticks(range(n_classes), labels)
    _label(ax, "predicted class", "true class")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    right = sum(counts[k][k] for k in range(n_classes))
    ax.set_title(
        f"accuracy {right / len(ts):.1%} ({right} of {len(ts)})", fontsize=LABEL_SIZE, pad=10
    )
    return _figure(ax)


def regression_fit(
    x: ArrayLike,
    t: ArrayLike,
    curve_x: ArrayLike,
    curve_y: ArrayLike | Predictor,
    hidden: Sequence[ArrayLike] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw data, the function fitted to them and its hidden units, as in PRML, figure 5.3.

    Data are circles, the fitted curve is a solid line, hidden units are dashed lines.

    Parameters
    ----------
    x, t : array-like, N numbers each
        Inputs and targets; rows of one number, as in `Dataset.inputs`, are fine.
    curve_x : array-like, P numbers
        Where the network is evaluated, in rising order.
    curve_y : Module, callable or array-like
        The network, a function of rows such as ``[[0.5], [1.0]]``, or its P outputs.
    hidden : sequence of array-like or None
        For each hidden unit its outputs at the P points of `curve_x`.
    ax : Axes or None
        Where to draw; None makes a new figure.

    Examples
    --------
    >>> figure = regression_fit([0, 1], [0, 1], [0, 0.5, 1], [0.1, 0.5, 0.9], hidden=[[0, 0, 1]])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['data $t$', 'network $y$', 'hidden $z_{1}$']
    """
    ax = ax or _new_figure(8, 4.5).add_subplot()
    import numpy as np

    if callable(curve_y):
        rows = np.reshape(curve_x, (-1, 1)).tolist()
        curve_y = predict(curve_y, rows) if isinstance(curve_y, Module) else curve_y(rows)
    given: tuple[Any, ...] = (x, t, curve_x, curve_y)
    x, t, curve_x, curve_y = (np.ravel(numbers) for numbers in given)
    units = [] if hidden is None else [np.ravel(numbers) for numbers in hidden]
    pairs = [("x", x, "t", t), ("curve_x", curve_x, "curve_y", curve_y)]
    pairs += [("curve_x", curve_x, f"hidden[{j}]", unit) for j, unit in enumerate(units)]
    for name, numbers, other_name, others in pairs:
        if len(numbers) != len(others):
            raise ValueError(
                f"{name} has {len(numbers)} numbers and {other_name} has {len(others)}: "
                "pass as many of one as of the other"
            )
    # The data lie on top of the curve, the curve on top of the hidden units.
    ax.plot(x, t, "o", color=BLUE, markersize=6, markerfacecolor="none", label="data $t$", zorder=4)
    ax.plot(curve_x, curve_y, color=VERMILION, linewidth=2.5, label="network $y$", zorder=3)
    shades = (ORANGE, GREEN, PINK, SKY, WINE, GREY)
    dashes = ((6, 2), (3, 2), (6, 2, 1, 2))
    for j, unit in enumerate(units):
        look: dict[str, Any] = {"color": shades[j % len(shades)], "dashes": dashes[j % len(dashes)]}
        ax.plot(curve_x, unit, linewidth=1.8, label=f"hidden $z_{{{j + 1}}}$", **look)
    _label(ax, "$x$", "$t$, $y$, $z$" if units else "$t$, $y$")
    _legend_beside(ax)
    return _figure(ax)


def _new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, in inches, whose labels always find room."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ImportError(
            "figures are drawn by Matplotlib, which cannot be imported: "
            'run pip install "deltarule[demo]"'
        ) from error
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))


def _figure(ax: Axes) -> Figure:
    # The figure of a subfigure is the whole figure; that of a figure is the figure itself.
    return ax.figure.figure


def _label(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(x, fontsize=LABEL_SIZE)
    ax.set_ylabel(y, fontsize=LABEL_SIZE)
    ax.tick_params(labelsize=TICK_SIZE)
    ax.spines[["top", "right"]].set_visible(False)


def _legend_beside(ax: Axes) -> None:
    columns = _columns(len(ax.get_legend_handles_labels()[1]))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), ncols=columns, **LEGEND)


def _columns(n_entries: int) -> int:
    return 1 + (n_entries - 1) // LONGEST_LEGEND


def _wrapped(name: str) -> str:
    return textwrap.fill(name, NAME_WIDTH) or name


def _longest(names: Sequence[str]) -> int:
    """Return the number of letters in the longest line of the wrapped names."""
    return max(len(line) for name in names for line in _wrapped(name).split("\n"))
