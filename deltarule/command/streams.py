"""Standard output and standard error, which may be closed, full, or a pipe that nobody reads."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Any, Final, TextIO

from autograd.quoting import clipped, short, visible

NAME: Final = "standard output"


class Stream:
    """A stream that falls silent where it cannot be written to: what is reported stops no work.

    Attributes
    ----------
    failure : OSError or None
        Why it is silent.
    is_result : bool
        Whether what is written is what was asked for. Then it raises instead, also where the
        stream is closed, or has no code for a letter.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.failure: OSError | None = None
        self.is_result = False

    def write(self, text: str) -> int:
        if self.stream is None:
            if self.is_result:
                raise OSError(errno.EBADF, "it is closed", NAME)
        elif self.failure is None:
            text = self._with_codes(text, self.stream)
            try:
                self.stream.write(text)
            except OSError as error:
                self._fail(error, self.stream)
        return len(text)

    def flush(self) -> None:
        if self.stream is not None and self.failure is None:
            try:
                self.stream.flush()
            except OSError as error:
                self._fail(error, self.stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def isatty(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def _with_codes(self, text: str, stream: TextIO) -> str:
        """Return text that the stream can encode; other letters are escaped, or refused."""
        code = getattr(stream, "encoding", None) or "utf-8"
        try:
            return text.encode(code, "strict" if self.is_result else "backslashreplace").decode(
                code
            )
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{NAME} is {code}, which has no {short(text[error.start])}: set PYTHONUTF8=1"
            ) from None

    def _fail(self, error: OSError, stream: TextIO) -> None:
        self.failure = error
        with suppress(OSError):  # what it still holds goes nowhere when Python ends
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
        if self.is_result:
            raise type(error)(error.errno, error.strerror, NAME)


def is_broken_pipe(error: OSError) -> bool:
    """Return whether the reader has left; Windows says then that an argument is invalid."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def fill_gaps() -> None:
    """Open the standard streams that were closed, on nothing.

    Otherwise the next file that is opened would be one of them, and what a library prints would be
    written into it.
    """
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(file)


def sentence(error: BaseException) -> str:
    """Return what is wrong in one line, and a line more for each item where it is a list."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{clipped(str(error.filename))}: " if error.filename else ""
        return f"{where}{error.strerror}"
    lines = [visible(" ".join(line.split())) for line in str(error).split("\n  ")]
    return "\n  ".join(lines) or type(error).__name__
