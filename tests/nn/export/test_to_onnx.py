"""ONNX Runtime computes the same as a network of `nn`; what the file says."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

import autograd
from exported import every_case, network, outputs, package, run_onnx, samples, unit_layer
from nn import ACTIVATIONS, MLP
from nn.export import to_onnx


@every_case
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_onnx_runtime_computes_the_same(
    onnxruntime: Any,
    tmp_path: Path,
    dtype: Any,
    tolerance: float,
    activation: str,
    nin: int,
    nouts: list[int],
) -> None:
    """For any number of samples."""
    model, inputs = network(nin, nouts, activation), samples(nin)
    to_onnx(model, tmp_path / "model.onnx", dtype)
    for some in (inputs, inputs[2:3]):
        y = run_onnx(onnxruntime, tmp_path / "model.onnx", some, dtype)
        assert y.shape == (len(some), nouts[-1])
        for theirs, ours in zip(y.tolist(), outputs(model, some)):
            assert theirs == pytest.approx(ours, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 1e-6)])
def test_formulas_in_onnx_everywhere(
    onnxruntime: Any, tmp_path: Path, dtype: Any, tolerance: float, activation: str
) -> None:
    """From -50 to 50 and far out: the series that replace Erf and Atan are exact to rounding."""
    layer = unit_layer(activation)
    to_onnx(layer, tmp_path / "layer.onnx", dtype)
    numbers = [i / 16 for i in range(-800, 801)] + [-1e6, -800.0, -1e-9, 1e-9, 800.0, 1e6]
    y = run_onnx(onnxruntime, tmp_path / "layer.onnx", [[number] for number in numbers], dtype)
    for number, (theirs,), (ours,) in zip(
        numbers, y.tolist(), outputs(layer, [[n] for n in numbers])
    ):
        assert theirs == pytest.approx(ours, rel=tolerance, abs=tolerance), number


def test_infinite_inputs_in_onnx(onnxruntime: Any, tmp_path: Path) -> None:
    """Limits, not nan."""
    for activation in set(ACTIVATIONS) - {"softmax"}:
        layer = unit_layer(activation)
        to_onnx(layer, tmp_path / "layer.onnx")
        y = run_onnx(onnxruntime, tmp_path / "layer.onnx", [[-math.inf], [math.inf]], "float64")
        for theirs, ours in zip(y.tolist(), outputs(layer, [[-math.inf], [math.inf]])):
            assert theirs == pytest.approx(ours, abs=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_an_onnx_file_says(onnxruntime: Any, tmp_path: Path, dtype: Any) -> None:
    """Names, shapes, versions; each function of the file once, and only those that are used."""
    onnx = package("onnx")
    to_onnx(network(2, [3, 3, 1], "gelu", "sigmoid"), tmp_path / "model.onnx", dtype)
    model = onnx.load(tmp_path / "model.onnx")
    kind = onnx.helper.np_dtype_to_tensor_dtype(package("numpy").dtype(dtype))
    value = onnx.helper.make_tensor_value_info
    assert list(model.graph.input) == [value("x", kind, ["N", 2])]
    assert list(model.graph.output) == [value("y", kind, ["N", 1])]
    assert (model.graph.name, model.producer_name) == ("deltarule", "deltarule")
    assert model.producer_version == autograd.__version__
    assert {entry.domain: entry.version for entry in model.opset_import} == {
        "": 17,
        "deltarule": 1,
    }
    assert [function.name for function in model.functions] == ["gelu"]
    names = [tensor.name for tensor in model.graph.initializer]
    assert names == ["w1", "b1", "w2", "b2", "w3", "b3"]


def test_onnx_weights_are_exact(onnxruntime: Any, tmp_path: Path) -> None:
    """In double precision, every bit."""
    onnx = package("onnx")
    model = network(3, [2], "identity")
    model.parameters()[0].data = 5e-324
    to_onnx(model, tmp_path / "model.onnx")
    weights, biases = onnx.load(tmp_path / "model.onnx").graph.initializer
    rows = [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]
    assert onnx.numpy_helper.to_array(weights).tolist() == rows
    ours = [neuron.b.data for neuron in model.layers[0].neurons]
    assert onnx.numpy_helper.to_array(biases).tolist() == ours


def test_labels_and_metadata_stay_out_of_the_file(onnxruntime: Any, tmp_path: Path) -> None:
    """A column may be called after a patient; and the same network gives the same bytes."""
    model = network(2, [3, 1], "gelu")
    to_onnx(model, tmp_path / "plain.onnx")
    model.metadata = {"features": ["secret"]}
    for parameter in model.parameters():
        parameter.label = "secret"
    to_onnx(model, str(tmp_path / "labelled.onnx"))
    content = (tmp_path / "labelled.onnx").read_bytes()
    assert b"secret" not in content
    assert content == (tmp_path / "plain.onnx").read_bytes()


class Crash(Exception):
    """The power fails."""


@pytest.mark.parametrize("function", ["replace", "fsync"])
@pytest.mark.parametrize("error", [Crash(), KeyboardInterrupt(), OSError("disk full")])
def test_a_crash_while_writing_keeps_the_older_file(
    onnxruntime: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    error: BaseException,
) -> None:
    """And leaves nothing else behind."""
    path = tmp_path / "model.onnx"
    to_onnx(network(2, [3, 1], "tanh"), path)
    before = path.read_bytes()

    def crash(*arguments: Any) -> None:
        assert path.read_bytes() == before
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, crash)
        with pytest.raises(type(error)):
            to_onnx(network(2, [3, 1], "relu"), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.onnx"]
    to_onnx(network(2, [3, 1], "relu"), path)
    assert path.read_bytes() != before
    assert os.listdir(tmp_path) == ["model.onnx"]


def test_where_no_onnx_file_can_be_written(onnxruntime: Any, tmp_path: Path) -> None:
    """The error names what is asked for, not a temporary file."""
    with pytest.raises(FileNotFoundError, match=r"no folder '.*missing'"):
        to_onnx(MLP(1, [1]), tmp_path / "missing" / "model.onnx")
    (tmp_path / "model.onnx").mkdir()
    with pytest.raises(OSError, match=r"model\.onnx"):
        to_onnx(MLP(1, [1]), tmp_path / "model.onnx")
    assert os.listdir(tmp_path) == ["model.onnx"]


def test_permissions_are_those_of_any_new_file(onnxruntime: Any, tmp_path: Path) -> None:
    """Not the private ones of a temporary file."""
    (tmp_path / "other").touch()
    to_onnx(MLP(1, [1]), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_an_unknown_dtype(tmp_path: Path) -> None:
    """Is refused before anything is imported or written."""
    wrong: Any = "float16"
    with pytest.raises(ValueError, match=r"one of 'float64', 'float32', got 'float16'"):
        to_onnx(MLP(1, [1]), tmp_path / "model.onnx", wrong)
    assert os.listdir(tmp_path) == []
