"""Pictures: what they show, that it is right, and that it harms nobody."""

import base64
import math
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest

from autograd import Value, topological_order
from autograd.layers import quantity
from autograd.quoting import visible
from autograd.view import Drawing, Node, Picture, draw, picture, to_dot
from autograd.view.dot import digraph
from autograd.view.text import number_format, shortened
from nn import MLP

SVG = "{http://www.w3.org/2000/svg}"
PAYLOADS = [
    "<script>alert(1)</script>",
    "</svg>",
    "</title><x>",
    "\"'><img src=x onerror=alert(1)>",
    "\\N \\G \\L",
    "<b>bold</b>",
    "<<i>x</i>>",
    "&lt;&amp;&#60;",
    "a\u202eb\u2066",
    "\x00\x07\x1b[31m\n\r\t",
    "\ud800",
    "\ufffe",
    "]]>",
    "--><y>",
    "{a|b}",
    "url(javascript:alert(1))",
    "@import 'x'",
]
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs the program dot")


def expression() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    return a, b, a * b + a * a


def network(samples: int = 1, elementary: bool = False, sizes: Any = (3, 2)) -> Value:
    model = MLP(2, list(sizes), activation="tanh", rng=1, elementary=elementary)
    points = [[0.5 + n, -1.0 + 0.3 * n] for n in range(samples)]
    total = Value(0.0)
    for point in points:
        for z in [out] if isinstance(out := model(point), Value) else out:
            total = total + (z - 0.5) ** 2
    return total


def parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.svg)


def groups(root: ET.Element, kind: str) -> dict[str, ET.Element]:
    """Return the groups of nodes or edges by their ids."""
    return {
        g.get("id", ""): g
        for g in root.iter(f"{SVG}g")
        if kind in g.get("class", "").split() and g.get("id")
    }


