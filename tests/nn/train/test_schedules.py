"""Schedules compared with those of PyTorch, epoch by epoch; also the one that looks at a loss."""

from __future__ import annotations

import inspect
import json
import math
import random
import re
from typing import Any

import pytest

from autograd import Value
from nn import MLP, SGD, Neuron, fit, train
from nn.train import (
    ConstantLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    Schedule,
    SequentialLR,
    StepLR,
)

EPOCHS = 30
CASES: list[tuple[type, dict[str, Any]]] = [
    (MultiStepLR, {"milestones": [2, 5, 5, 11]}),
    (MultiStepLR, {"milestones": [1, 8], "gamma": 0.7}),
    (ConstantLR, {}),
    (ConstantLR, {"factor": 0.25, "total_iters": 1}),
    (LinearLR, {}),
    (LinearLR, {"start_factor": 0.1, "end_factor": 0.5, "total_iters": 12}),
    (LinearLR, {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 7}),
    (PolynomialLR, {}),
    (PolynomialLR, {"total_iters": 12, "power": 2.5}),
    (PolynomialLR, {"total_iters": 3, "power": 0.5}),
    (CosineAnnealingWarmRestarts, {"T_0": 1}),
    (CosineAnnealingWarmRestarts, {"T_0": 4, "eta_min": 0.01}),
    (CosineAnnealingWarmRestarts, {"T_0": 3, "T_mult": 2}),
    (CosineAnnealingWarmRestarts, {"T_0": 1, "T_mult": 3, "eta_min": 0.3}),
    (OneCycleLR, {"max_lr": 2.0, "total_steps": EPOCHS}),
    (OneCycleLR, {"max_lr": 2.0, "total_steps": EPOCHS, "anneal_strategy": "linear"}),
    (OneCycleLR, {"max_lr": 0.5, "total_steps": EPOCHS, "three_phase": True}),
    (OneCycleLR, {"max_lr": 1.0, "total_steps": EPOCHS, "pct_start": 0.5, "three_phase": True}),
    (OneCycleLR, {"max_lr": 1.0, "total_steps": EPOCHS, "pct_start": 0.0, "div_factor": 3.0}),
    (OneCycleLR, {"max_lr": 1.0, "total_steps": EPOCHS, "pct_start": 1.0}),
    (OneCycleLR, {"max_lr": 1.0, "total_steps": EPOCHS, "final_div_factor": 7.0}),
]


def optimizer(lr: float = 0.4) -> SGD:
    return SGD([Value(1.0)], lr=lr)


def in_torch(torch: Any) -> Any:
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=0.4)


def rates_of(ours: Any, theirs: Any, updates: Any, epochs: int = EPOCHS) -> tuple[Any, Any]:
    """Return the learning rates of all epochs."""
    rates: tuple[list[float], list[float]] = ([], [])
    for epoch in range(epochs):
        if epoch > 0:
            ours.step()
            updates.step()
            theirs.step()
        rates[0].append(ours.optimizer.lr)
        rates[1].append(updates.param_groups[0]["lr"])
        assert ours.get_last_lr() == ours.optimizer.lr
    return rates


@pytest.mark.parametrize(("kind", "options"), CASES, ids=lambda x: getattr(x, "__name__", str(x)))
def test_learning_rates_are_those_of_torch(kind: Any, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    updates = in_torch(torch)
    more = {"cycle_momentum": False} if kind is OneCycleLR else {}
    theirs = getattr(torch.optim.lr_scheduler, kind.__name__)(updates, **options, **more)
    ours, expected = rates_of(kind(optimizer(), **options), theirs, updates)
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "kind", dict.fromkeys([*[kind for kind, _ in CASES], SequentialLR, ReduceLROnPlateau])
)
def test_arguments_and_defaults_are_those_of_torch(kind: Any) -> None:
    """All but those of the momentum, of batches, and where to resume."""
    torch = pytest.importorskip("torch")
    left_out = {"last_epoch", "epochs", "steps_per_epoch", "cycle_momentum", "base_momentum",
                "max_momentum"}  # fmt: skip
    theirs = inspect.signature(getattr(torch.optim.lr_scheduler, kind.__name__)).parameters
    ours = inspect.signature(kind).parameters
    assert list(ours) == [name for name in theirs if name not in left_out]
    for name, parameter in ours.items():
        if name != "total_steps":  # which may be given by its factors there
            assert parameter.default == theirs[name].default


