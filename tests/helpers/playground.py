"""The scripts of the playground's page, run in node."""

import json
import subprocess
from typing import Any

from autograd.javascript import PRELUDE
from autograd.view.html import as_json, source
from deltarule.playground.table import Table


def in_page(parts: str, code: str, table: Table | None = None, **constants: Any) -> Any:
    """Return what a program prints that follows some of the page's scripts."""
    table = table or Table()
    given = {**table.constants(), "PRELUDE": PRELUDE, "IRIS": [], **constants}
    written = "".join([f"const {name} = {as_json(x)};\n" for name, x in given.items()])
    scripts = [source("deltarule.playground", "page", f"{name}.js") for name in parts.split()]
    text = f'"use strict";\n{written}{"".join(scripts)}\n{code}'
    done = subprocess.run(["node"], input=text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


PURE = "graph program settings data train text python document csv"  # which need no document


def on_page(code: str, **given: Any) -> Any:
    """Return what statements that end with `return` give, beside the page's functions."""
    names = "".join([f"const {name} = {json.dumps(x)};\n" for name, x in given.items()])
    return in_page(PURE, f"console.log(JSON.stringify((() => {{ {names}{code} }})()));")