def texts(element: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


# ---- what is shown


def test_text_of_a_small_graph() -> None:
    _, _, y = expression()
    assert str(draw(y)) == (
        "a             2\nb             -3\nv₁ = a * b    -6\nv₂ = a * a    4\nv₃ = v₁ + v₂  -2"
    )
    y.backward()
    assert str(draw(y, edges="both")) == (
        "a             2   grad 1\n"
        "b             -3  grad 2\n"
        "v₁ = a * b    -6  grad 1\n"
        "    from a: local -3, flow -3\n"
        "    from b: local 2, flow 2\n"
        "v₂ = a * a    4   grad 1\n"
        "    from a: local 2, flow 2\n"
        "    from a: local 2, flow 2\n"
        "v₃ = v₁ + v₂  -2  grad 1\n"
        "    from v₁: local 1, flow 1\n"
        "    from v₂: local 1, flow 1"
    )


def test_nodes_of_a_small_graph_as_svg() -> None:
    a = Value(2.0, label="a")
    y = a * a
    y.backward()
    nodes = groups(parsed(draw(y)), "node")
    assert {key: texts(node) for key, node in nodes.items()} == {
        "n0": ["a", "2", "grad 4"],
        "n1": ["v₁ ×", "4", "grad 1"],
    }
    assert nodes["n0"].get("class") == "node leaf"
    titles = [node.findtext(f"{SVG}title") for node in nodes.values()]
    assert titles == ["leaf a\nvalue = 2.0\ngrad = 4.0", "output v₁, *\nvalue = 4.0\ngrad = 1.0"]


def test_edges_of_a_small_graph_as_svg() -> None:
    a = Value(2.0, label="a")
    y = a * a * -3
    y.backward()
    root = parsed(draw(y, edges="both"))
    edges = groups(root, "edge")
    assert sorted(edges) == ["e0", "e1", "e2", "e3"]
    for i in (0, 1):
        assert edges[f"e{i}"].findtext(f"{SVG}title") == (
            "a → v₁\nlocal derivative = 2.0\ngradient that flowed back = -6.0"
        )
    labels = [" ".join(texts(g)) for g in root.iter(f"{SVG}g") if g.get("class") == "label"]
    assert labels == ["2 ← −6", "2 ← −6", "−3 ← −3"]


@pytest.mark.parametrize("layout", ["builtin", pytest.param("dot", marks=needs_dot)])
def test_before_backward_no_gradient_is_shown_which_differs_from_zero(layout: str) -> None:
    a, b, y = expression()
    drawing = draw(y, edges="both", gradients=True, layout=layout)
    shown = re.sub(r"<style>.*?</style>", "", drawing.svg)
    for text in (shown, str(drawing), drawing.to_dot().source):
        assert "grad " not in text
        assert "grad=" not in text
        assert "flow" not in text
    z = a * 0.0 * b
    z.backward()
    shown = draw(z, layout=layout)
    assert ["a", "2", "grad 0"] in [texts(g) for g in groups(parsed(shown), "node").values()]


def test_kinds_differ_in_shape() -> None:
    y = network()
    root = parsed(draw(y))
    shapes = defaultdict(set)
    for node in groups(root, "node").values():
        shape = next(child for child in node if "shape" in child.get("class", ""))
        corners = len(shape.get("points", "").split()) or shape.get("rx")
        count = sum("shape" in child.get("class", "") for child in node)
        dashes = shape.get("stroke-dasharray")
        shapes[node.get("class")].add((shape.tag, corners, count, dashes))
    assert len(shapes) == 6
    assert all(len(kind) == 1 for name, kind in shapes.items() if name != "node operation")
    assert len(set().union(*shapes.values())) == 6


def test_gradients_show_sign_and_magnitude() -> None:
    a, b = Value(1.0, label="a"), Value(1.0, label="b")
    y = 9 * a - b
    y.backward()
    root = parsed(draw(y, gradients=True))
    nodes, edges = groups(root, "node"), groups(root, "edge")
    bars = {
        texts(node)[0]: bar
        for node in nodes.values()
        for bar in node.iter(f"{SVG}rect")
        if "bar" in bar.get("class", "")
    }
    assert (bars["a"].get("class"), bars["b"].get("class")) == ("bar positive", "bar negative")
    assert float(bars["a"].get("width", "")) > 2 * float(bars["b"].get("width", ""))
    by_source = {edge.findtext(f"{SVG}title", "")[0]: edge for edge in edges.values()}
    widths = {
        key: float(path.get("style", "stroke-width:1.5").removeprefix("stroke-width:"))
        for key, edge in by_source.items()
        for path in edge.iter(f"{SVG}path")
    }
    assert by_source["a"].get("class") == "edge positive"
    assert by_source["b"].get("class") == "edge negative"
    assert widths["a"] > 2 * widths["b"]


def test_numbers_are_written_as_asked() -> None:
    y = Value(2.0) / 3
    assert "0.67" in str(draw(y, digits=2))
    assert "0.667" not in str(draw(y, digits=2))
    assert "+0.6667!" in draw(y, digits=lambda x: f"{x:+.4f}!").svg
    assert number_format(3)(math.nan) == "nan"
    for digits in (0, -1, True, 2.5, "4"):
        with pytest.raises(ValueError, match="digits"):
            draw(y, digits=digits)  # type: ignore[arg-type]


def test_not_a_number_and_infinity_are_drawn() -> None:
    a = Value(math.inf, label="a")
    y = (a - a) * Value(-math.inf)
    y.backward()
    drawing = draw(y, edges="both", gradients=True)
    assert "nan" in str(drawing)
    assert "nan" not in re.findall(r"penwidth=(\S+)", drawing.to_dot().source)
    ET.fromstring(drawing.svg)
    assert "nan" not in "".join(re.findall(r' (?:x|y|width|d|points)="[^"]*"', drawing.svg))


@pytest.mark.parametrize(
    ("notation", "names"),
    [
        ("prml", ["z₁⁽¹⁾", "a₂⁽²⁾"]),
        ("nielsen", ["a₁⁽¹⁾", "z₂⁽²⁾"]),
        ("wikipedia", ["o₁⁽¹⁾", "net₂⁽²⁾"]),
    ],
)
def test_notations(notation: str, names: list[str]) -> None:
    drawing = draw(network(), "neuron", notation=notation)
    for name in names:
        assert name in drawing.svg
        assert name in str(drawing)
    weight = {"prml": "w₂₁⁽¹⁾", "nielsen": "w₂₁⁽¹⁾", "wikipedia": "w₁₂⁽¹⁾"}[notation]
    scalar = draw(network(), notation=notation).picture
    titles = [node.title for node in scalar.nodes if node.kind == "parameter"]
    assert (
        titles.index(weight) == 6
    )  # of layer 2 w_11, w_12, w_13; w_11, w_12, b_1; to unit 2 from input 1


def test_circles_turn_flat_in_wide_layers() -> None:
    def circles(width: int) -> int:
        drawing = draw(network(sizes=(width, 1)), "neuron")
        return len(list(parsed(drawing).iter(f"{SVG}circle")))

    assert circles(8) == 9
    assert circles(9) == 0


def test_units_of_a_layer_are_equally_large() -> None:
    root = parsed(draw(network(sizes=(5, 2)), "neuron"))
    radii = [circle.get("r") for circle in root.iter(f"{SVG}circle")]
    assert len(radii) == 7
    assert len(set(radii)) == 2


def test_labels_of_many_edges_only_when_asked_for() -> None:
    y = network(sizes=(8, 8, 1))
    assert 'class="label"' not in draw(y, "neuron").svg
    assert 'class="label"' in draw(y, "neuron", edges="local").svg


def test_nothing_is_clipped() -> None:
    """Everything drawn lies within the view box."""
    y = network()
    y.backward()
    for detail in ("scalar", "neuron", "layer"):
        root = parsed(draw(y, detail, edges="both", gradients=True))  # type: ignore[arg-type]
        left, top, width, height = map(float, root.get("viewBox", "").split())
        numbers = [
            (element.get(name, ""), low, size)
            for element in root.iter()
            for names, low, size in ((("x", "x1", "cx"), left, width), (("y", "cy"), top, height))
            for name in names
            if element.get(name)
        ]
        assert all(low <= float(number) <= low + size for number, low, size in numbers)


# ---- levels of detail


@pytest.mark.parametrize("elementary", [False, True])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_what_is_folded_does_not_cancel(
    detail: Literal["neuron", "layer"], samples: int, elementary: bool
) -> None:
    """Every edge is in exactly one of the picture, or within a node; of several there is a norm."""
    root = network(samples, elementary)
    root.backward()
    order = topological_order(root)
    owner = owners(order, detail)
    parts: dict[Any, list[float]] = defaultdict(list)
    into_error: dict[Any, float] = defaultdict(float)
    for node in order:
        for parent, local in node.edges():
            source, target = owner.get(parent, parent), owner.get(node, node)
            if source == target or (detail == "neuron" and quantity(parent) in ("w", "b")):
                continue
            if detail == "neuron" and target == ("error",):
                into_error[source, parent] += local * node.grad  # along all paths within the error
            else:
                parts[source, target].append(local * node.grad)
    for (source, _), flow in into_error.items():
        parts[source, ("error",)].append(flow)
    shown = picture(root, detail)
    folded = [edge for edge in shown.edges if edge.norm is not None]
    wanted = sorted([(len(x), math.sqrt(math.fsum([y * y for y in x]))) for x in parts.values()])
    found = sorted([(edge.count, edge.norm) for edge in folded if edge.norm is not None])
    assert [count for count, _ in found] == [count for count, _ in wanted]
    assert sorted([x for _, x in found]) == pytest.approx(sorted([x for _, x in wanted]))
    for edge in folded:
        assert (edge.flow is None) == (detail == "layer" or edge.count > 1)
        assert edge.flow is None or abs(edge.flow) == edge.norm


def owners(order: list[Value], detail: str) -> dict[Value, Any]:
    """Return the unit or layer of each node by the shape of the graph, from the root's side."""
    owner: dict[Value, Any] = {}
    for node in order:
        place = node.place
        if place is not None:
            owner[node] = ("x" if place.quantity == "x" else "unit", place.layer, place.unit)
    for node in order:  # activations
        if len(node.parents) == 1 and node.parents[0].place is not None and not node.place:
            if node.operation is not None and node.operation.name == "tanh":
                owner[node] = owner[node.parents[0]]
    for node in reversed(order):  # products and partial sums below a pre-activation
        unit = owner.get(node)
        if unit and unit[0] == "unit" and node.operation and node.operation.name == "add":
            for parent in node.parents:
                owner.setdefault(parent, unit)
    for node in order:
        if node not in owner and (node.operation is not None or detail == "layer"):
            owner[node] = ("error",)
    if detail == "layer":
        return {x: ("layer", at[1]) if at[0] != "error" else at for x, at in owner.items()}
    return owner


@pytest.mark.parametrize("elementary", [False, True])
def test_units_show_delta_and_weights(elementary: bool) -> None:
    root = network(elementary=elementary)
    root.backward()
    weights = {
        (node.place.layer, node.place.unit, node.place.source): node
        for node in topological_order(root)
        if node.place is not None and node.place.quantity == "w"
    }
    sums = {
        (node.place.layer, node.place.unit): node
        for node in topological_order(root)
        if node.place is not None and node.place.quantity == "a"
    }
    shown = picture(root, "neuron")
    at = {node.key: node for node in shown.nodes}
    units = [node for node in shown.nodes if node.is_unit]
    assert [(node.layer, node.unit) for node in units] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    for node in units:
        a = sums[node.layer, node.unit]
        assert node.grad == a.grad
        assert ("δ", a.grad) in node.facts
        assert ("a", a.data) in node.facts
    seen = 0
    for edge in shown.edges:
        source, target = at[edge.source], at[edge.target]
        if target.is_unit:
            weight = weights[target.layer, target.unit, source.unit]
            assert (edge.local, edge.weight_grad) == (weight.data, weight.grad)
            assert edge.flow == pytest.approx(weight.data * sums[target.layer, target.unit].grad)
            seen += 1
    assert seen == len(weights) == 12


def test_several_samples_are_folded() -> None:
    root = network(samples=4)
    root.backward()
    shown = picture(root, "neuron")
    deltas: dict[Any, list[float]] = defaultdict(list)
    weights = {}
    for node in topological_order(root):
        if node.place is not None and node.place.quantity == "a":
            deltas[node.place.layer, node.place.unit].append(node.grad)
        if node.place is not None and node.place.quantity == "w":
            weights[node.data] = node.grad
    units = [node for node in shown.nodes if node.is_unit]
    for node in units:
        own = deltas[node.layer, node.unit]
        assert dict(node.facts)["‖δ‖"] == pytest.approx(math.sqrt(math.fsum([x * x for x in own])))
        assert dict(node.facts)["∂E/∂b"] == pytest.approx(math.fsum(own))
        assert node.grad is None  # a sum of δ may cancel
        assert dict(node.facts)["samples"] == len(deltas[node.layer, node.unit]) == 4
    into_units = [edge for edge in shown.edges if edge.weight_grad is not None]
    assert {edge.local: edge.weight_grad for edge in into_units} == weights
    assert {edge.count for edge in into_units} == {4}


def test_layers_count_units_samples_and_parameters() -> None:
    root = network(samples=4)
    root.backward()
    inputs, first, second, error = picture(root, "layer").nodes
    assert dict(first.facts)["units"] == 3
    assert dict(first.facts)["samples"] == 4
    assert dict(first.facts)["parameters"] == 9
    assert dict(second.facts)["parameters"] == 8
    squares = [
        node.grad**2
        for node in topological_order(root)
        if node.place is not None and node.place.quantity == "a" and node.place.layer == 1
    ]
    assert dict(first.facts)["‖δ‖"] == pytest.approx(math.sqrt(math.fsum(squares)))
    assert (error.title, error.facts[0]) == ("E", ("", root.data))
    assert inputs.kind == "input"


def test_leaves_of_the_user_are_inputs_if_they_feed_a_layer_and_else_part_of_the_error() -> None:
    x, target = [Value(1.0), Value(2.0)], Value(3.0)
    z = MLP(2, [1], rng=0)(x)
    assert isinstance(z, Value)
    inputs, _, error = picture((z - target) ** 2, "layer").nodes
    assert dict(inputs.facts) == {"inputs": 2.0}
    assert dict(error.facts)["operations"] == 3.0  # target, - and **


def test_an_output_used_twice_goes_into_the_error_by_one_edge() -> None:
    z = MLP(1, [1], rng=0)([2.0])
    shown = picture(z * z, "neuron")
    (edge,) = [edge for edge in shown.edges if edge.target == shown.nodes[-1].key]
    assert edge.local == 2.0 * z.data


def test_one_input_given_twice_keeps_both_weights() -> None:
    for elementary in (False, True):
        x = Value(2.0, label="x")
        model = MLP(2, [1], rng=0, elementary=elementary)
        y = model([x, x])
        assert isinstance(y, Value)
        shown = picture(y, "neuron")
        weights = [w.data for w in model.layers[0].neurons[0].w]
        assert [edge.local for edge in shown.edges] == weights


def test_constants_stand_where_they_are_operands() -> None:
    x = Value(5.0, label="x")
    assert str(draw(2 - x)).splitlines()[-1].startswith("v₁ = 2 - x")
    assert str(draw(x - 2)).splitlines()[-1].startswith("v₁ = x - 2")
    assert str(draw(-x)).splitlines()[-1].startswith("v₁ = -x")


def test_no_gradient_flows_into_what_is_frozen() -> None:
    a, b = Value(1.5, label="a").requires_grad_(False), Value(-2.2, label="b")
    y = a * b
    y.backward()
    assert [(edge.local, edge.flow) for edge in picture(y).edges] == [(-2.2, None), (1.5, 1.5)]


# ---- snapshots


@pytest.mark.parametrize("layout", ["builtin", pytest.param("dot", marks=needs_dot)])
def test_a_drawing_stays_as_it_was(layout: str) -> None:
    a, _, y = expression()
    drawing, twin = draw(y, layout=layout), draw(y, layout=layout)
    before = twin.svg, str(twin), twin.to_dot().source
    y.backward()
    a.data = 100.0
    a.label = "changed"
    assert (drawing.svg, str(drawing), drawing.to_dot().source) == before


@pytest.mark.parametrize("detail", ["scalar", "neuron", "layer"])
def test_drawing_changes_nothing(detail: Any) -> None:
    root = network()
    order = topological_order(root)

    def state() -> list[Any]:
        return [(node.data, node.grad, node.has_grad, node.label) for node in order]

    before = state()
    drawing = draw(root, detail, edges="both", gradients=True)
    assert drawing.svg
    assert str(drawing)
    assert state() == before
    root.backward()
    before = state()
    drawing = draw(root, detail, edges="both", gradients=True)
    assert drawing.svg
    assert str(drawing)
    assert to_dot(root, detail=detail).source
    assert state() == before


# ---- hostile labels


@pytest.mark.parametrize("layout", ["builtin", pytest.param("dot", marks=needs_dot)])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_labels_show_as_text_in_svg(payload: str, layout: str) -> None:
    y = Value(1.0, label=payload) * 2
    y.label = payload
    root = parsed(draw(y, layout=layout))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {
        *("svg", "title", "desc", "style", "g", "rect", "polygon", "path", "line", "circle"),
        *("text", "tspan", "pattern"),
    }
    assert not [name for e in root.iter() for name in e.attrib if name.startswith("on")]
    shown = [text for node in groups(root, "node").values() for text in texts(node)]
    assert shortened(f"{visible(payload)}[1]", 18) in shown
    assert shortened(f"{visible(payload)}[2]", 18) + " ×" in shown
    titles = [node.findtext(f"{SVG}title") or "" for node in groups(root, "node").values()]
    assert sum(visible(payload) in title for title in titles) == 2


@pytest.mark.parametrize("payload", PAYLOADS)
def test_labels_show_as_text_in_terminals(payload: str) -> None:
    text = str(draw(Value(1.0, label=payload) * 2))
    assert shortened(payload) in text
    assert all(c.isprintable() or c == "\n" for c in text)


@needs_dot
@pytest.mark.parametrize("payload", PAYLOADS)
def test_labels_show_as_text_through_graphviz(payload: str) -> None:
    y = Value(1.0, label=payload) * 2
    root = ET.fromstring(to_dot(y).pipe("svg"))
    shown = ["".join(text.itertext()).replace("\xa0", " ") for text in root.iter(f"{SVG}text")]
    assert visible(payload) in shown
    assert not list(root.iter(f"{SVG}script"))


def test_a_label_alone_is_no_html_label() -> None:
    source = to_dot(Value(1.0, label="<b>")).source
    assert re.search(r"label=<", source) is None
    assert re.search(r"label=<", dot_source_with_titles_only()) is None


def dot_source_with_titles_only() -> str:
    shown = Picture((Node(0, "leaf", "<b>x</b>", "", ()),), ())
    return str(digraph(shown, str, "LR").source)


def test_long_labels_are_shortened_with_the_full_text_in_the_title() -> None:
    y = Value(1.0, label="a very long label that nobody can fit into a node")
    drawing = draw(y)
    assert texts(parsed(drawing))[0] == "a very long label…"
    assert "that nobody can fit into a node" in drawing.svg


def test_numbers_written_by_the_user_are_escaped() -> None:
    root = parsed(draw(Value(1.0), digits=lambda x: "<script>\u202e</script>"))
    assert not list(root.iter(f"{SVG}script"))
    assert "<script>\\u202e</script>" in texts(root)


# ---- limits and errors


def test_too_large_a_graph_is_refused_with_advice() -> None:
    chain = Value(1.0)
    for _ in range(1000):
        chain = chain.tanh()
    with pytest.raises(ValueError, match=r'1001 nodes, more than 1000.*detail="layer"'):
        draw(chain)
    wide = MLP(70, [70, 1], rng=0)([1.0] * 70)
    assert isinstance(wide, Value)
    with pytest.raises(ValueError, match=r'4970 edges, more than 4000; use detail="layer"'):
        draw(wide, "neuron")
    assert draw(wide, "layer").svg


def test_refusing_does_not_take_the_time_of_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Value(1.0)
    for _ in range(1000):
        chain = chain.tanh()
    monkeypatch.setattr(import_module("autograd.view.draw"), "picture", None)
    with pytest.raises(ValueError, match="1001 nodes"):
        draw(chain)


def test_a_large_graph_is_drawn_by_layers() -> None:
    model = MLP(2, [16, 16, 1], rng=1)
    total = Value(0.0)
    for n in range(900):
        z = model([0.001 * n, 1.0])
        assert isinstance(z, Value)
        total = total + (z - 1) ** 2
    total.backward()
    assert len(topological_order(total)) > 60_000
    drawing = draw(total, "layer", gradients=True)
    assert "layer 2" in drawing.svg


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("detail", "atom"), ("notation", "mine"), ("edges", "all"), ("rankdir", "RL")],
        *[("theme", "blue"), ("layout", "neato")],
    ],
)
def test_wrong_options_are_named(option: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"{option} must be one of .*{value!r}"):
        draw(Value(1.0), **{option: value})  # type: ignore[arg-type]


