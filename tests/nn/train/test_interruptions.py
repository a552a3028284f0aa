"""Wherever training is interrupted, what has been learnt is that of whole updates."""

from __future__ import annotations

import gc
import json
import linecache
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from interrupting import at_every_line, at_random
from nn import (
    MLP,
    SGD,
    Adam,
    CosineAnnealingLR,
    History,
    Module,
    Neuron,
    ReduceLROnPlateau,
    clip_grad_norm_,
    clip_grad_value_,
    fit,
    half_squared_error,
    load,
    save,
    train,
)

# A generator that is struck while it is closed cannot pass that on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
HERE = Path(train.__file__).parent
UPDATE = ["optimizers", "learner", "clipping", "compiled"]
EVERYTHING = sorted({path.stem for path in HERE.glob("*.py")} - {"interruption"})  # of signals
WRITING = ("autograd/writing.py", "autograd/leaves.py")
X = [[0.5, -1.0], [1.5, 0.3], [-0.4, 0.8], [0.9, 0.7]]
T = [0.3, -0.7, 0.2, 1.1]


def files(names: list[str]) -> list[str]:
    return [*WRITING, *[f"nn/train/{name}.py" for name in names]]


class Task:
    """A model and what trains it, in updates of two samples."""

    def __init__(self, compiled: bool = False, model: Module | None = None) -> None:
        self.model = Neuron(2, activation="tanh", rng=3) if model is None else model
        self.optimizer = Adam(self.model.parameters(), lr=0.05, amsgrad=True)
        self.compiled, self.history, self.inside = compiled, History(), 0

    def __enter__(self) -> None:
        """Be a callback that is entered and left."""
        self.inside += 1

    def __exit__(self, *error: object) -> None:
        self.inside -= 1

    def __call__(self, history: History) -> None:
        assert self.inside == 1

    def fit(self, epochs: int = 2, **options: Any) -> History:
        defaults = {"inputs": X, "targets": T, "loss": "half_squared_error", "shuffle": False}
        self.history = fit(
            self.model, epochs=epochs, batch_size=2, compiled=self.compiled, progress=False,
            optimizer=self.optimizer, callbacks=[self], clip_norm=0.5, clip_value=0.4,
            **{**defaults, **options},
        )  # fmt: skip
        return self.history

    def is_struck(self, **options: Any) -> None:
        """Train, and let what `fit` says of an interruption be one for the test, too."""
        if self.fit(**options).stopped == "interrupted":
            raise KeyboardInterrupt

    def state(self) -> str:
        """Return every number of parameters and optimiser, with all its digits."""
        return json.dumps([self.model.state_dict(), self.optimizer.state_dict()])


def states(compiled: bool, epochs: int, build: Callable[[], Module | None]) -> dict[str, int]:
    """Return the state after each update of an undisturbed run, made by calls of one update."""
    task = Task(compiled, build())
    found = [task.state()]
    for _ in range(epochs):
        for k in (0, 2):
            task.fit(1, inputs=X[k : k + 2], targets=T[k : k + 2])
            found.append(task.state())
    assert len(set(found)) == 2 * epochs + 1
    return {state: n for n, state in enumerate(found)}


def left(task: Task) -> list[str]:
    """Return what is not as it was before training."""
    found = {
        "callback": task.inside == 0,
        "collector": gc.isenabled(),
        "handler": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "parameters": all(type(p) is Value for p in task.model.parameters()),
        "mode": all(part.training for _, part in task.model.named_modules()),
    }
    return [name for name, is_right in found.items() if not is_right]


@pytest.fixture(autouse=True)
def _python_handles_signals() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    gc.enable()


# --- at every line ------------------------------------------------------------------------------


def struck_everywhere(compiled: bool, names: list[str], epochs: int) -> None:
    known = states(compiled, epochs, lambda: None)
    whole = Task(compiled)
    whole.fit(epochs)
    seen = set()
    for strike in at_every_line(*files(names)):
        task = Task(compiled)
        strike(lambda task=task: task.is_struck(epochs=epochs))
        assert task.state() in known, strike
        if strike.place.endswith("(fit, line)"):
            task.inside = 0  # between the end of a block and its `__exit__` no signal is handled
        assert left(task) == [], strike
        seen.add(known[task.state()])
        kept = task.history if task.history.checkpoints else None
        done = 0 if kept is None else len(kept.rewind())
        if kept is not None and done < epochs:
            assert task.fit(epochs - done, resume=kept).epochs == whole.history.epochs, strike
            assert task.state() == whole.state(), strike
    assert seen >= ({*range(2 * epochs + 1)} if not compiled else {0, 2 * epochs})


