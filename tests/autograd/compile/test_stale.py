"""A program follows every edit of what its function reads."""

from __future__ import annotations

import math
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compile import TraceError, compile, surroundings
from autograd.compile.trace import trace
from eager import eager, error_of, samples
from nn import MLP, Layer, Module, Neuron

pytestmark = pytest.mark.filterwarnings("error")


FACTOR = 1.0
HELPER: Callable[[Any], Any] = autograd.tanh


def helper(x: Any) -> Any:
    return x * FACTOR


class Config:
    factor = 1.0


class Slotted:
    __slots__ = ("factor",)

    def __init__(self) -> None:
        self.factor = 1.0


class Scaled(Module):
    """Everything a trace can depend on, in one module."""

    def __init__(self) -> None:
        self.w = Value(2.0)
        self.factor = 1.0
        self.function: Callable[[Any], Any] = autograd.identity
        self.items = [1.0, 2.0]
        self.table = {"a": {"b": 1.0}}
        self.frozen = Value(1.0)
        self.slotted = Slotted()
        self.array = np.ones(3)
        self.child = Config()

    def __call__(self, x: Any) -> Any:
        return self.scaled(self.function(self.w * x))

    def scaled(self, x: Any) -> Any:
        y = x * self.factor * self.items[0] * self.table["a"]["b"] * self.frozen * FACTOR
        return y * self.slotted.factor * self.array[1] * self.child.factor * Config.factor


def stale_cases() -> dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]]:
    """What a function of x computes, and an edit that must show in the next call."""
    w, m = Value(2.0), Scaled()
    factor = 1.0
    frozen, items, table, tupled = Value(1.0), [1.0], {"k": 1.0}, ([1.0],)
    space, array, slotted = SimpleNamespace(k=1.0), np.ones(2), Slotted()
    settings_module = type(sys)("settings")
    settings_module.k = 1.0  # type: ignore[attr-defined]
    chosen = {1.0}

    def closure(x: Any) -> Any:
        return w * x * factor

    def change_closure() -> None:
        nonlocal factor
        factor = 3.0

    def default(x: Any, k: Any = [1.0]) -> Any:  # noqa: B006
        return w * x * k[0]

    def other_default(x: Any, k: Any = 1.0) -> Any:
        return w * x * k

    def keyword(x: Any, *, k: float = 1.0) -> Any:
        return w * x * k

    def body(x: Any) -> Any:
        return w * x

    def inner(x: Any) -> Any:
        def nested() -> Any:
            return w * x * FACTOR

        return nested()

    def generator(x: Any) -> Any:
        return autograd.sum(w * x * FACTOR for _ in range(1))

    def set_global() -> None:
        globals()["FACTOR"] = 3.0

    def set_config() -> None:
        Config.factor = 3.0

    def set_helper() -> None:
        globals()["helper"] = lambda x: 3.0 * x

    def set_kwdefaults() -> None:
        keyword.__kwdefaults__["k"] = 3.0

    def set_defaults() -> None:
        other_default.__defaults__ = (3.0,)

    def set_all_kwdefaults() -> None:
        keyword.__kwdefaults__ = {"k": 3.0}

    def set_body() -> None:
        body.__code__ = (lambda x: w * x * 3.0).__code__

    def slot() -> None:
        slotted.factor = 3.0

    return {
        "closure": (closure, change_closure),
        "global": (lambda x: w * x * FACTOR, set_global),
        "global in a helper": (lambda x: helper(w * x), set_global),
        "helper replaced": (lambda x: helper(w * x), set_helper),
        "global in an inner function": (inner, set_global),
        "global in a generator": (generator, set_global),
        "global in a method": (m, set_global),
        "class attribute": (lambda x: w * x * Config.factor, set_config),
        "class attribute by the object": (lambda x: w * x * m.child.factor, set_config),
        "attribute of a module file": (
            lambda x: w * x * settings_module.k,
            lambda: setattr(settings_module, "k", 3.0),
        ),
        "namespace": (lambda x: w * x * space.k, lambda: setattr(space, "k", 3.0)),
        "default mutated": (default, lambda: default.__defaults__[0].__setitem__(0, 3.0)),
        "default replaced": (other_default, set_defaults),
        "keyword default": (keyword, set_kwdefaults),
        "keyword defaults replaced": (keyword, set_all_kwdefaults),
        "code replaced": (body, set_body),
        "partial": (partial(lambda k, x: w * x * k[0], items), lambda: items.__setitem__(0, 3.0)),
        "list": (lambda x: w * x * items[0], lambda: items.__setitem__(0, 3.0)),
        "dict": (lambda x: w * x * table["k"], lambda: table.update(k=3.0)),
        "set": (lambda x: w * x * sum(chosen), lambda: chosen.add(2.0)),
        "list in a tuple": (lambda x: w * x * tupled[0][0], lambda: tupled[0].insert(0, 3.0)),
        "array": (lambda x: w * x * array[1], lambda: array.__setitem__(1, 3.0)),
        "slots": (lambda x: w * x * slotted.factor, slot),
        "frozen leaf": (lambda x: w * x * frozen, lambda: setattr(frozen, "data", 3.0)),
        "frozen leaf of a module": (m, lambda: setattr(m.frozen, "data", 3.0)),
        "attribute": (m, lambda: setattr(m, "factor", 3.0)),
        "function": (m, lambda: setattr(m, "function", lambda y: 3.0 * y)),
        "element of a list": (m, lambda: m.items.__setitem__(0, 3.0)),
        "list replaced": (m, lambda: setattr(m, "items", [3.0])),
        "nested dict": (m, lambda: m.table["a"].update(b=3.0)),
        "slots of a child": (m, lambda: setattr(m.slotted, "factor", 3.0)),
        "array of a module": (m, lambda: m.array.__setitem__(1, 3.0)),
        "attribute of a child": (m, lambda: setattr(m.child, "factor", 3.0)),
        "method of the object": (m, lambda: setattr(m, "scaled", lambda y: 3.0 * y)),
        "method of the class": (m, lambda: setattr(Scaled, "scaled", lambda self, y: 3.0 * y)),
    }  # fmt: skip