def test_only_one_value_is_drawn() -> None:
    with pytest.raises(TypeError, match="one Value, got list"):
        draw([Value(1.0)])  # type: ignore[arg-type]


# ---- Graphviz, present or not


def test_without_dot_a_picture_appears_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(subprocess, "run", None)
    _, _, y = expression()
    drawing = draw(y)
    bundle = drawing._repr_mimebundle_()
    assert bundle["image/svg+xml"] == drawing.svg
    assert bundle["text/plain"] == str(drawing)
    image = re.search(
        r'<img alt="Drawing\([^"]*\)" style="[^"]*" src="data:image/svg\+xml;base64,([^"]*)">',
        bundle["text/html"],
    )
    assert image is not None
    assert base64.b64decode(image[1]).decode() == drawing.svg
    with pytest.raises(RuntimeError, match="not installed"):
        draw(y, layout="dot")


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/dot", "/bin/cat"])
def test_a_dot_that_fails_is_said(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: program)
    _, _, y = expression()
    with pytest.raises(RuntimeError, match="failed"):
        _ = draw(y, layout="dot").svg


@needs_dot
def test_dot_draws_the_same_nodes_and_edges() -> None:
    root = network()
    root.backward()
    for detail in ("scalar", "neuron", "layer"):
        one, other = (
            parsed(draw(root, detail, gradients=True, layout=layout))  # type: ignore[arg-type]
            for layout in ("builtin", "dot")
        )
        for kind in ("node", "edge"):
            a, b = groups(one, kind), groups(other, kind)
            assert {k: texts(g) for k, g in a.items()} == {k: texts(g) for k, g in b.items()}
        assert one.get("viewBox") != other.get("viewBox") or detail == "layer"


