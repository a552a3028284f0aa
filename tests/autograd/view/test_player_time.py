"""Time in the player: what a step is, the update as a third pass, and two passes held together."""

import copy
import math
import re
from typing import Any

import pytest

import nn
from autograd import Operation, StaleGraphError, Value, topological_order
from autograd.table import TABLE
from autograd.view.player import play
from players import expression, network
from scripts import in_node, needs_node, number


def loss(model: nn.MLP, t: float = 1.0) -> Value:
    return nn.half_squared_error(model([0.5, -1.2]), t)


def small() -> tuple[Value, Value, Value]:
    a, w = Value(2.0, label="a"), Value(0.6888, label="w")
    E = (a * w - 1) ** 2
    E.label = "E"
    return a, w, E


# -- where δ z is


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_every_sum_of_a_weight_is_at_the_edge_that_carries_it(activation: str) -> None:
    model = nn.MLP(2, [3, 2, 1], activation=activation, rng=1)
    E = loss(model)
    at = play(E, detail="neuron").data["levels"]["neuron"]
    order = topological_order(E)
    adds = [
        (node, operand, place)
        for node in reversed(order)
        for place, operand in enumerate(node.operands)
        if isinstance(operand, Value)
    ]
    weights = {order.index(w) for w in model.parameters() if "w" in str(w.place)}
    assert len(weights) == 14
    seen = set()
    for (_, operand, _), edge in zip(adds, at["edges"], strict=True):
        if order.index(operand) in weights:
            assert at["weights"][edge] == order.index(operand)
            seen.add(edge)
    assert len(seen) == 14


@pytest.mark.parametrize("is_first", [True, False])
def test_a_product_carries_its_weight_whichever_factor_that_is(is_first: bool) -> None:
    w, x = nn.Neuron(1, rng=0).w[0], Value(0.5, label="x")
    lesson = play((w * x if is_first else x * w) ** 2, detail="neuron")
    nodes, at = lesson.data["nodes"], lesson.data["levels"]["neuron"]
    product = next(node for node in nodes if "o" in node)
    (edge,) = [e for e, weight in enumerate(at["weights"]) if weight >= 0]
    assert nodes[at["weights"][edge]]["t"].startswith("w")
    assert len(product["o"]) == at["edges"].count(edge) == 2  # of the input, and of the weight


def test_weights_have_room_for_a_gradient_and_a_quiz_does_not_show_it() -> None:
    shown = network(3, 1, detail="neuron").svg
    labels = re.findall(r'<g class="label"[^>]*>(.*?)</g>', shown)
    with_slope = [label for label in labels if 'class="flow"> ∂w ' in label or ">∂w " in label]
    assert len(with_slope) == 9
    assert len(labels) > 9  # those of the error carry a local derivative
    hidden = network(3, 1, detail="neuron", quiz=True).svg
    assert "∂ −" not in hidden
    assert "∂ 0" not in hidden


# -- what a step is


def halts(lesson: Any, size: str, level: str) -> list[str]:
    """Return the kinds of the events at which steps of a size end."""
    picture = "{...data.levels[level], flows: data.levels[level].edges, labels}"
    code = f"""
    const level = "{level}", labels = {{}};
    const text = data.levels[level].svg;
    for (const found of text.matchAll(/data-edge="(\\d+)"/g)) labels[found[1]] = true;
    const lesson = {{data, nodes: data.nodes, now: run(data.nodes, rules), picture: {picture}}};
    const told = (i) => {{
      const {{kind, node, parent}} = lesson.now.events[i];
      return kind === "start" || kind === "seed" ? kind
        : `${{kind}} ${{data.nodes[kind === "add" ? parent : node].t}}`;
    }};
    return halts(lesson, "{size}").map(told);
    """
    found: list[str] = in_node(lesson, code)
    return found


@needs_node
def test_each_sum_is_a_step_of_its_own_at_scalar_level() -> None:
    lesson = network(3, 1)
    assert halts(lesson, "change", "scalar") == halts(lesson, "sum", "scalar")
    assert len(halts(lesson, "sum", "scalar")) == 42


@needs_node
def test_steps_at_neuron_level_skip_what_changes_nothing_there() -> None:
    found = halts(network(2, 1), "change", "neuron")
    assert "value z₁⁽¹⁾" in found
    assert "value a₁⁽¹⁾" not in found  # a unit shows z
    assert "add a₁⁽¹⁾" in found  # which is δ
    assert "add w₁₁⁽¹⁾" in found  # δ z arrives at its edge
    assert [name for name in found if name.startswith("add b")] == [
        *["add b₁⁽²⁾", "add b₂⁽¹⁾", "add b₁⁽¹⁾"]
    ]
    assert (found[0], found[-1]) == ("start", "add b₁⁽¹⁾")  # the last step can always be reached


