"""Networks that people build: what is said of them, drawn, compiled, saved and exported."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from graphlib import TopologicalSorter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd import Layers, Value, topological_order
from autograd.view import diagnose, explain, picture
from nn.export import to_jax, to_onnx, to_torch
from tests.helpers.engines import x64
from tests.helpers.networks import CASES

EACH = pytest.mark.parametrize("name", CASES)
MARKED = pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.units])
COUNTS = pytest.mark.parametrize("count", [1, 2])


def loss_of(name: str, model: Any, count: int) -> Value:
    X, T = CASES[name].samples
    loss = nn.total([nn.half_squared_error(model(x), t) for x, t in zip(X[:count], T)])
    loss.backward()
    return loss


# -- the same networks in PyTorch, by hand; a(l, layer, x) are the pre-activations of layer l --


def recurrent(m: Any, x: Any, a: Any, torch: Any) -> Any:
    h = torch.zeros(2, dtype=torch.float64)
    for t in (0, 2, 4):
        h = a(1, m.step.neurons, torch.cat([x[t : t + 2], h])).tanh()
    return a(2, m.last.neurons, h)


def tied(m: Any, x: Any, a: Any, torch: Any) -> Any:
    w = torch.tensor([[w.data for w in n.w] for n in m.encoder.neurons], dtype=torch.float64)
    z = a(1, m.encoder.neurons, x).tanh()
    return z @ w + torch.tensor([b.data for b in m.offsets], dtype=torch.float64)


def shared(m: Any, x: Any, a: Any, torch: Any) -> Any:
    z = a(1, m.twice.neurons, a(1, m.twice.neurons, x).tanh()).tanh()
    return a(2, m.last.neurons, z)


def siamese(m: Any, x: Any, a: Any, torch: Any) -> Any:
    one, other = (a(1, m.encoder.neurons, half).tanh() for half in (x[:2], x[2:]))
    return a(2, m.head.neurons, (one - other) ** 2)


def autoencoder(m: Any, x: Any, a: Any, torch: Any) -> Any:
    code = a(2, m.encoder.layers[1].neurons, a(1, m.encoder.layers[0].neurons, x).tanh())
    return a(4, m.decoder.layers[1].neurons, a(3, m.decoder.layers[0].neurons, code).tanh())


def branches(m: Any, x: Any, a: Any, torch: Any) -> Any:
    left, right = a(1, m.left.neurons, x).tanh(), a(2, m.right.neurons, x).sigmoid()
    return a(3, m.last.neurons, torch.cat([left, right]))


def normed(m: Any, x: Any, a: Any, torch: Any) -> Any:
    z = torch.nn.functional.layer_norm(a(1, m[0].neurons, x).tanh(), [3])
    return a(2, m[3].neurons, z)


def two(first: Callable[[Any], Any], last: Callable[[Any], Any]) -> Any:
    return lambda m, x, a, torch: a(2, last(m), a(1, first(m), x).tanh())


TWINS: dict[str, Any] = {
    "wrong order": two(lambda m: m.first.neurons, lambda m: m.second.neurons),
    "skip": lambda m, x, a, _: a(2, m.last.neurons, a(1, m.inner.neurons, x).tanh() + x),
    "shared": shared,
    "branches": branches,
    "siamese": siamese,
    "autoencoder": autoencoder,
    "recurrent": recurrent,
    "tied": tied,
    "frozen": two(lambda m: m.first.neurons, lambda m: m.second.neurons),
    "dict": two(lambda m: m.layers["in"].neurons, lambda m: m.layers["out"].neurons),
    "neurons": two(lambda m: m.hidden, lambda m: m.last),
    "norm": normed,
}


def torch_deltas(name: str, model: Any, count: int) -> dict[int, list[list[float]]]:
    """Rows for each sample, and within it for each use, from PyTorch."""
    torch = pytest.importorskip("torch")
    kept: dict[int, list[Any]] = {}

    def a(number: int, neurons: Any, x: Any) -> Any:
        w = torch.tensor([[w.data for w in n.w] for n in neurons], dtype=torch.float64)
        b = torch.tensor([n.b.data for n in neurons], dtype=torch.float64)
        found = (w @ x + b).requires_grad_()
        found.retain_grad()
        kept.setdefault(number, []).append(found)
        return found

    for x, t in zip(*[side[:count] for side in CASES[name].samples]):
        x, t = (torch.tensor(side, dtype=torch.float64) for side in (x, t))
        y = TWINS[name](model, x, a, torch)
        (0.5 * ((y - t) ** 2).sum()).backward()
    return {number: [found.grad.tolist() for found in rows] for number, rows in kept.items()}


@MARKED
@COUNTS
def test_deltas_and_their_explanations_are_those_of_torch(name: str, count: int) -> None:
    """Layer by layer, with the numbers of the layers, and sample by sample."""
    model = CASES[name].model()
    loss = loss_of(name, model, count)
    found, expected = nn.deltas(loss), torch_deltas(name, model, count)
    assert {number: len(rows) for number, rows in found.items()} == {
        number: uses * count for number, uses in CASES[name].uses.items()
    }
    assert found.keys() == expected.keys()
    for number, rows in expected.items():
        for row, expected_row in zip(found[number], rows, strict=True):
            assert row == pytest.approx(expected_row, rel=1e-10, abs=1e-14)
    for number, uses in Layers(topological_order(loss)).uses.items():
        for use, row in zip(uses, expected[number], strict=True):
            told = explain(use.units[1], of=loss)
            assert told.gradient == pytest.approx(row[0], rel=1e-10, abs=1e-14)
            assert f"δ₁{'⁰¹²³⁴'[number].join('⁽⁾')}" in str(told)


@MARKED
@COUNTS
def test_pictures_show_every_unit_in_its_layer(name: str, count: int) -> None:
    """Without cycles, for one sample in order, with δ of a unit, or its norm over the samples."""
    case = CASES[name]
    model = case.model()
    loss = loss_of(name, model, count)
    expected = torch_deltas(name, model, count)
    for detail in ("scalar", "neuron", "layer"):
        shown = picture(loss, detail)
        pairs = [(edge.source, edge.target) for edge in shown.edges]
        given: dict[int, set[int]] = {node.key: set() for node in shown.nodes}
        for source, target in pairs:
            given[target].add(source)
        TopologicalSorter(given).prepare()  # raises CycleError if there is a cycle
        at = {node.key: i for i, node in enumerate(shown.nodes)}
        assert all(at[source] < at[target] for source, target in pairs)
    units = [node for node in picture(loss, "neuron").nodes if node.kind == "unit"]
    for number, width in case.units.items():
        for unit in range(1, width + 1):
            drawn = [node for node in units if (node.layer, node.unit) == (number, unit)]
            uses = case.uses[number]
            rows = [[row[unit - 1] for row in expected[number][k::uses]] for k in range(uses)]
            if count == 1:
                found = [node.grad for node in drawn]
                assert found == pytest.approx([delta for (delta,) in rows], rel=1e-10, abs=1e-14)
            else:
                norms = [dict(node.facts)["‖δ‖"] for node in drawn]
                wanted = [math.hypot(*row) for row in rows]
                assert norms == pytest.approx(wanted, rel=1e-10, abs=1e-14)
    titles = [node.title for node in picture(loss, "layer").nodes if node.kind == "layer"]
    for number, uses in case.uses.items():
        assert len([title for title in titles if f"layer {number}" in title]) == uses


@EACH
@COUNTS
def test_the_doctor_counts_units_samples_and_uses(name: str, count: int) -> None:
    case = CASES[name]
    said = diagnose(loss_of(name, case.model(), count)).examined
    if case.units:
        samples = "1 sample" if count == 1 else f"{count} samples"
        assert f"with {sum(case.units.values())} units in {samples}" in said
    most = max(case.uses.values(), default=1)
    kind = "time steps" if name in ("recurrent", "shared") else "uses"
    assert said.endswith(f"up to {most} {kind} of a layer") == (most > 1)


# Numba takes seconds for each.
BY_NUMBA = [pytest.param(name, "numba", marks=pytest.mark.slow)
            for name in ("shared", "branches", "recurrent", "norm")]  # fmt: skip


@pytest.mark.parametrize(("name", "engine"), [*product(CASES, ("numpy", "jax")), *BY_NUMBA])
def test_compiled_is_eager(name: str, engine: str) -> None:
    """Loss and gradient; the source has the names of the layers."""
    pytest.importorskip(engine)
    case = CASES[name]
    model, (X, T) = case.model(), case.samples
    loss = loss_of(name, model, 4)
    with x64(engine == "jax"):
        step = model.compile("half_squared_error", engine=engine, reduction="sum")
        found, gradient = step(X, T)
    assert float(found) == pytest.approx(loss.data, rel=1e-10)
    expected = [p.grad if p.has_grad else 0.0 for p in model.parameters()]
    assert gradient.tolist() == pytest.approx(expected, rel=1e-10, abs=1e-12)
    if engine == "numpy" and set(case.uses.values()) == {1} and name != "frozen":
        for number in case.units:
            assert f"A{number}" in step.source
            assert f"δ{number}" in step.source


@EACH
def test_saved_and_loaded_it_is_the_same(name: str, tmp_path: Path) -> None:
    model, fresh = CASES[name].model(), CASES[name].model(seed=2)
    nn.save(model, tmp_path / "model.json")
    nn.load(tmp_path / "model.json", fresh)
    assert fresh.state_dict() == model.state_dict()
    assert [p.requires_grad for p in fresh.parameters()] == [
        p.requires_grad for p in model.parameters()
    ]


@pytest.mark.parametrize("library", ["torch", "jax", "onnxruntime"])
@EACH
def test_exported_it_gives_the_same(name: str, library: str, tmp_path: Path) -> None:
    """What is tied or frozen stays so in PyTorch."""
    package = pytest.importorskip(library)
    case = CASES[name]
    model, X = case.model(), case.samples[0]
    if library == "torch":
        network = to_torch(model, inputs=case.inputs)
        y = network(package.tensor(X, dtype=package.float64)).tolist()
        sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
        own = model.parameters()
        assert sum(size for size, _ in sizes) == len(own)
        assert sum(size for size, free in sizes if free) == sum(p.requires_grad for p in own)
    elif library == "jax":
        with x64(True):
            function, parameters = to_jax(model, inputs=case.inputs)
            y = function(parameters, package.numpy.array(X)).tolist()
    else:
        pytest.importorskip("onnx")
        numpy = pytest.importorskip("numpy")
        to_onnx(model, tmp_path / "model.onnx", inputs=case.inputs)
        session = package.InferenceSession(str(tmp_path / "model.onnx"))
        y = session.run(["y"], {"x": numpy.array(X)})[0].tolist()
    for row, expected in zip(y, nn.predict(model, X), strict=True):
        assert row == pytest.approx(expected, rel=1e-10, abs=1e-12)


@EACH
def test_training_goes_on_where_it_stopped(name: str) -> None:
    """To the last bit; compiled it does the same, and what is frozen stays."""
    X, T = CASES[name].samples

    def trained(model: Any, epochs: int, **options: Any) -> Any:
        return nn.fit(
            model, X, T, "half_squared_error", optimizer="adam", lr=0.01, epochs=epochs,
            batch_size=2, progress=False, **options,
        )  # fmt: skip

    once, twice, compiled, start = (CASES[name].model() for _ in range(4))
    trained(once, 4)
    trained(twice, 2, resume=trained(twice, 2))
    assert twice.state_dict() == once.state_dict()
    assert once.state_dict() != start.state_dict()
    draws = pytest.warns(UserWarning, match="one by one") if name == "norm" else nullcontext()
    with draws:  # where there is dropout, samples go one by one
        trained(compiled, 4, compiled=True)
    assert compiled.state_dict() == pytest.approx(once.state_dict(), rel=1e-9, abs=1e-12)
    for before, after in zip(start.parameters(), once.parameters(), strict=True):
        assert after.requires_grad or after.data == before.data
