"""What a program is made of: a statement is a small class, and each computes an array.

A row of an array is a scalar of the traced graph, and a column is a sample. An operand is a slot:
a list of terms and numbers, from top to bottom.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from autograd.table import Operation

from .terms import Name

Slot = list[Any]


@dataclass(eq=False, kw_only=True)
class Array(ABC):
    """What is computed at once."""

    members: list[Any]  # the term that each row is
    name: Name | None = None  # of a quantity of a network
    number: int = -1  # in the order of the program

    @property
    def rows(self) -> int:
        return len(self.members)

    @property
    def is_batch(self) -> bool:
        """Whether there is a column for each sample; else there is one."""
        return bool(self.members[0].is_batch)

    @property
    def shape(self) -> tuple[int, int] | None:
        """The shape of a matrix, whose rows follow one another."""
        return None

    @abstractmethod
    def slots(self) -> Iterator[Slot]:
        """Yield all operands."""

    def gathered(self) -> Iterable[Slot]:
        """Return the operands whose rows are gathered from where they are; weights may not be."""
        return self.slots()


@dataclass(eq=False, kw_only=True)
class Input(Array):
    """What the program is given: "X", "T", or "p", the parameters."""

    letter: str
    size: int
    members: list[Any] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.size

    @property
    def is_batch(self) -> bool:
        return self.letter != "p"

    def slots(self) -> Iterator[Slot]:
        yield from ()


@dataclass(eq=False, kw_only=True)
class Stack(Array):
    """Arrays of the same height, one upon the other, as those of all times that a loop goes round.

    It is no statement: its parts are.
    """

    height: int

    def slots(self) -> Iterator[Slot]:
        yield from ()


@dataclass(eq=False, kw_only=True)
class Moved(Array):
    """An array whose rows are those so much further down each time that a loop goes round."""

    source: Array
    by: int
    terms: dict[int, Any] = field(default_factory=dict)  # those for its rows
    members: list[Any] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.source.rows

    @property
    def is_batch(self) -> bool:
        return self.source.is_batch

    def slots(self) -> Iterator[Slot]:
        yield from ()


@dataclass(eq=False, kw_only=True)
class Elementwise(Array):
    """An operation on each row."""

    head: str | Operation
    operands: list[Slot]

    def slots(self) -> Iterator[Slot]:
        yield from self.operands


@dataclass(eq=False, kw_only=True)
class Sum(Array):
    """A short sum in each row: Σ a·b over pairs of slots, plus single ones."""

    pairs: list[tuple[Slot, Slot]]
    singles: list[Slot]

    def slots(self) -> Iterator[Slot]:
        for pair in self.pairs:
            yield from pair
        yield from self.singles


@dataclass(eq=False, kw_only=True)
class Segmented(Array):
    """Something of each segment of its operands."""

    starts: list[int]
    ends: list[int]

    @property
    def width(self) -> int:
        """The length of all segments, or 0 if they differ."""
        lengths = {end - start for start, end in zip(self.starts, self.ends)}
        return lengths.pop() if len(lengths) == 1 else 0


@dataclass(eq=False, kw_only=True)
class Segments(Segmented):
    """Σ a·b over each segment."""

    lefts: Slot
    rights: Slot

    def slots(self) -> Iterator[Slot]:
        yield self.lefts
        yield self.rights


@dataclass(eq=False, kw_only=True)
class Extreme(Segmented):
    """The largest or the smallest of each segment."""

    head: Operation
    operands: Slot

    def slots(self) -> Iterator[Slot]:
        yield self.operands


@dataclass(eq=False, kw_only=True)
class Pick(Array):
    """What an index, which differs from sample to sample, chooses from several in each row."""

    tables: list[Slot]  # a list for each row
    index: Slot

    @property
    def entries(self) -> Slot:
        """What there is to choose from, row by row."""
        return [x for row in self.tables for x in row]

    def slots(self) -> Iterator[Slot]:
        yield self.entries
        yield self.index

    def gathered(self) -> Iterator[Slot]:
        if not _are_parameters(self.entries):
            yield self.entries
        yield self.index


@dataclass(eq=False, kw_only=True)
class Scatter(Array):
    """Sums of rows by an index: a matrix with a row for each number of it, and a column for each.

    There may be several uses, each with an index and as many rows of its own, which lie side by
    side; they are added.
    """

    count: int  # of the numbers that an index can be
    index: Slot  # one for each use
    operands: Slot

    @property
    def rows(self) -> int:
        return self.count * self.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, len(self.operands) // len(self.index)

    def slots(self) -> Iterator[Slot]:
        yield self.index
        yield self.operands


@dataclass(eq=False, kw_only=True)
class MatMul(Array):
    """Coefficients · inputs (+ bias).

    The inputs may be several columns, `copies` of them, the entries of one row side by side; so
    are those of the bias and of the result.
    """

    coefficients: list[Slot]  # a list for each row of the matrix
    inputs: Slot
    bias: Slot | None = None
    copies: int = 1

    @property
    def weights(self) -> Slot:
        """The coefficients, row by row."""
        return [x for row in self.coefficients for x in row]

    def slots(self) -> Iterator[Slot]:
        yield self.inputs
        yield self.weights
        if self.bias is not None:
            yield self.bias

    def gathered(self) -> Iterator[Slot]:
        yield self.inputs
        if not _are_parameters(self.weights):
            yield self.weights
        if self.bias is not None:
            yield self.bias


@dataclass(eq=False, kw_only=True)
class Outer(Array):
    """Lefts · rightsᵀ, a matrix of sums over the samples.

    Over the samples of `copies` rows, if there are several: those of the first row of the matrix
    product, then those of the second, and so on.
    """

    lefts: Slot
    rights: Slot
    copies: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.lefts) // self.copies, len(self.rights) // self.copies

    def slots(self) -> Iterator[Slot]:
        yield self.lefts
        yield self.rights


@dataclass(eq=False, kw_only=True)
class Inner(Array):
    """Σ left·right over the samples of `copies` rows, for each row."""

    lefts: Slot
    rights: Slot
    copies: int = 1

    def slots(self) -> Iterator[Slot]:
        yield self.lefts
        yield self.rights


@dataclass(eq=False, kw_only=True)
class Total(Array):
    """The sum over the samples of `copies` rows, for each row."""

    operands: Slot
    copies: int = 1

    def slots(self) -> Iterator[Slot]:
        yield self.operands


def _are_parameters(slot: Slot) -> bool:
    return all(getattr(x, "head", None) == "p" for x in slot)
