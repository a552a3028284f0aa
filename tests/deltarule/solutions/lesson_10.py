"""Answers to the exercises of lesson 10."""

from nn import MLP, Adam, fit
from nn.data import Standardizer, load, split

data = load("breast_cancer")
train, test = split(data, seed=1)
standardizer = Standardizer().fit(train.inputs)

untrained = MLP(30, [8, 1], activation="tanh", output="sigmoid", rng=0)
model = MLP(30, [8, 1], activation="tanh", output="sigmoid", rng=0)
fit(
    model,
    standardizer.transform(train.inputs),
    train.targets,
    "binary_cross_entropy",
    optimizer=Adam(model.parameters(), lr=0.01),
    epochs=30,
    batch_size=32,
    compiled=True,
    progress=False,
)

RIGHT = {
    "10.1": 4 / 5**0.5,
    "10.2": [40 / 45, 15 / 18],
    "10.3": [8, 5],
    "10.4": 1.89,
    "10.5": (model, standardizer),
}

WRONG = {
    "10.1": [
        (4, "standard deviation"),
        (4 / 5, "variance"),
        (4 / (20 / 3) ** 0.5, "N - 1"),
        (3.2 / 6.56**0.5, "say in its own"),
        (3.2 / 8.2**0.5, "say in its own"),
        (9 / 5**0.5, "after the mean"),
    ],
    "10.2": [
        ([40 / 45, 15 / 17], "column"),
        ([15 / 18, 40 / 45], "order"),
        ([40 / 45, 15 / 45], "among all"),
        ([5 / 45, 3 / 18], "wrong answers"),
        ([40, 15], "counts"),
        ([88.9, 83.3], "per cent"),
        (40 / 45, "expected 2 numbers"),
    ],
    "10.3": [
        ([9, 9], "never reached"),
        ([9, 5], "a fourth"),
        ([6, 3], "anew"),
        ([8, 8], "best weights"),
        ([7, 4], "from 1"),
    ],
    "10.4": [
        (1.95, "without weight decay"),
        (1.35, "both terms"),
        (2.01, "towards 0"),
        (1.92, "not λ"),
        (2.11, "uphill"),
        (1.83, "½"),
    ],
    "10.5": [
        ((model, Standardizer().fit(data.inputs)), "leaks"),
        ((model, Standardizer().fit(test.inputs)), "to the test set"),
        ((model, Standardizer().fit(train.inputs[:50])), "was not fitted"),
        ((standardizer, model), "order"),
        ((untrained, standardizer), "not yet 95%"),
        ((model, None), "NoneType"),
        (model, "expected (model, standardizer)"),
    ],
}
