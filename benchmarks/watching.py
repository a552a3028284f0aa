"""How much longer training takes when it is watched: the callback, without the film afterwards.

Training runs in a stand-in for a notebook that takes the live pictures and throws them away. Of the
time of training the callback may take a tenth. Times are those of the processor; pictures are
counted by the clock on the wall.

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

from nn import MLP, History, fit, watch
from nn.data import load
from nn.train import Watch

MOST = 0.1  # of the time of training


class Task(NamedTuple):
    data: str
    hidden: tuple[int, ...]
    epochs: int
    compiled: bool


TASKS = (
    Task("moons", (8,), 60, False),
    Task("moons", (8,), 1000, True),
    Task("spirals", (16, 16), 20, False),
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


class Timed:
    """A callback, and how long it took in each of its calls."""

    def __init__(self, seen: Watch) -> None:
        self.seen, self.spent = seen, 0.0
        self.start, self.wall = time.process_time(), time.perf_counter()

    def __enter__(self) -> None:
        self.seen.__enter__()
        self.start, self.wall = time.process_time(), time.perf_counter()

    def __call__(self, history: History) -> None:
        start = time.process_time()
        self.seen(history)
        self.end = time.process_time()
        self.spent += self.end - start

    def __exit__(self, *error: object) -> None:
        self.wall = time.perf_counter() - self.wall
        self.seen.__exit__(*error)
        self.film = time.process_time() - self.end


class Run(NamedTuple):
    training: float  # seconds, without the callback
    share: float  # of the callback, relative to that
    pictures: float  # a second
    film: float  # seconds to make the film


def run(task: Task) -> Run:
    model = MLP(2, [*task.hidden, 1], activation="tanh", output="sigmoid", rng=0)
    about = model, load(task.data), None, "binary_cross_entropy"
    cell = Cell()
    as_in_a_notebook(cell)
    timed = Timed(watch(*about))
    options = {"lr": 0.1, "epochs": task.epochs, "batch_size": 20, "compiled": task.compiled}
    fit(*about, **options, progress=False, callbacks=[timed])
    training = timed.end - timed.start - timed.spent
    return Run(training, timed.spent / training, (cell.pictures - 1) / timed.wall, timed.film)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many runs")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, medians of {rounds} runs")
    heads = f"{'training s':>10} {'callback':>8} {'pictures/s':>10} {'film s':>7}"
    print(f"{'':40} {heads}")
    for task in TASKS:
        training, share, rate, film = [
            statistics.median(numbers) for numbers in zip(*[run(task) for _ in range(rounds)])
        ]
        sizes = "-".join(map(str, (2, *task.hidden, 1)))
        name = f"{task.data} {sizes}, {task.epochs} epochs{', compiled' * task.compiled}"
        verdict = "" if share <= MOST else f"  more than {MOST:.0%}"
        print(f"{name:40} {training:10.2f} {share:8.1%} {rate:10.1f} {film:7.2f}{verdict}")


if __name__ == "__main__":
    main()
