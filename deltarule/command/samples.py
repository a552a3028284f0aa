"""The samples of `deltarule train`: read or made, in two parts, and what is to be said of them."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Final

from autograd.quoting import short
from nn.data import Coding, Dataset, Reading, load, names, read_table, split
from nn.data.notation import plain_number
from nn.data.words import count, listing

from .arguments import spelled

TEST_SIZE: Final = 0.25
LARGEST: Final = 1e150  # the squares of larger numbers are infinite
OF_TABLES: Final = ("target", "task", "features", "drop", "missing", "header", "decimal")


def read(options: argparse.Namespace, n_samples: int | None) -> tuple[Reading | None, Dataset]:
    """Return the samples that were asked for, and how a CSV file became such."""
    given = {name: x for name in OF_TABLES if (x := getattr(options, name)) is not None}
    if options.data in names():
        if given:
            raise ValueError(
                f"{spelled(*given.popitem())} is for CSV files; {options.data} is a built-in data "
                "set"
            )
    elif Path(options.data).suffix or Path(options.data).exists():
        reading = read_table(options.data, given.pop("target", None), **given, spelled=spelled)
        return reading, reading.dataset
    # Of another name, `load` says which data sets there are.
    return None, load(options.data, n_samples=n_samples, seed=options.seed)


def divided(data: Dataset, options: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """Return the rows to train on and those held out."""
    if len(data) <= 4 and options.test_size is None:
        return data, data  # all of a truth table is needed to learn it
    return split(data, options.test_size or TEST_SIZE, options.seed)


def choice(target: str, task: str | None, data: Dataset) -> list[str]:
    """Return a line about numbers as targets that may as well be learnt in the other way."""
    names, values = data.class_names, len(set(data.targets))
    if task is None and names is None and values <= len(data) / 2:
        other = f"a number; {spelled('task', 'classification')} makes {values} classes of it"
    elif task is None and names is not None and all(plain_number(x) is not None for x in names):
        other = f"a class; {spelled('task', 'regression')} predicts it as a number"
    else:
        return []
    return [f"{short(target)} is taken as {other}"]


def uneven(classes: list[str], training: Dataset, test: Dataset) -> list[str]:
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
    for known, part, what in (
        (learnt, "to train on", "not learnt: a smaller --test-size leaves more to train on"),
        (tested, "held out", "not tested"),
    ):
        absent = [short(name) for k, name in enumerate(classes) if k not in known]
        if absent:
            of, verb = ("class", "is") if len(absent) == 1 else ("the classes", "are")
            lines.append(f"no sample {part} is of {of} {listing(absent)}, which {verb} {what}")
    return lines


def check_numbers(data: Dataset, training: Dataset, coding: Coding) -> None:
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


def filled(data: Dataset, means: list[float]) -> Dataset:
    """Return the same rows with means in the place of missing inputs."""
    rows = [
        [m if math.isnan(x) else x for x, m in zip(row, means, strict=True)] for row in data.inputs
    ]
    return replace(data, inputs=rows)
