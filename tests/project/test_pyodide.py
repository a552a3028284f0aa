"""The engine under Python 3.14 in a browser's machine code: its tests, run by Pyodide in node."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Those that need pytest alone: NumPy, threads, child processes and a deep stack are not there.
FILES = ["anomaly", "check", "choices", "collector", "conventions", "declarations", "layers"]
FILES += ["numbers", "printer", "selection"]


def run(*command: Any, folder: Path | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
def test_the_tests_of_the_engine_pass_under_pyodide(tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "needs the program node"
    assert npm, "needs the program npm"
    packages = ["pytest", "iniconfig", "packaging", "pluggy", "pygments"]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    run(*pip, "--target", tmp_path / "packages", *packages)
    run(npm, "install", "--silent", "--no-audit", "pyodide@314", folder=tmp_path)
    said = run(
        *(node, ROOT / "tests" / "helpers" / "pyodide_run.mjs"),
        *(tmp_path / "node_modules" / "pyodide" / "pyodide.mjs", ROOT, tmp_path / "packages"),
        *(f"tests/autograd/test_{name}.py" for name in FILES),
    )
    assert "Python 3.14" in said
    passed = re.search(r"(\d+) passed", said)
    assert passed, said
    assert int(passed[1]) > 600, said
