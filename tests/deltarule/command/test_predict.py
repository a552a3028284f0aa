"""`deltarule predict`: numbers, classes, and models that are not its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands import failure, table, train, trained_model
from deltarule.command import main
from nn import MLP, load, predict, save

pytest.importorskip("matplotlib")


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
        ("data.csv", "out/model.json", "first 'out/model.json', then 'data.csv'"),
        ("out/model.json", "missing.csv", "there is no file 'missing.csv'"),
        ("out/model.json", "other.csv", "no column 'y'"),
        ("out/model.json", "text.csv", "'two'"),
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
    ("standardizer huge", lambda about: about["standardizer"].update(mean=[10**400])),
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
    save(MLP(2, [1], rng=0), tmp_path / "model.json")
    table(tmp_path / "new.csv", "x,y", [[1, 2]])
    assert main(["predict", "model.json", "new.csv"]) == 1
    assert "'model.json' was not written by `deltarule train`" in failure(capsys)


def test_numbers_far_from_all_that_was_learnt_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """As 12.500 is, which a table with decimal commas reads as 12500; a rare category is not."""
    rows = [[f"{1 + k / 64:.3f}".replace(".", ","), "ab"[k in (7, 9)], k % 5] for k in range(4000)]
    data = table(tmp_path / "data.csv", "x;z;y", [])
    data.write_text("x;z;y\n" + "".join([f"{x};{z};{y}\n" for x, z, y in rows]), "utf-8")
    options = ("--target", "y", "--task", "regression", "--epochs", 1, "--layers", 1)
    assert train(data, *options, "--output", "out") == 0
    new = tmp_path / "new.csv"
    new.write_text("x;z\n1,5;b\n12.500;a\n2,5;a\n", "utf-8")
    capsys.readouterr()
    assert main(["predict", "out/model.json", str(new)]) == 0
    said = capsys.readouterr().err
    assert said.startswith("deltarule: in 1 row 'x' is far from all that the model has learnt from")
    assert ", as 12500 in row 2: " in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("target", ["y", "t"])
def test_answers_that_are_not_finite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None, target: str
) -> None:
    """They are no predictions."""
    rows: list[list[object]] = [[k, k / 7, "ab"[k % 2]] for k in range(12)]
    data = table(tmp_path / "data.csv", "x,y,t", rows)
    options = ("--target", target, "--features", "x", "--layers", 2, "--epochs", 1,
               "--activation", "identity")  # fmt: skip
    assert train(data, *options, "--output", "out") == 0
    document = json.loads((tmp_path / "out/model.json").read_text(encoding="utf-8"))
    document["parameters"] = dict.fromkeys(document["parameters"], 1e308)
    document["parameters"]["layers.0.neurons.0.w.0"] = -1e308  # and inf - inf is nan
    (tmp_path / "out/model.json").write_text(json.dumps(document), encoding="utf-8")
    table(tmp_path / "new.csv", "x", [[1e308]])
    capsys.readouterr()
    assert main(["predict", "out/model.json", "new.csv"]) == 1
    assert "has no finite answer for some rows of 'new.csv'" in failure(capsys)
