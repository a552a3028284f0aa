"""The parts of the playground's page without a document, run in node."""

import json
import subprocess
from functools import cache
from typing import Any

from autograd.javascript import PRELUDE
from autograd.view.html import source
from deltarule.playground.table import Table

PARTS = ["graph", "program", "settings", "data", "train", "text", "python", "document", "csv"]


@cache
def _page() -> str:
    constants = {**Table().constants(), "PRELUDE": PRELUDE}
    written = [f"const {name} = {json.dumps(x)};\n" for name, x in constants.items()]
    parts = [source("deltarule.playground", "page", f"{name}.js") for name in PARTS]
    return "".join(['"use strict";\n', PRELUDE, *written, *parts])


def on_page(code: str, **given: Any) -> Any:
    """Return what statements that end with `return` give, beside the page's functions."""
    names = "".join([f"const {name} = {json.dumps(x)};\n" for name, x in given.items()])
    script = f"{_page()}\nconsole.log(JSON.stringify((() => {{ {names}{code} }})()));"
    done = subprocess.run(["node"], input=script.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)