@pytest.mark.parametrize("milestones", [[4, 9], [1, 2], [3, 29]])
def test_a_sequence_is_that_of_torch(milestones: list[int]) -> None:
    """A warm-up, a wave, a decay: all begin from the learning rate that the optimiser had."""
    torch = pytest.importorskip("torch")
    updates, mine = in_torch(torch), optimizer()

    def parts(of: Any, used: Any) -> list[Any]:
        return [
            of.LinearLR(used, start_factor=0.1, total_iters=4),
            of.CosineAnnealingLR(used, T_max=5, eta_min=0.05),
            of.StepLR(used, step_size=2, gamma=0.5),
        ]

    their_parts = parts(torch.optim.lr_scheduler, updates)
    theirs = torch.optim.lr_scheduler.SequentialLR(updates, their_parts, milestones)
    schedule = SequentialLR(mine, parts(train, mine), milestones)
    ours, expected = rates_of(schedule, theirs, updates)
    assert ours == pytest.approx(expected, rel=1e-9)


def test_a_sequence_goes_on_where_it_was() -> None:
    """Its state has those of its parts, ready for JSON."""

    def made(lr: float) -> SequentialLR:
        mine = optimizer(lr)
        return SequentialLR(mine, [LinearLR(mine), ExponentialLR(mine, 0.5)], [3])

    first, second = made(0.4), made(0.1)
    for _ in range(4):
        first.step()
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for _ in range(3):
        assert second.optimizer.lr == first.optimizer.lr
        first.step()
        second.step()


def test_schedules_of_one_optimiser_start_from_the_same_learning_rate() -> None:
    """The one that was set last, not what another schedule has made of it."""
    mine = optimizer(0.4)
    assert LinearLR(mine, start_factor=0.25).get_last_lr() == 0.1
    assert ExponentialLR(mine, 0.5).get_last_lr() == 0.4
    mine.lr = 0.2
    assert LinearLR(mine, start_factor=0.25).get_last_lr() == 0.05
    assert StepLR(mine, 3).initial_lr == 0.2


def test_one_cycle_has_an_end() -> None:
    """`fit` steps once more after the last epoch; further steps are refused."""
    for strategy in ("cos", "linear"):
        schedule = OneCycleLR(optimizer(), 1.0, 3, anneal_strategy=strategy)
        for _ in range(3):
            schedule.step()
        assert schedule.get_last_lr() == pytest.approx(1.0 / 25 / 1e4, rel=1e-9)
        with pytest.raises(ValueError, match="made for 3 steps, and this is step 4"):
            schedule.step()


@pytest.mark.parametrize(("share", "steps"), [(0.1, 10), (0.5, 2), (0.3, 1), (1.0, 1)])
def test_one_cycle_with_a_phase_of_no_length(share: float, steps: int) -> None:
    """Where PyTorch divides by zero."""
    schedule = OneCycleLR(optimizer(), 1.0, steps, pct_start=share)
    rates = [schedule.learning_rate(epoch) for epoch in range(steps)]
    assert all(0.0 < rate <= 1.0 for rate in rates)


# --- the plateau --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 1},
        {"patience": 0, "cooldown": 3},
        {"patience": 2, "mode": "max", "factor": 0.5},
        {"patience": 1, "threshold": 0.2, "threshold_mode": "abs"},
        {"patience": 1, "threshold": 0.2, "threshold_mode": "abs", "mode": "max"},
        {"patience": 0, "threshold": 0.1, "min_lr": 0.01},
        {"patience": 0, "factor": 0.5, "eps": 0.03},
    ],
    ids=str,
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_plateaus_are_those_of_torch(options: dict[str, Any], seed: int) -> None:
    """For losses that fall, stay, rise, are negative, inf and nan."""
    torch = pytest.importorskip("torch")
    updates, mine = in_torch(torch), optimizer()
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(updates, **options)
    ours = ReduceLROnPlateau(mine, **options)
    rng = random.Random(seed)
    level, rates, expected = 2.0, [], []
    for epoch in range(60):
        level *= rng.choice([0.7, 1.0, 1.0, 1.1])
        loss = math.nan if epoch == 20 else math.inf if epoch in (0, 30) else level - epoch // 50
        ours.step(loss)
        theirs.step(loss)
        rates.append(mine.lr)
        expected.append(updates.param_groups[0]["lr"])
        if epoch == 25:  # put aside and taken up again
            saved = json.loads(json.dumps(ours.state_dict()))
            mine = optimizer()
            ours = ReduceLROnPlateau(mine, **options)
            ours.load_state_dict(saved)
    assert rates == expected
    assert ours.get_last_lr() == expected[-1]


