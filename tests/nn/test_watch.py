"""What is recorded of a training, and that watching changes nothing."""

import json
import math
import random
import re
import sys
import zlib
from base64 import b64decode
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from autograd import Value
from nn import (
    MLP,
    SGD,
    Dropout,
    Module,
    Neuron,
    Sequential,
    fit,
    half_squared_error,
    mean_loss,
    predict_proba,
    watch,
)
from nn.data import load
from nn.film.contours import outline
from nn.film.look import mark, picture, thinned
from nn.film.losses import Losses
from nn.plots import CLASS_COLOURS, CLASS_MARKERS
from nn.train import Watch

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
ENTROPY = "binary_cross_entropy"


def network(**options: Any) -> MLP:
    return MLP(2, [3, 1], **{"activation": "tanh", "output": "sigmoid", "rng": 1} | options)


def watched(model: Module, *task: Any, epochs: int = 10, sample: int = 1, **options: Any) -> Watch:
    seen = watch(model, *task, sample=sample)
    options = {"lr": 0.5, "progress": False} | options
    fit(model, *task, epochs=epochs, callbacks=[seen], **options)
    return seen


def unpacked(html: str) -> Any:
    """Return the data of a page."""
    (packed,) = re.findall(r'unpack\("([^"]+)"\)', html)
    return json.loads(zlib.decompress(b64decode(packed)))


