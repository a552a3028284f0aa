"""Modules of any wiring in PyTorch, JAX and ONNX Runtime: outputs and gradients are those here."""

from __future__ import annotations

import copy
import math
import pickle
import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from autograd import Value, relu, sqrt
from exported import package, run_onnx
from models import MODELS
from nn import MLP, Module
from nn.export import to_jax, to_onnx, to_torch

every_model = pytest.mark.parametrize("name", list(MODELS))


class Outcome(NamedTuple):
    """What the scalar graph gives for samples, and the gradient of Σ_k (k + 1) y_k² over them."""

    x: list[Any]
    y: list[list[float]]
    by_x: list[list[float]]
    by_number: dict[float, float]  # the gradient of each parameter, by its number


def made(name: str) -> tuple[Module, tuple[int, ...]]:
    """A model whose parameters all have numbers of their own, and the shape of a sample."""
    make, shape = MODELS[name]
    rng = random.Random(1)
    model = make(rng)
    for parameter in model.parameters():
        parameter.data += rng.uniform(-0.5, 0.5)
    return model, shape


def lifted(x: Any) -> Any:
    return [lifted(x_i) for x_i in x] if isinstance(x, list) else Value(x)


def flat(x: Any) -> list[Any]:
    return [leaf for x_i in x for leaf in flat(x_i)] if isinstance(x, list) else [x]


def random_list(rng: random.Random, shape: tuple[int, ...]) -> Any:
    return [random_list(rng, shape[1:]) for _ in range(shape[0])] if shape else rng.gauss(0.0, 1.0)


def outcome(model: Module, shape: tuple[int, ...]) -> Outcome:
    rng = random.Random(2)
    x = [random_list(rng, shape) for _ in range(5)]
    y, by_x = [], []
    model.zero_grad()
    for sample in x:
        leaves = lifted(sample)
        outputs = model(leaves)
        nodes = [z + Value(0.0) for z in (outputs if isinstance(outputs, list) else [outputs])]
        sum([(k + 1.0) * y_k * y_k for k, y_k in enumerate(nodes)]).backward()
        y.append([y_k.data for y_k in nodes])
        by_x.append([leaf.grad for leaf in flat(leaves)])
    return Outcome(x, y, by_x, {p.data: p.grad for p in model.parameters()})


def agree(theirs: Any, ours: Any) -> None:
    """Arrays are the same to 1e-12 of the largest number."""
    numpy = package("numpy")
    ours = numpy.array(ours).reshape(numpy.shape(theirs))
    assert abs(theirs - ours).max() <= 1e-12 * max(1.0, abs(ours).max())


# -- PyTorch ---------------------------------------------------------------------------------------


@every_model
def test_pytorch_computes_what_was_traced(torch: Any, name: str) -> None:
    """Outputs of all samples and of one, and the gradient by parameters and inputs."""
    model, shape = made(name)
    ours = outcome(model, shape)
    module = to_torch(model, inputs=shape)
    x = torch.tensor(ours.x, dtype=torch.float64, requires_grad=True)
    y = module(x)
    assert y.dtype is torch.float64
    agree(y.detach().numpy(), ours.y)
    agree(module(x[0]).detach().numpy(), ours.y[0])
    (torch.arange(1.0, 1.0 + y.shape[-1], dtype=torch.float64) * y * y).sum().backward()
    agree(x.grad.numpy(), ours.by_x)
    numbers = torch.cat([p.detach().flatten() for p in module.parameters()]).tolist()
    gradient = torch.cat([p.grad.flatten() for p in module.parameters()])
    agree(gradient.numpy(), [ours.by_number[number] for number in numbers])
    assert len(numbers) == len(ours.by_number)  # what is shared is there once


def test_names_and_shapes_in_pytorch(torch: Any) -> None:
    """Lists are arrays, those of unequal length as far as they are equal; and nothing else."""
    shapes = {
        name: {key: tuple(x.shape) for key, x in to_torch(*made(name)).state_dict().items()}
        for name in ("tied", "by hand", "recurrent", "uneven")
    }
    assert shapes == {
        "tied": {
            "encoder.neurons.w": (2, 3),
            "encoder.neurons.b": (2,),
            "twice.neurons.w": (2, 2),
            "twice.neurons.b": (2,),
            "decoder.neurons.b": (3,),
        },
        "by hand": {"W": (2, 3), "b": (2,), "out": (2,)},
        "recurrent": {"inner.neurons.w": (3, 5), "inner.neurons.b": (3,), "last": (2, 3)},
        "uneven": {
            "rows.0": (7,),
            "rows.1": (5,),
            "rows.2": (1,),
            "by_name.scale": (),
            "by_name.3": (),
        },
    }


