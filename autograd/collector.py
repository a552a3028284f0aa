"""Python's cyclic garbage collector, paused where there is nothing for it to find."""

from __future__ import annotations

import gc
import os
from operator import call
from threading import get_ident
from typing import Final

from .blocks import Block, Ending

_pausing: Final[set[int]] = set()  # the thread that has switched the collector off, if one has


def _in_child() -> None:
    """Switch the collector on in a child process, which has only the thread that forked."""
    if _pausing - {get_ident()}:
        _pausing.clear()
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


class paused(Block):
    """Pause the collector within a `with` block.

    Graphs have no cycles and are freed by reference counting, while the collector would visit
    every node again and again: it can take more than half of the time of a forward pass.

    Examples
    --------
    >>> with paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """

    def begin(self, ending: Ending) -> None:
        if gc.isenabled():
            ending.append(map(call, [gc.enable, _pausing.clear]))
            _pausing.add(get_ident())
            gc.disable()
