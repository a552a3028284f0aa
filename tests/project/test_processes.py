"""Child processes by fork, forkserver and spawn, and several interpreters in one process."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def output_of(program: str, folder: Path) -> list[str]:
    """Run a program in a file, which other processes can import, and return its lines."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(program), encoding="utf-8")
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [sys.executable, str(path)]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# ---- fork beside threads at work

BESIDE = """
    import gc, os, signal, threading, time
    from autograd import Operation, Value
    from autograd.collector import paused

    begun, ended = threading.Event(), threading.Event()

    def in_child(look):
        pid = os.fork()
        if not pid:
            signal.alarm(60)  # the end of a child that waits for a lock nobody gives back
            look()
            os._exit(0)
        status = os.waitpid(pid, 0)[1]
        print("parent", os.waitstatus_to_exitcode(status), flush=True)
"""


@forks
def test_a_child_can_differentiate_whatever_its_parent_was_doing(tmp_path: Path) -> None:
    """The other thread is in the middle of a pass; the child sees that pass complete."""
    program = f"""{BESIDE}
    def rule(y, x):
        begun.set()
        time.sleep(0.3)
        return (1.0,)

    w = Value(2.0)
    root = 3 * Operation("slow", lambda x: x, rule)(w * 7)
    thread = threading.Thread(target=root.backward)

    def look():
        print(w.grad, root.parents[0].grad, flush=True)
        (w * 10).backward()
        print(w.grad, flush=True)

    thread.start()
    begun.wait()
    in_child(look)
    thread.join()
    (w * 100).backward()
    print(w.grad)
    """
    assert output_of(program, tmp_path) == ["21.0 3.0", "31.0", "parent 0", "121.0"]


@forks
def test_a_pass_may_fork(tmp_path: Path) -> None:
    """The thread that has the lock goes on having it, here and in the child."""
    program = f"""{BESIDE}
    def look():
        thread = threading.Thread(target=(w * 10).backward)
        thread.start()
        thread.join(0.2)
        print(w.grad, thread.is_alive(), flush=True)

    def rule(y, x):
        if not begun.is_set():
            begun.set()
            in_child(look)
        return (1.0,)

    w = Value(2.0)
    Operation("forking", lambda x: x, rule)(w).backward()
    other = threading.Thread(target=(w * 10).backward)
    other.start()
    other.join()
    print(w.grad)
    """
    assert output_of(program, tmp_path) == ["0.0 True", "parent 0", "11.0"]


@forks
def test_a_child_has_a_garbage_collector_though_a_thread_had_paused_it(tmp_path: Path) -> None:
    """One that the forking thread has paused, or the user switched off, stays as it is."""
    program = f"""{BESIDE}
    def work():
        with paused():
            begun.set()
            ended.wait()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    in_child(lambda: print(gc.isenabled(), flush=True))
    print(gc.isenabled())
    ended.set()
    thread.join()
    print(gc.isenabled())
    with paused():
        in_child(lambda: print(gc.isenabled(), flush=True))
    gc.disable()
    with paused():
        pass
    in_child(lambda: print(gc.isenabled(), flush=True))
    """
    assert output_of(program, tmp_path) == [
        *("True", "parent 0", "False", "True"),
        *("False", "parent 0"),
        *("False", "parent 0"),
    ]


# ---- multiprocessing


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_models_and_graphs_travel_between_processes(method: str, tmp_path: Path) -> None:
    """As arguments and as results, with their numbers to the last bit, however deep."""
    program = f"""
    import multiprocessing
    from autograd import Operation, Value, topological_order
    from nn import MLP, fit

    cube = Operation("cube_of_a_test", lambda x: x * x * x, lambda y, x: (3 * x * x,))
    X, T = [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], [1.0, 0.0, 1.0]

    def trained(model):
        fit(model, X, T, loss="half_squared_error", epochs=2, shuffle=False, progress=False)
        return model

    def differentiated(root):
        root.backward()
        return root

    def deep():
        x = Value(2.0, label="x")
        y = cube(x)
        for _ in range(20_000):
            y = y + x
        return y

    if __name__ == "__main__":
        here = trained(MLP(2, [3, 1], rng=0))
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            first, second = pool.map(trained, [MLP(2, [3, 1], rng=0) for _ in range(2)])
            root = pool.apply(differentiated, [deep()])
        models = [here, first, second, MLP(2, [3, 1], rng=0)]
        numbers = [[w.data for w in model.parameters()] for model in models]
        print(numbers[0] == numbers[1] == numbers[2] != numbers[3])
        nodes = topological_order(root)
        print(len(nodes), root.data, nodes[0].label, nodes[0].grad)
    """
    assert output_of(program, tmp_path) == ["True", "20002 40008.0 x 20012.0"]


# ---- interpreters


def test_interpreters_of_one_process_have_nothing_in_common(tmp_path: Path) -> None:
    """Each has a table, a clock and a lock of its own; from Python 3.13 on they work at once."""
    program = """
    import sys
    from importlib import import_module
    from threading import Thread

    is_new = sys.version_info >= (3, 13)
    interpreters = import_module("_interpreters" if is_new else "_xxsubinterpreters")
    work = '''if True:
        from autograd import Operation, Value, gradients, no_grad

        row = Operation("row_of_a_test", lambda x: NUMBER * x, lambda y, x: (NUMBER * 1.0,))
        x = Value(3.0)
        for _ in range(50):
            (row(x) * x).backward()
        with no_grad():
            unrecorded = row(x).parents
        x.data = 5.0
        with open("NUMBER", "w") as file:
            print(x.grad, gradients(row(x), [x]), unrecorded, file=file)
    '''
    numbers = [1, 2, 3, 4]
    made = [interpreters.create() for _ in numbers]
    texts = [work.replace("NUMBER", str(number)) for number in numbers]
    if is_new:
        threads = [Thread(target=interpreters.run_string, args=pair) for pair in zip(made, texts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:  # which hangs, with any program, if several are at work
        for pair in zip(made, texts):
            interpreters.run_string(*pair)
    for interpreter in made:
        interpreters.destroy(interpreter)
    print(*[open(str(number)).read().strip() for number in numbers], sep=chr(10))
    from autograd.operations import TABLE
    print("row_of_a_test" in TABLE)
    """
    lines = [f"{300.0 * number} [{number}.0] ()" for number in (1, 2, 3, 4)]
    assert output_of(program, tmp_path) == [*lines, "False"]
