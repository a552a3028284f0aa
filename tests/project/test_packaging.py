"""The wheel: every package, the notebooks, the script, one version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

import autograd
import deltarule

ROOT = Path(__file__).parents[2]
PACKAGES = ("autograd", "nn", "deltarule")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_is_in_the_wheel() -> None:
    """The list in pyproject.toml is written by hand: the notebooks are not where they go."""
    folders = [path.parent for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")]
    packages = [".".join(folder.relative_to(ROOT).parts) for folder in folders]
    packages += ["autograd.view.page", "deltarule.playground.page"]
    packages += ["deltarule.notebooks", "deltarule.notebooks.thumbnails"]
    assert sorted(SETTINGS["tool"]["setuptools"]["packages"]) == sorted(packages)


def test_the_version_is_said_once() -> None:
    assert deltarule.__version__ == autograd.__version__
    assert "version" not in SETTINGS["project"]


@pytest.mark.slow
def test_an_installed_package_has_all_it_needs(tmp_path: Path) -> None:
    """Version, script and types are told by the wheel, and the command copies the notebooks."""
    pytest.importorskip("build", reason="needs the package build")
    source, installed, course = [tmp_path / name for name in ("source", "installed", "course")]
    source.mkdir()
    for name in (*PACKAGES, "notebooks"):
        shutil.copytree(ROOT / name, source / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "-q", "--wheel", "-o", tmp_path, source]
    built = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    assert "WARNING" not in built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert {path.name for path in installed.iterdir() if "." not in path.name} == set(PACKAGES)
    assert all((installed / name / "py.typed").is_file() for name in PACKAGES)
    (information,) = installed.glob("*.dist-info")
    distribution = PathDistribution(information)
    assert distribution.version == deltarule.__version__
    (script,) = distribution.entry_points
    assert (script.name, script.value) == ("deltarule", "deltarule.command:main")
    command = [sys.executable, "-m", "deltarule", "notebooks", course, "--no-open"]
    environment = dict(os.environ, PYTHONPATH=str(installed))
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    for pattern in ("*.ipynb", "*.md", "thumbnails/*"):
        there, here = [sorted(path.glob(pattern)) for path in (course, ROOT / "notebooks")]
        assert [path.name for path in there] == [path.name for path in here]
