"""What the columns of a table hold, found out from their cells: numbers, words, dates, nothing."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from autograd.quoting import short

from .cells import Table
from .columns import COMMA, MOST_INPUTS, PLAIN, Column, floats, text_of
from .notation import (
    EXACT,
    INTEGER,
    LEADING_ZERO,
    MISSING,
    MISSING_NUMBER,
    Evidence,
    Notation,
    Parts,
    date_order,
    days,
    is_exact,
    is_other_date,
    may_be_grouped,
    mostly_dates,
    numbers_among,
    plain_number,
    truth,
)
from .words import count, listing

MOST_CATEGORIES: Final = 20  # values of a text column that becomes one input for each of them
MOST_MISSING: Final = 0.5  # share of the cells of a column that is still used
FEW_SLIPS: Final = 3  # different words among numbers that are hardly meant as values
MOST_EXAMPLES: Final = 100  # cells among which a telling example is looked for
IDENTIFIER: Final = re.compile(
    r"(?i:id|ids|index|idx|key|uid|uuid|guid|row|rows|rownames?|row\W?(?:id|no|number|names?)|#|nr"
    r"|nr\.|no|no\.|number|.*[_ .-](?:id|uuid|guid|index|idx|key))|.*[a-z]I[Dd]"
)
PADDED: Final = re.compile(r"\n[ \t]*[+-]?0\d+[ \t]*(?=\n)")

DECIMAL_COMMA: Final = re.compile(r"(?:\n[ \t]*[+-]?0?,\d+|,(?:\d\d?|\d{4,}))[ \t]*\n")
SHORT_YEAR: Final = re.compile(r"\d\d?[-/.]\d\d?[-/.]\d\d(?!\d)")

Spelled = Callable[[str, Any], str]


@dataclass
class Finding:
    """What was found out about a column.

    Parameters
    ----------
    name : str
    column : Column or None
        How it becomes inputs; None if it does not.
    inputs : list of list of float
        Which it becomes, one by one.
    remark : str
        What is to be said of it, which several columns may share.
    fault : str
        What must be mended in the file before anything can be learnt from it, and how.
    decimal : "", "." or ","
        The decimal mark that its numbers show.
    evidence : Evidence or None
        Of numbers whose notation is to be chosen yet.
    optional : bool
        Whether it is left out by default only.
    """

    name: str
    column: Column | None = None
    inputs: Sequence[list[float]] = ()
    remark: str = ""
    fault: str = ""
    decimal: str = ""
    evidence: Evidence | None = None
    optional: bool = False


class Judge:
    """Finds out what the columns of a table hold.

    Parameters
    ----------
    table : Table
    wanted : bool
        Whether the columns were asked for by name: then none is left out by default.
    decimal : "." or "," or None
        The decimal mark; None to find it out.
    spelled : function
        How advice writes an option.
    """

    def __init__(self, table: Table, wanted: bool, decimal: str | None, spelled: Spelled) -> None:
        self.table, self.wanted, self.decimal, self.spelled = table, wanted, decimal, spelled

    def findings(self, columns: Mapping[str, Sequence[str]]) -> list[Finding]:
        """Return what was found out about each of some columns."""
        findings = [self._find(name, cells) for name, cells in columns.items()]
        marks = {f.decimal for f in findings}
        if self.decimal is None and "," in marks:
            for f in findings:
                if f.decimal == "." and f.evidence is None and f.column:
                    self._reconsider(f, columns[f.name])
            marks = {f.decimal for f in findings}
        for f in findings:
            if f.evidence:
                self._decide(f, f.evidence, marks, columns[f.name])
            elif f.column == Column(f.name) and not f.decimal and "," in marks and "." not in marks:
                f.column = Column(f.name, notation=COMMA)  # integers here, perhaps not in others
        for f in findings:
            if f.column and not f.inputs:
                f.inputs, _ = f.column.inputs(columns[f.name])
        good = sum(f.column is not None or f.fault != "" for f in findings)
        for f in findings:
            if f.fault:
                drop = f", or leave the column out by {self.spelled('drop', [f.name])}"
                f.fault += (
                    f", leave the cell empty{drop}" if good > 1 else " or leave the cell empty"
                )
        return findings

    def _find(self, name: str, cells: Sequence[str]) -> Finding:
        joined = "\n".join(["", *cells, ""])
        if not PADDED.search(joined):
            pointed = "." in joined
            if not (pointed and may_be_grouped(cells, self.decimal, self.table.separator)):
                numbers = floats(cells)
                if numbers is not None and not _is_inexact(cells, numbers):
                    return self._plain(name, cells, numbers, "." if pointed else "", PLAIN)
            if DECIMAL_COMMA.search(joined) if self.decimal is None else self.decimal == ",":
                numbers = floats(cells, COMMA)
                if numbers is not None and not _is_inexact(cells, numbers):
                    return self._plain(name, cells, numbers, ",", COMMA)
        return self._other(name, cells)

    def _plain(
        self,
        name: str,
        cells: Sequence[str],
        numbers: list[float],
        decimal: str,
        notation: Notation,
    ) -> Finding:
        """Judge a column of numbers that were read already."""
        known = numbers
        if not math.isfinite(sum(numbers)):
            known = [x for x in numbers if x == x]
        why, same = self._too_empty(len(known), len(cells)), False
        if not why and not self.wanted:
            low, high = min(known), max(known)
            if low == high:
                example = next(c for c, x in zip(cells, numbers, strict=True) if x == x)
                why, same = f"the same in all rows ({short(example.strip())})", True
            elif (
                IDENTIFIER.fullmatch(name)
                and len(set(known)) == len(cells)
                and all(map(float.is_integer, known))
            ):
                why = "a different number in each row, as names of rows are"
        if why:
            return Finding(name, remark=why, optional=bool(known) and not same)
        found = Finding(name, Column(name, notation=notation), [numbers], decimal=decimal)
        if notation != PLAIN:
            marked = [cell.strip() for cell in cells if "," in cell]
            found.remark = _example(marked[0], notation) if marked else ""
        return found

    def _other(self, name: str, cells: Sequence[str]) -> Finding:
        """Judge a column of text, which may be numbers in another notation."""
        times = Counter[str]()
        for cell, n in Counter(cells).items():
            times[text_of(cell)] += n
        # A dash is missing among numbers and dates, and a value among words.
        words = spoken = [text for text in times if text.lower() not in MISSING]
        filled = [text for text in words if text.lower() not in MISSING_NUMBER]
        numbers = numbers_among(filled)
        infinite = [text for text in filled if text not in numbers and _is_infinite(text)]
        odd = [text for text in filled if text not in numbers and text not in infinite]
        if filled and (len(numbers) == len(filled) or any(map(_is_date, filled[:2]))):
            words = filled
        n_filled = sum(times[text] for text in words)
        why = self._too_empty(n_filled, len(cells))
        if why:
            return Finding(name, remark=why, optional=n_filled > 0)
        if len(words) == 1 and not self.wanted:
            return Finding(name, remark=f"the same in all rows ({short(words[0])})")
        if infinite and len(infinite) + len(numbers) == len(filled):
            what = "which is not finite: correct it"
            return self._fault(name, cells, infinite, what)
        pair = truth(words)
        if pair:
            column = Column(name, "truth", tuple(pair))
            return Finding(name, column, remark=f"0 for {pair[0]}, 1 for {pair[1]}")
        if dates := self._dates(name, cells, words):
            return dates
        because = ""
        if numbers:
            evidence = Evidence.of(numbers)
            because = self._no_number(cells, numbers, odd, evidence)
            if not because:
                return Finding(name, evidence=evidence, decimal=evidence.decimal)
        few = len(spoken) <= MOST_CATEGORIES and 2 * len(spoken) <= len(cells)
        slips = len(odd) <= FEW_SLIPS or 10 * sum(times[t] for t in odd) <= n_filled
        if numbers and odd and slips and not few and 2 * len(odd) <= len(filled):
            what = "which is no number among numbers: correct it"
            return self._fault(name, cells, odd, what)
        return self._text(name, spoken, len(cells), because, few)

    def _too_empty(self, n_filled: int, n: int) -> str:
        if not n_filled:
            return "all cells are missing"
        if n_filled < (1 - MOST_MISSING) * n and not self.wanted:
            return f"{n - n_filled} of {n} cells are missing"
        return ""

    def _dates(self, name: str, cells: Sequence[str], words: list[str]) -> Finding | None:
        """Judge a column if it is one of dates."""
        if not mostly_dates(words):
            return None
        others = [text for text in words if is_other_date(text)]
        orders = date_order(others)
        order = next(iter(orders)) if len(orders) == 1 else ""
        numbers = {text: days(text, order) for text in words}
        wrong = [text for text, number in numbers.items() if number is None]
        column = Column(name, "date", order=order)
        if not wrong:
            example, how = words[0], ""
            if order:
                example, how = orders[order], f" with the {order} first"
            told = f"{short(example)} is {numbers[example]:g}"
            remark = f"dates{how} become days since 1970-01-01: {told}"
            return Finding(name, column, remark=remark)
        if 10 * len(wrong) <= len(words):
            return self._fault(name, cells, wrong, column.refusal(wrong[0]))
        if not all(map(_is_date, words)):
            return None
        if len(orders) > 1:
            why = (
                f"{short(orders['day'])} has the day first and {short(orders['month'])} the month."
            )
        elif not order:
            why = f"is day or month the first in {short(others[0])}?"
        elif SHORT_YEAR.match(wrong[0]):
            why = f"the year in {short(wrong[0])} has two digits."
        else:
            why = f"{short(wrong[0])} is no date that can be read."
        return Finding(name, remark=f"{why} Write dates as 2024-01-31 to use them")

    def _no_number(
        self, cells: Sequence[str], numbers: Mapping[str, Parts], odd: list[str], evidence: Evidence
    ) -> str:
        """Return why a column with numbers is text, or nothing if it is not."""
        integers = [text for text in numbers if text.lstrip("+-").isdecimal()]
        padded = next((text for text in integers if LEADING_ZERO.fullmatch(text)), None)
        long = next((t for t in integers if INTEGER.fullmatch(t) and not is_exact(t)), None)
        if padded is not None:
            return f"{short(padded)} has a zero before it"
        if long is not None:
            return f"{short(long)} has more digits than a number here can hold"
        if odd:
            return f"{short(odd[0])} on line {self._line(cells, odd)} is no number"
        if evidence.affixes:
            units = listing(map(short, evidence.affixes))
            some = " in some cells only" if len(evidence.affixes) == 1 else ""
            return f"its numbers have {units}{some}; give all the same to use them"
        return ""

    def _text(self, name: str, words: list[str], n: int, because: str, few: bool) -> Finding:
        values = tuple(sorted(words))
        if not (few or self.wanted):
            many = "different in each row" if len(words) == n else f"{len(words)} different values"
            because = f" ({because})" if because else ""
            usable = n * len(values) <= MOST_INPUTS
            return Finding(name, remark=f"text, {many}{because}", optional=usable)
        column = Column(name, "category", values)
        remark = f"one input for each of {listing(map(short, values))}"
        if len(values) == 2:
            remark = f"0 for {short(values[0])}, 1 for {short(values[1])}"
        if because:
            remark += f" (text: {because})"
        pair = alike(values)
        if pair:
            remark += f"; {short(pair[0])} and {short(pair[1])} differ in capitals or blanks only"
        return Finding(name, column, remark=remark)

    def _line(self, cells: Sequence[str], among: Sequence[str]) -> int:
        wrong = set(among)
        return next(
            line for text, line in zip(cells, self.table.lines, strict=True) if text in wrong
        )

    def _fault(self, name: str, cells: Sequence[str], wrong: Sequence[str], what: str) -> Finding:
        n = sum(map(set(wrong).__contains__, map(text_of, cells)))
        more = f" (and {count(n - 1, 'more such cell')})" if n > 1 else ""
        return Finding(
            name,
            fault=f"line {self._line(cells, wrong)} has {short(wrong[0])} in column {short(name)}"
            f"{more}, {what}",
        )

    def _reconsider(self, finding: Finding, cells: Sequence[str]) -> None:
        """Look again at plain numbers with points, in a table with decimal commas elsewhere."""
        evidence = Evidence.of(numbers_among(list(dict.fromkeys(map(text_of, cells)))))
        if evidence.unclear and not evidence.decimals:
            finding.evidence, finding.decimal, finding.inputs = evidence, "", ()

    def _decide(
        self, finding: Finding, evidence: Evidence, marks: set[str], cells: Sequence[str]
    ) -> None:
        """Choose the notation of numbers that are not written as Python does."""
        decimal, advice = self.decimal or finding.decimal, ""
        if not decimal and ("," in marks) != ("." in marks):
            decimal = "," if "," in marks else "."
        elif not decimal and evidence.unclear:
            decimal = "," if self.table.separator == ";" else "."
            if "," not in marks:  # nor points: no other column shows its mark
                other = self.spelled("decimal", "." if decimal == "," else ",")
                advice = f" ({other} if that is wrong)"
        notation = evidence.notation(decimal or ".")
        name, column = finding.name, Column(finding.name, notation=notation)
        inputs, wrong = column.inputs(cells)
        finding.column, finding.inputs = None, ()
        if wrong:
            odd = list(dict.fromkeys(text_of(cells[n]) for n in wrong))
            finding.fault = self._fault(name, cells, odd, column.refusal(odd[0])).fault
            return
        filled = (text_of(cell) for cell, x in zip(cells, inputs[0], strict=True) if x == x)
        texts = list(islice(filled, MOST_EXAMPLES))
        if len({x for x in inputs[0] if x == x}) == 1 and not self.wanted:
            finding.remark = f"the same in all rows ({short(texts[0])})"
            return
        finding.column, finding.inputs = column, inputs
        example = evidence.unclear or max(texts, key=_marks)
        finding.remark = _example(example, notation) + advice


def _is_inexact(cells: Sequence[str], numbers: Sequence[float]) -> bool:
    """Return whether an integer among cells has more digits than its float."""
    if not any(abs(x) >= EXACT for x in (max(numbers), min(numbers))):
        return False
    return any(INTEGER.fullmatch(c.strip()) and not is_exact(c.strip()) for c in cells)


def _is_date(text: str) -> bool:
    return days(text) is not None or is_other_date(text)


def _is_infinite(text: str) -> bool:
    number = plain_number(text)
    return number is not None and math.isinf(number)


def _marks(text: str) -> tuple[int, int]:
    return sum(not c.isalnum() for c in text), len(text)


def _example(text: str, notation: Notation) -> str:
    return f"{short(text)} is read as {notation.number(text):.12g}"


def alike(words: Sequence[str]) -> tuple[str, str] | None:
    """Return two words that differ in capitals or blanks only, if there are such."""
    seen: dict[str, str] = {}
    for word in sorted(words):
        key = "".join(word.split()).casefold()
        if key in seen:
            return seen[key], word
        seen[key] = word
    return None
