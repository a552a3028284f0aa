"""What all programs have in common: which statements there are, and where terms are in them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar, Final

from .groups import SCALARS, Groups
from .passes import Passes
from .rolling import Loop, Rolled
from .statements import Array, Inner, Moved, Outer, Segments, Slot, Stack, Total
from .terms import Name, Term

SMALLEST_SINGLE: Final = 2.0**-126  # below, single precision has fewer digits, and soon 0
RESERVED: Final = """X T n k np math parameters inputs targets weight penalty_weight table column
put rows scatter sums largest smallest join where erf erfc step predict loss penalty"""
LETTERS: Final = {
    "prml": {"a": "A", "z": "Z"},
    "nielsen": {"a": "Z", "z": "A"},
    "wikipedia": {"a": "net", "z": "O"},
}


@dataclass
class Program:
    """A program, and what it needs to be run.

    It is ``predict(parameters, inputs)``, or ``step(parameters, inputs, targets, weight,
    penalty_weight)``, with the weight of each error. A step returns the loss, the penalty if there
    is one, and the gradient.
    """

    name: str  # "step" or "predict"
    functions: list[str]  # definitions: those that compute rows of the table, and the program
    constants: dict[str, list[Any]]  # numbers or indices, by the names they have in the source
    uses: set[str]  # names that are not always there: "math" and functions of `engines.PRELUDE`
    reached: list[int]  # parameters that have influence; the gradient's other entries are 0
    rows: int  # numbers per sample

    @property
    def source(self) -> str:
        return "\n\n\n".join(self.functions) + "\n"


Run = tuple[Any, int, int, int]  # array, first row, step, count


class Writer(ABC):
    """What writes a program: array operations in `arrays`, loops in `loops`."""

    finds_loops: ClassVar[bool] = True  # over statements that repeat

    def __init__(
        self, passes: Passes, sizes: dict[str, int], name: str, notation: str, dtype: str
    ) -> None:
        self._name_of_program = name
        self._is_single = dtype == "float32"
        self._letters = LETTERS[notation]
        self._passes = passes
        self._wants_outputs = name == "predict"
        self.reached = [i for i, slope in enumerate(passes.gradients) if slope is not None]
        slopes = [0.0 if slope is None else slope for slope in passes.gradients]
        self._gradient = [] if self._wants_outputs else slopes
        self._groups = Groups(passes.losses, passes.outputs, self._gradient, sizes)
        self._position = self._groups.position
        results = [*[[loss] for loss in passes.losses], passes.outputs, self._gradient]
        rolled = Rolled(self._groups.arrays, self._position, results, self.finds_loops)
        self._items, self._stacked = [*rolled.items()], rolled.stacked
        self._arrays = rolled.arrays
        self._theta = self._groups.inputs["p"]
        self._count = sizes["p"]
        self.constants: dict[str, list[Any]] = {}
        self._taken: set[str] = set(RESERVED.split())
        self._constants: dict[str, str] = {}  # their names by what they print as
        self._numbers: dict[str, Iterator[int]] = {}  # the next ones of names with a number
        self._sort_sums()
        self._uses = Counter([array for slot in self._all_slots() for array in self._found(slot)])
        for loop in self._items:
            if isinstance(loop, Loop):  # which uses what is computed outside more than once
                slots = [slot for array in loop.block for slot in array.gathered()]
                self._uses.update({x for slot in slots for x in self._found(slot)} - {*loop.block})

    @abstractmethod
    def program(self) -> Any:
        """Return the program, a `Program` or a `LoopProgram`."""

    def _quantity(self, name: Name) -> str:
        """Return the name of a quantity of a layer, such as A1, or A1_2 where it is used again."""
        time = f"_{name.time}" if name.time else ""
        return f"{self._letters.get(name.letter, name.letter)}{name.layer}{time}"

    # -- where terms are -------------------------------------------------------------------

    def _all_slots(self) -> Iterator[Slot]:
        for array in self._arrays:
            yield from array.gathered()
        yield from ([loss] for loss in self._passes.losses)
        yield self._passes.outputs
        yield self._gradient

    def _sort_sums(self) -> None:
        """Put the terms of long sums, and of those over steps, in the order they are stored in."""
        for array in self._arrays:
            if isinstance(array, Segments):
                pairs = list(zip(array.lefts, array.rights))
                for start, end in zip(array.starts, array.ends):
                    pairs[start:end] = sorted(pairs[start:end], key=lambda x: self._order(x[::-1]))
                array.lefts, array.rights = ([*slot] for slot in zip(*pairs))
            elif isinstance(array, (Outer, Inner, Total)) and array.copies > 1:
                if any(
                    isinstance(self._where(x)[0], Stack) for slot in array.slots() for x in slot
                ):
                    self._sort_copies(array)

    def _sort_copies(self, array: Outer | Inner | Total) -> None:
        copies = array.copies
        slots = [*array.slots()]
        columns = [[slot[i::copies] for slot in slots] for i in range(copies)]
        columns.sort(key=lambda column: self._order([slot[0] for slot in column]))
        for slot, tables in zip(slots, zip(*columns)):
            slot[:] = [x for row in zip(*tables) for x in row]

    def _order(self, terms: Sequence[Any]) -> list[tuple[int, int]]:
        places = [self._where(x) for x in terms]
        return [(x.number if isinstance(x, Array) else -1, row) for x, row in places]

    def _where(self, x: Any) -> tuple[Any, int]:
        """Return array and row of a term, or the term itself if it is a number or scalar."""
        if not isinstance(x, Term) or x.head in SCALARS:
            return x, 0
        return self._position[x]

    def _runs(self, terms: Sequence[Any]) -> list[Run]:
        """Return (array, first row, step, count) of rows that follow one another."""
        places = [self._position.get(x, (x, 0)) for x in terms]
        if len(places) > 1 and all(array is self._theta for array, _ in places):
            first, step = places[0][1], places[1][1] - places[0][1]
            if step > 1 and all(row == first + step * i for i, (_, row) in enumerate(places)):
                return [(places[0][0], first, step, len(places))]
        runs: list[Run] = []
        last: Any = None
        first = step = count = 0
        for array, row in places:
            if count and (
                last is array or (isinstance(array, float) and repr(last) == repr(array))
            ):
                by = row - first if count == 1 else step
                if row == first + by * count and by in (0, 1):
                    step, count = by, count + 1
                    continue
            if count:
                runs.append((last, first, step, count))
            last, first, step, count = array, row, 1, 1
        return [*runs, (last, first, step, count)] if count else runs

    def _found(self, slot: Sequence[Any]) -> set[Array]:
        """Return the arrays in which a slot has rows."""
        arrays = [array for array, *_ in self._runs(slot)]
        arrays = [array.source if isinstance(array, Moved) else array for array in arrays]
        return {array for array in arrays if isinstance(array, Array)}

    # -- names ---------------------------------------------------------------------------

    def _constant(self, numbers: list[Any]) -> str:
        key = repr(numbers)
        if key not in self._constants:
            self._constants[key] = name = self._free(_kind(numbers))
            self.constants[name] = numbers
        return self._constants[key]

    def _free(self, name: str, exact: bool = False) -> str:
        """Return a name that is not taken, with a number behind it; an exact one only if it is."""
        wanted = name
        if not exact or name in self._taken:
            stem, first = (f"{name}_", 2) if exact else (name, 1)
            numbers = self._numbers.setdefault(stem, count(first))
            wanted = next(x for i in numbers if (x := f"{stem}{i}") not in self._taken)
        self._taken.add(wanted)
        return wanted


def is_all_one(slot: Sequence[Any]) -> bool:
    return all(x.__class__ is float and x == 1.0 for x in slot)


def in_single(x: float) -> float:
    """Return a number for single precision: what would be 0 there is the smallest normal one."""
    return math.copysign(SMALLEST_SINGLE, x) if 0.0 < abs(x) < SMALLEST_SINGLE else x


def _kind(numbers: Sequence[Any]) -> str:
    """Return what a table of constants is called."""
    first = numbers[0]
    return "index" if isinstance(first[0] if isinstance(first, list) else first, int) else "numbers"
