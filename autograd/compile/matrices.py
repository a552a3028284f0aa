"""Texts of matrices of coefficients, and of biases: views of the parameters, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.printer import CALL, Text

from .passes import Passes
from .slots import SlotWriter
from .statements import MatMul
from .terms import Term


class MatrixWriter(SlotWriter):
    """Writes what inputs are multiplied by, and what is added."""

    def __init__(self, passes: Passes, sizes: dict[str, int], *options: str) -> None:
        super().__init__(passes, sizes, *options)
        self._blocks: dict[str, str] = {}  # names of views of the parameters

    def _bias(self, array: MatMul) -> Text:
        """Return the bias: of a layer by its name, repeated for all copies."""
        terms, copies = array.bias or [], array.copies
        firsts = terms[::copies]
        runs = self._runs(firsts)
        given, first, step, count = runs[0]
        is_block = len(runs) == 1 and given is self._theta and step
        if not is_block or terms != [x for x in firsts for _ in range(copies)]:
            return self._slot(terms)
        text, place = self._parameters(first, step, count), _place(firsts)
        text = text if place is None else self._block(text, f"b{place}")
        return Text(text if copies == 1 else f"np.repeat({text}, {copies}, axis=0)")

    def _matrix(self, rows: Sequence[list[Any]]) -> str:
        """Return the coefficients: a view of the parameters, if they are one, or gathered."""
        flat = [x for row in rows for x in row]
        if not isinstance(flat[0], Term):
            return self._constant([*rows])
        if not all(isinstance(x, Term) and x.head == "p" for x in flat):
            text = self.within(self._slot(flat, exact=True), CALL)
            return f"{text}.reshape({len(rows)}, {len(rows[0])})"
        at = [[self._where(x)[1] for x in row] for row in rows]
        views = [(self._view(at), ""), (self._view([*map(list, zip(*at))]), ".T")]
        found = [(view, flip) for view, flip in views if view is not None]
        for view, flip in sorted(found, key=lambda view: view[0] not in self._blocks)[:1]:
            return self._block(view, f"W{_place(rows[0]) or ''}") + flip
        return self._block(f"parameters[{self._constant(at)}]", f"W{_place(rows[0]) or ''}")

    def _view(self, at: Sequence[Sequence[int]]) -> str | None:
        """Return a table of parameters as a view, if it is one: rows that are equally far apart."""
        start, height, width = at[0][0], len(at), len(at[0])
        down = at[1][0] - start if height > 1 else width
        begin = min(start, self._count - height * down)
        left = start - begin
        if begin < 0 or left + width > down:
            return None
        if any(
            row != [*range(start + i * down, start + i * down + width)] for i, row in enumerate(at)
        ):
            return None
        text = f"parameters[{begin}:{begin + height * down}].reshape({height}, {down})"
        return text if down == width else f"{text}[:, {left or ''}:{left + width}]"

    def _block(self, view: str, name: str) -> str:
        if view not in self._blocks:
            self._blocks[view] = self._free(name, exact=True)
        return self._blocks[view]


def _place(terms: Sequence[Any]) -> int | None:
    """Return the layer of parameters if they all belong to it."""
    layers = {x.name.layer if isinstance(x, Term) and x.name else None for x in terms}
    return layers.pop() if len(layers) == 1 else None
