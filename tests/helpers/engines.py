"""Marks that run a test with several engines, and what these need."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from nn import ACTIVATIONS

PACKAGES = {"c": "numpy", "numpy": "numpy", "numba": "numba", "loops": "numba", "jax": "jax"}
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax", "linear", "logistic"})
ALL = pytest.mark.parametrize("engine", ["numpy", "c", "numba", "jax"], indirect=True)
LOOPS_ONLY = pytest.mark.parametrize("engine", ["loops"], indirect=True)
LOOPS = pytest.mark.parametrize("engine", ["numpy", "loops", "jax"], indirect=True)


def _slow(*names: str) -> Any:
    """Compilers take half a second or more."""
    slow = [pytest.param(name, marks=pytest.mark.slow) for name in names]
    return pytest.mark.parametrize("engine", ["numpy", "loops", *slow], indirect=True)


SLOW = _slow("c", "numba", "jax")
MANY = _slow("c", "jax")
C = _slow("c")


class x64:
    """JAX with 64 bits, within a `with` block."""

    def __init__(self, is_wanted: bool) -> None:
        self.is_wanted = is_wanted

    def __enter__(self) -> None:
        if self.is_wanted:
            import jax

            self.before = jax.config.jax_enable_x64
            jax.config.update("jax_enable_x64", True)

    def __exit__(self, *_: Any) -> None:
        if self.is_wanted:
            import jax

            jax.config.update("jax_enable_x64", self.before)


def in_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
