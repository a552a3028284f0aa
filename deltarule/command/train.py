"""`deltarule train`: learn a data set; write the model and its pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from autograd.quoting import clipped, visible
from nn import LOSSES, OPTIMIZERS, plots
from nn.activations import ACTIVATIONS
from nn.data import names
from nn.initializers import INITIALIZERS

from ..pipeline import Pipeline
from . import pictures
from .arguments import Commands, columns, positive, seed, share, sizes, strength
from .earlier import Earlier
from .learning import learn
from .stopping import stoppable
from .task import Task
from .terminal import announce, conclude


def declare(commands: Commands) -> None:
    """Add `train` to the command."""
    data_sets = "\n".join([f"  {name:<14} {line}" for name, line in names().items()])
    parser = commands.add_parser(
        "train",
        help="learn a built-in data set or a CSV file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Learn a data set; report the accuracy on samples held out for testing; write\n"
        "pictures and the model to a folder.",
        epilog=f"data sets:\n{data_sets}\n\nexamples:\n  deltarule train moons\n"
        "  deltarule train digits --epochs 12 --seed 3\n"
        "  deltarule train flowers.csv --target species --layers 8,8 --activation relu\n"
        "  deltarule train titanic.csv --target Survived --drop Name --missing drop\n",
    )
    parser.add_argument("data", metavar="NAME|FILE.csv", help="a data set below, or your own table")
    _of_table(parser.add_argument_group("table").add_argument)
    _of_network(parser.add_argument_group("network").add_argument)
    _of_learning(parser.add_argument_group("learning").add_argument)
    _of_output(parser.add_argument_group("output").add_argument)
    parser.set_defaults(run=run)


def _of_table(add: Any) -> None:
    # fmt: off
    add("--target", metavar="COLUMN", help="column of the CSV file to predict")
    add("--task", choices=("classification", "regression"), help="default: as the target looks")
    add("--features", type=columns, action="extend", metavar="A,B",
        help="learn from these columns only; a name with a comma stands in double quotes")
    add("--drop", type=columns, action="extend", metavar="A,B", help="leave these columns out")
    add("--missing", choices=("mean", "drop"),
        help="fill missing cells with the mean of their column (default), or drop their rows")
    add("--header", action=argparse.BooleanOptionalAction,
        help="whether the first line has the names of the columns, which are numbers otherwise; "
             "default: as it looks")
    add("--decimal", choices=(".", ","), metavar="MARK",
        help="decimal mark, a point or a comma; default: as the numbers look")
    # fmt: on


def _of_network(add: Any) -> None:
    add(
        "--layers",
        metavar="N,N",
        type=sizes,
        help="units of each hidden layer; '' for none, which for tables is tried, too",
    )
    add("--activation", choices=sorted(set(ACTIVATIONS) - {"softmax"}), metavar="NAME",
        help="of hidden units: tanh, relu, sigmoid, ...")  # fmt: skip
    add("--init", choices=INITIALIZERS, default="glorot_uniform", metavar="NAME",
        help="initial weights: glorot_uniform, he_normal, uniform, ...")  # fmt: skip


def _of_learning(add: Any) -> None:
    add("--loss", choices=LOSSES, metavar="NAME", help=", ".join(LOSSES))
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="default: adam")
    add("--learning-rate", "--lr", type=positive(float), metavar="RATE")
    add("--epochs", type=positive(int), metavar="N", help="passes over the data")
    add("--batch-size", type=positive(int), metavar="N", help="samples per update")
    add("--weight-decay", type=strength, metavar="STRENGTH",
        help="of the L2 penalty, 0 or more; default for tables: the best of several on a part of "
             "the samples to train on")  # fmt: skip
    add("--test-size", type=share, metavar="SHARE",
        help="share of the samples held out for testing; default: 0.25")  # fmt: skip
    add("--seed", type=seed, default=0, metavar="N", help="of data, split, weights and order")


def _of_output(add: Any) -> None:
    add("--output", type=Path, metavar="FOLDER", help="default: runs/NAME")
    add("--overwrite", action="store_true",
        help="replace another model, or pictures of your own, that lie in the folder")  # fmt: skip
    add("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    """Say what is learnt and how well; write the model and its pictures to a folder."""
    plots.learning_curves([{"train_loss": 0.0}])  # without Matplotlib, say so before training
    task = Task(options)
    folder = options.output or Path("runs") / task.data.name
    earlier = Earlier(folder, task)
    folder.mkdir(parents=True, exist_ok=True)
    with stoppable():
        announce(task, earlier)
        history, seconds = learn(task)
        _save(task.pipeline, earlier.model)
        earlier.make_room()
        result = conclude(task, history, seconds)
        written = [earlier.model]
        try:
            for path in pictures.drawn(task, history, folder):
                written.append(path)
        finally:
            print("wrote     " + "\n          ".join([visible(str(path)) for path in written]))
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        if history.stopped == "diverged" or not result.is_finite:
            raise ValueError(
                f"training diverged in epoch {len(history)}: {clipped(str(earlier.model))} has the "
                f"last finite parameters; try a --learning-rate below "
                f"{task.settings.learning_rate:g}"
            )


def _save(pipeline: Pipeline, path: Path) -> None:
    try:
        pipeline.save(path)
    except KeyboardInterrupt:
        pipeline.save(path)  # first of all, what was learnt
        raise
