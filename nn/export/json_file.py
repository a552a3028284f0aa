"""Models as JSON files: what they are and every weight, exactly; never code."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Mapping, Set
from itertools import chain, pairwise, repeat
from typing import Any, Final, TypeVar, overload

from autograd import Value
from autograd.collector import paused
from autograd.leaves import freezing, numbers
from autograd.quoting import short
from autograd.writing import at_once

from ..documents import (
    ModelFileError,
    check_memory,
    entry,
    memory_for,
    read_document,
    weight,
    write_document,
    written,
)
from ..layers import MLP
from ..module import Module
from .graph_module import GraphModule
from .layers import network, network_names, network_parameters
from .structure import check_structure, structure

FORMAT: Final = "deltarule model"
VERSION: Final = 2  # and 1, which had nothing but networks
# What takes a few seconds to build, and the bytes of memory that each takes.
LARGEST_MODEL: Final = 1_500_000  # parameters
MOST_NEURONS: Final = 100_000
PARAMETER: Final = 250
NEURON: Final = 700
GRAPH_PARAMETER: Final = 400  # and its name

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
    ValueError
        If `load` would refuse the file: if there are more than 1.5 million parameters or 100 000
        neurons, or too much metadata.
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
    with paused():
        write_document(path, _content(model, metadata))


def check_sizes(sizes: list[int], advice: str) -> None:
    """Raise ValueError if a network of these sizes is too large for a file that can be loaded."""
    _check_size(_number_of_parameters(sizes), sum(sizes[1:]), advice)


def _check_size(parameters: int, neurons: int, advice: str) -> None:
    if parameters > LARGEST_MODEL or neurons > MOST_NEURONS:
        raise ValueError(
            f"the model has {parameters:,} parameters and {neurons:,} neurons, and a file that can "
            f"be loaded again at most {LARGEST_MODEL:,} and {MOST_NEURONS:,}: {advice}"
        )


def _content(model: Module, metadata: dict[str, Any] | None) -> dict[str, Any]:
    neurons = sum(model.sizes[1:]) if type(model) is MLP else 0
    advice = "export it with to_torch, to_onnx or to_jax of nn.export"
    _check_size(len(model.parameters()), neurons, advice)
    named = dict(model.named_parameters())
    kind = type(model)
    return {
        "format": FORMAT,
        "version": VERSION,
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "metadata": _metadata(model) if metadata is None else metadata,
        **_description(model),
        "parameters": {name: written(parameter.data) for name, parameter in named.items()},
        "frozen": [name for name, parameter in named.items() if not parameter.requires_grad],
    }


@overload
def load(path: str | os.PathLike[str], model: None = None) -> MLP | GraphModule: ...
@overload
def load(path: str | os.PathLike[str], model: M) -> M: ...
def load(path: str | os.PathLike[str], model: Module | None = None) -> Module:
    """Read a model that `save` has written, with ``metadata``; every weight has the same bits.

    Nothing in the file is ever executed or imported. It is read in a few seconds, and takes at most
    64 MB and ten times its size of memory, or it is refused before: files of more than 200 MB,
    and models of more than 1.5 million parameters or 100 000 neurons.

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
        with paused():
            if model is None and (content["version"] == 1 or "sizes" in content):
                return _new_network(content, memory_for(path))
            return _fill(model, content, memory_for(path))
    except (ModelFileError, RecursionError) as error:
        raise ModelFileError(f"{short(path)} cannot be loaded: {error}") from None


def _description(model: Module) -> dict[str, Any]:
    """Return what a model is built from, or has to be like."""
    if type(model) is GraphModule:
        return {"graph": model.to_dict()}
    own = structure(model)
    if type(model) is MLP:
        settings = {key: getattr(model, key) for key in ("activation", "output", "elementary")}
        names = [name for name, _ in model.named_parameters()]
        if names != [*network_names(model.sizes)]:
            return {"structure": own}
        try:
            rebuilt = _network(model.sizes, repeat(0.0, len(names)), settings)
        except ValueError:  # a function is known by no name
            return {"structure": own}
        is_same = all(own.get(name) == x for name, x in structure(rebuilt).items())
        if is_same:
            return {"sizes": model.sizes, **settings}
    return {"structure": own}


def _new_network(content: dict[str, Any], most: int) -> MLP:
    """Return the network that a file describes.

    What was read is given up before the network is built, which together would not fit in `most`.
    """
    is_first, given, frozen, metadata = _entries(content)
    sizes, settings = _description_of_network(content, len(given), most)
    if not is_first:
        try:
            given = [given[name] for name in network_names(sizes)]
        except KeyError:
            _check_names(given.keys(), {*network_names(sizes)}, "MLP")
    new = array("d", map(weight, given))
    del given, content["parameters"]
    built = _network(sizes, new, settings)
    if frozen:
        named = dict(zip(network_names(sizes), network_parameters(built)))
        _check_frozen(frozen, named)
        for name in frozen:
            named[name].requires_grad_(False)
    built.metadata = metadata
    return built


