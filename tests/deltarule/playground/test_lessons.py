"""Each lesson of the playground is failed and solved in Chromium, by what a learner can do."""

from collections.abc import Iterator
from math import exp, hypot, sqrt, tanh
from typing import Any

import pytest

from deltarule.playground.page import page_html

STEP = "Step: one update"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    file = tmp_path_factory.mktemp("playground") / "playground.html"
    file.write_text(page_html(), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 1280, "height": 720})
    shown.set_default_timeout(5000)
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.goto(f"{file.as_uri()}#lesson=1")
    shown.get_by_label("Per picture").select_option("full")
    yield shown
    assert not wrong


def opened(page: Any, number: int, answer: str) -> None:
    page.get_by_label("Lesson", exact=True).select_option(str(number))
    assert page.get_by_role("region", name=f"Lesson {number} of 8").is_visible()
    page.locator(".lesson").get_by_role("button", name=answer, exact=True).click()
    assert verdict(page) == ""


def verdict(page: Any) -> str:
    return page.locator(".lesson [role=status]").text_content()


def pressed(page: Any, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name, exact=True).first.click()


def given(page: Any, setting: str, value: str) -> None:
    page.locator(f".runbar .{setting} select").select_option(value)


def ran(page: Any, until: str) -> None:
    """Run until something is so, and pause."""
    pressed(page, "Run")
    page.wait_for_function(f"() => !playground.playing || ({until})", timeout=15000)
    page.evaluate("playground.pause()")


def task(page: Any) -> str:
    return page.locator(".lesson [tabindex='-1']").text_content()


def epochs(count: int) -> str:
    return f"playground.run.epochs >= {count}"


def tells(page: Any, *texts: str) -> None:
    told = verdict(page)
    for text in texts:
        assert text in told
    is_solved = page.locator(".verdict.solved").count() == 1
    assert is_solved == texts[0].startswith(("Solved", "1/", "2/"))


def test_one_unit_is_one_line(page: Any) -> None:
    opened(page, 1, "both")
    pressed(page, "+ layer", STEP)
    tells(page, "There are hidden units now")
    pressed(page, "Begin again")
    given(page, "rate", "0.001")
    pressed(page, STEP)
    tells(page, "points are right: run on")
    pressed(page, "Begin again")
    ran(page, "playground.lesson.isDone")
    tells(page, "1/2 is done: AND has 4 of 4 points right")
    pressed(page, "Go on", STEP)
    tells(page, "run until there are 200")
    ran(page, epochs(200))
    tells(page, "Solved: XOR never had more than", "it is “AND alone”")


def test_two_units_fold_the_plane(page: Any) -> None:
    opened(page, 2, "2")
    ran(page, epochs(20))
    tells(page, "There is no hidden unit yet")
    pressed(page, "+ layer", "One unit less in layer 1")
    ran(page, epochs(150))
    tells(page, "one line is not enough")
    pressed(page, "One unit more in layer 1", "One unit more in layer 1")
    ran(page, epochs(20))
    tells(page, "These are 3 hidden units")
    pressed(page, "One unit less in layer 1")
    ran(page, "playground.lesson.isDone")
    tells(page, "Solved: 4 of 4 points are right with 2 hidden units", "that is right")


def test_one_error_moves_every_weight(page: Any) -> None:
    opened(page, 3, "all of them")
    pressed(page, STEP)
    tells(page, "This update was of 10 samples")
    given(page, "batch", "1")
    ran(page, epochs(2))
    tells(page, "updates at once")
    pressed(page, "Reset")
    page.evaluate("playground.run.frozen[2] = 1")
    pressed(page, STEP)
    tells(page, "Only 12 of 13 numbers have moved: frozen are 1")
    given(page, "activation", "relu")
    pressed(page, STEP)
    tells(page, "numbers have moved: a ReLU that is off passes 0 on; set Hidden activation to tanh")
    given(page, "activation", "tanh")
    pressed(page, STEP)
    tells(page, "Solved: all 13 weights and biases have moved")


def test_delta(page: Any) -> None:
    opened(page, 4, "y")
    z = [tanh(-0.8 - 0.3 + 0.2), tanh(0.6 + 0.9 - 0.1)]  # of (0, 1), scaled to (−1, 1)
    w, slope, y = 1.2, 1 - z[0] ** 2, 1 / (1 + exp(-1.2 * z[0] + 0.7 * z[1] - 0.3))
    assert f"given (0, 1) as 2·x − 1. y is z of the last unit, {y:.4f}" in task(page)
    assert "this sample is “yes (1)”, so t = 1." in task(page)
    assert f"w₁₁⁽²⁾ = 1.2, z = −{-z[0]:.4f}, and h′(a) = 1 − z² = {slope:.4f}." in task(page)
    page.get_by_label("Names").select_option("nielsen")
    assert f"a = −{-z[0]:.4f}, and h′(z) = 1 − a² = {slope:.4f}." in task(page)
    page.get_by_label("Names").select_option("prml")
    field = page.get_by_role("textbox", name="δ₁⁽¹⁾ =")
    for typed, told in (
        ("abc", "“abc” is no number"),
        ("0.123", "take y − t, times the weight"),
        (str((y - 1) * w), "h′ is missing"),
        (str((y - 1) * slope), "the weight is missing"),
        (str((1 - y) * w * slope), "it has the wrong sign"),
        (str(y - 1), "that is δ of the output"),
    ):
        field.fill(typed)
        field.press("Enter")
        tells(page, told)
    field.fill(f"{(y - 1) * w * slope:.3f}".replace(".", ","))
    field.press("Enter")
    tells(page, "Solved: δ = (y − t) · w · h′ =", "it is “y − t”")


