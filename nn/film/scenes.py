"""What a network says about its samples, as a panel of a film: a boundary, a fit, or how well.

A scene asks for answers at its `points`: a list of outputs for each, which for classes are
probabilities.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from autograd.view.measure import text_width

from .axes import Axes, room
from .contours import outline
from .look import TEXT, class_mark, label, mark, picture, thinned, words, written
from .panel import Panel, Shot

SIZE: Final = (340.0, 290.0)
LEVELS: Final = (-0.75, -0.35, 0.0, 0.35, 0.75)  # between the tones of a sign
# numbers along a side of a grid: of one sign, and of several classes; the same for slow models
FINE: Final = {True: (40, 24), False: (16, 12)}
MOST_SAMPLES: Final = 400  # that are drawn, or asked about
MOST_NAMES: Final = 6  # in a legend
SHADE: Final = 0.6  # of a cell of a table that has all samples of its class
MOST_CLASSES: Final = 12  # in a table
Rows = Sequence[Sequence[float]]


class Scene(Panel):
    """A panel that shows answers."""

    points: list[Any]
    is_made_up = True  # the points are lists of floats; else they are samples as they were given
    size = SIZE

    def shot(self, answers: Rows) -> Shot:
        """Return the numbers of a frame."""
        raise NotImplementedError


class Plane(Scene):
    """The plane of two inputs, shaded by the answer there, with the samples.

    With two classes, or one output, shades tell the sign: blue and orange. With more, each class
    has a region.
    """

    kind: ClassVar = "plane"
    steps: ClassVar = 60

    def __init__(
        self,
        inputs: Rows,
        groups: Sequence[int],
        names: Sequence[str],
        is_fast: bool,
        most: float | None = None,
    ) -> None:
        self.inputs, self.groups = inputs, groups
        self.names, self.most = names, most
        self.width = FINE[is_fast][len(names) > 2]
        xs, ys = [room([row[k] for row in inputs]) for k in (0, 1)]
        self.axes = Axes(xs, ys, ("x₁", "x₂"), SIZE)
        along = [k / (self.width - 1) for k in range(self.width)]
        self.points = [
            [xs[0] + s * (xs[1] - xs[0]), ys[1] + t * (ys[0] - ys[1])] for t in along for s in along
        ]

    def shot(self, answers: Rows) -> Shot:
        if len(self.names) > 2:
            return Shot([row[k] for k in range(len(self.names)) for row in answers])
        if self.most is None:
            return Shot([p_1 - p_0 for p_0, p_1 in answers])
        return Shot([_within(y / self.most) for (y,) in answers])

    @property
    def facts(self) -> dict[str, Any]:
        return {"width": self.width, "lines": [line[1:] for line in self._lines()]}

    def svg(self, shot: Shot) -> str:
        axes, n = self.axes, self.width - 1
        sizes = (axes.right - axes.left) / n, (axes.bottom - axes.top) / n
        shape = f'<rect class="tone0" width="{n}" height="{n}"/>' * (len(self.names) == 2)
        leads = None if _is_lost(shot) else _leading(shot.smooth, self.width**2)
        for kind, k, level, is_open in self._lines():
            path = "" if leads is None else outline(leads[k], self.width, level, is_open)
            shape += f'<path class="level {kind}" d="{path}"/>'
        place = f"translate({axes.left:g} {axes.top:g}) scale({sizes[0]:.4f} {sizes[1]:.4f})"
        field = f'<g transform="{place}">{shape}</g>'
        title = "boundary" if self.most is None else "output"
        samples, note = _few(self.inputs, self.groups)
        return picture(
            self.kind,
            f"{title.capitalize()} of the network in the plane of its two inputs",
            *SIZE,
            field,
            axes.frame(),
            marks(samples, axes),
            legend(self.names, axes),
            label(f"{note} shown" if note else title, axes.left, 18, kind="title"),
            label(self._shades, axes.right, 18, "faint", "end"),
            is_lost=_is_lost(shot),
        )

    @property
    def _shades(self) -> str:
        """What the shades stand for."""
        if len(self.names) > 2:
            return ""
        return f"blue +: {_cut(self.names[1], 10)}" if self.most is None else "y: blue +, orange −"

    def _lines(self) -> list[tuple[str, int, float, bool]]:
        """Return for each path its class, which numbers it is about, a level, and if it is open."""
        if len(self.names) == 2:
            tones = [(f"tone{k}", 0, level, False) for k, level in enumerate(LEVELS, start=1)]
            return [*tones, ("ink", 0, 0.0, True)]
        every = range(len(self.names))
        areas = [(f"region{class_mark(k)[0]}", k, 0.0, False) for k in every]
        return [*areas, *[("ink", k, 0.0, True) for k in every]]


class Line(Scene):
    """The answer over a single input, as a line for each output, with the samples."""

    kind: ClassVar = "line"
    steps: ClassVar = 1000
    count: Final = 81

    def __init__(self, inputs: Rows, targets: Rows, is_of_classes: bool = False) -> None:
        self.inputs, self.targets, self.is_of_classes = inputs, targets, is_of_classes
        low, high = room([x for (x,) in inputs])
        ys = room([t for row in targets for t in row], 0.25)
        self.axes = Axes((low, high), ys, ("x", "y"), SIZE)
        self.points = [[low + k / (self.count - 1) * (high - low)] for k in range(self.count)]

    def shot(self, answers: Rows) -> Shot:
        columns = [[p_1 for _, p_1 in answers]] if self.is_of_classes else zip(*answers)
        return Shot([self.axes.y(y) if math.isfinite(y) else y for ys in columns for y in ys])

    @property
    def facts(self) -> dict[str, Any]:
        return {"xs": [round(self.axes.x(x), 1) for (x,) in self.points]}

    def svg(self, shot: Shot) -> str:
        axes, n = self.axes, self.count
        samples, note = _few(self.inputs, self.targets)
        dots = [mark("o", axes.x(x), axes.y(t), 3.5) for (x,), row in samples for t in row]
        lines = ""
        for k in range(0, len(shot.smooth), n):
            path = "" if _is_lost(shot) else self._path(shot.smooth[k : k + n])
            lines += f'<path class="curve ink{" dash" if k else ""}" d="{path}"/>'
        return picture(
            self.kind,
            "Output of the network over its input",
            *SIZE,
            axes.frame(),
            f'<path class="paper mark" d="{"".join(dots)}"/>',
            lines,
            label("fit", axes.left, 18, kind="title"),
            label(note and f"{note} shown", axes.right, 18, "faint", "end"),
            label("○ target  — output", axes.left, axes.bottom + 35, kind="faint"),
            is_lost=_is_lost(shot),
        )

    def _path(self, ys: Sequence[float]) -> str:
        ends = zip(self.facts["xs"], ys)
        return "M" + "L".join([f"{x:g} {y:.1f}" for x, y in ends])


class Pairs(Scene):
    """Predictions against targets: on the diagonal they are right."""

    kind: ClassVar = "pairs"
    steps: ClassVar = 1000
    is_made_up = False

    def __init__(self, inputs: Sequence[Any], targets: Rows) -> None:
        samples, self.note = _few(inputs, targets)
        self.points = [x for x, _ in samples]
        self.targets = [t for _, t in samples]
        both = room([t for row in self.targets for t in row])
        self.axes = Axes(both, both, ("target", "output"), SIZE)

    def shot(self, answers: Rows) -> Shot:
        return Shot([self.axes.y(y) if math.isfinite(y) else y for row in answers for y in row])

    def svg(self, shot: Shot) -> str:
        axes = self.axes
        ends = axes.line([(x, x) for x in axes.xs])
        xs = [axes.x(t) for row in self.targets for t in row]
        ys = [axes.top] * len(xs) if _is_lost(shot) else shot.smooth
        dots = [
            f'<circle class="pair paper mark" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            for x, y in zip(xs, ys)
        ]
        return picture(
            self.kind,
            "Outputs of the network against targets",
            *SIZE,
            axes.frame(),
            f'<path class="ink dash" d="{ends}"/>',
            *dots,
            label("output against target", axes.left + 4, 18, kind="title"),
            label(self.note, axes.right, 18, "faint", "end"),
            is_lost=_is_lost(shot),
        )


class Table(Scene):
    """How often each class is answered for each true class."""

    kind: ClassVar = "table"
    is_made_up = False

    def __init__(self, inputs: Sequence[Any], classes: Sequence[int], names: Sequence[str]) -> None:
        samples, self.note = _few(inputs, classes)
        self.points = [x for x, _ in samples]
        self.classes, self.names = [k for _, k in samples], names
        self.totals = Counter(self.classes)

    def shot(self, answers: Rows) -> Shot:
        k = len(self.names)
        found = Counter(zip(self.classes, [row.index(max(row)) for row in map(list, answers)]))
        counts = [float(found[true, said]) for true in range(k) for said in range(k)]
        lost = [y for row in answers for y in row if not math.isfinite(y)][:1]
        return Shot(lost, counts)

    @property
    def facts(self) -> dict[str, Any]:
        """How dark one sample makes a cell, in each row."""
        return {"shades": [SHADE / (self.totals[true] or 1) for true in range(len(self.names))]}

    def svg(self, shot: Shot) -> str:
        k = len(self.names)
        left, top = 92.0, 66.0
        w, h = (SIZE[0] - left - 10) / k, (SIZE[1] - top - 10) / k
        cells, shades = "", self.facts["shades"]
        for i in range(k):
            name = _cut(self.names[i], 11)
            cells += label(name, left - 6, top + (i + 0.5) * h + 5, anchor="end")
            short = name if k < 5 and len(name) < 9 else str(i)
            cells += label(short, left + (i + 0.5) * w, top - 6, anchor="middle")
            for j in range(k):
                count = shot.exact[i * k + j] or 0.0
                x, y = left + j * w, top + i * h
                cells += (
                    f'<rect class="cell" x="{x:.1f}" y="{y:.1f}" width="{w - 2:.1f}" '
                    f'height="{h - 2:.1f}" fill-opacity="{count * shades[i]:.2f}"/>'
                )
                middle = f'x="{x + w / 2 - 1:.1f}" y="{y + h / 2 + 4:.1f}" text-anchor="middle"'
                cells += f'<text class="count" {middle}>{written(count)}</text>'
        return picture(
            self.kind,
            "How often each class is answered for each true class",
            *SIZE,
            label("true class (rows), answer (columns)", 10, 18, kind="title"),
            label(self.note and f"{self.note} samples", 10, 38, kind="faint"),
            cells,
            is_lost=_is_lost(shot),
        )


def scene_of(
    inputs: Sequence[Any],
    targets: Sequence[Any],
    classes: Sequence[int] | None,
    names: Sequence[str],
    is_fast: bool,
) -> Scene | None:
    """Return the scene for samples of that many inputs; None where none is made for them."""
    rows = _numbers(inputs)
    width = 0 if rows is None else len(rows[0])
    if classes is not None:
        if rows is not None and width == 2:
            return Plane(rows, classes, names, is_fast)
        if rows is not None and width == 1 and len(names) == 2:
            return Line(rows, [[float(k)] for k in classes], is_of_classes=True)
        return Table(inputs, classes, names) if len(names) <= MOST_CLASSES else None
    wanted = _numbers(targets)
    if wanted is None:
        return None
    if rows is not None and width == 1:
        return Line(rows, wanted)
    if rows is not None and width == 2 and len(wanted[0]) == 1:
        most = max([abs(t) for (t,) in wanted]) or 1.0
        signs = [int(t > 0) for (t,) in wanted]
        return Plane(rows, signs, ["t ≤ 0", "t > 0"], is_fast, most)
    return Pairs(inputs, wanted)


def marks(samples: Sequence[tuple[Sequence[float], int]], axes: Axes) -> str:
    """Return the samples, each as a marker of its class."""
    paths: dict[int, str] = {}
    for (x, y), k in samples:
        paths[k] = paths.get(k, "") + mark(class_mark(k)[1], axes.x(x), axes.y(y), 4.0)
    return "".join([f'<path class="{_kind(k)}" d="{d}"/>' for k, d in paths.items()])


def legend(names: Sequence[str], axes: Axes) -> str:
    """Return which marker is which class."""
    x, y, parts = axes.left, axes.bottom + 35, []
    named = names[:MOST_NAMES]
    longest = max(int(((axes.right - axes.left - 20) / len(named) - 28) / 7.2), 2)
    for k, name in enumerate(named):
        name = _cut(name, longest)
        parts.append(
            f'<path class="{_kind(k)}" d="{mark(class_mark(k)[1], x + 6, y - 5, 4.5)}"/>'
            f'<text x="{x + 16:.0f}" y="{y:.0f}">{words(name)}</text>'
        )
        x += 28 + text_width(name, TEXT)
    return "".join(parts)


def _kind(k: int) -> str:
    return f"mark class{class_mark(k)[0]}"


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def _leading(numbers: Sequence[float], size: int) -> list[list[float]]:
    """Return by how much each of several numbers is larger than all others; one alone as it is."""
    parts = [list(numbers[k : k + size]) for k in range(0, len(numbers), size)]
    if len(parts) == 1:
        return parts
    columns = [sorted(column)[-2:] for column in zip(*parts)]
    return [
        [x - (second if x == first else first) for x, (second, first) in zip(part, columns)]
        for part in parts
    ]


def _few(*columns: Sequence[Any]) -> tuple[list[Any], str]:
    """Return samples, from all over where they are many, and then how many they are."""
    every = list(zip(*columns))
    few = thinned(every, MOST_SAMPLES)
    return few, f"{len(few)} of {len(every)}" if len(few) < len(every) else ""


def _numbers(samples: Sequence[Any]) -> list[list[float]] | None:
    """Return samples as rows of floats, all of one length; None if they are something else."""
    try:
        rows = [
            [float(x) for x in sample] if hasattr(sample, "__len__") else [float(sample)]
            for sample in samples
        ]
    except (TypeError, ValueError):
        return None
    return rows if len({len(row) for row in rows}) == 1 and rows[0] else None


def _within(y: float) -> float:
    return min(max(y, -1.0), 1.0) if math.isfinite(y) else y


def _is_lost(shot: Shot) -> bool:
    return not all(map(math.isfinite, shot.smooth))
