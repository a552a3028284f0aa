"""From the columns of a table to the inputs of a network, for the tables to come as well."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd.collector import paused
from autograd.quoting import short

from . import cells
from .cells import Table
from .columns import Column, text_of
from .words import count, listing, resolved, suggestion

MOST_FAULTS: Final = 20  # in one message


@dataclass(frozen=True)
class Coding:
    r"""How the columns of a table become inputs of a network.

    `nn.data.read_table` finds it out from the table to train on; `read` does the same to others.

    Parameters
    ----------
    parts : tuple of Column
        The columns that are used.
    named : bool
        Whether the first line has names; otherwise the columns are called "1", "2", ...
    width : int
        Number of all columns of the table, which matters where they have no names.
    missing : bool
        Whether cells may be missing: they become nan.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> coding = Coding((Column("grams"), Column("hue", "category", ("green", "red"))))
    >>> coding.feature_names
    ['grams', 'hue = red']
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "new.csv")
    ...     _ = path.write_text("hue;shop;grams\nred;market;150\n")
    ...     coding.read(path)
    [[150.0, 1.0]]
    >>> Coding.from_dict(coding.to_dict()) == coding
    True
    """

    parts: tuple[Column, ...]
    named: bool = True
    width: int = 0
    missing: bool = False

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are used."""
        return [part.name for part in self.parts]

    @property
    def feature_names(self) -> list[str]:
        """A name for each input."""
        return [name for part in self.parts for name in part.feature_names]

    @paused()
    def read(self, path: str | os.PathLike[str]) -> list[list[float]]:
        """Read the inputs out of another table.

        It needs the columns that are used, in any order, and may have others.

        Returns
        -------
        list of list of float
            A row for each row of the file, with nan where a cell is missing.

        Raises
        ------
        ValueError
            With all that must be mended: columns that are not there, cells that are not such as
            those of the table that was learnt from, with their lines; or if the file cannot be
            read, see `nn.data.read_table`.
        """
        table = Table.read(path, self.named, self.columns)
        faults = list(table.faults)
        if not table.lines and not faults:
            raise ValueError(f"{short(path)} has 0 rows below the header: add the rows to predict")
        if not self.named and len(table.header) != self.width:
            raise ValueError(
                f"{short(path)} has {count(len(table.header), 'column')}, and the table that was "
                f"learnt from had {self.width} and no names: give it the same columns, the one to "
                "predict included, which may be empty"
            )
        if len(table.lines) * len(self.feature_names) > cells.MOST_CELLS:
            raise ValueError(
                f"{short(path)} becomes {count(len(table.lines), 'row')} of "
                f"{len(self.feature_names)} inputs, more than {cells.MOST_CELLS:,} numbers: "
                "predict from it in parts"
            )
        columns = dict(zip(table.header, table.columns, strict=True))
        inputs = []
        gaps: list[tuple[int, str]] = []
        for part in self.parts:
            name = resolved(part.name, columns)
            if name not in columns:
                close = suggestion(part.name, table.header)
                faults.append(
                    f"it has no column {short(part.name)}{close}: {table.columns_named()}"
                )
                continue
            found, wrong = part.inputs(columns[name])
            inputs += found
            if wrong:
                faults.append(self._of_cells(part, columns[name], table.lines, wrong))
            elif not self.missing:
                empty = [n for n, x in enumerate(found[0]) if x != x]
                gaps += [(table.lines[n], part.name) for n in empty]
        if gaps:
            line, name = min(gaps)
            faults.append(
                f"{count(len(gaps), 'value')} missing, the first on line {line} in column "
                f"{short(name)}: fill in the missing values or remove their rows"
            )
        refuse(path, faults)
        return [list(row) for row in zip(*inputs, strict=True)]

    def _of_cells(
        self, part: Column, column: Sequence[str], lines: Sequence[int], wrong: list[int]
    ) -> str:
        text = text_of(column[wrong[0]])
        more = f" (and {count(len(wrong) - 1, 'more such cell')})" if len(wrong) > 1 else ""
        other = "leave the cell empty" if self.missing else "remove the row"
        remedy = f" or {other}"
        if part.kind == "category":
            remedy = f", {other}, or train again with rows that have it"
        return (
            f"line {lines[wrong[0]]} has {short(text)} in column {short(part.name)}{more}, "
            f"{part.refusal(text)}{remedy}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "columns": [part.to_dict() for part in self.parts],
            "named": self.named,
            "width": self.width,
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, content: Any) -> Coding:
        """Return the coding whose `to_dict` gave `content`; raise ValueError if none did."""
        if not isinstance(content, dict) or not isinstance(content.get("columns"), list):
            raise ValueError(f"a coding is {short(content)}: it needs a list of columns")
        parts = tuple(Column.from_dict(column) for column in content["columns"])
        named, width, missing = (content.get(key) for key in ("named", "width", "missing"))
        if not isinstance(named, bool) or not isinstance(missing, bool) or type(width) is not int:
            raise ValueError(
                f"a coding has named {short(named)}, width {short(width)} and missing "
                f"{short(missing)}: they must be true or false, a number, and true or false"
            )
        coding = cls(parts, named, width, missing)
        if not parts or len(set(coding.columns)) < len(parts):
            raise ValueError(
                f"a coding has the columns {listing(map(short, coding.columns))}: it needs at "
                "least one, and none twice"
            )
        return coding


def refuse(path: str | os.PathLike[str], faults: Sequence[str]) -> None:
    """Raise ValueError with all that must be mended in a file, if there is anything."""
    if len(faults) == 1:
        raise ValueError(f"{short(path)}: {faults[0]}")
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults[:MOST_FAULTS])
        more = len(faults) - MOST_FAULTS
        raise ValueError(
            f"{short(path)} has {len(faults)} things to be mended:{lines}"
            + (f"\n  and {more} more" if more > 0 else "")
        )
