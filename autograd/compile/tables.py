"""Tables of indices that follow a rule, as the rule.

A table is told by other tables, which are shorter or simpler, and these in the same way: by its
axes, as ranges, as what repeats and what does not, by its different numbers, by its steps, or as
two that take turns. Of all that is right, the shortest text that is found is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise
from typing import Final

LEAST: Final = 5  # indices; shorter tables are written as they are
MOST_PARTS: Final = 48  # that are written one after the other
ENOUGH: Final = 32  # letters of a text; no shorter one is looked for
TURNS: Final = 1  # how often a table is told by another of its length
Table = tuple[int, ...]


def step_of(numbers: Sequence[int]) -> int | None:
    """Return the step between numbers if it is always the same.

    Examples
    --------
    >>> step_of([7, 5, 3]), step_of([7, 5, 4]), step_of([7])
    (-2, None, None)
    """
    steps = {b - a for a, b in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else None


def moving(number: int, by: int) -> str:
    """Return the text of a number that becomes so much larger with each k.

    Examples
    --------
    >>> moving(3, 0), moving(3, 2), moving(0, 1), moving(9, -1), moving(-1, 1)
    ('3', '2 * k + 3', 'k', '9 - k', 'k - 1')
    """
    if not by:
        return str(number)
    multiple = "k" if abs(by) == 1 else f"{abs(by)} * k"
    if by < 0:
        return f"{number} - {multiple}"
    return multiple if not number else f"{multiple} {'+' if number > 0 else '-'} {abs(number)}"


def slice_of(numbers: Sequence[int], by: int = 0) -> str | None:
    """Return the text of a slice that has these indices, if there is one.

    Those may move by some with each k, as those of `moving` do.

    Examples
    --------
    >>> slice_of([2, 3, 4]), slice_of([7, 5, 3]), slice_of([2, 1, 0])
    ('2:5', '7:2:-2', '2::-1')
    >>> slice_of([2, 3, 4], 3)
    '3 * k + 2:3 * k + 5'
    """
    step = step_of(numbers)
    if not step or (by and step < 0):  # which might end at 0 once
        return None
    first, last = numbers[0], numbers[-1]
    stop = moving(last + 1, by) if step > 0 else str(last - 1) if last else ""
    return f"{moving(first, by)}:{stop}" + (f":{step}" if step != 1 else "")


class Tables:
    """Writes tables of indices as NumPy makes them, each with those in mind that came before.

    Examples
    --------
    >>> tables = Tables()
    >>> tables.text([0, 1, 2, 8, 9, 10, 16, 17, 18], "k1")  # axes: size, step
    'rows(0, (3, 8), (3, 1))'
    >>> tables.text([3, 4, 5, 11, 12, 13, 19, 20, 21])
    'k1 + 3'
    >>> tables.text([0, 4, 1, 8, 9, 13, 10, 17, 18, 22, 19, 26])  # an axis of other numbers
    'rows(0, (3, 9), [0, 4, 1, 8])'
    >>> tables.text([0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4])
    'np.repeat(range(0, 5), range(1, 6))'
    >>> tables.text([6, 6, 7, 6, 7, 8, 6, 7, 8, 9, 6, 7, 8, 9, 10])
    'ranges([6] * 5, range(1, 6))'
    >>> tables.text([5, 6, 7, 8, 9, 3, 2, 1, 0, 0, 2, 4, 6, 8, 10, 1])
    'np.r_[5:10, 3:-1:-1, 0:11:2, 1]'
    >>> tables.text([0, 2, 5, 9, 14, 20, 27, 35, 44, 54, 65])
    'np.cumsum(np.r_[0, 2:12])'
    >>> tables.text([408, 170, 281, 170, 170, 281, 281, 170, 408, 408, 170, 408, 281, 170, 281])
    'np.array([408, 170, 281])[[0, 1, 2, 1, 1, 2, 2, 1, 0, 0, 1, 0, 2, 1, 2]]'
    >>> tables.text([3, 1, 4, 1, 5, 9, 2, 6])
    'np.array([3, 1, 4, 1, 5, 9, 2, 6])'
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[Table, int], str] = {}
        self._known: dict[Table, tuple[str, int]] = {}  # name and first number, by the steps

    def text(self, numbers: Sequence[int], name: str = "") -> str:
        """Return the text of an array, which may have a name from then on."""
        text = _array(self._shortest(tuple(numbers)))
        if name and len(numbers) >= LEAST:
            self._known.setdefault(_steps(numbers), (name, numbers[0]))
        return text

    def matrix(self, numbers: Sequence[int], height: int) -> str:
        """Return the text of an array of so many rows."""
        return f"{_within(self.text(numbers))}.reshape({height}, -1)"

    def _shortest(self, numbers: Table, turns: int = TURNS) -> str:
        """Return the shortest text found: of a list, a range or an array."""
        key = numbers, turns
        if key not in self._texts:
            best = f"[{', '.join(map(str, numbers))}]"
            for text in self._rules(numbers, turns):
                best = min(text, best, key=len)
                if len(best) <= ENOUGH:
                    break
            self._texts[key] = best
        return self._texts[key]

    def _rules(self, numbers: Table, turns: int) -> Iterator[str]:
        """Yield texts that are right, those that are found soon before the others."""
        first, steps = numbers[0], _steps(numbers)
        if len(numbers) > 2 and len({*steps}) == 1:
            yield _progression(numbers, steps[0])
        elif len(numbers) < LEAST:
            return
        elif steps in self._known:
            name, other = self._known[steps]
            by = first - other
            yield f"{name} {'+' if by > 0 else '-'} {abs(by)}" if by else name
        elif sizes := _sizes(steps):
            yield self._by_axes(numbers, sizes, turns)
        else:
            yield from self._by_parts(numbers, steps, turns)
            yield from self._by_ranges(numbers, steps, turns)
            if turns:
                yield f"np.cumsum({self._shortest((first, *steps), turns - 1)})"
                yield from self._by_choice(numbers, turns)
            yield from self._by_mixture(numbers, turns)

    def _by_axes(self, numbers: Table, sizes: Sequence[int], turns: int) -> str:
        """Return the text of sums, of the first number and one of each axis."""
        axes: list[str] = []
        size, step = 1, 0  # of the axis before if it has steps
        for below, whole in pairwise([1, *sizes, len(numbers)]):
            axis = tuple(x - numbers[0] for x in numbers[:whole:below])
            by = step_of(axis)
            if by is None:
                axes.insert(0, self._shortest(axis, turns))
                size, step = 1, 0
                continue
            is_same = size > 1 and by == size * step  # the same steps go on
            size, step = (size * len(axis), step) if is_same else (len(axis), by)
            axes[:is_same] = [f"({size}, {step})"]
        return f"rows({numbers[0]}, {', '.join(axes)})"

    def _by_ranges(self, numbers: Table, steps: Table, turns: int) -> Iterator[str]:
        """Yield the text of ranges of different lengths, whose step is the commonest one."""
        ((step, _),) = Counter(steps).most_common(1)
        cuts = [0, *[i for i, by in enumerate(steps, 1) if by != step], len(numbers)]
        if len(cuts) * 2 > len(numbers):
            return
        starts = self._shortest(tuple(numbers[i] for i in cuts[:-1]), turns)
        counts = self._shortest(_steps(cuts), turns)
        if step == 0:
            yield f"np.repeat({starts}, {counts})"
        else:
            yield f"ranges({starts}, {counts}{f', {step}' if step != 1 else ''})"

    def _by_mixture(self, numbers: Table, turns: int) -> Iterator[str]:
        """Yield the text of two tables that take turns: of small and of large numbers."""
        bound, crossings = _crossed(numbers)
        if crossings * 8 > len(numbers) > MOST_PARTS and len({*numbers}) > 2:
            which = tuple(int(x >= bound) for x in numbers)
            small = self._shortest(tuple(x for x in numbers if x < bound), turns)
            large = self._shortest(tuple(x for x in numbers if x >= bound), turns)
            yield f"mixed({self._shortest(which, 0)}, {small}, {large})"

    def _by_parts(self, numbers: Table, steps: Table, turns: int) -> Iterator[str]:
        """Yield the text of parts one after the other."""
        parts = [*islice(_parts(numbers, steps), MOST_PARTS)]
        if 1 < len(parts) < MOST_PARTS:
            yield f"np.r_[{', '.join([self._part(part, turns) for part in parts])}]"

    def _part(self, numbers: Table, turns: int) -> str:
        """Return the text of what is put one after the other by np.r_, in which 2:-1:-1 has a 0."""
        if len(numbers) > 2 and (step := step_of(numbers)):
            stop = numbers[-1] + (1 if step > 0 else -1)
            return f"{numbers[0]}:{stop}" + (f":{step}" if step != 1 else "")
        text = self._shortest(numbers, turns)
        return text[1:-1] if text[0] + text[-1] == "[]" else text

    def _by_choice(self, numbers: Table, turns: int) -> Iterator[str]:
        """Yield the text of a choice of its different numbers, if there are few."""
        place: dict[int, int] = {}
        index = tuple(place.setdefault(x, len(place)) for x in numbers)
        if len(place) * 2 <= len(numbers) and index != numbers:
            different = _within(_array(self._shortest(tuple(place), turns)))
            yield f"{different}[{self._shortest(index, turns - 1)}]"


