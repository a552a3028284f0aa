"""Figures that ask a model themselves, and the kinds of targets that they read."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import Value
from nn import MLP, Layer, Module, Neuron, predict_class
from nn.plots import confusion_matrix, decision_boundary, regression_fit

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

PLANE = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
RIGHT = [0, 0, 1, 1]


class Sloped(Module):
    """The plane a = 3 x_1, as a module without a named output."""

    def __init__(self) -> None:
        self.w = Value(3.0)

    def __call__(self, x: list[float]) -> Value:
        return self.w * x[0]


def sloped(kind: str) -> MLP:
    """A network of one unit with the pre-activation 3 x_1."""
    model = MLP(2, [1], output=kind, rng=0)
    model.load_state_dict(
        {"layers.0.neurons.0.w.0": 3.0, "layers.0.neurons.0.w.1": 0.0, "layers.0.neurons.0.b": 0.0}
    )
    return model


def pixels(figure: Figure) -> list[Any]:
    (image,) = figure.axes[0].images
    array = image.get_array()
    assert array is not None
    return array.tolist()  # type: ignore[no-any-return]


def boundaries(figure: Figure) -> list[list[list[float]]]:
    drawn: list[Any] = list(figure.axes[0].collections)
    sets = [x for x in drawn if type(x).__name__ == "LineCollection"]
    return [path.vertices.tolist() for x in sets for path in x.get_paths()]


def names(figure: Figure) -> list[str]:
    legend = figure.axes[0].get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("model", [sloped("sigmoid"), sloped("identity"), Sloped()])
def test_a_single_output_is_shaded_by_the_probability_of_class_1(model: Module) -> None:
    """σ(3 x_1), be σ in the model or not."""
    figure = decision_boundary(model, PLANE, RIGHT)
    by_hand = decision_boundary(
        lambda rows: [1 / (1 + math.exp(-3 * x1)) for x1, _ in rows], PLANE, RIGHT
    )
    assert pixels(figure)[0][0] == pytest.approx(pixels(by_hand)[0][0], abs=1e-12)
    assert pixels(figure)[7][40] == pytest.approx(pixels(by_hand)[7][40], abs=1e-12)
    (line,) = boundaries(figure)
    assert all(abs(x1) < 1e-6 for x1, _ in line)


def test_tanh_is_shaded_as_the_logistic_function_of_twice_its_argument() -> None:
    """(1 + tanh a)/2 = σ(2a)."""
    figure = decision_boundary(sloped("tanh"), PLANE, [-1, -1, 1, 1])
    by_hand = decision_boundary(
        lambda rows: [1 / (1 + math.exp(-6 * x1)) for x1, _ in rows], PLANE, RIGHT
    )
    assert pixels(figure)[7][40] == pytest.approx(pixels(by_hand)[7][40], abs=1e-12)


@pytest.mark.parametrize("output", ["identity", "softmax", "sigmoid"])
def test_each_region_has_the_colour_of_the_class_that_is_predicted(output: str) -> None:
    model = MLP(2, [5, 3], activation="tanh", output=output, rng=3)
    figure = decision_boundary(model, PLANE, [0, 1, 2, 0], resolution=12)
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    cells = [
        [left + (i + 0.5) * (right - left) / 12, bottom + (j + 0.5) * (top - bottom) / 12]
        for j in range(12)
        for i in range(12)
    ]
    hues: dict[int, set[int]] = {}
    colours = [pixel for row in pixels(figure) for pixel in row]
    for k, colour in zip(predict_class(model, cells), colours, strict=True):
        if max(colour) - min(colour) > 0.02:
            hues.setdefault(k, set()).add(round(10 * _hue(colour)))
    assert len(hues) > 1
    assert all(len(of_class) == 1 for of_class in hues.values()), hues
    assert len(set().union(*hues.values())) == len(hues)


def _hue(colour: list[float]) -> float:
    from matplotlib.colors import rgb_to_hsv

    return float(rgb_to_hsv(colour)[0])


def test_a_layer_and_a_neuron_are_models_too() -> None:
    for model in (Layer(2, 3, activation="softmax", rng=0), Neuron(2, activation="sigmoid", rng=0)):
        assert names(decision_boundary(model, PLANE, RIGHT, resolution=5)) == ["class 0", "class 1"]


@pytest.mark.parametrize(
    "targets",
    [[-1, -1, 1, 1], [-1.0, -1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0], [[1, 0], [1, 0], [0, 1], [0, 1]],
     [False, False, True, True], [[0], [0], [1], [1]]],
)  # fmt: skip
def test_targets_may_be_what_accuracy_takes(targets: Any) -> None:
    for given in (targets, pytest.importorskip("numpy").array(targets)):
        figure = decision_boundary(sloped("identity"), PLANE, given, resolution=5)
        assert names(figure) == ["class 0", "class 1"]
        scattered: list[Any] = figure.axes[0].collections[-2:]
        assert [x.get_offsets().tolist() for x in scattered] == [PLANE[:2], PLANE[2:]]
        cells = [text.get_text() for text in confusion_matrix(given, [0, 1, 1, 1]).axes[0].texts]
        assert cells == ["1", "1", "0", "2"]


@pytest.mark.parametrize(
    "targets", [[0, 0.5, 1, 1], [0, math.nan, 1, 1], [0, -2, 1, 1], list("abba")]
)
def test_other_targets_are_refused(targets: list[Any]) -> None:
    with pytest.raises(ValueError, match="a class index for each of 4 rows: pass 4 integers"):
        decision_boundary(sloped("identity"), PLANE, targets)
    with pytest.raises(ValueError, match=r"true\[\d\] is "):
        confusion_matrix(targets, [0, 1, 1, 1])


def test_the_classes_of_a_confusion_matrix_are_numbered_without_names() -> None:
    (ax,) = confusion_matrix([0, 2], [1, 2]).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["class 0", "class 1", "class 2"]


def test_a_model_of_other_than_two_inputs_is_refused() -> None:
    with pytest.raises(ValueError, match="this network has 3 inputs, but was given 2"):
        decision_boundary(MLP(3, [1], rng=0), PLANE, RIGHT)
    with pytest.raises(ValueError, match=r"shape \(1, 3\): pass rows of the 2 inputs.*a function"):
        decision_boundary(MLP(3, [1], rng=0), [[1.0, 2.0, 3.0]], [0])


def test_a_class_instead_of_a_model_is_refused() -> None:
    with pytest.raises(TypeError, match="a network, or a function of rows, not 'model'"):
        decision_boundary("model", PLANE, RIGHT)  # type: ignore[arg-type]


def test_a_fitted_curve_is_asked_of_the_model() -> None:
    xs = [0.0, 0.5, 1.0]
    model = MLP(1, [3, 1], activation="tanh", rng=0)
    curves = [model, lambda rows: [model(row).data for row in rows], [model([x]).data for x in xs]]
    drawn = [regression_fit([0.0], [1.0], xs, curve).axes[0].lines[1] for curve in curves]
    assert [list(map(float, line.get_ydata())) for line in drawn] == [curves[2]] * 3
