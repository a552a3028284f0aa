"""Python 3.14 in a browser's machine code: tests of the engine and of networks, in Pyodide."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "tests" / "helpers" / "pyodide_runner.mjs"

# Those that need the standard library, pytest and mpmath alone.
ENGINE = [
    f"tests/autograd/test_{name}.py"
    for name in (
        *("accuracy", "anomaly", "blocks", "check", "choices", "collector", "conventions"),
        *("copying", "declarations", "extras", "layers", "micrograd", "numbers", "printer"),
        *("selection", "unrecorded"),
    )
]
NETWORKS = ["tests/nn/formulas", "tests/nn/test_cells.py", "tests/nn/train/test_fit.py"]
LEFT_OUT = [
    # Python 3.14 frees nested objects by recursion until little is left of the stack, and Pyodide
    # does not see the end of the browser's.
    "tests/autograd/test_printer.py::test_depth_needs_no_stack",
    # There are no processes, threads or event loops.
    "tests/autograd/test_extras.py::test_a_clone_that_is_not_installed_is_a_folder",
    "tests/autograd/test_copying.py::test_a_pickle_is_read_by_another_process",
    "tests/autograd/test_blocks.py::test_a_block_may_be_shared_by_threads",
    "tests/autograd/test_blocks.py::test_a_task_has_the_mode_of_the_block_it_was_started_in",
    # There is no NumPy to compile for.
    "tests/autograd/test_micrograd.py::test_what_needs_a_rule_refuses_nodes_made_by_hand[compile]",
    "tests/autograd/test_micrograd.py"
    "::test_constant_nodes_made_by_hand_are_compiled_as_their_number",
]

Run = Callable[[str], str]


def output_of(*command: str | Path) -> str:
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Install Pyodide, and pytest beside it; return what runs a program there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "Pyodide needs the program node"
    assert npm, "Pyodide is installed by the program npm"
    folder = tmp_path_factory.mktemp("pyodide")
    packages = folder / "packages"
    tests = [f"pytest=={pytest.__version__}", "mpmath"]
    output_of(sys.executable, "-m", "pip", "install", "-q", "--target", packages, *tests)
    output_of(npm, "install", "--silent", "--no-audit", "--prefix", folder, "pyodide@314")
    pyodide = folder / "node_modules" / "pyodide" / "pyodide.mjs"
    return lambda program: output_of(node, RUNNER, pyodide.as_uri(), ROOT, packages, program)


@pytest.mark.slow
def test_tests_pass(run: Run) -> None:
    """Among them the chain rule against differences, the arithmetic against mpmath, and XOR."""
    left_out = [f"--deselect={name}" for name in LEFT_OUT]
    arguments = ["-q", "-p", "no:cacheprovider", *left_out, *ENGINE, *NETWORKS]
    program = f"import pytest, sys; print(sys.version, sys.platform); int(pytest.main({arguments}))"
    said = run(program)
    assert re.match(r"3\.14\..* emscripten\n", said, re.DOTALL)
    passed = re.search(r"(\d+) passed", said)
    assert passed, said
    assert int(passed[1]) >= 1200, said


@pytest.mark.slow
def test_a_deep_graph_is_differentiated_and_freed(run: Run) -> None:
    """Within the limit that `docs/environments.md` states. Much deeper ones end that Python."""
    program = """
        from autograd import Value
        x = y = Value(0.5)
        for _ in range(3000):
            y = y + x
        y.backward()
        del y
        print(x.grad)
    """
    assert run(program) == "3001.0\n"
