"""Training that goes on: five epochs and five are ten, to the last bit, from any epoch kept."""

from __future__ import annotations

import copy
import functools
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import runs
from autograd import Value
from nn import (
    MLP,
    SGD,
    Adam,
    Dropout,
    History,
    LambdaLR,
    Layer,
    Module,
    Neuron,
    Sequential,
    StepLR,
    fit,
    half_squared_error,
)
from runs import HELD_OUT, Run, T, X

# --- five and five are ten ----------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [
        ("SGD", "StepLR"), ("Adagrad", "ExponentialLR"), ("RMSprop", ""),
        ("SGD", "ReduceLROnPlateau"),
        ("Adam", "CosineAnnealingLR"), ("AdamW", "StepLR"),
    ],
)  # fmt: skip
def test_five_epochs_and_five_are_ten(optimizer: str, schedule: str, compiled: bool) -> None:
    """Weights, optimiser, schedule, order and history, in a model built anew and in the same."""
    if compiled:
        pytest.importorskip("numpy")
    whole, half, other = [Run(optimizer, schedule, compiled) for _ in range(3)]
    expected = whole.fit(10)
    first = half.fit(5)
    assert half.state() != whole.state()
    assert half.fit(5, resume=first) == expected
    assert half.state() == whole.state()
    assert other.fit(5, resume=first) == expected
    assert other.state() == whole.state()
    assert len(first) == 5


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("patience", [1, 2, 4, 30])
def test_patience_counts_on(patience: int, compiled: bool) -> None:
    """The best parameters, and for how long none were better, also where it stops by itself."""
    if compiled:
        pytest.importorskip("numpy")
    options = {"patience": patience, "validation": HELD_OUT}
    for split in (1, 2, 3, 5):
        whole, parts = Run("SGD", compiled=compiled), Run("SGD", compiled=compiled)
        expected = whole.fit(14, **options)
        if len(expected) <= split:
            continue
        history = parts.fit(split, **options)
        history = parts.fit(14 - split, resume=history, **options)
        assert history == expected
        assert parts.model.state_dict() == whole.model.state_dict()
    assert (len(expected) < 14) == (patience < 30)


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {"batch_size": 1},
        {"batch_size": None},
        {"batch_size": 2, "accumulate": 2, "clip_norm": 0.05},
        {"schedule": lambda optimizer: LambdaLR(optimizer, lambda epoch: 0.9**epoch)},
        {"optimizer": "adam", "lr": 0.01, "schedule": None},
    ],
)
def test_other_orders(options: dict[str, Any]) -> None:
    """Without shuffling, online, in one batch, accumulated; what is built from a name."""
    whole, parts = Run(), Run()
    expected = whole.fit(6, **options)
    history = parts.fit(1, **options)
    for _ in range(5):
        history = parts.fit(1, resume=history, **options)
    assert history == expected
    assert parts.state() == whole.state()


def test_a_generator_goes_on_from_where_it_was() -> None:
    """In place of a seed, it may have moved on between the two calls."""
    whole, parts = Run(), Run()
    expected = whole.fit(6, seed=random.Random(8))
    generator = random.Random(8)
    history = parts.fit(2, seed=generator)
    generator.shuffle([1, 2, 3])
    assert parts.fit(4, resume=history, seed=generator) == expected
    assert parts.state() == whole.state()


def test_dropout_draws_on(tmp_path: Path) -> None:
    """In a model that was built anew, through a file."""
    models = [Sequential(Layer(2, 4, rng=0), Dropout(0.5, rng=1), Layer(4, 2, rng=2))
              for _ in range(3)]  # fmt: skip
    options: dict[str, Any] = {"loss": "mean_squared_error", "progress": False}
    expected = fit(models[0], X, T, epochs=4, **options)
    fit(models[1], X, T, epochs=1, **options).save(tmp_path / "run.json")
    history = History.load(tmp_path / "run.json")
    assert fit(models[2], X, T, epochs=3, resume=history, **options).epochs == expected.epochs
    assert models[2].state_dict() == models[0].state_dict()


def test_rules_see_the_earlier_epochs() -> None:
    """A tolerance compares with the last loss before; callbacks get the whole history."""
    lengths: list[int] = []
    run = Run()
    history = run.fit(3)
    history = run.fit(
        5, resume=history, tolerance=1e9, callbacks=[lambda h: lengths.append(len(h))]
    )
    assert (len(history), history.stopped, lengths) == (4, "tolerance", [4])


