"""Sums and chains of maxima, which are deep in a graph, as lists of what they put together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from autograd import operations as op

from .terms import INNER, TOTAL, Term, is_batch

SHORT: Final = 4  # sums of up to so many terms are written out
FEW: Final = 32  # so many terms, as of a softmax of letters, are added up again for each sum
KINDS: Final = ("number", "scalar", "single", "batch")  # the last two are arrays
RANKS: Final = {kind: rank for rank, kind in enumerate(KINDS)}
EXTREMES: Final = (op.maximum, op.minimum)
_index: Final = attrgetter("index")


class Summands(NamedTuple):
    """Σ a·b over pairs, plus single terms."""

    pairs: list[tuple[Any, Any]]
    singles: list[Any]

    @property
    def size(self) -> int:
        return len(self.pairs) + len(self.singles)


class Collected:
    """The terms that the roots are computed from, after their sums have been collected.

    Attributes
    ----------
    sums : dict of Term to Summands
    chains : dict of Term to list
        max(max(a, b), c) by its operands, if chains are wanted.
    needs : dict of Term to list of Term
        The operands of what is computed.
    terms : list of Term
        What is still needed, operands first, but for the ends.
    ends : list of Term
        Sums over the samples that are wanted, and nothing is computed from: there may be one for
        each parameter.
    """

    def __init__(self, roots: list[Term], inputs: Container[Any], has_chains: bool) -> None:
        self.sums: dict[Term, Summands] = {}
        self.chains: dict[Term, list[Any]] = {}
        self.needs: dict[Term, list[Term]] = {}
        self._plain: dict[Term, bool] = {}
        ends = dict.fromkeys([x for x in roots if x.head in (INNER, TOTAL)])
        below = [x for end in ends for x in end.operands]
        starts = [*[x for x in roots if x not in ends], *below]
        reachable = _reachable(starts)
        known = set(reachable)
        self.ends = [x for x in ends if x not in known]
        uses: Counter[Term] = Counter(starts)
        uses.update([x for term in reachable for x in term.operands if isinstance(x, Term)])
        needed = set(starts)
        for last in reversed(reachable):  # before their operands
            if last not in needed:
                continue
            if last.head in inputs:
                self.needs[last] = []
                continue
            if _is_sum(last):
                self._collect(last, uses)
            elif last.head in EXTREMES and has_chains:
                self._collect_chain(last, uses)
            waiting = [last]
            for term in waiting:  # with the parts of a sum that were split off
                self.needs[term] = needs = self._operands(term)
                if not needed.issuperset(needs):
                    waiting += [x for x in needs if x not in needed and x not in known]
                    needed.update(needs)
        self.terms = sorted(needed, key=_index)

    def _collect(self, root: Term, uses: Counter[Term]) -> None:
        """Write a sum down as pairs and single terms."""
        pairs: list[tuple[Any, Any]] = []
        singles: list[Any] = []
        waiting: list[Any] = [root]
        while waiting:
            term = waiting.pop()
            is_inside = isinstance(term, Term) and uses[term] == 1 and term.name is None
            if term is not root and not is_inside and not self._is_plain(term):
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
        repeated = Counter(singles) if len({*singles}) < len(singles) else {}
        for term, count in repeated.items():
            if isinstance(term, Term) and term.head is op.mul and uses[term] == count > 1:
                if term.name is None:  # used nowhere else
                    pairs += [term.operands] * count
                    singles = [x for x in singles if x is not term]
        pairs, singles = _counted(pairs, singles)
        if len(pairs) + len(singles) > SHORT:
            pairs, singles = self._split(root, pairs, singles)
        self.sums[root] = Summands(pairs, singles)

    def _is_plain(self, term: Any) -> bool:
        """Return whether a term adds up a few results of one operation, quickly added up again.

        So the sums of a softmax, and of all its parts but one, are all made in the same way.
        """
        if not isinstance(term, Term) or term.head is not op.add or term.name is not None:
            return False
        if term not in self._plain:
            summands: list[Any] = []
            waiting: list[Any] = [term]
            while waiting and len(summands) <= FEW:
                x = waiting.pop()
                is_sum = isinstance(x, Term) and x.head is op.add and x.name is None
                if is_sum:
                    waiting += x.operands
                else:
                    summands.append(x)
            heads = {x.head if is_batch(x) else None for x in summands}
            are_sums = heads & {None, "X", "T", op.mul, op.dot, op.neg, op.sum}
            self._plain[term] = len(summands) <= FEW and len(heads) == 1 and not are_sums
        return self._plain[term]

    def _split(
        self, root: Term, pairs: list[tuple[Any, Any]], singles: list[Any]
    ) -> tuple[list[tuple[Any, Any]], list[Any]]:
        """Make terms of their own of the parts of a long sum that are of one kind."""
        kinds: dict[Any, Summands] = defaultdict(lambda: Summands([], []))
        for a, b in pairs:
            first, second = kind(a), kind(b)
            if RANKS[first] > RANKS[second]:
                a, b, first, second = b, a, second, first
            kinds[first, second].pairs.append((a, b))
        for x in singles:
            kinds["", kind(x)].singles.append(x)
        weighted, biases = kinds["single", "batch"], kinds["", "single"].singles
        if len(weighted.pairs) > 2 and len(biases) == 1:
            weighted.singles.append(biases.pop())
        if len([part for part in kinds.values() if part.size]) == 1:
            return pairs, singles
        pairs, singles = [], []
        for both, part in kinds.items():
            if part.size > 2:
                term = type(root)("part", root, *both)
                term.is_array, term.is_batch = both[1] in KINDS[2:], both[1] == "batch"
                self.sums[term] = part
                part = Summands([], [term])
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
        kinds = {kind(x) for x in operands}
        if len(operands) > 2 and kinds in ({"single"}, {"batch"}):
            self.chains[root] = operands

    def inputs(self, term: Term) -> Sequence[Any]:
        """Return what a term is computed from: the parts of a sum, or its operands."""
        if term in self.sums:
            pairs, singles = self.sums[term]
            return [*singles, *[x for pair in pairs for x in pair]]
        return self.chains.get(term, term.operands)

    def _operands(self, term: Term) -> list[Term]:
        return list(dict.fromkeys([x for x in self.inputs(term) if isinstance(x, Term)]))


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
    if len({*pairs}) < len(pairs):
        pairs = [
            (a, b) if count == 1 else (a, count * b) if kind(b) not in KINDS[2:] else (count * a, b)
            for (a, b), count in Counter(pairs).items()
        ]
    if len({*singles}) < len(singles):
        terms = Counter(singles)
        pairs = pairs + [(float(count), x) for x, count in terms.items() if count > 1]
        singles = [x for x, count in terms.items() if count == 1]
    return pairs, singles


def kind(x: Any) -> str:
    """Return which of `KINDS` a term is; "single" has one column and "batch" one per sample."""
    if not isinstance(x, Term):
        return "number"
    if not x.is_array:
        return "scalar"
    return "batch" if x.is_batch else "single"
