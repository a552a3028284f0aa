"""Signals to a command that trains: it ends soon, and what was learnt is saved."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands import files
from deltarule.command import main
from deltarule.command.stopping import stoppable
from nn import MLP, load

pytest.importorskip("matplotlib")
pytest.importorskip("tqdm")
if os.name == "nt":
    pytest.skip("needs signals", allow_module_level=True)

TRAIN = [sys.executable, "-m", "deltarule", "train", "moons", "--epochs", "100000"]
pytestmark = pytest.mark.slow


@contextmanager
def training(folder: Path, *before: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that has learnt for some epochs."""
    with subprocess.Popen(
        [*before, *TRAIN], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        bar = ""
        while not re.search(r"\| [1-9]\d*/", bar):
            letter = process.stderr.read(1)
            assert letter, bar
            bar += letter
        try:
            yield process
        finally:
            process.kill()


def check_saved(folder: Path) -> None:
    names = [name for name in files(folder / "runs" / "moons") if name != "sample.dot"]
    assert names == [
        "confusion_matrix.png", "decision_boundary.png", "learning_curves.png", "model.json",
        "report.html", "sample.svg",
    ]  # fmt: skip
    assert isinstance(load(folder / "runs" / "moons" / "model.json"), MLP)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_model_is_saved(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    with training(tmp_path) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert "interrupted, what was learnt so far is kept" in " ".join(out.split())
    assert "runs/moons/model.json" in out.partition("wrote")[2]
    assert err.endswith("deltarule: interrupted\n")
    assert "Traceback" not in err
    check_saved(tmp_path)


def test_a_terminal_that_is_closed_sends_several(tmp_path: Path) -> None:
    """Only one of them counts: a second Ctrl-C would end training at once."""
    with training(tmp_path) as process:
        for _ in range(20):
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    assert process.returncode in (128 + signal.SIGHUP, 128 + signal.SIGTERM)
    check_saved(tmp_path)


def test_a_terminal_that_hangs_up(tmp_path: Path) -> None:
    """A real one: there is nobody to speak to any more."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    process, terminal = pty.fork()
    if not process:
        os.chdir(tmp_path)
        os.execv(sys.executable, TRAIN)
    termios.tcsetwinsize(terminal, (24, 120))
    shown = b""
    while not re.search(rb"\| [1-9]\d*/", shown):
        shown += os.read(terminal, 1000)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    check_saved(tmp_path)


@pytest.mark.parametrize(
    ("start", "ignored"),
    [
        pytest.param(["nohup"], "SIGHUP", id="nohup"),
        pytest.param(["sh", "-c", 'trap "" INT; exec "$@"', "sh"], "SIGINT", id="in a script"),
    ],
)
def test_what_is_ignored_from_outside_stays_ignored(
    tmp_path: Path, start: list[str], ignored: str
) -> None:
    """A script that starts something in the background has it ignore SIGINT."""
    with training(tmp_path, *start) as process:
        process.send_signal(getattr(signal, ignored))
        time.sleep(1.0)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    check_saved(tmp_path)


def test_at_any_moment(tmp_path: Path) -> None:
    """There is a whole model or none, each picture is whole, and nothing else is left."""
    rng, saved = random.Random(0), 0
    for run in range(4):
        folder = tmp_path / str(run)
        folder.mkdir()
        command = [*TRAIN[:-2], "--epochs", "20", "--quiet"]
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            while (line := process.stdout.readline()) and not line.startswith("learning"):
                pass
            time.sleep(rng.uniform(0.0, 3.0))
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=120)
        assert process.returncode in (0, 128 + signal.SIGTERM, -signal.SIGTERM)
        assert "Traceback" not in err
        for path in (folder / "runs" / "moons").iterdir():
            content = path.read_bytes()
            if path.name == "model.json":
                load(path)
                saved += 1
            elif path.suffix == ".png":
                assert content.endswith(b"IEND\xaeB`\x82")
            else:
                assert b"written by deltarule train" in content[-50:]
    assert saved > 1


def test_handlers_are_those_of_before() -> None:
    """And what is raised says which signal it was."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    with pytest.raises(KeyboardInterrupt) as caught, stoppable():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.args == (signal.SIGTERM,)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_in_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no handler can be set."""
    import threading

    monkeypatch.chdir(tmp_path)
    status: list[int] = []
    arguments = ["train", "xor", "--epochs", "1", "--quiet"]
    thread = threading.Thread(target=lambda: status.append(main(arguments)))
    thread.start()
    thread.join()
    assert status == [0]
