"""`gradcheck`: derivatives by backpropagation against finite differences."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from .blocks import Block
from .core import data_of, sort
from .functional import gradients
from .modes import current, mode, no_grad
from .numbers import flatten, is_sequence, map_numbers, number_of, real, same
from .quoting import short
from .value import Value
from .writing import written

TRIALS: Final = 8  # a coin that is tossed so often comes down on one side once in 256 times


@dataclass(frozen=True)
class GradientRow:
    """One derivative of a `GradientReport`.

    Attributes
    ----------
    name : str
        The operand or intermediate node: its label or place, else a number.
    analytic, numeric : float
        ∂f/∂node by backpropagation and by central differences.
    error : float
        Relative error |analytic - numeric| / max(|analytic|, |numeric|).
    verdict : {"ok", "kink", "wrong"}
        "kink": there is no derivative, because the slopes from the left and from the right
        differ or grow without bound.
    """

    name: str
    analytic: float
    numeric: float
    error: float
    verdict: str


class GradientReport:
    """Result of `gradcheck`: true if no derivative is wrong; printed as a table."""

    def __init__(self, rows: list[GradientRow]) -> None:
        self.rows = rows

    @property
    def ok(self) -> bool:
        return all(row.verdict != "wrong" for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        width = max([len(row.name) for row in self.rows], default=4)
        head = f"{'node':<{width}}  {'analytic':>14}  {'numeric':>14}  {'rel. error':>10}"
        lines = [
            f"{row.name:<{width}}  {row.analytic:>14.7g}  {row.numeric:>14.7g}"
            f"  {row.error:>10.1e}  {row.verdict}"
            for row in self.rows
        ]
        return "\n".join([head, *lines])


def gradcheck(f: Callable[..., Any], at: Any, *, tolerance: float = 1e-6) -> GradientReport:
    """Compare backpropagation with central differences, at every operand and node of the graph.

    Operands are the arguments, and the leaves that the function uses besides: the parameters of a
    network. Frozen leaves, and those that every call makes anew, are none.

    Parameters
    ----------
    f : callable
        Function with one number as result.
    at : number, list or tuple
        The point: a number or list for a function of one argument, a tuple of arguments for a
        function of several, or of none: ().
    tolerance : float
        Largest relative error that passes.

    Returns
    -------
    GradientReport
        Rows for the operands first, arguments before other leaves, then for the intermediate
        nodes from first to last.

    Raises
    ------
    ValueError
        If several evaluations at the same point give different numbers.
    GraphCutError
        If the function turns a node that depends on an operand into a plain number.

    Notes
    -----
    Each operand costs some 60 calls of the function, each node as many evaluations of those that
    depend on it: two seconds for a network of 337 parameters and one sample. Meanwhile the number
    of a leaf is moved; it is put back, and no graph becomes stale.

    Examples
    --------
    >>> gradcheck(lambda x: 2 * x.sin(), 0.0)
    node          analytic         numeric  rel. error
    x                    2               2     0.0e+00  ok
    sin #1               2               2     0.0e+00  ok
    >>> bool(gradcheck(lambda x: abs(x), 0.0)), gradcheck(lambda x: abs(x), 0.0).rows[0].verdict
    (True, 'kink')
    >>> w = Value(3.0, label="w")
    >>> [row.name for row in gradcheck(lambda x: (w * x).tanh(), 0.5).rows]
    ['x', 'w', '* #1']

    References
    ----------
    Differences are extrapolated as in C. J. F. Ridders, Advances in Engineering Software 4,
    1982.
    """
    arguments = list(at) if isinstance(at, tuple) else [at]
    variables = [Value(x) for x in flatten(arguments)]

    def call() -> Any:
        nodes = iter(variables)
        return f(*map_numbers(lambda _: next(nodes), arguments))

    def recorded(operands: Iterable[Value]) -> Value:
        with mode(recording=True, variables=current().variables.union(operands)):
            result = call()
        return result if isinstance(result, Value) else Value(real(result))

    def run() -> float:
        with no_grad():
            return number_of(call())

    output = recorded(variables)
    leaves, computed = sort(output)
    others = [x for x in leaves if x not in {*variables} and x.requires_grad]
    second = recorded([*variables, *others])
    known = {node for nodes in sort(second) for node in nodes}
    weights = [leaf for leaf in others if leaf in known]  # those made by the call are new ones
    inner = [node for node in computed if node is not output]
    analytic = [number_of(g) for g in gradients(output, [*variables, *weights, *inner])]
    for again in [second.data, *[run() for _ in range(TRIALS)]]:
        if not same(again, output.data):
            raise ValueError(
                f"the function gives {short(output.data)} and then {short(again)} for the same "
                "arguments, so "
                "it has no derivative to check; keep random numbers (dropout, noise) and counters "
                "still"
            )
    prepared = [node for node in computed if node in known]
    functions = [_moved(leaf, prepared, run) for leaf in [*variables, *weights]]
    functions += [_moved(node, computed, lambda: output.data) for node in inner]
    names = _names(arguments)
    names += [leaf.label or f"leaf #{i}" for i, leaf in enumerate(weights, start=1)]
    names += [node.label or f"{node._op} #{i}" for i, node in enumerate(inner, start=1)]
    points = [node.data for node in [*variables, *weights, *inner]]
    return GradientReport(
        [
            _compare(name, g, function, x, tolerance)
            for name, g, function, x in zip(names, analytic, functions, points)
        ]
    )


def _moved(
    start: Value, nodes: Iterable[Value], result: Callable[[], float]
) -> Callable[[float], float]:
    """Return a result as a function of one node's number, which the given nodes follow.

    Numbers are put back, and no edit is noted: graphs that hold the node do not become stale.
    """
    moved = {start: None}  # in order
    for node in nodes:
        if not moved.keys().isdisjoint(node.parents):
            moved[node] = None
    first, *later = moved

    def at(x: float) -> float:
        with Block() as ending:
            ending.append(written("_data", moved, data_of([*moved])))
            first._data = x
            for node in later:
                node._data = node.operation.evaluate(data_of(node.operands))  # type: ignore[union-attr]
            return result()

    return at


def _names(arguments: list[Any]) -> list[str]:
    letters = ["x"] if len(arguments) == 1 else [f"x{i}" for i in range(len(arguments))]
    names: list[str] = []

    def visit(x: Any, name: str) -> None:
        if is_sequence(x):
            for i, item in enumerate(x):
                visit(item, f"{name}[{i}]")
        else:
            names.append(name)

    for letter, argument in zip(letters, arguments):
        visit(argument, letter)
    return names


def _compare(
    name: str, analytic: float, f: Callable[[float], float], x: float, tolerance: float
) -> GradientRow:
    numeric, uncertainty = _central_difference(f, x)
    difference = abs(analytic - numeric)
    scale = max(abs(analytic), abs(numeric))
    error = difference / scale if scale else 0.0
    converges = uncertainty <= 1e-3 * (1.0 + abs(numeric))
    if _is_kink(f, x) or not (converges or math.isfinite(analytic)):
        verdict = "kink"
    elif converges and difference <= tolerance * scale + 4.0 * uncertainty < math.inf:
        verdict = "ok"
    else:
        verdict = "wrong"
    return GradientRow(name, analytic, numeric, error, verdict)


def _central_difference(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """Return f'(x) from central differences with shrinking steps, extrapolated, and its error."""
    step = 0.05 * (abs(x) or 1.0)
    best, uncertainty = math.nan, math.inf
    previous: list[float] = []
    for _ in range(24):
        left, right = f(x - step), f(x + step)
        row = [(right - left) / (2.0 * step)]
        rounding = sys.float_info.epsilon * max(abs(left), abs(right)) / step
        for k, coarser in enumerate(previous, start=1):
            row.append(row[-1] + (row[-1] - coarser) / (4.0**k - 1.0))
            estimate = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser), rounding)
            if estimate < uncertainty:
                best, uncertainty = row[-1], estimate
        previous = row[:8] if math.isfinite(row[0]) else []
        step /= 2.0
    return best, uncertainty


def _is_kink(f: Callable[[float], float], x: float) -> bool:
    """Return whether there is no derivative: a corner, a jump, or the end of the domain."""
    scale, middle = abs(x) or 1.0, f(x)

    def corner_and_jump(step: float) -> tuple[float, float]:
        left, right = f(x - step), f(x + step)
        return abs(right - 2.0 * middle + left) / step, abs(right - left)

    if math.isnan(f(x - 1e-6 * scale)) != math.isnan(f(x + 1e-6 * scale)):
        return True
    coarse_corner, coarse_jump = corner_and_jump(1e-4 * scale)
    corner, jump = corner_and_jump(1e-6 * scale)
    rounding = 16.0 * sys.float_info.epsilon * abs(middle)
    return (corner > max(1e-4, rounding / (1e-6 * scale)) and corner > 0.5 * coarse_corner) or (
        jump > max(1e-4, rounding) and jump > 0.5 * coarse_jump
    )
