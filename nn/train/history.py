"""What training reports: a record of each epoch, and from where it can be continued."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from autograd.quoting import clipped, short

from ..documents import ModelFileError, entry, read, read_document, write_document, written
from ..module import Module
from .checkpoint import Checkpoint, Training

FORMAT: Final = "deltarule history"
VERSION: Final = 1
NEEDED: Final = {"epoch", "train_loss"}  # in each record


@dataclass(repr=False)
class History:
    """What happened in each epoch of `fit`, and all that the next one depends on.

    Attributes
    ----------
    epochs : list of dict
        For each epoch: "epoch" (from 1), "learning_rate", "train_loss" (mean over the samples,
        as they were seen), and with validation data "validation_loss"; with a metric also
        "train_<metric>" and "validation_<metric>".
    stopped : str
        Why training ended: "epochs", "tolerance", "target", "patience", "callback", "diverged"
        or "interrupted". It has diverged if the train loss or a parameter is not finite, which
        ends it at once, or if after all epochs the loss is more than a million times that of the
        first. What was not finite is recorded, without validation and metric, but the model, and
        what trains it, are put back to how they were before the last epoch with a finite loss.
    checkpoints : dict from int to Checkpoint
        By epoch, what ``fit(..., resume=history)`` continues from: of the last whole epoch, or
        the one that a diverged run was put back to, and of those before that
        ``fit(..., keep=k)`` kept. Each needs about 110 + 32 s bytes for a parameter of which the
        optimiser remembers s numbers: 1 with SGD, 3 with Adam.

    Examples
    --------
    Five epochs, and five more, are ten:

    >>> from nn import Adam, Neuron, fit
    >>> x, t = [[-1.0], [0.0], [1.0], [2.0]], [-1.5, 0.5, 2.5, 4.5]
    >>> def run(model, optimizer, **options):
    ...     return fit(model, x, t, "half_squared_error", optimizer=optimizer, batch_size=1,
    ...                progress=False, **options)
    >>> one, other = [Neuron(1, activation="identity", rng=0) for _ in range(2)]
    >>> whole = run(one, Adam(one.parameters()), epochs=10, keep=2)
    >>> half = run(other, Adam(other.parameters()), epochs=5)
    >>> run(other, Adam(other.parameters()), epochs=5, resume=half).epochs == whole.epochs
    True
    >>> one.state_dict() == other.state_dict()
    True

    Back to epoch 4, from where another ending can be tried:

    >>> fourth = whole.rewind(4)
    >>> fourth.restore(one)
    >>> len(run(one, Adam(one.parameters()), epochs=1, resume=fourth))
    5
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "epochs"
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def __getitem__(self, i: int) -> dict[str, float]:
        return self.epochs[i]

    def __repr__(self) -> str:
        last = self.epochs[-1] if self.epochs else {}
        losses = "".join([f", {clipped(k)} {x:.4g}" for k, x in last.items() if k.endswith("loss")])
        kept = max(self.checkpoints, default=len(self))
        back = f"; back to epoch {kept}" if self.stopped == "diverged" and kept < len(self) else ""
        return f"<History of {len(self)} epochs, stopped by {short(self.stopped)}{losses}{back}>"

    def column(self, name: str) -> list[float]:
        """Return one quantity of all epochs, such as ``column("train_loss")``."""
        return [epoch[name] for epoch in self.epochs if name in epoch]

    def rewind(self, epoch: int | None = None) -> History:
        """Return the history as it was after a kept epoch, by default the last whole one.

        This history is left as it is. Raise ValueError if the epoch has not been kept.
        """
        kept = sorted(self.checkpoints)
        if not kept:
            raise ValueError("the history has no checkpoints: go on from one that fit returned")
        epoch = kept[-1] if epoch is None else epoch
        if epoch not in self.checkpoints:
            raise ValueError(
                f"epoch {epoch} is not among those kept, {short(kept)}; fit(..., keep=1) keeps all"
            )
        checkpoints = {k: self.checkpoints[k] for k in kept if k <= epoch}
        return History([dict(record) for record in self.epochs[:epoch]], "epochs", checkpoints)

    def restore(self, model: Module, optimizer: Any = None, schedule: Any = None) -> None:
        """Put a model, and what trains it, back to how they were after the last whole epoch.

        The parameters are those that the epoch ended with, also where `fit` returned to better
        ones. ``fit(..., resume=history)`` does this by itself.

        Raises
        ------
        ValueError
            If something is of another kind than the history was made with. Nothing has been
            changed then.
        """
        newest = self.rewind()
        training = Training(model, optimizer, schedule=schedule)
        training.restore(newest.checkpoints[len(newest)], is_all=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the history with its checkpoints to a JSON file, every number exactly.

        Model, optimiser and schedule go on from it in another process, where they have been built
        as they were here: ``fit(..., resume=History.load(path))``.

        Raises
        ------
        OSError
            If the file cannot be written; an older one is as it was.
        """
        content = {
            "format": FORMAT,
            "version": VERSION,
            "epochs": written(self.epochs),
            "stopped": self.stopped,
            "checkpoints": [checkpoint.to_dict() for checkpoint in self.checkpoints.values()],
        }
        write_document(path, content)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """Read what `save` has written; nothing in it is ever executed.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelFileError
            If it is damaged, of another kind, or too large.
        """
        content = read_document(path, FORMAT, (VERSION,))
        try:
            epochs = read(entry(content, "epochs", list))
            for record in epochs:
                numbers = record.values() if isinstance(record, dict) else [None]
                if not all(map(_is_number, numbers)) or not record.keys() >= NEEDED:
                    raise ModelFileError(f"{short(record)} is not the record of an epoch")
            listed = [Checkpoint.from_dict(x) for x in entry(content, "checkpoints", list)]
            checkpoints = {x.epoch: x for x in listed if 0 <= x.epoch <= len(epochs)}
            if len(checkpoints) < len(listed):
                raise ModelFileError("its checkpoints are not of different epochs that it has")
            return cls(epochs, entry(content, "stopped", str), checkpoints)
        except (ModelFileError, RecursionError) as error:
            raise ModelFileError(f"{short(path)} cannot be loaded: {error}") from None


def _is_number(x: object) -> bool:
    return type(x) in (int, float)
