"""Generated source becomes a function, whose lines tracebacks show as long as it lives."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Timer, current_thread, main_thread
from typing import Any, Final
from weakref import finalize

Function = Callable[..., Any]

PATIENCE: Final = 2.0  # seconds that a compiler may take before the user is told

_numbers: Final = count(1)


def execute(
    source: str, name: str, space: dict[str, Any] | None = None, file: str = ""
) -> Function:
    """Execute a program, and return its function of that name.

    Without the name of a file its lines are known to tracebacks by a name of their own, which is
    forgotten with the function.
    """
    space = {} if space is None else space
    place = file or f"<compiled {next(_numbers)}>"
    if not file:
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    exec(compile(source, place, "exec"), space)
    function: Function = space[name]
    finalize(function, linecache.cache.pop, place, None).atexit = False
    return function


@contextmanager
def announced(what: str) -> Iterator[None]:
    """Say on a terminal what takes so long, if it does and somebody waits for it."""
    timer = Timer(PATIENCE, lambda: print(f"{what} ...", file=sys.stderr, flush=True))
    timer.daemon = True
    if current_thread() is main_thread() and sys.stderr is not None and sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
