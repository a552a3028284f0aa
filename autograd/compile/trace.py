"""Trace a function: run it once on unknowns, and keep the graph."""

from __future__ import annotations

import random
import sys
import types
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NoReturn

from autograd import operations as op
from autograd.caller import users_call, users_line
from autograd.core import sort
from autograd.cut import cure
from autograd.modes import current, mode, one_pass
from autograd.quoting import short
from autograd.table import Operation
from autograd.value import Value
from autograd.writing import written

from .comparison import AT_MOST, LESS, SELECTED, Comparison, is_constant

LIBRARIES = ("autograd", "nn", "numpy", "builtins")
RECORDS = ("argparse", "types")  # whose objects hold what a user has put there
PLAIN = (int, float, complex, str, bytes, bool, type(None))


class TraceError(TypeError):
    """A traced function asked for a number that is not known before it runs."""


def _refuse(what: str, instead: str) -> NoReturn:
    raise TraceError(
        f"this line asks for {what} of a quantity that changes from run to run; a compiled "
        f"function must do the same for all numbers. Use {instead}.\n{users_line()}"
    )


def _refusal(what: str, instead: str) -> Any:
    """Return a method that refuses."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        _refuse(what, instead)

    return refuse


def _comparison(row: Operation, is_swapped: bool) -> Any:
    """Return a method that compares, for the table's slopes, and refuses what others ask for."""

    def compare(x: Any, y: Any) -> Comparison:
        if sys._getframe(1).f_globals.get("__name__") != op.__name__:
            _refuse_comparison()
        return Comparison(row, *((y, x) if is_swapped else (x, y)), _refuse_comparison)

    return compare


def _refuse_comparison() -> NoReturn:
    _refuse("a comparison", "relu, abs, maximum, minimum or clamp")


class Traced(Value):
    """A node whose number is not known yet: an input, a parameter, or computed from them."""

    __slots__ = ()

    __bool__ = _refusal(
        "a truth value", "where(condition, a, b) in a row of your own, maximum or minimum"
    )
    __lt__, __gt__ = _comparison(LESS, False), _comparison(LESS, True)
    __le__, __ge__ = _comparison(AT_MOST, False), _comparison(AT_MOST, True)
    __copy__ = __deepcopy__ = __reduce__ = _refusal("a copy", "the node itself")

    @classmethod
    def __selected__(cls, local: Any, upstream: Any) -> Any:
        return SELECTED(local, upstream) if is_constant(local) else _refuse_comparison()

    data: Any = property(
        _refusal("the attribute .data", "the node itself"),
        _refusal("a change of .data", "an optimiser, outside of the function"),
    )
    grad: Any = property(_refusal("the attribute .grad", "autograd.grad()"))
    has_grad: Any = property(_refusal("the attribute .has_grad", "autograd.grad()"))
    item = _refusal("item()", "the node itself")
    detach = _refusal(
        "detach()", "a parameter that is not among params, which is not differentiated"
    )
    backward = _refusal("backward()", "autograd.grad()")

    def __float__(self) -> NoReturn:
        call = users_call()
        use = "formatted text" if call == "%" else f"{call or 'float'}(...)"
        _refuse(f"a plain number for {use}", cure(call))

    __int__ = __round__ = __trunc__ = __float__
    __index__ = _refusal(
        "an index or a count, as for a look-up by data,",
        "autograd.dot(entries, one_hot), with 1.0 and 0.0 as inputs that say which entry is meant",
    )

    def __repr__(self) -> str:
        return f"<unknown {self.label}>" if self.label else "<unknown>"

    def __format__(self, spec: str) -> str:
        return repr(self) if not spec else self.__float__()

    def __eq__(self, other: Any) -> bool:
        return self is other if isinstance(other, Value) else self.__lt__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = Value.__hash__


class Given(Traced):
    """A node that depends on the sample alone, and so is a plain number when nothing is traced.

    Of those, a set or dict finds the equal ones, and not the same one.
    """

    __slots__ = ()

    def __hash__(self) -> int:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        if caller.split(".")[0] not in LIBRARIES:
            _refuse("a look-up in a set or dict", "a list, or id(node) where the node is meant")
        return Value.__hash__(self)


