"""The matrix form of backpropagation emerges from scalars."""

from __future__ import annotations

import random
import re

import pytest

import autograd
from autograd import Value, dot
from autograd.compile import compile
from autograd.compile import terms as terms_module
from eager import agree, error_of, samples, squeezed
from nn import MLP, Layer, l2_penalty

pytestmark = pytest.mark.filterwarnings("error")


LETTERS = {"prml": ("A", "Z"), "nielsen": ("Z", "A"), "wikipedia": ("net", "O")}


@pytest.mark.parametrize("notation", LETTERS)
@pytest.mark.parametrize("sizes", [[3, 2], [4, 3, 2]])
def test_matrix_form_of_backpropagation(notation: str, sizes: list[int]) -> None:
    model = MLP(2, sizes, activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 2, 2), notation=notation)
    lines = squeezed(step.source)
    a, z = LETTERS[notation]
    last = len(sizes)
    below = {1: "X", **{k: f"{z}{k - 1}" for k in range(2, last + 1)}}
    wanted = []
    for k in range(1, last + 1):
        wanted += [
            f"{a}{k} = W{k} @ {below[k]} + b{k}",
            f"dW{k} = δ{k} @ {below[k]}.T",  # BP4
            f"db{k} = δ{k}.sum(axis=1, keepdims=True)",  # BP3
        ]
        if k < last:
            wanted.append(f"{z}{k} = np.tanh({a}{k})")
            wanted.append(f"δ{k} = tanh_prime({a}{k}) * (W{k + 1}.T @ δ{k + 1})")  # BP2
    for line in wanted:
        assert line in lines, f"{line}\n\n{step.source}"
    assert any(line.startswith(f"δ{last} = ") for line in lines)  # BP1
    order = {line.split(" = ")[0]: k for k, line in enumerate(lines)}
    assert order[f"{a}1"] < order[f"{a}{last}"] < order[f"δ{last}"] < order["δ1"]
    program = lines[lines.index("def step(parameters, inputs, targets, weight, penalty_weight):") :]
    assert len(program) <= 25 + 7 * (last - 2)


def test_a_network_of_three_layers_fits_on_a_page() -> None:
    model = MLP(5, [8, 3], activation="sigmoid", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 5, 3))
    lines = squeezed(step.source)
    assert (
        len(lines[lines.index("def step(parameters, inputs, targets, weight, penalty_weight):") :])
        <= 25
    )
    wide = MLP(5, [80, 30], activation="sigmoid", rng=0)
    wider = compile(error_of(wide), wide.parameters())
    wider(*samples(2, 5, 30))
    assert len(squeezed(wider.source)) == len(lines)


def test_weights_that_are_stored_by_columns() -> None:
    """As in Y = X W: the gradient of W comes out as W lies."""
    w = [[Value(0.1 * (3 * i + j)) for j in range(3)] for i in range(4)]
    error = lambda x, t: autograd.sum(  # noqa: E731
        [(dot([row[j] for row in w], x) - t[j]).tanh() for j in range(3)]
    )
    step = agree(error, [p for row in w for p in row], *samples(5, 4, 3))
    source = "\n".join(squeezed(step.source))
    assert "W = parameters[0:12].reshape(4, 3)" in source
    assert re.search(r"^return loss, \w+\.ravel\(\)$", source, re.MULTILINE)  # as it is


def test_gradients_side_by_side() -> None:
    """A table of units whose last column, a constant, has no gradient."""
    layer = Layer(2, 4, activation="tanh", rng=random.Random(0))
    params = [p for n in layer.neurons for p in (*n.w, n.b, Value(1.0))]
    error = lambda x, t: autograd.sum(layer(x)) * t  # noqa: E731
    X, T = samples(5, 2, None)
    source = agree(error, params, X, T).source.partition("def step")[2]
    assert source.count("join(dW1, db1, np.full((4, 1), 0.0, parameters.dtype))") == 1
    assert source.count("parameters[") == 2  # a matrix and its biases


def test_what_is_gone_through_row_by_row_lies_so() -> None:
    model = MLP(3, [4, 2], activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 3, 2))
    assert "X, T = inputs.T, targets.T.copy()" in step.source
    w = Value(0.5)
    step = agree(lambda x, t: w * x[0] * x[1] - t[0], [w], *samples(5, 2, 1))
    assert "X, T = inputs.T.copy(), targets.T" in step.source


def test_one_row_many_times_is_gathered() -> None:
    w = [Value(0.01 * k) for k in range(400)]
    error = lambda x, t: dot(w[::2], [x] * 200) + dot(w[1::2], [x * x] * 200) - t  # noqa: E731
    penalty = lambda: autograd.sum([p * p for p in w[::3]])  # noqa: E731
    step = agree(error, w, *(z[:, 0] for z in samples(5, 1, 1)), penalty=penalty)
    assert max(map(len, step.source.partition("def step")[2].splitlines())) < 300


def test_factors_of_one_are_not_written() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 2, 1))
    assert "1.0 *" not in step.source.partition("def step")[2]


def test_weights_of_errors_and_penalties_are_plain_numbers() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    params = model.parameters()
    penalty = lambda: l2_penalty(params, 0.1)  # noqa: E731
    step = agree(error_of(model), params, *samples(5, 2, 1), penalty=penalty)
    assert "0.5 * weight" in step.source
    assert "np.full" not in step.source


def test_equal_sums_are_one_term() -> None:
    term = terms_module.new_terms()
    a, b, c = (term.make(name) for name in "abc")
    assert a + (b + c) is (c + a) + b
    assert a + (a + b) is (a + b) + a
    assert a + b is not a + a
    assert a + (b + c) is not (a + b) + b


def test_shapes_are_in_the_comments() -> None:
    model = MLP(2, [3, 2], activation="tanh", rng=0)
    step = agree(error_of(model), model.parameters(), *samples(5, 2, 2))
    for line in (
        "    A1 = W1 @ X + b1  # (3, n)",
        "    dW2 = δ2 @ Z1.T  # (2, 3)",
        "    db1 = δ1.sum(axis=1, keepdims=True)  # (3, 1)",
    ):
        assert line in step.source.splitlines()


def test_the_source_without_a_call() -> None:
    step = compile(lambda x, t: x, [Value(1.0)])
    with pytest.raises(ValueError, match=r"step\(X, T\)"):
        _ = step.source
