"""A small language of loops, the same whatever it is printed as: Python, C or JavaScript.

Numbers are in tables. "table" has a row for each quantity that differs from sample to sample,
samples side by side; "column" has the others, parameters first. "inputs" and "targets" are the
batch, a row per sample, and "outputs", too; there are "parameters" and the "gradient"; other tables
are constants of the program. Expressions are symbols, whose unknowns are places in tables,
or names.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Final, TypeAlias

from autograd import operations as op
from autograd.symbol import Symbol

TOGETHER: Final = 8  # so many products are added up in one go, in the registers of a processor
GIVEN: Final = {"X": "inputs", "T": "targets", "p": "parameters"}
BATCH: Final = ("table", "inputs", "targets", "outputs")  # tables with a number for each sample


@dataclass(frozen=True)
class Row:
    """The number of a row while loops count: an offset and multiples of counters.

    Those are `i`, `k` and `q` within a statement, and `t` of a loop around several.
    """

    offset: int = 0
    i: int = 0
    k: int = 0
    q: int = 0
    t: int = 0

    def __add__(self, other: Row) -> Row:
        return Row(*map(operator.add, astuple(self), astuple(other)))

    def at(self, k: int) -> Row:
        """Return the row for one number of k."""
        return replace(self, offset=self.offset + self.k * k, k=0)

    def beside(self, k: int) -> Row:
        """Return the row some numbers of k further on."""
        return replace(self, offset=self.offset + self.k * k)

    @property
    def first(self) -> Row:
        """The row where a statement begins."""
        return Row(self.offset, t=self.t)

    def __str__(self) -> str:
        parts = [str(self.offset)] if self.offset else []
        for counter in "tikq":
            step = getattr(self, counter)
            parts += [] if not step else [counter if step == 1 else f"{step} * {counter}"]
        return " + ".join(parts) or "0"


@dataclass(frozen=True)
class LookUp:
    """The number of a row that stands in a table of constants."""

    table: str
    row: Row

    def __str__(self) -> str:
        return f"{self.table}[{self.row}]"


@dataclass(frozen=True)
class Place:
    """A number in a table; where there are samples, that of sample `j`."""

    table: str
    row: Row | LookUp

    @property
    def is_batch(self) -> bool:
        return self.table in BATCH


Expression: TypeAlias = "Symbol | float"
Bound: TypeAlias = "int | str | LookUp"


@dataclass(frozen=True)
class Comment:
    """What is computed next."""

    text: str


@dataclass(frozen=True)
class Let:
    """A new variable."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Assign:
    """A number is written to a place."""

    target: Place
    value: Expression


@dataclass(frozen=True)
class AddTo:
    """Something is added to a place, or to a variable."""

    target: Place | str
    value: Expression


@dataclass(frozen=True)
class Choose:
    """A counter is given a number that is an integer, as one of the data is that choose."""

    counter: str
    value: Expression


@dataclass(frozen=True)
class For:
    """A loop; the bound "n" is the number of samples."""

    counter: str  # i, j, k, q or t
    start: Bound
    stop: Bound
    body: Sequence[Statement]
    step: int = 1


