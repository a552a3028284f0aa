"""PyTorch computes the same as a network of `nn`: outputs and gradients."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from autograd import Value
from exported import every_case, network, outputs, samples, unit_layer
from nn import ACTIVATIONS, MLP, Layer, half_squared_error
from nn.export import from_torch, to_torch


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
