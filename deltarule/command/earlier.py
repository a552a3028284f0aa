"""What lies in the folder of the output before: of an earlier run, or somebody's own."""

from __future__ import annotations

from pathlib import Path

from autograd.files import destination
from autograd.quoting import short

from ..pipeline import Pipeline
from . import pictures
from .task import Task


class Earlier:
    """The model and the pictures that a run of `deltarule train` is going to replace.

    Raise ValueError if one of them is not of an earlier run on the same table, unless that is
    wanted; OSError if one cannot be written.

    Attributes
    ----------
    model : Path
        Where the model will be.
    is_there : bool
        Whether there is one.
    """

    def __init__(self, folder: Path, task: Task) -> None:
        self.model = folder / "model.json"
        self.is_there = self.model.exists()
        paths = [folder / name for name in pictures.PICTURES]
        if folder.is_dir():
            for path in (self.model, *paths):
                destination(path)
        self.pictures = [path for path in paths if path.exists() and pictures.is_own(path)]
        strange = "" if task.options.overwrite else self._strange(paths, task)
        if strange:
            raise ValueError(
                f"{strange}; give another folder with --output, or replace it with --overwrite"
            )

    def make_room(self) -> None:
        """Remove the pictures, which are not of the new model; links to them stay."""
        for path in self.pictures:
            destination(path).unlink(missing_ok=True)

    def _strange(self, paths: list[Path], task: Task) -> str:
        """Return what there is that is not of an earlier run on the same table."""
        if self.is_there:
            try:
                other = Pipeline.load(self.model)
            except ValueError:
                return f"{short(self.model)} is no model that `deltarule train` can read"
            difference = _difference(other, task)
            if difference:
                return f"{short(self.model)} is another model, {difference}"
        for path in paths:
            if path.exists() and path not in self.pictures:
                return f"{short(path)} was not drawn by this version of `deltarule train`"
        return ""


def _difference(a: Pipeline, task: Task) -> str:
    """Return what a model has learnt, if it is of another table than the one at hand.

    Columns of that may have been left out.
    """
    b, reading = task.pipeline, task.reading
    columns = b.columns if reading is None else reading.columns
    if a.data and a.data != b.data:
        return f"of {short(a.data)} instead of {short(b.data)}"
    if a.target and a.target != b.target:
        return f"which predicts {short(a.target)} instead of {short(b.target)}"
    if not {*a.columns} <= {*columns}:
        return f"of the columns {short(a.columns)} instead of {short(b.columns)}"
    if a.classes != b.classes:
        theirs, ours = [
            "a number" if x.classes is None else f"one of {short(x.classes)}" for x in (a, b)
        ]
        return f"which predicts {theirs} instead of {ours}"
    return ""
