"""Docstrings in which a class says what is its own, and its base class the rest."""

import inspect
import re
from typing import TypeVar

C = TypeVar("C", bound=type)

HEADING = re.compile(r"^(\w+)\n-+\n", re.MULTILINE)
PARAMETER = re.compile(r"^(\w+) : .*\n(?:    .*\n)+", re.MULTILINE)


def documented(cls: C) -> C:
    """Complete the docstring of a class, for `help`, by that of its base class.

    "Parameters" then has all of the constructor, in its order; the base class describes those
    that the class does not. The sections "Raises" and "References" are those of the base class
    if the class has none.
    """
    if cls.__doc__ is None:  # python -OO
        return cls
    own, base = _sections(cls), _sections(cls.__base__)
    described = {
        parameter[1]: parameter[0]
        for parameter in PARAMETER.finditer(base["Parameters"] + own["Parameters"])
    }
    own["Parameters"] = "".join([described[name] for name in inspect.signature(cls).parameters])
    taken_over = {name: base[name] for name in ("Raises", "References")}
    sections = {"": "", "Parameters": ""} | taken_over | own
    cls.__doc__ = sections.pop("") + "".join(
        [f"\n{name}\n{'-' * len(name)}\n{text}" for name, text in sections.items()]
    )
    return cls


def _sections(cls: type | None) -> dict[str, str]:
    """Return the sections of a docstring by their headings; what is above them has none."""
    parts = ["", *HEADING.split(inspect.getdoc(cls) or "")]
    return {name: text.strip() + "\n" for name, text in zip(parts[::2], parts[1::2])}
