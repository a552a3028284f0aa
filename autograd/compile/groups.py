"""Find the arrays in a heap of scalars: the same operation at the same depth is one array.

Rows are scalars and columns are samples. Sums of products that share their factors are matrix
products, and sums over the samples of products of two arrays are outer products summed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, NamedTuple

from autograd import operations as op

from .terms import CHOSEN, INNER, TOTAL, Name, Term, is_batch

SHORT: Final = 4  # sums of up to so many terms are written out
LONE: Final = 8  # so many matrix products of a single row at one depth are not written as such
KINDS: Final = ("number", "scalar", "single", "batch")  # the last two are arrays
EXTREMES: Final = (op.maximum, op.minimum)
SCALARS: Final = ("s", "r", "n")  # weights of the errors and of the penalty, number of samples
_index: Final = attrgetter("index")


class Sum(NamedTuple):
    """Σ a·b over pairs, plus single terms."""

    pairs: list[tuple[Any, Any]]
    singles: list[Any]


@dataclass(eq=False)
class Array:
    """One statement of the program: what is computed at once.

    Kinds are "input": X, T or the parameters; "op": an operation on each row; "sum": a short sum
    of products; "segments": long sums of different lengths; "extreme": the largest or the smallest
    of several; "pick": what data choose in each row; "matmul": coefficients · inputs (+ bias);
    "outer": rows · columnsᵀ, a matrix; "inner": the same, row by row; "scatter": sums of rows by an
    index, in a matrix with a row for each number of it; "total".
    """

    kind: str
    rows: int  # number of scalars
    is_batch: bool
    head: Any = None
    number: int = 0
    slots: list[list[Any]] = field(default_factory=list)  # operands, an entry for every row
    name: Name | None = None
    shape: tuple[int, int] | None = None  # of a matrix, whose rows follow one another
    starts: list[int] = field(default_factory=list)  # of the segments
    pairs: int = 0  # of a sum; its other slots are single terms
    members: list[Any] = field(default_factory=list)


class Groups:
    """The arrays of a program in an order in which they can be computed."""

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
            letter: self._add(Array("input", size, letter != "p", letter))
            for letter, size in sizes.items()
        }
        self._sums: dict[Term, Sum] = {}
        self._chains: dict[Term, list[Any]] = {}  # max(max(a, b), c) by its operands
        self._needs: dict[Term, list[Term]] = {}  # the operands of what is computed
        wanted = [x for x in (*losses, *outputs, *slopes) if isinstance(x, Term)]
        needed = self._normalised(wanted)
        self.parameter = self._parameters(slopes)
        levels: dict[int, list[Term]] = defaultdict(list)
        depths = self._level(self._depths(needed))
        used = {x for operands in self._needs.values() for x in operands}
        last = max(depths.values(), default=0)
        for term, depth in reversed(depths.items()):  # what nothing else needs can wait
            levels[depth if term in used or not depth else last].append(term)
        for depth in sorted(levels):
            self._group(levels[depth])

    # -- sums ------------------------------------------------------------------------------

    def _normalised(self, roots: list[Term]) -> list[Term]:
        """Collect sums, and return the terms that are still needed."""
        reachable = _reachable(roots)
        uses: Counter[Term] = Counter(roots)
        uses.update([x for term in reachable for x in term.operands if isinstance(x, Term)])
        known = set(reachable)
        needed = set(roots)
        for last in reversed(reachable):  # before their operands
            if last not in needed:
                continue
            if last.head in self.inputs:
                self._needs[last] = []
                continue
            if _is_sum(last):
                self._collect(last, uses)
            elif last.head in EXTREMES:
                self._collect_chain(last, uses)
            waiting = [last]
            for term in waiting:  # with the parts of a sum that were split off
                self._needs[term] = needs = self._operands(term)
                if not needed.issuperset(needs):
                    waiting += [x for x in needs if x not in needed and x not in known]
                    needed.update(needs)
        return sorted(needed, key=_index)

    def _collect(self, root: Term, uses: Counter[Term]) -> None:
        """Write a sum down as pairs and single terms."""
        pairs: list[tuple[Any, Any]] = []
        singles: list[Any] = []
        waiting: list[Any] = [root]
        while waiting:
            term = waiting.pop()
            is_inside = isinstance(term, Term) and uses[term] == 1 and term.name is None
            if term is not root and not is_inside:
                singles.append(term)
            elif term.head in (op.add, op.sum):
                waiting += reversed(term.operands)
            elif term.head is op.dot:
                w, x, b = op.dot.grouped(term.operands)
                pairs += zip(w, x)
                singles += b
            elif term.head is op.mul:
                pairs.append(term.operands)
            elif term.head is op.neg:
                pairs.append((-1.0, term.operands[0]))
            else:
                singles.append(term)
        for term, count in Counter(singles).items():
            if isinstance(term, Term) and term.head is op.mul and uses[term] == count > 1:
                if term.name is None:  # used nowhere else
                    pairs += [term.operands] * count
                    singles = [x for x in singles if x is not term]
        pairs, singles = _counted(pairs, singles)
        if len(pairs) + len(singles) > SHORT:
            pairs, singles = self._split(root, pairs, singles)
        self._sums[root] = Sum(pairs, singles)

    def _split(
        self, root: Term, pairs: list[tuple[Any, Any]], singles: list[Any]
    ) -> tuple[list[tuple[Any, Any]], list[Any]]:
        """Make terms of their own of the parts of a long sum that are of one kind."""
        kinds: dict[Any, Sum] = defaultdict(lambda: Sum([], []))
        for a, b in pairs:
            a, b = (b, a) if KINDS.index(_kind(a)) > KINDS.index(_kind(b)) else (a, b)
            kinds[_kind(a), _kind(b)].pairs.append((a, b))
        for x in singles:
            kinds["", _kind(x)].singles.append(x)
        weighted, biases = kinds["single", "batch"], kinds["", "single"].singles
        if len(weighted.pairs) > 2 and len(biases) == 1:
            weighted.singles.append(biases.pop())
        if len([part for part in kinds.values() if _count(part)]) == 1:
            return pairs, singles
        pairs, singles = [], []
        for kind, part in kinds.items():
            if _count(part) > 2:
                term = root.make("part", root, *kind)
                term.is_array, term.is_batch = kind[1] in KINDS[2:], kind[1] == "batch"
                self._sums[term] = part
                part = Sum([], [term])
            pairs += part.pairs
            singles += part.singles
        return pairs, singles

    def _collect_chain(self, root: Term, uses: Counter[Term]) -> None:
        operands: list[Any] = []
        waiting: list[Any] = [root]
        while waiting:
            term = waiting.pop()
            is_link = isinstance(term, Term) and term.head is root.head and term.name is None
            if term is root or (is_link and uses[term] == 1):
                waiting += reversed(term.operands)
            else:
                operands.append(term)
        kinds = {_kind(x) for x in operands}
        if len(operands) > 2 and kinds in ({"single"}, {"batch"}):
            self._chains[root] = operands

    def _inputs(self, term: Term) -> Sequence[Any]:
        """Return what a term is computed from: the parts of a sum, or its operands."""
        if term in self._sums:
            pairs, singles = self._sums[term]
            return [*singles, *[x for pair in pairs for x in pair]]
        return self._chains.get(term, term.operands)

    def _operands(self, term: Term) -> list[Term]:
        return list(dict.fromkeys([x for x in self._inputs(term) if isinstance(x, Term)]))

    def _depths(self, needed: list[Term]) -> dict[Term, int]:
        """Return for each term how long the longest way to it from the inputs is."""
        depth: dict[Term, int] = {}
        waiting = needed[::-1]  # most of them after their operands
        while waiting:
            term = waiting.pop()
            try:
                depth[term] = 1 + max([depth[x] for x in self._needs[term]], default=-1)
            except KeyError:
                waiting += [term, *[x for x in self._needs[term] if x not in depth]]
        return depth

    def _parameters(self, slopes: Sequence[Any]) -> dict[Term, int]:
        """Return the first parameter whose derivative a term is, or is a single term of."""
        parameter: dict[Term, int] = {}
        for i, slope in enumerate(slopes):
            for term in (slope, *(self._sums[slope].singles if slope in self._sums else ())):
                if isinstance(term, Term) and term.head not in SCALARS:
                    parameter.setdefault(term, i)
        return parameter

    def _level(self, depth: dict[Term, int]) -> dict[Term, int]:
        """Bring all terms of one name to the same depth, unless they depend on one another."""
        named: dict[Any, set[int]] = defaultdict(set)
        for term, own in depth.items():
            if term.name is not None:
                named[term.name[:2]].add(own)
        if all(len(depths) == 1 for depths in named.values()):
            return depth
        order = sorted(depth, key=depth.__getitem__)
        deepest: dict[Any, int] = {}
        for _ in range(20):
            before = dict(deepest)
            level: dict[Term, int] = {}
            for term in order:
                name = term.name and term.name[:2]
                own = 1 + max([level[x] for x in self._needs[term]], default=-1)
                level[term] = max(own, deepest.get(name, 0)) if name and own else own
                if name:
                    deepest[name] = max(level[term], deepest.get(name, 0))
            if deepest == before:
                return level
        return depth

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
            kind = key[0]
            if kind == "outer":
                array = self._outer(bucket)
                self.position.update({x: (array, i) for i, x in enumerate(array.members)})
                continue
            if kind == CHOSEN:
                self._scatter(bucket)
                continue
            bucket.sort(key=self._order)
            if kind == "sum" and len(bucket) == 1 and len({*key[2], *key[3]}) == 1:
                kind = "segments" if _count(self._sums[bucket[0]]) > 2 else kind
            equal: dict[Any, list[Term]] = defaultdict(list)
            for term in bucket:
                equal[self._content(term)].append(term)
            array = self._array(kind, [same[0] for same in equal.values()])
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
            self._sums[term] = Sum(pairs, sorted(singles, key=self._place))

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
            signature = [(_kind(a), _kind(b)) for a, b in pairs]
            is_linear = all(a != "batch" and b == "batch" for a, b in signature) and pairs
            bias = [_kind(x) for x in singles]
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
        if term.head == CHOSEN:
            return (CHOSEN, *[x.index for x in term.operands[:-2:2]], term.operands[-1])
        if term.head is op.pick:
            return ("pick", name, len(term.operands), is_batch(term.operands[0]))
        head = id(term.head) if not isinstance(term.head, str) else term.head
        return ("op", name, head, tuple(map(_kind, term.operands)))

    def _array(self, kind: str, bucket: list[Term]) -> Array:
        first, name = bucket[0], bucket[0].name
        if len({term.name.time for term in bucket if term.name is not None}) > 1:
            name = name and name._replace(time=0)
        array = Array(kind, len(bucket), first.is_batch, first.head, name=name, members=bucket)
        if kind in ("op", "pick", INNER, TOTAL):
            array.slots = [list(slot) for slot in zip(*[term.operands for term in bucket])]
        elif kind == "matmul":
            sums = [self._sums[term] for term in bucket]
            array.slots = [[b for _, b in sums[0].pairs], *[[a for a, _ in s.pairs] for s in sums]]
            if sums[0].singles:
                array.slots.append([s.singles[0] for s in sums])
        elif kind == "extreme":
            array.slots = [[x for term in bucket for x in self._chains[term]]]
        elif kind == "sum":
            sums = [self._sums[term] for term in bucket]
            array.pairs = len(sums[0].pairs)
            rows = [[*[x for pair in s.pairs for x in pair], *s.singles] for s in sums]
            array.slots = [list(slot) for slot in zip(*rows)]
        else:
            array.slots = [[], []]
            for term in bucket:
                pairs, singles = self._sums[term]
                array.starts.append(len(array.slots[0]))
                array.slots[0] += [*[a for a, _ in pairs], *[1.0] * len(singles)]
                array.slots[1] += [*[b for _, b in pairs], *singles]
        return self._add(array)

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
        array = Array("outer", len(bucket), False, INNER)
        array.shape = (len(rows), len(columns))
        array.members = [at[i, j] for i in rows for j in columns]
        array.slots = [[rights[i] for i in rows], [lefts[j] for j in columns]]
        if len(rows) > 1 and len(columns) > 1:
            beside, below = at[rows[0], columns[1]], at[rows[1], columns[0]]
            if self.parameter.get(beside, 0) > self.parameter.get(below, 0):  # stored by columns
                array.shape = (len(columns), len(rows))
                array.members = [at[i, j] for j in columns for i in rows]
                array.slots.reverse()
        return self._add(array)

    def _scatter(self, bucket: list[Term]) -> None:
        """Add the sums of rows, each in one or more uses, by the index of each use."""
        *first, _, count = bucket[0].operands
        rows = {term.operands[1:-2:2] for term in bucket}
        columns = sorted(rows, key=lambda uses: [*map(self._place, uses)])
        array = Array("scatter", count * len(columns), False, CHOSEN, members=bucket)
        array.shape = (count, len(columns))
        array.slots = [first[::2], [x for uses in columns for x in uses]]
        at = {uses: column for column, uses in enumerate(columns)}
        for term in bucket:
            row = term.operands[-2] * len(columns) + at[term.operands[1:-2:2]]
            self.position[term] = (array, row)
        self._add(array)


def _reachable(roots: Sequence[Term]) -> list[Term]:
    """Return the terms below the roots, operands first."""
    seen = set(roots)
    waiting = list(seen)
    while waiting:
        for operand in waiting.pop().operands:
            if isinstance(operand, Term) and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return sorted(seen, key=_index)


def _is_sum(term: Term) -> bool:
    if term.head in (op.add, op.sum, op.dot):
        return True
    if term.head is not op.mul or not term.is_batch:
        return False
    a, b = term.operands  # a weight times something: a matrix product with one column
    is_weight = any(isinstance(x, Term) and x.head == "p" for x in (a, b))
    return is_weight and is_batch(a) != is_batch(b)


def _counted(pairs: list[Any], singles: list[Any]) -> tuple[list[Any], list[Any]]:
    """Replace terms that are there several times by a multiple."""
    products = Counter(pairs)
    if len(products) < len(pairs):
        pairs = [
            (a, b)
            if count == 1
            else (a, count * b)
            if _kind(b) not in KINDS[2:]
            else (count * a, b)
            for (a, b), count in products.items()
        ]
    terms = Counter(singles)
    if len(terms) < len(singles):
        pairs = pairs + [(float(count), x) for x, count in terms.items() if count > 1]
        singles = [x for x, count in terms.items() if count == 1]
    return pairs, singles


def _count(found: Sum) -> int:
    return len(found.pairs) + len(found.singles)


def _kind(x: Any) -> str:
    """Return which of `KINDS` a term is; "single" has one column and "batch" one per sample."""
    if not isinstance(x, Term):
        return "number"
    if not x.is_array:
        return "scalar"
    return "batch" if x.is_batch else "single"


def matrix_rows(array: Array) -> Sequence[list[Any]]:
    """Return the coefficients of a matrix product, a list for each row."""
    return array.slots[1 : array.rows + 1]
