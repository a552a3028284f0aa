"""Generated source becomes a function, whose lines tracebacks show as long as it lives."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from typing import Any, Final
from weakref import finalize

Function = Callable[..., Any]

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
