"""Exercises of lesson 13, second derivatives and your own operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Operation, cosh, exp, grad, gradcheck, sin
from autograd.numbers import close
from autograd.quoting import short

from . import exercise, number


@exercise("13.1")
def second_derivative(answer: Any) -> str | None:
    """The second derivative of sin(x²) at 1."""
    s, c = math.sin(1.0), math.cos(1.0)
    return number(
        answer,
        2.0 * c - 4.0 * s,
        {
            2.0 * c: "that is f'(1) = 2 cos(1); differentiate once more.",
            -4.0 * s: "in f'(x) = 2x cos(x²) the factor 2x depends on x as well: product rule.",
            -s: "that is the second derivative of sin alone; its argument is x².",
            s: "that is f(1) itself.",
        },
    )


@exercise("13.2")
def newton_step(answer: Any) -> str | None:
    """One step of Newton's method towards a minimum."""
    if not callable(answer):
        return f"expected a function step(f, x), got {type(answer).__name__}."

    def f(x: Any) -> Any:
        return exp(x) - 2.0 * x

    x = 1.5
    slope, curvature = grad(f)(x), grad(grad(f))(x)
    try:
        given = answer(f, x)
    except Exception as error:
        return f"step(f, {x:g}) raised {type(error).__name__}: {error}"
    mistakes = {
        x + slope / curvature: "this goes uphill: the step is subtracted.",
        x - f(x) / slope: "that is Newton's method for a zero of f. A minimum is a zero of f'.",
        x - slope * curvature: "the slope is divided by the curvature, not multiplied.",
        x - curvature / slope: "the fraction is upside down.",
        x - slope: "that is gradient descent with η = 1; f'' is missing.",
        -slope / curvature: "that is the step alone; return the point after it.",
        slope / curvature: "that is the size of the step; return the point after it.",
    }
    if given is None:
        return "the function returns None; is a return missing?"
    fault = number(given, x - slope / curvature, mistakes, tolerance=1e-6)
    if fault:
        return f"for f(x) = e^x - 2x at {x:g}: {fault}"
    tests: list[tuple[str, Callable[..., Any], float]] = [
        ("cosh", cosh, 0.6),
        ("a parabola", lambda x: 3.0 * x * x - x, 7.0),
        ("sin", sin, -1.0),
    ]
    for name, g, start in tests:
        right = start - grad(g)(start) / grad(grad(g))(start)
        fault = number(answer(g, start), right, tolerance=1e-6)
        if fault:
            return f"right for e^x - 2x, but for {name} at {start:g}: {fault} Does it use f?"
    return None


@exercise("13.3")
def largest_learning_rate(answer: Any) -> str | None:
    """Twice the reciprocal of the largest eigenvalue of [[10, 2], [2, 7]]."""
    return number(
        answer,
        2.0 / 11.0,
        {
            1.0 / 11.0: "this is safe, but twice as much still converges: |1 - ηλ| < 1.",
            2.0
            / 6.0: "that is 2 divided by the smallest eigenvalue; the other direction diverges.",
            11.0: "that is the largest eigenvalue; what must ηλ be less than?",
            2.0 / 10.0: "the diagonal is not enough: w1 and w2 are coupled.",
            4.0
            / 11.0: "the matrix of E's coefficients is not yet the Hessian: differentiate twice.",
            2.0 / (8.5 + math.sqrt(3.25)): "look at the mixed derivative: ∂²(2 w1 w2)/∂w1∂w2 is 2, "
            "in both places.",
        },
        tolerance=2e-3,
    )


@exercise("13.4")
def bent_identity(answer: Any) -> str | None:
    """The operation a + (√(a² + 1) - 1)/2."""
    if not isinstance(answer, Operation):
        return f"expected an Operation, got {type(answer).__name__}."
    if answer.name != "bent":
        return f'its name is {short(answer.name)}, not "bent".'
    for a in (0.0, 1.5, -2.0):
        right = a + 0.5 * (math.sqrt(a * a + 1.0) - 1.0)
        if not close(answer(a), right, absolute=1e-9):
            return f"h({a:g}) is {answer(a):.6g}, not {right:.6g}; look at the formula."
    try:
        answer(np.array([0.0, 1.5]))
    except TypeError:
        return "right for a float, but not for an array: use sqrt of autograd, not of math."
    try:
        report = gradcheck(answer, 1.5)
    except TypeError as error:
        return str(error)
    local = report.rows[0]
    if not report:
        return (
            f"the value is right, but the rule gives h'(1.5) = {local.analytic:.6g}, and finite "
            f"differences {local.numeric:.6g}."
        )
    try:
        for a in (0.0, -2.0):
            if not close(grad(grad(answer))(a), 0.5 * (a * a + 1.0) ** -1.5):
                return "the first derivative is right, the second is not; does the rule use x?"
    except Exception as error:
        return f"the first derivative works, the second raises {type(error).__name__}: {error}"
    return None


@exercise("13.5")
def kind_of_point(answer: Any) -> str | None:
    """Minimum, maximum, saddle or slope."""
    if not callable(answer):
        return f"expected a function kind(f, x), got {type(answer).__name__}."
    tests = [
        ("x0² + x1²", lambda x: x[0] * x[0] + x[1] * x[1], [0.0, 0.0], "minimum"),
        ("-x0² - 2 x1²", lambda x: -x[0] * x[0] - 2 * x[1] * x[1], [0.0, 0.0], "maximum"),
        ("x0² - x1²", lambda x: x[0] * x[0] - x[1] * x[1], [0.0, 0.0], "saddle"),
        ("x0² + x1²", lambda x: x[0] * x[0] + x[1] * x[1], [1.0, 0.0], "slope"),
        # its diagonal alone, and its determinant alone, mislead
        (
            "x0² + 3 x0 x1 + x1²",
            lambda x: x[0] * x[0] + 3 * x[0] * x[1] + x[1] * x[1],
            [0.0, 0.0],
            "saddle",
        ),
        (
            "cos(x0) + cos(x1) - x2²",
            lambda x: sin(x[0] + math.pi / 2) + sin(x[1] + math.pi / 2) - x[2] * x[2],
            [0.0, 0.0, 0.0],
            "maximum",
        ),
        (
            "x0² - x1² - x2²",
            lambda x: x[0] * x[0] - x[1] * x[1] - x[2] * x[2],
            [0.0, 0.0, 0.0],
            "saddle",
        ),
        (
            "x0² - 2 x0 - x1",
            lambda x: x[0] * x[0] - 2 * x[0] - x[1],
            [1.0, 0.0],
            "slope",
        ),
    ]
    for shown, f, point, right in tests:
        try:
            given = answer(f, point)
        except Exception as error:
            return f"for {shown} at {point} it raised {type(error).__name__}: {error}"
        if given is None:
            return f"for {shown} at {point} it returns None; is a return missing?"
        if given != right:
            return f"{shown} at {point}: {short(given)} is not right. {_why(right)}"
    return None


def _why(right: str) -> str:
    return {
        "minimum": "All eigenvalues are positive there.",
        "maximum": "All eigenvalues are negative there, and rounding leaves a gradient near 1e-16.",
        "saddle": "One eigenvalue is negative there and another one positive.",
        "slope": "A component of the gradient is not zero there, whatever the Hessian is.",
    }[right]
