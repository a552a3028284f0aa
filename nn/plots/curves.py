"""Curves: errors over the epochs of training, and functions fitted to data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd.samples import by_position

from ..evaluation import predict
from ..module import Module
from .style import (
    FAINT,
    GOLD,
    GREEN,
    GREY,
    HIGHEST,
    INK,
    LEGEND,
    LINE_WIDTH,
    ROSE,
    figure_of,
    label,
    legend_beside,
    new_figure,
    tell_left_out,
)
from .words import WIDTH, plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from .classes import Predictor

LINES: Final[dict[str, dict[str, Any]]] = {
    "training": {"color": INK, "linestyle": "-"},
    "validation": {"color": GREY, "linestyle": "--"},
}
# Validation is larger and hollow: where both are equal, one marker shows inside the other.
MARKED: Final[dict[str, dict[str, Any]]] = {
    "training": {"marker": "o", "markersize": 5},
    "validation": {"marker": "s", "markersize": 9, "markerfacecolor": "none"},
}
MOST_MARKERS: Final = 30  # curves of more epochs than this have no markers


def learning_curves(
    history: object, ax: Axes | Iterable[Axes] | None = None, validation: str = "validation"
) -> Figure:
    """Draw loss and accuracy over the epochs of training (PRML, section 5.5.2, early stopping).

    Training is drawn as solid, validation as dashed lines. Epochs with a number that is not finite
    are hatched.

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
    validation : str
        What the legend calls the part that is not trained on: "test", where it decides nothing.

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
        axes = list(new_figure(5 * len(curves), 4).subplots(1, len(curves), squeeze=False)[0])
    else:
        axes = list(ax) if isinstance(ax, Iterable) else [ax]
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    for panel, (quantity, lines) in zip(axes, curves.items(), strict=False):
        for name, points in lines:
            # Without markers a single epoch would be invisible; many of them would be a blur.
            markers = MARKED[name] if len(points) <= MOST_MARKERS else {}
            epochs, values = zip(*points, strict=True)
            shown = [y if abs(y) <= HIGHEST else math.nan for y in values]
            panel.plot(epochs, shown, label=name, linewidth=LINE_WIDTH, **LINES[name], **markers)
        drawn = [point for _, points in lines for point in points]
        _hatch(panel, sorted({epoch for epoch, value in drawn if not abs(value) <= HIGHEST}))
        if len({epoch for epoch, _ in drawn}) == 1:
            panel.set_xlim(drawn[0][0] - 1, drawn[0][0] + 1)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        finite = [value for _, value in drawn if abs(value) <= HIGHEST]
        if quantity == "accuracy":
            panel.set_ylim(0, 1.05)
            panel.yaxis.set_major_formatter(PercentFormatter(1.0))
        elif finite and min(finite) >= 0:
            panel.set_ylim(0, 1.05 * max(finite) or 1.0)
        panel.grid(axis="y", alpha=0.3)
        label(panel, "epoch", quantity)
        handles, labels = panel.get_legend_handles_labels()
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 3}
        for text in panel.legend(handles, labels, **place, **LEGEND).get_texts():
            if text.get_text() == "validation":
                plain(text, validation)
    return figure_of(axes[0])


def _hatch(ax: Axes, epochs: list[float]) -> None:
    """Hatch the epochs whose numbers are not finite, or too large for an axis."""
    begin, name = 0, "not finite"
    for i, epoch in enumerate(epochs):
        if i + 1 < len(epochs) and epochs[i + 1] <= epoch + 1:
            continue
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": FAINT, "hatch": "//"}
        ax.axvspan(epochs[begin] - 0.5, epoch + 0.5, linewidth=0, label=name, zorder=0, **look)
        begin, name = i + 1, "_"


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


