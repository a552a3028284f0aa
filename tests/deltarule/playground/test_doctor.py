"""The doctor of the page says what `diagnose` says in Python, with the same numbers."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd.view import diagnose
from autograd.view.player import of_page
from deltarule.playground.doctor import doctor_words
from deltarule.playground.table import Table
from playground import in_page
from scripts import needs_node

PARTS = "graph program train doctor"
KINDS = ("symmetric", "zero-weights", "exploding", "dead-units", "saturated", "vanishing")
ERRORS = {  # of outputs of a function
    "half_squared_error": (nn.half_squared_error, "sigmoid"),
    "regression": (nn.half_squared_error, "identity"),
    "binary_cross_entropy": (nn.binary_cross_entropy, "sigmoid"),
}
POINTS = [[random.Random(k).uniform(-1, 1) for k in (2 * i, 2 * i + 1)] for i in range(12)]


@pytest.fixture(scope="module")
def table() -> Table:
    return Table()


Change = Callable[[list[float]], None]


def nothing(p: list[float]) -> None:
    pass


def bias(at: int, to: float) -> Change:
    def change(p: list[float]) -> None:
        p[at] = to

    return change


def all_at(to: float) -> Change:
    def change(p: list[float]) -> None:
        p[:] = [to] * len(p)

    return change


def falling(p: list[float]) -> None:
    p[:] = [-1.0 - k % 3 * 4.0 - 0.01 * k for k in range(len(p))]  # biases below the weights


def biases(p: list[float]) -> None:
    """Make those of five layers of 4 units large."""
    p[2:12:3], p[16:92:5] = [4.0] * 4, [4.0] * 16


def times(factor: float) -> Change:
    def change(p: list[float]) -> None:
        p[:] = [factor * x for x in p]

    return change


CASES = {
    "dead relu": ([4], "relu", "binary_cross_entropy", bias(5, -9.0), 12, "dead-units"),
    "dead for a few": ([4], "relu", "binary_cross_entropy", bias(5, -9.0), 4, "dead-units"),
    "dead layers": ([2, 2], "relu", "binary_cross_entropy", all_at(-1.0), 12, "symmetric"),
    "off, but leaky": ([2], "leaky_relu", "binary_cross_entropy", falling, 12, "dead-units"),
    "saturated sigmoid": ([3], "sigmoid", "binary_cross_entropy", bias(2, 30.0), 12, "saturated"),
    "saturated by weights": ([3], "tanh", "half_squared_error", times(400.0), 12, "saturated"),
    "wrong and sure": ([2], "tanh", "half_squared_error", bias(8, 40.0), 12, "saturated"),
    "sure by the logit": ([2], "tanh", "binary_cross_entropy", bias(8, 12.0), 12, ""),
    "five layers": ([4] * 5, "sigmoid", "binary_cross_entropy", nothing, 12, "vanishing"),
    "five layers far out": ([4] * 5, "sigmoid", "binary_cross_entropy", biases, 12, "vanishing"),
    "small weights": ([4] * 4, "tanh", "binary_cross_entropy", times(0.1), 12, "vanishing"),
    "large weights": ([8] * 4, "relu", "regression", times(60.0), 12, "exploding"),
    "alike": ([3, 2], "tanh", "binary_cross_entropy", all_at(0.5), 12, "symmetric"),
    "all 0": ([3], "tanh", "binary_cross_entropy", all_at(0.0), 12, "zero-weights"),
    "healthy": ([3], "tanh", "binary_cross_entropy", nothing, 12, ""),
}


@needs_node
@pytest.mark.parametrize("case", CASES)
def test_the_page_says_what_diagnose_says(table: Table, case: str) -> None:
    sizes, activation, error, change, count, kind = CASES[case]
    of, output = ERRORS[error]
    model = nn.MLP(2, [*sizes, 1], activation=activation, output=output, rng=2)
    p = [x.data for x in model.parameters()]
    change(p)
    for parameter, x in zip(model.parameters(), p, strict=True):
        parameter.data = x
    targets = [i % 2 for i in range(count)]
    errors = [of(model(x), [t]) for x, t in zip(POINTS, targets, strict=False)]
    loss = sum(errors[1:], errors[0]) / count
    loss.backward()
    expected = [x for x in diagnose(loss).findings if x.kind in KINDS]
    net = {"inputs": 2, "hidden": sizes, "outputs": 1, "activation": activation}
    found = findings(
        table, net | {"output": output, "error": of.__name__}, p, POINTS[:count], targets
    )
    told = [[x["title"], x["evidence"], x["advice"]] for x in found]
    assert told == [[as_shown(text) for text in (x.title, x.evidence, x.advice)] for x in expected]
    assert [x.kind for x in expected][:1] == ([kind] if kind else [])


def as_shown(text: str) -> str:
    """Return a text with a true minus sign, and outputs called as those of other units."""
    return re.sub(r"-(?=\d)", "−", text).replace("y₁⁽", "z₁⁽")


def findings(table: Table, net: Any, p: Any, inputs: Any, targets: Any) -> Any:
    code = f"""
    {of_page("numbers.js")}
    const generator = () => ({{}});  // of the first weights, which are given here
    const [net, p, inputs, targets] = {json.dumps([net, p, inputs, targets])};
    const dataset = {{inputs, targets, classes: ["no", "yes"]}}, train = [...targets.keys()];
    const model = modelOf(net, NOTATIONS.prml);
    const run = beginRun(model, dataset, train, p, {{optimiser: "SGD", seed: 1}});
    console.log(JSON.stringify(findingsOf({{model, run, dataset, split: {{train}}}})));"""
    return in_page(PARTS, code, table, DOCTOR=doctor_words())
