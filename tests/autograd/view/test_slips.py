"""Typical slips: what the page plants, judges and puts on ballots, run in node."""

import math
import random
from typing import Any

import pytest

import examples
from autograd import Value, topological_order
from autograd.view.player import play
from autograd.view.slips import SLIPS, room
from players import expression, network, random_graph
from scripts import in_node, needs_node, number

pytestmark = needs_node

ROWS = ["add", "sub", "mul", "tanh", "sigmoid", "square", "relu", "dot"]


def graph() -> Value:
    """Return the graph of the README: a is used twice, in a product and in a power."""
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    loss = (a * b + a**2).tanh()
    loss.label = "L"
    return loss


def graphs() -> list[Value]:
    return [graph(), *[random_graph(seed, ROWS) for seed in range(3)]]


# -- planting


@pytest.mark.parametrize("root", graphs())
@pytest.mark.parametrize("name", SLIPS)
def test_a_planted_slip_first_shows_where_it_was_planted(name: str, root: Value) -> None:
    """Its number there is the one that the judge knows it by; what comes before is right."""
    found = in_node(
        play(root, slip="random"),
        f"""const right = run(data.nodes, rules);
        return places("{name}", right, data.nodes, 4).map((event) => {{
          const slip = planted("{name}", event, right), wrong = run(data.nodes, rules, slip);
          const due = dues(wrong.events, right), k = firstWrong(wrong.events, due, 4);
          return {{arc: event.arc, found: wrong.events[k].arc, after: wrong.events[k].after,
            expected: SLIPS["{name}"].number(event), due: due[k], kind: wrong.events[k].kind,
            node: event.node, first: wrong.events[k].node}};
        }});""",
    )
    has_no_room = name == "order" and root.label == "L"  # nothing there passes on twice
    assert bool(found) != has_no_room
    for case in found:
        assert case["kind"] == "add"
        if name == "order":  # the node's first edge on which that shows
            assert case["node"] == case["first"]
        elif name != "twice":  # of the whole pass
            assert case["arc"] == case["found"]
            assert case["after"] == case["expected"]
        assert f"{number(case['after']):.4g}" != f"{number(case['due']):.4g}"


@pytest.mark.parametrize("seed", range(5))
def test_python_and_the_page_know_the_same_slips_for_a_graph(seed: int) -> None:
    root = random_graph(seed, ROWS, size=[7, 9, 12, 16, 25][seed])
    lesson = play(root, slip="random")
    found = in_node(
        lesson,
        "const right = run(data.nodes, rules); return Object.keys(SLIPS).filter((name) =>"
        "  places(name, right, data.nodes, 4).length);",
    )
    root.backward()
    assert found == room(topological_order(root), 4)


def test_a_pass_without_zeroing_doubles_the_leaves_only() -> None:
    found = in_node(
        play(graph(), slip="random"),
        "const right = run(data.nodes, rules);"
        "return [right.grads, run(data.nodes, rules, {passes: 2}).grads];",
    )
    right, twice = found
    assert twice[:2] == pytest.approx([2 * x for x in right[:2]], rel=1e-15)
    assert twice[2:] == right[2:]


def test_a_node_that_passes_on_too_early_gets_the_rest_afterwards() -> None:
    """In the graph of lesson 2, d = c·b + a, the gradient of b comes in two parts."""
    a = Value(2.0, label="a")
    b = 2 * a
    c = b + a
    found = in_node(
        play(c * b + a, slip="order"),
        "const right = run(data.nodes, rules), [event] = places('order', right, data.nodes, 4);"
        "const wrong = run(data.nodes, rules, planted('order', event, right));"
        "return [right.grads, wrong.grads];",
    )
    right, wrong = found
    assert right[0] == 25
    assert wrong[0] == 25 - 2 * 4  # what came through c has not gone on
    assert wrong[1:] == right[1:]


def test_random_slips_differ_but_can_be_had_again() -> None:
    found = in_node(
        play(graph(), slip="random"),
        "const right = run(data.nodes, rules);"
        "const draw = (seed) => choice({data, rules, nodes: data.nodes}, right, dice(seed)).name;"
        "return [draw(7) === draw(7), [...Array(60).keys()].map(draw)];",
    )
    assert found[0]
    assert {*found[1]} == {*SLIPS} - {"order"}


