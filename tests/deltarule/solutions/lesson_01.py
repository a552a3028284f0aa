"""Right and wrong answers to the exercises of lesson 1."""

RIGHT = {
    "1.1": 6.4,
    "1.2": 1.12,
    "1.3": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    "1.4": [4, 6],
    "1.5": 0.05,
}

WRONG = {
    "1.1": [
        (7.6, "does f grow?"),
        (-0.6, "that is the change"),
        (4, "how large is the nudge"),
        (-3, "for each unit"),
        (100, "too large"),
    ],
    "1.2": [
        (1.6, "not its slope"),
        (2.24, "backward() run twice"),
        (2.4, "denominator"),
        (3, "quotient"),
        (0.0, "call it on the result"),
    ],
    "1.3": [
        (lambda f, x, h: (f(x + h) - f(x)) / h, "forward difference"),
        (lambda f, x, h: (f(x) - f(x - h)) / h, "backward difference"),
        (lambda f, x, h: (f(x + h) - f(x - h)) / h, "how far apart"),
        (lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h, "use brackets"),
        (lambda f, x, h: (f(x + h) - f(x - h)) / 2, "not yet divided"),
        (lambda f, x, h: f(x + h) - f(x - h), "divide it by"),
        (lambda f, x, h: None, "returns nothing yet"),
        (12.01, "the function itself"),
    ],
    "1.4": [
        ([6, 4], "order"),
        ([1, 6], "twice"),
        ([3, 6], "twice"),
        ([4, 2], "multiplied by"),
        ([4, 3], "2 Δy"),
        ([4], "expected 2 numbers"),
    ],
    "1.5": [(-0.05, "grows"), (0.008, "solve"), (-20, "solve")],
}