def smooth(data: Any, panel: int) -> list[list[float]]:
    """Return the numbers of a panel that are kept as letters, frame by frame."""
    frames, now = [], None
    for text in data["panels"][panel]["smooth"]:
        codes = [ord(letter) for letter in text]
        zigzag = [code - (0x23 if code < 0x100 else 0x100) for code in codes]
        moved = [z // 2 if z % 2 == 0 else -(z + 1) // 2 for z in zigzag]
        now = moved if now is None else [a + b for a, b in zip(now, moved)]
        frames.append([x * data["panels"][panel]["step"] for x in now])
    return frames


# -- what is kept


@pytest.mark.parametrize("compiled", [False, True])
def test_each_frame_has_the_model_of_its_epoch(compiled: bool) -> None:
    model = network()
    states = [model.state_dict()]
    seen = watch(model, *XOR, ENTROPY, sample=1)
    keep = lambda history: states.append(model.state_dict())  # noqa: E731
    history = fit(
        *(model, *XOR, ENTROPY),
        **{"epochs": 6, "lr": 0.5, "compiled": compiled, "progress": False},
        callbacks=[keep, seen],
    )
    data = unpacked(seen.film.html)
    assert data["captions"][0] == "before the first epoch"
    boundary, circuit = smooth(data, 0), data["panels"][2]
    assert len(boundary) == len(states) == 7
    axes = seen.film.panels[0].axes  # type: ignore[attr-defined]
    corner = [axes.xs[0], axes.ys[1]]
    for n, state in enumerate(states):
        model.load_state_dict(state)
        ((p_0, p_1),) = predict_proba(model, [corner])
        assert boundary[n][0] == pytest.approx(p_1 - p_0, abs=data["panels"][0]["step"])
        error = mean_loss(model, [XOR[0][1]], [XOR[1][1]], ENTROPY)
        assert circuit["exact"][n][0] == pytest.approx(error, rel=1e-4)
        if n:
            loss = history[n - 1]["train_loss"]
            assert data["captions"][n].startswith(f"epoch {n} of 6 · train loss {loss:.3g}")


def test_numbers_of_units_and_weights_are_those_of_backward() -> None:
    model = network()
    seen = watched(model, *XOR, ENTROPY, epochs=3)
    data = unpacked(seen.film.html)
    (y,) = model.layers[-1].neurons
    hidden = list(model.layers[0].neurons)
    last = data["panels"][2]["exact"][-1]
    z = [math.tanh(sum(w.data * x for w, x in zip(n.w, XOR[0][1])) + n.b.data) for n in hidden]
    output = 1 / (1 + math.exp(-sum(w.data * z_j for w, z_j in zip(y.w, z)) - y.b.data))
    delta = output - 1.0
    back = [(1 - z_j**2) * w.data * delta for w, z_j in zip(y.w, z)]
    values, deltas = last[1 : 1 + 12 : 2], last[2 : 2 + 12 : 2]
    assert values == pytest.approx([*XOR[0][1], *z, output], rel=1e-4)
    assert deltas[2:] == pytest.approx([*back, delta], rel=1e-4)
    weights = [w.data for n in hidden for w in n.w] + [w.data for w in y.w]
    assert sorted(last[13:22]) == pytest.approx(sorted(weights), rel=1e-4)


def test_many_epochs_are_thinned_evenly() -> None:
    seen = watched(network(), *XOR, ENTROPY, epochs=450, compiled=True)
    epochs = [
        int(re.sub(r"\D*(\d*).*", r"\1", text) or 0)
        for text in unpacked(seen.film.html)["captions"]
    ]
    assert epochs == [*range(0, 449, 4), 450]


def test_a_page_of_two_hundred_frames_is_small() -> None:
    model = MLP(2, [8, 1], activation="tanh", output="sigmoid", rng=0)
    seen = watched(model, load("moons"), None, ENTROPY, epochs=199, compiled=True)
    assert len(seen.film.frames) == 200
    assert len(seen.film.html) <= 200_000


def test_an_interrupted_training_can_be_looked_at() -> None:
    def interrupt(history: Any) -> None:
        if len(history) == 4:
            raise KeyboardInterrupt

    model = network()
    seen = watch(model, *XOR, ENTROPY)
    history = fit(model, *XOR, ENTROPY, epochs=9, progress=False, callbacks=[seen, interrupt])
    assert history.stopped == "interrupted"
    assert unpacked(seen.film.html)["captions"][-1].startswith("epoch 4 of 4")


def test_a_history_that_goes_on_goes_on_in_the_film() -> None:
    model = network()
    first = fit(model, *XOR, ENTROPY, epochs=3, progress=False)
    seen = watch(model, *XOR, ENTROPY)
    fit(model, *XOR, ENTROPY, epochs=2, progress=False, resume=first, callbacks=[seen])
    captions = unpacked(seen.film.html)["captions"]
    assert [text.split(" · ")[0] for text in captions] == [f"epoch {n} of 5" for n in (3, 4, 5)]


def test_a_loop_of_ones_own() -> None:
    w = Value(0.0)

    class Slope(Module):
        def __init__(self) -> None:
            self.w = w

        def __call__(self, x: Any) -> Value:
            return self.w * x

    seen = watch(Slope(), [1.0, 2.0], [2.0, 4.0], half_squared_error)
    records: list[dict[str, float]] = []
    with seen:
        for _ in range(3):
            w.data += 0.5
            records.append({"train_loss": (w.data - 2.0) ** 2})
            seen(records)
    assert unpacked(seen.film.html)["captions"][-1] == "epoch 3 of 3 · train loss 0.25"


LINE = [[1.0], [2.0]], [0.0, 0.0], "half_squared_error"


@pytest.mark.parametrize("lr", [0.58, 0.7, 1.0, 1.05, 2.6])
def test_weights_that_oscillate_or_diverge_are_kept(lr: float) -> None:
    """From step to step w is multiplied by 1 - 2.5 lr, and the bias follows."""
    model = Neuron(1, activation="identity", rng=1)
    seen = watch(model, *LINE)
    kept = [model.w[0].data]
    keep = lambda history: kept.append(model.w[0].data)  # noqa: E731
    options: dict[str, Any] = {"optimizer": SGD(model.parameters(), lr=lr), "lr": None}
    fit(model, *LINE, epochs=12, progress=False, callbacks=[seen, keep], **options)
    data = unpacked(seen.film.html)
    (at,) = [k for k in range(len(kept)) if k and kept[k] * kept[k - 1] < 0][:1]
    assert at, "it changes its sign"
    frames = data["panels"][2]["exact"]
    _, _, is_weight = data["panels"][2]["facts"]["edges"][0]
    assert is_weight
    nodes = len(data["panels"][2]["facts"]["names"])
    assert [frame[1 + 2 * nodes] for frame in frames] == pytest.approx(kept, rel=1e-4)


@pytest.mark.parametrize("loss", [-1.0, 0.0, 1e-320, -1e16, 1.79e308])
def test_a_constant_loss_has_axes(loss: float) -> None:
    panel = Losses({1: {"train_loss": loss}, 2: {"train_loss": loss}})
    ElementTree.fromstring(panel.svg(panel.shot(2, {"train_loss": loss})))


def test_the_dot_is_on_the_curve_where_the_loss_is() -> None:
    losses = [4.0, 3.0, 2.0, 1.0, 0.0]
    panel = Losses({n: {"train_loss": y} for n, y in enumerate(losses, start=1)})
    x, y, none = panel.shot(3, {"train_loss": 2.0}).exact
    svg = panel.svg(panel.shot(3, {"train_loss": 2.0}))
    (curve,) = re.findall(r'class="ink" d="M([^"]+)"', svg)
    points = [tuple(map(float, point.split())) for point in curve.split("L")]
    assert (x, y) == pytest.approx(points[2], abs=0.05)
    assert none is None
    assert y == pytest.approx((points[0][1] + points[4][1]) / 2, abs=0.1)
    zero, two = [float(at) for at in re.findall(r'y="([\d.]+)" text-anchor="end">[02]<', svg)]
    assert points[4][1] - points[2][1] == pytest.approx(zero - two, abs=0.1)
    assert points[4][1] == pytest.approx(zero - 5, abs=0.1)


def test_widths_are_cube_roots_and_what_is_cut_off_is_said() -> None:
    """E = (y - t)^2 / 2 with t = 40: more flows into y than on to any unit."""
    model = MLP(2, [3, 1], output="identity", rng=1)
    seen = watch(model, [[1.0, 2.0]], [40.0], "half_squared_error")
    circuit, shot = seen.film.panels[-1], seen.film.frames[0].shots[-1]
    assert shot is not None
    (y,) = model.layers[-1].neurons
    hidden = [neuron([1.0, 2.0]).data for neuron in model.layers[0].neurons]
    delta = model([1.0, 2.0]).data - 40.0
    flows = [w.data * delta for w in y.w]
    back = [flow * (z > 0) for flow, z in zip(flows, hidden)]  # of relu
    flows += [w.data * d for d, n in zip(back, model.layers[0].neurons) for w in n.w]
    full = max(map(abs, flows))
    assert full < abs(delta)
    assert f"full at {full:.3g} and above<" in circuit.svg(shot)
    pens = [float(pen) for pen in re.findall(r"stroke-width:([\d.]+)\" d", circuit.svg(shot))]
    *inner, into_end, _, _ = pens  # and those of the legend
    assert into_end == 7.0
    widths = [max(7.0 * (abs(flow) / full) ** (1 / 3), 1.0) for flow in flows]
    assert sorted(inner) == pytest.approx(sorted(widths), abs=0.01)

    model = MLP(2, [3, 1], output="identity", rng=1)
    for w in model.layers[-1].neurons[0].w:
        w.data *= 10.0
    seen = watch(model, [[1.0, 2.0]], [40.0], "half_squared_error")
    assert not any("and above" in picture for picture in pictures_of(seen._live()["text/html"]))


def test_a_table_counts_the_samples_that_it_says() -> None:
    class Given(Module):
        """It answers the class that its input says."""

        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, x: Any) -> list[Value]:
            return [self.w * x[0], self.w * x[1], self.w * x[2]]

    rows = {0: [2.0, 1.0, 0.0], 1: [0.0, 3.0, 1.0], 2: [0.0, 0.0, 5.0]}
    said, true = [0, 1, 1, 2, 2, 2], [0, 1, 0, 2, 2, 0]
    seen = watch(Given(), [rows[k] for k in said], true, "cross_entropy_with_logits")
    table, shot = seen.film.panels[0], seen.film.frames[0].shots[0]
    assert shot is not None
    assert shot.exact == [1, 1, 1, 0, 1, 0, 0, 0, 2]
    shades = re.findall(r'fill-opacity="([\d.]+)"', table.svg(shot))
    assert [float(shade) for shade in shades[:3]] == [0.2, 0.2, 0.2]
    assert "samples" not in table.svg(shot)

    many = watch(Given(), [rows[k] for k in said] * 200, true * 200, "cross_entropy_with_logits")
    table, shot = many.film.panels[0], many.film.frames[0].shots[0]
    assert shot is not None
    counts = sum([count or 0.0 for count in shot.exact])
    assert counts < 1200
    assert f"{counts:g} of 1200 samples" in table.svg(shot)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_pictures_say_how_many_samples_are_drawn(width: int) -> None:
    x = [[float(k + j) for j in range(width)] for k in range(1000)]
    t = [row[0] for row in x]
    seen = watch(MLP(width, [1], rng=0), x, t, "half_squared_error")
    svg = seen._live()["text/html"]
    assert re.search(r"\d+ of 1000", pictures_of(svg)[0])
    few = watch(MLP(width, [1], rng=0), x[:9], t[:9], "half_squared_error")
    assert "of 9" not in pictures_of(few._live()["text/html"])[0]


