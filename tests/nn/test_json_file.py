"""Saving and loading models: exact, atomic, and deaf to whatever a damaged file says."""

from __future__ import annotations

import json
import math
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Operation, Value
from autograd.table import TABLE
from model_files import NUMBERS, document, old, write
from nn import MLP, ModelFileError, Module, load, predict, save

SPECIAL = [
    5e-324, -5e-324, 2.2250738585072014e-308, 1e308, 1.7976931348623157e308, -0.0, 0.0,
    math.inf, -math.inf, math.nan, 0.1, 1 / 3, 1e16 + 2, -1e-7, math.pi, 123456789.0, 1e22,
]  # fmt: skip


def bits(model: Module) -> list[bytes]:
    """The exact numbers; nan counts as equal to nan."""
    numbers = [p.data for p in model.parameters()]
    return [b"nan" if x != x else struct.pack("<d", x) for x in numbers]


# --- round trips --------------------------------------------------------------------------------


def test_every_bit_survives(tmp_path: Path) -> None:
    """Subnormal numbers, the sign of zero, the largest numbers, infinities and nan."""
    model = MLP(16, [1])
    for parameter, number in zip(model.parameters(), SPECIAL):
        parameter.data = number
    save(model, tmp_path / "model.json")
    assert bits(load(tmp_path / "model.json")) == bits(model)
    assert len(SPECIAL) == 17 == len(model.parameters())


@given(st.lists(st.floats(), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_floats_survive(numbers: list[float]) -> None:
    """Whatever 64 bits can hold."""
    model = MLP(2, [1])
    for parameter, number in zip(model.parameters(), numbers):
        parameter.data = number
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        save(model, path)
        assert bits(load(path)) == bits(model)


@pytest.mark.parametrize("elementary", [False, True])
def test_the_architecture_survives(tmp_path: Path, elementary: bool) -> None:
    """Sizes, activations and kind of graph; the copy predicts the same and can learn."""
    model = MLP(
        2, [4, 3], activation="gudermannian", output="softmax", rng=0, elementary=elementary
    )
    save(model, tmp_path / "model.json")
    loaded = load(tmp_path / "model.json")
    assert repr(loaded) == repr(model)
    assert loaded.elementary == elementary
    assert loaded.state_dict() == model.state_dict()
    assert predict(loaded, [[0.5, -1.0]]) == predict(model, [[0.5, -1.0]])
    sum(loaded([0.5, -1.0])[1:]).backward()  # type: ignore
    assert any(p.grad for p in loaded.parameters())


def test_saving_a_loaded_model_gives_the_same_file(tmp_path: Path) -> None:
    """Byte for byte, metadata and all."""
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    save(MLP(2, [3, 1], rng=0), first, {"note": "größer", "epochs": [1, 2], "ok": None})
    save(load(first), second)
    assert first.read_bytes() == second.read_bytes()
    assert "größer" in first.read_text(encoding="utf-8")  # legible, not escaped


def test_metadata(tmp_path: Path) -> None:
    """Anything JSON can hold; an empty dict if there is none."""
    path = tmp_path / "model.json"
    model = MLP(1, [1], rng=0)
    save(model, path)
    assert load(path).metadata == {}
    metadata = {"features": ["größe", "\U0001f9e0"], "nested": {"a": [1, 2.5, None, True]}}
    save(model, path, metadata)
    assert load(path).metadata == metadata
    model.metadata = {"by": "attribute"}
    save(model, path)
    assert load(path).metadata == {"by": "attribute"}
    save(model, path, {})
    assert load(path).metadata == {}


@pytest.mark.parametrize("metadata", [{"x": object()}, {"x": math.nan}, {"x": b"bytes"}])
def test_metadata_that_json_cannot_hold(tmp_path: Path, metadata: dict[str, Any]) -> None:
    """An error, and the older file stays."""
    path = tmp_path / "model.json"
    save(MLP(1, [1], rng=0), path)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError), match="JSON"):
        save(MLP(1, [1], rng=1), path, metadata)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]


