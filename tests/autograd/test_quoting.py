"""Text of the user in messages and on terminals."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd.quoting import clipped, short, visible

ROOT = Path(autograd.__file__).parents[1]
CODE = [path for name in ("autograd", "nn", "deltarule") for path in (ROOT / name).rglob("*.py")]
HOSTILE = [
    *map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u00ad", "\u034f", "\u061c",
    "\u115f", "\u1160", "\u17b4", "\u180e", *map(chr, range(0x200B, 0x2010)), "\u2028", "\u2029",
    *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2060, 0x2070)), "\u2800", "\u3164",
    "\ufeff", "\uffa0", "\ufff9", "\ud800", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("character", HOSTILE, ids=ascii)
def test_what_is_not_seen_is_shown_as_an_escape(character: str) -> None:
    shown = visible(f"a{character}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert shown.startswith("a\\")
    assert shown.encode().decode("unicode_escape").encode("utf-16", "surrogatepass") == (
        f"a{character}b".encode("utf-16", "surrogatepass")
    )


@pytest.mark.parametrize("text", ["", "Größe δ [m²]", "種類", "a b", "عربي", "😀", "x\\n"])
def test_what_is_seen_stays(text: str) -> None:
    assert visible(text) == clipped(text) == text


@pytest.mark.parametrize("length", [0, 1, 198, 199, 200, 201, 202, 10**6])
def test_at_most_200_characters(length: int) -> None:
    """Beginning and end of what is longer are there."""
    text = "b" + "m" * length + "e"
    assert len(clipped(text)) == min(len(text), 200)
    assert len(short(text)) == min(len(text) + 2, 200)
    assert clipped(text)[0] + clipped(text)[-1] == "be"
    assert len(short("\x1b" * length)) <= 200
    assert len(short(["x"] * length)) <= 200


def test_paths_are_quoted_as_their_text() -> None:
    assert short(Path("a") / "\x1b[2J") == repr(str(Path("a") / "\x1b[2J"))


def test_what_cannot_be_written_down() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    assert short(nested) == "[[[[[[[...]]]]]]]"
    while nested:  # or its end is as deep
        nested = nested.pop()
    assert short(10**5000) == "a huge int"
    assert short(list(range(10**7))).endswith("48, 49, ...]")


def quoted(path: Path) -> list[int]:
    """Return the lines where an exception quotes something by itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    return [
        part.lineno
        for exception in raised
        for part in ast.walk(exception)
        if (isinstance(part, ast.FormattedValue) and part.conversion == ord("r"))
        or (isinstance(part, ast.Call) and ast.unparse(part.func) == "repr")
    ]


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_messages_quote_by_short(path: Path) -> None:
    """`repr` has no end. The file that is read first needs no other, and quotes nobody's text."""
    assert quoted(path) == []


def test_the_guard_sees_them(tmp_path: Path) -> None:
    """And there is code to be looked at."""
    assert len(CODE) > 100
    (tmp_path / "a.py").write_text('def f(x):\n    raise E(f"no {x!r}")\n')
    assert quoted(tmp_path / "a.py") == [2]


def test_hostile_characters_are_not_letters() -> None:
    """A guard for the list above: it has what the standard calls control and format."""
    kinds = {unicodedata.category(c) for c in HOSTILE}
    assert {"Cc", "Cf", "Zl", "Zp", "Cs"} <= kinds