def test_what_a_callback_changes_is_part_of_the_state() -> None:
    """Here the learning rate, which it halves."""

    def halve(history: History) -> None:
        run.optimizer.lr /= 2

    states = []
    for epochs in ([4], [2, 2]):
        run = Run(schedule="")
        history = None
        for n in epochs:
            history = run.fit(n, resume=history, callbacks=[halve])
        states.append((run.state(), history))
    assert states[0] == states[1]


class Noisy(Module):
    """A unit that draws numbers while it computes, as dropout does."""

    def __init__(self, draw: str, rng: Any) -> None:
        self.neuron = Neuron(2, rng=0)
        self.draw, self.parts = draw, [{"rng": rng}]

    def __call__(self, x: Any) -> Any:
        return self.neuron(x) + 0.1 * float(getattr(self.parts[0]["rng"], self.draw)(0.0, 1.0))


@pytest.mark.parametrize("kind", ["Random", "PCG64", "MT19937"])
def test_generators_of_the_model_go_on(tmp_path: Path, kind: str) -> None:
    """In memory and through a file; gauss keeps a second number for the next call."""

    def build() -> Noisy:
        if kind == "Random":
            return Noisy("gauss", random.Random(5))
        generators = pytest.importorskip("numpy.random")
        return Noisy("normal", generators.Generator(getattr(generators, kind)(5)))

    runs = []
    for through_a_file in (False, True):
        whole, parts = build(), build()
        options: dict[str, Any] = {"loss": half_squared_error, "progress": False}
        inputs, targets = X[:5], [t[0] for t in T[:5]]
        expected = fit(whole, inputs, targets, epochs=2, **options)
        history = fit(parts, inputs, targets, epochs=1, **options)
        if through_a_file:
            history.save(tmp_path / "run.json")
            history, parts = History.load(tmp_path / "run.json"), build()
        history = fit(parts, inputs, targets, epochs=1, resume=history, **options)
        assert history.epochs == expected.epochs
        assert parts.state_dict() == whole.state_dict()
        runs.append(whole.state_dict())
    assert runs[0] == runs[1]


def test_parameters_that_the_optimiser_alone_has() -> None:
    """A scale of the loss, which is no part of the model."""
    states = []
    for epochs in ([4], [2, 2]):
        model, history = Neuron(2, rng=0), None
        scale = Value(1.5)
        scaled = functools.partial(lambda scale, y, t: (scale * y - t) ** 2, scale)
        for n in epochs:
            optimizer = Adam([*model.parameters(), scale])
            history = fit(
                model, X, [t[0] for t in T], scaled, epochs=n,
                optimizer=optimizer, resume=history, progress=False,
            )  # fmt: skip
            end = scale.data
            scale.data = 0.0  # put back by the history
        states.append((model.state_dict(), end))
    assert states[0] == states[1]


