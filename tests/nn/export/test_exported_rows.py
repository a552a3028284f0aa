"""Every row of the table in PyTorch, JAX and ONNX: its value, and the slopes that it declares."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from autograd.table import BUILT_IN
from exported import run_onnx
from nn import Module
from nn.export import to_jax, to_onnx, to_torch
from rows import EDGES, cases_of

# Of subnormal numbers JAX makes 0, and of the largest ones the order of a sum is felt.
NUMBERS = [x for x in EDGES if x != 5e-324 and abs(x) != 1e308]
NUMBERS += [-0.5, 2.0, -3.7, 0.3, 30.0, -9.0, 1e5]
# `share` is not found as such in a trace: its slopes at infinity are those of a / (a + b).
CASES = [
    pytest.param(count, apply, id=f"{name}-{i}")
    for name in sorted(BUILT_IN - {"share"})
    for i, (count, apply) in enumerate(cases_of(name))
]
every_row = pytest.mark.parametrize(("count", "apply"), CASES)


class Applied(Module):
    """One row, on what it is called with."""

    def __init__(self, apply: Callable[..., Any]) -> None:
        self.apply = apply

    def __call__(self, x: Any) -> Any:
        return self.apply(*x)


def points_of(count: int) -> list[tuple[float, ...]]:
    points = list(itertools.product(NUMBERS, repeat=count))
    return points[:: len(points) // 300 or 1]


def agree(points: Any, theirs: list[Any], ours: list[Any], digits: float = 1e-15) -> None:
    for point, a, b in zip(points, theirs, ours, strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=digits, nan_ok=True), point


def here(
    apply: Callable[..., Any], points: list[tuple[float, ...]]
) -> tuple[list[float], list[list[float]]]:
    """Values and slopes of the scalar graph."""
    values, slopes = [], []
    for point in points:
        leaves = [Value(x) for x in point]
        y = apply(*leaves)
        y.backward()
        values.append(y.data)
        slopes.append([leaf.grad or 0.0 for leaf in leaves])
    return values, slopes


@every_row
def test_rows_in_pytorch(torch: Any, count: int, apply: Callable[..., Any]) -> None:
    """Also at kinks and poles, and far out."""
    points = points_of(count)
    values, slopes = here(apply, points)
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    y = to_torch(Applied(apply), count)(x)
    y.sum().backward()
    agree(points, y[:, 0].tolist(), values)
    agree(points, x.grad.tolist(), slopes)


@every_row
def test_rows_in_jax(jax: Any, count: int, apply: Callable[..., Any]) -> None:
    """Also at kinks and poles, and far out."""
    points = points_of(count)
    values, slopes = here(apply, points)
    function, parameters = to_jax(Applied(apply), count)
    x = jax.numpy.array(points)
    y, back = jax.vjp(lambda x: function(parameters, x), x)
    agree(points, y[:, 0].tolist(), values)
    agree(points, back(jax.numpy.ones_like(y))[0].tolist(), slopes)


@every_row
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_rows_in_onnx_runtime(
    onnxruntime: Any,
    tmp_path: Path,
    count: int,
    apply: Callable[..., Any],
    dtype: Any,
    tolerance: float,
) -> None:
    """From -50 to 50, where they have a value: of what is small, 16 digits after the point."""
    numbers = [i / 8.0 for i in range(-400, 401)] if count == 1 else [-7.25, -0.5, 0.0, 0.3, 1.5]
    points = list(itertools.product(numbers, repeat=count))
    values, _ = here(apply, points)
    to_onnx(Applied(apply), tmp_path / "row.onnx", dtype, inputs=count)
    y = run_onnx(onnxruntime, tmp_path / "row.onnx", points, dtype)[:, 0].tolist()
    for point, theirs, ours in zip(points, y, values):
        if abs(ours) < 1e30:
            assert theirs == pytest.approx(ours, rel=tolerance, abs=tolerance / 100), point
        else:
            assert not abs(theirs) < 1e30, point


@every_row
def test_no_number_in_onnx_where_there_is_none(
    onnxruntime: Any, tmp_path: Path, count: int, apply: Callable[..., Any]
) -> None:
    """At infinity, of nan, and outside of the domain: as here, or nan; -0 counts as 0."""
    points = [tuple([x + 0.0 for x in point]) for point in points_of(count)]
    values, _ = here(apply, points)
    to_onnx(Applied(apply), tmp_path / "row.onnx", inputs=count)
    y = run_onnx(onnxruntime, tmp_path / "row.onnx", points, "float64")[:, 0].tolist()
    for point, theirs, ours in zip(points, y, values):
        is_same = theirs == pytest.approx(ours, rel=1e-12, abs=1e-14, nan_ok=True)
        assert is_same or (math.isnan(theirs) and math.isinf(ours)), point
