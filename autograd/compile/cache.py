"""Where machine code is kept between runs: a folder in the user's cache that only they write to.

A program has a file with its source, which is looked up by all that it depends on, and machine
code beside it. What is damaged, cut short, exchanged or not recorded is thrown away with all that
belongs to the same program, and made anew; where nothing can be kept, as on a full disk, a program
is compiled for this process alone.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from autograd.files import write

KEPT: Final = 60 * 24 * 3600  # seconds after its last use
MOST_KEPT: Final = 256  # programs; the one that has not been used for longest goes first
SOURCES: Final = (".py", ".c")


def file_of(source: str, suffix: str) -> Path | None:
    """Return a file with this content in a folder that only the user can write; None without."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME", ""))
        folder = (home if home.is_absolute() else Path.home() / ".cache") / "deltarule"
        file = folder / f"step_{sha256(source.encode()).hexdigest()}{suffix}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            status = folder.stat()
            if status.st_uid != os.getuid() or status.st_mode & 0o022:
                return None
        code = code_folder(file)
        if not code.is_dir():
            _remove(code)
            code.mkdir(mode=0o700, exist_ok=True)
        if not file.is_file() or file.read_bytes() != source.encode():
            discard(file, code)
            _remove(file)
            write(file, source)
            _tidy(folder)
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))
    except (OSError, RuntimeError):  # no home, or none to write to
        return None
    return file


def code_folder(file: Path) -> Path:
    """Return where the machine code of a program is, unless Numba says otherwise."""
    return file.parent / "__pycache__"


def recorded(file: Path) -> dict[str, str]:
    """Return the digests of the machine code of a program by the names of its files."""
    with suppress(OSError, ValueError, RecursionError):
        return json.loads(_record_of(file).read_bytes())  # type: ignore[no-any-return]
    return {}


def found(file: Path, folder: Path) -> dict[str, str]:
    """Return the digests of the machine code that is there."""
    return {code.name: digest(code.read_bytes()) for code in _code_of(file, folder)}


def record(file: Path, digests: dict[str, str]) -> None:
    """Write down which machine code belongs to a program."""
    write(_record_of(file), json.dumps(digests))


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def discard(file: Path, folder: Path) -> None:
    """Remove the machine code of a program."""
    for old in (*_code_of(file, folder), _record_of(file)):
        _remove(old)


def _record_of(file: Path) -> Path:
    return file.with_suffix(".json")


def _code_of(file: Path, folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{file.stem}.*"))


def _tidy(folder: Path) -> None:
    """Remove programs that have not been used for long, and those beyond the number kept."""
    files = [file for suffix in SOURCES for file in folder.glob(f"step_*{suffix}")]
    last_use = {file: file.stat().st_atime for file in files}
    for i, file in enumerate(sorted(last_use, key=last_use.__getitem__, reverse=True)):
        if i >= MOST_KEPT or time.time() - last_use[file] > KEPT:
            discard(file, code_folder(file))
            _remove(file)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
