"""Right and wrong answers to the exercises of lesson 5."""


def hidden_deltas(W2, delta2, z1):
    return [
        z * (1 - z) * sum(row[j] * delta for row, delta in zip(W2, delta2))
        for j, z in enumerate(z1)
    ]


def without_slope(W2, delta2, z1):
    return [sum(row[j] * delta for row, delta in zip(W2, delta2)) for j in range(len(z1))]


def of_tanh(W2, delta2, z1):
    return [(1 - z * z) * s for z, s in zip(z1, without_slope(W2, delta2, z1))]


def not_transposed(W2, delta2, z1):
    return [sum(w * delta2[k] for k, w in enumerate(row)) for row in W2]


def of_rows(W2, delta2, z1):
    return [sum(w * z for w, z in zip(row, z1)) for row in W2]


RIGHT = {
    "5.1": 0.1,
    "5.2": [[1.5, 0.5, -0.5], [-6, -2, 2]],
    "5.3": -0.75,
    "5.4": [3, 5, 4],
    "5.5": hidden_deltas,
}
WRONG = {
    "5.1": [
        (0.2, "slope h′(a) is missing"),
        (0.35, "weights are missing"),
        (0.3, "only the first path"),
        (0.5, "second weight is negative"),
    ],
    "5.2": [
        ([[1.5, -6], [0.5, -2], [-0.5, 2]], "a row for each input"),
        ([[1.5, 0.5, -0.5], [6, 2, -2]], "row 1: δ of this unit"),
        ([1.5, 0.5, -0.5], "each row a list"),
        ([[3, 1, -1], [3, 1, -1]], "none of the numbers"),
    ],
    "5.3": [
        (0.75, "path through unit 2"),
        (-1.5, "straight to the output"),
        (-1.0, "slope 1 - z₁²"),
        (-0.25, "unit 1 is tanh"),
    ],
    "5.4": [
        ([3, 5, -1], "pass through W₂"),
        ([3, 5, 5], "b₂ is missing"),
        ([5, -1, 4], "order of the product"),
        ([3, 5], "expected 3 numbers"),
    ],
    "5.5": [
        (without_slope, "slope of each hidden unit is missing"),
        (of_tanh, "these units are logistic"),
        (not_transposed, "IndexError"),
        (of_rows, "expected 3 numbers, got 2"),
        (lambda W2, delta2, z1: None, "returns None"),
        ([0.1], "expected a function"),
    ],
}
