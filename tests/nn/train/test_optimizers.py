"""Optimisers and learning-rate schedules, compared with stored runs of torch.optim.

make_optim.py made the stored runs; optim.json holds them.
"""

import inspect
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from nn import train
from nn.train import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    Optimizer,
    RMSprop,
    Schedule,
    StepLR,
)

State = tuple[float, ...]

REFERENCE = json.loads((Path(__file__).with_name("optim.json")).read_text(encoding="utf-8"))
LAMBDAS: dict[str, Callable[[int], float]] = {
    "harmonic": lambda epoch: 1.0 / (1.0 + epoch),
    "warm-up": lambda epoch: min(1.0, (epoch + 1) / 5),
}
# One of each, with every part of its formula in use.
EACH: list[Callable[[list["Parameter"]], Optimizer]] = [
    lambda params: SGD(params, lr=0.01, momentum=0.9, weight_decay=0.1, nesterov=True),
    lambda params: Adagrad(params, lr=0.3, lr_decay=0.05, weight_decay=0.1),
    lambda params: RMSprop(params, momentum=0.5, weight_decay=0.1, centered=True),
    lambda params: Adam(params, lr=0.1, weight_decay=0.1, amsgrad=True),
    lambda params: AdamW(params, lr=0.1, amsgrad=True),
]
NAMES = ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"]


class Parameter:
    """The part of `autograd.Value` that an optimiser sees."""

    def __init__(self, data: float) -> None:
        self.data, self.requires_grad = data, True
        self._grad: float | None = None

    @property
    def grad(self) -> float:
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, gradient: float | None) -> None:
        self._grad = gradient

    @property
    def has_grad(self) -> bool:
        return self._grad is not None


def start() -> list[Parameter]:
    return [Parameter(w) for w in REFERENCE["start"]]


def values(params: Sequence[Parameter]) -> list[float]:
    return [p.data for p in params]


def descend(optimizer: Optimizer, params: list[Parameter], steps: int = 1) -> None:
    """Run steps on (1-x)^2 + 5 (y-x^2)^2 + (z^2-1)^2 + xz/2, differentiated by hand."""
    for _ in range(steps):
        x, y, z = values(params)
        optimizer.zero_grad()
        params[0].grad = -2 * (1 - x) - 20 * x * (y - x * x) + z / 2
        params[1].grad = 10 * (y - x * x)
        params[2].grad = 4 * z * (z * z - 1) + x / 2
        optimizer.step()


def make_schedule(name: str, arguments: dict[str, Any], optimizer: Optimizer) -> Schedule:
    if name == "LambdaLR":
        arguments = {"lr_lambda": LAMBDAS[arguments["lr_lambda"]]}
    schedule = getattr(train, name)(optimizer, **arguments)
    assert isinstance(schedule, Schedule)
    return schedule


def label(row: dict[str, Any]) -> str:
    names = [row[key] for key in ("optimizer", "schedule") if row.get(key)]
    return "-".join([*names, *(f"{key}={value}" for key, value in row["arguments"].items())])


def exactly(message: str) -> str:
    return f"^{re.escape(message)}$"


# ---- against PyTorch


@pytest.mark.parametrize("name", REFERENCE["defaults"])
def test_arguments_and_defaults_are_those_of_torch(name: str) -> None:
    ours = inspect.signature(getattr(train, name)).parameters
    defaults = {key: p.default for key, p in ours.items() if p.default is not p.empty}
    if "betas" in defaults:
        defaults["betas"] = list(defaults["betas"])
    assert defaults == REFERENCE["defaults"][name]


