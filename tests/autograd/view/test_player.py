"""The player's page, and what its JavaScript computes, run in node against Python."""

import base64
import hashlib
import json
import math
import random
import re
import shutil
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import autograd
from autograd import Operation, StaleGraphError, Value, topological_order
from autograd.table import TABLE
from autograd.view import player
from autograd.view.player import LARGEST, play
from autograd.view.style import DARK, LIGHT
from players import PAYLOADS, expression, network, random_graph, sums
from scripts import in_node, needs_node, number

PAGE = Path(player.__file__).with_name("page")


def unpacked(markup: str) -> str:
    """Return what is packed in a page, or in the output of a notebook."""
    packed = re.findall(r'unpack\("([^"]*)"\)', markup)[0]
    return zlib.decompress(base64.b64decode(packed)).decode()


def svg_of(markup: str) -> str:
    """Return the picture in the output of a notebook."""
    return unquote(re.findall(r"src='data:image/svg\+xml,([^']*)'", markup)[0])


def chain(length: int) -> Value:
    x = Value(1.0)
    for _ in range(length):
        x = x.tanh()
    return x


def attributes(markup: str) -> list[str]:
    names: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, found: names.extend(name for name, _ in found)  # type: ignore[method-assign]
    parser.feed(markup)
    return names


def compare(root: Value, found: dict[str, Any], tolerance: float) -> None:
    """Hold values, gradients and every running total against Python's."""
    root.zero_grad()
    root.backward()

    def same(a: float, b: float) -> bool:
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1e-3)

    order = topological_order(root)
    assert all(same(number(x), node.data) for x, node in zip(found["values"], order, strict=True))
    assert all(same(number(x), node.grad) for x, node in zip(found["grads"], order, strict=True))
    events = [event for event in found["events"] if event["kind"] == "add"]
    for event, (node, parent, *numbers) in zip(events, sums(root), strict=True):
        assert (event["node"], event["parent"]) == (node, parent)
        for key, expected in zip(("local", "upstream", "after"), numbers, strict=True):
            assert same(number(event[key]), expected), event


# -- computing


@needs_node
@pytest.mark.parametrize("seed", range(6))
def test_arithmetic_is_the_same_to_the_last_bit(seed: int) -> None:
    root = random_graph(seed, ["add", "sub", "mul", "div", "neg", "square", "relu", "maximum"])
    compare(root, in_node(play(root), "return run(data.nodes, rules);"), 0.0)


@needs_node
@pytest.mark.parametrize("seed", range(6))
def test_every_operation_of_the_table_in_random_graphs(seed: int) -> None:
    rows = sorted(TABLE)
    root = random_graph(seed, rows[seed::6], size=30)
    compare(root, in_node(play(root), "return run(data.nodes, rules);"), 1e-9)


@needs_node
@pytest.mark.parametrize("seed", range(4))
def test_edited_leaves_give_the_run_of_the_edited_graph(seed: int) -> None:
    root = random_graph(seed, ["add", "sub", "mul", "tanh", "sigmoid", "dot", "sum"])
    lesson = play(root)
    rng = random.Random(seed)
    edits = {i: rng.uniform(-2, 2) for i, node in enumerate(topological_order(root)[:4])}
    code = f"const edits = {json.dumps(edits)}; for (const i in edits) data.nodes[i].v = edits[i];"
    found = in_node(lesson, f"{code} return run(data.nodes, rules);")
    for i, x in edits.items():
        topological_order(root)[i].data = x
    compare(root.refresh(), found, 1e-12)


@needs_node
def test_inf_and_nan_travel() -> None:
    a, b = Value(math.inf, label="a"), Value(0.0, label="b")
    root = a * b + 1 / b - a**-1.0
    compare(root, in_node(play(root), "return run(data.nodes, rules);"), 0.0)


@needs_node
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "clamp", "minimum", "maximum"])
def test_what_is_not_selected_contributes_nothing(name: str) -> None:
    """Behind an operation with an infinite slope, where 0 · ∞ would be nan."""
    x = Value({"minimum": 1.0, "maximum": -1.0}.get(name, -1.0), label="x")
    rest = {"clamp": (0.0, 1.0), "leaky_relu": (0.0,), "relu": ()}.get(name, (0.0,))
    root = TABLE["power"](TABLE[name](x, *rest), 0.5)
    found = in_node(
        play(root),
        "const {events, grads} = run(data.nodes, rules);"
        "return {grads, adds: events.filter((e) => e.kind === 'add'),"
        "  paths: paths(data.nodes, events, 0, 9).found.map((path) => path.product)};",
    )
    assert found["grads"][0] == 0
    assert found["adds"][0]["term"] == found["adds"][1]["upstream"] == "Infinity"
    assert [event["passes"] for event in found["adds"]] == [True, False]
    assert (found["adds"][1]["local"], found["adds"][1]["term"]) == (0, 0)
    assert found["paths"] == [0]


