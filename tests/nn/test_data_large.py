"""Tables with very many classes, columns and cells: linear, or refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from nn.data import Coding, Dataset, cells, files, one_hot, read_csv, read_rows, split
from nn.data.columns import Column

MANY = 20_000


class Counted(str):
    """A text that counts how often it is compared."""

    __slots__ = ()
    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.times += 1
        return str.__eq__(self, other)


def test_many_text_classes_are_looked_up_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    from nn.data.targets import targets

    def spelled(option: str, value: Any) -> str:
        return f"{option}={value}"

    names = [Counted(f"name {k % MANY}") for k in range(2 * MANY)]
    Counted.times = 0
    found = targets("who", names, range(2 * MANY), "classification", spelled, None)
    assert Counted.times < 20 * len(names)  # to search each took 10 000 comparisons
    assert found.class_names == sorted({*map(str, names)})
    assert [found.class_names[int(k)] for k in found.values] == names


def test_a_table_of_many_text_classes(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    rows = [f"{k},name {k % MANY}\n" for k in range(2 * MANY)]
    path.write_text("x,who\n" + "".join(rows), encoding="utf-8")
    data = read_csv(path, target="who")
    assert data.class_names is not None
    assert len(data.class_names) == MANY
    assert data.class_names[data.targets[MANY + 7]] == "name 7"
    train, test = split(data)
    assert len(train) + len(test) == 2 * MANY
    assert repr(data).endswith("and 19988 more)>")


class Index:
    """A number as NumPy has them, which a range compares with each of its own."""

    times = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        Index.times += 1
        return self.number == other

    def __index__(self) -> int:
        return self.number


def test_targets_are_not_searched_for_in_a_range() -> None:
    targets: list[Any] = [Index(k) for k in range(2000)]
    Dataset([[0.0]] * 2000, targets, ["x"], [str(k) for k in range(2000)])
    assert Index.times <= 2 * len(targets)


@pytest.mark.parametrize("target", [3, -1, 0.5, math.nan, "0", None, [0]])
def test_what_is_no_class_index_is_still_refused(target: Any) -> None:
    with pytest.raises(ValueError, match=r"targets\[1\] of data is"):
        Dataset([[0.0], [1.0]], [0, target], ["x"], ["a", "b", "c"])
    assert Dataset([[0.0]], [1.0], ["x"], ["a", "b"]).targets == [1.0]


def test_one_hot_of_many_classes() -> None:
    row = one_hot(MANY - 1, MANY)
    assert (len(row), sum(row), row[-1]) == (MANY, 1.0, 1.0)
    assert {type(x) for x in row} == {float}
    first, second = one_hot([0, 0], 2)
    assert first is not second


def test_many_columns_are_found_by_name(tmp_path: Path) -> None:
    """Each by a look-up: 2000 columns take no 2000 searches among 2000 names."""
    names = [Counted(f"c{k}") for k in range(2000)]
    path = tmp_path / "wide.csv"
    path.write_text(",".join(names) + "\n" + "1,2," * 999 + "1,2\n", encoding="utf-8")
    coding = Coding(tuple(map(Column, names)))
    Counted.times = 0
    assert coding.read(path) == [[1.0, 2.0] * 1000]
    assert Counted.times < 20 * len(names)


def test_so_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted before any of them is taken apart; quotation marks do not matter."""
    path = tmp_path / "table.csv"
    path.write_text("x,t\n" + "1,a\n2,b\n" * 4, encoding="utf-8")
    monkeypatch.setattr(cells, "MOST_CELLS", 18)
    assert len(read_csv(path, target="t")) == 8
    monkeypatch.setattr(cells, "MOST_CELLS", 17)
    monkeypatch.setattr(cells, "MOST_LOOKED_AT", 1)  # which tells how they are separated
    monkeypatch.setattr(cells.Table, "_fill", lambda *_: pytest.fail("it was read"))
    for read in (lambda: read_csv(path, target="t"), lambda: read_rows(path, ["x"])):
        with pytest.raises(ValueError, match="about 18 cells, and a table at most 17"):
            read()


def test_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read no further than that: a device such as /dev/zero has no end."""
    path = tmp_path / ("long " * 40 + "\x1b.csv")
    path.write_text("x,t\n" + "1,a\n2,b\n" * 4, encoding="utf-8")
    monkeypatch.setattr(files, "LARGEST_FILE", 36)
    assert len(read_csv(path, target="t")) == 8
    monkeypatch.setattr(files, "LARGEST_FILE", 35)
    with pytest.raises(ValueError, match=r"\\x1b\.csv' has more than 35 bytes: leave out"):
        read_csv(path, target="t")
    monkeypatch.undo()
    monkeypatch.setattr(cells, "MOST_CELLS", 17)
    with pytest.raises(ValueError, match=r"\\x1b\.csv' has about 18 cells"):
        read_csv(path, target="t")
