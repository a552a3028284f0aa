"""`fit(compiled=True)` learns what `fit` learns, and leaves everything as `fit` leaves it."""

import math
import random
import re
import shutil
from functools import partial
from typing import Any

import pytest

from autograd import Value, dot, mean, take, tanh
from autograd.compile import compile
from nn import (
    MLP,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Module,
    Optimizer,
    RMSprop,
    StepLR,
    accuracy,
    cross_entropy,
    cross_entropy_with_logits,
    fit,
    half_squared_error,
    l2_penalty,
)
from nn.data import one_hot

np = pytest.importorskip("numpy", reason="needs the package numpy")
RULES: dict[str, Any] = {
    "sgd": partial(SGD, lr=0.1),
    "momentum": partial(SGD, lr=0.02, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": partial(SGD, lr=0.02, momentum=0.5, nesterov=True, maximize=False),
    "adagrad": partial(Adagrad, lr=0.1, lr_decay=0.1),
    "rmsprop": partial(RMSprop, centered=True, momentum=0.5),
    "adam": partial(Adam, lr=0.02, amsgrad=True),
    "adamw": AdamW,
}


class Sign(Optimizer):
    """A rule for single numbers only, with a state that starts empty and counts."""

    def update(self, w: float, g: float, state: Any, t: int) -> Any:
        (count,) = state or (0.0,)
        return w - self.lr * math.copysign(1.0, g) / (1.0 + count), (count + 1.0,)


def clusters(n: int = 24, classes: int = 3) -> tuple[list[list[float]], list[int]]:
    rng = random.Random(3)
    targets = [i % classes for i in range(n)]
    return [[rng.gauss(t, 0.4), rng.gauss(-t, 0.4)] for t in targets], targets


def trained(compiled: bool | str, rule: Any = RULES["adam"], **options: Any) -> dict[str, Any]:
    X, T = clusters()
    model = MLP(2, [4, 3], activation="tanh", rng=0)
    optimizer = rule(model.parameters())
    if options.pop("with_penalty", False):
        options["penalty"] = lambda: l2_penalty(model.parameters(), 0.01)
    if options.pop("with_schedule", False):
        options["schedule"] = StepLR(optimizer, 2)
    options.setdefault("loss", "cross_entropy_with_logits")
    options.setdefault("validation", (X[:6], T[:6]))
    loss = options.pop("loss")
    settings: dict[str, Any] = {"epochs": 4, "batch_size": 5, "metric": accuracy} | options
    history = fit(
        model, X, T, loss, optimizer=optimizer, progress=False, compiled=compiled, **settings
    )
    return {
        "epochs": history.epochs,
        "stopped": history.stopped,
        "numbers": [p.data for p in model.parameters()],
        "slopes": [p.grad for p in model.parameters()],
        "steps": optimizer.steps,
        "states": [list(state) for state in optimizer.states],
    }


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-10)
    return bool(a == b)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_optimiser(rule: Any) -> None:
    assert same(trained(True, rule), trained(False, rule))


def test_a_rule_for_single_numbers() -> None:
    rule = partial(Sign, lr=0.05, initial_state=())
    assert same(trained(True, rule), trained(False, rule))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("batch_size", [1, 5, None])
def test_batches_reductions_and_penalties(reduction: str, batch_size: int | None) -> None:
    rule = partial(SGD, lr=0.01)
    options = {"reduction": reduction, "batch_size": batch_size, "with_penalty": True}
    assert same(trained(True, rule, **options), trained(False, rule, **options))


@pytest.mark.parametrize(
    "options",
    [{"patience": 1}, {"tolerance": 0.05}, {"target_loss": 0.9}, {"with_schedule": True}],
    ids=["patience", "tolerance", "target", "schedule"],
)
def test_ways_to_stop_and_schedules(options: dict[str, Any]) -> None:
    options = options | {"epochs": 30}
    assert same(trained(True, **options), trained(False, **options))


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_other_errors(loss: str) -> None:
    X, _ = clusters()
    T = [[x + y, x - y, 1.0] for x, y in X]
    for compiled in (True, False):
        model = MLP(2, [4, 3], activation="tanh", rng=0)
        history = fit(model, X, T, loss, epochs=3, batch_size=4, progress=False, compiled=compiled)
        if compiled:
            expected = history.epochs
    assert same(history.epochs, expected)


