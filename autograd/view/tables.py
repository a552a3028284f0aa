"""Tables and sentences in HTML. They take the colours of the page, be it light or dark.

Styles stand in each element, because notebooks that are not trusted lose everything else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

SIZE: Final = "font-size:14px;line-height:1.45"
CELL: Final = "white-space:nowrap;vertical-align:top;padding:4px 8px;text-align:"
TIED: Final = re.compile(r" (?=(?:→|\+=|[-=<>≤≥≠≈·×/+−]) |\d)|(?<= [-=<>≤≥≠≈·×/+−→]) |(?<=\+=) ")


def unbroken(text: str) -> str:
    """Return text as HTML in which no line ends beside an operator, or before a number.

    Examples
    --------
    >>> unbroken("c = a + b, if a < 1 in layer 2")
    'c&nbsp;=&nbsp;a&nbsp;+&nbsp;b, if a&nbsp;&lt;&nbsp;1 in layer&nbsp;2'
    """
    return html.escape(TIED.sub("\u00a0", text)).replace("\u00a0", "&nbsp;")


def table(caption: str, rows: Sequence[Sequence[tuple[str, bool]]], align: str) -> str:
    """Return a table, scrolled sideways where it is wider than the page.

    Parameters
    ----------
    caption : str
    rows : sequence of rows of (text, is wrong)
        The first row and the first column are heads. A text may have several lines; none of them
        is broken.
    align : {"left", "right"}
        For all columns but the first.
    """
    parts = [f"<table style='{SIZE};border-collapse:collapse'>"]
    parts.append(
        f"<caption style='text-align:left;white-space:nowrap'>{html.escape(caption)}</caption>"
    )
    for i, row in enumerate(rows):
        parts.append("<tr>")
        for j, (text, is_wrong) in enumerate(row):
            tag = "td" if i and j else "th"
            weight = ";font-weight:bold" if is_wrong else ""
            lines = html.escape(text + (" ✗" if is_wrong else "")).replace("\n", "<br>")
            parts.append(f"<{tag} style='{CELL}{align if j else 'left'}{weight}'>{lines}</{tag}>")
        parts.append("</tr>")
    return f"<div style='overflow-x:auto'>{''.join(parts)}</table></div>"
