"""What `from_torch` refuses, by name, and that it leaves everything as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import nn.export.arrays as arrays
from nn.export import from_torch

torch: Any = pytest.importorskip("torch")
pytest.importorskip("numpy")
nn: Any = torch.nn
F: Any = torch.nn.functional


def scaled_in_place(x: Any) -> Any:
    y = x * 1
    with torch.no_grad():
        y.mul_(2.0)
    return y


CLOSED_OVER = nn.Linear(2, 2)

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "dropout": (
        lambda: from_torch(nn.Sequential(nn.Linear(2, 2), nn.Dropout()), torch.ones(2)),
        r"bernoulli_.* of 1 in test_from_torch_care\.py, line \d+: it draws random .*eval\(\)",
    ),
    "noise": (
        lambda: from_torch(lambda x: x + torch.randn(2), torch.ones(2)),
        r"aten\.randn.*pass the numbers as an argument",
    ),
    "no rule": (
        lambda: from_torch(lambda x: torch.linalg.det(x), torch.eye(2)),
        r"aten\._linalg_det.* in test_from_torch_care\.py, line \d+: there is no rule",
    ),
    "complex results": (
        lambda: from_torch(lambda x: torch.fft.fft(x).abs(), torch.ones(2)),
        r"aten\._fft_r2c.*torch\.complex128",
    ),
    "half precision": (
        lambda: from_torch(lambda x: x.half() * 2, torch.ones(2)),
        r"_to_copy.*torch\.float16; use float32 or float64",
    ),
    "in place within no_grad": (
        lambda: from_torch(scaled_in_place, torch.ones(2)),
        r"aten\.mul_.*within no_grad\(\)",
    ),
    "written into an argument": (
        lambda: from_torch(lambda x: torch.add(x, x, out=torch.ones(2)), torch.ones(2)),
        r"aten\.add\.out|out=",
    ),
    "a module that is no argument": (
        lambda: from_torch(lambda x: CLOSED_OVER(x.float()).sum(), torch.ones(2)),
        r"shape \(2, 2\).*not among its arguments.*from_torch\(lambda model, x: ",
    ),
    "too many parameters": (
        lambda: from_torch(nn.Linear(100, 100), torch.ones(100)),
        r"up to 6000 nodes; Linear\(.* needs 10200 after 0 before; give it fewer",
    ),
    "too many operations": (
        lambda: from_torch(lambda x: x.sin().cos().tan().exp(), torch.ones(2000)),
        r"aten\.tan.* in test_from_torch_care\.py, line \d+ needs 2000 after 6000 before",
    ),
    "nodes within operations": (
        lambda: from_torch(lambda x: x.reshape(-1, 2).var(1).sum(), torch.rand(1400)),
        r"aten\.var.* needs 4900 after 1400 before",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_unrolled(name: str) -> None:
    """The message has the operation and the place, the reason, and the remedy."""
    call, message = REFUSED[name]
    with pytest.raises((ValueError, RuntimeError), match=message):
        call()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "complex64"])
def test_other_types_of_numbers(dtype: str) -> None:
    """The graph would not have the numbers that the module has."""
    kind = getattr(torch, dtype)
    with pytest.raises(TypeError, match=rf"weight is of torch\.{dtype}.*float32 or float64"):
        from_torch(nn.Linear(2, 2).to(kind), torch.ones(2, dtype=kind))
    with pytest.raises(TypeError, match=rf"x is of torch\.{dtype}"):
        from_torch(lambda x: x * 2, torch.ones(2, dtype=kind))


def test_arguments_that_do_not_fit() -> None:
    """Python's own message."""
    with pytest.raises(TypeError, match="missing a required argument: 'target'"):
        from_torch(nn.MSELoss(), torch.ones(2))


def test_an_operation_that_gives_other_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a rule wrong, or PyTorch to change its meaning: no graph, and both numbers."""
    from nn.export import aten

    monkeypatch.setitem(aten.ELEMENTWISE, "tanh", lambda x: 2.0 * x)
    with pytest.raises(ValueError, match=r"aten\.tanh.* gives 0\.761594156, but unrolled 2;"):
        from_torch(torch.tanh, torch.ones(2))


def test_what_is_frozen_is_a_constant() -> None:
    """Parameters without gradient; and where an input asks for a gradient, the others."""
    net = nn.Linear(2, 2)
    net.weight.requires_grad_(False)
    run = from_torch(net, torch.ones(2))
    assert list(run.parameters) == ["bias"]
    assert list(run.inputs) == ["input"]
    x, t = torch.ones(3, requires_grad=True), torch.tensor([1.0, -1.0, 1.0])
    run = from_torch(nn.SoftMarginLoss(), x, t)
    assert list(run.inputs) == ["input"]
    assert run.compare()


class Untidy(nn.Module):  # type: ignore[misc]
    """A module that changes what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(2, 2), nn.BatchNorm1d(2)
        self.calls: list[int] = []
        self.last: Any = None
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: Any) -> Any:
        self.calls.append(1)
        self.count += 1
        x.mul_(2.0)
        self.last = self.norm(self.linear(x))
        return self.last.sum()


def test_everything_is_left_as_it_was() -> None:
    """Weights, gradients, buffers, attributes, inputs, types, random numbers, settings."""
    module, x = Untidy(), torch.ones(3, 2)
    module.linear.weight.grad = torch.full((2, 2), 5.0)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    states = torch.get_rng_state(), random.getstate()
    run = from_torch(module, x)
    assert run.compare()
    run.outputs.backward()
    assert all(torch.equal(before[k], tensor) for k, tensor in module.state_dict().items())
    assert {p.dtype for p in module.parameters()} == {torch.float32}
    assert torch.equal(module.linear.weight.grad, torch.full((2, 2), 5.0))
    assert module.linear.bias.grad is None
    assert (module.calls, module.last, module.training) == ([], None, True)
    assert torch.equal(x, torch.ones(3, 2))
    assert not x.requires_grad
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


def test_parameters_that_share_memory_are_two() -> None:
    """Two leaves for PyTorch, each with its gradient, though one number lies behind both."""
    pair = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).double()
    pair[1].weight.data = pair[0].weight.data
    run = from_torch(lambda pair, x: pair(x).sum(), pair, torch.ones(2))
    assert list(run.parameters) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert run.compare()


def test_settings_are_put_back_after_a_refusal() -> None:
    """The default type, gradients, and the hooks of modules."""
    with pytest.raises(ValueError, match="draws random"):
        from_torch(lambda x: x * torch.rand(2), torch.ones(2))
    assert torch.get_default_dtype() is torch.float32
    hooks = torch.nn.modules.module
    assert not hooks._global_forward_hooks
    assert not hooks._global_forward_pre_hooks
    assert torch.tanh(torch.ones(1, requires_grad=True)).requires_grad
    with torch.no_grad():
        assert from_torch(torch.tanh, torch.ones(1)).outputs[0].parents
        assert not torch.is_grad_enabled()


def test_names_of_elements() -> None:
    assert arrays.indexed("w", (1, 2)) == "w[1,2]"


def test_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    import sys

    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(
        ImportError, match=r"from_torch\(\) needs the package numpy.*pip install numpy"
    ):
        from_torch(nn.Linear(1, 1), torch.ones(1))
