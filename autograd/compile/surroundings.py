"""What a function reaches besides its arguments, and whether that is still the same."""

from __future__ import annotations

import gc
import random
import sys
import sysconfig
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress
from operator import is_
from types import MemberDescriptorType
from typing import Any, TypeAlias

from autograd.blocks import Block, Ending
from autograd.quoting import short
from autograd.table import BUILT_IN, Operation
from autograd.value import Value
from autograd.writing import written

LIBRARIES = ("autograd", "nn", "numpy", "builtins")
# What others have written does not change for a function of yours, though a clock in it may move
# on; that a program still says the same is seen by its checks.
INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
# what holds nothing that changes, or much too much
ENDS = (int, float, complex, str, bytes, type(None), types.CodeType, types.FrameType)
CONTAINERS = (list, dict, set, bytearray, deque)
Place: TypeAlias = tuple[Callable[..., Any], Any, str, Any]  # getter, owner, name; what is there


class Surroundings:
    """What a function reaches besides its arguments, and whether that is still the same.

    It follows what Python's garbage collector knows objects to refer to, down to plain numbers and
    texts; of functions and modules only what the code names. Parameters may change; whatever else
    does makes a trace outdated. What cannot be seen so, as the state of an iterator, the contents
    of a file or the code of a library, is left to the checks that a program is subject to.
    """

    def __init__(self, function: Any, parameters: Sequence[Value]) -> None:
        self._kept: list[list[Any]] = [[], [], []]  # containers, copies, and what has them
        self._places: list[Place] = []  # of functions, slots, leaves and names
        self._bytes: list[tuple[Any, bytes]] = []  # of arrays
        self._leaves = set(parameters)  # and then the others
        self._words: set[str] = set()  # all that the code names
        self._namespaces: list[dict[str, Any]] = [sys.modules]  # that have something by a name
        self._random_states: list[Callable[[], Any]] = []  # of generators
        numpy = sys.modules.get("numpy")
        self._crawl([function, random.random, numpy and numpy.random.random.__self__])
        for leaf in self._leaves if "label" in self._words else ():
            self._place(getattr, leaf, "_name")
        for leaf in self._leaves.difference(parameters) if "grad" in self._words else ():
            self._place(getattr, leaf, "_grad")

    def changed(self) -> bool:
        """Return whether anything is other than it was; called often, and so written flat."""
        try:
            if self._kept[0] != self._kept[1]:
                return True
            for get, owner, name, content in self._places:
                if get(owner, name, _NONE) is not content:
                    return True
            for array, stored in self._bytes:
                if array.tobytes() != stored:
                    return True
        except ValueError:  # of arrays that were exchanged
            return True
        return False

    def what_changed(self) -> str:
        """Return the name of the first thing that is other than it was, as far as it has one."""
        places = []
        for now, then, owner in zip(*self._kept):
            if isinstance(now, Mapping):
                places += _entries(now, then, owner)
            elif not _are_same(now, then):
                return f"the {type(now).__name__} {short(now)}"
        for get, owner, name, content in places + self._places:
            if get(owner, name, _NONE) is not content and name != "cell_contents":
                return short(owner if isinstance(owner, Value) else name)
        return "a variable or an array"

    def put_back(self) -> None:
        """Undo what tracing itself has written, and watch it no more: it is written each time."""
        try:
            self._undo()
        except BaseException:  # interrupted: once more, from the beginning
            self._undo()
            raise

    def _undo(self) -> None:
        places, same = self._places.copy(), []
        for now, then, owner in zip(*self._kept):
            same.append(_are_same(now, then))
            if same[-1]:
                continue
            if isinstance(now, Mapping):
                places += _entries(now, then, owner)
            else:
                now.clear()
                (now.update if isinstance(now, set) else now.extend)(then)
        self._places = [place for place in places if not _put_back(*place)]
        self._kept = [[*compress(column, same)] for column in self._kept]

    def watch(self, leaves: Iterable[Value]) -> None:
        """Let the numbers of leaves not change, either, unless they are parameters."""
        for leaf in leaves:
            if leaf not in self._leaves:
                self._leaves.add(leaf)
                self._place(getattr, leaf, "_data")

    def random_states(self) -> str:
        """Return the states of the generators of random numbers in reach."""
        return repr([state() for state in self._random_states])

    def _crawl(self, waiting: list[Any]) -> None:
        seen: dict[int, Any] = {}  # with the objects, so that no id is used again
        while waiting:
            x = waiting.pop()
            if not isinstance(x, ENDS) and id(x) not in seen:
                seen[id(x)] = x
                waiting += self._visit(x)
            if not waiting:
                waiting += self._of_names()

    def _visit(self, x: Any) -> Iterable[Any]:
        """Watch an object, and return what it refers to."""
        if isinstance(x, Value):
            self.watch([x] if x.operation is None else [])
        elif isinstance(x, types.ModuleType):
            self._namespaces += [] if _is_installed(x.__name__) else [vars(x)]
        elif isinstance(x, types.FunctionType):
            yield from self._of_function(x)
        elif isinstance(x, types.CellType):
            yield self._place(getattr, x, "cell_contents")
        elif isinstance(x, type):
            if not _is_library(x):
                self._keep(vars(x), x)
                yield from (*x.__mro__, type(x), *vars(x).values())
        elif hasattr(type(x), "tobytes"):
            self._bytes.append((x, x.tobytes()))
        elif getattr(type(x), "getstate", None) is random.Random.getstate:
            self._random_states.append(x.getstate)
        elif hasattr(type(x), "random_raw"):  # a generator of NumPy is made of it
            self._random_states.append(lambda: x.state)
        elif hasattr(x, "cache_info"):  # what it has stored is a matter of its own
            yield x.__wrapped__
        elif not (isinstance(x, Operation) and x.name in BUILT_IN):
            yield from self._of_object(x)

    def _keep(self, container: Any, owner: Any) -> None:
        copied = dict(container) if isinstance(container, Mapping) else container.copy()
        for column, x in zip(self._kept, (container, copied, owner)):
            column.append(x)

    def _place(self, get: Callable[..., Any], owner: Any, name: str) -> Any:
        """Watch what an owner has by a name, and return it."""
        content = get(owner, name, _NONE)
        self._places.append((get, owner, name, content))
        return content

    def _of_names(self) -> list[Any]:
        """Watch what the names in the code stand for, as far as that is new, and return it."""
        watched = {(id(owner), name) for _, owner, name, _ in self._places}
        return [
            self._place(dict.get, names, name)
            for names in {id(names): names for names in self._namespaces}.values()
            for name in sorted(self._words & names.keys())
            if (id(names), name) not in watched
        ]

    def _of_function(self, f: types.FunctionType) -> Iterator[Any]:
        yield from (f.__defaults__, f.__kwdefaults__, f.__closure__, f.__dict__)
        if not _is_library(f) and not _is_installed(f.__module__):
            for name in ("__code__", "__defaults__", "__kwdefaults__"):
                self._place(getattr, f, name)
            self._words |= _names(f.__code__)
            self._namespaces.append(f.__globals__)
            yield sys.modules.get(f.__globals__.get("__package__", ""))  # for what it imports

    def _of_object(self, x: Any) -> Iterator[Any]:
        if isinstance(x, CONTAINERS):
            self._keep(x, x)
        elif isinstance(getattr(x, "__dict__", None), dict):
            yield x.__dict__
        for cls in type(x).__mro__:
            for name, slot in vars(cls).items() if "__slots__" in vars(cls) else ():
                # A property in its place may give something new each time.
                if isinstance(slot, MemberDescriptorType) and getattr(type(x), name, None) is slot:
                    self._place(getattr, x, name)
        yield from gc.get_referents(x)


