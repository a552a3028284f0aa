"""Trace a function: run it once on unknowns, and keep the graph."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat
from types import FrameType
from typing import Any, Final, NoReturn

from autograd.caller import users_call, users_line
from autograd.core import sort
from autograd.cut import cure
from autograd.modes import current, mode, one_pass
from autograd.quoting import short
from autograd.symbol import Symbol
from autograd.table import BUILT_IN, Operation, selected, where
from autograd.value import Value
from autograd.writing import written

from .branches import Pass
from .comparison import AT_MOST, LESS, Choice, Comparison
from .surroundings import LIBRARIES

LOOK_UP: Final = (
    "take(rows, index) or pick(values, index) of autograd for a look-up by data, with an integer "
    "that is an input or target as index"
)


class TraceError(RuntimeError):
    """A function that no program stands for: it asks for a number that is not known before it runs.

    Or it changes by itself. If it catches the error, that is raised in the end of the trace.
    """


def _refuse(what: str, instead: str) -> NoReturn:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not Operation.rule.__code__:
        frame = frame.f_back
    row = f", in the rule of {short(frame.f_locals['self'].name)}," if frame else ""
    error = TraceError(
        f"this line{row} asks for {what} of a quantity that changes from run to run; a compiled "
        f"function must do the same for all numbers. Use {instead}.\n{users_line()}"
    )
    watch = current().watch
    if isinstance(watch, _Spread):
        watch.refusals.append(error)
    raise error


def _refusal(what: str, instead: str) -> Any:
    """Return a method that refuses."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        _refuse(what, instead)

    return refuse


def _comparison(row: Choice, is_swapped: bool) -> Any:
    """Return a method that compares, for `where`."""

    def compare(x: Any, y: Any) -> Comparison:
        compared = (y, x) if is_swapped else (x, y)
        return Comparison(lambda a, b: row.apply((a, b, *compared)), _refuse_comparison)

    return compare


def _refuse_comparison() -> NoReturn:
    _refuse(
        "the truth of a comparison",
        "autograd.where(condition, a, b), or relu, abs, maximum, minimum or clamp",
    )


class Traced(Value):
    """A node whose number is not known yet: an input, a parameter, or computed from them."""

    __slots__ = ()
    is_unknown = True  # for those who ask for a number only where there is one

    __bool__ = _refusal(
        "a truth value", "where(condition, a, b) in a row of your own, maximum or minimum"
    )
    __lt__, __gt__ = _comparison(LESS, False), _comparison(LESS, True)
    __le__, __ge__ = _comparison(AT_MOST, False), _comparison(AT_MOST, True)
    __copy__ = __deepcopy__ = __reduce__ = _refusal("a copy", "the node itself")

    @classmethod
    def __selected__(cls, local: Any, upstream: Any) -> Any:
        """Return local · upstream, in each branch of a choice on its own, as symbols do."""
        if not isinstance(upstream, (Value, float)):  # nothing flows down
            return upstream
        if isinstance(local.operation, Choice):
            a, b, *compared = local.operands
            branches = selected(a, upstream), selected(b, upstream)
            return local.operation.apply((*branches, *compared))
        return where((local <= 0.0) & (local >= 0.0), 0.0, local * upstream)

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

    __round__ = __trunc__ = __float__
    __int__ = _refusal("a plain number for int(...)", LOOK_UP)
    __index__ = _refusal("an index or a count", LOOK_UP)

    def __repr__(self) -> str:
        return f"<unknown {self.label}>" if self.label else "<unknown>"

    def __format__(self, spec: str) -> str:
        return repr(self) if not spec else self.__float__()

    def __eq__(self, other: Any) -> bool:
        return self is other if isinstance(other, Value) else _refuse_comparison()

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
            _refuse("a look-up in a set or dict", f"{LOOK_UP}, or id(node) where the node is meant")
        return Value.__hash__(self)


# Python's messages have these names where a number is taken for a list or a function.
Traced.__name__, Given.__name__ = "node", "number of a sample"


class _Spread:
    """Marks what is computed from traced nodes as traced, too."""

    def __init__(self) -> None:
        self.refusals: list[TraceError] = []

    def forward(self, node: Value) -> None:
        classes = [operand.__class__ for operand in node.operands]
        if Traced in classes or Given in classes:
            node.__class__ = Traced if Traced in classes else Given
            if not current().recording:
                _refuse("a number that is not recorded, within no_grad(),", "it outside of no_grad")

    def backward(self, nodes: Sequence[Value]) -> None:
        """Derivatives within a function are nodes like others."""

    def quiet(self) -> _Spread:
        return _SpreadInPass(self.refusals)


class _SpreadInPass(_Spread):
    """The same within the pass of a derivative, where a gradient may exist in some cases only."""

    def __init__(self, refusals: list[TraceError]) -> None:
        super().__init__()
        self.refusals, self._gradients = refusals, Pass()
        self.chosen = self._gradients.chosen

    def forward(self, node: Value) -> None:
        super().forward(node)
        self._gradients.made(node)


def unknowns(count: int) -> list[Value]:
    """Return new leaves that are not known yet."""
    leaves = [Value(float("nan")) for _ in range(count)]
    for leaf in leaves:
        leaf.__class__ = Given
    return leaves


def shaped(numbers: Sequence[Any], shape: Sequence[int]) -> Any:
    """Return numbers as nested lists of this shape; of shape (), the only one.

    Examples
    --------
    >>> shaped([1, 2, 3, 4], (2, 2)), shaped([1], ())
    ([[1, 2], [3, 4]], 1)
    """
    for size in shape[:0:-1]:
        numbers = [numbers[i : i + size] for i in range(0, len(numbers), size)]
    return numbers if shape else numbers[0]


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
        spread = _Spread()
        found: Any = None
        with mode(watch=spread, recording=True):
            try:
                found = function(*arguments)
            except Exception:
                if not spread.refusals:
                    raise
        for refusal in spread.refusals:  # which the function, or a library, has caught
            raise refusal
        return found


def check_rows(nodes: Iterable[Value]) -> None:
    """Raise if an operation of traced nodes cannot be computed on arrays.

    Raises
    ------
    TypeError
        With the name of the operation, and the line that declares it.
    """
    traced = [node for node in nodes if isinstance(node, Traced)]  # others are their number
    rows: dict[Any, Any] = {node.operation: node.operands for node in traced}
    for row in [row for row in rows if row.name not in BUILT_IN]:
        symbols = [Symbol(f"x{i}") if isinstance(x, Value) else x for i, x in enumerate(rows[row])]
        try:
            y = Symbol("y") if row.is_primitive else row.formula(symbols)
            row.counted(row.rule(y, symbols), symbols)
        except TypeError as error:
            code = getattr(row.forward, "__code__", None)
            place = f'\n  File "{code.co_filename}", line {code.co_firstlineno}' if code else ""
            raise TypeError(
                f"the operation {short(row.name)} cannot be computed on arrays: {error}. Write "
                "it, and its local gradients, in terms of arithmetic, where() and other "
                f"operations{place}"
            ) from error


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


def parts(roots: Iterable[Any], known: Collection[Value]) -> Counter[Any]:
    """Return how often operations, and numbers that are known, stand in graphs."""
    found: Counter[Any] = Counter()
    for root in roots:
        leaves, computed = sort(root) if isinstance(root, Value) else ((), ())
        found.update([leaf.data for leaf in leaves if leaf not in known])
        for node in computed:
            found[node.operation] += 1
            found.update([x for x in node.operands if x.__class__ is float])
    return found
