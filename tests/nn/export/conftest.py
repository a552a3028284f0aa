"""Libraries that tests of exports need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exported import package


@pytest.fixture
def torch() -> Any:
    return package("torch")


@pytest.fixture
def jax() -> Iterator[Any]:
    """JAX in double precision."""
    jax = package("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def onnxruntime() -> Any:
    package("onnx")
    return package("onnxruntime")
