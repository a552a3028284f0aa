"""The built-in layout: what holds for every graph."""

import random
from functools import cache
from itertools import combinations, groupby, pairwise

import pytest

from autograd import Value, dot
from autograd.view import Edge, Node, Picture, draw, picture
from autograd.view.geometry import Point, bezier, box_of
from autograd.view.layout import PAGE, Layout, layered
from autograd.view.spacing import spaced
from nn import MLP, half_squared_error

SEEDS = range(40)
BOUNDLESS = (1e9, 1e9)


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
    """Return a graph laid out plainly, folded, or folded for the smallest of pages."""
    shown = random_graph(seed)
    sizes = random_sizes(shown, seed)
    labels = {i: [(60.0, 30.0), (110.0, 15.0)] for i in range(len(shown.edges) * (seed % 2))}
    page = (PAGE, BOUNDLESS, (100.0, 100.0))[seed % 3]
    return shown, sizes, layered(shown, sizes, rankdir=rankdir, labels=labels, page=page)


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_nodes_overlap(seed: int, rankdir: str) -> None:
    shown, sizes, layout = laid_out(seed, rankdir)
    assert set(layout.nodes) == {node.key for node in shown.nodes}
    for a, b in combinations(layout.nodes, 2):
        (xa, ya), (xb, yb) = layout.nodes[a], layout.nodes[b]
        apart_x = abs(xa - xb) - (sizes[a][0] + sizes[b][0]) / 2
        apart_y = abs(ya - yb) - (sizes[a][1] + sizes[b][1]) / 2
        assert max(apart_x, apart_y) > 5.5


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_edge_runs_from_its_source_to_its_target(seed: int, rankdir: str) -> None:
    shown, sizes, layout = laid_out(seed, rankdir)
    assert len(layout.edges) == len(shown.edges)
    for edge, points in zip(shown.edges, layout.edges):
        assert len(points) % 3 == 1
        for end, key in ((points[0], edge.source), (points[-1], edge.target)):
            left, top, right, bottom = box_of(layout.nodes[key], sizes[key])
            x, y = end
            assert left - 0.01 <= x <= right + 0.01
            assert top - 0.01 <= y <= bottom + 0.01
            on_side = min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom))
            assert on_side == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_edges_that_are_not_folded_lead_to_the_right(seed: int) -> None:
    shown = random_graph(seed)
    layout = layered(shown, random_sizes(shown, seed), page=BOUNDLESS)
    kinds = {node.key: node.kind for node in shown.nodes}
    for edge, points in zip(shown.edges, layout.edges):
        along = [point[0] for point in points]
        if kinds[edge.source] != "constant":
            assert along == sorted(along)
            assert along[0] < along[-1]


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_edge_runs_through_a_node(seed: int, rankdir: str) -> None:
    shown, sizes, layout = laid_out(seed, rankdir)
    boxes = [box_of(layout.nodes[node.key], sizes[node.key]) for node in shown.nodes]
    for points in layout.edges:
        for start in range(0, len(points) - 1, 3):
            for t in (0.1, 0.25, 0.5, 0.75, 0.9):
                x, y = bezier(points[start : start + 4], t)
                assert not [box for box in boxes if is_inside(x, y, box)]


