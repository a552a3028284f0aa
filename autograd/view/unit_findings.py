"""Units that pass nothing back: dead or saturated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any, Final, TypeAlias

from autograd.core import data_of
from autograd.functional import grad
from autograd.layers import quantity, sums
from autograd.value import Value

from .report import Finding, Words, counted, listed
from .units import Unit

SATURATED: Final = 1e-3  # |h′(a)| below it passes next to nothing back
FLAT: Final = 0.02  # |h′(a)| to the left of a function such as relu and leaky_relu
ENOUGH_SAMPLES: Final = 8  # that a unit must have been silent for before it is called dead
MOSTLY: Final = 0.9  # of the samples, for which a unit is saturated
LEFT_SLOPE: Final = 1.01  # times |h′(a)| on the left: a unit with no more is off
BY_BIAS: Final = 0.5  # of the smallest |a|: a larger bias is what makes it so large
LARGE: Final = 10.0  # inputs beyond it want to be scaled
OFF_CENTRE: Final = 0.4  # of the slope at 0: a mean below it comes from large pre-activations
FAR: Final = 40.0  # pre-activation at which h has come to its end

DEAD: Final = Words(
    "{names} units are dead: off for every {times}{so_far}",
    "{dead} of {of}: {which}, in {count}; their largest pre-activation is {highest:.4g}.",
    "h′(a) of next to 0 stops every gradient on its way to their weights. Lower the learning rate, "
    "start with smaller weights and with biases of 0{leaky}{chance}.",
)
SO_FAR: Final = " so far"
LEAKY: Final = ", or use leaky_relu"
CHANCE: Final = ". With so few samples it may be chance: examine more at once"
SATURATED_WORDS: Final = Words(
    "units are saturated: their {why}",
    "{saturated} of {of}: {which}; their largest |h′(a)| is {slope:.2g}, "
    f"below {SATURATED:g}; "
    "|a| is {least:.3g} and more.",
    "δ is multiplied by h′(a), so they hardly learn: {advice}, lower the learning rate, or "
    "for outputs take the error 'with_logits'.",
)
# what makes pre-activations large, and what to do
LARGE_INPUTS: Final = (
    "inputs are too large, up to {largest:.3g}",
    "scale the inputs (nn.data.Standardizer)",
)
LARGE_BIASES: Final = ("biases are too large, up to {largest:.3g}", "start with biases of 0")
LARGE_WEIGHTS: Final = (
    "weights are too large",
    "start with smaller weights (init='xavier_normal')",
)

Samples: TypeAlias = Sequence[Unit]  # one unit of the network, for each sample


def findings_of_units(
    activations: Mapping[tuple[Any, int], Samples],
    named: Callable[[Sequence[Samples]], str],
    is_made_up_for: Callable[[Unit], bool],
    times: str,
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
    times : str
        What there is a unit for each of: "sample", "time step" or "use".
    """
    slopes = {at: [abs(unit.slope) for unit in units] for at, units in activations.items()}
    left, right = (
        {at: _slope(units[0], x) for at, units in activations.items()} for x in (-FAR, FAR)
    )
    rectifiers = [at for at in activations if left[at] < FLAT <= right[at]]
    off = [at for at in rectifiers if max(slopes[at]) <= max(SATURATED, LEFT_SLOPE * left[at])]
    on = {layer for layer, _ in activations.keys() - off}
    dead = [at for at in off if at[0] not in on or left[at] < SATURATED]  # leaky ones still learn
    if dead:
        is_layer = any(layer not in on for layer, _ in dead)
        units = [activations[at] for at in dead]
        yield _dead(units, len(rectifiers), named(units), times, is_layer)
    others = [at for at in activations if at not in rectifiers]
    saturated = []
    for at in others:
        pairs = zip(activations[at], slopes[at])
        silent = [unit for unit, slope in pairs if slope < SATURATED]
        if len(silent) >= MOSTLY * len(slopes[at]) and not is_made_up_for(silent[0]):
            saturated.append(silent)
    if saturated:
        yield _saturated(saturated, len(others), named)


def is_probability(unit: Unit) -> bool:
    """Return whether an activation stays within 0 and 1."""
    try:
        return all(0.0 <= unit.at(x) <= 1.0 for x in (-FAR, FAR))
    except ValueError:  # of nodes that were made by hand
        return False


def is_off_centre(units: Sequence[Samples]) -> bool:
    """Return whether slopes are much smaller than that at 0, of functions with two flat ends."""
    two_ended = [us for us in units if max(_slope(us[0], -FAR), _slope(us[0], FAR)) < FLAT]
    slopes = [abs(unit.slope) for samples in two_ended for unit in samples]
    best = [_slope(samples[0], 0.0) for samples in two_ended]
    return bool(two_ended) and fmean(slopes) < OFF_CENTRE * fmean(best)


def is_layer_off(activations: Mapping[tuple[Any, int], Samples]) -> bool:
    """Return whether there is a layer with next to no slope."""
    slopes: dict[Any, list[float]] = {}
    for (layer, _), units in activations.items():
        slopes.setdefault(layer, []).extend([abs(unit.slope) for unit in units])
    return any(fmean(layer) < FLAT for layer in slopes.values())


def why_far_out(units: Samples) -> tuple[str, str]:
    """Return what makes pre-activations large, and what to do about it."""
    inputs, biases = (max([_largest(u, *kinds) for u in units]) for kinds in (("x", ""), ("b",)))
    if inputs > LARGE:
        why, advice = LARGE_INPUTS
        return why.format(largest=inputs), advice
    if biases > BY_BIAS * min([abs(unit.a.data) for unit in units]):
        why, advice = LARGE_BIASES
        return why.format(largest=biases), advice
    return LARGE_WEIGHTS


def _slope(unit: Unit, x: float) -> float:
    """Return |h′| at another pre-activation."""
    try:
        return abs(float(grad(unit.at)(x)))
    except ValueError:  # of nodes that were made by hand: what is known is the slope here
        return abs(unit.slope)


def _largest(unit: Unit, *kinds: str) -> float:
    """Return the largest |x| of certain quantities that a pre-activation is computed from."""
    inside = [unit.a, *sums(unit.a)]
    operands = [x for node in inside for x in node.operands if x not in inside]
    chosen = [x for x in operands if (quantity(x) if isinstance(x, Value) else "") in kinds]
    return max(map(abs, data_of(chosen)), default=0.0)


def _dead(dead: Sequence[Samples], of: int, which: str, times: str, is_layer: bool) -> Finding:
    samples = min(map(len, dead))
    is_sure = samples >= ENOUGH_SAMPLES or is_layer
    names = [*dict.fromkeys([units[0].name for units in dead])]
    return DEAD.finding(
        "dead-units",
        "warning" if is_sure else "note",
        names=listed(names),
        times=times,
        so_far="" if is_sure else SO_FAR,
        dead=len(dead),
        of=of,
        which=which,
        count=counted(samples, times),
        highest=max([unit.a.data for units in dead for unit in units]) + 0.0,
        leaky="" if "leaky_relu" in names else LEAKY,
        chance="" if is_sure else CHANCE,
    )


def _saturated(saturated: Sequence[Samples], of: int, named: Callable[..., str]) -> Finding:
    units = [unit for samples in saturated for unit in samples]
    why, advice = why_far_out(units)
    return SATURATED_WORDS.finding(
        "saturated",
        "warning",
        why=why,
        saturated=len(saturated),
        of=of,
        which=named(saturated),
        slope=max([abs(unit.slope) for unit in units]),
        least=min([abs(unit.a.data) for unit in units]),
        advice=advice,
    )
