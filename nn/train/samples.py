"""What `fit` learns from: taken by position, and looked at before anything is learnt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.quoting import short
from autograd.samples import by_position, column_names, not_finite

from ..data import Dataset
from ..evaluation import Samples, check_lengths, sample_weights
from ..losses import LOSSES, Loss


class Data(NamedTuple):
    """Inputs and targets of samples by position, and their weights, above 0, if they have some."""

    inputs: Samples
    targets: Samples
    weights: list[float] | None = None

    def weight(self, chosen: Sequence[int] | None = None) -> float:
        """Return by what the errors of some samples, or of all, are divided for their mean."""
        if chosen is None:
            return len(self.inputs) if self.weights is None else math.fsum(self.weights)
        if self.weights is None:
            return len(chosen)
        return math.fsum([self.weights[i] for i in chosen])


def training_data(inputs: Any, targets: Any, weights: Any, loss: Loss) -> Data:
    """Return what `fit` is given, or say what is wrong with it.

    Raises
    ------
    ValueError
        If it is empty, of different lengths, or a number is nan or infinite; the message has its
        place, and the name of its column where there is one.
    TypeError
        If it has no positions, or targets are given beside a data set.
    """
    return _checked("", inputs, targets, weights, loss)


def held_out(validation: Any, loss: Loss) -> Data | None:
    """Return the validation data of `fit`, a data set or a tuple, checked as training data are."""
    if validation is None:
        return None
    if isinstance(validation, Dataset):
        return _checked("validation ", validation, None, None, loss)
    if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
        raise TypeError(
            f"validation is a {type(validation).__name__}: pass (inputs, targets), "
            "(inputs, targets, weights) or a data set"
        )
    inputs, targets, weights = (*validation, None)[:3]
    return _checked("validation ", inputs, targets, weights, loss)


def _checked(kind: str, inputs: Any, targets: Any, weights: Any, loss: Loss) -> Data:
    names = column_names(inputs)
    if isinstance(inputs, Dataset):
        if targets is not None:
            raise TypeError(
                f"{kind.strip() or 'inputs'} is a data set, which has targets, and "
                f"{short(targets)} are given, too: leave them out, and pass the loss as "
                'loss="..."'
            )
        names, targets, inputs = inputs.feature_names, inputs.targets, inputs.inputs
    inputs = by_position(inputs, f"{kind}inputs")
    targets = by_position(targets, f"{kind}targets")
    check_lengths(inputs, targets, kind)
    name = f"{kind}weights" if kind else "sample_weight"
    numbers = sample_weights(name, weights, len(inputs))
    _check_finite(f"{kind}inputs", inputs, numbers, names)
    _check_finite(f"{kind}targets", targets, numbers)
    if getattr(loss, "func", loss) in LOSSES.values():
        text = next((i for i in range(len(targets)) if isinstance(targets[i], str)), None)
        if text is not None:
            raise ValueError(
                f"{kind}targets[{text}] is the text {short(targets[text])}: give each class its "
                "index, 0 to K-1, as in [names.index(t) for t in targets]"
            )
    if numbers is not None and 0.0 in numbers:  # these are left out
        chosen = [i for i, weight in enumerate(numbers) if weight]
        inputs, targets = [inputs[i] for i in chosen], [targets[i] for i in chosen]
        numbers = [numbers[i] for i in chosen]
    return Data(inputs, targets, numbers)


def _check_finite(
    name: str, samples: Samples, weights: list[float] | None, columns: list[str] | None = None
) -> None:
    found = not_finite(samples)
    if found is None:
        return
    place, number = found
    column, advice = "", "leave this sample out, or put a number there"
    if columns is not None and place.count("[") == 2:
        j = int(place[place.rindex("[") + 1 : -1])
        column = f", in column {short(columns[j])},"
    if "inputs" in name and math.isnan(number):
        advice += ", as nn.data.Standardizer(fills_missing=True) does"
    if weights is not None and weights[int(place[1 : place.index("]")])] == 0.0:
        column += " of a sample of weight 0," if column else ", of a sample of weight 0,"
        advice = "leave the sample out of inputs, targets and weights: a weight does not hide it"
    raise ValueError(f"{name}{place}{column} is {number}: {advice}")
