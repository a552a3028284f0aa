"""Colours, widths, hatching and legends of pictures: what they mean, and that it is so."""

import colorsys
import itertools
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from autograd import Value, softmax, topological_order
from autograd.view import Drawing, Edge, draw, to_dot
from autograd.view.style import COLOURS, DARK, LIGHT, SIZES, Ink, css
from nn import MLP, Adam, cross_entropy, fit, half_squared_error

SVG = "{http://www.w3.org/2000/svg}"
Point = tuple[float, float]
DETAILS = ["scalar", "neuron", "layer"]
MARKS: dict[str, Any] = {"edges": "both", "gradients": True}


def expression() -> Value:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    y = (a * b + a**2).tanh()
    y.backward()
    return y


def classifier() -> Value:
    shares = softmax(MLP(2, [3, 3], activation="tanh", rng=0)([0.5, -1.0]))
    error = cross_entropy(shares, 1)
    error.backward()
    return error


def batch() -> Value:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    errors = [half_squared_error(model([0.1 * i, 1.0]), 0.3) for i in range(4)]
    total = sum(errors, start=Value(0.0))
    total.backward()
    return total


def trained() -> Value:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    points, targets = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    optimizer = Adam(model.parameters(), lr=0.03)
    fit(
        model, points, targets, "half_squared_error", optimizer=optimizer, epochs=200,
        progress=False,
    )  # fmt: skip
    error = half_squared_error(model(points[1]), targets[1])
    error.backward()
    return error


def logarithm_of_zero() -> Value:
    """Return a graph that breaks at log in the forward pass, at b on the way back."""
    a, b = Value(0.0, label="a"), Value(2.0, label="b")
    y = (a.log() * a + b) * b
    y.backward()
    return y


def parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.svg)


def having(root: ET.Element, *kinds: str) -> Iterator[ET.Element]:
    for element in root.iter():
        if {*kinds} <= {*element.get("class", "").split()}:
            yield element


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def legend(drawing: Drawing) -> list[str]:
    return [
        words(text)
        for group in having(parsed(drawing), "legend")
        for text in group.iter(f"{SVG}text")
    ]


def stroke(edge: ET.Element) -> float:
    path = edge.find(f"{SVG}path")
    assert path is not None
    return float(path.get("style", "").removeprefix("stroke-width:"))


# ---- colours


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum([w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear)])

    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "first"), [(LIGHT, 0), (DARK, 2)])
def test_texts_and_marks_stand_out(ink: Ink, first: int) -> None:
    fills = [ink.paper, *[colours[first + 1] for colours in COLOURS.values()]]
    for fill, text in itertools.product(fills, (ink.text, ink.back)):
        assert contrast(fill, text) >= 4.5
    assert contrast(ink.paper, ink.faint) >= 4.5
    for fill, mark in itertools.product(fills, (ink.positive, ink.negative, ink.line)):
        assert contrast(fill, mark) >= 3
    for outline, fill in [colours[first : first + 2] for colours in COLOURS.values()]:
        assert min(contrast(outline, ink.paper), contrast(outline, fill)) >= 3


@pytest.mark.parametrize("first", [0, 2])
def test_no_kind_of_node_has_the_hue_of_a_sign_or_of_a_pass(first: int) -> None:
    """Neutral, or from yellow to green: not orange, blue or violet."""
    for colour in itertools.chain.from_iterable([c[first : first + 2] for c in COLOURS.values()]):
        rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        hue, _, _ = colorsys.rgb_to_hls(*rgb)
        assert max(rgb) - min(rgb) < 0.06 or 45 < 360 * hue < 170, colour


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_themes(theme: str) -> None:
    sheet = parsed(draw(Value(1.0), theme=theme)).findtext(f"{SVG}style") or ""
    assert ("prefers-color-scheme" in sheet) == (theme == "auto")
    assert (LIGHT.negative in sheet) == (theme != "dark")
    assert (DARK.negative in sheet) == (theme != "light")


