"""What a learner sees in the player is what the words beside it say."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd import Value
from autograd.view import picture
from autograd.view.player import Player, play
from players import expression, network

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a lesson from a file; afterwards nothing may have gone wrong."""
    troubles: list[str] = []
    contexts = []

    def show(lesson: Player, width: int = 1280, height: int = 720) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(lesson.save(tmp_path / f"lesson{len(contexts)}.html").as_uri())
        page.wait_for_selector(".player")
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


def text(page: Any, selector: str) -> str:
    return " ".join(page.locator(selector).first.inner_text().split())


def press(page: Any, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def small_error() -> Value:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    return nn.half_squared_error(model([0.5, -1.0]), 1.0)


def lit_edges(page: Any) -> list[int]:
    found = page.locator(".edge.now").evaluate_all("all => all.map((g) => g.id.slice(1))")
    return sorted(map(int, found))


# -- the edge that is lit


def test_every_sum_lights_the_edge_between_the_numbers_it_names(show: Open) -> None:
    E = small_error()
    lesson, shown = play(E), picture(E)
    nodes = lesson.data["nodes"]
    slopes = [node.get("d", f"∂E/∂{node['t']}") for node in nodes]
    page = show(lesson)
    press(page, "Home")
    seen = set()
    for _ in range(int(page.locator(".scrubber").get_attribute("max"))):
        press(page, "ArrowRight")
        if "+=" not in text(page, "h2"):
            continue
        (e,) = lit_edges(page)
        edge = shown.edges[e]
        upstream, total = (text(page, f".{kind} .label") for kind in ("upstream", "result"))
        assert upstream == f"upstream {slopes[edge.target]}"
        assert total == f"total {slopes[edge.source]}"
        local = page.locator(".card .number").first.inner_text()
        assert page.locator(f'.label[data-edge="{e}"]').text_content() == local
        seen.add(e)
    assert len(seen) == len([x for x in shown.edges if x.source < len(nodes)])


def test_a_forward_step_lights_all_that_goes_into_the_number(show: Open) -> None:
    E = small_error()
    lesson, shown = play(E), picture(E)
    names = [node["t"] for node in lesson.data["nodes"]]
    page = show(lesson)
    for _ in [node for node in lesson.data["nodes"] if "o" in node]:
        press(page, "ArrowRight")
        k = names.index(text(page, "h2").split(" = ")[0])
        assert lit_edges(page) == [e for e, x in enumerate(shown.edges) if x.target == k]


def test_the_path_of_a_weight_begins_at_it(show: Open) -> None:
    E = small_error()
    lesson, shown = play(E), picture(E)
    w = [node["t"] for node in lesson.data["nodes"]].index("w₁₁⁽¹⁾")
    page = show(lesson)
    press(page, "End")
    page.locator(f"#n{w}").click()
    on = page.locator(".edge.path").evaluate_all("all => all.map((g) => g.id.slice(1))")
    assert w in [shown.edges[int(e)].source for e in on]
    assert len(on) == page.locator(".node.path[id]").count() - 1
