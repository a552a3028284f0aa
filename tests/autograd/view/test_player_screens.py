"""The player on screens of all sizes, by touch, and in files that it saves."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import looking
from autograd.view.player import Player, play
from nn import MLP, half_squared_error
from players import expression, network

pytestmark = pytest.mark.slow
Visit = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"
SCROLLED = "(scroller) => [scroller.scrollLeft, scroller.scrollTop]"


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Visit]:
    """Open a lesson on a screen; a phone has touch."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def visit(lesson: Player | str, screen: str = "laptop", address: str = "") -> Any:
        width, height = looking.SCREENS[screen]
        touch = {"has_touch": True, "is_mobile": True} if screen == "phone" else {}
        context = browser.new_context(viewport={"width": width, "height": height}, **touch)
        contexts.append(context)
        path = tmp_path / f"lesson{len(contexts)}.html"
        path.write_text(lesson if isinstance(lesson, str) else lesson.html, encoding="utf-8")
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{path.as_uri()}{address}")
        page.wait_for_selector(".player, iframe")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


def is_inside(part: Any, frame: Any) -> bool:
    inner, outer = part.bounding_box(), frame.bounding_box()
    return bool(
        inner["x"] >= outer["x"]
        and inner["y"] >= outer["y"]
        and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
        and inner["y"] + inner["height"] <= outer["y"] + outer["height"]
    )


# -- how large, and what is in sight


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_a_picture_that_fits_opens_whole(visit: Visit, detail: str) -> None:
    page = visit(network(3, 1, detail=detail))
    assert is_inside(page.locator(".stage svg"), page.locator(".scroller"))
    assert page.locator("[class*=more-]").count() == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_error_of_a_small_network_opens_whole(visit: Visit, activation: str, seed: int) -> None:
    model = MLP(2, [3, 1], activation=activation, rng=seed)
    page = visit(play(half_squared_error(model([0.5, -1.2]), 1.0)))
    assert is_inside(page.locator(".stage svg"), page.locator(".scroller"))
    assert page.locator("[class*=more-]").count() == 0
    assert min(text.size for text in looking.texts(page)) >= 12


def test_a_picture_that_does_not_fit_shows_the_event_and_where_there_is_more(visit: Visit) -> None:
    page = visit(network(5, 2, 1))
    assert page.locator(".stage.more-right.more-down").count() == 1
    page.keyboard.press("ArrowRight")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        now = page.locator(".stage svg .node.now")
        assert now.count() == 1
        assert is_inside(now, page.locator(".scroller"))


def test_a_projector_shows_text_of_two_percent_of_its_height(visit: Visit) -> None:
    page = visit(expression(), "projector")
    page.keyboard.press("End")
    sizes = {text.kind: text.size for text in looking.texts(page)}
    assert sizes["name"] > 21.5
    assert sizes["local"] > 21.5
    assert sizes["number"] > 32
    assert sizes["counter"] > 21.5


@pytest.mark.parametrize("screen", looking.SCREENS)
def test_a_chosen_number_stays_in_sight(visit: Visit, screen: str) -> None:
    page = visit(network(3, 1), screen)
    page.keyboard.press("End")
    before = page.locator(".stage").bounding_box()
    page.locator("#n15").click()
    page.locator(".side").wait_for()
    page.wait_for_function(
        "(before) => document.querySelector('.stage').clientWidth < before.width - 50"
        " || document.querySelector('.stage').clientHeight < before.height - 50"
        " || innerHeight < 400",
        arg=before,
    )
    page.wait_for_timeout(100)
    node, stage, side = (page.locator(s).bounding_box() for s in ("#n15", ".scroller", ".side"))
    assert is_inside(page.locator("#n15"), page.locator(".scroller"))
    assert stage["x"] + stage["width"] <= side["x"] or node["y"] + node["height"] <= side["y"]


def test_the_box_of_a_label_grows_with_its_number(visit: Visit) -> None:
    page = visit(expression())
    page.keyboard.press("End")
    label = page.locator(".label:not(.away)", has_text="2").first
    narrow = label.locator("rect").bounding_box()["width"]
    page.locator("#n0").click()
    page.get_by_label("Value of a").fill("-0.0001234")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    changed = page.locator(".label", has_text="0.0001234").first
    text, box = changed.evaluate(  # at one moment: closing the panel moves the picture
        """(label) => ["text", "rect"].map((part) => label.querySelector(part).getBBox())
          .map(({x, width}) => [x, x + width])"""
    )
    assert changed.locator("rect").bounding_box()["width"] > 2 * narrow
    assert box[0] <= text[0]
    assert text[1] <= box[1]
    assert changed.locator("[textLength]").count() == 0


# -- a phone, and pages at 200 %


