"""`fit` with one sample after the other: learning, the history, and every way to end."""

from __future__ import annotations

import functools
import gc
import itertools
import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograd import Value
from nn import (
    MLP,
    SGD,
    Adam,
    ExponentialLR,
    History,
    Module,
    Neuron,
    accuracy,
    fit,
    half_squared_error,
    l2_penalty,
    mean_loss,
    predict,
    predict_class,
)

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
LABELS = [0, 1, 1, 0]
LINE = [[-1.0], [0.0], [1.0], [2.0]], [-1.5, 0.5, 2.5, 4.5]  # y = 2x + 0.5


def small(**options: Any) -> MLP:
    return MLP(2, [3, 1], activation="tanh", rng=1, **options)


def run(model: Module, inputs: Any = XOR, targets: Any = LABELS, **options: Any) -> History:
    """fit with few epochs and no progress bar."""
    defaults = {"loss": "binary_cross_entropy_with_logits", "epochs": 5, "progress": False}
    return fit(model, inputs, targets, **{**defaults, **options})


def line() -> Neuron:
    """A linear unit that starts at w = b = 0."""
    neuron = Neuron(1, activation="identity")
    neuron.w[0].data = 0.0
    return neuron


def numbers(model: Module) -> list[float]:
    return list(model.state_dict().values())


@pytest.fixture(autouse=True)
def _garbage_collector_as_before() -> Iterator[None]:
    """No test of this file may leave the collector switched off."""
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()


# --- learning -----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 2, None])
def test_xor_is_learnt(batch_size: int | None) -> None:
    """Online, in mini-batches and in batches."""
    model = MLP(2, [4, 1], activation="tanh", output="sigmoid", rng=2)
    history = run(
        model, loss="binary_cross_entropy", epochs=300, batch_size=batch_size,
        optimizer=Adam(model.parameters(), lr=0.05),
    )  # fmt: skip
    assert predict_class(model, XOR) == [0, 1, 1, 0]
    assert accuracy(model, XOR, LABELS) == 1.0
    assert history[-1]["train_loss"] < 0.05 < history[0]["train_loss"]


@pytest.mark.parametrize(("batch_size", "updates"), [(1, 5), (2, 3), (4, 2), (5, 1), (9, 1)])
def test_number_of_updates_in_an_epoch(batch_size: int, updates: int) -> None:
    """The last mini-batch may be smaller; a batch larger than the data is all of it."""
    steps = []

    class Counting(SGD):
        def step(self) -> None:
            steps.append(1)
            super().step()

    model = line()
    run(
        model, [[0.0], [1.0], [2.0], [3.0], [4.0]], [0.0] * 5, loss="half_squared_error",
        optimizer=Counting(model.parameters(), lr=0.01), epochs=1, batch_size=batch_size,
    )  # fmt: skip
    assert len(steps) == updates


def test_every_epoch_sees_every_sample_once_in_a_new_order() -> None:
    """Shuffled by the seed; in the given order without shuffling."""

    def orders(**options: Any) -> list[list[float]]:
        seen: list[float] = []

        def spy(y: Value, t: float) -> Value:
            seen.append(t)
            return half_squared_error(y, t)  # type: ignore[no-any-return]

        targets = [float(n) for n in range(10)]
        run(line(), [[0.0]] * 10, targets, loss=spy, epochs=3, batch_size=3, **options)
        return [seen[:10], seen[10:20], seen[20:]]

    straight = [float(n) for n in range(10)]
    shuffled = orders()
    assert [sorted(order) for order in shuffled] == [straight] * 3
    assert shuffled[0] != shuffled[1] != shuffled[2] != straight
    assert orders() == shuffled
    assert orders(seed=1) != shuffled
    assert orders(shuffle=False) == [straight] * 3


def test_gradients_do_not_pile_up_from_update_to_update() -> None:
    """Each step uses the gradient of its own batch, also after a backward pass of the user's."""
    used, fresh = line(), line()
    half_squared_error(used([3.0]), 7.0).backward()
    for model in (used, fresh):
        run(model, *LINE, loss="half_squared_error", epochs=3)
    assert numbers(used) == numbers(fresh)


