"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import threading
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    """As are devices: nobody wants a file in place of /dev/null."""
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write(pipe, "through")
    reader.join(timeout=10)
    assert read == [b"through"]
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


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
