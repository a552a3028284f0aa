"""Pages of one file, without links: for a browser, and for the output of a notebook's cell."""

from __future__ import annotations

import json
import os
import re
import zlib
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from autograd.files import write
from autograd.quoting import short

HANDED: Final = "data-picture='${place.querySelector(`img`).src.replace(/^.*?,/, ``)}'"
NOSCRIPT: Final = "<noscript>This page runs in the browser: allow it JavaScript.</noscript>"
UNPACK: Final = """
const unpack = (text) => new Response(new Blob([Uint8Array.from(atob(text),
  (c) => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
"""


def packed(text: str) -> str:
    """Return text compressed, in letters that are safe everywhere.

    Parameters
    ----------
    text : str
        A script with `UNPACK` gets it back, by ``unpack("…")``, which is a promise.

    Examples
    --------
    >>> len(packed("x = 1; " * 1000)) < 100
    True
    """
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def loader(script: str) -> str:
    """Return a short script that unpacks another one, and runs it.

    Examples
    --------
    >>> len(loader("x = 1; " * 1000)) < 500
    True
    """
    return f"""{UNPACK}unpack("{packed(script)}").then((text) => document.body.append(
Object.assign(document.createElement("script"), {{textContent: text}})));"""


def as_json(data: Any) -> str:
    """Return data as short JSON, which is also JavaScript.

    Parameters
    ----------
    data : dict, list, str, int, float, bool or None
        Without numbers that are not finite, which JSON lacks.

    Examples
    --------
    >>> as_json({"η": [0.1, None]})
    '{"η":[0.1,null]}'
    """
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def page(title: str, style: str, script: str, *allowed: str, body: str = NOSCRIPT) -> str:
    """Return a page that runs one script, and may load and run nothing else but those `allowed`.

    The script comes after the `body`, which is HTML; images in it are data.

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
</head><body>{body}
<script>{script}</script></body></html>
"""


def source(package: str, *path: str) -> str:
    """Return the text of a file in a package.

    Parameters
    ----------
    package : str
        Its name, as ``import`` takes it.
    *path : str
        Folders in it, and the file.

    Examples
    --------
    >>> source("autograd.view", "page", "chance.js").splitlines()[0]
    '// Chance that can be had again.'
    """
    return files(package).joinpath(*path).read_text(encoding="utf-8")


def save(html: str, path: str | os.PathLike[str], what: str) -> Path:
    """Write a page to a file, whose name ends in .html; one that is there is replaced at once.

    Parameters
    ----------
    html : str
    path : path
    what : str
        What the page is, such as "a lesson", for the message where the name ends otherwise.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{what} ends in .html, got {short(path.name)}")
    write(path, html.encode())
    return path


def output(still: str, inside: str, title: str, room: int, *, hands_on: bool = False) -> str:
    """Return HTML for a cell: a still picture, which a script, where it may run, replaces.

    Parameters
    ----------
    still : str
        HTML of one element that needs no script.
    inside : str
        The `page`, which goes into a frame that can reach nothing around it. It may post the
        height that it would like to have, and finds in ``document.body.dataset.theme`` whether
        "light" or "dark" is around it, or "".
    title : str
    room : int
        Height of the frame in pixels until then.
    hands_on : bool
        Give the page the first picture of `still`: the address of that, after the comma, is in
        ``document.body.dataset.picture``.
    """
    name = json.dumps(title).replace("<", "\\u003c")
    # With a type, viewers that give this a frame of its own measure it rightly.
    return f"""<!doctype html>{still}<script>(() => {{
const place = document.currentScript.previousElementSibling;
const frame = document.createElement("iframe");
frame.setAttribute("sandbox", "allow-scripts allow-forms allow-downloads");
frame.allow = "fullscreen";
frame.title = {name};
frame.style = "display:block;width:100%;height:{room}px;border:0";
place.style.minHeight = "{room}px";
const grow = (event) => {{
  if (!frame.isConnected) removeEventListener("message", grow);  // the output is gone, or away
  else if (event.source === frame.contentWindow) {{
    frame.style.height = place.style.minHeight = `${{Number(event.data)}}px`;
  }}
}};
const listen = () => addEventListener("message", grow);
frame.addEventListener("load", listen);  // also when it comes back
{UNPACK}
{shorter(source("autograd.view", "page", "around.js"))}
unpack("{packed(inside)}").then((page) => {{
  frame.srcdoc = page.replace("<body>", () =>
    `<body data-theme="${{around(place)}}" {HANDED if hands_on else ""}>`);
  place.replaceChildren(frame);
  listen();
}});
}})()</script>"""


def shorter(script: str) -> str:
    """Return a program in JavaScript without comments and indentation.

    A comment has a line of its own, or stands after two spaces: no text of a learner may be in it.

    Examples
    --------
    >>> shorter("let x = 1;  // as a seed\\n// then\\n  x /= 2;")
    'let x = 1;\\nx /= 2;'
    """
    script = re.sub(r"^\s*/\*\*(?s:.*?)\*/$|(^\s*|  )//.*$", "", script, flags=re.MULTILINE)
    return re.sub(r"\n\s*", "\n", script)
