"""`detect_anomaly`: the first operation that turns finite numbers into nan or inf."""

from __future__ import annotations

import math
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from .caller import users_line
from .core import data_of
from .modes import mode
from .quoting import short
from .value import Value


class AnomalyError(FloatingPointError):
    """An operation turned finite numbers into nan or inf."""


def detect_anomaly() -> mode:
    """Raise at the first operation that makes a nan or inf out of finite numbers.

    It watches the forward pass of what is computed in the `with` block, and the backward passes
    run there. The error names the operation, its numbers and your line that computed it.
    Outside of the block nothing is watched, at no cost.

    Raises
    ------
    AnomalyError
        A FloatingPointError. Gradients are left as they were before the backward pass.

    Examples
    --------
    >>> with detect_anomaly():
    ...     y = Value(0.0).log()
    Traceback (most recent call last):
        ...
    autograd.anomaly.AnomalyError: forward pass: log(0.0) = -inf
      ...
    """
    return mode(watch=_Watch())


class _Watch:
    def __init__(self) -> None:
        self.lines: WeakKeyDictionary[Value, str] = WeakKeyDictionary()
        self.judges = True

    def quiet(self) -> _Watch:
        """Return a watch that only notes lines, for what a rule computes on the way."""
        other = _Watch()
        other.lines, other.judges = self.lines, False
        return other

    def forward(self, node: Value) -> None:
        self.lines[node] = users_line()
        given = data_of(node.operands)
        if self.judges and _worse(node.data, given):
            operands = ", ".join(map(repr, given))
            raise AnomalyError(
                f"forward pass: {_name(node)}({operands}) = {node.data}\n{self.lines[node]}"
            )

    def backward(self, nodes: Sequence[Value]) -> None:
        """Add up again, from last to first, what computed nodes passed on to their parents."""
        sums: dict[Value, float] = {}
        for node in reversed(nodes):
            given = [node.grad, *data_of(node.operands)]
            for i, (parent, local) in enumerate(node.edges(), start=1):
                passed = node.operation.passed_on(local, node.grad)  # type: ignore[union-attr]
                sum_before = sums.get(parent, 0.0)
                sums[parent] = sum_before + passed
                if _worse(passed, given) or _worse(sums[parent], [sum_before, passed]):
                    raise AnomalyError(
                        f"backward pass: {_name(node)} passed local · upstream = "
                        f"{local} · {node.grad} = {passed} to operand {i}, {short(parent)}\n"
                        + self.lines.get(node, "  (computed outside of detect_anomaly)")
                    )


def _worse(result: float, numbers: list[float]) -> bool:
    """Return whether the result is nan or inf although the numbers are not."""
    if math.isnan(result):
        return not any(map(math.isnan, numbers))
    return math.isinf(result) and all(map(math.isfinite, numbers))


def _name(node: Value) -> str:
    name = node.operation.name if node.operation else "leaf"
    return f"{node.label} = {name}" if node.label else name
