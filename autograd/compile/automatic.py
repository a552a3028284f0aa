"""NumPy at once, and machine code as soon as it is ready, where it is faster."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from time import perf_counter
from typing import Any, Final

from .execution import Function

WORTH: Final = (
    0.2  # seconds that calls take before a compiler is started, which takes about as long
)
TRIES: Final = 3  # calls by which both are compared


class Automatic:
    """A program on NumPy that machine code takes over from.

    When calls have taken a while, the program is compiled in a thread of its own; errors of a
    compiler mean that everything stays as it is. Then calls with about as many samples are timed,
    some by each, and the faster one stays.

    Parameters
    ----------
    function : callable
        The program.
    compiled : callable
        Returns machine code that computes the same.
    """

    def __init__(self, function: Function, compiled: Callable[[], Function]) -> None:
        self._functions = [function]  # and the machine code
        self._compiled: Callable[[], Function] | None = compiled
        self._spent = 0.0
        self._times: dict[tuple[int, int], list[float]] = {}  # by logarithm of samples, and which

    def __call__(self, *arguments: Any) -> Any:
        samples = len(arguments[1]).bit_length()
        which = 0 if len(self._functions) == 1 else self._chosen(samples)
        start = perf_counter()
        result = self._functions[which](*arguments)
        seconds = perf_counter() - start
        if len(self._functions) > 1:
            times = self._times.setdefault((samples, which), [])
            if len(times) < TRIES:
                times.append(seconds)
        elif self._compiled is not None:
            self._spent += seconds
            if self._spent > WORTH:
                thread = Thread(target=self._compile, args=(self._compiled, arguments), daemon=True)
                self._compiled = None
                with suppress(RuntimeError):  # where there are no threads
                    thread.start()
        return result

    def _chosen(self, samples: int) -> int:
        """Return which function is called next: each in turn at first, then the faster one."""
        times = [self._times.get((samples, which), []) for which in range(2)]
        if min(map(len, times)) < TRIES:
            return int(len(times[1]) < len(times[0]) or len(times[0]) == TRIES)
        return int(min(times[1]) < min(times[0]))

    def _compile(self, compiled: Callable[[], Function], arguments: tuple[Any, ...]) -> None:
        with suppress(Exception):  # what a compiler cannot do, NumPy goes on doing
            function = compiled()
            function(*arguments)  # Numba compiles at the first call
            self._functions.append(function)
