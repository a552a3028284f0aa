"""The choice of hidden layers and of a weight decay, on samples set aside, and its words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from nn.data.words import count, number


class Candidate(NamedTuple):
    """Numbers of hidden units, a number for each layer, and the strength of the L2 penalty."""

    layers: tuple[int, ...]
    weight_decay: float


@dataclass
class Choice:
    """Networks that are tried before training: the simplest that is about as good as the best.

    Attributes
    ----------
    candidates : tuple of Candidate
        Simplest first; empty where there is nothing to choose.
    errors : dict of Candidate to list of float
        For each that was tried, its loss on every sample set aside.
    taken : Candidate or None
        The one that is chosen, or, of an interruption before, the one that was being tried.
    is_interrupted : bool
        Whether not all could be tried.
    """

    candidates: tuple[Candidate, ...] = ()
    errors: dict[Candidate, list[float]] = field(default_factory=dict)
    taken: Candidate | None = None
    is_interrupted: bool = False

    @property
    def losses(self) -> dict[Candidate, float]:
        """The mean loss of each that was tried."""
        return {candidate: statistics.fmean(errors) for candidate, errors in self.errors.items()}

    @property
    def is_of_layers(self) -> bool:
        """Whether some candidates have a hidden layer, and one has none."""
        return {bool(candidate.layers) for candidate in self.candidates} == {False, True}

    @property
    def subject(self) -> str:
        """What is chosen."""
        return "hidden units and weight decay" if self.is_of_layers else "a weight decay"

    @property
    def of_layers(self) -> str:
        """Why there is a hidden layer or none, in words; empty if there was no such choice."""
        compared = {
            candidate.layers: self.losses[candidate] for candidate in finalists(self.errors)
        }
        layers = next((layers for layers in compared if layers), ())
        if self.taken is None or () not in compared or not layers:
            return ""
        units = " + ".join(map(str, layers))
        without, with_them = compared[()], f"{number(compared[layers])} with {units} hidden units"
        if self.taken.layers:
            return (
                f"no hidden layer did worse on {self._aside}: loss {number(without)} against "
                f"{with_them}"
            )
        how = "did best" if without <= compared[layers] else "was about as good, and is simpler,"
        return f"no hidden layer {how} on {self._aside}: loss {number(without)} against {with_them}"

    @property
    def of_layers_and_option(self) -> str:
        """The same, with the option of `train` by which to have a hidden layer all the same."""
        layers = next((candidate.layers for candidate in self.errors if candidate.layers), ())
        if not self.of_layers or self.taken is None or self.taken.layers:
            return self.of_layers
        return f"{self.of_layers}, which --layers {','.join(map(str, layers))} asks for"

    @property
    def of_decay(self) -> str:
        """Among which the weight decay was chosen, and why, in words; empty without a choice."""
        if self.taken is None or self.taken not in self.errors:
            return ""
        layers = self.taken.layers
        tried = sorted([c.weight_decay for c in self.errors if c.layers == layers])
        if len(tried) < 2:
            return ""
        numbers = ", ".join([f"{decay:.2g}" for decay in tried])
        return (
            f"chosen from {numbers}: the strongest that was about as good as the best on "
            f"{self._aside}"
        )

    @property
    def of_interruption(self) -> str:
        """What is left of a choice that was interrupted, in words; empty if it was not."""
        if not self.is_interrupted:
            return ""
        done = f"{len(self.errors)} of {count(len(self.candidates), 'trial')}"
        which = "the one chosen from these" if self.errors else "that of the trial under way"
        return (
            f"{done} to choose {self.subject} had ended: the network is {which}, which has not "
            "learnt from the samples set aside"
        )

    @property
    def sentences(self) -> list[str]:
        """All that there is to say of the choice, in words."""
        decay = f"weight decay {self.taken.weight_decay:.2g}, " if self.taken else ""
        said = [
            self.of_interruption,
            self.of_layers_and_option,
            self.of_decay and decay + self.of_decay,
        ]
        return [sentence for sentence in said if sentence]

    @property
    def _aside(self) -> str:
        samples = len(next(iter(self.errors.values())))
        return f"{count(samples, 'training sample')} set aside"


def best(errors: Mapping[Candidate, list[float]]) -> Candidate:
    """Return the simplest of the finalists.

    Between these, half a standard error decides: a whole one would often take a linear model where
    hidden units are of use, none one that is best by luck.

    Parameters
    ----------
    errors : mapping of Candidate to list of float
        The simplest first; for each the errors of the same samples.
    """
    return simplest({each: errors[each] for each in finalists(errors)}, 0.5)


def finalists(errors: Mapping[Candidate, list[float]]) -> list[Candidate]:
    """Return for all that have the same hidden layers the strongest weight decay that will do."""
    kinds: dict[tuple[int, ...], dict[Candidate, list[float]]] = {}
    for candidate, others in errors.items():
        kinds.setdefault(candidate.layers, {})[candidate] = others
    return [simplest(kind) for kind in kinds.values()]


def simplest(errors: Mapping[Candidate, list[float]], most: float = 1.0) -> Candidate:
    """Return the first whose errors are, on average, not clearly above the lowest.

    They may be by so many standard errors, which are those of the mean difference.

    Examples
    --------
    >>> one, two, three = [Candidate((2,), decay) for decay in (10.0, 1.0, 0.1)]
    >>> simplest({one: [3.1, 4.0], two: [0.9, 2.2], three: [1.0, 2.0]}).weight_decay
    1.0

    References
    ----------
    The rule of one standard error: L. Breiman, J. Friedman, R. Olshen, C. Stone, "Classification
    and Regression Trees", 1984, section 3.4.3.
    """
    lowest = min(errors.values(), key=statistics.fmean)

    def is_near(others: list[float]) -> bool:
        more = [a - b for a, b in zip(others, lowest, strict=True)]
        spread = statistics.stdev(more) if len(more) > 1 else 0.0
        return statistics.fmean(more) <= most * spread / math.sqrt(len(more))

    return next(candidate for candidate, others in errors.items() if is_near(others))
