"""The engines of compile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograd.compile import c_code, engines
from engines import PACKAGES, x64


@pytest.fixture
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The name of an engine, with 64 bits in JAX and a folder of its own for machine code."""
    name = request.param
    if name == "c":
        try:
            c_code.compiler()
        except ImportError as error:
            pytest.skip(str(error))
    package = pytest.importorskip(PACKAGES[name])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if name == "loops":
        monkeypatch.setattr(package.config, "DISABLE_JIT", True)
        monkeypatch.setattr(engines, "MOST_LOOPS", 10_000)
    with x64(name == "jax"):
        yield "numba" if name == "loops" else name
