"""The pictures that `deltarule train` writes: of the training, of the result, of one sample."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from autograd.files import write
from autograd.quoting import clipped
from autograd.view import Detail, Drawing, draw
from nn import LOSSES, History, plots, predict

from ..pipeline import Identity
from .streams import sentence
from .task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARK: Final = "written by deltarule train"  # in each of them, unseen
MOST_WEIGHTS_DRAWN: Final = 1000  # with more, the picture of a sample shows layers
MOST_CLASSES_DRAWN: Final = 100


def drawn(task: Task, history: History, folder: Path) -> Iterator[Path]:
    """Draw all that suits the task; yield the files.

    One that cannot be drawn or written costs a line on standard error.
    """
    for name, content_of in PICTURES.items():
        path = folder / name
        try:
            content = content_of(task, history)
            if content is not None:
                write(path, content)
                yield path
        except Exception as error:
            print(f"deltarule: without {name}: {sentence(error)}", file=sys.stderr)


def is_own(path: Path) -> bool:
    """Return whether a file is such a picture, or empty."""
    content = path.read_bytes()
    return not content or MARK.encode() in content


def _of_training(task: Task, history: History) -> bytes | None:
    return _png(plots.learning_curves(history)) if history.epochs else None


def _of_numbers(task: Task, history: History) -> bytes | None:
    """Draw the function that was learnt, with its hidden units if they are in the same units."""
    data, pipeline, layers = task.data, task.pipeline, task.pipeline.model.layers
    if pipeline.classes is not None or len(pipeline.features) > 1:
        return None
    xs = [x for (x,) in data.inputs]
    low, high = min(xs), max(xs)
    curve = [[low + (high - low) * i / 200] for i in range(201)]
    hidden = None
    if len(layers) == 2 and isinstance(pipeline.target_scale, Identity):
        outputs = predict(layers[0], pipeline.scale.transform(curve))
        hidden = list(zip(*[z if isinstance(z, list) else [z] for z in outputs]))
    return _png(plots.regression_fit(xs, data.targets, curve, pipeline.numbers(curve), hidden))


def _of_errors(task: Task, history: History) -> bytes | None:
    """Draw which classes are taken for which."""
    if task.pipeline.classes is None:
        return None
    names = _names_of_classes(task.pipeline.classes)
    predicted = task.pipeline.class_indices(task.test.inputs)
    true = [int(t) for t in task.test.targets]
    return _png(plots.confusion_matrix(true, predicted, names))


def _of_boundary(task: Task, history: History) -> bytes | None:
    """Draw for two inputs where each class begins."""
    training, pipeline = task.training, task.pipeline
    learnt = all(math.isfinite(weight) for weight in pipeline.model.state_dict().values())
    if pipeline.classes is None or len(pipeline.features) != 2 or not learnt:
        return None
    boundary = plots.decision_boundary(
        pipeline.probabilities,
        training.inputs,
        training.targets,
        class_names=_names_of_classes(pipeline.classes),
        feature_names=[_shown(name) for name in pipeline.features],
    )
    return _png(boundary)


def _of_one_sample(task: Task, history: History) -> str:
    return f"{_sample(task).svg}\n<!-- {MARK} -->\n"


def _of_one_sample_as_dot(task: Task, history: History) -> str | None:
    if which("dot") is not None:
        return None
    print("note      without the program `dot` of Graphviz the picture of one sample has a simpler "
          "layout;\n          its DOT source is in sample.dot")  # fmt: skip
    return f"{_sample(task).to_dot().source}// {MARK}\n"


def _sample(task: Task) -> Drawing:
    """Draw the forward and the backward pass of the first sample of the test set."""
    model, (inputs, targets) = task.pipeline.model, task.seen(task.test)
    model.zero_grad()
    error = LOSSES[task.loss](model(inputs[0]), targets[0])
    error.label = "E"
    error.backward()
    detail: Detail = "neuron" if len(model.parameters()) <= MOST_WEIGHTS_DRAWN else "layer"
    return draw(error, detail, gradients=True, edges="none")


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=150, metadata={"Software": MARK})
    return file.getvalue()


def _names_of_classes(names: list[str]) -> list[str]:
    if len(names) > MOST_CLASSES_DRAWN:
        raise ValueError(f"it has room for {MOST_CLASSES_DRAWN} classes, here are {len(names)}")
    return [_shown(name) for name in names]


def _shown(name: str) -> str:
    """Return a name as Matplotlib draws it: no formula, though there be $ in it."""
    return clipped(name).replace("$", r"\$")


PICTURES: Final[dict[str, Callable[[Task, History], str | bytes | None]]] = {
    "learning_curves.png": _of_training,
    "confusion_matrix.png": _of_errors,
    "decision_boundary.png": _of_boundary,
    "regression_fit.png": _of_numbers,
    "sample.svg": _of_one_sample,
    "sample.dot": _of_one_sample_as_dot,
}
