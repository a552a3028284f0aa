"""Players, pictures, formulas and widgets in a real JupyterLab, with a kernel."""

import base64
import json
import math
import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from learner import EXPRESSION, works_with_a_quiz

pytestmark = pytest.mark.slow
PATIENCE = 60  # seconds to wait for the server
QUIET = {  # no pop-up asks whether to fetch news
    "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
}
Open = Callable[..., Any]

GRAPH = """\
from autograd import Value
a, b = Value(2.0, label="a"), Value(-3.0, label="b")
loss = (a * b + a**2).tanh()
loss.label = "loss"
"""
NETWORK = """\
from autograd import Value, softmax, topological_order
from autograd.view import explain, expression
from nn import MLP, SGD, cross_entropy, fit, half_squared_error
model = MLP(2, [3, 1], activation="tanh", rng=0)
loss = half_squared_error(model([0.5, -1.0]), 1.0)
"""
FORMULAS = """\
hidden = next(node for node in topological_order(loss) if node.label == "a1[2]")
classes = [Value(x, label=f"x{k}") for k, x in enumerate((0.5, -1.0, 2.0))]
shares = softmax(classes)
entropy = cross_entropy(shares, 2)
rate = Value(0.5, label="a_b%$#{}^~& \\\\")
price = (2 * rate) ** 2 + rate
price.label = "US$ and C$"
squared = price**2
for root in (loss, entropy, squared):
    root.backward()
"""
TRAINING = """\
import time
inputs, targets = [[0.5, -1.0], [1.0, 2.0]], [1.0, -1.0]
pause = lambda history: time.sleep(0.05)
history = fit(
    model, inputs, targets, "half_squared_error", optimizer=SGD(model.parameters(), lr=0.1),
    epochs=40, progress=False, callbacks=[w.update, pause],
)
"""
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>document.title='hit'</script>"
READY = """async () => {
  const context = jupyterapp.shell.currentWidget.sessionContext;
  await context.ready;
  await context.session.kernel.info;
}"""
APPEND = """(source) => {
  const notebook = jupyterapp.shell.currentWidget.content, cells = notebook.model.sharedModel;
  cells.addCell({cell_type: "code", source});
  notebook.activeCellIndex = cells.cells.length - 1;
}"""
STATE = """() => {
  const notebook = jupyterapp.shell.currentWidget.content;
  return [notebook.activeCellIndex, ...notebook.widgets.map((cell) => cell.model.type)];
}"""


def is_json(path: Path) -> bool:
    """Whether a file has been written to its end."""
    try:
        json.loads(path.read_text())
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server of its own: nothing of the user's settings is read or changed."""
    for package in ("jupyterlab", "ipykernel", "anywidget"):
        pytest.importorskip(package, reason=f"needs the package {package}: pip install {package}")
    home = tmp_path_factory.mktemp("lab")
    notebooks, config, runtime = home / "notebooks", home / "config", home / "runtime"
    notebooks.mkdir()
    (config / "labconfig").mkdir(parents=True)
    (config / "labconfig" / "page_config.json").write_text(json.dumps(QUIET))
    places = {"CONFIG": config, "DATA": home / "data", "RUNTIME": runtime}
    environment = {f"JUPYTER_{name}_DIR": str(place) for name, place in places.items()}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={notebooks}"),
        "--LabApp.expose_app_in_browser=True",
    ]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            command,
            env=os.environ | environment | {"IPYTHONDIR": str(home / "ipython")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + PATIENCE
        while not (found := [path for path in runtime.glob("jpserver-*.json") if is_json(path)]):
            alive = server.poll() is None and time.monotonic() < until
            assert alive, f"the server did not start:\n{(home / 'log').read_text()}"
            time.sleep(0.1)
        yield json.loads(found[0].read_text())
    finally:
        server.terminate()  # and it ends its kernels
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


@pytest.fixture(scope="module")
def show(browser: Any, lab: dict[str, Any]) -> Iterator[Open]:
    """Write a notebook and open it. With `stored` outputs, JupyterLab does not trust it."""
    nbformat = pytest.importorskip("nbformat", reason="needs the package nbformat")
    troubles: list[str] = []

    def show(name: str, source: str, stored: bool = False) -> Any:
        path = Path(lab["root_dir"]) / f"{name}.ipynb"
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, path)
        if stored:
            command = [sys.executable, "-m", "jupyter", "execute", "--inplace", str(path)]
            subprocess.run(command, check=True, capture_output=True)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
        page.goto(f"{lab['url']}doc/tree/{path.name}?token={lab['token']}")
        page.locator(".jp-Notebook-cell").wait_for()
        page.evaluate(READY)
        return page

    yield show
    assert troubles == []


