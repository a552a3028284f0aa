"""Tables as people have them: what becomes of each, and every sentence that is said of it.

The sentences were written by hand. A file called t.csv is read for its column y, where no other
target is named.
"""

from __future__ import annotations

import ast
import gzip
import math
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from nn.data import Reading, read_csv, read_table

NAN = math.nan


def one(*cells: str) -> str:
    """A table of an input, x, with these cells, and two classes in turn."""
    return "x,y\n" + "".join(f'"{cell}",{"ab"[n % 2]}\n' for n, cell in enumerate(cells))


def of(*targets: str) -> str:
    """A table of an input and these targets."""
    return "x,y\n" + "".join(f'{n},"{target}"\n' for n, target in enumerate(targets))


ROWS = "x,y\n1,a\n2,b\n3,a\n4,b\n"
MEAN = "missing cells get the mean (missing='drop' leaves out their rows)"
OTHERS = "to use a column left out, name it and all others you want, as by features="


class Done(NamedTuple):
    """A table that is read: its notes, and its first input, its targets or classes."""

    text: str | bytes
    notes: list[str]
    x: list[float] | None = None
    classes: list[str] | None = None
    features: list[str] | None = None
    options: Mapping[str, Any] = MappingProxyType({})


DONE: dict[str, Done] = {
    # numbers as they are written
    "thousands": Done(one("1,234", "12,500", "999", "1,234,567"),
        ["'x': '1,234' is read as 1234"], [1234, 12500, 999, 1234567]),
    "thousands or decimals, after commas": Done(one("1,234", "2,500", "9,999", "1,111"),
        ["'x': '1,234' is read as 1234 (decimal=',' if that is wrong)"], [1234, 2500, 9999, 1111]),
    "thousands or decimals, after semicolons": Done("x;y\n1,234;a\n2,500;b\n3,111;a\n4,222;b\n",
        ["'x': '1,234' is read as 1.234 (decimal='.' if that is wrong)"],
        [1.234, 2.5, 3.111, 4.222]),
    "colours, some with a #": Done(
        "# from a shop\nhue,x,y\n#f00,1,a\nred,2,b\nred,3,a\n#f00,4,b\nred,5,a\n",
        ["2 lines with # before them read as rows, such as line 3: remove what is a comment",
         "1 comment left out: line 1, '# from a shop'", "'hue': 0 for '#f00', 1 for 'red'"],
        [0, 1, 1, 0, 1]),
    "points between thousands, after semicolons": Done("x;y\n950;a\n1.200;b\n2.500;a\n12.000;b\n",
        ["'x': '1.200' is read as 1200 (decimal='.' if that is wrong)"], [950, 1200, 2500, 12000]),
    "a target with points between thousands": Done("x;y\n1;950\n2;1.200\n3;2.500\n4;12.000\n",
        ["'y': '12.000' is read as 12000"], [1, 2, 3, 4]),
    "the other column says that points are decimal": Done(
        "x;z;y\n950;0.5;a\n1.200;0.7;b\n2.500;1.5;a\n12.000;2.5;b\n",
        ["'x': '1.200' is read as 1.2"], [950, 1.2, 2.5, 12]),
    "the other column tells": Done("x;z;y\n1,234;1,5;a\n2,500;2,5;b\n3,111;3,5;a\n4,222;4,7;b\n",
        ["'x': '1,234' is read as 1.234", "'z': '1,5' is read as 1.5"],
        [1.234, 2.5, 3.111, 4.222]),
    "a plain number is none": Done("x;z;y\n1.234;1,5;a\n2.500;2,5;b\n3.111;3,5;a\n4.222;4,7;b\n",
        ["'x': '1.234' is read as 1234", "'z': '1,5' is read as 1.5"], [1234, 2500, 3111, 4222]),
    "told the decimal mark": Done(one("1,234", "2,500", "9,999", "1,111"),
        ["'x': '1,234' is read as 1.234"], [1.234, 2.5, 9.999, 1.111], options={"decimal": ","}),
    "money": Done(one("$1,234.50", "$5", "$ 7.25", "($3.00)"),
        ["'x': '($3.00)' is read as -3"], [1234.5, 5, 7.25, -3]),
    "percent": Done(one("12%", "5.5 %", "3%", "1%"),
        ["'x': '5.5 %' is read as 5.5"], [12, 5.5, 3, 1]),
    "a unit": Done(one("1.5 kg", "2kg", "3 kg", "-4 kg"),
        ["'x': '1.5 kg' is read as 1.5"], [1.5, 2, 3, -4]),
    "a true minus": Done(one("\u22125", "3", "4", "\u22121.5"),
        ["'x': '\u22121.5' is read as -1.5"], [-5, 3, 4, -1.5]),
    "blanks inside": Done(one("1 234", "12 500,5", "999", "1\u00a0000"),
        ["'x': '12 500,5' is read as 12500.5"], [1234, 12500.5, 999, 1000]),
    "the Swiss way": Done(one("1'234.5", "12'500", "999", "1’000"),
        ["'x': \"1'234.5\" is read as 1234.5"], [1234.5, 12500, 999, 1000]),
    "thousands or decimals, where one mark cannot be for all": Done(
        "x;z;w;y\n1,234;1.5;1,5;a\n2,500;2.5;2,5;b\n3,111;3.5;3,7;a\n4,222;4.5;4,1;b\n",
        ["'x': '1,234' is read as 1.234", "'w': '1,5' is read as 1.5"],
        [1.234, 2.5, 3.111, 4.222]),
    # words and dates
    "truth": Done(one("yes", "no", "Yes", "NO"), ["'x': 0 for no, 1 for yes"], [1, 0, 1, 0]),
    "two words": Done(one("red", "blue", "blue", "red"), ["'x': 0 for 'blue', 1 for 'red'"],
        [1, 0, 0, 1], features=["x = red"]),
    "three words": Done(one(*["S", "M", "L"] * 2), ["'x': one input for each of 'L', 'M', 'S'"],
        [0, 0, 1, 0, 0, 1], features=["x = L", "x = M", "x = S"]),
    "a word among few numbers": Done(one(*["0", "1", "3+"] * 3),
        ["'x': one input for each of '0', '1', '3+' (text: '3+' on line 4 is no number)"],
        [1, 0, 0] * 3, features=["x = 0", "x = 1", "x = 3+"]),
    "words in capitals": Done(one("red", "Red", "Red", "red"),
        ["'x': 0 for 'Red', 1 for 'red'; 'Red' and 'red' differ in capitals or blanks only"],
        [1, 0, 0, 1]),
    "zip codes": Done(one(*["01234", "12345"] * 2),
        ["'x': 0 for '01234', 1 for '12345' (text: '01234' has a zero before it)"],
        [0, 1, 0, 1]),
    "a dash among words": Done(one(*["01", "12", "-"] * 2),
        ["'x': one input for each of '-', '01', '12' (text: '01' has a zero before it)"],
        [0, 0, 1, 0, 0, 1]),
    "dates": Done(one("1970-01-02", "1970-01-03 12:00", "1970/1/1", "NA"),
        ["'x': dates become days since 1970-01-01: '1970-01-02' is 1",
         "'x' (1): missing cells get the mean"],
        [1, 2.5, 0, NAN]),
    # what is missing and what says nothing
    "missing words": Done(one("red", "red", "blue", "?", "red", "blue"),
        ["'x': 0 for 'blue', 1 for 'red'",
         "'x' (1): a missing cell counts in part as each value, by its share of the other rows "
         "(missing='drop' leaves out their rows)"], [1, 1, 0, NAN, 1, 0]),
    "missing words and numbers": Done(
        "x,z,t,y\n1,S,yes,a\n,M,no,b\n3,,yes,a\n4,S,,b\n5,L,yes,a\n6,M,no,b\n7,L,no,a\n",
        ["'z': one input for each of 'L', 'M', 'S'", "'t': 0 for no, 1 for yes",
         "'x' (1): missing cells get the mean",
         "'z' (1), 't' (1): a missing cell counts in part as each value, by its share of the other "
         "rows (missing='drop' leaves out all rows with missing cells)"],
        [1, NAN, 3, 4, 5, 6, 7]),
    "missing in nearly all rows": Done("x,z,y\n,1,a\n2,,b\n3,3,a\n4,,b\n5,9,a\n",
        ["'x' (1), 'z' (2): missing cells get the mean"], [NAN, 2, 3, 4, 5]),
    "missing": Done(one("1", "NA", "?", "4", "-", "nan", "", "2", "3", "5", "6", "7"),
        [f"'x' (5): {MEAN}"], [1, NAN, NAN, 4, NAN, NAN, NAN, 2, 3, 5, 6, 7]),
    "rows with gaps left out": Done("x,z,y\n1,,a\n2,3,b\n3,4,a\n4,2,b\n5,1,a\n",
        ["'z' (1): 1 row with missing cells left out"], [2, 3, 4, 5], options={"missing": "drop"}),
    "a target is missing": Done(of("a", "", "b", "NA", "a", "b"),
        ["2 rows without 'y' left out (the first on line 3)"], [0, 2, 4, 5]),
    "columns that say nothing": Done(
        "id,x,same,none,most,name,y\n7,1,3,,,u,a\n5,2,3,,,v,b\n6,3,3,,,w,a\n9,4,3,,1,z,b\n",
        ["'id' left out: a different number in each row, as names of rows are",
         "'same' left out: the same in all rows ('3')", "'none' left out: all cells are missing",
         "'most' left out: 3 of 4 cells are missing",
         "'name' left out: text, different in each row",
         f"{OTHERS}['x', 'id']"], [1, 2, 3, 4], features=["x"]),
    "too many names to be used": Done(
        "x,n,y\n" + "".join(f"{n},n{n},{n % 2}\n" for n in range(5000)),
        ["'n' left out: text, different in each row"]),
    "asked for by name": Done("id,n,y\n1,u,a\n2,v,b\n3,w,a\n4,z,b\n",
        ["'n': one input for each of 'u', 'v', 'w', 'z'"], [1, 2, 3, 4],
        features=["id", "n = u", "n = v", "n = w", "n = z"], options={"features": ["id", "n"]}),
    "dates with points": Done(one("02.01.1970", "3.1.1970 12:00", "01.01.1970", "05.06.1970"),
        ["'x': dates with the day first become days since 1970-01-01: '02.01.1970' is 1"],
        [1, 2.5, 0, 155]),
    "dates, one of which has a day above 12": Done(
        one("02/01/1970", "-", "13/01/1970", "01/01/1970"),
        ["'x': dates with the day first become days since 1970-01-01: '13/01/1970' is 12",
         "'x' (1): missing cells get the mean"], [1, NAN, 12, 0]),
    "dates as Americans write them": Done(
        one("01/02/1970", "1/13/1970", "01/01/1970", "02/01/1970"),
        ["'x': dates with the month first become days since 1970-01-01: '1/13/1970' is 12"],
        [1, 12, 0, 31]),
    "dates, some of them with the year first": Done(
        one("1970-01-02", "03.01.1970", "1970-01-01", "04.01.1970"),
        ["'x': dates with the day first become days since 1970-01-01: '03.01.1970' is 2"],
        [1, 2, 0, 3]),
    "dates of both kinds": Done(
        "x,d,y\n1,13/01/2024,a\n2,03/04/2024,b\n3,01/14/2024,a\n4,07/08/2024,b\n",
        ["'d' left out: '13/01/2024' has the day first and '01/14/2024' the month. Write dates as "
         "2024-01-31 to use them"], [1, 2, 3, 4]),
    "dates with two digits for the year": Done(
        "x,d,y\n1,13.01.24,a\n2,03.04.24,b\n3,05.06.24,a\n4,07.08.24,b\n",
        ["'d' left out: the year in '13.01.24' has two digits. Write dates as 2024-01-31 to use "
         "them"], [1, 2, 3, 4]),
    "dates with AM and PM": Done(
        "x,d,y\n1,1/13/2024 1:00 PM,a\n2,1/14/2024 1:00 AM,b\n3,1/15/2024 2:00 AM,a\n"
        "4,1/16/2024 2:00 AM,b\n",
        ["'d' left out: '1/13/2024 1:00 PM' is no date that can be read. Write dates as 2024-01-31 "
         "to use them"], [1, 2, 3, 4]),
    "dates of which one cannot know": Done(
        "x,d,y\n1,01/02/2024,a\n2,03/04/2024,b\n3,05/06/2024,a\n4,07/08/2024,b\n",
        ["'d' left out: is day or month the first in '01/02/2024'? Write dates as 2024-01-31 to "
         "use them"], [1, 2, 3, 4]),
    "several units": Done("x,w,y\n1,5 kg,a\n2,200 g,b\n3,1 kg,a\n4,7 kg,b\n",
        ["'w' left out: text, different in each row (its numbers have 'g', 'kg'; give all the same "
         "to use them)",
         f"{OTHERS}['x', 'w']"], [1, 2, 3, 4]),
    "the answer among the questions": Done("x,n,y\n" + "1,u,a\n2,v,b\n" * 10,
        ["'n': 0 for 'u', 1 for 'v'", "'n' goes with 'y' one to one: leave it out by drop=['n'] if "
         "it is not known beforehand"], [1, 2] * 10),
    "the answer is the only question": Done("n,y\n" + "u,a\nv,b\n" * 10,
        ["'n': 0 for 'u', 1 for 'v'", "'n' goes with 'y' one to one: is it known beforehand?"],
        [0, 1] * 10),
    "no answer among the questions": Done("x,n,y\n1,u,b\n" + "1,u,a\n2,v,b\n" * 10,
        ["'n': 0 for 'u', 1 for 'v'"], [1] + [1, 2] * 10),
    # how the file is made
    "an index": Done(",x,y\n0,1,a\n1,5,b\n2,3,a\n3,4,b\n",
        ["column 1 has no name and numbers the rows: left out"], [1, 5, 3, 4], features=["x"]),
    "an index of pandas": Done("Unnamed: 0,x,y\n1,1,a\n2,5,b\n3,3,a\n4,4,b\n",
        ["column 1 has no name and numbers the rows: left out"], [1, 5, 3, 4], features=["x"]),
    "names of rows as R writes them": Done(
        '"x";"y"\n"r1";1;"a"\n"r2";2;"b"\n"r3";3;"a"\n"r4";4;"b"\n',
        ["column 1 has no name and is called '1'", "'1' left out: text, different in each row",
         f"{OTHERS}['x', '1']"], [1, 2, 3, 4], features=["x"]),
    "a trailing separator": Done(ROWS.replace("\n", ",\n"),
        ["column 3 has neither name nor cells: left out"], [1, 2, 3, 4]),
    "the same, in the rows only": Done(ROWS.replace("\n", ",\n").replace("y,", "y"),
        ["column 3 has neither name nor cells: left out"], [1, 2, 3, 4]),
    "several trailing separators": Done(ROWS.replace("\n", ",,,\n"),
        ["columns 3, 4, 5 have neither names nor cells: left out"], [1, 2, 3, 4]),
    "the same name twice": Done("x,x,y\n1,1,a\n2,5,b\n3,3,a\n4,4,b\n",
        ["2 columns are named 'x': they are told apart by their places, as 'x (column 1)'"],
        [1, 2, 3, 4], features=["x (column 1)", "x (column 2)"]),
    "comments": Done("# made in 2020\nx,y\n1,a\n# 9,a\n2,b\n3,a\n4,b\n",
        ["2 comments left out: line 1, '# made in 2020', is the first"], [1, 2, 3, 4]),
    "no comment but a line of a cell": Done('x,y\n1,"a\n# b"\n2,c\n# 9,c\n3,"a\n# b"\n4,c\n',
        ["1 comment left out: line 5, '# 9,c'"], [1, 2, 3, 4], ["a\n# b", "c"]),
    "most begin with #": Done("hue,x,y\n#f00,1,a\n#0f0,2,b\n#f00,4,a\n#0f0,3,b\n",
        ["'hue': 0 for '#0f0', 1 for '#f00'"], [1, 0, 1, 0]),
    "names in a comment": Done("# x y\n1 0.0e+00\n2 1.0e+00\n3 0.0e+00\n4 1.0e+00\n",
        ["the comment on line 1 is read as the names of the columns"], [1, 2, 3, 4],
        ["0.0e+00", "1.0e+00"]),
    "names in a comment, and one more": Done("# x,y\n1,0.5\n# a,b\n2,1.5\n3,0.5\n4,2.5\n",
        ["the comment on line 1 is read as the names of the columns",
         "1 comment left out: line 3, '# a,b'"], [1, 2, 3, 4]),
    "names again and again": Done("x,y\n1,a\n2,b\nx,y\n3,a\n4,b\n",
        ["the line of names stands there 2 times: read once"], [1, 2, 3, 4]),
    "without names": Done("5.1,3.5,a\n4.9,3.0,b\n7.0,3.2,a\n6.4,3.1,b\n",
        ["no line of names: line 1 looks like those below, so the columns are called '1' to '3'"],
        [5.1, 4.9, 7.0, 6.4], features=["1", "2"], options={"target": "3"}),
    "without names, all words": Done("a,n,y\nb,y,y\nb,n,n\na,y,n\na,y,y\nb,n,n\n",
        ["no line of names: line 1 looks like those below, so the columns are called '1' to '3'",
         "'2', '3': 0 for n, 1 for y"],
        [0, 1, 0, 1, 1, 0], ["a", "b"], options={"target": "1"}),
    "years are names": Done("1990,1991,1992\n4,5,a\n7,8,b\n1,2,a\n1,3,b\n", [], [4, 7, 1, 1],
        options={"target": "1992"}),
    "a line of names for sure": Done("1,2,3\n4,5,6\n7,8,9\n1,2,3\n2,2,6\n", [], [4, 7, 1, 2],
        options={"target": "3", "header": True}),
    "sep=": Done("sep=|\nx|y\n1|a\n2|b\n3|a\n4|b\n", [], [1, 2, 3, 4]),
    "tabs": Done(ROWS.replace(",", "\t"), [], [1, 2, 3, 4]),
    "bars": Done(ROWS.replace(",", "|"), [], [1, 2, 3, 4]),
    "runs of blanks": Done(" x   y\n 1   a\n20   b\n 3   a\n 4   b \n", [], [1, 20, 3, 4]),
    "UTF-16": Done(ROWS.replace("a", "ä").encode("utf-16"), [], [1, 2, 3, 4], ["b", "ä"]),
    "Latin-1": Done(ROWS.replace("a", "Müller").encode("latin-1"),
        ["not UTF-8: read as Windows-1252, so that line 2 has 'Müller'; save as 'CSV UTF-8' if it "
         "is not"], [1, 2, 3, 4], ["Müller", "b"]),
    "gzip": Done(gzip.compress(ROWS.encode()), [], [1, 2, 3, 4], ["a", "b"]),
    "names of 5000 letters": Done(ROWS.replace("x", "x" * 5000), [], [1, 2, 3, 4]),
    "control characters": Done(ROWS.replace("a", "\a").replace("x", "\x1b[31m"), [], [1, 2, 3, 4],
        ["\a", "b"], ["\x1b[31m"]),
    # classes are what is written
    "labels 007": Done(of("007", "012", "007", "012"), [], classes=["007", "012"]),
    "labels 0012 and 12": Done(of("0012", "12", "0012", "12"),
        ["'y': '0012' and '12' are one number in two spellings, and two classes"],
        classes=["0012", "12"]),
    "labels 1e5": Done(of("1e5", "2e5", "1e5", "2e5"), [], classes=["1e5", "2e5"]),
    "labels of 16 digits": Done(of(*["9007199254740993", "9007199254740992"] * 2), [],
        classes=["9007199254740992", "9007199254740993"]),
    "labels 1 and 1.0": Done(of("1", "1.0", "1", "1.0"),
        ["'y': '1' and '1.0' are one number in two spellings, and two classes"],
        classes=["1", "1.0"]),
    "labels yes and Yes": Done(of("yes", "Yes", "yes", "Yes"),
        ["'y': the classes 'Yes' and 'yes' differ in capitals or blanks only, and are two"],
        classes=["Yes", "yes"]),
    "labels + and -": Done(of("+", "-", "+", "-"), [], classes=["+", "-"]),
    "the label none": Done(of("none", "mild", "none", "mild"), [], classes=["mild", "none"]),
    "labels in percent": Done(of("5%", "10%", "5%", "10%"), [], classes=["10%", "5%"]),
    "labels with one row": Done(of("a", "b", "a", "c"),
        ["'y': 2 of 3 classes have one row only ('b', 'c'): too few to be learnt and tested"],
        classes=["a", "b", "c"]),
    "prices to predict": Done(of("$1,234", "$2,345", "$3,456", "$4,567.50"),
        ["'y': '$4,567.50' is read as 4567.5"]),
    "decimal commas to predict": Done(of("1,5", "2,5", "2,75", "3,5"),
        ["'y': '2,75' is read as 2.75"]),
}  # fmt: skip


