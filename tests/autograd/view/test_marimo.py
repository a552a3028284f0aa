"""Pictures, players, widgets and films in a real marimo, as an app and as a notebook."""

import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.slow
PATIENCE = 60  # seconds to wait for the server

APP = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from autograd import Value
    from autograd.view import compare_orders, draw, explain, play, widget

    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b + a**2).tanh()
    loss.label = "L"
    loss.backward()
    return Value, a, b, compare_orders, draw, explain, loss, mo, play, widget


@app.cell
def _(draw, loss):
    draw(loss, edges="both", gradients=True)


@app.cell
def _(loss, play):
    play(loss, quiz=True)


@app.cell
def _(compare_orders, loss):
    compare_orders(loss)


@app.cell
def _(a, explain, loss):
    explain(a, of=loss)


@app.cell
def _(loss, widget):
    live = widget(loss)
    live


@app.cell
def _(mo):
    look = mo.ui.run_button(label="Look")
    look
    return (look,)


@app.cell
def _(a, look, loss, mo):
    mo.md(f"kernel{'' if look.value else ' at first'}: a = {a.data}, L = {loss.data:.6f}")


@app.cell
def _():
    from nn import MLP, fit, watch

    xor = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    task = MLP(2, [3, 1], output="sigmoid", rng=1), *xor, "binary_cross_entropy"
    seen = watch(*task)
    fit(*task, epochs=9, callbacks=[seen], progress=False)
    seen


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture(scope="module", params=["run", "edit"])
def page(
    browser: Any, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The notebook in a server of its own, all cells run."""
    pytest.importorskip("marimo", reason="needs the package marimo: pip install marimo")
    pytest.importorskip("anywidget", reason="needs the package anywidget: pip install anywidget")
    home = tmp_path_factory.mktemp("marimo")
    (home / "app.py").write_text(APP, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    command = [
        *(sys.executable, "-m", "marimo", "-q", "-y", request.param, "app.py"),
        *("--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)),
    ]
    root = Path(__file__).parents[3]
    places = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "CACHE", "STATE")}
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=home,
            env=os.environ | places | {"PYTHONPATH": path},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + PATIENCE
        while not answers(address):
            alive = server.poll() is None and time.monotonic() < until
            assert alive, f"the server did not start:\n{(home / 'log').read_text()}"
            time.sleep(0.2)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(20_000)
        page.goto(address)
        if request.param == "edit":
            page.locator(".cm-editor").first.wait_for()
            page.keyboard.press("Control+Shift+r")  # run all
        page.get_by_text("kernel at first: a = 1.5, L").wait_for()
        yield page
        page.close()
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def player(page: Any) -> Any:
    """The frame of the player stands in one that marimo makes for whatever has a script."""
    return page.frame_locator("iframe").first.frame_locator("iframe")


def test_a_picture_appears(page: Any) -> None:
    image = page.locator('img[src^="data:image/svg+xml"]').first
    assert image.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 100
    assert image.bounding_box()["width"] > 300


def test_a_player_steps_and_takes_an_answer(page: Any) -> None:
    inside = player(page)
    inside.get_by_role("button", name="Step", exact=True).click()
    assert inside.locator(".counter").inner_text() == "forward 1 / 11"
    inside.get_by_role("button", name="To the end").click()
    inside.get_by_role("button", name="Step", exact=True).click()
    slope = 1 - math.tanh(-1.05) ** 2
    inside.get_by_label("Your prediction").fill(f"{slope:.4f}")
    inside.get_by_label("Your prediction").press("Enter")
    inside.get_by_text("Right. 1 of 1 right at the first try.").wait_for()


def test_tables_and_formulas_appear(page: Any) -> None:
    assert page.locator("td", has_text="+=").count() > 4
    assert page.locator(".katex").count() > 0


def test_a_recording_is_gone_through_epoch_by_epoch(page: Any) -> None:
    film = page.frame_locator("iframe").last.frame_locator("iframe")
    assert film.locator(".caption").inner_text().startswith("epoch 9 of 9")
    film.get_by_label("Epoch", exact=True).press("Home")
    assert film.locator(".caption").inner_text() == "before the first epoch"
    film.get_by_role("button", name="One frame on").click()
    assert film.locator(".caption").inner_text().startswith("epoch 1 of 9")


def test_an_edit_in_a_widget_reaches_python(page: Any) -> None:
    live = page.locator(".player")  # that of the frame is not in the page
    live.scroll_into_view_if_needed()
    live.locator('.node[aria-label^="a = "]').click()
    live.get_by_label("Value of a").fill("0.5")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Look").click()
    result = math.tanh(0.5 * -2.2 + 0.5**2)
    page.get_by_text(f"kernel: a = 0.5, L = {result:.6f}").wait_for()


def test_nothing_of_a_player_is_cut_off(page: Any) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        outer = page.locator("iframe").first
        outer.scroll_into_view_if_needed()
        inner = page.frame_locator("iframe").first.locator("iframe")
        around, within = outer.bounding_box(), inner.bounding_box()
        assert within["height"] > 400
        assert within["y"] + within["height"] <= around["y"] + around["height"] + 1
        rest = "document.documentElement.scrollHeight - innerHeight"
        assert outer.content_frame.locator("body").evaluate(f"() => {rest}") <= 1
