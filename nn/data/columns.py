"""A column of a table as inputs of a network: the same today and for the tables to come."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias, get_args

from autograd.quoting import short

from .cells import of_cell
from .notation import (
    MISSING,
    MISSING_NUMBER,
    Notation,
    days,
    parts,
    plain_number,
    shapes,
)
from .words import listing, resolved

Kind: TypeAlias = Literal["number", "truth", "date", "category"]
KINDS: Final = get_args(Kind)
NAN: Final = math.nan
PLAIN: Final = Notation()
COMMA: Final = Notation(",", ".")
MOST_INPUTS: Final = 20_000_000  # of all rows, most of which are the 0 and 1 of categories


@dataclass(frozen=True)
class Column:
    """What a column of a table holds, and which inputs of a network it becomes.

    Parameters
    ----------
    name : str
        Its name in the file.
    kind : "number", "truth", "date" or "category"
        A truth value becomes 0 or 1; a date the days since 1970-01-01; text of K values K inputs,
        of which the one that is meant is 1 and the others 0, or one input where K is 2.
    values : tuple of str
        The two words for 0 and 1, in small letters, or all categories.
    notation : Notation
        How its numbers are written.
    order : "", "day" or "month"
        What is the first in dates that end with the year; empty if all begin with it.

    Examples
    --------
    >>> size = Column("size", "category", ("L", "M", "S"))
    >>> size.feature_names
    ['size = L', 'size = M', 'size = S']
    >>> size.inputs(["M", "XL", "L"])
    ([[0.0, nan, 1.0], [1.0, nan, 0.0], [0.0, nan, 0.0]], [1])
    """

    name: str
    kind: Kind = "number"
    values: tuple[str, ...] = ()
    notation: Notation = PLAIN
    order: str = ""

    @property
    def is_words(self) -> bool:
        """Whether its inputs are 0 or 1, for words."""
        return self.kind in ("truth", "category")

    @property
    def feature_names(self) -> list[str]:
        """A name for each input."""
        if self.kind != "category":
            return [self.name]
        shown = self.values[1:] if len(self.values) == 2 else self.values
        return [f"{self.name} = {value}" for value in shown]

    def inputs(self, cells: Sequence[str]) -> tuple[list[list[float]], list[int]]:
        """Return the inputs one by one, with nan for missing cells, and the rows it cannot read."""
        if self.kind == "number":
            numbers = floats(cells, self.notation)
            if numbers is not None:
                return [numbers], []
        codes = {cell: self._code_of(text_of(cell)) for cell in set(cells)}
        gap, wrong = [NAN] * len(self.feature_names), []
        if None in codes.values():
            wrong = [n for n, cell in enumerate(cells) if codes[cell] is None]
        rows = [codes[cell] or gap for cell in cells]
        return [list(column) for column in zip(*rows, strict=True)], wrong

    def _code_of(self, text: str) -> Sequence[float] | None:
        """Return the inputs for a text, none at all if it is missing, None if it is wrong."""
        missing = MISSING_NUMBER if self.kind in ("number", "date") else MISSING
        return () if text.lower() in missing else self._code(text)

    def _code(self, text: str) -> Sequence[float] | None:
        if self.kind == "category":
            k = self._place.get(resolved(text, self._place))
            if k is None:
                return None
            if len(self.values) == 2:
                return [float(k)]
            return [1.0 if j == k else 0.0 for j in range(len(self.values))]
        number: float | None
        if self.kind == "number":
            number = self.notation.number(text)
        elif self.kind == "date":
            number = days(text, self.order)
        else:
            word = resolved(text.casefold(), self.values)
            number = float(self.values.index(word)) if word in self.values else None
        return None if number is None or not math.isfinite(number) else [number]

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {value: k for k, value in enumerate(self.values)}

    def refusal(self, text: str) -> str:
        """Return why a cell cannot be read, as the rest of "line 3 has 'x' in column 'y', ...".

        It ends with what to do, to which other remedies may be added.
        """
        if self.kind == "category":
            return f"which is none of {listing(map(short, self.values))}: correct it"
        if self.kind == "truth":
            low, high = map(short, self.values)
            return f"which is neither {low} nor {high}: correct it"
        if self.kind == "date":
            other = {"day": "31.01.2024 or ", "month": "01/31/2024 or "}.get(self.order, "")
            return f"which is no date such as {other}2024-01-31: correct it"
        if self.notation.number(text) is not None:
            return "which is not finite: correct it"
        wrong = f"which is not a number such as {self.notation.example()}: correct it"
        return self._other_unit(text) or wrong

    def _other_unit(self, text: str) -> str:
        """Return what is wrong with the unit of a number, if that is all."""
        found, wanted = parts(text), self.notation
        if found is None:
            return ""
        bare = f"{'-' * found.minus}{found.digits}{found.exponent}"
        right = wanted.written(bare)
        if wanted.number(right) is None:
            return ""
        its, ours = found.prefix + found.unit, wanted.prefix + wanted.unit
        if its == ours:
            return f"which has the {short(its)} elsewhere than the column: write {short(right)}"
        if not its:
            return f"which lacks the {short(ours)}: write {short(right)}"
        if not ours:
            return f"which has {short(its)}, and the column has no unit: write the number alone"
        return f"which has {short(its)} where the column has {short(ours)}: convert it"

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON, without what is as usual."""
        content: dict[str, Any] = {"name": self.name, "kind": self.kind}
        if self.values:
            content["values"] = list(self.values)
        if self.notation != PLAIN:
            content["notation"] = vars(self.notation).copy()
        if self.order:
            content["order"] = self.order
        return content

    @classmethod
    def from_dict(cls, content: Any) -> Column:
        """Return the column whose `to_dict` gave `content`; raise ValueError if none did."""
        if not isinstance(content, dict) or not {"name", "kind"} <= content.keys():
            raise ValueError(f"a column is {short(content)}: it needs a name and a kind")
        name, kind = content["name"], content["kind"]
        values, notation = content.get("values", []), content.get("notation", {})
        if not isinstance(name, str) or kind not in KINDS:
            raise ValueError(
                f"column {short(name)} is of kind {short(kind)}: a kind is one of {listing(KINDS)}"
            )
        wanted = {"truth": len(values) == 2 if isinstance(values, list) else False,
                  "category": bool(values)}.get(kind, values == [])  # fmt: skip
        if (
            not wanted
            or not isinstance(values, list)
            or not all(isinstance(value, str) for value in values)
            or len(set(values)) < len(values)
        ):
            raise ValueError(f"column {short(name)}, a {kind}, has the values {short(values)}")
        order = content.get("order", "")
        if order not in (("", "day", "month") if kind == "date" else ("",)):
            raise ValueError(f"column {short(name)}, a {kind}, has the order {short(order)}")
        return cls(name, kind, tuple(values), _notation(name, notation), order)


