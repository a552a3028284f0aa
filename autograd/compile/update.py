"""What a gradient does to parameters: formulas for one of them, as statements for all.

The formulas are run on variables, so that each operation becomes a line of the program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar, Final

from autograd import operations as op
from autograd.symbol import Symbol
from autograd.table import Operation, where

from .loop_program import AddTo, Assign, Expression, For, Let, LookUp, Place, Row, Statement

LARGEST: Final = Place("q", Row())


@dataclass(frozen=True)
class Update:
    """How a gradient changes parameters.

    Parameters
    ----------
    rule : callable
        ``rule(w, g, states, t, lr) -> (w, states)``: value and states of one parameter after
        update number t, counted from 1. It is given symbols, for which it must do the same in
        each update: operators and functions of the table, `autograd.where` with ``<``, ``<=``,
        ``>`` or ``>=``, no ``if`` and no ``==``.
    states : int
        How many numbers are remembered of a parameter.
    clip : callable, optional
        ``clip(g) -> g``, of each number of the gradient before all else.
    factor : callable, optional
        ``factor(norm) -> factor``, by which the gradient is multiplied then, given its Euclidean
        norm.
    """

    rule: Callable[[Any, Any, Sequence[Any], Any, Any], tuple[Any, Sequence[Any]]]
    states: int
    clip: Callable[[Any], Any] | None = None
    factor: Callable[[Any], Any] | None = None

    def statements(self) -> list[Statement]:
        """Return the statements of one update.

        Parameters are in "theta", the gradient is in "g", and their states are in "S0", "S1", …;
        those to be changed are m runs, from "starts" to before "ends". "q" has room for a number.
        """
        return [*self._clipped(), *self._scaled(), *self._changed()]

    def _clipped(self) -> Iterator[Statement]:
        if self.clip is not None:
            lines, g = Variable.new("a"), Place("g", Row(i=1))
            clipped = self.clip(lines.read(g))
            yield from lines.all(_for_each([*lines.each, Assign(g, clipped)]))

    def _scaled(self) -> Iterator[Statement]:
        if self.factor is None:
            return
        # The counters change places: a loop over i is taken for one whose turns know no order.
        size = abs(Symbol(Place("g", Row(k=1))))
        larger = Assign(LARGEST, where(size > Symbol(LARGEST), size, Symbol(LARGEST)))
        yield Assign(LARGEST, 0.0)
        yield from _for_each([larger], "k", "i")
        lines, g = Variable.new("b"), Place("g", Row(i=1))
        largest = lines.read(LARGEST, is_common=True)
        is_usual = (largest > 0.0) & (largest < math.inf)
        scale = where(is_usual, largest, 1.0)  # so that no square overflows
        part = lines.read(g) / scale
        add = AddTo("total", part * part)
        yield from lines.all([Let("total", 0.0), *_for_each([*lines.each, add])])
        after = Variable.new("c")
        scale, total = [after.given(x, is_common=True) for x in (scale.head, "total")]
        factor = self.factor(scale * total**0.5)
        yield from after.once
        yield from _for_each([Assign(g, Symbol(g) * factor)])

    def _changed(self) -> Iterator[Statement]:
        lines = Variable.new("x")
        tables = ["theta", "g", *[f"S{k}" for k in range(self.states)]]
        places = [Place(table, Row(i=1)) for table in tables]
        w, g, *states = map(lines.read, places)
        t, lr = [lines.given(name, is_common=True) for name in ("t", "lr")]
        new, others = self.rule(w, g, tuple(states), t, lr)
        results = zip([places[0], *places[2:]], [w, *states], [new, *others], strict=True)
        ends = [Assign(place, x) for place, before, x in results if x is not before]
        yield from lines.all(_for_each([*lines.each, *ends]))


class Variable(Symbol):
    """What has been computed, by its name: an operation on variables is written down as a line.

    Attributes
    ----------
    is_common : bool
        Whether it is the same for all parameters; such lines come before a loop over them.
    """

    __slots__ = ("is_common",)
    is_common: bool
    once: ClassVar[list[Let]]
    each: ClassVar[list[Let]]
    names: ClassVar[Iterator[str]]

    @classmethod
    def new(cls, letter: str) -> type[Variable]:
        """Return a class of variables with lines and names of its own."""
        own = {"once": [], "each": [], "names": (f"{letter}{i}" for i in count(1))}
        return type("Variable", (cls,), {"__slots__": (), "__module__": __name__, **own})

    @classmethod
    def given(cls, name: str, is_common: bool) -> Any:
        variable = cls(name)
        variable.is_common = is_common
        return variable

    @classmethod
    def read(cls, place: Place, is_common: bool = False) -> Any:
        """Return the number that is at a place before anything is written."""
        return cls._let(Symbol(place), is_common)

    @classmethod
    def make(cls, head: str | Operation, *operands: Any) -> Any:
        is_common = all(x.is_common for x in operands if isinstance(x, Variable))
        return cls._let(Symbol(head, *operands), is_common)

    @classmethod
    def _let(cls, value: Expression, is_common: bool) -> Any:
        name = next(cls.names)
        (cls.once if is_common else cls.each).append(Let(name, value))
        return cls.given(name, is_common)

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        if row is op.general_power and operands[1] == 0.5:  # as NumPy takes it
            row, operands = op.sqrt, operands[:1]
        return super().__operation__(row, operands)

    @classmethod
    def all(cls, rest: Sequence[Statement]) -> Sequence[Statement]:
        """Return what is computed once, and what follows."""
        return [*cls.once, *rest]


def _for_each(body: Sequence[Statement], i: str = "i", k: str = "k") -> Sequence[Statement]:
    """Return a loop over the parameters that are to be changed."""
    start, end = [LookUp(table, Row(**{k: 1})) for table in ("starts", "ends")]
    return [For(k, 0, "m", [For(i, start, end, body)])]
