"""What the page computes with: rows of the table, errors and optimisers, printed as JavaScript.

No derivative and no rule of an optimiser is written in JavaScript: all are run on symbols here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from inspect import signature
from typing import Any, Final, NamedTuple

from autograd import Operation, Value, softmax, topological_order
from autograd.operators import TABLE
from autograd.view.formula import Formula
from autograd.view.javascript import Computed, computed
from autograd.view.notation import NOTATIONS
from autograd.view.rules import Rule, Rules, number
from nn import binary_cross_entropy, cross_entropy, half_squared_error
from nn.activations import ACTIVATIONS
from nn.train.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

WIDEST: Final = 16  # units of a layer
MOST_CLASSES: Final = 6
MOST_OPERANDS: Final = 3  # of a row in a line of text
ARRAYS: Final = ("softmax",)  # activations of a whole layer


class Table(Rules):
    """The rows that the page can use, each printed once, and what is made of them.

    `add` takes more of them from a graph.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, int] = {}  # by name and number of operands, "mul/2"
        for row in TABLE.values():
            operands = len(signature(row.local).parameters) - 1
            if row.vectors is None and operands <= MOST_OPERANDS:
                self._offer(row, operands)
        for inputs in range(1, WIDEST + 1):
            self._offer(TABLE["dot"], 2 * inputs + 1)
        self.losses = self._losses()

    def _offer(self, row: Operation, operands: int) -> None:
        with suppress(ArithmeticError, AttributeError, TypeError, ValueError):  # no formula
            self.rows[f"{row.name}/{operands}"] = self.add_row(row, [None] * operands)

    def constants(self) -> dict[str, Any]:
        """Return the constants of the page by their names, to be written as JSON."""
        return {
            "RULES": [
                _template(rule, text) for rule, text in zip(self.printed, self.texts, strict=True)
            ],
            "ROWS": self.rows,
            "ACTIVATIONS": self._activations(),
            "LOSSES": self.losses,
            "OPTIMISERS": {kind.name: _printed(kind) for kind in OPTIMISERS},
            "NOTATIONS": {
                name: {
                    "a": given.pre_activation,
                    "z": given.activation,
                    "E": given.error,
                    "t": given.target,
                    "sourceFirst": given.source_first,
                }
                for name, given in NOTATIONS.items()
            },
        }

    def _activations(self) -> dict[str, list[float]]:
        """Return the names of functions of one number, with the values of their parameters."""
        known = [name for name in ACTIVATIONS if name in TABLE and name not in ARRAYS]
        found: dict[str, list[float]] = {}
        for name in (*known, *TABLE):
            row = TABLE[name]
            parameters = [*row.parameters.values()]
            operands = 1 + len(parameters)
            is_unary = row.vectors is None and len(signature(row.local).parameters) == 1 + operands
            if is_unary and f"{name}/{operands}" in self.rows:
                found[name] = [number(x) for x in parameters]  # type: ignore[misc]
        return found

    def _losses(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return the graphs of errors above the outputs y and targets t of a network.

        By the name of the error, and by the number of outputs, after which comes the class where
        that chooses the graph: "1", "1/0", "3/2". A node is as those of a graph, with operands
        "y0", "t0", an index in the same list, or a constant in a list. That of `cross_entropy` has
        the softmax in it, and so is given pre-activations.
        """
        squared, binary, several = {}, {}, {}
        for outputs in range(1, MOST_CLASSES + 1):
            y, t = _leaves(outputs), _leaves(outputs)
            squared[str(outputs)] = self._fragment(half_squared_error(y, t), y, t)
        for label in (0, 1):
            y = _leaves(1)
            binary[f"1/{label}"] = self._fragment(binary_cross_entropy(y, [label]), y, [])
        for outputs in range(3, MOST_CLASSES + 1):
            for label in range(outputs):
                y = _leaves(outputs)
                error = cross_entropy(softmax(y), label)
                several[f"{outputs}/{label}"] = self._fragment(error, y, [])
        return {
            "half_squared_error": squared,
            "binary_cross_entropy": binary,
            "cross_entropy": several,
        }

    def _fragment(
        self, error: Value, outputs: Sequence[Value], targets: Sequence[Value]
    ) -> list[dict[str, Any]]:
        names: dict[Value, str | int] = {y: f"y{k}" for k, y in enumerate(outputs)}
        names |= {t: f"t{k}" for k, t in enumerate(targets)}
        nodes: list[dict[str, Any]] = []
        for node in topological_order(error):
            if node in names:
                continue
            operands = [names[x] if isinstance(x, Value) else [number(x)] for x in node.operands]
            names[node] = len(nodes)
            nodes.append({"f": self.add(node), "o": operands})
        return nodes


def _leaves(count: int) -> list[Value]:
    return [Value(0.5) for _ in range(count)]


def _template(rule: Rule, text: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as the page has it; what is left out is false or empty."""
    made: dict[str, Any] = {"n": rule.operands, "v": _lines(rule.value), "d": _lines(rule.local)}
    made |= {"selects": True} if rule.row.selects else {}
    made |= {"factors": True} if rule.factors else {}
    return made | {"text": text}


def _lines(parts: Computed) -> list[Any]:
    return [[list(pair) for pair in parts.shared], parts.texts]


class _Kind(NamedTuple):
    """An optimiser as the page calls it, and how many numbers it remembers of a parameter."""

    name: str
    make: Callable[[Iterable[Value]], Optimizer]
    states: int


OPTIMISERS: Final = (
    _Kind("SGD", SGD, 0),
    _Kind("Momentum", lambda params: SGD(params, momentum=0.9), 1),
    _Kind("Adagrad", Adagrad, 1),
    _Kind("RMSprop", RMSprop, 3),
    _Kind("Adam", Adam, 3),
    _Kind("AdamW", AdamW, 3),
)


def _printed(kind: _Kind) -> dict[str, Any]:
    """Return an optimiser's own rule: w and the states after update t, as it declares them."""
    w, g, t, lr, decay = [Formula(name) for name in ("w", "g", "t", "lr", "decay")]
    optimizer, states = kind.make([Value(0.0)]), kind.states
    changing: Any = optimizer.at_rate(lr)  # it computes with formulas now
    changing.weight_decay = decay
    names = [Formula(f"s{k}") for k in range(max(states, 1))]
    moved, remembered = changing.update(*changing.decay(w, g), tuple(names), t)
    printed = computed(moved, *remembered[:states])
    return {"states": list(optimizer.states[0][:states]), "lines": _lines(printed)}
