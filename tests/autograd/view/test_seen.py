"""Readable from the last row: what a person sees of pages and pictures, on four screens."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from autograd import Value
from autograd.view import draw, play
from nn import MLP, cross_entropy, half_squared_error

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
CELL = 830  # pixels, the width of an output in a notebook


def expression() -> Value:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b + a**2).tanh()
    loss.label = "L"
    return loss


def small_network() -> Value:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    return half_squared_error(model([0.5, -1.0]), 1.0)


def classes() -> Value:
    model = MLP(4, [8, 3], activation="tanh", output="softmax", rng=0)
    return cross_entropy(model([0.1, 0.2, 0.3, 0.4]), 1)


def wide() -> Value:
    model = MLP(2, [16, 16, 1], activation="tanh", rng=0)
    return half_squared_error(model([0.5, -1.0]), 1.0)


def chain() -> Value:
    y = Value(0.5, label="x")
    for _ in range(40):
        y = y.sin()
    return y


LESSONS = {
    "expression": lambda: play(expression()),
    "network": lambda: play(small_network()),
    "units": lambda: play(small_network(), detail="neuron"),
    "wide": lambda: play(wide(), detail="neuron"),
    "classes": lambda: play(classes(), detail="neuron"),
    "layers": lambda: play(classes(), detail="layer"),
    "chain": lambda: play(chain()),
    "quiz": lambda: play(expression(), quiz=True),
}


@pytest.fixture
def open_on(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page on a screen, in the light or in the dark."""
    contexts = []

    def open_on(html: str, screen: str, theme: str) -> Any:
        width, height = looking.SCREENS[screen]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        contexts.append(context)
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.goto(path.as_uri())
        return page

    yield open_on
    for context in contexts:
        context.close()


def check(page: Any, where: str) -> list[str]:
    """Return what a person could complain of, each with where it was seen."""
    found = looking.texts(page)
    complaints = [
        *[f"small: {text}" for text in looking.small(found)],
        *[f"faint: {text}" for text in looking.faint(found)],
        *[f"concealed: {text}" for text in looking.concealed(found)],
        *[f"collide: {one!r} and {other!r}" for one, other in looking.collisions(found)],
    ]
    if looking.overflow(page):
        complaints.append(f"the page is {looking.overflow(page):.0f} px wider than the screen")
    return [f"{where}: {complaint}" for complaint in complaints]


@pytest.mark.parametrize(
    ("screen", "theme"), [*((screen, "light") for screen in looking.SCREENS), ("laptop", "dark")]
)
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_readable(lesson: str, screen: str, theme: str, open_on: Open) -> None:
    page = open_on(LESSONS[lesson]().html, screen, theme)
    page.wait_for_selector(".player")
    complaints = check(page, "at the start")
    last = int(page.locator(".scrubber").get_attribute("max"))
    for share in (0.3, 0.7, 1.0):
        page.locator(".scrubber").fill(str(round(share * last)))
        page.wait_for_timeout(30)
        complaints += check(page, f"at step {round(share * last)} of {last}")
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lesson", ["expression", "units"])
def test_every_number_stands_out_at_every_event(lesson: str, theme: str, open_on: Open) -> None:
    page = open_on(LESSONS[lesson]().html, "projector", theme)
    page.wait_for_selector(".player")
    last = int(page.locator(".scrubber").get_attribute("max"))
    assert last > 8
    complaints = []
    for step in range(last + 1):
        page.locator(".scrubber").fill(str(step))
        complaints += [f"step {step}: {text}" for text in looking.faint(looking.texts(page))]
    page.locator(".node[role=button]").first.click()  # its paths light up, the rest is dimmed
    complaints += [f"a path: {text}" for text in looking.faint(looking.texts(page))]
    assert complaints == []


# -- from the last row of a lecture room

LARGE = {  # what is shown there, beside the lessons above
    "classes in numbers": lambda: play(classes()),
    "an update": lambda: play(small_network(), update=0.1),
    "a slip": lambda: play(small_network(), slip="sign"),
}


def too_small(page: Any) -> list[str]:
    """Return what is smaller than 2 % of the height of the screen."""
    return looking.small(looking.texts(page), 0.02 * page.evaluate("innerHeight"))


@pytest.mark.parametrize("lesson", [*sorted(LESSONS.keys() - {"wide"}), *LARGE])  # 746 steps
def test_the_last_row_reads_every_text_of_every_event(lesson: str, open_on: Open) -> None:
    page = open_on({**LESSONS, **LARGE}[lesson]().html, "projector", "light")
    page.wait_for_selector(".player")
    found = looking.steps(page)
    assert len(found) > 8
    least = 0.02 * 1080 - 0.05
    assert [f"step {k}: {one}" for k, one in enumerate(found) if one.size < least] == []
    assert [k for k, one in enumerate(found) if not one.is_in_sight] == []


def test_the_last_row_reads_what_a_learner_opens(open_on: Open) -> None:
    page = open_on(play(small_network(), update=0.1).html, "projector", "light")
    page.locator(".scrubber").fill("20")
    page.locator("#n0").click()
    page.locator(".editor input").fill("x")
    page.locator(".set").click()
    assert page.locator(".side .wrong").inner_text()
    assert too_small(page) == []
    page.locator(".editor input").fill("0.7")
    page.locator(".set").click()
    page.keyboard.press("End")
    page.get_by_role("button", name="difference").click()
    assert page.locator(".side li").count() > 0
    assert too_small(page) == []
    page.locator("#n1").hover()
    assert page.locator(".hint").inner_text()
    assert too_small(page) == []


