"""The names that micrograd and microgpt have for what a node knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from . import operations as op
from .core import Node, chain_rule
from .modes import one_pass
from .quoting import short
from .sweep import check_fresh
from .writing import written


class _NoRoom:
    """An attribute that programs for other engines set on their parameters."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, node: object, owner: type) -> Any:
        if self._name in getattr(node, "__dict__", ()):  # of a subclass
            return vars(node)[self._name]
        raise AttributeError(f"'Value' has no attribute {short(self._name)}")

    def __set__(self, node: object, value: object) -> None:
        if hasattr(node, "__dict__"):
            vars(node)[self._name] = value
            return
        instead = (
            "its name is its label: node.label = ..."
            if self._name == "name"
            else "keep what belongs to it in a dict, such as moments[node], or in a list "
            "beside the parameters"
        )
        raise AttributeError(f"a Value has no room for {short(self._name)}; {instead}")


class MicrogradNames(Node):
    """A node under the names of other engines, so that programs for these run unchanged."""

    __slots__ = ()

    @property
    def _prev(self) -> set[Any]:
        return set(self.parents)

    @property
    def _children(self) -> tuple[Any, ...]:
        return self.parents

    @property
    def _local_grads(self) -> tuple[float, ...]:
        return tuple([local for _, local in self.edges()])

    @property
    def _op(self) -> str:
        if self.operation is None:
            return ""
        if self.operation is op.power:
            return f"**{self.operands[1]:g}"
        return self.operation.symbol

    @property
    def _backward(self) -> Callable[[], None]:
        """The chain rule at this node alone, for walking through a graph by hand."""

        def one_step() -> None:
            check_fresh(self.parents, [self])
            if self.operation is None:
                return
            nodes = (self, *self.parents)
            with one_pass as ending:
                ending.insert(0, written("_grad", nodes, [node._grad for node in nodes]))
                for node in nodes:
                    node._grad = node._grad or 0.0
                chain_rule([self])
                del ending[0]

        return one_step

    @_backward.setter
    def _backward(self, step: object) -> NoReturn:
        raise AttributeError(
            "the backward step of a node comes from its operation; declare yours once, "
            "Operation(name, forward, local), or give the local gradients as numbers, "
            "Value(data, parents, local_gradients)"
        )

    m, v, name = _NoRoom(), _NoRoom(), _NoRoom()