def pictures_of(html: str) -> list[str]:
    found = re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", html)
    return [b64decode(picture).decode() for picture in found]


def test_classes_look_as_in_plots() -> None:
    pytest.importorskip("matplotlib")
    model = MLP(2, [3, 10], output="softmax", rng=0)
    x = [[float(k), 0.0] for k in range(10)]
    seen = watch(model, x, list(range(10)), "cross_entropy")
    plane, shot = seen.film.panels[0], seen.film.frames[0].shots[0]
    assert shot is not None
    svg = plane.svg(shot)
    shapes = []
    for k, marker in enumerate(CLASS_MARKERS):
        assert f".class{k}{{fill:{CLASS_COLOURS[k]}" in svg
        shapes += re.findall(rf'class="mark class{k}" d="M[\d.]+ [\d.]+([^"]+)"', svg)[:1]
        assert mark(marker, 0.0, 0.0, 4.0).endswith(shapes[-1])
    assert len({*shapes}) == 10
    assert shapes[0].count("a") == 2, "a circle"
    assert shapes[1].count("l") == 2, "a triangle"


def test_marks_stand_out_from_all_shades() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    style = re.findall("<style>(.*?)</style>", picture("plane", "", 1.0, 1.0))[0]
    (edge,) = re.findall(r"\.mark\{stroke:var\(--(\w+)\)", style)
    for theme in re.findall(r":root\{(.*?)\}", style):
        colours = dict(re.findall(r"--(\w+):(#\w+)", theme))
        shades = [colours[name] for name in colours if re.match("(tone|region)", name)]
        assert len(shades) == 16
        for shade in shades:
            low, high = sorted([luminance(colours[edge]), luminance(shade)])
            assert (high + 0.05) / (low + 0.05) >= 3.0, shade