def test_the_default_optimiser_is_plain_gradient_descent() -> None:
    """SGD with a learning rate of 0.1."""
    default, explicit = line(), line()
    run(default, *LINE, loss="half_squared_error")
    optimizer = SGD(explicit.parameters(), lr=0.1)
    run(explicit, *LINE, loss="half_squared_error", optimizer=optimizer)
    assert numbers(default) == numbers(explicit)


def test_only_the_parameters_of_the_optimiser_change() -> None:
    """To freeze a layer, give the optimiser the others."""
    model = small()
    frozen = model.layers[0].state_dict()
    before = model.layers[1].state_dict()
    run(model, optimizer=SGD(model.layers[1].parameters(), lr=0.1))
    assert model.layers[0].state_dict() == frozen
    assert model.layers[1].state_dict() != before


def test_penalty_is_added_to_every_batch() -> None:
    """With λ w² and E_n = ½ (w x - t)², x = 1: w -= η (w - t + 2 λ w); it is not in the loss."""
    model = line()
    history = run(
        model, [[1.0]], [3.0], loss="half_squared_error", epochs=2,
        optimizer=SGD([model.w[0]], lr=0.1), penalty=lambda: l2_penalty([model.w[0]], 0.25),
    )  # fmt: skip
    w = 0.0
    for epoch in range(2):
        assert history[epoch]["train_loss"] == pytest.approx(0.5 * (w - 3.0) ** 2, rel=1e-14)
        w -= 0.1 * (w - 3.0 + 2 * 0.25 * w)
    assert model.w[0].data == pytest.approx(w, rel=1e-14)


def test_schedule_steps_once_an_epoch() -> None:
    """The history has the learning rate that each epoch was learnt with."""
    model = line()
    optimizer = SGD(model.parameters(), lr=0.4)
    history = run(
        model, *LINE, loss="half_squared_error", epochs=4, batch_size=1, optimizer=optimizer,
        schedule=ExponentialLR(optimizer, gamma=0.5),
    )  # fmt: skip
    assert history.column("learning_rate") == [0.4, 0.2, 0.1, 0.05]
    assert optimizer.lr == 0.025


def test_numpy_data() -> None:
    """Arrays of inputs and targets give the numbers that lists give."""
    np = pytest.importorskip("numpy")
    from_lists, from_arrays = small(), small()
    run(from_lists, batch_size=1)
    run(from_arrays, np.array(XOR), np.array(LABELS), batch_size=1)
    assert numbers(from_lists) == numbers(from_arrays)
    column = small()
    run(column, np.array(XOR), np.array(LABELS).reshape(4, 1), batch_size=1)
    assert numbers(column) == numbers(from_lists)


def test_loss_by_name_or_as_a_function() -> None:
    """A function of one's own is called with the output and the target of one sample."""
    by_name, by_function = line(), line()
    run(by_name, *LINE, loss="half_squared_error")
    run(by_function, *LINE, loss=lambda y, t: 0.5 * (y - t) ** 2)
    assert numbers(by_function) == pytest.approx(numbers(by_name), rel=1e-14)


# --- repeatability ------------------------------------------------------------------------------


def test_the_same_seed_repeats_bit_for_bit() -> None:
    """Weights and history; another seed gives others."""
    runs = []
    for seed in (7, 7, 8):
        model = small()
        history = run(model, batch_size=1, epochs=20, seed=seed)
        runs.append((numbers(model), history.epochs))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_the_global_generator_has_no_say() -> None:
    """Neither read nor advanced."""
    import random

    random.seed(3)
    expected = random.random()
    random.seed(3)
    run(small(), batch_size=1)
    assert random.random() == expected


def test_rewinding_with_state_dict_repeats_exactly() -> None:
    """Model and optimiser go back to the middle; the second half comes out the same."""
    model = small()
    optimizer = Adam(model.parameters(), lr=0.05)
    run(model, batch_size=1, optimizer=optimizer, seed=0)
    middle, middle_of_optimizer = model.state_dict(), optimizer.state_dict()
    first = run(model, batch_size=1, optimizer=optimizer, seed=1)
    end = numbers(model)
    model.load_state_dict(middle)
    optimizer.load_state_dict(middle_of_optimizer)
    second = run(model, batch_size=1, optimizer=optimizer, seed=1)
    assert numbers(model) == end
    assert first.epochs == second.epochs
    assert end != list(middle.values())


