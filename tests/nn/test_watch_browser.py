"""The film of a training in a real browser, with the network off."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from autograd import Value
from nn import MLP, Module, fit, mean_loss, predict, predict_class, watch
from nn.data import load
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

    def show(seen: Watch, screen: str = "laptop", theme: str = "light") -> Any:
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
    for theme in ("light", "dark"):
        for screen in looking.SCREENS:
            page = show(seen, screen, theme)
            for frame in (0, 1, int(page.locator("input").get_attribute("max"))):
                page.locator("input").fill(str(frame))
                found += [f"{screen}, {theme}, {frame}: {text}" for text in complaints(page)]
    assert found == []
