"""The page `report.html`: what was read, chosen and learnt, how good it is, how to repeat it."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from autograd import __version__
from autograd.view.html import page as html_page
from autograd.view.html import source
from autograd.view.style import variables
from nn import History, plots
from nn.data.words import count
from nn.plots.style import new_figure
from nn.plots.words import wrapped

from ..result import Result
from ..shown import watched
from ..task import Task
from .parts import DPI, facts, image, images, name, note, number, share, table, words
from .repeat import arguments, quoted
from .sample import part

MOST_CLASSES_LISTED: Final = 12  # of a table of which is taken for which
MOST_NAMES: Final = 40  # of columns, or classes
WATCHED: Final = {  # whose loss the two curves are
    "test": "of training and of held-out samples",
    "set aside": "of training samples learnt and of those set aside",
    "after the epoch": "while its samples are learnt and after it",
}


def page(task: Task, history: History, pictures: Mapping[str, bytes]) -> str:
    """Return a page that says all there is to know of a training, without links.

    Parameters
    ----------
    task : Task
    history : History
    pictures : mapping from str to bytes
        Those that have been drawn, by the names of their files.
    """
    result = Result.of(task, history.stopped == "diverged")
    sample = part(task, pictures)
    body = f"""<main>
<header>
<p class="source">deltarule train · {words(__version__)}</p>
<h1>{name(task.data.name)}</h1>
{_headline(task, history, result)}
</header>
<div class="pair">
<section><h2>What was read</h2>{_of_data(task)}</section>
<section><h2>What was trained</h2>{_of_training(task, history)}</section>
</div>
{_figures(task, history, pictures)}
<section><h2>One sample, forward and backward</h2>
{sample.html}
</section>
<section><h2>Once more</h2>{_again(task, history)}</section>
</main>"""
    style = variables(":root") + source("deltarule.command.report", "page.css")
    title = f"{wrapped(task.data.name, 60, 1)}, by deltarule train"
    return html_page(title, style, sample.script, *sample.allowed, body=body)


def _headline(task: Task, history: History, result: Result) -> str:
    """Return the one number that counts, and what to compare it with."""
    n, baseline = len(task.test), result.baseline
    is_held_out = task.test != task.training
    part = "held-out samples" if is_held_out else "samples it was trained on"
    of_test = "held out" if is_held_out else "all samples"
    rows = [(f"this network, {of_test}", result.test)]
    if is_held_out:
        rows.append(("this network, training", result.train))
    if baseline.accuracy is not None:
        guess = f"always ‘{name(str(baseline.guess))}’"
        rows.append((f"{guess}, {of_test}", baseline.accuracy))
        right = f"{round(result.test * n)} of " if math.isfinite(result.test) else ""
        what = f"of the {part} right"
        more = f"{right}{n}; {guess} would be <b>{share(baseline.accuracy)}</b>"
        scale, head, shown = 1.0, "accuracy", share(result.test)
    else:
        assert baseline.rmse is not None
        rows.append((f"always the mean, {of_test}", baseline.rmse))
        what = f"off, typically, on the {part}"
        mean = f"the mean of the training targets, {number(float(baseline.guess))}"
        more = f"RMSE of {n}; always {mean}, would be <b>{number(baseline.rmse)}</b>"
        scale, head, shown = max(x for _, x in rows), "RMSE", number(result.test)
    if not math.isfinite(result.test):
        what, shown = "what the network answers are no finite numbers", "–"
    ending = {
        "interrupted": "Training was interrupted: this is what had been learnt by then.",
        "diverged": "Training diverged: try a smaller <code>--learning-rate</code>.",
    }.get(history.stopped, "")
    advice = note(f"{result.advice[:1].upper()}{result.advice[1:]}.") if result.advice else ""
    trials = note(f"{task.choice.of_interruption}." * task.choice.is_interrupted)
    notices = "".join([f'<p class="notice">{x}</p>' for x in (ending, trials, advice) if x])
    bars = [[text, number_of(x, head), _bar(x, scale)] for text, x in rows]
    better = "larger is better" if head == "accuracy" else "smaller is better"
    return f"""<div class="headline"><p class="first"><strong>{shown}</strong> {what}</p>
