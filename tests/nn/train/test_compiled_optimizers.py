"""`fit(compiled=True)` leaves out nothing that an optimiser, or a model, does of its own."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from nn import MLP, SGD, Adam, Module, Optimizer, StepLR, fit, half_squared_error

pytest.importorskip("numpy", reason="needs the package numpy")
X = [[0.3, -1.0], [2.0, 0.5], [-0.7, 1.1], [0.1, 0.2], [1.0, -0.4]]
T = [3.0, -2.0, 1.0, 0.5, 4.0]
Make = Callable[[MLP], Any]


class Clipped(SGD):
    def step(self) -> None:  # type: ignore[override]
        for p in self.params:
            p.grad = max(-0.01, min(0.01, p.grad))
        super().step()


class ClippedWeights(Adam):
    works_on_arrays = True

    def step(self) -> None:  # type: ignore[override]
        super().step()
        for p in self.params:
            p.data = max(-0.1, min(0.1, p.data))


class Mixin:
    def step(self) -> None:
        super().step()  # type: ignore[misc]
        for p in self.params:  # type: ignore[attr-defined]
            p.data *= 0.9


class Mixed(Mixin, SGD):  # type: ignore[misc]
    pass


class EverySecond(SGD):
    """Gradients of two batches add up, as `zero_grad` does nothing every second time."""

    calls = 0

    def zero_grad(self) -> None:
        self.calls += 1
        if self.calls % 2 == 1:
            super().zero_grad()

    def step(self) -> None:  # type: ignore[override]
        if self.calls % 2 == 0:
            super().step()


class Sign(SGD):
    """Overrides the rule of a parent that works on arrays; this one does not."""

    def update(self, w: float, g: float, state: Any, t: int) -> Any:
        return w - self.lr * (1.0 if g > 0 else -1.0), state


class Shrinking(SGD):
    """Overrides the weight decay, with an `if`."""

    def decay(self, w: float, g: float) -> tuple[float, float]:
        return (w * 0.9 if w > 0 else w), g


class Another(SGD):
    """Has a way for arrays that does something else than its `step`."""

    def advance(self, w: Any, g: Any, states: Any, t: Any) -> Any:
        return w * 0.0, states


class Double(Clipped):
    works_on_arrays = True

    def update(self, w: float, g: float, state: Any, t: int) -> Any:
        return w - 2.0 * self.lr * g, state


class Own:
    """Derived from nothing, without a list of parameters or a learning rate."""

    def __init__(self, model: Module) -> None:
        self.model = model

    def zero_grad(self) -> None:
        self.model.zero_grad()

    def step(self) -> None:
        for p in self.model.parameters():
            p.data -= 0.1 * p.grad


class LooksAtAll(SGD):
    """Optimises some parameters, and looks at the gradients of all."""

    def __init__(self, model: Module, some: Any) -> None:
        self.model = model
        super().__init__(some, lr=0.1)

    def step(self) -> None:  # type: ignore[override]
        size = sum([abs(p.grad) for p in self.model.parameters()])
        for p in self.params:
            p.grad = p.grad / size
        super().step()


def instance(model: MLP) -> SGD:
    """An attribute of the object takes the place of the method."""
    optimizer = SGD(model.parameters(), lr=0.1)
    step = optimizer.step

    def half() -> None:
        for p in optimizer.params:
            p.grad *= 0.5
        step()

    optimizer.step = half  # type: ignore[method-assign]
    return optimizer


def instance_rule(model: MLP) -> SGD:
    optimizer = SGD(model.parameters(), lr=0.1)
    optimizer.update = lambda w, g, state, t: (w - 0.01 if g > 0 else w, state)  # type: ignore
    return optimizer


OPTIMIZERS: dict[str, Make] = {
    "step": lambda m: Clipped(m.parameters(), lr=0.5),
    "step, says arrays": lambda m: ClippedWeights(m.parameters(), lr=0.1),
    "mixin": lambda m: Mixed(m.parameters(), lr=0.1),
    "zero_grad": lambda m: EverySecond(m.parameters(), lr=0.1),
    "update": lambda m: Sign(m.parameters(), lr=0.1),
    "decay": lambda m: Shrinking(m.parameters(), lr=0.1),
    "advance": lambda m: Another(m.parameters(), lr=0.1),
    "update, says arrays; step of the parent": lambda m: Double(m.parameters(), lr=0.1),
    "not derived": Own,
    "gradients of others": lambda m: LooksAtAll(m, m.layers[1].parameters()),
    "instance": instance,
    "rule of the instance": instance_rule,
}


def trained(compiled: bool, make: Make, **options: Any) -> list[float]:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    history = fit(
        model, X, T, "half_squared_error", optimizer=make(model), epochs=4, batch_size=2,
        progress=False, compiled=compiled, **options,
    )  # fmt: skip
    return [*history.column("train_loss"), *[p.data for p in model.parameters()]]


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_what_an_optimiser_does_of_its_own_is_done(make: Make) -> None:
    expected = trained(False, make)
    assert trained(True, make) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_way_of_the_base_class_is_replaced_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrapper around `Optimizer.step` itself, as a profiler makes one, is called."""
    calls, step = [], Optimizer.step

    def counted(self: Optimizer, closure: Any = None) -> Any:
        calls.append(1)
        return step(self, closure)

    monkeypatch.setattr(Optimizer, "step", counted)
    trained(True, lambda m: SGD(m.parameters(), lr=0.1))
    assert len(calls) == 4 * 3


