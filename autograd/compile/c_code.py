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
# Characters but for tables, of programs that are compiled in a third of that time:
LARGE: Final = 250_000
QUICK: Final = ("-Og",)
MOST_VECTORISED: Final = 200  # loops, each of which takes the compiler up to 0.01 s
LINE: Final = 64  # bytes of the cache, at whose beginnings vectors are quicker to read
FEW: Final = 8  # samples, from which on vectors are quicker
# Known to the compiler as a number, one sample leaves nothing of the loops over samples.
ONE: Final = ("-DONE", "-ftree-vectorize")
MANY: Final = ("-fopenmp-simd",)
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

    It is compiled when it is called, for one sample and for few apart, which is quicker for them.
    """

    def __init__(self, program: LoopProgram, dtype: str) -> None:
        printed = CLoops(program)
        self._source = printed.source()
        self._level = LEVEL if printed.length < LARGE else QUICK
        self._fewest = FEW if printed.vectorised <= MOST_VECTORISED else None  # for vectors
        self._np = import_module("numpy")
        self._dtype = self._np.dtype(dtype)
        self._losses, self._count = len(program.losses), program.sizes["p"]
        self._outputs = program.outputs
        self.rows, self.singles = printed.rows, program.singles
        self._scratch: list[Any] = []  # an array that no call uses now
        self._theta: tuple[Any, int] = (None, 0)  # the last parameters, and their address
        self._loaded: dict[tuple[str, ...], Function] = {}

    def machine_code(self, samples: int) -> Function:
        """Return the function for so many samples, which takes addresses."""
        is_many = self._fewest is not None and samples >= self._fewest
        options = ONE if samples == 1 else MANY if is_many else ()
        found = self._loaded.get(options)
        if found is None and not is_many:
            others = [one for given, one in self._loaded.items() if given != ONE]
            found = next(iter(others), None)  # it is the same, but for its speed
        if found is None:
            found = self._loaded[options] = self._load(options)
        return found

    def _load(self, options: tuple[str, ...]) -> Function:
        number = ctypes.c_float if self._dtype.itemsize < 8 else ctypes.c_double
        scalars = [ctypes.c_void_p, number, number] if self._losses else []
        pointers = [ctypes.c_void_p] * 3
        arguments = [*pointers[:2], *scalars, ctypes.c_long, *pointers]
        return loaded(self._source, "program", arguments, (*self._level, *options))

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
        size = self._dtype.itemsize
        if len(scratch) < self.rows * n + self.singles + LINE // size:
            scratch = np.empty(self.rows * n + self.singles + LINE // size, self._dtype)
            v = address(scratch)
        V = v + self.singles * size
        V += -V % LINE
        count, outputs = self._losses, self._outputs
        if more:
            T, s, r = more
            T = np.ascontiguousarray(T)
            result = np.empty(count + self._count, self._dtype)  # losses and gradient
            gradient = address(result) + count * size
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


def loaded(source: str, name: str, arguments: Sequence[Any], options: tuple[str, ...]) -> Function:
    """Return a function without a result of a program, given the types of its arguments."""
    library = _library(source, options)
    function = getattr(library, name)
    function.argtypes, function.restype = arguments, None
    if hasattr(_ctypes, "dlclose"):  # not on Windows
        finalize(function, _ctypes.dlclose, library._handle).atexit = False
    return function  # type: ignore[no-any-return]


def _library(source: str, more: tuple[str, ...]) -> ctypes.CDLL:
    """Return a compiled program, from the cache if it is there."""
    command = compiler()
    options, target = _target(command)
    options = (*OPTIONS, *options, *more)
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
