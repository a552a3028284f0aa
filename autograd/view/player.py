"""`play`: step through the forward and the backward pass of a graph, in a page of its own.

The page needs no kernel, no network and no library. Its JavaScript (page/passes.js) computes both
passes from the operations' own rows, printed by `autograd.view.javascript`; what it shows are the
pictures of `autograd.view.draw`.
"""

from __future__ import annotations

import copy
import math
import os
import re
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Final, Literal, get_args

from autograd.choices import one_of
from autograd.core import topological_order
from autograd.quoting import short
from autograd.value import Value

from ..javascript import PRELUDE
from .html import as_json, loader, output, page, save, shorter, source
from .levels import level
from .notation import find_notation
from .picture import Detail, picture
from .rules import Rules, numbers
from .slips import check_room, javascript_of_slips
from .style import variables
from .two_passes import trained, two_passes

STILL: Final = "A still picture: run this cell for the player."
LARGEST: Final = 6000  # numbers of a graph, or nodes and edges of a picture; the page is slow then
SCRIPTS: Final = (  # of each page, in page/
    "numbers passes elements moments story lesson pictures walk marks steps stage chosen twice "
    "save around paint frame player"
)
MODES: Final = {  # and what a mode brings
    "": "",
    "quiz": "judge quiz",
    "vote": "chance ballot vote",
    "hunt": "judge chance slips curves hunt",
}


def play(
    root: Value,
    after: Value | None = None,
    *,
    detail: Detail = "scalar",
    notation: str = "prml",
    quiz: bool | Literal["vote"] = False,
    update: float | None = None,
    digits: int = 4,
    slip: str | None = None,
) -> Player:
    """Make a player for both passes of the graph of `root`: every value, then every ``+=``.

    It shows a fresh pass, seeded with 1, of its own copy of the graph: nothing of the graph
    is changed. Click on a number to see its paths to the root, and on a leaf to edit it.

    Parameters
    ----------
    root, notation
        As for `picture`.
    after : Value, optional
        A later pass through a graph of the same operations: `root` then is the pass before. The
        page opens with the numbers after, marks what has changed, and shows either of the two, or
        their difference. What training edits is in `root`, too, unless that is a copy.
    detail : {"scalar", "neuron", "layer"}
        The picture to begin with; the learner can change to the others.
    quiz : bool or "vote"
        Hide the gradients, and let the learner predict each one. "vote" is for a class: every
        number, also of the forward pass, is to be chosen from up to four, in large type.
    update : float, optional
        A learning rate η: after the backward pass, a third one takes every parameter w to
        w − η ∂root/∂w, and the learner may go forward again with the new numbers. Parameters are
        the weights and biases of a network; where there are none, all leaves.
    digits : int
        Significant digits of numbers.
    slip : str, optional
        Make one typical mistake in the backward pass, to be found, repaired, and seen at work in
        training: "random", "overwrite" (= in place of +=), "path" (one is forgotten), "sign",
        "slope" (passed on unchanged), "upstream" (the local derivative alone), "factor" (its own),
        "sum" (of local and upstream), "twice" (a second pass, not zeroed) or "order" (passed on
        too early).

    Returns
    -------
    Player
        Jupyter shows it; `.save("lesson.html")` makes a file for any browser.

    Raises
    ------
    ValueError
        If the graph has more than 6000 numbers, or the picture as many nodes and edges; if `after`
        has other operations than `root`; if `update` is not positive and finite; or if the slip
        would not show.
    TypeError
        If `root` or `after` is not a `Value`, or `update` not a number.
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

    Two passes, and the update between them:

    >>> before = copy.deepcopy(a * b)
    >>> b.data = 1.0
    >>> play(before, a * b)
    Player(3 numbers, 5 events)
    >>> play(a * b, update=0.1)
    Player(3 numbers, 7 events)
    """
    if not isinstance(root, Value):
        raise TypeError(f"play() takes one Value, got {type(root).__name__}; play one of them")
    if not isinstance(after, Value | None):
        raise TypeError(f"after must be the Value of a later pass, got {short(after)}")
    one_of("detail", detail, get_args(Detail))
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 15:
        raise ValueError(
            f"digits must be a number of significant digits, 1 to 15, got {short(digits)}"
        )
    one_of("quiz", quiz, (False, True, "vote"))
    if slip is not None and (quiz or detail != "scalar"):
        raise ValueError(
            "a slip is found edge by edge: play it either with slip=, at detail='scalar', or with "
            "quiz="
        )
    given = [f"{name}=" for name, x in (("after", after), ("update", update)) if x is not None]
    if given and (slip is not None or quiz == "vote"):
        mode = "slip=" if slip is not None else "quiz='vote'"
        raise ValueError(
            f"{mode} trains from the numbers of one pass: leave out {' and '.join(given)} or {mode}"
        )
    if after is None:
        return Player(root, detail, notation, quiz, digits, slip, update=update)
    return Player(after, detail, notation, quiz, digits, slip, before=root, update=update)


