"""Trace a function: run it once on unknowns, and keep the graph."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from autograd.chain import one_pass, sort
from autograd.check import users_line
from autograd.table import TABLE
from autograd.value import Value, mode

PLAIN = (int, float, complex, str, bytes, bool, type(None))


class TraceError(TypeError):
    """A traced function asked for a number that is not known before it runs."""


class Traced(Value):
    """A node whose number is not known yet: an input, a parameter, or computed from them."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        _refuse("a truth value", "where(condition, a, b) in a row of your own, maximum or minimum")

    def __float__(self) -> NoReturn:
        line = users_line()
        called = re.search(r"\bmath\.(\w+)\(|\b(float|int|round)\(", line)
        name = (called[1] or called[2]) if called else "float"
        row = {"fabs": "abs", "pow": "pow"}.get(name, name)
        hint = f"autograd.{row}()" if row in TABLE else "the operations of autograd"
        _refuse(f"a plain number for {called[0] if called else 'float('}...)", hint)

    __int__ = __round__ = __index__ = __trunc__ = __float__

    def __lt__(self, other: Any) -> NoReturn:
        _refuse("a comparison", "relu, abs, maximum, minimum or clamp")

    __le__ = __gt__ = __ge__ = __lt__

    @property  # type: ignore[override]
    def data(self) -> NoReturn:
        _refuse("the attribute .data", "the node itself")

    @data.setter
    def data(self, value: Any) -> NoReturn:
        _refuse("a change of .data", "an optimiser, outside of the function")

    def item(self) -> NoReturn:
        _refuse("item()", "the node itself")


def _refuse(what: str, instead: str) -> NoReturn:
    raise TraceError(
        f"this line asks for {what} of a quantity that changes from run to run; a compiled "
        f"function must do the same for all numbers. Use {instead}.\n{users_line()}"
    )


class _Spread:
    """Marks what is computed from traced nodes as traced, too."""

    def forward(self, node: Value) -> None:
        if any(operand.__class__ is Traced for operand in node.operands):
            node.__class__ = Traced


@contextmanager
def _unknown(parameters: Sequence[Value]) -> Iterator[None]:
    """Make parameters traced, within a `with` block."""
    plain = [parameter for parameter in parameters if parameter.__class__ is Value]
    with one_pass:  # other threads would find them so
        try:
            for parameter in plain:
                parameter.__class__ = Traced
            yield
        finally:
            for parameter in plain:
                parameter.__class__ = Value


def unknowns(count: int) -> list[Value]:
    """Return new leaves that are not known yet."""
    leaves = [Value(float("nan")) for _ in range(count)]
    for leaf in leaves:
        leaf.__class__ = Traced
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
    with _unknown(parameters), mode(watch=_Spread(), recording=True):
        return function(*arguments)


# -- what a function depends on ------------------------------------------------------------------


class Surroundings:
    """What a function reaches besides its arguments, and whether that is still the same.

    It follows closures, defaults, globals that the code names, attributes, lists and dicts, down
    to plain numbers and texts. Parameters may change; whatever else does makes a trace outdated.
    """

    def __init__(self, function: Any, parameters: Sequence[Value]) -> None:
        self._parameters = set(parameters)
        self._values: dict[Value, str] = {}
        self._containers: list[Any] = []
        self._copies: list[Any] = []
        self._cells: list[tuple[Any, Any]] = []
        self._globals: list[tuple[dict[str, Any], str, Any]] = []
        self._kept: list[Any] = []  # so that no id is used again
        self._visit(function)

    def changed(self) -> bool:
        """Return whether anything is other than it was."""
        return (
            self._containers != self._copies
            or any(_content(cell) is not content for cell, content in self._cells)
            or any(names.get(name) is not content for names, name, content in self._globals)
            or any(repr(value._data) != data for value, data in self._values.items())
        )

    def watch(self, root: Any, unknown: Collection[Value]) -> None:
        """Let the numbers of other leaves of a graph not change, either."""
        for leaf in sort(root)[0] if isinstance(root, Value) else ():
            if leaf not in unknown and leaf not in self._parameters:
                self._values[leaf] = repr(leaf._data)

    def _visit(self, start: Any) -> None:
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            x = waiting.pop()
            if isinstance(x, (*PLAIN, type, types.ModuleType)) or id(x) in seen:
                continue
            seen.add(id(x))
            self._kept.append(x)
            if isinstance(x, Value):
                if x.operation is None and x not in self._parameters:
                    self._values[x] = repr(x._data)
            elif isinstance(x, types.FunctionType):
                waiting += self._of_function(x)
            elif isinstance(x, types.MethodType):
                waiting += (x.__func__, x.__self__)
            elif isinstance(x, (list, dict)):
                self._containers.append(x)
                self._copies.append(x.copy())
                waiting += x.values() if isinstance(x, dict) else x
            elif isinstance(x, (tuple, set, frozenset)):
                waiting += x
            elif isinstance(getattr(x, "__dict__", None), dict):
                if not _is_library(type(x)):
                    self._containers.append(x.__dict__)
                    self._copies.append(x.__dict__.copy())
                waiting += x.__dict__.values()

    def _of_function(self, function: types.FunctionType) -> Iterator[Any]:
        for cell in function.__closure__ or ():
            content = _content(cell)
            self._cells.append((cell, content))
            yield content
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()
        if not _is_library(function):
            for name in function.__code__.co_names:
                if name in function.__globals__:
                    content = function.__globals__[name]
                    self._globals.append((function.__globals__, name, content))
                    yield content


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is given its meaning later
        return None


def _is_library(x: Any) -> bool:
    """Return whether code or a class comes from the engine, whose own state does not matter."""
    return str(getattr(x, "__module__", "")).split(".")[0] == "autograd"
