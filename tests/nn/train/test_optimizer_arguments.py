"""What optimisers are made from, what `step` is given, and which parameters are left alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from autograd import Value
from nn import MLP, SGD, Adam, Optimizer

MODEL = MLP(2, [3, 1], rng=0)
W = Value(3.0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: SGD(MODEL),  # type: ignore[arg-type]
            TypeError,
            "params is MLP(2, [3, 1], activation='relu', output='identity'): pass its "
            "parameters, SGD(model.parameters())",
        ),
        (
            lambda: Adam(0.1),  # type: ignore[arg-type]
            TypeError,
            "params is 0.1: pass a list of parameters first, Adam(model.parameters())",
        ),
        (lambda: SGD(None), TypeError, "params is None: pass a list of parameters first"),  # type: ignore[arg-type]
        (lambda: SGD("w"), TypeError, "params is 'w': pass a list of parameters first"),  # type: ignore[arg-type]
        (lambda: SGD(MODEL.state_dict()), TypeError, "pass a list of parameters first"),  # type: ignore[arg-type]
        (lambda: SGD(W), TypeError, "params is a single parameter: pass a list, SGD([w])"),  # type: ignore[arg-type]
        (
            lambda: SGD(MODEL.layers),  # type: ignore[arg-type]
            TypeError,
            "params[0] is Layer(2, 3, relu), no parameter: pass model.parameters()",
        ),
        (lambda: SGD(MODEL.named_parameters()), TypeError, "params[0] is ('layers.0.neurons.0."),  # type: ignore[arg-type]
        (lambda: SGD([1.0, 2.0]), TypeError, "params[0] is 1.0, no parameter"),  # type: ignore[list-item]
        (lambda: SGD([W, 2 * W]), TypeError, "params[1] has been computed, by mul: pass a leaf"),
        (
            lambda: SGD([{"params": [W], "lr": 0.1}]),  # type: ignore[list-item]
            TypeError,
            "params[0] is a dict, but there are no groups of parameters: make an optimiser of "
            "each group, such as SGD(group, lr=0.01), and call step() of all of them",
        ),
        (lambda: SGD([]), ValueError, "params has 0 parameters: pass at least one"),
        (
            lambda: SGD(iter([])),
            ValueError,
            "params has 0 parameters: pass at least one; what an iterator gives, it gives only",
        ),
        (
            lambda: Adam([W], lr="0.1"),  # type: ignore[arg-type]
            TypeError,
            "lr: expected a real number, got str '0.1'; convert it first, e.g. float(x)",
        ),
        (lambda: Adam([W], lr=[0.1]), TypeError, "lr: expected a real number, got list"),  # type: ignore[arg-type]
        (lambda: SGD([W], momentum=None), TypeError, "momentum: expected a real number"),  # type: ignore[arg-type]
        (lambda: Adam([W], betas=0.9), TypeError, "betas is 0.9: pass two numbers, (0.9, 0.999)"),  # type: ignore[arg-type]
        (lambda: Adam([W], betas=(0.9,)), TypeError, "betas is (0.9,): pass two numbers"),  # type: ignore[arg-type]
        (
            lambda: SGD([W]).step(W * W),  # type: ignore[arg-type]
            TypeError,
            "call loss.backward() before and pass nothing, or pass a function that does it",
        ),
    ],
)
def test_misuse(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        make()
    assert W.data == 3.0


def test_two_groups_are_two_optimisers() -> None:
    """As the message says, compared with groups in PyTorch."""
    torch = pytest.importorskip("torch")
    a, b = Value(1.0), Value(2.0)
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (1.0, 2.0))
    groups = torch.optim.Adam([{"params": [x]}, {"params": [y], "lr": 0.01}], lr=0.1)
    optimizers = [Adam([a], lr=0.1), Adam([b], lr=0.01)]
    for _ in range(5):
        for optimizer in [*optimizers, groups]:
            optimizer.zero_grad()
        (a * a * b).backward()
        (x * x * y).backward()
        for optimizer in [*optimizers, groups]:
            optimizer.step()
    assert [a.data, b.data] == pytest.approx([x.item(), y.item()], rel=1e-12)


def test_a_closure_is_called_first_as_in_torch() -> None:
    """It computes the loss and its gradients; the loss is returned."""
    torch = pytest.importorskip("torch")
    w, v = Value(3.0), torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    ours, theirs = SGD([w], lr=0.25, momentum=0.5), torch.optim.SGD([v], lr=0.25, momentum=0.5)

    def error(optimizer: Any, x: Any) -> Any:
        optimizer.zero_grad()
        loss = (x - 1.0) ** 2
        loss.backward()
        return loss

    for _ in range(3):
        loss = ours.step(lambda: error(ours, w))
        assert loss.data == theirs.step(lambda: error(theirs, v)).item()
        assert w.data == v.item()
    assert ours.step() is None


class Leaf:
    """The part of `Value` that an optimiser sees."""

    def __init__(self, data: float, requires_grad: bool = True) -> None:
        self.data, self.grad, self.requires_grad, self.has_grad = data, 1.0, requires_grad, True


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_a_frozen_parameter_is_left_alone(kind: Any) -> None:
    """Whatever its gradient; neither decay nor momentum moves it, and its steps are not counted."""
    free, frozen = Leaf(1.0), Leaf(1.0, requires_grad=False)
    optimizer: Optimizer = kind([free, frozen], lr=0.1, weight_decay=0.5)
    for _ in range(3):
        optimizer.step()
    assert frozen.data == 1.0 != free.data
    assert optimizer.steps == [3, 0]
