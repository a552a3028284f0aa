"""`Operation`: what a row of the table can do.

A row declares a differentiable function once, and runs on any number type: on floats by IEEE
754, on `Value` nodes and symbols through their ``__operation__``, on arrays through
`autograd.arrays`. The table itself is in `autograd.operations`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import lru_cache
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, NoReturn, overload

from .declarations import check
from .ieee import NAN, Ieee
from .numbers import real
from .operators import TABLE
from .quoting import clipped, short

if TYPE_CHECKING:
    from .value import Value

Number = Any  # float, Value, array or symbol: whatever the rows are run on

BUILT_IN: Final[set[str]] = set()  # names that nobody may take
BY_HAND: Final = "made by hand"  # what nodes with given local gradients were computed by


@dataclass(slots=True, weakref_slot=True, eq=False, repr=False)
class Operation:
    r"""One row of the table: a differentiable function of scalars.

    Creating an `Operation` is all it takes to add one: calling it on `Value` operands makes a
    node, and gradients, higher derivatives, `gradcheck`, pictures and LaTeX follow from the row.

    Parameters
    ----------
    name : str
        Name in the table. A name of a built-in row is refused; one of your own is replaced, so
        that a notebook cell can be run again.
    forward : callable
        ``forward(*operands) -> y``. Either a function of `math`, or a formula in terms of
        arithmetic, `where` and other operations.
    local : callable
        ``local(y, *operands) -> tuple`` of ∂y/∂operand, one for each operand in order. Written
        like `forward`; it must not call functions of `math`, which know only floats.
    tex : str, optional
        LaTeX of the function: a name like ``\tanh``, or a form with #1, #2 for the operands.
    symbol : str, optional
        Short sign shown in pictures (default: the operator of programs, or the name).
    parameters : mapping, optional
        Names and defaults of trailing constants such as a slope. They have no derivative.
    beyond : callable, optional
        The limit value where a function of `math` raises instead of answering inf or nan.
    vectors : callable, optional
        For operations on any number of operands: how to group them into the vectors that
        `forward` and `local` take.
    finite : bool
        Whether the local gradients are finite wherever y is. Then an upstream gradient of 0 adds
        nothing, and the rule need not be asked.
    selects : bool
        Whether y is one of several candidates, as for relu and maximum, so that a local gradient
        of 0 means "not selected": nothing is added then, whatever flows down, be it inf.
    infix : str, optional
        The operator that programs write between the operands, or before a single one. Only for
        the rows of Python's own operators; your row has a `symbol`.
    swapped : bool
        Whether its right operand comes first in the row.
    written_out : bool
        Whether formulas show what `forward` computes, and not a name.
    nests : bool
        Whether f(f(a, b), c) is written f(a, b, c).
    lists : int
        For `vectors`: how many lists of one length the operands begin with, as in a call of dot.
    index : bool
        For `vectors`: whether the last operand is an index, which says which one of several
        results it is; or, for a row that selects, which operand.
    ellipsis : bool
        For `vectors`: whether a formula with many operands may leave out those in the middle.

    Examples
    --------
    >>> from autograd import Operation, Value
    >>> cube = Operation("cube", lambda x: x * x * x, lambda y, x: (3 * x * x,), tex="#1^3")
    >>> x = Value(2.0)
    >>> y = cube(x)
    >>> y.backward()
    >>> y.data, x.grad, cube(2.0)
    (8.0, 12.0, 8.0)
    """

    name: str
    forward: Callable[..., Number]
    local: Callable[..., Sequence[Number]]
    tex: str = ""
    _: KW_ONLY
    symbol: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    beyond: Callable[..., float] | None = None
    vectors: Callable[[Sequence[Number]], tuple[Sequence[Number], ...]] | None = None
    finite: bool = False
    selects: bool = False
    infix: str = ""
    swapped: bool = False
    written_out: bool = False
    nests: bool = False
    lists: int = 1
    index: bool = False
    ellipsis: bool = False

    def __post_init__(self) -> None:
        if self.name in BUILT_IN:
            raise ValueError(
                f"{short(self.name)} is a built-in operation; choose another name for yours"
            )
        if BUILT_IN:  # those of the table itself are looked at by the tests
            check(self, is_own=True)
        self.symbol = self.symbol or self.infix or self.name
        TABLE[self.name] = self

    @overload
    def __call__(self, *operands: float, **parameters: float) -> float: ...  # type: ignore
    @overload
    def __call__(self, *operands: Value | float, **parameters: float) -> Value: ...
    @overload
    def __call__(self, *operands: Any, **parameters: float) -> Any: ...
    def __call__(self, *operands: Number, **parameters: float) -> Number:
        """Apply the operation to floats, `Value` nodes, arrays or symbols."""
        if self.parameters:
            operands = self._with_parameters(operands, parameters)
        elif parameters:
            raise TypeError(
                f"{clipped(self.name)}() takes no parameters, got {', '.join(parameters)}"
            )
        return self.apply(operands)

    def apply(self, operands: tuple[Number, ...]) -> Number:
        """Apply the operation to its operands and parameters, given as one tuple."""
        for operand in operands:
            kind = operand.__class__
            if kind is float:
                continue
            if hasattr(kind, "__operation__"):
                return kind.__operation__(self, operands)
            if hasattr(kind, "__array_namespace__") and operand.ndim:
                from .arrays import apply

                return apply(self, operands, operand.__array_namespace__())
        return self.evaluate([*map(real, operands)])

    def formula(self, operands: Sequence[Number]) -> Number:
        """Return what `forward` gives, for operands of any one number type."""
        return self.forward(*(operands if self.vectors is None else self.vectors(operands)))

    def rule(self, y: Number, operands: Sequence[Number]) -> Sequence[Number]:
        """Return what `local` gives, ∂y/∂operand for each operand, for any one number type."""
        return self.local(y, *self.grouped(operands))

    def grouped(self, operands: Sequence[Number]) -> Sequence[Any]:
        """Return what `forward` and `local` take: the operands, in vectors if there are such."""
        return operands if self.vectors is None else self.vectors(operands)

    def evaluate(self, operands: Sequence[float]) -> float:
        """Return the value on plain floats, following IEEE 754 where Python would raise."""
        try:
            return self.formula(operands)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            if self.beyond is not None:
                return self.beyond(*operands)
            if self.is_primitive:
                return NAN
            return float(self.formula(list(map(Ieee, operands))))

    def local_gradients(self, y: Number, operands: Sequence[Number]) -> Sequence[Number]:
        """Return ∂y/∂operand for each operand, following IEEE 754 where Python would raise.

        The operands are floats, or nodes and floats.
        """
        try:
            return self.rule(y, operands)
        except ArithmeticError:  # of floats
            y, *operands = [Ieee(x) if x.__class__ is float else x for x in (y, *operands)]
            local = self.rule(y, operands)
            return tuple([float(x) if x.__class__ is Ieee else x for x in local])

    def counted(self, local: Sequence[Number], operands: Sequence[Number]) -> Sequence[Number]:
        """Return the local gradients, one for each operand but the constants at the end.

        Raises
        ------
        TypeError
            If there are more or fewer.
        """
        count = len(local) if hasattr(local, "__len__") else len(operands) + 1
        if count > len(operands) or any(x.__class__ is not float for x in operands[count:]):
            raise TypeError(
                f"the rule of operation {short(self.name)} must return a tuple with a local "
                f"gradient for each of its {len(operands)} operands; it returned {short(local)}"
            )
        return local

    def passed_on(self, local: Number, upstream: Number) -> Number:
        """Return what flows back to an operand: local · upstream, or nothing if not selected."""
        return selected(local, upstream) if self.selects else local * upstream

    @property
    def is_primitive(self) -> bool:
        """Whether `forward` is a function of `math`, which other number types must translate."""
        return getattr(self.forward, "__module__", None) == "math"

    def _with_parameters(
        self, operands: tuple[Number, ...], given: Mapping[str, float]
    ) -> tuple[Number, ...]:
        unknown = [name for name in given if name not in self.parameters]
        if unknown:
            raise TypeError(
                f"{clipped(self.name)}() has no parameter {short(unknown[0])}; it has "
                f"{list(self.parameters)}"
            )
        wanted = self.forward.__code__.co_argcount - len(self.parameters)
        named = list(self.parameters.items())[len(operands) - wanted :]
        operands += tuple(given.get(name, default) for name, default in named)
        for parameter, value in zip(self.parameters, operands[wanted:]):
            if hasattr(value, "parents"):
                raise TypeError(
                    f"{parameter} of {clipped(self.name)}() is a constant without a derivative; "
                    "pass a number, e.g. value.data"
                )
        return operands

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return operation, (self.name,)


class _ByHand(Operation):
    """The operation of nodes that were made by hand: a name, and no rule."""

    def __init__(self, name: str) -> None:
        super().__init__(name, self._refuse, self._refuse)

    def __post_init__(self) -> None:
        self.symbol = self.name  # and nothing is put into the table

    def _refuse(self, *numbers: Number) -> NoReturn:
        if self.name == BY_HAND:
            raise ValueError(
                "a node made by hand, whose local gradients were given as numbers, cannot be "
                "computed again, differentiated twice or compiled; compute it by an Operation"
            )
        raise ValueError(
            f"no rule for operation {short(self.name)}; declare it: "
            f"Operation({short(self.name)}, forward, local)"
        )

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return by_hand, (self.name,)


@lru_cache(maxsize=1024)
def by_hand(name: str) -> Operation:
    """Return an operation for nodes that are given their numbers instead of a rule."""
    return _ByHand(name)


def called(name: str, operands: int) -> Operation:
    """Return the row whose name or symbol micrograd would have written for so many operands."""
    for row in TABLE.values():
        if name in (row.name, row.symbol) and row.vectors is None:
            if len(signature(row.local).parameters) == 1 + operands:
                return row  # type: ignore[no-any-return]
    return by_hand(name)


def operation(name: str) -> Operation:
    """Return the row of that name.

    Raises
    ------
    ValueError
        If there is none, as when a pickle was made where an operation of your own was defined.

    Examples
    --------
    >>> operation("tanh")
    <operation tanh>
    """
    try:
        return TABLE[name]  # type: ignore[no-any-return]
    except KeyError:
        raise ValueError(
            f"no operation {short(name)} in the table; define it with Operation({short(name)}, "
            "...) first"
        ) from None


@overload
def where(condition: Any, a: float, b: float) -> float: ...  # pyright: ignore
@overload
def where(condition: Any, a: Value | float, b: Value | float) -> Value: ...
@overload
def where(condition: Any, a: Any, b: Any) -> Any: ...
def where(condition: Any, a: Number, b: Number) -> Number:
    """Return `a` where `condition` holds, else `b`, for any number type."""
    if condition is True:
        return a
    if condition is False:
        return b
    kind = condition.__class__
    if hasattr(kind, "__where__"):
        return kind.__where__(condition, a, b)
    if getattr(condition, "ndim", 0):
        return condition.__array_namespace__().where(condition, a, b)
    return a if condition else b


def guarded(formula: Number, condition: Any, substitute: Number) -> Number:
    """Return `formula`, or `substitute` where floats would spoil it, which the condition says.

    The two are equal in mathematics, so that LaTeX shows the formula alone.
    """
    kind = condition.__class__
    if hasattr(kind, "__where__"):
        return kind.__where__(condition, substitute, formula, is_guard=True)
    return where(condition, substitute, formula)


def selected(local: Number, upstream: Number) -> Number:
    """Return local · upstream, and 0 where local is 0, for any number type.

    The local gradient of a selection is 0 where an operand was not selected; what flows down, be it
    infinite, is not meant for it.
    """
    kind = local.__class__
    if kind is float:
        return local * upstream if local else 0.0
    if hasattr(kind, "__selected__"):
        return kind.__selected__(local, upstream)
    return where((local <= 0.0) & (local >= 0.0), 0.0, local * upstream)