@dataclass(frozen=True)
class Product:
    """A matrix product: row (i, q) of "table" becomes start + Σ_k coefficient (i, k) · row (k, q).

    The rows of all `copies` q lie side by side, so that these are columns like the samples.
    """

    rows: int
    width: int
    copies: int
    target: Row  # by i and q
    coefficients: Place  # by i and k
    inputs: Row  # by k and q
    start: Place | None = None  # by i

    def loops(self) -> Iterator[Statement]:
        """Yield the same as loops, which add up some columns of the matrix at a time."""
        first = self.width % TOGETHER or TOGETHER
        begin = [] if self.start is None else [Let("b", Symbol(self.start))]
        body = [*begin, *self._some(Assign, Row.at, range(first), begin)]
        if self.width > first:
            more = self._some(AddTo, Row.beside, range(TOGETHER), [])
            body.append(For("k", first, self.width, [*more], TOGETHER))
        yield For("i", 0, self.rows, several("q", self.copies, body))

    def _some(
        self,
        store: Callable[..., Statement],
        column: Callable[[Row, int], Row],
        counts: range,
        begin: Sequence[Let],
    ) -> Iterator[Statement]:
        terms: list[Expression] = [Symbol(let.name) for let in begin]
        coefficients = self.coefficients.row
        assert isinstance(coefficients, Row)
        for k in counts:
            yield Let(f"w{k}", Symbol(Place(self.coefficients.table, column(coefficients, k))))
            terms.append(Symbol(f"w{k}") * Symbol(Place("table", column(self.inputs, k))))
        yield samples(store(Place("table", self.target), added(terms)))


@dataclass(frozen=True)
class OuterProduct:
    """Products of rows, summed: element (i, k) of a table is Σ_q Σ_j left (i, q) · right (k, q).

    The rows of all `copies` q lie side by side, so that these are columns like the samples.
    """

    rows: int
    columns: int
    copies: int
    target: Place  # by i and k, whose step is 1
    left: Row  # by i and q
    right: Row  # by k and q

    def loops(self) -> Iterator[Statement]:
        """Yield the same as loops, which compute some columns of the table at a time."""
        rest = self.columns % TOGETHER
        body: list[Statement] = []
        if self.columns > rest:
            many = self._some(Row.beside, range(TOGETHER))
            body.append(For("k", rest, self.columns, [*many], TOGETHER))
        if rest:
            body += self._some(Row.at, range(rest))
        yield For("i", 0, self.rows, body)

    def _some(self, column: Callable[[Row, int], Row], counts: range) -> Iterator[Statement]:
        left, target = Symbol(Place("table", self.left)), self.target.row
        assert isinstance(target, Row)
        for k in counts:
            yield Let(f"s{k}", 0.0)
        right = [Symbol(Place("table", column(self.right, k))) for k in counts]
        summed = samples(*[AddTo(f"s{k}", left * x) for k, x in zip(counts, right)])
        yield from several("q", self.copies, [summed])
        for k in counts:
            yield Assign(Place(self.target.table, column(target, k)), Symbol(f"s{k}"))


Statement: TypeAlias = "Comment | Let | Assign | AddTo | Choose | For | Product | OuterProduct"


@dataclass
class LoopProgram:
    """A program of loops, and what it needs to be run; see `Program` for what it computes."""

    name: str  # "step" or "predict"
    is_single: bool  # whether it computes in single precision
    statements: list[Statement]
    losses: list[Expression]  # that a step returns
    outputs: int  # numbers that a prediction has for a sample
    constants: dict[str, list[Any]]  # tables of numbers or indices
    reached: list[int]  # parameters that have influence; the gradient's other entries are 0
    rows: int  # of "table"
    singles: int  # numbers in "column"
    sizes: dict[str, int]  # numbers of inputs and of targets of a sample, and of parameters

    def loops(self) -> int:
        """Return how many loops there are when products are written as such."""
        return sum(map(_loops, self.statements))


def samples(*body: Statement) -> For:
    """Return a loop over the samples."""
    return For("j", 0, "n", body)


def several(counter: str, count: int, body: Sequence[Statement]) -> Sequence[Statement]:
    """Return a loop, or what is in it if it runs once."""
    return [For(counter, 0, count, body)] if count > 1 else body


def added(terms: Sequence[Expression]) -> Any:
    first, *others = terms
    total: Any = first
    for term in others:
        total = Symbol(op.add, total, term)
    return total


def _loops(statement: Statement) -> int:
    if isinstance(statement, (Product, OuterProduct)):
        return sum(map(_loops, statement.loops()))
    return 1 + sum(map(_loops, statement.body)) if isinstance(statement, For) else 0
