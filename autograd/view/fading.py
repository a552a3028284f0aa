"""Whether δ vanishes or explodes on its way back through the layers, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .report import Finding, Words
from .unit_findings import Samples, is_layer_off, is_off_centre, why_far_out

FADED: Final = 1e-3  # RMS δ of the first layer to the last: vanishing; its inverse: exploding
FADING: Final = Words(
    "δ {what} on the way back through the layers: {why}",
    "root mean square of δ in {steps}; the first to the last layer is {ratio:.2g}.",
    "Each layer multiplies δ by its weights and by h′(a): {advice}.",
)
LAYER_OF_FADING: Final = "layer {layer}: {size:.2g}"
VANISHES, EXPLODES = "vanishes", "explodes"
# why, and what to do
WHY_FADING: Final = {
    "large": (
        "weights are too large",
        "start with smaller weights ({init}), lower the learning rate",
    ),
    "zero": (
        "a factor on the way is 0",
        "look for weights of 0, and for units whose h′(a) is 0",
    ),
    "off": ("a layer is off", "bring its units back to life first"),
    "sigmoid": (
        "the slope of sigmoid is 1/4 at most",
        "take {others} instead, with weights scaled to the size of the layer ({init}), fewer "
        "layers, or skip connections",
    ),
    "small": (
        "weights are too small",
        "start with weights scaled to the size of the layer ({init})",
    ),
}
OTHERS: Final = ("tanh", "relu")  # in place of a sigmoid
INITS: Final = {True: "init='he_normal'", False: "init='xavier_normal'"}  # with relu, without


def findings_of_fading(
    deltas: Mapping[int, Sequence[float]], hidden: Mapping[tuple[int, int], Samples]
) -> Iterator[Finding]:
    """Compare the size of δ in the first layer with that in the last.

    Parameters
    ----------
    deltas : mapping
        δ of the units of each layer, for all samples.
    hidden : mapping
        The hidden units by layer and number.
    """
    sizes = {
        layer: math.hypot(*deltas[layer]) / math.sqrt(len(deltas[layer]))
        for layer in sorted(deltas)
        if all(map(math.isfinite, deltas[layer]))
    }
    if not 2 <= len(sizes) == len(deltas) or not sizes[max(sizes)]:
        return
    ratio = sizes[min(sizes)] / sizes[max(sizes)]
    if FADED <= ratio <= 1.0 / FADED:
        return
    steps = [LAYER_OF_FADING.format(layer=k, size=size) for k, size in sizes.items()]
    names = {units[0].name for units in hidden.values()}
    others = [h for h in OTHERS if h not in names]
    if ratio > 1.0:
        why, advice = WHY_FADING["large"]
    elif not ratio:
        why, advice = WHY_FADING["zero"]
    elif is_off_centre([*hidden.values()]):
        why, advice = why_far_out([unit for units in hidden.values() for unit in units])
    elif is_layer_off(hidden):
        why, advice = WHY_FADING["off"]
    elif "sigmoid" in names and others:
        why, advice = WHY_FADING["sigmoid"]
    else:
        why, advice = WHY_FADING["small"]
    yield FADING.finding(
        "vanishing" if ratio < 1.0 else "exploding",
        "warning",
        what=VANISHES if ratio < 1.0 else EXPLODES,
        why=why,
        steps=", ".join(steps),
        ratio=ratio,
        advice=advice.format(init=INITS["relu" in names], others=" or ".join(others)),
    )