class _Spread:
    """Marks what is computed from traced nodes as traced, too."""

    def forward(self, node: Value) -> None:
        classes = [operand.__class__ for operand in node.operands]
        if Traced in classes or Given in classes:
            node.__class__ = Traced if Traced in classes else Given
            if not current().recording:
                _refuse("a number that is not recorded, within no_grad(),", "it outside of no_grad")

    def backward(self, nodes: Sequence[Value]) -> None:
        """Derivatives within a function are nodes like others."""

    def quiet(self) -> _Spread:
        return self


def unknowns(count: int) -> list[Value]:
    """Return new leaves that are not known yet."""
    leaves = [Value(float("nan")) for _ in range(count)]
    for leaf in leaves:
        leaf.__class__ = Given
    return leaves


def trace(
    function: Callable[..., Any], arguments: Sequence[Any], parameters: Sequence[Value]
) -> Any:
    """Return what the function gives for arguments and parameters that are not known yet.

    Raises
    ------
    TraceError
        Where the function asks for a number; the message shows the line.
    """
    with one_pass as ending:  # other threads would find the parameters so
        plain = [parameter for parameter in parameters if parameter.__class__ is Value]
        ending.insert(0, written("__class__", plain, repeat(Value)))
        for parameter in plain:
            parameter.__class__ = Traced
        with mode(watch=_Spread(), recording=True):
            return function(*arguments)


def several(outputs: Any) -> list[Any]:
    """Return what a function of one sample gives as a list of nodes and numbers."""
    if isinstance(outputs, (list, tuple)):
        if outputs and all(isinstance(y, (Value, int, float)) for y in outputs):
            return list(outputs)
    raise TypeError(
        f"a model, or predict, must return a Value or a list of them, not {short(outputs)}"
    )


def check_same(traces: Iterable[Iterable[Any]], known: Collection[Value], is_random: bool) -> None:
    """Raise TraceError if two traces of a function, lists of roots, differ."""
    first, second = ([_shape(root, known) for root in roots] for roots in traces)
    if is_random or first != second:
        raise TraceError(
            "the function computes something else each time it is called, as with random "
            "numbers; draw them before, and hand them over with the inputs. Dropout draws none "
            "after model.eval()"
        )


def _shape(root: Any, known: Collection[Value]) -> Any:
    """Return the graph of a node as plain data, equal for equal graphs."""
    if not isinstance(root, Value):
        return repr(root)
    leaves, computed = sort(root)
    number = {node: i for i, node in enumerate((*leaves, *computed))}
    shape: list[Any] = [leaf if leaf in known else repr(leaf.data) for leaf in leaves]
    for node in computed:
        operands = [number[x] if isinstance(x, Value) else repr(x) for x in node.operands]
        shape.append((node.operation, *operands))
    return shape


# -- what a function depends on ------------------------------------------------------------------


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
        self._reads: list[tuple[Callable[[], Any], Any]] = []  # of slots, and of closures
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

    def watch(self, root: Any, unknown: Collection[Value]) -> None:
        """Let the numbers of other leaves of a graph not change, either."""
        for leaf in sort(root)[0] if isinstance(root, Value) else ():
            if leaf not in unknown and leaf not in self._parameters:
                self._values[leaf] = repr(leaf.data)

    def random_states(self) -> str:
        """Return the states of the generators of random numbers in reach."""
        states = [x.getstate() for x in self.generators if hasattr(x, "getstate")]
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
        if not _is_library(function):
            self._functions.append((function, function.__code__, defaults, keywords))
            for content in self._named(function.__globals__, names):
                yield from self._of_name(content, names)

    def _of_name(self, content: Any, names: Iterable[str]) -> Iterator[Any]:
        """Yield what a name stands for; of a module of users also what `names` stand for in it."""
        yield content
        if isinstance(content, types.ModuleType) and not _is_library(content):
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
                if not name.startswith("__"):
                    read = partial(getattr, x, name, None)
                    self._reads.append((read, read()))
                    yield read()


_NONE = object()


def _names(code: types.CodeType) -> set[str]:
    """Return the names that code looks up, with those of the functions defined in it."""
    inner = [_names(x) for x in code.co_consts if isinstance(x, types.CodeType)]
    return set(code.co_names).union(*inner)


def _is_library(x: Any) -> bool:
    """Return whether code or a class comes from a library, whose own state does not change."""
    name = x.__name__ if isinstance(x, types.ModuleType) else getattr(x, "__module__", None)
    top = str(name).split(".")[0]
    return top in LIBRARIES or (top in sys.stdlib_module_names and top[0] != "_")
