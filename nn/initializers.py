"""How the weights of a network start: small random numbers.

An initialiser is a function ``(rng, fan_in, fan_out) -> weight`` that draws one weight of a
layer with `fan_in` inputs and `fan_out` units. Biases start at 0.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final

from autograd.choices import look_up
from autograd.quoting import short

Initializer = Callable[[random.Random, int, int], float]


def uniform(limit: float = 1.0) -> Initializer:
    """Draw evenly from [-limit, limit], as micrograd does with limit 1.

    Examples
    --------
    >>> abs(uniform(0.1)(random.Random(0), 2, 3)) <= 0.1
    True
    """
    return lambda rng, fan_in, fan_out: rng.uniform(-limit, limit)


def normal(std: float = 0.1) -> Initializer:
    """Draw from a normal distribution with mean 0 and standard deviation `std`."""
    return lambda rng, fan_in, fan_out: rng.gauss(0.0, std)


def glorot_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw evenly with variance 2/(fan_in + fan_out); for tanh and the logistic function.

    References
    ----------
    X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural
    networks, AISTATS 2010, eq. (16).
    """
    limit = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit)


def glorot_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw from a normal distribution with variance 2/(fan_in + fan_out)."""
    return rng.gauss(0.0, math.sqrt(2.0 / (fan_in + fan_out)))


def he_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw evenly with variance 2/fan_in; for ReLU and its kin.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015, eq. (10).
    """
    limit = math.sqrt(6.0 / fan_in)
    return rng.uniform(-limit, limit)


def he_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw from a normal distribution with variance 2/fan_in."""
    return rng.gauss(0.0, math.sqrt(2.0 / fan_in))


INITIALIZERS: Final[dict[str, Initializer]] = {
    "uniform": uniform(),
    "normal": normal(),
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "xavier_uniform": glorot_uniform,
    "xavier_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "kaiming_uniform": he_uniform,
    "kaiming_normal": he_normal,
}


def find_initializer(init: str | Initializer) -> Initializer:
    """Return the initialiser of that name; a function is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name.
    TypeError
        If it is neither a name nor callable.

    Examples
    --------
    >>> draw = find_initializer("he_normal")
    >>> draw(random.Random(0), 50, 10) == draw(random.Random(0), 50, 10)
    True
    """
    if callable(init):
        return init
    if not isinstance(init, str):
        raise TypeError(f"an initialiser is a name or a function, not {short(init)}")
    return look_up("initialiser", init, INITIALIZERS)
