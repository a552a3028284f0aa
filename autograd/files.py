"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from .quoting import short

# None on Windows, where nobody can remove, nor rename, a file that is open
fcntl: Final[Any] = import_module("fcntl") if find_spec("fcntl") else None
SETTLED: Final = 60.0  # seconds after the last change of a file that has not been renamed


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`, which takes its place when the block has ended.

    Whoever reads `path` meanwhile, and whatever happens in the block, finds the old file whole. A
    new file has the permissions of any file that the user makes, an older one keeps those it has.
    Through a link the file it leads to is written.

    If the process is killed, the temporary file stays: ``.model.<digits>.unfinished.json`` beside
    model.json. The next one that writes the same file removes it.

    Raises
    ------
    OSError
        If the file cannot be written; the old one is as it was. `destination` tells before.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/notes.txt") as path:
    ...         _ = path.write_text("whole")
    ...     Path(folder, "notes.txt").read_text()
    'whole'
    """
    path = destination(path)
    _tidy(path)
    temporary = path.with_name("".join(_parts(path, secrets.token_hex(8))))
    with ExitStack() as held:
        try:
            file = _opened(temporary)
            held.callback(os.close, file)
            if path.exists():
                shutil.copymode(path, temporary)
            yield temporary
            os.fsync(file)
            if fcntl is None:
                held.close()
            os.replace(temporary, path)
        except BaseException as error:
            held.close()
            temporary.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno is not None:
                if error.filename in (None, os.fspath(temporary)):  # name what the user knows
                    raise OSError(error.errno, error.strerror, str(path)) from None
            raise


def write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole or not at all; text as UTF-8 with the line ends it has.

    Errors are those of `replacing`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/notes.txt", "δ = y - t")
    ...     Path(folder, "notes.txt").read_text(encoding="utf-8")
    'δ = y - t'
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def destination(path: str | os.PathLike[str]) -> Path:
    """Return the file that is written under a name: that, or where its link leads to.

    Raises
    ------
    FileNotFoundError
        If there is no folder for the file.
    IsADirectoryError
        If it is a folder.
    PermissionError
        If the file is read-only, or nothing can be written in its folder.
    OSError
        If it is no file but a device, such as /dev/stdout, a pipe or a socket; or a link that
        leads to itself.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     destination(f"{folder}/model.json").name
    'model.json'
    """
    given = Path(path)
    try:
        mode = given.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = None
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{short(given)} is a folder; give the name of a file")
    if mode is not None and not stat.S_ISREG(mode):
        raise OSError(f"{short(given)} is {_kind(mode)}, not a file; give the name of a file")
    path = Path(os.path.realpath(given) if given.is_symlink() else given)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {short(path.parent)} for {short(path.name)}")
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(
            f"{short(path)} is read-only; give another name or change its permissions"
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return path


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _parts(path: Path, digits: str) -> tuple[str, str, str]:
    """Return the name of a temporary file. It ends like the file: programs see the format there."""
    return f".{path.stem[:20]}.", digits, f".unfinished{path.suffix[:20]}"


def _opened(temporary: Path) -> int:
    """Return a new file that is locked until it is closed, so that others know it is in use."""
    while True:
        file = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        if fcntl is not None:
            with suppress(OSError):  # of file systems without locks
                fcntl.flock(file, fcntl.LOCK_EX)
        if temporary.exists():  # before it was locked it could be taken for what is left
            return file
        os.close(file)


def _tidy(path: Path) -> None:
    """Remove what killed processes have left of a file; what is in use stays."""
    begin, digits, end = _parts(path, "[0-9a-f]{16}")
    name = re.compile(re.escape(begin) + digits + re.escape(end))
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_left(entry.path)


def _remove_if_left(temporary: str) -> None:
    """Remove a temporary file, or raise OSError if somebody has it open."""
    if fcntl is None:
        if time.time() - os.stat(temporary).st_mtime > SETTLED:  # it may be about to be renamed
            os.remove(temporary)
        return
    file = os.open(temporary, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.remove(temporary)
    finally:
        os.close(file)
