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
from autograd.view.html import UNPACK, as_json, output, packed, page, shorter

from .panel import Panel, Shot

LEAST: Final = 0.88  # of its size is what a panel is never shown below: then there is a scroll bar
WIDEST: Final = 500.0
DIGITS: Final = 5  # of numbers that are written out
FRAME_HEIGHT: Final = 130  # pixels for what is around the panels
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
                    "width": panel.size[0],
                    "facts": panel.facts,
                    "step": size,
                    "smooth": smooth,
                    "exact": [shot and [*map(_short, shot.exact)] for shot in shots],
                }
            )
        numbers = iter(range(len(self.panels)))
        return {
            "title": self.title,
            "panels": panels,
            "columns": [[next(numbers) for _ in column] for column in self.columns],
            "captions": [frame.caption for frame in self.frames],
        }

    def still(self, frame: Frame, as_images: bool = False) -> str:
        """Return HTML of one frame, without scripts, always of the same size."""
        shots = iter(frame.shots)
        columns = ""
        for column in self.columns:
            width = _width(column)
            pictures = ""
            for panel in column:
                shot = next(shots)
                if shot is None:
                    continue
                style = f"width:100%;min-width:{LEAST * panel.size[0]:.0f}px;height:auto"
                svg = panel.svg(shot)
                if as_images:
                    source = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
                    alt = f"{panel.kind}, {escape(frame.caption)}"
                    pictures += f'<img alt="{alt}" style="{style}" src="{source}">'
                else:
                    pictures += svg.replace("<svg ", f'<svg style="{style}" ', 1)
            flex = f"flex:{width:g} 1 {LEAST * width:.0f}px;min-width:0;overflow-x:auto"
            columns += f'<div style="{flex}">{pictures}</div>'
        hint = f"<p><em>{HINT}</em></p>" if as_images else ""
        return (
            f'<div class="film" style="max-width:{self._wide:.0f}px"><p>{escape(frame.caption)}</p>'
            f'<div style="display:flex;flex-wrap:wrap;gap:8px">{columns}</div>{hint}</div>'
        )

    @property
    def _wide(self) -> float:
        """The width at which all panels have their own size."""
        return sum([_width(column) for column in self.columns]) + 8.0 * (len(self.columns) - 1)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose name ends in .html."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a film ends in .html, got {path.name!r}")
        write(path, self.html.encode())
        return path

    def _repr_html_(self) -> str:
        """Return the last frame, which a script, where it may run, replaces by the page."""
        room = FRAME_HEIGHT + max([_height(column) for column in self.columns])
        still = self.still(self.frames[-1], as_images=True)
        return output(still, self.html, self.title, round(room))

    def __repr__(self) -> str:
        return f"Film({len(self.frames)} frames, {len(self.panels)} panels)"


def _width(column: Sequence[Panel]) -> float:
    """Return the width of a column before it grows with the page; wider panels are scrolled."""
    return min(max([panel.size[0] for panel in column]), WIDEST)


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
    """Return one letter for a small number, positive or negative; film.js reads it."""
    zigzag = 2 * moved if moved >= 0 else -2 * moved - 1
    return chr((0x23 if zigzag < 57 else 0x100) + zigzag)


def _short(x: float | None) -> float | str | None:
    if x is None or math.isfinite(x):
        return x and float(f"{x:.{DIGITS}g}")
    return str(x)


def _source(name: str) -> str:
    return files("nn.film").joinpath(name).read_text(encoding="utf-8")
