"""Find the arrays in a heap of scalars: the same operation at the same depth is one array.

Rows are scalars and columns are samples. Sums of products that share their factors are matrix
products, and sums over the samples of products of two arrays are outer products summed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, ClassVar, Final

from .collected import SHORT, Collected, Summands, kind
from .levels import levels
from .statements import (
    Array,
    Elementwise,
    Extreme,
    Inner,
    Input,
    MatMul,
    Outer,
    Segments,
    Slot,
    Sum,
    Total,
)
from .terms import INNER, TOTAL, Term

LONE: Final = 8  # so many matrix products of a single row at one depth are not written as such
SCALARS: Final = ("s", "r", "n")  # weights of the errors and of the penalty, number of samples


class Groups:
    """The arrays of a program in an order in which they can be computed."""

    has_chains: ClassVar = True  # whether max(max(a, b), c) is the largest of three

    def __init__(
        self,
        losses: Sequence[Any],
        outputs: Sequence[Any],
        slopes: Sequence[Any],
        sizes: dict[str, int],
    ) -> None:
        self._losses = [x for x in losses if isinstance(x, Term)]  # each a statement of its own
        self.arrays: list[Array] = []
        self.position: dict[Term, tuple[Array, int]] = {}  # array and row of what is needed
        self.inputs = {  # the arrays that are given: "X", "T" and "p", the parameters
            letter: self._add(Input(letter=letter, size=size)) for letter, size in sizes.items()
        }
        wanted = [x for x in (*losses, *outputs, *slopes) if isinstance(x, Term)]
        collected = Collected(wanted, self.inputs, self.has_chains)
        self._sums, self._chains = collected.sums, collected.chains
        self._inputs = collected.inputs
        self.parameter = self._parameters(slopes)
        for terms in levels(collected.terms, collected.needs):
            self._group(terms)

    def _parameters(self, slopes: Sequence[Any]) -> dict[Term, int]:
        """Return the first parameter whose derivative a term is, or is a single term of."""
        parameter: dict[Term, int] = {}
        for i, slope in enumerate(slopes):
            for term in (slope, *(self._sums[slope].singles if slope in self._sums else ())):
                if isinstance(term, Term) and term.head not in SCALARS:
                    parameter.setdefault(term, i)
        return parameter

    # -- groups ----------------------------------------------------------------------------

    def _add(self, array: Array) -> Array:
        array.number = len(self.arrays)
        self.arrays.append(array)
        return array

    def _group(self, terms: list[Term]) -> None:
        buckets: dict[Any, list[Term]] = defaultdict(list)
        for term in terms:
            if term.head in self.inputs:
                self.position[term] = (self.inputs[term.head], int(term.operands[0]))
            elif term.head not in SCALARS:
                self._sort(term)
                buckets[self._key(term)].append(term)
        self._sort_inner(buckets)
        for key, bucket in [*buckets.items()]:
            if len(bucket) <= SHORT and not bucket[0].is_array:  # quicker as plain numbers
                buckets.update({(*key, term): [term] for term in buckets.pop(key)})
        self._break_up(buckets)
        for key, bucket in buckets.items():
            what = key[0]
            if what == "outer":
                array = self._outer(bucket)
                self.position.update({x: (array, i) for i, x in enumerate(array.members)})
                continue
            bucket.sort(key=self._order)
            if what == "sum" and len(bucket) == 1 and len({*key[2], *key[3]}) == 1:
                what = "segments" if self._sums[bucket[0]].size > 2 else what
            equal: dict[Any, list[Term]] = defaultdict(list)
            for term in bucket:
                equal[self._content(term)].append(term)
            array = self._array(what, [same[0] for same in equal.values()])
            rows = {term: row for row, term in enumerate(array.members)}
            for same in equal.values():
                self.position.update(dict.fromkeys(same, (array, rows[same[0]])))

    def _break_up(self, buckets: dict[Any, list[Term]]) -> None:
        """Make plain sums of matrix products that are not worth the call."""
        lone = [key for key, bucket in buckets.items() if key[0] == "matmul" and len(bucket) == 1]
        for key in [key for key in buckets if key[0] == "matmul"]:
            bucket = buckets[key]
            count = len(self._sums[bucket[0]].pairs)
            is_constant = all(isinstance(c, float) for t in bucket for c, _ in self._sums[t].pairs)
            is_thin = len(bucket) == 1 and (len(lone) > LONE or count < 3)
            if is_thin or (is_constant and count == 1):
                for term in buckets.pop(key):
                    buckets[self._key(term, allow_matrix=False)].append(term)

    def _sort_inner(self, buckets: dict[Any, list[Term]]) -> None:
        """Find the inner products that are a matrix, and put all others together."""
        rest = []
        for key in [key for key in buckets if key[0] == INNER]:
            bucket = buckets.pop(key)
            if self._is_grid(bucket):
                buckets["outer", *key] = bucket
            else:
                rest += bucket
        if rest:
            buckets[INNER,] = rest

    def _is_grid(self, bucket: Sequence[Term]) -> bool:
        lefts, rights = ({self.position[term.operands[i]] for term in bucket} for i in (0, 1))
        are_single = all(len({array for array, _ in side}) == 1 for side in (lefts, rights))
        return are_single and len(bucket) == len(lefts) * len(rights) > 1

    def _content(self, term: Term) -> Any:
        """Return what a term computes, the same for terms that compute the same."""
        inputs = self._inputs(term)
        return (*[self.position.get(x, x) if isinstance(x, Term) else repr(x) for x in inputs],)

    def _sort(self, term: Term) -> None:
        """Put the pairs of a sum in the order of the arrays, the coefficient first."""
        if term in self._sums:
            pairs, singles = self._sums[term]
            pairs = [(b, a) if self._place(b) < self._place(a) else (a, b) for a, b in pairs]
            pairs.sort(key=lambda pair: (self._place(pair[1]), self._place(pair[0])))
            self._sums[term] = Summands(pairs, sorted(singles, key=self._place))

    def _place(self, x: Any) -> tuple[int, int, int]:
        """Return where a term is: numbers and scalars first, then what has no samples."""
        if not isinstance(x, Term) or x not in self.position:
            return (-1, 0, 0)
        array, row = self.position[x]
        return (int(x.is_batch), array.number, row)

    def _order(self, term: Term) -> Any:
        unit = term.name.unit if term.name is not None else 0
        places = [self._place(x) for x in self._inputs(term)]
        return unit, self.parameter.get(term, 0), places, term.index

    def _key(self, term: Term, allow_matrix: bool = True) -> Any:
        name: Any = term.name and term.name[:2]
        if term in self._losses:
            name = term.index
        if term in self._sums:
            pairs, singles = self._sums[term]
            signature = [(kind(a), kind(b)) for a, b in pairs]
            is_linear = all(a != "batch" and b == "batch" for a, b in signature) and pairs
            bias = [kind(x) for x in singles]
            coefficients = {a for a, _ in signature}
            if allow_matrix and is_linear and len(coefficients) == 1 and bias in ([], ["single"]):
                inputs = tuple([b.index for _, b in pairs])
                return ("matmul", name, *coefficients, inputs, len(bias))
            if len(pairs) + len(singles) <= SHORT or len({*signature, *bias}) > 1:
                return ("sum", name, tuple(signature), tuple(bias))
            return ("segments", name, *signature[:1], *bias[:1])
        if term in self._chains:
            return ("extreme", name, term.head.name, len(self._chains[term]), term.is_batch)
        if term.head in (INNER, TOTAL):
            return (term.head, *[self.position[x][0].number for x in term.operands])
        head = id(term.head) if not isinstance(term.head, str) else term.head
        return ("op", name, head, tuple(map(kind, term.operands)))

    def _array(self, what: str, bucket: list[Term]) -> Array:
        name = bucket[0].name
        if len({term.name.time for term in bucket if term.name is not None}) > 1:
            name = name and name._replace(time=0)
        found = getattr(self, f"_{what}")(bucket)
        found.name = name
        return self._add(found)

    # Each kind of statement has a method that makes it of the terms in its rows.

    def _op(self, bucket: list[Term]) -> Array:
        operands = _columns([term.operands for term in bucket])
        return Elementwise(members=bucket, head=bucket[0].head, operands=operands)

    def _inner(self, bucket: list[Term]) -> Array:
        lefts, rights = _columns([term.operands for term in bucket])
        return Inner(members=bucket, lefts=lefts, rights=rights)

    def _total(self, bucket: list[Term]) -> Array:
        return Total(members=bucket, operands=[term.operands[0] for term in bucket])

    def _matmul(self, bucket: list[Term]) -> Array:
        sums = [self._sums[term] for term in bucket]
        return MatMul(
            members=bucket,
            coefficients=[[a for a, _ in one.pairs] for one in sums],
            inputs=[b for _, b in sums[0].pairs],
            bias=[one.singles[0] for one in sums] if sums[0].singles else None,
        )

    def _extreme(self, bucket: list[Term]) -> Array:
        operands, starts, ends = _segments([self._chains[term] for term in bucket])
        head: Any = bucket[0].head
        return Extreme(members=bucket, head=head, operands=operands, starts=starts, ends=ends)

    def _sum(self, bucket: list[Term]) -> Array:
        sums = [self._sums[term] for term in bucket]
        pairs = [_columns(same) for same in zip(*[one.pairs for one in sums])]
        singles = _columns([one.singles for one in sums])
        return Sum(members=bucket, pairs=[(a, b) for a, b in pairs], singles=singles)

    def _segments(self, bucket: list[Term]) -> Array:
        sums = [self._sums[term] for term in bucket]
        pairs, starts, ends = _segments([[*x.pairs, *[(1.0, y) for y in x.singles]] for x in sums])
        lefts, rights = _columns(pairs)
        return Segments(members=bucket, lefts=lefts, rights=rights, starts=starts, ends=ends)

    def _outer(self, bucket: list[Term]) -> Array:
        """Return inner products of all rows of one array with all of another as one matrix."""
        lefts: dict[int, Term] = {}
        rights: dict[int, Term] = {}
        at: dict[tuple[int, int], Term] = {}
        for term in bucket:
            left, right = term.operands
            (_, j), (_, i) = self.position[left], self.position[right]
            lefts[j], rights[i], at[i, j] = left, right, term
        rows, columns = sorted(rights), sorted(lefts)
        members = [at[i, j] for i in rows for j in columns]
        slots = [[rights[i] for i in rows], [lefts[j] for j in columns]]
        if len(rows) > 1 and len(columns) > 1:
            beside, below = at[rows[0], columns[1]], at[rows[1], columns[0]]
            if self.parameter.get(beside, 0) > self.parameter.get(below, 0):  # stored by columns
                members = [at[i, j] for j in columns for i in rows]
                slots.reverse()
        return self._add(Outer(members=members, lefts=slots[0], rights=slots[1]))


def _columns(rows: Sequence[Sequence[Any]]) -> list[Slot]:
    return [list(slot) for slot in zip(*rows)]


def _segments(parts: Sequence[Sequence[Any]]) -> tuple[list[Any], list[int], list[int]]:
    """Return parts one behind the other, and where each begins and ends."""
    ends = [*accumulate(map(len, parts))]
    return [x for part in parts for x in part], [0, *ends[:-1]], ends
