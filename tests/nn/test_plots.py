"""Figures: what is drawn, not which pixels."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nn.plots import confusion_matrix, decision_boundary, learning_curves, regression_fit

pytest.importorskip("matplotlib")

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import rgb_to_hsv, to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

HISTORY: list[dict[str, float]] = [
    {
        "train_loss": 1.0 / n,
        "validation_loss": 1.5 / n,
        "train_accuracy": 1 - 0.5 / n,
        "validation_accuracy": 1 - 0.6 / n,
    }
    for n in range(1, 6)
]
PLANE = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]


def numbers(values: Any) -> list[float]:
    return [float(value) for value in values]


def legend(ax: Axes) -> list[str]:
    drawn = ax.get_legend()
    assert drawn is not None
    return [text.get_text() for text in drawn.get_texts()]


def assert_readable(figure: Figure) -> None:
    """Every text is large enough to project and lies inside the figure, off the data."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    for ax in figure.axes:
        # Ticks beyond the limits are kept by Matplotlib but not drawn.
        shown: list[Text] = [*ax.texts, ax.xaxis.label, ax.yaxis.label, ax.title]
        for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            ticks = axis.get_major_ticks()
            shown += [t.label1 for t in ticks if min(low, high) <= t.get_loc() <= max(low, high)]
        drawn = ax.get_legend()
        if drawn is not None:
            shown += drawn.get_texts()
            assert not drawn.get_window_extent(renderer).overlaps(ax.get_window_extent(renderer))
        for text in shown:
            if text.get_text():
                assert float(text.get_fontsize()) >= 11, text
                box = text.get_window_extent(renderer)
                assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
                assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, text


# --- learning_curves ------------------------------------------------------------------------------


def test_learning_curves_draw_every_number() -> None:
    loss, accuracy = learning_curves(HISTORY).axes
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss")
    assert (accuracy.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "accuracy")
    for ax, quantity in ((loss, "loss"), (accuracy, "accuracy")):
        assert legend(ax) == ["training", "validation"]
        for line, part in zip(ax.lines, ("train", "validation"), strict=True):
            assert numbers(line.get_xdata()) == [1, 2, 3, 4, 5]
            assert numbers(line.get_ydata()) == [epoch[f"{part}_{quantity}"] for epoch in HISTORY]


def test_the_loss_axis_starts_from_zero_unless_the_loss_is_negative() -> None:
    assert learning_curves(HISTORY).axes[0].get_ylim()[0] == 0
    low, high = learning_curves([{"train_loss": -1.0}, {"train_loss": -2.0}]).axes[0].get_ylim()
    assert low < -2 < -1 < high


def test_training_and_validation_differ_in_more_than_colour() -> None:
    training, validation = learning_curves(HISTORY).axes[0].lines
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()
    assert training.get_color() != validation.get_color()


@pytest.mark.parametrize(
    "history",
    [
        iter(HISTORY),
        [SimpleNamespace(**epoch) for epoch in HISTORY],
        {key: [epoch[key] for epoch in HISTORY] for key in HISTORY[0]},
        SimpleNamespace(**{key: [epoch[key] for epoch in HISTORY] for key in HISTORY[0]}),
    ],
    ids=["iterator", "records", "mapping", "object"],
)
def test_a_history_comes_in_several_forms(history: object) -> None:
    figure = learning_curves(history)
    assert [len(ax.lines) for ax in figure.axes] == [2, 2]
    assert numbers(figure.axes[1].lines[1].get_ydata()) == [
        epoch["validation_accuracy"] for epoch in HISTORY
    ]


def test_absent_numbers_are_left_out() -> None:
    history = [
        {"train_loss": 3.0, "validation_loss": None},
        {"train_loss": 2.0, "validation_loss": 2.5},
        {"train_loss": 1.0},
    ]
    (ax,) = learning_curves(history).axes
    training, validation = ax.lines
    assert numbers(training.get_xdata()) == [1, 2, 3]
    assert (numbers(validation.get_xdata()), numbers(validation.get_ydata())) == ([2], [2.5])


def test_recorded_epochs_are_the_x_axis() -> None:
    history = [{"epoch": 0, "train_loss": 3.0}, {"epoch": 10, "train_loss": 2.0}]
    (line,) = learning_curves(history).axes[0].lines
    assert numbers(line.get_xdata()) == [0, 10]


