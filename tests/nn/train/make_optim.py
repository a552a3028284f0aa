"""Write optim.json: what torch.optim does, in float64, for test_optimizers.py to compare with.

Run with PyTorch 2.13.0 installed:  python tests/nn/train/make_optim.py
"""

import inspect
import json
from pathlib import Path
from typing import Any

import torch

START = [-1.2, 1.5, 0.3]
KEPT_STEPS = [1, 2, 3, 10, 30, 60]
KEPT_EPOCHS = [*range(13), 25, 60]

# One row per run: the optimiser, its arguments, the schedule with its arguments if there is one.
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "dampening": 0.5}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}),
    ("SGD", {"lr": 0.01, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.005, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.0001, "momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.3}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.05, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.2, "initial_accumulator_value": 0.5, "eps": 0.01}),
    ("Adagrad", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 0.001}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "centered": True}),
    ("RMSprop", {"lr": 0.005, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.002, "momentum": 0.5, "centered": True, "weight_decay": 0.01}),
    ("RMSprop", {"lr": 0.002, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 0.001}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "betas": [0.9, 0.8], "amsgrad": True}),
    ("Adam", {"lr": 0.01, "betas": [0.5, 0.9], "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.05, "betas": [0.8, 0.95], "weight_decay": 0.5}),
    ("AdamW", {"lr": 0.1, "betas": [0.9, 0.8], "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
]
SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", {"step_size": 1}),
    ("StepLR", {"step_size": 4, "gamma": 0.7}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ExponentialLR", {"gamma": 1.05}),
    ("CosineAnnealingLR", {"T_max": 12}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    ("LambdaLR", {"lr_lambda": "harmonic"}),
    ("LambdaLR", {"lr_lambda": "warm-up"}),
]
SCHEDULED_RUNS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.01, "momentum": 0.9}, "CosineAnnealingLR", {"T_max": 25, "eta_min": 0.001}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.5}, "StepLR", {"step_size": 8, "gamma": 0.5}),
]
LAMBDAS = {
    "harmonic": lambda epoch: 1.0 / (1.0 + epoch),
    "warm-up": lambda epoch: min(1.0, (epoch + 1) / 5),
}


def loss(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Rosenbrock's valley and a double well, coupled: not convex."""
    return (1 - x) ** 2 + 5 * (y - x * x) ** 2 + (z * z - 1) ** 2 + x * z / 2


def make_schedule(
    name: str, arguments: dict[str, Any], optimizer: torch.optim.Optimizer
) -> torch.optim.lr_scheduler.LRScheduler:
    if name == "LambdaLR":
        arguments = {"lr_lambda": LAMBDAS[arguments["lr_lambda"]]}
    schedule = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    assert isinstance(schedule, torch.optim.lr_scheduler.LRScheduler)
    return schedule


def run(
    name: str,
    arguments: dict[str, Any],
    schedule_name: str | None = None,
    schedule_arguments: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the values of the parameters after each of the kept steps."""
    params = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in START]
    optimizer = getattr(torch.optim, name)(params, **arguments)
    schedule = None
    if schedule_name:
        schedule = make_schedule(schedule_name, schedule_arguments or {}, optimizer)
    trajectory = []
    for t in range(1, max(KEPT_STEPS) + 1):
        optimizer.zero_grad()
        loss(*params).backward()
        optimizer.step()
        if schedule:
            schedule.step()
        if t in KEPT_STEPS:
            trajectory.append([p.item() for p in params])
    return {
        "optimizer": name,
        "arguments": arguments,
        "schedule": schedule_name,
        "schedule_arguments": schedule_arguments,
        "trajectory": trajectory,
    }


def learning_rates(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the learning rates of the kept epochs, from the closed form."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
    schedule = make_schedule(name, arguments, optimizer)
    # LambdaLR has no separate closed form: what it computes is one.
    closed_form = getattr(schedule, "_get_closed_form_lr", schedule.get_last_lr)
    rates = []
    for epoch in range(max(KEPT_EPOCHS) + 1):
        if epoch in KEPT_EPOCHS:
            rates.append(float(closed_form()[0]))
        optimizer.step()
        schedule.step()
    return {"schedule": name, "arguments": arguments, "learning_rates": rates}


def defaults(function: type) -> dict[str, Any]:
    """Return the default values of the arguments, without those for tensors and graphics cards."""
    tensors_only = {"foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay"}
    return {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not parameter.empty and name not in {*tensors_only, "last_epoch"}
    }


if __name__ == "__main__":
    names = sorted({row[0] for row in OPTIMIZERS})
    schedule_names = sorted({row[0] for row in SCHEDULES})
    reference = {
        "torch": torch.__version__.split("+")[0],
        "start": START,
        "steps": KEPT_STEPS,
        "epochs": KEPT_EPOCHS,
        "initial_lr": 0.4,
        "defaults": {
            **{name: defaults(getattr(torch.optim, name)) for name in names},
            **{name: defaults(getattr(torch.optim.lr_scheduler, name)) for name in schedule_names},
        },
        "runs": [run(*row) for row in [*OPTIMIZERS, *SCHEDULED_RUNS]],
        "schedules": [learning_rates(*row) for row in SCHEDULES],
    }
    file = Path(__file__).with_name("optim.json")
    file.write_text(json.dumps(reference, indent=1) + "\n", encoding="utf-8")
