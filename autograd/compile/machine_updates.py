"""Updates of parameters in machine code, many in one call: gradient, update, gradient, …"""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any, Final

from .c_code import LEVEL, LINE, MANY, CProgram, address, loaded
from .c_loops import CLoops
from .finding import Finding
from .loop_printer import INDENT, LoopPrinter, PythonLoops
from .loop_program import LoopProgram
from .numba_code import NumbaProgram, frozen, machine_code
from .update import Update

C: Final = """\
#include <math.h>

typedef {number} number;
typedef void step(const number *, const number *, const number *, number, number, long,
    number *, number *, number *);

{helpers}/* changes theta and S; `result` has room for the errors and the gradient of a step */
void updates(step *program, long losses, long parameters, long inputs, long targets,
    long count, long n, const number *X, const number *T, number s, const number *rates, number t,
    number *theta, number *S, number *V, number *v, number *result, number *errors,
    long m, const long long *starts, const long long *ends)
{{
    number *g = result + losses, q[1];
    {states}
    for (long u = 0; u < count; u++) {{
        program(theta, X + u * n * inputs, T + u * n * targets, s, 1, n, V, v, g);
        errors[u] = *result;
        t += 1;
        const number lr = rates[u];
        {lines}
    }}
}}
"""
NUMBA: Final = """\
import math

import numpy as np
from numba import njit, types

number, double, long = types.{number}, types.float64, types.int64
theta = types.Array(number, 1, "C", readonly=True)
table, tables = number[:, ::1], number[:, :, ::1]
step = types.FunctionType(types.Tuple({result})(theta, table, table, double, double))
run = (step, theta, tables, tables, double, number[::1], double)
room = (number[::1], table, number[::1], long[::1], long[::1])


{helpers}@njit(run + room, error_model="numpy", cache=IS_KEPT)
def updates(step, frozen, X, T, s, rates, t, theta, S, errors, starts, ends):
    g, q, m = theta, np.empty(1, theta.dtype), len(starts)
    {states}
    for u in range(len(X)):
        result = step(frozen, X[u], T[u], s, 1.0)
        g = result[-1]
        errors[u] = result[0]
        t += 1.0
        lr = rates[u]
        {lines}
    return g
"""


class Updates(ABC):
    """A program and what is done with its gradients, together in machine code.

    Attributes
    ----------
    most_samples : int
        That a batch may have.
    """

    def __init__(self, update: Update, finding: Finding, changed: Any) -> None:
        self._np = import_module("numpy")
        self._update, self._program, self._look_ups = update, finding.program, finding.look_ups
        self._function: Any = finding.function
        self.most_samples = finding.most_samples
        gaps = self._np.flatnonzero(self._np.diff(changed) > 1) + 1
        runs = self._np.split(changed, gaps) if len(changed) else []
        self._starts = self._np.array([run[0] for run in runs], "int64")
        self._ends = self._np.array([run[-1] + 1 for run in runs], "int64")

    def __call__(
        self, theta: Any, states: Any, X: Any, T: Any, weight: float, rates: Any, t: float
    ) -> tuple[Any, Any]:
        """Make an update after each of some batches of one size.

        Parameters
        ----------
        theta : array, (parameters,)
            Changed in place, and so are the `states`.
        states : array, (states, parameters)
        X, T : arrays, (updates, samples, …)
            The batches.
        weight : float
            Of the error of each sample, 1 / n for the mean of n.
        rates : array, (updates,)
            Learning rates.
        t : float
            How many updates there were before.

        Returns
        -------
        errors : array, (updates,)
            Of each batch, before its update and without the penalty.
        gradient : array, (parameters,)
            That of the last update, as it was used.

        Raises
        ------
        ValueError
            If an index for `take` or `pick` is out of range.
        """
        np, kind = self._np, theta.dtype
        self._look_ups.check({x: a.reshape(-1, *a.shape[2:]) for x, a in (("X", X), ("T", T))})
        X, T = [np.require(x.reshape(*x.shape[:2], -1), kind, "CW") for x in (X, T)]
        errors, rates = np.empty(len(X), kind), np.ascontiguousarray(rates, kind)
        return errors, self._run(theta, states, X, T, weight, rates, float(t), errors)

    @abstractmethod
    def _run(
        self, theta: Any, states: Any, X: Any, T: Any, s: float, rates: Any, t: float, errors: Any
    ) -> Any:
        """Make the updates, write the errors, and return the last gradient."""

    def _printed(self, printer: type[LoopPrinter], template: str, **names: str) -> str:
        """Return a source: a template, names in it, and the statements of an update."""
        written = printer(
            LoopProgram(
                name="updates",
                is_single=self._program.is_single,
                statements=self._update.statements(),
                losses=[],
                outputs=0,
                constants={},
                reached=[],
                rows=0,
                singles=0,
                sizes={},
            )
        )
        lines = [*written.lines(written.program.statements)]
        state, head = names.pop("state"), names.pop("head")
        return template.format(
            states=f"\n{INDENT}".join([state.format(k) for k in range(self._update.states)]),
            lines=f"\n{2 * INDENT}".join(lines),
            helpers="".join([f"{head}{helper}\n\n\n" for helper in written.helpers.values()]),
            **names,
        )


