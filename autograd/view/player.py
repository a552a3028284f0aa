"""`play`: step through the forward and the backward pass of a graph, in a page of its own.

The page needs no kernel, no network and no library. Its JavaScript (passes.js) computes both
passes from the operations' own rows, printed by `autograd.view.formula`; what it shows are the
pictures of `autograd.view.draw`.
"""

from __future__ import annotations

import copy
import json
import math
import os
import re
import zlib
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, get_args

from autograd.core import topological_order
from autograd.table import Operation
from autograd.value import Value

from .draw import Drawing, write
from .expression import Names, plain
from .formula import PRELUDE, Formula, function, latex
from .notation import Notation, find_notation
from .picture import Detail, Picture, owners, picture, weight_at
from .svg import Style
from .text import number_format, shortened

LARGEST: Final = 5000  # numbers; more events than that nobody steps through
MOST_DRAWN: Final = 6000  # nodes and edges of one picture; the page would become slow and large
MOST_LABELS: Final = 40  # on edges
LONGEST: Final = {"value": 90, "slope": 48}  # characters of a formula
PLACE: Final = 0xA000  # characters from here on stand for the result and the operands


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
    root : Value
    detail : {"scalar", "neuron", "layer"}
        The picture to begin with; the learner can change to the others.
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have.
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
    if detail not in get_args(Detail):
        raise ValueError(f"detail must be one of {', '.join(get_args(Detail))}, got {detail!r}")
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 15:
        raise ValueError(f"digits must be a number of significant digits, 1 to 15, got {digits!r}")
    return Player(root, detail, notation, quiz, digits)


class Player:
    """A lesson on one graph, as it was when `play` was called.

    Attributes
    ----------
    data : dict
        What the page knows: numbers, operations, pictures, and what they stand for.
    title, html : str
        The page.
    """

    def __init__(
        self,
        root: Value,
        detail: Detail,
        notation: str,
        quiz: bool,
        digits: int,
    ) -> None:
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
        self._rules = _Rules()
        nodes = _numbers(order, names, self._rules)
        levels = {}
        for level in get_args(Detail):
            if level == "scalar" or any(node.place for node in order):
                shown = picture(root, level, notation)
                if len(shown.nodes) + len(shown.edges) <= MOST_DRAWN:
                    levels[level] = _level(shown, order, nodes, names, digits, quiz)
        if detail not in levels:
            raise ValueError(
                f"detail={detail!r} is too much to step through, or nothing; available here: "
                f"{', '.join(levels) or 'nothing, so play a part of the graph'}"
            )
        self.title = f"Forward and backward through {nodes[-1]['t']}"
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
    def svg(self) -> str:
        """The picture to begin with."""
        svg: str = self.data["levels"][self.data["detail"]]["svg"]
        return svg

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
        """Write the page to a file; a file that is there is replaced at once or not at all.

        Parameters
        ----------
        path : path
            Ends in .html.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If it ends in something else.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a lesson ends in .html, got {path.name!r}")
        write(path, self.html.encode())
        return path

    def _repr_html_(self) -> str:
        """Return a static picture, which a script, where it may run, replaces by the page.

        The page takes that picture over, so that the notebook holds it only once.
        """
        detail, svg = self.data["detail"], self.svg
        levels = self.data["levels"] | {detail: self.data["levels"][detail] | {"svg": ""}}
        data = _json(self.data | {"levels": levels}).replace("<", "\\u003c")
        page = self._page(f"""const data = {data};
            data.levels[data.detail].svg = new TextDecoder().decode(Uint8Array.from(
              atob(document.body.dataset.picture.split(",")[1]), (c) => c.charCodeAt(0)));
            player(document.body, data, rules);""")
        _, _, width, height = map(float, re.findall(r'viewBox="([^"]*)"', svg)[0].split())
        room = round(min(max(560.0, 300.0 + 900.0 * height / width), 760.0))
        return f"""<div><img alt="{escape(self.title)}" style="max-width:100%"
src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"></div><script>(() => {{
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


# -- numbers and operations -------------------------------------------------------------------


def _numbers(order: list[Value], notation: Notation, rules: _Rules) -> list[dict[str, Any]]:
    """Return the nodes as player.js knows them."""
    names = Names(order, notation)
    root = order[-1]
    if root.parents and not names.has_name(root):
        names.call(root, notation.error)
    index = {node: i for i, node in enumerate(order)}
    table = []
    for node in order:
        is_constant = not node.parents and node.operation is not None
        place = node.place
        text = notation.name(place) if is_constant and place is not None else names.text(node)
        row: dict[str, Any] = {"t": shortened(text)}
        if place is not None and place.quantity == "a":
            row["d"] = plain(names.quantity(node, r"\delta"))
        if node.parents:
            row["f"] = rules.add(node)
            row["o"] = [index[x] if isinstance(x, Value) else [number(x)] for x in node.operands]
        else:
            row["v"] = number(node.data)
        table.append(row)
    return table


