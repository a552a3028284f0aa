"""One name for each node, whichever view shows it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

from autograd import Value, topological_order
from autograd.view import (
    NOTATIONS,
    Detail,
    compare_orders,
    diagnose,
    draw,
    explain,
    expression,
    picture,
    play,
    widget,
)
from autograd.view.formula import Formula
from autograd.view.plain import plain
from autograd.view.text import shortened
from nn import MLP, Layer, Neuron, cross_entropy, half_squared_error, l2_penalty, total

GRAPHS: dict[str, Callable[[], Value]] = {}
Graph = Callable[[], Value]


def graph(make: Graph) -> Graph:
    GRAPHS[make.__name__] = make
    return make


@graph
def labelled() -> Value:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    c = a * b
    c.label = "c"
    d = c + a
    d.label = "d"
    return d


@graph
def nameless() -> Value:
    a, b = Value(1.5), Value(-2.2)
    return (a * b + a).tanh() * 2.0


@graph
def some_labels() -> Value:
    x, w2 = Value(1.5, label="x"), Value(0.3, label="w2")
    shared = (x * w2 + 1.0).sin()
    root = shared * shared - x
    root.label = "my loss"
    return root


@graph
def labels_that_look_like_ours() -> Value:
    return (Value(1.0, label="v1") * 2.0 + Value(3.0, label="E")).exp()


@graph
def equal_labels() -> Value:
    return Value(1.5, label="x") * Value(-2.2, label="x") + Value(0.5, label="the bias")


@graph
def network() -> Value:
    model = MLP(2, [3, 2], activation="tanh", output="sigmoid", rng=0)
    return half_squared_error(model([0.5, -1.0]), [1.0, 0.0])


@graph
def network_with_a_label() -> Value:
    loss = network()
    loss.label = "loss"
    return loss


@graph
def elementary() -> Value:
    model = MLP(2, [2, 1], activation=lambda a: a.tanh() * 1.5, elementary=True, rng=0)
    return half_squared_error(model([0.5, -1.0]), 1.0) + l2_penalty(model.parameters(), 0.1)


@graph
def several_samples() -> Value:
    model = MLP(1, [2, 1], activation="tanh", rng=0)
    return total([half_squared_error(model([x]), x * x) for x in (0.5, -1.0, 2.0)], "mean")


@graph
def targets_that_are_nodes() -> Value:
    model = MLP(1, [2], rng=0)
    return half_squared_error(model([0.5]), [Value(0.3), Value(-0.7, label="goal")])


@graph
def softmax() -> Value:
    return cross_entropy(MLP(2, [2, 3], output="softmax", rng=0)([0.5, -1.0]), 1)


@graph
def neuron() -> Value:
    return half_squared_error(Neuron(2, activation="tanh", rng=0)([1.0, -2.0]), 0.5)


@graph
def output_alone() -> Value:
    return MLP(1, [2, 1], activation="tanh", output="sigmoid", rng=0)([0.5])


@graph
def recurrent() -> Value:
    layer = Layer(2, 1, activation="tanh", rng=0)
    h: Any = 0.0
    for x in (0.5, -1.0, 2.0):
        h = layer([x, h])
    return half_squared_error(h, 0.5)


@graph
def derivative() -> Value:
    from autograd.functional import grad

    model = MLP(1, [2, 1], activation="tanh", rng=0)
    weight = model.parameters()[0]

    def error(w: Any) -> Any:
        return half_squared_error(model([w]), 1.0)

    slope: Value = grad(error)(Value(0.5, label="x")) * weight
    return slope


@pytest.fixture(params=GRAPHS)
def root(request: pytest.FixtureRequest) -> Value:
    made = GRAPHS[request.param]()
    made.backward()
    return made


def is_literal(node: Value) -> bool:
    return node.operation is not None and not node.parents


def identifier(name: str) -> str:
    """Return a name as a program has it: z₁⁽²⁾ is z2_1, the layer first."""
    simple = unicodedata.normalize("NFKC", name)
    unit = re.fullmatch(r"([A-Za-z]+)(\d)(\d?)\((\d)\)(\[\d+\])?", simple)
    if not unit:
        return re.sub(r"\W+", "_", simple).strip("_")
    letter, *indices, layer, _ = unit.groups()
    return "_".join([letter + layer, *filter(None, indices)])


def titles(root: Value, detail: Detail = "scalar", notation: str = "prml") -> dict[Value, str]:
    order = topological_order(root)
    shown = picture(root, detail, notation).nodes
    return {order[node.key]: node.title for node in shown if node.key < len(order)}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_one_name_in_every_view(root: Value, notation: str) -> None:
    """Print, draw, play, widget, explain and expression, compared with the picture's data."""
    order = topological_order(root)
    name = titles(root, "scalar", notation)
    named = [node for node in order if not is_literal(node)]
    assert len({name[node] for node in named}) == len(named)
    assert all(name[node] for node in named)

    rows = str(draw(root, notation=notation)).splitlines()
    printed = [re.split(r"  | = | ← ", row)[0] for row in rows]
    wanted = [shortened(name[node]) for node in named]
    assert [x for x in printed if x in wanted] == wanted
    svg = draw(root, notation=notation).svg
    for node in named:
        assert f">{shortened(name[node], 18)}</tspan>" in svg

    lesson = play(root, notation=notation)
    played = dict(zip(order, [node["t"] for node in lesson.data["nodes"]], strict=True))
    assert {node: played[node] for node in named} == {x: shortened(name[x]) for x in named}
    assert lesson.title == f"Forward and backward through {shortened(name[root])}"
    if find_spec("anywidget"):
        live = widget(root, notation=notation)
        assert live.lesson["nodes"] == lesson.data["nodes"]

    for node in named:
        told = explain(node, of=root, notation=notation)
        of_unit = node.place is not None and node.place.quantity == "a"
        written = plain(told.name).replace("(", "").replace(")", "")
        delta = re.sub("^[a-z]+", "δ", name[node])
        assert written == (delta if of_unit else f"∂{name[root]}/∂{name[node]}")
        for term in told.terms:
            assert plain(term.equation.operands[0]) in name.values()

    lines = expression(root, notation=notation).lines
    left = [plain(Formula(text)) for text, _ in lines if text]
    assert {*left} <= {*name.values()}
    if left:
        assert left[-1] == name[root]
    program = expression(root, notation=notation).python.splitlines()
    made = program[-1].split(" = ")[0]
    alone = unicodedata.normalize("NFKC", name[root])
    assert re.sub(r"_\d+$", "", made) == re.sub(r"_\d+$", "", identifier(alone))


