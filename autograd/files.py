"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`, which takes its place when the block has ended.

    Whoever reads `path` meanwhile, and whatever happens in the block, finds the old file whole. A
    new file has the permissions of any file that the user makes, an older one keeps those it has.
    Through a link the file it leads to is written. A device or a pipe, such as /dev/stdout, is
    itself the path to write to.

    Raises
    ------
    FileNotFoundError
        If there is no folder for the file.
    IsADirectoryError
        If `path` is a folder.
    PermissionError
        If the file is read-only, or nothing can be written in its folder.
    OSError
        If the file cannot be written; the old one is as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/notes.txt") as path:
    ...         _ = path.write_text("whole")
    ...     Path(folder, "notes.txt").read_text()
    'whole'
    """
    path = Path(os.path.realpath(path) if os.path.islink(path) else path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} for {path.name!r}")
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder; give the name of a file")
    exists = path.exists()
    if exists and not path.is_file():
        yield path
        return
    if exists and not os.access(path, os.W_OK):
        raise PermissionError(
            f"{str(path)!r} is read-only; give another name or change its permissions"
        )
    temporary = path.with_name(f".{path.stem[:20]}.{secrets.token_hex(8)}{path.suffix[:20]}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:  # of the file that the user knows
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        if exists:
            shutil.copymode(path, temporary)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
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
