"""The player in the hands of a learner: mouse and keys in turn, and what is typed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from autograd import Value
from autograd.view.player import Player, play
from players import expression, network

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a lesson from a file, offline, on a screen; afterwards nothing may have gone wrong."""
    troubles: list[str] = []
    contexts = []

    def show(lesson: Player, screen: str = "laptop", state: str = "") -> Any:
        width, height = looking.SCREENS[screen]
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.goto(lesson.save(tmp_path / f"lesson{len(contexts)}.html").as_uri() + state)
        page.wait_for_selector(".player")
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


def text(page: Any, selector: str) -> str:
    return " ".join(page.locator(selector).first.inner_text().split())


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def choose_by_mouse(page: Any, name: str, downwards: int) -> None:
    page.get_by_label(name).click()
    press(page, *["ArrowDown"] * downwards, "Enter")


# -- keys


def test_after_a_choice_by_mouse_the_arrows_step(show: Open) -> None:
    page = show(network(3, 1))
    choose_by_mouse(page, "Level of detail", 1)
    assert page.get_by_label("Level of detail").input_value() == "neuron"
    press(page, "ArrowRight")
    assert page.get_by_label("Level of detail").input_value() == "neuron"
    assert text(page, ".counter").startswith("forward 2 / ")
    choose_by_mouse(page, "Speed", 1)
    press(page, "ArrowLeft")
    assert page.get_by_label("Speed").input_value() == "2"
    assert text(page, ".counter").startswith("forward 0 / ")


def test_a_list_stays_with_those_who_use_keys(show: Open) -> None:
    page = show(network(3, 1))
    page.get_by_label("Speed").focus()
    press(page, "ArrowDown", "ArrowDown")
    assert page.get_by_label("Speed").input_value() == "4"
    assert text(page, ".counter").startswith("forward 0 / ")


def test_after_a_click_on_a_leaf_keys_are_the_players(show: Open) -> None:
    page = show(expression())
    page.click("#n0")
    press(page, "ArrowRight", "ArrowRight", "ArrowLeft")
    assert text(page, ".counter").startswith("forward 1 / ")
    press(page, "n")
    assert text(page, "h2").startswith("∂y/∂a +=")
    assert page.get_by_label("Value of a").input_value() == "2"
    press(page, "Home", "Escape", " ")
    assert page.locator(".side").is_hidden()
    assert page.get_by_role("button", name="Pause").is_visible()


# -- looking closer


def test_what_is_not_finite_stays_hatched_where_a_number_is_chosen(show: Open) -> None:
    x, b = Value(0.0, label="x"), Value(2.0, label="b")
    page = show(play(x.log() * b))
    press(page, "End")
    for chosen in ("#n0", "#n1"):  # on the path of the infinite numbers, and beside it
        page.locator(chosen).click()
        assert page.locator(".side").is_visible()
        for node in page.locator("svg .node.nonfinite[id] .shape:first-child").all():
            looks = "(shape) => [getComputedStyle(shape).stroke, getComputedStyle(shape).opacity]"
            stroke, opacity = node.evaluate(looks)
            assert "hatch" in stroke
            assert opacity == "1"
        assert page.locator("svg .node.nonfinite[id]").count() >= 2


# -- what is typed


@pytest.mark.parametrize(
    "typed", ["abc", "", "1 000", "1,000", "0x10", "1_0", "1/2/3", "1/", "--1", "0/0"]
)
def test_what_is_no_number_is_said_to_be_none(typed: str, show: Open) -> None:
    page = show(expression())
    page.click("#n0")
    page.get_by_label("Value of a").fill(typed)
    page.get_by_role("button", name="Set", exact=True).click()
    assert "not a number" in text(page, ".editor .wrong")
    assert page.locator("#n0 .value").text_content() == "2"
    page.get_by_label("Value of a").fill("5")
    press(page, "Enter")
    assert page.locator(".editor .wrong").inner_text() == ""
    assert page.locator("#n0 .value").text_content() == "5"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("0,125", "0.125"), ("−1e-3", "−0.001"), ("1/4", "0.25"), (".5", "0.5"), ("-inf", "−inf")],
)
def test_numbers_are_read_as_people_write_them(typed: str, shown: str, show: Open) -> None:
    page = show(expression())
    page.click("#n0")
    page.get_by_label("Value of a").fill(typed)
    press(page, "Enter")
    assert page.locator("#n0 .value").text_content() == shown
