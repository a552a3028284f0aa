"""The player in the hands of a learner: mouse and keys in turn, and what is typed."""

from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value, maximum
from autograd.view.player import play
from pages import press, text, until
from players import expression, network

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


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


# -- the words


def test_slopes_are_written_as_people_write_them(show: Open) -> None:
    a, b = Value(-1.5, label="a"), Value(-1.5, label="b")
    L = maximum(a, b) + a**2 + a**3 + a.relu()
    L.label = "L"
    page = show(play(L))
    seen = set()
    for _ in range(20):
        press(page, "ArrowRight")
        seen.add(text(page, "h2") + " | " + text(page, ".cards"))
    said = "\n".join(seen)
    assert "{0 if a < b, 0.5 if a = b, 1 otherwise}" in said
    assert "= 2 · a " in said
    assert "= 3 · a² " in said
    assert "∂L/∂a += nothing: ReLU(a) has slope 0 here" in said
    assert "−0 " not in said


# -- the update


def test_the_last_update_can_be_taken_back(show: Open) -> None:
    w = Value(0.6888, label="w")
    E = (2 * w - 1) ** 2
    E.label = "E"
    page = show(play(E, update=0.1))
    press(page, "End")
    undo = page.get_by_role("button", name="Undo the last update")
    assert undo.count() == 0
    assert page.locator(".card .number").all_inner_texts()[2] == "1.51"  # no brackets on a card
    values = [page.locator("#n0 .value").text_content()]
    for _ in range(2):
        page.get_by_role("button", name="Forward again").click()
        assert undo.is_visible()
        press(page, "End")
        values.append(page.locator("#n0 .value").text_content())
    undo.click()
    assert text(page, ".counter").startswith("update ")
    assert page.locator("#n0 .value").text_content() == values[1]
    undo.click()
    assert page.locator("#n0 .value").text_content() == values[0]
    assert undo.count() == 0


def test_an_update_of_a_unit_tells_old_and_new(show: Open) -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", output="sigmoid", rng=3)
    E = nn.half_squared_error(model([0.5, -1.2]), 1.0)
    page = show(play(E, update=0.5, detail="neuron"))
    page.get_by_label("Each step").select_option(label="each unit")
    until(page, "Update of")
    E.backward()
    b = model.layers[0].neurons[0].b
    assert f"{b.data:.4g} → {b.data - 0.5 * b.grad:.4g}".replace("-", "−") in text(page, ".cards")


def test_the_difference_of_two_passes_is_told_of_the_chosen_number_too(show: Open) -> None:
    page = show(expression())
    page.click("#n0")
    page.get_by_label("Value of a").fill("1.5")
    press(page, "Enter")
    before = page.get_by_role("group", name="Which numbers")
    before.get_by_role("button", name="difference").click()
    a, b, c = (Value(x) for x in (1.5, -3.0, 4.0))
    (a * b + c).tanh().backward()
    assert text(page, ".side .sum").endswith(f"→ {a.grad:.4g}".replace("-", "−"))


def test_only_steps_that_differ_are_offered(show: Open) -> None:
    page = show(network(3, 1))
    each = page.get_by_label("Each step")
    assert each.locator("option").all_text_contents() == ["each change", "each unit", "each layer"]
    page.get_by_label("Level of detail").select_option("neuron")
    assert "each +=" in each.locator("option").all_text_contents()


# -- the address


def address(page: Any, part: str) -> str:
    """Wait until the address has a part, and return what it says of the state."""
    while part not in page.evaluate("location.hash"):
        page.wait_for_timeout(20)
    return str(page.evaluate("location.hash"))


def test_the_address_reproduces_what_was_done(show: Open) -> None:
    lesson = network(3, 1)
    page = show(lesson)
    key = next(i for i, node in enumerate(lesson.data["nodes"]) if node["t"] == "b₁⁽²⁾")
    page.locator(f"#n{key}").click()
    page.get_by_label("Value of b₁⁽²⁾").fill("-3")
    press(page, "Enter")
    page.get_by_label("Each step").select_option("unit")
    page.get_by_role("button", name="difference").click()
    page.locator(".scrubber").fill("27")
    again = show(lesson, state=address(page, "step=27"))
    for where in (page, again):
        assert where.locator(f"#n{key} .value").text_content().startswith("↓")
        assert where.get_by_label("Each step").input_value() == "unit"
        switch = where.get_by_role("button", name="difference")
        assert switch.get_attribute("aria-pressed") == "true"
    assert text(again, "h2") == text(page, "h2")
    assert again.locator("svg .value").all_text_contents() == (
        page.locator("svg .value").all_text_contents()
    )


def test_the_address_of_a_hunt_has_its_slip(show: Open) -> None:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    root = (a * b + a**2).tanh()
    page = show(play(root, slip="random"))
    page.click("button.another")
    where = address(page, "slip=")
    for _ in range(3):
        again = show(play(root, slip="random"), state=where)
        assert again.locator("svg .grad").all_text_contents() == (
            page.locator("svg .grad").all_text_contents()
        )


# -- the place


def test_a_picture_larger_than_its_place_opens_at_its_beginning(show: Open) -> None:
    page = show(network(6, 6, 1), "phone")
    scroller = page.locator(".scroller")
    assert scroller.evaluate("(place) => place.scrollWidth > place.clientWidth + 50")
    assert scroller.evaluate("(place) => place.scrollLeft") == 0


def test_all_operands_of_what_a_class_is_asked_are_in_sight(show: Open) -> None:
    lesson = network(3, 3, 1, quiz="vote")
    page = show(lesson, "projector")
    press(page, "Enter", "Enter")
    nodes, asked = lesson.data["nodes"], 0
    for node in nodes:
        if "o" not in node:
            continue
        while not page.locator(".ballot button").count():
            press(page, "Enter")
        assert text(page, "h2").startswith(f"{node['t']} = ")
        place = page.locator(".scroller").bounding_box()
        boxes = [page.locator(f"#n{i}").bounding_box() for i in node["o"] if isinstance(i, int)]
        top = min(box["y"] for box in boxes)
        bottom = max(box["y"] + box["height"] for box in boxes)
        if bottom - top > place["height"] - 50:  # they do not fit at this size of letters
            press(page, "Enter", "Enter")
            continue
        asked += 1
        assert place["y"] <= top, node["t"]
        assert bottom <= place["y"] + place["height"], node["t"]
        assert place["x"] <= min(box["x"] for box in boxes), node["t"]
        press(page, "Enter", "Enter")
    assert asked > 10


def test_what_is_tapped_is_large_enough_for_a_finger(show: Open) -> None:
    page = show(expression(), "phone")
    page.click("#n0")
    for control in page.locator(".player button:visible, .player select:visible").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44, control.inner_text()


def test_saved_moments_of_two_levels_have_two_names(show: Open) -> None:
    page = show(network(3, 1))
    names = []
    for level in ("scalar", "neuron"):
        page.get_by_label("Level of detail").select_option(level)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save this moment as SVG").click()
        names.append(download.value.suggested_filename)
    assert names == ["step-0-scalar.svg", "step-0-neuron.svg"]
