"""What `fit` is given: numbers that are none, weights, impossible probabilities, divergence."""

from __future__ import annotations

import math
import random
import re
import signal
from functools import partial
from typing import Any

import pytest

from autograd import Value, exp
from autograd.compile import compile
from frames import Frame, Series
from nn import MLP, SGD, Adam, History, Module, Neuron, accuracy, binary_cross_entropy, fit
from nn.data import Dataset

NAN, INF = math.nan, math.inf
ROWS, LABELS = [[0.0, 1.0], [2.0, 3.0], [4.0, 1.0], [6.0, 0.0]], [0, 1, 1, 0]
BOTH = pytest.mark.parametrize("compiled", [False, True])


@pytest.fixture(autouse=True)
def _numpy(request: pytest.FixtureRequest) -> None:
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("compiled"):
        pytest.importorskip("numpy")


def network(**options: Any) -> MLP:
    return MLP(2, [3, 1], **{"output": "sigmoid", "rng": 0, **options})


def run(model: Module, x: Any = ROWS, t: Any = LABELS, **options: Any) -> History:
    defaults: dict[str, Any] = {
        "loss": "binary_cross_entropy", "epochs": 3, "progress": False
    }  # fmt: skip
    return fit(model, x, t, **(defaults | options))


def numbers(model: Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


# ---- numbers that are none

BAD = [[0.0, 1.0], [2.0, NAN], [4.0, 1.0], [6.0, 0.0]]


@BOTH
@pytest.mark.parametrize(
    ("x", "t", "options", "words"),
    [
        (BAD, LABELS, {}, "inputs[1][1] is nan: leave this sample out, or put a number there, as"),
        (ROWS, [0, 1, INF, 1], {}, "targets[2] is inf: leave this sample out, or put a number the"),
        (ROWS, [[0], [1], [-INF], [1]], {}, "targets[2][0] is -inf"),
        (Dataset(BAD, LABELS, ["age", "pay"]), None, {}, "inputs[1][1], in column 'pay', is nan"),
        (Frame(a=Series([1, 2]), b=Series([None, 1])), [0, 1], {}, "inputs[0][1], in column 'b'"),
        (ROWS, LABELS, {"validation": (BAD, LABELS)}, "validation inputs[1][1] is nan"),
        (ROWS, LABELS, {"validation": (ROWS, [0, 1, NAN, 0])}, "validation targets[2] is nan"),
        (ROWS, LABELS, {"sample_weight": [1, 2, NAN, 1]}, "sample_weight[2] is nan: choose a fin"),
        (ROWS, LABELS, {"sample_weight": [1, -2, 1, 1]}, "sample_weight[1] is -2.0"),
        (ROWS, LABELS, {"sample_weight": [0, 0, 0, 0]}, "sample_weight sums to 0.0"),
        (ROWS, LABELS, {"sample_weight": [1, 1e-309, 1, 1]}, "too small to divide by: multiply"),
        (
            [[NAN], [1.0], [2.0], [3.0]],
            LABELS,
            {"sample_weight": [0, 1, 1, 1]},
            "inputs[0][0], of a sample of weight 0, is nan: leave the sample out of inputs",
        ),
        (ROWS, LABELS, {"sample_weight": [1, 2, 1]}, "sample_weight has 3 numbers for 4 samples"),
        (ROWS, LABELS, {"validation": (ROWS, LABELS, [1])}, "validation weights has 1 numbers"),
    ],
)
def test_before_training_starts(compiled: bool, x: Any, t: Any, options: Any, words: str) -> None:
    """The place of the first one, and the name of its column where there is one."""
    model = network()
    before = numbers(model)
    with pytest.raises(ValueError, match=re.escape(words)):
        run(model, x, t, compiled=compiled, **options)
    assert numbers(model) == before


def test_weights_that_are_no_numbers() -> None:
    with pytest.raises(TypeError, match=r"sample_weight\[1\]: expected a real number, got str 'a'"):
        run(network(), sample_weight=[1, "a", 1, 1])
    with pytest.raises(TypeError, match=r"sample_weight must be a sequence, .* not dict"):
        run(network(), sample_weight={0: 1.0})


# ---- weights


def line() -> Neuron:
    neuron = Neuron(1, activation="identity", rng=0)
    neuron.w[0].data, neuron.b.data = 1.0, 0.0
    return neuron


@BOTH
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_what_a_weighted_step_is(compiled: bool, reduction: str) -> None:
    """y = x at x = 1, 2 with t = 0, 4: errors ½ and 2, slopes 1 and -4 for w; weights 3 and 1
    make (3/2 + 2)/4 and (3 - 4)/4 of them, for b (3 - 2)/4.
    """
    neuron = line()
    options: dict[str, Any] = {"reduction": reduction, "compiled": compiled, "epochs": 1, "lr": 1.0}
    history = run(
        neuron, [[1.0], [2.0]], [0.0, 4.0], loss="half_squared_error", sample_weight=[3.0, 1.0],
        validation=([[1.0], [2.0]], [0.0, 4.0], [1.0, 0.0]), **options,
    )  # fmt: skip
    whole = 4.0 if reduction == "mean" else 1.0
    assert history[0]["train_loss"] == pytest.approx(3.5 / 4.0, rel=1e-15)
    assert neuron.w[0].data == pytest.approx(1.0 + 1.0 / whole, rel=1e-15)
    assert neuron.b.data == pytest.approx(-1.0 / whole, rel=1e-15)
    expected = 0.5 * (neuron.w[0].data + neuron.b.data) ** 2
    assert history[0]["validation_loss"] == pytest.approx(expected, rel=1e-14)


@BOTH
def test_equal_weights_change_nothing(compiled: bool) -> None:
    """Of the mean their ratios matter alone."""
    plain, weighted = network(), network()
    options: dict[str, Any] = {"compiled": compiled, "batch_size": 2, "accumulate": 2}
    first = run(plain, **options)
    second = run(weighted, sample_weight=[2.0] * 4, **options)
    assert numbers(weighted) == pytest.approx(numbers(plain), rel=1e-13)
    assert second.column("train_loss") == pytest.approx(first.column("train_loss"), rel=1e-13)


@BOTH
def test_a_sample_of_weight_0_is_as_if_it_were_not_there(compiled: bool) -> None:
    plain, weighted = network(), network()
    run(plain, ROWS[1:], LABELS[1:], compiled=compiled, batch_size=2)
    run(weighted, compiled=compiled, batch_size=2, sample_weight=[0, 1, 1, 1])
    assert numbers(weighted) == pytest.approx(numbers(plain), rel=1e-13)


@BOTH
def test_a_weight_of_2_is_the_sample_twice(compiled: bool) -> None:
    """Where all are in one batch."""
    twice, weighted = network(), network()
    options: dict[str, Any] = {"compiled": compiled, "shuffle": False}
    run(twice, [*ROWS, ROWS[2]], [*LABELS, LABELS[2]], **options)
    run(weighted, sample_weight=[1, 1, 2, 1], **options)
    assert numbers(weighted) == pytest.approx(numbers(twice), rel=1e-13)


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_compiled_and_scalar_weights_agree(loss: str, reduction: str) -> None:
    """With batches of which the last is smaller, gradients that are added up, and a penalty."""
    pytest.importorskip("numpy")
    results = []
    for compiled in (False, True):
        model = MLP(2, [3, 2], output="softmax", rng=0)
        targets = LABELS if loss == "cross_entropy" else [[1.0 - t, t] for t in LABELS]
        history = run(
            model, ROWS * 3, targets * 3, loss=loss, sample_weight=[0.5, 2.0, 1.0, 0.25] * 3,
            batch_size=5, accumulate=2, reduction=reduction, optimizer=Adam(model.parameters()),
            penalty=lambda model=model: 0.1 * model.parameters()[0] ** 2, compiled=compiled,
            validation=(ROWS, targets, [1, 2, 3, 4]),
        )  # fmt: skip
        results.append([*numbers(model), *history[-1].values()])
    assert results[1] == pytest.approx(results[0], rel=1e-12)


# ---- impossible probabilities


def out_of_range(start: float = 0.5) -> Neuron:
    """An output without an activation, at first between 0 and 1."""
    neuron = Neuron(1, activation="identity", rng=0)
    neuron.w[0].data, neuron.b.data = 0.0, start
    return neuron


@pytest.mark.parametrize("compiled", [False, True, pytest.param("numba", marks=pytest.mark.slow)])
@pytest.mark.parametrize("optimizer", ["sgd", "own"])
def test_an_output_that_becomes_impossible(compiled: Any, optimizer: str) -> None:
    """The first update, of one sample, brings it to 2.5; the second is not made."""
    if compiled:
        pytest.importorskip("numpy" if compiled is True else compiled)

    class Own(SGD):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure)

    neuron = out_of_range()
    rule = (SGD if optimizer == "sgd" else Own)(neuron.parameters(), lr=1.0)
    with pytest.raises(
        ValueError, match=r'an output is 2\.5, and binary_.*output="sigmoid", or los'
    ):
        run(
            neuron, [[0.0]] * 3, [1, 1, 1], batch_size=1, optimizer=rule, compiled=compiled,
            epochs=9,
        )  # fmt: skip
    assert (neuron.w[0].data, neuron.b.data) == (0.0, 2.5)


