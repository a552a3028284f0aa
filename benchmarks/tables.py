"""How good `deltarule train FILE.csv` is without any option, beside linear models and guessing.

Every table is written to a CSV file and learnt as the command learns it, for five seeds: each has
another quarter of the rows held out, other weights and another order. Its peers learn from the same
rows. The target: the mean over the seeds is at most 0.01 below the better of the linear model and
the guess, in accuracy; for regression the RMSE at most 1 % above. A table that is curved has
another: well above the linear model.

    pip install scikit-learn
    python benchmarks/tables.py
    python benchmarks/tables.py --only iris,wavy --seeds 2
    python benchmarks/tables.py --made 7              # tables made from other random numbers
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from deltarule.command import train
from deltarule.command.arguments import Parser
from deltarule.command.learning import learn
from deltarule.command.result import Result
from deltarule.command.task import Task

MOST_BELOW: Final = 0.01  # the better of linear model and guess
Numbers = npt.NDArray[Any]
Table = tuple[Numbers, Numbers]  # inputs, and targets: integers are classes


def noisy(rng: np.random.Generator) -> Table:
    """Few of eight inputs count, and 22 % of the labels are wrong, as in pima."""
    x = rng.normal(size=(768, 8))
    y = x[:, 0] + 0.6 * x[:, 1] + 0.4 * x[:, 2] > 0.55
    return x, _flipped(rng, y, 0.22)


def uncertain(rng: np.random.Generator) -> Table:
    """Forty inputs, most of them 0 or 1 and of no use; 70 to 30, as in german."""
    x = rng.normal(size=(1000, 40))
    x[:, 10:] = x[:, 10:] > 0.8
    a = 0.5 * x[:, 0] - 0.4 * x[:, 1] + 0.8 * x[:, 10] - 0.7 * x[:, 11] + 0.3 * x[:, 2] * x[:, 3]
    return x, (rng.random(1000) < 1 / (1 + np.exp(1.1 - a))).astype(int)


def unrelated(rng: np.random.Generator) -> Table:
    """Labels, 65 to 35, that have nothing to do with the inputs."""
    return rng.normal(size=(300, 10)), (rng.random(300) < 0.35).astype(int)


def imbalanced(rng: np.random.Generator) -> Table:
    """Ninety of one class to ten of the other."""
    x = rng.normal(size=(600, 10))
    a = 1.5 * x[:, 0] + x[:, 1] - 0.7 * x[:, 2] + rng.normal(size=600)
    return x, (a > np.quantile(a, 0.9)).astype(int)


def unequal(rng: np.random.Generator) -> Table:
    """Seven classes, of 143 rows down to 4, as in ecoli."""
    y = np.repeat(np.arange(7), [143, 77, 52, 35, 20, 5, 4])
    return 1.1 * rng.normal(size=(7, 7))[y] + rng.normal(size=(len(y), 7)), y


def votes(rng: np.random.Generator) -> Table:
    """Sixteen answers, yes or no, each some evidence."""
    y = (rng.random(435) < 0.39).astype(int)
    often, apart = rng.uniform(0.2, 0.8, 16), rng.uniform(-0.27, 0.27, 16)
    chance = np.clip(often + np.where(y[:, None] == 1, apart, -apart), 0.03, 0.97)
    return (rng.random((435, 16)) < chance).astype(float), y


def wide(rng: np.random.Generator) -> Table:
    """Sixty rows of 200 inputs, ten of which count."""
    y = np.arange(60) % 2
    x = rng.normal(size=(60, 200))
    x[:, :10] += np.where(y[:, None] == 1, 0.5, -0.5)
    return x, y


def many(rng: np.random.Generator) -> Table:
    """Thirty classes of 20 rows each."""
    y = np.repeat(np.arange(30), 20)
    return 1.5 * rng.normal(size=(30, 10))[y] + rng.normal(size=(600, 10)), y


def arcs(rng: np.random.Generator) -> Table:
    """Eight classes on arcs that wind round each other, seen through ten noisy inputs: vowels."""
    y, t = np.arange(900) % 8, rng.uniform(-1, 1, 900)
    angle, radius = 2 * np.pi * y / 8 + t, 1 + 0.9 * t
    seen = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) @ rng.normal(size=(2, 6))
    return np.hstack([seen + 0.25 * rng.normal(size=(900, 6)), rng.normal(size=(900, 4))]), y


def wavy(rng: np.random.Generator) -> Table:
    """Two classes with a boundary that is nowhere straight, as in phoneme."""
    x = rng.normal(size=(2500, 5))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] > 0.6
    return x, _flipped(rng, y, 0.05)


def tips(rng: np.random.Generator) -> Table:
    """What guests leave: a share of the bill, with much noise that grows with it."""
    bill, guests = rng.gamma(4.0, 5.0, 244), 1.0 + rng.poisson(1.5, 244)
    x = np.column_stack([bill, guests, rng.integers(0, 2, (244, 4))])
    return x, 0.1 * bill + 0.18 * guests + 0.9 + rng.normal(size=244) * (0.3 + 0.04 * bill)


def few(rng: np.random.Generator) -> Table:
    """Regression with 30 inputs and 120 rows, and more noise than signal."""
    x = rng.normal(size=(120, 30))
    return x, x[:, :4] @ [2.0, -1.0, 1.0, 0.5] + 3 * rng.normal(size=120)


def miles(rng: np.random.Generator) -> Table:
    """Miles per gallon: the inverse of weight and power, better from year to year."""
    x, year = rng.normal(size=(398, 3)), rng.integers(70, 83, 398).astype(float)
    weight, power = np.exp(0.35 * x[:, 0]), np.exp(0.32 * x[:, 0] + 0.24 * x[:, 1])
    origin = np.eye(3)[rng.integers(0, 3, 398)]
    y = 24 / (0.5 * weight + 0.3 * power + 0.2) + 0.5 * (year - 76) + 1.5 * origin[:, 0]
    size, time = weight * np.exp(0.2 * x[:, 2]), 15 - 3 * x[:, 1] + x[:, 2]
    y += rng.normal(size=398) * 1.6
    return np.column_stack([weight, power, size, time, year, origin]), y


def friedman(rng: np.random.Generator) -> Table:
    """J. Friedman's first test function, five of ten inputs count ("MARS", 1991)."""
    x = rng.random((500, 10))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    return x, y + 10 * x[:, 3] + 5 * x[:, 4] + rng.normal(size=500)