def test_the_usual_optimisers_are_asked_once_for_all_parameters() -> None:
    """Not once for each: that is what makes it fast."""
    calls = []

    class Counting(SGD):
        works_on_arrays = True

        def update(self, w: Any, g: Any, state: Any, t: Any) -> Any:
            calls.append(len(w))
            return super().update(w, g, state, t)

    trained(True, lambda m: Counting(m.parameters(), lr=0.1))
    assert calls == [13] * (4 * 3)


def test_a_schedule_of_an_optimiser_inside_another() -> None:
    """What wraps an optimiser has its schedule."""

    class Around(Own):
        def __init__(self, model: Module) -> None:
            super().__init__(model)
            self.inner = SGD(model.parameters(), lr=0.1)

        def step(self) -> None:
            self.inner.step()

    def run(compiled: bool) -> float:
        model = MLP(2, [3, 1], activation="tanh", rng=0)
        optimizer = Around(model)
        schedule = StepLR(optimizer.inner, 1)
        fit(model, X, T, "half_squared_error", optimizer=optimizer, schedule=schedule, epochs=3,
            progress=False, compiled=compiled)  # fmt: skip
        assert optimizer.inner.lr == pytest.approx(1e-4)
        return model([0.5, 0.5]).data  # type: ignore[union-attr]

    assert run(True) == pytest.approx(run(False), rel=1e-9)


# --- models -------------------------------------------------------------------------------------


class Noisy(Module):
    """Draws random numbers in training mode, as dropout does."""

    training = True

    def __init__(self, seed: int = 0) -> None:
        self.inner = MLP(2, [3, 1], activation="tanh", rng=0)
        self.rng = random.Random(seed)

    def train(self, mode: bool = True) -> Noisy:
        self.training = mode
        return self

    def eval(self) -> Noisy:
        return self.train(False)

    def __call__(self, x: Any) -> Any:
        kept = [2.0 * self.rng.randrange(2) if self.training else 1.0 for _ in x]
        return self.inner([k * x_i for k, x_i in zip(kept, x)])


def test_a_model_that_draws_in_training_mode_is_trained_sample_by_sample() -> None:
    """And that is said, once."""
    model = Noisy()
    with pytest.warns(UserWarning, match="samples one by one: in training mode .* random") as said:
        history = fit(model, X, T, "half_squared_error", epochs=3, compiled=True, progress=False,
                      validation=(X, T))  # fmt: skip
    assert len(said) == 1
    assert len(history) == 3
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert model.training


