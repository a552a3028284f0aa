"""The JavaScript of a player's page, run in node."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from autograd.view.player import Player

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node runs the JavaScript")


def in_node(lesson: Player, code: str) -> Any:
    """Return what an expression gives in the page's JavaScript."""
    script = (
        f'"use strict";\n{lesson.javascript}\nconst data = {json.dumps(lesson.data)};\n'
        "const exact = (key, x) => typeof x === 'number' && !Number.isFinite(x) ? String(x)"
        " : Object.is(x, -0) ? '-0' : x;\n"
        f"console.log(JSON.stringify((() => {{ {code} }})(), exact));"
    )
    done = subprocess.run(["node"], input=script.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def number(x: Any) -> float:
    return float(x.replace("Infinity", "inf")) if isinstance(x, str) else float(x)