def test_over_the_boundary(page: Any) -> None:
    opened(page, 5, "jumps there")
    pressed(page, STEP)
    tells(page, "Weights have changed")
    pressed(page, "Begin again")
    plane = page.get_by_role("application", name="Plane of the data")
    plane.press("Shift+ArrowUp")
    tells(page, "it is on the same side as before")
    for _ in range(60):
        if verdict(page).startswith("Solved"):
            break
        plane.press("Shift+ArrowDown")
    tells(page, "Solved: y is 0.", "no weight has changed")


def test_equal_weights(page: Any) -> None:
    opened(page, 6, "still the same")
    pressed(page, STEP)
    tells(page, "run until there are 50")
    ran(page, epochs(50))
    tells(page, "1/2 is done: after", "all 4 units have the same weights")
    pressed(page, "Go on")
    assert verdict(page) == ""
    pressed(page, STEP)
    tells(page, "They begin equal again")
    given(page, "init", "large")
    pressed(page, STEP)
    tells(page, "Large weights differ, too", "to Glorot weights")
    given(page, "init", "glorot")
    pressed(page, STEP)
    tells(page, "run until there are 50")
    ran(page, epochs(50))
    tells(page, "Solved: ", "for the units differ")


def test_sure_and_wrong(page: Any) -> None:
    opened(page, 7, "cross-entropy")
    assert "is given 2·x − 1. At (1, 1) t = 1, but y, z of the unit, is 0.00034." in task(page)
    pressed(page, STEP)
    tells(page, "run until there are 100")
    ran(page, epochs(100))
    tells(page, "1/2 is done: with squares")
    pressed(page, "Go on")
    assert verdict(page) == ""
    pressed(page, STEP)
    tells(page, "This is another error: set Error to cross-entropy")
    given(page, "error", "cross_entropy")
    pressed(page, STEP)
    tells(page, "run on")
    ran(page, "playground.lesson.isDone")
    tells(page, "Solved: with cross-entropy δ is y − t", "that is right")


def test_how_training_fails(page: Any) -> None:
    opened(page, 8, "about a tenth")
    ran(page, epochs(20))
    tells(page, "choose a larger rate")
    given(page, "rate", "1")
    assert verdict(page) == ""  # these updates were made with another rate
    before = page.evaluate("playground.run.score(playground.split.train).loss")
    pressed(page, STEP)
    tells(page, f"With η = 1 the loss went {before:.3g} → 0.0312 in 1 update: choose")
    given(page, "rate", "10")
    pressed(page, STEP)
    tells(page, "With η = 10 the loss went 0.0312 → 0.0312 in 1 update: run on, or Reset")
    pressed(page, "Reset")
    given(page, "rate", "3")
    ran(page, "playground.lesson.isDone")
    tells(page, "1/3 is done: With η = 3 the loss went")
    pressed(page, "Go on", STEP)
    tells(page, "after 1 update with η = 0.3: choose a larger rate")
    given(page, "rate", "10")
    assert verdict(page) == ""
    pressed(page, STEP)
    tells(page, "2/3 is done: relu units are dead: off for every sample")
    pressed(page, "Go on")
    first, last = typical_deltas(page)
    assert f"is {first:.2g} in layer 1 and {last:.2g} in the last" in task(page).replace("−", "-")
    assert first < last / 3000  # the answer says: less than a thousandth
    given(page, "activation", "softplus")
    tells(page, "With softplus, typical δ is", "try another activation")
    given(page, "activation", "tanh")
    tells(page, "Solved: with tanh, typical δ is", "it is “less than a thousandth”")


def typical_deltas(page: Any) -> tuple[float, float]:
    """Return the root mean squares of δ in the first and the last layer over all samples."""
    deltas = page.evaluate("""() => playground.split.train.map((i) => {
      const {run, model, dataset: {inputs, targets}} = playground, deltas = [];
      model.program(targets[i]).deltas(run.p, inputs[i], run.targetOf(i), deltas);
      return deltas;
    })""")
    first, last = [x for row in deltas for x in row[:6]], [row[-1] for row in deltas]
    return hypot(*first) / sqrt(len(first)), hypot(*last) / sqrt(len(last))
