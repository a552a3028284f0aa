"""Right and wrong answers to the exercises of lesson 6."""

import math

from autograd import log

RIGHT = {
    "6.1": -math.log(0.15),
    "6.2": [-0.7553, 0.6652, 0.0900],
    "6.3": 0.002,
    "6.4": 56.617,
    "6.5": lambda y, t: y - t * log(y) + math.lgamma(t + 1),
}
WRONG = {
    "6.1": [
        (0.223, "largest probability"),
        (0.15, "minus its logarithm"),
        (2.996, "counted from 0"),
        (-1.897, "the sign is not"),
    ],
    "6.2": [
        ([0.2447, 0.6652, 0.0900], "subtract the target"),
        ([0.7553, -0.6652, -0.0900], "turn the sign"),
        ([0, 2, 0], "apply softmax"),
        ([-0.7553, 0.6652], "expected 3 numbers"),
    ],
    "6.3": [(45, "the opposite"), (0.3, "150 times as large")],
    "6.4": [(0.01766, "inverse"), (0.982, "divide it by"), (0.01734, "δ with the squared error")],
    "6.5": [
        (lambda y, t: t * log(y) - y, "minus"),
        (lambda y, t: y.data - t * math.log(y.data), "no gradient"),
        (lambda y, t: y, "the factor with t"),
        (lambda y, t: -t * log(y), "e^-y"),
        (lambda y, t: 0.5 * (y - t) ** 2, "y - t ="),
        (3.0, "expected a function"),
    ],
}