def test_an_update_is_whole_or_not_made() -> None:
    """Parameters, moments and counts, wherever it is struck."""
    struck_everywhere(False, UPDATE, epochs=1)


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True])
def test_training_is_whole_at_every_line(compiled: bool) -> None:
    """Modes, callbacks and checkpoints, too."""
    struck_everywhere(compiled, EVERYTHING, epochs=1 if compiled else 2)


Edit = tuple[Callable[[], Any], Callable[[], Any]]  # what is struck, and what it may change


def edit_of_module(name: str, *arguments: Any) -> Edit:
    model = MLP(2, [2, 1], rng=0)
    model([0.3, 0.4]).backward()  # type: ignore[union-attr]
    if name == "load_state_dict":
        arguments = (dict.fromkeys(model.state_dict(), 0.25),)
    parts = [part for _, part in model.named_modules()]
    return (
        lambda: getattr(model, name)(*arguments),
        lambda: (
            [(p.data, p.grad, p.has_grad, p.requires_grad) for p in model.parameters()],
            [part.training for part in parts],
        ),
    )


def edit_of_gradients(clip: Callable[..., Any]) -> Edit:
    parameters = MLP(2, [2, 1], rng=0).parameters()
    for p in parameters:
        p.grad = 3.0
    return lambda: clip(parameters, 0.5), lambda: [p.grad for p in parameters]


def edit_by_a_schedule(make: Callable[[SGD], Any], *arguments: Any) -> Edit:
    optimizer = SGD([Value(1.0)], lr=0.5)
    schedule = make(optimizer)
    return (
        lambda: schedule.step(*arguments),
        lambda: (schedule.state_dict(), optimizer.lr, optimizer.initial_lr),
    )


def edit_by_a_history() -> Edit:
    """A model, its optimiser and a schedule, put back to an earlier epoch."""
    task = Task()
    schedule = CosineAnnealingLR(task.optimizer, 9)
    history = task.fit(4, keep=1, schedule=schedule).rewind(1)
    return (
        lambda: history.restore(task.model, task.optimizer, schedule),
        lambda: (task.state(), schedule.state_dict(), schedule.get_last_lr()),
    )


def edit_by_a_file(path: Path) -> Edit:
    saved, model = [MLP(2, [2, 1], rng=seed) for seed in (1, 2)]
    saved.layers[0].requires_grad_(False)
    save(saved, path, {"by": "me"})
    return lambda: load(path, model), lambda: (
        [(p.data, p.requires_grad) for p in model.parameters()],
        getattr(model, "metadata", None),
    )


EDITS: dict[str, Callable[[Path], Edit]] = {
    "load_state_dict": lambda _: edit_of_module("load_state_dict"),
    "requires_grad_": lambda _: edit_of_module("requires_grad_", False),
    "zero_grad": lambda _: edit_of_module("zero_grad"),
    "eval": lambda _: edit_of_module("eval"),
    "clip_grad_norm_": lambda _: edit_of_gradients(clip_grad_norm_),
    "clip_grad_value_": lambda _: edit_of_gradients(clip_grad_value_),
    "schedule": lambda _: edit_by_a_schedule(lambda o: CosineAnnealingLR(o, 9)),
    "plateau": lambda _: edit_by_a_schedule(lambda o: ReduceLROnPlateau(o, patience=0), 9e9),
    "history": lambda _: edit_by_a_history(),
    "load": edit_by_a_file,
}


@pytest.mark.parametrize("name", EDITS)
def test_what_writes_many_numbers_writes_all_or_none(name: str, tmp_path: Path) -> None:
    """Wherever it is struck."""
    own = ["nn/export/json_file.py"] if name == "load" else ["nn/module.py", *files(EVERYTHING)]

    def build() -> Edit:
        work, look = EDITS[name](tmp_path / "model.json")
        if name == "plateau":
            work()  # the best so far; the next one is no better
        return work, look

    work, look = build()
    before = repr(look())
    work()
    after = repr(look())
    assert before != after
    for strike in at_every_line(*WRITING, *own):
        work, look = build()
        strike(work)
        assert repr(look()) in (before, after), strike


# --- Ctrl-C -------------------------------------------------------------------------------------


def pressing(at: int, times: int = 1) -> Callable[[Any, Any], Any]:
    """Return a loss in which Ctrl-C is pressed when it is called for the `at`-th time."""
    calls = iter(range(1, 1_000_000))

    def loss(y: Any, t: Any) -> Any:
        if next(calls) == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return half_squared_error(y, t)

    return loss


