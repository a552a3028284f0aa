"""Runs of the command `deltarule`, tables to run it on, and what it leaves behind."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deltarule.command import main


def train(*arguments: object) -> int:
    return main(["train", *map(str, arguments), "--quiet"])


def table(path: Path, header: str, rows: list[list[object]]) -> Path:
    """Write a CSV file."""
    lines = [header, *[",".join(map(str, row)) for row in rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def points(classes: int, seed: int = 0) -> list[list[object]]:
    """Rows x, y, class: clouds far from each other."""
    rng = random.Random(seed)
    rows: list[list[object]] = []
    for n in range(12 * classes):
        k = n % classes
        angle = 2 * math.pi * k / classes
        x, y = [3 * f(angle) + rng.gauss(0, 0.3) for f in (math.cos, math.sin)]
        rows.append([x, y, ["ant", "bee", "cat"][k]])
    return rows


def trained_model(tmp_path: Path) -> dict[str, Any]:
    """The document of a model with two inputs, three classes and a standardizer."""
    data = table(tmp_path / "data.csv", "x,y,animal", points(3))
    assert train(data, "--target", "animal", "--epochs", 1, "--output", "out") == 0
    document = json.loads((tmp_path / "out" / "model.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def failure(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr; a traceback would be more."""
    out, err = capsys.readouterr()
    assert err.startswith("deltarule: ")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    return err.removeprefix("deltarule: ").rstrip("\n")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell, in which `deltarule` is the command, in a folder."""
    command = f'deltarule() {{ "{sys.executable}" -m deltarule "$@"; }}\n{script}'
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, capture_output=True, text=True, encoding="utf-8",
        check=False, timeout=300,
    )  # fmt: skip
