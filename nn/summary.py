"""A table of the parts of a model, and of what each of them costs for a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import Value, operation, topological_order
from autograd.numbers import flatten
from autograd.quoting import clipped


@dataclass
class Cost:
    """What calls of a part have made of a sample."""

    shape: str = ""  # such as "2 → 3"
    nodes: int = 0
    multiplications: int = 0


@dataclass
class Part:
    """A row of the table; the cost is there if the part was called."""

    name: str
    text: str
    parameters: Sequence[Value]
    cost: Cost | None = None

    def cells(self) -> list[str]:
        frozen = sum([not p.requires_grad for p in self.parameters])
        cells = [clipped(self.name), clipped(self.text), str(len(self.parameters)), str(frozen)]
        if self.cost is not None:
            cost = self.cost
            cells += [cost.shape, f"{cost.nodes}", f"{cost.multiplications}"]
        return cells


def recorded(called: Any) -> Cost:
    """Let an object note what its calls cost, and return the notes."""
    kind, cost = type(called), Cost()

    def call(self: Any, *inputs: Any, **options: Any) -> Any:
        outputs = kind.__call__(self, *inputs, **options)
        before, after = _graph((inputs, tuple(options.values()))), _graph(outputs)
        made = [node for node in after - before if node.parents]
        cost.shape = f"{len(flatten(inputs))} → {len(flatten(outputs))}"
        cost.nodes += len(made)
        cost.multiplications += sum(map(_multiplications, made))
        return outputs

    object.__setattr__(called, "__class__", type(kind.__name__, (kind,), {"__call__": call}))
    return cost


def table(parts: Iterable[Part]) -> str:
    """Return the rows with their heads as text."""
    rows = [part.cells() for part in parts]
    heads = ["layer", "module", "parameters", "frozen", "in → out", "nodes", "multiplications"]
    width = max(map(len, rows))
    rows = [heads[:width], *[row + [""] * (width - len(row)) for row in rows]]
    widths = [max(map(len, column)) for column in zip(*rows)]
    sides: list[Callable[..., str]] = [str.ljust, str.ljust, *[str.rjust] * 5]
    lines = [[pad(*cell) for pad, *cell in zip(sides, row, widths)] for row in rows]
    return "\n".join(["  ".join(line).rstrip() for line in lines])


def _graph(x: Any) -> set[Value]:
    roots = [root for root in flatten(x) if isinstance(root, Value)]
    return {node for root in roots for node in topological_order(root)}


def _multiplications(node: Value) -> int:
    if node.operation is operation("dot"):
        return len(node.operands) // 2
    return int(node.operation is operation("mul"))
