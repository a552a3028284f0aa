"""Small lessons to play, the sums of a backward pass, and texts that must not run."""

import random
from typing import Any

import autograd
import nn
from autograd import Value, topological_order
from autograd.table import TABLE
from autograd.view.player import Player, play

PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "</svg><img src=x onerror=alert(1)>",
    "\" onload=\"alert(1)' autofocus onfocus='alert(1)",
    "<b>bold</b> & &lt;",
    "javascript:alert(1)//${alert(1)}`",
    "\\N \\u003c \u2028\u2029 \x00\x1b[31m",
    "\u202egnp.exe\u2066",
    "\ua001 $& $1",
]


def expression(**options: Any) -> Player:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(4.0, label="c")
    y = (a * b + c).tanh()
    y.label = "y"
    return play(y, **options)


def network(*sizes: int, **options: Any) -> Player:
    model = nn.MLP(2, sizes, activation="tanh", output="sigmoid", rng=3)
    return play(nn.half_squared_error(model([0.5, -1.2]), 1.0), **options)


def sums(root: Value) -> list[tuple[int, int, float, float, float]]:
    """Return (node, parent, local, upstream, running total) for every += of a pass."""
    order = topological_order(root)
    index = {node: i for i, node in enumerate(order)}
    total = dict.fromkeys(order, 0.0)
    total[root] = 1.0
    found = []
    for node in reversed(order):
        for parent, local in node.edges():
            total[parent] += node.operation.passed_on(local, total[node])
            found.append((index[node], index[parent], local, total[node], total[parent]))
    return found


def random_graph(seed: int, rows: list[str], size: int = 25) -> Value:
    """Return the root of a graph of random operations on what came before."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    while len(nodes) < size:
        row = TABLE[rng.choice(rows)]
        if row.vectors is not None:
            operands: list[Any] = rng.choices(nodes, k=5)
        else:
            count = row.local.__code__.co_argcount - 1  # type: ignore[attr-defined]
            operands = rng.choices(nodes[-8:], k=count - len(row.parameters))
            if row.name in ("power", "exponential"):
                operands[1] = rng.choice([2.0, 3.0, 0.5])
        if row.name in ("softmax", "pick"):
            operands[-1] = 1.0
        nodes.append(row(*operands))
    return autograd.sum([node * 0.5 for node in nodes[-6:]])
