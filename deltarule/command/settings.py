"""How a data set is learnt unless the options say otherwise."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields, replace
from typing import Final

from nn.data import Dataset

UPDATES: Final = 1000  # of the parameters, about, in which a table is learnt
EPOCHS: Final = (20, 150)  # fewest and most for that
BATCHES: Final = {16: 400, 32: 2000, 64: 10_000}  # sizes of them, for fewer samples than that
FEWEST: Final = 20  # samples, for a part of them to tell which is the best


@dataclass(frozen=True)
class Settings:
    """The size of a network, and how it learns.

    Attributes
    ----------
    weight_decay : float or None
        Strength of the L2 penalty; None for that of the optimiser.
    decays : tuple of float
        Weight decays to choose from before, where there is none.
    schedule : str or None
        How the learning rate falls, as in `nn.fit`.
    """

    layers: tuple[int, ...] = (16,)
    activation: str = "tanh"
    learning_rate: float = 0.01
    epochs: int = 100
    batch_size: int = 16
    n_samples: int | None = None
    standardize: bool = True
    weight_decay: float | None = None
    decays: tuple[float, ...] = ()
    schedule: str | None = None


TABLE: Final = Settings((4,), learning_rate=0.05, epochs=300, batch_size=4, standardize=False)
PLANE: Final = Settings((16, 16), epochs=60, n_samples=400)
CURVE: Final = Settings((3,), learning_rate=0.03, epochs=1500, batch_size=50, standardize=False)

DEFAULTS: Final = {
    "xor": TABLE,
    "and": replace(TABLE, layers=(2,)),
    "or": replace(TABLE, layers=(2,)),
    "moons": PLANE,
    "circles": PLANE,
    "spirals": replace(PLANE, epochs=200),
    "breast_cancer": Settings((8,), epochs=20, batch_size=32),
    "digits": Settings((32,), "relu", epochs=8, batch_size=32, standardize=False),
    "square": CURVE,
    "sin": CURVE,
    "abs": CURVE,
    "heaviside": CURVE,
}


def settings_for(options: argparse.Namespace, training: Dataset) -> Settings:
    """Return the settings for the samples to train on, with the user's own among them."""
    given = {field.name: getattr(options, field.name, None) for field in fields(Settings)}
    settings = DEFAULTS.get(options.data) or suited(training)
    settings = replace(settings, **{name: x for name, x in given.items() if x is not None})
    has_its_own = settings.weight_decay is not None or options.optimizer == "adamw"
    return replace(settings, decays=()) if has_its_own else settings


def suited(training: Dataset) -> Settings:
    """Return settings that follow the numbers of samples and of classes.

    A weight decay of c / N, with the mean loss over N samples, is that of a normal distribution of
    variance 1 / c that the weights are expected to have (PRML, section 5.5). The more classes there
    are, the fewer samples each of them has, and the larger is the least c.

    Examples
    --------
    >>> data = Dataset([[0.0]] * 100, [0, 1] * 50, ["x"], ["a", "b"])
    >>> suited(data).decays
    (0.001, 0.03, 0.2)
    """
    samples, classes = len(training), len(training.class_names or ())
    precisions = {min(0.1 * (classes - 1), 3.0), 3.0, 20.0} if classes else {0.1, 1.0, 10.0}
    batch_size = next((size for size, most in BATCHES.items() if samples < most), 256)
    fewest, most = EPOCHS
    return Settings(
        layers=(min(max(16, 4 * classes), 96),),
        learning_rate=0.02,
        epochs=min(max(fewest, round(UPDATES * batch_size / samples)), most),
        batch_size=batch_size,
        decays=tuple([c / samples for c in sorted(precisions)]) if samples >= FEWEST else (),
        schedule="linear",
    )
