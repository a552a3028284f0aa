"""Defaults of tables: what follows their size, and how the weight decay is chosen."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands import failure, points, table, train
from deltarule.command import learning, main
from deltarule.command.arguments import Parser
from deltarule.command.learning import learn, strongest
from deltarule.command.settings import suited
from deltarule.command.task import Task
from deltarule.command.terminal import conclude
from deltarule.command.train import declare
from nn import History
from nn.data import Dataset


def task_of(path: Path, target: str, *options: object) -> Task:
    parser = Parser()
    declare(parser.add_subparsers())
    typed = ["train", str(path), "--target", target, "--quiet", *map(str, options)]
    return Task(parser.parse_args(typed))


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Forty rows whose target has nothing to do with the inputs."""
    rng = random.Random(0)
    rows: list[list[object]] = [[rng.gauss(0, 1) for _ in "abcdt"] for _ in range(40)]
    return table(tmp_path / "noise.csv", "a,b,c,d,t", rows)


@pytest.mark.parametrize(
    ("samples", "classes", "units", "batch_size", "epochs", "decays"),
    [
        (10, 2, 16, 16, 150, ()),  # too few to set some aside
        (100, 0, 16, 16, 150, (0.001, 0.01, 0.1)),
        (200, 2, 16, 16, 80, (0.0005, 0.015, 0.1)),
        (1000, 11, 44, 32, 32, (0.001, 0.003, 0.02)),
        (2000, 300, 96, 64, 32, (0.0015, 0.01)),
        (100_000, 0, 16, 256, 20, (1e-6, 1e-5, 1e-4)),
    ],
)
def test_settings_follow_the_size_of_a_table(
    samples: int, classes: int, units: int, batch_size: int, epochs: int, decays: tuple[float, ...]
) -> None:
    names = [f"{k}" for k in range(classes)] or None
    data = Dataset([[0.0]] * samples, [0] * samples, ["x"], names)
    settings = suited(data)
    assert settings.layers == (units,)
    assert (settings.batch_size, settings.epochs) == (batch_size, epochs)
    assert settings.decays == pytest.approx(decays)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--weight-decay", "0"], {"weight_decay": 0.0, "decays": ()}),
        (["--weight-decay", "0.5"], {"weight_decay": 0.5, "decays": ()}),
        (["--optimizer", "adamw"], {"weight_decay": None, "decays": ()}),  # which has its own
        (["--layers", "3,2", "--epochs", "7"], {"layers": (3, 2), "epochs": 7}),
        (["--batch-size", "5", "--lr", "0.5"], {"batch_size": 5, "learning_rate": 0.5}),
    ],
)
def test_options_win(noise: Path, options: list[str], expected: dict[str, Any]) -> None:
    settings = task_of(noise, "t", *options).settings
    assert {name: getattr(settings, name) for name in expected} == expected


def test_what_is_held_out_has_no_say(noise: Path) -> None:
    """Other targets there change neither the choice nor the network."""
    one, other = [task_of(noise, "t", "--epochs", 5) for _ in range(2)]
    other.test = replace(other.test, targets=[1000.0 * n for n in range(len(other.test))])
    learn(one)
    learn(other)
    assert one.tried == other.tried
    assert one.pipeline.model.state_dict() == other.pipeline.model.state_dict()


def test_noise_is_learnt_with_the_strongest_decay(noise: Path) -> None:
    """And from all the samples to train on, starting anew: the same as with that as an option."""
    task = task_of(noise, "t", "--epochs", 50)
    learn(task)
    assert list(task.tried) == pytest.approx([0.1 / 30, 1 / 30, 10 / 30])
    assert task.settings.weight_decay == pytest.approx(10 / 30)
    again = task_of(noise, "t", "--epochs", 50, "--weight-decay", task.settings.weight_decay)
    learn(again)
    assert again.tried == {}
    assert again.pipeline.model.state_dict() == task.pipeline.model.state_dict()


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({0.1: [1.0, 1.0, 1.0]}, 0.1),
        ({0.1: [1.0, 1.0], 1.0: [1.0, 1.0]}, 1.0),
        ({0.1: [1.0, 1.0], 1.0: [1.1, 1.1]}, 0.1),  # a little worse, and always
        ({0.1: [1.0, 1.0, 1.0], 1.0: [2.0, 1.0, 0.5]}, 1.0),  # now better, now worse
        ({0.1: [1.0], 1.0: [2.0]}, 0.1),  # one sample, of which nothing is known
        ({0.1: [9.0, 9.0], 1.0: [1.0, 1.0], 10.0: [5.0, 5.0]}, 1.0),
    ],
)
def test_the_strongest_that_is_not_clearly_worse(
    errors: dict[float, list[float]], expected: float
) -> None:
    assert strongest(errors) == expected


def test_the_report_says_what_was_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    data = table(tmp_path / "data.csv", "x,y,animal", points(3))
    assert train(data, "--target", "animal", "--epochs", 2) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "s for 2 epochs, after 3 trials of 2 to choose a weight decay" in out
    assert "chosen from 0.0074, 0.11, 0.74: the strongest" in out  # 0.2, 3 and 20 of 27 samples
    assert train(data, "--target", "animal", "--epochs", 2, "--weight-decay", 0.25) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "weight decay 0.25" in out
    assert "s for 2 epochs, " in out
    assert "trial" not in out


def test_the_trials_are_shown(
    noise: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    """They take most of the time."""
    pytest.importorskip("tqdm")
    assert main(["train", str(noise), "--target", "t", "--epochs", "2"]) == 0
    err = capsys.readouterr().err
    assert "6/6" in err
    assert "set-aside loss=" in err


def test_a_choice_that_is_interrupted(
    noise: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was learnt so far is what there is."""
    stopped = History([{"epoch": 1, "train_loss": 1.0}], "interrupted")
    monkeypatch.setattr(learning, "fit", lambda *arguments, **options: stopped)
    task = task_of(noise, "t")
    assert learn(task)[0] is stopped
    assert task.settings.weight_decay is None
    conclude(task, stopped, 2.0)
    said = " ".join(capsys.readouterr().out.split())
    assert "took 2.0 s for 1 epoch while a weight decay was being chosen; interrupted" in said


@pytest.mark.parametrize("rate", [1e200, 1e300])
def test_a_rate_with_which_nothing_is_learnt(
    noise: Path, capsys: pytest.CaptureFixture[str], without_figures: None, rate: float
) -> None:
    """There is no choice then, and one sentence."""
    options = ("--optimizer", "sgd", "--activation", "relu", "--lr", rate)
    assert train(noise, "--target", "t", *options) == 1
    assert "diverged" in failure(capsys)


def test_a_weight_decay_is_no_less_than_0(noise: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("-1", "nan", "inf", "much"):
        with pytest.raises(SystemExit):
            train(noise, "--target", "t", f"--weight-decay={text}")
        assert "is not a number from 0 on" in failure(capsys)
