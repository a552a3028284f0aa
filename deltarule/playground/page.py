"""The page of the playground: one file, which needs no kernel, no network and no library."""

from __future__ import annotations

import json
from typing import Any, Final

from autograd.javascript import PRELUDE
from autograd.view.html import as_json, loader, page, shorter, source
from autograd.view.player import SCRIPTS, of_page
from autograd.view.style import DARK, LIGHT, css, variables
from nn.plots.style import CLASS_COLOURS

from .doctor import doctor_words
from .table import MOST_CLASSES, Table

TITLE: Final = "deltarule playground"
# Of the player's parts, what the page uses itself.
SHARED: Final = "player make mark button icon show read fill run known"
PARTS: Final = (  # of the page, in page/
    "graph program settings train history data maps drawing layout rows levels sample text python "
    "document csv plane network losses compare controls inspector doctor lessons teaching "
    "takealong line link app"
)
STYLES: Final = "page plane sample lessons"


def page_html(table: Table | None = None, given: dict[str, Any] | None = None) -> str:
    """Return the page, with a model that is `given`, or with a network of its own.

    Parameters
    ----------
    table : Table, optional
        The rows that the graphs of the model need.
    given : dict, optional
        A model with its data, as `traced` returns it.
    """
    script = _script(table or Table(), given)
    # The page makes functions of the rows' texts, which a policy has to allow by name.
    return page(TITLE, "", loader(script), script).replace(
        "script-src ", "script-src 'unsafe-eval' ", 1
    )


def _script(table: Table, given: dict[str, Any] | None) -> str:
    parts = [_source(f"{name}.js") for name in PARTS.split()]
    view = "".join([of_page(f"{name}.js") for name in SCRIPTS.split()])
    names = ", ".join(SHARED.split())
    constants = {
        **table.constants(),
        "PRELUDE": shorter(PRELUDE),
        "DOCTOR": doctor_words(),
        "PICTURE_CSS": css("auto"),
        "IRIS": _iris(),
        "GIVEN": given,
        "STYLE": _style(),
    }
    written = "".join([f"const {name} = {as_json(x)};\n" for name, x in constants.items()])
    player = f"{PRELUDE}{view}const mode = undefined;\nreturn {{{names}}};"
    return (
        f'"use strict";\n{written}const {{{names}}} = (() => {{\n{shorter(player)}\n}})();\n'
        f"{shorter(''.join(parts))}\n"
        'document.head.append(make("style", {}, STYLE));\n'
        "globalThis.playground = openPlayground(document.body, GIVEN);\nplayground.begin();"
    )


def _iris() -> list[list[float]]:
    """Return length and width of the petals in cm, and the species, of Fisher's 150 flowers."""
    rows: list[list[float]] = json.loads(_source("iris.json"))
    return rows


def _style() -> str:
    """Return the style sheets, with the colours as variables of the page."""
    classes = "".join([f"--class{k}:{CLASS_COLOURS[k]};" for k in range(MOST_CLASSES)])
    signs = [f"--positive:{ink.positive};--negative:{ink.negative};" for ink in (LIGHT, DARK)]
    colours = f"body{{{signs[0]}{classes}}}@media (prefers-color-scheme:dark){{body{{{signs[1]}}}}}"
    own = "".join([_source(f"{name}.css") for name in STYLES.split()])
    return f"{variables('body')}{variables('.player')}{colours}{of_page('player.css')}{own}"


def _source(name: str) -> str:
    return source("deltarule.playground", "page", name)
