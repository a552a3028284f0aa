"""What the player says: of paths, sums, selections and updates, and when it asks for numbers."""

from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value, maximum, topological_order
from autograd.view.player import play
from pages import press, text, until, written
from players import expression, network, sums

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


# -- of the chosen number


def test_paths_are_counted_in_words_and_after_an_edit_are_those_after(show: Open) -> None:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(4.0, label="c")
    y = (a * b + c) * a
    y.label = "y"
    page = show(play(y))
    page.click("#n0")
    assert text(page, ".side > p:not(.sum)") == "The sum over 2 paths to y:"
    assert page.locator(".side li").count() == 2
    page.click("#n2")
    assert text(page, ".side h2") == "c"
    assert text(page, ".side > p:not(.sum)") == "One path to y:"
    page.get_by_label("Value of c").fill("5")
    press(page, "Enter")
    page.get_by_role("button", name="difference").click()
    assert "After: One path to y:" in text(page, ".side")


def test_what_is_added_so_far_is_said_with_how_much_is_to_come(show: Open) -> None:
    x = Value(3.0, label="x")
    y = x * x * x
    y.label = "y"
    page = show(play(y))
    totals = [written(total) for _, parent, *_, total in sums(y) if parent == 0]
    assert len(totals) == 3
    until(page, "∂y/∂x +=")
    for left in (2, 1):
        page.hover("#n0")
        assert text(page, ".hint") == f"x = 3, ∂y/∂x = {totals[2 - left]} so far, {left} to come"
        page.mouse.move(640, 5)
        press(page, "ArrowRight")
    page.hover("#n0")
    assert text(page, ".hint") == f"x = 3, ∂y/∂x = {totals[2]}"


# -- of an event


def test_what_is_not_selected_is_named(show: Open) -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = maximum(a, b)
    y.label = "y"
    page = show(play(y))
    press(page, "End")
    assert text(page, "h2") == "∂y/∂b += nothing: b is not selected"
    assert "nothing: not selected" in text(page, ".cards")


def test_where_a_gradient_ceases_to_be_finite_is_named(show: Open) -> None:
    x = Value(0.0, label="x")
    u = 2 * x
    u.label = "u"
    y = u**0.5
    y.label = "y"
    page = show(play(y))
    press(page, "End")
    assert text(page, ".note") == "not finite since ∂y/∂u"


def test_the_cards_of_an_update_say_what_their_numbers_are(show: Open) -> None:
    w = Value(3.0, label="w")
    E = w * w
    E.label = "E"
    page = show(play(E, update=0.25))
    assert text(page, ".cards") == "Step forward: each number follows from those before it."
    press(page, "End")
    labels = page.locator(".card .label").all_inner_texts()
    assert labels == ["w", "learning rate η", "∂E/∂w", "new w"]
    assert text(page, ".note") == "pale and in italics: still of the old weights"
    assert page.locator("#n1 .value.stale").text_content() == "9"


# -- what is asked


def test_a_quiz_begins_anew_after_going_forward_again(show: Open) -> None:
    """With no verdict of the last round, the new numbers, and old gradients called stale."""
    w = Value(3.0, label="w")
    E = w * w * w
    E.label = "E"
    page = show(play(E, update=0.1, quiz=True))
    press(page, "End")
    for answer in ("3", "9", "18"):
        press(page, "ArrowRight")
        page.keyboard.type(answer)
        press(page, "Enter")
    press(page, "ArrowRight")
    page.click("button.reveal")
    assert text(page, ".verdict") == "Revealed. 3 of 4 right at the first try; that was all."
    press(page, "End")
    page.get_by_role("button", name="Forward again").click()
    new = 3.0 - 0.1 * 27.0
    assert text(page, ".verdict") == ""
    assert text(page, "h2") == "E = v₁ · w"
    assert text(page, ".note") == f"E: 27 → {written(new**3)}"
    assert page.get_by_label("Your prediction").is_hidden()
    press(page, "End", "ArrowRight")
    assert text(page, "h2") == "E = v₁ · w: what does ∂E/∂v₁ become?"
    assert text(page, ".said").endswith("Upstream 1, total so far 0.")
    page.keyboard.type("3")  # of the pass before
    press(page, "Enter")
    assert text(page, ".verdict").startswith("✗ A stale gradient")
    page.keyboard.type(f"{new:.4f}")
    press(page, "Enter")
    assert text(page, ".verdict") == "Right. 0 of 1 right at the first try."
    page.locator("#n0").click()
    assert "Its paths show once all gradients are predicted." in text(page, ".side")