@pytest.fixture
def untouched() -> Iterator[None]:
    """Put back what the edits of a test have changed for others."""
    kept = dict(globals())
    methods, factor = dict(vars(Scaled)), Config.factor
    yield
    globals().update(FACTOR=kept["FACTOR"], helper=kept["helper"])
    for name in ("scaled", "__call__"):
        setattr(Scaled, name, methods[name])
    Config.factor = factor


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", sorted(stale_cases()))
def test_never_stale(case: str) -> None:
    function, edit = stale_cases()[case]
    weights = [c.cell_contents for c in getattr(function, "__closure__", None) or ()]
    w = function.w if isinstance(function, Scaled) else None
    if isinstance(function, partial):
        weights = [c.cell_contents for c in function.func.__closure__]
    if w is None:
        (w,) = [x for x in weights if isinstance(x, Value) and x.data == 2.0]
    step = compile(lambda x, t: function(x), [w], predict=function)
    plain = compile(lambda x, t: x * w, [w], penalty=lambda: function(Value(1.0)))
    assert (step([5.0], [0.0])[0], step.predict([5.0]).tolist()) == (10.0, [10.0])
    assert plain([5.0], [0.0])[0] == 12.0
    edit()
    assert function(Value(5.0)).data == 30.0  # the edit itself
    assert step([5.0], [0.0])[0] == 30.0
    assert w.grad == 15.0
    assert step.predict([5.0]).tolist() == [30.0]
    assert plain([5.0], [0.0])[0] == 16.0


def test_a_default_of_the_other_sign() -> None:
    w = Value(2.0)

    def signed(x: Any, t: Any, zero: float = 0.0) -> Any:
        return w * x * math.copysign(1.0, zero)

    step = compile(signed, [w])
    assert step([5.0], [0.0])[0] == 10.0
    signed.__defaults__ = (-0.0,)
    assert step([5.0], [0.0])[0] == -10.0


