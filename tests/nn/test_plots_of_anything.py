"""Figures of names, numbers and classes of any kind: no formula, no warning, no hour of drawing."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from nn.plots import confusion_matrix, decision_boundary, learning_curves, regression_fit

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from nn.plots.words import plain, wrapped

NAMES = [
    r"$\frac$", "$x$", "_hidden", "a\\b", "100%", "x^2_3", "{}", "🙂 smile", "猫犬", "שלום עולם",
    "l" * 80, "two\nlines", "many words that go on " * 4, "<b>&amp;", "\u202eabc", "",
]  # fmt: skip
K = len(NAMES)
RANDOM = random.Random(0)
POINTS = [[RANDOM.gauss(0, 1), RANDOM.gauss(0, 1)] for _ in range(120)]


@pytest.fixture(autouse=True)
def _no_warning() -> Iterator[None]:
    """What Matplotlib warns of would reach the terminal of those who only run the command."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def drawn(figure: Figure, format: str = "png") -> bytes:
    file = BytesIO()
    figure.savefig(file, format=format, dpi=40)
    return file.getvalue()


def by_angle(n: int) -> Callable[[list[list[float]]], list[int]]:
    return lambda rows: [int((math.atan2(y, x) / math.tau + 0.5) * n) % n for x, y in rows]


