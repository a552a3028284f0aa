"""What training reports: a record of each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class History:
    """What happened in each epoch of `fit`.

    Attributes
    ----------
    epochs : list of dict
        For each epoch: "epoch" (from 1), "learning_rate", "train_loss" (mean over the samples,
        as they were seen), and with validation data "validation_loss"; with a metric also
        "train_<metric>" and "validation_<metric>".
    stopped : str
        Why training ended: "epochs", "tolerance", "target", "patience", "callback", "diverged"
        or "interrupted". It has diverged if the train loss is not finite, which ends it at once,
        or if after all epochs it is more than a million times that of the first.
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "epochs"

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def __getitem__(self, i: int) -> dict[str, float]:
        return self.epochs[i]

    def column(self, name: str) -> list[float]:
        """Return one quantity of all epochs, such as ``column("train_loss")``."""
        return [epoch[name] for epoch in self.epochs if name in epoch]