def test_there_is_no_place_for_some_slips_in_some_graphs() -> None:
    a = Value(2.0, label="a")
    with pytest.raises(ValueError, match="slip must be one of 'random', 'overwrite', 'path'"):
        play(a.tanh(), slip="typo")
    with pytest.raises(
        ValueError, match=r"slip='overwrite' would not show.*room for 'path', 'sign', 'slope'"
    ):
        play(a.tanh(), slip="overwrite")
    with pytest.raises(ValueError, match="no slip would show"):
        play(a, slip="random")
    with pytest.raises(ValueError, match="either"):
        play(graph(), slip="random", quiz=True)
    with pytest.raises(ValueError, match=r"slip= trains from .* leave out update= or slip="):
        play(graph(), slip="random", update=0.1)
    with pytest.raises(
        ValueError, match=r"quiz='vote' trains .* leave out after= and update= or q"
    ):
        play(graph(), graph(), quiz="vote", update=0.1)
    with pytest.raises(ValueError, match="quiz must be one of"):
        play(graph(), quiz="voting")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "local", "term"),
    [
        ("slope", 1.0, 1.0),
        ("factor", 1.5, 1.5 * 2.0),
        ("sign", 2.2, 2.2 * 2.0),
        ("upstream", -2.2, -2.2),
        ("sum", -2.2, -2.2 + 2.0),
        ("overwrite", -2.2, -4.4),
    ],
)
def test_a_slip_shows_what_it_has_computed_with(name: str, local: float, term: float) -> None:
    """The first wrong numbers are the local derivative, the product or the sum, as was made."""
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    root = (a * b).tanh() if name == "slope" else a * b * 2.0 + a
    (event,) = in_node(
        play(root, slip=name),
        f"""const right = run(data.nodes, rules), [tanh] = additions(right);
        const event = "{name}" === "slope" ? tanh : additions(right).find((e) =>
          data.nodes[e.parent].t === "a" && e.own === 1.5);
        const wrong = run(data.nodes, rules, planted("{name}", event, right));
        return additions(wrong).filter(({{arc}}) => arc === event.arc);""",
    )
    assert (event["local"], event["term"]) == pytest.approx((local, term))
    assert event["after"] == pytest.approx(term if name == "overwrite" else event["before"] + term)


def test_an_unused_slope_is_planted_only_where_there_is_one_operand() -> None:
    found = in_node(
        play(graph(), slip="slope"),
        "return places('slope', run(data.nodes, rules), data.nodes, 4)"
        ".map(({node}) => data.nodes[node].t);",
    )
    assert found == ["L", "v₂"]  # tanh and the square, not the product


# -- judging


@pytest.mark.parametrize("root", graphs())
def test_the_judge_names_the_slip_that_gives_a_number(root: Value) -> None:
    found = in_node(
        play(root, slip="random"),
        """const {events} = run(data.nodes, rules), wide = (x) => x.toPrecision(15);
        return events.filter((e) => e.kind === "add" && Number.isFinite(e.after)).map((event) =>
          Object.entries(SLIPS).map(([name, {number}]) => [name, number(event), event.after,
            judge(wide(number(event)), event, events).text]));""",
    )
    told = set()
    for event in found:
        numbers = {name: number(total) for name, total, _, _ in event}
        for name, total, after, text in event:
            alike = [
                other
                for other, x in numbers.items()
                if math.isclose(x, number(total), rel_tol=0.02, abs_tol=1e-9)
            ]
            if math.isnan(number(total)) or math.isclose(number(total), after, rel_tol=0.02):
                continue
            assert text in [SLIPS[other].says for other in alike], (name, event)
            told.add(text)
    assert {SLIPS[name].says for name in ("sum", "twice", "sign", "path")} <= told


@pytest.mark.parametrize(
    ("typed", "words"),
    [("7", "Added"), ("24", "Doubled"), ("20", "Its own factor"), ("6", "too early")],
)
def test_what_was_only_not_yet_has_a_name(typed: str, words: str) -> None:
    code = """const event = {kind: "add", parent: 0, before: 0, local: 3, upstream: 4, term: 12,
      after: 12, final: 12, own: 5, early: 2};"""
    found = in_node(expression(quiz=True), f'{code} return judge("{typed}", event, [event]).text;')
    assert words in found


# -- ballots


def test_ballots_have_the_right_answer_and_slips_that_look_different() -> None:
    root = network(2, 1).data
    lesson = network(2, 1, quiz="vote")
    found = in_node(
        lesson,
        """const right = run(data.nodes, rules), put = (x) => show(x, 4);
        return right.events.slice(1).filter((e) => e.kind !== "seed").map((event, k) => ({
          right: put(event.kind === "value" ? right.values[event.node] : event.after),
          again: ballot(event, right, data.nodes, rules, 4, k),
          choices: ballot(event, right, data.nodes, rules, 4, k)}));""",
    )
    assert len(root["nodes"]) > 10
    first = []
    for case in found:
        assert case["again"] == case["choices"]
        shown = [f"{choice['number']:.4g}".replace("-", "−") for choice in case["choices"]]
        assert len({*shown}) == len(shown) <= 4
        assert [c["title"] == "" for c in case["choices"]] == [x == case["right"] for x in shown]
        first.append(shown.index(case["right"]))
    assert sum(len(case["choices"]) == 4 for case in found) > 0.8 * len(found)
    assert {*first} == {0, 1, 2, 3}


