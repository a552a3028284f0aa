"""Machine code that Numba keeps: whatever happens to its files, the numbers are right."""

from __future__ import annotations

import errno
import gc
import os
import pickle
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograd.compile import cache as kept
from autograd.compile.cache import MOST_KEPT
from autograd.compile.numba_code import machine_code

pytest.importorskip("numba")
pytestmark = pytest.mark.slow  # Numba compiles for a second each time

SOURCE = """\
from numba import njit

compiled = njit(cache=IS_KEPT)


@compiled
def twice(x):
    return 2.0 * x


@compiled
def step(x):
    return twice(x) + 1.0
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where machine code is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "deltarule"


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        assert run() == 7.0
    return home / "deltarule"


@pytest.fixture
def kept_folder(folder: Path, compiled_once: Path) -> Path:
    """Where machine code of the program is kept from a run before."""
    shutil.copytree(compiled_once, folder)  # with times: Numba asks whether a source is newer
    return folder


def run(x: float = 3.0) -> Any:
    """What the program gives, when it is loaded or compiled anew."""
    gc.collect()  # of a program that is in use, no file is read
    return machine_code(SOURCE, "step")(x)


def files(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.rglob(f"*{kind}"))


def hits(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether Numba found what it looked for in its files, each time from now on."""
    from numba.core.caching import FunctionCache

    found: list[bool] = []
    load = FunctionCache.load_overload

    def watched(self: Any, *arguments: Any) -> Any:
        code = load(self, *arguments)
        found.append(code is not None)
        return code

    monkeypatch.setattr(FunctionCache, "load_overload", watched)
    return found


def test_it_is_read_again(kept_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = hits(monkeypatch)
    assert run() == 7.0
    assert found == [True]


def test_a_program_that_is_in_use_is_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first = machine_code(SOURCE, "step")
    assert first(3.0) == 7.0
    assert machine_code(SOURCE, "step") is first


def flipped(data: bytes) -> bytes:
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "one byte missing": lambda data: data[:-1],
    "appended": lambda data: data + b"x",
    "a bit": flipped,
    "garbage": lambda data: random.Random(0).randbytes(len(data)),
    "another pickle": lambda data: pickle.dumps({"a": [1, 2]}),
    "another version": lambda data: pickle.dumps("0.1.2") + b"rest",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_thrown_away_and_made_anew(
    kept_folder: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """Nothing of it is loaded, and the run after it finds a whole one."""
    for file in files(kept_folder, ".nbc"):
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    found = hits(monkeypatch)
    assert run() == 7.0
    assert not any(found)
    found.clear()
    assert run() == 7.0
    assert found == [True]


@pytest.mark.parametrize("kind", [".nbi", ".nbc", ".py", ".json", "__pycache__"])
@pytest.mark.parametrize("instead", ["nothing", "folder", "file"])
def test_something_else_in_place_of_a_file(kept_folder: Path, kind: str, instead: str) -> None:
    for file in files(kept_folder, kind):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
        if instead == "folder":
            file.mkdir()
            (file / "inside").write_text("x", encoding="utf-8")
        elif instead == "file":
            file.write_text("x", encoding="utf-8")
    assert run() == 7.0
    assert run() == 7.0
    assert all(file.is_file() for file in files(kept_folder, kind) if kind != "__pycache__")


def test_files_that_are_exchanged(kept_folder: Path) -> None:
    """Whole files of Numba, of another program: its code would give other numbers."""
    other = SOURCE.replace("2.0 * x", "5.0 * x")
    assert machine_code(other, "step")(3.0) == 16.0
    (mine,) = [file.stem for file in files(kept_folder, ".py") if "2.0 * x" in file.read_text()]
    codes = files(kept_folder, ".nbc")
    theirs = {
        file.name.partition(".")[2]: file.read_bytes()
        for file in codes
        if not file.name.startswith(mine)
    }
    assert theirs
    for file in codes:
        file.write_bytes(theirs[file.name.partition(".")[2]])
    assert run() == 7.0


def test_another_version_of_numba_has_files_of_its_own(
    kept_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numba

    monkeypatch.setattr(numba, "__version__", "9.9.9")
    assert run() == 7.0
    assert len(files(kept_folder, ".py")) == 2


@pytest.mark.parametrize(
    ("number", "name"),
    [(errno.EDQUOT, "nbc"), *[(errno.ENOSPC, name) for name in ("nbi", "nbc", "json", "py")]],
)
def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, name: str) -> None:
    """Whichever file finds no room: the program runs, and is kept when there is room again."""
    import numba.core.caching as caching

    is_full = True

    def refuse(write: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(*arguments: Any) -> Any:
            path = next(str(x) for x in arguments if isinstance(x, str | Path))
            if is_full and path.endswith(name):
                raise OSError(number, os.strerror(number), path)
            return write(*arguments)

        return refusing

    file = caching.IndexDataCacheFile
    monkeypatch.setattr(file, "_open_for_write", refuse(file._open_for_write))
    monkeypatch.setattr(kept, "write", refuse(kept.write))
    assert run() == 7.0
    assert run() == 7.0
    is_full = False
    assert run() == 7.0
    found = hits(monkeypatch)
    assert run() == 7.0
    assert found == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
def test_files_may_not_grow(folder: Path) -> None:
    """A limit by the system, as a quota is: no file may have more than 1 000 bytes."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        assert run() == 7.0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert run() == 7.0


def test_an_error_of_the_program_is_the_users() -> None:
    code = machine_code(SOURCE, "step")
    for _ in range(2):
        with pytest.raises(Exception, match=r"(?i)no implementation|invalid use"):
            code("text")
    assert code(3.0) == 7.0


def test_code_that_was_damaged_since_is_not_recorded_as_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For other numbers it is compiled once more, and recorded again."""
    code = machine_code(SOURCE, "step")
    assert code(3.0) == 7.0
    for file in files(folder, ".nbc"):
        file.write_bytes(flipped(file.read_bytes()))
    assert code(3) == 7.0  # an integer
    del code
    found = hits(monkeypatch)
    assert run() == 7.0
    assert not any(found)


def test_nothing_is_left_of_a_program_that_is_not_used_any_more() -> None:
    import linecache

    before = set(sys.modules), set(linecache.cache)
    for number in range(3):
        machine_code(SOURCE.replace("1.0", f"{number}.0"), "step")(3.0)
    gc.collect()
    assert not [name for name in set(sys.modules) - before[0] if name.startswith("step_")]
    assert not [name for name in set(linecache.cache) - before[1] if "step_" in name]


def test_so_many_programs_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was not used for longest goes, with its code."""
    assert MOST_KEPT >= 100
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    for number in range(3):
        machine_code(SOURCE.replace("1.0", f"{number}.0"), "step")(3.0)
        for file in files(folder, ".py"):
            os.utime(file, (file.stat().st_atime - 10.0, file.stat().st_mtime))
    names = [file.read_text(encoding="utf-8") for file in files(folder, ".py")]
    assert sorted("+ 0.0" in text for text in names) == [False, False]
    stems = {file.stem for file in files(folder, ".py")}
    assert {file.name.partition(".")[0] for file in files(folder, ".nbc")} == stems
