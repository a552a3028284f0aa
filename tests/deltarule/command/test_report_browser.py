"""report.html in a real browser, from a file, with the network off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from commands import points, table, train
from deltarule.pipeline import Pipeline
from nn.data import read_csv, split

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.slow

Open = Callable[..., Any]
NAMES = [
    "<img src=x onerror=alert(1)>", "\u202e\"'></script><script>alert(1)</script>", "L" * 5000
]  # fmt: skip


def cell(text: object) -> str:
    quoted = str(text).replace('"', '""')
    return f'"{quoted}"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a small table whose names are hostile."""
    folder = tmp_path_factory.mktemp("report")
    rows: list[list[object]] = [
        [x, y, cell(NAMES[int(str(kind) == "bee")])] for x, y, kind in points(2)
    ]
    data = table(folder / "data.csv", f"{cell(NAMES[2])},{cell(NAMES[0])},t", rows)
    options = ("--layers", 2, "--epochs", 60, "--lr", 0.05, "--output", folder / "out")
    assert train(data, "--target", "t", *options) == 0
    return folder / "out"


@pytest.fixture
def show(browser: Any, folder: Path) -> Iterator[Open]:
    """Open the page; afterwards nothing may have gone wrong, and nothing have been asked for."""
    troubles: list[str] = []
    contexts = []

    def show(screen: str = "laptop", theme: str = "light") -> Any:
        width, height = looking.SCREENS[screen]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("request", lambda request: request.url.startswith(("file:", "data:", "about:"))
                or troubles.append(request.url))  # fmt: skip
        page.goto((folder / "report.html").as_uri())
        page.locator("iframe").scroll_into_view_if_needed()
        page.frame_locator("iframe").locator(".stage svg").wait_for()
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize(
    ("screen", "theme"),
    [("laptop", "light"), ("laptop", "dark"), ("phone", "light"), ("zoomed", "light")],
)
def test_it_can_be_read_on_every_screen(show: Open, screen: str, theme: str) -> None:
    """The page itself; what is in the frame has tests of its own, and there is room for it."""
    page = show(screen, theme)
    assert looking.overflow(page) == 0
    assert page.evaluate("(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)"
                         "(document.querySelector('.row'))") == 0  # fmt: skip
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    for section in page.locator("main > *, main section, details").all():
        section.scroll_into_view_if_needed()
        found = looking.texts(page, "main")
        assert looking.faint(found) == []
        assert looking.small(found) == []
        assert looking.collisions(found) == []
        assert [one.text for one in found if one.is_cut] == []
    frame = page.frames[1]
    assert looking.overflow(frame) == 0
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")


def test_the_player_is_watched_edited_and_zoomed(show: Open) -> None:
    page = show()
    player = page.frame_locator("iframe")
    player.get_by_role("button", name="To the end").click()
    player.locator("h2").get_by_text("∂E/∂b₁").wait_for()
    before = player.locator(".stage svg").bounding_box()["width"]
    player.get_by_role("button", name="Zoom in").click()
    assert player.locator(".stage svg").bounding_box()["width"] > 1.2 * before
    output = player.locator("#n4")
    text = output.text_content()
    player.locator("#n0").click()
    player.get_by_label("Value of").fill("25")
    player.get_by_role("button", name="Set").click()
    player.locator("#n0").get_by_text("25", exact=True).wait_for()
    assert output.text_content() != text


def test_the_gradients_are_asked_for_on_demand(show: Open, folder: Path) -> None:
    data = read_csv(folder.parent / "data.csv", "t")
    _, test = split(data, 0.25, 0)
    pipeline = Pipeline.load(folder / "model.json")
    ((_, y),) = pipeline.probabilities(test.inputs[:1])
    delta = y - test.targets[0]
    page = show()
    player = page.frame_locator("iframe")
    page.get_by_label("predict each gradient").check()
    player.locator(".quiz").first.wait_for(state="attached")  # of the new page
    player.get_by_role("button", name="To the end").click()
    player.get_by_role("button", name="Step", exact=True).click()
    answer, verdict = player.get_by_label("Your prediction"), player.locator(".verdict")
    answer.fill("1234")
    player.get_by_role("button", name="Check").click()
    verdict.get_by_text("Not yet").wait_for()
    answer.fill(str(delta))  # of the output, from the error
    player.get_by_role("button", name="Check").click()
    verdict.get_by_text("Right. 0 of 1 right at the first try.").wait_for()
    page.get_by_label("watch it").check()
    player.get_by_role("heading", name="The leaves are given").wait_for()
    assert player.locator(".quiz").count() == 0


def test_all_of_it_is_reached_by_the_keyboard(show: Open) -> None:
    page = show()
    page.evaluate("scrollTo(0, 0)")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.tagName"))
    assert {"SUMMARY", "INPUT", "IFRAME"} <= {*reached}


def test_names_are_inert(show: Open) -> None:
    page = show()
    assert page.locator("main img").count() == 4
    assert page.locator("main script").count() == 0
    assert page.locator("bdi", has_text=NAMES[0]).first.is_visible()
    longest = page.evaluate("Math.max(...[...document.querySelectorAll('bdi')]"
                            ".map((name) => name.textContent.length))")  # fmt: skip
    assert longest == 60