@pytest.mark.parametrize("detail", DETAILS)
def test_text_has_the_colour_of_its_pass_and_never_of_a_sign(detail: Any) -> None:
    """A weight, above all, is not coloured by the sign of a gradient."""
    root = parsed(draw(classifier(), detail, **MARKS))
    for text in root.iter(f"{SVG}text"):
        for part in (text, *text.iter(f"{SVG}tspan")):
            assert not {"positive", "negative"} & {*part.get("class", "").split()}
    for label in having(root, "label"):
        for part in label.iter(f"{SVG}tspan"):
            assert part.get("class") == ("flow" if {*"←→↑↓"} & {*words(part)} else "local")
    for node in having(root, "node"):
        for text in node.iter(f"{SVG}text"):
            is_gradient = re.match("grad|Σ?δ|‖δ‖", words(text)) is not None
            assert (text.get("class") == "grad") == is_gradient
    rules = re.findall(r"([^{}]+)\{fill:([^{}]+)\}", css("light"))
    coloured = {where: colour for where, colour in rules if colour in LIGHT[4:]}
    for kind in ("text.grad", ".flow"):
        assert coloured[next(where for where in coloured if kind in where)] == LIGHT.back
    assert all("text" not in where for where, c in coloured.items() if c != LIGHT.back)


def backward_arrows(drawing: Drawing) -> Iterator[tuple[str, float, float]]:
    """Yield the arrow in each label, and how far its edge leads right and down behind it."""
    for label in having(parsed(drawing), "label"):
        edge = int(label.get("data-edge", ""))
        box = drawing.layout.labels[edge]
        assert box is not None
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        ends = drawing.layout.edges[edge][::3]
        (a, b), (x, y) = min(pairwise(ends), key=lambda piece: distance(middle, *piece))
        found = re.search("[←→↑↓]", words(label))
        assert found
        yield found[0], x - a, y - b


def distance(point: Point, a: Point, b: Point) -> float:
    """Return how far a point is from a straight line between two others."""
    long = math.dist(a, b) ** 2 or 1.0
    t = sum([(p - q) * (r - q) for p, q, r in zip(point, a, b)]) / long
    t = min(max(t, 0.0), 1.0)
    return math.dist(point, [q + t * (r - q) for q, r in zip(a, b)])


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_the_arrow_of_what_flows_back_points_against_its_edge(rankdir: str) -> None:
    """What is carried from the end of a row to the next one runs from right to left."""
    y = Value(0.5, label="x")
    for _ in range(40):
        y = y.tanh()
    y.backward()
    drawing = draw(y, rankdir=rankdir, **MARKS)
    arrows = [*backward_arrows(drawing)]
    for arrow, right, down in arrows:
        shown = {"←": (1, 0), "→": (-1, 0), "↑": (0, 1), "↓": (0, -1)}[arrow]
        assert right * shown[0] + down * shown[1] >= max(abs(right), abs(down)) / 2 > 0
    assert len({arrow for arrow, *_ in arrows}) > 1
    signs = sorted({arrow for arrow, *_ in arrows}, key="←→↑↓".index)
    assert f"{' '.join(signs)}: gradient that flowed back" in legend(drawing)


def test_rules_for_arrowheads_meet_no_shape() -> None:
    root = parsed(draw(classifier(), **MARKS))
    heads = [g.find(f"{SVG}polygon") for g in having(root, "edge") if g.get("id")]
    assert {head.get("class") for head in heads if head is not None} == {"arrow"}
    shapes = [p for node in having(root, "node") for p in node.iter(f"{SVG}polygon")]
    assert {shape.get("class") for shape in shapes} == {"shape"}
    assert "polygon" not in css("auto")


def test_a_gradient_that_has_a_bar_has_its_number() -> None:
    drawing = draw(classifier(), "neuron", **MARKS)
    nodes = {int(g.get("id", "")[1:]): g for g in having(parsed(drawing), "node")}
    inputs = [node for node in drawing.picture.nodes if node.kind == "input"]
    assert len(inputs) == 2
    for node in inputs:
        assert [*having(nodes[node.key], "bar")]
        written = [words(text) for text in having(nodes[node.key], "grad")]
        assert written == [f"grad {node.grad:.4g}".replace("-", "−")]


def test_nodes_say_once_what_they_are() -> None:
    assert "<tspan>v₁</tspan> <tspan>**</tspan>" in draw(Value(1.5, label="a") ** 2).svg
    nodes = [*having(parsed(draw(named(), "layer")), "node")]
    lines = [[words(text) for text in node.iter(f"{SVG}text")] for node in nodes]
    assert lines[0] == ["inputs", "2"]
    assert lines[-1][0] == "E"
    assert "error" not in draw(named(), "layer").svg
    assert str(draw(named(), "layer")).splitlines()[0].split() == ["inputs", "2"]


def named() -> Value:
    error = half_squared_error(MLP(2, [3, 1], rng=0)([0.5, -1.0]), 1.0)
    error.label = "E"
    return error


