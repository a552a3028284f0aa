"""`deltarule notebooks`: copies, and what is there already."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from commands import files, shell
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


SOURCE = Path(__file__).parents[3] / "notebooks"
NAME = "01_derivatives_and_graphs.ipynb"


@pytest.fixture
def course(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["notebooks", "course", "--no-open"]) == 0
    capsys.readouterr()
    return tmp_path / "course"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("filling", [b"", b"\0" * 4096])
@pytest.mark.parametrize("name", [NAME, "TEACHING.md", "thumbnails/04_one_neuron.png"])
def test_what_was_cut_is_replaced(
    course: Path, capsys: pytest.CaptureFixture[str], name: str, share: float, filling: bytes
) -> None:
    """As a full disk, or a crash of the system, leaves it: nothing of the user's is in it."""
    original = (SOURCE / name).read_bytes()
    (course / name).write_bytes(original[: int(share * len(original))] + filling)
    before = files(course)
    assert main(["notebooks", "course", "--no-open"]) == 0
    assert f"course/{name} was not whole and is replaced\n" in capsys.readouterr().out
    assert (course / name).read_bytes() == original
    assert files(course) == before


@pytest.mark.parametrize(
    "content", ['{"cells": [{"source": "my answ', "[]", "{}", "\x00my answers"]
)
def test_a_damaged_notebook_is_replaced_and_kept(
    course: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    """There may be answers in it."""
    for kept in ("damaged", "damaged1"):
        (course / NAME).write_text(content)
        assert main(["notebooks", "course", "--no-open"]) == 0
        aside = f"01_derivatives_and_graphs.{kept}.ipynb"
        assert capsys.readouterr().out == (
            f"course/{NAME} was damaged and is replaced; what it held is in {aside}\n"
            "1 notebook copied to course, 13 that were there are kept\n"
        )
        assert (course / NAME).read_bytes() == (SOURCE / NAME).read_bytes()
        assert (course / aside).read_text() == content


def test_edited_files_are_kept(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Notebooks with answers, without cells, written by another program; and notes."""
    document = json.loads((course / NAME).read_bytes())
    document["cells"][0]["source"] = "mine"
    own = {
        NAME: json.dumps(document, indent=4), "index.ipynb": '{"cells": []}',
        "TEACHING.md": "my notes", "02_chain_rule_backwards.ipynb": '\n{"cells": [1]}\r\n',
    }  # fmt: skip
    for name, content in own.items():
        (course / name).write_bytes(content.encode())
    assert main(["notebooks", "course", "--no-open"]) == 0
    assert "0 notebooks copied to course, 14 that were there" in capsys.readouterr().out
    assert {name: (course / name).read_bytes().decode() for name in own} == own


def test_read_only_notebooks_are_kept_and_opened(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a teacher shares them: nothing has to be written."""
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may always write
    assert main(["notebooks", "course", "--no-open"]) == 0
    assert "0 notebooks copied to course, 14 that were there" in capsys.readouterr().out


def test_a_folder_in_the_place_of_a_notebook_is_said(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / NAME).unlink()
    (course / NAME).mkdir()
    assert main(["notebooks", "course", "--no-open"]) == 1
    assert f"{NAME}' is a folder" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="there is no limit of files")
def test_a_full_disk_leaves_no_cut_notebook(tmp_path: Path) -> None:
    """What there is room for is whole, and the next run copies the rest."""
    done = shell("ulimit -f 400; deltarule notebooks course --no-open; echo $?", tmp_path)
    assert done.stdout == "1\n"
    assert re.fullmatch(r"deltarule: course/0\w+\.ipynb: File too large\n", done.stderr)
    for path in (tmp_path / "course").iterdir():
        assert path.read_bytes() == (SOURCE / path.name).read_bytes()
    assert main(["notebooks", "course", "--no-open"]) == 0
    assert all(
        path.read_bytes() == (SOURCE / path.name).read_bytes()
        for path in (tmp_path / "course").glob("*.ipynb")
    )
    assert len(files(tmp_path / "course")) == 16


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
@pytest.mark.parametrize(("mask", "wanted"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_copies_have_the_permissions_of_any_new_file(
    tmp_path: Path, mask: int, wanted: int
) -> None:
    before = os.umask(mask)
    try:
        assert main(["notebooks", "course", "--no-open"]) == 0
    finally:
        os.umask(before)
    copies = [path for path in (tmp_path / "course").rglob("*") if path.is_file()]
    assert len(copies) > 20
    assert {path.stat().st_mode & 0o777 for path in copies} == {wanted}
