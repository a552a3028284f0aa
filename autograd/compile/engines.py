"""What runs a generated program: NumPy, JAX, or loops compiled by Numba."""

from __future__ import annotations

import linecache
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final

from autograd.arrays import SPECIAL
from autograd.arrays import function as array_function
from autograd.extras import install
from autograd.files import write
from autograd.numbers import flatten

from .program import Program

Function = Callable[..., Any]

NOT_FINITE: Final = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}
IMPORT: Final = "import numpy as np\n"
PRELUDE: Final = {
    "put": '''def put(V, start, rows):
    """Write rows into the table V."""
    V[start : start + len(rows)] = rows
    return V
''',
    "sums": '''def sums(rows, starts):
    """Add up the rows of each segment."""
    return np.add.reduceat(rows, starts, axis=0)
''',
    "join": '''def join(*parts):
    """Put tables side by side, and return their numbers, row by row, as a column."""
    return np.concatenate(parts, axis=1).reshape(-1, 1)
''',
    "where": '''def where(condition, a, b):
    """Choose in single precision."""
    return np.where(condition, a, b).astype(np.float32)
''',
    "erf": """def erf(x, one=np.vectorize(math.erf, otypes=[float])):
    return one(x).astype(np.result_type(x))
""",
    "erfc": """def erfc(x, one=np.vectorize(math.erfc, otypes=[float])):
    return one(x).astype(np.result_type(x))
""",
}


def standalone(program: Program, dtype: str) -> str:
    """Return the source with all that it needs to run with NumPy alone."""
    functions = [text for name, text in PRELUDE.items() if name in program.uses]
    imports = "import math\n\nimport numpy as np\n" if "math" in program.uses else IMPORT
    constants = _constants(program, dtype)
    head = f"{imports}\n{constants}" if constants else imports
    return "\n\n".join([head, *functions, program.source])


def _constants(program: Program, dtype: str = "float64") -> str:
    lines = []
    for name, numbers in program.constants.items():
        is_index = isinstance(flatten(numbers)[0], int)
        as_type = "" if is_index or dtype == "float64" else f", np.{dtype}"
        lines.append(f"{name} = np.array({_listed(numbers)}{as_type})\n")
    return "".join(lines)


def _listed(x: Any) -> str:
    if isinstance(x, list):
        return f"[{', '.join(map(_listed, x))}]"
    return NOT_FINITE.get(repr(x), repr(x))


def numpy_function(program: Program, dtype: str) -> Function:
    """Return the program as a function of NumPy arrays."""
    function = _run(standalone(program, dtype), program.name)
    # inf and nan are answers here, as in the engine
    checked: Function = import_module("numpy").errstate(all="ignore")(function)
    return checked


def jax_function(program: Program, dtype: str) -> Function:
    """Return the program as a pure function of JAX arrays."""
    jax = _imported("jax", "jax")
    np = import_module("jax.numpy")

    def sums(rows: Any, starts: Any) -> Any:
        ends = [*starts.tolist()[1:], len(rows)]
        counts = [end - start for start, end in zip(starts.tolist(), ends)]
        segments = np.repeat(np.arange(len(counts)), np.array(counts), total_repeat_length=ends[-1])
        return jax.ops.segment_sum(rows, segments, num_segments=len(counts))

    space: dict[str, Any] = {
        "np": np,
        "put": lambda V, start, rows: V.at[start : start + len(rows)].set(rows),
        "sums": sums,
        "where": np.where,
        **{name: array_function(name, np) for name in SPECIAL},
    }
    numpy = import_module("numpy")
    for name, numbers in program.constants.items():
        array = numpy.array(numbers)
        space[name] = array.astype(dtype) if array.dtype.kind == "f" else array
    return _run(f"{PRELUDE['join']}\n\n{program.source}", program.name, space)


def numba_function(program: Program, dtype: str) -> Function:
    """Return the program, which is one of loops, as machine code; compiled at its first call.

    The code is kept in the user's cache folder, in a file that is named after its content, until
    it has not been used for two months.
    """
    _imported("numba", "jit")
    file = _cached(_numba_source(program, cache=True))
    if file is not None:
        spec = spec_from_file_location(file.stem, file)
        module = module_from_spec(spec)  # type: ignore[arg-type]
        sys.modules[file.stem] = module  # where Numba looks for it when it loads the code again
        with suppress(RuntimeError):  # of Numba, where it may not write beside the file
            spec.loader.exec_module(module)  # type: ignore[union-attr]
            function: Function = getattr(module, program.name)
            return function
    return _run(_numba_source(program, cache=False), program.name)


def _numba_source(program: Program, cache: bool) -> str:
    definitions = "\n\n\n".join([f"@compiled\n{function}" for function in program.functions])
    return f"""\
import math

import numpy as np
from numba import njit

compiled = njit(error_model="numpy", fastmath={{"reassoc", "contract"}}, cache={cache})
{_constants(program)}

{definitions}
"""


KEPT: Final = 60 * 24 * 3600  # seconds after its last use


def _cached(source: str) -> Path | None:
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
        if not file.is_file() or file.read_bytes() != source.encode():
            write(file, source)
            _tidy(folder)
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))
    except (OSError, RuntimeError):  # no home, or none to write to
        return None
    return file


def _tidy(folder: Path) -> None:
    """Remove programs that have not been used for long, and their machine code."""
    for file in folder.glob("step_*.py"):
        if time.time() - file.stat().st_atime > KEPT:
            for old in (*folder.glob(f"__pycache__/{file.stem}.*"), file):
                old.unlink(missing_ok=True)


def namespace(engine: str, dtype: str) -> Any:
    """Return the module whose arrays an engine takes."""
    if engine == "jax":
        jax = _imported("jax", "jax")
        if dtype == "float64" and not jax.config.jax_enable_x64:
            raise ValueError(
                "JAX computes in float32 here; call jax.config.update('jax_enable_x64', True) "
                'first, or compile with dtype="float32"'
            )
        return import_module("jax.numpy")
    try:
        return import_module("numpy")
    except ImportError:
        raise ImportError(f"compile() needs NumPy: {install('demo')}") from None


def _run(source: str, name: str, space: dict[str, Any] | None = None) -> Function:
    """Execute a program, and return its function; its lines are known to tracebacks."""
    space = {} if space is None else space
    file = f"<compiled {sha256(source.encode()).hexdigest()[:12]}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), space)
    return space[name]  # type: ignore[no-any-return]


def _imported(package: str, extra: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise ImportError(f'engine "{package}" needs a package: {install(extra)}') from None


ENGINES: Final[dict[str, Callable[[Program, str], Function]]] = {
    "numpy": numpy_function,
    "numba": numba_function,
    "jax": jax_function,
}
