"""Machine code by Numba, kept between runs in the user's cache folder.

Numba believes its files whatever is in them: pickles, and code that is run. So only what has been
recorded, byte by byte, is left for it to read.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from weakref import WeakValueDictionary, finalize

from .cache import code_folder, discard, file_of, found, record, recorded
from .execution import announced, execute

_in_use: Final[WeakValueDictionary[Path, MachineCode]] = WeakValueDictionary()


def machine_code(source: str, name: str) -> MachineCode:
    """Return the function of a program, which Numba compiles at its first call.

    The source says ``cache=IS_KEPT`` to Numba.
    """
    versions = [f"{x} {import_module(x).__version__}" for x in ("numba", "llvmlite", "numpy")]
    source = f"# {sys.implementation.cache_tag}, {', '.join(versions)}\n{source}"
    file = file_of(source, ".py")
    if file is None:
        return MachineCode(source, name)
    code = _in_use.get(file) or MachineCode(source, name, file)
    _in_use[file] = code
    return code


class NumbaProgram:
    """A program of loops as machine code, compiled at its first call.

    Numba compiles anew for numbers that may be written to, so here they never may.
    """

    def __init__(self, source: str, name: str) -> None:
        self.code = machine_code(source, name)

    def __call__(self, theta: Any, *more: Any) -> Any:
        return self.code(frozen(theta), *more)


def frozen(array: Any) -> Any:
    """Return an array, or a view of it, that cannot be written to."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


class MachineCode:
    """A program, with machine code that is kept beside a file that has its source, if there is one.

    It is forgotten with this object.
    """

    def __init__(self, source: str, name: str, file: Path | None = None) -> None:
        self._source, self._name = source, name
        self._compiled = 0  # for so many kinds of arguments
        self._is_kept = file is not None
        if file is None:
            self.function = self._made({"IS_KEPT": False})
            return
        self._file, self._folder = file, code_folder(file)
        # Numba wants to import a module of that name when it loads the code again.
        sys.modules[file.stem] = module = ModuleType(file.stem)
        finalize(self, _forget, module).atexit = False
        try:
            self.function = self._made({"IS_KEPT": True, "__name__": file.stem}, str(file))
            # Unless Numba was told to leave everything to Python.
            self._is_kept = hasattr(self.function, "stats")
            if self._is_kept:
                self._folder = Path(self.function.stats.cache_path)
                self._digests = recorded(file)
                if self._digests != found(file, self._folder):
                    self._digests = {}
                    discard(file, self._folder)
        except (OSError, RuntimeError):  # of Numba, where it may not write
            self._do_without()

    def _made(self, space: dict[str, Any], file: str = "") -> Any:
        # Functions of Numba hold their names, and one another, unseen by Python's collector.
        finalize(self, space.clear).atexit = False
        return execute(self._source, self._name, space, file)

    def __call__(self, *arguments: Any) -> Any:
        if not self._compiled:
            with announced("Numba compiles a program, which it keeps for the next time"):
                return self._called(arguments)
        return self._called(arguments)

    def _called(self, arguments: tuple[Any, ...]) -> Any:
        try:
            result = self.function(*arguments)
        except Exception:  # of the files, or of the program, which then comes again
            if not self._is_kept:
                raise
            self._do_without()
            return self.function(*arguments)
        if self._is_kept and len(self.function.signatures) > self._compiled:
            self._compiled = len(self.function.signatures)
            self._record()
        return result

    def _do_without(self) -> None:
        """Compile the program for this process, and let the next one try again."""
        self._is_kept = False
        self.function = self._made({"IS_KEPT": False})
        with suppress(OSError):
            discard(self._file, self._folder)

    def _record(self) -> None:
        with suppress(OSError):
            # Code that was there before may have been damaged since.
            old = {name: x for name, x in self._digests.items() if name.endswith(".nbc")}
            self._digests = found(self._file, self._folder) | old
            record(self._file, self._digests)


def _forget(module: ModuleType) -> None:
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]