def test_a_quiz_says_when_an_earlier_path_is_forgotten(show: Open) -> None:
    a = Value(1.0, label="a")
    b, c, d = (Value(x, label=name) for x, name in ((1.5, "b"), (2.25, "c"), (-4.1, "d")))
    y = a * b + a * c + a * d
    y.label = "y"
    i = topological_order(y).index(a)
    first, second, third = [total for _, parent, *_, total in sums(y) if parent == i]
    page = show(play(y, quiz=True))
    press(page, "End", "ArrowRight")
    while f"total so far {written(second)}." not in text(page, ".said"):
        page.click("button.reveal")
        press(page, "Enter")
    assert text(page, "h2").endswith("what does ∂y/∂a become?")
    page.keyboard.type(f"{third - (second - first):.4g}")
    press(page, "Enter")
    assert text(page, ".verdict").startswith("✗ Forgot a path: the contribution of an earlier edge")
    page.keyboard.type(f"{third:.4g}")
    press(page, "Enter")
    assert text(page, ".verdict").startswith("Right.")


def test_a_question_says_what_the_picture_does_not_show(show: Open) -> None:
    """At the level of neurons the logit's sign is turned within the error's box."""
    unit = nn.Neuron(1, rng=0)
    unit.w[0].data, unit.b.data = 2.0, -1.0
    E = nn.binary_cross_entropy_with_logits(unit([1.5]), 1)
    E.label = "E"
    page = show(play(E, detail="neuron", quiz=True))
    press(page, "End", "ArrowRight")
    assert text(page, "h2") == "E = ln(1 + e^v₁), where v₁ = −y₁⁽¹⁾ = −2: what does ∂E/∂v₁ become?"


def test_the_questions_of_a_vote_name_the_operands(show: Open) -> None:
    page = show(expression(quiz="vote"))
    asked = []
    for _ in range(40):
        if page.locator(".ballot button").count() and page.locator(".ballot .why:empty").count():
            asked.append(text(page, "h2"))
        press(page, "Enter")
    assert [words for words in asked if words.endswith("= ?")] == [
        "v₁ = a · b = ?",
        "v₂ = v₁ + c = ?",
        "y = tanh(v₂) = ?",
    ]
    assert "v₁ = a · b: what does ∂y/∂a become?" in asked


def test_a_vote_keeps_a_guess_and_goes_on_without(show: Open) -> None:
    page = show(network(1, quiz="vote"))
    answer = page.locator("button.answer")
    assert answer.inner_text() == "Go on without a guess"
    press(page, "a")
    assert answer.inner_text() == "Keep the guess"
    press(page, "a")
    assert answer.inner_text() == "Go on without a guess"


# -- the address


def test_an_edit_in_the_address_is_made_when_it_changes_and_taken_back_without(
    show: Open,
) -> None:
    page = show(expression(), state="#step=9&x1=-1.5")
    assert page.locator("#n1 .value").text_content() == "−1.5"
    assert text(page, ".counter") == "backward 9 / 9"
    for address, shown in (("#x1=0.25&x2=x", "0.25"), ("#step=9", "−3")):
        page.evaluate("(hash) => { location.hash = hash; }", address)
        page.locator("#n1").get_by_text(shown, exact=True).wait_for()
        assert page.locator("#n2 .value").text_content() == "4"
