"""Why a topological sort? Backward passes in several orders, side by side on one graph.

Every order applies the same chain rule with the nodes' own local gradients. They differ only in
*when* a node passes its gradient on: the topological order waits until all that flows into the
node has arrived.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from autograd.core import sort
from autograd.cut import check_recorded
from autograd.numbers import close
from autograd.quoting import short
from autograd.value import Value

from .names import Names
from .notation import find_notation
from .tables import SIZE, table, unbroken
from .text import aligned

MOST_STEPS: Final = 10_000  # of one order; recursion takes as many as there are paths
MOST_SHOWN: Final = 12  # rows of a table
MOST_SUMS: Final = 3  # sums of one step that are written down
Edges = dict[Value, list[tuple[Value, float]]]  # of computed nodes, operands first
_close: Final = partial(close, absolute=1e-300)


@dataclass(frozen=True)
class Step:
    """One node passes its gradient on to its parents.

    Attributes
    ----------
    node : str
    gradient : float
        What it passes on, its gradient at that moment.
    is_complete : bool
        Whether that is its gradient at the end of the topological order.
    visit : int
        How often it has done so by then, this time included.
    additions : tuple of (parent, local, running total)
    """

    node: str
    gradient: float
    is_complete: bool
    visit: int
    additions: tuple[tuple[str, float, float], ...]

    @property
    def is_wrong(self) -> bool:
        """Whether the topological order would not have made this step."""
        return self.visit > 1 or not self.is_complete

    @property
    def sums(self) -> list[str]:
        """The additions in print, the first of them if there are many."""
        sums = [
            f"{parent} += {_factor(local)}·{_factor(self.gradient)} → {_number(total)}"
            for parent, local, total in self.additions[:MOST_SUMS]
        ]
        return [*sums, "…"] if len(self.additions) > MOST_SUMS else sums

    def __str__(self) -> str:
        return f"{self.node}: {', '.join(self.sums)}"


@dataclass(frozen=True)
class Order:
    """A backward pass in one order.

    Attributes
    ----------
    name, description : str
    steps : tuple of Step
    gradients : dict
        The gradient of every named node at the end.
    is_finished : bool
        False if it was stopped after too many steps.
    """

    name: str
    description: str
    steps: tuple[Step, ...]
    gradients: dict[str, float]
    is_finished: bool = True

    @property
    def first_wrong(self) -> int | None:
        """Index of the first step that the topological order would not have made."""
        return next((i for i, step in enumerate(self.steps) if step.is_wrong), None)


@dataclass(frozen=True)
class Comparison:
    """Several orders on one graph; see `compare_orders`. Shown as tables by `print` and Jupyter.

    Attributes
    ----------
    orders : tuple of Order
        The topological order first.
    shown : tuple of str
        The nodes whose gradients are shown.
    recursion_steps : int
        How many steps recursion takes to the end.
    """

    orders: tuple[Order, ...]
    shown: tuple[str, ...]
    recursion_steps: int

    def __getitem__(self, name: str) -> Order:
        for order in self.orders:
            if order.name == name:
                return order
        known = ", ".join([order.name for order in self.orders])
        raise KeyError(f"no order {short(name)}; there are: {known}")

    def is_right(self, order: Order, node: str) -> bool:
        """Return whether an order found the gradient of a node, up to rounding."""
        return _close(order.gradients[node], self.orders[0].gradients[node])

    def _verdicts(self) -> list[tuple[str, str]]:
        verdicts = []
        for order in self.orders:
            text = order.description
            at = order.first_wrong
            if at is not None:
                step = order.steps[at]
                text += f" Step {at + 1} is the first mistake: {step.node} passes on "
                if step.visit > 1:
                    text += f"{_number(step.gradient)} although it had passed on a total before."
                else:
                    passed, true = step.gradient, self.orders[0].gradients[step.node]
                    text += f"{_number(passed)}, before all of its {_number(true)} has arrived."
            if not order.is_finished:
                text += (
                    f" Stopped after {len(order.steps)} steps: it takes one for each path, "
                    f"{_count(self.recursion_steps)} in all."
                )
            elif order is not self.orders[0] and self._is_lucky(order):
                text += " On this graph it gets every gradient right, by luck."
            verdicts.append((order.name, text))
        return verdicts

    def _is_lucky(self, order: Order) -> bool:
        """Return whether an order found every gradient, in whatever steps."""
        return order.is_finished and all(self.is_right(order, name) for name in order.gradients)

    def _tables(
        self, written: Callable[[Step], str]
    ) -> list[tuple[str, list[list[tuple[str, bool]]]]]:
        """Return captions and tables of (text, is wrong) with a head; the first is the steps.

        Beside the topological order stand those that go wrong; what the others find is the same.
        """
        topological, *others = self.orders
        orders = [topological, *[order for order in others if not self._is_lucky(order)]]
        alike = "; ".join([order.name for order in others if self._is_lucky(order)])
        head = [("", False), *[(order.name, False) for order in orders]]
        last = max([order.first_wrong or 0 for order in orders]) + 3
        length = max([len(order.steps) for order in orders])
        steps = [head]
        for i in range(min(length, max(last, MOST_SHOWN))):
            at = [order.steps[i] if i < len(order.steps) else None for order in orders]
            cells = [(written(step), step.is_wrong) if step else ("", False) for step in at]
            steps.append([(str(i + 1), False), *cells])
        missing = length - len(steps) + 1
        if missing > 0:
            steps.append([("…", False), (f"{missing} more steps", False)])
        results = [head]
        for name in self.shown:
            cells = [(_number(o.gradients[name], 6), not self.is_right(o, name)) for o in orders]
            results.append([(name, False), *cells])
        more = len(self.orders[0].gradients) - len(self.shown)
        if more > 0:
            results.append([("…", False), (f"{more} more nodes", False)])
        return [
            ("Steps: which node passes its gradient on (✗ wrong)", steps),
            (f"Gradients (✗ wrong){alike and f'; = topological: {alike}'}", results),
        ]

    def __str__(self) -> str:
        lines = [f"{name}: {text}" for name, text in self._verdicts()]
        for caption, rows in self._tables(str):
            texts = [[text + (" ✗" if wrong else "") for text, wrong in row] for row in rows]
            lines += ["", caption, *aligned(texts)]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        verdicts = [
            f"<li><b>{html.escape(name)}</b>: {unbroken(text)}</li>"
            for name, text in self._verdicts()
        ]
        steps, gradients = self._tables(lambda step: "\n".join([f"{step.node}:", *step.sums]))
        for _, rows in (steps, gradients):
            rows[0] = [(name.replace(", ", ",\n"), False) for name, _ in rows[0]]
        tables = table(*steps, "left"), table(*gradients, "right")
        return f"<div style='{SIZE}'><ul>{''.join(verdicts)}</ul>{''.join(tables)}</div>"


def compare_orders(root: Value, *, most_steps: int = MOST_STEPS) -> Comparison:
    """Run the backward pass of a graph in several orders, right and wrong ones, side by side.

    The graph is only read: data and gradients stay as they are.

    Parameters
    ----------
    root : Value
    most_steps : int
        Where to stop an order. Recursion takes as many steps as there are paths from the root,
        often exponentially many.

    Returns
    -------
    Comparison
        `print` and Jupyter show the steps and gradients as tables, mistakes marked.

    Examples
    --------
    >>> a = Value(1.0, label="a")
    >>> b = 2 * a; b.label = "b"
    >>> c = b + a; c.label = "c"
    >>> d = c * b + a; d.label = "d"
    >>> orders = compare_orders(d)
    >>> [order.gradients["a"] for order in orders.orders[:3]]
    [13.0, 23.0, 19.0]
    """
    if not isinstance(root, Value):
        raise TypeError(f"compare_orders() needs the result of a computation, got {short(root)}")
    if most_steps < 1:
        raise ValueError(f"most_steps must be at least 1, got {most_steps}")
    check_recorded(root)
    leaves, computed = sort(root)
    names = Names([*leaves, *computed], find_notation("prml"))
    nodes = [node for node in [*computed, *leaves] if node.parents or node.operation is None]
    text = {node: names.text(node) for node in nodes}
    edges: Edges = {
        node: [(parent, local) for parent, local in node.edges() if parent in text]
        for node in computed
    }
    true: dict[Value, float] = {}
    orders: list[Order] = []
    for order, description, visits in _orders(edges, root):
        most = most_steps if orders else len(computed)
        got, steps, finished = _run(visits, edges, most, true, text, root)
        true = true or got
        gradients = {name: got.get(node, 0.0) for node, name in text.items()}
        orders.append(Order(order, description, tuple(steps), gradients, finished))
    right = orders[0].gradients
    worst = [n for n in right if not all(_close(o.gradients[n], right[n]) for o in orders)]
    shown = [*worst, *[n for n in right if n not in worst]][:MOST_SHOWN]
    shown.sort(key=list(right).index)
    return Comparison(tuple(orders), tuple(shown), _paths(root, edges))


# -- the orders: which node passes on next ---------------------------------------------------------


def _recursion(edges: Edges, root: Value, step: int) -> Iterator[Value]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node in edges:
            yield node
            stack += [parent for parent, _ in edges[node][::step]]


def _breadth_first(edges: Edges, root: Value) -> Iterator[Value]:
    queue = [root]
    seen = {root}
    for node in queue:
        if node in edges:
            yield node
            new = dict.fromkeys([parent for parent, _ in edges[node] if parent not in seen])
            queue += new
            seen.update(new)


def _orders(edges: Edges, root: Value) -> list[tuple[str, str, Iterable[Value]]]:
    """Return for each order its name, its description, and the nodes as they come."""
    return [
        ("topological", "Each node once, after all nodes that it flows into.", reversed(edges)),
        (
            "recursion",
            "Each node passes its total on as soon as it is reached, and again each time.",
            _recursion(edges, root, -1),
        ),
        (
            "recursion, last first",
            "The same, beginning with the last operand.",
            _recursion(edges, root, 1),
        ),
        (
            "breadth first",
            "Each node once, those nearest to the result first.",
            _breadth_first(edges, root),
        ),
        ("forward", "Each node once, in the order of the forward pass.", edges),
    ]


def _run(
    visits: Iterable[Value],
    edges: Edges,
    most_steps: int,
    true: dict[Value, float],
    text: dict[Value, str],
    root: Value,
) -> tuple[dict[Value, float], list[Step], bool]:
    """Let the nodes pass their gradients on; return gradients, steps and whether it came to an end.

    The gradients are kept here and not in the nodes.
    """
    gradients = {root: 1.0}
    visit: dict[Value, int] = {}
    steps: list[Step] = []
    for node in visits:
        if not edges[node]:
            continue
        if len(steps) == most_steps:
            return gradients, steps, False
        upstream = gradients.get(node, 0.0)
        visit[node] = visit.get(node, 0) + 1
        additions = []
        for parent, local in edges[node]:
            passed = node.operation.passed_on(local, upstream)  # type: ignore[union-attr]
            gradients[parent] = gradients.get(parent, 0.0) + passed
            additions.append((text[parent], local, gradients[parent]))
        is_complete = _close(upstream, true.get(node, upstream))
        steps.append(Step(text[node], upstream, is_complete, visit[node], tuple(additions)))
    return gradients, steps, True


def _paths(root: Value, edges: Edges) -> int:
    """Return how many steps recursion takes: for each node, one for each path from the root."""
    paths = {root: 1}
    for node in reversed(edges):
        for parent, _ in edges[node]:
            if parent in edges:
                paths[parent] = paths.get(parent, 0) + paths[node]
    return sum([n for node, n in paths.items() if edges.get(node)])


def _number(x: float, digits: int = 4) -> str:
    return f"{x + 0.0:.{digits}g}".replace("-", "−")  # without the sign of -0.0


def _factor(x: float) -> str:
    return f"({_number(x)})" if x < 0.0 else _number(x)


def _count(n: int) -> str:
    return f"{n:,}" if n < 10**12 else f"about 10^{int(n.bit_length() * math.log10(2))}"
