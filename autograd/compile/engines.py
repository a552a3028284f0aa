"""What runs a generated program: NumPy, JAX, or loops compiled by Numba or by a C compiler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from .tables import Tables

MOST_LOOPS: Final = 240  # more would take Numba minutes
NOT_FINITE: Final = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}
IMPORT: Final = "import numpy as np\n"
PRELUDE: Final = {
    "put": '''def put(table, start, rows):
    """Write rows into a table."""
    table[start : start + len(rows)] = rows
    return table
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
    "beside": '''def beside(height, *tables):
    """Do so with tables of so many rows, whose numbers have a column for each sample."""
    n = tables[0].shape[-1]
    return np.concatenate([x.reshape(height, -1, n) for x in tables], axis=1).reshape(-1, n)
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


FOR_TABLES: Final = {
    "rows": '''def rows(first, *axes):
    """Return first and one number of each axis added up, that of the last one changes fastest.

    An axis is numbers, or (size, step): 0, step, 2·step, ...
    """
    total = np.array([first])
    for axis in axes:
        numbers = axis[1] * np.arange(axis[0]) if isinstance(axis, tuple) else axis
        total = np.add.outer(total, numbers).ravel()
    return total
''',
    "ranges": '''def ranges(starts, counts, step=1):
    """Return start, start + step, ... for each of some starts, so many as its count."""
    return np.concatenate([start + step * np.arange(n) for start, n in zip(starts, counts)])
''',
    "mixed": '''def mixed(which, *tables):
    """Return numbers of tables that take turns: of which each is, in its order there."""
    tables = [iter(table) for table in tables]
    return np.array([next(tables[i]) for i in which])
''',
}


def standalone(program: Program, dtype: str) -> str:
    """Return the source with all that it needs to run with NumPy alone."""
    constants = _constants(program.constants, dtype, Tables())
    makers = [text for name, text in FOR_TABLES.items() if f"{name}(" in constants]
    return _source(program, [*makers, constants] if constants else [])


def _source(program: Program, definitions: Sequence[str] = ()) -> str:
    imports = "import math\n\nimport numpy as np\n" if "math" in program.uses else IMPORT
    functions = [text for name, text in PRELUDE.items() if name in program.uses]
    return "\n\n".join([imports, *definitions, *functions, program.source])


def standalone_loops(program: LoopProgram, dtype: str) -> str:
    """Return the loops, in Python, with all that they need to run with NumPy alone."""
    constants = _constants(program.constants, dtype)
    return f"import math\n\n{IMPORT}\n{constants}\n\n{PythonLoops(program).source()}"


def _constants(constants: dict[str, list[Any]], dtype: str, tables: Tables | None = None) -> str:
    """Return the definitions of constants, if there are tables by the rules that they follow."""
    lines = []
    for name, numbers in constants.items():
        flat = flatten(numbers)
        is_index, is_flat = isinstance(flat[0], int), not isinstance(numbers[0], list)
        as_type = "" if is_index or dtype == "float64" else f", np.{dtype}"
        place = {text: i for i, text in enumerate(dict.fromkeys(map(_listed, flat)))}
        if tables is not None and is_index:
            text = tables.text(flat, name) if is_flat else tables.matrix(flat, len(numbers))
        elif tables is not None and len(place) * 2 <= len(flat):  # few that are different
            index = tables.text([place[_listed(x)] for x in flat])
            shape = "" if is_flat else f".reshape({len(numbers)}, -1)"
            text = f"np.array([{', '.join(place)}]{as_type})[{index}]{shape}"
        else:
            text = f"np.array({_listed(numbers)}{as_type})"
        lines.append(f"{name} = {text}\n")
    return "".join(lines)


def _listed(x: Any) -> str:
    if isinstance(x, list):
        return f"[{', '.join(map(_listed, x))}]"
    return NOT_FINITE.get(repr(x), repr(x))


def numpy_function(program: Program, dtype: str) -> Function:
    """Return the program as a function of NumPy arrays, its tables as they are."""
    function = execute(_source(program), program.name, _arrays(program, dtype))
    # inf and nan are answers here, as in the engine
    checked: Function = import_module("numpy").errstate(all="ignore")(function)
    return checked


def _arrays(program: Program, dtype: str) -> dict[str, Any]:
    """Return the constants by their names."""
    array = import_module("numpy").array
    arrays = {name: array(numbers) for name, numbers in program.constants.items()}
    return {name: x.astype(dtype) if x.dtype.kind == "f" else x for name, x in arrays.items()}


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
        "put": lambda table, start, rows: table.at[start : start + len(rows)].set(rows),
        "sums": sums,
        "where": np.where,
        **{name: array_function(name, np) for name in SPECIAL},
        **_arrays(program, dtype),
    }
    source = "\n\n".join([PRELUDE["join"], PRELUDE["beside"], program.source])
    return execute(source, program.name, space)


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
