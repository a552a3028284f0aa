"""Sums of terms over the samples of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from autograd import operations as op

from .terms import INNER, TOTAL, Term, is_batch

Pairs = Sequence[tuple[Any, Any]]  # whose products are added up


class Totals:
    """Sums of terms over the samples, of which each is made once.

    A sum is linear: that of a + b is made of two, and a factor that is the same for all samples
    stays outside. So terms that share a part share its sum. A product is not computed only to be
    added up, but what is computed anyway is added up as it is.

    Parameters
    ----------
    cls : type of Term
    wanted : sequence of pairs of terms
        What products are going to be added up.
    """

    def __init__(self, cls: type[Term], wanted: Iterable[Pairs]) -> None:
        self._cls = cls
        self._known: dict[Term, Any] = {}
        linear = op.add, op.neg
        terms = [x for x in cls.known.values() if x.__class__ is cls and x.head not in linear]
        self._computed = {x for term in terms for x in term.operands if x.__class__ is cls}
        for a, b in chain(*wanted):
            if is_batch(a) and is_batch(b):
                self._computed.update((a, b))

    def of_products(self, pairs: Pairs) -> Any:
        """Return Σ a·b over samples and pairs: one inner product, one total, and the rest."""
        if len(pairs) == 1:
            return self.of_product(*pairs[0])
        found: dict[str, list[Any]] = {INNER: [], TOTAL: []}
        result: Any = None
        for a, b in pairs:
            if is_batch(a) and is_batch(b):
                found[INNER] += (a, b)
                continue
            part = self.of_product(a, b)
            if isinstance(part, Term) and part.head in found:
                found[str(part.head)] += part.operands
            else:
                result = part if result is None else result + part
        for head, operands in found.items():
            if operands:
                part = self._cls.make(head, *operands)
                result = part if result is None else result + part
        return result

    def of_product(self, a: Any, b: Any) -> Any:
        """Return Σ a·b over the samples."""
        if is_batch(a) and is_batch(b):
            return self._cls.make(INNER, a, b)
        factor, total = (a, self.of(b)) if is_batch(b) else (b, self.of(a))
        if not (isinstance(factor, Term) and factor.is_array):
            if isinstance(total, Term) and total.head is op.mul:
                inner, x = total.operands
                if not (isinstance(inner, Term) and inner.is_array):
                    return (factor * inner) * x  # numbers are multiplied first
        return factor * total

    def of(self, term: Any) -> Any:
        """Return Σ term, without recursion."""
        if not is_batch(term):
            return self.whole(term)
        waiting = [term]
        while term not in self._known:
            missing = [x for x in self._parts(waiting[-1]) if x not in self._known]
            waiting += reversed(missing)
            if not missing:
                last = waiting.pop()
                self._known[last] = self._made(last)
        return self._known[term]

    def whole(self, term: Any) -> Any:
        """Return Σ term, not as a sum of others."""
        return self._cls.make(TOTAL, term) if is_batch(term) else self._cls.make("n") * term

    def _made(self, term: Term) -> Any:
        """Return the sum of a term whose parts have theirs."""
        if self._is_whole(term):
            return self.whole(term)
        if term.head is op.mul:
            return self.of_product(*term.operands)
        if term.head is op.neg:
            return self.of_product(-1.0, *term.operands)
        a, b = term.operands
        return self.of(a) + self.of(b)

    def _is_whole(self, term: Term) -> bool:
        """Return whether a term is added up as it is."""
        is_linear = term.head in (op.add, op.neg, op.mul)
        return not is_linear or term.name is not None or term in self._computed

    def _parts(self, term: Term) -> list[Term]:
        """Return the terms whose sums over the samples make up that of a term."""
        batch = [x for x in term.operands if is_batch(x)]
        is_product = term.head is op.mul and len(batch) == 2
        return [] if self._is_whole(term) or is_product else batch