class Player:
    """A lesson on one graph, as it was when `play` was called.

    Attributes
    ----------
    data : dict
        What the page knows: numbers, operations, pictures, and what they stand for.
    title, svg, html : str
        Of the page: its title, the picture to begin with, and all of it.
    """

    def __init__(
        self,
        root: Value,
        detail: Detail,
        notation: str,
        quiz: bool | str,
        digits: int,
        slip: str | None,
        *,
        before: Value | None = None,
        update: float | None = None,
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
        if slip is not None:
            check_room(slip, order, digits)
        mode = "hunt" if slip else "vote" if quiz == "vote" else "quiz" if quiz else ""
        names = find_notation(notation)
        self._rules = Rules()
        nodes = numbers(order, names, self._rules)
        passes = two_passes(order, nodes, before=before, update=update, fixed=self._rules.fixed)
        levels: dict[str, dict[str, Any]] = {}
        too_large = f"there is nothing to show at detail={short(detail)}"
        for at in get_args(Detail):
            if at == "scalar" or (not slip and any(node.place for node in order)):
                shown = picture(root, at, notation)
                parts = len(shown.nodes) + len(shown.edges)
                if parts <= LARGEST:
                    given = order, nodes, names, digits, mode, passes.get("update")
                    drawn, levels[at] = level(shown, *given)
                    if at == detail:
                        left, top, right, bottom = drawn.box
                        self._shape = (bottom - top) / (right - left)
                        self._least = math.ceil(drawn.least)
                    else:  # the page takes it from the picture to begin with
                        levels[at]["svg"] = re.sub("<style>.*?</style>", "", levels[at]["svg"])
                elif at == detail:
                    too_large = (
                        f"the picture at detail={short(at)} has {parts} nodes and edges, more "
                        f"than the {LARGEST} that can be stepped through"
                    )
        if detail not in levels:
            others = " or ".join([f"detail={short(other)}" for other in levels])
            raise ValueError(f"{too_large}; choose {others or 'a part of the graph'}")
        self.title = f"Forward and backward through {nodes[-1]['t']}"
        self.svg: str = levels[detail]["svg"]
        self.data: dict[str, Any] = {
            "nodes": nodes,
            "rules": self._rules.texts,
            "levels": levels,
            "detail": detail,
            "digits": digits,
            "mode": mode,
            "fixed": self._rules.fixed,
            **passes,
        }
        if mode in ("hunt", "vote"):
            self.data |= {"slip": slip, "trained": trained(order)}

    @property
    def javascript(self) -> str:
        """What the page runs: ``player(root, data, rules)`` and ``rules``; no text of users."""
        mode = self.data["mode"]
        names = f"{SCRIPTS} {MODES[mode]}".split()
        sources = "".join([of_page(f"{name}.js") for name in names])
        table = javascript_of_slips() if mode else ""
        rules = f"const rules = [\n{self._rules.javascript}];\n"
        return f"{PRELUDE}{table}{sources}const mode = {mode or 'undefined'};\n{rules}"

    @property
    def css(self) -> str:
        """The page's style sheet."""
        mode = self.data["mode"]
        names = ("player", *[mode] * (mode in ("hunt", "vote")))
        return variables(".player") + "".join([of_page(f"{name}.css") for name in names])

    @cached_property
    def html(self) -> str:
        """The page: one file without links, for any browser of today."""
        start = f"address(player(document.body, {as_json(self.data)}, rules));"
        script = f"{shorter(self.javascript)}{start}"
        return page(self.title, self.css, loader(script), script)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose name ends in .html, as `Drawing.save` does."""
        return save(self.html, path, "a lesson")

    @property
    def still(self) -> str:
        """The picture to begin with as HTML, for viewers that run no scripts."""
        return f"""<div><div style="overflow-x:auto"><img alt="{escape(self.title)}"
style="max-width:100%;min-width:{self._least}px"
src='data:image/svg+xml,{_in_address(self.svg)}'></div><p>{STILL}</p></div>"""

    def _repr_html_(self) -> str:
        """Return a static picture, which a script, where it may run, replaces by the page.

        The page takes that picture over, so that the notebook holds it only once.
        """
        detail, levels = self.data["detail"], self.data["levels"]
        levels = levels | {detail: levels[detail] | {"svg": ""}}
        data = as_json(self.data | {"levels": levels}).replace("<", "\\u003c")
        script = f"""{shorter(self.javascript)}const data = {data};
data.levels[data.detail].svg = decodeURIComponent(document.body.dataset.picture);
requestAnimationFrame(() => {{
  framed(player(document.body, data, rules));
  paint(document, document.body.dataset.theme);
}});"""
        room = round(min(max(560.0, 300.0 + 900.0 * self._shape), 760.0))
        inside = page(self.title, self.css, script)
        return output(self.still, inside, self.title, room, hands_on=True)

    def __repr__(self) -> str:
        nodes = self.data["nodes"]
        computed = [node for node in nodes if "o" in node]
        parents = sum([isinstance(x, int) for node in computed for x in node["o"]])
        updated = len(self.data.get("update", {"nodes": ()})["nodes"])
        return f"Player({len(nodes)} numbers, {2 + len(computed) + parents + updated} events)"


def _in_address(svg: str) -> str:
    """Return a picture as part of a data URL in ' ', a quarter shorter than in base64."""
    return svg.translate({ord(c): f"%{ord(c):02X}" for c in "%#<>&'\n"})


def of_page(name: str) -> str:
    """Return a file of the page."""
    return source("autograd.view", "page", name)
