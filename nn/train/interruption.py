"""Ctrl-C while something is trained: a wish that is granted where everything is whole."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module
from itertools import compress, starmap
from operator import eq
from types import FrameType
from typing import Final

from autograd.blocks import Block, Ending

# Functions of C, below those of `signal`, which another signal could interrupt.
present, put = [getattr(import_module("_signal"), name) for name in ("getsignal", "signal")]
USUAL: Final = signal.SIGINT, signal.default_int_handler
SAID: Final = "\nStopping after this update; interrupt once more to stop at once."


class Interruption(Block):
    """Within a `with` block the first Ctrl-C is only noted, and a second one raises.

    So it is in the main thread, where Python's own handler is in place; a handler of your own is
    left alone. The block within another one has the same wishes.

    Attributes
    ----------
    is_wanted : bool
        Whether Ctrl-C was pressed.
    is_urgent : bool
        Whether it was pressed again, and has raised KeyboardInterrupt.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_wanted = self.is_urgent = False

    def begin(self, ending: Ending) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            handler = present(signal.SIGINT)
            outer = getattr(handler, "__self__", None)
            if isinstance(outer, Interruption):
                return outer
            if handler is signal.default_int_handler:
                is_still_own = map(eq, map(present, [signal.SIGINT]), [self._note])
                ending.append(starmap(put, compress([USUAL], is_still_own)))
                with suppress(ValueError):  # of an interpreter that is not the main one
                    put(signal.SIGINT, self._note)
        return self

    def grant(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self.is_wanted:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.is_wanted:
            self.is_urgent = True
            put(*USUAL)  # so that a third one finds what it finds elsewhere
            raise KeyboardInterrupt
        self.is_wanted = True
        with suppress(OSError, RuntimeError, ValueError):  # closed, or interrupted while it writes
            print(SAID, file=sys.stderr, flush=True)