def test_everything_can_be_touched_on_a_phone(visit: Visit) -> None:
    page = visit(network(3, 1, quiz=True), "phone")
    page.get_by_role("button", name="To the end").tap()
    page.get_by_role("button", name="Step", exact=True).tap()
    small = [
        (part.get_attribute("aria-label") or part.inner_text(), box["width"], box["height"])
        for part in page.locator(".player :is(button, select, input)").all()
        if (box := part.bounding_box()) and min(box["width"], box["height"]) < 43.9
    ]
    assert small == []
    assert looking.overflow(page) == 0


def test_fingers_drag_and_pinch(visit: Visit) -> None:
    page = visit(network(3, 1), "phone")
    scroller, picture = page.locator(".scroller"), page.locator(".stage svg")
    frame, before = scroller.bounding_box(), picture.bounding_box()["width"]
    start = scroller.evaluate(SCROLLED)
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *fingers: float) -> None:
        points = [{"x": x + dx, "y": y, "id": k} for k, dx in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 60)
    for dx in range(50, -40, -10):
        touch("touchMove", dx)
    touch("touchEnd")
    assert scroller.evaluate(SCROLLED)[0] - start[0] > 40
    touch("touchStart", -40, 40)
    for dx in (50, 60, 70, 80):
        touch("touchMove", -dx, dx)
    touch("touchEnd")
    assert picture.bounding_box()["width"] == pytest.approx(2 * before, rel=0.05)
    assert page.evaluate("visualViewport.scale") == 1  # of the picture, not of the page


def test_the_panel_of_a_phone_is_a_sheet_below_the_picture(visit: Visit) -> None:
    page = visit(expression(), "phone")
    page.locator("#n0").tap()
    sheet, stage = page.locator(".side").bounding_box(), page.locator(".stage").bounding_box()
    assert sheet["y"] + sheet["height"] == pytest.approx(844, abs=12)
    assert sheet["width"] > 360
    assert stage["y"] + stage["height"] <= sheet["y"]
    page.get_by_role("button", name="Close").tap()
    assert page.locator(".side").is_hidden()


# -- the keyboard


def test_the_keyboard_goes_from_steps_to_the_picture_the_panel_and_the_controls(
    visit: Visit,
) -> None:
    page = visit(network(2, 1, detail="neuron", quiz=True))
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.locator(".node.unit").first.press("Enter")
    where = """() => {
      const at = document.activeElement, box = at.getBoundingClientRect();
      return [[".bar", ".event", ".stage", ".side", ".foot"].find((part) => at.closest(part)),
        getComputedStyle(at).outlineStyle !== "none", box.width > 0];
    }"""
    page.locator("button.first").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    visited, places = [], []
    while (found := page.evaluate(where))[0]:
        visited.append(found)
        if not places or places[-1] != found[0]:
            places.append(found[0])
        page.keyboard.press("Tab")
        assert len(visited) < 80
    assert places == [".bar", ".event", ".stage", ".side", ".foot"]
    assert all(is_marked and is_shown for _, is_marked, is_shown in visited)
    assert len([place for place, *_ in visited if place == ".stage"]) == 1  # arrows go on there


# -- addresses and files


def test_an_address_reproduces_the_state(visit: Visit) -> None:
    lesson = network(3, 1)
    page = visit(lesson)
    page.get_by_label("Level of detail").select_option("neuron")
    page.locator(".scrubber").fill("27")
    page.locator(".node.unit").first.click()
    page.wait_for_url(re.compile("#step=27&level=neuron&chosen="))
    address = page.url.partition("#")[2]
    again = visit(lesson, address=f"#{address}")
    for selector in (".counter", ".side .title"):
        assert again.locator(selector).inner_text() == page.locator(selector).inner_text()
    assert again.locator(".stage .node.unit").count() == 4
    again.goto(f"{again.url.partition('#')[0]}#step=3")
    again.locator(".counter", has_text="3 / ").wait_for()


@pytest.mark.parametrize(
    ("address", "counter"),
    [
        ("#step=x&level=atom&chosen=99", "forward 0 / 9"),
        ("#level=constructor&step=1.5&chosen=0.5", "forward 2 / 9"),
        ("#step=-1e999", "forward 0 / 9"),
    ],
)
def test_an_address_of_nonsense_opens_what_is_nearest(
    visit: Visit, address: str, counter: str
) -> None:
    page = visit(expression(), address=address)
    assert page.locator(".counter").inner_text() == counter
    page.keyboard.press("End")
    page.wait_for_url("**#step=9&level=scalar")


