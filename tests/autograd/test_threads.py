"""Several threads at once: independent graphs, shared leaves, modes that stay in their thread."""

import copy
import io
import pickle
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import autograd as ag
from autograd import AnomalyError, Operation, Value, copying, detect_anomaly, no_grad
from autograd.table import TABLE
from calls import SHORT, calls

THREADS = 8


@pytest.fixture(autouse=True)
def _hasty_switching() -> Iterator[None]:
    """Let threads interrupt each other as often as they can."""
    before, table = sys.getswitchinterval(), dict(TABLE)
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
    TABLE.clear()
    TABLE.update(table)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run all jobs together and return their results; the first error is raised."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        start.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(run, job) for job in jobs]
        return [future.result() for future in futures]


def polynomial(x: Value, n: int) -> Value:
    """Return x + 2x + ... + nx, as a graph of 2n nodes."""
    y = x * 1
    for i in range(2, n + 1):
        y = y + x * i
    return y


def test_independent_graphs() -> None:
    """Each thread gets the gradients of its own graph."""

    def job(k: int) -> Callable[[], list[float]]:
        def work() -> list[float]:
            x = Value(float(k))
            for _ in range(20):
                (polynomial(x, 50) * x).backward()
            return [x.grad, ag.grad(lambda v: polynomial(v, 20) * v)(float(k))]

        return work

    results = at_once(*[job(k) for k in range(THREADS)])
    assert results == [[51000.0 * k, 420.0 * k] for k in range(THREADS)]


def test_leaves_shared_by_graphs_of_several_threads() -> None:
    """No contribution is lost: the sums are exact."""
    w = [Value(float(i)) for i in range(20)]

    def work() -> None:
        for _ in range(30):
            ag.sum([polynomial(v, 5) for v in w]).backward()

    at_once(*[work] * THREADS)
    assert [v.grad for v in w] == [30.0 * THREADS * 15.0] * 20


def test_backward_of_one_and_the_same_graph() -> None:
    """Passes over the same nodes take turns."""
    x = Value(3.0)
    y = polynomial(x, 100)

    def work() -> None:
        for _ in range(20):
            y.backward()

    at_once(*[work] * THREADS)
    assert x.grad == 20.0 * THREADS * 5050.0
    assert y.grad == 1.0


def test_derivatives_of_functions_that_share_nodes() -> None:
    """`grad`, `gradients` and backward() of several threads do not see each other's sums."""
    w = Value(2.0)
    inner = polynomial(w, 30)

    def by_grad() -> set[float]:
        return {ag.grad(lambda x: x * inner * w)(w).data for _ in range(20)}

    def by_gradients() -> set[float]:
        return {ag.gradients(inner * w, [w])[0] for _ in range(20)}

    def by_backward() -> None:
        for _ in range(20):
            inner.backward()

    results = at_once(by_grad, by_gradients, by_backward, by_grad, by_gradients, by_backward)
    assert results == [{1860.0}, {1860.0}, None] * 2
    assert w.grad == 40.0 * 465.0


def test_a_pass_waits_for_that_of_another_thread() -> None:
    """`gradients` borrows the slots of the gradients; nobody else may use them meanwhile."""
    middle, done = threading.Event(), threading.Event()

    def rule(y: Any, x: Any) -> tuple[float]:
        middle.set()
        done.wait(timeout=0.2)
        return (1.0,)

    slow = Operation("threads_test_slow", lambda x: x, rule)
    w = Value(2.0)

    def second() -> None:
        middle.wait()
        (w * 10).backward()
        done.set()

    assert at_once(lambda: ag.gradients(3 * slow(w * 7), [w]), second) == [[21.0], None]
    assert w.grad == 10.0


def test_editing_and_refreshing_in_several_threads() -> None:
    """The edits of one thread do not make the graphs of another stale."""

    def work() -> float:
        x = Value(0.0)
        y = polynomial(x, 10)
        for i in range(1, 101):
            x.data = i
            y.refresh().backward()
            polynomial(x, 3).backward()
        return x.grad + y.data

    assert at_once(*[work] * THREADS) == [100.0 * (55.0 + 6.0) + 5500.0] * THREADS


def test_copies_and_pickles_of_a_shared_graph() -> None:
    """Several threads may copy what others differentiate."""
    x = Value(3.0)
    y = polynomial(x, 60)
    larger = y * x

    def copies(root: Value, make: Callable[[Value], Value]) -> Callable[[], list[float]]:
        return lambda: [make(root).data for _ in range(30)]

    def twin(root: Value) -> Value:
        return pickle.loads(pickle.dumps(root))  # type: ignore[no-any-return]

    results = at_once(
        copies(y, twin), copies(larger, twin), copies(larger, copy.deepcopy), copies(y, twin)
    )
    assert results == [[5490.0] * 30, [16470.0] * 30, [16470.0] * 30, [5490.0] * 30]


