"""How people write numbers, truth values and dates in tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

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
    r"(?P<digits>\d[\d.,' ]*\d|\d\.?|\d?[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    r"\s*(?P<unit>[^\W\d_][^\d.,;()\s]*(?: ?/ ?\w+)?|[%‰°$€£¥₹₩₽][^\d\s]*)?\s*(?P<close>\))?"
)
BLANKS: Final = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | {"\u2212": "-", "’": "'"}
)
SHAPE: Final = str.maketrans("23456789", "11111111")
LEADING_ZERO: Final = re.compile(r"[+-]?0\d+")
CANONICAL: Final = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]\d\d\d?)?")
INTEGER: Final = re.compile(r"[+-]?\d+")
DATE: Final = re.compile(
    r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)"
    r"(?:[ T]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?"
)
OTHER_DATE: Final = re.compile(r"(\d\d?)([-/.])(\d\d?)[-/.](\d{4}|\d\d)([ T]+\d\d?:\d\d.*)?")
THOUSANDS: Final = re.compile(r"[+-]?(?:[1-9]\d{0,2}\.\d{3}|\d{1,3})")
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


class Parts(NamedTuple):
    """The parts of a number as people write it.

    `decimal` and `grouping` are its marks where they are clear; `unclear` is the mark of 1,234 or
    1.234, which may be the one or the other.
    """

    prefix: str
    unit: str
    minus: bool
    digits: str
    exponent: str
    decimal: str = ""
    grouping: str = ""
    unclear: str = ""


def parts(text: str) -> Parts | None:
    """Return the parts of a number, or None if a text is none.

    Examples
    --------
    >>> parts("$1,234.50")[3:]
    ('1,234.50', '', '.', ',', '')
    >>> parts("1,234").unclear, parts("1.2.3")
    (',', None)
    """
    if len(text) > LONGEST_NUMBER:
        return None
    match = NUMBER.fullmatch(text if text.isascii() else text.translate(BLANKS))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    opening, sign, prefix, inner, digits, exponent, unit, _ = match.groups("")
    minus = (sign == "-") ^ (inner == "-") ^ (opening == "(")
    decimal = grouping = unclear = ""
    if not digits.isdecimal():
        marks = [c for c in digits if c in ".,' "]
        last = marks.pop()
        whole = digits
        if last in ".," and last not in marks:
            whole = digits.partition(last)[0]
            if marks or len(digits) - len(whole) != 4 or not 0 < len(whole) < 4 or whole[0] == "0":
                decimal = last
            else:
                unclear = last
        else:
            marks.append(last)
        if marks:
            grouping = marks[0]
            if not _is_grouped(whole, grouping):
                return None
            if not decimal and grouping in ".,":
                decimal = "." if grouping == "," else ","
    return Parts(prefix, unit, minus, digits, exponent, decimal, grouping, unclear)


def shapes(joined: str) -> list[str]:
    """Return the shape of each line: all digits are 0 or 1, which tells how a number is written.

    Examples
    --------
    >>> shapes("$1,234.50\\n$705")
    ['$1,111.10', '$101']
    """
    return joined.translate(SHAPE).split("\n")


def numbers_among(texts: Sequence[str]) -> dict[str, Parts]:
    """Return those texts that are numbers, each with the parts of the first one of its shape."""
    found: dict[str, Parts | None] = {}
    numbers = {}
    for text in texts:
        shape = text.translate(SHAPE)
        if shape not in found:
            found[shape] = parts(text)
        its = found[shape]
        if its is not None:
            has_digits = its.unit and any(map(str.isdecimal, its.unit))  # m2 and m3 are two units
            numbers[text] = (parts(text) or its) if has_digits else its
    return numbers


def _is_grouped(whole: str, mark: str) -> bool:
    first, *others = whole.split(mark)
    return 0 < len(first) <= 3 and first.isdecimal() and all(
        len(group) == 3 and group.isdecimal() for group in others
    )  # fmt: skip


def looks_numeric(text: str) -> bool:
    """Return whether a text is a number, in whichever notation."""
    text = text.strip()
    return plain_number(text) is not None or parts(text) is not None


def may_be_grouped(cells: Collection[str], decimal: str | None, separator: str) -> bool:
    """Return whether points may stand between thousands.

    So they do in a column of 950 and 1.200, where semicolons separate the cells; programs that
    write decimals give the same number of them to 950.

    Examples
    --------
    >>> may_be_grouped(["950", "1.200"], None, ";"), may_be_grouped(["950.0", "1.2"], None, ";")
    (True, False)
    """
    if decimal is not None or separator != ";":
        return decimal == ","
    texts = [text for cell in cells if (text := cell.strip()).lower() not in MISSING_NUMBER]
    return any(map(str.isdecimal, texts)) and all(map(THOUSANDS.fullmatch, texts))


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
        found = parts(text)
        if found is None:
            return None if self.prefix or self.unit else plain_number(text)  # inf, say
        return self.number_of(found)

    def number_of(self, found: Parts) -> float | None:
        """Return the number of parts, or None if it is written another way."""
        if found.prefix != self.prefix or found.unit != self.unit:
            return None
        if (
            found.decimal not in ("", self.decimal)
            or found.grouping not in ("", self.grouping)
            or found.unclear not in ("", self.decimal, self.grouping)
        ):
            return None
        digits = found.digits
        if self.grouping:
            digits = digits.replace(self.grouping, "")
        number = float(digits.replace(self.decimal, ".") + found.exponent)
        return -number if found.minus else number

    def example(self) -> str:
        """Return a number as it is written here.

        Examples
        --------
        >>> Notation(",", ".", "€").example(), Notation(unit="°C").example()
        ('€1.234,5', '1.5 °C')
        """
        whole = f"1{self.grouping}234" if self.grouping else "1"
        return self.written(f"{whole}{self.decimal}5")

    def written(self, digits: str) -> str:
        """Return digits with what stands beside them."""
        blank = " " * (self.unit not in ("", "%", "‰", "°"))
        return f"{self.prefix}{digits}{blank}{self.unit}"


@dataclass(frozen=True)
class Evidence:
    """What the numbers of a column tell about their notation.

    Parameters
    ----------
    prefixes, units : frozenset of str
        All that stand before and behind numbers.
    decimals, groupings : tuple of str
        The marks that are clear, the commonest first.
    unclear : str
        Text of a number such as 1,234, whose mark may be one as well as the other; or empty.
    """

    prefixes: frozenset[str]
    units: frozenset[str]
    decimals: tuple[str, ...]
    groupings: tuple[str, ...]
    unclear: str

    @classmethod
    def of(cls, numbers: Mapping[str, Parts]) -> Evidence:
        """Return what numbers tell, given by their texts."""
        unclear = [text for text, found in numbers.items() if found.unclear]
        decimals = Counter(found.decimal for found in numbers.values() if found.decimal)
        groupings = Counter(found.grouping for found in numbers.values() if found.grouping)
        return cls(
            frozenset(found.prefix for found in numbers.values()),
            frozenset(found.unit for found in numbers.values()),
            tuple(mark for mark, _ in decimals.most_common()),
            tuple(mark for mark, _ in groupings.most_common()),
            next((text for text in unclear if "," in text), unclear[0] if unclear else ""),
        )

    @property
    def decimal(self) -> str:
        """The decimal mark, or nothing if no number shows it."""
        return self.decimals[0] if self.decimals else ""

    @property
    def affixes(self) -> list[str]:
        """What stands beside some numbers and not beside others."""
        mixed = [found for found in (self.prefixes, self.units) if len(found) > 1]
        return sorted({affix for found in mixed for affix in found if affix})

    def notation(self, decimal: str) -> Notation:
        """Return the notation with this decimal mark, where there are no affixes of some only."""
        (prefix,), (unit,) = self.prefixes, self.units
        usual = "," if decimal == "." else "."
        grouping = next((mark for mark in self.groupings if mark != decimal), usual)
        return Notation(decimal, grouping, prefix, unit)


def truth(cells: Collection[str]) -> list[str] | None:
    """Return the words for 0 and 1, in small letters, if the cells are such words only."""
    words: set[str] = set()
    for cell in cells:
        words.add(cell.casefold())
        if len(words) > 2:
            return None
    for pair in TRUTH:
        if words == set(pair):
            return list(pair)
    return None


def days(text: str, order: str = "") -> float | None:
    """Return the days from 1970-01-01 to a date, with or without a time.

    The year is the first in it, or the last where `order` says whether "day" or "month" is the
    first. With points the day always is.

    Examples
    --------
    >>> days("1970-01-02"), days("1970-01-01T18:00Z"), days("31/12/1999"), days("2024-02-30")
    (1.0, 0.75, None, None)
    >>> days("2/1/1970", "day"), days("2/1/1970", "month"), days("2.1.1970", "month")
    (1.0, 31.0, None)
    """
    other = OTHER_DATE.fullmatch(text.strip()) if order else None
    if other is not None:
        first, mark, then, last, time = other.groups("")
        if order == "month":
            if mark == ".":
                return None
            first, then = then, first
        text = f"{last}-{then}-{first}{time}"
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


def mostly_dates(texts: Sequence[str]) -> bool:
    """Return whether nine of ten texts are written as dates, be there such days or not."""
    look: dict[str, bool] = {}
    others = 0
    for text in texts:
        shape = text.translate(SHAPE)
        if shape not in look:
            look[shape] = bool(DATE.fullmatch(shape) or OTHER_DATE.fullmatch(shape))
        others += not look[shape]
        if 10 * others > len(texts):
            return False
    return True


def date_order(texts: Collection[str]) -> dict[str, str]:
    """Return an example of dates with the "day" first, and of those with the "month" first.

    Those that may be either are left out.

    Examples
    --------
    >>> date_order(["04/01/2024", "13/01/2024"]), date_order(["04/01/2024"])
    ({'day': '13/01/2024'}, {})
    """
    found: dict[str, str] = {}
    for text in texts:
        match = OTHER_DATE.fullmatch(text.strip())
        if match is not None:
            first, mark, second = match.groups()[:3]
            if mark == "." or int(first) > 12:
                found.setdefault("day", text)
            if int(second) > 12:
                found.setdefault("month", text)
    return found