def exact(rng: np.random.Generator) -> Table:
    """Forty points of a parabola, without noise: what one makes up to try the command."""
    x = rng.uniform(-2, 2, (40, 1))
    return x, x[:, 0] ** 2


MADE: Final[tuple[Callable[[np.random.Generator], Table], ...]] = (
    noisy, uncertain, unrelated, imbalanced, unequal, votes, wide, many, arcs, wavy, tips, few,
    miles, friedman, exact,
)  # fmt: skip
SHIPPED: Final = ("iris", "wine", "breast_cancer", "digits", "diabetes")
MOST_ROWS: Final = 600  # of digits


def _flipped(rng: np.random.Generator, y: Numbers, share: float) -> Numbers:
    return (y ^ (rng.random(len(y)) < share)).astype(int)


def tables(seed: int) -> Iterator[tuple[str, Table]]:
    """Yield all tables with their names; those that are made, from the numbers of a seed."""
    from sklearn import datasets

    for name in SHIPPED:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        yield name, (x[:MOST_ROWS], y[:MOST_ROWS])
    for k, make in enumerate(MADE):
        yield make.__name__, make(np.random.default_rng([seed, k]))


def write(path: Path, table: Table) -> None:
    inputs, targets = table
    is_number = targets.dtype.kind == "f"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([*[f"x{i}" for i in range(inputs.shape[1])], "target"])
        for x, t in zip(inputs.tolist(), targets.tolist(), strict=True):
            rows.writerow([*x, t if is_number else f"class {t}"])


