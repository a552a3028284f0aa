"""Machine code by Numba, kept between runs in the user's cache folder.

Numba believes its files whatever is in them: pickles, and code that is run. So only what has been
recorded here, byte by byte, is left for it to read. What is damaged, cut short, exchanged or not
recorded is thrown away with all that belongs to the same program, and made anew; where nothing can
be kept, as on a full disk, a program is compiled for this process alone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from weakref import WeakValueDictionary, finalize

from autograd.files import write

from .execution import Function, execute

KEPT: Final = 60 * 24 * 3600  # seconds after its last use
MOST_KEPT: Final = 256  # programs; the one that has not been used for longest goes first

_in_use: Final[WeakValueDictionary[Path, MachineCode]] = WeakValueDictionary()


def machine_code(source: str, name: str) -> Function:
    """Return the function of a program, which Numba compiles at its first call.

    The source says ``cache=IS_KEPT`` to Numba.
    """
    versions = [f"{x} {import_module(x).__version__}" for x in ("numba", "llvmlite", "numpy")]
    source = f"# {sys.implementation.cache_tag}, {', '.join(versions)}\n{source}"
    file = _file_of(source)
    if file is None:
        return MachineCode(source, name)
    code = _in_use.get(file) or MachineCode(source, name, file)
    _in_use[file] = code
    return code


class MachineCode:
    """A program, with machine code that is kept beside a file that has its source, if there is one.

    It is forgotten with this object.
    """

    def __init__(self, source: str, name: str, file: Path | None = None) -> None:
        self._source, self._name = source, name
        self._compiled = 0  # for so many kinds of arguments
        self._is_kept = file is not None
        if file is None:
            self._function = self._made({"IS_KEPT": False})
            return
        self._file, self._folder = file, file.parent / "__pycache__"
        # Numba wants to import a module of that name when it loads the code again.
        sys.modules[file.stem] = module = ModuleType(file.stem)
        finalize(self, _forget, module).atexit = False
        try:
            self._function = self._made({"IS_KEPT": True, "__name__": file.stem}, str(file))
            # Unless Numba was told to leave everything to Python.
            self._is_kept = hasattr(self._function, "stats")
            if self._is_kept:
                self._folder = Path(self._function.stats.cache_path)
                self._digests = self._recorded()
                if self._digests != self._found():
                    self._digests = {}
                    _discard(file, self._folder)
        except (OSError, RuntimeError):  # of Numba, where it may not write
            self._do_without()

    def _made(self, space: dict[str, Any], file: str = "") -> Any:
        # Functions of Numba hold their names, and one another, unseen by Python's collector.
        finalize(self, space.clear).atexit = False
        return execute(self._source, self._name, space, file)

    def __call__(self, *arguments: Any) -> Any:
        try:
            result = self._function(*arguments)
        except Exception:  # of the files, or of the program, which then comes again
            if not self._is_kept:
                raise
            self._do_without()
            return self._function(*arguments)
        if self._is_kept and len(self._function.signatures) > self._compiled:
            self._compiled = len(self._function.signatures)
            self._record()
        return result

    def _do_without(self) -> None:
        """Compile the program for this process, and let the next one try again."""
        self._is_kept = False
        self._function = self._made({"IS_KEPT": False})
        with suppress(OSError):
            _discard(self._file, self._folder)

    def _recorded(self) -> dict[str, str]:
        with suppress(OSError, ValueError, RecursionError):
            return json.loads(_record_of(self._file).read_bytes())  # type: ignore[no-any-return]
        return {}

    def _found(self) -> dict[str, str]:
        files = _files_of_numba(self._file, self._folder)
        return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}

    def _record(self) -> None:
        with suppress(OSError):
            # Code that was there before may have been damaged since.
            old = {name: x for name, x in self._digests.items() if name.endswith(".nbc")}
            self._digests = self._found() | old
            write(_record_of(self._file), json.dumps(self._digests))


def _forget(module: ModuleType) -> None:
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]


def _file_of(source: str) -> Path | None:
    """Return a file with this content in a folder that only the user can write; None without."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME", ""))
        folder = (home if home.is_absolute() else Path.home() / ".cache") / "deltarule"
        file = folder / f"step_{sha256(source.encode()).hexdigest()}.py"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            status = folder.stat()
            if status.st_uid != os.getuid() or status.st_mode & 0o022:
                return None
        code = folder / "__pycache__"
        if not code.is_dir():
            _remove(code)
            code.mkdir(mode=0o700, exist_ok=True)
        if not file.is_file() or file.read_bytes() != source.encode():
            _discard(file, code)
            _remove(file)
            write(file, source)
            _tidy(folder)
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))
    except (OSError, RuntimeError):  # no home, or none to write to
        return None
    return file


def _record_of(file: Path) -> Path:
    return file.with_suffix(".json")


def _files_of_numba(file: Path, folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{file.stem}.*"))


def _tidy(folder: Path) -> None:
    """Remove programs that have not been used for long, and those beyond the number kept."""
    last_use = {file: file.stat().st_atime for file in folder.glob("step_*.py")}
    for i, file in enumerate(sorted(last_use, key=last_use.__getitem__, reverse=True)):
        if i >= MOST_KEPT or time.time() - last_use[file] > KEPT:
            _discard(file, folder / "__pycache__")
            _remove(file)


def _discard(file: Path, folder: Path) -> None:
    """Remove the machine code of a program."""
    for old in (*_files_of_numba(file, folder), _record_of(file)):
        _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