POLES = {  # where a slope is infinite
    **dict.fromkeys(["sqrt", "cbrt", "log", "log2", "log10", "reciprocal"], 0.0),
    **dict.fromkeys(["asin", "acos", "acosh", "atanh"], 1.0),
    "log1p": -1.0,
}


@needs_node
def test_no_selection_passes_an_infinite_slope_on() -> None:
    x, results = Value(-3.0), []
    for name, pole in POLES.items():
        selections = [
            autograd.maximum(x, pole),
            autograd.minimum(-x, pole),
            autograd.clamp(x, pole, pole + 1.0),
            autograd.relu(x) + pole,
            autograd.leaky_relu(x, 0.0) + pole,
        ]
        results += [TABLE[name](selection) for selection in selections]
    root = autograd.sum(results)
    found = in_node(play(root), "return run(data.nodes, rules);")
    compare(root, found, 1e-12)
    assert x.grad == found["grads"][0] == 0


@needs_node
def test_known_follows_the_events() -> None:
    found = in_node(
        expression(),
        "const {events} = run(data.nodes, rules);"
        "return events.map((event, step) => known(data.nodes, events, step));",
    )
    assert found[0] == {
        "value": [True, True, True, False, False, False],
        "total": [None] * 6,
        "waits": [1, 1, 1, 1, 1, 0],
        "updated": {},
    }
    assert all(found[3]["value"])
    assert found[4]["total"] == [None] * 5 + [1]
    assert None not in found[-1]["total"]
    assert found[-1]["waits"] == [0] * 6


@needs_node
def test_products_along_all_paths_add_up_to_the_gradient() -> None:
    root = random_graph(1, ["add", "mul", "tanh", "sub"], size=16)
    lesson = play(root)
    found = in_node(
        lesson,
        "const now = run(data.nodes, rules); return data.nodes.map((_, i) => "
        "({...paths(data.nodes, now.events, i, 1e6), grad: now.grads[i]}));",
    )
    for entry in found:
        assert entry["count"] == len(entry["found"])
        total = sum(number(path["product"]) for path in entry["found"])
        assert total == pytest.approx(number(entry["grad"]), rel=1e-12, abs=1e-12)
    assert max(entry["count"] for entry in found) > 3


@needs_node
def test_paths_are_counted_but_capped() -> None:
    x = Value(1.0)
    for _ in range(40):
        x = x + x
    found = in_node(play(x), "return paths(data.nodes, run(data.nodes, rules).events, 0, 12);")
    assert found["count"] == 2**40
    assert len(found["found"]) == 12


# -- numbers and judgements


@needs_node
@pytest.mark.parametrize("digits", [1, 3, 4, 8, 15])
def test_numbers_are_written_as_python_writes_them(digits: int) -> None:
    rng = random.Random(digits)
    numbers = [0.0, -0.0, 1.0, -1.5, 0.1 + 0.2, 1e-5, 99999.0, 1e300, -1e-300, 12345.678, 1e-4]
    numbers += [rng.uniform(-1, 1) * 10 ** rng.randint(-12, 12) for _ in range(300)]
    found = in_node(expression(), f"return {numbers!r}.map((x) => show(x, {digits}));")
    assert found == [f"{x:.{digits}g}".replace("-", "−") for x in numbers]


@needs_node
def test_what_is_just_between_two_numbers_goes_to_the_even_one() -> None:
    """All of these are exact in binary, and end with a 5 beyond some number of digits."""
    rng = random.Random(0)
    numbers = [1.0625, 1.125, 1234.5, 0.5, 1.5, 2.5, -2.5, 9.5, 99.5, 2.0**-20, 5e22, 2.5e-5]
    numbers += [
        rng.randint(1, 10**k) / 2 ** rng.randint(1, 12) for k in (2, 3, 4) for _ in range(99)
    ]
    numbers += [-(rng.randint(1, 10**k) + 0.5) * 10.0**s for k in range(1, 12) for s in (0, 1, 5)]
    cases = [(x, digits) for x in numbers for digits in range(1, 16)]
    found = in_node(expression(), f"return {[*map(list, cases)]}.map((x) => show(...x));")
    expected = [f"{x:.{digits}g}".replace("-", "−") for x, digits in cases]
    assert [*zip(cases, found)] == [*zip(cases, expected)]
    ties = [text for (x, digits), text in zip(cases, expected) if f"{x:.60e}"[:50] != text[:50]]
    assert len(ties) > 1000


