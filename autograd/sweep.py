"""The backward pass as it is run: `core.chain_rule` made fast, and guarded against old numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from .blocks import Ending
from .core import MANY, chain_rule, sort
from .cut import check_recorded
from .modes import OVERWRITTEN, clock, current, mode, one_pass
from .quoting import short
from .writing import written


class StaleGraphError(RuntimeError):
    """A number was edited after the graph was computed from it."""


def backward_pass(root: Any, seed: float) -> None:
    """Give all nodes of a graph their gradients; those of leaves add up over passes.

    If anything goes wrong or is interrupted on the way, every gradient is as it was before.

    Raises
    ------
    StaleGraphError
        If a number was edited after it had been used.
    GraphCutError
        If the root was computed while nothing was recorded.
    """
    with one_pass as ending:
        leaves, computed = sort(root)
        check_fresh(leaves, computed)
        before = _fill(ending, [*leaves, *computed], computed, seed)
        for leaf, earlier in zip(leaves, before):
            if leaf._locals is not None:  # frozen
                leaf._grad = earlier
            elif earlier is not None:
                leaf._grad += earlier
        del ending[0]  # from now on they stay


def traceless_pass(
    leaves: Sequence[Any],
    computed: Sequence[Any],
    seed: float = 1.0,
    *,
    as_nodes: bool = False,
    fresh: bool = True,
) -> dict[Any, Any]:
    """Return the gradients of a backward pass, and leave those that the nodes have as they were.

    Parameters
    ----------
    leaves, computed : sequences of Value
        A graph, from `core.sort`.
    seed : float
    as_nodes : bool
        Compute the gradients as nodes, to be differentiated again.
    fresh : bool
        False for a look at a graph with edited numbers; else it is refused.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.core import sort
    >>> x = Value(3.0)
    >>> traceless_pass(*sort(x * x))[x], x.has_grad
    (6.0, False)
    """
    nodes = [*leaves, *computed]
    with one_pass as ending:
        if fresh:
            check_fresh(leaves, computed)
        _fill(ending, nodes, computed, seed, as_nodes)
        return {node: node._grad for node in nodes}


def _fill(
    ending: Ending,
    nodes: Sequence[Any],
    computed: Sequence[Any],
    seed: float,
    as_nodes: bool = False,
) -> list[Any]:
    """Fill the gradients of nodes with those of this pass alone; return what was there before.

    In the end that is put back, first of all, unless it is taken from `ending` again.
    """
    watch = current().watch if clock.special_modes else None
    before = [node._grad for node in nodes]
    ending.insert(0, written("_grad", nodes, before))
    if watch is None:
        _propagate(nodes, computed, seed, as_nodes)
    else:
        with mode(watch=watch.quiet()):  # what a rule computes on the way is nobody's fault
            _propagate(nodes, computed, seed, as_nodes)
        watch.backward(computed)
    return before


def _propagate(nodes: Sequence[Any], computed: Sequence[Any], seed: float, as_nodes: bool) -> None:
    zero = _Nothing() if as_nodes else 0.0
    for node in nodes:
        node._grad = zero
    nodes[-1]._grad = seed
    if as_nodes:
        with mode(variables=current().variables.union(nodes)):  # a rule may turn none into a number
            chain_rule(computed, as_nodes)
    else:
        _sweep(computed)


def _sweep(nodes: Sequence[Any]) -> None:
    """Do what `chain_rule` does, with less to do for nodes of one and of two operands: most."""
    for node in reversed(nodes):
        upstream = node._grad
        row = node.operation
        if upstream == 0.0 and row.finite and isfinite(node._data):
            continue  # as behind a ReLU that is off: 0 · local is 0
        a, b = node._first, node._second
        try:
            if node._locals is not None and row.vectors is not None:
                for operand, local in zip(a if b is MANY else node.operands, node._locals):
                    operand._grad += local * upstream
                continue
            if b is None:
                if row.vectors is None:
                    if a.__class__ is not float:
                        (local,) = row.local(node._data, a._data)
                        if local or not row.selects:
                            a._grad += local * upstream
                    continue
            elif b is MANY or row.vectors is not None:
                pass
            elif b.__class__ is float:
                slopes = row.local(node._data, a._data, b)
                if len(slopes) <= 2:  # a constant may have one, or none
                    if slopes[0] or not row.selects:
                        a._grad += slopes[0] * upstream
                    continue
            elif a.__class__ is float:
                _, local = row.local(node._data, a, b._data)
                if local or not row.selects:
                    b._grad += local * upstream
                continue
            else:
                local_a, local_b = row.local(node._data, a._data, b._data)
                passed_b = local_b * upstream  # before anything is added, which could not be undone
                if local_a or not row.selects:
                    a._grad += local_a * upstream
                if local_b or not row.selects:
                    b._grad += passed_b
                continue
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            pass  # once more, the careful way
        chain_rule([node])


class _Nothing:
    """The empty sum of nodes: nothing + x is x itself, and x · nothing is nothing."""

    ndim = 1  # so that operators of nodes leave it to these

    def __add__(self, other: Any) -> Any:
        return other

    __radd__ = __add__

    def __rmul__(self, other: Any) -> Any:
        return self

    def __float__(self) -> float:
        return 0.0


def edits(leaves: Sequence[Any], computed: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield (edited node, node that was computed from it before).

    The two are the same for a computed node that was overwritten by hand.
    """
    newest = max([leaf._stamp for leaf in leaves], default=0)
    if min([node._stamp for node in computed], default=newest) >= newest:
        return
    for node in computed:
        if node._stamp == OVERWRITTEN:
            yield node, node
        yield from [(parent, node) for parent in node.parents if parent._stamp > node._stamp]


def check_fresh(leaves: Sequence[Any], computed: Sequence[Any]) -> None:
    """Raise StaleGraphError if a number was edited after it had been used.

    Raise GraphCutError if there is no graph, because it was not recorded.
    """
    if not computed:
        check_recorded(leaves[-1])
    for edited, node in edits(leaves, computed):
        if edited is node:
            raise StaleGraphError(
                f"the computed node {short(node)} was overwritten by hand, so its data no longer "
                "follows from its parents; edit leaves instead, then call refresh()"
            )
        kind = "leaf" if edited.operation is None else "node"
        raise StaleGraphError(
            f"the {kind} {short(edited)} was edited after {short(node)} had been computed from it; "
            "call refresh() on the result, or compute it again, before backward()"
        )
