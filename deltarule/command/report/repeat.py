"""The command that repeats a training, as one types it."""

from __future__ import annotations

import os
import shlex
import subprocess
from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import Final

from ..arguments import as_typed

UNSAID: Final = {"data", "run", "overwrite", "quiet"}


def arguments(options: Namespace) -> Iterator[str]:
    """Yield the arguments of the command that repeats a training.

    Examples
    --------
    >>> table = Namespace(data="my file.csv", target="$x", layers=(16, 16), seed=0, header=False)
    >>> " ".join(quoted(arguments(table)))
    "'my file.csv' --target '$x' --layers 16,16 --seed 0 --no-header"
    """
    for option, value in vars(options).items():
        spelled = f"--{option.replace('_', '-')}"
        if option == "data":
            yield str(value)
        elif option in UNSAID or value is None:
            continue
        elif isinstance(value, bool):
            yield spelled if value else spelled.replace("--", "--no-", 1)
        else:
            text = as_typed(value)
            yield from [f"{spelled}={text}"] if text.startswith("-") else [spelled, text]


def quoted(arguments: Iterable[str]) -> list[str]:
    """Return arguments as one types them in the shell of this system."""
    if os.name == "nt":
        return [subprocess.list2cmdline([x]) for x in arguments]
    return [shlex.quote(x) if x.isprintable() else _in_escapes(x) for x in arguments]


def _in_escapes(argument: str) -> str:
    """Return an argument with what cannot be seen as escapes, which bash and zsh understand."""
    letters = [f"\\{c}" if c in "'\\" else c if c.isprintable() else _escape(c) for c in argument]
    return f"$'{''.join(letters)}'"


def _escape(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
