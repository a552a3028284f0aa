"""What can be asked for, how it is refused, and what --help says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands import failure, files, table, train
from deltarule.command import main
from nn import LOSSES
from nn.data import names


def test_as_a_process(tmp_path: Path) -> None:
    """`python -m deltarule` trains, then predicts into a pipe."""
    pytest.importorskip("matplotlib")
    command = [sys.executable, "-m", "deltarule"]
    trained = subprocess.run(
        [*command, "train", "xor", "--epochs", "2", "--quiet"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (trained.returncode, trained.stderr) == (0, "")
    assert "model.json" in trained.stdout
    table(tmp_path / "new.csv", "x1,x2", [[0, 1]])
    predicted = subprocess.run(
        [*command, "predict", "runs/xor/model.json", "new.csv"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (predicted.returncode, predicted.stderr) == (0, "")
    assert predicted.stdout in ("prediction\n0\n", "prediction\n1\n")
    failed = subprocess.run(
        [*command, "predict", "missing.json", "new.csv"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert failed.returncode == 1
    assert failed.stderr == "deltarule: there is no file 'missing.json'\n"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--layers", "junk", "'junk' is not a list of sizes such as 16,16"),
        ("--layers", "4,-1", "sizes such as 16,16"),
        ("--layers", "4;4", "sizes such as 16,16"),
        ("--layers", "4.5", "sizes such as 16,16"),
        ("--layers", "0", "sizes such as 16,16"),
        ("--epochs", "0", "not a positive integer"),
        ("--epochs", "many", "not a positive integer"),
        ("--batch-size", "-3", "not a positive integer"),
        ("--learning-rate", "nan", "not a positive number"),
        ("--learning-rate", "0", "not a positive number"),
        ("--learning-rate", "inf", "not a positive number"),
        ("--seed", "x", "'x' is not an integer from 0 to 4294967295"),
        ("--seed", "-1", "'-1' is not an integer"),
        ("--seed", "4294967296", "is not an integer from 0 to 4294967295"),
        ("--test-size", "0", "'0' is not a share between 0 and 1"),
        ("--test-size", "1.5", "is not a share between 0 and 1"),
        ("--test-size", "nan", "is not a share between 0 and 1"),
        ("--drop", "", "'' is not a list of columns such as id,name"),
        ("--drop", "a,,b", "'a,,b' is not a list of columns such as id,name"),
        ("--features", '"a', "a name with a comma in it stands in double quotes"),
        ("--missing", "median", "invalid choice: 'median'"),
        ("--decimal", "x", "invalid choice: 'x'"),
        ("--activation", "softmax", "invalid choice: 'softmax'"),
        ("--loss", "mse", "invalid choice: 'mse'"),
        ("--init", "zeros", "invalid choice: 'zeros'"),
        ("--optimizer", "lbfgs", "invalid choice: 'lbfgs'"),
        ("--colour", "red", "unrecognized arguments"),
    ],
)
def test_options_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, message: str
) -> None:
    """One sentence with the option in it, and argparse's status 2."""
    with pytest.raises(SystemExit) as caught:
        train("xor", f"{option}={value}")
    assert caught.value.code == 2
    sentence = failure(capsys)
    assert message in sentence
    assert option in sentence
    assert files(tmp_path) == []


@pytest.mark.parametrize("command", [[], ["train"], ["predict"]])
def test_help_fits_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """It shows usage and an example, in lines of at most 80 characters."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: deltarule")
    assert "example" in out
    assert "deltarule train moons" in out or "deltarule predict runs" in out
    assert max(map(len, out.splitlines())) <= 80


def test_help_of_train_lists_everything_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Data sets with a line about each, losses, and how to learn one's own table."""
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    out = capsys.readouterr().out
    for name, line in names().items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", out, flags=re.M)
    assert all(loss in out for loss in LOSSES)
    assert "--target species" in out
    groups = [line for line in out.splitlines() if re.fullmatch(r"\w+:", line)]
    assert groups == ["options:", "table:", "network:", "learning:", "output:", "examples:"]
    options = "target features drop missing header layers epochs seed output learning-rate quiet"
    for option in options.split():
        assert f"--{option}" in out


def test_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage, and status 2."""
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
