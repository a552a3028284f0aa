"""What a function reaches besides its arguments, and whether that is still the same."""

from __future__ import annotations

import gc
import random
import sys
import sysconfig
import types
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import is_
from typing import Any

from autograd.blocks import Block, Ending
from autograd.core import sort
from autograd.quoting import clipped, short
from autograd.table import BUILT_IN, Operation
from autograd.value import Value
from autograd.writing import written

LIBRARIES = ("autograd", "nn", "numpy", "builtins")
# What others have written does not change for a function of yours, though a clock in it may move
# on; that a program still says the same is seen by its checks.
INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
CODE = (types.CodeType, types.FrameType, types.TracebackType)
# what holds nothing that changes, or much too much
ENDS = (int, float, complex, str, bytes, bool, type(None), *CODE)
CONTAINERS = (list, dict, set, bytearray, deque)


class Surroundings:
    """What a function reaches besides its arguments, and whether that is still the same.

    It follows what Python's garbage collector knows objects to refer to, down to plain numbers and
    texts; of functions and modules only what the code names. Parameters may change; whatever else
    does makes a trace outdated. What cannot be seen so, as the state of an iterator, the contents
    of a file or the code of a library, is left to the checks that a program is subject to.
    """

    def __init__(self, function: Any, parameters: Sequence[Value]) -> None:
        self._parameters = set(parameters)
        self._values: dict[Value, str] = {}
        self._containers: list[Any] = []
        self._copies: list[Any] = []
        self._classes: dict[int, type] = {}  # by the id of their containers
        self._names: list[tuple[Mapping[str, Any], str, Any]] = []
        self._functions: list[tuple[types.FunctionType, Any, Any, Any]] = []
        self._reads: list[tuple[Any, str, Any]] = []  # of slots, and of closures
        self._bytes: list[tuple[Any, bytes]] = []
        self._kept: list[Any] = []  # so that no id is used again
        self._words: set[str] = set()  # all that the code names
        self._modules: list[types.ModuleType] = []
        self._leaves: list[Value] = []
        self.generators: list[Any] = [random]  # of random numbers
        self._visit(function)
        is_read = "label" in self._words
        self._values = {
            leaf: self._state(leaf)
            for leaf in self._leaves
            if is_read or leaf not in self._parameters
        }

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
            for owner, name, content in self._reads:
                if getattr(owner, name, _NONE) is not content:
                    return True
            for array, stored in self._bytes:
                if array.tobytes() != stored:
                    return True
            for value, number in self._values.items():
                if self._state(value) != number:
                    return True
        except ValueError:  # of arrays that were exchanged, or of a cell that was emptied
            return True
        return False

    def what_changed(self) -> str:
        """Return the name of the first thing that is other than it was, as far as it has one."""
        for now, then in zip(self._containers, self._copies):
            if isinstance(now, Mapping):
                other = [name for name in {**then, **now} if not _is_entry(now, then, name)]
                if other:
                    return short(other[0])
            elif not _are_same(now, then):
                return f"the {type(now).__name__} {short(now)}"
        names = [name for x, name, content in self._names if x.get(name, _NONE) is not content]
        names += [f.__name__ for f, code, *_ in self._functions if f.__code__ is not code]
        names += [short(value) for value, x in self._values.items() if self._state(value) != x]
        return clipped(names[0]) if names else "a variable or an array"

    def put_back(self) -> None:
        """Undo what tracing itself has written, and watch it no more: it is written each time."""
        try:
            self._undo()
        except BaseException:  # interrupted: once more, from the beginning
            self._undo()
            raise

    def _undo(self) -> None:
        untouched = []
        for now, then in zip(self._containers, self._copies):
            if _are_same(now, then):
                untouched.append((now, then))
            elif isinstance(now, Mapping):
                kept = [name for name in then if _is_entry(now, then, name)]
                self._names += [(now, name, then[name]) for name in kept]
                for name in [name for name in {**then, **now} if name not in kept]:
                    _put_back(self._classes.get(id(now), now), name, then.get(name, _NONE))
            else:
                now.clear()
                (now.update if isinstance(now, set) else now.extend)(then)
        self._containers, self._copies = map(list, zip(*untouched)) if untouched else ([], [])
        self._names = [x for x in self._names if not _put_back(*x)]
        self._reads = [x for x in self._reads if not _put_back(*x)]

    def watch(self, root: Any, unknown: Collection[Value]) -> None:
        """Let the numbers of other leaves of a graph not change, either."""
        for leaf in sort(root)[0] if isinstance(root, Value) else ():
            if leaf not in unknown and leaf not in self._parameters:
                self._values[leaf] = self._state(leaf)

    def _state(self, leaf: Value) -> str:
        """Return what the code may read of a leaf; a trace refuses to tell the rest."""
        given = [] if leaf in self._parameters else [leaf.data, "grad" in self._words and leaf.grad]
        return repr([*given, "label" in self._words and leaf.label])

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
            if isinstance(x, ENDS) or id(x) in seen:
                continue
            seen.add(id(x))
            self._kept.append(x)
            if isinstance(x, Value):
                if x.operation is None:
                    self._leaves.append(x)
            elif isinstance(x, types.ModuleType):
                self._modules.append(x)
                waiting += self._of_module(x, self._words)
            elif isinstance(x, types.FunctionType):
                waiting += self._of_function(x)
            elif isinstance(x, type):
                waiting += () if _is_library(x) else self._of_class(x)
            elif hasattr(type(x), "tobytes"):
                self._bytes.append((x, x.tobytes()))
            elif isinstance(x, random.SystemRandom):
                continue  # without a state; see `Entropy`
            elif hasattr(type(x), "getstate") or hasattr(type(x), "bit_generator"):
                self.generators.append(x)
            elif hasattr(x, "cache_info"):  # what it has stored is a matter of its own
                waiting.append(x.__wrapped__)
            elif not (isinstance(x, Operation) and x.name in BUILT_IN):
                waiting += self._of_object(x)

    def _keep(self, container: Any) -> None:
        self._containers.append(container)
        self._copies.append(dict(container) if isinstance(container, dict) else container.copy())

    def _named(self, names: Mapping[str, Any], chosen: Iterable[str]) -> Iterator[Any]:
        """Watch what some names stand for, and yield it."""
        for name in chosen:
            if name in names:
                self._names.append((names, name, names[name]))
                yield names[name]

    def _of_function(self, function: types.FunctionType) -> Iterator[Any]:
        defaults, keywords = function.__defaults__, function.__kwdefaults__
        yield from (defaults, keywords, function.__dict__)
        for cell in function.__closure__ or ():
            yield from self._read(cell, "cell_contents")
        if not _is_library(function) and not _is_installed(function.__module__):
            self._functions.append((function, function.__code__, defaults, keywords))
            names = sorted(_names(function.__code__))
            yield from self._named(function.__globals__, names)
            package = function.__globals__.get("__package__")
            for name in names:  # perhaps imported by the function itself
                yield from [sys.modules[x] for x in (name, f"{package}.{name}") if x in sys.modules]
            new = [name for name in names if name not in self._words]
            self._words.update(new)
            for module in self._modules:
                yield from self._of_module(module, new)

    def _of_module(self, module: types.ModuleType, names: Iterable[str]) -> Iterable[Any]:
        """Watch what names stand for in a module, unless it is installed, and yield it."""
        return () if _is_installed(module.__name__) else self._named(vars(module), names)

    def _of_class(self, cls: type) -> Iterator[Any]:
        attributes = vars(cls)
        self._classes[id(attributes)] = cls
        self._keep(attributes)
        yield from (*cls.__mro__, type(cls), *attributes.values())

    def _of_object(self, x: Any) -> Iterator[Any]:
        if isinstance(x, CONTAINERS):
            self._keep(x)
        elif isinstance(getattr(x, "__dict__", None), dict):
            yield x.__dict__
        for cls in type(x).__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in [slots] if isinstance(slots, str) else slots:
                # A property in its place may give something new each time.
                if isinstance(getattr(type(x), name, None), types.MemberDescriptorType):
                    yield from self._read(x, name)
        yield from gc.get_referents(x)

    def _read(self, owner: Any, name: str) -> Iterator[Any]:
        """Watch a slot, or the variable of a closure, and yield what is there, if anything is."""
        content = getattr(owner, name, _NONE)
        self._reads.append((owner, name, content))
        if content is not _NONE:
            yield content


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
    if isinstance(now, Mapping):
        return len(now) == len(then) and all(_is_entry(now, then, name) for name in then)
    if isinstance(now, (set, bytearray)):
        return bool(now == then)
    return len(now) == len(then) and all(map(is_, now, then))


def _put_back(owner: Any, name: str, content: Any) -> bool:
    """Give a name what it stood for before; return whether it stood for something else now."""
    now = owner.get(name, _NONE) if isinstance(owner, Mapping) else getattr(owner, name, _NONE)
    if now is content:
        return False
    if isinstance(owner, dict):
        owner.pop(name) if content is _NONE else owner.update({name: content})
    else:
        kind: Any = type if isinstance(owner, type) else object
        change, given = (
            (kind.__setattr__, (content,)) if content is not _NONE else (kind.__delattr__, ())
        )
        change(owner, name, *given)
    return True


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
