"""Draw the pictures of the README."""

import xml.etree.ElementTree as ET
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

from autograd import Value, topological_order
from autograd.view import draw
from autograd.view.names import Names, node_formula
from autograd.view.notation import find_notation
from autograd.view.plain import plain
from nn import MLP, half_squared_error

HERE = Path(__file__).parent
LOOP, FORWARD, BACKWARD, FADE = 16.0, 0.9, 1.0, 0.2  # seconds: in all, and for each step
HEAD = 34  # room for a caption
DIM = 0.25  # of what is not computed yet


class Film:
    """Both passes through a graph in a loop, which begins with all of it in grey.

    Where nothing may move, its end is shown.
    """

    def __init__(self, root: Value) -> None:
        drawing = draw(root, edges="both", gradients=True)
        shown, style = drawing.picture, drawing.style
        self.svg = ET.fromstring(drawing.svg)
        self.thin = drawing.rendered(gradients=False).text
        self.number = style.number
        self.root, self.order = root, topological_order(root)
        self.key = {node: i for i, node in enumerate(self.order)}
        self.names = Names(self.order, find_notation("prml"))
        self.ends = [(edge.source, edge.target) for edge in shown.edges]
        self.rules: dict[str, str] = {}
        self.time = FADE
        self.make_room()
        self.forward()
        self.backward()

    def make_room(self) -> None:
        left, top, width, height = map(float, self.svg.attrib["viewBox"].split())
        self.place = {"x": f"{left + width / 2:.1f}", "y": f"{top - 0.3 * HEAD:.1f}"}
        size = {"y": f"{top - HEAD:.1f}", "height": f"{height + HEAD:.0f}"}
        self.svg.set("viewBox", f"{left} {size['y']} {width} {size['height']}")
        self.svg.set("height", size["height"])
        self.find("rect[@class='background']").attrib.update(size)

    def forward(self) -> None:
        """Let numbers appear, each with what it is computed from."""
        edges, thin = self.find("g[@class='edges']"), ET.fromstring(self.thin)
        for node in self.order:
            self.show(self.node(self.key[node]), hidden=DIM)
            for i, (source, target) in enumerate(self.ends):
                if target == self.key[node]:
                    edge = thin.find(f".//{{*}}g[@id='e{i}']")
                    edge.set("id", f"thin{i}")
                    edges.insert(0, edge)
                    self.show(edge, hidden=DIM)
                    if source >= len(self.order):  # a constant
                        self.show(self.node(source), hidden=DIM)
                        self.show(self.find(f"g[@id='e{i}']"))
            steps = [self.names.text(node), self.text(node.data)]
            if node.parents:
                operands = [
                    self.names.symbol(x) if isinstance(x, Value) else x for x in node.operands
                ]
                steps.insert(1, plain(node_formula(node, operands)))
            self.say(f"forward: {' = '.join(steps)}", FORWARD)

    def backward(self) -> None:
        """Let gradients flow back edge by edge, and add up in the nodes."""
        totals = {self.root: [(self.time, 1.0)]}
        self.say(f"backward: {self.names.text(self.root)}.grad = 1", BACKWARD, "flow")
        for node in reversed(self.order):
            for parent, local in node.edges():
                self.flow(self.ends.index((self.key[parent], self.key[node])))
                passed = totals.setdefault(parent, [])
                total = local * node.grad + (passed[-1][1] if passed else 0.0)
                passed.append((self.time + BACKWARD / 2, total))
                factors = f"{self.text(local)} · {self.text(node.grad)}"
                self.say(f"backward: {self.names.text(parent)}.grad += {factors}", BACKWARD, "flow")
        for node, passed in totals.items():
            self.add_up(self.node(self.key[node]), passed)
        leaves = [node for node in self.order if not node.parents]
        root = self.names.text(self.root)
        results = [f"∂{root}/∂{self.names.text(x)} = {self.text(x.grad)}" for x in leaves]
        self.say(", ".join(results), LOOP - self.time, "flow")

    def flow(self, edge: int) -> None:
        group = self.find(f"g[@id='e{edge}']")
        self.show(group)
        self.show(self.find(f"g[@data-edge='{edge}']"))
        path = group.find("{*}path")
        path.set("pathLength", "1")
        start, end = (self.time, -1), (self.time + BACKWARD / 2, 0)
        self.animate(path, "stroke-dasharray:1;stroke-dashoffset", start, end, (LOOP, 0))

    def add_up(self, group: ET.Element, passed: list[tuple[float, float]]) -> None:
        """Show each running total until the next."""
        grad = group.find("{*}text[@class='grad']")
        for (start, total), (end, _) in pairwise(passed):
            interim = deepcopy(grad)
            interim.text = f"grad {self.text(total)}"
            interim.set("opacity", "0")
            group.append(interim)
            self.show(interim, start, end)
        for part in (grad, *group.findall("{*}rect[@height='5']"), group.find("{*}line")):
            self.show(part, passed[-1][0])

    def say(self, text: str, seconds: float, kind: str = "") -> None:
        """Show a caption, and go on in time."""
        end = self.time + seconds
        look = {"class": kind, "font-size": "20", "opacity": f"{end == LOOP:d}"}
        caption = ET.SubElement(self.svg, "text", self.place | look)
        caption.text = text
        self.show(caption, self.time, end)
        self.time = end

    def show(
        self,
        part: ET.Element,
        start: float | None = None,
        end: float = LOOP,
        hidden: float = 0.0,
    ) -> None:
        """Let a part appear, and go at the end; before and after it is as faint as `hidden`."""
        start = self.time if start is None else start
        faint = [(moment, hidden) for moment in (0, start, end, LOOP)]
        visible = (start + FADE, 1), (end - FADE, 1)
        self.animate(part, "opacity", *faint[:2], *visible, *faint[2:])

    def animate(self, part: ET.Element, what: str, *moments: tuple[float, float]) -> None:
        """Give a property values at moments (seconds, value)."""
        frames = "".join([f"{time / LOOP:.1%}{{{what}:{value}}}" for time, value in moments])
        name = self.rules.setdefault(frames, f"k{len(self.rules)}")
        part.set("class", f"{part.get('class', '')} {name}".lstrip())

    def find(self, path: str) -> ET.Element:
        return self.svg.find(f".//{{*}}{path}")

    def node(self, key: int) -> ET.Element:
        return self.find(f"g[@id='n{key}']")

    def text(self, x: float) -> str:
        return self.number(x).replace("-", "−")

    def save(self, path: Path) -> None:
        rules = "".join(
            f".{name}{{animation:{name} {LOOP:g}s infinite}}@keyframes {name}{{{frames}}}"
            for frames, name in self.rules.items()
        )
        self.find("style").text += f"@media (prefers-reduced-motion:no-preference){{{rules}}}"
        ET.register_namespace("", "http://www.w3.org/2000/svg")
        path.write_text(f"{ET.tostring(self.svg, 'unicode')}\n", encoding="utf-8")


a, b = Value(1.5, label="a"), Value(-2.2, label="b")
loss = (a * b + a**2).tanh()
loss.label = "L"
loss.backward()
draw(loss, edges="both", gradients=True).save(HERE / "graph.svg")
Film(loss).save(HERE / "backward.svg")

model = MLP(2, [3, 1], activation="tanh", rng=0)
error = half_squared_error(model([0.5, -1.0]), 1.0)
error.label = "E"
error.backward()
draw(error, detail="neuron", gradients=True).save(HERE / "network.svg")
