"""`Unrolled`: the graph of another library's program, with its gradients beside that library's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from autograd import Value, gradients
from autograd.numbers import close, flatten

MOST_SHOWN: Final = 24  # rows that a comparison prints


@dataclass(frozen=True)
class ComparedGradient:
    """One gradient of a `Comparison`.

    Attributes
    ----------
    name : str
        The leaf, such as "weight[0,1]".
    ours, theirs : float
        ∂output/∂leaf by the chain rule along the graph, and by the other library.
    difference : float
        ours - theirs.
    ok : bool
        Whether they agree to the tolerance.
    """

    name: str
    ours: float
    theirs: float
    difference: float
    ok: bool


class Comparison:
    """Result of `Unrolled.compare`: true if all gradients agree; printed as a table.

    Attributes
    ----------
    library : str
        The other one.
    rows : list of ComparedGradient
        In the order of the leaves; parameters first.
    """

    def __init__(self, library: str, rows: list[ComparedGradient]) -> None:
        self.library, self.rows = library, rows

    def __bool__(self) -> bool:
        return all(row.ok for row in self.rows)

    def __repr__(self) -> str:
        wrong = sum(not row.ok for row in self.rows)
        shown = sorted(self.rows, key=lambda row: row.ok)[:MOST_SHOWN]
        width = max([len(row.name) for row in shown], default=4)
        lines = [
            f"{len(self.rows)} gradients: {len(self.rows) - wrong} agree, {wrong} differ",
            f"{'leaf':<{width}}  {'ours':>14}  {self.library:>14}  {'difference':>10}",
        ]
        for row in shown:
            verdict = "ok" if row.ok else "differs"
            lines.append(
                f"{row.name:<{width}}  {row.ours:>14.7g}  {row.theirs:>14.7g}"
                f"  {row.difference:>10.1e}  {verdict}"
            )
        if len(shown) < len(self.rows):
            lines.append(f"and {len(self.rows) - len(shown)} more, see .rows")
        return "\n".join(lines)


class Unrolled:
    """A run of another library's program, as a graph of scalars.

    Attributes
    ----------
    outputs : Value or nested list, tuple or dict
        What the program returned, as a `Value` for each number; lists have the shape of arrays.
    inputs, parameters : dict
        By name, the leaves as nested lists in the shape of the array.
    """

    def __init__(
        self,
        library: str,
        outputs: Any,
        inputs: Mapping[str, Any],
        parameters: Mapping[str, Any],
        theirs: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.outputs = outputs
        self.inputs, self.parameters = dict(inputs), dict(parameters)
        self._library, self._theirs = library, theirs

    def compare(self, tolerance: float = 1e-9) -> Comparison:
        """Return every gradient beside that of the other library, for a single output.

        Both are computed here: `grad` is neither needed nor touched.

        Parameters
        ----------
        tolerance : float
            Largest difference that passes, relative to the larger of the two, and absolute where
            both are below 1.

        Raises
        ------
        ValueError
            If the program returned several numbers.
        """
        outputs = flatten(self.outputs)
        if len(outputs) != 1 or isinstance(self.outputs, dict):
            raise ValueError(
                f"compare() needs a program that returns one number, this one returned "
                f"{len(outputs)}; unroll a loss, or a function that returns a sum"
            )
        leaves = {**self.parameters, **self.inputs}
        nodes = flatten([*leaves.values()])
        theirs = self._theirs()
        expected = flatten([theirs[name] for name in leaves])
        rows = [
            ComparedGradient(
                node.label, mine, other, mine - other, close(mine, other, tolerance, tolerance)
            )
            for node, mine, other in zip(nodes, gradients(outputs[0], nodes), expected, strict=True)
        ]
        return Comparison(self._library, rows)

    def __repr__(self) -> str:
        counts = [len(flatten([*x.values()])) for x in (self.inputs, self.parameters)]
        nodes = [x for x in flatten(self.outputs) if isinstance(x, Value)]
        return (
            f"<Unrolled: {len(nodes)} output{'s' * (len(nodes) != 1)} of {counts[0]} inputs and "
            f"{counts[1]} parameters>"
        )
