"""What lies in the folder already: replaced if it is of an earlier run, else refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from commands import failure, files, points, table, train
from deltarule.command import pictures
from nn import MLP, load, save

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.usefixtures("without_figures")

OTHERS: dict[str, tuple[str, str, list[list[object]], str]] = {
    "name": ("other.csv", "x,y,animal", points(2), "of 'data' instead of 'other'"),
    "target": ("data.csv", "x,y,beast", points(2), "which predicts 'animal' instead of 'beast'"),
    "columns": ("data.csv", "x,z,animal", points(2), "of the columns ['x', 'y'] instead of ['x',"),
    "classes": ("data.csv", "x,y,animal", points(3),
                "which predicts one of ['ant', 'bee'] instead of one of"),
    "task": ("data.csv", "x,y,animal", [[k, k, k / 7] for k in range(24)],
             "which predicts one of ['ant', 'bee'] instead of a number"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The output of a run on data.csv."""
    data = table(tmp_path / "data.csv", "x,y,animal", points(2))
    assert train(data, "--target", "animal", "--epochs", 1, "--output", "out") == 0
    return tmp_path / "out"


@pytest.mark.parametrize("kind", list(OTHERS))
def test_a_model_of_another_table_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """It is refused before training, in one sentence that says what to do."""
    file, header, rows, difference = OTHERS[kind]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    table(folder.parent / file, header, rows)
    capsys.readouterr()
    target = header.split(",")[-1]
    options = ("--target", target, "--epochs", 1, "--output", "out")
    assert train(file, *options) == 1
    sentence = failure(capsys)
    assert f"'out/model.json' is another model, {difference}" in sentence
    assert "give another folder with --output, or replace it with --overwrite" in sentence
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert train(file, *options, "--overwrite") == 0
    assert (folder / "model.json").read_bytes() != before[folder / "model.json"]


def test_the_same_table_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With more rows, and another network; it is said."""
    before = (folder / "model.json").read_bytes()
    table(folder.parent / "data.csv", "x,y,animal", points(2) * 2)
    capsys.readouterr()
    options = ("--target", "animal", "--epochs", 1, "--output", "out", "--layers", 3)
    assert train("data.csv", *options) == 0
    assert "replaces  out/model.json and 6 files of an earlier run\n" in capsys.readouterr().out
    assert (folder / "model.json").read_bytes() != before


def test_a_model_of_an_older_version_does_not_say_which_table_it_was(folder: Path) -> None:
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    del document["metadata"]["data"]
    (folder / "model.json").write_text(json.dumps(document), encoding="utf-8")
    table(folder.parent / "renamed.csv", "x,y,animal", points(2))
    assert train("renamed.csv", "--target", "animal", "--epochs", 1, "--output", "out") == 0


@pytest.mark.parametrize("content", ["", "{}", '{"name": "my package"}', "cut"])
def test_a_file_of_somebody_else_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    model = folder / "model.json"
    if content == "cut":
        content = model.read_text(encoding="utf-8")[:-9]
    model.write_text(content, encoding="utf-8")
    capsys.readouterr()
    options = ("data.csv", "--target", "animal", "--epochs", 1, "--output", "out")
    assert train(*options) == 1
    assert "is no model that `deltarule train` can read" in failure(capsys)
    assert model.read_text(encoding="utf-8") == content
    assert train(*options, "--overwrite") == 0
    assert load(model).metadata["data"] == "data"


def test_a_model_saved_by_hand_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(MLP(2, [1], rng=0), folder / "model.json")
    capsys.readouterr()
    assert train("data.csv", "--target", "animal", "--output", "out") == 1
    assert "is no model that `deltarule train` can read" in failure(capsys)


@pytest.mark.parametrize("name", list(pictures.PICTURES))
def test_a_picture_of_somebody_else_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Though it has a name that the command uses; not even where it draws none of that name."""
    (folder / name).write_text("mine")
    capsys.readouterr()
    options = ("data.csv", "--target", "animal", "--epochs", 1, "--output", "out")
    assert train(*options) == 1
    assert f"'out/{name}' was not drawn by this version of `deltarule train`" in failure(capsys)
    assert (folder / name).read_text() == "mine"
    assert train(*options, "--overwrite") == 0
    assert ((folder / name).read_text() == "mine") == (name == "regression_fit.png")


def test_pictures_of_an_earlier_run_do_not_stay_beside_a_new_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that carry its mark; what else lies there is not looked at."""
    for name in pictures.PICTURES:
        (folder / name).write_text(f"stale picture, {pictures.MARK}")
    (folder / "notes.png").write_text(f"my copy, {pictures.MARK}")
    (folder / "decision_boundary.svg").write_text("mine")
    table(folder.parent / "one.csv", "x,y", [[k, k / 7] for k in range(24)])
    options = ("--target", "y", "--epochs", 1, "--output", "out", "--overwrite")
    assert train("one.csv", *options) == 0
    assert files(folder) == [
        "decision_boundary.svg", "learning_curves.png", "model.json", "notes.png",
        "regression_fit.png", "report.html", "sample.dot", "sample.svg",
    ]  # fmt: skip
    for path in folder.iterdir():
        assert "stale picture" not in path.read_bytes().decode("latin-1")


@pytest.mark.slow
def test_every_picture_carries_the_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real ones, so that the next run knows them; the PNG and SVG files are still such."""
    from xml.etree import ElementTree

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "which", lambda program: None)
    for data in ("xor", "sin"):
        for _ in range(2):
            assert train(data, "--epochs", 1, "--output", data) == 0
        drawn = [path for path in Path(data).iterdir() if path.name != "model.json"]
        assert len(drawn) >= 4
        assert all(pictures.is_own(path) and path.stat().st_size for path in drawn)
        ElementTree.parse(Path(data) / "sample.svg")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_followed_to_their_files(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("model.json", "learning_curves.png", "sample.svg"):
        (folder / name).rename(elsewhere / name)
        (folder / name).symlink_to(elsewhere / name)
    (folder / "regression_fit.png").symlink_to(elsewhere / "missing.png")
    before = (elsewhere / "model.json").read_bytes()
    options = ("data.csv", "--target", "animal", "--epochs", 2, "--output", "out")
    assert train(*options) == 0
    assert all((folder / name).is_symlink() for name in ("model.json", "sample.svg"))
    assert (elsewhere / "model.json").read_bytes() != before
    assert files(elsewhere) == ["learning_curves.png", "model.json", "sample.svg"]


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes")
@pytest.mark.parametrize("name", ["model.json", "learning_curves.png", "sample.dot"])
def test_pipes_and_folders_are_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / name)
    (tmp_path / "b" / name).mkdir(parents=True)
    for folder, what in (("a", "is a pipe, not a file"), ("b", "is a folder")):
        assert train("xor", "--output", folder, "--overwrite") == 1
        assert f"'{folder}/{name}' {what}" in failure(capsys)
        assert files(tmp_path / folder) == [name]


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
@pytest.mark.parametrize(("mask", "wanted"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_all_files_have_the_permissions_of_any_new_file(
    tmp_path: Path, mask: int, wanted: int
) -> None:
    before = os.umask(mask)
    try:
        assert train("xor", "--epochs", 1) == 0
    finally:
        os.umask(before)
    found = [path.stat().st_mode & 0o777 for path in (tmp_path / "runs" / "xor").iterdir()]
    assert len(found) >= 5
    assert {*found} == {wanted}
