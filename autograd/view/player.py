"""`play`: step through the forward and the backward pass of a graph, in a page of its own.

The page needs no kernel, no network and no library. Its JavaScript (passes.js) computes both
passes from the operations' own rows, printed by `autograd.view.javascript`; what it shows are the
pictures of `autograd.view.draw`.
"""

from __future__ import annotations

import copy
import json
import os
import re
import zlib
from base64 import b64encode
from functools import cached_property
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, get_args

from autograd.choices import one_of
from autograd.core import topological_order
from autograd.files import write
from autograd.value import Value

from .javascript import PRELUDE
from .levels import level
from .notation import find_notation
from .picture import Detail, picture
from .rules import Rules, numbers

LARGEST: Final = 5000  # numbers; more events than that nobody steps through
MOST_DRAWN: Final = 6000  # nodes and edges of one picture; the page would become slow and large


def play(
    root: Value,
    detail: Detail = "scalar",
    notation: str = "prml",
    quiz: bool = False,
    digits: int = 4,
) -> Player:
    """Make a player for both passes of the graph of `root`: every value, then every ``+=``.

    It shows a fresh pass, seeded with 1, of its own copy of the graph: nothing of the graph
    is changed. Click on a number to see its paths to the root, and on a leaf to edit it.

    Parameters
    ----------
    root, notation
        As for `picture`.
    detail : {"scalar", "neuron", "layer"}
        The picture to begin with; the learner can change to the others.
    quiz : bool
        Hide the gradients, and let the learner predict each one.
    digits : int
        Significant digits of numbers.

    Returns
    -------
    Player
        Jupyter shows it; `.save("lesson.html")` makes a file for any browser.

    Raises
    ------
    ValueError
        If the graph has more than 5000 numbers, or the picture is too large to step through.
    TypeError
        If `root` is not a `Value`.
    StaleGraphError
        If a leaf was edited after the graph had been computed.

    Examples
    --------
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> lesson = play((a * b).tanh())
    >>> lesson
    Player(4 numbers, 7 events)
    >>> lesson.html[:15], a.has_grad
    ('<!doctype html>', False)
    """
    if not isinstance(root, Value):
        raise TypeError(f"play() takes one Value, got {type(root).__name__}; play one of them")
    one_of("detail", detail, get_args(Detail))
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 15:
        raise ValueError(f"digits must be a number of significant digits, 1 to 15, got {digits!r}")
    return Player(root, detail, notation, quiz, digits)


