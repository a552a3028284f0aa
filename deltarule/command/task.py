"""What `deltarule train` is to learn: which rows, by which network, with which error."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from autograd.numbers import map_numbers
from nn import MLP
from nn.data import Dataset, Standardizer, one_hot
from nn.export.json_file import check_sizes

from ..pipeline import Identity, Pipeline
from . import samples
from .choice import Choice
from .settings import DEFAULTS, Settings, settings_for

OF_NUMBERS: Final = (  # losses that regression may have
    "half_squared_error", "mean_squared_error", "mean_absolute_error", "huber",
)  # fmt: skip


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
        Size of the network and how it learns; training settles on one of the candidates.
    choice : Choice
        Among these.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        n_samples = DEFAULTS.get(options.data, Settings()).n_samples
        self.reading, self.data = samples.read(options, n_samples)
        self.training, self.test = samples.divided(self.data, options)
        self.settings = settings_for(options, self.training)
        self.choice = Choice(self.settings.candidates)
        self.notes: list[str] = []
        coding = None
        if self.reading is not None:
            coding = self.reading.coding
            samples.check_numbers(self.data, self.training, coding)
            self.notes += samples.choice(options.target, options.task, self.data)
            self.notes += self.reading.notes
        classes = self.data.class_names
        self.is_regression = classes is None
        if classes is not None:
            self.notes += samples.uneven(classes, self.training, self.test)
        self.loss = options.loss or _usual_loss(classes)
        standardize = self.settings.standardize
        targets = [[t] for t in self.training.targets]
        fills = coding is not None and coding.missing
        scale = (
            Standardizer(fills_missing=fills).fit(self.training.inputs)
            if standardize
            else Identity()
        )
        if isinstance(scale, Standardizer) and fills:
            self.data, self.training, self.test = [
                samples.filled(part, scale.mean) for part in (self.data, self.training, self.test)
            ]
        scaled = standardize and self.is_regression
        target_scale = Standardizer().fit(targets) if scaled else Identity()
        model, names = self._network(self.settings.layers), self.data.feature_names
        self.pipeline = Pipeline(
            model, names, classes, scale, target_scale, self.data.name, coding, options.target or ""
        )

    def build(self, layers: tuple[int, ...]) -> None:
        """Let the network have these hidden layers; its weights are those of the seed."""
        self.pipeline = replace(self.pipeline, model=self._network(layers))

    @property
    def is_untrained(self) -> bool:
        """Whether the network is as it was built."""
        numbers = self.pipeline.model.state_dict()
        return self._network(self.settings.layers).state_dict() == numbers

    def _network(self, layers: tuple[int, ...]) -> MLP:
        outputs, output = _outputs(self.loss, self.data.class_names)
        sizes = [len(self.data.feature_names), *layers, outputs]
        columns = ", or learn from fewer columns (--features)" * (self.reading is not None)
        check_sizes(sizes, f"give fewer units, such as --layers 16{columns}")
        return MLP(
            sizes[0],
            sizes[1:],
            activation=self.settings.activation,
            output=output,
            init=self._init(layers),
            rng=self.options.seed,
        )

    def _init(self, layers: tuple[int, ...]) -> str | Callable[..., float]:
        """Return how weights are drawn; of a linear model nobody asked for, they are 0.

        It has nothing that must be told apart at random, and along inputs that no sample has,
        its weights would stay what they were.
        """
        return self.options.init if layers or self.options.layers is not None else lambda *_: 0.0

    def seen(self, part: Dataset) -> tuple[list[list[float]], list[Any]]:
        """Return inputs and targets of some rows as the network sees them."""
        pipeline, outputs = self.pipeline, self.pipeline.model.sizes[-1]
        targets = pipeline.target_scale.transform([[t] for t in part.targets])
        coded = [_coded(t, self.loss, outputs) for (t,) in targets]
        return pipeline.scale.transform(part.inputs), coded


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
