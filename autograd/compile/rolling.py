"""Statements that repeat are a loop: over time, over layers, forwards and backwards.

A loop is found in nothing but the statements, which are compared by what they do and by where
their operands are: those of one time round must lie as far from those of the time before as
everywhere else in it. It does what the statements did, in their order.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain, pairwise
from operator import mul, sub
from typing import Any, Final, NamedTuple

from autograd.table import Operation

from .statements import Array, Input, Moved, Slot, Stack
from .tables import step_of
from .terms import Term, new_terms

LEAST_TIMES: Final = 3  # fewer are as easily read one by one
LEAST_SAVED: Final = 4  # statements
DISTANCES: Final = 40  # between equal statements, the commonest of which are tried
COMMON: Final = ("members", "name", "number")  # fields that say nothing of what is computed
Positions = dict[Term, tuple[Array, int]]


class Statement(NamedTuple):
    """What is to be compared of a statement."""

    kind: Hashable
    places: tuple[int, ...] = ()  # number and first row of each run of operands, by turns


class Repeat(NamedTuple):
    """Statements from one on, and how many times they come."""

    start: int
    period: int
    times: int

    @property
    def end(self) -> int:
        return self.start + self.period * self.times

    @property
    def saved(self) -> int:
        return self.period * (self.times - 1)

    @property
    def is_worth_it(self) -> bool:
        return self.times >= LEAST_TIMES and self.saved >= LEAST_SAVED

    def time(self, number: int) -> int | None:
        """Return which time round a statement belongs to."""
        return (number - self.start) // self.period if self.start <= number < self.end else None


Needed = dict[Repeat, list[list[int]]]  # numbers of arrays that follow one another


@dataclass
class Loop:
    """The statements of the first time round, whose operands move, and how many times they come."""

    block: list[Array]
    times: int


class Stacked(NamedTuple):
    """Which part of a stack an array is, and by how many parts it moves as a loop goes round."""

    stack: Stack
    part: int
    by: int = 0

    @property
    def row(self) -> int:
        return self.part * self.stack.height


class Rolled:
    """The statements of a program, those that repeat only once.

    What a loop computes and something else needs is a part of a stack, which has that of all times.
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        position: Positions,
        results: Sequence[Slot],
        finds_loops: bool,
    ) -> None:
        self.arrays: list[Array] = [*arrays]
        self._loops: dict[Array, Loop] = {}  # by their first statement
        self.stacked: dict[Array, Stacked] = {}
        self._position = position
        self._users = [
            (i, self._numbers(x)) for i, array in enumerate(arrays) for x in array.slots()
        ]
        self._users += [(-1, self._numbers(slot)) for slot in results]
        self._terms = new_terms()
        self._moved: dict[tuple[Array, int], Moved] = {}
        self._statements = _described(arrays, position)
        found = repeats(self._statements) if finds_loops else ()
        loops = sorted(found, key=lambda repeat: -repeat.saved)
        needed = self._needed(loops)
        groups = self._together(needed)
        while (uneven := _uneven(needed, groups)) is not None:
            loops.remove(uneven)
            needed = self._needed(loops)
            groups = self._together(needed)
        for numbers in groups:
            self._stack([arrays[number] for number in numbers])
        for term, (array, row) in position.items() if groups else ():
            if array in self.stacked:
                place = self.stacked[array]
                position[term] = place.stack, place.row + row
        for repeat in sorted(loops, reverse=True):
            self._roll(repeat)

    def items(self) -> Iterator[Array | Loop]:
        """Yield statements and loops in their order."""
        inside = {array for loop in self._loops.values() for array in loop.block}
        for array in self.arrays:
            if array in self._loops:
                yield self._loops[array]
            elif array not in inside:
                yield array

    # -- what lies together ----------------------------------------------------------------

    def _together(self, needed: Needed) -> list[list[int]]:
        """Return the numbers of arrays that are to be stacks."""
        group: dict[int, list[int]] = {}
        for numbers in chain.from_iterable(needed.values()):
            joined = {id(group[x]): group[x] for x in numbers if x in group}
            ordered = sorted({*numbers}.union(*joined.values()))
            group.update(dict.fromkeys(ordered, ordered))
        return self._extended([*{id(numbers): numbers for numbers in group.values()}.values()])

    def _needed(self, loops: Iterable[Repeat]) -> Needed:
        """Return for each loop the numbers of arrays that follow one another as it goes round."""
        loop_of = {x: repeat for repeat in loops for x in range(repeat.start, repeat.end)}
        left: dict[Repeat, set[int]] = {repeat: set() for repeat in loops}
        for user, numbers in self._users:
            for x in numbers:
                repeat = loop_of.get(x)
                if repeat is not None and repeat.time(user) != repeat.time(x):
                    left[repeat].add((x - repeat.start) % repeat.period)
        return {
            repeat: [
                *self._read(repeat),
                *[[*range(repeat.start + x, repeat.end, repeat.period)] for x in sorted(places)],
            ]
            for repeat, places in left.items()
        }

    def _read(self, repeat: Repeat) -> Iterator[list[int]]:
        """Yield the numbers of what statements of a loop read, if it is not always the same."""
        first = range(repeat.start, repeat.start + repeat.period)
        for number in first:
            now, then = (self._statements[x].places for x in (number, number + repeat.period))
            for a, b in zip(now[::2], then[::2]):
                if a != b and (a not in first or b - a != repeat.period):
                    yield [a + i * (b - a) for i in range(repeat.times)]

    def _numbers(self, slot: Slot) -> set[int]:
        """Return the numbers of the arrays that a slot has rows of."""
        return {self._position[x][0].number for x in slot if x in self._position}

    def _extended(self, groups: list[list[int]]) -> list[list[int]]:
        """Add the arrays to stacks that something takes together with them, as the first step."""
        group = {number: numbers for numbers in groups for number in numbers}
        for array in self.arrays:
            for slot in array.slots():
                numbers = self._numbers(slot) if len(slot) >= LEAST_TIMES else set()
                others = [number for number in numbers if number not in group]
                stacks = {id(group[number]): group[number] for number in numbers - {*others}}
                if len(stacks) != 1 or not others or len(numbers) - len(others) < LEAST_TIMES:
                    continue
                (stack,) = stacks.values()
                form = _form(self.arrays[stack[0]])
                alike = [x for x in others if _form(self.arrays[x]) == form]
                group.update(dict.fromkeys(alike, stack))
                stack[:] = sorted([*stack, *alike])
        return groups

    def _stack(self, arrays: Sequence[Array]) -> None:
        """Give arrays their places in a stack."""
        stack = Stack(
            members=[x for array in arrays for x in array.members],
            name=arrays[0].name and arrays[0].name._replace(time=0),
            number=arrays[0].number,
            height=arrays[0].rows,
        )
        for part, array in enumerate(arrays):
            self.stacked[array] = Stacked(stack, part)

    # -- loops -----------------------------------------------------------------------------

    def _roll(self, repeat: Repeat) -> None:
        """Leave the statements of the first time round, whose operands move."""
        start, period, times = repeat
        block = self.arrays[start : start + period]
        for array, then in zip(block, self.arrays[start + period : start + 2 * period]):
            for name in _contents(array):
                setattr(array, name, self._moving(getattr(array, name), getattr(then, name)))
            if array in self.stacked:
                here, there = self.stacked[array], self.stacked[then]
                self.stacked[array] = here._replace(by=there.part - here.part)
        self._loops[block[0]] = Loop(block, times)
        self.arrays[start : repeat.end] = block

    def _moving(self, now: Any, then: Any) -> Any:
        """Return an operand that is one thing the first time round, and another the next time."""
        if isinstance(now, (list, tuple)):
            return type(now)(map(self._moving, now, then))
        if now not in self._position or now is then:
            return now
        (array, row), (other, end) = self._position[now], self._position[then]
        if array is not other or row == end:  # the same time round, or at the same place
            return now
        key = array, end - row
        moved = self._moved.setdefault(key, Moved(source=array, by=end - row))
        if row not in moved.terms:
            term = moved.terms[row] = self._terms.given("moved", row)
            term.is_batch = array.is_batch
            self._position[term] = moved, row
        return moved.terms[row]