def test_a_shade_says_its_class() -> None:
    data = load("moons")
    seen = watch(network(), data, None, ENTROPY)
    shot = seen.film.frames[0].shots[0]
    assert shot is not None
    name = (data.class_names or ["class 0", "class 1"])[1]
    assert f"blue +: {name}<" in seen.film.panels[0].svg(shot)
    plain = watch(network(), data.inputs, data.targets, ENTROPY)
    assert "blue +: class 1<" in plain.film.panels[0].svg(plain.film.frames[0].shots[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c", "d"]])
def test_names_may_be_fewer_or_more_than_outputs(names: list[str]) -> None:
    data = load("moons")
    named = type(data)(data.inputs, data.targets, data.feature_names, names, "moons")
    model = MLP(2, [3, 3], output="softmax", rng=0)
    seen = watched(model, named, None, "cross_entropy", epochs=1)
    svg = seen.film.panels[0].svg(seen.film.frames[0].shots[0])  # type: ignore[arg-type]
    legend = re.findall(r'<text x="\d+" y="\d+">([^<]+)</text>', svg)
    assert legend == ["a", "b", "class 2" if len(names) == 2 else "c"]


def test_live_pictures_are_images_alone_in_the_notebook() -> None:
    html = watch(network(), *XOR, ENTROPY)._live()["text/html"]
    assert len(pictures_of(html)) == 3
    assert " id=" not in html
    assert "run this cell" not in html


def test_few_are_chosen_evenly_with_the_last_one() -> None:
    assert thinned(range(5), 9) == [0, 1, 2, 3, 4]
    assert thinned(range(10), 4) == [0, 3, 6, 9]
    assert thinned(range(4), 2) == [0, 3]
    assert thinned([], 2) == []


# -- what is left alone


def test_watching_changes_nothing() -> None:
    def train(callbacks: list[Any]) -> tuple[Any, ...]:
        model = Sequential(MLP(2, [3]), Dropout(0.5, rng=3), MLP(3, [1], output="sigmoid"))
        fill = random.Random(7)
        for parameter in model.parameters():
            parameter.data = fill.uniform(-1, 1)
        history = fit(model, *XOR, ENTROPY, epochs=5, progress=False, callbacks=callbacks(model))
        gradients = [parameter.grad for parameter in model.parameters()]
        return history.epochs, model.state_dict(), gradients

    films = []

    def watching(model: Module) -> list[Any]:
        seen = watch(model, *XOR, ENTROPY)
        return [seen, lambda history: films.append(seen.film)]  # looked at after each epoch

    assert train(watching) == train(lambda model: [])
    assert len(films) == 5


def test_callbacks_that_are_context_managers_are_left_also_after_an_error() -> None:
    log: list[str] = []

    class Managed:
        def __enter__(self) -> None:
            log.append("in")

        def __exit__(self, *error: object) -> None:
            log.append("out")

        def __call__(self, history: Any) -> None:
            log.append(f"epoch {len(history)}")
            if len(history) == 2:
                raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fit(network(), *XOR, ENTROPY, epochs=5, progress=False, callbacks=[Managed()])
    assert log == ["in", "epoch 1", "epoch 2", "out"]


# -- which pictures there are


class Branching(Module):
    """What cannot be traced: another formula where x is negative."""

    def __init__(self) -> None:
        self.w, self.v = Value(0.5), Value(-0.5)

    def __call__(self, x: Any) -> Value:
        return self.w * x[0] if x[0] > 0 else self.v * x[0] * x[0]


@pytest.mark.parametrize(
    ("model", "inputs", "targets", "loss", "kinds"),
    [
        (lambda: network(), *XOR, ENTROPY, "plane losses circuit"),
        (lambda: network(output="tanh"), XOR[0], [-1, 1, 1, -1], "hinge", "plane losses circuit"),
        (
            lambda: MLP(1, [1]),
            [[0.0], [1.0]],
            [0.5, 2.5],
            "half_squared_error",
            "line losses circuit",
        ),
        (
            lambda: MLP(2, [3]),
            XOR[0],
            [0, 1, 2, 0],
            "cross_entropy_with_logits",
            "plane losses circuit",
        ),
        (
            lambda: MLP(3, [2]),
            [[0.0] * 3, [1.0] * 3],
            [[0, 1], [2, 3]],
            "huber",
            "pairs losses circuit",
        ),
        (
            lambda: MLP(3, [2]),
            [[0.0] * 3, [1.0] * 3],
            [1, 0],
            "cross_entropy_with_logits",
            "table losses circuit",
        ),
        (
            lambda: Branching(),
            [[-1.0], [1.0]],
            [0.5, 2.0],
            "half_squared_error",
            "line losses circuit",
        ),
    ],
)
def test_each_task_has_its_pictures(
    model: Callable[[], Module], inputs: Any, targets: Any, loss: str, kinds: str
) -> None:
    seen = watched(model(), inputs, targets, loss, epochs=3, lr=0.01)
    assert " ".join([panel.kind for panel in seen.film.panels]) == kinds
    for panel in unpacked(seen.film.html)["panels"]:
        ElementTree.fromstring(panel["svg"])
        assert None not in panel["smooth"]


def test_a_model_that_cannot_be_traced_is_asked_point_by_point() -> None:
    seen = watched(Branching(), [[-1.0], [1.0]], [0.5, 2.0], "half_squared_error", sample=0)
    line = seen.film.panels[0]
    frame = seen.film.frames[-1].shots[0]
    assert frame is not None
    model = seen._model
    expected = [line.axes.y(model(x).data) for x in line.points]  # type: ignore[attr-defined]
    assert list(frame.smooth) == expected


def test_numbers_that_are_not_finite_are_said() -> None:
    model = MLP(1, [2, 1], activation="relu", rng=0)
    optimizer = SGD(model.parameters(), lr=1e200)
    seen = watched(
        model, [[1.0], [2.0]], [1.0, 5.0], "half_squared_error", optimizer=optimizer, lr=None
    )
    scene, losses, circuit = unpacked(seen.film.html)["panels"]
    assert scene["smooth"][0] is not None
    assert scene["smooth"][-1] is None
    assert {"nan", "inf", "-inf"} & {*map(str, circuit["exact"][-1])}
    for panel in (scene, circuit):
        assert 'class="lost" visibility="visible"' in panel["svg"]
    assert losses["exact"][-1][1] is None


def test_names_of_users_are_text() -> None:
    data = load("moons")
    hostile = '<script>&\u202e"'
    named = type(data)(data.inputs, data.targets, data.feature_names, [hostile, "b"], "moons")
    seen = watched(network(), named, None, ENTROPY, epochs=1)
    svg = seen.film.panels[0].svg(seen.film.frames[0].shots[0])  # type: ignore[arg-type]
    texts = [text for x in ElementTree.fromstring(svg).iter() if (text := x.text)]
    assert any(text.startswith("<script>") for text in texts)
    assert "\u202e" not in svg


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="sample is 4: choose an index, from 0 to 3"):
        watch(network(), *XOR, ENTROPY, sample=4)
    with pytest.raises(TypeError, match="loss is missing"):
        watch(network(), *XOR)
    with pytest.raises(ValueError, match="4 inputs, but 1 targets"):
        watch(network(), XOR[0], [1], ENTROPY)
    with pytest.raises(TypeError, match="pass a module"):
        watch(MLP, *XOR, ENTROPY)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"a film ends in \.html"):
        watched(network(), *XOR, ENTROPY, epochs=1).save("film.mp4")


