"""Parts of report.html as HTML; text of the user is escaped, and clipped, here."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Final

from autograd.quoting import visible
from nn.data.words import number as digits
from nn.plots.words import wrapped

OPTION: Final = re.compile(
    r"(?<![\w-])--[a-z]+(?:-[a-z]+)*(?: (?:drop|mean|classification|regression|[0-9,]+)\b)?"
)
NAME: Final = 60  # letters of a name that are shown
DPI: Final = 150  # of the pictures
READABLE: Final = 0.75  # share of its size from which on the letters of a picture can be read


def words(text: str) -> str:
    r"""Return text as HTML that shows it as it is, also what cannot be seen.

    Examples
    --------
    >>> words("a < b, \u202e")
    'a &lt; b, \\u202e'
    """
    return escape(visible(text))


def note(text: str) -> str:
    """Return a sentence as HTML, in which options look like what one types.

    Examples
    --------
    >>> note("'age': --missing drop")
    '&#x27;age&#x27;: <code>--missing drop</code>'
    """
    return OPTION.sub(r"<code>\g<0></code>", words(text))


def name(text: str) -> str:
    """Return a name of the user, which may be long, or be read from right to left.

    Examples
    --------
    >>> name("<b>"), len(name(5000 * "x"))
    ('<bdi>&lt;b&gt;</bdi>', 71)
    """
    return f"<bdi>{escape(wrapped(text, NAME, 1))}</bdi>"


def number(x: float) -> str:
    """Return a number in four digits, with a true minus sign.

    Examples
    --------
    >>> number(-0.123456), number(float("inf"))
    ('−0.1235', '<span class="hatched">inf</span>')
    """
    text = digits(x + 0.0).replace("-", "−")
    return text if abs(x) < float("inf") else f'<span class="hatched">{text}</span>'


def share(x: float) -> str:
    """Return a share in two decimals, or as many as tell it from all.

    Examples
    --------
    >>> share(0.974), share(0.9983), share(1.0), share(0.9999999)
    ('0.97', '0.998', '1.00', 'more than 0.9999')
    """
    for places in (2, 3, 4):
        text = f"{x:.{places}f}"
        if float(text) < 1 or x == 1:
            return text
    return "more than 0.9999"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str) -> str:
    """Return a table, whose rows begin with what they are about; cells are HTML."""
    head = "".join([f'<th scope="col">{text}</th>' for text in heads])
    body = "".join(
        [
            f'<tr><th scope="row">{first}</th>'
            f"{''.join([f'<td>{cell}</td>' for cell in cells])}</tr>"
            for first, *cells in rows
        ]
    )
    return (
        f'<div class="scrolls" tabindex="0" role="region" aria-label="Table"><table class="{kind}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return terms with what there is to say about each; these are HTML."""
    rows = "".join([f"<div><dt>{term}</dt><dd>{text}</dd></div>" for term, text in pairs])
    return f"<dl>{rows}</dl>"


def image(png: bytes, about: str, caption: str) -> tuple[str, float]:
    """Return a picture with its caption, HTML, and its width; `about` says what is on it.

    Where there is no room for it, it scrolls in its frame, so that its letters can be read.
    """
    drawn, width = _embedded(png, about, least=READABLE)
    return (
        f"""<figure><div class="scrolls" tabindex="0" role="region" aria-label="Picture">
{drawn}</div>
<figcaption>{caption}</figcaption></figure>""",
        width,
    )


def images(pngs: Iterable[bytes], about: str, caption: str) -> tuple[str, float]:
    """Return small pictures with one caption, as `image` does; where there is room, in a row."""
    drawn, widths = zip(*[_embedded(png, about) for png in pngs])
    return (
        f"""<figure><div class="row">{"".join(drawn)}</div>
<figcaption>{caption}</figcaption></figure>""",
        sum(widths),
    )


def _embedded(png: bytes, about: str, least: float = 0.0) -> tuple[str, float]:
    """Return a picture as an element, no smaller than a share of its width, and this width."""
    from PIL import Image, features  # which Matplotlib brings

    picture = Image.open(BytesIO(png))
    width, height = [pixels * 96 / DPI for pixels in picture.size]
    kind = "png"
    if features.check("webp"):  # without loss, and less than half as large
        file = BytesIO()
        picture.convert("RGB").save(file, "WEBP", lossless=True)
        png, kind = file.getvalue(), "webp"
    source = f"data:image/{kind};base64,{b64encode(png).decode()}"
    style = f"min-width:min({least * width:.0f}px,170vw)"
    return (
        f"""<img alt="{escape(about)}" width="{width:.0f}" height="{height:.0f}"
style="{style}" src="{source}">""",
        width,
    )