class Entropy(Block):
    """Counts, within a `with` block, draws from the entropy of the system.

    `secrets` makes them, SystemRandom, and NumPy for a generator without a seed; all by one name.
    """

    draws = 0

    def begin(self, ending: Ending) -> Entropy:
        drawn = vars(random)["_urandom"]

        def counted(size: int) -> Any:
            self.draws += 1
            return drawn(size)

        ending.append(written("_urandom", [random], [drawn]))
        random.__dict__["_urandom"] = counted
        return self


_NONE = object()


def _entries(now: Mapping[Any, Any], then: Mapping[Any, Any], owner: Any) -> list[Place]:
    """Return the places of a mapping, which may be the attributes of a class."""
    get = dict.get if now is owner else lambda cls, *entry: vars(cls).get(*entry)
    return [(get, owner, name, then.get(name, _NONE)) for name in {**then, **now}]


def _are_same(now: Any, then: Any) -> bool:
    """Return whether a container has the same things as its copy, without asking them."""
    if isinstance(now, set):
        return bool(now == then)
    contents = [chain(*x.items()) if isinstance(x, Mapping) else x for x in (now, then)]
    return len(now) == len(then) and all(map(is_, *contents))


def _put_back(get: Callable[..., Any], owner: Any, name: str, content: Any) -> bool:
    """Give a name what it stood for before; return whether it stood for something else now."""
    if get(owner, name, _NONE) is content:
        return False
    is_new, kind = content is _NONE, type if isinstance(owner, type) else object
    if isinstance(owner, dict):
        owner.pop(name) if is_new else owner.__setitem__(name, content)
    else:
        kind.__delattr__(owner, name) if is_new else kind.__setattr__(owner, name, content)
    return True


def _names(code: types.CodeType) -> set[str]:
    """Return the names that code looks up, with those of the functions defined in it."""
    inner = [_names(x) for x in code.co_consts if isinstance(x, types.CodeType)]
    return set(code.co_names).union(*inner)


def _is_library(x: Any) -> bool:
    """Return whether a function or class comes from a library, whose own state does not change."""
    top = str(getattr(x, "__module__", None)).split(".")[0]
    return top in LIBRARIES or top in sys.stdlib_module_names


def _is_installed(name: str | None) -> bool:
    """Return whether a module is among the packages that pip has installed."""
    file = getattr(sys.modules.get(name or ""), "__file__", None)
    return str(file).startswith(INSTALLED)
