"""Time in the player, as a learner has it: steps, speed, jumps, an update, two passes."""

import copy
import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import looking
import nn
from autograd import Value, topological_order
from autograd.view.player import Player, play
from pages import lines, press, text, until, written
from players import expression, network

pytestmark = pytest.mark.slow
Open = Callable[..., Any]
VIOLET = "rgb(112, 54, 176)"


def label(page: Any, edge: int) -> list[str]:
    """Return what the label of an edge says: the weight, and its gradient if that is there."""
    found = page.locator(f'.label[data-edge="{edge}"] tspan').all_text_contents()
    return [piece.strip() for piece in found if piece]


def loss(model: nn.MLP) -> Value:
    return nn.half_squared_error(model([0.5, -1.2]), 1.0)


def taught() -> tuple[nn.MLP, Value]:
    model = nn.MLP(2, [3, 1], activation="tanh", output="sigmoid", rng=3)
    E = loss(model)
    E.backward()
    return model, E


def at_neuron_level(lesson: Player, name: str) -> tuple[int, int]:
    """Return the place of a number, and the edge that carries it."""
    i = [node["t"] for node in lesson.data["nodes"]].index(name)
    return i, lesson.data["levels"]["neuron"]["weights"].index(i)


# -- steps


def test_a_step_goes_to_the_next_change_of_the_level_shown(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    press(page, "ArrowRight")
    assert text(page, "h2").startswith("z₁⁽¹⁾ = tanh")  # a has no place in the picture
    assert text(page, ".counter").startswith("forward 2 / ")
    press(page, "ArrowLeft")
    assert text(page, ".counter").startswith("forward 0 / ")
    page.get_by_label("Level of detail").select_option("scalar")
    press(page, "ArrowRight")
    assert text(page, "h2").startswith("a₁⁽¹⁾ = ")
    assert text(page, ".counter").startswith("forward 1 / ")


def test_a_step_can_be_a_sum_a_unit_or_a_layer(show: Open) -> None:
    _, E = taught()
    lesson = play(E, detail="neuron")
    order, names = topological_order(E), [node["t"] for node in lesson.data["nodes"]]
    page = show(lesson)
    each = page.get_by_label("Each step")
    each.select_option(label="each +=")
    press(page, "ArrowRight")
    assert text(page, "h2").startswith("a₁⁽¹⁾ = ")
    each.select_option(label="each unit")
    press(page, "Home")
    page.click("button.next")
    assert text(page, "h2") == "Forward through z₁⁽¹⁾: 2 numbers"
    a, z = names.index("a₁⁽¹⁾"), names.index("z₁⁽¹⁾")
    assert text(page, ".cards") == (
        f"a₁⁽¹⁾ {written(order[a].data)} z₁⁽¹⁾ {written(order[z].data)}"
    )
    assert page.locator("#e0.now, #e1.now, #e2.now, #e3.now, #e4.now, #e5.now").count() == 2
    each.select_option(label="each layer")
    page.click("button.next")
    assert text(page, "h2") == "Forward through layer 1: 6 numbers"
    until(page, "Back through layer 1")
    assert text(page, ".counter") == "backward 41 / 41"
    assert "more" in text(page, ".cards")  # of 14 sums the first six
    delta = order[names.index("a₃⁽¹⁾")].grad
    assert f"δ₃⁽¹⁾ {written(delta)}" in text(page, ".cards")
    page.click("button.back")
    assert text(page, "h2").startswith("Back through layer 2")


def test_playing_goes_step_by_step_at_the_chosen_speed(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    page.clock.install(time=0)
    page.clock.pause_at(10)  # from here time passes where the test says so, and nowhere else
    page.get_by_label("Each step").select_option("unit")
    page.click("button.play")
    page.clock.run_for(1500)
    assert text(page, ".counter").startswith("forward 2 / ")
    page.get_by_label("Speed").select_option(label="4×")
    page.clock.run_for(360)
    assert text(page, ".counter").startswith("forward 4 / ")
    page.clock.run_for(360)
    assert text(page, ".counter").startswith("forward 6 / ")
    page.get_by_label("Speed").select_option(label="0.5×")
    page.clock.run_for(2700)
    assert text(page, ".counter").startswith("forward 6 / ")
    page.clock.run_for(200)
    assert text(page, ".counter").startswith("forward 8 / ")
    page.click("button.play")
    page.clock.run_for(9000)
    assert text(page, ".counter").startswith("forward 8 / ")


def test_the_scrubber_counts_events_whatever_a_step_is(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    page.get_by_label("Each step").select_option("layer")
    page.locator(".scrubber").fill("3")
    assert text(page, ".counter") == "forward 3 / 41"
    page.click("button.next")
    assert page.locator(".scrubber").input_value() == "6"  # the end of the layer
    page.locator(".scrubber").fill("40")
    assert text(page, ".counter") == "backward 40 / 41"


def test_jumping_to_what_changes_the_chosen_number(show: Open) -> None:
    x = Value(3.0, label="x")
    y = x * x * x
    y.label = "y"
    page = show(play(y))
    page.click("#n0")
    page.get_by_role("button", name="Next change of x").click()
    counters = [text(page, ".counter")]
    press(page, "Escape")
    page.click("#n0")
    page.locator(".side h2").click()  # so that keys are not typed into the editor
    page.locator(".side input").evaluate("(input) => input.blur()")
    for _ in range(3):
        press(page, "n")
        counters.append(text(page, ".counter"))
    places = [int(counter.split()[1]) for counter in counters]
    assert places == [5, 6, 7, 5]  # of three sums, and from the last one to the first
    assert text(page, "h2").startswith("∂y/∂x += ")


# -- the gradient of a weight


def test_the_gradient_of_a_weight_arrives_on_its_edge(show: Open) -> None:
    _, E = taught()
    lesson = play(E, detail="neuron")
    i, edge = at_neuron_level(lesson, "w₁₂⁽²⁾")
    w = topological_order(E)[i]
    page = show(lesson)
    assert label(page, edge) == [written(w.data)]
    until(page, "∂E/∂w₁₂⁽²⁾ +=")
    assert text(page, "h2") == "∂E/∂w₁₂⁽²⁾ += δ₁⁽²⁾ · z₂⁽¹⁾"
    assert label(page, edge) == [written(w.data), f"∂w {written(w.grad)}"]
    assert page.locator(".edge.now.back").evaluate_all("all => all.map((g) => g.id)") == [
        f"e{edge}"
    ]
    slope = page.locator(f'.label[data-edge="{edge}"] .flow')
    assert slope.evaluate("(text) => getComputedStyle(text).fill") == VIOLET
    press(page, "ArrowLeft")
    assert label(page, edge) == [written(w.data)]
    press(page, "End")
    shown = [
        label(page, e) for e, k in enumerate(lesson.data["levels"]["neuron"]["weights"]) if k >= 0
    ]
    assert all(len(pieces) == 2 for pieces in shown)


def test_weights_are_reached_and_chosen_by_keyboard(show: Open) -> None:
    _, E = taught()
    lesson = play(E, detail="neuron")
    i, edge = at_neuron_level(lesson, "w₁₂⁽²⁾")
    w = topological_order(E)[i]
    page = show(lesson)
    press(page, "End")
    while not page.evaluate("document.activeElement.matches('svg [role=button]')"):
        press(page, "Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == f"e{edge}":
            break
        press(page, "ArrowDown")
    focused = page.locator(f"#e{edge}")
    about = f"w₁₂⁽²⁾ = {written(w.data)}, ∂E/∂w₁₂⁽²⁾ = {written(w.grad)}"
    assert focused.get_attribute("role") == "button"
    assert " ".join(focused.get_attribute("aria-label").split()) == about
    assert text(page, ".hint") == about
    press(page, "Enter")
    assert text(page, ".side h2") == "w₁₂⁽²⁾"
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    assert page.locator(f"#e{edge}.path").count() == 1
    press(page, "Escape")
    assert page.evaluate("document.activeElement.id") == f"e{edge}"


def test_an_edge_without_a_label_shows_its_numbers_when_it_is_chosen(show: Open) -> None:
    model = nn.MLP(2, [7, 6, 1], activation="tanh", rng=3)
    E = loss(model)
    E.backward()
    lesson = play(E, detail="neuron")
    i, edge = at_neuron_level(lesson, "w₂₃⁽²⁾")
    w = topological_order(E)[i]
    page = show(lesson)
    assert page.locator(f'.label[data-edge="{edge}"]').count() == 0
    press(page, "End")
    page.locator(f"#e{edge}").focus()
    assert written(w.grad) in text(page, ".hint")
    press(page, "Enter")
    assert page.locator(".side .editor input").input_value() == repr(w.data)
    assert text(page, ".side .sum") == f"∂E/∂w₂₃⁽²⁾ = {written(w.grad)}"
    assert page.locator(f"#e{edge}.path").count() == 1


def test_a_thin_edge_can_be_hit_beside_its_line(show: Open) -> None:
    lesson = play(taught()[1], detail="neuron")
    _, edge = at_neuron_level(lesson, "w₁₁⁽²⁾")
    page = show(lesson)
    x, y = page.locator(f"#e{edge} path:not(.reach)").evaluate(
        "(path) => { const at = path.getPointAtLength(0.12 * path.getTotalLength())"
        ".matrixTransform(path.getScreenCTM()); return [at.x, at.y]; }"
    )
    page.mouse.click(x, y + 5)
    assert text(page, ".side h2") == "w₁₁⁽²⁾"


def test_the_legend_says_what_stands_on_which_edges(show: Open) -> None:
    page = show(network(3, 1, detail="neuron"))
    about = text(page, "p.legend")
    assert "on edges: weight w, then ∂w: ∂E/∂w; elsewhere local derivative" in about
    page.get_by_label("Level of detail").select_option("layer")
    assert "on edges" not in text(page, "p.legend")
    page = show(expression())
    assert "on edges: local derivative" in text(page, "p.legend")
    assert "weight" not in text(page, "p.legend")


# -- the update


def descent() -> tuple[Value, Value, Value]:
    a, w = Value(2.0, label="a").requires_grad_(False), Value(0.6888, label="w")
    E = (a * w - 1) ** 2
    E.label = "E"
    E.backward()
    return a, w, E


def test_the_update_takes_the_gradient_into_the_weight(show: Open) -> None:
    a, w, E = descent()
    page = show(play(E, update=0.1))
    press(page, "End")
    assert text(page, ".counter").startswith("update ")
    new = w.data - 0.1 * w.grad
    assert text(page, "h2") == "w ← w − η · ∂E/∂w"
    numbers = page.locator(".card .number").all_inner_texts()
    assert numbers == [written(w.data), "0.1", written(w.grad), written(new)]
    assert f"w ← 0.6888 − 0.1 · {written(w.grad)} = {written(new)}" in text(page, ".said")
    key = topological_order(E).index(w)
    assert lines(page, key)[1] == written(new)
    press(page, "ArrowLeft")
    assert lines(page, key)[1] == written(w.data)
    press(page, "End")
    page.get_by_role("button", name="Forward again").click()
    later = ((a.data * new - 1) ** 2, E.data)
    assert text(page, ".note") == f"E: {written(later[1])} → {written(later[0])}"
    assert text(page, ".counter").startswith("forward ")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Step"
    page.hover(f"#n{key}")
    assert f"(was {written(w.data)})" in text(page, ".hint")
    press(page, "End")  # and once more
    slope = 2 * (a.data * new - 1) * a.data
    assert lines(page, key)[1] == written(new - 0.1 * slope)


def arriving(page: Any) -> list[str]:
    """Go one step on, and return what moves in the picture at once."""
    return page.evaluate(
        "(document.querySelector('button.next').click(), "
        "[...document.querySelectorAll('.travel')].map((text) => text.textContent.trim()))"
    )


def test_the_gradient_is_seen_to_move(show: Open) -> None:
    _, w, E = descent()
    page = show(play(E, update=0.1))
    press(page, "End")
    press(page, "ArrowLeft")
    page.locator(".travel").first.wait_for(state="detached")
    assert arriving(page) == [f"grad {written(w.grad)}"]
    page.locator(".travel").first.wait_for(state="detached")
    page = show(play(E, update=0.1), reduced_motion="reduce")
    press(page, "End")
    press(page, "ArrowLeft")
    assert arriving(page) == []


def test_a_weight_is_updated_on_its_edge(show: Open) -> None:
    _, E = taught()
    lesson = play(E, update=0.5, detail="neuron")
    i, edge = at_neuron_level(lesson, "w₁₂⁽²⁾")
    w = topological_order(E)[i]
    page = show(lesson)
    until(page, "w₁₁⁽²⁾ ←")
    assert arriving(page) == [f"∂w {written(w.grad)}"]
    assert text(page, "h2").startswith("w₁₂⁽²⁾ ←")
    assert label(page, edge)[0] == written(w.data - 0.5 * w.grad)
    assert page.locator(f"#e{edge}.now").count() == 1


@pytest.mark.parametrize("step", ["change", "layer"])
def test_an_update_of_a_layer_is_seen_as_norms(show: Open, step: str) -> None:
    model, E = taught()
    page = show(play(E, update=0.1, detail="layer"))
    page.get_by_label("Each step").select_option(step)
    boxes = page.locator(".node.layer[id]").evaluate_all("all => all.map((g) => g.id.slice(1))")
    assert not any("Δw" in " ".join(lines(page, int(key))) for key in boxes)
    for number, (key, layer) in enumerate(zip(boxes, model.layers, strict=True), start=1):
        parameters = list(layer.parameters())
        norm = math.sqrt(sum([p.grad**2 for p in parameters]))
        until(page, f"layer {number}: w ← w − η · ∂E/∂w for its {len(parameters)} parameters")
        press(page, "ArrowLeft")
        assert lines(page, int(key))[-1] == f"‖∂w‖ {written(norm)}"
        assert arriving(page) == [f"‖∂w‖ {written(norm)}"]
        still = page.locator(f"#n{key} text:not(.travel)")
        assert still.all_text_contents()[-2:] == [
            f"‖∂w‖ {written(norm)}",
            f"‖Δw‖ {written(0.1 * norm)}",
        ]
        numbers = page.locator(".card .number").all_inner_texts()
        assert numbers == ["0.1", written(norm), written(0.1 * norm)]
        ink = "(text) => getComputedStyle(text).fill"  # which is no sign
        assert still.last.evaluate(ink) == still.first.evaluate(ink)
    assert "‖Δw‖ = η ‖∂w‖" in text(page, "p.legend")
    page.get_by_role("button", name="Forward again").click()
    assert text(page, ".note").startswith(f"E: {written(E.data)} → ")


def test_after_steps_of_any_size_the_learner_may_go_forward_again(show: Open) -> None:
    _, E = taught()
    page = show(play(E, update=0.1))
    press(page, "End")
    for size in ("change", "unit", "layer"):
        page.get_by_label("Each step").select_option(size)
        assert page.get_by_role("button", name="Forward again").is_visible(), size


def test_a_quiz_does_not_ask_for_updates(show: Open) -> None:
    a, w = Value(2.0, label="a"), Value(3.0, label="w")
    page = show(play(a * w, update=0.1, quiz=True))
    press(page, "End")
    for _ in range(2):
        press(page, "ArrowRight")
        page.click("button.reveal")
    assert "that was all" in text(page, ".verdict")
    press(page, "End")
    assert text(page, ".counter").startswith("update ")
    page.get_by_role("button", name="Forward again").click()
    press(page, "End")
    assert text(page, ".counter").startswith("backward ")  # the seed; all is asked anew


# -- two passes


def test_before_after_and_their_difference(show: Open) -> None:
    model, _ = taught()
    before = copy.deepcopy(loss(model))
    nn.SGD(model.parameters(), lr=0.5).step()
    model.zero_grad()
    after = loss(model)
    lesson = play(before, after)
    for root in (before, after):
        root.zero_grad()
        root.backward()
    pair = list(zip(topological_order(before), topological_order(after), strict=True))
    names = [node["t"] for node in lesson.data["nodes"]]
    i, x, end = names.index("w₁₂⁽²⁾"), names.index("x₁"), len(names) - 1
    page = show(lesson)
    assert text(page, ".counter") == "backward 41 / 41"
    assert lines(page, i)[1:] == [written(pair[i][1].data), f"grad {written(pair[i][1].grad)}"]
    assert page.locator(f"#n{i}.changed").count() == 1
    assert page.locator(f"#n{x}.changed").count() == 0
    page.hover(f"#n{i}")
    assert f"(was {written(pair[i][0].data)})" in text(page, ".hint")
    switch = page.get_by_role("group", name="Which numbers")
    switch.get_by_role("button", name="before").click()
    assert lines(page, i)[1:] == [written(pair[i][0].data), f"grad {written(pair[i][0].grad)}"]
    page.hover(f"#n{i}")
    assert f"(then {written(pair[i][1].data)})" in text(page, ".hint")
    switch.get_by_role("button", name="difference").click()

    def arrow(old: float, new: float) -> str:
        return f"{'↑' if new > old else '↓'} {written(abs(new - old))}"

    assert lines(page, i)[1] == arrow(pair[i][0].data, pair[i][1].data)
    assert lines(page, i)[2] == f"grad {arrow(pair[i][0].grad, pair[i][1].grad)}"
    assert lines(page, x)[1] == "="
    until(page, "∂E/∂b₁⁽¹⁾ +=")
    assert text(page, ".card.result .label").endswith("after")
    assert lines(page, end)[1] == arrow(before.data, after.data)
    switch.get_by_role("button", name="after").click()
    assert switch.get_by_role("button", name="after").get_attribute("aria-pressed") == "true"
    assert lines(page, i)[1] == written(pair[i][1].data)


def test_an_edit_can_be_looked_at_before_and_after(show: Open) -> None:
    page = show(expression())
    switch = page.get_by_role("group", name="Which numbers")
    assert switch.is_hidden()
    page.click("#n1")
    page.get_by_label("Value of b").fill("-1.5")
    press(page, "Enter")
    switch.get_by_role("button", name="before").click()
    assert lines(page, 1)[1] == "−3"
    assert page.get_by_label("Value of b").count() == 0  # what is over is not edited
    switch.get_by_role("button", name="difference").click()
    assert lines(page, 1)[1] == "↑ 1.5"
    page.get_by_role("button", name="Undo all").click()
    assert switch.is_hidden()
    assert lines(page, 1)[1] == "−3"


# -- not finite


def test_the_story_names_the_first_number_that_is_not_finite(show: Open) -> None:
    x = Value(0.0, label="x")
    page = show(play(x.log() + 1))
    assert page.locator(".stage .nonfinite, .flag").count() == 0
    press(page, "ArrowRight")
    assert text(page, ".note") == "the first number that is not finite"
    assert page.locator(".node.culprit.nonfinite").evaluate_all("all => all.map((g) => g.id)") == [
        "n1"
    ]
    assert page.locator("#n1 .flag").text_content() == "first →"
    press(page, "ArrowRight")
    assert text(page, ".note") == "not finite since v₁"
    press(page, "End")
    assert text(page, ".note") == "the first gradient that is not finite"
    assert page.locator("#n0 .flag").text_content() == "← first"
    page.click("#n0")
    page.get_by_label("Value of x").fill("1")
    press(page, "Enter")
    assert page.locator(".stage .nonfinite, .flag, .note").count() == 0
    page.get_by_label("Value of x").fill("inf")
    press(page, "Enter")
    press(page, "Escape")
    press(page, "Home")
    assert text(page, ".note") == "x is inf: the first number that is not finite"


# -- screens


@pytest.mark.parametrize("screen", ["laptop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_controls_of_time_fit_every_screen(show: Open, screen: str, theme: str) -> None:
    model, _ = taught()
    before = copy.deepcopy(loss(model))
    nn.SGD(model.parameters(), lr=0.5).step()
    page = show(play(before, loss(model), update=0.5), screen, color_scheme=theme)
    width, _ = looking.SCREENS[screen]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator(".player button:visible, .player select:visible").all():
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        if screen == "phone":
            assert box["height"] >= 44
    assert re.fullmatch(r"update \d+ / \d+", text(page, ".counter"))
    again = page.get_by_role("button", name="Forward again")
    assert again.is_visible()
    for level in ("neuron", "scalar"):
        page.get_by_label("Level of detail").select_option(level)
        page.locator(".travel").first.wait_for(state="detached")
        found = looking.texts(page, ".player")
        assert looking.small(found) == []
        assert looking.faint(found) == []
