"""A GPT of scalars, one update after the other, as A. Karpathy's microgpt trains it.

The algorithm of https://gist.github.com/karpathy/8627fe009c40f57531cb18360106ce95 on this engine's
nodes: 4 192 parameters, one document an update, Adam. Most of what one waits for is Python's cyclic
garbage collector, which is left on here, as it is for everybody who does not know better.

    python benchmarks/gpt.py
    python benchmarks/gpt.py --against ../older-checkout   # in turns, a process each
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

WIDTH, HEADS, BLOCK = 16, 4, 16
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = len(LETTERS) + 1  # and one token for the beginning and the end
ROUNDS = 5


def documents(count: int) -> list[str]:
    """Return made-up names of the usual lengths."""
    rng = random.Random(1)
    return ["".join(rng.choices(LETTERS, k=rng.randint(4, 9))) for _ in range(count)]


def new_model(value: Any) -> dict[str, list[list[Any]]]:
    rng = random.Random(42)
    shapes = {
        "tokens": (VOCABULARY, WIDTH),
        "positions": (BLOCK, WIDTH),
        "out": (VOCABULARY, WIDTH),
        "query": (WIDTH, WIDTH),
        "key": (WIDTH, WIDTH),
        "value": (WIDTH, WIDTH),
        "mix": (WIDTH, WIDTH),
        "wide": (4 * WIDTH, WIDTH),
        "narrow": (WIDTH, 4 * WIDTH),
    }
    return {
        name: [[value(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def linear(x: list[Any], w: list[list[Any]]) -> list[Any]:
    return [sum(w_i * x_i for w_i, x_i in zip(row, x)) for row in w]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(logit.data for logit in logits)
    e = [(logit - largest).exp() for logit in logits]
    total = sum(e)
    return [e_i / total for e_i in e]


def normed(x: list[Any]) -> list[Any]:
    scale = (sum(x_i * x_i for x_i in x) / len(x) + 1e-5) ** -0.5
    return [x_i * scale for x_i in x]


def logits_of(
    model: dict[str, list[list[Any]]], token: int, position: int, past: list[tuple[Any, Any]]
) -> list[Any]:
    x = [t + p for t, p in zip(model["tokens"][token], model["positions"][position])]
    x = normed(x)
    before, x = x, normed(x)
    past.append((linear(x, model["key"]), linear(x, model["value"])))
    query, attended = linear(x, model["query"]), []
    size = WIDTH // HEADS
    for start in range(0, WIDTH, size):
        part = slice(start, start + size)
        scores = [sum(q * k for q, k in zip(query[part], key[part])) / size**0.5 for key, _ in past]
        weights = softmax(scores)
        attended += [
            sum(weight * values[i] for weight, (_, values) in zip(weights, past))
            for i in range(start, start + size)
        ]
    x = [a + b for a, b in zip(linear(attended, model["mix"]), before)]
    before = x
    wide = [x_i.relu() for x_i in linear(normed(x), model["wide"])]
    x = [a + b for a, b in zip(linear(wide, model["narrow"]), before)]
    return linear(x, model["out"])


def train(steps: int) -> float:
    """Train for some updates and return the seconds of CPU time they took."""
    from autograd import Value

    model = new_model(Value)
    parameters = [p for matrix in model.values() for row in matrix for p in row]
    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    texts = documents(steps)
    start = time.process_time()
    for step, text in enumerate(texts):
        ends = [len(LETTERS)]
        tokens = ends + [LETTERS.index(letter) for letter in text] + ends
        past: list[tuple[Any, Any]] = []
        losses = []
        for position in range(min(BLOCK, len(tokens) - 1)):
            probabilities = softmax(logits_of(model, tokens[position], position, past))
            losses.append(-probabilities[tokens[position + 1]].log())
        loss = sum(losses) / len(losses)
        loss.backward()
        rate = 0.01 * (1.0 - step / steps)
        for i, p in enumerate(parameters):
            first[i] = 0.85 * first[i] + 0.15 * p.grad
            second[i] = 0.99 * second[i] + 0.01 * p.grad**2
            mean, power = first[i] / (1 - 0.85 ** (step + 1)), second[i] / (1 - 0.99 ** (step + 1))
            p.data -= rate * mean / (power**0.5 + 1e-8)
            p.grad = 0.0
    return time.process_time() - start


def in_a_process(checkout: Path, steps: int, collector: bool) -> float:
    """Return the time that the engine of a checkout takes."""
    options = [] if collector else ["--no-collector"]
    done = subprocess.run(
        [sys.executable, __file__, "--steps", str(steps), "--alone", *options],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--steps", type=int, default=10, help="updates (%(default)s)")
    parser.add_argument("--against", type=Path, help="another checkout to compare with")
    parser.add_argument("--no-collector", action="store_true", help="switch the collector off")
    parser.add_argument("--alone", action="store_true", help="print the seconds of one run only")
    options = parser.parse_args()
    if options.alone:
        if options.no_collector:
            gc.disable()
        print(train(options.steps))
        return
    here = Path(__file__).resolve().parent.parent
    checkouts = [here] if options.against is None else [here, options.against.resolve()]
    times: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
    for _ in range(ROUNDS):
        for checkout in checkouts:
            times[checkout].append(in_a_process(checkout, options.steps, not options.no_collector))
    collector = "off" if options.no_collector else "on"
    print(f"{options.steps} updates, collector {collector}, CPU time, best of {ROUNDS}")
    for checkout in checkouts:
        print(f"{min(times[checkout]):7.2f} s  {'this checkout' if checkout == here else checkout}")
    if options.against is not None:
        ratios = sorted(b / a for a, b in zip(*times.values()))
        print(f"faster by a factor of {ratios[ROUNDS // 2]:.2f} (median of the rounds)")


if __name__ == "__main__":
    main()
