"""Networks that come from PyTorch, and what an `MLP` cannot express."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from exported import every_case, network, outputs, package, samples
from nn import MLP, predict
from nn.export import from_torch, to_torch


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
