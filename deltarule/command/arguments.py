"""How the arguments of the command are read, written, and refused in one sentence."""

from __future__ import annotations

import argparse
import csv
import io
import math
import re
import shlex
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from autograd.quoting import clipped, short, visible

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence; the usage is a --help away."""

    def error(self, message: str) -> NoReturn:
        """End the program with status 2; what was typed is quoted as far as a message has room."""
        typed = re.compile("(?<=')[^']{200,}(?=')|(?<=arguments: ).{200,}|[^ ]{200,}", re.DOTALL)
        message = typed.sub(lambda match: clipped(match[0]), message)
        self.exit(2, f"deltarule: {visible(message)}; see {self.prog} --help\n")


def sizes(text: str) -> tuple[int, ...]:
    """Return the numbers of units in a text such as "16,16"; none in ""."""
    try:
        numbers = tuple([int(part) for part in text.split(",") if part.strip()])
    except ValueError:
        numbers = (0,)
    if any(number < 1 for number in numbers):
        raise argparse.ArgumentTypeError(f"{short(text)} is not a list of sizes such as 16,16")
    return numbers


def columns(text: str) -> list[str]:
    """Return the names in a text such as 'id,"price, net"', written as a line of a CSV file is."""
    try:
        (names,) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        names = []
    names = [name.strip() for name in names]
    if not all(names) or not names:
        raise argparse.ArgumentTypeError(
            f"{short(text)} is not a list of columns such as id,name; a name with a comma in it "
            "stands in double quotes"
        )
    return names


def share(text: str) -> float:
    """Return a number between 0 and 1."""
    number: float = _number(float, text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{short(text)} is not a share between 0 and 1, as 0.25")
    return number


def seed(text: str) -> int:
    """Return a seed, an integer of 32 bits, from its digits."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{short(text)} is not an integer from 0 to 4294967295")
    return int(text)


def positive(kind: type) -> Callable[[str], Any]:
    """Return a function that reads a finite number of a kind above 0."""

    def convert(text: str) -> Any:
        number = _number(kind, text)
        if not 0 < number < math.inf:
            what = "integer" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"{short(text)} is not a positive {what}")
        return number

    return convert


def strength(text: str) -> float:
    """Return a finite number, 0 or more."""
    number: float = _number(float, text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{short(text)} is not a number from 0 on, such as 0.01")
    return number


def _number(kind: type, text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        return math.nan


def spelled(option: str, value: Any) -> str:
    """Return an option with its value as one types it.

    Examples
    --------
    >>> spelled("drop", ["id", "price, net"]), spelled("header", False)
    ('--drop \\'id,"price, net"\\'', '--no-header')
    """
    if isinstance(value, bool):
        return f"--{option}" if value else f"--no-{option}"
    return f"--{option} {shlex.quote(clipped(as_typed(value)))}"


def as_typed(value: Any) -> str:
    """Return the value of an option as it is typed: a list as a line of a CSV file."""
    if not isinstance(value, list | tuple):
        return str(value)
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(value)
    return line.getvalue()
