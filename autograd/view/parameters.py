"""What may be wrong with the parameters of a model."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from autograd.core import sort
from autograd.cut import cuts
from autograd.layers import Layers
from autograd.value import Value

from .report import Finding, Severity, counted, listed

ZERO_WEIGHTS: Final = (
    "No δ comes back through a weight of 0, and units with the same weights stay alike. Start from "
    "small random weights; only biases may start at 0."
)


def parameters_of(module: Any) -> dict[str, Value]:
    """Return the parameters of a module by their names; frozen ones are none."""
    if callable(getattr(module, "named_parameters", None)):
        named = dict(module.named_parameters())
    else:
        named = {f"parameter {i}": p for i, p in enumerate(module.parameters())}
    return {name: p for name, p in named.items() if p.requires_grad}


def _unreached(parameters: Mapping[str, Value], leaves: Collection[Value]) -> Iterator[Finding]:
    missing = {name: p for name, p in parameters.items() if p not in leaves}
    if not missing:
        return
    severity: Severity = "warning"
    title = "the loss does not depend on some parameters of the model"
    evidence = f"{len(missing)} of {counted(len(parameters), 'parameter')}: {listed([*missing])}"
    if len(missing) == len(parameters):
        severity, title = "error", "the loss depends on no parameter of the model"
        evidence += f"; the graph has {counted(len(leaves), 'other leaf')}"
    waiting = [node for node in cuts if not {*missing.values()}.isdisjoint(sort(node)[0])]
    if waiting:
        evidence += f"; a node became a plain number in {' '.join(cuts[waiting[0]].split())}"
    yield Finding(
        "not-reached",
        severity,
        title,
        f"{evidence}.",
        "The way from them to the loss is cut, by detach(), .data, float(), functions of math or "
        "no_grad(), or the loss was computed from another model, or not from them at all.",
    )


def findings_of_parameters(
    parameters: Mapping[str, Value], leaves: Collection[Value] | None
) -> Iterator[Finding]:
    """Examine parameters by themselves, or by whether they are among the leaves of a loss."""
    if not parameters:
        yield Finding(
            "no-gradient",
            "warning",
            "there are no parameters",
            "parameters() is empty.",
            "Store Values or modules as attributes, so that they are found.",
        )
    elif leaves is not None:
        yield from _unreached(parameters, leaves)
    else:
        yield from _alone(parameters)


def _alone(parameters: Mapping[str, Value]) -> Iterator[Finding]:
    count = len(parameters)
    held = {name: p for name, p in parameters.items() if p.has_grad}
    unused = [name for name in parameters if name not in held]
    if not held:
        yield Finding(
            "not-run",
            "warning",
            "no parameter has a gradient",
            "backward() has not been run, or zero_grad() has been called since.",
            "Compute a loss and call backward() on it.",
        )
    elif unused:
        yield Finding(
            "no-gradient",
            "warning",
            "parameters are without gradient although others have one",
            f"{len(unused)} of {count}: {listed(unused)}.",
            "The loss was not computed from them. Use them in __call__, or remove them.",
        )
    for what, attribute in (("numbers", "data"), ("gradients", "grad")):
        numbers = {name: getattr(p, attribute) for name, p in parameters.items()}
        bad = [name for name, x in numbers.items() if not math.isfinite(x)]
        if bad:
            yield Finding(
                "not-finite",
                "error",
                f"{what} of parameters are not finite",
                f"{len(bad)} of {count}: {listed(bad)}; the first is {numbers[bad[0]]:g}.",
                "Training has diverged: begin anew with a lower learning rate. diagnose(loss) "
                "names the operation at which it begins.",
            )
    places = Layers([*parameters.values()]).places
    weights = [p for p, place in places.items() if place.quantity == "w"]
    layers = {places[p].layer for p in weights}
    if len(layers) > 1 and not any(p.data for p in weights):
        yield Finding(
            "zero-weights",
            "warning",
            "the weights are all 0",
            f"{len(weights)} weights, in {counted(len(layers), 'layer')}.",
            ZERO_WEIGHTS,
        )
    zero = [name for name, p in held.items() if p.grad == 0.0]
    if zero:
        yield Finding(
            "zero-gradient",
            "note",
            "parameters have a gradient of exactly 0",
            f"{len(zero)} of {count}: {listed(zero)}.",
            "They do not move in this step. diagnose(loss) tells whether ReLU units are dead.",
        )