@BOTH
def test_an_impossible_output_of_the_validation_data(compiled: bool) -> None:
    neuron = out_of_range()
    neuron.w[0].data = 1.0
    with pytest.raises(ValueError, match=r"an output is 7\.\d+, and binary_cross_entropy needs"):
        run(neuron, [[0.0]], [1], validation=([[7.0]], [1]), lr=1e-3, compiled=compiled)


@pytest.mark.parametrize("engine", ["numpy", pytest.param("numba", marks=pytest.mark.slow)])
def test_a_program_and_a_graph_that_is_computed_again_give_nan(engine: str) -> None:
    """Where no function of Python looks; within [0, 1] they are what they were."""
    pytest.importorskip(engine)
    w = Value(1.0)
    step = compile(lambda x, t: binary_cross_entropy(w * x, t), [w], engine=engine)
    assert step([0.25], [1.0])[0] == pytest.approx(math.log(4.0), rel=1e-15)
    assert step([0.0], [1.0])[0] == pytest.approx(-math.log(1e-300))
    for x, t in ((-0.3, 1.0), (1.3, 1.0), (-0.3, 0.0), (1.3, 0.5)):
        loss, gradient = step([x], [t])
        assert math.isnan(loss)
        assert math.isnan(gradient[0])
    y = Value(0.25)
    error = binary_cross_entropy(y, 1)
    y.data = -0.3
    assert math.isnan(error.refresh().data)