def is_inside(x: float, y: float, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    return left + 0.1 < x < right - 0.1 and top + 0.1 < y < bottom - 0.1


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_equal_pictures_give_equal_layouts(seed: int) -> None:
    assert laid_out.__wrapped__(seed)[2] == laid_out.__wrapped__(seed)[2]


def test_top_to_bottom_is_left_to_right_turned() -> None:
    shown = random_graph(3)
    square = {node.key: (50.0, 50.0) for node in shown.nodes}
    across = layered(shown, square, page=BOUNDLESS)
    down = layered(shown, square, rankdir="TB", page=BOUNDLESS)
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


def test_a_short_chain_is_straight() -> None:
    shown = picture(Value(1.0).tanh().exp().sin().cos())
    at = layered(shown, {node.key: (50 + node.key, 30) for node in shown.nodes}).nodes
    assert len({y for _, y in at.values()}) == 1


def test_a_longer_chain_runs_downwards() -> None:
    """What shares nothing with other numbers is put below the number that it is computed from."""
    shown = picture((Value(1.0) * Value(2.0)).tanh().exp().sin().cos())
    at = layered(shown, {node.key: (150, 30) for node in shown.nodes}).nodes
    operations = [at[node.key] for node in shown.nodes if node.symbol]
    assert len({x for x, _ in operations}) == 1
    assert [y for _, y in operations] == sorted([y for _, y in operations])


def columns_of(drawn: Layout, keys: list[int]) -> list[list[float]]:
    """Return where nodes stand along their rows, row by row."""
    at = [drawn.nodes[key] for key in keys]
    return [[x for x, _ in row] for _, row in groupby(at, key=lambda place: place[1])]


def test_a_long_chain_is_broken_into_rows_that_all_run_forwards() -> None:
    y = Value(0.5)
    for _ in range(39):
        y = y.tanh()
    shown = picture(y)
    drawn = layered(shown, {node.key: (100, 60) for node in shown.nodes})
    rows = columns_of(drawn, [node.key for node in shown.nodes])
    assert {len(row) for row in rows} <= {5, 6}
    assert all(row == sorted(row) for row in rows)
    edges = [drawn.edges[n] for n in range(39)]
    carried = [points for points in edges if points[0][1] != points[-1][1]]
    assert len(carried) == len(rows) - 1 > 5
    for row, points in zip(rows, carried):  # out at its end, and in at the next one's beginning
        xs, ys = zip(*points)
        assert xs[1] > xs[0] == row[-1] + 50
        assert xs[-2] < xs[-1] == row[0] - 50
        assert list(ys) == sorted(ys)


def test_a_graph_is_broken_where_fewest_edges_cross() -> None:
    """Diamonds in a row: between two of them one number is carried over, and inside two are."""
    y = Value(0.5)
    for _ in range(8):
        y = y.sin() * y.cos()
    shown = picture(y)
    drawn = layered(shown, {node.key: (120, 60) for node in shown.nodes}, page=(780, 900))
    symbol = {node.key: node.symbol for node in shown.nodes}
    left = min([x for x, _ in drawn.nodes.values()])
    firsts = {symbol[key] for key, (x, _) in drawn.nodes.items() if x == left}
    assert "*" not in firsts
    assert len([1 for x, _ in drawn.nodes.values() if x == left]) > 4


def test_a_leaf_that_all_rows_use_stands_beside_them() -> None:
    w = h = Value(0.5)
    for _ in range(20):
        h = (w * h).tanh()
    shown = picture(h)
    drawn = layered(shown, {node.key: (100, 60) for node in shown.nodes})
    leaf = next(node.key for node in shown.nodes if not node.symbol)
    others = [at for key, at in drawn.nodes.items() if key != leaf]
    assert drawn.nodes[leaf][0] + 100 < min([x for x, _ in others])
    assert len({y for _, y in others}) > 3
    track = [  # all edges that leave the first row run down in one line
        next(x for (x, _), (u, _) in pairwise(points) if x == u)
        for edge, points in zip(shown.edges, drawn.edges)
        if edge.source == leaf and points[-1][1] > drawn.nodes[leaf][1] + 100
    ]
    assert len(track) > 10
    assert len(set(track)) == 1


def test_a_graph_that_is_dense_everywhere_is_not_broken() -> None:
    xs = [Value(0.1 * i) for i in range(3)]
    for _ in range(12):  # six edges from each rank to the next
        xs = [xs[i] * xs[i - 1] for i in range(3)]
    shown = picture(dot(xs, xs))
    drawn = layered(shown, {node.key: (100, 60) for node in shown.nodes})
    for edge in shown.edges:
        assert drawn.nodes[edge.source][0] <= drawn.nodes[edge.target][0]


def test_constants_stand_on_what_uses_them() -> None:
    shown = picture((Value(2.0) - 1.0) ** 2.0)
    sizes = {node.key: (100, 50) if node.kind != "constant" else (30, 20) for node in shown.nodes}
    at = layered(shown, sizes).nodes
    for edge in shown.edges:
        if edge.local is None:  # of a constant
            (x, y), (u, v) = at[edge.source], at[edge.target]
            assert abs(x - u) <= 50
            assert 35 < v - y < 60


def test_inputs_stand_before_parameters_where_one_column_would_be_too_tall() -> None:
    shown = picture(half_squared_error(MLP(2, [3, 1], rng=3)([0.3, -0.7]), 1.0))
    at = layered(shown, {node.key: (90, 60) for node in shown.nodes}, page=(900, 700)).nodes
    inputs = [at[node.key] for node in shown.nodes if node.kind == "input"]
    first = [at[node.key] for node in shown.nodes if node.title.endswith("⁽¹⁾")]
    parameters = [
        at[n.key] for n in shown.nodes if n.kind == "parameter" and n.title.endswith("⁽¹⁾")
    ]
    assert len(parameters) == 9
    assert len({x for x, _ in parameters}) == 1
    assert max([x for x, _ in inputs]) < min([x for x, _ in first])
    assert [y for _, y in inputs] == sorted([y for _, y in inputs])
    assert [y for _, y in parameters] == sorted([y for _, y in parameters])


def test_many_leaves_of_one_node_stand_in_columns() -> None:
    leaves = [Value(float(i)) for i in range(30)]
    shown = picture(dot(leaves[:15], leaves[15:]))
    at = layered(shown, {node.key: (90, 55) for node in shown.nodes}).nodes
    columns = {x for x, _ in at.values()}
    assert 3 <= len(columns) <= 5
    assert max([y for _, y in at.values()]) - min([y for _, y in at.values()]) < 900


def test_a_wide_layer_stands_in_two_columns_unless_its_edges_are_labelled() -> None:
    shown = picture(MLP(2, [16, 1], rng=3)([0.3, -0.7]), "neuron")
    sizes = {node.key: (90.0, 55.0) for node in shown.nodes}
    units = [node for node in shown.nodes if node.layer == 1]
    at = layered(shown, sizes).nodes
    assert len({at[unit.key][0] for unit in units}) == 2
    assert [u.unit for u in sorted(units, key=lambda u: at[u.key][1])] == list(range(1, 17))
    labels = {i: [(50.0, 15.0)] for i in range(len(shown.edges))}
    at = layered(shown, sizes, labels=labels).nodes
    assert len({at[unit.key][0] for unit in units}) == 1


def test_a_cycle_between_folded_nodes_is_laid_out() -> None:
    """A recurrent network, folded, leads back to an earlier layer."""
    nodes = tuple([Node(key, "layer", "", "", ()) for key in range(3)])
    edges = tuple([Edge(a, b, None, None) for a, b in [(0, 1), (1, 2), (2, 0)]])
    layout = layered(Picture(nodes, edges), dict.fromkeys(range(3), (50.0, 30.0)))
    assert layout.edges[2][0][0] > layout.edges[2][-1][0]


def test_a_single_node_and_no_node() -> None:
    assert layered(picture(Value(1.0)), {0: (40, 30)}) == Layout({0: (20.0, 15.0)}, ())
    assert layered(Picture((), ()), {}) == Layout({}, ())


def test_positions_are_the_closest_that_keep_their_distance() -> None:
    assert spaced([0.0, 0.0], [1.0, 1.0], [0.0, 10.0]) == [-5.0, 5.0]
    assert spaced([0.0, 0.0], [1.0, 3.0], [0.0, 8.0]) == [-6.0, 2.0]
    assert spaced([0.0, 50.0, 20.0], [1.0] * 3, [0.0, 10.0, 20.0]) == [0.0, 30.0, 40.0]


def test_an_edge_is_not_a_little_crooked() -> None:
    """The sweeps leave such an edge 2 pixels off: it is made level."""
    a, b = Value(1.5), Value(-2.2)
    drawing = draw((a * b + a**2).tanh(), edges="both", gradients=True)
    *_, last = drawing.layout.edges
    assert last[0][1] == pytest.approx(last[-1][1], abs=0.01)
    assert last[-1][0] - last[0][0] > 50
