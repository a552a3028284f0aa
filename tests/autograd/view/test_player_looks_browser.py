"""What a learner sees in the player is what the words beside it say."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value
from autograd.view import picture
from autograd.view.player import play
from pages import press, text
from players import expression, network

GREEN, VIOLET = "rgb(0, 117, 90)", "rgb(112, 54, 176)"

pytestmark = pytest.mark.slow
Open = Callable[..., Any]


def small_error() -> Value:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    return nn.half_squared_error(model([0.5, -1.0]), 1.0)


def lit_edges(page: Any) -> list[int]:
    found = page.locator(".edge.now").evaluate_all("all => all.map((g) => g.id.slice(1))")
    return sorted(map(int, found))


# -- the edge that is lit


def test_every_sum_lights_the_edge_between_the_numbers_it_names(show: Open) -> None:
    E = small_error()
    lesson, shown = play(E), picture(E)
    nodes = lesson.data["nodes"]
    slopes = [node.get("d", f"∂E/∂{node['t']}") for node in nodes]
    page = show(lesson)
    press(page, "Home")
    seen = set()
    for _ in range(int(page.locator(".scrubber").get_attribute("max"))):
        press(page, "ArrowRight")
        if "+=" not in text(page, "h2"):
            continue
        (e,) = lit_edges(page)
        edge = shown.edges[e]
        upstream, total = (text(page, f".{kind} .label") for kind in ("upstream", "result"))
        assert upstream == f"upstream {slopes[edge.target]}"
        assert total == f"total {slopes[edge.source]}"
        local = page.locator(".card .number").first.inner_text()
        assert page.locator(f'.label[data-edge="{e}"]').text_content() == local
        seen.add(e)
    assert len(seen) == len([x for x in shown.edges if x.source < len(nodes)])


def test_a_forward_step_lights_all_that_goes_into_the_number(show: Open) -> None:
    E = small_error()
    lesson, shown = play(E), picture(E)
    names = [node["t"] for node in lesson.data["nodes"]]
    page = show(lesson)
    for _ in [node for node in lesson.data["nodes"] if "o" in node]:
        press(page, "ArrowRight")
        k = names.index(text(page, "h2").split(" = ")[0])
        assert lit_edges(page) == [e for e, x in enumerate(shown.edges) if x.target == k]


def test_the_path_of_a_weight_begins_at_it(show: Open) -> None:
    E = small_error()
    lesson, shown = play(E), picture(E)
    w = [node["t"] for node in lesson.data["nodes"]].index("w₁₁⁽¹⁾")
    page = show(lesson)
    press(page, "End")
    page.locator(f"#n{w}").click()
    on = page.locator(".stage .edge.path").evaluate_all("all => all.map((g) => g.id.slice(1))")
    assert w in [shown.edges[int(e)].source for e in on]
    assert len(on) == page.locator(".node.path[id]").count() - 1


def test_a_step_along_several_edges_is_told_as_one(show: Open) -> None:
    model = nn.MLP(4, [8, 3], activation="tanh", rng=0, output="softmax")
    E = nn.cross_entropy(model([0.1, 0.2, 0.3, 0.4]), 1)
    lesson = play(E, detail="neuron")
    names = [node["t"] for node in lesson.data["nodes"]]
    page = show(lesson)
    page.locator(".scrubber").fill("96")
    lit = [lesson.data["levels"]["neuron"]["weights"][e] for e in lit_edges(page)]
    assert sorted(names[i] for i in lit) == [f"w₇{k}⁽¹⁾" for k in "₁₂₃₄"]
    assert text(page, "h2") == "Back through z₇⁽¹⁾: 4 contributions"
    assert page.locator(".card .label").all_inner_texts() == [f"∂E/∂w₇{k}⁽¹⁾" for k in "₁₂₃₄"]


def test_the_first_sum_multiplies_by_one(show: Open) -> None:
    page = show(expression())
    press(page, "ArrowRight", times=5)
    assert text(page, "h2") == "∂y/∂v₂ += (1 − tanh² v₂) · 1"


# -- what is chosen


def test_enter_alone_changes_nothing(show: Open) -> None:
    E = small_error()
    lesson = play(E)
    w = [node["t"] for node in lesson.data["nodes"]].index("w₁₁⁽¹⁾")
    page = show(lesson)
    press(page, "End")
    page.locator(f"#n{w}").click()
    field = page.locator(".editor input")
    assert float(field.input_value()) == lesson.data["nodes"][w]["v"]
    field.click()
    press(page, "Enter")
    assert page.get_by_role("button", name="Undo all").is_hidden()
    assert page.locator(".stage .changed").count() == 0
    field.fill("0.123456")
    press(page, "Enter")
    grads = page.locator(".stage text.grad").all_text_contents()
    assert field.input_value() == "0.123456"
    press(page, "Enter")
    assert page.locator(".stage text.grad").all_text_contents() == grads


def test_the_event_is_not_lit_beside_the_paths_of_what_is_chosen(show: Open) -> None:
    page = show(expression())
    press(page, "End")
    assert page.locator(".stage .now").count() == 3
    page.click("#n0")
    assert page.locator(".stage .now").count() == 0
    assert page.locator(".stage .edge.path").count() == 3
    page.get_by_role("button", name="Next change of a").click()
    assert page.locator(".stage .now").count() == 3
    press(page, "Escape")
    assert page.locator(".stage .now").count() == 3


def test_a_product_is_broken_before_a_sign(show: Open) -> None:
    E = small_error()
    lesson = play(E)
    w = [node["t"] for node in lesson.data["nodes"]].index("w₁₁⁽¹⁾")
    page = show(lesson)
    press(page, "End")
    page.locator(f"#n{w}").click()
    product = page.locator(".side li span").last.text_content()
    assert not any(part.endswith(("·", "=")) for part in product.split(" "))
    assert product.replace("\u00a0", " ").endswith(" · (−2.512) · 0.5 = −0.3462")


# -- the update


def test_what_follows_the_old_weights_is_marked_until_it_is_computed_anew(show: Open) -> None:
    a, b = Value(1.5, label="a"), Value(-2.2, label="b")
    page = show(play((a * b + a**2).tanh(), update=0.1))
    stale = page.locator(".stage .node.stale")
    entry = page.locator(".legend span", has_text="of old weights")
    press(page, "End")
    press(page, "ArrowLeft", times=2)
    assert stale.count() == 0
    assert entry.is_hidden()
    press(page, "End")
    assert stale.count() == 4  # all that is computed
    assert page.locator("#n0 .value.stale").count() == 0  # the new number
    assert page.locator("#n0 .grad.stale").count() == 1
    assert page.locator(".stage .label tspan:not(.stale)").count() == 0
    assert entry.is_visible()
    assert "still of the old weights" in text(page, ".note")
    page.get_by_role("button", name="Forward again").click()
    assert page.locator(".stage .stale").count() == 0


def test_the_update_is_green_everywhere(show: Open) -> None:
    page = show(play(small_error(), update=0.1, detail="neuron"))
    press(page, "End")
    stroke = "(shape) => getComputedStyle(shape).stroke"
    marked = page.locator(".stage .now .shape").first
    assert marked.evaluate(stroke) == GREEN
    assert marked.evaluate("(shape) => getComputedStyle(shape).opacity") == "1"
    swatch = page.locator(".legend span", has_text="update").locator(".shape")
    assert swatch.evaluate(stroke) == GREEN
    press(page, "ArrowLeft", times=3)
    lit = page.locator(".stage .edge.now path:not(.reach)").first
    assert lit.evaluate(stroke) == GREEN
    track = page.locator(".scrubber").evaluate(
        "(bar) => getComputedStyle(bar).getPropertyValue('--good')"
    )
    assert track == "#00755a"
    assert page.locator(".again").count() == 0
    press(page, "End")
    ink = page.locator("h2 + .cards .number").first.evaluate("(e) => getComputedStyle(e).color")
    assert page.locator(".again").evaluate("(e) => getComputedStyle(e).color") == ink


# -- marks


def test_a_legend_has_the_marks_of_the_picture_and_stays_as_high(show: Open) -> None:
    page = show(expression())
    legend = page.locator("p.legend")
    high = legend.bounding_box()["height"]

    def entry(words: str) -> Any:
        return legend.locator("span", has_text=words)

    assert [entry(words).is_visible() for words in ("on the path", "changed")] == [False, False]
    assert entry("update").count() == 0
    dashes = entry("constant").locator(".shape")
    assert dashes.count() == 0  # no constant in this picture
    page.click("#n0")
    assert [entry(words).is_visible() for words in ("on the path", "changed")] == [True, False]
    page.locator(".editor input").fill("3")
    press(page, "Enter")
    assert [entry(words).is_visible() for words in ("on the path", "changed")] == [True, True]
    assert legend.bounding_box()["height"] == high
    page = show(play(Value(2.0, label="a") * 3.0))
    swatch = page.locator("p.legend span", has_text="constant").locator(".shape")
    assert swatch.evaluate("(shape) => getComputedStyle(shape).strokeDasharray") != "none"


def test_two_passes_mark_numbers_and_no_frames(show: Open) -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    before = copy.deepcopy(nn.half_squared_error(model([0.5, -1.0]), 1.0))
    for w in model.parameters():
        w.data += 0.25
    page = show(play(before, nn.half_squared_error(model([0.5, -1.0]), 1.0), detail="neuron"))
    value = page.locator(".stage .unit text.value.changed").first
    assert value.evaluate("(text) => getComputedStyle(text).textDecorationLine") == "underline"
    assert value.evaluate("(text) => getComputedStyle(text).fontWeight") == "400"
    frame = page.locator(".stage .unit.changed .shape").first
    assert frame.evaluate("(shape) => getComputedStyle(shape).strokeDasharray") == "none"
    assert page.locator("p.legend span", has_text="changed").is_visible()


def test_a_label_covers_no_more_than_its_text(show: Open) -> None:
    lesson = play(small_error(), detail="neuron")
    page = show(lesson)
    label = page.locator(".label.weight").first
    widths = "(boxes) => boxes.map((box) => box.getBBox().width)"
    first, second = label.locator("rect").evaluate_all(widths)
    assert first > 10
    assert second == 0
    press(page, "End")
    assert label.locator("text").count() == 2
    assert min(label.locator("rect").evaluate_all(widths)) > 10


def test_high_layers_stand_in_one_column(show: Open) -> None:
    model = nn.MLP(4, [8, 3], activation="tanh", rng=0, output="softmax")
    page = show(play(nn.cross_entropy(model([0.1, 0.2, 0.3, 0.4]), 1), detail="neuron"))
    boxes = [unit.bounding_box() for unit in page.locator(".stage .node.unit").all()]
    middles = sorted(round(box["x"] + box["width"] / 2) for box in boxes)
    assert len({*middles[:8]}) == 1


# -- the page


def test_a_small_network_opens_whole_in_readable_size(show: Open) -> None:
    page = show(play(small_error()))
    stage, picture = (page.locator(s).bounding_box() for s in (".scroller", ".stage svg"))
    assert picture["width"] <= stage["width"]
    assert picture["height"] <= stage["height"]
    assert page.locator("[class*=more-]").count() == 0
    sizes = page.locator(".stage .value").evaluate_all(
        "all => all.map((text) => text.getScreenCTM().a * "
        "parseFloat(getComputedStyle(text).fontSize))"
    )
    assert min(sizes) >= 12


def test_a_large_picture_begins_at_its_leaves(show: Open) -> None:
    page = show(network(5, 2, 1))
    frame = page.locator(".scroller").bounding_box()
    first = page.locator(".stage .node.input").first
    for _ in range(2):
        box = first.bounding_box()
        assert frame["x"] <= box["x"]
        assert frame["y"] <= box["y"]
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
        press(page, "End")
        press(page, "Home")  # also when the learner comes back


def test_on_a_phone_a_chosen_number_leaves_the_sum_in_sight(show: Open) -> None:
    page = show(play(small_error(), detail="neuron"), "phone")
    press(page, "End")
    page.locator(".node.unit").first.press("Enter")
    sheet, total = (page.locator(s).bounding_box() for s in (".side", ".card.result .number"))
    assert total["y"] + total["height"] <= sheet["y"]
    press(page, "Escape")
    tops = {button.bounding_box()["y"] for button in page.locator(".tools button:visible").all()}
    assert len(tops) == 1


@pytest.mark.parametrize("kind", ["neuron", "vote", "quiz", "slip"])
def test_a_low_window_shows_what_is_to_be_read_and_pressed(show: Open, kind: str) -> None:
    if kind == "neuron":
        page = show(play(small_error(), detail="neuron"), "zoomed")
        press(page, "End")
        wanted = [".card.result .number"]
    elif kind == "vote":
        page = show(expression(quiz="vote"), "zoomed")
        page.click(".answer")
        page.click("button.next")
        wanted = [".ballot button:last-child", ".answer"]
    elif kind == "quiz":
        page = show(expression(quiz=True), "zoomed")
        press(page, "End")
        press(page, "ArrowRight")
        wanted = [".card.result .number", ".quiz input", ".reveal"]
    else:
        page = show(expression(slip="sign"), "zoomed")
        wanted = [".verdict", ".blame", ".another"]
    page.evaluate("scrollTo(0, 0)")
    for part in wanted:
        box = page.locator(part).first.bounding_box()
        assert 0 <= box["y"] <= 360 - box["height"], part
    assert page.locator(".stage").bounding_box()["y"] < 230


def test_a_letter_and_its_number_stay_together(show: Open) -> None:
    page = show(expression(quiz="vote"))
    page.click(".answer")
    page.click("button.next")
    page.click(".answer")
    for choice in page.locator(".ballot button").all():
        gap = choice.evaluate(
            "(button) => { const [a, b] = ['b', '.number'].map((part) => { const text = "
            "document.createRange(); text.selectNodeContents(button.querySelector(part)); "
            "return text.getBoundingClientRect(); }); return b.left - a.right; }"
        )
        assert gap < 20


def test_cards_are_centred_under_labels_that_can_be_read(show: Open) -> None:
    page = show(network(3, 1))
    press(page, "End")
    for card in page.locator(".card").all():
        label, number = (card.locator(s).bounding_box() for s in (".label", ".number"))
        middles = [box["x"] + box["width"] / 2 for box in (label, number)]
        assert abs(middles[0] - middles[1]) < 1
    size = "(e) => parseFloat(getComputedStyle(e).fontSize)"
    sizes = [page.locator(s).first.evaluate(size) for s in (".card .label", ".card .number")]
    assert sizes[0] == pytest.approx(0.75 * sizes[1])


def test_between_units_every_sum_is_seen(show: Open) -> None:
    """Each += of a leaf puts its total into the picture, also that of a bias or an input."""
    E = small_error()
    lesson = play(E, detail="neuron")
    page = show(lesson)
    page.get_by_label("Each step").select_option(label="each +=")
    seen = set()
    for _ in range(int(page.locator(".scrubber").get_attribute("max"))):
        before = page.locator(".stage svg").text_content()
        press(page, "ArrowRight")
        heading = text(page, "h2")
        if heading.startswith(("∂E/∂x", "∂E/∂w", "∂E/∂b")):
            assert page.locator(".stage svg").text_content() != before, heading
            total = page.locator(".card.result .number").inner_text().split(" = ")[-1]
            assert total in page.locator(".stage svg").text_content()
            seen.add(heading.split(" ")[0])
    assert len(seen) == 2 + 9 + 4
