"""`deltarule train`: what it writes, what it says, and how it fails."""

from __future__ import annotations

import csv
import random
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from commands import failure, files, points, table, train
from deltarule.command import main, pictures, samples, settings
from nn import LOSSES, load, predict_class
from nn.data import load as load_data
from nn.data import names
from nn.export import json_file

pytest.importorskip("matplotlib")

PNG, SVG = b"\x89PNG", b"<svg"


def test_train_xor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The truth table is learnt; every file that the report lists is there, and no other."""

    folder = tmp_path / "out"
    assert train("xor", "--output", folder) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "accuracy  train 1.000, test 1.000" in out
    assert "MLP(2, [4, 1], activation='tanh', output='identity'), 17 parameters" in out
    source = [] if which("dot") else ["sample.dot"]
    assert files(folder) == sorted(
        ["model.json", "learning_curves.png", "confusion_matrix.png", "decision_boundary.png",
         "sample.svg", *source, "report.html"]
    )  # fmt: skip
    listed = [Path(line).name for line in out.partition("wrote")[2].splitlines()]
    assert sorted(listed) == files(folder)
    assert all(path.read_bytes()[:4] == PNG for path in folder.glob("*.png"))
    model = load(folder / "model.json")
    assert predict_class(model, [[0, 0], [0, 1], [1, 0], [1, 1]]) == [0, 1, 1, 0]


def test_train_sin(tmp_path: Path, capsys: pytest.CaptureFixture[str], without_dot: None) -> None:
    """Regression: an error instead of an accuracy, the fit instead of a confusion matrix."""
    assert train("sin", "--epochs", 300, "--output", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    error = re.search(r"RMSE      train (\S+), test (\S+)\n", out)
    assert error
    assert float(error[1]) < 0.4
    assert err == ""
    assert files(tmp_path / "out") == [
        "learning_curves.png", "model.json", "regression_fit.png", "report.html",
        "sample.dot", "sample.svg",
    ]  # fmt: skip


def test_train_iris(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Three classes; without --output the folder is runs/NAME."""
    pytest.importorskip("sklearn")
    assert train("iris", "--epochs", 4, "--learning-rate", 0.03) == 0
    accuracy = re.search(r"accuracy  train (\S+), test (\S+)", capsys.readouterr().out)
    assert accuracy
    assert float(accuracy[2]) > 0.85
    assert files(tmp_path / "runs" / "iris") == [
        "confusion_matrix.png", "learning_curves.png", "model.json", "report.html",
        "sample.dot", "sample.svg",
    ]  # fmt: skip
    model = load(tmp_path / "runs" / "iris" / "model.json")
    assert model.metadata["classes"] == ["setosa", "versicolor", "virginica"]


