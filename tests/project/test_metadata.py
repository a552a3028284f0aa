"""What is said of the project in several files is the same in all of them."""

import re
import tomllib
from pathlib import Path

import autograd

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_one_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {autograd.__version__}\n" in citation
    assert PROJECT["dynamic"] == ["version"]  # read from there, too


def test_one_address() -> None:
    for name in (
        "CITATION.cff",
        "SECURITY.md",
        "CHANGELOG.md",
        ".github/ISSUE_TEMPLATE/config.yml",
    ):
        text = (ROOT / name).read_text(encoding="utf-8")
        found = set(re.findall(r"https://github\.com/[\w.-]+/[\w.-]+", text))
        assert found == {PROJECT["urls"]["Source"]}, name


def test_every_supported_python_is_tested() -> None:
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    (line,) = re.findall(r"tests:\n.*?python: (\[.*?\])", workflow, re.DOTALL)
    prefix = "Programming Language :: Python :: 3."
    minors = [c.removeprefix(prefix) for c in PROJECT["classifiers"] if c.startswith(prefix)]
    assert line == "[" + ", ".join(f'"3.{minor}"' for minor in minors) + "]"
    assert PROJECT["requires-python"] == f">=3.{minors[0]}"
