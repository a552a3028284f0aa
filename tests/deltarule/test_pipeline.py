"""A network with names, scales and classes: what it answers, and the file it is kept in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deltarule.pipeline import Identity, Pipeline
from nn import MLP, load
from nn.data import Standardizer

ROWS = [[3.0, -1.0], [0.5, 2.0], [-4.0, 0.0]]
SCALE = Standardizer([1.0, 2.0], [2.0, 0.5])
LINE = {
    "format": "deltarule model",
    "version": 1,
    "sizes": [1, 1],
    "activation": "tanh",
    "output": "identity",
    "elementary": False,
    "metadata": {
        "task": "regression",
        "features": ["x"],
        "classes": None,
        "standardizer": {"mean": [5.0], "std": [2.0]},
        "target_standardizer": {"mean": [100.0], "std": [10.0]},
    },
    "parameters": [3.0, -0.5],
}  # y = 100 + 10 (3 (x - 5)/2 - 0.5)


def classifier(outputs: int, **options: Any) -> Pipeline:
    names = ["ant", "bee", "cat"][: max(outputs, 2)]
    return Pipeline(MLP(2, [outputs], rng=1, **options), ["x", "y"], names, SCALE, Identity())


def test_a_file_that_was_written_before_there_were_pipelines(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(LINE), encoding="utf-8")
    assert Pipeline.load(path).numbers([[5.0], [7.0]]) == [95.0, 125.0]
    unscaled = json.loads(path.read_text(encoding="utf-8"))
    unscaled["metadata"].update(standardizer=None, target_standardizer=None)
    path.write_text(json.dumps(unscaled), encoding="utf-8")
    assert Pipeline.load(path).numbers([[5.0], [7.0]]) == [14.5, 20.5]


@pytest.mark.parametrize("pipeline", [classifier(1), classifier(3, output="softmax")])
def test_what_is_saved_is_loaded(tmp_path: Path, pipeline: Pipeline) -> None:
    pipeline.save(tmp_path / "model.json")
    loaded = Pipeline.load(tmp_path / "model.json")
    assert loaded.probabilities(ROWS) == pipeline.probabilities(ROWS)
    assert loaded.class_indices(ROWS) == pipeline.class_indices(ROWS)
    assert (loaded.features, loaded.classes) == (pipeline.features, pipeline.classes)
    assert load(tmp_path / "model.json").metadata == {
        "task": "classification",
        "features": ["x", "y"],
        "classes": pipeline.classes,
        "standardizer": {"mean": [1.0, 2.0], "std": [2.0, 0.5]},
        "target_standardizer": None,
        "data": "",
        "coding": None,
        "target": "",
        "layers_because": "",
    }


@pytest.mark.parametrize("output", ["identity", "softmax", "sigmoid"])
def test_probabilities_belong_to_the_class_that_is_predicted(output: str) -> None:
    pipeline = classifier(3, output=output)
    shares = pipeline.probabilities(ROWS)
    assert [sum(p) for p in shares] == pytest.approx([1.0] * len(ROWS))
    assert [p.index(max(p)) for p in shares] == pipeline.class_indices(ROWS)


@pytest.mark.parametrize("output", ["identity", "sigmoid"])
def test_one_output_gives_the_probability_of_class_1(output: str) -> None:
    pipeline = classifier(1, output=output)
    assert [int(p > 0.5) for _, p in pipeline.probabilities(ROWS)] == pipeline.class_indices(ROWS)


@pytest.mark.parametrize(
    ("features", "classes", "scale", "target_scale"),
    [
        (["x"], None, Identity(), Identity()),
        (["x", "y"], ["ant"], Identity(), Identity()),
        (["x", "y"], ["ant", "bee", "cat"], Identity(), Identity()),
        (["x", "y"], None, Standardizer([0.0], [1.0]), Identity()),
        (["x", "y"], None, Identity(), SCALE),
    ],
)
def test_what_does_not_fit_the_network_is_refused(
    features: list[str], classes: list[str] | None, scale: Any, target_scale: Any
) -> None:
    with pytest.raises(ValueError, match=r"do not fit|1 number|2 numbers"):
        Pipeline(MLP(2, [1], rng=0), features, classes, scale, target_scale)


def test_the_identity_leaves_numbers_as_they_are() -> None:
    assert Identity().transform(ROWS) == Identity().inverse_transform(ROWS) == ROWS
    assert Identity().to_dict() is None  # type: ignore[func-returns-value]
