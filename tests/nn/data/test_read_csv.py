"""Data sets from CSV files: what they become, and which they need to be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from nn.data import Dataset, read_csv, read_rows

FLOWERS = """\
length,width,species
5.1,3.5,setosa
7.0,3.2,versicolor
4.9,3.0,setosa
6.4,-3.2e0,versicolor
"""


def write(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_with_text_targets(tmp_path: Path) -> None:
    data = read_csv(write(tmp_path, FLOWERS, "flowers.csv"), "species")
    assert data == Dataset(
        [[5.1, 3.5], [7.0, 3.2], [4.9, 3.0], [6.4, -3.2]],
        [0, 1, 0, 1],
        ["length", "width"],
        ["setosa", "versicolor"],
        "flowers",
    )
    assert {type(t) for t in data.targets} == {int}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_dialects(tmp_path: Path, separator: str, line_end: str, encoding: str) -> None:
    text = FLOWERS.replace(",", separator).replace("\n", line_end)
    expected = read_csv(write(tmp_path, FLOWERS), "species")
    assert read_csv(write(tmp_path, text.encode(encoding)), "species") == expected


def test_csv_quotes_spaces_blank_lines_and_umlauts(tmp_path: Path) -> None:
    text = '\n"größe, cm";art\n1 ; "a;b"\n\n 2;"a;b"\n3;"say ""é"""\n   \n4;"say ""é"""\n\n'
    data = read_csv(write(tmp_path, text), "art")
    assert data.feature_names == ["größe, cm"]
    assert data.inputs == [[1.0], [2.0], [3.0], [4.0]]
    assert data.class_names == ["a;b", 'say "é"']
    assert data.targets == [0, 0, 1, 1]


def test_csv_spaces_around_cells_mean_nothing(tmp_path: Path) -> None:
    text = FLOWERS.replace(",", " , ").replace("\n", "  \n")
    expected = read_csv(write(tmp_path, FLOWERS), "species")
    assert read_csv(write(tmp_path, text), "species") == expected


def test_csv_target_may_be_any_column(tmp_path: Path) -> None:
    data = read_csv(write(tmp_path, "a,b,c\n1,2.5,3\n4,5.5,6\n7,8.5,9\n1,2.5,3\n"), "b")
    assert data.feature_names == ["a", "c"]
    assert data.inputs == [[1.0, 3.0], [4.0, 6.0], [7.0, 9.0], [1.0, 3.0]]
    assert data.targets == [2.5, 5.5, 8.5, 2.5]


def table(targets: Iterable[object]) -> str:
    """A CSV file with one input column, x, and these targets in column y."""
    return "x,y\n" + "".join(f"{n},{target}\n" for n, target in enumerate(targets))


@pytest.mark.parametrize(
    ("targets", "class_names"),
    [
        (["b", "a", "b", "c"], ["a", "b", "c"]),
        ([10, 9, 10, 9], ["9", "10"]),
        (["1.0", "0.0", "1.0", "0.0"], ["0.0", "1.0"]),
        ([-1, 1, -1, 1], ["-1", "1"]),
        (list(range(10)) * 2, [str(k) for k in range(10)]),
        (list(range(11)) * 2, None),
        ([1, 2, 3, 4], None),
        ([1, 1, 2, 2.5], None),
        ([0.5, 1.5, 0.5, 1.5], None),
    ],
)
def test_csv_finds_out_what_the_target_is(
    tmp_path: Path, targets: list[object], class_names: list[str] | None
) -> None:
    data = read_csv(write(tmp_path, table(targets)), "y")
    assert data.class_names == class_names
    if class_names is None:
        assert data.targets == targets
    else:
        chosen = [class_names[int(k)] for k in data.targets]
        assert chosen == [str(target) for target in targets]


def test_csv_task_overrules_the_guess(tmp_path: Path) -> None:
    path = write(tmp_path, table([0, 1, 0, 1]))
    assert read_csv(path, "y").class_names == ["0", "1"]
    regression = read_csv(path, "y", task="regression")
    assert regression.class_names is None
    assert [type(t) for t in regression.targets] == [float] * 4
    path = write(tmp_path, table([0.5, 12, 2.5, 12]))
    assert read_csv(path, "y").class_names is None
    assert read_csv(path, "y", task="classification").class_names == ["0.5", "2.5", "12"]
    path = write(tmp_path, table(["1", "2", "2b", "1"]))
    assert read_csv(path, "y", task="classification").class_names == ["1", "2", "2b"]


def test_csv_refuses_an_unknown_task(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"task must be one of 'class.*, None, got 'cluster'"):
        read_csv(write(tmp_path, FLOWERS), "species", task="cluster")  # type: ignore[arg-type]


def test_csv_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no file '.*none\.csv': check its name"):
        read_csv(tmp_path / "none.csv", "y")
    with pytest.raises(ValueError, match="cannot be read"):
        read_csv(tmp_path, "y")


def test_csv_error_lists_only_so_many_columns(tmp_path: Path) -> None:
    header = ",".join(f"c{j}" for j in range(100))
    with pytest.raises(ValueError, match=r"'c0', 'c1', .*'c11' and 88 more$"):
        read_csv(write(tmp_path, header + "\n"), "y")


def test_csv_with_a_huge_cell_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 2 .* is not valid CSV \(field larger than"):
        read_csv(write(tmp_path, "x,y\n" + "1" * 200_000 + ",a\n"), "y")


def test_rows_to_predict_are_found_by_column_name(tmp_path: Path) -> None:
    path = write(tmp_path, "note;b;a\nripe;2;1.5\n;4;3\n")
    assert read_rows(path, ["a", "b"]) == [[1.5, 2.0], [3.0, 4.0]]
    path = write(tmp_path, FLOWERS)
    data = read_csv(path, "species")
    assert read_rows(path, data.feature_names) == data.inputs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "'{}' has 0 rows below the header: add the rows to predict"),
        ("a,B\n1,2\n", "'{}': it has no column 'b' (did you mean 'B'?): its columns are 'a', 'B'"),
        (
            "a,b\n1,2\n3,\n",
            "'{}': 1 value missing, the first on line 3 in column 'b': fill in the missing values "
            "or remove their rows",
        ),
        (
            "a,b\n1,2\n3,inf\n",
            "'{}': line 3 has 'inf' in column 'b', which is not finite: correct it or remove the "
            "row",
        ),
        (
            "a\n1,5\nx\n",
            "'{}' has 3 things to be mended:\n"
            "  line 2 has 2 cells where the header has 1: if the comma is a decimal mark, save the "
            "table with semicolons between the cells\n"
            "  line 3 has 'x' in column 'a', which is not a number such as 1.5: correct it "
            "or remove the row\n"
            "  it has no column 'b': its only column is 'a'",
        ),
    ],
)
def test_rows_to_predict_must_be_complete(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(path))}$"):
        read_rows(path, ["a", "b"])
