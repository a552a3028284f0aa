"""The film of a training in a real browser, with the network off."""

import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from autograd import Value
from nn import MLP, SGD, Module, Neuron, fit, watch
from nn.data import load
from nn.film.contours import outline
from nn.film.film import Film, Frame
from nn.film.look import written as shown
from nn.film.panel import Shot
from nn.train import Watch

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
MOONS = load("moons")


class Parabola(Module):
    def __init__(self) -> None:
        self.a, self.b = Value(0.1, label="a"), Value(0.2, label="b")

    def __call__(self, x: Any) -> Value:
        return self.a * x * x + self.b


def trained(model: Module, *task: Any, loss: str, epochs: int = 8, **options: Any) -> Watch:
    seen = watch(model, *task, loss=loss, sample=1)
    options = {"optimizer": "adam", "lr": 0.05, "progress": False} | options
    fit(model, *task, loss=loss, epochs=epochs, callbacks=[seen], **options)
    return seen


def boundary() -> Watch:
    model = MLP(2, [8, 1], activation="tanh", output="sigmoid", rng=0)
    held_out = load("moons", seed=1)
    return trained(
        model, MOONS, loss="binary_cross_entropy", epochs=20, compiled=True, validation=held_out
    )


def wide() -> Watch:
    model = MLP(2, [16, 16, 1], activation="tanh", output="sigmoid", rng=0)
    return trained(model, load("spirals"), loss="binary_cross_entropy", compiled=True)


def regions() -> Watch:
    model = MLP(2, [5, 3], output="softmax", rng=0)
    return trained(model, load("blobs"), loss="cross_entropy")


def curve() -> Watch:
    return trained(MLP(1, [4, 1], rng=0), load("sin"), loss="half_squared_error")


def table() -> Watch:
    model = MLP(4, [5, 3], output="softmax", rng=0)
    return trained(model, load("iris"), loss="cross_entropy")


def pairs() -> Watch:
    rng = random.Random(1)
    x = [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(40)]
    t = [a * b + c for a, b, c in x]
    return trained(MLP(3, [30, 1], rng=0), x, t, loss="half_squared_error")


def surface() -> Watch:
    rng = random.Random(1)
    x = [[rng.uniform(-2, 2) for _ in range(2)] for _ in range(40)]
    return trained(MLP(2, [4, 1], rng=0), x, [a * b for a, b in x], loss="half_squared_error")


def own() -> Watch:
    x = [k / 5 - 2 for k in range(20)]
    return trained(Parabola(), x, [1 - 0.5 * x_n**2 for x_n in x], loss="half_squared_error")


def layers() -> Watch:
    model = MLP(64, [120, 10], output="softmax", rng=0)
    return trained(model, load("digits"), loss="cross_entropy", epochs=2, compiled=True)


