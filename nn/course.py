"""The notebooks of the course, copied out of the installed package."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

HERE = Path(__file__).parent


def lessons() -> Path:
    """Return the folder with the notebooks: in the installed package, or in the checkout."""
    installed, checkout = HERE / "notebooks", HERE.parent / "notebooks"
    return installed if installed.is_dir() else checkout


def copy_lessons(folder: str | os.PathLike[str]) -> tuple[list[Path], list[Path]]:
    """Copy the notebooks to a folder; what is there already is yours and stays as it is.

    Returns
    -------
    copied, kept : lists of Path

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     copied, kept = copy_lessons(folder)
    ...     again, kept_now = copy_lessons(folder)
    >>> len(kept), len(again), len(kept_now) == len(copied)
    (0, 0, True)
    """
    copied, kept = [], []
    source = lessons()
    for path in sorted(
        [*source.glob("*.ipynb"), *source.glob("*.md"), *source.glob("thumbnails/*")]
    ):
        target = Path(folder) / path.relative_to(source)
        if target.exists():
            kept.append(target)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        copied.append(target)
    return copied, kept
