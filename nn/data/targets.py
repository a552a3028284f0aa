"""The column to predict: classes that are called what the file calls them, or numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from autograd.quoting import short

from .dataset import FEWEST_ROWS
from .kinds import Spelled, alike
from .notation import (
    LEADING_ZERO,
    MISSING,
    MISSING_NUMBER,
    Evidence,
    Notation,
    is_canonical,
    looks_numeric,
    may_be_grouped,
    numbers_among,
    plain_number,
)
from .words import listing

MOST_INTEGER_CLASSES: Final = 10  # integers with more distinct values are regression targets


@dataclass
class Targets:
    """What is to be predicted.

    Parameters
    ----------
    values : list of int or list of float
        Class indices or numbers, one for each row that has a target.
    class_names : list of str or None
        None for regression.
    notes : list of str
    fault : str
        What must be mended; empty if nothing.
    another : bool
        Whether only another column can be the target.
    """

    values: list[int] | list[float] = field(default_factory=list)
    class_names: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    fault: str = ""
    another: bool = False


def is_missing(cells: Sequence[str]) -> list[bool]:
    """Return for each cell of a target column whether it is missing.

    A dash or "none" is a class among words and a missing number among numbers.
    """
    words = {cell for cell in cells if cell.lower() not in MISSING}
    numbers = [word for word in words if word.lower() not in MISSING_NUMBER]
    all_numbers = bool(numbers) and all(map(looks_numeric, numbers))
    missing = MISSING_NUMBER if all_numbers else MISSING
    return [cell.lower() in missing for cell in cells]


def targets(
    name: str,
    cells: Sequence[str],
    lines: Sequence[int],
    task: str | None,
    spelled: Spelled,
    notation: Notation | None,
) -> Targets:
    """Return classes or numbers, as `task` says or as the cells look.

    No cell is missing. `notation` is that of numbers such as $1,234, where the column has such.
    """
    words = list(dict.fromkeys(cells))
    numbers = {word: _number(word, notation) for word in words}
    usual = {word for word in words if numbers[word] is not None and _is_usual(word)}
    column = f"the target {short(name)}"
    classes = spelled("task", "classification") if 1 < len(words) < len(cells) else ""
    if task is None:
        task = _likely_task(cells, numbers, usual)
        if task == "unclear":
            fault = _slip(name, cells, lines, numbers, classes)
            if not fault:
                label = next(word for word in words if word not in usual)
                fault = (
                    f"line {lines[cells.index(label)]} has {short(label)} in column {short(name)}, "
                    f"which may be a label: {spelled('task', 'regression')} reads it as "
                    f"{numbers[label]:.12g}" + (f", {classes} as a class" if classes else "")
                )
            return Targets(fault=fault)
    if task == "regression":
        found = _numbers(name, cells, lines, numbers, classes)
        if notation is not None and not found.fault:
            example = max(words, key=len)
            found.notes.append(
                f"{short(name)}: {short(example)} is read as {notation.number(example):.12g}"
            )
        return found
    names = _sorted(words, numbers)
    if len(names) == 1:
        return Targets(
            fault=f"{column} has only one class, {short(names[0])}: add rows of another class or "
            "choose another target",
            another=True,
        )
    if len(names) == len(cells):
        what = f"{column} has as many classes as rows ({len(cells)})"
        if any(number is None or not math.isfinite(number) for number in numbers.values()):
            return Targets(fault=f"{what}: choose another target", another=True)
        return Targets(fault=f"{what}: predict it as a number by {spelled('task', 'regression')}")
    place = {word: k for k, word in enumerate(names)}
    notes = []
    times = Counter(cells)
    single = [word for word in names if times[word] == 1]
    if single:
        notes.append(
            f"{short(name)}: {len(single)} of {len(names)} classes "
            f"{'has' if len(single) == 1 else 'have'} one row only ({listing(map(short, single))}):"
            " too few to be learnt and tested"
        )
    pair = alike(names)
    if pair:
        notes.append(
            f"{short(name)}: the classes {short(pair[0])} and {short(pair[1])} differ in capitals "
            "or blanks only, and are two"
        )
    values: dict[float | None, str] = {}
    for word in names:
        if word in usual and numbers[word] in values:
            notes.append(
                f"{short(name)}: {short(values[numbers[word]])} and {short(word)} are one number "
                "in two spellings, and two classes"
            )
            break
        values[numbers[word]] = word
    return Targets([place[cell] for cell in cells], names, notes)


def _numbers(
    name: str,
    cells: Sequence[str],
    lines: Sequence[int],
    numbers: dict[str, float | None],
    classes: str,
) -> Targets:
    if all(number is None for number in numbers.values()):
        remedy = f"predict it by {classes}" if classes else "choose another target"
        return Targets(
            fault=f"the target {short(name)} holds text ({listing(map(short, sorted(numbers)))}) "
            f"instead of numbers: {remedy}",
            another=not classes,
        )
    fault = _slip(name, cells, lines, numbers, classes)
    return Targets(fault=fault) if fault else Targets([numbers[cell] or 0.0 for cell in cells])


def _slip(
    name: str,
    cells: Sequence[str],
    lines: Sequence[int],
    numbers: dict[str, float | None],
    classes: str,
) -> str:
    """Return what is to be done about the first cell that is no finite number, if there is one.

    `classes` is the option that makes classes of the cells, empty if they cannot be such.
    """
    remove = " or remove the row" if len(cells) > FEWEST_ROWS else ""
    for cell, line in zip(cells, lines, strict=True):
        number = numbers[cell]
        if number is None:
            remedy = f", or make classes of all values by {classes}" if classes else remove
            what = f"which is not a number: correct it{remedy}"
        elif not math.isfinite(number):
            what = f"which is not finite: replace it by a finite number{remove}"
        else:
            continue
        return f"line {line} has {short(cell)} in column {short(name)}, {what}"
    return ""


def _number(word: str, notation: Notation | None) -> float | None:
    return plain_number(word) if notation is None else notation.number(word)


def _is_usual(word: str) -> bool:
    """Return whether a number is no label: canonical, or with marks that labels do not have."""
    if plain_number(word) is not None:
        return is_canonical(word)
    return not LEADING_ZERO.fullmatch(word)


def _is_infinite(word: str) -> bool:
    number = plain_number(word)
    return number is not None and math.isinf(number)


def _likely_task(cells: Sequence[str], numbers: dict[str, float | None], usual: set[str]) -> str:
    """Return the task as the cells look, or "unclear"."""
    if not usual:
        return "classification"
    if len(usual) < len(numbers):
        odd = [word for word in numbers if word not in usual]
        labels = all(numbers[word] is not None and not _is_infinite(word) for word in odd)
        # 0012 among 12 and 13 is a label. One 1e5 among thousands of numbers hardly is.
        return "classification" if labels and 2 * len(numbers) <= len(cells) else "unclear"
    distinct = {number for number in numbers.values() if number is not None}
    few = len(distinct) <= min(MOST_INTEGER_CLASSES, len(cells) / 2)
    return "classification" if few and all(map(float.is_integer, distinct)) else "regression"


def _sorted(words: Sequence[str], numbers: dict[str, float | None]) -> list[str]:
    """Return the names of classes in the order of numbers if all of them are such."""
    if all(numbers[word] is not None and is_canonical(word) for word in words):
        return sorted(words, key=lambda word: (numbers[word] or 0.0, word))
    return sorted(words)


def notation_of(cells: Sequence[str], decimal: str | None, separator: str) -> Notation | None:
    """Return how the numbers of a target are written, if all are and not as in Python."""
    words = list(dict.fromkeys(cells))
    grouped = any("." in word for word in words) and may_be_grouped(words, decimal, separator)
    if not grouped and decimal != "," and all(plain_number(word) is not None for word in words):
        return None
    numbers = numbers_among(words)
    evidence = Evidence.of(numbers)
    if len(numbers) < len(words) or evidence.affixes:
        return None
    if not decimal:
        guess = "," if grouped or ("," in evidence.unclear and separator == ";") else "."
        decimal = evidence.decimal or guess
    notation = evidence.notation(decimal)
    return notation if all(notation.number(word) is not None for word in words) else None
