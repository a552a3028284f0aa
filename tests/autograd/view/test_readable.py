"""Pictures are read where they stand: as wide as a cell, and no label hides anything or is hidden.

All is measured in pixels of the picture at its natural size, at which no text is below 12.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from autograd import Value, dot
from autograd.view import Drawing, draw
from autograd.view.geometry import Box, bezier, box_of
from autograd.view.labels import left_out, walked
from autograd.view.style import SIZES
from nn import MLP, cross_entropy, half_squared_error

SVG = "{http://www.w3.org/2000/svg}"
CELL = 830  # width of a cell of a notebook, in pixels
SCREEN = (1280, 720)
INPUTS = (0.5, -1.0, 0.25, 2.0)


def expression() -> Value:
    a, b, c = Value(1.5, label="a"), Value(-2.2, label="b"), Value(10.0, label="c")
    return ((a * b + c) * Value(-0.2, label="f")).tanh()


def chain() -> Value:
    y = Value(0.5, label="x")
    for i in range(40):
        y = (y.tanh, y.exp, y.sin, y.cos)[i % 4]()
    return y


def diamonds() -> Value:
    y = Value(0.5, label="x")
    for _ in range(5):
        y = y.sin() * y.cos() + y
    return y


def skip() -> Value:
    x = y = Value(0.5, label="x")
    for i in range(8):
        y = y.tanh() if i % 2 else y * 1.5
    return y + x


def fan() -> Value:
    leaves = [Value((i - 14.5) / 7, label=f"x{i}") for i in range(30)]
    return dot(leaves[:15], leaves[15:])


def square() -> Value:
    a = Value(1.5, label="a")
    return a * a + 1


def recurrent(steps: int) -> Callable[[], Value]:
    def error() -> Value:
        w, u, b = Value(0.5, label="w"), Value(-0.8, label="u"), Value(0.1, label="b")
        h = Value(0.2, label="h0")
        for t in range(steps):
            h = (w * Value(0.3 * t, label=f"x{t}") + u * h + b).tanh()
        return (h - 1) ** 2 / 2

    return error


def polynomial() -> Value:
    x, y = Value(0.9, label="x"), Value(0.05, label="c20")
    for i in range(19, -1, -1):
        y = y * x + Value(round((-1) ** i / (i + 1), 3), label=f"c{i}")
    return y


def network(*sizes: int, seed: int = 3) -> Callable[[], Value]:
    def error() -> Value:
        model = MLP(sizes[0], list(sizes[1:]), activation="tanh", rng=seed)
        return half_squared_error(model(list(INPUTS[: sizes[0]])), 1.0)

    return error


def samples() -> Value:
    model = MLP(2, [3, 1], rng=3)
    data = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0)]
    return sum([half_squared_error(model(x), t) for x, t in data], Value(0.0)) / 3


def three_outputs() -> Value:
    model = MLP(4, [8, 3], activation="tanh", rng=3)
    outputs = zip(model(list(INPUTS)), (1.0, 0.0, 0.0))
    return sum([half_squared_error(y, t) for y, t in outputs], Value(0.0))


def classes() -> Value:
    return cross_entropy(MLP(4, [8, 3], output="softmax", rng=3)(list(INPUTS)), 1)


def softmax() -> Value:
    return cross_entropy(MLP(2, [3], output="softmax", rng=3)([0.5, -1.0]), 1)


NETWORKS: dict[str, Callable[[], Value]] = {
    "2-3-1": network(2, 3, 1),
    "3-4-4-1": network(3, 4, 4, 1),
    "samples": samples,
    "classes": classes,
}
GRAPHS: dict[str, Callable[[], Value]] = {
    "expression": expression,
    "chain": chain,
    "diamonds": diamonds,
    "skip": skip,
    "fan": fan,
    "square": square,
    "recurrent": recurrent(4),
    "8 steps": recurrent(8),
    "polynomial": polynomial,
    "softmax": softmax,
    "4-8-3": three_outputs,
    **NETWORKS,
}
CASES = [(name, "scalar", rankdir) for name in GRAPHS for rankdir in ("LR", "TB")]
CASES += [
    (name, detail, rankdir)
    for name in NETWORKS
    for detail in ("neuron", "layer")
    for rankdir in ("LR", "TB")
]


@cache
def drawing(name: str, detail: Any, rankdir: str) -> Drawing:
    root = GRAPHS[name]()
    root.backward()
    return draw(root, detail, edges="both", gradients=True, rankdir=rankdir)


def size_of(drawing: Drawing) -> tuple[int, int]:
    found = re.search(r'width="(\d+)" height="(\d+)"', drawing.svg)
    assert found
    return int(found[1]), int(found[2])


def boxes_of(drawing: Drawing) -> tuple[dict[int, Box], list[Box | None]]:
    """Return the boxes that are drawn: of nodes, by their keys, and of labels, by their edges."""
    nodes, labels = {}, {}
    for g in ElementTree.fromstring(drawing.svg).iter(f"{SVG}g"):
        if g.get("class", "").startswith("node "):
            nodes[int(g.attrib["id"][1:])] = drawn(g, "shape")
        elif g.get("class") == "label":
            labels[int(g.attrib["data-edge"])] = drawn(g, "background")
    return nodes, [labels.get(i) for i in range(len(drawing.picture.edges))]


def drawn(group: ElementTree.Element, kind: str) -> Box:
    """Return the box around the shapes of a class in a group."""
    points = []
    for shape in group:
        if shape.get("class") != kind:
            continue
        at = {key: float(x) for key, x in shape.items() if re.fullmatch(r"[-\d.]+", x)}
        if "r" in at:
            points += [(at["cx"] + dx, at["cy"] + dx) for dx in (-at["r"], at["r"])]
        elif "width" in at:
            points += [(at["x"], at["y"]), (at["x"] + at["width"], at["y"] + at["height"])]
        else:
            corners = shape.attrib["points"].split()
            points += [(float(x), float(y)) for x, y in (corner.split(",") for corner in corners)]
    xs, ys = zip(*points)
    return min(xs), min(ys), max(xs), max(ys)


def overlaps(boxes: list[Box], others: list[Box]) -> Iterator[tuple[Box, Box]]:
    pairs = combinations(boxes, 2) if boxes is others else [(a, b) for a in boxes for b in others]
    for a, b in pairs:
        wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        if min(wide, tall) > 0.01:  # more than they may be rounded
            yield a, b


def test_no_text_is_small() -> None:
    assert min(SIZES.values()) >= 12


@pytest.mark.parametrize(("name", "detail", "rankdir"), CASES)
def test_labels_cover_neither_nodes_nor_each_other(name: str, detail: str, rankdir: str) -> None:
    nodes, labels = boxes_of(drawing(name, detail, rankdir))
    written = [box for box in labels if box is not None]
    assert not [*overlaps(written, written)]
    assert not [*overlaps(written, list(nodes.values()))]


@pytest.mark.parametrize(("name", "detail", "rankdir"), CASES)
def test_labels_leave_arrowheads_free(name: str, detail: str, rankdir: str) -> None:
    found = drawing(name, detail, rankdir)
    _, labels = boxes_of(found)
    written = [box for box in labels if box is not None]
    tips = []
    for *_, (a, b), (x, y) in found.layout.edges:
        share = 8.0 / (abs(x - a) + abs(y - b))
        tips.append(box_of((x + (a - x) * share, y + (b - y) * share), (4.0, 4.0)))
    assert not [*overlaps(written, tips)]


@pytest.mark.parametrize(("name", "detail", "rankdir"), CASES)
def test_no_label_is_left_out_of_these(name: str, detail: str, rankdir: str) -> None:
    found = drawing(name, detail, rankdir)
    assert left_out(found.picture, boxes_of(found)[1], found.style) == []
    assert "left out" not in found.svg


@pytest.mark.parametrize(("name", "detail", "rankdir"), CASES)
def test_labels_stand_at_their_edge(name: str, detail: str, rankdir: str) -> None:
    found = drawing(name, detail, rankdir)
    for box, points in zip(boxes_of(found)[1], found.layout.edges):
        if box is not None:
            left, top, right, bottom = box
            near = [
                max(left - x, x - right, top - y, y - bottom, 0.0) for x, y in walked(points, 2.0)
            ]
            assert min(near) < 10


@pytest.mark.parametrize(("name", "detail", "rankdir"), CASES)
def test_no_edge_runs_through_a_node(name: str, detail: str, rankdir: str) -> None:
    found = drawing(name, detail, rankdir)
    nodes, _ = boxes_of(found)
    for points in found.layout.edges:
        for start in range(0, len(points) - 1, 3):
            for k in range(1, 10):
                x, y = bezier(points[start : start + 4], k / 10)
                for left, top, right, bottom in nodes.values():
                    assert not (left + 1 < x < right - 1 and top + 1 < y < bottom - 1)


@pytest.mark.parametrize("seed", range(10))
def test_a_small_network_with_every_number_fits_a_cell(seed: int) -> None:
    """However long its numbers are."""
    root = network(2, 3, 1, seed=seed)()
    root.backward()
    found = draw(root, edges="both", gradients=True)
    width, height = size_of(found)
    assert width <= CELL
    assert height <= 850
    assert left_out(found.picture, boxes_of(found)[1], found.style) == []


def hidden_parts(drawing: Drawing) -> list[float]:
    """Return for each edge which part of its length is behind the lines of labels."""
    covered = []
    for g in ElementTree.fromstring(drawing.svg).iter(f"{SVG}g"):
        if g.get("class") == "label":
            for line in g.iter(f"{SVG}rect"):
                x, y, w, h = [float(line.attrib[key]) for key in ("x", "y", "width", "height")]
                covered.append((x, y, x + w, y + h))
    parts = []
    for points in drawing.layout.edges:
        path = walked(points, 2.0)
        behind = [any(a <= x <= c and b <= y <= d for a, b, c, d in covered) for x, y in path]
        parts.append(sum(behind) / len(path))
    return parts


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize(
    "name", ["2-3-1", "4-8-3", "recurrent", "softmax", "diamonds", "expression"]
)
def test_edges_are_seen_beside_their_labels(name: str, rankdir: str) -> None:
    parts = hidden_parts(drawing(name, "scalar", rankdir))
    assert max(parts) < 0.65
    assert sum(parts) / len(parts) < 0.26
    assert len([part for part in parts if part > 0.5]) <= 1


@pytest.mark.parametrize("gradients", [False, True])
def test_a_network_of_two_layers_of_16_units_fits_a_cell(gradients: bool) -> None:
    root = network(2, 16, 16, 1)()
    root.backward()
    width, height = size_of(draw(root, "neuron", gradients=gradients))
    assert width <= CELL
    assert height <= 720


@pytest.mark.parametrize("edges", ["auto", "both"])
def test_a_chain_of_40_operations_fits_two_screens(edges: str) -> None:
    root = chain()
    root.backward()
    width, height = size_of(draw(root, edges=edges, gradients=True))
    assert width <= SCREEN[0]
    assert height <= 2 * SCREEN[1]


def test_a_classifier_with_all_labels_fits_a_cell() -> None:
    width, height = size_of(drawing("classes", "neuron", "LR"))
    assert width <= CELL * 1.05
    assert height <= 1000


@pytest.mark.parametrize("edges", ["auto", "both"])
@pytest.mark.parametrize(
    "name", ["recurrent", "8 steps", "diamonds", "polynomial", "chain", "skip"]
)
def test_long_graphs_fit_a_cell(name: str, edges: str) -> None:
    root = GRAPHS[name]()
    root.backward()
    width, _ = size_of(draw(root, edges=edges, gradients=True))
    assert width <= CELL


@pytest.mark.parametrize("name", ["expression", "square"])
def test_scalar_expressions_fit_a_screen(name: str) -> None:
    width, height = size_of(drawing(name, "scalar", "LR"))
    assert width <= SCREEN[0]
    assert height <= SCREEN[1]


def test_labels_without_room_are_counted_in_the_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    def small() -> Drawing:
        root = network(2, 3, 1)()
        root.backward()
        return draw(root, "neuron", edges="both")

    assert "left out" not in small().svg
    monkeypatch.setattr("autograd.view.labels._settled", lambda spots, pushes: {})
    svg = small().svg
    assert "labels left out" in svg
    assert 'class="label"' not in svg


def test_gaps_grow_for_labels_that_have_no_room() -> None:
    """Forty labels do not fit between two layers that stand as close as others do."""
    root = network(4, 10, 1)()
    root.backward()
    found = {edges: draw(root, "neuron", edges=edges) for edges in ("none", "both")}
    assert size_of(found["both"])[0] > size_of(found["none"])[0]
    both = found["both"]
    assert left_out(both.picture, boxes_of(both)[1], both.style) == []


@pytest.mark.parametrize("name", ["diamonds", "recurrent", "8 steps"])
def test_what_is_carried_over_is_as_far_apart_as_its_labels_are_tall(name: str) -> None:
    found = drawing(name, "scalar", "LR")
    lanes: list[tuple[float, float]] = []
    for points in found.layout.edges:
        for (x, y), (u, v) in pairwise(points[::3]):
            if u < x and y == v:  # back to where rows begin
                lanes.append((y, x - u))
    heights = sorted([y for y, long in lanes if long > 200])
    assert len(heights) > 3
    assert all(b - a > 1.15 * SIZES["label"] for a, b in pairwise(heights))


def wide() -> Drawing:
    root = network(2, 16, 16, 1)()
    root.backward()
    return draw(root, "neuron", edges="both", gradients=True)


def test_labels_make_no_picture_wider_than_a_cell() -> None:
    assert size_of(wide())[0] <= CELL
    nodes, labels = boxes_of(wide())
    left = min([box[0] for box in nodes.values()])
    assert [box for box in labels if box is not None]
    assert all(box[0] >= left for box in labels if box is not None)


def test_of_a_bundle_that_has_no_room_no_label_is_drawn() -> None:
    """Of 256 edges between two layers, those few whose label finds room would stand for nothing."""
    found = wide()
    layer = {node.key: node.layer for node in found.picture.nodes}
    written: dict[tuple[int, int], list[bool]] = {}
    for edge, box in zip(found.picture.edges, boxes_of(found)[1]):
        if edge.local is not None:
            ends = layer[edge.source], layer[edge.target]
            written.setdefault(ends, []).append(box is not None)
    assert not any(written[1, 2])
    assert len(written[1, 2]) == 256
    assert any(written[3, 0])
    assert all(any(shown) == all(shown) for shown in written.values())
    missing = sum([shown.count(False) for shown in written.values()])
    assert f"{missing} labels left out: no room" in found.svg


@pytest.mark.parametrize("name", ["expression", "recurrent"])
def test_arrowheads_into_a_node_stand_apart(name: str) -> None:
    found = drawing(name, "scalar", "LR")
    ends: dict[int, list[float]] = {}
    for edge, points in zip(found.picture.edges, found.layout.edges):
        if points[-2][1] == points[-1][1]:  # not from above
            ends.setdefault(edge.target, []).append(points[-1][1])
    assert max(map(len, ends.values())) > 1
    for heights in ends.values():
        assert all(abs(a - b) > 7.9 for a, b in combinations(heights, 2))


def test_a_wide_page_is_used_for_lines_beside_their_labels() -> None:
    """More of each line is seen than its label covers, in the picture of the README."""
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b + a**2).tanh()
    loss.backward()
    found = draw(loss, edges="both", gradients=True)
    width, _ = size_of(found)
    assert CELL - 15 < width <= CELL
    for points, box in zip(found.layout.edges, boxes_of(found)[1]):
        if box is not None:
            path = walked(points, 2.0)
            inside = [box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in path]
            assert sum(inside) < len(path) / 2