# ---- folded edges


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_folded_edges_show_the_norm_without_a_sign(detail: Any) -> None:
    root = parsed(draw(batch(), detail, **MARKS))
    edges = {id_[1:]: g for g in having(root, "edge") if (id_ := g.get("id"))}
    labels = {g.get("data-edge"): words(g) for g in having(root, "label")}
    folded = [key for key, edge in edges.items() if "stands for" in words(edge)]
    assert len(folded) == (10 if detail == "neuron" else 3)
    for key in folded:
        assert edges[key].get("class") == "edge"
        assert "← ‖·‖ " in labels[key]
        assert "−" not in labels[key].partition("←")[2]
        assert "norm ‖·‖ of the" in words(edges[key])
    assert any("several" in text for text in legend(draw(batch(), detail, **MARKS)))


def test_what_is_folded_never_cancels_out() -> None:
    """The gradients of softmax and cross-entropy add up to 0; their norm is that of δ."""
    error = classifier()
    deltas = [
        node.grad
        for node in topological_order(error)
        if node.place is not None and (node.place.quantity, node.place.layer) == ("a", 2)
    ]
    assert sum(deltas) == pytest.approx(0.0, abs=1e-12)
    norm = math.sqrt(sum([delta**2 for delta in deltas]))
    root = parsed(draw(error, "layer", **MARKS))
    assert [words(g) for g in having(root, "label")][-1] == f"← ‖·‖ {norm:.4g}"
    last = list(having(root, "edge"))[-1]
    assert last.get("class") == "edge"
    assert stroke(last) == 7.0


# ---- one scale


def bars(root: ET.Element) -> list[float]:
    return [float(bar.get("width", "")) for bar in having(root, "bar")]


def test_after_training_the_gradients_are_seen() -> None:
    """What is left is small everywhere but next to the root, where it is 1 and 0.5 as ever."""
    error = trained()
    drawing = draw(error, **MARKS)
    grads = [abs(node.grad) for node in drawing.picture.nodes if node.grad is not None]
    assert sorted(grads)[len(grads) // 2] < 1e-4 < 0.5 < max(grads)  # else there is nothing to see
    lengths = bars(parsed(drawing))
    assert len(lengths) == len(grads) == 25
    assert len([length for length in lengths if length < 2]) <= 2
    assert sorted(lengths)[len(lengths) // 2] > 10
    edges = [g for g in having(parsed(drawing), "edge") if "flowed" in words(g)]
    assert len({stroke(edge) for edge in edges}) > 10
    assert legend(drawing)[-1].endswith("and above")


def test_a_gradient_that_fades_is_seen_to_fade() -> None:
    y = Value(0.5, label="x")
    for _ in range(12):
        y = 0.5 * y
    y.backward()
    root = parsed(draw(y, **MARKS))
    edges = [g for g in having(root, "edge") if "flowed" in words(g)]
    widths = [stroke(edge) for edge in edges]
    assert widths[0] == 1.0
    assert widths[-1] == 7.0
    assert widths == sorted(widths)
    assert len({*widths}) > 7


def test_lines_and_bars_have_one_scale() -> None:
    """An edge and a node with the same gradient are drawn with the same share of full size."""
    root, shown = parsed(draw(expression(), **MARKS)), draw(expression()).picture
    edges = {id_[1:]: g for g in having(root, "edge") if (id_ := g.get("id"))}
    flows = {i: abs(edge.flow) for i, edge in enumerate(shown.edges) if edge.flow is not None}
    widest = max(flows, key=flows.__getitem__)
    assert stroke(edges[str(widest)]) == 7.0
    for i, flow in flows.items():
        expected = 7.0 * math.cbrt(flow / flows[widest])
        assert stroke(edges[str(i)]) == pytest.approx(expected, abs=0.06)
    lengths = dict(zip([n.key for n in shown.nodes if n.grad is not None], bars(root)))
    full = lengths[shown.nodes[-1].key] / math.cbrt(1 / flows[widest])
    for node in shown.nodes:
        if node.grad is not None:
            share = math.cbrt(abs(node.grad) / flows[widest])
            assert lengths[node.key] == pytest.approx(full * share, abs=0.15)


def test_the_gradient_of_the_root_does_not_set_the_scale() -> None:
    a = Value(3.0, label="a")
    y = a * 1e-6
    y.backward()
    root = parsed(draw(y, **MARKS))
    assert len(set(bars(root))) == 1
    assert legend(draw(y, **MARKS))[-1].endswith("full at 1e-06 and above".replace("-", "−"))


# ---- legends


def edge_kinds(drawing: Drawing) -> tuple[list[Edge], list[Edge]]:
    units = {node.key for node in drawing.picture.nodes if node.is_unit}
    edges = [edge for edge in drawing.picture.edges if edge.local is not None]
    return [e for e in edges if e.target in units], [e for e in edges if e.target not in units]


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("scalar", ["on edges: local derivative"]),
        ("neuron", ["on edges into units: weight", "on other edges: local derivative"]),
        ("layer", []),
    ],
)
def test_a_legend_names_what_is_on_edges_by_their_kind(detail: Any, expected: list[str]) -> None:
    drawing = draw(classifier(), detail, edges="local")
    assert legend(drawing) == expected
    assert list(map(bool, edge_kinds(drawing))) == [detail == "neuron", detail != "layer"]


