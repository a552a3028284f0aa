"""`deltarule notebooks`: copy the notebooks of the course and open them."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from autograd.extras import install

from .arguments import Commands

PACKAGE: Final = Path(__file__).parents[1]


def declare(commands: Commands) -> None:
    """Add `notebooks` to the command."""
    parser = commands.add_parser(
        "notebooks",
        help="copy the notebooks of the course and open them",
        description="Copy the notebooks of the course to a folder, and open them in JupyterLab. "
        "Notebooks that are\nthere already are yours and stay as they are.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path("deltarule-notebooks"),
                        metavar="FOLDER", help="default: deltarule-notebooks")  # fmt: skip
    parser.add_argument("--no-open", action="store_true", help="copy them, and no more")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Copy what is missing, say so, and open the index; files that are there stay as they are."""
    installed, checkout = PACKAGE / "notebooks", PACKAGE.parent / "notebooks"
    source = installed if installed.is_dir() else checkout
    targets = {
        path: options.folder / path.relative_to(source)
        for pattern in ("*.ipynb", "*.md", "thumbnails/*")
        for path in source.glob(pattern)
    }
    missing = {path: target for path, target in targets.items() if not target.exists()}
    for path, target in missing.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    all_of_them, new = [sum(path.suffix == ".ipynb" for path in x) for x in (targets, missing)]
    kept = all_of_them - new
    print(f"{new} notebook{'s' * (new != 1)} copied to {options.folder}"
          + (f", {kept} that were there are kept" if kept else ""))  # fmt: skip
    if options.no_open:
        return
    if find_spec("jupyterlab") is None:
        raise ImportError(f"to open them, install JupyterLab: {install('notebook')}")
    subprocess.run([sys.executable, "-m", "jupyterlab", str(options.folder / "index.ipynb")])