<p class="second">{more}</p></div>{notices}
{table(["", head, better], bars, "bars")}"""


def number_of(x: float, kind: str) -> str:
    """Return an accuracy in three decimals, another number in four digits."""
    return f"{x:.3f}" if kind == "accuracy" and math.isfinite(x) else number(x)


def _bar(x: float, scale: float) -> str:
    length = x / scale if math.isfinite(x) and 0 < scale < math.inf else 0.0
    return f'<span class="bar" style="width:{100 * length:.1f}%"></span>'


def _of_data(task: Task) -> str:
    data, pipeline = task.data, task.pipeline
    pairs = [
        ("table" if task.options.target is not None else "data set", words(_given(task))),
        ("rows", _parts(task)),
    ]
    if task.options.target is not None:
        pairs.append(("to predict", name(task.options.target)))
    if data.class_names is None:
        known = [t for t in data.targets if math.isfinite(t)]
        targets = f"numbers from {number(min(known))} to {number(max(known))}"
        pairs.append(("targets", targets))
    else:
        sizes = Counter(int(t) for t in data.targets)
        classes = [f"{name(text)}&nbsp;({sizes[k]})" for k, text in enumerate(data.class_names)]
        pairs.append((count(len(classes), "class"), _listed(classes)))
    inputs = [name(feature) for feature in pipeline.features]
    pairs.append((count(len(inputs), "input"), _listed(inputs)))
    notes = "".join([f"<li>{note(text)}</li>" for text in task.notes])
    return facts(pairs) + (f'<ul class="notes">{notes}</ul>' if notes else "")


def _given(task: Task) -> str:
    text = str(task.options.data)
    return text if len(text) <= 200 else f"{text[:100]}…{text[-60:]}"


def _parts(task: Task) -> str:
    if task.training == task.test:
        return f"{len(task.data)}, all to train on and to test with"
    return f"{len(task.training)} to train on, {len(task.test)} held out for testing"


def _listed(texts: list[str]) -> str:
    more = len(texts) - MOST_NAMES
    return ", ".join(texts[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _of_training(task: Task, history: History) -> str:
    options, settings, model = task.options, task.settings, task.pipeline.model
    choice, strength = task.choice, settings.weight_decay
    decay = "that of the optimiser" if strength is None else f"{strength:.2g}"
    hidden = ", ".join(map(str, settings.layers))
    units = f"{hidden}; {words(settings.activation)}" if hidden else "none"
    falling = " falling to 0" * (settings.schedule == "linear")
    rate = f"learning rate {settings.learning_rate:g}{falling}"
    scaled = "each input has mean 0 and standard deviation 1" if settings.standardize else "none"
    stopped = f" of {settings.epochs}, {words(history.stopped)}" * (history.stopped != "epochs")
    return facts(
        [
            ("network", words(str(model))),
            ("parameters", f"{len(model.parameters())}"),
            ("hidden units", _with_reason(units, choice.of_layers_and_option)),
            ("error", words(task.loss.replace("_", " "))),
            ("optimiser", f"{words(options.optimizer)}, {rate}"),
            ("epochs", f"{len(history)}{stopped}, in batches of {settings.batch_size}"),
            ("weight decay", _with_reason(decay, choice.of_decay)),
            ("scaling", scaled),
            ("seed", f"{options.seed}, of data, split, weights and order"),
        ]
    )


def _with_reason(text: str, reason: str) -> str:
    return f"{text}; {note(reason)}" if reason else text


def _figures(task: Task, history: History, pictures: Mapping[str, bytes]) -> str:
    """Return the pictures that there are, each with what it shows."""
    files = [file for file in ("confusion_matrix.png", "decision_boundary.png") if file in pictures]
    what = "Loss" if task.is_regression else "Loss and accuracy"
    shown = {
        "learning_curves.png": (
            "Learning curves",
            f"{what} in each epoch, {WATCHED[watched(task)]}",
        ),
        "confusion_matrix.png": (
            "Confusion matrix",
            _confusions(task) if "confusion_matrix.png" in pictures else "",
        ),
        "decision_boundary.png": (
            "Decision boundary",
            "The class that the network says for each point of the plane; marks are the samples "
            "it was trained on",
        ),
        "regression_fit.png": (
            "The fitted function",
            "All samples as circles, what the network says as a line",
        ),
    }
    parts = ""
    for file, (title, about) in shown.items():
        if file not in pictures:
            continue
        alone = " beside" * (len(files) == 1 and file in files)
        wide = {"learning_curves.png": " wide", "decision_boundary.png": " plane"}.get(file, "")
        more = _matrix(task, bool(alone)) if file == "confusion_matrix.png" else ""
        said = f"{title}: {about}", f"{words(about)}."
        if file == "learning_curves.png":
            drawn, width = images(_curves(task, history), *said)
        else:
            drawn, width = image(pictures[file], *said)
        kind = f'class="figure{wide}{alone}" style="--width:{width:.0f}px"'
        parts += f"""<section {kind}><h2>{title}</h2>
{drawn}{more}</section>"""
    return f'<div class="figures">{parts}</div>'


def _curves(task: Task, history: History) -> Iterator[bytes]:
    """Yield a picture for the loss, and one for the accuracy; each has room on a telephone."""
    for quantity in ("loss", "accuracy"):
        keys = ("epoch", f"train_{quantity}", f"validation_{quantity}")
        records = [{key: record[key] for key in keys if key in record} for record in history]
        if len(records[0]) > 1:
            panel = new_figure(4.5, 3.6).add_subplot()
            file, figure = BytesIO(), plots.learning_curves(records, panel, watched(task))
            figure.savefig(file, format="png", dpi=DPI)
            yield file.getvalue()


def _counts(task: Task) -> Counter[tuple[int, int]]:
    """Return how often a class (first) is taken for another one among the samples held out."""
    predicted = task.pipeline.class_indices(task.test.inputs)
    return Counter((int(t), k) for t, k in zip(task.test.targets, predicted))


def _confusions(task: Task) -> str:
    """Return what is most often taken for what."""
    classes = task.pipeline.classes
    if classes is None:
        return ""
    counts = _counts(task)
    wrong = {pair: n for pair, n in counts.items() if pair[0] != pair[1]}
    right = sum(counts.values()) - sum(wrong.values())
    if not wrong:
        return "Every sample is on the diagonal"
    first = f"{right} of {sum(counts.values())} samples are on the diagonal"
    (t, k), n = max(wrong.items(), key=lambda item: item[1])
    said = [wrapped(text, 60, 1) for text in classes]
    times = "once" if n == 1 else "twice" if n == 2 else f"{n} times"
    return f"{first}; most often ‘{said[t]}’ is taken for ‘{said[k]}’, {times}"


def _matrix(task: Task, is_open: bool) -> str:
    """Return the confusion matrix as a table, if it is small."""
    classes = task.pipeline.classes
    if classes is None or len(classes) > MOST_CLASSES_LISTED:
        return ""
    counts = _counts(task)
    rows = [
        [name(text), *[str(counts[t, k]) for k in range(len(classes))]]
        for t, text in enumerate(classes)
    ]
    heads = ["true class", *[f"taken for {name(text)}" for text in classes]]
    matrix = table(heads, rows, "counts")
    return f"<details{' open' * is_open}><summary>As a table</summary>{matrix}</details>"


def _again(task: Task, history: History) -> str:
    folder = task.options.output or Path("runs") / task.data.name
    train = ["deltarule", "train", *arguments(task.options)]
    predict = ["deltarule", "predict", str(folder / "model.json"), "FILE.csv"]
    is_whole = history.stopped != "interrupted"
    what = "The same numbers again" if is_whole else "The same training, to its end"
    here = f"deltarule {__version__} on Python {platform.python_version()}"
    return f"""<p>{what}, with {words(here)}:</p>
{_shown(train)}
<p>What this network says of the rows of another table:</p>
{_shown(predict)}"""


def _shown(command: list[str]) -> str:
    """Return a command as HTML, which is broken between its arguments."""
    parts = [f"<span>{words(argument)}</span>" for argument in quoted(command)]
    return f'<pre tabindex="0"><code>{" ".join(parts)}</code></pre>'
