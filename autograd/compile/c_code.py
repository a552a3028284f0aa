"""Machine code by the C compiler of the machine, kept between runs in the user's cache folder."""

from __future__ import annotations

import _ctypes
import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from weakref import finalize

from autograd.files import write

from .c_loops import CLoops
from .cache import code_folder, digest, discard, file_of, record, recorded
from .execution import Function, announced
from .loop_program import LoopProgram

COMPILERS: Final = ("cc", "gcc", "clang")
# Sums over samples, and nothing else, are added up in another order; inf and nan stay right.
OPTIONS: Final = (
    *("-shared", "-fPIC", "-w"),
    *("-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"),
)
# Nearly as fast as -O3, in half of its time. The latter makes one operation of product and sum.
LEVEL: Final = ("-O1", "-fexpensive-optimizations")
LARGE: Final = 250_000  # characters, of programs that are compiled in a third of that time:
QUICK: Final = ("-Og",)
MOST_VECTORISED: Final = 120  # loops, each of which takes the compiler up to 0.01 s
FEW: Final = 8  # samples, from which on vectors are quicker
MISSING: Final = (
    'engine "c" needs a C compiler, and there is no {}: install one ("apt install gcc libc6-dev" '
    'on Debian and Ubuntu, "xcode-select --install" on a Mac), name yours in the environment '
    'variable CC, or use engine="numpy"'
)


def compiler() -> tuple[str, ...]:
    """Return the command that compiles C: that of the environment variable CC, or one found.

    Raises
    ------
    ImportError
        If there is none.
    """
    given = os.environ.get("CC", "")
    try:
        wanted = shlex.split(given)
    except ValueError:  # a quotation without an end
        wanted = [given]
    for name in wanted[:1] or COMPILERS:
        path = shutil.which(name)
        if path is not None:
            return (path, *wanted[1:])
    raise ImportError(MISSING.format(wanted[0] if wanted else " or ".join(COMPILERS)))