def _uneven(needed: Needed, groups: Sequence[Sequence[int]]) -> Repeat | None:
    """Return a loop whose arrays do not lie equally far apart in the stacks, the shortest first."""
    part = {number: i for numbers in groups for i, number in enumerate(numbers)}
    for repeat, rows in reversed(needed.items()):
        if any(step_of([part[number] for number in numbers]) is None for numbers in rows):
            return repeat
    return None


def _contents(array: Array) -> Iterator[str]:
    """Yield the names of the fields that say what a statement computes."""
    return (field.name for field in fields(array) if field.name not in COMMON)


def _form(array: Array) -> Hashable:
    """Return what arrays of one stack have in common."""
    given = array.letter if isinstance(array, Input) else array.name and array.name[:2]
    return given, array.rows, array.is_batch, array.shape


def _described(arrays: Sequence[Array], position: Positions) -> list[Statement]:
    """Return what is to be compared of statements; of those of which there are few, little."""
    kinds = [(type(array), _form(array), [*map(len, array.slots())]) for array in arrays]
    keys = [repr(kind) for kind in kinds]
    counts = Counter(keys)
    found = [
        _statement(array, key, position) if counts[key] >= LEAST_TIMES else Statement(array)
        for array, key in zip(arrays, keys)
    ]
    numbers: dict[Hashable, int] = {}  # of kinds, which are quicker to compare
    return [
        statement._replace(kind=numbers.setdefault(statement.kind, len(numbers)))
        for statement in found
    ]