@needs_node
def test_steps_at_layer_level_wait_for_a_norm_to_be_complete() -> None:
    found = halts(network(3, 1), "change", "layer")
    slopes = [name for name in found if name.startswith("add a")]
    assert slopes == ["add a₁⁽²⁾", "add a₁⁽¹⁾"]  # of three δ, the last one that arrives


@needs_node
def test_steps_through_units_and_layers_end_where_these_do() -> None:
    lesson = network(3, 1)
    units = halts(lesson, "unit", "scalar")
    forward = [name.split()[1] for name in units if name.startswith("value")]
    assert forward[:4] == ["z₁⁽¹⁾", "z₂⁽¹⁾", "z₃⁽¹⁾", "y₁⁽²⁾"]
    backward = [name for name in units if name.startswith("add")]
    assert backward[-3:] == ["add b₃⁽¹⁾", "add b₂⁽¹⁾", "add b₁⁽¹⁾"]
    layers = halts(lesson, "layer", "scalar")
    assert len(layers) == 8  # start, two layers and the error, seed, and the same back
    assert set(layers) < set(units)


@needs_node
def test_the_changes_of_a_number_are_its_value_and_every_sum() -> None:
    x = Value(3.0, label="x")
    y = x * x * x
    found = in_node(
        play(y, update=0.1),
        "const {events} = run(data.nodes, rules), all = [...events, ...updates("
        "  run(data.nodes, rules), data.update)];"
        "return [0, 1, 2].map((i) => changesOf(all, i).map((at) => all[at].kind));",
    )
    assert found == [["add", "add", "add", "update"], ["value", "add"], ["value", "seed"]]


# -- numbers that are not finite


@needs_node
def test_the_culprit_is_the_first_of_its_pass() -> None:
    x = Value(0.0, label="x")
    y = 2 / x - 3 / x  # inf, and nan from it
    code = (
        "const now = run(data.nodes, rules), found = culprits(now, now.events.length);"
        "return [found.value, found.add && [found.add.node, found.add.parent]];"
    )
    value, add = in_node(play(y), code)
    order = topological_order(y)
    assert value == next(i for i, node in enumerate(order) if not math.isfinite(node.data))
    assert not math.isfinite(order[add[0]].data)
    assert order[add[1]] is x
    assert in_node(expression(), code) == [-1, None]
    root = Value(0.0, label="x") ** 0.5  # finite, with an infinite slope
    assert in_node(play(root), code) == [-1, [1, 0]]


# -- the update


@needs_node
def test_an_update_is_gradient_descent() -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=2)
    E = loss(model)
    lesson = play(E, update=0.3)
    found = in_node(
        lesson,
        "const now = run(data.nodes, rules), third = updates(now, data.update);"
        "for (const {node, after} of third) data.nodes[node].v = after;"
        "return {third, E: run(data.nodes, rules).values.at(-1)};",
    )
    order = topological_order(E)
    model.zero_grad()
    E.backward()
    parameters = list(model.parameters())
    assert {order[event["node"]] for event in found["third"]} == set(parameters)
    optimizer = nn.SGD(parameters, lr=0.3)
    expected = {p: (p.data, p.grad) for p in parameters}
    optimizer.step()
    for event in found["third"]:
        p = order[event["node"]]
        assert (number(event["before"]), number(event["grad"])) == pytest.approx(expected[p])
        assert number(event["after"]) == pytest.approx(p.data, rel=1e-14)
    assert number(found["E"]) == pytest.approx(loss(model).data, rel=1e-12)


def test_the_picture_of_layers_has_the_norms_of_an_update() -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=2)
    E = loss(model)
    E.backward()
    norms = [math.sqrt(sum([p.grad**2 for p in layer.parameters()])) for layer in model.layers]
    texts = [f"‖∂w‖ {x:.4g}" for x in norms] + [f"‖Δw‖ {0.3 * x:.4g}" for x in norms]
    shown = re.findall(r">(‖[∂Δ][^<]*)<", play(E, update=0.3, detail="layer").svg)
    assert sorted(shown) == sorted(texts)
    hidden = re.findall(r">(‖[∂Δ][^<]*)<", play(E, update=0.3, detail="layer", quiz=True).svg)
    assert sorted(hidden) == ["‖Δw‖ ?", "‖Δw‖ ?", "‖∂w‖ ?", "‖∂w‖ ?"]
    assert "‖∂w‖" not in play(E, detail="layer").svg


def test_what_an_update_changes() -> None:
    """Weights and biases that are not frozen; without any, all leaves."""
    neuron = nn.Neuron(2, rng=0)
    x = Value(1.0, label="x")
    E = (neuron([x, 2.0]) - 1) ** 2
    names = [node["t"] for node in play(E).data["nodes"]]

    def changed(root: Value) -> list[str]:
        return [names[i][0] for i in play(root, update=1).data["update"]["nodes"]]

    assert sorted(changed(E)) == ["b", "w", "w"]
    next(iter(neuron.parameters())).requires_grad_(False)
    assert len(changed(E)) == 2
    a, w, _ = small()
    found = play(a * w, update=0.1).data["update"]
    assert found == {"rate": 0.1, "nodes": [0, 1]}
    assert "update" not in play(a * w).data


