"""What the player's page knows of a graph: its numbers, and its rows, printed."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, Final, NamedTuple

from autograd.printer import NAME, SIGN, Text
from autograd.table import Operation
from autograd.value import Value

from .formula import Formula
from .javascript import Computed, computed, javascript
from .names import Names
from .notation import Notation
from .plain import Plain, plain
from .slips import has_factors
from .tex import Place
from .text import shortened

DIGITS: Final = 4
LONGEST: Final = {"value": 90, "slope": 48}  # characters of a formula
MOST: Final = 12  # operands of a formula
# Characters from here on stand for the result and the operands; those of the second row are in
# brackets if they begin with a minus, those of the third are raised.
PLACE, ROW = 0xA000, 0x20


def numbers(order: list[Value], notation: Notation, rules: Rules) -> list[dict[str, Any]]:
    """Return the nodes as the page knows them."""
    names = Names(order, notation)
    index = {node: i for i, node in enumerate(order)}
    table = []
    for node in order:
        is_constant = not node.parents and node.operation is not None
        place = node.place
        text = names.title(node) if is_constant and place is not None else names.text(node)
        row: dict[str, Any] = {"t": shortened(text)}
        if place is not None and place.quantity == "a":
            row["d"] = plain(names.quantity(node, "δ"))
        if node.parents:
            row["f"] = rules.add(node)
            row["o"] = [index[x] if isinstance(x, Value) else [number(x)] for x in node.operands]
        else:
            row["v"] = number(node.data)
        table.append(row)
    return table


class Rule(NamedTuple):
    """A row for so many operands, in JavaScript: y = value(x1, x2, ...), and its local gradients.

    What `row` it is of does not matter to programs; a row that `selects` passes nothing on where
    a local gradient is 0, and one with `factors` has operands for slopes.
    """

    row: Operation
    operands: int
    value: Computed
    local: Computed
    factors: bool = False

    @property
    def javascript(self) -> str:
        """An object with the functions `value` and `local`."""
        names = [f"x{i + 1}" for i in range(self.operands)]
        selects = ", selects: true" if self.row.selects else ""
        product = ", factors: true" if self.factors else ""
        value, local = self.value.function("", names), self.local.function("", ["y", *names])
        return f"{{value: {value}, local: {local}{selects}{product}}}"


class Rules:
    """The rows that a graph needs, each printed once: as JavaScript, and as text to read."""

    def __init__(self) -> None:
        self.texts: list[dict[str, Any]] = []
        self.printed: list[Rule] = []
        self.fixed = False  # whether an operation cannot be printed
        self._known: dict[Hashable, int] = {}

    @property
    def javascript(self) -> str:
        return "".join([f"{printed.javascript},\n" for printed in self.printed])

    def add(self, node: Value) -> int:
        """Return the number of the rule for a computed node."""
        row, operands = node.operation, node.operands
        assert row is not None
        free: list[float | None] = [None] * len(operands)
        for given in (free, [None if isinstance(x, Value) else x for x in operands]):
            try:  # constants as arguments; or, where they choose the formula, put in
                return self.add_row(row, given)
            except (ArithmeticError, AttributeError, TypeError, ValueError):
                continue
        self.fixed = True
        value, local = computed(node.data), computed(*node.local_gradients())
        return self._append(node, Rule(row, 0, value, local), free)

    def add_row(self, row: Operation, given: Sequence[float | None]) -> int:
        """Return the number of the rule of a row, for operands that are given or, None, not.

        Raises
        ------
        ArithmeticError, AttributeError, TypeError or ValueError
            If the row is no formula of the operands that are not given.
        """
        key: Hashable = (row, *given)
        return (
            self._known[key] if key in self._known else self._append(key, _rule(row, given), given)
        )

    def _append(self, key: Hashable, rule: Rule, given: Sequence[float | None]) -> int:
        self._known[key] = len(self.printed)
        self.printed.append(rule)
        self.texts.append(_texts(rule.row, given))
        return self._known[key]


def _terms(names: Sequence[str], given: Sequence[float | None]) -> list[Formula | float]:
    return [Formula(name) if x is None else x for name, x in zip(names, given)]


def _rule(row: Operation, given: Sequence[float | None]) -> Rule:
    terms = _terms([f"x{i}" for i, _ in enumerate(given, start=1)], given)
    value, local = computed(Formula(row, *terms)), computed(*row.rule(Formula("y"), terms))
    return Rule(row, len(given), value, local, has_factors(row, len(given)))


def _texts(row: Operation, given: Sequence[float | None]) -> dict[str, Any]:
    """Return templates for the value and the slopes of a row; those too long are empty."""
    texts: dict[str, Any] = {"name": shortened(row.name), "y": "", "d": []}
    if len(given) > MOST:
        return texts
    y, *names = [chr(PLACE + i) for i in range(len(given) + 1)]
    terms = _terms(names, given)
    try:
        texts["y"] = _unless_long(Formula(row, *terms), LONGEST["value"])
        slopes = row.rule(Formula(y), terms)
        texts["d"] = [_unless_long(slope, LONGEST["slope"]) for slope in slopes]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        pass
    return texts


def _unless_long(formula: Formula | float, longest: int) -> str:
    text = _Template(digits=DIGITS).print(formula)[0].text.replace("-", "−")
    return text if len(text) <= longest else ""


class _Template(Plain):
    """Prints plain text with places for names or numbers, some of which may be negative."""

    def unknown(self, head: Any) -> Text:
        return Text(head)

    def placed(self, place: Place, operands: Sequence[Text]) -> Text:
        if not (place.leads and place.needed <= SIGN):
            place, operands = place._replace(number=0), [_moved(operands[place.number], 1)]
        return super().placed(place, operands)

    def within(self, text: Text, needed: int) -> str:
        is_safe = needed <= SIGN or text.level < needed
        return super().within(text if is_safe else _moved(text, 1), needed)

    def script(self, sign: str, text: Text) -> str:
        raised = _moved(text, 2)
        is_place = text.level == NAME and raised != text
        return raised.text if sign == "^" and is_place else super().script(sign, text)


def _moved(text: Text, row: int) -> Text:
    """Return a text that begins with a place, with that in another row."""
    k = ord(text.text[:1] or " ") - PLACE
    return text._replace(text=chr(PLACE + row * ROW + k) + text.text[1:]) if 0 <= k < ROW else text


def number(x: float) -> float | str:
    """Return a number as JSON has it, or, if it is inf or nan, JavaScript's name for it."""
    return x if math.isfinite(x) else javascript(x)
