"""Answers to the exercises of lesson 8."""


def walk(slope, w, eta, steps):
    for _ in range(steps):
        w = w - eta * slope(w)
    return w


def frozen(slope, w, eta, steps):
    return w - steps * eta * slope(w)


def one_step(slope, w, eta, steps):
    return w - eta * slope(w)


def uphill(slope, w, eta, steps):
    return walk(slope, w, -eta, steps)


def without_return(slope, w, eta, steps):
    walk(slope, w, eta, steps)


RIGHT = {
    "8.1": [1, 2],
    "8.2": 0.08,
    "8.3": [1, -1],
    "8.4": walk,
    "8.5": (3, 2.5),
}

WRONG = {
    "8.1": [
        ([2, 1], "order"),
        ([-1, -2], "uphill"),
        ([1, 1], "inner derivatives"),
        (1, "2 numbers"),
    ],
    "8.2": [(2, "w₁ alone"), (0.04, "one step"), (0.4, "root"), (0.1, "too large")],
    "8.3": [([0, 0], "diagonal"), ([1, 1], "minimum"), (1, "2 numbers"), ([-1, 2], "index 1")],
    "8.4": [
        (frozen, "keeps the first slope"),
        (one_step, "one update only"),
        (uphill, "uphill"),
        (without_return, "return missing"),
        (1.5, "expected a function"),
    ],
    "8.5": [
        ((-1, 1), "nearer to the local"),
        ((1, -1), "valley of w_B"),
        ((5, 3), "between -3 and 3"),
        (2.5, "two numbers"),
    ],
}
