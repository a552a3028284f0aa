"""Checkpoints: all that the next epoch depends on, kept after an epoch and put back exactly."""

from __future__ import annotations

import random
from array import array
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from autograd.leaves import numbers
from autograd.quoting import short
from autograd.writing import at_once

from ..documents import ModelFileError, entry, read, weight, written
from ..module import Module
from .learner import parameters_of

EXTRA: Final = "optimizer.params."  # names of parameters that the optimiser alone has begin so


@dataclass(frozen=True)
class Checkpoint:
    """All that the next epoch depends on, besides the data.

    Attributes
    ----------
    epoch : int
        After which it was taken; 0 is the start.
    names : tuple of str
        Of the parameters.
    numbers : array of float
        One for each name.
    optimized : tuple of str
        Names of the optimiser's parameters, in its order.
    parts : dict
        Of the optimiser, the order of samples, the model's generators of random numbers, and of
        schedule and patience where there are any: the class, and what `state_dict` returned.
    """

    epoch: int
    names: tuple[str, ...]
    numbers: array[float]
    optimized: tuple[str, ...]
    parts: dict[str, tuple[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        content: dict[str, Any] = written(vars(self))
        content["parameters"] = dict(zip(content.pop("names"), content.pop("numbers")))
        return content

    @classmethod
    def from_dict(cls, content: Any) -> Checkpoint:
        """Return what `to_dict` was called on; raise `ModelFileError` if it cannot be that."""
        if not isinstance(content, dict):
            raise ModelFileError(f"{short(content)} is not a checkpoint")
        parameters, parts = entry(content, "parameters", dict), entry(content, "parts", dict)
        if not all(isinstance(part, list) and len(part) == 2 for part in parts.values()):
            raise ModelFileError("its entry 'parts' has not a class and a state for each part")
        return cls(
            entry(content, "epoch", int),
            tuple(parameters),
            array("d", map(weight, parameters.values())),
            tuple(entry(content, "optimized", list)),
            {name: (kind, read(state)) for name, (kind, state) in parts.items()},
        )


class Training:
    """A model and what trains it: whatever changes from epoch to epoch.

    Parameters
    ----------
    model : Module
    optimizer : optional
    **parts
        What else has a `state_dict`, such as a schedule, by its name; None is left out.
    """

    def __init__(self, model: Module, optimizer: Any, **parts: Any) -> None:
        named = dict(model.named_parameters())
        own = set(named.values())
        optimized = [] if optimizer is None else parameters_of(optimizer, model)
        named |= {f"{EXTRA}{i}": p for i, p in enumerate(optimized) if p not in own}
        name_of = {parameter: name for name, parameter in named.items()}
        self.names, self.parameters = tuple(named), list(named.values())
        self.optimized = tuple([name_of[parameter] for parameter in optimized])
        # The optimiser is the last: a schedule that is put back writes its learning rate.
        parts |= {"generators": Generators(model), "optimizer": optimizer}
        self.parts = {name: part for name, part in parts.items() if part is not None}

    def checkpoint(self, epoch: int) -> Checkpoint:
        """Return all that the next epoch depends on."""
        return Checkpoint(
            epoch,
            self.names,
            array("d", [parameter.data for parameter in self.parameters]),
            self.optimized,
            {
                name: (type(part).__name__, getattr(part, "state_dict", dict)())
                for name, part in self.parts.items()
            },
        )

    def restore(self, checkpoint: Checkpoint, is_all: bool = True) -> None:
        """Put everything back to how it was, or what is here of all that the checkpoint has.

        Raise ValueError if something is of another kind; nothing has been changed then.
        """
        names = checkpoint.names
        if "optimizer" not in self.parts:
            names = tuple([name for name in names if not name.startswith(EXTRA)])
        same("parameter", names, self.names)
        if "optimizer" in self.parts:
            same("parameter of the optimiser", checkpoint.optimized, self.optimized)
        theirs = {name: kind for name, (kind, _) in checkpoint.parts.items()}
        ours = {name: type(part).__name__ for name, part in self.parts.items()}
        for name in [*ours, "schedule"] if is_all else ours:
            if name != "patience":  # which may be new, or left out
                same(name, theirs.get(name), ours.get(name))
        for name, part in self.parts.items():
            if not hasattr(part, "load_state_dict"):
                raise ValueError(
                    f"the {name} cannot be put back: give {type(part).__name__} the methods "
                    "state_dict() and load_state_dict(), or go on without the history"
                )
        before = self.checkpoint(0)
        try:
            self._write(checkpoint)
        except BaseException as error:
            self._write(before)
            if isinstance(error, ValueError) or not isinstance(error, Exception):
                raise
            raise ValueError(f"the history is damaged: {short(error)}; use another one") from error

    def go_back(self, checkpoint: Checkpoint) -> None:
        """Put back what can be, after numbers that are not finite: at least the parameters."""
        at_once(numbers(self.parameters, checkpoint.numbers))
        for name, part in self.parts.items():
            if name in checkpoint.parts and hasattr(part, "load_state_dict"):
                with suppress(ValueError):  # of a generator without a state, say
                    part.load_state_dict(checkpoint.parts[name][1])

    def _write(self, checkpoint: Checkpoint) -> None:
        number_of = dict(zip(checkpoint.names, checkpoint.numbers))
        at_once(numbers(self.parameters, [number_of[name] for name in self.names]))
        for name, part in self.parts.items():
            if name in checkpoint.parts:
                part.load_state_dict(checkpoint.parts[name][1])


class Order:
    """The order in which the samples are gone through, new in each epoch.

    Parameters
    ----------
    samples : int
    rng : generator of random numbers with `shuffle`, or None for the same order each time
    """

    def __init__(self, samples: int, rng: Any) -> None:
        self.order, self.rng = list(range(samples)), rng

    def batches(self, size: int | None) -> list[list[int]]:
        """Return the indices of the samples in the batches of the next epoch."""
        if self.rng is not None:
            self.rng.shuffle(self.order)
        size = size or len(self.order)
        return [self.order[k : k + size] for k in range(0, len(self.order), size)]

    def state_dict(self) -> dict[str, Any]:
        """Return the last order and the state of the generator."""
        kind, state = None if self.rng is None else type(self.rng).__name__, _state(self.rng)
        return {"kind": kind, "state": state, "order": array("I", self.order)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the order that returned `state_dict` was; of the same samples."""
        order = list(state_dict["order"])
        same("number of samples", len(order), len(self.order))
        if sorted(order) != list(range(len(order))):
            raise ValueError("the history is damaged: its order of the samples is none")
        kind = None if self.rng is None else type(self.rng).__name__
        same("generator that shuffles", state_dict["kind"], kind)
        _put_back(self.rng, state_dict["state"])
        self.order = order


class Generators:
    """The generators of random numbers in the modules of a model, as for dropout."""

    def __init__(self, model: Module) -> None:
        waiting: list[Any] = [vars(module) for _, module in model.named_modules()]
        seen: set[int] = set()
        self.generators = []
        while waiting:
            x = waiting.pop()
            if id(x) in seen:
                continue
            seen.add(id(x))
            if isinstance(x, random.Random) or hasattr(x, "bit_generator"):
                self.generators.append(x)
            elif isinstance(x, (Mapping, list, tuple)):
                waiting += x.values() if isinstance(x, Mapping) else x

    def state_dict(self) -> dict[str, Any]:
        return {"states": [_state(generator) for generator in self.generators]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        same("number of generators", len(state_dict["states"]), len(self.generators))
        for generator, state in zip(self.generators, state_dict["states"]):
            _put_back(generator, state)


def _state(rng: Any) -> Any:
    """Return the state of a generator of random numbers, or None if it cannot be put back."""
    if hasattr(rng, "bit_generator"):
        return rng.bit_generator.state
    try:
        version, inner, gauss = rng.getstate()
    except (AttributeError, NotImplementedError):
        return None
    return version, array("I", inner), gauss


def _put_back(rng: Any, state: Any) -> None:
    if rng is None:
        return
    if state is None:
        raise ValueError(f"the state of {short(rng)} cannot be put back: use random.Random(seed)")
    if hasattr(rng, "bit_generator"):
        rng.bit_generator.state = state
    else:
        version, inner, gauss = state
        rng.setstate((version, tuple(inner), gauss))


def same(what: str, theirs: Any, ours: Any) -> None:
    """Raise ValueError if a history was made with something else than what is trained now."""
    if theirs == ours:
        return
    if isinstance(theirs, tuple):
        theirs, ours = next((a, b) for a, b in zip_longest(theirs, ours) if a != b)
    raise ValueError(
        f"the history does not fit: it was made with the {what} {short(theirs)}, here it is "
        f"{short(ours)}; build what it was made with, or go on without it"
    )
