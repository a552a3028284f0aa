"""The built-in data sets by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from .dataset import FEWEST_ROWS, Dataset
from .samples import blobs, circles, digits, function, measured, moons, spirals, truth_table
from .words import suggestion


class Source(NamedTuple):
    """How a data set is made, and from how many rows and how much noise unless told otherwise."""

    description: str
    make: Callable[..., Dataset]
    n_samples: int | None = None
    """None where the rows are what they are, and `make` takes the name only."""
    noise: float = 0.0


SOURCES: Final = {
    "xor": Source(
        "truth table, 4 rows: 1 where exactly one input is 1; needs a hidden layer", truth_table
    ),
    "and": Source("truth table, 4 rows: 1 where both are 1", truth_table),
    "or": Source("truth table, 4 rows: 1 where any is 1", truth_table),
    "moons": Source("2 interleaved half circles in the plane", moons, 100, 0.1),
    "circles": Source("2 concentric circles in the plane", circles, 100, 0.1),
    "blobs": Source("3 round clouds in the plane, almost separable", blobs, 150, 0.4),
    "spirals": Source("2 interleaved spirals in the plane; hard", spirals, 200, 0.02),
    "iris": Source("150 flowers, 4 lengths in cm, 3 species", measured),
    "wine": Source("178 wines, 13 chemical measurements, 3 growers", measured),
    "breast_cancer": Source("569 tumours, 30 measurements, malignant or benign", measured),
    "digits": Source("1797 handwritten digits, 8x8 grey levels in [0, 1], 10 classes", digits),
    "square": Source("regression: x^2 for x in (-1, 1)", function, 50),
    "sin": Source("regression: sin(pi x), one whole period, for x in (-1, 1)", function, 50),
    "abs": Source("regression: |x| for x in (-1, 1)", function, 50),
    "heaviside": Source("regression: 0 for x < 0, else 1, for x in (-1, 1)", function, 50),
}


def names() -> dict[str, str]:
    """Return the built-in data sets: what `load` accepts, and a line about each.

    Examples
    --------
    >>> names()["iris"]
    '150 flowers, 4 lengths in cm, 3 species'
    """
    return {name: source.description for name, source in SOURCES.items()}


def load(
    name: str, *, n_samples: int | None = None, noise: float | None = None, seed: int = 0
) -> Dataset:
    """Return a built-in data set.

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

    Returns
    -------
    Dataset
        The inputs of digits lie in [0, 1]; those of iris, wine and breast_cancer are as measured,
        so standardise them. The x of the functions are equally spaced in (-1, 1), in rising order.

    Raises
    ------
    ValueError
        If the name is unknown, a number is out of its range, or `n_samples` or `noise` is given
        for a data set whose rows are fixed.
    ImportError
        If the data set needs scikit-learn (moons, circles, blobs, iris, wine, breast_cancer,
        digits) and it is not installed.

    Notes
    -----
    The caption of PRML figure 5.3 says sin(x), but its picture shows one whole period in (-1, 1);
    "sin" is that picture, sin(pi x).

    The spirals have radius r from 0.1 to 1 at angle 3 pi r; the second arm is turned by pi.

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
    >>> load("xor")
    <Dataset xor: 4 rows, 2 features, 2 classes (0 2, 1 2)>
    >>> load("sin", n_samples=4).inputs
    [[-0.75], [-0.25], [0.25], [0.75]]
    """
    if name not in SOURCES:
        raise ValueError(
            f"there is no data set {name!r}{suggestion(name, SOURCES)}: "
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
