"""From a graph to an SVG picture: the time of every stage.

Graphs of about 50, 250 and 2 500 nodes, drawn with the built-in layout; a 65 000-node graph of a
network folded into layers; and, where the program `dot` is installed, its layouts beside ours.

    python benchmarks/pictures.py --rounds 5
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from autograd import Value, topological_order
from autograd.view import picture
from autograd.view.dot import dot_layout, dot_program
from autograd.view.layout import layered
from autograd.view.svg import Style, label_width, measure, render
from autograd.view.text import number_format
from nn import MLP

SIZES = (50, 250, 2500)
SLOWEST_FOR_DOT = 800  # nodes and edges


def expression(size: int) -> Value:
    """Return an expression of about so many nodes, half of which are used twice."""
    rng = random.Random(size)
    loose = deque([Value(rng.uniform(-1.0, 1.0)) for _ in range(size // 3)])
    while len(loose) > 1:
        a, b = loose.popleft(), loose.popleft()
        loose.append(a * b + a)
    loose[0].backward()
    return loose[0]


def network(samples: int) -> Value:
    """Return the error of a 2-16-16-1 network over so many samples."""
    model = MLP(2, [16, 16, 1], rng=1)
    total = Value(0.0)
    for n in range(samples):
        z = model([n / samples, 1.0])
        assert isinstance(z, Value)
        total = total + (z - 1) ** 2
    total.backward()
    return total


def median_ms(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the median time in milliseconds, and the last result."""
    times, result = [], None
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), result


def measure_graph(name: str, root: Value, detail: Any, rounds: int) -> str:
    """Return a row of the table."""
    style = Style(number_format(4), gradients=True)
    snapshot, shown = median_ms(lambda: picture(root, detail), rounds)
    sizing, sizes = median_ms(lambda: measure(shown, style), rounds)
    gap = 50.0 + label_width(shown, style)
    placing, layout = median_ms(lambda: layered(shown, sizes, gap=gap), rounds)
    drawing, svg = median_ms(lambda: render(shown, layout, sizes, style), rounds)
    program, graphviz = dot_program(), "-"
    if program is not None and len(shown.nodes) + len(shown.edges) <= SLOWEST_FOR_DOT:
        seconds, _ = median_ms(
            lambda: dot_layout(program, shown, sizes, rankdir="LR", gap=gap), rounds
        )
        graphviz = f"{seconds:.1f}"
    total = snapshot + sizing + placing + drawing
    return (
        f"{name:22} {len(topological_order(root)):6} {len(shown.nodes):6} {len(shown.edges):6} "
        f"{snapshot:9.1f} {sizing:7.1f} {placing:7.1f} {drawing:7.1f} {total:8.1f} "
        f"{graphviz:>8} {len(svg) / 1024:7.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many runs")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, medians of {rounds} runs, milliseconds")
    print(
        f"{'graph':22} {'values':>6} {'nodes':>6} {'edges':>6} {'snapshot':>9} {'sizes':>7} "
        f"{'layout':>7} {'svg':>7} {'total':>8} {'by dot':>8} {'KB':>7}"
    )
    for size in SIZES:
        print(measure_graph(f"expression {size}", expression(size), "scalar", rounds))
    one = network(1)
    for detail in ("scalar", "neuron", "layer"):
        print(measure_graph(f"2-16-16-1 {detail}", one, detail, rounds))
    print(measure_graph("925 samples, layer", network(925), "layer", rounds))


if __name__ == "__main__":
    main()