def test_one_of_k_and_indices_may_be_mixed() -> None:
    X, T = clusters()
    coded = [[float(k == t) for k in range(3)] for t in T]
    mixed = [t if i % 2 else code for i, (t, code) in enumerate(zip(T, coded))]
    runs = []
    for targets, compiled in ((T, False), (T, True), (coded, True), (mixed, True)):
        model = MLP(2, [4, 3], activation="tanh", rng=0)
        options: dict[str, Any] = {"epochs": 3, "progress": False, "compiled": compiled}
        fit(model, X, targets, "cross_entropy_with_logits", validation=(X, T), **options)
        runs.append([p.data for p in model.parameters()])
    assert all(same(run, runs[0]) for run in runs)


def test_metrics_of_your_own_see_the_model() -> None:
    seen = []

    def metric(model: Any, inputs: Any, targets: Any) -> float:
        seen.append(model)
        return float(model(inputs[0])[0].data)

    trained(True, metric=metric, epochs=2)
    assert all(isinstance(model, Module) for model in seen)


@pytest.mark.parametrize("where", ["training", "validation"])
def test_targets_are_checked_before_anything_is_learnt(where: str) -> None:
    X, T = clusters(classes=2)
    T = [2 * t - 1 for t in T]
    model = MLP(2, [3, 1], rng=0)
    before = [p.data for p in model.parameters()]
    wrong = [*T[:-1], 7]
    data = (X, wrong if where == "training" else T)
    held = (X, wrong if where == "validation" else T)
    with pytest.raises(ValueError, match=r"-1 or \+1, got 7"):
        fit(model, *data, "hinge", validation=held, compiled=True, progress=False)
    assert [p.data for p in model.parameters()] == before


def test_an_interruption_keeps_what_was_learnt() -> None:
    calls = []

    def interrupt(history: Any) -> None:
        calls.append(len(history))
        if len(calls) == 2:
            raise KeyboardInterrupt

    results = []
    for compiled in (True, False):
        calls.clear()
        results.append(trained(compiled, callbacks=[interrupt]))
    assert results[0]["stopped"] == "interrupted"
    assert same(*results)


def test_callbacks_may_edit_parameters_and_the_rate() -> None:
    def run(compiled: bool) -> list[float]:
        X, T = clusters()
        model = MLP(2, [3, 3], activation="tanh", rng=0)
        optimizer = SGD(model.parameters(), lr=0.1)

        def edit(history: Any) -> None:
            model.parameters()[0].data = 0.25
            optimizer.lr = 0.1 / len(history)

        fit(model, X, T, "cross_entropy_with_logits", optimizer=optimizer, epochs=4,
            callbacks=[edit], progress=False, compiled=compiled)  # fmt: skip
        return [p.data for p in model.parameters()]

    assert same(run(True), run(False))


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda X: [*map(np.array, X)]])
def test_samples_that_a_callback_edits_in_place_are_followed(kind: Any) -> None:
    def run(compiled: bool) -> list[float]:
        X, T = clusters()
        X = kind(X)
        model = MLP(2, [3, 3], activation="tanh", rng=0)

        def edit(history: Any) -> None:
            X[len(history)][0] += 1.0
            T[0] = 1

        fit(model, X, T, "cross_entropy_with_logits", epochs=4, callbacks=[edit],
            validation=(X, T), progress=False, compiled=compiled)  # fmt: skip
        return [p.data for p in model.parameters()]

    assert same(run(True), run(False))


