"""Measured data that scikit-learn ships."""

from __future__ import annotations

from typing import Any

from .dataset import Dataset


def sklearn_datasets(name: str) -> Any:
    """Return the module `sklearn.datasets`, from which the data set of this name comes."""
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            f"the data set {name} comes from scikit-learn, which cannot be imported: "
            'run pip install "deltarule[demo]"'
        ) from error
    return datasets


def measured(name: str, greatest: float = 1.0) -> Dataset:
    """Return a data set as measured, its inputs divided by `greatest`."""
    bunch = getattr(sklearn_datasets(name), f"load_{name}")()
    return Dataset(
        (bunch.data / greatest).tolist(),
        bunch.target.tolist(),
        [str(feature) for feature in bunch.feature_names],
        [str(class_name) for class_name in bunch.target_names],
        name,
    )


def digits(name: str) -> Dataset:
    """Return images of 8x8 grey levels, from 0 to 16 as shipped, in [0, 1]."""
    return measured(name, greatest=16.0)
