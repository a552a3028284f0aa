"""The command `deltarule`: train a network, look at the result, predict with it."""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any, Final, NoReturn

from autograd import Value, __version__, sigmoid, softmax
from autograd.view import Detail, draw

from . import plots
from .activations import ACTIVATIONS
from .course import copy_lessons
from .data import (
    Dataset,
    Standardizer,
    names,
    one_hot,
    read_csv,
    read_rows,
    split,
)
from .data import (
    load as load_data,
)
from .evaluation import accuracy, mean_loss, predict, predict_class
from .initializers import INITIALIZERS
from .losses import LOSSES
from .module import MLP
from .storage import load as load_model
from .storage import save
from .train import SGD, Adagrad, Adam, AdamW, History, RMSprop, fit

OPTIMIZERS: Final = {
    "sgd": SGD, "adagrad": Adagrad, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW,
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How a data set is learnt unless the options say otherwise."""

    layers: tuple[int, ...] = (16,)
    activation: str = "tanh"
    learning_rate: float = 0.01
    epochs: int = 100
    batch_size: int = 16
    n_samples: int | None = None
    standardize: bool = True


MOST_WEIGHTS_DRAWN: Final = 1000  # with more, the picture of a sample shows layers

DEFAULTS: Final = {
    "xor": Settings((4,), learning_rate=0.05, epochs=300, batch_size=4, standardize=False),
    "and": Settings((2,), learning_rate=0.05, epochs=300, batch_size=4, standardize=False),
    "or": Settings((2,), learning_rate=0.05, epochs=300, batch_size=4, standardize=False),
    "moons": Settings((16, 16), epochs=60, n_samples=400),
    "circles": Settings((16, 16), epochs=60, n_samples=400),
    "spirals": Settings((16, 16), epochs=200, n_samples=400),
    "breast_cancer": Settings((8,), epochs=20, batch_size=32),
    "digits": Settings((32,), "relu", epochs=8, batch_size=32, standardize=False),
    "square": Settings((3,), learning_rate=0.03, epochs=1500, batch_size=50, standardize=False),
    "sin": Settings((3,), learning_rate=0.03, epochs=1500, batch_size=50, standardize=False),
    "abs": Settings((3,), learning_rate=0.03, epochs=1500, batch_size=50, standardize=False),
    "heaviside": Settings((3,), learning_rate=0.03, epochs=1500, batch_size=50, standardize=False),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, or 1 with one sentence about what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError, ImportError) as error:
        print(f"deltarule: {_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("deltarule: interrupted", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence; the usage is a --help away."""
        self.exit(2, f"deltarule: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="deltarule",
        description="Train small neural networks on a scalar autodiff engine, and look inside.",
        epilog="example: deltarule train moons",
    )
    parser.add_argument("--version", action="version", version=f"deltarule {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    data_sets = "\n".join([f"  {name:<14} {line}" for name, line in names().items()])
    train = commands.add_parser(
        "train",
        help="learn a built-in data set or a CSV file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Learn a data set; report the accuracy on samples held out for testing; write "
        "pictures and\nthe model to a folder.",
        epilog=f"data sets:\n{data_sets}\n\nexamples:\n  deltarule train moons\n"
        "  deltarule train digits --epochs 12 --seed 3\n"
        "  deltarule train flowers.csv --target species --layers 8,8 --activation relu\n",
    )
    train.add_argument("data", metavar="NAME|FILE.csv", help="a data set below, or your own table")
    train.add_argument("--target", metavar="COLUMN", help="column of the CSV file to predict")
    train.add_argument(
        "--task", choices=("classification", "regression"), help="default: as the target looks"
    )
    train.add_argument("--layers", metavar="N,N", type=_sizes, help="units of each hidden layer")
    train.add_argument(
        "--activation", choices=sorted(set(ACTIVATIONS) - {"softmax"}), metavar="NAME",
        help="of hidden units: tanh, relu, sigmoid, ...",
    )  # fmt: skip
    train.add_argument("--loss", choices=LOSSES, metavar="NAME", help=", ".join(LOSSES))
    train.add_argument("--init", choices=INITIALIZERS, default="glorot_uniform", metavar="NAME",
                       help="initial weights: glorot_uniform, he_normal, uniform, ...")  # fmt: skip
    train.add_argument("--optimizer", choices=OPTIMIZERS, default="adam", help="default: adam")
    train.add_argument("--learning-rate", "--lr", type=_positive(float), metavar="RATE")
    train.add_argument("--epochs", type=_positive(int), metavar="N", help="passes over the data")
    train.add_argument("--batch-size", type=_positive(int), metavar="N", help="samples per update")
    train.add_argument("--test-size", type=float, default=0.25, metavar="SHARE",
                       help="share of the samples held out, 0 to 1; default 0.25")  # fmt: skip
    train.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of data, split, weights and order"
    )
    train.add_argument("--output", type=Path, metavar="FOLDER", help="default: runs/NAME")
    train.add_argument("--quiet", action="store_true", help="no progress bar")
    train.set_defaults(run=_train)
    predictor = commands.add_parser(
        "predict",
        help="apply a trained model to a CSV file",
        description="Print a prediction for each row of a table, as CSV.",
        epilog="example: deltarule predict runs/flowers/model.json new.csv > predicted.csv",
    )
    predictor.add_argument("model", type=Path, metavar="MODEL.json", help="written by train")
    predictor.add_argument(
        "file", type=Path, metavar="FILE.csv", help="has the columns that the model has learnt from"
    )
    predictor.set_defaults(run=_predict)
    course = commands.add_parser(
        "notebooks",
        help="copy the notebooks of the course and open them",
        description="Copy the notebooks of the course to a folder, and open them in JupyterLab. "
        "Notebooks that are\nthere already are yours and stay as they are.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    course.add_argument("folder", type=Path, nargs="?", default=Path("deltarule-notebooks"),
                        metavar="FOLDER", help="default: deltarule-notebooks")  # fmt: skip
    course.add_argument("--no-open", action="store_true", help="copy them, and no more")
    course.set_defaults(run=_notebooks)
    return parser


def _notebooks(options: argparse.Namespace) -> None:
    copied, kept = copy_lessons(options.folder)
    files = [path for path in copied if path.suffix == ".ipynb"]
    yours = [path for path in kept if path.suffix == ".ipynb"]
    print(f"{len(files)} notebook{'s' * (len(files) != 1)} copied to {options.folder}"
          + (f", {len(yours)} that were there are kept" if yours else ""))  # fmt: skip
    if options.no_open:
        return
    if find_spec("jupyterlab") is None:
        raise ImportError('to open them, install JupyterLab: pip install "deltarule[notebook]"')
    subprocess.run([sys.executable, "-m", "jupyterlab", str(options.folder / "index.ipynb")])


def _train(options: argparse.Namespace) -> None:
    plots.learning_curves([{"train_loss": 0.0}])  # without Matplotlib, say so before training
    data, settings = _data(options)
    training, test = _divide(data, options)
    scale = Standardizer().fit(training.inputs) if settings.standardize else None
    scaled = _scaler(scale)
    target_scale = None
    if data.class_names is None and settings.standardize:
        target_scale = Standardizer().fit([[t] for t in training.targets])
    loss = options.loss or _usual_loss(data)
    outputs, output, coded = _wiring(data, loss)
    model = MLP(
        len(data.feature_names),
        [*settings.layers, outputs],
        activation=settings.activation,
        output=output,
        init=options.init,
        rng=options.seed,
    )
    folder = options.output or Path("runs") / data.name
    folder.mkdir(parents=True, exist_ok=True)
    print(f"data      {data!r}")
    if options.target is not None and options.task is None:
        print(f"          {options.target!r} is taken as "
              + ("a number; --task classification makes classes of it" if data.class_names is None
                 else "a class; --task regression predicts it as a number"))  # fmt: skip
    if training is test:
        print(f"          all {len(data)} samples to train on and to test with")
    else:
        print(f"          {len(training)} samples to train on, {len(test)} held out for testing")
    print(f"network   {model!r}, {len(model.parameters())} parameters")
    print(
        f"learning  {loss}, {options.optimizer}, {settings.epochs} epochs of "
        f"batches of {settings.batch_size}, learning rate {settings.learning_rate:g}"
    )
    train_x, test_x = scaled(training.inputs), scaled(test.inputs)
    if target_scale is not None:
        train_t, test_t = (
            [t for (t,) in target_scale.transform([[t] for t in part.targets])]
            for part in (training, test)
        )
    else:
        train_t, test_t = ([coded(t) for t in part.targets] for part in (training, test))
    start = time.perf_counter()
    history = fit(
        model,
        train_x,
        train_t,
        loss,
        optimizer=OPTIMIZERS[options.optimizer](model.parameters(), lr=settings.learning_rate),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        seed=options.seed,
        validation=(test_x, test_t),
        metric=None if data.class_names is None else accuracy,
        progress=False if options.quiet else None,
        compiled=True,
    )
    seconds = time.perf_counter() - start
    if not history.epochs:
        raise ValueError("interrupted before the first epoch was complete; nothing was learnt")
    print(f"took      {seconds:.1f} s for {len(history)} epochs, "
          f"{1000 * seconds / len(history):.0f} ms each{_ending(history)}")  # fmt: skip
    written = [folder / "model.json"]
    save(model, written[0], {
        "task": "regression" if data.class_names is None else "classification",
        "features": data.feature_names,
        "classes": data.class_names,
        "standardizer": None if scale is None else scale.to_dict(),
        "target_standardizer": None if target_scale is None else target_scale.to_dict(),
    })  # fmt: skip
    if data.class_names is None:
        predicted = _unscaled(predict(model, test_x), target_scale)
        deviation = math.dist(predicted, test.targets) / math.sqrt(len(test))
        print(f"error     train {mean_loss(model, train_x, train_t, loss):.4g}, "
              f"test {mean_loss(model, test_x, test_t, loss):.4g} ({loss})\n"
              f"          typical deviation from the test targets {deviation:.4g}")  # fmt: skip
    else:
        print(f"accuracy  train {accuracy(model, train_x, train_t):.3f}, "
              f"test {accuracy(model, test_x, test_t):.3f}")  # fmt: skip
    figures = {"learning_curves": plots.learning_curves(history)}
    if data.class_names is None:
        if len(data.feature_names) == 1:
            figures["regression_fit"] = _regression_figure(model, data, scaled, target_scale)
    else:
        figures["confusion_matrix"] = plots.confusion_matrix(
            [int(t) for t in test.targets], predict_class(model, test_x), data.class_names
        )
        learnt = all(math.isfinite(weight) for weight in model.state_dict().values())
        if len(data.feature_names) == 2 and learnt:
            figures["decision_boundary"] = plots.decision_boundary(
                lambda rows: _probabilities(model, scaled(rows)),
                training.inputs,
                training.targets,
                class_names=data.class_names,
                feature_names=data.feature_names,
            )
    for name, figure in figures.items():
        written.append(folder / f"{name}.png")
        figure.savefig(written[-1], dpi=150)
    written += _sample_picture(model, test_x[0], test_t[0], LOSSES[loss], folder)
    print("wrote     " + "\n          ".join(map(str, written)))


def _data(options: argparse.Namespace) -> tuple[Dataset, Settings]:
    """Return the data set, and the settings for it with the user's own among them."""
    settings = DEFAULTS.get(options.data, Settings())
    if options.data in names():
        if options.target is not None or options.task is not None:
            raise ValueError(
                f"--target and --task are for CSV files; {options.data} is a built-in data set"
            )
        fixed = settings.n_samples is None
        data = (
            load_data(options.data, seed=options.seed)
            if fixed
            else load_data(options.data, n_samples=settings.n_samples, seed=options.seed)
        )
    elif Path(options.data).suffix or Path(options.data).exists():
        if options.target is None:
            raise ValueError(f"name the column of {options.data} to predict: --target COLUMN")
        data = read_csv(options.data, options.target, task=options.task)
    else:
        data = load_data(options.data)
    given = {
        "layers": options.layers,
        "activation": options.activation,
        "learning_rate": options.learning_rate,
        "epochs": options.epochs,
        "batch_size": options.batch_size,
    }
    return data, replace(settings, **{k: v for k, v in given.items() if v is not None})


def _divide(data: Dataset, options: argparse.Namespace) -> tuple[Dataset, Dataset]:
    if len(data) <= 4:  # a truth table: all of it is needed to learn it
        return data, data
    return split(data, options.test_size, options.seed)


def _scaler(scale: Standardizer | None) -> Callable[[list[list[float]]], list[list[float]]]:
    return (lambda rows: rows) if scale is None else scale.transform


def _unscaled(predictions: list[float], scale: Standardizer | None) -> list[float]:
    """Return predictions in the units of the targets."""
    if scale is None:
        return predictions
    return [y for (y,) in scale.inverse_transform([[y] for y in predictions])]


def _usual_loss(data: Dataset) -> str:
    if data.class_names is None:
        return "half_squared_error"
    several = len(data.class_names) > 2
    return "cross_entropy_with_logits" if several else "binary_cross_entropy_with_logits"


def _wiring(data: Dataset, loss: str) -> tuple[int, str, Callable[[Any], Any]]:
    """Return number and activation of the outputs for a loss, and how its targets are coded."""
    if data.class_names is None:
        if loss not in ("half_squared_error", "mean_squared_error"):
            raise ValueError(
                f"{loss} is for classes, and the targets are numbers; use half_squared_error"
            )
        return 1, "identity", lambda t: t
    classes = len(data.class_names)
    if loss.startswith("cross_entropy"):
        return classes, "identity" if loss.endswith("logits") else "softmax", lambda t: t
    outputs = 1 if classes == 2 else classes
    if loss == "hinge":
        if outputs == 1:
            return 1, "identity", lambda t: 2 * t - 1
        return outputs, "identity", lambda t: [2.0 * t_k - 1.0 for t_k in one_hot(t, classes)]
    output = "identity" if loss.endswith("logits") else "sigmoid"
    return outputs, output, (lambda t: t) if outputs == 1 else lambda t: one_hot(t, classes)


def _probabilities(model: MLP, rows: list[list[float]]) -> list[Any]:
    """Return for each row the probability of class 1, or those of all classes, which sum to 1."""
    linear = model.output == "identity"
    return [
        (softmax(y) if linear else _shares(y))
        if isinstance(y, list)
        else (sigmoid(y) if linear else y)
        for y in predict(model, rows)
    ]


def _shares(y: list[float]) -> list[float]:
    """Return probabilities in proportion to outputs that need not sum to 1."""
    total = sum(y)
    return [y_k / total for y_k in y] if total else [1.0 / len(y)] * len(y)


def _regression_figure(
    model: MLP,
    data: Dataset,
    scaled: Callable[[list[list[float]]], list[list[float]]],
    target_scale: Standardizer | None,
) -> Any:
    xs = [row[0] for row in data.inputs]
    low, high = min(xs), max(xs)
    curve = [[low + (high - low) * i / 200] for i in range(201)]
    rows = scaled(curve)
    hidden = list(zip(*[_hidden(model, row) for row in rows])) if len(model.layers) == 2 else None
    curve_x = [row[0] for row in curve]
    curve_y = _unscaled(predict(model, rows), target_scale)
    return plots.regression_fit(
        xs, data.targets, curve_x, curve_y, hidden if target_scale is None else None
    )


def _hidden(model: MLP, row: list[float]) -> list[float]:
    z = model.layers[0](row)
    return [z.data] if isinstance(z, Value) else [z_j.data for z_j in z]


def _sample_picture(
    model: MLP, x: list[float], t: Any, loss: Callable[[Any, Any], Any], folder: Path
) -> list[Path]:
    """Draw the forward and the backward pass of one sample; return the files."""
    model.zero_grad()
    error = loss(model(x), t)
    error.label = "E"
    error.backward()
    detail: Detail = "neuron" if len(model.parameters()) <= MOST_WEIGHTS_DRAWN else "layer"
    written = [folder / "sample.svg"]
    drawing = draw(error, detail, gradients=True, edges="none")
    drawing.save(written[0])
    if which("dot") is None:
        written.append(folder / "sample.dot")
        drawing.save(written[1])
        print("note      without the program `dot` of Graphviz the picture of one sample has a "
              f"simpler layout;\n          its DOT source is in {written[1]}")  # fmt: skip
    return written


def _predict(options: argparse.Namespace) -> None:
    model = load_model(options.model)
    try:
        features, classes, scale, target_scale = _about(model)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{options.model} was not written by `deltarule train`") from None
    scaled = _scaler(scale)(read_rows(options.file, features))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    with suppress(BrokenPipeError):
        if classes is None:
            writer.writerow(["prediction"])
            writer.writerows([[repr(y)] for y in _unscaled(predict(model, scaled), target_scale)])
            return
        writer.writerow(["prediction", *[f"P({name})" for name in classes]])
        for k, p in zip(predict_class(model, scaled), _probabilities(model, scaled)):
            shares = p if isinstance(p, list) else [1.0 - p, p]
            writer.writerow([classes[k], *[f"{share:.4f}" for share in shares]])


def _about(
    model: MLP,
) -> tuple[list[str], list[str] | None, Standardizer | None, Standardizer | None]:
    """Return features, classes and scales as `_train` has saved them; raise if they do not fit."""
    features, classes = model.metadata["features"], model.metadata["classes"]
    scale, target_scale = [
        None if numbers is None else Standardizer.from_dict(numbers)
        for numbers in (model.metadata["standardizer"], model.metadata["target_standardizer"])
    ]
    outputs = model.sizes[-1]
    fitting = [
        _are_names(features, model.sizes[0]),
        outputs == 1 if classes is None else _are_names(classes, max(outputs, 2)),
        scale is None or len(scale.mean) == model.sizes[0],
        target_scale is None or len(target_scale.mean) == 1,
    ]
    if not all(fitting):
        raise ValueError("they do not fit the network")
    return features, classes, scale, target_scale


def _are_names(x: Any, count: int) -> bool:
    return isinstance(x, list) and len(x) == count and all(isinstance(name, str) for name in x)


def _ending(history: History) -> str:
    return {
        "interrupted": "; interrupted, what was learnt so far is kept",
        "diverged": "; diverged: try a smaller --learning-rate",
    }.get(history.stopped, "")


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple([int(part) for part in text.split(",") if part.strip()])
    except ValueError:
        sizes = (0,)
    if any(size < 1 for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes such as 16,16")
    return sizes


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from 0 to 4294967295")
    return int(text)


def _positive(kind: type) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r} is not a positive {kind.__name__}")
        return number

    return convert


if __name__ == "__main__":
    sys.exit(main())
