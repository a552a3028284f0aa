"""The gradient doctor's thresholds and sentences, which `autograd.view` declares, for the page."""

from __future__ import annotations

from typing import Any, Final

from autograd.view import doctor, fading, not_finite, report, unit_findings

NUMBERS: Final = {
    "saturated": unit_findings.SATURATED,
    "flat": unit_findings.FLAT,
    "enough": unit_findings.ENOUGH_SAMPLES,
    "mostly": unit_findings.MOSTLY,
    "leftSlope": unit_findings.LEFT_SLOPE,
    "byBias": unit_findings.BY_BIAS,
    "large": unit_findings.LARGE,
    "far": unit_findings.FAR,
    "offCentre": unit_findings.OFF_CENTRE,
    "faded": fading.FADED,
    "names": report.MOST_NAMES,
}
# title, evidence and advice of each kind of finding
FINDINGS: Final = {
    "diverged": not_finite.DIVERGED,
    "noWeight": doctor.NO_WEIGHT,
    "symmetric": doctor.SYMMETRIC,
    "dead": unit_findings.DEAD,
    "saturated": unit_findings.SATURATED_WORDS,
    "fading": fading.FADING,
}
PARTS: Final = {
    "all": doctor.ALL_OF_THEM,
    "layer": doctor.OF_A_LAYER,
    "alike": doctor.ALIKE,
    "soFar": unit_findings.SO_FAR,
    "leaky": unit_findings.LEAKY,
    "chance": unit_findings.CHANCE,
    "inputs": unit_findings.LARGE_INPUTS,
    "biases": unit_findings.LARGE_BIASES,
    "weights": unit_findings.LARGE_WEIGHTS,
    "size": fading.LAYER_OF_FADING,
    "vanishes": fading.VANISHES,
    "explodes": fading.EXPLODES,
    "why": fading.WHY_FADING,
    "he": fading.INITS[True],
    "xavier": fading.INITS[False],
    "others": fading.OTHERS,
}


def doctor_words() -> dict[str, Any]:
    """Return the constant DOCTOR of the page.

    Examples
    --------
    >>> doctor_words()["numbers"]["saturated"]
    0.001
    """
    return {"numbers": NUMBERS, "findings": FINDINGS, "parts": PARTS}
