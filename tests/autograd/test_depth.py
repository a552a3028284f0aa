"""Long and large graphs: no recursion anywhere, no cycles, and little memory per node."""

import copy
import gc
import pickle
import sys
import threading
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import autograd as ag
from autograd import Value

DEEP = 1_000_000
DEEP_ENOUGH = 100_000  # for any recursion to show: a hundred times Python's limit
# Since Python 3.12 an object that can be weakly referenced is one pointer larger.
BYTES_PER_NODE = 200 if sys.version_info < (3, 12) else 208


def chain(x: Value, length: int) -> Value:
    for _ in range(length):
        x = x + 1
    return x


@pytest.fixture(autouse=True, scope="module")
def _no_cyclic_collector() -> Iterator[None]:
    """Leave everything in this file to reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@contextmanager
def traced() -> Iterator[Callable[[], int]]:
    """Count the bytes that are alive."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def in_a_small_thread(work: Callable[[], Any]) -> Any:
    """Run `work` in a thread with the smallest stack the system allows.

    CPython 3.13 itself takes up to 1 MB to free nested tuples, however they are nested, and 3.14
    frees nothing that is nested in a stack of 64 kB.
    """
    results: list[Any] = []
    smallest = {(3, 13): 1024, (3, 14): 128}.get(sys.version_info[:2], 32)
    for size in [smallest * factor * 1024 for factor in (1, 2, 4, 8)]:
        try:
            before = threading.stack_size(size)
        except ValueError:
            continue
        try:
            thread = threading.Thread(target=lambda: results.append(work()))
            thread.start()
        except RuntimeError:  # so small that no thread can start
            continue
        finally:
            threading.stack_size(before)
        thread.join()
        break
    (result,) = results
    return result


@pytest.fixture(scope="module")
def deep() -> Iterator[tuple[Value, Value]]:
    """A leaf, and the last of a million nodes computed from it."""
    limit = sys.getrecursionlimit()
    x = Value(0.5, label="x")
    y = chain(x, DEEP)
    yield x, y
    assert sys.getrecursionlimit() == limit


# ---- depth


def test_forward_and_backward(deep: tuple[Value, Value]) -> None:
    """A million additions: the number and the gradient."""
    x, y = deep
    assert y.data == DEEP + 0.5
    x.grad = None
    y.backward()
    assert (x.grad, y.grad) == (1.0, 1.0)


def test_refresh_and_zero_grad() -> None:
    """The other walks through the graph are loops, too."""
    x = Value(0.5)
    y = chain(x, DEEP_ENOUGH)
    x.data = 1.5
    assert y.refresh().data == 100_001.5
    y.backward()
    y.zero_grad()
    assert not x.has_grad
    assert not y.has_grad


def test_repr_looks_at_one_node_only(deep: tuple[Value, Value]) -> None:
    """However deep the graph below."""
    deep[1].grad = 2
    assert repr(deep[1]) == "Value(data=1000000.5, grad=2.0, op='+')"


def test_deepcopy() -> None:
    """The copy has its own nodes, and its own leaf."""
    x = Value(0.5, label="x")
    y = chain(x, DEEP_ENOUGH)
    new_x, new_y = copy.deepcopy((x, y))
    new_y.backward()
    assert (new_x.label, new_x.grad, new_y.data) == ("x", 1.0, DEEP_ENOUGH + 0.5)
    assert x.grad == 0.0


def test_pickle() -> None:
    """A round trip through bytes, together with the leaf."""
    x = Value(0.5, label="x")
    y = chain(x, DEEP_ENOUGH)
    new_x, new_y = pickle.loads(pickle.dumps((x, y)))
    new_y.backward()
    assert (new_x.label, new_x.grad, new_y.data) == ("x", 1.0, DEEP_ENOUGH + 0.5)
    assert x.grad == 0.0


def test_derivatives_as_functions_are_as_deep() -> None:
    """Second derivatives build graphs that are longer still."""
    slope = ag.grad(ag.grad(lambda x: chain(x * x * x, 20_000)))
    assert slope(2.0) == 12.0


def test_a_thread_with_a_tiny_stack_is_enough() -> None:
    """Forward, backward, copying, pickling and freeing use no stack in proportion to depth."""

    def work() -> tuple[float, ...]:
        x = Value(2.0)
        y = chain(x, DEEP_ENOUGH)
        y.backward()
        twin = copy.deepcopy(y)
        loaded = pickle.loads(pickle.dumps(y))
        numbers = (y.data, x.grad, twin.data, loaded.data)
        del y, twin, loaded
        return numbers

    assert in_a_small_thread(work) == (100_002.0, 1.0, 100_002.0, 100_002.0)


