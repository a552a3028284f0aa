"""Expressions of which equal ones are one object."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar, Final, NamedTuple

from autograd import operations as op
from autograd.symbol import Symbol
from autograd.table import Operation

INNER, TOTAL = "inner", "total"  # Σ_n a_n b_n and Σ_n a_n over the samples of a batch
CHOSEN = "chosen"  # Σ_n of those of several a_n whose index k_n, of so many, is j: k, a, …, j, many
OVER_SAMPLES: Final = frozenset([INNER, TOTAL, CHOSEN])


class Name(NamedTuple):
    """What a term stands for in a network: a letter, and where.

    `time` counts the times that a layer is used for a sample, from 1; 0 if that is only once.
    """

    letter: str
    layer: int
    unit: int
    time: int = 0


class Term(Symbol):
    """An expression of which equal ones are one object."""

    __slots__ = ("index", "is_array", "is_batch", "mark", "name")
    known: ClassVar[dict[Any, Any]]
    sums: ClassVar[dict[int, Any]]
    numbers: ClassVar[Iterator[int]]
    marks: ClassVar[random.Random]
    index: int  # terms are numbered as they are made, each after its operands
    is_array: bool  # whether it depends on parameters or data; else it is a single number
    is_batch: bool  # whether it differs from sample to sample
    name: Name | None
    mark: int  # of a sum those of its summands added up; of others a random number, or 0 as yet

    def __init__(self, head: str | Operation, *operands: Any) -> None:
        self.head = head
        self.operands = operands
        self.index = next(self.numbers)
        self.is_array = self.is_batch = False
        self.name = None
        self.mark = 0
        for x in operands:
            if x.__class__ is self.__class__:
                if x.is_array:
                    self.is_array = True
                if x.is_batch:
                    self.is_batch = True
        if head in OVER_SAMPLES:
            self.is_batch = False

    @classmethod
    def make(cls, head: str | Operation, *operands: Any) -> Any:
        key = (head, *[x if x.__class__ is cls else repr(x) for x in operands])
        term = cls.known.get(key)
        if term is None:
            term = cls.known[key] = cls(head, *operands)
        return term

    @classmethod
    def given(cls, array: str, row: int) -> Any:
        """Return a new term for a row of what is given to the program."""
        term = cls(array, float(row))
        term.is_array, term.is_batch = True, array != "p"
        return term

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        if row is op.add or row is op.mul:
            a, b = operands
            if a.__class__ is cls and b.__class__ is cls:
                return cls._sum(a, b) if row is op.add else cls.make(row, a, b)
            if row is op.add and (a == 0.0 or b == 0.0):
                return b if a == 0.0 else a
        if row is op.power and operands[1] in (0.0, 1.0, 2.0):
            x, c = operands
            return op.square.apply((x,)) if c == 2.0 else x if c == 1.0 else 1.0
        if row is op.share:  # whose parts add up to the same sum for all
            return operands[0] / (operands[0] + operands[1])
        return super().__operation__(row, operands)

    @classmethod
    def _sum(cls, a: Term, b: Term) -> Any:
        """Return a + b, the same term for the same summands in whatever order they are added."""
        for x in (a, b):
            x.mark = x.mark or cls.marks.getrandbits(64)
        mark = a.mark + b.mark
        term = cls.sums.get(mark)
        if term is None:
            term = cls.sums[mark] = cls(op.add, a, b)
            term.mark = mark
        return term

    def __repr__(self) -> str:
        return f"Term({self.index}: {self.head} {self.name or ''})"


def is_batch(x: Any) -> bool:
    return isinstance(x, Term) and x.is_batch


def new_terms() -> type[Term]:
    """Return a class of terms that shares nothing with other classes."""
    shared = {"known": {}, "sums": {}, "numbers": count(), "marks": random.Random(0)}
    return type("Term", (Term,), {"__slots__": (), "__module__": __name__, **shared})
