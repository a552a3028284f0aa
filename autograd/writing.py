"""Many writes as one: all of them happen or none, wherever Ctrl-C or an exception strikes.

Python calls a handler of signals only between instructions of its own, never within one call of C.
So what is to be written is first said, as iterators that write when they are gone through, and then
written by C in one call, `at_once(chain(written(...), attributes(...)))`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import Any, Final

# Goes through an iterator, and keeps nothing.
at_once: Final[Callable[[Iterable[Any]], Any]] = partial(deque, maxlen=0)


def written(name: str, objects: Iterable[Any], new: Iterable[Any]) -> Iterator[None]:
    """Give an attribute of many objects new values."""
    return map(setattr, objects, repeat(name), new)


def attributes(x: Any, **new: Any) -> Iterator[None]:
    """Give attributes of one object new values."""
    return map(setattr, repeat(x), new.keys(), new.values())