def test_the_last_row_reads_a_slip_that_is_repaired(open_on: Open) -> None:
    page = open_on(play(small_network(), slip="sign").html, "projector", "light")
    page.get_by_role("button", name="Reveal").click()
    assert too_small(page) == []
    page.locator(".quiz input").press("Enter")
    page.locator(".quiz .reveal").click()
    assert page.locator(".figure svg").count() == 1
    assert too_small(page) == []


def operands_in_sight(page: Any) -> set[str]:
    """Return the units of the first layer that are wholly on the stage."""
    left, top, width, height = page.locator(".scroller").bounding_box().values()
    found = set()
    for node in page.locator(".stage .node", has_text="⁽¹⁾").all():
        x, y, wide, high = node.bounding_box().values()
        if left <= x and x + wide <= left + width and top <= y and y + high <= top + height:
            found.add(node.locator(".name").first.text_content())
    return found


def wheel(page: Any) -> None:
    page.mouse.wheel(0, 200)


def drag(page: Any) -> None:
    page.mouse.down()
    page.mouse.move(100, 500, steps=5)
    page.mouse.up()
    page.mouse.move(100, 700)


def press_arrow(page: Any) -> None:
    for _ in range(4):
        page.locator(".player").press("Shift+ArrowDown")


def test_a_vote_on_many_operands_can_see_each(open_on: Open) -> None:
    page = open_on(play(wide(), detail="neuron", quiz="vote").html, "projector", "light")
    heading, asked = page.locator("h2"), page.locator(".stage .node.now")
    while not heading.get_by_text("a₁⁽²⁾ = dot").count():
        page.locator(".player").press("Enter")
    stage = page.locator(".scroller").bounding_box()
    for way in (wheel, drag, press_arrow):
        assert asked.bounding_box()["y"] > stage["y"]
        seen = operands_in_sight(page)
        assert 8 < len(seen) < 16  # the stage is lower than the layer
        page.mouse.move(100, 700)
        for _ in range(4):
            way(page)
            page.wait_for_timeout(100)
        assert len(seen | operands_in_sight(page)) == 16
        assert asked.bounding_box()["y"] < stage["y"]
        page.locator(".player").press("Enter")  # what is asked for, or answered, comes back


def test_the_last_row_reads_a_whole_vote(open_on: Open) -> None:
    page = open_on(play(expression(), quiz="vote").html, "projector", "light")
    page.wait_for_selector(".player")
    assert too_small(page) == []
    complaints, asked = [], 0
    while not page.locator(".verdict", has_text="a step against it").count():
        page.keyboard.press("Enter")
        asked += page.locator(".answer", has_text="Show answer").count()
        assert asked < 50
        complaints += too_small(page)
    assert asked > 8
    assert complaints == []


@pytest.mark.parametrize("size", [(1440, 1080), (1920, 1200), (3840, 2160)])
@pytest.mark.parametrize("lesson", ["network", "wide"])
def test_other_lecture_rooms_read_it_too(lesson: str, size: tuple[int, int], open_on: Open) -> None:
    page = open_on(LESSONS[lesson]().html, "laptop", "light")
    page.wait_for_selector(".player")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.locator(".scrubber").fill("30")
    page.wait_for_timeout(100)
    assert too_small(page) == []
    assert check(page, "") == []


def test_full_screen_is_for_the_last_row(open_on: Open) -> None:
    cell = f"<!doctype html><div style='width:{CELL}px'>{play(classes())._repr_html_()}</div>"
    page = open_on(cell, "laptop", "light")
    player = page.frame_locator("iframe")
    player.locator(".player").wait_for()
    player.get_by_role("button", name="Full screen").click()
    player.locator(".player:fullscreen").wait_for()
    page.wait_for_timeout(200)
    assert too_small(page.frames[1]) == []


@pytest.mark.parametrize("screen", ["projector", "zoomed"])
@pytest.mark.parametrize("lesson", ["network", "units"])
def test_what_happens_is_in_sight(lesson: str, screen: str, open_on: Open) -> None:
    page = open_on(LESSONS[lesson]().html, screen, "light")
    page.wait_for_selector(".player")
    assert [k for k, step in enumerate(looking.steps(page)) if not step.is_in_sight] == []


@pytest.mark.parametrize(
    ("graph", "detail", "theme"),
    [
        *[(graph, "scalar", "light") for graph in (expression, small_network, classes, chain)],
        *[(graph, "neuron", "light") for graph in (expression, small_network, wide, classes)],
        *[(graph, "layer", "light") for graph in (small_network, wide, classes)],
        *[(graph, "neuron", "dark") for graph in (expression, classes)],
    ],
)
def test_a_picture_in_a_notebook_is_readable(
    graph: Callable[[], Value], detail: Any, theme: str, open_on: Open
) -> None:
    root = graph()
    root.backward()
    html = draw(root, detail, edges="both", gradients=True)._repr_mimebundle_()["text/html"]
    svg = draw(root, detail, edges="both", gradients=True).svg
    page = open_on(f'<div style="width:{CELL}px">{html}</div>', "laptop", theme)
    image = page.locator("img").bounding_box()
    page.set_content(f'<body style="margin:0">{svg}')
    page.evaluate(
        """(width) => {
          const svg = document.querySelector("svg"), {width: w, height: h} = svg.viewBox.baseVal;
          svg.style.cssText = `width:${width}px;height:${width * h / w}px;max-width:none`;
        }""",
        image["width"],
    )
    complaints = check_picture(page)
    assert complaints == []


def check_picture(page: Any) -> list[str]:
    found = looking.texts(page, "svg")
    return [
        *[f"small: {text}" for text in looking.small(found)],
        *[f"faint: {text}" for text in looking.faint(found)],
        *[f"collide: {one!r} and {other!r}" for one, other in looking.collisions(found)],
    ]
