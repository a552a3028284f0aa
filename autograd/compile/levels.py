"""At which depth terms are computed: those of one name together, if they can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from .terms import Term

Needs = dict[Term, list[Term]]


def levels(terms: Sequence[Term], needs: Needs) -> list[list[Term]]:
    """Return terms by their depth; what nothing else needs can wait until the end."""
    depths = _levelled(_depths(terms, needs), needs)
    used = {x for operands in needs.values() for x in operands}
    last = max(depths.values(), default=0)
    found: dict[int, list[Term]] = defaultdict(list)
    for term, depth in reversed(depths.items()):
        found[depth if term in used or not depth else last].append(term)
    return [found[depth] for depth in sorted(found)]


def _depths(terms: Sequence[Term], needs: Needs) -> dict[Term, int]:
    """Return for each term how long the longest way to it from the inputs is."""
    depth: dict[Term, int] = {}
    waiting = [*reversed(terms)]  # most of them after their operands
    while waiting:
        term = waiting.pop()
        try:
            depth[term] = 1 + max([depth[x] for x in needs[term]], default=-1)
        except KeyError:
            waiting += [term, *[x for x in needs[term] if x not in depth]]
    return depth


def _levelled(depth: dict[Term, int], needs: Needs) -> dict[Term, int]:
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
            own = 1 + max([level[x] for x in needs[term]], default=-1)
            level[term] = max(own, deepest.get(name, 0)) if name and own else own
            if name:
                deepest[name] = max(level[term], deepest.get(name, 0))
        if deepest == before:
            return level
    return depth
