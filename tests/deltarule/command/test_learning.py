"""Defaults of tables: what follows their size, and how layers and weight decay are chosen."""

from __future__ import annotations

import random
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands import failure, points, table, train
from deltarule.command import learning, main
from deltarule.command.arguments import Parser
from deltarule.command.choice import Candidate, best
from deltarule.command.learning import learn
from deltarule.command.report.page import page
from deltarule.command.settings import suited
from deltarule.command.shown import watched
from deltarule.command.task import Task
from deltarule.command.terminal import conclude
from deltarule.command.train import declare
from deltarule.pipeline import Pipeline
from nn import History, fit
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
    first, *hidden = settings.candidates or [Candidate((), 1 / samples)]
    assert first == ((), 1 / samples)
    assert {candidate.layers for candidate in hidden} <= {settings.layers}
    assert [c.weight_decay for c in reversed(hidden)] == pytest.approx(decays)


def test_few_samples_of_many_inputs_are_not_learnt_by_heart() -> None:
    data = Dataset([[0.0] * 60] * 50, [0, 1] * 25, [*map(str, range(60))], ["a", "b"])
    assert suited(data).candidates == (((), 1 / 50), ((16,), 20 / 50))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--weight-decay", "0"], {"weight_decay": 0.0, "candidates": ()}),
        (["--weight-decay", "0.5"], {"weight_decay": 0.5, "candidates": ()}),
        (["--optimizer", "adamw"], {"weight_decay": None, "candidates": ()}),  # which has its own
        (["--layers", "3,2", "--epochs", "7"], {"layers": (3, 2), "epochs": 7}),
        (["--batch-size", "5", "--lr", "0.5"], {"batch_size": 5, "learning_rate": 0.5}),
    ],
)
def test_options_win(noise: Path, options: list[str], expected: dict[str, Any]) -> None:
    settings = task_of(noise, "t", *options).settings
    assert {name: getattr(settings, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("options", "layers"),
    [
        ([], [(), (16,), (16,), (16,)]),
        (["--layers", "5,4"], [(5, 4)] * 3),
        (["--layers", ""], [()] * 3),
        (["--activation", "relu"], [(16,)] * 3),  # which is that of hidden units
    ],
)
def test_whoever_asks_for_hidden_units_gets_them(
    noise: Path, options: list[str], layers: list[tuple[int, ...]]
) -> None:
    tried = task_of(noise, "t", *options).choice.candidates
    assert [candidate.layers for candidate in tried] == layers


def test_what_is_held_out_has_no_say(noise: Path) -> None:
    """Other targets there change neither the choice nor the network."""
    one, other = [task_of(noise, "t", "--epochs", 5) for _ in range(2)]
    other.test = replace(other.test, targets=[1000.0 * n for n in range(len(other.test))])
    learn(one)
    learn(other)
    assert one.choice.errors == other.choice.errors
    assert one.pipeline.model.state_dict() == other.pipeline.model.state_dict()


@pytest.mark.parametrize("layers", ["", "16"])
def test_noise_is_learnt_with_the_strongest_decay(noise: Path, layers: str) -> None:
    """And from all the samples to train on, starting anew: the same as with that as an option."""
    options = ("--epochs", 50, "--layers", layers)
    task = task_of(noise, "t", *options)
    learn(task)
    tried = [candidate.weight_decay for candidate in task.choice.errors]
    assert tried == pytest.approx([10 / 30, 1 / 30, 0.1 / 30])
    assert task.settings.weight_decay == pytest.approx(10 / 30)
    again = task_of(noise, "t", *options, "--weight-decay", task.settings.weight_decay)
    learn(again)
    assert again.choice.errors == {}
    assert again.pipeline.model.state_dict() == task.pipeline.model.state_dict()


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([[1.0, 1.0, 1.0]], 0),
        ([[1.0, 1.0], [1.0, 1.0]], 0),
        ([[1.1, 1.1], [1.0, 1.0]], 1),  # a little worse, and always
        ([[2.0, 1.0, 0.5], [1.0, 1.0, 1.0]], 0),  # now better, now worse
        ([[2.0], [1.0]], 1),  # one sample, of which nothing is known
        ([[5.0, 5.0], [1.0, 1.0], [9.0, 9.0]], 1),
    ],
)
def test_the_simplest_that_is_not_clearly_worse(errors: list[list[float]], expected: int) -> None:
    candidates = [Candidate((), 1.0), Candidate((3,), 1.0), Candidate((3,), 0.1)]
    assert best(dict(zip(candidates, errors))) == candidates[expected]


