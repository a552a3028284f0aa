"""Interruptions: an exception at every line, one after the other, and real signals at random.

    for strike in at_every_line("autograd/sweep.py", "autograd/value.py"):
        x = Value(3.0)
        y = x * x
        strike(y.backward)
        assert (x.grad, y.grad) in [(0.0, 0.0), (6.0, 1.0)], strike

    for strike in at_random(2000, seconds=0.001):
        ...

The exception is kept, with its traceback and the frames in it, as an interactive session does.
"""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import PurePath
from types import CodeType
from typing import Any

import pytest


class Interruption:
    """Runs something that is interrupted.

    Attributes
    ----------
    error : KeyboardInterrupt or None
        That was raised; None if the run was complete before.
    place : str
        Where: a file and a line.
    result : Any
        What a complete run has returned.
    """

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.place, self.result = "nowhere", None

    def __call__(self, work: Callable[[], object]) -> bool:
        """Run something; return whether it came to its end."""
        try:
            self.result = self._run(work)
        except KeyboardInterrupt as error:
            self.error = error
        return self.error is None

    def _run(self, work: Callable[[], object]) -> object:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"interrupted at {self.place}"


class AtLine(Interruption):
    """Raises at the n-th line in some files, where the beginning of a function counts as one."""

    def __init__(self, n: int, files: tuple[str, ...]) -> None:
        super().__init__()
        self.left, self.files = n, files
        self.known: dict[CodeType, bool] = {}

    def _run(self, work: Callable[[], object]) -> object:
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            return work()
        finally:
            sys.settrace(before)

    def _trace(self, frame: Any, event: str, _: Any) -> Any:
        code = frame.f_code
        if code not in self.known:
            path = PurePath(code.co_filename).as_posix()
            self.known[code] = path.endswith(self.files)
        if not self.known[code]:
            return None
        if event in ("call", "line"):
            self.left -= 1
            if not self.left:
                self.place = f"{code.co_filename}:{frame.f_lineno} ({code.co_name}, {event})"
                raise KeyboardInterrupt(self.place)
        return self._trace


class AtRandom(Interruption):
    """Has a real signal sent after so many seconds, which raises, or has another one sent."""

    def __init__(self, seconds: float, number: int | None) -> None:
        super().__init__()
        self.seconds, self.number = seconds, number

    def _run(self, work: Callable[[], object]) -> object:
        before = signal.signal(signal.SIGALRM, self._strike)
        try:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
            result = work()
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            return result
        finally:
            signal.signal(signal.SIGALRM, before)

    def _strike(self, number: int, frame: Any) -> None:
        self.place = f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
        if self.number is None:
            raise KeyboardInterrupt(self.place)
        signal.raise_signal(self.number)


def at_every_line(*files: str, step: int = 1) -> Iterator[AtLine]:
    """Yield interruptions at the first line within files, at the second, … until a run completes.

    Files are given by the ends of their paths, with slashes. With `step` it is every so many lines.
    """
    for n in count(1, step):
        strike = AtLine(n, files)
        yield strike
        if strike.left > 0:  # it has not struck; what did may have been lost, as in a `__del__`
            assert n > 1, f"nothing of {files} has run"
            return


def at_random(
    times: int, seconds: float, *, number: int | None = None, seed: int = 0
) -> Iterator[AtRandom]:
    """Yield real interruptions after random times of up to so many seconds.

    The signal is one that raises KeyboardInterrupt, or that of a number, such as `signal.SIGINT`.
    """
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no timers that send signals")
    rng = random.Random(seed)
    for _ in range(times):
        yield AtRandom(rng.uniform(1e-6, seconds), number)