def test_paths_may_be_text(tmp_path: Path) -> None:
    """str as well as Path."""
    save(MLP(1, [1], rng=0), str(tmp_path / "model.json"))
    assert load(str(tmp_path / "model.json")).sizes == [1, 1]


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    """It can be read without this package, and says what it is."""
    path = tmp_path / "model.json"
    model = MLP(2, [2, 1], activation="tanh", output="sigmoid")
    for parameter, number in zip(model.parameters(), NUMBERS.values()):
        parameter.data = number
    save(model, path, {"task": "demo"})
    assert json.loads(path.read_text(encoding="utf-8")) == document()


def test_files_of_the_first_version(tmp_path: Path) -> None:
    """They have parameters without names, and give the same network."""
    loaded = load(write(tmp_path / "old.json", old()))
    assert repr(loaded) == "MLP(2, [2, 1], activation='tanh', output='sigmoid')"
    assert loaded.state_dict() == NUMBERS
    assert loaded.metadata == {"task": "demo"}
    save(loaded, tmp_path / "new.json")
    assert json.loads((tmp_path / "new.json").read_text()) == document()


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    """Not the private ones of a temporary file."""
    (tmp_path / "other").touch()
    mask = os.umask(0o027)
    try:
        save(MLP(1, [1], rng=0), tmp_path / "strict.json")
    finally:
        left = os.umask(mask)
    assert left == 0o027  # the mask of the process is left alone
    assert (tmp_path / "strict.json").stat().st_mode & 0o777 == 0o640
    save(MLP(1, [1], rng=0), tmp_path / "model.json")
    assert (tmp_path / "model.json").stat().st_mode == (tmp_path / "other").stat().st_mode


# --- what comes back by itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    "activation",
    [Value.tanh, autograd.tanh, autograd.relu, autograd.gelu, autograd.leaky_relu, Value.elu],
)
def test_functions_of_the_engine_are_saved_by_name(tmp_path: Path, activation: Any) -> None:
    """Given as methods, rows of the table or functions."""
    model = MLP(1, [3, 1], activation=activation, rng=0)
    save(model, tmp_path / "model.json")
    assert predict(load(tmp_path / "model.json"), [[0.7]]) == predict(model, [[0.7]])


def test_an_operation_of_ones_own(tmp_path: Path) -> None:
    """It is found by name where it has been declared, and missed elsewhere."""
    bump = Operation("bump", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    try:
        model = MLP(1, [2, 1], activation=bump, rng=0)
        save(model, tmp_path / "model.json")
        assert predict(load(tmp_path / "model.json"), [[0.7]]) == predict(model, [[0.7]])
    finally:
        TABLE.pop("bump")
    with pytest.raises(ModelFileError, match="'bump'"):
        load(tmp_path / "model.json")


# --- interrupted writing ------------------------------------------------------------------------


class Crash(Exception):
    """The power fails."""


@pytest.mark.parametrize("function", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [Crash(), KeyboardInterrupt(), OSError("disk full")])
def test_a_crash_while_writing_keeps_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: BaseException
) -> None:
    """And leaves nothing else behind."""
    path = tmp_path / "model.json"
    save(MLP(2, [3, 1], rng=0), path)
    before = path.read_bytes()

    def crash(*arguments: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, crash)
        with pytest.raises(type(error)):
            save(MLP(2, [3, 1], rng=1), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]
    save(MLP(2, [3, 1], rng=1), path)
    assert path.read_bytes() != before


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error from write itself, after half of the text."""
    path = tmp_path / "model.json"
    save(MLP(2, [3, 1], rng=0), path)
    before = path.read_bytes()
    write_bytes = Path.write_bytes

    def half(self: Path, content: bytes) -> int:
        write_bytes(self, content[: len(content) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="no space left"):
        save(MLP(2, [3, 1], rng=1), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]


def test_saving_where_there_is_no_folder(tmp_path: Path) -> None:
    """The error names the folder, not a temporary file."""
    with pytest.raises(FileNotFoundError, match=r"no folder '.*missing'"):
        save(MLP(1, [1]), tmp_path / "missing" / "model.json")


def test_saving_over_a_folder(tmp_path: Path) -> None:
    """Refused; the folder and its content stay."""
    (tmp_path / "model.json").mkdir()
    with pytest.raises(OSError, match=r"model\.json"):
        save(MLP(1, [1]), tmp_path / "model.json")
    assert os.listdir(tmp_path) == ["model.json"]