def test_a_mode_that_makes_no_difference_is_compiled() -> None:
    """A network that has modes, and traces in both, is not said to go one by one."""

    class Plain(Noisy):
        def __call__(self, x: Any) -> Any:
            y = self.inner(x)
            return 2.0 * y if self.training else y

    losses = []
    for compiled in (False, True):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            history = fit(Plain(), X, T, "half_squared_error", epochs=3, compiled=compiled, lr=0.05,
                          progress=False, validation=(X, T))  # fmt: skip
        losses.append([*history.column("train_loss"), *history.column("validation_loss")])
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    assert losses[0][2] != pytest.approx(losses[0][5], rel=1e-3)


def test_a_model_that_cannot_be_traced_at_all_is_refused() -> None:
    """With the line, as before: no mode is to blame."""
    from autograd.compile import TraceError

    class Asks(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, x: Any) -> Any:
            return self.w * x[0] if self.w * x[0] > 0 else self.w

    with pytest.raises(TraceError, match="asks for the truth of a comparison"):
        fit(Asks(), X, T, "half_squared_error", compiled=True, progress=False)


def test_nodes_among_the_inputs_are_not_cut_off() -> None:
    """An input that is learnt is no number to be copied."""

    def run(compiled: bool) -> list[float]:
        model = MLP(2, [3, 1], activation="tanh", rng=0)
        learnt = Value(0.5)
        inputs = [[learnt, 1.0], [2.0, learnt]]
        optimizer = SGD([*model.parameters(), learnt], lr=0.1)
        fit(model, inputs, [1.0, 2.0], "half_squared_error", optimizer=optimizer, epochs=3,
            batch_size=1, compiled=compiled, progress=False)  # fmt: skip
        return [p.data for p in optimizer.params]

    expected = run(False)
    assert expected[-1] != 0.5
    with pytest.warns(UserWarning, match="there are nodes among the inputs or targets"):
        assert run(True) == expected


def test_a_model_that_grows() -> None:
    """A callback gives it more parameters, and the optimiser asks the model for them."""

    class Sum(Module):
        def __init__(self) -> None:
            self.w = [Value(0.0)]

        def __call__(self, x: Any) -> Any:
            y: Any = self.w[0] * x[0]
            return y + self.w[1] * x[1] if len(self.w) > 1 else y

    def run(compiled: bool) -> list[float]:
        model = Sum()

        def grow(history: Any) -> None:
            if len(history) == 2:
                model.w.append(Value(0.1))

        fit(model, X, T, half_squared_error, optimizer=Own(model), epochs=4, callbacks=[grow],
            compiled=compiled, progress=False)  # fmt: skip
        return [p.data for p in model.w]

    expected = run(False)
    assert expected[1] != 0.1
    assert run(True) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("make", [Adam, Clipped])
def test_a_program_is_made_once_for_all_epochs(make: Any) -> None:
    """Neither a step of the optimiser, nor a schedule, nor the mode makes it outdated."""

    def calls(epochs: int) -> int:
        counter = itertools.count()  # a list would be watched, as all that a function reaches

        class Counting(MLP):
            def __call__(self, x: Any) -> Any:
                next(counter)
                return super().__call__(x)

        model = Counting(2, [3, 1], activation="tanh", rng=0)
        optimizer = make(model.parameters(), lr=0.01)
        fit(model, X, [0, 1, 1, 0, 1], "binary_cross_entropy_with_logits", optimizer=optimizer,
            schedule=StepLR(optimizer, 1, 0.9), epochs=epochs, batch_size=2,
            validation=(X, [0] * 5),
            metric="accuracy", compiled=True, check_trace=False, progress=False)  # fmt: skip
        return next(counter)

    assert calls(12) == calls(2)