@pytest.fixture(scope="module")
def page(show: Open) -> Any:
    """One notebook for all that run cells: they disturb each other no more than a user's do."""
    return show("lesson", GRAPH)


def run(page: Any, source: str) -> Any:
    """Execute source in a new cell at the end; return the cell's output."""
    page.evaluate(APPEND, source)
    page.evaluate("jupyterapp.commands.execute('notebook:run-cell')")
    cell = page.locator(".jp-Notebook-cell").nth(page.evaluate(STATE)[0])
    cell.scroll_into_view_if_needed()
    return cell.locator(".jp-Cell-outputArea")


def printed(page: Any, expressions: str) -> str:
    return str(run(page, f"print({expressions})").inner_text().strip())


# -- without a kernel at work in them


def test_a_player_comes_to_life(page: Any) -> None:
    output = run(page, f"{GRAPH}from autograd.view import play\nplay(loss)")
    player = output.frame_locator("iframe")
    player.get_by_role("button", name="Step", exact=True).click()
    assert player.locator(".counter").inner_text() == "forward 1 / 11"
    assert output.locator("img, p").count() == 0


THEMES = {  # of JupyterLab, with its paper and ours
    "dark": ("JupyterLab Dark", "rgb(17, 17, 17)", "rgb(22, 25, 29)"),
    "light": ("JupyterLab Light", "rgb(255, 255, 255)", "rgb(255, 255, 255)"),
}


@pytest.fixture
def themed(page: Any) -> Iterator[Callable[[str], str]]:
    """Give JupyterLab a theme, and the system the other one; return the colour of our paper."""

    def themed(theme: str, system: str = "") -> str:
        name, paper, ours = THEMES[theme]
        page.emulate_media(color_scheme=system or ("light" if theme == "dark" else "dark"))
        change = "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})"
        page.evaluate(change, name)
        shown = "getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
        page.wait_for_function(f"{shown} === '{paper}'")
        return ours

    yield themed
    themed("light", "light")


def shows_colours(part: Any, **colours: str) -> None:
    """Wait until a part of the page has the colours, by their names in CSS."""
    for name, colour in colours.items():
        shown = "(part, name) => getComputedStyle(part)[name]"
        for _ in range(100):
            if part.evaluate(shown, name) == colour:
                break
            time.sleep(0.05)
        assert part.evaluate(shown, name) == colour, name


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("what", ["play", "widget"])
def test_a_player_has_the_theme_of_jupyterlab_and_not_of_the_system(
    page: Any, themed: Callable[[str], str], what: str, theme: str
) -> None:
    ours = themed(theme)
    output = run(page, f"{GRAPH}from autograd.view import {what}\n{what}(loss)")
    player = (output.frame_locator("iframe") if what == "play" else output).locator(".player")
    shows_colours(player, backgroundColor=ours)
    shows_colours(player.locator(".stage svg > .background"), fill=ours)


def test_a_learner_can_work_with_a_player(page: Any) -> None:
    output = run(page, EXPRESSION)
    output.locator("iframe").scroll_into_view_if_needed()
    works_with_a_quiz(page, output.frame_locator("iframe"))


@pytest.mark.parametrize("name", ["play", "draw"])
def test_a_notebook_that_is_not_trusted_shows_the_picture(show: Open, name: str) -> None:
    code = f"{GRAPH}from autograd.view import {name}\n{name}(loss)"
    page = show(f"stored_{name}", code, stored=True)
    picture = page.locator('.jp-OutputArea img[src^="data:image/svg+xml"]')
    picture.wait_for()
    assert picture.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 100
    assert picture.bounding_box()["width"] > 100
    if name == "draw":
        assert picture.evaluate("(img) => parseFloat(img.style.minWidth) / img.naturalWidth") > 0.9
    assert page.locator("iframe, .jp-OutputArea script").count() == 0
    if name == "play":
        assert page.get_by_text("run this cell for the player").is_visible()
    page.close()


