"""Exercises of lesson 1, derivatives and graphs."""

from __future__ import annotations

import math
from typing import Any

from . import exercise, number, numbers


@exercise("1.1")
def estimate_by_a_nudge(answer: Any) -> str | None:
    """What f(10.2) is about, from f(10) = 7 and f'(10) = -3."""
    return number(
        answer,
        6.4,
        {
            7.6: "the derivative is negative: as x grows, does f grow?",
            -0.6: "that is the change of f; the question is for the value of f.",
            4.0: "that is the change for a nudge of 1; how large is the nudge here?",
            -3.0: "that is the derivative: the change of f for each unit of the nudge.",
            7.0: "that is f(10); the nudge changes it.",
        },
    )


@exercise("1.2")
def slope_by_a_graph(answer: Any) -> str | None:
    """The derivative of x³ / (1 + x²) at x = 2."""
    return number(
        answer,
        1.12,
        {
            1.6: "that is the value of f at 2, not its slope; where does backward() leave slopes?",
            2.24: "that is twice the slope: has backward() run twice? Gradients add up.",
            2.4: "the denominator depends on x, too.",
            3.0: "a quotient is not differentiated by differentiating both parts.",
            0.0: "gradients are 0 before backward(); call it on the result.",
        },
    )


@exercise("1.3")
def central_difference(answer: Any) -> str | None:
    """The central difference (f(x + h) - f(x - h)) / 2h as a function of f, x and h."""
    if not callable(answer):
        return f"expected the function itself, got {type(answer).__name__}; call nothing here."
    for f, name, x, h in ((_cube, "x³", 2.0, 0.1), (math.sin, "sin x", 0.5, 0.2)):
        given = answer(f, x, h)
        if given is None or given is ...:
            return "the function returns nothing yet; what should stand after return?"
        right = (f(x + h) - f(x - h)) / (2.0 * h)
        mistakes = {
            (f(x + h) - f(x)) / h: "that is the forward difference: it looks to one side only.",
            (f(x) - f(x - h)) / h: "that is the backward difference: it looks to one side only.",
            2.0 * right: "x + h and x - h are how far apart? Divide by that.",
            (f(x + h) - f(x - h)) / 2.0 * h: "(...) / 2 * h multiplies by h: use brackets.",
            h * right: "the change is not yet divided by the whole distance 2h.",
            2.0 * h * right: "that is the change of f; divide it by the change of x.",
        }
        fault = number(given, right, mistakes, tolerance=1e-6)
        if fault:
            return f"for f(x) = {name}, x = {x:g}, h = {h:g}: {fault}"
    return None


@exercise("1.4")
def gradient_by_hand(answer: Any) -> str | None:
    """The gradient of x (x + 2y) at (3, -1)."""
    return numbers(
        answer,
        (4.0, 6.0),
        {
            (6.0, 4.0): "the numbers are right, but not in the order ∂f/∂x, ∂f/∂y.",
            (1.0, 6.0): "x stands in the expression twice, and you have nudged one of them.",
            (3.0, 6.0): "x stands in the expression twice, and you have nudged one of them.",
            (4.0, 2.0): "for ∂f/∂y: the bracket changes by 2 Δy, and what is it multiplied by?",
            (4.0, 3.0): "for ∂f/∂y: a nudge Δy changes the bracket by 2 Δy.",
        },
    )


@exercise("1.5")
def nudge_of_the_demon(answer: Any) -> str | None:
    """The Δa that lowers the error by 0.02 where δ = -0.4."""
    return number(
        answer,
        0.05,
        {
            -0.05: "with this nudge the error grows: δ Δa is positive.",
            0.008: "you have multiplied; solve ΔE = δ Δa for Δa.",
            -0.008: "you have multiplied; solve ΔE = δ Δa for Δa.",
            20.0: "that is δ / ΔE; solve ΔE = δ Δa for Δa.",
            -20.0: "that is δ / ΔE; solve ΔE = δ Δa for Δa.",
        },
    )


def _cube(x: float) -> float:
    return x**3