class Player:
    """A lesson on one graph, as it was when `play` was called.

    Attributes
    ----------
    data : dict
        What the page knows: numbers, operations, pictures, and what they stand for.
    title, svg, html : str
        Of the page: its title, the picture to begin with, and all of it.
    """

    def __init__(self, root: Value, detail: Detail, notation: str, quiz: bool, digits: int) -> None:
        size = len(topological_order(root))
        if size > LARGEST:
            raise ValueError(
                f"the graph has {size} numbers, more than {LARGEST}, and each would be a step; "
                "play the error of a single sample, or a part of the graph"
            )
        root = copy.deepcopy(root)
        root.zero_grad()
        root.backward()
        order = topological_order(root)
        names = find_notation(notation)
        self._rules = Rules()
        nodes = numbers(order, names, self._rules)
        levels = {}
        for at in get_args(Detail):
            if at == "scalar" or any(node.place for node in order):
                shown = picture(root, at, notation)
                if len(shown.nodes) + len(shown.edges) <= MOST_DRAWN:
                    drawn, levels[at] = level(shown, order, nodes, names, digits, quiz)
                    if at == detail:
                        left, top, right, bottom = drawn.box
                        self._shape = (bottom - top) / (right - left)
        if detail not in levels:
            raise ValueError(
                f"detail={detail!r} is too much to step through, or nothing; available here: "
                f"{', '.join(levels) or 'nothing, so play a part of the graph'}"
            )
        self.title = f"Forward and backward through {nodes[-1]['t']}"
        self.svg: str = levels[detail]["svg"]
        self.data: dict[str, Any] = {
            "nodes": nodes,
            "rules": self._rules.texts,
            "levels": levels,
            "detail": detail,
            "digits": digits,
            "quiz": quiz,
            "fixed": self._rules.fixed,
        }

    @property
    def javascript(self) -> str:
        """What the page runs: ``player(root, data, rules)`` and ``rules``; no text of users."""
        sources = f"{PRELUDE}{source('passes.js')}{source('player.js')}"
        return f"{sources}const rules = [\n{self._rules.javascript}];\n"

    @cached_property
    def html(self) -> str:
        """The page: one file without links, for any browser of today."""
        packed = _packed(_json(self.data))
        return self._page(f"""{UNPACK}
            unpack("{packed}").then((data) => player(document.body, JSON.parse(data), rules));""")

    def _page(self, start: str) -> str:
        script = _shorter(f"{self.javascript}{start}")
        digest = b64encode(sha256(script.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{escape(self.title)}</title>
<style>body {{ margin: 0; }} {source("player.css")}</style></head>
<body><noscript>This lesson runs in the browser: allow it JavaScript.</noscript>
<script>{script}</script></body></html>
"""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose name ends in .html, as `Drawing.save` does."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a lesson ends in .html, got {path.name!r}")
        write(path, self.html.encode())
        return path

    def _repr_html_(self) -> str:
        """Return a static picture, which a script, where it may run, replaces by the page.

        The page takes that picture over, so that the notebook holds it only once.
        """
        detail, levels = self.data["detail"], self.data["levels"]
        levels = levels | {detail: levels[detail] | {"svg": ""}}
        data = _json(self.data | {"levels": levels}).replace("<", "\\u003c")
        page = self._page(f"""const data = {data};
            data.levels[data.detail].svg = new TextDecoder().decode(Uint8Array.from(
              atob(document.body.dataset.picture.split(",")[1]), (c) => c.charCodeAt(0)));
            player(document.body, data, rules);""")
        room = round(min(max(560.0, 300.0 + 900.0 * self._shape), 760.0))
        # With a type, viewers that give this a frame of its own measure it rightly.
        return f"""<!doctype html><div><img alt="{escape(self.title)}" style="max-width:100%"
src="data:image/svg+xml;base64,{b64encode(self.svg.encode()).decode()}"></div><script>(() => {{
const place = document.currentScript.previousElementSibling, picture = place.firstElementChild;
const frame = document.createElement("iframe");
frame.setAttribute("sandbox", "allow-scripts");
frame.title = picture.alt;
frame.style = "width:100%;height:{room}px;border:0";
{UNPACK}
unpack("{_packed(page)}").then((page) => {{
  frame.srcdoc = page.replace("<body>", `<body data-picture="${{picture.src}}">`);
  place.replaceChildren(frame);
}});
}})()</script>"""

    def __repr__(self) -> str:
        nodes = self.data["nodes"]
        computed = [node for node in nodes if "o" in node]
        parents = sum([isinstance(x, int) for node in computed for x in node["o"]])
        return f"Player({len(nodes)} numbers, {2 + len(computed) + parents} events)"


# -- text -------------------------------------------------------------------------------------

UNPACK: Final = """
const unpack = (text) => new Response(new Blob([Uint8Array.from(atob(text),
  (c) => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
"""


def _packed(text: str) -> str:
    """Return text compressed, in letters that are safe everywhere; UNPACK is the way back."""
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def _json(data: Any) -> str:
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


def source(name: str) -> str:
    return files("autograd.view").joinpath(name).read_text(encoding="utf-8")


def _shorter(script: str) -> str:
    """Return JavaScript without comments and indentation."""
    script = re.sub(r"^\s*(//.*|/\*\*.*\*/)$", "", script, flags=re.MULTILINE)
    return re.sub(r"\n\s*", "\n", script)
