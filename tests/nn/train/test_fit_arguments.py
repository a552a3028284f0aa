"""What `fit` is given: names, data sets, things of another model or kind; and the modes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograd import Value
from nn import (
    MLP,
    OPTIMIZERS,
    SGD,
    Adam,
    History,
    Layer,
    Module,
    StepLR,
    accuracy,
    fit,
    half_squared_error,
    l2_penalty,
    mean_loss,
    predict,
    predict_class,
)
from nn.data import Dataset, load
from nn.train import ReduceLROnPlateau

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
LABELS = [0, 1, 1, 0]
DATA = Dataset(XOR, LABELS, ["x", "y"], ["off", "on"], "xor")


def small(seed: int = 1) -> MLP:
    return MLP(2, [3, 1], activation="tanh", rng=seed)


def run(model: Any, inputs: Any = XOR, targets: Any = LABELS, **options: Any) -> History:
    defaults = {"loss": "binary_cross_entropy_with_logits", "epochs": 5, "progress": False}
    return fit(model, inputs, targets, **{**defaults, **options})


def numbers(model: Module) -> list[float]:
    return list(model.state_dict().values())


# --- names and data sets ------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_by_its_name(name: str) -> None:
    """With the learning rate of its class, or one that is given."""
    for lr in ({}, {"lr": 0.03}):
        by_name, by_hand = small(), small()
        run(by_name, optimizer=name, **lr)
        run(by_hand, optimizer=OPTIMIZERS[name](by_hand.parameters(), **lr))
        assert numbers(by_name) == numbers(by_hand) != numbers(small())


def test_a_learning_rate_without_an_optimiser_is_that_of_gradient_descent() -> None:
    short, long = small(), small()
    run(short, lr=0.7)
    run(long, optimizer=SGD(long.parameters(), lr=0.7))
    assert numbers(short) == numbers(long)


def test_a_metric_by_its_name() -> None:
    history = run(small(), metric="accuracy", validation=DATA)
    assert history.epochs == run(small(), metric=accuracy, validation=(XOR, LABELS)).epochs
    assert "validation_accuracy" in history[0]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_data_set_has_inputs_and_targets(compiled: bool) -> None:
    if compiled:
        pytest.importorskip("numpy")
    a, b = small(), small()
    run(a, DATA, None, validation=DATA, compiled=compiled)
    run(b, validation=(XOR, LABELS), compiled=compiled)
    assert numbers(a) == numbers(b)
    iris = load("xor")
    fit(a, iris, loss="binary_cross_entropy_with_logits", epochs=1, progress=False)


def test_a_schedule_can_be_made_by_fit() -> None:
    """From the optimiser that it makes of a name."""
    history = run(small(), optimizer="adam", lr=0.4, schedule=lambda o: StepLR(o, 2, 0.5))
    assert history.column("learning_rate") == [0.4, 0.4, 0.2, 0.2, 0.1]


def test_the_order_of_samples_from_a_generator() -> None:
    """Python's or NumPy's, which goes on from call to call."""
    np = pytest.importorskip("numpy")
    for make in (random.Random, np.random.default_rng):
        runs = []
        for seed in (make(3), make(3), make(4)):
            model = small()
            runs.append([run(model, batch_size=1, seed=seed).epochs for _ in range(2)])
        assert runs[0] == runs[1] != runs[2]
    by_number, by_generator = (small(), small())
    run(by_number, batch_size=1, seed=3)
    run(by_generator, batch_size=1, seed=random.Random(3))
    assert numbers(by_number) == numbers(by_generator)


# --- what belongs to another model --------------------------------------------------------------


def foreign() -> Iterator[tuple[str, Callable[[MLP], dict[str, Any]], str]]:
    other = small()
    yield (
        "optimiser",
        lambda m: {"optimizer": Adam(other.parameters())},
        "none of the 13 parameters of the optimiser Adam belongs to this MLP",
    )
    yield (
        "schedule",
        lambda m: {
            "optimizer": SGD(m.parameters(), lr=0.5),
            "schedule": StepLR(SGD(m.parameters(), lr=0.25), 1),
        },
        "the schedule StepLR was made from another optimiser, SGD(lr=0.25), than the one that "
        "trains, SGD(lr=0.5)",
    )
    yield (
        "schedule without an optimiser",
        lambda m: {"schedule": StepLR(SGD(m.parameters(), lr=0.25), 1)},
        "the schedule StepLR was made from another optimiser, SGD(lr=0.25), than the one that "
        "trains, SGD(lr=0.1)",
    )
    yield (
        "plateau",
        lambda m: {"schedule": ReduceLROnPlateau(SGD(m.parameters(), lr=0.25))},
        "the schedule ReduceLROnPlateau was made from another optimiser",
    )
    yield (
        "penalty",
        lambda m: {"penalty": lambda: l2_penalty(other.parameters(), 0.1)},
        "the penalty reaches none of the parameters of this MLP",
    )

    def used_up(m: MLP) -> dict[str, Any]:
        parameters = iter(m.parameters())
        return {"penalty": lambda: l2_penalty(parameters, 0.1)}

    yield "penalty, used up", used_up, "the penalty reaches none of the parameters of this MLP"
    yield (
        "penalty, cut",
        lambda m: {"penalty": lambda: sum([p.data**2 for p in m.parameters()])},
        "the penalty reaches none of the parameters of this MLP",
    )


CASES = list(foreign())


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("options", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_belongs_to_another_model_is_refused(
    options: Callable[[MLP], dict[str, Any]], message: str, compiled: bool
) -> None:
    """Before anything has changed; it would do nothing, and nobody would notice."""
    if compiled:
        pytest.importorskip("numpy")
    model = small()
    before = numbers(model)
    with pytest.raises(ValueError, match=re.escape(message)):
        run(model, compiled=compiled, **options(model))
    assert numbers(model) == before
    assert not any(p.has_grad for p in model.parameters())


def test_some_parameters_of_the_model_and_some_of_the_loss() -> None:
    """As where a layer is frozen by leaving it out, or the loss has a parameter of its own."""
    model, scale = small(), Value(1.0)

    def loss(y: Value, t: float) -> Any:
        return half_squared_error(scale * y, t)

    run(model, loss=loss, optimizer=SGD([*model.layers[1].parameters(), scale], lr=0.1))
    assert scale.data != 1.0
    before = scale.data
    run(model, loss=loss, optimizer=SGD([scale], lr=0.1))
    assert scale.data != before


def test_parameters_that_the_model_does_not_list() -> None:
    """They are found in the graph of a sample."""
    hidden = Value(0.0)

    class Hiding(Module):
        def parameters(self) -> list[Value]:
            return []

        def __call__(self, x: Any) -> Any:
            return hidden * x[0]

    run(Hiding(), loss="half_squared_error", optimizer=SGD([hidden], lr=0.1))
    assert hidden.data != 0.0


def test_frozen_parameters_are_left_alone() -> None:
    """Eager and compiled, whatever the optimiser remembers of them."""
    pytest.importorskip("numpy")
    for compiled in (False, True):
        model = small()
        optimizer = Adam(model.parameters(), lr=0.1, weight_decay=0.1)
        run(model, optimizer=optimizer, compiled=compiled)
        for p in model.layers[0].parameters():
            p.requires_grad_(False)
        before = [layer.state_dict() for layer in model.layers]
        run(model, optimizer=optimizer, compiled=compiled)
        assert model.layers[0].state_dict() == before[0]
        assert model.layers[1].state_dict() != before[1]
        for p in model.parameters():
            p.requires_grad_(False)
        with pytest.raises(ValueError, match="all 13 parameters of the optimiser Adam are frozen"):
            run(model, optimizer=optimizer, compiled=compiled)


# --- arguments of the wrong kind ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimizer": "adan"}, ValueError, "no optimizer 'adan'; did you mean 'adam'?"),
        ({"optimizer": SGD}, TypeError, "optimizer is the class SGD: make one, SGD(model.param"),
        ({"optimizer": 0.1}, TypeError, "optimizer is 0.1: pass a name, such as 'adam', or an"),
        ({"lr": "0.1"}, TypeError, "lr: expected a real number, got str '0.1'"),
        ({"lr": -1.0}, ValueError, "lr is -1.0"),
        ({"metric": "accurracy"}, ValueError, "no metric 'accurracy'; did you mean 'accuracy'?"),
        ({"metric": 3}, TypeError, "a metric is a name or a function"),
        ({"metric": History}, TypeError, "a metric is a name or a function"),
        ({"loss": History}, TypeError, "loss is the class History: pass a function"),
        ({"loss": None}, TypeError, "loss is missing"),
        ({"schedule": 3}, TypeError, "schedule is 3: pass one that was made from"),
        ({"schedule": StepLR}, TypeError, "schedule is <class 'nn.train.schedules.StepLR'>"),
        ({"schedule": lambda o: None}, TypeError, "schedule is None"),
        ({"inputs": (x for x in XOR)}, TypeError, "inputs must be a sequence, such as a list, not"),
        ({"targets": zip(LABELS)}, TypeError, "targets must be a sequence, such as a list, not"),
        ({"targets": None}, TypeError, "targets must be a sequence, such as a list, not None"),
        ({"inputs": DATA, "targets": "hinge"}, TypeError, "inputs is a data set, which has targ"),
        ({"validation": XOR}, TypeError, "validation is a list: pass (inputs, targets), (inp"),
        ({"validation": (DATA, LABELS)}, TypeError, "validation is a data set, which has targets"),
        ({"clip_norm": -1.0}, ValueError, "clip_norm is -1.0"),
        ({"clip_value": "1"}, TypeError, "clip_value: expected a real number, got str '1'"),
        ({"accumulate": 0}, ValueError, "accumulate must be at least 1, got 0"),
        ({"accumulate": 1.5}, TypeError, "accumulate must be an integer"),
        ({"epochs": None}, TypeError, "epochs must be an integer, got None"),
        ({"seed": "a"}, TypeError, "rng must be an integer, a random.Random, a"),
        ({"model": MLP}, TypeError, "model is <class 'nn.layers.MLP'>: pass a module"),
        ({"model": lambda x: x}, TypeError, "pass a module, such as MLP(2, [4, 1])"),
    ],
)
def test_arguments_of_the_wrong_kind(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """What it is, and what to pass; nothing has been changed."""
    model = small()
    before = numbers(model)
    with pytest.raises(error, match=re.escape(message)):
        run(**{"model": model, **options})
    assert numbers(model) == before


def test_a_learning_rate_for_an_optimiser_that_has_one() -> None:
    model = small()
    with pytest.raises(
        ValueError, match=re.escape("lr is 0.1, but the optimiser has its own, 0.5")
    ):
        run(model, optimizer=SGD(model.parameters(), lr=0.5), lr=0.1)


# --- divergence ---------------------------------------------------------------------------------


def losses_of(*losses: float, **options: Any) -> History:
    """Train with errors that are as given, one epoch after the other."""
    w = Value(1.0)

    class Constant(Module):
        def __init__(self) -> None:
            self.w = w

        def __call__(self, x: Any) -> Any:
            return self.w

    errors = iter(losses)
    options = {"lr": 0.0, **options}
    return run(Constant(), [[0.0]], [0.0], loss=lambda y, t: y * next(errors), epochs=len(losses),
               **options)  # fmt: skip


@pytest.mark.parametrize(
    ("losses", "stopped"),
    [
        ((1.0, 1e3, 1e30), "diverged"),
        ((1.0, 1e3, 0.9e6), "epochs"),
        ((1.0, 1e30, 0.5), "epochs"),  # it has come down again
        ((1e9, 1e10, 1e11), "epochs"),  # large from the start
        ((1e-9, 1e-12, 1e-4), "epochs"),
        ((1e-9, 1e-12, 1e-2), "diverged"),
        ((0.0, 0.0, 1e-3), "epochs"),  # from nothing, anything is infinitely more
        ((-1.0, -1e9), "epochs"),  # less is better
        ((-1.0, 1e7), "diverged"),
        ((5.0,), "epochs"),
    ],
)
def test_a_loss_that_has_grown_beyond_measure(losses: tuple[float, ...], stopped: str) -> None:
    """Is said at the end; all epochs are made, as it might have come down."""
    history = losses_of(*losses)
    assert (history.stopped, len(history)) == (stopped, len(losses))


def test_a_loss_that_is_to_grow_does_not_diverge() -> None:
    model = small()
    history = run(model, loss="half_squared_error", targets=[1.0, 2.0, 3.0, 4.0], epochs=40,
                  optimizer=SGD(model.parameters(), lr=1.0, maximize=True))  # fmt: skip
    assert history[-1]["train_loss"] > 1e6 * history[0]["train_loss"]
    assert history.stopped == "epochs"


def test_a_learning_rate_that_is_too_large() -> None:
    """The loss of a linear unit grows from 1 to 1e30, and every number is finite."""
    model = MLP(1, [1], rng=0)
    history = run(model, [[1.0], [2.0]], [1.0, 2.0], loss="half_squared_error", lr=1.5, epochs=40)
    assert 1e20 < history[-1]["train_loss"] < 1e60
    assert (history.stopped, len(history)) == ("diverged", 40)


# --- modes --------------------------------------------------------------------------------------


class Moody(Module):
    """Says in which mode it is asked."""

    training = True

    def __init__(self, inner: Module | None = None) -> None:
        self.w, self.inner = Value(1.0), inner
        self.asked: list[bool] = []

    def train(self, mode: bool = True) -> Moody:
        self.training = mode
        return self

    def eval(self) -> Moody:
        return self.train(False)

    def __call__(self, x: Any) -> Any:
        self.asked.append(self.training)
        return self.w * x[0]


@pytest.mark.parametrize("mode", [True, False])
def test_fit_trains_in_one_mode_and_judges_in_the_other(mode: bool) -> None:
    """And leaves the model as it was; callbacks find it so, too."""
    model = Moody().train(mode)
    seen: list[bool] = []

    def metric(model: Any, inputs: Any, targets: Any) -> float:
        return float(model.training)

    history = run(
        model, loss="half_squared_error", epochs=2, validation=(XOR[:3], LABELS[:3]),
        metric=metric, callbacks=[lambda h: seen.append(model.training)],
    )  # fmt: skip
    assert model.asked == ([True] * 4 + [False] * 3) * 2
    assert history.column("train_metric") == history.column("validation_metric") == [0.0, 0.0]
    assert seen == [mode, mode]
    assert model.training is mode


@pytest.mark.parametrize("mode", [True, False])
def test_predictions_are_made_in_evaluation_mode(mode: bool) -> None:
    """As users of scikit-learn expect; also where the model fails, the mode is as it was."""
    model = Moody().train(mode)
    predict(model, XOR)
    predict_class(model, XOR)
    accuracy(model, XOR, LABELS)
    mean_loss(model, XOR, LABELS, "half_squared_error")
    assert model.asked == [False] * 18  # what an output means is asked once more
    assert model.training is mode
    with pytest.raises(IndexError):
        predict(model, [[]])
    with pytest.raises(IndexError):
        run(model, [[]], [0.0], loss="half_squared_error")
    assert model.training is mode


class Keeping(Module):
    """A network that remembers what it was given last."""

    def __init__(self) -> None:
        self.layer = Layer(2, 1, rng=0)

    def __call__(self, x: Any) -> Any:
        self.last = [Value(x_i) for x_i in x]
        return self.layer(self.last)


def test_inputs_that_a_call_keeps_are_said_to_have_become_parameters() -> None:
    """They cannot be told from parameters, but the model has more of these than before."""
    with pytest.warns(UserWarning, match=r"Keeping have left 2 leaves .* last\.0, last\.1: keep"):
        fit(Keeping(), XOR, LABELS, "half_squared_error", epochs=1, progress=False)
