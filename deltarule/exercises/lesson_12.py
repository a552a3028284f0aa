"""Exercises of lesson 12, from scalars to matrices."""

from __future__ import annotations

from math import tanh
from typing import Any

from . import exercise, number, numbers


@exercise("12.1")
def shape_of_a_product(answer: Any) -> str | None:
    """A row for each hidden unit, a column for each sample."""
    mistakes = {
        (8.0, 6.0): "the numbers are right; in the program the columns are samples.",
        (3.0, 8.0): "that is the shape of δ2 itself.",
        (6.0, 3.0): "that is the shape of W2.T alone.",
        (3.0, 6.0): "that is the shape of W2 alone.",
        (4.0, 8.0): "that is the shape of X; W2 connects the hidden units and the outputs.",
    }
    return numbers(answer, (6.0, 8.0), mistakes, tolerance=1e-6)


@exercise("12.2")
def gradient_of_a_batch(answer: Any) -> str | None:
    """δ2 times the transpose of Z1."""
    mistakes = {
        (2.5, 1.0): "that is δ2 Z1; in δ2 Z1ᵀ each row of Z1, one hidden unit, meets δ2.",
        (-0.75, -0.5): "that is the mean over the samples; the matrix product is a sum.",
        (0.5, -1.0): "that is the first sample alone; the second has a share, too.",
        (-2.0, 0.0): "that is the second sample alone; the first has a share, too.",
        (2.5, -1.0): "in the first entry a sign is lost: 1 · 0.5 + (-2) · 1.",
    }
    return numbers(_row(answer), (-1.5, -1.0), mistakes)


@exercise("12.3")
def gradient_of_the_inputs(answer: Any) -> str | None:
    """The row ∂L/∂Y times the transpose of W."""
    if hasattr(answer, "__len__") and len(_row(answer)) == 2:
        return "∂L/∂X has the shape of X: one number for each of the three inputs."
    mistakes = {
        (4.0, 3.0, 0.0): "look at the sign of -1 in ∂L/∂Y.",
        (3.0, 3.0, 0.0): "those are the sums of the rows of W; ∂L/∂Y is missing.",
        (3.0, 6.0, -1.0): "each entry of ∂L/∂Y goes with its own column of W; they are crossed.",
    }
    return numbers(_row(answer), (0.0, -3.0, -3.0), mistakes)


@exercise("12.4")
def gradient_of_a_shared_weight(answer: Any) -> str | None:
    """The mean of (y - t) (tanh(wx) + w x (1 - tanh²(wx)))."""
    w, samples = 0.5, ((0.0, 1.0), (1.0, 0.0), (2.0, 1.0))
    z = [tanh(w * x) for x, _ in samples]
    delta = [w * z_n - t for z_n, (_, t) in zip(z, samples)]
    outer = sum(d * z_n for d, z_n in zip(delta, z)) / 3
    inner = sum(d * w * (1 - z_n**2) * x for d, z_n, (x, _) in zip(delta, z, samples)) / 3
    if hasattr(answer, "__len__") and not isinstance(answer, (str, dict)):
        row = _row(answer)
        if len(row) != 1:
            return f"expected one number, the entry of w, got {len(row)}."
        answer = row[0]
    return number(
        answer,
        outer + inner,
        {
            3 * (outer + inner): "that is the sum over the samples; the question is the mean.",
            outer: "that leaves out the path through the inner w; it has to be the same node.",
            inner: "that leaves out the path through the outer w; it has to be the same node.",
            2 * (outer + inner): "the factor ½ of the error is missing.",
            sum(d * d for d in delta) / 6: "that is the error; the gradient comes after it.",
        },
        tolerance=1e-3,
    )


@exercise("12.5")
def backward_of_a_layer(answer: Any) -> str | None:
    """G Wᵀ, Xᵀ G and the sum of the rows of G."""
    if not callable(answer):
        return f"expected a function, got {type(answer).__name__}."
    import numpy as np

    X = np.array([[1.0, 2.0, 0.5], [-1.0, 0.0, 3.0], [2.0, 1.0, -2.0], [0.5, -1.5, 1.0]])
    W = np.array([[1.0, -2.0], [0.5, 3.0], [4.0, 1.5]])
    G = np.array([[0.1, -1.0], [2.0, 0.5], [-0.3, 1.0], [1.0, 0.25]])
    try:
        given = answer(X.copy(), W.copy(), G.copy())
    except Exception as error:
        return f"for X (4, 3), W (3, 2), G (4, 2) it raised {type(error).__name__}: {error}"
    if given is None:
        return "the function returns None; is a return missing?"
    if not isinstance(given, (tuple, list)) or len(given) != 3:
        return "the function should return three arrays, dX, dW and db."
    for name, result, right in zip(("dX", "dW", "db"), given, (G @ W.T, X.T @ G, G.sum(axis=0))):
        fault = _matrix(np.asarray(result, float), right, name, len(X))
        if fault:
            return fault
    return None


def _matrix(result: Any, right: Any, name: str, samples: int) -> str | None:
    """Judge one of the arrays."""
    if name == "db" and result.shape == (1, *right.shape):
        result = result[0]
    if result.shape == right.shape[::-1] != right.shape:
        return f"{name} is transposed: it has the shape {result.shape}, not {right.shape}."
    if result.shape != right.shape:
        hint = "; all samples share b, add them up" if result.shape[:1] == (samples,) else ""
        return f"{name} has the shape {result.shape}, not {right.shape}{hint}."
    if (abs(result - right) < 1e-9).all():
        return None
    if (abs(samples * result - right) < 1e-9).all():
        return f"{name} is the mean over the samples; the paths from all samples add up."
    return f"{name} has the right shape, but not the right entries."


def _row(answer: Any) -> Any:
    """Return the only row of a matrix, or what else was given."""
    if hasattr(answer, "__len__") and not isinstance(answer, (str, dict)) and len(answer) == 1:
        first = answer[0]
        return first if hasattr(first, "__len__") else answer
    return answer
