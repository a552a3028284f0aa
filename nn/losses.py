"""Errors (losses) of one sample, and penalties on the parameters.

Every error takes the outputs y, one number or a sequence, and the targets t of one sample, and
returns E_n. `total` adds up the errors of several samples. Output activation and error belong
together: for each pair of the table, δ at the output is y - t.

=================================== ==================================== ====================
task                                error                                output activation
=================================== ==================================== ====================
regression                          `half_squared_error`                 identity
binary classification, K labels     `binary_cross_entropy`               sigmoid
the same, on logits                 `binary_cross_entropy_with_logits`   identity
one of K classes                    `cross_entropy`                      softmax
the same, on logits                 `cross_entropy_with_logits`          identity
=================================== ==================================== ====================

Targets that do not fit, and outputs or targets that an error has no meaning for, raise ValueError:
an output outside of [0, 1] is no probability, and its cross-entropy is no number. Where that is
noticed later, when a graph is computed again or a compiled program runs, the error is nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from autograd import (
    Operation,
    Value,
    abs,
    dot,
    log,
    logsumexp,
    maximum,
    minimum,
    pick,
    relu,
    softplus,
    square,
    where,
)
from autograd import mean as mean_of
from autograd import sum as sum_of
from autograd.choices import look_up, one_of
from autograd.numbers import Items, is_sequence, number_of
from autograd.quoting import short

SMALLEST = 1e-300  # ln 0 would have an infinite slope, and inf · 0 = nan; ln SMALLEST = -691
ROUNDING = 1e-6  # by which a probability may be outside of [0, 1]: some eps of float32

# Of which the logarithm is taken: a saturated 0 counts as SMALLEST, what is none becomes nan.
probability = Operation(
    "probability",
    lambda p: where((p >= -ROUNDING) & (p <= 1.0 + ROUNDING), maximum(p, SMALLEST), math.nan),
    lambda y, p: (where(y <= SMALLEST, 0.0, 1.0),),
    r"\max\left(#1, 10^{-300}\right)",
    symbol="0…1",
    selects=True,
)

REDUCTIONS = ("mean", "sum")
Loss = Callable[[Any, Any], Any]
N = TypeVar("N", Value, float)


@overload
def half_squared_error(y: N, t: Any) -> N: ...
@overload
def half_squared_error(y: Items[N], t: Any) -> N: ...
def half_squared_error(y: Any, t: Any) -> Any:
    """Return ½ Σ_k (y_k - t_k)².

    Examples
    --------
    >>> half_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0

    References
    ----------
    PRML eq. (5.11): maximum likelihood for Gaussian noise.
    """
    return 0.5 * _sum([square(y_k - t_k) for y_k, t_k in _pairs(y, t)])


@overload
def mean_squared_error(y: N, t: Any) -> N: ...
@overload
def mean_squared_error(y: Items[N], t: Any) -> N: ...
def mean_squared_error(y: Any, t: Any) -> Any:
    """Return the mean of (y_k - t_k)² over the outputs, as PyTorch's `MSELoss`.

    Examples
    --------
    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    return mean_of([square(y_k - t_k) for y_k, t_k in _pairs(y, t)])