@pytest.mark.parametrize("where", ["page", "frame"])
def test_a_moment_is_saved_as_a_file_that_stands_alone(visit: Visit, where: str) -> None:
    lesson = expression()
    page = visit(lesson if where == "page" else f"<!doctype html>{lesson._repr_html_()}")
    player = page if where == "page" else page.frame_locator("iframe")
    player.get_by_role("button", name="To the end").click()
    with page.expect_download() as saved:
        player.get_by_role("button", name="Save this moment as SVG").click()
    assert saved.value.suggested_filename == "step-9-scalar.svg"
    tree = ElementTree.parse(saved.value.path())
    texts = {"".join(text.itertext()): text for text in tree.iter(f"{SVG}text")}
    assert "rgb(112, 54, 176)" in texts["grad −0.212"].attrib["style"]
    assert not [*tree.iter(f"{SVG}style")]
    with page.expect_download() as saved:
        player.get_by_role("button", name="Save this moment as PNG").click()
    content = Path(saved.value.path()).read_bytes()
    width = float(tree.getroot().attrib["width"])
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") == pytest.approx(2 * width, abs=2)


# -- the frame in a notebook


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(
    ("around", "theme"),
    [("#111", "dark"), ("rgb(255 255 255)", "light"), ("#0003", ""), ("", "")],
)
def test_the_frame_has_the_theme_of_what_is_around_it(
    browser: Any, tmp_path: Path, around: str, theme: str, system: str
) -> None:
    path = tmp_path / "notebook.html"
    cell = f"<div>{expression()._repr_html_()}</div>"
    path.write_text(f'<!doctype html><body style="background:{around}">{cell}', encoding="utf-8")
    page = browser.new_page(color_scheme=system)
    page.goto(path.as_uri())
    player = page.frame_locator("iframe").locator(".player")
    player.wait_for()
    page.wait_for_timeout(100)
    dark, light = "rgb(22, 25, 29)", "rgb(255, 255, 255)"
    shown = player.evaluate("(player) => getComputedStyle(player).backgroundColor")
    assert shown == (dark if (theme or system) == "dark" else light)
    paper = player.locator("svg > .background")
    assert paper.evaluate("(rect) => getComputedStyle(rect).fill") == shown
    page.close()


def test_an_output_that_is_cleared_leaves_nothing_behind(browser: Any, tmp_path: Path) -> None:
    """Nor does one that goes out of the page for a while: it still grows when it is back."""
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><body><div>{expression()._repr_html_()}</div>")
    page = browser.new_page()
    page.add_init_script("""window.count = 0;
      const {addEventListener: add, removeEventListener: remove} = window, heard = new Set();
      add("message", (event) => (window.said = Number(event.data)));
      window.addEventListener = (kind, f, ...rest) => {
        if (kind === "message") window.count = heard.add(f).size;
        add(kind, f, ...rest);
      };
      window.removeEventListener = (kind, f, ...rest) => {
        if (kind === "message") heard.delete(f), window.count = heard.size;
        remove(kind, f, ...rest);
      };""")
    page.goto(path.as_uri())
    page.frame_locator("iframe").locator(".player").wait_for()
    assert page.evaluate("count") == 1
    page.evaluate("window.cell = document.querySelector('div'); cell.remove(); postMessage(1, '*')")
    page.wait_for_function("count === 0")
    page.evaluate("cell.style.width = '500px'; window.said = 0; document.body.append(cell)")
    page.wait_for_function("said > 0 && count === 1")  # the page begins anew
    page.evaluate("window.said = 0; cell.style.width = '360px'")
    page.wait_for_function("said > 0")
    page.wait_for_function("document.querySelector('iframe').clientHeight === Math.round(said)")
    page.close()


def test_a_page_that_is_removed_stops_playing(visit: Visit) -> None:
    page = visit(expression())
    page.get_by_label("Speed").select_option("4")
    page.get_by_role("button", name="Play").click()
    page.locator(".counter", has_text="forward 2").wait_for()
    page.evaluate("window.gone = document.querySelector('.player'); gone.remove()")
    step = "gone.querySelector('.scrubber').value"
    before = page.evaluate(step)
    page.wait_for_timeout(900)
    assert page.evaluate(step) == before


def test_the_frame_is_as_high_as_what_it_shows(visit: Visit) -> None:
    heights = {}
    for name, lesson in {"small": expression(), "large": network(5, 2, 1)}.items():
        page = visit(f"<!doctype html><div style='width:830px'>{lesson._repr_html_()}</div>")
        page.frame_locator("iframe").locator(".player").wait_for()
        page.wait_for_timeout(200)
        heights[name] = page.locator("iframe").bounding_box()["height"]
        frame = page.frames[1]
        assert frame.evaluate("document.documentElement.scrollHeight - innerHeight") <= 1
        assert frame.evaluate("document.querySelector('.stage').clientHeight") >= 240
    assert heights["small"] < heights["large"] - 50


def test_the_player_can_fill_the_screen(visit: Visit) -> None:
    page = visit(f"<!doctype html><div style='width:700px'>{expression()._repr_html_()}</div>")
    player = page.frame_locator("iframe")
    player.get_by_role("button", name="Full screen").click()
    player.locator(".player:fullscreen").wait_for()
    assert player.locator(".player").bounding_box()["width"] >= 1280
    player.get_by_role("button", name="Full screen").click()
    player.locator(".player:not(:fullscreen)").wait_for()
