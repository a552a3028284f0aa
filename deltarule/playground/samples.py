"""The samples that a model of the learner's own is shown with, and what kind their targets are."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from autograd.numbers import is_sequence
from autograd.quoting import short
from nn import losses as errors
from nn.losses import Loss
from nn.train.samples import Data, training_data

from .table import MOST_CLASSES

MOST_INPUTS: Final = 64
MOST_SAMPLES: Final = 2_000
# Of these the target is a number, also where all targets are whole.
REGRESSION: Final = (
    errors.half_squared_error,
    errors.mean_squared_error,
    errors.mean_absolute_error,
    errors.huber,
)


class Samples(NamedTuple):
    """What the model is called with, and the same as numbers.

    Attributes
    ----------
    data : Data
        The samples as they are given.
    rows : list of list
    targets : list
        A number each, or a list of them.
    is_single : bool
        Whether an input is a number, and no list.
    """

    data: Data
    rows: list[list[float]]
    targets: list[Any]
    is_single: bool

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @classmethod
    def of(cls, inputs: Any, targets: Any, loss: Loss) -> Samples:
        data = training_data(inputs, targets, None, loss)
        if len(data.inputs) > MOST_SAMPLES:
            raise ValueError(
                f"{len(data.inputs)} samples are more than the {MOST_SAMPLES} that the page takes: "
                f"pass a part of them, such as inputs[:{MOST_SAMPLES}] and targets[:{MOST_SAMPLES}]"
            )
        is_single = not is_sequence(data.inputs[0])
        rows = _table("inputs", data.inputs)
        if not 1 <= len(rows[0]) <= MOST_INPUTS:
            raise ValueError(
                f"a sample has {len(rows[0])} inputs, and the page takes 1 to {MOST_INPUTS}: "
                "choose some of the columns"
            )
        listed = _table("targets", data.targets)
        several = is_sequence(data.targets[0])
        return cls(data, rows, listed if several else [t for (t,) in listed], is_single)


def _table(name: str, samples: Any) -> list[list[float]]:
    """Return samples as lists of numbers, all of one length; whole ones are int."""
    rows: list[list[float]] = []
    first = len(samples[0]) if is_sequence(samples[0]) else None
    for i, given in enumerate(samples):
        size = len(given) if is_sequence(given) else None
        if size != first:
            words = ["a number" if n is None else f"{n} numbers" for n in (size, first)]
            raise ValueError(
                f"{name}[{i}] has {words[0]}, and {name}[0] {words[1]}: the page draws one graph "
                "for all samples, so give each as many"
            )
        row = list(given) if size is not None else [given]
        for x in row:
            if is_sequence(x) or isinstance(x, (str, bytes)) or not hasattr(x, "__float__"):
                raise TypeError(
                    f"{name}[{i}] holds {short(x)}: a sample is a number or a list of numbers"
                )
        rows.append([int(x) if float(x).is_integer() else float(x) for x in row])
    return rows


class Kinds(NamedTuple):
    """Which targets choose a graph, and how many classes the page shows; 0 of numbers."""

    labels: list[int | None]
    classes: int

    @classmethod
    def of(cls, samples: Samples, loss: Loss, outputs: int) -> Kinds:
        most = max(outputs, 2)
        is_class = all(isinstance(t, int) and 0 <= t < most for t in samples.targets)
        if not is_class:
            return cls([None], 0)
        if most > MOST_CLASSES:
            raise ValueError(
                f"the model has {outputs} outputs, and the page tells {MOST_CLASSES} classes "
                "apart: choose some of the classes"
            )
        is_number = getattr(loss, "func", loss) in REGRESSION
        return cls([None] if is_number else [*range(most)], most)


def listed(x: Any) -> list[Any]:
    """Return numbers as a list, also a single one; of None, none."""
    return [] if x is None else list(x) if is_sequence(x) else [x]
