"""The lines below a picture that say what its marks mean: those that it holds, and no others."""

from __future__ import annotations

from typing import Final, NamedTuple

from .measure import text_width
from .picture import Edge, Node, Picture
from .scale import Scale, flowed, is_folded, sign_of
from .style import SIZES, Style

SWATCH: Final = 28.0  # room for a sample of a line
GAP: Final = 18.0  # between entries
NARROWEST: Final = 420.0  # lines are not broken for less
SIGNS: Final = {"positive": ">", "negative": "<"}


class Entry(NamedTuple):
    """A text, and the class of the edge that is shown before it, if there is one."""

    text: str
    pen: str = ""
    is_back: bool = False  # about numbers of the backward pass

    @property
    def width(self) -> float:
        return (SWATCH if self.pen else 0.0) + text_width(self.text, SIZES["legend"])


def entries(
    shown: Picture, style: Style, scale: Scale, missing: int = 0, back: str = "←"
) -> list[Entry]:
    """Return what there is to say about a picture.

    So many labels are missing in it, and these arrows point backwards.

    Examples
    --------
    >>> from autograd import Value
    >>> from autograd.view import picture
    >>> a = Value(2.0)
    >>> y = 4 * a
    >>> y.backward()
    >>> shown, style = picture(y), Style(str, "both", gradients=True)
    >>> for entry in entries(shown, style, Scale(shown)):
    ...     print(entry.text)
    on edges: local derivative
    ←: gradient that flowed back
    gradient > 0
    line width and bars: ∛|gradient|, full at 4.0
    """
    found = [*_numbers(shown, style, back)]
    if style.gradients:
        found += _marks(shown, style, scale)
    parts: tuple[Node | Edge, ...] = (*shown.nodes, *shown.edges)
    if not all(part.is_finite for part in parts):
        found.append(Entry("hatched: not finite", "nonfinite"))
    if any(node.culprit for node in shown.nodes):
        found.append(Entry("first: where it began, forward → or backward ←"))
    if missing:
        found.append(Entry(f"{missing} label{'s' * (missing > 1)} left out: no room"))
    return found


def _numbers(shown: Picture, style: Style, back: str) -> list[Entry]:
    """Return what is written on edges."""
    found = []
    if style.edges in ("local", "both", "gradient"):
        units = {node.key for node in shown.nodes if node.is_unit}
        into = {edge.target in units for edge in shown.edges if edge.local is not None}
        weight = "on edges into units: weight" if len(into) == 2 else "on edges: weight"
        other = "other " * (len(into) == 2)
        local = f"on {other}edges: local derivative"
        found += [Entry(weight)] * (True in into) + [Entry(local)] * (False in into)
    if style.edges == "gradient" and any(edge.weight_grad is not None for edge in shown.edges):
        found.append(Entry("∂w: gradient of the weight", is_back=True))
    if style.edges in ("flow", "both"):
        several = {is_folded(edge) for edge in shown.edges if flowed(edge) is not None}
        if False in several:
            found.append(Entry(f"{back}: gradient that flowed back", is_back=True))
        if True in several:
            found.append(Entry(f"{back} ‖·‖: norm of several that flowed back", is_back=True))
    return found


def _marks(shown: Picture, style: Style, scale: Scale) -> list[Entry]:
    """Return what the colours and sizes of lines and bars mean."""
    bars = [node.grad for node in shown.nodes if node.grad is not None]
    lines = [(flowed(edge), is_folded(edge)) for edge in shown.edges]
    lines = [(flow, folded) for flow, folded in lines if flow is not None]
    signed = [*bars, *[flow for flow, folded in lines if not folded]]
    signs = {sign_of(number) for number in signed}
    found = [Entry(f"gradient {x} 0", sign) for sign, x in SIGNS.items() if sign in signs]
    if found and any(folded for _, folded in lines):
        found.append(Entry("several, without a sign", "several"))
    if scale.full:
        what = " and ".join([*["line width"] * bool(lines), *["bars"] * bool(bars)])
        more = " and above" if scale.is_cut else ""
        full = style.written(scale.full)
        size = "|gradient|" if signed else "norm"
        found.append(Entry(f"{what}: ∛{size}, full at {full}{more}"))
    return found


def broken(found: list[Entry], width: float) -> list[list[Entry]]:
    """Return the entries in lines of at most this width, or of one entry."""
    lines: list[list[Entry]] = []
    left = 0.0
    for entry in found:
        left -= entry.width + GAP
        if not lines or left < 0.0:
            lines.append([])
            left = max(width, NARROWEST) - entry.width
        lines[-1].append(entry)
    return lines
