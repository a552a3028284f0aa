"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograd.files import replacing, write


class Crash(Exception):
    """The power fails."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("content", "written"),
    [("δ\n", b"\xce\xb4\n"), ("a\r\nb", b"a\r\nb"), (b"\x00\xff", b"\x00\xff"), ("", b"")],
)
def test_text_is_utf_8_and_bytes_are_bytes(
    tmp_path: Path, content: str | bytes, written: bytes
) -> None:
    write(tmp_path / "a", content)
    write(str(tmp_path / "b"), content)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == written


def test_the_older_file_is_whole_until_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    write(path, "old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["model.json"]


def test_the_temporary_file_has_the_same_ending(tmp_path: Path) -> None:
    """Programs that write a file tell its format from there."""
    with replacing(tmp_path / "figure.svg") as temporary:
        assert temporary.suffix == ".svg"
        assert temporary.parent == tmp_path


@pytest.mark.parametrize("error", [Crash(), KeyboardInterrupt(), OSError("disk full")])
def test_what_happens_in_the_block_leaves_the_older_file_alone(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "notes.txt"
    write(path, "old")

    def interrupted() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["notes.txt"]


@pytest.mark.parametrize("function", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [Crash(), KeyboardInterrupt(), OSError("disk full")])
def test_so_does_a_crash_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: BaseException
) -> None:
    path = tmp_path / "notes.txt"
    write(path, "old")

    def crash(*arguments: Any, **options: Any) -> None:
        assert path.read_text() == "old"
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, crash)
        with pytest.raises(type(error)):
            write(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["notes.txt"]
    write(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize(("mask", "wanted"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_a_new_file_has_the_permissions_of_any_new_file(
    tmp_path: Path, mask: int, wanted: int
) -> None:
    before = os.umask(mask)
    try:
        write(tmp_path / "new", "")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == wanted


@pytest.mark.parametrize("wanted", [0o600, 0o664, 0o755])
def test_an_older_file_keeps_its_permissions(tmp_path: Path, wanted: int) -> None:
    """What was private is not made public by saving it once more, not even for a moment."""
    path = tmp_path / "notes.txt"
    path.touch()
    path.chmod(wanted)
    with replacing(path) as temporary:
        assert mode(temporary) == wanted
        temporary.write_text("new")
    assert (path.read_text(), mode(path)) == ("new", wanted)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    write(path, "old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match=r"notes\.txt' is read-only; give another name"):
        write(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link(tmp_path: Path, exists: bool) -> None:
    """The file it leads to is written, in its own folder; it need not be there yet."""
    folder, link = tmp_path / "folder", tmp_path / "link.txt"
    folder.mkdir()
    if exists:
        (folder / "file.txt").write_text("old")
    link.symlink_to(Path("folder", "file.txt"))
    with replacing(link) as temporary:
        assert temporary.parent == folder
        temporary.write_text("new")
    assert link.is_symlink()
    assert (folder / "file.txt").read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["folder", "link.txt"]


def test_a_link_into_nowhere_names_the_folder_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "missing" / "file.txt")
    with pytest.raises(FileNotFoundError, match=r"no folder '.*missing' for 'file\.txt'"):
        write(tmp_path / "link.txt", "new")


def pipe(path: Path) -> str:
    os.mkfifo(path)
    return "a pipe"


def listener(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    return "a socket"


def device(path: Path) -> str:
    path.symlink_to("/dev/null")
    return "a device"


@pytest.mark.skipif(os.name == "nt", reason="there are no such things")
@pytest.mark.parametrize("make", [pipe, listener, device])
@pytest.mark.parametrize("through_link", [False, True])
def test_what_is_no_file_is_refused_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str], through_link: bool
) -> None:
    """Nobody wants a file in place of /dev/null, nor to wait until somebody reads a pipe."""
    monkeypatch.chdir(tmp_path)  # the names of sockets must be short
    kind = make(Path("thing"))
    before = os.stat("thing")
    Path("link").symlink_to("thing")
    name = "link" if through_link else "thing"
    with pytest.raises(OSError, match=f"'{name}' is {kind}, not a file; give the name of a file"):
        write(name, "new")
    assert os.path.samestat(before, os.stat("thing"))
    assert stat.S_IFMT(os.stat("thing").st_mode) == stat.S_IFMT(before.st_mode)
    assert sorted(os.listdir()) == ["link", "thing"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev and /proc")
@pytest.mark.parametrize("name", ["/dev/null", "/dev/full", "/dev/stdout"])
def test_devices_by_their_usual_names_are_refused(name: str) -> None:
    before = os.lstat(name)
    program = f"from autograd.files import write\nwrite({name!r}, 'new')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(f"OSError: '{name}' is (a device|a pipe), not a file", done.stderr)
    assert os.path.samestat(before, os.lstat(name))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match=r"b'|a'"):
        write(tmp_path / "a", "new")
    assert (tmp_path / "a").is_symlink()


# ---- what a killed process leaves

KILLED = """
import os, signal, sys
from autograd.files import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_what_a_killed_save_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "model[1].json"
    write(path, "old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    (left,) = set(os.listdir(tmp_path)) - {path.name}
    assert left.startswith(".model[1].")
    assert left.endswith(".unfinished.json")
    write(tmp_path / "other.json", "another file is not concerned")
    assert left in os.listdir(tmp_path)
    write(path, "new")
    assert sorted(os.listdir(tmp_path)) == ["model[1].json", "other.json"]
    assert path.read_text() == "new"


def test_what_another_save_is_about_to_write_is_left_alone(tmp_path: Path) -> None:
    """Of this process, and of another one."""
    path = tmp_path / "model.json"
    program = """
import sys
from autograd.files import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("theirs")
    print("begun", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        with replacing(path) as temporary:
            temporary.write_text("ours")
            write(path, "in between")
        assert path.read_text() == "ours"
        other.communicate("\n")
    assert other.returncode == 0
    assert path.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["model.json"]


@pytest.mark.parametrize(
    "name",
    [
        ".model.json", ".model.backup.unfinished.json", ".model.unfinished.json",
        ".model.0123456789abcdef.json", ".model.0123456789abcdef.unfinished.txt",
        ".models.0123456789abcdef.unfinished.json", "model.0123456789abcdef.unfinished.json",
    ],
)  # fmt: skip
def test_no_other_hidden_file_is_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    (tmp_path / ".model.0123456789abcdef.unfinished.json").mkdir()
    write(tmp_path / "model.json", "new")
    assert (tmp_path / name).read_text() == "mine"
    assert len(os.listdir(tmp_path)) == 3


SAVING = """
import sys
from itertools import count
from autograd.files import write
print("begun", flush=True)
for i in count():
    write(sys.argv[1], str(i % 10) * 200_000)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_kills_at_random_moments_of_a_save(tmp_path: Path) -> None:
    """The file is one of those that were written, and nothing stays beside it but what is left."""
    path, rng, left = tmp_path / "model.json", random.Random(0), 0
    write(path, "0" * 200_000)
    for _ in range(40):
        with subprocess.Popen(
            [sys.executable, "-c", SAVING, str(path)], stdout=subprocess.PIPE
        ) as saving:
            assert saving.stdout is not None
            saving.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.03))
            saving.kill()
        content = path.read_text()
        assert len(content) == 200_000
        assert len(set(content)) == 1
        names = os.listdir(tmp_path)
        left += len(names) - 1
        assert len(names) <= 2, names  # the next save has removed what was left before
    write(path, "whole")
    assert os.listdir(tmp_path) == ["model.json"]
    assert left > 4  # or nothing has been tested


@pytest.mark.parametrize("name", ["語" * 80 + ".json", "x" * 250, ".hidden", "no ending", "a.b.c"])
def test_any_name_that_a_file_can_have(tmp_path: Path, name: str) -> None:
    """The temporary one is not longer than the system allows."""
    write(tmp_path / name, "whole")
    assert os.listdir(tmp_path) == [name]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder '.*missing' for 'notes\.txt'"):
        write(tmp_path / "missing" / "notes.txt", "")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(IsADirectoryError, match="notes' is a folder; give the name of a file"):
        write(tmp_path / "notes", "")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder where nobody can write")
def test_errors_name_the_file_that_is_asked_for() -> None:
    with pytest.raises(OSError, match=r": '/proc/notes\.txt'$"):
        write("/proc/notes.txt", "")