@pytest.mark.parametrize("row", REFERENCE["runs"], ids=label)
def test_trajectory_is_that_of_torch(row: dict[str, Any]) -> None:
    params = start()
    optimizer = getattr(train, row["optimizer"])(params, **row["arguments"])
    schedule = None
    if row["schedule"]:
        schedule = make_schedule(row["schedule"], row["schedule_arguments"], optimizer)
    trajectory = []
    for t in range(1, max(REFERENCE["steps"]) + 1):
        descend(optimizer, params)
        if schedule:
            schedule.step()
        if t in REFERENCE["steps"]:
            trajectory.append(values(params))
    for actual, expected in zip(trajectory, row["trajectory"], strict=True):
        assert actual == pytest.approx(expected, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("row", REFERENCE["schedules"], ids=label)
def test_learning_rates_are_those_of_torch(row: dict[str, Any]) -> None:
    optimizer = SGD(start(), lr=REFERENCE["initial_lr"])
    schedule = make_schedule(row["schedule"], row["arguments"], optimizer)
    rates = []
    for epoch in range(max(REFERENCE["epochs"]) + 1):
        assert schedule.get_last_lr() == optimizer.lr
        if epoch in REFERENCE["epochs"]:
            rates.append(optimizer.lr)
        schedule.step()
    assert rates == pytest.approx(row["learning_rates"], rel=1e-12, abs=0.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_zero_leads_to_no_division_by_zero(name: str) -> None:
    params = [Parameter(2.0)]
    getattr(train, name)(params, lr=0.0).step()
    assert values(params) == [2.0]


def test_rounding_cannot_make_the_variance_of_rmsprop_negative() -> None:
    params = [Parameter(1.0)]
    optimizer = RMSprop(params, alpha=0.1, centered=True)
    for _ in range(300):
        params[0].grad = 0.1
        optimizer.step()
    assert math.isfinite(params[0].data)


@pytest.mark.parametrize("make", EACH, ids=NAMES)
@pytest.mark.parametrize("gradient", [math.inf, math.nan, 1e200])
def test_overflow_raises_nothing_and_is_not_hidden(
    make: Callable[[list[Parameter]], Optimizer], gradient: float
) -> None:
    params = [Parameter(1.0)]
    optimizer = make(params)
    params[0].grad = gradient
    optimizer.step()
    assert math.isfinite(gradient) or not math.isfinite(params[0].data)


# ---- what is said of them


@pytest.mark.parametrize("name", REFERENCE["defaults"])
def test_the_docstring_is_complete(name: str) -> None:
    """All parameters in the order of the constructor, and all sections, in the usual order."""
    cls = getattr(train, name)
    text = inspect.getdoc(cls) or ""
    sections = re.split(r"^(\w+)\n-+\n", text, flags=re.MULTILINE)
    assert sections[1::2] == ["Parameters", "Raises", "References", "Examples"]
    described = re.findall(r"^(\w+) : .+\n    .+", sections[2], re.MULTILINE)
    assert described == list(inspect.signature(cls).parameters)


def test_what_a_class_says_of_a_parameter_goes_before_what_its_base_says() -> None:
    """AdamW has a weight decay of its own, and the betas of Adam."""
    adam, adamw = (inspect.getdoc(cls) or "" for cls in (Adam, AdamW))
    assert "L2 penalty" in adam
    assert "L2 penalty" not in adamw
    assert "multiplies w by 1 - lr * weight_decay" in adamw
    betas = "betas : tuple of two floats\n    Memory of the running averages"
    assert betas in adam
    assert betas in adamw


# ---- what every optimiser does


@pytest.mark.parametrize("make", EACH, ids=NAMES)
def test_an_exception_in_step_leaves_everything_as_it_was(
    make: Callable[[list[Parameter]], Optimizer],
) -> None:
    params = start()
    optimizer = make(params)
    descend(optimizer, params, steps=3)
    before, state_before = values(params), optimizer.state_dict()
    params[-1].data = "broken"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        optimizer.step()
    assert values(params)[:-1] == before[:-1]
    assert optimizer.state_dict() == state_before


def test_a_rule_that_returns_no_number_leaves_everything_as_it_was() -> None:
    class Broken(SGD):
        def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
            return (w - 1.0 if w < 1.0 else None), state  # type: ignore[return-value]

    params = start()
    for p in params:
        p.grad = 1.0
    with pytest.raises(TypeError):
        Broken(params).step()
    assert values(params) == REFERENCE["start"]


@pytest.mark.parametrize("make", EACH, ids=NAMES)
def test_a_resumed_run_is_identical_to_the_last_bit(
    make: Callable[[list[Parameter]], Optimizer],
) -> None:
    params = start()
    optimizer = make(params)
    descend(optimizer, params, steps=7)
    optimizer.lr /= 2.0
    saved = optimizer.state_dict()
    assert json.loads(json.dumps(saved)) == saved

    new_params = [Parameter(w) for w in values(params)]
    new_optimizer = make(new_params)
    new_optimizer.load_state_dict(json.loads(json.dumps(saved)))
    assert new_optimizer.state_dict() == saved
    descend(optimizer, params, steps=20)
    descend(new_optimizer, new_params, steps=20)
    assert values(new_params) == values(params)
    assert new_optimizer.state_dict() == optimizer.state_dict()


def test_a_resumed_schedule_gives_the_same_learning_rates() -> None:
    optimizer = SGD(start(), lr=0.3)
    schedule = CosineAnnealingLR(optimizer, T_max=10)
    for _ in range(4):
        schedule.step()
    saved = json.loads(json.dumps(schedule.state_dict()))

    new_optimizer = SGD(start(), lr=0.1)
    new_schedule = CosineAnnealingLR(new_optimizer, T_max=10)
    new_schedule.load_state_dict(saved)
    for _ in range(4):
        assert new_optimizer.lr == optimizer.lr
        assert new_schedule.state_dict() == schedule.state_dict()
        schedule.step()
        new_schedule.step()


def test_a_saved_state_does_not_change_with_the_optimiser() -> None:
    params = start()
    optimizer = Adam(params)
    saved = optimizer.state_dict()
    before = json.dumps(saved)
    descend(optimizer, params)
    assert json.dumps(saved) == before
    optimizer.load_state_dict(saved)
    descend(optimizer, params)
    assert json.dumps(saved) == before


def test_zero_grad_makes_every_gradient_read_zero() -> None:
    params = start()
    for p in params:
        p.grad = 5.0
    SGD(params).zero_grad()
    assert [p.grad for p in params] == [0.0, 0.0, 0.0]
    assert not any(p.has_grad for p in params)


def test_lr_can_be_written() -> None:
    params = [Parameter(1.0)]
    optimizer = SGD(params, lr=0.1)
    optimizer.lr = 0.5
    params[0].grad = 1.0
    optimizer.step()
    assert (optimizer.lr, params[0].data) == (0.5, 0.5)


def test_params_may_be_a_generator() -> None:
    optimizer = SGD(p for p in start())
    assert len(optimizer.params) == 3


# ---- what is refused, and in which words


OUT_OF_RANGE = [
    ("lr", -0.1, "0.0 <= lr < inf"),
    ("lr", math.nan, "0.0 <= lr < inf"),
    ("lr", math.inf, "0.0 <= lr < inf"),
    ("weight_decay", -1.0, "0.0 <= weight_decay < inf"),
    ("momentum", -0.9, "0.0 <= momentum < inf"),
    ("dampening", -0.5, "0.0 <= dampening < inf"),
    ("lr_decay", -0.5, "0.0 <= lr_decay < inf"),
    ("initial_accumulator_value", -2.0, "0.0 <= initial_accumulator_value < inf"),
    ("eps", -1e-8, "2.2250738585072014e-308 <= eps < inf"),
    ("eps", 0.0, "2.2250738585072014e-308 <= eps < inf"),
    ("alpha", 1.0, "0.0 <= alpha < 1.0"),
    ("alpha", -0.5, "0.0 <= alpha < 1.0"),
]


@pytest.mark.parametrize(
    ("name", "argument", "value", "allowed"),
    [
        (name, *row)
        for name in NAMES
        for row in OUT_OF_RANGE
        if row[0] in inspect.signature(getattr(train, name)).parameters
    ],
)
def test_numbers_out_of_range_are_refused(
    name: str, argument: str, value: float, allowed: str
) -> None:
    message = f"{argument} is {value}: choose a number with {allowed}"
    with pytest.raises(ValueError, match=exactly(message)):
        getattr(train, name)(start(), **{argument: value})


@pytest.mark.parametrize("optimizer_class", [Adam, AdamW])
@pytest.mark.parametrize("betas", [(1.0, 0.999), (-0.1, 0.999), (0.9, 1.0), (0.9, math.nan)])
def test_betas_out_of_range_are_refused(
    optimizer_class: type[Adam], betas: tuple[float, float]
) -> None:
    i = 0 if betas[0] != 0.9 else 1
    message = f"betas[{i}] is {betas[i]}: choose a number with 0.0 <= betas[{i}] < 1.0"
    with pytest.raises(ValueError, match=exactly(message)):
        optimizer_class(start(), betas=betas)


@pytest.mark.parametrize(("momentum", "dampening"), [(0.0, 0.0), (0.9, 0.5)])
def test_nesterov_needs_momentum_without_dampening(momentum: float, dampening: float) -> None:
    message = (
        f"nesterov=True with momentum {momentum} and dampening {dampening}: "
        "choose momentum > 0 and dampening = 0, or nesterov=False"
    )
    with pytest.raises(ValueError, match=exactly(message)):
        SGD(start(), momentum=momentum, dampening=dampening, nesterov=True)


@pytest.mark.parametrize("name", NAMES)
def test_no_parameters_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=exactly("params has 0 parameters: pass at least one")):
        getattr(train, name)([])


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_listed_twice_is_refused(name: str) -> None:
    a, b = Parameter(1.0), Parameter(1.0)
    message = "params[2] is the same parameter as params[1]: list it only once"
    with pytest.raises(ValueError, match=exactly(message)):
        getattr(train, name)([a, b, b])


def test_lr_is_checked_when_it_is_written() -> None:
    optimizer = SGD(start(), lr=0.1)
    with pytest.raises(
        ValueError, match=exactly("lr is -0.2: choose a number with 0.0 <= lr < inf")
    ):
        optimizer.lr = -0.2
    assert optimizer.lr == 0.1


def test_the_state_of_another_class_is_refused() -> None:
    message = "the state is one of Adam: load it into Adam, not AdamW"
    with pytest.raises(ValueError, match=exactly(message)):
        AdamW(start()).load_state_dict(Adam(start()).state_dict())


def test_the_state_of_other_parameters_is_refused() -> None:
    optimizer = Adam(start())
    before = optimizer.state_dict()
    message = (
        "the state has 1 parameters and this optimiser 3: "
        "build the optimiser from the parameters it had when the state was saved"
    )
    with pytest.raises(ValueError, match=exactly(message)):
        optimizer.load_state_dict(Adam([Parameter(1.0)], lr=0.5).state_dict())
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: StepLR(o, 0), "step_size is 0: choose a number with 1 <= step_size < inf"),
        (lambda o: StepLR(o, 2, -0.1), "gamma is -0.1: choose a number with 0.0 <= gamma < inf"),
        (
            lambda o: ExponentialLR(o, math.nan),
            "gamma is nan: choose a number with 0.0 <= gamma < inf",
        ),
        (lambda o: CosineAnnealingLR(o, 0), "T_max is 0: choose a number with 1 <= T_max < inf"),
        (
            lambda o: CosineAnnealingLR(o, 5, eta_min=-1.0),
            "eta_min is -1.0: choose a number with 0.0 <= eta_min < inf",
        ),
        (lambda o: LambdaLR(o, lambda _: -2.0), "lr is -0.2: choose a number with 0.0 <= lr < inf"),
    ],
)
def test_arguments_of_schedules_are_checked(
    make: Callable[[Optimizer], Schedule], message: str
) -> None:
    optimizer = SGD(start(), lr=0.1)
    with pytest.raises(ValueError, match=exactly(message)):
        make(optimizer)
    assert optimizer.lr == 0.1


def test_an_exception_in_a_schedule_leaves_it_as_it_was() -> None:
    optimizer = SGD(start(), lr=0.5)
    schedule = LambdaLR(optimizer, lambda epoch: 1.0 - epoch)
    schedule.step()
    with pytest.raises(ValueError, match=r"^lr is -0\.5"):
        schedule.step()
    assert (schedule.epoch, schedule.get_last_lr(), optimizer.lr) == (1, 0.0, 0.0)


def test_a_parameter_without_gradient_is_left_alone() -> None:
    """As in PyTorch: no momentum, no decay, and its steps are not counted.

    The numbers are torch.optim.AdamW's in float64 with lr=0.1, weight_decay=0.1 and gradients
    1, None, 1 for the second parameter: 1 -> 0.89 -> 0.89 -> 0.7811.
    """
    always, sometimes = Parameter(1.0), Parameter(1.0)
    optimizer = AdamW([always, sometimes], lr=0.1, weight_decay=0.1)
    seen = []
    for gradient in (1.0, None, 1.0):
        optimizer.zero_grad()
        always.grad, sometimes.grad = 1.0, gradient
        optimizer.step()
        seen.append(sometimes.data)
    assert seen == pytest.approx([0.89, 0.89, 0.7811], rel=1e-7)