def test_orders_use_the_same_names(root: Value) -> None:
    name = titles(root)
    wanted = {name[node] for node in topological_order(root) if not is_literal(node)}
    found = compare_orders(root)
    assert {*found["topological"].gradients} == wanted
    assert {step.node for step in found["topological"].steps} <= wanted


def test_the_error_of_a_network_at_every_level(root: Value) -> None:
    name = titles(root)[root]
    shown = picture(root, "neuron").nodes
    assert shown[-1].title == name or shown[-1].title == "softmax"
    whole = picture(root, "layer").nodes[-1]
    assert whole.kind == "layer" or name in [whole.title, *[fact for fact, _ in whole.facts]]


def test_nameless_nodes_are_counted_in_the_order_of_the_graph() -> None:
    names = titles(nameless())
    assert list(names.values()) == ["v₁", "v₂", "v₃", "v₄", "v₅", "v₆"]
    assert titles(labelled()) != names
    assert [*titles(some_labels()).values()] == ["x", "w₂", "v₁", "v₂", "v₃", "v₄", "my loss"]
    assert [*titles(labels_that_look_like_ours()).values()] == ["v₁", "E", "u₁", "u₂", "u₃"]
    assert [*titles(equal_labels()).values()] == ["x[1]", "x[2]", "the bias", "v₁", "v₂"]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (network, ("E", "C", "E")),
        (network_with_a_label, ("loss",) * 3),
        (several_samples, ("E", "C", "E")),
        (elementary, ("E", "C", "E")),
        (recurrent, ("E", "C", "E")),
        (output_alone, ("y₁⁽²⁾", "a₁⁽²⁾", "o₁⁽²⁾")),
        (derivative, ("v",) * 3),
        (nameless, ("v₆",) * 3),
    ],
)
def test_the_name_of_the_result(make: Graph, names: tuple[str, ...]) -> None:
    """E is what is made smaller; a derivative of it is none, and a label goes before all."""
    root = make()
    for notation, name in zip(NOTATIONS, names, strict=True):
        found = titles(root, "scalar", notation)[root]
        assert found == name or (name == "v" and re.fullmatch("v[₀-₉]+", found))


