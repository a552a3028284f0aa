"""How a data set is learnt unless the options say otherwise."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields, replace
from typing import Final

from nn.data import Dataset

from .choice import Candidate

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
    candidates : tuple of Candidate
        Hidden layers and weight decays to choose from before, the simplest first.
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
    candidates: tuple[Candidate, ...] = ()
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
    return replace(settings, candidates=_left(settings, options))


def _left(settings: Settings, options: argparse.Namespace) -> tuple[Candidate, ...]:
    """Return the candidates among which the user's options leave a choice."""
    if settings.weight_decay is not None or options.optimizer == "adamw":  # which has its own
        return ()
    if options.layers is None and options.activation is None:
        return settings.candidates
    hidden = [candidate for candidate in settings.candidates if candidate.layers]
    return tuple([candidate._replace(layers=settings.layers) for candidate in hidden])


def suited(training: Dataset) -> Settings:
    """Return settings that follow the numbers of samples and of classes.

    A weight decay of c / N, with the mean loss over N samples, is that of a normal distribution of
    variance 1 / c that the weights are expected to have (PRML, section 5.5). The more classes there
    are, the fewer samples each of them has, and the larger is the least c. Without a hidden layer
    c is 1: inputs of variance 1 are then expected to change an output by about 1 each.

    Examples
    --------
    >>> data = Dataset([[0.0]] * 100, [0, 1] * 50, ["x"], ["a", "b"])
    >>> for candidate in suited(data).candidates:
    ...     print(candidate.layers, candidate.weight_decay)
    () 0.01
    (16,) 0.2
    (16,) 0.03
    (16,) 0.001
    """
    samples, classes = len(training), len(training.class_names or ())
    precisions = {min(0.1 * (classes - 1), 3.0), 3.0, 20.0} if classes else {0.1, 1.0, 10.0}
    batch_size = next((size for size, most in BATCHES.items() if samples < most), 256)
    fewest, most = EPOCHS
    layers = (min(max(16, 4 * classes), 96),)
    hidden = [Candidate(layers, c / samples) for c in sorted(precisions, reverse=True)]
    if len(training.feature_names) >= samples:  # which even a linear model can learn by heart
        hidden = hidden[:1]
    return Settings(
        layers=layers,
        learning_rate=0.02,
        epochs=min(max(fewest, round(UPDATES * batch_size / samples)), most),
        batch_size=batch_size,
        candidates=(Candidate((), 1 / samples), *hidden) if samples >= FEWEST else (),
        schedule="linear",
    )