def test_a_single_epoch_is_visible() -> None:
    figure = learning_curves(HISTORY[:1])
    for ax in figure.axes:
        low, high = ax.get_xlim()
        assert low < 1 < high
        bottom, top = ax.get_ylim()
        for line in ax.lines:
            assert line.get_marker() not in ("", "None")
            assert bottom < numbers(line.get_ydata())[0] < top
        assert all(tick == int(tick) for tick in ax.get_xticks())
    assert_readable(figure)


def test_many_epochs_have_no_markers() -> None:
    (line,) = learning_curves([{"train_loss": 1.0}] * 31).axes[0].lines
    assert line.get_marker() == "None"


@pytest.mark.parametrize("losses", [[1.0, math.nan], [math.inf], [0.0, 0.0], [-1.0, -2.0]])
def test_unusual_losses_can_be_drawn(losses: list[float]) -> None:
    assert_readable(learning_curves([{"train_loss": loss} for loss in losses]))


def test_learning_curves_fill_the_given_axes() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert learning_curves(HISTORY, ax=left) is figure
    assert (len(left.lines), len(right.lines)) == (2, 0)
    learning_curves(HISTORY[:1], ax=(left, right))
    assert right.get_ylabel() == "accuracy"


@pytest.mark.parametrize("history", [[], {}, [{"loss": 1.0}], SimpleNamespace(), [{}]])
def test_an_empty_history_is_refused(history: object) -> None:
    with pytest.raises(ValueError, match="history has no train_loss"):
        learning_curves(history)


# --- decision_boundary ----------------------------------------------------------------------------


def right_half(rows: list[list[float]]) -> list[int]:
    return [int(x1 > 0) for x1, _ in rows]


def shades(figure: Figure) -> list[list[tuple[float, ...]]]:
    (image,) = figure.axes[0].images
    pixels = image.get_array()
    assert pixels is not None
    return [[tuple(pixel) for pixel in row] for row in pixels.tolist()]


def boundaries(ax: Axes) -> list[list[list[float]]]:
    """The corners of every boundary line in the plot."""
    sets: list[Any] = [
        drawn for drawn in ax.collections if type(drawn).__name__ == "LineCollection"
    ]
    return [path.vertices.tolist() for drawn in sets for path in drawn.get_paths()]


def test_decision_boundary_draws_data_shading_and_boundary() -> None:
    figure = decision_boundary(right_half, PLANE, [0, 0, 1, 1], class_names=["left", "right"])
    (ax,) = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")
    assert legend(ax) == ["left", "right"]
    (line,) = boundaries(ax)
    assert all(abs(x1) < 0.05 for x1, _ in line)
    row = shades(figure)[30]
    assert len(shades(figure)) == len(row) == 60
    assert len(set(row)) == 2
    assert row[0] != row[-1]
    assert row[:30] == [row[0]] * 30
    scattered: list[Any] = [
        drawn for drawn in ax.collections if drawn.get_label() in ("left", "right")
    ]
    assert [drawn.get_offsets().tolist() for drawn in scattered] == [PLANE[:2], PLANE[2:]]


def test_the_shading_is_the_right_way_up() -> None:
    def upper_right(rows: list[list[float]]) -> list[int]:
        return [int(x1 > 0 and x2 > 0) for x1, x2 in rows]

    figure = decision_boundary(upper_right, PLANE, [0, 0, 0, 1])
    (image,) = figure.axes[0].images
    left, right, bottom, top = image.get_extent()
    assert (left < right, bottom < top, image.origin) == (True, True, "lower")
    pixels = shades(figure)
    assert pixels[0][0] == pixels[0][-1] == pixels[-1][0] != pixels[-1][-1]


def test_predict_gets_rows_of_plain_floats_that_cover_the_data() -> None:
    asked: list[list[float]] = []

    def predict(rows: list[list[float]]) -> list[int]:
        asked.extend(rows)
        return [0] * len(rows)

    decision_boundary(predict, PLANE, [0, 0, 1, 1], resolution=7)
    assert len(asked) == 49
    assert {type(x) for row in asked for x in row} == {float}
    for column in zip(*asked, strict=True):
        assert min(column) < -1
        assert max(column) > 1