def test_fit_hands_over_the_validation_loss_or_the_train_loss() -> None:
    """Data that contradict each other: one loss falls while the other rises."""

    def run(**options: Any) -> list[float]:
        neuron = Neuron(1, activation="identity", rng=0)
        mine = SGD(neuron.parameters(), lr=0.1)
        schedule = ReduceLROnPlateau(mine, patience=0, factor=0.5)
        history = fit(neuron, [[1.0], [2.0]], [5.0, 9.0], "half_squared_error", optimizer=mine,
                      schedule=schedule, epochs=4, progress=False, **options)  # fmt: skip
        return history.column("learning_rate")

    assert run() == [0.1, 0.1, 0.1, 0.1]
    assert run(validation=([[1.0]], [-5.0])) == [0.1, 0.1, 0.05, 0.025]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: ConstantLR(o, 1.5), ValueError, "factor is 1.5"),
        (lambda o: ConstantLR(o, -0.1), ValueError, "factor is -0.1"),
        (lambda o: ConstantLR(o, total_iters=0), ValueError, "total_iters must be at least 1"),
        (lambda o: LinearLR(o, 0.0), ValueError, "start_factor is 0"),
        (lambda o: LinearLR(o, end_factor=2.0), ValueError, "end_factor is 2.0"),
        (lambda o: PolynomialLR(o, power=-1.0), ValueError, "power is -1.0"),
        (lambda o: PolynomialLR(o, total_iters=2.5), TypeError, "total_iters must be an integer"),
        (lambda o: CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be at least 1, got 0"),
        (lambda o: CosineAnnealingWarmRestarts(o, 1, 0), ValueError, "T_mult must be at least 1"),
        (lambda o: OneCycleLR(o, 1.0, 0), ValueError, "total_steps must be at least 1, got 0"),
        (lambda o: OneCycleLR(o, 1.0, 9, pct_start=1.1), ValueError, "pct_start is 1.1"),
        (lambda o: OneCycleLR(o, 1.0, 9, anneal_strategy="sin"), ValueError, "'cos', 'linear'"),
        (lambda o: OneCycleLR(o, 1.0, 9, div_factor=0.0), ValueError, "div_factor is 0.0"),
        (lambda o: ReduceLROnPlateau(o, "least"), ValueError, "mode must be one of 'min', 'max'"),
        (lambda o: ReduceLROnPlateau(o, factor=1.0), ValueError, "factor is 1.0"),
        (lambda o: ReduceLROnPlateau(SGD), TypeError, "made from an optimiser, such as SGD(...)"),
        (lambda o: StepLR(0.1, 3), TypeError, "StepLR is made from an optimiser"),  # type: ignore
        (lambda o: StepLR(o, "3"), TypeError, "step_size: expected a real number, got str '3'"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)], [3]), ValueError, "1 schedules and 1 milestone"),
        (
            lambda o: SequentialLR(o, [StepLR(o, 1), StepLR(optimizer(), 1)], [3]),
            ValueError,
            "schedulers[1], StepLR, was made from another optimiser",
        ),
        (
            lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []),
            TypeError,
            "schedulers[0] is <nn.train.plateau.ReduceLROnPlateau",
        ),
        (
            lambda o: SequentialLR(o, [StepLR(o, 1), StepLR(o, 2), StepLR(o, 3)], [5, 3]),
            ValueError,
            "milestones are [5, 3]: list them in increasing order",
        ),
    ],
)
def test_arguments_are_checked(make: Any, error: type[Exception], message: str) -> None:
    mine = optimizer()
    with pytest.raises(error, match=re.escape(message)):
        make(mine)
    assert mine.lr == 0.4


def test_every_schedule_is_exported() -> None:
    """From nn.train, and what is made of an optimiser from nn, too."""
    import nn

    for name in train.__all__:
        x = getattr(train, name)
        if isinstance(x, type) and issubclass(x, Schedule) and x is not Schedule:
            assert getattr(nn, name) is x
            assert "Examples" in (x.__doc__ or "")


@pytest.mark.parametrize(
    ("name", "expected"), [("cosine", [0.4, 0.3414213562, 0.2]), ("linear", [0.4, 0.3, 0.2])]
)
def test_schedules_by_name_go_down_within_the_epochs(name: str, expected: list[float]) -> None:
    history = fit(
        MLP(1, [1], rng=0), [[1.0]], [0.5], "half_squared_error", lr=0.4, epochs=4,
        schedule=name, progress=False,
    )  # fmt: skip
    assert history.column("learning_rate")[:3] == pytest.approx(expected)


def test_an_unknown_schedule_is_refused_with_the_closest_name() -> None:
    model = MLP(1, [1], rng=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match="no schedule 'cosin'; did you mean 'cosine'"):
        fit(model, [[1.0]], [0.5], "half_squared_error", schedule="cosin", progress=False)
    assert model.state_dict() == before
    history = fit(
        model, [[1.0]], [0.5], "half_squared_error", schedule="plateau", epochs=2, progress=False
    )
    assert len(history) == 2
