"""What is not selected contributes nothing, whatever flows down.

Every row that selects is put below every row that has an infinite slope, at a point where nothing
of x is selected: the composition is constant there, and its derivatives of all orders are 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.compile import compile
from autograd.table import BUILT_IN, TABLE

Function = Callable[[Any], Any]

# Name: function, and a point where its slope is infinite.
POLES: dict[str, tuple[Function, float]] = {
    "sqrt": (ag.sqrt, 0.0),
    "cbrt": (ag.cbrt, 0.0),
    "log": (ag.log, 0.0),
    "log2": (ag.log2, 0.0),
    "log10": (ag.log10, 0.0),
    "log1p": (ag.log1p, -1.0),
    "reciprocal": (ag.reciprocal, 0.0),
    "div": (lambda x: 1.0 / x, 0.0),
    "power": (lambda x: x ** (1.0 / 2.4), 0.0),
    "power -1": (lambda x: x**-1.0, 0.0),
    "asin": (ag.asin, 1.0),
    "acos": (ag.acos, -1.0),
    "acosh": (ag.acosh, 1.0),
    "atanh": (ag.atanh, 1.0),
}
# Name: a selection that is p around x = p - 1, or around p + 1, whatever x is there.
SELECTIONS: dict[str, tuple[Callable[[Any, float], Any], float]] = {
    "relu": (lambda x, p: ag.relu(x - p) + p, -1.0),
    "leaky_relu": (lambda x, p: ag.leaky_relu(x - p, 0.0) + p, -1.0),
    "maximum": (lambda x, p: ag.maximum(x, p), -1.0),
    "maximum, second": (lambda x, p: ag.maximum(p, x), -1.0),
    "minimum": (lambda x, p: ag.minimum(x, p), 1.0),
    "minimum, second": (lambda x, p: ag.minimum(p, x), 1.0),
    "clamp below": (lambda x, p: ag.clamp(x, p, p + 5.0), -1.0),
    "clamp above": (lambda x, p: ag.clamp(x, p - 5.0, p), 1.0),
    "pick": (lambda x, p: ag.pick([x, p], Value(1.0)), -1.0),
    "sign": (lambda x, p: ag.sign(x - p) + p + 1.0, -1.0),
}
CASES = [(pole, selection) for pole in POLES for selection in SELECTIONS]


def composition(pole: str, selection: str) -> tuple[Function, float]:
    """Return the composed function and the point."""
    outer, p = POLES[pole]
    select, distance = SELECTIONS[selection]
    return lambda x: outer(select(x, p)), p + distance


def test_every_row_that_selects_is_here() -> None:
    selecting = {name for name in BUILT_IN if TABLE[name].selects}
    assert selecting == {name.partition(",")[0].partition(" ")[0] for name in SELECTIONS}


@pytest.mark.parametrize("pole", POLES)
def test_slopes_are_infinite_there(pole: str) -> None:
    """Else the tests below would hold nothing."""
    outer, p = POLES[pole]
    assert math.isinf(ag.grad(outer)(p))


@pytest.mark.parametrize(("pole", "selection"), CASES)
def test_compositions(pole: str, selection: str) -> None:
    f, at = composition(pole, selection)
    x = Value(at)
    y = f(x)
    y.backward()
    assert x.grad == 0.0
    assert ag.gradients(f(x), [x], create_graph=True)[0] == 0.0
    assert ag.grad(ag.grad(f))(at) == 0.0
    assert math.isinf(y.data) or ag.gradcheck(f, at)


@pytest.mark.parametrize("engine", ["numpy", "numba", "jax"])
def test_compiled(engine: str) -> None:
    """All of them in one program; of machine code, which takes its time, every tenth."""
    pytest.importorskip("numpy" if engine == "numpy" else engine)
    functions = [composition(*case) for case in CASES[:: 1 if engine == "numpy" else 10]]
    parameters = [Value(at) for _, at in functions]

    def loss(x: Any, t: Any) -> Any:
        return ag.sum([f(p * x) for (f, _), p in zip(functions, parameters)])

    dtype = "float32" if engine == "jax" else "float64"
    step = compile(loss, parameters, engine=engine, dtype=dtype)
    _, gradient = step([1.0, 1.0], [0.0, 0.0])
    assert gradient.tolist() == [0.0] * len(functions)


def test_what_is_selected_still_passes_everything_on() -> None:
    """Infinite slopes included, halves at a tie, and nan where a number is nan."""
    assert ag.grad(lambda x: ag.sqrt(ag.relu(x - 1) + x - 1))(1.0) == math.inf
    assert ag.grad(lambda x: ag.maximum(x, 1.0).sqrt())(1.0) == 0.25
    assert ag.grad(lambda x: ag.minimum(x, 0.0).sqrt())(0.0) == math.inf
    assert math.isnan(ag.grad(lambda x: ag.relu(x).sqrt())(math.nan))


def test_an_operation_of_ones_own_may_select() -> None:
    gate = ag.Operation(
        "gate_of_a_test",
        lambda x: ag.where(x > 1.0, x, 0.0),
        lambda y, x: (ag.where(x > 1.0, 1.0, 0.0),),
        selects=True,
    )
    assert ag.grad(lambda x: gate(x).sqrt())(0.5) == 0.0
    assert ag.grad(lambda x: gate(x).sqrt())(4.0) == 0.25


# PyTorch multiplies the infinite upstream by 0 in these, and answers nan.
WRONG_IN_PYTORCH = {(pole, "leaky_relu") for pole in POLES}


@pytest.mark.parametrize(("pole", "selection"), CASES)
def test_pytorch(pole: str, selection: str) -> None:
    torch = pytest.importorskip("torch")
    functions = {
        "sqrt": torch.sqrt,
        "log": torch.log,
        "log2": torch.log2,
        "log10": torch.log10,
        "log1p": torch.log1p,
        "reciprocal": torch.reciprocal,
        "div": lambda x: 1.0 / x,
        "power": lambda x: x ** (1.0 / 2.4),
        "power -1": lambda x: x**-1.0,
        "asin": torch.asin,
        "acos": torch.acos,
        "acosh": torch.acosh,
        "atanh": torch.atanh,
    }
    selections = {
        "relu": lambda x, p: torch.relu(x - p) + p,
        "leaky_relu": lambda x, p: torch.nn.functional.leaky_relu(x - p, 0.0) + p,
        "maximum": lambda x, p: torch.maximum(x, torch.tensor(p, dtype=x.dtype)),
        "maximum, second": lambda x, p: torch.maximum(torch.tensor(p, dtype=x.dtype), x),
        "minimum": lambda x, p: torch.minimum(x, torch.tensor(p, dtype=x.dtype)),
        "minimum, second": lambda x, p: torch.minimum(torch.tensor(p, dtype=x.dtype), x),
        "clamp below": lambda x, p: torch.clamp(x, p, p + 5.0),
        "clamp above": lambda x, p: torch.clamp(x, p - 5.0, p),
        "pick": lambda x, p: torch.stack([x, torch.tensor(p, dtype=x.dtype)])[1],
        "sign": lambda x, p: torch.sign(x - p) + p + 1.0,
    }
    if pole not in functions:
        pytest.skip("PyTorch has no such function")
    p, distance = POLES[pole][1], SELECTIONS[selection][1]
    x = torch.tensor(p + distance, dtype=torch.float64, requires_grad=True)
    functions[pole](selections[selection](x, p)).backward()
    theirs = x.grad.item()
    assert math.isnan(theirs) if (pole, selection) in WRONG_IN_PYTORCH else theirs == 0.0
