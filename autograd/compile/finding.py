"""A function, traced for samples of one size: its program, and what that depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import repeat
from math import prod
from typing import Any, Final

from autograd.core import sort
from autograd.modes import one_pass
from autograd.quoting import short
from autograd.value import Value
from autograd.writing import at_once, written

from .branches import guarded
from .execution import Function
from .look_ups import LookUps
from .passes import passes
from .program import Writer
from .surroundings import Entropy, Surroundings
from .trace import Traced, check_rows, check_same, parts, several, shaped, trace, unknowns

LEAST_SAMPLES: Final = 512  # at once; fewer would not be worth the calls
LARGEST_TABLE: Final = 2**19  # numbers; more samples at once would not fit in the cache


class Finding:
    """What a trace for samples of one size has found."""

    function: Function

    def __init__(
        self,
        function: Callable[..., Any],
        penalty: Callable[[], Any] | None,
        params: list[Value],
        sizes: Sequence[tuple[int, ...]],
        options: tuple[str, str],  # notation and dtype
        writer: type[Writer],
    ) -> None:
        self.surroundings = Surroundings([function, penalty], params)
        leaves = [unknowns(prod(size)) for size in sizes]
        arguments = [shaped(x, size) for x, size in zip(leaves, sizes)]
        unknown = {x: (name, i) for name, xs in zip("XT", leaves) for i, x in enumerate(xs)}
        is_error = len(sizes) > 1
        results = []
        before = self.surroundings.random_states()
        try:
            with one_pass, Entropy() as entropy:
                for _ in range(2):  # twice, to notice what changes by itself
                    outputs = trace(function, arguments, params)
                    self.is_single = isinstance(outputs, Value)
                    outputs = [outputs] if self.is_single or is_error else several(outputs)
                    extra = trace(penalty, (), params) if penalty is not None else None
                    extra = Value(extra) if isinstance(extra, (int, float)) else extra
                    results.append([*outputs, extra] if penalty is not None else outputs)
            is_random = entropy.draws > 0 or before != self.surroundings.random_states()
        except Exception as failure:
            shapes = [f"{name} of shape {size}" for name, size in zip("xt", sizes)]
            failure.add_note(
                f"The function was given {' and '.join(shapes)}, as each sample has it; to give "
                "it another shape, reshape the array of samples."
            )
            raise
        finally:
            self.surroundings.put_back()
        at_once(written("__class__", unknown, repeat(Traced)))  # users look nothing up any more
        for what, x in zip(("function", "penalty"), results[0]):
            if is_error and not isinstance(x, Value):
                raise TypeError(f"the {what} must return one Value, not {short(x)}")
        check_same(results, {*unknown, *params}, is_random)
        self.parts = parts(results[0], {*unknown, *params})
        self.is_checked = False
        self.uses, self.in_a_row = 0, 1  # calls, and traces of the same size used only once
        self.look_ups = LookUps(results[0], unknown, params)
        for root in results[0]:
            reached, computed = sort(root) if isinstance(root, Value) else ((), ())
            self.surroundings.watch(leaf for leaf in reached if leaf not in unknown)
            check_rows(computed)
        error, extra_error = (*results[0], None)[:2] if is_error else (None, None)
        letters = {name: len(xs) for name, xs in zip("XT", leaves)} | {"p": len(params)}
        error, extra_error = [x if x is None else guarded(x) for x in (error, extra_error)]
        both = passes(error, extra_error, [] if is_error else results[0], unknown, params)
        name = "step" if is_error else "predict"
        # By another writer, too, until this is taken away: it holds all terms.
        self.written: Any = lambda other: other(both, letters, name, *options).program()
        self.program: Any = self.written(writer)
        np = import_module("numpy")
        self.reached = np.array(self.program.reached, int)
        self.parameters = [params[i] for i in self.program.reached]

    @property
    def most_samples(self) -> int:
        """How many samples go through the program at once."""
        return max(LARGEST_TABLE // int(self.program.rows), LEAST_SAMPLES)