def test_a_name_that_somebody_took() -> None:
    """An error is not E where a parameter is."""
    model = MLP(1, [1], rng=0)
    model.layers[0].neurons[0].b.label = "E"
    root = half_squared_error(model([0.5]), 1.0)
    assert titles(root)[root] == "v₃"


@pytest.mark.parametrize(
    ("notation", "name"), [("prml", "t"), ("nielsen", "y"), ("wikipedia", "t")]
)
def test_targets(notation: str, name: str) -> None:
    """In the picture and in the rule y - t, whether they are nodes or numbers."""
    model = MLP(1, [2], rng=0)
    for t in ([0.3, -0.7], [Value(0.3), Value(-0.7)]):
        root = half_squared_error(model([0.5]), t)
        root.backward()
        for detail in ("scalar", "neuron"):
            shown = picture(root, detail, notation).nodes  # type: ignore[arg-type]
            found = {node.title: node.facts[0] for node in shown if node.title.startswith(name)}
            found = {key: fact for key, fact in found.items() if len(key) == 2}
            assert found == {f"{name}₁": ("", 0.3), f"{name}₂": ("", -0.7)}
        a = next(x for x in topological_order(root) if x.place and x.place[:3] == ("a", 1, 2))
        assert f" − {name}₂ = " in str(explain(a, of=root, notation=notation))


def test_targets_of_samples_have_the_numbers_of_their_outputs() -> None:
    shown = picture(several_samples()).nodes
    assert [(x.title, x.facts[0][1]) for x in shown if x.title.startswith("t")] == [
        ("t₁[1]", 0.25),
        ("t₁[2]", 1.0),
        ("t₁[3]", 4.0),
    ]


def test_the_doctor_uses_the_same_names() -> None:
    x = Value(0.0, label="x")
    root = (x * 1.0).log() + 1.0
    root.backward()
    assert f"the first is {titles(root)[root.parents[0]]} = -inf" in str(diagnose(root))


@pytest.mark.parametrize(
    ("notation", "slope", "other"), [("nielsen", "σ′", "h′"), ("wikipedia", "φ′", "h′")]
)
def test_the_slope_of_a_unit_in_each_notation(notation: str, slope: str, other: str) -> None:
    """h′(a) is σ′(z) in Nielsen's book and φ′(net) in Wikipedia."""
    root = network()
    root.backward()
    a = next(x for x in topological_order(root) if x.place and x.place[:3] == ("a", 1, 2))
    y = next(x for x in topological_order(root) if x.place and x.place[:3] == ("a", 2, 1))
    for node in (a, y):
        told = explain(node, of=root, notation=notation)
        assert slope in str(told)
        assert other not in str(told)
        assert "h'" not in told.latex
        assert {"σ′": r"\sigma'", "φ′": r"\varphi'"}[slope] in told.latex
    page = play(root, notation=notation).html
    assert "h′" not in page
    nameless = MLP(1, [1, 1], activation=lambda a: a.tanh() * 1.0, rng=0)([0.5])
    symbols = [node.symbol for node in picture(nameless, "neuron", notation).nodes if node.unit]
    assert slope[0] in symbols
