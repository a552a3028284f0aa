"""Exercises of lesson 8, the error surface."""

from __future__ import annotations

import math
from typing import Any, Final

from autograd.numbers import close, number_of

from . import exercise, function, number, numbers

INPUTS: Final = [i / 5 for i in range(-10, 11)]
LOCAL: Final = (-0.926, 1.692)
GLOBAL: Final = (2.0, -1.0)


@exercise("8.1")
def gradient_of_a_chain(answer: Any) -> str | None:
    """The gradient of ½(w₁w₂ - 1)² at (2, 1)."""
    return numbers(
        answer,
        [1.0, 2.0],
        {
            (2.0, 1.0): "the order is wrong: ∂E/∂w₁ contains w₂.",
            (-1.0, -2.0): "that is the direction of descent; the gradient points uphill.",
            (2.0, 4.0): "the factor ½ is missing.",
            (1.0, 1.0): "the inner derivatives are missing: w₁w₂ depends on w₁ and w₂.",
        },
    )


@exercise("8.2")
def largest_learning_rate(answer: Any) -> str | None:
    """The limit of the learning rate in a bowl with curvatures 1 and 25."""
    return number(
        answer,
        0.08,
        {
            2.0: "that holds for w₁ alone; w₂ is steeper.",
            0.04: "with this rate w₂ arrives in one step; it may still overshoot and converge.",
            0.4: "the curvature is the second derivative, 25, and not its root.",
            0.16: "the factor ½ belongs to the error: the curvature is 25, not 12.5.",
        },
    )


@exercise("8.3")
def eigenvalues_at_the_origin(answer: Any) -> str | None:
    """The eigenvalues of the Hessian of ½(w₁w₂ - 1)² at (0, 0)."""
    try:
        answer = sorted(number_of(x) for x in answer)
    except TypeError:
        return f"expected 2 numbers, got {type(answer).__name__}."
    return numbers(
        answer,
        [-1.0, 1.0],
        {
            (0.0, 0.0): "those are the entries on the diagonal; the others are not zero.",
            (-1.0, -1.0): "those are the entries off the diagonal, not the eigenvalues.",
            (1.0, 1.0): "with two positive eigenvalues it would be a minimum; look at the signs.",
        },
    )


@exercise("8.4")
def gradient_descent(answer: Any) -> str | None:
    """A function that makes several steps of gradient descent with one weight."""
    if not callable(answer):
        return f"expected a function, got {type(answer).__name__}."
    if answer(_parabola, 3.0, 0.25, 0) is None:
        return "it returns None; is a return missing?"
    given = number_of(answer(_parabola, 3.0, 0.25, 2))
    mistakes = {
        1.0: "it keeps the first slope: compute the slope again after every update.",
        2.0: "it makes one update only.",
        1.25: "it makes one update too many.",
        5.5: "it walks uphill.",
    }
    if close(given, _walk(_parabola, 3.0, 0.25, 2)):
        return function(
            lambda w, steps: answer(_cubic, w, 0.1, steps),
            lambda w, steps: _walk(_cubic, w, 0.1, steps),
            [(1.0, 0), (1.0, 1), (-2.0, 5)],
        )
    where = "with the slope 2(w - 1), w = 3, eta = 0.25 and 2 steps"
    return f"{where} it arrives at {given:g}, not 1.5. " + mistakes.get(given, "").capitalize()


@exercise("8.5")
def unlucky_start(answer: Any) -> str | None:
    """A start nearer to the global minimum whose path ends in the local one."""
    try:
        w1, w2 = (number_of(x) for x in answer)
    except (TypeError, ValueError):
        return "expected two numbers, w₁ and w₂."
    if not max(abs(w1), abs(w2)) <= 3:
        return "the start must lie between -3 and 3 in both weights."
    if math.dist((w1, w2), GLOBAL) >= math.dist((w1, w2), LOCAL):
        return "this start lies nearer to the local minimum w_A."
    end = _descent(w1, w2)
    if math.dist(end, LOCAL) < 0.3:
        return None
    if end[0] > 0.5:
        return f"from here the path leads into the valley of w_B, to ({end[0]:.2f}, {end[1]:.2f})."
    return f"after 300 updates it is only at ({end[0]:.2f}, {end[1]:.2f}), still on its way."


def _parabola(w: float) -> float:
    return 2 * (w - 1)


def _cubic(w: float) -> float:
    return w**3


def _walk(slope: Any, w: float, eta: float, steps: int) -> float:
    for _ in range(steps):
        w -= eta * slope(w)
    return w


def _descent(w1: float, w2: float, eta: float = 0.5, steps: int = 300) -> tuple[float, float]:
    """Return where gradient descent ends on the surface of the lesson."""
    targets = [_outputs(x, *GLOBAL) for x in INPUTS]
    for _ in range(steps):
        slope1 = slope2 = 0.0
        for x, (t1, t2) in zip(INPUTS, targets):
            z1, z2 = _outputs(x, w1, w2)
            delta = (z1 + 0.7 * z2 - t1 - 0.7 * t2) / len(INPUTS)
            slope1 += delta * (1 - z1**2) * x
            slope2 += delta * 0.7 * (1 - z2**2) * x
        w1, w2 = w1 - eta * slope1, w2 - eta * slope2
    return w1, w2


def _outputs(x: float, w1: float, w2: float) -> tuple[float, float]:
    """Return the activations of the two hidden units."""
    return math.tanh(w1 * x + 1), math.tanh(w2 * x)
