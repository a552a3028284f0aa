"""Right and wrong answers to the exercises of lesson 13."""

import math

import numpy as np

from autograd import Operation, grad, hessian, sqrt


def bent(local, forward=lambda x: x + 0.5 * (sqrt(x * x + 1.0) - 1.0), name="bent"):
    return Operation(name, forward, local)


def right_rule(y, x):
    return (1.0 + 0.5 * x / sqrt(x * x + 1.0),)


def eigenvalues(f, x):
    return np.linalg.eigvalsh(hessian(f)(x))


def kind(f, x):
    if np.abs(grad(f)(x)).max() > 1e-9:
        return "slope"
    values = eigenvalues(f, x)
    if values.min() > 0:
        return "minimum"
    return "maximum" if values.max() < 0 else "saddle"


def kind_without_gradient(f, x):
    values = eigenvalues(f, x)
    return "minimum" if values.min() > 0 else "maximum" if values.max() < 0 else "saddle"


def kind_by_the_diagonal(f, x):
    if np.abs(grad(f)(x)).max() > 1e-9:
        return "slope"
    values = np.diag(hessian(f)(x))
    return "minimum" if values.min() > 0 else "maximum" if values.max() < 0 else "saddle"


def kind_by_the_determinant(f, x):
    if np.abs(grad(f)(x)).max() > 1e-9:
        return "slope"
    H = np.array(hessian(f)(x))
    if np.linalg.det(H) < 0:
        return "saddle"
    return "minimum" if H[0, 0] > 0 else "maximum"


def kind_with_exact_zero(f, x):
    return kind(f, x) if all(g == 0 for g in grad(f)(x)) else "slope"


RIGHT = {
    "13.1": 2 * math.cos(1) - 4 * math.sin(1),
    "13.2": lambda f, x: x - grad(f)(x) / grad(grad(f))(x),
    "13.3": 2 / 11,
    "13.4": bent(right_rule),
    "13.5": kind,
}

WRONG = {
    "13.1": [
        (2 * math.cos(1), "f'(1)"),
        (-4 * math.sin(1), "product rule"),
        (-math.sin(1), "of sin alone"),
        (math.sin(1), "f(1) itself"),
        (4 * math.sin(1) - 2 * math.cos(1), "sign"),
    ],
    "13.2": [
        (lambda f, x: x + grad(f)(x) / grad(grad(f))(x), "uphill"),
        (lambda f, x: x - f(x) / grad(f)(x), "zero of f"),
        (lambda f, x: x - grad(f)(x) * grad(grad(f))(x), "not multiplied"),
        (lambda f, x: x - grad(grad(f))(x) / grad(f)(x), "upside down"),
        (lambda f, x: x - grad(f)(x), "gradient descent"),
        (lambda f, x: -grad(f)(x) / grad(grad(f))(x), "the step alone"),
        (lambda f, x: None, "return missing"),
        (lambda f, x: x - (math.exp(x) - 2) / math.exp(x), "Does it use f"),
        (lambda x: x, "raised TypeError"),
        (0.9463, "expected a function"),
    ],
    "13.3": [
        (1 / 11, "twice as much"),
        (1 / 3, "smallest eigenvalue"),
        (11, "largest eigenvalue"),
        (0.2, "diagonal"),
        (4 / 11, "not yet the Hessian"),
        (2 / (8.5 + math.sqrt(3.25)), "mixed derivative"),
        (0.3, "too large"),
    ],
    "13.4": [
        (lambda a: a, "expected an Operation"),
        (bent(right_rule, name="bend"), 'not "bent"'),
        (bent(lambda y, x: (1.0 + x / sqrt(x * x + 1.0),)), "finite differences"),
        (bent(right_rule, forward=lambda x: x * math.nan), "h(0) is nan"),
        (bent(right_rule, forward=lambda x: 0.5 * (sqrt(x * x + 1.0) - 1.0)), "formula"),
        (
            bent(right_rule, forward=lambda x: x + 0.5 * (math.sqrt(x * x + 1.0) - 1.0)),
            "not of math",
        ),
        (bent(lambda y, x: 1.0 + 0.5 * x / sqrt(x * x + 1.0)), "must return a tuple"),
        (bent(lambda y, x: (1.0 + 0.5 * x / math.sqrt(float(x * x) + 1.0),)), "the second"),
    ],
    "13.5": [
        (kind_without_gradient, "component of the gradient"),
        (kind_by_the_diagonal, "One eigenvalue is negative"),
        (kind_by_the_determinant, "is not right"),
        (kind_with_exact_zero, "rounding"),
        (lambda f, x: None, "return missing"),
        (lambda f: "minimum", "raised TypeError"),
        ("saddle", "expected a function"),
    ],
}
