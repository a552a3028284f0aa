"""The data of the playground, its maps, and the plane with its samples, in node and in Chromium."""

import json
import math
import subprocess
from typing import Any

import pytest

from autograd.javascript import PRELUDE
from autograd.view.html import source
from autograd.view.player import SCRIPTS, of_page
from autograd.view.style import DARK, LIGHT, variables
from nn.plots.style import CLASS_COLOURS
from scripts import needs_node

IRIS = json.loads(source("deltarule", "playground", "page", "iris.json"))


def part(name: str) -> str:
    return source("deltarule", "playground", "page", name)


def in_node(code: str) -> Any:
    script = f'"use strict"; const IRIS = {IRIS};{part("data.js")}{part("maps.js")}'
    script += f"console.log(JSON.stringify((() => {{{code}}})()))"
    done = subprocess.run(["node"], input=script.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@needs_node
def test_data_are_those_of_the_seed_and_the_split_has_the_share_of_each_class() -> None:
    found = in_node("""
      const sets = [...Object.keys(DATA), ...Object.keys(TABLES), "iris"], out = {};
      for (const name of sets) {
        const of = (seed) => makeData(name, {count: 90, noise: 0.1, seed}), data = of(1);
        out[name] = {data, again: of(1), other: of(2), split: splitOf(data, 0.2, 3),
          splitAgain: splitOf(data, 0.2, 3)};
      }
      return out;""")
    for name, made in found.items():
        data, split = made["data"], made["split"]
        count = {"iris": 150, "and": 4, "or": 4, "xor4": 4}.get(name, 90)
        assert len(data["inputs"]) == len(data["targets"]) == count
        assert made["again"] == data
        assert made["splitAgain"] == split
        assert (made["other"] == data) == (count in (4, 150))
        assert sorted(split["train"] + split["test"]) == list(range(count))
        for k in range(len(data["classes"])):
            size = data["targets"].count(k)
            assert sum(data["targets"][i] == k for i in split["test"]) == math.floor(size / 5)
    raw = [0.5 + 0.5 * x for x in found["and"]["data"]["inputs"][3]]
    assert raw == [1, 1]
    assert found["and"]["data"]["targets"] == [0, 0, 0, 1]
    for (x, y, k), inputs in zip(IRIS, found["iris"]["data"]["inputs"], strict=True):
        back = [a["centre"] + a["scale"] * z for a, z in zip(found["iris"]["data"]["axes"], inputs)]
        assert [*back, k] == pytest.approx([x, y, k])


@needs_node
def test_a_curve_is_that_of_its_function_and_is_refused_where_it_has_no_number() -> None:
    curve, refusal = in_node("""
      const curve = makeData("curve", {count: 5, f: (x) => x * x});
      try { makeData("curve", {count: 5, f: Math.log}); } catch (error) {
        return [curve, error.message];
      }""")
    assert [x for (x,) in curve["inputs"]] == [-1, -0.5, 0, 0.5, 1]
    assert curve["targets"] == [1, 0.25, 0, 0.25, 1]
    assert curve["classes"] is None
    assert "at x = -1" in refusal or "at x = −1" in refusal


@needs_node
def test_maps_have_the_points_of_the_plane_and_contours_lie_where_the_level_is() -> None:
    maps, line, same, circle, saddle = in_node("""
      const units = (p, x, out) => { out[0] = p[0] * x[0]; out[1] = x[1] ?? 7; };
      const program = {units};
      const out = new Float64Array(18);
      const maps = unitMaps(program, [2], 2, [[-1, 1], [-3, 3]], 3, out);
      const line = unitMaps(program, [2], 2, [[0, 4]], 5);
      const n = 41, at = (k) => Math.hypot((k % n) - 20, Math.floor(k / n) - 20);
      return [[...maps], [...line], maps === out, contoursOf(at, n, 12),
        contoursOf((k) => [1, -1, -1, 1][k], 2, 0)];""")
    assert maps == [-2, 0, 2] * 3 + [3] * 3 + [0] * 3 + [-3] * 3
    assert same
    assert line == [0, 2, 4, 6, 8] + [7] * 5
    (ring,) = circle
    assert ring[0] == ring[-1]
    assert len(ring) > 80
    assert all(math.hypot(x - 20, y - 20) == pytest.approx(12, abs=0.05) for x, y in ring)
    assert sorted(map(len, saddle)) == [2, 2]


STUB = """
  const calls = []; let chosen = 3;
  const net = (x) => 1 / (1 + Math.exp(-6 * (x[1] - 0.5 * Math.sin(3 * x[0]))));
  const several = (x) => { const e = [x[1], -x[0], x[0]].map((a) => Math.exp(5 * a)),
    s = e[0] + e[1] + e[2]; return e.map((a) => a / s); };
  let data, split, range, kind, n = 64;
  const outputs = (x) => kind === "shares" ? several(x) : kind === "share" ? [1 - net(x)]
    : [x.length === 1 ? Math.sin(3 * x[0]) : x[0] * x[1]];
  const predicted = (i) => { const y = outputs(data.inputs[i]);
    return y.length === 1 ? Number(y[0] >= 0.5) : y.indexOf(Math.max(...y)); };
  const panel = planePanel({
    pick: (i) => { calls.push(["pick", i]); chosen = i; draw(); },
    move: (i, input) => { calls.push(["move", i, input]); data.inputs[i] = input; draw(); },
    add: (input, k) => calls.push(["add", input, k]), remove: (i) => calls.push(["remove", i])});
  document.body.append(panel.element);
  const draw = () => panel.show({dataset: data, split, chosen, range, predicted,
    wrong: (i) => Boolean(data.classes) && predicted(i) !== data.targets[i]});
  function use(name, options = {}) {
    const f = (x) => Math.sin(3 * x);
    data = makeData(name, {count: 200, noise: 0.15, seed: 1, f, ...options});
    split = splitOf(data, 0.2, 1);
    range = data.inputs[0].map(() => [-1.25, 1.25]);
    kind = !data.classes ? "number" : data.classes.length > 2 ? "shares" : "share";
    draw();
    const units = kind === "shares" ? 3 : 1, write = (shift) => ({units: (p, x, out) =>
      outputs([...x].map((a) => a + shift)).forEach((y, k) => (out[k] = y))});
    panel.boundary(unitMaps(write(0), [], units, range, n), n, kind);
    panel.ghost(unitMaps(write(0.12), [], units, range, 40));
  }
  use("moons");
"""


def opened(browser: Any, **options: Any) -> Any:
    context = browser.new_context(viewport={"width": 420, "height": 330}, **options)
    page = context.new_page()
    classes = "".join([f"--class{k}:{CLASS_COLOURS[k]};" for k in range(6)])
    signs = [f"--positive:{ink.positive};--negative:{ink.negative};" for ink in (LIGHT, DARK)]
    style = (
        f"{variables('body')}body{{{signs[0]}{classes}margin:0;height:100vh;background:var(--paper);"
        "color:var(--ink);font-family:sans-serif}@media (prefers-color-scheme:dark)"
        f"{{body{{{signs[1]}}}}}.said{{position:absolute;clip-path:inset(50%)}}{part('plane.css')}"
    )
    view = "".join([of_page(f"{name}.js") for name in SCRIPTS.split()])
    script = (
        f"const {{make, mark, show}} = (() => {{{PRELUDE}{view}const mode = undefined;"
        f"return {{make, mark, show}};}})();const IRIS = {IRIS};"
        f"{part('data.js')}{part('maps.js')}{part('plane.js')}{STUB}"
    )
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.set_content(f"<!doctype html><style>{style}</style><body><script>{script}</script>")
    page.wait_for_timeout(100)
    return page


@pytest.mark.slow
def test_samples_are_picked_dragged_walked_drawn_and_removed(browser: Any) -> None:
    page = opened(browser)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "application"
    # The square plane is 286 pixels a side, from (38, 22), and shows -1.25 to 1.25.
    place = page.evaluate("data.inputs[7]")
    x, y = (38 + (place[0] + 1.25) / 2.5 * 286, 22 + (1.25 - place[1]) / 2.5 * 286)
    page.mouse.move(x, y)
    page.mouse.down()
    assert page.evaluate("calls.at(-1)") == ["pick", 7]
    page.mouse.move(x + 14.3, y - 28.6, steps=3)
    page.mouse.up()
    moved = page.evaluate("calls.at(-1)")
    assert moved[:2] == ["move", 7]
    assert moved[2] == pytest.approx([place[0] + 0.125, place[1] + 0.25], abs=0.01)
    page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate("calls.at(-1)[2]") == pytest.approx([moved[2][0] - 0.05, moved[2][1]])
    assert "sample 8, " in page.locator(".said").inner_text()
    before = page.evaluate("[calls.length, data.inputs[chosen][0]]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("calls.length") == before[0]
    page.keyboard.press("Enter")
    assert page.evaluate("calls.at(-1)[0]") == "pick"
    assert page.evaluate("data.inputs[chosen][0]") > before[1]
    page.keyboard.press("Delete")
    assert page.evaluate("calls.at(-1)[0]") == "remove"
    page.evaluate("panel.mode('draw'), panel.drawClass(1)")
    for key in ("ArrowUp", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("calls.at(-1)") == ["add", pytest.approx([0.05, 0.05]), 1]
    page.mouse.click(38 + 286 * 0.12, 22 + 286 * 0.12)
    assert page.evaluate("calls.at(-1)") == ["add", pytest.approx([-0.95, 0.95], abs=0.01), 1]
    page.set_viewport_size({"width": 700, "height": 560})
    page.wait_for_timeout(100)
    assert page.evaluate("document.querySelector('canvas').height") == 560
