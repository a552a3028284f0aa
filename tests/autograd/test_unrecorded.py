"""What was computed within `no_grad` has no graph: whoever would go through it is told."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import (
    GraphCutError,
    Value,
    grad,
    gradcheck,
    gradients,
    hessian,
    jacobian,
    no_grad,
    vjp,
)
from autograd.view import compare_orders, play
from nn import MLP, fit, half_squared_error

W = Value(3.0)


def unrecorded() -> Value:
    with no_grad():
        node = W * 2.0
    node.label = "result"
    return node


def within(x: Any) -> Any:
    with no_grad():
        return x * x


ASKING: dict[str, Callable[[], object]] = {
    "backward": lambda: unrecorded().backward(),
    "refresh": lambda: unrecorded().refresh(),
    "zero_grad": lambda: unrecorded().zero_grad(),
    "gradients": lambda: gradients(unrecorded(), [W]),
    "grad": lambda: grad(within)(3.0),
    "value_and_grad": lambda: ag.value_and_grad(within)(3.0),
    "jacobian": lambda: jacobian(lambda x: [x, within(x)])(3.0),
    "hessian": lambda: hessian(within)(3.0),
    "hvp": lambda: ag.hvp(within, 3.0, 1.0),
    "gradcheck": lambda: gradcheck(within, 3.0),
    "play": lambda: play(unrecorded()),
    "compare_orders": lambda: compare_orders(unrecorded()),
    "a copy": lambda: copy.copy(unrecorded()).backward(),
    "a deep copy": lambda: copy.deepcopy(unrecorded()).backward(),
    "a pickle": lambda: pickle.loads(pickle.dumps(unrecorded())).backward(),
    "by hand": lambda: no_grad()(lambda: Value(3.0, (W,), (1.0,)))().backward(),
    "of a layer": lambda: no_grad()(ag.affine)([[W]], [1.0], [W])[0].backward(),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_whoever_needs_the_graph_is_told(ask: Callable[[], object]) -> None:
    with pytest.raises(GraphCutError, match=r"Value\(data=.* was computed within no_grad\(\)"):
        ask()


def test_the_message_has_the_name_and_what_to_do() -> None:
    words = r"label='result'.* outside of no_grad\(\), or within enable_grad\(\)"
    with pytest.raises(GraphCutError, match=words):
        unrecorded().backward()


def test_derivatives_that_are_taken_within_no_grad_are_such_nodes() -> None:
    with no_grad():
        slope = grad(lambda x: W * x * x)(2.0)
        (of_pull_back,) = [vjp(lambda x: [W * x], 2.0)[1]([1.0])]
    assert (slope.data, of_pull_back.data) == (12.0, 3.0)
    for node in (slope, of_pull_back):
        with pytest.raises(GraphCutError):
            node.backward()


def test_leaves_are_no_such_nodes() -> None:
    """Nor are those that were made of one, or made a leaf by an edit; below others all are."""
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0
    with no_grad():
        leaf = Value(2.0)
    leaf.backward()
    unrecorded().detach().backward()
    edited = unrecorded()
    edited.data = 7.0
    edited.backward()
    node = unrecorded()
    (node * x).backward()
    assert (leaf.grad, edited.grad, node.grad, x.grad) == (1.0, 1.0, 2.0, 7.0)


@pytest.mark.parametrize("everything", [False, True])
def test_a_training_that_could_not_learn_is_refused(everything: bool) -> None:
    """Where the loss is computed within no_grad, or all of fit is called there."""
    model = MLP(1, [1], rng=0)
    before = model.state_dict()
    loss = half_squared_error if everything else no_grad()(half_squared_error)
    data = [[1.0], [2.0]], [3.0, 4.0]

    def train() -> None:
        fit(model, *data, loss, optimizer="sgd", lr=0.1, epochs=2, progress=False)

    with pytest.raises(GraphCutError, match="within no_grad"):
        (no_grad()(train) if everything else train)()
    assert model.state_dict() == before
    assert not any(p.has_grad for p in model.parameters())
