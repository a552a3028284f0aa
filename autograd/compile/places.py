"""Where loops find what they compute: the rows of arrays in tables, by the counters of loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final

from .groups import SCALARS
from .loop_program import LookUp, Place, Row
from .program import Writer
from .statements import Array, Elementwise, Inner, Moved, Outer, Scatter, Sum, Total

DEEPEST: Final = 16  # operations that are written into one expression


class PlacedWriter(Writer):
    """Gives arrays their rows: in a table if they have a number for each sample, or in a column."""

    def _plan(self) -> None:
        """Decide where everything is stored."""
        self._rows: dict[Array, Sequence[int]] = {}  # where the rows of an array are stored
        self._times = 1  # that the loop goes round which is written
        count = self._count
        scalars = [] if self._wants_outputs else list(SCALARS)
        self._scalar_rows = {name: count + i for i, name in enumerate(scalars)}
        slopes = self._slope_rows()
        start = count + len(scalars)
        self._size = {True: 0, False: start + (count if slopes else 0)}
        inside = self._inside()
        for array in self._arrays:
            if array in self._stacked:
                stack, part, _ = self._stacked[array]
                if stack not in self._rows:
                    at = self._reserve(stack.is_batch, stack.rows)
                    self._rows[stack] = range(at, at + stack.rows)
                begin = part * stack.height
                self._rows[array] = self._rows[stack][begin : begin + stack.height]
            elif array is self._theta:
                self._rows[array] = range(count)
            elif array in slopes:
                self._rows[array] = [start + i for i in slopes[array]]
            elif array not in inside:
                at = self._reserve(array.is_batch, array.rows)
                self._rows[array] = range(at, at + array.rows)

    def _reserve(self, is_batch: bool, rows: int) -> int:
        """Return the first of some rows that nothing else is in."""
        self._size[is_batch] += rows
        return self._size[is_batch] - rows

    def _slope_rows(self) -> dict[Array, list[int]]:
        """Return the sums over samples that are derivatives, each with its parameters.

        They are stored in the order of the parameters, and so is what is added to them.
        """
        parameter = {self._position[x]: i for x, i in self._groups.parameter.items()}
        moving = {x.source for x, _ in self._position.values() if isinstance(x, Moved)}
        found: dict[Array, list[int]] = {}
        taken: set[int] = set()
        for array in self._arrays:
            if array not in moving and isinstance(array, (Outer, Inner, Total, Scatter)):
                rows = [parameter.get((array, row), -1) for row in range(array.rows)]
                if -1 not in rows and len({*rows}) == len(rows) and taken.isdisjoint(rows):
                    found[array] = rows
                    taken.update(rows)
        return found

    def _inside(self) -> set[Array]:
        """Return the arrays that are not stored, but computed where they are used.

        That is once, row by row, in an array of as many rows.
        """
        found: set[Array] = set()
        depths: dict[Array, int] = {}
        for array in self._arrays:
            if not isinstance(array, (Elementwise, Sum)):
                continue
            parts = []
            for slot in array.slots():
                runs = self._runs(slot)
                part, _, step, _ = runs[0]
                if len(runs) == 1 and part in depths and (step or part.rows == 1):
                    if part.rows == array.rows and part.is_batch == array.is_batch:
                        parts.append(part)
            depth = 1 + max([depths[part] for part in parts], default=0)
            if depth <= DEEPEST:
                found.update(parts)
            else:
                depth = 1
            if array.name is None and self._uses[array] == 1 and array not in self._stacked:
                depths[array] = depth
        return found

    def _place_of(self, x: Any) -> int:
        array, row = self._where(x)
        if not isinstance(array, Array):
            return self._scalar_rows[x.head]
        array = array.source if isinstance(array, Moved) else array
        return self._rows[array][row] if array in self._rows else row

    def _move_of(self, x: Any) -> int:
        """Return by how many rows a term moves as a loop goes round."""
        array, _ = self._where(x)
        return array.by if isinstance(array, Moved) else 0

    def _row(self, slot: Sequence[Any], **shape: int) -> Row | LookUp:
        """Return a row of a slot, by the counters."""
        places, moves = [self._place_of(x) for x in slot], [self._move_of(x) for x in slot]
        if len({*moves}) == 1:
            row = self._among(places, **shape)
            if isinstance(row, Row) or not moves[0]:
                return row if isinstance(row, LookUp) else replace(row, t=moves[0])
        table = [x + move * t for t in range(self._times) for x, move in zip(places, moves)]
        return LookUp(self._constant(table), replace(steps_of(shape), t=len(places)))

    def _among(self, places: Sequence[int], **shape: int) -> Row | LookUp:
        """Return one of some rows, as a multiple of the counters if that is what they are."""
        first, width, steps = places[0], len(places), {}
        for counter, size in shape.items():
            width //= size
            steps[counter] = places[width] - first if size > 1 else 0
        counted = product(
            *[
                range(0, steps[x] * size, steps[x]) if steps[x] else [0] * size
                for x, size in shape.items()
            ]
        )
        if all(place == first + sum(moves) for place, moves in zip(places, counted)):
            return Row(first, **steps)
        return LookUp(self._constant(list(places)), steps_of(shape))

    def _target(self, array: Array, **shape: int) -> Place:
        row = self._among(self._rows[array], **(shape or {"i": array.rows}))
        if array in self._stacked:
            assert isinstance(row, Row)  # those of a part of a stack follow one another
            stack, _, by = self._stacked[array]
            row = replace(row, t=by * stack.height)
        return Place("table" if array.is_batch else "column", row)


def steps_of(shape: dict[str, int]) -> Row:
    """Return the number of an entry of a table of some shape, by its counters."""
    steps, width = {}, 1
    for counter, size in reversed(shape.items()):
        steps[counter] = width if size > 1 else 0
        width *= size
    return Row(**steps)
