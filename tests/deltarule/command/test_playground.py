"""`deltarule playground`: the page that it writes, and what is there already."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

import pytest

from deltarule.command import main, playground

opened: list[str] = []


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    opened.clear()
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)


def test_a_page_is_written_and_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["playground"]) == 0
    path = tmp_path / "playground.html"
    assert "<title>deltarule playground</title>" in path.read_text(encoding="utf-8")
    assert path.stat().st_size < 150_000
    assert opened == [path.as_uri()]
    assert capsys.readouterr().out == f"the playground is in {path}\n"


def test_a_page_of_ours_is_replaced_and_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "mine.html"
    path.write_text("<!doctype html><title>deltarule playground</title> of an earlier version")
    assert main(["playground", "mine.html", "--no-open"]) == 0
    assert "earlier version" not in path.read_text(encoding="utf-8")
    assert opened == []


@pytest.mark.parametrize("name", ["taken.html", "folder.html", "none/page.html", "page.txt"])
def test_what_is_in_the_way_stays(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken.html").write_text("my homepage")
    (tmp_path / "folder.html").mkdir()
    assert main(["playground", name]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.startswith("deltarule: ")) == ("", 1, True)
    words = {"taken": "another name", "folder": "is a folder", "none": "no folder", "page": ".html"}
    assert next(word for key, word in words.items() if name.startswith(key)) in err
    assert (tmp_path / "taken.html").read_text() == "my homepage"
    assert sorted(os.listdir(tmp_path)) == ["folder.html", "taken.html"]
    assert opened == []


def test_without_a_browser_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(url: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    for broken in (fails, lambda url: False):
        monkeypatch.setattr(playground.webbrowser, "open", broken)
        assert main(["playground"]) == 0
        assert "no browser could be opened" in capsys.readouterr().out
