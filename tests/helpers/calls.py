"""How much Python does behind a line, counted."""

import sys
from collections.abc import Callable
from typing import Any

SHORT = 1  # for x * x when no mode is on: the operator, which makes the node itself


def calls(function: Callable[[], Any]) -> int:
    """Return how many functions written in Python a function without arguments calls."""
    count = 0

    def watch(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count - 1  # the function itself
