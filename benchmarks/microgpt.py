"""microgpt: a GPT of 4 192 scalars, by this engine, by the original program, by Rust, by PyTorch.

The algorithm of https://gist.github.com/karpathy/8627fe009c40f57531cb18360106ce95 as
`deltarule.gpt` has it, learning the thousand names of `deltarule.names`. Other programs are
measured where they are given: the original file, and the binary of a port to Rust,
https://github.com/mplekh/rust-microgpt, built by `cargo build --release`.

    python benchmarks/microgpt.py
    python benchmarks/microgpt.py --original microgpt.py --rust target/release/rust-microgpt
    python benchmarks/microgpt.py --original microgpt.py --check 200    # the same errors?
    python benchmarks/microgpt.py --against ../older-checkout           # scalars only

Each system learns in a process of its own; all take turns, round after round.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

HERE = Path(__file__).resolve().parent.parent
DECAY_STEPS = 1000  # of the original
BATCH = 64
SEED = 42
Update = Callable[[int, float], None]  # told of each update: its number, from 1, and the error


# -- the systems, each learning until it is told to stop ------------------------------------------


def new_model() -> tuple[Any, list[str]]:
    """Return the model and the names in the order of the original, which draws both from a seed."""
    from deltarule.gpt import GPT
    from deltarule.names import NAMES

    rng, names = random.Random(SEED), list(NAMES)
    rng.shuffle(names)
    return GPT("".join(sorted(set("".join(names)))), rng=rng), names


def scalars(options: Any, update: Update) -> None:
    from deltarule.gpt import train

    if options.no_collector:
        gc.disable()
    model, names = new_model()
    train(model, names, sys.maxsize, decay_steps=DECAY_STEPS, callback=update)


def compiled(engine: str, batch: int) -> Callable[[Any, Update], None]:
    def run(options: Any, update: Update) -> None:
        from deltarule.gpt import train_compiled

        train_compiled(
            *new_model(),
            sys.maxsize,
            batch=batch,
            decay_steps=DECAY_STEPS,
            callback=update,
            engine=engine,
        )

    return run


def original(options: Any, update: Update) -> None:
    """Run the file as it is, but for `print`, which it calls after each update."""
    numbers: dict[str, Any] = {"__name__": "original"}

    def show(*text: Any, **how: Any) -> None:
        if how.get("end") == "\r":
            update(numbers["step"] + 1, numbers["loss"].data)

    numbers["print"] = show
    source = options.original.read_text(encoding="utf-8")
    with in_a_folder_with_names():
        exec(compile(source, str(options.original), "exec"), numbers)


def pytorch(batch: int) -> Callable[[Any, Update], None]:
    def run(options: Any, update: Update) -> None:
        import torch
        from torch.nn.functional import cross_entropy, relu, rms_norm, scaled_dot_product_attention

        from deltarule.gpt import BETAS, LEARNING_RATE, batches

        torch.set_num_threads(1)
        model, names = new_model()
        (block,) = model.blocks
        heads, width = block.heads, len(block.query)

        def tensor(matrix: Any) -> Any:
            rows = [[w.data for w in row] for row in matrix]
            return torch.tensor(rows, dtype=torch.float64, requires_grad=True)

        letters, positions, output = map(tensor, (model.letters, model.positions, model.output))
        query, key, value = map(tensor, (block.query, block.key, block.value))
        mix, hidden, back = map(tensor, (block.mix, block.hidden, block.back))
        parameters = [letters, positions, output, query, key, value, mix, hidden, back]

        def normed(x: Any) -> Any:
            return rms_norm(x, (width,), eps=1e-5)

        def logits(tokens: Any) -> Any:
            x = normed(letters[tokens] + positions[: tokens.shape[1]])
            h, shape = normed(x), (*tokens.shape, heads, width // heads)
            q, k, v = [(h @ w.T).view(shape).transpose(1, 2) for w in (query, key, value)]
            found = scaled_dot_product_attention(q, k, v, is_causal=True)
            x = found.transpose(1, 2).reshape(x.shape) @ mix.T + x
            return (relu(normed(x) @ hidden.T) @ back.T + x) @ output.T

        adam = torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=BETAS, fused=True)
        rate = torch.optim.lr_scheduler.PolynomialLR(adam, DECAY_STEPS)
        for step, some in enumerate(batches(names, batch), start=1):
            x, t = map(torch.tensor, zip(*map(model.pair, some)))
            loss = cross_entropy(logits(x).flatten(0, 1), t.flatten())
            adam.zero_grad()
            loss.backward()
            adam.step()
            rate.step()
            update(step, loss.item())

    return run


class System(NamedTuple):
    """What is measured: how it runs, and the updates and documents of a round."""

    run: Callable[[Any, Update], None] | None  # None for a binary, which runs for itself
    updates: int
    batch: int = 1


def systems(options: Any) -> dict[str, System]:
    """Return what can be measured here."""
    from autograd.compile.engines import ENGINES

    found = {}
    if options.original is not None:
        found["original"] = System(original, 10)
    found["scalars"] = System(scalars, 10)
    if options.rust is not None:
        found["rust"] = System(None, 1000)
    for engine in options.engines or [name for name in ("numpy", "c") if name in ENGINES]:
        found[f"compiled: {engine}"] = System(compiled(engine, 1), 1000)
        found[f"compiled: {engine}, {BATCH}"] = System(compiled(engine, BATCH), 64, BATCH)
    if importlib.util.find_spec("torch") is not None:
        found["pytorch eager"] = System(pytorch(1), 1000)
        found[f"pytorch eager, {BATCH}"] = System(pytorch(BATCH), 64, BATCH)
    return found


# -- a process for each ----------------------------------------------------------------------------


@contextmanager
def in_a_folder_with_names() -> Iterator[None]:
    """Work for a while in a new folder with the names in input.txt, where the others look."""
    from deltarule.names import NAMES

    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "input.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def work(system: System, options: Any) -> None:
    """Learn for a round whenever a line comes in; say what it took, and the errors."""
    errors: list[float] = []
    start = 0.0

    def update(step: int, error: float) -> None:
        nonlocal start
        errors.append(error)
        if len(errors) == options.updates:
            seconds = time.process_time() - start
            print(json.dumps({"seconds": seconds, "errors": errors}), flush=True)
            errors.clear()
            if not sys.stdin.readline():
                sys.exit()
            start = time.process_time()

    sys.stdin.readline()
    start = time.process_time()
    assert system.run is not None
    system.run(options, update)


class Worker:
    """A system that learns in a process of its own, one round at a time."""

    def __init__(self, name: str, updates: int, options: Any, checkout: Path = HERE) -> None:
        command = [sys.executable, __file__, "--work", name, "--updates", str(updates)]
        for option in ("original", "rust"):
            if getattr(options, option) is not None:
                command += [f"--{option}", str(getattr(options, option))]
        command += ["--engines", *options.engines] if options.engines else []
        command += ["--no-collector"] if options.no_collector else []
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(checkout)},
        )
        self.lines_in: Any = self.process.stdin
        self.lines_out: Any = self.process.stdout
        self.errors: list[float] = []

    def round(self) -> float:
        """Return the seconds of CPU time of a round."""
        self.lines_in.write("\n")
        self.lines_in.flush()
        line = self.lines_out.readline()
        if not line:
            raise RuntimeError("a system has stopped: what it said is above")
        done = json.loads(line)
        self.errors += done["errors"]
        return float(done["seconds"])

    def stop(self) -> None:
        self.lines_in.close()
        self.process.wait()


class Binary:
    """A program that learns for a thousand updates and then invents twenty names."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def round(self) -> float:
        with in_a_folder_with_names():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([self.path], stdout=subprocess.DEVNULL, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def stop(self) -> None: ...


# -- what is asked ---------------------------------------------------------------------------------


def check(found: dict[str, System], options: Any) -> None:
    """Compare the errors of all systems that take one document at a time, update by update."""
    learnt = {}
    for name, system in found.items():
        if system.run is not None and system.batch == 1:
            worker = Worker(name, options.check, options)
            worker.round()
            worker.stop()
            learnt[name] = worker.errors
    first, *others = learnt
    print(f"greatest difference of {options.check} errors from those of {first}")
    for name in others:
        difference = max(abs(a - b) for a, b in zip(learnt[first], learnt[name]))
        print(f"{name:22} {difference:8.1e}")


def measure(found: dict[str, System], options: Any) -> None:
    running: dict[str, Worker | Binary] = {
        name: Binary(options.rust) if system.run is None else Worker(name, system.updates, options)
        for name, system in found.items()
    }
    first = {name: worker.round() for name, worker in running.items()}
    for name, system in found.items():
        if system.batch > 1:  # until rarer lengths have been met
            for _ in range(2):
                first[name] += running[name].round()
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(options.rounds):
        for name, worker in running.items():
            times[name].append(worker.round() * 1e3 / found[name].updates)
    for worker in running.values():
        worker.stop()
    least = {name: min(some) for name, some in times.items()}
    base = next(name for name in ("rust", "original", "scalars") if name in found)
    print(f"CPU time, least of {options.rounds} rounds in turns; 'first' with what is compiled")
    print(f"{'':22} ms / update  µs / document  {base} / it  first s")
    for name, system in found.items():
        each = least[name] / system.batch
        ratio = least[base] / each
        print(f"{name:22} {least[name]:11.3f} {each * 1e3:14.1f} {ratio:10.3g} {first[name]:8.1f}")
    for a, b, wanted in (
        ("original", "scalars", 2.0),
        ("rust", "compiled: c", 4.0),
        ("rust", f"compiled: c, {BATCH}", 20.0),
        (f"pytorch eager, {BATCH}", f"compiled: numpy, {BATCH}", 1.0),
    ):
        if a in least and b in least:
            ratio = least[a] / found[a].batch / (least[b] / found[b].batch)
            word = "reached" if ratio >= wanted else "missed"
            print(f"{a} / {b}: {ratio:.2f}, wanted {wanted:g}: {word}")


def against(options: Any) -> None:
    """Compare the scalars of two checkouts of this project."""
    checkouts = [HERE, options.against.resolve()]
    workers = [Worker("scalars", 10, options, checkout) for checkout in checkouts]
    for worker in workers:
        worker.round()
    times = [[worker.round() for worker in workers] for _ in range(options.rounds)]
    for worker in workers:
        worker.stop()
    for checkout, some in zip(checkouts, zip(*times)):
        print(f"{min(some) * 100:7.1f} ms / update  {checkout}")
    ratios = sorted(other / own for own, other in times)
    print(f"faster by a factor of {ratios[len(ratios) // 2]:.2f} (median of the rounds)")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--original", type=Path, help="the file microgpt.py")
    parser.add_argument("--rust", type=Path, help="the binary of the port to Rust")
    parser.add_argument("--check", type=int, help="compare the errors of so many updates only")
    parser.add_argument("--against", type=Path, help="another checkout, whose scalars to compare")
    parser.add_argument("--engines", nargs="+", help="of compile; numpy, and c where it is")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--no-collector", action="store_true", help="off for the scalars")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--updates", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.original is not None:
        options.original = options.original.resolve()
    if options.against is not None:
        against(options)
        return
    found = systems(options)
    if options.work is not None:
        work(found[options.work], options)
    elif options.check is not None:
        check(found, options)
    else:
        measure(found, options)


if __name__ == "__main__":
    main()