def test_a_picture_of_one_sample(
    tmp_path: Path, without_figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Graphviz an SVG file."""

    if which("dot") is None:
        pytest.skip("needs the program dot of Graphviz")
    monkeypatch.setattr(pictures, "which", which)
    assert train("xor", "--epochs", 1, "--output", tmp_path / "out") == 0
    assert SVG in (tmp_path / "out" / "sample.svg").read_bytes()


def test_without_graphviz(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """A note, the source of the picture, and a picture all the same."""
    assert train("xor", "--epochs", 1, "--output", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "without the program `dot` of Graphviz" in out
    assert (tmp_path / "out" / "sample.dot").read_text(encoding="utf-8").startswith("digraph {")
    assert SVG in (tmp_path / "out" / "sample.svg").read_bytes()


def test_train_a_csv_file_with_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Text in the target column means classes; the model can be asked for new rows at once."""
    data = table(tmp_path / "animals.csv", "x,y,animal", points(3))
    options = ("--target", "animal", "--layers", "6,5", "--epochs", 40)
    assert train(data, *options) == 0
    out = capsys.readouterr().out
    assert "MLP(2, [6, 5, 3]" in out
    assert "accuracy  train 1.000, test 1.000" in out
    new = table(
        tmp_path / "new.csv", "note,y,x", [["a", 0, 3], ["b", 2.6, -1.5], ["c", -2.6, -1.5]]
    )
    model = tmp_path / "runs/animals/model.json"
    assert main(["predict", str(model), str(new)]) == 0
    assert capsys.readouterr().out == "prediction\nant\nbee\ncat\n"
    assert main(["predict", str(model), str(new), "--probabilities"]) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[0] == ["prediction", "P(ant)", "P(bee)", "P(cat)"]
    assert [row[0] for row in rows[1:]] == ["ant", "bee", "cat"]
    assert all(sum(map(float, row[1:])) == pytest.approx(1.0, abs=2e-4) for row in rows[1:])


def test_train_a_csv_file_with_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Regression on y = 2 u - v without hidden units; predictions are numbers in full."""
    rng = random.Random(0)
    rows = [[u, v, 2 * u - v] for u, v in [(rng.uniform(-5, 5), rng.random()) for _ in range(40)]]
    data = table(tmp_path / "plane.csv", "u,v,y", [list(row) for row in rows])
    options = ("--layers", "", "--epochs", 100, "--learning-rate", 0.1, "--output", "out")
    assert train(data, "--target", "y", *options) == 0
    capsys.readouterr()
    assert files(tmp_path / "out") == [
        "learning_curves.png", "model.json", "report.html", "sample.dot", "sample.svg",
    ]  # fmt: skip
    assert main(["predict", "out/model.json", "plane.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prediction"
    assert [float(line) for line in lines[1:]] == pytest.approx([row[2] for row in rows], abs=0.05)


def test_targets_in_large_units_are_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Prices around 10^5: targets are standardised for training, predictions are prices."""
    rows = [[float(x), 1e5 + 2e4 * x] for x in range(20)]
    data = table(tmp_path / "prices.csv", "x,price", [list(row) for row in rows])
    assert train(data, "--target", "price", "--epochs", 200, "--output", "out") == 0
    error = re.search(r"RMSE      train \S+, test (\S+)\n", capsys.readouterr().out)
    assert error
    assert float(error[1]) < 2e4


def test_the_same_seed_writes_the_same_model(tmp_path: Path, without_figures: None) -> None:
    """Byte for byte; another seed gives another model."""
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert (
            train("sin", "--epochs", 3, "--batch-size", 5, "--seed", seed, "--output", folder) == 0
        )
    a, b, c = [(tmp_path / folder / "model.json").read_bytes() for folder in "abc"]
    assert a == b != c


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_options_reach_the_training(
    capsys: pytest.CaptureFixture[str], without_figures: None, optimizer: str
) -> None:
    """The report says what was used."""
    options = (
        "--layers", "5", "--activation", "relu", "--init", "he_normal", "--optimizer", optimizer,
        "--learning-rate", "0.02", "--epochs", "2", "--batch-size", "3", "--loss", "hinge",
    )  # fmt: skip
    assert train("or", *options) == 0
    out = capsys.readouterr().out
    assert "MLP(2, [5, 1], activation='relu', output='identity'), 21 parameters" in out
    assert f"hinge, {optimizer}, 2 epochs of batches of 3, learning rate 0.02" in out


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_every_loss_with_two_and_three_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None,
    loss: str, classes: int,
) -> None:  # fmt: skip
    """Learns the clouds, and predicts with a number for each class."""
    data = table(tmp_path / "data.csv", "x,y,animal", points(classes))
    options = ("--target", "animal", "--loss", loss, "--layers", 4, "--epochs", 40)
    assert train(data, *options, "--learning-rate", 0.1, "--output", "out") == 0
    out = capsys.readouterr().out
    assert "test 1.000" in out
    linear = loss == "hinge" or loss.endswith("logits")
    of_classes = loss in ("cross_entropy", "kl_divergence")
    wanted = "identity" if linear else "softmax" if of_classes else "sigmoid"
    assert f"output='{wanted}'" in out
    assert main(["predict", "out/model.json", str(data), "--probabilities"]) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))[1:]
    assert [row[0] for row in rows] == [row[2] for row in points(classes)]
    shares = [[float(share) for share in row[1:]] for row in rows]
    assert all(len(row) == classes and 0 <= min(row) <= max(row) <= 1 for row in shares)
    names = ["ant", "bee", "cat"]
    assert [names[row.index(max(row))] for row in shares] == [row[0] for row in rows]