def _entries(content: dict[str, Any]) -> tuple[bool, Any, list[Any], dict[str, Any]]:
    """Return whether a file is of the first version, its numbers, frozen names and metadata."""
    is_first = content["version"] == 1
    given = entry(content, "parameters", list if is_first else dict)
    if len(given) > LARGEST_MODEL:
        raise ModelFileError(f"it has more than {LARGEST_MODEL:,} parameters")
    frozen = [] if is_first else entry(content, "frozen", list)
    return is_first, given, frozen, entry(content, "metadata", dict)


def _fill(model: Module | None, content: dict[str, Any], most: int) -> Module:
    """Return the model given with what is in a file, or a graph."""
    is_first, given, frozen, metadata = _entries(content)
    if is_first or "sizes" in content:
        sizes, settings = _description_of_network(content, len(given), most)
        built: Module | None = _network(sizes, repeat(0.0, len(given)), settings)
    elif "graph" in content:
        graph = entry(content, "graph", dict)
        check_memory(GRAPH_PARAMETER * len(given), most, f"{len(given):,} parameters")
        named = {name: Value(0.0) for name in given}
        built = GraphModule.from_dict(graph, named)
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
    by_name = dict(zip(named, given)) if is_first else given
    _check_names(by_name.keys(), named.keys(), type(model).__name__)
    _check_frozen(frozen, named)
    new = [weight(by_name[name]) for name in named]
    writes = chain(
        numbers([*named.values()], new), freezing([named[name] for name in frozen], is_frozen=True)
    )
    if isinstance(getattr(model, "metadata", metadata), dict):  # and no part of the model
        writes = chain(writes, map(vars(model).__setitem__, ["metadata"], [metadata]))
    at_once(writes)
    return model


def _check_names(theirs: Set[str], ours: Set[str], kind: str) -> None:
    if theirs != ours:
        strays = sorted(theirs ^ ours)
        raise ModelFileError(
            f"it does not fit: {len(strays)} names of parameters are in the file or in this "
            f"{kind} alone: {short(strays)}"
        )


def _check_frozen(frozen: list[Any], named: Mapping[str, Value]) -> None:
    strays = [name for name in frozen if not isinstance(name, str) or name not in named]
    if strays:
        raise ModelFileError(f"its entry 'frozen' has other names: {short(strays[:3])}")


def _description_of_network(
    content: dict[str, Any], count: int, most: int
) -> tuple[list[int], dict[str, Any]]:
    """Return sizes and settings of a network, if it has so many parameters and is not too large."""
    sizes = entry(content, "sizes", list)
    if len(sizes) < 2 or not all(type(size) is int and size > 0 for size in sizes):
        raise ModelFileError(f"sizes must be two or more positive integers, not {short(sizes)}")
    expected = _number_of_parameters(sizes) if max(sizes) <= LARGEST_MODEL else LARGEST_MODEL + 1
    if expected > LARGEST_MODEL:
        raise ModelFileError(f"it declares more than {LARGEST_MODEL:,} parameters")
    if count != expected:
        raise ModelFileError(f"{count} parameters, but its sizes need {expected}")
    neurons = sum(sizes[1:])
    if neurons > MOST_NEURONS:
        raise ModelFileError(f"it has more than {MOST_NEURONS:,} neurons")
    check_memory(PARAMETER * expected + NEURON * neurons, most, f"a network of {neurons:,} neurons")
    hidden = content.get("activation")
    if not all(isinstance(h, str) for h in (hidden if isinstance(hidden, list) else [hidden])):
        raise ModelFileError("its entry 'activation' is missing, or no name or list of names")
    settings = {"output": entry(content, "output", str), "activation": hidden}
    settings["elementary"] = entry(content, "elementary", bool)
    return sizes, settings


def _network(sizes: list[int], numbers: Iterable[float], settings: dict[str, Any]) -> MLP:
    try:
        return network(sizes, numbers, **settings)
    except ValueError as error:
        raise ModelFileError(str(error)) from None


def _number_of_parameters(sizes: list[int]) -> int:
    return sum([(a + 1) * b for a, b in pairwise(sizes)])


def _metadata(model: Module) -> dict[str, Any]:
    own = getattr(model, "metadata", None)
    return own if isinstance(own, dict) else {}
