"""Exercises of lesson 4, one neuron."""

from __future__ import annotations

import math
from typing import Any

from . import exercise, function, number


@exercise("4.1")
def pre_activation(answer: Any) -> str | None:
    """The weighted sum of two inputs, and the bias."""
    return number(
        answer,
        1.5,
        {
            1.0: "that is the weighted sum without the bias.",
            0.5: "that leaves the bias with the wrong sign, or alone.",
            5.5: "the second weight is negative.",
            1 / (1 + math.exp(-1.5)): "that is the output of a logistic unit; a comes before h.",
        },
    )


@exercise("4.2")
def slope_of_the_logistic_function(answer: Any) -> str | None:
    """The slope where the output is 0.8."""
    y = 1 / (1 + math.exp(-0.8))
    return number(
        answer,
        0.16,
        {
            y * (1 - y): "0.8 is the output y, not the pre-activation a.",
            0.36: "that is the slope of tanh; this unit is logistic.",
            0.2: "that is 1 - y, one of two factors.",
        },
    )


@exercise("4.3")
def one_step(answer: Any) -> str | None:
    """A step of gradient descent on one weight."""
    return number(
        answer,
        0.448,
        {
            0.352: "this step goes uphill: gradient descent subtracts the gradient.",
            0.7: "that leaves out the slope of the logistic function.",
            0.1: "the slope is missing, and the step goes uphill.",
            0.416: "that leaves out the input: the gradient is δ times the input.",
            0.496: "that leaves out the learning rate.",
            0.048: "that is the change of the weight; what is the weight after it?",
            -0.032: "that is δ; what is the weight after the step?",
            -0.096: "that is the gradient; what is the weight after the step?",
        },
    )


@exercise("4.4")
def delta_of_tanh(answer: Any) -> str | None:
    """δ of a tanh unit with squared error, as a function of y and t."""
    points = [(0.5, 1.0), (-0.3, 1.0), (0.9, -1.0)]
    fault = function(answer, lambda y, t: (y - t) * (1 - y**2), points)
    if fault and callable(answer):
        mistakes = {
            "that has the opposite sign; which of the two conventions is ∂E/∂a?": lambda y, t: (
                (t - y) * (1 - y**2)
            ),
            "y (1 - y) is the slope of the logistic function; this unit is tanh.": lambda y, t: (
                (y - t) * y * (1 - y)
            ),
            "that is ∂E/∂y; δ is ∂E/∂a, so one factor is missing.": lambda y, t: y - t,
            "y is already the output: do not take tanh of it again.": lambda y, t: (
                (y - t) * (1 - math.tanh(y) ** 2)
            ),
        }
        for message, mistake in mistakes.items():
            if function(answer, mistake, points) is None:
                return message
    return fault


@exercise("4.5")
def xor_of_or_and_and(answer: Any) -> str | None:
    """A third neuron that makes XOR of OR and AND."""
    if not hasattr(answer, "__len__") or len(answer) != 3:
        return "expected three numbers, [w1, w2, b]."
    w1, w2, b = map(float, answer)
    for x1, x2 in ((0, 0), (0, 1), (1, 0), (1, 1)):
        a = w1 * (x1 | x2) + w2 * (x1 & x2) + b
        wanted = x1 ^ x2
        if a == 0 or (a > 0) != bool(wanted):
            side = "above" if wanted else "below"
            return (
                f"for the inputs ({x1}, {x2}), with OR = {x1 | x2} and AND = {x1 & x2}, "
                f"a is {a:g}; it must be {side} 0."
            )
    return None