@pytest.mark.parametrize(
    ("call", "updates", "epochs"), [(1, 1, 0), (2, 1, 0), (4, 2, 1), (5, 3, 1), (8, 4, 2)]
)
def test_the_first_ctrl_c_waits_for_the_update(
    call: int, updates: int, epochs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which is then complete, and so is an epoch whose last one it is."""
    known, task = states(False, 2, lambda: None), Task()
    history = task.fit(loss=pressing(call))
    assert (history.stopped, len(history)) == ("interrupted", epochs)
    assert known[task.state()] == updates
    assert list(history.checkpoints) == [epochs]
    assert left(task) == []
    said = capsys.readouterr().err
    assert said == "\nStopping after this update; interrupt once more to stop at once.\n"


@pytest.mark.parametrize(("call", "updates"), [(1, 0), (4, 1), (5, 2)])
def test_the_second_ctrl_c_gives_the_update_up(call: int, updates: int) -> None:
    """And is an exception, so that a program ends."""
    known, task = states(False, 2, lambda: None), Task()
    with pytest.raises(KeyboardInterrupt):
        task.fit(loss=pressing(call, times=2))
    assert known[task.state()] == updates
    assert left(task) == []


def test_ctrl_c_when_all_is_done_is_still_told() -> None:
    """Pressed in the last callback, or when a callback is left."""
    for strikes in (Task.__call__, Task.__exit__):

        class Pressed(Task):
            def fit(self, epochs: int = 2, **options: Any) -> History:
                return super().fit(epochs, **options)

        def pressed(self: Task, *arguments: Any, own: Any = strikes) -> None:
            if own is Task.__exit__ or len(arguments[0]) == 2:
                signal.raise_signal(signal.SIGINT)
            own(self, *arguments)

        setattr(Pressed, strikes.__name__, pressed)
        task = Pressed()
        history = task.fit()
        assert (history.stopped, len(history)) == ("interrupted", 2)
        assert left(task) == []


def test_ctrl_c_while_a_model_is_compiled() -> None:
    """Nothing has been learnt then, and nothing is."""
    pytest.importorskip("numpy")

    calls = iter(range(1, 1_000_000))

    class Pressing(Module):
        def __init__(self) -> None:
            self.inner = Neuron(2, rng=3)

        def __call__(self, x: Any) -> Any:
            if next(calls) == 2:  # the first one is to check targets; then it is traced
                signal.raise_signal(signal.SIGINT)
            return self.inner(x)

    task = Task(True, Pressing())
    before = task.state()
    history = task.fit()
    assert (history.stopped, len(history)) == ("interrupted", 0)
    assert task.state() == before
    assert left(task) == []


def test_a_handler_of_your_own_is_left_alone() -> None:
    """It is called, and `fit` goes on."""
    calls = []
    signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    history = Task().fit(loss=pressing(3))
    assert (history.stopped, calls) == ("epochs", [signal.SIGINT])


def test_another_thread_leaves_the_handler_alone() -> None:
    """Where signals are not handled."""
    handlers = []
    task = Task()

    def run() -> None:
        look = lambda y, t: (handlers.append(signal.getsignal(signal.SIGINT)), (y - t) ** 2)[1]  # noqa: E731
        task.fit(loss=look)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert set(handlers) == {signal.default_int_handler}
    assert len(task.history) == 2


def test_training_within_training_is_stopped_with_it() -> None:
    """By one Ctrl-C: both end after a whole update."""
    inner, outer = Task(), Task()

    def nested(history: History) -> None:
        inner.fit(loss=pressing(4))

    known = states(False, 2, lambda: None)
    history = fit(
        outer.model, X, T, "half_squared_error", epochs=5, callbacks=[nested], progress=False
    )
    assert (inner.history.stopped, history.stopped) == ("interrupted", "interrupted")
    assert (known[inner.state()], len(history)) == (2, 1)
    assert left(outer) == []


# --- real signals -------------------------------------------------------------------------------


def wide() -> Module:
    return MLP(2, [6, 1], activation="tanh", rng=1)


@pytest.mark.slow
@pytest.mark.parametrize("number", [None, signal.SIGINT])
@pytest.mark.parametrize("compiled", [False, True])
def test_real_signals(compiled: bool, number: int | None) -> None:
    """One that raises at once, and Ctrl-C: thousands of times, and nothing is mixed."""
    if compiled:
        pytest.importorskip("numpy")
    known = states(compiled, 4, wide)
    stopped = 0
    for strike in at_random(200 if compiled else 600, 0.05, number=number):
        task = Task(compiled, wide())
        stopped += not strike(lambda task=task: task.is_struck(epochs=4))
        assert task.state() in known, strike
        if strike.place.startswith(__file__) and strike.place.endswith("(__exit__)"):
            task.inside = 0  # the way in which a callback is left is its own
        if number is None and line_of(strike.place).startswith("with Interruption()"):
            # Between its body and its end nothing can be noticed; Ctrl-C does not raise there.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        assert left(task) == [], strike
    assert stopped > 10


def line_of(place: str) -> str:
    """Return the code at a place, "file:line (function)"."""
    file, _, line = place.partition(" (")[0].rpartition(":")
    return linecache.getline(file, int(line)).strip() if line.isdigit() else ""
