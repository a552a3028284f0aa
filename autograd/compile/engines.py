"""What runs a generated program: NumPy, JAX, or loops compiled by Numba or by a C compiler."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from autograd.arrays import SPECIAL
from autograd.arrays import function as array_function
from autograd.extras import install
from autograd.numbers import flatten

from .arrays import ArrayWriter, FlatWriter
from .automatic import Automatic
from .c_code import CProgram, compiler
from .c_loops import CLoops
from .execution import Function, execute
from .loop_printer import PythonLoops
from .loop_program import LoopProgram
from .loops import LoopWriter
from .numba_code import NumbaProgram
from .program import Program, Writer
from .tables import text_of

MOST_LOOPS: Final = 240  # more would take Numba minutes
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
    "largest": '''def largest(rows, starts):
    """Find the largest of each segment."""
    return np.maximum.reduceat(rows, starts, axis=0)
''',
    "smallest": '''def smallest(rows, starts):
    """Find the smallest of each segment."""
    return np.minimum.reduceat(rows, starts, axis=0)
''',
    "scatter": '''def scatter(index, rows, count):
    """Add up rows by an index below a count: a sum for each number of it, and each row."""
    at = index.astype(int).ravel() * len(rows) + np.arange(len(rows))[:, None]
    sums = np.bincount(at.ravel(), rows.ravel(), count * len(rows))
    return sums.reshape(count, -1).astype(rows.dtype)
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


ROWS: Final = '''def rows(first, *axes):
    """Return first + Σ step·k over axes (size, step), k below each size, the last one fastest."""
    numbers = np.array([first])
    for size, step in axes:
        numbers = np.add.outer(numbers, step * np.arange(size)).ravel()
    return numbers'''


def standalone(program: Program, dtype: str) -> str:
    """Return the source with all that it needs to run with NumPy alone."""
    functions = [text for name, text in PRELUDE.items() if name in program.uses]
    imports = "import math\n\nimport numpy as np\n" if "math" in program.uses else IMPORT
    constants = _constants(program.constants, dtype, text_of)
    rule = [f"\n{ROWS}\n"] if "= rows(" in constants else []
    head = "\n".join([imports, *rule, constants]) if constants else imports
    return "\n\n".join([head, *functions, program.source])


def standalone_loops(program: LoopProgram, dtype: str) -> str:
    """Return the loops, in Python, with all that they need to run with NumPy alone."""
    constants = _constants(program.constants, dtype)
    return f"import math\n\n{IMPORT}\n{constants}\n\n{PythonLoops(program).source()}"


def _constants(
    constants: dict[str, list[Any]], dtype: str, table: Callable[[list[int]], str] | None = None
) -> str:
    """Return the definitions of constants; those of indices as a table writes them."""
    lines = []
    for name, numbers in constants.items():
        flat = flatten(numbers)
        is_index = isinstance(flat[0], int)
        if is_index and table is not None:
            shape = f".reshape({len(numbers)}, -1)" if isinstance(numbers[0], list) else ""
            lines.append(f"{name} = {table(flat)}{shape}\n")
        else:
            as_type = "" if is_index or dtype == "float64" else f", np.{dtype}"
            lines.append(f"{name} = np.array({_listed(numbers)}{as_type})\n")
    return "".join(lines)


def _listed(x: Any) -> str:
    if isinstance(x, list):
        return f"[{', '.join(map(_listed, x))}]"
    return NOT_FINITE.get(repr(x), repr(x))


def numpy_function(program: Program, dtype: str) -> Function:
    """Return the program as a function of NumPy arrays."""
    function = execute(standalone(program, dtype), program.name)
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

    def of_segments(best: str, rows: Any, starts: Any) -> Any:
        parts = np.split(rows, starts.tolist()[1:])
        return np.stack([getattr(part, best)(axis=0) for part in parts])

    def scatter(index: Any, rows: Any, count: int) -> Any:
        return jax.ops.segment_sum(rows.T, index.astype(int).ravel(), num_segments=count)

    space: dict[str, Any] = {
        "np": np,
        "scatter": scatter,
        "largest": partial(of_segments, "max"),
        "smallest": partial(of_segments, "min"),
        "put": lambda V, start, rows: V.at[start : start + len(rows)].set(rows),
        "sums": sums,
        "where": np.where,
        **{name: array_function(name, np) for name in SPECIAL},
    }
    numpy = import_module("numpy")
    for name, numbers in program.constants.items():
        array = numpy.array(numbers)
        space[name] = array.astype(dtype) if array.dtype.kind == "f" else array
    return execute(f"{PRELUDE['join']}\n\n{program.source}", program.name, space)


def numba_function(program: LoopProgram, dtype: str) -> Function:
    """Return the program as machine code, which Numba compiles at its first call.

    The code is kept in the user's cache folder, see `numba_code`.
    """
    _imported("numba", "jit")
    loops = program.loops()
    if loops > MOST_LOOPS:
        raise ValueError(
            f'the program has {loops} loops, too many for engine="numba", which would compile for '
            'minutes; use engine="c" or engine="numpy"'
        )
    return NumbaProgram(_numba_source(program), program.name)


def _numba_source(program: LoopProgram) -> str:
    functions = PythonLoops(program).functions()
    definitions = "\n\n\n".join([f"@compiled\n{function}" for function in functions])
    return f"""\
import math

import numpy as np
from numba import njit

compiled = njit(error_model="numpy", fastmath={{"reassoc", "contract"}}, cache=IS_KEPT)
{_constants(program.constants, "float64")}

{definitions}
"""


def c_source(program: LoopProgram, dtype: str) -> str:
    """Return the loops in C."""
    return CLoops(program).source()


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
    if engine == "c":
        compiler()
    try:
        return import_module("numpy")
    except ImportError:
        raise ImportError(f"compile() needs NumPy: {install('demo')}") from None


def _imported(package: str, extra: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise ImportError(f'engine "{package}" needs a package: {install(extra)}') from None


def automatic(function: Function, written: Callable[[type[Writer]], Any], dtype: str) -> Function:
    """Return a program that becomes machine code while it is used, if there is what makes it."""
    try:
        compiler()
        engine = ENGINES["c"]
    except ImportError:
        if find_spec("numba") is None:
            return function
        engine = ENGINES["numba"]
    return Automatic(function, lambda: engine.function(written(engine.writer), dtype))


class Engine(NamedTuple):
    """How a program is written, made a function, and shown."""

    writer: type[Writer]
    function: Callable[[Any, str], Function]
    source: Callable[[Any, str], str]


ENGINES: Final[dict[str, Engine]] = {
    "numpy": Engine(ArrayWriter, numpy_function, standalone),
    "c": Engine(LoopWriter, CProgram, c_source),
    "numba": Engine(LoopWriter, numba_function, standalone_loops),
    "auto": Engine(ArrayWriter, numpy_function, standalone),
    "jax": Engine(FlatWriter, jax_function, standalone),
}
