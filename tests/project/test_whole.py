"""Another package named autograd over, under or before this one: the first import says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What HIPS's package has of this one's names, and of names of its own.
THEIRS = {
    "__init__.py": "from .core import make_vjp\n",
    "core.py": "def make_vjp(): ...\n",
    "tracer.py": "",
    "numpy/__init__.py": "",
}
INSIDE = ["autograd.view", "autograd.compile"]
ABOVE = ["nn", "nn.data", "deltarule", "deltarule.command", "deltarule.exercises"]

# Imports each as if it were the first, and prints what that raised.
PROGRAM = """
import json, sys
from importlib import import_module
said = []
for name in sys.argv[1:]:
    for module in [*sys.modules]:
        if module.split(".")[0] in ("autograd", "nn", "deltarule"):
            del sys.modules[module]
    try:
        import_module(name)
        said.append("")
    except ImportError as error:
        said.append(str(error))
print(json.dumps(said))
"""


def ours(site: Path) -> None:
    """Install this project, over what is there."""
    for name in ("autograd", "nn", "deltarule"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, site / name, dirs_exist_ok=True, ignore=ignored)


def theirs(site: Path) -> None:
    """Install the other one, over what is there."""
    for name, text in THEIRS.items():
        path = site / "autograd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def uninstall_theirs(site: Path) -> None:
    for name in THEIRS:
        (site / "autograd" / name).unlink()


def said_by(names: Sequence[str], *path: Path, options: Sequence[str] = ("-S",)) -> list[str]:
    """Return what the first import of each name raises in folders of packages, or nothing."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(map(str, path)))
    command = [sys.executable, *options, "-c", PROGRAM, *names]
    done = subprocess.run(command, capture_output=True, check=True, env=environment, cwd=path[0])
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_alone_it_imports(tmp_path: Path) -> None:
    ours(tmp_path)
    assert said_by(["deltarule.exercises"], tmp_path) == [""]


def test_theirs_first_and_ours_over_it(tmp_path: Path) -> None:
    theirs(tmp_path)
    ours(tmp_path)
    for said in said_by(["autograd", *INSIDE, *ABOVE], tmp_path):
        assert said.startswith(f"two packages named autograd are mixed in {tmp_path / 'autograd'}:")
        assert '"pip uninstall autograd deltarule"' in said


def test_ours_first_and_theirs_over_it(tmp_path: Path) -> None:
    """Then `import autograd` is theirs, and everything else of ours says so."""
    ours(tmp_path)
    theirs(tmp_path)
    for said in said_by([*INSIDE, *ABOVE], tmp_path):
        assert said.startswith(f"two packages named autograd are mixed in {tmp_path / 'autograd'}:")


def test_what_is_left_when_theirs_is_uninstalled(tmp_path: Path) -> None:
    ours(tmp_path)
    theirs(tmp_path)
    uninstall_theirs(tmp_path)
    for said in said_by([*INSIDE, *ABOVE], tmp_path):
        assert said.startswith(f"files of deltarule are missing in {tmp_path / 'autograd'}, ")
        assert '"pip uninstall deltarule"' in said
    ours(tmp_path)
    assert said_by(["deltarule"], tmp_path) == [""]


@pytest.mark.parametrize("file", ["autograd.py", "autograd/__init__.py"])
@pytest.mark.parametrize("text", ["", "from nn import MLP"], ids=["unrelated", "a user of nn"])
def test_one_of_the_users_own_comes_first(tmp_path: Path, file: str, text: str) -> None:
    """Such as a student's script that is named after what it is about."""
    mine, site = tmp_path / "mine", tmp_path / "site"
    (mine / file).parent.mkdir(parents=True)
    (mine / file).write_text(text)
    ours(site)
    for said in said_by(ABOVE, mine, site):
        assert said.startswith("nn needs the package autograd of deltarule; under that name ")
        assert f"Python finds {mine / file}. If that is yours, rename it" in said


def test_no_engine_at_all(tmp_path: Path) -> None:
    ours(tmp_path)
    shutil.rmtree(tmp_path / "autograd")
    for said in said_by(ABOVE, tmp_path):
        assert "under that name Python finds nothing" in said


@pytest.mark.slow
@pytest.mark.parametrize("are_last", [False, True])
def test_the_real_one(tmp_path: Path, are_last: bool) -> None:
    """HIPS's wheel from the registry, in both orders."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "autograd"]
    subprocess.run([*pip, "--target", tmp_path / "theirs"], check=True, capture_output=True)
    site = tmp_path / "site"
    if not are_last:
        ours(site)
    shutil.copytree(tmp_path / "theirs", site, dirs_exist_ok=True)
    if are_last:
        ours(site)
    first, *others = said_by(["autograd", *INSIDE, *ABOVE], site, options=())
    assert first.startswith("two packages named autograd are mixed") == are_last
    assert all(said.startswith("two packages named autograd are mixed") for said in others)