@pytest.mark.parametrize(
    "loss", ["half_squared_error", "mean_squared_error", "mean_absolute_error", "huber"]
)
def test_every_loss_for_regression(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None, loss: str
) -> None:
    """And the others are refused; see below."""
    assert train("square", "--loss", loss, "--epochs", 2, "--output", "out") == 0
    assert f"learning  {loss}, adam" in capsys.readouterr().out
    new = table(tmp_path / "new.csv", "x", [[0.5], [-0.5]])
    assert main(["predict", "out/model.json", str(new)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_table_of_class_numbers_can_be_learnt_as_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """--task decides what the target is."""
    rows: list[list[object]] = [[x / 10, x % 2] for x in range(20)]
    data = table(tmp_path / "data.csv", "x,t", rows)
    assert train(data, "--target", "t", "--epochs", 1) == 0
    out = capsys.readouterr().out
    assert "2 classes" in out
    assert "'t' is taken as a class; --task regression predicts it as a number\n" in out
    assert train(data, "--target", "t", "--epochs", 1, "--task", "regression", "--overwrite") == 0
    out = capsys.readouterr().out
    assert "regression targets 0 to 1" in out
    assert "is taken as" not in out


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("ab" * 10, ""),  # text is a class and nothing else
        ([k % 2 + 0.5 for k in range(20)], "a number; --task classification makes 2 classes of it"),
        (range(20), ""),  # as many classes as rows would be refused
        (["007", "12"] * 10, "a class; --task regression predicts it as a number"),
    ],
)
def test_a_hint_is_true(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None,
    targets: Iterable[object], said: str,
) -> None:  # fmt: skip
    """What it advises can be done."""
    data = table(tmp_path / "data.csv", "x,t", [[k / 7, t] for k, t in enumerate(targets)])
    assert train(data, "--target", "t", "--epochs", 1) == 0
    out = capsys.readouterr().out
    assert (f"'t' is taken as {said}\n" in out) if said else ("--task" not in out)
    if said:
        task = said.split("--task ")[1].split()[0]
        assert train(data, "--target", "t", "--epochs", 1, "--task", task, "--overwrite") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv", "--target", "t"], "there is no file 'missing.csv'"),
        (["missing.csv"], "there is no file 'missing.csv'"),
        (["irsi"], "no data set 'irsi' (did you mean 'iris'?)"),
        (["data.csv"], "such as --target animal: its columns are 'x', 'y', 'animal'"),
        (["data.csv", "--target", "animl"], "no column 'animl' (did you mean 'animal'?)"),
        (["data.csv", "--target", "animal", "--loss", "nonsense"], None),
        (["data.csv", "--target", "animal", "--drop", "z"], "no column 'z' for --drop z"),
        (["data.csv", "--target", "animal", "--task", "regression"], "by --task classification"),
        (["xor", "--drop", "x1,x2"], "--drop x1,x2 is for CSV files; xor is a built-in data set"),
        (["xor", "--no-header"], "--no-header is for CSV files"),
        (["numbers.csv", "--target", "y", "--loss", "hinge"], "use --loss half_squared_error"),
        (
            ["numbers.csv", "--target", "y", "--loss", "cross_entropy"],
            "use --loss half_squared_error",
        ),
        (["sin", "--loss", "hinge"], "--loss hinge is for classes"),
        (["xor", "--target", "x1"], "xor is a built-in data set"),
        (["xor", "--task", "regression"], "xor is a built-in data set"),
        (["xor", "--output", "occupied"], "occupied: File exists"),
        (["xor", "--output", "occupied/deeper"], "occupied/deeper: Not a directory"),
        (["binary.csv", "--target", "x"], "binary.csv"),
        ([".", "--target", "x"], "cannot be read"),
    ],
)
def test_errors_of_train_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None,
    arguments: list[str], message: str | None,
) -> None:  # fmt: skip
    """Exit status 1 without a traceback; nothing is left behind."""
    table(tmp_path / "data.csv", "x,y,animal", points(2))
    table(tmp_path / "numbers.csv", "x,y", [[x, x / 7] for x in range(20)])
    (tmp_path / "binary.csv").write_bytes(b"\x00\xff\x00")
    (tmp_path / "occupied").write_text("a file")
    before = files(tmp_path)
    if message is None:
        with pytest.raises(SystemExit) as caught:
            train(*arguments)
        assert caught.value.code == 2
        return
    assert train(*arguments) == 1
    assert message in failure(capsys)
    assert files(tmp_path) == before


def test_interruptions(
    capsys: pytest.CaptureFixture[str], without_figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C outside of training, or before anything is learnt, ends with status 130."""

    def interrupt(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(LOSSES, "binary_cross_entropy_with_logits", interrupt)
        assert train("xor") == 130
        assert failure(capsys) == "interrupted"
        assert not Path("runs/xor/model.json").exists()
    monkeypatch.setattr(samples, "load", interrupt)
    assert train("xor") == 130
    assert failure(capsys) == "interrupted"


def test_without_matplotlib(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is missed before training, not after."""
    for module in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert train("xor") == 1
    assert "pip install" in failure(capsys)
    assert files(tmp_path) == []


def test_a_network_too_large_to_be_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before training, not after."""
    monkeypatch.setattr(json_file, "LARGEST_MODEL", 17)  # as many as the usual one has
    assert train("xor") == 0
    capsys.readouterr()
    monkeypatch.setattr(json_file, "LARGEST_MODEL", 16)
    monkeypatch.setattr(
        "deltarule.command.learning.fit", lambda *_, **__: pytest.fail("it was run")
    )
    before = files(tmp_path)
    assert train("xor", "--output", "other") == 1
    said = failure(capsys)
    assert "17 parameters" in said
    assert said.endswith("100,000: give fewer units, such as --layers 16")
    assert files(tmp_path) == before


def test_every_data_set_has_settings_or_does_with_the_usual_ones() -> None:
    """Settings are for data sets that exist; truth tables are not standardised."""
    assert set(settings.DEFAULTS) <= set(names())
    assert not settings.DEFAULTS["xor"].standardize
    assert len(load_data("xor")) == 4