@needs_dot
def test_dot_is_asked_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: calls.append(a) or run(*a, **k))
    _, _, y = expression()
    assert draw(y).svg
    assert not calls
    assert draw(y, layout="dot").svg
    assert len(calls) == 1


# ---- files


def test_saving(tmp_path: Path) -> None:
    _, _, y = expression()
    drawing = draw(y)
    path = drawing.save(tmp_path / "graph.SVG")
    ET.fromstring(path.read_text(encoding="utf-8"))
    assert drawing.save(str(tmp_path / "graph.dot")).read_text("utf-8").startswith("digraph")
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, got 'graph.gif'"):
        drawing.save(tmp_path / "graph.gif")
    assert sorted(child.name for child in tmp_path.iterdir()) == ["graph.SVG", "graph.dot"]


def test_saving_replaces_a_file_at_once_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, y = expression()
    path = tmp_path / "graph.svg"
    path.write_text("before")

    def full(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        draw(y).save(path)
    assert path.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("suffix", "magic", "package"), [("png", b"\x89PNG", "resvg_py"), ("pdf", b"%PDF", "cairosvg")]
)
def test_png_and_pdf(
    suffix: str, magic: bytes, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, y = expression()
    drawing = draw(y)
    if shutil.which("dot") is not None:
        assert drawing.save(tmp_path / f"graph.{suffix}").read_bytes().startswith(magic)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(import_module("autograd.view.draw"), "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        drawing.save(tmp_path / f"other.{suffix}")
    assert not (tmp_path / f"other.{suffix}").exists()


@pytest.mark.parametrize("pair", [("logistic", "sigmoid"), ("linear", "identity")])
def test_two_names_of_an_activation_give_one_picture(pair: tuple[str, str]) -> None:
    one, other = [
        draw(MLP(2, [2, 1], activation=name, output=name, rng=0)([1.0, 2.0]), "neuron").svg
        for name in pair
    ]
    assert one == other


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    svg = draw(network(), "neuron", gradients=True).svg
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    for word in ("<script", "href", "@import", "@font-face", "<image", "foreignObject"):
        assert word not in svg
    assert re.findall(r"url\([^)]*\)", svg) == ["url(#hatch-auto)"]
    assert svg.count('id="hatch-auto"') == 1


def test_styles_reach_no_further_than_the_picture() -> None:
    css = parsed(draw(Value(1.0))).findtext(f"{SVG}style") or ""
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", css))
    selectors = [selector for rule in rules for selector in rule.split(",")]
    assert selectors
    assert all(s.strip(" }").startswith("svg.deltarule.auto") for s in selectors)


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_themes(theme: str) -> None:
    css = parsed(draw(Value(1.0), theme=theme)).findtext(f"{SVG}style") or ""
    assert ("prefers-color-scheme" in css) == (theme == "auto")
    assert ("fill:#ffffff" in css) == (theme != "dark")
    assert ("fill:#16191d" in css) == (theme != "light")
