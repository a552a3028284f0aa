"""The README's code runs and prints what it says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:```\n(.*?)```)?", re.DOTALL)


def _digits_vary(text: str) -> str:
    """Replace the sizes of rounding errors, which depend on the machine's libm."""
    return re.sub(r"\d\.\de-\d\d", "?", text)


def test_readme_blocks_print_what_they_say() -> None:
    names: dict[str, object] = {}
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    assert len(blocks) >= 7
    for code, expected in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, names)
        assert _digits_vary(out.getvalue()) == _digits_vary(expected), code


def test_readme_names_both_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert '.venv/bin/pip install ".[demo]" && .venv/bin/deltarule train moons' in text
    assert '.venv/bin/pip install ".[test]" && .venv/bin/pytest -n auto\n' in text


def test_the_film_begins_with_the_whole_graph() -> None:
    """In grey: that is all that print and a still of it show."""
    svg = (README.parent / "docs" / "backward.svg").read_text(encoding="utf-8")
    first = dict(re.findall(r"@keyframes (k\d+)\{0\.0%\{opacity:([\d.]+)\}", svg))
    nodes = re.findall(r'id="n\d+" class="node [^"]* (k\d+)"', svg)
    edges = re.findall(r'id="thin\d+" class="edge [^"]*(k\d+)"', svg)
    assert (len(nodes), len(edges)) == (7, 7)
    assert all(0.2 <= float(first[name]) < 1 for name in [*nodes, *edges])
