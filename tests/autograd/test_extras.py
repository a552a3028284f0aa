"""What the hint of a missing package says to type."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autograd.extras import install

ROOT = Path(__file__).parents[2]


def test_an_installed_project_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: name)
    assert install("demo") == 'pip install "deltarule[demo]"'


def test_a_clone_that_is_not_installed_is_a_folder() -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT / 'autograd')!r}); import extras"
    program += "; print(extras.install('jit'))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == 'pip install ".[jit]" in the folder of the project'
    assert f'pip install ".[{"demo"}]"' in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_extra_that_is_named_exists() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    named = set()
    for path in [
        p for name in ("autograd", "nn", "deltarule") for p in (ROOT / name).rglob("*.py")
    ]:
        text = path.read_text(encoding="utf-8")
        assert "deltarule[" not in text or path.name == "extras.py", path
        named |= {part.split(")")[0].strip("\"'") for part in text.split("install(")[1:]}
    assert {"demo", "notebook", "jax", "onnx"} <= named
    assert {name for name in named if name.isidentifier()} - {"extra"} <= set(extras)
