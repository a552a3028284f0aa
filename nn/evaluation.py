"""What a network says about samples, and how well: `predict`, `accuracy`, `mean_loss`, …

All of them compute in evaluation mode, without dropout, and leave the mode of the model as it was.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from itertools import compress, islice, repeat, starmap
from operator import attrgetter, ne
from typing import Any, Final, SupportsFloat

from autograd import Value, enable_grad, no_grad, sigmoid, softmax
from autograd.blocks import Block, Ending
from autograd.choices import look_up
from autograd.numbers import Items, is_sequence, number_of
from autograd.quoting import short
from autograd.samples import by_position, not_finite

from .activations import ACTIVATIONS
from .losses import (
    Loss,
    find_loss,
    half_squared_error,
    huber,
    mean_absolute_error,
    mean_squared_error,
)
from .module import Module

Samples = Items[Any]
Metric = Callable[[Any, Any, Any], SupportsFloat]  # of a model, inputs and targets
# From the outputs of these activations to shares of a class; those of others are logits.
SHARES: Final[dict[str, Callable[[float], float]]] = {
    "sigmoid": lambda y: y,
    "logistic": lambda y: y,
    "softmax": lambda y: y,
    "tanh": lambda y: (1.0 + y) / 2.0,
}
LEAST_WEIGHT: Final = 1e-300  # other than 0; as many as 1e7 samples divided by it are finite
LOGISTIC: Final = {"sigmoid", "logistic"}
# A single output of these is compared with the targets themselves; any other one is a logit.
SCORES: Final = ACTIVATIONS.keys() - LOGISTIC - {"identity", "linear", "softmax"}
# So is any output that was trained by the size of y - t.
OF_DISTANCES: Final = (half_squared_error, mean_squared_error, mean_absolute_error, huber)


def predict(model: Module, inputs: Samples) -> list[Any]:
    """Return the outputs for each sample as plain numbers, or lists of them.

    Examples
    --------
    >>> from nn import MLP
    >>> model, inputs = MLP(2, [3], rng=0), [[0.0, 1.0], [2.0, 3.0]]
    >>> len(predict(model, inputs)[0])
    3
    >>> accuracy(model, inputs, predict_class(model, inputs))
    1.0
    """
    inputs = by_position(inputs, "inputs")
    with no_grad(), in_mode(model, training=False):
        return [_numbers(model(x)) for x in inputs]  # nodes of many samples are not kept


def _numbers(y: Any) -> Any:
    return y.data if isinstance(y, Value) else [y_k.data for y_k in y]


def predict_class(model: Module, inputs: Samples, *, threshold: float | None = None) -> list[int]:
    """Return the class index for each sample.

    With several outputs it is that of the largest. A single output means class 1 above a
    threshold: 0.5 if the output unit is logistic, else 0, as for logits and for targets of -1
    and 1. That is seen from the last operation of the graph; a module that computes it in another
    way says so with ``output = "sigmoid"``.

    Parameters
    ----------
    threshold : float, optional
        Of a single output. Without targets nobody sees what they were: give 0.5 for an output of
        tanh, or without an activation, that was trained by squared error on targets of 0 and 1.

    Raises
    ------
    ValueError
        If an output is nan, which is no class.

    Examples
    --------
    >>> from nn import MLP
    >>> predict_class(MLP(2, [3], rng=0), [[0.0, 1.0]])[0] in (0, 1, 2)
    True
    """
    inputs = by_position(inputs, "inputs")
    rows = _rows(predict(model, inputs))
    if threshold is None:
        threshold = 0.5 if output_activation(model, inputs) in LOGISTIC else 0.0
    found = []
    for n, k in enumerate(_classes(rows, threshold)):
        if k is None:
            raise ValueError(
                f"the output for inputs[{n}] is nan, which is no class: an input is nan, or the "
                "parameters of the model are"
            )
        found.append(k)
    return found


def predict_proba(model: Module, inputs: Samples) -> list[list[float]]:
    """Return the probabilities of all classes for each sample; they sum to 1.

    A single output gives those of class 0 and class 1. Outputs of logistic and softmax units are
    probabilities, to be divided by their sum where there are several; those of tanh, for targets
    of -1 and 1, become (1 + y)/2; all others are taken for logits. Which they are is seen from the
    last operation of the graph, unless the module has an attribute such as ``output = "sigmoid"``.

    Examples
    --------
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], output="sigmoid", rng=0)
    >>> ((p_0, p_1),) = predict_proba(model, [[0.0, 1.0]])
    >>> p_1 == predict(model, [[0.0, 1.0]])[0], p_0 + p_1
    (True, 1.0)
    """
    inputs = by_position(inputs, "inputs")
    return shares(output_activation(model, inputs), _rows(predict(model, inputs)))


def accuracy(
    model: Module, inputs: Samples, targets: Samples, *, threshold: float | None = None
) -> float:
    """Return the fraction of samples whose class is predicted right, from 0 to 1.

    A sample with an output of nan is not right.

    Parameters
    ----------
    targets : sequence
        Class indices; -1 counts as class 0, as for the hinge error; or 1-of-K vectors.
    threshold : float, optional
        Above which a single output means class 1. Default: 0.5 for a logistic unit, 0 for an
        output without an activation, which is taken for a logit; that of other units, such as
        tanh, is midway between the targets, 0.5 if there is a 0, and 0 if there is a -1. A warning
        says where another threshold would be better, or the targets leave it open. As a metric of
        `fit` it is midway between the targets also where the loss is one of y - t.

    Raises
    ------
    ValueError
        If there are no samples, not as many targets as inputs, or a target is no class.

    Examples
    --------
    >>> from nn import MLP
    >>> accuracy(MLP(1, [1], rng=0), [[1.0], [-1.0]], [1, 0]) in (0.0, 1.0)
    True
    """
    inputs, targets = by_position(inputs, "inputs"), by_position(targets, "targets")
    check_lengths(inputs, targets)
    return fraction_right(model, inputs, predict(model, inputs), targets, threshold)


def mean_loss(
    model: Module,
    inputs: Samples,
    targets: Samples,
    loss: str | Loss,
    *,
    sample_weight: Samples | None = None,
) -> float:
    """Return the mean error over some samples, without changing anything.

    With weights it is Σ w_n E_n / Σ w_n.

    Raises
    ------
    ValueError
        If there are no samples, or not as many targets, or weights, as inputs.
    """
    loss_of = find_loss(loss)
    inputs, targets = by_position(inputs, "inputs"), by_position(targets, "targets")
    check_lengths(inputs, targets)
    weights = sample_weights("sample_weight", sample_weight, len(inputs))
    with no_grad(), in_mode(model, training=False):
        errors = [number_of(loss_of(model(x), t)) for x, t in zip(inputs, targets)]
    return math.fsum(errors) / len(errors) if weights is None else weighted_mean(errors, weights)


def weighted_mean(errors: Iterable[float], weights: list[float]) -> float:
    """Return Σ w_n E_n / Σ w_n; an error without weight has no say, be it infinite."""
    return math.fsum(w * e for w, e in zip(weights, errors) if w) / math.fsum(weights)


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def find_metric(metric: str | Metric | None) -> Metric | None:
    """Return the metric of that name; a function, or None, is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name.
    TypeError
        If it is neither a name nor a function.
    """
    if isinstance(metric, str):
        return look_up("metric", metric, METRICS)
    if metric is not None and (isinstance(metric, type) or not callable(metric)):
        raise TypeError(
            f"a metric is a name or a function of model, inputs and targets, not {short(metric)}"
        )
    return metric


class in_mode(Block):
    """Have a model, and all inside it, in training or evaluation mode, within a `with` block."""

    def __init__(self, model: Module, training: bool) -> None:
        super().__init__()
        self._model, self._training = model, training

    def begin(self, ending: Ending) -> None:
        parts = [part for _, part in self._model.named_modules()]
        mode_of = attrgetter("training")
        before = [*map(mode_of, parts)]
        others = map(ne, map(mode_of, parts), before)  # asked in the end
        ending.append(starmap(setattr, compress(zip(parts, repeat("training"), before), others)))
        if before.count(self._training) < len(before):
            self._model.train(self._training)


def shares(activation: str, rows: Iterable[list[float]]) -> list[list[float]]:
    """Return probabilities, given rows of outputs and the name of their activation."""
    share = SHARES.get(activation)
    if share is None:
        return [softmax(y) if len(y) > 1 else [sigmoid(-y[0]), sigmoid(y[0])] for y in rows]
    rows = [[share(y_k) for y_k in y] for y in rows]
    return [_normalised(y) if len(y) > 1 else [1.0 - y[0], y[0]] for y in rows]


def fraction_right(
    model: Module,
    inputs: Samples,
    outputs: Iterable[Any],
    targets: Samples,
    threshold: float | None = None,
    loss: Loss | None = None,
) -> float:
    """Return the accuracy, given what `predict` returns for the model, and what trained it."""
    rows = _rows(outputs)
    several = max(len(rows[0]), 2)
    wanted = []
    for n, t in enumerate(targets):
        k = class_index(t, f"targets[{n}]")
        if k >= several:
            raise ValueError(
                f"targets[{n}] is class {k}, and the model tells {several} classes apart: give "
                f"each its index, 0 to {several - 1}"
            )
        wanted.append(k)

    def share(threshold: float) -> float:
        found = _classes(rows, threshold)
        return sum([k == t for k, t in zip(found, wanted)]) / len(rows)

    if threshold is not None or len(rows[0]) > 1:
        return share(threshold or 0.0)
    activation = output_activation(model, inputs)
    if activation in LOGISTIC:
        return share(0.5)
    present = {number_of(x) for t in targets for x in (t if is_sequence(t) else [t])}
    has_zero, has_minus = 0.0 in present, -1.0 in present
    if activation in SCORES or getattr(loss, "func", loss) in OF_DISTANCES:
        right = share(0.5 if has_zero and not has_minus else 0.0)
        if not has_zero and not has_minus and share(0.5) != right:
            _say(right, share(0.5), "all targets are 1, which says nothing about the other class")
        return right
    right = share(0.0)
    distance = sum([abs(y - t) for (y,), t in zip(rows, wanted)]) / len(rows)
    if loss is None and has_zero and distance < 0.25 and share(0.5) > right:
        _say(right, share(0.5), "it is taken for a logit, but the outputs lie near 0 and 1")
    return right


def _say(at_0: float, at_half: float, why: str) -> None:
    warnings.warn(
        f"accuracy takes a single output above 0 for class 1, and {at_0:.4g} are right; {why}. "
        f"Above 0.5 {at_half:.4g} would be right: where the targets of training were 0 and 1, and "
        "the loss compared outputs with them, pass threshold=0.5",
        stacklevel=4,
    )


def _rows(outputs: Iterable[Any]) -> list[list[float]]:
    return [y if isinstance(y, list) else [y] for y in outputs]


def _classes(rows: Iterable[list[float]], threshold: float) -> list[int | None]:
    """Return the class for each row of outputs; None where one is nan."""

    def of(y: list[float]) -> int | None:
        if any(map(math.isnan, y)):
            return None
        return y.index(max(y)) if len(y) > 1 else int(y[0] > threshold)

    return [*map(of, rows)]


def output_activation(model: Module, inputs: Samples) -> str:
    """Return the name of the activation of the outputs: as declared, or the last operation."""
    declared = getattr(model, "output", None)
    if isinstance(declared, str):
        return declared
    with enable_grad(), in_mode(model, training=False):
        outputs = [model(x) for x in islice(inputs, 1)]
    names = {
        y.operation.name if isinstance(y, Value) and y.operation is not None else ""
        for output in outputs
        for y in (output if is_sequence(output) else [output])
    }
    return names.pop() if len(names) == 1 else ""


def _normalised(y: list[float]) -> list[float]:
    """Return probabilities in proportion to outputs that need not sum to 1."""
    total = sum(y)
    return [y_k / total for y_k in y] if total else [1.0 / len(y)] * len(y)


def check_lengths(inputs: Samples, targets: Samples, kind: str = "") -> None:
    """Raise ValueError unless there are samples, and a target for each."""
    if len(inputs) != len(targets):
        raise ValueError(
            f"{len(inputs)} {kind}inputs, but {len(targets)} targets; there must be one for each"
        )
    if len(inputs) == 0:
        raise ValueError(f"there are no {kind}samples")


def sample_weights(name: str, weights: Any, samples: int) -> list[float] | None:
    """Return the weights of samples as floats, or say what is wrong with them."""
    if weights is None:
        return None
    listed = list(by_position(weights, name))
    if len(listed) != samples:
        raise ValueError(f"{name} has {len(listed)} numbers for {samples} samples: give one each")
    numbers = []
    for i, weight in enumerate(listed):
        try:
            numbers.append(number_of(weight))
        except TypeError as error:
            raise TypeError(f"{name}[{i}]: {error}") from None
        if not 0.0 <= numbers[-1] < math.inf:
            raise ValueError(f"{name}[{i}] is {numbers[-1]}: choose a finite number from 0")
        if 0.0 < numbers[-1] < LEAST_WEIGHT:
            raise ValueError(
                f"{name}[{i}] is {numbers[-1]}, too small to divide by: multiply all weights, so "
                "that 1 is their mean, or make it 0"
            )
    if not 0.0 < sum(numbers) < math.inf:
        raise ValueError(f"{name} sums to {sum(numbers)}: it must be above 0, and finite")
    return numbers


def class_index(target: Any, name: str = "the target") -> int:
    """Return the class that a target stands for; -1 counts as class 0.

    Raise ValueError if it stands for none, such as a text or 0.5.
    """
    row = list(target) if is_sequence(target) else [target]
    try:
        numbers = [number_of(t) for t in row]
    except TypeError:
        numbers = []
    if len(numbers) > 1 and not_finite(numbers) is None:
        return numbers.index(max(numbers))
    if len(numbers) != 1 or not numbers[0].is_integer() or numbers[0] < -1:
        raise ValueError(
            f"{name} is {short(target)}, which is no class: give each its index, 0 to K-1 (-1 "
            "counts as class 0), or a 1-of-K vector"
        )
    return max(int(numbers[0]), 0)
