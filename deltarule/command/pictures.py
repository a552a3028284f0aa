"""The pictures that `deltarule train` writes: of the training, of the result, of one sample."""

from __future__ import annotations

import math
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from autograd.files import replacing
from autograd.view import Detail, draw
from nn import LOSSES, History, plots, predict

from ..pipeline import Identity
from .task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_WEIGHTS_DRAWN: Final = 1000  # with more, the picture of a sample shows layers


def write(task: Task, history: History, folder: Path) -> list[Path]:
    """Draw all that suits the task; return the files."""
    classes = task.pipeline.classes
    results = _of_numbers(task) if classes is None else _of_classes(task, classes)
    figures = {"learning_curves": plots.learning_curves(history), **results}
    written = []
    for name, figure in figures.items():
        written.append(folder / f"{name}.png")
        with replacing(written[-1]) as path:
            figure.savefig(path, dpi=150)
    return written + _of_one_sample(task, folder)


def _of_numbers(task: Task) -> dict[str, Figure]:
    """Draw the function that was learnt, with its hidden units if they are in the same units."""
    data, pipeline, layers = task.data, task.pipeline, task.pipeline.model.layers
    if len(pipeline.features) > 1:
        return {}
    xs = [x for (x,) in data.inputs]
    low, high = min(xs), max(xs)
    curve = [[low + (high - low) * i / 200] for i in range(201)]
    hidden = None
    if len(layers) == 2 and isinstance(pipeline.target_scale, Identity):
        outputs = predict(layers[0], pipeline.scale.transform(curve))
        hidden = list(zip(*[z if isinstance(z, list) else [z] for z in outputs]))
    fit = plots.regression_fit(xs, data.targets, curve, pipeline.numbers(curve), hidden)
    return {"regression_fit": fit}


def _of_classes(task: Task, names: list[str]) -> dict[str, Figure]:
    """Draw which classes are taken for which, and for two inputs where each class begins."""
    training, test, pipeline = task.training, task.test, task.pipeline
    predicted = pipeline.class_indices(test.inputs)
    confusion = plots.confusion_matrix([int(t) for t in test.targets], predicted, names)
    learnt = all(math.isfinite(weight) for weight in pipeline.model.state_dict().values())
    if len(pipeline.features) != 2 or not learnt:
        return {"confusion_matrix": confusion}
    boundary = plots.decision_boundary(
        pipeline.probabilities,
        training.inputs,
        training.targets,
        class_names=names,
        feature_names=pipeline.features,
    )
    return {"confusion_matrix": confusion, "decision_boundary": boundary}


def _of_one_sample(task: Task, folder: Path) -> list[Path]:
    """Draw the forward and the backward pass of the first sample of the test set."""
    model, (inputs, targets) = task.pipeline.model, task.seen(task.test)
    model.zero_grad()
    error = LOSSES[task.loss](model(inputs[0]), targets[0])
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
