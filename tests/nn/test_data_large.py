"""Tables with very many classes, columns and cells: linear, or refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from nn.data import Dataset, cells, one_hot, read_csv, read_rows, split

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
    from nn.data.tables import _classes

    names = [Counted(f"name {k % MANY}") for k in range(2 * MANY)]
    Counted.times = 0
    indices, found = _classes(names)
    assert Counted.times < 10 * len(names)  # to search each took 10 000 comparisons
    assert [found[k] for k in indices] == names
    assert found == sorted({*map(str, names)})


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


class Header(list[str]):
    """Names of columns, which counts how often it is searched."""

    times = 0

    def __contains__(self, name: object) -> bool:
        Header.times += 1
        return super().__contains__(name)

    def index(self, *arguments: Any) -> int:
        Header.times += 1
        return super().index(*arguments)


def test_columns_are_found_by_name_without_a_search() -> None:
    names = [f"c{k}" for k in range(500)]
    table = cells.Table("table.csv", Header(names), [["1"] * 500] * 4, [2, 3, 4, 5])
    assert table.rows_of_numbers(names) == [[1.0] * 500] * 4
    assert Header.times == 0


def test_so_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted before any of them is taken apart; quotation marks do not matter."""
    path = tmp_path / "table.csv"
    path.write_text("x,t\n" + "1,a\n2,b\n" * 4, encoding="utf-8")
    monkeypatch.setattr(cells, "MOST_CELLS", 18)
    assert len(read_csv(path, target="t")) == 8
    monkeypatch.setattr(cells, "MOST_CELLS", 17)
    monkeypatch.setattr(cells.csv, "reader", lambda *_, **__: pytest.fail("it was read"))
    for read in (lambda: read_csv(path, target="t"), lambda: read_rows(path, ["x"])):
        with pytest.raises(ValueError, match="about 18 cells, and a table at most 17"):
            read()


def test_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read no further than that: a device such as /dev/zero has no end."""
    path = tmp_path / ("long " * 40 + "\x1b.csv")
    path.write_text("x,t\n" + "1,a\n2,b\n" * 4, encoding="utf-8")
    monkeypatch.setattr(cells, "LARGEST_FILE", 36)
    assert len(read_csv(path, target="t")) == 8
    monkeypatch.setattr(cells, "LARGEST_FILE", 35)
    with pytest.raises(ValueError, match=r"\\x1b\.csv' has more than 35 bytes: leave out"):
        read_csv(path, target="t")
    monkeypatch.undo()
    monkeypatch.setattr(cells, "MOST_CELLS", 17)
    with pytest.raises(ValueError, match=r"\\x1b\.csv' has about 18 cells"):
        read_csv(path, target="t")
