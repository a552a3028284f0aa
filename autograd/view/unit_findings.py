"""Units that pass nothing back: dead or saturated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from autograd.core import data_of
from autograd.functional import grad
from autograd.value import Value

from .report import Finding, counted, listed
from .units import Unit, quantity, sums

SATURATED: Final = 1e-3  # |h′(a)| below it passes next to nothing back
ENOUGH_SAMPLES: Final = 8  # that a unit must have been silent for before it is called dead
LARGE: Final = 10.0  # inputs beyond it want to be scaled
FAR: Final = 40.0  # pre-activation at which h has come to its end

Samples: TypeAlias = Sequence[Unit]  # one unit of the network, for each sample


def findings_of_units(
    activations: Mapping[tuple[Any, int], Samples],
    named: Callable[[Sequence[Samples]], str],
    is_made_up_for: Callable[[Unit], bool],
) -> Iterator[Finding]:
    """Find dead and saturated units, by what their functions do.

    Parameters
    ----------
    activations : mapping
        The units by layer and number.
    named : callable
        Their names in a sentence.
    is_made_up_for : callable
        Whether h′(a) of an output does not matter, because δ is y - t.
    """
    silent = {at: us for at, us in activations.items() if _largest_slope(us) < SATURATED}
    one_sided = {at for at, us in activations.items() if _turns_off(us[0])}
    dead = {at: us for at, us in silent.items() if at in one_sided}
    if dead:
        alive = {layer for layer, _ in activations.keys() - dead.keys()}
        yield _dead(dead, len(one_sided), named, not alive.issuperset([layer for layer, _ in dead]))
    saturated = [us for at, us in silent.items() if at not in dead and not is_made_up_for(us[0])]
    if saturated:
        yield _saturated(saturated, len(activations) - len(one_sided), named)


def is_probability(unit: Unit) -> bool:
    """Return whether an activation stays within 0 and 1."""
    return all(0.0 <= unit.at(x) <= 1.0 for x in (-FAR, FAR))


def _turns_off(unit: Unit) -> bool:
    """Return whether h goes flat to the left but not to the right, as relu, gelu and softplus."""
    try:
        left, right = (abs(grad(unit.at)(x)) for x in (-FAR, FAR))
    except (ArithmeticError, TypeError, ValueError):  # as of nodes that were made by hand
        return False
    return bool(left < SATURATED <= right)


def _dead(
    dead: Mapping[Any, Samples], of: int, named: Callable[..., str], is_layer: bool
) -> Finding:
    samples = min([len(nodes) for nodes in dead.values()])
    is_sure = samples >= ENOUGH_SAMPLES or is_layer
    highest = max([unit.a.data for nodes in dead.values() for unit in nodes])
    names = listed([*dict.fromkeys([nodes[0].name for nodes in dead.values()])])
    return Finding(
        "dead-units",
        "warning" if is_sure else "note",
        f"{names} units are dead: off for every sample" + ("" if is_sure else " so far"),
        f"{len(dead)} of {of}: {named([*dead.values()])}, in "
        f"{counted(samples, 'sample')}; their largest pre-activation is {highest:.4g}.",
        "h′(a) = 0 stops every gradient on its way to their weights. Lower the learning "
        "rate, start with smaller weights and with biases of 0, or use leaky_relu."
        + ("" if is_sure else " With so few samples it may be chance: examine more at once."),
    )


def _saturated(saturated: Sequence[Samples], of: int, named: Callable[..., str]) -> Finding:
    slope = max(map(_largest_slope, saturated))
    everywhere = [unit for nodes in saturated for unit in nodes]
    least = min([abs(unit.a.data) for unit in everywhere])
    largest_input = max([_largest(unit, "x", "z", "") for unit in everywhere])
    largest_bias = max([_largest(unit, "b") for unit in everywhere])
    if largest_input > LARGE:
        why = f"inputs are too large, up to {largest_input:.3g}"
        advice = "Scale the inputs (nn.data.Standardizer)"
    elif largest_bias > 0.5 * least:
        why, advice = f"biases are too large, up to {largest_bias:.3g}", "Start with biases of 0"
    else:
        why, advice = "weights are too large", "Start with smaller weights (init='xavier_normal')"
    return Finding(
        "saturated",
        "warning",
        f"units are saturated: their {why}",
        f"{len(saturated)} of {of}: {named(saturated)}; their largest |h′(a)| is {slope:.2g}, "
        f"below {SATURATED:g}; |a| is {least:.3g} and more.",
        f"δ is multiplied by h′(a), so they hardly learn. {advice}, lower the learning rate, or "
        "for outputs take the error 'with_logits'.",
    )


def _largest_slope(units: Samples) -> float:
    return max([abs(unit.slope) for unit in units])


def _largest(unit: Unit, *quantities: str) -> float:
    """Return the largest |x| of certain quantities that a pre-activation is computed from."""
    inside = [unit.a, *sums(unit.a)]
    operands = [x for node in inside for x in node.operands if x not in inside]
    chosen = [x for x in operands if (quantity(x) if isinstance(x, Value) else "") in quantities]
    return max(map(abs, data_of(chosen)), default=0.0)