def drawn(output: Any) -> list[str]:
    """Return the texts of a picture in SVG, which JupyterLab shows as an image."""
    image = output.locator("img")
    assert image.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 100
    svg = base64.b64decode(image.get_attribute("src").partition(";base64,")[2])
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_drawing_shows_its_labels(page: Any) -> None:
    texts = drawn(run(page, f"{GRAPH}from autograd.view import draw\ndraw(loss)"))
    assert {"a", "b", "2", "−3"} <= {text.replace("-", "−") for text in texts}


def test_a_wide_drawing_is_readable_and_opens_in_full_on_a_click(page: Any) -> None:
    output = run(page, f"{NETWORK}loss.backward()\nfrom autograd.view import draw\ndraw(loss)")
    page.set_viewport_size({"width": 700, "height": 600})
    picture = output.get_by_role("button", name="Drawing(")
    natural = picture.evaluate("(img) => img.naturalWidth")
    assert picture.bounding_box()["width"] > 0.9 * natural > output.bounding_box()["width"]
    before = page.evaluate(STATE)
    for start in (picture.click, lambda: picture.press("Enter")):
        start()
        everything = page.get_by_role("dialog", name="Drawing(")
        assert everything.bounding_box()["width"] == 700
        assert everything.get_by_role("img").bounding_box()["width"] >= natural
        page.keyboard.press("d")
        page.keyboard.press("Escape")
        everything.wait_for(state="detached")
        assert picture.evaluate("(img) => img === document.activeElement")
    assert page.evaluate(STATE) == before
    page.set_viewport_size({"width": 1280, "height": 800})


def test_labels_of_a_drawing_run_nothing(page: Any) -> None:
    source = f"from autograd.view import draw\ndraw(2 * Value(1.0, label={HOSTILE!r}))"
    output = run(page, f"{GRAPH}{source}")
    assert "<script>" in " ".join(drawn(output))
    assert output.locator("script", has_text="hit").count() == 0
    assert page.title() != "hit"


# -- formulas


def typeset(output: Any) -> str:
    """Return the characters that MathJax has set."""
    output.locator("mjx-container mjx-c").first.wait_for()
    assert output.locator("mjx-merror, mjx-mtext[style*=red]").count() == 0
    assert not re.search(r"\$\$|\\[a-z]+", output.inner_text())
    codes = output.locator("mjx-container mjx-c[class]").evaluate_all(  # not parts of tall signs
        "(all) => all.map((c) => c.className.match(/mjx-c([0-9A-F]+)/)[1])"
    )
    return "".join([chr(int(code, 16)) for code in codes])


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("explain(hidden, of=loss)", "δ(1)2=h′"),
        ("explain(model.layers[0].neurons[0].w[0], of=loss)", "δ(1)1⋅x1"),
        ("explain(shares[2], of=entropy)", "throughv2=max(v1,10−300):"),
        ("explain(classes[1], of=entropy)", "x1"),
        ("explain(rate, of=squared)", "a_b%$#{}^~& ∖"),
        ("explain(price, of=squared)", "US$ and C$"),
        ("explain('softplus')", "ln"),
        ("expression(loss)", "E=0.5"),
        ("expression(entropy)", "(max(softmax(x0,x1,x2)2,10−300))"),
        ("expression(price)", "a_b%$#{}^~& ∖"),
    ],
)
def test_formulas_are_typeset(page: Any, shown: str, expected: str) -> None:
    output = run(page, f"{NETWORK}{FORMULAS}{shown}")
    found = unicodedata.normalize("NFKC", typeset(output))
    assert expected.replace(" ", "") in found.replace(" ", "")


# -- widgets


def leaf(output: Any, name: str) -> Any:
    return output.locator(f'.node[aria-label^="{name} = "]')


def shows(output: Any, name: str, number: str) -> None:
    """Wait until the picture shows this number for the leaf."""
    leaf(output, name).get_by_text(number, exact=True).wait_for()


def written(x: float) -> str:
    return f"{x:.4g}".replace("-", "−")


def type_into(page: Any, output: Any, name: str, number: str) -> None:
    leaf(output, name).click()
    output.locator(".editor input").fill(number)
    page.keyboard.press("Enter")


def widget(page: Any, source: str = GRAPH) -> Any:
    output = run(page, f"{source}from autograd.view import widget\nw = widget(loss)\nw")
    output.locator(".player").wait_for()
    return output


