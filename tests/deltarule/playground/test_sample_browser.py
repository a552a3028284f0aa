"""The panel of the chosen sample: its numbers are Python's, at every level of detail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import nn
from autograd import Value, topological_order
from autograd.view.html import page as page_of
from autograd.view.player import Player, play
from deltarule.playground import page as playground
from deltarule.playground.table import Table
from pages import written

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
X, RATE = [0.5, -1.2], 0.1
LEVELS = ("neuron", "formula", "scalar", "matrix")
SCRIPT = """
const told = [], panel = samplePanel((...what) => told.push(what));
const host = document.body.appendChild(make("div", {style: "height: 310px"}));
host.append(panel.element);
const graph = graphOf(ASKED.net, null);
panel.show({graph, p: ASKED.p, x: ASKED.x, t: ASKED.t, rate: ASKED.rate, name: "sample 1"});
Object.assign(window, {told, panel, graph});
"""


class Played(NamedTuple):
    """The player of Python, and the error with its gradients."""

    lesson: Player
    root: Value


@pytest.fixture
def show(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open the panel alone, with a network of these sizes; return it with the player of Python."""
    monkeypatch.setattr(playground, "PARTS", "graph program drawing levels layout rows sample")
    monkeypatch.setattr(playground, "STYLES", "sample")
    troubles: list[str] = []
    opened = []

    def show(*sizes: int) -> Any:
        *hidden, outputs = sizes
        model = nn.MLP(2, sizes, activation="tanh", output="sigmoid", rng=3)
        targets = [0.25 * k for k in range(1, outputs + 1)]
        y = model(X)
        error = nn.half_squared_error(y, targets if outputs > 1 else targets[0])
        lesson = play(error)
        net = {"inputs": 2, "hidden": hidden, "outputs": outputs, "activation": "tanh"}
        net |= {"output": "sigmoid", "error": "half_squared_error"}
        asked = {"net": net, "p": [w.data for w in model.parameters()], "x": X, "t": targets}
        parts, _, _ = playground._script(Table(), None).rpartition("globalThis.playground")
        script = f"{parts}\nconst ASKED = {json.dumps(asked | {'rate': RATE})};\n{SCRIPT}"
        html = page_of("sample", playground._style(), script)
        path = tmp_path / "sample.html"
        path.write_text(html.replace("script-src ", "script-src 'unsafe-eval' "), encoding="utf-8")
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("pageerror", lambda fault: troubles.append(str(fault)))
        opened.append(page)
        page.goto(path.as_uri())
        error.backward()
        return page, model, Played(lesson, error)

    yield show
    for page in opened:
        page.close()
    assert troubles == []


def in_lesson(page: Any, code: str) -> Any:
    return page.evaluate(f"() => {{ const lesson = panel.lesson; {code} }}")


def test_after_the_backward_pass_every_number_is_pythons(show: Open) -> None:
    page, model, _ = show(3, 1)
    given = list(model.parameters())
    kind = "return lesson.now.events[lesson.step].kind + lesson.now.events[lesson.step + 1].kind"
    assert in_lesson(page, kind) == "addupdate"
    at = "graph.nodes.flatMap((node, i) => node.from === 'p' ? [lesson.now.grads[i]] : [])"
    grads = in_lesson(page, f"return {at}")
    assert grads == pytest.approx([w.grad for w in given], rel=1e-12)
    page.evaluate("panel.pass('update')")
    moved = in_lesson(page, "return lesson.now.events.filter((e) => e.rate).map((e) => e.after)")
    assert moved == pytest.approx([w.data - RATE * w.grad for w in given], rel=1e-12)


def shown_by(level: str, known: dict[str, Value]) -> list[list[str]]:
    """Return what nodes of the picture of a 2-3-1 network have to say, in an order of their own."""

    def value(name: str) -> str:
        return f"{written(known[name].data)}"

    def grad(name: str, words: str = "grad ") -> str:
        return f"{words}{written(known[name].grad)}"

    w, b, a, z, units = "w₂₁⁽¹⁾", "b₂⁽¹⁾", "a₂⁽¹⁾", "z₂⁽¹⁾", "₁₂₃"
    if level == "neuron":
        unit = [f"{z} tanh", f"a {value(a)}", f"z {value(z)}", f"b {value(b)}", grad(a, "δ ")]
        return [unit, ["E", value("E"), grad("E")]]
    if level == "formula":
        formula = "a₂⁽¹⁾ = w₂₁⁽¹⁾·x₁ + w₂₂⁽¹⁾·x₂ + b₂⁽¹⁾ ="
        return [[formula, value(a), grad(a, "δ ")], [w, value(w), grad(w)], [b, value(b), grad(b)]]
    if level == "scalar":
        return [[w, value(w), grad(w)], [f"{a} dot", value(a), grad(a, "δ ")]]
    weights = [f"w{j}{i}⁽¹⁾" for j in units for i in "₁₂"]
    biases, sums, outputs = [[f"{letter}{j}⁽¹⁾" for j in units] for letter in "baz"]
    numbers = [*weights, "x₁", "x₂", *biases, *sums, *outputs]
    slopes = [*sums, *weights, *biases]
    return [[value(name)] for name in numbers] + [[grad(name, "")] for name in slopes]


