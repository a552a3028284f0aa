"""Histories as objects and as files: short to look at, damaged ones refused."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from nn import MLP, SGD, History, ModelFileError, Neuron, StepLR, fit, load, save
from runs import HELD_OUT, Run

# --- files of any kind --------------------------------------------------------------------------


def small() -> tuple[Neuron, SGD, StepLR]:
    neuron = Neuron(1, activation="identity", rng=0)
    optimizer = SGD(neuron.parameters(), momentum=0.5)
    return neuron, optimizer, StepLR(optimizer, step_size=1)


def small_fit(parts: tuple[Neuron, SGD, StepLR], resume: History | None = None) -> History:
    model, optimizer, schedule = parts
    return fit(
        model, [[1.0], [2.0]], [1.0, 0.0], "half_squared_error", optimizer=optimizer, epochs=1,
        schedule=schedule, progress=False, resume=resume,
    )  # fmt: skip


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("history") / "run.json"
    small_fit(small()).save(path)
    return path.read_text(encoding="utf-8")


def ways(x: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ()
    return [path, *[way for key, item in items for way in ways(item, (*path, key))]]


JUNK = [None, True, -1, 10**30, 0.5, "inf", "x", [], {}, [[]], [0.5], {"a": 1}, "__import__('os')"]


def test_files_changed_anywhere_are_loaded_or_refused(text: str, tmp_path: Path) -> None:
    """Every entry replaced by every kind of thing, and taken away: never another exception."""
    path = tmp_path / "run.json"
    refused = 0
    for way in ways(json.loads(text)):
        if any(isinstance(key, int) and key > 3 for key in way):  # of 625 numbers, four will do
            continue
        for junk in [*JUNK, KeyError]:
            content = json.loads(text)
            inner = content
            for key in way[:-1]:
                inner = inner[key]
            if junk is KeyError and way:
                del inner[way[-1]]
            elif way:
                inner[way[-1]] = junk
            else:
                content = junk if junk is not KeyError else 0
            path.write_text(json.dumps(content))
            try:
                history = History.load(path)
            except ModelFileError:
                refused += 1
                continue
            parts = small()
            before = [part.state_dict() for part in parts]
            try:
                small_fit(parts, history)
            except ValueError:
                assert [part.state_dict() for part in parts] == before
                refused += 1
    assert refused > 300


def test_every_truncation_is_noticed(text: str, tmp_path: Path) -> None:
    """However few bytes are missing."""
    path = tmp_path / "run.json"
    for length in range(0, len(text) - 1, 37):
        path.write_text(text[:length])
        with pytest.raises(ModelFileError):
            History.load(path)


def test_a_model_is_no_history(tmp_path: Path) -> None:
    """Nor the other way round."""
    save(MLP(1, [1]), tmp_path / "model.json")
    with pytest.raises(ModelFileError, match=r"format.*deltarule history"):
        History.load(tmp_path / "model.json")
    small_fit(small()).save(tmp_path / "run.json")
    with pytest.raises(ModelFileError, match=r"format.*deltarule model"):
        load(tmp_path / "run.json")


# --- the object ---------------------------------------------------------------------------------


def test_a_history_is_short_to_look_at_and_travels() -> None:
    """repr, copies and pickles; what comes back goes on as well."""
    run = Run()
    history = run.fit(30, keep=1, validation=HELD_OUT)
    assert len(repr(history)) < 120
    assert "30 epochs" in repr(history)
    assert repr(History()) == "<History of 0 epochs, stopped by 'epochs'>"
    expected = run.fit(1, resume=history, validation=HELD_OUT)
    for twin in (copy.copy(history), copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
        assert twin == history
        assert Run().fit(1, resume=twin, validation=HELD_OUT).epochs == expected.epochs