def test_an_edit_in_the_browser_reaches_python(page: Any) -> None:
    output = widget(page)
    type_into(page, output, "a", "0.5")
    assert printed(page, "a.data, loss.data") == f"0.5 {math.tanh(0.5 * -3 + 0.5**2)}"
    type_into(page, output, "b", "1e-3")
    assert printed(page, "b.data, loss.data") == f"0.001 {math.tanh(0.5 * 0.001 + 0.5**2)}"
    shows(output, "b", "0.001")


def test_the_page_says_that_gradients_in_python_are_older(page: Any) -> None:
    output = widget(page, f"{GRAPH}loss.backward()\n")
    before = printed(page, "a.grad")
    type_into(page, output, "a", "0.5")
    output.get_by_text("In Python, gradients are still those of the last backward()").wait_for()
    assert printed(page, "a.grad") == before
    run(page, "loss.zero_grad()\nloss.backward()")
    after = float(printed(page, "a.grad"))
    output.locator(".sum").get_by_text(f"= {written(after)}").wait_for()


def test_an_edit_in_python_reaches_the_browser(page: Any) -> None:
    output = widget(page)
    shows(output, "a", "2")
    run(page, "a.data = 5.0")
    shows(output, "a", "5")
    run(page, "b.data = float('nan')")
    shows(output, "b", "nan")
    output.get_by_role("button", name="To the end").click()
    shows(output, "loss", "nan")


def watch(page: Any, output: Any, name: str) -> Callable[[], list[str]]:
    """Return a function that tells which values the picture has shown since now."""
    value = leaf(output, name).locator(".value")
    value.evaluate(
        "(text) => { const seen = window.seen = [text.textContent];"
        "setInterval(() => seen.at(-1) === text.textContent || seen.push(text.textContent), 20); }"
    )
    return lambda: list(page.evaluate("seen"))


def test_update_shows_the_state_within_a_cell(page: Any) -> None:
    output = widget(page)
    seen = watch(page, output, "a")
    run(page, "import time\na.data = 7.0\nw.update()\ntime.sleep(2)\na.data = 8.0")
    shows(output, "a", "8")
    assert seen() == ["2", "7", "8"]


def test_training_is_seen_live(page: Any) -> None:
    output = widget(page, NETWORK)
    weight = "model.layers[0].neurons[0].w[0].data"
    seen = watch(page, output, "w₁₁⁽¹⁾")
    before = written(float(printed(page, weight)))
    run(page, TRAINING)
    after = written(float(printed(page, weight)))
    shows(output, "w₁₁⁽¹⁾", after)
    values = seen()
    assert (values[0], values[-1]) == (before, after)
    assert len(values) > 5


def test_widgets_of_two_graphs_do_not_disturb_each_other(page: Any) -> None:
    first = widget(page)
    source = GRAPH.replace("a, b", "p, q").replace("a *", "p *").replace("b +", "q +")
    second = widget(page, source.replace("a**", "p**").replace('"a"', '"p"').replace('"b"', '"q"'))
    second.locator("button.last").click()
    type_into(page, second, "p", "9")
    type_into(page, first, "a", "4")
    shows(second, "p", "9")
    shows(first, "a", "4")
    assert printed(page, "a.data, b.data, p.data, q.data") == "4.0 -3.0 9.0 -3.0"
    assert first.locator(".counter").inner_text() == "forward 0 / 11"
    assert second.locator(".counter").inner_text() == "backward 11 / 11"


def test_an_edit_while_a_widgets_cell_runs_is_applied_afterwards(
    page: Any, lab: dict[str, Any]
) -> None:
    output, sign = widget(page), Path(lab["root_dir"]) / "seen"
    wait = f"import os, time\nwhile not os.path.exists({str(sign)!r}): time.sleep(0.05)"
    try:
        page.evaluate(APPEND, wait)
        page.evaluate("void jupyterapp.commands.execute('notebook:run-cell')")
        type_into(page, output, "a", "5")
        busy = output.get_by_text("Python is busy: the edit is applied there after this cell.")
        busy.wait_for()
    finally:
        sign.touch()
    busy.wait_for(state="detached")
    assert printed(page, "a.data, loss.data") == f"5.0 {math.tanh(5.0 * -3 + 25.0)}"


def test_a_widget_without_its_kernel_says_so(show: Open) -> None:
    page = show("restarted", GRAPH)
    output = widget(page)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    page.evaluate(READY)
    type_into(page, output, "a", "5")
    output.get_by_text("No connection to Python: edits stay in this page.").wait_for()
    shows(output, "a", "5")
    page.close()


