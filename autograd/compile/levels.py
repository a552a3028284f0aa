"""At which depth terms are computed: those of one role together, so that they are one array."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from .collected import Collected, Summands
from .terms import Term, is_batch

MOST_ROLES: Final = 500  # which of them need one another takes the square of their number
_index: Final = attrgetter("index")
Needs = Mapping[Term, Sequence[Term]]


def levels(found: Collected) -> list[list[Term]]:
    """Return terms by their depth; what nothing else needs can wait until the end."""
    depths = _levelled(_depths(found.terms, found.needs), found)
    below = {x for end in found.ends for x in end.operands}
    used = below.union(*found.needs.values())
    last = max([*depths.values(), *[depths[x] + 1 for x in below]], default=0)
    terms: dict[int, list[Term]] = defaultdict(list)
    for term, depth in reversed(depths.items()):
        terms[depth if term in used or not depth else last].append(term)
    if found.ends:
        terms[last] = sorted([*terms[last], *found.ends], key=_index, reverse=True)
    return [terms[depth] for depth in sorted(terms)]


def _depths(terms: Sequence[Term], needs: Needs) -> dict[Term, int]:
    """Return for each term how long the longest way to it from the inputs is."""
    depth: dict[Term, int] = {}
    waiting = [*reversed(terms)]  # most of them after their operands
    while waiting:
        term = waiting.pop()
        try:
            depth[term] = 1 + max([depth[x] for x in needs[term]]) if needs[term] else 0
        except KeyError:
            waiting += [term, *[x for x in needs[term] if x not in depth]]
    return depth


def _levelled(depth: dict[Term, int], found: Collected) -> dict[Term, int]:
    """Bring all terms of one role to the depth of the deepest."""
    order = sorted(depth, key=depth.__getitem__)
    members = _roles([term for term in order if depth[term]], found.sums)
    if all(len({depth[term] for term in terms}) == 1 for terms in members):
        return depth
    role = _without_cycles(order, members, found.needs)
    users: dict[Term, list[Term]] = {term: [] for term in order}
    missing = {}  # operands that have no depth yet
    for term in order:
        missing[term] = len(found.needs[term])
        for x in found.needs[term]:
            users[x].append(term)
    own = dict.fromkeys(order, 0)
    absent = [len(terms) for terms in members]
    ready = [term for term in order if not missing[term]]
    for term in ready:
        done = [term]
        if term in role:
            absent[role[term]] -= 1
            done = [] if absent[role[term]] else members[role[term]]
            deepest = max([own[x] for x in done], default=0)
            own.update(dict.fromkeys(done, deepest))
        for x in done:
            least = own[x] + 1
            for user in users[x]:
                if own[user] < least:
                    own[user] = least
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)
    return {term: own[term] for term in depth}


def _roles(terms: Iterable[Term], sums: Mapping[Term, Summands]) -> list[list[Term]]:
    """Return terms that play one role at several places: the roles' members.

    A role is the quantity of a network by its name, or the sum with the same weights, as that of
    a kernel at all positions and of a matrix for all tokens. Weights that are used with the same
    inputs everywhere, the rows of a matrix, share theirs.
    """
    named: dict[Any, list[Term]] = defaultdict(list)
    weighted: dict[Any, list[tuple[Term, Any]]] = defaultdict(list)
    for term in terms:
        if term.name is not None:
            named[term.name[:2]].append(term)
        elif term in sums and len(sums[term].pairs) > 2:
            pairs = [(b, a) if is_batch(a) else (a, b) for a, b in sums[term].pairs]
            if all(isinstance(a, Term) and not a.is_batch and is_batch(b) for a, b in pairs):
                weights, inputs = (frozenset(map(id, side)) for side in zip(*pairs))
                weighted[weights].append((term, inputs))
    for uses in weighted.values():
        named[frozenset([inputs for _, inputs in uses])] += [term for term, _ in uses]
    return [terms for terms in named.values() if len(terms) > 1][:MOST_ROLES]


def _without_cycles(
    order: Sequence[Term], members: Sequence[Sequence[Term]], needs: Needs
) -> dict[Term, int]:
    """Return the roles of terms, but for those that need themselves, as in recurrent networks.

    They may do so by way of others, whose members then are all needed.
    """
    role = {term: i for i, terms in enumerate(members) for term in terms}
    below = [0] * len(members)  # for each role the roles it needs, as bits
    bits: dict[Term, int] = {}
    for term in order:
        mask = 0
        for x in needs[term]:
            mask |= bits[x]
        if term in role:
            below[role[term]] |= mask
            mask |= 1 << role[term]
        bits[term] = mask
    for k in range(len(below)):
        below = [mask | below[k] if mask >> k & 1 else mask for mask in below]
    return {term: i for term, i in role.items() if not below[i] >> i & 1}
