"""`with` blocks: used again, within themselves, by hand, as decorators, in threads and tasks."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any
from weakref import ref

import pytest

from autograd import Value, detect_anomaly, enable_grad, grad, no_grad
from autograd.blocks import Block
from autograd.collector import paused
from calls import SHORT, calls


def recorded() -> bool:
    x = Value(2.0)
    return bool((x * x).parents)


def test_what_ends_a_block_is_run_in_order_and_once() -> None:
    done: list[str] = []

    def fails(ending: list[Iterator[Any]]) -> None:
        ending.append(map(done.append, ["d"]))
        raise ZeroDivisionError

    with Block() as ending:
        ending += [map(done.append, ["a", "b"]), map(done.append, ["c"])]
        assert done == []
    assert done == ["a", "b", "c"]
    with pytest.raises(ZeroDivisionError), Block() as ending:
        fails(ending)
    assert done == ["a", "b", "c", "d"]


def test_a_block_can_be_used_again_and_within_itself() -> None:
    block = no_grad()
    for _ in range(2):
        with block:
            with block:
                assert not recorded()
            assert not recorded()
        assert recorded()


def test_blocks_entered_by_hand_last_until_they_are_left_by_hand() -> None:
    block = no_grad()
    assert hasattr(block, "__exit__")
    assert recorded()
    block.__enter__()
    assert not recorded()
    with block:
        assert not recorded()
    assert not recorded()
    block.__exit__(None, None, None)
    assert recorded()
    with ExitStack() as stack:
        stack.enter_context(block)
        stack.enter_context(enable_grad())
        assert recorded()
        stack.enter_context(no_grad())
        assert not recorded()
    assert recorded()
    x = Value(2.0)
    assert calls(lambda: x * x) == SHORT


def test_a_block_may_be_shared_by_threads() -> None:
    block, inside, outside = no_grad(), threading.Barrier(2), threading.Barrier(2)
    seen: list[bool] = []

    def other() -> None:
        with block:
            inside.wait(20)
            seen.append(recorded())
            outside.wait(20)
            seen.append(recorded())

    thread = threading.Thread(target=other)
    thread.start()
    with block:
        inside.wait(20)
    assert recorded()
    outside.wait(20)
    thread.join()
    assert seen == [False, False]
    assert recorded()


def test_a_signal_may_be_handled_in_the_block_while_it_begins() -> None:
    block = no_grad()

    def handle(frame: Any, event: str, _: Any) -> None:
        if frame.f_code is Block.__enter__.__code__:
            sys.settrace(before)
            with block:
                assert not recorded()

    before = sys.gettrace()
    sys.settrace(handle)
    with block:
        assert sys.gettrace() is before
        assert not recorded()
    assert recorded()


def test_a_block_ends_although_all_frames_of_its_beginning_are_kept() -> None:
    """By what the collector calls, as Hypothesis and JAX have it; Python keeps its tracebacks."""
    kept: list[Any] = []

    def keep(phase: str, info: object) -> None:
        kept.append(sys._getframe())

    often = gc.get_threshold()
    gc.callbacks.append(keep)
    gc.set_threshold(1)
    try:
        with no_grad():
            pass
        is_over = recorded()
    finally:
        gc.set_threshold(*often)
        gc.callbacks.remove(keep)
    names = {frame.f_back.f_code.co_name for frame in kept if frame.f_back is not None}
    assert {"__get__", "__init__"} <= names
    assert is_over


def test_blocks_of_generators_may_end_in_any_order() -> None:
    def within() -> Iterator[None]:
        with no_grad():
            yield

    first, second = within(), within()
    next(first)
    next(second)
    assert not recorded()
    first.close()
    assert not recorded()
    second.close()
    assert recorded()


def test_a_task_has_the_mode_of_the_block_it_was_started_in() -> None:
    """For as long as that lasts."""
    seen: list[bool] = []

    async def main() -> None:
        left = asyncio.Event()

        async def task() -> None:
            seen.append(recorded())
            await left.wait()
            seen.append(recorded())

        with no_grad():
            started = asyncio.create_task(task())
            await asyncio.sleep(0)
        left.set()
        await started

    async def other() -> None:
        with no_grad():
            await asyncio.sleep(0)
            assert not recorded()

    async def both() -> None:
        await asyncio.gather(main(), other())

    asyncio.run(main())
    assert seen == [False, True]
    asyncio.run(both())


def test_what_a_mode_was_for_is_not_kept_alive() -> None:
    x = Value(2.0)

    seen = []

    def cube(x: Any) -> Any:
        seen.append(ref(x))
        return x * x * x

    assert grad(cube)(x).data == 12.0
    assert seen[0]() is None


# ---- decorators


def generator() -> Iterator[int]:
    yield 1


async def coroutine() -> int:
    return 1


async def asynchronous_generator() -> AsyncIterator[int]:
    yield 1


class Lazy:
    def __call__(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize("block", [no_grad, enable_grad, detect_anomaly, paused])
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (generator, "generator is a generator function, .* but no yield"),
        (coroutine, "coroutine is an asynchronous function, .* inside it"),
        (asynchronous_generator, "an asynchronous generator function, .* but no yield"),
        (functools.partial(generator), "a generator function"),
        (Lazy(), "a generator function"),
    ],
)
def test_what_runs_piece_by_piece_is_not_decorated(
    block: Callable[[], Block], function: Callable[[], Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        block()(function)


def test_a_decorated_function_is_called_as_before() -> None:
    @no_grad()
    def product(a: Value, *, by: float = 2.0) -> Value:
        """Return a product."""
        return a * by

    node = product(Value(3.0), by=4.0)
    assert (node.data, node.parents) == (12.0, ())
    assert (product.__name__, product.__doc__) == ("product", "Return a product.")
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        product(Value(3.0), to=1.0)  # type: ignore[call-arg]
    assert recorded()