def test_a_network_that_is_rebuilt() -> None:
    model = MLP(2, [3, 1], activation="relu", rng=0)
    X, T = samples(4, 2, None)
    params = model.parameters()
    error = error_of(model)
    step = compile(error, params, predict=model)

    def same() -> None:
        wanted = eager(error, params, X, T)
        step(X, T)
        step.predict(X)  # twice, as a trace for every call would be told of
        loss, gradient = step(X, T)
        assert loss == pytest.approx(wanted.loss, rel=1e-13)
        assert gradient == pytest.approx(wanted.gradient, rel=1e-11, abs=1e-14)
        assert step.predict(X) == pytest.approx([model(x).data for x in X], rel=1e-13)  # type: ignore[union-attr]

    same()
    model.layers[0].neurons[:] = [Neuron(2, activation="tanh", rng=k) for k in range(3)]
    same()
    model.layers[0] = Layer(2, 3, activation="gelu", rng=7)
    same()
    model.layers[0].neurons[1].b.data = 2.0  # frozen now: it is none of params
    same()
    model.layers[0].neurons[2] = Neuron(2, rng=3)
    same()
    model.layers.insert(1, Layer(3, 3, activation="sigmoid", rng=8))
    same()


def test_programs_are_kept_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(*given: Any) -> Any:
        made.append(given)
        return trace(*given)

    monkeypatch.setattr("autograd.compile.finding.trace", counted)
    w = Value(2.0)
    step = compile(lambda x, t: w * (x if isinstance(x, Value) else x[0]), [w])
    step([1.0], [0.0])
    first = len(made)
    assert first > 0
    for number in (3.0, 4.0):
        w.data = number
        assert step([1.0], [0.0])[0] == number
    step([1.0, 2.0], [0.0, 0.0])
    assert len(made) == first
    step([[1.0, 2.0]], [0.0])
    assert len(made) == 2 * first
    step([1.0], [0.0])  # both programs are kept
    assert len(made) == 2 * first


RNG, SYSTEM, LEGACY = random.Random(0), random.SystemRandom(), np.random.RandomState(0)


@pytest.mark.parametrize(
    "draw",
    [
        random.random,
        lambda: random.gauss(0.0, 1.0),
        lambda: RNG.random(),
        lambda: float(np.random.default_rng().normal()),
        lambda: Value(random.random()),
        lambda: [2.0, 3.0][random.random() < 0.5],  # two draws agree half of the time
        lambda: [2.0, 3.0][RNG.random() < 0.5],
        lambda: [2.0, 3.0][secrets.randbelow(2)],
        lambda: [2.0, 3.0][SYSTEM.random() < 0.5],
        lambda: [2.0, 3.0][np.random.default_rng().integers(2)],
        lambda: [2.0, 3.0][LEGACY.randint(2)],
        lambda: time.perf_counter(),
    ],
    ids=[
        *("random", "gauss", "Random", "numpy", "Value", "choice", "choice of Random"),
        *("secrets", "SystemRandom", "choice of numpy", "choice of RandomState", "time"),
    ],
)
def test_random_numbers_in_the_function(draw: Callable[[], Any]) -> None:
    w = Value(2.0)
    functions: list[Callable[[], Any]] = [
        lambda: compile(lambda x, t: w * x * draw(), [w])([1.0], [0.0]),
        lambda: compile(lambda x, t: w * x, [w], penalty=lambda: w * draw())([1.0], [0.0]),
        lambda: compile(lambda x, t: w * x, [w], predict=lambda x: w * draw()).predict([1.0]),
    ]
    for function in functions:
        for _ in range(6):
            with pytest.raises(TraceError, match="random"):
                function()
    assert type(w) is Value


def test_going_to_and_fro_traces_each_side_once() -> None:
    """As between training and evaluation mode; edits are noticed all the same."""
    w, state, traces = Value(2.0), {"factor": 1.0}, count()

    def error(x: Any, t: Any) -> Value:
        next(traces)
        return w * x * state["factor"]  # type: ignore[no-any-return]

    step = compile(error, [w], reduction="sum", check_trace=False)
    for factor in (1.0, -1.0, 1.0, -1.0, 1.0):
        state["factor"] = factor
        assert step([1.0, 2.0], [0.0, 0.0])[0] == 6.0 * factor
    assert next(traces) == 4  # each is traced twice, to notice what changes by itself
    for factor in (5.0, 1.0, -1.0, 5.0):
        state["factor"] = factor
        assert step([1.0, 2.0], [0.0, 0.0])[0] == 6.0 * factor


