"""A network with what its numbers mean: the columns and their scales, the names of classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import nn
from autograd.quoting import short
from nn import MLP
from nn.data import Coding, Standardizer, read_rows

FAR: Final = 30.0  # standard deviations from the mean, where no training sample can have told much


class Identity:
    """A scale that leaves every number as it is, where a `Standardizer` could be."""

    def transform(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return the same rows."""
        return [list(row) for row in rows]

    inverse_transform = transform

    def to_dict(self) -> None:
        """Return what stands for it in a file."""


Scale: TypeAlias = Standardizer | Identity


@dataclass(frozen=True)
class Pipeline:
    """What `deltarule train` writes and `deltarule predict` reads.

    Raise ValueError if there are not as many names and scaled columns as the network has inputs
    and outputs.

    Parameters
    ----------
    model : MLP
        Sees scaled inputs; answers with scaled numbers, or with what tells the classes apart.
    features : list of str
        A name for each input.
    classes : list of str or None
        A name for each class; None if it answers with numbers.
    scale, target_scale : Standardizer or Identity
        Of the inputs, and of the numbers.
    data : str
        What it was learnt from; empty if that is not known.
    coding : Coding or None
        From the columns of a CSV file to the inputs; None where every input is a column.
    target : str
        The column that is predicted; empty if that is not known.
    layers_because : str
        Why there are hidden layers or none, in words; empty where there was no choice.

    Examples
    --------
    >>> pipeline = Pipeline(MLP(2, [1], rng=0), ["x", "y"], None, Identity(), Identity())
    >>> len(pipeline.numbers([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    3
    """

    model: MLP
    features: list[str]
    classes: list[str] | None
    scale: Scale
    target_scale: Scale
    data: str = ""
    coding: Coding | None = None
    target: str = ""
    layers_because: str = ""

    def __post_init__(self) -> None:
        inputs, outputs = self.model.sizes[0], self.model.sizes[-1]
        fits = _are_names(self.features, inputs) and (
            outputs == 1 if self.classes is None else _are_names(self.classes, max(outputs, 2))
        )
        fits = fits and (self.coding is None or self.coding.feature_names == self.features)
        if not fits:
            raise ValueError(
                f"features {short(self.features)} and classes {short(self.classes)} do not fit "
                f"{self.model}"
            )
        self.scale.transform([[0.0] * inputs])
        self.target_scale.transform([[0.0]])

    @property
    def columns(self) -> list[str]:
        """The columns of a table that the inputs are made from."""
        return self.features if self.coding is None else list(self.coding.columns)

    def read(self, path: str | os.PathLike[str]) -> list[list[float]]:
        """Return the inputs in each row of a CSV file, by name, with nan for missing ones.

        The errors are those of `nn.data.Coding.read`.
        """
        if self.coding is None:
            return read_rows(path, self.features)
        return self.coding.read(path)

    def far_off(self, rows: list[list[float]]) -> dict[str, list[int]]:
        """Return for inputs the rows in which they are far from all that was learnt from.

        Those are numbers more than 30 standard deviations from their mean; a category may be as
        rare as it likes.
        """
        parts = () if self.coding is None else self.coding.parts
        told = {name for part in parts if part.kind == "category" for name in part.feature_names}
        scaled = [] if isinstance(self.scale, Identity) else self.scale.transform(rows)
        far: dict[str, list[int]] = {}
        for name, column in zip(self.features, zip(*scaled)):
            found = [n for n, x in enumerate(column) if abs(x) > FAR]
            if found and name not in told:
                far[name] = found
        return far

    def numbers(self, rows: list[list[float]]) -> list[float]:
        """Return the number that is predicted for each row, in the units of the targets."""
        outputs = nn.predict(self.model, self.scale.transform(rows))
        return [y for (y,) in self.target_scale.inverse_transform([[y] for y in outputs])]

    def class_indices(self, rows: list[list[float]]) -> list[int]:
        """Return the index of the class that is predicted for each row."""
        return nn.predict_class(self.model, self.scale.transform(rows))

    def probabilities(self, rows: list[list[float]]) -> list[list[float]]:
        """Return for each row the probabilities of all classes, which sum to 1."""
        return nn.predict_proba(self.model, self.scale.transform(rows))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file of `nn.save`, the rest as its metadata."""
        nn.save(self.model, path, {
            "task": "regression" if self.classes is None else "classification",
            "data": self.data,
            "target": self.target,
            "features": self.features,
            "classes": self.classes,
            "coding": None if self.coding is None else self.coding.to_dict(),
            "standardizer": self.scale.to_dict(),
            "target_standardizer": self.target_scale.to_dict(),
            "layers_because": self.layers_because,
        })  # fmt: skip

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Pipeline:
        """Read what `save` has written.

        Raise ValueError if the file holds a network and not what belongs to it; other errors are
        those of `nn.load`.
        """
        model = nn.load(path)
        try:
            if not isinstance(model, MLP):
                raise TypeError("it is no network of layers")
            return cls(
                model,
                model.metadata["features"],
                model.metadata["classes"],
                _scale(model.metadata["standardizer"]),
                _scale(model.metadata["target_standardizer"]),
                # Older files do not have these:
                _text(model.metadata.get("data", "")),
                _coding(model.metadata.get("coding")),
                _text(model.metadata.get("target", "")),
                _text(model.metadata.get("layers_because", "")),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ValueError(f"{short(path)} was not written by `deltarule train`") from None


def _scale(numbers: Any) -> Scale:
    return Identity() if numbers is None else Standardizer.from_dict(numbers)


def _coding(content: Any) -> Coding | None:
    return None if content is None else Coding.from_dict(content)


def _text(x: Any) -> str:
    if not isinstance(x, str):
        raise TypeError(f"{short(x)} is no text")
    return x


def _are_names(x: Any, count: int) -> bool:
    return isinstance(x, list) and len(x) == count and all(isinstance(name, str) for name in x)