def soft(rows: list[list[float]]) -> list[float]:
    return [1 / (1 + math.exp(-3 * x1)) for x1, _ in rows]


@pytest.mark.parametrize(
    "predict",
    [
        soft,
        lambda rows: [[p] for p in soft(rows)],
        lambda rows: [[1 - p, p] for p in soft(rows)],
    ],
    ids=["P(class 1)", "column", "both"],
)
def test_two_class_probabilities_fade_towards_the_boundary(
    predict: Callable[[list[list[float]]], list[float]],
) -> None:
    figure = decision_boundary(predict, PLANE, [0, 0, 1, 1])
    row = shades(figure)[0]
    paleness = [sum(pixel) for pixel in row]
    assert paleness[:30] == sorted(paleness[:30])
    assert paleness[30:] == sorted(paleness[30:], reverse=True)
    assert max(paleness) > 2.9
    (line,) = boundaries(figure.axes[0])
    assert all(abs(x1) < 1e-6 for x1, _ in line)
    hard = shades(decision_boundary(right_half, PLANE, [0, 0, 1, 1]))[0]
    assert row[0] == pytest.approx(hard[0], abs=0.05)
    assert row[-1] == pytest.approx(hard[-1], abs=0.05)


def test_every_class_has_its_own_colour_and_marker() -> None:
    n = 24
    points = [[math.cos(k), math.sin(k)] for k in range(n)]

    def nearest(rows: list[list[float]]) -> list[int]:
        return [min(range(n), key=lambda k: math.dist(points[k], row)) for row in rows]

    figure = decision_boundary(nearest, points, list(range(n)), resolution=20)
    looks = set()
    markers: list[Any] = list(figure.axes[0].collections[-n:])
    for drawn in markers:
        outline = tuple(map(tuple, drawn.get_paths()[0].vertices.tolist()))
        looks.add((to_hex(drawn.get_facecolor()[0]), outline))
    assert len(looks) == n
    assert len({colour for colour, _ in looks}) == 10
    assert len({outline for _, outline in looks}) == 10
    assert_readable(figure)


def test_three_class_probabilities_have_three_regions() -> None:
    def softmax(rows: list[list[float]]) -> list[list[float]]:
        weights = [[math.exp(x1), math.exp(x2), math.exp(-x1 - x2)] for x1, x2 in rows]
        return [[w / sum(row) for w in row] for row in weights]

    figure = decision_boundary(softmax, PLANE, [2, 1, 0, 0])
    assert len(boundaries(figure.axes[0])) >= 2
    coloured = [p for row in shades(figure) for p in row if max(p) - min(p) > 0.1]
    assert len({round(12 * rgb_to_hsv(p)[0]) for p in coloured}) == 3
    assert_readable(figure)


def test_boundary_figure_stays_readable_with_long_names() -> None:
    names = ["a class name that goes on for quite a while", "Donaudampfschifffahrtsgesellschaft"]
    figure = decision_boundary(right_half, PLANE, [0, 0, 1, 1], class_names=names)
    assert all(len(line) <= 20 for text in legend(figure.axes[0]) for line in text.split("\n"))
    assert_readable(figure)
    plane = figure.axes[0].get_window_extent()
    assert plane.width / figure.dpi == pytest.approx(5, abs=0.4)
    assert plane.height == pytest.approx(plane.width)


def test_comparable_scales_are_drawn_alike_and_others_fill_the_plot() -> None:
    square = decision_boundary(right_half, PLANE, [0, 0, 1, 1])
    assert square.axes[0].get_aspect() == 1
    tall = decision_boundary(right_half, [[x1, 100 * x2] for x1, x2 in PLANE], [0, 0, 1, 1])
    assert tall.axes[0].get_aspect() == "auto"
    for figure in (square, tall):
        assert_readable(figure)


def test_one_point_or_one_predicted_class_can_be_drawn() -> None:
    figure = decision_boundary(lambda rows: [0] * len(rows), [[2.0, 3.0]], [0])
    assert boundaries(figure.axes[0]) == []
    assert figure.axes[0].get_xlim() == (1, 3)
    assert figure.axes[0].get_ylim() == (2, 4)
    assert_readable(figure)


