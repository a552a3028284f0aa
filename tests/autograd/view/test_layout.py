"""The built-in layout: what holds for every graph."""

import random
from functools import cache
from itertools import combinations

import pytest

from autograd import Value
from autograd.view import Edge, Node, Picture, picture
from autograd.view.layout import Layout, Point, layered, spaced
from nn import MLP

SEEDS = range(40)


def random_graph(seed: int) -> Picture:
    """Return 2 to 60 nodes with shared ones, constants, parallel and long edges."""
    rng = random.Random(seed)
    nodes = [Value(rng.random()) for _ in range(rng.randint(1, 8))]
    for _ in range(rng.randint(1, 50)):
        a, b = rng.choice(nodes), rng.choice(nodes[-rng.randint(1, 9) :])
        nodes.append(rng.choice([a * b, a + b, a * a, a + 2, b.tanh()]))
    return picture(sum(nodes[1:], nodes[0]))


def random_sizes(shown: Picture, seed: int) -> dict[int, tuple[float, float]]:
    rng = random.Random(seed)
    return {node.key: (rng.uniform(20, 150), rng.uniform(20, 90)) for node in shown.nodes}


@cache
def laid_out(seed: int, rankdir: str = "LR") -> tuple[Picture, dict[int, Point], Layout]:
    shown = random_graph(seed)
    sizes = random_sizes(shown, seed)
    return shown, sizes, layered(shown, sizes, rankdir=rankdir)


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_nodes_overlap(seed: int, rankdir: str) -> None:
    shown, sizes, layout = laid_out(seed, rankdir)
    assert set(layout.nodes) == {node.key for node in shown.nodes}
    for a, b in combinations(layout.nodes, 2):
        (xa, ya), (xb, yb) = layout.nodes[a], layout.nodes[b]
        apart_x = abs(xa - xb) - (sizes[a][0] + sizes[b][0]) / 2
        apart_y = abs(ya - yb) - (sizes[a][1] + sizes[b][1]) / 2
        assert max(apart_x, apart_y) > 10.0