@pytest.mark.parametrize("wrong", [None, "1", 1j])
def test_what_is_no_number_is_refused_wherever_it_stands(wrong: Any) -> None:
    X, T = clusters()
    X[7][1] = wrong
    with pytest.raises((TypeError, ValueError), match=r"inputs\[7\]\[1\]: expected a real number"):
        fit(MLP(2, [3]), X, T, "cross_entropy_with_logits", progress=False, compiled=True)


def test_some_parameters_stay_as_they_are() -> None:
    def run(compiled: bool) -> list[float]:
        X, T = clusters()
        model = MLP(2, [3, 3], activation="tanh", rng=0)
        optimizer = SGD(model.layers[1].parameters(), lr=0.1)
        fit(model, X, T, "cross_entropy_with_logits", optimizer=optimizer, epochs=3,
            progress=False, compiled=compiled)  # fmt: skip
        return [p.data for p in model.parameters()]

    assert same(run(True), run(False))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["c", "auto", "numba", "jax"])
def test_other_engines(engine: str) -> None:
    if engine == "c" and not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("needs a C compiler")
    if engine in ("numba", "jax"):
        package = pytest.importorskip(engine, reason=f"needs the package {engine}")
    if engine == "jax":
        package.config.update("jax_enable_x64", True)
    assert same(trained(engine, with_penalty=True), trained(False, with_penalty=True))


# -- programs that once went wrong


def check(error: Any, params: list[Value], X: Any, T: Any, **options: Any) -> None:
    loss, gradient = compile(error, params, **options)(X, T)
    for p in params:
        p.grad = None
    errors = [error(Value(x) if isinstance(x, float) else x, Value(t)) for x, t in zip(X, T)]
    total = sum(errors) / len(errors)
    if "penalty" in options:
        total = total + options["penalty"]()
    total.backward()
    assert same([loss, *gradient.tolist()], [total.data, *[p.grad for p in params]])


def test_one_term_many_times() -> None:
    import autograd

    w, b, c, d = params = [Value(x) for x in (0.5, -0.3, 0.8, 0.1)]
    X, T = [0.5, -1.0, 2.0], [1.0, 0.0, -1.0]
    check(lambda x, t: autograd.sum([q * (2 * x).tanh() for q in params]) - t, params, X, T)
    check(lambda x, t: autograd.dot([b, c, d], [x, x, x]) + w * t, params, X, T)
    check(lambda x, t: w.maximum(w).maximum(w) * x + b * c * d, params, X, T)


def test_constant_nodes_and_the_same_node_as_error_and_penalty() -> None:
    import autograd

    w = Value(2.0)
    check(lambda x, t: autograd.dot([w], [Value(0.0) * 1.0]) + w * x, [w], [1.0, 2.0], [0.0, 0.0])
    check(lambda x, t: w + 0.0 * x, [w], [1.0, 2.0, 3.0], [0.0] * 3, penalty=lambda: w)


def test_inner_products_of_several_arrays() -> None:
    w = [Value(0.5), Value(-0.25)]
    X, T = [1.0, 2.0], [0.0, 1.0]
    check(lambda x, t: (w[0] * x + 0.7 * (w[1] * x) - t) ** 2, w, X, T)
    check(lambda x, t: (w[0] * x.tanh() + 0.7 * (w[1] * x) - t) ** 2, w, X, T)


def test_truth_values_are_not_added() -> None:
    import autograd

    w = Value(0.5)
    X, T = [1.0, 2.0], [0.5, 1.0]
    check(lambda x, t: autograd.logsumexp([w * x, w * x, t * 0.1 + x]) * t, [w], X, T)
    check(lambda x, t: (w * x).relu() + (2 * w * x).relu() - t, [w], X, T)


def test_unknown_numbers_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    w = Value(2.0, label="w")
    compile(lambda x, t: print(w * x) or w * x, [w])([1.0], [1.0])  # type: ignore[func-returns-value]
    assert capsys.readouterr().out.startswith("<unknown>\n")


# -- samples of any shape, and look-ups by data ----------------------------------------------------