def mean_absolute_error(y: Any, t: Any) -> Any:
    """Return the mean of |y_k - t_k| over the outputs, as PyTorch's `L1Loss`; its slope at 0 is 0.

    Examples
    --------
    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return mean_of([abs(y_k - t_k) for y_k, t_k in _pairs(y, t)])


def huber(y: Any, t: Any, delta: float = 1.0) -> Any:
    """Return the mean of Huber's error over the outputs, as PyTorch's `HuberLoss`.

    It is ½ d² up to |d| = delta, where d = y_k - t_k, and delta (|d| - ½ delta) from there.

    Parameters
    ----------
    delta : float
        Above 0. For `fit`, another than 1 by ``functools.partial(huber, delta=2.0)``.

    Raises
    ------
    ValueError
        If `delta` is not above 0.

    Examples
    --------
    >>> huber(0.5, 0.0), huber(3.0, 0.0), huber(3.0, 0.0, delta=2.0)
    (0.125, 2.5, 4.0)

    References
    ----------
    P. J. Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35,
    1964.
    """
    if not delta > 0:
        raise ValueError(f"delta is {delta}: choose a number above 0")
    terms = []
    for y_k, t_k in _pairs(y, t):
        distance = abs(y_k - t_k)
        near = minimum(distance, delta)
        terms.append(near * (distance - 0.5 * near))
    return mean_of(terms)


@overload
def binary_cross_entropy(y: N, t: Any) -> N: ...
@overload
def binary_cross_entropy(y: Items[N], t: Any) -> N: ...
def binary_cross_entropy(y: Any, t: Any) -> Any:
    """Return -Σ_k [t_k ln y_k + (1 - t_k) ln(1 - y_k)] for probabilities y_k.

    Several outputs are K independent binary labels. A probability that has saturated at 0 or 1
    on the wrong side costs 691 and passes no gradient; `binary_cross_entropy_with_logits` never
    saturates.

    Parameters
    ----------
    y : number or sequence
        Probabilities in [0, 1], outputs of logistic units.
    t : number or sequence
        Targets in [0, 1].

    Raises
    ------
    ValueError
        If an output or a target is outside of [0, 1], or there are not as many of both.

    Examples
    --------
    >>> round(binary_cross_entropy(0.8, 1), 6)
    0.223144

    References
    ----------
    PRML eq. (5.21) and (5.22): maximum likelihood for the Bernoulli distribution.
    """
    terms = []
    for y_k, t_k in _pairs(y, t):
        _check_target(t_k)
        _check_output(y_k, "binary_cross_entropy", "sigmoid")
        if not _is(t_k, 0):
            terms.append(-t_k * log(probability(y_k)))
        if not _is(t_k, 1):
            terms.append((t_k - 1.0) * log(probability(1.0 - y_k)))
    return _sum(terms)


@overload
def binary_cross_entropy_with_logits(a: N, t: Any) -> N: ...
@overload
def binary_cross_entropy_with_logits(a: Items[N], t: Any) -> N: ...
def binary_cross_entropy_with_logits(a: Any, t: Any) -> Any:
    """Return the binary cross-entropy of σ(a_k), computed without σ.

    It is Σ_k [t_k ln(1 + e^-a_k) + (1 - t_k) ln(1 + e^a_k)].

    Examples
    --------
    >>> binary_cross_entropy_with_logits(-1000.0, 1)
    1000.0
    """
    terms = []
    for a_k, t_k in _pairs(a, t):
        _check_target(t_k)
        if _is(t_k, 0) or _is(t_k, 1):
            terms.append(softplus(-a_k if t_k == 1 else a_k))
        else:
            terms.append(t_k * softplus(-a_k) + (1.0 - t_k) * softplus(a_k))
    return _sum(terms)


def cross_entropy(y: Items[N], t: Any) -> N:
    """Return -Σ_k t_k ln y_k for the probabilities y_k of K classes.

    Parameters
    ----------
    y : sequence of K numbers
        Probabilities, the outputs of a softmax layer. That they sum to 1 is not looked at.
    t : int or sequence of K numbers
        Index of the true class, or a 1-of-K vector.

    Raises
    ------
    ValueError
        If an output is outside of [0, 1], the class index or the length of the vector does not
        fit the outputs, or the vector holds a number outside of [0, 1] or nothing but zeros.

    Examples
    --------
    >>> y = [0.2, 0.7, 0.1]
    >>> round(cross_entropy(y, 1), 6), cross_entropy(y, 1) == cross_entropy(y, [0, 1, 0])
    (0.356675, True)

    References
    ----------
    PRML eq. (5.24): maximum likelihood for the categorical distribution.
    """
    weights = _class_weights(y, t)
    for y_k in y:
        _check_output(y_k, "cross_entropy", "softmax")
    terms: list[N] = [-t_k * log(probability(pick(y, k))) for k, t_k in weights]
    return _sum(terms)


def cross_entropy_with_logits(a: Items[N], t: Any) -> N:
    """Return the cross-entropy of softmax(a), computed as ln Σ_j e^a_j - Σ_k t_k a_k.

    Examples
    --------
    >>> cross_entropy_with_logits([0.0, 1000.0], 0)
    1000.0
    """
    weights = _class_weights(a, t)
    if len(weights) == 1 and _is(weights[0][1], 1):
        return logsumexp(a) - pick(a, weights[0][0])
    total = sum([t_k for _, t_k in weights])
    chosen: Any = dot([t_k for _, t_k in weights], [a[k] for k, _ in weights])
    error: N = total * logsumexp(a) - chosen
    return error


def kl_divergence(y: Items[Any], t: Items[Any]) -> Any:
    """Return Σ_k t_k (ln t_k - ln y_k), from the probabilities y_k to the targets t_k.

    It is the cross-entropy less the entropy of the targets, and 0 where y = t. A target of 0
    contributes nothing. PyTorch's `KLDivLoss` is given ln y_k in place of y_k, and is this with
    ``reduction="sum"`` for one sample, ``reduction="batchmean"`` for the mean of several.

    Parameters
    ----------
    y : sequence of K numbers
        Probabilities, the outputs of a softmax layer. That they sum to 1 is not looked at.
    t : sequence of K numbers
        Probabilities.

    Raises
    ------
    ValueError
        If an output or a target is outside of [0, 1], all targets are 0, or there are not as many
        of both.

    Examples
    --------
    >>> round(kl_divergence([0.25, 0.75], [0.5, 0.5]), 6), kl_divergence([0.5, 0.5], [0.5, 0.5])
    (0.143841, 0.0)

    References
    ----------
    PRML eq. (1.113).
    """
    if not is_sequence(t):
        raise ValueError(f"the KL divergence needs a probability for each class, got {short(t)}")
    weights = _class_weights(y, t)
    for y_k in y:
        _check_output(y_k, "kl_divergence", "softmax")
    return _sum(
        [t_k * (log(maximum(t_k, SMALLEST)) - log(probability(y[k]))) for k, t_k in weights]
    )


@overload
def hinge(y: N, t: Any) -> N: ...
@overload
def hinge(y: Items[N], t: Any) -> N: ...
def hinge(y: Any, t: Any) -> Any:
    """Return Σ_k max(0, 1 - t_k y_k) for targets of -1 or +1.

    Raises
    ------
    ValueError
        If a target is neither.

    Examples
    --------
    >>> hinge(0.25, 1), hinge(0.25, -1), hinge(3.0, 1)
    (0.75, 1.25, 0.0)
    """
    terms = []
    for y_k, t_k in _pairs(y, t):
        if not isinstance(t_k, Value) and t_k not in (-1, 1):
            raise ValueError(f"hinge needs targets of -1 or +1, got {t_k}")
        terms.append(relu(1.0 - t_k * y_k))
    return _sum(terms)


def l1_penalty(parameters: Iterable[Value], strength: float) -> Value:
    """Return strength · Σ |w|."""
    return strength * sum_of([abs(w) for w in parameters])


def l2_penalty(parameters: Iterable[Value], strength: float) -> Value:
    """Return strength · Σ w².

    Examples
    --------
    >>> l2_penalty([Value(3.0), Value(4.0)], 0.1).data
    2.5
    """
    parameters = tuple(parameters)
    return strength * dot(parameters, parameters)


def total(errors: Iterable[N], reduction: str = "sum") -> N:
    """Return E = Σ_n E_n, or its mean over the samples.

    Parameters
    ----------
    errors : iterable
        The errors of the samples.
    reduction : {"sum", "mean"}

    Raises
    ------
    ValueError
        If `reduction` is neither.

    Examples
    --------
    >>> total([1.0, 2.0, 6.0]), total([1.0, 2.0, 6.0], "mean")
    (9.0, 3.0)
    """
    one_of("reduction", reduction, REDUCTIONS)
    return sum_of(errors) if reduction == "sum" else mean_of(errors)


LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (
        half_squared_error,
        mean_squared_error,
        mean_absolute_error,
        huber,
        binary_cross_entropy,
        binary_cross_entropy_with_logits,
        cross_entropy,
        cross_entropy_with_logits,
        kl_divergence,
        hinge,
    )
}


def find_loss(loss: str | Loss) -> Loss:
    """Return the loss of that name; a function is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name; the message has the closest one.
    TypeError
        If it is neither a name nor callable, or a class.
    """
    if isinstance(loss, type):
        raise TypeError(f"loss is the class {loss.__name__}: pass a function of output and target")
    if callable(loss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(f"a loss is a name or a function of output and target, not {short(loss)}")
    return look_up("loss", loss, LOSSES)


def _as_list(x: Any) -> list[Any]:
    return list(x) if is_sequence(x) else [x]


def _pairs(y: Any, t: Any) -> list[tuple[Any, Any]]:
    ys, ts = _as_list(y), _as_list(t)
    if len(ys) != len(ts):
        raise ValueError(f"{len(ys)} outputs, but {len(ts)} targets; there must be one for each")
    return list(zip(ys, map(_number, ts)))


def _number(t: Any) -> Any:
    """Return a target as a float: NumPy's bool has no minus, and -uint8(1) is 255."""
    return t if isinstance(t, Value) else Value(t).data


