"""Answers to the exercises of lesson 7."""

from nn import MLP, Adam, fit
from nn.data import load


def momentum_step(w, b, g):
    b = 0.9 * b + g
    return w - 0.1 * b, b


def old_momentum(w, b, g):
    return w - 0.1 * b, 0.9 * b + g


def uphill(w, b, g):
    b = 0.9 * b + g
    return w + 0.1 * b, b


def without_rate(w, b, g):
    b = 0.9 * b + g
    return w - b, b


def only_w(w, b, g):
    return w - 0.1 * (0.9 * b + g)


spirals = load("spirals")


def network(*hidden):
    model = MLP(2, [*hidden, 1], activation="tanh", output="sigmoid", rng=0)
    fit(
        model,
        spirals.inputs,
        spirals.targets,
        "binary_cross_entropy",
        optimizer=Adam(model.parameters(), lr=0.03),
        epochs=120,
        batch_size=20,
        compiled=True,
        progress=False,
    )
    return model


RIGHT = {
    "7.1": 0.9,
    "7.2": 35,
    "7.3": momentum_step,
    "7.4": [5, 3, 2.5],
    "7.5": network(10, 10),
}

WRONG = {
    "7.1": [(0.1, "uphill"), (0.7, "input is missing"), (-4, "is the gradient"), (1.3, "½")],
    "7.2": [(30, "last 4 samples"), (7, "one epoch"), (31.25, "parts of updates"), (36, "large")],
    "7.3": [
        (old_momentum, "compute the new b first"),
        (uphill, "uphill"),
        (without_rate, "learning rate"),
        (only_w, "two numbers"),
        (0.9, "expected a function"),
    ],
    "7.4": [
        ([5, 3, 0.5], "lost"),
        ([5, 3, 1.5], "pass through"),
        ([4, 5, 2.5], "columns"),
        ([5, 3], "3"),
    ],
    "7.5": [
        (MLP(2, [8, 1], activation="identity", output="sigmoid", rng=0), "straight line"),
        (MLP(2, [1], output="sigmoid", rng=0), "no hidden units"),
        (MLP(2, [4, 1], activation="tanh", output="sigmoid", rng=0), "not yet 95%"),
        (network(16, 16), "337 parameters"),
        (0.95, "expected a trained network"),
    ],
}
