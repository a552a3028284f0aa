"""The command `deltarule`: train a network, look at the result, predict with it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from autograd import __version__

from . import notebooks, predict, train
from .arguments import Parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, or 1 with one sentence about what is wrong."""
    parser = Parser(
        prog="deltarule",
        description="Train small neural networks on a scalar autodiff engine, and look inside.",
        epilog="example: deltarule train moons",
    )
    parser.add_argument("--version", action="version", version=f"deltarule {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (train, predict, notebooks):
        command.declare(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError, ImportError) as error:
        print(f"deltarule: {_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("deltarule: interrupted", file=sys.stderr)
        return 130
    return 0


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