def _notation(name: str, content: Any) -> Notation:
    allowed: dict[str, Callable[[str], bool]] = {
        "decimal": lambda x: x in (".", ","),
        "grouping": lambda x: x in ("", ".", ",", " ", "'"),
        "prefix": lambda x: len(x) < 100,
        "unit": lambda x: len(x) < 100,
    }
    if not isinstance(content, dict) or not all(
        key in allowed and isinstance(x, str) and allowed[key](x) for key, x in content.items()
    ):
        raise ValueError(f"column {short(name)} has numbers written as {short(content)}")
    notation = Notation(**content)
    if notation.decimal == notation.grouping:
        raise ValueError(
            f"column {short(name)} has {short(notation.decimal)} before decimals and between "
            "thousands"
        )
    return notation


def text_of(cell: str) -> str:
    """Return what a cell holds, without blanks around it and an apostrophe that guards it."""
    cell = cell.strip()
    return of_cell(cell) if "'" in cell else cell


def floats(cells: Sequence[str], notation: Notation = PLAIN) -> list[float] | None:
    """Return finite numbers, nan where one is missing; or None if they are no such numbers.

    This is how nearly all columns are read, many cells at a time: numbers as Python writes them,
    or those that are when marks, units and brackets are taken out.
    """
    joined = "\n".join(cells)
    # float() takes 1_000, which in a table is more likely a code than a number.
    if "_" in joined:
        return None
    if notation == COMMA and "." not in joined:
        cells = [cell.replace(",", ".") for cell in cells]
    elif notation != PLAIN:
        bare = _bare(joined, notation)
        if bare is None or len(bare) != len(cells):  # a cell may have several lines
            return None
        cells = bare
    try:
        try:
            numbers = list(map(float, cells))
        except ValueError:
            numbers = list(map(float, [c or "nan" for c in cells]))
    except ValueError:
        try:
            numbers = [NAN if c.strip().lower() in MISSING_NUMBER else float(c) for c in cells]
        except ValueError:
            return None
    finite = math.isfinite(sum(numbers)) or not any(map(math.isinf, numbers))
    return numbers if finite else None


def _bare(joined: str, notation: Notation) -> list[str] | None:
    """Return lines of numbers as Python writes them; None if that takes more than replacing.

    Whether it does is seen from one cell of each shape.
    """
    marks = {notation.prefix: "", notation.unit: "", notation.grouping: "", " ": "", "(": "-"}
    marks |= {")": "", notation.decimal: "."}

    def bare(text: str) -> str:
        for mark, other in marks.items():
            text = text.replace(mark, other) if mark else text
        return text

    for shape in {*shapes(joined)}:
        text, short_one = text_of(shape), bare(shape)
        if text.lower() in MISSING_NUMBER:
            if short_one.lower() not in MISSING_NUMBER:
                return None
        elif (number := notation.number(text)) is None or plain_number(short_one) != number:
            return None
    return bare(joined).split("\n")
