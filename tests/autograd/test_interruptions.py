"""Ctrl-C at any moment: what was begun is complete or undone, and no mode or lock stays on."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pytest

import autograd as ag
from autograd import (
    StaleGraphError,
    Value,
    detect_anomaly,
    enable_grad,
    gradcheck,
    no_grad,
    topological_order,
)
from autograd.collector import paused
from autograd.compile.trace import trace as tracing
from autograd.compile.trace import unknowns
from autograd.functional import gradients, hessian, vjp
from calls import SHORT, calls
from interrupting import Interruption, at_every_line, at_random

ENGINE = tuple(
    f"autograd/{name}.py"
    for name in (
        *("affine", "anomaly", "blocks", "check", "collector", "core", "cut", "functional"),
        *("functions", "compile/trace", "micrograd", "modes", "sweep", "value"),
    )
)
Look = Callable[[], Any]
Task = Callable[[int], "tuple[Callable[[], object], Look]"]  # given a size


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    yield
    gc.enable()


def all_is_normal() -> bool:
    """Nodes are recorded, unwatched and fast, the collector is on, and other threads can work."""
    x = Value(0.0)
    passed: list[float] = []

    def of_another_thread() -> None:
        (x * 3.0).backward()
        passed.append(x.grad)

    thread = threading.Thread(target=of_another_thread, daemon=True)
    thread.start()
    thread.join(timeout=20.0)
    recorded = (x * x).parents == (x, x) and x.log().data == -float("inf")
    return recorded and passed == [3.0] and calls(lambda: x * x) == SHORT and gc.isenabled()


# ---- modes


def in_a_block() -> object:
    x = Value(2.0)
    with no_grad(), detect_anomaly(), paused():
        return [x * x, ag.dot([x], [x])]


def in_nested_blocks() -> object:
    x, block = Value(2.0), no_grad()
    with block, enable_grad(), block:
        return x * x


def in_blocks_one_after_the_other() -> object:
    x = Value(2.0)
    for _ in range(2):
        with no_grad():
            x = x * x
        x = x + 1.0
    return x


@no_grad()
@paused()
def in_a_decorated_function() -> object:
    return Value(2.0) * 3.0


def in_the_block_of_a_generator() -> object:
    def squares() -> Iterator[Value]:
        x = Value(2.0)
        with no_grad():
            yield x * x
            yield x + x

    return [*squares()]


BLOCKS = [
    in_a_block,
    in_nested_blocks,
    in_blocks_one_after_the_other,
    in_a_decorated_function,
    in_the_block_of_a_generator,
]


@pytest.mark.parametrize("work", BLOCKS)
def test_no_mode_stays_on(work: Callable[[], object]) -> None:
    for strike in at_every_line(*ENGINE, "test_interruptions.py"):
        strike(work)
        assert all_is_normal(), strike


@pytest.mark.parametrize("work", BLOCKS)
def test_the_outer_mode_stays(work: Callable[[], object]) -> None:
    x = Value(2.0)
    for strike in at_every_line(*ENGINE, "test_interruptions.py"):
        with no_grad():
            strike(work)
            assert (x * x).parents == (), strike
    assert all_is_normal()


# ---- what writes numbers and gradients


def graph(size: int) -> tuple[list[Value], Value]:
    """All nodes, three leaves first, of which two have gradients of earlier passes; the result."""
    w, x, b = Value(0.5), Value(0.25), Value(2.0).requires_grad_(False)
    y = x
    for _ in range(size):
        y = y * w + b
    y = ag.dot([y, w], [x, b], b).tanh()
    (w * x).backward()
    return [w, x, b, *topological_order(y)], y


def backward(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)
    return y.backward, lambda: [(node.has_grad, node.grad) for node in nodes]


def backward_watched(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)

    def work() -> None:
        with detect_anomaly():
            y.backward()

    return work, lambda: [(node.has_grad, node.grad) for node in nodes]


def zero_grad(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)
    y.backward()
    return y.zero_grad, lambda: [node.has_grad for node in nodes]


def one_step_by_hand(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)
    y.grad = 1.0
    return y._backward, lambda: [(node.has_grad, node.grad) for node in nodes]


def refresh(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)
    nodes[0].data = 0.75

    def look() -> Any:
        try:
            slopes = gradients(y, nodes[:2])
        except StaleGraphError:
            slopes = ["stale"]
        return [node.data for node in nodes], slopes

    return y.refresh, look


def edit(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)

    def look() -> Any:
        try:
            slopes = gradients(y, nodes[:2])
        except StaleGraphError:
            slopes = ["stale"]
        return nodes[0].data, slopes

    return lambda: setattr(nodes[0], "data", 0.75), look


def freezing(size: int) -> tuple[Callable[[], object], Look]:
    nodes, _ = graph(size)
    w = nodes[0]
    return lambda: w.requires_grad_(False), lambda: (w.requires_grad, w.has_grad)


WRITERS = [backward, backward_watched, zero_grad, one_step_by_hand, refresh, edit, freezing]


@pytest.mark.parametrize("task", WRITERS)
def test_all_is_written_or_nothing(task: Task) -> None:
    work, look = task(2)
    before = look()
    work()
    done = look()
    assert before != done
    for strike in at_every_line(*ENGINE):
        work, look = task(2)
        strike(work)
        assert look() in ([before, done] if strike.error else [done]), strike
        assert all_is_normal(), strike


def derivative(size: int) -> tuple[Callable[[], object], Look]:
    nodes, y = graph(size)
    look = lambda: [(node.data, node.has_grad, node.grad) for node in nodes]  # noqa: E731
    return lambda: gradients(y, nodes[:3], create_graph=True), look


def derivatives_of_functions(size: int) -> tuple[Callable[[], object], Look]:
    nodes, _ = graph(size)
    w = nodes[0]

    def work() -> None:
        hessian(lambda v: v[0] * v[1] * w)([2.0, 3.0])
        with no_grad():
            vjp(lambda v: [v * w], 2.0)[1]([1.0])

    return work, lambda: [(node.data, node.has_grad, node.grad) for node in nodes]


def check(size: int) -> tuple[Callable[[], object], Look]:
    nodes, _ = graph(size)
    w = nodes[0]
    look = lambda: [(node.data, node.has_grad, node.grad) for node in nodes]  # noqa: E731
    return lambda: gradcheck(lambda x: w * x, 2.0), look


def trace(size: int) -> tuple[Callable[[], object], Look]:
    nodes, _ = graph(0)
    w, x, b = nodes[:3]

    def function(s: Any) -> Any:
        y = s
        for _ in range(size):
            y = y * w + x
        return y * b

    return lambda: tracing(function, unknowns(1), [w, x, b]), lambda: [*map(type, nodes), w.data]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a generator
@pytest.mark.parametrize("task", [derivative, derivatives_of_functions, trace])
def test_what_only_reads_leaves_nothing_behind(task: Task) -> None:
    for strike in at_every_line(*ENGINE):
        leaves_nothing_behind(task, 1, strike)


def test_gradcheck_leaves_nothing_behind() -> None:
    """It goes through the same lines again and again."""
    for strike in at_every_line("autograd/check.py", step=29):
        leaves_nothing_behind(check, 1, strike)


def leaves_nothing_behind(task: Task, size: int, strike: Interruption) -> None:
    work, look = task(size)
    before = look()
    strike(work)
    assert look() == before, strike
    assert all_is_normal(), strike


# ---- real signals

SIGNALS = 1500
WITHIN = 50  # of these at least, or the test shows nothing


@pytest.mark.slow
@pytest.mark.parametrize("work", BLOCKS)
def test_real_signals_leave_no_mode_on(work: Callable[[], object]) -> None:
    struck = 0
    for strike in at_random(SIGNALS, most_seconds(lambda: work)):
        struck += not strike(work)
        assert all_is_normal(), strike
    assert struck > WITHIN


@pytest.mark.slow
@pytest.mark.parametrize("task", WRITERS)
def test_real_signals_leave_all_written_or_nothing(task: Task) -> None:
    work, look = task(50)
    before = look()
    work()
    done = look()
    struck = 0
    for strike in at_random(SIGNALS, most_seconds(lambda: task(50)[0])):
        work, look = task(50)
        struck += not strike(work)
        assert look() in (before, done), strike
        assert all_is_normal(), strike
    assert struck > WITHIN


@pytest.mark.slow
@pytest.mark.parametrize("task", [derivative, derivatives_of_functions, check, trace])
def test_real_signals_leave_nothing_behind(task: Task) -> None:
    struck = 0
    for strike in at_random(SIGNALS // 3, most_seconds(lambda: task(10)[0])):
        leaves_nothing_behind(task, 10, strike)
        struck += strike.error is not None
    assert struck > WITHIN


def most_seconds(prepared: Callable[[], Callable[[], object]]) -> float:
    """Return a little more than what some work takes, in which signals are to come."""

    def once() -> float:
        work = prepared()
        start = perf_counter()
        work()
        return perf_counter() - start

    return max(1.2 * min(once() for _ in range(9)), 2e-5)
