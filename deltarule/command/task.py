"""What `deltarule train` is to learn: which rows, by which network, with which error."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from autograd.numbers import map_numbers
from autograd.quoting import clipped
from nn import MLP
from nn.data import Dataset, Standardizer, load, names, one_hot, read_csv, split
from nn.export.json_file import check_size

from ..pipeline import Identity, Pipeline


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


OF_NUMBERS: Final = (  # losses that regression may have
    "half_squared_error", "mean_squared_error", "mean_absolute_error", "huber",
)  # fmt: skip
TABLE: Final = Settings((4,), learning_rate=0.05, epochs=300, batch_size=4, standardize=False)
PLANE: Final = Settings((16, 16), epochs=60, n_samples=400)
CURVE: Final = Settings((3,), learning_rate=0.03, epochs=1500, batch_size=50, standardize=False)

DEFAULTS: Final = {
    "xor": TABLE,
    "and": replace(TABLE, layers=(2,)),
    "or": replace(TABLE, layers=(2,)),
    "moons": PLANE,
    "circles": PLANE,
    "spirals": replace(PLANE, epochs=200),
    "breast_cancer": Settings((8,), epochs=20, batch_size=32),
    "digits": Settings((32,), "relu", epochs=8, batch_size=32, standardize=False),
    "square": CURVE,
    "sin": CURVE,
    "abs": CURVE,
    "heaviside": CURVE,
}


class Task:
    """The rows to train on and to test with, the network, and the error to be made small."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.settings = _settings(options)
        self.data = _data(options, self.settings)
        classes = self.data.class_names
        self.is_regression = classes is None
        # All of a truth table is needed to learn it.
        self.training, self.test = (
            (self.data, self.data)
            if len(self.data) <= 4
            else split(self.data, options.test_size, options.seed)
        )
        self.loss = options.loss or _usual_loss(classes)
        standardize = self.settings.standardize
        targets = [[t] for t in self.training.targets]
        scale = Standardizer().fit(self.training.inputs) if standardize else Identity()
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
        self.pipeline = Pipeline(model, names, classes, scale, target_scale, self.data.name)

    def seen(self, part: Dataset) -> tuple[list[list[float]], list[Any]]:
        """Return inputs and targets of some rows as the network sees them."""
        pipeline, outputs = self.pipeline, self.pipeline.model.sizes[-1]
        targets = pipeline.target_scale.transform([[t] for t in part.targets])
        coded = [_coded(t, self.loss, outputs) for (t,) in targets]
        return pipeline.scale.transform(part.inputs), coded


def _settings(options: argparse.Namespace) -> Settings:
    """Return the settings for a data set with the user's own among them."""
    given = {field.name: getattr(options, field.name, None) for field in fields(Settings)}
    settings = DEFAULTS.get(options.data, Settings())
    return replace(settings, **{name: x for name, x in given.items() if x is not None})


def _data(options: argparse.Namespace, settings: Settings) -> Dataset:
    if options.data in names():
        if options.target is not None or options.task is not None:
            raise ValueError(
                f"--target and --task are for CSV files; {options.data} is a built-in data set"
            )
    elif Path(options.data).suffix or Path(options.data).exists():
        if options.target is None:
            raise ValueError(
                f"name the column of {clipped(options.data)} to predict: --target COLUMN"
            )
        return read_csv(options.data, options.target, task=options.task)
    return load(options.data, n_samples=settings.n_samples, seed=options.seed)


def _usual_loss(classes: list[str] | None) -> str:
    if classes is None:
        return "half_squared_error"
    return "cross_entropy_with_logits" if len(classes) > 2 else "binary_cross_entropy_with_logits"


def _outputs(loss: str, classes: list[str] | None) -> tuple[int, str]:
    """Return number and activation of the outputs that a loss asks for."""
    if classes is None:
        if loss not in OF_NUMBERS:
            raise ValueError(
                f"{loss} is for classes, and the targets are numbers; use half_squared_error"
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
