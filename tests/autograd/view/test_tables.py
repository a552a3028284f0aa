"""Tables of `compare_orders` and the doctor's report, in the pages of a notebook."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import looking
from autograd import Value
from autograd.view import compare_orders, diagnose
from autograd.view.tables import unbroken
from nn import MLP, half_squared_error

# As JupyterLab styles what is shown in a cell.
NOTEBOOK = """<!doctype html><meta charset="utf-8">
<style>:root {color-scheme: light dark}
body {margin: 0; font: 14px sans-serif}
table {font-size: 12px; border-collapse: collapse}
td, th {text-align: right; white-space: normal; padding: 0.5em}</style>"""
BROKEN = """() => [...document.querySelectorAll("td, th")].flatMap((cell) =>
  [...cell.childNodes].filter((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return node.nodeType === Node.TEXT_NODE && range.getClientRects().length > 1;
  }).map((node) => node.data))"""


def orders() -> Any:
    a = Value(1.5, label="a")
    b = 2 * a
    c = b + a
    b.label, c.label = "b", "c"
    return compare_orders(c * b + a)


def report() -> Any:
    model = MLP(2, [4] * 7 + [1], activation="sigmoid", rng=0)
    error = half_squared_error(model([0.5, -1.0]), 1.0)
    error.backward()
    return diagnose(error, model)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [830, 390])
@pytest.mark.parametrize("made", [orders, report])
def test_nothing_is_broken_small_or_faint(
    made: Callable[[], Any], width: int, theme: str, browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(NOTEBOOK + made()._repr_html_(), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(path.as_uri())
    found = looking.texts(page)
    assert len(found) > 5
    assert looking.small(found, 14) == []
    assert looking.faint(found) == []
    assert looking.concealed(found) == []
    assert looking.overflow(page) == 0
    assert page.evaluate(BROKEN) == []
    context.close()


@pytest.mark.slow
def test_steps_stand_left_and_numbers_right(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(NOTEBOOK + orders()._repr_html_(), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    for table, align in ((0, "left"), (1, "right")):
        cells = page.locator("table").nth(table).locator("td, th:not(:first-child)")
        assert set(cells.evaluate_all("(c) => c.map((x) => getComputedStyle(x).textAlign)")) == {
            align
        }
    page.close()


@pytest.mark.parametrize("made", [orders, report])
def test_they_have_no_colours_of_their_own(made: Callable[[], Any]) -> None:
    page = made()._repr_html_()
    assert not re.search(r"#[0-9a-fA-F]{3}|rgb|(?<!-)color\s*:|background", page)


def test_what_is_wrong_is_marked_by_a_sign_and_in_bold() -> None:
    page = orders()._repr_html_()
    cells = re.findall(r"<td style='([^']*)'>(.*?)</td>", page)
    wrong = [text for style, text in cells if "bold" in style]
    assert len(wrong) > 5
    assert wrong == [text for _, text in cells if "✗" in text]


def test_a_formula_in_a_sentence_stays_together() -> None:
    assert unbroken("so h′(a) = 1 - z² < 1 here") == (
        "so h′(a)&nbsp;=&nbsp;1&nbsp;-&nbsp;z²&nbsp;&lt;&nbsp;1 here"
    )
    assert unbroken("units 1, 2 of layer 3 - not <b>") == (
        "units&nbsp;1,&nbsp;2 of layer&nbsp;3&nbsp;-&nbsp;not &lt;b&gt;"
    )
