"""What a network says about samples, and how well: `predict`, `accuracy`, `mean_loss`, …

All of them compute in evaluation mode, without dropout, and leave the mode of the model as it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import compress, islice, repeat, starmap
from operator import attrgetter, ne
from typing import Any, Final, SupportsFloat

from autograd import Value, enable_grad, no_grad, sigmoid, softmax
from autograd.blocks import Block, Ending
from autograd.choices import look_up
from autograd.numbers import Items, is_sequence, number_of
from autograd.quoting import short

from .losses import Loss, find_loss
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
    with no_grad(), in_mode(model, training=False):
        outputs = [model(x) for x in inputs]
    return [y.data if isinstance(y, Value) else [y_k.data for y_k in y] for y in outputs]


def predict_class(model: Module, inputs: Samples) -> list[int]:
    """Return the class index for each sample.

    With several outputs it is that of the largest. A single output means class 1 above a
    threshold: 0.5 if the output unit is logistic, else 0. That is seen from the last operation of
    the graph; a module that computes it in another way says so with ``output = "sigmoid"``.

    Examples
    --------
    >>> from nn import MLP
    >>> predict_class(MLP(2, [3], rng=0), [[0.0, 1.0]])[0] in (0, 1, 2)
    True
    """
    return classes(model, inputs, predict(model, inputs))


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
    rows = [y if isinstance(y, list) else [y] for y in predict(model, inputs)]
    return shares(output_activation(model, inputs), rows)


def accuracy(model: Module, inputs: Samples, targets: Samples) -> float:
    """Return the fraction of samples whose class is predicted right, from 0 to 1.

    Parameters
    ----------
    targets : sequence
        Class indices; -1 counts as class 0, as for the hinge error; or 1-of-K vectors.

    Raises
    ------
    ValueError
        If there are no samples, or not as many targets as inputs.

    Examples
    --------
    >>> from nn import MLP
    >>> accuracy(MLP(1, [1], rng=0), [[1.0], [-1.0]], [1, 0]) in (0.0, 1.0)
    True
    """
    check_lengths(inputs, targets)
    return fraction_right(model, inputs, predict(model, inputs), targets)


def mean_loss(model: Module, inputs: Samples, targets: Samples, loss: str | Loss) -> float:
    """Return the mean error over some samples, without changing anything.

    Raises
    ------
    ValueError
        If there are no samples, or not as many targets as inputs.
    """
    loss_of = find_loss(loss)
    check_lengths(inputs, targets)
    with no_grad(), in_mode(model, training=False):
        errors = [number_of(loss_of(model(x), t)) for x, t in zip(inputs, targets)]
    return math.fsum(errors) / len(errors)


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


def classes(model: Module, inputs: Samples, outputs: Iterable[Any]) -> list[int]:
    """Return the class index for each sample, given what `predict` returns for the model."""
    threshold = 0.5 if output_activation(model, inputs) in ("sigmoid", "logistic") else 0.0
    rows = [y if isinstance(y, list) else [y] for y in outputs]
    return [y.index(max(y)) if len(y) > 1 else int(y[0] > threshold) for y in rows]


def shares(activation: str, rows: Iterable[list[float]]) -> list[list[float]]:
    """Return probabilities, given rows of outputs and the name of their activation."""
    share = SHARES.get(activation)
    if share is None:
        return [softmax(y) if len(y) > 1 else [sigmoid(-y[0]), sigmoid(y[0])] for y in rows]
    rows = [[share(y_k) for y_k in y] for y in rows]
    return [_normalised(y) if len(y) > 1 else [1.0 - y[0], y[0]] for y in rows]


def fraction_right(
    model: Module, inputs: Samples, outputs: Iterable[Any], targets: Samples
) -> float:
    """Return the accuracy, given what `predict` returns for the model."""
    predicted = classes(model, inputs, outputs)
    return sum(map(int.__eq__, predicted, map(class_index, targets))) / len(predicted)


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
    for name, samples in (("inputs", inputs), ("targets", targets)):
        if not hasattr(samples, "__len__"):
            what = repr(samples) if samples is None else type(samples).__name__
            raise TypeError(f"{kind}{name} must be a sequence, such as a list, not {what}")
    if len(inputs) != len(targets):
        raise ValueError(
            f"{len(inputs)} {kind}inputs, but {len(targets)} targets; there must be one for each"
        )
    if len(inputs) == 0:
        raise ValueError(f"there are no {kind}samples")


def class_index(target: Any) -> int:
    """Return the class that a target stands for; -1 counts as class 0."""
    if is_sequence(target):
        row = list(target)
        if len(row) > 1:
            return row.index(max(row))
        (target,) = row
    return max(int(target), 0)
