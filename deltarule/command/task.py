"""What `deltarule train` is to learn: which rows, by which network, with which error."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from autograd.numbers import map_numbers
from autograd.quoting import short
from nn import MLP
from nn.data import Coding, Dataset, Reading, Standardizer, load, names, one_hot, read_table, split
from nn.data.notation import plain_number
from nn.data.words import count, listing
from nn.export.json_file import check_size

from ..pipeline import Identity, Pipeline
from .arguments import spelled
from .settings import DEFAULTS, Settings, settings_for

OF_NUMBERS: Final = (  # losses that regression may have
    "half_squared_error", "mean_squared_error", "mean_absolute_error", "huber",
)  # fmt: skip
TEST_SIZE: Final = 0.25
LARGEST: Final = 1e150  # the squares of larger numbers are infinite
OF_TABLES: Final = ("target", "task", "features", "drop", "missing", "header", "decimal")


class Task:
    """The rows to train on and to test with, the network, and the error to be made small.

    Attributes
    ----------
    data, training, test : Dataset
        All rows, those that are learnt, and those held out for testing. Where an input is
        missing, it is the mean of those that are learnt.
    reading : Reading or None
        How a CSV file became `data`; None for a built-in data set.
    notes : list of str
        What was done and chosen on the way, a line for each.
    settings : Settings
        Size of the network and how it learns; training settles on one of several weight decays.
    tried : dict of float to float
        The loss that each of them had on samples set aside; empty where there is no choice.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.reading = _reading(options)
        n_samples = DEFAULTS.get(options.data, Settings()).n_samples
        self.data = (
            load(options.data, n_samples=n_samples, seed=options.seed)
            if self.reading is None
            else self.reading.dataset
        )
        self.notes = (
            []
            if self.reading is None
            else [*_choice(options.target, self.data, options.task), *self.reading.notes]
        )
        classes = self.data.class_names
        self.is_regression = classes is None
        self.training, self.test = _parts(self.data, options)
        self.settings = settings_for(options, self.training)
        self.tried: dict[float, float] = {}
        if self.reading is not None:
            _check_numbers(self.data, self.training, self.reading.coding)
        if classes is not None:
            self.notes += _uneven(classes, self.training, self.test)
        self.loss = options.loss or _usual_loss(classes)
        standardize = self.settings.standardize
        targets = [[t] for t in self.training.targets]
        coding = None if self.reading is None else self.reading.coding
        fills = coding is not None and coding.missing
        scale = (
            Standardizer(fills_missing=fills).fit(self.training.inputs)
            if standardize
            else Identity()
        )
        if isinstance(scale, Standardizer) and fills:
            self.data, self.training, self.test = [
                _filled(part, scale.mean) for part in (self.data, self.training, self.test)
            ]
        scaled = standardize and self.is_regression
        target_scale = Standardizer().fit(targets) if scaled else Identity()
        outputs, output = _outputs(self.loss, classes)
        model = MLP(
            len(self.data.feature_names),
            [*self.settings.layers, outputs],
            activation=self.settings.activation,
            output=output,
            init=options.init,
            rng=options.seed,
        )
        check_size(model)  # before it is trained
        names = self.data.feature_names
        self.pipeline = Pipeline(
            model, names, classes, scale, target_scale, self.data.name, coding, options.target or ""
        )

    def seen(self, part: Dataset) -> tuple[list[list[float]], list[Any]]:
        """Return inputs and targets of some rows as the network sees them."""
        pipeline, outputs = self.pipeline, self.pipeline.model.sizes[-1]
        targets = pipeline.target_scale.transform([[t] for t in part.targets])
        coded = [_coded(t, self.loss, outputs) for (t,) in targets]
        return pipeline.scale.transform(part.inputs), coded


def _reading(options: argparse.Namespace) -> Reading | None:
    """Read the table that was asked for; None if it is a built-in data set."""
    given = {name: x for name in OF_TABLES if (x := getattr(options, name)) is not None}
    if options.data in names():
        if given:
            raise ValueError(
                f"{spelled(*given.popitem())} is for CSV files; {options.data} is a built-in data "
                "set"
            )
        return None
    if not (Path(options.data).suffix or Path(options.data).exists()):
        return None  # `load` says which data sets there are
    return read_table(options.data, given.pop("target", None), **given, spelled=spelled)


