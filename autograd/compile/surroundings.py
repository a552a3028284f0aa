"""What a function reaches besides its arguments, and whether that is still the same."""

from __future__ import annotations

import random
import sys
import sysconfig
import types
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import is_
from typing import Any

from autograd.blocks import Block, Ending
from autograd.core import sort
from autograd.quoting import clipped, short
from autograd.value import Value
from autograd.writing import written

LIBRARIES = ("autograd", "nn", "numpy", "builtins")
RECORDS = ("argparse", "types")  # whose objects hold what a user has put there
# What others have written does not change for a function of yours, though a clock in it may move
# on; that a program still says the same is seen by its checks.
INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
PLAIN = (int, float, complex, str, bytes, bool, type(None))


class Surroundings:
    """What a function reaches besides its arguments, and whether that is still the same.

    It follows closures, defaults, the globals that the code names, attributes, classes, lists,
    dicts and arrays, down to plain numbers and texts. Parameters may change; whatever else does
    makes a trace outdated.
    """

    def __init__(self, function: Any, parameters: Sequence[Value]) -> None:
        self._parameters = set(parameters)
        self._values: dict[Value, str] = {}
        self._containers: list[Any] = []
        self._copies: list[Any] = []
        self._names: list[tuple[Mapping[str, Any], str, Any]] = []
        self._functions: list[tuple[types.FunctionType, Any, Any, Any]] = []
        self._reads: list[tuple[partial[Any], Any]] = []  # of slots, and of closures
        self._bytes: list[tuple[Any, bytes]] = []
        self._kept: list[Any] = []  # so that no id is used again
        self.generators: list[Any] = [random]  # of random numbers
        self._visit(function)

    def changed(self) -> bool:
        """Return whether anything is other than it was; called often, and so written flat."""
        try:
            if self._containers != self._copies:
                return True
            for function, code, defaults, keywords in self._functions:
                if function.__code__ is not code or function.__defaults__ is not defaults:
                    return True
                if function.__kwdefaults__ is not keywords:
                    return True
            for names, name, content in self._names:
                if names.get(name, _NONE) is not content:
                    return True
            for read, content in self._reads:
                if read() is not content:
                    return True
            for array, stored in self._bytes:
                if array.tobytes() != stored:
                    return True
            for value, number in self._values.items():
                if repr(value.data) != number:
                    return True
        except ValueError:  # of arrays that were exchanged, or of a cell that was emptied
            return True
        return False

    def what_changed(self) -> str:
        """Return the name of the first thing that is other than it was, as far as it has one."""
        for now, then in zip(self._containers, self._copies):
            if isinstance(now, dict):
                other = [name for name in {**then, **now} if not _is_entry(now, then, name)]
                if other:
                    return short(other[0])
            elif not _are_same(now, then):
                return f"the {type(now).__name__} {short(now)}"
        names = [name for x, name, content in self._names if x.get(name, _NONE) is not content]
        names += [f.__name__ for f, code, *_ in self._functions if f.__code__ is not code]
        names += [short(value) for value, x in self._values.items() if repr(value.data) != x]
        return clipped(names[0]) if names else "a variable or an array"

    def put_back(self) -> None:
        """Undo what tracing itself has written, and watch it no more: it is written each time."""
        untouched = []
        for now, then in zip(self._containers, self._copies):
            if _are_same(now, then):
                untouched.append((now, then))
            elif isinstance(now, dict):
                kept = [name for name in then if _is_entry(now, then, name)]
                self._names += [(now, name, then[name]) for name in kept]
                for name in [name for name in now if name not in then]:
                    del now[name]
                now.update(then)
            else:
                now.clear()
                (now.update if isinstance(now, set) else now.extend)(then)
        self._containers, self._copies = map(list, zip(*untouched)) if untouched else ([], [])
        self._names = [x for x in self._names if not _put_back(*x)]
        written = [x for x in self._reads if x[0]() is not x[1]]
        for read, content in written:
            owner, name, *_ = read.args
            if content is _NONE:
                object.__delattr__(owner, name)
            else:
                object.__setattr__(owner, name, content)
        self._reads = [x for x in self._reads if x not in written]

    def watch(self, root: Any, unknown: Collection[Value]) -> None:
        """Let the numbers of other leaves of a graph not change, either."""
        for leaf in sort(root)[0] if isinstance(root, Value) else ():
            if leaf not in unknown and leaf not in self._parameters:
                self._values[leaf] = repr(leaf.data)

    def random_states(self) -> str:
        """Return the states of the generators of random numbers in reach."""
        states: list[Any] = [x.getstate() for x in self.generators if hasattr(x, "getstate")]
        states += [x.bit_generator.state for x in self.generators if hasattr(x, "bit_generator")]
        if "numpy" in sys.modules:
            states.append(sys.modules["numpy"].random.get_state())
        return repr(states)

    def _visit(self, start: Any) -> None:
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            x = waiting.pop()
            if isinstance(x, (*PLAIN, types.ModuleType)) or id(x) in seen:
                continue
            seen.add(id(x))
            self._kept.append(x)
            if isinstance(x, Value):
                if x.operation is None and x not in self._parameters:
                    self._values[x] = repr(x.data)
            elif isinstance(x, types.FunctionType):
                waiting += self._of_function(x)
            elif isinstance(x, types.MethodType):
                waiting += (x.__func__, x.__self__)
            elif isinstance(x, partial):
                waiting += (x.func, x.args, x.keywords)
            elif isinstance(x, type):
                waiting += () if _is_library(x) else self._named(vars(x), list(vars(x)))
            elif isinstance(x, (tuple, frozenset)):
                waiting += x
            elif isinstance(x, (list, dict, set, bytearray, deque)):
                self._keep(x)
                waiting += [*x, *(x.values() if isinstance(x, dict) else ())]
            elif hasattr(type(x), "tobytes"):
                self._bytes.append((x, x.tobytes()))
            elif isinstance(x, random.SystemRandom):
                continue  # without a state; see `Entropy`
            elif hasattr(type(x), "getstate") or hasattr(type(x), "bit_generator"):
                self.generators.append(x)
            else:
                waiting += self._of_object(x)

    def _keep(self, container: Any) -> None:
        self._containers.append(container)
        self._copies.append(container.copy())

    def _named(self, names: Mapping[str, Any], chosen: Iterable[str]) -> Iterator[Any]:
        """Watch what some names stand for, and yield it."""
        for name in chosen:
            if name in names:
                self._names.append((names, name, names[name]))
                yield names[name]

    def _of_function(self, function: types.FunctionType) -> Iterator[Any]:
        names = sorted(_names(function.__code__))
        for cell in function.__closure__ or ():
            read = partial(getattr, cell, "cell_contents")
            try:
                content = read()
            except ValueError:  # a name that is given its meaning later
                continue
            self._reads.append((read, content))
            yield from self._of_name(content, names)
        defaults, keywords = function.__defaults__, function.__kwdefaults__
        yield from (defaults, keywords)
        if not _is_library(function) and not _is_installed(function.__module__):
            self._functions.append((function, function.__code__, defaults, keywords))
            for content in self._named(function.__globals__, names):
                yield from self._of_name(content, names)

    def _of_name(self, content: Any, names: Iterable[str]) -> Iterator[Any]:
        """Yield what a name stands for; of a module of users also what `names` stand for in it."""
        yield content
        if (
            isinstance(content, types.ModuleType)
            and not _is_library(content)
            and not _is_installed(content.__name__)
        ):
            yield from self._named(vars(content), names)

    def _of_object(self, x: Any) -> Iterator[Any]:
        if _is_library(type(x)) and type(x).__module__.split(".")[0] not in ("nn", *RECORDS):
            return
        yield type(x)
        if isinstance(getattr(x, "__dict__", None), dict):
            self._keep(x.__dict__)
            yield from x.__dict__.values()
        for cls in type(x).__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in [slots] if isinstance(slots, str) else slots:
                # A property in its place may give something new each time.
                if isinstance(getattr(type(x), name, None), types.MemberDescriptorType):
                    read = partial(getattr, x, name, _NONE)
                    self._reads.append((read, read()))
                    yield read()


