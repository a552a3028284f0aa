"""The page report.html: what it says, of whatever table, and the command that repeats it."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from commands import points, table
from deltarule.command import pictures, train
from deltarule.command.arguments import Parser
from deltarule.command.report import sample
from deltarule.command.report.page import page
from deltarule.command.report.repeat import arguments as arguments_of
from deltarule.command.report.repeat import quoted
from deltarule.command.task import Task
from nn import History

pytest.importorskip("matplotlib")

LONG = "A" * 5000
HOSTILE = [
    "<script>alert(1)</script>", "</script><!--", '"\' onload=alert(1) x="', "\u202egnp.exe",
    "\x1b[31mred\x07", "</style></title>", LONG,
]  # fmt: skip


def parsed(*arguments: object) -> argparse.Namespace:
    parser = Parser()
    train.declare(parser.add_subparsers())
    return parser.parse_args(["train", *map(str, arguments)])


@pytest.fixture
def of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The page of a network that has learnt nothing; without the player, which has its tests."""
    nothing = sample.Part("")
    monkeypatch.setattr("deltarule.command.report.page.part", lambda task, drawn: nothing)

    def of(*arguments: object, history: History | None = None) -> str:
        return page(Task(parsed(*arguments)), history or History([{"train_loss": 1.0}]), {})

    return of


def words(html: str) -> str:
    """What is read on a page."""
    found: list[str] = []

    class Words(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(" " * (tag not in ("bdi", "b", "i", "sub", "code")))

        def handle_data(self, data: str) -> None:
            found.append(data)

    Words().feed(html.partition("<main>")[2].partition("<script>")[0])
    return " ".join("".join(found).split())


def test_it_says_what_was_read_and_what_a_guess_gets_right(
    of: Callable[..., str], tmp_path: Path
) -> None:
    rows = [[x, y, "bee" if k % 4 else "ant"] for k, (x, y, _) in enumerate(points(2))]
    data = table(tmp_path / "small.csv", "x,y,animal", rows)
    text = words(of(data, "--target", "animal", "--seed", 3))
    n = len(rows)
    share = re.search(r"of the held-out samples right (\d+) of (\d+); always ‘bee’ would be", text)
    assert share
    assert int(share[2]) == n // 4
    for said in ("deltarule train · ", "small ", "to predict animal", f"ant ({n // 4}), ",
                 "2 inputs x, y", f"{n - n // 4} to train on, {n // 4} held out for testing",
                 "this network, training", "seed 3"):  # fmt: skip
        assert said in text


def test_it_says_how_far_off_numbers_are(of: Callable[..., str], tmp_path: Path) -> None:
    """The mean of equal targets is never off: its bar has no length."""
    data = table(tmp_path / "one.csv", "x,y", [[k, 7.5] for k in range(40)])
    text = words(of(data, "--target", "y", "--task", "regression"))
    assert (
        "off, typically, on the held-out samples RMSE of 10; always the mean of the training"
        in text
    )
    assert "targets, 7.5, would be 0" in text
    assert "targets numbers from 7.5 to 7.5" in text


@pytest.mark.parametrize("stopped", ["interrupted", "diverged", "epochs"])
def test_it_says_how_training_ended(of: Callable[..., str], stopped: str) -> None:
    text = words(of("xor", history=History([{"train_loss": 1.0}], stopped)))
    assert ("Training was interrupted" in text) == (stopped == "interrupted")
    assert ("The same numbers again" in text) != (stopped == "interrupted")
    assert ("Training diverged" in text) == (stopped == "diverged")
    assert "4, all to train on and to test with" in text


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_names_are_harmless(of: Callable[..., str], tmp_path: Path, name: str) -> None:
    """As a column, a class and the target: no tag and no attribute of them, nothing unseen."""
    quoted = '"' + name.replace('"', '""') + '"'
    rows: list[list[object]] = [[k, -k, quoted if k % 2 else "other"] for k in range(40)]
    data = table(tmp_path / "data.csv", f"{quoted},y,t", rows)
    html = of(data, "--target", "t")
    tags: set[str] = set()
    attributes: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update(key for key, _ in attrs)

    Tags().feed(html)
    assert not tags & {"img", "iframe", "svg"}
    assert html.count("<script") == html.count("</script>") == 1
    assert not {key for key in attributes if key.startswith("on")}
    assert all(c == "\n" or c.isprintable() for c in html)
    assert "A" * 100 not in html.partition("<pre")[0]
    if name != LONG:
        assert words(html).count(name.encode("unicode_escape").decode()[:6].strip("\"'")) >= 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names of files")
def test_names_of_files_are_harmless(of: Callable[..., str], tmp_path: Path) -> None:
    data = table(tmp_path / "<b>\x1b[31m\u202e&.csv", "x,t", [[k, k % 2] for k in range(40)])
    html = of(data, "--target", "t")
    assert "<b>\\" not in html
    assert all(c == "\n" or c.isprintable() for c in html)
    assert html.count("&lt;b&gt;\\x1b[31m\\u202e&amp;") >= 3  # the title, the heading, the path


@pytest.mark.parametrize(
    "arguments",
    [
        ["xor"],
        ["moons", "--layers", "8,8", "--lr", "0.1", "--epochs", "3", "--test-size", "0.5"],
        ["my file.csv", "--target", "$x 'y'", "--task", "regression", "--seed", "7"],
        ["a.csv", "--target", "t", "--drop", 'id,"price, net"', "--no-header", "--decimal", ","],
        ["a.csv", "--target=-t", "--features", "a", "--layers", "", "--output", "a folder"],
    ],
)
def test_the_command_is_the_one_that_was_typed(arguments: list[str]) -> None:
    """Read again it has the same options, whatever is in them."""
    given = parsed(*arguments)
    assert parsed(*shlex.split(" ".join(quoted(arguments_of(given))))) == given


def test_what_cannot_be_seen_is_an_escape_in_the_command() -> None:
    options = argparse.Namespace(data="a.csv", target="\x1b[31m'x\\\u202e")
    typed = " ".join(quoted(arguments_of(options)))
    assert typed == r"a.csv --target $'\u001b[31m\'x\\\u202e'"


def test_it_is_its_own(tmp_path: Path) -> None:
    """Also where it is all that there is of a run; one of somebody else is not."""
    run = pictures.Run(Task(parsed("and")), History([{"train_loss": 1.0}]))
    content: Any = pictures.PICTURES["report.html"](run)
    (tmp_path / "report.html").write_bytes(content)
    assert pictures.is_own(tmp_path / "report.html")
    (tmp_path / "report.html").write_bytes(b"<!doctype html>mine")
    assert not pictures.is_own(tmp_path / "report.html")
    text = content.decode()
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "default-src 'none'" in text
    assert "unpack(" in text
