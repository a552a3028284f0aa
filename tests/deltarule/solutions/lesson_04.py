"""Right and wrong answers to the exercises of lesson 4."""

RIGHT = {
    "4.1": 1.5,
    "4.2": 0.16,
    "4.3": 0.448,
    "4.4": lambda y, t: (y - t) * (1 - y * y),
    "4.5": [1.0, -2.0, -0.5],
}
WRONG = {
    "4.1": [
        (1.0, "without the bias"),
        (5.5, "second weight is negative"),
        (0.8176, "comes before h"),
        ("1.5 V", "expected a number"),
    ],
    "4.2": [(0.2139, "not the pre-activation"), (0.36, "slope of tanh"), (0.2, "two factors")],
    "4.3": [
        (0.352, "uphill"),
        (0.7, "leaves out the slope"),
        (0.416, "leaves out the input"),
        (0.496, "leaves out the learning rate"),
        (0.048, "change of the weight"),
    ],
    "4.4": [
        (lambda y, t: (t - y) * (1 - y * y), "opposite sign"),
        (lambda y, t: (y - t) * y * (1 - y), "this unit is tanh"),
        (lambda y, t: y - t, "one factor is missing"),
        (lambda y, t: ..., "returns the dots"),
        (-0.5, "expected a function"),
    ],
    "4.5": [
        ([1.0, 1.0, -0.5], "for the inputs (1, 1)"),
        ([1.0, -1.0, 0.0], "for the inputs (0, 0)"),
        ([-1.0, 2.0, -0.5], "for the inputs (0, 1)"),
        ([1.0, -2.0], "three numbers"),
    ],
}
