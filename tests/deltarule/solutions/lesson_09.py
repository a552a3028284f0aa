"""Right and wrong answers to the exercises of lesson 9."""

from nn import MLP


def network(*parameters: float) -> MLP:
    """Return a network with one hidden layer that has these parameters."""
    model = MLP(1, [(len(parameters) - 1) // 3, 1], activation="tanh")
    for parameter, number in zip(model.parameters(), parameters):
        parameter.data = number
    return model


SINE = network(0.77185, 0.0, 1.30362, 0.0)
TWICE = network(0.77185, 0.0, 0.77185, 0.0, 0.65181, 0.65181, 0.0)
PERIOD = network(2.308, 2.057, 1.336, -1.245, -1.633, 0.132, -1.526, -3.065, -2.823, -0.753)

RIGHT = {
    "9.1": 10,
    "9.2": 0.25,
    "9.3": [0.12, -0.096],
    "9.4": 2.75,
    "9.5": SINE,
}
WRONG = {
    "9.1": [(6, "those are the weights"), (9, "output unit"), (7, "hidden units")],
    "9.2": [(-0.25, "the bias is negative"), (4, "steep"), (-1, "that is the bias")],
    "9.3": [
        ([-0.12, 0.096], "turn the sign"),
        ([0.12, 0.096], "sign of z_j"),
        ([0.12 * 0.2356, -0.096 * 0.2356], "the output is the identity"),
        ([0.12], "expected 2 numbers"),
    ],
    "9.4": [(1.75, "to which side"), (-2.25, "minus infinity"), (2.5, "bias")],
    "9.5": [
        (TWICE, "more than it needs"),
        (network(1.0, 0.0, 1.0, 0.0), "not below 0.002"),
        (PERIOD, "the task is sin x"),
        (MLP(1, [3, 3, 1]), "one hidden layer"),
        (0.001, "expected the network"),
    ],
}
