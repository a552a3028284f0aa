"""What `deltarule train` says: a report in lines of 80 columns."""

from __future__ import annotations

import re
import textwrap
from typing import Final

from autograd.quoting import clipped
from nn import History
from nn.data.words import count

from .earlier import Earlier
from .result import Result
from .task import Task

WIDTH: Final = 80
INDENT: Final = 10  # of what is said, behind the word that it is about
FEW: Final = 20  # held out, of which a single one shows in the result
KEPT: Final = "\u00a0"  # a blank where no line ends; in what users write it is an escape


def say(about: str, text: str) -> None:
    """Print a line of the report, or several where it is longer than a terminal is wide.

    An option and its value stay together.
    """
    filled = textwrap.fill(
        re.sub(r"(--[a-z-]+) ", rf"\1{KEPT}", text),
        WIDTH,
        initial_indent=about.ljust(INDENT),
        subsequent_indent=" " * (INDENT + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    print(filled.replace(KEPT, " "))


def listed(text: str) -> str:
    """Return a text that is broken between the items of its list only."""
    return re.sub(r"(?<!,) (?!\()", KEPT, text)


def announce(task: Task, earlier: Earlier) -> None:
    """Say what is going to be learnt, from what, and how."""
    options, settings, model = task.options, task.settings, task.pipeline.model
    say("data", listed(str(task.data)))
    for note in task.notes:
        say("", note)
    if task.training == task.test:
        say("", f"all {len(task.data)} samples to train on and to test with")
    else:
        each = f": each is {1 / len(task.test):.2g} of the accuracy"
        few = not task.is_regression and len(task.test) <= FEW
        training, test = count(len(task.training), "sample"), f"{len(task.test)} held out"
        say("", f"{training} to train on, {test} for testing{each * few}")
    say("network", listed(f"{model}, {count(len(model.parameters()), 'parameter')}"))
    if task.choice.is_of_layers:
        say("", "or one without a hidden layer, as samples set aside will tell")
    say(
        "learning",
        listed(
            f"{task.loss}, {options.optimizer}, {count(settings.epochs, 'epoch')} of batches of "
            f"{settings.batch_size}, learning rate {settings.learning_rate:g}"
            + " falling to 0" * (settings.schedule == "linear")
            + (f", weight decay {settings.weight_decay:g}" if settings.weight_decay else "")
        ),
    )
    if earlier.is_there:
        pictures_too = f" and {count(len(earlier.pictures), 'file')} of an earlier run"
        say("replaces", clipped(str(earlier.model)) + pictures_too * bool(earlier.pictures))
    print(end="", flush=True)


def conclude(task: Task, history: History, seconds: float) -> Result:
    """Say how long it took, how good the network is, and how good a guess would be."""
    settings, choice = task.settings, task.choice
    if choice.is_interrupted:
        more = ""
    elif choice.candidates:
        trials = count(len(choice.candidates), "trial")
        more = f", after {trials} of {settings.epochs} to choose {choice.subject}"
    else:
        more = f", {1000 * seconds / len(history):.1f} ms each" if history.epochs else ""
    kept = "; interrupted, what was learnt so far is kept" * (history.stopped == "interrupted")
    say("took", f"{seconds:.1f} s for {count(len(history), 'epoch')}{more}{kept}")
    for sentence in choice.sentences:
        say("", sentence)
    result = Result.of(task, history.stopped == "diverged")
    for about, text in result.lines:
        say(about, text)
    return result