def test_an_update_goes_unit_by_unit() -> None:
    """In the graph a bias stands after the weights of later layers."""
    lesson = network(2, 1, update=0.1)
    names = [node["t"] for node in lesson.data["nodes"]]
    assert [names[i] for i in lesson.data["update"]["nodes"]] == [
        *("w₁₁⁽¹⁾", "w₁₂⁽¹⁾", "b₁⁽¹⁾", "w₂₁⁽¹⁾", "w₂₂⁽¹⁾", "b₂⁽¹⁾"),
        *("w₁₁⁽²⁾", "w₁₂⁽²⁾", "b₁⁽²⁾"),
    ]


@pytest.mark.parametrize(
    ("rate", "error", "words"),
    [
        (0.0, ValueError, "update is 0.0, but it is a learning rate"),
        (-0.1, ValueError, "update is -0.1"),
        (math.inf, ValueError, "0 < update < inf"),
        (math.nan, ValueError, "update is nan"),
        (True, TypeError, "update is True, but it is a learning rate: choose a number"),
        ("0.1", TypeError, "update: expected a real number, got str"),
    ],
)
def test_a_learning_rate_is_positive_and_finite(rate: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=re.escape(words)):
        play(small()[2], update=rate)


def test_an_update_needs_something_to_change() -> None:
    a = Value(1.0).requires_grad_(False)
    with pytest.raises(ValueError, match="nothing to change: all leaves of the graph are frozen"):
        play(a * a, update=0.1)


# -- two passes


@needs_node
def test_the_page_has_both_passes() -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=2)
    before = copy.deepcopy(loss(model))
    for p in model.parameters():
        p.data += 0.25
    after = loss(model)
    lesson = play(before, after)
    assert len(lesson.data["before"]) == len(list(model.parameters()))
    found = in_node(
        lesson,
        "const lesson = begin(data, rules, () => {}); lesson.start({});"
        "return [lesson.old, lesson.now].map(({values, grads}) => ({values, grads}));",
    )
    for run, root in zip(found, (before, after), strict=True):
        root.zero_grad()
        root.backward()
        order = topological_order(root)
        assert run["values"] == pytest.approx([node.data for node in order], rel=1e-12)
        assert run["grads"] == pytest.approx([node.grad for node in order], rel=1e-12)


def test_passes_of_other_operations_are_refused_with_the_first_difference() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    with pytest.raises(ValueError, match=r"v₁ is the first .*: mul\(a, b\) before, add\(a, b\) af"):
        play((a * b).tanh(), (a + b).tanh())
    with pytest.raises(ValueError, match=r"mul\(a, 2\) before, mul\(a, 3\) after"):
        play(a * 2.0, a * 3.0)
    with pytest.raises(ValueError, match=r"sub\(b, a\) before, sub\(a, b\) after|a leaf"):
        play(a * b + (b - a), a * b + (a - b))
    with pytest.raises(ValueError, match=r"3 numbers before, 4 after|first that differs"):
        play(a * b, (a * b).tanh())
    with pytest.raises(TypeError, match="after must be the Value of a later pass, got 'neuron'"):
        play(a * b, "neuron")  # type: ignore[arg-type]


def test_a_pass_that_training_has_overtaken_is_refused_with_the_remedy() -> None:
    a, w, before = small()
    w.data = 0.5
    with pytest.raises(StaleGraphError, match=r"keep a copy: before = copy.deepcopy\(loss\)"):
        play(before, (a * w - 1) ** 2)


def test_playing_two_passes_changes_neither() -> None:
    _, _, before = small()
    after = copy.deepcopy(before)
    play(before, after, update=0.1).html  # noqa: B018
    assert not before.has_grad
    assert not after.has_grad


def test_what_only_python_computes_has_no_second_pass() -> None:
    row = Operation("ceil_ish", lambda x: float(math.ceil(x)), lambda y, x: (1.0,))
    try:
        root = row(Value(2.5, label="a")) * 3
        with pytest.raises(ValueError, match="runs in Python only"):
            play(root, update=0.1)
    finally:
        del TABLE["ceil_ish"]


@needs_node
@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("1", "1.5", "↑ 0.5"),
        ("1.5", "-0.25", "↓ 1.75"),
        ("2", "2", "="),
        ("NaN", "NaN", "="),
        ("1", "Infinity", "↑ inf"),
        ("1", "NaN", "1 → nan"),
        ("Infinity", "Infinity", "="),
    ],
)
def test_a_change_says_how_far_and_which_way(before: str, after: str, text: str) -> None:
    assert in_node(expression(), f"return change({before}, {after}, 4);") == text
