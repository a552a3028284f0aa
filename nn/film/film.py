"""A film of a training: panels that move together, frame by frame, in a page of its own."""

from __future__ import annotations

import math
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from autograd.files import write
from autograd.quoting import short
from autograd.view.html import UNPACK, as_json, output, packed, page, shorter

from .look import written
from .panel import Panel, Shot

SHRINKS: Final = 0.88  # to this share of its size, then a panel has a scroll bar
GROWS: Final = 500.0  # the width from which on a column grows with the page only
DIGITS: Final = 5  # of numbers in the page, which writes three
FRAME_HEIGHT: Final = 130  # pixels for what is around the panels
GAP: Final = 8  # between columns, as in film.css
HINT: Final = "A picture of the last epoch: run this cell to go through all of them."


@dataclass(frozen=True)
class Frame:
    """A moment of the film: what there is to say about it, and the numbers of each panel.

    A panel has None where it cannot show the moment.
    """

    caption: str
    shots: Sequence[Shot | None]


class Film:
    """Panels and frames as they are now.

    Parameters
    ----------
    title : str
    columns : sequence of sequences of Panel
        Side by side, where there is room; a column has one below another.
    frames : sequence of Frame
        At least one; shots are in the order of the columns.
    """

    def __init__(
        self, title: str, columns: Sequence[Sequence[Panel]], frames: Sequence[Frame]
    ) -> None:
        self.title, self.frames = title, frames
        self.columns = [list(column) for column in columns if column]
        self.panels = [panel for column in self.columns for panel in column]

    @cached_property
    def html(self) -> str:
        """The page: one file without links, for any browser of today."""
        data = packed(as_json(self.data))
        script = f'{UNPACK}unpack("{data}").then((data) => film(document.body, JSON.parse(data)));'
        return page(self.title, _source("film.css"), shorter(f"{_source('film.js')}{script}"))

    @property
    def data(self) -> dict[str, Any]:
        """What the page knows."""
        panels = []
        for i, panel in enumerate(self.panels):
            shots = [frame.shots[i] for frame in self.frames]
            known = next((shot for shot in reversed(shots) if shot is not None), Shot())
            size, smooth = _in_steps(shots, panel.steps)
            panels.append(
                {
                    "kind": panel.kind,
                    "svg": panel.svg(known),
                    "least": SHRINKS * panel.size[0],
                    "facts": panel.facts,
                    "step": size,
                    "smooth": smooth,
                    "exact": [shot and [*map(_short, shot.exact)] for shot in shots],
                }
            )
        return {
            "panels": panels,
            "columns": [[len(column), _flex(column)] for column in self.columns],
            "width": self._width,
            "shape": self._width / max(map(_height, self.columns)),
            "captions": [frame.caption for frame in self.frames],
        }

    def still(self, frame: Frame, hint: str = "") -> str:
        """Return HTML of one frame, images only, always of the same size."""
        shots = iter(frame.shots)
        columns = ""
        for column in self.columns:
            images = "".join(
                [
                    _image(panel, shot, frame.caption)
                    for panel in column
                    if (shot := next(shots)) is not None
                ]
            )
            style = f"flex:{_flex(column)};min-width:0;overflow-x:auto"
            columns += f'<div style="{style}">{images}</div>'
        return (
            f'<div class="film" style="max-width:{self._width:.0f}px">'
            f"<p>{escape(frame.caption)}</p>"
            f'<div style="display:flex;flex-wrap:wrap;gap:{GAP}px">{columns}</div>{hint}</div>'
        )

    @property
    def _width(self) -> float:
        """The width at which all panels have their own size."""
        return sum(map(_width, self.columns)) + GAP * (len(self.columns) - 1)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose name ends in .html."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a film ends in .html, got {short(path.name)}")
        write(path, self.html.encode())
        return path

    def _repr_html_(self) -> str:
        """Return the last frame, which a script, where it may run, replaces by the page."""
        room = FRAME_HEIGHT + max(map(_height, self.columns))
        still = self.still(self.frames[-1], f"<p><em>{HINT}</em></p>")
        return output(still, self.html, self.title, round(room))

    def __repr__(self) -> str:
        return f"Film({len(self.frames)} frames, {len(self.panels)} panels)"


def _width(column: Sequence[Panel]) -> float:
    """Return the width of a column before it grows with the page; wider panels are scrolled."""
    return min(max([panel.size[0] for panel in column]), GROWS)


def _flex(column: Sequence[Panel]) -> str:
    return f"{_width(column):g} 1 {SHRINKS * _width(column):.0f}px"


def _image(panel: Panel, shot: Shot, caption: str) -> str:
    style = f"width:100%;min-width:{SHRINKS * panel.size[0]:.0f}px;height:auto"
    source = f"data:image/svg+xml;base64,{b64encode(panel.svg(shot).encode()).decode()}"
    return f'<img alt="{panel.kind}, {escape(caption)}" style="{style}" src="{source}">'


def _height(column: Sequence[Panel]) -> float:
    """Return the height of a column whose panels are as wide as it."""
    width = _width(column)
    return sum([panel.size[1] * width / panel.size[0] for panel in column])


def _in_steps(shots: Sequence[Shot | None], steps: int) -> tuple[float, list[str | None]]:
    """Return smooth numbers as letters: how many steps each has moved since the frame before.

    A frame with a number that is not finite is None.
    """
    finite = [shot is not None and all(map(math.isfinite, shot.smooth)) for shot in shots]
    largest = [
        max(map(abs, shot.smooth), default=0.0) for shot, ok in zip(shots, finite) if ok and shot
    ]
    size = max(largest, default=0.0) / steps or 1.0
    before: list[int] = []
    texts: list[str | None] = []
    for shot, ok in zip(shots, finite):
        if not ok or shot is None:
            texts.append(None)
            continue
        now = [round(x / size) for x in shot.smooth]
        before = before or [0] * len(now)
        texts.append("".join([_letter(b - a) for a, b in zip(before, now)]))
        before = now
    return size, texts


def _letter(moved: int) -> str:
    """Return one letter for a number of steps, positive or negative; film.js reads it.

    It is at most twice the steps of a panel, which is far from letters that are no characters.
    """
    zigzag = 2 * moved if moved >= 0 else -2 * moved - 1
    return chr((0x23 if zigzag < 57 else 0x100) + zigzag)


def _short(x: float | None) -> float | str | None:
    """Return a number with so many digits that the page writes it as Python does."""
    if x is None:
        return None
    if not math.isfinite(x):
        return str(x)
    short = float(f"{x:.{DIGITS}g}")
    return short if written(short) == written(x) else x


def _source(name: str) -> str:
    return files("nn.film").joinpath(name).read_text(encoding="utf-8")