def test_keys_pressed_in_a_widget_are_its_own(page: Any) -> None:
    output = widget(page)
    run(page, "'a cell below'")
    output.locator("button.next").click()
    before = page.evaluate(STATE)
    for key in ("ArrowRight", "b", "a", "m", "0", "0", "d", "d", "ArrowDown", "ArrowUp", "x"):
        page.keyboard.press(key)
    assert output.locator(".counter").inner_text() == "forward 2 / 11"
    leaf(output, "a").focus()
    for key in ("Enter", "b", "Escape", "b", "ArrowLeft", "0", "0", "Shift+ArrowDown", "End"):
        page.keyboard.press(key)
    assert output.locator(".counter").inner_text() == "backward 11 / 11"
    assert page.evaluate(STATE) == before
    assert page.locator(".jp-Dialog").count() == 0
    assert printed(page, "a.data, b.data") == "2.0 -3.0"


# -- a training that is watched

WATCHED = """\
import time
from nn import MLP, fit, watch
from nn.data import load
model = MLP(2, [4, 1], activation="tanh", output="sigmoid", rng=0)
task = model, load("moons"), None, "binary_cross_entropy"
pause = lambda history: time.sleep(0.1)
history = fit(
    *task, lr=0.5, epochs=40, progress=False, compiled=True, callbacks=[watch(*task), pause]
)
"""


def test_a_training_is_watched_and_gone_through_again(page: Any) -> None:
    page.evaluate(
        """() => {
          window.seen = [], window.sizes = new Set();
          setInterval(() => {
            const film = [...document.querySelectorAll(".film:has(img):not(:has(em))")].at(-1);
            if (!film) return;
            const text = film.querySelector("p").textContent.split(" · ")[0];
            if (seen.at(-1) !== text) seen.push(text);
            const {height} = film.getBoundingClientRect();
            if (height) sizes.add(Math.round(height));
          }, 10);
        }"""
    )
    output = run(page, WATCHED)
    film = output.frame_locator("iframe[sandbox]")
    film.get_by_role("button", name="Play").wait_for()
    seen = page.evaluate("seen.filter((text) => text.startsWith('epoch'))")
    assert len(seen) >= 3, seen
    numbers = [int(text.split()[1]) for text in seen]
    assert numbers == sorted(numbers)
    assert len(page.evaluate("[...sizes]")) == 1, "the picture changes its size while it is live"
    caption = film.locator(".caption")
    assert caption.inner_text().startswith("epoch 40 of 40")
    film.locator("input").press("Home")
    assert caption.inner_text() == "before the first epoch"
    film.get_by_role("button", name="Play").click()
    while not re.match("epoch (?!40 )", caption.inner_text()):
        page.wait_for_timeout(10)
    assert output.locator("img").count() == 0
    frame, inside = output.locator("iframe").bounding_box(), film.locator(".reel").bounding_box()
    assert inside["height"] <= frame["height"] + 1


@pytest.mark.parametrize("theme", THEMES)
def test_a_film_has_the_theme_of_jupyterlab_and_not_of_the_system(
    page: Any, themed: Callable[[str], str], theme: str
) -> None:
    ours = themed(theme)
    film = run(page, WATCHED.replace("epochs=40", "epochs=2")).frame_locator("iframe[sandbox]")
    shows_colours(film.locator("body"), backgroundColor=ours)
    for paper in film.locator("svg > .paper").all():
        shows_colours(paper, fill=ours)
    text, button = film.locator("svg text.title").first, film.get_by_role("button", name="Play")
    ink = text.evaluate("(text) => getComputedStyle(text).fill")
    shows_colours(button, backgroundColor=ours, color=ink)
    assert (sum(map(int, re.findall(r"\d+", ink))) > 384) == (theme == "dark")


def test_a_watched_training_that_is_not_trusted_shows_its_last_epoch(show: Open) -> None:
    page = show("stored_watch", WATCHED, stored=True)
    pictures = page.locator('.jp-OutputArea img[src^="data:image/svg+xml;base64,"]')
    pictures.first.wait_for()
    assert pictures.count() == 3
    for picture in pictures.all():
        assert picture.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 100
    text = page.locator(".jp-OutputArea").inner_text()
    assert "epoch 40 of 40" in text
    assert "run this cell" in text
    assert page.locator("iframe, .jp-OutputArea script").count() == 0
    page.close()
