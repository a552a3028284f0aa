"""`deltarule train`: learn a data set; write the model and its pictures."""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

from autograd.quoting import clipped, short, visible
from nn import LOSSES, OPTIMIZERS, History, accuracy, fit, mean_loss, plots
from nn.activations import ACTIVATIONS
from nn.data import names
from nn.data.words import count
from nn.initializers import INITIALIZERS

from ..pipeline import Pipeline
from . import pictures
from .arguments import Commands, positive, seed, sizes
from .earlier import Earlier
from .stopping import stoppable
from .task import Task


def declare(commands: Commands) -> None:
    """Add `train` to the command."""
    data_sets = "\n".join([f"  {name:<14} {line}" for name, line in names().items()])
    parser = commands.add_parser(
        "train",
        help="learn a built-in data set or a CSV file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Learn a data set; report the accuracy on samples held out for testing; write "
        "pictures and\nthe model to a folder.",
        epilog=f"data sets:\n{data_sets}\n\nexamples:\n  deltarule train moons\n"
        "  deltarule train digits --epochs 12 --seed 3\n"
        "  deltarule train flowers.csv --target species --layers 8,8 --activation relu\n",
    )
    add = parser.add_argument
    add("data", metavar="NAME|FILE.csv", help="a data set below, or your own table")
    add("--target", metavar="COLUMN", help="column of the CSV file to predict")
    add("--task", choices=("classification", "regression"), help="default: as the target looks")
    add("--layers", metavar="N,N", type=sizes, help="units of each hidden layer")
    add("--activation", choices=sorted(set(ACTIVATIONS) - {"softmax"}), metavar="NAME",
        help="of hidden units: tanh, relu, sigmoid, ...")  # fmt: skip
    add("--loss", choices=LOSSES, metavar="NAME", help=", ".join(LOSSES))
    add("--init", choices=INITIALIZERS, default="glorot_uniform", metavar="NAME",
        help="initial weights: glorot_uniform, he_normal, uniform, ...")  # fmt: skip
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="default: adam")
    add("--learning-rate", "--lr", type=positive(float), metavar="RATE")
    add("--epochs", type=positive(int), metavar="N", help="passes over the data")
    add("--batch-size", type=positive(int), metavar="N", help="samples per update")
    add("--test-size", type=float, default=0.25, metavar="SHARE",
        help="share of the samples held out, 0 to 1; default 0.25")  # fmt: skip
    add("--seed", type=seed, default=0, metavar="N", help="of data, split, weights and order")
    add("--output", type=Path, metavar="FOLDER", help="default: runs/NAME")
    add(
        "--overwrite",
        action="store_true",
        help="replace what else lies in the folder: another model, pictures of your own",
    )
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Say what is learnt and how well; write the model and its pictures to a folder."""
    plots.learning_curves([{"train_loss": 0.0}])  # without Matplotlib, say so before training
    task = Task(options)
    folder = options.output or Path("runs") / task.data.name
    earlier = Earlier(folder, task.pipeline, options.overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    with stoppable():
        _announce(task, earlier)
        history, seconds = _learn(task)
        _save(task.pipeline, earlier.model)
        earlier.make_room()
        _report(task, history, seconds)
        written = [earlier.model]
        try:
            for path in pictures.drawn(task, history, folder):
                written.append(path)
        finally:
            print("wrote     " + "\n          ".join([visible(str(path)) for path in written]))
        if history.stopped == "interrupted":
            raise KeyboardInterrupt


def _announce(task: Task, earlier: Earlier) -> None:
    options, settings, model = task.options, task.settings, task.pipeline.model
    print(f"data      {task.data}")
    if options.target is not None and options.task is None:
        print(f"          {short(options.target)} is taken as "
              + ("a number; --task classification makes classes of it" if task.is_regression
                 else "a class; --task regression predicts it as a number"))  # fmt: skip
    if task.training is task.test:
        print(f"          all {len(task.data)} samples to train on and to test with")
    else:
        print(f"          {len(task.training)} samples to train on, "
              f"{len(task.test)} held out for testing")  # fmt: skip
    print(f"network   {model}, {len(model.parameters())} parameters")
    print(
        f"learning  {task.loss}, {options.optimizer}, {settings.epochs} epochs of "
        f"batches of {settings.batch_size}, learning rate {settings.learning_rate:g}"
    )
    if earlier.is_there:
        pictures_too = f" and {count(len(earlier.pictures), 'picture')} of an earlier run"
        print(f"replaces  {clipped(str(earlier.model))}{pictures_too * bool(earlier.pictures)}")
    sys.stdout.flush()


def _learn(task: Task) -> tuple[History, float]:
    """Train; return also how many seconds it took."""
    options, settings, model = task.options, task.settings, task.pipeline.model
    optimizer = OPTIMIZERS[options.optimizer]
    before, start = model.state_dict(), time.perf_counter()
    history = fit(
        model,
        *task.seen(task.training),
        task.loss,
        optimizer=optimizer(model.parameters(), lr=settings.learning_rate),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        seed=options.seed,
        validation=task.seen(task.test),
        metric=None if task.is_regression else accuracy,
        progress=False if options.quiet else None,
        compiled=True,
    )
    if not history.epochs and model.state_dict() == before:
        raise KeyboardInterrupt  # and there is nothing to be saved
    return history, time.perf_counter() - start


def _save(pipeline: Pipeline, path: Path) -> None:
    try:
        pipeline.save(path)
    except KeyboardInterrupt:
        pipeline.save(path)  # first of all, what was learnt
        raise


def _report(task: Task, history: History, seconds: float) -> None:
    ending = {
        "interrupted": "; interrupted, what was learnt so far is kept",
        "diverged": "; diverged: try a smaller --learning-rate",
    }.get(history.stopped, "")
    each = f", {1000 * seconds / len(history):.0f} ms each" if history.epochs else ""
    print(f"took      {seconds:.1f} s for {len(history)} epochs{each}{ending}")
    model, parts = task.pipeline.model, (task.training, task.test)
    if not task.is_regression:
        train, test = [accuracy(model, *task.seen(part)) for part in parts]
        print(f"accuracy  train {train:.3f}, test {test:.3f}")
        return
    train, test = [mean_loss(model, *task.seen(part), task.loss) for part in parts]
    predicted = task.pipeline.numbers(task.test.inputs)
    deviation = math.dist(predicted, task.test.targets) / math.sqrt(len(task.test))
    print(f"error     train {train:.4g}, test {test:.4g} ({task.loss})\n"
          f"          typical deviation from the test targets {deviation:.4g}")  # fmt: skip
