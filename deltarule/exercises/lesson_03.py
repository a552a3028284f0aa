"""Exercises of lesson 3, build the engine yourself.

The learner's class is compared with `autograd.Value`. All that is asked of it is `data`, `grad`,
`backward()` and arithmetic; the functions below are run on both classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value
from autograd.numbers import close
from autograd.quoting import short

from . import exercise, number

Formula = Callable[..., Any]


@exercise("3.1")
def assigned_instead_of_added(answer: Any) -> str | None:
    """The gradient of a·a at 3 when the second contribution overwrites the first."""
    return number(
        answer,
        3.0,
        {
            6.0: "that is the right derivative, 2a, which += finds. With = the second line "
            "overwrites what the first has stored.",
            9.0: "that is a · a itself, not its gradient.",
            0.0: "something is stored: each line assigns local · upstream.",
        },
    )


@exercise("3.2")
def exponential(answer: Any) -> str | None:
    """The class with a method exp."""
    return _lacks(answer, "exp") or _compare(
        answer,
        [
            ("x.exp()", lambda x: x.exp(), (0.5,)),
            ("x.exp() * 3", lambda x: x.exp() * 3, (-1.0,)),
            ("x.exp() + x.exp()", lambda x: x.exp() + x.exp(), (0.7,)),
            ("(x * y).exp() * x", lambda x, y: (x * y).exp() * x, (0.3, -1.2)),
        ],
    )


@exercise("3.3")
def division(answer: Any) -> str | None:
    """The class with division."""
    return (
        _lacks(answer, "__truediv__")
        or _compare(
            answer,
            [
                ("x / y", lambda x, y: x / y, (3.0, -2.0)),
                ("x / 2", lambda x: x / 2, (3.0,)),
                ("x / y * 5 + y", lambda x, y: x / y * 5 + y, (-1.5, 0.4)),
                ("x * x / x", lambda x: x * x / x, (1.7,)),
            ],
        )
        or _lacks(answer, "__rtruediv__")
        or _compare(
            answer,
            [
                ("1 / x", lambda x: 1 / x, (4.0,)),
                ("6 / (x * x)", lambda x: 6 / (x * x), (-0.8,)),
            ],
        )
    )


@exercise("3.4")
def logistic(answer: Any) -> str | None:
    """The class with a logistic function of one node that does not overflow."""
    fault = _lacks(answer, "sigmoid") or _compare(
        answer,
        [
            ("x.sigmoid()", lambda x: x.sigmoid(), (0.5,)),
            ("x.sigmoid() * -4", lambda x: x.sigmoid() * -4, (-1.5,)),
            ("x.sigmoid() + x.sigmoid()", lambda x: x.sigmoid() + x.sigmoid(), (0.7,)),
            ("(x * y).sigmoid() * x", lambda x, y: (x * y).sigmoid() * x, (1.3, -1.2)),
        ],
    )
    if fault:
        return fault
    x = answer(0.5)
    if tuple(getattr(x.sigmoid(), "parents", (x,))) != (x,):
        return "the value is right, but it is made of several nodes: the parent should be x itself."
    for a in (-1000.0, 1000.0):
        try:
            y = answer(a).sigmoid().data
        except OverflowError:
            return (
                f"right for small numbers, but x = {a:g} raises OverflowError. For a negative x "
                "write it with exp(x), for a positive one with exp(-x)."
            )
        if not close(y, float(a > 0), absolute=1e-12):
            return f"sigmoid at {a:g} gives {y:g}, not {float(a > 0):g}."
    return None


class _Node:
    """All that an order needs to know."""

    def __init__(self, *parents: _Node) -> None:
        self.parents = parents


@exercise("3.5")
def order(answer: Any) -> str | None:
    """A topological order without recursion."""
    if isinstance(answer, type) or not callable(answer):
        return f"expected a function of the root, got {short(answer)}."
    x, y = _Node(), _Node()
    product = _Node(x, y)
    square = _Node(product, product)
    late = _Node(x, _Node(square))  # x is met early, and needed by what comes late
    # here the first path to a node is shorter than the second
    low = _Node(x)
    middle = _Node(low)
    shortcut = _Node(low, middle, _Node(middle, y))
    chain = _Node()
    for _ in range(10_000):
        chain = _Node(chain)
    graphs = [
        ("a leaf", x, 1),
        ("a product", product, 3),
        ("a node used twice, as in a * a,", square, 4),
        ("x + f(x)", late, 6),
        ("a graph with a short cut", shortcut, 6),
        ("a chain of 10 000 nodes", chain, 10_001),
    ]
    for name, root, size in graphs:
        try:
            nodes = answer(root)
        except RecursionError:
            return f"{name} still raises RecursionError: the function calls itself."
        fault = _disorder(nodes, root, size)
        if fault:
            return f"{name}: {fault}"
    return None


def _disorder(nodes: Any, root: _Node, size: int) -> str | None:
    if nodes is None:
        return "the function returns None; is a return missing?"
    if not isinstance(nodes, Sequence):
        return f"expected a list of nodes, got {type(nodes).__name__}."
    place = {node: i for i, node in enumerate(nodes)}
    if len(place) < len(nodes):
        return "a node is there more than once."
    if len(nodes) != size:
        return f"{size} nodes expected, {len(nodes)} are there."
    early = [node for node in nodes if any(place[p] > place[node] for p in node.parents)]
    if early and nodes[0] is root:
        return "the root comes first; parents have to come before the nodes computed from them."
    if early:
        return f"of {size} nodes, this many come before one of their parents: {len(early)}."
    return None


# -- the learner's class and the engine -------------------------------------------------------


def _lacks(kind: Any, method: str) -> str | None:
    if not isinstance(kind, type):
        return f"expected your class, that is Value without brackets; got {short(kind)}."
    if not hasattr(kind, method):
        return f"the class {kind.__name__} has no method {method} yet; attach your function to it."
    return None


def _compare(kind: Any, formulas: Sequence[tuple[str, Formula, tuple[float, ...]]]) -> str | None:
    """Run formulas on the learner's class and on the engine; say where they part."""
    for shown, formula, point in formulas:
        mine, there = [kind(x) for x in point], [Value(x) for x in point]
        where = f"{shown} at {', '.join(f'{name} = {x:g}' for name, x in zip('xy', point))}"
        expected = formula(*there)
        expected.backward()
        try:
            result = formula(*mine)
            if result is None:
                return f"{where} is None; is a return missing?"
            if not isinstance(result, kind):
                return f"{where} is a {type(result).__name__}, not a node; wrap it in your class."
            result.backward()
        except Exception as error:
            return f"{where} raised {type(error).__name__}: {error}"
        if not close(result.data, expected.data, absolute=1e-12):
            return f"{where} is {result.data:.6g}, not {expected.data:.6g}."
        for name, x, y in zip("xy", mine, there):
            if not close(x.grad, y.grad, absolute=1e-12):
                wrong = f"the value of {where} is right, but ∂/∂{name} is {x.grad:.6g}"
                return f"{wrong}, not {y.grad:.6g}. {_hint(shown, x.grad)}"
    return None


def _hint(shown: str, gradient: float) -> str:
    if gradient == 0.0:
        return "Nothing arrives: has the new node its parents and its _backward?"
    if shown.startswith(("x.exp() +", "x.sigmoid() +", "x * x /")):
        return "x is used several times here: does your closure add with +=?"
    if shown.startswith(("x.exp() *", "x.sigmoid() *")):
        return "Local times upstream: is the gradient of the result a factor?"
    return "Look at the local derivative."
