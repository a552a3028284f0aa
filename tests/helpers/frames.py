"""What a DataFrame and a Series do, as far as samples are concerned, where pandas is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


class Series:
    """Entries that ``series[label]`` finds by their label, as pandas does, and not by position."""

    dtype = None

    def __init__(self, entries: Sequence[Any], labels: Sequence[Any] | None = None) -> None:
        self._entries = list(entries)
        self._labels = list(range(len(entries)) if labels is None else labels)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._entries)

    def __getitem__(self, label: Any) -> Any:
        return self._entries[self._labels.index(label)]

    def __bool__(self) -> bool:
        raise ValueError("the truth value of a Series is ambiguous")

    def tolist(self) -> list[Any]:
        return list(self._entries)

    def to_numpy(self) -> Any:
        raise AssertionError("NumPy is not needed")


class Categorical(Series):
    class dtype:
        categories = ("low", "high")


class _Positions:
    """What ``frame.iloc[:, j]`` asks."""

    def __init__(self, columns: Sequence[Series]) -> None:
        self._columns = columns

    def __getitem__(self, place: tuple[slice, int]) -> Series:
        rows, column = place
        assert rows == slice(None)
        return self._columns[column]


class Frame:
    """Columns by their names; iterated over, it gives these names."""

    def __init__(self, **columns: Series) -> None:
        self._columns = columns
        self.columns = list(columns)
        self.iloc = _Positions([*columns.values()])

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Series:
        return self._columns[name]

    def __bool__(self) -> bool:
        raise ValueError("the truth value of a DataFrame is ambiguous")

    def to_numpy(self) -> Any:
        raise AssertionError("NumPy is not needed")