def test_a_matrix_has_the_numbers_in_their_order(torch: Any) -> None:
    """Also those of a layer, whose neurons are its rows."""
    model, shape = made("tied")
    state = to_torch(model, shape).state_dict()
    rows = [[w.data for w in neuron.w] for neuron in model.encoder.neurons]
    assert state["encoder.neurons.w"].tolist() == rows


def test_frozen_parameters_are_frozen_in_pytorch(torch: Any) -> None:
    """A matrix of which only a part is frozen is divided."""
    model, shape = made("by hand")
    wanted = to_torch(model, shape)(torch.ones(2, 3, dtype=torch.float64))
    for frozen in (*model.W[1], model.out[0], *model.b):
        frozen.requires_grad_(False)
    module = to_torch(model, shape)
    flags = {name: p.requires_grad for name, p in module.named_parameters()}
    assert flags == {"W.0": True, "W.1": False, "b": False, "out.0": False, "out.1": True}
    assert torch.equal(module(torch.ones(2, 3, dtype=torch.float64)), wanted)
    network = MLP(2, [3, 1], rng=0)
    for parameter in network.layers[0].parameters():
        parameter.requires_grad_(False)
    flags = {name: p.requires_grad for name, p in to_torch(network).named_parameters()}
    assert flags == {"0.weight": False, "0.bias": False, "2.weight": True, "2.bias": True}


def test_a_traced_module_is_one_of_pytorch(torch: Any) -> None:
    """It can be copied, pickled, converted, loaded, exported, and mapped over samples."""
    model, shape = made("skip")
    module = to_torch(model, shape)
    x = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(x), module(x))
    other = to_torch(MODELS["skip"][0](random.Random(9)), shape)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(x), module(x))
    single = copy.deepcopy(module).float()
    assert single(x.float()).dtype is torch.float32
    torch.testing.assert_close(single(x.float()).double(), module(x), rtol=1e-5, atol=1e-6)
    weights = {name: p.detach() for name, p in module.named_parameters()}

    def error(weights: Any, row: Any) -> Any:
        return torch.func.functional_call(module, weights, (row,)).square().sum()

    each = torch.func.vmap(torch.func.grad(error), in_dims=(None, 0))(weights, x)
    module(x).square().sum().backward()
    for name, p in module.named_parameters():
        torch.testing.assert_close(each[name].sum(0), p.grad, rtol=1e-12, atol=1e-12)