# --- history ------------------------------------------------------------------------------------


def test_history_has_the_documented_keys() -> None:
    """More keys with validation data and with a metric."""

    def share(model: Module, inputs: Any, targets: Any) -> float:
        return len(inputs) / len(targets)

    always = {"epoch", "learning_rate", "train_loss"}
    half = XOR[:2], LABELS[:2]
    assert run(small())[0].keys() == always
    assert run(small(), validation=half)[0].keys() == always | {"validation_loss"}
    assert run(small(), metric=share)[0].keys() == always | {"train_share"}
    both = run(small(), validation=half, metric=share)
    assert both[0].keys() == always | {"validation_loss", "train_share", "validation_share"}
    assert both[0]["train_share"] == 1.0


def test_history_is_a_sequence_of_epochs() -> None:
    """len, index, iteration, and columns."""
    history = run(small(), epochs=3)
    assert len(history) == 3
    assert [record["epoch"] for record in history] == [1, 2, 3]
    assert history.column("epoch") == [1, 2, 3]
    assert history[-1] is history.epochs[2]
    assert history.column("validation_loss") == []
    assert history.stopped == "epochs"


def test_train_loss_is_the_mean_error_as_seen() -> None:
    """Before the update of its batch, whatever the reduction: here E = ½ (0 - t)² at first."""
    for reduction in ("mean", "sum"):
        history = run(line(), *LINE, loss="half_squared_error", epochs=1, reduction=reduction)
        errors = [0.5 * t**2 for t in LINE[1]]
        assert history[0]["train_loss"] == pytest.approx(sum(errors) / 4, rel=1e-14)


def test_validation_and_metric_are_measured_after_the_update() -> None:
    """On the data given for it, without an update: the parameters stay those of training."""
    held_out = [[3.0], [-3.0]], [6.5, -5.5]
    seen = []

    def slope(model: Neuron, inputs: Any, targets: Any) -> float:
        seen.append((inputs, targets))
        return model.w[0].data

    validated, plain = line(), line()
    history = run(validated, *LINE, loss="half_squared_error", validation=held_out, metric=slope)
    run(plain, *LINE, loss="half_squared_error")
    assert numbers(validated) == numbers(plain)
    w, b = validated.w[0].data, validated.b.data
    expected = (0.5 * (3 * w + b - 6.5) ** 2 + 0.5 * (-3 * w + b + 5.5) ** 2) / 2
    assert history[-1]["validation_loss"] == pytest.approx(expected, rel=1e-12)
    assert history[-1]["train_slope"] == history[-1]["validation_slope"] == w
    assert seen[:2] == [LINE, held_out]


def test_a_metric_needs_no_name_and_may_return_numpy_numbers() -> None:
    """A partial has none; the history holds plain floats, ready for JSON and for `is True`."""
    np = pytest.importorskip("numpy")

    def scaled(model: Module, inputs: Any, targets: Any, scale: float) -> Any:
        return np.float64(scale)

    history = run(small(), metric=functools.partial(scaled, scale=2.0))
    assert history[0]["train_scaled"] == 2.0
    assert type(history[0]["train_scaled"]) is float


# --- when it ends -------------------------------------------------------------------------------


def test_ends_by_tolerance() -> None:
    """When the loss changes by less from one epoch to the next, and not before."""
    history = run(line(), *LINE, loss="half_squared_error", epochs=1000, tolerance=1e-3)
    losses = history.column("train_loss")
    changes = [abs(b - a) for a, b in itertools.pairwise(losses)]
    assert history.stopped == "tolerance"
    assert changes[-1] < 1e-3 <= min(changes[:-1])


def test_tolerance_needs_two_epochs() -> None:
    """The first loss has nothing to be compared with."""
    history = run(line(), *LINE, loss="half_squared_error", tolerance=1e9)
    assert (len(history), history.stopped) == (2, "tolerance")


