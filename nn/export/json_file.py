"""Models as JSON files: the architecture and every weight, exactly; never code."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from autograd.files import write

from ..activations import activation_name, find_activation
from ..documents import ModelFileError
from ..layers import MLP
from .layers import is_known_by_name, network

FORMAT: Final = "deltarule model"
VERSION: Final = 1
LARGEST_FILE: Final = 100_000_000  # bytes
LARGEST_MODEL: Final = 5_000_000  # parameters


def save(model: MLP, path: str | os.PathLike[str], metadata: dict[str, Any] | None = None) -> None:
    """Write a network to a JSON file; an older one stays whole until the new one is complete.

    Parameters
    ----------
    model : MLP
        With activation functions that have names.
    path : path
    metadata : dict, optional
        Anything JSON can hold, to be found again as ``model.metadata``. Default: what is there
        already.

    Raises
    ------
    TypeError
        If the model is not an `MLP`; keep its ``state_dict()`` instead.
    ValueError
        If an activation function has no name to be found by.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, os
    >>> model = MLP(2, [3, 1], rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, os.path.join(folder, "model.json"))
    ...     copy = load(os.path.join(folder, "model.json"))
    >>> copy.state_dict() == model.state_dict()
    True
    """
    if type(model) is not MLP:
        raise TypeError(
            f"only an MLP can be saved with its architecture, not {type(model).__name__}; "
            "save its state_dict() with json instead"
        )
    _check_architecture(model)
    find_activation(model.activation)  # which a network without hidden layers has, too
    for layer in model.layers:
        if not is_known_by_name(layer):
            raise ValueError(
                f"the activation function {layer.activation!r} is not the one that is known by "
                "this name; declare yours as an autograd.Operation to have it found again"
            )
    content = {
        "format": FORMAT,
        "version": VERSION,
        "sizes": model.sizes,
        "activation": model.activation,
        "output": model.output,
        "elementary": model.elementary,
        "metadata": model.metadata if metadata is None else metadata,
        "parameters": [_written(parameter.data) for parameter in model.parameters()],
    }
    write(path, json.dumps(content, ensure_ascii=False, allow_nan=False))


def load(path: str | os.PathLike[str]) -> MLP:
    """Read a network that `save` has written, with ``metadata``; every weight has the same bits.

    Raise FileNotFoundError if there is no such file; `ModelFileError`, a ValueError, if it is
    damaged, of another kind, or too large. Nothing in it is ever executed.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    if not path.is_file():
        raise ModelFileError(f"{str(path)!r} is not a file")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ModelFileError(
            f"{str(path)!r} has {size:,} bytes; models of more than {LARGEST_FILE:,} are refused"
        )
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{str(path)!r} is not valid JSON: {error}") from None
    try:
        return _build(content)
    except (ModelFileError, RecursionError) as error:
        raise ModelFileError(f"{str(path)!r} cannot be loaded: {error}") from None


def _check_architecture(model: MLP) -> None:
    """Raise ValueError if the layers are no longer those the network was made with."""
    last = len(model.layers)
    for i, (layer, size) in enumerate(zip(model.layers, pairwise(model.sizes)), start=1):
        wanted = model.output if i == last else model.activation
        same = activation_name(wanted) == activation_name(layer.activation)
        if (len(layer.neurons[0].w), len(layer.neurons)) != size or not same:
            raise ValueError(
                f"layer {i} is {layer!r}, not the one that {model!r} was made with; "
                "save its state_dict() with json instead"
            )
    expected = _number_of_parameters(model.sizes)
    if len(model.parameters()) != expected or last != len(model.sizes) - 1:
        raise ValueError(
            f"{model!r} has {len(model.parameters())} parameters in {last} layers instead of "
            f"{expected} (shared ones?); save its state_dict() with json instead"
        )


def _build(content: Any) -> MLP:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError(f"it has no entry 'format': '{FORMAT}', so it is of another kind")
    if content.get("version") != VERSION:
        raise ModelFileError(
            f"it is of version {content.get('version')!r}, this program reads version {VERSION}"
        )
    sizes = _entry(content, "sizes", list)
    if len(sizes) < 2 or not all(type(size) is int and size > 0 for size in sizes):
        raise ModelFileError(f"sizes must be two or more positive integers, not {_short(sizes)}")
    expected = _number_of_parameters(sizes)
    if expected > LARGEST_MODEL:
        raise ModelFileError(f"it declares more than {LARGEST_MODEL:,} parameters")
    numbers = _entry(content, "parameters", list)
    if len(numbers) != expected:
        raise ModelFileError(f"{len(numbers)} parameters, but its sizes need {expected}")
    settings = {key: _entry(content, key, str) for key in ("activation", "output")}
    settings["elementary"] = _entry(content, "elementary", bool)
    metadata = _entry(content, "metadata", dict)
    try:
        model = network(sizes, map(_read, numbers), **settings)
    except ValueError as error:
        raise ModelFileError(str(error)) from None
    model.metadata = metadata
    return model


def _number_of_parameters(sizes: list[int]) -> int:
    return sum([(a + 1) * b for a, b in pairwise(sizes)])


def _entry(content: dict[str, Any], key: str, kind: type) -> Any:
    if not isinstance(content.get(key), kind):
        raise ModelFileError(f"its entry {key!r} is missing or not a {kind.__name__}")
    return content[key]


def _written(x: float) -> float | str:
    """Return what JSON can hold: it has no nan and inf."""
    return x if abs(x) < float("inf") else str(x)


def _read(x: Any) -> float:
    if type(x) in (int, float):
        try:
            return float(x)
        except OverflowError:
            pass
    elif x in ("nan", "inf", "-inf"):
        return float(x)
    raise ModelFileError(f"{_short(x)} is not a weight")


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."