class Entropy(Block):
    """Counts, within a `with` block, draws from the entropy of the system.

    `secrets` makes them, SystemRandom, and NumPy for a generator without a seed; all by one name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.draws = 0

    def begin(self, ending: Ending) -> Entropy:
        drawn = vars(random)["_urandom"]

        def counted(size: int) -> Any:
            self.draws += 1
            return drawn(size)

        ending.append(written("_urandom", [random], [drawn]))
        random.__dict__["_urandom"] = counted
        return self


_NONE = object()


def _is_entry(now: Mapping[Any, Any], then: Mapping[Any, Any], name: Any) -> bool:
    return now.get(name, _NONE) is then.get(name, _NONE)


def _are_same(now: Any, then: Any) -> bool:
    """Return whether a container has the same things as its copy, without asking them."""
    if isinstance(now, dict):
        return len(now) == len(then) and all(_is_entry(now, then, name) for name in then)
    if isinstance(now, (set, bytearray)):
        return bool(now == then)
    return len(now) == len(then) and all(map(is_, now, then))


def _put_back(names: Any, name: str, content: Any) -> bool:
    """Give a name what it stood for before; return whether it stood for something else now."""
    if names.get(name, _NONE) is content:
        return False
    if isinstance(names, dict):
        names[name] = content
    return isinstance(names, dict)


def _names(code: types.CodeType) -> set[str]:
    """Return the names that code looks up, with those of the functions defined in it."""
    inner = [_names(x) for x in code.co_consts if isinstance(x, types.CodeType)]
    return set(code.co_names).union(*inner)


def _is_library(x: Any) -> bool:
    """Return whether code or a class comes from a library, whose own state does not change."""
    name = x.__name__ if isinstance(x, types.ModuleType) else getattr(x, "__module__", None)
    top = str(name).split(".")[0]
    return top in LIBRARIES or (top in sys.stdlib_module_names and top[0] != "_")


def _is_installed(name: str | None) -> bool:
    """Return whether a module is among the packages that pip has installed."""
    file = getattr(sys.modules.get(name or ""), "__file__", None)
    return str(file).startswith(INSTALLED)
