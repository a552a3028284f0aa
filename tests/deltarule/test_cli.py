"""The command line: what it writes, what it says, and how it fails."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nn import LOSSES, cli, load, predict, predict_class
from nn.cli import main
from nn.data import load as load_data
from nn.data import names

pytest.importorskip("matplotlib")

PNG, SVG = b"\x89PNG", b"<svg"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to relative paths lands there."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def without_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Graphviz were not installed; also quicker."""
    monkeypatch.setattr(cli, "which", lambda program: None)


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow part where it is not what is tested."""
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", lambda self, path, **options: Path(path).touch())
    monkeypatch.setattr(cli, "which", lambda program: None)


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


def failure(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr; a traceback would be more."""
    out, err = capsys.readouterr()
    assert err.startswith("deltarule: ")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    return err.removeprefix("deltarule: ").rstrip("\n")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- train --------------------------------------------------------------------------------------


def test_train_xor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The truth table is learnt; every file that the report lists is there, and no other."""
    import shutil

    folder = tmp_path / "out"
    assert train("xor", "--output", folder) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "accuracy  train 1.000, test 1.000" in out
    assert "MLP(2, [4, 1], activation='tanh', output='identity'), 17 parameters" in out
    source = [] if shutil.which("dot") else ["sample.dot"]
    assert files(folder) == sorted(
        ["model.json", "learning_curves.png", "confusion_matrix.png", "decision_boundary.png",
         "sample.svg", *source]
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
    error = re.search(r"error     train (\S+), test (\S+) \(half_squared_error\)", out)
    assert error
    assert float(error[1]) < 0.1
    assert err == ""
    assert files(tmp_path / "out") == [
        "learning_curves.png", "model.json", "regression_fit.png", "sample.dot",
        "sample.svg",
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
        "confusion_matrix.png", "learning_curves.png", "model.json", "sample.dot",
        "sample.svg",
    ]  # fmt: skip
    model = load(tmp_path / "runs" / "iris" / "model.json")
    assert model.metadata["classes"] == ["setosa", "versicolor", "virginica"]


def test_a_picture_of_one_sample(
    tmp_path: Path, without_figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Graphviz an SVG file."""
    from shutil import which

    if which("dot") is None:
        pytest.skip("needs the program dot of Graphviz")
    monkeypatch.setattr(cli, "which", which)
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
    assert main(["predict", str(tmp_path / "runs/animals/model.json"), str(new)]) == 0
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
        "learning_curves.png", "model.json", "sample.dot", "sample.svg",
    ]  # fmt: skip
    assert main(["predict", "out/model.json", "plane.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prediction"
    assert [float(line) for line in lines[1:]] == pytest.approx([row[2] for row in rows], abs=0.05)


def test_predictions_are_those_of_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """For one column that was standardised: (x - mean) / deviation, then the network."""
    rows = [[float(x), 3.0 * x] for x in range(8)]
    data = table(tmp_path / "line.csv", "x,y", [list(row) for row in rows])
    assert train(data, "--target", "y", "--task", "regression", "--epochs", 2) == 0
    capsys.readouterr()
    path = tmp_path / "runs" / "line" / "model.json"
    assert main(["predict", str(path), str(data)]) == 0
    printed = [float(line) for line in capsys.readouterr().out.splitlines()[1:]]
    model = load(path)
    (mean,), (std,) = [model.metadata["standardizer"][key] for key in ("mean", "std")]
    (t_mean,), (t_std,) = [model.metadata["target_standardizer"][key] for key in ("mean", "std")]
    outputs = predict(model, [[(x - mean) / std] for x, _ in rows])
    assert printed == pytest.approx([y * t_std + t_mean for y in outputs], rel=1e-12)


def test_targets_in_large_units_are_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Prices around 10^5: targets are standardised for training, predictions are prices."""
    rows = [[float(x), 1e5 + 2e4 * x] for x in range(20)]
    data = table(tmp_path / "prices.csv", "x,price", [list(row) for row in rows])
    assert train(data, "--target", "price", "--epochs", 200, "--output", "out") == 0
    deviation = re.search(r"typical deviation from the test targets (\S+)", capsys.readouterr().out)
    assert deviation
    assert float(deviation[1]) < 2e4


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
    wanted = "identity" if linear else "softmax" if loss == "cross_entropy" else "sigmoid"
    assert f"output='{wanted}'" in out
    assert main(["predict", "out/model.json", str(data)]) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))[1:]
    assert [row[0] for row in rows] == [row[2] for row in points(classes)]
    shares = [[float(share) for share in row[1:]] for row in rows]
    assert all(len(row) == classes and 0 <= min(row) <= max(row) <= 1 for row in shares)
    names = ["ant", "bee", "cat"]
    assert [names[row.index(max(row))] for row in shares] == [row[0] for row in rows]


@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error"])
def test_every_loss_for_regression(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None, loss: str
) -> None:
    """And the others are refused; see below."""
    assert train("square", "--loss", loss, "--epochs", 2, "--output", "out") == 0
    assert f"({loss})" in capsys.readouterr().out
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
    assert "2 classes" in capsys.readouterr().out
    assert train(data, "--target", "t", "--epochs", 1, "--task", "regression") == 0
    assert "regression targets 0 to 1" in capsys.readouterr().out


# --- a process of its own -----------------------------------------------------------------------


def test_as_a_process(tmp_path: Path) -> None:
    """`python -m nn.cli` trains, then predicts into a pipe."""
    command = [sys.executable, "-m", "nn.cli"]
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
    assert predicted.stdout.startswith("prediction,P(0),P(1)\n")
    failed = subprocess.run(
        [*command, "predict", "missing.json", "new.csv"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert failed.returncode == 1
    assert failed.stderr == "deltarule: there is no file 'missing.json'\n"


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv", "--target", "t"], "there is no file 'missing.csv'"),
        (["missing.csv"], "--target COLUMN"),
        (["irsi"], "no data set 'irsi' (did you mean 'iris'?)"),
        (["data.csv"], "name the column of data.csv to predict: --target COLUMN"),
        (["data.csv", "--target", "animl"], "has no column 'animl' (did you mean 'animal'?)"),
        (["data.csv", "--target", "animal", "--loss", "nonsense"], None),
        (["data.csv", "--target", "x"], "column 'animal' of 'data.csv' holds text"),
        (["numbers.csv", "--target", "y", "--loss", "hinge"], "use half_squared_error"),
        (["numbers.csv", "--target", "y", "--loss", "cross_entropy"], "use half_squared_error"),
        (["sin", "--loss", "hinge"], "hinge is for classes"),
        (["xor", "--target", "x1"], "xor is a built-in data set"),
        (["xor", "--task", "regression"], "xor is a built-in data set"),
        (["spirals", "--test-size", "0"], "test_size is 0.0"),
        (["spirals", "--test-size", "1.5"], "test_size is 1.5"),
        (["spirals", "--test-size", "nan"], "test_size is nan"),
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


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--layers", "junk", "'junk' is not a list of sizes such as 16,16"),
        ("--layers", "4,-1", "sizes such as 16,16"),
        ("--layers", "4;4", "sizes such as 16,16"),
        ("--layers", "4.5", "sizes such as 16,16"),
        ("--layers", "0", "sizes such as 16,16"),
        ("--epochs", "0", "not a positive int"),
        ("--epochs", "many", "not a positive int"),
        ("--batch-size", "-3", "not a positive int"),
        ("--learning-rate", "nan", "not a positive float"),
        ("--learning-rate", "0", "not a positive float"),
        ("--learning-rate", "inf", "not a positive float"),
        ("--seed", "x", "'x' is not an integer from 0 to 4294967295"),
        ("--seed", "-1", "'-1' is not an integer"),
        ("--seed", "4294967296", "is not an integer from 0 to 4294967295"),
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


def trained_model(tmp_path: Path) -> dict[str, Any]:
    """The document of a model with two inputs, three classes and a standardizer."""
    data = table(tmp_path / "data.csv", "x,y,animal", points(3))
    assert train(data, "--target", "animal", "--epochs", 1, "--output", "out") == 0
    document = json.loads((tmp_path / "out" / "model.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_errors_of_predict_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """Of the model file and of the table."""
    trained_model(tmp_path)
    (tmp_path / "damaged.json").write_bytes((tmp_path / "out/model.json").read_bytes()[:-20])
    table(tmp_path / "other.csv", "x,z", [[1, 2]])
    table(tmp_path / "text.csv", "x,y", [[1, "two"]])
    table(tmp_path / "gap.csv", "x,y", [[1, ""]])
    table(tmp_path / "empty.csv", "x,y", [])
    capsys.readouterr()
    for model, file, message in [
        ("missing.json", "data.csv", "there is no file 'missing.json'"),
        ("out", "data.csv", "'out' is not a file"),
        ("damaged.json", "data.csv", "'damaged.json' is not valid JSON"),
        ("data.csv", "data.csv", "'data.csv' is not valid JSON"),
        ("out/model.json", "missing.csv", "there is no file 'missing.csv'"),
        ("out/model.json", "other.csv", "has no column 'y'"),
        ("out/model.json", "text.csv", "'two'"),
        ("out/model.json", "gap.csv", "1 value missing"),
        ("out/model.json", "empty.csv", "0 rows"),
        ("out/model.json", "out", "cannot be read"),
    ]:
        assert main(["predict", model, file]) == 1
        assert message in failure(capsys)


METADATA: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("nothing", lambda about: about.clear()),
    ("no classes", lambda about: about.pop("classes")),
    ("features number", lambda about: about.update(features=5)),
    ("features null", lambda about: about.update(features=None)),
    ("features text", lambda about: about.update(features="xy")),
    ("features of numbers", lambda about: about.update(features=[1, 2])),
    ("one feature", lambda about: about.update(features=["x"])),
    ("three features", lambda about: about.update(features=["x", "y", "x"])),
    ("classes number", lambda about: about.update(classes=3)),
    ("classes text", lambda about: about.update(classes="abc")),
    ("two classes", lambda about: about.update(classes=["a", "b"])),
    ("four classes", lambda about: about.update(classes=["a", "b", "c", "d"])),
    ("no class", lambda about: about.update(classes=[])),
    ("classes null", lambda about: about.update(classes=None)),
    ("classes of lists", lambda about: about.update(classes=[[], [], []])),
    ("standardizer text", lambda about: about.update(standardizer="mean, std")),
    ("standardizer list", lambda about: about.update(standardizer=["mean", "std"])),
    ("standardizer empty", lambda about: about.update(standardizer={})),
    ("standardizer null inside", lambda about: about["standardizer"].update(mean=None)),
    ("standardizer of null", lambda about: about["standardizer"].update(mean=[None, None])),
    ("standardizer zero", lambda about: about["standardizer"].update(std=[0.0, 1.0])),
    ("standardizer short", lambda about: about.update(standardizer={"mean": [0], "std": [1]})),
]


def test_models_whose_metadata_were_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """A sentence, whatever has become of them; the network itself is whole."""
    document = trained_model(tmp_path)
    capsys.readouterr()
    for name, change in METADATA:
        damaged = json.loads(json.dumps(document))
        change(damaged["metadata"])
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(damaged), encoding="utf-8")
        assert main(["predict", str(path), "data.csv"]) == 1, name
        assert str(path) in failure(capsys), name


def test_a_model_saved_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`nn.save` alone does not know the names of the columns."""
    from nn import MLP, save

    save(MLP(2, [1], rng=0), tmp_path / "model.json")
    table(tmp_path / "new.csv", "x,y", [[1, 2]])
    assert main(["predict", "model.json", "new.csv"]) == 1
    assert "model.json was not written by `deltarule train`" in failure(capsys)


def test_interruptions(
    capsys: pytest.CaptureFixture[str], without_figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C outside of training ends with status 130; before an epoch is complete, with 1."""

    def interrupt(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(LOSSES, "binary_cross_entropy_with_logits", interrupt)
        assert train("xor") == 1
        assert "interrupted before the first epoch" in failure(capsys)
    monkeypatch.setattr(cli, "load_data", interrupt)
    assert train("xor") == 130
    assert failure(capsys) == "interrupted"


def test_training_that_diverges_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """With what helps; the exit status stays 0 and the model, nan and all, is written."""
    options = ("--optimizer", "sgd", "--learning-rate", 1e200, "--activation", "relu")
    assert train("square", *options, "--output", "out") == 0
    out, err = capsys.readouterr()
    assert "diverged: try a smaller --learning-rate" in out
    assert err == ""
    assert not all(map(math.isfinite, load(tmp_path / "out/model.json").state_dict().values()))
    for loss in ("cross_entropy", "hinge"):  # with two inputs, whose boundary cannot be drawn
        assert train("spirals", *options, "--loss", loss, "--output", loss) == 0
        out, err = capsys.readouterr()
        assert "diverged" in out
        assert err == ""
        assert "decision_boundary.png" not in files(tmp_path / loss)


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


# --- help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], ["train"], ["predict"]])
def test_help_fits_on_a_terminal(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    """It shows usage and an example, in lines of at most 100 characters."""
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: deltarule")
    assert "example" in out
    assert "deltarule train moons" in out or "deltarule predict runs" in out
    assert max(map(len, out.splitlines())) <= 100


def test_help_of_train_lists_everything_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Data sets with a line about each, losses, and how to learn one's own table."""
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    out = capsys.readouterr().out
    for name, line in names().items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", out, flags=re.M)
    assert all(loss in out for loss in LOSSES)
    assert "--target species" in out
    for option in ("--layers", "--epochs", "--seed", "--output", "--learning-rate", "--quiet"):
        assert option in out


def test_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage, and status 2."""
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_every_data_set_has_settings_or_does_with_the_usual_ones() -> None:
    """Settings are for data sets that exist; truth tables are not standardised."""
    assert set(cli.DEFAULTS) <= set(names())
    assert not cli.DEFAULTS["xor"].standardize
    assert len(load_data("xor")) == 4


# -- the course


def test_notebooks_are_copied_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "course"
    assert cli.main(["notebooks", str(folder), "--no-open"]) == 0
    assert capsys.readouterr().out == f"14 notebooks copied to {folder}\n"
    assert (folder / "thumbnails" / "04_one_neuron.png").is_file()
    assert (folder / "TEACHING.md").is_file()
    own = folder / "01_derivatives_and_graphs.ipynb"
    own.write_text("my answers")
    (folder / "index.ipynb").unlink()
    assert cli.main(["notebooks", str(folder), "--no-open"]) == 0
    assert "1 notebook copied" in (out := capsys.readouterr().out)
    assert "13 that were there are kept" in out
    assert own.read_text() == "my answers"


def test_notebooks_are_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(cli.subprocess, "run", started.append)
    monkeypatch.setattr(cli, "find_spec", lambda name: True)
    assert cli.main(["notebooks", str(tmp_path)]) == 0
    assert started == [[sys.executable, "-m", "jupyterlab", str(tmp_path / "index.ipynb")]]
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    capsys.readouterr()
    assert cli.main(["notebooks", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert 'pip install "deltarule[notebook]"' in err
    assert "0 notebooks copied" in out


@pytest.mark.slow
def test_an_installed_package_has_the_notebooks(tmp_path: Path) -> None:
    pytest.importorskip("build", reason="needs the package build")
    root = Path(__file__).parents[2]
    source = tmp_path / "source"
    source.mkdir()
    for name in ("autograd", "nn", "notebooks"):
        shutil.copytree(root / name, source / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source / name)
    command = [sys.executable, "-m", "build", "-q", "--wheel", "-o", tmp_path, source]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    environment = dict(os.environ, PYTHONPATH=str(tmp_path / "installed"))
    code = "import sys; from nn.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "notebooks", tmp_path / "out", "--no-open"]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    names = sorted(path.name for path in (tmp_path / "out").glob("*.ipynb"))
    assert names == sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
