"""What one elementary node costs in memory and time, from a thousand nodes to a million.

The graph is one long chain, y ← y · w + b, of two nodes a link: the deepest that there is.
Python's cyclic garbage collector is paused, as in `nn.fit`; `--collector` leaves it on.

    python benchmarks/nodes.py
    python benchmarks/nodes.py --largest 100000
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

from autograd import Value
from nn import MLP, hinge, total

SMALLEST = 1_000
MOST_BYTES = 200  # per node, after the backward pass
MOST_SLOWDOWN = 1.5  # time per node at a million nodes relative to a thousand


class Costs(NamedTuple):
    """Seconds for a whole graph."""

    forward: float
    backward: float
    freeing: float


def chain(nodes: int) -> Value:
    """Return the last node of a chain."""
    w, b = Value(0.999), Value(0.001)
    y = Value(1.0)
    for _ in range(nodes // 2):
        y = y * w + b
    return y


def bytes_per_node(nodes: int = 400_000) -> tuple[float, float]:
    """Return what a node weighs after the forward and after the backward pass."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y = chain(nodes)
    forward = tracemalloc.get_traced_memory()[0] - before
    y.backward()
    backward = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return forward / nodes, backward / nodes


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time that some work takes."""
    start = time.process_time()  # not the time that other programs take
    work()
    return time.process_time() - start


def once(nodes: int) -> Costs:
    """Build a chain, differentiate it and let it go."""
    graph: list[Value] = []
    return Costs(
        seconds(lambda: graph.append(chain(nodes))),
        seconds(lambda: graph[0].backward()),
        seconds(graph.clear),
    )


def growth_in_training(steps: int = 50) -> int:
    """Return by how many bytes the memory in use grew over so many training steps."""
    model = MLP(2, [8, 1], activation="tanh", rng=0)
    parameters = model.parameters()
    # More than 20 samples: CPython 3.11 keeps thousands of discarded tuples of length 20.
    samples = [([0.1 * k, 1.0 - 0.1 * k], (-1) ** k) for k in range(30)]

    def step() -> None:
        loss = total([hinge(model(x), t) for x, t in samples])
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= 0.01 * p.grad

    tracemalloc.start()
    for _ in range(5):  # free lists and caches fill up
        step()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(steps):
        step()
    growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return growth


def verdict(met: bool, target: str) -> str:
    return f"(target {target}: {'met' if met else 'MISSED'})"


def print_times(largest: int, rounds: int) -> None:
    """Print nanoseconds per node, the best of some rounds in which all sizes take turns."""
    sizes = [SMALLEST * 10**k for k in range(10) if SMALLEST * 10**k <= largest]
    best: dict[int, Costs] = {}
    for _ in range(rounds):
        for n in sizes:
            repeats = max(1, 20_000 // n)
            for _ in range(repeats):
                costs = once(n)
                best[n] = Costs(*map(min, costs, best.get(n, costs)))
    print(f"\n{'nodes':>9} {'forward':>9} {'backward':>9} {'both':>9} {'freeing':>9}   ns per node")
    for n, costs in best.items():
        forward, backward, freeing = (1e9 * t / n for t in costs)
        both = forward + backward
        print(f"{n:>9,} {forward:>9.0f} {backward:>9.0f} {both:>9.0f} {freeing:>9.0f}")
    small, large = (sum(best[n][:2]) / n for n in (sizes[0], sizes[-1]))
    met = verdict(large / small <= MOST_SLOWDOWN, f"≤ {MOST_SLOWDOWN}")
    print(f"{sizes[-1]:,} nodes relative to {sizes[0]:,}: {large / small:.2f} times {met}")
    print(f"freeing the chain of {sizes[-1]:,} nodes: {best[sizes[-1]].freeing:.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--largest", type=int, default=1_000_000, help="nodes (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each size (%(default)s)")
    parser.add_argument("--collector", action="store_true", help="leave the collector on")
    options = parser.parse_args()
    if options.largest < SMALLEST:
        parser.error(f"--largest must be at least {SMALLEST}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not options.collector:
        gc.disable()

    forward, backward = bytes_per_node()
    met = verdict(round(backward) <= MOST_BYTES, f"≤ {MOST_BYTES}")
    print(f"Python {sys.version.split()[0]}, collector {'on' if gc.isenabled() else 'paused'}")
    print(f"bytes per node: {forward:.0f} after forward, {backward:.0f} after backward {met}")
    growth = growth_in_training()
    met = verdict(growth < 10_000, "none")
    print(f"memory over 50 training steps: {growth:+,} bytes {met}")
    print_times(options.largest, options.rounds)


if __name__ == "__main__":
    main()
