"""What `deltarule train` writes beside the model: pictures, and a page that has them all."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from autograd.files import write
from autograd.view import Drawing, draw
from nn import History, plots, predict

from ..pipeline import Identity
from . import shown
from .report.page import page
from .streams import sentence
from .task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARK: Final = "written by deltarule train"  # in each of them, unseen


@dataclass(frozen=True)
class Run:
    """A training that has ended, and the pictures of it so far, by their names."""

    task: Task
    history: History
    pictures: dict[str, bytes] = field(default_factory=dict)


def drawn(task: Task, history: History, folder: Path) -> Iterator[Path]:
    """Draw all that suits the task; yield the files.

    One that cannot be drawn or written costs a line on standard error.
    """
    run = Run(task, history)
    for name, content_of in PICTURES.items():
        path = folder / name
        try:
            content = content_of(run)
            if content is not None:
                run.pictures[name] = content
                write(path, content)
                yield path
        except Exception as error:
            print(f"deltarule: without {name}: {sentence(error)}", file=sys.stderr)


def is_own(path: Path) -> bool:
    """Return whether a file is such a picture, or empty."""
    content = path.read_bytes()
    return not content or MARK.encode() in content


def _of_training(run: Run) -> bytes | None:
    if not run.history.epochs:
        return None
    watched = shown.watched(run.task)
    return _png(plots.learning_curves(run.history, validation=watched))


def _of_numbers(run: Run) -> bytes | None:
    """Draw the function that was learnt, with its hidden units if they are in the same units."""
    task, pipeline = run.task, run.task.pipeline
    if pipeline.classes is not None or len(pipeline.features) > 1:
        return None
    data = task.data if task.reading is None else task.reading.dataset  # nothing is filled there
    layers, xs = pipeline.model.layers, [x for (x,) in data.inputs]
    known = [x for x in xs if math.isfinite(x)]
    low, high = min(known), max(known)
    curve = [[low * (1 - i / 200) + high * (i / 200)] for i in range(201)]
    hidden = None
    if len(layers) == 2 and isinstance(pipeline.target_scale, Identity):
        outputs = predict(layers[0], pipeline.scale.transform(curve))
        hidden = list(zip(*[z if isinstance(z, list) else [z] for z in outputs]))
    target = task.options.target
    names = None if target is None else (pipeline.features[0], target)
    fitted = pipeline.numbers(curve)
    return _png(plots.regression_fit(xs, data.targets, curve, fitted, hidden, names=names))


def _of_errors(run: Run) -> bytes | None:
    """Draw which classes are taken for which."""
    pipeline, test = run.task.pipeline, run.task.test
    if pipeline.classes is None:
        return None
    predicted = pipeline.class_indices(test.inputs)
    return _png(plots.confusion_matrix(test.targets, predicted, pipeline.classes))


def _of_boundary(run: Run) -> bytes | None:
    """Draw for two inputs where each class begins."""
    training, pipeline = run.task.training, run.task.pipeline
    learnt = all(math.isfinite(weight) for weight in pipeline.model.state_dict().values())
    if pipeline.classes is None or len(pipeline.features) != 2 or not learnt:
        return None
    boundary = plots.decision_boundary(
        pipeline.probabilities,
        training.inputs,
        training.targets,
        class_names=pipeline.classes,
        feature_names=pipeline.features,
    )
    return _png(boundary)


def _of_one_sample(run: Run) -> bytes:
    return f"{_sample(run.task).svg}\n<!-- {MARK} -->\n".encode()


def _of_one_sample_as_dot(run: Run) -> bytes | None:
    if which("dot") is not None:
        return None
    print("note      without the program `dot` of Graphviz the picture of one sample has a simpler "
          "layout;\n          its DOT source is in sample.dot")  # fmt: skip
    return f"{_sample(run.task).to_dot().source}// {MARK}\n".encode()


def _sample(task: Task) -> Drawing:
    """Draw the forward and the backward pass of a sample."""
    task.pipeline.model.zero_grad()
    error = shown.error(task)
    error.backward()
    return draw(error, shown.detail(task), gradients=True, edges="none")


def _as_page(run: Run) -> bytes:
    text = page(run.task, run.history, run.pictures)
    return f"{text}<!-- {MARK} -->\n".encode()


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=150, metadata={"Software": MARK})
    return file.getvalue()


PICTURES: Final[dict[str, Callable[[Run], bytes | None]]] = {
    "learning_curves.png": _of_training,
    "confusion_matrix.png": _of_errors,
    "decision_boundary.png": _of_boundary,
    "regression_fit.png": _of_numbers,
    "sample.svg": _of_one_sample,
    "sample.dot": _of_one_sample_as_dot,
    "report.html": _as_page,  # has those before
}
