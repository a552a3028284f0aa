"""Where the numbers of a grid are above a level: outlines, by marching squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

Corner = tuple[int, int, int]  # a side of the grid: from (i, j), to the right (0) or down (1)
LOW: Final = -1e300  # around the grid, so that every outline is closed


def outline(grid: Sequence[float], width: int, level: float) -> str:
    """Return a path around all that is above a level, in units of the grid; film.js does the same.

    Parameters
    ----------
    grid : sequence of float
        Row by row, from the top.
    width : int
        Numbers in a row.
    level : float

    Examples
    --------
    >>> outline([0, 0, 0, 0, 1, 0, 0, 0, 0], 3, 0.5)
    'M1.5 1L1 1.5L0.5 1L1 0.5z'
    >>> outline([0, 0, 0, 0], 2, 0.5)
    ''
    """
    after = _steps(grid, width, level)
    height = len(grid) // width

    def at(i: int, j: int) -> float:
        return grid[j * width + i] if 0 <= i < width and 0 <= j < height else LOW

    def point(side: Corner) -> str:
        i, j, down = side
        a, b = at(i, j), at(i + 1 - down, j + down)
        t = (level - a) / (b - a)
        x = min(max(i + (0.0 if down else t), 0.0), width - 1.0)
        y = min(max(j + (t if down else 0.0), 0.0), height - 1.0)
        return f"{x:.2f}".rstrip("0").rstrip(".") + " " + f"{y:.2f}".rstrip("0").rstrip(".")

    loops = []
    while after:
        side, following = after.popitem()
        loop = [side]
        while following != side:
            loop.append(following)
            following = after.pop(following)
        loops.append(f"M{'L'.join(map(point, loop))}z")
    return "".join(loops)


def _steps(grid: Sequence[float], width: int, level: float) -> dict[Corner, Corner]:
    """Return for each side of the grid that the outline crosses the one it crosses next."""
    above = [x > level for x in grid]
    rows = [[False, *above[k : k + width], False] for k in range(0, len(above), width)]
    rows = [[False] * (width + 2), *rows, [False] * (width + 2)]
    after: dict[Corner, Corner] = {}
    for j, (upper, lower) in enumerate(zip(rows, rows[1:]), start=-1):
        for i in range(-1, width):
            inside = a, b, c, d = upper[i + 1], upper[i + 2], lower[i + 2], lower[i + 1]
            if a == b == c == d:
                continue
            sides = ((i, j, 0), (i + 1, j, 1), (i, j + 1, 0), (i, j, 1))
            for k in range(4):  # clockwise: out of the region here, and back into it there
                if inside[k] and not inside[(k + 1) % 4]:
                    back = (k + 1) % 4
                    while not inside[(back + 1) % 4]:
                        back = (back + 1) % 4
                    after[sides[k]] = sides[back]
    return after
