"""What a trace refuses: control flow, and numbers that are not known yet."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compile import TraceError, compile
from eager import agree, error_of
from nn import MLP

pytestmark = pytest.mark.filterwarnings("error")


def _if(x: Any, w: Any) -> Any:
    if x > 0:
        return w * x
    return w


def _while(x: Any, w: Any) -> Any:
    while x < 1:
        x = x * w
    return x


CONTROL: list[tuple[Callable[[Any, Any], Any], str, str]] = [
    (_if, "if x > 0:", "relu"),
    (_while, "while x < 1:", "maximum"),
    (lambda x, w: w * x if w > 0 else w, "if w > 0 else w", "maximum"),
    (lambda x, w: w * x if w else x, "w * x if w else x", "maximum"),
    (lambda x, w: w if not (w * x) else x, "not (w * x)", "maximum"),
    (lambda x, w: w if x >= w and x <= 3 else x, "x >= w and x <= 3", "clamp"),
    (lambda x, w: w * len("%.1f" % x), "w * len(", "formatted text"),  # noqa: UP031
    (lambda x, w: w * float(x), "w * float(x)", "autograd"),
    (lambda x, w: x * float(w), "x * float(w)", "autograd"),
    (lambda x, w: w * int(x), "w * int(x)", "autograd"),
    (lambda x, w: w * round(x), "w * round(x)", "autograd"),
    (lambda x, w: w * math.exp(x), "w * math.exp(x)", "autograd.exp"),
    (lambda x, w: x * math.sqrt(w), "x * math.sqrt(w)", "autograd.sqrt"),
    (lambda x, w: w * math.fabs(x), "w * math.fabs(x)", "autograd.abs"),
    (lambda x, w: w * math.floor(x), "w * math.floor(x)", "autograd"),
    (lambda x, w: w * x.data, "w * x.data", "the node itself"),
    (lambda x, w: x * w.data, "x * w.data", "the node itself"),
    (lambda x, w: (w * x).data * w, "(w * x).data * w", "the node itself"),
    (lambda x, w: w * x.item(), "w * x.item()", "the node itself"),
    (lambda x, w: max(x, w), "max(x, w)", "maximum"),
    (lambda x, w: min(x, w), "min(x, w)", "minimum"),
    (lambda x, w: sorted([x, w])[0], "sorted([x, w])[0]", "minimum"),
    (lambda x, w: w * sum(range(x)), "w * sum(range(x))", "autograd"),
    (lambda x, w: w * [1.0, 2.0][x], "[1.0, 2.0][x]", "autograd"),
    (lambda x, w: w * np.array([x], float).sum(), "np.array([x], float)", "autograd"),
    (lambda x, w: setattr(w, "data", 1.0) or w, 'setattr(w, "data", 1.0)', "optimiser"),
    (lambda x, w: w if x == 1.0 else x, "if x == 1.0 else x", "maximum"),
    (lambda x, w: w if w != 1.0 else x, "if w != 1.0 else x", "maximum"),
    (lambda x, w: w if x in (0.0, 1.0) else x, "x in (0.0, 1.0)", "maximum"),
    (lambda x, w: w if x in {0.0, 1.0} else x, "x in {0.0, 1.0}", "id(node)"),
    (lambda x, w: w if x * x in {0.0} else x, "x * x in {0.0}", "id(node)"),
    (lambda x, w: w * len(Counter([x, x])), "len(Counter([x, x]))", "id(node)"),
    (lambda x, w: {0.0: w}.get(x, x), "{0.0: w}.get(x, x)", "id(node)"),
    (lambda x, w: w * x.detach(), "w * x.detach()", ""),
    (lambda x, w: w * w.grad, "w * w.grad", ""),
    (lambda x, w: (w * x).backward() or w, "(w * x).backward()", ""),
]


@pytest.mark.parametrize(("function", "line", "instead"), CONTROL, ids=[c[1] for c in CONTROL])
def test_control_flow_on_unknown_numbers(function: Any, line: str, instead: str) -> None:
    w, grad = Value(2.0), 5.0
    w.grad = grad
    step = compile(lambda x, t: function(x, w), [w])
    for _ in range(2):
        with pytest.raises(TraceError) as caught:
            step([0.5, 2.0], [0.0, 0.0])
        message = str(caught.value)
        assert line in message
        assert instead in message
        assert __file__ in message
        assert type(w) is Value
        assert (w.data, w.grad, w > 1, float(w)) == (2.0, grad, True, 2.0)


def test_parameters_in_sets_and_dicts_are_fine() -> None:
    """Nodes are found by what they are, not by their numbers, traced or not."""
    w = [Value(1.0), Value(2.0)]
    decayed, strength = {w[0]}, {w[0]: 0.5, w[1]: 0.25}

    def error(x: Any, t: Any) -> Any:
        seen = {w[0] * x, w[1]}
        return sum([strength[p] * p * x for p in w if p in decayed], w[1]) + len(seen) - t

    agree(error, w, [1.0, 2.0], [1.0, 2.0])


def test_control_flow_on_what_is_known_is_fine() -> None:
    w, frozen, k = Value(2.0), Value(-1.0), 3

    def error(x: Any, t: Any) -> Any:
        for _ in range(k):
            x = x * w if frozen > 0 or len("ab") > 2 else x + w
        return x * frozen.data

    assert agree(error, [w], [1.0], [0.0])


def test_no_grad_inside_of_the_function() -> None:
    w = Value(2.0)

    def error(x: Any, t: Any) -> Any:
        with autograd.no_grad():
            y = w * x
        return w * y

    with pytest.raises(TraceError):
        compile(error, [w])([1.0], [0.0])


def test_parameters_are_values_again_afterwards() -> None:
    model = MLP(2, [3, 1], rng=0)
    step = compile(error_of(model), model.parameters(), predict=model)
    step([[1.0, 2.0]], [1.0])
    step.predict([[1.0, 2.0]])
    assert {type(p) for p in model.parameters()} == {Value}
    assert type(model([1.0, 2.0])) is Value
    assert model.parameters()[0] < 10
    y = model([1.0, 2.0])
    y.backward()  # type: ignore[union-attr]
    assert type(y.data) is float  # type: ignore[union-attr]


def test_an_error_in_the_function_leaves_the_parameters_alone() -> None:
    w = Value(2.0)
    fails = [True]

    def error(x: Any, t: Any) -> Any:
        y = w * x
        if fails[0]:
            raise KeyError("mine")
        return y

    step = compile(error, [w], predict=lambda x: w * x)
    with pytest.raises(KeyError, match="mine"):
        step([1.0], [0.0])
    assert type(w) is Value
    assert w > 1
    assert not w.has_grad
    fails[0] = False
    assert step([1.0], [0.0])[0] == 2.0


def test_an_error_in_the_second_trace() -> None:
    w = Value(2.0)
    calls = []

    def error(x: Any, t: Any) -> Any:
        calls.append(1)
        return w * x / (2 - len(calls))

    with pytest.raises((ZeroDivisionError, TraceError)):
        compile(error, [w])([1.0], [0.0])
    assert type(w) is Value


def _by_exception(x: Any, w: Any) -> Any:
    try:
        return w * math.exp(x)
    except (TypeError, ValueError):
        return w


def _by_bare_exception(x: Any, w: Any) -> Any:
    try:
        return w * float(x)
    except Exception:
        return w


@pytest.mark.parametrize("function", [_by_exception, _by_bare_exception])
def test_a_refusal_is_not_swallowed(function: Any) -> None:
    w = Value(2.0)
    step = compile(lambda x, t: function(x, w), [w])
    for _ in range(2):
        with pytest.raises(TraceError, match="this line asks for a plain number"):
            step([0.5], [0.0])
    assert not issubclass(TraceError, TypeError)


class Fresh:
    """A slot, and a property in its place that gives something new each time."""

    __slots__ = ("kept",)


class Shadowed(Fresh):
    kept = property(lambda self: [])  # type: ignore[assignment]


def test_slots_are_put_back_and_what_stands_in_their_place_is_left_alone() -> None:
    w, slot, shadowed = Value(2.0), Fresh(), Shadowed()

    def error(x: Any, t: Any) -> Any:
        slot.kept = w * x
        return (slot.kept - t) ** 2 + len(shadowed.kept)

    step = compile(error, [w], check_trace=False)
    assert step([3.0], [1.0])[0] == 25.0
    assert not hasattr(slot, "kept")