def test_ends_by_target_loss() -> None:
    """As soon as the loss is at most that."""
    history = run(line(), *LINE, loss="half_squared_error", epochs=1000, target_loss=0.01)
    losses = history.column("train_loss")
    assert history.stopped == "target"
    assert losses[-1] <= 0.01 < min(losses[:-1])


def test_ends_by_patience_with_the_best_parameters() -> None:
    """The validation loss rises from the start, as the two data sets contradict each other."""
    model = line()
    slopes = []

    def remember(history: History) -> None:
        slopes.append(model.w[0].data)

    history = run(
        model, *LINE, loss="half_squared_error", epochs=100, patience=3, callbacks=[remember],
        validation=([[1.0]], [0.7]),
    )  # fmt: skip
    losses = history.column("validation_loss")
    best = losses.index(min(losses))
    assert history.stopped == "patience"
    assert len(history) == best + 1 + 3
    assert model.w[0].data == slopes[best] != slopes[-1]
    assert mean_loss(model, [[1.0]], [0.7], "half_squared_error") == min(losses)


def test_patience_returns_the_best_parameters_even_if_epochs_run_out() -> None:
    """The last epochs were worse, though not often enough to stop."""
    model = line()
    history = run(
        model, *LINE, loss="half_squared_error", epochs=4, patience=10,
        validation=([[1.0]], [0.7]),
    )  # fmt: skip
    losses = history.column("validation_loss")
    assert history.stopped == "epochs"
    assert losses[-1] > min(losses)
    assert mean_loss(model, [[1.0]], [0.7], "half_squared_error") == min(losses)


def test_a_loss_that_stays_the_same_is_no_improvement() -> None:
    """Nothing moves with a learning rate of 0: one best epoch, and three more."""
    model = line()
    history = run(
        model, *LINE, loss="half_squared_error", epochs=50, patience=3, validation=LINE,
        optimizer=SGD(model.parameters(), lr=0.0),
    )  # fmt: skip
    assert (len(history), history.stopped) == (4, "patience")


def test_limits_are_inclusive_or_not_as_documented() -> None:
    """A loss of at most the target ends training; a change must be less than the tolerance."""
    perfect = line()
    perfect.w[0].data, perfect.b.data = 2.0, 0.5
    history = run(perfect, *LINE, loss="half_squared_error", target_loss=0.0)
    assert (len(history), history.stopped) == (1, "target")
    history = run(perfect, *LINE, loss="half_squared_error", tolerance=0.0)
    assert (len(history), history.stopped) == (5, "epochs")


def test_patience_starts_anew_with_every_improvement() -> None:
    """A loss that keeps falling is never stopped."""
    history = run(
        line(), *LINE, loss="half_squared_error", epochs=30, patience=1, validation=LINE,
        optimizer=None,
    )  # fmt: skip
    assert (len(history), history.stopped) == (30, "epochs")


def test_patience_without_an_improvement_keeps_the_last_parameters() -> None:
    """A validation loss that is nan in every epoch has no best one."""
    trained, plain = line(), line()

    def loss(y: Any, t: float) -> Any:
        return half_squared_error(y, t) if t < 9.0 else Value(math.nan)

    history = run(trained, *LINE, loss=loss, patience=2, validation=([[1.0]], [9.0]))
    run(plain, *LINE, loss="half_squared_error", epochs=2)
    assert (len(history), history.stopped) == (2, "patience")
    assert numbers(trained) == numbers(plain)


def test_ends_by_callback() -> None:
    """By True alone; every callback is called after each epoch, with the history so far."""
    lengths: list[int] = []
    history = run(
        line(), *LINE, loss="half_squared_error", epochs=10,
        callbacks=[lambda h: len(h) == 3, lambda h: lengths.append(len(h)), lambda h: "truthy"],
    )  # fmt: skip
    assert history.stopped == "callback"
    assert lengths == [1, 2, 3]


def test_callbacks_may_be_an_iterator() -> None:
    """They are called in every epoch, not only in the first."""
    lengths: list[int] = []
    run(line(), *LINE, loss="half_squared_error", epochs=3,
        callbacks=iter([lambda h: lengths.append(len(h))]))  # fmt: skip
    assert lengths == [1, 2, 3]