def regression_fit(
    x: ArrayLike,
    t: ArrayLike,
    curve_x: ArrayLike,
    curve_y: ArrayLike | Predictor,
    hidden: Sequence[ArrayLike] | None = None,
    ax: Axes | None = None,
    names: tuple[str, str] | None = None,
) -> Figure:
    """Draw data, the function fitted to them and its hidden units, as in PRML, figure 5.3.

    Data are circles, the fitted curve is a solid line, hidden units are dashed lines.

    Parameters
    ----------
    x, t : array-like, N numbers each
        Inputs and targets; rows of one number, as in `Dataset.inputs`, are fine. Points with a
        number that is not finite have no place: the title says how many there are.
    curve_x : array-like, P numbers
        Where the network is evaluated, in rising order.
    curve_y : Module, callable or array-like
        The network, a function of rows such as ``[[0.5], [1.0]]``, or its P outputs.
    hidden : sequence of array-like or None
        For each hidden unit its outputs at the P points of `curve_x`.
    ax : Axes or None
        Where to draw; None makes a new figure.
    names : tuple of two str or None
        Labels of the two axes, shown as they are; None writes x, and what is drawn over it.

    Examples
    --------
    >>> figure = regression_fit([0, 1], [0, 1], [0, 0.5, 1], [0.1, 0.5, 0.9], hidden=[[0, 0, 1]])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['data $t$', 'network $y$', 'hidden $z_{1}$']
    """
    ax = ax or new_figure(8, 4.5).add_subplot()
    import numpy as np

    curve_x = by_position(curve_x, "curve_x")
    if callable(curve_y):
        rows = np.reshape(curve_x, (-1, 1)).tolist()
        curve_y = predict(curve_y, rows) if isinstance(curve_y, Module) else curve_y(rows)

    def row(numbers: Any, name: str) -> NDArray[np.float64]:
        return np.array(by_position(numbers, name), float).ravel()

    given: tuple[Any, ...] = (x, t, curve_x, curve_y)
    names_of = ("x", "t", "curve_x", "curve_y")
    x, t, curve_x, curve_y = (row(*pair) for pair in zip(given, names_of, strict=True))
    units = [row(numbers, f"hidden[{j}]") for j, numbers in enumerate(hidden or ())]
    pairs = [("x", x, "t", t), ("curve_x", curve_x, "curve_y", curve_y)]
    pairs += [("curve_x", curve_x, f"hidden[{j}]", unit) for j, unit in enumerate(units)]
    for name, numbers, other_name, others in pairs:
        if len(numbers) != len(others):
            raise ValueError(
                f"{name} has {len(numbers)} numbers and {other_name} has {len(others)}: "
                "pass as many of one as of the other"
            )
    for numbers in (x, t, curve_x, curve_y, *units):
        numbers[~(abs(numbers) <= HIGHEST)] = math.nan  # which has no place
    tell_left_out(ax, int(np.isnan(x + t).sum()), len(x))
    # The data lie on top of the curve, the curve on top of the hidden units.
    ax.plot(x, t, "o", color=INK, markersize=6, markerfacecolor="none", label="data $t$", zorder=4)
    ax.plot(curve_x, curve_y, color=GREEN, linewidth=2.5, label="network $y$", zorder=3)
    shades = (ROSE, GOLD, GREY)
    dashes = ((6, 2), (3, 2), (6, 2, 1, 2))
    for j, unit in enumerate(units):
        # A second round of the colours meets other dashes.
        dash = dashes[(j + j // len(shades)) % len(dashes)]
        look: dict[str, Any] = {"color": shades[j % len(shades)], "dashes": dash}
        ax.plot(curve_x, unit, linewidth=LINE_WIDTH - 0.5, label=f"hidden $z_{{{j + 1}}}$", **look)
    label(ax, "$x$", "$t$, $y$, $z$" if units else "$t$, $y$")
    if names is not None:
        for text, name in zip((ax.xaxis.label, ax.yaxis.label), names):
            plain(text, wrapped(name, 2 * WIDTH, 2))
    legend_beside(ax)
    return figure_of(ax)