def _statement(array: Array, key: str, position: Positions) -> Statement:
    """Return what a statement does, and where its operands are."""
    places: list[int] = []
    contents = [_content(getattr(array, name), position, places) for name in _contents(array)]
    return Statement((key, *contents), tuple(places))


def _content(x: Any, position: Positions, places: list[int]) -> Hashable:
    """Return what is to be compared of a field, and add where its operands are to the places."""
    if not isinstance(x, (list, tuple)):
        return x if isinstance(x, (Operation, str)) else repr(x)
    if x and isinstance(x[0], (list, tuple)):
        return tuple([_content(part, position, places) for part in x])
    kinds: list[Hashable] = []
    for given, row, step, count in _runs(x, position):
        if isinstance(given, Array):
            places += given.number, row
            given = _form(given)
        kinds.append((given, step, count))
    return tuple(kinds)


def _runs(slot: Sequence[Any], position: Positions) -> list[tuple[Any, int, int, int]]:
    """Return array or what else, first row, step and count of what follows one another."""
    runs: list[tuple[Any, int, int, int]] = []
    for x in slot:
        given, row = position.get(x, (x.head if isinstance(x, Term) else repr(x), 0))
        if runs:
            last, first, step, count = runs[-1]
            step = row - first if count == 1 else step
            if last is given and row == first + step * count:
                runs[-1] = (last, first, step, count + 1)
                continue
        runs.append((given, row, 0, 1))
    return runs


def repeats(statements: Sequence[Statement]) -> Iterator[Repeat]:
    """Yield what repeats, the longest first, then what does so between."""
    waiting = [(0, len(statements))]
    while waiting:
        start, stop = waiting.pop()
        is_free = [True] * (stop - start)
        found = [repeat for repeat in _candidates(statements[start:stop]) if repeat.is_worth_it]
        for repeat in sorted(found, key=lambda repeat: -repeat.saved):
            if all(is_free[repeat.start : repeat.end]):
                is_free[repeat.start : repeat.end] = [False] * (repeat.end - repeat.start)
                yield repeat._replace(start=start + repeat.start)
        if found:
            ends = [-1, *[i for i, free in enumerate(is_free) if not free], stop - start]
            gaps = [(a + 1, b) for a, b in pairwise(ends) if b - a > LEAST_SAVED]
            waiting += [(start + a, start + b) for a, b in gaps]


def _candidates(statements: Sequence[Statement]) -> Iterator[Repeat]:
    """Yield what repeats at the commonest distances."""
    distances: Counter[int] = Counter()
    seen: dict[Hashable, deque[int]] = defaultdict(lambda: deque(maxlen=6))
    for number, (kind, _) in enumerate(statements):
        distances.update([number - other for other in seen[kind]])
        seen[kind].append(number)
    for period, _ in distances.most_common(DISTANCES):
        moves = [_move(a, b) for a, b in zip(statements, statements[period:])]
        start = 0
        for end, move in enumerate([*moves, None]):
            if move is None or (end - start >= period and move != moves[end - period]):
                yield Repeat(start, period, (end - start) // period + 1)
                start = end + 1 if move is None else end - period + 1


def _move(a: Statement, b: Statement) -> Any:
    """Return how far operands move from one statement to another of its kind, or None."""
    if a.kind != b.kind:
        return None
    moves = tuple(map(sub, b.places, a.places))
    # Either to another array, or within one.
    return None if any(map(mul, moves[::2], moves[1::2])) else (a.kind, moves)
