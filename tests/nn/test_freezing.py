"""Frozen parameters: used as numbers, left alone by every backward pass, optimiser and program."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import autograd
from autograd import StaleGraphError, Value
from autograd.compile import compile
from autograd.view import diagnose, draw, explain, to_dot
from nn import MLP, SGD, Adam, fit

X, T = [[1.0, 2.0], [3.0, -4.0], [0.5, 0.25]], [1.0, 2.0, 0.0]


def half_frozen() -> MLP:
    """A network of two layers, the first of which is frozen."""
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    assert model.layers[0].requires_grad_(False) is model.layers[0]
    return model


# --- the engine -----------------------------------------------------------------------------------


def test_a_frozen_leaf_is_used_and_gets_no_gradient() -> None:
    """The same numbers and other gradients as without; set free, it gets one again."""
    w, x = Value(2.0), Value(3.0)
    assert w.requires_grad
    assert w.requires_grad_(False) is w
    y = w * w * x
    y.backward()
    assert (y.data, x.grad, w.grad, w.has_grad) == (12.0, 4.0, 0.0, False)
    w.requires_grad = True
    y.backward()
    assert (w.requires_grad, w.grad, x.grad) == (True, 12.0, 8.0)


def test_freezing_forgets_the_gradient() -> None:
    """What was computed before would move it at the next step; what is set by hand stays."""
    w = Value(2.0)
    (w * w).backward()
    w.requires_grad_(False)
    assert not w.has_grad
    w.grad = 0.0
    (w * w).backward()
    assert w.grad == 0.0


def test_what_depends_on_frozen_leaves_alone_requires_no_gradient() -> None:
    """As in PyTorch; intermediate results get their gradients all the same."""
    torch = pytest.importorskip("torch")
    for flags in ((False, False), (True, False), (False, True)):
        a, b = Value(2.0).requires_grad_(flags[0]), Value(3.0).requires_grad_(flags[1])
        p, q = (torch.tensor(x, requires_grad=flag) for x, flag in zip((2.0, 3.0), flags))
        assert (a * b).requires_grad == (p * q).requires_grad
        assert (a * 2.0).requires_grad == (p * 2.0).requires_grad
        product = a * b
        (product * product).backward()
        assert product.grad == 12.0
    assert not (Value(1.0).requires_grad_(False) + 1.0).requires_grad


def test_only_leaves_are_frozen() -> None:
    y = Value(2.0) * 3.0
    with pytest.raises(ValueError, match=r"only leaves are frozen, and Value\(data=6\.0.*detach"):
        y.requires_grad_(False)
    with pytest.raises(ValueError, match="only leaves are frozen"):
        y.requires_grad = True


def test_a_derivative_that_is_asked_for_is_given() -> None:
    """By the functions that take the variables, of first and second order."""
    w, x = Value(2.0).requires_grad_(False), Value(3.0)
    assert autograd.gradients(w * w * x, [w, x]) == [12.0, 4.0]
    (slope,) = autograd.gradients(w * w * x, [w], create_graph=True)
    assert autograd.gradients(slope, [w]) == [6.0]
    assert not w.has_grad
    assert autograd.grad(autograd.grad(lambda z: z**3 * w))(2.0).data == 24.0


def test_freezing_makes_no_graph_stale() -> None:
    """An edit does, frozen or not."""
    w = Value(2.0)
    y = w * w
    w.requires_grad_(False)
    y.backward()
    w.data = 3.0
    with pytest.raises(StaleGraphError):
        y.backward()


def test_leaves_made_without_recording_are_free() -> None:
    """Even those whose local gradients were known when they were computed."""
    with autograd.no_grad():
        x = MLP(2, [1], rng=0)([1.0, 2.0])
    assert isinstance(x, Value)
    assert x.requires_grad
    (x * x).backward()
    assert x.grad == 2 * x.data


def through_pickle(x: Any) -> Any:
    return pickle.loads(pickle.dumps(x))


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, through_pickle])
def test_copies_and_pickles_stay_frozen(twin_of: Any) -> None:
    assert not twin_of(Value(1.0).requires_grad_(False)).requires_grad
    assert twin_of(Value(1.0)).requires_grad
    if twin_of is not copy.copy:
        flags = [p.requires_grad for p in twin_of(half_frozen()).parameters()]
        assert flags == [False] * 9 + [True] * 4


def test_a_frozen_leaf_says_so() -> None:
    """Printed, drawn, explained; the doctor does not miss its gradient."""
    w, x = Value(2.0, label="w").requires_grad_(False), Value(3.0, label="x")
    y = w * x
    y.backward()
    assert repr(w) == "Value(data=2.0, grad=0.0, label='w', requires_grad=False)"
    assert "w (frozen)" in str(draw(y))
    assert "x (frozen)" not in str(draw(y))
    assert "frozen" in str(to_dot(y))
    assert "frozen: backward() leaves its grad alone" in str(explain(w, of=y))
    model = half_frozen()
    model(X[0]).backward()  # type: ignore[union-attr]
    assert not diagnose(model).findings


# --- modules --------------------------------------------------------------------------------------


def test_a_module_is_frozen_with_all_its_parameters() -> None:
    """They stay in lists and states, and can be loaded."""
    model = half_frozen()
    assert len(model.parameters()) == len(model.state_dict()) == 13
    model(X[0]).backward()  # type: ignore[union-attr]
    assert [p.has_grad for p in model.parameters()] == [False] * 9 + [True] * 4
    model.load_state_dict(dict.fromkeys(model.state_dict(), 0.5))
    assert not model.layers[0].neurons[0].b.requires_grad
    assert all(p.requires_grad for p in model.requires_grad_().parameters())


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("make", [SGD, Adam])
def test_training_leaves_frozen_parameters_alone(make: Any, compiled: bool) -> None:
    """Weight decay and all; the others learn as PyTorch's do."""
    torch = pytest.importorskip("torch")
    model = half_frozen()
    linear = torch.nn.Linear
    net = torch.nn.Sequential(linear(2, 3), torch.nn.Tanh(), linear(3, 1)).double()
    with torch.no_grad():
        for theirs, layer in zip((net[0], net[2]), model.layers):
            rows = [[w.data for w in neuron.w] for neuron in layer.neurons]
            theirs.weight.copy_(torch.tensor(rows, dtype=torch.float64))
            theirs.bias.zero_()
    net[0].requires_grad_(False)
    before = model.state_dict()
    optimizer = make(model.parameters(), lr=0.1, weight_decay=0.1)
    fit(model, X, T, "half_squared_error", optimizer=optimizer, epochs=5, progress=False,
        compiled=compiled)  # fmt: skip
    adjust = getattr(torch.optim, make.__name__)(net.parameters(), lr=0.1, weight_decay=0.1)
    inputs, targets = torch.tensor(X, dtype=torch.float64), torch.tensor(T, dtype=torch.float64)
    for _ in range(5):
        adjust.zero_grad()
        (0.5 * (net(inputs)[:, 0] - targets) ** 2).mean().backward()
        adjust.step()
    after = model.state_dict()
    assert [after[key] == before[key] for key in before] == [True] * 9 + [False] * 4
    expected = [*net[2].weight.flatten().tolist(), *net[2].bias.tolist()]
    assert list(after.values())[9:] == pytest.approx(expected, rel=1e-9)
    assert not any(p.has_grad for p in model.layers[0].parameters())


