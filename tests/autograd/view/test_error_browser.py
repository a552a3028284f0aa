"""The error of a network in the player: what stands on its edges, also after edits."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd.view.player import Player, play
from nn import MLP, Neuron, binary_cross_entropy, cross_entropy, half_squared_error
from pages import written

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def opened(page: Any, lesson: Player, tmp_path: Path) -> None:
    page.goto(lesson.save(tmp_path / "lesson.html").as_uri())
    page.wait_for_selector(".player")
    page.keyboard.press("End")


def labels(page: Any) -> list[str]:
    return [text for text in page.locator("[data-edge] text").all_text_contents() if text]


def test_an_edit_of_a_weight_reaches_the_edges(page: Any, tmp_path: Path) -> None:
    """A neuron alone: its weights can be edited on their edges; all slopes follow."""
    neuron = Neuron(2, activation="tanh", rng=0)
    weights = [w.data for w in neuron.w]
    opened(page, play(half_squared_error(neuron([1.5, -2.0]), 0.5), detail="neuron"), tmp_path)

    def slope(w: list[float]) -> float:
        return math.tanh(1.5 * w[0] - 2.0 * w[1]) - 0.5

    def expected(w: list[float]) -> list[str]:
        delta = slope(w) * (1 - math.tanh(1.5 * w[0] - 2.0 * w[1]) ** 2)
        slopes = [f" ∂w {written(delta * x)}" for x in (1.5, -2.0)]
        return [written(w[0]), slopes[0], written(w[1]), slopes[1], written(slope(w))]

    assert labels(page) == expected(weights)
    page.locator("[data-edge]", has_text=written(weights[0])).locator("text").first.click()
    field = page.get_by_label("Value of w₁₁⁽¹⁾")
    field.fill("0.25")
    field.press("Enter")
    weights[0] = 0.25
    assert labels(page) == expected(weights)
    assert f"δ {written(slope(weights) * (1 - math.tanh(0.375 - 2 * weights[1]) ** 2))}" in (
        page.locator(".node.unit text, .node.output text").all_text_contents()
    )


def test_two_paths_into_the_error_make_one_number(page: Any, tmp_path: Path) -> None:
    """-t ln y - (1 - t) ln(1 - y): ∂E/∂y = -t/y + (1 - t)/(1 - y)."""
    y = MLP(1, [1], output="sigmoid", rng=0)([0.5])
    opened(page, play(binary_cross_entropy(y, 0.25), detail="neuron"), tmp_path)
    assert labels(page)[-1] == written(-0.25 / y.data + 0.75 / (1.0 - y.data))


def test_the_outputs_of_a_softmax_follow_edits(page: Any, tmp_path: Path) -> None:
    """No number stays behind that the page cannot compute."""
    model = MLP(1, [3], output="softmax", rng=0)
    y = model([1.0])
    opened(page, play(cross_entropy(y, 1), detail="neuron"), tmp_path)
    (box,) = page.locator(".stage .node.operation").all()
    assert box.locator(".value").all_text_contents() == [f"y₂⁽¹⁾ {written(y[1].data)}"]
    w = model.layers[0].neurons[0].w[0].data
    page.locator("[data-edge]", has_text=written(w)).locator("text").first.click()
    field = page.get_by_label("Value of w₁₁⁽¹⁾")
    field.fill("3")
    field.press("Enter")
    a = [3.0, *[neuron.w[0].data for neuron in model.layers[0].neurons[1:]]]
    p = math.exp(a[1]) / math.fsum(map(math.exp, a))
    assert box.locator(".value").all_text_contents() == [f"y₂⁽¹⁾ {written(p)}"]
    assert labels(page)[-1] == written(-1.0 / p)
