"""Where a node becomes a plain number, the graph ends: said, or refused, and never in silence."""

from __future__ import annotations

import warnings
from typing import Any, Final
from weakref import WeakKeyDictionary

from .caller import users_call, users_frame, users_line
from .core import Node, sort
from .modes import UNRECORDED, current
from .operators import TABLE
from .quoting import short


class GraphCutError(TypeError):
    """A derivative was asked of a computation that leaves the graph on the way."""


class GraphCutWarning(UserWarning):
    """A computed node was turned into a plain number, from which no gradient comes back."""


_shown: Final[dict[str, Any]] = {}  # for each file, or cell of a notebook, as `warnings` has it
cuts: Final[WeakKeyDictionary[Any, str]] = WeakKeyDictionary()  # nodes, with the user's line


def number_for_python(node: Any) -> float:
    """Return the number of a node to Python code that asked for one, such as `math.sin(node)`.

    Raises
    ------
    GraphCutError
        If a derivative is being computed that depends on the node.

    Warns
    -----
    GraphCutWarning
        Elsewhere, once per line, if the node is a computed one, or a function is called that is an
        operation of the table.
    """
    now = current()
    is_constant = node.operation is not None and not node.parents
    if is_constant:
        return node._data  # type: ignore[no-any-return]
    frame = users_frame()
    call = users_call(frame)
    if call == "%":  # it is only printed, as in "loss %.3f" % loss
        return node._data  # type: ignore[no-any-return]
    if now.variables and not now.variables.isdisjoint(_below(node, now)):
        raise GraphCutError(
            f"{_happening(call)} a plain number of {short(node)}, on which the derivative depends; "
            f"{_cure(call, node)}\n{users_line(frame)}"
        )
    if node.operation is not None or _row(call):
        cuts[node] = users_line(frame)
        warnings.warn_explicit(
            f"{_happening(call)} a plain number of a node, and from what is computed with that no "
            f"gradient comes back; {_cure(call, node)}",
            GraphCutWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            registry=_shown.setdefault(frame.f_code.co_filename, {}),
        )
    return node._data  # type: ignore[no-any-return]


def check_recorded(node: Any) -> None:
    """Raise GraphCutError if what a node was computed from was not recorded."""
    if isinstance(node, Node) and node._stamp == UNRECORDED:
        raise GraphCutError(
            f"{short(node)} was computed within no_grad(), so it is not known from what, and no "
            "gradient comes back from it; compute it outside of no_grad(), or within "
            "enable_grad(). For a leaf with its number take its .detach()"
        )


def cure(call: str) -> str:
    """Return what to write instead of a call such as "math.sin", if the table has it."""
    row = _row(call)
    return f"autograd.{row}" if row else "the operations of autograd"


def _below(node: Any, now: Any) -> list[Any]:
    return [node, *sort(node, until=now.variables)[0]]


def _row(call: str) -> str:
    """Return the name of the row of the table for a function of `math`, NumPy or Python."""
    name = call.rpartition(".")[2]
    name = {"fabs": "abs", "arctan": "atan", "arcsin": "asin", "arccos": "acos"}.get(name, name)
    return name if name in TABLE else ""


def _happening(call: str) -> str:
    return f"{call}(...) makes" if call else "this line makes"


def _cure(call: str, node: Any) -> str:
    row = _row(call)
    method = f" or x.{row}()" if hasattr(node, row) else ""
    return f"use {cure(call)}{method}, or x.data where the number is meant"