# --- compiled programs ----------------------------------------------------------------------------


def test_a_program_does_not_differentiate_frozen_parameters() -> None:
    """They count as without influence: 0 in the gradient, and their grad is left alone."""
    model, free = half_frozen(), MLP(2, [3, 1], activation="tanh", rng=0)
    step, other = model.compile("half_squared_error"), free.compile("half_squared_error")
    (loss, gradient), (wanted, slopes) = step(X, T), other(X, T)
    assert loss == wanted
    assert gradient.tolist() == [0.0] * 9 + slopes.tolist()[9:]
    assert step.reached.tolist() == [9, 10, 11, 12]
    assert "δ1" not in step.source
    assert [p.has_grad for p in model.parameters()] == [False] * 9 + [True] * 4


def test_a_program_notices_that_a_leaf_is_frozen_or_free() -> None:
    """And follows edits of a frozen number as of any other."""
    v, w = Value(2.0), Value(3.0)
    step = compile(lambda x, t: (v * w * x - t) ** 2, [v, w])
    assert step([1.0], [1.0])[1].tolist() == [30.0, 20.0]
    v.requires_grad_(False)
    assert step([1.0], [1.0])[1].tolist() == [0.0, 20.0]
    v.data = 1.0
    assert step([1.0], [1.0])[1].tolist() == [0.0, 4.0]
    w.requires_grad_(False)
    assert step([1.0], [1.0])[1].tolist() == [0.0, 0.0]
    v.requires_grad_()
    assert step([1.0], [1.0])[1].tolist() == [12.0, 0.0]


def test_a_frozen_parameter_that_is_the_error_itself() -> None:
    w = Value(3.0).requires_grad_(False)
    loss, gradient = compile(lambda x, t: w, [w], reduction="sum")([1.0, 2.0], [0.0, 0.0])
    assert (loss, gradient.tolist()) == (6.0, [0.0])