class CUpdates(Updates):
    """The work of a C compiler; one library does for all programs with the same update."""

    def __init__(self, update: Update, finding: Finding, changed: Any) -> None:
        super().__init__(update, finding, changed)
        source = self._printed(
            CLoops,
            C,
            number="float" if self._program.is_single else "double",
            state="number *S{0} = S + {0} * parameters;",
            head="",
        )
        number = ctypes.c_float if self._program.is_single else ctypes.c_double
        long, pointer = ctypes.c_long, ctypes.c_void_p
        numbers = [pointer, pointer, number, pointer, number]
        arguments = [pointer, *[long] * 6, *numbers, *[pointer] * 6, long, pointer, pointer]
        self._updates = loaded(source, "updates", arguments, (*LEVEL, *MANY))
        self._scratch = self._np.empty(0, "uint8")

    def _run(
        self, theta: Any, states: Any, X: Any, T: Any, s: float, rates: Any, t: float, errors: Any
    ) -> Any:
        np, program = self._np, self._function
        (count, n, inputs), targets, size = X.shape, T.shape[2], len(theta)
        losses = len(self._program.losses)
        result = np.empty(losses + size, theta.dtype)
        needed = theta.itemsize * (program.rows * n + program.singles) + LINE
        if len(self._scratch) < needed:
            self._scratch = np.empty(needed, "uint8")
        V = address(self._scratch)
        V += -V % LINE
        v = V + theta.itemsize * program.rows * n
        code = ctypes.cast(program.machine_code(n), ctypes.c_void_p)
        numbers = address(X), address(T), s, address(rates), t
        room = address(theta), address(states), V, v, address(result), address(errors)
        runs = len(self._starts), address(self._starts), address(self._ends)
        self._updates(code, losses, size, inputs, targets, count, n, *numbers, *room, *runs)
        return result[losses:]


class NumbaUpdates(Updates):
    """The work of Numba."""

    def __init__(self, update: Update, finding: Finding, changed: Any) -> None:
        super().__init__(update, finding, changed)
        source = self._printed(
            PythonLoops,
            NUMBA,
            number="float32" if self._program.is_single else "float64",
            result=f"([{'double, ' * len(self._program.losses)}number[::1]])",
            state="S{0} = S[{0}]",
            head='@njit(error_model="numpy", cache=IS_KEPT)\n',
        )
        self._updates = machine_code(source, "updates")

    def _run(
        self, theta: Any, states: Any, X: Any, T: Any, s: float, rates: Any, t: float, errors: Any
    ) -> Any:
        step = self._function.code.function
        more = errors, self._starts, self._ends
        return self._updates(step, frozen(theta), X, T, s, rates, t, theta, states, *more)


MADE_BY: Final = {CProgram: CUpdates, NumbaProgram: NumbaUpdates}


def updates(update: Update, finding: Finding, changed: Any = None) -> Updates | None:
    """Return a program with an update in machine code; None where the engine has no such code.

    Parameters
    ----------
    update : Update
    finding : Finding
        What `Step.traced` returns for a batch.
    changed : array of int, optional
        Indices, in order, of the parameters that an update changes. Default: those that have
        influence in the program.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Value
    >>> from autograd.compile import Update, compile, updates
    >>> w = Value(0.0)
    >>> step = compile(lambda x, t: (w * x - t) ** 2, [w], engine="c")
    >>> descent = Update(lambda w, g, states, t, lr: (w - lr * g, states), states=0)
    >>> X, T = np.ones((3, 2)), np.ones((3, 2))  # three batches of two samples
    >>> made = updates(descent, step.traced(X[0], T[0]))
    >>> numbers, states = np.array([w.data]), np.empty((0, 1))
    >>> errors, gradient = made(numbers, states, X, T, 1 / 2, np.full(3, 0.25), 0)
    >>> errors.tolist(), gradient.tolist(), numbers.tolist()
    ([1.0, 0.25, 0.0625], [-0.5], [0.875])
    """
    kind = MADE_BY.get(type(finding.function))
    if kind is None:
        return None
    return kind(update, finding, finding.reached if changed is None else changed)