# ---- divergence


@BOTH
@pytest.mark.parametrize("lr", [1e308, 1e200])
def test_a_run_that_diverged_goes_back_to_finite_numbers(compiled: bool, lr: float) -> None:
    """The model and its optimiser, so that they can go on; the history says to which epoch."""
    model = network(output="identity")
    optimizer = SGD(model.parameters(), lr=1e-3, momentum=0.9)
    options: dict[str, Any] = {"loss": "half_squared_error", "compiled": compiled}

    def spoil(history: History) -> None:
        if len(history) == 2:
            optimizer.lr = lr

    twin = network(output="identity")
    run(twin, epochs=2, optimizer=SGD(twin.parameters(), lr=1e-3, momentum=0.9), **options)
    history = run(
        model, epochs=20, optimizer=optimizer, callbacks=[spoil], batch_size=None,
        metric="accuracy", **options,
    )  # fmt: skip
    assert history.stopped == "diverged"
    assert len(history) == (3 if lr == 1e308 else 4)  # at once, or with the next loss
    assert "stopped by 'diverged'" in repr(history)
    assert repr(history).endswith("; back to epoch 2>")
    assert numbers(model) == numbers(twin)
    again = run(model, epochs=1, optimizer=optimizer, resume=history, **options)
    assert [*again.column("epoch")] == [1, 2, 3]


