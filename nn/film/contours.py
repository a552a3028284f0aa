"""Where the numbers of a grid are above a level: outlines, by marching squares."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

Side = tuple[int, int, int]  # a side of the grid: from (i, j), to the right (0) or down (1)
ALL, NONE = (True,) * 4, (False,) * 4
LOW: Final = -1e300  # around the grid, so that every outline is closed


def outline(grid: Sequence[float], width: int, level: float, is_open: bool = False) -> str:
    """Return a path around all that is above a level, in units of the grid; film.js does the same.

    Parameters
    ----------
    grid : sequence of float
        Row by row, from the top.
    width : int
        Numbers in a row.
    level : float
    is_open : bool
        Leave out what runs along the border of the grid: a line, not an area.

    Examples
    --------
    >>> outline([0, 0, 0, 0, 1, 0, 0, 0, 0], 3, 0.5)
    'M0.5 1L1 0.5L1.5 1L1 1.5L0.5 1'
    >>> outline([0, 1, 0, 1], 2, 0.5, is_open=True)
    'M0.5 0M1 0M1 0M1 1M1 1M0.5 1L0.5 0'
    """
    after = _steps(grid, width, level)
    height = len(grid) // width

    def is_inside(i: int, j: int) -> bool:
        return 0 <= i < width and 0 <= j < height

    def at(i: int, j: int) -> float:
        return grid[j * width + i] if is_inside(i, j) else LOW

    def point(side: Side) -> str:
        i, j, down = side
        a, b = at(i, j), at(i + 1 - down, j + down)
        t = (level - a) / (b - a)
        x = min(max(i + (0.0 if down else t), 0.0), width - 1.0)
        y = min(max(j + (t if down else 0.0), 0.0), height - 1.0)
        return f"{round(x, 2):g} {round(y, 2):g}"

    def is_border(side: Side) -> bool:
        i, j, down = side
        return not (is_inside(i, j) and is_inside(i + 1 - down, j + down))

    path = ""
    while after:
        side = next(iter(after))
        path += f"M{point(side)}"
        while side in after:
            before, side = side, after.pop(side)
            is_left_out = is_open and (is_border(before) or is_border(side))
            path += f"{'M' if is_left_out else 'L'}{point(side)}"
    return path


def _steps(grid: Sequence[float], width: int, level: float) -> dict[Side, Side]:
    """Return for each side of the grid that the outline crosses the one it crosses next."""
    above = [x > level for x in grid]
    rows = [[False, *above[k : k + width], False] for k in range(0, len(above), width)]
    rows = [[False] * (width + 2), *rows, [False] * (width + 2)]
    after: dict[Side, Side] = {}
    for j, (upper, lower) in enumerate(pairwise(rows), start=-1):
        if upper == lower and not any(upper):
            continue
        corners = zip(upper, upper[1:], lower[1:], lower)
        crossed = [(i, x) for i, x in enumerate(corners, start=-1) if x != ALL and x != NONE]
        for i, inside in crossed:
            sides = ((i, j, 0), (i + 1, j, 1), (i, j + 1, 0), (i, j, 1))
            for k in range(4):  # clockwise: out of the region here, and back into it there
                if inside[k] and not inside[(k + 1) % 4]:
                    back = (k + 1) % 4
                    while not inside[(back + 1) % 4]:
                        back = (back + 1) % 4
                    after[sides[k]] = sides[back]
    return after
