"""The signals by which a process is asked to end, as Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ASKING: Final = ("SIGTERM", "SIGHUP", "SIGBREAK")  # as far as a system has them


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM, and a terminal that hangs up, be as Ctrl-C within a `with` block.

    Only the first of them counts: a terminal that is closed sends several. Those that are ignored,
    as `nohup` has it, still are. The KeyboardInterrupt that leaves the block has the number of the
    signal.
    """
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if not asked:
            asked.append(number)
            interrupt = signal.getsignal(signal.SIGINT)  # training has one of its own
            (interrupt if callable(interrupt) else signal.default_int_handler)(number, frame)

    before = {}
    if threading.current_thread() is threading.main_thread():
        known = [getattr(signal, name) for name in ASKING if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in known}
    try:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, ask)
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*asked[:1]) from None
    finally:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, handler)
