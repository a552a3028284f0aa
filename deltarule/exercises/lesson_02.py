"""Exercises of lesson 2, the chain rule backwards."""

from __future__ import annotations

from typing import Any

from autograd import Value
from autograd.numbers import number_of
from autograd.view import compare_orders

from . import exercise, number


@exercise("2.1")
def product_along_a_path(answer: Any) -> str | None:
    """The derivative of 2 (x - 4)³ at x = 6."""
    return number(
        answer,
        24.0,
        {
            15.0: "along a path the local derivatives are multiplied, not added.",
            16.0: "that is the value of y.",
            12.0: "a factor 2 is missing.",
            6.0: "what is the local derivative of u³? It depends on u.",
            216.0: "the local derivative of u³ is to be taken at u, not at x.",
            -24.0: "how does u change if x grows?",
        },
    )


@exercise("2.2")
def products_of_paths(answer: Any) -> str | None:
    """The three products 2, 5 and 6, one for each path."""
    if hasattr(answer, "__float__"):
        return "give a list with one number for each path; check() adds nothing up."
    products = sorted([number_of(x) for x in answer])
    if products == [2.0, 5.0, 6.0]:
        return None
    if len(products) != 3:
        few = "some are missing" if len(products) < 3 else "some are none"
        return f"{len(products)} paths; {few}. From how many places does an arrow lead to a?"
    if products == [1.0, 2.0, 5.0]:
        return "the local derivative of a · b with respect to a is b: which number is b?"
    off = [f"{x:g}" for x in products if x not in (2.0, 5.0, 6.0)]
    if not off:
        return "each path has a product of its own; one of yours stands there twice."
    return f"there are three paths, but no product is {' or '.join(off)}."


@exercise("2.3")
def accumulated(answer: Any) -> str | None:
    """What x.grad is after two passes from x² and one from 5x, at x = 3."""
    return number(
        answer,
        17.0,
        {
            11.0: "backward() of y runs twice.",
            5.0: "a new backward pass does not clear what a leaf has.",
            12.0: "and the pass from z?",
            6.0: "that is the first pass alone.",
            10.0: "x * x uses x twice: two paths.",
            11.5: "x * x uses x twice: two paths.",
            23.0: "y.backward() adds ∂y/∂x once for each call: 6, not 9.",
        },
    )


@exercise("2.4")
def number_of_paths(answer: Any) -> str | None:
    """A function that counts the paths from a root to a leaf."""
    if not callable(answer):
        return f"expected the function itself, got {type(answer).__name__}; call nothing here."
    for name, root, leaf, right in _graphs_with_paths():
        given = answer(root, leaf)
        if given is None or given is ...:
            return f"for {name} it returns nothing; does every branch have a return?"
        if given != right:
            hint = _MISCOUNTS.get(name, "")
            return f"for {name} it returns {given}, and not {right}.{hint}"
    return None


@exercise("2.5")
def unlucky_breadth_first(answer: Any) -> str | None:
    """A graph on which breadth first gets a gradient wrong."""
    if not isinstance(answer, Value):
        return f"expected the last node of a graph, got {type(answer).__name__}."
    if not answer.parents:
        return "this node is a leaf: there is nothing to go wrong."
    orders = compare_orders(answer)
    breadth_first = orders["breadth first"]
    if not all(orders.is_right(breadth_first, node) for node in breadth_first.gradients):
        return None
    if breadth_first.first_wrong is not None:
        return "a node passes on too early, but to where the slope is 0; choose other numbers."
    return (
        "breadth first is right here. It is wrong where it reaches a node on a short way "
        "before a longer way to the same node is finished."
    )


_MISCOUNTS = {
    "the leaf itself": " From a node to itself there is one path, on which nothing happens.",
    "a * a": " The product has the same parent twice, and each arrow is a path.",
    "a graph without the leaf": " Count only the paths that end at the leaf.",
}


def _graphs_with_paths() -> list[tuple[str, Value, Value, int]]:
    a, other = Value(2.0, label="a"), Value(3.0, label="other")
    b = 2 * a
    c = b + a
    doubled = a
    for _ in range(5):
        doubled = doubled + doubled
    return [
        ("b = 2a", b, a, 1),
        ("a * a", a * a, a, 2),
        ("the graph of the lesson", c * b + a, a, 4),
        ("a graph without the leaf", other * other, a, 0),
        ("a * other", a * other, a, 1),
        ("five doublings", doubled, a, 32),
        ("the leaf itself", a, a, 1),
    ]