def test_a_legend_names_weights_alone_where_there_is_nothing_else() -> None:
    z = MLP(2, [1], rng=0)([1.0, 2.0])
    assert isinstance(z, Value)
    assert legend(draw(z, "neuron", edges="local")) == ["on edges: weight"]


def test_a_legend_says_nothing_of_what_is_not_there() -> None:
    y = Value(2.0) * 3.0
    assert legend(draw(y, edges="flow", gradients=True)) == []
    assert legend(draw(expression(), edges="none")) == []
    y.backward()
    assert legend(draw(y, edges="none", gradients=True)) == [
        "gradient > 0",
        "line width and bars: ∛|gradient|, full at 3",
    ]
    y = Value(2.0) * -3.0
    y.backward()
    assert legend(draw(y, edges="flow", gradients=True))[:3] == [
        "←: gradient that flowed back",
        "gradient > 0",  # the root's own 1
        "gradient < 0",
    ]
    y = Value(2.0) * 0.0
    y.backward()
    assert legend(draw(y, **MARKS))[2:] == [
        "gradient > 0",
        "line width and bars: ∛|gradient|, full at 1",
    ]


def test_legends_of_layers_have_no_sign() -> None:
    found = legend(draw(classifier(), "layer", **MARKS))
    assert found[0] == "← ‖·‖: norm of several that flowed back"
    assert found[1].startswith("line width: ∛norm, full at ")
    assert len(found) == 2


def test_a_legend_gives_the_largest_finite_number() -> None:
    y = logarithm_of_zero()
    found = legend(draw(y, **MARKS))
    assert "line width and bars: ∛|gradient|, full at 2" in found
    assert "hatched: not finite" in found
    assert [text for text in found if "inf" in text or "nan" in text] == []


def test_legends_are_broken_into_lines_not_made_wider() -> None:
    y = logarithm_of_zero()
    drawing = draw(y, rankdir="TB", **MARKS)
    _, top, width, height = map(float, parsed(drawing).get("viewBox", "").split())
    lines = {
        text.get("y")
        for group in having(parsed(drawing), "legend")
        for text in group.iter(f"{SVG}text")
    }
    assert width < 560
    assert len(lines) >= 2
    assert all(top < float(line or "") < top + height - 3 for line in lines)


# ---- what is not finite


def test_what_is_not_finite_is_hatched_and_nothing_else_is() -> None:
    y = logarithm_of_zero()
    drawing = draw(y, **MARKS)
    root = parsed(drawing)
    order = topological_order(y)
    off = {i for i, x in enumerate(order) if not (math.isfinite(x.data) and math.isfinite(x.grad))}
    assert {int(g.get("id", "")[1:]) for g in having(root, "node", "nonfinite")} == off
    edges = [g for g in having(root, "edge") if g.get("id")]
    hatched = [g for g in edges if "nonfinite" in g.get("class", "")]
    assert 0 < len(hatched) < len(edges)
    for edge in edges:
        assert (edge in hatched) == (re.search(r"= -?(inf|nan)", words(edge)) is not None)
    for edge in hatched:
        assert not {"positive", "negative"} & {*edge.get("class", "").split()}
        assert stroke(edge) >= 1.0
    assert not list(having(parsed(draw(expression(), **MARKS)), "nonfinite"))
    assert "hatched: not finite" not in legend(draw(expression(), **MARKS))


