"""Exercises of lesson 6, errors from maximum likelihood."""

from __future__ import annotations

import math
from typing import Any

from autograd import Value, sigmoid, softmax
from autograd.numbers import close

from . import exercise, number, numbers


@exercise("6.1")
def cross_entropy_of_a_sample(answer: Any) -> str | None:
    """Minus the logarithm of the probability of the true class."""
    mistakes = {
        0.15: "that is the probability of the true class; take minus its logarithm.",
        -math.log(0.8): "that is the error if the largest probability belonged to the true class.",
        -math.log(0.05): "that is the error for class 0; classes are counted from 0.",
        -math.log10(0.15): "that is the logarithm to base 10; take the natural one.",
        -math.log2(0.15): "that is the logarithm to base 2; take the natural one.",
        -math.log(0.15 * 0.95 * 0.2): "that treats the classes as three independent labels; "
        "here exactly one of them is true.",
    }
    return number(answer, -math.log(0.15), mistakes)


@exercise("6.2")
def deltas_of_softmax(answer: Any) -> str | None:
    """δ of the three outputs of a softmax layer."""
    y = [float(y_k) for y_k in softmax([1.0, 2.0, 0.0])]
    right = [y[0] - 1.0, y[1], y[2]]
    mistakes = {
        tuple(y): "those are the outputs y; subtract the target.",
        tuple(-d for d in right): "that is t - y; turn the sign.",
        (0.0, 2.0, 0.0): "apply softmax to the pre-activations before you subtract the target.",
        (y[0], y[1] - 1.0, y[2]): "the true class is the first one, class 0.",
        tuple(d * y_k * (1.0 - y_k) for d, y_k in zip(right, y)): "there is no factor y(1-y) "
        "when error and output activation match.",
    }
    return numbers(answer, right, mistakes)


@exercise("6.3")
def learning_rate_for_the_sum(answer: Any) -> str | None:
    """The learning rate with which the sum of 150 errors makes the steps of the mean."""
    mistakes = {
        0.3: "then each step is 150 times as large: the gradient of the sum is the larger one.",
        45.0: "that is the way from the sum to the mean; you need the opposite.",
        1 / 150: "that is the ratio of the two learning rates.",
    }
    return number(answer, 0.3 / 150, mistakes)


@exercise("6.4")
def factor_of_the_slow_start(answer: Any) -> str | None:
    """Ratio of the δ of cross-entropy and of the half squared error at a = 4."""
    y = sigmoid(4.0)
    slope = y * (1.0 - y)
    mistakes = {
        slope: "that is the inverse: by what factor the δ of the squared error is smaller.",
        y: "that is δ with cross-entropy; divide it by δ with the squared error.",
        y * slope: "that is δ with the squared error; divide δ with cross-entropy by it.",
        (1.0 - y) / (y * slope): "the target is 0, not 1.",
        1 / (4.0 * (1.0 - 4.0)): "the factor is made of the output y, not of the pre-activation.",
    }
    return number(answer, 1.0 / slope, mistakes)


@exercise("6.5")
def poisson_error(answer: Any) -> str | None:
    """The error for counts: minus the logarithm of the Poisson distribution."""
    if not callable(answer):
        return f"expected a function of y and t, got {type(answer).__name__}."
    for start, t in ((0.3, 2), (-1.0, 0), (1.5, 3)):
        a = Value(start)
        y = a.exp()
        error = answer(y, t)
        if error is None:
            return "the function returns None; is a return missing?"
        if not isinstance(error, Value):
            return (
                f"for a Value y it returns a {type(error).__name__}, which has no gradient: "
                "compute with y itself, and with y.log() or autograd.log."
            )
        error.backward()
        right = y.data - t
        if close(a.grad, right, 1e-6, 1e-9):
            continue
        shown = f"at y = {y.data:.3f}, t = {t} it gives δ = {a.grad:.3f}, and y - t = {right:.3f}"
        if close(a.grad, -right, 1e-6):
            return f"{shown}: the error is *minus* the logarithm."
        if close(a.grad, y.data, 1e-6):
            return f"{shown}: where is the factor with t in it?"
        if close(a.grad, -t, 1e-6):
            return f"{shown}: the factor e^-y has a logarithm, too."
        return f"{shown}."
    return None
