"""Answers to the exercises of lesson 11."""

from autograd import Operation


def differences(step=1e-4, divisor=2e-4, sides=(1, -1), restore=True):
    def gradient(f, w):
        slopes = []
        for i in range(len(w)):
            old = w[i]
            w[i] = old + sides[0] * step
            first = f(w)
            w[i] = old + sides[1] * step
            slopes.append((first - f(w)) / divisor)
            if restore:
                w[i] = old
        return slopes

    return gradient


def shifted(f, w):
    slopes = differences()(f, w)
    w[0] += 1e-4
    return slopes


def without_return(f, w):
    differences()(f, w)


def exact(f, w):
    return [6.0, 1.0, 4.0]


def value(a):
    return a / (1 + abs(a))


RIGHT = {
    "11.1": 200,
    "11.2": 1 / 32,
    "11.3": [2, 5, -3],
    "11.4": differences(),
    "11.5": Operation("softsign", value, lambda z, a: (1 / (1 + abs(a)) ** 2,)),
}

WRONG = {
    "11.1": [
        (100, "both sides"),
        (100.002, "both sides"),
        (200_000, "milliseconds"),
        (0.004, "one weight"),
        (5_000_000, "not W²"),
    ],
    "11.2": [
        (0.5**6, "not six"),
        (0.5**4, "not four"),
        (0.25**5, "weight as well"),
        (0.25**6, "five steps"),
        (32, "slope is missing"),
        (1, "largest at"),
    ],
    "11.3": [
        ([2, 3, -3], "two signs"),
        ([2, 3, 3], "sign of"),
        ([1, 1, 3], "sum of the rows"),
        ([2, 4, 0], "first row only"),
        ([4, -1], "three of them"),
    ],
    "11.4": [
        (differences(sides=(1, 0), divisor=1e-4), "both sides"),
        (differences(divisor=1e-4), "2ε apart"),
        (differences(sides=(-1, 1)), "comes first"),
        (differences(restore=False), "put one back"),
        (differences(step=0.5, divisor=1.0), "too large"),
        (shifted, "same numbers as before"),
        (without_return, "return missing"),
        (exact, "never calls f"),
        (1.0, "expected a function"),
    ],
    "11.5": [
        (Operation("softsign", value, lambda z, a: (1 / (1 + abs(a)),)), "0.666667"),
        (Operation("softsign", value, lambda z, a: (1 / (1 + a) ** 2,)), "a = -1.5"),
        (Operation("softsign", lambda a: a / (1 + a), lambda z, a: (1.0,)), "its value is 3"),
        (value, "expected an Operation"),
    ],
}
