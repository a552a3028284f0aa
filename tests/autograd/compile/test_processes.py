"""One batch on several processes, as on a cluster."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

half = pytest.importorskip("half_of_a_batch", reason="needs the package jax")


@pytest.mark.slow
def test_two_processes_with_half_of_the_batch_each_find_the_gradient_of_all() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [
        subprocess.Popen(
            [sys.executable, str(Path(half.__file__)), str(port), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    found = [
        json.loads(process.communicate(timeout=120)[0].splitlines()[-1]) for process in started
    ]
    loss, gradient = half.program("numpy")(*half.samples())
    for one in found:
        assert one["here"] == [4]
        assert one["loss"] == pytest.approx(loss, rel=1e-12)
        assert one["gradient"] == pytest.approx(gradient.tolist(), rel=1e-12, abs=1e-15)
