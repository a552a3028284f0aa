"""The graphs that the course and the README show: recorded while their code runs."""

import copy
import re
from pathlib import Path
from typing import Any

import matplotlib

import autograd.view
from autograd import Value

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks" / "sources").glob("[0-9]*.py"))
SHOWN = re.compile(r"^(?:print\()?(?:draw|play|explain|compare_orders)\(", re.MULTILINE)
LARGEST = 60  # numbers; of more, nobody predicts each


def graphs_of(code: str) -> list[Value]:
    """Run code as far as the last graph that it shows; return these graphs, each once."""
    calls = [*SHOWN.finditer(code)]
    if not calls:
        return []
    end = code.find("\n", calls[-1].start())
    roots: dict[int, tuple[Value, Value]] = {}
    originals = {}

    def recorded(name: str) -> Any:
        original = originals[name] = getattr(autograd.view, name)

        def show(*given: Any, **options: Any) -> Any:
            shown = original(*given, **options)  # a row of the table can be explained, too
            root = options.get("of", given[0])
            if isinstance(root, Value) and root.parents:
                roots.setdefault(id(root), (root, copy.deepcopy(root)))  # it may change yet
            return shown

        return show

    for name in ("draw", "play", "explain", "compare_orders"):
        setattr(autograd.view, name, recorded(name))
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    try:
        exec(code[:end], {"__name__": "lesson"})
    finally:
        matplotlib.use(backend)
        for name, original in originals.items():
            setattr(autograd.view, name, original)
    return [as_shown for _, as_shown in roots.values()]


def graphs_of_lesson(stem: str) -> list[Value]:
    code = (ROOT / "notebooks" / "sources" / f"{stem}.py").read_text(encoding="utf-8")
    return graphs_of(code)


def graphs_of_page(name: str) -> list[Value]:
    """Return the graphs in the Python code of a page of Markdown."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return graphs_of("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)))