def test_a_linear_model_that_nobody_asked_for_starts_at_0(noise: Path) -> None:
    """Its weights along inputs that no sample has would stay what they were."""
    for options, expected in (((), True), (("--layers", 3), False)):
        task = task_of(noise, "t", *options)
        task.build(())
        assert (set(task.pipeline.model.state_dict().values()) == {0.0}) == expected


@pytest.mark.parametrize(("name", "has_hidden_units"), [("parabola", True), ("plane", False)])
def test_hidden_units_where_they_are_of_use(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    without_figures: None,
    name: str,
    has_hidden_units: bool,
) -> None:
    """What was chosen, and why, is said at once, in the report, and by predictions later."""
    rng, rows = random.Random(0), []
    for _ in range(60):
        x, z, e = rng.uniform(-2, 2), rng.gauss(0, 1), rng.gauss(0, 1)
        rows.append([x, z, x * x if name == "parabola" else 2 * x - z + 0.5 * e])
    data = table(tmp_path / f"{name}.csv", "x,z,y", rows)
    assert train(data, "--target", "y", "--output", "out") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "or one without a hidden layer, as samples set aside will tell" in out
    assert "after 4 trials of 150 to choose hidden units and weight decay no hidden layer " in out
    pipeline = Pipeline.load("out/model.json")
    assert (len(pipeline.model.layers) == 2) == has_hidden_units
    why = r"did worse on" if has_hidden_units else "(did best|was about as good, and is sim"
    why += "" if has_hidden_units else "pler,) on"
    assert re.match(f"no hidden layer {why} 11 training samples set aside: loss [0-9.]+ against "
                    r"[0-9.]+ with 16 hidden units$",
                    pipeline.layers_because)  # fmt: skip
    assert pipeline.layers_because in out
    assert (", which --layers 16 asks for" in out) == (not has_hidden_units)
    assert main(["predict", "out/model.json", str(data)]) == 0
    err = capsys.readouterr().err
    assert err == "" if has_hidden_units else f"in training {pipeline.layers_because}\n" in err


def test_the_report_says_what_was_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_figures: None
) -> None:
    data = table(tmp_path / "data.csv", "x,y,animal", points(3))
    options = ("--target", "animal", "--epochs", 2, "--layers", 16)
    assert train(data, *options) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "s for 2 epochs, after 3 trials of 2 to choose a weight decay" in out
    assert "chosen from 0.0074, 0.11, 0.74: the strongest" in out  # 0.2, 3 and 20 of 27 samples
    assert train(data, *options, "--weight-decay", 0.25) == 0
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
    assert "8/8" in err
    assert "set-aside loss=" in err


@pytest.mark.parametrize(
    ("trial", "epoch", "ended", "kept"),
    [
        (1, 2, 0, "that of the trial under way"),
        (2, 2, 1, "the one chosen from these"),
        (2, 3, 2, "the one chosen from these"),  # after its last epoch
        (3, 0, 2, "the one chosen from these"),  # between two trials
        (4, 3, 4, "the one chosen from these"),
        (5, 0, 4, "the one chosen from these"),  # before all the samples are learnt
    ],
)
def test_a_choice_that_is_interrupted(
    noise: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    trial: int, epoch: int, ended: int, kept: str,
) -> None:  # fmt: skip
    """By a signal, in an epoch of a trial: the trials that have ended are what there is."""
    histories: list[History] = []

    def interrupted(*arguments: Any, **options: Any) -> History:
        def press(history: History) -> None:
            if (len(histories), len(history)) == (trial - 1, epoch):
                signal.raise_signal(signal.SIGINT)

        press(History())
        histories.append(fit(*arguments, **{**options, "callbacks": [press]}))
        return histories[-1]

    monkeypatch.setattr(learning, "fit", interrupted)
    task = task_of(noise, "t", "--epochs", 3)
    history, _ = learn(task)
    assert len(histories) == trial
    assert history.stopped == "interrupted"
    assert len(task.choice.errors) == ended
    assert len(history) == (3 if ended else epoch)
    chosen = best(task.choice.errors) if ended else task.choice.candidates[0]
    assert history is histories[task.choice.candidates.index(chosen)]
    assert chosen == (task.settings.layers, task.settings.weight_decay)
    assert len(task.pipeline.model.layers) == len(chosen.layers) + 1
    conclude(task, history, 2.0)
    said = " ".join(capsys.readouterr().out.split())
    assert "interrupted, what was learnt so far is kept" in said
    assert f"{ended} of 4 trials to choose hidden units and weight decay had ended" in said
    assert f"the network is {kept}, which has not learnt from the samples set aside" in said
    if not epoch:
        html = page(task, history, {})
        assert f"{ended} of 4 trials to choose hidden units and weight decay had ended" in html
    assert watched(task) == "set aside"


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