# --- another process ----------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:3]
from nn import History
from runs import HELD_OUT, Run
run = Run(compiled=sys.argv[4] == "True")
options = {"patience": 9, "validation": HELD_OUT} if sys.argv[5] == "True" else {}
history = run.fit(5, resume=History.load(sys.argv[3]), **options)
history.save(sys.argv[3])
print(run.state())
"""


@pytest.mark.parametrize("patience", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_file_goes_on_in_another_process(tmp_path: Path, compiled: bool, patience: bool) -> None:
    """History, weights and states have the same bits there."""
    if compiled:
        pytest.importorskip("numpy")
    options: dict[str, Any] = {"patience": 9, "validation": HELD_OUT} if patience else {}
    path = tmp_path / "run.json"
    whole = Run(compiled=compiled)
    expected = whole.fit(10, **options)
    Run(compiled=compiled).fit(5, **options).save(path)
    root = str(Path(nn.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, root, str(Path(runs.__file__).parent), str(path),
         str(compiled), str(patience)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == str(whole.state()), done.stderr
    loaded = History.load(path)
    assert loaded.epochs == expected.epochs
    restored = Run(compiled=compiled)
    expected.restore(restored.model, restored.optimizer, restored.schedule)
    other = Run(compiled=compiled)
    loaded.restore(other.model, other.optimizer, other.schedule)
    assert restored.state() == other.state()


@given(st.lists(st.floats(), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_any_floats_survive_the_file(tmp_path_factory: Any, numbers: list[float]) -> None:
    """Subnormal, infinite and nan: in parameters and in what the optimiser remembers."""
    path = tmp_path_factory.mktemp("run") / "run.json"
    model = Neuron(2)
    optimizer = SGD(model.parameters())
    history = fit(model, X[:1], [0.0], "half_squared_error", optimizer=optimizer, epochs=1,
                  progress=False)  # fmt: skip
    for parameter, x in zip(model.parameters(), numbers):
        parameter.data = x
    optimizer.states = [(x,) for x in numbers]
    history = fit(model, X[:1], [0.0], lambda y, t: 0 * y, optimizer=optimizer, epochs=1,
                  progress=False)  # fmt: skip
    expected = repr((model.state_dict(), optimizer.state_dict()))
    history.save(path)
    History.load(path).restore(model, optimizer)
    assert repr((model.state_dict(), optimizer.state_dict())) == expected


# --- back to an epoch ---------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("through_a_file", [False, True])
def test_rewind_to_every_epoch_kept(tmp_path: Path, compiled: bool, through_a_file: bool) -> None:
    """From each, training comes to the same end, with the same weights on the way."""
    if compiled:
        pytest.importorskip("numpy")
    options = {"patience": 30, "validation": HELD_OUT, "keep": 2}
    whole = Run(compiled=compiled)
    expected = whole.fit(9, **options)
    assert sorted(expected.checkpoints) == [0, 2, 4, 6, 8, 9]
    kept = expected
    if through_a_file:
        expected.save(tmp_path / "run.json")
        kept = History.load(tmp_path / "run.json")
    run = Run(compiled=compiled)
    for epoch in (8, 0, 4, 6, 2):
        rewound = kept.rewind(epoch)
        assert len(rewound) == epoch
        rewound.restore(run.model, run.optimizer, run.schedule)
        stopped = Run(compiled=compiled)
        if epoch:
            short = stopped.fit(epoch, **{**options, "patience": None})
            assert run.state() == stopped.state()
            assert rewound.epochs == short.epochs
        assert run.fit(9 - epoch, resume=rewound, **options).epochs == expected.epochs
        assert run.model.state_dict() == whole.model.state_dict()
    assert len(kept) == 9


def test_without_keep_only_the_last_epoch_is_kept() -> None:
    """Each needs memory; and the message says how to get more."""
    run = Run()
    history = run.fit(4)
    assert list(history.checkpoints) == [4]
    with pytest.raises(ValueError, match=r"epoch 3 is not among those kept, \[4\].*keep=1"):
        history.rewind(3)
    assert sorted(run.fit(3, resume=history, keep=3).checkpoints) == [6, 7]
    assert sorted(Run().fit(3, keep=True).checkpoints) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="keep must be at least 1, got 0"):
        run.fit(keep=0)


def test_the_parameters_alone() -> None:
    """Those that the last epoch ended with, not the best ones, to which `fit` returned."""
    ends: list[dict[str, float]] = []
    run = Run("SGD")
    history = run.fit(
        14, patience=1, validation=HELD_OUT,
        callbacks=[lambda h: ends.append(run.model.state_dict())],
    )  # fmt: skip
    assert history.stopped == "patience"
    model = Run().model
    history.restore(model)
    assert model.state_dict() == ends[-1] != run.model.state_dict() == ends[-2]


# --- interruptions ------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("at", [1, 7, 31, 32, 33, 38])
def test_an_interrupted_run_goes_on_from_its_last_whole_epoch(at: int, compiled: bool) -> None:
    """Ctrl-C in the middle of an epoch, whose updates are made again."""
    if compiled:
        pytest.importorskip("numpy")

    class Interrupted(Adam):
        calls = 0

        def update(self, *arguments: Any) -> Any:
            Interrupted.calls += 1
            if Interrupted.calls == at * 17:
                raise KeyboardInterrupt
            return super().update(*arguments)

    runs = []
    for stops in (False, True):
        run = Run(compiled=compiled)
        Interrupted.calls = -(10**9)
        run.optimizer = Interrupted(run.model.parameters(), lr=0.05)
        run.schedule = StepLR(run.optimizer, step_size=3)
        Interrupted.calls = 0 if stops else -(10**9)
        history = run.fit(10)
        assert history.stopped == ("interrupted" if stops else "epochs")
        if stops:
            assert len(history) == (at - 1) // 4
            history = run.fit(10 - len(history), resume=history)
        runs.append((history, run.state()))
    assert runs[0] == runs[1]


def test_an_interruption_in_a_callback() -> None:
    """The epoch is whole by then."""

    def stop(history: History) -> None:
        if len(history) == 3:
            raise KeyboardInterrupt

    whole, run = Run(), Run()
    expected = whole.fit(6)
    history = run.fit(6, callbacks=[stop])
    assert (history.stopped, len(history)) == ("interrupted", 3)
    assert run.fit(3, resume=history) == expected
    assert run.state() == whole.state()


def test_a_callback_may_save(tmp_path: Path) -> None:
    """After every epoch, so that a crash costs one epoch at most."""

    def save(history: History) -> None:
        history.save(tmp_path / "run.json")
        if len(history) == 4:
            raise RuntimeError("power failure")

    whole, run = Run(), Run()
    expected = whole.fit(6)
    with pytest.raises(RuntimeError, match="power failure"):
        run.fit(6, callbacks=[save])
    run = Run()
    history = run.fit(2, resume=History.load(tmp_path / "run.json"))
    assert history.epochs == expected.epochs
    assert run.state() == whole.state()


# --- what does not fit --------------------------------------------------------------------------


def wider() -> Run:
    run = Run()
    run.model = MLP(2, [4, 2], activation="tanh", rng=4)
    run.optimizer = Adam(run.model.parameters())
    run.schedule = StepLR(run.optimizer, step_size=3)
    return run


def partly() -> Run:
    run = Run()
    run.optimizer = Adam(run.model.layers[1].parameters())
    run.schedule = StepLR(run.optimizer, step_size=3)
    return run


class Bare:
    """A schedule without state_dict."""

    def step(self) -> None: ...


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (wider, {}, r"parameter 'layers\.1\.neurons\.0\.w\.0'.*'layers\.0\.neurons\.3\.w\.0'"),
        (partly, {}, r"parameter of the optimiser.*'layers\.0.*'layers\.1"),
        (lambda: Run("SGD"), {}, "optimizer 'Adam', here it is 'SGD'"),
        (lambda: Run(schedule=""), {}, "schedule 'StepLR', here it is None"),
        (lambda: Run(schedule="ExponentialLR"), {}, "schedule 'StepLR', here it is 'Expon"),
        (Run, {"schedule": Bare()}, "schedule 'StepLR', here it is 'Bare'"),
        (Run, {"optimizer": None, "schedule": None}, "'Adam', here it is 'SGD'"),
        (Run, {"inputs": X[1:], "targets": T[1:]}, "number of samples 13, here it is 12"),
        (Run, {"shuffle": False}, "shuffles 'Random', here it is None"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_history_of_something_else_is_refused(
    build: Callable[[], Run], options: dict[str, Any], message: str, compiled: bool
) -> None:
    """Both are named, and nothing has been changed."""
    if compiled:
        pytest.importorskip("numpy")
    history = Run().fit(2)
    before = copy.deepcopy(history)
    run = build()
    state = run.state()
    with pytest.raises(ValueError, match=rf"the history does not fit.*{message}"):
        run.fit(5, resume=history, compiled=compiled, **options)
    assert run.state() == state
    assert history == before


def test_a_schedule_that_cannot_be_put_back() -> None:
    """It trains, but its history is none to go on from."""
    run = Run()
    run.schedule = Bare()
    history = run.fit(2)
    with pytest.raises(ValueError, match=r"give Bare the methods state_dict\(\) and load_state"):
        run.fit(2, resume=history)


def test_what_is_no_history() -> None:
    """Such as the path of one; the message says how to read it."""
    with pytest.raises(TypeError, match=r"resume is 'run.json': pass .* History\.load\(path\)"):
        Run().fit(2, resume="run.json")


def test_a_history_made_by_hand_has_nothing_to_go_on_from() -> None:
    """It keeps no state."""
    with pytest.raises(ValueError, match="has no checkpoints: go on from one that fit returned"):
        Run().fit(2, resume=History([{"epoch": 1, "train_loss": 0.5}]))
