"""Models as JSON files: what they are and every weight, exactly; never code."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any, Final, TypeVar, overload

from autograd import Value
from autograd.quoting import short

from ..documents import ModelFileError, entry, read_document, weight, write_document, written
from ..layers import MLP
from ..module import Module
from .graph_module import GraphModule
from .layers import network
from .structure import check_structure, structure

FORMAT: Final = "deltarule model"
VERSION: Final = 2  # and 1, which had nothing but networks
LARGEST_MODEL: Final = 5_000_000  # parameters

M = TypeVar("M", bound=Module)


def save(
    model: Module, path: str | os.PathLike[str], metadata: dict[str, Any] | None = None
) -> None:
    """Write a model to a JSON file; an older one stays whole until the new one is complete.

    The file has every parameter by its name, once, which ones are frozen, and what else makes up
    the model: of an `MLP` its sizes and activations, of a traced model (see `trace`) its graph. Of
    another module it has the classes and settings, and no code: `load` fills one that has been
    built. So it does with an `MLP` of which a layer was exchanged, or whose functions have no
    names that are known.

    Parameters
    ----------
    model : Module
    path : path
    metadata : dict, optional
        Anything JSON can hold, to be found again as ``model.metadata``. Default: what is there
        already.

    Raises
    ------
    TypeError
        If it is no module.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, os
    >>> from nn import Layer, Sequential
    >>> def build(rng=None):
    ...     return Sequential(Layer(2, 3, activation="tanh", rng=rng), Layer(3, 1, rng=rng))
    >>> model, network = build(0), MLP(2, [3, 1], rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, os.path.join(folder, "model.json"))
    ...     copy = load(os.path.join(folder, "model.json"), build())
    ...     save(network, os.path.join(folder, "network.json"))
    ...     same = load(os.path.join(folder, "network.json"))
    >>> copy.state_dict() == model.state_dict(), same.state_dict() == network.state_dict()
    (True, True)
    """
    if not isinstance(model, Module):
        raise TypeError(f"model is {short(model)}: pass a module, such as MLP(2, [4, 1])")
    named = dict(model.named_parameters())
    kind = type(model)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "metadata": _metadata(model) if metadata is None else metadata,
        **_description(model),
        "parameters": {name: written(parameter.data) for name, parameter in named.items()},
        "frozen": [name for name, parameter in named.items() if not parameter.requires_grad],
    }
    write_document(path, content)


@overload
def load(path: str | os.PathLike[str], model: None = None) -> MLP | GraphModule: ...
@overload
def load(path: str | os.PathLike[str], model: M) -> M: ...
def load(path: str | os.PathLike[str], model: Module | None = None) -> Module:
    """Read a model that `save` has written, with ``metadata``; every weight has the same bits.

    Nothing in the file is ever executed or imported.

    Parameters
    ----------
    path : path
    model : Module, optional
        To be filled with what is in the file, if that is a model of the same structure. A file of
        an `MLP` or of a traced model needs none.

    Returns
    -------
    The model given, or a new `MLP` or `GraphModule`. Parameters that were frozen are frozen.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If it is damaged, of another kind, or too large; if `model` is another one, or missing.
        The model is as it was then.
    TypeError
        If `model` is no module.
    """
    if not isinstance(model, Module | None):
        raise TypeError(f"model is {short(model)}: build one and pass it, load(path, Net(...))")
    content = read_document(path, FORMAT, (1, VERSION))
    try:
        return _fill(model, content)
    except (ModelFileError, RecursionError) as error:
        raise ModelFileError(f"{short(path)} cannot be loaded: {error}") from None


def _description(model: Module) -> dict[str, Any]:
    """Return what a model is built from, or has to be like."""
    if type(model) is GraphModule:
        return {"graph": model.to_dict()}
    own = structure(model)
    if type(model) is MLP:
        settings = {key: getattr(model, key) for key in ("activation", "output", "elementary")}
        try:
            rebuilt = _network(model.sizes, settings)
        except ValueError:  # a function is known by no name
            return {"structure": own}
        is_same = all(own.get(name) == x for name, x in structure(rebuilt).items())
        if is_same and rebuilt.state_dict().keys() == model.state_dict().keys():
            return {"sizes": model.sizes, **settings}
    return {"structure": own}


def _fill(model: Module | None, content: dict[str, Any]) -> Module:
    """Return the model given with what is in a file, or a new one."""
    is_first = content["version"] == 1
    numbers = entry(content, "parameters", list if is_first else dict)
    frozen = [] if is_first else entry(content, "frozen", list)
    metadata = entry(content, "metadata", dict)
    if len(numbers) > LARGEST_MODEL:
        raise ModelFileError(f"it has more than {LARGEST_MODEL:,} parameters")
    if is_first or "sizes" in content:
        built: Module | None = _read_network(content, len(numbers))
    elif "graph" in content:
        named = {name: Value(0.0) for name in numbers}
        built = GraphModule.from_dict(entry(content, "graph", dict), named)
    else:
        built = None
    if model is None:
        if built is None:
            raise ModelFileError(
                f"it holds a {short(content.get('class'))}, and no code: build one, and pass it, "
                "load(path, Net(...))"
            )
        model = built
    elif isinstance(built, GraphModule):
        if not isinstance(model, GraphModule) or model.to_dict() != built.to_dict():
            raise ModelFileError(
                f"it holds another graph than this {type(model).__name__}: load it alone, "
                "load(path), and copy its state_dict()"
            )
    else:
        ours = structure(model)
        theirs = entry(content, "structure", dict) if built is None else structure(built)
        if built is not None:  # what a user has added to a network is not saved
            ours = {name: x for name, x in ours.items() if name in theirs}
        check_structure(theirs, ours)
    named = dict(model.named_parameters())
    by_name = dict(zip(named, numbers)) if is_first else numbers
    strays = sorted(by_name.keys() ^ named.keys())
    if strays:
        raise ModelFileError(
            f"it does not fit: {len(strays)} names of parameters are in the file or in this "
            f"{type(model).__name__} alone: {short(strays)}"
        )
    if not all(isinstance(name, str) and name in named for name in frozen):
        raise ModelFileError(f"its entry 'frozen' has other names: {short(frozen)}")
    new = [weight(by_name[name]) for name in named]
    for parameter, number in zip(named.values(), new):
        parameter.data = number
    for name in frozen:
        named[name].requires_grad_(False)
    if isinstance(getattr(model, "metadata", metadata), dict):  # and no part of the model
        vars(model)["metadata"] = metadata
    return model


def _read_network(content: dict[str, Any], count: int) -> MLP:
    """Return the network that is described, if it has so many parameters."""
    sizes = entry(content, "sizes", list)
    if len(sizes) < 2 or not all(type(size) is int and size > 0 for size in sizes):
        raise ModelFileError(f"sizes must be two or more positive integers, not {short(sizes)}")
    expected = _number_of_parameters(sizes)
    if expected > LARGEST_MODEL:
        raise ModelFileError(f"it declares more than {LARGEST_MODEL:,} parameters")
    if count != expected:
        raise ModelFileError(f"{count} parameters, but its sizes need {expected}")
    hidden = content.get("activation")
    if not all(isinstance(h, str) for h in (hidden if isinstance(hidden, list) else [hidden])):
        raise ModelFileError("its entry 'activation' is missing, or no name or list of names")
    settings = {"output": entry(content, "output", str), "activation": hidden}
    settings["elementary"] = entry(content, "elementary", bool)
    try:
        return _network(sizes, settings)
    except ValueError as error:
        raise ModelFileError(str(error)) from None


def _network(sizes: list[int], settings: dict[str, Any]) -> MLP:
    return network(sizes, [0.0] * _number_of_parameters(sizes), **settings)


def _number_of_parameters(sizes: list[int]) -> int:
    return sum([(a + 1) * b for a, b in pairwise(sizes)])


def _metadata(model: Module) -> dict[str, Any]:
    own = getattr(model, "metadata", None)
    return own if isinstance(own, dict) else {}
