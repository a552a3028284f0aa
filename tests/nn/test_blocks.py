"""Sequential, Dropout, Embedding and the norms, compared with PyTorch's."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.compile import TraceError, compile
from nn import (
    MLP,
    Adam,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    Module,
    Neuron,
    RMSNorm,
    Sequential,
    fit,
)

X = [0.7, -1.3, 2.0, 0.25]
# Upstream gradients that differ, so that no two terms can be exchanged unseen.
WEIGHTS = [1.0, -2.0, 0.5, 3.0]


def numbers(values: Sequence[Any]) -> list[float]:
    return [y.data for y in values]


def weighted(y: Sequence[Any]) -> Any:
    return sum(y_i * k for y_i, k in zip(y, WEIGHTS))


# --- Sequential -----------------------------------------------------------------------------------


def test_sequential_is_an_mlp_of_the_same_layers() -> None:
    """The same numbers and names: the state of one fits the other."""
    mlp = MLP(2, [4, 1, 3], activation="tanh", rng=0)
    sizes = [(2, 4, "tanh"), (4, 1, "tanh"), (1, 3, "identity")]
    model = Sequential(*[Layer(n, m, activation=h, rng=1) for n, m, h in sizes])
    model.load_state_dict(mlp.state_dict())
    assert numbers(model(X[:2])) == numbers(mlp(X[:2]))  # type: ignore[arg-type]


def test_functions_and_modules_follow_one_another() -> None:
    """A single node goes to a function as it is, and to what takes a sequence as a list of one."""
    square = Sequential(Neuron(2, activation="identity", rng=0), lambda a: a * a, autograd.sqrt)
    assert square(X[:2]).data == abs(Neuron(2, activation="identity", rng=0)(X[:2]).data)
    nested = Sequential(
        Sequential(Layer(2, 1, rng=0), Dropout(0.0)), Sequential(MLP(1, [2], rng=0))
    )
    assert len(nested(X[:2])) == 2
    assert Sequential()(X) is X
    assert numbers(Sequential(Neuron(2, rng=0), LayerNorm(1))(X[:2])) == [0.0]


def test_sequential_is_a_sequence() -> None:
    layers = [Layer(2, 3, rng=0), autograd.tanh, Layer(3, 1, rng=0)]
    model = Sequential(*layers)
    assert (len(model), list(model)) == (3, layers)
    assert (model[0], model[-1]) == (layers[0], layers[2])
    assert isinstance(model[1:], Sequential)
    assert list(model[1:]) == layers[1:]
    assert model[1:].parameters() == layers[2].parameters()  # type: ignore[attr-defined]
    with pytest.raises(IndexError):
        model[3]


@pytest.mark.parametrize("wrong", [[Layer(2, 1)], 3, None, "tanh"])
def test_sequential_refuses_what_is_not_callable(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"layer 1 is .*not callable.*Sequential\(first, second\)"):
        Sequential(abs, wrong)


# --- Dropout --------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.25, 0.5, 0.9])
def test_dropout_keeps_the_mean(p: float) -> None:
    """A share p is 0, with a gradient of 0; the others, and theirs, are divided by 1 - p."""
    x = [Value(3.0) for _ in range(4000)]
    y = Dropout(p, rng=1)(x)
    autograd.sum(y).backward()
    assert {round(y_i.data, 9) for y_i in y} == {0.0, round(3.0 / (1 - p), 9)}
    for x_i, y_i in zip(x, y):
        assert x_i.grad * 3.0 == pytest.approx(y_i.data)
    share = sum(y_i.data == 0.0 for y_i in y) / len(y)
    assert share == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / len(y)))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_the_ends_of_dropout_are_those_of_pytorch(p: float) -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Dropout(p)(torch.tensor(X, dtype=torch.float64))
    assert numbers(Dropout(p)([Value(x) for x in X])) == theirs.tolist()


def test_dropout_in_evaluation_mode_changes_nothing() -> None:
    """And in training mode something else each time, also of a single node."""
    dropout = Dropout(0.5, rng=0)
    x = [Value(x) for x in X]
    assert dropout.eval()(x) == x
    assert len({tuple(numbers(dropout.train()(x))) for _ in range(30)}) > 4
    assert {dropout(Value(1.0)).data for _ in range(30)} == {0.0, 2.0}
    for twin in (copy.deepcopy(dropout), pickle.loads(pickle.dumps(dropout))):
        assert numbers(twin(x)) == numbers(copy.deepcopy(dropout)(x))
    assert pickle.loads(pickle.dumps(Dropout(0.3))).p == 0.3


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_dropout_needs_a_probability(p: float) -> None:
    with pytest.raises(ValueError, match=rf"p is {p}: choose a probability"):
        Dropout(p)


def test_dropout_is_compiled_in_evaluation_mode_only() -> None:
    """A program would drop the same units at every call."""
    model = Sequential(Layer(2, 3, rng=0), Dropout(0.5, rng=0), Layer(3, 1, rng=0))
    step = model.compile("half_squared_error")
    with pytest.raises(TraceError, match="random numbers"):
        step([X[:2]], [1.0])
    model.eval()
    assert step.predict([X[:2]])[0] == pytest.approx(model(X[:2]).data, rel=1e-12)


# --- Embedding ------------------------------------------------------------------------------------


def test_embedding_looks_up_a_row() -> None:
    """Of any integer type, or its 1-of-K vector; only that row gets a gradient."""
    torch = pytest.importorskip("torch")
    embedding = Embedding(5, 4, rng=0)
    theirs = torch.nn.Embedding(5, 4).double()
    rows = [numbers(row) for row in embedding.weight]
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(rows, dtype=torch.float64))
    loss = weighted(theirs(torch.tensor(3)))
    loss.backward()
    for index in (3, 3.0, True + 2, [0, 0, 0, 1, 0], Value(3.0)):
        embedding.zero_grad()
        y = embedding(index)
        assert numbers(y) == rows[3]
        weighted(y).backward()
        assert [[w.grad for w in row] for row in embedding.weight] == theirs.weight.grad.tolist()


@pytest.mark.parametrize("index", [-1, 5, 2.5, math.nan])
def test_embedding_refuses_what_is_no_index(index: float) -> None:
    """A negative one, too, which Python would count from the end; a node out of range gives nan."""
    with pytest.raises(IndexError, match=r"no index of this table: choose one of 0, \.\.\., 4"):
        Embedding(5, 2, rng=0)(index)
    if index in (-1, 5):
        assert all(map(math.isnan, numbers(Embedding(5, 2, rng=0)(Value(index)))))
    with pytest.raises(ValueError, match=r"5 inputs.*given 4"):
        Embedding(5, 2, rng=0)([0, 0, 0, 1])


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_an_index_in_a_compiled_program(engine: str) -> None:
    """Samples of indices, and of 1-of-K vectors: the loss and gradient of the scalar graph."""
    if engine == "numba":
        pytest.importorskip("numba")
    model = Sequential(Embedding(4, 3, rng=0), Layer(3, 2, activation="tanh", rng=1))

    def error(x: Any, t: Any) -> Value:
        y = model(x)
        return (y[0] - t) ** 2 + y[1] ** 2  # type: ignore[no-any-return]

    indices, targets = [2, 0, 3, 2], [1.0, -1.0, 0.5, 0.0]
    errors = [error(i, t) for i, t in zip(indices, targets)]
    mean = sum(errors[1:], errors[0]) / len(errors)
    mean.backward()
    slopes = [p.grad for p in model.parameters()]
    one_of_k = [[float(k == i) for k in range(4)] for i in indices]
    for samples in (indices, one_of_k):
        loss, gradient = compile(error, model.parameters(), engine=engine)(samples, targets)
        assert loss == pytest.approx(mean.data, rel=1e-12)
        assert gradient.tolist() == pytest.approx(slopes, rel=1e-12, abs=1e-15)


def test_words_can_be_learnt() -> None:
    """By `fit`, with indices as inputs, compiled or not."""
    histories = []
    for compiled in (False, True):
        model = Sequential(Embedding(3, 2, rng=0), Layer(2, 1, activation="identity", rng=1))
        optimizer = Adam(model.parameters(), lr=0.1)
        options = {"optimizer": optimizer, "epochs": 100, "progress": False, "compiled": compiled}
        history = fit(model, [0, 1, 2], [1.0, -2.0, 3.0], "half_squared_error", **options)
        histories.append(history[-1]["train_loss"])
    assert histories[0] < 1e-3
    assert histories[0] == pytest.approx(histories[1], rel=1e-6)


# --- norms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [X, [1e-4, 2e-4, -1e-4, 0.0], [0.0] * 4, [5.0] * 4])
@pytest.mark.parametrize("eps", [None, 1e-2])
@pytest.mark.parametrize("make", [LayerNorm, RMSNorm])
def test_norms_are_those_of_pytorch(
    make: Callable[..., Any], eps: float | None, x: list[float]
) -> None:
    """Outputs, gradients of inputs and of parameters; also where eps decides."""
    torch = pytest.importorskip("torch")
    options = {} if eps is None else {"eps": eps}
    norm, theirs = make(4, **options), getattr(torch.nn, make.__name__)(4, **options).double()  # type: ignore[attr-defined]
    start = {"weight": [0.5, 1.5, -1.0, 2.0], "bias": [0.1, 0.2, -0.3, 0.0]}
    for name, parameter in theirs.named_parameters():
        with torch.no_grad():
            parameter.copy_(torch.tensor(start[name], dtype=torch.float64))
        for own, number in zip(getattr(norm, name), start[name]):
            own.data = number
    inputs = [Value(x_i) for x_i in x]
    tensor = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y, wanted = norm(inputs), theirs(tensor)
    assert numbers(y) == pytest.approx(wanted.tolist(), rel=1e-9, abs=1e-12)
    weighted(y).backward()
    weighted(wanted).backward()
    assert [x_i.grad for x_i in inputs] == pytest.approx(tensor.grad.tolist(), rel=1e-6, abs=1e-7)
    for name, parameter in theirs.named_parameters():
        slopes = [own.grad for own in getattr(norm, name)]
        assert slopes == pytest.approx(parameter.grad.tolist(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("make", [LayerNorm, RMSNorm])
def test_norms_take_as_many_numbers_as_they_have(make: Callable[..., Module]) -> None:
    with pytest.raises(ValueError, match="has 4 inputs, but was given 3"):
        make(4)(X[:3])
    with pytest.raises(ValueError, match="number of numbers must be an integer"):
        make(0)
    with pytest.raises(ValueError, match="eps is -1"):
        make(4, eps=-1)


def test_a_model_of_all_blocks_is_compiled() -> None:
    """The same loss and gradient as by the scalar graph."""
    model = Sequential(Embedding(3, 4, rng=0), RMSNorm(4), Layer(4, 3, activation="tanh", rng=0),
                       LayerNorm(3), Dropout(0.5), Layer(3, 1, rng=3)).eval()  # fmt: skip
    loss, gradient = model.compile("half_squared_error")([0, 2], [1.0, -1.0])
    errors = [0.5 * (model(i) - t) ** 2 for i, t in ((0, 1.0), (2, -1.0))]
    mean = (errors[0] + errors[1]) / 2
    model.zero_grad()
    mean.backward()
    assert loss == pytest.approx(mean.data, rel=1e-12)
    slopes = [p.grad for p in model.parameters()]
    assert gradient.tolist() == pytest.approx(slopes, rel=1e-9, abs=1e-12)
