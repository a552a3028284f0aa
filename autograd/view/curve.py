"""What the course of a loss says about the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any, Final

from autograd.numbers import flatten, is_sequence, number_of

from .report import Finding, Severity, counted

FEWEST: Final = 3  # losses that say something
GROWN: Final = 1.05  # times the first loss at the end
JUMPED: Final = 1.5  # times the first loss on the way
SWINGS: Final = 0.1  # mean change of the loss from epoch to epoch, a quarter of it upwards
SLOW: Final = 0.2  # of the first loss: less is little for a descent that is not over
FLAT: Final = 0.01  # of the loss: less is nothing for half of the epochs


def is_history(x: Any) -> bool:
    """Return whether x is a sequence of losses, or a history of training with columns."""
    return callable(getattr(x, "column", None)) or is_sequence(x)


def findings_of_history(history: Any) -> Iterator[Finding]:
    """Find a learning rate that is too large or too small, and a plateau."""
    if is_sequence(history):
        losses, rates = [number_of(x) for x in flatten(history)], []
    else:
        losses = history.column("train_loss")
        rates = [f"{rate:g}" for rate in history.column("learning_rate")]
    numbers = [f"{x:.4g}" for x in losses]
    shown = numbers if len(numbers) <= 6 else [*numbers[:3], "…", *numbers[-3:]]
    evidence = f"The loss in {counted(len(losses), 'epoch')}: {', '.join(shown)}"
    if rates:
        evidence += f"; the learning rate was {' to '.join(dict.fromkeys([rates[0], rates[-1]]))}"
    for kind, severity, title, advice in _course(losses):
        yield Finding(kind, severity, title, f"{evidence}.", advice)


def _course(losses: Sequence[float]) -> Iterator[tuple[str, Severity, str, str]]:
    """Yield kind, severity, title and advice; the course of the losses is evidence enough."""
    bad = [i for i, x in enumerate(losses) if not math.isfinite(x)]
    lower = "Begin anew with a learning rate that is 3 to 10 times lower"
    if bad[:1] == [0]:
        title = "the loss is not finite from the first epoch on"
        advice = "Look for nan in the data; diagnose(loss) names the operation where it begins. If "
        yield "not-finite", "error", title, f"{advice}there is none, lower the learning rate."
    elif bad:
        title = f"the learning rate is too large: the loss is {losses[bad[0]]:g} in epoch "
        advice = f"{lower}. If that does not help, diagnose(loss) names the operation."
        yield "rate-too-large", "error", f"{title}{bad[0] + 1}", advice
    elif len(losses) < FEWEST:
        title = "there are too few losses to say anything"
        yield "too-short", "note", title, f"Train for {FEWEST} epochs at least."
    elif losses[0] == max(losses) == min(losses):
        if losses[0]:
            title = "the loss does not change at all: no parameter moves, or none that counts"
            advice = (
                "Call backward() after the loss is computed and before step(); give the optimizer "
                "the parameters of this model, and a learning rate above 0. diagnose(model, loss) "
                "tells whether the loss depends on them."
            )
            yield "no-progress", "warning", title, advice
    elif what := _unstable(losses):
        title = f"the learning rate is too large: the loss {what}"
        yield "rate-too-large", "warning", title, f"{lower}, or take larger batches."
    else:
        yield from _slow(losses)


def _unstable(losses: Sequence[float]) -> str:
    """Return how a loss shows that steps go too far, if it does."""
    first, last = abs(losses[0]), losses[-1]
    if last - losses[0] > (GROWN - 1.0) * first:
        return "grows"
    if max(losses) - losses[0] > (JUMPED - 1.0) * first and losses[0] - last < 0.5 * first:
        return "jumps up on the way"
    half = losses[len(losses) // 2 - 1 :]
    steps = [b - a for a, b in pairwise(half)]
    total = math.fsum(map(abs, steps))
    upwards = math.fsum([step for step in steps if step > 0.0])
    level = fmean(map(abs, half))
    if total > SWINGS * level * len(steps) and upwards > 0.25 * total and level > SWINGS * first:
        return "swings up and down"
    return ""


def _slow(losses: Sequence[float]) -> Iterator[tuple[str, Severity, str, str]]:
    first, middle, last = losses[0], losses[len(losses) // 2], losses[-1]
    won, lately = first - last, middle - last
    if won < SLOW * abs(first) and lately > 0.25 * won > 0.0:
        title = f"the learning rate is too small: the loss falls by {won / abs(first):.2%} in all"
        advice = "Raise the learning rate by a factor of 3 to 10 as long as the loss falls steadily"
        yield "rate-too-small", "warning", title, f"{advice}, or train longer."
    elif lately < FLAT * abs(middle) and last > SLOW * first:
        stuck = won < SLOW * abs(first)
        yield (
            "plateau",
            "warning" if stuck else "note",
            "the loss is on a plateau" + (" from the beginning" if stuck else " at the end"),
            "If that is too much for this task: other initial weights, a larger network, another "
            "learning rate, or scaled inputs. diagnose(model, loss) looks for dead, "
            "saturated and symmetric units.",
        )