def _choice(target: str, data: Dataset, task: str | None) -> list[str]:
    """Return a line about numbers as targets that may as well be learnt in the other way."""
    names, values = data.class_names, len(set(data.targets))
    if task is None and names is None and values <= len(data) / 2:
        other = f"a number; {spelled('task', 'classification')} makes {values} classes of it"
    elif task is None and names is not None and all(plain_number(x) is not None for x in names):
        other = f"a class; {spelled('task', 'regression')} predicts it as a number"
    else:
        return []
    return [f"{short(target)} is taken as {other}"]


def _parts(data: Dataset, options: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """Return the rows to train on and those held out."""
    if len(data) <= 4 and options.test_size is None:
        return data, data  # all of a truth table is needed to learn it
    return split(data, options.test_size or TEST_SIZE, options.seed)


def _check_numbers(data: Dataset, training: Dataset, coding: Coding) -> None:
    """Raise ValueError if a column has numbers too large, or none in the rows to train on."""
    names = [part.name for part in coding.parts for _ in part.feature_names]
    for name, column in [*zip(map(short, names), zip(*data.inputs)), ("the target", data.targets)]:
        largest = max([abs(x) for x in column if not math.isnan(x)], default=0.0)
        if largest > LARGEST:
            raise ValueError(
                f"{name} has numbers as large as {largest:g}, and a network computes with "
                f"numbers up to {LARGEST:g}: give it in other units"
            )
    empty = [
        name for name, column in zip(names, zip(*training.inputs)) if all(map(math.isnan, column))
    ]
    if empty:
        once = [*dict.fromkeys(empty)]
        raise ValueError(
            f"no sample to train on has anything in {listing(map(short, once))}: leave out by "
            f"{spelled('drop', once)}, or make --test-size smaller"
        )


def _filled(data: Dataset, means: list[float]) -> Dataset:
    """Return the same rows with means in the place of missing inputs."""
    rows = [
        [m if math.isnan(x) else x for x, m in zip(row, means, strict=True)] for row in data.inputs
    ]
    return replace(data, inputs=rows)


def _uneven(classes: list[str], training: Dataset, test: Dataset) -> list[str]:
    """Return a line for the classes that cannot be learnt, and for those that are not tested.

    Raise ValueError if there is nothing to tell apart.
    """
    learnt, tested = {int(t) for t in training.targets}, {int(t) for t in test.targets}
    if len(learnt) < 2:
        raise ValueError(
            f"only class {short(classes[min(learnt)])} is among the "
            f"{count(len(training), 'sample')} to train on: make --test-size smaller, or add rows "
            "of other classes"
        )
    lines = []
    for known, what in (
        (learnt, "to train on is of class {}, which is not learnt: make --test-size smaller"),
        (tested, "held out is of class {}: the test accuracy says nothing about it"),
    ):
        absent = [short(name) for k, name in enumerate(classes) if k not in known]
        if absent:
            lines.append("no sample " + what.format(listing(absent)))
    return lines


def _usual_loss(classes: list[str] | None) -> str:
    if classes is None:
        return "half_squared_error"
    return "cross_entropy_with_logits" if len(classes) > 2 else "binary_cross_entropy_with_logits"


def _outputs(loss: str, classes: list[str] | None) -> tuple[int, str]:
    """Return number and activation of the outputs that a loss asks for."""
    if classes is None:
        if loss not in OF_NUMBERS:
            raise ValueError(
                f"--loss {loss} is for classes, and the targets are numbers; use "
                "--loss half_squared_error"
            )
        return 1, "identity"
    linear = loss == "hinge" or loss.endswith("logits")
    if loss.startswith("cross_entropy") or loss == "kl_divergence":
        return len(classes), "identity" if linear else "softmax"
    return 1 if len(classes) == 2 else len(classes), "identity" if linear else "sigmoid"


def _coded(t: Any, loss: str, outputs: int) -> Any:
    """Return a target as a loss wants it: an index, or a number for each output."""
    if loss.startswith("cross_entropy"):
        return t
    code = t if outputs == 1 else one_hot(t, outputs)
    return map_numbers(lambda x: 2 * x - 1, code) if loss == "hinge" else code
