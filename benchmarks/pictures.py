"""From a graph to an SVG picture and to the page of `play`: the time of every stage.

Graphs of about 50, 250 and 2 500 nodes, drawn with the built-in layout; networks at each level of
detail, and a 65 000-node graph folded into layers; and, where the program `dot` is installed, its
layouts beside ours. The page steps through up to 6000 numbers, and draws as many nodes and edges;
"-" stands where it refuses.

    python benchmarks/pictures.py --rounds 5
"""

from __future__ import annotations

import argparse
import platform
import random
import shutil
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, get_args

from autograd import Value, topological_order
from autograd.view import Detail, picture, play
from autograd.view.dot import dot_layout
from autograd.view.labels import arranged
from autograd.view.measure import measure
from autograd.view.style import Style
from autograd.view.svg import Svg
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


def network(samples: int, sizes: Sequence[int] = (16, 16, 1), elementary: bool = False) -> Value:
    """Return the error of a network with two inputs over so many samples."""
    model = MLP(2, sizes, rng=1, elementary=elementary)
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


def measure_page(root: Value, detail: Detail, rounds: int) -> str:
    """Return time and size of the page, and the size of the output in a notebook."""
    try:
        writing, page = median_ms(lambda: play(root, detail=detail).html, rounds)
    except ValueError:
        return f"{'-':>8} {'-':>8} {'-':>9}"
    output = play(root, detail=detail)._repr_html_()
    return f"{writing:8.1f} {len(page.encode()) / 1024:8.0f} {len(output.encode()) / 1024:9.0f}"


def measure_graph(name: str, root: Value, detail: Detail, rounds: int) -> str:
    """Return a row of the table."""
    style = Style(number_format(4), gradients=True)
    snapshot, shown = median_ms(lambda: picture(root, detail), rounds)
    sizing, sizes = median_ms(lambda: measure(shown, style), rounds)
    placing, layout = median_ms(lambda: arranged(shown, sizes, style), rounds)
    drawing, svg = median_ms(lambda: Svg(shown, layout, sizes, style).text, rounds)
    program, graphviz = shutil.which("dot"), "-"
    if program is not None and len(shown.nodes) + len(shown.edges) <= SLOWEST_FOR_DOT:
        seconds, _ = median_ms(
            lambda: dot_layout(program, shown, sizes, rankdir="LR", gap=50.0), rounds
        )
        graphviz = f"{seconds:.1f}"
    total = snapshot + sizing + placing + drawing
    return (
        f"{name:28} {len(topological_order(root)):6} {len(shown.nodes):6} {len(shown.edges):6} "
        f"{snapshot:9.1f} {sizing:7.1f} {placing:7.1f} {drawing:7.1f} {total:8.1f} "
        f"{graphviz:>8} {len(svg.encode()) / 1024:6.0f} {measure_page(root, detail, rounds)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many runs")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, medians of {rounds} runs, milliseconds")
    print(
        f"{'graph':28} {'values':>6} {'nodes':>6} {'edges':>6} {'snapshot':>9} {'sizes':>7} "
        f"{'layout':>7} {'svg':>7} {'total':>8} {'by dot':>8} {'KB':>6} {'page':>8} {'page KB':>8} "
        f"{'output KB':>9}"
    )
    for size in SIZES:
        print(measure_graph(f"expression {size}", expression(size), "scalar", rounds))
    networks = {
        "2-8-8-1": network(1, (8, 8, 1)),
        "2-16-16-1": network(1),
        "2-16-16-1, + and ×": network(1, elementary=True),
    }
    for name, root in networks.items():
        for detail in get_args(Detail):
            print(measure_graph(f"{name}, {detail}", root, detail, rounds))
    print(measure_graph("925 samples, layer", network(925), "layer", rounds))


if __name__ == "__main__":
    main()
