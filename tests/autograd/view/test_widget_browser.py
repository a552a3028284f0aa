"""The widget's half in the browser, with a model that answers late or not at all."""

from typing import Any

import pytest

import nn
from autograd import Value
from autograd.view import widget

pytest.importorskip("anywidget", reason="needs the package anywidget")
pytestmark = pytest.mark.slow
RENDER = """async ([source, css, lesson, numbers]) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const {default: part} = await import(url), el = document.createElement("div"), on = {};
  window.sent = [];
  window.fails = false;
  window.fire = (name) => on[name]();
  const state = {css, lesson, numbers};
  window.change = (numbers) => (Object.assign(state, {numbers}), on["change:numbers"]());
  const send = (message) => {
    if (fails) throw new Error("Cannot send");
    sent.push(message);
  };
  part.render({el, model: {get: (key) => state[key], on: (key, f) => (on[key] = f), send}});
  document.body.append(el);  // after it, as in JupyterLab
}"""


@pytest.fixture
def page(browser: Any) -> Any:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    live = widget(a * b + a)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.evaluate(RENDER, [live._esm, live.css, live.lesson, live.numbers])
    yield page
    page.close()
    assert troubles == []


def test_a_network_opens_at_its_beginning(page: Any) -> None:
    model = nn.MLP(2, [9, 9, 1], activation="tanh", rng=3)
    live = widget(nn.half_squared_error(model([0.5, -1.2]), 1.0))
    page.evaluate(RENDER, [live._esm, live.css, live.lesson, live.numbers])
    scroller = page.locator(".scroller").last
    page.wait_for_timeout(100)  # sizes are told in the next frame
    assert scroller.evaluate("(place) => place.scrollWidth > place.clientWidth + 50")
    assert scroller.evaluate("(place) => place.scrollLeft") == 0


def type_into_a(page: Any, number: str) -> None:
    page.locator('.node[aria-label^="a = "]').click()
    page.get_by_label("Value of a").fill(number)
    page.keyboard.press("Enter")


def test_while_a_cell_runs_the_page_says_when_an_edit_is_applied(page: Any) -> None:
    type_into_a(page, "5")
    assert page.evaluate("sent") == [{"node": 0, "number": "5"}]
    busy = page.get_by_text("Python is busy: the edit is applied there after this cell.")
    busy.wait_for()
    page.evaluate("fire('msg:custom')")
    assert busy.count() == 0


def test_without_a_kernel_the_page_says_that_edits_stay_in_it(page: Any) -> None:
    page.evaluate("window.fails = true")
    type_into_a(page, "7")
    assert page.get_by_text("No connection to Python: edits stay in this page.").is_visible()
    assert page.locator('.node[aria-label^="a = 7"]').count() == 1
    assert page.get_by_text("In Python, gradients").count() == 0


def test_what_python_changes_is_shown_before_and_after(page: Any) -> None:
    page.evaluate("change({0: 5, 1: -3})")
    value = page.locator('.node[aria-label^="a = "] .value')
    value.get_by_text("5", exact=True).wait_for()
    for which, shown in (("before", "2"), ("difference", "↑ 3"), ("after", "5")):
        page.get_by_role("button", name=which, exact=True).click()
        assert value.text_content() == shown


def test_an_update_in_the_page_reaches_python(page: Any) -> None:
    w = Value(3.0, label="w")
    live = widget(w * w, update=0.25)
    page.evaluate(RENDER, [live._esm, live.css, live.lesson, live.numbers])
    player = page.locator(".player").last
    player.get_by_role("button", name="To the end").click()
    player.get_by_role("button", name="Forward again").click()
    assert page.evaluate("sent") == [{"node": 0, "number": "1.5"}]
    player.get_by_role("button", name="Undo the last update").click()
    assert page.evaluate("sent.at(-1)") == {"node": 0, "number": "3"}
