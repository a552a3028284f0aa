"""Tables that people paste."""

from typing import Any

import pytest

from playground import on_page
from scripts import needs_node

pytestmark = needs_node

INPUTS, TARGETS = [[-1, -1], [1, 1]], [0, 1]
GOOD = {
    "x,y,c\n1,2,a\n3,4,b\n": (["x", "y"], ["a", "b"]),
    "1,2,a\n3,4,b": (["column 1", "column 2"], ["a", "b"]),
    "x;y;c\n1;2,5;0\n3;4,5;1": (["x", "y"], ["0", "1"]),
    "x\ty\tc\n1\t2\t7\n3\t4\t9\n": (["x", "y"], ["7", "9"]),
    '\ufeffx,"y, z",c\r\n1,2,"a, ""q"""\r\n3,4,b\r\n': (["x", "y, z"], ['a, "q"', "b"]),
    "x,y,c\n1,2,a\n\n ,  ,\n3,4,b": (["x", "y"], ["a", "b"]),
    "name,x,y,z,c\nfoo,1,2,9,a\nbar,3,4,8,b": (["x", "y"], ["a", "b"]),
    "x,y,c\n-1e-3,−2,a\n+.5,4.,b": (["x", "y"], ["a", "b"]),
    "x,y,c\n1e308,2,<b>\n1.5e308,4,b": (["x", "y"], ["<b>", "b"]),
    'x,y,c\n1,2,a\n3,4,"' + "b" * 1_000_000 + '"': (["x", "y"], ["a", "b" * 40]),
}
WRONG = {
    "": "The table is empty",
    " \n;\n": "The table is empty",
    "abc\n1": "The table has one column",
    "x,y,c\n1,2\n3,4,b": "Line 2 has 2 columns and line 1 has 3",
    'x,c\n1,a\n2,"b\n': "The quote that begins in line 3 has no end",
    "x,c\na,b\nc,d": "No column before the last one has numbers",
    "x,c\n1,a": "fewer than 2 rows",
    "x,c\n,a\n1,b\n?,c": "fewer than 2 rows",
    "x,c\n1,a\n2,a": "The last column, c, is a in every row",
    "x,c\n" + "\n".join([f"{k},t{k}" for k in range(7)]): "has 7 different texts: at most 6",
}


def read(*texts: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = on_page("return texts.map(datasetOfCsv);", texts=texts)
    return found


def test_tables_are_read_however_they_are_written() -> None:
    for (text, (names, classes)), found in zip(GOOD.items(), read(*GOOD), strict=True):
        data = found["dataset"]
        assert data["names"] == names, text[:50]
        assert data["classes"] == classes
        assert [axis["name"] for axis in data["axes"]] == names
        assert [*map(pytest.approx, data["inputs"])] == INPUTS
        assert data["targets"] == TARGETS


def test_inputs_and_numbers_to_be_predicted_are_standardised() -> None:
    (found,) = read("x,y,t\n1,5,0.5\n2,5,1.5\n3,5,4\n")
    data = found["dataset"]
    assert data["classes"] is None
    spread = (2 / 3) ** 0.5
    assert data["axes"][0] == {"name": "x", "centre": 2, "scale": pytest.approx(spread)}
    assert data["axes"][1] == {"name": "y", "centre": 5, "scale": 1}
    assert [x for x, _ in data["inputs"]] == pytest.approx([-1 / spread, 0, 1 / spread])
    target = data["target"]
    raw = [target["centre"] + target["scale"] * t for t in data["targets"]]
    assert target["name"] == "t"
    assert raw == pytest.approx([0.5, 1.5, 4])
    assert sum(data["targets"]) == pytest.approx(0, abs=1e-12)


def test_what_is_left_out_is_said() -> None:
    missing, other = read("x,y,c\n1,2,a\n?,1,a\n1,NA,b\n3,4,b", "n,x,c\nfoo,1,a\nbar,2,b")
    assert missing["dataset"]["notes"] == ["2 rows have an empty cell and are left out."]
    assert other["dataset"]["notes"] == ["Not used: n."]


def test_a_million_lines_are_cut() -> None:
    found = on_page(
        """const of = (rows) => datasetOfCsv("x,c\\n" + rows.join("\\n")).dataset;
        const sizes = [2000, 2001, 5000, 1_000_000].map((n) => Array.from({length: n},
          (_, k) => `${k % 7},${"ab"[k % 2]}`));
        return [...sizes, Array(3000).fill(",a").concat(sizes[1]),
          sizes[0].slice(0, 900).concat(Array(30_000).fill(",a"))].map((rows) => of(rows))
          .map(({inputs, notes}) => [inputs.length, notes]);"""
    )
    cut = ["The table is longer: the first 2000 rows are kept."]
    assert found[:4] == [[2000, []], [2000, cut], [2000, cut], [2000, cut]]
    assert found[4] == [2000, ["3000 rows have an empty cell and are left out.", *cut]]
    assert found[5][1][1] == "The table is longer: the first 900 rows are kept."


def test_bad_tables_are_refused_in_one_sentence() -> None:
    for (text, said), found in zip(WRONG.items(), read(*WRONG), strict=True):
        assert said in found["wrong"], text[:50]