class Own:
    """An optimiser without a `state_dict`."""

    def __init__(self, params: Any) -> None:
        self.params = params

    def step(self) -> None:
        for p in self.params:
            p.data -= 1e300 * p.grad

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = 0.0


@BOTH
def test_an_optimiser_of_ones_own_diverges(compiled: bool) -> None:
    model = network(output="identity")
    before = numbers(model)

    def strict(*data: Any) -> float:
        raise ValueError("Input contains NaN.")

    for metric in ("accuracy", strict):
        history = run(
            model, epochs=9, optimizer=Own(model.parameters()), loss="half_squared_error",
            compiled=compiled, batch_size=1, metric=metric, validation=(ROWS, LABELS),
        )  # fmt: skip
        assert (history.stopped, len(history)) == ("diverged", 1)
        assert numbers(model) == before
        assert all(math.isnan(x) for x in [*history[0].values()][-3:])


@pytest.mark.parametrize("options", [
    {"patience": 3, "validation": (ROWS, LABELS)},  # of which the history does not know
    {"seed": random.SystemRandom(), "resume": None},  # which has no state
])  # fmt: skip
def test_what_a_diverged_run_cannot_put_back(options: dict[str, Any]) -> None:
    model = network(output="identity")
    known = {"loss": "half_squared_error", "lr": 1e-3, "epochs": 1}
    first = run(model, **known)
    before = numbers(model)
    steep = {"penalty": lambda: 1e308 * (model.parameters()[0] + 100.0) ** 2}
    history = run(model, **(known | steep | {"resume": first} | options))
    assert history.stopped == "diverged"
    assert numbers(model) == before


def test_an_interruption_while_a_diverged_run_is_put_back() -> None:
    class Slow(SGD):
        def load_state_dict(self, state_dict: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            super().load_state_dict(state_dict)

    model = network(output="identity")
    optimizer = Slow(model.parameters(), lr=1e308, momentum=0.9)
    history = run(model, loss="half_squared_error", optimizer=optimizer)
    assert history.stopped == "interrupted"
    assert optimizer.states == [(0.0,)] * len(model.parameters())


def test_a_parameter_that_was_infinite_before() -> None:
    """It is meant to be, as the mask of an attention is."""

    class Masked(Module):
        def __init__(self) -> None:
            self.inner, self.mask = network(), Value(-INF)

        def __call__(self, x: Any) -> Any:
            return self.inner(x) + exp(self.mask)

    model = Masked()
    history = run(model, optimizer=SGD(model.inner.parameters(), lr=0.1))
    assert (history.stopped, len(history)) == ("epochs", 3)


def test_interrupted_while_it_diverges() -> None:
    model = network(output="identity")
    before = numbers(model)
    calls = []

    def loss(y: Any, t: Any) -> Any:
        calls.append(y)
        if not math.isfinite(y.data):
            raise KeyboardInterrupt
        return 0.5 * (y - t) ** 2

    history = run(model, loss=loss, optimizer=Own(model.parameters()), batch_size=1)
    assert (history.stopped, len(history)) == ("interrupted", 0)
    assert len(calls) > 1
    assert numbers(model) == before


def test_accuracy_of_ones_choice_is_kept() -> None:
    """Options of a partial function have a say, compiled, too."""
    pytest.importorskip("numpy")
    for compiled in (False, True):
        neuron = out_of_range(0.3)
        history = run(
            neuron, [[0.0]] * 4, [1, 1, 1, 1], loss="binary_cross_entropy_with_logits",
            lr=1e-9, epochs=1, compiled=compiled, metric=partial(accuracy, threshold=0.5),
        )  # fmt: skip
        assert history[0]["train_accuracy"] == 0.0