class Results(NamedTuple):
    """Accuracy, or the root of the mean squared error, on the rows held out."""

    ours: float
    linear: float
    guess: float
    network: float
    seconds: float


def compared(path: Path, is_regression: bool, seed: int) -> Results:
    """Learn a table by the command with one seed, and by its peers from the same rows."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parser = Parser()
    train.declare(parser.add_subparsers())
    kind = "regression" if is_regression else "classification"
    typed = ["train", str(path), "--target", "target", "--task", kind, "--seed", str(seed)]
    task = Task(parser.parse_args([*typed, "--quiet"]))
    _, seconds = learn(task)

    def quality(peer: Any) -> float:
        learner = make_pipeline(StandardScaler(), peer)
        learner.fit(task.training.inputs, task.training.targets)
        if not is_regression:
            return float(learner.score(task.test.inputs, task.test.targets))
        missed = learner.predict(task.test.inputs) - np.array(task.test.targets)
        return float(np.sqrt(np.mean(missed**2)))

    if is_regression:
        peers = [LinearRegression(), DummyRegressor(), MLPRegressor(random_state=seed)]
    else:
        linear = LogisticRegression(max_iter=2000)
        peers = [linear, DummyClassifier(), MLPClassifier(random_state=seed)]
    linear, guess, network = map(quality, peers)
    return Results(Result.of(task).test, linear, guess, network, seconds)


def row(name: str, table: Table, seeds: range) -> tuple[str, bool]:
    """Return what is printed of a table, and whether the target is missed."""
    inputs, targets = table
    is_regression = targets.dtype.kind == "f"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.csv")
        write(path, table)
        results = np.array([compared(path, is_regression, seed) for seed in seeds])
    mean, deviation = results.mean(0), results.std(0)
    ours, linear, guess = mean[:3]
    if is_regression:
        worse = ours / min(linear, guess) - 1
        cells = [f"{m:#.4g} ± {d:#.2g}" for m, d in zip(mean[:4], deviation, strict=False)]
    else:
        worse = max(linear, guess) - ours
        cells = [f"{m:.3f} ± {d:.3f}" for m, d in zip(mean[:4], deviation, strict=False)]
    classes = "" if is_regression else len({*targets.tolist()})
    numbers = f"{name:14}{len(inputs):>5}{inputs.shape[1]:>7}{classes:>8}"
    numbers += "".join([f"{cell:>17}" for cell in cells]) + f"{mean[4]:9.1f}"
    is_missed = bool(worse > MOST_BELOW)
    return numbers + f"  {worse:.3f}" * is_missed, is_missed


def main() -> None:
    parser = argparse.ArgumentParser(description="The command's defaults beside linear models.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--made", type=int, default=0, help="seed of the tables that are made")
    parser.add_argument("--only", type=lambda text: text.split(","), help="names of tables")
    options = parser.parse_args()
    try:
        import sklearn
    except ImportError:
        sys.exit("scikit-learn has the tables and the peers: pip install scikit-learn")
    warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
    kinds: dict[str, dict[str, Table]] = {"accuracy": {}, "RMSE": {}}
    for name, table in tables(options.made):
        if options.only is None or name in options.only:
            kinds["RMSE" if table[1].dtype.kind == "f" else "accuracy"][name] = table
    seeds = range(options.first, options.first + options.seeds)
    print(f"mean ± standard deviation over {len(seeds)} seeds; scikit-learn {sklearn.__version__}")
    peers = "".join([f"{name:>17}" for name in ("ours", "linear", "guess", "sklearn's MLP")])
    missed = 0
    for quantity, kind in kinds.items():
        head = f"{quantity:14}{'rows':>5}{'inputs':>7}{'classes':>8}"
        print(f"\n{head}{peers}{'seconds':>9}  missed by")
        for name, table in kind.items():
            line, is_missed = row(name, table, seeds)
            print(line, flush=True)
            missed += is_missed
    print(f"\nThe target is missed for {missed} of {sum(map(len, kinds.values()))} tables.")


if __name__ == "__main__":
    main()