# -- while it is live


class Cell:
    """Stands for the output of a notebook's cell, and counts what it was given."""

    def __init__(self) -> None:
        self.shown: list[str] = []  # HTML

    def display(self, bundle: dict[str, str], **options: Any) -> "Cell":
        assert options == {"raw": True, "display_id": True}
        self.shown.append(bundle["text/html"])
        return self

    def update(self, what: Any, raw: bool = False) -> None:
        self.shown.append(what["text/html"] if raw else what._repr_html_())


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    cell = Cell()
    shell = SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=cell.display))
    return cell


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only moves when a test says so."""
    now = [0.0]
    monkeypatch.setattr(sys.modules["nn.train.watch"], "perf_counter", lambda: now[0])
    return now


def pictures(cell: Cell, clock: list[float], epoch_takes: float, picture_takes: float) -> list[int]:
    """Return the epochs of which a live picture was shown, of a hundred."""
    drawn = cell.update

    def update(what: Any, raw: bool = False) -> None:
        clock[0] += picture_takes
        drawn(what, raw)

    cell.update = update  # type: ignore[method-assign]

    def wait(history: Any) -> None:
        clock[0] += epoch_takes

    model = network()
    seen = watch(model, *XOR, ENTROPY)
    fit(model, *XOR, ENTROPY, epochs=100, progress=False, callbacks=[wait, seen])
    live = [re.findall(r"<p>epoch (\d+) of", html) for html in cell.shown[1:-1]]
    return [int(epoch) for (epoch,) in live]


def test_at_most_ten_pictures_a_second(cell: Cell, clock: list[float]) -> None:
    assert pictures(cell, clock, 0.03, 0.0) == [*range(4, 101, 4)]


def test_pictures_that_take_long_are_fewer(cell: Cell, clock: list[float]) -> None:
    """0.5 s for each, in 100 epochs of 1 s: at most a tenth of the time is spent."""
    shown = pictures(cell, clock, 1.0, 0.5)
    assert 10 <= len(shown) <= 20
    assert len(shown) * 0.5 <= 0.1 * clock[0]
    assert max([b - a for a, b in pairwise(shown)]) <= 15


def test_the_last_thing_shown_is_the_film(cell: Cell, clock: list[float]) -> None:
    pictures(cell, clock, 1.0, 0.0)
    first, *live, last = cell.shown
    assert "before the first epoch" in first
    assert "<script" not in "".join([first, *live])
    assert "iframe" in last
    assert "run this cell" in last
    assert "epoch 100 of 100" in last


def test_in_a_script_nothing_is_shown(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert watched(network(), *XOR, ENTROPY).film.frames
    assert cell.shown == []


# -- outlines


def test_an_outline_surrounds_what_is_above() -> None:
    rng = random.Random(5)
    grid = [rng.uniform(-1, 1) for _ in range(20 * 12)]
    path = outline(grid, 20, 0.0)
    loops = [
        [tuple(map(float, point.split())) for point in loop.split("L")]
        for loop in path.split("M")[1:]
    ]

    def is_inside(x: float, y: float) -> bool:
        """Count how often a ray to the right meets the outline."""
        crossings = 0
        for loop in loops:
            for (a, b), (c, d) in zip(loop, [*loop[1:], loop[0]]):
                if (b > y) != (d > y) and x < a + (y - b) / (d - b) * (c - a):
                    crossings += 1
        return crossings % 2 == 1

    for j in range(1, 11):
        for i in range(1, 19):
            number = grid[j * 20 + i]
            if abs(number) > 0.02:
                assert is_inside(i + 1e-4, j + 1e-4) == (number > 0), (i, j)