def test_what_is_not_finite_keeps_its_distance_and_its_double_outline() -> None:
    """The wide outline and the flag are within the size that the layout knows."""
    drawing = draw(logarithm_of_zero(), **MARKS)
    root = parsed(drawing)
    for node in having(root, "node", "nonfinite"):
        x, y = drawing.layout.nodes[int(node.get("id", "")[1:])]
        width, height = drawing._sizes[int(node.get("id", "")[1:])]
        boxes = [r for r in node.iter(f"{SVG}rect") if r.get("class") in ("shape", "banner")]
        for box in boxes:
            left, top, wide, tall = [float(box.get(k, "")) for k in ("x", "y", "width", "height")]
            line = 7.0 / 2 if box.get("class") == "shape" else 0.0
            assert x - width / 2 - 1.1 < left - line
            assert left + wide + line < x + width / 2 + 1.1
            assert y - height / 2 - 1.1 < top - line
            assert top + tall + line < y + height / 2 + 1.1
    result = next(having(root, "output", "nonfinite"))
    assert [*having(result, "shape", "inner")]
    sheet = css("light")
    assert re.search(r"\.nonfinite \.shape\.inner\{stroke:#", sheet)
    assert ".nonfinite .shape.inner{stroke-width:2}" in sheet


@pytest.mark.parametrize("gradients", [False, True])
def test_the_first_that_is_not_finite_has_a_flag(gradients: bool) -> None:
    y = logarithm_of_zero()
    root = parsed(draw(y, gradients=gradients))
    flags = {
        node.get("id", "")[1:]: [words(flag) for flag in having(node, "flag")]
        for node in having(root, "culprit")
    }
    order = topological_order(y)
    log = next(i for i, x in enumerate(order) if x.operation and x.operation.name == "log")
    b = next(i for i, x in enumerate(order) if x.label == "b")
    assert flags == {
        str(log): ["the first number that is not finite in the forward passfirst →"],
        str(b): ["the first number that is not finite in the backward pass← first"],
    }


def test_a_finite_forward_pass_can_break_on_the_way_back() -> None:
    a = Value(0.0, label="a")
    y = a.sqrt() * 2
    y.backward()
    assert [node.culprit for node in draw(y).picture.nodes] == [("backward",), (), (), ()]
    assert next(having(parsed(draw(y)), "culprit")).get("id") == "n0"


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_culprits_are_found_within_what_is_folded(detail: Any) -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    model.layers[0].neurons[1].w[0].data = math.nan
    error = half_squared_error(model([0.5, -1.0]), 1.0)
    error.backward()
    nodes = draw(error, detail).picture.nodes
    first = [node for node in nodes if "forward" in node.culprit]
    assert [(node.layer, node.unit) for node in first] == [(1, 2) if detail == "neuron" else (0, 0)]
    assert first[0].title == ("z₂⁽¹⁾" if detail == "neuron" else "layer 1")
    assert not first[0].is_finite


# ---- in DOT


def test_dot_follows_the_same_grammar() -> None:
    source = to_dot(classifier(), detail="neuron").source
    assert re.search(r'n0 \[label="x₁.*shape=cds', source)
    assert "shape=ellipse" in source
    assert f'color="{LIGHT.positive}"' in source
    assert f'color="{LIGHT.negative}"' in source
    layers = to_dot(batch(), detail="layer").source
    assert LIGHT.positive not in layers
    assert LIGHT.negative not in layers
    assert len(re.findall("norm of [0-9]+ gradients", layers)) == 3
    y = logarithm_of_zero()
    broken = to_dot(y).source
    assert re.findall(r"first in the \w+ pass", broken) == [
        "first in the backward pass",
        "first in the forward pass",
    ]
    assert len(re.findall(r"n\d -> n\d \[.*style=dashed", broken)) == 3
    assert len(re.findall(r"n\d \[.*style=\"filled(?:,rounded)?,dashed", broken)) == 6


# ---- room


def test_a_picture_is_not_shrunk_until_it_cannot_be_read() -> None:
    drawing = draw(classifier(), **MARKS)
    root = parsed(drawing)
    width = float(root.get("viewBox", "").split()[2])
    least = int(re.fullmatch(r"--least:(\d+)px", root.get("style", ""))[1])  # type: ignore[index]
    assert least == pytest.approx(width * 12 / min(SIZES.values()), abs=1)
    assert least <= width + 1
    assert "min-width:var(--least)" in css("auto")
    html = drawing._repr_mimebundle_()["text/html"]
    assert f"max-width:100%;min-width:{least}px" in html
    assert 'style="overflow-x:auto"' in html


@pytest.mark.parametrize("off", [math.nan, math.inf])
def test_a_graph_whose_only_gradients_are_not_finite_is_drawn(off: float) -> None:
    a = Value(2.0, label="a")
    a.grad = off
    assert "hatched: not finite" in legend(draw(a))
    a.zero_grad()
    y = a * 3.0
    y.backward()
    y.grad = off
    assert "line width and bars: ∛|gradient|, full at 3" in legend(draw(y, **MARKS))
