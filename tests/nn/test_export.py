"""PyTorch, JAX and ONNX compute the same as `nn`: outputs, gradients, and the way back."""

from __future__ import annotations

import copy
import importlib
import inspect
import math
import os
import pickle
import random
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Operation, Value
from autograd.table import TABLE
from nn import ACTIVATIONS, MLP, Layer, Module, Neuron, export, half_squared_error, predict
from nn.export import from_torch, to_jax, to_onnx, to_torch

SIZES = [(3, [1]), (1, [4, 1]), (2, [5, 3]), (3, [4, 4, 2])]


def package(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed")


@pytest.fixture
def torch() -> Any:
    return package("torch")


@pytest.fixture
def jax() -> Any:
    """JAX in double precision."""
    jax = package("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def onnxruntime() -> Any:
    package("onnx")
    return package("onnxruntime")


def network(nin: int, nouts: list[int], activation: Any, output: Any = None) -> MLP:
    """A network whose biases are not 0, as after training."""
    model = MLP(nin, nouts, activation=activation, output=output or activation, rng=1)
    generator = random.Random(2)
    for parameter in model.parameters():
        parameter.data += generator.uniform(-1.0, 1.0)
    return model


def samples(nin: int) -> list[list[float]]:
    """Small and large numbers: activations bend, and saturate."""
    generator = random.Random(3)
    scales = [0.0, 0.1, 1.0, 3.0, 30.0]
    return [[scale * generator.gauss(0.0, 1.0) for _ in range(nin)] for scale in scales]


def outputs(model: MLP | Layer, inputs: list[list[float]]) -> list[list[float]]:
    """What `nn` gives, always as lists."""
    results = [model(x) for x in inputs]
    return [[z.data for z in (y if isinstance(y, list) else [y])] for y in results]


def every_case(test: Callable[..., None]) -> Callable[..., None]:
    test = pytest.mark.parametrize(("nin", "nouts"), SIZES)(test)
    return pytest.mark.parametrize("activation", list(ACTIVATIONS))(test)


def unit_layer(activation: Any) -> Layer:
    """A layer that computes the activation of its input, and nothing else."""
    layer = Layer(1, 1, activation=activation)
    layer.neurons[0].w[0].data = 1.0
    return layer


# --- PyTorch ------------------------------------------------------------------------------------


@every_case
def test_pytorch_computes_the_same(torch: Any, activation: str, nin: int, nouts: list[int]) -> None:
    """Outputs of all samples, and the gradient of the error for each parameter and input."""
    model, inputs = network(nin, nouts, activation), samples(nin)
    sequential = to_torch(model)
    x = torch.tensor(inputs, dtype=torch.float64, requires_grad=True)
    y = sequential(x)
    assert y.shape == (len(inputs), nouts[-1])
    assert y.dtype is torch.float64
    ours = torch.tensor(outputs(model, inputs), dtype=torch.float64)
    torch.testing.assert_close(y.detach(), ours, rtol=1e-12, atol=1e-12)

    leaves = [[Value(x_i) for x_i in row] for row in inputs]
    for row in leaves:
        half_squared_error(model(row), [0.25] * nouts[-1] if nouts[-1] > 1 else 0.25).backward()
    (0.5 * ((y - 0.25) ** 2).sum()).backward()
    theirs = torch.cat(
        [
            torch.cat([m.weight.grad, m.bias.grad[:, None]], 1).flatten()
            for m in sequential
            if isinstance(m, torch.nn.Linear)
        ]
    )
    expected = torch.tensor([p.grad for p in model.parameters()], dtype=torch.float64)
    torch.testing.assert_close(theirs, expected, rtol=1e-12, atol=1e-12)
    slopes = torch.tensor([[leaf.grad for leaf in row] for row in leaves], dtype=torch.float64)
    torch.testing.assert_close(x.grad, slopes, rtol=1e-12, atol=1e-12)


@every_case
def test_from_pytorch_and_back(torch: Any, activation: str, nin: int, nouts: list[int]) -> None:
    """A network that has been there is the same in every bit, and so is a Sequential."""
    model = network(nin, nouts, activation)
    back = from_torch(to_torch(model))
    assert back.state_dict() == model.state_dict()
    assert (back.sizes, back.output) == (model.sizes, model.output)
    assert len(nouts) == 1 or back.activation == model.activation
    assert predict(back, samples(nin)) == predict(model, samples(nin))
    first, second = to_torch(model), to_torch(back)
    assert repr(first) == repr(second)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_pytorch_far_out(torch: Any, activation: str) -> None:
    """Kinks at 0, saturation, and the point where PyTorch's softplus takes a shortcut."""
    layer = unit_layer(activation)
    numbers = [-1e6, -800.0, -41.0, -20.5, -1e-9, -0.0, 0.0, 1e-9, 20.5, 25.0, 39.0, 41.0, 800.0]
    x = torch.tensor([[number] for number in numbers], dtype=torch.float64, requires_grad=True)
    y = to_torch(layer)(x)
    y.sum().backward()
    for number, theirs, slope in zip(numbers, y.tolist(), x.grad.tolist()):
        leaf = Value(number)
        ours: Any = layer([leaf])
        ours.backward()
        assert theirs[0] == pytest.approx(ours.data, rel=1e-12, abs=1e-12)
        assert slope[0] == pytest.approx(leaf.grad, rel=1e-12, abs=1e-12)


def test_a_layer_becomes_a_linear_and_its_activation(torch: Any) -> None:
    """In the types that PyTorch's users expect; identity needs no module."""
    kinds = [type(module) for module in to_torch(Layer(2, 3, activation="leaky_relu"))]
    assert kinds == [torch.nn.Linear, torch.nn.LeakyReLU]
    kinds = [type(module) for module in to_torch(MLP(2, [3, 1], activation="tanh"))]
    assert kinds == [torch.nn.Linear, torch.nn.Tanh, torch.nn.Linear]


def test_pytorch_gets_a_copy(torch: Any) -> None:
    """Training there changes nothing here, and PyTorch's random numbers stay as they are."""
    model = network(2, [3, 1], "tanh")
    before, state = model.state_dict(), torch.get_rng_state()
    sequential = to_torch(model)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        for parameter in sequential.parameters():
            parameter.add_(1.0)
    assert model.state_dict() == before
    assert all(parameter.requires_grad for parameter in sequential.parameters())


def test_the_gudermannian_module_can_be_copied_and_saved(torch: Any) -> None:
    """`torch.save` of a whole model pickles it."""
    sequential = to_torch(network(2, [3, 1], "gudermannian")).eval()
    x = torch.tensor(samples(2), dtype=torch.float64)
    for twin in (copy.deepcopy(sequential), pickle.loads(pickle.dumps(sequential))):
        assert torch.equal(twin(x), sequential(x))
        assert not any(module.training for module in twin.modules())
        assert from_torch(twin).activation == "gudermannian"


def test_what_pytorch_adds_is_skipped(torch: Any) -> None:
    """Nested Sequentials, Identity, Flatten, Dropout in eval mode; no bias is a bias of 0."""
    nn = torch.nn
    activation = nn.ReLU()  # used twice
    module = nn.Sequential(
        nn.Flatten(),
        nn.Sequential(nn.Linear(2, 3, bias=False), nn.Dropout(0.5)),
        activation,
        nn.Sequential(nn.Identity(), nn.Sequential(nn.Linear(3, 3))),
        activation,
        nn.Linear(3, 2),
        nn.Softmax(dim=1),
    ).eval()
    model = from_torch(module)
    assert repr(model) == "MLP(2, [3, 3, 2], activation='relu', output='softmax')"
    assert [neuron.b.data for neuron in model.layers[0].neurons] == [0.0, 0.0, 0.0]
    x = torch.tensor(samples(2))
    expected = copy.deepcopy(module).double()(x.double())
    ours = torch.tensor(outputs(model, x.tolist()), dtype=torch.float64)
    torch.testing.assert_close(ours, expected.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_weights_of_any_precision_are_taken_over_exactly(torch: Any, dtype: str) -> None:
    """Every float32 is a float64; and nothing is drawn from the global generator."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 2)).to(getattr(torch, dtype))
    state = random.getstate()
    model = from_torch(module)
    assert random.getstate() == state
    ours = [[weight.data for weight in neuron.w] for neuron in model.layers[0].neurons]
    assert ours == module[0].weight.tolist()
    assert [neuron.b.data for neuron in model.layers[0].neurons] == module[0].bias.tolist()


def test_two_linear_layers_in_a_row(torch: Any) -> None:
    """Have "identity" between them, if that is so everywhere."""
    nn = torch.nn
    module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.Linear(3, 1), nn.Tanh())
    assert repr(from_torch(module)) == "MLP(2, [3, 3, 1], activation='identity', output='tanh')"


def test_pytorch_s_own_softplus(torch: Any) -> None:
    """Its threshold of 20 is accepted; the difference is below 3e-9, as documented."""
    module = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Softplus()).double()
    with torch.no_grad():
        module[0].weight.fill_(1.0)
        module[0].bias.zero_()
    model = from_torch(module)
    x = torch.tensor([[20.0 + 1e-6]], dtype=torch.float64)
    difference = abs(predict(model, x.tolist())[0] - module(x).item())
    assert 1e-9 < difference < 3e-9


REFUSED: dict[str, tuple[Callable[[Any], list[Any]], str]] = {
    "foreign": (lambda nn: [nn.Linear(2, 2), nn.BatchNorm1d(2)], r"1 \(BatchNorm1d\).*tanh"),
    "nested": (
        lambda nn: [nn.Linear(2, 2), nn.Sequential(nn.Identity(), nn.Mish())],
        r"1\.1 \(Mish\)",
    ),
    "slope": (
        lambda nn: [nn.Linear(2, 2), nn.LeakyReLU(0.2), nn.Linear(2, 1)],
        r"1 \(LeakyReLU\).*negative_slope=0\.2.*0\.01",
    ),
    "gelu": (lambda nn: [nn.Linear(2, 2), nn.GELU("tanh")], r"1 \(GELU\).*approximate='tanh'"),
    "elu": (lambda nn: [nn.Linear(2, 2), nn.ELU(0.5)], r"1 \(ELU\).*alpha=0\.5"),
    "beta": (lambda nn: [nn.Linear(2, 2), nn.Softplus(2.0)], r"1 \(Softplus\).*beta=2\.0"),
    "threshold": (lambda nn: [nn.Linear(2, 2), nn.Softplus(1.0, 5.0)], r"threshold=5\.0"),
    "dim": (lambda nn: [nn.Linear(2, 2), nn.Softmax(dim=0)], r"1 \(Softmax\).*dim=0"),
    "mixed": (
        lambda nn: [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)],
        r"3 \(Tanh\).*first hidden layer has relu, this one tanh",
    ),
    "sometimes none": (
        lambda nn: [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 1)],
        r"2 \(Linear\).*has relu, this one identity",
    ),
    "softmax inside": (
        lambda nn: [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Softmax(-1), nn.Linear(2, 1)],
        r"3 \(Softmax\).*has relu, this one softmax",
    ),
    "two": (lambda nn: [nn.Linear(2, 2), nn.ReLU(), nn.Tanh()], r"2 \(Tanh\).*follows.*relu"),
    "first": (lambda nn: [nn.Tanh(), nn.Linear(2, 2)], r"0 \(Tanh\).*no Linear layer before"),
    "sizes": (lambda nn: [nn.Linear(2, 3), nn.Linear(4, 1)], r"1 \(Linear\).*4 inputs.*3 outputs"),
    "dropout": (lambda nn: [nn.Linear(2, 2), nn.Dropout(0.1)], r"1 \(Dropout\).*eval\(\)"),
    "flatten": (lambda nn: [nn.Flatten(0), nn.Linear(2, 2)], r"0 \(Flatten\).*start_dim=0"),
    "complex": (
        lambda nn: [nn.Linear(2, 2, dtype=package("torch").complex64)],
        r"0 \(Linear\).*complex64",
    ),
    "nothing": (lambda nn: [nn.Identity()], "no Linear layer"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_an_mlp_cannot_express(torch: Any, name: str) -> None:
    """The message names the module by its place and kind, and says why."""
    modules, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        from_torch(torch.nn.Sequential(*modules(torch.nn)))


def test_only_a_sequential_says_in_which_order_it_computes(torch: Any) -> None:
    """Another module, even a subclass, may do anything in its `forward`."""

    class Twice(torch.nn.Sequential):  # type: ignore
        def forward(self, x: Any) -> Any:
            return 2.0 * super().forward(x)

    for module in (Twice(torch.nn.Linear(1, 1)), torch.nn.Linear(1, 1), MLP(1, [1])):
        with pytest.raises(TypeError, match=rf"Sequential, not {type(module).__name__}"):
            from_torch(module)
    with pytest.raises(ValueError, match=r"0 \(Twice\)"):
        from_torch(torch.nn.Sequential(Twice(torch.nn.Linear(1, 1))))


# --- JAX ----------------------------------------------------------------------------------------


@every_case
def test_jax_computes_the_same(jax: Any, activation: str, nin: int, nouts: list[int]) -> None:
    """Outputs of one sample and of all, and the gradients of `jax.grad`, compiled."""
    jnp = jax.numpy
    model, inputs = network(nin, nouts, activation), samples(nin)
    function, parameters = to_jax(model)
    x, ours = jnp.array(inputs), jnp.array(outputs(model, inputs))
    y = function(parameters, x)
    assert y.shape == (len(inputs), nouts[-1])
    assert y.dtype == jnp.float64
    assert jnp.allclose(y, ours, rtol=1e-12, atol=1e-12)
    assert jnp.allclose(function(parameters, x[2]), ours[2], rtol=1e-12, atol=1e-12)

    def error(parameters: Any) -> Any:
        return 0.5 * ((function(parameters, x) - 0.25) ** 2).sum()

    for row in inputs:
        half_squared_error(model(row), [0.25] * nouts[-1] if nouts[-1] > 1 else 0.25).backward()
    expected = jnp.array([parameter.grad for parameter in model.parameters()])
    gradients = jax.jit(jax.grad(error))(parameters)
    parts = [jnp.concatenate([g["w"], g["b"][:, None]], axis=1).ravel() for g in gradients]
    assert jnp.allclose(jnp.concatenate(parts), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_jax_far_out(jax: Any, activation: str) -> None:
    """Kinks at 0 and saturation."""
    layer = unit_layer(activation)
    function, parameters = to_jax(layer)
    slope = jax.grad(lambda x: function(parameters, x)[0])
    for number in [-1e6, -800.0, -41.0, -1e-9, -0.0, 0.0, 1e-9, 25.0, 41.0, 800.0]:
        leaf = Value(number)
        ours: Any = layer([leaf])
        ours.backward()
        x = jax.numpy.array([number])
        assert function(parameters, x)[0] == pytest.approx(ours.data, rel=1e-12, abs=1e-12)
        assert slope(x)[0] == pytest.approx(leaf.grad, rel=1e-12, abs=1e-12)


def test_jax_parameters(jax: Any) -> None:
    """Shapes as documented, in the precision that is set, exact where it can be."""
    model = network(2, [3, 1], "tanh")
    function, parameters = to_jax(model)
    assert [(p["w"].shape, p["b"].shape) for p in parameters] == [((3, 2), (3,)), ((1, 3), (1,))]
    numbers = [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]
    assert parameters[0]["w"].tolist() == numbers
    jax.config.update("jax_enable_x64", False)
    function, parameters = to_jax(model)
    assert parameters[0]["w"].dtype == jax.numpy.float32
    y = function(parameters, jax.numpy.array([0.5, -1.0]))
    assert float(y[0]) == pytest.approx(predict(model, [[0.5, -1.0]])[0], rel=1e-5)


def test_jax_refuses_parameters_of_another_network(jax: Any) -> None:
    """Instead of leaving out the layers without parameters."""
    function, parameters = to_jax(network(2, [3, 1], "tanh"))
    with pytest.raises(ValueError, match="argument 2 is longer"):
        function(parameters[:1], jax.numpy.array([0.5, -1.0]))


# --- ONNX ---------------------------------------------------------------------------------------


def run(onnxruntime: Any, path: Path, inputs: Any, dtype: str) -> Any:
    """What ONNX Runtime computes; a file that breaks the standard fails before."""
    numpy, onnx = package("numpy"), package("onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (y,) = session.run(["y"], {"x": numpy.array(inputs, dtype=dtype)})
    assert y.dtype == dtype
    return y


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
        y = run(onnxruntime, tmp_path / "model.onnx", some, dtype)
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
    y = run(onnxruntime, tmp_path / "layer.onnx", [[number] for number in numbers], dtype)
    for number, (theirs,), (ours,) in zip(
        numbers, y.tolist(), outputs(layer, [[n] for n in numbers])
    ):
        assert theirs == pytest.approx(ours, rel=tolerance, abs=tolerance), number


def test_infinite_inputs_in_onnx(onnxruntime: Any, tmp_path: Path) -> None:
    """Limits, not nan."""
    for activation in set(ACTIVATIONS) - {"softmax"}:
        layer = unit_layer(activation)
        to_onnx(layer, tmp_path / "layer.onnx")
        y = run(onnxruntime, tmp_path / "layer.onnx", [[-math.inf], [math.inf]], "float64")
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


# --- what is refused everywhere -----------------------------------------------------------------

EXPORTS: dict[str, Callable[[Any], Any]] = {
    "to_torch": to_torch,
    "to_jax": to_jax,
    "to_onnx": lambda model: to_onnx(model, "never.onnx"),
}


class Derived(MLP):
    """A subclass may compute something else."""


class OwnLayer(Layer):
    """So may a layer."""


@pytest.mark.parametrize("function", list(EXPORTS))
def test_only_an_mlp_or_a_layer_can_be_translated(function: str) -> None:
    """Whether the other library is installed or not."""
    altered = MLP(1, [1, 1])
    altered.layers[1] = OwnLayer(1, 1)
    for model, name in [
        (Neuron(1), "Neuron"),
        (Module(), "Module"),
        (Derived(1, [1]), "Derived"),
        (altered, "OwnLayer"),
        (None, "NoneType"),
    ]:
        with pytest.raises(TypeError, match=rf"^{function}\(\).*not {name}, .*state_dict"):
            EXPORTS[function](model)


@pytest.mark.parametrize("function", list(EXPORTS))
def test_activations_of_ones_own_are_refused(function: str) -> None:
    """By name and layer; also those that are only called like a known one."""

    def tanh(a: Value) -> Value:
        return 3 * a

    linear = Operation("linear", lambda x: 3.0 * x, lambda y, x: (3.0,))
    try:
        for activation, name in [
            (lambda a: a * 2, "<lambda>"),
            (tanh, "tanh"),
            (linear, "linear"),
            ("sin", "sin"),
        ]:
            with pytest.raises(ValueError, match=rf"^{function}\(\).*'{name}' of layer 1; .*elu"):
                EXPORTS[function](MLP(1, [2, 1], activation=activation))
            with pytest.raises(ValueError, match=rf"^{function}\(\).*'{name}' of layer 2; "):
                EXPORTS[function](MLP(1, [2, 1], output=activation))
    finally:
        TABLE.pop("linear")


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
        ("to_jax", "jax", r"pip install 'deltarule\[jax\]'"),
        ("to_onnx", "onnx", r"pip install 'deltarule\[onnx\]'"),
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
