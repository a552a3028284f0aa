"""Hunting for slips and voting, in a real browser, as a learner and a class do."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

import looking
from autograd import Value, topological_order
from autograd.view.player import play
from autograd.view.slips import SLIPS
from pages import text, written
from players import network, sums

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


def graph() -> Value:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b + a**2).tanh()
    loss.label = "L"
    return loss


def lesson_two() -> Value:
    a = Value(2.0, label="a")
    b = 2 * a
    c = b + a
    d = c * b + a
    b.label, c.label, d.label = "b", "c", "d"
    return d


def number(shown: str) -> float:
    return float(shown.replace("−", "-"))


def steps_of(page: Any) -> int:
    return int(page.locator(".scrubber").get_attribute("max"))


# -- find the slip


RIGHT: dict[Callable[[], Value], dict[str, list[str]]] = {}


def right_sums(make: Callable[[], Value], show: Open) -> dict[str, list[str]]:
    """Return local derivative and upstream by the heading of each event of a right pass."""
    if make not in RIGHT:
        RIGHT[make] = sums_on(show(play(make())))
    return RIGHT[make]


def sums_on(page: Any) -> dict[str, list[str]]:
    found = {}
    for step in range(steps_of(page) + 1):
        page.locator(".scrubber").fill(str(step))
        if "+=" in text(page, "h2"):
            found[text(page, "h2")] = page.locator(".card .number").all_inner_texts()[:2]
    return found


def first_wrong_step(page: Any, right: dict[str, list[str]]) -> int:
    """Go through the pass as a careful learner does, and return the step that is wrong."""
    had: dict[str, float] = {}
    for step in range(steps_of(page) + 1):
        page.locator(".scrubber").fill(str(step))
        heading = text(page, "h2")
        if "+=" not in heading:
            had = {}  # a pass begins
            continue
        local, upstream, term, total = page.locator(".card .number").all_inner_texts()
        before, after = (number(part) for part in total.split(" → "))
        name = heading.split(" += ")[0]
        sums = [
            (number(local) * number(upstream), number(term)),
            (before + number(term), after),
            (had.get(name, 0.0), before),
        ]
        had[name] = after
        if [local, upstream] != right[heading] or any(
            abs(a - b) > 2e-3 * max(abs(a), abs(b), 0.1) for a, b in sums
        ):
            return step
    raise AssertionError("nothing is wrong")


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_found_by_checking_every_sum(name: str, show: Open) -> None:
    make = lesson_two if name == "order" else graph
    page = show(play(make(), slip=name))
    assert "Click on the first wrong edge" in text(page, ".verdict")
    assert page.locator(".scrubber").input_value() == page.locator(".scrubber").get_attribute("max")
    step = first_wrong_step(page, right_sums(make, show))
    page.locator(".scrubber").fill(str(step))
    page.get_by_role("button", name="This += is wrong").click()
    assert "this += is wrong. What" in text(page, ".verdict"), name


def test_other_edges_are_said_to_be_right_and_where_to_look(show: Open) -> None:
    """In tanh(a·b + a²) the product takes its own factor; the first edges are right."""
    page = show(play(graph(), slip="factor"))
    edges = page.locator(".edge[role=button]")
    assert edges.count() == 6  # not that of the constant
    page.get_by_role("button", name="∂L/∂v₃ += ").focus()
    page.keyboard.press("Enter")
    said = text(page, ".verdict")
    right = "✗ Nothing wrong here: ∂L/∂v₃ += 0.3888 × 1 = 0.3888."
    assert said == f"{right} Look later, farther from L."
    assert page.locator(".blame").is_visible()


def test_an_edge_is_found_by_mouse_repaired_and_seen_in_training(show: Open) -> None:
    root = graph()
    page = show(play(root, slip="overwrite"))
    index = [node.label for node in topological_order(root)].index("a")
    wrong = page.locator(f"#n{index} .grad").text_content()
    root.backward()
    a = topological_order(root)[index]
    assert wrong != f"grad {written(a.grad)}"
    for label in page.locator(".label[data-edge]").all():
        label.click()
        if "this += is wrong. What" in text(page, ".verdict"):
            break
    assert text(page, ".verdict") == "Yes, this += is wrong. What should ∂L/∂a become here?"
    page.keyboard.type(wrong.removeprefix("grad ").replace("−", "-"))
    page.keyboard.press("Enter")
    assert text(page, ".verdict").startswith("✗ Overwritten")
    page.keyboard.press("Control+a")
    page.keyboard.type(f"{a.grad:.4g}")
    page.keyboard.press("Enter")
    assert text(page, ".verdict") == f"Right: {written(a.grad)}. The slip: = in place of +=."
    assert page.locator(f"#n{index} .grad").text_content() == f"grad {written(a.grad)}"
    assert page.locator("svg.curves path").count() == 3
    assert page.locator("svg.curves text").all_text_contents() == ["loss", "step"]
    shown = text(page, ".figure")
    assert ", 300 steps" in shown
    assert f"right: {written(root.data)} →" in shown
    page.click(f"#n{index}")
    assert page.locator(".side li").count() == 2  # its paths, which were kept back
    page.keyboard.press("Escape")
    page.click("button.another")
    assert "One += of this backward pass is wrong" in text(page, ".verdict")
    assert page.locator("svg.curves").count() == 0


def test_who_does_not_find_the_slip_can_have_it_shown(show: Open) -> None:
    root = graph()
    page = show(play(root, slip="sign"))
    page.locator("button.show").click()
    assert text(page, ".verdict").startswith("Revealed: this += is wrong. What should ∂L/∂")
    assert page.locator("button.show").is_hidden()
    page.locator("button.reveal").click()
    assert text(page, ".verdict").startswith("Revealed: ")
    assert "The slip: lost the sign." in text(page, ".verdict")


def test_a_slip_without_harm_to_training_is_said_to_be_one(show: Open) -> None:
    w, c = Value(1.5, label="w"), Value(0.4, label="c").requires_grad_(False)
    page = show(play((w - 4.0) ** 2 + 0.01 * c, slip="twice"))  # steps are twice as large
    page.locator("button.show").click()
    page.locator("button.reveal").click()
    harmless = "Here training goes about as well with the slip, or better"
    eta = float(text(page, ".figure").split("η = ")[1].split(",")[0])
    assert (harmless in text(page, ".figure")) == (eta < 0.5)
    page = show(play((c.requires_grad_() * w).tanh(), slip="sign"))
    page.locator("button.show").click()
    page.locator("button.reveal").click()
    assert harmless not in text(page, ".figure")


def test_another_slip_is_another_one(show: Open) -> None:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    page = show(play(a * b, slip="factor"))  # there are two places for it
    seen = []
    for _ in range(9):
        seen.append(page.locator(".grad").all_text_contents())
        page.click("button.another")
    assert all(one != other for one, other in pairwise(seen))


def test_paths_are_kept_back_until_the_slip_is_repaired(show: Open) -> None:
    page = show(play(graph(), slip="sign"))
    page.click("#n0")
    assert "Its paths show once the slip is repaired" in text(page, ".side")


def test_a_slip_that_no_longer_shows_after_an_edit_is_said(show: Open) -> None:
    a, b = Value(3.0, label="a"), Value(2.0, label="b")
    page = show(play(a * b, slip="factor"))
    page.click("#n0")
    page.locator(".editor input").fill("2")
    page.keyboard.press("Enter")
    assert "the slip does not show" in text(page, ".verdict")
    page.get_by_role("button", name="Undo all").click()
    assert "Click on the first wrong edge" in text(page, ".verdict")


# -- predict and vote


def test_a_class_votes_on_every_number_before_it_is_shown(show: Open) -> None:
    root = graph()
    page = show(play(root, quiz="vote"))
    order = topological_order(root)
    answers = [node.data for node in order if node.parents] + [total for *_, total in sums(root)]
    assert text(page, "h2") in ("Will a grow or shrink?", "Will b grow or shrink?")
    assert [one.text for one in looking.texts(page, ".stage") if any(map(str.isdigit, one.text))
            and one.kind in ("value", "grad", "local")] == []  # fmt: skip
    page.keyboard.press("a")
    assert page.locator(".ballot [aria-pressed=true]").inner_text().split() == ["A", "grow"]
    page.keyboard.press("Enter")
    titles = set()
    for answer in answers:
        page.keyboard.press("Enter")
        while not page.locator(".ballot button").count():  # the seed
            page.keyboard.press("Enter")
        assert "?" in text(page, "h2") + text(page, ".cards")
        choices = page.locator(".ballot .number").all_inner_texts()
        assert written(answer) in choices
        assert len({*choices}) == len(choices)
        right = "ABCD"[choices.index(written(answer))]
        page.keyboard.press(right.lower())
        page.keyboard.press("Enter")
        assert page.locator(".ballot .right b").all_inner_texts() == [right]
        whys = page.locator(".ballot .why").all_inner_texts()
        assert sum(why.startswith("✗ ") for why in whys) == len(choices) - 1
        titles |= {*whys}
    assert text(page, ".verdict") == f"{len(answers)} of {len(answers)} right."
    assert len(titles) > 6
    page.keyboard.press("Enter")
    root.backward()
    a = next(node for node in order if node.label == "a")
    assert text(page, ".verdict") == (
        f"∂L/∂a = {written(a.grad)} is positive: a step against it makes a shrink."
    )
    assert page.locator(".ballot .right .number").inner_text() == "shrink"
    assert page.locator("button.answer").is_hidden()


def test_a_vote_saves_no_number_before_it_is_asked(show: Open) -> None:
    page = show(play(graph(), quiz="vote"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save this moment as SVG").click()
    written = {"".join(text.itertext()) for text in ElementTree.parse(saved.value.path()).iter()
               if text.tag.endswith("}text")}  # fmt: skip
    assert "a" in written
    assert not [text for text in written if re.search("[0-9]", text)]


def test_a_vote_by_mouse_and_a_wrong_one(show: Open) -> None:
    page = show(play(graph(), quiz="vote"))
    page.get_by_role("button", name="Go on without a guess").click()
    page.get_by_role("button", name="Next").click()
    choices = page.locator(".ballot .number").all_inner_texts()
    wrong = next(k for k, choice in enumerate(choices) if choice != "−3.3")
    page.locator(".ballot button").nth(wrong).click()
    assert page.locator("#n2 .value, #n3 .value").first.text_content() != "−3.3"
    page.get_by_role("button", name="Show answer").click()
    assert text(page, ".verdict") == "0 of 1 right."
    assert "✗" in page.locator(".ballot button").nth(wrong).inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert text(page, "h2").startswith("v₁ = a · b")
    assert page.get_by_role("button", name="Show answer").count() == 0


def test_a_vote_in_the_output_of_a_notebook(show: Open) -> None:
    shown = play(graph(), quiz="vote")._repr_html_()
    page = show(f"<!doctype html><meta charset=utf-8>{shown}")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Go on without a guess").click()
    frame.get_by_role("button", name="Next").click()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    assert frame.locator(".ballot .right .number").inner_text() == "−3.3"


def test_a_slip_is_repaired_in_the_output_of_a_notebook(show: Open) -> None:
    shown = play(graph(), slip="path")._repr_html_()
    page = show(f"<!doctype html><meta charset=utf-8>{shown}")
    frame = page.frame_locator("iframe")
    edges = frame.locator(".edge[role=button]")
    edges.first.wait_for()
    for k in range(edges.count()):
        edges.nth(k).focus()
        page.keyboard.press("Enter")
        if "this += is wrong. What" in frame.locator(".verdict").inner_text():
            break
    page.keyboard.type("no")
    page.keyboard.press("Enter")
    assert "not a number" in frame.locator(".verdict").inner_text()
    frame.locator("button.reveal").click()
    assert frame.locator("svg.curves").is_visible()


# -- looks


@pytest.mark.parametrize(
    ("screen", "theme"), [*((screen, "light") for screen in looking.SCREENS), ("laptop", "dark")]
)
@pytest.mark.parametrize("mode", ["vote", "hunt"])
def test_both_are_readable_on_every_screen(mode: str, screen: str, theme: str, show: Open) -> None:
    lesson = play(graph(), quiz="vote") if mode == "vote" else play(graph(), slip="twice")
    page = show(lesson, screen, color_scheme=theme)

    def complaints() -> list[str]:
        found = looking.texts(page)
        return [
            *looking.small(found),
            *looking.faint(found),
            *looking.concealed(found),
            *map(str, looking.collisions(found)),
            *["wider than the screen"][: int(looking.overflow(page) > 0)],
        ]

    assert complaints() == []
    if mode == "vote":
        for _ in range(5):
            page.keyboard.press("Enter")
        page.keyboard.press("a")
        assert complaints() == []
        page.keyboard.press("Enter")
        assert complaints() == []
    else:
        step = first_wrong_step(page, right_sums(graph, show))
        page.locator(".scrubber").fill(str(step))
        page.click("button.blame")
        assert complaints() == []
        page.click("button.reveal")
        assert complaints() == []


@pytest.mark.parametrize("detail", ["scalar", "neuron"])
def test_a_vote_is_large_enough_for_the_last_row(detail: str, show: Open) -> None:
    page = show(network(3, 1, quiz="vote", detail=detail), "projector")
    for _ in range(4):
        page.keyboard.press("Enter")
    shown = looking.texts(page, ".event")
    assert {one.text for one in shown} >= {"A", "B", "C", "D", "Show answer"}
    page.keyboard.press("Enter")
    for part in (".event", ".stage"):
        shown = looking.texts(page, part)
        assert len(shown) > 6
        assert looking.small(shown, 0.02 * 1080) == []
