"""The built-in data sets: truth tables, functions, points in the plane, and data as measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from autograd.extras import install
from autograd.quoting import short

from ..rng import generator
from .dataset import FEWEST_ROWS, Dataset
from .words import suggestion

TRUTH_TABLES: Final = {"xor": (0, 1, 1, 0), "and": (0, 0, 0, 1), "or": (0, 1, 1, 1)}

FUNCTIONS: Final[dict[str, Callable[[float], float]]] = {
    "square": lambda x: x * x,
    "sin": lambda x: math.sin(math.pi * x),
    "abs": abs,
    "heaviside": lambda x: float(x >= 0),
}

# Names of the classes, what scikit-learn calls the noise, and other arguments.
PLANES: Final[dict[str, tuple[tuple[str, ...], str, dict[str, Any]]]] = {
    "moons": (("upper moon", "lower moon"), "noise", {}),
    "circles": (("outer circle", "inner circle"), "noise", {"factor": 0.5}),
    "blobs": (
        ("top", "left", "right"),
        "cluster_std",
        {"centers": [[0.0, 1.0], [-1.0, -0.75], [1.0, -0.75]]},
    ),
}


def truth_table(name: str) -> Dataset:
    inputs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    return Dataset(inputs, list(TRUTH_TABLES[name]), ["x1", "x2"], ["0", "1"], name)


def function(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    rng = generator(seed)
    # The centres of n_samples equal cells: evenly spaced, and short of -1 and 1 themselves.
    xs = [(2 * n + 1) / n_samples - 1 for n in range(n_samples)]
    targets = [FUNCTIONS[name](x) + rng.gauss(0.0, noise) for x in xs]
    return Dataset([[x] for x in xs], targets, ["x"], None, name)


def spirals(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    rng = generator(seed)
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


def plane(name: str, n_samples: int, noise: float, seed: int) -> Dataset:
    """Return points of several classes in the plane, made by scikit-learn."""
    class_names, noise_name, options = PLANES[name]
    make = getattr(_sklearn(name), f"make_{name}")
    inputs, targets = make(n_samples, random_state=seed, **{noise_name: noise}, **options)
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


def _sklearn(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            f"the data set {name} comes from scikit-learn, which cannot be imported: "
            f"run {install('demo')}"
        ) from error
    return datasets


class Source(NamedTuple):
    """How a data set is made, and from how many rows and how much noise unless told otherwise."""

    description: str
    make: Callable[..., Dataset]
    n_samples: int | None = None  # where the rows are what they are; `make` takes the name only
    noise: float = 0.0


SOURCES: Final = {
    "xor": Source("truth table, 4 rows: 1 where just one is 1; needs hidden units", truth_table),
    "and": Source("truth table, 4 rows: 1 where both are 1", truth_table),
    "or": Source("truth table, 4 rows: 1 where any is 1", truth_table),
    "moons": Source("2 interleaved half circles in the plane", plane, 100, 0.1),
    "circles": Source("2 concentric circles in the plane", plane, 100, 0.1),
    "blobs": Source("3 round clouds in the plane, almost separable", plane, 150, 0.4),
    "spirals": Source("2 interleaved spirals in the plane; hard", spirals, 200, 0.02),
    "iris": Source("150 flowers, 4 lengths in cm, 3 species", measured),
    "wine": Source("178 wines, 13 chemical measurements, 3 growers", measured),
    "breast_cancer": Source("569 tumours, 30 measurements, malignant or benign", measured),
    "digits": Source(
        "1797 handwritten digits, 8x8 grey levels in [0, 1], 10 classes",
        partial(measured, greatest=16.0),
    ),
    "square": Source("regression: x^2 for x in (-1, 1)", function, 50),
    "sin": Source("regression: sin(pi x), one whole period, for x in (-1, 1)", function, 50),
    "abs": Source("regression: |x| for x in (-1, 1)", function, 50),
    "heaviside": Source("regression: 0 for x < 0, else 1, for x in (-1, 1)", function, 50),
}


def names() -> dict[str, str]:
    """Return the built-in data sets: what `load` accepts, and a line about each."""
    return {name: source.description for name, source in SOURCES.items()}


def load(
    name: str, *, n_samples: int | None = None, noise: float | None = None, seed: int = 0
) -> Dataset:
    """Return a built-in data set.

    The inputs of digits lie in [0, 1]; those of iris, wine and breast_cancer are as measured, so
    standardise them. The x of the functions are equally spaced in (-1, 1), in rising order; "sin"
    is sin(pi x), one whole period, as in the picture of PRML's figure 5.3, whose caption says
    sin(x). The spirals have radius r from 0.1 to 1 at angle 3 pi r; the second arm is turned by pi.

    Parameters
    ----------
    name : str
        One of `names()`.
    n_samples : int or None
        Number of rows of a generated data set, at least 4; by default 100 (moons, circles),
        150 (blobs), 200 (spirals) or 50 (the functions square, sin, abs and heaviside).
    noise : float or None
        Standard deviation, at least 0, of the Gaussian noise that is added to each input of the
        sets in the plane, by default 0.1 (moons, circles), 0.4 (blobs) or 0.02 (spirals), and to
        each target of the functions, by default 0.
    seed : int
        The same seed gives the same data. Has no effect on truth tables and measured data.

    Raises
    ------
    ValueError
        If the name is unknown, a number is out of its range, or `n_samples` or `noise` is given
        for a data set whose rows are fixed.
    ImportError
        If the data set needs scikit-learn (moons, circles, blobs, iris, wine, breast_cancer,
        digits) and it is not installed.

    References
    ----------
    xor: M. Minsky and S. Papert, "Perceptrons", 1969. spirals: K. Lang and M. Witbrock, "Learning
    to tell two spirals apart", 1988. square, sin, abs, heaviside: PRML, figure 5.3. iris:
    R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936. wine: M. Forina
    et al.; breast_cancer: W. Street, W. Wolberg and O. Mangasarian, 1993; digits: E. Alpaydin and
    C. Kaynak, 1998; all three from the UCI Machine Learning Repository. moons, circles, blobs and
    the copies of the measured data: scikit-learn, `sklearn.datasets`.

    Examples
    --------
    >>> names()["and"]
    'truth table, 4 rows: 1 where both are 1'
    >>> load("xor")
    <Dataset xor: 4 rows, 2 features, 2 classes (0 2, 1 2)>
    >>> load("sin", n_samples=4).inputs
    [[-0.75], [-0.25], [0.25], [0.75]]
    """
    if name not in SOURCES:
        raise ValueError(
            f"there is no data set {short(name)}{suggestion(name, SOURCES)}: "
            f"choose one of {', '.join(SOURCES)}"
        )
    source = SOURCES[name]
    if source.n_samples is None:
        for option, value in (("n_samples", n_samples), ("noise", noise)):
            if value is not None:
                raise ValueError(
                    f"{option} is {value}, but the rows of {name} are fixed: leave {option} out"
                )
        return source.make(name)
    n_samples = source.n_samples if n_samples is None else n_samples
    noise = source.noise if noise is None else noise
    if not isinstance(n_samples, int) or n_samples < FEWEST_ROWS:
        raise ValueError(
            f"n_samples is {n_samples}: choose an integer with n_samples >= {FEWEST_ROWS}"
        )
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise is {noise}: choose a number with 0 <= noise < inf")
    return source.make(name, n_samples, noise, seed)
