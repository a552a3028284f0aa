"""The user's line: where in their own code something happened."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent
_OWN_FOLDERS: Final = tuple(
    [str(_ROOT / package) + os.sep for package in ("autograd", "nn", "deltarule")]
)
_STANDARD_LIBRARY: Final = str(Path(os.__file__).parent) + os.sep  # may have site-packages inside


def users_frame() -> FrameType:
    """Return the innermost frame outside of these packages and Python's library."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_inside(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def users_line(frame: FrameType | None = None) -> str:
    """Return file, line and text of the user's line."""
    frame = users_frame() if frame is None else frame
    name, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, number, frame.f_globals).strip()
    return f'  File "{name}", line {number}\n    {text}'


def users_call(frame: FrameType | None = None) -> str:
    """Return what the user's line is calling, as it is written there, such as "math.sin".

    "%" stands for text that is formatted, and nothing for what has no name.
    """
    frame = users_frame() if frame is None else frame
    place = _places(frame.f_code)[frame.f_lasti // 2]
    if None in place or place[0] != place[1]:
        return ""
    line, _, start, end = place
    text = linecache.getline(frame.f_code.co_filename, line or 0, frame.f_globals)
    return _called(text.encode()[start:end].decode(errors="replace"))  # columns count bytes


@lru_cache(maxsize=1024)
def _called(text: str) -> str:
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return ""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mod):
        return "%"
    name = ast.unparse(tree.func) if isinstance(tree, ast.Call) else ""
    return name if name.replace(".", "_").isidentifier() else ""


@lru_cache(maxsize=256)
def _places(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    return list(code.co_positions())


@lru_cache(maxsize=1024)
def _is_inside(file: str) -> bool:
    is_standard = file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
    return is_standard or file.startswith(_OWN_FOLDERS)
