"""Exercises of lesson 9, regression."""

from __future__ import annotations

import math
from typing import Any

from nn import MLP, predict

from . import exercise, number, numbers


@exercise("9.1")
def parameters_of_the_network(answer: Any) -> str | None:
    """Weights and biases of a network 1-3-1."""
    mistakes = {
        6.0: "those are the weights; every unit has a bias, too.",
        9.0: "the output unit has a bias, too.",
        7.0: "the hidden units have biases, too.",
        4.0: "those are the biases; add the weights.",
        11.0: "an input has no bias.",
    }
    return number(answer, 10.0, mistakes)


@exercise("9.2")
def middle_of_a_step(answer: Any) -> str | None:
    """Where 4x - 1 is 0."""
    mistakes = {
        -0.25: "solve w x + b = 0 once more: the bias is negative.",
        4.0: "that is the weight, which makes the step steep.",
        -1.0: "that is the bias; where is the pre-activation 0?",
        -4.0: "that is the inverse of the ratio, with the wrong sign.",
        math.tanh(-1.0): "that is the output at x = 0; where is it 0?",
    }
    return number(answer, 0.25, mistakes)


@exercise("9.3")
def output_delta_and_gradient(answer: Any) -> str | None:
    """δ = y - t and δ z_j."""
    slope = 0.62 * (1.0 - 0.62)
    mistakes = {
        (-0.12, 0.096): "that δ is t - y; turn the sign.",
        (0.12, 0.096): "δ is right; look at the sign of z_j.",
        (0.12 * slope, -0.096 * slope): "the output is the identity: there is no factor y(1-y).",
        (0.12, 0.12 * (1.0 - 0.64)): "δ is right; the slope 1 - z² belongs to the weights one "
        "layer below.",
        (0.0072, -0.00576): "that is made of the error; δ is its derivative.",
        (-0.096, 0.12): "first δ, then the gradient of the weight.",
    }
    return numbers(answer, [0.12, -0.096], mistakes)


@exercise("9.4")
def limit_to_the_right(answer: Any) -> str | None:
    """All hidden units are saturated far away."""
    mistakes = {
        1.75: "the second unit has a negative input weight: to which side does it saturate?",
        -2.25: "that is the limit for x to minus infinity.",
        2.5: "do not forget the bias.",
        2.25: "the second unit does not vanish: tanh tends to -1 there.",
    }
    return number(answer, 2.75, mistakes)


@exercise("9.5")
def network_for_the_sine(answer: Any) -> str | None:
    """A network that follows sin x between -1 and 1."""
    if not isinstance(answer, MLP):
        return f"expected the network, an MLP, got {type(answer).__name__}."
    if len(answer.sizes) != 3 or answer.sizes[0] != 1 or answer.sizes[-1] != 1:
        return "the network should have 1 input, one hidden layer and 1 output."
    points = [(2 * k + 1) / 50 - 1 for k in range(50)]
    outputs = predict(answer, [[x] for x in points])
    rms = _rms(outputs, [math.sin(x) for x in points])
    if rms >= 0.002:
        if _rms(outputs, [math.sin(math.pi * x) for x in points]) < 0.05:
            return "this network has learnt sin πx; the task is sin x."
        return f"its rms error is {rms:.3g}, which is not below 0.002 yet."
    if answer.sizes[1] > 1:
        return (
            f"its rms error is {rms:.2g}, which is below 0.002; but {answer.sizes[1]} hidden units "
            "are more than it needs. What does sin x look like in this interval?"
        )
    return None


def _rms(y: list[Any], t: list[float]) -> float:
    """Return the root of the mean squared distance."""
    return math.sqrt(sum([(y_n - t_n) ** 2 for y_n, t_n in zip(y, t)]) / len(t))
