"""The page by keyboard and as a screen reader gets it, in Chromium."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deltarule.playground.page import page_html

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("reach") / "playground.html"
    path.write_text(page_html(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Open the page; nothing may fail in it."""
    failures: list[str] = []
    pages: list[Any] = []

    def go(link: str = "", width: int = 1280, height: int = 720) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, offline=True)
        pages.append(page)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(address + link)
        page.wait_for_function("globalThis.playground?.frames > 1")
        return page

    yield go
    for page in pages:
        page.close()
    assert failures == []


def focused(page: Any) -> str:
    """Return the name of what has the focus."""
    return str(
        page.evaluate(
            "document.activeElement.getAttribute('aria-label')"
            " ?? document.activeElement.textContent"
        )
    )


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def test_the_focus_stays_where_layers_change(visit: Callable[..., Any]) -> None:
    page = visit("#seed=1")
    for name, then in {
        "One unit more in layer 1": "One unit more in layer 1",
        "One unit less in layer 2": "One unit less in layer 2",
        "+ layer": "+ layer",
    }.items():
        press(page, name)
        assert focused(page) == then
    assert page.evaluate("playground.settings.sizes") == [5, 2, 2]
    press(page, "One unit less in layer 3")
    press(page, "Take layer 3 away")
    assert focused(page) == "One unit less in layer 2"
    page.locator(".kinds [data-key=own]").click()
    said = page.locator(".status")
    assert said.inner_text() == "Choose a class and click into the plane."
    press(page, "class 2")
    assert focused(page) == "class 2"
    page.locator(".kinds [data-key=moons]").click()
    assert said.inner_text() == ""


def test_a_unit_has_a_name_and_its_panel_closes_to_it(visit: Callable[..., Any]) -> None:
    page = visit("#seed=1")
    unit = page.locator(".net > .unit").nth(1)
    unit.focus()
    page.keyboard.press("Enter")
    page.get_by_role("complementary", name="Chosen unit 2 of layer 1").wait_for()
    assert page.locator(".status").inner_text().startswith("Here is unit 2 of layer 1")
    assert unit.get_attribute("aria-pressed") == "true"
    assert unit.locator(".name").is_visible()
    inks = "all => new Set(all.map((e) => getComputedStyle(e).color)).size"
    assert page.locator(".unit .name").evaluate_all(inks) == 1
    page.wait_for_function(
        "document.querySelectorAll('.unit')[1].getAttribute('aria-label').includes('δ')"
    )
    delta = page.locator(".inspector h2").inner_text().split("= ")[1]
    said, number = str(unit.get_attribute("aria-label")).split(", δ ")
    assert said == "unit 2 of layer 1"
    assert float(number.replace("−", "-")) == pytest.approx(
        float(delta.replace("−", "-")), rel=0.06
    )
    checks = page.locator(".inspector").get_by_role("button", name="check")
    assert checks.evaluate_all("all => all.map((e) => e.getAttribute('aria-label'))") == [
        *("check w₂₁⁽¹⁾", "check w₂₂⁽¹⁾", "check b₂⁽¹⁾"),
    ]
    for leave in ("Escape", "×"):
        field = page.get_by_label("Value of w₂₂⁽¹⁾")
        field.focus()
        if leave == "Escape":
            page.keyboard.press("Escape")
        else:
            press(page, "Close")
        field.wait_for(state="hidden")
        assert focused(page).startswith("unit 2 of layer 1")
        page.keyboard.press("Enter")
        page.locator(".inspector").wait_for()


def test_the_panel_edits_the_weights_of_the_network_that_is_shown(
    visit: Callable[..., Any],
) -> None:
    page = visit("#seed=1")
    page.locator(".net > .unit").nth(4).click()
    page.get_by_label("Value of w₁₄⁽²⁾").wait_for()
    press(page, "One unit more in layer 1")
    page.locator(".net > .unit").nth(5).click()
    page.get_by_label("Value of w₁₅⁽²⁾").fill("0.125")
    page.keyboard.press("Enter")
    at = page.evaluate("playground.model.forward.nodes.find(({t}) => t === 'w₁₅⁽²⁾').at")
    assert page.evaluate("[...playground.run.p]")[at] == 0.125
    assert page.evaluate("playground.run.p.indexOf(0.125)") == at == 2 * 5 + 5 + 4


def test_a_hidden_network_of_another_size_is_drawn_when_it_is_seen(
    visit: Callable[..., Any],
) -> None:
    page = visit("#seed=1", 390, 844)
    tabs = page.locator(".tabs")
    tabs.get_by_role("button", name="Data").click()
    assert tabs.locator("[aria-pressed=true]").inner_text() == "Data"
    frames = page.evaluate("playground.frames")
    page.locator(".kinds [data-key=iris]").click()
    page.wait_for_function(f"playground.frames > {frames}")
    tabs.get_by_role("button", name="Network").click()
    page.wait_for_function("document.querySelector('.net > canvas').width > 300")
    drawn = """() => { const canvas = document.querySelector('.net > canvas');
      return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .some((x) => x); }"""
    page.wait_for_function(drawn)
    assert page.locator(".net > .unit").count() == 4 + 3 + 3


def test_names_of_controls_and_what_is_not_live(visit: Callable[..., Any]) -> None:
    page = visit("#seed=1")
    for role, name in (
        *(("slider", word) for word in ("Noise", "Points", "Test share")),
        *(("button", word) for word in ("Sample before", "Sample after")),
        ("combobox", "Per picture"),
    ):
        assert page.get_by_role(role, name=name, exact=True).count() == 1, name
    live = page.locator("output:not([aria-live=off])")
    assert live.evaluate_all("all => all.filter((e) => !e.closest('.player')).length") == 0
    groups = page.locator(".activation optgroup")
    usual = groups.first.locator("option").all_inner_texts()
    assert set(usual) == {
        *("tanh", "sigmoid", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus", "identity"),
        "gudermannian",
    }
    assert page.locator(".network > .doctor").inner_text().startswith("blue +, orange −")
    activation = page.get_by_role("combobox", name="Hidden activation")
    assert activation.is_enabled()
    page.evaluate("playground.set({sizes: []})")
    assert activation.is_disabled()
    page.locator(".share summary").click()
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("Escape")
    assert focused(page) == "Take along"
    assert not page.get_by_role("button", name="Copy link").is_visible()


def test_a_line_says_what_it_takes_for_granted(visit: Callable[..., Any]) -> None:
    page = visit("#line=log(x)*w; w=2")
    said = page.locator(".line .wrong")
    field = page.get_by_role("textbox", name="A line of text")
    assert said.inner_text() == "x has no value: −3 is taken. nan: log is not defined at −3."
    field.fill("(w*x - t)^2; w = 0.5; x = 2; t = 3; given x, t")
    assert said.inner_text() == ""
    leaves = page.evaluate("playground.typed.graph.nodes.slice(0, 3).map(({t, from}) => [t, from])")
    assert leaves == [["w", "p"], ["x", "x"], ["t", "x"]]
    stage = page.locator(".line .sample .stage").inner_text()
    assert "nan" not in stage
    assert "−8" in stage  # 2 (0.5 · 2 − 3) 2, for w
