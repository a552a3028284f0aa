"""A course participant's project passes the type checkers, and its mistakes do not.

The project stands beside this file. It finds the packages as they are installed, in a virtual
environment and by their `py.typed`. Lines that must be refused end in ``# type: ignore``, and where
that is not needed it is an error: types may be neither too narrow nor too wide.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STRICT = ["typed.py", "mistakes.py", "readme.py"]
EXECUTABLE = "python.exe" if sys.platform == "win32" else "python"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the README's code, and beside it an environment that has the packages."""
    folder = tmp_path_factory.mktemp("user") / "project"
    shutil.copytree(Path(__file__).parent / "user_project", folder)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (folder / "readme.py").write_text("\n".join(blocks), encoding="utf-8")
    venv.create(folder.parent, symlinks=sys.platform != "win32")
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder.parent)}))
    installed = f"{ROOT}\n{sysconfig.get_path('purelib')}\n"
    (packages / "installed.pth").write_text(installed, encoding="utf-8")
    return folder


def interpreter(project: Path) -> str:
    scripts = sysconfig.get_path("scripts", "venv", {"base": str(project.parent)})
    return str(Path(scripts) / EXECUTABLE)


def run(project: Path, *command: str) -> str:
    """What a command that must succeed in the project's folder prints."""
    environment = {name: x for name, x in os.environ.items() if not name.endswith("PYTHONPATH")}
    environment.pop("MYPYPATH", None)
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["--strict", *STRICT], ["--warn-unused-ignores", "untyped.py", *STRICT]],
    ids=["strict", "default"],
)
def test_mypy_agrees_with_the_project(project: Path, arguments: list[str]) -> None:
    pytest.importorskip("mypy")
    settings = ["--config-file=", "--python-executable", interpreter(project)]
    run(project, sys.executable, "-m", "mypy", *settings, *arguments)


@pytest.mark.slow
def test_pyright_agrees_with_the_project(project: Path) -> None:
    pytest.importorskip("pyright")
    settings = {
        "typeCheckingMode": "standard",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "include": ["*.py"],
    }
    (project / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    told = run(project, sys.executable, "-m", "pyright", "--pythonpath", interpreter(project))
    assert "0 errors, 0 warnings" in told


@pytest.mark.slow
def test_the_project_runs(project: Path) -> None:
    """So that its types are those of what there is."""
    pytest.importorskip("matplotlib")
    program = "import pathlib, typed, untyped; [x.main(pathlib.Path()) for x in (typed, untyped)]"
    run(project, interpreter(project), "-c", program)
    assert (project / "model.json").is_file()
