"""What the command does where what it says cannot be printed: through a shell, as people do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from commands import files, shell, table, train
from deltarule.command import pictures
from nn import MLP, load, save

pytest.importorskip("matplotlib")
if os.name == "nt":
    pytest.skip("needs a shell, pipes and /dev/full", allow_module_level=True)

PICTURES = [
    "confusion_matrix.png", "decision_boundary.png", "learning_curves.png", "model.json",
    "report.html", "sample.svg",
]  # fmt: skip
TRAIN = "deltarule train xor --epochs 2"
FULL = "deltarule: standard output: No space left on device; all else is done\n"
slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("script", "status", "complaint"),
    [
        (f"{{ {TRAIN} --quiet; echo $? > status; }} | head -1", "0", ""),
        pytest.param(f"{{ {TRAIN} 2>&1; echo $? > status; }} | head -c 9", "0", "", marks=slow),
        pytest.param(f"{TRAIN} --quiet >&-; echo $? > status", "0", "", marks=slow),
        pytest.param(f"{TRAIN} <&- >&- 2>&-; echo $? > status", "0", "", marks=slow),
        pytest.param(f"{TRAIN} 2> /dev/full; echo $? > status", "0", "", marks=slow),
        pytest.param(f"{TRAIN} --quiet > /dev/full; echo $? > status", "1", FULL, marks=slow),
        pytest.param(f"{TRAIN} > /dev/full 2>&1; echo $? > status", "1", "", marks=slow),
    ],
)
def test_training_does_not_need_a_listener(
    tmp_path: Path, script: str, status: str, complaint: str
) -> None:
    """The model and its pictures are written whole, whoever has left."""
    done = shell(script, tmp_path)
    assert done.stderr == complaint
    assert (tmp_path / "status").read_text() == f"{status}\n"
    written = files(tmp_path / "runs" / "xor")
    assert [name for name in written if name != "sample.dot"] == PICTURES
    assert isinstance(load(tmp_path / "runs" / "xor" / "model.json"), MLP)
    if "head -1" in script:
        assert done.stdout.startswith("data ")


@pytest.fixture
def model(tmp_path: Path, without_figures: None) -> Path:
    """A model that has learnt a table, and a long one to predict from."""
    data = table(tmp_path / "data.csv", "x,y,animal", [[k, -k, "ab"[k % 2]] for k in range(8)])
    assert train(data, "--target", "animal", "--epochs", 1, "--output", "out") == 0
    table(tmp_path / "long.csv", "x,y", [[k % 8, -(k % 8)] for k in range(9000)])
    return tmp_path


@pytest.mark.parametrize(
    ("where", "status", "complaint"),
    [
        ("| head -1", "141", ""),
        pytest.param("> all.csv", "0", "", marks=slow),
        pytest.param("| cat > all.csv", "0", "", marks=slow),
        pytest.param(
            ">&-", "1", "deltarule: standard output: it is closed\n", marks=slow
        ),
        pytest.param(
            "> /dev/full", "1", "deltarule: standard output: No space left on device\n", marks=slow
        ),
        pytest.param("> /dev/full 2>&1", "1", "", marks=slow),
        pytest.param("> /dev/full 2>&-", "1", "", marks=slow),
    ],
)  # fmt: skip
def test_predictions_are_asked_for(model: Path, where: str, status: str, complaint: str) -> None:
    """Where they do not arrive, the status says so; a reader that has enough is no fault."""
    command = "deltarule predict out/model.json long.csv"
    if where.startswith("|"):
        done = shell(f"{{ {command}; echo $? >&3; }} 3> status {where}", model)
    else:
        done = shell(f"{command} {where}; echo $? > status", model)
    assert done.stderr == complaint
    assert (model / "status").read_text() == f"{status}\n"
    if (model / "all.csv").exists():
        assert len((model / "all.csv").read_text().splitlines()) == 9001
    if where == "| head -1":
        assert done.stdout == "prediction\n"


@slow
def test_help_that_nobody_reads_to_the_end(tmp_path: Path) -> None:
    done = shell("deltarule train --help | head -1", tmp_path)
    assert done.stderr == ""
    assert done.stdout.startswith("usage: deltarule train")


@slow
def test_letters_that_the_terminal_has_not(tmp_path: Path) -> None:
    """A report shows their codes. A prediction would have another name: it is refused."""
    table(tmp_path / "data.csv", "x,y,種", [[k, -k, "αβ"[k % 2]] for k in range(8)])
    code = "PYTHONUTF8=0 PYTHONIOENCODING=ascii"
    done = shell(
        f"export {code}; deltarule train data.csv --target 種 --epochs 1 --quiet --output out; "
        "echo $?; deltarule predict out/model.json data.csv --probabilities; echo $?",
        tmp_path,
    )
    assert r"2 classes (\u03b1 4, \u03b2 4)" in done.stdout
    assert done.stdout.split("report.html\n")[1].split() == ["0", "1"]
    assert "which has no 'α': set PYTHONUTF8=1" in done.stderr.encode().decode("unicode_escape")


@slow
def test_pictures_for_which_there_is_no_room(tmp_path: Path) -> None:
    """Each costs a line; the model and smaller pictures are there."""
    done = shell("ulimit -f 40; deltarule train xor --epochs 2 --quiet; echo $?", tmp_path)
    lines = done.stderr.splitlines()
    lost = [line.split()[2].rstrip(":") for line in lines]
    assert lines
    assert all(re.search(r"\.(png|html): File too large$", line) for line in lines)
    assert done.stdout.endswith("\n0\n")
    assert "model.json" in done.stdout
    written = files(tmp_path / "runs" / "xor")
    assert [name for name in written if name != "sample.dot"] == sorted({*PICTURES} - {*lost})
    assert {"model.json", "sample.svg"} <= {*written}


def test_a_picture_that_fails_costs_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    without_figures: None,
) -> None:  # fmt: skip
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("no\nfont\x1b[31m")

    monkeypatch.setattr(pictures.plots, "confusion_matrix", fail)
    monkeypatch.setattr(pictures, "draw", fail)
    assert train("xor", "--epochs", 1) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        f"deltarule: without {name}: no font\\x1b[31m"
        for name in ("confusion_matrix.png", "sample.svg", "sample.dot")
    ]
    assert out.partition("wrote")[2].split() == [
        f"runs/xor/{name}" for name in ("model.json", "learning_curves.png",
                                        "decision_boundary.png", "report.html")
    ]  # fmt: skip


def test_closed_streams_are_not_given_to_the_next_file(tmp_path: Path) -> None:
    """What a library prints would be written into it."""
    save(MLP(2, [1], rng=0), tmp_path / "model.json")
    program = (
        "import os; from deltarule.command import main; main(['predict', 'none', 'none']); "
        "print(os.open('model.json', os.O_RDONLY), file=open('number', 'w'))"
    )
    shell(f'"$PYTHON" -c "{program}" <&- >&- 2>&-'.replace("$PYTHON", os.sys.executable), tmp_path)
    assert int((tmp_path / "number").read_text()) > 2
