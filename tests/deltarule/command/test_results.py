"""What is said of a result: beside a guess, where it is no better, and where there is none."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from commands import table, train
from deltarule.command import main
from deltarule.command.baseline import Baseline
from nn import load
from nn.data import Dataset

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.usefixtures("without_figures")


def classes(targets: list[int]) -> Dataset:
    return Dataset([[0.0]] * len(targets), targets, ["x"], ["ant", "bee", "cat"])


def numbers(targets: list[float]) -> Dataset:
    return Dataset([[0.0]] * len(targets), targets, ["x"])


@pytest.mark.parametrize(
    ("training", "test", "accuracy", "sentence"),
    [
        ([0, 1, 1], [1, 0, 0, 2], 0.25, "always 'bee': 0.250"),
        ([2, 2, 2, 0, 1], [2], 1.0, "always 'cat': 1.000"),
        ([1, 0], [1], 0.0, "always 'ant': 0.000"),  # of several the first
        ([0], [1, 2], 0.0, "always 'ant': 0.000"),
    ],
)
def test_the_guess_is_the_commonest_class_of_the_training_part(
    training: list[int], test: list[int], accuracy: float, sentence: str
) -> None:
    """Whichever is the commonest of the test part."""
    baseline = Baseline.of(classes(training), classes(test))
    assert (baseline.accuracy, baseline.rmse, baseline.sentence) == (accuracy, None, sentence)


@pytest.mark.parametrize(
    ("training", "test", "guess", "rmse"),
    [
        ([1.0, 3.0], [2.0, 5.0], 2.0, 3 / math.sqrt(2)),
        ([7.0, 7.0], [7.0], 7.0, 0.0),
        ([1e308, 1e308], [1e308], 1e308, 0.0),
        ([-1e200, 1e200], [3e200, 4e200], 0.0, 5e200 / math.sqrt(2)),
    ],
)
def test_the_guess_is_the_mean_of_the_training_part(
    training: list[float], test: list[float], guess: float, rmse: float
) -> None:
    baseline = Baseline.of(numbers(training), numbers(test))
    assert baseline.guess == guess
    assert baseline.rmse == pytest.approx(rmse)
    assert baseline.accuracy is None


def lines(capsys: pytest.CaptureFixture[str], about: str) -> str:
    """What is said under a heading, in one line."""
    out, err = capsys.readouterr()
    assert err == ""
    assert max(map(len, re.split("\nnote|\nwrote", out)[0].splitlines())) <= 80
    _, _, after = f"\n{out}".partition(f"\n{about.ljust(10)}")
    said = [after.splitlines()[0]]
    for line in after.splitlines()[1:]:
        if not line.startswith(" "):
            break
        said.append(line.strip())
    return " ".join(said)


def test_a_baseline_beside_the_accuracy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Learnt well; nothing is advised."""
    rows: list[list[object]] = [[k, "ant" if k < 24 else "bee"] for k in range(32)]
    data = table(tmp_path / "data.csv", "x,t", rows)
    assert train(data, "--target", "t", "--epochs", 60, "--lr", 0.1) == 0
    out = capsys.readouterr().out
    assert "accuracy  train 1.000, test 1.000\nbaseline  always 'ant': 0.750\n" in out
    assert "no better" not in out


def test_the_part_held_out_is_called_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also beside the progress bar."""
    pytest.importorskip("tqdm")
    assert main(["train", "or", "--epochs", "1"]) == 0
    out, err = capsys.readouterr()
    assert "test loss=" in err
    assert "val" not in err + out


def test_a_network_that_is_no_better_says_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that has learnt nothing, and one that has learnt by heart."""
    noise: list[list[object]] = [[k * k % 17, k * k * k % 13, "ab"[k * k % 11 % 2]]
                                 for k in range(40)]  # fmt: skip
    data = table(tmp_path / "noise.csv", "x,y,t", noise)
    assert train(data, "--target", "t", "--epochs", 1, "--lr", 1e-9) == 0
    said = lines(capsys, "baseline")
    assert said.startswith("always 'b': ")
    assert "no better than that guess: try other columns (--features), more --epochs" in said
    assert train("and", "--epochs", 1, "--lr", 1e-9) == 0
    said = lines(capsys, "baseline")
    assert "no better" in said
    assert "--features" not in said  # it is no table of the user's