@needs_node
def test_typed_numbers_may_be_rounded() -> None:
    cases = {
        ("0.07065", 0.0706508): True,
        ("0.071", 0.0706508): True,
        (".0707", 0.0706508): True,
        ("0.07", 0.0706508): False,
        ("7.07e-2", 0.0706508): True,
        ("−0.21", -0.21195): True,
        ("0,212", 0.21195): True,
        ("1/3", 1 / 3): True,
        ("0", 0.0): True,
        ("0", 0.001): False,
        ("2", 2.0): True,
        ("inf", math.inf): True,
        ("-inf", math.inf): False,
        ("nan", math.nan): True,
        ("", 0.0): False,
        ("two", 2.0): False,
        ("constructor", math.nan): False,
        ("1.2", 1.25): True,  # as it is shown
        ("1.3", 1.25): True,  # as it is taught
        ("1e999", 5.0): False,
    }
    literals = [
        {math.inf: "Infinity"}.get(x, "NaN" if math.isnan(x) else repr(x)) for _, x in cases
    ]
    questions = [f"matches({text!r}, {x})" for (text, _), x in zip(cases, literals)]
    found = in_node(expression(quiz=True), f"return [{', '.join(questions)}];")
    assert dict(zip(questions, found)) == dict(zip(questions, cases.values()))


@needs_node
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("12", "last contribution alone"),
        ("8", "Added"),
        ("1", "previous total"),
        ("5", "Passed on unchanged"),
        ("4", "local derivative"),
        ("-13", "sign"),
        ("-11", "sign"),
        ("20", "stale"),
        ("7.5", "Not yet"),
        ("many", "not a number"),
    ],
)
def test_typical_mistakes_are_recognised(typed: str, words: str) -> None:
    code = """
    const first = {kind: "add", parent: 0, before: 0, local: 1, upstream: 1, term: 1, after: 1};
    const event = {kind: "add", parent: 0, before: 1, local: 3, upstream: 4, term: 12, after: 13};
    """
    found = in_node(
        expression(quiz=True), f'{code} return judge("{typed}", event, [first, event], 20);'
    )
    assert found["right"] is False
    assert words in found["text"]


@needs_node
def test_the_classic_wrong_order_is_a_forgotten_path() -> None:
    """In b = 2a; c = b + a; d = c·b + a the gradient of a is a sum of three: 13."""
    a = Value(1.0, label="a")
    b = 2 * a
    c = b + a
    d = c * b + a
    found = in_node(
        play(d, quiz=True),
        "const {events, grads} = run(data.nodes, rules);"
        "const last = events[events.length - 1];"
        "return [grads[0], ['13', '12', '10'].map((x) => judge(x, last, events))];",
    )
    assert found[0] == 13
    assert found[1][0] == {"right": True}
    assert "Forgot a path" in found[1][1]["text"]
    assert "last contribution alone" in found[1][2]["text"]


# -- the page


def test_playing_changes_nothing_in_the_graph() -> None:
    a = Value(2.0, label="a")
    y = a * a
    y.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(y)]
    play(y).html  # noqa: B018
    assert [(node.data, node.grad, node.label) for node in topological_order(y)] == before
    z = a * 3
    play(z).html  # noqa: B018
    assert not z.has_grad


def test_a_name_that_looks_like_a_comment_is_whole() -> None:
    lesson = play(Value(2.0, label="p  // q") * 3)
    for markup in (lesson.html, lesson._repr_html_()):
        assert '"p  // q"' in unpacked(markup)
        assert "// What Math lacks" not in unpacked(markup)
        assert "// no −0" not in unpacked(markup)


def test_fifty_numbers_stay_below_60_kilobytes() -> None:
    lesson = network(5, 2, 1)
    assert len(lesson.data["nodes"]) >= 50
    assert sorted(lesson.data["levels"]) == ["layer", "neuron", "scalar"]
    assert len(lesson.html.encode()) <= 60_000
    assert len(lesson._repr_html_().encode()) <= 75_000  # with the still picture
    assert len(expression().html.encode()) <= 43_000


