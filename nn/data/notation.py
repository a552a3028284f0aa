"""How people write numbers, truth values and dates in tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

# A cell that is missing whatever the column holds, and what is no number, yet may be a word:
# classes called + and -, or a column with "none" for those who take no sugar.
MISSING: Final = frozenset(
    ("", "na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "-nan", "null", "?")
)
MISSING_NUMBER: Final = MISSING | {"none", "nil", "-", "--", "---", ".", "..", "\u2013", "\u2014"}
EXACT: Final = 2**53  # integers beyond share their floats
LONGEST_NUMBER: Final = 80

NUMBER: Final = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[+-]?)\s*(?P<prefix>[$€£¥₹₩₽]|US\$|CHF|EUR|USD|GBP)?\s*(?P<inner>-?)"
    r"(?P<digits>\d[\d.,'’ ]*\d|\d\.?|\d?[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    r"\s*(?P<unit>[^\W\d_][^\d.,;()\s]*(?: ?/ ?\w+)?|[%‰°$€£¥₹₩₽][^\d\s]*)?\s*(?P<close>\))?"
)
BLANKS: Final = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | {"\u2212": "-"})
LEADING_ZERO: Final = re.compile(r"[+-]?0\d+")
CANONICAL: Final = re.compile(r"[+-]?(?:0|[1-9]\d*)?(?:\.\d*)?(?<=[\d.])(?:[eE][+-]\d\d\d?)?")
INTEGER: Final = re.compile(r"[+-]?\d+")
DATE: Final = re.compile(
    r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)"
    r"(?:[ T]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?"
)
OTHER_DATE: Final = re.compile(r"\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)(?:[ T]+\d\d?:\d\d.*)?")
TRUTH: Final = (
    ("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("off", "on"),
    ("nein", "ja"), ("non", "oui"), ("no", "si"), ("no", "sí"),
)  # fmt: skip


def plain_number(text: str) -> float | None:
    """Return the number that Python finds in a text, or None.

    Examples
    --------
    >>> plain_number(" -1.5e3"), plain_number("1_000")
    (-1500.0, None)
    """
    # float() would also take 1_000, which in a table is more likely a code than a number.
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def is_canonical(text: str) -> bool:
    """Return whether a text is the usual spelling of a number, and no label made of digits.

    It is an integer or decimal number without needless zeros before it, or has the exponent that
    programs write, with its sign and two digits; an integer is one that floats tell from others.

    Examples
    --------
    >>> [is_canonical(text) for text in ("7", "-1.50", "1.5e-05", "007", "1e5", "9007199254740993")]
    [True, True, True, False, False, False]
    """
    if not CANONICAL.fullmatch(text):
        return False
    return not INTEGER.fullmatch(text) or len(text) < 16 or is_exact(text)


def is_exact(integer: str) -> bool:
    """Return whether the digits of an integer are those of its float."""
    return len(integer) < 400 and int(float(integer)) == int(integer)


def looks_numeric(text: str) -> bool:
    """Return whether a text is a number, in whichever notation."""
    text = text.strip()
    return plain_number(text) is not None or _match(text) is not None


def _match(text: str) -> re.Match[str] | None:
    """Return the parts of a number; no number that is meant as such is longer than a line."""
    match = NUMBER.fullmatch(text.translate(BLANKS)) if len(text) <= LONGEST_NUMBER else None
    return match if match is None or bool(match["open"]) == bool(match["close"]) else None


@dataclass(frozen=True)
class Notation:
    """How the numbers of a column are written.

    Parameters
    ----------
    decimal : "." or ","
        The decimal mark.
    grouping : "", ",", ".", " " or "'"
        What stands between thousands.
    prefix, unit : str
        What stands before every number, such as $, and behind it, such as % or kg.
    """

    decimal: str = "."
    grouping: str = ""
    prefix: str = ""
    unit: str = ""

    def number(self, text: str) -> float | None:
        """Return the number that a cell holds; None if it is written another way.

        Examples
        --------
        >>> Notation(",", ".", "€").number("€ 1.234,50"), Notation().number("1,5")
        (1234.5, None)
        """
        match = _match(text)
        if match is None:
            number = plain_number(text)  # inf, say
            return None if self.prefix or self.unit else number
        if (match["prefix"] or "") != self.prefix or (match["unit"] or "") != self.unit:
            return None
        digits = match["digits"].replace("’", "'")
        whole, _, fraction = digits.partition(self.decimal)
        if self.grouping and self.grouping in whole:
            if not _is_grouped(whole, self.grouping):
                return None
            whole = whole.replace(self.grouping, "")
        number = plain_number(f"{whole}.{fraction}{match['exponent'] or ''}")
        signs = [match["sign"], match["inner"], "-" if match["open"] else ""]
        return -number if number is not None and signs.count("-") % 2 else number

    def example(self) -> str:
        """Return a number as it is written here.

        Examples
        --------
        >>> Notation(",", ".", "€").example(), Notation(unit="kg").example()
        ('€1.234,5', '1.5 kg')
        """
        whole = f"1{self.grouping}234" if self.grouping else "1"
        unit = f" {self.unit}" if self.unit[:1].isalpha() else self.unit
        return f"{self.prefix}{whole}{self.decimal}5{unit}"


def _is_grouped(whole: str, mark: str) -> bool:
    first, *others = whole.split(mark)
    return 0 < len(first) <= 3 and first.isdecimal() and all(
        len(group) == 3 and group.isdecimal() for group in others
    )  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What the cells of a column tell about the notation of its numbers.

    Parameters
    ----------
    prefixes, units : set of str
        All that stand before and behind numbers.
    decimal : "", "." or ","
        The decimal mark, where a cell shows it; otherwise empty.
    grouping : str
        What stands between thousands, where a cell shows it.
    unclear : str
        A cell such as 1,234 that may be one as well as the other.
    """

    prefixes: frozenset[str]
    units: frozenset[str]
    decimal: str
    grouping: str
    unclear: str

    @classmethod
    def of(cls, cells: Iterable[str]) -> Evidence | None:
        """Return the evidence of cells that are numbers; None if one of them is none."""
        prefixes, units = set(), set()
        decimals, groupings, unclear = set(), set(), ""
        for cell in cells:
            match = _match(cell)
            if match is None:
                return None
            prefixes.add(match["prefix"] or "")
            units.add(match["unit"] or "")
            digits = match["digits"].replace("’", "'")
            marks = [c for c in digits if not c.isdecimal()]
            blanks = {c for c in marks if c in " '"}
            groupings |= blanks
            marks = [c for c in marks if c in ".,"]
            if len(set(marks)) == 2:
                decimals.add(marks[-1])
                groupings.add(marks[0])
            elif len(marks) > 1:
                groupings.add(marks[0])
                decimals.add("." if marks[0] == "," else ",")
            elif marks:
                whole = digits.partition(marks[0])[0]
                if blanks or whole.startswith("0") or not _is_grouped(digits, marks[0]):
                    decimals.add(marks[0])
                elif not unclear or marks[0] == ",":
                    unclear = cell
        if len(decimals) > 1 or len(groupings) > 1:
            return None
        decimal, grouping = "".join(decimals), "".join(groupings)
        return cls(frozenset(prefixes), frozenset(units), decimal, grouping, unclear)


def truth(cells: Collection[str]) -> list[str] | None:
    """Return the words for 0 and 1, in small letters, if the cells are such words only."""
    words = {cell.casefold() for cell in cells}
    for pair in TRUTH:
        if words == set(pair):
            return list(pair)
    return None


def days(text: str) -> float | None:
    """Return the days from 1970-01-01 to a date written year first, with or without a time.

    Examples
    --------
    >>> days("1970-01-02"), days("1970-01-01T18:00Z"), days("31/12/1999"), days("2024-02-30")
    (1.0, 0.75, None, None)
    """
    match = DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    zone = match[7]
    shift = 0.0
    if zone and zone != "Z":
        shift = (60 * int(zone[1:3]) + int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    return (moment.timestamp() / 60 - shift) / (24 * 60)


def is_other_date(text: str) -> bool:
    """Return whether a text is a date in which day, month and year may be in any order."""
    return OTHER_DATE.fullmatch(text.strip()) is not None