def test_a_graph_is_written_down_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second pickle of the same graph, begun in the middle of the first, waits for its turn."""
    root = polynomial(Value(3.0), 5)
    second = pickle.Pickler(io.BytesIO())
    thread = threading.Thread(target=lambda: second.dump(root))
    order = copying.topological_order

    def interrupted(node: Value) -> list[Value]:
        if thread.ident is None:
            thread.start()
            thread.join(timeout=0.2)
        return order(node)

    monkeypatch.setattr(copying, "topological_order", interrupted)
    assert pickle.loads(pickle.dumps(root)).data == 45.0
    thread.join()


# ---- modes


def side_by_side(first: Sequence[Callable[[], Any]], second: Sequence[Callable[[], Any]]) -> None:
    """Run two programs in two threads, in lockstep: one step of each at a time."""
    turn = threading.Barrier(2)

    def run(steps: Sequence[Callable[[], Any]]) -> Callable[[], None]:
        def work() -> None:
            for step in steps:
                turn.wait(timeout=60)
                step()
                turn.wait(timeout=60)

        return work

    at_once(run(first), run(second))


def test_no_grad_is_of_its_thread() -> None:
    """While one thread is within the block, the other goes on recording."""
    x = Value(2.0)
    recorded: list[list[bool]] = [[], []]
    block = no_grad()

    def compute(thread: int) -> Callable[[], None]:
        return lambda: recorded[thread].append((x * x).operands == (x, x))

    a, b = compute(0), compute(1)
    side_by_side(
        [a, block.__enter__, a, lambda: block.__exit__(None, None, None), a],
        [b, b, b, b, b],
    )
    assert recorded == [[True, False, True], [True] * 5]


def test_detect_anomaly_is_of_its_thread() -> None:
    """Forward and backward passes of other threads are not watched."""
    watched, unwatched = [], []

    def watch() -> None:
        for derive in (lambda x: x.log(), lambda x: x.sqrt().backward()):
            try:
                with detect_anomaly():
                    derive(Value(0.0))
            except AnomalyError as error:
                watched.append(str(error)[:7])

    def do_not() -> None:
        x = Value(0.0)
        x.sqrt().backward()
        unwatched.extend([x.log().data, x.grad])

    with detect_anomaly():
        at_once(do_not, watch)
    at_once(*[watch, do_not] * 20)
    assert sorted(watched) == ["backwar"] * 21 + ["forward"] * 21
    assert unwatched == [-float("inf"), float("inf")] * 21


def test_modes_end_where_they_began() -> None:
    """However blocks of several threads overlap, none is left over."""
    x = Value(2.0)

    def work() -> None:
        for _ in range(200):
            with no_grad():
                assert (x * x).operands == ()
            assert (x * x).operands == (x, x)

    at_once(*[work] * THREADS)
    assert calls(lambda: x * x) == SHORT


# ---- exceptions


def test_an_exception_in_one_thread_poisons_nothing() -> None:
    """A rule that raises now and then leaves exact sums and a free lock behind."""
    calls = []

    def rule(y: Any, x: Any) -> tuple[float]:
        calls.append(None)
        if threading.current_thread().name.startswith("fragile"):
            raise RuntimeError("boom")
        return (1.0,)

    sometimes = Operation("threads_test_sometimes", lambda x: x, rule)
    w = Value(1.0)

    def fails() -> int:
        threading.current_thread().name = "fragile"
        failures = 0
        for _ in range(50):
            y = sometimes(w * 2) + w
            try:
                y.backward()
            except RuntimeError:
                failures += 1
        return failures

    def works() -> int:
        threading.current_thread().name = "robust"
        for _ in range(50):
            (sometimes(w * 2) + w).backward()
        return 0

    assert at_once(fails, works, fails, works) == [50, 0, 50, 0]
    assert w.grad == 2 * 50 * 3.0
    assert at_once(lambda: ag.gradients(w * w, [w])) == [[2.0]]


def test_an_exception_in_a_block_does_not_leave_its_mode_behind() -> None:
    """Not in this thread, and not for others."""
    x = Value(2.0)

    def fails() -> None:
        for block in (no_grad, detect_anomaly):
            with pytest.raises(ValueError, match="mine"), block():
                raise ValueError("mine")
            assert (x * x).operands == (x, x)

    at_once(fails, fails)
    assert calls(lambda: x * x) == SHORT
    assert (x / 0.0).operands == (x, 0.0)
