"""Python's cyclic garbage collector, paused."""

import gc
from collections.abc import Iterator

import pytest

from autograd.collector import paused


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_afterwards_as_it_was_before(enabled: bool) -> None:
    """Also if pauses are nested, and if something goes wrong in one."""
    (gc.enable if enabled else gc.disable)()
    with paused():
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled() == enabled
    with pytest.raises(ZeroDivisionError), paused():
        _ = 1 / 0
    assert gc.isenabled() == enabled


def test_a_decorated_function_runs_without_it() -> None:
    gc.enable()
    assert paused()(gc.isenabled)() is False
    assert gc.isenabled()
