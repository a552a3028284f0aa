"""The part of report.html on one sample: its numbers, and both passes as a player."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Final, NamedTuple

from autograd import topological_order
from autograd.view.html import UNPACK, as_json, packed, page, shorter, source
from autograd.view.player import LARGEST, Player, play
from nn.data.words import count

from .. import shown
from ..task import Task
from .parts import name, number, share, table

HINTS: Final = {
    "neuron": "Click a number to see its paths to the error E, an input or a weight to edit it.",
    "layer": "These are layers: choose neuron, below them, to see and edit single numbers.",
}
MOST_INPUTS_SHOWN: Final = 12  # more of them are folded away


class Part(NamedTuple):
    """HTML, the script that the page runs for it, and the scripts that this may run."""

    html: str
    script: str = ""
    allowed: tuple[str, ...] = ()


def part(task: Task, pictures: Mapping[str, bytes]) -> Part:
    """Return what there is to say about the sample, and to play with."""
    error = shown.error(task)
    about = f"<p>{_verdict(task)}</p>{_inputs(task)}"
    size = len(topological_order(error))
    if size > LARGEST:
        more = f"The graph has {size} numbers, too many to step through: this is its picture."
        return Part(f"{about}<p>{more}</p>{_picture(pictures.get('sample.svg', b''))}")
    level = shown.detail(task)
    script, inside = _player(play(error, detail=level, quiz=True))
    html = f"""{about}
<p>Step through with → and ←; + and − zoom. {HINTS[level]}</p>
<fieldset class="choice" hidden><legend>The backward pass</legend>
<label><input type="radio" name="mode" value="" checked> watch it</label>
<label><input type="radio" name="mode" value="quiz"> predict each gradient</label></fieldset>
<div class="player"><noscript>The player needs JavaScript; sample.svg is a still picture.</noscript>
</div>"""
    sources = shorter(source("deltarule.command.report", "sample.js"))
    return Part(html, f'{UNPACK}{sources}unpack("{packed(inside)}").then(embed);', (script,))


def _player(player: Player) -> tuple[str, str]:
    """Return the script of a page that watches or asks, as it is told, and the page."""
    data = as_json(player.data).replace("<", "\\u003c")
    script = f"""{shorter(player.javascript)}const data = {data};
data.mode = document.body.dataset.mode;
framed(player(document.body, data, rules));"""
    return script, page(player.title, player.css, script)


def _picture(svg: bytes) -> str:
    address = f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
    about = "The layers of the network, with the numbers of this sample and the gradients"
    return f'<figure class="scrolls"><img alt="{about}" src="{address}"></figure>' if svg else ""


def _verdict(task: Task) -> str:
    """Return what the sample is, and what the network takes it for."""
    pipeline, test = task.pipeline, task.test
    row, target = test.inputs[0], test.targets[0]
    which = "The first of the samples" + (" held out" if test != task.training else "")
    if pipeline.classes is None:
        (y,) = pipeline.numbers([row])
        return f"{which} has the target {target:.10g}; the network says {number(y)}."
    true = name(pipeline.classes[int(target)])
    try:
        (k,), (shares,) = pipeline.class_indices([row]), pipeline.probabilities([row])
    except ValueError:
        return f"{which} is of class ‘{true}’. What the network answers is not finite."
    said = name(pipeline.classes[k])
    verdict = "right" if k == target else "wrong"
    return (
        f"{which} is of class ‘{true}’. The network takes it for ‘{said}’ with probability "
        f"{share(shares[k])}, and is {verdict}."
    )


def _inputs(task: Task) -> str:
    """Return a table of the inputs."""
    (row,), features = task.test.inputs[:1], task.pipeline.features
    (seen,) = task.pipeline.scale.transform([row])
    is_scaled = task.settings.standardize
    heads = ["input", "column", "in the data", *["as the network sees it"] * is_scaled]
    rows = [
        [
            f"<i>x</i><sub>{i}</sub>",
            name(feature),
            f"{x:.10g}".replace("-", "−"),
            *[number(z)] * is_scaled,
        ]
        for i, (feature, x, z) in enumerate(zip(features, row, seen), start=1)
    ]
    inputs = table(heads, rows, "inputs")
    if len(rows) <= MOST_INPUTS_SHOWN:
        return inputs
    return f"<details><summary>Its {count(len(rows), 'input')}</summary>{inputs}</details>"
