"""The picture by keyboard: one stop of Tab, arrow keys along the graph, Enter, Esc."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from autograd.view.player import play
from pages import press, text
from players import expression, network

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
FOCUSED = "document.activeElement.id"


def into_the_picture(page: Any) -> None:
    for _ in range(40):
        press(page, "Tab")
        if page.evaluate("document.activeElement.matches('svg [role=button]')"):
            return
    raise AssertionError("Tab does not reach the picture")


def focused(page: Any) -> str:
    """Return the name of what is focused: the words before its number."""
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    return str(name).split(" = ")[0]


def walk(page: Any, key: str, name: str) -> None:
    for _ in range(100):
        if focused(page) == name:
            return
        press(page, key)
    raise AssertionError(f"{key} does not lead to {name}")


def test_a_wide_network_is_one_stop_among_few(show: Open) -> None:
    page = show(network(7, 6, 1, detail="neuron"))
    parts = page.locator("svg [role=button]").count()
    assert parts > 70
    stops = []
    while not stops or page.evaluate("document.activeElement !== document.body"):
        press(page, "Tab")
        stops.append(page.evaluate("document.activeElement.closest('svg') !== null"))
    assert stops.count(True) == 1
    assert len(stops) < 20


@pytest.mark.parametrize("detail", ["scalar", "neuron", "layer"])
def test_arrows_reach_everything_that_can_be_chosen(show: Open, detail: str) -> None:
    page = show(network(4, 3, 1, detail=detail))
    reaches_all(page)


def test_arrows_reach_the_edges_of_a_hunt(show: Open) -> None:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    page = show(play((a * b + a**2).tanh(), slip="path"))
    assert page.locator("svg .edge[role=button]").count() > 3
    reaches_all(page)


def reaches_all(page: Any) -> None:
    parts = set(page.locator("svg [role=button]").evaluate_all("all => all.map((g) => g.id)"))
    counter = text(page, ".counter")
    into_the_picture(page)
    press(page, "ArrowUp", times=len(parts))
    seen = set()
    for _ in parts:
        seen.add(page.evaluate(FOCUSED))
        assert focused(page), "without a name"
        press(page, "ArrowDown")
    assert seen == parts
    assert text(page, ".counter") == counter  # nothing has been stepped


def test_left_and_right_go_along_the_graph(show: Open) -> None:
    page = show(expression())  # y = tanh(a b + c)
    into_the_picture(page)
    walk(page, "ArrowDown", "y")
    press(page, "ArrowLeft")
    assert focused(page) == "v₂"
    walk(page, "ArrowUp", "a")
    names = []
    for _ in range(4):
        press(page, "ArrowRight")
        names.append(focused(page))
    assert names == ["v₁", "v₂", "y", "y"]


def test_a_weight_is_between_its_units(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    into_the_picture(page)
    walk(page, "ArrowDown", "w₁₂⁽²⁾")
    press(page, "ArrowRight")
    assert focused(page).startswith("a₁⁽²⁾")
    walk(page, "ArrowUp", "w₁₂⁽²⁾")
    press(page, "ArrowUp")
    assert focused(page) == "w₁₁⁽²⁾"
    press(page, "ArrowDown", "ArrowLeft")
    assert focused(page).startswith("a₂⁽¹⁾")
    press(page, "ArrowLeft")
    assert focused(page) in ("w₂₁⁽¹⁾", "w₂₂⁽¹⁾")
    press(page, "ArrowLeft")
    assert focused(page) in ("x₁", "x₂")


def test_enter_chooses_and_esc_leaves(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    into_the_picture(page)
    walk(page, "ArrowDown", "w₁₂⁽²⁾")
    place = page.evaluate(FOCUSED)
    press(page, "Enter")
    assert text(page, ".side h2") == "w₁₂⁽²⁾"
    page.keyboard.type("0.5")
    press(page, "Enter", "Escape")
    assert page.locator(".side").is_hidden()
    assert page.evaluate(FOCUSED) == place
    press(page, "ArrowUp")
    assert focused(page) == "w₁₁⁽²⁾"  # still on the way through the picture
    press(page, "Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Step"
    press(page, "ArrowRight")
    assert text(page, ".counter").startswith("forward 2 / ")
    into_the_picture(page)
    assert focused(page) == "w₁₁⁽²⁾"  # where the learner has been


def test_after_a_click_and_an_edit_arrows_step(show: Open) -> None:
    page = show(expression())
    into_the_picture(page)
    page.click("#n0")
    page.get_by_label("Value of a").click()
    page.keyboard.type("1")
    press(page, "Enter", "Escape", "ArrowRight")
    assert text(page, ".counter").startswith("forward 1 / ")


def test_other_keys_are_the_players_in_the_picture_too(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    into_the_picture(page)
    press(page, "End")
    assert text(page, ".counter") == "backward 41 / 41"
    place = page.evaluate(FOCUSED)
    press(page, "Shift+ArrowRight", "+")
    assert page.evaluate(FOCUSED) == place
    press(page, " ")
    assert page.get_by_role("button", name="Pause").is_visible()


def test_what_is_walked_to_comes_into_sight(show: Open) -> None:
    page = show(network(6, 6, 1), "phone")
    into_the_picture(page)
    for _ in range(60):
        press(page, "ArrowDown")
        part, place = page.locator("svg :focus"), page.locator(".scroller").bounding_box()
        box = part.bounding_box()
        assert place["x"] <= box["x"]
        assert box["x"] + box["width"] <= place["x"] + place["width"]
        assert place["y"] <= box["y"]
        assert box["y"] + box["height"] <= place["y"] + place["height"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["x₁", "w₁₂⁽²⁾"])
def test_what_is_focused_stands_out(show: Open, theme: str, name: str) -> None:
    """In contrast to what was seen in the same place before: at least 3, on enough of it."""
    image = pytest.importorskip("PIL.Image", reason="needs the package pillow")
    page = show(network(3, 1, detail="neuron"), color_scheme=theme)

    def seen() -> Any:
        shot = page.locator(".stage").screenshot()
        return image.open(io.BytesIO(shot)).convert("RGB")

    before = seen()
    into_the_picture(page)
    walk(page, "ArrowDown", name)
    box = page.locator("svg :focus").bounding_box()
    after, (width, height) = seen(), before.size
    places = [(x, y) for x in range(width) for y in range(height)]
    pairs = [(before.getpixel(place), after.getpixel(place)) for place in places]
    strong = sum([1 for a, b in pairs if a != b and contrast(a, b) >= 3])
    assert strong >= 2 * max(box["width"], box["height"])  # two pixels wide, all along it


def contrast(*colours: tuple[int, int, int]) -> float:
    def luminance(colour: tuple[int, int, int]) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


def test_a_screen_reader_is_told_how_to_go_on(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    picture = page.get_by_role("application", name="Picture: arrow keys go along the graph")
    assert picture.locator("svg").count() == 1
    about = text(page, "p.legend")
    assert "Tab, arrows, Enter: choose" in about