FILMS = [boundary, wide, regions, curve, table, pairs, surface, own, layers]


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a film from a file, offline; afterwards nothing may have gone wrong."""
    troubles: list[str] = []
    contexts = []

    def show(seen: Watch | Film, screen: str = "laptop", theme: str = "light") -> Any:
        width, height = looking.SCREENS[screen]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.goto(seen.save(tmp_path / "film.html").as_uri())
        page.wait_for_selector(".reel")
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


def written(x: float) -> str:
    return f"{x:.3g}".replace("-", "−")


def caption(page: Any) -> str:
    return str(page.locator(".caption").inner_text())


def complaints(page: Any) -> list[str]:
    found = looking.texts(page, ".panels")  # which may be scrolled below the controls
    seen = [
        *[f"small: {text}" for text in looking.small(found)],
        *[f"faint: {text}" for text in looking.faint(found)],
        *[f"collide: {one!r} and {other!r}" for one, other in looking.collisions(found)],
        *[f"cut off: {one.text}" for one in found if one.is_cut],
        *[f"small: {text}" for text in looking.small(looking.texts(page, ".controls"))],
    ]
    if looking.overflow(page):
        seen.append(f"the page is {looking.overflow(page):.0f} px wider than the screen")
    return seen


@pytest.mark.parametrize("film", FILMS)
def test_a_film_is_readable_on_every_screen(film: Callable[[], Watch], show: Open) -> None:
    seen = film()
    found = []
    for screen, theme in [*((screen, "light") for screen in looking.SCREENS), ("laptop", "dark")]:
        page = show(seen, screen, theme)
        for frame in (0, int(page.locator("input").get_attribute("max"))):
            page.locator("input").fill(str(frame))
            found += [f"{screen}, {theme}, {frame}: {text}" for text in complaints(page)]
    assert found == []


# -- going through it


def lines(page: Any) -> dict[str, Any]:
    """Return what moves: texts and edges of the network, the boundary, and where the loss is."""
    return dict(
        page.evaluate(
            """() => ({
              numbers: [...document.querySelectorAll(".node text")].map((x) => x.textContent),
              edges: [...document.querySelectorAll(".edge")].map(
                (x) => [x.getAttribute("class"), x.querySelector("path").style.strokeWidth]),
              boundary: document.querySelector(".plane .level.ink").getAttribute("d"),
              now: document.querySelector(".losses .now").getAttribute("d"),
            })"""
        )
    )


def test_slider_buttons_and_keys_go_through_the_epochs(show: Open) -> None:
    page = show(boundary())
    assert caption(page).startswith("epoch 20 of 20")
    last = lines(page)
    page.locator("input").fill("7")
    assert caption(page).startswith("epoch 7 of 20")
    seventh = lines(page)
    assert all(seventh[what] != last[what] for what in last)
    page.get_by_role("button", name="One frame on").click()
    assert caption(page).startswith("epoch 8 of 20")
    page.get_by_role("button", name="One frame back").click()
    assert lines(page) == seventh
    page.locator("body").press("ArrowLeft")
    page.locator("body").press("ArrowLeft")
    assert caption(page).startswith("epoch 5 of 20")
    page.locator("input").press("ArrowRight")
    assert caption(page).startswith("epoch 6 of 20"), "one step for one key, also on the slider"
    page.keyboard.press("Home")
    assert caption(page) == "before the first epoch"
    page.keyboard.press("PageDown")
    assert caption(page).startswith("epoch 2 of 20")
    page.keyboard.press("End")
    assert lines(page) == last
    value = page.locator("input").get_attribute("aria-valuetext")
    assert value == caption(page)


def test_it_plays_to_the_end_and_stops_when_told(show: Open) -> None:
    page = show(boundary())
    page.clock.install(time=0)
    page.clock.pause_at(10)  # from here time passes where the test says so, and nowhere else
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(2000)
    page.get_by_role("button", name="Pause").click()
    held = caption(page)
    assert re.match("epoch (?!20 )", held)
    page.clock.run_for(2000)
    assert caption(page) == held
    page.locator("body").press(" ")
    page.clock.run_for(30_000)
    assert caption(page).startswith("epoch 20 of 20")
    assert page.get_by_role("button", name="Play").count() == 1


def test_the_page_draws_what_python_draws(show: Open) -> None:
    """The page begins with the last frame; going to another must lead to Python's picture."""
    for film in (boundary, regions, curve, table, pairs, own):
        seen = film()
        page = show(seen)
        moments = [(n, k) for n in (3, 5, 8) for k in range(len(seen.film.panels))]
        for n, k in moments:
            panel, shot = seen.film.panels[k], seen.film.frames[n].shots[k]
            page.locator("input").fill(str(n))
            assert shot is not None
            python = page.evaluate(PARTS, [None, panel.svg(shot)])
            moved = page.evaluate(PARTS, [f"svg.{panel.kind}", None])
            assert moved["texts"] == python["texts"], film
            assert moved["signs"] == python["signs"], film
            assert moved["numbers"] == pytest.approx(python["numbers"], abs=0.2), film
            assert moved["shades"] == pytest.approx(python["shades"], abs=0.006), film


PARTS = """([selector, text]) => {
  const svg = text ? new DOMParser().parseFromString(text, "image/svg+xml").documentElement
    : document.querySelector(selector);
  const all = [...svg.querySelectorAll("*")];
  const of = (name) => all.filter((x) => x.hasAttribute(name)).map((x) => x.getAttribute(name));
  const moving = all.filter((x) => x.matches(".curve, .now, .edge path"));
  const paths = moving.map((x) => x.getAttribute("d").split(/[A-Z ]/i));
  const pens = all.filter((x) => x.matches(".edge path")).map((x) => x.style.strokeWidth);
  return {
    texts: all.filter((x) => x.matches("text")).map((x) => x.textContent),
    numbers: [of("cx"), of("cy"), of("x"), of("width"), paths, pens].flat(2)
      .filter((x) => x).map(parseFloat),
    shades: of("fill-opacity").map(parseFloat),
    signs: all.filter((x) => x.matches(".edge")).map((x) => [...x.classList].join(" ")),
  };
}"""


@pytest.mark.parametrize("lr", [0.58, 0.7, 2.6])
def test_a_weight_that_oscillates_or_diverges_is_said(lr: float, show: Open) -> None:
    model = Neuron(1, activation="identity", rng=1)
    kept = [model.w[0].data]
    seen = watch(model, [[1.0], [2.0]], [0.0, 0.0], loss="half_squared_error", sample=1)
    keep = lambda history: kept.append(model.w[0].data)  # noqa: E731
    about = model, [[1.0], [2.0]], [0.0, 0.0], "half_squared_error"
    options: dict[str, Any] = {"optimizer": SGD(model.parameters(), lr=lr), "lr": None}
    fit(*about, epochs=12, progress=False, callbacks=[seen, keep], **options)
    page = show(seen)
    line = page.locator("#e0 path")
    for epoch, weight in enumerate(kept):
        page.locator("input").fill(str(epoch))
        page.mouse.move(0, 0)
        box = line.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        title = page.locator("#e0 title").text_content()
        assert f"weight {shown(weight)}," in title, epoch
        shot = seen.film.frames[epoch].shots[2]
        assert shot is not None
        python = page.evaluate(PARTS, [None, seen.film.panels[2].svg(shot)])
        assert page.evaluate(PARTS, ["svg.circuit", None])["texts"] == python["texts"]