@lru_cache
def _target(command: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the options for this processor, and what tells it and the compiler from others."""
    for options in (("-march=native",), ("-mcpu=native",), ()):
        defined = _run([*command, *options, "-dM", "-E", "-x", "c", os.devnull])
        if not defined.returncode:
            break
    return options, digest(defined.stdout)


def _run(command: Sequence[str], source: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=source.encode(), capture_output=True, check=False)


class CProgram:
    """A program of loops as machine code, called with arrays as those of NumPy are.

    It is compiled when it is called, for few samples apart: vectors would make that slower.
    """

    def __init__(self, program: LoopProgram, dtype: str) -> None:
        printed = CLoops(program)
        self._source = printed.source()
        self._fewest = FEW if printed.vectorised <= MOST_VECTORISED else None  # for vectors
        self._np = import_module("numpy")
        self._dtype = self._np.dtype(dtype)
        self._losses, self._count = len(program.losses), program.sizes["p"]
        self._outputs = program.outputs
        self.rows, self.singles = printed.rows, program.singles
        self._scratch: list[Any] = []  # an array that no call uses now
        self._theta: tuple[Any, int] = (None, 0)  # the last parameters, and their address
        self._loaded: dict[bool, Function] = {}

    def machine_code(self, samples: int) -> Function:
        """Return the function for so many samples, which takes addresses."""
        is_vectorised = self._fewest is not None and samples >= self._fewest
        found = self._loaded.get(is_vectorised)
        if found is None and not is_vectorised:
            found = self._loaded.get(True)  # it is the same, but for its speed
        if found is None:
            found = self._loaded[is_vectorised] = self._load(is_vectorised)
        return found

    def _load(self, is_vectorised: bool) -> Function:
        number = ctypes.c_float if self._dtype.itemsize < 8 else ctypes.c_double
        scalars = [ctypes.c_void_p, number, number] if self._losses else []
        pointers = [ctypes.c_void_p] * 3
        arguments = [*pointers[:2], *scalars, ctypes.c_long, *pointers]
        return loaded(self._source, "program", arguments, is_vectorised)

    def __call__(self, theta: Any, X: Any, *more: Any) -> Any:
        np, n = self._np, len(X)
        run = self.machine_code(n)
        X, theta = np.ascontiguousarray(X), np.ascontiguousarray(theta)
        known, place = self._theta
        if known is not theta:
            place = address(theta)
            self._theta = theta, place
        try:
            scratch, v = self._scratch.pop()
        except IndexError:
            scratch, v = (), 0
        if len(scratch) < self.rows * n + self.singles:
            scratch = np.empty(self.rows * n + self.singles, self._dtype)
            v = address(scratch)
        V = v + self.singles * self._dtype.itemsize
        count, outputs = self._losses, self._outputs
        if more:
            T, s, r = more
            T = np.ascontiguousarray(T)
            result = np.empty(count + self._count, self._dtype)  # losses and gradient
            gradient = address(result) + count * self._dtype.itemsize
            run(place, address(X), address(T), s, r, n, V, v, gradient)
        else:
            result = np.empty((n, outputs), self._dtype)
            run(place, address(X), n, V, v, address(result))
        self._scratch = [(scratch, v)]
        return (*result[:count].tolist(), result[count:]) if more else result


def address(array: Any) -> int:
    """Return where the numbers of an array begin."""
    if array.size and array.flags.writeable:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # quicker
    return array.ctypes.data  # type: ignore[no-any-return]


def loaded(source: str, name: str, arguments: Sequence[Any], is_vectorised: bool) -> Function:
    """Return a function without a result of a program, given the types of its arguments."""
    library = _library(source, is_vectorised)
    function = getattr(library, name)
    function.argtypes, function.restype = arguments, None
    if hasattr(_ctypes, "dlclose"):  # not on Windows
        finalize(function, _ctypes.dlclose, library._handle).atexit = False
    return function  # type: ignore[no-any-return]


def _library(source: str, is_vectorised: bool) -> ctypes.CDLL:
    """Return a compiled program, from the cache if it is there."""
    command = compiler()
    options, target = _target(command)
    level = LEVEL if len(source) < LARGE else QUICK
    options = (*OPTIONS, *level, *options, *["-fopenmp-simd"] * is_vectorised)
    named = f"// {' '.join([*command, *options])}, {sys.platform}, {target}\n{source}"
    file = file_of(named, ".c")
    # A copy is loaded: who edits a file that is in use ends the process.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = Path(folder, "program.so")
        code = None if file is None else code_folder(file) / f"{file.stem}.so"
        data = None if file is None or code is None else _kept(file, code)
        if data is not None:
            place.write_bytes(data)
        else:
            data = _compiled(source, command, options, place)
            if file is not None and code is not None:
                with suppress(OSError):
                    discard(file, code.parent)
                    write(code, data)
                    record(file, {code.name: digest(data)})
        try:
            return ctypes.CDLL(str(place))
        except OSError as error:
            raise RuntimeError(
                f"what {command[0]} has made of the program cannot be loaded ({error}): files in "
                "the folder of TMPDIR must be allowed to run, and CC must name a compiler for this "
                'machine; or use engine="numpy"'
            ) from None


def _kept(file: Path, code: Path) -> bytes | None:
    """Return the machine code of a program if it is there as it was recorded."""
    try:
        data = code.read_bytes()
    except OSError:
        return None
    return data if recorded(file) == {code.name: digest(data)} else None


def _compiled(source: str, command: Sequence[str], options: Sequence[str], place: Path) -> bytes:
    """Compile a program, and return its machine code."""
    with announced(f"{command[0]} compiles a program, which is kept for the next time"):
        done = _run([*command, *options, "-x", "c", "-", "-o", str(place), "-lm"], source)
    if done.returncode or not place.is_file():
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(
            f"{command[0]} cannot compile the program "
            f"({' / '.join(lines[:3]) or 'it wrote no file'}); name another "
            'compiler in the environment variable CC, or use engine="numpy"'
        )
    return place.read_bytes()
