"""What the columns of a table hold, found out from their cells: numbers, words, dates, nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from autograd.quoting import short

from .cells import Table
from .columns import Column, floats, text_of
from .notation import (
    EXACT,
    INTEGER,
    LEADING_ZERO,
    MISSING,
    MISSING_NUMBER,
    Evidence,
    Notation,
    days,
    is_exact,
    is_other_date,
    looks_numeric,
    plain_number,
    truth,
)
from .words import count, listing

MOST_CATEGORIES: Final = 20  # values of a text column that becomes one input for each of them
MOST_MISSING: Final = 0.5  # share of the cells of a column that is still used
FEW_ODD: Final = 3  # different words among numbers that are more likely slips than values
IDENTIFIER: Final = re.compile(
    r"(?i:id|ids|index|idx|key|uid|uuid|guid|row|rows|rownames?|row\W?(?:id|no|number|names?)|#|nr"
    r"|nr\.|no|no\.|number|.*[_ .-](?:id|uuid|guid|index|idx|key))|.*[a-z]I[Dd]"
)
PADDED: Final = re.compile(r"\n[ \t]*[+-]?0\d+[ \t]*(?=\n)")

Spelled = Callable[[str, Any], str]


@dataclass
class Finding:
    """What was found out about a column.

    Parameters
    ----------
    column : Column or None
        How it becomes inputs; None if it does not.
    remark, detail : str
        What is to be said of it, which several columns may share, and what only of this one.
    fault : str
        What must be mended in the file before anything can be learnt from it.
    evidence : Evidence or None
        Of numbers whose decimal mark the other columns may tell.
    pointed : bool
        Whether it has numbers with a point, or may have thousands with points.
    """

    name: str
    column: Column | None = None
    remark: str = ""
    detail: str = ""
    fault: str = ""
    evidence: Evidence | None = None
    pointed: bool = False
    texts: list[str] = field(default_factory=list)


class Judge:
    """Finds out what the columns of a table hold.

    Parameters
    ----------
    table : Table
    wanted : bool
        Whether the columns were asked for by name: then none is left out.
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
        found = {f.evidence.decimal for f in findings if f.evidence}
        if self.decimal is None and "," in found:
            for f in findings:
                if f.pointed:
                    evidence = Evidence.of({text_of(cell) for cell in columns[f.name]} - MISSING)
                    if evidence and evidence.unclear and not evidence.decimal:
                        f.evidence, f.pointed = evidence, False
        for f in findings:
            if f.evidence:
                self._decide(f, found, any(f.pointed for f in findings), columns[f.name])
        return findings

    def _find(self, name: str, cells: Sequence[str]) -> Finding:
        numbers = None if self.decimal == "," else floats(cells)
        if numbers is not None:
            known = [x for x in numbers if x == x]
            joined = "\n".join(["", *cells, ""])
            if len(known) > (1 - MOST_MISSING) * len(cells) and not PADDED.search(joined):
                exact = max(map(abs, known)) <= EXACT or not any(
                    INTEGER.fullmatch(c.strip()) and not is_exact(c.strip()) for c in cells
                )
                if exact:
                    return self._plain(name, cells, known, "." in joined)
        texts = [text_of(cell) for cell in cells]
        return self._other(name, texts)

    def _plain(self, name: str, cells: Sequence[str], known: list[float], pointed: bool) -> Finding:
        if not self.wanted:
            distinct = len(set(known))
            if distinct == 1:
                return self._left_out(name, f"the same in all rows ({short(cells[0].strip())})")
            if (
                distinct == len(cells)
                and IDENTIFIER.fullmatch(name)
                and all(map(float.is_integer, known))
            ):
                return self._left_out(name, "a different number in each row, as names of rows are")
        return Finding(name, Column(name), pointed=pointed)

    def _other(self, name: str, texts: list[str]) -> Finding:
        times = Counter(texts)
        words = [text for text in times if text.lower() not in MISSING]
        numeric = [t for t in words if t.lower() not in MISSING_NUMBER and looks_numeric(t)]
        odd = [t for t in words if t.lower() not in MISSING_NUMBER and not looks_numeric(t)]
        present = numeric + odd if numeric or not odd else words
        filled = sum(times[text] for text in present)
        if not filled:
            return self._left_out(name, "all cells are missing", always=True)
        if filled < (1 - MOST_MISSING) * len(texts) and not self.wanted:
            return self._left_out(
                name, "more than half of the cells are missing", detail=f"{len(texts) - filled}"
            )
        endless = [t for t in numeric if abs(plain_number(t) or 0.0) == float("inf")]
        if endless and len(endless) < len(numeric):
            return self._fault(name, texts, endless, "which is not finite: replace it by a finite "
                               "number, or leave the cell empty")  # fmt: skip
        if len(present) == 1 and not self.wanted:
            return self._left_out(name, f"the same in all rows ({short(present[0])})")
        pair = truth(words)
        if pair:
            remark = f"{pair[0]} is read as 0, {pair[1]} as 1"
            return Finding(name, Column(name, "truth", tuple(pair)), remark)
        because = ""
        if numeric:
            padded = [t for t in numeric if LEADING_ZERO.fullmatch(t)]
            long = [t for t in numeric if INTEGER.fullmatch(t) and not is_exact(t)]
            evidence = None if padded or long else Evidence.of(numeric)
            if padded:
                because = f"text, for {short(padded[0])} has a zero before it"
            elif long:
                because = f"text, for {short(long[0])} has more digits than a number here can hold"
            elif evidence is None or len(evidence.units) > 1 or len(evidence.prefixes) > 1:
                because = self._mixed(numeric, evidence)
            elif not odd:
                return Finding(name, evidence=evidence, texts=texts)
            else:
                because = f"text, for {short(odd[0])} on line {self._line(texts, odd)} is no number"
        dates = [text for text in words if days(text) is not None]
        if len(dates) == len(words):
            column = Column(name, "date")
            return Finding(name, column, f"dates: read as days since 1970-01-01 ({short(dates[0])} "
                           f"is {days(dates[0]):g})")  # fmt: skip
        if len(dates) >= 0.9 * len(words):
            other = [text for text in words if days(text) is None]
            return self._fault(
                name, texts, other, "which is no date such as 2024-01-31: correct it"
            )
        if all(map(is_other_date, words)):
            return self._left_out(
                name, f"dates such as {short(words[0])}, whose day and month may be taken for each "
                "other: write them as 2024-01-31 to use them", always=True)  # fmt: skip
        few = len(words) <= MOST_CATEGORIES and 2 * len(words) <= len(texts)
        if numeric and odd and not few and (
            len(odd) <= FEW_ODD or 10 * sum(times[t] for t in odd) <= filled
        ):  # fmt: skip
            return self._fault(name, texts, odd, "which is not a number among numbers: correct it, "
                               "or leave the cell empty")  # fmt: skip
        return self._text(name, texts, words, because or "text", few)

    def _mixed(self, numeric: list[str], evidence: Evidence | None) -> str:
        if evidence is None:
            return "text, for its numbers are written in several ways"
        kinds = sorted(evidence.units | evidence.prefixes)
        names = [short(unit) if unit else "nothing" for unit in kinds]
        return f"text, for beside its numbers stands {listing(names)}"

    def _text(
        self, name: str, texts: list[str], words: list[str], because: str, few: bool
    ) -> Finding:
        if few or self.wanted:
            values = tuple(sorted(words))
            column = Column(name, "category", values)
            inputs = column.feature_names
            shown = listing(map(short, values))
            if len(values) == 2:
                return Finding(name, column, f"{because}: one input, 1 for {short(values[1])} and "
                               f"0 for {short(values[0])}")  # fmt: skip
            return Finding(name, column, f"{because}: {len(inputs)} inputs, one for each of {shown}"
                           + _alike(words))  # fmt: skip
        if len(words) == len(texts):
            return self._left_out(name, f"{because}, different in each row")
        return self._left_out(name, f"{because} with {len(words)} different values")

    def _left_out(self, name: str, why: str, *, always: bool = False, detail: str = "") -> Finding:
        return Finding(name, remark=f"{why}: left out" if not always else f"{why}; left out",
                       detail=detail)  # fmt: skip

    def _line(self, texts: list[str], among: Sequence[str]) -> int:
        wrong = set(among)
        return next(
            line for text, line in zip(texts, self.table.lines, strict=True) if text in wrong
        )

    def _fault(self, name: str, texts: list[str], wrong: Sequence[str], what: str) -> Finding:
        places = set(wrong)
        n = sum(text in places for text in texts)
        more = f" (and {count(n - 1, 'more such cell')})" if n > 1 else ""
        line = self._line(texts, wrong)
        first = next(text for text in texts if text in places)
        fault = (
            f"line {line} has {short(first)} in column {short(name)}{more}, {what}, or leave the "
            f"column out by {self.spelled('drop', [name])}"
        )
        return Finding(name, fault=fault)

    def _decide(
        self, finding: Finding, found: set[str], pointed: bool, cells: Sequence[str]
    ) -> None:
        """Choose the notation of numbers that are not written as Python does."""
        evidence, name = finding.evidence, finding.name
        assert evidence is not None
        decimal, advice = evidence.decimal, ""
        mark = "," if "," in evidence.unclear else "."
        if self.decimal is not None:
            decimal = self.decimal
        elif not decimal and evidence.unclear:
            if "," in found and not ("." in found or pointed):
                decimal = ","
            elif "." in found or pointed:
                decimal = "."
            else:
                decimal = "," if self.table.separator == ";" else "."
                other = "," if decimal == "." else "."
                advice = f" ({self.spelled('decimal', other)} if it is not)"
        decimal = decimal or "."
        grouping = evidence.grouping or (mark if evidence.unclear and mark != decimal else "")
        if grouping == decimal:
            grouping = "." if decimal == "," else ","
        (prefix,), (unit,) = evidence.prefixes, evidence.units
        notation = Notation(decimal, grouping, prefix, unit)
        finding.column = Column(name, notation=notation)
        texts = [text_of(cell) for cell in cells]
        wrong = [
            t for t in dict.fromkeys(texts)
            if t.lower() not in MISSING_NUMBER and notation.number(t) is None
        ]  # fmt: skip
        if wrong:
            fault = self._fault(name, texts, wrong, f"{finding.column.refusal(wrong[0])}: correct "
                                "it")  # fmt: skip
            finding.column, finding.fault = None, fault.fault
            return
        values = {t: notation.number(t) for t in texts if t.lower() not in MISSING_NUMBER}
        if not self.wanted and len(set(values.values())) == 1:
            left_out = self._left_out(name, f"the same in all rows ({short(next(iter(values)))})")
            finding.column, finding.remark = None, left_out.remark
            return
        if notation != Notation():
            example = evidence.unclear or max(values, key=_marks)
            finding.remark = f"{short(example)} is read as {_written(values[example])}{advice}"


def _marks(text: str) -> tuple[int, int]:
    return sum(not c.isalnum() for c in text), len(text)


def _written(number: float | None) -> str:
    return f"{number:.12g}"


def _alike(words: Sequence[str]) -> str:
    pair = alike(words)
    if pair is None:
        return ""
    return f" ({short(pair[0])} and {short(pair[1])} differ in capitals or blanks only)"


def alike(words: Sequence[str]) -> tuple[str, str] | None:
    """Return two words that differ in capitals or blanks only, if there are such."""
    seen: dict[str, str] = {}
    for word in sorted(words):
        key = "".join(word.split()).casefold()
        if key in seen:
            return seen[key], word
        seen[key] = word
    return None
