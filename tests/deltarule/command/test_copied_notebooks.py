"""`deltarule notebooks`: copies, and what is there already."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deltarule.command import main, notebooks


def test_notebooks_are_copied_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "course"
    assert main(["notebooks", str(folder), "--no-open"]) == 0
    assert capsys.readouterr().out == f"14 notebooks copied to {folder}\n"
    assert (folder / "thumbnails" / "04_one_neuron.png").is_file()
    assert (folder / "TEACHING.md").is_file()
    own = folder / "01_derivatives_and_graphs.ipynb"
    own.write_text('{"cells": ["my answers"]}')
    (folder / "index.ipynb").unlink()
    assert main(["notebooks", str(folder), "--no-open"]) == 0
    assert "1 notebook copied" in (out := capsys.readouterr().out)
    assert "13 that were there are kept" in out
    assert "my answers" in own.read_text()


def test_notebooks_are_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(notebooks.subprocess, "run", started.append)
    monkeypatch.setattr(notebooks, "find_spec", lambda name: True)
    assert main(["notebooks", str(tmp_path)]) == 0
    assert started == [[sys.executable, "-m", "jupyterlab", str(tmp_path / "index.ipynb")]]
    monkeypatch.setattr(notebooks, "find_spec", lambda name: None)
    capsys.readouterr()
    assert main(["notebooks", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert 'pip install "deltarule[notebook]"' in err
    assert "0 notebooks copied" in out
