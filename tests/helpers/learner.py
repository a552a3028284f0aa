"""What a learner does with a player: predicts, edits, zooms and drags."""

from __future__ import annotations

import math
from typing import Any

EXPRESSION = """\
from autograd import Value
from autograd.view import play
a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(4.0, label="c")
y = (a * b + c).tanh()
y.label = "y"
play(y, quiz=True)
"""


def works_with_a_quiz(page: Any, player: Any) -> None:
    """Do everything that a mouse and a keyboard can do with a quiz on EXPRESSION.

    Parameters
    ----------
    page : playwright.sync_api.Page
        Whose mouse and keyboard it is.
    player : Page, FrameLocator or Locator
        Where the quiz is: the page itself, a frame of it, or a part of it.
    """
    predicts(player)
    edits(player)
    drags_and_zooms(page, player)


def predicts(player: Any) -> None:
    player.get_by_role("button", name="To the end").click()
    player.get_by_role("button", name="Step", exact=True).click()
    answer, verdict = player.get_by_label("Your prediction"), player.locator(".verdict")
    answer.fill("1")
    player.get_by_role("button", name="Check").click()
    verdict.get_by_text("Passed on unchanged").wait_for()
    answer.fill("0.07065")
    player.get_by_role("button", name="Check").click()
    verdict.get_by_text("Right. 0 of 1 right at the first try.").wait_for()
    player.locator("#n4").get_by_text("grad 0.07065").wait_for()


def edits(player: Any) -> None:
    player.locator("#n1").click()
    player.get_by_label("Value of b").fill("-1.5")
    player.get_by_role("button", name="Set").click()
    player.locator("#n1").get_by_text("−1.5", exact=True).wait_for()
    result = f"{math.tanh(2.0 * -1.5 + 4.0):.4g}"
    player.locator("#n5").get_by_text(result, exact=True).wait_for()
    player.get_by_role("button", name="Close").click()


def drags_and_zooms(page: Any, player: Any) -> None:
    picture, scroller = player.locator(".stage svg"), player.locator(".scroller")
    before = picture.bounding_box()["width"]
    for _ in range(4):
        player.get_by_role("button", name="Zoom in").click()
    assert picture.bounding_box()["width"] > 2 * before
    start = scroller.evaluate("(scroller) => [scroller.scrollLeft, scroller.scrollTop]")
    frame = scroller.bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=5)
    page.mouse.up()
    end = scroller.evaluate("(scroller) => [scroller.scrollLeft, scroller.scrollTop]")
    assert [round(a - b) for a, b in zip(start, end)] == [60, 40]
    assert player.locator(".side").is_hidden()  # a drag is no click
    player.get_by_role("button", name="Fit").click()
    assert picture.bounding_box()["width"] <= frame["width"] + 1
