"""Names of columns, classes and files that move the cursor, turn the text or are formulas."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from commands import failure, files, train
from deltarule.command import main
from nn.data import read_csv

pytest.importorskip("matplotlib")

# As they come out of a table, where blanks around a cell do not count.
NAMES = [
    "\x1b[2J\x1b[31mred", "a\x08\x08b", "back\rto the start", "two\nlines", "a\u202eb\u202c",
    "\u2066isolated\u2069", "zero\u200bwidth", "a\x85b\u2028c", "\x07", "\x9b31m", "$\\frac$",
    "$x$", "_hidden", "%s{0}", "<script>alert(1)</script>", "a,b;c\td\"e", "'", "''", "\\x1b",
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "'=1+1", "''=1+1", "=cmd|' /C calc'!A0",
    "a;=1+1", "b\t-1", "c; @1", "d\n=1+1", "e;;+1", "＝1+1",
]  # fmt: skip
READ = {"'=1+1": "=1+1", "''=1+1": "'=1+1"}  # the apostrophe is that of a cell


def written(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


def check_visible(text: str) -> None:
    assert all(c == "\n" or c.isprintable() for c in text), ascii(text)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_training_and_predicting(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], without_figures: None, name: str
) -> None:
    """Nothing on the terminal but what can be seen; predictions have the names as they are."""
    inputs = [[1.0, 0.1 * k] if k % 2 else [-1.0, 0.1 * k] for k in range(16)]
    rows = [[*x, "other" if x[0] < 0 else name] for x in inputs]
    data = written(tmp_path / "data.csv", [[f"{name}x", "y", f"t{name}"], *rows])
    options = ("--target", f"t{name}", "--layers", "", "--epochs", 30, "--lr", 0.5)
    assert train("data.csv", *options, "--output", "out") == 0
    out, err = capfd.readouterr()
    check_visible(out)
    check_visible(err)
    assert err == ""
    assert {"confusion_matrix.png", "decision_boundary.png"} <= {*files(tmp_path / "out")}
    assert main(["predict", "out/model.json", str(data), "--probabilities"]) == 0
    text = capfd.readouterr().out
    predicted = [f"prediction{text.partition('prediction')[2]}", "x,y"]
    (tmp_path / "again.csv").write_text(predicted[0], encoding="utf-8", newline="")
    again = read_csv(tmp_path / "again.csv", "prediction")
    name = READ.get(name, name)
    assert again.class_names == sorted(["other", name])
    wanted = ["other" if x < 0 else name for x, _ in inputs]
    assert [again.class_names[int(k)] for k in again.targets] == wanted
    assert {*again.feature_names} == {"P(other)", f"P({name})"}


def test_no_cell_is_a_formula(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Whichever separator the spreadsheet takes; and numbers are still numbers."""
    rows = [[k, 10 - k, name] for k, name in enumerate(NAMES * 2)]
    data = written(tmp_path / "data.csv", [["x", "=y", "t"], *rows])
    options = ("--target", "t", "--layers", "", "--epochs", 1, "--test-size", 0.5)
    assert train(data, *options, "--output", "out") == 0
    capsys.readouterr()
    assert main(["predict", "out/model.json", str(data), "--probabilities"]) == 0
    out = capsys.readouterr().out
    for separator in ",;\t":
        for row in csv.reader(out.splitlines(keepends=True), delimiter=separator):
            for cell in row:
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell


def test_predicted_numbers_are_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Also classes that are such, whatever their sign."""
    data = written(tmp_path / "data.csv", [["x", "t"], *[[k / 9, -1 - k // 2] for k in range(12)]])
    assert train(data, "--target", "t", "--task", "regression", "--epochs", 1, "--output", "a") == 0
    assert train(data, "--target", "t", "--task", "classification", "--output", "b") == 0
    capsys.readouterr()
    for folder in "ab":
        assert main(["predict", f"{folder}/model.json", str(data)]) == 0
        _, *rows = csv.reader(capsys.readouterr().out.splitlines())
        assert all(float(row[0]) < 0 for row in rows)


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of POSIX")
@pytest.mark.slow
def test_predictions_on_a_terminal(tmp_path: Path, without_figures: None) -> None:
    """It obeys no name; a pipe has it as it is."""
    import pty
    import subprocess
    import sys

    rows = [[k, "\x1b[31mred" if k % 2 else "a\u202eb"] for k in range(8)]
    data = written(tmp_path / "data.csv", [["x", "t"], *rows])
    assert train(data, "--target", "t", "--epochs", 1, "--output", "out") == 0
    command = [sys.executable, "-m", "deltarule", "predict", "out/model.json", "data.csv",
               "--probabilities"]  # fmt: skip
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs):
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 10_000):
                shown += part
        except OSError:  # as Linux says that the other side is closed
            pass
    os.close(ours)
    check_visible(shown.decode().replace("\r\n", "\n"))
    assert r"P(\x1b[31mred)" in shown.decode()
    piped = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert "P(\x1b[31mred)" in piped


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "{}"],
        ["train", "{}.csv", "--target", "t"],
        ["train", "data.csv", "--target", "{}"],
        ["train", "xor", "--output", "data.csv/{}"],
        ["train", "xor", "--loss", "{}"],
        ["train", "xor", "--layers", "{}"],
        ["train", "xor", "--seed", "{}"],
        ["train", "xor", "--test-size", "{}"],
        ["train", "xor", "{}"],
        ["train", "xor", "--{}"],
        ["{}"],
        ["predict", "{}", "data.csv"],
        ["predict", "{}", "{}"],
        ["notebooks", "data.csv/{}"],
    ],
)
@pytest.mark.parametrize("name", ["\x1b[31m\r\x08\u202e\u200b", "long" * 1000, "l o n g " * 500])
def test_messages_show_what_was_typed_and_not_more_than_200_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], name: str
) -> None:
    (tmp_path / "data.csv").write_text("x,t\n1,2\n")
    try:
        status = main([argument.format(name) for argument in arguments])
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status in (1, 2)
    sentence = failure(capsys)
    check_visible(sentence)
    assert sentence.count("l") < 600
    if "long" in name:
        assert "long" in sentence
        assert name[:201] not in sentence


@pytest.mark.slow
@pytest.mark.parametrize("name", ["$\\frac$", "$x$", "\x1b[31m", "_hidden"])
def test_pictures_show_names_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Drawn in earnest: a name with $ in it is no formula, let alone a wrong one."""
    rows = [[k, -k, name if k % 2 else "other"] for k in range(8)]
    data = written(tmp_path / "data.csv", [[name, "y", "t"], *rows])
    assert train(data, "--target", "t", "--epochs", 1, "--output", "out") == 0
    assert capsys.readouterr().err == ""
    assert {"confusion_matrix.png", "decision_boundary.png"} <= {*files(tmp_path / "out")}