def test_the_page_refers_to_nothing_outside() -> None:
    lesson = network(3, 1)
    page = lesson.html + unpacked(lesson.html)
    assert not re.search(
        r"""(src|href|url|import|fetch)\s*[=(]\s*["']?(?!data:)[a-z/]+[:/]""", page
    )
    assert set(re.findall(r"https?://[^\s\"'`]*", page)) <= {
        "http://www.w3.org/${isSvg",
        "http://www.w3.org/2000/svg\\",
    }
    assert lesson.html == network(3, 1).html


def test_only_the_script_itself_may_run() -> None:
    page = expression().html
    script = page[page.index("<script>") + 8 : page.rindex("</script>")]
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (script, unpacked(page))
    ]
    assert f"script-src 'sha256-{digests[0]}' 'sha256-{digests[1]}'\"" in page
    assert page.count("<script") == page.count("</script") == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_labels_do_not_reach_the_markup(payload: str) -> None:
    a = Value(1.0, label=payload)
    y = a * 2
    y.label = payload
    lesson = play(y)
    for markup in (lesson.html, lesson._repr_html_()):
        assert markup.count("<script") == 1
        assert "<img src=x" not in markup
        assert not [name for name in attributes(markup) if name.startswith(("on", "autofocus"))]
        assert not re.search(r"[\x00\x1b\u2028\u2029\u202e]", markup)


def test_notebooks_get_a_picture_and_a_script_that_replaces_it() -> None:
    lesson = expression()
    shown = lesson._repr_html_()
    assert shown.startswith('<!doctype html><div><div style="overflow-x:auto"><img ')
    assert svg_of(shown).startswith("<svg")
    assert ">grad −0.212<" in svg_of(shown)
    page = unpacked(shown)
    assert page.startswith("<!doctype html>")
    assert ">grad −0.212<" not in page  # it takes the picture over
    assert "run this cell for the player" in shown


@pytest.mark.parametrize("label", ["don't", '5" x', "a%22b"])
def test_quotes_in_names_stay_as_they_are(label: str) -> None:
    lesson = play(Value(2.0, label=label) * 3.0)
    assert svg_of(lesson._repr_html_()) == lesson.svg


def test_all_that_parts_of_the_page_share_is_written_down() -> None:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")}
    page = "".join(sources.values())
    for name, where in (("lesson", "lesson"), ("picture", "pictures")):
        about = re.search(r"/\*\* (?:Begin|Return the pictures).*?\*/", sources[where], re.DOTALL)
        assert about
        used = {*re.findall(rf"\b{name}\.(\w+)", page)}
        assert len(used) > 8
        assert used <= {*re.findall(r"\w+", about[0])}


def test_the_colours_of_the_page_are_those_of_the_pictures() -> None:
    css = expression().css
    for ink in (LIGHT, DARK):
        for name, colour in (("paper", ink.paper), ("ink", ink.text), ("faint", ink.faint)):
            assert f"--{name}:{colour}" in css
        assert f"--back:{ink.back}" in css
    for path in PAGE.glob("*.css"):  # all others are mixed from these
        assert {*re.findall(r"#[0-9a-f]{3,}", path.read_text(encoding="utf-8"))} <= {"#0006"}


def test_a_quiz_does_not_give_the_answers_away() -> None:
    lesson = expression(quiz=True)
    svg = svg_of(lesson._repr_html_())
    assert re.findall(">(grad [^<]*)<", svg) == ["grad ?"] * 6
    assert set(re.findall('class="local">([^<]*)<', svg)) == {"?"}
    for level in expression(quiz=True).data["levels"].values():
        assert "0.07065" not in level["svg"]


def test_saving_replaces_a_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lesson.html"
    path.write_text("old")
    lesson = expression()
    assert lesson.save(path) == path
    assert path.read_text(encoding="utf-8") == lesson.html
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match=r"ends in \.html"):
        lesson.save(tmp_path / "lesson.pdf")
    with pytest.raises(FileNotFoundError):
        lesson.save(tmp_path / "missing" / "lesson.html")


