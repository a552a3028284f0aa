"""What users write shows as text, and runs nothing, in every picture and notebook output.

The player has tests of its own.
"""

import html
import math
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd import Operation, Value
from autograd.quoting import visible
from autograd.table import TABLE
from autograd.value import Place
from autograd.view import compare_orders, diagnose, draw, explain, expression, to_dot
from autograd.view.formula import Formula
from autograd.view.latex import latex
from autograd.view.names import label_name
from autograd.view.style import SIZES
from autograd.view.text import shortened
from nn import Layer
from players import PAYLOADS

pytestmark = pytest.mark.slow
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs the program dot")
HOSTILE = [
    *PAYLOADS,
    "<<b>x</b>>",
    "\\N \\G \\E \\l",
    "abc\u202edef",
    "]]>&#x202e;&#60;i&#62;",
    "".join(map(chr, range(8))),
    "".join(map(chr, range(8, 20))),
    "".join(map(chr, range(20, 32))),
    "\x7f\x85\ufffe",
    "half \ud800 of a pair",
]
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe]")
ACTIVE = "script,img,image,b,i,iframe,object,embed,foreignObject,use,form,input,parsererror"
Open = Callable[[str, str], Any]


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a file, offline; afterwards no dialog, request or message may have been there."""
    troubles: list[str] = []
    context = browser.new_context(offline=True)

    def show(name: str, content: str) -> Any:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        page = context.new_page()
        page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: troubles.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.goto(path.as_uri())
        troubles.remove(path.as_uri())
        return page

    yield show
    context.close()
    assert troubles == []


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Operation]:
    """Declare operations of any name, for one test."""

    def named(name: str) -> Operation:
        monkeypatch.setitem(TABLE, name, None)
        return Operation(name, lambda x: 2 * x, lambda y, x: (2.0,))

    return named


def content(page: Any) -> str:
    """Return all text of the page, after a look for what is no text."""
    assert page.locator(ACTIVE).count() == 0, page.locator(ACTIVE).first.inner_html()
    names = page.evaluate("[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())")
    assert [name for name in names if name.startswith("on") or name.endswith("href")] == []
    text = str(page.evaluate("document.documentElement.textContent")).replace("\xa0", " ")
    assert not INVISIBLE.search(text)
    return text


def in_page(inside: str) -> str:
    return f"<!doctype html><meta charset=utf-8><title>page</title>{inside}"


def numbers(named: Callable[[str], Operation]) -> Value:
    """Return a graph with every text as a label and as the name of an operation."""
    y = Value(0.5)
    for text in HOSTILE:
        y = named(text)(y) * Value(1.0, label=text)
    y.label = HOSTILE[0]
    y.backward()
    return y


def network(named: Callable[[str], Operation]) -> Value:
    """Return a network with every text as the label of an input and as an activation."""
    z: Any = [Value(1.0) for _ in HOSTILE]
    for i, text in enumerate(HOSTILE, start=1):
        z[i - 1].place = Place("x", 0, i, label=text)
    for i, text in enumerate(HOSTILE, start=1):
        layer = Layer(len(HOSTILE) if i == 1 else 2, 2, activation=named(text), index=i, rng=0)
        z = layer(z)
    error = z[0] + z[1]
    error.label = HOSTILE[0]
    error.backward()
    return error


GRAPHS = [("scalar", numbers), ("neuron", network), ("layer", network)]


@pytest.mark.parametrize(("detail", "graph"), GRAPHS)
def test_in_drawings(
    show: Open, named: Callable[[str], Operation], detail: Any, graph: Any
) -> None:
    svg = draw(graph(named), detail, edges="both", gradients=True).svg
    ET.fromstring(svg.encode())
    for name, written in (("picture.svg", svg), ("page.html", in_page(svg))):
        page = show(name, written)
        text = content(page)
        titles = " ".join(page.locator("g > title").all_text_contents())
        shown = " ".join(page.locator("g > text").all_text_contents())
        for label in HOSTILE:
            assert visible(label) in text
            assert visible(label) in titles
            assert shortened(label, 16)[:-1] in shown


@needs_dot
@pytest.mark.parametrize(("detail", "graph"), GRAPHS)
def test_in_pictures_by_graphviz(
    show: Open, named: Callable[[str], Operation], detail: Any, graph: Any, tmp_path: Path
) -> None:
    root = graph(named)
    saved = draw(root, detail).save(tmp_path / "graph.dot")
    command = ["dot", "-Tsvg", str(saved)]
    drawn = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert drawn.stderr == ""
    piped = to_dot(root, detail=detail).pipe("svg", encoding="utf-8", quiet=False)
    for i, svg in enumerate((drawn.stdout, piped)):
        ET.fromstring(svg.encode())
        inline = svg[svg.index("<svg") :]
        for name, written in ((f"{i}.svg", svg), (f"{i}.html", in_page(inline))):
            page = show(name, written)
            content(page)
            shown = " ".join(page.locator("text").all_text_contents()).replace("\xa0", " ")
            for label in HOSTILE:
                assert visible(label) in shown


@needs_dot
def test_text_between_angle_brackets_is_no_html_for_graphviz(show: Open) -> None:
    dot = to_dot(Value(1.0, label="<b>x"), digits=lambda number: f"{number}</b>")
    page = show("picture.svg", dot.pipe("svg", encoding="utf-8"))
    assert page.locator("text").all_text_contents() == ["<b>x", "1.0</b>"]


@pytest.mark.parametrize("engine", ["draw", pytest.param("dot", marks=needs_dot)])
def test_text_is_not_turned_around(show: Open, engine: str) -> None:
    y = Value(1.0, label="ab\u202ecd\u2067ef")
    svg = draw(y).svg if engine == "draw" else to_dot(y).pipe("svg", encoding="utf-8")
    page = show("picture.svg", svg)
    places = page.locator("text", has_text="202e").first.evaluate(
        "text => [...text.textContent].map((_, i) => text.getStartPositionOfChar(i).x)"
    )
    assert len(places) > len("abcdef")
    assert places == sorted(places)


# ---- in the page of a notebook


CELL = 500  # pixels, less than the picture needs


def in_cell() -> str:
    """Return a page in which a wide picture stands in the cell of a notebook."""
    y = Value(0.5, label="x")
    for _ in range(12):
        y = (y * 1.1).sin() + 0.1
    y.backward()
    html = draw(y, edges="both", gradients=True)._repr_mimebundle_()["text/html"]
    return in_page(f'<div style="width:{CELL}px">{html}<p>the next cell</div>')


def smallest(picture: Any) -> float:
    """Return the size of the smallest text of a picture, as it is shown."""
    shown, natural = picture.evaluate("(img) => [img.width, img.naturalWidth]")
    return float(min(SIZES.values()) * shown / natural)


def test_a_wide_picture_is_scrolled_not_shrunk(show: Open) -> None:
    page = show("page.html", in_cell())
    picture = page.get_by_role("button", name="Drawing(")
    assert picture.bounding_box()["width"] > CELL
    assert smallest(picture) >= 11.99
    cell = page.locator(".deltarule-picture")
    assert cell.evaluate("(div) => div.clientWidth") == CELL
    picture.hover()
    page.mouse.wheel(300, 0)
    page.wait_for_function("document.querySelector('.deltarule-picture').scrollLeft > 100")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(media="print")
    assert picture.bounding_box()["width"] <= CELL


def test_a_picture_opens_in_full_by_mouse_and_by_keyboard(show: Open) -> None:
    page = show("page.html", in_cell())
    picture = page.get_by_role("button", name="Drawing(")
    full = page.get_by_role("dialog", name="Drawing(")
    ways: list[tuple[Callable[[], None], Callable[[], None]]] = [
        (lambda: page.keyboard.press("Enter"), lambda: page.keyboard.press("Escape")),
        (picture.click, full.click),
    ]
    picture.evaluate("(img) => img.decode()")
    page.keyboard.press("Tab")
    for start, stop in ways:
        start()
        size = page.viewport_size
        box = full.bounding_box()
        assert (box["width"], box["height"]) == (size["width"], size["height"])
        natural = picture.evaluate("(img) => img.naturalWidth")
        shown = full.get_by_role("img").bounding_box()
        assert shown["width"] >= natural
        assert any(shown[side] > 0.95 * size[side] for side in ("width", "height"))
        stop()
        full.wait_for(state="detached")
        assert picture.evaluate("(img) => img === document.activeElement")


def test_without_scripts_the_picture_stays(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(in_cell(), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 900, "height": 500})
    page = context.new_page()
    page.goto(path.as_uri())
    picture = page.get_by_role("img", name="Drawing(")
    assert picture.bounding_box()["width"] > CELL
    assert page.get_by_role("button").count() == 0
    context.close()


def latex_outputs(text: str, row: Operation | None) -> list[str]:
    """Return what notebooks get for a graph with a label, or with the name of an operation."""
    x = Value(0.5, label="x" if row else text)
    y = (row(x) if row else x * 2) + 1
    y.backward()
    outputs = [
        explain(x, of=y)._repr_latex_(),
        explain(x, of=y)._repr_mimebundle_()["text/latex"],
        expression(y)._repr_latex_(),
    ]
    return [*outputs, explain(row)._repr_latex_()] if row else outputs


def sections(page: Any) -> list[str]:
    """Return the text of each section of a page."""
    content(page)
    return [text.replace("\xa0", " ") for text in page.locator("section").all_text_contents()]


def in_sections(outputs: list[str]) -> str:
    return in_page("".join([f"<section>{output}</section>" for output in outputs]))


def check_formulas(show: Open, outputs: list[str], name: str) -> None:
    content(show("raw.html", in_page("<br>".join(outputs))))  # some exporters do not escape
    found = sections(show("page.html", in_sections([html.escape(output) for output in outputs])))
    assert len(found) == len(outputs)
    assert all(name in text for text in found)


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_in_formulas(show: Open, text: str) -> None:
    check_formulas(show, latex_outputs(text, None), latex(Formula(label_name(text))))


@pytest.mark.parametrize("text", HOSTILE)
def test_operations_in_formulas(show: Open, named: Callable[[str], Operation], text: str) -> None:
    name = latex(Formula(label_name(text))).removeprefix(r"\mathrm")
    check_formulas(show, latex_outputs(text, named(text)), name)


@pytest.mark.parametrize("text", HOSTILE)
def test_in_tables_and_reports(show: Open, named: Callable[[str], Operation], text: str) -> None:
    x = Value(math.nan, label=text)
    y = named(text)(x) * x
    y.backward()
    outputs = [compare_orders(y)._repr_html_(), diagnose(y)._repr_html_()]
    plain = [re.sub("</?[bi]>", "", output) for output in outputs]
    found = sections(show("page.html", in_sections(plain)))
    assert len(found) == len(outputs)
    assert all(visible(text) in shown for shown in found)