@pytest.mark.parametrize(
    ("predict", "message"),
    [
        (lambda rows: [0], r"answered 3600 rows with shape \(1,\)"),
        (lambda rows: [3.7] * len(rows), r"returned 3\.7, which is neither an integer"),
        (lambda rows: [math.nan] * len(rows), "returned nan"),
        (lambda rows: [[0.9, 0.9]] * len(rows), r"returned \[0\.9 0\.9\]"),
        (lambda rows: [-1] * len(rows), "returned class -1"),
    ],
)
def test_decision_boundary_refuses_answers_it_cannot_draw(
    predict: Callable[[list[list[float]]], list[float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decision_boundary(predict, PLANE, [0, 0, 1, 1])


def test_decision_boundary_refuses_data_it_cannot_draw() -> None:
    with pytest.raises(ValueError, match=r"inputs has shape \(1, 3\)"):
        decision_boundary(right_half, [[1.0, 2.0, 3.0]], [0])
    with pytest.raises(ValueError, match="a class index for each of 4 rows: pass 4 integers"):
        decision_boundary(right_half, PLANE, [0, 1])
    with pytest.raises(ValueError, match="a class index for each of 4 rows"):
        decision_boundary(right_half, PLANE, [0.5, 1.0, 1.0, 0.0])
    with pytest.raises(ValueError, match="go up to class 1 and class_names has 1"):
        decision_boundary(right_half, PLANE, [0, 0, 1, 1], class_names=["only"])
    with pytest.raises(ValueError, match="resolution is 1"):
        decision_boundary(right_half, PLANE, [0, 0, 1, 1], resolution=1)


# --- confusion_matrix -----------------------------------------------------------------------------


def test_confusion_matrix_counts_true_in_rows_and_predicted_in_columns() -> None:
    figure = confusion_matrix([0, 0, 0, 1, 2, 2, 2], [0, 1, 1, 1, 2, 0, 2], ["ant", "bee", "cat"])
    (ax,) = figure.axes
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    table = [[int(cells[y, t]) for y in range(3)] for t in range(3)]
    assert table == [[1, 2, 0], [0, 1, 0], [1, 0, 2]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["ant", "bee", "cat"]
    assert ax.get_ylim() == (2.5, -0.5)
    assert ax.get_title() == "accuracy 57.1% (4 of 7)"


def test_confusion_matrix_shades_are_shares_of_the_true_class() -> None:
    (ax,) = confusion_matrix([0, 0, 0, 1], [0, 0, 1, 1], ["a", "b", "c"]).axes
    (image,) = ax.images
    pixels = image.get_array()
    assert pixels is not None
    assert pixels.tolist() == [[2 / 3, 1 / 3, 0], [0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize("names", [[str(k) for k in range(10)], ["long class name " * 3] * 10])
def test_confusion_matrix_of_ten_classes_is_readable(names: list[str]) -> None:
    figure = confusion_matrix(list(range(10)) * 150, list(range(10)) * 150, names)
    assert len(figure.axes[0].texts) == 100
    assert_readable(figure)


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([0, 1], [0], "2 true and 1 predicted"),
        ([], [], "0 true and 0 predicted"),
        ([0, 2], [0, 1], r"true\[1\] is 2 and class_names has 2: use 0 to 1"),
        ([0, 1], [0, -1], r"predicted\[1\] is -1"),
    ],
)
def test_confusion_matrix_refuses_what_it_cannot_count(
    true: list[int], predicted: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        confusion_matrix(true, predicted, ["a", "b"])


# --- regression_fit -------------------------------------------------------------------------------


def test_regression_fit_draws_data_curve_and_hidden_units() -> None:
    hidden = [[0.0, 0.5, 1.0], [1.0, 0.0, -1.0], [0.2, 0.2, 0.2]]
    figure = regression_fit([[0.0], [1.0]], [0.1, 0.9], [0.0, 0.5, 1.0], [0.0, 0.6, 1.0], hidden)
    (ax,) = figure.axes
    data, fit, *units = ax.lines
    assert ax.get_xlabel() == "$x$"
    assert ax.get_ylabel() == "$t$, $y$, $z$"
    assert (numbers(data.get_xdata()), numbers(data.get_ydata())) == ([0.0, 1.0], [0.1, 0.9])
    assert data.get_linestyle() == "None"
    assert (fit.get_linestyle(), numbers(fit.get_ydata())) == ("-", [0.0, 0.6, 1.0])
    assert [numbers(unit.get_ydata()) for unit in units] == hidden
    assert all(unit.is_dashed() for unit in units)
    assert len({unit.get_color() for unit in (data, fit, *units)}) == 5
    assert legend(ax) == ["data $t$", "network $y$"] + [f"hidden $z_{{{j}}}$" for j in (1, 2, 3)]
    assert_readable(figure)


def test_regression_fit_without_hidden_units() -> None:
    (ax,) = regression_fit([0.0], [1.0], [0.0, 1.0], [1.0, 1.0]).axes
    assert len(ax.lines) == 2
    assert ax.get_ylabel() == "$t$, $y$"


def test_regression_fit_with_many_hidden_units_is_readable() -> None:
    assert_readable(regression_fit([0.0], [1.0], [0.0, 1.0], [1.0, 1.0], [[0.0, 1.0]] * 20))


@pytest.mark.parametrize(
    ("x", "curve_y", "hidden", "message"),
    [
        ([0.0], [0.0, 1.0], None, "x has 1 numbers and t has 2"),
        ([0.0, 1.0], [0.0], None, "curve_x has 2 numbers and curve_y has 1"),
        ([0.0, 1.0], [0.0, 1.0], [[0.0, 1.0], [0.0]], r"curve_x has 2 .*hidden\[1\] has 1"),
    ],
)
def test_regression_fit_refuses_numbers_that_do_not_pair(
    x: list[float], curve_y: list[float], hidden: list[list[float]] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        regression_fit(x, [0.0, 1.0], [0.0, 1.0], curve_y, hidden)


# --- all of them ----------------------------------------------------------------------------------

DRAW: dict[str, Callable[[Axes | None], Figure]] = {
    "learning_curves": lambda ax: learning_curves([{"train_loss": 1.0}], ax=ax),
    "decision_boundary": lambda ax: decision_boundary(right_half, PLANE, [0, 0, 1, 1], ax=ax),
    "confusion_matrix": lambda ax: confusion_matrix([0, 1], [0, 1], ["a", "b"], ax=ax),
    "regression_fit": lambda ax: regression_fit([0.0], [1.0], [0.0, 1.0], [0.0, 1.0], ax=ax),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_given_axes_is_drawn_into(name: str) -> None:
    figure = Figure(figsize=(9, 4))
    ax, untouched = figure.subplots(1, 2)
    assert DRAW[name](ax) is figure
    assert ax.has_data()
    assert not untouched.has_data()
    assert tuple(figure.get_size_inches()) == (9, 4)


@pytest.mark.parametrize("name", DRAW)
def test_the_figure_of_a_subfigure_is_the_whole_figure(name: str) -> None:
    figure = Figure()
    subfigures: Any = figure.subfigures(1, 2)
    assert DRAW[name](subfigures[0].add_subplot()) is figure


@pytest.mark.parametrize("name", DRAW)
def test_figures_can_be_saved(name: str, tmp_path: Path) -> None:
    figure = DRAW[name](None)
    assert_readable(figure)
    for ending in ("png", "svg"):
        figure.savefig(tmp_path / f"figure.{ending}")
        assert (tmp_path / f"figure.{ending}").stat().st_size > 1000


def test_drawing_leaves_the_global_state_of_matplotlib_alone() -> None:
    program = """
import sys
import matplotlib
from nn.plots import confusion_matrix, decision_boundary, learning_curves, regression_fit
before = matplotlib.rcParams.copy()
learning_curves([{"train_loss": 1.0}])
decision_boundary(lambda rows: [0] * len(rows), [[0.0, 0.0]], [0])
confusion_matrix([0], [0], ["a"])
regression_fit([0.0], [0.0], [0.0], [0.0])
assert matplotlib.rcParams.copy() == before
assert "matplotlib.pyplot" not in sys.modules
"""
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


@pytest.mark.parametrize("name", DRAW)
def test_missing_matplotlib_is_named_with_the_remedy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'Matplotlib.*pip install "deltarule\[demo\]"'):
        DRAW[name](None)
