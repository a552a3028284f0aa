"""What asks a model, at any numbers of its parameters, what the panels of a film show."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.compile import compile
from autograd.numbers import is_sequence, number_of
from autograd.view import Detail, Picture, picture

from ..evaluation import SHARES, class_index, output_activation, predict, shares
from ..losses import (
    Loss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    hinge,
)
from ..module import Module
from .circuit import Circuit
from .look import written
from .panel import Panel, Shot
from .scenes import Scene, scene_of

OF_CLASSES: Final = (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    hinge,
)
CLOSE: Final = 1e-9  # how far a compiled program may be from the model, relative to 1


class Camera:
    """A copy of a model, and the panels that show it.

    Parameters
    ----------
    model : Module
        It is copied, and never touched.
    inputs, targets : sequences
    loss : callable
    sample : int
        Which one the network is shown at.
    names : list of str, optional
        Of the classes.

    Attributes
    ----------
    is_fast : bool
        Whether the model is asked at many points at once.
    """

    def __init__(
        self,
        model: Module,
        inputs: Sequence[Any],
        targets: Sequence[Any],
        loss: Loss,
        sample: int,
        names: list[str] | None = None,
    ) -> None:
        self._model = copy.deepcopy(model).eval()
        self._parameters = self._model.parameters()
        self._loss, self._inputs = loss, inputs
        self._x, self._t = inputs[sample], targets[sample]
        self._ask = self._asker()
        self.is_fast = self._ask is not None
        classes = self._classes(targets)
        self._is_of_classes = classes is not None
        named = self._named(names or [], targets) if classes is not None else []
        self.scene = scene_of(inputs, targets, classes, named, is_fast=self.is_fast)
        self.circuit = self._circuit(sample)

    @property
    def panels(self) -> tuple[list[Panel], list[Panel]]:
        """What is to the left, above the loss, and to the right."""
        circuit, scene = self.circuit, self.scene
        return [scene] if scene is not None else [], [circuit] if circuit is not None else []

    def shots(self, numbers: Sequence[float]) -> tuple[list[Shot | None], list[Shot | None]]:
        """Return the numbers of the panels for these of the parameters."""
        for parameter, number in zip(self._parameters, numbers):
            parameter.data = number
        left: list[Shot | None] = []
        right: list[Shot | None] = []
        if self.scene is not None:
            left.append(self.scene.shot(self._answers(self.scene)))
        if self.circuit is not None:
            shown, error = self._shown()
            right.append(self.circuit.shot(shown, error))
        return left, right

    # -- the network at a sample ---------------------------------------------------------------

    def _shown(self) -> tuple[Picture, float]:
        for parameter in self._parameters:
            parameter.grad = None
        error = self._loss(self._model(self._x), self._t)
        error.backward()
        return picture(error, self._detail), error.data

    def _circuit(self, sample: int) -> Circuit | None:
        """Return the network at the level of its units, of its layers, or not at all."""
        title = f"sample {sample}"
        numbers = list(self._x) if is_sequence(self._x) else [self._x]
        if len(numbers) <= 3 and all(isinstance(x, int | float) for x in numbers):
            row = ", ".join([written(float(x)) for x in numbers])
            title += f": x = ({row})" if len(numbers) > 1 else f": x = {row}"
        if isinstance(self._t, int | float):
            title += f", t = {written(float(self._t))}"
        details: tuple[Detail, ...] = "neuron", "layer"
        for detail in details:
            self._detail: Detail = detail
            shown, _ = self._shown()
            circuit = Circuit(shown, title)
            if circuit.is_readable:
                return circuit
        return None

    # -- what the model answers ----------------------------------------------------------------

    def _asker(self) -> Callable[[list[Any]], Any] | None:
        """Return a program that answers many points at once; None where there can be none."""
        program = compile(lambda x, t: self._model(x), self._parameters, predict=self._model)
        first = list(self._inputs[:2])
        try:
            answers = program.predict(first).tolist()
        except Exception:  # whatever a model does that cannot be traced, it can be asked one by one
            return None
        pairs = zip(_flat(answers), _flat(predict(self._model, first)))
        is_right = all(abs(a - b) <= CLOSE * max(1.0, abs(b)) for a, b in pairs)
        return program.predict if is_right else None

    def _answers(self, scene: Scene) -> list[list[float]]:
        points = scene.points
        if scene.is_made_up and not is_sequence(self._inputs[0]):
            points = [x for (x,) in points]
        found = predict(self._model, points) if self._ask is None else self._ask(points).tolist()
        rows = [y if isinstance(y, list) else [y] for y in found]
        return shares(self._activation, rows) if self._is_of_classes else rows

    def _classes(self, targets: Sequence[Any]) -> list[int] | None:
        """Return the class of each sample; None where the targets are no classes."""
        (y,) = predict(self._model, self._inputs[:1])
        self._width = len(y) if isinstance(y, list) else 1
        self._activation = output_activation(self._model, self._inputs)
        if self._loss not in OF_CLASSES and self._activation not in SHARES:
            return None
        try:
            are_classes = all(_is_class(t, self._width) for t in targets)
        except TypeError:
            return None
        return [class_index(t) for t in targets] if are_classes else None

    def _named(self, names: list[str], targets: Sequence[Any]) -> list[str]:
        """Return a name for each class, also where there are more outputs than names."""
        keys = [str(k) for k in range(max(self._width, 2))]
        if self._width == 1 and any(number_of(t) == -1 for t in _flat(targets)):
            keys = ["−1", "+1"]
        numbered = [f"class {key}" if len(keys) < 4 else key for key in keys]
        return [*names, *numbered[len(names) :]][: len(keys)]


def _is_class(target: Any, width: int) -> bool:
    """Return whether a target is the index of a class, or a vector with a single 1."""
    row = [number_of(t) for t in target] if is_sequence(target) else [number_of(target)]
    if len(row) > 1:
        return len(row) == width and sorted(row) == [0.0] * (width - 1) + [1.0]
    return row[0] in ((-1, 0, 1) if width == 1 else range(width))


def _flat(rows: Sequence[Any]) -> list[Any]:
    return [x for row in rows for x in (row if is_sequence(row) else [row])]