def test_forward_slips_compute_something_else() -> None:
    a, b = Value(3.0, label="a"), Value(-2.0, label="b")
    found = in_node(
        play(a * b, quiz="vote"),
        "const right = run(data.nodes, rules); const all = {};"
        "for (let k = 0; k < 40; k++)"
        "  for (const {number, title} of ballot(right.events[1], right, data.nodes, rules, 4, k))"
        "    all[number] = title;"
        "return all;",
    )
    assert found == {
        "-6": "",
        "6": "lost the sign",
        "1": "another operation",
        "3": "forgot an operand",
        "-2": "forgot an operand",
        "-12": "a factor 2 too much",
    }


def test_a_forgotten_operation_leaves_its_number_and_not_a_constant() -> None:
    found = in_node(
        play(2 * Value(3.0, label="a"), quiz="vote"),
        "const right = run(data.nodes, rules);"
        "return [...Array(20).keys()].flatMap((k) =>"
        "  ballot(right.events[1], right, data.nodes, rules, 4, k))"
        ".filter(({title}) => title === 'forgot the operation').map(({number}) => number);",
    )
    assert {*found} == {3}


# -- training


def test_training_shows_what_the_slip_does() -> None:
    a, b = Value(2.0, label="a"), Value(-1.0, label="b")
    found = in_node(
        play((a * b + 3.0) ** 2, slip="sign"),
        """const right = run(data.nodes, rules);
        const slip = planted("sign", places("sign", right, data.nodes, 4)[0], right);
        const lesson = {data, rules, nodes: data.nodes};
        return slipped(lesson, descents(lesson), slip);""",
    )
    assert found["eta"] in (0.1, 0.03, 0.01)
    assert found["harms"]
    assert len(found["right"]) == 301
    assert found["right"][-1] < 1e-3
    assert 2 < len(found["wrong"]) < 301  # it is cut where the numbers are no longer finite
    assert found["wrong"] == sorted(found["wrong"])
    assert all(math.isfinite(loss) for loss in found["wrong"])


def test_the_step_is_small_enough_for_the_right_pass() -> None:
    rng = random.Random(1)
    x = Value(rng.uniform(5, 6), label="x")
    found = in_node(
        play((10 * x) ** 2, slip="sign"),
        "const right = run(data.nodes, rules), slip = planted('sign', right.events.at(-1), right);"
        "const lesson = {data, rules, nodes: data.nodes};"
        "return slipped(lesson, descents(lesson), slip);",
    )
    assert found["eta"] == 0.003
    falls: list[Any] = found["right"]
    assert falls == sorted(falls, reverse=True)


def test_a_slip_is_put_where_it_does_harm() -> None:
    """A sign lost on the way to w lets the error grow; on the way to a dead end it does not."""
    w, c = Value(1.5, label="w"), Value(0.4, label="c")
    found = in_node(
        play((w - 4.0) ** 2 + (c * 0.01) ** 2, slip="sign"),
        """const right = run(data.nodes, rules), lesson = {data, rules, nodes: data.nodes};
        const trainings = descents(lesson);
        return [places("sign", right, data.nodes, 4).map((event) =>
            slipped(lesson, trainings, planted("sign", event, right)).harms),
          [...Array(20).keys()].map((seed) =>
            slipped(lesson, trainings, choice(lesson, right, dice(seed))).harms)];""",
    )
    assert {*found[0]} == {True, False}
    assert {*found[1]} == {True}


# -- examples whose numbers tell all slips apart

COINCIDENCES = """
const right = run(data.nodes, rules), found = [];
const random = dice(1), others = data.nodes.map((node) => (node.o ? node
  : {...node, v: (Number(node.v) + 0.03) * (0.8 + 0.6 * random())}));
const elsewhere = run(others, rules);
additions(right).forEach((event, k) => {
  const other = additions(elsewhere)[k], alone = (x, e) => x - e.before;
  for (const [name, {number}] of Object.entries(SLIPS)) {
    for (const of of [number, (e) => alone(number(e), e)]) {
      const typed = show(of(event), 4), there = of(other);
      const isSlip = Number.isFinite(there) &&
        !judge(show(there, 4), other, elsewhere.events).right;
      if (isSlip && Number.isFinite(of(event)) && judge(typed, event, right.events).right) {
        found.push(`${name} gives ${typed}: ${data.nodes[event.node].t} to ` +
          `${data.nodes[event.parent].t}, ${event.local} · ${event.upstream}`);
      }
    }
  }
});
return found;
"""


@pytest.mark.parametrize("stem", [path.stem for path in examples.LESSONS])
def test_numbers_of_lessons_tell_every_slip_from_the_right_one(stem: str) -> None:
    """With other numbers each slip would give another one; so it has to with these."""
    for root in examples.graphs_of_lesson(stem):
        if len(topological_order(root)) <= examples.LARGEST:
            assert in_node(play(root, slip="random"), COINCIDENCES) == []


@pytest.mark.parametrize("page", ["README.md"])
def test_numbers_of_pages_do_so_too(page: str) -> None:
    for root in examples.graphs_of_page(page):
        assert in_node(play(root, slip="random"), COINCIDENCES) == []