@pytest.mark.parametrize("compiled", [False, True])
def test_of_several_reasons_the_strongest_is_given(compiled: bool) -> None:
    """Every rule is asked after each epoch, also where another has said stop."""
    if compiled:
        pytest.importorskip("numpy")
    calls: list[str] = []

    def callback(history: History) -> bool:
        calls.append(history.stopped)
        return True

    weak = {"patience": 1, "validation": LINE}
    stronger = {"tolerance": 1e9}
    strong = {"target_loss": 1e9}
    strongest = {"callbacks": [callback]}
    still = {"loss": "half_squared_error", "compiled": compiled, "shuffle": False}
    reasons = []
    together: dict[str, Any] = {}
    for options in (weak, stronger, strong, strongest):
        together |= options
        model = line()
        optimizer = SGD(model.parameters(), lr=0.0)
        history = run(model, *LINE, optimizer=optimizer, **still, **together)
        reasons.append((history.stopped, len(history)))
    assert reasons == [("patience", 2), ("tolerance", 2), ("target", 1), ("callback", 1)]
    assert calls == ["epochs"]


def test_ends_when_it_diverges() -> None:
    """At the first loss that is not finite, without an exception."""
    model = line()
    optimizer = SGD(model.parameters(), lr=1e200)
    history = run(model, *LINE, loss="half_squared_error", epochs=50, optimizer=optimizer)
    assert history.stopped == "diverged"
    assert not math.isfinite(history[-1]["train_loss"])
    assert all(math.isfinite(loss) for loss in history.column("train_loss")[:-1])
    assert len(history) < 5


# --- interruptions and errors -------------------------------------------------------------------


def interrupt_at(n: int, error: BaseException) -> Callable[[Any, Any], Any]:
    """A loss that raises when it is called for the n-th time."""
    calls = iter(range(1, 1_000_000))

    def loss(y: Any, t: Any) -> Any:
        if next(calls) == n:
            raise error
        return half_squared_error(y, t)

    return loss


def test_ctrl_c_in_the_loss_keeps_what_was_learnt() -> None:
    """In epoch 4: three epochs in the history, and the model where they had brought it."""
    interrupted, complete = line(), line()
    history = run(interrupted, *LINE, loss=interrupt_at(14, KeyboardInterrupt()), epochs=10)
    run(complete, *LINE, loss="half_squared_error", epochs=3)
    assert history.stopped == "interrupted"
    assert len(history) == 3
    assert numbers(interrupted) == numbers(complete)


def test_ctrl_c_in_a_callback_keeps_what_was_learnt() -> None:
    """The epoch that had just been completed counts."""

    def stop(history: History) -> None:
        if len(history) == 2:
            raise KeyboardInterrupt

    interrupted, complete = line(), line()
    history = run(interrupted, *LINE, loss="half_squared_error", callbacks=[stop])
    run(complete, *LINE, loss="half_squared_error", epochs=2)
    assert (history.stopped, len(history)) == ("interrupted", 2)
    assert numbers(interrupted) == numbers(complete)


def test_ctrl_c_before_the_first_epoch_is_complete() -> None:
    """An empty history, and an untouched model."""
    model = line()
    history = run(model, *LINE, loss=interrupt_at(2, KeyboardInterrupt()))
    assert (history.stopped, len(history)) == ("interrupted", 0)
    assert numbers(model) == [0.0, 0.0]


def test_ctrl_c_with_patience_returns_the_best_parameters() -> None:
    """As at every other end."""

    def stop(history: History) -> None:
        if len(history) == 4:
            raise KeyboardInterrupt

    model = line()
    history = run(
        model, *LINE, loss="half_squared_error", patience=10, callbacks=[stop],
        validation=([[1.0]], [0.7]),
    )  # fmt: skip
    losses = history.column("validation_loss")
    assert losses[-1] > min(losses)
    assert mean_loss(model, [[1.0]], [0.7], "half_squared_error") == min(losses)


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": interrupt_at(3, KeyboardInterrupt())},
        {"loss": interrupt_at(3, ArithmeticError("boom"))},
        {"epochs": 0},
        {"loss": "no such loss"},
        {"callbacks": [lambda h: 1 / 0]},
        {"callbacks": [lambda h: True]},
    ],
    ids=["complete", "interrupted", "error", "argument", "loss", "callback error", "stopped"],
)
def test_the_garbage_collector_is_left_as_it_was(options: dict[str, Any], enabled: bool) -> None:
    """On or off, however training ends."""
    (gc.enable if enabled else gc.disable)()
    try:
        run(line(), *LINE, **{"loss": "half_squared_error", **options})
    except (ArithmeticError, ValueError):
        assert options
    finally:
        was = gc.isenabled()
        gc.enable()
    assert was == enabled


