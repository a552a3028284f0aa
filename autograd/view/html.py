"""Pages of one file, without links: for a browser, and for the output of a notebook's cell."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Any, Final

UNPACK: Final = """
const unpack = (text) => new Response(new Blob([Uint8Array.from(atob(text),
  (c) => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
"""


def packed(text: str) -> str:
    """Return text compressed, in letters that are safe everywhere; `UNPACK` is the way back."""
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def as_json(data: Any) -> str:
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def page(title: str, style: str, script: str) -> str:
    """Return a page that runs one script, and may load and run nothing else.

    Examples
    --------
    >>> "<title>A &lt; B</title>" in page("A < B", "p { margin: 0; }", "document.title += 1;")
    True
    """
    script = _shorter(script)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>body {{ margin: 0; }} {style}</style></head>
<body><noscript>This page runs in the browser: allow it JavaScript.</noscript>
<script>{script}</script></body></html>
"""


def output(still: str, inside: str, title: str, height: str) -> str:
    """Return HTML for a cell: a still picture, which a script, where it may run, replaces.

    Parameters
    ----------
    still : str
        HTML that needs no script.
    inside : str
        The `page`, which goes into a frame that may run scripts and reach nothing around it.
    title : str
    height : str
        JavaScript for the height of the frame in pixels, of its `width`.
    """
    name = json.dumps(title).replace("<", "\\u003c")
    return f"""<div>{still}</div><script>(() => {{
const place = document.currentScript.previousElementSibling;
const frame = document.createElement("iframe");
frame.setAttribute("sandbox", "allow-scripts");
frame.title = {name};
frame.style = "width:100%;border:0";
new ResizeObserver(() => {{
  const width = place.clientWidth;
  frame.style.height = `${{Math.round({height})}}px`;
}}).observe(place);
{UNPACK}
unpack("{packed(inside)}").then((page) => {{
  frame.srcdoc = page;
  place.replaceChildren(frame);
}});
}})()</script>"""


def _shorter(script: str) -> str:
    """Return JavaScript without comments and indentation."""
    script = re.sub(r"^\s*(//.*|/\*\*(?s:.*?)\*/)$", "", script, flags=re.MULTILINE)
    return re.sub(r"\n\s*", "\n", script)