def test_what_is_not_known_or_not_finite_is_drawn_as_python_draws_it(show: Open) -> None:
    film = boundary().film
    circuit, shot = film.panels[2], film.frames[-1].shots[2]
    assert shot is not None
    for number in (None, math.nan, math.inf, -math.inf):
        numbers = [number if k in (6, 7, 24, 26) else x for k, x in enumerate(shot.exact)]
        other = Shot(exact=numbers)
        page = show(Film("a film", [[circuit]], [Frame("a frame", [other])]))
        python = page.evaluate(PARTS, [None, circuit.svg(other)])
        moved = page.evaluate(PARTS, ["svg.circuit", None])
        assert moved["texts"] == python["texts"]
        assert moved["signs"] == python["signs"]
        assert moved["numbers"] == pytest.approx(python["numbers"], abs=0.01)
        is_lost = page.locator(".lost").get_attribute("visibility") == "visible"
        assert is_lost == (number is not None)
        (i, *_) = [i for i, (_, to, _) in enumerate(circuit.facts["edges"]) if to == 2]
        page.locator(f"#e{i}").dispatch_event("pointerenter")
        title = page.locator(f"#e{i} title").text_content()
        assert ("flowed back" in title) == (number is not None), "of the gradient of that unit"


def test_numbers_are_written_as_python_writes_them(show: Open) -> None:
    rng = random.Random(3)
    numbers = [0.0, 1.125, 1.135, 1234.5, 1235.5, 100.5, 99.95, 99999.5, 2.5e7, 1.235e-7, 1e-3]
    numbers += [1.125e-4, 5e-324, 1.7e308, 0.00099996, 2.0**-10, 2.0**-11, 1.0625, 12.25, 12.35]
    numbers += [rng.uniform(1, 10) * 10.0 ** rng.randint(-9, 9) for _ in range(300)]
    numbers += [rng.randint(1, 10**6) / 2.0 ** rng.randint(0, 30) for _ in range(300)]
    numbers += [-x for x in numbers]
    page = show(own())
    found = page.evaluate("(numbers) => numbers.map(written)", numbers)
    assert found == [shown(x) for x in numbers]


def test_an_outline_is_the_same_in_the_page(show: Open) -> None:
    page, rng = show(own()), random.Random(5)
    for is_open in (False, True):
        grid = [rng.randint(-9, 9) / 7 for _ in range(20 * 12)]
        found = page.evaluate(
            "([grid, level, isOpen]) => outline(grid, 20, level, isOpen)", [grid, 0.3, is_open]
        )
        assert found == outline(grid, 20, 0.3, is_open)


def test_what_is_pointed_at_says_its_numbers(show: Open) -> None:
    seen = boundary()
    page = show(seen)
    page.locator(".circuit .node.unit").first.hover()
    title = page.locator(".circuit .node.unit title").first.text_content()
    assert title.startswith("z₁⁽¹⁾ tanh: ")
    frame = seen.film.frames[-1].shots[2]
    assert frame is not None
    assert written(frame.exact[5]) in title


def test_the_keyboard_reaches_all_controls_in_order(show: Open) -> None:
    page = show(boundary())
    names = []
    for _ in range(4):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert names == ["Play", "One frame back", "Epoch", "One frame on"]


def test_controls_can_be_touched(show: Open) -> None:
    page = show(boundary(), "phone")
    for control in page.locator("button, input").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        assert box["y"] + box["height"] <= 844


def test_an_exported_output_is_alive(show: Open, browser: Any, tmp_path: Path) -> None:
    """The output of a cell, in a page of its own as nbconvert writes it, and without scripts."""
    html = boundary()._repr_html_()
    (tmp_path / "export.html").write_text(f"<!doctype html><meta charset=utf-8>{html}", "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((tmp_path / "export.html").as_uri())
    film = page.frame_locator("iframe")
    film.locator("input").press("Home")
    assert film.locator(".caption").inner_text() == "before the first epoch"
    assert page.locator("img").count() == 0
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "export.html").as_uri())
    assert page.locator("img").count() == 3
    assert page.get_by_text("run this cell").is_visible()
    assert page.get_by_text("epoch 20 of 20").is_visible()
    context.close()
