"""Numbers, truth values and dates as people write them."""

from __future__ import annotations

import pytest

from nn.data.columns import floats
from nn.data.notation import Notation, days, is_canonical, looks_numeric, parts, truth

POINT, COMMA, PRICE = Notation(".", ","), Notation(",", "."), Notation(".", ",", "$")


@pytest.mark.parametrize(
    ("notation", "text", "number"),
    [
        (Notation(), "-1.5e3", -1500), (Notation(), ".5", 0.5), (Notation(), "5.", 5),
        (Notation(), "+7", 7), (Notation(), "1,5", None), (Notation(), "1,234", None),
        (Notation(), "1 234", None), (Notation(), "5 kg", None), (Notation(), "", None),
        (POINT, "1,234,567.25", 1234567.25), (POINT, "1,23", None), (POINT, "1.234,5", None),
        (POINT, "1,234", 1234), (POINT, "12,34,567", None), (POINT, "1.2.3", None),
        (COMMA, "1.234,5", 1234.5), (COMMA, "1.5", None), (COMMA, "0,001", 0.001),
        (COMMA, "-,5", -0.5), (COMMA, "1,5e-3", 0.0015),
        (PRICE, "$5", 5), (PRICE, "-$5", -5), (PRICE, "$-5", -5), (PRICE, "($1,000)", -1000),
        (PRICE, "($5", None), (PRICE, "5", None), (PRICE, "€5", None), (PRICE, "$", None),
        (Notation(unit="km/h"), "5 km/h", 5), (Notation(unit="°C"), "-5.5°C", -5.5),
        (Notation(unit="kg"), "5 g", None), (Notation(",", "."), "\u22125,5", -5.5),
    ],
)  # fmt: skip
def test_numbers(notation: Notation, text: str, number: float | None) -> None:
    assert notation.number(text) == number


@pytest.mark.parametrize("text", ["0", "-7", "1.50", "0.5", ".5", "5.", "1e-05", "-1.2E+03", "+1"])
def test_usual_spellings(text: str) -> None:
    assert is_canonical(text)


@pytest.mark.parametrize(
    "text", ["007", "00.5", "1e5", "1_0", "1,5", " 1", "", ".", "-", "nan", "9007199254740993"]
)
def test_labels(text: str) -> None:
    assert not is_canonical(text)


def test_a_long_text_is_no_number_and_takes_no_time() -> None:
    assert not looks_numeric("1" + "a/" * 100_000 + "!")
    assert parts("1" + " 1" * 100_000) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2000-03-01", 11017), ("2000/3/1", 11017), ("2000.03.01", 11017),
        ("1970-01-01 06:00:00.5", 0.25), ("1970-01-01T01:00+01:00", 0), ("1969-12-31", -1),
        ("2023-02-29", None), ("31.12.1999", None), ("2024", None), ("2024-01", None),
        ("1970-01-01 25:00", None), ("0000-01-01", None),
    ],
)  # fmt: skip
def test_dates(text: str, number: float | None) -> None:
    assert days(text) == number


def test_truth_values() -> None:
    assert truth(["TRUE", "False", "true"]) == ["false", "true"]
    assert truth(["y", "n"]) == ["n", "y"]
    assert truth(["yes", "n"]) is None
    assert truth(["yes"]) is None


@pytest.mark.parametrize(
    ("notation", "cells", "numbers"),
    [
        (PRICE, ["$1,234.50", "($5)", " $7 ", "-$0.25"], [1234.5, -5.0, 7.0, -0.25]),
        (PRICE, ["$1,234", "$12,34"], None), (PRICE, ["$5", "5"], None),
        (PRICE, ["$5", "$6\n$7"], None), (Notation(unit="m2"), ["5 m2", "6 m3"], None),
    ],
)  # fmt: skip
def test_many_numbers_at_a_time(
    notation: Notation, cells: list[str], numbers: list[float] | None
) -> None:
    assert floats(cells, notation) == numbers
