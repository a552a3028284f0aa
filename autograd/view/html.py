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


def page(title: str, style: str, script: str, *allowed: str) -> str:
    """Return a page that runs one script, and may load and run nothing else but those `allowed`.

    Examples
    --------
    >>> "<title>A &lt; B</title>" in page("A < B", "p { margin: 0; }", "document.title += 1;")
    True
    """
    digests = [b64encode(sha256(text.encode()).digest()).decode() for text in (script, *allowed)]
    scripts = " ".join([f"'sha256-{digest}'" for digest in digests])
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {scripts}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>:root {{ color-scheme: light dark; }} body {{ margin: 0; }} {style}</style>
</head><body><noscript>This page runs in the browser: allow it JavaScript.</noscript>
<script>{script}</script></body></html>
"""


def output(still: str, inside: str, title: str, room: int) -> str:
    """Return HTML for a cell: a still picture, which a script, where it may run, replaces.

    Parameters
    ----------
    still : str
        HTML of one element that needs no script.
    inside : str
        The `page`, which goes into a frame that can reach nothing around it. It finds the first
        picture of `still` in ``document.body.dataset.picture``, and may post the height that it
        would like to have.
    title : str
    room : int
        Height of the frame in pixels until then.
    """
    name = json.dumps(title).replace("<", "\\u003c")
    # With a type, viewers that give this a frame of its own measure it rightly.
    return f"""<!doctype html>{still}<script>(() => {{
const place = document.currentScript.previousElementSibling, picture = place.querySelector("img");
const frame = document.createElement("iframe");
frame.setAttribute("sandbox", "allow-scripts allow-forms allow-downloads");
frame.allow = "fullscreen";
frame.title = {name};
frame.style = "display:block;width:100%;height:{room}px;border:0";
place.style.minHeight = "{room}px";
addEventListener("message", (event) => {{
  if (event.source !== frame.contentWindow) return;
  frame.style.height = place.style.minHeight = `${{Number(event.data)}}px`;
}});
{UNPACK}
unpack("{packed(inside)}").then((page) => {{
  const svg = picture.src.slice(picture.src.indexOf(",") + 1);
  frame.srcdoc = page.replace("<body>", () => `<body data-picture="${{svg}}">`);
  place.replaceChildren(frame);
}});
}})()</script>"""


def shorter(script: str) -> str:
    """Return JavaScript without comments and indentation."""
    script = re.sub(r"^\s*(//.*|/\*\*(?s:.*?)\*/)$", "", script, flags=re.MULTILINE)
    return re.sub(r"\n\s*", "\n", script)