@pytest.mark.parametrize("seed", SEEDS)
def test_every_edge_runs_from_its_source_to_the_right_to_its_target(seed: int) -> None:
    shown, sizes, layout = laid_out(seed)
    assert len(layout.edges) == len(shown.edges)
    for edge, points in zip(shown.edges, layout.edges):
        (x, y), (u, v) = layout.nodes[edge.source], layout.nodes[edge.target]
        assert points[0] == (x + sizes[edge.source][0] / 2, y)
        assert points[-1] == pytest.approx((u - sizes[edge.target][0] / 2, v))
        assert len(points) % 3 == 1
        along = [point[0] for point in points]
        assert along == sorted(along)
        assert along[0] < along[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_edge_runs_through_a_node(seed: int) -> None:
    shown, sizes, layout = laid_out(seed)
    boxes = [
        (*layout.nodes[node.key], sizes[node.key][0] / 2 - 0.01, sizes[node.key][1] / 2 - 0.01)
        for node in shown.nodes
    ]
    for points in layout.edges:
        for start in range(0, len(points) - 1, 3):
            for t in (0.25, 0.5, 0.75, 1.0):
                x, y = bezier(points[start : start + 4], t)
                inside = [box for box in boxes if not abs(x - box[0]) > box[2]]
                assert all(abs(y - box[1]) > box[3] for box in inside)


def bezier(curve: tuple[Point, ...], t: float) -> Point:
    (a, b), (c, d), (e, f), (g, h) = curve
    s = 1 - t
    return (
        s**3 * a + 3 * s * s * t * c + 3 * s * t * t * e + t**3 * g,
        s**3 * b + 3 * s * s * t * d + 3 * s * t * t * f + t**3 * h,
    )


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_equal_pictures_give_equal_layouts(seed: int) -> None:
    assert laid_out.__wrapped__(seed)[2] == laid_out.__wrapped__(seed)[2]


def test_top_to_bottom_is_left_to_right_turned() -> None:
    shown = random_graph(3)
    square = {node.key: (50.0, 50.0) for node in shown.nodes}
    across, down = layered(shown, square), layered(shown, square, rankdir="TB")
    assert down.nodes == {key: (y, x) for key, (x, y) in across.nodes.items()}


def test_both_edges_of_a_square_are_seen() -> None:
    a = Value(3.0)
    shown = picture(a * a)
    first, second = layered(shown, {0: (60, 40), 1: (60, 40)}).edges
    assert bezier(first[:4], 0.5)[1] + 20 < bezier(second[:4], 0.5)[1]


def test_a_leaf_stands_next_to_what_uses_it() -> None:
    x, late = Value(1.0), Value(2.0)
    y = x.tanh().tanh().tanh() * late
    shown = picture(y)
    at = layered(shown, {node.key: (50, 30) for node in shown.nodes}).nodes
    leaf = next(key for key in at if shown.nodes[key].facts == (("", 2.0),))
    columns = sorted({x for x, _ in at.values()})
    assert len(columns) == 5
    assert at[leaf][0] == columns[-2]


def test_units_stand_in_their_order_and_layers_in_columns() -> None:
    model = MLP(2, [7, 5, 1], rng=3)
    shown = picture(model([0.3, -0.7]), "neuron")
    at = layered(shown, {node.key: (60, 60) for node in shown.nodes}).nodes
    for layer, width in enumerate([2, 7, 5, 1]):
        units = sorted([(node.unit, at[node.key]) for node in shown.nodes if node.layer == layer])
        assert len(units) == width
        assert len({x for _, (x, _) in units}) == 1
        assert [y for _, (_, y) in units] == sorted([y for _, (_, y) in units])


def test_units_keep_their_order_where_that_costs_crossings() -> None:
    leaves = [Node(key, "leaf", "", "", ()) for key in range(4)]
    units = [Node(4 + key, "unit", "", "", (), None, 1, key + 1) for key in range(4)]
    edges = [Edge(key, 4 + (key + 2) % 4, None, None) for key in range(4)]
    edges += [Edge(4 + key, 8, None, None) for key in range(4)]
    nodes = (*leaves, *units, Node(8, "output", "", "", ()))
    layout = layered(Picture(nodes, tuple(edges)), dict.fromkeys(range(9), (50.0, 30.0)))
    heights = [layout.nodes[unit.key][1] for unit in units]
    assert heights == sorted(heights)


def test_a_chain_is_straight() -> None:
    shown = picture(Value(1.0).tanh().exp().sin().cos())
    at = layered(shown, {node.key: (50 + node.key, 30) for node in shown.nodes}).nodes
    assert {y for _, y in at.values()} == {0.0}


def test_a_cycle_between_folded_nodes_is_laid_out() -> None:
    """A recurrent network, folded, leads back to an earlier layer."""
    nodes = tuple([Node(key, "layer", "", "", ()) for key in range(3)])
    edges = tuple([Edge(a, b, None, None) for a, b in [(0, 1), (1, 2), (2, 0)]])
    layout = layered(Picture(nodes, edges), dict.fromkeys(range(3), (50.0, 30.0)))
    assert layout.edges[2][0][0] > layout.edges[2][-1][0]


def test_a_single_node_and_no_node() -> None:
    assert layered(picture(Value(1.0)), {0: (40, 30)}) == Layout({0: (20.0, 0.0)}, ())
    assert layered(Picture((), ()), {}) == Layout({}, ())


def test_positions_are_the_closest_that_keep_their_distance() -> None:
    assert spaced([0.0, 0.0], [1.0, 1.0], [0.0, 10.0]) == [-5.0, 5.0]
    assert spaced([0.0, 0.0], [1.0, 3.0], [0.0, 8.0]) == [-6.0, 2.0]
    assert spaced([0.0, 50.0, 20.0], [1.0] * 3, [0.0, 10.0, 20.0]) == [0.0, 30.0, 40.0]
