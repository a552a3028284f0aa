"""Right and wrong answers to the exercises of lesson 2."""

from autograd import Value


def number_of_paths(root, leaf):
    if root is leaf:
        return 1
    return sum(number_of_paths(parent, leaf) for parent in root.parents)


def without_twins(root, leaf):
    return 1 if root is leaf else sum(without_twins(parent, leaf) for parent in root._prev)


def to_any_leaf(root, leaf):
    return sum(to_any_leaf(parent, leaf) for parent in root.parents) if root.parents else 1


def no_end(root, leaf):
    return sum(no_end(parent, leaf) for parent in root.parents)


def _last(swapped):
    a = Value(2.0)
    b = 2 * a
    c = b + a
    return b * c + a if swapped else c * b + a


def _without_effect():
    b = 0 * Value(2.0)
    c = 3 * b
    return b + c


RIGHT = {
    "2.1": 24,
    "2.2": [5, 6, 2],
    "2.3": 17.0,
    "2.4": number_of_paths,
    "2.5": _last(swapped=True),
}

WRONG = {
    "2.1": [
        (15, "multiplied"),
        (16, "the value"),
        (12, "factor 2"),
        (6, "depends on u"),
        (216, "at u"),
    ],
    "2.2": [
        (13, "a list"),
        ([6, 5], "some are missing"),
        ([1, 2, 5], "which number is b"),
        ([5, 5, 6], "twice"),
        ([2, 5, 7], "no product is 7"),
    ],
    "2.3": [(11, "twice"), (5, "does not clear"), (12, "from z"), (23, "6, not 9")],
    "2.4": [
        (without_twins, "same parent twice"),
        (to_any_leaf, "end at the leaf"),
        (no_end, "and not 1"),
        (lambda root, leaf: None, "returns nothing"),
        (4, "the function itself"),
    ],
    "2.5": [
        (_last(swapped=False), "breadth first is right here"),
        (_without_effect(), "other numbers"),
        (Value(1.0), "leaf"),
        (3.0, "last node"),
    ],
}