def test_second_derivatives_in_pytorch_and_jax(torch: Any, jax: Any) -> None:
    """The derivatives of a row are rows: at 0 the formula of the logistic function has a kink."""
    model = made("number")[0]
    function, parameters = to_jax(model, ())
    module, (scale,) = to_torch(model, ()), [p.data for p in model.parameters()]
    for number in (0.0, 1.5):
        s = Value(number).sigmoid().data
        wanted = scale * s * (1.0 - s) * (1.0 - 2.0 * s)
        x = torch.tensor(number, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
        assert torch.autograd.grad(slope, x)[0].item() == pytest.approx(wanted, abs=1e-15)
        theirs = jax.hessian(lambda x: function(parameters, x)[0])(number)
        assert float(theirs) == pytest.approx(wanted, abs=1e-15)


class Root(Module):
    """A root, whose slope at 0 is infinite, of what may not be selected."""

    def __call__(self, x: Any) -> Any:
        return sqrt(relu(x[0]))


def test_what_is_not_selected_has_no_slope(torch: Any, jax: Any) -> None:
    """However much flows down to it."""
    function, parameters = to_jax(Root(), 1)
    assert float(jax.grad(lambda x: function(parameters, x)[0])(jax.numpy.array([-1.0]))[0]) == 0.0
    x = torch.tensor([-1.0], dtype=torch.float64, requires_grad=True)
    to_torch(Root(), 1)(x).sum().backward()
    assert x.grad.item() == 0.0


class Power(Module):
    """A power with an unknown exponent."""

    def __call__(self, x: Any) -> Any:
        return x[0] ** x[1]


def test_third_derivatives_of_a_power(torch: Any, jax: Any) -> None:
    """∂³x^y/∂x∂y² = x^(y-1) ln x (2 + y ln x): the exponent is never taken for a constant."""
    a, b = 2.5, 1.5
    wanted = a ** (b - 1.0) * math.log(a) * (2.0 + b * math.log(a))
    function, parameters = to_jax(Power(), 2)
    third = jax.jacfwd(jax.hessian(lambda x: function(parameters, x)[0]))
    assert float(third(jax.numpy.array([a, b]))[0, 1, 1]) == pytest.approx(wanted, rel=1e-12)
    x = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    slope = to_torch(Power(), 2)(x).sum()
    for i in (0, 1):
        slope = torch.autograd.grad(slope, x, create_graph=True)[0][i]
    assert torch.autograd.grad(slope, x)[0][1].item() == pytest.approx(wanted, rel=1e-12)


# -- JAX -------------------------------------------------------------------------------------------


@every_model
def test_jax_computes_what_was_traced(jax: Any, name: str) -> None:
    """Outputs of all samples and of one, and the gradient by parameters and inputs."""
    jnp = jax.numpy
    model, shape = made(name)
    ours = outcome(model, shape)
    function, parameters = to_jax(model, inputs=shape)
    function = jax.jit(function)  # quicker than each of its operations alone
    x = jnp.array(ours.x)
    agree(function(parameters, x), ours.y)
    agree(function(parameters, x[0]), ours.y[0])
    agree(jax.vmap(function, in_axes=(None, 0))(parameters, x), ours.y)

    def error(parameters: Any, x: Any) -> Any:
        y = function(parameters, x)
        return (jnp.arange(1.0, 1.0 + y.shape[-1]) * y * y).sum()

    by_parameter, by_x = jax.jit(jax.grad(error, argnums=(0, 1)))(parameters, x)
    agree(by_x, ours.by_x)
    leaves = [jnp.concatenate([jnp.ravel(p) for p in jax.tree.leaves(tree)]) for tree in
              (parameters, by_parameter)]  # fmt: skip
    agree(leaves[1], [ours.by_number[number] for number in leaves[0].tolist()])
    assert len(leaves[0]) == len(ours.by_number)


def test_parameters_in_jax_are_a_dict(jax: Any) -> None:
    """Of the same arrays as in PyTorch."""
    function, parameters = to_jax(*made("by hand"))
    shapes = {name: x.shape for name, x in parameters.items()}
    assert shapes == {"W": (2, 3), "b": (2,), "out": (2,)}
    with pytest.raises(ValueError, match=r"'b': \(2,\).*are not those of this model"):
        function({"b": parameters["b"]}, jax.numpy.ones(3))


def test_frozen_parameters_have_no_slope_in_jax(jax: Any) -> None:
    model, shape = made("by hand")
    for parameter in model.b:
        parameter.requires_grad_(False)
    function, parameters = to_jax(model, shape)
    slopes = jax.grad(lambda p: function(p, jax.numpy.ones(3))[0])(parameters)
    assert not slopes["b"].any()
    assert slopes["W"].all()


# -- ONNX ------------------------------------------------------------------------------------------


@every_model
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
def test_onnx_runtime_computes_what_was_traced(
    onnxruntime: Any, tmp_path: Path, dtype: Any, tolerance: float, name: str
) -> None:
    """For any number of samples."""
    model, shape = made(name)
    ours = outcome(model, shape)
    to_onnx(model, tmp_path / "model.onnx", dtype, inputs=shape)
    for x, wanted in ((ours.x, ours.y), (ours.x[:1], ours.y[:1])):
        y = run_onnx(onnxruntime, tmp_path / "model.onnx", x, dtype)
        assert y.shape == (len(x), len(wanted[0]))
        for row, row_wanted in zip(y.tolist(), wanted):
            assert row == pytest.approx(row_wanted, rel=tolerance, abs=tolerance)


def test_what_the_file_of_a_traced_model_says(onnxruntime: Any, tmp_path: Path) -> None:
    """A product of matrices is a node, a softmax too, a row of one's own a function."""
    onnx = package("onnx")
    to_onnx(made("skip")[0], tmp_path / "skip.onnx", inputs=3)
    graph = onnx.load(tmp_path / "skip.onnx").graph
    kinds = [node.op_type for node in graph.node]
    assert kinds == ["Gemm", "Relu", "Gemm", "Tanh", "Add", "Gemm"]
    to_onnx(made("own")[0], tmp_path / "own.onnx", inputs=3)
    model = onnx.load(tmp_path / "own.onnx")
    names = {function.name for function in model.functions}
    assert names == {"step_through", "blend", "loudest", "loudest_2"}
    to_onnx(made("recurrent")[0], tmp_path / "recurrent.onnx", inputs=(4, 2))
    graph = onnx.load(tmp_path / "recurrent.onnx").graph
    assert graph.node[-1].op_type == "Softmax"
    weights = [x for x in graph.initializer if x.name[0] == "w"]
    assert [tuple(x.dims) for x in weights] == [(3, 5), (2, 3)]  # once for all steps
    assert [d.dim_value or d.dim_param for d in graph.input[0].type.tensor_type.shape.dim] == [
        *("N", 4, 2)
    ]