class _Rules:
    """The rows that a graph needs, each printed once: as JavaScript, and as text to read."""

    def __init__(self) -> None:
        self.texts: list[dict[str, Any]] = []
        self.fixed = False  # whether an operation cannot be printed
        self._printed: list[str] = []
        self._known: dict[Hashable, int] = {}

    @property
    def javascript(self) -> str:
        return "".join([f"{printed},\n" for printed in self._printed])

    def add(self, node: Value) -> int:
        """Return the number of the rule for a computed node."""
        row, operands = node.operation, node.operands
        assert row is not None
        free: list[float | None] = [None] * len(operands)
        for given in (free, [None if isinstance(x, Value) else x for x in operands]):
            key: Hashable = (row, *given)
            if key not in self._known:
                try:  # constants as arguments; or, where they choose the formula, put in
                    self._append(key, row, given, _printed(row, given))
                except (ArithmeticError, AttributeError, TypeError, ValueError):
                    continue
            return self._known[key]
        self.fixed = True
        local = ", ".join(map(_literal, node.local_gradients()))
        value = f"{{value: () => [{_literal(node.data)}], local: () => [{local}]}}"
        self._append(node, row, free, value)
        return self._known[node]

    def _append(
        self, key: Hashable, row: Operation, given: Sequence[float | None], printed: str
    ) -> None:
        self._known[key] = len(self._printed)
        self._printed.append(printed)
        self.texts.append(_texts(row, given))


def _terms(names: Sequence[str], given: Sequence[float | None]) -> list[Formula | float]:
    return [Formula(name) if x is None else x for name, x in zip(names, given)]


def _printed(row: Operation, given: Sequence[float | None]) -> str:
    """Return a JavaScript object with the functions `value` and `local` of a row."""
    names = [f"x{i}" for i, _ in enumerate(given, start=1)]
    terms = _terms(names, given)
    value = function("", names, Formula(row, *terms))
    local = function("", ["y", *names], *row.rule(Formula("y"), terms))
    return f"{{value: {value}, local: {local}}}"


def _texts(row: Operation, given: Sequence[float | None]) -> dict[str, Any]:
    """Return templates for the value and the slopes of a row; those too long are empty."""
    texts: dict[str, Any] = {"name": shortened(row.name), "y": "", "d": []}
    if len(given) > 12:
        return texts
    y, *names = [chr(PLACE + i) for i in range(len(given) + 1)]
    terms = _terms(names, given)
    try:
        texts["y"] = _unless_long(Formula(row, *terms), LONGEST["value"])
        slopes = row.rule(Formula(y), terms)
        texts["d"] = [_unless_long(slope, LONGEST["slope"]) for slope in slopes]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        pass
    return texts


def _unless_long(formula: Formula | float, longest: int) -> str:
    text = plain(latex(formula)).replace("-", "−")
    text = re.sub(r"\d+\.\d{5,}", lambda digits: f"{float(digits[0]):.4g}", text)
    return text if len(text) <= longest else ""


# -- pictures ---------------------------------------------------------------------------------


def _svg(shown: Picture, digits: int, edges: str, quiz: bool) -> str:
    """Return the picture in whole pixels, without tooltips and what only other pages look for."""
    svg = Drawing(shown, Style(number_format(digits), edges), "builtin").svg
    svg = re.sub(r"<title>[^<]*</title>|<desc>[^<]*</desc>", "", svg)
    svg = re.sub(r'(?<=[" ,MC])-?\d+\.\d(?=[" ,C])', lambda x: f"{float(x[0]):.0f}", svg)
    if quiz:  # what is to be predicted
        svg = re.sub(r'(class="grad"[^>]*>\S+ )[^<]+', r"\1?", svg)
        if shown.detail == "scalar":
            svg = re.sub(r'(class="local">)[^<]+', r"\1?", svg)
    unused = r' (data-(key|source|target)|role|xml:space)="[^"]*"'
    svg = re.sub(r"<(g|text) [^>]*>", lambda tag: re.sub(unused, "", tag[0]), svg)
    svg = re.sub(r"(</tspan> )<tspan>([^<]*)</tspan>", r"\1\2", svg)
    return svg.replace(">\n<", "><")