def read(text: str | bytes, path: Path, *, target: str | None = "y", **options: Any) -> Reading:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, target, **options)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", DONE)
def test_what_is_done_is_said(name: str) -> None:
    case = DONE[name]
    reading = read(case.text, Path("t.csv"), **case.options)
    assert reading.notes == case.notes
    data = reading.dataset
    if case.x is not None:
        assert [row[0] for row in data.inputs] == pytest.approx(case.x, nan_ok=True)
    if case.classes is not None:
        assert data.class_names == case.classes
    if case.features is not None:
        assert data.feature_names == case.features
    assert reading.coding.feature_names == data.feature_names


MEND = "correct it or leave the cell empty"  # the only column cannot be left out
REFUSED: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    # cells
    "a slip": (one("1.5", "2", "3", "abc", "4", "5", "6"), {},
        f"'t.csv': line 5 has 'abc' in column 'x', which is no number among numbers: {MEND}"),
    "a slip, again": (one("1.5", "2", "so", "3", "so", "5", "6"), {},
        "'t.csv': line 4 has 'so' in column 'x' (and 1 more such cell), which is no number among "
        f"numbers: {MEND}"),
    "a slip below sep=": ("sep=|\nx|y\n1|a\n2|b\nso|a\n4|b\n", {},
        f"'t.csv': line 5 has 'so' in column 'x', which is no number among numbers: {MEND}"),
    "a slip in one of two columns": ("x,z,y\n1,1,a\n2,2,b\nso,3,a\n4,4,b\n", {},
        "'t.csv': line 4 has 'so' in column 'x', which is no number among numbers: correct it, "
        "leave the cell empty, or leave the column out by drop=['x']"),
    "a slip, and the other column says nothing": ("x,z,y\n1,1,a\n2,1,b\nso,1,a\n4,1,b\n", {},
        f"'t.csv': line 4 has 'so' in column 'x', which is no number among numbers: {MEND}"),
    "infinite": (one("1", "2", "-inf", "3"), {},
        f"'t.csv': line 4 has '-inf' in column 'x', which is not finite: {MEND}"),
    "too large": (one("1", "2", "1e999", "3"), {},
        f"'t.csv': line 4 has '1e999' in column 'x', which is not finite: {MEND}"),
    "a code": (one("1", "2", "1_000", "3"), {},
        f"'t.csv': line 4 has '1_000' in column 'x', which is no number among numbers: {MEND}"),
    "a point where commas are": (one("1,5", "2.5", "3", "4"), {"decimal": ","},
        "'t.csv': line 3 has '2.5' in column 'x', which is not a number such as 1.234,5: " + MEND),
    "a comma where points are": (one("1.5", "2,5", "3.5", "4"), {},
        f"'t.csv': line 3 has '2,5' in column 'x', which is not a number such as 1,234.5: {MEND}"),
    "no such day": (one("2024-02-30", *[f"2024-03-{n}" for n in range(10, 20)]), {},
        "'t.csv': line 2 has '2024-02-30' in column 'x', which is no date such as 2024-01-31: "
        + MEND),
    "no such day, with points": (one("30.02.2024", *[f"{n}.03.2024" for n in range(10, 20)]), {},
        "'t.csv': line 2 has '30.02.2024' in column 'x', which is no date such as 31.01.2024 or "
        f"2024-01-31: {MEND}"),
    "a word among dates with the month first": (
        one("soon", *[f"03/{n}/2024" for n in range(10, 20)]), {},
        "'t.csv': line 2 has 'soon' in column 'x', which is no date such as 01/31/2024 or "
        f"2024-01-31: {MEND}"),
    "formulas": (one("=1+1", "=2+2", "@x", "-1+1"), {},
        "'t.csv': no column is left to predict 'y' from: 'x' left out: text, different in each "
        "row; features=['x'] uses it nevertheless"),
    "too long for a float": (one("9007199254740993", "9007199254740992", "1", "2"), {},
        "'t.csv': no column is left to predict 'y' from: 'x' left out: text, different in each "
        "row ('9007199254740993' has more digits than a number here can hold); features=['x'] uses "
        "it nevertheless"),
    "nothing left but dates": ("d,same,y\n01/02/2024,5,a\n03/04/2024,5,b\n05/06/2024,5,a\n"
        "07/08/2024,5,b\n", {}, "'t.csv': no column is left to predict 'y' from: 'd' left out: is "
        "day or month the first in '01/02/2024'? Write dates as 2024-01-31 to use them; 'same' "
        "left out: the same in all rows ('5'); add other columns to predict it from"),
    "nothing left, of several": ("id,n,same,y\n1,u,5,a\n2,v,5,b\n3,w,5,a\n4,z,5,b\n", {},
        "'t.csv': no column is left to predict 'y' from: 'id' left out: a different number in each "
        "row, as names of rows are; 'n' left out: text, different in each row; 'same' left out: "
        "the same in all rows ('5'); features=['id', 'n'] uses them nevertheless"),
    "nothing left at all": ("same,y\n5,a\n5,b\n5,a\n5,b\n", {}, "'t.csv': no column is left to "
        "predict 'y' from: 'same' left out: the same in all rows ('5'); add other columns to "
        "predict it from"),
    "addresses": (one("192.168.1.1", "10.0.0.1", "10.0.0.2", "8.8.8.8"), {},
        "'t.csv': no column is left to predict 'y' from: 'x' left out: text, different in each "
        "row; features=['x'] uses it nevertheless"),
    # targets
    "one class": (of(*"aaaa"), {}, "'t.csv': the target 'y' has only one class, 'a': add rows of "
        "another class or choose another target"),
    "one class, and numbers": ("x,z,y\n1,7,a\n2,5,a\n3,4,a\n4,8,a\n", {}, "'t.csv': the target 'y' "
        "has only one class, 'a': add rows of another class or choose another target, such as 'z'"),
    "one class, and another column": ("x,y\nu,a\nv,a\nu,a\nv,a\n", {}, "'t.csv': the target 'y' "
        "has only one class, 'a': add rows of another class or choose another target"),
    "one class, and text": ("w,x,y\n1,u,a\n2,v,a\n3,u,a\n4,v,a\n", {}, "'t.csv': the target 'y' "
        "has only one class, 'a': add rows of another class or choose another target, such as 'x'"),
    "names of rows": (of(*"abcd"), {},
        "'t.csv': the target 'y' has as many classes as rows (4): choose another target"),
    "numbers as classes": (of("1.5", "2.5", "3.5", "4.5"), {"task": "classification"},
        "'t.csv': the target 'y' has as many classes as rows (4): predict it as a number by "
        "task='regression'"),
    "words as numbers": (of(*"abab"), {"task": "regression"}, "'t.csv': the target 'y' holds text "
        "('a', 'b') instead of numbers: predict it by task='classification'"),
    "a word among numbers": (of("1", "2", "high", "1"), {}, "'t.csv': line 4 has 'high' in column "
        "'y', which is not a number: correct it, or make classes of all values by "
        "task='classification'"),
    "a word among different numbers": (of("0.5", "0.7", "n/a", "bad", "0.2", "0.9"), {},
        "'t.csv': line 5 has 'bad' in column 'y', which is not a number: correct it or remove the "
        "row"),
    "the same, told to predict numbers": (of("0.5", "0.7", "bad", "0.2"),
        {"task": "regression"}, "'t.csv': line 4 has 'bad' in column 'y', which is not a number: "
        "correct it"),
    "one word to be numbers": (of(*"aaaa"), {"task": "regression"},
        "'t.csv': the target 'y' holds text ('a') instead of numbers: choose another target"),
    "names to be numbers": ("x,z,y\n1,1,u\n2,2,v\n3,3,w\n4,5,x\n", {"task": "regression"},
        "'t.csv': the target 'y' holds text ('u', 'v', 'w', 'x') instead of numbers: choose "
        "another target, such as 'z'"),
    "an infinite number as a class": (of("1.5", "2.5", "inf", "4.5"), {"task": "classification"},
        "'t.csv': the target 'y' has as many classes as rows (4): choose another target"),
    "a label that is also a number, and a word": (of("1.5", "1e5", "bad", "3.5", "1.5"), {},
        "'t.csv': line 4 has 'bad' in column 'y', which is not a number: correct it, or make "
        "classes of all values by task='classification'"),
    "perhaps a label": (of("1.5", "2.5", "1e5", "3.5"), {}, "'t.csv': line 4 has '1e5' in column "
        "'y', which may be a label: task='regression' reads it as 100000"),
    "perhaps a label, of several rows": (of("1.5", "2.5", "1e5", "1.5"), {}, "'t.csv': line 4 has "
        "'1e5' in column 'y', which may be a label: task='regression' reads it as 100000, "
        "task='classification' as a class"),
    "an infinite target": (of("1", "2", "3", "-inf"), {}, "'t.csv': line 5 has '-inf' in column "
        "'y', which is not finite: replace it by a finite number"),
    "an infinite target, in one of five rows": (of("1", "2", "3", "-inf", "5"), {}, "'t.csv': line "
        "5 has '-inf' in column 'y', which is not finite: replace it by a finite number or remove "
        "the row"),
    "no target named, and the last is text": (
        "id,x,y,same,name\n1,1,a,3,u\n2,2,b,3,v\n3,2,a,3,w\n4,1,b,3,z\n", {"target": None},
        "'t.csv': name the column to predict, such as target='y': its columns are 'id', 'x', 'y', "
        "'same', 'name'"),
    "no target named, and it is left out": ("x,z,y\n1,5,a\n2,7,b\n3,8,a\n4,7,b\n",
        {"target": None, "drop": ["y"]}, "'t.csv': name the column to predict, such as "
        "target='z': its columns are 'x', 'z', 'y'"),
    "no target named, and none can be": ("id,name\n1,u\n2,v\n3,w\n4,z\n", {"target": None},
        "'t.csv': name the column to predict by target='NAME': its columns are 'id', 'name'"),
    "not there in one column": ("y\na\nb\na\nb\n", {"target": "z"},
        "'t.csv': it has no column 'z': its only column is 'y'"),
    "no target named in one column": ("y\na\nb\na\nb\n", {"target": None},
        "'t.csv': name the column to predict by target='NAME': its only column is 'y'"),
    "no target named": (ROWS, {"target": None},
        "'t.csv': name the column to predict, such as target='y': its columns are 'x', 'y'"),
    "another name": (ROWS, {"target": "Y"},
        "'t.csv': it has no column 'Y' (did you mean 'y'?): its columns are 'x', 'y'"),
    "a name that is twice there": ("x,y,y\n1,a,a\n2,b,b\n3,a,a\n4,b,b\n", {}, "'t.csv': it has no "
        "column 'y' (did you mean 'y (column 2)'?): its columns are 'x', 'y (column 2)', "
        "'y (column 3)'"),
    "a name where there is none": ("1.5,a\n2.5,b\n3.5,a\n4.5,b\n", {},
        "'t.csv': it has no column 'y': it has no line of names, and its columns are '1', '2'"),
    "all left out": (ROWS, {"drop": "x"},
        "'t.csv': no column besides the target 'y' is left by drop=['x']"),
    "used and left out": (ROWS, {"drop": "x", "features": "x"},
        "'t.csv': no column besides the target 'y' is left by drop=['x']"),
    "left out and predicted": (ROWS, {"drop": "y"},
        "'t.csv': 'y' is the target, and cannot be left out"),
    # rows and files
    "few rows": ("x,y\n1,a\n2,b\n3,a\n", {},
        "'t.csv': 3 rows below the header: training needs at least 4"),
    "names only": ("x,y\n", {}, "'t.csv': 0 rows below the header: training needs at least 4"),
    "comments only": ("# x\n\n# y\n\n\n", {}, "'t.csv' has nothing but comments: write a line of "
        "column names, then a line per row"),
    "one column": ("y\na\nb\na\nb\n", {},
        "'t.csv': no column besides the target 'y': add columns to predict it from"),
    "cells too few": ("x,z,y\n1,1,a\n2,b\n3,3,a\n4,b\n5,5,a\n6,6,b\n", {}, "'t.csv': line 3 has 2 "
        "cells where the header has 3 (and 1 more such line): add or remove cells, or put text "
        "that contains the separator in quotation marks"),
    "a title": ("All of 2020\nx,y\n1,a\n2,b\n", {}, "'t.csv': line 2 has 2 cells where the header "
        "has 1 (and 2 more such lines): if line 1 has no names of columns, begin it with #"),
    "numbers of rows, as in scikit-learn": ("3,2,u\n1,2,3,4,5,6,7\n1,2,3,4,5,6,8\n", {}, "'t.csv': "
        "line 2 has 7 cells where the header has 3 (and 1 more such line): if line 1 has no names "
        "of columns, begin it with #"),
    "commas in commas": ("x,y\n1,5,2\n2,5,3\n3,5,4\n4,5,1\n", {}, "'t.csv': line 2 has 3 cells "
        "where the header has 2 (and 3 more such lines): if the comma is a decimal mark, save the "
        "table with semicolons between the cells"),
    "open quotation": ('x,y\n1,a\n2,"b\n3,a\n4,b\n', {}, "line 5 of 't.csv' is not valid CSV "
        "(unexpected end of data): check its quotation marks"),
    "nothing": (b"", {}, "'t.csv' is empty: write a line of column names, then a line per row"),
    "NUL": ("x,y\n1,\0\n", {},
        "'t.csv' is not text but binary data: save the table as 'CSV UTF-8'"),
    "any bytes": (bytes(range(1, 256)), {},
        "line 2 of 't.csv' is not UTF-8 text (byte 0x80): save the table as 'CSV UTF-8'"),
    "control characters that are no Latin-1": (b"x,y\n1,\xe9\1\n", {},
        "line 2 of 't.csv' is not UTF-8 text (byte 0xe9): save the table as 'CSV UTF-8'"),
    "a workbook": (b"PK\3\4\0\0", {}, "'t.csv' is no CSV file but a workbook of Excel or another "
        "zip archive: save the sheet as 'CSV UTF-8', or unpack the archive"),
    "a web page": ("\n<!DOCTYPE html>\n<html>", {}, "'t.csv' is no CSV file but a web page or XML: "
        "download the file itself (on GitHub by 'Raw')"),
    "half of UTF-16": (ROWS.encode("utf-16")[:-1], {}, "'t.csv' is said to be UTF-16-LE by its "
        "first bytes and is not (truncated data at byte 40): save the table as 'CSV UTF-8'"),
    "half of a gzip": (gzip.compress(ROWS.encode() * 100)[:-20], {}, "'t.csv' is packed by gzip "
        "and damaged (Compressed file ended before the end-of-stream marker was reached): pack or "
        "download it again"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_said_with_advice(name: str) -> None:
    text, options, message = REFUSED[name]
    with pytest.raises(ValueError, match=r".") as error:
        read(text, Path("t.csv"), **options)
    assert str(error.value) == message


HINT = re.compile(
    r"(?<!left by )(?<!for )\b(task|decimal|missing|drop|features|target)=(\[.*?\]|'.*?')"
    r"|another (target), such as ('.*?')"
)
HINTS = [
    pytest.param(text, {**options, option: ast.literal_eval(value)}, id=f"{name}: {option}")
    for name, text, options, said in [
        *((name, case.text, case.options, "\n".join(case.notes)) for name, case in DONE.items()),
        *((name, text, options, message) for name, (text, options, message) in REFUSED.items()),
    ]
    for option, value in (filter(None, groups) for groups in HINT.findall(said))
    if value != "'NAME'"
]


@pytest.mark.parametrize(("text", "options"), HINTS)
def test_advice_works_if_followed_to_the_letter(text: str | bytes, options: Any) -> None:
    read(text, Path("t.csv"), **options)


def test_all_that_is_to_be_mended_is_said_at_once() -> None:
    text = "id,x,z,y\n1,1,1,a\n2,abc,inf,a\n3,2.5,3\n4,4,5,a\n5,5,6,a\n6,6,7,a\n"
    with pytest.raises(ValueError, match="mended") as error:
        read(text, Path("t.csv"), drop=["nope"], spelled=lambda name, x: f"--{name} {','.join(x)}")
    assert str(error.value).split("\n  ") == [
        "'t.csv' has 5 things to be mended:",
        "line 4 has 3 cells where the header has 4: add or remove cells, or put text that contains "
        "the separator in quotation marks",
        "it has no column 'nope' for --drop nope: its columns are 'id', 'x', 'z', 'y'",
        "the target 'y' has only one class, 'a': add rows of another class or choose another "
        "target",
        "line 3 has 'abc' in column 'x', which is no number among numbers: correct it, leave the "
        "cell empty, or leave the column out by --drop x",
        "line 3 has 'inf' in column 'z', which is not finite: correct it, leave the cell empty, "
        "or leave the column out by --drop z",
    ]


def test_what_is_packed_is_called_what_it_was() -> None:
    assert read(gzip.compress(ROWS.encode()), Path("fruit.csv.gz")).dataset.name == "fruit"


def test_read_csv_fills_with_means_and_warns() -> None:
    Path("t.csv").write_text(one("1", "", "3", "8"))
    with pytest.warns(UserWarning, match="was read so") as warned:
        data = read_csv("t.csv", "y")
    assert data.inputs == [[1.0], [4.0], [3.0], [8.0]]
    assert [str(w.message) for w in warned] == [
        "'t.csv' was read so:\n  'x' (1): missing cells get the mean"
    ]
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    ("option", "value"), [("header", "yes"), ("decimal", ";"), ("missing", "zero"), ("task", "c")]
)
def test_options_are_checked(option: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{option} must be one of .* got '{value}'"):
        read(ROWS, Path("t.csv"), **{option: value})