def names_in(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_names_are_shown_as_they_are() -> None:
    """In ticks, legends and at axes; letters without a font are escapes, of which each differs."""
    k = [*range(K), 0]
    matrix = confusion_matrix(k, k, NAMES)
    assert drawn(matrix)
    ax = matrix.axes[0]
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert shown[:7] == NAMES[:7]
    assert shown[8] == r"\u732b\u72ac"
    assert shown[11] == r"two\nlines"
    assert shown[14] == r"\u202eabc"
    assert len(shown[10]) == 20
    boundary = decision_boundary(
        by_angle(K), POINTS[:K], range(K), class_names=NAMES, feature_names=("$t_1$", "_y")
    )
    assert drawn(boundary)
    assert names_in(boundary)[:7] == NAMES[:7]
    assert (boundary.axes[0].get_xlabel(), boundary.axes[0].get_ylabel()) == ("$t_1$", "_y")
    fit = regression_fit([0, 1], [0, 1], [0, 1], [0, 1], names=("$a$", "100% of $b"))
    assert (fit.axes[0].get_xlabel(), fit.axes[0].get_ylabel()) == ("$a$", "100% of $b")
    texts = [*ax.get_xticklabels(), *boundary.axes[0].get_legend().get_texts()]
    texts += [figure.axes[0].xaxis.label for figure in (boundary, fit)]
    assert not any(text.get_parse_math() for text in texts)


def test_as_svg_a_name_is_no_formula_either() -> None:
    """As a formula it would be an error."""
    assert drawn(confusion_matrix([0, 1], [0, 1], [r"$\frac$", "b"]), "svg")


def test_letters_of_another_font_are_drawn_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """U+1D49C is in STIX, which Matplotlib brings, and not in DejaVu Sans."""
    text = Figure().text(0, 0, "")
    plain(text, "\U0001d4d0 猫")
    before = text.get_text()
    monkeypatch.setattr("nn.plots.words._installed", lambda: ["STIXGeneral"])
    plain(text, "\U0001d4d0 猫")
    assert (before, text.get_text()) == (r"\U0001d4d0 \u732b", "\U0001d4d0 " + r"\u732b")


def test_long_names_are_in_lines_and_keep_their_end() -> None:
    assert wrapped("x" * 5000 + "end") == "\n".join(
        ["x" * 20, "x" * 20, "xxxx…" + "x" * 12 + "end"]
    )
    assert [*map(len, wrapped("word " * 50).split("\n"))] == [19, 19, 19]


@pytest.mark.parametrize("n", [31, 300])
def test_a_matrix_of_many_classes_has_shades_and_some_names(n: int) -> None:
    """Its size is that of a page, whatever there is in it."""
    classes = [f"class {'long' * 20} {k}" for k in range(n)]
    figure = confusion_matrix([*range(n), 0], [*range(n), 1], classes)
    ax, bar = figure.axes
    assert not ax.texts
    assert len(ax.get_yticklabels()) <= 20
    assert ax.get_yticklabels()[0].get_text().endswith("ng 0")
    assert max(figure.get_size_inches()) < 12
    assert bar.get_ylabel() == "share of the true class"
    assert ax.images[0].get_array()[0][:2].tolist() == [0.5, 0.5]
    assert drawn(figure)


def test_thirty_classes_have_their_numbers() -> None:
    figure = confusion_matrix(range(30), range(30))
    assert len(figure.axes) == 1
    assert len(figure.axes[0].texts) == 900


def test_classes_that_do_not_occur_have_a_row_of_zeros() -> None:
    figure = confusion_matrix([0, 0], [0, 1], ["a", "b", "c"])
    assert [text.get_text() for text in figure.axes[0].texts] == [*"110", *"000", *"000"]
    assert figure.axes[0].get_title() == "accuracy 50.0% (1 of 2)"


def test_a_legend_of_many_classes_says_how_many_more_there_are() -> None:
    targets = [k % 50 for k in range(120)]
    figure = decision_boundary(by_angle(50), POINTS, targets)
    assert names_in(figure)[-2:] == ["class 26", "and 23 more"]
    assert len(names_in(figure)) == 28
    assert drawn(figure)


@pytest.mark.parametrize(
    ("points", "left_out"),
    [
        ([[math.nan, 1.0], [math.inf, 1.0], *POINTS[2:]], 2),
        ([[5.0, y] for _, y in POINTS], 0),
        ([[1e9 + 1e-9 * x, y] for x, y in POINTS], 0),
        ([[1e200 * x, 1e-200 * y] for x, y in POINTS], 0),
        ([[math.copysign(1.7e308, x), y] for x, y in POINTS[:2]] + POINTS[2:], 2),
    ],
)
def test_a_plane_of_any_numbers(points: list[list[float]], left_out: int) -> None:
    """Of an unknown number or one too large for an axis it is said that it is not drawn."""
    figure = decision_boundary(by_angle(3), points, by_angle(3)(POINTS))
    assert drawn(figure)
    said = f"{left_out} of 120 points are not drawn: a number is missing or not finite"
    assert figure.axes[0].get_title() == (said if left_out else "")


def test_a_plane_without_a_point_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the 1 rows of inputs has two numbers that are"):
        decision_boundary(by_angle(3), [[math.nan, 1.0]], [0])


@pytest.mark.parametrize(
    ("losses", "hatched"),
    [
        ([1.0], []),
        ([1.0, 0.5, math.nan, math.inf], [(2.5, 4.5)]),
        ([1.0, math.nan, 0.5, 0.4, math.nan, 0.3], [(1.5, 2.5), (4.5, 5.5)]),
        ([math.nan], [(0.5, 1.5)]),
        ([1e308, 1.0], [(0.5, 1.5)]),
        ([1e20, 1.0, 0.0], []),
        ([1 / (1 + k) for k in range(10_000)], []),
    ],
)
def test_curves_of_any_losses(losses: list[float], hatched: list[tuple[float, float]]) -> None:
    """What is not finite, or too large for an axis, is hatched."""
    figure = learning_curves([{"train_loss": x} for x in losses])
    assert drawn(figure)
    ax: Any = figure.axes[0]
    spans = [patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches]
    assert [(round(span.x0, 6), round(span.x1, 6)) for span in spans] == hatched
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["training", *["not finite"] * bool(hatched)]


def test_the_part_that_is_watched_has_its_name() -> None:
    figure = learning_curves([{"train_loss": 1.0, "validation_loss": 2.0}], validation="test")
    assert names_in(figure) == ["training", "test"]


@pytest.mark.parametrize(
    ("targets", "left_out"),
    [
        ([3e300, 4e300], 0),
        ([1e-310, 1e-311], 0),
        ([7.0, 7.0], 0),
        ([1e16, 1e16 + 2], 0),
        ([math.nan, 1.7e308], 2),
    ],
)
def test_a_fit_of_any_targets(targets: list[float], left_out: int) -> None:
    figure = regression_fit([1, 2], targets, [1, 2], targets, [[0, 1]] * 40)
    assert drawn(figure)
    assert names_in(figure)[-1] == "and 15 more"
    assert figure.axes[0].get_title().startswith("2 of 2 points are not drawn" if left_out else "")


def test_a_shuffled_series_is_drawn_by_position_and_words_are_named() -> None:
    pd = pytest.importorskip("pandas")
    true, predicted = pd.Series([0, 0, 1], index=[2, 0, 1]), pd.Series([0, 1, 1])
    counts = [text.get_text() for text in confusion_matrix(true, predicted).axes[0].texts]
    assert counts == ["1", "1", "0", "1"]
    frame = pd.DataFrame({"x": [0.0, 1.0], "hue": ["red", "blue"]})
    with pytest.raises(TypeError, match="column 'hue' has text, such as 'red'"):
        decision_boundary(lambda rows: [0] * len(rows), frame, [0, 1])
