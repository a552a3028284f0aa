"""Tables as they lie: what is said of them, what is kept in the model, and new ones read alike."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from commands import failure, train
from deltarule.command import main, pictures
from deltarule.command.arguments import columns, spelled
from deltarule.pipeline import Pipeline
from nn.data import read_table

pytest.importorskip("matplotlib")
MODELS = Path(__file__).parent / "models"

# Prices in German; the sweet fruit are the light red ones. One cell of "grams" is missing.
FRUIT = "id;hue;grams;price, net;sweet\n" + "".join(
    f"{n};{hue};{'NA' if n == 5 else grams};1,{n % 10}5 €;{sweet}\n"
    for n, (hue, grams, sweet) in enumerate(
        [("red", 100, "yes"), ("green", 110, "no"), ("red", 500, "no"), ("green", 520, "no")] * 6
    )
)
NEW = "price, net;note;grams;hue\n1,05 €;ripe;105;red\n1,05 €;;;green\n"


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PICTURES", {})


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    (tmp_path / "fruit.csv").write_text(FRUIT, encoding="utf-8")
    (tmp_path / "new.csv").write_text(NEW, encoding="utf-8")
    return tmp_path


def predicted(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    assert main(["predict", "out/model.json", *arguments]) == 0
    return list(csv.reader(capsys.readouterr().out.splitlines()))


def test_what_was_done_is_said_and_done_again(
    fruit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--target", "sweet", "--epochs", 100, "--lr", 0.05, "--output", "out")
    assert train("fruit.csv", *options) == 0
    out = capsys.readouterr().out
    notes = [line.strip() for line in out.partition("\nnetwork")[0].splitlines()[1:]]
    for column in ("'id'", "'hue'", "'price, net'", "'grams' (1)"):
        assert any(note.startswith(column) for note in notes), column
    assert "--missing drop" in out
    assert "missing=" not in out
    header, first, second = predicted(capsys, "new.csv", "--probabilities")
    assert header == ["prediction", "P(no)", "P(yes)"]
    assert (first[0], second[0]) == ("yes", "no")
    assert float(first[2]) > 0.5 > float(second[2])
    assert predicted(capsys, "new.csv") == [["prediction"], ["yes"], ["no"]]


def test_missing_cells_of_a_new_table_are_said(
    fruit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, for what is printed is the result; or refused if rows were dropped."""
    for missing in ("mean", "drop"):
        options = ("--target", "sweet", "--epochs", 1, "--missing", missing, "--output", missing)
        assert train("fruit.csv", *options) == 0
    capsys.readouterr()
    assert main(["predict", "mean/model.json", "new.csv"]) == 0
    assert capsys.readouterr().err == (
        "deltarule: 1 row with missing cells: the means of the training samples take their place\n"
    )
    assert main(["predict", "drop/model.json", "new.csv"]) == 1
    assert "1 value missing, the first on line 3 in column 'grams'" in failure(capsys)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("hue;price, net\nred;1,05 €\n", "no column 'grams'"),
        ("hue;grams;price, net\nblue;1;1,05 €\n", "line 2 has 'blue' in column 'hue', which is "
         "none of 'green', 'red'"),
        ("hue;grams;price, net\nred;many;1,05 €\n", "line 2 has 'many' in column 'grams'"),
    ],
)  # fmt: skip
def test_what_a_new_table_lacks(
    fruit: Path, capsys: pytest.CaptureFixture[str], table: str, message: str
) -> None:
    assert train("fruit.csv", "--target", "sweet", "--epochs", 1, "--output", "out") == 0
    capsys.readouterr()
    (fruit / "new.csv").write_text(table, encoding="utf-8")
    assert main(["predict", "out/model.json", "new.csv"]) == 1
    assert message in failure(capsys)


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ((), ["hue", "grams", "price, net"]),
        (("--drop", "hue"), ["grams", "price, net"]),
        (("--drop", '"price, net",hue'), ["grams"]),
        (("--drop", "hue", "--drop", "grams"), ["price, net"]),
        (("--features", "grams,hue"), ["grams", "hue"]),
        (("--features", "id"), ["id"]),
    ],
)
def test_columns_that_are_used(fruit: Path, options: tuple[str, ...], used: list[str]) -> None:
    assert train("fruit.csv", "--target", "sweet", *options, "--epochs", 1, "--output", "out") == 0
    assert Pipeline.load("out/model.json").columns == used


def test_other_columns_of_the_same_table_replace_the_model(fruit: Path) -> None:
    """As a note advises."""
    for options in ((), ("--drop", "hue"), ("--features", "id,hue")):
        assert train("fruit.csv", "--target", "sweet", "--epochs", 1, *options) == 0


def test_a_table_without_names(fruit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n},{n * n % 7},{'ab'[n % 2]}\n" for n in range(20))
    (fruit / "rows.csv").write_text(rows)
    options = ("rows.csv", "--target", "3", "--no-header", "--epochs", 1, "--output", "out")
    assert train(*options) == 0
    assert "20 rows" in capsys.readouterr().out
    assert len(predicted(capsys, "rows.csv")) == 21