def test_the_garbage_collector_is_paused_meanwhile() -> None:
    """Graphs have no cycles: nothing is left for it to find."""
    states = []
    run(
        line(),
        *LINE,
        loss="half_squared_error",
        callbacks=[lambda h: states.append(gc.isenabled())],
    )
    assert states == [False] * 5


@pytest.mark.parametrize("n", [1, 3, 6])
def test_an_error_in_the_loss_leaves_the_parameters_of_the_last_update(n: int) -> None:
    """It comes through to the caller; no parameter is half updated or not a float."""
    broken, complete = line(), line()
    with pytest.raises(RuntimeError, match="boom"):
        run(broken, *LINE, loss=interrupt_at(n, RuntimeError("boom")), batch_size=1, shuffle=False)
    for x, t in (list(zip(*LINE)) * 2)[: n - 1]:
        run(complete, [x], [t], loss="half_squared_error", epochs=1)
    assert numbers(broken) == numbers(complete)
    assert predict(broken, [[1.0]]) == predict(complete, [[1.0]])
    run(broken, *LINE, loss="half_squared_error")  # can be trained further


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": [], "targets": []}, ValueError, "no samples"),
        ({"targets": [0, 1]}, ValueError, "4 inputs, but 2 targets"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ({"epochs": 2.5}, TypeError, "epochs"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"batch_size": 1.5}, TypeError, "batch_size"),
        ({"loss": "bce"}, ValueError, "no loss 'bce'; choose from half_squared_error"),
        ({"loss": "half_squared_eror"}, ValueError, "did you mean 'half_squared_error'"),
        ({"loss": None}, TypeError, "loss"),
        ({"reduction": "avg"}, ValueError, "reduction must be one of 'mean', 'sum', got 'avg'"),
        ({"patience": 3}, ValueError, "patience needs validation"),
        (
            {"patience": 0, "validation": (XOR, LABELS)},
            ValueError,
            "patience must be at least 1, got 0",
        ),
        ({"validation": (XOR, [1])}, ValueError, "4 validation inputs, but 1 targets"),
        ({"validation": ([], [])}, ValueError, "no validation samples"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """They are found before any work: the model is not even called."""

    class Untouchable(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, x: Any) -> Value:
            raise AssertionError("the model was called")

    with pytest.raises(error, match=message):
        run(Untouchable(), **arguments)


def test_samples_that_are_bare_numbers() -> None:
    """One feature still needs a list for each sample, and the message shows it."""
    with pytest.raises(TypeError, match=r"sequence of inputs, such as \[0\.5\]"):
        run(line(), [1.0, 2.0], [1.0, 2.0], loss="half_squared_error")


def test_a_model_without_parameters() -> None:
    """There is nothing to learn."""
    with pytest.raises(ValueError, match="0 parameters"):
        run(Module())


# --- the progress bar ---------------------------------------------------------------------------


def test_progress_shows_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with the losses; nothing on stdout."""
    pytest.importorskip("tqdm")
    run(small(), progress=True, validation=(XOR, LABELS))
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"100%.*5/5 .*train_loss=0\.\d+, val loss=0\.\d+", err)


def test_no_progress_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """progress=False writes nothing at all."""
    run(small(), progress=False)
    assert capsys.readouterr() == ("", "")


def test_progress_without_tqdm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """True says what to install, before training; the default does without."""
    for module in [name for name in sys.modules if name.split(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    model = small()
    before = numbers(model)
    with pytest.raises(ImportError, match="pip install"):
        run(model, progress=True)
    assert numbers(model) == before
    assert gc.isenabled()
    assert len(run(model, progress=None)) == 5
    assert capsys.readouterr() == ("", "")
