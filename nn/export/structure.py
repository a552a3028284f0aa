"""What a model is besides its numbers: which classes and settings stand where."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, Final

from autograd import Place, Value
from autograd.quoting import short

from ..documents import ModelFileError, written
from ..module import Module
from .layers import known_by

VOLATILE: Final = {"metadata", "training"}  # attributes that are no part of what a model computes


def structure(model: Module) -> dict[str, Any]:
    """Return by name, ready for JSON, what two models have in common that compute the same.

    That is the class of each module, its settings (texts, numbers and arrays of them, functions
    by their names), and where a parameter or a module stands a second time.
    """
    names = {parameter: name for name, parameter in model.named_parameters()}
    return dict(_describe(model, "", names, {}))


def check_structure(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Raise `ModelFileError` if the structure in a file is not that of a model."""
    nothing = "nothing"
    for name in [*theirs, *ours]:
        a, b = theirs.get(name, nothing), ours.get(name, nothing)
        if a != b:
            what = f"{short(name)} of the model" if name else "the model"
            raise ModelFileError(
                f"it does not fit: {what} is {short(a)} in the file and {short(b)} here; build "
                "the model that was saved"
            )


def _describe(
    x: Any, name: str, names: Mapping[Value, str], seen: dict[int, str]
) -> Iterator[tuple[str, Any]]:
    kind = getattr(getattr(x, "dtype", None), "kind", "")  # of a NumPy array
    if kind:
        x = x.tolist() if kind == "O" else array("d", x.ravel() if kind in "biuf" else ())
    is_public = not name.rpartition(".")[2].startswith("_")
    is_holder = isinstance(x, Module) or (is_dataclass(x) and not callable(x))
    if isinstance(x, Value):
        if names.get(x, name) != name:
            yield name, f"the parameter {names[x]}"
    elif is_holder or isinstance(x, (Mapping, list, tuple, deque)):
        if id(x) in seen:
            yield name, f"the same as {seen[id(x)]}"
            return
        seen[id(x)] = name
        inside: Any = getattr(x, "__dict__", {}) if is_holder else x
        if is_holder:
            yield name, type(x).__name__
        for key, item in inside.items() if isinstance(inside, Mapping) else enumerate(inside):
            is_volatile = is_holder and key in VOLATILE and not isinstance(item, Module)
            if not is_volatile and not isinstance(item, Place):
                yield from _describe(item, f"{name}.{key}" if name else str(key), names, seen)
    elif callable(x):
        yield name, _function(x)
    elif is_public and isinstance(x, (bool, int, float, str, array)):
        yield name, written(x)


def _function(x: Any) -> str:
    """Return the name of a function; of one that is not known by it, with a remark."""
    name = str(getattr(x, "name", None) or getattr(x, "__name__", type(x).__name__))
    try:
        return name if x in known_by(name) else f"a function {name}"
    except ValueError:
        return f"a function {name}"
