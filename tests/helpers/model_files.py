"""A file of a small network, and how files are written in tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NUMBERS = {
    "layers.0.neurons.0.w.0": 0.5,
    "layers.0.neurons.0.w.1": -0.25,
    "layers.0.neurons.0.b": 0.0,
    "layers.0.neurons.1.w.0": 1.0,
    "layers.0.neurons.1.w.1": 2.0,
    "layers.0.neurons.1.b": -1.5,
    "layers.1.neurons.0.w.0": 0.75,
    "layers.1.neurons.0.w.1": 0.125,
    "layers.1.neurons.0.b": 3.0,
}
OLD: dict[str, Any] = {
    "format": "deltarule model",
    "version": 1,
    "sizes": [2, 2, 1],
    "activation": "tanh",
    "output": "sigmoid",
    "elementary": False,
    "metadata": {"task": "demo"},
    "parameters": [*NUMBERS.values()],
}


def old(**changes: Any) -> dict[str, Any]:
    """What the first version of `save` wrote for a small network, with changes."""
    return {**OLD, **changes}


def document(**changes: Any) -> dict[str, Any]:
    """What `save` writes for a small network, with changes."""
    new = {"version": 2, "class": "nn.layers.MLP", "parameters": NUMBERS, "frozen": []}
    return {**OLD, **new, **changes}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
