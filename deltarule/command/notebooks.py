"""`deltarule notebooks`: copy the notebooks of the course and open them."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from autograd.extras import install
from autograd.files import destination, write
from autograd.quoting import clipped

from .arguments import Commands

PACKAGE: Final = Path(__file__).parents[1]


def declare(commands: Commands) -> None:
    """Add `notebooks` to the command."""
    parser = commands.add_parser(
        "notebooks",
        help="copy the notebooks of the course and open them",
        description="Copy the notebooks of the course to a folder, and open them in JupyterLab.\n"
        "Those that are there already are yours and stay as they are, unless they are damaged.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path("deltarule-notebooks"),
                        metavar="FOLDER", help="default: deltarule-notebooks")  # fmt: skip
    parser.add_argument("--no-open", action="store_true", help="copy them, and no more")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Copy what is missing or damaged, say so, and open the index; what else is there stays."""
    installed, checkout = PACKAGE / "notebooks", PACKAGE.parent / "notebooks"
    source = installed if installed.is_dir() else checkout
    targets = {
        path: options.folder / path.relative_to(source)
        for pattern in ("*.ipynb", "*.md", "thumbnails/*")
        for path in sorted(source.glob(pattern))
    }
    states = {path: _state(target, path.read_bytes()) for path, target in targets.items()}
    for path, state in states.items():
        if state == "whole":
            continue
        target, said = targets[path], ""
        target.parent.mkdir(parents=True, exist_ok=True)
        if state == "damaged":
            aside = _aside(target)
            target.rename(aside)
            said = f"was damaged and is replaced; what it held is in {clipped(aside.name)}"
        elif state == "cut":
            said = "was not whole and is replaced"
        write(target, path.read_bytes())
        if said:
            print(f"{clipped(str(target))} {said}")
    found = Counter([states[path] for path in targets if path.suffix == ".ipynb"])
    new, kept = found.total() - found["whole"], found["whole"]
    print(f"{new} notebook{'s' * (new != 1)} copied to {clipped(str(options.folder))}"
          + (f", {kept} that were there are kept" if kept else ""))  # fmt: skip
    if options.no_open:
        return
    if find_spec("jupyterlab") is None:
        raise ImportError(f"to open them, install JupyterLab: {install('notebook')}")
    subprocess.run([sys.executable, "-m", "jupyterlab", str(options.folder / "index.ipynb")])


def _state(target: Path, original: bytes) -> Literal["missing", "cut", "damaged", "whole"]:
    """Return what has become of a file; only what holds nothing of the user's is called cut."""
    if not target.exists():
        return "missing"
    if not target.is_file():
        destination(target)  # says what it is instead
    content = target.read_bytes()  # which need not be writable
    if content != original and original.startswith(content.rstrip(b"\0")):
        return "cut"
    return "whole" if target.suffix != ".ipynb" or _is_notebook(content) else "damaged"


def _is_notebook(content: bytes) -> bool:
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(notebook, dict) and isinstance(notebook.get("cells"), list)


def _aside(target: Path) -> Path:
    """Return a free name for a damaged notebook beside it."""
    names = [f"{target.stem}.damaged{n or ''}{target.suffix}" for n in range(1000)]
    return next(path for path in map(target.with_name, names) if not os.path.lexists(path))
