"""Find the arrays in a heap of scalars: the same operation at the same depth is one array.

Rows are scalars and columns are samples. Sums of products that share their factors are matrix
products, and sums over the samples of products of two arrays are outer products summed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, ClassVar, Final

from autograd import operations as op

from .collected import EXTREMES, SHORT, Collected, Summands, kind
from .levels import levels
from .statements import (
    Array,
    Elementwise,
    Extreme,
    Inner,
    Input,
    MatMul,
    Outer,
    Pick,
    Scatter,
    Segments,
    Slot,
    Sum,
    Total,
)
from .terms import CHOSEN, INNER, TOTAL, Name, Term

NOWHERE: Final = (-1, 0, 0)
LONE: Final = 8  # so many matrix products of a single row at one depth are not written as such
SCALARS: Final = ("weight", "penalty_weight", "n")  # of errors and penalty; number of samples


class _Places(dict[Any, tuple[int, int, int]]):
    """Where terms are, to be compared: numbers and scalars first, then what has no samples."""

    def __init__(self, position: Mapping[Any, tuple[Array, int]]) -> None:
        self._position = position

    def __missing__(self, x: Any) -> tuple[int, int, int]:
        if not isinstance(x, Term) or x not in self._position:
            return NOWHERE
        array, row = self._position[x]
        self[x] = place = (int(x.is_batch), array.number, row)
        return place


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
        self._places = _Places(self.position)
        self._place = self._places.__getitem__
        self.inputs = {  # the arrays that are given: "X", "T" and "p", the parameters
            letter: self._add(Input(letter=letter, size=size)) for letter, size in sizes.items()
        }
        wanted = [x for x in (*losses, *outputs, *slopes) if isinstance(x, Term)]
        collected = Collected(wanted, self.inputs, self.has_chains)
        self._sums, self._chains = collected.sums, collected.chains
        self._inputs = collected.inputs
        self._sides: dict[Term, tuple[tuple[Any, ...], ...]] = {}  # of sums over the samples
        self.parameter = self._parameters(slopes)
        for terms in levels(collected):
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
        place = self._places
        buckets: dict[Any, list[Term]] = defaultdict(list)
        for term in terms:
            if term.head in self.inputs:
                self.position[term] = (self.inputs[term.head], int(term.operands[0]))
            elif term.head in (INNER, TOTAL):
                sides = self._sides[term] = self._sorted(term)
                arrays = [place[x][1] for side in sides for x in side]
                buckets[term.head, len(sides[0]), *arrays].append(term)
            elif term.head not in SCALARS:
                self._sort(term)
                buckets[self._key(term)].append(term)
        self._sort_inner(buckets)
        self._merge(buckets)
        for key, bucket in [*buckets.items()]:
            if len(bucket) <= SHORT and not bucket[0].is_array:  # quicker as plain numbers
                buckets.update({(*key, term): [term] for term in buckets.pop(key)})
        self._break_up(buckets)
        for key, bucket in buckets.items():
            what = key[0]
            if what in ("outer", "products"):
                array = self._outer(bucket) if what == "outer" else self._copied(bucket, key[1])
                self.position.update({x: (array, i) for i, x in enumerate(array.members)})
                continue
            if what == CHOSEN:
                self._scatter(bucket)
                continue
            self._sort_rows(bucket)
            if what == "sum" and len(bucket) == 1 and len({*key[2], *key[3]}) == 1:
                what = "segments" if self._sums[bucket[0]].size > 2 else what
            equal: dict[Any, list[Term]] = defaultdict(list)
            for term in bucket:
                equal[self._content(term)].append(term)
            array = self._array(what, [same[0] for same in equal.values()])
            rows = {term: row for row, term in enumerate(array.members)}
            for same in equal.values():
                self.position.update(dict.fromkeys(same, (array, rows[same[0]])))

    def _merge(self, buckets: dict[Any, list[Term]]) -> None:
        """Put together what differs in nothing but the inputs, or in length."""
        self._merge_products(buckets)
        self._merge_ragged(buckets)

    def _merge_ragged(self, buckets: dict[Any, list[Term]]) -> None:
        """Put sums, and extremes, of one kind together that differ in nothing but their length."""
        same: dict[Any, list[Any]] = defaultdict(list)
        for key, bucket in buckets.items():
            if bucket[0].is_batch and (content := self._ragged(key, bucket[0])) is not None:
                same[content].append(key)
        for (what, name, *_), keys in same.items():
            if len(keys) > 2:
                terms = [term for key in keys for term in buckets.pop(key)]
                for term in terms:
                    if what == "extreme":
                        self._chains.setdefault(term, list(term.operands))
                    elif term not in self._sums:
                        self._sums[term] = Summands([(term.operands[0], term.operands[1])], [])
                buckets[what, name, *keys[0]] = terms

    def _ragged(self, key: Any, term: Term) -> Any:
        """Return what sums and extremes have in common that can be put together, or None."""
        what, name, *_ = key
        if what in ("sum", "segments"):
            pairs, singles = self._sums[term]
            kinds = {(kind(a), kind(b)) for a, b in pairs} | {("", kind(x)) for x in singles}
            return ("segments", name, *kinds) if len(kinds) == 1 else None
        if {*map(kind, self._inputs(term))} == {"batch"}:
            if what == "op" and term.head is op.mul:  # of a single product
                return "segments", name, ("batch", "batch")
            if what == "extreme" or (what == "op" and term.head in EXTREMES):
                return "extreme", name, term.head
        return None

    def _merge_products(self, buckets: dict[Any, list[Term]]) -> None:
        """Make one of matrix products that have their coefficients in common.

        So a kernel goes over all positions, and a matrix over all tokens, at once.
        """
        same: dict[Any, list[list[Term]]] = defaultdict(list)
        keys = [key for key in buckets if key[0] == "matmul"]
        alike = Counter([(name, kind, biases) for _, name, kind, _, biases in keys])
        for key in [key for key in keys if alike[key[1], key[2], key[4]] > 1]:
            _, name, kind, _, biases = key
            rows = {term: self._coefficients(term) for term in buckets[key]}
            bucket = sorted(rows, key=rows.__getitem__)
            if len(bucket) > 1 or len(rows[bucket[0]]) > 2:
                same[name, kind, biases, *[rows[term] for term in bucket]].append(bucket)
        for content, found in same.items():
            if len(found) > 1:
                for bucket in found:
                    del buckets[self._key(bucket[0])]
                found.sort(key=lambda bucket: [self._place(x) for x in self._factors(bucket[0])])
                flat = [term for copies in zip(*found) for term in copies]
                buckets["products", len(found), *content] = flat

    def _coefficients(self, term: Term) -> tuple[Any, ...]:
        """Return what the coefficients of a sum are, to be compared."""
        coefficients = [a for a, _ in self._sums[term].pairs]
        return tuple(
            [(*self._place(a), "" if a in self.position else repr(a)) for a in coefficients]
        )

    def _factors(self, term: Term) -> list[Any]:
        return [b for _, b in self._sums[term].pairs]

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
        rest: dict[Any, list[Term]] = defaultdict(list)
        for key in [key for key in buckets if key[0] in (INNER, TOTAL)]:
            head, copies, *_ = key
            if head == INNER and self._is_grid(buckets[key]):
                buckets["outer", *key] = buckets.pop(key)
            elif head == INNER or copies > 1:
                rest[head, copies] += buckets.pop(key)
        buckets.update(rest)

    def _is_grid(self, bucket: Sequence[Term]) -> bool:
        sides = zip(*[self._sides[term] for term in bucket])
        lefts, rights = [{tuple(map(self._place, x)) for x in {*side}} for side in sides]
        return len(bucket) == len(lefts) * len(rights) > 1

    def _content(self, term: Term) -> Any:
        """Return what a term computes, the same for terms that compute the same."""
        inputs = self._inputs(term)
        return (*[self.position.get(x, x) if isinstance(x, Term) else repr(x) for x in inputs],)

    def _sort(self, term: Term) -> None:
        """Put the pairs of a sum in the order of the arrays, the coefficient first."""
        place = self._places
        if term in self._sums:
            pairs, singles = self._sums[term]
            pairs = [(b, a) if place[b] < place[a] else (a, b) for a, b in pairs]
            pairs.sort(key=lambda pair: (place[pair[1]], place[pair[0]]))
            self._sums[term] = Summands(pairs, sorted(singles, key=self._place))

    def _sorted(self, term: Term) -> tuple[tuple[Any, ...], ...]:
        """Return the factors of what is added up over the samples, in the order of the arrays."""
        if term.head == INNER and len(term.operands) == 2:  # most of them, of the weights
            a, b = term.operands
            return (a,), (b,)
        products = [*zip(*[iter(term.operands)] * (2 if term.head == INNER else 1))]
        return tuple(zip(*sorted(products, key=lambda x: [*map(self._place, x)])))

    def _sort_rows(self, bucket: list[Term]) -> None:
        """Put terms in the order of units and parameters, else of what they are computed from."""
        unit = {x: (x.name.unit if x.name else 0, self.parameter.get(x, 0)) for x in bucket}
        if len({*unit.values()}) == len(unit):
            bucket.sort(key=unit.__getitem__)
        else:
            bucket.sort(key=lambda x: (unit[x], [*map(self._place, self._inputs(x))], x.index))

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
        if term.head == CHOSEN:
            return (CHOSEN, *[x.index for x in term.operands[:-2:2]], term.operands[-1])
        if term.head is op.pick:
            return ("pick", name, len(term.operands), kind(term.operands[0]))
        head = id(term.head) if not isinstance(term.head, str) else term.head
        return ("op", name, head, tuple(map(kind, term.operands)))

    def _array(self, what: str, bucket: list[Term]) -> Array:
        found = getattr(self, f"_{what}")(bucket)
        found.name = _name(bucket)
        return self._add(found)

    # Each kind of statement has a method that makes it of the terms in its rows.

    def _op(self, bucket: list[Term]) -> Array:
        operands = _columns([term.operands for term in bucket])
        return Elementwise(members=bucket, head=bucket[0].head, operands=operands)

    def _pick(self, bucket: list[Term]) -> Array:
        tables = [[*term.operands[:-1]] for term in bucket]
        return Pick(members=bucket, tables=tables, index=[term.operands[-1] for term in bucket])

    def _scatter(self, bucket: list[Term]) -> None:
        """Add the sums of rows, each in one or more uses, by the index of each use."""
        *uses, _, count = bucket[0].operands
        columns = sorted(
            {term.operands[1:-2:2] for term in bucket}, key=lambda xs: [*map(self._place, xs)]
        )
        operands = [x for xs in columns for x in xs]
        array = Scatter(members=bucket, count=count, index=uses[::2], operands=operands)
        at = {xs: column for column, xs in enumerate(columns)}
        for term in bucket:
            row = term.operands[-2] * len(columns) + at[term.operands[1:-2:2]]
            self.position[term] = (array, row)
        self._add(array)

    def _inner(self, bucket: list[Term]) -> Array:
        lefts, rights = ([*chain(*side)] for side in zip(*[self._sides[term] for term in bucket]))
        return Inner(members=bucket, lefts=lefts, rights=rights, copies=len(lefts) // len(bucket))

    def _total(self, bucket: list[Term]) -> Array:
        operands = [x for term in bucket for x in self._sides[term][0]]
        return Total(members=bucket, operands=operands, copies=len(operands) // len(bucket))

    def _matmul(self, bucket: list[Term]) -> Array:
        sums = [self._sums[term] for term in bucket]
        return MatMul(
            members=bucket,
            coefficients=[[a for a, _ in one.pairs] for one in sums],
            inputs=[b for _, b in sums[0].pairs],
            bias=[one.singles[0] for one in sums] if sums[0].singles else None,
        )

    def _copied(self, bucket: list[Term], copies: int) -> Array:
        """Return a matrix product with several columns of inputs."""
        factors = [self._factors(term) for term in bucket[:copies]]
        sums = [self._sums[term] for term in bucket]
        return self._add(
            MatMul(
                members=bucket,
                name=_name(bucket),
                coefficients=[[a for a, _ in one.pairs] for one in sums[::copies]],
                inputs=[x for row in zip(*factors) for x in row],
                bias=[one.singles[0] for one in sums] if sums[0].singles else None,
                copies=copies,
            )
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
        sides = [self._sides[term] for term in bucket]
        place = {side: tuple(map(self._place, side)) for side in {*chain(*sides)}}
        at = {(place[right], place[left]): term for (left, right), term in zip(sides, bucket)}
        rows, columns = (sorted({*side}) for side in zip(*at))
        members = [at[i, j] for i in rows for j in columns]
        slots = [
            [b for i in rows for b in self._sides[at[i, columns[0]]][1]],
            [a for j in columns for a in self._sides[at[rows[0], j]][0]],
        ]
        if len(rows) > 1 and len(columns) > 1:
            beside, below = at[rows[0], columns[1]], at[rows[1], columns[0]]
            if self.parameter.get(beside, 0) > self.parameter.get(below, 0):  # stored by columns
                members = [at[i, j] for j in columns for i in rows]
                slots.reverse()
        copies = len(rows[0])
        return self._add(Outer(members=members, lefts=slots[0], rights=slots[1], copies=copies))


def _name(bucket: Sequence[Term]) -> Name | None:
    """Return what terms are called together."""
    name = bucket[0].name
    is_one_time = len({term.name.time for term in bucket if term.name is not None}) == 1
    return name if is_one_time or name is None else name._replace(time=0)


def _columns(rows: Sequence[Sequence[Any]]) -> list[Slot]:
    return [list(slot) for slot in zip(*rows)]


def _segments(parts: Sequence[Sequence[Any]]) -> tuple[list[Any], list[int], list[int]]:
    """Return parts one behind the other, and where each begins and ends."""
    ends = [*accumulate(map(len, parts))]
    return [x for part in parts for x in part], [0, *ends[:-1]], ends
