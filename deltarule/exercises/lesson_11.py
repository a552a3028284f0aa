"""Exercises of lesson 11, why backpropagation."""

from __future__ import annotations

from typing import Any

from autograd import Operation, gradcheck
from autograd.numbers import close

from . import exercise, number, numbers


@exercise("11.1")
def time_of_central_differences(answer: Any) -> str | None:
    """Two forward passes for each weight."""
    return number(
        answer,
        200.0,
        {
            100.0: "central differences look to both sides of each weight.",
            2e5: "that is in milliseconds.",
            0.004: "that is the time for one weight.",
            5e6: "the passes cost 2 ms each, whatever W is; there are not W² of them.",
        },
        tolerance=2e-3,
    )


@exercise("11.2")
def bound_of_vanishing_delta(answer: Any) -> str | None:
    """Five steps back, each with the weight 2 and a slope of at most 1/4."""
    return number(
        answer,
        0.5**5,
        {
            0.5**6: "from layer 6 back to layer 1 there are five steps, not six.",
            0.5**4: "from layer 6 back to layer 1 there are five steps, not four.",
            0.25**5: "each step multiplies by the weight as well.",
            0.25**6: "each step multiplies by the weight as well, and there are five steps.",
            2.0**5: "the slope is missing: each step multiplies by h′(a), too.",
            1.0: "the slope z (1 - z) of the logistic function is largest at z = ½.",
        },
    )


@exercise("11.3")
def vector_jacobian_product(answer: Any) -> str | None:
    """The row vector ∂L/∂y times the Jacobian."""
    if hasattr(answer, "__len__") and not isinstance(answer, (str, dict)) and len(answer) == 2:
        return "∂L/∂x has a number for each input, and there are three of them."
    return numbers(
        answer,
        (2.0, 5.0, -3.0),
        {
            (2.0, 3.0, -3.0): "the second input acts through both outputs: mind the two signs.",
            (2.0, 3.0, 3.0): "mind the sign of ∂L/∂y₂.",
            (1.0, 1.0, 3.0): "that is the sum of the rows; each row counts as much as its ∂L/∂y.",
            (2.0, 4.0, 0.0): "that is the first row only; both outputs contribute.",
        },
    )


@exercise("11.4")
def gradient_by_central_differences(answer: Any) -> str | None:
    """A function that measures a gradient, from both sides and with nothing left changed."""
    if not callable(answer):
        return f"expected a function, got {type(answer).__name__}."
    start = [1.0, 2.0, -0.5]
    w, asked = list(start), []

    def f(w: Any) -> float:
        asked.append([float(x) for x in w])
        return asked[-1][0] ** 3 * asked[-1][1] + 4.0 * asked[-1][2]

    try:
        given = answer(f, w)
    except Exception as error:
        return f"called with (f, [1, 2, -0.5]) it raised {type(error).__name__}: {error}"
    if given is None:
        return "the function returns None; is a return missing?"
    if not asked:
        return "it never calls f."
    moves = [[x - x0 for x, x0 in zip(point, start)] for point in asked]
    if any(sum(abs(move) > 1e-12 for move in point) > 1 for point in moves):
        return "it changes several weights at a time: put one back before you move the next."
    if max(abs(move) for point in moves for move in point) > 0.1:
        return "its steps are too large to measure a slope; take ε = 1e-4 or so."
    both_sides = all(
        min(point[i] for point in moves) < 0 < max(point[i] for point in moves) for i in range(3)
    )
    right = (6.0, 1.0, 4.0)
    mistakes = {
        tuple(2 * g for g in right): "twice too large: the two points are 2ε apart.",
        tuple(-g for g in right): "the sign is not right: f(w + ε) comes first.",
    }
    fault = numbers(given, right, mistakes, tolerance=1e-4)
    if not both_sides:
        return "it does not look to both sides of each weight, as central differences do."
    if fault is None and not all(close(x, x0, absolute=1e-9) for x, x0 in zip(w, start)):
        return "the gradient is right, but w does not hold the same numbers as before."
    return fault and f"for w₀³ w₁ + 4 w₂ at [1, 2, -0.5]: {fault}"


@exercise("11.5")
def softsign(answer: Any) -> str | None:
    """An operation of one's own whose derivative is right on both sides of 0."""
    if not isinstance(answer, Operation):
        return f"expected an Operation, got {type(answer).__name__}."
    for a in (0.5, -1.5, 3.0):
        value = float(answer(a))
        if not close(value, a / (1 + abs(a)), absolute=1e-12):
            return f"at a = {a:g} its value is {value:.6g}, not {a / (1 + abs(a)):.6g}."
    for a in (0.5, 3.0, -1.5):
        row = gradcheck(lambda a: answer(a), a).rows[0]
        if row.verdict != "ok":
            return (
                f"its values are right, but at a = {a:g} its rule gives the derivative "
                f"{row.analytic:.6g}, and differences give {row.numeric:.6g}."
            )
    return None
