"""Pictures as text: names, numbers and rows for terminals.

Labels are the user's and may hold anything: every renderer passes them through `visible`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import zip_longest

from autograd.quoting import short, visible

from .picture import Edge, Node, Picture

Format = Callable[[float], str]


def shortened(text: str, length: int = 24) -> str:
    """Return `visible` text, with … for what is too much if it is longer than `length`.

    An index at the end, which tells names apart, is kept.

    Examples
    --------
    >>> shortened("pre-activation of the first unit", 15)
    'pre-activation…'
    >>> shortened("encoder.weight[1,0]", 15)
    'encoder.w…[1,0]'
    """
    text = visible(text)
    if len(text) <= length:
        return text
    index = text[text.rfind("[") :] if text.endswith("]") else ""
    end = index if 2 * len(index) < length else ""
    return text[: length - 1 - len(end)] + "…" + end


def number_format(digits: int | Format) -> Format:
    """Return the function that writes numbers: with so many significant digits, or your own.

    Raises
    ------
    ValueError
        If `digits` is neither an integer of at least 1 nor a function.

    Examples
    --------
    >>> number_format(3)(2 / 3), number_format(lambda x: f"{x:+.1f}")(2 / 3)
    ('0.667', '+0.7')
    """
    if callable(digits):
        return lambda number: visible(str(digits(number)))
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise ValueError(
            f"digits must be the number of significant digits, at least 1, or a function from a "
            f"number to text; got {short(digits)}"
        )
    return lambda number: f"{number:.{digits}g}"


def caption(node: Node, number: Format) -> str:
    """Return a short name for a node: its title, or the number of a constant."""
    if node.kind == "constant" and not node.title:
        return number(node.facts[0][1])
    return shortened(node.title or node.symbol or node.kind)


def rows(shown: Picture, number: Format, edges: str = "none") -> str:
    """Return the picture as text: a row for every node, in the order of computation.

    Each node appears once, under the name by which later rows refer to it. Where `edges` asks
    for it ("local", "flow" or "both"), rows follow with the local derivative (the weight, between
    units) of each edge into the node, and the gradient that flowed back along it: its norm, if
    the edge stands for several.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> a = Value(2.0, label="a")
    >>> y = a * a + 1
    >>> y.backward()
    >>> print(rows(picture(y), str))
    a              2.0  grad 4.0
    v₁ = a * a     4.0  grad 1.0
    v₂ = v₁ + 1.0  5.0  grad 1.0
    """
    names = {node.key: caption(node, number) for node in shown.nodes}
    into: dict[int, list[Edge]] = defaultdict(list)
    for edge in shown.edges:
        into[edge.target].append(edge)
    table: list[tuple[list[str], list[str]]] = []  # rows, and what arrives there
    for node in shown.nodes:
        if node.kind == "constant" and not node.title:
            continue
        sources = [names[edge.source] for edge in into[node.key]]
        facts = [
            f"{'' if name == node.title else name} {number(value)}".strip()
            for name, value in node.facts
        ]
        row = [_formula(names[node.key], node, sources), *facts]
        arrivals = [
            _arrival(edge, node, names[edge.source], edges, number) for edge in into[node.key]
        ]
        table.append((row, [line for line in arrivals if line]))
    lines = zip(aligned([row for row, _ in table]), [arrivals for _, arrivals in table])
    return "\n".join([text for line, arrivals in lines for text in (line, *arrivals)])


def aligned(table: list[list[str]]) -> list[str]:
    """Return the rows of a table, whose columns have one width each, as lines."""
    widths = [max(map(len, column)) for column in zip_longest(*table, fillvalue="")]
    return [
        "  ".join([cell.ljust(width) for cell, width in zip(row, widths)]).rstrip() for row in table
    ]


def _formula(name: str, node: Node, sources: list[str]) -> str:
    """Return such as ``v₃ = a * b``, or ``z₁ = tanh(x₁, x₂)`` for a unit."""
    symbol = visible(node.symbol)
    if not sources:
        return f"{name} ({symbol})" if symbol else name
    if len(sources) > 4:
        sources = [*sources[:2], "…", sources[-1]]
    if not symbol:
        return f"{name} ← {', '.join(sources)}"
    if node.is_unit or node.kind == "layer":
        return f"{name} ({symbol}) ← {', '.join(sources)}"
    if len(sources) == 2 and not any(map(str.isalpha, symbol)):
        return f"{name} = {sources[0]} {symbol} {sources[1]}"
    if len(sources) == 1 and symbol == "-":
        return f"{name} = -{sources[0]}"
    return f"{name} = {symbol}({', '.join(sources)})"


def _arrival(edge: Edge, node: Node, source: str, edges: str, number: Format) -> str:
    parts = []
    if edges in ("local", "both") and edge.local is not None:
        parts.append(f"{'weight' if node.is_unit else 'local'} {number(edge.local)}")
    if edges in ("flow", "both") and edge.flow is not None:
        parts.append(f"flow {number(edge.flow)}")
    elif edges in ("flow", "both") and edge.norm is not None:
        parts.append(f"‖flow‖ {number(edge.norm)}")
    return f"    from {source}: {', '.join(parts)}" if parts else ""
