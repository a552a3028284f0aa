"""What was found out about a table is done to the next: through JSON, in any order, or refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

import pytest

from nn.data import Coding, read_table
from nn.data.columns import Column
from nn.data.notation import Notation

TRAINING = """\
id;price;size;sold;day;vat;empty;kind
a1;1.234,50 €;S;yes;2024-01-01;7%;;x
a2;7,00 €;M;no;2024-01-02;19%;;y
a3;8,25 €;L;no;2024-01-03;19%;;x
a4;;S;yes;2024-01-04;7%;;y
a5;3,50 €;M;no;2024-01-05;19%;;x
a6;4,00 €;L;yes;2024-01-06;19%;;y
"""


@pytest.fixture
def coding(tmp_path: Path) -> Coding:
    path = tmp_path / "training.csv"
    path.write_text(TRAINING, encoding="utf-8")
    reading = read_table(path, "kind")
    stored = json.dumps(reading.coding.to_dict())
    coding = Coding.from_dict(json.loads(stored))
    assert coding == reading.coding
    assert str(coding.read(path)) == str(reading.dataset.inputs)  # nan is not nan
    return coding


def predicted(coding: Coding, folder: Path, text: str) -> list[list[float]]:
    path = folder / "new.csv"
    path.write_text(text, encoding="utf-8")
    return coding.read(path)


def test_names(coding: Coding) -> None:
    assert coding.columns == ["price", "size", "sold", "day", "vat"]
    assert coding.feature_names == [
        "price", "size = L", "size = M", "size = S", "sold", "day", "vat"
    ]  # fmt: skip


def test_other_order_and_separator_and_columns(coding: Coding, tmp_path: Path) -> None:
    text = 'more\tday\tsize\tsold\tvat\tprice\n?\t1970-01-02\tM\tYES\t7%\t"1.000,5 €"\n'
    assert predicted(coding, tmp_path, text) == [[1000.5, 0, 1, 0, 1, 1, 7]]


def test_missing_cells_are_nan(coding: Coding, tmp_path: Path) -> None:
    (row,) = predicted(coding, tmp_path, "price;size;sold;day;vat\n-;;NA;-;nan\n")
    assert len(row) == 7
    assert all(map(math.isnan, row))


def test_all_that_does_not_fit_is_said_at_once(coding: Coding, tmp_path: Path) -> None:
    text = "price;Size;sold;day;vat\n5;S;yes;2024-01-01;7%\n5 €;XL;maybe;1.2.2024;7\n6 €;S;no;;8%\n"
    with pytest.raises(ValueError, match="mended") as error:
        predicted(coding, tmp_path, text)
    assert str(error.value).split("\n  ") == [
        f"{str(tmp_path / 'new.csv')!r} has 5 things to be mended:",
        "line 2 has '5' in column 'price', which lacks the '€': write '5 €' or leave the cell "
        "empty",
        "it has no column 'size' (did you mean 'Size'?): its columns are 'price', 'Size', 'sold', "
        "'day', 'vat'",
        "line 3 has 'maybe' in column 'sold', which is neither 'no' nor 'yes': correct it or leave "
        "the cell empty",
        "line 3 has '1.2.2024' in column 'day', which is no date such as 2024-01-31: correct it or "
        "leave the cell empty",
        "line 3 has '7' in column 'vat', which lacks the '%': write '7%' or leave the cell empty",
    ]


def test_an_unknown_word_comes_with_its_line_and_the_known_ones(
    coding: Coding, tmp_path: Path
) -> None:
    text = "price;size;sold;day;vat\n5 €;S;yes;2024-01-01;7%\n5 €;XL;no;2024-01-01;7%\n"
    with pytest.raises(ValueError, match=r"line 3 has 'XL' in column 'size', which is none of "
                       r"'L', 'M', 'S': correct it, leave the cell empty, or train again with "
                       r"rows that have it$"):  # fmt: skip
        predicted(coding, tmp_path, text)


def test_a_table_without_names(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    path.write_text("a,1.5,2\nb,2.5,3\na,3.5,7\nb,4.5,5\n", encoding="utf-8")
    coding = Coding.from_dict(read_table(path, "1").coding.to_dict())
    assert coding.columns == ["2", "3"]
    assert predicted(coding, tmp_path, ",1.5,2\n,7,8\n") == [[1.5, 2], [7, 8]]
    with pytest.raises(ValueError, match="has 2 columns, and the table that was learnt from had 3"):
        predicted(coding, tmp_path, "1.5,2\n7,8\n")


def test_integers_of_a_table_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    path.write_text("n;x;y\n1;1,5;a\n2;2,5;b\n3;3,5;a\n4;4,5;b\n", encoding="utf-8")
    coding = read_table(path, "y").coding
    assert predicted(coding, tmp_path, "n;x\n1,5;1.000\n") == [[1.5, 1000]]


REFUSED = {
    ("kg", "70 lb"): "has 'lb' where the column has 'kg': convert it",
    ("kg", "70"): "lacks the 'kg': write '70 kg'",
    ("kg", "1,5"): "is not a number such as 1,234.5 kg: correct it",
    ("kg", "much"): "is not a number such as 1,234.5 kg: correct it",
    ("°C", "98.6 °F"): "has '°F' where the column has '°C': convert it",
    ("°C", "36,6"): "is not a number such as 1,234.5 °C: correct it",
    ("", "70 kg"): "has 'kg', and the column has no unit: write the number alone",
    ("", "inf"): "is not finite: correct it",
}


@pytest.mark.parametrize(("unit", "cell"), REFUSED)
def test_a_number_in_another_unit_is_refused(unit: str, cell: str, tmp_path: Path) -> None:
    coding = Coding((Column("x", notation=Notation(grouping=",", unit=unit)),), missing=False)
    with pytest.raises(ValueError, match=r".") as error:
        predicted(coding, tmp_path, f'x\n"{cell}"\n')
    place = f"{str(tmp_path / 'new.csv')!r}: line 2 has {cell!r} in column 'x'"
    assert str(error.value) == f"{place}, which {REFUSED[unit, cell]} or remove the row"


def test_a_sum_in_another_currency_is_refused(tmp_path: Path) -> None:
    coding = Coding((Column("x", notation=Notation(",", ".", "€")),), missing=True)
    for cell, what in {
        "$5": "has '$' where the column has '€': convert it or leave the cell empty",
        "5": "lacks the '€': write '€5' or leave the cell empty",
        "5 €": "has the '€' elsewhere than the column: write '€5' or leave the cell empty",
    }.items():
        with pytest.raises(ValueError, match=r".") as error:
            predicted(coding, tmp_path, f"x\n{cell}\n")
        assert str(error.value).partition("which ")[2] == what


def test_a_category_of_which_nothing_is_known_where_no_cell_may_be_empty(tmp_path: Path) -> None:
    coding = Coding((Column("hue", "category", ("green", "red")),))
    with pytest.raises(ValueError, match=r"correct it, remove the row, or train again with rows "
                       r"that have it$"):  # fmt: skip
        predicted(coding, tmp_path, "hue\nblue\n")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_letters_with_marks_are_the_same_however_they_are_composed(
    form: Literal["NFC", "NFD"], tmp_path: Path
) -> None:
    """As names typed on a Mac are in NFD."""
    other: Literal["NFC", "NFD"] = "NFD" if form == "NFC" else "NFC"
    table = normalize(form, "größe;Übel;höhe;süß\n1;5;7;a\n2;3;4;b\n3;2;4;a\n4;4;4;b\n")
    path = tmp_path / "training.csv"
    path.write_text(table, encoding="utf-8")
    target, drop = normalize(other, "süß"), normalize(other, "höhe")
    coding = read_table(path, target, drop=[drop]).coding
    assert coding.columns == [normalize("NFC", "größe"), normalize("NFC", "Übel")]
    assert predicted(coding, tmp_path, normalize(other, table).replace("süß", "?"))[0] == [1, 5]
    assert read_table(path, target, features=[drop]).coding.columns == [normalize("NFC", "höhe")]
    words = Coding((Column("hue", "category", (normalize(form, "grün"), "rot")),))
    assert predicted(words, tmp_path, normalize(other, "hue\ngrün\nrot\n")) == [[0], [1]]
    with pytest.raises(ValueError, match="is the target, and cannot be left out"):
        read_table(path, normalize(form, "süß"), drop=[target])


def test_one_word_in_two_spellings_is_one_category_and_one_class(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    rows = [f"{normalize(form, 'grün')},{normalize(form, 'süß')}" for form in ("NFC", "NFD")]
    path.write_text("\n".join(["hue,taste", *rows, "rot,sauer", "rot,sauer"]), encoding="utf-8")
    reading = read_table(path, "taste")
    assert reading.dataset.inputs == [[0.0], [0.0], [1.0], [1.0]]
    assert reading.dataset.class_names == ["sauer", normalize("NFC", "süß")]
    assert reading.notes == [f"'hue': 0 for '{normalize('NFC', 'grün')}', 1 for 'rot'"]


def test_a_letter_that_composes_to_a_separator_separates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    path.write_text("ask;y\nwhy\u037e;a\nno;b\nwhy\u037e;a\nno;b\n", encoding="utf-8")
    assert read_table(path, "y").coding.parts[0].values == ("no", "why;")


@pytest.mark.parametrize(
    ("trained", "new", "days"),
    [
        ("13/01/1970", ["02/03/1970", "5.6.1970 12:00", "1970-01-03"], [60, 155.5, 2]),
        ("01/13/1970", ["02/03/1970", "05/06/1970", "1970-01-03"], [33, 125, 2]),
    ],
)
def test_dates_are_read_in_the_order_of_the_first_table(
    trained: str, new: list[str], days: list[float], tmp_path: Path
) -> None:
    path = tmp_path / "training.csv"
    path.write_text(f"d,y\n{trained},a\n02/03/1970,b\n02/02/1970,a\n01/01/1970,b\n")
    coding = Coding.from_dict(json.loads(json.dumps(read_table(path, "y").coding.to_dict())))
    rows = predicted(coding, tmp_path, "d\n" + "\n".join(new) + "\n")
    assert rows == [[day] for day in days]


def test_a_date_in_the_other_order_is_refused(tmp_path: Path) -> None:
    coding = Coding((Column("d", "date", order="month"),))
    for date in ("13/01/1970", "01.02.1970"):
        with pytest.raises(ValueError, match="no date such as 01/31/2024 or 2024-01-31"):
            predicted(coding, tmp_path, f"d\n{date}\n")


def test_a_coding_of_dates_without_an_order_is_still_read(tmp_path: Path) -> None:
    coding = Coding.from_dict(GOOD | {"columns": [{"name": "d", "kind": "date"}]})
    assert predicted(coding, tmp_path, "d\n1970-01-02\n") == [[1]]


def test_without_missing_cells_there_must_be_none(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    path.write_text("x,y\n1,a\n2,b\n3,a\n4,b\n", encoding="utf-8")
    coding = read_table(path, "y", missing="drop").coding
    with pytest.raises(ValueError, match="2 values missing, the first on line 3 in column 'x'"):
        predicted(coding, tmp_path, "x,z\n1,2\n,3\nNA,4\n")


COLUMN = {"name": "x", "kind": "number"}
GOOD = {"columns": [COLUMN], "named": True, "width": 2, "missing": False}


def test_what_is_good() -> None:
    assert Coding.from_dict(GOOD).columns == ["x"]


@pytest.mark.parametrize(
    "content",
    [
        None, [], "columns", {}, {"columns": {}},
        GOOD | {"named": 1}, GOOD | {"width": "2"}, GOOD | {"width": True},
        GOOD | {"missing": None},
        *[
            GOOD | {"columns": columns}
            for columns in (
                [], [None], ["x"], [{}], [COLUMN, COLUMN], [COLUMN | {"name": 5}],
                [COLUMN | {"kind": "eval"}], [COLUMN | {"kind": ["number"]}],
                [COLUMN | {"values": ["a"]}], [COLUMN | {"values": 5}],
                [COLUMN | {"kind": "category"}],
                [COLUMN | {"kind": "category", "values": ["a"] * 2}],
                [COLUMN | {"kind": "category", "values": "ab"}],
                [COLUMN | {"kind": "category", "values": [["a"], "b"]}],
                [COLUMN | {"kind": "truth", "values": ["a"]}], [COLUMN | {"kind": "truth"}],
                [COLUMN | {"notation": {"decimal": "x"}}], [COLUMN | {"notation": {"decimal": 5}}],
                [COLUMN | {"notation": {"grouping": "."}}],
                [COLUMN | {"notation": {"__class__": ""}}],
                [COLUMN | {"order": "day"}], [COLUMN | {"kind": "date", "order": "year"}],
                [COLUMN | {"kind": "date", "order": ["day"]}],
                [COLUMN | {"notation": []}], [COLUMN | {"notation": {"unit": 101 * "u"}}],
            )
        ],
    ],
    ids=str,
)  # fmt: skip
def test_hostile_json_is_a_value_error(content: Any) -> None:
    with pytest.raises(ValueError, match=r"^a coding|^a column|^column"):
        Coding.from_dict(json.loads(json.dumps(content)))
