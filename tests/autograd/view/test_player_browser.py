"""The player in a real browser, with the network off."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from autograd import Value, topological_order
from autograd.view.player import play
from learner import works_with_a_quiz
from pages import lines, press, text, written
from players import PAYLOADS, expression, network, sums

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


def numbers_of(page: Any) -> dict[str, Any]:
    """Return what the cards show of an addition."""
    cards = page.locator(".card .number").all_inner_texts()
    return dict(zip(("local", "upstream", "term", "sum"), cards, strict=True))


# -- stepping


def test_every_event_shows_pythons_numbers(show: Open) -> None:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(4.0, label="c")
    y = (a * b + c).tanh() + a
    page = show(play(y))
    order = topological_order(y)
    computed = [node for node in order if node.parents]
    assert text(page, "h2") == "The leaves are given"
    for node in computed:
        press(page, "ArrowRight")
        assert page.locator(".card.result .number").inner_text() == written(node.data)
        assert written(node.data) in lines(page, order.index(node))
    press(page, "ArrowRight")
    assert text(page, "h2").endswith("= 1")
    totals: dict[int, str] = {}
    for _, parent, local, upstream, total in sums(y):
        before = totals.get(parent, "0")
        totals[parent] = written(total)
        press(page, "ArrowRight")
        shown = numbers_of(page)
        assert (shown["local"], shown["upstream"]) == (written(local), written(upstream))
        term = written(local * upstream)
        assert shown["term"] == term
        term = f"({term})" if term.startswith("−") else term
        assert shown["sum"] == f"{before} + {term} = {totals[parent]}"
        assert f"grad {totals[parent]}" in lines(page, parent)
    assert page.locator(".scrubber").input_value() == page.locator(".scrubber").get_attribute("max")
    press(page, "ArrowRight")
    assert text(page, ".counter").startswith("backward")


def test_buttons_scrubber_and_play(show: Open) -> None:
    page = show(expression())
    page.click("button.next")
    assert text(page, ".counter") == "forward 1 / 9"
    assert text(page, "h2") == "v₁ = a · b"
    assert lines(page, 4) == ["v₂ +"]  # not known yet
    page.click("button.last")
    assert text(page, ".counter") == "backward 9 / 9"
    page.click("button.back")
    assert text(page, ".counter") == "backward 8 / 9"
    page.locator(".scrubber").fill("3")
    assert text(page, ".counter") == "forward 3 / 9"
    assert lines(page, 0) == ["a", "2"]
    page.click("button.first")
    page.click("button.play")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.locator(".counter", has_text="2 / 9").wait_for()
    page.click("button.play")
    assert page.get_by_role("button", name="Play").is_visible()


def test_all_of_it_by_keyboard(show: Open) -> None:
    page = show(expression())
    press(page, "End")
    assert text(page, ".counter") == "backward 9 / 9"
    press(page, "Home")
    assert text(page, ".counter") == "forward 0 / 9"
    press(page, " ")
    assert page.get_by_role("button", name="Pause").is_visible()
    press(page, " ")
    press(page, "ArrowRight", times=2)
    press(page, "ArrowLeft")
    assert text(page, ".counter") == "forward 1 / 9"
    width = page.locator(".stage svg").bounding_box()["width"]
    press(page, "+")
    assert page.locator(".stage svg").bounding_box()["width"] == pytest.approx(1.25 * width)
    press(page, "0")
    assert page.locator(".stage svg").bounding_box()["width"] == pytest.approx(width)
    for _ in range(30):
        press(page, "Tab")
        if page.evaluate("document.activeElement.id") == "n0":
            break
    assert text(page, ".hint").startswith("a = 2")
    press(page, "Enter")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    press(page, "Control+a")
    page.keyboard.type("5")
    press(page, "Enter")
    assert lines(page, 0)[1] == "5"
    press(page, "Escape")
    assert page.locator(".side").is_hidden()


def test_everything_has_a_name_for_screen_readers(show: Open) -> None:
    page = show(network(3, 1))
    press(page, "ArrowRight", times=16)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button,input,select,[role=button]')].filter((e) => "
        "!(e.getAttribute('aria-label') || e.textContent.trim())).length"
    )
    assert unnamed == 0
    said = page.locator("[role=status].said")
    assert said.get_attribute("aria-live") == "polite"
    assert "times" in said.inner_text()
    label = page.locator("#n0").get_attribute("aria-label")
    assert re.match(r"w₁₁⁽.⁾ = −?0\.\d+", label)


# -- looking closer


def test_hovering_shows_the_formula_with_numbers(show: Open) -> None:
    page = show(expression())
    press(page, "End")
    page.hover("#n3")
    assert text(page, ".hint") == "v₁ = a · b = 2 · (−3) = −6, ∂y/∂v₁ = 0.07065"
    page.mouse.move(640, 5)
    assert page.locator(".hint").is_hidden()


def test_choosing_a_leaf_shows_its_paths_and_their_sum(show: Open) -> None:
    a = Value(1.0, label="a")
    b = 2 * a
    b.label = "b"
    c = b + a
    c.label = "c"
    d = c * b + a
    d.label = "d"
    page = show(play(d))
    page.click("#n0")
    assert text(page, ".sum") == "∂d/∂a = 13"
    found = page.locator(".side li").all_inner_texts()
    assert len(found) == 4
    assert sum(float(line.split("=")[-1].replace("−", "-")) for line in found) == 13
    assert page.locator(".node.path[id]").count() == 5
    direct = page.locator(".side li", has=page.get_by_text("a → d", exact=True))
    direct.hover()
    assert page.locator(".node.path[id]").count() == 2
    page.mouse.move(640, 5)
    press(page, "Escape")
    assert page.locator(".path[id]").count() == 0


def test_more_paths_than_fit_are_counted(show: Open) -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(10):
        y = y + y
    page = show(play(y))
    page.click("#n0")
    assert page.locator(".side li").count() == 12
    assert "1024 paths to v₁₀, of which the first 12 are" in text(page, ".side")
    assert text(page, ".sum").endswith("= 1024")


def test_what_is_not_selected_is_said_to_contribute_nothing(show: Open) -> None:
    page = show(play(Value(-1.0, label="x").relu() ** 0.5))
    press(page, "End")
    assert "nothing: ReLU(x) has slope 0 here" in text(page, "h2")
    cards = text(page, ".cards")
    assert "nothing: slope 0" in cards
    assert "0 + 0 = 0" in cards
    page.click("#n0")
    assert text(page, ".side li").endswith("nothing · inf = 0")


def test_editing_a_leaf_recomputes_both_passes(show: Open) -> None:
    page = show(expression())
    press(page, "End")
    page.click("#n1")
    page.locator(".editor input").fill("-1.5")
    press(page, "Enter")
    a, b, c = Value(2.0), Value(-1.5), Value(4.0)
    y = (a * b + c).tanh()
    y.backward()
    expected = {0: a, 1: b, 2: c, 5: y}
    for key, node in expected.items():
        assert lines(page, key)[1:] == [written(node.data), f"grad {written(node.grad)}"]
    changed = page.locator("svg .node.changed[id]")
    assert changed.evaluate_all("nodes => nodes.map((node) => node.id)") == ["n1", "n3", "n4", "n5"]
    page.hover("#n3")
    assert "(was −6)" in text(page, ".hint")
    page.locator(".editor input").fill("nothing")
    press(page, "Enter")
    assert page.locator(".editor input").get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Undo all").click()
    assert lines(page, 1)[1] == "−3"
    assert page.locator("svg .node.changed[id]").count() == 0


# -- levels of detail


def test_units_show_z_and_delta_as_events_reach_them(show: Open) -> None:
    lesson = network(3, 1, detail="neuron")
    page = show(lesson)
    names = [node["t"] for node in lesson.data["nodes"]]
    facts, members = (lesson.data["levels"]["neuron"][key] for key in ("facts", "members"))
    unit = next(k for k, group in enumerate(members) if names.index("a₁⁽¹⁾") in group)
    assert facts[unit][0] == ["", "v", names.index("z₁⁽¹⁾")]
    assert facts[unit][1] == ["δ ", "g", names.index("a₁⁽¹⁾")]
    assert lines(page, unit) == ["z₁⁽¹⁾ tanh", "b 0"]
    heading = ""
    while not heading.startswith("z₁⁽¹⁾ ="):
        press(page, "ArrowRight")
        heading = text(page, "h2")
    z = page.locator(".card.result .number").inner_text()
    assert lines(page, unit) == ["z₁⁽¹⁾ tanh", z, "b 0"]
    while not heading.startswith("δ₁⁽¹⁾ +="):
        press(page, "ArrowRight")
        heading = text(page, "h2")
    delta = page.locator(".card.result .number").inner_text().split("= ")[-1]
    assert lines(page, unit) == ["z₁⁽¹⁾ tanh", z, f"δ {delta}", "b 0"]
    weights = lesson.data["levels"]["neuron"]["weights"]
    edge = weights.index(names.index("w₁₁⁽¹⁾"))
    page.locator(f'.label[data-edge="{edge}"] text').first.click()
    assert text(page, ".side h2") == "w₁₁⁽¹⁾"
    assert page.locator(f"#n{unit}.path").count() == 1


def test_the_level_can_be_changed_on_the_way(show: Open) -> None:
    page = show(network(3, 1))
    press(page, "End")
    assert page.locator("svg #n0").count() == 1
    assert page.locator("svg .node.unit[id]").count() == 0
    page.get_by_label("Level of detail").select_option("neuron")
    assert page.locator("svg .node.unit[id]").count() == 4
    assert text(page, ".counter") == "backward 41 / 41"
    page.get_by_label("Level of detail").select_option("layer")
    assert page.locator("svg .node.layer[id]").count() == 2
    assert "‖δ‖" in " ".join(lines(page, 1))


# -- predict, then reveal


def test_a_quiz_says_right_or_which_mistake(show: Open) -> None:
    page = show(expression(quiz=True))
    press(page, "End")
    assert text(page, ".counter") == "backward 4 / 9"  # the seed, and no further
    assert lines(page, 4) == ["v₂ +", "−2"]
    page.click("#n0")
    assert "once all gradients are predicted" in text(page, ".side")
    press(page, "Escape")
    press(page, "ArrowRight")
    assert "what does ∂y/∂v₂ become?" in text(page, "h2")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Your prediction"
    for typed, words in {"1": "Passed on unchanged", "-0.0707": "sign", "9": "Not yet"}.items():
        page.keyboard.type(typed)
        press(page, "Enter")
        assert words in text(page, ".verdict"), typed
    page.keyboard.type("0.071")
    press(page, "Enter")
    assert text(page, ".verdict") == "Right. 0 of 1 right at the first try."
    assert lines(page, 4) == ["v₂ +", "−2", "grad 0.07065"]
    press(page, "Enter")
    page.keyboard.type("0.07065")
    press(page, "Enter")
    assert text(page, ".verdict") == "Right. 1 of 2 right at the first try."
    press(page, "Enter")
    page.click("button.reveal")
    assert text(page, ".verdict").startswith("Revealed. 1 of 3")
    for _ in range(2):
        press(page, "Enter")
        page.click("button.reveal")
    assert text(page, ".verdict").endswith("that was all.")
    page.click("#n0")
    assert page.locator(".side li").count() == 1


def test_a_quiz_knows_overwritten_totals_and_stale_gradients(show: Open) -> None:
    a = Value(3.0, label="a")
    page = show(play(a * a * a, quiz=True))
    press(page, "End")
    press(page, "ArrowRight")
    page.keyboard.type("3")  # ∂E/∂v₁ = a
    press(page, "Enter")
    press(page, "Enter")
    page.keyboard.type("9")  # the first of three contributions to ∂E/∂a
    press(page, "Enter")
    press(page, "Enter")
    page.keyboard.type("9")
    press(page, "Enter")
    assert "Overwritten" in text(page, ".verdict")
    page.keyboard.type("18")
    press(page, "Enter")
    page.click("#n0")
    page.locator(".editor input").fill("5")
    press(page, "Enter")
    press(page, "Escape")
    page.click("button.next")
    page.keyboard.type("3")
    press(page, "Enter")
    assert "stale" in text(page, ".verdict")


# -- safety


def test_labels_show_as_text_and_run_nothing(show: Open) -> None:
    total = Value(0.5, label="sum")
    for label in PAYLOADS:
        total = total * Value(1.0, label=label)
    total.label = PAYLOADS[0]
    page = show(play(total))
    press(page, "End")
    for key in range(len(PAYLOADS)):
        page.locator(f"#n{key}").focus()
        press(page, "Enter")
        press(page, "Escape")
    assert page.locator("script,img,b,a,iframe,object,foreignObject").count() == 0
    assert "<script>" in page.locator(".player").inner_text()
    attributes = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames())"
        ".filter((name) => name.startsWith('on') || name.endsWith('href'))"
    )
    assert attributes == []


def test_the_output_of_a_notebook_comes_to_life(show: Open) -> None:
    page = show(f"<!doctype html><meta charset=utf-8>{expression()._repr_html_()}")
    frame = page.frame_locator("iframe")
    frame.locator("button.last").click()
    assert "backward 9 / 9" in frame.locator(".counter").inner_text()
    assert page.locator("img, p").count() == 0


def test_without_scripts_the_picture_stays(show: Open) -> None:
    shown = expression()._repr_html_()
    page = show(f"<!doctype html>{re.sub('<script>.*</script>', '', shown, flags=re.DOTALL)}")
    assert page.evaluate("document.querySelector('img').naturalWidth") > 100
    page = show(f"<!doctype html>{shown}", java_script_enabled=False)
    assert page.locator("img").is_visible()
    assert page.get_by_text("run this cell for the player").is_visible()


def test_it_stays_alive_in_an_exported_notebook(show: Open) -> None:
    nbformat = pytest.importorskip("nbformat")
    export = pytest.importorskip("nbconvert").HTMLExporter
    lesson = expression(quiz=True)
    output = nbformat.v4.new_output(
        "display_data", {"text/html": lesson._repr_html_(), "text/plain": repr(lesson)}
    )
    cell = nbformat.v4.new_code_cell("play(y)", outputs=[output], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    body, _ = export().from_notebook_node(notebook)
    page = show(body, strict=False)  # nbconvert's own page asks for MathJax
    works_with_a_quiz(page, page.frame_locator("iframe"))


def test_a_saved_page_works_with_a_mouse(show: Open) -> None:
    page = show(expression(quiz=True))
    works_with_a_quiz(page, page)


def test_dark_and_light_follow_the_reader(show: Open) -> None:
    colours = {
        scheme: show(expression(), color_scheme=scheme).evaluate(
            "getComputedStyle(document.querySelector('.player')).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert colours["light"] == "rgb(255, 255, 255)"
    assert colours["dark"] != colours["light"]


def test_nothing_overlaps_or_is_cut_off(show: Open) -> None:
    """Boxes of the parts of the page, on a projector and in a narrow notebook cell."""
    for lesson in (expression(), network(3, 1, detail="neuron")):
        page = show(lesson)
        for width, height in ((1280, 720), (760, 600)):
            page.set_viewport_size({"width": width, "height": height})
            press(page, "End")
            page.wait_for_timeout(100)
            boxes = page.evaluate(
                "['.bar', '.event', '.stage', '.foot'].map((s) => "
                "document.querySelector(s).getBoundingClientRect().toJSON())"
            )
            for above, below in pairwise(boxes):
                assert above["bottom"] <= below["top"], json.dumps(boxes)
            assert boxes[-1]["bottom"] <= height
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert boxes[2]["height"] > 160
