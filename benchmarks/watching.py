"""How much longer training takes when it is watched: the callback, without the film afterwards.

Each training runs in turns without and with `watch`, in a stand-in for a notebook that takes the
live pictures and throws them away. Of the time of training the callback may take a tenth. Times
are those of the processor; pictures are counted by the clock on the wall.

    python benchmarks/watching.py
    python benchmarks/watching.py --rounds 7
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from types import SimpleNamespace
from typing import Any, NamedTuple

from nn import MLP, fit, watch
from nn.data import load

MOST = 0.1  # of the time of training


class Task(NamedTuple):
    data: str
    hidden: tuple[int, ...]
    epochs: int
    compiled: bool


TASKS = (
    Task("moons", (8,), 60, False),
    Task("moons", (8,), 1000, True),
    Task("spirals", (16, 16), 15, False),
    Task("spirals", (16, 16), 400, True),
)


class Cell:
    """The output of a cell, which nobody looks at."""

    def __init__(self) -> None:
        self.pictures = 0

    def display(self, bundle: Any, **options: Any) -> Cell:
        return self

    def update(self, bundle: Any, **options: Any) -> None:
        self.pictures += 1


def as_in_a_notebook(cell: Cell) -> None:
    shell = SimpleNamespace(kernel=None)
    modules: dict[str, Any] = {
        "IPython": SimpleNamespace(get_ipython=lambda: shell),
        "IPython.display": SimpleNamespace(display=cell.display),
    }
    sys.modules.update(modules)


class Run(NamedTuple):
    training: float  # seconds from the end of the first epoch to the end of the last
    pictures: float  # a second
    film: float  # seconds to make the film


def run(task: Task, watched: bool) -> Run:
    model = MLP(2, [*task.hidden, 1], activation="tanh", output="sigmoid", rng=0)
    about = model, load(task.data), None, "binary_cross_entropy"
    cell = Cell()
    moments: list[tuple[float, float]] = []
    as_in_a_notebook(cell)

    def clock(history: object) -> None:
        moments.append((time.process_time(), time.perf_counter()))

    fit(
        *about,
        lr=0.1,
        epochs=task.epochs,
        batch_size=20,
        compiled=task.compiled,
        progress=False,
        callbacks=[watch(*about), clock] if watched else [clock],
    )
    (start, first), (end, last) = moments[0], moments[-1]
    return Run(end - start, (cell.pictures - 1) / (last - first), time.process_time() - end)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many runs")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, medians of {rounds} runs in turns")
    heads = f"{'alone s':>8} {'watched s':>9} {'more':>7} {'pictures/s':>10} {'film s':>7}"
    print(f"{'training':40} {heads}")
    for task in TASKS:
        pairs = [(run(task, False), run(task, True)) for _ in range(rounds)]
        alone = statistics.median([one.training for one, _ in pairs])
        seen = statistics.median([other.training for _, other in pairs])
        film = statistics.median([other.film for _, other in pairs])
        rate = statistics.median([other.pictures for _, other in pairs])
        more = statistics.median([other.training / one.training for one, other in pairs]) - 1.0
        sizes = "-".join(map(str, (2, *task.hidden, 1)))
        name = f"{task.data} {sizes}, {task.epochs} epochs{', compiled' * task.compiled}"
        verdict = "" if more <= MOST else f"  more than {MOST:.0%}"
        print(f"{name:40} {alone:8.2f} {seen:9.2f} {more:7.1%} {rate:10.1f} {film:7.2f}{verdict}")


if __name__ == "__main__":
    main()