class Remembering(Module):
    """What writes to all kinds of places while it computes."""

    __slots__ = ("slot",)
    last: Any = None
    times: ClassVar[int] = 0
    factor: ClassVar[float] = 1.0

    def __init__(self) -> None:
        self.w = Value(2.0)
        self.calls, self.log, self.table, self.slot = 0, [1.0], {"y": None}, None
        self.names, self.frozen = Counter(x=1), Value(1.0)
        self.scale = 1.0

    def __call__(self, x: Any) -> Any:
        y = self.w * x * self.scale * self.factor
        self.last = self.slot = self.table["y"] = y
        self.calls += 1
        self.names["x"] += 1
        self.frozen.data = 2.0
        type(self).times += 1
        self.log.append(y)
        return y


def test_what_tracing_has_written_is_put_back_and_not_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    monkeypatch.setattr(
        "autograd.compile.finding.trace", lambda *given: made.append(given) or trace(*given)
    )
    monkeypatch.setattr(Remembering, "times", 0)
    model = Remembering()
    step = compile(lambda x, t: model(x), [model.w], check_trace=False, predict=model)
    for _ in range(3):
        assert step([5.0], [0.0])[0] == 10.0
        assert step.predict([5.0]).tolist() == [10.0]
    assert (model.calls, model.log, model.table, model.slot) == (0, [1.0], {"y": None}, None)
    assert (model.names, model.frozen.data, Remembering.times) == ({"x": 1}, 1.0, 0)
    assert len(made) == 4
    assert "last" not in vars(model)
    model.scale = 3.0  # beside what is written
    assert step([5.0], [0.0])[0] == 30.0
    monkeypatch.setattr(Remembering, "factor", 2.0)
    assert step([5.0], [0.0])[0] == 60.0
    checked = compile(lambda x, t: model(x), [model.w])
    for _ in range(3):
        assert checked([5.0], [0.0])[0] == 60.0
    assert len(made) == 10
    assert (model.last.data, model.calls) == (60.0, 1)  # by the check, as in eager mode


@pytest.mark.parametrize("calls", [0, 1, 2, 3, 4])
def test_an_interruption_while_it_is_put_back_leaves_nothing_unknown(
    monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    put_back, waiting = surroundings._put_back, iter([False] * calls + [True])

    def interrupted(*given: Any) -> bool:
        if next(waiting, False):
            raise KeyboardInterrupt
        return put_back(*given)

    monkeypatch.setattr(surroundings, "_put_back", interrupted)
    model = Remembering()
    step = compile(lambda x, t: model(x), [model.w])
    with pytest.raises(KeyboardInterrupt):
        step([5.0], [0.0])
    assert (model.calls, model.log, model.table, model.slot) == (0, [1.0], {"y": None}, None)
    assert "last" not in vars(model)


def test_nothing_unknown_is_left_by_a_trace_that_fails() -> None:
    model = Remembering()
    step = compile(lambda x, t: model(x) if model(x) > 0 else x, [model.w])
    with pytest.raises(TraceError):
        step([5.0], [0.0])
    assert (model.calls, model.log, model.slot) == (0, [1.0], None)


def test_what_counts_is_still_refused() -> None:
    w, state = Value(2.0), {"calls": 0}

    def error(x: Any, t: Any) -> Any:
        state["calls"] += 1
        return w * x * state["calls"]

    step = compile(error, [w])
    for _ in range(2):
        with pytest.raises(TraceError, match="something else each time"):
            step([1.0], [0.0])


def test_traces_at_every_call_are_told_once_with_the_name() -> None:
    w, rates = Value(2.0), {"first": 0.0, "rate": 1.0}
    step = compile(lambda x, t: w * x * rates["rate"], [w])

    def train() -> None:
        for number in range(8):
            rates["rate"] += 1.0
            assert step([1.0], [0.0])[0] == 2.0 * (number + 2.0)

    with pytest.warns(UserWarning, match="at 3 calls in a row.* 'rate' changes each time") as told:
        train()
    assert len(told) == 1


def test_a_clock_in_what_is_installed_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of Hypothesis, which assertions reach, rewritten by pytest as they are."""
    w, calls = Value(2.0), count()

    def error(x: Any, t: Any) -> Any:
        next(calls)
        vars(pytest).get("what is of no use")
        return w * x - t

    step = compile(error, [w], check_trace=False)
    for turn in range(3):
        monkeypatch.setattr(pytest, "get", object(), raising=False)  # a name that error has
        assert step([float(turn)], [0.0])[0] == 2.0 * turn
    assert next(calls) == 2  # of one trace, which is made twice
