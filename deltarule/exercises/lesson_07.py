"""Exercises of lesson 7, training."""

from __future__ import annotations

from typing import Any, Final

from nn import Module, accuracy
from nn.data import load

from . import exercise, number, numbers

MOST: Final = 337
"""Parameters of the network in the lesson; exercise 7.5 asks for fewer."""


@exercise("7.1")
def one_update(answer: Any) -> str | None:
    """The weight of a linear unit after one step of gradient descent."""
    return number(
        answer,
        0.9,
        {
            0.1: "the step goes uphill: the gradient has to be subtracted.",
            0.7: "the input is missing: ∂E/∂w is δ times x.",
            -4.0: "that is the gradient; the question is where the weight goes.",
            4.5: "that is the step without the learning rate.",
            1.3: "the factor ½ of the error is missing: its derivative is y - t, not 2(y - t).",
        },
    )


@exercise("7.2")
def number_of_updates(answer: Any) -> str | None:
    """How many updates 5 epochs with 100 samples in batches of 16 make."""
    return number(
        answer,
        35.0,
        {
            7.0: "that is one epoch.",
            30.0: "the last 4 samples of each epoch make a batch as well.",
            6.0: "that is one epoch, and without its last, smaller batch.",
            31.25: "there are no parts of updates: the last, smaller batch counts as one.",
            32.0: "an epoch ends with a smaller batch; none reaches into the next epoch.",
            5.0: "that would be batch learning.",
            500.0: "that would be online learning.",
        },
        tolerance=1e-6,
    )


@exercise("7.3")
def momentum_step(answer: Any) -> str | None:
    """A function that makes a step with momentum."""
    if not callable(answer):
        return f"expected a function, got {type(answer).__name__}."
    for w, b, g in ((1.0, 3.0, 2.0), (-0.5, -1.0, 4.0)):
        shown = f"called with w = {w:g}, b = {b:g}, g = {g:g} it"
        given = answer(w, b, g)
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            return f"{shown} should return two numbers, the new w and the new b."
        right = (w - 0.1 * (0.9 * b + g), 0.9 * b + g)
        mistakes = {
            (w - 0.1 * b, right[1]): f"{shown} moves w by the old b: compute the new b first.",
            (w + 0.1 * right[1], right[1]): f"{shown} moves uphill.",
            (w - right[1], right[1]): f"{shown} forgets the learning rate.",
            (w - 0.1 * (b + g), b + g): f"{shown} forgets the factor μ.",
            (w - 0.1 * g, right[1]): f"{shown} moves w by g alone, not by b.",
            right[::-1]: f"{shown} returns them in the wrong order: w comes first.",
        }
        if fault := numbers(given, right, mistakes, tolerance=1e-9):
            return fault if fault.startswith("called") else f"{shown} is off: {fault}"
    return None


@exercise("7.4")
def collapsed_layer(answer: Any) -> str | None:
    """Weights and bias of the one layer to which two linear ones collapse."""
    return numbers(
        answer,
        [5.0, 3.0, 2.5],
        {
            (5.0, 3.0, 0.5): "the weights are right; the hidden biases have been lost on the way.",
            (5.0, 3.0, 1.5): "the weights are right; the hidden biases pass through W₂ as well.",
            (4.0, 5.0, 2.5): "W₂ is multiplied with the rows of W₁; take the columns.",
        },
    )


@exercise("7.5")
def network_for_spirals(answer: Any) -> str | None:
    """A network that tells the two spirals apart, also samples it has not seen."""
    if not isinstance(answer, Module):
        return f"expected a trained network, got {type(answer).__name__}."
    fresh = load("spirals", seed=1)
    share = accuracy(answer, fresh.inputs, fresh.targets)
    if share >= 0.95:
        count = len(answer.parameters())
        return (
            None
            if count < MOST
            else (
                f"it classifies {share:.0%} correctly, but has {count} parameters; "
                f"fewer than {MOST} will do."
            )
        )
    fault = f"of 200 new samples it classifies {share:.0%} correctly, not yet 95%."
    if getattr(answer, "activation", None) in ("identity", "linear"):
        return f"{fault} Its hidden units are linear, so its boundary is a straight line."
    sizes = getattr(answer, "sizes", [])
    if len(sizes) == 2:
        return f"{fault} It has no hidden units."
    return f"{fault} Try more hidden units or a second hidden layer, more epochs, or Adam."
