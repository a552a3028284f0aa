"""Text as cells of a CSV file in which a spreadsheet finds no formula."""

from __future__ import annotations

import csv
import io
from itertools import product

import pytest

from nn.data.cells import as_cell, of_cell

TEXTS = ["".join(letters) for n in range(5) for letters in product("'=;-1\t\n \"a+", repeat=n)]


def cells(line: str, separator: str) -> list[str]:
    rows = csv.reader(io.StringIO(line, newline=""), delimiter=separator)
    return [cell for row in rows for cell in row]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_every_text_comes_back() -> None:
    """Of all that can be made of a few letters: different texts are different cells."""
    for text in TEXTS:
        first, second = cells(f"{as_cell(text)},x\n", ",")
        assert second == "x"
        assert of_cell(first) == text


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula(separator: str) -> None:
    """Nor a part of it, where the separator is another one and quotation marks mean nothing."""
    for text in TEXTS:
        for cell in cells(f"p,{as_cell(text)}\n", separator):
            shown = cell.lstrip(" ")
            assert not shown.startswith(("=", "+", "-", "@")) or is_number(shown), (text, cell)


@pytest.mark.parametrize(
    "text", ["-1.5", "+2", "-1e-9", "-inf", "0", "1,5", "a-b", "x = 1", "'", ""]
)
def test_what_is_no_formula_is_as_it_was(text: str) -> None:
    assert cells(f"{as_cell(text)}\n", ",") == ([text] if text else [])


@pytest.mark.parametrize("sign", list("=+-@＝＋－＠"))
def test_every_sign_by_which_a_formula_begins(sign: str) -> None:
    assert as_cell(f"{sign}A1") == f"'{sign}A1"
    assert of_cell(f"'{sign}A1") == f"{sign}A1"
