"""The command `deltarule`: train a network, look at the result, predict with it."""

from __future__ import annotations

import logging
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, Final

from autograd import __version__

from . import notebooks, playground, predict, train
from .arguments import Parser
from .streams import NAME, Stream, fill_gaps, is_broken_pipe, sentence

SIGNALLED: Final = 128  # is added to the number of a signal that ended a process
SIGPIPE: Final = 13


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status.

    That is 0, or 1 with one sentence about what is wrong; as shells have it, 130 after Ctrl-C,
    143 after SIGTERM, 129 after the terminal hung up, and 141 if nobody reads the predictions any
    more. A report that cannot be printed changes nothing of the work.
    """
    out, err = Stream(sys.stdout), Stream(sys.stderr)
    if out.stream is None or err.stream is None:
        fill_gaps()
    with redirect_stdout(out), redirect_stderr(err), _quiet_libraries():
        try:
            status = _run(arguments, out)
        finally:
            out.is_result = False
            out.flush()
    return status


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep warnings to those who program from those who only run the command.

    What matters of them is said in the command's own words. `python -W` shows them all the same.
    """
    logging.getLogger("matplotlib").addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


def _run(arguments: Sequence[str] | None, out: Stream) -> int:
    parser = Parser(
        prog="deltarule",
        description="Train small neural networks on a scalar autodiff engine, and look inside.",
        epilog="example: deltarule train moons",
    )
    parser.add_argument("--version", action="version", version=f"deltarule {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (train, predict, notebooks, playground):
        command.declare(commands)
    options: Any = parser.parse_args(arguments)
    out.is_result = options.run is predict.run
    try:
        options.run(options)
        out.flush()
        if out.failure is not None and not is_broken_pipe(out.failure):
            raise OSError(out.failure.errno, f"{out.failure.strerror}; all else is done", NAME)
    except KeyboardInterrupt as error:
        _complain("interrupted")
        return SIGNALLED + (error.args[0] if error.args else signal.SIGINT)
    except (ValueError, OSError, ImportError) as error:
        if out.is_result and out.failure is not None and is_broken_pipe(out.failure):
            return SIGNALLED + SIGPIPE
        _complain(sentence(error))
        return 1
    return 0


def _complain(text: str) -> None:
    print(f"deltarule: {text}", file=sys.stderr, flush=True)