def _level(
    shown: Picture,
    order: list[Value],
    nodes: Sequence[dict[str, Any]],
    notation: Notation,
    digits: int,
    quiz: bool,
) -> dict[str, Any]:
    """Return a picture, and what its nodes, lines of text and edges stand for.

    `members` are the numbers in each node. `facts` say which value ("v"), sum of gradients ("g")
    or norm of gradients ("n") each line of it shows. `edges` name an edge for every += in the
    order of the backward pass; `weights`, between units, a number for every edge.
    """
    key_of = _keys(order, shown.detail)
    members: list[list[int]] = [[] for _ in set(key_of)]
    for i, key in enumerate(key_of):
        members[key].append(i)
    facts: list[list[Any]] = [[] for _ in members]
    drawn = []
    for part in shown.nodes:
        if part.key < len(members):  # else a constant
            inside = members[part.key]
            lines = [_slot(name, inside, order, notation) for name, _ in part.facts]
            facts[part.key] = lines
            one = inside if len(inside) == 1 else lines[0][1:] if part.unit and lines[0] else []
            # a name as in the formulas
            if one and (part.unit or not part.title or _quantity(order[one[0]]) == "z"):
                part = replace(part, title=nodes[one[0]]["t"])
        drawn.append(part)
    edges, weights = _edges(shown, order, key_of)
    labels = "local" if len(shown.edges) <= MOST_LABELS and shown.detail != "layer" else "none"
    return {
        "svg": _svg(replace(shown, nodes=tuple(drawn)), digits, labels, quiz),
        "members": members,
        "facts": facts,
        "edges": edges,
        "weights": weights if shown.detail == "neuron" else None,
    }


def _keys(order: list[Value], detail: str) -> list[int]:
    """Return for every number the key of the node of the picture that it is in."""
    owner = owners(order, detail)
    groups = [owner.get(node, node) for node in order]
    last = {group: i for i, group in enumerate(groups)}
    key = {group: k for k, group in enumerate(sorted(last, key=last.__getitem__))}
    return [key[group] for group in groups]


def _edges(
    shown: Picture, order: list[Value], key_of: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Return the edge (or -1) that each += flows along, and the weight (or -1) on each edge."""
    parallel: dict[tuple[int, int], list[int]] = defaultdict(list)
    for e, edge in enumerate(shown.edges):
        parallel[edge.source, edge.target].append(e)
    index = {node: i for i, node in enumerate(order)}
    used: Counter[tuple[int, int]] = Counter()
    by_node: list[list[int]] = []
    weights = [-1] * len(shown.edges)
    for i, node in enumerate(order):
        by_node.append([])
        for place, operand in enumerate(node.operands):
            if not isinstance(operand, Value):
                continue
            ends = key_of[index[operand]], key_of[i]
            same = parallel[ends]
            e = same[used[ends] % len(same)] if same else -1
            used[ends] += 1
            by_node[-1].append(e)
            weight = weight_at(node, place)
            if e >= 0 and weight is not None:
                weights[e] = index[weight]
    return [e for edges in reversed(by_node) for e in edges], weights


def _slot(name: str, inside: Sequence[int], order: list[Value], notation: Notation) -> Any:
    """Return which numbers of the graph a line of text shows; None if it is always the same."""
    sums = [i for i in inside if _quantity(order[i]) == "a"] or list(inside[:1])
    biases = [i for i in inside if _quantity(order[i]) == "b"]
    outputs = [i for i in inside if _quantity(order[i]) == "z"]
    if name == notation.activation:
        return ["v", (outputs or sums)[0]]
    if name == notation.pre_activation:
        return ["v", sums[0]]
    if name == notation.error:
        return ["v", len(order) - 1]
    if name == "b":
        return ["v", biases[0]] if len(biases) == 1 else None
    if name in ("grad", "δ", "Σδ"):
        return ["g", *sums]
    if name == "‖δ‖":
        return ["n", *sums]
    return ["v", inside[0]] if not name and len(inside) == 1 else None


def _quantity(node: Value) -> str:
    return node.place.quantity if node.place is not None else ""


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


def number(x: float) -> float | str:
    """Return a number as JSON has it, or, if it is inf or nan, JavaScript's name for it."""
    return x if math.isfinite(x) else _literal(x)


def _literal(x: float) -> str:
    if math.isfinite(x):
        return repr(x)
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def source(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _shorter(script: str) -> str:
    """Return JavaScript without comments and indentation."""
    script = re.sub(r"^\s*(//.*|/\*\*.*\*/)$", "", script, flags=re.MULTILINE)
    return re.sub(r"\n\s*", "\n", script)