def test_one_that_has_learnt_by_heart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise: list[list[object]] = [[k * k % 17, k * k * k % 13, k * k % 11] for k in range(40)]
    data = table(tmp_path / "noise.csv", "x,y,t", noise)
    options = ("--task", "regression", "--layers", 30, "--epochs", 150, "--lr", 0.05)
    assert train(data, "--target", "t", *options, "--weight-decay", 0, "--batch-size", 40) == 0
    said = lines(capsys, "baseline")
    assert "the mean of the training targets: RMSE" in said
    assert "on samples it has not seen, though better on those it has: try other columns" in said


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ("aaaabbbbc", (), "no sample held out is of class 'c'"),
        ("aaaabbbbc", ("--test-size", 0.75), "no sample to train on is of class 'c', which is not"),
        ("aaaabbbbcd", (), "no sample held out is of the classes 'c', 'd', which are not tested"),
        ("aabb", ("--test-size", 0.5), "2 samples to train on, 2 held out"),
        ("abab", (), "all 4 samples to train on and to test with"),
        ("aabbb", (), "4 samples to train on, 1 held out"),
    ],
)
def test_parts_of_small_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, options: tuple[object, ...],
    said: str,
) -> None:  # fmt: skip
    data = table(tmp_path / "data.csv", "x,t", [[k / 7, name] for k, name in enumerate(rows)])
    assert train(data, "--target", "t", "--epochs", 1, *options) == 0
    assert said in lines(capsys, "data")


def test_a_training_part_of_one_class_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = table(tmp_path / "data.csv", "x,t", [[k / 7, "ab"[k % 2]] for k in range(8)])
    assert train(data, "--target", "t", "--test-size", 0.9) == 1
    assert capsys.readouterr().err == (
        "deltarule: only class 'a' is among the 1 sample to train on: make --test-size smaller, or "
        "add rows of other classes\n"
    )


@pytest.mark.parametrize(
    "options",
    [
        ("sin", "--lr", 1e308),
        ("sin", "--lr", 1e308, "--optimizer", "sgd"),
        ("circles", "--lr", 1e200, "--optimizer", "sgd", "--activation", "relu"),
        ("blobs", "--lr", 1e200, "--optimizer", "sgd", "--activation", "relu", "--loss", "hinge"),
    ],
)
def test_a_run_that_diverges(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], options: tuple[object, ...]
) -> None:
    """All is written, with the last finite parameters; a sentence and the status say it."""
    assert train(*options, "--output", "out") == 1
    out, err = capfd.readouterr()
    assert err.startswith("deltarule: training diverged in epoch ")
    assert err.count("\n") == 1
    assert "try a --learning-rate below 1e+" in err
    assert "nan" not in out.partition("wrote")[0]
    assert all(map(math.isfinite, load(tmp_path / "out/model.json").state_dict().values()))


def test_answers_that_are_not_finite_are_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the only epoch the loss was finite, and the numbers it left are useless."""
    data = table(tmp_path / "data.csv", "a,b,y", [[i, 2 * i, 3 * i + 0.5] for i in range(40)])
    options = ("--optimizer", "sgd", "--activation", "relu", "--weight-decay", 0)
    assert train(data, "--target", "y", *options, "--lr", 1e40, "--epochs", 1) == 1
    out, err = capsys.readouterr()
    assert "result    none: the answers of the network are not finite" in out
    assert err.startswith("deltarule: training diverged in epoch 1: ")


def test_a_sample_of_few_is_a_share_that_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = table(tmp_path / "data.csv", "x,t", [[k, "ab"[k % 2]] for k in range(32)])
    assert train(data, "--target", "t", "--epochs", 1, "--weight-decay", 0) == 0
    said = "24 samples to train on, 8 held out for testing: each is 0.12 of the accuracy"
    assert said in " ".join(capsys.readouterr().out.split())