def _sum(terms: list[N]) -> N:
    """Return the sum of the terms; of a single one, no node is made."""
    return terms[0] if len(terms) == 1 else sum_of(terms)


def _is(t: Any, number: int) -> bool:
    """Return whether a target is known to be that number; a `Value` may change."""
    return not isinstance(t, Value) and t == number


def _known(x: Any) -> float:
    """Return the number of an output or a target; 0 where none is known, as of what is traced."""
    if hasattr(x.__class__, "is_unknown"):
        return 0.0
    try:
        return number_of(x)
    except TypeError:
        return 0.0


def _check_target(t: Any) -> None:
    if not -ROUNDING <= _known(t) <= 1 + ROUNDING:
        raise ValueError(f"cross-entropy needs targets between 0 and 1, got {_known(t)}")


def _check_output(y: Any, loss: str, activation: str) -> None:
    """Raise ValueError if an output is no probability; nan, as of what diverges, stays nan."""
    number = _known(y)
    if number < -ROUNDING or number > 1.0 + ROUNDING:
        other = "" if loss == "kl_divergence" else f", or loss={short(loss + '_with_logits')}"
        raise ValueError(
            f"an output is {number}, and {loss} needs probabilities, from 0 to 1: give the model "
            f'output="{activation}"{other}'
        )


def _class_weights(y: Items[Any], t: Any) -> list[tuple[Any, Any]]:
    """Return the classes with a target other than 0, and their targets.

    The class is a `Value` if its index is one, as in compiled functions.
    """
    if isinstance(y, Value) or not hasattr(y, "__len__"):
        raise ValueError("cross-entropy over classes needs one output for each class, got only one")
    if is_sequence(t):
        if len(t) != len(y):
            raise ValueError(f"{len(y)} outputs, but a target vector of length {len(t)}")
        weights = [(k, t_k) for k, t_k in enumerate(map(_number, t)) if not _is(t_k, 0)]
        for _, t_k in weights:
            _check_target(t_k)
        if not weights:
            raise ValueError("the target vector is all zeros; the true class must have a 1")
        return weights
    if isinstance(t, Value):
        return [(t, 1.0)]
    if t not in range(len(y)):
        raise ValueError(f"class {t} is not one of the {len(y)} classes 0 to {len(y) - 1}")
    return [(int(t), 1.0)]