@pytest.mark.parametrize("level", LEVELS)
def test_the_pictures_show_pythons_numbers(show: Open, level: str) -> None:
    page, _, (lesson, root) = show(3, 1)
    rows = zip(topological_order(root), lesson.data["nodes"], strict=True)
    known = {row["t"]: node for node, row in rows}
    known |= {f"x{k}": Value(x) for k, x in zip("₁₂", X, strict=True)}
    page.evaluate("(level) => panel.lesson.turn(level)", level)
    found = in_lesson(
        page,
        """return [...lesson.picture.svg.querySelectorAll(".node")].map((node) =>
          [...node.querySelectorAll("text")].map(({textContent}) => textContent));""",
    )
    expected = shown_by(level, known)
    if level == "matrix":  # the first layer, cell by cell
        assert found[: len(expected)] == expected
    else:
        assert [lines for lines in expected if lines not in found] == []


@pytest.mark.parametrize("level", LEVELS)
def test_each_step_lights_up_where_its_numbers_are(show: Open, level: str) -> None:
    page, _, _ = show(5, 1)
    page.evaluate("(level) => panel.lesson.turn(level)", level)
    dark = in_lesson(
        page,
        """const {picture} = lesson, dark = [];
        const isLit = (i) => picture.members.some((group, k) => group.includes(i)
          && picture.nodes[k].classList.contains("now"));
        for (const size of ["change", "layer"]) {
          lesson.size = size;
          for (let step = 1; step <= lesson.last; step++) {
            lesson.go(step);
            const {node, parent = node} = lesson.now.events[step];
            if (!isLit(node) || !isLit(parent)) dark.push([size, step]);
          }
        }
        return dark;""",
    )
    assert dark == []
    offered = page.locator("select[aria-label='Each step'] option").all_inner_texts()
    assert {"each unit", "each layer"} <= {*offered}


def test_editing_a_weight_tells_the_page(show: Open) -> None:
    page, _, _ = show(3, 1)
    old = in_lesson(page, "return lesson.now.values.at(-1)")
    page.get_by_role("button", name="w₁₂⁽²⁾").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("2.5")
    page.keyboard.press("Enter")
    at = page.evaluate("graph.nodes.find(({t}) => t === 'w₁₂⁽²⁾').at")
    assert page.evaluate("told") == [["p", at, 2.5]]
    assert in_lesson(page, "return lesson.now.values.at(-1)") != old


def test_other_numbers_come_while_step_level_and_what_is_chosen_stay(show: Open) -> None:
    page, model, _ = show(3, 1)
    page.evaluate("panel.lesson.turn('matrix'), panel.lesson.go(9)")
    p = [w.data + 1.0 for w in model.parameters()]
    page.evaluate("(p) => { for (let k = 0; k < 5; k++) panel.numbers(p, [1, 2], [0.5], 0.3); }", p)
    page.wait_for_function("panel.lesson.nodes.some(({t, v}) => t === 'x₂' && v === 2)")
    kept = "return [lesson.step, lesson.level, lesson.old, lesson.data.update.rate]"
    assert in_lesson(page, kept) == [9, "matrix", None, 0.3]
    assert page.evaluate("told") == []
    assert page.locator(".twice").is_hidden()
    for w, x in zip(model.parameters(), p, strict=True):
        w.data = x
    assert in_lesson(page, "return lesson.now.values.at(-1)") == pytest.approx(
        nn.half_squared_error(model([1.0, 2.0]), 0.5).data, rel=1e-12
    )


def test_the_panel_has_its_words_in_310_pixels(show: Open) -> None:
    page, _, _ = show(3, 1)
    boxes = page.evaluate("""() => {
      const outer = panel.element.getBoundingClientRect();
      return [...panel.element.querySelectorAll(".bar > *, .tools > *, h2, .card, .stage")]
        .filter((e) => e.getClientRects().length).map((e) => {
          const box = e.getBoundingClientRect();
          return [e.className, box.left >= outer.left && box.right <= outer.right
            && box.top >= outer.top && box.bottom <= outer.bottom];
        });
    }""")
    assert [name for name, is_in in boxes if not is_in] == []
    assert page.evaluate("document.querySelector('.stage').clientHeight") >= 220