def test_the_recursion_limit_is_left_alone() -> None:
    """The limit is not raised behind the user's back, not even for a moment."""
    limit = sys.getrecursionlimit()
    seen = []
    watch = ag.Operation(
        "depth_test_limit",
        lambda x: seen.append(sys.getrecursionlimit()) or x,  # type: ignore[func-returns-value]
        lambda y, x: (seen.append(sys.getrecursionlimit()) or 1.0,),  # type: ignore[func-returns-value]
    )
    try:
        y = chain(watch(Value(1.0)), 10_000)
        y.backward()
        copy.deepcopy(y)
        pickle.dumps(y)
    finally:
        del ag.operations.TABLE[watch.name]
    assert seen == [limit, limit]
    assert sys.getrecursionlimit() == limit


# ---- freeing


@pytest.mark.parametrize("thread", [False, True])
def test_a_deep_graph_is_freed_when_its_root_is_dropped(thread: bool) -> None:
    """By reference counting alone: the graph has no cycles."""

    def work() -> list[Any]:
        x = Value(2.0)
        first = chain(x, 1)
        y = chain(first, DEEP_ENOUGH)
        y.backward()
        dead, alive = weakref.ref(first), weakref.ref(x)
        del first, y
        return [dead(), alive() is x, x.grad]

    assert (in_a_small_thread(work) if thread else work()) == [None, True, 1.0]


def every_kind_of_graph() -> Value:
    """Build, differentiate, copy, pickle; return the root."""
    x, y = Value(0.5), Value(0.25)
    a = ag.dot([x, y], [y, x], x) + ag.sum([x, y]) * ag.softmax([x, y])[0]
    b = (a**2).tanh().exp() / (1 + abs(y)) - ag.affine([[x, y]], [x, 1.0], [y])[0]
    b.backward()
    b.refresh().backward()
    ag.gradients(b, [x, y], create_graph=True)
    ag.hessian(lambda v: v[0] * v[1].sin() * b)([1.0, 2.0])
    ag.gradcheck(lambda v: v.log() * v, 2.0)
    copy.copy(copy.deepcopy(b))
    pickle.loads(pickle.dumps([b, x]))
    with ag.no_grad(), ag.detect_anomaly():
        x * y
    return b


def test_no_operation_makes_a_cycle() -> None:
    """Nothing is left to the cyclic collector, whatever was done with the graph."""

    def alive() -> int:
        return sum(type(thing) is Value for thing in gc.get_objects())

    before = alive()
    root = every_kind_of_graph()
    assert alive() > before + 10
    del root
    assert alive() == before


def test_a_training_loop_uses_no_more_memory_in_time() -> None:
    """Memory after many steps is what it was after one, without the cyclic collector."""
    w = [Value(0.1 * i) for i in range(10)]

    def step() -> None:
        loss = ag.sum([(v * 2 - 1) ** 2 for v in w])
        loss.backward()
        for v in w:
            v.data -= 0.01 * v.grad
            v.grad = None

    with traced() as memory:
        for _ in range(50):  # fills Python's lists of free floats
            step()
        start = memory()
        for _ in range(500):
            step()
        assert abs(memory() - start) < 5_000


# ---- memory


@pytest.mark.parametrize(
    ("name", "grow"),
    [
        ("add", lambda x, leaf: x + leaf),
        ("mul", lambda x, leaf: x * leaf),
        ("mul by a constant", lambda x, leaf: x * 1.000001),
        ("power", lambda x, leaf: x**1.000001),
        ("tanh", lambda x, leaf: x.tanh()),
        ("relu", lambda x, leaf: x.relu()),
    ],
)
def test_memory_per_elementary_node(name: str, grow: Callable[[Value, Value], Value]) -> None:
    """A node with its number, edges and gradient takes some 200 bytes."""
    leaf = Value(1.0000001)
    count = 20_000
    with traced() as memory:
        start = memory()
        y = Value(0.7)
        for _ in range(count):
            y = grow(y, leaf)
        after_forward = round((memory() - start) / count)
        y.backward()
        after_backward = round((memory() - start) / count)
    assert after_forward <= BYTES_PER_NODE
    assert after_backward <= BYTES_PER_NODE


def test_an_edge_of_a_dot_costs_less_than_a_node() -> None:
    """One node per neuron is what makes graphs small: at most 30 bytes per edge."""
    w = [Value(float(i)) for i in range(1000)]
    with traced() as memory:
        start = memory()
        units = [ag.dot(w, w) for _ in range(100)]
        per_edge = (memory() - start) / (len(units) * 2 * len(w))
    assert per_edge <= 30
