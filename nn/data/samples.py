"""Data that are made: truth tables, functions, points in the plane; and data as measured."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, Final

from .dataset import Dataset

TRUTH_TABLES: Final = {"xor": (0, 1, 1, 0), "and": (0, 0, 0, 1), "or": (0, 1, 1, 1)}

FUNCTIONS: Final[dict[str, Callable[[float], float]]] = {
    "square": lambda x: x * x,
    "sin": lambda x: math.sin(math.pi * x),
    "abs": abs,
    "heaviside": lambda x: float(x >= 0),
}


def truth_table(name: str) -> Dataset:
    inputs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    return Dataset(inputs, list(TRUTH_TABLES[name]), ["x1", "x2"], ["0", "1"], name)


def function(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    rng = random.Random(seed)
    # The centres of n_samples equal cells: evenly spaced, and short of -1 and 1 themselves.
    xs = [(2 * n + 1) / n_samples - 1 for n in range(n_samples)]
    targets = [FUNCTIONS[name](x) + rng.gauss(0.0, noise) for x in xs]
    return Dataset([[x] for x in xs], targets, ["x"], None, name)


def spirals(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    rng = random.Random(seed)
    inputs, targets = [], []
    for n in range(n_samples):
        arm = n % 2
        radius = 0.1 + 0.9 * n / n_samples
        angle = (3 * radius + arm) * math.pi
        x1 = radius * math.cos(angle) + rng.gauss(0.0, noise)
        x2 = radius * math.sin(angle) + rng.gauss(0.0, noise)
        inputs.append([x1, x2])
        targets.append(arm)
    return Dataset(inputs, targets, ["x1", "x2"], ["first arm", "second arm"], name)


def moons(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    made = _sklearn(name).make_moons(n_samples, noise=noise, random_state=seed)
    return _plane(name, made, "upper moon", "lower moon")


def circles(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    make = _sklearn(name).make_circles
    made = make(n_samples, noise=noise, random_state=seed, factor=0.5)
    return _plane(name, made, "outer circle", "inner circle")


def blobs(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    make = _sklearn(name).make_blobs
    centres = [[0.0, 1.0], [-1.0, -0.75], [1.0, -0.75]]
    made = make(n_samples, centers=centres, cluster_std=noise, random_state=seed)
    return _plane(name, made, "top", "left", "right")


def _plane(name: str, made: Any, *class_names: str) -> Dataset:
    inputs, targets = made
    return Dataset(inputs.tolist(), targets.tolist(), ["x1", "x2"], list(class_names), name)


def measured(name: str, greatest: float = 1.0) -> Dataset:
    """Return a data set as measured, its inputs divided by `greatest`."""
    bunch = getattr(_sklearn(name), f"load_{name}")()
    return Dataset(
        (bunch.data / greatest).tolist(),
        bunch.target.tolist(),
        [str(feature) for feature in bunch.feature_names],
        [str(class_name) for class_name in bunch.target_names],
        name,
    )


def digits(name: str) -> Dataset:
    """Return images of 8x8 grey levels, from 0 to 16 as shipped, in [0, 1]."""
    return measured(name, greatest=16.0)


def _sklearn(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            f"the data set {name} comes from scikit-learn, which cannot be imported: "
            'run pip install "deltarule[demo]"'
        ) from error
    return datasets