def test_what_cannot_be_played_is_refused() -> None:
    with pytest.raises(TypeError, match="takes one Value, got list"):
        play([Value(1.0)])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="detail must be one of"):
        expression(detail="atom")
    with pytest.raises(ValueError, match="nothing to show at detail='neuron'; choose detail='sc"):
        expression(detail="neuron")
    with pytest.raises(ValueError, match="notation must be one of"):
        expression(notation="latin")
    with pytest.raises(ValueError, match="digits must be"):
        expression(digits=0)
    with pytest.raises(ValueError, match=f"the graph has 6001 numbers, more than {LARGEST}"):
        play(chain(6000))
    with pytest.raises(
        ValueError,
        match=r"detail='scalar' has 6401 nodes and edges, more than the 6000 .* choose a part of",
    ):
        play(chain(3200))
    a = Value(1.0)
    y = a * 2
    a.data = 2.0
    with pytest.raises(StaleGraphError):
        play(y)


def test_a_large_picture_is_left_out_where_a_smaller_one_is_there() -> None:
    lesson = network(100, 40, 1, detail="neuron")
    assert sorted(lesson.data["levels"]) == ["layer", "neuron"]
    with pytest.raises(ValueError, match="choose detail='neuron' or detail='layer'"):
        network(100, 40, 1)


@pytest.mark.parametrize("notation", ["prml", "nielsen", "wikipedia"])
def test_names_follow_the_notation(notation: str) -> None:
    names = [node["t"] for node in network(2, 1, notation=notation).data["nodes"]]
    hidden = {"prml": ("a₁⁽¹⁾", "z₁⁽¹⁾"), "nielsen": ("z₁⁽¹⁾", "a₁⁽¹⁾")}
    for name in hidden.get(notation, ("net₁⁽¹⁾", "o₁⁽¹⁾")):
        assert name in names
    assert names[-1] == ("C" if notation == "nielsen" else "E")


def test_an_operation_that_only_python_can_compute_plays_as_it_was() -> None:
    row = Operation(
        "floor_ish", lambda x: float(math.floor(x)), lambda y, x: (1.0 if x > 0 else 0.5,)
    )
    try:
        root = row(Value(2.5, label="a")) * 3
        lesson = play(root)
    finally:
        del TABLE["floor_ish"]
    assert lesson.data["fixed"]
    assert not expression().data["fixed"]
    if shutil.which("node"):
        found = in_node(lesson, "return run(data.nodes, rules);")
        assert found["values"] == [2.5, 2, 6]
        assert found["grads"] == [3, 3, 1]


@needs_node
def test_formulas_are_in_names_and_in_numbers() -> None:
    a, b = Value(-2.0, label="a"), Value(3.0, label="b")
    found = in_node(
        play((a**2 * b - a).exp()),
        "return data.nodes.filter((node) => node.o).map((node) => "
        "fill(data.rules[node.f].y, ['y', ...node.o.map((o) => Array.isArray(o) "
        "? show(o[0], 4) : data.nodes[o].t)]));",
    )
    assert found == ["a²", "v₁ · b", "v₂ − a", "e^v₃"]


@needs_node
@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda a, b: a * b, ["−3 · (−4)", "−4", "−3"]),
        (lambda a, b: a - b, ["−3 − (−4)", "1", "−1"]),
        (lambda a, b: a / b, ["−3/(−4)", "1/(−4)", "−0.75/(−4)"]),
        (lambda a, b: a**-2 * b, ["(−3)^(−2)", "−2 · (−3)^(−3)"]),
        (lambda a, b: a**2 * b, ["(−3)²"]),
        (lambda a, b: abs(a) * b, ["|−3|"]),
        (lambda a, b: autograd.sqrt(b), ["√(−4)", "0.5/NaN"]),
        (lambda a, b: autograd.square(a), ["(−3)²", "2 · (−3)"]),
        (lambda a, b: autograd.hypot(a, b), ["√((−3)² + (−4)²)"]),
        (lambda a, b: autograd.tanh(a), ["tanh(−3)"]),
        (lambda a, b: autograd.dot([b, a], [a, a]), ["−4 · (−3) + (−3) · (−3)"]),
    ],
)
def test_negative_numbers_are_in_brackets_where_needed(f: Any, expected: list[str]) -> None:
    found = in_node(
        play(f(Value(-3.0, label="a"), Value(-4.0, label="b"))),
        "const {values} = run(data.nodes, rules), node = data.nodes.find((node) => node.o);"
        "const texts = [values[data.nodes.indexOf(node)], ...node.o.map((o) => Array.isArray(o) "
        "? Number(o[0]) : values[o])].map((x) => show(x, 4).replace('nan', 'NaN'));"
        "const {y, d} = data.rules[node.f];"
        "return [y, ...d].map((template) => fill(template, texts));",
    )
    assert found[: len(expected)] == expected
