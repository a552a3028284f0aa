"""The page in Chromium, as a visitor uses it."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deltarule.playground.page import page_html

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "playground.html"
    path.write_text(page_html(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def window(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def visit(window: Any, address: str) -> Iterator[Callable[[str], Any]]:
    """Open the page with a link; nothing may fail in it."""
    failures: list[str] = []
    pages: list[Any] = []

    def go(link: str = "") -> Any:
        page = window.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on(
            "request",
            lambda request: (
                failures.append(request.url) if request.url.startswith("http") else None
            ),
        )
        page.goto(address + link)
        page.wait_for_function("globalThis.playground?.frames > 0")
        return page

    yield go
    for page in pages:
        page.close()
    assert failures == []


def of(page: Any, expression: str) -> Any:
    return page.evaluate(f"(() => {{ const app = playground; return {expression}; }})()")


def status(page: Any) -> str:
    return str(page.locator(".status").inner_text())


def test_it_is_small_and_opens_paused_on_a_wrong_sample(visit: Any) -> None:
    assert len(page_html().encode()) <= 150_000
    page = visit()
    assert of(page, "app.playing") is False
    assert of(page, "app.run.isRight(app.chosen)") is False
    assert of(page, "app.run.epochs") > 0
    lit = page.locator(".sample .node.now.back")
    lit.first.wait_for()
    box = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert box[0] <= box[1]  # nothing is below the fold
    for part in ("main > .data", ".network", ".planes", ".losses", ".sample .stage", "footer"):
        rect = page.locator(part).first.bounding_box()
        assert rect["width"] > 100, part
        assert rect["y"] + rect["height"] <= 721, part


def test_run_pause_step_and_reset(visit: Any) -> None:
    page = visit("#data=circles")
    trained = of(page, "[...app.run.p]")
    page.get_by_role("button", name="Reset", exact=True).click()
    start = of(page, "[...app.run.p]")
    assert start != trained
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function("playground.run.epochs > 20")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert of(page, "app.playing") is False
    page.get_by_role("button", name="Step: one update").click()
    updates = of(page, "app.run.updates")
    assert f"Update {updates}: loss" in status(page)
    assert "→" in status(page)
    page.get_by_role("button", name="Reset", exact=True).click()
    assert of(page, "app.run.updates") == 0
    assert of(page, "[...app.run.p]") == start


@pytest.mark.parametrize("data", ["xor", "circles", "spirals", "blobs", "iris", "curve", "moons"])
def test_every_data_set_is_a_button_and_trains(visit: Any, data: str) -> None:
    page = visit()
    page.locator(f".kinds [data-key={data}]").click()
    before = of(page, "app.run.score(app.split.train).loss")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function("playground.run.epochs > 40")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert of(page, "app.run.score(app.split.train).loss") < before
    assert page.locator(f".kinds [data-key={data}]").get_attribute("aria-pressed") == "true"


def test_every_choice_of_the_run_bar(visit: Any) -> None:
    page = visit()
    bar = page.locator(".runbar")
    for key, of_one in (
        ("activation", 12),
        ("error", 3),
        ("optimiser", 6),
        ("batch", 5),
        ("init", 4),
    ):
        field = bar.locator(f".setting.{key} select")
        values = field.locator("option").evaluate_all("all => all.map((x) => x.value)")
        assert len(values) >= of_one
        for value in values if key != "activation" else ["relu", "sin", "gelu", "identity"]:
            field.select_option(value)
            assert str(of(page, f"app.settings.{key}")) == value
    assert page.evaluate("Number.isFinite(playground.run.score(playground.split.train).loss)")
    seed = of(page, "app.settings.seed")
    page.get_by_role("button", name="New seed").click()
    assert of(page, "app.settings.seed") != seed


def test_layers_and_units_are_added_and_taken_away(visit: Any) -> None:
    page = visit()
    page.get_by_role("button", name="One unit more in layer 2").click()
    assert of(page, "app.settings.sizes") == [4, 4]
    page.get_by_role("button", name="+ layer").click()
    assert of(page, "app.settings.sizes") == [4, 4, 2]
    for _ in range(2):
        page.locator("[data-layer='3'] button").first.click()
    assert of(page, "app.settings.sizes") == [4, 4]
    assert of(page, "app.run.p.length") == 2 * 4 + 4 + 4 * 4 + 4 + 4 + 1


def test_a_unit_is_inspected_edited_frozen_checked_and_killed(visit: Any) -> None:
    page = visit()
    page.locator(".net > .unit").first.click()
    inspector = page.get_by_role("complementary", name="Chosen unit")
    inspector.get_by_label("Value of w₁₁⁽¹⁾").fill("0.25")
    page.keyboard.press("Enter")
    assert of(page, "app.run.p[0]") == 0.25
    inspector.get_by_label("Value of w₁₁⁽¹⁾").fill("abc")
    page.keyboard.press("Tab")
    assert "“abc” is no number" in status(page)
    assert of(page, "app.run.p[0]") == 0.25
    inspector.get_by_role("button", name="check").first.click()
    said = inspector.locator(".checked").inner_text()
    slope, exact = [
        float(part.split()[0].rstrip(".,").replace("−", "-"))
        for part in (said.split("slope is ")[1], said.split("says ")[1].split("= ")[1])
    ]
    assert math.isclose(slope, exact, rel_tol=1e-4, abs_tol=1e-8)
    assert exact != 0
    inspector.get_by_label("Freeze w₁₁⁽¹⁾").check()
    page.get_by_role("button", name="Step: one update").click()
    page.get_by_role("button", name="Step: one update").click()
    assert of(page, "app.run.p[0]") == 0.25
    inspector.get_by_role("button", name="Kill").click()
    places = of(
        page,
        "app.model.forward.nodes.filter(({place: w}) => w?.is === 'w' && w.layer === 2"
        " && w.source === 1).map(({at}) => app.run.p[at])",
    )
    assert places == [0, 0, 0]


def test_the_time_machine_goes_back_and_branches(visit: Any) -> None:
    page = visit("#data=xor")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function("playground.run.epochs > 60")
    page.get_by_role("button", name="Pause", exact=True).click()
    moments = of(page, "app.history.moments.length")
    scrub = page.get_by_label("Time machine: moment of the run")
    scrub.evaluate("(e) => { e.value = 20; e.dispatchEvent(new Event('input')); }")
    epochs = of(page, "app.run.epochs")
    assert epochs == of(page, "app.history.moments[20].epochs") < 60
    assert of(page, "app.run.score(app.split.train).loss") == of(
        page, "app.history.moments[20].train.loss"
    )
    page.get_by_role("button", name="Step: one update").click()
    assert of(page, "app.history.moments.length") == 22
    assert of(page, "app.branch.length") == moments


def test_the_past_is_kept_in_a_bounded_room(visit: Any) -> None:
    page = visit("#sizes=2")
    kept = page.evaluate("""() => { const history = beginHistory();
      for (let k = 0; k < 50_000; k++) history.add({epochs: k, updates: k});
      return history.moments.map(({epochs}) => epochs); }""")
    assert 500 <= len(kept) <= 1000
    assert (kept[0], kept[-1]) == (0, 49_999)


def test_two_networks_side_by_side(visit: Any) -> None:
    page = visit("#data=xor")
    page.get_by_label("Compare with").select_option("zero")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function("playground.run.epochs > 30")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.locator(".plane").count() == 2
    assert of(page, "app.second.run.updates") == of(page, "app.run.updates")
    assert of(page, "app.run.score(app.split.train).loss") < 0.5 * of(
        page, "app.second.run.score(app.split.train).loss"
    )
    page.get_by_label("Compare with").select_option("none")
    assert page.locator(".plane").count() == 1


def test_own_points_and_settings_go_round_in_a_link(visit: Any) -> None:
    page = visit()
    page.locator(".kinds [data-key=own]").click()
    canvas = page.locator(".plane canvas[role=application]")
    box = canvas.bounding_box()
    for k, (x, y) in enumerate([(0.3, 0.3), (0.7, 0.4), (0.5, 0.7)]):
        page.locator(".brushes button").nth(k % 2).click()
        canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})
    page.locator(".setting.rate select").select_option("0.03")
    assert [point[2] for point in of(page, "app.own")] == [
        0,
        1,
        0,
        1,
        0,
    ]  # after two that were there
    page.locator(".share summary").click()
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('.status').textContent.includes('clipboard')")
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit("#" + link.split("#")[1])
    assert of(other, "app.own") == of(page, "app.own")
    assert of(other, "app.settings") == of(page, "app.settings")


@pytest.mark.parametrize(
    "link",
    [
        "#data=nonsense",
        "#sizes=4,99",
        "#rate=1e",
        "#data=own&points=1_2",
        "#noise=-1&noise",
        "#lesson=99",
        "#data=__proto__",
        "#sizes=constructor",
        "#%",
        "#data=own&points=<img src=x onerror=alert(1)>",
    ],
)
def test_a_link_cut_in_half_is_one_sentence(visit: Any, link: str) -> None:
    page = visit(link)
    first = page.evaluate("firstSettings()")
    settings = of(page, "app.settings")
    assert settings == first or settings == first | {"data": "own"}
    assert link == "#%" or "left out" in status(page)


def test_copy_as_python_gives_the_same_loss(visit: Any, tmp_path: Path) -> None:
    page = visit("#data=blobs&optimiser=Adam&rate=0.01")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function("playground.run.epochs > 10")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.locator(".share summary").click()
    page.get_by_role("button", name="Copy as Python").click()
    page.wait_for_function("document.querySelector('.status').textContent.includes('clipboard')")
    script = page.evaluate("navigator.clipboard.readText()")
    path = tmp_path / "net.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loss = of(page, "app.run.score(app.split.train).loss")
    found = [float(word) for word in done.stdout.replace(":", " ").split() if word[0].isdigit()]
    assert any(math.isclose(x, loss, rel_tol=1e-12) for x in found), (done.stdout, loss)


def test_a_model_goes_to_a_file_and_back(visit: Any, tmp_path: Path) -> None:
    from nn.export import load, save

    page = visit()
    page.locator(".share summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save model.json").click()
    path = tmp_path / "model.json"
    download.value.save_as(path)
    model = load(path)
    assert [p.data for p in model.parameters()] == of(page, "[...app.run.p]")
    for parameter in model.parameters():
        parameter.data = parameter.data / 2
    save(model, path)
    page.locator(".share input[type=file]").set_input_files(path)
    page.wait_for_function("document.querySelector('.status').textContent.includes('is here')")
    assert of(page, "[...app.run.p]") == [p.data for p in model.parameters()]
    path.write_text(json.dumps({"format": "something"}))
    page.locator(".share input[type=file]").set_input_files(path)
    page.wait_for_function("!document.querySelector('.status').textContent.includes('is here')")
    assert of(page, "[...app.run.p]") == [p.data for p in model.parameters()]


def test_a_pasted_table_and_what_is_none(visit: Any) -> None:
    page = visit()
    page.get_by_role("button", name="paste a CSV").click()
    area = page.get_by_label("CSV", exact=True)
    area.fill("this is no table")
    page.get_by_role("button", name="Use it").click()
    assert page.locator("dialog.paste [role=alert]").first.inner_text()
    assert of(page, "app.settings.data") == "moons"
    rows = "\n".join(
        [f"{k / 7},{(k * 5) % 11},{'yes' if k % 3 else '<b>no</b>'}" for k in range(40)]
    )
    area.fill("length,width,kind\n" + rows)
    page.get_by_role("button", name="Use it").click()
    assert of(page, "[app.settings.data, app.dataset.inputs.length]") == ["csv", 40]
    assert page.locator(".classes b").count() == 0
    assert "<b>no</b>" in page.locator(".classes").inner_text()


def test_a_line_of_text_is_stepped_and_copied(visit: Any, tmp_path: Path) -> None:
    page = visit()
    page.get_by_role("button", name="A line of text").click()
    field = page.get_by_role("textbox", name="A line of text")
    field.fill("tanh(a*b + a^2); a = 2; b = -1")
    panel = page.locator(".line .sample")
    assert "backward" in panel.locator(".counter").inner_text()
    assert "grad" in panel.locator(".stage").inner_text()
    field.fill("tanh(a*b + ")
    assert page.locator(".line .wrong").inner_text()
    assert "grad" in panel.locator(".stage").inner_text()  # the graph before is still there
    field.fill("constructor(1)")
    assert page.locator(".line .wrong").inner_text()
    field.fill("sin(x) * x; x = 0.5")
    page.locator(".share summary").click()
    page.get_by_role("button", name="Copy as Python").click()
    page.wait_for_function("document.querySelector('.status').textContent.includes('clipboard')")
    path = tmp_path / "line.py"
    path.write_text(page.evaluate("navigator.clipboard.readText()"), encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    numbers = [word.strip(",") for word in done.stdout.replace("=", " ").split()]
    wanted = math.sin(0.5) + 0.5 * math.cos(0.5)
    assert any(
        word[:1].isdigit() and math.isclose(float(word), wanted, rel_tol=1e-9) for word in numbers
    )


def test_a_sample_is_dragged_and_its_class_changed(visit: Any) -> None:
    page = visit()
    before = of(page, "[...app.dataset.inputs[app.chosen]]")
    canvas = page.locator(".plane canvas[role=application]")
    canvas.focus()
    page.keyboard.press("Shift+ArrowRight")
    after = of(page, "[...app.dataset.inputs[app.chosen]]")
    assert after[0] == pytest.approx(before[0] + 0.05)
    assert after[1] == before[1]
    page.wait_for_timeout(400)
    label = of(page, "app.dataset.targets[app.chosen]")
    page.get_by_label("Class of the sample").select_option(str(1 - label))
    assert of(page, "app.dataset.targets[app.chosen]") == 1 - label
    page.get_by_label("Names").select_option("nielsen")
    page.wait_for_timeout(400)
    assert "C" in page.locator("footer output").inner_text()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (390, 844), (640, 360)])
def test_nothing_is_cut_at_any_size(browser: Any, address: str, size: tuple[int, int]) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    try:
        page.goto(address)
        page.wait_for_function("globalThis.playground?.frames > 1")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]
        small = page.evaluate("""() => [...document.querySelectorAll("body *")].filter((e) =>
          e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) &&
          !e.closest("svg, script, style, .said") && parseFloat(getComputedStyle(e).fontSize) < 12)
          .map((e) => e.outerHTML.slice(0, 80))""")
        assert small == []
        if size[0] < 900:
            for name in ("Data", "Loss", "Sample", "Settings", "Network"):
                page.locator(".tabs").get_by_role("button", name=name).click()
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
    finally:
        page.close()


def test_the_second_network_follows_settings_and_the_time_machine(visit: Any) -> None:
    page = visit("#data=xor&sizes=3")
    page.get_by_label("Compare with").select_option("faster")
    assert of(page, "[...app.run.p]") == of(page, "[...app.second.run.p]")
    page.locator(".setting.rate select").select_option("0.01")
    page.locator(".setting.optimiser select").select_option("Adam")
    assert of(page, "[app.second.settings.rate, app.second.run.optimiser]") == [0.1, "Adam"]
    for _ in range(4):
        page.get_by_role("button", name="Step: one update").click()
    scrub = page.get_by_label("Time machine: moment of the run")
    scrub.evaluate("(e) => { e.value = 2; e.dispatchEvent(new Event('input')); }")
    assert of(page, "[app.run.updates, app.second.run.updates]") == [2, 2]
    assert of(page, "app.run.optimiser") == "Adam"
    page.locator(".kinds [data-key=iris]").click()  # other data: both begin anew
    assert of(page, "[app.run.updates, app.second.run.updates]") == [0, 0]
    assert of(page, "app.second.model.net.outputs") == 3


def test_losses_follow_a_dragged_sample_and_can_be_undone(visit: Any) -> None:
    page = visit()
    moments = of(page, "app.history.moments.length")
    page.locator(".plane canvas[role=application]").focus()
    for _ in range(10):
        page.keyboard.press("Shift+ArrowUp")
    page.wait_for_function("playground.history.moments.length > " + str(moments))
    kept = of(page, "app.history.moments.at(-1).train.loss")
    assert kept == of(page, "app.run.score(app.split.train).loss")
    assert kept != of(page, "app.history.moments.at(-2).train.loss")


def test_names_and_classes_change_nothing_of_the_run(visit: Any) -> None:
    page = visit("#data=blobs")
    page.evaluate("globalThis.was = playground.run")
    updates = of(page, "app.run.updates")
    loss = of(page, "app.run.score(app.split.train).loss")
    page.get_by_label("Names").select_option("wikipedia")
    assert of(page, "app.run === was && app.run.updates") == updates
    assert of(page, "app.run.score(app.split.train).loss") == loss
    assert "net" in page.evaluate("playground.model.forward.nodes.map(({t}) => t).join()")
    label, error = of(page, "[app.dataset.targets[app.chosen], app.run.loss(app.chosen)]")
    page.get_by_label("Class of the sample").select_option(str((label + 1) % 3))
    assert of(page, "app.run === was && app.run.loss(app.chosen)") > 2 * error


def test_a_target_in_the_panel_is_a_class_that_there_is(visit: Any) -> None:
    page = visit("#data=blobs&error=squared")
    edit = """(k, x) => { const {lesson} = playground.sample;
      lesson.set(lesson.nodes.findIndex((n) => n.from === 't' && n.at === k), x); }"""
    page.wait_for_function("playground.sample.lesson")
    page.evaluate(f"({edit})(1, 1)")
    assert of(page, "app.dataset.targets[app.chosen]") == 1
    page.evaluate(f"({edit})(2, 0.3)")
    assert of(page, "app.dataset.targets[app.chosen]") == 1
    assert "0.3" in status(page)


def test_a_curve_that_cannot_be_leaves_everything_as_it_was(visit: Any) -> None:
    page = visit()
    page.evaluate("playground.set({data: 'curve', f: 'log(x)'})")
    assert of(page, "[app.settings.data, app.dataset.name]") == ["moons", "moons"]
    assert status(page)


def test_a_link_is_the_whole_state(visit: Any) -> None:
    page = visit("#sizes=8&rate=1")
    page.evaluate("location.hash = '#noise=0.5'")
    page.wait_for_function("playground.settings.noise === 0.5")
    assert of(page, "[app.settings.sizes, app.settings.rate]") == [[4, 3], 0.3]


def test_random_clicks_break_nothing(visit: Any) -> None:
    page = visit()
    page.evaluate("""async () => {
      let seed = 7;
      const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
      for (let k = 0; k < 120; k++) {
        const all = [...document.querySelectorAll("button, select, [type=range]")].filter((e) =>
          e.checkVisibility() && !e.disabled && !/SVG|PNG|Full|Save|Copy|Open/.test(
            e.textContent + e.getAttribute("aria-label")));
        const one = all[random(all.length)];
        if (one.matches("select")) one.selectedIndex = random(one.options.length);
        if (one.matches("input")) one.value = random(100);
        if (one.matches("button")) one.click();
        else for (const kind of ["input", "change"]) one.dispatchEvent(new Event(kind));
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
      playground.pause();
    }""")
    assert of(page, "app.run.p.length") > 0