def test_all_that_must_be_mended_is_said_at_once(
    fruit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In lines of their own, with the options of the command."""
    assert train("fruit.csv", "--target", "sweat", "--drop", "hu", "--features", "gram") == 1
    first, *others = capsys.readouterr().err.splitlines()
    assert first == "deltarule: 'fruit.csv' has 3 things to be mended:"
    assert all(line.startswith("  ") for line in others)
    assert ["no " + line.split(":")[0].split(" no ")[1] for line in others] == [
        "no column 'sweat' (did you mean 'sweet'?)",
        "no column 'hu' for --drop hu (did you mean 'hue'?)",
        "no column 'gram' for --features gram (did you mean 'grams'?)",
    ]


def test_a_column_without_numbers_to_learn_from(
    fruit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{n},{'ab'[n % 2]},{'5' if n == 7 else ''}\n" for n in range(20))
    (fruit / "rows.csv").write_text(f"x,t,a-b\n{rows}")
    for seed in range(20):
        options = ("--target", "t", "--features", "x,a-b", "--test-size", 0.9, "--epochs", 1)
        if train("rows.csv", *options, "--seed", seed, "--output", "out") == 1:
            break
    assert "no sample to train on has anything in 'a-b': leave out by --drop a-b" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("target", ["t", "y"])
def test_numbers_without_a_square(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    rows = "".join(f"{n},1.{n}e+200,{'ab'[n % 2]}\n" for n in range(12))
    (tmp_path / "rows.csv").write_text(f"x,y,t\n{rows}")
    assert train("rows.csv", "--target", target) == 1
    named = "'y'" if target == "t" else "the target"
    assert f"{named} has numbers as large as 1.9e+200, and a network" in failure(capsys)


def test_codings_that_were_changed(fruit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence, whatever has become of them."""
    assert train("fruit.csv", "--target", "sweet", "--epochs", 1, "--output", "out") == 0
    capsys.readouterr()
    document = json.loads(Path("out/model.json").read_text(encoding="utf-8"))
    coding = document["metadata"]["coding"]
    for changed in (5, [], {}, {**coding, "columns": coding["columns"][1:]}):
        document["metadata"]["coding"] = changed
        Path("changed.json").write_text(json.dumps(document), encoding="utf-8")
        assert main(["predict", "changed.json", "new.csv"]) == 1
        assert failure(capsys) == "'changed.json' was not written by `deltarule train`"


@pytest.mark.parametrize("version", [1, 2])
def test_models_of_older_versions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: int
) -> None:
    """They answer as they did when they were written."""
    (tmp_path / "new.csv").write_text("cm,grams\n7,150\n2,7\n4.5,60\n")
    model = MODELS / f"version_{version}.json"
    assert main(["predict", str(model), "new.csv", "--probabilities"]) == 0
    assert capsys.readouterr().out == (
        "prediction,P(apple),P(cherry),P(plum)\n"
        "apple,0.9959,0.0001,0.0041\n"
        "cherry,0.0000,0.9962,0.0037\n"
        "plum,0.0009,0.0011,0.9980\n"
    )


def test_probabilities_are_of_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("sin", "--epochs", 1, "--output", "out") == 0
    capsys.readouterr()
    (tmp_path / "new.csv").write_text("x\n0.5\n")
    assert main(["predict", "out/model.json", "new.csv", "--probabilities"]) == 1
    assert "'out/model.json' predicts a number" in failure(capsys)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        (" a, b ", ["a", "b"]),
        ('"price, net",id', ["price, net", "id"]),
        ('a,"say ""b"""', ["a", 'say "b"']),
        ("price;net", ["price;net"]),
    ],
)
def test_lists_of_columns(text: str, names: list[str]) -> None:
    """They are written as the header of a table is, and as advice writes them."""
    assert columns(text) == names


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("task", "regression", "--task regression"),
        ("header", True, "--header"),
        ("header", False, "--no-header"),
        ("decimal", ",", "--decimal ,"),
        ("drop", ["id"], "--drop id"),
        ("drop", ["a", "b c"], "--drop 'a,b c'"),
        ("features", ["price, net"], "--features '\"price, net\"'"),
        ("target", "\x1b[31mred", r"--target '\x1b[31mred'"),
    ],
)
def test_options_as_one_types_them(option: str, value: object, text: str) -> None:
    assert spelled(option, value) == text


def test_nothing_that_is_read_speaks_of_arguments(fruit: Path) -> None:
    """All that `read_table` says of options, it says through the function that it is given."""
    reading = read_table("fruit.csv", "sweet", spelled=lambda option, value: f"<{option}>")
    assert any("<missing>" in note for note in reading.notes)
    assert not any("=" in note for note in reading.notes)