class Embedding(Module):
    """Of tokens, each a row of a table; targets have the shape (tokens, 2)."""

    def __init__(self) -> None:
        rng = random.Random(0)
        self.table = [[Value(rng.gauss(0.0, 1.0)) for _ in range(2)] for _ in range(4)]

    def __call__(self, x: Any) -> Any:
        return [y for token in x for y in take(self.table, token)]


class Kernel(Module):
    """A 2×2 kernel, the sum of whose maps is the output."""

    def __init__(self) -> None:
        self.w = [Value(0.1 * k) for k in range(4)]

    def __call__(self, x: Any) -> Any:
        places = [(i, j) for i in range(2) for j in range(2)]
        maps = [
            dot(self.w, [x[i][j], x[i][j + 1], x[i + 1][j], x[i + 1][j + 1]]) for i, j in places
        ]
        return mean([tanh(a) for a in maps])


def flat_error(y: Any, t: Any) -> Any:
    return half_squared_error(y, [number for row in t for number in row])


SEQUENCES = np.arange(12).reshape(6, 2) % 4, np.linspace(-1, 1, 24).reshape(6, 2, 2)
CASES = [
    (Embedding, *SEQUENCES, flat_error),
    (Kernel, np.sin(np.arange(54.0)).reshape(6, 3, 3), np.linspace(-1, 1, 6), half_squared_error),
]


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 1.0, 3.0, 1.0]])
@pytest.mark.parametrize(("kind", "X", "T", "loss"), CASES)
def test_samples_of_any_shape(kind: Any, X: Any, T: Any, loss: Any, weights: Any) -> None:
    found = []
    for compiled in (False, True):
        model = kind()
        options = {"sample_weight": weights, "validation": (X[:2], T[:2]), "compiled": compiled}
        history = fit(model, X, T, loss, epochs=3, batch_size=4, progress=False, **options)
        losses = [number for epoch in history.epochs for number in epoch.values()]
        found.append([*losses, *[p.data for p in model.parameters()]])
    assert found[0] == pytest.approx(found[1], rel=1e-12)


@pytest.mark.parametrize("kind", [list, lambda X: [*map(tuple, X)]])
def test_nested_samples_that_a_callback_edits_in_place_are_followed(kind: Any) -> None:
    def run(compiled: bool) -> list[float]:
        X, T = kind(CASES[1][1].tolist()), CASES[1][2].tolist()
        model = Kernel()

        def edit(history: Any) -> None:
            X[len(history)][1][1] += 1.0

        fit(model, X, T, half_squared_error, epochs=4, callbacks=[edit], check_trace=False,
            progress=False, compiled=compiled)  # fmt: skip
        return [p.data for p in model.parameters()]

    assert same(run(True), run(False))


@pytest.mark.parametrize("compiled", [False, True])
def test_an_index_out_of_range_is_refused_with_its_sample(compiled: bool) -> None:
    _, X, T, _ = CASES[0]
    X = X.copy()
    X[5, 1] = 4
    model = Embedding()
    before = [p.data for p in model.parameters()]
    with pytest.raises(ValueError, match="of 4") as caught:
        fit(model, X, T, flat_error, batch_size=len(X), progress=False, compiled=compiled)
    place = r"inputs\[5\]\[1\] is 4\.0" if compiled else "sample 5"
    assert re.search(place, "".join([str(caught.value), *getattr(caught.value, "__notes__", [])]))
    assert [p.data for p in model.parameters()] == before


@pytest.mark.parametrize("loss", [cross_entropy, cross_entropy_with_logits])
def test_the_index_of_a_class_needs_no_vector(loss: Any) -> None:
    X, T = clusters()
    model = MLP(2, [4, 3], output="softmax" if loss is cross_entropy else "identity", rng=0)
    step = compile(lambda x, t: loss(model(x), t), model.parameters())
    numbers = step(X, T)
    vectors = step(X, [one_hot(t, 3) for t in T])
    assert numbers[0] == pytest.approx(vectors[0], rel=1e-12)
    np.testing.assert_allclose(numbers[1], vectors[1], rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match=r"T\[1\] is 3\.0"):
        step(X[:2], [0, 3])
