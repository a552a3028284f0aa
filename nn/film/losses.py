"""The loss over the epochs, as a panel of a film."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from .axes import Axes
from .look import label, picture, thinned, written
from .panel import Panel, Shot

SIZE: Final = (340.0, 200.0)
MOST_POINTS: Final = 600
WIDE: Final = 50.0  # a range of so many times is drawn with a logarithmic axis
LARGEST: Final = 1e300  # of an axis
CURVES: Final = {"train_loss": "", "validation_loss": " dash"}


class Losses(Panel):
    """Training as a line, validation as a dashed one, and where the film is.

    Parameters
    ----------
    records : mapping
        Those of a history, by their epoch.
    """

    kind: ClassVar = "losses"
    size = SIZE

    def __init__(self, records: Mapping[int, Mapping[str, float]]) -> None:
        drawn = thinned(list(records.items()), MOST_POINTS)
        self.curves = {
            name: [(float(n), record[name]) for n, record in drawn if name in record]
            for name in CURVES
        }
        found = [y for curve in self.curves.values() for _, y in curve if math.isfinite(y)]
        low, high = max(min(found, default=0.0), -LARGEST), min(max(found, default=1.0), LARGEST)
        is_log = low > 0.0 and high > WIDE * low
        bottom = min(low, 0.0)
        top = high + 0.05 * (high - bottom)
        if is_log:
            ys = low / 1.5, high * 1.5
        elif top - bottom > 1 / LARGEST:
            ys = bottom, top
        else:  # there is a single number, at most 0
            ys = bottom, bottom + (abs(bottom) or 1.0)
        self.axes = Axes((0.0, max(records, default=1)), ys, ("epoch", "loss"), SIZE, is_log, True)

    def shot(self, epoch: int, record: Mapping[str, float]) -> Shot:
        """Return where an epoch is: pixels across, and up for each curve that has a number."""
        at: list[float | None] = [self.axes.x(epoch)]
        for name in CURVES:
            y = record.get(name)
            at.append(self.axes.y(y) if y is not None and math.isfinite(y) else None)
        return Shot((), at)

    def svg(self, shot: Shot) -> str:
        axes = self.axes
        x, *ys = shot.exact
        assert x is not None
        lines = [
            f'<path class="ink{CURVES[name]}" d="{axes.line(points)}"/>'
            for name, points in self.curves.items()
        ]
        later = (
            f'<rect class="later paper" x="{x:.1f}" y="{axes.top + 1:g}" '
            f'width="{axes.right - x:.1f}" height="{axes.bottom - axes.top - 2:g}"/>'
        )
        now = f'<path class="now thin" d="M{x:.1f} {axes.top:g}V{axes.bottom:g}"/>'
        dots = [
            f'<circle class="dot" cx="{x:.1f}" cy="{y or 0.0:.1f}" r="4.5" '
            f'visibility="{"hidden" if y is None else "visible"}"/>'
            for y in ys
        ]
        named = ["— training", "- - validation"][: 1 + bool(self.curves["validation_loss"])]
        return picture(
            self.kind,
            "Loss over the epochs",
            *SIZE,
            *lines,
            later,
            axes.frame(),
            now,
            *dots,
            label("   ".join(named), axes.left, axes.bottom + 35, kind="faint"),
        )


def caption(epoch: int, last: int, record: Mapping[str, float]) -> str:
    """Return what there is to say about an epoch in one line."""
    parts = [f"epoch {epoch} of {last}" if epoch else "before the first epoch"]
    for name, number in record.items():
        if name not in ("epoch", "learning_rate"):
            parts.append(f"{name.replace('_', ' ')} {written(number)}")
    return " · ".join(parts)
