"""A model of one's own as the page has it: the same numbers, or one sentence."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from autograd import Operation, Value, exp, topological_order
from autograd.compile import TraceError
from autograd.javascript import PRELUDE
from autograd.view.player import of_page
from deltarule.playground.table import Table
from deltarule.playground.trace import evaluate, traced
from nn import MLP, Dropout, Layer, Module, Sequential
from nn.data import Dataset
from nn.losses import find_loss

X = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [0.0, 0.0]]
BINARY = "binary_cross_entropy"
SQUARED = "half_squared_error"


class Parabola(Module):
    def __init__(self) -> None:
        self.a, self.b, self.c = Value(1.5), Value(-2.0), Value(0.25)

    def __call__(self, x: Any) -> Any:
        return self.a * x**2 + self.b * x + self.c


class Shared(Module):
    """One layer, used twice."""

    def __init__(self) -> None:
        self.first, self.last = (
            Layer(2, 2, activation="tanh", rng=0),
            Layer(2, 1, activation="identity", rng=1),
        )

    def __call__(self, x: Any) -> Any:
        return self.last(self.first(self.first(x)))


class Asking(Module):
    def __init__(self) -> None:
        self.w = Value(2.0)

    def __call__(self, x: Any) -> Any:
        return self.w * x[0] if x[0] > 0 else self.w


class Counting(Asking):
    """It computes something else each time, after it has been traced."""

    calls = 0

    def __call__(self, x: Any) -> Any:
        type(self).calls += 1
        return self.w * x[0] * float(self.calls // 20 + 1)


def network(activation: str, output: str, outputs: int = 1) -> MLP:
    return MLP(2, [3, outputs], activation=activation, output=output, rng=3)


MODELS: dict[str, tuple[Module, Any, Any, str]] = {
    "tanh": (network("tanh", "sigmoid"), X, [0, 1, 1, 0], BINARY),
    "relu": (network("relu", "identity"), X, [0.5, -1.0, 2.0, 0.0], SQUARED),
    "gelu": (network("gelu", "softmax", 3), X, [0, 2, 1, 2], "cross_entropy"),
    "logits": (network("silu", "identity", 3), X, [0, 2, 1, 1], "cross_entropy_with_logits"),
    "one of K": (network("elu", "softmax", 2), X, [[0, 1], [1, 0]] * 2, "cross_entropy"),
    "two numbers": (network("tanh", "identity", 2), X, [[0.5, 2.0]] * 4, SQUARED),
    "hinge": (network("tanh", "identity"), X, [-1, 1, 1, -1], "hinge"),
    "sequential": (
        Sequential(Layer(2, 3, rng=0), Layer(3, 1, activation="identity", rng=1)),
        X,
        [0, 1, 0, 1],
        SQUARED,
    ),
    "shared": (Shared(), X, [0.5, 1.0, 0.0, 1.0], "huber"),
    "parabola": (Parabola(), [0.0, 1.5, -2.0], [1.0, 2.5, 3.0], SQUARED),
}


@pytest.mark.parametrize("name", MODELS)
def test_graphs_have_the_errors_of_the_model(name: str) -> None:
    model, inputs, targets, loss = MODELS[name]
    table = Table()
    given = traced(model, inputs, targets, loss, table=table)
    json.dumps(given, allow_nan=False)
    graphs = dict(map(tuple, given["graphs"]))
    for x, t, row in zip(inputs, targets, given["dataset"]["inputs"]):
        error = find_loss(loss)(model(x), t).data
        graph = graphs[t if None not in graphs else None]
        assert evaluate(graph, table, given["p"], row, t) == pytest.approx(error, rel=1e-14)


@pytest.mark.skipif(shutil.which("node") is None, reason="node runs the JavaScript")
def test_gradients_are_those_of_backward() -> None:
    cases = []
    expected = []
    for model, inputs, targets, loss in MODELS.values():
        table = Table()
        given = traced(model, inputs, targets, loss, table=table)
        graphs = dict(map(tuple, given["graphs"]))
        graph = graphs.get(targets[1] if None not in graphs else None)
        t = targets[1] if isinstance(targets[1], list) else [targets[1]]
        case = [graph, given["p"], given["dataset"]["inputs"][1], t]
        cases.append(f"[[{table.javascript}], {json.dumps(case)}]")
        model.zero_grad()
        find_loss(loss)(model(inputs[1]), targets[1]).backward()
        expected.append([p.grad for p in model.parameters()])
        model.zero_grad()
    program = f"""{PRELUDE}{of_page("passes.js")}
    console.log(JSON.stringify([{",".join(cases)}].map(([rules, [graph, p, x, t]]) => {{
      const given = {{p, x, t}}, g = p.map(() => 0);
      const nodes = graph.nodes.map((n) => (n.o ? n : {{...n, v: given[n.from][n.at]}}));
      const {{grads}} = run(nodes, rules);
      nodes.forEach((n, i) => {{ if (n.from === "p") g[n.at] += grads[i]; }});
      return g;
    }})))"""
    done = subprocess.run(["node"], input=program.encode(), capture_output=True, check=True)
    for found, wanted in zip(json.loads(done.stdout), expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-15)
        assert any(wanted)


def test_an_operation_of_ones_own_is_printed() -> None:
    bump = Operation("bump", lambda x: exp(-x * x), lambda y, x: (-2.0 * x * y,))
    table = Table()
    given = traced(network("bump", "identity"), X, [0.5, 1.5, 2.5, 3.5], SQUARED, table=table)
    assert given["net"]["activation"] == bump.name == "bump"
    assert {"bump"} < {
        table.printed[n["f"]].row.name for n in given["forward"]["nodes"] if "f" in n
    }


def test_names_places_and_order_are_those_of_the_model() -> None:
    model = network("tanh", "sigmoid")
    model.layers[0].neurons[0].b.requires_grad_(False)
    given = traced(model, X, [0, 1, 1, 0], BINARY, table=Table(), notation="nielsen")
    label, graph = given["graphs"][1]
    nodes = graph["nodes"]
    assert (label, nodes[-1]["t"], given["frozen"]) == (1, "C", [2])
    assert given["net"] == {
        "inputs": 2, "hidden": [3], "outputs": 1,
        "activation": "tanh", "output": "sigmoid", "error": BINARY,
    }  # fmt: skip
    by_parameter = {node["at"]: node for node in nodes if node.get("from") == "p"}
    assert [by_parameter[i]["t"] for i in (0, 1, 2, 3)] == ["w₁₁⁽¹⁾", "w₁₂⁽¹⁾", "b₁⁽¹⁾", "w₂₁⁽¹⁾"]
    assert by_parameter[1]["place"] == {"is": "w", "layer": 1, "unit": 1, "source": 2}
    units = [(unit["layer"], unit["unit"], nodes[unit["z"]]["t"]) for unit in graph["units"]]
    assert units[:2] == [(1, 1, "a₁⁽¹⁾"), (1, 2, "a₂⁽¹⁾")]
    assert [nodes[k]["t"] for k in graph["outputs"]] == [units[-1][2]]


def test_parameters_without_a_place_have_the_names_of_their_attributes() -> None:
    model = Parabola()
    given = traced(model, [0.0, 1.0], [1.0, 2.5], SQUARED, table=Table())
    ((_, graph),) = given["graphs"]
    assert [n["t"] for n in graph["nodes"] if n.get("from") in ("p", "t")] == ["a", "b", "c", "t"]
    assert [p.label for p in model.parameters()] == ["", "", ""]


def test_a_parameter_that_is_not_reached_stays_one() -> None:
    model = Parabola()
    model.__dict__["unused"] = Value(7.0)
    given = traced(model, [0.0, 1.0], [1.0, 2.5], SQUARED, table=Table())
    assert given["p"] == [1.5, -2.0, 0.25, 7.0]


def test_a_data_set_brings_its_names() -> None:
    data = Dataset(X, [0, 1, 1, 0], ["length", "width"], ["ant", "bee"], "insects")
    given = traced(network("tanh", "sigmoid"), data, None, BINARY, table=Table())
    assert given["dataset"]["classes"] == data.class_names
    assert given["dataset"]["names"] == data.feature_names


def small() -> MLP:
    return MLP(2, [1], rng=0)


REFUSED: dict[str, tuple[Any, Any, Any, Any, type[Exception], str]] = {
    "if": (Asking(), [[1.0], [2.0]], [1.5, 2.0], SQUARED, TraceError, "truth of a comparison"),
    "dropout": (
        Sequential(Layer(2, 3, rng=0), Dropout(0.5), Layer(3, 1, rng=1)),
        X,
        [0.5] * 4,
        SQUARED,
        TraceError,
        r"model\.eval\(\)",
    ),
    "lengths": (small(), [[1.0, 2.0], [1.0]], [1.5, 0.5], SQUARED, ValueError, r"inputs\[1\]"),
    "nan": (small(), [[1.0, float("nan")]], [0.5], SQUARED, ValueError, r"inputs\[0\]\[1\].* nan"),
    "empty": (small(), [], [], SQUARED, ValueError, "no samples"),
    "targets": (MLP(2, [2], rng=0), X, [0.5] * 4, SQUARED, ValueError, "2 outputs, but 1 targets"),
    "class": (network("tanh", "softmax", 3), X, [0, 1, 2, 3], "cross_entropy", ValueError, "3"),
    "no Value": (small(), X, [1.5] * 4, lambda y, t: 3.0, TypeError, "one Value, not 3.0"),
    "cut": (small(), X, [1.5] * 4, lambda y, t: Value(1.0), ValueError, "no parameter"),
    "none": (Sequential(), X, [1.5] * 4, SQUARED, ValueError, "has no parameters"),
    "no module": (3, X, [1.5] * 4, SQUARED, TypeError, "not 3"),
    "no loss": (small(), X, [1.5] * 4, None, TypeError, "loss is missing"),
    "wide": (MLP(65, [1], rng=0), [[0.5] * 65], [1.5], SQUARED, ValueError, "65 inputs"),
    "many": (small(), [[0.5, 1.0]] * 2001, [1.5] * 2001, SQUARED, ValueError, r"inputs\[:2000\]"),
    "large": (MLP(64, [80, 20, 1], rng=0), [[0.5] * 64], [1.5], SQUARED, ValueError, "6000"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_the_page_cannot_compute_is_refused(why: str) -> None:
    model, inputs, targets, loss, kind, message = REFUSED[why]
    with pytest.raises(kind, match=message):
        traced(model, inputs, targets, loss, table=Table())


def test_another_error_than_the_models_is_never_shown() -> None:
    with pytest.raises(TraceError, match=r"sample \d+ the model has the error .*, and its graph"):
        traced(Counting(), [[1.0]] * 60, [0.5] * 60, SQUARED, table=Table())


def test_a_refusal_changes_nothing_of_the_model() -> None:
    model = Sequential(Layer(2, 3, rng=0), Dropout(0.5, rng=4), Layer(3, 1, rng=1))
    before = [(p.data, p.label, p.has_grad) for p in model.parameters()]
    state = model[1].rng.getstate()  # type: ignore[attr-defined]
    with pytest.raises(TraceError):
        traced(model, X, [0.5] * 4, SQUARED, table=Table())
    assert [(p.data, p.label, p.has_grad) for p in model.parameters()] == before
    assert model[1].rng.getstate() == state  # type: ignore[attr-defined]
    assert topological_order(small()([1.0, 2.0]))  # nodes are plain ones again