def _steps(numbers: Sequence[int]) -> Table:
    return tuple(b - a for a, b in pairwise(numbers))


def _progression(numbers: Table, step: int) -> str:
    """Return the text of numbers that are equally far apart."""
    if step == 0:
        return f"[{numbers[0]}] * {len(numbers)}"
    return f"{range(numbers[0], numbers[-1] + (1 if step > 0 else -1), step)}"


def _array(text: str) -> str:
    """Return the text of an array."""
    return f"np.array({text})" if text.startswith(("[", "range(")) else text


def _within(text: str) -> str:
    """Return the text of an array that something can follow: k1 + 8 is within brackets."""
    return text if text[-1] in ")]" else f"({text})"


def _sizes(steps: Table) -> list[int]:
    """Return the sizes of blocks that are the same but for their first numbers, and nested."""
    sizes = [1]
    count = len(steps) + 1
    for size in range(2, count // 2 + 1):
        if count % size == 0 and size % sizes[-1] == 0:
            inner = steps[: size - 1]
            if all(steps[i : i + size - 1] == inner for i in range(size, count, size)):
                sizes.append(size)
    return sizes[1:]


def _crossed(numbers: Table) -> tuple[int, int]:
    """Return the number that most steps come to or go beyond, up or down, and how many do."""
    changes: Counter[int] = Counter()
    for a, b in pairwise(numbers):
        changes[min(a, b) + 1] += 1
        changes[max(a, b) + 1] -= 1
    bounds = sorted(changes)
    crossings = [*accumulate([changes[bound] for bound in bounds])]
    most = max(crossings)
    return bounds[crossings.index(most)], most


def _parts(numbers: Table, steps: Table) -> Iterator[Table]:
    """Yield what is repeated, at the same distances or farther on, and single numbers."""
    last: dict[Table, int] = {pair: i for i, pair in enumerate(pairwise(steps))}
    at = 0
    while at < len(numbers):
        is_found_again = last.get(steps[at : at + 2], at) > at
        end = at + ((is_found_again and _repeated(steps[at:])) or 1)
        yield numbers[at:end]
        at = end


def _repeated(steps: Table) -> int:
    """Return how many numbers with these steps are blocks that are repeated, or 0.

    How many steps are those of the beginning, from each on, is found by the Z algorithm:
    D. Gusfield, Algorithms on Strings, Trees and Sequences, 1997.
    """
    most, count = 0, len(steps)
    found = [0] * (count // 2 + 2)
    start = end = 0  # of what reaches farthest
    for size in range(1, count // 2 + 2):
        same = min(end - size, found[size - start]) if size < end else 0
        while size + same < count and steps[same] == steps[size + same]:
            same += 1
        if size + same > end:
            start, end = size, size + same
        found[size] = same
        times = (same + 1) // size + 1
        if times > (1 if size > 2 else 2) and times * size > most:
            most = times * size
    return most if most > 3 else 0
