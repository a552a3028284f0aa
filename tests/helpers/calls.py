"""How much Python does behind a line, counted."""

import gc
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

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # which calls functions of others, such as those of JAX
    sys.setprofile(watch)
    try:
        function()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return count - 1  # the function itself
