"""What all exports have in common: refusals, packages that may lack, examples."""

from __future__ import annotations

import importlib
import inspect
import math
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Operation, Value
from autograd.compile import TraceError
from autograd.table import TABLE
from exported import network, outputs, package, samples, unit_layer
from nn import MLP, Module, export
from nn.export import from_torch, to_jax, to_onnx, to_torch

EXPORTS: dict[str, Callable[..., Any]] = {
    "to_torch": to_torch,
    "to_jax": to_jax,
    "to_onnx": lambda model, inputs=None: to_onnx(model, "never.onnx", inputs=inputs),
}
every_export = pytest.mark.parametrize("function", list(EXPORTS))


@every_export
def test_what_is_no_module(function: str) -> None:
    """Is refused whether the other library is installed or not."""
    for model, name in [(None, "NoneType"), (lambda x: x, "function"), (MLP, "type")]:
        with pytest.raises(TypeError, match=rf"^{function}\(\) translates a Module.*not {name};"):
            EXPORTS[function](model)
    with pytest.raises(TypeError, match="__call__"):
        EXPORTS[function](Module(), 1)


class Computed(Module):
    """Does what it is told."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.w, self.compute = Value(2.0), compute

    def __call__(self, x: Any) -> Any:
        return self.compute([self.w * x_i for x_i in x])


@every_export
def test_how_many_inputs_there_are_must_be_known(function: str) -> None:
    """Of an own module only its author can say it."""
    model = Computed(lambda x: x[0])
    with pytest.raises(TypeError, match=rf"^{function}\(\).*a Computed is called with.*inputs=3"):
        EXPORTS[function](model)
    for wrong in (0, (3, -1), 2.0, True):
        with pytest.raises(ValueError, match=r"inputs must be.*got "):
            EXPORTS[function](model, wrong)
    with pytest.raises(ValueError, match=r"inputs=3, but MLP\(1, .* has 1;"):
        EXPORTS[function](MLP(1, [2, 1]), 3)


@every_export
def test_what_depends_on_numbers_is_refused(function: str) -> None:
    """A branch, a plain number, random numbers, and other results; the message has the line."""
    cases: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
        (lambda x: x[0] if x[0] > 0 else x[1], TraceError, r"(?s)comparison.*if x\[0\] > 0"),
        (lambda x: math.exp(x[0]), TraceError, r"(?s)plain number.*math\.exp"),
        (lambda x: x[0] * random.random(), TraceError, r"each time.*model\.eval\(\)"),
        (lambda x: {"y": x[0]}, TypeError, r"must return a Value or a list"),
    ]
    for compute, error, message in cases:
        with pytest.raises(error, match=message):
            EXPORTS[function](Computed(compute), 2)


@every_export
def test_rows_that_are_not_written_for_arrays(function: str) -> None:
    """Are named, with what to do."""
    rows = [
        Operation("plain", lambda x: math.exp(x), lambda y, x: (y,)),
        Operation("branching", lambda x: x if x > 0 else 0.0, lambda y, x: (1.0,)),
        Operation("slope by math", lambda x: x * x, lambda y, x: (2.0 * math.fabs(x),)),
        Operation("forgetful", lambda a, b: a * b, lambda y, a, b: (b,)),
    ]
    for row in rows:
        del TABLE[row.name]
        model = Computed(lambda x, row=row: row(*x[: row.forward.__code__.co_argcount]))
        with pytest.raises(TypeError, match=rf"{row.name!r} .*(where\(\)|each of its 2)"):
            EXPORTS[function](model, 2)


def test_a_function_that_onnx_has_not(onnxruntime: Any, tmp_path: Path) -> None:
    """Is named."""
    row = Operation("factorial", math.gamma, lambda y, x: (y,))
    del TABLE["factorial"]
    with pytest.raises(TypeError, match=r"ONNX has nothing for.*'gamma'.*'factorial'"):
        to_onnx(Computed(lambda x: row(x[0])), tmp_path / "model.onnx", inputs=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_samples_of_another_size(torch: Any, jax: Any, shape: tuple[int, ...]) -> None:
    """Are refused, though the columns that are needed may be there."""
    model = Computed(lambda x: x[0] * x[1])
    function, parameters = to_jax(model, 2)
    for call in (to_torch(model, 2), lambda x: function(parameters, x.numpy())):
        with pytest.raises(ValueError, match=rf"shape {re.escape(str(shape))}.*\(2,\)"):
            call(torch.ones(shape, dtype=torch.float64))


def test_activations_of_ones_own(torch: Any, jax: Any) -> None:
    """Also those that are only called like a known one."""

    def tanh(a: Value) -> Value:
        return 3 * a

    linear = Operation("linear row", lambda x: 3.0 * x, lambda y, x: (3.0,))
    del TABLE["linear row"]
    inputs = samples(2)
    for activation in (lambda a: 3 * a, tanh, linear):
        model = network(2, [3, 1], activation)
        y = to_torch(model)(torch.tensor(inputs, dtype=torch.float64))
        function, parameters = to_jax(model)
        assert [layer["w"].shape for layer in parameters] == [(3, 2), (1, 3)]
        for theirs in (y, function(parameters, jax.numpy.array(inputs))):
            for row, ours in zip(theirs.tolist(), outputs(model, inputs), strict=True):
                assert row == pytest.approx(ours, rel=1e-12)


class Derived(MLP):
    """A subclass that computes something else."""

    def __call__(self, x: Any) -> Any:
        return 2.0 * super().__call__(x)  # type: ignore[operator]


def test_a_subclass_is_taken_for_what_it_computes(torch: Any) -> None:
    """And not for the layers it has."""
    model = Derived(1, [2, 1], rng=0)
    y = to_torch(model)(torch.tensor([[0.7]], dtype=torch.float64))
    assert y.item() == pytest.approx(model([0.7]).data, rel=1e-12)


def test_functions_of_the_engine_are_known(torch: Any) -> None:
    """Given as methods or as rows of the table."""
    for activation in (Value.tanh, autograd.tanh, autograd.gelu, Value.leaky_relu, autograd.elu):
        layer = unit_layer(activation)
        y = to_torch(layer)(torch.tensor([[-0.7]], dtype=torch.float64))
        assert y.item() == pytest.approx(outputs(layer, [[-0.7]])[0][0], rel=1e-12)


@pytest.mark.parametrize(
    ("function", "name", "command"),
    [
        ("to_torch", "torch", "pip install torch"),
        ("from_torch", "torch", "pip install torch"),
        ("to_jax", "jax", r'pip install "deltarule\[jax\]"'),
        ("to_onnx", "onnx", r'pip install "deltarule\[onnx\]"'),
    ],
)
def test_a_missing_package(
    monkeypatch: pytest.MonkeyPatch, function: str, name: str, command: str
) -> None:
    """The message names the function, the package and the command that installs it."""
    monkeypatch.setitem(sys.modules, name, None)
    call = {**EXPORTS, "from_torch": from_torch}[function]
    with pytest.raises(ImportError, match=rf"^{function}\(\) .* package {name}; .*{command}$"):
        call(MLP(1, [1]))


@pytest.mark.parametrize("name", ["to_torch", "from_torch", "to_jax", "to_onnx"])
def test_the_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not doctests, which would fail where the other libraries are missing."""
    documentation = inspect.getdoc(getattr(export, name)) or ""
    _, block = documentation.split("::\n")
    program = textwrap.dedent(block)
    for line in program.splitlines():
        if line.startswith("import "):
            package(line.split()[1])
    package(name.split("_")[1])
    monkeypatch.chdir(tmp_path)
    assert "assert" in program
    exec(compile(program, name, "exec"), {})


def test_importing_loads_none_of_them() -> None:
    """Each is imported when its function is called."""
    program = "import sys, nn.export; print(*{'torch', 'onnx', 'jax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b""
    assert importlib.import_module("nn.export") is export
